"""Where everything stands on the route map: boxes, labels and lines in plain numbers, drawn elsewhere.

Sources on the left, inside the boxes of their VPC, zone and subnet; endpoints and gateways on the VPC's right edge;
destinations on the right. A build stands in each of its subnets, so that a way which fails in one of them is seen. A
blocked line ends at a box that names the component and the code. `ways` takes a check apart into lines, `grouping`
joins those that fare alike where they are many, `layout` gives everything its place; `shapes` and `labels` hold what
comes out; `between` makes one map of two snapshots. Computes no verdict.
"""

from reachsim.routemap.between import lay_out_between
from reachsim.routemap.labels import COLUMN, FONT, LONGEST, WORDS, Labels, Places, columns_of, cut
from reachsim.routemap.layout import GAP, lay_out
from reachsim.routemap.shapes import NESTED, ROW, Box, Line, RouteMap
from reachsim.routemap.ways import paths_at

__all__ = [
    "COLUMN", "FONT", "GAP", "LONGEST", "NESTED", "ROW", "WORDS", "Box", "Labels", "Line", "Places", "RouteMap",
    "columns_of", "cut", "lay_out", "lay_out_between", "paths_at",
]  # fmt: skip

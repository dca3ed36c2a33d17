"""Subnets, route tables and other resources of which a plan does not show the choice.

``[for name, one in aws_subnet.this : one.id if …]`` and ``values(aws_subnet.this)[*].id`` look alike in a plan: both
name ``aws_subnet.this``. Where its instances are of several tiers (named ones, with different ways out), which of them
the expression takes is open: what differs between them is then unknown. Named ones that are alike are all taken, which
verdicts say; those that only zones or numbers tell apart are taken without a word, as nobody picks among them.

``aws_subnet.all[count.index]`` and ``aws_subnet.all[count.index + 2]`` look alike, too. Where there are as many of one
as of the other, the same index is taken. Elsewhere any of them may be meant: where they are alike the one of the same
index (or the next round of them, as ``element`` counts) stands for them, which verdicts say; else the choice is open.

**Source:** HashiCorp, "JSON Output Format", "Expression Representation".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from reachsim.importers.planned import Resource
from reachsim.importers.planned.resource import blocks_of
from reachsim.importers.planned.routes import TARGETS
from reachsim.importers.terraform.plan import Instance

_OF_ONE_TIER: Final = re.compile(r"[a-z]|[a-z]{2}(?:-[a-z]+)+-\d[a-z]|[a-z0-9]+-az\d|\d+|[0-9./]+|[0-9a-fA-F:]+/\d+")
"""Keys that tell zones, numbers or blocks apart, not tiers."""


class Choice:
    """An attribute that names a resource as a whole: its instances are all that it may take."""

    def __init__(self, resource: Resource, name: str, instances: Sequence[Instance]) -> None:
        self.resource = resource
        self.name = name
        self.instances = instances


class Pick(NamedTuple):
    """An attribute that an index decides, among more or fewer resources than there are indexes, or something else that
    a plan does not show: ``left`` takes the attribute's path where it turns out to be open.
    """

    resource: Resource
    values: dict[str, Any]
    name: str
    at: str
    left: set[str]
    pool: frozenset[str]
    by: str = "an index"


_ALIKE: Final = frozenset({"nat_gateway_id", "gateway_id", "egress_only_gateway_id", "allocation_id"})
"""Attributes that lead the same way, whichever of a pool they name."""
_OF_SUBNETS: Final = frozenset({"subnet_id", "subnet_ids", "subnets"})

_BY_WAY: Final[Mapping[str, frozenset[str]]] = {
    "aws_route_table_association": frozenset({"route_table_id"}), "aws_network_acl": frozenset(),
    "aws_default_network_acl": frozenset(), "aws_network_acl_association": frozenset(),
}  # fmt: skip
"""Attributes of which the ways out tell whether it matters which resource they name; subnets' elsewhere."""


def settle_picks(picks: Iterable[Pick], resources: Mapping[str, Resource]) -> None:
    """Take back what an index may have picked otherwise, unless all that it may pick are alike."""
    by_way = []
    for pick in picks:
        by = _BY_WAY.get(pick.resource.kind, _OF_SUBNETS)
        if pick.name in by:
            by_way.append(pick)
        elif pick.name not in _ALIKE:
            _leave_open(pick)
    ways = _ways_out(resources.values())
    public = {one.id for one in resources.values() if one.flag("map_public_ip_on_launch")}
    for pick in by_way:
        if len({(one in public, ways.get(one)) for one in pick.pool}) > 1:
            _leave_open(pick)
            continue
        why = (f"which of {len(pick.pool)} is the {pick.at} of {pick.resource.address} is decided by {pick.by} "
               "that a plan does not show: taken in their order")  # fmt: skip
        pick.resource.guess(pick.resource.id, why)


def _leave_open(pick: Pick) -> None:
    pick.values.pop(pick.name, None)
    pick.left.add(pick.at)


def note_choices(choices: Iterable[Choice], resources: Mapping[str, Resource]) -> None:
    """Say so of every resource that may be in some of several subnets, or of some of several route tables."""
    ways = _ways_out(resources.values())
    for choice in choices:
        named = [one.index for one in choice.instances if isinstance(one.index, str)]
        held = [resources[one.address] for one in choice.instances if one.address in resources]
        if all(_OF_ONE_TIER.fullmatch(key) for key in named):
            continue
        tiers = {(one.flag("map_public_ip_on_launch"), ways.get(one.id)) for one in held}
        base, of = choice.instances[0].base, f"the {choice.name} of {choice.resource.address}"
        if len(tiers) > 1:
            choice.resource.choices.append(f"which of {base} are {of}")
        else:
            choice.resource.taken.append(f"{base} as a whole is named for {of}: all {len(held)} are taken")


def _ways_out(resources: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """The kinds of gateways that each route table, and each subnet by its own table, leads to; nothing of a subnet that
    uses the main table.
    """
    tables: dict[str, set[str]] = {}
    table_of: dict[str, str] = {}
    for one in resources:
        if one.kind in ("aws_route_table", "aws_default_route_table"):
            for block in blocks_of(one.values, "route"):
                tables.setdefault(one.id, set()).update(_way(block[name]) for name in TARGETS if block.get(name))
        elif one.kind == "aws_route":
            found = tables.setdefault(one.text("route_table_id"), set())
            found.update(_way(one.text(name)) for name in TARGETS if one.text(name))
        elif one.kind == "aws_route_table_association":
            table_of[one.text("subnet_id")] = one.text("route_table_id")
    by_table = {table: tuple(sorted(found)) for table, found in tables.items()}
    return by_table | {subnet: by_table.get(table, ()) for subnet, table in table_of.items()}


def _way(target: object) -> str:
    """The kind of what a route leads to, as its id tells it: a NAT gateway may be given as any gateway."""
    return str(target).partition("-")[0]

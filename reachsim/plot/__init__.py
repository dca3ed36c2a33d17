"""Pictures of answers: the route map, the matrix, one question's ladder of hops, and what addresses cover.

Every function takes a finished value and an Axes (or makes one), returns the Axes, touches no global state and computes
no verdict. Where things stand on the route map is settled by `reachsim.routemap`.
"""

from reachsim.plot.addresses import plot_addresses
from reachsim.plot.files import save_axes, save_plot
from reachsim.plot.ladder import plot_ladder
from reachsim.plot.matrix import plot_matrix
from reachsim.plot.routes import plot_diff, plot_routes

__all__ = ["plot_addresses", "plot_diff", "plot_ladder", "plot_matrix", "plot_routes", "save_axes", "save_plot"]

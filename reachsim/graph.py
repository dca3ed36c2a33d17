"""The network as a graph: components by AWS id, and the hops that traffic may take between them.

The edges are those that the walk takes: every interface and build, and the internet, asked for everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reachsim.forwarding import Ground
from reachsim.simulate import ask

if TYPE_CHECKING:
    import networkx


def graph_of(ground: Ground) -> networkx.MultiDiGraph[str]:
    """A ``networkx.MultiDiGraph``: nodes carry ``type`` and ``label``, edges ``leg``, ``reason`` and ``passes``.

    ``passes`` says whether any traffic surely crosses the edge. A path of the graph need not be a way for any one
    packet, since walks share components: what is not connected is not reachable, the reverse takes a question. Imports
    networkx.
    """
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    network = ground.network
    edges: dict[tuple[str, str, str], tuple[str, bool]] = {}
    sources = [*sorted(network.interfaces), *(f"codebuild:{name}" for _, name in sorted(network.projects))]
    questions = [(one, f"ip:{block}") for one in sources for block in ("0.0.0.0/0", "::/0")]
    questions += [("internet", one) for one in sorted(network.interfaces)]
    for source, destination in questions:
        for scenario in ask(ground, source, destination):
            for flow in scenario.flows:
                for one in flow.hops:
                    graph.add_node(one.component, type=one.type, label=network.label(one.component))
                for here, there in zip(flow.hops, flow.hops[1:], strict=False):
                    key = (here.component, there.component, there.leg)
                    passes = flow.outcome == "allowed" or edges.get(key, ("", False))[1]
                    edges.setdefault(key, (there.detail, passes))
                    edges[key] = (edges[key][0], passes)
    for (start, end, leg), (reason, passes) in sorted(edges.items()):
        graph.add_edge(start, end, key=leg, leg=leg, reason=reason, passes=passes)
    return graph

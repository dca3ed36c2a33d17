"""The network as a graph: components by AWS id, and the hops that traffic may take between them.

The edges are those that the walk takes: every interface and build, and the internet, asked for everything. Of
interfaces of one subnet that nothing tells apart (`reachsim.classes`) one is walked from: for another of them the two
change places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from reachsim.addresses import format_address
from reachsim.classes import Classes
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.simulate import as_drawn, ask
from reachsim.templates import cut, pattern

if TYPE_CHECKING:
    import networkx

Edges = dict[tuple[str, str, str], tuple[str, bool]]
"""By start, end and leg: the reason of an edge, and whether any traffic surely crosses it."""


def graph_of(
    ground: Ground, watch: Callable[[list[str]], Iterable[str]] = iter
) -> networkx.MultiDiGraph[str]:  # fmt: skip
    """A ``networkx.MultiDiGraph``: nodes carry ``type`` and ``label``, edges ``leg``, ``reason`` and ``passes``.

    ``passes`` says whether any traffic surely crosses the edge. A path of the graph need not be a way for any one
    packet, since walks share components: what is not connected is not reachable, the reverse takes a question. That
    holds as far as the snapshot tells: ``graph.graph["missing"]`` names the files that may show more edges, of those
    that the walks came upon or that list what is walked from. Imports networkx.

    Args:
        ground: the network.
        watch: passes on the sources that are walked from, to show how far the work is.
    """
    import networkx

    network = ground.network
    types: dict[str, str] = {}
    edges: Edges = {}
    missing = _unlisted(network)
    alike = _alike(ground)
    for source in watch([*alike, *(f"codebuild:{name}" for _, name in sorted(network.projects))]):
        mine: Edges = {}
        for block in ("0.0.0.0/0", "::/0"):
            _walk(ground, source, f"ip:{block}", types, mine, missing)
        _take(edges, mine, (), ())
        for twin in alike.get(source, ()):
            one, other = _names(network, source), _names(network, twin)
            _take(edges, mine, (*one, *other), (*other, *one))
            if source in types:
                types[twin] = types[source]
    for name in sorted(network.interfaces):
        _walk(ground, "internet", name, types, edges, missing)
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(missing=tuple(sorted(missing)))
    for name in sorted(types):
        graph.add_node(name, type=types[name], label=network.label(name))
    for (start, end, leg), (reason, passes) in sorted(edges.items()):
        graph.add_edge(start, end, key=leg, leg=leg, reason=reason, passes=passes)
    return graph


def _alike(ground: Ground) -> dict[str, list[str]]:
    """The interfaces to walk from, each with those that nothing but their names tells from it."""
    classes, network = Classes(ground), ground.network
    groups: dict[object, list[str]] = {}
    for name in sorted(network.interfaces):
        one = network.interfaces[name]
        known = classes.of(one)
        key = name if known is None else (known, one.subnet_id, pattern(_names(network, name)))
        groups.setdefault(key, []).append(name)
    return {first: others for first, *others in groups.values()}


def _unlisted(network: Network) -> set[str]:
    """The files that would list further interfaces and builds, of accounts and Regions with files of theirs."""
    homes = {(match["account"], match["region"]) for _, match in network.snapshot.named() if match["service"] == "ec2"}
    lists = (("ec2", "describe-network-interfaces"), ("codebuild", "batch-get-projects"))
    return {path for home in homes for call in lists for path in network.unknown(network.path(home, *call))}


def _walk(
    ground: Ground, source: str, destination: str, types: dict[str, str], edges: Edges, missing: set[str]
) -> None:
    """Walk a question, and keep the hops of all its flows and what is missing on the way. Where addresses that AWS has
    yet to pick leave it open, the hops are those of the addresses that stand for them, and nothing surely crosses.
    """
    found = ask(ground, source, destination)
    is_open = any(gap.code == "PLANNED_ADDRESS" for one in found for gap in one.gaps)
    doubtful = ground.worked_out(_doubtful)
    for scenario in as_drawn(ground, source, destination) if is_open else found:
        missing.update(path for gap in scenario.gaps for path in gap.missing)
        for flow in scenario.flows:
            missing.update(path for gap in flow.gaps for path in gap.missing)
            types.update((one.component, one.type) for one in flow.hops)
            for here, there in zip(flow.hops, flow.hops[1:], strict=False):
                key = (here.component, there.component, there.leg)
                reason, passes = edges.get(key, (there.detail, False))
                surely = flow.outcome == "allowed" and not is_open
                if surely and doubtful:
                    surely = doubtful.isdisjoint((source, *(one.component for one in flow.hops)))
                edges[key] = (reason, passes or surely)


def _doubtful(ground: Ground) -> frozenset[str]:
    """What may stop traffic by a value that a plan does not tell (`reachsim.simulate.with_planned`)."""
    notes = ground.network.snapshot.manifest.planned
    return frozenset(one.component for one in notes if one.code == "PLANNED_VALUE_UNKNOWN" and one.can_hide == "block")


def _take(edges: Edges, mine: Edges, names: Sequence[str], others: Sequence[str]) -> None:
    """Take over edges, with other names in the places of some."""
    by_name = dict(zip(names, others, strict=True))
    for (start, end, leg), (reason, passes) in mine.items():
        key = (by_name.get(start, start), by_name.get(end, end), leg)
        if key not in edges:
            reason = cut(reason, names).filled(others)
        first, already = edges.get(key, (reason, False))
        edges[key] = (first, already or passes)


def _names(network: Network, interface: str) -> tuple[str, ...]:
    """How reasons name an interface."""
    return network.label(interface), interface, format_address(network.interfaces[interface].addresses.first)

"""The network as a graph: components by AWS id, and the hops that traffic may take between them.

The edges are those that the walk takes: every interface and build, and the internet, asked for everything. Of
interfaces of one subnet that nothing tells apart (`reachsim.classes`) one is walked from, and one or two are walked to:
others of them take their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reachsim.addresses import EVERYWHERE, format_address
from reachsim.classes import Classes
from reachsim.forwarding import Ground
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.simulate import as_drawn, ask, ask_addresses
from reachsim.templates import cut, pattern

if TYPE_CHECKING:
    import networkx

EVERYTHING: Final = ("ip:0.0.0.0/0", "ip:::/0")
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
    walked: Edges = {}
    missing = _unlisted(network)
    groups = _alike(ground)
    spared = _spared(network, groups)
    planned = bool(network.snapshot.manifest.planned)
    for source in watch([*(one[0] for one in groups), *(f"codebuild:{name}" for _, name in sorted(network.projects))]):
        whole = planned or source not in network.interfaces
        for destination in EVERYTHING if whole else (EVERYWHERE - spared(source),):
            _walk(ground, source, destination, types, walked, missing)
    for group in groups:
        known = [types[one] for one in group if one in types]
        types.update(dict.fromkeys(group if known else (), *known[:1]))
    edges = _spread(network, walked, {name: group for group in groups for name in group})
    for name in sorted(network.interfaces):
        _walk(ground, "internet", name, types, edges, missing)
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(missing=tuple(sorted(missing)))
    for name in sorted(types):
        graph.add_node(name, type=types[name], label=network.label(name))
    for (start, end, leg), (reason, passes) in sorted(edges.items()):
        graph.add_edge(start, end, key=leg, leg=leg, reason=reason, passes=passes)
    return graph


def _alike(ground: Ground) -> list[list[str]]:
    """The interfaces, those together that nothing but their names tells apart; the first of them is walked from."""
    classes, network = Classes(ground), ground.network
    groups: dict[object, list[str]] = {}
    for name in sorted(network.interfaces):
        one = network.interfaces[name]
        known = classes.of(one)
        key = name if known is None else (known, one.subnet_id, pattern(_names(network, name)))
        groups.setdefault(key, []).append(name)
    return list(groups.values())


def _spared(network: Network, groups: Iterable[Sequence[str]]) -> Callable[[str], IntervalSet]:
    """The addresses that need not be walked to from the first of some that are alike: of each group those of all but
    its first, and of its own but the next. Where others have one of them, too, all are walked to.
    """
    addresses = {one: network.interfaces[one].addresses for group in groups for one in group}
    lone = [group for group in groups if all(len(network.interfaces_with(addresses[one])) == 1 for one in group)]
    every = IntervalSet.union_of(addresses[one] for group in lone for one in group[1:])
    following = {group[0]: addresses[group[1]] for group in lone if len(group) > 1}
    return lambda source: every - following.get(source, EMPTY)


def _unlisted(network: Network) -> set[str]:
    """The files that would list further interfaces and builds, of accounts and Regions with files of theirs."""
    homes = {(match["account"], match["region"]) for _, match in network.snapshot.named() if match["service"] == "ec2"}
    lists = (("ec2", "describe-network-interfaces"), ("codebuild", "batch-get-projects"))
    return {path for home in homes for call in lists for path in network.unknown(network.path(home, *call))}


def _walk(
    ground: Ground, source: str, destination: str | IntervalSet, types: dict[str, str], edges: Edges, missing: set[str]
) -> None:
    """Walk a question, and keep the hops of all its flows and what is missing on the way. Where addresses that AWS has
    yet to pick leave it open, the hops are those of the addresses that stand for them, and nothing surely crosses.
    """
    if isinstance(destination, IntervalSet):
        found, is_open = ask_addresses(ground, source, destination), False
        drawn = found
    else:
        found = ask(ground, source, destination)
        is_open = any(gap.code == "PLANNED_ADDRESS" for one in found for gap in one.gaps)
        drawn = as_drawn(ground, source, destination) if is_open else found
    doubtful = ground.worked_out(_doubtful)
    for scenario in drawn:
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


def _spread(network: Network, walked: Edges, alike: Mapping[str, Sequence[str]]) -> Edges:
    """The edges that were walked, and those of all that could stand at their ends."""
    edges: Edges = {}
    for (start, end, leg), (reason, passes) in walked.items():
        for one in alike.get(start, (start,)):
            for other in alike.get(end, (end,)):
                if (one == other) != (start == end):
                    continue
                key = (one, other, leg)
                told = edges.get(key)
                if told is None:
                    told = (_retold(network, reason, {start: one, end: other}), False)
                edges[key] = (told[0], told[1] or passes)
    return edges


def _retold(network: Network, reason: str, places: Mapping[str, str]) -> str:
    """A reason, with others in the places of some, and these in the places of the others."""
    changed = {one: other for one, other in places.items() if one != other}
    if not changed:
        return reason
    freed = [one for one in changed if one not in changed.values()]
    changed |= dict(zip((one for one in changed.values() if one not in changed), freed, strict=True))
    names, others = ([name for one in some for name in _names(network, one)] for some in (changed, changed.values()))
    return cut(reason, names).filled(others)


def _names(network: Network, interface: str) -> tuple[str, ...]:
    """How reasons name an interface."""
    return network.label(interface), interface, format_address(network.interfaces[interface].addresses.first)

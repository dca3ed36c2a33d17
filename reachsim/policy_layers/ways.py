"""By which ways traffic gets to a service, and from which addresses it is seen to come there.

A way is an endpoint or the public one. Where chance picks the subnet, or one of a NAT gateway's addresses, one endpoint
or gateway makes several ways, for a policy may tell their addresses apart (``aws:VpcSourceIp``, ``aws:SourceIp``; facts
62, 64).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final

from msgspec import Struct

from reachsim.forwarding import Walk
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.packets import SOURCE
from reachsim.scenarios import Scenario, route_of
from reachsim.verdict import RouteWord

UNSEEN: Final = "?"
"""Stands for an endpoint or the public way, not known which."""


class Way(Struct, frozen=True):
    """``group`` is the member of what the asker asked about, ``endpoint`` the endpoint's id, "" for a public way or
    `UNSEEN`, ``seen`` the addresses that the client may have as the service sees it, none if that is not known.
    """

    group: str
    endpoint: str
    seen: IntervalSet = EMPTY


def ways_of(network: Network, found: Sequence[Scenario]) -> dict[Way, Scenario]:
    """The ways by which traffic gets there, each with a scenario that takes it.

    Policies are judged as if the network had passed.
    """
    ways: dict[Way, Scenario] = {}
    for one in found:
        taken = [way for way, _ in _taken(one)]
        meant = one.resolution.endpoint_id if one.resolution is not None else None
        if meant is not None and all(way.endpoint != meant for way in taken):
            taken.append(Way(one.group, meant, _clients(one)))
        for way in taken:
            ways.setdefault(way, one)
    for one in found:  # no route leads to the endpoint that is meant: its policy is judged as if one did
        named = one.reason.component if one.reason is not None else ""
        if named in network.vpc_endpoints and all(flow.outcome == "blocked" for flow in one.flows):
            ways.setdefault(Way(one.group, named, _clients(one)), one)
        if _unseen(one):
            ways.setdefault(Way(one.group, UNSEEN), one)
    if not ways and found:  # without flows there is nothing to ask, as where a name has no answer at all
        first = found[0]
        ways[Way(first.group, "", _first_exit(first)) if first.flows else Way(first.group, UNSEEN)] = first
    return ways


def open_ways(found: Sequence[Scenario]) -> set[Way]:
    """The ways on which the network lets something through, or may."""
    return {way for one in found for way, flows in _taken(one) if any(flow.outcome != "blocked" for flow in flows)}


def routes_left(found: Sequence[Scenario], shut: Container[Way]) -> set[RouteWord]:
    """How what the network lets through goes, without the ways that are shut."""
    return {
        route_of(one, flow) for one in found for way, flows in _taken(one) if way not in shut
        for flow in flows if flow.outcome == "allowed"
    }  # fmt: skip


def _taken(one: Scenario) -> Iterator[tuple[Way, list[Walk]]]:
    """The ways that flows of a scenario take, each with these flows."""
    ends: dict[str, list[Walk]] = {}
    for flow in one.flows:
        end = _end(flow)
        if end:
            ends.setdefault(end, []).append(flow)
        elif end is not None:
            yield Way(one.group, "", flow.context.outside), [flow]
    for end, flows in ends.items():
        yield Way(one.group, end, IntervalSet.union_of([flow.box[SOURCE] for flow in flows])), flows


def _end(flow: Walk) -> str | None:
    """The endpoint that a flow goes by, "" for a public way, None if it gets to neither."""
    if flow.context.terminal_kind == "vpc-endpoint":
        return flow.context.terminal
    return "" if flow.outcome == "allowed" else None


def _clients(one: Scenario) -> IntervalSet:
    """The private addresses from which the client may call."""
    interface = one.source.origin.interface
    return interface.addresses if interface is not None else EMPTY


def _first_exit(one: Scenario) -> IntervalSet:
    return next((flow.context.outside for flow in one.flows if flow.context.outside), EMPTY)


def _unseen(one: Scenario) -> bool:
    """Whether it is not known by which way traffic would go, so that policies may see any."""
    if one.resolution is not None and one.resolution.endpoint_id is not None:
        return False
    return bool(one.gaps) or any(flow.outcome == "unknown" and _end(flow) is None for flow in one.flows)

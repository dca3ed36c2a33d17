"""How AWS forwards: the places of a walk and what happens at each. The walk itself is `reachsim.engine`'s."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib import import_module
from typing import Final, cast

from reachsim.engine import ends, walk
from reachsim.forwarding import appliances, delivery, departure, endpoints, internet_gateways
from reachsim.forwarding.ground import Context, Ground, Origin, Walk, block, describe, lost, missing, stopped
from reachsim.forwarding.unmodelled import not_modelled

__all__ = ["Context", "Ground", "Origin", "Walk", "forward", "loop", "one_by_one", "step", "step_at"]

Step = Callable[[Ground, Walk], list[Walk]]
_STEPS: Final[dict[str, Step]] = {
    "send": departure.send,
    "leave": departure.leave,
    "table": departure.route_by_table,
    "local": delivery.local,
    "enter": delivery.enter,
    "deliver": delivery.deliver,
    "receive": delivery.receive,
    "internet-gateway": internet_gateways.internet_gateway,
    "internet-gateway-in": internet_gateways.internet_gateway_in,
    "internet": internet_gateways.internet,
    "egress-only-internet-gateway": internet_gateways.egress_only_gateway,
    "egress-only-in": internet_gateways.egress_only_in,
    "nat-gateway-back": delivery.nat_gateway_back,
    "vpc-endpoint": endpoints.vpc_endpoint,
    "gateway-table": departure.by_gateway_table,
    "network-interface": appliances.network_interface,
}
_MORE: Final = {
    "nat-gateway": "nat_gateways.nat_gateway",
    "vpc-peering-connection": "private_gateways.peering",
    "vpn-gateway": "private_gateways.vpn_gateway",
    "vpn-gateway-in": "private_gateways.vpn_gateway_in",
    "transit-gateway": "transit.transit_gateway",
    "transit": "transit.transit",
    "transit-out": "transit.transit_out",
    "load-balancer": "load_balancers.load_balancer",
    "private-link": "load_balancers.private_link",
    "load-balancer-send": "balanced_sending.send",
    "load-balancer-back": "load_balancers.back",
    "load-balancer-reply": "load_balancers.reply",
}
"""Module and function of what only some networks have. A module is imported when a walk comes to such a place."""


@cache
def step_at(kind: str) -> Step:
    """What happens at a kind of place."""
    if kind in _STEPS:
        return _STEPS[kind]
    if kind not in _MORE:
        return _unmodelled
    module, function = _MORE[kind].split(".")
    return cast(Step, getattr(import_module(f"reachsim.forwarding.{module}"), function))


def forward(ground: Ground, start: Iterable[Walk]) -> tuple[Walk, ...]:
    """Walk flows from their places to their ends, there and back."""
    return walk(start, partial(step, ground), partial(loop, ground))


def one_by_one(ground: Ground, start: Iterable[Walk], *, until_stopped: bool = False) -> Iterator[Walk]:
    """The ends of flows, each as soon as it is found; if told so, not beyond what stops a flow first."""

    def first(flow: Walk) -> list[Walk]:
        return [flow.ended("stopped")] if flow.blocks else step(ground, flow)

    return ends(start, first if until_stopped else partial(step, ground), partial(loop, ground))


def step(ground: Ground, flow: Walk) -> list[Walk]:
    """What becomes of a flow at the place where it is."""
    return step_at(flow.place[0])(ground, flow)


def loop(ground: Ground, flow: Walk) -> list[Walk]:
    """A flow that came back to a place ends there."""
    at = flow.place[1] if len(flow.place) > 1 else flow.place[0]
    detail = f"{describe(flow)} comes back to {ground.network.label(at)}: the routes form a loop"
    return [stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail))]


def _unmodelled(ground: Ground, flow: Walk) -> list[Walk]:
    """To a target that is not modelled: never "blocked", never "private" (N20, N195)."""
    kind, target = flow.place[:2]
    vpc_id = flow.place[2] if len(flow.place) > 2 else ""
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-interfaces") if kind == "unknown" and target else ()
    if lacking:
        return [lost(flow, missing(lacking, target, f"the interface that has {target}, the target of a route,"))]
    return [lost(flow, not_modelled(target, kind, ground.network.label(target) or "a route target"))]

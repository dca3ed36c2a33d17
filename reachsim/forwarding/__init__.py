"""How AWS forwards: the places of a walk and what happens at each. The walk itself is `reachsim.engine`'s."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Final, cast

from reachsim.engine import walk
from reachsim.forwarding import appliances, delivery, gateways
from reachsim.forwarding.ground import Context, Ground, Origin, Walk, block, describe, stopped

__all__ = ["Context", "Ground", "Origin", "Walk", "forward", "step_at"]

Step = Callable[[Ground, Walk], list[Walk]]
_STEPS: Final[dict[str, Step]] = {
    "send": delivery.send,
    "leave": delivery.leave,
    "table": delivery.route_by_table,
    "local": delivery.local,
    "enter": delivery.enter,
    "deliver": delivery.deliver,
    "receive": delivery.receive,
    "internet-gateway": gateways.internet_gateway,
    "internet-gateway-in": gateways.internet_gateway_in,
    "internet": gateways.internet,
    "egress-only-internet-gateway": gateways.egress_only_gateway,
    "egress-only-in": gateways.egress_only_in,
    "nat-gateway": gateways.nat_gateway,
    "nat-gateway-back": delivery.nat_gateway_back,
    "vpc-endpoint": gateways.vpc_endpoint,
    "vpc-peering-connection": gateways.peering,
    "vpn-gateway": gateways.vpn_gateway,
    "vpn-gateway-in": gateways.vpn_gateway_in,
    "gateway-table": delivery.by_gateway_table,
    "network-interface": appliances.network_interface,
}
_MORE: Final = {
    "transit-gateway": "transit.transit_gateway",
    "transit": "transit.transit",
    "load-balancer": "load_balancers.load_balancer",
    "load-balancer-send": "balanced_sending.send",
    "load-balancer-back": "load_balancers.back",
    "load-balancer-reply": "load_balancers.reply",
}
"""Module and function of what only some networks have. A module is imported when a walk comes to such a place."""


@cache
def step_at(kind: str) -> Step:
    """What happens at a kind of place."""
    if kind not in _MORE:
        return _STEPS.get(kind, gateways.unmodelled)
    module, function = _MORE[kind].split(".")
    return cast(Step, getattr(import_module(f"reachsim.forwarding.{module}"), function))


def forward(ground: Ground, start: Iterable[Walk]) -> tuple[Walk, ...]:
    """Walk flows from their places to their ends, there and back."""

    def step(flow: Walk) -> list[Walk]:
        return step_at(flow.place[0])(ground, flow)

    def loop(flow: Walk) -> list[Walk]:
        at = flow.place[1] if len(flow.place) > 1 else flow.place[0]
        detail = f"{describe(flow)} comes back to {ground.network.label(at)}: the routes form a loop"
        return [stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail))]

    return walk(start, step, loop)

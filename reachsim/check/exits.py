"""Ways from a source to the networks behind private gateways: an exit unless ``reachsim.toml`` lists it.

Only addresses that may lie there are asked for. An address of a VPC in the snapshot does not, unless a route leads it
to a private gateway, or to a transit gateway whose tables send it elsewhere than into a VPC or are not known. Other
targets that are not modelled (local and carrier gateways, core networks) are asked for like private gateways, and
appliances for what no VPC of the snapshot holds: what lies behind them is not known.

**Source:** DESIGN, "How ``overall`` is found" (unlisted ``on-premises`` ways); VPC peering carries no transit (N181).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from reachsim.addresses import EVERYWHERE, Cidr, parse_block
from reachsim.check.findings import finding_of
from reachsim.evidence import Assumption, Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.ground import describe_addresses
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import TransitGatewayRoute, TransitGatewayRouteAttachment
from reachsim.packets import ALL_SERVICES
from reachsim.routing import Target, target_of
from reachsim.scenarios import Scenario, to_addresses
from reachsim.selectors import parse_selector
from reachsim.simulate import weigh, with_planned
from reachsim.sources import sources as sources_of
from reachsim.verdict import Finding, Question, Verdict

_ELSEWHERE: Final = frozenset((
    "local", "internet-gateway", "egress-only-internet-gateway", "nat-gateway", "vpc-peering-connection",
))  # fmt: skip
"""Kinds of target behind which no private network lies; of a NAT gateway its own table tells."""
_APPLIANCES: Final = ("instance", "network-interface", "vpc-endpoint")
PRIVATE_BLOCKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
_PRIVATE: Final = IntervalSet.union_of(parse_block(text) for text in PRIVATE_BLOCKS)


def private_exits(ground: Ground, sources: Iterable[str]) -> list[Verdict]:
    """Verdicts of the ways from the sources to private networks that are open, or of which that is not known."""
    leading = _leading(ground)
    if not leading:
        return []
    network = ground.network
    outside = _behind(ground, leading)
    found = []
    for source in sources:
        for text in PRIVATE_BLOCKS:
            block = parse_block(text)
            asked = (block - network.all_vpc_addresses) | (block & outside)
            walked = to_addresses(ground, parse_selector(source), asked, ALL_SERVICES)
            verdict = weigh(Question(source, f"ip:{text}"), walked)
            verdict = with_planned(verdict, network.snapshot.manifest.planned)
            if any(path.route == "on-premises" for path in verdict.paths):
                found.append(msgspec.structs.replace(verdict, outcome="allowed", route="on-premises"))
            elif gaps := _unseen(walked):
                found.append(_undecided(verdict, gaps))
    return found


def _unseen(walked: Iterable[Scenario]) -> tuple[Gap, ...]:
    """What is not known of ways that may lead to a private network; those into VPCs of unseen accounts do not."""
    gaps = [gap for one in walked for gap in one.gaps]
    gaps += [gap for one in walked for flow in one.flows if flow.outcome == "unknown" for gap in flow.gaps]
    return tuple(dict.fromkeys(gap for gap in gaps if gap.code != "PEER_ACCOUNT_UNSEEN"))


def unseen_accounts(ground: Ground, sources: Iterable[str]) -> Iterator[Finding]:
    """Peering connections and transit gateways that let a source's traffic into a VPC which the snapshot does not hold.

    It stays on AWS's private network, which is private by DESIGN's word, so it is low; what stands at the other end,
    such as a proxy that leads on to the internet, nobody told.
    """
    network = ground.network
    unseen = IntervalSet.union_of(_into_unseen(ground))
    aimed = IntervalSet.union_of(_towards_unseen(ground)) if unseen else EMPTY
    translating = _translating(network)
    found: dict[str, list[str]] = {}
    for source in sources if aimed else ():
        selector = parse_selector(source)
        own = IntervalSet.union_of(one.addresses for one in sources_of(network, selector))
        answers_stray = not unseen.isdisjoint(own | translating)
        asked = aimed if answers_stray else aimed & (unseen | translating)
        for one in to_addresses(ground, selector, asked, ALL_SERVICES) if asked else ():
            for flow in one.flows:
                for gap in flow.gaps if not flow.blocks else ():
                    if gap.code == "PEER_ACCOUNT_UNSEEN":
                        line = f"{source} → {describe_addresses(flow.destinations)}: {gap.detail}"
                        found.setdefault(gap.component, []).append(line)
    for component, lines in found.items():
        title = f"traffic can get by {network.label(component)} to a network that the snapshot does not hold"
        yield finding_of("EGRESS_TO_UNSEEN_ACCOUNT", "low", component, title, lines)


def _towards_unseen(ground: Ground) -> Iterator[IntervalSet]:
    """Destinations of routes to transit gateways, and to peering connections whose other VPC is not in the snapshot."""
    network = ground.network
    for table_id, table in network.route_tables.items():
        for route in table.routes:
            target = target_of(route)
            if target.kind == "transit-gateway" or _is_unseen_peer(network, target):
                block = route.destination_cidr_block or route.destination_ipv6_cidr_block
                asked = _destinations(ground, table_id, block, route.destination_prefix_list_id)
                yield asked & _PRIVATE


def _into_unseen(ground: Ground) -> Iterator[IntervalSet]:
    """Destinations that a route leads into a VPC or to a transit gateway which the snapshot does not hold."""
    network = ground.network
    for table_id, table in network.route_tables.items():
        for route in table.routes:
            if _is_unseen_peer(network, target_of(route)):
                block = route.destination_cidr_block or route.destination_ipv6_cidr_block
                yield _destinations(ground, table_id, block, route.destination_prefix_list_id)
    for table_id in network.transit_gateway_routes:
        parts, _ = ground.transit_table(table_id, network.transit_gateway_of_table(table_id))
        for part in parts:
            attachments = (one for route in part.winners for one in route.transit_gateway_attachments)
            if any(_is_unseen_attachment(network, one) for one in attachments):
                yield part.destinations


def _is_unseen_peer(network: Network, target: Target) -> bool:
    peering = network.vpc_peering_connections.get(target.id)
    ends = (peering.requester_vpc_info, peering.accepter_vpc_info) if peering is not None else ()
    return any(end is not None and end.vpc_id not in network.vpcs for end in ends)


def _is_unseen_attachment(network: Network, attachment: TransitGatewayRouteAttachment) -> bool:
    name = attachment.transit_gateway_attachment_id or ""
    mine = network.transit_gateway_vpc_attachments.get(name)
    if mine is not None or attachment.resource_type == "vpc":
        return mine is None or mine.vpc_id not in network.vpcs
    peering = network.transit_gateway_peering_attachments.get(name)
    ends = (peering.requester_tgw_info, peering.accepter_tgw_info) if peering is not None else ()
    seen = bool(ends) and all(end.transit_gateway_id in network.transit_gateways for end in ends)
    return attachment.resource_type == "peering" and not seen


def _translating(network: Network) -> IntervalSet:
    """Addresses of load balancers, endpoints and NAT gateways: what is sent to them goes on to others, or its answers
    do.
    """
    interfaces = IntervalSet.union_of(network.interfaces[name].addresses for name in network.interfaces.kinds)
    return interfaces | IntervalSet.of((nat, nat) for held in network.nats_of_vpc.values() for nat, _ in held)


def _undecided(verdict: Verdict, gaps: Iterable[Gap]) -> Verdict:
    """The verdict as of the ways that are not known, whatever becomes of the others."""
    missing = tuple(sorted({path for gap in gaps for path in gap.missing}))
    noted = (Assumption(gap.code, gap.component, gap.detail, gap.can_hide) for gap in gaps)
    return msgspec.structs.replace(
        verdict, outcome="unknown", route="none", layers={"network": "unknown"}, blocked_by=(), missing=missing,
        assumptions=tuple(dict.fromkeys((*verdict.assumptions, *noted))),
    )  # fmt: skip


def _leading(ground: Ground) -> dict[Target, IntervalSet]:
    """Targets of routes behind which a private network may lie, and the destinations of these routes."""
    network = ground.network
    found: dict[Target, list[IntervalSet]] = {}
    for table_id, table in network.route_tables.items():
        for route in table.routes:
            target = target_of(route)
            if target.kind in _ELSEWHERE or _is_gateway_endpoint(network, target):
                continue
            block = route.destination_cidr_block or route.destination_ipv6_cidr_block
            found.setdefault(target, []).append(
                _destinations(ground, table_id, block, route.destination_prefix_list_id)
            )
    return {target: IntervalSet.union_of(parts) for target, parts in found.items()}


def _is_gateway_endpoint(network: Network, target: Target) -> bool:
    endpoint = network.vpc_endpoints.get(target.id)
    return endpoint is not None and endpoint.vpc_endpoint_type == "Gateway"


def _destinations(ground: Ground, owner: str, block: Cidr | None, list_id: str | None) -> IntervalSet:
    """The addresses that a route is for: its block's, or its prefix list's."""
    if block is not None:
        return block.block
    addresses, _, _ = ground.network.prefix_list(list_id or "", ground.network.home_of(owner))
    return EVERYWHERE if addresses is None else addresses


def _behind(ground: Ground, leading: dict[Target, IntervalSet]) -> IntervalSet:
    """Destinations that some route leads towards a private network, or nobody knows where."""
    found = [EMPTY]
    for target, destinations in leading.items():
        if target.kind in _APPLIANCES:
            continue
        parts = _beyond_transit(ground, target.id) if target.kind == "transit-gateway" else [destinations]
        found += [destinations] if parts is None else parts
    return IntervalSet.union_of(found)


def _beyond_transit(ground: Ground, gateway: str) -> list[IntervalSet] | None:
    """Destinations that a transit gateway does not send into a VPC; None if that is not known."""
    network = ground.network
    tables = [name for name, one in network.transit_gateway_route_tables.items() if one.transit_gateway_id == gateway]
    found: list[IntervalSet] | None = [] if tables else None
    for name in tables:
        routes = network.transit_gateway_routes.get(name)
        if routes is None or routes.additional_routes_available or found is None:
            return None
        for route in routes.routes:
            if not _into_vpcs(route):
                found.append(_destinations(ground, gateway, route.destination_cidr_block, route.prefix_list_id))
    return found


def _into_vpcs(route: TransitGatewayRoute) -> bool:
    attachments = route.transit_gateway_attachments
    return bool(attachments) and all(one.resource_type == "vpc" for one in attachments)

"""Routes that a needed way lacks, or that lead nowhere: there and back between VPCs that are joined, past a route whose
target is gone; and the private hosted zone that tells where a shared endpoint is.

A missing route is added to whole VPCs or to the subnets at its end, by the peering connection or transit gateway that
joins the two already; nothing here joins what is apart.

**Source:** VPC User Guide, "Configure route tables" (a blackhole takes part in the match), VPC Peering Guide, "Update
your route tables"; Transit Gateways, "Transit gateway route tables"; Route 53 Developer Guide, "Associating more VPCs
with a private hosted zone".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reachsim.addresses import PUBLIC, V4
from reachsim.edits.draft import PROPAGATED
from reachsim.fix.faults import Fault
from reachsim.fix.places import Start, blocks_of, routes_to, subnets_of_endpoint
from reachsim.fix.steps import AddRoute, AddTransitRoute, AssociateZone, DeleteRoute, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.routing import target_of


def lead(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    """Routes and zones for a way that leads nowhere."""
    network, block = ground.network, fault.block
    assert block is not None
    if block.code == "BAD_STATE_ROUTE":
        yield from _past_stale(network, block.component, block.rule)
    elif block.code == "NO_ROUTE_TO_DESTINATION":
        table = network.route_tables.get(block.component)
        for there, subnets in _far_ends(network, fault, start) if table is not None and table.vpc_id else ():
            for target in _joining(network, table.vpc_id or "", there):  # type: ignore[union-attr]  # asked above
                for blocks in _blocks(network, fault, there, subnets):
                    yield tuple(AddRoute(block.component, one, target) for one in blocks)
    elif block.code == "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT":
        gateway = network.transit_gateway_of_table(block.component)
        for there, subnets in _far_ends(network, fault, start):
            attachment = _attachments(network, there).get(gateway)
            for blocks in _blocks(network, fault, there, subnets) if attachment else ():
                yield tuple(AddTransitRoute(block.component, one, attachment or "", there) for one in blocks)
    elif block.code == "DNS_ZONE_NOT_ASSOCIATED":
        owner = next((account for account in network.snapshot.accounts() if network.snapshot.holds(
            network.path((account, "global"), "route53", "get-hosted-zone", block.component))), None)  # fmt: skip
        if owner is not None:
            yield (AssociateZone(block.component, owner, start.vpc, start.region, start.account),)


def aims_at_private(fault: Fault) -> bool:
    """Whether the name of a fault's destination was answered by private addresses, which no new endpoint changes."""
    return bool(fault.aims) and not fault.aims & PUBLIC


def _past_stale(network: Network, table_id: str, destination: object) -> Iterator[Steps]:
    """A route whose target is gone, taken away; what it hid goes by the next one, or by a new one."""
    table = network.route_tables.get(table_id)
    steps: list[Step] = [
        DeleteRoute(table_id, str(destination), target_of(one).id)
        for one in routes_to(table, destination) if one.state == "blackhole" and one.origin != PROPAGATED
    ]  # fmt: skip
    if steps:
        yield tuple(steps)


def _far_ends(network: Network, fault: Fault, start: Start) -> list[tuple[str, list[str]]]:
    """(VPC, subnets) where what a block stops is bound for: the endpoint, or back to the client."""
    if fault.block is not None and fault.block.leg == "response":
        return [(start.vpc, list(start.subnets))]
    aims = fault.aims
    found: dict[str, list[str]] = {}
    for endpoint in network.vpc_endpoints.values():
        enis = (network.interfaces[one] for one in endpoint.network_interface_ids if one in network.interfaces)
        if endpoint.vpc_id != start.vpc and endpoint.vpc_id and any(one.addresses & aims for one in enis):
            found[endpoint.vpc_id] = subnets_of_endpoint(network, endpoint)
    return sorted(found.items())


def _joining(network: Network, here: str, there: str) -> Iterator[str]:
    """What joins two VPCs: peering connections, then transit gateways that both are attached to."""
    for pcx, one in sorted(network.vpc_peering_connections.items()):
        joined = {one.requester_vpc_info.vpc_id, one.accepter_vpc_info.vpc_id}
        if joined == {here, there} and one.status.code == "active":
            yield pcx
    yield from sorted(_attachments(network, here).keys() & _attachments(network, there).keys())


def _attachments(network: Network, vpc: str) -> dict[str, str]:
    """Transit gateway → the attachment of a VPC that is available."""
    mine = [one for one in network.transit_gateway_vpc_attachments.values()
            if one.vpc_id == vpc and one.state == "available"]  # fmt: skip
    return {one.transit_gateway_id or "": one.transit_gateway_attachment_id for one in mine}


def _blocks(network: Network, fault: Fault, vpc: str, subnets: Iterable[str]) -> list[list[str]]:
    """The blocks of a VPC, and those of some of its subnets, in the family of a fault's traffic."""
    v6 = not fault.aims & V4
    whole = [str(one) for one in network.vpc_blocks(vpc) if (":" in str(one)) == v6]
    return [one for one in (whole, blocks_of(network, subnets, v6=v6)) if one]

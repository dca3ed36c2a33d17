"""What was being changed when the snapshot was taken: which state of it holds is not sure.

**Source:** EC2 API, ManagedPrefixList, RouteTableAssociationState, VpcCidrBlockState, SubnetCidrBlockState, Subnet
(State), Vpc (State), NatGatewayAddress, VpcBlockPublicAccessOptions; "Consolidate and manage network CIDR blocks with
managed prefix lists" (VPC User Guide: what names a list "always use the current (latest) version").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reachsim.evidence import Assumption, Direction
from reachsim.filters import permission_services
from reachsim.forwarding.ground import Ground, Walk, assume
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import ManagedPrefixList, NatGateway, RouteTable, TransitGatewayRoutes
from reachsim.model.states import State

CODE: Final = "STATE_CHANGING"
SETTLED: Final = frozenset({
    "create-complete", "modify-complete", "modify-failed", "restore-complete", "restore-failed", "delete-failed",
})  # fmt: skip
"""States of a prefix list in which its entries are those of the last version that was made."""
_STANDS: Final = frozenset({"", "associated", "disassociated", "failed", "succeeded"})
_ENDS: Final = frozenset({"disassociating", "unassigning", "failing"})


# --- Prefix lists -----------------------------------------------------------------------------------------------------


def unsettled(network: Network) -> dict[str, str]:
    """State by prefix list, of those whose entries may not be what holds."""
    paths = (network.path(home, "ec2", "describe-managed-prefix-lists") for home in network.homes)
    lists = (one for path in paths for one in network.read_collection(path, "PrefixLists", ManagedPrefixList))
    return {one.prefix_list_id: one.state for one in lists if one.state and one.state not in SETTLED}


def _taken(ground: Ground, owner: str, names: Iterable[str | None]) -> tuple[Assumption, ...]:
    named = dict.fromkeys(name for name in names if name)
    states = ground.told(unsettled) if named else {}
    words = "the entries in the snapshot were taken to hold"
    return tuple(
        assume(CODE, name, f"{name}, which {owner} names, is {states[name]}: {words}", "leak")
        for name in named if name in states
    )  # fmt: skip


def of_groups(ground: Ground, flow: Walk, groups: tuple[str, ...], direction: Direction) -> list[Assumption]:
    """What is assumed of the lists that rules of security groups name, as far as they concern a flow."""
    found = ground.worked_out(_in_groups, groups, direction)
    return [one for services, assumed in found if not services.isdisjoint(flow.services) for one in assumed]


def _in_groups(
    ground: Ground, groups: tuple[str, ...], direction: Direction
) -> list[tuple[IntervalSet, tuple[Assumption, ...]]]:
    found = [
        (services, _taken(ground, group, named))
        for group in groups for services, named in _rules_with_lists(ground.network, group, direction)
    ]  # fmt: skip
    return [(services, assumed) for services, assumed in found if assumed]


def _rules_with_lists(
    network: Network, group_id: str, direction: Direction
) -> tuple[tuple[IntervalSet, tuple[str, ...]], ...]:
    group = network.security_groups.get(group_id)
    permissions = () if group is None else group.ip_permissions
    if group is not None and direction == "egress":
        permissions = group.ip_permissions_egress
    lists = ((one, tuple(named.prefix_list_id for named in one.prefix_list_ids)) for one in permissions)
    return tuple((permission_services(one), named) for one, named in lists if named)


def of_table(ground: Ground, table: RouteTable) -> tuple[Assumption, ...]:
    """What is assumed of the lists that a VPC's route table routes by."""
    return ground.worked_out(_in_table, table.route_table_id)


def _in_table(ground: Ground, table_id: str) -> tuple[Assumption, ...]:
    routes = ground.network.route_tables[table_id].routes
    return _taken(ground, table_id, (route.destination_prefix_list_id for route in routes))


def of_transit_table(ground: Ground, table_id: str, routes: TransitGatewayRoutes) -> tuple[Assumption, ...]:
    """What is assumed of the lists that a transit gateway's route table routes by."""
    return _taken(ground, table_id, (route.prefix_list_id for route in routes.routes))


# --- Associations -----------------------------------------------------------------------------------------------------


def of_subnet(ground: Ground, flow: Walk, subnet_id: str, vpc_id: str) -> tuple[Assumption, ...]:
    """What is assumed of a subnet's route table, and of the blocks of its VPC and the VPC's subnets as far as a flow is
    for them (N2).
    """
    mine, blocks = ground.worked_out(_at_subnet, subnet_id, vpc_id)
    return (*mine, *[told for block, told in blocks if not block.isdisjoint(flow.destinations)]) if blocks else mine


def _at_subnet(
    ground: Ground, subnet_id: str, vpc_id: str
) -> tuple[tuple[Assumption, ...], tuple[tuple[IntervalSet, Assumption], ...]]:
    return ground.told(associations).get(subnet_id, ()), ground.told(_blocks, vpc_id)


def associations(network: Network) -> dict[str, tuple[Assumption, ...]]:
    """By subnet or gateway, what is assumed of its association with a route table, and of the state of a subnet or of
    its VPC.
    """
    found: dict[str, tuple[Assumption, ...]] = {}
    for table_id, table in network.route_tables.items():
        for one in table.associations:
            state = one.association_state.state
            whose = one.subnet_id or one.gateway_id
            if whose and _changes(state):
                told = _assumed(f"the association of {whose}", table_id, state)
                found[whose] = (*found.get(whose, ()), told)
    unready = {name: vpc.state for name, vpc in network.vpcs.items() if vpc.state != "available"}
    for name, subnet in network.subnets.items():
        if subnet.vpc_id in unready:
            detail = f"{subnet.vpc_id} is {unready[subnet.vpc_id]}: judged as if it were available"
            told = assume(CODE, subnet.vpc_id, detail, "block")
            found[name] = (*found.get(name, ()), told)
        if subnet.state != "available":
            told = assume(CODE, name, f"{name} is {subnet.state}: judged as if it were available", "block")
            found[name] = (*found.get(name, ()), told)
    return found


def _blocks(network: Network, vpc_id: str) -> tuple[tuple[IntervalSet, Assumption], ...]:
    vpc = network.vpcs.get(vpc_id)
    four = vpc.cidr_block_association_set if vpc else ()
    states = [(vpc_id, one.cidr_block, one.cidr_block_state.state) for one in four]
    subnets = ((one, network.subnets[one].ipv6_cidr_block_association_set) for one in network.subnets_of(vpc_id))
    for owner, six in ((vpc_id, vpc.ipv6_cidr_block_association_set if vpc else ()), *subnets):
        states += [(owner, one.ipv6_cidr_block, one.ipv6_cidr_block_state.state) for one in six]
    return tuple(
        (block.block, _assumed(f"the association of {block}", owner, state))
        for owner, block, state in states if _changes(state)
    )  # fmt: skip


def of_nat_gateway(gateway: NatGateway) -> tuple[Assumption, ...]:
    """What is assumed of a NAT gateway's addresses: all but those that it failed to take are its own."""
    states = ((one.public_ip or one.private_ip, one.status) for one in gateway.nat_gateway_addresses)
    return tuple(
        assume(CODE, gateway.nat_gateway_id, f"address {address} of {gateway.nat_gateway_id} is "
               f"{_in_words(state)}: it was taken to be in use", "block")
        for address, state in states if _changes(state)
    )  # fmt: skip


def _changes(state: str) -> bool:
    """Whether something is being changed, or in a state that nobody knows."""
    return state not in _STANDS


def _assumed(what: str, component: str, state: State) -> Assumption:
    words = "to have ended" if state.gone else "to be in force"
    return assume(CODE, component, f"{what} with {component} is {_in_words(state)}: it was taken {words}", "leak")


def _in_words(state: State) -> str:
    return state if state.standing("assigning") != "unknown" or state in _ENDS else f"in the unheard-of state {state}"

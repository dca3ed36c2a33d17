"""The sets of addresses that anything names: where the atoms of the axes begin and end."""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.addresses import NAT64, RFC1918, RFC6598, ULA
from reachsim.evidence import Direction
from reachsim.forwarding import Ground
from reachsim.forwarding.network_firewall import named_addresses
from reachsim.intervals import IntervalSet
from reachsim.model.network import subnet_addresses
from reachsim.slices.acls import first_alike

DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")


def group_sets(ground: Ground, service: int) -> Iterator[IntervalSet]:
    """What rules of security groups for a service name, groups apart; of these the members where it is not known who
    is peered.
    """
    network = ground.network
    for group in network.security_groups:
        for direction in DIRECTIONS:
            yield from (rule.peers for rule in ground.group_rules_at(group, direction, service))
    if not any(ground.lacks_for_vpc(vpc_id, "describe-vpc-peering-connections") for vpc_id in network.vpcs):
        return
    rules = (rule for group in network.security_groups for rule in ground.group_rules_at(group, "egress", service))
    for name in dict.fromkeys(rule.group for rule in rules if rule.group is not None):
        yield from (network.members_in(name, frozenset((vpc_id,))) for vpc_id in network.vpcs)


def net_sets(ground: Ground) -> Iterator[IntervalSet]:
    """What network ACLs, routes and firewalls name, and the blocks of VPCs, attachments' subnets and peerings."""
    network = ground.network
    yield from named_addresses(ground)
    yield from (RFC1918, RFC6598, ULA, NAT64)
    for vpc_id in network.vpcs:
        yield network.vpc_addresses(vpc_id)
    for attachment in network.transit_gateway_vpc_attachments.values():  # what enters by one may be there already
        subnets = (network.subnets[name] for name in attachment.subnet_ids if name in network.subnets)
        yield from (subnet_addresses(subnet) for subnet in subnets)
    for acl in dict.fromkeys(first_alike(network).values()):
        for direction in DIRECTIONS:
            yield from (rule.peers for rule in ground.acl_rules(acl, direction))
    lists = dict.fromkeys(network.prefix_lists)
    for table in network.route_tables.values():
        for route in table.routes:
            named = (route.destination_cidr_block, route.destination_ipv6_cidr_block)
            yield from (one.block for one in named if one is not None)
            if route.destination_prefix_list_id:
                lists[route.destination_prefix_list_id] = None
    for routes in network.transit_gateway_routes.values():
        yield from (one.destination_cidr_block.block for one in routes.routes if one.destination_cidr_block)
        lists.update((one.prefix_list_id, None) for one in routes.routes if one.prefix_list_id)
    for home in network.homes:
        for list_id in lists:
            addresses, _, _ = network.prefix_list(list_id, home)
            if addresses is not None:
                yield addresses
    for peering in network.vpc_peering_connections.values():
        for end in (peering.requester_vpc_info, peering.accepter_vpc_info):
            yield from (one.cidr_block.block for one in end.cidr_block_set)
            yield from (one.ipv6_cidr_block.block for one in end.ipv6_cidr_block_set)
            if end.cidr_block is not None:
                yield end.cidr_block.block

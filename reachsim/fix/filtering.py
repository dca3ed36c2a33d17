"""Rules of security groups and entries of network ACLs that let through what is needed, and no more.

A group or a prefix list is named wherever one serves, never ``0.0.0.0/0``.

**Source:** VPC User Guide, "Network ACL rules" (free numbers below the rule that denies, ephemeral ports of the client
for replies); PrivateLink Guide, "Gateway endpoints" (prefix list).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reachsim.addresses import V4, V6, parse_block
from reachsim.check.docker_server import MARK
from reachsim.engine import ICMP_REPLIES
from reachsim.filters import DEFAULT_ACL_RULE, Rule, network_acl_rules, protocol_number
from reachsim.fix.faults import Fault
from reachsim.fix.places import Start, blocks_of, endpoints_for, prefix_list_of, start_of, subnets_of_endpoint
from reachsim.fix.steps import AddAclEntry, AddGroupRule
from reachsim.fix.taken import Steps, Taken
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.packets import PORTS, TCP, UDP, icmp_services, protocol_services

HIGHEST_NUMBER: Final = 32766


def asked_of(fault: Fault) -> tuple[str, int, int]:
    """Protocol and first and last port of what a fault is about; for ICMP the type and every code."""
    question = fault.verdict.question if fault.verdict else None
    protocol = (question.protocol if question else None) or "tcp"
    port = question.port if question else None
    number = protocol_number(protocol)
    if number in ICMP_REPLIES:
        return protocol, -1 if port is None else port, -1
    if number not in (TCP, UDP):
        return protocol, -1, -1
    port = 443 if port is None else port
    return protocol, port, port


def endpoint_of(ground: Ground, fault: Fault, start: Start) -> aws.VpcEndpoint | None:
    """The endpoint that the source's traffic to a service goes by, wherever it stands, or would."""
    crossed = [path.terminal for path in fault.verdict.paths] if fault.verdict else []
    ends = [ground.network.vpc_endpoints[one] for one in crossed if one in ground.network.vpc_endpoints]
    found = endpoints_for(ground.network, start.vpc, fault.destination, start.region)
    return next(iter((*ends, *found)), None)


def group_rule(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    block = fault.block
    assert block is not None
    protocol, first, last = asked_of(fault)
    group = ground.network.security_groups.get(block.component)
    if group is None:
        return
    if block.direction == "ingress":
        home, mine = ground.network.home_of(block.component), (start.account, start.region)
        if group.vpc_id == start.vpc or home[1] == mine[1]:  # by a peering connection or transit gateway, if it may be
            owner = start.account if home[0] != mine[0] else ""
            for own in start.groups:
                yield (AddGroupRule(block.component, "ingress", protocol, first, last, own, owner),)
        blocks = _blocks(ground, fault, start.subnets)
        yield tuple(AddGroupRule(block.component, "ingress", protocol, first, last, one) for one in blocks)
        return
    for own in _groups_of_project(ground, fault):
        yield (AddGroupRule(block.component, "egress", protocol, first, last, own),)
    endpoint = endpoint_of(ground, fault, start)
    if endpoint is None:
        return
    if endpoint.vpc_endpoint_type == "Gateway":
        listed = prefix_list_of(ground.network, fault.destination, start.region)
        if listed is not None:
            yield (AddGroupRule(block.component, "egress", protocol, first, last, listed),)
        return
    for one in endpoint.groups:
        yield (AddGroupRule(block.component, "egress", protocol, first, last, one.group_id or ""),)
    blocks = _blocks(ground, fault, subnets_of_endpoint(ground.network, endpoint))
    yield tuple(AddGroupRule(block.component, "egress", protocol, first, last, one) for one in blocks)


def acl_entry(ground: Ground, fault: Fault, start: Start, taken: Taken) -> Iterator[Steps]:
    """Entries before the one that denies: for a request the asked port, for a reply the client's ephemeral ports."""
    block = fault.block
    assert block is not None
    acl = ground.network.network_acls.get(block.component)
    if acl is None:
        return
    endpoint = endpoint_of(ground, fault, start)
    near = (block.leg, block.direction) in (("request", "egress"), ("response", "ingress"))  # the client's side
    peers = _blocks_of_service(ground, fault, start, endpoint) if near else _blocks(ground, fault, start.subnets)
    protocol, first, last = asked_of(fault)
    number = protocol_number(protocol)
    if block.leg == "response" and number in ICMP_REPLIES:
        first = ICMP_REPLIES[number].get(first, -1)
    elif block.leg == "response" and first >= 0:
        first, last = start.client_ports
    egress = block.direction == "egress"
    services = _services(number, first, last)
    rules = network_acl_rules(ground.network, acl, "egress" if egress else "ingress")
    peers = [one for one in peers if not _admits(rules, parse_block(one), services)]
    used = {number for name, out, number in taken.numbers if (name, out) == (block.component, egress)}
    numbers = free_numbers(acl, egress, block.rule, len(peers), used)
    if peers and len(numbers) == len(peers):
        yield tuple(
            AddAclEntry(block.component, number, egress, protocol, first, last, peer)
            for number, peer in zip(numbers, peers, strict=True)
        )


def _services(protocol: int, first: int, last: int) -> IntervalSet:
    if protocol in ICMP_REPLIES:
        return icmp_services(protocol, first, last)
    return protocol_services(protocol, PORTS if first < 0 else IntervalSet.span(first, last))


def _admits(rules: Sequence[Rule], peer: IntervalSet, services: IntervalSet) -> bool:
    """Whether the rules of a network ACL, in their order, let all of a block through."""
    for rule in rules:
        if peer & rule.peers and services & rule.services:
            if not rule.allow:
                return False
            if not services - rule.services:
                peer = peer - rule.peers
    return not peer


def _other_end(ground: Ground, fault: Fault) -> Start | None:
    """Where a project stands that another is to reach: its docker server."""
    if not fault.destination.endswith(MARK):
        return None
    return start_of(ground.network, fault.destination)


def _groups_of_project(ground: Ground, fault: Fault) -> tuple[str, ...]:
    other, target = _other_end(ground, fault), ground.network.interfaces.get(fault.destination)
    return other.groups if other else target.groups if target is not None else ()


def _blocks_of_service(ground: Ground, fault: Fault, start: Start, endpoint: aws.VpcEndpoint | None) -> list[str]:
    """Where a service is to be reached: the subnets of its endpoint's interfaces, or its prefix list's blocks."""
    other = _other_end(ground, fault)
    if other is not None:
        return _blocks(ground, fault, other.subnets)
    if endpoint is None:
        return []
    if endpoint.vpc_endpoint_type == "Gateway":
        listed = prefix_list_of(ground.network, fault.destination, start.region)
        found = ground.network.prefix_lists[listed].cidrs if listed else ()
        return [str(one) for one in found if (":" in str(one)) in _families(fault)]
    return _blocks(ground, fault, subnets_of_endpoint(ground.network, endpoint))


def _families(fault: Fault) -> list[bool]:
    """Whether it is IPv6 that a fault stops: no, yes, or both."""
    return [v6 for v6, addresses in ((False, V4), (True, V6)) if fault.aims & addresses]


def _blocks(ground: Ground, fault: Fault, subnets: Sequence[str]) -> list[str]:
    return [block for v6 in _families(fault) for block in blocks_of(ground.network, subnets, v6=v6)]


def free_numbers(acl: aws.NetworkAcl, egress: bool, denying: object, many: int, taken: set[int]) -> list[int]:
    """Rule numbers that nobody uses and that come before the rule that denies."""
    used = taken | {
        one.rule_number for one in acl.entries if one.egress == egress and one.rule_number <= HIGHEST_NUMBER
    }
    if not isinstance(denying, int) or denying >= DEFAULT_ACL_RULE:
        first = (max(used, default=90) // 10 + 1) * 10
        if first + 10 * many <= HIGHEST_NUMBER:
            return [first + 10 * number for number in range(many)]
        denying = HIGHEST_NUMBER + 1
    return sorted([number for number in range(denying - 1, 0, -1) if number not in used][:many])

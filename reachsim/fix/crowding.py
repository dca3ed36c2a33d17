"""One more security group beside one that takes no more rules, on the endpoint or the project that carries it.

**Source:** "Amazon VPC quotas" (60 rules of a group per direction, 5 groups of a network interface); EC2 API,
"ModifyVpcEndpoint" (AddSecurityGroupIds).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reachsim.fix.faults import Fault
from reachsim.fix.filtering import asked_of, endpoint_of
from reachsim.fix.places import Start, prefix_list_of
from reachsim.fix.steps import AddGroupRule, AttachGroup, CreateGroup, SetProjectVpc, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

GROUPS: Final = 5
"""Security groups of a network interface, by AWS's default quota."""


def beside_full(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    """A group with the rule that a full one lacks: named groups and prefix lists alone, as everywhere."""
    block, endpoint = fault.block, endpoint_of(ground, fault, start)
    if block is None or endpoint is None or endpoint.vpc_id != start.vpc:
        return
    name = f"beside-{block.component.removeprefix('sg-')}"
    made = CreateGroup(f"sg-proposed-{name}", start.vpc, name, f"Beside {block.component}, which is full")
    if block.direction == "ingress":
        if len(endpoint.groups) < GROUPS:
            rules: list[Step] = [AddGroupRule(made.id, "ingress", *asked_of(fault), own) for own in start.groups]
            yield (made, *rules, AttachGroup(endpoint.vpc_endpoint_id, made.id))
        return
    who = parse_selector(fault.source)
    found = find_project(ground.network, who.value) if who.kind == "codebuild" else None
    config = found[1].vpc_config if found is not None else None
    listed = prefix_list_of(ground.network, fault.destination, start.region)
    gateway = endpoint.vpc_endpoint_type == "Gateway"
    peers = [listed] if gateway else [one.group_id for one in endpoint.groups]
    if config is not None and block.component in config.security_group_ids and all(peers):
        groups = tuple(config.security_group_ids)
        if len(groups) < GROUPS or made.id in groups:
            more = (*groups, *({made.id} - {*groups}))
            rules = [AddGroupRule(made.id, "egress", *asked_of(fault), one or "") for one in peers]
            yield (made, *rules, SetProjectVpc(who.value, start.vpc, tuple(config.subnets), more))

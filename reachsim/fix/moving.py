"""Moving a CodeBuild project, or the fleet it runs on, into a VPC: which one, which subnets, with which group.

The VPC that holds the pipeline's endpoints; of its subnets those that lead nowhere outside, have the S3 gateway
endpoint in their route table and hold the fewest interfaces; a group that lets nobody in, or a new one that lets the
build out to the endpoints only. **Source:** CodeBuild User Guide, "Use CodeBuild with Amazon VPC" (no inbound rules).
"""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.fix.places import endpoints_for, interface_endpoints, leads_out, one_per_zone, prefix_list_of
from reachsim.fix.steps import AddGroupRule, CreateGroup, SetFleetVpc, SetProjectVpc, Step
from reachsim.model.network import Network
from reachsim.workloads import find_project, fleet_of


def move_into_vpc(network: Network, name: str) -> Iterator[tuple[Step, ...]]:
    """The steps that move a project, the best VPC first."""
    found = find_project(network, name)
    if found is None or stays_outside(network, name):
        return
    (_, region), project = found
    fleet, record = fleet_of(network, project)
    own, theirs = project.vpc_config, record.vpc_config if record is not None else None
    if fleet and own is not None and own.vpc_id and own.subnets:  # to where the project's configuration has it
        yield (SetFleetVpc(fleet, own.vpc_id, tuple(own.subnets), tuple(own.security_group_ids)),)
    elif theirs is not None and theirs.vpc_id and theirs.subnets:  # builds that overflow, to where the fleet is
        yield (SetProjectVpc(name, theirs.vpc_id, tuple(theirs.subnets), tuple(theirs.security_group_ids)),)
    overflows = record is not None and record.overflow_behavior == "ON_DEMAND"
    vpcs = [vpc for vpc in network.vpcs if network.home_of(vpc)[1] == region]
    for vpc in sorted(vpcs, key=lambda one: (-len(interface_endpoints(network, one)), one)):
        subnets = [one for one in network.subnets_of(vpc) if not leads_out(network, one)]
        chosen = one_per_zone(network, sorted(subnets, key=lambda one: _rank(network, vpc, region, one)))
        for steps, group in _groups(network, vpc, region, name) if chosen else ():
            moved: list[Step] = [SetFleetVpc(fleet, vpc, tuple(sorted(chosen)), (group,))] if fleet else []
            if not fleet or overflows:
                moved.append(SetProjectVpc(name, vpc, tuple(sorted(chosen)), (group,)))
            yield (*steps, *moved)


def stays_outside(network: Network, name: str) -> str | None:
    """Why a project's builds can run in no VPC, in words (facts P11, P65); None if they can."""
    found = find_project(network, name)
    if found is None:
        return None
    if "LAMBDA" in (found[1].environment.type or ""):
        return "Lambda compute runs outside every VPC: choose EC2 compute, and subnets for it"
    fleet, record = fleet_of(network, found[1])
    if fleet and record is not None and record.proxy_configuration is not None:
        return f"{fleet} has a managed proxy, with which a fleet runs in no VPC: take one without it"
    return None


def _rank(network: Network, vpc: str, region: str, subnet: str) -> tuple[bool, int, str]:
    table = network.route_table_of(subnet)
    gateways = [one for one in endpoints_for(network, vpc, "s3", region) if one.vpc_endpoint_type == "Gateway"]
    associated = table is not None and any(table.route_table_id in one.route_table_ids for one in gateways)
    return not associated, len(network.interfaces_in(subnet)), subnet


def _groups(network: Network, vpc: str, region: str, name: str) -> Iterator[tuple[tuple[Step, ...], str]]:
    """A group without inbound rules that no interface carries (builds' are there only while they run); a new one."""
    carried = {group for one in network.interfaces.values() for group in one.groups}
    for key, one in sorted(network.security_groups.items()):
        idle = key not in carried and not one.ip_permissions and bool(one.ip_permissions_egress)
        if one.vpc_id == vpc and idle and one.group_name != "default":
            yield (), key
            break
    made = CreateGroup(f"sg-proposed-{name}", vpc, f"codebuild-{name}", f"Builds of {name}")
    groups = dict.fromkeys(one.group_id or "" for other in interface_endpoints(network, vpc) for one in other.groups)
    peers = [*groups, *((listed,) if (listed := prefix_list_of(network, "s3", region)) else ())]
    yield (made, *(AddGroupRule(made.id, "egress", "tcp", 443, 443, peer) for peer in peers)), made.id

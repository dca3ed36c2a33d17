"""Moving a CodeBuild project into a VPC: which one, which of its subnets, with which security group.

The VPC that holds the pipeline's endpoints; of its subnets those that lead nowhere outside, have the S3 gateway
endpoint in their route table and hold the fewest interfaces; a group that lets nobody in, or a new one that lets the
build out to the endpoints only. **Source:** CodeBuild User Guide, "Use CodeBuild with Amazon VPC" (no inbound rules).
"""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.fix.places import endpoints_for, interface_endpoints, leads_out, one_per_zone, prefix_list_of
from reachsim.fix.steps import AddGroupRule, CreateGroup, SetProjectVpc, Step
from reachsim.model.network import Network
from reachsim.workloads import find_project


def move_into_vpc(network: Network, name: str) -> Iterator[tuple[Step, ...]]:
    """The steps that move a project, the best VPC first."""
    found = find_project(network, name)
    if found is None or (found[1].environment.fleet is not None and found[1].environment.fleet.fleet_arn):
        return
    (_, region), _ = found
    vpcs = [vpc for vpc in network.vpcs if network.home_of(vpc)[1] == region]
    for vpc in sorted(vpcs, key=lambda one: (-len(interface_endpoints(network, one)), one)):
        subnets = [one for one in network.subnets_of(vpc) if not leads_out(network, one)]
        chosen = one_per_zone(network, sorted(subnets, key=lambda one: _rank(network, vpc, region, one)))
        if chosen:
            steps, group = _group(network, vpc, region, name)
            yield (*steps, SetProjectVpc(name, vpc, tuple(sorted(chosen)), (group,)))


def _rank(network: Network, vpc: str, region: str, subnet: str) -> tuple[bool, int, str]:
    table = network.route_table_of(subnet)
    gateways = [one for one in endpoints_for(network, vpc, "s3", region) if one.vpc_endpoint_type == "Gateway"]
    associated = table is not None and any(table.route_table_id in one.route_table_ids for one in gateways)
    return not associated, len(network.interfaces_in(subnet)), subnet


def _group(network: Network, vpc: str, region: str, name: str) -> tuple[tuple[Step, ...], str]:
    """A group without inbound rules that no interface carries (builds' are there only while they run), or a new one."""
    carried = {group for one in network.interfaces.values() for group in one.groups}
    for key, one in sorted(network.security_groups.items()):
        idle = key not in carried and not one.ip_permissions and bool(one.ip_permissions_egress)
        if one.vpc_id == vpc and idle and one.group_name != "default":
            return (), key
    made = CreateGroup("sg-proposed-build", vpc, f"codebuild-{name}", f"Builds of {name}")
    groups = dict.fromkeys(one.group_id or "" for other in interface_endpoints(network, vpc) for one in other.groups)
    peers = [*groups, *((listed,) if (listed := prefix_list_of(network, "s3", region)) else ())]
    return (made, *(AddGroupRule(made.id, "egress", "tcp", 443, 443, peer) for peer in peers)), made.id

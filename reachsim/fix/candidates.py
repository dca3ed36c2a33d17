"""From a fault to the steps that may mend it: alternatives, what opens least first.

A group or a prefix list is named wherever one serves, never ``0.0.0.0/0``; a way out is closed, never opened. What
nobody here can mend (an explicit deny, a host on the internet) gets a reason instead.

**Source:** codes and their remedies (`reachsim.codes`); VPC User Guide, "Network ACL rules" (free numbers below the
rule that denies, ephemeral ports of the client for replies); PrivateLink Guide, "Gateway endpoints" (prefix list).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from reachsim import services
from reachsim.check.steps import ENI_ACTIONS
from reachsim.filters import DEFAULT_ACL_RULE
from reachsim.fix.faults import Fault
from reachsim.fix.moving import move_into_vpc
from reachsim.fix.places import (
    Start,
    blocks_of,
    endpoints_for,
    free_address,
    interface_endpoints,
    one_per_zone,
    prefix_list_of,
    start_of,
    subnets_of_endpoint,
)
from reachsim.fix.steps import (
    AddAclEntry,
    AddGroupRule,
    AddPolicyStatement,
    AllowRole,
    AssociateEndpoint,
    CreateEndpoint,
    CreateGroup,
    DeleteRoute,
    RemoveGroupRule,
    SetPrivateDns,
    SetVpcAttribute,
    Step,
)
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.policy_layers.asked import bucket_of
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate

Steps = tuple[Step, ...]
"""Steps that belong together: a group and the rules in it."""


class Taken(NamedTuple):
    """What steps chosen already use: (network ACL, outbound, number), and addresses."""

    numbers: frozenset[tuple[str, bool, int]] = frozenset()
    addresses: frozenset[str] = frozenset()

    @staticmethod
    def by(steps: Iterable[Step]) -> Taken:
        numbers = {(one.acl, one.egress, one.number) for one in steps if isinstance(one, AddAclEntry)}
        addresses = {address for one in steps if isinstance(one, CreateEndpoint) for _, address in one.places}
        return Taken(frozenset(numbers), frozenset(addresses))


FILTERS: Final = ("ENI_SG_RULES_MISMATCH", "SG_HAS_NO_RULES")
HIGHEST_NUMBER: Final = 32766


def candidates(ground: Ground, fault: Fault, taken: Taken) -> list[Steps]:
    """What may mend a fault, the least first; nothing if nothing here can."""
    if fault.kind == "leaves":
        return list(_close_way_out(ground, fault))
    if fault.kind == "exposed":
        return list(_close_way_in(fault))
    if fault.block is None:
        return []
    start = start_of(ground.network, fault.source)
    if start is None:
        return []
    code = fault.block.code
    if code in FILTERS:
        return list(_group_rule(ground, fault, start))
    if code == "SUBNET_ACL_RESTRICTION":
        return list(_acl_entry(ground, fault, start, taken))
    if code in ("VPCE_POLICY_SERVICE_BUCKET_MISSING", "VPCE_POLICY_IMPLICIT_DENY"):
        return list(_policy_statement(ground, fault, start))
    if code in ("IDENTITY_POLICY_DENY", "ROLE_CANNOT_CREATE_ENI"):
        return list(_role_statement(ground, fault))
    if code == "DNS_SUPPORT_DISABLED":
        return [(SetVpcAttribute(start.vpc, "enableDnsSupport"),)]
    if parse_selector(fault.destination).kind == "service":
        return list(_serve(ground, fault, start, taken))
    return []


def why_not(fault: Fault) -> str:
    """Why nothing here mends a fault."""
    code = fault.block.code if fault.block else ""
    kind = parse_selector(fault.destination).kind if fault.destination != "provisioning" else ""
    if code in ("VPCE_POLICY_EXPLICIT_DENY", "IDENTITY_POLICY_DENY", "RESOURCE_POLICY_DENY", "SCP_DENY", "RCP_DENY",
                "BOUNDARY_DENY", "SESSION_POLICY_DENY"):  # fmt: skip
        return "a policy denies it, or another account's policy does not allow it: that is its owners' decision"
    if kind == "host" and fault.kind == "blocked":
        if services.service_of_host(fault.destination.removeprefix("host:"))[2]:
            return "no endpoint in this Region serves it: use the own Region's service, or copy what is needed there"
        return (
            "it is on the internet, so private and working contradict each other here: take base images from ECR (a "
            "copy, or a pull-through cache filled beforehand), and packages from a mirror or CodeArtifact"
        )
    if code.startswith("DNS_") or code in ("CROSS_REGION_NOT_VIA_ENDPOINT",):
        return "how the name resolves is decided outside the endpoints of this VPC"
    return "no single change that reachsim knows mends it"


# --- filters --------------------------------------------------------------------------------------------------------


def _question(fault: Fault) -> tuple[str, int, int]:
    question = fault.verdict.question if fault.verdict else None
    protocol = (question.protocol if question else None) or "tcp"
    port = question.port if question and question.port is not None else 443
    return protocol, port, port


def _endpoint(ground: Ground, fault: Fault, start: Start) -> aws.VpcEndpoint | None:
    """The endpoint that the source's traffic to a service goes by, or would."""
    crossed = [path.terminal for path in fault.verdict.paths] if fault.verdict else []
    found = endpoints_for(ground.network, start.vpc, fault.destination, start.region)
    return next((one for one in found if one.vpc_endpoint_id in crossed), found[0] if found else None)


def _group_rule(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    block = fault.block
    assert block is not None
    protocol, first, last = _question(fault)
    group = ground.network.security_groups.get(block.component)
    if group is None:
        return
    if block.direction == "ingress":
        if group.vpc_id == start.vpc:
            yield from ((AddGroupRule(block.component, "ingress", protocol, first, last, own),) for own in start.groups)
        for source in [blocks_of(ground.network, start.subnets)]:
            yield tuple(AddGroupRule(block.component, "ingress", protocol, first, last, one) for one in source)
        return
    endpoint = _endpoint(ground, fault, start)
    if endpoint is None:
        return
    if endpoint.vpc_endpoint_type == "Gateway":
        listed = prefix_list_of(ground.network, fault.destination, start.region)
        if listed is not None:
            yield (AddGroupRule(block.component, "egress", protocol, first, last, listed),)
        return
    for one in endpoint.groups:
        yield (AddGroupRule(block.component, "egress", protocol, first, last, one.group_id or ""),)
    blocks = blocks_of(ground.network, subnets_of_endpoint(ground.network, endpoint))
    yield tuple(AddGroupRule(block.component, "egress", protocol, first, last, one) for one in blocks)


def _acl_entry(ground: Ground, fault: Fault, start: Start, taken: Taken) -> Iterator[Steps]:
    """Entries before the one that denies: for a request the asked port, for a reply the client's ephemeral ports."""
    block = fault.block
    assert block is not None
    acl = ground.network.network_acls.get(block.component)
    if acl is None:
        return
    endpoint = _endpoint(ground, fault, start)
    if block.at in start.subnets:
        peers = _blocks_of_service(ground, fault, start, endpoint)
    else:
        peers = blocks_of(ground.network, start.subnets)
    protocol, first, last = _question(fault)
    if block.leg == "response":
        first, last = start.client_ports
    egress = block.direction == "egress"
    used = {number for name, out, number in taken.numbers if (name, out) == (block.component, egress)}
    numbers = _free_numbers(acl, egress, block.rule, len(peers), used)
    if peers and len(numbers) == len(peers):
        yield tuple(
            AddAclEntry(block.component, number, egress, protocol, first, last, peer)
            for number, peer in zip(numbers, peers, strict=True)
        )


def _blocks_of_service(ground: Ground, fault: Fault, start: Start, endpoint: aws.VpcEndpoint | None) -> list[str]:
    """Where a service is to be reached: the subnets of its endpoint's interfaces, or its prefix list's blocks."""
    if endpoint is None:
        return []
    if endpoint.vpc_endpoint_type == "Gateway":
        listed = prefix_list_of(ground.network, fault.destination, start.region)
        found = ground.network.prefix_lists[listed].cidrs if listed else ()
        return [str(one) for one in found if ":" not in str(one)]
    return blocks_of(ground.network, subnets_of_endpoint(ground.network, endpoint))


def _free_numbers(acl: aws.NetworkAcl, egress: bool, denying: object, many: int, taken: set[int]) -> list[int]:
    """Rule numbers that nobody uses and that come before the rule that denies."""
    used = taken | {
        one.rule_number for one in acl.entries if one.egress == egress and one.rule_number <= HIGHEST_NUMBER
    }
    limit = denying if isinstance(denying, int) and denying < DEFAULT_ACL_RULE else None
    if limit is None:
        first = (max(used, default=90) // 10 + 1) * 10
        step = 10 if first + 10 * many <= HIGHEST_NUMBER else 1
        free = [number for number in range(first, HIGHEST_NUMBER + 1, step) if number not in used]
        return free[:many]
    return sorted([number for number in range(limit - 1, 0, -1) if number not in used][:many])


# --- endpoints and names --------------------------------------------------------------------------------------------


def _serve(ground: Ground, fault: Fault, start: Start, taken: Taken) -> Iterator[Steps]:
    """A service that no way leads to: by its endpoint, once there is one, it is in the table and its names are on."""
    network, service = ground.network, fault.destination
    found = endpoints_for(network, start.vpc, service, start.region)
    listed = prefix_list_of(network, service, start.region)
    for endpoint in found:
        if endpoint.vpc_endpoint_type == "Gateway" and listed is not None:
            tables = [table.route_table_id for subnet in start.subnets
                      if (table := network.route_table_of(subnet)) is not None]  # fmt: skip
            missing = [one for one in dict.fromkeys(tables) if one not in endpoint.route_table_ids]
            if missing:
                yield tuple(AssociateEndpoint(endpoint.vpc_endpoint_id, one, listed) for one in missing)
        elif endpoint.vpc_endpoint_type == "Interface":
            yield from _names_on(ground, endpoint, start)
    if not any(one.state.lower() == "available" for one in found):
        yield from _new_endpoint(ground, service, start, listed, taken)


def _names_on(ground: Ground, endpoint: aws.VpcEndpoint, start: Start) -> Iterator[Steps]:
    off = [name for name in ("enableDnsSupport", "enableDnsHostnames")
           if ground.network.vpc_attribute(start.vpc, name)[0] is False]  # fmt: skip
    switches: list[Step] = [SetVpcAttribute(start.vpc, name) for name in off]
    if not endpoint.private_dns_enabled:
        switches.append(SetPrivateDns(endpoint.vpc_endpoint_id))
    if switches:
        yield tuple(switches)


def _new_endpoint(ground: Ground, service: str, start: Start, listed: str | None, taken: Taken) -> Iterator[Steps]:
    """A gateway endpoint where the service has one, else an interface endpoint beside the others."""
    network = ground.network
    if services.service(service) is None:
        return
    partition = "cn.com" if start.region.startswith("cn-") else "com"
    name = f"{partition}.amazonaws.{start.region}.{service}"
    made = f"vpce-proposed-{service.replace('.', '-')}"
    if service in ("s3", "dynamodb"):
        tables = dict.fromkeys(
            table.route_table_id for subnet in start.subnets if (table := network.route_table_of(subnet)) is not None
        )
        if listed is not None:
            yield (CreateEndpoint(made, start.vpc, service, name, tables=tuple(tables), prefix_list=listed),)
        return
    others = interface_endpoints(network, start.vpc)
    near = one_per_zone(network, [subnet for one in others for subnet in subnets_of_endpoint(network, one)])
    chosen = near or one_per_zone(network, start.subnets)
    places = [(subnet, free_address(network, subnet, taken.addresses)) for subnet in chosen]
    placed = tuple((subnet, address) for subnet, address in places if address is not None)
    groups = dict.fromkeys(one.group_id or "" for other in others for one in other.groups)
    if groups:
        yield (CreateEndpoint(made, start.vpc, service, name, placed, (next(iter(groups)),)),)
        return
    group = CreateGroup("sg-proposed-endpoints", start.vpc, "vpc-endpoints", "VPC endpoints of the pipeline")
    rules: list[Step] = [AddGroupRule(group.id, "ingress", "tcp", 443, 443, own) for own in start.groups]
    new: list[Step] = [] if group.id in network.security_groups else [group, *rules]
    yield (*new, CreateEndpoint(made, start.vpc, service, name, placed, (group.id,)))


# --- policies -------------------------------------------------------------------------------------------------------


def _refused(ground: Ground, fault: Fault, layer: str) -> list[dict[str, Any]]:
    """The requests of a fault that one layer refuses."""
    question = fault.verdict.question if fault.verdict else None
    if question is None:
        return []
    found = []
    for request in fault.requests:
        verdict = simulate(
            ground, fault.source, fault.destination, protocol=question.protocol, port=question.port,
            requests=[request], layers=("network", layer),
        )  # fmt: skip
        if verdict.layers.get(layer) in ("blocked", "intermittent"):
            found.append(dict(request))
    return found


def _policy_statement(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    """A statement for each refused request: the layer bucket's without a condition, as ECR signs it (fact 27)."""
    assert fault.block is not None
    steps: list[Step] = []
    for request in _refused(ground, fault, "endpoint-policy"):
        layers = "starport-layer-bucket" in bucket_of(str(request["resource"]))
        statement: dict[str, Any] = {
            "Sid": "EcrLayers" if layers else f"Pipeline{len(steps) + 1}", "Effect": "Allow", "Principal": "*",
            "Action": request["action"], "Resource": request["resource"],
        }  # fmt: skip
        if not layers:
            statement["Condition"] = {"StringEquals": {"aws:PrincipalAccount": start.account}}
        steps.append(AddPolicyStatement(fault.block.component, json.dumps(statement)))
    if steps:
        yield tuple(steps)


def _role_statement(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """What a role may not do for want of an allow; a deny is somebody's decision."""
    block = fault.block
    assert block is not None
    if block.rule is not None or not block.component.startswith("arn:"):
        return
    if block.code == "ROLE_CANNOT_CREATE_ENI":
        actions: Sequence[str] = ENI_ACTIONS
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        yield (AllowRole(block.component, "reachsim-network-interfaces", json.dumps(statement)),)
        return
    refused = _refused(ground, fault, "identity-policy")
    steps = [
        AllowRole(block.component, f"reachsim-{fault.destination.replace('.', '-')}-{number}",
                  json.dumps({"Effect": "Allow", "Action": one["action"], "Resource": one["resource"]}))
        for number, one in enumerate(refused, 1)
    ]  # fmt: skip
    if steps:
        yield tuple(steps)


# --- ways out and in ------------------------------------------------------------------------------------------------


def _close_way_out(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """The routes of the source's own subnets that its way out takes; a project outside VPCs is moved into one."""
    verdict = fault.verdict
    assert verdict is not None
    who = parse_selector(fault.source)
    if who.kind == "codebuild" and any(
        path.hops and path.hops[0].type == "codebuild-project" for path in verdict.paths if path.outcome == "allowed"
    ):
        yield from move_into_vpc(ground.network, who.value)
        return
    steps: dict[Step, None] = {}
    for path in verdict.paths:
        routes = [hop for hop in path.hops if hop.type == "route-table" and hop.leg == "request"]
        if path.outcome != "allowed" or path.route == "private" or not routes:
            continue
        first = routes[0]
        for target in _targets(ground.network.route_tables.get(first.component), first.rule):
            steps[DeleteRoute(first.component, str(first.rule), target)] = None
    if steps:
        yield tuple(steps)


def _targets(table: aws.RouteTable | None, destination: object) -> list[str]:
    """What the routes of a table to a destination lead to, local ones left out."""
    found = []
    for one in table.routes if table is not None else ():
        blocks = (one.destination_cidr_block, one.destination_ipv6_cidr_block, one.destination_prefix_list_id)
        if str(destination) in map(str, blocks):
            targets = (one.nat_gateway_id, one.gateway_id, one.egress_only_internet_gateway_id, one.transit_gateway_id,
                       one.vpc_peering_connection_id, one.network_interface_id)  # fmt: skip
            found += [target for target in targets if target and target != "local"][:1]
    return found


def _close_way_in(fault: Fault) -> Iterator[Steps]:
    """The rules of security groups that let the internet in."""
    verdict = fault.verdict
    assert verdict is not None
    steps: dict[Step, None] = {}
    for path in verdict.paths:
        for hop in path.hops if path.outcome == "allowed" else ():
            if hop.type == "security-group" and hop.leg == "request" and hop.rule is not None:
                steps[RemoveGroupRule(hop.component, "ingress", str(hop.rule))] = None
    if steps:
        yield tuple(steps)

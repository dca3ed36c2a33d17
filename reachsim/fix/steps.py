"""The changes that a fix is made of, each one thing that AWS's API does, and how a snapshot looks after it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, assert_never

import msgspec

from reachsim import services
from reachsim.edits.draft import Draft, Record
from reachsim.model.network import Network


class AddGroupRule(msgspec.Struct, frozen=True, tag=True):
    """A rule of a security group; ``peer`` is a group, a prefix list or a block."""

    group: str
    direction: str
    protocol: str
    first: int
    last: int
    peer: str


class AddAclEntry(msgspec.Struct, frozen=True, tag=True):
    """An entry of a network ACL that allows."""

    acl: str
    number: int
    egress: bool
    protocol: str
    first: int
    last: int
    block: str


class AssociateEndpoint(msgspec.Struct, frozen=True, tag=True):
    """A gateway endpoint in one more route table."""

    endpoint: str
    table: str
    prefix_list: str


class CreateEndpoint(msgspec.Struct, frozen=True, tag=True):
    """A new endpoint. ``places``: (subnet, address for the snapshot) of an interface endpoint's interfaces."""

    id: str
    vpc: str
    service: str
    service_name: str
    places: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    prefix_list: str = ""

    @property
    def is_gateway(self) -> bool:
        return bool(self.prefix_list)


class CreateGroup(msgspec.Struct, frozen=True, tag=True):
    """A new security group without rules."""

    id: str
    vpc: str
    name: str
    description: str


class SetPrivateDns(msgspec.Struct, frozen=True, tag=True):
    """Private DNS of an interface endpoint switched on."""

    endpoint: str


class SetVpcAttribute(msgspec.Struct, frozen=True, tag=True):
    """``enableDnsSupport`` or ``enableDnsHostnames`` of a VPC switched on."""

    vpc: str
    attribute: str


class AddPolicyStatement(msgspec.Struct, frozen=True, tag=True):
    """A statement more in an endpoint's policy; ``statement`` is its JSON text."""

    endpoint: str
    statement: str


class SetEndpointPolicy(msgspec.Struct, frozen=True, tag=True):
    """An endpoint's whole policy; ``document`` is its JSON text."""

    endpoint: str
    document: str


class AllowRole(msgspec.Struct, frozen=True, tag=True):
    """An inline policy more for a role; ``statement`` is the JSON text of its one statement."""

    role: str
    name: str
    statement: str


class DeleteRoute(msgspec.Struct, frozen=True, tag=True):
    """A route taken away."""

    table: str
    destination: str
    target: str


class RemoveGroupRule(msgspec.Struct, frozen=True, tag=True):
    """A peer of a security group's rule taken away; ``rule`` is its id or what it says (``tcp 22 0.0.0.0/0``)."""

    group: str
    direction: str
    rule: str


class SetProjectVpc(msgspec.Struct, frozen=True, tag=True):
    """A CodeBuild project moved into subnets."""

    project: str
    vpc: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]


Step = (
    AddGroupRule | AddAclEntry | AssociateEndpoint | CreateEndpoint | CreateGroup | SetPrivateDns | SetVpcAttribute
    | AddPolicyStatement | SetEndpointPolicy | AllowRole | DeleteRoute | RemoveGroupRule | SetProjectVpc
)  # fmt: skip


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Each step once, those first that make what others change or name."""
    first = (CreateGroup, CreateEndpoint)
    return tuple(
        sorted(dict.fromkeys(steps), key=lambda step: [*(isinstance(step, one) for one in first)], reverse=True)
    )


def component_of(step: Step) -> str:
    """The resource that a step changes or makes."""
    match step:
        case AddGroupRule() | RemoveGroupRule():
            return step.group
        case AddAclEntry():
            return step.acl
        case AssociateEndpoint() | SetPrivateDns() | AddPolicyStatement() | SetEndpointPolicy():
            return step.endpoint
        case CreateEndpoint() | CreateGroup():
            return step.id
        case SetVpcAttribute():
            return step.vpc
        case AllowRole():
            return step.role
        case DeleteRoute():
            return step.table
        case SetProjectVpc():
            return f"codebuild:{step.project}"
    assert_never(step)


def ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def describe(step: Step) -> str:
    """A step in one line, without the name of its component."""
    match step:
        case AddGroupRule():
            way = "from" if step.direction == "ingress" else "to"
            return f"add {step.direction} rule: {step.protocol} {ports(step.first, step.last)} {way} {step.peer}"
        case AddAclEntry():
            side, way = ("outbound", "to") if step.egress else ("inbound", "from")
            what = f"{step.protocol} {ports(step.first, step.last)} {way} {step.block}"
            return f"add {side} rule {step.number}: allow {what}"
        case AssociateEndpoint():
            return f"associate with route table {step.table}"
        case CreateEndpoint():
            kind = "gateway" if step.is_gateway else "interface"
            where = ", ".join(step.tables if step.is_gateway else [subnet for subnet, _ in step.places])
            return f"create {kind} endpoint for {step.service} in {where}"
        case CreateGroup():
            return f"create security group {step.name} in {step.vpc}"
        case SetPrivateDns():
            return "switch private DNS on"
        case SetVpcAttribute():
            return f"switch {step.attribute} on"
        case AddPolicyStatement():
            return f"add policy statement: {_says(step.statement)}"
        case SetEndpointPolicy():
            statements = json.loads(step.document)["Statement"]
            return f"replace the policy: {'; '.join(_says(json.dumps(one)) for one in statements)}"
        case AllowRole():
            return f"add inline policy {step.name}: {_says(step.statement)}"
        case DeleteRoute():
            return f"delete route {step.destination}, which leads to {step.target}"
        case RemoveGroupRule():
            return f"remove {step.direction} rule {step.rule}"
        case SetProjectVpc():
            return f"run in {', '.join(step.subnets)} of {step.vpc} with {', '.join(step.groups)}"
    assert_never(step)


def _says(statement: str) -> str:
    found = json.loads(statement)
    action, resource = found["Action"], found["Resource"]
    shown = [", ".join(one) if isinstance(one, list) else one for one in (action, resource)]
    return f"Allow {shown[0]} on {shown[1]}"


def apply_step(draft: Draft, step: Step) -> None:
    """Make a step in a snapshot's files. Raises QuestionError if what it changes is not there."""
    match step:
        case AddGroupRule():
            draft.add_rule(step.group, step.direction, step.protocol, (step.first, step.last), step.peer)
        case AddAclEntry():
            draft.record(step.acl).setdefault("Entries", []).append(_entry(step))
        case AssociateEndpoint():
            tables = draft.record(step.endpoint).setdefault("RouteTableIds", [])
            tables.append(step.table)
            draft.add_route(step.table, step.prefix_list, step.endpoint)
        case CreateEndpoint():
            _create_endpoint(draft, step)
        case CreateGroup():
            _create_group(draft, step)
        case SetPrivateDns():
            _switch_private_dns_on(draft.record(step.endpoint))
        case SetVpcAttribute():
            key = step.attribute[0].upper() + step.attribute[1:]
            home = draft.network.home_of(step.vpc)
            path = draft.network.path(home, "ec2", "describe-vpc-attribute", f"{step.vpc}.{step.attribute}")
            draft.put(path, {"VpcId": step.vpc, key: {"Value": True}})
        case AddPolicyStatement():
            record = draft.record(step.endpoint)
            document = json.loads(record.get("PolicyDocument") or '{"Statement": []}')
            held = document.get("Statement") or []
            document["Statement"] = [*(held if isinstance(held, list) else [held]), json.loads(step.statement)]
            record["PolicyDocument"] = json.dumps(document, ensure_ascii=False)
        case SetEndpointPolicy():
            draft.set_policy(step.endpoint, json.loads(step.document))
        case AllowRole():
            _allow_role(draft, step)
        case DeleteRoute():
            draft.remove_route(step.table, step.destination)
        case RemoveGroupRule():
            is_id = step.rule.startswith("sgr-")
            draft.remove_rule(step.rule if is_id else f"{step.group}/{step.direction}/{step.rule}")
        case SetProjectVpc():
            for project in draft.rows("batch-get-projects", "projects", "codebuild"):
                if project.get("name") == step.project:
                    project["vpcConfig"] = {
                        "vpcId": step.vpc, "subnets": list(step.subnets), "securityGroupIds": list(step.groups),
                    }  # fmt: skip
        case _:
            assert_never(step)


PROTOCOL_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}


def _entry(step: AddAclEntry) -> Record:
    return {
        "RuleNumber": step.number, "Egress": step.egress, "RuleAction": "allow",
        "Protocol": PROTOCOL_NUMBERS.get(step.protocol, step.protocol),
        "Ipv6CidrBlock" if ":" in step.block else "CidrBlock": step.block,
        "PortRange": {"From": step.first, "To": step.last},
    }  # fmt: skip


def _create_endpoint(draft: Draft, step: CreateEndpoint) -> None:
    network = draft.network
    home = network.home_of(step.vpc)
    full = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
    record: Record = {
        "VpcEndpointId": step.id, "VpcEndpointType": "Gateway" if step.is_gateway else "Interface", "VpcId": step.vpc,
        "ServiceName": step.service_name, "State": "available", "PolicyDocument": json.dumps(full),
        "RouteTableIds": list(step.tables), "SubnetIds": [subnet for subnet, _ in step.places],
        "Groups": [{"GroupId": group, "GroupName": group} for group in step.groups], "PrivateDnsEnabled": False,
        "NetworkInterfaceIds": [], "DnsEntries": [], "OwnerId": home[0], "ServiceRegion": home[1],
    }  # fmt: skip
    for number, (subnet, address) in enumerate(step.places, 1):
        eni = f"eni-{step.id.removeprefix('vpce-')}-{number}"
        record["NetworkInterfaceIds"].append(eni)
        draft.add(home, "eni", {
            "NetworkInterfaceId": eni, "VpcId": step.vpc, "SubnetId": subnet, "InterfaceType": "vpc_endpoint",
            "Description": f"VPC Endpoint Interface {step.id}", "RequesterManaged": True, "Status": "in-use",
            "SourceDestCheck": True, "PrivateIpAddress": address, "OwnerId": home[0], "Ipv6Addresses": [],
            "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}], "Groups": record["Groups"],
            "AvailabilityZone": _zone(network, subnet), "TagSet": [],
        })  # fmt: skip
    draft.add(home, "vpce", record)
    for table in step.tables:
        draft.add_route(table, step.prefix_list, step.id)
    if not step.is_gateway:
        _switch_private_dns_on(record)


def _zone(network: Network, subnet: str) -> str:
    found = network.subnets.get(subnet)
    return (found.availability_zone or "") if found else ""


def _switch_private_dns_on(record: Record) -> None:
    """Private DNS adds the service's own names to the endpoint's."""
    record["PrivateDnsEnabled"] = True
    known = services.suffix_of_service_name(str(record.get("ServiceName")))
    entries = record.setdefault("DnsEntries", [])
    there = {str(one.get("DnsName", "")) for one in entries if isinstance(one, dict)}
    names = services.private_dns_names(*known) if known else ()
    entries += [{"DnsName": name, "HostedZoneId": "ZPROPOSED"} for name in names if name not in there]


def _create_group(draft: Draft, step: CreateGroup) -> None:
    home = draft.network.home_of(step.vpc)
    draft.add(home, "sg", {
        "GroupId": step.id, "GroupName": step.name, "Description": step.description, "VpcId": step.vpc,
        "OwnerId": home[0], "IpPermissions": [], "IpPermissionsEgress": [], "Tags": [],
    })  # fmt: skip


def _allow_role(draft: Draft, step: AllowRole) -> None:
    account = step.role.split(":")[4]
    path = draft.network.path((account, "global"), "iam", "get-account-authorization-details")
    for role in draft.document(path).get("RoleDetailList") or ():
        if role.get("Arn") == step.role:
            document = {"Version": "2012-10-17", "Statement": [json.loads(step.statement)]}
            role.setdefault("RolePolicyList", []).append({"PolicyName": step.name, "PolicyDocument": document})


def to_json(step: Step) -> dict[str, Any]:
    """A step as JSON prints it: what it does and to what."""
    plain: dict[str, Any] = msgspec.to_builtins(step)
    return plain

"""The changes that a fix is made of, each one thing that AWS's API, or an editor, does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, assert_never

import msgspec

from reachsim.filters import protocol_number
from reachsim.model.records import IpPermission
from reachsim.packets import ICMP, ICMPV6


class AddGroupRule(msgspec.Struct, frozen=True, tag=True):
    """A rule of a security group; ``peer`` is a group, a prefix list or a block, ``owner`` the account of a group that
    another one than the group's own holds. ``first`` and ``last`` are ports; for ICMP type and code, -1 for every one.
    """

    group: str
    direction: str
    protocol: str
    first: int
    last: int
    peer: str
    owner: str = ""


class AddAclEntry(msgspec.Struct, frozen=True, tag=True):
    """An entry of a network ACL that allows; ``first`` and ``last`` as in `AddGroupRule`."""

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
    """A new endpoint. ``places``: (subnet, address for the snapshot) of an interface endpoint's interfaces;
    ``instead_of``: endpoints that never serve and keep the names, to be deleted first.
    """

    id: str
    vpc: str
    service: str
    service_name: str
    places: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    prefix_list: str = ""
    instead_of: tuple[str, ...] = ()

    @property
    def is_gateway(self) -> bool:
        return bool(self.prefix_list)


class CreateGroup(msgspec.Struct, frozen=True, tag=True):
    """A new security group without rules."""

    id: str
    vpc: str
    name: str
    description: str


class AttachGroup(msgspec.Struct, frozen=True, tag=True):
    """One security group more on an interface endpoint."""

    endpoint: str
    group: str


class SetPrivateDns(msgspec.Struct, frozen=True, tag=True):
    """Private DNS of an interface endpoint switched on."""

    endpoint: str


class SetVpcAttribute(msgspec.Struct, frozen=True, tag=True):
    """``enableDnsSupport`` or ``enableDnsHostnames`` of a VPC switched on."""

    vpc: str
    attribute: str


class AddPolicyStatement(msgspec.Struct, frozen=True, tag=True):
    """A statement more in the policy of an endpoint or of a repository (its ARN); ``statement`` is its JSON text."""

    holder: str
    statement: str


class ReplaceStatement(msgspec.Struct, frozen=True, tag=True):
    """A statement of a policy put another way. ``holder``: endpoint, or ARN of a repository, bucket, role or managed
    policy; ``policy``: the name of a role's inline policy; ``why``: what the new text is for.
    """

    holder: str
    policy: str
    number: int
    label: str
    statement: str
    why: str


class SetEndpointPolicy(msgspec.Struct, frozen=True, tag=True):
    """An endpoint's whole policy; ``document`` is its JSON text."""

    endpoint: str
    document: str


class AddInlinePolicy(msgspec.Struct, frozen=True, tag=True):
    """An inline policy more for a role or user (``principal``: its ARN); ``document`` is its JSON text."""

    principal: str
    name: str
    document: str


class IgnorePublicAcls(msgspec.Struct, frozen=True, tag=True):
    """S3 Block Public Access of a bucket, so that its access control list lets nobody in as one of everyone. ``kept``
    are the settings that are on already, as a bucket has all four of them together (API_PutPublicAccessBlock).
    """

    bucket: str
    account: str
    kept: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, bool]:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        return {one: one in (*self.kept, "IgnorePublicAcls") for one in names}


class AddTrustStatement(msgspec.Struct, frozen=True, tag=True):
    """A statement more in a role's trust policy (``role``: its ARN); ``statement`` is its JSON text."""

    role: str
    statement: str


class CopyImage(msgspec.Struct, frozen=True, tag=True):
    """A base image copied into the account's own registry, into a repository that is made if it is not there."""

    repository: str
    image: str
    to: str
    makes: bool


class UseImage(msgspec.Struct, frozen=True, tag=True):
    """A base image copied into the account's own registry, and the lines of a build's files that name it changed.

    ``repository``: ARN of the copy's repository, which ``makes`` says is to be made; ``places``: (file, line).
    """

    project: str
    image: str
    to: str
    repository: str
    makes: bool
    places: tuple[tuple[str, int], ...]


class AddRoute(msgspec.Struct, frozen=True, tag=True):
    """A static route of a VPC's route table."""

    table: str
    destination: str
    target: str


class AddTransitRoute(msgspec.Struct, frozen=True, tag=True):
    """A static route of a transit gateway route table to the attachment of a VPC."""

    table: str
    destination: str
    attachment: str
    vpc: str


class AssociateZone(msgspec.Struct, frozen=True, tag=True):
    """A private hosted zone that one more VPC is answered by; ``owner``: the zone's account."""

    zone: str
    owner: str
    vpc: str
    region: str
    account: str


class DeleteRoute(msgspec.Struct, frozen=True, tag=True):
    """A route taken away."""

    table: str
    destination: str
    target: str


class DisablePropagation(msgspec.Struct, frozen=True, tag=True):
    """A virtual private gateway that no longer puts its routes into a table; ``destination`` is why."""

    table: str
    gateway: str
    destination: str


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


class SetFleetVpc(msgspec.Struct, frozen=True, tag=True):
    """A CodeBuild fleet (its ARN) moved into subnets."""

    fleet: str
    vpc: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]


Step = (
    AddGroupRule | AddAclEntry | AssociateEndpoint | CreateEndpoint | CreateGroup | SetPrivateDns | SetVpcAttribute
    | AddPolicyStatement | ReplaceStatement | SetEndpointPolicy | AddInlinePolicy | DeleteRoute | RemoveGroupRule
    | SetProjectVpc | CopyImage | UseImage | AddTrustStatement | DisablePropagation | AddRoute | AddTransitRoute
    | AssociateZone | SetFleetVpc | AttachGroup | IgnorePublicAcls
)  # fmt: skip


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Each step once, those first that make what others change or name, and those that clear a route's place."""
    every = list(dict.fromkeys(steps))
    first = (SetVpcAttribute, CreateGroup, CreateEndpoint, CopyImage)
    routed = {place for step in every for place in routes_made(step)}

    def rank(step: Step) -> list[bool]:
        clears = isinstance(step, DeleteRoute) and (step.table, step.destination) in routed
        return [clears, *(isinstance(step, one) for one in first)]

    return tuple(sorted(every, key=rank, reverse=True))


def vpc_config(step: SetProjectVpc | SetFleetVpc) -> dict[str, object]:
    """Where a step has builds run, as CodeBuild's API takes and prints it."""
    return {"vpcId": step.vpc, "subnets": list(step.subnets), "securityGroupIds": list(step.groups)}


def routes_made(step: Step) -> tuple[tuple[str, str], ...]:
    """(route table, destination) of the routes that a step makes, of which a table holds one each (N15)."""
    match step:
        case AddRoute():
            return ((step.table, step.destination),)
        case AssociateEndpoint():
            return ((step.table, step.prefix_list),)
        case CreateEndpoint():
            return tuple((table, step.prefix_list) for table in step.tables)
    return ()


def component_of(step: Step) -> str:
    """The resource that a step changes or makes."""
    match step:
        case AddGroupRule() | RemoveGroupRule():
            return step.group
        case AddAclEntry():
            return step.acl
        case AssociateEndpoint() | SetPrivateDns() | SetEndpointPolicy() | AttachGroup():
            return step.endpoint
        case AddPolicyStatement() | ReplaceStatement():
            return step.holder
        case CreateEndpoint() | CreateGroup():
            return step.id
        case SetVpcAttribute():
            return step.vpc
        case AddInlinePolicy():
            return step.principal
        case AddTrustStatement():
            return step.role
        case DeleteRoute() | DisablePropagation() | AddRoute() | AddTransitRoute():
            return step.table
        case AssociateZone():
            return step.zone
        case SetFleetVpc():
            return step.fleet
        case SetProjectVpc() | UseImage():
            return f"codebuild:{step.project}"
        case CopyImage():
            return step.repository
        case IgnorePublicAcls():
            return step.bucket
    assert_never(step)


def is_icmp(step: AddGroupRule | AddAclEntry) -> bool:
    return protocol_number(step.protocol) in (ICMP, ICMPV6)


def _traffic(step: AddGroupRule | AddAclEntry) -> str:
    """Protocol and ports, or what ICMP has instead."""
    if is_icmp(step):
        kind = "" if step.first < 0 else f" type {step.first}"
        return f"{step.protocol}{kind}" + ("" if step.last < 0 else f" code {step.last}")
    if step.first < 0:
        return step.protocol
    return f"{step.protocol} {step.first}" + ("" if step.first == step.last else f"-{step.last}")


def describe(step: Step) -> str:
    """A step in one line, without the name of its component."""
    match step:
        case AddGroupRule():
            way = "from" if step.direction == "ingress" else "to"
            peer = f"{step.peer} of {step.owner}" if step.owner else step.peer
            return f"add {step.direction} rule: {_traffic(step)} {way} {peer}"
        case AddAclEntry():
            side, way = ("outbound", "to") if step.egress else ("inbound", "from")
            return f"add {side} rule {step.number}: allow {_traffic(step)} {way} {step.block}"
        case AssociateEndpoint():
            return f"associate with route table {step.table}"
        case CreateEndpoint():
            kind = "gateway" if step.is_gateway else "interface"
            where = ", ".join(step.tables if step.is_gateway else [subnet for subnet, _ in step.places])
            instead = f", in place of {', '.join(step.instead_of)}, which never serves" if step.instead_of else ""
            return f"create {kind} endpoint for {step.service} in {where}{instead}"
        case CreateGroup():
            return f"create security group {step.name} in {step.vpc}"
        case AttachGroup():
            return f"attach security group {step.group}"
        case SetPrivateDns():
            return "switch private DNS on"
        case SetVpcAttribute():
            return f"switch {step.attribute} on"
        case AddPolicyStatement():
            return f"add policy statement: {_says(step.statement)}"
        case AddTrustStatement():
            return f"add statement to the trust policy: {_says(step.statement)}"
        case SetEndpointPolicy():
            statements = json.loads(step.document)["Statement"]
            return f"replace the policy: {'; '.join(_says(json.dumps(one)) for one in statements)}"
        case ReplaceStatement():
            where = f" of policy {step.policy}" if step.policy else ""
            return f"change statement {step.label}{where} into {_says(step.statement)}: {step.why}"
        case AddInlinePolicy():
            statements = json.loads(step.document)["Statement"]
            return f"add inline policy {step.name}: {'; '.join(_says(json.dumps(one)) for one in statements)}"
        case IgnorePublicAcls():
            return "switch IgnorePublicAcls of S3 Block Public Access on"
        case CopyImage():
            return f"copy {step.image} to {step.to}"
        case UseImage():
            lines = " and ".join(f"{file}:{line}" for file, line in step.places)
            return f"copy {step.image} to {step.to}, and name the copy in {lines}"
        case DeleteRoute():
            return f"delete route {step.destination}, which leads to {step.target}"
        case DisablePropagation():
            return f"disable route propagation from {step.gateway}, which brings {step.destination}"
        case RemoveGroupRule():
            return f"remove {step.direction} rule {step.rule}"
        case SetProjectVpc() | SetFleetVpc():
            return f"run in {', '.join(step.subnets)} of {step.vpc} with {', '.join(step.groups)}"
        case AddRoute():
            return f"add route {step.destination} to {step.target}"
        case AddTransitRoute():
            return f"add static route {step.destination} to {step.attachment} of {step.vpc}"
        case AssociateZone():
            return f"associate the private hosted zone with {step.vpc}"
    assert_never(step)


def _says(statement: str) -> str:
    found = json.loads(statement)
    text = str(found["Effect"])
    for key, word in (("Action", ""), ("NotAction", "all but "), ("Resource", "on "), ("NotResource", "on all but ")):
        text += f" {word}{_several(found[key])}" if key in found else ""
    who = found.get("Principal", "*")
    text += f" by {_several(next(iter(who.values())))}" if isinstance(who, dict) else ""
    limits = [f"{key} {operator} {_several(value)}" for operator, block in found.get("Condition", {}).items()
              for key, value in block.items()]  # fmt: skip
    return text + (f" if {' and '.join(limits)}" if limits else "")


def _several(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def policy_key(holder: str, name: str = "") -> str:
    """How `Plan.policies` calls a policy.

    >>> policy_key("arn:aws:iam::111111111111:role/build", "own")
    'arn:aws:iam::111111111111:role/build own'
    """
    return f"{holder} {name}".rstrip()


TRUST = "AssumeRolePolicyDocument"
"""How `policy_key` calls a role's trust policy."""


def span_of(step: AddAclEntry) -> dict[str, dict[str, int]]:
    """What an entry says of ports: nothing for a protocol without them, types for ICMP.

    **Source:** EC2 API Reference, CreateNetworkAclEntry: IcmpTypeCode is required for protocols 1 and 58, PortRange for
    6 and 17.
    """
    if is_icmp(step):
        return {"IcmpTypeCode": {"Type": step.first, "Code": step.last}}
    return {"PortRange": {"From": step.first, "To": step.last}} if step.first >= 0 else {}


def as_record(rule: IpPermission) -> dict[str, Any]:
    """Protocol and ports of a rule, as AWS prints them."""
    return {"IpProtocol": rule.ip_protocol, "FromPort": rule.from_port, "ToPort": rule.to_port}


def to_json(step: Step) -> dict[str, Any]:
    """A step as JSON prints it: what it does and to what."""
    plain: dict[str, Any] = msgspec.to_builtins(step)
    return plain

"""A fix as a CloudFormation template's resources, and what to change in those that stand.

**Source:** CloudFormation Template Reference, ``AWS::EC2``, ``AWS::IAM``, ``AWS::ECR`` ("AWS::EC2::SecurityGroup": "if
you do not add egress rules, we add egress rules that allow all outbound").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, assert_never

from reachsim.filters import protocol_number
from reachsim.fix.steps import (
    TRUST,
    AddAclEntry,
    AddGroupRule,
    AddInlinePolicy,
    AddPolicyStatement,
    AddRoute,
    AddTransitRoute,
    AddTrustStatement,
    AssociateEndpoint,
    AssociateZone,
    AttachGroup,
    CopyImage,
    CreateEndpoint,
    CreateGroup,
    DeleteRoute,
    DisablePropagation,
    IgnorePublicAcls,
    RemoveGroupRule,
    ReplaceStatement,
    SetEndpointPolicy,
    SetFleetVpc,
    SetPrivateDns,
    SetProjectVpc,
    SetVpcAttribute,
    Step,
    UseImage,
    component_of,
    describe,
    policy_key,
    span_of,
)

DESCRIPTION = "Proposals of reachsim, proven on the snapshot only; reachsim changes nothing."

NOWHERE: Final = [{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32"}]
"""A rule that lets nothing out: a group without any gets one from AWS that lets everything out."""


def render(steps: Iterable[Step], policies: Mapping[str, str]) -> str:
    """A template in JSON: ``Resources`` to add, and under ``Metadata`` the changes to resources that stand.

    A template has at least one resource; where there is none to add it is one that makes nothing.
    """
    resources: dict[str, Any] = {}
    changes: dict[str, None] = {}
    names: dict[str, str] = {}
    for number, step in enumerate(steps, 1):
        made = _resource(step)
        if isinstance(step, CreateGroup | CreateEndpoint):
            names[step.id] = _name(step.id)
        if made is not None:
            resources[
                _name(component_of(step)) if isinstance(step, CreateGroup | CreateEndpoint) else f"Fix{number}"
            ] = made
        replaces = isinstance(step, CreateEndpoint) and step.instead_of
        if made is None or replaces or isinstance(step, CopyImage | UseImage):
            changes[_change(step, policies)] = None
    template: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Description": DESCRIPTION}
    if changes:
        template["Metadata"] = {"ChangesToExistingResources": list(changes)}
    template["Resources"] = resources or {"NothingToAdd": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    text = json.dumps(template, indent=2, ensure_ascii=False)
    for proposed, name in names.items():
        text = text.replace(f'"{proposed}"', json.dumps({"Ref": name}))
    return text + "\n"


def _name(text: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[\W_]+", text))


def _resource(step: Step) -> dict[str, Any] | None:
    match step:
        case AddGroupRule():
            inward = step.direction == "ingress"
            peer = {
                "sg": "SourceSecurityGroupId" if inward else "DestinationSecurityGroupId",
                "pl": "SourcePrefixListId" if inward else "DestinationPrefixListId",
            }.get(step.peer.partition("-")[0])
            return _of(f"AWS::EC2::SecurityGroup{'Ingress' if inward else 'Egress'}", {
                "GroupId": step.group, "IpProtocol": step.protocol, "FromPort": step.first, "ToPort": step.last,
                peer or ("CidrIpv6" if ":" in step.peer else "CidrIp"): step.peer,
                **({"SourceSecurityGroupOwnerId": step.owner} if step.owner else {}),
            })  # fmt: skip
        case AddAclEntry():
            return _of("AWS::EC2::NetworkAclEntry", {
                "NetworkAclId": step.acl, "RuleNumber": step.number, "Egress": step.egress, "RuleAction": "allow",
                "Protocol": protocol_number(step.protocol),
                **{{"IcmpTypeCode": "Icmp"}.get(key, key): span for key, span in span_of(step).items()},
                "Ipv6CidrBlock" if ":" in step.block else "CidrBlock": step.block,
            })  # fmt: skip
        case CreateEndpoint():
            more: dict[str, Any] = {"VpcEndpointType": "Gateway", "RouteTableIds": list(step.tables)}
            if not step.is_gateway:
                more = {
                    "VpcEndpointType": "Interface", "SubnetIds": [subnet for subnet, _ in step.places],
                    "SecurityGroupIds": list(step.groups), "PrivateDnsEnabled": True,
                }  # fmt: skip
            return _of("AWS::EC2::VPCEndpoint", {"VpcId": step.vpc, "ServiceName": step.service_name, **more})
        case CreateGroup():
            return _of("AWS::EC2::SecurityGroup", {
                "VpcId": step.vpc, "GroupName": step.name, "GroupDescription": step.description,
                "SecurityGroupEgress": NOWHERE,
            })  # fmt: skip
        case AddInlinePolicy():
            who = "User" if ":user/" in step.principal else "Role"
            return _of(f"AWS::IAM::{who}Policy", {
                f"{who}Name": step.principal.rpartition("/")[2], "PolicyName": step.name,
                "PolicyDocument": json.loads(step.document),
            })  # fmt: skip
        case CopyImage(makes=True) | UseImage(makes=True):
            name = step.repository.split(":", 5)[5].removeprefix("repository/")
            return _of("AWS::ECR::Repository", {"RepositoryName": name})
        case AddRoute():
            return _of("AWS::EC2::Route", {
                "RouteTableId": step.table,
                "DestinationIpv6CidrBlock" if ":" in step.destination else "DestinationCidrBlock": step.destination,
                "VpcPeeringConnectionId" if step.target.startswith("pcx-") else "TransitGatewayId": step.target,
            })  # fmt: skip
        case AddTransitRoute():
            return _of("AWS::EC2::TransitGatewayRoute", {
                "TransitGatewayRouteTableId": step.table, "DestinationCidrBlock": step.destination,
                "TransitGatewayAttachmentId": step.attachment,
            })  # fmt: skip
        case (
            AssociateEndpoint() | SetPrivateDns() | SetVpcAttribute() | AddPolicyStatement() | DeleteRoute()
            | DisablePropagation()
            | RemoveGroupRule() | SetProjectVpc() | SetEndpointPolicy() | ReplaceStatement() | CopyImage() | UseImage()
            | AddTrustStatement() | AssociateZone() | SetFleetVpc() | AttachGroup() | IgnorePublicAcls()
        ):  # fmt: skip
            return None
    assert_never(step)


def _of(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _change(step: Step, policies: Mapping[str, str]) -> str:
    if isinstance(step, AddPolicyStatement | SetEndpointPolicy | ReplaceStatement):
        name = step.policy if isinstance(step, ReplaceStatement) else ""
        key = policy_key(component_of(step), name)
        return f"{key}: the policy becomes {policies[key]}"
    if isinstance(step, AddTrustStatement):
        return f"{step.role}: its trust policy becomes {policies[policy_key(step.role, TRUST)]}"
    return f"{component_of(step)}: {describe(step)}"

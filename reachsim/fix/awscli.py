"""A fix as commands for the AWS CLI, to be read and run by somebody who may.

**Source:** AWS CLI Command Reference, ``ec2``, ``codebuild``, ``iam``, ``ecr``, ``s3api``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import assert_never

from reachsim.edits.draft import peer_field, ports_of
from reachsim.filters import protocol_number
from reachsim.fix import holders
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
    as_record,
    component_of,
    policy_key,
    span_of,
    vpc_config,
)
from reachsim.model.network import Network
from reachsim.model.records import NotThere
from reachsim.workloads import find_project

HEADER = (
    "# Proposals of reachsim, proven on the snapshot only. Read them before you run them; reachsim changes nothing."
)


def render(network: Network, steps: Sequence[Step], policies: Mapping[str, str]) -> str:
    """One command per step, in an order that works.

    Args:
        network: The snapshot.
        steps: The fix.
        policies: Holder (and name) → a policy's whole text after the fix.
    """
    lines = [HEADER]
    made: dict[str, str] = {}
    last = None
    for step in steps:
        home = _home(network, step)
        if len(network.homes) > 1 and home not in (None, last):
            lines.append(f"# in {' of '.join(home[::-1])}:")
        last = None if isinstance(step, AssociateZone) else home or last
        line = _command(network, step, policies)
        lines += [line] if line not in lines else []
        if isinstance(step, CreateGroup | CreateEndpoint):
            made[step.id] = _variable(step)
    text = "\n".join(lines) + "\n"
    for step in (one for one in steps if isinstance(one, CreateEndpoint)):
        call = _new_endpoint(step)
        if step.id in text:  # another command names what this one makes
            text = text.replace(call, f"{_variable(step)}=$({call} --query VpcEndpoint.VpcEndpointId --output text)")
    for name, variable in sorted(made.items(), reverse=True):  # in JSON, which stands in single quotes, and bare
        text = text.replace(f'"{name}"', f'"\'"${variable}"\'"').replace(name, f'"${variable}"')
    return text


def _home(network: Network, step: Step) -> tuple[str, ...] | None:
    """The account, and Region if it has one, that a command is for; None for what has no place yet."""
    component = component_of(step)
    if isinstance(step, SetProjectVpc | UseImage):
        found = find_project(network, step.project)
        return found[0] if found else None
    if isinstance(step, AssociateZone):
        return (step.owner,)
    if component.startswith("arn:"):
        region, account = component.split(":", 5)[3:5]
        return (account, region) if region and account else (account,) if account else None
    held = step.vpc if isinstance(step, CreateEndpoint | CreateGroup) else component
    return network.home_of(held) if network.places.get(held) is not None else None


def _command(network: Network, step: Step, policies: Mapping[str, str]) -> str:
    match step:
        case AddGroupRule():
            call = f"authorize-security-group-{step.direction}"
            return f"aws ec2 {call} --group-id {step.group} --ip-permissions {_json([_permission(step)])}"
        case AddAclEntry():
            side = "--egress" if step.egress else "--ingress"
            block = "--ipv6-cidr-block" if ":" in step.block else "--cidr-block"
            return (
                f"aws ec2 create-network-acl-entry --network-acl-id {step.acl} {side} --rule-number {step.number} "
                f"--protocol {_protocol(step)} {_span(step)}{block} {step.block} --rule-action allow"
            )
        case AssociateEndpoint():
            return f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {step.endpoint} --add-route-table-ids {step.table}"
        case AttachGroup():
            return (
                f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {step.endpoint} --add-security-group-ids {step.group}"
            )
        case CreateEndpoint():
            return _create_endpoint(step)
        case CreateGroup():
            return _create_group(step)
        case SetPrivateDns():
            return f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {step.endpoint} --private-dns-enabled"
        case SetVpcAttribute():
            options = {"enableDnsSupport": "--enable-dns-support", "enableDnsHostnames": "--enable-dns-hostnames"}
            return f"aws ec2 modify-vpc-attribute --vpc-id {step.vpc} {options[step.attribute]} '{{\"Value\": true}}'"
        case AddPolicyStatement() | SetEndpointPolicy() | ReplaceStatement():
            name = step.policy if isinstance(step, ReplaceStatement) else ""
            holder = component_of(step)
            return _put_policy(holder, name, shlex.quote(policies[policy_key(holder, name)]))
        case AddTrustStatement():
            name, document = step.role.rpartition("/")[2], policies[policy_key(step.role, TRUST)]
            call = f"aws iam update-assume-role-policy --role-name {shlex.quote(name)}"
            return f"{call} --policy-document {shlex.quote(document)}"
        case IgnorePublicAcls():
            told = ",".join(f"{key}={str(on).lower()}" for key, on in step.settings.items())
            call = f"aws s3api put-public-access-block --bucket {shlex.quote(step.bucket)}"
            return f"{call} --public-access-block-configuration {told}"
        case AddInlinePolicy():
            return _put_policy(step.principal, step.name, shlex.quote(step.document))
        case CopyImage():
            return _copy_image(step)
        case UseImage():
            edits = [f"sed -i {shlex.quote(f'{line}s|{step.image}|{step.to}|')} {shlex.quote(file)}"
                     for file, line in step.places]  # fmt: skip
            return "\n".join((_copy_image(step), f"# in the source of {step.project}:", *edits))
        case DeleteRoute():
            return f"aws ec2 delete-route --route-table-id {step.table} {_destination(step.destination)}"
        case AddRoute():
            option = {"pcx": "--vpc-peering-connection-id", "tgw": "--transit-gateway-id"}[
                step.target.partition("-")[0]
            ]
            made = f"aws ec2 create-route --route-table-id {step.table} {_destination(step.destination)}"
            return f"{made} {option} {step.target}"
        case AddTransitRoute():
            return (
                f"aws ec2 create-transit-gateway-route --transit-gateway-route-table-id {step.table} "
                f"--destination-cidr-block {step.destination} --transit-gateway-attachment-id {step.attachment}"
            )
        case AssociateZone():
            return _associate_zone(step)
        case DisablePropagation():
            call = "aws ec2 disable-vgw-route-propagation"
            return f"{call} --route-table-id {step.table} --gateway-id {step.gateway}"
        case RemoveGroupRule():
            call = f"aws ec2 revoke-security-group-{step.direction} --group-id {step.group}"
            if step.rule.startswith("sgr-"):
                return f"{call} --security-group-rule-ids {step.rule}"
            return f"{call} --ip-permissions {_json(_permissions_of(network, step))}"
        case SetProjectVpc():
            named = f"aws codebuild update-project --name {shlex.quote(step.project)}"
            return f"{named} --vpc-config {_json(vpc_config(step))}"
        case SetFleetVpc():
            return f"aws codebuild update-fleet --arn {step.fleet} --vpc-config {_json(vpc_config(step))}"
    assert_never(step)


def _destination(block: str) -> str:
    """The option that names a route's destination."""
    if block.startswith("pl-"):
        return f"--destination-prefix-list-id {block}"
    return f"{'--destination-ipv6-cidr-block' if ':' in block else '--destination-cidr-block'} {block}"


def _associate_zone(step: AssociateZone) -> str:
    """Another account's zone takes its leave first ("Associating an Amazon VPC and a private hosted zone that you
    created with different AWS accounts").
    """
    zone = f"--hosted-zone-id {step.zone} --vpc VPCRegion={step.region},VPCId={step.vpc}"
    associate = f"aws route53 associate-vpc-with-hosted-zone {zone}"
    if step.owner == step.account:
        return associate
    return f"aws route53 create-vpc-association-authorization {zone}\n# in {step.account}:\n{associate}"


def _put_policy(holder: str, name: str, document: str) -> str:
    """The call that puts a policy's whole text in place."""
    last = shlex.quote(holder.rpartition("/")[2])
    match holders.kind_of(holder):
        case "endpoint":
            return f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {holder} --policy-document {document}"
        case "repository":
            region, account, resource = holder.split(":", 5)[3:]
            where = f"--region {region} --registry-id {account}"
            repository = resource.removeprefix("repository/")
            return f"aws ecr set-repository-policy {where} --repository-name {repository} --policy-text {document}"
        case "registry":
            return f"aws ecr put-registry-policy --region {holder.split(':')[3]} --policy-text {document}"
        case "bucket":
            return f"aws s3api put-bucket-policy --bucket {holder.rpartition(':')[2]} --policy {document}"
        case "key":
            where = f"--region {holder.split(':')[3]} --key-id {holder}"
            return f"aws kms put-key-policy {where} --policy-name default --policy {document}"
        case "managed":
            return f"aws iam create-policy-version --policy-arn {holder} --policy-document {document} --set-as-default"
    who = "user" if ":user/" in holder else "role"
    call = f"aws iam put-{who}-policy --{who}-name {last} --policy-name {shlex.quote(name)}"
    return f"{call} --policy-document {document}"


def _copy_image(step: CopyImage | UseImage) -> str:
    """Made where both registries can be reached; any tool that copies images will do."""
    region, account, resource = step.repository.split(":", 5)[3:]
    repository = resource.removeprefix("repository/")
    made = f"aws ecr create-repository --region {region} --registry-id {account} --repository-name {repository}\n"
    copied = f"docker pull {step.image} && docker tag {step.image} {step.to} && docker push {step.to}"
    return (made if step.makes else "") + copied


def _json(value: object) -> str:
    return shlex.quote(json.dumps(value, ensure_ascii=False))


def _protocol(step: AddAclEntry) -> str:
    """By name where the CLI knows one."""
    return step.protocol if step.protocol in ("tcp", "udp", "icmp") else str(protocol_number(step.protocol))


def _span(step: AddAclEntry) -> str:
    options = {"IcmpTypeCode": "--icmp-type-code", "PortRange": "--port-range"}
    return "".join(
        f"{options[key]} {','.join(f'{name}={value}' for name, value in span.items())} "
        for key, span in span_of(step).items()
    )


def _permission(step: AddGroupRule) -> dict[str, object]:
    found: dict[str, object] = {"IpProtocol": step.protocol, "FromPort": step.first, "ToPort": step.last}
    key, field = peer_field(step.peer)
    return found | {key: [{field: step.peer} | ({"UserId": step.owner} if step.owner else {})]}


def _permissions_of(network: Network, step: RemoveGroupRule) -> list[dict[str, object]]:
    what, _, peer = step.rule.rpartition(" ")
    group = network.security_groups[step.group]
    held = group.ip_permissions if step.direction == "ingress" else group.ip_permissions_egress
    assert not isinstance(held, NotThere)
    key, field = peer_field(peer)
    rules = [rule for rule in map(as_record, held) if ports_of(rule) == what]
    return [
        {name: value for name, value in rule.items() if value is not None} | {key: [{field: peer}]}
        for rule in rules
    ][:1]  # fmt: skip


def _create_endpoint(step: CreateEndpoint) -> str:
    gone = f"aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {' '.join(step.instead_of)}\n" if step.instead_of else ""
    return gone + _new_endpoint(step)


def _new_endpoint(step: CreateEndpoint) -> str:
    call = f"aws ec2 create-vpc-endpoint --vpc-id {step.vpc} --service-name {step.service_name}"
    if step.is_gateway:
        return f"{call} --vpc-endpoint-type Gateway --route-table-ids {' '.join(step.tables)}"
    subnets = " ".join(subnet for subnet, _ in step.places)
    groups = " ".join(step.groups)
    call += f" --vpc-endpoint-type Interface --subnet-ids {subnets}"
    return f"{call} --security-group-ids {groups} --private-dns-enabled"


def _create_group(step: CreateGroup) -> str:
    """A group, without the rules that let everything out, which AWS gives each new one, for IPv6 as well."""
    call = f"aws ec2 create-security-group --vpc-id {step.vpc} --group-name {shlex.quote(step.name)}"
    mine = f'describe-security-group-rules --filters "Name=group-id,Values=${_variable(step)}"'
    query = shlex.quote("SecurityGroupRules[?IsEgress].SecurityGroupRuleId")
    return (
        f"{_variable(step)}=$({call} --description {shlex.quote(step.description)} --query GroupId --output text)\n"
        f'aws ec2 revoke-security-group-egress --group-id "${_variable(step)}" --security-group-rule-ids '
        f"$(aws ec2 {mine} --query {query} --output text)"
    )


def _variable(step: CreateGroup | CreateEndpoint) -> str:
    return re.sub(r"\W", "_", step.id).upper()

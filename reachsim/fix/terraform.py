"""A fix as Terraform: resources to add, and what to change in those that stand.

**Source:** Terraform Registry, provider hashicorp/aws, resources named below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import assert_never

from reachsim.fix import holders
from reachsim.fix.awscli import HEADER
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
    is_icmp,
    policy_key,
)

ALONE = "# Where a resource holds rules, routes or VPCs in-line, write them there: the two ways exclude each other."
"""**Source:** the notes of aws_security_group, aws_network_acl, aws_route_table and aws_route53_zone."""
Value = str | int | bool | list[str]


def render(steps: Iterable[Step], policies: Mapping[str, str]) -> str:
    """Blocks for each step. ``policies``: holder (and name) → a policy's whole text after the fix."""
    blocks: dict[str, None] = {f"{HEADER}\n{ALONE}": None}
    made: dict[str, str] = {}
    for number, step in enumerate(steps, 1):
        if isinstance(step, CreateGroup):
            made[step.id] = f"aws_security_group.{_name(step.id)}.id"
        elif isinstance(step, CreateEndpoint):
            made[step.id] = f'"${{aws_vpc_endpoint.{_endpoint_name(step)}.id}}"'  # which stands in policies' text, too
        blocks[_block(step, number, policies)] = None
    text = "\n\n".join(blocks) + "\n"
    for name, reference in made.items():
        text = text.replace(f'"{name}"', reference)
    return text


def _name(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")


def _endpoint_name(step: CreateEndpoint) -> str:
    return _name(step.id.removeprefix("vpce-proposed-"))


def _span(step: AddAclEntry) -> dict[str, int]:
    if is_icmp(step):
        return {"icmp_type": step.first, "icmp_code": step.last}
    return {"from_port": step.first, "to_port": step.last} if step.first >= 0 else {}


def _block(step: Step, number: int, policies: Mapping[str, str]) -> str:
    match step:
        case AddGroupRule():
            kind = f"aws_vpc_security_group_{step.direction}_rule"
            peer = {"sg": "referenced_security_group_id", "pl": "prefix_list_id"}.get(step.peer.partition("-")[0])
            field = peer or ("cidr_ipv6" if ":" in step.peer else "cidr_ipv4")
            return _resource(kind, f"fix_{number}", {
                "security_group_id": step.group, "ip_protocol": step.protocol, "from_port": step.first,
                "to_port": step.last, field: f"{step.owner}/{step.peer}" if step.owner else step.peer,
            })  # fmt: skip
        case AddAclEntry():
            return _resource("aws_network_acl_rule", f"fix_{number}", {
                "network_acl_id": step.acl, "rule_number": step.number, "egress": step.egress,
                "protocol": step.protocol, "rule_action": "allow",
                "ipv6_cidr_block" if ":" in step.block else "cidr_block": step.block,
                **_span(step),
            })  # fmt: skip
        case AssociateEndpoint():
            return _resource("aws_vpc_endpoint_route_table_association", f"fix_{number}",
                             {"vpc_endpoint_id": step.endpoint, "route_table_id": step.table})  # fmt: skip
        case AttachGroup():
            return _resource("aws_vpc_endpoint_security_group_association", f"fix_{number}",
                             {"vpc_endpoint_id": step.endpoint, "security_group_id": step.group})  # fmt: skip
        case CreateEndpoint():
            return _endpoint(step)
        case CreateGroup():
            return _resource("aws_security_group", _name(step.id),
                             {"vpc_id": step.vpc, "name": step.name, "description": step.description})  # fmt: skip
        case SetPrivateDns():
            return _change("aws_vpc_endpoint", step, "private_dns_enabled = true")
        case SetVpcAttribute():
            option = {"enableDnsSupport": "enable_dns_support", "enableDnsHostnames": "enable_dns_hostnames"}
            return _change("aws_vpc", step, f"{option[step.attribute]} = true")
        case AddPolicyStatement() | SetEndpointPolicy() | ReplaceStatement():
            return _policy(step, policies)
        case AddTrustStatement():
            told = _heredoc(policies[policy_key(step.role, TRUST)])
            return _change("aws_iam_role", step, f"assume_role_policy = {told}")
        case IgnorePublicAcls():
            names = {re.sub("(?<!^)([A-Z])", r"_\1", key).lower(): on for key, on in step.settings.items()}
            return _resource("aws_s3_bucket_public_access_block", _name(step.bucket), {"bucket": step.bucket, **names})
        case AddInlinePolicy():
            who = "user" if ":user/" in step.principal else "role"
            body = f'  {who}   = "{step.principal.rpartition("/")[2]}"\n  name   = "{step.name}"\n'
            body += f"  policy = {_heredoc(step.document)}"
            return f'resource "aws_iam_{who}_policy" "{_name(step.name)}" {{\n{body}\n}}'
        case CopyImage() | UseImage():
            told = f"# {component_of(step)}: {describe(step)}"
            made = _resource("aws_ecr_repository", _name(_repository(step.repository)),
                             {"name": _repository(step.repository)})  # fmt: skip
            return f"{told}\n{made}" if step.makes else told
        case DisablePropagation():
            told = "take away the aws_vpn_gateway_route_propagation, or propagating_vgws of the table"
            return f"# {component_of(step)}: {describe(step)} ({told})"
        case DeleteRoute() | RemoveGroupRule():
            return f"# {component_of(step)}: {describe(step)} (take the rule or route out of its resource)"
        case SetProjectVpc() | SetFleetVpc():
            groups, subnets = json.dumps(list(step.groups)), json.dumps(list(step.subnets))
            kind = "aws_codebuild_project" if isinstance(step, SetProjectVpc) else "aws_codebuild_fleet"
            return _change(kind, step, (
                f'vpc_config {{\n    vpc_id             = "{step.vpc}"\n    subnets            = {subnets}\n'
                f"    security_group_ids = {groups}\n  }}"
            ))  # fmt: skip
        case AddRoute():
            return _resource("aws_route", f"fix_{number}", {
                "route_table_id": step.table,
                "destination_ipv6_cidr_block" if ":" in step.destination else "destination_cidr_block":
                    step.destination,
                "vpc_peering_connection_id" if step.target.startswith("pcx-") else "transit_gateway_id": step.target,
            })  # fmt: skip
        case AddTransitRoute():
            return _resource("aws_ec2_transit_gateway_route", f"fix_{number}", {
                "transit_gateway_route_table_id": step.table, "destination_cidr_block": step.destination,
                "transit_gateway_attachment_id": step.attachment,
            })  # fmt: skip
        case AssociateZone():
            return _zone(step, number)
    assert_never(step)


def _zone(step: AssociateZone, number: int) -> str:
    values: dict[str, Value] = {"zone_id": step.zone, "vpc_id": step.vpc, "vpc_region": step.region}
    associated = _resource("aws_route53_zone_association", f"fix_{number}", values)
    if step.owner == step.account:
        return associated
    leave = _resource("aws_route53_vpc_association_authorization", f"fix_{number}", values)
    return f"# in account {step.owner}:\n{leave}\n# in account {step.account}:\n{associated}"


def _policy(step: AddPolicyStatement | SetEndpointPolicy | ReplaceStatement, policies: Mapping[str, str]) -> str:
    """A policy's resource of its own, or what to change where the policy is part of another resource."""
    holder, name = component_of(step), step.policy if isinstance(step, ReplaceStatement) else ""
    document = policies[policy_key(holder, name)]
    match holders.kind_of(holder):
        case "endpoint":
            return _policy_resource("aws_vpc_endpoint_policy", "vpc_endpoint_id", holder, document)
        case "repository":
            return _policy_resource("aws_ecr_repository_policy", "repository", _repository(holder), document)
        case "registry":
            return f'resource "aws_ecr_registry_policy" "{_name(holder)}" {{\n  policy = {_heredoc(document)}\n}}'
        case "bucket":
            return _policy_resource("aws_s3_bucket_policy", "bucket", holder.rpartition(":")[2], document)
        case "key":
            return _policy_resource("aws_kms_key_policy", "key_id", holder, document)
    told = f"{name} policy = {_heredoc(document)}".strip()
    return _change("aws_iam_policy" if not name else "aws_iam_role_policy", step, told)


def _policy_resource(kind: str, key: str, holder: str, document: str) -> str:
    longest = max(len(key), len("policy"))
    body = f'  {key.ljust(longest)} = "{holder}"\n  {"policy".ljust(longest)} = {_heredoc(document)}'
    return f'resource "{kind}" "{_name(holder)}" {{\n{body}\n}}'


def _repository(arn: str) -> str:
    return arn.split(":", 5)[5].removeprefix("repository/")


def _endpoint(step: CreateEndpoint) -> str:
    values: dict[str, Value] = {"vpc_id": step.vpc, "service_name": step.service_name}
    if step.is_gateway:
        values |= {"vpc_endpoint_type": "Gateway", "route_table_ids": list(step.tables)}
    else:
        values |= {
            "vpc_endpoint_type": "Interface", "subnet_ids": [subnet for subnet, _ in step.places],
            "security_group_ids": list(step.groups), "private_dns_enabled": True,
        }  # fmt: skip
    gone = f"# take away the aws_vpc_endpoint that is {', '.join(step.instead_of)}\n" if step.instead_of else ""
    return gone + _resource("aws_vpc_endpoint", _endpoint_name(step), values)


def _resource(kind: str, name: str, values: Mapping[str, Value]) -> str:
    longest = max(map(len, values))
    lines = [f"  {key.ljust(longest)} = {json.dumps(value)}" for key, value in values.items()]
    return f'resource "{kind}" "{name}" {{\n' + "\n".join(lines) + "\n}"


def _change(kind: str, step: Step, what: str) -> str:
    return f"# In the {kind} that is {component_of(step)}:\n#   " + what.replace("\n", "\n# ")


def _heredoc(document: str) -> str:
    """A policy's text as it stands: its variables (``${aws:username}``) are none of Terraform's.

    **Source:** Terraform Language, "Strings and Templates", "Escape Sequences".
    """
    told = json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    return "<<-JSON\n" + re.sub(r"([$%])\{", r"\1\1{", told) + "\n  JSON"

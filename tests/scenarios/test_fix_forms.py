"""Every kind of step as AWS CLI commands, Terraform and CloudFormation: calls, arguments and properties that exist.

Commands are held against botocore's models, templates against cfn-lint's schemas, Terraform's arguments against those
that the provider's documentation lists: hashicorp/terraform-provider-aws, website/docs/r, "Argument Reference".
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from reachsim import load_files
from reachsim.fix import awscli, cloudformation, terraform
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
    in_order,
    policy_key,
)
from tests.scenarios.pipelines import ACCOUNT, REGION, Pipeline, for_all, policy, statement
from tests.scenarios.test_fix_templates import as_aws_writes

OTHER = "222222222222"
ROLE, USER = f"arn:aws:iam::{ACCOUNT}:role/build", f"arn:aws:iam::{ACCOUNT}:user/ann"
MANAGED, KEY = f"arn:aws:iam::{ACCOUNT}:policy/own", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
REPOSITORY, BUCKET = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app", "arn:aws:s3:::out"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hub/go:1"
TEXT = json.dumps(policy(for_all("s3:GetObject")))
ONE, OWN = json.dumps(for_all("s3:GetObject")), json.dumps(policy(statement("s3:*")))
STEPS: tuple[Step, ...] = (
    SetVpcAttribute("vpc-1", "enableDnsSupport"), SetVpcAttribute("vpc-1", "enableDnsHostnames"),
    CreateGroup("sg-proposed-build", "vpc-1", "codebuild-p1", "Builds of p1"),
    CreateEndpoint("vpce-proposed-logs", "vpc-1", "logs", f"com.amazonaws.{REGION}.logs",
                   (("subnet-ep-a", "10.10.11.9"),), ("sg-proposed-build",), instead_of=("vpce-old",)),
    CreateEndpoint("vpce-proposed-s3", "vpc-1", "s3", f"com.amazonaws.{REGION}.s3", tables=("rtb-build",),
                   prefix_list="pl-1"),
    AddGroupRule("sg-ep", "ingress", "tcp", 443, 443, "sg-build"),
    AddGroupRule("sg-ep", "ingress", "tcp", 443, 443, "sg-build", OTHER),
    AddGroupRule("sg-ep", "ingress", "tcp", 443, 443, "10.10.1.0/24"),
    AddGroupRule("sg-ep", "ingress", "tcp", 443, 443, "2001:db8::/64"),
    AddGroupRule("sg-proposed-build", "egress", "tcp", 443, 443, "pl-1"),
    AddGroupRule("sg-build", "egress", "tcp", 9876, 9876, "sg-ep"),
    AddGroupRule("sg-build", "egress", "udp", 53, 53, "10.10.0.2/32"),
    AddAclEntry("acl-x", 110, True, "tcp", 32768, 60999, "10.10.1.0/24"),
    AddAclEntry("acl-x", 120, False, "udp", 53, 53, "2001:db8::/64"),
    AssociateEndpoint("vpce-s3", "rtb-build", "pl-1"), SetPrivateDns("vpce-logs"),
    AttachGroup("vpce-logs", "sg-proposed-build"),
    AddPolicyStatement("vpce-s3", ONE), AddPolicyStatement(REPOSITORY, ONE), AddPolicyStatement(KEY, ONE),
    ReplaceStatement(BUCKET, "", 0, "Own", ONE, "why"), ReplaceStatement(ROLE, "own", 0, "Own", ONE, "why"),
    ReplaceStatement(MANAGED, "", 0, "Own", ONE, "why"), SetEndpointPolicy("vpce-logs", TEXT),
    AddInlinePolicy(ROLE, "reachsim-own", OWN), AddInlinePolicy(USER, "reachsim-own", OWN),
    AddTrustStatement(ROLE, ONE), IgnorePublicAcls("out", ACCOUNT, ("BlockPublicAcls",)),
    CopyImage(REPOSITORY, "golang:1", IMAGE, False),
    UseImage("p1", "golang:1", IMAGE, f"{REPOSITORY[:-3]}hub/go", True, (("Dockerfile", 1), ("a b/Dockerfile", 2))),
    DeleteRoute("rtb-build", "0.0.0.0/0", "nat-1"), DeleteRoute("rtb-build", "::/0", "eigw-1"),
    DeleteRoute("rtb-build", "pl-9", "vpce-gone"), DisablePropagation("rtb-build", "vgw-1", "0.0.0.0/0"),
    RemoveGroupRule("sg-ep", "ingress", "tcp 443 10.10.0.0/16"), RemoveGroupRule("sg-ep", "ingress", "sgr-1"),
    RemoveGroupRule("sg-build", "egress", "all traffic 0.0.0.0/0"),
    SetProjectVpc("p1", "vpc-1", ("subnet-build-a",), ("sg-build",)),
    SetFleetVpc(f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/f:1", "vpc-1", ("subnet-build-a",), ("sg-build",)),
    AddRoute("rtb-build", "10.99.0.0/16", "tgw-1"), AddRoute("rtb-build", "2001:db8:9::/56", "pcx-1"),
    AddTransitRoute("tgw-rtb-1", "10.10.0.0/16", "tgw-attach-1", "vpc-1"),
    AssociateZone("Z111", ACCOUNT, "vpc-1", REGION, ACCOUNT), AssociateZone("Z222", OTHER, "vpc-1", REGION, ACCOUNT),
)  # fmt: skip
POLICIES = {
    **{policy_key(one): TEXT for one in ("vpce-s3", "vpce-logs", REPOSITORY, KEY, BUCKET, MANAGED)},
    policy_key(ROLE, "own"): OWN, policy_key(ROLE, TRUST): TEXT,
}  # fmt: skip


@pytest.fixture(scope="module")
def commands() -> str:
    return awscli.render(load_files(Pipeline().files()).network, in_order(STEPS), POLICIES)


def test_every_kind_of_step_is_among_them() -> None:
    assert {type(one) for one in STEPS} == {*get_args(Step)}
    assert all(component_of(one) for one in STEPS)


# AWS CLI


def calls(text: str) -> list[list[str]]:
    """The words of each call of the AWS CLI, those within another's arguments first."""
    found = []
    for line in text.splitlines():
        while inner := re.search(r"\$\((aws [^()]*(?:\([^()]*\)[^()]*)*)\)", line):
            found.append(shlex.split(inner[1]))
            line = line.replace(inner[0], "sgr-0a")
        if line.startswith("aws "):
            found.append(shlex.split(line))
    return found


@cache
def _model(service: str) -> Any:
    """A service as botocore has it: a file of megabytes, read once."""
    from botocore.session import get_session

    return get_session().get_service_model(service)


def params_of(call: Sequence[str]) -> tuple[str, str, dict[str, Any]]:
    """(service, operation, parameters) of a call, its options read as the AWS CLI reads them."""
    from botocore import xform_name

    service, name = {"s3api": "s3"}.get(call[1], call[1]), call[2]
    model = _model(service)
    operation = next(one for one in model.operation_names if xform_name(one, "-") == name)
    members = model.operation_model(operation).input_shape.members
    options = {xform_name(one, "-"): one for one in members}
    values: dict[str, list[str]] = {}
    for word in call[3:]:
        if word.startswith("--"):
            option = word.removeprefix("--")
            values[option] = []
        else:
            values[option].append(word)
    found: dict[str, Any] = {}
    for option, words in values.items():
        if option in ("region", "query", "output"):
            assert len(words) == 1
        elif option == "ingress":  # the AWS CLI's own word for --no-egress
            found["Egress"] = False
        else:
            found[options[option]] = _read(members[options[option]], words)
    return service, operation, found


def _read(shape: Any, words: Sequence[str]) -> Any:
    if shape.type_name == "boolean":
        assert words in ([], ["true"], ["false"])  # alone, or in a structure's shorthand
        return words != ["false"]
    if shape.type_name == "list":
        return json.loads(words[0]) if words[0].startswith("[") else [_read(shape.member, [one]) for one in words]
    (word,) = words
    if shape.type_name == "structure":
        parts = dict(one.split("=") for one in word.split(",")) if not word.startswith("{") else None
        return json.loads(word) if parts is None else {
            key: _read(shape.members[key], [value]) if shape.members[key].type_name != "list" else [value]
            for key, value in parts.items()
        }  # fmt: skip
    return int(word) if shape.type_name == "integer" else word


def test_commands_are_calls_with_the_arguments_that_they_take(commands: str) -> None:
    from botocore.validate import ParamValidator

    made = calls(commands)
    assert len(made) > len(STEPS)
    for call in made:
        service, operation, params = params_of(call)
        shape = _model(service).operation_model(operation).input_shape
        report = ParamValidator().validate(params, shape)
        assert not report.has_errors(), (call, report.generate_report())


def test_nothing_else_is_among_the_commands(commands: str) -> None:
    known = re.compile(r"#|aws |[A-Z_]+=\$\(aws |docker pull \S+ && docker tag \S+ \S+ && docker push \S+$|sed -i ")
    assert all(known.match(line) for line in commands.splitlines())
    assert "sg-proposed" not in commands


# Terraform

_RULE = "cidr_ipv4 cidr_ipv6 description from_port ip_protocol! prefix_list_id referenced_security_group_id " \
        "security_group_id! tags to_port"  # fmt: skip
ARGUMENTS = {
    "aws_vpc_security_group_ingress_rule": _RULE,
    "aws_vpc_security_group_egress_rule": _RULE,
    "aws_network_acl_rule": "network_acl_id! rule_number! egress protocol! rule_action! cidr_block ipv6_cidr_block "
                            "from_port to_port icmp_type icmp_code",
    "aws_vpc_endpoint_route_table_association": "route_table_id! vpc_endpoint_id!",
    "aws_vpc_endpoint": "service_name! vpc_id! auto_accept policy private_dns_enabled dns_options ip_address_type "
                        "route_table_ids subnet_configuration subnet_ids security_group_ids tags vpc_endpoint_type",
    "aws_vpc_endpoint_security_group_association": "region replace_default_association security_group_id! "
                                                   "vpc_endpoint_id!",
    "aws_vpc_endpoint_policy": "vpc_endpoint_id! policy",
    "aws_security_group": "description egress ingress name_prefix name revoke_rules_on_delete tags vpc_id",
    "aws_route": "region route_table_id! destination_cidr_block destination_ipv6_cidr_block "
                 "destination_prefix_list_id carrier_gateway_id core_network_arn egress_only_gateway_id gateway_id "
                 "local_gateway_id nat_gateway_id network_interface_id odb_network_arn transit_gateway_id "
                 "vpc_endpoint_id vpc_peering_connection_id",
    "aws_ec2_transit_gateway_route": "destination_cidr_block! transit_gateway_attachment_id blackhole "
                                     "transit_gateway_route_table_id!",
    "aws_route53_zone_association": "zone_id! vpc_id! vpc_region",
    "aws_route53_vpc_association_authorization": "zone_id! vpc_id! vpc_region",
    "aws_iam_role_policy": "name name_prefix policy! role!",
    "aws_iam_user_policy": "policy! name name_prefix user!",
    "aws_iam_policy": "description name name_prefix path policy! tags",
    "aws_iam_role": "assume_role_policy! description force_detach_policies inline_policy managed_policy_arns "
                    "max_session_duration name name_prefix path permissions_boundary tags",
    "aws_ecr_repository": "name! encryption_configuration image_tag_mutability image_scanning_configuration tags",
    "aws_ecr_repository_policy": "region repository! policy!",
    "aws_s3_bucket_policy": "bucket! policy!",
    "aws_s3_bucket_public_access_block": "region bucket! block_public_acls ignore_public_acls block_public_policy "
                                         "restrict_public_buckets",
    "aws_kms_key_policy": "region key_id! policy! bypass_policy_lockout_safety_check",
    "aws_vpc": "cidr_block! instance_tenancy enable_dns_support enable_dns_hostnames enable_classiclink "
               "enable_classiclink_dns_support assign_generated_ipv6_cidr_block tags",
    "aws_codebuild_project": "vpc_config",
    "aws_codebuild_fleet": "name! base_capacity! compute_type! environment_type! region compute_configuration "
                           "fleet_service_role image_id overflow_behavior proxy_configuration scaling_configuration "
                           "tags vpc_config",
    "aws_vpn_gateway_route_propagation": "vpn_gateway_id! route_table_id!",
}  # fmt: skip
"""Resource → its arguments (of aws_codebuild_project the one that is used), those that it requires marked by "!"."""
IN_VPC_CONFIG = {"vpc_id", "subnets", "security_group_ids"}
"""What vpc_config of aws_codebuild_project and of aws_codebuild_fleet requires."""


@pytest.fixture(scope="module")
def blocks() -> str:
    return terraform.render(in_order(STEPS), POLICIES)


def test_terraform_resources_have_the_arguments_that_they_take(blocks: str) -> None:
    made = re.findall(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}$', blocks, re.MULTILINE | re.DOTALL)
    assert len(made) == blocks.count("\nresource ")
    assert len({(kind, name) for kind, name, _ in made}) == len(made)  # no name twice
    for kind, _, body in made:
        known = ARGUMENTS[kind].split()
        given = re.findall(r"^  (\w+) +=", body, re.MULTILINE)
        assert {*given} <= {one.rstrip("!") for one in known}, (kind, given)
        assert {one.rstrip("!") for one in known if one.endswith("!")} <= {*given}, (kind, given)


def test_terraform_changes_name_arguments_that_the_resource_takes(blocks: str) -> None:
    told = re.findall(r"^# In the (\w+) that is \S+\n#   (?:own )?(\w+)", blocks, re.MULTILINE)
    assert len(told) == blocks.count("# In the ")
    for kind, argument in told:
        assert argument in {one.rstrip("!") for one in ARGUMENTS[kind].split()}, (kind, argument)
    configs = re.findall(r"^#   vpc_config \{\n(.*?)^#   \}", blocks, re.MULTILINE | re.DOTALL)
    assert [{*re.findall(r"^#     (\w+) +=", one, re.MULTILINE)} for one in configs] == [IN_VPC_CONFIG] * 2
    assert {*re.findall(r"\baws_\w+", blocks)} <= ARGUMENTS.keys()


def test_policies_in_terraform_are_json(blocks: str) -> None:
    uncommented = re.sub(r"^#   |^# ", "", blocks, flags=re.MULTILINE)
    held = re.findall(r"<<-JSON\n(.*?)\n *JSON\n", uncommented, re.DOTALL)
    assert len(held) >= 9
    assert all(json.loads(one)["Statement"] for one in held)


def test_variables_of_policies_are_none_of_terraforms() -> None:
    """In Terraform "${" begins an expression and "%{" a directive; doubled they are text ("Strings and Templates")."""
    own = json.dumps(
        policy(for_all("s3:GetObject", ["arn:aws:s3:::out/${aws:PrincipalTag/team}/*", "arn:aws:s3:::%{x}"]))
    )
    steps = (SetEndpointPolicy("vpce-logs", own), ReplaceStatement(MANAGED, "", 0, "Own", ONE, "why"),
             AddTrustStatement(ROLE, ONE))  # fmt: skip
    blocks = terraform.render(steps, {policy_key(one): own for one in ("vpce-logs", MANAGED)}
                              | {policy_key(ROLE, TRUST): own})  # fmt: skip
    assert blocks.count("out/$${aws:PrincipalTag/team}/*") == blocks.count("%%{x}") == 3
    assert not re.search(r"(?<![$%])[$%]\{", blocks)
    assert blocks.count("<<-JSON") == 3


# CloudFormation


def test_templates_hold_properties_that_exist(tmp_path: Path) -> None:
    template = as_aws_writes(cloudformation.render(in_order(STEPS), POLICIES))
    (tmp_path / "all.json").write_text(template, encoding="utf-8")
    kinds = {one["Type"] for one in json.loads(template)["Resources"].values()}
    assert kinds == {
        "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::NetworkAclEntry", "AWS::EC2::VPCEndpoint", "AWS::EC2::Route", "AWS::EC2::TransitGatewayRoute",
        "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::ECR::Repository",
    }  # fmt: skip
    code = "from cfnlint.runner import main; main()"
    call = [sys.executable, "-c", code, str(tmp_path / "all.json")]
    found = subprocess.run(call, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_new_group_lets_nothing_out_in_any_form(commands: str) -> None:
    """AWS gives a new group a rule that lets everything out, for IPv6 too; Terraform takes it away by itself."""
    template = json.loads(cloudformation.render(in_order(STEPS), POLICIES))
    (made,) = (one for one in template["Resources"].values() if one["Type"] == "AWS::EC2::SecurityGroup")
    assert made["Properties"]["SecurityGroupEgress"] == [{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32"}]
    assert 'revoke-security-group-egress --group-id "$SG_PROPOSED_BUILD" --security-group-rule-ids $(aws' in commands

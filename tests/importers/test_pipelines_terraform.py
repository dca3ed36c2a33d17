"""Whole pipelines as Terraform plans of new infrastructure, with the verdict that each must give.

Hand-made in the documented format (see `tests.plans`): ids are unknown, and only the configuration's references link
the resources.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reachsim.api import Reach, load
from reachsim.importers import import_terraform
from tests.plans import PlanJson, Ref

REGION = "eu-west-1"
SERVICES = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "logs")
LAYERS = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"
CASES: dict[str, tuple[Callable[[PlanJson], None], str, str]] = {}
"""What the plan does -> (how, check's overall, a finding of severity high or medium or "")."""

Change = Callable[[PlanJson], None]


def case(what: str, overall: str, code: str = "") -> Callable[[Change], Change]:
    def kept(change: Change) -> Change:
        CASES[what] = (change, overall, code)
        return change

    return kept


def network(plan: PlanJson) -> None:
    plan.add("aws_vpc.this", cidr_block="10.20.0.0/16", enable_dns_hostnames=True, enable_dns_support=True)
    for number, zone in enumerate("ab"):
        plan.add("aws_subnet.private", index=zone, vpc_id=Ref("aws_vpc.this.id"), cidr_block=f"10.20.{number}.0/24",
                 availability_zone=f"{REGION}{zone}")  # fmt: skip
        plan.add("aws_subnet.public", index=zone, vpc_id=Ref("aws_vpc.this.id"),
                 cidr_block=f"10.20.{number + 8}.0/24", availability_zone=f"{REGION}{zone}")  # fmt: skip
    plan.add("aws_security_group.build", name_prefix="build-", vpc_id=Ref("aws_vpc.this.id"))
    plan.add("aws_security_group.endpoints", name="endpoints", vpc_id=Ref("aws_vpc.this.id"))
    plan.add("aws_vpc_security_group_egress_rule.build", security_group_id=Ref("aws_security_group.build.id"),
             ip_protocol="-1", cidr_ipv4="0.0.0.0/0")  # fmt: skip


def tables(plan: PlanJson) -> None:
    plan.add("aws_route_table.private", vpc_id=Ref("aws_vpc.this.id"))
    for zone in "ab":
        plan.add("aws_route_table_association.private", index=zone, subnet_id=Ref("aws_subnet.private", "each.key"),
                 for_each=Ref("aws_subnet.private"),
                 route_table_id=Ref("aws_route_table.private.id"))  # fmt: skip


def admit(plan: PlanJson) -> None:
    plan.add("aws_security_group_rule.endpoints", type="ingress", protocol="tcp", from_port=443, to_port=443,
             security_group_id=Ref("aws_security_group.endpoints.id"),
             source_security_group_id=Ref("aws_security_group.build.id"))  # fmt: skip


def endpoints(plan: PlanJson, **bucket_policy: object) -> None:
    for service in SERVICES:
        plan.add("aws_vpc_endpoint.interface", index=service, vpc_id=Ref("aws_vpc.this.id"),
                 service_name=f"com.amazonaws.{REGION}.{service}", vpc_endpoint_type="Interface",
                 private_dns_enabled=True, subnet_ids=Ref("aws_subnet.private"),
                 security_group_ids=Ref("aws_security_group.endpoints.id"))  # fmt: skip
    plan.add("aws_vpc_endpoint.s3", vpc_id=Ref("aws_vpc.this.id"), service_name=f"com.amazonaws.{REGION}.s3",
             vpc_endpoint_type="Gateway", route_table_ids=Ref("aws_route_table.private.id"),
             **bucket_policy)  # fmt: skip


TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}  # fmt: skip


def role(plan: PlanJson) -> None:
    plan.add("aws_iam_role.build", name="build", assume_role_policy=json.dumps(TRUST))
    plan.deferred("aws_iam_policy_document.build", statement=[
        {"effect": "Allow", "actions": ["codecommit:GitPull"], "resources": Ref("aws_codecommit_repository.app.arn")},
        {"effect": "Allow", "actions": ["ecr:*"], "resources": Ref("aws_ecr_repository.app.arn")},
        {"effect": "Allow", "actions": ["ecr:GetAuthorizationToken", "logs:*", "ec2:*"], "resources": ["*"]},
    ])  # fmt: skip
    plan.add("aws_iam_role_policy.build", role=Ref("aws_iam_role.build.id"),
             policy=Ref("data.aws_iam_policy_document.build.json"))  # fmt: skip


def build(plan: PlanJson, in_vpc: bool = True, source_key: dict[str, object] | None = None) -> None:
    plan.add("aws_codecommit_repository.app", repository_name="app", **(source_key or {}))
    plan.add("aws_ecr_repository.app", name="app")
    config = [{"vpc_id": Ref("aws_vpc.this.id"), "subnets": Ref("aws_subnet.private"),
               "security_group_ids": Ref("aws_security_group.build.id")}]  # fmt: skip
    plan.add("aws_codebuild_project.app", name="app", service_role=Ref("aws_iam_role.build.arn"),
             source=[{"type": "CODECOMMIT", "location": Ref("aws_codecommit_repository.app.clone_url_http")}],
             artifacts=[{"type": "NO_ARTIFACTS"}],
             environment=[{"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                           "compute_type": "BUILD_GENERAL1_SMALL", "privileged_mode": True}],
             vpc_config=config if in_vpc else [])  # fmt: skip


def whole(plan: PlanJson) -> None:
    for part in (network, tables, admit, endpoints, role, build):
        part(plan)


def way_out(plan: PlanJson) -> None:
    plan.add("aws_internet_gateway.this", vpc_id=Ref("aws_vpc.this.id"))
    plan.add("aws_route_table.public", vpc_id=Ref("aws_vpc.this.id"), route=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.this.id")},
    ])  # fmt: skip
    for zone in "ab":
        plan.add("aws_route_table_association.public", index=zone, subnet_id=Ref(f'aws_subnet.public["{zone}"].id'),
                 route_table_id=Ref("aws_route_table.public.id"))  # fmt: skip
    plan.add("aws_eip.nat", domain="vpc")
    plan.add("aws_nat_gateway.this", subnet_id=Ref('aws_subnet.public["a"].id'), allocation_id=Ref("aws_eip.nat.id"))


@case("a private pipeline", "private-and-working")
def private(plan: PlanJson) -> None:
    whole(plan)


@case("a source whose key the build may not use", "private-but-failing", "IDENTITY_POLICY_DENY")
def key(plan: PlanJson) -> None:
    """CodeCommit decrypts for whoever pulls (CodeCommit User Guide, "AWS KMS and encryption")."""
    for part in (network, tables, admit, endpoints, role):
        part(plan)
    plan.add("aws_kms_key.source")
    build(plan, source_key={"kms_key_id": Ref("aws_kms_key.source.arn")})


@case("a NAT gateway", "leaking", "PUBLIC_EGRESS_POSSIBLE")
def nat(plan: PlanJson) -> None:
    whole(plan)
    way_out(plan)
    plan.add("aws_route.out", route_table_id=Ref("aws_route_table.private.id"), destination_cidr_block="0.0.0.0/0",
             nat_gateway_id=Ref("aws_nat_gateway.this.id"))  # fmt: skip


@case("a NAT gateway behind the main route table, which is adopted", "leaking", "PUBLIC_EGRESS_POSSIBLE")
def adopted_table(plan: PlanJson) -> None:
    network(plan)
    admit(plan)
    plan.add("aws_route_table.private", vpc_id=Ref("aws_vpc.this.id"))
    endpoints(plan)
    role(plan)
    build(plan)
    way_out(plan)
    plan.add("aws_default_route_table.this", default_route_table_id=Ref("aws_vpc.this.default_route_table_id"), route=[
        {"cidr_block": "0.0.0.0/0", "nat_gateway_id": Ref("aws_nat_gateway.this.id")},
    ])  # fmt: skip


@case("endpoints whose group admits nobody", "private-but-failing", "SG_HAS_NO_RULES")
def nobody(plan: PlanJson) -> None:
    for part in (network, tables, endpoints, role, build):
        part(plan)


@case("a network ACL of single rules that forgets replies", "private-but-failing", "SUBNET_ACL_RESTRICTION")
def no_replies(plan: PlanJson) -> None:
    whole(plan)
    plan.add("aws_network_acl.private", vpc_id=Ref("aws_vpc.this.id"), subnet_ids=Ref("aws_subnet.private"))
    for egress, number, low, high in ((True, 100, 443, 443), (True, 110, 1024, 65535), (False, 100, 443, 443)):
        plan.add(f"aws_network_acl_rule.{'out' if egress else 'in'}{number}", rule_number=number, egress=egress,
                 network_acl_id=Ref("aws_network_acl.private.id"), protocol="tcp", rule_action="allow",
                 cidr_block="0.0.0.0/0", from_port=low, to_port=high)  # fmt: skip


@case("a default network ACL without rules", "private-but-failing", "SUBNET_ACL_RESTRICTION")
def empty_default_acl(plan: PlanJson) -> None:
    whole(plan)
    plan.add("aws_default_network_acl.this", default_network_acl_id=Ref("aws_vpc.this.default_network_acl_id"))


@case("a bucket policy at the endpoint without ECR's", "private-but-failing", "VPCE_POLICY_SERVICE_BUCKET_MISSING")
def narrow(plan: PlanJson) -> None:
    for part in (network, tables, admit, role, build):
        part(plan)
    own = [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::own/*"}]
    endpoints(plan, policy=json.dumps({"Statement": own}))


@case("a bucket policy at the endpoint with ECR's", "private-and-working")
def named(plan: PlanJson) -> None:
    for part in (network, tables, admit, role, build):
        part(plan)
    layers = [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": LAYERS}]
    endpoints(plan, policy=json.dumps({"Statement": layers}))


@case("builds outside the VPC", "leaking", "CODEBUILD_NOT_IN_VPC")
def outside(plan: PlanJson) -> None:
    for part in (network, tables, admit, endpoints, role):
        part(plan)
    build(plan, in_vpc=False)


@case("a way out through a transit gateway", "leaking", "PUBLIC_EGRESS_POSSIBLE")
def transit(plan: PlanJson) -> None:
    whole(plan)
    plan.add("aws_ec2_transit_gateway.hub", description="hub")
    plan.add("aws_vpc.egress", cidr_block="10.99.0.0/16")
    for name in ("attach", "nat"):
        plan.add(f"aws_subnet.{name}", vpc_id=Ref("aws_vpc.egress.id"), availability_zone=f"{REGION}a",
                 cidr_block=f"10.99.{len(name)}.0/24")  # fmt: skip
    plan.add("aws_internet_gateway.egress", vpc_id=Ref("aws_vpc.egress.id"))
    plan.add("aws_eip.egress", domain="vpc")
    plan.add("aws_nat_gateway.egress", subnet_id=Ref("aws_subnet.nat.id"), allocation_id=Ref("aws_eip.egress.id"))
    plan.add("aws_route_table.attach", vpc_id=Ref("aws_vpc.egress.id"), route=[
        {"cidr_block": "0.0.0.0/0", "nat_gateway_id": Ref("aws_nat_gateway.egress.id")},
    ])  # fmt: skip
    plan.add("aws_route_table.nat", vpc_id=Ref("aws_vpc.egress.id"), route=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.egress.id")},
        {"cidr_block": "10.20.0.0/16", "transit_gateway_id": Ref("aws_ec2_transit_gateway.hub.id")},
    ])  # fmt: skip
    for name in ("attach", "nat"):
        plan.add(f"aws_route_table_association.{name}", subnet_id=Ref(f"aws_subnet.{name}.id"),
                 route_table_id=Ref(f"aws_route_table.{name}.id"))  # fmt: skip
    for name, subnet in (("this", "private"), ("egress", "attach")):
        plan.add(f"aws_ec2_transit_gateway_vpc_attachment.{name}", vpc_id=Ref(f"aws_vpc.{name}.id"),
                 subnet_ids=Ref(f"aws_subnet.{subnet}"),
                 transit_gateway_id=Ref("aws_ec2_transit_gateway.hub.id"))  # fmt: skip
    plan.add("aws_ec2_transit_gateway_route.out", destination_cidr_block="0.0.0.0/0",
             transit_gateway_attachment_id=Ref("aws_ec2_transit_gateway_vpc_attachment.egress.id"),
             transit_gateway_route_table_id=Ref(
                 "aws_ec2_transit_gateway.hub.association_default_route_table_id"))  # fmt: skip
    plan.add("aws_route.out", route_table_id=Ref("aws_route_table.private.id"), destination_cidr_block="0.0.0.0/0",
             transit_gateway_id=Ref("aws_ec2_transit_gateway.hub.id"))  # fmt: skip


def firewall(plan: PlanJson) -> None:
    """Out by a Network Firewall in one zone, as the provider's documentation finds its endpoint."""
    whole(plan)
    way_out(plan)
    plan.add("aws_subnet.firewall", vpc_id=Ref("aws_vpc.this.id"), cidr_block="10.20.30.0/24",
             availability_zone=f"{REGION}a")  # fmt: skip
    plan.add("aws_networkfirewall_rule_group.names", name="names", type="STATEFUL", capacity=10, rule_group=[{
        "rules_source": [{"rules_source_list": [{
            "generated_rules_type": "ALLOWLIST", "target_types": ["TLS_SNI", "HTTP_HOST"], "targets": [".example.com"],
        }]}],
    }])  # fmt: skip
    plan.add("aws_networkfirewall_firewall_policy.this", name="policy", firewall_policy=[{
        "stateless_default_actions": ["aws:forward_to_sfe"],
        "stateless_fragment_default_actions": ["aws:forward_to_sfe"],
        "stateful_rule_group_reference": [{"resource_arn": Ref("aws_networkfirewall_rule_group.names.arn")}],
    }])  # fmt: skip
    plan.add("aws_networkfirewall_firewall.this", name="fw", vpc_id=Ref("aws_vpc.this.id"),
             firewall_policy_arn=Ref("aws_networkfirewall_firewall_policy.this.arn"),
             subnet_mapping=[{"subnet_id": Ref("aws_subnet.firewall.id")}])  # fmt: skip
    plan.add("aws_route_table.firewall", vpc_id=Ref("aws_vpc.this.id"), route=[
        {"cidr_block": "0.0.0.0/0", "nat_gateway_id": Ref("aws_nat_gateway.this.id")},
    ])  # fmt: skip
    plan.add("aws_route_table_association.firewall", subnet_id=Ref("aws_subnet.firewall.id"),
             route_table_id=Ref("aws_route_table.firewall.id"))  # fmt: skip
    status = Ref("aws_networkfirewall_firewall.this.firewall_status[0].sync_states", "aws_subnet.firewall.id")
    for name, table, block in (("out", "private", "0.0.0.0/0"), ("back", "public", "10.20.0.0/24")):
        plan.add(f"aws_route.{name}", route_table_id=Ref(f"aws_route_table.{table}.id"), destination_cidr_block=block,
                 vpc_endpoint_id=status)  # fmt: skip


CASES["a way out by a Network Firewall"] = (firewall, "leaking", "PUBLIC_EGRESS_POSSIBLE")


def run(change: Change, tmp_path: Path) -> Reach:
    plan = PlanJson(region=REGION)
    change(plan)
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    return load(tmp_path / "out")


@pytest.mark.parametrize("what", CASES)
def test_a_pipeline(what: str, tmp_path: Path) -> None:
    change, overall, code = CASES[what]
    found = run(change, tmp_path).check()
    assert found.overall == overall
    assert not code or code in {one.id for one in found.findings if one.severity in ("high", "medium")}


def test_a_network_firewall_lets_out_what_its_list_names(tmp_path: Path) -> None:
    reach = run(firewall, tmp_path)
    blocked = reach.simulate("codebuild:app", "host:github.com", protocol="tcp", port=443)
    assert (blocked.outcome, blocked.blocked_by[0].code) == ("blocked", "FIREWALL_DOMAIN_DENY")
    assert reach.simulate("codebuild:app", "host:www.example.com", protocol="tcp", port=443).outcome != "blocked"


def dns_firewall(plan: PlanJson) -> None:
    whole(plan)
    for name, domains in (("aws", ["*.amazonaws.com"]), ("all", ["*"])):
        plan.add(f"aws_route53_resolver_firewall_domain_list.{name}", name=name, domains=domains)
    plan.add("aws_route53_resolver_firewall_rule_group.this", name="screen")
    for number, (name, action) in enumerate((("aws", "ALLOW"), ("all", "BLOCK")), start=1):
        plan.add(f"aws_route53_resolver_firewall_rule.{name}", name=name, more={"action": action}, priority=number,
                 block_response="NODATA" if action == "BLOCK" else None,
                 firewall_domain_list_id=Ref(f"aws_route53_resolver_firewall_domain_list.{name}.id"),
                 firewall_rule_group_id=Ref("aws_route53_resolver_firewall_rule_group.this.id"))  # fmt: skip
    plan.add("aws_route53_resolver_firewall_rule_group_association.this", name="screen", priority=101,
             firewall_rule_group_id=Ref("aws_route53_resolver_firewall_rule_group.this.id"),
             vpc_id=Ref("aws_vpc.this.id"))  # fmt: skip


def test_dns_firewall_answers_aws_names_only(tmp_path: Path) -> None:
    reach = run(dns_firewall, tmp_path)
    assert reach.check().overall == "private-and-working"
    verdict = reach.simulate("codebuild:app", "host:github.com", protocol="tcp", port=443)
    assert verdict.blocked_by[0].code == "DNS_FIREWALL_BLOCK"


def balanced(plan: PlanJson) -> None:
    """An instance from a launch template behind a load balancer, under the provider's older names."""
    whole(plan)
    way_out(plan)
    for name, port in (("front", 80), ("web", 8080)):
        plan.add(f"aws_security_group.{name}", name=name, vpc_id=Ref("aws_vpc.this.id"))
        peer = {"cidr_ipv4": "0.0.0.0/0"} if name == "front" else {
            "referenced_security_group_id": Ref("aws_security_group.front.id")}  # fmt: skip
        plan.add(f"aws_vpc_security_group_ingress_rule.{name}", ip_protocol="tcp", from_port=port, to_port=port,
                 security_group_id=Ref(f"aws_security_group.{name}.id"), **peer)  # fmt: skip
    plan.add("aws_vpc_security_group_egress_rule.front", security_group_id=Ref("aws_security_group.front.id"),
             ip_protocol="-1", cidr_ipv4="0.0.0.0/0")  # fmt: skip
    plan.add("aws_launch_template.web", name="web", vpc_security_group_ids=Ref("aws_security_group.web.id"))
    plan.add("aws_instance.web", subnet_id=Ref('aws_subnet.private["a"].id'),
             launch_template=[{"id": Ref("aws_launch_template.web.id"), "version": "$Latest"}])  # fmt: skip
    plan.add("aws_alb.front", name="front", load_balancer_type="application", internal=False,
             subnets=Ref("aws_subnet.public"), security_groups=Ref("aws_security_group.front.id"))  # fmt: skip
    plan.add("aws_alb_target_group.web", name="web", port=8080, protocol="HTTP", vpc_id=Ref("aws_vpc.this.id"))
    plan.add("aws_alb_target_group_attachment.web", target_group_arn=Ref("aws_alb_target_group.web.arn"),
             target_id=Ref("aws_instance.web.id"))  # fmt: skip
    plan.add("aws_alb_listener.http", load_balancer_arn=Ref("aws_alb.front.arn"), port=80, protocol="HTTP",
             default_action=[{"type": "forward", "target_group_arn": Ref("aws_alb_target_group.web.arn")}])  # fmt: skip


def test_a_load_balancer_leads_to_its_targets(tmp_path: Path) -> None:
    verdict = run(balanced, tmp_path).simulate("internet", "eni-front-1", protocol="tcp", port=80)
    assert verdict.outcome == "allowed"
    assert any(path.terminal == "eni-i-web" for path in verdict.paths)


def test_targets_of_a_service_are_not_known_before_it_runs(tmp_path: Path) -> None:
    def with_service(plan: PlanJson) -> None:
        balanced(plan)
        plan.add("aws_ecs_cluster.c", name="c")
        plan.add("aws_ecs_service.s", name="s", cluster=Ref("aws_ecs_cluster.c.id"), launch_type="FARGATE",
                 load_balancer=[{"target_group_arn": Ref("aws_alb_target_group.web.arn"), "container_port": 8080}],
                 network_configuration=[{"subnets": Ref("aws_subnet.private"),
                                         "security_groups": Ref("aws_security_group.web.id")}])  # fmt: skip

    verdict = run(with_service, tmp_path).simulate("internet", "eni-front-1", protocol="tcp", port=80)
    assert verdict.outcome == "unknown"
    assert any("describe-target-health" in path for path in verdict.missing)


# --- policies that are known only after apply -------------------------------------------------------------------------


def unseen_role_policy(plan: PlanJson) -> None:
    for part in (network, tables, admit, endpoints, build):
        part(plan)
    plan.add("aws_iam_role.build", name="build", assume_role_policy=json.dumps(TRUST))
    plan.add("aws_iam_role_policy.encoded", name="encoded", role=Ref("aws_iam_role.build.id"),
             policy=Ref("aws_ecr_repository.app.arn", "aws_codecommit_repository.app.arn"))  # fmt: skip


def unseen_repository_policy(plan: PlanJson) -> None:
    whole(plan)
    plan.add("aws_ecr_repository_policy.encoded", repository=Ref("aws_ecr_repository.app.name"),
             policy=Ref("aws_iam_role.build.arn"))  # fmt: skip


def unseen_endpoint_policy(plan: PlanJson) -> None:
    for part in (network, tables, admit, role, build):
        part(plan)
    endpoints(plan, policy=Ref("aws_ecr_repository.app.arn"))


UNSEEN = {
    "of a role": (unseen_role_policy, "policy/known-after-apply/aws_iam_role_policy.encoded"),
    "of a repository": (unseen_repository_policy, "ecr/get-repository-policy/app.json"),
    "of an endpoint": (unseen_endpoint_policy, "aws_vpc_endpoint.s3"),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_a_policy_put_together_from_new_ids_is_named_as_what_decides(what: str, tmp_path: Path) -> None:
    found = run(UNSEEN[what][0], tmp_path).check()
    assert found.overall == "undecided"
    told = [*(one.detail for one in found.assumptions), *found.missing]
    assert any(UNSEEN[what][1] in one for one in told)

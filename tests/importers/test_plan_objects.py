"""What modules are given as objects, blocks that ``dynamic`` makes, and keys that are put together: forms of public
modules of which a plan does not show all. Hand-made in the form that Terraform 1.11 prints them (see `tests.plans`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach
from tests.importers.test_terraform import network, project, run
from tests.plans import PlanJson, Ref

Document = dict[str, Any]


def built_by_a_module(plan: PlanJson, vpc_config: Document, *, dynamic: bool = False, **inputs: Ref) -> None:
    plan.call("module.build", **inputs)
    plan.add("aws_codebuild_project.app", module="module.build", name="app", source=[{"type": "NO_SOURCE"}],
             service_role="arn:aws:iam::111111111111:role/r", artifacts=[{"type": "NO_ARTIFACTS"}],
             environment=[{"type": "LINUX_CONTAINER"}], vpc_config=[vpc_config],
             dynamic=("vpc_config",) if dynamic else ())  # fmt: skip


def config_of(reach: Reach) -> tuple[tuple[str, ...], tuple[str, ...]]:
    (one,) = [one for (_, name), one in reach.network.projects.items() if name == "app"]
    assert one.vpc_config is not None
    return one.vpc_config.subnets, one.vpc_config.security_group_ids


BUILDS = ("subnet-build-0", "subnet-build-1")


@pytest.mark.parametrize(("groups", "taken"), [
    (("aws_security_group.build.id",), "sg-build"),
    (("aws_security_group.build.id", "aws_security_group.endpoints.id"), "sg-unknown"),
])  # fmt: skip
@pytest.mark.parametrize("dynamic", [True, False])
def test_a_group_out_of_an_object_is_known_where_it_holds_one(
    groups: tuple[str, ...], taken: str, dynamic: bool, tmp_path: Path
) -> None:
    """``vpc_config = {subnets = …, security_group_ids = […]}`` lists all that it names without saying where."""
    plan = PlanJson()
    network(plan)
    config = {"vpc_id": Ref("var.net.vpc"), "subnets": Ref("var.net.subnets"), "security_group_ids": Ref("var.net.g")}
    built_by_a_module(plan, config, dynamic=dynamic, net=Ref("aws_vpc.main.id", "aws_subnet.build", *groups))
    reach, _ = run(plan, tmp_path)
    assert config_of(reach) == (BUILDS, (taken,))
    outcome = reach.simulate("codebuild:app", "internet", protocol="tcp", port=443).outcome
    assert outcome == ("unknown" if taken == "sg-unknown" else "blocked")


@pytest.mark.parametrize("out", [True, False])
def test_a_tier_out_of_an_object_is_known_where_all_tiers_are_alike(out: bool, tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    plan.add("aws_subnet.other", vpc_id=Ref("aws_vpc.main.id"), cidr_block="10.0.90.0/24")
    plan.add("aws_route_table_association.o", subnet_id=Ref("aws_subnet.other.id"),
             route_table_id=Ref("aws_route_table.other.id"))  # fmt: skip
    plan.add("aws_route_table.other", vpc_id=Ref("aws_vpc.main.id"))
    if out:
        plan.add("aws_internet_gateway.g", vpc_id=Ref("aws_vpc.main.id"))
        plan.add("aws_route.out", route_table_id=Ref("aws_route_table.other.id"), destination_cidr_block="0.0.0.0/0",
                 gateway_id=Ref("aws_internet_gateway.g.id"))  # fmt: skip
    config = {"vpc_id": Ref("var.vpc"), "subnets": Ref("var.tiers.build"), "security_group_ids": Ref("var.group")}
    built_by_a_module(plan, config, vpc=Ref("aws_vpc.main.id"), group=Ref("aws_security_group.build.id"),
                      tiers=Ref("aws_subnet.build", "aws_subnet.other.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert config_of(reach)[0] == (("subnet-unknown",) if out else (*BUILDS, "subnet-other"))


def two_vpcs(plan: PlanJson) -> None:
    """VPCs and their subnets by ``for_each``; which VPC a subnet is in is a part of ``each.value``, of a local."""
    for number, vpc in enumerate(("work", "egress")):
        plan.add("aws_vpc.this", index=vpc, cidr_block=f"10.{number}.0.0/16")
        for third, tier in enumerate(("app", "tgw")):
            plan.add("aws_subnet.this", index=f"{vpc}/{tier}", vpc_id=Ref("aws_vpc.this", "each.value.vpc"),
                     cidr_block=f"10.{number}.{third}.0/24", for_each=Ref("local.subnets"))  # fmt: skip


def test_a_subnet_is_in_the_vpc_around_its_block(tmp_path: Path) -> None:
    plan = PlanJson()
    two_vpcs(plan)
    reach, report = run(plan, tmp_path)
    assert reach.network.subnets["subnet-this-work-app"].vpc_id == "vpc-this-work"
    assert reach.network.subnets["subnet-this-egress-app"].vpc_id == "vpc-this-egress"
    assert report.warnings == ()


@pytest.mark.parametrize("also", ["aws_vpc_ipv4_cidr_block_association", "aws_vpc"])
def test_a_subnet_that_two_vpcs_may_hold_is_in_neither(also: str, tmp_path: Path) -> None:
    plan = PlanJson()
    two_vpcs(plan)
    if also == "aws_vpc":
        plan.add("aws_vpc.this", index="twin", cidr_block="10.0.0.0/16")
    else:
        plan.add(f"{also}.more", vpc_id=Ref('aws_vpc.this["egress"].id'), cidr_block="10.9.0.0/16")
    reach, report = run(plan, tmp_path)
    assert "subnet-this-work-app" not in reach.network.subnets
    assert any("vpc_id is known only after apply" in told for told in report.warnings)


def test_a_key_that_is_put_together_is_not_every_key(tmp_path: Path) -> None:
    """``aws_subnet.this["${each.key}/tgw"].id`` lists ``aws_subnet.this`` and ``each.key``, as [each.key] would."""
    plan = PlanJson()
    two_vpcs(plan)
    plan.add("aws_ec2_transit_gateway.t")
    for vpc in ("work", "egress"):
        plan.add("aws_route_table.this", index=f"{vpc}/tgw", vpc_id=Ref(f'aws_vpc.this["{vpc}"].id'))
        plan.add("aws_route_table_association.this", index=vpc, subnet_id=Ref(f'aws_subnet.this["{vpc}/tgw"].id'),
                 route_table_id=Ref(f'aws_route_table.this["{vpc}/tgw"].id'))  # fmt: skip
        plan.add("aws_ec2_transit_gateway_vpc_attachment.this", index=vpc, vpc_id=Ref("aws_vpc.this", "each.key"),
                 transit_gateway_id=Ref("aws_ec2_transit_gateway.t.id"), for_each=Ref("var.vpcs"),
                 subnet_ids=Ref("aws_subnet.this", "each.key"))  # fmt: skip
    _, report = run(plan, tmp_path)
    told = 'aws_ec2_transit_gateway_vpc_attachment.this["work"]: subnet_ids is known only after apply'
    assert told in report.warnings


def test_an_instance_out_of_an_output_by_its_key(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    for service, kind in (("s3", "Gateway"), ("dynamodb", "Gateway")):
        plan.add("aws_vpc_endpoint.this", index=service, module="module.e", vpc_id=Ref("var.vpc"),
                 vpc_endpoint_type=kind, service_name=f"com.amazonaws.us-east-1.{service}")  # fmt: skip
    plan.call("module.e", vpc=Ref("aws_vpc.main.id"))
    plan.output("module.e", "endpoints", "aws_vpc_endpoint.this")
    plan.add("aws_vpc_security_group_egress_rule.s3", security_group_id=Ref("aws_security_group.build.id"),
             ip_protocol="tcp", from_port=443, to_port=443,
             prefix_list_id=Ref('module.e.endpoints["s3"].prefix_list_id'))  # fmt: skip
    reach, report = run(plan, tmp_path)
    rules = reach.network.security_groups["sg-build"].ip_permissions_egress
    listed = [one.prefix_list_id for rule in rules for one in rule.prefix_list_ids]
    assert listed == ["pl-63a5400a"]
    assert report.warnings == ()


def test_an_interface_endpoint_has_no_route_tables(tmp_path: Path) -> None:
    """The provider leaves them open in every plan; a module that hands tables to gateways hands them to all."""
    plan = PlanJson()
    network(plan)
    plan.call("module.e", vpc=Ref("aws_vpc.main.id"), endpoints=Ref("aws_route_table.build.id"),
              subnets=Ref("aws_subnet.build"), groups=Ref("aws_security_group.endpoints.id"))  # fmt: skip
    for service, kind in (("s3", "Gateway"), ("logs", "Interface")):
        plan.add("aws_vpc_endpoint.this", index=service, module="module.e", vpc_id=Ref("var.vpc"),
                 for_each=Ref("local.endpoints"), service_name=f"com.amazonaws.us-east-1.{service}",
                 vpc_endpoint_type=kind, route_table_ids=Ref("each.value"),
                 subnet_ids=Ref("var.subnets", "each.value"),
                 security_group_ids=Ref("var.groups", "each.value"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    made = reach.network.vpc_endpoints
    assert made["vpce-e-this-s3"].route_table_ids == ("rtb-build",)
    assert made["vpce-e-this-logs"].route_table_ids == ()
    assert made["vpce-e-this-logs"].subnet_ids == BUILDS
    assert made["vpce-e-this-s3"].subnet_ids == ()


@pytest.mark.parametrize(("given", "default"), [
    (("aws_route_table.build.id", "aws_subnet.build"), True),
    (("aws_route_table.build.id", "aws_vpc.main.id"), False),
    (("aws_route_table.build.id", "data.aws_iam_policy_document.p.json"), False),
    (("aws_route_table.build.id", "local.policy"), False),
])  # fmt: skip
@pytest.mark.parametrize("loop", ["local.endpoints", "var.endpoints"])
def test_the_policy_of_a_modules_endpoints_is_awss_default_where_nothing_makes_one(
    loop: str, given: tuple[str, ...], default: bool, tmp_path: Path
) -> None:
    """The provider leaves a policy open that is null: every plan of the endpoints' module shows it as unknown."""
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.call("module.e", vpc=Ref("aws_vpc.main.id"), endpoints=Ref(*given))
    plan.add("aws_vpc_endpoint.this", index="logs", module="module.e", vpc_id=Ref("var.vpc"), for_each=Ref(loop),
             vpc_endpoint_type="Interface", service_name="com.amazonaws.us-east-1.logs", subnet_ids=Ref("each.value"),
             policy=Ref("each.value.policy"), private_dns_enabled=Ref("each.value.private_dns_enabled"))  # fmt: skip
    reach, report = run(plan, tmp_path)
    assert any("policy is known only after apply" in told for told in report.warnings) is not default
    noted = [one.detail for one in reach.simulate("codebuild:app", "logs").assumptions if one.code == "PLANNED_VALUE"]
    assert any("policy of" in told and "private_dns_enabled of" in told for told in noted) is default


def test_which_tier_a_network_acl_is_for_is_open_though_their_routes_are_alike(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    plan.add("aws_subnet.db", vpc_id=Ref("aws_vpc.main.id"), cidr_block="10.0.90.0/24")
    plan.call("module.acl", vpc=Ref("aws_vpc.main.id"), tiers=Ref("aws_subnet.build[0].id", "aws_subnet.db.id"))
    plan.add("aws_network_acl.n", module="module.acl", vpc_id=Ref("var.vpc"), subnet_ids=Ref("var.tiers.db"),
             ingress=[], egress=[])  # fmt: skip
    plan.add("aws_route_table_association.db", subnet_id=Ref("aws_subnet.db.id"),
             route_table_id=Ref("aws_route_table.build.id"))  # fmt: skip
    _, report = run(plan, tmp_path)
    assert "module.acl.aws_network_acl.n: subnet_ids is known only after apply" in report.warnings


@pytest.mark.parametrize("named", [
    "aws_vpc_peering_connection_accepter.p.id", "aws_vpc_peering_connection_accepter.p.vpc_peering_connection_id",
    "aws_vpc_peering_connection_options.p.id",
])  # fmt: skip
def test_the_id_of_a_part_is_that_of_the_whole(named: str, tmp_path: Path) -> None:
    """hashicorp/aws, "aws_vpc_peering_connection_accepter": ``id`` is the connection's. Such routes led to nothing that
    is known."""
    plan = PlanJson(region="eu-west-1")
    plan.add("aws_vpc.a", cidr_block="10.0.0.0/16")
    plan.add("aws_vpc.b", cidr_block="10.1.0.0/16")
    plan.add("aws_vpc_peering_connection.p", vpc_id=Ref("aws_vpc.a.id"), peer_vpc_id=Ref("aws_vpc.b.id"))
    connection = Ref("aws_vpc_peering_connection.p.id")
    plan.add("aws_vpc_peering_connection_accepter.p", vpc_peering_connection_id=connection, auto_accept=True)
    plan.add("aws_vpc_peering_connection_options.p", vpc_peering_connection_id=connection)
    plan.add("aws_route.r", route_table_id=Ref("aws_vpc.a.main_route_table_id"), destination_cidr_block="10.1.0.0/16",
             vpc_peering_connection_id=Ref(named))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    routes = reach.network.route_tables["rtb-a-main"].routes
    assert [one.vpc_peering_connection_id for one in routes if one.vpc_peering_connection_id] == ["pcx-p"]

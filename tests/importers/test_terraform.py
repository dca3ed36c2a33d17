"""``reachsim import terraform``: what AWS fills in, links before there are ids, modules, counts, changes over a live
snapshot, and input that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.errors import QuestionError, SnapshotError
from reachsim.importers import ImportReport, import_terraform
from tests.build import Build
from tests.plans import PlanJson, Ref

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}  # fmt: skip


def network(plan: PlanJson, zones: int = 2) -> None:
    """A VPC with private subnets, a route table, a group for builds and one for endpoints."""
    plan.add("aws_vpc.main", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, enable_dns_support=True)
    for number in range(zones):
        plan.add(
            "aws_subnet.build", index=number, vpc_id=Ref("aws_vpc.main.id"), cidr_block=f"10.0.{number}.0/24",
            availability_zone="us-east-1" + "abc"[number],
        )  # fmt: skip
        plan.add(
            "aws_route_table_association.build", index=number, route_table_id=Ref("aws_route_table.build.id"),
            subnet_id=Ref("aws_subnet.build", "count.index"),
        )  # fmt: skip
    plan.add("aws_route_table.build", vpc_id=Ref("aws_vpc.main.id"))
    plan.add("aws_security_group.build", name="build", vpc_id=Ref("aws_vpc.main.id"), egress=[
        {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]},
    ])  # fmt: skip
    plan.add("aws_security_group.endpoints", name="endpoints", vpc_id=Ref("aws_vpc.main.id"), ingress=[
        {"from_port": 443, "to_port": 443, "protocol": "tcp", "security_groups": Ref("aws_security_group.build.id")},
    ])  # fmt: skip


def endpoint(plan: PlanJson, service: str, **more: Any) -> None:
    values: dict[str, Any] = {
        "vpc_endpoint_type": "Interface", "private_dns_enabled": True, "subnet_ids": Ref("aws_subnet.build"),
        "security_group_ids": Ref("aws_security_group.endpoints.id"),
    }  # fmt: skip
    plan.add(
        f"aws_vpc_endpoint.{service.replace('.', '_')}", vpc_id=Ref("aws_vpc.main.id"),
        service_name=f"com.amazonaws.us-east-1.{service}", **(values | more),
    )  # fmt: skip


def project(plan: PlanJson, **more: Any) -> None:
    plan.add("aws_codebuild_project.app", **{
        "name": "app", "service_role": "arn:aws:iam::111111111111:role/app", "source": [{"type": "NO_SOURCE"}],
        "artifacts": [{"type": "NO_ARTIFACTS"}], "environment": [{"type": "LINUX_CONTAINER", "image": "x"}],
        "vpc_config": [{
            "vpc_id": Ref("aws_vpc.main.id"), "subnets": Ref("aws_subnet.build"),
            "security_group_ids": Ref("aws_security_group.build.id"),
        }],
    } | more)  # fmt: skip


def run(plan: PlanJson, tmp_path: Path, **options: Any) -> tuple[Reach, ImportReport]:
    report = import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out", overwrite=True, **options)
    return load(tmp_path / "out"), report


def test_a_new_vpc_comes_with_what_aws_makes_for_it(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    reach, report = run(plan, tmp_path)
    net = reach.network
    assert net.vpcs["vpc-main"].dhcp_options_id
    assert "rtb-main-main" in net.route_tables
    assert {one.subnet_id for one in net.network_acls["acl-main-default"].associations} == {
        "subnet-build-0", "subnet-build-1",
    }  # fmt: skip
    assert {one.subnet_id for one in net.route_tables["rtb-build"].associations} == {"subnet-build-0", "subnet-build-1"}
    assert net.security_groups["sg-endpoints"].ip_permissions_egress == ()  # Terraform takes AWS's rule away
    assert not report.ignored


def test_a_verdict_that_rests_on_a_drawn_address_says_so(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    endpoint(plan, "ecr.api")
    project(plan)
    reach, _ = run(plan, tmp_path)
    verdict = reach.simulate("codebuild:app", "ecr.api", port=443, protocol="tcp")
    assert (verdict.outcome, verdict.route) == ("allowed", "private")
    assert "PLANNED_ADDRESS" in {one.code for one in verdict.assumptions}
    assert reach.simulate("codebuild:app", "internet").outcome == "blocked"


def test_a_gateway_endpoint_routes_a_symbolic_list(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.add(
        "aws_vpc_endpoint.s3", vpc_id=Ref("aws_vpc.main.id"), service_name="com.amazonaws.us-east-1.s3",
        route_table_ids=Ref("aws_route_table.build.id"),
    )  # fmt: skip
    reach, _ = run(plan, tmp_path)
    verdict = reach.simulate("codebuild:app", "s3", port=443, protocol="tcp")
    assert (verdict.outcome, verdict.route) == ("allowed", "private")


def test_a_nat_gateway_lets_builds_out(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.add("aws_subnet.public", vpc_id=Ref("aws_vpc.main.id"), cidr_block="10.0.9.0/24")
    plan.add("aws_internet_gateway.main", vpc_id=Ref("aws_vpc.main.id"))
    plan.add("aws_route_table.public", vpc_id=Ref("aws_vpc.main.id"), route=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.main.id")},
    ])  # fmt: skip
    plan.add("aws_route_table_association.public", subnet_id=Ref("aws_subnet.public.id"),
             route_table_id=Ref("aws_route_table.public.id"))  # fmt: skip
    plan.add("aws_eip.nat", domain="vpc")
    plan.add("aws_nat_gateway.main", allocation_id=Ref("aws_eip.nat.id"), subnet_id=Ref("aws_subnet.public.id"))
    plan.add("aws_route.out", route_table_id=Ref("aws_route_table.build.id"), destination_cidr_block="0.0.0.0/0",
             nat_gateway_id=Ref("aws_nat_gateway.main.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    verdict = reach.simulate("codebuild:app", "internet")
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")


def test_modules_pass_ids_by_variables_and_outputs(tmp_path: Path) -> None:
    plan = PlanJson()
    for zone in ("a", "b"):
        plan.add("aws_subnet.private", module="module.net", index=zone, vpc_id=Ref("aws_vpc.this.id"),
                 cidr_block="10.1.1.0/24" if zone == "a" else "10.1.2.0/24")  # fmt: skip
    plan.add("aws_vpc.this", module="module.net", cidr_block="10.1.0.0/16")
    plan.output("module.net", "subnets", "aws_subnet.private")
    plan.output("module.net", "vpc", "aws_vpc.this.id")
    plan.call("module.build", vpc_id=Ref("module.net.vpc"), subnets=Ref("module.net.subnets"))
    plan.add("aws_security_group.build", module="module.build", name="b", vpc_id=Ref("var.vpc_id"))
    plan.add(
        "aws_codebuild_project.app", module="module.build", name="app", service_role="arn:aws:iam::111111111111:role/r",
        source=[{"type": "NO_SOURCE"}], artifacts=[{"type": "NO_ARTIFACTS"}], environment=[{"type": "LINUX_CONTAINER"}],
        vpc_config=[{"vpc_id": Ref("var.vpc_id"), "subnets": Ref("var.subnets"),
                     "security_group_ids": Ref("aws_security_group.build.id")}],
    )  # fmt: skip
    reach, report = run(plan, tmp_path)
    (found,) = [one for (_, name), one in reach.network.projects.items() if name == "app"]
    assert found.vpc_config is not None
    assert found.vpc_config.vpc_id == "vpc-net-this"
    assert found.vpc_config.subnets == ("subnet-net-private-a", "subnet-net-private-b")
    assert found.vpc_config.security_group_ids == ("sg-build-build",)
    assert report.warnings == ()


def test_for_each_over_resources_takes_the_one_of_the_same_key(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan, zones=0)
    for zone in ("a", "b"):
        plan.add("aws_subnet.each", index=zone, vpc_id=Ref("aws_vpc.main.id"), cidr_block=f"10.0.{ord(zone)}.0/24")
        plan.add("aws_route_table.each", index=zone, vpc_id=Ref("aws_vpc.main.id"))
        plan.add("aws_route_table_association.each", index=zone, for_each=Ref("aws_subnet.each"),
                 subnet_id=Ref("each.value.id"), route_table_id=Ref("aws_route_table.each", "each.key"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    tables = reach.network.route_tables
    assert [one.subnet_id for one in tables["rtb-each-a"].associations] == ["subnet-each-a"]
    assert [one.subnet_id for one in tables["rtb-each-b"].associations] == ["subnet-each-b"]


def test_a_local_is_followed_only_where_one_resource_can_be_meant(tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.main", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("local.vpc_id"), cidr_block="10.0.1.0/24")
    plan.add("aws_subnet.b", vpc_id=Ref("local.vpc_id"), cidr_block="10.0.2.0/24")
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("local.vpc_id"))
    plan.add("aws_vpc_security_group_ingress_rule.r", security_group_id=Ref("aws_security_group.g.id"),
             referenced_security_group_id=Ref("local.other"), ip_protocol="tcp", from_port=1, to_port=1)  # fmt: skip
    plan.add("aws_instance.a", subnet_id=Ref("aws_subnet.a.id"), ami="ami-1", instance_type="t3.micro",
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    plan.add("aws_instance.b", subnet_id=Ref("local.which"), ami="ami-1", instance_type="t3.micro",
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    reach, report = run(plan, tmp_path)
    assert reach.network.subnets["subnet-a"].vpc_id == "vpc-main"
    told = "\n".join(report.warnings)
    assert "vpc_id is of a local" in told
    assert "aws_instance.b: the subnet is known only after apply" in told


def test_a_rule_whose_peer_nothing_tells_leaves_a_block_open(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    endpoint(plan, "logs", security_group_ids=Ref("aws_security_group.closed.id"))
    plan.add("aws_security_group.closed", name="closed", vpc_id=Ref("aws_vpc.main.id"), ingress=[
        {"from_port": 80, "to_port": 80, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/16"]},
    ])  # fmt: skip
    plan.add("aws_security_group_rule.r", type="ingress", security_group_id=Ref("aws_security_group.closed.id"),
             from_port=443, to_port=443, protocol="tcp", cidr_blocks=Ref("local.cidrs"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    verdict = reach.simulate("codebuild:app", "logs", port=443, protocol="tcp")
    assert verdict.outcome == "unknown"
    assert "PLANNED_VALUE_UNKNOWN" in {one.code for one in verdict.assumptions}


def test_a_route_whose_target_nothing_tells_is_unknown(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.add("aws_route.out", route_table_id=Ref("aws_route_table.build.id"), destination_cidr_block="0.0.0.0/0",
             network_interface_id=Ref("local.appliance"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert reach.simulate("codebuild:app", "internet").outcome == "unknown"


def test_an_endpoint_policy_known_after_apply_is_unknown(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    endpoint(plan, "ecr.api", policy=Ref("aws_ecr_repository.app.arn"))
    reach, _ = run(plan, tmp_path)
    requests = [{"action": "ecr:GetAuthorizationToken", "resource": "*"}]
    layers = ("network", "endpoint-policy")
    verdict = reach.simulate(
        "codebuild:app", "ecr.api", port=443, protocol="tcp", requests=requests, layers=layers
    )  # fmt: skip
    assert (verdict.outcome, verdict.layers["network"]) == ("unknown", "allowed")


OPEN = {
    "subnets of an endpoint": lambda plan: endpoint(plan, "logs", subnet_ids=Ref("local.x")),
    "groups of an endpoint": lambda plan: endpoint(plan, "logs", security_group_ids=Ref("local.x")),
    "a rule of a network ACL": lambda plan: [
        endpoint(plan, "logs"),
        plan.add(
            "aws_network_acl.n", vpc_id=Ref("aws_vpc.main.id"), subnet_ids=Ref("aws_subnet.build"), ingress=[
                {"rule_no": 1, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0,
                 "cidr_block": Ref("local.x")},
            ], egress=[],
        ),
    ],
    "subnets of a network ACL": lambda plan: [
        endpoint(plan, "logs"),
        plan.add("aws_network_acl.n", vpc_id=Ref("aws_vpc.main.id"), subnet_ids=Ref("local.x"), ingress=[], egress=[]),
    ],
    "a security group's rule's group": lambda plan: [
        endpoint(plan, "logs", security_group_ids=Ref("aws_security_group.shut.id")),
        plan.add("aws_security_group.shut", name="shut", vpc_id=Ref("aws_vpc.main.id")),
        plan.add("aws_vpc_security_group_ingress_rule.r", security_group_id=Ref("local.x"), ip_protocol="-1",
                 cidr_ipv4="0.0.0.0/0"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", OPEN)
def test_what_a_local_hides_is_never_decided(what: str, tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    OPEN[what](plan)
    reach, report = run(plan, tmp_path)
    assert reach.simulate("codebuild:app", "logs", port=443, protocol="tcp").outcome == "unknown"
    assert any("known only after apply" in one for one in report.warnings)


def test_route_tables_of_a_gateway_endpoint_that_a_local_hides(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.add("aws_vpc_endpoint.s3", vpc_id=Ref("aws_vpc.main.id"), service_name="com.amazonaws.us-east-1.s3",
             route_table_ids=Ref("local.x"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert reach.simulate("codebuild:app", "s3", port=443, protocol="tcp").outcome == "unknown"


def test_a_deferred_policy_document_is_put_together_from_whole_arns_and_ids(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    endpoint(plan, "git-codecommit")
    plan.add("aws_codecommit_repository.app", repository_name="app")
    plan.add("aws_iam_role.build", name="build", assume_role_policy=json.dumps(TRUST))
    plan.deferred("aws_iam_policy_document.build", statement=[{
        "effect": "Allow", "actions": ["codecommit:GitPull"], "resources": Ref("aws_codecommit_repository.app.arn"),
        "condition": [{"test": "StringEquals", "variable": "aws:SourceVpce",
                       "values": Ref("aws_vpc_endpoint.git-codecommit.id")}],
    }])  # fmt: skip
    plan.deferred("aws_iam_policy_document.open", statement=[
        {"effect": "Allow", "actions": ["s3:*"], "resources": Ref("aws_s3_bucket.b.arn")},
    ])  # fmt: skip
    plan.add("aws_s3_bucket.b", bucket="b-1")
    for name in ("build", "open"):
        plan.add(f"aws_iam_role_policy.{name}", name=name, role=Ref("aws_iam_role.build.id"),
                 policy=Ref(f"data.aws_iam_policy_document.{name}.json"))  # fmt: skip
    _, report = run(plan, tmp_path)
    file = tmp_path / "out/111111111111/global/iam/get-account-authorization-details.json"
    (role,) = json.loads(file.read_text())["RoleDetailList"]
    (held,) = role["RolePolicyList"]
    statement = held["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == ["arn:aws:codecommit:us-east-1:111111111111:app"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceVpce": ["vpce-git-codecommit"]}}
    assert [one["PolicyName"] for one in role["AttachedManagedPolicies"]] == [
        "aws_iam_role_policy.open"
    ]  # a bucket's may end in /*
    assert any("aws_iam_role_policy.open" in one for one in report.warnings)


@pytest.mark.parametrize("element", ["resources", "actions", "effect", "principals", "variable"])
def test_an_element_that_a_deferred_policy_document_tells_in_part_leaves_it_open(element: str, tmp_path: Path) -> None:
    """Terraform prints null for members that are known only after apply: ``"${aws_s3_bucket.b.arn}/*"``."""
    plan = PlanJson()
    network(plan)
    plan.add("aws_iam_role.build", name="build", assume_role_policy=json.dumps(TRUST))
    plan.deferred("aws_iam_policy_document.p", statement=[{"actions": ["s3:*"], "resources": ["*"]}])
    plan.add("aws_iam_role_policy.p", name="p", role=Ref("aws_iam_role.build.id"),
             policy=Ref("data.aws_iam_policy_document.p.json"))  # fmt: skip
    document = plan.json()
    (change,) = (one["change"] for one in document["resource_changes"] if one["mode"] == "data")
    (held,) = change["after"]["statement"]
    told, open_ = {
        "resources": (["*", None], [False, True]),
        "actions": (["s3:GetObject", None], [False, True]),
        "effect": (None, True),
        "principals": ([{"type": "AWS", "identifiers": ["111111111111", None]}], [{"identifiers": [False, True]}]),
        "variable": ([{"test": "StringEquals", "variable": None, "values": ["x"]}], [{"variable": True}]),
    }[element]
    name = "condition" if element == "variable" else element
    held[name] = told
    change["after_unknown"]["statement"] = [{name: open_}]
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    report = import_terraform(tmp_path / "plan.json", tmp_path / "out")
    assert any("aws_iam_role_policy.p" in one for one in report.warnings)
    load(tmp_path / "out").check()  # the documents that are kept are policies


def test_unsupported_resources_are_listed_with_what_they_make_undecidable(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    plan.add("aws_networkfirewall_firewall.fw", name="fw")
    plan.add("aws_autoscaling_group.runners", name="runners")
    plan.add("aws_kms_key.k")
    _, report = run(plan, tmp_path)
    told = {one.file: one.why for one in report.ignored}
    assert told["aws_networkfirewall_firewall.fw (aws_networkfirewall_firewall)"].startswith("undecidable")
    assert not any("kms" in name for name in told)
    assert "111111111111/us-east-1/network-firewall/list-firewalls.json" not in report.files


def test_a_transit_gateway_routes_by_its_default_table(tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_ec2_transit_gateway.hub")
    for name, block in (("a", "10.1"), ("b", "10.2")):
        plan.add(f"aws_vpc.{name}", cidr_block=f"{block}.0.0/16")
        plan.add(
            f"aws_subnet.{name}",
            vpc_id=Ref(f"aws_vpc.{name}.id"),
            cidr_block=f"{block}.0.0/24",
            availability_zone="us-east-1a",
        )
        plan.add(
            f"aws_ec2_transit_gateway_vpc_attachment.{name}",
            vpc_id=Ref(f"aws_vpc.{name}.id"),
            transit_gateway_id=Ref("aws_ec2_transit_gateway.hub.id"),
            subnet_ids=Ref(f"aws_subnet.{name}.id"),
        )
        plan.add(
            f"aws_route.{name}",
            route_table_id=Ref(f"aws_vpc.{name}.main_route_table_id"),
            destination_cidr_block="10.0.0.0/8",
            transit_gateway_id=Ref("aws_ec2_transit_gateway.hub.id"),
        )
        plan.add(
            f"aws_security_group.{name}",
            name=name,
            vpc_id=Ref(f"aws_vpc.{name}.id"),
            ingress=[{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}],
            egress=[{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}],
        )
        plan.add(
            f"aws_instance.{name}",
            subnet_id=Ref(f"aws_subnet.{name}.id"),
            ami="ami-1",
            instance_type="t3.micro",
            vpc_security_group_ids=Ref(f"aws_security_group.{name}.id"),
        )
    reach, _ = run(plan, tmp_path)
    verdict = reach.simulate("i-a", "i-b", port=22, protocol="tcp")
    assert (verdict.outcome, verdict.route) == ("allowed", "private")


def test_private_zones_and_their_records(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    project(plan)
    plan.add("aws_instance.mirror", subnet_id=Ref("aws_subnet.build[0].id"), ami="ami-1", instance_type="t3.micro",
             private_ip="10.0.0.99", vpc_security_group_ids=Ref("aws_security_group.endpoints.id"))  # fmt: skip
    plan.add("aws_route53_zone.own", name="corp.example", vpc=[{"vpc_id": Ref("aws_vpc.main.id")}])
    plan.add("aws_route53_record.mirror", zone_id=Ref("aws_route53_zone.own.zone_id"), name="mirror", type="A", ttl=60,
             records=Ref("aws_instance.mirror.private_ip"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert reach.simulate("codebuild:app", "host:mirror.corp.example", port=443, protocol="tcp").outcome == "allowed"


# --- over a live snapshot ---------------------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> Path:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", name="vpc-1".removeprefix("vpc-"))
    table = net.table(vpc, [], name="priv")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table, name="priv")
    group = net.group(vpc, ingress=[("tcp", 22, 22, "10.0.0.0/16")], name="app")
    net.instance(subnet, "10.0.1.5", [group], name="app")
    net.igw(vpc, name="main")
    return net.write(tmp_path / "live")


def test_a_plan_over_a_live_snapshot_adds_changes_and_deletes_by_id(live: Path, tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_subnet.priv", action="no-op", id="subnet-priv", vpc_id="vpc-1", cidr_block="10.0.1.0/24",
             before={"id": "subnet-priv"})  # fmt: skip
    plan.add("aws_route.out", route_table_id="rtb-priv", destination_cidr_block="0.0.0.0/0", gateway_id="igw-main")
    plan.add("aws_security_group_rule.ssh", action="delete", before={
        "id": "sgrule-1", "type": "ingress", "security_group_id": "sg-app", "protocol": "tcp", "from_port": 22,
        "to_port": 22, "cidr_blocks": ["10.0.0.0/16"],
    })  # fmt: skip
    plan.add("aws_security_group_rule.web", type="ingress", security_group_id="sg-app", protocol="tcp", from_port=443,
             to_port=443, cidr_blocks=["0.0.0.0/0"])  # fmt: skip
    plan.add("aws_instance.new", subnet_id="subnet-priv", ami="ami-1", instance_type="t3.micro",
             vpc_security_group_ids=["sg-app"])  # fmt: skip
    reach, _ = run(plan, tmp_path, onto=live)
    assert {"i-app", "i-new"} <= set(reach.network.instances)
    rules = reach.network.security_groups["sg-app"].ip_permissions
    assert [(one.from_port, one.to_port) for one in rules] == [(443, 443)]
    routes = reach.network.route_tables["rtb-priv"].routes
    assert {one.gateway_id for one in routes} == {"local", "igw-main"}


def test_a_deleted_gateway_leaves_a_blackhole(live: Path, tmp_path: Path) -> None:
    first = PlanJson()
    first.add("aws_route.out", route_table_id="rtb-priv", destination_cidr_block="0.0.0.0/0", gateway_id="igw-main")
    import_terraform(first.write(tmp_path / "first.json"), tmp_path / "one", onto=live)
    second = PlanJson()
    second.add("aws_internet_gateway.main", action="delete", before={"id": "igw-main", "vpc_id": "vpc-1"})
    reach, _ = run(second, tmp_path, onto=tmp_path / "one")
    assert "igw-main" not in reach.network.internet_gateways
    assert "blackhole" in {one.state for one in reach.network.route_tables["rtb-priv"].routes}


def test_a_plan_that_changes_nothing_gives_the_live_answers(live: Path, tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.main", action="no-op", id="vpc-1", cidr_block="10.0.0.0/16", before={"id": "vpc-1"})
    reach, report = run(plan, tmp_path, onto=live)
    for path in load(live).network.snapshot.paths:
        mine, theirs = reach.network.snapshot.read(path), load(live).network.snapshot.read(path)
        assert json.loads(mine) == json.loads(theirs)
    assert "changes nothing" in " ".join(report.warnings)


# --- what is no plan --------------------------------------------------------------------------------------------------


def google() -> dict[str, Any]:
    plan = PlanJson(account="")
    plan.add("google_compute_network.n", provider="registry.terraform.io/hashicorp/google")
    return plan.json()


def looping() -> dict[str, Any]:
    plan = PlanJson()
    plan.call("module.a", x=Ref("module.b.y"))
    plan.call("module.b", x=Ref("module.a.y"))
    plan.output("module.a", "y", "var.x")
    plan.output("module.b", "y", "var.x")
    plan.add("aws_subnet.s", vpc_id=Ref("module.a.y"), cidr_block="10.0.0.0/24")
    return plan.json()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"format_version": "1.2", "planned_values": {"root_mod', "complete JSON"),
        ("[]", "a JSON object, found a list"),
        ('{"version": 4, "lineage": "x", "resources": []}', "a raw state file"),
        ('{"format_version": "2.0", "planned_values": {}}', "format version 0.x or 1.x, found 2.0"),
        ('{"format_version": "1.0"}', "planned_values of a plan"),
        ('{"format_version": "1.0", "planned_values": {}}', "no resource at all"),
        ('{"format_version": "1.0", "planned_values": {"root_module": {"resources": [7]}}}', "JSON format"),
        (json.dumps(google()), "found those of google"),
        (json.dumps(looping()), "cyclic references"),
        ("PK\x03\x04...", "a binary plan"),
        ("\x00\xff", "complete JSON"),
    ],
)
def test_what_is_no_plan_is_told_in_one_line(content: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SnapshotError) as caught:
        import_terraform(path, tmp_path / "out")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_plan_without_a_region_asks_for_one(tmp_path: Path) -> None:
    plan = PlanJson(region="")
    plan.add("aws_vpc.main", cidr_block="10.0.0.0/16")
    with pytest.raises(QuestionError, match="--region"):
        import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    import_terraform(tmp_path / "plan.json", tmp_path / "out", region="eu-west-1")
    assert load(tmp_path / "out").network.vpcs


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = PlanJson()
    network(plan)
    endpoint(plan, "logs")
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "a")
    import_terraform(tmp_path / "plan.json", tmp_path / "b")
    for one in (tmp_path / "a").rglob("*.json"):
        assert one.read_bytes() == (tmp_path / "b" / one.relative_to(tmp_path / "a")).read_bytes()


# --- definitions as people write them ---------------------------------------------------------------------------------


def vpc_module(plan: PlanJson, nat: bool) -> None:
    """The shape of a well-known VPC module: count everywhere, ids through locals, element() over splats."""
    one = {"module": "module.vpc"}
    plan.add(
        "aws_vpc.this", index=0, cidr_block="10.0.0.0/16", enable_dns_hostnames=True, enable_dns_support=True, **one
    )
    for number in range(2):
        for kind, third in (("private", number), ("public", 100 + number)):
            plan.add(f"aws_subnet.{kind}", index=number, vpc_id=Ref("local.vpc_id"),
                     cidr_block=f"10.0.{third}.0/24", **one)  # fmt: skip
        plan.add("aws_route_table.private", index=number, vpc_id=Ref("local.vpc_id"), **one)
        plan.add(
            "aws_route_table_association.private",
            index=number,
            subnet_id=Ref("aws_subnet.private", "count.index"),
            route_table_id=Ref("aws_route_table.private", "var.single_nat_gateway", "count.index"),
            **one,
        )
        plan.add("aws_route_table_association.public", index=number, subnet_id=Ref("aws_subnet.public", "count.index"),
                 route_table_id=Ref("aws_route_table.public[0].id"), **one)  # fmt: skip
    plan.add("aws_internet_gateway.this", index=0, vpc_id=Ref("local.vpc_id"), **one)
    plan.add("aws_route_table.public", index=0, vpc_id=Ref("local.vpc_id"), **one)
    plan.add("aws_route.public", index=0, route_table_id=Ref("aws_route_table.public[0].id"),
             destination_cidr_block="0.0.0.0/0", gateway_id=Ref("aws_internet_gateway.this[0].id"), **one)  # fmt: skip
    if nat:
        plan.add("aws_eip.nat", index=0, domain="vpc", **one)
        plan.add("aws_nat_gateway.this", index=0, allocation_id=Ref("local.nat_gateway_ips", "count.index"),
                 subnet_id=Ref("aws_subnet.public", "count.index"), **one)  # fmt: skip
        for number in range(2):
            plan.add("aws_route.private_nat_gateway", index=number, destination_cidr_block="0.0.0.0/0",
                     route_table_id=Ref("aws_route_table.private", "count.index"),
                     nat_gateway_id=Ref("aws_nat_gateway.this", "count.index"), **one)  # fmt: skip
    plan.output("module.vpc", "private_subnets", "aws_subnet.private")
    plan.output("module.vpc", "private_route_table_ids", "aws_route_table.private")
    plan.output("module.vpc", "vpc_id", "aws_vpc.this[0].id")
    for name in ("build", "endpoints"):
        plan.add(f"aws_security_group.{name}", name=name, vpc_id=Ref("module.vpc.vpc_id"))
    plan.add("aws_vpc_security_group_egress_rule.out", security_group_id=Ref("aws_security_group.build.id"),
             ip_protocol="-1", cidr_ipv4="0.0.0.0/0")  # fmt: skip
    plan.add("aws_vpc_security_group_ingress_rule.in", security_group_id=Ref("aws_security_group.endpoints.id"),
             ip_protocol="tcp", from_port=443, to_port=443,
             referenced_security_group_id=Ref("aws_security_group.build.id"))  # fmt: skip
    plan.add("aws_vpc_endpoint.s3", vpc_id=Ref("module.vpc.vpc_id"), service_name="com.amazonaws.us-east-1.s3",
             route_table_ids=Ref("module.vpc.private_route_table_ids"))  # fmt: skip
    for service in ("ecr.api", "ecr.dkr", "logs", "git-codecommit"):
        plan.add("aws_vpc_endpoint.interface", index=service, vpc_id=Ref("module.vpc.vpc_id"),
                 service_name=f"com.amazonaws.us-east-1.{service}", vpc_endpoint_type="Interface",
                 private_dns_enabled=True, subnet_ids=Ref("module.vpc.private_subnets"),
                 security_group_ids=Ref("aws_security_group.endpoints.id"))  # fmt: skip
    plan.add("aws_iam_role.build", name="build", assume_role_policy=json.dumps(TRUST))
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    plan.add("aws_iam_role_policy.build", role=Ref("aws_iam_role.build.id"), policy=json.dumps(everything))
    project(plan, service_role=Ref("aws_iam_role.build.arn"), vpc_config=[{
        "vpc_id": Ref("module.vpc.vpc_id"), "subnets": Ref("module.vpc.private_subnets"),
        "security_group_ids": Ref("aws_security_group.build.id"),
    }])  # fmt: skip


@pytest.mark.parametrize(("nat", "overall"), [(False, "private-and-working"), (True, "leaking")])
def test_the_shape_of_a_well_known_module(nat: bool, overall: str, tmp_path: Path) -> None:
    plan = PlanJson()
    vpc_module(plan, nat)
    reach, report = run(plan, tmp_path)
    assert reach.check().overall == overall
    assert not any("known only after apply" in one for one in report.warnings)


def test_the_gate_stops_a_plan_that_opens_a_way_out(tmp_path: Path) -> None:
    private, leaking = PlanJson(), PlanJson()
    vpc_module(private, nat=False)
    vpc_module(leaking, nat=True)
    for name, plan in (("live", private), ("planned", leaking)):
        import_terraform(plan.write(tmp_path / f"{name}.json"), tmp_path / name)
    found = load(tmp_path / "live").diff(load(tmp_path / "planned"))
    assert found.exit_code(gate=True) == 1


def test_a_zone_that_is_given_by_its_id_is_not_lost(tmp_path: Path) -> None:
    """What is in one zone and in another are told apart, though their names are known only after apply."""
    plan = PlanJson()
    plan.add("aws_vpc.main", cidr_block="10.0.0.0/16")
    for number, zone in enumerate(("use1-az1", "use1-az2")):
        plan.add(
            "aws_subnet.build", index=number, vpc_id=Ref("aws_vpc.main.id"), cidr_block=f"10.0.{number}.0/24",
            availability_zone_id=zone,
        )  # fmt: skip
    reach, _ = run(plan, tmp_path)
    zones = [reach.network.zone_of(f"subnet-build-{number}") for number in (0, 1)]
    assert zones == ["use1-az1", "use1-az2"]
    assert reach.network.same_zone("subnet-build-0", "subnet-build-1") is False


def peered_gateways(default: str) -> PlanJson:
    """Two VPCs of two Regions on peered transit gateways, by provider version 6, whose resources name their Region."""
    plan = PlanJson(region="eu-west-1")
    sides = {"a": ("eu-west-1", "10.0"), "b": ("us-west-2", "10.1")}
    for name, (region, block) in sides.items():
        vpc, gateway = Ref(f"aws_vpc.{name}.id"), Ref(f"aws_ec2_transit_gateway.{name}.id")
        plan.add(f"aws_vpc.{name}", cidr_block=f"{block}.0.0/16", region=region)
        plan.add(f"aws_subnet.{name}", vpc_id=vpc, cidr_block=f"{block}.1.0/24", region=region)
        rules = {"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["10.0.0.0/8"]}
        plan.add(f"aws_security_group.{name}", vpc_id=vpc, ingress=[rules], egress=[rules], region=region)
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref(f"aws_subnet.{name}.id"), region=region,
                 vpc_security_group_ids=Ref(f"aws_security_group.{name}.id"))  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway.{name}", default_route_table_association=default, region=region)
        plan.add(f"aws_ec2_transit_gateway_vpc_attachment.{name}", transit_gateway_id=gateway, vpc_id=vpc,
                 subnet_ids=Ref(f"aws_subnet.{name}.id"), region=region)  # fmt: skip
    plan.add("aws_ec2_transit_gateway_peering_attachment.p", transit_gateway_id=Ref("aws_ec2_transit_gateway.a.id"),
             peer_transit_gateway_id=Ref("aws_ec2_transit_gateway.b.id"), peer_region="us-west-2",
             region="eu-west-1")  # fmt: skip
    link = Ref("aws_ec2_transit_gateway_peering_attachment.p.id")
    plan.add("aws_ec2_transit_gateway_peering_attachment_accepter.p", transit_gateway_attachment_id=link,
             region="us-west-2")  # fmt: skip
    taken = {"a": link, "b": Ref("aws_ec2_transit_gateway_peering_attachment_accepter.p.id")}
    for name, block in (("a", "10.1.0.0/16"), ("b", "10.0.0.0/16")):
        region, own = sides[name][0], Ref(f"aws_ec2_transit_gateway.{name}.association_default_route_table_id")
        if default == "disable":
            plan.add(f"aws_ec2_transit_gateway_route_table.{name}", region=region,
                     transit_gateway_id=Ref(f"aws_ec2_transit_gateway.{name}.id"))  # fmt: skip
            own = Ref(f"aws_ec2_transit_gateway_route_table.{name}.id")
            attached = {f"p{name}": taken[name], name: Ref(f"aws_ec2_transit_gateway_vpc_attachment.{name}.id")}
            for label, attachment in attached.items():
                plan.add(f"aws_ec2_transit_gateway_route_table_association.{label}", region=region,
                         transit_gateway_attachment_id=attachment, transit_gateway_route_table_id=own)  # fmt: skip
            plan.add(f"aws_ec2_transit_gateway_route_table_propagation.{name}", transit_gateway_route_table_id=own,
                     transit_gateway_attachment_id=attached[name], region=region)  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_route.{name}", destination_cidr_block=block, region=region,
                 transit_gateway_attachment_id=taken[name], transit_gateway_route_table_id=own)  # fmt: skip
        main, gateway = Ref(f"aws_vpc.{name}.main_route_table_id"), Ref(f"aws_ec2_transit_gateway.{name}.id")
        plan.add(f"aws_route.{name}", route_table_id=main, destination_cidr_block=block, transit_gateway_id=gateway,
                 region=region)  # fmt: skip
    return plan


@pytest.mark.parametrize("default", ["enable", "disable"])
def test_a_peering_attachment_is_one_of_both_gateways(default: str, tmp_path: Path) -> None:
    """It was said to be associated with no route table. hashicorp/terraform-provider-aws#16452: it joins the default
    one of each side."""
    reach, _ = run(peered_gateways(default), tmp_path)
    for source, destination in (("i-a", "i-b"), ("i-b", "i-a")):
        assert reach.simulate(source, destination, protocol="tcp", port=443).outcome == "allowed"

"""What a plan leaves open is unknown in every verdict that it decides, and is named by its address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load, load_files
from reachsim.collect.anonymize import anonymize
from reachsim.importers import import_terraform
from reachsim.snapshot import open_snapshot
from tests.importers.test_pipelines_terraform import REGION, nat, whole
from tests.plans import PlanJson, Ref

BUILD = "codebuild:app"


def imported(plan: PlanJson, tmp_path: Path, **options: Any) -> Reach:
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out", **options)
    return load(tmp_path / "out")


def changed(plan: PlanJson, address: str, **values: Any) -> None:
    """Declare a resource anew with other values."""
    kept = next(one for one in plan.changes if one["address"] == address)
    known = dict(kept["change"]["after"])
    plan.changes.remove(kept)
    plan.values[""] = [one for one in plan.values[""] if one["address"] != address]
    (config,) = [one for one in plan.root["resources"] if one["address"] == address]
    plan.root["resources"].remove(config)
    references = {
        name: Ref(*held["references"]) for name, held in config["expressions"].items()
        if isinstance(held, dict) and "references" in held
    }  # fmt: skip
    plan.add(address, **known | references | values)


def in_dynamic_blocks(plan: PlanJson) -> None:
    block = {"vpc_id": Ref("aws_vpc.this.id"), "subnets": Ref("aws_subnet.private"),
             "security_group_ids": Ref("aws_security_group.build.id")}  # fmt: skip
    changed(plan, "aws_codebuild_project.app", vpc_config=[block], dynamic=("vpc_config",))


def in_no_block_that_is_known(plan: PlanJson) -> None:
    changed(plan, "aws_codebuild_project.app", vpc_config=Ref("local.network"), dynamic=("vpc_config",))


def gateway_of_a_local(plan: PlanJson) -> None:
    plan.add("aws_vpc.other", cidr_block="10.99.0.0/16")
    changed(plan, "aws_internet_gateway.this", vpc_id=Ref("local.vpc_id"))


def nat_in_a_local(plan: PlanJson) -> None:
    changed(plan, "aws_nat_gateway.this", subnet_id=Ref("local.subnet_id"))


def main_table_of_a_local(plan: PlanJson) -> None:
    plan.add("aws_main_route_table_association.this", vpc_id=Ref("aws_vpc.this.id"), route_table_id=Ref("local.main"))
    for zone in "ab":
        plan.root["resources"] = [
            one for one in plan.root["resources"] if one["address"] != "aws_route_table_association.private"
        ]
        plan.values[""] = [
            one for one in plan.values[""] if one["address"] != f'aws_route_table_association.private["{zone}"]'
        ]
        plan.changes = [
            one for one in plan.changes if one["address"] != f'aws_route_table_association.private["{zone}"]'
        ]


@pytest.mark.parametrize(
    ("change", "address"),
    [
        (in_dynamic_blocks, "aws_codebuild_project.app"),
        (in_no_block_that_is_known, "aws_codebuild_project.app"),
        (gateway_of_a_local, "aws_internet_gateway.this"),
        (nat_in_a_local, "aws_nat_gateway.this"),
        (main_table_of_a_local, "aws_main_route_table_association.this"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_a_way_out_that_may_be_is_neither_open_nor_closed(
    change: Callable[[PlanJson], None], address: str, tmp_path: Path
) -> None:
    plan = PlanJson(region=REGION)
    nat(plan)
    change(plan)
    reach = imported(plan, tmp_path)
    out = reach.simulate(BUILD, "internet")
    assert (out.outcome, out.route) == ("unknown", "none")
    assert any(address in one.detail for one in out.assumptions)
    assert reach.check().overall == "undecided"


@pytest.mark.parametrize("dynamic", [(), ("ingress",)])
def test_groups_of_several_inline_rules_are_not_mixed_up(dynamic: tuple[str, ...], tmp_path: Path) -> None:
    """Terraform lists the references of all ``ingress`` blocks as one: which block names which group is not there."""
    plan = PlanJson(region=REGION)
    whole(plan)
    plan.add("aws_security_group.web", name="web", vpc_id=Ref("aws_vpc.this.id"))
    plan.add("aws_security_group.db", name="db", vpc_id=Ref("aws_vpc.this.id"), dynamic=dynamic, ingress=[
        {"from_port": 443, "to_port": 443, "protocol": "tcp", "security_groups": Ref("aws_security_group.web.id")},
        {"from_port": 5432, "to_port": 5432, "protocol": "tcp", "security_groups": Ref("aws_security_group.build.id")},
    ])  # fmt: skip
    plan.add("aws_instance.db", ami="ami-1", subnet_id=Ref('aws_subnet.private["a"].id'),
             vpc_security_group_ids=Ref("aws_security_group.db.id"))  # fmt: skip
    reach = imported(plan, tmp_path)
    for port in (443, 5432):
        verdict = reach.simulate(BUILD, "i-db", protocol="tcp", port=port)
        assert verdict.outcome == "unknown"
        assert any("aws_security_group.db" in one.detail for one in verdict.assumptions)


def test_several_inline_rules_of_one_group_are_known(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    whole(plan)
    rules = [
        {"from_port": port, "to_port": port, "protocol": "tcp", "security_groups": Ref("aws_security_group.build.id")}
        for port in (443, 5432)
    ]
    plan.add("aws_security_group.db", name="db", vpc_id=Ref("aws_vpc.this.id"), ingress=rules)
    plan.add("aws_instance.db", ami="ami-1", subnet_id=Ref('aws_subnet.private["a"].id'),
             vpc_security_group_ids=Ref("aws_security_group.db.id"))  # fmt: skip
    reach = imported(plan, tmp_path)
    ports = {port: reach.simulate(BUILD, "i-db", protocol="tcp", port=port).outcome for port in (22, 443, 5432)}
    assert ports == {22: "blocked", 443: "allowed", 5432: "allowed"}


def test_a_choice_between_two_lists_of_subnets_is_open(tmp_path: Path) -> None:
    """``var.public ? aws_subnet.public[*].id : aws_subnet.private[*].id``."""
    plan = PlanJson(region=REGION)
    nat(plan)
    block = {"vpc_id": Ref("aws_vpc.this.id"), "subnets": Ref("var.public", "aws_subnet.public", "aws_subnet.private"),
             "security_group_ids": Ref("aws_security_group.build.id")}  # fmt: skip
    changed(plan, "aws_codebuild_project.app", vpc_config=[block])
    reach = imported(plan, tmp_path)
    assert reach.simulate(BUILD, "internet").outcome == "unknown"
    assert reach.check().overall == "undecided"


@pytest.mark.parametrize(("keys", "outcome"), [(("inner", "outer"), "unknown"), (("a", "b"), "intermittent")])
def test_which_tier_of_one_resource_a_list_takes_is_open(keys: tuple[str, str], outcome: str, tmp_path: Path) -> None:
    """``[for name, one in aws_subnet.this : one.id if …]`` looks like all of them; zones are no tiers."""
    plan = PlanJson(region=REGION)
    nat(plan)
    for number, key in enumerate(keys):
        plan.add("aws_subnet.tiered", index=key, vpc_id=Ref("aws_vpc.this.id"), cidr_block=f"10.20.{20 + number}.0/24",
                 availability_zone=f"{REGION}a")  # fmt: skip
    plan.add("aws_route_table_association.tiered", subnet_id=Ref(f'aws_subnet.tiered["{keys[1]}"].id'),
             route_table_id=Ref("aws_route_table.private.id"))  # fmt: skip
    block = {"vpc_id": Ref("aws_vpc.this.id"), "subnets": Ref("aws_subnet.tiered"),
             "security_group_ids": Ref("aws_security_group.build.id")}  # fmt: skip
    changed(plan, "aws_codebuild_project.app", vpc_config=[block])
    verdict = imported(plan, tmp_path).simulate(BUILD, "internet")
    assert verdict.outcome == outcome
    assert any("aws_subnet.tiered" in one.detail for one in verdict.assumptions) == (outcome == "unknown")


def test_a_role_that_the_plan_does_not_declare_may_trust_codebuild(tmp_path: Path) -> None:
    """A plan is not all that the account has."""
    plan = PlanJson(region=REGION)
    whole(plan)
    changed(plan, "aws_codebuild_project.app", service_role="arn:aws:iam::111111111111:role/made-elsewhere")
    check = imported(plan, tmp_path, account="111111111111").check()
    assert {one.step: one.outcome for one in check.steps}["provisioning"] == "unknown"
    assert check.overall == "undecided"
    assert not [one for one in check.findings if one.id == "ROLE_DOES_NOT_TRUST_CODEBUILD"]


@pytest.mark.parametrize(
    ("containers", "image"),
    [
        ('[{"name": "app", "image": "nginx:1", "environment": [{"name": "A", "value": "planted"}]}]', "nginx:1"),
        (Ref("aws_ecr_repository.app.repository_url"), ""),
    ],
)
def test_containers_are_the_text_of_a_list(containers: Any, image: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    whole(plan)
    plan.add("aws_ecs_task_definition.app", family="app", network_mode="awsvpc", container_definitions=containers)
    imported(plan, tmp_path)
    (held,) = (tmp_path / "out").rglob("describe-task-definition/*.json")
    *_, container = json.loads(held.read_text())["taskDefinition"]["containerDefinitions"]
    assert container["image"] == image
    assert "planted" not in held.read_text()


def test_groups_that_nothing_tells_may_be_those_that_an_endpoint_admits(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    whole(plan)
    block = {"vpc_id": Ref("aws_vpc.this.id"), "subnets": Ref("aws_subnet.private"),
             "security_group_ids": Ref("local.groups")}  # fmt: skip
    changed(plan, "aws_codebuild_project.app", vpc_config=[block])
    reach = imported(plan, tmp_path)
    assert reach.simulate(BUILD, "logs", protocol="tcp", port=443).outcome == "unknown"
    assert reach.check().overall == "undecided"


def test_a_zone_that_nothing_tells_may_hold_any_name(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    whole(plan)
    plan.add("aws_route53_zone_association.x", zone_id=Ref("local.zone"), vpc_id=Ref("aws_vpc.this.id"))
    assert imported(plan, tmp_path).check().overall == "undecided"


@pytest.mark.parametrize(("allowed", "outcome"), [(True, "unknown"), (False, "blocked")])
def test_containers_that_are_not_told_run_what_their_text_names(allowed: bool, outcome: str, tmp_path: Path) -> None:
    """``jsonencode([{image = "${aws_ecr_repository.app.repository_url}:1"}, …])`` is unknown as a whole."""
    plan = PlanJson(region=REGION)
    whole(plan)
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    plan.add("aws_iam_role.task", name="task", assume_role_policy=json.dumps({"Statement": [trust]}))
    if allowed:
        anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        plan.add("aws_iam_role_policy.task", role=Ref("aws_iam_role.task.name"),
                 policy=json.dumps({"Statement": [anything]}))  # fmt: skip
    plan.add("aws_ecs_cluster.c", name="c")
    plan.add("aws_ecs_task_definition.t", family="t", network_mode="awsvpc",
             execution_role_arn=Ref("aws_iam_role.task.arn"),
             container_definitions=Ref("aws_ecr_repository.app.repository_url", "var.tag"))  # fmt: skip
    network = {"subnets": Ref("aws_subnet.private"), "security_groups": Ref("aws_security_group.build.id")}
    plan.add("aws_ecs_service.s", name="s", cluster=Ref("aws_ecs_cluster.c.id"), launch_type="FARGATE",
             task_definition=Ref("aws_ecs_task_definition.t.arn"), network_configuration=[network])  # fmt: skip
    found = imported(plan, tmp_path).check()
    assert [one.outcome for one in found.steps if one.step == "deploy"] == [outcome]
    assert "aws_ecs_task_definition.t" in [one.component for one in found.assumptions if one.code == "PLANNED_TAKEN"]


OUT = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}


@pytest.mark.parametrize(("named", "shown"), [
    (["var.peer"], {"peer": {"value": "10.0.7.0/24"}}),
    (["aws_vpc.v.cidr_block", "aws_vpc.v"], {}),
    (["aws_subnet.b[0].cidr_block", "aws_subnet.b[0]", "aws_subnet.b"], {}),
])  # fmt: skip
def test_what_another_block_names_is_not_what_is_unknown(
    named: list[str], shown: dict[str, Any], tmp_path: Path
) -> None:
    """``ingress { 443 from var.peer } ingress { 80 from terraform_data.x.output }``: one list of references."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    for name, block in (("a", "10.0.1.0/24"), ("b", "10.0.7.0/24")):
        subnet = Ref("aws_vpc.v.id")
        plan.add(f"aws_subnet.{name}", index=0 if name == "b" else None, vpc_id=subnet, cidr_block=block)
    rule = {"protocol": "tcp", "self": False}
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"), egress=[OUT], ingress=[
        rule | {"from_port": 80, "to_port": 80, "cidr_blocks": Ref("terraform_data.x.output", "terraform_data.x")},
        rule | {"from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/16"]},
    ])  # fmt: skip
    for name, subnet in (("a", "aws_subnet.a.id"), ("b", "aws_subnet.b[0].id")):
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref(subnet),
                 vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    document = plan.json() | {"variables": shown}
    (group,) = (one for one in plan.root["resources"] if one["address"] == "aws_security_group.g")
    group["expressions"]["ingress"]["references"] += named
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    reach = load(tmp_path / "out")
    asked = {port: reach.simulate("i-b", "i-a", protocol="tcp", port=port).outcome for port in (443, 80)}
    assert asked == {443: "allowed", 80: "unknown"}


def test_blocks_of_a_set_are_told_apart_by_their_constants(tmp_path: Path) -> None:
    """Terraform shows the blocks of a set in an order of its own."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16", enable_dns_support=True)
    for name, block in (("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")):
        plan.add(f"aws_subnet.{name}", vpc_id=Ref("aws_vpc.v.id"), cidr_block=block)
    plan.add("aws_vpc_endpoint.e", vpc_id=Ref("aws_vpc.v.id"), service_name="com.amazonaws.us-east-1.logs",
             vpc_endpoint_type="Interface", subnet_ids=[], subnet_configuration=[
                 {"ipv4": f"10.0.{number}.9", "subnet_id": Ref(f"aws_subnet.{name}.id")}
                 for number, name in ((1, "a"), (2, "b"))])  # fmt: skip
    document = plan.json()
    for held in (one["change"] for one in document["resource_changes"] if one["type"] == "aws_vpc_endpoint"):
        held["after"]["subnet_configuration"].reverse()
    for one in document["planned_values"]["root_module"]["resources"]:
        one["values"].get("subnet_configuration", []).sort(key=lambda block: block["ipv4"], reverse=True)
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    found = {
        one.private_ip_address: one.subnet_id for one in load(tmp_path / "out").network.network_interfaces.values()
    }
    assert found == {"10.0.1.9": "subnet-a", "10.0.2.9": "subnet-b"}


def test_a_rule_that_nothing_tells_leaves_its_own_direction_open(tmp_path: Path) -> None:
    """What a group lets in does not open what it lets out."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    for name, egress in (("quiet", []), ("loud", [OUT])):
        plan.add(f"aws_security_group.{name}", name=name, vpc_id=Ref("aws_vpc.v.id"), egress=egress, ingress=[])
        plan.add(f"aws_vpc_security_group_ingress_rule.{name}", ip_protocol="tcp", from_port=443, to_port=443,
                 security_group_id=Ref(f"aws_security_group.{name}.id"), cidr_ipv4=Ref("local.peer"))  # fmt: skip
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
                 vpc_security_group_ids=Ref(f"aws_security_group.{name}.id"))  # fmt: skip
    reach = imported(plan, tmp_path)
    asked = {way: reach.simulate(*way, protocol="tcp", port=443).outcome for way in (
        ("i-quiet", "i-loud"), ("i-loud", "i-quiet"))}  # fmt: skip
    assert asked == {("i-quiet", "i-loud"): "blocked", ("i-loud", "i-quiet"): "unknown"}
    (told,) = {
        one.component for one in reach.simulate("i-loud", "i-quiet", protocol="tcp", port=443).assumptions
        if one.code == "PLANNED_VALUE_UNKNOWN"
    }  # fmt: skip
    assert told == "sg-quiet"


def test_what_a_plan_leaves_open_stays_open_under_other_names(tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    plan.add("aws_security_group.acme", name="acme", vpc_id=Ref("aws_vpc.v.id"), egress=[OUT], ingress=[])
    plan.add("aws_vpc_security_group_ingress_rule.acme", ip_protocol="tcp", from_port=443, to_port=443,
             security_group_id=Ref("aws_security_group.acme.id"), cidr_ipv4=Ref("local.peer"))  # fmt: skip
    for name in ("acme_client", "acme_server"):
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
                 vpc_security_group_ids=Ref("aws_security_group.acme.id"))  # fmt: skip
    before = imported(plan, tmp_path)
    files = anonymize(open_snapshot(tmp_path / "out"), b"key").files
    after = load_files(files)
    for reach in (before, after):
        client, server = reach.network.instances
        assert client.startswith("i-")
        asked = {target: reach.simulate(client, target, protocol="tcp", port=443).outcome
                 for target in (server, "ip:10.0.1.200", "internet")}  # fmt: skip
        assert list(asked.values()) == ["unknown", "unknown", "blocked"]
    assert not any(b"acme" in data for data in files.values())


def test_a_group_that_another_block_names_is_no_block_of_addresses(tmp_path: Path) -> None:
    """``ingress { 443 from a group }  ingress { 22 from "${aws_eip.e.public_ip}/32" }`` was refused."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    plan.add("aws_eip.e", domain="vpc")
    plan.add("aws_security_group.client", name="client", vpc_id=Ref("aws_vpc.v.id"), egress=[OUT], ingress=[])
    rule = {"protocol": "tcp", "self": False}
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"), egress=[], ingress=[
        rule | {"from_port": 22, "to_port": 22, "cidr_blocks": Ref("aws_eip.e.public_ip", "aws_eip.e")},
        rule | {"from_port": 443, "to_port": 443,
                "security_groups": Ref("aws_security_group.client.id", "aws_security_group.client")},
    ])  # fmt: skip
    for name in ("client", "g"):
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
                 vpc_security_group_ids=Ref(f"aws_security_group.{name}.id"))  # fmt: skip
    reach = imported(plan, tmp_path)
    asked = {port: reach.simulate("i-client", "i-g", protocol="tcp", port=port).outcome for port in (443, 22)}
    assert asked == {443: "allowed", 22: "unknown"}


def test_what_is_looked_up_during_apply_is_not_taken_for_the_only_one_of_the_plan(tmp_path: Path) -> None:
    """The route goes into the main table, which a data source finds: the subnet's own table was given it."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    plan.add("aws_internet_gateway.g", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_route_table.r", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_route_table_association.a", subnet_id=Ref("aws_subnet.a.id"),
             route_table_id=Ref("aws_route_table.r.id"))  # fmt: skip
    plan.deferred("aws_route_table.main", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_route.out", destination_cidr_block="0.0.0.0/0", gateway_id=Ref("aws_internet_gateway.g.id"),
             route_table_id=Ref("data.aws_route_table.main.id", "data.aws_route_table.main"))  # fmt: skip
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"), egress=[OUT], ingress=[])
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"), associate_public_ip_address=True,
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    verdict = imported(plan, tmp_path).simulate("i-i", "internet", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert any("aws_route.out" in one.detail for one in verdict.assumptions)

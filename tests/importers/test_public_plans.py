"""Forms that public Terraform plans have: parts that were forgotten, deferred or not planned, default resources, other
providers of AWS's, and the shapes of community modules. Hand-made in the documented format (see `tests.plans`).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.errors import SnapshotError
from reachsim.importers import ImportReport, import_terraform
from tests.plans import PROVIDER, PlanJson, Ref

REGION = "eu-west-1"
ALL_OUT = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
Document = dict[str, Any]


def run(plan: PlanJson, tmp_path: Path, *edits: Callable[[Document], None]) -> tuple[Reach, ImportReport]:
    document = plan.json()
    for edit in edits:
        edit(document)
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    report = import_terraform(tmp_path / "plan.json", tmp_path / "out")
    return load(tmp_path / "out"), report


def ask(reach: Reach, source: str, target: str) -> str:
    return reach.simulate(source, target, protocol="tcp", port=443).outcome


def codes(reach: Reach, source: str, target: str) -> set[tuple[str, str]]:
    return {(one.code, one.component) for one in reach.simulate(source, target, protocol="tcp", port=443).assumptions}


def behind_nat(plan: PlanJson, *, routed: bool = True) -> None:
    """An instance ``i-i`` in a private subnet, a NAT gateway, and the one route that leads there."""
    vpc = Ref("aws_vpc.v.id")
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, enable_dns_support=True)
    plan.add("aws_subnet.a", vpc_id=vpc, cidr_block="10.0.1.0/24")
    plan.add("aws_subnet.public", vpc_id=vpc, cidr_block="10.0.9.0/24")
    plan.add("aws_internet_gateway.g", vpc_id=vpc)
    plan.add("aws_route_table.public", vpc_id=vpc, route=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.g.id")},
    ])  # fmt: skip
    plan.add("aws_route_table.private", vpc_id=vpc)
    for name, subnet in (("public", "public"), ("private", "a")):
        plan.add(f"aws_route_table_association.{name}", subnet_id=Ref(f"aws_subnet.{subnet}.id"),
                 route_table_id=Ref(f"aws_route_table.{name}.id"))  # fmt: skip
    plan.add("aws_eip.n", domain="vpc")
    plan.add("aws_nat_gateway.n", subnet_id=Ref("aws_subnet.public.id"), allocation_id=Ref("aws_eip.n.id"))
    plan.add("aws_security_group.g", name="g", vpc_id=vpc, egress=[ALL_OUT])
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    if routed:
        plan.add("aws_route.out", route_table_id=Ref("aws_route_table.private.id"),
                 destination_cidr_block="0.0.0.0/0", nat_gateway_id=Ref("aws_nat_gateway.n.id"))  # fmt: skip


# --- what a plan leaves to later --------------------------------------------------------------------------------------


def without_route(document: Document) -> Document:
    (found,) = (one for one in document["resource_changes"] if one["address"] == "aws_route.out")
    document["resource_changes"].remove(found)
    planned = document["planned_values"]["root_module"]
    planned["resources"] = [one for one in planned["resources"] if one["address"] != "aws_route.out"]
    return dict(found)


def forgotten(document: Document) -> None:
    before = {"route_table_id": "rtb-private", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-n"}
    change = without_route(document) | {"change": {"actions": ["forget"], "before": before, "after": None}}
    document["resource_changes"].append(change)


def deferred(document: Document) -> None:
    change = without_route(document)
    document["deferred_changes"] = [{"reason": "instance_count_unknown", "resource_change": change}]
    document["complete"] = False


def targeted(document: Document) -> None:
    without_route(document)
    document["complete"] = False


def errored(document: Document) -> None:
    without_route(document)
    document["errored"] = True


LATER = {"forget": (forgotten, "allowed"), "deferred_changes": (deferred, "unknown"), "-target": (targeted, "unknown"),
         "errored": (errored, "unknown"), "not declared": (without_route, "blocked")}  # fmt: skip


@pytest.mark.parametrize("what", LATER)
def test_a_route_that_the_plan_leaves_to_later(what: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    edit, outcome = LATER[what]
    if what == "not declared":
        plan.root["resources"] = [one for one in plan.root["resources"] if one["address"] != "aws_route.out"]
    reach, report = run(plan, tmp_path, edit)
    assert ask(reach, "i-i", "internet") == outcome
    assert any("aws_route.out" in one or "plan" in one for one in report.warnings) == (outcome == "unknown")


def test_a_module_that_was_not_planned_may_be_there(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    plan.call("module.out", table=Ref("aws_route_table.private.id"), nat=Ref("aws_nat_gateway.n.id"))
    plan.add("aws_route.out", module="module.out", route_table_id=Ref("var.table"),
             destination_cidr_block="0.0.0.0/0", nat_gateway_id=Ref("var.nat"))  # fmt: skip

    def cut(document: Document) -> None:
        document["errored"] = True
        document["planned_values"]["root_module"].pop("child_modules")
        document["resource_changes"] = [one for one in document["resource_changes"] if "module" not in one["address"]]

    reach, _ = run(plan, tmp_path, cut)
    assert ask(reach, "i-i", "internet") == "unknown"


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_a_route_that_is_replaced_is_there_once(actions: list[str], tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)

    def replaced(document: Document) -> None:
        for one in document["resource_changes"]:
            if one["address"] == "aws_route.out":
                before = {"route_table_id": "rtb-0", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-0"}
                one["change"] |= {"actions": actions, "before": before}

    reach, report = run(plan, tmp_path, replaced)
    assert len(reach.network.route_tables["rtb-private"].routes) == 2
    assert report.warnings == ()


@pytest.mark.parametrize(("key", "subnet"), [("b", "subnet-more-b"), ("z", "")])
def test_a_variable_picks_an_instance_by_its_key(key: str, subnet: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    for number, name in enumerate("ab"):
        plan.add("aws_subnet.more", index=name, vpc_id=Ref("aws_vpc.v.id"), cidr_block=f"10.0.{20 + number}.0/24")
    plan.add("aws_instance.j", ami="ami-1", subnet_id=Ref("aws_subnet.more", "var.zone"))
    plan.more["variables"] = {"zone": {"value": key}}
    reach, _ = run(plan, tmp_path)
    assert reach.network.instances["i-j"].subnet_id == subnet


# --- what is not read and may add to what is --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["awscc_ec2_route", "aws_cloudformation_stack"])
def test_what_is_not_read_may_add_to_what_it_names(kind: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    provider = PROVIDER.replace("aws", "awscc") if kind.startswith("awscc") else PROVIDER
    plan.add(f"{kind}.x", provider=provider, route_table_id=Ref("aws_route_table.private.id"))
    reach, report = run(plan, tmp_path)
    assert ask(reach, "i-i", "internet") == "unknown"
    assert any(kind in one.file and "undecidable" in one.why for one in report.ignored)


@pytest.mark.parametrize(("mode", "outcome"), [("off", "allowed"), ("block-bidirectional", "blocked")])
def test_block_public_access_of_the_provider_awscc_counts(mode: str, outcome: str, tmp_path: Path) -> None:
    """It names nothing that it could add to, and was passed over."""
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    plan.add("awscc_ec2_vpc_block_public_access_options.o", provider=PROVIDER.replace("aws", "awscc"),
             internet_gateway_block_mode=mode)  # fmt: skip
    assert ask(run(plan, tmp_path)[0], "i-i", "internet") == outcome


def test_a_zone_of_the_provider_awscc_leaves_names_open(tmp_path: Path) -> None:
    """Its names were said not to be there."""
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    plan.add("awscc_route53_hosted_zone.z", provider=PROVIDER.replace("aws", "awscc"), more={"name": "corp.internal"})
    assert ask(run(plan, tmp_path)[0], "i-i", "host:db.corp.internal") == "unknown"


# --- default resources ------------------------------------------------------------------------------------------------


def test_the_default_vpc_lets_out(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    plan.add("aws_default_vpc.d")
    plan.add("aws_default_subnet.a", availability_zone="eu-west-1a")
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_default_vpc.d.id"), egress=[ALL_OUT])
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_default_subnet.a.id"),
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-i", "internet") == "allowed"


def test_an_adopted_default_table_of_the_default_vpc_loses_its_routes(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    plan.add("aws_default_vpc.d")
    plan.add("aws_default_route_table.t", default_route_table_id=Ref("aws_default_vpc.d.default_route_table_id"))
    reach, _ = run(plan, tmp_path)
    (table,) = reach.network.route_tables.values()
    assert [one.gateway_id for one in table.routes] == ["local"]


@pytest.mark.parametrize(("adopted", "outcome"), [(False, "allowed"), (True, "blocked")])
def test_an_adopted_default_group_has_the_rules_that_are_declared(adopted: bool, outcome: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    plan.add("aws_instance.j", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"))
    if adopted:
        plan.add("aws_default_security_group.d", vpc_id=Ref("aws_vpc.v.id"))
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-j", "internet") == outcome


# --- what looks alike in a plan ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart", [False, True])
def test_a_group_without_rules_may_have_dynamic_ones(apart: bool, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    plan.add("aws_security_group.db", name="db", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_instance.db", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
             vpc_security_group_ids=Ref("aws_security_group.db.id"))  # fmt: skip
    if apart:
        plan.add("aws_vpc_security_group_ingress_rule.db", security_group_id=Ref("aws_security_group.db.id"),
                 ip_protocol="tcp", from_port=5432, to_port=5432, cidr_ipv4="10.0.0.0/16")  # fmt: skip

    def computed(document: Document) -> None:
        for one in document["resource_changes"]:
            if one["address"] == "aws_security_group.db":
                one["change"]["after_unknown"] |= {"ingress": True, "egress": True}

    reach, _ = run(plan, tmp_path, computed)
    assert ask(reach, "i-i", "i-db") == "blocked"
    assert (("PLANNED_BLOCKS_UNSEEN", "sg-db") in codes(reach, "i-i", "i-db")) is not apart


@pytest.mark.parametrize(("keys", "told"), [(("build", "deploy"), True), (("a", "b"), False)])
def test_a_list_that_names_a_resource_as_a_whole_takes_all(keys: tuple[str, str], told: bool, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    for number, key in enumerate(keys):
        plan.add("aws_route_table.more", index=key, vpc_id=Ref("aws_vpc.v.id"))
        plan.add("aws_subnet.more", index=key, vpc_id=Ref("aws_vpc.v.id"), cidr_block=f"10.0.{20 + number}.0/24")
        plan.add("aws_route_table_association.more", index=key, subnet_id=Ref("aws_subnet.more", "each.key"),
                 for_each=Ref("aws_subnet.more"), route_table_id=Ref("aws_route_table.more", "each.key"))  # fmt: skip
    plan.add("aws_vpc_endpoint.s3", vpc_id=Ref("aws_vpc.v.id"), service_name=f"com.amazonaws.{REGION}.s3",
             vpc_endpoint_type="Gateway", route_table_ids=Ref("aws_route_table.more"))  # fmt: skip
    plan.add("aws_instance.j", ami="ami-1", subnet_id=Ref(f'aws_subnet.more["{keys[0]}"].id'),
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-j", "s3") == "allowed"
    assert (("PLANNED_ALL_TAKEN", "vpce-s3") in codes(reach, "i-j", "s3")) is told


# --- community modules ------------------------------------------------------------------------------------------------


def vpc_module(plan: PlanJson, *, single: bool) -> None:
    """The shape of terraform-aws-modules/vpc: count, locals, ``element(…, var.single ? 0 : count.index)``."""
    module, vpc = "module.vpc", Ref("local.vpc_id")
    plan.call(module, cidr="10.0.0.0/16", single_nat_gateway=single, azs=["eu-west-1a", "eu-west-1b"])
    plan.add("aws_vpc.this", index=0, module=module, cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
    plan.add("aws_internet_gateway.this", index=0, module=module, vpc_id=vpc)
    plan.add("aws_route_table.public", index=0, module=module, vpc_id=vpc)
    plan.add("aws_route.public_internet_gateway", index=0, module=module, destination_cidr_block="0.0.0.0/0",
             route_table_id=Ref("aws_route_table.public", "count.index"),
             gateway_id=Ref("aws_internet_gateway.this[0].id"))  # fmt: skip
    for number in range(2):
        for kind, third, flag in (("private", 1, "single_nat_gateway"), ("public", 101, "create_multiple_tables")):
            plan.add(f"aws_subnet.{kind}", index=number, module=module, vpc_id=vpc,
                     cidr_block=f"10.0.{third + number}.0/24")  # fmt: skip
            plan.add(f"aws_route_table_association.{kind}", index=number, module=module,
                     subnet_id=Ref(f"aws_subnet.{kind}", "count.index"),
                     route_table_id=Ref(f"aws_route_table.{kind}", f"var.{flag}", "count.index"))  # fmt: skip
    for number in range(1 if single else 2):
        plan.add("aws_route_table.private", index=number, module=module, vpc_id=vpc)
        plan.add("aws_eip.nat", index=number, module=module, domain="vpc")
        plan.add("aws_nat_gateway.this", index=number, module=module,
                 allocation_id=Ref("local.nat_gateway_ips", "var.single_nat_gateway", "count.index"),
                 subnet_id=Ref("aws_subnet.public", "var.single_nat_gateway", "count.index"))  # fmt: skip
        plan.add("aws_route.private_nat_gateway", index=number, module=module, destination_cidr_block="0.0.0.0/0",
                 route_table_id=Ref("aws_route_table.private", "count.index"),
                 nat_gateway_id=Ref("aws_nat_gateway.this", "count.index"))  # fmt: skip
    plan.output(module, "vpc_id", "aws_vpc.this[0].id")
    plan.output(module, "private_subnets", "aws_subnet.private")
    plan.output(module, "private_route_table_ids", "aws_route_table.private")


def endpoints_module(plan: PlanJson) -> None:
    """The shape of its endpoints submodule: everything through ``each.value`` of a local."""
    module = "module.endpoints"
    plan.call(module, vpc_id=Ref("module.vpc.vpc_id"), subnet_ids=Ref("module.vpc.private_subnets"),
              security_group_ids=Ref("aws_security_group.g.id"),
              endpoints=Ref("module.vpc.private_route_table_ids"))  # fmt: skip
    for name, kind in (("s3", "Gateway"), ("logs", "Interface")):
        plan.add("aws_vpc_endpoint.this", index=name, module=module, for_each=Ref("local.endpoints"),
                 vpc_id=Ref("var.vpc_id"), service_name=f"com.amazonaws.{REGION}.{name}", vpc_endpoint_type=kind,
                 private_dns_enabled=kind == "Interface", route_table_ids=Ref("each.value"),
                 subnet_ids=Ref("each.value", "var.subnet_ids"),
                 security_group_ids=Ref("local.security_group_ids", "each.value"))  # fmt: skip


def null_elsewhere(document: Document) -> None:
    """A gateway endpoint has no subnets and groups, an interface endpoint no route tables: both are null."""
    for one in document["resource_changes"]:
        if one["type"] == "aws_vpc_endpoint":
            gateway = one["address"].endswith('["s3"]')
            for name in ("subnet_ids", "security_group_ids") if gateway else ("route_table_ids",):
                one["change"]["after"][name] = None
                one["change"]["after_unknown"].pop(name)


@pytest.mark.parametrize("single", [True, False])
def test_the_shape_of_well_known_modules(single: bool, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    vpc_module(plan, single=single)
    https = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/16"]}
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("module.vpc.vpc_id"), egress=[ALL_OUT], ingress=[https])
    endpoints_module(plan)
    plan.add("aws_lambda_function.f", function_name="f", role="arn:aws:iam::111111111111:role/x", vpc_config=[{
        "subnet_ids": Ref("module.vpc.private_subnets"), "security_group_ids": Ref("aws_security_group.g.id"),
    }])  # fmt: skip
    reach, report = run(plan, tmp_path, null_elsewhere)
    assert not [one for one in report.warnings if "known only after apply" in one]
    assert len(report.warnings) < 6
    for target, route in (("internet", "internet"), ("s3", "private"), ("logs", "private")):
        found = reach.simulate("lambda:f", target, protocol="tcp", port=443)
        assert (target, found.outcome, found.route) == (target, "allowed", route)
    assert ("PLANNED_ALL_TAKEN", "vpce-endpoints-this-s3") in codes(reach, "lambda:f", "s3")
    tables = {
        len([one for one in table.associations if one.subnet_id]) for table in reach.network.route_tables.values()
    }
    assert tables == ({0, 2} if single else {0, 1, 2})


def test_aliased_providers_are_places_of_their_own(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    plan.add("aws_vpc.here", cidr_block="10.0.0.0/16")
    plan.add("aws_vpc.there", cidr_block="10.1.0.0/16")

    def alias(document: Document) -> None:
        config = document["configuration"]
        config["provider_config"]["aws.us"] = {
            "name": "aws", "alias": "us", "expressions": {"region": {"constant_value": "us-east-1"}},
        }  # fmt: skip
        for one in config["root_module"]["resources"]:
            one["provider_config_key"] = "aws.us" if one["name"] == "there" else "module.x:aws"

    reach, _ = run(plan, tmp_path, alias)
    homes = {name: reach.network.places[name].home[1] for name in reach.network.vpcs}
    assert homes == {"vpc-here": REGION, "vpc-there": "us-east-1"}


# --- files as they are made -------------------------------------------------------------------------------------------


ENCODINGS = {
    "PowerShell": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "big-endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-8 with BOM": lambda text: codecs.BOM_UTF8 + text.encode(),
    "setup-terraform": lambda text: f"[command]/usr/bin/terraform show -json\n{text}".encode(),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_plans_as_shells_write_them(encode: Callable[[str], bytes], tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    (tmp_path / "plan.json").write_bytes(encode(json.dumps(plan.json())))
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    assert list(load(tmp_path / "out").network.vpcs) == ["vpc-v"]


# --- other forms ------------------------------------------------------------------------------------------------------


def test_routes_that_an_old_plan_does_not_show_go_to_the_only_gateway(tmp_path: Path) -> None:
    """Terraform before 0.13 leaves attributes that are written as blocks out of the configuration."""
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    for target, gateway in (("nat_gateway_id", "nat_gateway.n"), ("gateway_id", "internet_gateway.g")):
        name = "private" if target == "nat_gateway_id" else "public"
        change = next(one for one in plan.changes if one["address"] == f"aws_route_table.{name}")
        config = next(one for one in plan.root["resources"] if one["address"] == f"aws_route_table.{name}")
        config["expressions"].pop("route", None)
        change["change"]["after"]["route"] = [{"cidr_block": "0.0.0.0/0", "egress_only_gateway_id": ""}]
        change["change"]["after_unknown"]["route"] = [{target: True}]
        assert any(one["address"] == f"aws_{gateway}" for one in plan.changes)
    reach, report = run(plan, tmp_path)
    assert ask(reach, "i-i", "internet") == "allowed"
    assert ("PLANNED_VALUE", "rtb-private") in codes(reach, "i-i", "internet")
    assert any("aws_nat_gateway.n is the only one" in one for one in report.warnings)


def test_routes_that_an_old_plan_does_not_show_stay_open_among_several(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    plan.add("aws_nat_gateway.other", subnet_id=Ref("aws_subnet.public.id"), connectivity_type="private")
    change = next(one for one in plan.changes if one["address"] == "aws_route_table.private")
    change["change"]["after"]["route"] = [{"cidr_block": "0.0.0.0/0"}]
    change["change"]["after_unknown"]["route"] = [{"nat_gateway_id": True}]
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-i", "internet") == "unknown"


@pytest.mark.parametrize(("data", "told"), [
    (b'{"@level":"info","@message":"Terraform 1.9.0","type":"version"}\n{"@level":"info"}\n', "log of terraform plan"),
    (b"\nTerraform will perform the following actions:\n\n  # aws_vpc.a will be created\n", "text of terraform show"),
    (b'resource "aws_vpc" "a" {\n}\n', "Terraform's configuration"), (b"\x1f\x8b\x08", "a compressed file"),
    (b"\n", "an empty file: save the plan"), (b'{"format_version": "1.0"}', "needs a saved plan or a state"),
    (b'{"resource": {"aws_vpc": {"v": {}}}}', "Terraform's configuration: save the plan"),
    (b'{"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}', "reachsim import cloudformation takes it"),
    (b'level=info msg=x\n{"format_version": "1.2"}', "give the JSON of one plan alone"),
    (b'{"format_version": "1.2"}\n{"format_version": "1.2"}\n', "several documents"),
])  # fmt: skip
def test_what_is_no_json_of_terraform_show_is_named(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(data)
    with pytest.raises(SnapshotError, match=told):
        import_terraform(tmp_path / "plan.json", tmp_path / "out")


# --- what is left out -------------------------------------------------------------------------------------------------


def test_checks_repeat_what_the_import_left_out_or_took_for_granted(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION, account="")
    behind_nat(plan)
    plan.add("aws_eks_cluster.k", name="k", vpc_config=[{"subnet_ids": Ref("aws_subnet.a.id")}])
    for name in ("x", "y"):
        plan.add(f"aws_workspaces_directory.{name}", subnet_ids=Ref("aws_subnet.a.id"))
    plan.add("aws_cognito_user_pool.u", name="u")
    reach, report = run(plan, tmp_path)
    told = {one.component: one.detail for one in reach.check().assumptions if one.code == "PLANNED_LEFT_OUT"}
    assert told == {
        "aws_eks_cluster.k": "nodes and pods of the cluster (aws_eks_cluster)",
        "aws_workspaces_directory.x": "not modelled (2 of the kind aws_workspaces_directory)",
    }
    assert "aws_cognito_user_pool.u (aws_cognito_user_pool)" in [one.file for one in report.ignored]
    taken = [one.component for one in reach.check().assumptions if one.code == "PLANNED_TAKEN"]
    assert taken == ["000000000000"]


def test_a_grant_leaves_open_what_a_key_lets_do(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    plan.add("aws_kms_key.k", description="k")
    plan.add("aws_kms_key.other", description="other")
    plan.add("aws_kms_grant.g", key_id=Ref("aws_kms_key.k.key_id"), operations=["Decrypt"])
    run(plan, tmp_path)
    folder = tmp_path / f"out/111111111111/{REGION}/kms/list-grants"
    assert sorted(one.name for one in folder.iterdir()) == ["other.json"]


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "name"), [
    ("aws_route53_zone.z", "vpc"), ("aws_route53_zone.z", "name"), ("aws_route53_record.r", "zone_id"),
    ("aws_route53_record.r", "name"), ("aws_route53_record.r", "type"), ("aws_route53_record.r", "records"),
    ("aws_route53_zone_association.a", "vpc_id"),
])  # fmt: skip
def test_what_a_zone_answers_that_is_told_in_part(address: str, name: str, tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan)
    other = {"aws_vpc.w": "10.9.0.0/16", "aws_vpc.x": "10.8.0.0/16"}
    for one, block in other.items():
        plan.add(one, cidr_block=block)
    joined = "aws_vpc.w" if address.endswith("association.a") else "aws_vpc.v"
    values: dict[str, Document] = {
        "aws_route53_zone.z": {"name": "corp.example", "vpc": [{"vpc_id": Ref(f"{joined}.id")}]},
        "aws_route53_zone.other": {"name": "other.example", "vpc": [{"vpc_id": Ref(f"{joined}.id")}]},
        "aws_route53_record.r": {"zone_id": Ref("aws_route53_zone.z.id"), "name": "db.corp.example", "type": "A",
                                 "ttl": 60, "records": ["10.0.1.9"]},
    }  # fmt: skip
    if joined == "aws_vpc.w":
        values[address] = {"zone_id": Ref("aws_route53_zone.z.id"), "vpc_id": Ref("aws_vpc.v.id")}
    values[address][name] = Ref("local.x")
    for one, held in values.items():
        plan.add(one, more=held)
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-i", "host:db.corp.example") == "unknown"


def test_what_is_added_to_adopted_default_resources_is_added_to_the_vpcs_own(tmp_path: Path) -> None:
    """Rules, routes and associations name them by the id of ``aws_default_…``."""
    plan = PlanJson(region=REGION)
    vpc, public = Ref("aws_vpc.v.id"), Ref("aws_internet_gateway.g.id")
    any_port = {"from_port": 0, "to_port": 0}
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_internet_gateway.g", vpc_id=vpc)
    plan.add("aws_subnet.a", vpc_id=vpc, cidr_block="10.0.1.0/24")
    plan.add("aws_default_route_table.d", default_route_table_id=Ref("aws_vpc.v.default_route_table_id"))
    plan.add("aws_default_security_group.d", vpc_id=vpc)
    plan.add("aws_default_network_acl.d", default_network_acl_id=Ref("aws_vpc.v.default_network_acl_id"),
             **{way: [{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0", **any_port}]
                for way in ("ingress", "egress")})  # fmt: skip
    plan.add("aws_route_table_association.a", subnet_id=Ref("aws_subnet.a.id"),
             route_table_id=Ref("aws_default_route_table.d.id"))  # fmt: skip
    plan.add("aws_route.out", route_table_id=Ref("aws_default_route_table.d.id"),
             destination_cidr_block="0.0.0.0/0", gateway_id=public)  # fmt: skip
    for port in (80, 443):
        plan.add(f"aws_security_group_rule.r{port}", security_group_id=Ref("aws_default_security_group.d.id"),
                 type="ingress", protocol="tcp", from_port=port, to_port=port, cidr_blocks=["0.0.0.0/0"])  # fmt: skip
    plan.add("aws_network_acl_rule.r", network_acl_id=Ref("aws_default_network_acl.d.id"), rule_number=50, egress=False,
             protocol="tcp", rule_action="deny", cidr_block="0.0.0.0/0", from_port=80, to_port=80)  # fmt: skip
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"), associate_public_ip_address=True)
    reach, report = run(plan, tmp_path)
    found = {
        port: reach.simulate("internet", "i-i", protocol="tcp", port=port).outcome for port in (22, 80, 443)
    }  # fmt: skip
    assert found == {22: "blocked", 80: "blocked", 443: "allowed"}
    assert report.warnings == ()


@pytest.mark.parametrize("inline", [True, False])
def test_a_nat_gateway_may_be_given_as_any_gateway(inline: bool, tmp_path: Path) -> None:
    """The plan of Batfish's ``test-nat-gateway``: what was pulled after it shows the route's ``NatGatewayId``."""
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    gateway = Ref("aws_nat_gateway.n.id")
    plan.add("aws_subnet.b", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.2.0/24")
    plan.add("aws_route_table_association.own", subnet_id=Ref("aws_subnet.b.id"),
             route_table_id=Ref("aws_route_table.own.id"))  # fmt: skip
    plan.add("aws_instance.j", ami="ami-1", subnet_id=Ref("aws_subnet.b.id"),
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    way = [{"cidr_block": "0.0.0.0/0", "gateway_id": gateway}] if inline else []
    plan.add("aws_route_table.own", vpc_id=Ref("aws_vpc.v.id"), route=way)
    if not inline:
        plan.add("aws_route.r", route_table_id=Ref("aws_route_table.own.id"), destination_cidr_block="0.0.0.0/0",
                 gateway_id=gateway)  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-j", "ip:198.51.100.9") == "allowed"
    assert [one.nat_gateway_id for one in reach.network.route_tables["rtb-own"].routes] == [None, "nat-n"]


def test_the_nat_gateway_of_another_block_is_none_of_the_gateways(tmp_path: Path) -> None:
    """One list of references stands for all blocks; the gateway that a local hides is the internet gateway."""
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    plan.add("aws_route_table.own", vpc_id=Ref("aws_vpc.v.id"), route=[
        {"cidr_block": "198.51.100.0/24", "nat_gateway_id": Ref("aws_nat_gateway.n.id")},
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("local.gateway")},
    ])  # fmt: skip
    reach, report = run(plan, tmp_path)
    ways = {one.nat_gateway_id or one.gateway_id for one in reach.network.route_tables["rtb-own"].routes}
    assert ways == {"local", "nat-n", "igw-g"}
    assert any("of a local" in told for told in report.warnings)


def test_what_names_something_else_is_not_taken_for_the_only_one_that_it_could_be(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    behind_nat(plan, routed=False)
    plan.add("aws_route.r", route_table_id=Ref("aws_route_table.private.id"), destination_cidr_block="0.0.0.0/0",
             nat_gateway_id=Ref("aws_internet_gateway.g.id"))  # fmt: skip
    reach, report = run(plan, tmp_path)
    assert ask(reach, "i-i", "ip:198.51.100.9") == "unknown"
    assert not any("of a local" in told for told in report.warnings)


# --- states: what exists already, of which others may have made parts ------------------------------------------------

BUILD = {
    "artifacts": [{"type": "NO_ARTIFACTS"}], "source": [{"type": "NO_SOURCE", "buildspec": "version: 0.2"}],
    "environment": [{"type": "LINUX_CONTAINER", "compute_type": "BUILD_GENERAL1_SMALL", "image": "x"}],
    "vpc_config": [{"vpc_id": "vpc-1", "subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}],
}  # fmt: skip
ANY = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}


def state(tmp_path: Path, **more: dict[str, Any]) -> Reach:
    """A state with a build in a subnet of a VPC; a further resource is called by its kind."""
    held: dict[str, dict[str, Any]] = {
        "aws_vpc": {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_hostnames": True,
                    "enable_dns_support": True, "default_route_table_id": "rtb-main",
                    "default_network_acl_id": "acl-main", "default_security_group_id": "sg-main"},
        "aws_subnet": {"id": "subnet-1", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24"},
        "aws_security_group": {"id": "sg-1", "name": "b", "vpc_id": "vpc-1", "ingress": [ANY], "egress": [ANY]},
        "aws_codebuild_project": {"id": "app", "name": "app", "service_role": "arn:aws:iam::111111111111:role/r"}
        | BUILD,
        **more,
    }  # fmt: skip
    resources = [
        {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "provider_name": PROVIDER,
         "schema_version": 1, "values": values, "sensitive_values": {}}
        for kind, values in held.items()
    ]  # fmt: skip
    document = {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {}}}
    document["values"]["root_module"] = {"resources": resources}  # type: ignore[index]
    (tmp_path / "state.json").write_text(json.dumps(document))
    import_terraform(tmp_path / "state.json", tmp_path / "out", region="us-east-1", account="111111111111")
    return load(tmp_path / "out")


def table(**route: str) -> dict[str, dict[str, Any]]:
    """A route table of the subnet with one route."""
    return {
        "aws_route_table": {"id": "rtb-1", "vpc_id": "vpc-1", "route": [{"cidr_block": "0.0.0.0/0"} | route]},
        "aws_route_table_association": {"id": "rtbassoc-1", "route_table_id": "rtb-1", "subnet_id": "subnet-1"},
    }


def test_a_transit_gateway_that_a_state_does_not_declare_may_be_attached(tmp_path: Path) -> None:
    """Amazon VPC Transit Gateways guide, "Transit gateway VPC attachments": its owner or another state attaches it."""
    reach = state(tmp_path, **table(transit_gateway_id="tgw-1"))
    verdict = reach.simulate("codebuild:app", "internet", protocol="tcp", port=443)
    assert (verdict.outcome, "tgw-1" in {one.component for one in verdict.assumptions}) == ("unknown", True)


def test_the_main_route_table_of_a_vpc_that_exists_may_have_routes(tmp_path: Path) -> None:
    """Amazon VPC User Guide, "Main route table": it can be changed like any other."""
    verdict = state(tmp_path).simulate("codebuild:app", "internet", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert ("PLANNED_VALUE_UNKNOWN", "rtb-main") in {(one.code, one.component) for one in verdict.assumptions}


def test_a_service_may_have_an_endpoint_that_a_state_does_not_declare(tmp_path: Path) -> None:
    reach = state(tmp_path)
    assert ("PLANNED_TAKEN", "vpc-1") in codes(reach, "codebuild:app", "sts")


def test_the_main_route_table_that_a_state_declares_is_told(tmp_path: Path) -> None:
    main = {"id": "rtb-main", "vpc_id": "vpc-1", "default_route_table_id": "rtb-main", "route": []}
    verdict = state(tmp_path, aws_default_route_table=main).simulate("codebuild:app", "internet", protocol="tcp")
    assert verdict.outcome == "blocked"


def test_the_default_acl_of_a_vpc_that_exists_is_taken_to_be_as_aws_made_it(tmp_path: Path) -> None:
    nat = {"id": "nat-1", "subnet_id": "subnet-1", "private_ip": "10.0.1.9", "connectivity_type": "private"}
    reach = state(tmp_path, aws_nat_gateway=nat, **table(nat_gateway_id="nat-1"))
    notes = {(note.code, note.component, note.can_hide) for note in reach.network.snapshot.manifest.planned}
    assert ("PLANNED_TAKEN", "acl-main", "block") in notes


@pytest.mark.parametrize(("told", "outcome"), [("available", "allowed"), ("pendingAcceptance", "blocked")])
def test_an_endpoint_has_the_state_that_is_told(told: str, outcome: str, tmp_path: Path) -> None:
    """AWS PrivateLink guide, "Interface endpoint states"."""
    point = {
        "id": "vpce-1", "vpc_id": "vpc-1", "vpc_endpoint_type": "Interface", "private_dns_enabled": True,
        "service_name": "com.amazonaws.us-east-1.ecr.api", "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"],
        "state": told,
    }  # fmt: skip
    main = {"id": "rtb-main", "vpc_id": "vpc-1", "default_route_table_id": "rtb-main", "route": []}
    reach = state(tmp_path, aws_vpc_endpoint=point, aws_default_route_table=main)
    assert ask(reach, "codebuild:app", "ecr.api") == outcome

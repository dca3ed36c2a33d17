"""What a plan's expressions do not show: how an index is worked out, which of two tables a condition picks, which route
tables an endpoint is for. Hand-made in the documented format (see `tests.plans`); the references are spelled as
Terraform 1.11 spells them for the HCL that is quoted.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim.api import Reach, load
from reachsim.importers import ImportReport, import_terraform
from tests.plans import PlanJson, Ref

REGION = "eu-west-1"
OUT = {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.g.id")}
BY_INDEX = Ref("aws_subnet.all", "count.index")
"""``aws_subnet.all[count.index].id`` and ``aws_subnet.all[count.index + 2].id`` alike."""


def run(plan: PlanJson, tmp_path: Path) -> tuple[Reach, ImportReport]:
    report = import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    return load(tmp_path / "out"), report


def ask(reach: Reach, source: str, target: str = "internet") -> str:
    return reach.simulate(source, target, protocol="tcp", port=443).outcome


def network(plan: PlanJson, subnets: int) -> None:
    """A VPC, a public and an isolated route table, and so many subnets."""
    vpc = Ref("aws_vpc.v.id")
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
    plan.add("aws_internet_gateway.g", vpc_id=vpc)
    plan.add("aws_route_table.public", vpc_id=vpc, route=[OUT])
    plan.add("aws_route_table.isolated", vpc_id=vpc)
    for number in range(subnets):
        plan.add("aws_subnet.all", index=number, vpc_id=vpc, cidr_block=f"10.0.{number}.0/24")


def associate(plan: PlanJson, name: str, table: str, count: int, subnet: Ref = BY_INDEX) -> None:
    for number in range(count):
        plan.add(f"aws_route_table_association.{name}", index=number, subnet_id=subnet,
                 route_table_id=Ref(f"aws_route_table.{table}.id"))  # fmt: skip


def test_an_index_into_more_than_there_are_may_be_offset(tmp_path: Path) -> None:
    """Two of four subnets are public: ``aws_subnet.all[count.index + 2]``, for all that a plan shows."""
    plan = PlanJson(region=REGION)
    network(plan, 4)
    associate(plan, "isolated", "isolated", 2)
    associate(plan, "public", "public", 2)
    reach, report = run(plan, tmp_path)
    assert [ask(reach, f"subnet-all-{number}") for number in range(4)] == ["unknown"] * 4
    assert any("aws_route_table_association.public[0]: the subnet" in one for one in report.warnings)


def test_as_many_as_there_are_go_by_their_index(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    network(plan, 2)
    associate(plan, "public", "public", 2)
    reach, _ = run(plan, tmp_path)
    assert [ask(reach, f"subnet-all-{number}") for number in range(2)] == ["allowed"] * 2


@pytest.mark.parametrize(("alike", "outcome"), [(True, "allowed"), (False, "unknown")])
def test_which_of_several_subnets_matters_where_they_differ(alike: bool, outcome: str, tmp_path: Path) -> None:
    """``subnet_id = aws_subnet.all[count.index + …].id`` of one instance."""
    plan = PlanJson(region=REGION)
    network(plan, 2)
    for number in range(2):
        table = "public" if alike or number == 0 else "isolated"
        associate(plan, f"{table}{number}", table, 1, Ref(f"aws_subnet.all[{number}].id"))
    plan.add("aws_instance.i", index=0, ami="ami-1", subnet_id=BY_INDEX, associate_public_ip_address=True)
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-i-0") == outcome
    told = {one.code for one in reach.simulate("i-i-0", "internet", protocol="tcp", port=443).assumptions}
    assert ("PLANNED_VALUE" in told) is alike


def test_the_public_address_of_one_of_several_instances(tmp_path: Path) -> None:
    """``instance = aws_instance.i[count.index + 1].id``: which of them the internet reaches is open."""
    plan = PlanJson(region=REGION)
    network(plan, 1)
    associate(plan, "public", "public", 1, Ref("aws_subnet.all[0].id"))
    ssh = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
    plan.add("aws_security_group.s", name="s", vpc_id=Ref("aws_vpc.v.id"), ingress=[ssh])
    for number in range(2):
        plan.add("aws_instance.i", index=number, ami="ami-1", subnet_id=Ref("aws_subnet.all[0].id"),
                 vpc_security_group_ids=Ref("aws_security_group.s.id"))  # fmt: skip
    plan.add("aws_eip.e", index=0, domain="vpc", instance=Ref("aws_instance.i", "count.index"))
    reach, _ = run(plan, tmp_path)
    assert {reach.simulate("internet", f"i-i-{number}", protocol="tcp", port=443).outcome for number in (0, 1)} == {
        "unknown"
    }


@pytest.mark.parametrize("loop", ["constant", "variable"])
def test_the_value_of_a_loop_picks_by_key(loop: str, tmp_path: Path) -> None:
    """``for_each = {a = "b", b = "a"}`` and ``aws_subnet.all[each.value].id``: not the one of the same key."""
    plan = PlanJson(region=REGION)
    network(plan, 0)
    crossed = {"a": "b", "b": "a"}
    for number, name in enumerate(crossed):
        plan.add("aws_subnet.all", index=name, vpc_id=Ref("aws_vpc.v.id"), cidr_block=f"10.0.{number}.0/24")
        plan.add("aws_instance.i", index=name, ami="ami-1", subnet_id=Ref("aws_subnet.all", "each.value"))
    (config,) = (one for one in plan.root["resources"] if one["address"] == "aws_instance.i")
    config["for_each_expression"] = (
        {"constant_value": crossed} if loop == "constant" else {"references": ["var.crossed"]}
    )
    plan.more["variables"] = {"crossed": {"value": crossed}}
    reach, _ = run(plan, tmp_path)
    assert {name: reach.network.instances[f"i-i-{name}"].subnet_id for name in crossed} == {
        "a": "subnet-all-b", "b": "subnet-all-a",
    }  # fmt: skip


def test_a_condition_picks_the_table_of_its_own_subnet_alone(tmp_path: Path) -> None:
    """``route_table_id = each.value.public ? aws_route_table.public.id : aws_route_table.isolated.id``."""
    plan = PlanJson(region=REGION)
    network(plan, 3)
    associate(plan, "isolated", "isolated", 1, Ref("aws_subnet.all[0].id"))
    associate(plan, "public", "public", 1, Ref("aws_subnet.all[1].id"))
    picked = Ref("each.value.public", "aws_route_table.public.id", "aws_route_table.isolated.id")
    plan.add("aws_route_table_association.picked", index="x", subnet_id=Ref("aws_subnet.all[2].id"),
             route_table_id=picked)  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert [ask(reach, f"subnet-all-{number}") for number in range(3)] == ["blocked", "allowed", "unknown"]


# --- endpoints of which a local hides something -----------------------------------------------------------------------


def test_tables_of_a_gateway_endpoint_open_no_way_but_to_its_service(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    network(plan, 1)
    associate(plan, "isolated", "isolated", 1, Ref("aws_subnet.all[0].id"))
    plan.add("aws_vpc_endpoint.s3", vpc_id=Ref("aws_vpc.v.id"), service_name=f"com.amazonaws.{REGION}.s3",
             vpc_endpoint_type="Gateway", route_table_ids=Ref("local.tables"),
             private_dns_enabled=Ref("each.value.private_dns"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "subnet-all-0", "s3") == "unknown"
    assert ask(reach, "subnet-all-0", "logs") == "blocked"
    assert ask(reach, "subnet-all-0") == "blocked"


def test_private_dns_that_nothing_tells_is_about_the_names_of_the_service(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    network(plan, 1)
    plan.add("aws_security_group.e", name="e", vpc_id=Ref("aws_vpc.v.id"), ingress=[
        {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/16"]}])  # fmt: skip
    for service, dns in (("logs", True), ("sts", Ref("each.value.private_dns"))):
        plan.add(f"aws_vpc_endpoint.{service}", vpc_id=Ref("aws_vpc.v.id"), vpc_endpoint_type="Interface",
                 service_name=f"com.amazonaws.{REGION}.{service}", private_dns_enabled=dns,
                 subnet_ids=Ref("aws_subnet.all[0].id"), security_group_ids=Ref("aws_security_group.e.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    manifest = json.loads((tmp_path / "out/snapshot.json").read_text())
    assert [one["component"] for one in manifest["planned"] if one["code"] == "PLANNED_NAMES_UNKNOWN"] == [
        f"vpc-v sts.{REGION}.amazonaws.com"
    ]
    assert ask(reach, "subnet-all-0", "logs") == "allowed"
    assert ask(reach, "subnet-all-0", "sts") == "unknown"


# --- attributes that are unknown for the provider's own sake ----------------------------------------------------------


def test_a_group_that_is_not_given_is_no_peer_of_a_rule(tmp_path: Path) -> None:
    """``source_security_group_id = lookup(each.value, "source_security_group_id", null)`` beside ``cidr_blocks``: the
    provider computes the one that is not given.
    """
    plan = PlanJson(region=REGION)
    network(plan, 0)
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_security_group_rule.r", index="https", type="ingress", protocol="tcp", from_port=443, to_port=443,
             security_group_id=Ref("aws_security_group.g.id"), cidr_blocks=["10.0.0.0/16"],
             source_security_group_id=Ref("each.value"))  # fmt: skip
    reach, report = run(plan, tmp_path)
    (rule,) = reach.network.security_groups["sg-g"].ip_permissions
    assert (len(rule.ip_ranges), rule.user_id_group_pairs) == (1, ())
    assert report.warnings == ()


@pytest.mark.parametrize(
    ("second", "target"), [("network_interface_id", "igw-g"), ("nat_gateway_id", "unknown-target")]
)
def test_of_two_targets_of_a_route_one_is_given(second: str, target: str, tmp_path: Path) -> None:
    """``gateway_id = try(each.value.gateway_id, null)``, and all other targets likewise."""
    plan = PlanJson(region=REGION)
    network(plan, 1)
    plan.add("aws_nat_gateway.n", subnet_id=Ref("aws_subnet.all[0].id"))
    plan.add("aws_network_interface.e", subnet_id=Ref("aws_subnet.all[0].id"))
    targets = {"gateway_id": Ref("local.routes"), second: Ref("local.routes")}
    plan.add("aws_route.r", index="x", route_table_id=Ref("aws_route_table.isolated.id"),
             destination_cidr_block="0.0.0.0/0", **targets)  # fmt: skip
    reach, _ = run(plan, tmp_path)
    (route,) = (
        one for one in reach.network.route_tables["rtb-isolated"].routes if one.destination_cidr_block == "0.0.0.0/0"
    )
    assert (route.gateway_id, route.nat_gateway_id, route.network_interface_id) == (target, None, None)


@pytest.mark.parametrize("given", ["root", "module", "default"])
def test_a_variable_that_is_null_names_no_instance(given: str, tmp_path: Path) -> None:
    """``instance = var.instance``: null, so that the provider computes it; the only instance has no such address."""
    plan = PlanJson(region=REGION)
    network(plan, 1)
    associate(plan, "public", "public", 1, Ref("aws_subnet.all[0].id"))
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_subnet.all[0].id"))
    module = "" if given == "root" else "module.address"
    plan.add("aws_eip.e", module=module, domain="vpc", instance=Ref("var.instance"))
    plan.more["variables"] = {"instance": {"value": None}} if given == "root" else {}
    if module:
        plan.call(module, **({"instance": None} if given == "module" else {}))
    reach, report = run(plan, tmp_path)
    assert ask(reach, "i-i") == "blocked"
    assert report.warnings == ()


def test_a_rule_of_which_only_the_direction_is_open(tmp_path: Path) -> None:
    plan = PlanJson(region=REGION)
    network(plan, 1)
    associate(plan, "isolated", "isolated", 1, Ref("aws_subnet.all[0].id"))
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"), egress=[], ingress=[])
    plan.add("aws_security_group_rule.r", type=Ref("terraform_data.x.output"), protocol="tcp", from_port=443,
             to_port=443, security_group_id=Ref("aws_security_group.g.id"), cidr_blocks=["10.0.0.0/8"])  # fmt: skip
    for name in "ab":
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref("aws_subnet.all[0].id"),
                 vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    reach, _ = run(plan, tmp_path)
    assert ask(reach, "i-a", "i-b") == "unknown"

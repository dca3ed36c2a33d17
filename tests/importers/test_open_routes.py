"""What a plan leaves open of gateways, peering and transit gateways leaves open every verdict that it could change.

Plans are hand-made (see `tests.plans`): an attribute of a local is in no plan, so nothing tells it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reachsim.api import load
from reachsim.importers import import_terraform
from tests.importers.test_open_terraform import changed
from tests.plans import PlanJson, Ref

EVERYTHING = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
SOMETHING = Ref("local.x")


def of(name: str) -> Ref:
    return Ref(f"{name}.id")


def two_vpcs() -> PlanJson:
    """``i-out`` behind NAT, ``i-far`` and ``i-near`` over a transit gateway, ``i-peer`` and ``i-near`` over peering.

    There are two of everything, so that nothing can be guessed.
    """
    plan = PlanJson(region="eu-west-1")
    for vpc, block in (("a", "10.0"), ("b", "10.1")):
        plan.add(f"aws_vpc.{vpc}", cidr_block=f"{block}.0.0/16", enable_dns_support=True, enable_dns_hostnames=True)
        plan.add(f"aws_internet_gateway.{vpc}", vpc_id=of(f"aws_vpc.{vpc}"))
        plan.add(f"aws_security_group.{vpc}", name=vpc, vpc_id=of(f"aws_vpc.{vpc}"), ingress=[EVERYTHING],
                 egress=[EVERYTHING])  # fmt: skip
    for name, vpc, block in (("out", "a", "10.0.1"), ("near", "a", "10.0.2"), ("public", "a", "10.0.3"),
                             ("far", "b", "10.1.1")):  # fmt: skip
        plan.add(f"aws_subnet.{name}", vpc_id=of(f"aws_vpc.{vpc}"), cidr_block=f"{block}.0/24")
        plan.add(f"aws_route_table.{name}", vpc_id=of(f"aws_vpc.{vpc}"))
        plan.add(f"aws_route_table_association.{name}", subnet_id=of(f"aws_subnet.{name}"),
                 route_table_id=of(f"aws_route_table.{name}"))  # fmt: skip
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=of(f"aws_subnet.{name}"),
                 vpc_security_group_ids=of(f"aws_security_group.{vpc}"))  # fmt: skip
    for name in ("n", "m"):
        plan.add(f"aws_eip.{name}", domain="vpc")
        plan.add(f"aws_nat_gateway.{name}", subnet_id=of("aws_subnet.public"), allocation_id=of(f"aws_eip.{name}"),
                 connectivity_type="public")  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway.{name}", default_route_table_association="disable",
                 default_route_table_propagation="disable")  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_route_table.{name}", transit_gateway_id=of("aws_ec2_transit_gateway.n"))
    for name, vpc in (("near", "a"), ("far", "b")):
        plan.add(f"aws_ec2_transit_gateway_vpc_attachment.{name}", transit_gateway_id=of("aws_ec2_transit_gateway.n"),
                 vpc_id=of(f"aws_vpc.{vpc}"), subnet_ids=of(f"aws_subnet.{name}"),
                 transit_gateway_default_route_table_association=False,
                 transit_gateway_default_route_table_propagation=False)  # fmt: skip
        attached = of(f"aws_ec2_transit_gateway_vpc_attachment.{name}")
        table = of("aws_ec2_transit_gateway_route_table.n")
        plan.add(f"aws_ec2_transit_gateway_route_table_association.{name}", transit_gateway_attachment_id=attached,
                 transit_gateway_route_table_id=table)  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_route.{name}", transit_gateway_attachment_id=attached,
                 destination_cidr_block={"a": "10.0.0.0/16", "b": "10.1.0.0/16"}[vpc], blackhole=False,
                 transit_gateway_route_table_id=table)  # fmt: skip
    plan.add("aws_vpc_peering_connection.p", vpc_id=of("aws_vpc.a"), peer_vpc_id=of("aws_vpc.b"), auto_accept=True)
    for name, block, target in (
        ("out", "0.0.0.0/0", {"nat_gateway_id": of("aws_nat_gateway.n")}),
        ("public", "0.0.0.0/0", {"gateway_id": of("aws_internet_gateway.a")}),
        ("near", "10.1.0.0/16", {"transit_gateway_id": of("aws_ec2_transit_gateway.n")}),
        ("far", "10.0.2.0/24", {"transit_gateway_id": of("aws_ec2_transit_gateway.n")}),
        ("out", "10.1.0.0/16", {"vpc_peering_connection_id": of("aws_vpc_peering_connection.p")}),
        ("far", "10.0.1.0/24", {"vpc_peering_connection_id": of("aws_vpc_peering_connection.p")}),
    ):
        label = f"{name}_{next(iter(target))}"
        plan.add(f"aws_route.{label}", route_table_id=of(f"aws_route_table.{name}"), destination_cidr_block=block,
                 **target)  # fmt: skip
    return plan


OUT, OVER, PEERED = ("i-out", "internet"), ("i-near", "i-far"), ("i-out", "i-far")
TRANSIT = "aws_ec2_transit_gateway"
NAT, PCX = "aws_route.out_nat_gateway_id", "aws_vpc_peering_connection.p"
OPEN = (
    ("aws_vpc.a", "cidr_block", OVER),
    ("aws_vpc.b", "cidr_block", PEERED),
    ("aws_subnet.out", "vpc_id", OUT),
    ("aws_internet_gateway.a", "vpc_id", ("internet", "i-public")),
    ("aws_nat_gateway.n", "connectivity_type", OUT),
    ("aws_nat_gateway.n", "subnet_id", OUT),
    ("aws_route_table.near", "route", ("i-near", "internet")),
    *((NAT, name, OUT) for name in ("route_table_id", "destination_cidr_block", "nat_gateway_id")),
    *((PCX, name, PEERED) for name in ("vpc_id", "peer_vpc_id", "auto_accept")),
    (f"{TRANSIT}.n", "default_route_table_association", OVER),
    (f"{TRANSIT}_vpc_attachment.near", "transit_gateway_id", OVER),
    (f"{TRANSIT}_vpc_attachment.far", "subnet_ids", OVER),
    (f"{TRANSIT}_vpc_attachment.far", "transit_gateway_default_route_table_propagation", OVER),
    (f"{TRANSIT}_route_table_association.near", "transit_gateway_attachment_id", OVER),
    (f"{TRANSIT}_route_table_association.near", "transit_gateway_route_table_id", OVER),
    (f"{TRANSIT}_route.far", "destination_cidr_block", OVER),
    (f"{TRANSIT}_route.far", "blackhole", OVER),
    (f"{TRANSIT}_route.far", "transit_gateway_attachment_id", OVER),
    (f"{TRANSIT}_route.far", "transit_gateway_route_table_id", OVER),
)


def acl_rules(plan: PlanJson) -> None:
    plan.add("aws_network_acl.near", vpc_id=of("aws_vpc.a"), subnet_ids=of("aws_subnet.near"))
    for name, egress in (("in", False), ("out", True)):
        plan.add(f"aws_network_acl_rule.{name}", network_acl_id=of("aws_network_acl.near"), rule_number=100,
                 egress=egress, protocol="-1", rule_action="allow", cidr_block="10.0.0.0/8")  # fmt: skip


def answer(plan: PlanJson, question: tuple[str, str], tmp_path: Path) -> str:
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out", overwrite=True)
    return load(tmp_path / "out").simulate(*question, protocol="tcp", port=443).outcome


@pytest.mark.parametrize("question", [OUT, OVER, PEERED])
def test_what_is_told_decides(question: tuple[str, str], tmp_path: Path) -> None:
    assert answer(two_vpcs(), question, tmp_path) == "allowed"


@pytest.mark.parametrize(("address", "name", "question"), OPEN, ids=[f"{one}.{name}" for one, name, _ in OPEN])
def test_what_nothing_tells_leaves_open(address: str, name: str, question: tuple[str, str], tmp_path: Path) -> None:
    plan = two_vpcs()
    changed(plan, address, **{name: SOMETHING})
    assert answer(plan, question, tmp_path) == "unknown"


@pytest.mark.parametrize("name", ["egress", "protocol", "rule_action", "cidr_block"])
@pytest.mark.parametrize("rule", ["in", "out"])
def test_a_rule_of_a_network_acl_that_is_told_in_part(rule: str, name: str, tmp_path: Path) -> None:
    plan = two_vpcs()
    acl_rules(plan)
    changed(plan, f"aws_network_acl_rule.{rule}", **{name: SOMETHING})
    assert answer(plan, OVER, tmp_path) == "unknown"


@pytest.mark.parametrize("question", [("i-public", "internet"), ("internet", "i-public")])
def test_whether_an_instance_has_a_public_address(question: tuple[str, str], tmp_path: Path) -> None:
    plan = two_vpcs()
    changed(plan, "aws_instance.public", associate_public_ip_address=SOMETHING)
    assert answer(plan, question, tmp_path) == "unknown"


def test_a_route_table_is_of_the_vpc_of_its_subnets(tmp_path: Path) -> None:
    plan = two_vpcs()
    changed(plan, "aws_route_table.out", vpc_id=SOMETHING)
    assert answer(plan, ("i-out", "i-near"), tmp_path) == "allowed"


def test_a_static_route_of_a_transit_gateway_into_a_table_that_is_not_told(tmp_path: Path) -> None:
    """As a template has it that is deployed again with the id of the gateway's own default table."""
    plan = two_vpcs()
    changed(plan, f"{TRANSIT}_route.far", transit_gateway_route_table_id="tgw-rtb-0123456789abcdef0")
    assert answer(plan, OVER, tmp_path) == "unknown"

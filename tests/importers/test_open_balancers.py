"""What a plan leaves open of a load balancer leaves open whether it answers. Hand-made plans (see `tests.plans`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from reachsim.api import load
from reachsim.importers import import_terraform
from tests.importers.test_open_terraform import changed
from tests.plans import PlanJson, Ref

ANY = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
GROUP, LISTENER, TARGET = "aws_lb_target_group.g", "aws_lb_listener.l", "aws_lb_target_group_attachment.t"
OPEN = [(LISTENER, "load_balancer_arn"), (LISTENER, "port"), (TARGET, "target_group_arn"), (TARGET, "target_id"),
        (TARGET, "port"), (GROUP, "port")]  # fmt: skip


def balanced(*, targets: bool = True) -> PlanJson:
    """An Application Load Balancer before one instance; a second one of each kind, so that nothing can be guessed."""
    plan = PlanJson(region="eu-west-1")
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_internet_gateway.v", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_subnet.s", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    plan.add("aws_route_table.s", vpc_id=Ref("aws_vpc.v.id"), route=[
        {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.v.id")}])  # fmt: skip
    plan.add("aws_route_table_association.s", subnet_id=Ref("aws_subnet.s.id"),
             route_table_id=Ref("aws_route_table.s.id"))  # fmt: skip
    plan.add("aws_security_group.g", name="g", vpc_id=Ref("aws_vpc.v.id"), ingress=[ANY], egress=[ANY])
    placed = {"subnet_id": Ref("aws_subnet.s.id"), "vpc_security_group_ids": Ref("aws_security_group.g.id")}
    for name in ("i", "j"):
        plan.add(f"aws_instance.{name}", ami="ami-1", **placed)
    for name in ("web", "other"):
        plan.add(f"aws_lb.{name}", name=name, internal=False, load_balancer_type="application",
                 subnets=Ref("aws_subnet.s.id"), security_groups=Ref("aws_security_group.g.id"))  # fmt: skip
    for name in ("g", "h"):
        plan.add(f"aws_lb_target_group.{name}", name=name, port=443, protocol="HTTPS", target_type="instance",
                 vpc_id=Ref("aws_vpc.v.id"))  # fmt: skip
    if targets:
        plan.add(TARGET, target_group_arn=Ref(f"{GROUP}.arn"), target_id=Ref("aws_instance.i.id"), port=443)
    plan.add(LISTENER, load_balancer_arn=Ref("aws_lb.web.arn"), port=443, protocol="HTTPS", default_action=[
        {"type": "forward", "target_group_arn": Ref(f"{GROUP}.arn")}])  # fmt: skip
    return plan


def answer(plan: PlanJson, tmp_path: Path) -> str:
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    return load(tmp_path / "out").simulate("internet", "eni-web-1", protocol="tcp", port=443).outcome


def test_what_is_told_answers(tmp_path: Path) -> None:
    assert answer(balanced(), tmp_path) == "allowed"


@pytest.mark.parametrize(("address", "name"), OPEN, ids=[f"{address}.{name}" for address, name in OPEN])
def test_what_nothing_tells_leaves_it_open(address: str, name: str, tmp_path: Path) -> None:
    plan = balanced()
    changed(plan, address, **{name: Ref("local.x")})
    assert answer(plan, tmp_path) == "unknown"


REGISTERED = {
    "aws_autoscaling_attachment": {"lb_target_group_arn": Ref(f"{GROUP}.arn")},
    "aws_autoscaling_traffic_source_attachment": {
        "traffic_source": [{"identifier": Ref(f"{GROUP}.arn"), "type": "elbv2"}],
    },
    "aws_ecs_service": {"name": "s", "load_balancer": [{"target_group_arn": Ref(f"{GROUP}.arn")}]},
    "aws_autoscaling_group": {"name": "s", "traffic_source": [{"identifier": Ref(f"{GROUP}.arn"), "type": "elbv2"}]},
}
OF_CLASSIC = {
    "aws_autoscaling_attachment": {"elb": Ref("aws_elb.old.id")},
    "aws_ecs_service": {"name": "s", "load_balancer": [{"elb_name": Ref("aws_elb.old.name")}]},
    "aws_autoscaling_group": {"name": "s", "load_balancers": Ref("aws_elb.old.id")},
}


@pytest.mark.parametrize("kind", REGISTERED)
def test_what_registers_targets_may_register_some(kind: str, tmp_path: Path) -> None:
    plan = balanced(targets=False)
    plan.add(f"{kind}.s", **REGISTERED[kind])
    assert answer(plan, tmp_path) == "unknown"


def test_without_targets_a_balancer_leads_nowhere(tmp_path: Path) -> None:
    assert answer(balanced(targets=False), tmp_path) == "blocked"


@pytest.mark.parametrize("kind", OF_CLASSIC)
def test_what_registers_instances_with_a_classic_balancer_may_register_some(kind: str, tmp_path: Path) -> None:
    plan = balanced()
    plan.add("aws_elb.old", name="old", internal=False, subnets=Ref("aws_subnet.s.id"),
             security_groups=Ref("aws_security_group.g.id"), listener=[
                 {"lb_port": 443, "lb_protocol": "tcp", "instance_port": 443, "instance_protocol": "tcp"}])  # fmt: skip
    plan.add(f"{kind}.s", **OF_CLASSIC[kind])
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    assert load(tmp_path / "out").simulate("internet", "eni-old-1", protocol="tcp", port=443).outcome == "unknown"

"""A subnet that a plan adds to a live VPC is in the zone that the plan names or gives the id of, as its twin is that
stands already (Transit Gateway guide, "Amazon VPC attachments": a subnet in each Availability Zone).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reachsim.api import load
from reachsim.importers import import_terraform
from reachsim.verdict import Verdict
from tests.build import Build
from tests.plans import PlanJson, Ref
from tests.scenarios.lan import ANY, ask, codes

BUILD, FAR = "codebuild:app", "eni-far"


def live() -> Build:
    """A VPC attached to a transit gateway in zone a alone, and another one behind it."""
    net = Build()
    vpc, other = net.vpc("10.0.0.0/16", name="v"), net.vpc("10.1.0.0/16", name="o")
    tgw = net.tgw(name="1")
    net.group(vpc, [ANY], [ANY], name="open")
    table = net.table(vpc, [("10.1.0.0/16", tgw)], name="priv")
    near = net.subnet(vpc, "10.0.8.0/28", table=table, name="att")
    far = net.subnet(other, "10.1.1.0/24", table=net.table(other, [("10.0.0.0/16", tgw)]), name="o")
    net.interface(far, "10.1.1.5", [net.group(other, [ANY], [ANY])], name="far")
    rt = net.tgw_table(tgw)
    for home, subnet in ((vpc, near), (other, far)):
        attachment = net.tgw_attachment(tgw, home, [subnet])
        net.associate(rt, attachment)
        net.tgw_route(rt, net[home]["CidrBlock"], attachment, "propagated")
    return net


def standing(zone: str) -> Verdict:
    net = live()
    subnet = net.subnet("vpc-v", "10.0.77.0/24", zone, table="rtb-priv", name="new")
    net.project("app", "vpc-v", [subnet], ["sg-open"])
    return ask(net, BUILD, FAR)


def planned(folder: Path, **zone: str) -> Verdict:
    plan = PlanJson()
    plan.add("aws_subnet.new", vpc_id="vpc-v", cidr_block="10.0.77.0/24", more=dict(zone))
    plan.add("aws_route_table_association.new", route_table_id="rtb-priv", subnet_id=Ref("aws_subnet.new.id"))
    plan.add(
        "aws_codebuild_project.app", name="app", service_role="arn:aws:iam::111111111111:role/app",
        source=[{"type": "NO_SOURCE"}], artifacts=[{"type": "NO_ARTIFACTS"}],
        environment=[{"type": "LINUX_CONTAINER", "image": "x"}],
        vpc_config=[
            {"vpc_id": "vpc-v", "subnets": Ref("aws_subnet.new.id"), "security_group_ids": ["sg-open"]},
        ],
    )  # fmt: skip
    import_terraform(plan.write(folder / "plan.json"), folder / "out", onto=live().write(folder / "live"))
    return load(folder / "out").simulate(BUILD, FAR, protocol="tcp", port=443)


@pytest.mark.parametrize(("zone", "outcome"), [("us-east-1a", "allowed"), ("us-east-1b", "blocked")])
@pytest.mark.parametrize("known", ["name", "id"])
def test_a_planned_subnet_is_in_its_zone(tmp_path: Path, known: str, zone: str, outcome: str) -> None:
    given = {"availability_zone": zone} if known == "name" else {"availability_zone_id": f"id-{zone}"}
    verdict = planned(tmp_path, **given)
    assert (verdict.outcome, codes(verdict)) == (outcome, codes(standing(zone)))

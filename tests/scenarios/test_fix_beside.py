"""What a fix does to those beside the pipeline, and what it leaves unjudged: said, not passed over."""

from __future__ import annotations

import pytest

from reachsim import Reach, load_files
from reachsim.fix import Plan, proof
from reachsim.fix.steps import describe
from reachsim.report.fix import render_fix
from tests.scenarios.pipelines import ANYWHERE, REGISTRY, Pipeline
from tests.scenarios.test_fix import building
from tests.scenarios.test_pipeline_policies import repository_policy

BESIDE = "eni-beside-eth0"


def neighbour(ipv6: bool = False) -> Pipeline:
    """A pipeline and an instance in the build's subnet, which leave by the same route."""
    net = Pipeline()
    net.group("vpc-1", [], [("-1", None, None, "::/0") if ipv6 else ANYWHERE], name="beside")
    net.instance(net.build_a, "10.10.1.77", ["sg-beside"], name="beside", ipv6="2001:db8:10::77" if ipv6 else ())
    if not ipv6:
        net.with_nat()
        return net
    net["vpc-1"]["Ipv6CidrBlockAssociationSet"] = [_associated("2001:db8:10::/56")]
    blocks = [_associated("2001:db8:10::/64")]
    net[net.build_a].update(Ipv6CidrBlockAssociationSet=blocks, AssignIpv6AddressOnCreation=True)
    net.permit("sg-build", "out", ("-1", None, None, "::/0"))
    net.route("rtb-build", "::/0", net.eigw("vpc-1", name="1"))
    return net


def _associated(block: str) -> dict[str, object]:
    return {"AssociationId": block, "Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}


def text_of(plan: Plan, reach: Reach) -> str:
    return " ".join(render_fix(plan, reach.network).split())


@pytest.mark.parametrize(("ipv6", "route"), [(False, "0.0.0.0/0"), (True, "::/0")])
def test_what_a_deleted_route_takes_from_others_is_told(ipv6: bool, route: str) -> None:
    reach = load_files(neighbour(ipv6).files())
    plan = reach.fix()
    (step,) = plan.steps
    assert describe(step).startswith(f"delete route {route}")
    assert (plan.status, [one.source for one in plan.also_closes]) == ("proven", [BESIDE])
    lost = {block for one in plan.also_closes[0].traffic for block in one.destination}
    assert any((":" in one) == ipv6 for one in lost)
    after = reach.what_if(patch=plan.patch.to_json())
    for each, outcome in ((reach, "allowed"), (after, "blocked")):
        assert each.simulate(BESIDE, "internet").outcome == outcome
    assert f"taken from others in the same VPCs, as they go the same ways: {BESIDE}" in text_of(plan, reach)


def test_nobody_beside_loses_anything_by_what_opens_only() -> None:
    net = Pipeline(s3_tables=["client"])
    net.group("vpc-1", [], [ANYWHERE], name="beside")
    net.instance(net.build_a, "10.10.1.77", ["sg-beside"], name="beside")
    plan = load_files(net.files()).fix()
    assert (plan.status, plan.also_closes, plan.left_out) == ("proven", (), 0)


def test_those_who_are_not_asked_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "MOST_BYSTANDERS", 0)
    reach = load_files(neighbour().files())
    plan = reach.fix()
    assert (plan.also_closes, plan.left_out) == ((), 1)
    assert "not asked, as they are many: 1 other interface" in text_of(plan, reach)


def test_a_repository_that_refuses_a_build_without_files_is_named() -> None:
    def made(effect: str) -> Pipeline:
        net = Pipeline()
        repository_policy(net, "app", {"Effect": effect, "Principal": "*", "Action": "ecr:*"})
        return net

    reach = load_files(made("Deny").files())
    plan = reach.fix()
    assert plan.status == "nothing to fix"
    (told,) = plan.unjudged
    assert told.startswith("the policy of repository app refuses codebuild:p1; whether the build uses it is not known")
    assert told in text_of(plan, reach)
    assert load_files(made("Allow").files()).fix().unjudged == ()
    known = load_files(building(made("Deny"), f"FROM {REGISTRY}/base/golang:1\n")).fix()
    assert known.unjudged == ()

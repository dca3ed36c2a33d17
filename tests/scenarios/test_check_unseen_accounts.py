"""Ways by peering connections and transit gateways to VPCs that the snapshot does not hold: private, and whose?

**Source:** DESIGN, "check" (an unlisted private way is a way out); VPC Peering Guide, "VPC peering basics".
"""

from __future__ import annotations

from reachsim import load_files
from reachsim.verdict import Check, Finding
from tests.build import Build
from tests.scenarios.hub import shared
from tests.scenarios.pipelines import REGION, Pipeline

THEIRS = "444444444444"


def peered(*, egress: str = "0.0.0.0/0") -> tuple[Pipeline, Build, str]:
    """BASE with a peering connection to a VPC of another account, and that account."""
    net, theirs = Pipeline(), Build(THEIRS, REGION, tag="t")
    vpc = theirs.vpc("10.50.0.0/16")
    pcx = net.peering("vpc-1", vpc, peer=theirs)
    net.route("rtb-build", "10.50.0.0/16", pcx)
    theirs.route(theirs.main_table(vpc), "10.10.0.0/16", pcx)
    for rule in net["sg-build"]["IpPermissionsEgress"]:
        rule["IpRanges"] = [{"CidrIp": egress}]
    return net, theirs, pcx


def told(check: Check) -> list[Finding]:
    return [one for one in check.findings if one.id == "EGRESS_TO_UNSEEN_ACCOUNT"]


def test_a_peering_connection_to_an_account_that_the_snapshot_lacks_is_told() -> None:
    net, theirs, pcx = peered()
    check = load_files(net.files()).check()
    (found,) = told(check)
    assert (found.severity, found.component, check.overall) == ("low", pcx, "private-and-working")
    assert check.exit_code == 0
    assert any("codebuild:p1 → 10.50.0.0/16" in line and THEIRS in line for line in found.evidence)
    assert not any("i-1" in line for line in found.evidence)  # its route table does not lead there
    assert not told(load_files(net.files() | theirs.files()).check())


def test_what_the_security_groups_keep_in_does_not_get_there() -> None:
    net, _, _ = peered(egress="10.10.0.0/16")
    assert not told(load_files(net.files()).check())


def test_nor_what_no_route_leads_to() -> None:
    net, _, _ = peered()
    net["rtb-build"]["Routes"] = [one for one in net["rtb-build"]["Routes"] if "VpcPeeringConnectionId" not in one]
    assert not told(load_files(net.files()).check())


def test_an_attachment_of_another_account_is_told() -> None:
    files = shared("tgw")
    assert not told(load_files(files).check())
    theirs = {path: data for path, data in files.items() if "333333333333/ap-northeast-1/ec2/describe-vpcs" not in path}
    assert told(load_files(theirs).check())


def test_one_that_comes_fails_the_gate() -> None:
    after, _, pcx = peered()
    found = load_files(Pipeline().files()).diff(load_files(after.files()))
    word, why = found.gate
    assert word == "fail"
    assert any("EGRESS_TO_UNSEEN_ACCOUNT" in one and pcx in one for one in why)

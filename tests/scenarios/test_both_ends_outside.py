"""Somebody outside every VPC asks for something that is outside, too, or may be: the snapshot does not hold that way.

An internet-facing load balancer whose file is missing must not pass as out of the internet's reach ("Correctness first"
in DESIGN: what the snapshot lacks is unknown).
"""

from __future__ import annotations

import pytest

from reachsim import Reach, load_files
from tests.balancers import listener, load_balancer, target_group
from tests.scenarios.lan import Lan, ask, assumed, blocks, fate, natted, public

BALANCER = "web-1234567890.us-east-1.elb.amazonaws.com"


def exposed(*left_out: str) -> Reach:
    """An internet-facing load balancer with a target, without some files."""
    net = public()
    balancer = load_balancer(net, "web", {net.a: ("10.0.1.200", "203.0.113.9")}, [net.open], "application", True)
    listener(net, balancer, 443, [target_group(net, "t", [], "HTTP")], "HTTP")
    net[balancer].update({"DNSName": BALANCER, "Scheme": "internet-facing"})
    return load_files({path: data for path, data in net.files().items() if not any(one in path for one in left_out)})


@pytest.mark.parametrize("source", ["internet", "ip:198.51.100.7"])
@pytest.mark.parametrize("target", ["s3", "ecr.api", "host:github.com", "internet"])
def test_what_is_outside_as_well_is_not_blocked(source: str, target: str) -> None:
    verdict = ask(public(), source, target)
    assert fate(verdict) == ("unknown", "none")
    assert {code for code, _ in assumed(verdict)} == {"UNKNOWN_DESTINATION"}


@pytest.mark.parametrize("source", ["internet", "ip:198.51.100.7"])
def test_a_load_balancer_that_a_missing_file_would_tell_of_may_be_reached(source: str) -> None:
    verdict = exposed("elbv2/").simulate(source, f"host:{BALANCER}", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("111111111111/us-east-1/elbv2/describe-load-balancers.json",)


def test_what_is_missing_of_a_load_balancer_that_is_there_is_told_instead() -> None:
    verdict = exposed("describe-network-interfaces", "describe-instances").simulate(
        "internet", f"host:{BALANCER}", protocol="tcp", port=443
    )
    assert verdict.missing == ("111111111111/us-east-1/ec2/describe-network-interfaces.json",)
    assert {code for code, _ in assumed(verdict)} == {"UNKNOWN_RESOURCE"}


def test_a_name_that_no_interface_of_a_load_balancer_can_stand_behind_is_somebody_elses() -> None:
    net = natted()
    files = {path: data for path, data in net.files().items() if "elbv2/" not in path}
    verdict = load_files(files).simulate(net.client, f"host:{BALANCER}", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")


def test_an_address_that_an_interface_may_have_which_no_file_lists_may_be_reached() -> None:
    found = exposed("describe-network-interfaces", "describe-instances")
    verdict = found.simulate("internet", "ip:203.0.113.9", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("111111111111/us-east-1/ec2/describe-network-interfaces.json",)


def test_private_addresses_stay_out_of_the_internets_reach() -> None:
    for target in ("ip:10.0.1.77", "ip:192.168.3.3"):
        assert fate(ask(public(), "internet", target)) == ("blocked", "none")


def test_without_a_public_address_a_missing_list_of_gateways_is_not_said_to_be_empty() -> None:
    files = {path: data for path, data in Lan().files().items() if "internet-gateways" not in path}
    verdict = load_files(files).simulate("internet", "eni-server", protocol="tcp", port=443)
    assert blocks(verdict) == {("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", "vpc-v", None, None, "request", "ingress")}
    assert "has no public address" in verdict.blocked_by[0].detail

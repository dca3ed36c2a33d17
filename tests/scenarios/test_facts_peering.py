"""Facts N180 to N182: VPC peering."""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, ask, assumed, blocks, codes, fate

WORLD = "ip:198.51.100.7"


def triangle() -> Build:
    """VPC a peered with b and with c."""
    net = Build()
    for name, number in (("a", 0), ("b", 1), ("c", 2)):
        vpc = net.vpc(f"10.{number}.0.0/16", name=name)
        subnet = net.subnet(vpc, f"10.{number}.1.0/24", table=net.table(vpc, name=name), name=name)
        net.interface(subnet, f"10.{number}.1.5", [net.group(vpc, [ANY], [ANY])], name=name)
    for other, number in (("b", 1), ("c", 2)):
        pcx = net.peering("vpc-a", f"vpc-{other}", name=other)
        net.route("rtb-a", f"10.{number}.0.0/16", pcx)
        net.route(f"rtb-{other}", "10.0.0.0/8", pcx)
        net.route(f"rtb-{other}", "0.0.0.0/0", pcx)
    return net


def test_n180_peering_carries_no_transit() -> None:
    net = triangle()
    assert fate(ask(net, "eni-a", "eni-b")) == ("allowed", "private")
    verdict = ask(net, "eni-b", "eni-c")
    assert blocks(verdict) == {("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-b", None, None, "request", "egress")}


def test_n180_the_peers_internet_gateway_is_no_way_out() -> None:
    net = triangle()
    net.route("rtb-a", "0.0.0.0/0", net.igw("vpc-a"))
    net["eni-b"]["Association"] = {"PublicIp": "203.0.113.5", "IpOwnerId": "amazon"}
    verdict = ask(net, "eni-b", WORLD)
    assert blocks(verdict) == {("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-b", None, None, "request", "egress")}


@pytest.mark.parametrize("status", ["pending-acceptance", "deleted", "rejected", "expired", "failed"])
def test_n180_peering_must_be_active(status: str) -> None:
    net = triangle()
    net["pcx-b"]["Status"]["Code"] = status
    verdict = ask(net, "eni-a", "eni-b")
    assert ("BAD_STATE", "pcx-b", None, None, "request", "egress") in blocks(verdict)
    assert codes(verdict) == {"BAD_STATE"}


def test_n180_both_sides_need_routes() -> None:
    net = triangle()
    net["rtb-b"]["Routes"] = [one for one in net["rtb-b"]["Routes"] if "GatewayId" in one]
    assert blocks(ask(net, "eni-a", "eni-b")) == {
        ("NO_ROUTE_TO_DESTINATION", "rtb-b", None, None, "response", "egress")
    }
    assert blocks(ask(net, "eni-b", "eni-a")) == {("NO_ROUTE_TO_DESTINATION", "rtb-b", None, None, "request", "egress")}


def test_n181_only_addresses_of_the_peer_cross() -> None:
    net = triangle()
    net.route("rtb-a", "203.0.113.0/24", "pcx-b")
    verdict = ask(net, "eni-a", "ip:203.0.113.7")
    assert blocks(verdict) == {("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-b", None, None, "request", "egress")}


def test_n182_the_reply_is_routed_by_the_destinations_own_table() -> None:
    net = triangle()
    net[net.main_table("vpc-b")]["Routes"] = []
    assert fate(ask(net, "eni-a", "eni-b")) == ("allowed", "private")
    net.route("rtb-b", "10.0.0.0/16", "pcx-gone", state="blackhole")
    verdict = ask(net, "eni-a", "eni-b")
    assert blocks(verdict) == {("BAD_STATE_ROUTE", "rtb-b", "10.0.0.0/16", "subnet-b", "response", "egress")}


def test_peer_of_another_account_that_is_not_in_the_snapshot_is_unknown() -> None:
    net = triangle()
    net._lists["ec2/describe-vpcs"] = [one for one in net._lists["ec2/describe-vpcs"] if one["VpcId"] != "vpc-b"]
    net["pcx-b"]["AccepterVpcInfo"]["OwnerId"] = "222222222222"
    verdict = ask(net, "eni-a", "ip:10.1.1.5")
    assert fate(verdict) == ("unknown", "none")
    assert ("PEER_ACCOUNT_UNSEEN", "pcx-b") in assumed(verdict)

"""Whole designs as accounts have them: egress past a transit gateway, overlapping networks, IPv6 only, and what users
see when one part of them is wrong. Expected is what AWS's documentation says of each part.
"""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.report.text import render_trace
from tests.build import AclEntry, Build
from tests.scenarios.lan import ANY, ANY6, WEB, Lan, ask, assumed, causes, codes, fate

GITHUB, MAPPED = "host:github.com", "ip:64:ff9b::c633:6407"
PING6 = ("icmpv6", 128)


class Egress(Build):
    """A spoke with a client and an egress VPC with a NAT gateway on one transit gateway; other ids, Region, account."""

    def __init__(self, *, routed_at: str = "nat") -> None:
        super().__init__("333333333333", "us-west-2")
        spoke, egress, gateway = (
            self.vpc("10.20.0.0/16", name="spoke"),
            self.vpc("10.30.0.0/16", name="egress"),
            self.tgw(),
        )
        igw = self.igw(egress, name="e")
        self.table(spoke, [("0.0.0.0/0", gateway)], name="s")
        self.table(egress, [("0.0.0.0/0", igw), ("10.20.0.0/16", gateway)], name="pub")
        self.table(egress, name="att")
        self.subnet(spoke, "10.20.1.0/24", "us-west-2a", table="rtb-s", name="s")
        self.subnet(egress, "10.30.0.0/24", "us-west-2a", table="rtb-pub", name="pub")
        self.subnet(egress, "10.30.1.0/28", "us-west-2a", table="rtb-att", name="att")
        nat = self.nat("subnet-pub", "10.30.0.9", "203.0.113.9", name="e")
        self.route("rtb-att", "0.0.0.0/0", {"nat": nat, "igw": igw}[routed_at])
        self.group(spoke, [ANY], [ANY], name="x")
        self.interface("subnet-s", "10.20.1.5", ["sg-x"], name="client")
        table = self.tgw_table(gateway)
        for vpc, subnet, block in ((spoke, "subnet-s", "10.20.0.0/16"), (egress, "subnet-att", "0.0.0.0/0")):
            attachment = self.tgw_attachment(gateway, vpc, [subnet])
            self.associate(table, attachment)
            self.tgw_route(table, block, attachment)


@pytest.mark.parametrize(
    ("mode", "exclusions", "expected"),
    [
        ("off", {}, "internet"),
        ("block-ingress", {}, "internet"),
        ("block-bidirectional", {}, "none"),
        (
            "block-bidirectional",
            {"vpc-spoke": "allow-bidirectional"},
            "none",
        ),  # not at the gateway
        ("block-bidirectional", {"subnet-att": "allow-egress"}, "none"),
        ("block-bidirectional", {"subnet-pub": "allow-egress"}, "internet"),
        ("block-bidirectional", {"vpc-egress": "allow-bidirectional"}, "internet"),
    ],
)
def test_block_public_access_past_a_transit_gateway(mode: str, exclusions: dict[str, str], expected: str) -> None:
    net = Egress()
    net.bpa(mode, exclusions)
    verdict = ask(net, "eni-client", GITHUB)
    assert verdict.route == expected
    assert codes(verdict) == ({"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"} if expected == "none" else set())


def test_attachment_routed_past_the_nat_gateway_is_one_fault_and_no_other() -> None:
    """Lab 17 of github.com/mohamed-55-iti/aws-lab: the NAT gateway is there, and the default route leads past it."""
    verdict = ask(Egress(routed_at="igw"), "eni-client", GITHUB)
    assert [(one.code, one.component, one.leg) for one in verdict.blocked_by] == [
        ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "igw-e", "request")
    ]
    assert "comes from outside vpc-egress" in verdict.blocked_by[0].detail


class Six(Build):
    """A client in an IPv6-only subnet with DNS64, routed at a NAT gateway for NAT64."""

    def __init__(self, acl: list[AclEntry] | None = None) -> None:
        super().__init__("333333333333", "us-west-2")
        vpc = self.vpc("10.40.0.0/16", ipv6="2001:db8:40::/56", name="v")
        self.table(vpc, [("0.0.0.0/0", self.igw(vpc))], name="pub")
        self.subnet(vpc, "10.40.0.0/24", "us-west-2a", table="rtb-pub", name="pub")
        nat = self.nat("subnet-pub", "10.40.0.9", "203.0.113.9", name="e")
        self.table(vpc, [("64:ff9b::/96", nat)], name="six")
        self.subnet(vpc, "10.40.1.0/24", "us-west-2a", ipv6="2001:db8:40:1::/64", table="rtb-six", name="six")
        self["subnet-six"].pop("CidrBlock")
        self["subnet-six"].update(Ipv6Native=True, EnableDns64=True)
        self.interface("subnet-six", "10.40.1.5", [self.group(vpc, [], [ANY6])], ipv6="2001:db8:40:1::5", name="c")
        self["eni-c"]["PrivateIpAddresses"] = []
        self["eni-c"].pop("PrivateIpAddress")
        if acl is not None:
            Lan.use_acl(self, "subnet-six", self.acl(vpc, acl, name="six"))  # type: ignore[arg-type]


def test_icmpv6_over_nat64_is_not_documented_and_so_unknown() -> None:
    verdict = ask(Six(), "eni-c", MAPPED, *PING6)
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", "nat-e") in assumed(verdict)
    assert fate(ask(Six(), "eni-c", MAPPED)) == ("allowed", "internet")


def test_icmpv6_over_nat64_that_a_filter_stops_before_is_blocked() -> None:
    verdict = ask(Six([(100, "out", "allow", "6", (443, 443), "64:ff9b::/96")]), "eni-c", MAPPED, *PING6)
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"SUBNET_ACL_RESTRICTION"})


def test_icmp_over_nat64_starts_as_icmpv6() -> None:
    verdict = ask(Six(), "eni-c", MAPPED, "icmp", 8)
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", "nat-e") in assumed(verdict)


def test_whether_a_name_has_an_ipv6_address_decides_and_the_missing_route_is_told() -> None:
    verdict = ask(Six(), "eni-c", GITHUB)
    assert fate(verdict) == ("unknown", "none")
    assert ("NO_ROUTE_TO_DESTINATION", "rtb-six") in {(one.code, one.component) for one in verdict.blocked_by}


def test_a_copied_prefix_list_that_misses_a_part_is_told() -> None:
    """S06 in other words: the group admits a customer's copy of S3's prefix list, which has grown since."""
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    group = net.group(net.vpc_id, [], [("tcp", 443, 443, net.prefix_list(["52.216.0.0/16"]))], name="copy")
    net.project("app", net.vpc_id, [net.a], [group])
    verdict = ask(net, "codebuild:app", "s3")
    assert fate(verdict) == ("unknown", "none")
    assert [(one.code, one.component) for one in verdict.blocked_by] == [("ENI_SG_RULES_MISMATCH", "sg-copy")]
    told = render_trace(verdict, load_files(net.files()).network)
    assert "which of its addresses the name resolves to decides it" in told
    assert "what stops the failing part" in told


def test_two_faults_of_two_subnets_are_told_with_the_subnet_that_each_is_of() -> None:
    """S05 and S06 together: one subnet uses the main table, and the group lets out to endpoints only."""
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta], name="s3")
    subnet = net.subnet(net.vpc_id, "10.0.7.0/24", name="main")
    inside = net.group(net.vpc_id, [WEB], name="inside")
    group = net.group(net.vpc_id, [], [("tcp", 443, 443, inside)], name="build")
    net.project("app", net.vpc_id, [net.a, subnet], [group])
    verdict = ask(net, "codebuild:app", "s3")
    assert {(one.code, one.component, one.at) for one in verdict.blocked_by} == {
        ("ENI_SG_RULES_MISMATCH", "sg-build", "codebuild:app@subnet-a"),
        ("ENI_SG_RULES_MISMATCH", "sg-build", "codebuild:app@subnet-main"),
        ("NO_ROUTE_TO_DESTINATION", "rtb-v-main", None),
    }
    assert causes(verdict) == {None, "VPCE_ROUTE_TABLE_NOT_ASSOCIATED"}


def test_private_nat_between_networks_of_equal_addresses() -> None:
    net = Build("444444444444", "eu-west-1")
    gateway = net.tgw()
    table = net.tgw_table(gateway)
    for name, block in (("a", "100.64.0.0/24"), ("b", "100.64.1.0/24")):
        vpc = net.vpc("10.0.0.0/16", secondary=[block], name=name)
        net.table(vpc, [("100.64.0.0/16", gateway)], name=name)
        net.subnet(vpc, block, "eu-west-1a", table=f"rtb-{name}", name=name)
        net.group(vpc, [ANY], [ANY], name=name)
        attachment = net.tgw_attachment(gateway, vpc, [f"subnet-{name}"])
        net.associate(table, attachment)
        net.tgw_route(table, block, attachment)
    nat = net.nat("subnet-a", "100.64.0.9", None, "private")
    inner = net.subnet("vpc-a", "10.0.1.0/24", "eu-west-1a", table=net.table("vpc-a", [("100.64.1.0/24", nat)]))
    net.interface(inner, "10.0.1.5", ["sg-a"], name="client")
    net.interface("subnet-b", "100.64.1.5", ["sg-b"], name="server")
    assert fate(ask(net, "eni-client", "eni-server")) == ("allowed", "private")
    assert ask(net, "eni-server", "eni-client").outcome == "blocked"
    net["sg-b"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "10.0.0.0/16"))]
    assert codes(ask(net, "eni-client", "eni-server")) == {"ENI_SG_RULES_MISMATCH"}  # it sees the NAT gateway's address

"""Facts N80 to N99: security groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, WEB, Lan, ask, assumed, blocks, causes, codes, crossed, fate, natted, public

SIX = "2600:1f10:0:100::/56"


def dress(net: Build, interface: str, *groups: str) -> None:
    """Give an interface these security groups."""
    net[interface]["Groups"] = [{"GroupId": group, "GroupName": group} for group in groups]


def guarded(ingress: list[Any], egress: list[Any] | None = None) -> tuple[Lan, str]:
    """The network with the server in a group of these rules."""
    net = Lan()
    group = net.group(net.vpc_id, ingress, [ANY] if egress is None else egress, name="x")
    dress(net, net.server, group)
    return net, group


# --- security groups ----------------------------------------------------------------------------------------------


def test_n80_nothing_leaves_without_an_egress_rule_but_replies_do() -> None:
    net, group = guarded([WEB], [])
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    verdict = ask(net, net.server, net.client)
    assert blocks(verdict) == {("SG_HAS_NO_RULES", group, None, net.server, "request", "egress")}


def test_n80_nothing_enters_without_an_ingress_rule() -> None:
    net, group = guarded([])
    verdict = ask(net, net.client, net.server)
    assert blocks(verdict) == {("SG_HAS_NO_RULES", group, None, net.server, "request", "ingress")}


def test_n81_groups_of_an_interface_are_a_union() -> None:
    net, group = guarded([("tcp", 22, 22, "0.0.0.0/0")])
    other = net.group(net.vpc_id, [], name="y")
    dress(net, net.server, group, other)
    assert fate(ask(net, net.client, net.server, port=22)) == ("allowed", "private")
    assert blocks(ask(net, net.client, net.server)) == {
        ("ENI_SG_RULES_MISMATCH", group, None, net.server, "request", "ingress"),
        ("SG_HAS_NO_RULES", other, None, net.server, "request", "ingress"),
    }


def test_n82_replies_pass_whatever_the_other_direction_says() -> None:
    net, _ = guarded([WEB], [])
    only_web = net.group(net.vpc_id, [], [WEB], name="y")
    dress(net, net.client, only_web)
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")


def test_n83_neighbours_in_a_subnet_need_both_sides_too() -> None:
    net = Lan()
    shut = net.group(net.vpc_id, [], name="shut")
    near = net.interface(net.a, "10.0.1.6", [shut], name="near")
    verdict = ask(net, net.client, near)
    assert blocks(verdict) == {("SG_HAS_NO_RULES", shut, None, near, "request", "ingress")}


def test_n83_both_sides_are_named_when_both_refuse() -> None:
    net, group = guarded([])
    silent = net.group(net.vpc_id, [], [], name="y")
    dress(net, net.client, silent)
    assert blocks(ask(net, net.client, net.server)) == {
        ("SG_HAS_NO_RULES", silent, None, net.client, "request", "egress"),
        ("SG_HAS_NO_RULES", group, None, net.server, "request", "ingress"),
    }


def test_n84_peers_are_blocks_of_both_families_prefix_lists_and_groups() -> None:
    net = Lan(ipv6=SIX)
    mine = net.prefix_list(["10.0.1.0/24"], name="mine")
    for rule, family in (
        (("tcp", 443, 443, "10.0.1.0/24"), "ipv4"),
        (("tcp", 443, 443, "2600:1f10:0:101::/64"), "ipv6"),
        (("tcp", 443, 443, mine), "ipv4"),
        (("tcp", 443, 443, net.open), "ipv4"),
        (("tcp", 443, 443, net.open), "ipv6"),
    ):
        dress(net, net.server, net.group(net.vpc_id, [rule]))
        assert fate(ask(net, net.client, net.server, family=family)) == ("allowed", "private")
        assert ask(net, net.client, net.server, port=22, family=family).outcome == "blocked"
        other = {"ipv4": "ipv6", "ipv6": "ipv4"}[family]
        if rule[3] != net.open:
            assert ask(net, net.client, net.server, family=other).outcome == "blocked"


def test_n84_egress_to_a_services_prefix_list_only() -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net.interface_endpoint(net.vpc_id, "ecr.api", {net.b: "10.0.2.20"}, [net.open])
    group = net.group(net.vpc_id, [], [("tcp", 443, 443, "pl-1")], name="x")
    dress(net, net.client, group)
    verdict = ask(net, net.client, "s3")
    assert fate(verdict) == ("allowed", "private")
    assert endpoint in crossed(verdict)
    verdict = ask(net, net.client, "ecr.api")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, net.client, "request", "egress")}


def test_n84_a_rules_prefix_list_that_is_not_there_is_unknown() -> None:
    net, _ = guarded([("tcp", 443, 443, "pl-mine")])
    net.prefix_list(["10.0.1.0/24"], name="mine")
    files = net.files()
    entries = next(name for name in files if name.endswith("get-managed-prefix-list-entries/pl-mine.json"))
    del files[entries]
    verdict = ask(files, net.client, net.server)
    assert (verdict.outcome, verdict.missing) == ("unknown", (entries,))
    assert ask(files, net.client, net.server, port=22).outcome == "blocked"


def test_n85_group_reference_means_private_addresses() -> None:
    net = public()
    clients = net.group(net.vpc_id, [], name="clients")
    dress(net, net.client, clients)
    servers = net.group(net.vpc_id, [("tcp", 443, 443, clients)], name="servers")
    dress(net, net.server, servers)
    net.give_public(net.server, "203.0.113.6")
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    verdict = ask(net, net.client, "ip:203.0.113.6")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", servers, None, net.server, "request", "ingress")}


def test_n85_rules_of_the_referenced_group_are_not_imported() -> None:
    net = Lan()
    wide = net.group(net.vpc_id, [ANY], name="wide")
    narrow = net.group(net.vpc_id, [("tcp", 443, 443, wide)], name="narrow")
    dress(net, net.server, narrow)
    assert ask(net, net.client, net.server).outcome == "blocked"


def test_n86_default_group_admits_its_own_members_only() -> None:
    net = Lan()
    default = "sg-v-default"
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [default], name="logs")
    net.project("app", net.vpc_id, [net.a], [net.open])
    at = "eni-vpce-logs-1"
    verdict = ask(net, "codebuild:app", "logs")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", default, None, at, "request", "ingress")}
    net["app"]["vpcConfig"]["securityGroupIds"] = [default]
    assert fate(ask(net, "codebuild:app", "logs")) == ("allowed", "private")


def across(peer_region: str = "us-east-1", status: str = "active") -> tuple[dict[str, bytes], str]:
    """A client in VPC x, a server in VPC y that admits the client's group, and peering between them."""
    near = Build(tag="n")
    far = near if peer_region == "us-east-1" else Build(region=peer_region, tag="f")
    x, y = near.vpc("10.0.0.0/16", name="x"), far.vpc("10.1.0.0/16", name="y")
    pcx = near.peering(x, y, status, peer=far, name="1")
    clients = near.group(x, [], name="clients")
    servers = far.group(y, [("tcp", 443, 443, clients)], name="servers")
    a = near.subnet(x, "10.0.1.0/24", table=near.table(x, [("10.1.0.0/16", pcx)]), name="a")
    b = far.subnet(y, "10.1.1.0/24", table=far.table(y, [("10.0.0.0/16", pcx)]), name="b")
    near.interface(a, "10.0.1.5", [clients], name="client")
    far.interface(b, "10.1.1.5", [servers], name="server")
    far_server = "eni-nserver" if far is near else "eni-fserver"
    return near.files() | far.files(), far_server


def test_n88_group_reference_over_peering_in_a_region() -> None:
    files, server = across()
    assert fate(ask(files, "eni-nclient", server)) == ("allowed", "private")


def test_n88_group_reference_between_accounts() -> None:
    near, far = Build(tag="n"), Build("222222222222", tag="f")
    x, y = near.vpc("10.0.0.0/16", name="x"), far.vpc("10.1.0.0/16", name="y")
    pcx = near.peering(x, y, peer=far, name="1")
    clients = near.group(x, [], [("tcp", 443, 443, "222222222222/sg-fservers")], name="clients")
    servers = far.group(y, [("tcp", 443, 443, "111111111111/sg-nclients")], [], name="servers")
    a = near.subnet(x, "10.0.1.0/24", table=near.table(x, [("10.1.0.0/16", pcx)]))
    b = far.subnet(y, "10.1.1.0/24", table=far.table(y, [("10.0.0.0/16", pcx)]))
    near.interface(a, "10.0.1.5", [clients], name="client")
    far.interface(b, "10.1.1.5", [servers], name="server")
    files = near.files() | far.files()
    assert fate(ask(files, "eni-nclient", "eni-fserver")) == ("allowed", "private")
    assert codes(ask(files, "eni-nclient", "eni-fserver", port=22)) == {"ENI_SG_RULES_MISMATCH"}


def test_n88_no_group_reference_between_regions() -> None:
    files, server = across("eu-west-1")
    verdict = ask(files, "eni-nclient", server)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", "sg-fservers", None, server, "request", "ingress")}


def test_n90_stale_reference_matches_nothing() -> None:
    net, group = guarded([("tcp", 443, 443, "sg-open")])
    assert ask(net, net.client, net.server).outcome == "allowed"
    net[group]["IpPermissions"][0]["UserIdGroupPairs"][0]["PeeringStatus"] = "deleted"
    verdict = ask(net, net.client, net.server)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, net.server, "request", "ingress")}
    assert causes(verdict) == {"SG_REFERENCE_STALE"}


def test_n91_members_of_an_unseen_group_are_unknown() -> None:
    net = Lan()
    other = net.vpc("172.21.0.0/16", name="theirs")
    pcx = net.peering(net.vpc_id, other)
    net.route(net.ta, "172.21.0.0/16", pcx)
    net._lists["ec2/describe-vpcs"].remove(net[other])
    net[pcx]["AccepterVpcInfo"]["OwnerId"] = "222222222222"
    group = net.group(net.vpc_id, [], [("tcp", 443, 443, "222222222222/sg-theirs")], name="x")
    dress(net, net.client, group)
    verdict = ask(net, net.client, "ip:172.21.0.5")
    assert fate(verdict) == ("unknown", "none")
    assert {("PEER_ACCOUNT_UNSEEN", pcx), ("SECURITY_GROUP_UNSEEN", "sg-theirs")} <= assumed(verdict)
    assert codes(ask(net, net.client, "ip:172.21.0.5", port=22)) == {"ENI_SG_RULES_MISMATCH"}
    assert codes(ask(net, net.client, net.server)) == {"ENI_SG_RULES_MISMATCH"}


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        (("icmp", 8, -1, "0.0.0.0/0"), ("icmp", 8), True),
        (("icmp", 8, -1, "0.0.0.0/0"), ("icmp", 3), False),
        (("icmp", 3, 4, "0.0.0.0/0"), ("icmp", 3), True),
        (("icmp", 3, 4, "0.0.0.0/0"), ("icmp", 8), False),
        (("icmp", -1, -1, "0.0.0.0/0"), ("icmp", 8), True),
        (("1", 8, -1, "0.0.0.0/0"), ("icmp", 8), True),
        (("-1", None, None, "0.0.0.0/0"), (50, None), True),
        (("-1", None, None, "0.0.0.0/0"), ("udp", 7), True),
        (("-1", 22, 22, "0.0.0.0/0"), ("tcp", 443), True),
        (("50", 22, 22, "0.0.0.0/0"), (50, None), True),
        (("50", None, None, "0.0.0.0/0"), ("tcp", 443), False),
        (("tcp", 400, 443, "0.0.0.0/0"), ("tcp", 443), True),
        (("tcp", 400, 443, "0.0.0.0/0"), ("tcp", 444), False),
        (("tcp", 400, 443, "0.0.0.0/0"), ("udp", 443), False),
        (("6", 443, 443, "0.0.0.0/0"), ("tcp", 443), True),
        (("17", 53, 53, "0.0.0.0/0"), ("udp", 53), True),
        (("17", 53, 53, "0.0.0.0/0"), ("tcp", 53), False),
    ],
)
def test_n92_n93_how_a_rule_names_its_services(
    rule: tuple[str, int | None, int | None, str], asked: tuple[str | int, int | None], allowed: bool
) -> None:
    net, _ = guarded([rule])
    verdict = ask(net, net.client, net.server, *asked)
    assert verdict.outcome == ("allowed" if allowed else "blocked")


def test_n92_icmpv6_without_ports_is_all_of_it() -> None:
    net = Lan(ipv6=SIX)
    dress(net, net.server, net.group(net.vpc_id, [("icmpv6", None, None, "::/0")]))
    assert fate(ask(net, net.client, net.server, "icmpv6", 128)) == ("allowed", "private")
    assert ask(net, net.client, net.server, "icmp", 8, family="ipv4").outcome == "blocked"


@pytest.mark.parametrize(("asked", "family", "expected"), [
    (("icmp", None), "ipv6", "allowed"),
    (("icmp", 8), "ipv6", "allowed"),  # echo over IPv6 is type 128
    ((1, None), "ipv6", "allowed"),
    (("icmp", 8), None, "allowed"),
    (("icmp", 8), "ipv4", "blocked"),
    (("icmp", 13), "ipv6", "blocked"),  # ICMPv6 has no timestamps
    (("icmpv6", 128), "ipv4", "blocked"),
    (("icmpv6", 128), None, "allowed"),
])  # fmt: skip
def test_n92_icmp_over_ipv6_is_icmpv6_and_icmpv6_is_nothing_over_ipv4(
    asked: tuple[str | int, int | None], family: str | None, expected: str
) -> None:
    net = Lan(ipv6=SIX)
    dress(net, net.server, net.group(net.vpc_id, [("icmpv6", None, None, "::/0")]))
    verdict = ask(net, net.client, net.server, *asked, family=family)
    assert verdict.outcome == expected
    if expected == "allowed":
        assert {one.protocol for path in verdict.paths if path.outcome == "allowed" for one in path.traffic} == {
            "icmpv6"
        }


@pytest.mark.parametrize("target", ["eni-server", "ip:10.0.2.5", "ip:198.51.100.7", "internet"])
def test_n92_icmpv6_to_ipv4_addresses_is_told_as_such(target: str) -> None:
    verdict = ask(public(), "eni-client", target, "icmpv6", 128)
    assert fate(verdict) == ("blocked", "none")
    (block,) = verdict.blocked_by
    assert block.code in ("NO_POSSIBLE_DESTINATION", "IPV6_NOT_ASSIGNED")
    assert "IPv4" in block.detail or "IPv6" in block.detail


def test_n94_amazons_own_addresses_are_not_filtered() -> None:
    net = Lan()
    shut = net.group(net.vpc_id, [], [], name="shut")
    dress(net, net.client, shut)
    net.use_acl(net.a, net.acl(net.vpc_id, []))
    for address, *asked in (("169.254.169.253", "udp", 53), ("10.0.0.2", "tcp", 53), ("169.254.169.254", "tcp", 80)):
        assert fate(ask(net, net.client, f"ip:{address}", *asked)) == ("allowed", "private")
    verdict = ask(net, net.client, net.server, "udp", 53)
    assert ("SG_HAS_NO_RULES", shut, None, net.client, "request", "egress") in blocks(verdict)


def test_n97_group_of_another_vpc_applies_by_its_id() -> None:
    net = Lan()
    other = net.vpc("10.9.0.0/16", name="w")
    foreign = net.group(other, [WEB], [], name="foreign")
    dress(net, net.server, foreign)
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    assert codes(ask(net, net.client, net.server, port=22)) == {"ENI_SG_RULES_MISMATCH"}


def test_n99_builds_need_no_inbound_rule() -> None:
    net = natted()
    net.project("app", net.vpc_id, [net.a], [net.group(net.vpc_id, [], [WEB])])
    assert fate(ask(net, "codebuild:app", "host:github.com")) == ("allowed", "internet")

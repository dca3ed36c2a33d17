"""Facts N105 to N119: network ACLs."""

from __future__ import annotations

import pytest

from tests.build import AclEntry
from tests.scenarios.lan import Lan, ask, assumed, blocks, causes, fate, public

SIX = "2600:1f10:0:100::/56"
OUT: AclEntry = (100, "out", "allow", "-1", None, "0.0.0.0/0")
IN: AclEntry = (100, "in", "allow", "-1", None, "0.0.0.0/0")


def fenced(*entries: AclEntry, subnet: str = "b", ipv6: str | None = None) -> tuple[Lan, str]:
    """The network with an ACL of these entries on subnet b (or a)."""
    net = Lan(ipv6=ipv6)
    acl = net.acl(net.vpc_id, entries, name="x")
    net.use_acl(getattr(net, subnet), acl)
    return net, acl


def test_n105_a_subnet_without_association_has_the_default_acl() -> None:
    net = Lan()
    default = "acl-v-default"
    net[default]["Associations"] = []
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    net[default]["Entries"] = [one for one in net[default]["Entries"] if one["RuleNumber"] > 32766]
    verdict = ask(net, net.client, net.server)
    assert ("SUBNET_ACL_RESTRICTION", default, 32767, net.a, "request", "egress") in blocks(verdict)


@pytest.mark.parametrize(("deny", "allow", "outcome"), [(90, 100, "blocked"), (100, 90, "allowed")])
def test_n106_network_acl_lowest_number_wins(deny: int, allow: int, outcome: str) -> None:
    net, acl = fenced(
        (allow, "in", "allow", "-1", None, "0.0.0.0/0"), (deny, "in", "deny", "tcp", (443, 443), "10.0.1.0/24"), OUT
    )
    verdict = ask(net, net.client, net.server)
    assert verdict.outcome == outcome
    expected = {("SUBNET_ACL_RESTRICTION", acl, 90, net.b, "request", "ingress")}
    assert blocks(verdict) == (expected if outcome == "blocked" else set())


def test_n107_the_reply_needs_an_entry_of_its_own() -> None:
    net, acl = fenced(OUT, (100, "in", "allow", "tcp", (443, 443), "0.0.0.0/0"), subnet="a")
    verdict = ask(net, net.client, net.server)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "response", "ingress")}
    assert causes(verdict) == {"RETURN_ACL_EPHEMERAL"}


def test_n108_traffic_within_a_subnet_is_exempt() -> None:
    net, _ = fenced(subnet="a")
    near = net.interface(net.a, "10.0.1.6", [net.open], name="near")
    assert fate(ask(net, net.client, near)) == ("allowed", "private")
    assert ask(net, net.client, net.server).outcome == "blocked"


def test_n108_endpoint_in_the_builds_own_subnet_is_exempt() -> None:
    net, _ = fenced(subnet="a")
    net.interface_endpoint(net.vpc_id, "logs", {net.a: "10.0.1.20"}, [net.open])
    net.project("app", net.vpc_id, [net.a], [net.open])
    assert fate(ask(net, "codebuild:app", "logs")) == ("allowed", "private")


def test_n109_families_have_entries_of_their_own() -> None:
    net, acl = fenced(IN, OUT, ipv6=SIX)
    assert fate(ask(net, net.client, net.server, family="ipv4")) == ("allowed", "private")
    verdict = ask(net, net.client, net.server, family="ipv6")
    assert blocks(verdict) == {
        ("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "request", "ingress"),
        ("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "response", "egress"),
    }


@pytest.mark.parametrize(
    ("protocol", "detail", "asked", "allowed"),
    [
        ("tcp", None, ("tcp", 443), True),
        ("-1", (22, 22), ("tcp", 443), True),
        ("udp", (53, 53), ("udp", 53), True),
        ("udp", (53, 53), ("tcp", 53), False),
        ("icmp", (8, -1), ("icmp", 8), True),
        ("icmp", (-1, -1), ("icmp", 8), True),
        ("icmp", (0, -1), ("icmp", 8), False),
    ],
)
def test_n110_how_an_entry_names_its_services(
    protocol: str, detail: tuple[int, int] | None, asked: tuple[str, int], allowed: bool
) -> None:
    net, _ = fenced((100, "in", "allow", protocol, detail, "0.0.0.0/0"), OUT)
    assert (ask(net, net.client, net.server, *asked).outcome == "allowed") is allowed


def test_n111_source_ports_are_never_matched() -> None:
    net, acl = fenced(OUT, (100, "in", "allow", "tcp", (443, 443), "10.0.2.0/24"), subnet="a")
    verdict = ask(net, net.client, net.server)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "response", "ingress")}


@pytest.mark.parametrize(
    ("platform", "admitted", "outcome"),
    [
        (None, (49152, 65535), "intermittent"),
        (None, (32768, 60999), "allowed"),
        (None, (1024, 32767), "blocked"),
        ("windows", (49152, 65535), "allowed"),
        ("windows", (32768, 60999), "intermittent"),
    ],
)
def test_n113_ephemeral_ports_by_operating_system(
    platform: str | None, admitted: tuple[int, int], outcome: str
) -> None:
    net, acl = fenced(OUT, (100, "in", "allow", "tcp", admitted, "0.0.0.0/0"), subnet="a")
    client = net.instance(net.a, "10.0.1.7", [net.open])
    if platform:
        net[client]["Platform"] = platform
    verdict = ask(net, client, net.server)
    assert verdict.outcome == outcome
    if outcome != "allowed":
        assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "response", "ingress")}


def test_n113_codebuilds_ports_are_those_of_linux() -> None:
    net, _ = fenced(OUT, (100, "in", "allow", "tcp", (32768, 60999), "0.0.0.0/0"), subnet="a")
    net.project("app", net.vpc_id, [net.a], [net.open])
    verdict = ask(net, "codebuild:app", net.server)
    assert (verdict.outcome, assumed(verdict)) == ("allowed", {("BUILD_EPHEMERAL_PORTS", "acl-x")})
    assert assumed(ask(net, net.client, net.server)) == set()
    net["acl-x"]["Entries"][1]["PortRange"] = {"From": 1024, "To": 65535}
    assert assumed(ask(net, "codebuild:app", net.server)) == set()
    net["acl-x"]["Entries"][1]["PortRange"]["From"] = 40000
    verdict = ask(net, "codebuild:app", net.server)
    assert fate(verdict) == ("intermittent", "private")
    assert causes(verdict) == {"RETURN_ACL_EPHEMERAL"}


def test_n114_names_resolve_behind_a_deny_all_acl() -> None:
    net, acl = fenced(subnet="a")
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    verdict = ask(net, net.client, "logs")
    assert {block.component for block in verdict.blocked_by} == {acl}


def test_n115_acls_of_both_subnets_apply_to_an_interface_endpoint() -> None:
    net, acl = fenced(IN, (100, "out", "allow", "tcp", (443, 443), "0.0.0.0/0"))
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    verdict = ask(net, net.client, "logs")
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "response", "egress")}


def test_n116_acl_for_a_gateway_endpoint_must_admit_public_addresses() -> None:
    net, acl = fenced(
        (100, "in", "allow", "-1", None, "10.0.0.0/8"), (100, "out", "allow", "-1", None, "10.0.0.0/8"), subnet="a"
    )
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    verdict = ask(net, net.client, "s3")
    assert blocks(verdict) == {
        ("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "request", "egress"),
        ("SUBNET_ACL_RESTRICTION", acl, 32767, net.a, "response", "ingress"),
    }


def test_n119_an_acl_sees_the_remote_public_and_the_own_private_address() -> None:
    net = public()
    net.use_acl(net.a, net.acl(net.vpc_id, [IN, OUT, (50, "out", "deny", "-1", None, "198.51.100.0/24")], name="x"))
    verdict = ask(net, net.client, "ip:198.51.100.7")
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", "acl-x", 50, net.a, "request", "egress")}
    assert fate(ask(net, net.client, "ip:192.0.2.7")) == ("allowed", "internet")
    net["acl-x"]["Entries"][2]["CidrBlock"] = "203.0.113.5/32"
    assert fate(ask(net, net.client, "ip:198.51.100.7")) == ("allowed", "internet")

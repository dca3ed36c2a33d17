"""Facts N65 to N74: VPC Block Public Access."""

from __future__ import annotations

import pytest

from tests.scenarios.lan import Lan, ask, assumed, blocks, codes, fate, natted, public

WORLD = "ip:198.51.100.7"
WORLD6 = "ip:2620:107:300f::1"
SIX = "2600:1f10:0:100::/56"


def walkthrough() -> Lan:
    """AWS's own example: subnets A and B public (B holds the NAT gateway), C private by NAT and by egress-only."""
    net = public(ipv6=SIX)
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    net.route(net.tb, "::/0", "igw-1")
    net.give_public(net.server, "203.0.113.6")
    nat = net.nat(net.b, "10.0.2.9", "203.0.113.99", name="main")
    table = net.table(net.vpc_id, [("0.0.0.0/0", nat), ("::/0", net.eigw(net.vpc_id))])
    c = net.subnet(net.vpc_id, "10.0.3.0/24", ipv6="2600:1f10:0:103::/64", table=table, name="c")
    net.interface(c, "10.0.3.5", [net.open], ipv6="2600:1f10:0:103::5", name="c")
    return net


@pytest.mark.parametrize("states", [True, False], ids=["on-subnets", "by-exclusions"])
@pytest.mark.parametrize(
    ("mode", "exclusion", "expected"),
    [
        ("off", None, "AaBbCD"),
        ("block-bidirectional", None, ""),
        ("block-ingress", None, "CD"),
        ("block-ingress", "allow-bidirectional", "AaCD"),
        ("block-ingress", "allow-egress", "CD"),
        ("block-bidirectional", "allow-egress", ""),
    ],
)
def test_n74_walkthrough_of_block_public_access(mode: str, exclusion: str | None, expected: str, states: bool) -> None:
    net = walkthrough()
    net.bpa(mode, {net.a: exclusion} if exclusion else None, states=states)
    asked = {
        "a": ask(net, "internet", net.client, family="ipv4"),
        "A": ask(net, net.client, WORLD),
        "b": ask(net, "internet", net.server, family="ipv4"),
        "B": ask(net, net.server, WORLD),
        "C": ask(net, "eni-c", WORLD),
        "D": ask(net, "eni-c", WORLD6),
    }
    assert {name for name, verdict in asked.items() if verdict.outcome == "allowed"} == set(expected)
    for verdict in asked.values():
        assert verdict.outcome == "allowed" or "VPC_BLOCK_PUBLIC_ACCESS_ENABLED" in codes(verdict)


def test_n66_block_public_access_names_the_direction_of_the_packet() -> None:
    net = public()
    net.bpa("block-bidirectional")
    block = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED", "igw-1", None, net.a
    assert blocks(ask(net, net.client, WORLD)) == {(*block, "request", "egress"), (*block, "response", "ingress")}
    inward = ask(net, "ip:198.51.100.7", net.client)
    assert blocks(inward) == {(*block, "request", "ingress"), (*block, "response", "egress")}


def test_n65_the_stricter_of_two_statements_holds() -> None:
    net = public()
    files = net.files()
    net.bpa("block-bidirectional")
    strict = net.files()
    subnets = next(name for name in files if name.endswith("describe-subnets.json"))
    verdict = ask(files | {subnets: strict[subnets]}, net.client, WORLD)
    assert ("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", "igw-1", None, net.a, "request", "egress") in blocks(verdict)
    assert "stricter" in verdict.blocked_by[0].detail
    assert assumed(verdict) == {("BPA_INCONSISTENT", net.a)}


def test_n66_bidirectional_blocks_nat_too() -> None:
    net = natted()
    net.bpa("block-bidirectional")
    verdict = ask(net, net.client, WORLD)
    assert ("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", net.igw_id, None, net.n, "request", "egress") in blocks(verdict)
    assert codes(verdict) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}


def test_n67_ingress_mode_leaves_nat_open_and_nothing_else() -> None:
    net = natted()
    net.bpa("block-ingress")
    net.project("app", net.vpc_id, [net.a], [net.open])
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")
    direct = public()
    direct.bpa("block-ingress")
    assert codes(ask(direct, direct.client, WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    assert codes(ask(direct, WORLD, direct.client)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}


@pytest.mark.parametrize("states", [True, False])
def test_n68_allow_egress_lets_nat_out_and_nothing_in(states: bool) -> None:
    net = natted()
    net.bpa("block-bidirectional", {net.n: "allow-egress"}, states=states)
    near = net.interface(net.n, "10.0.9.5", [net.open], "203.0.113.7", name="near")
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    assert codes(ask(net, near, WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    assert codes(ask(net, WORLD, near)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}


def test_n68_exclusion_of_the_vpc_covers_its_subnets_and_only_live_ones_count() -> None:
    net = natted()
    net.bpa("block-bidirectional", {net.vpc_id: "allow-bidirectional"}, states=False)
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    for state, doubts in (("delete-in-progress", {"BPA_EXCLUSION_NOT_COUNTED"}), ("create-failed", set())):
        net["vpcbpa-exclude-1"]["State"] = state
        verdict = ask(net, net.client, WORLD)
        assert codes(verdict) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
        assert {code for code, _ in assumed(verdict)} == doubts


def test_n69_the_subnet_at_the_gateway_needs_the_exclusion() -> None:
    net = natted()
    net.bpa("block-bidirectional", {net.a: "allow-bidirectional"}, states=False)
    assert codes(ask(net, net.client, WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    net.bpa("block-bidirectional", {net.n: "allow-bidirectional"}, states=False)
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")


def test_n71_endpoints_do_not_cross_an_internet_gateway() -> None:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    net.bpa("block-bidirectional")
    for service in ("s3", "logs"):
        assert fate(ask(net, net.client, service)) == ("allowed", "private")


def test_n72_names_still_resolve_under_block_public_access() -> None:
    net = public()
    net.bpa("block-bidirectional")
    verdict = ask(net, net.client, "host:example.com")
    assert codes(verdict) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}


def test_n73_without_the_files_block_public_access_is_unknown() -> None:
    net = natted()
    net.bpa("off", states=False)
    files = net.files()
    for name in list(files):
        if "block-public-access" in name:
            del files[name]
    verdict = ask(files, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert [one.rpartition("/")[2] for one in verdict.missing] == ["describe-vpc-block-public-access-options.json"]

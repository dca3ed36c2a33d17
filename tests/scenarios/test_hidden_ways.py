"""Questions over a set of addresses of which some lie on premises: with any file less, what leaves is not forgotten.

**Source:** DESIGN, "What a verdict needs"; "Route tables for your Site-to-Site VPN", "Transit gateway route tables".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from reachsim import Verdict, load_files
from reachsim.errors import ReachsimError
from reachsim.simulate import answer_of
from reachsim.simulate import ask as walked_to
from tests.build import Build
from tests.property.said import matrix
from tests.property.test_matrix import compare
from tests.scenarios.lan import ANY, ANY6, Lan, ask, fate, natted, public

SITE = "10.8.0.0/16"
ASKED = [
    ("eni-a", "ip:10.0.0.0/8"), ("eni-a", f"ip:{SITE}"), ("eni-a", "ip:10.8.3.0/24"), ("eni-a", "ip:192.168.0.0/16"),
    ("eni-a", "ip:0.0.0.0/0"), ("ip:10.0.0.0/8", "eni-a"), (f"ip:{SITE}", "eni-a"), ("vpc-1", "ip:10.0.0.0/8"),
]  # fmt: skip

PARTS = {"mixed": ["on-premises"], "on-premises": [], "none": []}
"""What may be left of a route: a way out that is known stays told, though the way inside is not known any more."""


def site(kind: str) -> dict[str, bytes]:
    """Two interfaces of a VPC and, behind a gateway of some kind, a network on premises beside its block."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    if kind == "vpn":
        gateway = net.vgw(vpc)
        net.vpn(gateway, [SITE])
    else:
        gateway = net.tgw()
        inner, outer = net.tgw_table(gateway), net.tgw_table(gateway)
        attached = net.tgw_attachment(gateway, vpc, [net.subnet(vpc, "10.0.9.0/24")])
        site = net.direct_connect(gateway) if kind == "direct-connect" else net.vpn(gateway, [SITE])
        net.associate(inner, attached)
        net.associate(outer, site)
        net.tgw_route(inner, SITE, site)
        net.tgw_route(outer, "10.0.0.0/16", attached)
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [(SITE, gateway)]))
    group = net.group(vpc, ingress=[("-1", None, None, "0.0.0.0/0")])
    net.interface(subnet, "10.0.1.5", [group], name="a")
    net.interface(subnet, "10.0.1.6", [group], name="b")
    return net.files()


def with_less(files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each file left out, refused, and cut off before its first and after some of its entries."""
    for path, data in files.items():
        yield f"{path} gone", {name: one for name, one in files.items() if name != path}
        yield f"{path} refused", {**files, path: b'{"Error": {"Code": "AccessDenied"}}'}
        for key, value in json.loads(data).items():
            for kept in {0, len(value) // 2} if isinstance(value, list) else ():
                cut = json.dumps({key: value[:kept], "NextToken": "more"}).encode()
                yield f"{path} cut to {kept}", {**files, path: cut}


def answers(files: dict[str, bytes]) -> dict[tuple[str, str], Verdict]:
    reach = load_files(files)
    return {asked: reach.simulate(*asked, protocol="tcp", port=443) for asked in ASKED}


@pytest.mark.parametrize("kind", ["vpn", "transit-vpn", "direct-connect"])
def test_a_file_less_hides_no_way_out(kind: str) -> None:
    """The part that stays in the VPC is known to get through, and was said to be all: ``allowed private``."""
    files = site(kind)
    whole = answers(files)
    assert {asked: one.route for asked, one in whole.items()} == {
        ASKED[0]: "mixed", ASKED[1]: "on-premises", ASKED[2]: "on-premises", ASKED[3]: "none", ASKED[4]: "mixed",
        ASKED[5]: "mixed", ASKED[6]: "on-premises", ASKED[7]: "mixed",
    }  # fmt: skip
    turned, unknown = [], 0
    for what, held in with_less(files):
        try:
            found = answers(held)
        except ReachsimError:
            continue
        for asked, one in found.items():
            unknown += one.outcome == "unknown"
            if one.outcome == "unknown":
                assert one.missing, (what, asked)
            elif one.outcome != whole[asked].outcome or one.route not in (
                whole[asked].route,
                *PARTS[whole[asked].route],
            ):
                turned.append((what, asked, one.outcome, one.route))
    assert turned == []
    assert unknown > 50


def test_a_part_that_is_not_known_but_stays_inside_leaves_the_answer() -> None:
    """Of the file of network ACLs it depends only whether another address is reached, not by which way."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc))
    group = net.group(vpc, ingress=[("-1", None, None, "0.0.0.0/0")])
    net.interface(subnet, "10.0.1.5", [group], name="a")
    net.interface(subnet, "10.0.1.6", [group], name="b")
    net.interface(net.subnet(vpc, "10.0.2.0/24", table=net.table(vpc)), "10.0.2.6", [group], name="c")
    files = {path: data for path, data in net.files().items() if "network-acls" not in path}
    found = load_files(files).simulate("eni-a", "ip:10.0.0.0/8", protocol="tcp", port=443)
    assert (found.outcome, found.route) == ("allowed", "private")


LATER = "some-word-that-nobody-knows"


def nat_gateway() -> Lan:
    net = natted()
    net["nat-main"]["State"] = LATER
    return net


def appliance_at_nat_gateway() -> Lan:
    net = natted()
    net["nat-main"]["AttachedAppliances"] = [{"Type": "network-firewall-proxy", "AttachmentState": LATER}]
    return net


def internet_gateway() -> Lan:
    net = public()
    net["igw-1"]["Attachments"][0]["State"] = LATER
    return net


def route() -> Lan:
    net = public()
    net[net.ta]["Routes"][-1]["State"] = LATER
    return net


def vpn() -> Lan:
    net = Lan()
    gateway = net.vgw(net.vpc_id, name="1")
    net[net.vpn(gateway, [SITE], name="1")]["State"] = LATER
    net.route(net.ta, SITE, gateway)
    return net


def peering() -> Lan:
    net = Lan()
    other = net.vpc("10.8.0.0/16", name="o")
    net.interface(net.subnet(other, "10.8.1.0/24"), "10.8.1.5", [net.group(other, [ANY])], name="far")
    pcx = net.peering(net.vpc_id, other)
    net[pcx]["Status"]["Code"] = LATER
    net.route(net.ta, "10.8.0.0/16", pcx)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    return net


@pytest.mark.parametrize("made", [nat_gateway, appliance_at_nat_gateway, internet_gateway, route, vpn])
def test_a_way_out_of_a_state_that_nobody_knows_is_not_forgotten(made: Callable[[], Lan]) -> None:
    """No file is missing, and what stays in the VPC was said to be all that gets through: ``allowed private``."""
    assert fate(ask(made(), "eni-client", "ip:0.0.0.0/0")) == ("unknown", "none")
    assert fate(ask(made(), "eni-client", "ip:10.0.0.0/16")) == ("allowed", "private")


@pytest.mark.parametrize("made", [nat_gateway, internet_gateway, route])
def test_what_leads_on_premises_is_not_said_to_be_all_either(made: Callable[[], Lan]) -> None:
    """Of a block that a private gateway takes a part of, the rest may go out by what nobody knows."""
    net = made()
    net.route(net.ta, "192.168.0.0/16", net.vgw(net.vpc_id))
    assert fate(ask(net, "eni-client", "ip:192.0.0.0/8")) == ("unknown", "none")
    assert ask(net, "eni-client", "ip:192.0.0.0/8").surely == ("on-premises",)
    assert fate(ask(net, "eni-client", "ip:192.168.0.0/16")) == ("allowed", "on-premises")
    reach = load_files(net.files())
    walked = walked_to(reach.ground, "eni-client", "ip:192.0.0.0/8", protocol="tcp", port=443)
    assert answer_of(walked)[:3] == ("unknown", "unknown", "none")
    assert reach.check(sources=["eni-client"]).overall == "leaking"


def test_a_way_of_a_state_that_nobody_knows_and_that_stays_private_leaves_the_answer() -> None:
    """Nor do Amazon's own addresses and those of VPC Lattice, whatever they lead to, lead to the internet."""
    assert fate(ask(peering(), "eni-client", "eni-far")) == ("unknown", "none")
    assert fate(ask(peering(), "eni-client", "ip:0.0.0.0/0")) == ("allowed", "private")
    assert fate(ask(Lan(), "eni-client", "ip:0.0.0.0/0")) == ("allowed", "private")
    net, far = Lan(), Build("222222222222", tag="far")
    net.route(net.ta, "172.20.0.0/16", net.peering(net.vpc_id, far.vpc("172.20.0.0/16"), name="1", peer=far))
    assert fate(ask(net, "eni-client", "ip:172.20.0.0/16")) == ("unknown", "none")
    assert fate(ask(net, "eni-client", "ip:0.0.0.0/0")) == ("allowed", "private")


def test_a_matrix_does_not_forget_the_other_family_either() -> None:
    """Over IPv4 the interfaces are peers; over IPv6 they meet by internet gateways, one of a state nobody knows."""
    net = public(ipv6="2600:1f14:0:100::/56")
    other = net.vpc("10.8.0.0/16", ipv6="2600:1f14:0:200::/56", name="o")
    pcx = net.peering(net.vpc_id, other)
    net.route(net.ta, "10.8.0.0/16", pcx)
    table = net.table(other, [("10.0.0.0/16", pcx), ("::/0", net.igw(other, name="2"))], name="o")
    subnet = net.subnet(other, "10.8.1.0/24", ipv6="2600:1f14:0:201::/64", table=table, name="o")
    net.interface(subnet, "10.8.1.5", [net.group(other, [ANY, ANY6])], ipv6="2600:1f14:0:201::5", name="far")

    def answers() -> tuple[tuple[str, str], str]:
        reach = load_files(net.files())
        said = matrix(reach, [], str)["eni-client → eni-far"]
        compare(reach, 6, 443)
        return fate(reach.simulate("eni-client", "eni-far", protocol="tcp", port=443)), said

    assert answers() == (("allowed", "mixed"), "allowed mixed yes yes")
    net["igw-1"]["Attachments"][0]["State"] = LATER
    assert answers() == (("unknown", "none"), "unknown")


def test_without_route_tables_nobody_knows_what_leads_in() -> None:
    """A route may lead back by a gateway that is not modelled; what filters stop is stopped whatever leads in."""
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", "cagw-1")
    sources = ("internet", "ip:198.51.100.7", "ip:192.168.7.7")
    assert [ask(net, one, net.client).outcome for one in sources] == ["unknown", "unknown", "unknown"]
    less = {path: data for path, data in net.files().items() if not path.endswith("describe-route-tables.json")}
    for one in sources:
        verdict = ask(less, one, net.client)
        assert verdict.outcome == "unknown"
        assert verdict.missing == (f"{net.account}/us-east-1/ec2/describe-route-tables.json",)
    net[net.client]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY], name="shut")}]
    less = {path: data for path, data in net.files().items() if not path.endswith("describe-route-tables.json")}
    assert [ask(less, one, net.client).outcome for one in sources] == ["blocked", "blocked", "blocked"]

"""Questions over a set of addresses of which some lie on premises: with any file less, what leaves is not forgotten.

**Source:** DESIGN, "What a verdict needs"; "Route tables for your Site-to-Site VPN", "Transit gateway route tables".
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reachsim import Verdict, load_files
from reachsim.errors import ReachsimError
from tests.build import Build

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

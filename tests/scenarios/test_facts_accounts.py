"""Several accounts as one network: what a snapshot of one account, or of both, tells of a shared VPC (N73, N152)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Verdict
from tests.build import Build
from tests.scenarios.lan import ANY, Lan, assumed, blocks, codes, fate

OWNER, USER = "111111111111", "222222222222"
HOME = f"{USER}/us-east-1"
WORLD = "ip:198.51.100.7"


def owner() -> Lan:
    """The owner's VPC: a way out by a NAT gateway, an endpoint, a server; eni-client and sg-user are the user's."""
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
    group = net.group(net.vpc_id, [ANY], [ANY], name="user")
    net[group]["OwnerId"] = net[net.client]["OwnerId"] = USER
    net[net.client]["Groups"] = [{"GroupId": group, "GroupName": group}]
    net.bpa("off", states=False)
    return net


def user(net: Lan) -> dict[str, bytes]:
    """The user's account: it sees VPC and subnets, their tables and network ACLs, and what it made itself."""
    home = Build(USER)
    seen = ("describe-vpcs", "describe-subnets", "describe-route-tables", "describe-network-acls")
    files = home.files() | {f"{HOME}/ec2/{one}.json": net.files()[f"{net._home}/ec2/{one}.json"] for one in seen}
    mine = {"describe-network-interfaces": ("NetworkInterfaces", net.client),
            "describe-security-groups": ("SecurityGroups", "sg-user")}  # fmt: skip
    for operation, (key, name) in mine.items():
        files[f"{HOME}/ec2/{operation}.json"] = json.dumps({key: [net[name]]}).encode()
    return files


def ask(files: Mapping[str, bytes], source: str, destination: str, **more: Any) -> Verdict:
    return load_files(files).simulate(source, destination, protocol="tcp", port=443, **more)


def test_both_accounts_are_one_network() -> None:
    net = owner()
    for files in (user(net) | net.files(), net.files()):
        assert fate(ask(files, "eni-client", "eni-server")) == ("allowed", "private")
        assert fate(ask(files, "eni-client", "logs")) == ("allowed", "private")
        assert fate(ask(files, "eni-client", WORLD)) == ("allowed", "internet")


@pytest.mark.parametrize(
    ("destination", "file"),
    [
        ("ip:10.0.2.5", "ec2/describe-network-interfaces.json"),
        (WORLD, "ec2/describe-nat-gateways.json"),
        ("logs", "ec2/describe-dhcp-options.json"),
    ],
)
def test_what_only_the_owner_sees_is_unknown_by_its_file(destination: str, file: str) -> None:
    verdict = ask(user(owner()), "eni-client", destination)
    assert fate(verdict) == ("unknown", "none")
    assert f"{OWNER}/us-east-1/{file}" in verdict.missing


def test_what_the_user_sees_is_judged_without_the_owner() -> None:
    net = owner()
    near = net.interface(net.b, "10.0.2.6", ["sg-user"], name="near")
    net[near]["OwnerId"] = USER
    files = user(net)
    files[f"{HOME}/ec2/describe-network-interfaces.json"] = json.dumps(
        {"NetworkInterfaces": [net[net.client], net[near]]}
    ).encode()
    assert fate(ask(files, "eni-client", near)) == ("allowed", "private")
    net["sg-user"]["IpPermissionsEgress"] = []
    files |= {path: data for path, data in user(net).items() if "security-groups" in path}
    assert codes(ask(files, "eni-client", WORLD)) == {"SG_HAS_NO_RULES"}


def test_n73_block_public_access_is_the_owners() -> None:
    net = owner()
    net.route(net.ta, "0.0.0.0/0", net.igw_id)
    net.give_public(net.client, "203.0.113.5")
    files = user(net)
    gateways = f"{HOME}/ec2/describe-internet-gateways.json"
    files[gateways] = net.files()[gateways.replace(USER, OWNER)]
    verdict = ask(files, "eni-client", WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert f"{OWNER}/us-east-1/ec2/describe-vpc-block-public-access-options.json" in verdict.missing
    net.bpa("block-bidirectional", states=False)
    assert codes(ask(files | net.files(), "eni-client", WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    net.bpa("block-bidirectional")
    assert codes(ask({**user(net), gateways: files[gateways]}, "eni-client", WORLD)) == {
        "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
    }


def test_a_folder_that_is_no_account_is_no_sharing() -> None:
    files = {path.replace(OWNER, "000000000000"): data for path, data in owner().files().items()}
    assert fate(ask(files, "eni-client", "eni-server")) == ("allowed", "private")


def test_n97_a_group_associated_with_another_vpc_applies_there() -> None:
    net = Lan()
    other = net.vpc("10.1.0.0/16", name="o")
    subnet = net.subnet(other, "10.1.1.0/24")
    shut = net.group(net.vpc_id, [("tcp", 443, 443, "10.1.1.0/24")], [ANY], name="shared")
    for number, address in enumerate(("10.1.1.5", "10.1.1.6")):
        net.interface(subnet, address, [shut], name=f"o{number}")
    assert fate(ask(net.files(), "eni-o0", "eni-o1")) == ("allowed", "private")
    net[shut]["IpPermissions"] = [net._permission(("tcp", 443, 443, shut))]
    assert fate(ask(net.files(), "eni-o0", "eni-o1")) == ("allowed", "private")
    net[shut]["IpPermissions"] = [net._permission(("tcp", 22, 22, "10.1.1.0/24"))]
    assert blocks(ask(net.files(), "eni-o0", "eni-o1")) == {
        ("ENI_SG_RULES_MISMATCH", shut, None, "eni-o1", "request", "ingress")
    }


def test_n91_a_transit_gateway_of_an_account_not_collected_is_unknown_by_name() -> None:
    net = Lan()
    tgw = net.tgw(name="far")
    net.tgw_attachment(tgw, net.vpc_id, [net.a], name="x")
    net[tgw]["OwnerId"] = USER
    net.route(net.ta, "172.16.0.0/12", tgw)
    verdict = ask(net.files(), net.client, "ip:172.20.0.1")
    assert fate(verdict) == ("unknown", "none")
    assert {component for _, component in assumed(verdict)} & {tgw, "tgw-attach-x"}

"""Addresses that may be somebody's whom the snapshot does not hold: nothing is said of what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from reachsim import load_files
from tests.build import AclEntry, Build, GroupRule
from tests.scenarios.lan import ask, assumed, codes

OPEN: tuple[GroupRule, ...] = (("-1", None, None, "0.0.0.0/0"),)


@pytest.mark.parametrize("known", [True, False])
def test_what_a_peer_that_is_not_in_the_snapshot_sends_is_not_known(known: bool) -> None:
    """The peering connection tells the peer's blocks; whether it routes its packets here only its own files do."""
    net, far = Build(), Build("222222222222", tag="far")
    vpc = net.vpc("10.0.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    other = far.vpc("172.20.0.0/16")
    far.interface(far.subnet(other, "172.20.1.0/24"), "172.20.1.9", [far.group(other)])
    peering = net.peering(vpc, other, peer=far)
    net.route(net.main_table(vpc), "172.20.0.0/16", peering)
    files = net.files() | (far.files() if known else {})
    found = load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443)
    assert found.outcome == ("blocked" if known else "unknown")
    assert ("PEER_ACCOUNT_UNSEEN" in {one.code for one in found.assumptions}) is not known
    assert load_files(files).simulate("ip:172.21.0.9", target, protocol="tcp", port=443).outcome == "blocked"


def test_what_a_transit_gateway_brings_from_elsewhere_is_not_known() -> None:
    net, far = Build(), Build("222222222222", tag="far")
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    tgw = net.tgw()
    net.tgw_attachment(tgw, vpc, [subnet])
    table = net.tgw_table(tgw)
    net.tgw_route(table, "10.0.0.0/16", "tgw-attach-1", "propagated")
    net.associate(table, "tgw-attach-1")
    net.route(net.main_table(vpc), "172.16.0.0/12", tgw)
    source = "ip:172.20.1.9"
    assert load_files(net.files()).simulate(source, target, protocol="tcp", port=443).outcome == "blocked"
    link = net.tgw_peering(tgw, far.tgw(), far)
    assert ask(net, source, target).outcome == "blocked"  # what it brings goes by no table
    net.associate(table, link)
    assert ask(net, source, target).outcome == "blocked"  # nothing leads back
    net.tgw_route(table, "172.20.0.0/16", link)
    verdict = ask(net, source, target)
    assert (verdict.outcome, verdict.missing) == ("unknown", ())
    assert {one.component for one in verdict.assumptions} == {link}


@pytest.mark.parametrize(("source", "outcome"), [("172.20.1.9", "unknown"), ("172.21.0.9", "blocked")])
def test_peering_that_is_routed_to_and_not_described_may_lead_in(source: str, outcome: str) -> None:
    net, far = Build(), Build("222222222222", tag="far")
    vpc = net.vpc("10.0.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    net.route(net.main_table(vpc), "172.20.0.0/16", net.peering(vpc, far.vpc("172.20.0.0/16"), peer=far))
    files = {path: data for path, data in net.files().items() if "peering-connections" not in path}
    found = load_files(files).simulate(f"ip:{source}", target, protocol="tcp", port=443)
    assert found.outcome == outcome
    assert any("describe-vpc-peering-connections" in path for path in found.missing) is (outcome == "unknown")
    files = {path: data for path, data in files.items() if "describe-route-tables" not in path}
    found = load_files(files).simulate(f"ip:{source}", target, protocol="tcp", port=443)
    assert found.outcome == "unknown"
    assert any("describe-vpc-peering-connections" in path for path in found.missing)


def test_what_others_attach_to_a_shared_transit_gateway_is_known_to_its_owner() -> None:
    """A participant's account lists its own attachments only (N189): others may send by the gateway."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    tgw = net.tgw()
    net[tgw]["OwnerId"] = "222222222222"
    net.tgw_attachment(tgw, vpc, [subnet])
    verdict = ask(net, "ip:172.20.1.9", target)
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"NO_ROUTE_TO_DESTINATION"})  # nothing leads back
    net.route(net.main_table(vpc), "172.16.0.0/12", tgw)
    verdict = load_files(net.files()).simulate("ip:172.20.1.9", target, protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert verdict.missing == (
        "222222222222/us-east-1/ec2/describe-transit-gateway-attachments.json",
        "222222222222/us-east-1/ec2/describe-transit-gateway-route-tables.json",
    )
    assert assumed(verdict) == {("PEER_ACCOUNT_UNSEEN", tgw), ("TGW_RTB_ROUTES_ARE_UNKNOWN", tgw)}
    owner = Build("222222222222", tag="o")
    files = net.files() | owner.files()
    assert load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443).outcome == "blocked"


def test_whose_a_transit_gateway_is_must_be_known() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    net.tgw_attachment(net.tgw(), vpc, [subnet])
    net.route(net.main_table(vpc), "172.16.0.0/12", "tgw-1")
    path = "111111111111/us-east-1/ec2/describe-transit-gateways.json"
    files = net.files()
    assert load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443).outcome == "blocked"
    del files[path]
    verdict = load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443)
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


def test_an_account_whose_name_is_a_placeholder_owns_what_its_files_hold() -> None:
    """Files without an account in their place stand under one that owns nothing (`reachsim import`)."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    net.tgw_attachment(net.tgw(), vpc, [subnet])
    files = {path.replace("111111111111/", "000000000000/"): data for path, data in net.files().items()}
    assert load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443).outcome == "blocked"


@pytest.mark.parametrize("joined", ["itself", "peering", "nothing"])
def test_clients_of_client_vpn_may_have_any_private_address(joined: str) -> None:
    """They come by an interface of the endpoint's, which AWS describes as such, and by its address (N195)."""
    net = Build()
    vpc, other = net.vpc("10.0.0.0/16"), net.vpc("10.1.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    at = net.subnet(vpc, "10.0.2.0/24") if joined == "itself" else net.subnet(other, "10.1.2.0/24")
    eni = net.interface(at, "10.0.2.9" if joined == "itself" else "10.1.2.9", [net.group(vpc)], name="cvpn")
    net[eni]["Description"] = "ClientVPN Endpoint resource cvpn-endpoint-0123456789abcdef0"
    if joined == "peering":
        net.peering(vpc, other)
    verdict = load_files(net.files()).simulate("ip:192.168.100.5", target, protocol="tcp", port=443)
    assert verdict.outcome == ("blocked" if joined == "nothing" else "unknown")
    if joined != "nothing":
        assert {(one.code, one.component) for one in verdict.assumptions} == {("UNMODELLED_COMPONENT", eni)}
        assert "describe-client-vpn-endpoints" in verdict.assumptions[0].detail
    assert load_files(net.files()).simulate("ip:198.51.100.7", target, protocol="tcp", port=443).outcome == "blocked"


def hub(*routes: str, acl: Sequence[AclEntry] | None = None, ingress: Sequence[GroupRule] = OPEN) -> Build:
    """A VPC without an internet gateway on a transit gateway that another account shares, with routes back to it."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", acl=net.acl(vpc, acl) if acl is not None else None)
    net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress)])
    tgw = net.tgw()
    net[tgw]["OwnerId"] = "222222222222"
    net.tgw_attachment(tgw, vpc, [net.subnet(vpc, "10.0.9.0/28")])
    for block in routes:
        net.route(net.main_table(vpc), block, tgw)
    return net


ALL: Final[tuple[AclEntry, ...]] = tuple(
    (100, direction, "allow", "-1", None, "0.0.0.0/0") for direction in ("in", "out")
)


@pytest.mark.parametrize(
    ("acl", "ingress", "code"),
    [
        (ALL[:1], OPEN, "SUBNET_ACL_RESTRICTION"),  # no answer leaves
        (ALL[1:], OPEN, "SUBNET_ACL_RESTRICTION"),
        (((90, "in", "deny", "tcp", (443, 443), "172.16.0.0/12"), *ALL), OPEN, "SUBNET_ACL_RESTRICTION"),
        (((90, "out", "deny", "tcp", (1024, 65535), "0.0.0.0/0"), *ALL), OPEN, "SUBNET_ACL_RESTRICTION"),
        (ALL, (("tcp", 443, 443, "10.0.0.0/16"),), "ENI_SG_RULES_MISMATCH"),
        (ALL, (("-1", None, None, "sg-1"),), "ENI_SG_RULES_MISMATCH"),  # nobody else is known to carry it
        (ALL, OPEN, None),
        (ALL, (("tcp", 443, 443, "222222222222/sg-theirs"),), "ENI_SG_RULES_MISMATCH"),  # no references kept
        (((90, "out", "deny", "tcp", (1024, 40000), "0.0.0.0/0"), *ALL), OPEN, None),
    ],
)
def test_whatever_others_send_is_stopped_by_filters_that_are_known(
    acl: Sequence[AclEntry], ingress: Sequence[GroupRule], code: str | None
) -> None:
    """A path blocked by a filter stays blocked whatever else is missing (DESIGN, "What a verdict needs")."""
    verdict = ask(hub("172.16.0.0/12", acl=acl, ingress=ingress), "ip:172.20.1.9", "eni-1")
    assert verdict.outcome == ("blocked" if code else "unknown")
    if code:
        assert codes(verdict) == {code}
        assert not verdict.missing


@pytest.mark.parametrize(
    ("routes", "ingress", "outcome"),
    [
        (("0.0.0.0/0",), OPEN, "unknown"),  # an appliance behind the hub may lead the internet in
        (("172.16.0.0/12",), OPEN, "blocked"),  # no answer gets back to the internet
        (("0.0.0.0/0",), (("tcp", 443, 443, "10.0.0.0/8"),), "blocked"),
        ((), OPEN, "blocked"),
    ],
)
def test_the_internet_may_come_by_a_hub_that_is_not_seen(
    routes: Sequence[str], ingress: Sequence[GroupRule], outcome: str
) -> None:
    """Whitepaper "Building a Scalable and Secure Multi-VPC AWS Network Infrastructure", "Centralized inbound
    inspection": what an appliance of another VPC does with what the internet sends it is its own affair.
    """
    verdict = ask(hub(*routes, ingress=ingress), "internet", "eni-1")
    assert verdict.outcome == outcome
    if outcome == "unknown":
        assert ("PEER_ACCOUNT_UNSEEN", "tgw-1") in assumed(verdict)
        assert "222222222222/us-east-1/ec2/describe-transit-gateway-attachments.json" in verdict.missing
    assert ask(hub(*routes, ingress=ingress), "ip:198.51.100.7", "eni-1").outcome == outcome
    files = hub(*routes, ingress=ingress).files()
    attachments = "111111111111/us-east-1/ec2/describe-transit-gateway-vpc-attachments.json"
    del files[attachments]
    verdict = load_files(files).simulate("internet", "eni-1", protocol="tcp", port=443)
    assert verdict.outcome == outcome
    assert (attachments in verdict.missing) == (outcome == "unknown")


@pytest.mark.parametrize("routes", [("0.0.0.0/0",), ("192.168.0.0/16",)])
def test_the_internet_may_come_by_a_core_network(routes: Sequence[str]) -> None:
    """Its attachment's subnets are in no file: whichever they are, filters and routes of the target's own decide."""
    core = "arn:aws:networkmanager::111111111111:core-network/core-network-1"
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, OPEN)])
    for block in routes:
        net.route(net.main_table(vpc), block, core)
    assert ask(net, "internet", target).outcome == ("unknown" if routes[0] == "0.0.0.0/0" else "blocked")


def test_a_peered_vpc_leads_nobody_of_the_internet_in() -> None:
    """Peering carries what is between the two VPCs only (N180), whoever has the other one."""
    net, far = Build(), Build("222222222222", tag="far")
    vpc = net.vpc("10.0.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, OPEN)])
    net.route(net.main_table(vpc), "0.0.0.0/0", net.peering(vpc, far.vpc("172.20.0.0/16"), peer=far))
    assert ask(net, "internet", target).outcome == "blocked"
    assert ask(net, "ip:172.20.1.9", target).outcome == "unknown"


def test_what_enters_by_a_closed_middlebox_of_the_attachments_subnet_does_not_get_on() -> None:
    net = hub("172.16.0.0/12")
    shut = net.interface("subnet-2", "10.0.9.9", [net.group("vpc-1", [])])
    table = net.table("vpc-1", [("10.0.1.0/24", shut)])
    net._associate(table, {"SubnetId": "subnet-2"})
    verdict = ask(net, "ip:172.20.1.9", "eni-1")
    assert (verdict.outcome, "ENI_SOURCE_DEST_CHECK_RESTRICTION" in codes(verdict)) == ("blocked", True)


@pytest.mark.parametrize(("keeps", "outcome"), [(("tgw-1", "tgw-attach-1"), "unknown"), (("tgw-1",), "blocked")])
def test_others_may_carry_a_group_that_is_not_seen(keeps: Sequence[str], outcome: str) -> None:
    """ "Security group referencing" at the gateway and at the attachment (N89)."""
    net = hub("172.16.0.0/12", ingress=[("tcp", 443, 443, "222222222222/sg-theirs")])
    for row in net._lists["ec2/describe-transit-gateways"] + net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        named = row.get("TransitGatewayAttachmentId", row["TransitGatewayId"])
        row["Options"]["SecurityGroupReferencingSupport"] = "enable" if named in keeps else "disable"
    assert ask(net, "ip:172.20.1.9", "eni-1").outcome == outcome


@pytest.mark.parametrize("kind", ["vgw", "tgw"])
@pytest.mark.parametrize(
    ("block", "ingress", "outcome"),
    [("0.0.0.0/0", OPEN, "unknown"), ("192.168.0.0/16", OPEN, "blocked"),
     ("0.0.0.0/0", (("tcp", 443, 443, "192.168.0.0/16"),), "blocked")],
)  # fmt: skip
def test_the_internet_may_come_by_ones_own_premises(
    kind: str, block: str, ingress: Sequence[GroupRule], outcome: str
) -> None:
    """As what leaves for the internet by them may get there (N190): a firewall there may lead it in, if answers go back
    the same way.
    """
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress)])
    gateway = net.vgw(vpc) if kind == "vgw" else net.tgw()
    if kind == "vgw":
        net.vpn(gateway, [block])
    else:
        table, attachment = net.tgw_table(gateway), net.tgw_attachment(gateway, vpc, [subnet])
        for one in (attachment, vpn := net.vpn(gateway)):
            net.associate(table, one)
        net.tgw_route(table, "10.0.0.0/16", attachment)
        net.tgw_route(table, block, vpn)
    net.route(net.main_table(vpc), block, gateway)
    verdict = ask(net, "internet", target)
    assert verdict.outcome == outcome
    assert ("ON_PREMISES_UNSEEN" in {code for code, _ in assumed(verdict)}) is (outcome == "unknown")
    assert codes(verdict) == ({"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"} if outcome == "blocked" else set())


def test_an_address_of_a_vpc_whose_subnets_no_file_tells_may_be_an_interfaces() -> None:
    net, far = Build(), Build("222222222222", tag="far")
    vpc, other = net.vpc("10.0.0.0/16"), far.vpc("172.20.0.0/16")
    target = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    link = net.peering(vpc, other, peer=far)
    net.route(net.main_table(vpc), "172.20.0.0/16", link)
    far.route(far.main_table(other), "10.0.0.0/16", link)
    far.interface(far.subnet(other, "172.20.1.0/24"), "172.20.1.9", [far.group(other, egress=OPEN)])
    files = net.files() | far.files()
    assert load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443).outcome == "allowed"
    del files[path := "222222222222/us-east-1/ec2/describe-subnets.json"]
    verdict = load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert path in verdict.missing

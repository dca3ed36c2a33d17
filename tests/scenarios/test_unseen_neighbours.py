"""Addresses that may be somebody's whom the snapshot does not hold: nothing is said of what they reach."""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.build import Build, GroupRule

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
    source = "ip:172.20.1.9"
    assert load_files(net.files()).simulate(source, target, protocol="tcp", port=443).outcome == "blocked"
    net.tgw_peering(tgw, far.tgw(), far)
    assert load_files(net.files()).simulate(source, target, protocol="tcp", port=443).outcome == "unknown"


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
    verdict = load_files(net.files()).simulate("ip:172.20.1.9", target, protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("222222222222/us-east-1/ec2/describe-transit-gateway-attachments.json",)
    assert {(one.code, one.component) for one in verdict.assumptions} == {("PEER_ACCOUNT_UNSEEN", tgw)}
    owner = Build("222222222222", tag="o")
    files = net.files() | owner.files()
    assert load_files(files).simulate("ip:172.20.1.9", target, protocol="tcp", port=443).outcome == "blocked"


def test_whose_a_transit_gateway_is_must_be_known() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=OPEN)])
    net.tgw_attachment(net.tgw(), vpc, [subnet])
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

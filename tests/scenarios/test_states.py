"""States of resources, and what AWS's documentation says of them."""

from __future__ import annotations

import pytest

from reachsim.verdict import Verdict
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, fate, natted
from tests.scenarios.test_facts_transit import Hub

WORLD = "ip:198.51.100.7"


def test_a_nat_gateway_that_is_being_deleted_may_still_carry_traffic() -> None:
    net = natted()
    net["nat-main"]["State"] = "deleting"
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert codes(verdict) == set()
    net["sg-open"]["IpPermissionsEgress"] = []
    assert fate(ask(net, net.client, WORLD)) == ("blocked", "none")


@pytest.mark.parametrize("state", ["pending", "deleting", "deleted"])
def test_a_transit_gateway_carries_traffic_in_its_own_working_states_only(state: str) -> None:
    net = Hub()
    net["tgw-1"]["State"] = state
    verdict = ask(net, "eni-x", "eni-y")
    assert {(one.code, one.component) for one in verdict.blocked_by} == {("BAD_STATE", "tgw-1")}
    net["tgw-1"]["State"] = "modifying"
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")


@pytest.mark.parametrize("at", ["tgw-attach-x", "tgw-attach-y"])
def test_what_a_transit_gateway_translates_is_not_known(at: str) -> None:
    net = Hub()
    net[at]["NatGatewaySupport"] = "disabled"
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")
    net[at]["NatGatewaySupport"] = "enabled"
    verdict = ask(net, "eni-x", "eni-y")
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", at) in assumed(verdict)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("pending-acceptance", "BAD_STATE"), ("provisioning", "BAD_STATE"), ("initiating-request", "BAD_STATE"),
        ("rejected", "BAD_STATE"), ("expired", "BAD_STATE"), ("failed", "BAD_STATE"), ("deleted", "BAD_STATE"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("route", ["active", "blackhole"])
def test_a_peering_connection_that_nobody_accepted_carries_nothing(status: str, reason: str, route: str) -> None:
    net = Lan()
    other = net.vpc("10.8.0.0/16", name="o")
    net.interface(net.subnet(other, "10.8.1.0/24"), "10.8.1.5", [net.group(other, [ANY])], name="far")
    pcx = net.peering(net.vpc_id, other, status=status)
    net.route(net.ta, "10.8.0.0/16", pcx, state=route)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    assert codes(ask(net, net.client, "eni-far")) == {reason if route == "active" else "BAD_STATE_ROUTE"}


def test_a_group_that_no_file_of_its_account_lists_is_a_stale_reference() -> None:
    net = Lan()
    group = net.group(net.vpc_id, [("tcp", 443, 443, "sg-deleted")])
    net[net.server]["Groups"] = [{"GroupId": group, "GroupName": group}]
    assert causes(ask(net, net.client, net.server)) == {"SG_REFERENCE_STALE"}
    net[group]["IpPermissions"] = [net._permission(("tcp", 443, 443, "222222222222/sg-elsewhere"))]
    assert causes(ask(net, net.client, net.server)) == {None}


@pytest.mark.parametrize("ends", ["source", "destination"])
def test_an_interface_that_is_attached_to_nothing_is_judged_as_if_it_were_in_use(ends: str) -> None:
    net = Lan()
    held = net.client if ends == "source" else net.server
    net[held]["Status"] = "available"
    verdict = ask(net, net.client, net.server)
    assert fate(verdict) == ("allowed", "private")
    assert assumed(verdict) == {("INTERFACE_NOT_ATTACHED", held)}


@pytest.mark.parametrize("mode", ["enforce", "monitor"])
def test_a_vpc_that_enforces_encryption_in_transit_is_said_to(mode: str) -> None:
    net = Lan()
    net[net.vpc_id]["EncryptionControl"] = {"VpcId": net.vpc_id, "Mode": mode, "State": "available"}
    verdict = ask(net, net.client, net.server)
    assert fate(verdict) == ("allowed", "private")
    assert assumed(verdict) == ({("VPC_ENCRYPTION_ENFORCED", net.vpc_id)} if mode == "enforce" else set())


@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_a_terminated_instance_neither_sends_nor_answers(state: str) -> None:
    """EC2 User Guide: it is listed for a while, without its interfaces; nothing starts it again."""
    net = Lan()
    gone = net.instance(net.a, "10.0.1.99", [net.open], name="gone")
    net[gone]["State"] = {"Code": 48, "Name": state}
    assert assumed(ask(net, gone, net.server)) == {("INSTANCE_STOPPED", gone)}  # its interface is still there
    rows = net._lists["ec2/describe-network-interfaces"]
    rows.remove(next(one for one in rows if one["NetworkInterfaceId"] == net.interface_of(gone)))
    net[gone]["NetworkInterfaces"] = []
    for source, target, direction in ((gone, net.server, "egress"), (net.client, gone, "ingress")):
        verdict = ask(net, source, target)
        assert fate(verdict) == ("blocked", "none")
        assert blocks(verdict) == {("BAD_STATE", gone, None, None, "request", direction)}
    net[gone]["State"]["Name"] = "running"
    assert ask(net, gone, net.server).outcome == "unknown"


def test_an_active_route_to_a_transit_gateway_contradicts_lists_without_an_attachment() -> None:
    """VPC User Guide, "Routes": one whose target is not there any more is a blackhole."""
    net = Hub()
    for call in ("ec2/describe-transit-gateway-vpc-attachments", "ec2/describe-transit-gateway-attachments"):
        net._lists[call] = [one for one in net._lists[call] if one["TransitGatewayAttachmentId"] != "tgw-attach-x"]
    verdict = ask(net, "eni-x", "eni-y")
    assert fate(verdict) == ("unknown", "none")
    assert ("UNKNOWN_RESOURCE", "tgw-1") in assumed(verdict) | blocks_of(verdict)
    net["rtb-x"]["Routes"][-1]["State"] = "blackhole"
    assert codes(ask(net, "eni-x", "eni-y")) == {"BAD_STATE_ROUTE"}


def blocks_of(verdict: Verdict) -> set[tuple[str, str]]:
    return {(one.code, one.component) for one in verdict.blocked_by}

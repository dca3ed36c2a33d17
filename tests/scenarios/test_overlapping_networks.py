"""Networks whose addresses overlap: an address leads to whoever has it where the sender is, which need not be the one
that was meant.

Expected is what "How VPC peering connections work" and "Route tables and route priority" say of overlapping blocks (the
local route and the longest prefix win), and "How AWS Transit Gateway works" of attached VPCs.
"""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.answers import Answers
from tests.property.test_matrix import compare
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, codes, fate

LOGS = "host:vpce-own.logs.us-east-1.vpce.amazonaws.com"


class Twins(Lan):
    """A second VPC of the same block, with an interface 10.0.2.5 as the first VPC's server has it, and 10.0.2.7."""

    def __init__(self) -> None:
        super().__init__()
        other = self.vpc("10.0.0.0/16", name="w")
        subnet = self.subnet(other, "10.0.2.0/24", table=self.table(other), name="w")
        group = self.group(other, [ANY], name="w")
        self.interface(subnet, "10.0.2.5", [group], name="twin")
        self.instance(subnet, "10.0.2.7", [group], name="alone")
        self.interface_endpoint(other, "logs", {subnet: "10.0.1.5"}, [group], private_dns=False, name="own")
        self.interface(self.a, "10.0.1.6", [self.open], name="near")


@pytest.mark.parametrize("asked", ["eni-twin", "vpc-w", "subnet-w"])
def test_the_local_route_leads_to_the_senders_own_neighbour(asked: str) -> None:
    verdict = ask(Twins(), "eni-client", asked)
    assert fate(verdict) == ("blocked", "none")
    assert ("NO_POSSIBLE_DESTINATION", "eni-server") in {(one.code, one.component) for one in verdict.blocked_by}
    assert fate(ask(Twins(), "eni-client", "ip:10.0.2.5")) == ("allowed", "private")  # somebody has it


@pytest.mark.parametrize("asked", ["vpce-own", LOGS])
def test_the_address_of_another_vpcs_endpoint_may_be_a_neighbours(asked: str) -> None:
    verdict = ask(Twins(), "eni-near", asked)
    assert blocks(verdict) == {("NO_POSSIBLE_DESTINATION", "eni-client", None, None, "request", "egress")}


def test_all_pairs_and_the_queries_of_one_process_tell_them_apart() -> None:
    reach = load_files(Twins().files())
    assert compare(reach, 6, 443)["blocked"] > 0
    answers = Answers(reach)
    asked = ("eni-server", "eni-twin", "eni-server")
    found = [json.loads(answers.answer(1, "eni-client", one, {"protocol": "tcp", "port": 443})) for one in asked]
    assert [one["outcome"] for one in found] == ["allowed", "blocked", "allowed"]


@pytest.mark.parametrize("asked", ["eni-far", "vpce-far", "host:vpce-far.logs.us-east-1.vpce.amazonaws.com"])
def test_what_lies_on_premises_may_lead_on_to_whoever_was_meant(asked: str) -> None:
    """A propagated route is more specific than the one to the peer: the peer's address is asked for on premises."""
    net = Lan()
    other = net.vpc("10.8.0.0/16")
    table = net.table(other)
    subnet = net.subnet(other, "10.8.1.0/24", table=table)
    group = net.group(other, [ANY])
    net.interface(subnet, "10.8.1.5", [group], name="far")
    net.interface_endpoint(other, "logs", {subnet: "10.8.1.40"}, [group], private_dns=False, name="far")
    peering = net.peering(net.vpc_id, other)
    net.route(net.ta, "10.8.0.0/16", peering)
    net.route(table, "10.0.0.0/16", peering)
    assert fate(ask(net, net.client, asked)) == ("allowed", "private")
    gateway = net.vgw(net.vpc_id, name="1")
    net.vpn(gateway, ["10.8.1.0/24"])
    net.route(net.ta, "10.8.1.0/24", gateway, origin="EnableVgwRoutePropagation")
    verdict = ask(net, net.client, asked)
    assert fate(verdict) == ("unknown", "none")
    assert ("ON_PREMISES_UNSEEN", "vgw-1") in assumed(verdict)
    assert fate(ask(net, net.client, "ip:10.8.1.5")) == ("allowed", "on-premises")


def test_a_block_before_it_stays_the_only_one() -> None:
    net = Twins()
    net["sg-open"]["IpPermissionsEgress"] = []
    assert codes(ask(net, "eni-client", "eni-twin")) == {"SG_HAS_NO_RULES"}

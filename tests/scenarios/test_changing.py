"""What is being changed while the snapshot is taken holds, or does not, by assumption."""

from __future__ import annotations

import json

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, Lan, ask, assumed, fate, natted
from tests.scenarios.test_facts_transit import Hub

STATES = [
    *(f"{what}-complete" for what in ("create", "modify", "restore")),
    *(f"{what}-failed" for what in ("modify", "restore", "delete")),
    *(f"{what}-in-progress" for what in ("create", "modify", "restore", "delete")),
    "delete-complete", "create-failed", "of-tomorrow",
]  # fmt: skip


def told(net: Build, listed: str, state: str, source: str, destination: str) -> bool:
    """Whether the answer says that the list was changing when it is in a state."""
    net[listed]["State"] = state
    return ("STATE_CHANGING", listed) in assumed(ask(net, source, destination))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("holds", [True, False])
def test_a_list_that_a_security_group_names(state: str, holds: bool) -> None:
    net = Lan()
    listed = net.prefix_list(["10.0.2.0/24" if holds else "10.0.3.0/24"])
    net["sg-open"]["IpPermissionsEgress"] = []
    net.permit("sg-open", "out", ("tcp", 443, 443, listed))
    changing = STATES.index(state) > 5
    assert told(net, listed, state, net.client, net.server) is changing
    assert ask(net, net.client, net.server).outcome == ("allowed" if holds else "blocked")
    assert ("STATE_CHANGING", listed) not in assumed(ask(net, net.client, net.server, "udp", 53))


def test_a_list_that_a_route_table_names() -> None:
    net = Lan()
    listed = net.prefix_list(["198.51.100.0/24"])
    net.route(net.ta, listed, net.with_nat())
    assert told(net, listed, "modify-in-progress", net.client, "ip:198.51.100.7")
    assert fate(ask(net, net.client, "ip:198.51.100.7")) == ("allowed", "internet")
    assert told(net, listed, "modify-in-progress", net.client, "ip:203.0.113.7")  # it could be in the list by now
    assert not told(net, listed, "modify-in-progress", net.client, net.server)  # what is local is so anyway
    assert not told(net, listed, "modify-complete", net.client, "ip:198.51.100.7")


def test_a_list_that_a_transit_gateways_table_names() -> None:
    net = Hub()
    listed = net.prefix_list(["10.1.0.0/16"])
    net.routes()[:] = [one for one in net.routes() if one["DestinationCidrBlock"] != "10.1.0.0/16"]
    net.tgw_route(net.rt, "10.1.0.0/16", "tgw-attach-y")
    net.routes()[-1]["PrefixListId"] = listed
    del net.routes()[-1]["DestinationCidrBlock"]
    assert told(net, listed, "restore-in-progress", "eni-x", "eni-y")
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")
    assert not told(net, listed, "restore-complete", "eni-x", "eni-y")


def test_what_names_no_changing_list_says_nothing_of_it() -> None:
    net = Lan()
    net[net.prefix_list(["10.0.2.0/24"], name="other")]["State"] = "modify-in-progress"
    net.group(net.vpc_id, [("tcp", 443, 443, "pl-other")], [ANY])
    assert not assumed(ask(net, net.client, net.server))


BEING = {"associating": "internet", "disassociating": "none"}


@pytest.mark.parametrize(("state", "route"), BEING.items())
def test_n02_an_association_that_is_being_made_or_ended(state: str, route: str) -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    net[net.ta]["Associations"][0]["AssociationState"] = {"State": state}
    verdict = ask(net, net.client, "ip:198.51.100.7")
    assert verdict.route == route
    assert ("STATE_CHANGING", net.ta) in assumed(verdict)
    assert not assumed(ask(net, net.server, net.client)) - {("STATE_CHANGING", net.ta)}


@pytest.mark.parametrize(("state", "outcome"), [("associating", "allowed"), ("disassociating", "blocked")])
def test_a_block_of_the_vpc_that_is_being_associated_or_dropped(state: str, outcome: str) -> None:
    net = Lan()
    block = {"AssociationId": "x", "CidrBlock": "10.7.0.0/16", "CidrBlockState": {"State": state}}
    net[net.vpc_id]["CidrBlockAssociationSet"].append(block)
    far = net.interface(net.subnet(net.vpc_id, "10.7.1.0/24", table=net.tb), "10.7.1.5", [net.open])
    verdict = ask(net, net.client, far)
    assert verdict.outcome == outcome
    assert ("STATE_CHANGING", net.vpc_id) in assumed(verdict)
    assert not assumed(ask(net, net.client, net.server))


@pytest.mark.parametrize("state", ["associating", "assigning", "disassociating", "unassigning", "succeeded"])
def test_an_address_that_a_nat_gateway_gets_or_gives_up(state: str) -> None:
    net = natted()
    net["nat-main"]["NatGatewayAddresses"][0]["Status"] = state
    verdict = ask(net, net.client, "ip:198.51.100.7")
    assert fate(verdict) == ("allowed", "internet")
    assert (("STATE_CHANGING", "nat-main") in assumed(verdict)) is (state != "succeeded")


@pytest.mark.parametrize("mode", ["off", "block-ingress"])
def test_block_public_access_that_is_being_changed(mode: str) -> None:
    net = natted()
    net.bpa(mode, states=False)
    files = net.files()
    path = f"{net._home}/ec2/describe-vpc-block-public-access-options.json"
    options = json.loads(files[path])
    options["VpcBlockPublicAccessOptions"]["State"] = "update-in-progress"
    verdict = ask(files | {path: json.dumps(options).encode()}, net.client, "ip:198.51.100.7")
    assert fate(verdict) == ("allowed", "internet")
    assert "STATE_CHANGING" in {code for code, _ in assumed(verdict)}
    assert not assumed(ask(files, net.client, "ip:198.51.100.7"))

"""A prefix list that is being changed: its entries hold by assumption, wherever something names it."""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, Lan, ask, assumed, fate
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
    return ("PREFIX_LIST_CHANGING", listed) in assumed(ask(net, source, destination))


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
    assert ("PREFIX_LIST_CHANGING", listed) not in assumed(ask(net, net.client, net.server, "udp", 53))


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

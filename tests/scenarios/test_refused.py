"""Where the way to an interface is not known, and its security groups take the service from nobody: blocked anyway
(DESIGN, "What a verdict needs").
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from tests.build import Build
from tests.property.test_matrix import compare
from tests.scenarios.lan import ANY, Lan, ask, blocks, codes, fate, public

SSH = ("tcp", 22, 22, "0.0.0.0/0")


def inspected(*rules: Any) -> Lan:
    """What comes from the internet to the client passes appliances behind a Gateway Load Balancer endpoint."""
    net = public()
    outer = net.table(net.vpc_id, [("0.0.0.0/0", "igw-1")], name="outer")
    endpoint = net.appliance_endpoint(net.vpc_id, net.subnet(net.vpc_id, "10.0.9.0/28", table=outer, name="outer"))
    net.route(net.ta, "0.0.0.0/0", endpoint)
    net.edge_table(net.table(net.vpc_id, [("10.0.1.0/24", endpoint)], name="edge"), "igw-1")
    net[net.client]["Groups"] = [{"GroupId": net.group(net.vpc_id, rules, name="own")}]
    return net


def test_whatever_appliances_do_a_group_without_rules_lets_nothing_in() -> None:
    verdict = ask(inspected(), "internet", "eni-client", None, None)
    assert fate(verdict) == ("blocked", "none")
    assert blocks(verdict) == {("SG_HAS_NO_RULES", "sg-own", None, "eni-client", "request", "ingress")}
    assert verdict.blocked_by[0].detail == "sg-own (sg-own) has no ingress rule at all"


@pytest.mark.parametrize(("port", "outcome"), [(22, "unknown"), (443, "blocked"), (None, "unknown")])
def test_only_what_no_rule_names_is_sure_to_stay_out(port: int | None, outcome: str) -> None:
    verdict = ask(inspected(SSH), "internet", "eni-client", "tcp", port)
    assert verdict.outcome == outcome
    assert codes(verdict) == ({"ENI_SG_RULES_MISMATCH"} if outcome == "blocked" else set())
    if outcome == "blocked":
        assert verdict.blocked_by[0].detail == "no ingress rule of sg-own (sg-own) admits tcp/443 from anybody"


def test_a_rule_for_a_group_by_a_connection_that_is_gone_admits_nobody() -> None:
    net = inspected()
    net.permit("sg-own", "in", ("tcp", 443, 443, "222222222222/sg-far"))
    assert ask(net, "internet", "eni-client").outcome == "unknown"
    net["sg-own"]["IpPermissions"][0]["UserIdGroupPairs"][0] |= {
        "VpcPeeringConnectionId": "pcx-9",
        "PeeringStatus": "deleted",
    }
    assert ask(net, "internet", "eni-client").outcome == "blocked"


def test_of_two_groups_either_may_let_in_and_one_that_is_not_there_might() -> None:
    net = inspected()
    net[net.client]["Groups"].append({"GroupId": net.group(net.vpc_id, [SSH], name="more")})
    assert ask(net, "internet", "eni-client", port=22).outcome == "unknown"
    assert len(ask(net, "internet", "eni-client", port=23).blocked_by) == 2
    files = net.files()
    del files[f"{net._home}/ec2/describe-security-groups.json"]
    assert ask(files, "internet", "eni-client", port=23).outcome == "unknown"


def test_a_load_balancer_may_be_asked_past_its_groups() -> None:
    net = inspected()
    net[net.client].update({"InterfaceType": "network_load_balancer", "Description": "ELB net/nlb/0123456789abcdef"})
    assert ask(net, "internet", "eni-client").outcome == "unknown"


@pytest.mark.parametrize(("rules", "outcome"), [([ANY], "unknown"), ([SSH], "blocked"), ([], "blocked")])
def test_who_is_behind_a_shared_transit_gateway_makes_no_difference(rules: Any, outcome: str) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    net.interface(subnet, "10.0.1.5", [net.group(vpc, rules, name="own")], name="target")
    tgw = net.tgw()
    net[tgw]["OwnerId"] = "222222222222"
    net.tgw_attachment(tgw, vpc, [subnet])
    assert ask(net, "ip:172.20.1.9", "eni-target").outcome == outcome


def test_whether_a_network_on_premises_leads_on_makes_no_difference() -> None:
    net = Lan()
    net.route(net.ta, "10.9.0.0/16", net.vgw(net.vpc_id))
    other = net.vpc("10.9.0.0/16", name="other")
    net.interface(net.subnet(other, "10.9.1.0/24"), "10.9.1.5", [net.group(other, [SSH])], name="far")
    assert ask(net, "eni-client", "eni-far", port=22).outcome == "unknown"
    assert ask(net, "eni-client", "eni-far").outcome == "blocked"


@pytest.mark.parametrize("port", [22, 443])
def test_the_matrix_says_the_same_behind_an_appliance(port: int) -> None:
    net = Lan()
    net.route(net.ta, "10.0.2.0/24", net.appliance_endpoint(net.vpc_id, net.b))
    net[net.server]["Groups"] = [{"GroupId": net.group(net.vpc_id, [SSH], name="own")}]
    reach = load_files(net.files())
    asked = reach.simulate("eni-client", "eni-server", protocol="tcp", port=port).outcome
    assert asked == ("unknown" if port == 22 else "blocked")
    seen = compare(reach, 6, port)
    assert seen[asked]


def test_nor_does_a_service_of_aws_that_may_lead_the_internet_in() -> None:
    """Global Accelerator keeps the client's address, and the instance's groups are asked."""
    net = Lan()
    net.igw(net.vpc_id, name="1")
    net.instance(net.a, "10.0.1.8", [net.open], name="web")
    net.interface(net.a, "10.0.1.77", [], name="ga")
    net["eni-ga"]["InterfaceType"] = "global_accelerator_managed"
    assert ask(net, "internet", "i-web").outcome == "unknown"
    net["eni-web-eth0"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [SSH], name="own")}]
    assert ask(net, "internet", "i-web").outcome == "blocked"
    assert ask(net, "internet", "i-web", port=22).outcome == "unknown"

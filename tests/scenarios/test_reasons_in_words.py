"""Why traffic is stopped, in a sentence that tells what to change: what a person reads who has that fault.

Each network has one fault whose code alone, or whose usual remedy, would lead astray.
"""

from __future__ import annotations

import pytest

from reachsim.codes import CODES
from reachsim.engine import kinds
from reachsim.forwarding.ground import describe_services
from reachsim.intervals import IntervalSet
from reachsim.packets import protocol_services
from reachsim.verdict import Verdict
from tests.build import Build
from tests.scenarios.lan import ANY, WEB, Lan, ask, causes, codes, natted, public
from tests.scenarios.test_facts_transit import Hub

ALL_OTHERS = kinds(IntervalSet.span(0, (256 << 16) - 1))[-1]


def why(verdict: Verdict) -> str:
    """The one sentence."""
    (block,) = verdict.blocked_by
    return block.detail


def test_ipv6_for_nat64_that_goes_another_way_is_said_to_need_a_route_of_its_own() -> None:
    net = Lan(ipv6="2001:db8:0:100::/56")
    net.route(net.ta, "::/0", net.eigw(net.vpc_id))
    verdict = ask(net, "eni-client", "ip:64:ff9b::8c52:7003")
    assert why(verdict).endswith("64:ff9b::/96 is for NAT64, and needs a route of its own to a NAT gateway")


def test_a_group_that_is_named_and_cannot_be_known_past_a_translation_is_told() -> None:
    """By its elastic address a server is reached through the internet gateway, from a public address (N85)."""
    net = public()
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    net.give_public(net.server, "203.0.113.6")
    net[net.server]["Groups"] = [{"GroupId": net.group(net.vpc_id, [("tcp", 443, 443, net.open)], name="named")}]
    assert ask(net, "eni-client", "eni-server").outcome == "allowed"
    said = why(ask(net, "eni-client", "ip:203.0.113.6"))
    assert said.endswith(
        "tcp/443 from 203.0.113.5; it names sg-open, the sender's own, but past the internet gateway the sender's "
        "groups are not known"
    )
    assert "sg-open" not in why(ask(net, "eni-client", "ip:203.0.113.6", port=22))


def test_a_private_nat_gateway_is_said_to_be_one() -> None:
    assert why(ask(natted("private"), "eni-client", "ip:1.1.1.1")).endswith("it is a private NAT gateway")


def test_functions_are_said_to_get_no_public_address() -> None:
    net = public()
    function = {
        "FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:111111111111:function:f",
        "VpcConfig": {"VpcId": net.vpc_id, "SubnetIds": [net.a], "SecurityGroupIds": [net.open]},
    }  # fmt: skip
    net._lists["lambda/list-functions"].append(function)
    assert why(ask(net, "lambda:f", "ip:1.1.1.1")).endswith("the interfaces of Lambda functions never get one")


@pytest.mark.parametrize(("mode", "more"), [
    ("block-ingress", " what no NAT gateway or egress-only internet gateway carries"), ("block-bidirectional", ""),
])  # fmt: skip
def test_block_public_access_says_what_it_lets_through(mode: str, more: str) -> None:
    net = public()
    net.bpa(mode)
    details = {block.detail for block in ask(net, "eni-client", "ip:1.1.1.1").blocked_by}
    assert details == {f"VPC Block Public Access ({mode}) blocks at igw-1{more}"}


def test_the_zone_without_an_attachment_is_named() -> None:
    net = Hub()
    net["subnet-x"]["AvailabilityZone"], net["subnet-x"]["AvailabilityZoneId"] = "us-east-1f", "id-us-east-1f"
    found = next(one for one in net._lists["ec2/describe-transit-gateway-vpc-attachments"] if one["VpcId"] == "vpc-x")
    found["SubnetIds"] = [net.subnet("vpc-x", "10.0.99.0/28", "us-east-1a", name="elsewhere")]
    verdict = ask(net, "eni-x", "eni-y")
    assert any(
        block.detail.endswith("has no subnet in us-east-1f, the zone of subnet-x")
        for block in verdict.blocked_by
        if block.code == "TGW_ROUTE_AZ_RESTRICTION"
    )


def test_the_owner_of_a_shared_transit_gateway_is_named_with_the_call_that_tells_its_tables() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    table = net.table(vpc)
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table)
    net.interface(subnet, "10.0.1.5", [net.group(vpc, [WEB], [ANY])], name="client")
    tgw = net.tgw()
    net[tgw]["OwnerId"] = "222222222222"
    net.tgw_attachment(tgw, vpc, [subnet])
    net.route(table, "0.0.0.0/0", tgw)
    verdict = ask(net, "eni-client", "ip:10.9.0.1")
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("222222222222/us-east-1/ec2/describe-transit-gateway-route-tables.json",)


def test_a_reply_without_a_route_is_mended_in_the_table_that_is_named() -> None:
    """It may be a transit gateway's, or that of a NAT gateway's or load balancer's subnet."""
    net = Hub()
    net.routes()[:] = [one for one in net.routes() if one["DestinationCidrBlock"] != "10.0.0.0/16"]
    verdict = ask(net, "eni-x", "eni-y")
    assert (codes(verdict), causes(verdict)) == ({"TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}, {"RETURN_ROUTE_MISSING"})
    assert "the route table that is named" in CODES["RETURN_ROUTE_MISSING"].remedy


def test_a_protocol_without_ports_is_told_by_its_number() -> None:
    net = Lan()
    group = net.group(net.vpc_id, [WEB], [ANY], name="web")
    net[net.server]["Groups"] = [{"GroupId": group, "GroupName": group}]
    said = why(ask(net, net.client, net.server, 47, None))
    assert said == "no ingress rule of sg-web (sg-web) admits protocol 47 from 10.0.1.5"


def test_all_protocols_but_the_usual_ones_are_told_together() -> None:
    assert describe_services(protocol_services(50) | protocol_services(51)) == "protocol 50, protocol 51"
    assert describe_services(ALL_OTHERS) == "other protocols"
    assert describe_services(ALL_OTHERS | protocol_services(6)) == "tcp, other protocols"

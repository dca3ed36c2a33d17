"""A whole account with a firewall endpoint in each zone, at the internet gateway: the way in, the way out, and faults.

Expected is what AWS's pages say: "Multi zone architecture with an internet gateway" (Network Firewall: each zone's
subnets go by the endpoint of their zone, both ways), "Gateway route tables" (facts N21 to N23).
"""

from __future__ import annotations

import pytest

from tests.scenarios.lan import ask, blocks, causes, codes, fate
from tests.scenarios.test_middleboxes import Edge, five_tuple

GITHUB = "host:github.com"


class Zones(Edge):
    """Clients 10.0.1.5 in zone a and 10.0.2.5 in zone b, each behind the firewall endpoint of its zone."""

    def __init__(self, *, first: str = "vpce-fw", second: str = "vpce-fw2") -> None:
        super().__init__(edge=False)
        tables = self.table(self.net, name="c2"), self.table(self.net, name="f2")
        inner = self.subnet(self.net, "10.0.2.0/24", "us-east-1b", table=tables[0], name="c2")
        outer = self.subnet(self.net, "10.0.10.0/24", "us-east-1b", table=tables[1], name="f2")
        self.other = self.interface(inner, "10.0.2.5", [self.open], public="203.0.113.6", name="other")
        service = "com.amazonaws.vpce.us-east-1.vpce-svc-1"
        self._endpoint("vpce-fw2", "GatewayLoadBalancer", self.net, service, None)
        self["vpce-fw2"]["SubnetIds"] = [outer]
        self.route(tables[0], "0.0.0.0/0", "vpce-fw2")
        self.route(tables[1], "0.0.0.0/0", self.gateway)
        self.edge_table(self.table(self.net, [("10.0.1.0/24", first), ("10.0.2.0/24", second)], name="e"), self.gateway)
        self.allow()

    def allow(self, *rules: object) -> None:
        """The firewall's policy, with these 5-tuple rules."""
        groups = [self.rules("r", {"StatefulRules": list(rules)})] if rules else []
        self.firewall(StatefulRuleGroupReferences=groups)
        path = next(one for one in self._more if "/describe-firewall/" in one)
        attachment = {"SubnetId": "subnet-f2", "EndpointId": "vpce-fw2"}
        self._more[path]["FirewallStatus"]["SyncStates"]["us-east-1b"] = {"Attachment": attachment}


@pytest.mark.parametrize("client", ["eni-client", "eni-other"])
def test_each_zone_goes_by_its_own_endpoint_both_ways(client: str) -> None:
    net = Zones()
    assert fate(ask(net, "internet", client)) == ("allowed", "internet")
    assert fate(ask(net, client, GITHUB)) == ("allowed", "internet")


@pytest.mark.parametrize("client", ["eni-client", "eni-other"])
def test_endpoints_of_one_firewall_in_two_zones_know_nothing_of_each_other(client: str) -> None:
    """The gateway's table has the two endpoints the wrong way round."""
    net = Zones(first="vpce-fw2", second="vpce-fw")
    for source, target in (("internet", client), (client, GITHUB)):
        assert codes(ask(net, source, target)) == {"INGRESS_RTB_TRAFFIC_REDIRECTION"}


def test_a_zone_that_the_gateways_table_forgets_is_asymmetric_and_the_other_works() -> None:
    net = Zones()
    routes = net["rtb-e"]["Routes"]
    routes[:] = [one for one in routes if one["DestinationCidrBlock"] != "10.0.2.0/24"]
    for source, target in (("internet", "eni-other"), ("eni-other", GITHUB)):
        verdict = ask(net, source, target)
        assert {(one.code, one.component) for one in verdict.blocked_by} == {("MIDDLEBOX_ASYMMETRIC", "vpce-fw2")}
    assert fate(ask(net, "internet", "eni-client")) == ("allowed", "internet")


def test_between_the_zones_traffic_stays_local_and_is_not_inspected() -> None:
    net = Zones()
    net.allow(five_tuple("DROP"))
    assert fate(ask(net, "eni-client", "eni-other")) == ("allowed", "private")
    assert codes(ask(net, "eni-client", GITHUB)) == {"FIREWALL_RULES_RESTRICTION"}
    assert codes(ask(net, "internet", "eni-other")) == {"FIREWALL_RULES_RESTRICTION"}


def test_the_firewall_subnet_without_the_gateway_is_the_one_fault_of_the_way_out() -> None:
    net = Zones()
    net["rtb-f2"]["Routes"] = [one for one in net["rtb-f2"]["Routes"] if one["GatewayId"] == "local"]
    verdict = ask(net, "eni-other", GITHUB)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-f2", None, None, "request", "egress")}
    verdict = ask(net, "internet", "eni-other")
    assert (codes(verdict), causes(verdict)) == ({"NO_ROUTE_TO_DESTINATION"}, {"RETURN_ROUTE_MISSING"})


def test_network_acls_of_the_firewall_subnet_see_both_legs() -> None:
    net = Zones()
    acl = net.acl(net.net, [(100, "in", "allow", "-1", None, "0.0.0.0/0"), (100, "out", "allow", "6", (443, 443),
                                                                           "0.0.0.0/0")])  # fmt: skip
    for record in net._lists["ec2/describe-network-acls"]:
        record["Associations"] = [one for one in record["Associations"] if one["SubnetId"] != "subnet-f2"]
    net[acl]["Associations"].append({"NetworkAclId": acl, "SubnetId": "subnet-f2"})
    verdict = ask(net, "eni-other", GITHUB)
    assert {(one.code, one.at, one.leg, one.direction) for one in verdict.blocked_by} == {
        ("SUBNET_ACL_RESTRICTION", "subnet-f2", "response", "egress")
    }

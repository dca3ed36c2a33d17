"""Whole accounts behind load balancers: zones, kept client addresses, names, and targets that are easily misread.

Expected is what the Elastic Load Balancing guides say: "Edit attributes for your Network Load Balancer" (cross-zone
load balancing, Availability Zone DNS affinity), "Edit target group attributes" (client IP preservation), "Update the
IP address types" (dualstack).
"""

from __future__ import annotations

import pytest

from tests.balancers import listener, load_balancer, target_group
from tests.scenarios.lan import ANY, ANY6, Lan, ask, assumed, blocks, codes, fate, natted

TARGETS = "10.0.2.8", "10.0.3.8"


class Front(Lan):
    """A Network Load Balancer in zones a and b, and in zone b and c one target each that admits only some sources."""

    def __init__(self, *, cross_zone: bool = False, kind: str = "instance", keeps: bool = True, admits: str) -> None:
        super().__init__()
        self.c = self.subnet(self.vpc_id, "10.0.3.0/24", "us-east-1c", table=self.tb, name="c")
        nodes = {self.a: "10.0.1.200", self.b: "10.0.2.200"}
        self.lb = load_balancer(self, "lb", nodes, [self.open], "network", cross_zone)
        self.own = self.group(self.vpc_id, [("tcp", 8080, 8080, admits)], [ANY], name="target")
        made = [
            self.instance(subnet, address, [self.own], name=address.rsplit(".", 2)[1])
            for subnet, address in zip((self.b, self.c), TARGETS, strict=True)
        ]
        targets = made if kind == "instance" else list(TARGETS)
        group = target_group(self, "t", targets, kind=kind, preserve_client_ip=keeps)
        listener(self, self.lb, 443, [group])
        self.name = f"host:{self[self.lb]['DNSName']}"

    def favours_own_zone(self, policy: str = "availability_zone_affinity") -> None:
        path = f"{self._home}/elbv2/describe-load-balancer-attributes/lb.json"
        self._more[path]["Attributes"].append({"Key": "dns_record.client_routing_policy", "Value": policy})


@pytest.mark.parametrize("kind", ["instance", "ip"])
@pytest.mark.parametrize(
    ("keeps", "admits", "outcome"),
    [(True, "10.0.1.5/32", "allowed"), (True, "10.0.2.200/32", "blocked"), (False, "10.0.2.200/32", "allowed"),
     (False, "10.0.1.5/32", "blocked"), (True, "sg-open", "allowed"), (False, "sg-open", "allowed")],
)  # fmt: skip
def test_targets_see_the_client_or_the_load_balancer(kind: str, keeps: bool, admits: str, outcome: str) -> None:
    """By group too: the load balancer's own group admits what it forwards, kept client address or not."""
    verdict = ask(Front(kind=kind, keeps=keeps, admits=admits), "eni-client", "eni-lb-b")
    assert verdict.outcome == outcome
    assert codes(verdict) <= {"ENI_SG_RULES_MISMATCH"}


def test_the_name_leads_to_the_zone_that_has_a_target() -> None:
    net = Front(admits="0.0.0.0/0")
    assert fate(ask(net, net.client, net.name)) == ("allowed", "private")
    assert codes(ask(net, net.client, "eni-lb-a")) == {"ELBV2_NO_TARGETS_IN_AZ"}


def test_a_target_in_a_zone_that_is_not_enabled_gets_nothing() -> None:
    """The target in zone c admits nobody, and no connection meets that."""
    net = Front(cross_zone=True, admits="0.0.0.0/0")
    net["eni-3-eth0"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY])}]
    assert fate(ask(net, net.client, "eni-lb-a")) == ("allowed", "private")


def shut_zone_b(net: Front) -> str:
    """Subnet b of the load balancer admits nothing from subnet a."""
    entries = [(90, "in", "deny", "-1", None, "10.0.1.0/24"), (100, "in", "allow", "-1", None, "0.0.0.0/0"),
               (100, "out", "allow", "-1", None, "0.0.0.0/0")]  # fmt: skip
    acl = net.acl(net.vpc_id, entries, name="b")  # type: ignore[arg-type]
    net.use_acl(net.b, acl)
    return acl


def zonal(policy: str | None) -> Front:
    """A target in either enabled zone, and the way from subnet a into zone b shut."""
    net = Front(admits="0.0.0.0/0")
    near = net.instance(net.a, "10.0.1.8", [net.own], name="1")
    path = f"{net._home}/elbv2/describe-target-health/t.json"
    described = {"Target": {"Id": near, "Port": 8080}, "TargetHealth": {"State": "healthy"}}
    net._more[path]["TargetHealthDescriptions"].append(described)
    shut_zone_b(net)
    if policy:
        net.favours_own_zone(policy)
    return net


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [(None, "intermittent"), ("any_availability_zone", "intermittent"),
     ("partial_availability_zone_affinity", "intermittent"), ("availability_zone_affinity", "allowed")],
)  # fmt: skip
def test_a_name_that_keeps_to_zones_spares_the_other_zones_fault(policy: str | None, outcome: str) -> None:
    net = zonal(policy)
    assert ask(net, net.client, net.name).outcome == outcome


def test_a_name_that_keeps_to_zones_leads_elsewhere_only_without_a_node_in_the_clients_zone() -> None:
    net = zonal("availability_zone_affinity")
    outsider = net.interface(net.c, "10.0.3.5", [net.open], name="outsider")
    assert fate(ask(net, outsider, net.name)) == ("allowed", "private")
    acl = net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0")], name="c")
    net.use_acl(net.c, acl)
    assert blocks(ask(net, outsider, net.name)) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.c, "request", "egress")}


def test_the_name_of_a_zone_leads_to_the_node_there_whether_it_has_a_target_or_not() -> None:
    """The page "Network Load Balancers", DNS name: us-east-1b.my-nlb-1234567890.elb.us-east-1.amazonaws.com."""
    net = Front(admits="0.0.0.0/0")
    zonal = {zone: f"host:us-east-1{zone}.{net.name[5:]}" for zone in "abc"}
    assert fate(ask(net, net.client, zonal["b"])) == ("allowed", "private")
    assert codes(ask(net, net.client, zonal["a"])) == {"ELBV2_NO_TARGETS_IN_AZ"}
    assert ask(net, net.client, zonal["c"]).outcome == "unknown"  # no node there


class Dual(Lan):
    """A VPC with IPv6, and an Application Load Balancer of type dualstack with one node and one target."""

    def __init__(self, kind: str = "dualstack", node: str | tuple[str, str] = "10.0.1.200") -> None:
        super().__init__(ipv6="2600:1f10:0:100::/56")
        self.lb = load_balancer(self, "lb", {self.a: node}, [self.open])
        self[self.lb]["IpAddressType"] = kind
        self["eni-lb-a"]["Ipv6Addresses"] = [{"Ipv6Address": "2600:1f10:0:101::200"}]
        target = self.instance(self.a, "10.0.1.8", [self.open], name="t")
        listener(self, self.lb, 443, [target_group(self, "t", [target], "HTTP")], "HTTP")
        self.name = f"host:{self[self.lb]['DNSName']}"


@pytest.mark.parametrize(("kind", "six"), [("ipv4", "blocked"), ("dualstack", "allowed")])
def test_the_address_type_tells_whether_the_name_has_ipv6_addresses(kind: str, six: str) -> None:
    net = Dual(kind)
    assert ask(net, net.client, net.name, family="ipv4").outcome == "allowed"
    assert ask(net, net.client, net.name, family="ipv6").outcome == six


def test_each_family_of_a_dual_stack_name_is_chance_where_one_of_them_is_shut() -> None:
    """N148: the client may pick either."""
    net = Dual()
    net["eni-lb-a"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [ANY], [ANY, ANY6])}]
    verdict = ask(net, net.client, net.name)
    assert (verdict.outcome, codes(verdict)) == ("intermittent", {"ENI_SG_RULES_MISMATCH"})


def test_a_public_load_balancer_without_public_ipv4_is_found_by_ipv6() -> None:
    net = Dual("dualstack-without-public-ipv4")
    net[net.lb]["Scheme"] = "internet-facing"
    igw = net.igw(net.vpc_id)
    net.route(net.ta, "::/0", igw)
    assert fate(ask(net, "internet", net.name)) == ("allowed", "internet")
    assert fate(ask(net, net.client, net.name)) == ("allowed", "private")


@pytest.mark.parametrize("net", [Lan(), natted()])
@pytest.mark.parametrize(
    "name", ["partner-0123456789abcdef.elb.us-east-1.amazonaws.com", "internal-partner-123.us-east-1.elb.amazonaws.com"]
)
def test_an_unseen_load_balancers_name_may_lead_to_private_addresses(name: str, net: Lan) -> None:
    """Names of internal Network Load Balancers have no ``internal-``: github.com/batfish/batfish, test-load-balancer,
    describes one of scheme "internal" as ``test-lb-725b996cb6be8fba.elb.us-east-2.amazonaws.com``.
    """
    verdict = ask(net, net.client, f"host:{name}")
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("UNKNOWN_DESTINATION", name)})


def test_an_unseen_load_balancer_whose_name_tells_that_it_is_public_is_on_the_internet() -> None:
    name = "host:partner-123.us-east-1.elb.amazonaws.com"
    assert fate(ask(natted(), "eni-client", name)) == ("allowed", "internet")
    assert ask(Lan(), "eni-client", name).outcome == "blocked"

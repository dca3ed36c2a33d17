"""Load balancers as destinations and hops: one test per rule of AWS, and a row per code of theirs.

Rules are those of the Elastic Load Balancing guides ("Listeners", "Target groups", "Edit target group attributes",
"Update the security groups for your Network Load Balancer", "Troubleshoot your Network Load Balancer") and of
"Reachability Analyzer explanation codes".
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim.errors import QuestionError, SnapshotError
from tests.balancers import asked_by_arn, classic, listener, load_balancer, target_group
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, crossed, fate

NODE_A, NODE_B = "eni-lb-a", "eni-lb-b"
HOME = "111111111111/us-east-1"


class Site(Lan):
    """The small network with a load balancer ``lb`` (10.0.1.200 and 10.0.2.200) and two instances: ``i-1`` 10.0.1.8 in
    subnet a, ``i-2`` 10.0.2.8 in subnet b.
    """

    def __init__(self, kind: str = "application", nodes: str = "ab", grouped: bool = True, **more: Any) -> None:
        super().__init__()
        self.one = self.instance(self.a, "10.0.1.8", [self.open], name="1")
        self.two = self.instance(self.b, "10.0.2.8", [self.open], name="2")
        places = {"a": (self.a, "10.0.1.200"), "b": (self.b, "10.0.2.200")}
        groups = [self.open] if grouped else []
        self.lb = load_balancer(self, "lb", dict(places[one] for one in nodes), groups, kind, **more)
        self.protocol = "HTTP" if kind == "application" else "TCP"

    def forward(self, *targets: str | tuple[str, int], name: str = "t", port: int = 443, **more: Any) -> str:
        """A listener on 443 and a target group with these targets on 8080; returns the target group's ARN."""
        group = target_group(self, name, targets, more.pop("protocol", self.protocol), **more)
        listener(self, self.lb, port, [group], self.protocol)
        return group

    def shut(self, interface: str, *ingress: tuple[str, int | None, int | None, str]) -> str:
        """Give an interface a group of its own that admits only this; returns the group."""
        group = self.group(self.vpc_id, ingress)
        self[interface]["Groups"] = [{"GroupId": group, "GroupName": group}]
        return group


def without(net: Lan, *paths: str) -> dict[str, bytes]:
    files = net.files()
    for path in paths:
        del files[f"{HOME}/{path}.json"]
    return files


# --- the way through -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application", "network"])
def test_a_listener_forwards_to_a_registered_target_and_its_port(kind: str) -> None:
    net = Site(kind)
    net.shut("eni-2-eth0", ("tcp", 8080, 8080, "10.0.0.0/16"))
    net.forward(net.two, cross_zone=True)
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert verdict.paths[0].terminal == "eni-2-eth0"
    assert {NODE_A, net.lb, "eni-2-eth0"} <= set(crossed(verdict))


def test_the_plain_name_of_a_load_balancer_is_answered_with_how_to_ask_for_it() -> None:
    net = Site()
    with pytest.raises(
        QuestionError, match="the load balancer of that name is asked for by host:internal-lb-1234567890"
    ):
        ask(net, "eni-client", "lb")


def test_a_classic_load_balancer_forwards_to_its_instances() -> None:
    net = Lan()
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    classic(net, "old", {net.b: "10.0.2.200"}, [(80, 8080)], [web], [net.open])
    verdict = ask(net, net.client, "eni-old-b", port=80)
    assert fate(verdict) == ("allowed", "private")
    assert verdict.paths[0].terminal == "eni-1-eth0"


def test_targets_see_the_load_balancers_address() -> None:
    net = Site()
    net.shut("eni-2-eth0", ("tcp", 8080, 8080, "10.0.1.200/32"))
    net.forward(net.two)
    assert fate(ask(net, net.client, NODE_A)) == ("allowed", "private")
    assert fate(ask(net, net.client, NODE_B)) == ("blocked", "none")


def test_a_targets_group_may_name_the_load_balancers_group() -> None:
    net = Site()
    front = net.group(net.vpc_id, [ANY], name="front")
    for node in (NODE_A, NODE_B):
        net[node]["Groups"] = [{"GroupId": front, "GroupName": front}]
    net.shut("eni-2-eth0", ("tcp", 8080, 8080, front))
    net.forward(net.two)
    assert fate(ask(net, net.client, NODE_A)) == ("allowed", "private")
    assert codes(ask(net, net.client, "eni-2-eth0", port=8080)) == {"ENI_SG_RULES_MISMATCH"}


def test_the_load_balancers_groups_must_admit_the_client() -> None:
    net = Site()
    net.forward(net.two)
    group = net.shut(NODE_A, ("tcp", 443, 443, "10.9.0.0/16"))
    verdict = ask(net, net.client, NODE_A)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, NODE_A, "request", "ingress")}


def test_the_load_balancers_groups_must_let_it_reach_the_target() -> None:
    net = Site()
    net.forward(net.two)
    group = net.group(net.vpc_id, [ANY], [("tcp", 443, 443, "0.0.0.0/0")], name="out")
    net[NODE_A]["Groups"] = [{"GroupId": group, "GroupName": group}]
    verdict = ask(net, net.client, NODE_A)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, NODE_A, "request", "egress")}


def test_a_network_load_balancer_without_groups_filters_nothing() -> None:
    net = Site("network", grouped=False)
    net.forward(net.one)
    assert fate(ask(net, net.client, NODE_A)) == ("allowed", "private")


def test_the_targets_group_must_admit_the_load_balancer() -> None:
    net = Site()
    net.forward(net.two)
    group = net.shut("eni-2-eth0", ("tcp", 443, 443, "0.0.0.0/0"))
    verdict = ask(net, net.client, NODE_A)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, "eni-2-eth0", "request", "ingress")}


def test_network_acls_of_the_targets_subnet_are_crossed_both_ways() -> None:
    net = Site()
    net.forward(net.two)
    acl = net.acl(net.vpc_id, [(100, "in", "allow", "tcp", (8080, 8080), "10.0.0.0/16")], name="t")
    net.use_acl(net.b, acl)
    verdict = ask(net, net.client, NODE_A)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "response", "egress")}
    assert causes(verdict) == {"RETURN_ACL_EPHEMERAL"}


def test_load_balancers_connect_from_any_port_above_1023() -> None:
    net = Site()
    net.forward(net.two)
    some = (100, "out", "allow", "tcp", (32768, 65535), "10.0.0.0/16")
    net.use_acl(net.b, net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0"), some], name="t"))
    assert fate(ask(net, net.client, NODE_A)) == ("intermittent", "private")


def test_the_way_back_to_the_client_is_the_load_balancers() -> None:
    net = Site()
    net.forward(net.two)
    acl = net.acl(net.vpc_id, [(100, "in", "allow", "tcp", (443, 443), "10.0.0.0/16")], name="lb")
    net.use_acl(net.b, acl)
    verdict = ask(net, net.client, NODE_B)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "response", "egress")}


def test_the_internet_reaches_private_targets_through_an_internet_facing_load_balancer() -> None:
    net = Lan()
    igw = net.igw(net.vpc_id)
    net.route(net.ta, "0.0.0.0/0", igw)
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: ("10.0.1.200", "203.0.113.200")}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", [web], "HTTP", zones=None)], "HTTPS")
    net["eni-lb-a"]["AvailabilityZone"] = "us-east-1a"
    net[lb]["AvailabilityZones"].append({"ZoneName": "us-east-1b", "SubnetId": net.b})
    assert fate(ask(net, "internet", NODE_A)) == ("allowed", "internet")
    assert fate(ask(net, "internet", web, port=8080)) == ("blocked", "none")


def test_a_target_by_address_in_a_peered_vpc_is_reached_by_the_load_balancers_route() -> None:
    net = Site()
    other = net.vpc("10.1.0.0/16", name="o")
    there = net.subnet(other, "10.1.1.0/24", name="o")
    net.interface(there, "10.1.1.8", [net.group(other, [ANY], name="o")], name="far")
    net.forward("10.1.1.8", kind="ip", zones={"10.1.1.8": "all"})
    assert codes(ask(net, net.client, NODE_A)) == {"NO_ROUTE_TO_DESTINATION"}
    pcx = net.peering(net.vpc_id, other)
    net.route(net.ta, "10.1.0.0/16", pcx)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert pcx in crossed(verdict)


def test_a_reply_over_peering_to_a_load_balancer_needs_a_route() -> None:
    """Only NAT gateways get replies over peering without one (N51)."""
    net = Site()
    other = net.vpc("10.1.0.0/16", name="o")
    there = net.subnet(other, "10.1.1.0/24", name="o")
    net.interface(there, "10.1.1.8", [net.group(other, [ANY], name="o")], name="far")
    net.forward("10.1.1.8", kind="ip", zones={"10.1.1.8": "all"})
    net.route(net.ta, "10.1.0.0/16", net.peering(net.vpc_id, other))
    assert causes(ask(net, net.client, NODE_A)) == {"RETURN_ROUTE_MISSING"}


def test_a_lambda_function_as_target_is_invoked() -> None:
    net = Site()
    arn = "arn:aws:lambda:us-east-1:111111111111:function:f"
    group = target_group(net, "t", [arn], kind="lambda")
    listener(net, net.lb, 443, [group], "HTTPS")
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert verdict.paths[0].terminal == arn


def test_an_application_load_balancer_as_the_target_of_a_network_load_balancer() -> None:
    net = Site("network", "a", grouped=False)
    web = load_balancer(net, "web", {net.b: "10.0.2.210"}, [net.open])
    listener(net, web, 80, [target_group(net, "inner", [net.two], "HTTP")], "HTTP")
    net.forward((web, 80), kind="alb", zones={web: "all"})
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert verdict.paths[0].terminal == "eni-2-eth0"
    assert {net.lb, web} <= set(crossed(verdict)) & set(crossed(verdict, "response"))
    net.shut("eni-web-b", ("tcp", 80, 80, "10.0.1.200/32"))  # it sees the client, not the Network Load Balancer
    assert codes(ask(net, net.client, NODE_A)) == {"ENI_SG_RULES_MISMATCH"}


def test_a_client_that_is_the_target_reaches_itself_by_the_load_balancers_address() -> None:
    net = Site("network", "a")
    net.forward("10.0.1.8", kind="ip")
    assert fate(ask(net, net.one, NODE_A)) == ("allowed", "private")


def test_a_response_of_the_load_balancers_own_is_an_answer() -> None:
    net = Site()
    listener(net, net.lb, 443, [], "HTTPS")
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert ("LB_RULES_NOT_FOLLOWED", net.lb) in assumed(verdict)


@pytest.mark.parametrize("health", ["unhealthy", "unhealthy.draining", "initial", "unused", None])
def test_rules_and_health_are_assumptions(health: str | None) -> None:
    net = Site()
    group = net.forward(net.two, health=health)
    assert assumed(ask(net, net.client, NODE_A)) == {
        ("LB_RULES_NOT_FOLLOWED", net.lb), ("LB_TARGET_HEALTH_IGNORED", group),
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "outcome"), [("application", "allowed"), ("network", "blocked")])
def test_ping_is_answered_by_application_load_balancers_and_never_forwarded(kind: str, outcome: str) -> None:
    net = Site(kind)
    net.forward(net.two)
    verdict = ask(net, net.client, NODE_A, "icmp", 8)
    assert verdict.outcome == outcome
    assert "eni-2-eth0" not in crossed(verdict)


def test_messages_for_path_mtu_discovery_arrive() -> None:
    net = Site()
    net.forward(net.two)
    assert ask(net, net.client, NODE_A, "icmp", 3).outcome == "allowed"
    assert ask(net, net.client, NODE_A, "icmp", 13).outcome == "blocked"


@pytest.mark.parametrize(
    ("protocol", "asked", "outcome"),
    [("UDP", "udp", "allowed"), ("UDP", "tcp", "blocked"), ("TCP_UDP", "udp", "allowed"),
     ("TCP_UDP", "tcp", "allowed"), ("TLS", "tcp", "allowed"), ("TLS", "udp", "blocked"), ("QUIC", "udp", "allowed")],
)  # fmt: skip
def test_a_listener_takes_its_protocols(protocol: str, asked: str, outcome: str) -> None:
    net = Site("network")
    net.protocol = protocol
    net.forward(net.one)
    assert ask(net, net.client, NODE_A, asked).outcome == outcome


# --- chance ---------------------------------------------------------------------------------------------------------


def test_which_target_is_chance() -> None:
    net = Site()
    net.forward(net.one, net.two)
    group = net.shut("eni-2-eth0", ("tcp", 443, 443, "0.0.0.0/0"))
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("intermittent", "private")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, "eni-2-eth0", "request", "ingress")}


def test_which_target_group_is_chance_unless_its_weight_is_zero() -> None:
    net = Site()
    good = target_group(net, "good", [net.one], "HTTP")
    bad = target_group(net, "bad", [], "HTTP")
    listener(net, net.lb, 443, [good, (bad, 0)], "HTTPS")
    assert ask(net, net.client, NODE_A).outcome == "allowed"
    listener(net, net.lb, 444, [good, bad], "HTTPS")
    assert ask(net, net.client, NODE_A, port=444).outcome == "intermittent"


@pytest.mark.parametrize("kind", ["application", "network"])
def test_the_way_tells_what_health_a_target_has(kind: str) -> None:
    """A failing one is followed all the same: it may be well again in a moment, and if none is well all are sent to."""
    net = Site(kind)
    group = net.forward(net.two, health="unhealthy", cross_zone=True)
    verdict = ask(net, net.client, NODE_A)
    assert fate(verdict) == ("allowed", "private")
    assert any("unhealthy when the snapshot was taken" in hop.detail for hop in verdict.paths[0].hops)
    assert "i-2 is unhealthy" in next(one.detail for one in verdict.assumptions if one.component == group)


@pytest.mark.parametrize("health", ["healthy", "unavailable"])
def test_a_target_that_is_sent_to_rests_on_nothing(health: str) -> None:
    net = Site("network")
    net.forward(net.two, cross_zone=True, health=health)
    assert "LB_TARGET_HEALTH_IGNORED" not in {code for code, _ in assumed(ask(net, net.client, NODE_A))}


def test_a_draining_target_gets_nothing() -> None:
    net = Site()
    net.forward(net.one, net.two)
    net.shut("eni-2-eth0", ("tcp", 443, 443, "0.0.0.0/0"))
    rows = net._more[f"{HOME}/elbv2/describe-target-health/t.json"]["TargetHealthDescriptions"]
    rows[1]["TargetHealth"]["State"] = "draining"
    assert ask(net, net.client, NODE_A).outcome == "allowed"


# --- zones ----------------------------------------------------------------------------------------------------------


def test_application_load_balancers_always_balance_across_zones() -> None:
    net = Site()
    net.forward(net.two)
    assert ask(net, net.client, NODE_A).outcome == "allowed"


def test_a_target_group_may_turn_cross_zone_off() -> None:
    net = Site()
    net.forward(net.two, cross_zone=False)
    assert codes(ask(net, net.client, NODE_A)) == {"ELBV2_NO_TARGETS_IN_AZ"}
    assert ask(net, net.client, NODE_B).outcome == "allowed"


@pytest.mark.parametrize("on", [True, False])
def test_network_load_balancers_balance_across_zones_when_told(on: bool) -> None:
    net = Site("network", cross_zone=on)
    net.forward(net.one, net.two)
    net.shut("eni-2-eth0", ("tcp", 443, 443, "0.0.0.0/0"))
    assert ask(net, net.client, NODE_A).outcome == ("intermittent" if on else "allowed")


# --- client IP preservation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "protocol", "attributes", "kept"),
    [
        ("instance", "TCP", {}, True),
        ("instance", "TCP", {"preserve_client_ip": False}, False),
        ("ip", "TCP", {}, False),
        ("ip", "TLS", {"preserve_client_ip": True}, True),
        ("ip", "TCP_UDP", {}, True),
        ("ip", "UDP", {"preserve_client_ip": False}, True),
    ],
)
def test_when_targets_see_the_client(kind: str, protocol: str, attributes: dict[str, bool], kept: bool) -> None:
    net = Site("network", "a", grouped=False)
    net.protocol = protocol
    net.shut("eni-1-eth0", *((one, 8080, 8080, f"{net[net.client]['PrivateIpAddress']}/32") for one in ("tcp", "udp")))
    net.forward(net.one if kind == "instance" else "10.0.1.8", kind=kind, **attributes)
    verdict = ask(net, net.client, NODE_A, "udp" if protocol == "UDP" else "tcp")
    assert (verdict.outcome == "allowed") == kept
    rules = {hop.rule for path in verdict.paths for hop in path.hops}
    assert ("ELBV2_SOURCE_ADDRESS_PRESERVATION" in rules) == kept
    assert "ELBV2_SOURCE_ADDRESS_PRESERVATION" not in codes(verdict)


def test_a_kept_client_address_keeps_its_port() -> None:
    net = Site("network", "b", grouped=False)
    net.forward(net.two)
    client_only = (100, "out", "allow", "tcp", (1024, 65535), "10.0.1.5/32")
    net.use_acl(net.b, net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0"), client_only], name="t"))
    assert ask(net, net.client, NODE_B).outcome == "allowed"


def test_targets_need_no_route_to_a_client_whose_address_is_kept() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.a: ("10.0.1.200", "203.0.113.200")}, kind="network", cross_zone=True)
    listener(net, lb, 443, [target_group(net, "t", [web])])
    net[lb]["AvailabilityZones"].append({"ZoneName": "us-east-1b", "SubnetId": net.b})
    verdict = ask(net, "internet", NODE_A)
    assert fate(verdict) == ("allowed", "internet")
    assert ("NLB_RETURN_PATH_ASSUMED", NODE_A) in assumed(verdict)


def test_network_acls_at_the_target_see_the_kept_client() -> None:
    net = Site("network", "a", cross_zone=True, grouped=False)
    net.forward(net.two)
    net[net.lb]["AvailabilityZones"].append({"ZoneName": "us-east-1b", "SubnetId": net.b})
    rows = [(90, "in", "deny", "-1", None, "10.0.1.5/32"), (100, "in", "allow", "-1", None, "0.0.0.0/0"),
            (100, "out", "allow", "-1", None, "0.0.0.0/0")]  # fmt: skip
    acl = net.acl(net.vpc_id, rows, name="t")
    net.use_acl(net.b, acl)
    assert blocks(ask(net, net.client, NODE_A)) == {("SUBNET_ACL_RESTRICTION", acl, 90, net.b, "request", "ingress")}


def test_the_clients_own_groups_are_not_known_at_the_target() -> None:
    net = Site("network", "a", grouped=False)
    own = net.group(net.vpc_id, [ANY], name="own")
    net[net.client]["Groups"] = [{"GroupId": own, "GroupName": own}]
    net.shut("eni-1-eth0", ("tcp", 8080, 8080, own))
    net.forward(net.one)
    assert codes(ask(net, net.client, NODE_A)) == {"ENI_SG_RULES_MISMATCH"}


def test_the_load_balancers_group_admits_kept_clients_at_the_target() -> None:
    net = Site("network", "a")
    front = net.group(net.vpc_id, [ANY], name="front")
    net[NODE_A]["Groups"] = [{"GroupId": front, "GroupName": front}]
    net.shut("eni-1-eth0", ("tcp", 8080, 8080, front))
    net.forward(net.one)
    assert ask(net, net.client, NODE_A).outcome == "allowed"


def test_no_loopback_with_client_ip_preservation() -> None:
    net = Site("network", "a")
    net.forward(net.one)
    verdict = ask(net, net.one, NODE_A)
    assert codes(verdict) == {"NLB_TARGET_IS_CLIENT"}
    assert ask(net, net.client, NODE_A).outcome == "allowed"


@pytest.mark.parametrize("other", ["endpoint", "network", "application"])
def test_what_takes_no_kept_client_address(other: str) -> None:
    """Interfaces of PrivateLink and of other Network Load Balancers lose it ("Edit target group attributes")."""
    net = Site("network")
    if other == "endpoint":
        net.interface_endpoint(net.vpc_id, "ecr.api", {net.b: "10.0.2.20"}, [net.open])
    else:
        inner = load_balancer(net, "inner", {net.b: "10.0.2.20"}, [net.open], other)
        listener(net, inner, 8080, [target_group(net, "inner", [net.two])], "TCP" if other == "network" else "HTTP")
    pool = net.forward(("10.0.2.20", 8080), kind="ip", preserve_client_ip=True, cross_zone=True)
    if other == "application":
        assert ask(net, net.client, NODE_A).outcome == "allowed"
        return
    assert blocks(ask(net, net.client, NODE_A)) == {
        ("NLB_TARGET_REFUSES_KEPT_CLIENT", net.lb, None, pool, "request", "egress")
    }
    net.forward(("10.0.2.20", 8080), name="own", port=444, kind="ip", preserve_client_ip=False, cross_zone=True)
    assert ask(net, net.client, NODE_A, port=444).outcome == "allowed"


def test_a_kept_client_address_goes_straight_to_the_target_or_nobody_knows() -> None:
    """AWS says that "traffic must flow directly"; here a route leads by a NAT gateway (deep run)."""
    net = Site("network")
    net.route(net.ta, "10.0.2.0/24", net.nat(net.b, "10.0.2.99"))
    net.forward(net.two, cross_zone=True)
    verdict = ask(net, net.client, NODE_A)
    assert verdict.outcome == "unknown"
    assert [gap.code for gap in verdict.assumptions if gap.code == "UNMODELLED_COMPONENT"]


# --- a row per code --------------------------------------------------------------------------------------------------


def test_code_elbv2_listener_port_restriction() -> None:
    net = Site()
    net.forward(net.two)
    verdict = ask(net, net.client, NODE_A, port=80)
    assert blocks(verdict) == {("ELBV2_LISTENER_PORT_RESTRICTION", net.lb, 443, None, "request", "ingress")}


def test_code_elbv2_listeners_mismatch() -> None:
    net = Site()
    net.forward(net.two)
    listener(net, net.lb, 444, [], "HTTPS")
    assert blocks(ask(net, net.client, NODE_A, port=80)) == {
        ("ELBV2_LISTENERS_MISMATCH", net.lb, None, None, "request", "ingress")
    }
    assert codes(ask(net, net.client, NODE_A, "udp", 443)) == {"ELBV2_LISTENERS_MISMATCH"}


def test_code_elbv2_listener_has_no_tg() -> None:
    net = Site()
    net.forward()
    verdict = ask(net, net.client, NODE_A)
    assert codes(verdict) == {"ELBV2_LISTENER_HAS_NO_TG"}


def test_code_elbv2_listener_requires_tg_accept() -> None:
    net = Site("network")
    net.forward(net.one, protocol="UDP")
    assert codes(ask(net, net.client, NODE_A)) == {"ELBV2_LISTENER_REQUIRES_TG_ACCEPT"}


def test_code_elbv2_no_targets_in_az() -> None:
    net = Site("network")
    net.forward(net.two)
    assert blocks(ask(net, net.client, NODE_A)) == {
        ("ELBV2_NO_TARGETS_IN_AZ", net.lb, None, net.a, "request", "egress")
    }


def test_code_elb_installed_az_restriction() -> None:
    net = Site(nodes="a")
    net.forward(net.two)
    assert codes(ask(net, net.client, NODE_A)) == {"ELB_INSTALLED_AZ_RESTRICTION"}


def with_classic(**more: Any) -> Lan:
    net = Lan()
    net.instance(net.a, "10.0.1.8", [net.open], name="1")
    net.instance(net.b, "10.0.2.8", [net.open], name="2")
    nodes = {net.a: "10.0.1.200", net.b: "10.0.2.200"}
    classic(net, "lb", nodes, more.pop("listeners", [(443, 8080)]), more.pop("instances", ["i-2"]), [net.open], **more)
    return net


def test_code_elb_listener_port_restriction() -> None:
    net = with_classic()
    assert codes(ask(net, net.client, NODE_B, port=80)) == {"ELB_LISTENER_PORT_RESTRICTION"}


def test_code_elb_listeners_mismatch() -> None:
    net = with_classic(listeners=[(443, 8080), (444, 8080)])
    assert codes(ask(net, net.client, NODE_B, port=80)) == {"ELB_LISTENERS_MISMATCH"}


@pytest.mark.parametrize("on", [True, False])
def test_code_elb_not_crosszone(on: bool) -> None:
    net = with_classic(cross_zone=on)
    assert codes(ask(net, net.client, NODE_A)) == (set() if on else {"ELB_NOT_CROSSZONE"})
    assert ask(net, net.client, NODE_B).outcome == "allowed"


def test_code_elb_acl_restriction() -> None:
    """Also towards a target in its own subnet (N120); other load balancers' traffic within a subnet is not filtered."""
    net = with_classic()
    rows = [(100, "in", "allow", "-1", None, "0.0.0.0/0"), (90, "out", "deny", "tcp", (8080, 8080), "10.0.2.0/24"),
            (100, "out", "allow", "-1", None, "0.0.0.0/0")]  # fmt: skip
    acl = net.acl(net.vpc_id, rows, name="t")
    net.use_acl(net.b, acl)
    assert blocks(ask(net, net.client, NODE_B)) == {("ELB_ACL_RESTRICTION", acl, 90, net.b, "request", "egress")}
    new = Site()
    new.forward(new.two)
    new.use_acl(new.b, new.acl(new.vpc_id, rows, name="t"))
    assert ask(new, new.client, NODE_B).outcome == "allowed"


def test_code_target_address_and_port_restriction() -> None:
    net = Site()
    net.forward(net.one, net.two)
    assert blocks(ask(net, NODE_A, "eni-server", port=8080)) == {
        ("TARGET_ADDRESS_RESTRICTION", net.lb, None, NODE_A, "request", "egress")
    }
    assert blocks(ask(net, NODE_A, net.two, port=443)) == {
        ("TARGET_PORT_RESTRICTION", net.lb, None, NODE_A, "request", "egress")
    }
    assert ask(net, NODE_A, net.two, port=8080).outcome == "allowed"


def test_code_elb_not_crosszone_and_installed_az_of_what_a_load_balancer_sends() -> None:
    net = Site("network")
    net.forward(net.two)
    assert codes(ask(net, NODE_A, net.two, port=8080)) == {"ELB_NOT_CROSSZONE"}
    net[net.lb]["AvailabilityZones"].pop()
    assert codes(ask(net, NODE_A, net.two, port=8080)) == {"ELB_INSTALLED_AZ_RESTRICTION"}


@pytest.mark.parametrize("state", ["provisioning", "failed"])
def test_code_bad_state(state: str) -> None:
    net = Site(state=state)
    net.forward(net.two)
    assert blocks(ask(net, net.client, NODE_A)) == {("BAD_STATE", net.lb, None, None, "request", "ingress")}


# --- what is not known ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["elbv2/describe-load-balancers", "elbv2/describe-listeners/lb", "elbv2/describe-target-groups",
     "elbv2/describe-target-health/t", "elbv2/describe-target-group-attributes/t"],
)  # fmt: skip
def test_a_missing_file_is_named(path: str) -> None:
    net = Site("network")
    net.forward(net.one)
    net.shut("eni-1-eth0", ("tcp", 8080, 8080, "10.0.1.5/32"))  # whether the target sees this address matters
    verdict = ask(without(net, path), net.client, NODE_A)
    assert verdict.outcome == "unknown"
    assert verdict.missing == (asked_by_arn(net, path) if path.count("/") > 1 else f"{HOME}/{path}.json",)


def test_cross_zone_is_asked_for_only_where_it_matters() -> None:
    path = "elbv2/describe-load-balancer-attributes/lb"
    net = Site("network")
    net.forward(net.one, name="near")
    assert ask(without(net, path), net.client, NODE_A).outcome == "allowed"
    net.forward(net.two, name="far", port=444)
    verdict = ask(without(net, path), net.client, NODE_A, port=444)
    assert (verdict.outcome, verdict.missing) == ("unknown", (asked_by_arn(net, path),))


def test_what_is_in_front_of_an_unknown_load_balancer_is_judged() -> None:
    net = Site()
    net.forward(net.two)
    group = net.shut(NODE_A, ("tcp", 443, 443, "10.9.0.0/16"))
    verdict = ask(without(net, "elbv2/describe-load-balancers"), net.client, NODE_A)
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, NODE_A, "request", "ingress")}


def test_files_may_be_named_by_arn() -> None:
    net = Site("network")
    group = net.forward(net.one)
    files = net.files()
    for operation, name, arn in (
        ("describe-listeners", "lb", net.lb),
        ("describe-target-health", "t", group),
        ("describe-target-group-attributes", "t", group),
    ):
        data = files.pop(f"{HOME}/elbv2/{operation}/{name}.json")
        files[f"{HOME}/elbv2/{operation}/{arn.replace('/', '%2F')}.json"] = data
    assert ask(files, net.client, NODE_A).outcome == "allowed"


def test_a_target_that_is_gone_is_unknown() -> None:
    net = Site()
    net.forward("i-gone")
    verdict = ask(net, net.client, NODE_A)
    assert verdict.outcome == "unknown"


def test_a_gateway_load_balancers_interface_is_not_modelled() -> None:
    net = Lan()
    load_balancer(net, "g", {net.b: "10.0.2.210"}, kind="gateway")
    net["eni-g-b"]["InterfaceType"] = "gateway_load_balancer"
    verdict = ask(net, net.client, "eni-g-b")
    assert verdict.outcome == "unknown"
    assert ("UNMODELLED_COMPONENT", "eni-g-b") in assumed(verdict)


# --- names ------------------------------------------------------------------------------------------------------------


def name_of(net: Lan, balancer: str) -> str:
    return f"host:{net[balancer]['DNSName']}"


def test_an_internal_name_resolves_to_the_private_addresses_of_all_nodes() -> None:
    net = Site()
    net.forward(net.two)
    verdict = ask(net, net.client, name_of(net, net.lb))
    assert fate(verdict) == ("allowed", "private")
    reached = {address for path in verdict.paths for one in path.traffic for address in one.destination}
    assert reached == {"10.0.1.200", "10.0.2.200"}


def test_which_node_a_client_picks_is_chance() -> None:
    net = Site()
    net.forward(net.two)
    net.shut(NODE_A, ("tcp", 443, 443, "10.9.0.0/16"))
    assert ask(net, net.client, name_of(net, net.lb)).outcome == "intermittent"


def test_a_network_load_balancers_name_leaves_out_zones_without_targets() -> None:
    net = Site("network")
    net.forward(net.two)
    assert ask(net, net.client, NODE_A).outcome == "blocked"
    assert ask(net, net.client, name_of(net, net.lb)).outcome == "allowed"


def test_an_internet_facing_name_resolves_to_public_addresses_even_inside() -> None:
    net = Lan()
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    lb = load_balancer(net, "lb", {net.b: ("10.0.2.200", "203.0.113.200")}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", [web], "HTTP")], "HTTPS")
    assert codes(ask(net, net.client, name_of(net, lb))) == {"NO_ROUTE_TO_DESTINATION"}
    net.give_public(net.client, "203.0.113.5")
    igw = net.igw(net.vpc_id)
    for table in (net.ta, net.tb):
        net.route(table, "0.0.0.0/0", igw)
    assert fate(ask(net, net.client, name_of(net, lb))) == ("allowed", "internet")
    assert fate(ask(net, "internet", name_of(net, lb))) == ("allowed", "internet")


def test_an_alias_of_a_private_zone_leads_to_the_load_balancer() -> None:
    net = Site()
    net.forward(net.two)
    target = str(net[net.lb]["DNSName"])
    net.zone("example.internal", [net.vpc_id], [("app.example.internal", "A", f"dualstack.{target}")])
    verdict = ask(net, net.client, "host:app.example.internal")
    assert fate(verdict) == ("allowed", "private")
    assert net.lb in crossed(verdict)


def test_an_internal_load_balancer_that_is_not_there_is_unknown() -> None:
    net = Lan()
    host = "host:internal-x-1.us-east-1.elb.amazonaws.com"
    assert ask(net, net.client, host).outcome == "unknown"
    assert ask(net, net.client, "host:x-1.us-east-1.elb.amazonaws.com").outcome == "blocked"


# --- hand-made and odd records ----------------------------------------------------------------------------------------


def test_a_target_that_is_no_address_is_unknown() -> None:
    net = Site()
    net.forward(("not-an-address", 8080), kind="ip")
    assert ask(net, net.client, NODE_A).outcome == "unknown"


def test_a_port_that_is_none_is_a_fault_of_its_file() -> None:
    net = Site()
    net.forward((net.two, 70000))
    with pytest.raises(SnapshotError, match=r"describe-target-health/t\.json#/TargetHealthDescriptions/0/Target/Port"):
        ask(net, net.client, NODE_A)


def test_a_target_group_that_no_file_lists_is_unknown() -> None:
    net = Site()
    net.forward(net.two)
    net._lists["elbv2/describe-target-groups"].clear()
    assert ask(net, net.client, NODE_A).outcome == "unknown"


def test_an_address_without_a_listed_zone_is_in_that_of_its_subnet() -> None:
    net = Site("network")
    net.forward("10.0.2.8", kind="ip")
    assert codes(ask(net, net.client, NODE_A)) == {"ELBV2_NO_TARGETS_IN_AZ"}
    assert ask(net, net.client, NODE_B).outcome == "allowed"


def test_load_balancers_that_send_to_each_other_end_as_a_loop() -> None:
    net = Site("network", "a", grouped=False)
    net.forward(("10.0.1.200", 443), kind="ip")
    verdict = ask(net, net.client, NODE_A)
    assert verdict.outcome in ("blocked", "unknown")

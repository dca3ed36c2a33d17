"""The reference interpreter's load balancers against answers worked out by hand from the guides."""

from __future__ import annotations

import json
from ipaddress import IPv4Address

import pytest

from tests.balancers import listener, load_balancer, target_group
from tests.reference.interpreter import Packet, Result, judge
from tests.reference.world import TCP, World
from tests.scenarios.lan import Lan


def site(kind: str = "network", **more: bool) -> tuple[Lan, str]:
    """A load balancer 10.0.1.200 in subnet a, target 10.0.1.8 beside it and 10.0.2.8 in subnet b."""
    net = Lan()
    net.instance(net.a, "10.0.1.8", [net.open], name="1")
    net.instance(net.b, "10.0.2.8", [net.open], name="2")
    nodes = {net.a: "10.0.1.200", net.b: "10.0.2.200"}
    return net, load_balancer(net, "lb", nodes, [net.open], kind, **more)


def ask(net: Lan, source: str = "10.0.1.5", port: int = 443, choice: int = 0) -> Result:
    packet = Packet(IPv4Address(source), IPv4Address("10.0.1.200"), TCP, port, choice=choice)
    world = World({path: json.loads(data) for path, data in net.files().items()})
    return judge(world, ("interface", net.client if source == "10.0.1.5" else "eni-1-eth0"), packet)


def test_the_connection_ends_at_the_target() -> None:
    net, lb = site()
    listener(net, lb, 443, [target_group(net, "t", ["i-1"])])
    assert ask(net) == Result("delivered", terminal="eni-1-eth0")
    assert ask(net, port=80).code == "ELBV2_LISTENERS_MISMATCH"


def test_zones_are_kept_apart_unless_told() -> None:
    net, lb = site()
    listener(net, lb, 443, [target_group(net, "t", ["i-2"])])
    assert ask(net).code == "ELBV2_NO_TARGETS_IN_AZ"
    net, lb = site(cross_zone=True)
    listener(net, lb, 443, [target_group(net, "t", ["i-2"])])
    assert ask(net).terminal == "eni-2-eth0"


@pytest.mark.parametrize(("choice", "terminal"), [(0, "eni-1-eth0"), (65535, "eni-2-eth0")])
def test_the_choice_falls_on_targets_in_order(choice: int, terminal: str) -> None:
    net, lb = site("application")
    listener(net, lb, 443, [target_group(net, "t", ["i-2", "i-1"], "HTTP")], "HTTP")
    assert ask(net, choice=choice).terminal == terminal


def test_a_kept_client_cannot_be_its_own_target() -> None:
    net, lb = site()
    listener(net, lb, 443, [target_group(net, "t", ["i-1"])])
    assert ask(net, source="10.0.1.8").code == "NLB_TARGET_IS_CLIENT"


def test_the_targets_answer_is_a_leg_of_its_own() -> None:
    net, lb = site("application")
    listener(net, lb, 443, [target_group(net, "t", ["i-2"], "HTTP")], "HTTP")
    net.use_acl(net.b, net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0")]))
    assert (ask(net).code, ask(net).leg) == ("SUBNET_ACL_RESTRICTION", "response")

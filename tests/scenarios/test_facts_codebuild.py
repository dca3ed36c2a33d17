"""Facts N210 to N216: where a build runs; and components that are not followed: never "allowed" behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.lan import WEB, Lan, ask, assumed, blocks, causes, codes, fate, natted, public

WORLD = "ip:198.51.100.7"


def building(**more: Any) -> Lan:
    """The network with a project in both subnets, and a NAT gateway for both."""
    net = natted()
    net.route(net.tb, "0.0.0.0/0", "nat-main")
    net.project("app", net.vpc_id, [net.a, net.b], [net.open], **more)
    return net


def test_n210_without_a_vpc_config_the_vpc_is_irrelevant() -> None:
    net = Lan()
    net.project("app")
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")
    assert fate(ask(net, "codebuild:app", "logs")) == ("allowed", "aws-public")
    assert ask(net, "codebuild:app", net.server).outcome == "blocked"


@pytest.mark.parametrize("empty", [{"vpcId": "", "subnets": [], "securityGroupIds": []}, {}])
def test_n210_an_empty_vpc_config_counts_as_none(empty: dict[str, Any]) -> None:
    net = Lan()
    net.project("app", vpcConfig=empty)
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


def test_n211_both_vpc_configs_are_judged_where_project_and_fleet_have_one() -> None:
    arn = "arn:aws:codebuild:us-east-1:111111111111:fleet/f"
    net = Lan()
    net.route(net.tb, "0.0.0.0/0", net.with_nat())
    environment = {"type": "LINUX_CONTAINER", "image": "x", "fleet": {"fleetArn": arn}}
    net.project("app", net.vpc_id, [net.a], [net.open], environment=environment)
    config = {"vpcId": net.vpc_id, "subnets": [net.b], "securityGroupIds": [net.open]}
    net._lists["codebuild/batch-get-fleets"].append({"arn": arn, "name": "f", "vpcConfig": config})
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert ("FLEET_VPC_CONFIG_UNCLEAR", "codebuild:app") in assumed(verdict)
    del net["app"]["vpcConfig"]
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


def test_n211_an_unseen_fleet_is_unknown() -> None:
    net = Lan()
    fleet = {"fleetArn": "arn:aws:codebuild:us-east-1:111111111111:fleet/f"}
    net.project("app", environment={"type": "LINUX_CONTAINER", "fleet": fleet})
    assert ask(net, "codebuild:app", WORLD).outcome == "unknown"


def test_n212_builds_are_simulated_without_any_live_interface() -> None:
    net = building()
    net._lists["ec2/describe-network-interfaces"] = [
        one for one in net._lists["ec2/describe-network-interfaces"] if "nat" in one["NetworkInterfaceId"]
    ]
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("allowed", "internet")
    assert {path.hops[0].component for path in verdict.paths} == {f"codebuild:app@{net.a}", f"codebuild:app@{net.b}"}


def test_n212_every_listed_group_counts() -> None:
    net = building()
    shut = net.group(net.vpc_id, [], [], name="shut")
    net["app"]["vpcConfig"]["securityGroupIds"] = [shut]
    verdict = ask(net, "codebuild:app", WORLD)
    assert blocks(verdict) == {
        ("SG_HAS_NO_RULES", shut, None, f"codebuild:app@{subnet}", "request", "egress") for subnet in (net.a, net.b)
    }
    net["app"]["vpcConfig"]["securityGroupIds"] = [shut, net.group(net.vpc_id, [], [WEB])]
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


def test_n213_interface_types_that_nobody_knows_are_kept() -> None:
    net = Lan()
    net[net.server]["InterfaceType"] = "quantum"
    assert fate(ask(net, net.server, net.client)) == ("allowed", "private")
    verdict = ask(net, net.client, net.server)
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("UNMODELLED_COMPONENT", net.server)})


# --- not followed -------------------------------------------------------------------------------------------------


def gateway_load_balancer() -> tuple[Lan, str]:
    net = public()
    endpoint = net._endpoint(
        "vpce-gwlb", "GatewayLoadBalancer", net.vpc_id, "com.amazonaws.vpce.us-east-1.vpce-svc-1", None
    )
    net[endpoint]["SubnetIds"] = [net.b]
    net.route(net.ta, "0.0.0.0/0", endpoint)
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    return net, endpoint


def network_firewall() -> tuple[Lan, str]:
    net, endpoint = gateway_load_balancer()
    net._lists["network-firewall/list-firewalls"].append(
        {"FirewallName": "f", "FirewallArn": "arn:aws:network-firewall:x"}
    )
    return net, endpoint


def edge_table() -> tuple[Lan, str]:
    net = public()
    firewall = net.interface(net.b, "10.0.2.9", [net.open], "203.0.113.9", source_dest_check=False, name="fw")
    net.edge_table(net.table(net.vpc_id, [("10.0.1.0/24", firewall)], name="edge"), "igw-1")
    return net, firewall


def appliance() -> tuple[Lan, str]:
    net = public()
    firewall = net.interface(net.b, "10.0.2.9", [net.open], "203.0.113.9", source_dest_check=False, name="fw")
    net.route(net.ta, "0.0.0.0/0", firewall)
    return net, firewall


def load_balancer() -> tuple[Lan, str]:
    net = Lan()
    net[net.server].update({"InterfaceType": "network_load_balancer", "Description": "ELB net/x/1"})
    return net, net.server


def core_network() -> tuple[Lan, str]:
    net, arn = Lan(), "arn:aws:networkmanager::111111111111:core-network/c-1"
    net.route(net.ta, "0.0.0.0/0", arn)
    return net, arn


def outpost() -> tuple[Lan, str]:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", "lgw-1")
    return net, "lgw-1"


def carrier() -> tuple[Lan, str]:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", "cagw-1")
    return net, "cagw-1"


def connect_attachment() -> tuple[Lan, str]:
    net = Lan()
    tgw = net.tgw(name="1")
    table = net.tgw_table(tgw, name="1")
    net.associate(table, net.tgw_attachment(tgw, net.vpc_id, [net.a], name="x"))
    attachment = net._tgw_attachment(tgw, "connect", "tgw-connect-1", "c")
    net.tgw_route(table, "0.0.0.0/0", attachment)
    net.route(net.ta, "0.0.0.0/0", tgw)
    return net, attachment


@pytest.mark.parametrize(
    ("made", "source", "destination"),
    [
        (gateway_load_balancer, "eni-client", WORLD),
        (network_firewall, "eni-client", WORLD),
        (edge_table, "internet", "eni-client"),
        (edge_table, "eni-client", WORLD),
        (appliance, "eni-client", WORLD),
        (load_balancer, "eni-client", "eni-server"),
        (core_network, "eni-client", WORLD),
        (outpost, "eni-client", WORLD),
        (carrier, "eni-client", WORLD),
        (connect_attachment, "eni-client", WORLD),
    ],
)
def test_n20_n195_what_is_not_followed_is_unknown_by_name(
    made: Callable[[], tuple[Lan, str]], source: str, destination: str
) -> None:
    net, component = made()
    verdict = ask(net, source, destination)
    assert fate(verdict) == ("unknown", "none")
    assert component in {one.component for one in verdict.assumptions}


def resource_endpoint(kind: str) -> tuple[Lan, str]:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "com.example.thing", {net.b: "10.0.2.20"}, [net.open], name="r")
    net[endpoint]["VpcEndpointType"] = kind
    return net, endpoint


@pytest.mark.parametrize("kind", ["Resource", "ServiceNetwork", "Tunnel"])
def test_n150_what_is_behind_other_kinds_of_endpoints_is_unknown(kind: str) -> None:
    net, endpoint = resource_endpoint(kind)
    verdict = ask(net, net.client, "ip:10.0.2.20")
    assert fate(verdict) == ("unknown", "none")
    assert endpoint in {one.component for one in verdict.assumptions}


def test_n150_resource_endpoints_take_tcp_only() -> None:
    net, _ = resource_endpoint("Resource")
    assert codes(ask(net, net.client, "ip:10.0.2.20", "udp", 53)) == {"PROTOCOL_RESTRICTION"}


def test_a_filter_before_a_component_that_is_not_followed_still_blocks() -> None:
    net, _ = gateway_load_balancer()
    shut = net.group(net.vpc_id, [], [], name="shut")
    net[net.client]["Groups"] = [{"GroupId": shut, "GroupName": shut}]
    verdict = ask(net, net.client, WORLD)
    assert codes(verdict) == {"SG_HAS_NO_RULES"}
    assert causes(verdict) == {None}


def test_addresses_of_dockers_bridge_are_told_for_builds_alone() -> None:
    """VPC User Guide, "VPC CIDR blocks": services use 172.17.0.0/16, which Docker's bridge takes on a host."""
    net = Lan(secondary=["172.17.0.0/16"])
    net.interface(net.subnet(net.vpc_id, "172.17.1.0/24", table=net.tb), "172.17.1.5", [net.open], name="bridged")
    net.project("app", net.vpc_id, [net.a], [net.open])
    told = {("DOCKER_BRIDGE_ADDRESSES", "codebuild:app")}
    for asker, there, code in (
        ("codebuild:app", "eni-bridged", told),
        ("codebuild:app", net.server, set()),
        (net.client, "eni-bridged", set()),
    ):
        verdict = ask(net, asker, there)
        assert (verdict.outcome, assumed(verdict)) == ("allowed", code), (asker, there)

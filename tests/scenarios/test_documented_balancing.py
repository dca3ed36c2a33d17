"""Small networks of states, load balancers and zones, each with what AWS's documentation says of it.

Pages: Elastic Load Balancing guides ("Network Load Balancers", "Target groups for your Network Load Balancers", "Edit
target group attributes", "Application Load Balancers", "Listeners", "Security groups"), PrivateLink guide ("Create a
service powered by AWS PrivateLink", "Access an AWS service using an interface VPC endpoint"), VPC User Guide ("NAT
gateways", "Routes"), Transit Gateway guide ("Amazon VPC attachments in AWS Transit Gateway").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reachsim.verdict import Verdict
from tests.balancers import classic, listener, load_balancer, target_group
from tests.scenarios.lan import ANY, Lan, ask, assumed, causes, codes, natted, public
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_load_balancers import Site
from tests.scenarios.test_private_link import Provided

WORLD, NODE_A, NODE_B = "ip:198.51.100.7", "eni-lb-a", "eni-lb-b"
Case = Callable[[], Verdict]
CASES: dict[str, tuple[Case, str]] = {}


def case(expected: str) -> Callable[[Case], Case]:
    """``expected``: the outcome, then codes of blocks, causes and assumptions that must be told."""

    def noted(made: Case) -> Case:
        CASES[made.__name__] = made, expected
        return made

    return noted


def in_one_zone() -> Lan:
    """A public subnet a and a private one b, both in one zone, with an instance i-1 in b and one i-2 in a."""
    net = public()
    net[net.b].update({"AvailabilityZone": "us-east-1a", "AvailabilityZoneId": net[net.a]["AvailabilityZoneId"]})
    net.instance(net.b, "10.0.2.8", [net.open], name="1")
    net.instance(net.a, "10.0.1.8", [net.open], name="2")
    return net


def by_name(net: Any, lb: str) -> str:
    return f"host:{net[lb]['DNSName']}"


# --- load balancers and zones -----------------------------------------------------------------------------------------


@case("blocked ELBV2_NO_TARGETS_IN_AZ")
def an_application_load_balancer_whose_target_group_keeps_to_zones() -> Verdict:
    net = Site()
    net.forward(net.two, cross_zone=False)
    return ask(net, net.client, NODE_A)


@case("allowed")
def an_application_load_balancer_crosses_zones_by_itself() -> Verdict:
    net = Site()
    net.forward(net.two)
    return ask(net, net.client, NODE_A)


@case("blocked ELB_INSTALLED_AZ_RESTRICTION")
def a_target_in_a_zone_that_the_load_balancer_is_not_enabled_in() -> Verdict:
    net = Site(nodes="a")
    net.forward(net.two)
    return ask(net, net.client, NODE_A)


@case("allowed")
def a_network_load_balancers_name_where_only_one_zone_has_targets() -> Verdict:
    net = Site("network")
    net.forward(net.two)
    return ask(net, net.client, by_name(net, net.lb))


@case("blocked ELBV2_NO_TARGETS_IN_AZ")
def the_node_of_the_other_zone_asked_for_by_its_address() -> Verdict:
    net = Site("network")
    net.forward(net.two)
    return ask(net, net.client, "ip:10.0.1.200")


@case("allowed")
def the_same_with_cross_zone_load_balancing_on() -> Verdict:
    net = Site("network", cross_zone=True)
    net.forward(net.two)
    return ask(net, net.client, "ip:10.0.1.200")


@case("intermittent ENI_SG_RULES_MISMATCH")
def one_of_two_targets_across_zones_does_not_admit_the_client() -> Verdict:
    net = Site("network", cross_zone=True)
    net.forward(net.one, net.two)
    net.shut("eni-2-eth0", ("tcp", 8080, 8080, "10.0.2.0/24"))
    return ask(net, net.client, by_name(net, net.lb))


@case("allowed")
def targets_by_address_see_the_load_balancers_address() -> Verdict:
    """ip targets, TCP: client IP preservation is off by default."""
    net = Site("network")
    net.forward("10.0.1.8", kind="ip")
    net.shut("eni-1-eth0", ("tcp", 8080, 8080, "10.0.1.200/32"))
    return ask(net, net.client, NODE_A)


@case("blocked ENI_SG_RULES_MISMATCH")
def targets_by_address_see_the_client_if_it_is_udp() -> Verdict:
    """UDP and TCP_UDP: preservation is on and cannot be turned off."""
    net = Site("network")
    group = target_group(net, "t", ["10.0.1.8"], "UDP", kind="ip", preserve_client_ip=False)
    listener(net, net.lb, 443, [group], "UDP")
    net.shut("eni-1-eth0", ("udp", 8080, 8080, "10.0.1.200/32"))
    return ask(net, net.client, NODE_A, "udp")


@case("blocked NLB_TARGET_IS_CLIENT")
def a_target_that_asks_its_own_load_balancer() -> Verdict:
    """Troubleshooting: requests time out for connections from a target to its load balancer (hairpinning)."""
    net = Site("network")
    net.forward(net.one)
    return ask(net, net.one, NODE_A)


@case("allowed")
def a_target_that_asks_its_own_load_balancer_without_preservation() -> Verdict:
    net = Site("network")
    net.forward(net.one, preserve_client_ip=False)
    return ask(net, net.one, NODE_A)


@case("intermittent ELBV2_LISTENER_HAS_NO_TG")
def two_weighted_target_groups_of_which_one_is_empty() -> Verdict:
    net = Site()
    full, empty = target_group(net, "full", [net.one], "HTTP"), target_group(net, "empty", [], "HTTP")
    listener(net, net.lb, 443, [(full, 1), (empty, 1)], "HTTP")
    return ask(net, net.client, NODE_A)


@case("allowed")
def an_empty_target_group_of_weight_zero_takes_nothing() -> Verdict:
    net = Site()
    full, empty = target_group(net, "full", [net.one], "HTTP"), target_group(net, "empty", [], "HTTP")
    listener(net, net.lb, 443, [(full, 1), (empty, 0)], "HTTP")
    return ask(net, net.client, NODE_A)


@case("allowed LB_TARGET_HEALTH_IGNORED INSTANCE_STOPPED")
def a_stopped_instance_as_the_only_target() -> Verdict:
    """unused, Target.InvalidState: it may run again at any time."""
    net = Site()
    net.forward(net.one, health="unused")
    net[net.one]["State"] = {"Code": 80, "Name": "stopped"}
    return ask(net, net.client, NODE_A)


@case("intermittent SUBNET_ACL_RESTRICTION RETURN_ACL_EPHEMERAL")
def the_targets_network_acl_lets_linux_ports_out_alone() -> Verdict:
    """A load balancer's own ports are 1024 to 65535."""
    net = Site()
    net.forward(net.two)
    acl = net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0"),
                               (100, "out", "allow", "tcp", (32768, 60999), "0.0.0.0/0")], name="t")  # fmt: skip
    net.use_acl(net.b, acl)
    return ask(net, net.client, NODE_A)


@case("blocked IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS")
def the_internet_to_an_internal_load_balancer_in_a_public_subnet() -> Verdict:
    net = public()
    lb = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open])
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    listener(net, lb, 443, [target_group(net, "t", [one], "HTTP")], "HTTP")
    return ask(net, "internet", "ip:10.0.1.200")


@case("blocked RETURN_ROUTE_MISSING")
def the_internet_to_a_load_balancer_in_a_subnet_without_a_way_out() -> Verdict:
    net = in_one_zone()
    lb = load_balancer(net, "lb", {net.b: ("10.0.2.200", "203.0.113.200")}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", ["i-2"], "HTTP")], "HTTP")
    return ask(net, "internet", "eni-lb-b", "tcp", 443)


@case("allowed")
def the_internet_to_a_target_in_a_private_subnet_behind_a_public_load_balancer() -> Verdict:
    net = in_one_zone()
    lb = load_balancer(net, "lb", {net.a: ("10.0.1.200", "203.0.113.200")}, [net.open])
    listener(net, lb, 443, [target_group(net, "t", ["i-1"], "HTTP")], "HTTP")
    return ask(net, "internet", "eni-lb-a", "tcp", 443)


@case("allowed")
def a_kept_client_of_the_internet_needs_no_route_at_the_target() -> Verdict:
    """The load balancer takes the reply back, whatever the target's route table says."""
    net = in_one_zone()
    lb = load_balancer(net, "lb", {net.a: ("10.0.1.200", "203.0.113.200")}, [net.open], "network")
    listener(net, lb, 443, [target_group(net, "t", ["i-1"])])
    return ask(net, "internet", "eni-lb-a", "tcp", 443)


@case("blocked ENI_SG_RULES_MISMATCH")
def a_load_balancer_whose_group_lets_nothing_out_to_the_targets_port() -> Verdict:
    net = Site()
    net.forward(net.two)
    group = net.group(net.vpc_id, [ANY], [("tcp", 443, 443, "0.0.0.0/0")])
    net[NODE_A]["Groups"] = [{"GroupId": group, "GroupName": group}]
    return ask(net, net.client, NODE_A)


@case("blocked ELB_NOT_CROSSZONE")
def a_classic_load_balancers_node_without_instances_in_its_zone() -> Verdict:
    net = Lan()
    web = net.instance(net.b, "10.0.2.8", [net.open], name="1")
    classic(net, "old", {net.a: "10.0.1.200", net.b: "10.0.2.200"}, [(80, 8080)], [web], [net.open])
    return ask(net, net.client, "eni-old-a", port=80)


@case("unknown UNMODELLED_COMPONENT")
def a_load_balancer_in_a_state_that_nobody_knows() -> Verdict:
    net = Site(state="hibernating")
    net.forward(net.one)
    return ask(net, net.client, NODE_A)


# --- endpoints and zones ----------------------------------------------------------------------------------------------


@case("allowed")
def an_endpoint_in_the_other_zone_serves_the_whole_vpc() -> Verdict:
    net = Lan()
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    return ask(net, net.client, "logs")


@case("blocked VPCE_SERVICE_NOT_INSTALLED_IN_AZ")
def an_endpoint_of_a_service_whose_load_balancer_is_in_another_zone() -> Verdict:
    return ask(Provided(zone="us-east-1b"), "eni-consumer", "vpce-own")


@case("blocked ELBV2_NO_TARGETS_IN_AZ")
def an_endpoint_of_a_service_whose_targets_are_in_another_zone() -> Verdict:
    net = Provided()
    path = f"{net._home}/elbv2/describe-load-balancer-attributes/lb.json"
    net._more[path]["Attributes"][0]["Value"] = "false"
    return ask(net, "eni-consumer", "vpce-own")


@case("allowed aws-public")
def the_name_of_an_endpoint_that_failed_leads_to_the_public_address() -> Verdict:
    net = natted()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    net[endpoint]["State"] = "failed"
    return ask(net, net.client, "logs")


@case("blocked BAD_STATE_ROUTE MORE_SPECIFIC_ROUTE")
def the_blackhole_of_a_deleted_gateway_endpoint_goes_before_the_nat_gateway() -> Verdict:
    net = natted()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net[endpoint]["State"] = "deleted"
    for route in net[net.ta]["Routes"]:
        if route.get("GatewayId") == endpoint:
            route["State"] = "blackhole"
    return ask(net, net.client, "s3")


# --- gateways and zones -----------------------------------------------------------------------------------------------


@case("allowed internet")
def a_nat_gateway_of_another_zone() -> Verdict:
    net = natted()
    net[net.n].update({"AvailabilityZone": "us-east-1b", "AvailabilityZoneId": "id-us-east-1b"})
    return ask(net, net.client, WORLD)


@case("blocked BAD_STATE_ROUTE")
def a_nat_gateway_that_is_gone() -> Verdict:
    net = natted()
    net["nat-main"]["State"] = "deleted"
    net[net.ta]["Routes"][-1]["State"] = "blackhole"
    return ask(net, net.client, WORLD)


@case("blocked TGW_ROUTE_AZ_RESTRICTION")
def a_transit_gateway_that_has_no_subnet_in_the_senders_zone() -> Verdict:
    net = Hub()
    net["subnet-x"].update({"AvailabilityZone": "us-east-1c", "AvailabilityZoneId": "id-us-east-1c"})
    return ask(net, "eni-x", "eni-y")


@case("blocked TGW_ROUTE_AZ_RESTRICTION")
def a_receiver_in_a_zone_without_an_attachment_cannot_answer() -> Verdict:
    """What arrives by the attachment's zone gets there; the answer enters by the receiver's own zone, and cannot."""
    net = Hub()
    net["subnet-y"].update({"AvailabilityZone": "us-east-1c", "AvailabilityZoneId": "id-us-east-1c"})
    return ask(net, "eni-x", "eni-y")


@case("allowed STATE_CHANGING")
def a_nat_gateway_that_gives_up_its_only_address() -> Verdict:
    net = natted()
    net["nat-main"]["NatGatewayAddresses"][0]["Status"] = "disassociating"
    return ask(net, net.client, WORLD)


@case("blocked BAD_STATE STATE_CHANGING")
def an_internet_gateway_that_is_being_detached() -> Verdict:
    net = public()
    net["igw-1"]["Attachments"][0]["State"] = "detaching"
    return ask(net, net.client, WORLD)


@case("unknown APPLIANCE_MAY_FORWARD")
def a_route_to_a_nat_instance() -> Verdict:
    net = Lan()
    middle = net.instance(net.b, "10.0.2.9", [net.open], name="nat")
    net[net.interface_of(middle)]["SourceDestCheck"] = False
    net.route(net.ta, "0.0.0.0/0", net.interface_of(middle))
    net.route(net.tb, "0.0.0.0/0", net.igw(net.vpc_id))
    return ask(net, net.client, WORLD)


@case("blocked ENI_SOURCE_DEST_CHECK_RESTRICTION")
def a_route_to_an_instance_that_checks_destinations() -> Verdict:
    net = Lan()
    middle = net.instance(net.b, "10.0.2.9", [net.open], name="nat")
    net.route(net.ta, "0.0.0.0/0", net.interface_of(middle))
    return ask(net, net.client, WORLD)


# --- states on the way ------------------------------------------------------------------------------------------------


@case("blocked BAD_STATE STATE_CHANGING")
def a_gateway_endpoint_that_is_being_made() -> Verdict:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net[endpoint]["State"] = "pending"
    return ask(net, net.client, "s3")


@case("allowed aws-public STATE_CHANGING")
def the_name_of_an_endpoint_that_is_being_made() -> Verdict:
    net = natted()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    net[endpoint]["State"] = "pending"
    return ask(net, net.client, "logs")


@case("blocked BAD_STATE NO_ROUTE_TO_DESTINATION STATE_CHANGING")
def the_name_of_an_endpoint_that_is_being_deleted_and_nothing_else() -> Verdict:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    net[endpoint]["State"] = "deleting"
    return ask(net, net.client, "logs")


@case("allowed")
def an_alias_to_a_network_load_balancer_with_targets_in_one_zone() -> Verdict:
    net = Site("network")
    net.forward(net.two)
    net.zone("corp.example", [net.vpc_id], [("db.corp.example", "A", net[net.lb]["DNSName"])])
    return ask(net, net.client, "host:db.corp.example")


@case("blocked ELBV2_NO_TARGETS_IN_AZ")
def the_name_of_the_zone_without_targets() -> Verdict:
    net = Site("network")
    net.forward(net.two)
    return ask(net, net.client, f"host:us-east-1a.{net[net.lb]['DNSName']}")


@case("blocked BAD_STATE")
def the_name_of_a_load_balancer_that_failed() -> Verdict:
    net = Site(state="failed")
    net.forward(net.one)
    return ask(net, net.client, by_name(net, net.lb))


@case("blocked TGW_RTB_BAD_STATE_ROUTE TGW_RTB_MORE_SPECIFIC_ROUTE")
def a_blackhole_of_a_transit_gateway_before_a_wider_route() -> Verdict:
    net = Hub()
    for row in net.routes():
        if row["DestinationCidrBlock"] == "10.1.0.0/16":
            row["State"] = "blackhole"
    net.tgw_route(net.rt, "10.0.0.0/8", "tgw-attach-y")
    return ask(net, "eni-x", "eni-y")


@case("allowed")
def a_deleted_route_of_a_transit_gateway_before_a_wider_one() -> Verdict:
    net = Hub()
    for row in net.routes():
        if row["DestinationCidrBlock"] == "10.1.0.0/16":
            row["State"] = "deleted"
    net.tgw_route(net.rt, "10.0.0.0/8", "tgw-attach-y")
    return ask(net, "eni-x", "eni-y")


@case("allowed")
def a_nat_gateway_that_failed_to_take_one_of_two_addresses() -> Verdict:
    net = natted()
    second = {"PrivateIp": "10.0.9.10", "PublicIp": "203.0.113.98", "Status": "failed"}
    net["nat-main"]["NatGatewayAddresses"].append(second)
    return ask(net, net.client, WORLD)


@case("blocked BAD_STATE STATE_CHANGING")
def the_internet_in_by_a_gateway_that_is_being_attached() -> Verdict:
    net = public()
    net["igw-1"]["Attachments"][0]["State"] = "attaching"
    return ask(net, "igw-1", net.client)


@case("allowed WORKLOAD_NOT_ACTIVE FLEET_OVERFLOW_ON_DEMAND")
def a_fleet_that_is_being_deleted_and_overflows() -> Verdict:
    net = natted()
    arn = "arn:aws:codebuild:us-east-1:111111111111:fleet/f"
    config = {"vpcId": net.vpc_id, "subnets": [net.a], "securityGroupIds": [net.open]}
    net.project("app", environment={"type": "LINUX_CONTAINER", "image": "x", "fleet": {"fleetArn": arn}})
    net._lists["codebuild/batch-get-fleets"].append({
        "arn": arn, "name": "f", "vpcConfig": config, "overflowBehavior": "ON_DEMAND",
        "status": {"statusCode": "DELETING"},
    })  # fmt: skip
    return ask(net, "codebuild:app", WORLD)


@case("allowed on-premises")
def one_of_two_vpn_connections_is_gone() -> Verdict:
    net = Lan()
    gateway = net.vgw(net.vpc_id)
    net.vpn(gateway, ["192.168.0.0/16"])
    net.vpn(gateway, ["192.168.0.0/16"], state="deleted")
    net.route(net.ta, "192.168.0.0/16", gateway)
    return ask(net, net.client, "ip:192.168.1.1")


@case("blocked BAD_STATE")
def a_virtual_private_gateway_that_is_deleted_and_so_detached() -> Verdict:
    net = Lan()
    gateway = net.vgw(net.vpc_id)
    net[gateway]["State"] = "deleted"
    net[gateway]["VpcAttachments"][0]["State"] = "detached"
    net.route(net.ta, "192.168.0.0/16", gateway)
    return ask(net, net.client, "ip:192.168.1.1")


@case("blocked SUBNET_ACL_RESTRICTION")
def an_empty_subnet_behind_a_closed_network_acl() -> Verdict:
    net = Lan()
    acl = net.acl(net.vpc_id, [], name="shut")
    return ask(net, net.client, net.subnet(net.vpc_id, "10.0.3.0/24", table=net.tb, acl=acl))


@case("blocked BAD_STATE STATE_CHANGING")
def a_network_load_balancer_before_an_application_load_balancer_that_is_not_ready() -> Verdict:
    net = Lan()
    one = net.instance(net.a, "10.0.1.8", [net.open], name="1")
    alb = load_balancer(net, "alb", {net.a: "10.0.1.201"}, [net.open], state="provisioning")
    listener(net, alb, 80, [target_group(net, "web", [one], "HTTP")], "HTTP")
    nlb = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], "network")
    listener(net, nlb, 443, [target_group(net, "t", [(alb, 80)], port=80, kind="alb")])
    return ask(net, net.client, NODE_A)


@case("unknown UNKNOWN_RESOURCE")
def a_target_that_was_terminated_and_has_no_interface_any_more() -> Verdict:
    net = Site("network")
    net.forward("i-0gone", cross_zone=True)
    return ask(net, net.client, NODE_A)


@case("allowed private")
def a_client_by_transit_gateway_to_targets_by_address() -> Verdict:
    """ip targets of a Network Load Balancer: the client's address is not kept."""
    net = Hub()
    lb = load_balancer(net, "lb", {"subnet-y": "10.1.1.200"}, ["sg-y"], "network")
    listener(net, lb, 443, [target_group(net, "t", ["10.1.1.5"], kind="ip")])
    return ask(net, "eni-x", "eni-lb-y")


@case("allowed private")
def a_client_by_transit_gateway_to_instances() -> Verdict:
    """instance targets: the client's address is kept, and the load balancer takes the reply back."""
    net = Hub()
    one = net.instance("subnet-y", "10.1.1.8", ["sg-y"], name="1")
    lb = load_balancer(net, "lb", {"subnet-y": "10.1.1.200"}, ["sg-y"], "network")
    listener(net, lb, 443, [target_group(net, "t", [one])])
    return ask(net, "eni-x", "eni-lb-y")


@pytest.mark.parametrize("name", CASES)
def test_a_documented_network(name: str) -> None:
    made, expected = CASES[name]
    verdict = made()
    outcome, *told = expected.split()
    said = codes(verdict) | causes(verdict) | {code for code, _ in assumed(verdict)} | {verdict.route}
    assert (verdict.outcome, set(told) - said) == (outcome, set())
    if outcome in ("blocked", "intermittent"):
        assert codes(verdict) <= set(told) | {"NO_ROUTE_TO_DESTINATION"}

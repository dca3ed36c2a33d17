"""Own endpoint services: from an interface endpoint through the provider's Network Load Balancer to its targets.

Expectations from "Create a service powered by AWS PrivateLink" (considerations and prerequisites) and "Update the
security groups for your Network Load Balancer".
"""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.balancers import listener, load_balancer, target_group
from tests.build import Build
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, codes, crossed, fate

SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0a1"


class Provided(Lan):
    """Provider VPC v: a load balancer 10.0.1.200 in subnet a, its target i-t 10.0.2.8 on 8080 in subnet b. Consumer VPC
    c, which no route joins to it: client 10.0.1.77 (the provider's own range) and endpoint 10.0.1.40.
    """

    def __init__(self, protocol: str = "TCP", zone: str = "us-east-1a", listed: bool = True, grouped: bool = False,
                 **more: bool) -> None:  # fmt: skip
        super().__init__()
        self.instance(self.b, "10.0.2.8", [self.open], name="t")
        groups = [self.group(self.vpc_id, [("tcp", 443, 443, "10.0.1.0/24")], name="lb")] if grouped else []
        self.lb = load_balancer(self, "lb", {self.a: "10.0.1.200", self.b: "10.0.2.200"}, groups, "network", True)
        self["eni-lb-b"]["Description"] = "ELB net/other/1"  # one node is enough
        listener(self, self.lb, 443, [target_group(self, "t", ["i-t"], protocol, **more)], protocol)
        if listed:
            self._lists["ec2/describe-vpc-endpoint-service-configurations"].append({
                "ServiceId": "vpce-svc-0a1", "ServiceName": SERVICE, "ServiceState": "Available",
                "AvailabilityZones": ["us-east-1a"], "AcceptanceRequired": True, "NetworkLoadBalancerArns": [self.lb],
            })  # fmt: skip
        consumer = self.vpc("10.0.0.0/16", name="c")
        subnet = self.subnet(consumer, "10.0.1.0/24", zone, name="c")
        group = self.group(consumer, [ANY], [ANY], name="c")
        self.interface(subnet, "10.0.1.77", [group], name="consumer")
        self.interface_endpoint(consumer, SERVICE, {subnet: "10.0.1.40"}, [group], private_dns=False, name="own")

    def shut(self, *ingress: tuple[str, int | None, int | None, str]) -> None:
        group = self.group(self.vpc_id, ingress, name="target")
        self["eni-t-eth0"]["Groups"] = [{"GroupId": group, "GroupName": group}]


def test_the_way_leads_through_the_providers_load_balancer_to_its_target_and_back() -> None:
    verdict = ask(Provided(), "eni-consumer", "vpce-own")
    assert fate(verdict) == ("allowed", "private")
    assert {"vpce-own", "eni-t-eth0"} <= set(crossed(verdict))
    assert verdict.paths[0].terminal == "eni-t-eth0"
    assert "ENDPOINT_SERVICE_UNSEEN" not in {code for code, _ in assumed(verdict)}
    assert crossed(verdict, "response")[-1] == "eni-consumer"


def test_a_service_that_no_file_of_its_provider_tells_was_taken_to_answer() -> None:
    verdict = ask(Provided(listed=False), "eni-consumer", "vpce-own")
    assert fate(verdict) == ("allowed", "private")
    assert ("ENDPOINT_SERVICE_UNSEEN", "vpce-own") in assumed(verdict)


def test_a_load_balancer_whose_interfaces_no_file_holds_is_not_taken_to_answer() -> None:
    net = Provided()
    net["eni-lb-a"]["Description"] = "ELB net/other/1"
    verdict = ask(net, "eni-consumer", "vpce-own")
    assert fate(verdict) == ("unknown", "none")
    assert ("UNKNOWN_RESOURCE", "vpce-own") in assumed(verdict)
    files = net.files()
    del files[path := f"{net.account}/{net.region}/elbv2/describe-load-balancers.json"]
    verdict = load_files(files).simulate("eni-consumer", "vpce-own", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


@pytest.mark.parametrize(("peer", "outcome"), [("10.0.1.200/32", "allowed"), ("10.0.1.77/32", "blocked")])
@pytest.mark.parametrize("preserve", [True, False])
def test_targets_see_the_load_balancers_address_whatever_is_preserved(
    peer: str,
    outcome: str,
    preserve: bool,
) -> None:
    net = Provided(preserve_client_ip=preserve)
    net.shut(("tcp", 8080, 8080, peer))
    verdict = ask(net, "eni-consumer", "vpce-own")
    assert verdict.outcome == outcome
    assert codes(verdict) == ({"ENI_SG_RULES_MISMATCH"} if outcome == "blocked" else set())


def test_the_load_balancers_groups_see_the_clients_address_where_they_are_enforced() -> None:
    net = Provided(grouped=True)
    assert ask(net, "eni-consumer", "vpce-own").outcome == "allowed"
    net["sg-lb"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "10.0.9.0/24"))]
    assert {(code, component) for code, component, *_ in blocks(ask(net, "eni-consumer", "vpce-own"))} == {
        ("ENI_SG_RULES_MISMATCH", "sg-lb")
    }
    net[net.lb]["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = "off"
    assert ask(net, "eni-consumer", "vpce-own").outcome == "allowed"


def test_they_know_no_group_of_the_clients() -> None:
    net = Provided(grouped=True)
    net["sg-lb"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "sg-c"))]
    assert ask(net, "eni-consumer", "vpce-own").outcome == "blocked"


def test_the_load_balancer_is_one_of_the_zone_of_the_endpoints_interface() -> None:
    verdict = ask(Provided(zone="us-east-1b"), "eni-consumer", "vpce-own")
    assert codes(verdict) == {"VPCE_SERVICE_NOT_INSTALLED_IN_AZ"}


def test_without_the_providers_subnets_the_zone_of_its_load_balancer_is_not_known() -> None:
    provider, consumer = Build("222222222222", tag="p"), Build()
    vpc = provider.vpc("10.9.0.0/16")
    subnet = provider.subnet(vpc, "10.9.1.0/24")
    provider.instance(subnet, "10.9.1.8", [provider.group(vpc, [ANY], [ANY])], name="t")
    lb = load_balancer(provider, "lb", {subnet: "10.9.1.9"}, [], "network", True)
    listener(provider, lb, 443, [target_group(provider, "t", ["i-pt"], "TCP")], "TCP")
    provider._lists["ec2/describe-vpc-endpoint-service-configurations"].append(
        {"ServiceId": "vpce-svc-0a1", "ServiceName": SERVICE, "NetworkLoadBalancerArns": [lb]}
    )
    vpc = consumer.vpc("10.0.0.0/16")
    subnet, group = consumer.subnet(vpc, "10.0.1.0/24"), consumer.group(vpc, [ANY], [ANY])
    client = consumer.interface(subnet, "10.0.1.5", [group])
    endpoint = consumer.interface_endpoint(vpc, SERVICE, {subnet: "10.0.1.40"}, [group], private_dns=False)
    files = provider.files() | consumer.files()
    assert load_files(files).simulate(client, endpoint, protocol="tcp", port=443).outcome == "allowed"
    del files[path := "222222222222/us-east-1/ec2/describe-subnets.json"]
    verdict = load_files(files).simulate(client, endpoint, protocol="tcp", port=443)
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


def test_ports_are_those_of_the_load_balancers_listeners() -> None:
    assert codes(ask(Provided(), "eni-consumer", "vpce-own", "tcp", 22)) == {"ELBV2_LISTENER_PORT_RESTRICTION"}


def test_udp_goes_to_an_endpoint_service_and_to_no_service_of_awss() -> None:
    net = Provided("UDP")
    assert fate(ask(net, "eni-consumer", "vpce-own", "udp", 443)) == ("allowed", "private")
    assert fate(ask(Provided("UDP", listed=False), "eni-consumer", "vpce-own", "udp", 443)) == ("allowed", "private")
    net.interface_endpoint("vpc-c", "logs", {"subnet-c": "10.0.1.41"}, ["sg-c"], private_dns=False, name="logs")
    assert codes(ask(net, "eni-consumer", "vpce-logs", "udp", 443)) == {"PROTOCOL_RESTRICTION"}


def test_ping_goes_to_neither() -> None:
    assert codes(ask(Provided(), "eni-consumer", "vpce-own", "icmp", 8)) == {"PROTOCOL_RESTRICTION"}


@pytest.mark.parametrize("state", ["pendingAcceptance", "rejected"])
def test_a_connection_that_the_provider_did_not_accept_leads_nowhere(state: str) -> None:
    net = Provided()
    net["vpce-own"]["State"] = state
    assert codes(ask(net, "eni-consumer", "vpce-own")) == {"BAD_STATE"}


def test_without_a_target_there_is_nothing_behind_the_endpoint() -> None:
    net = Provided()
    net.put("elbv2/describe-target-health/t", {"TargetHealthDescriptions": []})
    assert codes(ask(net, "eni-consumer", "vpce-own")) == {"ELBV2_LISTENER_HAS_NO_TG"}

"""Facts N130 to N153: gateway and interface endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.slices.matrix import OUTCOMES, Matrix
from tests.build import Build
from tests.scenarios.lan import ANY, WEB, Lan, ask, assumed, blocks, causes, codes, crossed, fate, natted

SIX = "2600:1f10:0:100::/56"


def with_endpoint(service: str = "logs", net: Lan | None = None, **more: Any) -> tuple[Lan, str, str]:
    """The network with an interface endpoint 10.0.2.20 in subnet b: (network, endpoint, its interface)."""
    net = net or Lan()
    groups = more.pop("groups", [net.open])
    endpoint = net.interface_endpoint(net.vpc_id, service, {net.b: "10.0.2.20"}, groups, name="e", **more)
    return net, endpoint, net.interface_of(endpoint)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize("state", ["available", "Available"])
def test_n130_state_is_compared_without_case(state: str) -> None:
    net, endpoint, _ = with_endpoint()
    net[endpoint]["State"] = state
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")


@pytest.mark.parametrize("state", ["rejected", "failed", "pending", "pendingAcceptance", "expired", "deleted"])
def test_n130_only_an_available_endpoint_carries_traffic(state: str) -> None:
    net, endpoint, interface = with_endpoint()
    net[endpoint]["State"] = state
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("blocked", "none")
    assert [(one.code, one.component) for one in verdict.blocked_by] == [
        ("BAD_STATE", endpoint), ("NO_ROUTE_TO_DESTINATION", net.ta)
    ]  # fmt: skip
    assert f"{endpoint} is {state.lower()}" in verdict.blocked_by[0].detail
    verdict = ask(net, net.client, interface)
    assert blocks(verdict) == {("BAD_STATE", endpoint, None, None, "request", "ingress")}


@pytest.mark.parametrize(
    ("state", "outcome"), [("deleted", "blocked"), ("failed", "blocked"), ("available", "unknown")]
)
def test_n130_a_deleted_endpoint_has_no_network_interface_to_ask_for(state: str, outcome: str) -> None:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
    net[endpoint]["State"] = state
    net._lists["ec2/describe-network-interfaces"].remove(net["eni-vpce-logs-1"])
    verdict = ask(net, net.client, endpoint)
    assert (verdict.outcome, codes(verdict)) == (outcome, {"BAD_STATE"} if outcome == "blocked" else set())


def test_n132_an_interface_that_no_file_lists_may_be_the_one_that_a_client_gets() -> None:
    net = Lan()
    held = {net.a: "10.0.1.20", net.b: "10.0.2.20"}
    endpoint = net.interface_endpoint(net.vpc_id, "logs", held, [net.open], name="logs")
    assert ask(net, net.client, endpoint).outcome == "allowed"
    net._lists["ec2/describe-network-interfaces"].remove(net["eni-vpce-logs-2"])
    for target in (endpoint, "logs"):
        verdict = ask(net, net.client, target)
        assert (verdict.outcome, "eni-vpce-logs-2" in str(verdict.assumptions)) == ("unknown", True)
    matrix = Matrix(load_files(net.files()).ground, 6, 443)
    for _, answers in matrix.answers(matrix.sources):
        assert OUTCOMES[answers.outcomes[matrix.ends]] in ("unknown", "blocked")


def test_n130_a_state_that_nobody_knows_leaves_the_names_open() -> None:
    net, endpoint, interface = with_endpoint()
    net[endpoint]["State"] = "of-tomorrow"
    for target in ("logs", interface):
        verdict = ask(net, net.client, target)
        assert fate(verdict) == ("unknown", "none")
        assert ("UNMODELLED_COMPONENT", endpoint) in assumed(verdict)


def test_n130_gateway_endpoint_must_be_available() -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net[endpoint]["State"] = "deleting"
    verdict = ask(net, net.client, "s3")
    assert blocks(verdict) == {("BAD_STATE", endpoint, None, None, "request", "egress")}


def test_n130_partial_endpoint_is_unknown() -> None:
    net, endpoint, _ = with_endpoint()
    net[endpoint]["State"] = "partial"
    verdict = ask(net, net.client, "logs")
    assert verdict.outcome == "unknown"
    assert ("ENDPOINT_PARTIAL", endpoint) in assumed(verdict)


def test_n132_endpoint_serves_every_zone_of_the_vpc() -> None:
    net, endpoint, _ = with_endpoint()
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert endpoint in crossed(verdict)
    assert net[net.a]["AvailabilityZone"] != net[net.b]["AvailabilityZone"]


def test_n133_endpoint_group_must_admit_the_client() -> None:
    net = Lan()
    shut = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.7.0/24")], name="shut")
    _, _, interface = with_endpoint(net=net, groups=[shut])
    verdict = ask(net, net.client, "logs")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", shut, None, interface, "request", "ingress")}


def test_n133_the_service_never_starts_a_connection() -> None:
    net, endpoint, interface = with_endpoint()
    for source in (endpoint, interface):
        assert codes(ask(net, source, net.client)) == {"VPCE_INTRA_VPC_TRAFFIC"}


def test_n134_interface_endpoints_do_not_answer_ping() -> None:
    net, endpoint, interface = with_endpoint()
    verdict = ask(net, net.client, interface, "icmp", 8)
    assert blocks(verdict) == {("PROTOCOL_RESTRICTION", endpoint, None, None, "request", "ingress")}


def test_n135_the_clients_group_must_admit_the_public_addresses() -> None:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    group = net.group(net.vpc_id, [], [("tcp", 443, 443, "10.0.0.0/16")], name="x")
    net[net.client]["Groups"] = [{"GroupId": group, "GroupName": group}]
    verdict = ask(net, net.client, "s3")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", group, None, net.client, "request", "egress")}


def test_n135_path_keys_of_a_gateway_endpoint() -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta], policy=policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpc": net.vpc_id, "aws:SourceVpce": "vpce-1"},
            "IpAddress": {"aws:VpcSourceIp": "10.0.1.5/32"},
            "Null": {"aws:SourceIp": "true"},
        }},
    ))  # fmt: skip
    assert endpoint == "vpce-1"
    requests = [{"action": "s3:GetObject", "resource": "arn:aws:s3:::mine/key"}]
    verdict = ask(net, net.client, "s3", requests=requests, layers=["network", "endpoint-policy"])
    assert fate(verdict) == ("allowed", "private")


@pytest.mark.parametrize(
    ("protocol", "port", "outcome"), [("tcp", 443, "allowed"), ("icmp", 8, "allowed"), ("udp", 443, "blocked")]
)
def test_n136_gateway_endpoints_take_tcp_and_echo(protocol: str, port: int, outcome: str) -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    verdict = ask(net, net.client, "s3", protocol, port)
    assert verdict.outcome == outcome
    code = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"
    expected = {(code, endpoint, None, None, "request", "egress")}
    assert blocks(verdict) == (expected if outcome == "blocked" else set())


def neighbour(net: Lan) -> str:
    """A client 172.20.1.5 in a VPC peered with the network's, all of its traffic sent there."""
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(other, net.vpc_id, name="1")
    table = net.table(other, [("0.0.0.0/0", pcx), ("10.0.0.0/16", pcx)], name="p")
    subnet = net.subnet(other, "172.20.1.0/24", table=table, name="p")
    for mine in (net.ta, net.tb):
        net.route(mine, "172.20.0.0/16", pcx)
    return net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], name="peer")


def test_n137_gateway_endpoint_cannot_be_used_from_a_peer() -> None:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta, net.tb, net.main_table(net.vpc_id)])
    verdict = ask(net, neighbour(net), "s3")
    assert fate(verdict) == ("blocked", "none")


def test_n137_interface_endpoint_can_be_used_from_a_peer_by_address_but_not_by_name() -> None:
    net, _, interface = with_endpoint()
    peer = neighbour(net)
    assert fate(ask(net, peer, interface)) == ("allowed", "private")
    assert ask(net, peer, "logs").outcome == "blocked"


def test_n138_gateway_endpoint_of_s3_is_ipv4_only() -> None:
    net = Lan(ipv6=SIX)
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    verdict = ask(net, net.client, "host:s3.dualstack.us-east-1.amazonaws.com", family="ipv6")
    assert fate(verdict) == ("blocked", "none")


def test_n139_without_dns_support_the_gateway_endpoint_is_not_found() -> None:
    net = Lan(dns_support=False)
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    verdict = ask(net, net.client, "s3")
    assert blocks(verdict) == {("DNS_SUPPORT_DISABLED", net.vpc_id, None, net.vpc_id, "request", "egress")}
    assert verdict.blocked_by[0].symptom == "name-not-found"


def test_n139_a_gateway_endpoint_without_dns_hostnames_works_by_assumption() -> None:
    net = Lan(dns_hostnames=False)
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    verdict = ask(net, net.client, "s3")
    assert fate(verdict) == ("allowed", "private")
    assert ("GATEWAY_ENDPOINT_WITHOUT_HOSTNAMES", net.vpc_id) in assumed(verdict)
    assert not assumed(ask(net, net.client, "ip:52.216.0.1"))
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    assert not assumed(ask(net, net.client, "s3"))


PUT = [{"action": "s3:PutObject", "resource": "arn:aws:s3:::mine/key"}]
GET = [{"action": "s3:GetObject", "resource": "arn:aws:s3:::mine/key"}]


def test_n140_policy_of_an_endpoint() -> None:
    layers = ["network", "endpoint-policy"]
    net = Lan()
    served = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    del net[served]["PolicyDocument"]  # of a service without policies; of one that has some, AWS prints it
    put = [{"action": "logs:PutLogEvents", "resource": "arn:aws:logs:us-east-1:111111111111:log-group:g:*"}]
    assert ask(net, net.client, "logs", requests=put, layers=layers).outcome == "allowed"
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    del net[endpoint]["PolicyDocument"]
    verdict = ask(net, net.client, "s3", requests=PUT, layers=layers)
    assert verdict.outcome == "allowed"
    assert ("ASSUMED_DEFAULT", endpoint) in {(one.code, one.component) for one in verdict.assumptions}
    net = Lan()
    deny = {"Sid": "NoPut", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta], policy=policy(allow, deny))
    verdict = ask(net, net.client, "s3", requests=PUT, layers=layers)
    assert blocks(verdict) == {("VPCE_POLICY_EXPLICIT_DENY", endpoint, "NoPut", None, "request", "egress")}
    assert verdict.layers == {"network": "allowed", "endpoint-policy": "blocked"}
    assert verdict.blocked_by[0].symptom == "403"
    assert ask(net, net.client, "s3", requests=GET, layers=layers).outcome == "allowed"


def test_n141_account_principal_on_a_gateway_endpoint_is_its_root_only() -> None:
    net = Lan()
    only = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "*", "Resource": "*"}
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta], policy=policy(only))
    net.project("app", net.vpc_id, [net.a], [net.open])
    verdict = ask(net, "codebuild:app", "s3", requests=GET, layers=["network", "endpoint-policy"])
    assert [(block.code, block.component) for block in verdict.blocked_by] == [("VPCE_POLICY_IMPLICIT_DENY", endpoint)]


def test_n142_private_dns_needs_the_flag_and_both_attributes() -> None:
    for more, cause in (
        ({"private_dns": False}, "DNS_PRIVATE_DNS_DISABLED"),
        ({"net": Lan(dns_hostnames=False)}, "DNS_HOSTNAMES_DISABLED"),
    ):
        net, _, _ = with_endpoint(**more)
        verdict = ask(net, net.client, "logs")
        assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}
        assert causes(verdict) == {cause}


def test_n143_names_of_the_endpoint_itself_resolve_to_private_addresses() -> None:
    net, _, _ = with_endpoint(private_dns=False)
    name = "host:vpce-e.logs.us-east-1.vpce.amazonaws.com"
    assert fate(ask(net, net.client, name)) == ("allowed", "private")
    other = net.vpc("172.20.0.0/16", name="p")
    table = net.table(other, [("0.0.0.0/0", net.igw(other))], name="p")
    subnet = net.subnet(other, "172.20.1.0/24", table=table)
    net.interface(subnet, "172.20.1.5", [net.group(other, [], [ANY])], "203.0.113.5", name="other")
    verdict = ask(net, "eni-other", name)
    assert codes(verdict) == {"IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"}


def test_n143_zonal_name_leads_to_one_interface() -> None:
    net = Lan()
    addresses = {net.a: "10.0.1.20", net.b: "10.0.2.20"}
    endpoint = net.interface_endpoint(net.vpc_id, "logs", addresses, [net.open], name="0ab")
    zonal = "vpce-0ab-xyz-us-east-1b.logs.us-east-1.vpce.amazonaws.com"
    net[endpoint]["DnsEntries"].append({"DnsName": zonal, "HostedZoneId": "Z1"})
    verdict = ask(net, net.client, f"host:{zonal}")
    assert {one for path in verdict.paths for t in path.traffic for one in t.destination} == {"10.0.2.20"}


def test_n144_private_names_come_from_the_endpoint_and_wildcards_match_below_only() -> None:
    net, endpoint, _ = with_endpoint("ecr.dkr", names=["*.dkr.ecr.us-east-1.amazonaws.com"])
    assert fate(ask(net, net.client, "host:1234.dkr.ecr.us-east-1.amazonaws.com")) == ("allowed", "private")
    for name in ("dkr.ecr.us-east-1.amazonaws.com", "1234.dkr.ecr.us-west-2.amazonaws.com"):
        verdict = ask(net, net.client, f"host:{name}")
        assert verdict.outcome == "blocked"
        assert endpoint not in crossed(verdict)
    net[endpoint]["DnsEntries"][1]["DnsName"] = "renamed.example.com"
    assert ask(net, net.client, "ecr.dkr").outcome == "blocked"
    assert fate(ask(net, net.client, "host:renamed.example.com")) == ("allowed", "private")


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("s3.us-east-1.amazonaws.com", True),
        ("mine.s3.us-east-1.amazonaws.com", True),
        ("s3-control.us-east-1.amazonaws.com", False),
        ("111111111111.s3-control.us-east-1.amazonaws.com", True),
        ("mine.s3-accesspoint.us-east-1.amazonaws.com", True),
        ("mine.s3.amazonaws.com", False),
        ("s3.dualstack.us-east-1.amazonaws.com", False),
        ("s3-fips.us-east-1.amazonaws.com", False),
    ],
)
def test_n145_names_that_the_s3_interface_endpoint_answers(name: str, private: bool) -> None:
    names = ["s3", "*.s3", "*.s3-accesspoint", "*.s3-control"]
    net, _, _ = with_endpoint("s3", net=natted(), names=[f"{one}.us-east-1.amazonaws.com" for one in names])
    verdict = ask(net, net.client, f"host:{name}")
    assert fate(verdict) == ("allowed", "private" if private else "aws-public")


def test_n146_private_dns_for_inbound_resolvers_only_leaves_s3_public_in_the_vpc() -> None:
    net, endpoint, _ = with_endpoint("s3", net=natted(), names=["s3.us-east-1.amazonaws.com"])
    net[endpoint]["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = True
    net.gateway_endpoint(net.vpc_id, "s3", [net.tb])
    verdict = ask(net, net.client, "s3")
    assert fate(verdict) == ("allowed", "aws-public")
    assert "nat-main" in crossed(verdict)
    assert fate(ask(net, net.server, "s3")) == ("allowed", "private")


def dual_stack(**more: Any) -> tuple[Lan, str]:
    net = Lan(ipv6=SIX)
    _, endpoint, _ = with_endpoint(net=net, ipv6={net.b: "2600:1f10:0:102::20"}, **more)
    return net, endpoint


def test_n147_record_type_decides_which_family_is_answered() -> None:
    net, endpoint = dual_stack()
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")
    net[endpoint]["DnsOptions"]["DnsRecordIpType"] = "ipv4"
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert {one for path in verdict.paths for t in path.traffic for one in t.destination} == {"10.0.2.20"}
    assert ask(net, net.client, "logs", family="ipv6").outcome == "blocked"


def test_n147_defined_by_the_service_private_names_are_ipv4_and_the_endpoints_own_are_both() -> None:
    net, endpoint = dual_stack()
    net[endpoint]["DnsOptions"]["DnsRecordIpType"] = "service-defined"
    own = net[endpoint]["DnsEntries"][0]["DnsName"]
    assert ask(net, net.client, "logs", family="ipv6").outcome == "blocked"
    assert fate(ask(net, net.client, "logs", family="ipv4")) == ("allowed", "private")
    assert fate(ask(net, net.client, f"host:{own}", family="ipv6")) == ("allowed", "private")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_n147_the_asked_family_leaves_the_other_out(family: str) -> None:
    net, _ = dual_stack()
    assert fate(ask(net, net.client, "logs", family=family)) == ("allowed", "private")


def test_n148_each_answered_address_is_judged_by_itself() -> None:
    net, _ = dual_stack()
    v4_only = net.group(net.vpc_id, [WEB], name="v4")
    net["eni-vpce-e-1"]["Groups"] = [{"GroupId": v4_only, "GroupName": v4_only}]
    assert fate(ask(net, net.client, "logs")) == ("intermittent", "private")


def test_n151_endpoint_for_another_region_serves_that_region_only() -> None:
    net = Lan()
    endpoint = net.interface_endpoint(
        net.vpc_id, "com.amazonaws.us-west-2.ecr.api", {net.b: "10.0.2.20"}, [net.open],
        names=["api.ecr.us-west-2.amazonaws.com"],
    )  # fmt: skip
    net[endpoint]["ServiceRegion"] = "us-west-2"
    assert fate(ask(net, net.client, "host:api.ecr.us-west-2.amazonaws.com")) == ("allowed", "private")
    verdict = ask(net, net.client, "ecr.api")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}
    assert causes(verdict) == {"VPCE_MISSING_FOR_SERVICE"}


def test_n153_two_private_owners_of_one_name_are_a_conflict() -> None:
    net, _, _ = with_endpoint()
    net.interface_endpoint(net.vpc_id, "logs", {net.a: "10.0.1.20"}, [net.open], name="f")
    verdict = ask(net, net.client, "logs")
    assert verdict.outcome == "unknown"
    assert "DNS_CONFLICTING_ZONES" in codes(verdict)


def test_endpoint_in_another_region_of_the_snapshot_is_no_help() -> None:
    net = Lan()
    far = Build(region="eu-west-1", tag="f")
    vpc = far.vpc("10.7.0.0/16")
    subnet = far.subnet(vpc, "10.7.1.0/24")
    far.interface_endpoint(vpc, "logs", {subnet: "10.7.1.20"}, [far.group(vpc, [ANY])])
    verdict = ask(net.files() | far.files(), net.client, "logs")
    assert causes(verdict) == {"VPCE_MISSING_FOR_SERVICE"}

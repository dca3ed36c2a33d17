"""Facts N160 to N173: what names resolve to, as a VPC sees it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, crossed, fate, natted, public

LOGS = "logs.us-east-1.amazonaws.com"


def private_logs(net: Lan | None = None, **vpc: Any) -> Lan:
    """The network with a logs endpoint 10.0.2.20."""
    net = net or Lan(**vpc)
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
    return net


def resolver_rule(net: Build, vpc: str, domain: str, kind: str = "FORWARD") -> str:
    """A resolver rule associated with a VPC."""
    rules = net._lists["route53resolver/list-resolver-rules"]
    rule = f"rslvr-rr-{len(rules) + 1}"
    targets = [{"Ip": "192.168.0.53", "Port": 53}] if kind == "FORWARD" else []
    rules.append({"Id": rule, "DomainName": f"{domain}." if domain != "." else ".", "RuleType": kind,
                  "Status": "COMPLETE", "TargetIps": targets, "OwnerId": net.account})  # fmt: skip
    net._lists["route53resolver/list-resolver-rule-associations"].append(
        {"Id": f"rslvr-rrassoc-{rule}", "ResolverRuleId": rule, "VPCId": vpc, "Status": "COMPLETE"}
    )
    return rule


def answered(net: Build, source: str, name: str, **more: Any) -> set[str]:
    """The addresses that a name led to."""
    verdict = ask(net, source, f"host:{name}", **more)
    return {one for path in verdict.paths for traffic in path.traffic for one in traffic.destination}


@pytest.mark.parametrize(
    "servers", [["AmazonProvidedDNS"], ["169.254.169.253"], ["10.0.0.2"], ["AmazonProvidedDNS", "10.0.0.2"]]
)
def test_n160_the_amazon_resolver_by_any_of_its_names(servers: list[str]) -> None:
    net = private_logs(dns_servers=servers)
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert ("DNS_SERVERS_MIXED", "dopt-v") not in assumed(verdict)


def test_n160_without_dhcp_options_clients_ask_the_resolver_as_on_nitro() -> None:
    net = private_logs()
    net[net.vpc_id]["DhcpOptionsId"] = "default"
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert ("DHCP_OPTIONS_NONE", net.vpc_id) in assumed(verdict)
    assert not verdict.missing


def test_n160_of_several_name_servers_clients_ask_the_first() -> None:
    net = private_logs(dns_servers=["AmazonProvidedDNS", "10.0.0.10"])
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert ("DNS_SERVERS_MIXED", "dopt-v") in assumed(verdict)
    net = private_logs(dns_servers=["10.0.2.10", "AmazonProvidedDNS"])
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("unknown", "none")
    assert causes(verdict) | codes(verdict) >= {"DNS_CUSTOM_RESOLVER_UNKNOWN"}


def test_n160_other_name_servers_are_unknown() -> None:
    net = private_logs(dns_servers=["10.0.2.53"])
    net.interface(net.b, "10.0.2.53", [net.open], name="dns")
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("unknown", "none")
    assert blocks(verdict) == {("DNS_CUSTOM_RESOLVER_UNKNOWN", "dopt-v", None, None, "request", "egress")}
    assert fate(ask(net, net.client, "ip:10.0.2.20")) == ("allowed", "private")


def test_n160_other_name_servers_that_no_query_gets_to_answer_nothing() -> None:
    """Queries to servers other than AWS's own pass security groups as any traffic does."""
    net = private_logs(dns_servers=["10.0.2.53"])
    group = net.group(net.vpc_id, [("tcp", 53, 53, "0.0.0.0/0")], [ANY], name="server")
    net.interface(net.b, "10.0.2.53", [group], name="dns")
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("blocked", "none")
    assert codes(verdict) == {"ENI_SG_RULES_MISMATCH"}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}
    assert {one.symptom for one in verdict.blocked_by} == {"name-not-found"}
    assert ask(net, "eni-dns", "logs").outcome == "unknown"  # its queries do not leave it


def test_n161_without_dns_support_no_name_resolves_but_addresses_work() -> None:
    net = private_logs(dns_support=False)
    no_answer = ("DNS_SUPPORT_DISABLED", net.vpc_id, None, net.vpc_id, "request", "egress")
    for name in ("logs", "host:github.com", "s3"):
        verdict = ask(net, net.client, name)
        assert fate(verdict) == ("blocked", "none")
        first = verdict.blocked_by[0]
        assert (first.code, first.component, first.symptom) == (no_answer[0], no_answer[1], "name-not-found")
    assert blocks(ask(net, net.client, "logs")) == {no_answer}
    assert fate(ask(net, net.client, "ip:10.0.2.20")) == ("allowed", "private")


def two_vpcs() -> Lan:
    """The network with a logs endpoint, peered with VPC p, whose client is eni-peer."""
    net = private_logs()
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(other, net.vpc_id, name="1")
    subnet = net.subnet(other, "172.20.1.0/24", table=net.table(other, [("10.0.0.0/16", pcx)], name="p"))
    for table in (net.ta, net.tb):
        net.route(table, "172.20.0.0/16", pcx)
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], name="peer")
    return net


def test_n162_private_names_do_not_cross_peering_but_a_zone_may_be_associated() -> None:
    net = two_vpcs()
    verdict = ask(net, "eni-peer", "logs")
    assert codes(verdict) == {"NO_ROUTE_TO_DESTINATION"}
    assert causes(verdict) == {"DNS_RESOLVES_TO_PUBLIC_ADDRESS"}
    net.zone(LOGS, ["vpc-p"], [(LOGS, "A", ["10.0.2.20"])])
    assert fate(ask(net, "eni-peer", "logs")) == ("allowed", "private")


def test_n162_zone_of_another_vpc_is_no_answer() -> None:
    net = two_vpcs()
    zone = net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")
    assert answered(net, net.client, "db.internal.example") == {"10.0.2.5"}
    assert ask(net, "eni-peer", "host:db.internal.example").outcome == "blocked"
    assert zone


@pytest.mark.parametrize("attribute", ["dns_support", "dns_hostnames"])
def test_n162_both_attributes_must_be_on_for_private_zones(attribute: str) -> None:
    net = Lan(**{attribute: False})
    net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    assert ask(net, net.client, "host:db.internal.example").outcome == "blocked"


def test_n163_private_zone_without_the_record_is_no_such_name() -> None:
    net = Lan()
    zone = net.zone("amazonaws.com", [net.vpc_id], [("one.amazonaws.com", "A", ["10.0.2.5"])])
    verdict = ask(net, net.client, "logs")
    assert blocks(verdict) == {("DNS_ZONE_SHADOWS_NAME", zone, None, net.vpc_id, "request", "egress")}
    assert verdict.blocked_by[0].symptom == "name-not-found"
    private_logs(net)
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")


def test_n163_empty_zone_shuts_a_name_off_even_with_a_way_out() -> None:
    net = natted()
    zone = net.zone("github.com", [net.vpc_id])
    assert blocks(ask(net, net.client, "host:github.com")) == {
        ("DNS_ZONE_SHADOWS_NAME", zone, None, net.vpc_id, "request", "egress")
    }
    assert fate(ask(net, net.client, "host:gitlab.com")) == ("allowed", "internet")


def test_n163_the_most_specific_zone_answers() -> None:
    net = Lan()
    net.zone("example", [net.vpc_id], [("db.internal.example", "A", ["10.0.1.9"])])
    net.zone("internal.example", [net.vpc_id], [("*.internal.example", "A", ["10.0.2.5"])])
    assert answered(net, net.client, "db.internal.example") == {"10.0.2.5"}


def test_n163_records_exact_before_wildcard_and_alias_followed() -> None:
    net = private_logs()
    endpoint_name = "vpce-logs.logs.us-east-1.vpce.amazonaws.com"
    net.zone("internal.example", [net.vpc_id], [
        ("*.internal.example", "A", ["10.0.1.9"]),
        ("db.internal.example", "A", ["10.0.2.5"]),
        ("log.internal.example", "CNAME", [endpoint_name]),
        ("alias.internal.example", "A", endpoint_name),
        ("loop.internal.example", "CNAME", ["loop.internal.example"]),
    ])  # fmt: skip
    assert answered(net, net.client, "db.internal.example") == {"10.0.2.5"}
    assert answered(net, net.client, "log.internal.example") == {"10.0.2.20"}
    assert answered(net, net.client, "alias.internal.example") == {"10.0.2.20"}
    assert ask(net, net.client, "host:loop.internal.example").outcome in ("unknown", "blocked")


def test_n163_public_hosted_zones_answer_nobody_privately() -> None:
    net = natted()
    net.zone("github.com", [], private=False)
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n164_a_rule_beats_a_zone_of_the_same_name_and_the_longer_name_beats_both() -> None:
    net = Lan()
    net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    rule = resolver_rule(net, net.vpc_id, "internal.example")
    verdict = ask(net, net.client, "host:db.internal.example")
    assert verdict.outcome == "unknown"
    assert blocks(verdict) == {("DNS_FORWARDED_UNKNOWN", rule, None, None, "request", "egress")}
    net.zone("db.internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")


def test_n164_an_endpoints_zone_beats_a_shorter_rule() -> None:
    net = private_logs()
    resolver_rule(net, net.vpc_id, "amazonaws.com")
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")
    assert codes(ask(net, net.client, "sts")) == {"DNS_FORWARDED_UNKNOWN"}


def test_n164_a_rule_beats_an_endpoints_zone_of_the_same_name() -> None:
    """An endpoint's private DNS is a private hosted zone (API_CreateVpcEndpoint, PrivateDnsEnabled)."""
    net = private_logs()
    resolver_rule(net, net.vpc_id, "logs.us-east-1.amazonaws.com")
    verdict = ask(net, net.client, "logs")
    assert (verdict.outcome, codes(verdict)) == ("unknown", {"DNS_FORWARDED_UNKNOWN"})


def test_n165_a_system_rule_carves_names_out_of_a_forward_rule() -> None:
    net = natted()
    resolver_rule(net, net.vpc_id, ".")
    resolver_rule(net, net.vpc_id, "amazonaws.com", "SYSTEM")
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert codes(verdict) == {"DNS_FORWARDED_UNKNOWN"}


def test_n165_rules_of_other_vpcs_do_not_count() -> None:
    net = natted()
    resolver_rule(net, net.vpc("10.9.0.0/16"), ".")
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n166_public_names_resolve_without_any_way_out() -> None:
    net = Lan()
    verdict = ask(net, net.client, "host:evil.example")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}


def test_n167_n168_dns_firewall_leaves_names_unknown_and_addresses_alone() -> None:
    net = natted()
    net._lists["route53resolver/list-firewall-rule-group-associations"].append(
        {"Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": net.vpc_id, "Priority": 101}
    )
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == ("unknown", "none")
    assert verdict.missing == ("111111111111/us-east-1/route53resolver/list-firewall-rules/rslvr-frg-1.json",)
    assert fate(ask(net, net.client, "ip:140.82.112.3")) == ("allowed", "internet")


def test_n169_the_resolver_of_another_vpc_does_not_answer() -> None:
    net = two_vpcs()
    verdict = ask(net, "eni-peer", "ip:10.0.0.2", "udp", 53)
    assert fate(verdict) == ("blocked", "none")
    assert fate(ask(net, net.client, "ip:10.0.0.2", "udp", 53)) == ("allowed", "private")


def test_n170_the_dns_flag_of_peering_concerns_no_endpoint() -> None:
    net = two_vpcs()
    for side in ("RequesterVpcInfo", "AccepterVpcInfo"):
        net["pcx-1"][side]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": True}
    assert causes(ask(net, "eni-peer", "logs")) == {"DNS_RESOLVES_TO_PUBLIC_ADDRESS"}


EC2_PUBLIC = "ec2-203-0-113-6.compute-1.amazonaws.com"


def served_in_public() -> Lan:
    """Both interfaces behind an internet gateway, the server with a public address."""
    net = public()
    net.give_public(net.server, "203.0.113.6")
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    return net


def test_n170_public_name_of_an_instance_is_private_within_its_vpc() -> None:
    net = served_in_public()
    verdict = ask(net, net.client, f"host:{EC2_PUBLIC}")
    assert fate(verdict) == ("allowed", "private")
    assert answered(net, net.client, EC2_PUBLIC) == {"10.0.2.5"}


def test_n170_public_name_of_an_instance_is_public_elsewhere() -> None:
    net = served_in_public()
    other = net.vpc("172.20.0.0/16", name="p")
    table = net.table(other, [("0.0.0.0/0", net.igw(other, name="p"))])
    subnet = net.subnet(other, "172.20.1.0/24", table=table)
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], "203.0.113.20", name="peer")
    assert fate(ask(net, "eni-peer", f"host:{EC2_PUBLIC}")) == ("allowed", "internet")
    assert answered(net, "eni-peer", EC2_PUBLIC) >= {"203.0.113.6"}
    net.peering(other, net.vpc_id)
    assert ask(net, "eni-peer", f"host:{EC2_PUBLIC}").outcome == "unknown"


@pytest.mark.parametrize("rule", [None, ".", "amazonaws.com"])
def test_n165_private_names_of_instances_are_answered_by_the_resolver_itself(rule: str | None) -> None:
    net = Lan()
    instance = net.instance(net.b, "10.0.2.7", [net.open], name="0ab")
    if rule:
        resolver_rule(net, net.vpc_id, rule)
    for name in ("ip-10-0-2-7.ec2.internal", f"{instance}.ec2.internal"):
        assert answered(net, net.client, name) == {"10.0.2.7"}
    assert ask(net, net.client, "host:i-0none.ec2.internal").outcome == "unknown"


@pytest.mark.parametrize("service", ["logs", "s3", "ecr.dkr"])
def test_n171_a_services_name_by_what_serves_it(service: str) -> None:
    bare = natted()
    verdict = ask(bare, bare.client, service)
    assert fate(verdict) == ("allowed", "aws-public")
    served = natted()
    if service == "s3":
        endpoint = served.gateway_endpoint(served.vpc_id, "s3", [served.ta])
    else:
        endpoint = served.interface_endpoint(served.vpc_id, service, {served.b: "10.0.2.20"}, [served.open])
    verdict = ask(served, served.client, service)
    assert fate(verdict) == ("allowed", "private")
    assert endpoint in crossed(verdict)
    assert "nat-main" not in crossed(verdict)


def test_n171_own_zone_for_an_endpoints_name_is_a_conflict() -> None:
    net = private_logs()
    net.zone(LOGS, [net.vpc_id], [(LOGS, "A", ["10.0.2.20"])])
    verdict = ask(net, net.client, "logs")
    assert verdict.outcome == "unknown"
    assert codes(verdict) == {"DNS_CONFLICTING_ZONES"}


def test_n172_a_services_addresses_are_not_known_offline() -> None:
    net = Lan()
    nat = net.with_nat()
    net.route(net.ta, "140.82.112.0/20", nat)
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("unknown", "none")
    assert ("PUBLIC_NAME_ADDRESSES_UNKNOWN", LOGS) in assumed(verdict)
    net.route(net.ta, "0.0.0.0/0", nat)
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")


def test_n172_s3_stands_for_its_prefix_list() -> None:
    net = Lan()
    net.prefix_list(["52.216.0.0/15"], "com.amazonaws.us-east-1.s3")
    net.route(net.ta, "52.216.0.0/15", net.with_nat())
    assert fate(ask(net, net.client, "s3")) == ("allowed", "aws-public")
    assert answered(net, net.client, "s3.us-east-1.amazonaws.com") == {"52.216.0.0/15"}


def test_n173_profile_leaves_names_unknown() -> None:
    net = private_logs()
    net._lists["route53profiles/list-profile-associations"].append(
        {"Id": "rpassoc-1", "ProfileId": "rp-1", "ResourceId": net.vpc_id, "Status": "COMPLETE"}
    )
    verdict = ask(net, net.client, "logs")
    assert fate(verdict) == ("unknown", "none")
    assert ("DNS_PROFILE_UNSEEN", "rp-1") in assumed(verdict)
    assert verdict.missing == (
        "111111111111/us-east-1/route53profiles/list-profile-resource-associations/rp-1.json",
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "ec2/describe-vpc-attribute/vpc-v.enableDnsSupport",
        "ec2/describe-vpc-attribute/vpc-v.enableDnsHostnames",
        "ec2/describe-dhcp-options",
        "ec2/describe-vpc-endpoints",
        "route53resolver/list-resolver-rules",
        "route53resolver/list-resolver-rule-associations",
        "route53resolver/list-firewall-rule-group-associations",
        "global/route53/list-hosted-zones",
    ],
)
def test_a_name_needs_each_of_its_files(name: str) -> None:
    net = private_logs()
    files = net.files()
    path = f"{net.account}/{name if name.startswith('global') else f'{net.region}/{name}'}.json"
    del files[path]
    verdict = ask(files, net.client, "logs")
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


@pytest.mark.parametrize("operation", ["get-hosted-zone", "list-resource-record-sets"])
def test_a_matching_zone_needs_its_files(operation: str) -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    files = net.files()
    path = f"{net.account}/global/route53/{operation}/{zone}.json"
    del files[path]
    verdict = ask(files, net.client, "host:db.internal.example")
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))

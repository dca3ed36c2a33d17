"""Route 53 Resolver endpoints and rules as verdicts: where a forwarded name is answered, and whether queries get there.

Each test is named after its fact in network-semantics.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import SnapshotError, load_files
from tests.build import Build
from tests.resolvers import forward_rule, resolver_endpoint, use_rule
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, fate, natted
from tests.scenarios.test_facts_dns import answered

NAME = "db.internal.example"
LOGS = "logs.us-east-1.amazonaws.com"
LISTS = "111111111111/us-east-1/route53resolver"
ANYTHING = (ANY,)
DNS_IN = (("udp", 53, 53, "10.0.0.0/16"), ("tcp", 53, 53, "10.0.0.0/16"))


class Hub(Lan):
    """The network with a peered hub VPC that has an inbound endpoint 172.20.1.53, and a zone for NAME there.

    Queries leave by the outbound endpoint 10.0.2.53 of the network itself.
    """

    def __init__(self, opened: Any = DNS_IN, status: str = "OPERATIONAL", **vpc: Any) -> None:
        super().__init__(**vpc)
        self.hub = self.vpc("172.20.0.0/16", name="hub")
        pcx = self.peering(self.hub, self.vpc_id, name="1")
        self.th = self.table(self.hub, [("10.0.0.0/16", pcx)], name="hub")
        self.h = self.subnet(self.hub, "172.20.1.0/24", table=self.th, name="hub")
        for table in (self.ta, self.tb):
            self.route(table, "172.20.0.0/16", pcx)
        self.shut = self.group(self.hub, opened, [ANY], name="in")
        self.inbound = resolver_endpoint(self, self.hub, {self.h: "172.20.1.53"}, [self.shut], status=status)
        self.outbound = resolver_endpoint(self, self.vpc_id, {self.b: "10.0.2.53"}, [self.open], "OUTBOUND")
        self.private = self.zone("internal.example", [self.hub], [(NAME, "A", ["10.0.2.5"])])

    def forwards(self, domain: str = "internal.example", *targets: Any, **more: Any) -> str:
        return forward_rule(self, self.vpc_id, domain, targets or ("172.20.1.53",), self.outbound, **more)


def test_n165_a_rule_to_an_inbound_endpoint_is_answered_by_its_vpc() -> None:
    net = Hub()
    assert ask(net, net.client, f"host:{NAME}").outcome == "blocked"
    rule = net.forwards()
    verdict = ask(net, net.client, f"host:{NAME}")
    assert fate(verdict) == ("allowed", "private")
    assert answered(net, net.client, NAME) == {"10.0.2.5"}
    assert verdict.names[0].component == rule
    assert "rslvr-in-1 of vpc-hub" in verdict.names[0].detail
    assert ("DNS_FORWARD_TCP_CLOSED", rule) not in assumed(verdict)


def test_n165_without_the_record_there_is_no_such_name() -> None:
    net = Hub()
    net.forwards()
    verdict = ask(net, net.client, "host:other.internal.example")
    assert blocks(verdict) == {("DNS_ZONE_SHADOWS_NAME", net.private, None, net.hub, "request", "egress")}


def test_n146_endpoint_for_inbound_resolvers_only_answers_what_an_inbound_endpoint_asks() -> None:
    net = Hub()
    net.interface_endpoint(net.hub, "s3", {net.h: "172.20.1.20"}, [net.group(net.hub, [ANY], [ANY])], name="s3")
    net["vpce-s3"]["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = True
    net.interface(net.h, "172.20.1.5", [net.group(net.hub, [ANY], [ANY])], name="peer")
    assert codes(ask(net, "eni-peer", "s3")) == {"NO_ROUTE_TO_DESTINATION"}
    net.forwards("s3.us-east-1.amazonaws.com")
    assert fate(ask(net, net.client, "s3")) == ("allowed", "private")
    assert answered(net, net.client, "s3.us-east-1.amazonaws.com") == {"172.20.1.20"}


def test_n165_public_names_resolve_publicly_in_the_other_vpc_too() -> None:
    net = Hub()
    net.forwards(".")
    assert codes(ask(net, net.client, "host:github.com")) == {"NO_ROUTE_TO_DESTINATION"}


@pytest.mark.parametrize("domain", [".", "amazonaws.com"])
def test_n165_ec2_names_are_not_forwarded_by_a_shorter_rule(domain: str) -> None:
    net = Hub()
    net.forwards(domain)
    assert answered(net, net.client, "ip-10-0-2-5.ec2.internal") == {"10.0.2.5"}


def test_n169_inbound_endpoint_whose_group_lacks_udp_is_not_asked() -> None:
    net = Hub(opened=[("tcp", 53, 53, "10.0.0.0/16")])
    net.forwards()
    verdict = ask(net, net.client, f"host:{NAME}")
    eni = "eni-rslvr-in-1-1"
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", net.shut, None, eni, "request", "ingress")}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}
    assert verdict.blocked_by[0].symptom == "name-not-found"


def test_n169_inbound_endpoint_whose_group_lacks_tcp_is_noted() -> None:
    net = Hub(opened=[("udp", 53, 53, "10.0.0.0/16")])
    rule = net.forwards()
    verdict = ask(net, net.client, f"host:{NAME}")
    assert fate(verdict) == ("allowed", "private")
    assert ("DNS_FORWARD_TCP_CLOSED", rule) in assumed(verdict)


def test_n169_outbound_endpoint_needs_egress_to_port_53() -> None:
    net = Hub()
    net["eni-rslvr-out-1-1"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [ANY], [("tcp", 443, 443, "0.0.0.0/0")])}]
    net.forwards()
    verdict = ask(net, net.client, f"host:{NAME}")
    assert codes(verdict) == {"ENI_SG_RULES_MISMATCH"}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}


def test_n169_queries_need_a_route_to_the_inbound_endpoint_and_back() -> None:
    for table in ("rtb-b", "rtb-hub"):
        net = Hub()
        net[table]["Routes"] = [one for one in net[table]["Routes"] if "VpcPeeringConnectionId" not in one]
        net.forwards()
        verdict = ask(net, net.client, f"host:{NAME}")
        assert "NO_ROUTE_TO_DESTINATION" in codes(verdict)
        assert verdict.outcome == "blocked"


def test_n165_of_several_targets_one_that_gets_through_is_enough_and_noted() -> None:
    net = Hub()
    second = net.subnet(net.hub, "172.20.2.0/24", table=net.th, name="hub2")
    resolver_endpoint(net, net.hub, {second: "172.20.2.53"}, [net.group(net.hub, [], [ANY])], name="2")
    rule = net.forwards("internal.example", "172.20.1.53", "172.20.2.53")
    verdict = ask(net, net.client, f"host:{NAME}")
    assert fate(verdict) == ("allowed", "private")
    assert ("DNS_FORWARDER_RETRIES", rule) in assumed(verdict)


@pytest.mark.parametrize("target", ["192.168.0.53", "8.8.8.8", "10.0.1.5"])
def test_n165_a_target_that_is_no_inbound_endpoint_may_answer_anything(target: str) -> None:
    net = Hub()
    net.route(net.tb, "192.168.0.0/16", net.vgw(net.vpc_id))
    net.route(net.tb, "0.0.0.0/0", net.with_nat())
    rule = net.forwards("internal.example", "172.20.1.53", target)
    verdict = ask(net, net.client, f"host:{NAME}")
    assert blocks(verdict) == {("DNS_FORWARDED_UNKNOWN", rule, None, None, "request", "egress")}
    assert verdict.outcome == "unknown"


@pytest.mark.parametrize("target", ["192.168.0.53", "8.8.8.8", "172.20.1.99"])
def test_n169_a_target_that_no_query_gets_to_answers_nothing(target: str) -> None:
    """No route leads there, or nobody is there: what the server would say makes no difference."""
    net = Hub()
    rule = net.forwards("internal.example", "172.20.1.53", target)
    verdict = ask(net, net.client, f"host:{NAME}")
    assert verdict.outcome == "allowed"
    assert ("DNS_FORWARDER_RETRIES", rule) in assumed(verdict)
    net = Hub()
    net.forwards("internal.example", target)
    verdict = ask(net, net.client, f"host:{NAME}")
    assert (verdict.outcome, causes(verdict)) == ("blocked", {"DNS_FORWARDER_UNREACHABLE"})


def test_n169_an_outbound_endpoint_whose_group_lacks_port_53_asks_nobody_on_premises() -> None:
    net = Hub()
    net.route(net.tb, "192.168.0.0/16", net.vgw(net.vpc_id))
    shut = net.group(net.vpc_id, [ANY], [("tcp", 443, 443, "0.0.0.0/0")], name="shut")
    net["eni-rslvr-out-1-1"]["Groups"] = [{"GroupId": shut}]
    net.forwards("internal.example", "192.168.0.53")
    verdict = ask(net, net.client, f"host:{NAME}")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", shut, None, "eni-rslvr-out-1-1", "request", "egress")}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}


def test_n165_targets_in_vpcs_that_answer_differently_leave_the_name_unknown() -> None:
    net = Hub()
    resolver_endpoint(net, net.vpc_id, {net.a: "10.0.1.53"}, [net.open], name="own")
    net.zone(NAME, [net.vpc_id], [(NAME, "A", ["10.0.1.5"])])
    third = net.vpc("172.21.0.0/16", name="third")
    table = net.table(third, [("10.0.0.0/16", net.peering(third, net.vpc_id, name="2"))], name="third")
    sub = net.subnet(third, "172.21.1.0/24", table=table, name="third")
    net.route(net.tb, "172.21.0.0/16", "pcx-2")
    resolver_endpoint(net, third, {sub: "172.21.1.53"}, [net.group(third, [ANY], [ANY])], name="third")
    net.forwards("x.example", "172.20.1.53", "172.21.1.53")
    net.zone("x.example", [net.hub], [("x.example", "A", ["10.0.2.5"])])
    net.zone("x.example", [third], [("x.example", "A", ["10.0.1.5"])])
    assert codes(ask(net, net.client, "host:x.example")) == {"DNS_FORWARDED_UNKNOWN"}


def test_n165_rules_that_lead_back_are_a_loop() -> None:
    net = Hub()
    out = resolver_endpoint(net, net.hub, {net.h: "172.20.1.54"}, [net.group(net.hub, [], [ANY])], "OUTBOUND", "hub")
    resolver_endpoint(net, net.vpc_id, {net.a: "10.0.1.53"}, [net.open], name="own")
    rule = net.forwards("loop.example")
    forward_rule(net, net.hub, "loop.example", ["10.0.1.53"], out)
    verdict = ask(net, net.client, "host:loop.example")
    assert verdict.outcome == "unknown"
    assert {code for code, _ in assumed(verdict)} == {"DNS_FORWARDING_LOOP"}
    assert rule


def test_n165_a_rule_may_lead_to_an_inbound_endpoint_of_the_same_vpc_as_the_outbound_one() -> None:
    """The usual hub: both endpoints in the hub, the rule associated with spokes only."""
    net = Hub()
    out = resolver_endpoint(net, net.hub, {net.h: "172.20.1.54"}, [net.group(net.hub, [], [ANY])], "OUTBOUND", "hub")
    net.permit(net.shut, "in", ("udp", 53, 53, "172.20.0.0/16"))
    net.permit(net.shut, "in", ("tcp", 53, 53, "172.20.0.0/16"))
    forward_rule(net, net.vpc_id, "internal.example", ["172.20.1.53"], out)
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")
    use_rule(net, net.hub, "rslvr-rr-1")
    verdict = ask(net, net.client, f"host:{NAME}")
    assert {code for code, _ in assumed(verdict)} == {"DNS_FORWARDING_LOOP"}


@pytest.mark.parametrize(("status", "expected"), [
    ("DELETING", "internet"), ("FAILED", "internet"), ("OVERRIDDEN", "internet"), ("COMPLETE", "none"),
    ("CREATING", "none"), ("UPDATING", "none"), ("OF-TOMORROW", "none"),
])  # fmt: skip
def test_n165_only_associations_in_force_count(status: str, expected: str) -> None:
    net = natted()
    rule = forward_rule(net, "vpc-other", ".")
    use_rule(net, net.vpc_id, rule, status)
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == ("allowed" if expected == "internet" else "unknown", expected)
    assert (("STATE_CHANGING", rule) in assumed(verdict)) is (status.endswith("ING") or status == "FAILED")
    assert (("UNMODELLED_COMPONENT", rule) in assumed(verdict)) is (status == "OF-TOMORROW")


@pytest.mark.parametrize("kind", ["SYSTEM", "RECURSIVE"])
def test_n165_system_and_recursive_rules_resolve_locally(kind: str) -> None:
    net = Hub()
    net.forwards()
    net.zone(NAME, [net.vpc_id], [(NAME, "A", ["10.0.1.9"])])
    net.forwards(NAME, kind=kind)
    assert answered(net, net.client, NAME) == {"10.0.1.9"}


def test_n165_delegate_rule_leaves_public_names_unknown_and_aws_ones_alone() -> None:
    net = natted()
    rule = forward_rule(net, net.vpc_id, "", kind="DELEGATE", DelegationRecord="ns.corp.example.")
    verdict = ask(net, net.client, "host:www.corp.example")
    assert blocks(verdict) == {("DNS_FORWARDED_UNKNOWN", rule, None, None, "request", "egress")}
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")


def test_n165_names_below_a_delegation_in_a_private_zone_are_answered_elsewhere() -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [
        ("internal.example", "NS", ["ns-0.awsdns-00.com."]),
        ("corp.internal.example", "NS", ["ns.corp.internal.example."]),
        (NAME, "A", ["10.0.2.5"]),
    ])  # fmt: skip
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")
    verdict = ask(net, net.client, "host:www.corp.internal.example")
    assert blocks(verdict) == {("DNS_FORWARDED_UNKNOWN", zone, None, None, "request", "egress")}


def shared() -> tuple[Hub, Build]:
    """The rule belongs to another account, which has the outbound endpoint too; the first account lists the rule."""
    net = Hub()
    rule = net.forwards(OwnerId="222222222222", ShareStatus="SHARED_WITH_ME")
    owner = Build("222222222222", tag="o")
    endpoints = net._lists["route53resolver/list-resolver-endpoints"]
    owner._lists["route53resolver/list-resolver-endpoints"] = [one for one in endpoints if one["Id"] == net.outbound]
    net._lists["route53resolver/list-resolver-endpoints"] = [one for one in endpoints if one["Id"] != net.outbound]
    assert rule
    return net, owner


def test_n165_a_shared_rule_is_followed_into_its_owners_account() -> None:
    net, owner = shared()
    assert fate(ask(net.files() | owner.files(), net.client, f"host:{NAME}")) == ("allowed", "private")


def test_n165_a_shared_rule_of_an_account_not_collected_names_the_file() -> None:
    net, _ = shared()
    verdict = ask(net, net.client, f"host:{NAME}")
    assert codes(verdict) == {"DNS_FORWARDED_UNKNOWN"}
    assert verdict.missing == ("222222222222/us-east-1/route53resolver/list-resolver-endpoints.json",)


def test_n165_an_associated_rule_that_nobody_lists_leaves_every_name_unknown() -> None:
    net = natted()
    use_rule(net, net.vpc_id, "rslvr-rr-gone")
    assert ("UNKNOWN_RESOURCE", "rslvr-rr-gone") in assumed(ask(net, net.client, "host:github.com"))


def test_n165_resolver_endpoints_are_needed_where_targets_lie_in_a_vpc() -> None:
    net = Hub()
    net.forwards()
    files = net.files()
    del files[f"{LISTS}/list-resolver-endpoints.json"]
    verdict = ask(files, net.client, f"host:{NAME}")
    assert (verdict.outcome, verdict.missing) == ("unknown", (f"{LISTS}/list-resolver-endpoints.json",))


def test_n169_addresses_of_an_endpoint_tell_its_interfaces_where_descriptions_do_not() -> None:
    net = Hub()
    net.forwards()
    for endpoint, subnet, address in ((net.inbound, net.h, "172.20.1.53"), (net.outbound, net.b, "10.0.2.53")):
        net[f"eni-{endpoint}-1"]["Description"] = ""
        net.put(f"route53resolver/list-resolver-endpoint-ip-addresses/{endpoint}",
                {"IpAddresses": [{"SubnetId": subnet, "Ip": address, "Status": "ATTACHED"}]})  # fmt: skip
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "ACTION_NEEDED"])
def test_n169_an_endpoint_that_does_not_work_answers_nothing_for_sure(status: str) -> None:
    net = Hub(status=status)
    net.forwards()
    assert codes(ask(net, net.client, f"host:{NAME}")) == {"DNS_FORWARDED_UNKNOWN"}


def test_n161_the_other_vpcs_resolver_must_be_on() -> None:
    net = Hub()
    net.put("ec2/describe-vpc-attribute/vpc-hub.enableDnsSupport", {"EnableDnsSupport": {"Value": False}})
    net.forwards()
    assert codes(ask(net, net.client, f"host:{NAME}")) == {"DNS_SUPPORT_DISABLED"}


def test_n165_targets_asked_over_https_need_their_port() -> None:
    target = {"Ip": "172.20.1.53", "Port": 443, "Protocol": "DoH"}
    net = Hub()
    net.forwards("internal.example", target)
    assert causes(ask(net, net.client, f"host:{NAME}")) == {"DNS_FORWARDER_UNREACHABLE"}
    net = Hub(opened=[("tcp", 443, 443, "10.0.0.0/16")])
    net.forwards("internal.example", target)
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")


@pytest.mark.parametrize(
    ("protocols", "plain", "encrypted"),
    [
        (["Do53"], "allowed", "blocked"), (["DoH"], "blocked", "allowed"),
        (["Do53", "DoH"], "allowed", "allowed"), (["Do53", "DoH-FIPS"], "allowed", "blocked"),
    ],
)  # fmt: skip
def test_n165_an_inbound_endpoint_takes_its_own_protocols(protocols: list[str], plain: str, encrypted: str) -> None:
    """API_ResolverEndpoint, Protocols: Do53, DoH or DoH-FIPS alone, or the first with one of the others."""
    target = {"Ip": "172.20.1.53", "Port": 443, "Protocol": "DoH"}
    for targets, outcome in (((), plain), ((target,), encrypted)):
        net = Hub(ANYTHING)
        net[net.inbound]["Protocols"] = protocols
        net.forwards("internal.example", *targets)
        verdict = ask(net, net.client, f"host:{NAME}")
        assert verdict.outcome == outcome
        if outcome == "blocked":
            assert ("PROTOCOL_RESTRICTION", "rslvr-in-1") in {(one.code, one.component) for one in verdict.blocked_by}
            assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}


def test_n160_dhcp_options_that_name_an_inbound_endpoint_ask_its_vpc() -> None:
    net = Hub(dns_servers=["172.20.1.53"])
    verdict = ask(net, net.client, f"host:{NAME}")
    assert fate(verdict) == ("allowed", "private")
    net.project("app", net.vpc_id, [net.a], [net.open])
    assert fate(ask(net, "codebuild:app", f"host:{NAME}")) == ("allowed", "private")


def test_n160_clients_need_a_way_to_the_inbound_endpoint_that_dhcp_options_name() -> None:
    net = Hub(dns_servers=["172.20.1.53"], opened=[("udp", 53, 53, "10.0.2.0/24")])
    verdict = ask(net, net.client, f"host:{NAME}")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", net.shut, None, "eni-rslvr-in-1-1", "request", "ingress")}
    assert causes(verdict) == {"DNS_FORWARDER_UNREACHABLE"}
    assert fate(ask(net, net.server, f"host:{NAME}"))[0] == "allowed"
    reach = load_files(net.files())
    for source, outcome in ((net.server, "allowed"), (net.client, "blocked"), (net.server, "allowed")):
        assert reach.simulate(source, f"host:{NAME}", protocol="tcp", port=443).outcome == outcome


@pytest.mark.parametrize("by_dhcp", [True, False])
def test_n58_an_inbound_endpoint_with_dns64_makes_up_ipv6_addresses(by_dhcp: bool) -> None:
    """API_ResolverEndpoint, Dns64Enabled: "synthesizes AAAA (IPv6) records for IPv4-only services", for IPv6-only
    clients that send queries through the endpoint.
    """
    more = {"dns_servers": ["172.20.1.53"]} if by_dhcp else {}
    net, name = Hub(ipv6="2600:1f18:aa:bb00::/56", **more), "www.partner.example"
    net.zone("partner.example", [net.hub], [(name, "A", ["203.0.113.9"])])
    net.route(net.ta, "64:ff9b::/96", net.with_nat())
    if not by_dhcp:
        net.forwards("partner.example")
        net[net.client].update({"PrivateIpAddresses": [], "PrivateIpAddress": None})
    assert ask(net, net.client, f"host:{name}", family="ipv6").outcome == "blocked"
    net[net.inbound]["Dns64Enabled"] = True
    assert fate(ask(net, net.client, f"host:{name}", family="ipv6")) == ("allowed", "internet")
    assert "64:ff9b::cb00:7109" in answered(net, net.client, name)


def test_n58_endpoints_of_which_one_has_dns64_do_not_answer_alike() -> None:
    net = Hub()
    second = net.subnet(net.hub, "172.20.2.0/24", table=net.th, name="hub2")
    other = resolver_endpoint(net, net.hub, {second: "172.20.2.53"}, [net.shut], name="2")
    net.forwards("internal.example", "172.20.1.53", "172.20.2.53")
    assert ask(net, net.client, f"host:{NAME}").outcome == "allowed"
    net[other]["Dns64Enabled"] = True
    assert ask(net, net.client, f"host:{NAME}").outcome == "unknown"
    net[net.inbound]["Dns64Enabled"] = True
    assert ask(net, net.client, f"host:{NAME}").outcome == "allowed"


def test_n160_an_instance_that_runs_dns_may_answer_anything() -> None:
    net = Lan(dns_servers=["10.0.2.7"])
    net.instance(net.b, "10.0.2.7", [net.open], name="dns")
    verdict = ask(net, net.client, "host:github.com")
    assert codes(verdict) == {"DNS_CUSTOM_RESOLVER_UNKNOWN"}
    assert "i-dns" in verdict.blocked_by[0].detail


def test_n163_a_record_whose_value_is_no_address_is_a_fault_of_its_file() -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [(NAME, "A", ["nonsense"])])
    with pytest.raises(SnapshotError, match=f"{zone}.json.*{NAME}"):
        ask(net, net.client, f"host:{NAME}")


def test_n163_a_name_that_exists_without_address_is_not_answered_by_a_wildcard() -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [
        ("*.internal.example", "A", ["10.0.2.5"]), ("txt.internal.example", "TXT", ['"x"']),
        ("a.deep.internal.example", "A", ["10.0.2.5"]),
    ])  # fmt: skip
    verdict = ask(net, net.client, "host:txt.internal.example")
    assert codes(verdict) == {"DNS_ZONE_SHADOWS_NAME"}
    assert "has no address record" in verdict.blocked_by[0].detail
    for unsure in ("deep", "b.deep"):
        verdict = ask(net, net.client, f"host:{unsure}.internal.example")
        assert ("UNKNOWN_DESTINATION", zone) in assumed(verdict)
    assert answered(net, net.client, "other.internal.example") == {"10.0.2.5"}

"""A name that is not answered is no reason to keep quiet about what stops the traffic behind it, nor is a load balancer
that does not send there.
"""

from __future__ import annotations

import pytest

from tests.balancers import listener, load_balancer, target_group
from tests.scenarios.lan import Lan, ask, causes, codes, fate


def logs(**vpc: bool) -> Lan:
    net = Lan(**vpc)
    names = ["logs.us-east-1.amazonaws.com"]
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.40"}, [net.open], names=names, name="1")
    return net


def test_without_dns_support_alone_nothing_else_is_told() -> None:
    assert codes(ask(logs(dns_support=False), "eni-client", "logs")) == {"DNS_SUPPORT_DISABLED"}


def test_behind_dns_support_that_is_off_the_endpoints_group_is_told() -> None:
    net = logs(dns_support=False)
    net["eni-vpce-1-1"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [("tcp", 22, 22, "0.0.0.0/0")])}]
    assert codes(ask(net, "eni-client", "logs")) == {"DNS_SUPPORT_DISABLED", "ENI_SG_RULES_MISMATCH"}


def test_and_dns_hostnames_that_are_off_too() -> None:
    verdict = ask(logs(dns_support=False, dns_hostnames=False), "eni-client", "logs")
    assert codes(verdict) == {"DNS_SUPPORT_DISABLED", "NO_ROUTE_TO_DESTINATION"}
    assert causes(verdict) == {None, "DNS_HOSTNAMES_DISABLED"}


def test_and_the_route_that_a_public_name_lacks() -> None:
    verdict = ask(Lan(dns_support=False), "eni-client", "host:github.com")
    assert fate(verdict) == ("blocked", "none")
    assert codes(verdict) == {"DNS_SUPPORT_DISABLED", "NO_ROUTE_TO_DESTINATION"}


def test_behind_dns_firewall_the_missing_route_is_told() -> None:
    net = Lan()
    rule = {
        "FirewallRuleGroupId": "rslvr-frg-1", "Name": "all", "Priority": 1, "Action": "BLOCK",
        "BlockResponse": "NXDOMAIN", "FirewallDomainListId": "rslvr-fdl-1",
    }  # fmt: skip
    net._lists["route53resolver/list-firewall-rule-group-associations"].append({
        "Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": net.vpc_id, "Priority": 101,
        "Status": "COMPLETE",
    })  # fmt: skip
    net.put("route53resolver/list-firewall-rules/rslvr-frg-1", {"FirewallRules": [rule]})
    net.put("route53resolver/list-firewall-domains/rslvr-fdl-1", {"Domains": ["*"]})
    verdict = ask(net, net.client, "host:github.com")
    assert codes(verdict) == {"DNS_FIREWALL_BLOCK", "NO_ROUTE_TO_DESTINATION"}
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    assert codes(ask(net, net.client, "host:github.com")) == {"DNS_FIREWALL_BLOCK"}


def test_where_the_answer_would_not_be_known_only_the_refusal_is_told() -> None:
    net = Lan(dns_support=False)
    net.zone("example.com", [net.vpc_id], [])
    assert codes(ask(net, net.client, "host:www.example.com")) == {"DNS_SUPPORT_DISABLED", "DNS_ZONE_SHADOWS_NAME"}


# --- load balancers ---------------------------------------------------------------------------------------------------


def balanced(kind: str = "application") -> Lan:
    """A load balancer in subnet a with a closed group, for an instance there; subnet b lets nothing in or out."""
    net = Lan()
    target = net.instance(net.a, "10.0.1.8", [net.open], name="t")
    shut = net.group(net.vpc_id, [], [], name="shut")
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [shut], kind)
    protocol = "HTTP" if kind == "application" else "TCP"
    listener(net, balancer, 443, [target_group(net, "t", [target], protocol)], protocol)
    net.use_acl(net.b, net.acl(net.vpc_id, [], name="c"))
    return net


@pytest.mark.parametrize("kind", ["application", "network"])
def test_behind_an_address_that_is_no_target_the_filters_are_told(kind: str) -> None:
    """Only that the load balancer does not send there was named; its group and the network ACL stop it as well."""
    net = balanced(kind)
    assert codes(ask(net, "eni-lb-a", net.server)) == {
        "TARGET_ADDRESS_RESTRICTION", "SG_HAS_NO_RULES", "SUBNET_ACL_RESTRICTION",
    }  # fmt: skip
    assert codes(ask(net, "eni-lb-a", "i-t")) == {"TARGET_PORT_RESTRICTION", "SG_HAS_NO_RULES"}
    assert codes(ask(net, "eni-lb-a", "ip:198.51.100.7")) == {
        "TARGET_ADDRESS_RESTRICTION", "SG_HAS_NO_RULES", "NO_ROUTE_TO_DESTINATION",
    }  # fmt: skip


def test_behind_a_port_that_nobody_listens_on_the_answer_is_judged() -> None:
    """The client's network ACL would not let an answer in either."""
    net = balanced()
    found = ask(net, net.server, "eni-lb-a", port=80)
    assert {(one.code, one.leg) for one in found.blocked_by} >= {
        ("ELBV2_LISTENER_PORT_RESTRICTION", "request"), ("SUBNET_ACL_RESTRICTION", "response"),
    }  # fmt: skip

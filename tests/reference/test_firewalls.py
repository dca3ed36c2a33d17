"""The reference's firewalls against the Network Firewall Developer Guide, by hand (N87, N149, N192 to N194)."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any

import pytest

from tests.reference.firewalls import among, names, port_among
from tests.reference.interpreter import Packet, Result, judge
from tests.scenarios.test_middleboxes import Edge, five_tuple

STRICT = {"StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"}}


def out(net: Edge, protocol: int = 6, detail: int | tuple[int, int] = 443) -> Result:
    parsed = {path: json.loads(data) for path, data in net.files().items()}
    packet = Packet(ip_address("10.0.1.5"), ip_address("198.51.100.7"), protocol, detail)
    return judge(parsed, ("interface", net.client), packet)


def behind(*rules: Any, **policy: Any) -> Edge:
    net = Edge()
    group = net.rules("r", {"StatefulRules": list(rules)}) | {"Priority": 1}
    net.firewall(StatefulRuleGroupReferences=[group], **policy)
    return net


def test_what_appliances_do_is_unknown_and_a_firewall_passes_by_default() -> None:  # N149, N194
    assert out(Edge()).kind == "unknown"
    assert out(behind()).kind == "delivered"


def test_the_answer_must_pass_the_firewall_of_the_request() -> None:  # N23
    net = Edge(edge=False)
    net.firewall()
    result = out(net)
    assert (result.code, result.leg) == ("MIDDLEBOX_ASYMMETRIC", "response")


@pytest.mark.parametrize(
    ("rules", "policy", "kind", "leg"),
    [
        ([five_tuple("DROP", port="443"), five_tuple("PASS", port="443")], {}, "delivered", None),
        ([five_tuple("DROP", port="443"), five_tuple("PASS", port="443")], STRICT, "dropped", "request"),
        ([five_tuple("ALERT")], STRICT | {"StatefulDefaultActions": ["aws:drop_strict"]}, "dropped", "request"),
        ([five_tuple("ALERT")], STRICT | {"StatefulDefaultActions": ["aws:alert_strict"]}, "delivered", None),
        ([five_tuple("DROP", protocol="IP", destination="$HOME_NET")], {}, "dropped", "response"),
        ([five_tuple("PASS"), five_tuple("DROP", protocol="IP", destination="$HOME_NET")], {}, "delivered", None),
        ([five_tuple("DROP", protocol="TLS")], {}, "unknown", None),
        ([], {"StatelessDefaultActions": ["aws:drop"]}, "dropped", "request"),
        ([five_tuple("DROP")], {"StatelessDefaultActions": ["aws:pass"]}, "delivered", None),
    ],
)
def test_actions_and_orders(rules: list[Any], policy: dict[str, Any], kind: str, leg: str | None) -> None:  # N192
    result = out(behind(*rules, **policy))
    assert (result.kind, result.leg) == (kind, leg)


def test_a_rule_with_ports_leaves_open_what_has_none() -> None:
    assert out(behind(five_tuple("DROP", protocol="IP", port="443")), 1, (8, 0)).kind == "unknown"
    assert out(behind(five_tuple("DROP", protocol="IP", port="443")), 17, 53).kind == "delivered"


def test_address_and_port_expressions() -> None:
    nets = {"$HOME_NET": "[10.0.0.0/16]", "$EXTERNAL_NET": "[!10.0.0.0/16]"}
    inside, outside = ip_address("10.0.1.5"), ip_address("198.51.100.7")
    for text in ("ANY", "$HOME_NET", "10.0.0.0/8", "[10.0.0.0/8,!10.0.2.0/24]", "!$EXTERNAL_NET", "[!10.0.2.0/24]"):
        assert names(text, inside, nets), text
    for text in ("$HOME_NET", "10.0.0.0/8", "[10.0.0.0/8,!10.0.2.0/24]", "!$EXTERNAL_NET", "!198.51.100.0/24"):
        assert not names(text, outside, nets), text
    assert [port_among(text, 443) for text in ("443", "1024:", ":443", "!80", "[80,443]", "[1:999,!443]")] == [
        True, False, True, True, True, False,
    ]  # fmt: skip
    assert among("ANY", lambda _: False, lambda _: False)


@pytest.mark.parametrize(
    ("does", "policy", "protocol", "port", "kind"),
    [
        ("ALLOWLIST", {}, 6, 8443, "unknown"),  # TLS may be dropped
        ("ALLOWLIST", {}, 6, 22, "delivered"),  # SSH is not
        ("ALLOWLIST", {}, 17, 443, "delivered"),
        ("ALLOWLIST", STRICT | {"StatefulDefaultActions": ["aws:drop_strict"]}, 6, 443, "dropped"),
        ("ALLOWLIST", STRICT | {"StatefulDefaultActions": ["aws:drop_established"]}, 6, 8443, "unknown"),
        ("DENYLIST", STRICT | {"StatefulDefaultActions": ["aws:drop_established"]}, 6, 8443, "dropped"),
        ("ALLOWLIST", STRICT, 6, 443, "delivered"),  # no rule that drops is made of it
        ("DENYLIST", STRICT | {"StatefulDefaultActions": ["aws:drop_established_app_layer"]}, 17, 443, "unknown"),
    ],
)
def test_lists_of_domains(does: str, policy: dict[str, Any], protocol: int, port: int, kind: str) -> None:  # N193
    net = Edge()
    listed = {"Targets": [".example.com"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": does}
    net.firewall(StatefulRuleGroupReferences=[net.rules("d", {"RulesSourceList": listed}) | {"Priority": 1}], **policy)
    assert out(net, protocol, port).kind == kind


def test_rules_on_packets_go_before_lists_of_domains() -> None:  # N192
    for action, kind in (("PASS", "delivered"), ("DROP", "dropped")):
        net = Edge()
        listed = {"Targets": [".example.com"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": "DENYLIST"}
        groups = [
            net.rules("d", {"RulesSourceList": listed}) | {"Priority": 1},
            net.rules("r", {"StatefulRules": [five_tuple(action)]}) | {"Priority": 2},
        ]
        net.firewall(StatefulRuleGroupReferences=groups, **STRICT)
        assert out(net).kind == kind

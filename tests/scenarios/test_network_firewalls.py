"""AWS Network Firewall, rule by rule as its developer guide has it: lists of domains, default actions, variables."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import Reach, load_files
from reachsim.verdict import Verdict
from tests.scenarios.test_middleboxes import HTTPS, Edge, codes, five_tuple

STRICT = {"StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"}}
BOTH = ("TLS_SNI", "HTTP_HOST")


def strict(*actions: str) -> dict[str, Any]:
    return STRICT | {"StatefulDefaultActions": [f"aws:{one}" for one in actions]}


def domains(net: Edge, does: str, *targets: str, priority: int = 1, looks_at: tuple[str, ...] = BOTH) -> dict[str, Any]:
    listed = {"Targets": list(targets), "TargetTypes": list(looks_at), "GeneratedRulesType": does}
    return net.rules(f"domains-{priority}", {"RulesSourceList": listed}) | {"Priority": priority}


def tuples(net: Edge, *rules: Any, priority: int = 2, **more: Any) -> dict[str, Any]:
    return net.rules(f"tuples-{priority}", {"StatefulRules": list(rules)}, **more) | {"Priority": priority}


def assumed(verdict: Verdict) -> set[str]:
    return {one.code for one in verdict.assumptions}


def behind_list(does: str, policy: dict[str, Any], looks_at: tuple[str, ...] = BOTH) -> Edge:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[domains(net, does, "github.com", looks_at=looks_at)], **policy)
    return net


@pytest.mark.parametrize(
    ("does", "policy", "host", "port", "outcome"),
    [
        ("ALLOWLIST", {}, "github.com", 8443, "allowed"),  # TLS and HTTP are passed, and nothing drops the rest
        ("ALLOWLIST", {}, "api.github.com", 8443, "unknown"),  # TLS is dropped, SSH is not
        ("ALLOWLIST", {}, "api.github.com", 443, "blocked"),
        ("ALLOWLIST", {}, "api.github.com", 80, "blocked"),
        ("ALLOWLIST", {}, "api.github.com", 22, "allowed"),
        ("DENYLIST", {}, "github.com", 8443, "unknown"),
        ("DENYLIST", {}, "pypi.org", 8443, "allowed"),
        ("REJECTLIST", {}, "github.com", 8443, "unknown"),
        ("REJECTLIST", {}, "github.com", 443, "blocked"),
        ("ALERTLIST", {}, "github.com", 8443, "allowed"),
        ("ALLOWLIST", strict("drop_established"), "github.com", 443, "allowed"),
        ("ALLOWLIST", strict("drop_established"), "github.com", 8443, "unknown"),  # passed if TLS or HTTP
        ("ALLOWLIST", strict("drop_established"), "pypi.org", 8443, "blocked"),
        ("ALLOWLIST", strict("drop_strict"), "github.com", 443, "blocked"),  # the handshake carries no name
        ("ALLOWLIST", strict(), "pypi.org", 443, "allowed"),  # in strict order no rule that drops is made of it
        ("DENYLIST", strict("drop_established"), "github.com", 8443, "blocked"),
        ("DENYLIST", strict("drop_established"), "pypi.org", 8443, "blocked"),
    ],
)
def test_n193_a_domain_list_acts_on_every_port(
    does: str, policy: dict[str, Any], host: str, port: int, outcome: str
) -> None:
    verdict = behind_list(does, policy).out(host, port=port)
    assert verdict.outcome == outcome
    assert ("FIREWALL_PROTOCOL_UNKNOWN" in assumed(verdict)) == (outcome == "unknown")


def test_n193_other_protocols_than_tcp_carry_no_name() -> None:
    assert behind_list("ALLOWLIST", {}).out("api.github.com", protocol="udp", port=443).outcome == "allowed"


def test_n193_a_list_on_tls_leaves_http_alone() -> None:
    net = behind_list("ALLOWLIST", {}, ("TLS_SNI",))
    assert net.out("pypi.org", port=80).outcome == "allowed"
    assert net.out("pypi.org", port=443).outcome == "blocked"


@pytest.mark.parametrize(("port", "shown"), [(443, True), (22, True), (8443, False)])
def test_n193_what_a_port_is_for_is_taken_for_what_it_carries(port: int, shown: bool) -> None:
    verdict = behind_list("ALLOWLIST", {}).out("api.github.com", port=port)
    found = [one.can_hide for one in verdict.assumptions if one.code == "FIREWALL_PORT_PROTOCOL"]
    assert found == ([{443: "leak", 22: "block"}[port]] if shown else [])


@pytest.mark.parametrize(
    ("does", "policy", "port", "outcome"),
    [
        ("ALLOWLIST", {}, 8443, "unknown"),
        ("ALLOWLIST", {}, 22, "allowed"),
        ("ALLOWLIST", strict("drop_strict"), 443, "blocked"),
        ("DENYLIST", strict("drop_established"), 443, "blocked"),  # whoever is asked for
        ("ALLOWLIST", strict("drop_established"), 22, "blocked"),
        ("ALLOWLIST", strict("alert_established"), 443, "allowed"),
    ],
)
def test_n193_what_ends_alike_for_every_name_needs_none(
    does: str, policy: dict[str, Any], port: int, outcome: str
) -> None:
    net = behind_list(does, policy)
    verdict = net.reach().simulate(net.client, "ip:140.82.112.3", protocol="tcp", port=port)
    assert verdict.outcome == outcome
    assert ("FIREWALL_DOMAIN_UNKNOWN" in assumed(verdict)) == (outcome == "unknown")


@pytest.mark.parametrize(
    ("does", "action", "policy", "outcome"),
    [
        ("DENYLIST", "PASS", strict(), "allowed"),  # the pass rule matches the first packet, which names nobody
        ("ALLOWLIST", "DROP", strict(), "blocked"),
        ("ALLOWLIST", "DROP", {}, "blocked"),
        ("DENYLIST", "PASS", {}, "allowed"),
    ],
)
@pytest.mark.parametrize("port", ["ANY", "443"])
def test_n192_a_rule_on_packets_goes_before_every_list(
    does: str, action: str, policy: dict[str, Any], outcome: str, port: str
) -> None:
    net = Edge()
    groups = [domains(net, does, "github.com"), tuples(net, five_tuple(action, port=port))]
    net.firewall(StatefulRuleGroupReferences=groups, **policy)
    verdict = net.out("github.com")
    assert verdict.outcome == outcome
    assert codes(verdict) == ({"FIREWALL_RULES_RESTRICTION"} if outcome == "blocked" else set())


def test_n192_the_server_answers_before_a_list_hears_the_name() -> None:
    net = Edge()
    back = five_tuple("DROP", protocol="IP", destination="$HOME_NET")
    net.firewall(StatefulRuleGroupReferences=[domains(net, "ALLOWLIST", "github.com"), tuples(net, back)])
    verdict = net.out("github.com")
    assert [(one.code, one.leg) for one in verdict.blocked_by] == [("FIREWALL_RULES_RESTRICTION", "response")]


@pytest.mark.parametrize(
    ("actions", "protocol", "outcome"),
    [
        ("drop_strict", "tcp", "blocked"), ("drop_strict", "udp", "blocked"), ("drop_strict", "icmp", "blocked"),
        ("drop_established", "tcp", "blocked"), ("drop_established", "udp", "blocked"),
        ("drop_established", "icmp", "blocked"),
        ("drop_established_app_layer", "tcp", "blocked"), ("drop_established_app_layer", "udp", "unknown"),
        ("drop_established_app_layer_to_server", "tcp", "blocked"),
        ("drop_established_app_layer_to_server", "icmp", "unknown"),
        ("alert_established_app_layer", "tcp", "allowed"), ("alert_established_app_layer_to_server", "udp", "allowed"),
        ("alert_strict", "icmp", "allowed"), ("something_new", "tcp", "unknown"),
    ],
)  # fmt: skip
def test_n192_default_actions_of_strict_order(actions: str, protocol: str, outcome: str) -> None:
    net = Edge()
    net.firewall(**strict(actions))
    port = None if protocol == "icmp" else 443
    verdict = net.reach().simulate(net.client, "ip:8.8.8.8", protocol=protocol, port=port)
    assert verdict.outcome == outcome
    assert ("FIREWALL_DEFAULT_UNCLEAR" in assumed(verdict)) == (outcome == "unknown")


@pytest.mark.parametrize(("action", "shown"), [("drop_established", True), ("drop_strict", False)])
def test_n192_handshakes_pass_where_only_what_is_established_is_dropped(action: str, shown: bool) -> None:
    net = Edge()
    net.firewall(**strict(action))
    assert ("FIREWALL_HANDSHAKE_PASSES" in assumed(net.out())) == shown


@pytest.mark.parametrize(
    ("action", "shown"), [("drop_established", True), ("drop_established_app_layer_to_server", False)]
)
def test_n192_a_long_greeting_is_dropped_before_its_name_is_read(action: str, shown: bool) -> None:
    verdict = behind_list("ALLOWLIST", strict(action)).out("github.com")
    assert verdict.outcome == "allowed"
    assert ("FIREWALL_NAME_IN_ONE_PACKET" in assumed(verdict)) == shown


@pytest.mark.parametrize(
    ("own", "general", "outcome"),
    [
        ({"HOME_NET": ["140.82.112.0/20"]}, None, "blocked"),  # EXTERNAL_NET stays what the policy's is
        ({"HOME_NET": ["140.82.112.0/20"], "EXTERNAL_NET": ["192.0.2.0/24"]}, None, "allowed"),
        ({}, ["10.0.0.0/8", "140.82.112.0/20"], "allowed"),
        ({"HOME_NET": ["10.0.0.0/16"]}, ["10.0.0.0/8", "140.82.112.0/20"], "allowed"),
        ({"EXTERNAL_NET": ["140.82.0.0/16", "!140.82.112.0/24"]}, None, "allowed"),
        ({"EXTERNAL_NET": ["140.82.0.0/16", "!140.82.113.0/24"]}, None, "blocked"),
        ({"OTHER": ["$NOBODY"]}, None, "blocked"),  # only a rule that names it cannot be read
    ],
)
def test_n192_external_net_is_the_policys_unless_stated(
    own: dict[str, list[str]], general: list[str] | None, outcome: str
) -> None:
    net = Edge()
    sets = {name: {"Definition": blocks} for name, blocks in own.items()}
    rule = five_tuple("DROP", destination="$EXTERNAL_NET")
    group = tuples(net, rule, RuleVariables={"IPSets": sets})
    variables = {} if general is None else {"RuleVariables": {"HOME_NET": {"Definition": general}}}
    net.firewall(StatefulRuleGroupReferences=[group], PolicyVariables=variables)
    assert net.reach().simulate(net.client, "ip:140.82.112.3", **HTTPS).outcome == outcome


def test_n193_a_list_looks_at_the_blocks_of_the_firewalls_vpc_unless_home_net_is_stated() -> None:
    net = Edge()
    listed = {"Targets": ["pypi.org"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": "ALLOWLIST"}
    elsewhere = {"IPSets": {"HOME_NET": {"Definition": ["10.9.0.0/16"]}}}
    net.firewall(StatefulRuleGroupReferences=[net.rules("d", {"RulesSourceList": listed}, RuleVariables=elsewhere)])
    assert net.out("github.com").outcome == "allowed"
    net.firewall(StatefulRuleGroupReferences=[net.rules("d", {"RulesSourceList": listed})])
    assert net.out("github.com").outcome == "blocked"


def test_that_a_list_does_not_look_at_a_sender_is_told_where_it_lets_pass_and_where_the_default_drops() -> None:
    net = Edge()
    listed = {"Targets": ["github.com"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": "ALLOWLIST"}
    elsewhere = {"IPSets": {"HOME_NET": {"Definition": ["10.9.0.0/16"]}}}
    group = net.rules("d", {"RulesSourceList": listed}, RuleVariables=elsewhere)
    said = "its domain lists look at what HOME_NET sends alone (10.9.0.0/16)"
    net.firewall(StatefulRuleGroupReferences=[group])
    assert f"f: {said}" in {one.detail for one in net.out("pypi.org").paths[0].hops}
    net.firewall(StatefulRuleGroupReferences=[group | {"Priority": 1}], StatefulDefaultActions=["aws:drop_established"],
                 StatefulEngineOptions={"RuleOrder": "STRICT_ORDER"})  # fmt: skip
    assert [one.detail.endswith(f"; {said}") for one in net.out("github.com").blocked_by] == [True]


def changed(net: Edge, old: bytes, new: bytes) -> Reach:
    """The network with other words in what describes the firewall."""
    files = net.files()
    path = next(path for path in files if "describe-firewall/" in path)
    assert old in files[path]
    return load_files(files | {path: files[path].replace(old, new)})


def test_home_net_of_a_vpc_that_is_not_in_the_snapshot_is_unknown() -> None:
    reach = changed(behind_list("ALLOWLIST", {}), b'"vpc-1"', b'"vpc-elsewhere"')
    assert reach.simulate("eni-client", "host:pypi.org", **HTTPS).outcome == "unknown"


@pytest.mark.parametrize(("status", "outcome"), [("READY", "allowed"), ("FAILED", "unknown"), ("SCALING", "unknown")])
def test_n194_an_endpoint_that_is_not_ready(status: str, outcome: str) -> None:
    net = Edge()
    net.firewall(status=status)
    assert net.out().outcome == outcome


@pytest.mark.parametrize(("protocol", "outcome"), [("tcp", "unknown"), ("udp", "allowed")])
def test_n192_a_request_that_is_inspected_and_its_reply_that_is_not(protocol: str, outcome: str) -> None:
    """Asymmetrically forwarded TCP is subject to the stream exception policy (Troubleshooting)."""
    net = Edge()
    back = {"Priority": 1, "RuleDefinition": {"Actions": ["aws:pass"], "MatchAttributes": {
        "Destinations": [{"AddressDefinition": "10.0.0.0/16"}]}}}  # fmt: skip
    group = net.rules("s", {"StatelessRulesAndCustomActions": {"StatelessRules": [back]}}, "stateless")
    net.firewall(StatelessRuleGroupReferences=[group | {"Priority": 1}])
    assert net.reach().simulate(net.client, "ip:8.8.8.8", protocol=protocol, port=443).outcome == outcome


@pytest.mark.parametrize(("protocol", "outcome"), [("tcp", "unknown"), ("udp", "allowed")])
def test_tls_inspection_leaves_other_protocols_alone(protocol: str, outcome: str) -> None:
    net = Edge()
    net.firewall(TLSInspectionConfigurationArn="arn:aws:network-firewall:us-east-1:111111111111:tls-configuration/t")
    assert net.reach().simulate(net.client, "ip:8.8.8.8", protocol=protocol, port=443).outcome == outcome


@pytest.mark.parametrize(("action", "outcome"), [("DROP", "unknown"), ("REJECT", "unknown"), ("ALERT", "allowed")])
def test_addresses_that_no_dns_answer_told(action: str, outcome: str) -> None:
    net = Edge()
    net.firewall(Route53ResolvedIPValidation={"Action": action, "DNSFirewallRuleGroupId": "rslvr-frg-1"})
    assert net.out().outcome == outcome


def test_a_firewall_in_proxy_mode_is_not_modelled() -> None:
    net = Edge()
    net.firewall()
    reach = changed(net, b'"FirewallName"', b'"ProxySettings": {}, "FirewallName"')
    verdict = reach.simulate(net.client, "host:github.com", **HTTPS)
    assert (verdict.outcome, "UNMODELLED_COMPONENT" in assumed(verdict)) == ("unknown", True)


@pytest.mark.parametrize(("override", "shown"), [({}, True), ({"Override": {"Action": "DROP_TO_ALERT"}}, False)])
def test_managed_rules_that_only_alert_stop_nothing(override: dict[str, Any], shown: bool) -> None:
    net = Edge()
    arn = "arn:aws:network-firewall:us-east-1:aws-managed:stateful-rulegroup/BotNetCommandAndControlDomainsStrictOrder"
    net.firewall(StatefulRuleGroupReferences=[{"ResourceArn": arn, "Priority": 1} | override], **strict())
    verdict = net.out()
    assert (verdict.outcome, "FIREWALL_MANAGED_RULES" in assumed(verdict)) == ("allowed", shown)


def test_a_policy_of_an_account_that_is_not_in_the_snapshot_is_named() -> None:
    net = Edge()
    net.firewall()
    reach = changed(net, b"111111111111:firewall-policy", b"222222222222:firewall-policy")
    verdict = reach.simulate(net.client, "host:github.com", **HTTPS)
    assert verdict.outcome == "unknown"
    assert any(one.startswith("222222222222/us-east-1/network-firewall/") for one in verdict.missing)


@pytest.mark.parametrize(
    "rule",
    [
        five_tuple("DROP", destination="@BETA"),  # an IP set reference
        five_tuple("DROP", RuleOptions=[{"Keyword": "sid", "Settings": ["1"]},
                                        {"Keyword": "geoip", "Settings": ["src,!US,UK"]}]),
        five_tuple("DROP", destination="$NOWHERE"),
    ],
)  # fmt: skip
def test_rules_on_what_the_rule_group_does_not_tell_are_unknown(rule: Any) -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[tuples(net, rule)])
    assert net.out().outcome == "unknown"


@pytest.mark.parametrize("option", [{"Keyword": "sid:112233"}, {"Keyword": "sid:1", "Settings": []}])
def test_a_signature_may_stand_in_its_keyword(option: Any) -> None:
    """AWS::NetworkFirewall::RuleGroup RuleOption: "the keyword signature ID (sid) is required in the format
    sid:112233".
    """
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[tuples(net, five_tuple("DROP", RuleOptions=[option]))])
    assert net.out().outcome == "blocked"


@pytest.mark.parametrize(("first", "outcome"), [(1, "blocked"), (3, "allowed")])
def test_n192_stateless_groups_by_their_priority_in_the_policy(first: int, outcome: str) -> None:
    """Whatever the priorities of rules within the groups, and whatever else an action does."""
    net = Edge()

    def group(name: str, priority: int, rule: int, *actions: str) -> dict[str, Any]:
        rules = [
            {"Priority": rule, "RuleDefinition": {"Actions": list(actions), "MatchAttributes": {"Protocols": [6]}}}
        ]
        source = {"StatelessRulesAndCustomActions": {"StatelessRules": rules}}
        return net.rules(name, source, "stateless") | {"Priority": priority}

    groups = [group("pass", 2, 1, "aws:pass", "Metric"), group("drop", first, 9, "aws:drop", "Metric")]
    net.firewall(StatelessRuleGroupReferences=groups, StatelessFragmentDefaultActions=["aws:drop"])
    assert net.out().outcome == outcome


def test_n192_a_flow_behind_a_translation_is_another_flow() -> None:
    """The neighbour's public address leads out and in again: the engine sees two flows, and drops a reply of one."""
    net = Edge()
    net.interface(net.sub_c, "10.0.1.6", [net.open], public="203.0.113.6", name="neighbour")
    there = five_tuple("PASS", destination="203.0.113.6/32")
    back = five_tuple("DROP", destination="203.0.113.5/32")
    back["Header"]["Source"] = "10.0.1.6/32"
    net.firewall(StatefulRuleGroupReferences=[tuples(net, there, back)], **strict())
    verdict = net.reach().simulate(net.client, "ip:203.0.113.6", **HTTPS)
    assert [(one.code, one.leg) for one in verdict.blocked_by] == [("FIREWALL_RULES_RESTRICTION", "response")]


def widened(net: Edge) -> None:
    """The client's block is a secondary one of the VPC."""
    states = [{"CidrBlock": one, "CidrBlockState": {"State": "associated"}} for one in ("10.7.0.0/16", "10.0.0.0/16")]
    net[net.net].update(CidrBlock="10.7.0.0/16", CidrBlockAssociationSet=states)


def header(action: str, **parts: str) -> Any:
    rule = five_tuple(action)
    rule["Header"] |= parts
    return rule


@pytest.mark.parametrize(
    ("does", "host", "outcome"),
    [
        ("ALLOWLIST", "github.com", "allowed"),  # passed by the list, or not looked at by it
        ("ALLOWLIST", "pypi.org", "unknown"),
        ("DENYLIST", "github.com", "unknown"),
        ("DENYLIST", "pypi.org", "allowed"),
    ],
)
def test_n193_whether_home_net_holds_more_than_the_primary_block_is_not_documented(
    does: str, host: str, outcome: str
) -> None:
    """API Reference, PolicyVariables: by default "the CIDR of your inspection VPC"."""
    net = behind_list(does, {})
    widened(net)
    verdict = net.out(host)
    assert verdict.outcome == outcome
    assert ("FIREWALL_HOME_NET_UNKNOWN" in assumed(verdict)) == (outcome == "unknown")


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (header("DROP", Source="$HOME_NET"), "unknown"),
        (header("DROP", Source="!$HOME_NET", Protocol="TCP"), "unknown"),
        (header("DROP", Destination="$EXTERNAL_NET"), "blocked"),
        (header("DROP", Source="10.0.0.0/16"), "blocked"),
        (header("DROP", Source="10.7.0.0/16"), "allowed"),
    ],
)
def test_n192_a_rule_that_names_home_net_is_judged_where_every_reading_agrees(rule: Any, outcome: str) -> None:
    net = Edge()
    widened(net)
    net.firewall(StatefulRuleGroupReferences=[tuples(net, rule)])
    assert net.reach().simulate(net.client, "ip:140.82.112.3", **HTTPS).outcome == outcome
    net.firewall(
        StatefulRuleGroupReferences=[tuples(net, rule)],
        PolicyVariables={"RuleVariables": {"HOME_NET": {"Definition": ["10.0.0.0/8"]}}},
    )
    stated = net.reach().simulate(net.client, "ip:140.82.112.3", **HTTPS)
    assert stated.outcome != "unknown"


HOME, ANY = "$HOME_NET", "ANY"


@pytest.mark.parametrize(
    ("rules", "default", "outcome"),
    [
        ([("PASS", HOME), ("PASS", ANY)], ("drop_strict",), "allowed"),
        ([("DROP", HOME), ("REJECT", ANY)], (), "blocked"),
        ([("DROP", HOME)], ("drop_strict",), "blocked"),
        ([("DROP", HOME)], ("drop_established",), "blocked"),
        ([("DROP", HOME), ("DROP", HOME), ("DROP", ANY)], (), "blocked"),
        ([("PASS", HOME), ("DROP", ANY)], (), "unknown"),
        ([("DROP", HOME), ("PASS", ANY)], (), "unknown"),
        ([("PASS", HOME)], ("drop_strict",), "unknown"),
        ([("PASS", HOME), ("DROP", HOME), ("PASS", ANY)], (), "unknown"),
    ],
)
def test_n192_in_strict_order_home_net_matters_where_what_follows_does_otherwise(
    rules: list[tuple[str, str]], default: tuple[str, ...], outcome: str
) -> None:
    net = Edge()
    widened(net)
    made = tuples(net, *(header(action, Source=source) for action, source in rules))
    net.firewall(StatefulRuleGroupReferences=[made], **strict(*default))
    verdict = net.reach().simulate(net.client, "ip:140.82.112.3", **HTTPS)
    assert verdict.outcome == outcome
    assert ("FIREWALL_HOME_NET_UNKNOWN" in assumed(verdict)) == (outcome == "unknown")


@pytest.mark.parametrize(("sync", "told"), [("IN_SYNC", False), ("PENDING", True), ("CAPACITY_CONSTRAINED", True)])
def test_n194_rules_that_have_not_come_to_the_firewall_are_never_silent(sync: str, told: bool) -> None:
    """API Reference, FirewallStatus: whether the firewall's settings and policy are in sync in every zone."""
    net = behind_list("ALLOWLIST", {})
    files = changed(net, b'"SyncStates"', f'"ConfigurationSyncStateSummary": "{sync}", "SyncStates"'.encode())
    verdict = files.simulate(net.client, "host:github.com", **HTTPS)
    assert verdict.outcome == "allowed"
    assert ("STATE_CHANGING" in assumed(verdict)) is told


@pytest.mark.parametrize(
    ("arn", "inside", "outside"),
    [
        ("arn:aws:ec2:us-east-1:111111111111:prefix-list/pl-partner", "allowed", "blocked"),
        ("arn:aws:ec2:us-east-1:111111111111:prefix-list/pl-not-there", "unknown", "unknown"),
        ("arn:aws:resource-groups:us-east-1:111111111111:group/partners", "unknown", "unknown"),
    ],
)
def test_n192_a_rule_may_refer_to_a_prefix_list(arn: str, inside: str, outside: str) -> None:
    """Developer guide, "IP set references": of standard stateful rule groups, too; ``@`` stands before the name."""
    net = Edge()
    net.prefix_list(["198.51.100.0/24"], name="partner")
    rules = [five_tuple("PASS", destination="@PARTNER"), five_tuple("DROP")]
    sets = {"ReferenceSets": {"IPSetReferences": {"PARTNER": {"ReferenceArn": arn}}}}
    net.firewall(StatefulRuleGroupReferences=[tuples(net, *rules, **sets)], **strict("drop_strict"))
    for address, outcome in (("198.51.100.7", inside), ("192.0.2.7", outside)):
        assert net.reach().simulate(net.client, f"ip:{address}", protocol="tcp", port=443).outcome == outcome


def test_a_prefix_list_that_a_rule_refers_to_is_named_where_its_entries_are_missing() -> None:
    net = Edge()
    listed = net.prefix_list(["198.51.100.0/24"], name="partner")
    arn = f"arn:aws:ec2:us-east-1:111111111111:prefix-list/{listed}"
    sets = {"ReferenceSets": {"IPSetReferences": {"PARTNER": {"ReferenceArn": arn}}}}
    rules = [five_tuple("PASS", destination="@PARTNER"), five_tuple("DROP")]
    net.firewall(StatefulRuleGroupReferences=[tuples(net, *rules, **sets)], **strict("drop_strict"))
    files = net.files()
    gone = next(path for path in files if path.endswith(f"get-managed-prefix-list-entries/{listed}.json"))
    del files[gone]
    found = load_files(files).simulate(net.client, "ip:198.51.100.7", protocol="tcp", port=443)
    assert (found.outcome, gone in found.missing) == ("unknown", True)

"""DNS Firewall as verdicts: which names the VPC's resolver lets pass, and what is not known of it.

Each test is named after its fact in network-semantics.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.dns.firewall import matches
from tests.build import Build
from tests.resolvers import arn, domain_list, firewall, firewall_group, forward_rule, profile, use_firewall
from tests.scenarios.lan import Lan, ask, assumed, blocks, codes, fate, natted
from tests.scenarios.pipelines import REGION, Checked, Pipeline
from tests.scenarios.test_facts_dns import answered, private_logs
from tests.scenarios.test_facts_resolver import Hub

LISTS = "111111111111/us-east-1/route53resolver"
LOGS = "logs.us-east-1.amazonaws.com"
TRUST = {"FirewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN"}


def block(*domains: str, **more: Any) -> dict[str, Any]:
    return {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": domains, **more}


def allow(*domains: str, **more: Any) -> dict[str, Any]:
    return {"Action": "ALLOW", "domains": domains, **more}


def test_n167_allow_list_before_a_block_of_everything() -> None:
    net = natted()
    group = firewall(net, net.vpc_id, allow("*.amazonaws.com"), block("*"))
    verdict = ask(net, net.client, "host:github.com")
    assert blocks(verdict) == {("DNS_FIREWALL_BLOCK", group, "r2", net.vpc_id, "request", "egress")}
    assert verdict.blocked_by[0].symptom == "name-not-found"
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")
    assert fate(ask(net, net.client, "ip:140.82.112.3")) == ("allowed", "internet")


def test_n167_rules_by_priority_not_by_place() -> None:
    net = natted()
    firewall(net, net.vpc_id, block("*", Priority=20), allow("github.com", Priority=10, **TRUST))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


@pytest.mark.parametrize(("first", "outcome"), [("block", "blocked"), ("allow", "allowed")])
def test_n167_groups_by_the_priority_of_their_association(first: str, outcome: str) -> None:
    net = natted()
    order = {"block": 200, "allow": 200, first: 101}
    firewall(net, net.vpc_id, block("github.com"), name="b", priority=order["block"])
    firewall(net, net.vpc_id, allow("github.com"), name="a", priority=order["allow"])
    assert ask(net, net.client, "host:github.com").outcome == outcome


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ("COMPLETE", "blocked", None), ("UPDATING", "blocked", "STATE_CHANGING"),
        ("DELETING", "allowed", "STATE_CHANGING"), ("OF-TOMORROW", "unknown", None),
    ],
)  # fmt: skip
def test_n167_an_association_that_changes_or_ends_is_never_silent(status: str, outcome: str, code: str | None) -> None:
    """API Reference, FirewallRuleGroupAssociation: COMPLETE, DELETING or UPDATING."""
    net = natted()
    group = firewall(net, net.vpc_id, block("github.com"))
    for row in net._lists["route53resolver/list-firewall-rule-group-associations"]:
        row["Status"] = status
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == outcome
    assert (("STATE_CHANGING", group) in assumed(verdict)) == (code is not None)


def test_n167_alert_lets_pass_and_ends_the_search() -> None:
    net = natted()
    firewall(net, net.vpc_id, {"Action": "ALERT", "domains": ("github.com",)}, block("github.com"))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


@pytest.mark.parametrize("response", ["NODATA", "NXDOMAIN"])
def test_n167_a_block_keeps_the_answer_from_the_client(response: str) -> None:
    net = natted()
    firewall(net, net.vpc_id, block("github.com", BlockResponse=response))
    verdict = ask(net, net.client, "host:github.com")
    assert codes(verdict) == {"DNS_FIREWALL_BLOCK"}
    assert response in verdict.blocked_by[0].detail


def override(*domains: str, by: str = "sink.internal.example", **more: Any) -> dict[str, Any]:
    return block(*domains, BlockResponse="OVERRIDE", BlockOverrideDomain=by, **more)


def with_sink(*rules: dict[str, Any]) -> Lan:
    net = natted()
    net.zone("internal.example", [net.vpc_id], [("sink.internal.example", "A", ["10.0.2.5"])])
    firewall(net, net.vpc_id, *rules)
    return net


def test_n167_a_block_may_answer_with_a_name_of_its_own() -> None:
    net = with_sink(override("github.com"))
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == ("allowed", "private")
    assert "DNS_FIREWALL_OVERRIDE" in {code for code, _ in assumed(verdict)}
    assert any("CNAME sink.internal.example" in hop.detail for hop in verdict.paths[0].hops)
    assert fate(ask(net, net.client, "host:pypi.org")) == ("allowed", "internet")


def test_n167_the_name_that_a_block_answers_with_may_be_public() -> None:
    net = with_sink(override("github.com", by="sink.example."))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n167_the_name_that_a_block_answers_with_may_have_no_address() -> None:
    net = with_sink(override("github.com", by="nobody.internal.example"))
    assert codes(ask(net, net.client, "host:github.com")) == {"DNS_FIREWALL_BLOCK"}


@pytest.mark.parametrize(
    "rules",
    [
        [override("*")],  # the name that it answers with is one of those that it blocks
        [override("github.com"), block("*.internal.example")],
        [{"Action": "BLOCK", "BlockResponse": "NODATA"}, override("github.com")],  # which of the two is not known
    ],
)
def test_n167_what_a_name_of_its_own_comes_to_may_be_unknown(rules: list[dict[str, Any]]) -> None:
    net = natted()
    net.zone("internal.example", [net.vpc_id], [("sink.internal.example", "A", ["10.0.2.5"])])
    made = [
        rule if "domains" in rule else rule | {"FirewallDomainListId": domain_list(net, managed=True)} for rule in rules
    ]
    firewall(net, net.vpc_id, *made)
    assert ask(net, net.client, "host:github.com").outcome == "unknown"


@pytest.mark.parametrize(("by", "outcome"), [("sink.internal.example", "allowed"), ("", "unknown")])
def test_n167_blocks_of_vpc_and_profile_that_answer_otherwise(by: str, outcome: str) -> None:
    net = with_sink(override("github.com"))
    other = override("github.com", by=by) if by else block("github.com")
    profile(net, net.vpc_id, (arn(net, firewall_group(net, [other], "p")), 200))
    assert ask(net, net.client, "host:github.com").outcome == outcome


@pytest.mark.parametrize("qtype", ["A", "AAAA"])
def test_n167_a_name_of_its_own_for_one_query_type(qtype: str) -> None:
    net = with_sink(override("db.internal.example", Qtype=qtype))
    net.zone("db.internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.6"])])
    reached = {hop.detail for path in ask(net, net.client, "host:db.internal.example").paths for hop in path.hops}
    assert any("sink.internal.example" in detail for detail in reached) == (qtype == "A")


def test_n167_no_match_passes() -> None:
    net = natted()
    firewall(net, net.vpc_id, block("evil.example"))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n167_groups_of_other_vpcs_do_not_count() -> None:
    net = natted()
    firewall(net, net.vpc("10.9.0.0/16"), block("*"))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("example.com", "example.com", True),
        ("example.com", "www.example.com", False),
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*example.com", "badexample.com", True),
        ("*example.com", "example.com", None),
        ("*", "anything", True),
    ],
)
def test_n167_wildcards(pattern: str, name: str, expected: bool | None) -> None:
    assert matches(pattern, name) is expected


def test_n167_private_names_are_filtered_too() -> None:
    net = private_logs()
    firewall(net, net.vpc_id, block(LOGS))
    net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    assert codes(ask(net, net.client, "logs")) == {"DNS_FIREWALL_BLOCK"}
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")


def test_n167_a_name_that_would_be_forwarded_is_blocked_before() -> None:
    net = natted()
    forward_rule(net, net.vpc_id, ".", ["192.168.0.53"])
    firewall(net, net.vpc_id, block("github.com"))
    verdict = ask(net, net.client, "host:github.com")
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"DNS_FIREWALL_BLOCK"})


@pytest.mark.parametrize(("qtype", "left"), [("AAAA", True), ("TYPE28", True), ("A", False), ("TYPE1", False)])
def test_n167_a_rule_for_a_query_type_leaves_the_others(qtype: str, left: bool) -> None:
    net = natted()
    net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    firewall(net, net.vpc_id, block("db.internal.example", Qtype=qtype))
    verdict = ask(net, net.client, "host:db.internal.example")
    assert (verdict.outcome == "allowed") == left


def test_n167_rules_for_query_types_that_clients_do_not_need_change_nothing() -> None:
    net = natted()
    firewall(net, net.vpc_id, block("*", Qtype="TXT"))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def chained(*rules: dict[str, Any], kind: str = "CNAME") -> Lan:
    """db.internal.example leads to real.internal.example."""
    net = natted()
    target: Any = ["real.internal.example"] if kind == "CNAME" else "real.internal.example"
    net.zone("internal.example", [net.vpc_id], [
        ("db.internal.example", "CNAME" if kind == "CNAME" else "A", target),
        ("real.internal.example", "A", ["10.0.2.5"]),
    ])  # fmt: skip
    firewall(net, net.vpc_id, *rules)
    return net


def test_n167_a_rule_that_inspects_is_asked_about_the_whole_chain() -> None:
    net = chained(allow("db.internal.example"), block("*"))
    assert codes(ask(net, net.client, "host:db.internal.example")) == {"DNS_FIREWALL_BLOCK"}
    net = chained(allow("db.internal.example", "real.internal.example"), block("*"))
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")


def test_n167_a_rule_that_trusts_lets_the_whole_chain_pass() -> None:
    net = chained(allow("db.internal.example", **TRUST), block("*"))
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")


def test_n167_a_blocking_rule_that_trusts_is_asked_about_the_first_name_only() -> None:
    net = chained(block("real.internal.example", **TRUST))
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")
    assert codes(ask(net, net.client, "host:real.internal.example")) == {"DNS_FIREWALL_BLOCK"}


def test_n167_whether_alias_records_are_looked_at_is_not_documented() -> None:
    net = chained(block("real.internal.example"), kind="alias")
    verdict = ask(net, net.client, "host:db.internal.example")
    assert verdict.outcome == "unknown"
    assert ("DNS_REDIRECTION_UNSEEN", "real.internal.example") in assumed(verdict)


def test_n167_where_a_public_name_is_redirected_to_is_not_known() -> None:
    net = natted()
    group = firewall(net, net.vpc_id, allow("github.com"), block("*"))
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert ("DNS_REDIRECTION_UNSEEN", group) in assumed(verdict)
    net = natted()
    firewall(net, net.vpc_id, block("evil.example"))
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "allowed"
    assert ("DNS_REDIRECTION_UNSEEN", "rslvr-frg-1") in assumed(verdict)
    assert not assumed(ask(net, net.client, "ip:10.0.2.5"))


def test_a_list_that_is_missing_or_awss_may_hold_what_a_public_name_is_redirected_to() -> None:
    net = natted()
    firewall(net, net.vpc_id, allow("github.com"), block("*"))
    (path,) = [path for path in net.files() if "list-firewall-domains/" in path and b'"*."' in net.files()[path]]
    files = {name: data for name, data in net.files().items() if name != path}
    verdict = load_files(files).simulate(net.client, "host:github.com", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))
    net = natted()
    threats = domain_list(net, name="threats", managed=True)
    firewall(net, net.vpc_id, allow("github.com"), {"Action": "BLOCK", "FirewallDomainListId": threats})
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == ("allowed", "internet")
    assert assumed(verdict) == {("DNS_REDIRECTION_UNSEEN", threats)}


def test_n168_a_blocking_list_of_awss_may_hold_any_name() -> None:
    net = natted()
    threats = domain_list(net, name="threats", managed=True)
    firewall(net, net.vpc_id, {"Action": "BLOCK", "FirewallDomainListId": threats})
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == ("unknown", "none")
    assert ("DNS_MANAGED_LIST_UNREADABLE", threats) in assumed(verdict)
    assert verdict.missing == ()


@pytest.mark.parametrize("action", ["ALLOW", "ALERT"])
def test_n168_a_list_of_awss_that_lets_pass_matters_only_before_a_block(action: str) -> None:
    net = natted()
    rule = {"Action": action, "FirewallDomainListId": domain_list(net, name="good", managed=True)}
    firewall(net, net.vpc_id, rule)
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")
    net = natted()
    domain_list(net, name="good", managed=True)
    firewall(net, net.vpc_id, rule, block("github.com"))
    assert ask(net, net.client, "host:github.com").outcome == "unknown"


def test_n168_an_allow_list_before_awss_list_decides() -> None:
    net = natted()
    threats = domain_list(net, name="threats", managed=True)
    firewall(net, net.vpc_id, allow("github.com", **TRUST), {"Action": "BLOCK", "FirewallDomainListId": threats})
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n168_threat_protections_cannot_be_told_either() -> None:
    net = natted()
    group = firewall(net, net.vpc_id, {"Action": "BLOCK", "DnsThreatProtection": "DGA", "ConfidenceThreshold": "HIGH"})
    assert ("DNS_MANAGED_LIST_UNREADABLE", group) in assumed(ask(net, net.client, "host:github.com"))


@pytest.mark.parametrize("file", ["list-firewall-rules/rslvr-frg-1", "list-firewall-domains/rslvr-fdl-1-1"])
def test_n167_the_files_of_an_associated_group_are_needed(file: str) -> None:
    net = natted()
    firewall(net, net.vpc_id, block("evil.example"))
    files = net.files()
    del files[f"{LISTS}/{file}.json"]
    verdict = ask(files, net.client, "host:github.com")
    assert (verdict.outcome, verdict.missing) == ("unknown", (f"{LISTS}/{file}.json",))


def test_n167_an_unread_group_may_allow_what_a_later_one_blocks() -> None:
    net = natted()
    use_firewall(net, net.vpc_id, "rslvr-frg-gone", 101)
    firewall(net, net.vpc_id, block("github.com"), priority=200)
    verdict = ask(net, net.client, "host:github.com")
    assert (verdict.outcome, verdict.missing) == ("unknown", (f"{LISTS}/list-firewall-rules/rslvr-frg-gone.json",))


def test_n167_what_cannot_change_the_answer_is_not_asked_for() -> None:
    net = Lan()
    net.zone("github.com", [net.vpc_id])
    use_firewall(net, net.vpc_id, "rslvr-frg-gone")
    verdict = ask(net, net.client, "host:github.com")
    assert (verdict.outcome, codes(verdict), verdict.missing) == ("blocked", {"DNS_ZONE_SHADOWS_NAME"}, ())


def test_n167_groups_shared_by_another_account_are_read_there() -> None:
    net, owner = natted(), Build("222222222222", tag="o")
    use_firewall(net, net.vpc_id, firewall_group(owner, [block("github.com")]))
    assert codes(ask(net.files() | owner.files(), net.client, "host:github.com")) == {"DNS_FIREWALL_BLOCK"}


@pytest.mark.parametrize(("mode", "noted"), [("ENABLED", True), ("DISABLED", False)])
def test_n167_a_firewall_that_fails_open_is_noted(mode: str, noted: bool) -> None:
    net = natted()
    firewall(net, net.vpc_id, block("*"))
    net.put(f"route53resolver/get-firewall-config/{net.vpc_id}", {"FirewallConfig": {"FirewallFailOpen": mode}})
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "blocked"
    assert (("DNS_FIREWALL_FAIL_OPEN", net.vpc_id) in assumed(verdict)) == noted


def test_n167_whether_queries_by_an_inbound_endpoint_are_filtered_is_not_documented() -> None:
    net = Hub()
    net.forwards()
    firewall(net, net.hub, block("db.internal.example"))
    verdict = ask(net, net.client, "host:db.internal.example")
    assert verdict.outcome == "unknown"
    assert ("DNS_REDIRECTION_UNSEEN", net.hub) in assumed(verdict)
    net = Hub()
    net.forwards()
    firewall(net, net.hub, block("evil.example"))
    assert answered(net, net.client, "db.internal.example") == {"10.0.2.5"}


def test_n173_groups_of_a_profile_filter_too() -> None:
    net = natted()
    group = firewall_group(net, [block("github.com")])
    profile(net, net.vpc_id, (arn(net, group), 102))
    assert codes(ask(net, net.client, "host:github.com")) == {"DNS_FIREWALL_BLOCK"}


def test_n173_groups_of_a_profile_by_their_priority() -> None:
    net = natted()
    first = firewall_group(net, [allow("github.com")], "first")
    second = firewall_group(net, [block("github.com")], "second")
    profile(net, net.vpc_id, (arn(net, second), 300), (arn(net, first), 200))
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n173_groups_of_vpc_and_profile_that_differ_leave_the_name_unknown() -> None:
    net = natted()
    firewall(net, net.vpc_id, allow("github.com"), name="own")
    profile(net, net.vpc_id, (arn(net, firewall_group(net, [block("github.com")], "profile")), 200))
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert {code for code, _ in assumed(verdict)} == {"DNS_PROFILE_PRECEDENCE"}


def test_a_finding_s_title_names_every_name_that_a_rule_blocks() -> None:
    """Route 53 Resolver DNS Firewall: a rule's list may hold several domains, and one rule blocks them all."""
    net = Pipeline()
    names = [f"{one}.{REGION}.amazonaws.com" for one in ("git-codecommit", "logs")]
    firewall(net, "vpc-1", block(*names))
    (title,) = [one.title for one in Checked(net).check.findings if one.id == "DNS_FIREWALL_BLOCK"]
    assert all(name in title for name in names)

"""Route 53 Profiles and zones of other accounts as verdicts: what they bring to a VPC, and what is not known of it.

Each test is named after its fact in network-semantics.md.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from tests.build import Build
from tests.resolvers import arn, forward_rule, profile
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, fate, natted
from tests.scenarios.test_facts_dns import answered, private_logs
from tests.scenarios.test_facts_resolver import Hub

NAME = "db.internal.example"
LOGS = "logs.us-east-1.amazonaws.com"
HOME, GLOBAL = "111111111111/us-east-1", "111111111111/global"


def test_n173_a_zone_that_a_profile_brings_answers() -> None:
    net = Lan()
    zone = net.zone("internal.example", ["vpc-other"], [(NAME, "A", ["10.0.2.5"])])
    assert ask(net, net.client, f"host:{NAME}").outcome == "blocked"
    profile(net, net.vpc_id, arn(net, zone))
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")
    verdict = ask(net, net.client, "host:other.internal.example")
    assert blocks(verdict) == {("DNS_ZONE_SHADOWS_NAME", zone, None, net.vpc_id, "request", "egress")}


def test_n173_profiles_of_other_vpcs_and_past_ones_bring_nothing() -> None:
    net = natted()
    zone = net.zone("github.com", ["vpc-other"])
    profile(net, "vpc-other", arn(net, zone))
    profile(net, net.vpc_id, arn(net, zone), name="2")
    net._lists["route53profiles/list-profile-associations"][1]["Status"] = "DELETED"
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


def test_n173_the_longer_name_wins_whoever_brings_it() -> None:
    net = Lan()
    net.zone("example", [net.vpc_id], [(NAME, "A", ["10.0.1.9"])])
    profile(net, net.vpc_id, arn(net, net.zone("internal.example", [], [(NAME, "A", ["10.0.2.5"])])))
    assert answered(net, net.client, NAME) == {"10.0.2.5"}


def test_n173_the_vpcs_own_zone_before_a_profiles_of_the_same_name() -> None:
    net = Lan()
    own = net.zone("internal.example", [net.vpc_id], [(NAME, "A", ["10.0.2.5"])])
    profile(net, net.vpc_id, arn(net, net.zone("internal.example", [], [(NAME, "A", ["10.0.1.9"])])))
    verdict = ask(net, net.client, f"host:{NAME}")
    assert answered(net, net.client, NAME) == {"10.0.2.5"}
    assert ("DNS_PROFILE_PRECEDENCE", f"111111111111/{own}") in assumed(verdict)


def test_n173_of_two_profiles_the_one_with_the_lower_priority_goes_first() -> None:
    net = Lan()
    first = net.zone("internal.example", [], [(NAME, "A", ["10.0.2.5"])])
    second = net.zone("internal.example", [], [(NAME, "A", ["10.0.1.9"])])
    profile(net, net.vpc_id, arn(net, second), name="a", priority=300)
    profile(net, net.vpc_id, arn(net, first), name="b", priority=200)
    assert answered(net, net.client, NAME) == {"10.0.2.5"}


def test_n173_a_rule_that_a_profile_brings_forwards() -> None:
    net = Hub()
    rule = net.forwards()
    net._lists["route53resolver/list-resolver-rule-associations"].clear()
    assert ask(net, net.client, f"host:{NAME}").outcome == "blocked"
    profile(net, net.vpc_id, arn(net, rule))
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")


def test_n173_a_rule_and_a_zone_of_one_name_from_both_sides_leave_it_unknown() -> None:
    net = Hub()
    rule = net.forwards()
    net._lists["route53resolver/list-resolver-rule-associations"].clear()
    profile(net, net.vpc_id, arn(net, rule))
    net.zone("internal.example", [net.vpc_id], [(NAME, "A", ["10.0.1.9"])])
    verdict = ask(net, net.client, f"host:{NAME}")
    assert verdict.outcome == "unknown"
    assert ("DNS_PROFILE_PRECEDENCE", rule) in assumed(verdict)


def hub_endpoint(*, private_dns: bool = True) -> Lan:
    """The network with a peered VPC e that holds a logs endpoint 172.20.1.20."""
    net = Lan()
    vpc = net.vpc("172.20.0.0/16", name="e")
    pcx = net.peering(vpc, net.vpc_id, name="1")
    subnet = net.subnet(vpc, "172.20.1.0/24", table=net.table(vpc, [("10.0.0.0/16", pcx)], name="e"))
    net.route(net.ta, "172.20.0.0/16", pcx)
    groups = [net.group(vpc, [ANY], [ANY])]
    net.interface_endpoint(vpc, "logs", {subnet: "172.20.1.20"}, groups, private_dns, [LOGS], name="logs")
    return net


def test_n173_an_endpoint_that_a_profile_brings_answers_its_names() -> None:
    net = hub_endpoint()
    assert codes(ask(net, net.client, "logs")) == {"NO_ROUTE_TO_DESTINATION"}
    profile(net, net.vpc_id, arn(net, "vpce-logs"))
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")


def test_n173_an_endpoint_without_private_dns_in_a_profile_is_open() -> None:
    net = hub_endpoint(private_dns=False)
    net._lists["ec2/describe-vpc-endpoint-services"].append(
        {"ServiceName": "com.amazonaws.us-east-1.logs", "PrivateDnsNames": [{"PrivateDnsName": LOGS}]}
    )
    profile(net, net.vpc_id, arn(net, "vpce-logs"))
    assert ("DNS_PROFILE_UNSEEN", "vpce-logs") in assumed(ask(net, net.client, "logs"))


@pytest.mark.parametrize("resource", ["vpce-gone", "Z0GONE", "rslvr-rr-gone"])
def test_n173_what_a_profile_brings_and_nobody_lists_leaves_names_unknown(resource: str) -> None:
    net = natted()
    profile(net, net.vpc_id, arn(net, resource))
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert resource in {component for _, component in assumed(verdict)}
    if resource == "Z0GONE":
        assert verdict.missing == (f"{GLOBAL}/route53/get-hosted-zone/Z0GONE.json",)


@pytest.mark.parametrize("error", [None, "AccessDeniedException"])
def test_n173_a_list_of_associations_that_is_known_to_be_lacking_leaves_names_unknown(error: str | None) -> None:
    """Refused, or missing while the snapshot holds what a profile brings; in no other case is it asked for."""
    net = natted()
    if error is None:
        profile(net, net.vpc_id, arn(net, net.zone("github.com", ["vpc-other"])))
    files = {path: data for path, data in net.files().items() if "list-profile-associations" not in path}
    path = f"{HOME}/route53profiles/list-profile-associations.json"
    if error is not None:
        files[path] = json.dumps({"Error": {"Code": error}}).encode()
    verdict = load_files(files).simulate(net.client, "host:github.com", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))
    plain = {path: data for path, data in natted().files().items() if "route53profiles" not in path}
    assert load_files(plain).simulate(net.client, "host:github.com", protocol="tcp", port=443).outcome == "allowed"


def test_n173_an_unread_profile_could_go_before_a_zone_that_lacks_the_name() -> None:
    net = Lan()
    net.zone("internal.example", [net.vpc_id])
    profile(net, net.vpc_id, read=False)
    verdict = ask(net, net.client, f"host:{NAME}")
    path = f"{HOME}/route53profiles/list-profile-resource-associations/rp-1.json"
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


def test_n173_a_zone_of_a_profile_known_by_its_own_files_only() -> None:
    net, owner = Lan(), Build("222222222222", tag="o")
    zone = owner.zone("internal.example", [("vpc-elsewhere", "us-east-1")], [(NAME, "A", ["10.0.2.5"])])
    files = net.files() | owner.files()
    del files["222222222222/global/route53/list-hosted-zones.json"]
    profile(net, net.vpc_id, arn(net, zone))
    assert fate(ask(files | net.files(), net.client, f"host:{NAME}")) == ("allowed", "private")


def test_n173_unknown_kinds_in_a_profile_leave_names_unknown_and_query_logs_do_not() -> None:
    net = natted()
    place = "arn:aws:route53resolver:us-east-1:111111111111"
    profile(net, net.vpc_id, f"{place}:resolver-query-log-config/rqlc-1")
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")
    profile(net, net.vpc_id, f"{place}:something-new/x", name="2")
    assert ("DNS_PROFILE_UNSEEN", "rp-2") in assumed(ask(net, net.client, "host:github.com"))


# --- zones of other accounts (N162) ----------------------------------------------------------------------------------


def by_vpc(net: Lan, *summaries: dict[str, Any]) -> None:
    net.put(f"route53/list-hosted-zones-by-vpc/{net.vpc_id}", {"HostedZoneSummaries": list(summaries)}, "global")


def of_account(zone: str, name: str, account: str = "222222222222") -> dict[str, Any]:
    return {"HostedZoneId": zone, "Name": f"{name}.", "Owner": {"OwningAccount": account}}


def test_n162_a_zone_of_another_account_associated_with_the_vpc() -> None:
    net, owner = Lan(), Build("222222222222", tag="o")
    owner.zone("internal.example", [(net.vpc_id, "us-east-1")], [(NAME, "A", ["10.0.2.5"])])
    assert fate(ask(net.files() | owner.files(), net.client, f"host:{NAME}")) == ("allowed", "private")


def test_n162_a_zone_of_an_account_not_collected_names_its_file() -> None:
    net = natted()
    by_vpc(net, of_account("Z9", "github.com"))
    verdict = ask(net, net.client, "host:github.com")
    path = "222222222222/global/route53/list-resource-record-sets/Z9.json"
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))
    assert fate(ask(net, net.client, "host:gitlab.com")) == ("allowed", "internet")


def test_n162_the_zones_by_vpc_stand_in_for_the_list_of_zones() -> None:
    net = natted()
    by_vpc(net)
    files = net.files()
    del files[f"{GLOBAL}/route53/list-hosted-zones.json"]
    assert fate(ask(files, net.client, "host:github.com")) == ("allowed", "internet")


def test_n162_the_zones_by_vpc_stand_in_for_a_zones_own_vpcs() -> None:
    net = natted()
    zone = net.zone("github.com", [])
    files = net.files()
    del files[f"{GLOBAL}/route53/get-hosted-zone/{zone}.json"]
    assert ask(files, net.client, "host:github.com").outcome == "unknown"
    by_vpc(net)
    assert fate(ask(net.files(), net.client, "host:github.com")) == ("allowed", "internet")
    by_vpc(net, of_account(zone, "github.com", "111111111111"))
    files = net.files()
    del files[f"{GLOBAL}/route53/get-hosted-zone/{zone}.json"]
    assert codes(ask(files, net.client, "host:github.com")) == {"DNS_ZONE_SHADOWS_NAME"}


def test_n162_zones_of_awss_services_are_told_by_their_endpoints_or_not_at_all() -> None:
    net = private_logs()
    service = {"OwningService": "vpce.amazonaws.com"}
    by_vpc(net, {"HostedZoneId": "Z1", "Name": f"{LOGS}.", "Owner": service},
           {"HostedZoneId": "Z2", "Name": "fs-1.efs.us-east-1.amazonaws.com.",
            "Owner": {"OwningService": "efs.amazonaws.com"}})  # fmt: skip
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")
    verdict = ask(net, net.client, "host:fs-1.efs.us-east-1.amazonaws.com")
    assert ("UNKNOWN_RESOURCE", "Z2") in assumed(verdict)


def test_n162_central_endpoints_by_alias_records_in_a_shared_zone() -> None:
    net, owner = hub_endpoint(private_dns=False), Build("222222222222", tag="o")
    own_name = net["vpce-logs"]["DnsEntries"][0]["DnsName"]
    owner.zone(LOGS, [(net.vpc_id, "us-east-1")], [(LOGS, "A", own_name)])
    verdict = ask(net.files() | owner.files(), net.client, "logs")
    assert fate(verdict) == ("allowed", "private")
    assert causes(ask(net, net.client, "logs")) == {"DNS_RESOLVES_TO_PUBLIC_ADDRESS"}


def test_n164_a_profiles_rule_of_the_same_domain_is_noted_where_it_differs() -> None:
    net = Hub()
    rule = net.forwards()
    other = forward_rule(net, "vpc-other", "internal.example", ["192.168.0.53"])
    profile(net, net.vpc_id, arn(net, other))
    verdict = ask(net, net.client, f"host:{NAME}")
    assert fate(verdict) == ("allowed", "private")
    assert ("DNS_PROFILE_PRECEDENCE", rule) in assumed(verdict)

"""``reachsim names`` and `Reach.names`: what the names of AWS services lead to from a source, and why."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import QuestionError, load_files
from reachsim.cli import group
from reachsim.names import NameRow
from reachsim.service_hosts import host_variants
from tests.resolvers import firewall, forward_rule
from tests.scenarios.lan import Lan, natted
from tests.scenarios.test_facts_dns import private_logs

BROKEN = "snapshots/broken-pipeline"


def rows(net: Lan, *services: str, source: str = "eni-client") -> dict[str, NameRow]:
    """Host → row, of the only table."""
    (table,) = load_files(net.files()).names(source, services or None).tables
    return {row.host: row for row in table.rows}


def test_the_internet_resolves_publicly() -> None:
    row = rows(private_logs(), "logs", source="internet")["logs.us-east-1.amazonaws.com"]
    assert (row.outcome, row.blocked_by) == ("public", ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [("8.8.8.8", "ip:8.8.8.8"), ("10.0.0.0/8", "ip:10.0.0.0/8"), ("2606:4700::1111", "ip:2606:4700::1111"),
     ("github.com", "host:github.com"), ("https://github.com/aws?x", "host:github.com"),
     ("s3.amazonaws.com", "host:s3.amazonaws.com")],
)  # fmt: skip
def test_addresses_names_and_urls_as_they_are_get_the_selector_to_write(written: str, meant: str) -> None:
    reach = load_files(Lan().files())
    with pytest.raises(QuestionError, match=f"asked for by {re.escape(meant)}$"):
        reach.simulate("eni-client", written)
    for nothing in ("nosuch", "foo/bar"):
        with pytest.raises(QuestionError, match=r"is no selector(?!.*asked for by)"):
            reach.simulate("eni-client", nothing)


def test_a_folder_that_is_no_snapshots_says_what_is_expected_there() -> None:
    inside = {path.split("/", 1)[1]: data for path, data in Lan().files().items()}
    for source, call in (("i-1", "instances"), ("internet", "vpcs"), ("ip:8.8.8.8", "vpcs"), ("ip:10.0.1.5", "vpcs")):
        verdict = load_files(inside).simulate(source, "ip:203.0.113.5")
        assert verdict.outcome == "unknown"
        assert verdict.missing == (f"*/*/ec2/describe-{call}.json",)
        (why,) = verdict.assumptions
        assert why.detail.endswith(f"no file there is an account's (ACCOUNT/REGION/ec2/describe-{call}.json)")


def test_a_private_name_says_which_endpoint_answers() -> None:
    row = rows(private_logs(), "logs")["logs.us-east-1.amazonaws.com"]
    assert (row.outcome, row.addresses, row.through, row.why) == ("private", ("10.0.2.20",), "vpce-logs", None)
    assert [note.code for note in row.assumptions] == ["PRIVATE_DNS_NAME_ASSUMED"]


def test_a_private_name_is_private_over_ipv6_too() -> None:
    """The IPv6 addresses of an endpoint are of its VPC's block, which is public by nature (N36)."""
    net, name = Lan(ipv6="2600:1f10:0:100::/56"), "logs.us-east-1.amazonaws.com"
    own = {net.b: "2600:1f10:0:102::20"}
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], names=[name], ipv6=own, name="logs")
    row = rows(net, "logs")[name]
    assert (row.outcome, row.addresses, row.through) == ("private", ("10.0.2.20", own[net.b]), "vpce-logs")
    net["vpce-logs"]["PrivateDnsEnabled"] = False
    net.zone(name, [net.vpc_id], [(name, "AAAA", [own[net.b]])])
    row = rows(net, "logs")[name]
    assert (row.outcome, row.addresses, row.through) == ("private", (own[net.b],), "Z1111")
    net.zone("us-east-1.api.aws", [net.vpc_id], [("logs.us-east-1.api.aws", "AAAA", ["2600:9000::1"])])
    assert rows(net, "logs")["logs.us-east-1.api.aws"].outcome == "public"


@pytest.mark.parametrize(
    ("host", "kind", "sure"),
    [("logs-fips.us-east-1.amazonaws.com", "fips", False), ("logs.us-east-1.api.aws", "dual-stack", False)],
)
def test_other_forms_say_why_they_are_public(host: str, kind: str, sure: bool) -> None:
    row = rows(private_logs(), "logs")[host]
    assert (row.kind, row.sure, row.outcome, row.through) == (kind, sure, "public", None)
    assert row.why is not None
    assert (row.why.code, row.why.component) == ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", "vpce-logs")


def test_gateway_endpoint_takes_the_regions_names_and_no_ipv6() -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    found = rows(net, "s3")
    row = found["s3.us-east-1.amazonaws.com"]
    assert (row.outcome, row.through, row.addresses) == ("gateway", endpoint, ("52.216.0.0/15",))
    row = found["s3.dualstack.us-east-1.amazonaws.com"]
    assert (row.outcome, row.why and row.why.component) == ("public", endpoint)
    row = found["bucket.s3.amazonaws.com"]
    assert (row.outcome, row.why and row.why.code) == ("public", "DNS_NAME_NOT_COVERED_BY_ENDPOINT")
    other = rows(net, "s3", source="eni-server")["s3.us-east-1.amazonaws.com"]
    assert (other.outcome, other.why and other.why.code) == ("public", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED")


def test_a_gateway_endpoint_takes_the_families_that_its_routes_are_for() -> None:
    """N138: each family has a prefix list of its own, with a route of its own; N17: a static route goes before."""
    net = Lan(ipv6="2600:1f10:0:100::/56")
    endpoint = net.gateway_endpoint(net.vpc_id, "dynamodb", [net.ta])
    six = net.prefix_list(["2600:1f00:aaaa::/48"], "com.amazonaws.us-east-1.ipv6.dynamodb", name="six")
    name, dual = "dynamodb.us-east-1.amazonaws.com", "dynamodb.us-east-1.api.aws"
    found = rows(net, "dynamodb")
    assert [found[one].outcome for one in (name, dual)] == ["gateway", "public"]
    net.route(net.ta, six, endpoint)
    row = rows(net, "dynamodb")[dual]
    assert (row.outcome, row.through, row.addresses) == ("gateway", endpoint, ("52.94.0.0/22", "2600:1f00:aaaa::/48"))
    net.route(net.ta, "52.94.0.0/22", net.with_nat())
    row = rows(net, "dynamodb")[name]
    assert (row.outcome, row.why and row.why.component) == ("public", endpoint)


@pytest.mark.parametrize(
    ("component", "hides", "expected"),
    [
        ("vpce-logs", "block", ["unknown", "gateway", "public"]),
        ("vpce-logs", "leak", ["private", "gateway", "public"]),
        ("vpce-s3", "block", ["private", "unknown", "public"]),
        ("vpce-s3", "leak", ["private", "gateway", "unknown"]),
        ("rtb-a", "block", ["private", "unknown", "public"]),
        ("rtb-b", "leak", ["private", "gateway", "unknown"]),
    ],
)
def test_what_a_plan_leaves_open_leaves_names_open(component: str, hides: str, expected: list[str]) -> None:
    """The name of an endpoint, and one that goes by a gateway endpoint in subnet a and does not in b."""
    net = private_logs()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta], name="s3")
    note = {"component": component, "code": "PLANNED_VALUE_UNKNOWN", "detail": "known after apply", "canHide": hides}
    files = net.files() | {"snapshot.json": json.dumps({"formatVersion": 1, "planned": [note]}).encode()}
    reach, found = load_files(files), []
    for source, service in (("eni-client", "logs"), ("eni-client", "s3"), ("eni-server", "s3")):
        (table,) = reach.names(source, [service]).tables
        found.append(next(one.outcome for one in table.rows if one.host == f"{service}.us-east-1.amazonaws.com"))
    assert found == expected


def test_whether_a_gateway_endpoint_takes_a_name_is_not_known_without_the_route_table() -> None:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    host, files = "s3.us-east-1.amazonaws.com", net.files()
    (path,) = (one for one in files if one.endswith("/describe-route-tables.json"))
    tables = json.loads(files.pop(path))
    without_routes = {
        "RouteTables": [{key: one[key] for key in one if key != "Routes"} for one in tables["RouteTables"]]
    }
    for given, missing in ((None, (path,)), (without_routes, ())):
        held = files if given is None else {**files, path: json.dumps(given).encode()}
        (table,) = load_files(held).names("eni-client", ["s3"]).tables
        row = next(one for one in table.rows if one.host == host)
        assert (row.outcome, row.missing) == ("unknown", missing)


@pytest.mark.parametrize(
    ("endpoint", "route", "outcome"),
    [
        ("Available", "Active", "gateway"), ("hibernating", "active", "unknown"), ("available", "resting", "unknown"),
        ("deleting", "active", "public"), ("available", "blackhole", "public"),
    ],
)  # fmt: skip
def test_a_gateway_endpoint_takes_names_in_states_that_work(endpoint: str, route: str, outcome: str) -> None:
    net = Lan()
    name = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net[name]["State"] = endpoint
    for one in net[net.ta]["Routes"]:
        if one.get("GatewayId") == name:
            one["State"] = route
    assert rows(net, "s3")["s3.us-east-1.amazonaws.com"].outcome == outcome


def test_whether_a_route_without_a_target_is_a_gateway_endpoints_is_not_known() -> None:
    """EC2 API, Route: each kind of target has a member of its own, and AWS adds kinds."""
    for state, outcome in (("active", "unknown"), ("blackhole", "public")):
        net = Lan()
        name = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
        for one in net[net.ta]["Routes"]:
            if one.get("GatewayId") == name:
                del one["GatewayId"]
                one["State"] = state
        row = rows(net, "s3")["s3.us-east-1.amazonaws.com"]
        assert row.outcome == outcome
        assert [one.component for one in row.blocked_by] == ([net.ta] if outcome == "unknown" else [])


def test_whether_a_gateway_endpoint_takes_a_name_is_not_known_where_a_route_tells_no_destination() -> None:
    net = Lan()
    name = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    for one in net[net.ta]["Routes"]:
        if one.get("GatewayId") == name:
            del one["DestinationPrefixListId"]
    row = rows(net, "s3")["s3.us-east-1.amazonaws.com"]
    assert (row.outcome, [one.component for one in row.blocked_by]) == ("unknown", [net.ta])


def test_a_zone_that_answers_is_named() -> None:
    net = Lan()
    zone = net.zone("sts.us-east-1.amazonaws.com", [net.vpc_id], [("sts.us-east-1.amazonaws.com", "A", ["10.0.2.9"])])
    row = rows(net, "sts")["sts.us-east-1.amazonaws.com"]
    assert (row.outcome, row.through, row.addresses) == ("private", zone, ("10.0.2.9",))


def test_a_name_that_gets_no_answer_says_what_keeps_it_away() -> None:
    net = natted()
    group_id = firewall(net, net.vpc_id, {"Action": "BLOCK", "domains": ("sts.amazonaws.com",)})
    row = rows(net, "sts")["sts.amazonaws.com"]
    assert (row.outcome, [note.component for note in row.blocked_by]) == ("no-answer", [group_id])


def test_a_name_that_is_not_known_names_the_rule_or_the_file() -> None:
    net = natted()
    rule = forward_rule(net, net.vpc_id, "amazonaws.com", ["192.168.0.53"])
    row = rows(net, "sts")["sts.us-east-1.amazonaws.com"]
    assert (row.outcome, [(note.code, note.component) for note in row.blocked_by]) == (
        "unknown", [("DNS_FORWARDED_UNKNOWN", rule)],
    )  # fmt: skip
    files = natted().files()
    path = "111111111111/us-east-1/ec2/describe-vpc-endpoints.json"
    del files[path]
    (table,) = load_files(files).names("eni-client", ["sts"]).tables
    assert {row.missing for row in table.rows} == {(path,)}


def test_without_services_the_pipelines_and_those_with_an_endpoint() -> None:
    net = private_logs()
    net.interface_endpoint(net.vpc_id, "kms", {net.b: "10.0.2.21"}, [net.open], name="kms")
    services = [row.service for row in rows(net).values()]
    assert {"ecr.dkr", "s3", "git-codecommit", "logs", "kms"} <= set(services)
    assert "lambda" not in services


def test_a_build_outside_every_vpc_asks_publicly() -> None:
    net = Lan()
    net.project("app")
    (table,) = load_files(net.files()).names("codebuild:app", ["logs"]).tables
    assert table.vpc is None
    assert {row.outcome for row in table.rows} == {"public"}


def test_places_that_resolve_alike_share_a_table() -> None:
    net = private_logs()
    net.project("app", net.vpc_id, [net.a, net.b], [net.open])
    reach = load_files(net.files())
    (table,) = reach.names("codebuild:app", ["logs"]).tables
    assert table.sources == ("codebuild:app@subnet-a", "codebuild:app@subnet-b")
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    assert len(load_files(net.files()).names("codebuild:app", ["s3"]).tables) == 2


@pytest.mark.parametrize(
    ("source", "service"), [("eni-gone", "s3"), ("host:x.example", "s3"), ("eni-client", "ip:1.2.3.4")]
)
def test_what_makes_no_sense_is_refused(source: str, service: str) -> None:
    with pytest.raises(QuestionError):
        load_files(Lan().files()).names(source, [service])


@pytest.mark.parametrize(
    ("suffix", "region", "expected"),
    [
        ("ecr.dkr", "us-east-1", "111111111111.dkr-ecr.us-east-1.on.aws"),
        ("s3", "cn-north-1", "s3.dualstack.cn-north-1.amazonaws.com.cn"),
        ("sts", "us-east-1", "sts.amazonaws.com"),
        ("iam", "us-east-1", "iam.amazonaws.com"),
        ("lambda", "eu-west-1", "lambda-fips.eu-west-1.amazonaws.com"),
        ("kms-fips", "us-east-1", "kms-fips.us-east-1.amazonaws.com"),
        ("codeartifact.repositories", "us-east-1", "domain-111111111111.d.codeartifact.us-east-1.amazonaws.com"),
    ],
)
def test_forms_of_names(suffix: str, region: str, expected: str) -> None:
    assert expected in {one.host for one in host_variants(suffix, region, "111111111111")}


def test_no_fips_and_no_global_names_in_china() -> None:
    for suffix in ("s3", "sts", "lambda", "ecr.api"):
        kinds = {one.kind for one in host_variants(suffix, "cn-north-1", "111111111111")}
        assert kinds <= {"regional", "dual-stack", "legacy", "account"}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(group, ["names", BROKEN, "--from", "codebuild:app-build", *arguments])


def test_the_command_prints_tables() -> None:
    result = run("--service", "ecr.api", "--service", "s3")
    assert result.exit_code == 0
    assert "private  regional         api.ecr.ap-northeast-1.amazonaws.com" in result.stdout
    assert "VPCE_ROUTE_TABLE_NOT_ASSOCIATED" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_the_commands_json_holds_the_same() -> None:
    result = run("--service", "ecr.api", "--format", "json")
    tables = json.loads(result.stdout)["tables"]
    assert {"vpc", "sources", "rows"} == set(tables[0])
    assert tables[0]["rows"][0]["outcome"] == "private"
    assert set(tables[0]["rows"][0]) == {
        "service", "kind", "host", "sure", "outcome", "addresses", "through", "steps", "why", "blocked_by", "missing",
        "assumptions",
    }  # fmt: skip


def test_a_bad_service_is_bad_usage() -> None:
    assert run("--service", "nonsense").exit_code == 2

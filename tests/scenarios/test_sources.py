"""Builds, tasks and functions as sources: one test per rule of AWS.

Rules are those of "Amazon ECS task networking options", "Giving Lambda functions access to resources in an Amazon VPC",
"Reserved capacity fleet properties" and "Use AWS CodeBuild with a managed proxy server"; facts N113, N210 to N212, P11,
P62 to P66.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.errors import QuestionError
from reachsim.verdict import Check
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, fate, natted, public

WORLD = "ip:198.51.100.7"
HOME = "111111111111/us-east-1"
FLEET = "arn:aws:codebuild:us-east-1:111111111111:fleet/f:1"
CLUSTER = "arn:aws:ecs:us-east-1:111111111111:cluster/main"


# --- ECS ------------------------------------------------------------------------------------------------------------


def with_service(net: Lan, subnets: list[str], assign: str = "DISABLED", **more: Any) -> Lan:
    """The network with the service ``ecs:main/web``, on Fargate unless said otherwise."""
    awsvpc = {"subnets": subnets, "securityGroups": more.pop("groups", [net.open]), "assignPublicIp": assign}
    service = {
        "serviceName": "web",
        "clusterArn": CLUSTER,
        "launchType": "FARGATE",
        "taskDefinition": "arn:aws:ecs:us-east-1:111111111111:task-definition/web:3",
        "networkConfiguration": {"awsvpcConfiguration": awsvpc},
    }
    net._lists["ecs/list-clusters"].append(CLUSTER)
    net.put(f"ecs/describe-services/{CLUSTER.replace('/', '%2F')}", {"services": [service | more], "failures": []})
    return net


def test_a_service_sends_from_each_of_its_subnets_by_chance() -> None:
    net = natted()
    verdict = ask(with_service(net, [net.a, net.b]), "ecs:main/web", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert codes(verdict) == {"NO_ROUTE_TO_DESTINATION"}
    starts = {path.hops[0].component for path in verdict.paths}
    assert starts == {f"ecs:main/web@{net.a}", f"ecs:main/web@{net.b}"}


def test_fargate_tasks_with_a_public_address_reach_the_internet_from_a_public_subnet() -> None:
    net = public()
    assert fate(ask(with_service(net, [net.a], "ENABLED"), "ecs:main/web", WORLD)) == ("allowed", "internet")


def test_fargate_tasks_without_a_public_address_do_not() -> None:
    net = public()
    verdict = ask(with_service(net, [net.a]), "ecs:main/web", WORLD)
    assert codes(verdict) == {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}
    assert causes(verdict) == {None}  # the cause that names CodeBuild is for builds


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"launchType": "EC2"}, "blocked"),
        ({"launchType": "EXTERNAL"}, "blocked"),
        ({"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}, "allowed"),
        ({"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "my-instances"}]}, "blocked"),
        ({"launchType": None}, "allowed"),
    ],
)
def test_public_addresses_are_for_fargate_only(more: dict[str, Any], outcome: str) -> None:
    net = public()
    assert ask(with_service(net, [net.a], "ENABLED", **more), "ecs:main/web", WORLD).outcome == outcome


def test_a_service_without_groups_uses_the_default_group_of_the_vpc() -> None:
    net = natted()
    net["sg-v-default"]["IpPermissionsEgress"] = []
    verdict = ask(with_service(net, [net.a], groups=[]), "ecs:main/web", WORLD)
    assert {(b.code, b.component) for b in verdict.blocked_by} == {("SG_HAS_NO_RULES", "sg-v-default")}


def test_a_targets_group_may_name_the_services_group() -> None:
    net = Lan()
    own = net.group(net.vpc_id, name="own")
    only = net.group(net.vpc_id, [("tcp", 443, 443, own)])
    net[net.server]["Groups"] = [{"GroupId": only, "GroupName": only}]
    assert ask(with_service(net, [net.a], groups=[own]), "ecs:main/web", net.server).outcome == "allowed"


@pytest.mark.parametrize(("family", "outcome"), [(None, "allowed"), ("WINDOWS_SERVER_2022_CORE", "intermittent")])
def test_tasks_have_the_ephemeral_ports_of_their_system(family: str | None, outcome: str) -> None:
    net = Lan()
    rows = [(100, "in", "allow", "tcp", (32768, 60999), "0.0.0.0/0"), (100, "out", "allow", "-1", None, "0.0.0.0/0")]
    net.use_acl(net.a, net.acl(net.vpc_id, rows))
    verdict = ask(with_service(net, [net.a], platformFamily=family), "ecs:main/web", net.server)
    assert verdict.outcome == outcome


def test_a_service_on_the_instances_own_interfaces_is_not_modelled() -> None:
    net = with_service(Lan(), [], networkConfiguration=None)
    verdict = ask(net, "ecs:main/web", net.server)
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("UNMODELLED_COMPONENT", "ecs:main/web")})


def test_ipv6_of_tasks_is_an_assumption() -> None:
    net = public(ipv6="2600:1f10:0:100::/56")
    verdict = ask(with_service(net, [net.a], "ENABLED"), "ecs:main/web", WORLD)
    assert ("ECS_TASK_IPV6", "ecs:main/web") in assumed(verdict)


def test_a_service_acts_as_its_task_role() -> None:
    net = natted()
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    with_service(net, [net.a])
    role = "arn:aws:iam::111111111111:role/task"
    definition = {"taskRoleArn": role, "executionRoleArn": "arn:aws:iam::111111111111:role/agent"}
    statement = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    inline = [{"PolicyName": "p", "PolicyDocument": document}]
    net.put(
        "iam/get-account-authorization-details",
        {"RoleDetailList": [{"Arn": role, "RolePolicyList": inline, "AttachedManagedPolicies": []}], "Policies": []},
        region="global",
    )
    request = {"action": "logs:PutLogEvents", "resource": "arn:aws:logs:us-east-1:111111111111:log-group:g:*"}
    layers = ["network", "identity-policy"]
    assert ask(net, "ecs:main/web", "logs", requests=[request], layers=layers).outcome == "unknown"
    net.put("ecs/describe-task-definition/web:3", {"taskDefinition": definition})
    assert ask(net, "ecs:main/web", "logs", requests=[request], layers=layers).outcome == "allowed"


def test_what_is_not_known_of_a_service_is_named() -> None:
    files = Lan().files()
    del files[f"{HOME}/ecs/list-clusters.json"]
    assert ask(files, "ecs:main/web", WORLD).missing == (f"{HOME}/ecs/list-clusters.json",)
    net = Lan()
    net._lists["ecs/list-clusters"].append(CLUSTER)
    assert ask(net, "ecs:main/web", WORLD).missing == (f"{HOME}/ecs/describe-services/main.json",)


@pytest.mark.parametrize("selector", ["ecs:main/other", "ecs:other/web", "ecs:main", "lambda:other"])
def test_a_name_that_the_files_lack_is_an_error(selector: str) -> None:
    net = with_service(Lan(), [])
    with pytest.raises(QuestionError):
        ask(net, selector, WORLD)


# --- Lambda ---------------------------------------------------------------------------------------------------------


def with_function(net: Lan, subnets: list[str] | None = None, **more: Any) -> Lan:
    """The network with the function ``lambda:f``."""
    function: dict[str, Any] = {"FunctionName": "f", "Role": "arn:aws:iam::111111111111:role/f"}
    if subnets is not None:
        config = {"SubnetIds": subnets, "SecurityGroupIds": [net.open], "VpcId": net.vpc_id}
        function["VpcConfig"] = config | more
    net._lists["lambda/list-functions"].append(function)
    return net


@pytest.mark.parametrize("subnets", [None, []])
def test_a_function_without_a_vpc_runs_on_awss_own_network(subnets: list[str] | None) -> None:
    net = with_function(Lan(), subnets)
    assert fate(ask(net, "lambda:f", WORLD)) == ("allowed", "internet")
    assert fate(ask(net, "lambda:f", "logs")) == ("allowed", "aws-public")
    assert ask(net, "lambda:f", net.server).outcome == "blocked"


def test_a_function_in_a_vpc_has_an_interface_per_subnet() -> None:
    net = natted()
    with_function(net, [net.a, net.b])
    assert fate(ask(net, "lambda:f", net.server)) == ("allowed", "private")
    assert fate(ask(net, "lambda:f", WORLD)) == ("intermittent", "internet")


def test_functions_never_get_a_public_address() -> None:
    net = public()
    assert codes(ask(with_function(net, [net.a]), "lambda:f", WORLD)) == {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}


def test_n113_functions_send_from_any_port_above_1023() -> None:
    net = Lan()
    rows = [(100, "in", "allow", "tcp", (32768, 65535), "0.0.0.0/0"), (100, "out", "allow", "-1", None, "0.0.0.0/0")]
    net.use_acl(net.a, net.acl(net.vpc_id, rows))
    assert ask(with_function(net, [net.a]), "lambda:f", net.server).outcome == "intermittent"


@pytest.mark.parametrize(("allowed", "outcome"), [(True, "allowed"), (False, "blocked")])
def test_functions_get_ipv6_addresses_only_where_allowed(allowed: bool, outcome: str) -> None:
    net = public(ipv6="2600:1f10:0:100::/56")
    with_function(net, [net.a], Ipv6AllowedForDualStack=allowed)
    assert ask(net, "lambda:f", "ip:2001:db8::7").outcome == outcome


def test_a_missing_list_of_functions_is_named() -> None:
    files = Lan().files()
    del files[f"{HOME}/lambda/list-functions.json"]
    verdict = ask(files, "lambda:f", WORLD)
    assert (verdict.outcome, verdict.missing) == ("unknown", (f"{HOME}/lambda/list-functions.json",))


# --- CodeBuild fleets and Lambda compute ------------------------------------------------------------------------------


def on_fleet(net: Lan, *, own: list[str] | None = None, fleet: list[str] | None = None, **more: Any) -> Lan:
    """The network with a project on a fleet, each with a vpcConfig of these subnets or none."""
    environment = {"type": "LINUX_CONTAINER", "image": "x", "fleet": {"fleetArn": FLEET}}
    net.project("app", net.vpc_id if own else None, own or [], [net.open], environment=environment)
    record: dict[str, Any] = {"arn": FLEET, "name": "f", "overflowBehavior": "QUEUE"}
    if fleet:
        record["vpcConfig"] = {"vpcId": net.vpc_id, "subnets": fleet, "securityGroupIds": [net.open]}
    net._lists["codebuild/batch-get-fleets"].append(record | more)
    return net


def checked(net: Lan) -> Check:
    return load_files(net.files()).check()


def test_n211_two_vpc_configs_that_differ_are_both_judged() -> None:
    net = natted()
    on_fleet(net, own=[net.b], fleet=[net.a])
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert assumed(verdict) == {("FLEET_VPC_CONFIG_UNCLEAR", "codebuild:app")}


def test_n211_two_vpc_configs_that_are_equal_are_one() -> None:
    net = natted()
    on_fleet(net, own=[net.a], fleet=[net.a])
    verdict = ask(net, "codebuild:app", WORLD)
    assert (fate(verdict), assumed(verdict)) == (("allowed", "internet"), set())


def test_n211_a_vpc_config_of_the_project_may_not_hold_on_a_fleet_without_one() -> None:
    net = Lan()
    on_fleet(net, own=[net.a])
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert ("FLEET_VPC_CONFIG_UNCLEAR", "codebuild:app") in assumed(verdict)


def test_p65_the_fleets_vpc_config_holds_for_a_project_without_one() -> None:
    net = Lan()
    on_fleet(net, fleet=[net.a])
    assert fate(ask(net, "codebuild:app", WORLD)) == ("blocked", "none")
    assert fate(ask(net, "codebuild:app", net.server)) == ("allowed", "private")


def test_p65_builds_that_overflow_leave_the_vpc() -> None:
    net = Lan()
    on_fleet(net, fleet=[net.a], overflowBehavior="ON_DEMAND")
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    result = checked(net)
    assert result.overall == "leaking"
    assert "FLEET_OVERFLOW_LEAVES_VPC" in {one.id for one in result.findings}


@pytest.mark.parametrize("more", [{}, {"own": True, "overflowBehavior": "ON_DEMAND"}])
def test_p65_no_finding_where_builds_stay_in_the_vpc(more: dict[str, Any]) -> None:
    net = Lan()
    on_fleet(net, own=[net.a] if more.pop("own", False) else None, fleet=[net.a], **more)
    assert "FLEET_OVERFLOW_LEAVES_VPC" not in {one.id for one in checked(net).findings}
    assert ask(net, "codebuild:app", WORLD).outcome == "blocked"


def test_p11_lambda_compute_is_never_in_a_vpc() -> None:
    net = Lan()
    net.project("app", net.vpc_id, [net.a], [net.open], environment={"type": "LINUX_LAMBDA_CONTAINER", "image": "x"})
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


# --- the managed proxy ------------------------------------------------------------------------------------------------


def behind_proxy(default: str, *rules: tuple[str, str, str]) -> Lan:
    """A project on a fleet outside VPCs whose managed proxy has these (type, effect, entity) rules."""
    ordered = [{"type": kind, "effect": effect, "entities": [entity]} for kind, effect, entity in rules]
    return on_fleet(Lan(), proxyConfiguration={"defaultBehavior": default, "orderedProxyRules": ordered})


def test_p66_the_default_behaviour_of_the_managed_proxy_denies() -> None:
    verdict = ask(behind_proxy("DENY_ALL"), "codebuild:app", "host:github.com")
    assert blocks(verdict) == {("FLEET_PROXY_DENY", "f", None, None, "request", "egress")}
    assert {block.symptom for block in verdict.blocked_by} == {"403"}


def test_p66_the_default_behaviour_of_the_managed_proxy_allows() -> None:
    assert fate(ask(behind_proxy("ALLOW_ALL"), "codebuild:app", WORLD)) == ("allowed", "internet")


@pytest.mark.parametrize(
    ("host", "outcome"), [("github.com", "allowed"), ("api.github.com", "blocked"), ("a.example.com", "allowed")]
)
def test_p66_domain_rules_allow_their_names(host: str, outcome: str) -> None:
    net = behind_proxy("DENY_ALL", ("DOMAIN", "ALLOW", "github.com"), ("DOMAIN", "ALLOW", "*.example.com"))
    verdict = ask(net, "codebuild:app", f"host:{host}")
    assert verdict.outcome == outcome


def test_p66_the_first_rule_that_matches_decides() -> None:
    net = behind_proxy("ALLOW_ALL", ("DOMAIN", "DENY", "github.com"), ("DOMAIN", "ALLOW", "github.com"))
    verdict = ask(net, "codebuild:app", "host:github.com")
    assert blocks(verdict) == {("FLEET_PROXY_DENY", "f", 1, None, "request", "egress")}


def test_p66_address_rules_split_a_block() -> None:
    net = behind_proxy("DENY_ALL", ("IP", "ALLOW", "198.51.100.0/25"))
    assert ask(net, "codebuild:app", WORLD).outcome == "allowed"
    assert codes(ask(net, "codebuild:app", "ip:198.51.100.200")) == {"FLEET_PROXY_DENY"}


def test_p66_domain_rules_leave_addresses_open() -> None:
    """Some name that the rule allows may have any address."""
    net = behind_proxy("DENY_ALL", ("DOMAIN", "ALLOW", "github.com"))
    verdict = ask(net, "codebuild:app", WORLD)
    assert (verdict.outcome, ("FLEET_PROXY_SCOPE_UNKNOWN", "f") in assumed(verdict)) == ("unknown", True)


def test_p66_aws_services_behind_a_proxy_that_denies_by_default_are_unknown() -> None:
    net = behind_proxy("DENY_ALL")
    assert ask(net, "codebuild:app", "logs").outcome == "unknown"
    net = behind_proxy("DENY_ALL", ("DOMAIN", "ALLOW", "logs.us-east-1.amazonaws.com"))
    assert fate(ask(net, "codebuild:app", "logs")) == ("allowed", "aws-public")
    net = behind_proxy("ALLOW_ALL", ("DOMAIN", "DENY", "logs.us-east-1.amazonaws.com"))
    assert codes(ask(net, "codebuild:app", "logs")) == {"FLEET_PROXY_DENY"}


def test_p66_builds_that_overflow_do_not_meet_the_proxy() -> None:
    net = behind_proxy("DENY_ALL")
    net._lists["codebuild/batch-get-fleets"][0]["overflowBehavior"] = "ON_DEMAND"
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert ("FLEET_OVERFLOW_ON_DEMAND", "codebuild:app") in assumed(verdict)


def test_p66_a_proxy_does_not_apply_in_a_vpc() -> None:
    net = natted()
    on_fleet(net, fleet=[net.a], proxyConfiguration={"defaultBehavior": "DENY_ALL", "orderedProxyRules": []})
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


def test_records_keep_no_plain_text() -> None:
    """A snapshot may hold functions with their variables; none of it gets into a verdict."""
    net = with_function(Lan())
    net._lists["lambda/list-functions"][0]["Environment"] = {"Variables": {"TOKEN": "swordfish"}}
    assert "swordfish" not in json.dumps(repr(ask(net, "lambda:f", WORLD)))


# --- as destinations --------------------------------------------------------------------------------------------------


def test_a_service_is_reached_at_whatever_addresses_its_tasks_get() -> None:
    net = with_service(Lan(), ["subnet-a", "subnet-b"])
    assert fate(ask(net, net.client, "ecs:main/web")) == ("allowed", "private")


def test_which_subnet_a_task_is_in_is_chance() -> None:
    net = with_service(Lan(), ["subnet-a", "subnet-b"])
    rows = [(100, "in", "allow", "-1", None, "10.0.2.0/24"), (100, "out", "allow", "-1", None, "0.0.0.0/0")]
    net.use_acl(net.b, net.acl(net.vpc_id, rows))
    assert ask(net, net.client, "ecs:main/web").outcome == "intermittent"


def test_the_services_own_groups_filter_not_those_of_its_neighbours() -> None:
    net = Lan()
    shut = net.group(net.vpc_id, [])
    verdict = ask(with_service(net, [net.b], groups=[shut]), net.client, "ecs:main/web")
    assert blocks(verdict) == {("SG_HAS_NO_RULES", shut, None, f"ecs:main/web@{net.b}", "request", "ingress")}


def test_a_clients_group_may_name_the_services_group() -> None:
    net = Lan()
    own = net.group(net.vpc_id, [("-1", None, None, "0.0.0.0/0")], name="own")
    only = net.group(net.vpc_id, [], [("tcp", 443, 443, own)])
    net[net.client]["Groups"] = [{"GroupId": only, "GroupName": only}]
    assert ask(with_service(net, [net.b], groups=[own]), net.client, "ecs:main/web").outcome == "allowed"


@pytest.mark.parametrize(("assign", "outcome"), [("ENABLED", "allowed"), ("DISABLED", "blocked")])
def test_the_internet_reaches_tasks_with_a_public_address(assign: str, outcome: str) -> None:
    net = public()
    assert ask(with_service(net, [net.a], assign), "internet", "ecs:main/web").outcome == outcome


def test_the_internet_reaches_no_task_whose_group_does_not_admit_it() -> None:
    net = public()
    shut = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.0.0/8")])
    verdict = ask(with_service(net, [net.a], "ENABLED", groups=[shut]), "internet", "ecs:main/web")
    assert codes(verdict) == {"ENI_SG_RULES_MISMATCH"}


def test_a_function_takes_no_connections() -> None:
    net = with_function(Lan(), ["subnet-b"])
    assert codes(ask(net, net.client, "lambda:f")) == {"NO_POSSIBLE_DESTINATION"}


def test_a_build_is_not_reached_at_its_neighbours_address() -> None:
    net = Lan()
    shut = net.group(net.vpc_id, [])
    net.project("app", net.vpc_id, [net.b], [shut])
    assert ask(net, net.client, "codebuild:app").outcome == "blocked"


def test_a_proxy_rule_that_cannot_be_read_leaves_it_open() -> None:
    net = behind_proxy("DENY_ALL", ("IP", "ALLOW", "not-a-block"))
    assert ask(net, "codebuild:app", WORLD).outcome == "unknown"
    assert ask(behind_proxy("ALLOW_ALL", ("COUNTRY", "DENY", "xx")), "codebuild:app", WORLD).outcome == "unknown"


def test_project_that_names_a_vpc_and_no_subnet_is_not_known_to_be_anywhere() -> None:
    net = Lan()
    net.project("app", net.vpc_id, [], [net.open])
    verdict = ask(net, "codebuild:app", "host:github.com")
    assert verdict.outcome == "unknown"
    assert "codebuild:app" in {one.component for one in verdict.assumptions}


@pytest.mark.parametrize("holder", ["endpoint", "instance", "neighbour", "nobody", "own"])
def test_a_build_gets_no_address_that_the_snapshot_shows_in_use(holder: str) -> None:
    """A network ACL that denies a single address matters only if a build can get it."""
    net = Lan()
    address = "10.0.2.77"
    if holder == "endpoint":
        net.interface_endpoint(net.vpc_id, "ecr.api", {net.b: address}, [net.open])
    elif holder == "instance":
        net.instance(net.b, address, [net.open])
    elif holder != "nobody":
        other = net.group(net.vpc_id, [], name="other")
        net.interface(net.b, address, [net.open if holder == "own" else other])
    net.project("app", net.vpc_id, [net.b], [net.open])
    entries = [
        (50, "in", "deny", "-1", None, f"{address}/32"),
        *((100, way, "allow", "-1", None, "0.0.0.0/0") for way in ("in", "out")),
    ]
    net.use_acl(net.a, net.acl(net.vpc_id, entries, name="x"))
    verdict = ask(net, "codebuild:app", net.client)
    assert verdict.outcome == ("intermittent" if holder in ("nobody", "own") else "allowed")


def test_a_build_in_a_full_subnet_waits_for_an_address() -> None:
    net = Lan()
    tiny = net.subnet(net.vpc_id, "10.0.3.0/28", table=net.tb, name="tiny")
    other = net.group(net.vpc_id, [], name="other")
    for number in range(4, 15):
        net.interface(tiny, f"10.0.3.{number}", [other])
    net.project("app", net.vpc_id, [tiny], [net.open])
    assert ask(net, "codebuild:app", net.client).outcome == "allowed"


@pytest.mark.parametrize("address", ["10.0.99.1", "10.0.0.2", "10.0.1.1", "10.0.1.255"])
def test_addresses_of_a_vpc_that_no_interface_can_have_are_told_as_such(address: str) -> None:
    net = Lan()
    (block,) = ask(net, f"ip:{address}", net.server).blocked_by
    assert block.code == "NO_PATH"
    assert "no interface can have" in block.detail
    (block,) = ask(net, "ip:172.16.0.1", net.server).blocked_by
    assert "in no VPC" in block.detail


# --- an empty subnet as a destination ---------------------------------------------------------------------------------


def test_an_empty_subnet_as_a_destination_is_whatever_could_be_in_it() -> None:
    net = Lan()
    empty = net.subnet(net.vpc_id, "10.0.3.0/24", table=net.tb, name="empty")
    verdict = ask(net, net.client, empty)
    assert fate(verdict) == ("allowed", "private")
    assert assumed(verdict) == {("ANY_INTERFACE_OF_SUBNET", empty)}
    for group in ("sg-open", "sg-v-default"):
        net[group]["IpPermissions"] = []
    assert codes(ask(net, net.client, empty)) == {"SG_HAS_NO_RULES"}


def test_an_empty_subnet_behind_an_internet_gateway_could_be_reached_from_outside() -> None:
    net = public()
    for table, outcome in ((net.ta, "allowed"), (net.tb, "blocked")):
        empty = net.subnet(net.vpc_id, f"10.0.{3 if table == net.ta else 4}.0/24", table=table)
        assert ask(net, "internet", empty).outcome == outcome
    assert ask(net, "internet", net.vpc("10.9.0.0/16")).outcome == "blocked"  # which has no subnet


def test_an_empty_vpc_is_whatever_could_be_in_any_of_its_subnets() -> None:
    net = Lan()
    other = net.vpc("10.9.0.0/16", name="w")
    tables = [net.table(other) for _ in range(2)]
    for number, table in enumerate(tables, start=1):
        net.subnet(other, f"10.9.{number}.0/24", table=table)
    pcx = net.peering(net.vpc_id, other)
    net.route(net.ta, "10.9.1.0/24", pcx)
    for table in tables:
        net.route(table, "10.0.0.0/16", pcx)
    net["sg-w-default"]["IpPermissions"] = [net._permission(ANY)]
    verdict = ask(net, net.client, other)
    assert fate(verdict) == ("allowed", "private")
    net.route(net.ta, "10.9.1.0/24", net.igw(net.vpc_id))
    assert ask(net, net.client, other).outcome == "blocked"

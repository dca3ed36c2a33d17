"""Snapshots of somebody who would like to hear "private" or "allowed": what a file does not say is never filled in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim import SnapshotError, load_files
from reachsim.report.text import overall_sentence
from tests.build import Build, GroupRule
from tests.scenarios.pipelines import Pipeline

ROOT = Path(__file__).resolve().parents[2]
ALL: tuple[GroupRule, ...] = (("-1", None, None, "0.0.0.0/0"), ("-1", None, None, "::/0"))
TCP = {"protocol": "tcp", "port": 443}
Files = dict[str, bytes]


def shipped(name: str = "private-pipeline") -> Files:
    folder = ROOT / "snapshots" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edited(files: Files, name: str, edit: Callable[[Any], object]) -> Files:
    path = next(one for one in files if one.endswith(f"/{name}.json"))
    document = json.loads(files[path])
    edit(document)
    return {**files, path: json.dumps(document).encode()}


def outcome(net: Build, source: str, target: str, **more: Any) -> str:
    return load_files(net.files()).simulate(source, target, **{**TCP, **more}).outcome


def by_nat() -> tuple[Build, str]:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    public = net.subnet(vpc, "10.0.0.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    subnet = net.subnet(
        vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.nat(public, "10.0.0.9", "203.0.113.200"))])
    )
    return net, net.interface(subnet, "10.0.1.5", [net.group(vpc, egress=ALL)])


# --- One page of several ----------------------------------------------------------------------------------------------

TOKENS = ({"NextToken": "x"}, {"nextToken": "x"}, {"NextMarker": "x"}, {"IsTruncated": True})


@pytest.mark.parametrize("token", TOKENS, ids=lambda one: next(iter(one)))
@pytest.mark.parametrize("name", ["ec2/describe-route-tables", "ec2/describe-security-groups", "ec2/describe-subnets",
                                  "codebuild/batch-get-projects", "ec2/describe-instances"])  # fmt: skip
def test_one_page_of_several_counts_as_not_known(name: str, token: dict[str, Any]) -> None:
    found = load_files(edited(shipped(), name, lambda one: one.update(token))).check()
    assert found.overall == "undecided"
    assert any(path.endswith(f"{name}.json") for path in found.missing)


@pytest.mark.parametrize("token", [{"NextToken": ""}, {"NextToken": None}, {"IsTruncated": False}])
def test_the_last_page_is_whole(token: dict[str, Any]) -> None:
    found = load_files(edited(shipped(), "ec2/describe-route-tables", lambda one: one.update(token))).check()
    assert found.overall == "private-and-working"


def test_a_per_resource_file_that_goes_on_is_not_known() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    listed = net.prefix_list(["198.51.100.0/24"])
    table = net.table(vpc, [(listed, net.igw(vpc))])
    source = net.interface(net.subnet(vpc, "10.0.1.0/24", table=table), "10.0.1.5", [net.group(vpc, egress=ALL)])
    files = net.files()
    assert load_files(files).simulate(source, "ip:203.0.113.9", **TCP).outcome == "blocked"
    some = edited(files, listed, lambda one: one.update(NextToken="x"))
    assert load_files(some).simulate(source, "ip:203.0.113.9", **TCP).outcome == "unknown"


# --- States -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "expected"), [
    ("available", "allowed"), ("Available", "allowed"), ("AVAILABLE", "allowed"), ("pending", "blocked"),
    ("Deleted", "blocked"), ("deleting", "unknown"), ("failed", "blocked"), ("hibernating", "unknown"), ("", "unknown"),
])  # fmt: skip
def test_a_state_that_nobody_knows_neither_works_nor_blocks(state: str, expected: str) -> None:
    net, source = by_nat()
    (gateway,) = net._lists["ec2/describe-nat-gateways"]
    gateway["State"] = state
    assert outcome(net, source, "ip:203.0.113.9") == expected


@pytest.mark.parametrize(("state", "expected"), [
    ("available", "allowed"), ("Attached", "allowed"), ("detached", "blocked"), ("loosening", "unknown"),
])  # fmt: skip
def test_the_attachment_of_an_internet_gateway(state: str, expected: str) -> None:
    net, source = by_nat()
    (gateway,) = net._lists["ec2/describe-internet-gateways"]
    gateway["Attachments"][0]["State"] = state
    assert outcome(net, source, "ip:203.0.113.9") == expected


@pytest.mark.parametrize("attachments", [None, [{"State": "available"}]])
def test_a_gateway_that_does_not_say_where_it_is_attached(attachments: object) -> None:
    """DescribeInternetGateways answers an empty list for a detached one, and a VPC for every attachment."""
    net, source = by_nat()
    (gateway,) = net._lists["ec2/describe-internet-gateways"]
    if attachments is None:
        del gateway["Attachments"]
    else:
        gateway["Attachments"] = attachments
    assert outcome(net, source, "ip:203.0.113.9") == "unknown"


@pytest.mark.parametrize(("kind", "expected"), [("public", "unknown"), ("private", "blocked")])
def test_a_nat_gateway_whose_public_address_is_not_told(kind: str, expected: str) -> None:
    net, source = by_nat()
    (gateway,) = net._lists["ec2/describe-nat-gateways"]
    gateway["ConnectivityType"] = kind
    for address in gateway["NatGatewayAddresses"]:
        address.pop("PublicIp", None)
    for interface in net._lists["ec2/describe-network-interfaces"]:
        interface.pop("Association", None)
    assert outcome(net, source, "ip:203.0.113.9") == expected


def test_a_nat_gateway_whose_own_address_is_not_told() -> None:
    net, source = by_nat()
    (gateway,) = net._lists["ec2/describe-nat-gateways"]
    for address in gateway["NatGatewayAddresses"]:
        del address["PrivateIp"]
    assert outcome(net, source, "ip:203.0.113.9") == "unknown"


@pytest.mark.parametrize(("state", "expected"), [
    ("active", "allowed"), ("Active", "allowed"), ("expired", "blocked"), ("sleeping", "unknown"),
])  # fmt: skip
def test_the_state_of_a_peering_connection(state: str, expected: str) -> None:
    net = Build()
    vpcs = [net.vpc(f"10.{number}.0.0/16") for number in (0, 1)]
    peering = net.peering(*vpcs)
    for vpc, block in zip(vpcs, ("10.1.0.0/16", "10.0.0.0/16"), strict=True):
        net.route(net.main_table(vpc), block, peering)
    ends = [net.interface(net.subnet(vpc, f"10.{number}.1.0/24"), f"10.{number}.1.5",
                          [net.group(vpc, ingress=ALL, egress=ALL)]) for number, vpc in enumerate(vpcs)]  # fmt: skip
    net[peering]["Status"]["Code"] = state
    assert outcome(net, ends[0], ends[1]) == expected


@pytest.mark.parametrize(("state", "works"), [("associated", True), ("Associated", True), ("new-word", True),
                                              ("disassociated", False)])  # fmt: skip
def test_an_ipv6_block_whose_state_is_written_otherwise_is_still_there(state: str, works: bool) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", ipv6="2600:1f18:0:100::/56")
    table = net.table(vpc, [("::/0", net.igw(vpc))])
    subnet = net.subnet(vpc, "10.0.1.0/24", ipv6="2600:1f18:0:101::/64", table=table)
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=ALL)], ipv6=["2600:1f18:0:101::5"])
    for record in (net[vpc], net[subnet]):
        record["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"]["State"] = state
    assert (outcome(net, "internet", target) == "allowed") is works


# --- Rules ------------------------------------------------------------------------------------------------------------


def with_entry(**changes: Any) -> Files:
    net, _ = by_nat()
    for acl in net._lists["ec2/describe-network-acls"]:
        acl["Entries"][0] |= changes
        acl["Entries"][0] = {key: value for key, value in acl["Entries"][0].items() if value is not None}
    return net.files()


def test_an_entry_of_a_network_acl_is_read_whatever_its_case() -> None:
    assert with_entry(RuleAction="ALLOW") != with_entry()
    _, source = by_nat()
    assert load_files(with_entry(RuleAction="ALLOW")).simulate(source, "ip:203.0.113.9", **TCP).outcome == "allowed"


@pytest.mark.parametrize("changes", [{"RuleAction": "log"}, {"CidrBlock": None}])
def test_an_entry_that_cannot_be_understood_is_a_fault(changes: dict[str, Any]) -> None:
    with pytest.raises(SnapshotError, match="Entries"):
        load_files(with_entry(**changes))


@pytest.mark.parametrize("key", ["IpPermissions", "IpPermissionsEgress"])
def test_a_list_that_is_not_there_is_no_empty_list(key: str) -> None:
    net, source = by_nat()
    ends = ("internet", source) if key == "IpPermissions" else (source, "ip:203.0.113.9")
    ends = ("ip:10.0.0.9", source) if key == "IpPermissions" else ends
    (group,) = (one for one in net._lists["ec2/describe-security-groups"] if one["GroupName"] != "default")
    group[key] = []
    assert outcome(net, *ends) == "blocked"
    del group[key]
    assert outcome(net, *ends) == "unknown"


def test_a_rule_that_names_nobody_we_know_may_admit_anybody() -> None:
    net, source = by_nat()
    group = net[net.group(net._lists["ec2/describe-vpcs"][0]["VpcId"])]
    net[source]["Groups"] = [{"GroupId": group["GroupId"]}]
    group["IpPermissionsEgress"] = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [],
                                     "NewKindOfPeer": [{"Name": "all"}]}]  # fmt: skip
    assert outcome(net, source, "ip:203.0.113.9") == "unknown"
    assert outcome(net, source, "ip:203.0.113.9", port=80) == "blocked"


@pytest.mark.parametrize("key", ["Entries", "Routes"])
def test_a_record_without_its_list_is_not_known(key: str) -> None:
    net, source = by_nat()
    where = {"Entries": "network-acls", "Routes": "route-tables"}[key]
    for record in net._lists[f"ec2/describe-{where}"]:
        del record[key]
    assert outcome(net, source, "ip:203.0.113.9") == "unknown"


@pytest.mark.parametrize("route", [
    {"DestinationCidrBlock": "203.0.113.0/24", "QuantumGatewayId": "qgw-1", "State": "active"},
    {"DestinationCountry": "SE", "GatewayId": "local", "State": "active"},
])  # fmt: skip
def test_a_route_of_a_kind_that_is_new_decides_nothing(route: dict[str, Any]) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    source = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc, egress=ALL)])
    assert outcome(net, source, "ip:203.0.113.9") == "blocked"
    net[net.main_table(vpc)]["Routes"].append(route)
    assert outcome(net, source, "ip:203.0.113.9") == "unknown"


def test_host_bits_in_a_block_are_no_other_block() -> None:
    net, source = by_nat()
    for table in net._lists["ec2/describe-route-tables"]:
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == "0.0.0.0/0":
                route["DestinationCidrBlock"] = "203.0.113.77/0"
    assert outcome(net, source, "ip:203.0.113.9") == "allowed"


def test_a_public_address_in_one_of_its_two_places_is_one() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    target = net.interface(subnet, "10.0.1.5", [net.group(vpc, ingress=ALL)])
    assert outcome(net, "internet", target) == "blocked"
    net[target]["Association"] = {"PublicIp": "203.0.113.5"}
    assert outcome(net, "internet", target) == "allowed"


# --- Endpoints and names ----------------------------------------------------------------------------------------------


def private_name(**changes: Any) -> tuple[Build, str]:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet, other = net.subnet(vpc, "10.0.1.0/24"), net.subnet(vpc, "10.0.2.0/24")
    guard = net.group(vpc, ingress=ALL)
    endpoint = net.interface_endpoint(vpc, "logs", {subnet: "10.0.1.9", other: "10.0.2.9"}, [guard])
    net[endpoint].update(changes)
    return net, net.interface(subnet, "10.0.1.50", [net.group(vpc, egress=ALL)])


@pytest.mark.parametrize(("state", "expected"), [
    ("available", "allowed"), ("Available", "allowed"), ("pendingAcceptance", "blocked"), ("Failed", "blocked"),
])  # fmt: skip
def test_an_endpoint_answers_when_it_is_there(state: str, expected: str) -> None:
    net, source = private_name(State=state)
    assert outcome(net, source, "logs") == expected


def test_an_interface_of_an_endpoint_that_is_not_in_the_snapshot_may_be_the_answer() -> None:
    net, source = private_name()
    endpoint = net._lists["ec2/describe-vpc-endpoints"][0]
    endpoint["NetworkInterfaceIds"].append("eni-elsewhere")
    assert outcome(net, source, "logs") == "unknown"


def test_private_dns_that_is_off_leads_to_public_addresses() -> None:
    net, source = private_name(PrivateDnsEnabled=False)
    assert outcome(net, source, "logs") == "blocked"


# --- Who takes part, and what a build does ----------------------------------------------------------------------------


def test_a_project_that_is_listed_and_not_described_may_do_anything() -> None:
    files = edited(shipped(), "codebuild/batch-get-projects", lambda one: one["projects"].clear())
    found = load_files(files).check()
    assert found.overall == "undecided"
    assert any(path.endswith("batch-get-projects.json") for path in found.missing)


def no_roles(details: Any) -> None:
    details["RoleDetailList"].clear()


def no_managed_policies(details: Any) -> None:
    details["Policies"].clear()


def no_versions(details: Any) -> None:
    for one in details["Policies"]:
        del one["PolicyVersionList"]


def no_documents(details: Any) -> None:
    for one in details["Policies"]:
        for version in one["PolicyVersionList"]:
            del version["Document"]


def no_list(key: str) -> Callable[[Any], object]:
    def edit(details: Any) -> None:
        details.pop(key, None)
        for one in details.get("RoleDetailList", ()):
            one.pop(key, None)

    return edit


NO_LISTS = [no_list("RoleDetailList"), no_list("InstanceProfileList")]


@pytest.mark.parametrize("edit", [no_roles, no_managed_policies, no_versions, no_documents, *NO_LISTS])
def test_an_instance_whose_permissions_are_told_in_part_may_be_a_client(edit: Callable[[Any], object]) -> None:
    """``get-account-authorization-details --filter`` leaves lists empty that are not asked for."""
    clients = [one.source for one in load_files(shipped()).check().matrix if one.source.startswith("i-")]
    some = load_files(edited(shipped(), "iam/get-account-authorization-details", edit)).check()
    assert clients
    assert {one.source for one in some.matrix} >= set(clients)
    assert some.overall == "undecided"


def test_a_role_without_any_list_of_its_policies_may_have_some() -> None:
    def edit(details: Any) -> None:
        no_list("RolePolicyList")(details)
        no_list("AttachedManagedPolicies")(details)

    reach = load_files(edited(shipped(), "iam/get-account-authorization-details", edit))
    requests = [{"action": "ecr:BatchGetImage", "resource": "arn:aws:ecr:ap-northeast-1:111111111111:repository/app"}]
    verdict = reach.simulate("codebuild:app-build", "ecr.api", protocol="tcp", port=443, requests=requests)
    assert (verdict.outcome, verdict.layers["identity-policy"]) == ("unknown", "unknown")


def test_an_inline_policy_without_its_document_is_not_known() -> None:
    def edit(details: Any) -> None:
        for role in details["RoleDetailList"]:
            for one in role["RolePolicyList"]:
                del one["PolicyDocument"]

    found = load_files(edited(shipped(), "iam/get-account-authorization-details", edit)).check()
    assert found.overall == "undecided"


def test_a_policy_without_statements_is_a_fault() -> None:
    def edit(details: Any) -> None:
        for role in details["RoleDetailList"]:
            for one in role["RolePolicyList"]:
                del one["PolicyDocument"]["Statement"]

    with pytest.raises(SnapshotError, match=r"get-account-authorization-details\.json.*Statement"):
        load_files(edited(shipped(), "iam/get-account-authorization-details", edit)).check()


def test_a_gateway_endpoint_without_its_policy_is_taken_to_have_the_default_one() -> None:
    def edit(document: Any) -> None:
        for one in document["VpcEndpoints"]:
            if one["VpcEndpointType"] == "Gateway":
                del one["PolicyDocument"]

    requests = [{"action": "s3:GetObject", "resource": "arn:aws:s3:::somebody-elses/x"}]
    reach = load_files(edited(shipped(), "ec2/describe-vpc-endpoints", edit))
    verdict = reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443, requests=requests)
    assert verdict.layers["endpoint-policy"] == "allowed"
    assert "ASSUMED_DEFAULT" in {one.code for one in verdict.assumptions}


def test_a_rule_that_names_nobody_may_name_somebody() -> None:
    def edit(document: Any) -> None:
        for group in document["SecurityGroups"]:
            for rule in group["IpPermissionsEgress"]:
                for key in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
                    rule.pop(key, None)

    reach = load_files(edited(shipped(), "ec2/describe-security-groups", edit))
    assert reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443).outcome == "unknown"


def test_the_lists_that_a_rule_leaves_out_are_empty() -> None:
    """Files that people write themselves name the list that has somebody in it, and not the three empty ones."""

    def edit(document: Any) -> None:
        for group in document["SecurityGroups"]:
            for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"]):
                for key in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
                    if not rule[key]:
                        del rule[key]

    whole, short = shipped(), edited(shipped(), "ec2/describe-security-groups", edit)
    for target in ("git-codecommit", "s3", "internet", "ecr.api"):
        asked = {"protocol": "tcp", "port": 443}
        said = [load_files(files).simulate("codebuild:app-build", target, **asked) for files in (whole, short)]
        assert said[0].to_json() == said[1].to_json()


def test_an_answer_without_instances_is_a_fault() -> None:
    def edit(document: Any) -> None:
        del document["Reservations"][0]["Instances"]

    with pytest.raises(SnapshotError, match="Instances"):
        load_files(edited(shipped(), "ec2/describe-instances", edit)).check()


@pytest.mark.parametrize("kind", ["SUBVERSION", None])
def test_a_source_of_a_kind_that_is_new_is_not_known_to_work(kind: str | None) -> None:
    def edit(document: Any) -> None:
        document["projects"][0]["source"] = {"type": kind, "location": "x"} if kind else {}

    for files in (shipped(), {path: data for path, data in shipped().items() if not path.startswith("code/")}):
        assert load_files(edited(files, "codebuild/batch-get-projects", edit)).check().overall == "undecided"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy"])
def test_what_a_proxy_reaches_is_not_known(name: str) -> None:
    def edit(document: Any) -> None:
        variables = document["projects"][0]["environment"].setdefault("environmentVariables", [])
        variables.append({"name": name, "type": "PLAINTEXT"})

    found = load_files(edited(shipped(), "codebuild/batch-get-projects", edit)).check()
    assert found.overall == "undecided"
    (step,) = (one for one in found.steps if one.step == "environment")
    assert step.outcome == "unknown"
    assert name in step.contacts[0]


def test_what_the_build_fetches_through_a_proxy_is_not_blocked_by_its_own_way() -> None:
    def edit(document: Any) -> None:
        variables = document["projects"][0]["environment"].setdefault("environmentVariables", [])
        variables.append({"name": "HTTPS_PROXY", "value": "http://proxy.corp.example:3128", "type": "PLAINTEXT"})

    files = edited(shipped(), "codebuild/batch-get-projects", edit)
    (place,) = (path for path in files if path.endswith("buildspec.yml"))
    files[place] = b"version: 0.2\nphases: {build: {commands: ['curl https://files.example.org/x']}}"
    found = load_files(files).check()
    assert found.overall == "undecided"
    assert [one.outcome for one in found.steps if one.step == "run"] == ["unknown"]


def test_a_build_that_needs_docker_does_not_pass_without_privileged_mode() -> None:
    def edit(document: Any) -> None:
        document["projects"][0]["environment"]["privilegedMode"] = False

    found = load_files(edited(shipped(), "codebuild/batch-get-projects", edit)).check()
    assert [one.id for one in found.findings if one.severity == "high"] == ["DOCKER_DAEMON_NOT_RUNNING"]
    assert found.exit_code == 1
    assert "every step works" not in overall_sentence(found)
    assert "every step works" in overall_sentence(load_files(shipped()).check())


def test_an_endpoint_that_is_down_is_the_fault_and_not_what_keeps_public_addresses_out() -> None:
    """To open the filters and routes on the way to the service's public addresses would open a way out."""
    net = Pipeline()
    net["vpce-ecr-api"]["State"] = "failed"
    net["sg-build"]["IpPermissionsEgress"][0]["IpRanges"] = [{"CidrIp": "10.10.0.0/16"}]
    net.permit("sg-build", "out", ("tcp", 443, 443, str(net._lists["ec2/describe-prefix-lists"][0]["PrefixListId"])))
    check = load_files(net.files()).check()
    assert {(one.id, one.component) for one in check.findings if one.severity == "high"} == {
        ("BAD_STATE", "vpce-ecr-api")
    }


def test_an_account_that_lists_no_project_is_not_asked_for_any() -> None:
    """Nobody can call batch-get-projects without a name."""
    files = {path: data for path, data in shipped().items() if not path.startswith("code/") and path != "manifest.json"}
    (listed,) = [path for path in files if path.endswith("codebuild/list-projects.json")]
    told = listed.replace("list-projects", "batch-get-projects")
    files = {path: data for path, data in files.items() if path != told} | {listed: b'{"projects": []}'}
    assert load_files(files).check().missing == ()
    assert told in load_files({path: data for path, data in files.items() if path != listed}).check().missing
    assert told in load_files(files | {listed: b'{"projects": [], "nextToken": "more"}'}).check().missing

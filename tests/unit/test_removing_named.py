"""What if something that has no id of EC2's were gone: zones, rules, tables, roles, policies, repositories, buckets."""

from __future__ import annotations

import json

import pytest

from reachsim import Reach, load_files
from reachsim.errors import QuestionError
from tests.scenarios.pipelines import ACCOUNT, BUILD, REGION, Pipeline, for_all, policy, statement

MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/logs"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
IAM = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
RESOLVER = f"{ACCOUNT}/{REGION}/route53resolver"
EC2 = f"{ACCOUNT}/{REGION}/ec2"


@pytest.fixture(scope="module")
def reach() -> Reach:
    net = Pipeline()
    net.zone("example.internal", ["vpc-1"], [("mirror.example.internal", "A", "10.10.11.20")])
    gateway = net.tgw(name="1")
    table, attachment = net.tgw_table(gateway, name="1"), net.tgw_attachment(gateway, "vpc-1", [net.build_a])
    net.associate(table, attachment)
    net._lists["route53resolver/list-resolver-rules"].append({
        "Id": "rslvr-rr-1", "DomainName": "corp.example.", "Status": "COMPLETE", "RuleType": "FORWARD",
        "TargetIps": [{"Ip": "10.99.0.2", "Port": 53}], "OwnerId": ACCOUNT})  # fmt: skip
    net._lists["route53resolver/list-resolver-rule-associations"].append(
        {"Id": "rslvr-rrassoc-1", "ResolverRuleId": "rslvr-rr-1", "VPCId": "vpc-1", "Status": "COMPLETE"}
    )
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}, {"repositoryName": "base/go"}]})
    net.no_policy("ecr/get-repository-policy/base%2Fgo", "RepositoryPolicyNotFoundException")
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "art"}]}, region="global")
    document = json.dumps(policy(for_all("s3:GetObject", "arn:aws:s3:::art/*")))
    net.put("s3api/get-bucket-policy/art", {"Policy": document}, region="global")
    files = net.files()
    details = json.loads(files[IAM])
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(statement("logs:PutLogEvents"))}
    details["Policies"] = [
        {"Arn": MANAGED, "PolicyName": "logs", "DefaultVersionId": "v1", "PolicyVersionList": [version]}
    ]
    details["RoleDetailList"][0]["AttachedManagedPolicies"] = [{"PolicyArn": MANAGED, "PolicyName": "logs"}]
    return load_files({**files, IAM: json.dumps(details).encode()})


GONE = {
    "Z1111": {f"{ACCOUNT}/global/route53/{one}" for one in (
        "list-hosted-zones.json", "get-hosted-zone/Z1111.json", "list-resource-record-sets/Z1111.json")},
    "rslvr-rr-1": {f"{RESOLVER}/list-resolver-rules.json", f"{RESOLVER}/list-resolver-rule-associations.json"},
    "tgw-rtb-1": {f"{EC2}/{one}" for one in (
        "describe-transit-gateway-route-tables.json", "describe-transit-gateway-attachments.json",
        "search-transit-gateway-routes/tgw-rtb-1.json",
        "get-transit-gateway-route-table-associations/tgw-rtb-1.json",
        "get-transit-gateway-route-table-propagations/tgw-rtb-1.json")},
    ROLE: {IAM}, MANAGED: {IAM},
    "ecr:base/go": {f"{ACCOUNT}/{REGION}/ecr/describe-repositories.json",
                    f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/base%2Fgo.json"},
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app": {
        f"{ACCOUNT}/{REGION}/ecr/describe-repositories.json", f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/app.json"},
    "s3:art": {f"{ACCOUNT}/global/s3api/list-buckets.json", f"{ACCOUNT}/global/s3api/get-bucket-policy/art.json"},
}  # fmt: skip


@pytest.mark.parametrize("component", GONE)
def test_all_that_tells_of_it_is_gone_and_nothing_else(reach: Reach, component: str) -> None:
    before, after = reach.network.snapshot, reach.what_if(remove=[component]).network.snapshot
    name = component.rpartition(":")[2].rpartition("repository/")[2]
    assert {*before.paths, *after.paths} - {
        one for one in after.paths if before.holds(one) and json.loads(before.read(one)) == json.loads(after.read(one))
    } == GONE[component]
    assert all(name.encode() not in after.read(one) for one in GONE[component] if after.holds(one))
    with pytest.raises(QuestionError, match="is not in the snapshot"):
        reach.what_if(remove=[component, component])


def test_what_rests_on_it_changes(reach: Reach) -> None:
    name = "host:mirror.example.internal"
    found = [one.simulate(BUILD, name, protocol="tcp", port=443) for one in (reach, reach.what_if(remove=["Z1111"]))]
    assert [any(block.symptom == "name-not-found" for block in one.blocked_by) for one in found] == [False, True]
    diff = reach.diff(reach.what_if(remove=[ROLE]))
    assert {cell.destination for cell in diff.cells if cell.needed and cell.before.outcome == "allowed"} >= {"ecr.api"}


@pytest.mark.parametrize("nonsense", ["Z9", "s3:none", "ecr:none", "tgw-rtb-none", f"arn:aws:iam::{ACCOUNT}:user/x"])
def test_what_is_not_there_cannot_go(reach: Reach, nonsense: str) -> None:
    with pytest.raises(QuestionError, match=f"{nonsense} is not in the snapshot"):
        reach.what_if(remove=[nonsense])

"""Hostile pairs: what is told of edits to the shipped snapshots, and that it is told as one change where it is one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim import load_files
from reachsim.changes import compare
from reachsim.diff import Diff
from reachsim.diff.scope import matters_not
from reachsim.model.network import Network
from reachsim.snapshot import Snapshot

BUILD, ENDPOINTS = "sg-092001eab0fb38fe0", "sg-0e864fc1329b81cd0"
S3, LOGS, GIT = "vpce-0d95810861dfd68e5", "vpce-0a4aad74012c14f20", "vpce-09fc7db208a273e13"
NAT, NAT_ENI, EIP = "nat-0fe4076b67f4c4eb8", "eni-0f57e4e53b0d7d5df", "eipalloc-0b4eb8142609218e2"
ROLE = "arn:aws:iam::111111111111:role/service-role/codebuild-app-build"


class Files:
    """A snapshot to be edited: documents by the end of their path, records by id."""

    def __init__(self, place: Path) -> None:
        self.files = {one.relative_to(place).as_posix(): one.read_bytes() for one in place.rglob("*") if one.is_file()}
        self._documents: dict[str, Any] = {}

    def __getitem__(self, call: str) -> Any:
        (path,) = [one for one in self.files if one.endswith(f"/{call}.json")]
        return self._documents.setdefault(path, json.loads(self.files[path]))

    def record(self, call: str, value: str) -> dict[str, Any]:
        (rows,) = [one for one in self[f"ec2/{call}"].values() if isinstance(one, list)]
        found: dict[str, Any] = next(one for one in rows if value in one.values())
        return found

    def replace(self, pairs: dict[str, str]) -> None:
        edited = {}
        for path, data in self.done().items():
            for old, new in pairs.items():
                path, data = path.replace(old, new), data.replace(old.encode(), new.encode())
            edited[path] = data
        self.files, self._documents = edited, {}

    def done(self) -> dict[str, bytes]:
        return self.files | {path: json.dumps(one).encode() for path, one in self._documents.items()}


Edit = Callable[[Files], object]


def policy_of(files: Files, endpoint: str, edit: Callable[[dict[str, Any]], object]) -> None:
    record = files.record("describe-vpc-endpoints", endpoint)
    document = json.loads(record["PolicyDocument"])
    edit(document)
    record["PolicyDocument"] = json.dumps(document)


def other_forms(document: dict[str, Any]) -> None:
    """The same policy, written the other way: lists of one, values twice, statements backwards."""
    for one in document["Statement"]:
        for key in ("Action", "Resource"):
            one[key] = [one[key]] if isinstance(one[key], str) else [*reversed(one[key]), one[key][0]]
    document["Statement"].reverse()


def shuffle(files: Files) -> None:
    rng = random.Random(1)

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return rng.sample([shuffled(one) for one in value], len(value))
        return (
            {key: shuffled(value[key]) for key in rng.sample(list(value), len(value))}
            if isinstance(value, dict)
            else value
        )

    for path in [one for one in files.files if one.startswith("1") and one.endswith(".json")]:
        files.files[path] = json.dumps(shuffled(json.loads(files.files[path]))).encode()


def age(files: Files) -> None:
    for one in files["describe-subnets"]["Subnets"]:
        one["AvailableIpAddressCount"] = 7
    for one in files["batch-get-projects"]["projects"]:
        one["lastModified"] = "2027-01-01T00:00:00Z"
    for one in files["get-account-authorization-details"]["RoleDetailList"]:
        one["RoleLastUsed"] = {"LastUsedDate": "2027-01-01T00:00:00Z", "Region": "us-east-1"}
    for one in files["describe-network-interfaces"]["NetworkInterfaces"]:
        one.setdefault("Attachment", {}).update(AttachTime="2027-01-01T00:00:00Z", AttachmentId="eni-attach-1")


def groups_anew(files: Files) -> None:
    files.replace({BUILD: "sg-0ddddddddddddddd1", ENDPOINTS: "sg-0ddddddddddddddd2"})


@pytest.mark.parametrize("edit", [
    shuffle, age, groups_anew, lambda files: policy_of(files, S3, other_forms),
    lambda files: files.replace({LOGS: "vpce-0bbbbbbbbbbbbbbbb"}),
], ids=["order", "volatile fields", "groups made anew", "policy in other words", "endpoint made anew"])  # fmt: skip
def test_what_means_the_same_is_no_change(snapshots: Path, edit: Edit) -> None:
    assert told(snapshots / "private-pipeline", edit) == []


def told(place: Path, edit: Edit) -> list[tuple[str, str, str]]:
    files = Files(place)
    before = Network(Snapshot.of(files.done()))
    edit(files)
    return [(one.kind, one.component, one.text) for one in compare(before, Network(Snapshot.of(files.done()))).changes]


def nat_anew(files: Files) -> None:
    files.replace({NAT: "nat-0aaaaaaaaaaaaaaaa", NAT_ENI: "eni-0aaaaaaaaaaaaaaaa", EIP: "eipalloc-0aaaaaaaaaaaaaaaa",
                   "203.0.113.10": "203.0.113.77", '10.20.0.10"': '10.20.0.99"'})  # fmt: skip


def nat_deleted(files: Files) -> None:
    files.record("describe-nat-gateways", NAT)["State"] = "deleted"
    for table in files["describe-route-tables"]["RouteTables"]:
        for route in table["Routes"]:
            route["State"] = "blackhole" if route.get("NatGatewayId") else route["State"]
    rows = files["describe-network-interfaces"]["NetworkInterfaces"]
    rows.remove(files.record("describe-network-interfaces", NAT_ENI))
    for field in ("AssociationId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress"):
        files["describe-addresses"]["Addresses"][0].pop(field)


def test_a_nat_gateway_made_anew_is_told_by_its_addresses(snapshots: Path) -> None:
    assert told(snapshots / "leaky-pipeline", nat_anew) == [
        ("nat-gateway", "nat-0aaaaaaaaaaaaaaaa",
         "private address: 10.20.0.10 → 10.20.0.99; public address: 203.0.113.10 → 203.0.113.77"),
        ("elastic-ip", "eipalloc-0aaaaaaaaaaaaaaaa", "allocated: 203.0.113.77"),
        ("elastic-ip", EIP, "released: 203.0.113.10"),
    ]  # fmt: skip


def test_the_end_of_a_nat_gateway_is_one_change(snapshots: Path) -> None:
    assert told(snapshots / "leaky-pipeline", nat_deleted) == [
        ("nat-gateway", NAT, "State: available → deleted; leaves a blackhole in rtb-0faff1e16cb1207a9"),
    ]  # fmt: skip


def endpoint_elsewhere(files: Files) -> None:
    files.replace(
        {LOGS: "vpce-0bbbbbbbbbbbbbbbb", '"10.10.11.48"': '"10.10.11.148"', "eni-0e88bceb657ee0528": "eni-1b"}
    )


def hosted_zone(files: Files) -> None:
    zone = {"Id": "/hostedzone/Z1", "Name": "corp.example.", "CallerReference": "x", "Config": {"PrivateZone": True}}
    files["route53/list-hosted-zones"]["HostedZones"].append(zone)
    vpcs = [{"VPCRegion": "ap-northeast-1", "VPCId": "vpc-09ed60a9387753c86"}]
    records = [{"Name": "git.corp.example.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.10.21.15"}]}]
    for name, document in (("get-hosted-zone", {"HostedZone": zone, "VPCs": vpcs}),
                           ("list-resource-record-sets", {"ResourceRecordSets": records})):  # fmt: skip
        files.files[f"111111111111/global/route53/{name}/Z1.json"] = json.dumps(document).encode()


def another_rule(files: Files) -> None:
    pair = files.record("describe-security-groups", BUILD)["IpPermissionsEgress"][0]["UserIdGroupPairs"][0]
    pair["Description"] = "other words"


def stays_behind(files: Files) -> None:
    rules = json.loads(json.dumps(files.record("describe-security-groups", BUILD)["IpPermissionsEgress"]))
    files.replace({ENDPOINTS: "sg-0ddddddddddddddd2"})
    files.record("describe-security-groups", BUILD)["IpPermissionsEgress"] = rules


def other_condition(document: dict[str, Any]) -> None:
    document["Statement"][0]["Condition"]["StringEquals"]["aws:PrincipalAccount"] = "222222222222"


def other_sid(document: dict[str, Any]) -> None:
    document["Statement"][0]["Sid"] = "Renamed"


def without_association(files: Files) -> None:
    table = files.record("describe-route-tables", "rtb-06613949688688f31")
    table["Associations"] = [one for one in table["Associations"] if one["SubnetId"] != "subnet-0a3a634a76e7d6fa4"]


def role_of(files: Files) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in files["get-account-authorization-details"]["RoleDetailList"] if one["Arn"] == ROLE
    )
    return found


@pytest.mark.parametrize(("edit", "expected"), [
    (endpoint_elsewhere, ("vpc-endpoint", "vpce-0bbbbbbbbbbbbbbbb", "private address: 10.10.11.48 → 10.10.11.148")),
    (hosted_zone, ("hosted-zone", "Z1", "created: corp.example.")),
    (another_rule, ("security-group", BUILD, f"description of the egress rule tcp 443 to {ENDPOINTS} changed")),
    (stays_behind, ("security-group", "sg-0ddddddddddddddd2",
                    f"re-created under a new id; still named {ENDPOINTS} by security group {BUILD} (egress rule)")),
    (lambda files: policy_of(files, GIT, other_condition),
     ("vpc-endpoint", GIT, "policy statement changed: GitOfOwnAccount "
      '(Condition: {"StringEquals": {"aws:PrincipalAccount": "111111111111"}} → '
      '{"StringEquals": {"aws:PrincipalAccount": "222222222222"}})')),
    (lambda files: policy_of(files, GIT, other_sid),
     ("vpc-endpoint", GIT, "policy statement renamed: GitOfOwnAccount is now Renamed (Allow codecommit:GitPull, "
      "codecommit:GitPush on arn:aws:codecommit:ap-northeast-1:111111111111:app by anyone if aws:PrincipalAccount)")),
    (without_association, ("route-table", "rtb-06613949688688f31",
                           "subnet-0a3a634a76e7d6fa4: route table rtb-06613949688688f31 → the main one")),
    (lambda files: files["batch-get-projects"]["projects"][0]["environment"]["environmentVariables"].append(
        {"name": "TOKEN", "value": "a:b", "type": "SECRETS_MANAGER"}),
     ("codebuild-project", "codebuild:app-build", "environment variable added: TOKEN (SECRETS_MANAGER)")),
    (lambda files: files.record("describe-vpcs", "vpc-09ed60a9387753c86").update(Tags=[]),
     ("vpc", "vpc-09ed60a9387753c86", "tag Name: pipeline → none")),
], ids=["addresses", "hosted zone", "description", "old id", "condition", "Sid", "main table", "variable",
       "tag"])  # fmt: skip
def test_an_edit_is_one_change_in_awss_words(snapshots: Path, edit: Edit, expected: tuple[str, str, str]) -> None:
    assert told(snapshots / "private-pipeline", edit) == [expected]


def compared(place: Path, *edits: Edit) -> Diff:
    files = Files(place)
    before = load_files(files.done())
    for edit in edits:
        edit(files)
    return before.diff(load_files(files.done()))


def test_what_stays_behind_a_group_made_anew_is_the_cause(snapshots: Path) -> None:
    diff = compared(snapshots / "private-pipeline", stays_behind)
    assert {one.destination for one in diff.cells} == {
        "git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "logs", "sts",
    }  # fmt: skip
    assert {one.causes for one in diff.cells} == {("c1",)}


def test_a_trust_policy_is_compared_by_itself(snapshots: Path) -> None:
    def strangers(files: Files) -> None:
        role_of(files)["AssumeRolePolicyDocument"]["Statement"].append(
            {"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
             "Action": "sts:AssumeRole"}
        )  # fmt: skip

    (policy,) = compared(snapshots / "private-pipeline", strangers).policies
    assert (policy.component, policy.allows_more, policy.allows_less) == (f"{ROLE} (trust policy)", True, False)
    assert "999999999999" in policy.more


def test_names_and_descriptions_touch_nobody_but_a_callers_tags_may(snapshots: Path) -> None:
    files = Files(snapshots / "private-pipeline")
    before = Network(Snapshot.of(files.done()))
    another_rule(files)
    role_of(files)["Tags"] = [{"Key": "team", "Value": "blue"}]
    changes = compare(before, Network(Snapshot.of(files.done()))).changes
    assert {one.kind: matters_not(one) for one in changes} == {"security-group": True, "iam-role": False}


def test_a_finding_of_two_causes_names_both(snapshots: Path) -> None:
    """Without logs' private DNS or without sts's endpoint alone, builds ask for public addresses."""

    def hidden(files: Files) -> None:
        for endpoint in (LOGS, "vpce-0bef22b5af0daa4c2"):
            files.record("describe-vpc-endpoints", endpoint)["PrivateDnsEnabled"] = False

    diff = compared(snapshots / "private-pipeline", hidden)
    (finding,) = [one for one in diff.appeared if one.id == "ENI_SG_RULES_MISMATCH"]
    assert diff.causes_of(finding) == ("c1", "c2")

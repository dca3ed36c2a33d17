"""`reachsim validate`: every problem with its place, and nothing where there is none."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from reachsim.cli import group
from reachsim.collect import later, shapes
from reachsim.collect.validate import Validation, validate, validate_at
from reachsim.importers import import_batfish
from reachsim.snapshot import Snapshot, open_snapshot
from tests.fuzz.mutate import broken
from tests.unit.collect.fake import Fake, run

HOME = "111111111111/eu-west-1"
DUMPS = sorted((Path(__file__).resolve().parents[2] / "data" / "aws-cli-dumps").glob("*/"))


def checked(files: dict[str, Any]) -> Validation:
    encoded = {name: one if isinstance(one, bytes) else json.dumps(one).encode() for name, one in files.items()}
    return validate(Snapshot.of(encoded))


def found(files: dict[str, Any]) -> list[str]:
    return [str(one) for one in checked(files).problems]


@pytest.mark.parametrize("name", ["private-pipeline", "leaky-pipeline", "broken-pipeline"])
def test_the_shipped_snapshots_have_no_faults(name: str, snapshots: Path) -> None:
    result = validate(open_snapshot(snapshots / name))
    assert result.faults == 0
    assert result.checked >= 70


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.name)
def test_public_dumps_have_no_faults(dump: Path, tmp_path: Path) -> None:
    import_batfish(dump, tmp_path / "s")
    result = validate(open_snapshot(tmp_path / "s"))
    assert [str(one) for one in result.problems if one.level == "fault"] == []


VPCS = f"{HOME}/ec2/describe-vpcs.json"
VPC = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}
GROUPS = f"{HOME}/ec2/describe-security-groups.json"
ACLS = f"{HOME}/ec2/describe-network-acls.json"
NATS = f"{HOME}/ec2/describe-nat-gateways.json"
ENTRY = {
    "RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": True, "CidrBlock": "0.0.0.0/0",
    "PortRange": {"From": 443, "To": 443},
}  # fmt: skip
ROLE = {"RoleName": "a", "Arn": "arn:aws:iam::111111111111:role/a"}
STATELESS = {
    "UpdateToken": "a",
    "RuleGroupResponse": {"RuleGroupArn": "arn:a", "RuleGroupName": "a", "RuleGroupId": "a"},
    "RuleGroup": {"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": [
        {"Priority": 1, "RuleDefinition": {
            "Actions": ["aws:pass"], "MatchAttributes": {"DestinationPorts": [{"FromPort": 443, "ToPort": 80}]}}}]}}},
}  # fmt: skip


def permitting(**ports: int) -> dict[str, Any]:
    return {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", **ports}]}


def acl(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"NetworkAclId": "acl-1", "Entries": list(entries)}


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        (VPCS, {"Vpcs": {}}, f"error: {VPCS}#/Vpcs: expected a list, found an object"),
        (VPCS, [], f"error: {VPCS}: expected an object, found a list"),
        (VPCS, b"null", f"error: {VPCS}: expected an object, found null"),
        (VPCS, {"Vpcs": [1]}, "#/Vpcs/0: expected an object, found the number 1"),
        (VPCS, {"Vpcs": [{"VpcId": 7}]}, "#/Vpcs/0/VpcId: expected a string, found the number 7"),
        (VPCS, {"Vpcs": [{"IsDefault": "true"}]},
         "#/Vpcs/0/IsDefault: expected true or false, found the string 'true'"),
        (VPCS, {"Vpcs": [{"VpcId": None}]}, f"error: {VPCS}#/Vpcs/0/VpcId: expected a string, found null"),
        (VPCS, {"Vpcs": [None]}, f"error: {VPCS}#/Vpcs/0: expected an object, found null"),
        (VPCS, {"Vpcs": [VPC | {"InstanceTenancy": None}]},
         f"warning: {VPCS}#/Vpcs/0/InstanceTenancy: expected a string, found null"),
        (VPCS, b'{"Vpcs": [], "Vpcs": []}', f"error: {VPCS}#/Vpcs: expected a key that stands once in its object"),
        (VPCS, b'{"Vpcs": [{"Tags": [{}, {"Key": "a", "Key": "b"}]}]}', "#/Vpcs/0/Tags/1/Key: expected a key that"),
        (VPCS, b'{"Vpcs": NaN}', f"error: {VPCS}: expected JSON in UTF-8, found NaN"),
        (VPCS, b'{"Vpcs": [{"VpcId": "\\ud800"}]}', f"error: {VPCS}: expected complete JSON in UTF-8, found"),
        (VPCS, {"Vpcs": [VPC, VPC | {"CidrBlock": "10.1.0.0/16"}]},
         "#/Vpcs/1: expected an id of its own, found vpc-1 again"),
        (VPCS, {"Vpcs": [VPC | {"CidrBlock": "10.0.0.0/99"}]}, "#/Vpcs/0/CidrBlock: expected a CIDR block"),
        (VPCS, {"Vpcs": [VPC | {"State": "lost"}]}, f"warning: {VPCS}#/Vpcs/0/State: expected one of pending,"),
        (VPCS, {"Vpcs": [VPC | {"vpcId": "x"}]}, f"warning: {VPCS}#/Vpcs/0/vpcId: expected 'VpcId', found a key"),
        (VPCS, {"Vpcs": [VPC | {"a/b~": "x"}]}, "#/Vpcs/0/a~1b~0: expected a member of Vpc, found a key that"),
        (VPCS, {"Vpcs": [], "NextToken": "x"}, f"error: {VPCS}#/NextToken: expected all pages in one file, found one"),
        (VPCS, {}, f"error: {VPCS}: expected the key 'Vpcs', found an empty object"),
        (VPCS, b'{"Vpcs": [', f"error: {VPCS}: expected JSON in UTF-8, found Expecting value"),
        (VPCS, '{"Vpcs": []}'.encode("utf-16"), f"error: {VPCS}: expected JSON in UTF-8, found UTF-16, as PowerShell"),
        (VPCS, b"[" * 100_000, f"error: {VPCS}: expected JSON in UTF-8, found objects and lists within one another"),
        (VPCS, b" \n", f"error: {VPCS}: expected JSON in UTF-8, found an empty file"),
        (VPCS, b'{"Vpcs": %s}' % (b"9" * 5000), f"error: {VPCS}: expected JSON in UTF-8, found a number of too many"),
        (VPCS, {"Vpcs": [], "Error": {"Code": "Throttling"}},
         f"warning: {VPCS}: expected an error or an answer, found an error, and besides it Vpcs"),
        (VPCS, {"Error": "no"}, f'error: {VPCS}#/Error: expected an object with AWS\'s "Code", found the string'),
        (f"{HOME}/ec2/describe-network-acls.json", {"NetworkAcls": [{"Entries": [{"RuleNumber": 1.5}]}]},
         "#/NetworkAcls/0/Entries/0/RuleNumber: expected a whole number, found the number 1.5"),
        (f"{HOME}/ec2/describe-vpcs.json", {"Vpcs": [VPC, VPC | {"VpcId": "vpc-2", "CidrBlock": "10.1.0.0/16"}, VPC]},
         f"warning: {VPCS}#/Vpcs/2: expected a record that stands once in its list, found the one of /Vpcs/0"),
        (GROUPS, {"SecurityGroups": [permitting(FromPort=443, ToPort=80)]},
         f"error: {GROUPS}#/SecurityGroups/0/IpPermissions/0: expected a range of ports that ends where it begins or"),
        (ACLS, {"NetworkAcls": [acl(ENTRY | {"PortRange": {"From": 443, "To": 80}})]},
         f"error: {ACLS}#/NetworkAcls/0/Entries/0: expected a range of ports that ends where it begins or later, found "
         "443 to 80"),
        (ACLS, {"NetworkAcls": [acl(ENTRY, ENTRY | {"RuleAction": "deny"})]},
         f"error: {ACLS}#/NetworkAcls/0: expected a rule number of its own for each entry, found 100 twice"),
        (f"{HOME}/ec2/get-managed-prefix-list-entries/pl-1.json", {"Entries": [{"Cidr": "10.0.0.0/99"}]},
         "get-managed-prefix-list-entries/pl-1.json#/Entries/0/Cidr: expected a CIDR block"),
        (f"{HOME}/network-firewall/describe-rule-group/arn%3Aa.json", STATELESS,
         "expected a range of ports that ends where it begins or later, found 443 to 80"),
        (NATS, {"NatGateways": [{"NatGatewayId": "nat-1", "VpcId": "vpc-1", "CreateTime": "yesterday"}]},
         f"warning: {NATS}#/NatGateways/0/CreateTime: expected a time, found the string 'yesterday'"),
        (NATS, {"NatGateways": [{"NatGatewayId": "nat-1", "VpcId": "vpc-1", "CreateTime": "2024-02-30T00:00:00Z"}]},
         f"warning: {NATS}#/NatGateways/0/CreateTime: expected a time, found the string '2024-02-30T00:00:00Z'"),
        (NATS, {"NatGateways": [{"NatGatewayId": "nat-1", "VpcId": "vpc-1", "CreateTime": 1709370000500000}]},
         f"warning: {NATS}#/NatGateways/0/CreateTime: expected a time, found the number 1709370000500000"),
        (f"{HOME}/ec2/describe-vcps.json", {}, "expected a call of the AWS CLI, found no such call: ec2 describe-vcps"),
        (f"{HOME}/ec3/describe-vpcs.json", {}, "expected a call of the AWS CLI, found no such call: ec3 describe-vpcs"),
        (f"{HOME}/ec2/describe-hosts.json", {"Hosts": []},
         "expected a call that reachsim reads, found ec2 describe-hosts"),
        (f"{HOME}/ec2/describe-vpcs/a.json", {"Vpcs": []},
         "expected one file describe-vpcs.json, found describe-vpcs/a.json"),
        (f"{HOME}/ecr/get-repository-policy.json", {"policyText": ""},
         "expected get-repository-policy/NAME.json, one file"),
        (f"{HOME}/route53/list-hosted-zones.json", {"HostedZones": []}, "expected the folder global, found eu-west-1"),
        ("111111111111/global/ec2/describe-vpcs.json", {"Vpcs": []}, "expected a Region's folder, found global"),
    ],
)  # fmt: skip
def test_each_problem_is_named(file: str, content: Any, problem: str) -> None:
    (line,) = found({file: content})
    assert problem in line


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (VPCS, {"Vpcs": [{"VpcId": "vpc-1", "State": "Available"}], "ResponseMetadata": {"a": 1}}),
        (VPCS, {"Error": {"Code": "AccessDenied"}}),
        (f"{HOME}/ec2/describe-vpc-attribute/v.enableDnsHostnames.json", {"EnableDnsHostnames": {"Value": True}}),
        (f"{HOME}/codebuild/batch-get-projects.json", {"projects": [{"name": "a", "created": 1709370000.5}]}),
        (f"{HOME}/codebuild/batch-get-projects.json",
         {"projects": [{"name": "a", "created": "2024-03-02T07:20:00.500000+09:00", "lastModified": "2024-03-02"}]}),
        (f"{HOME}/ec2/describe-vpc-endpoint-services.json",  # S3 has two kinds of endpoints
         {"ServiceDetails": [], "ServiceNames": ["com.amazonaws.eu-west-1.s3"] * 2}),
        (GROUPS, {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [  # type and code
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": 0}]}]}),
        (ACLS, {"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [  # each family and direction has its numbers
            ENTRY, ENTRY | {"Egress": False, "RuleAction": "deny"},
            {key: value for key, value in ENTRY.items() if key != "CidrBlock"} | {"Ipv6CidrBlock": "::/0"}]}]}),
        ("111111111111/global/iam/get-account-authorization-details.json",
         {"RoleDetailList": [ROLE | {"AssumeRolePolicyDocument": {"Statement": []}}]}),
        ("111111111111/global/iam/get-account-authorization-details.json",
         {"RoleDetailList": [ROLE | {"AssumeRolePolicyDocument": '{"Statement": []}'}]}),
        ("code/app/buildspec.yml", b"version: 0.2"),
    ],
)  # fmt: skip
def test_what_is_in_order_is_not_complained_about(file: str, content: Any) -> None:
    assert found({file: content}) == []


def test_what_is_decoded_only_when_a_question_touches_it_is_decoded_here() -> None:
    """Every kind that a command reads from a file by itself has its row; the private ones hold texts alone."""
    package = Path(later.__file__).parents[1]
    text = " ".join(" ".join(file.read_text("utf-8").split()) for part in ("check", "dns", "forwarding", "model",
                    "policy_layers") for file in (package / part).rglob("*.py"))  # fmt: skip
    kinds = set(re.findall(r"(?:network|self)\.read\((?:\w|[._(),\[\] ])+, (?:aws\.)?([A-Z]\w+) ?\)", text))
    kinds |= set(re.findall(r"\.read_collection\([^\"]+, \"\w+\", (?:aws\.)?([A-Z]\w+) ?\)", text))
    assert len(kinds) > 15
    assert kinds - {kind.__name__ for _, kind in later.LATER.values()} == {"ResourcePolicy"}  # `validate` parses those


def test_every_problem_of_a_file_is_listed() -> None:
    content = {"Vpcs": [{"VpcId": 1, "CidrBlock": 2}, {"Tags": [{"Key": []}]}], "More": 1}
    assert len(found({VPCS: content})) == 4


def statement(**changes: Any) -> str:
    given = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in given.items() if v is not None}]})


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (statement(), None),
        ("", None),
        (statement(Principal=None), "statement 0 has no Principal"),
        (statement(Comment="x"), "unknown element Comment ignored"),
        (statement(Effect="Maybe"), 'expected "Allow" or "Deny"'),
        ("{", "not JSON"),
    ],
)
def test_policies_are_what_aws_stores(document: str, problem: str | None) -> None:
    held = {"VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3"}
    answer = {"VpcEndpoints": [held | {"VpcEndpointType": "Gateway", "PolicyDocument": document}]}
    lines = found({f"{HOME}/ec2/describe-vpc-endpoints.json": answer})
    if problem is None:
        assert lines == []
    else:
        (line,) = lines
        assert line.startswith("error: ")
        assert "#/VpcEndpoints/0/PolicyDocument: expected a policy document" in line
        assert problem in line


def test_a_roles_policies_are_checked_by_kind() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    inline = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Colour": "red"}]}
    role = {"AssumeRolePolicyDocument": trust, "RolePolicyList": [{"PolicyName": "a", "PolicyDocument": inline}]}
    (line,) = found({"111111111111/global/iam/get-account-authorization-details.json": {"RoleDetailList": [role]}})
    assert "#/RoleDetailList/0/RolePolicyList/0/PolicyDocument" in line
    assert "Colour" in line


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    run(tmp_path / "s", Fake({"codebuild/batch-get-projects": {"projects": []}}))
    return tmp_path / "s"


def faults(out: Path) -> list[str]:
    return [str(one) for one in validate(open_snapshot(out)).problems if "snapshot.json" in str(one)]


def test_sums_hold(captured: Path) -> None:
    assert faults(captured) == []
    changed = captured / "111111111111/ap-northeast-1/ec2/describe-vpcs.json"
    changed.write_text('{"Vpcs": []}')
    lost = captured / "111111111111/ap-northeast-1/ec2/describe-subnets.json"
    lost.unlink()
    shutil.copy(changed, lost.with_name("describe-route-tables.json"))
    added = lost.with_name("describe-local-gateways.json")
    added.write_text("{}")
    place = "111111111111/ap-northeast-1/ec2"
    expected = (
        f"{place}/describe-vpcs.json: expected the content that its sum in snapshot.json stands for, found another"
    )
    assert faults(captured) == [
        f"error: {expected.replace('vpcs', 'route-tables')}",
        f"error: snapshot.json#/files/{place.replace('/', '~1')}~1describe-subnets.json: expected the file, found none",
        f"error: {expected}",
        f"warning: {place}/describe-local-gateways.json: expected a file that snapshot.json lists, found one that it "
        "does not",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"calls": 7}, "snapshot.json#/calls: expected a list of calls, found the number 7"),
        ({"calls": [{"file": 3}]}, "snapshot.json#/calls/0: expected a call with file and outcome, found an object"),
        ({"files": []}, "snapshot.json#/files: expected an object of sums by file, found a list"),
    ],
)
def test_a_manifest_of_another_form_is_a_fault(captured: Path, changes: dict[str, Any], problem: str) -> None:
    manifest = json.loads((captured / "snapshot.json").read_text()) | changes
    (captured / "snapshot.json").write_text(json.dumps(manifest))
    assert faults(captured) == [f"error: {problem}"]


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (b"{", "error: snapshot.json: expected a reachsim manifest, found"),
        (b"[]", "error: snapshot.json: expected a reachsim manifest, found"),
        (b'{"formatVersion": 2}', "error: snapshot.json#/formatVersion: expected format version 1, found 2"),
    ],
)
def test_a_manifest_that_cannot_be_read_hides_no_other_problem(manifest: bytes, problem: str, captured: Path) -> None:
    (captured / "snapshot.json").write_bytes(manifest)
    vpcs = "111111111111/ap-northeast-1/ec2/describe-vpcs.json"
    (captured / vpcs).write_text('{"Vpcs": {}}')
    first, *others = map(str, validate_at(str(captured)).problems)
    assert first.startswith(problem)
    assert f"error: {vpcs}#/Vpcs: expected a list, found an object" in others


def test_an_interrupted_capture_says_so(captured: Path) -> None:
    manifest = json.loads((captured / "snapshot.json").read_text()) | {"complete": False}
    (captured / "snapshot.json").write_text(json.dumps(manifest))
    assert faults(captured) == [
        "warning: snapshot.json#/complete: expected a finished capture, found one that was interrupted"
    ]


def test_files_that_the_format_does_not_name_are_listed(tmp_path: Path) -> None:
    for name in ("notes.txt", "vpcs.json", f"{HOME}/ec2/a/b/c.json", "code/app/Dockerfile", VPCS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"Vpcs": []}')
    result = CliRunner().invoke(group, ["validate", str(tmp_path)])
    assert result.exit_code == 0
    assert re.findall(r"ignored: (.+)", result.stdout) == [f"{HOME}/ec2/a/b/c.json", "notes.txt", "vpcs.json"]
    assert result.stdout.splitlines()[-1] == "1 file, 0 faults, 0 warnings"


def test_the_exit_code_is_2_for_faults_and_json_has_them_all(tmp_path: Path) -> None:
    (tmp_path / VPCS).parent.mkdir(parents=True)
    (tmp_path / VPCS).write_text('{"Vpcs": [{"VpcId": 1, "New": true}]}')
    result = CliRunner().invoke(group, ["validate", str(tmp_path), "--format", "json"])
    assert result.exit_code == 2
    answer = json.loads(result.stdout)
    assert [(one["level"], one["pointer"]) for one in answer["problems"]] == [
        ("fault", "/Vpcs/0/VpcId"), ("warning", "/Vpcs/0/New"),
    ]  # fmt: skip
    assert (answer["checked"], answer["ignored"]) == (1, [])


def test_no_snapshot_is_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["validate", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


# --- quickly --------------------------------------------------------------------------------------------------------


def broken_answers() -> list[dict[str, Any]]:
    """Answers of the leaky pipeline, some whole, most broken in a few places."""
    luck, found = random.Random(11), []
    snapshot = open_snapshot(Path(__file__).resolve().parents[3] / "snapshots/leaky-pipeline")
    files = [(path, snapshot.read(path)) for path, _ in snapshot.named()]
    for _ in range(12):
        for path, data in files:
            found.append({path: broken(data, [one for _, one in files], luck) if found else data})
    return found


def test_what_is_told_quickly_and_slowly_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """No record is passed over that has a problem, and no key that stands twice."""
    answers = broken_answers()
    quick = [checked(one) for one in answers]
    assert sum(bool(one.problems) for one in quick) > len(answers) // 2
    monkeypatch.setattr(shapes, "fitting", lambda *_: lambda _: False)
    monkeypatch.setattr(msgspec.json, "format", lambda *_, **__: b"")
    assert [checked(one) for one in answers] == quick


def test_records_without_a_difference_are_not_walked_in_search_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 290 MB took minutes."""
    walked: list[str] = []
    slow = shapes._structure
    monkeypatch.setattr(shapes, "_structure", lambda *given: walked.append(given[2]) or slow(*given))
    vpcs = [{**VPC, "VpcId": f"vpc-{number}"} for number in range(100)]
    vpcs[7]["State"] = "odd"
    assert len(found({VPCS: {"Vpcs": vpcs}})) == 1
    assert walked == ["", "/Vpcs/7"]

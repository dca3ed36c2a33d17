"""The importer of loose AWS CLI answers, as people really keep them: pages, lists without keys, errors, odd bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import reachsim
from reachsim.errors import SnapshotError
from reachsim.importers import import_awscli
from reachsim.snapshot import open_snapshot
from tests.unit.test_import_awscli import ENIS, ME, OTHER, eni, put, run

HOME = f"{ME}/eu-west-1"
DENIED = (
    "\nAn error occurred (UnauthorizedOperation) when calling the DescribeNatGateways operation: You are not "
    "authorized to perform this operation.\n"
)
VPC = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "DhcpOptionsId": "dopt-1", "OwnerId": ME}


def error(code: str, operation: str) -> str:
    return f"\nAn error occurred ({code}) when calling the {operation} operation: Access Denied\n"


@pytest.mark.parametrize(
    ("file", "content", "path", "code"),
    [
        ("nat.json", DENIED, "eu-west-1/ec2/describe-nat-gateways", "UnauthorizedOperation"),
        ("describe-nat-gateways.json", DENIED, "eu-west-1/ec2/describe-nat-gateways", "UnauthorizedOperation"),
        ("describe-nat-gateways.json", "", "eu-west-1/ec2/describe-nat-gateways", "NotCollected"),
        ("describe-nat-gateways.json", " \n", "eu-west-1/ec2/describe-nat-gateways", "NotCollected"),
        ("describe-nat-gateways.json", "Unable to locate credentials. You can configure credentials by running ",
         "eu-west-1/ec2/describe-nat-gateways", "NotCollected"),
        ("describe-nat-gateways.json", "usage: aws [options] <command> <subcommand>\n\naws: error: argument",
         "eu-west-1/ec2/describe-nat-gateways", "NotCollected"),
        ("a.json", {"error": DENIED}, "eu-west-1/ec2/describe-nat-gateways", "UnauthorizedOperation"),
        ("a.json", json.dumps(DENIED), "eu-west-1/ec2/describe-nat-gateways", "UnauthorizedOperation"),
        ("batch-get-projects.json", {"__type": "com.amazon#AccessDeniedException", "Message": "no"},
         "eu-west-1/codebuild/batch-get-projects", "AccessDeniedException"),
        ("get-bucket-policy_logs.json", error("AccessDenied", "GetBucketPolicy"),
         "global/s3api/get-bucket-policy/logs", "AccessDenied"),
        ("logs_get-bucket-policy.json", error("NoSuchBucketPolicy", "GetBucketPolicy"),
         "global/s3api/get-bucket-policy/logs", "NoSuchBucketPolicy"),
        ("ecr/get-repository-policy/app.json", error("RepositoryPolicyNotFoundException", "GetRepositoryPolicy"),
         "eu-west-1/ecr/get-repository-policy/app", "RepositoryPolicyNotFoundException"),
        ("get-bucket-policy/logs.json", "", "global/s3api/get-bucket-policy/logs", "NotCollected"),
        ("describe-vpcs.json", {"Error": {"Code": "AuthFailure", "Message": "x"}, "ResponseMetadata": {}},
         "eu-west-1/ec2/describe-vpcs", "AuthFailure"),
    ],
)  # fmt: skip
def test_an_error_that_was_saved_is_no_answer(file: str, content: Any, path: str, code: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, file: content})
    assert written[f"{ME}/{path}.json"]["Error"]["Code"] == code
    known = "NotFound" in code or code.startswith("NoSuch")
    assert open_snapshot(tmp_path / "out").status(f"{ME}/{path}.json") == ("absent" if known else "refused")
    assert any(one.startswith(file) and "not known" in one for one in report.warnings) is not known
    assert report.ignored == ()


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_an_answer_outweighs_an_error_of_the_same_call(order: tuple[str, str], tmp_path: Path) -> None:
    files = {f"{order[0]}_describe-vpcs.json": {"Vpcs": [VPC]}, f"{order[1]}_describe-vpcs.json": ""}
    _, written = run(tmp_path, {"enis.json": ENIS} | files)
    assert written[f"{HOME}/ec2/describe-vpcs.json"] == {"Vpcs": [VPC]}


def test_of_two_errors_the_one_that_leaves_it_open_counts(tmp_path: Path) -> None:
    files = {
        "get-bucket-policy/logs.json": error("NoSuchBucketPolicy", "GetBucketPolicy"),
        "again/get-bucket-policy/logs.json": error("AccessDenied", "GetBucketPolicy"),
    }
    _, written = run(tmp_path, {"enis.json": ENIS} | files)
    assert written[f"{ME}/global/s3api/get-bucket-policy/logs.json"]["Error"]["Code"] == "AccessDenied"


PAGES = [{"NetworkInterfaces": [eni()], "NextToken": "t"}, {"NetworkInterfaces": [eni("eni-2")]}]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(one, indent=4) for one in PAGES),
        "".join(map(json.dumps, PAGES)),
        json.dumps(PAGES),
        json.dumps([one | {"ResponseMetadata": {"HTTPStatusCode": 200}} for one in PAGES]),
    ],
    ids=["one behind the other", "without a break", "jq --slurp", "boto3's paginator"],
)
def test_several_pages_in_one_file(text: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"my-interfaces.json": text})
    assert written[f"{HOME}/ec2/describe-network-interfaces.json"] == {"NetworkInterfaces": [eni(), eni("eni-2")]}
    assert report.ignored == ()


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("vpcs.json", [VPC], {"Vpcs": [VPC]}),
        ("describe-vpcs.json", [VPC], {"Vpcs": [VPC]}),
        ("describe-nat-gateways.json", [], {"NatGateways": []}),
        ("x.json", [[{"InstanceId": "i-1", "SubnetId": "subnet-1"}], [{"InstanceId": "i-2", "SubnetId": "subnet-1"}]],
         {"Reservations": [{"Instances": [{"InstanceId": "i-1", "SubnetId": "subnet-1"},
                                          {"InstanceId": "i-2", "SubnetId": "subnet-1"}]}]}),
        ("describe-instances.json", [{"Instances": [{"InstanceId": "i-1"}]}],
         {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}),
        ("list-projects.json", ["app"], {"projects": ["app"]}),
        ("routes.json", [{"RouteTableId": "rtb-1", "Routes": [], "VpcId": "vpc-1"}],
         {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": [], "VpcId": "vpc-1"}]}),
        ("tables.json", [{"RouteTableId": "rtb-1", "Routes": []}], {"RouteTables": [{"RouteTableId": "rtb-1",
                                                                                      "Routes": []}]}),
    ],
)  # fmt: skip
def test_a_list_that_query_has_taken_out(file: str, content: Any, expected: Any, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, file: content})
    assert expected in written.values()
    assert any("as --query prints: it counts as all of" in one for one in report.warnings)


def test_lists_that_query_has_taken_out_one_behind_the_other(tmp_path: Path) -> None:
    """``for region in …; do aws … --query Vpcs >>vpcs.json``: none is lost, and each record goes where it lies."""
    other = VPC | {"VpcId": "vpc-2", "CidrBlock": "10.1.0.0/16"}
    both = {"NetworkInterfaces": [eni(), eni("eni-2", zone="us-east-1a") | {"VpcId": "vpc-2"}]}
    report, written = run(tmp_path, {"enis.json": both, "vpcs.json": f"{json.dumps([VPC])}\n{json.dumps([other])}\n"})
    assert written[f"{HOME}/ec2/describe-vpcs.json"] == {"Vpcs": [VPC]}
    assert written[f"{ME}/us-east-1/ec2/describe-vpcs.json"] == {"Vpcs": [other]}
    assert report.ignored == ()


def test_an_answer_put_together_from_several_regions_is_shared_out(tmp_path: Path) -> None:
    files = {
        "enis.json": {"NetworkInterfaces": [eni(), eni("eni-2", zone="us-east-1a") | {"VpcId": "vpc-2"}, eni("eni-3")]},
        "vpcs.json": {"Vpcs": [VPC, VPC | {"VpcId": "vpc-2"}, VPC | {"VpcId": "vpc-3"}]},
    }
    report, written = run(tmp_path, files)
    here, there = (written[f"{ME}/{region}/ec2/describe-vpcs.json"]["Vpcs"] for region in ("eu-west-1", "us-east-1"))
    assert [one["VpcId"] for one in here] == ["vpc-1", "vpc-3"]
    assert [one["VpcId"] for one in there] == ["vpc-2"]
    said = "holds records of several Regions: eu-west-1 (2), us-east-1 (1); those that tell none go to eu-west-1"
    assert f"enis.json {said}" in report.warnings


def test_an_answer_put_together_from_several_accounts_is_named(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"enis.json": {"NetworkInterfaces": [eni(), eni("eni-2", owner=OTHER), eni("eni-3")]}})
    said = f"enis.json holds records of several accounts: {ME} (2), {OTHER} (1); all go to {ME}"
    assert said in report.warnings


@pytest.mark.parametrize("name", ["describe-vpcs.txt", "describe-vpcs", "vpcs.jsonl", "vpcs.NDJSON", "vpcs.out"])
def test_names_that_do_not_end_in_json(name: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, name: {"Vpcs": [VPC]}})
    assert written[f"{HOME}/ec2/describe-vpcs.json"] == {"Vpcs": [VPC]}
    assert report.ignored == ()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("README.txt", "How these were made", "no answer of the AWS CLI: JSON is malformed"),
        ("describe-vpcs.yaml", "Vpcs:\n- CidrBlock: 10.0.0.0/16\n", "no answer of the AWS CLI: YAML"),
        ("capture.sh", "aws ec2 describe-vpcs", "not a .json file"),
    ],
)
def test_other_files_beside_them_are_named(name: str, text: str, why: str, tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"enis.json": ENIS, name: text})
    (ignored,) = report.ignored
    assert ignored.why.startswith(why)


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("describe-vpcs.json", [["vpc-1", "10.0.0.0/16"]], "a list, where the AWS CLI prints an object"),
        ("describe-vpcs.json", [{"id": "vpc-1"}], "records without VpcId, as --query prints"),
        ("describe-vpcs.json", [["vpc-1", {"x": 1}]], "a list of lists or single values"),
        ("describe-vpcs.json", "null", "holds null, no answer"),
        ("describe-vpcs.json", "42", "holds a number, no answer"),
        ("vpc-ids.json", ["vpc-1"], "a list, where the AWS CLI prints an object: name it after the call"),
        ("empty.json", "", "empty: the call failed, or printed elsewhere; nothing tells which call it is about"),
        ("one.json", VPC, "holds no answer that we know; its keys: VpcId"),
    ],
)
def test_what_query_has_cut_up_is_left_out(file: str, content: Any, why: str, tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"enis.json": ENIS, file: content})
    (ignored,) = report.ignored
    assert ignored.why.startswith(why)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Vpcs:\n- CidrBlock: 10.0.0.0/16\n", "YAML"),
        ("---\nVpcs: []\n", "YAML"),
        ("-----------\n|  DescribeVpcs  |\n", "a table"),
        ("VPCS\t10.0.0.0/16\tdopt-1\n", "text with tabs"),
    ],
)
def test_other_output_formats_are_named(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=rf"describe-vpcs.json: expected the JSON that .*, found {found}"):
        run(tmp_path, {"enis.json": ENIS, "describe-vpcs.json": text})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_what_powershell_and_cmd_write(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enis.json").write_bytes((json.dumps(ENIS, indent=2) + "\r\n").encode(encoding))
    (tmp_path / "in" / "nat.json").write_bytes(DENIED.encode(encoding))
    import_awscli(tmp_path / "in", tmp_path / "out")
    assert set(reachsim.load(tmp_path / "out").network.snapshot.paths) == {
        "snapshot.json", f"{HOME}/ec2/describe-network-interfaces.json", f"{HOME}/ec2/describe-nat-gateways.json",
    }  # fmt: skip


def test_folders_named_after_accounts_and_regions_among_other_words(tmp_path: Path) -> None:
    files = {
        f"dump-1/prod-{ME}/eu-west-1_2024-05-01/vpcs.json": {"Vpcs": []},
        f"dump-1/dev-{OTHER}/us-gov-west-1/vpcs.json": {"Vpcs": []},
        f"dump-1/dev-{OTHER}/s3/get-bucket-policy/logs.json": {"Policy": "{}"},
    }
    report, written = run(tmp_path, files)
    assert set(written) - {"snapshot.json"} == {
        f"{HOME}/ec2/describe-vpcs.json",
        f"{OTHER}/us-gov-west-1/ec2/describe-vpcs.json",
        f"{OTHER}/global/s3api/get-bucket-policy/logs.json",
    }
    assert report.regions == ("eu-west-1", "us-gov-west-1")


def bucket_policy(*resources: str) -> dict[str, str]:
    return {"Policy": json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                                                 "Resource": list(resources)}]})}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("anything.json", bucket_policy("arn:aws:s3:::my.bucket", "arn:aws:s3:::my.bucket/*"),
         "s3api/get-bucket-policy/my.bucket"),
        ("s3/logs-get-bucket-policy.json", bucket_policy("*"), "s3api/get-bucket-policy/logs"),
        ("get_role.json", {"Role": {"RoleName": "app", "Arn": f"arn:aws:iam::{ME}:role/app"}}, "iam/get-role/app"),
        ("a.json", {"RoleName": "app", "PolicyName": "p", "PolicyDocument": {}}, "iam/get-role-policy/app%2Fp"),
        ("list-role-policies_app.json", {"PolicyNames": []}, "iam/list-role-policies/app"),
        ("list-attached-role-policies/app.json", {"AttachedPolicies": []}, "iam/list-attached-role-policies/app"),
        ("a.json", {"Policy": {"PolicyName": "p", "Arn": "arn:aws:iam::aws:policy/p"}},
         "iam/get-policy/arn:aws:iam::aws:policy%2Fp"),
    ],
)  # fmt: skip
def test_what_an_answer_about_one_thing_is_about(file: str, content: Any, expected: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, file: content})
    assert f"{ME}/global/{expected}.json" in written
    assert report.ignored == ()


def test_boto3s_metadata_does_not_come_along(tmp_path: Path) -> None:
    _, written = run(tmp_path, {"enis.json": ENIS | {"ResponseMetadata": {"RequestId": "x"}}})
    assert written[f"{HOME}/ec2/describe-network-interfaces.json"] == ENIS


def test_the_last_page_may_come_first(tmp_path: Path) -> None:
    put(tmp_path / "in", {"1.json": PAGES[1], "2.json": PAGES[0]})
    import_awscli(tmp_path / "in", tmp_path / "out")
    assert open_snapshot(tmp_path / "out").status(f"{HOME}/ec2/describe-network-interfaces.json") == "ok"

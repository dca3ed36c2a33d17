"""The importer of loose AWS CLI answers: the shipped snapshots scattered under other names, and small files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import reachsim
from reachsim.cli import group
from reachsim.errors import QuestionError, SnapshotError
from reachsim.importers import ImportReport, import_awscli
from reachsim.snapshot import open_snapshot

ME, OTHER = "111122223333", "444455556666"


def put(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def run(tmp_path: Path, files: dict[str, Any]) -> tuple[ImportReport, dict[str, Any]]:
    report = import_awscli(put(tmp_path / "in", files), tmp_path / "out")
    out = tmp_path / "out"
    return report, {
        path.relative_to(out).as_posix(): json.loads(path.read_text("utf-8")) for path in out.rglob("*.json")
    }


def eni(name: str = "eni-1", *, owner: str = ME, zone: str = "eu-west-1a") -> dict[str, Any]:
    return {"NetworkInterfaceId": name, "OwnerId": owner, "AvailabilityZone": zone, "VpcId": "vpc-1",
            "SubnetId": "subnet-1", "Groups": []}  # fmt: skip


ENIS = {"NetworkInterfaces": [eni()]}


@pytest.mark.parametrize("form", ["{service}_{operation}{name}.json", "{service}/{operation}{name}.json"])
@pytest.mark.parametrize("name", ["private-pipeline", "leaky-pipeline", "broken-pipeline"])
def test_a_scattered_snapshot_gives_the_same_verdict(name: str, form: str, snapshots: Path, tmp_path: Path) -> None:
    source = open_snapshot(snapshots / name)
    files = {}
    for path, match in source.named():
        operation, slash, thing = match["rest"].partition("/")
        parts = {"service": match["service"], "operation": operation, "name": slash and "." + thing}
        files[form.format(**parts)] = source.read(path).decode()
    report, _ = run(tmp_path, files)
    assert report.accounts == source.accounts()
    expected = reachsim.load_files({path: source.read(path) for path, _ in source.named()}).check()
    found = reachsim.load(tmp_path / "out").check()
    assert (found.overall, found.missing) == (expected.overall, expected.missing)
    assert [(one.outcome, one.route) for one in found.matrix] == [(one.outcome, one.route) for one in expected.matrix]


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("anything.json", {"Vpcs": []}, "eu-west-1/ec2/describe-vpcs.json"),
        ("describe_vpcs_prod.json", {"Vpcs": []}, "eu-west-1/ec2/describe-vpcs.json"),
        ("a.json", {"PrefixLists": [{"Cidrs": []}]}, "eu-west-1/ec2/describe-prefix-lists.json"),
        ("a.json", {"PrefixLists": [{"PrefixListArn": ""}]}, "eu-west-1/ec2/describe-managed-prefix-lists.json"),
        ("a.json", {"projects": ["p"]}, "eu-west-1/codebuild/list-projects.json"),
        ("a.json", {"projects": [{"name": "p"}]}, "eu-west-1/codebuild/batch-get-projects.json"),
        ("a.json", {"repositories": [{"repositoryUri": "x"}]}, "eu-west-1/ecr/describe-repositories.json"),
        ("a.json", {"repositories": [{"cloneUrlHttp": "x"}]}, "eu-west-1/codecommit/batch-get-repositories.json"),
        ("ecr-describe-repositories.json", {"repositories": []}, "eu-west-1/ecr/describe-repositories.json"),
        ("a.json", {"repositoryName": "a/b", "policyText": "{}"}, "eu-west-1/ecr/get-repository-policy/a%2Fb.json"),
        ("a.json", {"registryId": ME, "policyText": "{}"}, "eu-west-1/ecr/get-registry-policy.json"),
        ("a.json", {"VpcId": "vpc-1", "EnableDnsSupport": {"Value": True}},
         "eu-west-1/ec2/describe-vpc-attribute/vpc-1.enableDnsSupport.json"),
        ("get-bucket-policy/logs.json", {"Policy": "{}"}, "global/s3api/get-bucket-policy/logs.json"),
        ("ecr/get-repository-policy/a%2Fb.json", {"Error": {"Code": "RepositoryPolicyNotFoundException"}},
         "eu-west-1/ecr/get-repository-policy/a%2Fb.json"),
        ("get-bucket-policy-my.bucket.json", {"Policy": "{}"}, "global/s3api/get-bucket-policy/my.bucket.json"),
        ("s3-get-bucket-policy/logs", {"Policy": "{}"}, "global/s3api/get-bucket-policy/logs.json"),
        ("ecr-get-repository-policy/a%2Fb", {"policyText": "{}"}, "eu-west-1/ecr/get-repository-policy/a%2Fb.json"),
        ("get-managed-prefix-list-entries.pl-1.json", {"Entries": []},
         "eu-west-1/ec2/get-managed-prefix-list-entries/pl-1.json"),
        ("a.json", {"HostedZone": {"Id": "/hostedzone/Z1"}}, "global/route53/get-hosted-zone/Z1.json"),
        ("a.json", {"HostedZones": []}, "global/route53/list-hosted-zones.json"),
        ("a.json", {"RoleDetailList": []}, "global/iam/get-account-authorization-details.json"),
        ("a.json", {"UserId": "x", "Account": ME, "Arn": "y"}, "global/sts/get-caller-identity.json"),
        ("deep/down/here/a.json", {"Subnets": []}, "eu-west-1/ec2/describe-subnets.json"),
        (f"{ME}/us-east-2/a.json", {"Subnets": []}, "us-east-2/ec2/describe-subnets.json"),
    ],
)  # fmt: skip
def test_the_call_is_told_by_name_or_content(file: str, content: Any, expected: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, file: content})
    assert written[f"{ME}/{expected}"] == content
    assert report.ignored == ()
    assert written["snapshot.json"]["assumeDefaults"] is False
    assert written["snapshot.json"]["importedFrom"] == "awscli"


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("a.json", {"Policy": "{}"}, "may be the answer of efs describe-file-system-policy or kms get-key-policy"),
        ("a.json", {"repositories": []}, "may be the answer of codecommit batch-get-repositories or codecommit list-"),
        ("a.json", {"Volumes": []}, "holds no answer that we know; its keys: Volumes"),
        ("a.json", {}, "holds no answer that we know; its keys: none"),
        ("a.json", [], "a list, where the AWS CLI prints an object"),
        ("notes.txt", "x", "no answer of the AWS CLI"),
    ],
)
def test_what_cannot_be_told_is_left_out_with_the_reason(file: str, content: Any, why: str, tmp_path: Path) -> None:
    report, written = run(tmp_path, {"enis.json": ENIS, file: content})
    (ignored,) = report.ignored
    assert ignored.file == file
    assert ignored.why.startswith(why)
    assert set(written) == {"snapshot.json", f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"}


def test_accounts_and_regions_are_told_by_folders_then_records_then_the_others(tmp_path: Path) -> None:
    files = {
        "enis.json": ENIS,
        "far.json": {"NetworkInterfaces": [eni(owner=OTHER, zone="us-east-1a")]},
        "projects.json": {"projects": [{"arn": f"arn:aws:codebuild:us-east-1:{OTHER}:project/p", "name": "p"}]},
        "tables.json": {"RouteTables": [{"RouteTableId": "rtb-1", "OwnerId": ME}]},
        f"{OTHER}/sa-east-1/vpcs.json": {"Vpcs": []},
        "buckets.json": {"Buckets": []},
    }
    report, written = run(tmp_path, files)
    assert report.accounts == (ME, OTHER)
    assert set(written) - {"snapshot.json"} == {
        f"{ME}/eu-west-1/ec2/describe-network-interfaces.json",
        f"{OTHER}/us-east-1/ec2/describe-network-interfaces.json",
        f"{OTHER}/us-east-1/codebuild/batch-get-projects.json",
        f"{ME}/eu-west-1/ec2/describe-route-tables.json",
        f"{OTHER}/sa-east-1/ec2/describe-vpcs.json",
    }
    assert [one.file for one in report.ignored] == ["buckets.json"]  # whose account has none is not told


def test_no_region_is_given_what_another_may_have_answered(tmp_path: Path) -> None:
    """Records that only name a VPC go where the VPC lies; "there is none" goes nowhere if several may have said so."""
    far = eni("eni-2", zone="us-east-1a") | {"VpcId": "vpc-2"}
    files = {
        "a.json": {"NetworkInterfaces": [eni(), eni("eni-3")]},
        "b.json": {"NetworkInterfaces": [far]},
        "c.json": {"RouteTables": [{"RouteTableId": "rtb-2", "VpcId": "vpc-2", "OwnerId": ME}]},
        "d.json": {"InternetGateways": []},
        "e.json": {"HostedZones": []},
        "eu-west-1/f.json": {"NatGateways": []},
    }
    report, written = run(tmp_path, files)
    assert set(written) - {"snapshot.json"} == {
        f"{ME}/eu-west-1/ec2/describe-network-interfaces.json",
        f"{ME}/us-east-1/ec2/describe-network-interfaces.json",
        f"{ME}/us-east-1/ec2/describe-route-tables.json",
        f"{ME}/eu-west-1/ec2/describe-nat-gateways.json",
        f"{ME}/global/route53/list-hosted-zones.json",
    }
    assert [(one.file, one.why) for one in report.ignored] == [
        ("d.json", "says that there is none, and nothing tells in which Region or account")
    ]


def test_two_answers_of_one_call_are_put_together(tmp_path: Path) -> None:
    files = {"one.json": ENIS, "two.json": {"NetworkInterfaces": [eni(), eni("eni-2")]}}
    report, written = run(tmp_path, files)
    found = written[f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"]["NetworkInterfaces"]
    assert [one["NetworkInterfaceId"] for one in found] == ["eni-1", "eni-2"]
    assert report.warnings == ("one.json and two.json both answer ec2 describe-network-interfaces: put together",)


def test_a_page_of_several_is_named(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"enis.json": ENIS | {"NextToken": "x"}})
    assert report.warnings == ("enis.json is one page of several: it counts as not known",)
    path = f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"
    assert open_snapshot(tmp_path / "out").status(path) == "partial"


def test_pages_with_the_last_one_among_them_are_whole(tmp_path: Path) -> None:
    pages = {"one.json": ENIS | {"NextToken": "x"}, "two.json": {"NetworkInterfaces": [eni("eni-2")]}}
    report, _ = run(tmp_path, pages)
    assert report.warnings == ("one.json and two.json both answer ec2 describe-network-interfaces: put together",)
    path = f"{ME}/eu-west-1/ec2/describe-network-interfaces.json"
    assert open_snapshot(tmp_path / "out").status(path) == "ok"


def test_secrets_do_not_come_along(tmp_path: Path) -> None:
    variable = {"name": "PASSWORD", "value": "planted", "type": "PLAINTEXT"}
    project = {"name": "p", "environment": {"environmentVariables": [variable]}}
    run(tmp_path, {"enis.json": ENIS, "projects.json": {"projects": [project]}})
    assert b"planted" not in b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*.json"))


def test_without_a_region_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"vpcs\.json: expected a folder named after the Region, or records"):
        run(tmp_path, {"vpcs.json": {"Vpcs": []}})
    assert not (tmp_path / "out").exists()


def test_without_an_account_zeros_stand_for_it(tmp_path: Path) -> None:
    report, _ = run(tmp_path, {"eu-west-1/vpcs.json": {"Vpcs": []}})
    assert report.accounts == ("000000000000",)
    assert "no file tells its account" in report.warnings[0]


def test_every_faulty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError) as error:
        run(tmp_path, {"a.json": "{", "b.json": "Vpcs:\n- CidrBlock: 10.0.0.0/8\n", "enis.json": ENIS})
    assert [fault.file for fault in error.value.faults] == ["a.json", "b.json"]


@pytest.mark.parametrize("files", [{}, {"a.json": {"Volumes": []}}])
def test_nothing_to_import(files: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(SnapshotError, match="expected answers of the AWS CLI, found"):
        run(tmp_path, files)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nothing there"):
        import_awscli(tmp_path / "nowhere", tmp_path / "out")


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    put(tmp_path / "in", {"enis.json": ENIS})
    with pytest.raises(QuestionError, match="holds the source"):
        import_awscli(tmp_path / "in", tmp_path / "in", overwrite=True)


def test_the_command_says_what_is_missing_for_which_verdicts(tmp_path: Path) -> None:
    put(tmp_path / "in", {"enis.json": ENIS, "a.json": {"Volumes": []}})
    result = CliRunner().invoke(group, ["import", "awscli", str(tmp_path / "in"), str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{tmp_path / 'out'}: 2 files, accounts {ME}, Regions eu-west-1\n")
    lines = result.stderr.splitlines()
    assert "ignored: a.json: holds no answer that we know; its keys: Volumes" in lines
    assert f"missing: {ME}/eu-west-1: ec2 describe-nat-gateways: needed for routes to NAT gateways" in lines
    every = next(line for line in lines if line.endswith("needed for every verdict about a VPC"))
    assert "describe-vpcs" in every
    assert "describe-network-interfaces" not in every

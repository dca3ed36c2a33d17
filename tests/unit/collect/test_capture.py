"""What a capture asks, what it records, and what it goes on from, with an AWS in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.collect.aws import WORKERS
from reachsim.collect.errors import CollectError, ExpiredError
from reachsim.collect.outcome import Outcome
from reachsim.collect.plan import Scope
from reachsim.collect.store import Store, held_alone
from reachsim.errors import QuestionError
from tests.unit.collect.fake import ACCOUNT, REGION, Fake, run


def entries(out: Path) -> dict[str, dict[str, str]]:
    manifest = json.loads((out / "snapshot.json").read_text())
    return {one["file"].removeprefix(f"{ACCOUNT}/"): one for one in manifest["calls"]}


def test_every_outcome_is_in_the_manifest(tmp_path: Path) -> None:
    errors = {
        "ec2/describe-vpn-gateways": (403, "UnauthorizedOperation", ""),
        "ecr/describe-registry": (
            400,
            "AccessDeniedException",
            "x is not authorized to perform: ecr:Other on resource",
        ),
        "ecr/get-repository-policy": (400, "RepositoryPolicyNotFoundException", ""),
        "ec2/describe-carrier-gateways": (500, "InternalError", ""),
        "codecommit/list-repositories": (501, "", ""),
        "logs/describe-log-groups": (400, "InvalidParameterException", "planted text"),
    }
    run(tmp_path / "s", Fake(errors=errors))
    found = {
        file: (one["outcome"], one.get("code"), one.get("permission")) for file, one in entries(tmp_path / "s").items()
    }
    assert found[f"{REGION}/ec2/describe-vpcs.json"] == ("ok", None, None)
    assert found[f"{REGION}/ec2/describe-vpn-gateways.json"] == (
        "refused", "UnauthorizedOperation", "ec2:DescribeVpnGateways",
    )  # fmt: skip
    assert found[f"{REGION}/ecr/describe-registry.json"] == ("refused", "AccessDeniedException", "ecr:Other")
    assert found[f"{REGION}/ecr/get-repository-policy/repository-1.json"] == (
        "absent", "RepositoryPolicyNotFoundException", None,
    )  # fmt: skip
    assert found[f"{REGION}/ec2/describe-carrier-gateways.json"] == ("not-collected", "InternalError", None)
    assert found[f"{REGION}/codecommit/list-repositories.json"] == ("not-collected", "NotCollected", None)
    assert found[f"{REGION}/codecommit/batch-get-repositories.json"] == ("not-asked", None, None)
    assert found[f"{REGION}/logs/describe-log-groups.json"] == ("refused", "InvalidParameterException", None)
    assert "planted" not in (tmp_path / "s/snapshot.json").read_text()
    assert not (tmp_path / "s" / ACCOUNT / REGION / "codecommit/batch-get-repositories.json").exists()


def test_two_captures_do_not_write_into_one_name(tmp_path: Path) -> None:
    (tmp_path / "s.partial").mkdir()
    with held_alone(tmp_path / "s.partial") as alone:
        assert alone
        with pytest.raises(QuestionError, match=r"another capture writes .*s\.partial"):
            run(tmp_path / "s", Fake())
        assert not list((tmp_path / "s.partial").iterdir())
    run(tmp_path / "s", Fake())  # nothing is left of the other, however it ended
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_list_that_is_empty_needs_no_further_call(tmp_path: Path) -> None:
    api = Fake({"codebuild/list-projects": {"projects": []}, "ecs/list-clusters": {"clusterArns": []}})
    run(tmp_path / "s", api)
    assert "codebuild batch-get-projects" not in api.calls
    assert entries(tmp_path / "s")[f"{REGION}/codebuild/batch-get-projects.json"]["outcome"] == "derived"
    assert json.loads((tmp_path / "s" / ACCOUNT / REGION / "codebuild/batch-get-projects.json").read_text()) == {
        "projects": []
    }
    assert not any("not-asked" in one["outcome"] for one in entries(tmp_path / "s").values())


def test_many_names_are_asked_about_in_batches_and_put_together(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(250)]

    class Batches(Fake):
        def ask(self, service: str, operation: str, options: Any, region: str, path: str) -> Any:
            answer = super().ask(service, operation, options, region, path)
            if operation != "batch-get-projects":
                return answer
            found = [{"name": name} for name in options[1:]]
            return answer._replace(pages=iter([{"projects": found, "projectsNotFound": []}]))

    api = Batches({"codebuild/list-projects": {"projects": names}})
    run(tmp_path / "s", api)
    assert [len(options) - 1 for _, operation, options, _ in api.asked if operation == "batch-get-projects"] == [
        100, 100, 50,
    ]  # fmt: skip
    found = json.loads((tmp_path / "s" / ACCOUNT / REGION / "codebuild/batch-get-projects.json").read_text())
    assert found == {"projects": [{"name": name} for name in names], "projectsNotFound": []}


def test_what_services_run_is_asked_about_once_each(tmp_path: Path) -> None:
    """Of a service that CodeDeploy deploys the task sets tell what it runs."""
    seven, eight = (f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:{number}" for number in (7, 8))
    services = [{"taskDefinition": seven}, {"taskDefinition": seven}, {"taskSets": [{"taskDefinition": eight}]}, {}]
    api = Fake({"ecs/list-clusters": {"clusterArns": ["prod"]}, "ecs/describe-services": {"services": services}})
    run(tmp_path / "s", api)
    assert [options for _, operation, options, _ in api.asked if operation == "describe-task-definition"] == [
        ("--task-definition", seven), ("--task-definition", eight),
    ]  # fmt: skip
    assert f"{REGION}/ecs/describe-task-definition/{seven.replace('/', '%2F')}.json" in entries(tmp_path / "s")


def test_an_account_without_organization_lacks_nothing_of_it(tmp_path: Path) -> None:
    code = "AWSOrganizationsNotInUseException"
    calls = ("describe-organization", "list-policies", "list-parents", "list-policies-for-target")
    api = Fake(errors={f"organizations/{one}": (400, code, "") for one in calls})
    record = run(tmp_path / "s", api, scope=Scope(frozenset({"organizations"})))
    assert {one.outcome for one in record.calls} == {"absent"}


def test_options_are_those_of_the_table(tmp_path: Path) -> None:
    api = Fake()
    run(tmp_path / "s", api)
    asked = {(service, operation, " ".join(options)) for service, operation, options, _ in api.asked}
    assert ("ec2", "describe-network-interfaces", "--include-managed-resources") in asked
    assert ("ec2", "describe-vpc-attribute", "--attribute enableDnsSupport --vpc-id vpc.attribute-1") in asked
    assert ("route53", "list-hosted-zones-by-vpc", f"--vpc-region {REGION} --vpc-id vpc.attribute-1") in asked
    assert ("ecs", "describe-services", "--services service-1 --cluster cluster-1") in asked
    assert ("ecs", "describe-task-definition", "--task-definition task-definition-1") in asked
    assert ("elbv2", "describe-rules", "--listener-arn listener-1") in asked
    held = "--container-instances container-instance-1 --cluster cluster-1"
    assert ("ecs", "describe-container-instances", held) in asked
    group = "--deployment-group-names deployment-group-1 --application-name application-1"
    assert ("codedeploy", "batch-get-deployment-groups", group) in asked
    assert ("organizations", "list-parents", f"--child-id {ACCOUNT}") in asked
    assert ("organizations", "list-parents", "--child-id r-root") not in asked
    assert (
        "organizations",
        "list-policies-for-target",
        "--filter SERVICE_CONTROL_POLICY --target-id r-root",
    ) in asked
    assert not any("{" in options for _, _, options in asked)


def test_global_services_are_asked_once_and_about_every_regions_vpcs(tmp_path: Path) -> None:
    api = Fake()
    run(tmp_path / "s", api, regions=(REGION, "eu-west-1"))
    asked = [(operation, region) for _, operation, _, region in api.asked]
    assert asked.count(("list-hosted-zones", REGION)) == 1
    assert ("list-hosted-zones", "eu-west-1") not in asked
    assert ("list-hosted-zones-by-vpc", REGION) in asked
    assert ("describe-vpcs", "eu-west-1") in asked


def test_large_answers_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays flat: what no further call takes names from is never decoded."""
    read: list[str] = []
    whole = Store.read
    monkeypatch.setattr(Store, "read", lambda self, path: read.append(path) or whole(self, path))
    run(tmp_path / "s", Fake())
    operations = {Path(path).name.removesuffix(".json") for path in read}
    assert "describe-vpcs" in operations
    assert operations.isdisjoint({
        "get-account-authorization-details", "describe-instances", "describe-network-interfaces",
        "describe-security-groups", "describe-subnets", "list-functions",
    })  # fmt: skip


def test_without_details_the_roles_in_use_are_asked_about(tmp_path: Path) -> None:
    api = Fake(errors={"iam/get-account-authorization-details": (403, "AccessDenied", "")})
    run(tmp_path / "s", api)
    folder = tmp_path / "s" / ACCOUNT / "global/iam"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")}
    assert files >= {
        "get-instance-profile/p.json", "get-role/b.json", "get-role/f.json", "get-role/i.json",
        "get-role-policy/b%2Finline.json", "list-attached-role-policies/i.json",
        "get-policy/arn:aws:iam::aws:policy%2FA.json", "get-policy-version/arn:aws:iam::aws:policy%2FA%2Fv3.json",
    }  # fmt: skip
    options = {" ".join(options) for _, operation, options, _ in api.asked if operation == "get-policy-version"}
    assert options == {"--policy-arn arn:aws:iam::aws:policy/A --version-id v3"}


def test_without_details_a_role_s_boundary_is_asked_about_too(tmp_path: Path) -> None:
    limit = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    role = {"Role": {"RoleName": "b", "PermissionsBoundary": {"PermissionsBoundaryArn": limit}}}
    refused = {"iam/get-account-authorization-details": (403, "AccessDenied", "")}
    run(tmp_path / "s", Fake(answers={"iam/get-role": role}, errors=refused))
    file = limit.replace("/", "%2F")
    folder = tmp_path / "s" / ACCOUNT / "global/iam"
    assert (folder / f"get-policy/{file}.json").is_file()
    assert (folder / f"get-policy-version/{file}%2Fv3.json").is_file()


def test_services_restrict_the_calls(tmp_path: Path) -> None:
    api = Fake()
    record = run(tmp_path / "s", api, scope=Scope(frozenset({"codebuild"})))
    assert {service for service, _, _, _ in api.asked} == {"codebuild"}
    assert record.services == ["codebuild"]


VPCS = {
    "ec2/describe-vpc-peering-connections": {
        "VpcPeeringConnections": [
            {"RequesterVpcInfo": {"VpcId": "vpc-b"}, "AccepterVpcInfo": {"VpcId": "vpc-a"}},
            {"RequesterVpcInfo": {"VpcId": "vpc-x"}, "AccepterVpcInfo": {"VpcId": "vpc-y"}},
        ]
    },
    "ec2/describe-transit-gateway-vpc-attachments": {
        "TransitGatewayVpcAttachments": [
            {"TransitGatewayId": "tgw-1", "VpcId": "vpc-b"},
            {"TransitGatewayId": "tgw-1", "VpcId": "vpc-c"},
        ]
    },
    "ec2/describe-vpcs": {"Vpcs": [{"VpcId": f"vpc-{letter}"} for letter in "abcxy"]},
}


def test_a_vpc_is_captured_with_those_connected_to_it(tmp_path: Path) -> None:
    api = Fake(VPCS)
    record = run(tmp_path / "s", api, scope=Scope(vpcs=("vpc-a",)))
    asked = {(operation, " ".join(options)) for _, operation, options, _ in api.asked}
    mine = "--filters Name=vpc-id,Values=vpc-a,vpc-b,vpc-c"
    assert ("describe-subnets", mine) in asked
    assert ("describe-network-interfaces", f"--include-managed-resources {mine}") in asked
    assert ("describe-security-groups", "") in asked  # one may be shared from another VPC
    about = {options.split()[-1] for operation, options in asked if operation == "describe-vpc-attribute"}
    assert about == {"vpc-a", "vpc-b", "vpc-c"}
    assert record.asked.vpcs == ("vpc-a",)


def test_a_vpc_that_nobody_has_is_named(tmp_path: Path) -> None:
    said: list[str] = []
    run(tmp_path / "s", Fake(VPCS), scope=Scope(vpcs=("vpc-a", "vpc-z")), told=said.append)
    assert said == ["vpc-z is in none of the accounts and Regions that were asked"]


def test_where_nobody_tells_the_connections_only_the_vpc_itself_is_captured(tmp_path: Path) -> None:
    api = Fake(VPCS, errors=dict.fromkeys(list(VPCS)[:2], (403, "UnauthorizedOperation", "")))
    record = run(tmp_path / "s", api, scope=Scope(vpcs=("vpc-a",)))
    asked = {(operation, " ".join(options)) for _, operation, options, _ in api.asked}
    assert ("describe-subnets", "--filters Name=vpc-id,Values=vpc-a") in asked
    assert record.complete


def test_a_region_that_is_not_enabled_is_asked_no_more(tmp_path: Path) -> None:
    api = Fake(errors={"eu-south-2/*": (401, "AuthFailure", "")})
    run(tmp_path / "s", api, regions=(REGION, "eu-south-2"))
    assert sum(region == "eu-south-2" for _, _, _, region in api.asked) <= 2 * WORKERS
    there = {file: one for file, one in entries(tmp_path / "s").items() if file.startswith("eu-south-2/")}
    assert {one["outcome"] for one in there.values()} == {"refused", "not-asked"}
    assert {one["code"] for one in there.values() if one["outcome"] == "refused"} == {"AuthFailure"}
    here = [one for file, one in entries(tmp_path / "s").items() if file.startswith(f"{REGION}/")]
    assert {one["outcome"] for one in here} == {"ok"}


def test_an_account_whose_role_was_refused_is_in_the_manifest(tmp_path: Path) -> None:
    run(tmp_path / "s", Fake(), regions=(), refused=Outcome("refused", "AssumeRoleFailed", "sts:AssumeRole"))
    assert entries(tmp_path / "s")["global/sts/get-caller-identity.json"]["code"] == "AssumeRoleFailed"


def stopped_after(count: int) -> Fake:
    def before(_: object) -> None:
        if len(api.asked) > count:
            raise ExpiredError("expired")

    api = Fake(errors={"ec2/describe-addresses": (403, "UnauthorizedOperation", "")}, before=before)
    return api


def test_the_next_run_asks_for_what_is_lacking_and_for_what_was_refused(tmp_path: Path) -> None:
    with pytest.raises(ExpiredError):
        run(tmp_path / "s", stopped_after(40))
    partial = json.loads((tmp_path / "s.partial/snapshot.json").read_text())
    known = {one["file"] for one in partial["calls"] if one["outcome"] == "ok"}
    spoilt = next(file for file in sorted(known) if f"{REGION}/ec2/describe-" in file)
    (tmp_path / "s.partial" / spoilt).write_text("{")
    (tmp_path / "s.partial" / ACCOUNT / REGION / "ec2/.left.tmp").write_text("x")
    said: list[str] = []
    api = Fake()
    record = run(tmp_path / "s", api, told=said.append)
    assert said == [
        f"going on with {tmp_path}/s.partial, begun {partial['started']}: {len(known) - 1} answers are there"
    ]
    operations = [operation for _, operation, _, _ in api.asked]
    assert Path(spoilt).stem in operations
    assert "describe-addresses" in operations
    assert len(operations) == len(record.files) - (len(known) - 1)
    assert record.started == partial["started"]
    json.loads((tmp_path / "s" / spoilt).read_text())
    assert not list((tmp_path / "s").rglob("*.tmp"))


def test_a_capture_made_otherwise_is_not_mixed_in(tmp_path: Path) -> None:
    with pytest.raises(ExpiredError):
        run(tmp_path / "s", stopped_after(40))
    with pytest.raises(QuestionError, match="other --vpc or --redact"):
        run(tmp_path / "s", Fake(), redact=["*cost*"])
    api = Fake()
    run(tmp_path / "s", api, redact=["*cost*"], overwrite=True)
    assert len(api.asked) > 100


def test_what_another_command_captured_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ExpiredError):
        run(tmp_path / "s", stopped_after(60), regions=("eu-west-1",))
    run(tmp_path / "s", Fake(), scope=Scope(frozenset({"ec2"})))
    assert {path.name for path in (tmp_path / "s" / ACCOUNT).iterdir()} == {REGION}
    manifest = json.loads((tmp_path / "s/snapshot.json").read_text())
    assert {one["file"].split("/")[1] for one in manifest["calls"]} == {REGION}


def test_a_folder_that_is_no_capture_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s.partial").mkdir()
    (tmp_path / "s.partial/mine.txt").write_text("1")
    with pytest.raises(QuestionError, match="is no capture"):
        run(tmp_path / "s", Fake())
    assert (tmp_path / "s.partial/mine.txt").read_text() == "1"


def test_an_existing_snapshot_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    run(tmp_path / "s", Fake())
    (tmp_path / "s/mine.txt").write_text("1")
    with pytest.raises(QuestionError, match="exists already; --overwrite replaces it"):
        run(tmp_path / "s", Fake())
    with pytest.raises(ExpiredError):
        run(tmp_path / "s", stopped_after(40), overwrite=True)
    assert (tmp_path / "s/mine.txt").read_text() == "1"
    run(tmp_path / "s", Fake(), overwrite=True)
    assert not (tmp_path / "s/mine.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_no_answer_at_all_is_no_snapshot(tmp_path: Path) -> None:
    denied = Fake(errors={f"{REGION}/*": (403, "AccessDenied", "")})
    with pytest.raises(CollectError, match=r"no call was answered \(AccessDenied\): nothing is written"):
        run(tmp_path / "s", denied)
    assert not (tmp_path / "s").exists()
    run(tmp_path / "s", Fake())


def test_progress_is_told_of_every_call(tmp_path: Path) -> None:
    class Count:
        total = made = closed = 0

        def more(self, services: Any) -> None:
            self.total += len(list(services))

        def done(self, _: str) -> None:
            self.made += 1

        def close(self) -> None:
            self.closed += 1

    count = Count()
    record = run(tmp_path / "s", Fake(), progress=count)
    assert count.total == count.made == len(record.files)
    assert count.closed == 1


def test_what_a_bug_raises_is_not_swallowed(tmp_path: Path) -> None:
    def before(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "s", Fake(before=before))
    assert (tmp_path / "s.partial/snapshot.json").is_file()

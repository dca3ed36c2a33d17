"""check without the build's files: what the project's configuration alone keeps in buckets is needed too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check, PipelineStep
from tests.build import Record
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, Pipeline, for_all, policy, statement

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
OUT = {"type": "S3", "location": "out", "path": "builds"}
WRITES = statement("s3:PutObject", "arn:aws:s3:::out/*")


def checked(*role: Record, files: dict[str, Any] | None = None, **project: Any) -> Check:
    net = Pipeline(build_role=[*BUILD_ROLE, *role], **project)
    for bucket in ("out", "other"):
        net.put(f"s3api/get-bucket-policy/{bucket}", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
        net.put(f"s3api/get-bucket-acl/{bucket}", {"Owner": {"ID": "79a5"}, "Grants": []}, region="global")
    for path, answer in (files or {}).items():
        net.put(path, answer, region="global" if path.startswith("s3api/") else REGION)
    return load_files(net.files()).check()


def step(check: Check, name: str) -> list[PipelineStep]:
    return [one for one in check.steps if one.step == name]


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("artifacts", {"artifacts": OUT}),
        ("artifacts", {"artifacts": {"type": "NO_ARTIFACTS"}, "secondaryArtifacts": [OUT | {"location": "out"}]}),
        ("cache", {"cache": {"type": "S3", "location": "out/cache"}}),
        ("logs", {"logsConfig": {"cloudWatchLogs": {"status": "DISABLED"},
                                 "s3Logs": {"status": "ENABLED", "location": "out/logs"}}}),
    ],
)  # fmt: skip
def test_what_is_kept_in_a_bucket_needs_its_permission(name: str, project: Record) -> None:
    works, fails = checked(WRITES, **project), checked(**project)
    (one,) = step(works, name)
    assert (one.outcome, one.route) == ("allowed", "private")
    (one,) = step(fails, name)
    assert one.outcome == "blocked"
    assert {each.code for each in one.blocked_by} == {"IDENTITY_POLICY_DENY"}
    assert fails.overall == "private-but-failing"


def test_nothing_is_kept_where_nothing_is_configured() -> None:
    quiet = checked(artifacts={"type": "NO_ARTIFACTS"}, cache={"type": "NO_CACHE"},
                    logsConfig={"s3Logs": {"status": "DISABLED", "location": "out/logs"}})  # fmt: skip
    assert step(quiet, "artifacts") == step(quiet, "cache") == []
    local = checked(cache={"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]})
    assert step(local, "cache") == []


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_a_cache_is_read_and_written(action: str) -> None:
    forbidden = statement(action, "arn:aws:s3:::out/*", "Deny")
    (one,) = step(checked(WRITES, forbidden, cache={"type": "S3", "location": "out/cache"}), "cache")
    assert one.outcome == "blocked"


def test_the_buckets_own_policy_is_asked() -> None:
    denies = {"Policy": json.dumps(policy(for_all("s3:PutObject", effect="Deny")))}
    (one,) = step(checked(WRITES, files={"s3api/get-bucket-policy/out": denies}, artifacts=OUT), "artifacts")
    assert one.outcome == "blocked"
    assert [each.component for each in one.blocked_by] == ["out"]


def test_the_endpoints_policy_is_asked() -> None:
    layers = policy(for_all("s3:GetObject"))
    (one,) = step(checked(WRITES, artifacts=OUT, s3_policy=layers), "artifacts")
    assert one.outcome == "blocked"
    assert any(each.component and each.component.startswith("vpce-") for each in one.blocked_by)


def test_the_key_of_the_artifacts_is_asked() -> None:
    files = {
        "kms/get-key-policy/k-1": {"Policy": json.dumps(policy(statement("kms:*", Principal={"AWS": "222222222222"})))},
        "kms/list-grants/k-1": {"Grants": []},
        "kms/describe-key/k-1": {"KeyMetadata": {"KeyId": "k-1", "KeyState": "Enabled", "KeyManager": "CUSTOMER"}},
    }
    (one,) = step(checked(WRITES, files=files, artifacts=OUT, encryptionKey=KEY), "artifacts")
    assert one.outcome == "blocked"
    assert any(each.component and "k-1" in each.component for each in one.blocked_by)


def pipeline(**action: Any) -> Record:
    build = {"name": "b", "configuration": {"ProjectName": "p1"}, **action}
    store = {"type": "S3", "location": "out"}
    return {"pipeline": {"name": "x", "artifactStore": store, "stages": [{"name": "s", "actions": [build]}]}}


def test_what_a_pipeline_hands_on_is_uploaded_if_its_action_has_outputs() -> None:
    project = {"source": ("CODEPIPELINE", ""), "artifacts": {"type": "CODEPIPELINE"}}
    with_output = {"codepipeline/get-pipeline/x": pipeline(outputArtifacts=[{"name": "o"}])}
    (one,) = step(checked(WRITES, files=with_output, **project), "artifacts")
    assert one.outcome == "allowed"
    (one,) = step(checked(files=with_output, **project), "artifacts")
    assert one.outcome == "blocked"
    assert step(checked(files={"codepipeline/get-pipeline/x": pipeline()}, **project), "artifacts") == []


# --- what the headers of an upload say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("artifacts", "demanded", "outcome"),
    [({}, {"s3:x-amz-server-side-encryption": "aws:kms"}, "allowed"),
     ({}, {"s3:x-amz-server-side-encryption": "AES256"}, "blocked"),
     ({"encryptionDisabled": True}, {"s3:x-amz-server-side-encryption": "aws:kms"}, "unknown"),
     ({}, {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}, "allowed"),
     ({}, {"s3:x-amz-server-side-encryption-aws-kms-key-id": f"{KEY}-other"}, "blocked")],
)  # fmt: skip
def test_a_bucket_may_demand_the_encryption_that_codebuild_asks_for(
    artifacts: Record, demanded: Record, outcome: str
) -> None:
    """CodePipeline User Guide, "Configure server-side encryption for artifacts stored in Amazon S3": its policy denies
    uploads without ``aws:kms``, with which CodeBuild encrypts artifacts unless a project says not to."""
    role = [*BUILD_ROLE, statement("s3:PutObject"), statement(["kms:GenerateDataKey", "kms:Decrypt"])]
    net = Pipeline(build_role=role, artifacts={"type": "S3", "location": "out", **artifacts}, encryptionKey=KEY)
    deny = for_all("s3:PutObject", "arn:aws:s3:::out/*", "Deny", Condition={"StringNotEquals": demanded})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}]}, region="global")
    net.put("s3api/get-bucket-policy/out", {"Policy": json.dumps(policy(deny))}, region="global")
    delegates = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(delegates)), "PolicyName": "default"})
    net.put("kms/list-grants/k-1", {"Grants": []})
    net.put("kms/describe-key/k-1", {"KeyMetadata": {"KeyId": "k-1", "KeyState": "Enabled"}})
    (found,) = step(load_files(net.files()).check(), "artifacts")
    assert found.outcome == outcome

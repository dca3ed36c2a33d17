"""KMS keys: what a key's policy, its grants and its state say to a service that needs it for a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Verdict
from tests.build import Record
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    REGION,
    Pipeline,
    ask,
    for_all,
    policy,
    statement,
    why,
)

ALL = ["network", "endpoint-policy", "identity-policy", "resource-policy"]
ROLE, OTHER = f"arn:aws:iam::{ACCOUNT}:role/build", f"arn:aws:iam::{ACCOUNT}:role/other"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
USE = statement(["s3:*", "secretsmanager:*", "ssm:*"])
MAY_USE_KEYS = statement(["kms:GenerateDataKey", "kms:Decrypt"])
DELEGATES = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
WRITE = {"action": "s3:PutObject", "resource": "arn:aws:s3:::out/k"}
READ = {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/k"}
FILES = {name: f"{ACCOUNT}/{REGION}/kms/{name}/k-1.json" for name in ("get-key-policy", "list-grants")}


def named(who: str, **more: Any) -> Record:
    return statement(["kms:GenerateDataKey", "kms:Decrypt"], Principal={"AWS": who}, **more)


def pipeline(*key: Record, role: Record | None = None, state: str = "Enabled", **project: Any) -> Pipeline:
    """A project that encrypts its artifacts in ``out`` with a key; ``data`` is encrypted with it by default."""
    keyed = {"artifacts": {"type": "S3", "location": "out"}, "encryptionKey": KEY}
    net = Pipeline(build_role=[*BUILD_ROLE, USE, *([role] if role else [])], **(keyed | project))
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}, {"Name": "data"}]}, region="global")
    for bucket in ("out", "data"):
        net.put(f"s3api/get-bucket-policy/{bucket}", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    rules = {"ServerSideEncryptionConfiguration": {"Rules": [default | {"BucketKeyEnabled": True}]}}
    net.put("s3api/get-bucket-encryption/data", rules, region="global")
    if key:
        net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(*key)), "PolicyName": "default"})
    net.put("kms/list-grants/k-1", {"Grants": []})
    net.put("kms/describe-key/k-1", {"KeyMetadata": {"KeyId": "k-1", "KeyState": state, "KeyManager": "CUSTOMER"}})
    return net


def answer(net: Pipeline, request: Record = WRITE, to: str = "s3") -> Verdict:
    return ask(net, BUILD, to, requests=[request], layers=ALL)


@pytest.mark.parametrize("request_", [WRITE, READ])
def test_a_key_that_delegates_needs_the_callers_policy_too(request_: Record) -> None:
    assert answer(pipeline(DELEGATES, role=MAY_USE_KEYS), request_).outcome == "allowed"
    assert why(answer(pipeline(DELEGATES), request_)) == {("IDENTITY_POLICY_DENY", None, ROLE)}


def test_a_key_that_names_the_role_is_enough_and_another_role_is_not() -> None:
    assert answer(pipeline(named(ROLE))).outcome == "allowed"
    refused = answer(pipeline(named(OTHER), role=MAY_USE_KEYS))
    assert (refused.outcome, why(refused)) == ("blocked", {("RESOURCE_POLICY_DENY", None, KEY)})
    assert "which s3 needs" in refused.blocked_by[0].detail


def test_what_is_read_needs_decrypt_and_what_is_written_a_data_key() -> None:
    write_only = statement("kms:GenerateDataKey*", Principal={"AWS": ROLE})
    assert answer(pipeline(write_only)).outcome == "allowed"
    assert why(answer(pipeline(write_only, role=MAY_USE_KEYS), READ)) == {("RESOURCE_POLICY_DENY", None, KEY)}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ({"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}, "allowed"),
        ({"StringEquals": {"kms:ViaService": f"ecr.{REGION}.amazonaws.com"}}, "blocked"),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT}}, "allowed"),
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::data"}}, "allowed"),
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::data/k"}}, "blocked"),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["aws:s3:arn"]}}, "allowed"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "allowed"),
        ({"StringEquals": {"aws:SourceVpce": "vpce-s3"}}, "blocked"),
        ({"ArnLike": {"aws:PrincipalArn": ROLE}}, "allowed"),
        ({"StringEquals": {"kms:GranteePrincipal": "x"}}, "unknown"),
    ],
)
def test_conditions_of_a_key(condition: Record, outcome: str) -> None:
    assert answer(pipeline(named(ROLE, Condition=condition)), READ).outcome == outcome


@pytest.mark.parametrize(("operator", "values", "by_object", "by_bucket", "by_either"), [
    ("StringLike", ["out/*"], "allowed", "blocked", "unknown"),
    ("StringLike", ["o*"], "allowed", "allowed", "allowed"),
    ("StringLike", ["out", "out/*"], "allowed", "allowed", "unknown"),
    ("ArnLike", ["out/*"], "allowed", "blocked", "unknown"),
    ("StringLike", ["data/*"], "blocked", "blocked", "blocked"),
    ("ArnEquals", ["data/*", "out"], "blocked", "allowed", "unknown"),
    ("StringEquals", ["out"], "blocked", "allowed", "unknown"),
    ("StringNotLike", ["data*"], "allowed", "allowed", "allowed"),
    ("StringNotLike", ["out/*"], "blocked", "allowed", "unknown"),
    ("StringLike", ["out/p1/*"], "unknown", "blocked", "unknown"),
    ("StringEquals", ["out/p1/app.zip"], "unknown", "blocked", "unknown"),
    ("StringEqualsIgnoreCase", ["OUT/k"], "unknown", "blocked", "unknown"),
    ("Null", ["false"], "allowed", "allowed", "allowed"),
])  # fmt: skip
def test_an_encryption_context_is_known_by_the_bucket_whatever_the_object(
    operator: str, values: list[str], by_object: str, by_bucket: str, by_either: str
) -> None:
    """S3 User Guide, "Using server-side encryption with AWS KMS keys": the context is the object's ARN, or with a
    bucket key the bucket's."""
    named_there = values if operator == "Null" else [f"arn:aws:s3:::{one}" for one in values]
    net = pipeline(named(ROLE, Condition={operator: {"kms:EncryptionContext:aws:s3:arn": named_there}}))
    write = {"action": "s3:PutObject", "resource": "arn:aws:s3:::out/*"}
    assert answer(net, write).outcome == by_either
    for keyed, outcome in ((False, by_object), (True, by_bucket)):
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": keyed}
        rules = {"ServerSideEncryptionConfiguration": {"Rules": [default]}}
        net.put("s3api/get-bucket-encryption/out", rules, region="global")
        assert answer(net, write).outcome == outcome


def test_a_missing_key_policy_is_asked_for() -> None:
    verdict = answer(pipeline(role=MAY_USE_KEYS))
    assert (verdict.outcome, verdict.missing) == ("unknown", (FILES["get-key-policy"],))


def test_keys_that_aws_manages_serve_their_account_alone() -> None:
    managed = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"
    assert answer(pipeline(encryptionKey=managed)).outcome == "allowed"
    assert answer(pipeline(encryptionKey=None)).outcome == "allowed"
    denied = pipeline(encryptionKey=managed, role=statement("kms:*", effect="Deny"))
    assert why(answer(denied)) == {("IDENTITY_POLICY_DENY", None, ROLE)}
    foreign = f"arn:aws:kms:{REGION}:222222222222:alias/aws/s3"
    assert answer(pipeline(encryptionKey=foreign, role=MAY_USE_KEYS)).outcome == "blocked"


def test_artifacts_that_are_not_encrypted_need_no_key() -> None:
    plain = {"type": "S3", "location": "out", "encryptionDisabled": True}
    assert answer(pipeline(named(OTHER), artifacts=plain)).outcome == "allowed"


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "Unavailable"])
def test_a_key_that_cannot_be_used(state: str) -> None:
    assert why(answer(pipeline(named(ROLE), state=state))) == {("KMS_KEY_UNUSABLE", None, KEY)}


def grant(**more: Any) -> Record:
    return {"Grants": [{"GranteePrincipal": ROLE, "Operations": ["GenerateDataKey"], **more}]}


@pytest.mark.parametrize(
    ("grants", "outcome"),
    [
        (grant(), "allowed"),
        (grant(GranteePrincipal=OTHER), "blocked"),
        (grant(Operations=["Decrypt"]), "blocked"),
        (grant(Constraints={"EncryptionContextSubset": {"a": "b"}}), "unknown"),
        ({"Error": {"Code": "AccessDeniedException"}}, "unknown"),
    ],
)
@pytest.mark.parametrize("key", [named(OTHER), DELEGATES])
def test_grants_make_up_for_silence(key: Record, grants: Record, outcome: str) -> None:
    net = pipeline(key)
    net.put("kms/list-grants/k-1", grants)
    verdict = answer(net)
    assert verdict.outcome == outcome
    assert verdict.missing == ((FILES["list-grants"],) if "Error" in grants else ())


@pytest.mark.parametrize(
    ("constraint", "outcome"),
    [
        ({"EncryptionContextSubset": {"SecretARN": "ARN"}}, "allowed"),
        ({"EncryptionContextSubset": {"secretarn": "ARN"}}, "allowed"),  # the keys' case does not count
        ({"EncryptionContextSubset": {"SecretARN": "arn"}}, "blocked"),  # the values' does
        ({"EncryptionContextSubset": {"SecretARN": "ARN", "project": "x"}}, "blocked"),
        ({"EncryptionContextSubset": {"SecretARN": "ARN", "SecretVersionId": "v1"}}, "unknown"),
        ({"EncryptionContextEquals": {"SecretARN": "ARN"}}, "blocked"),  # there is a SecretVersionId besides
        ({"EncryptionContextEquals": {"SecretARN": "ARN", "SecretVersionId": "v1"}}, "unknown"),
        ({"EncryptionContextEquals": {}, "EncryptionContextSubset": {}}, "allowed"),
    ],
)
def test_a_grant_may_ask_for_an_encryption_context(constraint: Record, outcome: str) -> None:
    """KMS API Reference, "GrantConstraints"."""
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf"
    filled = {
        name: {key: arn if value == "ARN" else value for key, value in pairs.items()}
        for name, pairs in constraint.items()
    }
    net = pipeline(DELEGATES)
    net.put("kms/list-grants/k-1", grant(Operations=["Decrypt"], Constraints=filled))
    assert secret(net, KmsKeyId=KEY).outcome == outcome


@pytest.mark.parametrize(
    ("constraint", "outcome"),
    [
        ({"EncryptionContextSubset": {"aws:s3:arn": "arn:aws:s3:::data"}}, "allowed"),
        ({"EncryptionContextSubset": {"aws:s3:arn": "arn:aws:s3:::other"}}, "blocked"),
        ({"EncryptionContextEquals": {"project": "x"}}, "blocked"),
        ({"EncryptionContextEquals": {"aws:s3:arn": "arn:aws:s3:::data"}}, "unknown"),  # clients may add pairs
    ],
)
def test_a_grant_for_the_objects_of_a_bucket(constraint: Record, outcome: str) -> None:
    net = pipeline(named(OTHER))
    net.put("kms/list-grants/k-1", grant(Operations=["Decrypt"], Constraints=constraint))
    assert answer(net, READ).outcome == outcome


def test_no_grant_makes_up_for_a_deny() -> None:
    net = pipeline(DELEGATES, for_all("kms:*", effect="Deny"))
    net.put("kms/list-grants/k-1", grant())
    assert ("RESOURCE_POLICY_DENY", None, KEY) in why(answer(net))


# --- other services -------------------------------------------------------------------------------------------------


def reading(net: Pipeline, service: str, action: str, resource: str) -> Verdict:
    net.add_endpoint(service)
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
    return answer(net, {"action": action, "resource": arn}, service)


def secret(net: Pipeline, **more: Any) -> Verdict:
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf"
    net.put("secretsmanager/list-secrets", {"SecretList": [{"ARN": arn, "Name": "db", **more}]})
    return reading(net, "secretsmanager", "secretsmanager:GetSecretValue", "secret:db*")


def test_secrets_are_decrypted_for_the_caller_through_secrets_manager() -> None:
    through = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
    assert secret(pipeline(named(ROLE, Condition=through)), KmsKeyId=KEY).outcome == "allowed"
    assert why(secret(pipeline(named(OTHER), role=MAY_USE_KEYS), KmsKeyId=KEY)) == {("RESOURCE_POLICY_DENY", None, KEY)}
    assert secret(pipeline(named(OTHER))).outcome == "allowed"  # with the key that AWS manages


def test_an_alias_stands_for_a_key() -> None:
    net = pipeline(named(OTHER))
    assert secret(net, KmsKeyId="alias/mine").missing == (f"{ACCOUNT}/{REGION}/kms/list-aliases.json",)
    net = pipeline(named(OTHER), role=MAY_USE_KEYS)
    net.put("kms/list-aliases", {"Aliases": [{"AliasName": "alias/mine", "TargetKeyId": "k-1"}]})
    assert why(secret(net, KmsKeyId="alias/mine")) == {("RESOURCE_POLICY_DENY", None, KEY)}
    net = pipeline(named(ROLE))
    net.put("kms/list-aliases", {"Aliases": []})
    assert why(secret(net, KmsKeyId="alias/mine")) == {("RESOURCE_POLICY_DENY", None, "alias/mine")}


@pytest.mark.parametrize(("sort", "outcome"), [("SecureString", "blocked"), ("String", "allowed")])
def test_parameters_that_are_secret_need_their_key(sort: str, outcome: str) -> None:
    net = pipeline(named(OTHER))
    net.put("ssm/describe-parameters", {"Parameters": [{"Name": "/app/token", "Type": sort, "KeyId": KEY}]})
    assert reading(net, "ssm", "ssm:GetParameters", "parameter/app/token").outcome == outcome


@pytest.mark.parametrize(("state", "outcome"), [("Enabled", "allowed"), ("Disabled", "blocked")])
def test_ecr_has_grants_of_its_own(state: str, outcome: str) -> None:
    net = pipeline(named(OTHER), state=state)
    kept = {"encryptionType": "KMS", "kmsKey": KEY}
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app", "encryptionConfiguration": kept}]})
    asked = {"action": "ecr:PutImage", "resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"}
    assert answer(net, asked, "ecr.dkr").outcome == outcome


def test_cloudwatch_logs_asks_by_its_own_name() -> None:
    group = "/aws/codebuild/p1"
    log = {"action": "logs:PutLogEvents", "resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"}
    arn = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/*"}}
    by_name = statement("kms:*", Principal={"Service": f"logs.{REGION}.amazonaws.com"}, Condition=arn)
    for key, outcome in ((by_name, "allowed"), (DELEGATES, "unknown")):
        net = pipeline(key, role=MAY_USE_KEYS)
        net.put("logs/describe-log-groups", {"logGroups": [{"logGroupName": group, "kmsKeyId": KEY}]})
        assert answer(net, log, "logs").outcome == outcome


@pytest.mark.parametrize(
    ("key", "role", "outcome"),
    [
        (named(ROLE), None, "allowed"),
        (named(OTHER), MAY_USE_KEYS, "blocked"),
        (DELEGATES, MAY_USE_KEYS, "allowed"),
        (DELEGATES, None, "blocked"),
        (
            named(ROLE, Condition={"StringEquals": {"kms:ViaService": f"codecommit.{REGION}.amazonaws.com"}}),
            None,
            "allowed",
        ),
        (named(ROLE, Condition={"StringEquals": {"kms:EncryptionContext:id": "x"}}), None, "unknown"),
        (named(ROLE, Condition={"Null": {"kms:EncryptionContextKeys": "true"}}), None, "blocked"),
    ],
)
def test_repositories_are_decrypted_for_whoever_pulls(key: Record, role: Record | None, outcome: str) -> None:
    """CodeCommit User Guide, "AWS Key Management Service and encryption for AWS CodeCommit repositories"."""
    net = pipeline(key, role=role)
    net.put("codecommit/batch-get-repositories", {"repositories": [{"repositoryName": "app", "kmsKeyId": KEY}]})
    pull = {"action": "codecommit:GitPull", "resource": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app"}
    assert answer(net, pull, "git-codecommit").outcome == outcome


def test_a_repository_with_the_key_that_aws_manages_needs_no_permission() -> None:
    net = pipeline(named(OTHER))
    net.put("codecommit/batch-get-repositories", {"repositories": [{"repositoryName": "app", "kmsKeyId": "k-2"}]})
    pull = {"action": "codecommit:GitPull", "resource": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app"}
    assert answer(net, pull, "git-codecommit").outcome == "allowed"  # nothing is known of k-2
    net.put("kms/describe-key/k-2", {"KeyMetadata": {"KeyId": "k-2", "KeyState": "Enabled", "KeyManager": "AWS"}})
    assert answer(net, pull, "git-codecommit").outcome == "allowed"


def test_kms_itself_asks_the_policy_of_the_key() -> None:
    asked = {"action": "kms:Decrypt", "resource": KEY}
    for key, outcome in ((named(ROLE), "allowed"), (named(OTHER), "blocked")):
        net = pipeline(key)
        net.add_endpoint("kms")
        assert answer(net, asked, "kms").outcome == outcome


@pytest.mark.parametrize("key", [named(OTHER), DELEGATES])
@pytest.mark.parametrize(
    ("grants", "outcome"),
    [
        ({"Grants": []}, "blocked"),
        (grant(Operations=["Decrypt"]), "allowed"),
        (grant(Operations=["Decrypt"], Constraints={"EncryptionContextSubset": {"a": "b"}}), "unknown"),
        ({"Error": {"Code": "AccessDeniedException"}}, "unknown"),
    ],
)
def test_kms_itself_asks_the_grants_too(key: Record, grants: Record, outcome: str) -> None:
    net = pipeline(key)
    net.add_endpoint("kms")
    net.put("kms/list-grants/k-1", grants)
    assert answer(net, {"action": "kms:Decrypt", "resource": KEY}, "kms").outcome == outcome


def test_kms_itself_refuses_a_key_that_is_disabled_but_describes_it() -> None:
    may = statement("kms:*")
    net = pipeline(named(ROLE), statement("kms:DescribeKey", Principal={"AWS": ROLE}), role=may, state="Disabled")
    net.add_endpoint("kms")
    assert why(answer(net, {"action": "kms:Decrypt", "resource": KEY}, "kms")) == {("KMS_KEY_UNUSABLE", None, KEY)}
    assert answer(net, {"action": "kms:DescribeKey", "resource": KEY}, "kms").outcome == "allowed"


def test_how_a_bucket_encrypts_is_an_assumption_where_nobody_tells() -> None:
    net = pipeline(named(OTHER))
    net.put("s3api/get-bucket-encryption/data", {"Error": {"Code": "AccessDenied"}}, region="global")
    verdict = answer(net, READ)
    assert verdict.outcome == "allowed"
    assert [one.component for one in verdict.assumptions if "encrypted" in one.detail] == ["data"]
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"
    verdict = reading(pipeline(named(OTHER)), "secretsmanager", "secretsmanager:GetSecretValue", "secret:db")
    assert [one.component for one in verdict.assumptions if "encrypted" in one.detail] == [arn]


@pytest.mark.parametrize("plural", [False, True])
@pytest.mark.parametrize(("who", "outcome"), [(ROLE, "allowed"), (OTHER, "blocked")])
def test_codepipeline_names_the_key_of_its_store(plural: bool, who: str, outcome: str) -> None:
    net = pipeline(named(who), role=MAY_USE_KEYS, artifacts=None)
    store = {"type": "S3", "location": "out", "encryptionKey": {"id": KEY, "type": "KMS"}}
    stores: Record = {"artifactStores": {REGION: store}} if plural else {"artifactStore": store}
    net.put("codepipeline/get-pipeline/app", {"pipeline": {"name": "app", "stages": [], **stores}})
    assert answer(net).outcome == outcome
    assert answer(net, {**READ, "resource": WRITE["resource"]}).outcome == outcome


BUILDSPEC = b"version: 0.2\nphases:\n  build:\n    commands:\n      - make\nartifacts:\n  files:\n    - out.zip\n"


@pytest.mark.parametrize(("who", "outcome"), [(ROLE, "allowed"), (OTHER, "blocked")])
def test_check_stops_at_artifacts_that_the_key_does_not_let_be_written(who: str, outcome: str) -> None:
    files = {**pipeline(named(who)).files(), "code/p1/buildspec.yml": BUILDSPEC}
    steps = {one.step: one.outcome for one in load_files(files).check().steps}
    assert steps["artifacts"] == outcome

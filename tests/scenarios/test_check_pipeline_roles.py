"""What CodePipeline does by itself: with a pipeline's service role, an action's own, the artifacts' bucket and key.

**Source:** CodePipeline User Guide, "Manage the CodePipeline service role", action structure references, "Create a
pipeline in CodePipeline that uses resources from another AWS account", "Troubleshooting CodePipeline" (a role without
the permission for an action); Developer Tools console, "Connections rename".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check, PipelineStep
from tests.build import Record
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, CLIENT_ROLE, REGION, Pipeline, for_all, policy, statement

ROLE, OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipe", f"arn:aws:iam::{ACCOUNT}:role/action"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/c-1"
STORE = "arn:aws:s3:::rel-artifacts"
KEEPS = statement(["s3:GetObject", "s3:PutObject"], f"{STORE}/*")
SOURCE = statement(["codecommit:GetBranch", "codecommit:GetCommit", "codecommit:UploadArchive",
                    "codecommit:GetUploadArchiveStatus"], f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app")  # fmt: skip
STARTS = statement(["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
                   f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1")  # fmt: skip
ALL = (KEEPS, SOURCE, STARTS)


def trust(service: str = "codepipeline.amazonaws.com", **more: Any) -> Record:
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more})


def action(category: str, provider: str, configuration: dict[str, str], **more: Any) -> Record:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    own = {"name": "A", "actionTypeId": kind, "configuration": configuration, **more}
    return {"name": category, "actions": [own]}


COMMIT = action("Source", "CodeCommit", {"RepositoryName": "app", "BranchName": "main"},
                outputArtifacts=[{"name": "src"}])  # fmt: skip
BUILDS = action("Build", "CodeBuild", {"ProjectName": "p1"}, inputArtifacts=[{"name": "src"}])


def pipeline(*role: Record, stages: tuple[Record, ...] = (COMMIT, BUILDS), trusts: Record | None = None,
             own: tuple[Record, ...] = (), **more: Any) -> Pipeline:  # fmt: skip
    net = Pipeline()
    net.roles({"build": BUILD_ROLE, "dev": CLIENT_ROLE, "pipe": list(role), "action": list(own)})
    held = net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]
    by_name = {one["RoleName"]: one for one in held["RoleDetailList"]}
    by_name["pipe"]["AssumeRolePolicyDocument"] = trusts or trust()
    by_name["action"]["AssumeRolePolicyDocument"] = policy(
        {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}
    )
    store = {"type": "S3", "location": "rel-artifacts", **more}
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {
        "name": "rel", "roleArn": ROLE, "artifactStore": store, "stages": list(stages),
    }})  # fmt: skip
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "rel-artifacts"}]}, region="global")
    net.put("s3api/get-bucket-policy/rel-artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    return net


def checked(net: Pipeline) -> Check:
    return load_files(net.files()).check()


def step(check: Check, stage: str) -> PipelineStep:
    return next(one for one in check.steps if one.project == f"rel#{stage}/A")


def told(check: Check, stage: str) -> tuple[str, str, set[str]]:
    """(the whole pipeline's word, the action's outcome, what stops it)"""
    one = step(check, stage)
    return check.overall, one.outcome, {block.code for block in one.blocked_by}


def test_a_role_that_may_do_what_the_actions_ask_works() -> None:
    check = checked(pipeline(*ALL))
    assert (check.overall, check.exit_code) == ("private-and-working", 0)
    assert [one.step for one in check.steps if one.project.startswith("rel#")] == ["source", "provisioning"]
    assert step(check, "Source").service_side


@pytest.mark.parametrize(
    ("role", "stage", "action_"),
    [((KEEPS, SOURCE), "Build", "codebuild:StartBuild"), ((KEEPS, STARTS), "Source", "codecommit:UploadArchive"),
     ((SOURCE, STARTS), "Source", "s3:PutObject")],
)  # fmt: skip
def test_what_the_service_role_may_not_do_fails(role: tuple[Record, ...], stage: str, action_: str) -> None:
    check = checked(pipeline(*role))
    assert told(check, stage) == ("private-but-failing", "blocked", {"IDENTITY_POLICY_DENY"})
    found = [one for one in check.findings if one.id == "IDENTITY_POLICY_DENY"]
    assert [(one.severity, one.component) for one in found] == [("high", ROLE)]
    assert any(action_ in line for line in found[0].evidence)


def test_the_role_has_to_trust_codepipeline() -> None:
    assert told(checked(pipeline(*ALL, trusts=trust("codebuild.amazonaws.com"))), "Build") == (
        "private-but-failing", "blocked", {"RESOURCE_POLICY_DENY"},
    )  # fmt: skip
    own = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:codepipeline:*:{ACCOUNT}:rel"},
    }
    assert checked(pipeline(*ALL, trusts=trust(Condition=own))).overall == "private-and-working"


def test_a_bucket_for_one_vpc_endpoint_refuses_codepipeline_itself() -> None:
    net = pipeline(*ALL)
    deny = for_all("s3:*", [STORE, f"{STORE}/*"], "Deny", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-s3"}})
    net.put("s3api/get-bucket-policy/rel-artifacts", {"Policy": json.dumps(policy(deny))}, region="global")
    assert told(checked(net), "Source") == ("private-but-failing", "blocked", {"RESOURCE_POLICY_DENY"})


def test_a_bucket_that_demands_kms_takes_what_codepipeline_puts_there() -> None:
    """CodePipeline User Guide, "Configure server-side encryption for artifacts stored in Amazon S3"."""
    for demanded, outcome in (("aws:kms", "allowed"), ("AES256", "blocked")):
        net = pipeline(*ALL)
        deny = for_all("s3:PutObject", f"{STORE}/*", "Deny",
                       Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": demanded}})  # fmt: skip
        net.put("s3api/get-bucket-policy/rel-artifacts", {"Policy": json.dumps(policy(deny))}, region="global")
        assert step(checked(net), "Source").outcome == outcome


@pytest.mark.parametrize(("may", "outcome"), [(True, "allowed"), (False, "blocked")])
def test_the_key_of_the_artifacts_has_to_let_the_role_in(may: bool, outcome: str) -> None:
    uses = statement(["kms:GenerateDataKey", "kms:Decrypt"], KEY)
    net = pipeline(*ALL, *([uses] if may else []), encryptionKey={"id": KEY, "type": "KMS"})
    delegates = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(delegates)), "PolicyName": "default"})
    net.put("kms/list-grants/k-1", {"Grants": []})
    net.put("kms/describe-key/k-1", {"KeyMetadata": {"KeyId": "k-1", "KeyState": "Enabled"}})
    assert step(checked(net), "Source").outcome == outcome


@pytest.mark.parametrize(
    ("prefix", "outcome"), [("codeconnections", "allowed"), ("codestar-connections", "unknown"), ("", "blocked")]
)
def test_a_connection_is_used_by_the_prefix_of_its_arn(prefix: str, outcome: str) -> None:
    source = action("Source", "CodeStarSourceConnection", {"ConnectionArn": CONNECTION},
                    outputArtifacts=[{"name": "src"}])  # fmt: skip
    uses = [statement(f"{prefix}:UseConnection", CONNECTION)] if prefix else []
    assert step(checked(pipeline(KEEPS, STARTS, *uses, stages=(source, BUILDS))), "Source").outcome == outcome


def test_a_batch_is_started_by_an_action_of_its_own() -> None:
    batch = action("Build", "CodeBuild", {"ProjectName": "p1", "BatchEnabled": "true"})
    assert step(checked(pipeline(*ALL, stages=(COMMIT, batch))), "Build").outcome == "blocked"
    may = statement(["codebuild:StartBuildBatch", "codebuild:BatchGetBuildBatches"])
    assert step(checked(pipeline(*ALL, may, stages=(COMMIT, batch))), "Build").outcome == "allowed"


def test_an_action_s_own_role_is_assumed_by_the_pipelines() -> None:
    own = action("Build", "CodeBuild", {"ProjectName": "p1"}, roleArn=OTHER_ROLE)
    takes = statement("sts:AssumeRole", OTHER_ROLE)
    stages = (COMMIT, own)
    assert step(checked(pipeline(*ALL, takes, stages=stages, own=(STARTS,))), "Build").outcome == "allowed"
    assert step(checked(pipeline(*ALL, takes, stages=stages)), "Build").outcome == "blocked"


def test_a_role_of_an_account_that_the_snapshot_lacks_leaves_it_open() -> None:
    own = action("Deploy", "CloudFormation", {"ActionMode": "CHANGE_SET_EXECUTE", "StackName": "app"},
                 roleArn="arn:aws:iam::222222222222:role/deploy")  # fmt: skip
    takes = statement("sts:AssumeRole")
    check = checked(pipeline(*ALL, takes, stages=(COMMIT, BUILDS, own)))
    assert (check.overall, step(check, "Deploy").outcome) == ("undecided", "unknown")
    assert "222222222222/global/iam/get-account-authorization-details.json" in check.missing


def test_without_iam_in_the_snapshot_it_is_open() -> None:
    net = pipeline(*ALL)
    net._more.pop(f"{ACCOUNT}/global/iam/get-account-authorization-details.json")
    assert step(checked(net), "Build").outcome == "unknown"


DEPLOYS = {
    "Lambda": ("Invoke", {"FunctionName": "notify"}, "lambda:InvokeFunction"),
    "S3": ("Deploy", {"BucketName": "rel-artifacts"}, "s3:PutObject"),
    "CodeDeploy": ("Deploy", {"ApplicationName": "a", "DeploymentGroupName": "g"}, "codedeploy:*"),
    "CodeDeployToECS": ("Deploy", {"ApplicationName": "a", "DeploymentGroupName": "g"},
                        ["codedeploy:*", "ecs:RegisterTaskDefinition"]),
    "CloudFormation": ("Deploy", {"ActionMode": "CREATE_UPDATE", "StackName": "s", "RoleArn": OTHER_ROLE},
                       ["cloudformation:*", "iam:PassRole"]),
    "ECS": ("Deploy", {"ClusterName": "prod", "ServiceName": "web"}, "ecs:*"),
}  # fmt: skip


@pytest.mark.parametrize("provider", DEPLOYS)
def test_what_actions_of_other_providers_ask(provider: str) -> None:
    category, configuration, may = DEPLOYS[provider]
    stages = (COMMIT, BUILDS, action(category, provider, configuration))
    without = SOURCE, STARTS, statement("s3:PutObject", f"{STORE}/rel/*")
    refused = step(checked(pipeline(*without, stages=stages)), category).outcome
    assert refused == ("allowed" if provider == "S3" else "blocked")
    assert step(checked(pipeline(*ALL, statement(may), stages=stages)), category).outcome == "allowed"


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("may", "outcome"), [(True, "allowed"), (False, "blocked")])
def test_a_bucket_that_is_deployed_to_may_have_a_key_of_its_own(named: bool, may: bool, outcome: str) -> None:
    """CodePipeline User Guide, "Amazon S3 deploy action reference" (``KMSEncryptionKeyARN``)."""
    configuration = {"BucketName": "site", **({"KMSEncryptionKeyARN": KEY} if named else {})}
    stages = (COMMIT, BUILDS, action("Deploy", "S3", configuration))
    uses = [statement(["kms:GenerateDataKey", "kms:Decrypt"], KEY)] if may else []
    net = pipeline(*ALL, statement("s3:PutObject", "arn:aws:s3:::site/*"), *uses, stages=stages)
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "rel-artifacts"}, {"Name": "site"}]}, region="global")
    net.put("s3api/get-bucket-policy/site", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    if not named:
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
        rules = {"ServerSideEncryptionConfiguration": {"Rules": [default]}}
        net.put("s3api/get-bucket-encryption/site", rules, region="global")
    delegates = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(delegates)), "PolicyName": "default"})
    net.put("kms/list-grants/k-1", {"Grants": []})
    net.put("kms/describe-key/k-1", {"KeyMetadata": {"KeyId": "k-1", "KeyState": "Enabled"}})
    assert step(checked(net), "Deploy").outcome == outcome


@pytest.mark.parametrize(("who", "outcome"), [
    ("AROAPIPE:*", "allowed"), ("AROA*", "allowed"), ("AROAOTHER:*", "blocked"), (ACCOUNT, "blocked"),
    ("AROAPIPE:release", "unknown"),
])  # fmt: skip
def test_a_bucket_for_sessions_of_a_role_by_its_id(who: str, outcome: str) -> None:
    """IAM User Guide, "AWS global condition context keys" (aws:userid of a session: the role's id, a colon, the name of
    the session); such buckets left it open whether CodePipeline works."""
    net = pipeline(*ALL)
    details = net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]["RoleDetailList"]
    for one in details:
        one["RoleId"] = "AROAPIPE" if one["Arn"] == ROLE else f"AROA{one['RoleName'].upper()}"
    deny = for_all("s3:*", f"{STORE}/*", "Deny", Condition={"StringNotLike": {"aws:userId": [who, "AROABUILD:*"]}})
    net.put("s3api/get-bucket-policy/rel-artifacts", {"Policy": json.dumps(policy(deny))}, region="global")
    assert step(checked(net), "Source").outcome == outcome


@pytest.mark.parametrize(("value", "outcome"), [("site/*", "allowed"), ("other/*", "blocked"), ("site/v1*", "unknown")])
def test_a_key_for_the_objects_of_a_bucket_alone_serves_it(value: str, outcome: str) -> None:
    """S3 User Guide, "Using server-side encryption with AWS KMS keys" (the encryption context)."""
    stages = (COMMIT, BUILDS, action("Deploy", "S3", {"BucketName": "site", "KMSEncryptionKeyARN": KEY}))
    bound = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{value}"}}
    uses = statement(["kms:GenerateDataKey", "kms:Decrypt"], KEY, Condition=bound)
    net = pipeline(*ALL, statement("s3:PutObject", "arn:aws:s3:::site/*"), uses, stages=stages)
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "rel-artifacts"}, {"Name": "site"}]}, region="global")
    net.put("s3api/get-bucket-policy/site", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    held = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    net.put("s3api/get-bucket-encryption/site", held, region="global")
    delegates = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(delegates)), "PolicyName": "default"})
    net.put("kms/list-grants/k-1", {"Grants": []})
    net.put("kms/describe-key/k-1", {"KeyMetadata": {"KeyId": "k-1", "KeyState": "Enabled"}})
    assert step(checked(net), "Deploy").outcome == outcome


def test_an_ecs_deployment_passes_the_roles_of_its_task() -> None:
    arn, task = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:7"
    stages = (COMMIT, BUILDS, action("Deploy", "ECS", {"ClusterName": "prod", "ServiceName": "web"}))
    for passed, outcome in (("ecs-tasks.amazonaws.com", "allowed"), ("lambda.amazonaws.com", "blocked")):
        passes = statement("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": passed}})
        net = pipeline(*ALL, statement("ecs:*"), passes, stages=stages)
        net.put("ecs/list-clusters", {"clusterArns": [arn]})
        net.put("ecs/describe-services/prod", {"services": [
            {"serviceName": "web", "clusterArn": arn, "launchType": "FARGATE", "taskDefinition": task},
        ]})  # fmt: skip
        net.put("ecs/describe-task-definition/web:7", {"taskDefinition": {
            "taskDefinitionArn": task, "executionRoleArn": OTHER_ROLE, "containerDefinitions": [],
        }})  # fmt: skip
        assert step(checked(net), "Deploy").outcome == outcome


def test_a_pipeline_without_its_role_is_an_assumption() -> None:
    net = pipeline(*ALL)
    del net._more[f"{ACCOUNT}/{REGION}/codepipeline/get-pipeline/rel.json"]["pipeline"]["roleArn"]
    check = checked(net)
    assert check.overall == "private-and-working"
    assert any("service role of the pipeline rel is not told" in one.detail for one in check.assumptions)


@pytest.mark.parametrize(("role", "overall"), [
    ("arn:aws:iam::12345678:role/x", "undecided"), ("arn:aws:iam::*:role/x", "undecided"),
    ("arn:aws:iam:role/x", "private-but-failing"),
])  # fmt: skip
def test_a_role_of_no_account_is_no_error(role: str, overall: str) -> None:
    """As templates spell one of an account that nothing tells: check ended in an error."""
    stages = (COMMIT, action("Build", "CodeBuild", {"ProjectName": "p1"}, roleArn=role))
    net = pipeline(KEEPS, SOURCE, STARTS, statement("sts:AssumeRole"), stages=stages)
    assert load_files(net.files()).check().overall == overall


def test_a_role_that_is_not_there_is_no_matter_of_its_trust_policy() -> None:
    net = pipeline(*ALL)
    held = net._more[f"{ACCOUNT}/{REGION}/codepipeline/get-pipeline/rel.json"]
    held["pipeline"]["roleArn"] = f"arn:aws:iam::{ACCOUNT}:role/gone"
    (detail,) = {block.detail for block in step(checked(net), "Source").blocked_by if "assume" in block.detail}
    assert (
        detail == f"IAM lists no role arn:aws:iam::{ACCOUNT}:role/gone, which codepipeline.amazonaws.com is to assume"
    )
    distrusted = step(checked(pipeline(*ALL, trusts=trust("codebuild.amazonaws.com"))), "Source").blocked_by
    assert any(block.detail.startswith(f"the trust policy of {ROLE} does not let") for block in distrusted)


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:gate"


@pytest.mark.parametrize(("more", "outcome"), [
    ((), "unknown"),  # the topic's own policy, which AWS makes for the account, may let the role in
    ((statement("sns:Publish", TOPIC),), "allowed"),
    ((statement("sns:*", effect="Deny"),), "blocked"),
])  # fmt: skip
def test_an_approval_notifies_in_the_service_roles_name(more: tuple[Record, ...], outcome: str) -> None:
    """CodePipeline User Guide, "Grant Amazon SNS permissions to a CodePipeline service role"."""
    gate = action("Approval", "Manual", {"NotificationArn": TOPIC})
    check = checked(pipeline(*ALL, *more, stages=(COMMIT, BUILDS, gate)))
    assert step(check, "Approval").outcome == outcome
    assert check.overall == {"unknown": "undecided", "allowed": "private-and-working"}.get(
        outcome, "private-but-failing"
    )


def test_an_approval_that_notifies_nobody_asks_nothing() -> None:
    check = checked(pipeline(*ALL, stages=(COMMIT, BUILDS, action("Approval", "Manual", {}))))
    assert check.overall == "private-and-working"
    assert not any(one.project == "rel#Approval/A" for one in check.steps)


MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:release"


def test_a_state_machine_is_started_and_followed_in_the_service_roles_name() -> None:
    """Action structure reference, "AWS Step Functions"."""
    starts = action("Invoke", "StepFunctions", {"StateMachineArn": MACHINE})
    may = statement(["states:DescribeStateMachine", "states:StartExecution"], MACHINE)
    follow = statement("states:DescribeExecution", f"{MACHINE.replace(':stateMachine:', ':execution:')}:*")
    assert step(checked(pipeline(*ALL, may, stages=(COMMIT, BUILDS, starts))), "Invoke").outcome == "blocked"
    check = checked(pipeline(*ALL, may, follow, stages=(COMMIT, BUILDS, starts)))
    assert (step(check, "Invoke").outcome, check.overall) == ("allowed", "private-and-working")


def test_an_action_of_which_nothing_is_known_is_told() -> None:
    check = checked(pipeline(*ALL, stages=(COMMIT, BUILDS, action("Test", "DeviceFarm", {}))))
    (told,) = [one for one in check.assumptions if one.component == "rel/Test/A"]
    assert (told.code, told.can_hide) == ("UNKNOWN_RESOURCE", "block")

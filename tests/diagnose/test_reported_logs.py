"""Log lines as users report them in public threads, with what their builds and tasks lacked.

Amazon ECS: aws-samples/aws-fargate-pipeline-lambda-autoscaling#3, doctorray117/minecraft-ondemand#74,
aws-samples/serverless-jenkins-on-aws-fargate#7; CodeArtifact: data-dot-all/dataall#826. **Source** of the words:
CodeBuild User Guide, "Troubleshooting"; Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages".
"""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.diagnose import Diagnosed, Diagnosis
from tests.build import Build
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, REGISTRY, Pipeline, for_all, policy, statement

STAMP = "[Container] 2026/03/02 10:01:02.123456 "
LAYERS = f"prod-{REGION}-starport-layer-bucket.s3.{REGION}.amazonaws.com"
BUCKET = "arn:aws:s3:::app-artifacts"


def told(net: Build, *lines: str) -> Diagnosis:
    return load_files(net.files()).diagnose("\n".join(lines).encode())


def only(net: Build, *lines: str) -> Diagnosed:
    (one,) = told(net, *lines).errors
    return one


def tasks(*, services: tuple[str, ...] = ("web",)) -> Build:
    """A pipeline whose image ECS runs in subnets without a route to S3 and without an endpoint for parameters."""
    net = Pipeline()
    net.subnet("vpc-1", "10.10.41.0/24", f"{REGION}a", table=net.table("vpc-1", name="tasks"), name="tasks")
    group = net.group("vpc-1", [], name="tasks")
    cluster, task = (
        f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod",
        f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:7",
    )
    net.put("ecs/list-clusters", {"clusterArns": [cluster]})
    net.put("ecs/describe-services/prod", {"services": [
        {"serviceName": name, "clusterArn": cluster, "launchType": "FARGATE", "taskDefinition": task,
         "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-tasks"], "securityGroups": [group]}}}
        for name in services
    ]})  # fmt: skip
    net.put("ecs/describe-task-definition/web:7", {"taskDefinition": {
        "taskDefinitionArn": task, "networkMode": "awsvpc", "containerDefinitions": [{"image": f"{REGISTRY}/app:1"}],
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/build",
    }})  # fmt: skip
    return net


PULL = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to copy: httpReadSeeker: failed "
    f'open: failed to do request: Get "https://{LAYERS}/a/b?X-Amz-Expires=1": dial tcp 52.219.4.10:443: i/o timeout'
)
PARAMETERS = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: request context canceled "
    "caused by: context deadline exceeded"
)


@pytest.mark.parametrize(("message", "host", "cause"), [
    (PULL, LAYERS, "VPCE_ROUTE_TABLE_NOT_ASSOCIATED"),
    (PARAMETERS, f"ssm.{REGION}.amazonaws.com", "VPCE_MISSING_FOR_SERVICE"),
])  # fmt: skip
def test_what_ecs_says_of_a_task_is_asked_from_the_task_s_subnets(message: str, host: str, cause: str) -> None:
    """The build's subnets have all that the task's lack."""
    one = only(tasks(), message)
    assert (one.error.kind, one.error.host) == ("timeout", host)
    assert (one.causes[0].cause, one.causes[0].component, one.causes[0].likelihood) == (cause, "rtb-tasks", "certain")


def test_of_several_services_the_one_that_the_message_names_is_meant() -> None:
    net = tasks(services=("web", "worker"))
    assert told(net, PULL).source == "codebuild:p1"
    assert told(net, f"(service worker) was unable to place a task. {PULL}").source == "ecs:prod/worker"


def test_codebuild_s_own_pull_of_its_image_is_no_task_s() -> None:
    message = (
        "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image. CannotPullContainerError: x"
    )
    assert told(tasks(), message).source == "codebuild:p1"


def test_a_source_that_is_not_authorized_is_the_role_s_fault() -> None:
    net = Pipeline(build_role=[one for one in BUILD_ROLE if one["Action"] != "codecommit:GitPull"])
    message = "CLIENT_ERROR: authorization failed for primary source and source version refs/heads/main"
    one = only(net, f"{STAMP}Phase is DOWNLOAD_SOURCE", message)
    assert (one.error.kind, one.error.phase) == ("access-denied", "download_source")
    assert one.error.host == f"git-codecommit.{REGION}.amazonaws.com"
    assert (one.causes[0].code, one.causes[0].likelihood) == ("IDENTITY_POLICY_DENY", "certain")
    assert f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app" in one.causes[0].detail


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("which", ["primary", "secondary"])
@pytest.mark.parametrize(("message", "host"), [
    ("AccessDenied: Access Denied status code: 403, request id: 4Z for {} source and source version "
     "arn:aws:s3:::in/app.zip", f"in.s3.{REGION}.amazonaws.com"),
    ("AccessDenied: Access Denied status code: 403, request id: 4Z for {} source", f"in.s3.{REGION}.amazonaws.com"),
    ("authentication required for {} source and source version refs/heads/main",
     f"git-codecommit.{REGION}.amazonaws.com"),
    ("git fetch timed out for {} source and source version refs/heads/main", f"git-codecommit.{REGION}.amazonaws.com"),
])  # fmt: skip
def test_of_several_sources_the_message_tells_which(first: int, which: str, message: str, host: str) -> None:
    """The first of the project's sources was asked for, whichever the message is about."""
    sources = [("CODECOMMIT", f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app"), ("S3", "in/app.zip")]
    net = Pipeline(source=sources[first])
    kind, place = sources[1 - first]
    (project,) = net._lists["codebuild/batch-get-projects"]
    project["secondarySources"] = [{"type": kind, "location": place, "sourceIdentifier": "two"}]
    one = only(net, f"{STAMP}Phase is DOWNLOAD_SOURCE", f"CLIENT_ERROR: {message.format(which)}")
    assert one.error.host == host


def test_a_resource_in_quotes_is_read_without_them() -> None:
    denial = for_all("s3:PutObject", effect="Deny", Sid="NoPut")
    net = Pipeline(
        build_role=[*BUILD_ROLE, statement("s3:PutObject", f"{BUCKET}/*")], s3_policy=policy(for_all("*"), denial)
    )
    one = only(
        net, f"{STAMP}Entering phase UPLOAD_ARTIFACTS",
        f"AccessDenied: User: arn:aws:sts::{ACCOUNT}:assumed-role/build/AWSCodeBuild-1 is not authorized to perform: "
        f's3:PutObject on resource: "{BUCKET}/app/b1" with an explicit deny in a VPC endpoint policy',
    )  # fmt: skip
    assert one.error.resource == f"{BUCKET}/app/b1"
    assert [cause.code for cause in one.causes if cause.likelihood == "certain"] == ["VPCE_POLICY_EXPLICIT_DENY"]


def test_a_push_without_a_login_names_the_registry() -> None:
    one = only(
        Pipeline(), f"{STAMP}Entering phase POST_BUILD", f"{STAMP}Running command docker push $REGISTRY/app",
        f"The push refers to repository [{REGISTRY}/app]", *(f"{n:012x}: Preparing" for n in range(9)),
        "no basic auth credentials",
    )  # fmt: skip
    assert (one.error.kind, one.error.host, one.error.phase) == ("unauthorized", REGISTRY, "post_build")


def test_the_missing_endpoint_comes_before_the_filters_that_stop_the_way_too() -> None:
    net = Pipeline()
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]
    one = only(
        net, f"{STAMP}Entering phase BUILD",
        f"{STAMP}Running command aws codeartifact login --tool pip --domain d --repository r",
        f'Connect timeout on endpoint URL: "https://codeartifact.{REGION}.amazonaws.com/v1/authorization-token?domain=d"',
    )  # fmt: skip
    assert [(cause.code, cause.likelihood) for cause in one.causes] == [
        ("NO_ROUTE_TO_DESTINATION", "certain"), ("ENI_SG_RULES_MISMATCH", "possible"),
    ]  # fmt: skip
    assert "Leave it as it is" in one.causes[1].remedy


def test_nobody_is_told_to_make_an_endpoint_for_somebody_else_s_host() -> None:
    one = only(
        Pipeline(), f"{STAMP}Entering phase INSTALL", f"{STAMP}Running command curl -sSfO https://get.example.org/x",
        "curl: (28) Failed to connect to get.example.org port 443 after 30001 ms: Timeout was reached",
    )  # fmt: skip
    assert "No VPC endpoint serves get.example.org" in one.causes[0].remedy


def test_the_files_of_a_log_may_be_json() -> None:
    events = {"events": [{"timestamp": 1, "message": PULL}]}
    assert load_files(tasks().files()).diagnose(json.dumps(events).encode()).source == "ecs:prod/web"


# --- what names neither its host nor its service outright -------------------------------------------------------------

RETRIEVAL = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
)


@pytest.mark.parametrize(("message", "host"), [
    ("unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed",
     f"api.ecr.{REGION}.amazonaws.com"),
    ("unable to get registry auth from asm: service call has been retried 5 time(s): asm fetching secret from the "
     "service for hub: RequestError: ...", f"secretsmanager.{REGION}.amazonaws.com"),
])  # fmt: skip
def test_a_task_s_message_that_the_console_cuts_short(message: str, host: str) -> None:
    """aws/aws-app-mesh-examples#413, aws-samples/keycloak-on-aws#222."""
    one = only(tasks(), RETRIEVAL + message)
    assert (one.error.kind, one.error.host) == ("no-connection", host)
    whole = only(tasks(), f'{RETRIEVAL}{message} caused by: Post "https://{host}/": dial tcp 52.1.2.3:443: i/o timeout')
    assert whole.error.kind == "timeout"


def test_an_operation_that_only_s3_has_is_asked_of_s3() -> None:
    """zoellner/sharp-heic-lambda-layer#28."""
    one = only(
        Pipeline(), f"{STAMP}Entering phase POST_BUILD", f"{STAMP}Running command npm run deploy",
        "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: Access Denied",
    )  # fmt: skip
    assert one.requests == ({"action": "s3:PutObject", "resource": "*"},)
    assert (one.causes[0].code, one.causes[0].likelihood) == ("IDENTITY_POLICY_DENY", "certain")


def test_an_operation_of_the_aws_sdk_for_go_is_asked_of_s3() -> None:
    line = (
        "Error: operation error S3: CreateMultipartUpload, https response error StatusCode: 403, RequestID: X, "
        "HostID: Y, api error AccessDenied: Access Denied"
    )
    one = only(Pipeline(), f"{STAMP}Entering phase BUILD", f"{STAMP}Running command terraform apply", line)
    assert one.requests == ({"action": "s3:PutObject", "resource": "*"},)
    assert (one.causes[0].code, one.causes[0].likelihood) == ("IDENTITY_POLICY_DENY", "certain")


def test_what_no_policy_of_the_caller_allows_is_told_though_the_bucket_s_policy_is_not_there() -> None:
    """aws-samples/aws-serverless-workshops#354; the bucket's own policy could allow it."""
    one = only(
        Pipeline(), f"{STAMP}Entering phase BUILD", f"{STAMP}Running command aws s3 cp s3://site/app ./ --recursive",
        "fatal error: An error occurred (403) when calling the ListObjectsV2 operation: Forbidden",
    )  # fmt: skip
    assert one.requests == ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::site"},)
    assert one.verdict is not None
    assert one.verdict.outcome == "unknown"
    assert [(cause.code, cause.likelihood) for cause in one.causes] == [("IDENTITY_POLICY_DENY", "likely")]


def test_a_push_by_another_git_client_is_a_push() -> None:
    """treeverse/dvc#9416."""
    url = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/other/info/refs?service=git-receive-pack"
    one = only(Pipeline(), f"{STAMP}Running command dvc exp push", f"ERROR: unexpected http resp 403 for {url}")
    assert [request["action"] for request in one.requests] == ["codecommit:GitPush"]


def test_a_limit_of_codecommit_is_not_a_registry_s() -> None:
    """blog.serverworks.co.jp/CodeCommit-429: many projects that clone at once."""
    one = only(
        Pipeline(), f"{STAMP}Phase is DOWNLOAD_SOURCE",
        "error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429",
        "fatal: the remote end hung up unexpectedly",
    )  # fmt: skip
    assert (one.error.kind, one.error.host) == ("rate-limited", f"git-codecommit.{REGION}.amazonaws.com")
    assert [cause.code for cause in one.causes] == ["SERVICE_RATE_LIMIT"]


def test_the_layers_of_codebuild_s_own_image_are_not_ecr_s_by_the_message_alone() -> None:
    """www.alessiokoci.com/blog/pull-private-docker-image-auth-terraform-aws."""
    one = only(
        Pipeline(), "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image. "
        "CannotPullContainerError: error pulling image configuration: toomanyrequests: Too Many Requests.",
    )  # fmt: skip
    assert (one.error.kind, one.error.host) == ("image-pull", "")
    assert (one.causes[0].code, one.causes[0].likelihood) == ("REGISTRY_RATE_LIMIT", "certain")


def test_the_end_of_a_here_document_is_no_error() -> None:
    shown = (f"{STAMP}Running command cat <<EOF > ~/.npmrc", "registry=https://npm.example.com", "EOF")
    assert told(Pipeline(), f"{STAMP}Entering phase BUILD", *shown).errors == ()


def test_a_key_that_is_gone_is_the_configuration_s_fault() -> None:
    """awsdocs/aws-cloudformation-user-guide#645."""
    one = only(Pipeline(), f"CLIENT_ERROR: Error in UPLOAD_ARTIFACTS phase: KMS.NotFoundException: Key "
               f"'arn:aws:kms:us-east-1:{ACCOUNT}:key/1' does not exist status code: 400, request id: 1")  # fmt: skip
    assert (one.error.kind, one.causes[0].code) == ("configuration", "BUILD_CONFIGURATION_NOT_ACCEPTED")


def test_every_kind_of_error_has_words() -> None:
    from typing import get_args

    from reachsim.diagnose.records import Kind
    from reachsim.report.diagnosis import KINDS

    assert set(KINDS) == set(get_args(Kind))


# --- CodePipeline -----------------------------------------------------------------------------------------------------

PIPE = f"arn:aws:iam::{ACCOUNT}:role/pipe"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/c-1"


def by_connection(*role: dict[str, object]) -> Build:
    """A pipeline whose source comes by a connection, with a role that holds these statements."""
    net = Pipeline()
    net.roles({"build": BUILD_ROLE, "dev": [], "pipe": list(role)})
    action = {
        "name": "A",
        "configuration": {"ConnectionArn": CONNECTION},
        "outputArtifacts": [{"name": "src"}],
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection"},
    }
    store = {"type": "S3", "location": "app-artifacts"}
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "app-artifacts"}]}, region="global")
    net.put("s3api/get-bucket-policy/app-artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {
        "name": "rel", "roleArn": PIPE, "artifactStore": store, "stages": [{"name": "S", "actions": [action]}],
    }})  # fmt: skip
    return net


@pytest.mark.parametrize(
    ("line", "role", "asked"),
    [(f"[Connection] Unable to use Connection: {CONNECTION}. The provided role does not have sufficient permissions.",
      [statement("s3:PutObject")], "codeconnections:UseConnection"),
     ("The provided role does not have sufficient permissions to access S3: Access Denied (Service: Amazon S3; Status "
      "Code: 403; Error Code: AccessDenied; Request ID: X; S3 Extended Request ID: y; Proxy: null)",
      [statement("codeconnections:UseConnection")], "s3:PutObject")],
)  # fmt: skip
def test_what_codepipeline_says_of_its_role_is_asked_of_that_role(
    line: str, role: list[dict[str, object]], asked: str
) -> None:
    one = only(by_connection(*role), line)
    assert (one.error.kind, one.verdict) == ("access-denied", None)
    assert [(cause.code, cause.likelihood, cause.component) for cause in one.causes] == [
        ("IDENTITY_POLICY_DENY", "certain", PIPE)
    ]
    assert asked in one.causes[0].detail
    (unproven,) = only(by_connection(statement("*")), line).causes
    assert (unproven.code, unproven.likelihood) == ("IDENTITY_POLICY_DENY", "likely")


def test_a_layer_that_is_refused_by_the_registrys_name_may_be_the_buckets() -> None:
    """containerd names the URL that it asked for, though the registry sent it on to the bucket of the layers."""
    net = Pipeline(s3_policy=policy(for_all("s3:*", f"{BUCKET}/*")))
    told_ = only(net, "failed to copy: httpReadSeeker: failed open: unexpected status code "
                      f"https://{REGISTRY}/v2/app/blobs/sha256:{'a' * 64}: 403 Forbidden")  # fmt: skip
    assert (told_.causes[0].code, told_.causes[0].likelihood) == ("VPCE_POLICY_SERVICE_BUCKET_MISSING", "likely")

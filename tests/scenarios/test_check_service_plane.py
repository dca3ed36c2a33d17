"""What AWS's own side does, as check judges it: environment images, CodePipeline, caches, deployments, resolvers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check, PipelineStep
from tests import resolvers
from tests.build import Record
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    CLIENT_ROLE,
    REGION,
    REGISTRY,
    Pipeline,
    for_all,
    policy,
    statement,
)  # fmt: skip
from tests.scenarios.test_check_code import BUILDSPEC

CI_IMAGE = f"{REGISTRY}/ci:1"
REFUSED = {"Error": {"Code": "AccessDeniedException"}}


def check_of(net: Pipeline, **code: str) -> Check:
    return load_files(net.files() | {f"code/p1/{name}": text.encode() for name, text in code.items()}).check()


def step(check: Check, name: str) -> PipelineStep:
    return next(one for one in check.steps if one.step == name)


def severities(check: Check) -> dict[str, str]:
    return {one.id: one.severity for one in check.findings}


# --- the environment's image (SC15, P4) -------------------------------------------------------------------------------

TRUST = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
         "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}  # fmt: skip
ONLY_ENDPOINT = {"StringNotEquals": {"aws:SourceVpce": "vpce-ecr-dkr"}}
EXEMPT = ONLY_ENDPOINT | {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


def with_image(image: str, *statements: Record, credentials: str = "CODEBUILD", **more: Any) -> Check:
    environment = {"type": "LINUX_CONTAINER", "image": image, "imagePullCredentialsType": credentials}
    net = Pipeline(environment=environment, **more)
    if statements:
        net.put("ecr/get-repository-policy/ci", {"policyText": json.dumps(policy(*statements))})
    else:
        net.no_policy("ecr/get-repository-policy/ci", "RepositoryPolicyNotFoundException")
    return check_of(net)


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ([TRUST], None),
        ([], "RESOURCE_POLICY_DENY"),
        ([TRUST, for_all("ecr:*", effect="Deny", Condition=ONLY_ENDPOINT)], "RESOURCE_POLICY_DENY"),
        ([TRUST, for_all("ecr:*", effect="Deny", Condition=EXEMPT)], None),
    ],
)
def test_sc15_codebuild_pulls_the_environments_image_by_itself(statements: list[Record], code: str | None) -> None:
    check = with_image(CI_IMAGE, *({k: v for k, v in one.items() if k != "Resource"} for one in statements))
    assert [one.code for one in step(check, "provisioning").blocked_by] == ([code] if code else [])
    assert check.overall == ("private-but-failing" if code else "private-and-working")
    assert severities(check)["SERVICE_PLANE_PULL_NOT_VIA_VPC"] == "info"
    assert step(check, "source").not_reached == (code is not None)


def test_what_refuses_the_images_pull_is_a_finding_with_its_rule_and_remedy() -> None:
    denied = {key: value for key, value in for_all("ecr:*", effect="Deny").items() if key != "Resource"}
    check = with_image(CI_IMAGE, TRUST, denied | {"Sid": "Locked"})
    (found,) = [one for one in check.findings if one.id == "RESOURCE_POLICY_DENY"]
    (block,) = step(check, "provisioning").blocked_by
    assert (found.severity, found.component, block.rule) == ("high", block.component, "Locked")
    assert "statement Locked keeps builds of p1 from starting" in found.title
    assert CI_IMAGE in found.evidence[0]
    assert found.evidence[0].startswith("provisioning: RESOURCE_POLICY_DENY")
    assert "codebuild.amazonaws.com" in found.remedy
    assert "SERVICE_ROLE" in found.remedy


def test_a_policy_that_lets_no_layers_be_read_refuses_the_images_pull() -> None:
    check = with_image(CI_IMAGE, TRUST | {"Action": ["ecr:BatchGetImage"]})
    (block,) = step(check, "provisioning").blocked_by
    assert (block.code, block.cause) == ("RESOURCE_POLICY_DENY", "BUILD_IMAGE_PULL_REFUSED")
    assert "ecr:GetDownloadUrlForLayer" in block.detail


def test_what_surely_fails_counts_beside_what_is_not_known() -> None:
    """DESIGN, "Exit codes": where 1 and 3 both apply, 1 wins."""
    environment = {"type": "LINUX_CONTAINER", "image": CI_IMAGE, "imagePullCredentialsType": "CODEBUILD"}
    net = Pipeline(environment=environment)
    net.no_policy("ecr/get-repository-policy/ci", "RepositoryPolicyNotFoundException")
    files = {name: data for name, data in net.files().items() if "describe-network-acls" not in name}
    check = load_files(files).check()
    assert (check.overall, check.exit_code) == ("undecided", 1)
    assert step(check, "provisioning").outcome == "blocked"


def test_the_service_roles_credentials_pull_within_the_account() -> None:
    assert step(with_image(CI_IMAGE, credentials="SERVICE_ROLE"), "provisioning").outcome == "allowed"
    without = [one for one in BUILD_ROLE if "ecr:BatchGetImage" not in one["Action"]]
    check = with_image(CI_IMAGE, credentials="SERVICE_ROLE", build_role=without)
    assert [one.code for one in step(check, "provisioning").blocked_by] == ["IDENTITY_POLICY_DENY"]


def test_the_service_roles_credentials_need_a_token_of_ecr() -> None:
    without = [one for one in BUILD_ROLE if one["Action"] != "ecr:GetAuthorizationToken"]
    found = step(with_image(CI_IMAGE, credentials="SERVICE_ROLE", build_role=without), "provisioning")
    assert [one.code for one in found.blocked_by] == ["IDENTITY_POLICY_DENY"]
    assert "ecr:GetAuthorizationToken" in found.blocked_by[0].detail


@pytest.mark.parametrize("credential", ["hub", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hub-AbCdEf"])
@pytest.mark.parametrize(("resource", "outcome"), [("hub-??????", "allowed"), ("other-??????", "blocked")])
def test_a_private_registry_needs_the_secret_that_holds_its_credentials(
    credential: str, resource: str, outcome: str
) -> None:
    """CodeBuild User Guide, "Private registry with AWS Secrets Manager sample": the service role reads the secret."""
    held = {"credential": credential, "credentialProvider": "SECRETS_MANAGER"}
    environment = {"type": "LINUX_CONTAINER", "image": "team/ci:1", "imagePullCredentialsType": "SERVICE_ROLE"}
    reads = statement("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{resource}")
    net = Pipeline(environment=environment | {"registryCredential": held}, build_role=[*BUILD_ROLE, reads])
    check = check_of(net)
    assert step(check, "provisioning").outcome == outcome
    assert check.overall == ("private-and-working" if outcome == "allowed" else "private-but-failing")


def test_images_of_other_registries_come_from_the_internet_and_codebuilds_own_are_no_matter() -> None:
    assert severities(with_image("golang:1.22"))["SERVICE_PLANE_PULL_NOT_VIA_VPC"] == "low"
    assert "SERVICE_PLANE_PULL_NOT_VIA_VPC" not in severities(with_image("aws/codebuild/standard:7.0"))


# --- pull-through caches (SC18, P10) ----------------------------------------------------------------------------------

CACHED = "ecr-public/docker/library/golang"
RULE = {"ecrRepositoryPrefix": "ecr-public", "upstreamRegistryUrl": "public.ecr.aws", "registryId": ACCOUNT}
IMPORTING = statement(["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"])


def through_cache(
    *repositories: str, nat: bool = False, role: list[Record] | None = None, rule: Record = RULE
) -> Check:  # fmt: skip
    net = Pipeline(build_role=[*BUILD_ROLE, IMPORTING] if role is None else role)
    if nat:
        net.with_nat()
    net.put("ecr/describe-pull-through-cache-rules", {"pullThroughCacheRules": [rule]})
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": one} for one in ("app", *repositories)]})
    for one in repositories:
        net.no_policy(f"ecr/get-repository-policy/{one.replace('/', '%2F')}", "RepositoryPolicyNotFoundException")
    return check_of(net, **{"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/{CACHED}:1.22\n"})


def test_sc18b_the_first_pull_through_a_cache_needs_a_way_out() -> None:
    check = through_cache()
    assert step(check, "pull").outcome == "blocked"
    assert {one.code for one in step(check, "pull").blocked_by} == {
        "DNS_NAME_NOT_COVERED_BY_ENDPOINT", "NO_ROUTE_TO_DESTINATION",
    }  # fmt: skip
    assert severities(check)["UPSTREAM_REDIRECT_NEEDS_INTERNET"] == "low"
    assert check.overall == "private-but-failing"


def test_sc18c_a_cached_image_comes_privately() -> None:
    check = through_cache(CACHED)
    assert (step(check, "pull").outcome, step(check, "pull").route) == ("allowed", "private")
    assert severities(check)["UPSTREAM_REDIRECT_NEEDS_INTERNET"] == "info"
    assert check.overall == "private-and-working"


def test_a_rule_for_all_other_repositories_counts_where_there_is_no_such_repository() -> None:
    root = RULE | {"ecrRepositoryPrefix": "ROOT"}
    check = through_cache(rule=root)
    assert (step(check, "pull").outcome, check.overall) == ("blocked", "private-but-failing")
    check = through_cache(CACHED, rule=root)
    assert (step(check, "pull").outcome, check.overall) == ("allowed", "private-and-working")
    other = RULE | {"ecrRepositoryPrefix": "docker-hub"}
    assert "UPSTREAM_REDIRECT_NEEDS_INTERNET" not in severities(through_cache(CACHED, rule=other))


def test_sc18d_with_a_nat_gateway_the_first_pull_works_and_leaves() -> None:
    check = through_cache(nat=True)
    assert step(check, "pull").outcome == "allowed"
    assert check.overall == "leaking"


def test_the_first_pull_needs_the_permission_to_import() -> None:
    check = through_cache(nat=True, role=BUILD_ROLE)
    assert "IDENTITY_POLICY_DENY" in {one.code for one in step(check, "pull").blocked_by}


def test_without_the_list_of_repositories_it_is_open_whether_an_image_is_cached() -> None:
    net = Pipeline()
    net.put("ecr/describe-pull-through-cache-rules", {"pullThroughCacheRules": [RULE]})
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/{CACHED}:1.22\n"}
    assert step(check_of(net, **code), "pull").outcome == "unknown"


@pytest.mark.parametrize("rules", [None, REFUSED, {"pullThroughCacheRules": []}])
def test_a_pull_from_a_repository_that_is_not_listed_is_not_known_to_work(rules: Record | None) -> None:
    net = Pipeline()
    if rules is not None:
        net.put("ecr/describe-pull-through-cache-rules", rules)
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    check = check_of(net, **{"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/{CACHED}:1.22\n"})
    assert (step(check, "pull").outcome, check.overall) == ("unknown", "undecided")
    told = (
        "describe-repositories" if rules and "pullThroughCacheRules" in rules else "describe-pull-through-cache-rules"
    )
    assert any(told in one.detail for one in check.assumptions)


# --- repositories that a push makes -----------------------------------------------------------------------------------

TEMPLATES = "ecr/describe-repository-creation-templates"


def pushing(templates: Record | None, *before: str, role: list[Record] | None = None) -> Check:
    """A build that pushes app to an account that lists another repository only."""
    net = Pipeline(build_role=role or BUILD_ROLE)
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "base/golang"}]})
    if templates is not None:
        net.put(TEMPLATES, templates)
    spec = BUILDSPEC.replace(
        "  build:\n    commands:\n", "  build:\n    commands:\n" + "".join(f"      - {one}\n" for one in before)
    )
    return check_of(net, **{"buildspec.yml": spec, "Dockerfile": "FROM scratch\n"})


def template(prefix: str, *scenarios: str) -> Record:
    return {"prefix": prefix, "appliedFor": list(scenarios)}


@pytest.mark.parametrize("templates", [
    None, REFUSED, {"repositoryCreationTemplates": []},
    {"repositoryCreationTemplates": [template("app", "CREATE_ON_PUSH"), template("ROOT", "PULL_THROUGH_CACHE")]},
])  # fmt: skip
def test_a_push_to_a_repository_that_is_not_listed_is_not_known_to_work(templates: Record | None) -> None:
    """ECR answers that there is no such repository (API_PutImage, RepositoryNotFoundException)."""
    check = pushing(templates)
    assert (step(check, "push").outcome, check.overall) == ("unknown", "undecided")
    assert any("does not list app" in one.detail and TEMPLATES in one.detail for one in check.assumptions)


def test_a_template_for_pushes_makes_the_repository() -> None:
    """aws/containers-roadmap#853: the prefix ROOT is for every repository that no other template covers."""
    check = pushing({"repositoryCreationTemplates": [template("ROOT", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH")]})
    assert (step(check, "push").outcome, check.overall) == ("allowed", "private-and-working")
    assert [one.component for one in check.assumptions if one.code == "REPOSITORY_MADE_ON_PUSH"] == ["app"]


@pytest.mark.parametrize("command", [
    "aws ecr create-repository --repository-name app",
    "aws ecr describe-repositories --repository-names app || aws ecr create-repository --repository-name app",
])  # fmt: skip
def test_a_build_that_makes_the_repository_needs_the_permission_for_it(command: str) -> None:
    makes = statement(["ecr:CreateRepository", "ecr:DescribeRepositories"])
    assert step(pushing(None, command, role=[*BUILD_ROLE, makes]), "push").outcome == "allowed"
    refused = pushing(None, command)
    assert (step(refused, "push").outcome, refused.overall) == ("blocked", "private-but-failing")


# --- ECR Public -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "severity"), [("public.ecr.aws/abc/app", "high"), (f"{REGISTRY}/app", "low")])
def test_public_repositories_are_named(target: str, severity: str) -> None:
    net = Pipeline()
    net.put("ecr-public/describe-repositories", {"repositories": [{"repositoryName": "app"}]}, region="global")
    spec = BUILDSPEC.replace(f"docker push {REGISTRY}/app", f"docker push {target}")
    check = check_of(net, **{"buildspec.yml": spec, "Dockerfile": f"FROM {REGISTRY}/base/golang:1\n"})
    assert severities(check)["ECR_PUBLIC_REPOSITORY"] == severity


# --- full clones (CodePipeline User Guide, "Tutorial: Use full clone with a CodeCommit pipeline source") --------------

CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/c-1"


def cloning(endpoints: tuple[str, ...], role: list[Record], provider: str, told: bool, **configuration: str) -> Check:
    """A project of a pipeline whose source action hands it a reference; with the build's files at hand or without."""
    net = Pipeline(endpoints=("ecr.api", "ecr.dkr", "logs", *endpoints), source=("CODEPIPELINE", ""), build_role=role)
    kinds = {"source": ("Source", provider), "build": ("Build", "CodeBuild")}
    source, build = (
        {"name": name, "configuration": {}, "actionTypeId": {"category": category, "provider": one}}
        for name, (category, one) in kinds.items()
    )
    source |= {"configuration": configuration | {"OutputArtifactFormat": "CODEBUILD_CLONE_REF"},
               "outputArtifacts": [{"name": "src"}]}  # fmt: skip
    build |= {"configuration": {"ProjectName": "p1"}, "inputArtifacts": [{"name": "src"}]}
    stages = [{"name": name, "actions": [one]} for name, one in (("Source", source), ("Build", build))]
    store = {"type": "S3", "location": "handed-over"}
    net.put("codepipeline/get-pipeline/p", {"pipeline": {"name": "p", "artifactStore": store, "stages": stages}})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "handed-over"}]}, region="global")
    net.put("s3api/get-bucket-policy/handed-over", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/base/golang:1\n"}
    return check_of(net, **(code if told else {}))


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("endpoints", "repository", "outcome", "code"),
    [
        (("git-codecommit",), "app", "allowed", None),
        ((), "app", "blocked", "NO_ROUTE_TO_DESTINATION"),
        (("git-codecommit",), "other", "blocked", "IDENTITY_POLICY_DENY"),
    ],
)
def test_a_full_clone_from_codecommit_is_the_builds_own(
    told: bool, endpoints: tuple[str, ...], repository: str, outcome: str, code: str | None
) -> None:
    check = cloning(endpoints, BUILD_ROLE, "CodeCommit", told, RepositoryName=repository)
    assert step(check, "source").outcome == outcome
    assert {one.id for one in check.findings if one.severity == "high"} == ({code} if code else set())


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("reads", "outcome"), [(["one", "two"], "allowed"), (["one"], "blocked"), (["two"], "blocked")]
)
def test_a_project_of_two_pipelines_gets_its_source_from_both_stores(
    told: bool, reads: list[str], outcome: str
) -> None:
    role = [one for one in BUILD_ROLE if one["Action"] != "s3:GetObject"]
    net = Pipeline(source=("CODEPIPELINE", ""), build_role=[
        *role, statement("s3:GetObject", [f"arn:aws:s3:::{name}/*" for name in reads]),
    ])  # fmt: skip
    for name in ("one", "two"):
        stages = [stage("Build", "Build", "CodeBuild", ProjectName="p1")]
        store = {"type": "S3", "location": name}
        net.put(
            f"codepipeline/get-pipeline/{name}", {"pipeline": {"name": name, "artifactStore": store, "stages": stages}}
        )
        net.put(f"s3api/get-bucket-policy/{name}", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "one"}, {"Name": "two"}]}, region="global")
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/base/golang:1\n"} if told else {}
    assert step(check_of(net, **code), "source").outcome == outcome


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("endpoints", "configuration", "outcome"),
    [
        ((), {"ConnectionArn": CONNECTION}, "blocked"),
        (("codeconnections.api",), {"ConnectionArn": CONNECTION}, "unknown"),  # AWS documents the API alone
        ((), {}, "unknown"),
    ],
)
def test_a_full_clone_by_a_connection_asks_its_regional_host(
    told: bool, endpoints: tuple[str, ...], configuration: dict[str, str], outcome: str
) -> None:
    role = [*BUILD_ROLE, statement("codeconnections:UseConnection", CONNECTION)]
    check = cloning(("git-codecommit", *endpoints), role, "CodeStarSourceConnection", told, **configuration)
    found = step(check, "source" if configuration or not told else "run")
    assert found.outcome == outcome
    assert any("codeconnections" in one for one in found.contacts) == bool(configuration)
    assert check.overall == ("private-but-failing" if outcome == "blocked" else "undecided")


# --- CodePipeline and deployments (P12, P61i) -------------------------------------------------------------------------


def stage(name: str, category: str, provider: str, **configuration: str) -> Record:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actions": [{"name": name, "configuration": configuration, "actionTypeId": kind}]}


SOURCE = stage("Source", "Source", "CodeCommit", RepositoryName="app")
DEPLOY = stage("Deploy", "Deploy", "ECS", ClusterName="web", ServiceName="api")
TASK_ROLE = f"arn:aws:iam::{ACCOUNT}:role/exec"
EXECUTION = statement(["ecr:*", "logs:*", "s3:GetObject"])


def with_service(image: str = f"{REGISTRY}/app:1", **service: Any) -> Pipeline:
    """BASE with a pipeline that rolls out a Fargate service in the client's subnet."""
    net = Pipeline()
    net.put("codepipeline/get-pipeline/p", {"pipeline": {"name": "p", "stages": [SOURCE, DEPLOY]}})
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/web"
    net.put("ecs/list-clusters", {"clusterArns": [cluster]})
    network = {"awsvpcConfiguration": {"subnets": [net.client_a], "securityGroups": ["sg-client"]}}
    record = {"serviceName": "api", "clusterArn": cluster, "launchType": "FARGATE", "taskDefinition": "api:1",
              "networkConfiguration": network, **service}  # fmt: skip
    net.put("ecs/describe-services/web", {"services": [record]})
    container = {"name": "api", "image": image, "logConfiguration":
                 {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/api"}}}  # fmt: skip
    task = {"executionRoleArn": TASK_ROLE, "containerDefinitions": [container]}
    net.put("ecs/describe-task-definition/api:1", {"taskDefinition": task})
    net.roles({"build": BUILD_ROLE, "dev": CLIENT_ROLE, "exec": [EXECUTION]})
    return net


def test_a_deployed_service_pulls_from_its_own_subnets() -> None:
    check = check_of(with_service())
    found = step(check, "deploy")
    assert (found.project, found.outcome, found.route) == ("ecs:web/api", "allowed", "private")
    assert check.overall == "private-and-working"
    assert severities(check)["SERVICE_PLANE_TRAFFIC_NOT_VIA_VPC"] == "info"
    assert {cell.source for cell in check.matrix} == {BUILD, "i-1", "internet"}


def test_what_a_deployed_service_pulls_by_an_internet_gateway_leaves() -> None:
    net = with_service()
    vpc = net.vpc("10.30.0.0/16", name="3")
    table = net.table(vpc, [("0.0.0.0/0", net.igw(vpc, name="3"))])
    subnet = net.subnet(vpc, "10.30.1.0/24", f"{REGION}a", table=table)
    where = {"subnets": [subnet], "securityGroups": [net.group(vpc)], "assignPublicIp": "ENABLED"}
    service = net._more[f"{net._home}/ecs/describe-services/web.json"]["services"][0]
    service["networkConfiguration"] = {"awsvpcConfiguration": where}
    check = check_of(net)
    assert (check.overall, step(check, "deploy").route) == ("leaking", "aws-public")
    assert severities(check)["PUBLIC_EGRESS_POSSIBLE"] == "high"
    assert {cell.source for cell in check.matrix} == {BUILD, "i-1", "internet"}


CLUSTERS = f"{ACCOUNT}/{REGION}/ecs/list-clusters.json"
SERVICES = f"{ACCOUNT}/{REGION}/ecs/describe-services/web.json"


@pytest.mark.parametrize(
    ("gone", "refused", "overall", "missing"),
    [
        ((SERVICES,), (), "undecided", (SERVICES,)),
        ((), ("ecs/describe-services/web",), "undecided", (SERVICES,)),
        ((), ("ecs/list-clusters",), "undecided", (CLUSTERS,)),
        ((CLUSTERS,), (), "private-and-working", ()),
    ],
)
def test_services_that_may_run_the_image_and_are_not_told(
    gone: tuple[str, ...], refused: tuple[str, ...], overall: str, missing: tuple[str, ...]
) -> None:
    net = with_service()
    for path in refused:
        net.put(path, REFUSED)
    files = {path: data for path, data in net.files().items() if path not in gone}
    check = load_files(files).check()
    assert (check.overall, check.missing) == (overall, missing)
    assert ("DEPLOYMENTS_UNSEEN" in {one.code for one in check.assumptions}) == (CLUSTERS in gone)


def test_a_deployed_service_that_the_snapshot_does_not_hold_is_not_known() -> None:
    net = with_service(serviceName="other")
    assert (check_of(net).overall, check_of(net).missing) == ("undecided", (SERVICES,))


def test_a_service_without_the_layers_way_fails_to_deploy() -> None:
    net = with_service()
    net["vpce-s3"]["RouteTableIds"] = ["rtb-build"]
    net["rtb-client"]["Routes"] = [one for one in net["rtb-client"]["Routes"] if "DestinationPrefixListId" not in one]
    check = check_of(net)
    assert {one.code for one in step(check, "deploy").blocked_by} == {"NO_ROUTE_TO_DESTINATION"}
    assert check.overall == "private-but-failing"


def test_an_image_of_the_internet_has_no_way_in_an_isolated_vpc() -> None:
    assert step(check_of(with_service("nginx:1")), "deploy").outcome == "blocked"


def test_a_service_that_runs_what_a_build_pushes_takes_part() -> None:
    net = with_service()
    net.put("codepipeline/get-pipeline/p", {"pipeline": {"name": "p", "stages": [SOURCE]}})
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": f"FROM {REGISTRY}/base/golang:1\n"}
    assert step(check_of(net, **code), "deploy").project == "ecs:web/api"
    assert not any(one.step == "deploy" for one in check_of(net).steps)


# --- DNS as a way out -------------------------------------------------------------------------------------------------


def test_queries_for_public_names_leave_unless_the_dns_firewall_blocks_them() -> None:
    assert severities(check_of(Pipeline()))["DNS_QUERIES_LEAVE_BY_RESOLVER"] == "info"
    net = Pipeline()
    resolvers.firewall(net, "vpc-1", {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ["*"]})
    assert "DNS_QUERIES_LEAVE_BY_RESOLVER" not in severities(check_of(net))

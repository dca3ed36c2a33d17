"""Scenarios SC13 to SC20: roles, repositories, other accounts and Regions, and what no endpoint covers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.policy.contract import evaluate_json
from tests.build import Build, Record
from tests.scenarios.pipelines import (
    ACCOUNT,
    ANYWHERE,
    BUILD,
    BUILD_ROLE,
    CLIENT,
    LAYERS,
    PUSH_AND_PULL,
    REGION,
    Pipeline,
    ask,
    fate,
    for_all,
    policy,
    statement,
    why,
)

PRIVATE = ("allowed", "private")
ALL = ["network", "endpoint-policy", "identity-policy", "resource-policy"]
APP = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
GIT = f"arn:aws:codecommit:{REGION}:{ACCOUNT}:app"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"


def request(action: str, resource: str) -> Record:
    return {"action": action, "resource": resource}


def decide(name: str, principal: Any, action: str, resource: str, context: Record, **policies: Any) -> str:
    """The decision of ``reachsim policy evaluate`` for one case; the account is the pipeline's."""
    case = {
        "name": name,
        "request": {"principal": principal, "action": action, "resource": {"arn": resource, "accountId": ACCOUNT},
                    "context": context},
        "identityPolicies": [], "boundary": None, "sessionPolicy": None, "scps": None, "rcps": None,
        "resourcePolicy": None, "vpcEndpointPolicies": None, "s3BlockPublicAccess": None, **policies,
    }  # fmt: skip
    return str(evaluate_json(case)["decision"])


POWER = statement(["codecommit:GitPull", "codecommit:GitPush"])
INSIDE = {"aws:SourceVpce": "vpce-git-codecommit", "aws:SourceVpc": "vpc-1"}


@pytest.mark.parametrize(
    ("condition", "outside"),
    [
        (None, "Allowed"),
        ({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-git-codecommit"}}, "ExplicitlyDenied"),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-git-codecommit"}}, "ExplicitlyDenied"),
        ({"StringEquals": {"aws:SourceVpc": "vpc-9"}}, "Allowed"),
    ],
)
def test_sc13_who_can_push_from_the_internet(condition: Record | None, outside: str) -> None:
    user = f"arn:aws:iam::{ACCOUNT}:user/u-ext"
    deny = (
        [statement(["codecommit:GitPull", "codecommit:GitPush"], effect="Deny", Condition=condition)]
        if condition
        else []
    )
    own = [policy(POWER, *deny)]
    assert decide("in", user, "codecommit:GitPush", GIT, INSIDE, identityPolicies=own) == "Allowed"
    assert decide("out", user, "codecommit:GitPush", GIT, {}, identityPolicies=own) == outside


def test_sc13e_a_deny_on_the_user_does_not_change_the_build() -> None:
    net = Pipeline()
    verdict = ask(net, BUILD, "git-codecommit", requests=[request("codecommit:GitPull", GIT)], layers=ALL)
    assert fate(verdict) == PRIVATE


ONLY_ENDPOINTS = {
    "StringNotEquals": {"aws:SourceVpce": ["vpce-git-codecommit", "vpce-ecr-api", "vpce-ecr-dkr", "vpce-logs"]}
}


def test_sc14_a_role_that_insists_on_endpoints_cannot_be_provisioned() -> None:
    own = [policy(*BUILD_ROLE, statement("*", effect="Deny", Condition=ONLY_ENDPOINTS))]
    where = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/*"
    assert decide("eni", ROLE, "ec2:CreateNetworkInterface", where, {}, identityPolicies=own) == "ExplicitlyDenied"


@pytest.mark.parametrize(
    ("service", "asked", "allowed"),
    [
        ("git-codecommit", request("codecommit:GitPull", GIT), True),
        ("ecr.api", request("ecr:GetAuthorizationToken", "*"), True),
        ("ecr.dkr", request("ecr:PutImage", APP), True),
        ("logs", request("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/codebuild/p1:*"), True),
        ("s3", request("s3:GetObject", LAYERS), True),
        ("s3", request("s3:GetObject", "arn:aws:s3:::pipe-b/source.zip"), False),
    ],
)
def test_sc14b_the_deny_restricted_to_the_pipelines_services(service: str, asked: Record, allowed: bool) -> None:
    deny = statement(["ecr:*", "logs:*", "codecommit:*", "s3:*"], effect="Deny", Condition=ONLY_ENDPOINTS)
    net = Pipeline(build_role=[*BUILD_ROLE, deny])
    net.put("s3api/get-bucket-policy/pipe-b", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    verdict = ask(net, BUILD, service, requests=[asked], layers=ALL)
    if allowed:
        assert fate(verdict) == PRIVATE
    else:
        assert why(verdict) == {("IDENTITY_POLICY_DENY", None, ROLE)}
        assert verdict.layers["network"] == "allowed"


def repository_policy(net: Build, name: str, *statements: Record) -> None:
    text = json.dumps(policy(*statements))
    net.put(
        f"ecr/get-repository-policy/{name}", {"registryId": net.account, "repositoryName": name, "policyText": text}
    )


def demands(endpoint: str, **more: Any) -> Record:
    """A repository's Deny for all that doesn't come by the endpoint; no Resource, as in ECR."""
    made = for_all("ecr:*", effect="Deny", Condition={"StringNotEquals": {"aws:SourceVpce": endpoint}, **more})
    del made["Resource"]
    return made


def test_sc15_repository_that_demands_the_endpoint() -> None:
    net = Pipeline()
    repository_policy(net, "app", demands("vpce-ecr-dkr"))
    push = [request("ecr:PutImage", APP)]
    assert fate(ask(net, BUILD, "ecr.dkr", requests=push, layers=ALL)) == PRIVATE
    assert fate(ask(net, BUILD, "ecr:app", requests=push, layers=ALL)) == PRIVATE


def test_sc15_the_service_itself_does_not_come_by_the_endpoint() -> None:
    admit = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
             "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}  # fmt: skip
    service, key = "codebuild.amazonaws.com", {"aws:PrincipalIsAWSService": "true"}
    for deny, expected in (
        (demands("vpce-ecr-dkr"), "ExplicitlyDenied"),
        (demands("vpce-ecr-dkr", BoolIfExists={"aws:PrincipalIsAWSService": "false"}), "Allowed"),
    ):
        asked = decide("p", service, "ecr:BatchGetImage", APP, key, resourcePolicy=policy(admit, deny))
        assert asked == expected


def test_sc15c_another_vpc_pulls_by_another_endpoint() -> None:
    net = Pipeline()
    repository_policy(net, "app", demands("vpce-ecr-dkr"))
    vpc = net.vpc("10.20.0.0/16", name="2")
    subnet = net.subnet(vpc, "10.20.1.0/24", f"{REGION}a")
    group = net.group(vpc, [ANYWHERE], [ANYWHERE], name="ecs")
    net.interface_endpoint(vpc, "ecr.dkr", {subnet: "10.20.1.20"}, [group], name="dkr2")
    net.interface(subnet, "10.20.1.5", [group], name="task")
    verdict = ask(net, "eni-task", "ecr.dkr", requests=[request("ecr:BatchGetImage", APP)])
    assert verdict.layers["network"] == "allowed"
    assert why(verdict) == {("RESOURCE_POLICY_DENY", None, "app")}


THEIRS = "222222222222"
BASE = f"arn:aws:ecr:{REGION}:{THEIRS}:repository/base"


def foreign_base(admits: bool = True, **more: Any) -> tuple[Pipeline, dict[str, bytes]]:
    """The pipeline pulling from a repository of another account."""
    role = more.pop("build_role", [*BUILD_ROLE, statement("ecr:*")])
    net = Pipeline(build_role=role, **more)
    other = Build(THEIRS, REGION, tag="x")
    if admits:
        own = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        repository_policy(other, "base", {"Effect": "Allow", "Principal": own, "Action": PUSH_AND_PULL})
    else:
        other.put("ecr/get-repository-policy/base", {"Error": {"Code": "RepositoryPolicyNotFoundException"}})
    return net, other.files()


def pull_base(net: Pipeline, files: dict[str, bytes]) -> Any:
    asked = [request("ecr:BatchGetImage", BASE), request("ecr:GetDownloadUrlForLayer", BASE)]
    return load_files(files | net.files()).simulate(
        BUILD, f"host:{THEIRS}.dkr.ecr.{REGION}.amazonaws.com", protocol="tcp", port=443, requests=asked, layers=ALL
    )


def test_sc16_base_image_of_another_account() -> None:
    assert fate(pull_base(*foreign_base())) == PRIVATE


def test_sc16b_endpoint_policy_for_the_own_account() -> None:
    net, files = foreign_base()
    own = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"
    net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(policy(for_all("*", own)))
    assert why(pull_base(net, files)) == {("VPCE_POLICY_IMPLICIT_DENY", None, "vpce-ecr-dkr")}


def test_sc16c_role_for_the_own_account() -> None:
    assert why(pull_base(*foreign_base(build_role=BUILD_ROLE))) == {("IDENTITY_POLICY_DENY", None, ROLE)}


def test_sc16d_another_accounts_repository_must_admit_too() -> None:
    assert why(pull_base(*foreign_base(admits=False))) == {("RESOURCE_POLICY_DENY", None, "base")}


FAR_REGISTRY, FAR_API = f"host:{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com", "host:api.ecr.us-east-1.amazonaws.com"
FAR_LAYERS = "host:prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize("host", [FAR_REGISTRY, FAR_API, FAR_LAYERS])
def test_sc17_base_image_of_another_region(host: str) -> None:
    net = Pipeline()
    assert why(ask(net, BUILD, host)) == {
        ("NO_ROUTE_TO_DESTINATION", None, "rtb-build"), ("CROSS_REGION_NOT_VIA_ENDPOINT", None, "vpc-1")
    }  # fmt: skip
    net.with_nat()
    verdict = ask(net, BUILD, host)
    assert fate(verdict) == ("allowed", "aws-public")
    assert all("vpce-s3" not in {hop.component for hop in path.hops} for path in verdict.paths)


def test_sc17c_endpoints_for_another_region_without_its_s3() -> None:
    net = Pipeline()
    for number, (service, name) in enumerate((("ecr.api", "api.ecr"), ("ecr.dkr", "*.dkr.ecr"))):
        net.interface_endpoint(
            "vpc-1", f"com.amazonaws.us-east-1.{service}", {net.ep_a: f"10.10.11.{40 + number}"}, ["sg-ep"],
            names=[f"{name}.us-east-1.amazonaws.com"], name=f"far{number}",
        )  # fmt: skip
        net[f"vpce-far{number}"]["ServiceRegion"] = "us-east-1"
    assert fate(ask(net, BUILD, FAR_API)) == PRIVATE
    assert fate(ask(net, BUILD, FAR_REGISTRY)) == PRIVATE
    assert ("NO_ROUTE_TO_DESTINATION", None, "rtb-build") in why(ask(net, BUILD, FAR_LAYERS))


def test_sc18_no_endpoint_covers_the_public_registry() -> None:
    net = Pipeline()
    assert why(ask(net, BUILD, "host:public.ecr.aws")) == {
        ("NO_ROUTE_TO_DESTINATION", None, "rtb-build"), ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", None, "vpc-1")
    }  # fmt: skip
    net.with_nat()
    assert ask(net, BUILD, "host:public.ecr.aws").outcome == "allowed"


def docker_server(ingress: list[Any], egress: list[Any]) -> Pipeline:
    """The docker server's interface in build-a, beside the build's own."""
    net = Pipeline()
    net.group("vpc-1", ingress, egress, name="ds")
    net.interface(net.build_a, "10.10.1.9", ["sg-ds"], name="ds")
    return net


FROM_BUILD = ("tcp", 9876, 9876, "10.10.0.0/16")
TO_ENDPOINTS = ("tcp", 443, 443, "sg-ep")


def test_sc20_the_docker_servers_group_decides_what_it_pulls() -> None:
    net = docker_server([FROM_BUILD], [TO_ENDPOINTS])
    assert fate(ask(net, BUILD, "eni-ds", 9876)) == PRIVATE
    assert fate(ask(net, "eni-ds", "ecr.dkr")) == PRIVATE
    assert why(ask(net, "eni-ds", "s3")) == {("ENI_SG_RULES_MISMATCH", None, "sg-ds")}


def test_sc20b_docker_server_without_ingress() -> None:
    net = docker_server([], [TO_ENDPOINTS])
    assert why(ask(net, BUILD, "eni-ds", 9876)) == {("SG_HAS_NO_RULES", None, "sg-ds")}
    assert fate(ask(net, BUILD, "ecr.api")) == PRIVATE


def test_sc20c_the_builds_group_must_let_it_through() -> None:
    net = docker_server([FROM_BUILD], [TO_ENDPOINTS])
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(TO_ENDPOINTS)]
    assert why(ask(net, BUILD, "eni-ds", 9876)) == {("ENI_SG_RULES_MISMATCH", None, "sg-build")}
    assert fate(ask(net, CLIENT, "git-codecommit")) == PRIVATE

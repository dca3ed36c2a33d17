"""What a need is asked for by: the very name of a bucket or registry, which the VPC may answer otherwise than another.

AWS: "Virtual hosting of buckets" (a bucket's name is a label before S3's), "Working with private hosted zones" (a zone
answers for all names below it), "How DNS Firewall works".
"""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from tests.build import Build
from tests.scenarios.pipelines import ACCOUNT, BUILD, BUILD_ROLE, REGION, Checked, Pipeline, policy, statement

DOMAIN = f"s3.{REGION}.amazonaws.com"
LAYER_HOST = f"prod-{REGION}-starport-layer-bucket.{DOMAIN}"
RULES, LIST = "rslvr-frg-1", "rslvr-fdl-allow"


def storing() -> Pipeline:
    """A pipeline that keeps its artifacts in a bucket."""
    role = [*BUILD_ROLE, statement("s3:PutObject")]
    net = Pipeline(build_role=role, artifacts={"type": "S3", "location": "app-artifacts"})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "app-artifacts"}]}, region="global")
    return net


def walled(*allowed: str) -> Build:
    """DNS Firewall that blocks every name but these."""
    net = storing()
    net.put("s3api/get-bucket-policy/app-artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.put("route53resolver/list-firewall-rule-group-associations", {"FirewallRuleGroupAssociations": [
        {"Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": RULES, "VpcId": "vpc-1", "Priority": 101,
         "Status": "COMPLETE"},
    ]})  # fmt: skip
    rules = [
        {"FirewallRuleGroupId": RULES, "FirewallDomainListId": LIST, "Priority": 1, "Action": "ALLOW", "Name": "allow",
         "FirewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN"},
        {"FirewallRuleGroupId": RULES, "FirewallDomainListId": "rslvr-fdl-all", "Priority": 2, "Action": "BLOCK",
         "BlockResponse": "NXDOMAIN", "Name": "rest"},
    ]  # fmt: skip
    net.put(f"route53resolver/list-firewall-rules/{RULES}", {"FirewallRules": rules})
    net.put(f"route53resolver/list-firewall-domains/{LIST}", {"Domains": [f"{one}." for one in allowed]})
    net.put("route53resolver/list-firewall-domains/rslvr-fdl-all", {"Domains": ["*."]})
    net.put("route53resolver/get-firewall-config/vpc-1",
            {"FirewallConfig": {"ResourceId": "vpc-1", "FirewallFailOpen": "DISABLED"}})  # fmt: skip
    return net


OTHERS = [f"{one}.{REGION}.amazonaws.com" for one in ("git-codecommit", "api.ecr", "logs", "*.dkr.ecr")]


@pytest.mark.parametrize(("allowed", "pull", "artifacts"), [
    ([DOMAIN], "blocked", "blocked"),  # the name of the service alone, which no build asks for
    ([f"*.{DOMAIN}"], "allowed", "allowed"),
    ([LAYER_HOST], "allowed", "blocked"),
    ([f"app-artifacts.{DOMAIN}"], "blocked", "allowed"),
])  # fmt: skip
def test_dns_firewall_is_asked_for_the_names_of_buckets(allowed: list[str], pull: str, artifacts: str) -> None:
    found = Checked(walled(*OTHERS, *allowed))
    assert (found.step("pull").outcome, found.step("artifacts").outcome) == (pull, artifacts)
    assert ("DNS_FIREWALL_BLOCK" in found.findings()) is ("blocked" in (pull, artifacts))


def test_a_zone_for_s3_without_a_wildcard_answers_no_bucket() -> None:
    """Centralised interface endpoints: an alias at the zone's own name is not enough."""
    net = Pipeline()
    net.zone(DOMAIN, ["vpc-1"], [(DOMAIN, "A", ["10.10.11.60"])])
    found = Checked(net)
    assert found.step("pull").outcome == "blocked"
    assert found.overall == "private-but-failing"


def test_an_account_s_registry_is_looked_up_by_its_own_name() -> None:
    """A zone that knows the own registry alone does not answer for another account's."""
    net = Pipeline(endpoints=("git-codecommit", "ecr.api", "logs"))
    net.add_endpoint("ecr.dkr", private_dns=False)
    domain = f"dkr.ecr.{REGION}.amazonaws.com"
    net.zone(domain, ["vpc-1"], [(f"{ACCOUNT}.{domain}", "A", ["10.10.11.29", "10.10.12.29"])])
    spec = "version: 0.2\nphases:\n  build:\n    commands:\n      - docker pull {}.{}/app:1\n"
    for account, outcome in ((ACCOUNT, "allowed"), ("222222222222", "blocked")):
        files = net.files() | {"code/p1/buildspec.yml": spec.format(account, domain).encode()}
        step = next(one for one in load_files(files).check().steps if one.step == "pull")
        assert step.outcome == outcome
        assert any(one.symptom == "name-not-found" for one in step.blocked_by) is (outcome == "blocked")


def test_each_endpoint_that_is_missing_is_a_finding_of_its_own_with_what_needs_it() -> None:
    found = Checked(Pipeline(endpoints=("ecr.api", "logs")))
    missing = [one for one in found.check.findings if "VPCE_MISSING_FOR_SERVICE" in one.title]
    assert {one.title.split("no endpoint for ")[1].split(",")[0] for one in missing} == {"git-codecommit", "ecr.dkr"}
    (git,) = (one for one in missing if "git-codecommit" in one.title and one.component == "rtb-build")
    assert all("git-codecommit" in line for line in git.evidence)


def test_filters_on_the_way_to_public_addresses_are_no_faults_of_their_own() -> None:
    """Whoever opens the group, as a remedy might say, opens a way out and still has no endpoint."""
    net = Pipeline(endpoints=("ecr.api", "ecr.dkr", "logs"))
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]
    net.permit("sg-build", "out", ("tcp", 443, 443, "52.216.0.0/15"))  # S3
    severities = {(one.id, one.severity) for one in Checked(net).check.findings if one.component == "sg-build"}
    assert severities == {("ENI_SG_RULES_MISMATCH", "info")}


def test_a_group_that_shuts_a_gateway_endpoint_out_is_a_fault() -> None:
    """S3 is reached at public addresses, whether or not the endpoint is there yet."""
    net = Pipeline(s3_tables=("client",))
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]
    assert Checked(net).findings()["ENI_SG_RULES_MISMATCH"] == "high"


def test_a_refusal_is_told_of_the_needs_that_it_stops_alone() -> None:
    """One endpoint serves the login and the push; the policy refuses the push."""
    refusing = policy(statement("*", Principal="*"), statement("ecr:PutImage", "*", "Deny", Principal="*", Sid="No"))
    net = Pipeline()
    net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(refusing)
    found = Checked(net)
    (told,) = (one for one in found.check.findings if one.id == "VPCE_POLICY_EXPLICIT_DENY")
    assert len(told.evidence) == 1
    assert (found.step("pull").outcome, found.step("push").outcome) == ("allowed", "blocked")


def test_a_pull_asks_for_what_the_managed_policy_for_pulls_allows() -> None:
    """AmazonEC2ContainerRegistryPullOnly has no ecr:BatchCheckLayerAvailability."""
    net = Pipeline()
    actions = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(policy(statement(actions, Principal="*")))
    found = Checked(net)
    assert (found.step("pull").outcome, found.step("push").outcome) == ("allowed", "blocked")


def test_a_proxy_leaves_it_open_whether_something_leaves() -> None:
    """Never "private": what the proxy fetches for the build is not seen; a failing step does not change that."""
    variables = [{"name": "https_proxy", "type": "PLAINTEXT", "value": ""}]
    net = Pipeline(s3_tables=())
    net["p1"]["environment"]["environmentVariables"] = variables
    found = Checked(net)
    assert (found.step("pull").outcome, found.overall) == ("blocked", "undecided")
    assert any("https_proxy" in one.detail and one.can_hide == "leak" for one in found.check.assumptions)


def test_builds_on_lambda_compute_are_told_to_leave_it() -> None:
    net = Pipeline()
    net["p1"]["environment"]["type"] = "LINUX_LAMBDA_CONTAINER"
    (told,) = (one for one in Checked(net).check.findings if one.id == "CODEBUILD_NOT_IN_VPC")
    assert "EC2 compute" in told.remedy


def test_an_identity_s_statement_that_comes_nearest_is_named() -> None:
    bound = statement("codecommit:GitPull", Sid="Git", Condition={"StringEquals": {"aws:SourceVpc": "vpc-9"}})
    rest = [one for one in BUILD_ROLE if one["Action"] != "codecommit:GitPull"]
    found = Checked(Pipeline(build_role=[*rest, bound]))
    (block,) = (one for one in found.step("source").blocked_by if one.code == "IDENTITY_POLICY_DENY")
    assert "nearest is statement Git" in block.detail
    assert "the request has vpc-1" in block.detail


@pytest.mark.parametrize(("condition", "words"), [
    ({"StringEquals": {"aws:PrincipalOrgID": "o-aaaa"}}, "another organization"),
    ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, "an account of Amazon ECR's own"),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}, "Amazon ECR's own role"),
    ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-aaaa/*"}}, "another organization"),
])  # fmt: skip
def test_stand_ins_are_told_in_plain_words(condition: dict[str, object], words: str) -> None:
    own = statement("s3:*", "*", Principal="*", Condition=condition)
    found = Checked(Pipeline(s3_policy=policy(own)))
    (block,) = found.step("pull").blocked_by
    assert (block.code, words in block.detail, "o-ecr" in block.detail) == (
        "VPCE_POLICY_SERVICE_BUCKET_MISSING", True, False,
    )  # fmt: skip


def test_not_principal_tells_the_level_that_it_does_not_list() -> None:
    """A build's session is named anew each time, so that no list of sessions spares it."""
    role = f"arn:aws:iam::{ACCOUNT}:role/build"
    spared = [f"arn:aws:iam::{ACCOUNT}:root", role, f"arn:aws:sts::{ACCOUNT}:assumed-role/build/p1"]
    denial = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "s3:*", "Resource": "*"}
    net = storing()
    net.put("s3api/get-bucket-policy/app-artifacts", {"Policy": json.dumps(policy(denial))}, region="global")
    (block,) = Checked(net).step("artifacts").blocked_by
    assert "does not list the session" in block.detail
    assert "AWSCodeBuild-…" in block.detail


def test_a_condition_on_the_build_s_arn_is_decided_for_all_builds_of_the_project() -> None:
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{{}}:*"
    for name, outcome in (("p1", "allowed"), ("p2", "blocked")):
        own = statement("*", "*", Principal="*", Condition={"ArnLike": {"codebuild:BuildArn": arn.format(name)}})
        net = Pipeline()
        net["vpce-git-codecommit"]["PolicyDocument"] = json.dumps(policy(own))
        assert Checked(net).cell("git-codecommit", BUILD).outcome == outcome


@pytest.mark.parametrize(("place", "outcome"), [
    ("us-west-2", "blocked"), ("ap-northeast-1", "allowed"), (None, "blocked"),  # null stands for us-east-1
])  # fmt: skip
def test_a_bucket_is_asked_for_in_the_region_that_it_is_in(place: str | None, outcome: str) -> None:
    """The gateway endpoint and its prefix list serve their own Region alone."""
    net = storing()
    net.put("s3api/get-bucket-policy/app-artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.put("s3api/get-bucket-location/app-artifacts", {"LocationConstraint": place}, region="global")
    found = Checked(net)
    assert (found.step("artifacts").outcome, found.step("pull").outcome) == (outcome, "allowed")
    assert found.findings().get("CROSS_REGION_NOT_VIA_ENDPOINT") == ("high" if outcome == "blocked" else None)


@pytest.mark.parametrize(("place", "outcome"), [("us-west-2", "blocked"), (REGION, "allowed"), (None, "allowed")])
def test_the_list_of_buckets_tells_their_region_too(place: str | None, outcome: str) -> None:
    """``BucketRegion`` stands in answers to requests with parameters alone (API_ListBuckets)."""
    net = storing()
    net.put("s3api/get-bucket-policy/app-artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    listed = {"Name": "app-artifacts"} | ({"BucketRegion": place} if place else {})
    net.put("s3api/list-buckets", {"Buckets": [listed]}, region="global")
    assert Checked(net).step("artifacts").outcome == outcome


@pytest.mark.parametrize(("account", "exposed"), [("999900001111", True), (ACCOUNT, False)])
def test_a_registry_that_copies_its_images_to_strangers_is_exposed(account: str, *, exposed: bool) -> None:
    """ECR itself replicates; no way of the VPC and no policy of the source registry has a say."""
    net = Pipeline()
    rules = [{"destinations": [{"region": REGION, "registryId": account}]}]
    net.put("ecr/describe-registry", {"registryId": ACCOUNT, "replicationConfiguration": {"rules": rules}})
    found = Checked(net)
    assert found.overall == ("exposed" if exposed else "private-and-working")
    assert found.findings().get("RESOURCE_SHARED_OUTSIDE") == ("medium" if exposed else None)


@pytest.mark.parametrize(("filters", "exposed"), [([], True), (["ap"], True), (["base", "app"], True),
                                                  (["public/", "App"], False)])  # fmt: skip
def test_a_rule_of_replication_copies_what_its_filters_name(filters: list[str], *, exposed: bool) -> None:
    """ECR API Reference, "RepositoryFilter": names that begin so; the registry's repositories are app and
    base/golang."""
    net = Pipeline()
    rule = {"destinations": [{"region": REGION, "registryId": "999900001111"}],
            "repositoryFilters": [{"filter": one, "filterType": "PREFIX_MATCH"} for one in filters]}  # fmt: skip
    net.put("ecr/describe-registry", {"registryId": ACCOUNT, "replicationConfiguration": {"rules": [rule]}})
    assert Checked(net).overall == "exposed"  # which repositories there are is not in the snapshot
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": one} for one in ("app", "base/golang")]})
    assert Checked(net).overall == ("exposed" if exposed else "private-and-working")


def test_a_task_definition_that_is_not_seen_leaves_the_deployment_open() -> None:
    net = Pipeline()
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod"
    net.put("ecs/list-clusters", {"clusterArns": [cluster]})
    service = {"serviceName": "web", "clusterArn": cluster, "launchType": "FARGATE", "taskDefinition": "web:7"}
    net.put("ecs/describe-services/prod", {"services": [service]})
    found = Checked(net)
    assert (found.overall, found.step("deploy").outcome) == ("undecided", "unknown")
    assert any("describe-task-definition/web:7" in path for path in found.check.missing)


def with_overflow(net: Pipeline) -> Pipeline:
    """A fleet in the VPC whose overflowing builds run outside."""
    project = net["p1"]
    arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/linux:1"
    fleet = {"arn": arn, "name": "linux", "overflowBehavior": "ON_DEMAND", "vpcConfig": project.pop("vpcConfig")}
    net.put("codebuild/batch-get-fleets", {"fleets": [fleet]})
    project["environment"]["fleet"] = {"fleetArn": arn}
    return net


def test_builds_in_a_vpc_and_out_of_it_take_several_ways_none_of_which_is_unknown() -> None:
    found = Checked(with_overflow(Pipeline()))
    assert (found.fate("ecr.api"), found.overall) == (("allowed", "mixed"), "leaking")
    assert {one.severity for one in found.check.findings if one.id == "FLEET_OVERFLOW_LEAVES_VPC"} == {"high"}


def test_what_a_policy_refuses_of_several_ways_is_no_way() -> None:
    """The role works from the VPC alone, so overflowing builds get nothing; that they can send data out stays."""
    bound = statement(
        ["codecommit:*", "logs:*"], effect="Deny", Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
    )
    net = Pipeline(build_role=[*BUILD_ROLE, bound])
    found = Checked(with_overflow(net))
    assert (found.fate("logs"), found.overall) == (("intermittent", "private"), "leaking")
    assert found.steps()["source"] == ("intermittent", "private")


def test_a_fix_keeps_a_role_bound_to_the_network() -> None:
    """The role was to work from a VPC, if from the wrong one; it isn't to work from anywhere now."""
    net = Pipeline()
    bound = statement(
        ["codecommit:GitPull", "codecommit:GitPush"], Condition={"StringEquals": {"aws:SourceVpc": "vpc-9"}}
    )
    net.roles({"build": list(BUILD_ROLE), "dev": [bound]})
    plan = load_files(net.files()).fix()
    (mend,) = plan.mends
    (step,) = mend.to_json()["steps"]
    assert '"aws:SourceVpce": "vpce-git-codecommit"' in json.dumps(step).replace('\\"', '"')

"""Scenarios SC01 to SC12: the pipeline's network, names and endpoint policies, and the word that `check` finds."""

from __future__ import annotations

import pytest

from tests.build import AclEntry
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    CLIENT,
    HTTPS,
    IN,
    LAYERS,
    ORGANIZATION,
    OUT,
    REGION,
    SERVICES,
    Checked,
    Pipeline,
    ask,
    fate,
    for_all,
    policy,
    statement,
    why,
)

PRIVATE = ("allowed", "private")


def test_sc01_all_endpoints() -> None:
    found = Checked(Pipeline())
    assert found.overall == "private-and-working"
    assert found.check.missing == ()
    assert all(found.fate(service) == PRIVATE for service in SERVICES)
    assert found.fate("git-codecommit", CLIENT) == PRIVATE
    assert found.steps() == {
        "git-push": PRIVATE, "provisioning": ("allowed", "none"), "source": PRIVATE, "login": PRIVATE,
        "pull": PRIVATE, "push": PRIVATE, "logs": PRIVATE,
    }  # fmt: skip
    assert found.step("provisioning").service_side
    assert found.findings() == {"ENDPOINT_POLICY_LETS_DATA_OUT": "low"}
    assert found.fate("internet") == ("blocked", "none")
    assert found.fate(BUILD, "internet") == ("blocked", "none")


def test_sc01_ways_lead_through_the_endpoints() -> None:
    found = Checked(Pipeline())
    for service, endpoint in (
        ("git-codecommit", "vpce-git-codecommit"), ("ecr.api", "vpce-ecr-api"), ("ecr.dkr", "vpce-ecr-dkr"),
        ("s3", "vpce-s3"), ("logs", "vpce-logs"),
    ):  # fmt: skip
        verdict = found.cell(service).verdict
        assert verdict is not None
        assert all(endpoint in {hop.component for hop in path.hops} for path in verdict.paths)


@pytest.mark.parametrize("host", ["registry-1.docker.io", "auth.docker.io", "dl-cdn.alpinelinux.org", "github.com"])
def test_sc02_what_the_seeds_dockerfile_fetches_has_no_way_out(host: str) -> None:
    assert why(ask(Pipeline(), BUILD, f"host:{host}")) == {("NO_ROUTE_TO_DESTINATION", None, "rtb-build")}


def test_sc02b_an_internet_gateway_does_not_help_a_build() -> None:
    net = Pipeline()
    net.route("rtb-build", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    cause = "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP"
    assert why(ask(net, BUILD, "host:github.com")) == {("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", cause, "igw-1")}
    found = Checked(net)
    assert found.findings() == {cause: "low", "ENDPOINT_POLICY_LETS_DATA_OUT": "low"}
    assert found.overall == "private-and-working"


def test_sc03_without_a_vpc_config_everything_leaves() -> None:
    found = Checked(Pipeline(in_vpc=False))
    assert found.overall == "leaking"
    assert found.fate("internet") == ("allowed", "internet")
    assert found.fate("git-codecommit") == ("allowed", "aws-public")
    assert found.fate("git-codecommit", CLIENT) == PRIVATE
    assert "CODEBUILD_NOT_IN_VPC" in found.findings()
    assert ("PUBLIC_EGRESS_POSSIBLE", "high", BUILD) in {
        (one.id, one.severity, one.component) for one in found.check.findings
    }
    verdict = found.cell("ecr.dkr").verdict
    assert verdict is not None
    assert not any(hop.component.startswith(("vpce-", "sg-")) for path in verdict.paths for hop in path.hops)


def test_sc04_a_nat_gateway_makes_everything_work_silently() -> None:
    net = Pipeline()
    net.with_nat()
    found = Checked(net)
    assert found.overall == "leaking"
    assert all(found.fate(service) == PRIVATE for service in SERVICES)
    assert found.fate("internet") == ("allowed", "internet")
    exits = [(one.severity, one.component) for one in found.check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE"]
    assert exits == [("medium", "nat-1")]
    for host in ("registry-1.docker.io", "dl-cdn.alpinelinux.org", "github.com"):
        assert fate(ask(net, BUILD, f"host:{host}")) == ("allowed", "internet")


def test_sc05_s3_endpoint_is_not_in_the_builds_route_table() -> None:
    found = Checked(Pipeline(s3_tables=["client"]))
    assert found.overall == "private-but-failing"
    assert found.why("s3") == {("NO_ROUTE_TO_DESTINATION", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED", "rtb-build")}
    steps = found.steps()
    assert steps["pull"] == ("blocked", "none")
    assert steps["push"] == ("not reached", "private")
    assert {steps[name] for name in ("git-push", "source", "login", "logs")} == {PRIVATE}


ORG_ONLY = for_all(
    "*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION, "aws:ResourceOrgID": ORGANIZATION}}
)


@pytest.mark.parametrize(
    ("more", "overall"),
    [
        ([], "private-but-failing"),
        ([for_all("s3:GetObject", LAYERS)], "private-and-working"),
        ([for_all("s3:GetObject", LAYERS.replace(REGION, "us-east-1"))], "private-but-failing"),
    ],
)
def test_sc06_s3_endpoint_policy_for_the_own_organization(more: list[dict[str, object]], overall: str) -> None:
    found = Checked(Pipeline(s3_policy=policy(ORG_ONLY, *more)))
    assert found.overall == overall
    steps = found.steps()
    assert {steps[name] for name in ("git-push", "source", "login", "logs")} == {PRIVATE}
    if overall == "private-but-failing":
        assert {(b.code, b.component, b.symptom) for b in found.step("pull").blocked_by} == {
            ("VPCE_POLICY_SERVICE_BUCKET_MISSING", "vpce-s3", "403")
        }


def test_sc07_endpoint_group_admits_one_zone_only() -> None:
    net = Pipeline()
    net["sg-ep"]["IpPermissions"] = [
        net._permission(("tcp", 443, 443, block)) for block in ("10.10.1.0/24", "10.10.21.0/24")
    ]
    found = Checked(net)
    assert found.overall == "private-but-failing"
    for service in ("git-codecommit", "ecr.api", "ecr.dkr", "logs"):
        assert found.fate(service) == ("intermittent", "private")
        assert {code for code, _, _ in found.why(service)} == {"ENI_SG_RULES_MISMATCH"}
    assert found.fate("s3") == PRIVATE
    assert found.fate("git-codecommit", CLIENT) == PRIVATE


ONE_WAY: list[AclEntry] = [
    (100, "in", "allow", "tcp", (443, 443), "10.10.0.0/16"),
    (100, "out", "allow", "tcp", (443, 443), "10.10.0.0/16"),
]


def test_sc08_acl_without_the_reply_on_the_endpoint_subnets() -> None:
    net = Pipeline()
    net.use_acl(net.acl("vpc-1", ONE_WAY, name="ep"), net.ep_a, net.ep_c)
    found = Checked(net)
    assert found.overall == "private-but-failing"
    for service, source in (
        ("git-codecommit", BUILD), ("git-codecommit", CLIENT), ("ecr.api", BUILD), ("ecr.dkr", BUILD), ("logs", BUILD)
    ):  # fmt: skip
        assert found.why(service, source) == {("SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "acl-ep")}
        assert {(b.leg, b.direction) for b in found.cell(service, source).blocked_by} == {("response", "egress")}
    assert found.fate("s3") == PRIVATE
    assert found.steps()["pull"][0] == "not reached"


def test_sc08b_endpoint_in_the_builds_own_subnet_skips_the_acl() -> None:
    net = Pipeline(endpoints=[])
    net.use_acl(net.acl("vpc-1", [*ONE_WAY], name="build"), net.build_a)
    net.interface_endpoint("vpc-1", "logs", {net.build_a: "10.10.1.20"}, ["sg-ep"], name="logs")
    net["p1"]["vpcConfig"]["subnets"] = [net.build_a]
    assert fate(ask(net, BUILD, "logs")) == PRIVATE
    net["p1"]["vpcConfig"]["subnets"] = [net.build_c]
    assert why(ask(net, BUILD, "logs")) == {("SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "acl-build")}
    net["p1"]["vpcConfig"]["subnets"] = [net.build_a, net.build_c]
    assert fate(ask(net, BUILD, "logs")) == ("intermittent", "private")


FORGETFUL: list[AclEntry] = [
    (100, "out", "allow", "tcp", (443, 443), "10.10.0.0/16"),
    (110, "out", "allow", "udp", (53, 53), "10.10.0.2/32"),
    (120, "out", "allow", "tcp", (53, 53), "10.10.0.2/32"),
    (100, "in", "allow", "tcp", (1024, 65535), "10.10.0.0/16"),
]


@pytest.mark.parametrize("with_dns", [True, False])
def test_sc09_build_acl_that_forgets_s3s_public_addresses(with_dns: bool) -> None:
    net = Pipeline()
    entries = [one for one in FORGETFUL if with_dns or one[4] != (53, 53)]
    net.use_acl(net.acl("vpc-1", entries, name="build"), net.build_a, net.build_c)
    found = Checked(net)
    assert found.overall == "private-but-failing"
    assert all(found.fate(service) == PRIVATE for service in ("git-codecommit", "ecr.api", "ecr.dkr", "logs"))
    assert {(b.code, b.component, b.leg, b.direction) for b in found.cell("s3").blocked_by} == {
        ("SUBNET_ACL_RESTRICTION", "acl-build", "request", "egress"),
        ("SUBNET_ACL_RESTRICTION", "acl-build", "response", "ingress"),
    }


def test_sc09b_the_way_out_alone_is_not_enough() -> None:
    net = Pipeline()
    outward: AclEntry = (130, "out", "allow", "tcp", (443, 443), "52.216.0.0/15")
    net.use_acl(net.acl("vpc-1", [*FORGETFUL, outward], name="build"), net.build_a, net.build_c)
    assert Checked(net).why("s3") == {("SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "acl-build")}


def test_sc10a_private_dns_off_on_the_registry_endpoint() -> None:
    net = Pipeline()
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False
    found = Checked(net)
    assert found.overall == "private-but-failing"
    assert found.fate("ecr.api") == PRIVATE
    assert found.why("ecr.dkr") == {("NO_ROUTE_TO_DESTINATION", "DNS_PRIVATE_DNS_DISABLED", "rtb-build")}


def test_sc10b_no_resolver() -> None:
    found = Checked(Pipeline(dns_support=False))
    assert found.overall == "private-but-failing"
    for service in SERVICES:
        assert found.why(service) == {("DNS_SUPPORT_DISABLED", None, "vpc-1")}


def test_sc10b_what_only_the_public_way_would_hit_does_not_block_where_no_name_resolves() -> None:
    elsewhere = {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
    unless_from_here = statement("ecr:Batch*", effect="Deny", Condition=elsewhere)
    role = [one for one in BUILD_ROLE if one["Action"] != "ecr:GetAuthorizationToken"]
    found = Checked(Pipeline(dns_support=False, build_role=[*role, unless_from_here]))
    assert found.why("ecr.dkr") == {("DNS_SUPPORT_DISABLED", None, "vpc-1")}
    not_granted = ("IDENTITY_POLICY_DENY", None, f"arn:aws:iam::{ACCOUNT}:role/build")
    assert found.why("ecr.api") == {("DNS_SUPPORT_DISABLED", None, "vpc-1"), not_granted}


def test_sc10c_dns_hostnames_off() -> None:
    found = Checked(Pipeline(dns_hostnames=False))
    assert found.overall == "private-but-failing"
    for service in ("git-codecommit", "ecr.api", "ecr.dkr", "logs"):
        assert found.why(service) == {("NO_ROUTE_TO_DESTINATION", "DNS_HOSTNAMES_DISABLED", "rtb-build")}


def test_sc10d_private_dns_off_and_a_nat_gateway() -> None:
    net = Pipeline()
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False
    net.with_nat()
    found = Checked(net)
    assert found.overall == "leaking"
    assert found.fate("ecr.dkr") == ("allowed", "aws-public")
    findings = found.findings()
    assert (findings["PUBLIC_EGRESS_POSSIBLE"], findings["DNS_PRIVATE_DNS_DISABLED"]) == ("high", "medium")


SECRET = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
          "environmentVariables": [{"name": "DB", "value": "app/db", "type": "SECRETS_MANAGER"}]}  # fmt: skip
LAYERS_OF_ALL = ["network", "endpoint-policy", "identity-policy", "resource-policy"]
READ = {"action": "secretsmanager:GetSecretValue",
        "resource": f"arn:aws:secretsmanager:{REGION}:111111111111:secret:app/db-AbCdEf"}  # fmt: skip
MAY_READ = statement("secretsmanager:GetSecretValue")


def test_sc11_secret_without_an_endpoint() -> None:
    found = Checked(Pipeline(build_role=[*BUILD_ROLE, MAY_READ], environment=SECRET))
    assert found.overall == "private-but-failing"
    assert found.why("secretsmanager") == {("NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE", "rtb-build")}
    steps = found.steps()
    assert steps["environment"] == ("blocked", "none")
    assert {steps[name][0] for name in ("source", "login", "pull", "push")} == {"not reached"}
    assert steps["logs"] == PRIVATE


def test_sc11_endpoint_and_permission_for_the_secret() -> None:
    net = Pipeline(build_role=[*BUILD_ROLE, MAY_READ], environment=SECRET)
    net.add_endpoint("secretsmanager")
    assert Checked(net).overall == "private-and-working"


def test_sc11c_role_may_not_read_the_secret() -> None:
    net = Pipeline(environment=SECRET)
    net.add_endpoint("secretsmanager")
    verdict = ask(net, BUILD, "secretsmanager", requests=[READ], layers=LAYERS_OF_ALL)
    assert verdict.layers["endpoint-policy"] == "allowed"
    assert why(verdict) == {("IDENTITY_POLICY_DENY", None, "arn:aws:iam::111111111111:role/build")}


def test_sc11b_endpoint_policy_for_another_secret() -> None:
    net = Pipeline(build_role=[*BUILD_ROLE, MAY_READ], environment=SECRET)
    other = f"arn:aws:secretsmanager:{REGION}:{net.account}:secret:app/other*"
    net.add_endpoint("secretsmanager", policy=policy(for_all("secretsmanager:GetSecretValue", other)))
    verdict = ask(net, BUILD, "secretsmanager", requests=[READ])
    assert {(code, component) for code, _, component in why(verdict)} == {
        ("VPCE_POLICY_IMPLICIT_DENY", "vpce-secretsmanager")
    }


def test_sc12_the_seeds_list_of_endpoints_lacks_git() -> None:
    found = Checked(Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"]))
    assert found.overall == "private-but-failing"
    missing = "NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE"
    assert found.why("git-codecommit") == {(*missing, "rtb-build")}
    assert found.why("git-codecommit", CLIENT) == {(*missing, "rtb-client")}
    steps = found.steps()
    assert steps["source"] == ("blocked", "none")
    assert steps["login"][0] == "not reached"


def test_sc12b_with_a_source_from_codepipeline_the_list_is_complete_for_the_build() -> None:
    net = Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"], source=("CODEPIPELINE", ""))
    found = Checked(net)
    steps = found.steps()
    assert {steps[name] for name in ("source", "login", "pull", "push", "logs")} == {PRIVATE}
    assert steps["git-push"] == ("blocked", "none")
    assert found.overall == "private-but-failing"


def test_a_group_that_opens_the_build_to_the_vpc_alone_is_no_exposure() -> None:
    net = Pipeline()
    net["sg-build"]["IpPermissions"] = [net._permission(HTTPS)]
    assert Checked(net).overall == "private-and-working"


def test_open_acls_change_nothing() -> None:
    net = Pipeline()
    net.use_acl(net.acl("vpc-1", [IN, OUT]), net.build_a, net.build_c, net.ep_a, net.ep_c)
    assert Checked(net).overall == "private-and-working"

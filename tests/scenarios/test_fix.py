"""Failing pipelines and the fixes proposed: each ends private and working with the patch applied, which the reference
interpreter confirms packet by packet; what cannot be mended is said.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reachsim import Reach, ReachsimError, load, load_files
from reachsim.check.outsiders import ACTIONS
from reachsim.cli import group
from reachsim.fix import Plan
from reachsim.fix.edited import Edits
from reachsim.fix.faults import needed_ways
from reachsim.fix.steps import CreateEndpoint, component_of, describe
from tests.build import AclEntry, Record
from tests.property.comparison import corners, origin_of, packet_of
from tests.reference.interpreter import judge
from tests.reference.world import World
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    CLIENT,
    CLIENT_ROLE,
    LAYERS,
    PUSH_AND_PULL,
    REGION,
    REGISTRY,
    Pipeline,
    for_all,
    policy,
    statement,
)
from tests.scenarios.test_check_code import BUILDSPEC, OWN, SEED
from tests.scenarios.test_check_outsiders import POWER, role, trusting, user
from tests.scenarios.test_check_service_plane import CACHED, CI_IMAGE, IMPORTING, ONLY_ENDPOINT, RULE, TRUST
from tests.scenarios.test_pipeline import FORGETFUL, MAY_READ, ONE_WAY, ORG_ONLY, SECRET
from tests.scenarios.test_pipeline_policies import ONLY_ENDPOINTS, THEIRS, foreign_base, repository_policy

Steps = list[tuple[str, str]]
ELSEWHERE = LAYERS.replace("ap-northeast", "us-east")


def sc07() -> Pipeline:
    net = Pipeline()
    blocks = ("10.10.1.0/24", "10.10.21.0/24")
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 443, 443, block)) for block in blocks]
    return net


def with_acl(entries: list[AclEntry], *subnets: str) -> Pipeline:
    net = Pipeline()
    net.use_acl(net.acl("vpc-1", entries, name="x"), *(f"subnet-{one}" for one in subnets))
    return net


def sc09() -> Pipeline:
    entries: list[AclEntry] = [
        (100, "out", "allow", "tcp", (443, 443), "10.10.0.0/16"),
        (100, "in", "allow", "tcp", (1024, 65535), "10.10.0.0/16"),
    ]
    return with_acl(entries, "build-a", "build-c")


def denied_first() -> Pipeline:
    entries: list[AclEntry] = [
        (50, "in", "deny", "tcp", (443, 443), "10.10.2.0/24"),
        (100, "in", "allow", "-1", None, "0.0.0.0/0"),
        (100, "out", "allow", "-1", None, "0.0.0.0/0"),
    ]
    return with_acl(entries, "ep-a", "ep-c")


def with_nat(net: Pipeline) -> Pipeline:
    net.with_nat()
    return net


def without_private_dns(net: Pipeline) -> Pipeline:
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False
    return net


def tight_egress() -> Pipeline:
    net = Pipeline()
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.11.0/24"))]
    return net


def silent_group() -> Pipeline:
    net = Pipeline()
    net["sg-build"]["IpPermissionsEgress"] = []
    return net


def with_secret(endpoint: bool) -> Pipeline:
    variables = [{"name": "DB", "value": "app/db", "type": "SECRETS_MANAGER"}]
    role = [*BUILD_ROLE, statement("secretsmanager:GetSecretValue")]
    net = Pipeline(build_role=role)
    net["p1"]["environment"]["environmentVariables"] = variables
    if endpoint:
        net.add_endpoint("secretsmanager", policy=policy(for_all("secretsmanager:ListSecrets")))
    return net


def poor_role() -> Pipeline:
    role = [one for one in BUILD_ROLE if one["Action"] != "ecr:GetAuthorizationToken"]
    return Pipeline(build_role=role)


def exposed() -> Pipeline:
    net = Pipeline()
    association = {"IpOwnerId": net.account, "PublicIp": "203.0.113.5"}
    eni = net[net.interface_of("i-1")]
    eni["Association"] = eni["PrivateIpAddresses"][0]["Association"] = association
    net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    net.permit("sg-client", "in", ("tcp", 22, 22, "0.0.0.0/0"))
    return net


Files = dict[str, bytes]


def own_subnet() -> Pipeline:
    """Endpoints in one of the build's own subnets, whose network ACL forgets the replies to the other."""
    net = Pipeline(endpoints=[])
    net.use_acl(net.acl("vpc-1", [*ONE_WAY], name="x"), net.build_a)
    for number, service in enumerate(("git-codecommit", "ecr.api", "ecr.dkr", "logs"), 20):
        name = service.replace(".", "-")
        net.interface_endpoint("vpc-1", service, {net.build_a: f"10.10.1.{number}"}, ["sg-ep"], name=name)
    return net


def only_out() -> Pipeline:
    out: AclEntry = (130, "out", "allow", "tcp", (443, 443), "52.216.0.0/15")
    return with_acl([*FORGETFUL, out], "build-a", "build-c")


def other_secret(endpoint: bool) -> Pipeline:
    net = Pipeline(build_role=[*BUILD_ROLE, *([MAY_READ] if endpoint else [])], environment=SECRET)
    other = f"arn:aws:secretsmanager:{REGION}:{net.account}:secret:app/other*"
    net.add_endpoint("secretsmanager", policy=policy(for_all("secretsmanager:*", other)) if endpoint else None)
    return net


def with_user(condition: Record | None = None) -> Pipeline:
    net = Pipeline()
    service = trusting({"Service": "codebuild.amazonaws.com"})
    own = [role("build", service, *BUILD_ROLE), role("dev", trusting({"Service": "ec2.amazonaws.com"}), *CLIENT_ROLE)]
    denied = [statement("codecommit:*", effect="Deny", Condition=condition)] if condition else []
    details = {"UserDetailList": [user(POWER, *denied)], "GroupDetailList": [], "RoleDetailList": own, "Policies": []}
    net.put("iam/get-account-authorization-details", details, region="global")
    return net


def insisting(actions: Any) -> Pipeline:
    return Pipeline(build_role=[*BUILD_ROLE, statement(actions, effect="Deny", Condition=ONLY_ENDPOINTS)])


def own_environment(*statements: Record) -> Pipeline:
    net = Pipeline(environment={"type": "LINUX_CONTAINER", "image": CI_IMAGE, "imagePullCredentialsType": "CODEBUILD"})
    if statements:
        repository_policy(net, "ci", *({key: one[key] for key in one if key != "Resource"} for one in statements))
    else:
        net.no_policy("ecr/get-repository-policy/ci", "RepositoryPolicyNotFoundException")
    return net


def building(net: Pipeline, dockerfile: str) -> Files:
    """A pipeline with its build's files and the list of its repositories."""
    names = ("app", "base/golang")
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": one} for one in names]})
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": dockerfile, "go.mod": "module app\n"}
    return net.files() | {f"code/p1/{name}": text.encode() for name, text in code.items()}


TWICE = "FROM golang:1.22 AS a\nRUN true\nFROM golang:1.22\nCOPY --from=a /x /x\n"


def foreign(admits: bool = True, endpoint: str = "", **more: Any) -> Files:
    net, files = foreign_base(admits, **more)
    if endpoint:
        net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(policy(for_all("*", endpoint)))
    return files | building(net, f"FROM {THEIRS}.dkr.ecr.{REGION}.amazonaws.com/base:1\n")


def uncached(more: Callable[[Pipeline], Pipeline] = lambda net: net) -> Files:
    net = more(Pipeline(build_role=[*BUILD_ROLE, IMPORTING]))
    net.put("ecr/describe-pull-through-cache-rules", {"pullThroughCacheRules": [RULE]})
    return building(net, f"FROM {REGISTRY}/{CACHED}:1.22\n")


def public_repository() -> Pipeline:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    repository_policy(net, "app", {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"})
    return net


def to_private_gateway(origin: str = "CreateRoute") -> Pipeline:
    net = Pipeline()
    gateway = net.vgw("vpc-1", name="v")
    net.vpn(gateway, ["0.0.0.0/0"])
    net.route("rtb-build", "0.0.0.0/0", gateway, origin=origin)
    if origin != "CreateRoute":
        net["rtb-build"]["PropagatingVgws"] = [{"GatewayId": gateway}]
    return net


def close_to_public() -> Pipeline:
    """A name that leads to public addresses, which a route leads to and a group does not let through."""
    net = with_nat(without_private_dns(Pipeline()))
    net["sg-build"]["IpPermissionsEgress"] = [
        net._permission(("tcp", 443, 443, peer)) for peer in ("10.10.0.0/16", "pl-1")
    ]
    return net


def failed_endpoint() -> Pipeline:
    net = Pipeline(dns_hostnames=False)
    net["vpce-logs"]["State"] = "failed"
    return net


def no_endpoints() -> Pipeline:
    net = Pipeline(endpoints=[], s3_tables=[])
    net._lists["ec2/describe-vpc-endpoints"].clear()
    return with_nat(net)


DOWNLOAD = "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
PULL = "ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
THEIR_ARN = f"arn:aws:ecr:{REGION}:{THEIRS}:repository/base"
OWN_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
FAILING: dict[str, tuple[Callable[[], Pipeline | Files], Steps]] = {
    "SC02 base image of Docker Hub": (lambda: building(Pipeline(), TWICE), [
        ("codebuild:p1", f"copy golang:1.22 to {REGISTRY}/docker-hub/library/golang:1.22, and name the copy in "
         "Dockerfile:1 and Dockerfile:3")]),
    "SC04 with a base image of Docker Hub": (lambda: building(with_nat(Pipeline()), "FROM golang:1.22\n"), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1"),
        ("codebuild:p1", f"copy golang:1.22 to {REGISTRY}/docker-hub/library/golang:1.22, and name the copy in "
         "Dockerfile:1")]),
    "SC08b endpoint in the build's subnet": (own_subnet, [
        ("acl-x", "add outbound rule 120: allow tcp 32768-60999 to 10.10.2.0/24"),
        ("acl-x", "add outbound rule 130: allow tcp 443 to 52.216.0.0/15"),
        ("acl-x", "add inbound rule 110: allow tcp 32768-60999 from 52.216.0.0/15"),
        ("acl-x", "add outbound rule 140: allow tcp 32768-60999 to 10.10.21.0/24")]),
    "SC09b the way out alone": (only_out, [
        ("acl-x", "add inbound rule 110: allow tcp 32768-60999 from 52.216.0.0/15")]),
    "SC11b endpoint for another secret": (lambda: other_secret(endpoint=True), [
        ("vpce-secretsmanager", "add policy statement: Allow secretsmanager:GetSecretValue on "
         f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/db-?????? if aws:PrincipalAccount StringEquals "
         f"{ACCOUNT}")]),
    "SC11c a role that may not read it": (lambda: other_secret(endpoint=False), [
        (ROLE, "add inline policy reachsim-secretsmanager: Allow secretsmanager:GetSecretValue on "
         f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/db-??????")]),
    "SC13a a user from anywhere": (with_user, [
        (f"arn:aws:iam::{ACCOUNT}:user/u-ext", f"add inline policy reachsim-codecommit-through-endpoints: Deny "
         f"{', '.join(ACTIONS)} on * if aws:SourceVpce StringNotEqualsIfExists vpce-git-codecommit")]),
    "SC13d a deny that does not hit": (lambda: with_user({"StringEquals": {"aws:SourceVpc": "vpc-9"}}), [
        (f"arn:aws:iam::{ACCOUNT}:user/u-ext", f"add inline policy reachsim-codecommit-through-endpoints: Deny "
         f"{', '.join(ACTIONS)} on * if aws:SourceVpce StringNotEqualsIfExists vpce-git-codecommit")]),
    "SC15 a repository for its endpoint alone": (
        lambda: own_environment(TRUST, for_all("ecr:*", effect="Deny", Condition=ONLY_ENDPOINT)), [
        (f"{OWN_ARN}/ci", "change statement 1 into Deny ecr:* if aws:SourceVpce StringNotEquals vpce-ecr-dkr and "
         "aws:PrincipalIsAWSService BoolIfExists false: it spares AWS services, as CodeBuild pulls the image of a "
         "build environment by itself")]),
    "SC15 a repository that trusts nobody": (own_environment, [
        (f"{OWN_ARN}/ci", f"add policy statement: Allow {PULL} by codebuild.amazonaws.com if aws:SourceAccount "
         f"StringEquals {ACCOUNT} and aws:SourceArn StringEquals arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1")]),
    "SC16b endpoint for the own account": (lambda: foreign(endpoint=f"{OWN_ARN}/*"), [
        ("vpce-ecr-dkr", f"add policy statement: Allow {DOWNLOAD} on {THEIR_ARN} if aws:PrincipalAccount StringEquals "
         f"{ACCOUNT}")]),
    "SC16c role for the own account": (lambda: foreign(build_role=BUILD_ROLE), [
        (ROLE, f"add inline policy reachsim-ecr-dkr: Allow {DOWNLOAD} on {THEIR_ARN}")]),
    "SC16d another account's repository": (lambda: foreign(admits=False), [
        (THEIR_ARN, f"add policy statement: Allow {PULL} by {ROLE}")]),
    "SC17 another Region's base image": (
        lambda: building(Pipeline(), f"FROM {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/base:1\n"), [
        ("codebuild:p1", f"copy {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/base:1 to {REGISTRY}/base:1, and name the "
         "copy in Dockerfile:1")]),
    "SC18 the public registry": (
        lambda: building(Pipeline(), "FROM public.ecr.aws/docker/library/golang:1.22\n"), [
        ("codebuild:p1", f"copy public.ecr.aws/docker/library/golang:1.22 to {REGISTRY}/{CACHED}:1.22, and name the "
         "copy in Dockerfile:1")]),
    "SC18b a cache that is empty": (lambda: uncached(), [
        (f"{OWN_ARN}/{CACHED}", f"copy public.ecr.aws/docker/library/golang:1.22 to {REGISTRY}/{CACHED}:1.22")]),
    "SC19 a hidden frontend image": (lambda: building(Pipeline(), f"# syntax=docker/dockerfile:1\n{OWN}"), [
        ("codebuild:p1", f"copy docker/dockerfile:1 to {REGISTRY}/docker-hub/docker/dockerfile:1, and name the copy "
         "in Dockerfile:1")]),
    "SC12b a source from CodePipeline": (
        lambda: Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"], source=("CODEPIPELINE", "")), [
        ("vpce-proposed-git-codecommit", "create interface endpoint for git-codecommit in subnet-ep-a, subnet-ep-c")]),
    "SC17b another Region's base image through a NAT gateway": (
        lambda: building(with_nat(Pipeline()), f"FROM {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/base:1\n"), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1"),
        ("codebuild:p1", f"copy {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/base:1 to {REGISTRY}/base:1, and name the "
         "copy in Dockerfile:1")]),
    "SC18d a cache that is empty, and a NAT gateway": (lambda: uncached(with_nat), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1"),
        (f"{OWN_ARN}/{CACHED}", f"copy public.ecr.aws/docker/library/golang:1.22 to {REGISTRY}/{CACHED}:1.22")]),
    "a repository that is open to all": (public_repository, [
        (f"{OWN_ARN}/app", "change statement All into Allow ecr:BatchGetImage if aws:PrincipalOrgID StringEquals "
         "o-aaaa: only principals with aws:PrincipalOrgID o-aaaa")]),
    "SC03 outside every VPC": (lambda: Pipeline(in_vpc=False), [
        ("sg-proposed-p1", "create security group codebuild-p1 in vpc-1"),
        ("sg-proposed-p1", "add egress rule: tcp 443 to sg-ep"),
        ("sg-proposed-p1", "add egress rule: tcp 443 to pl-1"),
        ("codebuild:p1", "run in subnet-build-a, subnet-build-c of vpc-1 with sg-proposed-p1")]),
    "a default route to a private gateway": (lambda: to_private_gateway(), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to vgw-v")]),
    "a default route that a private gateway propagates": (lambda: to_private_gateway("EnableVgwRoutePropagation"), [
        ("rtb-build", "disable route propagation from vgw-v, which brings 0.0.0.0/0")]),
    "an endpoint that failed, and no host names": (failed_endpoint, [
        ("vpc-1", "switch enableDnsHostnames on"),
        ("vpce-proposed-logs", "create interface endpoint for logs in subnet-ep-a, subnet-ep-c, in place of "
         "vpce-logs, which never serves")]),
    "SC04 NAT gateway": (lambda: with_nat(Pipeline()), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1")]),
    "SC05 S3 endpoint not in the table": (lambda: Pipeline(s3_tables=["client"]), [
        ("vpce-s3", "associate with route table rtb-build")]),
    "SC06 own organization only": (lambda: Pipeline(s3_policy=policy(ORG_ONLY)), [
        ("vpce-s3", f"add policy statement: Allow s3:GetObject on {LAYERS}")]),
    "SC06c wrong Region's bucket": (
        lambda: Pipeline(s3_policy=policy(ORG_ONLY, for_all("s3:GetObject", ELSEWHERE))), [
        ("vpce-s3", f"add policy statement: Allow s3:GetObject on {LAYERS}")]),
    "SC07 one zone only": (sc07, [("sg-ep", "add ingress rule: tcp 443 from sg-build")]),
    "SC08 no way back": (lambda: with_acl(ONE_WAY, "ep-a", "ep-c"), [
        ("acl-x", "add outbound rule 110: allow tcp 32768-60999 to 10.10.1.0/24"),
        ("acl-x", "add outbound rule 120: allow tcp 32768-60999 to 10.10.2.0/24"),
        ("acl-x", "add outbound rule 130: allow tcp 32768-60999 to 10.10.21.0/24")]),
    "SC09 S3 forgotten": (sc09, [
        ("acl-x", "add inbound rule 110: allow tcp 32768-60999 from 52.216.0.0/15"),
        ("acl-x", "add outbound rule 110: allow tcp 443 to 52.216.0.0/15")]),
    "an entry that denies": (denied_first, [
        ("acl-x", "add inbound rule 49: allow tcp 443 from 10.10.2.0/24")]),
    "SC10a private DNS off": (lambda: without_private_dns(Pipeline()), [("vpce-ecr-dkr", "switch private DNS on")]),
    "private DNS off, a NAT gateway, and a group that lets nobody out": (close_to_public, [
        ("vpce-ecr-dkr", "switch private DNS on")]),
    "SC10b no resolver": (lambda: Pipeline(dns_support=False), [("vpc-1", "switch enableDnsSupport on")]),
    "SC10c no host names": (lambda: Pipeline(dns_hostnames=False), [("vpc-1", "switch enableDnsHostnames on")]),
    "SC10d both": (lambda: with_nat(without_private_dns(Pipeline())), [
        ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1"), ("vpce-ecr-dkr", "switch private DNS on")]),
    "SC11 secret without endpoint": (lambda: with_secret(endpoint=False), [
        ("vpce-proposed-secretsmanager", "create interface endpoint for secretsmanager in subnet-ep-a, subnet-ep-c")]),
    "SC11b endpoint that lets no secret through": (lambda: with_secret(endpoint=True), [
        ("vpce-secretsmanager", "add policy statement: Allow secretsmanager:GetSecretValue on "
         f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/db-?????? if aws:PrincipalAccount StringEquals "
         f"{ACCOUNT}")]),
    "SC12 the seed's list": (lambda: Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"]), [
        ("vpce-proposed-git-codecommit", "create interface endpoint for git-codecommit in subnet-ep-a, subnet-ep-c")]),
    "a role that may not touch images": (
        lambda: Pipeline(build_role=[one for one in BUILD_ROLE if one["Action"] != PUSH_AND_PULL]), [
        (ROLE, f"add inline policy reachsim-ecr-dkr: Allow {DOWNLOAD}, ecr:BatchCheckLayerAvailability, "
               "ecr:CompleteLayerUpload, ecr:InitiateLayerUpload, "
         f"ecr:PutImage, ecr:UploadLayerPart on {OWN_ARN}/*")]),
    "a role that may not log in": (poor_role, [
        ("arn:aws:iam::111111111111:role/build",
         "add inline policy reachsim-ecr-api: Allow ecr:GetAuthorizationToken on *")]),
    "no outbound rule": (silent_group, [
        ("sg-build", "add egress rule: tcp 443 to pl-1"), ("sg-build", "add egress rule: tcp 443 to sg-ep")]),
    "outbound rules forget S3": (tight_egress, [
        ("sg-build", "add egress rule: tcp 443 to pl-1"), ("sg-build", "add egress rule: tcp 443 to sg-ep")]),
}  # fmt: skip


def steps_of(plan: Plan) -> Steps:
    return [(component_of(one), describe(one)) for one in plan.steps]


def fixed(files: Files, plan: Plan) -> Reach:
    return load_files(files).what_if(patch=plan.patch.to_json())


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_pipeline_is_private_and_works_with_the_fix_applied(name: str) -> None:
    make, expected = FAILING[name]
    made = make()
    net = made if isinstance(made, dict) else made.files()
    plan = load_files(net).fix()
    assert sorted(steps_of(plan)) == sorted(expected)
    assert (plan.status, plan.after, plan.exit_code, plan.left) == ("proven", "private-and-working", 0, ())
    reach = fixed(net, plan)
    assert reach.check().overall == "private-and-working"
    assert reach.fix().status == "nothing to fix"
    assert plan.diff.gate[0] == "pass"
    assert_interpreted(reach)
    assert_no_step_is_idle(net, plan)


def assert_no_step_is_idle(files: Files, plan: Plan) -> None:
    reach = load_files(files)
    edits = Edits(reach.ground, reach.config, ())
    for left in plan.steps:
        try:
            edited, _ = edits.by(one for one in plan.steps if one != left)
        except ReachsimError:
            continue
        assert Reach(edited.network.snapshot).check().overall != "private-and-working", left


def assert_interpreted(reach: Reach) -> None:
    """The reference interpreter delivers what the pipeline needs, and lets nothing out."""
    held = reach.network.snapshot
    world = World({path: json.loads(held.read(path)) for path in held.paths if path.endswith(".json")})
    rng = random.Random(1)
    for source in (BUILD, CLIENT):
        for destination, verdict, _ in needed_ways(reach.ground, reach.config, source):
            assert verdict.outcome == "allowed"
            for scenario in reach.scenarios(source, destination, "tcp", 443):
                for flow in scenario.flows:
                    for point in corners(flow.box, rng):
                        assert judge(world, origin_of(scenario), packet_of(point)).kind == "delivered", point
        for scenario in reach.scenarios(source, "internet"):
            for flow in scenario.flows:
                for point in corners(flow.box, rng):
                    if not str(packet_of(point).destination).startswith("127."):
                        assert judge(world, origin_of(scenario), packet_of(point)).kind == "dropped", point


def test_a_pipeline_without_any_endpoint_gets_them_all() -> None:
    net = no_endpoints()
    plan = load_files(net.files()).fix()
    made = {one.service for one in plan.steps if isinstance(one, CreateEndpoint)}
    assert made == {"git-codecommit", "ecr.api", "ecr.dkr", "logs", "s3"}
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    assert ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1") in steps_of(plan)
    assert not any("0.0.0.0/0" in text for _, text in steps_of(plan) if text.startswith("add"))
    assert_interpreted(fixed(net.files(), plan))


def test_a_role_that_insists_on_endpoints_spares_what_codebuild_does_itself() -> None:
    net = insisting("*").files()
    plan = load_files(net).fix()
    (step,) = plan.steps
    assert (component_of(step), plan.status) == (ROLE, "proven")
    assert "Deny all but ec2:CreateNetworkInterface, " in describe(step)
    assert fixed(net, plan).check().overall == "private-and-working"


def test_a_deny_for_all_other_endpoints_names_the_one_that_is_used() -> None:
    net = insisting(["ecr:*", "logs:*", "codecommit:*", "s3:*"])
    net["p1"]["source"] = {"type": "S3", "location": "pipe-b/source.zip"}
    net.put("s3api/get-bucket-policy/pipe-b", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    files = net.files()
    plan = load_files(files).fix()
    assert plan.status == "proven"
    assert any("vpce-logs, vpce-s3: it spares what comes by vpce-s3" in text for _, text in steps_of(plan))


def test_the_seeds_build_gets_its_base_image_and_the_rest_is_said() -> None:
    plan = load_files(building(Pipeline(), SEED)).fix()
    assert (plan.status, plan.exit_code) == ("partly", 1)
    assert [text.split(",")[0] for _, text in steps_of(plan)] == [
        f"copy golang:1.12-alpine to {REGISTRY}/docker-hub/library/golang:1.12-alpine"
    ]
    assert {(one.what, one.places) for one in plan.left} == {
        ("codebuild:p1 → host:dl-cdn.alpinelinux.org", ("Dockerfile:2 apk add --no-cache git",)),
        ("codebuild:p1 → host:github.com", ("Dockerfile:3 go get github.com/golang/example/hello",)),
    }


def test_an_image_that_no_file_names_leaves_it_undecided() -> None:
    plan = load_files(building(Pipeline(), "ARG BASE\nFROM ${BASE}\n")).fix()
    assert (plan.status, plan.exit_code) == ("undecided", 3)
    assert [one.code for one in plan.left] == ["BUILD_CONTACTS_UNRESOLVED"]


def test_an_exposed_client_is_closed_with_the_least() -> None:
    net = exposed()
    plan = load_files(net.files()).fix()
    assert steps_of(plan) == [("rtb-client", "delete route 0.0.0.0/0, which leads to igw-1")]
    assert (plan.before, plan.after) == ("leaking", "private-and-working")


def test_broken_pipeline(snapshots: Path) -> None:
    reach = load(snapshots / "broken-pipeline")
    plan = reach.fix()
    assert (plan.status, plan.before, plan.after) == ("proven", "private-but-failing", "private-and-working")
    assert reach.what_if(patch=plan.patch.to_json()).check().overall == "private-and-working"
    assert len(plan.steps) == 6
    assert [one.opens for one in plan.mends] == sorted(one.opens for one in plan.mends)


def test_opens_nothing_else() -> None:
    plan = load_files(sc07().files()).fix()
    assert plan.also_opens == ()
    (mend,) = plan.mends
    assert mend.opens > 0
    ((steps, opens),) = mend.alternatives
    assert [describe(one) for one in steps] == [
        "add ingress rule: tcp 443 from 10.10.1.0/24", "add ingress rule: tcp 443 from 10.10.2.0/24",
    ]  # fmt: skip
    assert opens >= mend.opens
    wider = load_files(with_acl(ONE_WAY, "ep-a", "ep-c").files()).fix()
    assert [one.source for one in wider.also_opens] == [CLIENT]


def test_nothing_to_fix(snapshots: Path) -> None:
    plan = load(snapshots / "private-pipeline").fix()
    assert (plan.status, plan.steps, plan.exit_code, plan.patch.edits) == ("nothing to fix", (), 0, ())


def denying_role() -> Pipeline:
    return Pipeline(build_role=[*BUILD_ROLE, statement("ecr:*", effect="Deny")])


def github() -> Pipeline:
    return Pipeline(source=("GITHUB", "https://github.com/example/app.git"))


@pytest.mark.parametrize(
    ("make", "what", "why"),
    [
        (denying_role, "codebuild:p1 → ecr.api", "denies ecr:GetAuthorizationToken"),
        (github, "codebuild:p1 → host:github.com", "contradict each other"),
        (lambda: with_nat(github()), "codebuild:p1 → host:github.com", "contradict each other"),
    ],
)
def test_what_cannot_be_mended_is_said(make: Callable[[], Pipeline], what: str, why: str) -> None:
    plan = load_files(make().files()).fix()
    assert (plan.status, plan.exit_code) == ("partly", 1)
    assert any(one.what == what and why in one.why for one in plan.left)


def test_undecided_when_files_are_missing() -> None:
    files = {path: data for path, data in Pipeline().files().items() if "describe-network-acls" not in path}
    plan = load_files(files).fix()
    assert (plan.status, plan.exit_code) == ("undecided", 3)
    assert any("describe-network-acls" in path for path in plan.missing)


def test_narrowest_endpoint_policies() -> None:
    net = Pipeline()
    plan = load_files(net.files()).fix(endpoint_policies=True)
    assert plan.after == "private-and-working"
    assert {component_of(one) for one in plan.steps} == {
        "vpce-s3", "vpce-git-codecommit", "vpce-ecr-api", "vpce-ecr-dkr", "vpce-logs",
    }  # fmt: skip
    narrowed = {one.component: one for one in plan.diff.policies}
    assert all(one.allows_less and one.allows_more is False for one in narrowed.values())
    again = fixed(net.files(), plan)
    assert again.check().overall == "private-and-working"
    request: list[dict[str, Any]] = [{"action": "s3:PutObject", "resource": "arn:aws:s3:::theirs/x"}]
    verdict = again.simulate(BUILD, "s3", protocol="tcp", port=443, requests=request, layers=["endpoint-policy"])
    assert verdict.outcome == "blocked"


# Several faults at once


def forget(net: Pipeline) -> None:
    net.use_acl(net.acl("vpc-1", [*FORGETFUL], name="y"), net.build_a, net.build_c)


def refuse_replies(net: Pipeline) -> None:
    net.use_acl(net.acl("vpc-1", [*ONE_WAY], name="x"), net.ep_a, net.ep_c)


def wrong_port(net: Pipeline) -> None:
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 80, 80, "10.10.0.0/16"))]


def shut_group(net: Pipeline) -> None:
    net["sg-build"]["IpPermissionsEgress"] = []


def lose_endpoint(net: Pipeline) -> None:
    rows = net._lists["ec2/describe-vpc-endpoints"]
    gone = next(one for one in rows if one["VpcEndpointId"] == "vpce-logs")
    rows.remove(gone)
    interfaces = net._lists["ec2/describe-network-interfaces"]
    interfaces[:] = [one for one in interfaces if one["NetworkInterfaceId"] not in gone["NetworkInterfaceIds"]]


FAULTS: tuple[Callable[[Pipeline], object], ...] = (
    with_nat, without_private_dns, forget, refuse_replies, wrong_port, shut_group, lose_endpoint,
    lambda net: net["vpce-s3"].update(PolicyDocument=json.dumps(policy(ORG_ONLY))),
    lambda net: net["vpce-ecr-api"].update(PolicyDocument=json.dumps(policy(for_all("ecr:DescribeRepositories")))),
    lambda net: net["p1"].pop("vpcConfig"),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_several_faults_at_once_are_mended_with_no_step_too_many(seed: int) -> None:
    net, rng = Pipeline(), random.Random(seed)
    for fault in rng.sample(FAULTS, 3):
        fault(net)
    files = net.files()
    plan = load_files(files).fix()
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    assert plan.diff.gate[0] == "pass"
    assert not any("0.0.0.0/0" in text for _, text in steps_of(plan) if not text.startswith("delete"))
    assert_interpreted(fixed(files, plan))
    assert_no_step_is_idle(files, plan)


# The command


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(group, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    net = without_private_dns(Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"], s3_policy=policy(ORG_ONLY)))
    net["sg-build"]["IpPermissionsEgress"] = []
    return net.write(tmp_path_factory.mktemp("fix") / "broken")


def test_forms_of_a_fix(broken: Path, tmp_path: Path) -> None:
    text = run("fix", broken)
    assert text.exit_code == 0
    assert text.stdout.startswith("overall: private-but-failing → private-and-working\n")
    assert "Proposals only" in text.stdout
    patch = tmp_path / "patch.json"
    assert run("fix", broken, "--format", "patch", "-o", patch).exit_code == 0
    effect = run("whatif", broken, patch, "--gate")
    assert "overall: private-but-failing → private-and-working" in effect.stdout
    commands = run("fix", broken, "--format", "awscli").stdout
    assert "aws ec2 create-vpc-endpoint --vpc-id vpc-1" in commands
    assert "aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-ecr-dkr --private-dns-enabled" in commands
    assert "authorize-security-group-egress --group-id sg-build" in commands
    assert "EcrLayers" in commands
    terraform = run("fix", broken, "--format", "terraform").stdout
    assert 'resource "aws_vpc_endpoint" "git_codecommit"' in terraform
    assert 'resource "aws_vpc_security_group_egress_rule"' in terraform
    template = json.loads(run("fix", broken, "--format", "cloudformation").stdout)
    kinds = {one["Type"] for one in template["Resources"].values()}
    assert kinds == {"AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroupEgress"}
    assert any("private DNS" in one for one in template["Metadata"]["ChangesToExistingResources"])
    found = json.loads(run("fix", broken, "--format", "json").stdout)
    assert found["status"] == "proven"
    assert found["patch"]["format"] == 1
    assert {one["type"] for fix in found["fixes"] for one in fix["steps"]} >= {"CreateEndpoint", "AddGroupRule"}


def test_commands_for_a_new_group_use_its_id(tmp_path: Path) -> None:
    place = no_endpoints().write(tmp_path / "none")
    commands = run("fix", place, "--format", "awscli").stdout
    assert "sg-proposed" not in commands
    assert "SG_PROPOSED_ENDPOINTS=$(aws ec2 create-security-group" in commands
    assert '--security-group-ids "$SG_PROPOSED_ENDPOINTS"' in commands
    terraform = run("fix", place, "--format", "terraform").stdout
    assert "security_group_ids  = [aws_security_group.sg_proposed_endpoints.id]" in terraform
    template = json.loads(run("fix", place, "--format", "cloudformation").stdout)
    assert {"Ref": "SgProposedEndpoints"} in template["Resources"]["VpceProposedLogs"]["Properties"]["SecurityGroupIds"]


def test_exit_codes(snapshots: Path, tmp_path: Path) -> None:
    assert run("fix", snapshots / "private-pipeline").exit_code == 0
    assert run("fix", github().write(tmp_path / "github")).exit_code == 1
    assert run("fix", tmp_path / "nowhere").exit_code == 2
    assert run("fix", snapshots / "private-pipeline", "--from", "nonsense").exit_code == 2
    assert run("fix", snapshots / "private-pipeline", "--endpoint-policies").exit_code == 0

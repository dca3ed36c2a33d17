"""Whom a template or plan lets use the pipeline: users, groups, roles, registries, access control lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.importers import import_cloudformation, import_terraform
from reachsim.verdict import Check
from tests.plans import PlanJson, Ref
from tests.scenarios.pipelines import Pipeline

GIT = '{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "codecommit:*", Resource: "*"}]}'
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"},
]})  # fmt: skip
PARTNER = "222222222222"
OPEN = ("PublicAccessBlockConfiguration: {BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, "
        "RestrictPublicBuckets: false}")  # fmt: skip
BUILDSPEC = "version: 0.2\nphases: {build: {commands: [make]}}\nartifacts: {files: [x]}\n"
PUSH = (
    "version: 0.2\nphases: {build: {commands: ['docker push 111111111111.dkr.ecr.us-east-1.amazonaws.com/team/new']}}\n"
)
TEMPLATE = """Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g, VpcId: !Ref Vpc}}
  Code: {Type: 'AWS::CodeCommit::Repository', Properties: {RepositoryName: app}}
  Images: {Type: 'AWS::ECR::Repository', Properties: {RepositoryName: images}}
  Bucket: {Type: 'AWS::S3::Bucket', Properties: {BucketName: artifacts, %(bucket)s}}
  Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: build, AssumeRolePolicyDocument: {Statement: [{Effect: Allow,
    Principal: {Service: codebuild.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
  Build: {Type: 'AWS::CodeBuild::Project', Properties: {Name: app, ServiceRole: !GetAtt Role.Arn,
    Artifacts: {Type: S3, Location: !Ref Bucket}, VpcConfig: {VpcId: !Ref Vpc, Subnets: [!Ref A],
    SecurityGroupIds: [!Ref Group]}, Source: {Type: CODECOMMIT, BuildSpec: %(buildspec)s,
    Location: 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app'},
    Environment: {Type: LINUX_CONTAINER, Image: 'aws/codebuild/standard:7.0', ComputeType: BUILD_GENERAL1_SMALL}}}
"""


def template(more: str, tmp_path: Path, bucket: str = "Tags: []", buildspec: str = BUILDSPEC) -> Reach:
    text = TEMPLATE % {"bucket": bucket, "buildspec": json.dumps(buildspec)} + more
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    import_cloudformation(tmp_path / "template.yaml", tmp_path / "out", region="us-east-1", account="111111111111")
    return load(tmp_path / "out")


def plan(tmp_path: Path, *resources: tuple[str, dict[str, Any]], buildspec: str = BUILDSPEC) -> Reach:
    made = PlanJson()
    vpc = Ref("aws_vpc.v.id")
    made.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    made.add("aws_subnet.a", vpc_id=vpc, cidr_block="10.0.1.0/24")
    made.add("aws_security_group.g", name="g", vpc_id=vpc)
    made.add("aws_codecommit_repository.app", repository_name="app")
    made.add("aws_ecr_repository.images", more={"name": "images"})
    made.add("aws_codebuild_project.app", more={"name": "app"},
             service_role="arn:aws:iam::111111111111:role/build", artifacts=[{"type": "S3", "location": "artifacts"}],
             source=[{"type": "CODECOMMIT", "buildspec": buildspec,
                      "location": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app"}],
             environment=[{"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0"}],
             vpc_config=[{"vpc_id": vpc, "subnets": Ref("aws_subnet.a.id"),
                          "security_group_ids": Ref("aws_security_group.g.id")}])  # fmt: skip
    for address, values in resources:
        made.add(address, more=values)
    made.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    return load(tmp_path / "out")


def found(check: Check) -> set[str]:
    return {one.id for one in check.findings if one.severity in ("high", "medium")}


# --- users and groups -------------------------------------------------------------------------------------------------

USER = "  U: {Type: 'AWS::IAM::User', Properties: {UserName: u%s}}\n"
GROUP = "  G: {Type: 'AWS::IAM::Group', Properties: {GroupName: g%s}}\n"
INLINE = f", Policies: [{{PolicyName: p, PolicyDocument: {GIT}}}]"
IN_GROUP = ", Groups: [!Ref G]"


@pytest.mark.parametrize("users", [
    USER % INLINE,
    USER % ", ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSCodeCommitPowerUser']",
    USER % "" + f"  M: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{Users: [!Ref U], PolicyDocument: {GIT}}}}}\n",
    USER % IN_GROUP + GROUP % INLINE,
    USER % IN_GROUP + GROUP % ", ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSCodeCommitFullAccess']",
    USER % IN_GROUP + GROUP % ""
    + f"  M: {{Type: 'AWS::IAM::Policy', Properties: {{PolicyName: m, Groups: [!Ref G], PolicyDocument: {GIT}}}}}\n",
    USER % IN_GROUP + GROUP % ""
    + f"  M: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{Groups: [!Ref G], PolicyDocument: {GIT}}}}}\n",
    USER % IN_GROUP + GROUP % ""
    + f"  M: {{Type: AWS::IAM::GroupPolicy, Properties: {{PolicyName: m, GroupName: !Ref G, PolicyDocument: {GIT}}}}}",
    USER % "" + GROUP % INLINE
    + "  M: {Type: 'AWS::IAM::UserToGroupAddition', Properties: {GroupName: !Ref G, Users: [!Ref U]}}\n",
])  # fmt: skip
def test_what_users_of_a_template_may_do_counts(users: str, tmp_path: Path) -> None:
    """CloudFormation's AWS::IAM::User, Group, Policy, ManagedPolicy, GroupPolicy and UserToGroupAddition."""
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" in found(template(users, tmp_path).check())


def test_a_users_boundary_limits_it(tmp_path: Path) -> None:
    within = ("  L: {Type: 'AWS::IAM::ManagedPolicy', Properties: {PolicyDocument: {Statement: [{Effect: Allow, "
              "Action: 's3:*', Resource: '*'}]}}}\n")  # fmt: skip
    check = template(within + USER % f"{INLINE}, PermissionsBoundary: !Ref L", tmp_path).check()
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" not in found(check)


@pytest.mark.parametrize("resources", [
    [("aws_iam_group_policy.p", {"name": "p", "group": "g", "policy": DOCUMENT}),
     ("aws_iam_group_membership.m", {"name": "m", "group": "g", "users": ["u"]})],
    [("aws_iam_policy.q", {"name": "q", "policy": DOCUMENT}),
     ("aws_iam_group_policy_attachment.p", {"group": "g", "policy_arn": Ref("aws_iam_policy.q.arn")}),
     ("aws_iam_user_group_membership.m", {"user": Ref("aws_iam_user.u.name"), "groups": ["g"]})],
    [("aws_iam_policy.q", {"name": "q", "policy": DOCUMENT}),
     ("aws_iam_policy_attachment.p", {"name": "p", "users": ["u"], "policy_arn": Ref("aws_iam_policy.q.arn")})],
    [("aws_iam_policy.q", {"name": "q", "policy": DOCUMENT}),
     ("aws_iam_policy_attachment.p", {"name": "p", "groups": ["g"], "policy_arn": Ref("aws_iam_policy.q.arn")}),
     ("aws_iam_user_group_membership.m", {"user": "u", "groups": Ref("aws_iam_group.g.name")})],
])  # fmt: skip
def test_what_users_of_a_plan_may_do_counts(resources: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> None:
    """The provider's documentation of aws_iam_group, its policies and memberships."""
    both = [("aws_iam_user.u", {"name": "u"}), ("aws_iam_group.g", {"name": "g"})]
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" in found(plan(tmp_path, *both, *resources).check())


def test_a_group_that_nothing_tells_leaves_open_what_its_users_may_do(tmp_path: Path) -> None:
    check = plan(tmp_path, ("aws_iam_user.u", {"name": "u"}),
                 ("aws_iam_user_group_membership.m", {"user": "u", "groups": Ref("var.groups")})).check()  # fmt: skip
    assert "111111111111/global/iam/get-account-authorization-details.json" in check.missing


PROVIDER = ("  P: {Type: 'AWS::IAM::OIDCProvider', Properties: {Url: 'https://token.actions.githubusercontent.com', "
            "ClientIdList: [sts.amazonaws.com]}}\n")  # fmt: skip
TRUSTING = ("  R: {Type: 'AWS::IAM::Role', Properties: {RoleName: ci, AssumeRolePolicyDocument: {Statement: [{"
            "Effect: Allow, Principal: {Federated: %s}, Action: 'sts:AssumeRoleWithWebIdentity'}]}"
            f"{INLINE}}}}}\n")  # fmt: skip


def test_a_role_for_an_identity_provider_of_the_stack(tmp_path: Path) -> None:
    """Ref of AWS::IAM::OIDCProvider is its ARN: ``oidc-provider/`` and its URL without the scheme."""
    reach = template(PROVIDER + TRUSTING % "!Ref P", tmp_path)
    details = json.loads((tmp_path / "out/111111111111/global/iam/get-account-authorization-details.json").read_bytes())
    (role,) = [one for one in details["RoleDetailList"] if one["RoleName"] == "ci"]
    principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]
    assert principal == "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" in found(reach.check())


def test_a_trust_policy_that_the_template_does_not_tell_leaves_it_open(tmp_path: Path) -> None:
    """It was taken to trust nobody."""
    check = template(TRUSTING % "!ImportValue idp", tmp_path).check()
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" not in found(check)
    assert "111111111111/global/iam/get-account-authorization-details.json" in check.missing


# --- registries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("account", "shared"), [(PARTNER, True), ("111111111111", False)])
def test_a_registry_that_copies_images_elsewhere(account: str, shared: bool, tmp_path: Path) -> None:
    to = f"Rules: [{{Destinations: [{{Region: us-east-1, RegistryId: '{account}'}}]}}]"
    copying = ("  C: {Type: 'AWS::ECR::ReplicationConfiguration', Properties: {ReplicationConfiguration: {"
               f"{to}}}}}}}\n")  # fmt: skip
    (tmp_path / "c").mkdir()
    assert ("RESOURCE_SHARED_OUTSIDE" in found(template(copying, tmp_path / "c").check())) is shared
    rule = [{"destination": [{"region": "us-east-1", "registry_id": account}]}]
    planned = plan(tmp_path, ("aws_ecr_replication_configuration.c", {"replication_configuration": [{"rule": rule}]}))
    assert ("RESOURCE_SHARED_OUTSIDE" in found(planned.check())) is shared


@pytest.mark.parametrize(
    ("prefix", "applied_for", "made"),
    [("team", "CREATE_ON_PUSH", True), ("ROOT", "CREATE_ON_PUSH", True), ("team", "REPLICATION", False),
     ("other", "CREATE_ON_PUSH", False)],
)  # fmt: skip
def test_a_template_for_pushes_makes_the_repository(prefix: str, applied_for: str, made: bool, tmp_path: Path) -> None:
    """Amazon ECR User Guide, "Repository creation templates"."""
    creating = ("  T: {Type: 'AWS::ECR::RepositoryCreationTemplate', Properties: {"
                f"Prefix: {prefix}, AppliedFor: [{applied_for}]}}}}\n")  # fmt: skip
    (tmp_path / "c").mkdir()
    values = {"prefix": prefix, "applied_for": [applied_for]}
    for reach in (template(creating, tmp_path / "c", buildspec=PUSH),
                  plan(tmp_path, ("aws_ecr_repository_creation_template.t", values), buildspec=PUSH)):  # fmt: skip
        codes = {one.code for one in reach.check().assumptions}
        assert ("REPOSITORY_MADE_ON_PUSH" in codes) is made


# --- access control lists ---------------------------------------------------------------------------------------------

ACCOUNT_BLOCK = "111111111111/global/s3control/get-public-access-block.json"
PLANNED_OPEN = dict.fromkeys(
    ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"), False
)


@pytest.mark.parametrize(
    ("bucket", "open_"),
    [(f"AccessControl: PublicRead, {OPEN}", True), (f"AccessControl: AuthenticatedRead, {OPEN}", True),
     (f"AccessControl: LogDeliveryWrite, {OPEN}", False), ("AccessControl: PublicRead", False), ("Tags: []", False)],
)  # fmt: skip
def test_a_canned_list_that_lets_everyone_in(bucket: str, open_: bool, tmp_path: Path) -> None:
    """S3 User Guide, "Access control list (ACL) overview"; what the account blocks no template tells."""
    check = template("", tmp_path, bucket=bucket).check()
    assert (ACCOUNT_BLOCK in check.missing) is open_
    assert not any("get-bucket-acl" in one.detail for one in check.assumptions)


@pytest.mark.parametrize(
    ("values", "codes"),
    [({"acl": "private"}, set()), ({"acl": "public-read-write"}, {"?"}),
     ({"access_control_policy": [{"owner": [{"id": "aa"}], "grant": [
         {"permission": "READ", "grantee": [{"type": "CanonicalUser", "id": "beef"}]}]}]}, {"RESOURCE_SHARED_OUTSIDE"}),
     ({"access_control_policy": [{"owner": [{"id": "aa"}], "grant": [
         {"permission": "READ", "grantee": [{"type": "CanonicalUser", "id": "aa"}]}]}]}, set()),
     ({"grant": [{"id": "aa", "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""}]}, set()),
     ({"grant": [{"id": "aa", "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""},
                 {"id": "beef", "permissions": ["READ"], "type": "CanonicalUser", "uri": ""}]},
      {"RESOURCE_SHARED_OUTSIDE"})],
)  # fmt: skip
def test_a_list_that_is_a_resource_of_its_own(values: dict[str, Any], codes: set[str], tmp_path: Path) -> None:
    reach = plan(tmp_path, ("aws_s3_bucket.b", {"bucket": "artifacts"}),
                 ("aws_s3_bucket_public_access_block.b", {"bucket": "artifacts", **PLANNED_OPEN}),
                 ("aws_s3_bucket_acl.b", {"bucket": "artifacts", **values}))  # fmt: skip
    check = reach.check()
    assert (ACCOUNT_BLOCK in check.missing) is ("?" in codes)
    assert found(check) & {"RESOURCE_SHARED_OUTSIDE", "BUCKET_PUBLIC"} == codes - {"?"}


@pytest.mark.parametrize(("resource", "file"), [
    (("aws_s3_bucket_policy.p", {"bucket": "artifacts", "policy": Ref("data.aws_iam_policy_document.p.json")}),
     "111111111111/global/s3api/get-bucket-policy/artifacts.json"),
    (("aws_s3_bucket_policy.p", {"bucket": Ref("random_pet.p.id"), "policy": DOCUMENT}),
     "111111111111/global/s3api/get-bucket-policy/artifacts.json"),
    (("aws_s3_bucket_acl.p", {"bucket": "artifacts", "acl": Ref("random_pet.p.id")}),
     "111111111111/global/s3api/get-bucket-acl/artifacts.json"),
    (("aws_ecr_repository_policy.p", {"repository": "images", "policy": Ref("random_pet.p.id")}),
     "111111111111/us-east-1/ecr/get-repository-policy/images.json"),
    (("aws_ecr_registry_policy.p", {"policy": Ref("random_pet.p.id")}),
     "111111111111/us-east-1/ecr/get-registry-policy.json"),
    (("aws_ecr_replication_configuration.p", {"replication_configuration": Ref("random_pet.p.id")}),
     "111111111111/us-east-1/ecr/describe-registry.json"),
])  # fmt: skip
def test_what_a_plan_declares_and_does_not_tell_may_let_somebody_in(
    resource: tuple[str, dict[str, Any]], file: str, tmp_path: Path
) -> None:
    """It was taken for what nobody asked for, which few have, and the pipeline for private."""
    check = plan(tmp_path, ("aws_s3_bucket.b", {"bucket": "artifacts"}),
                 ("aws_s3_bucket_public_access_block.b", {"bucket": "artifacts", **PLANNED_OPEN}),
                 resource).check()  # fmt: skip
    assert check.overall == "undecided"
    assert file in check.missing
    assert not any(file in one.detail for one in check.assumptions)


# --- over a live snapshot ---------------------------------------------------------------------------------------------

LIVE = "111111111111/global/iam/get-account-authorization-details.json"


def over_live(tmp_path: Path, *resources: tuple[str, dict[str, Any]]) -> tuple[Reach, Reach]:
    """(a live pipeline with a user and a group that lack lists of policies, the same with these resources)."""
    net = Pipeline()
    user = {"UserName": "u", "Arn": "arn:aws:iam::111111111111:user/u", "AttachedManagedPolicies": []}
    group = {"GroupName": "g", "Arn": "arn:aws:iam::111111111111:group/g", "AttachedManagedPolicies": []}
    details = net.files()[LIVE]
    files = net.files() | {
        LIVE: json.dumps(json.loads(details) | {"UserDetailList": [user], "GroupDetailList": [group]}).encode()
    }
    for path, content in files.items():
        (tmp_path / "live" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "live" / path).write_bytes(content)
    made = PlanJson(region="ap-northeast-1")
    for address, values in resources:
        made.add(address, more=values)
    made.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out", onto=tmp_path / "live")
    return load(tmp_path / "live"), load(tmp_path / "out")


@pytest.mark.parametrize("resources", [
    [("aws_iam_user_policy.p", {"name": "p", "user": "u", "policy": DOCUMENT})],
    [("aws_iam_group_policy.p", {"name": "p", "group": "g", "policy": DOCUMENT}),
     ("aws_iam_group_membership.m", {"name": "m", "group": "g", "users": ["u"]})],
    [("aws_iam_group_policy_attachment.p", {"group": "g",
                                            "policy_arn": "arn:aws:iam::aws:policy/AWSCodeCommitPowerUser"}),
     ("aws_iam_user_group_membership.m", {"user": "u", "groups": ["g"]})],
])  # fmt: skip
def test_the_gate_stops_what_opens_the_pipeline_to_a_live_user(
    resources: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    older, newer = over_live(tmp_path, *resources)
    assert older.diff(newer).gate == ("fail", ("CODECOMMIT_USABLE_FROM_OUTSIDE arn:aws:iam::111111111111:user/u",))


def test_a_live_user_who_is_changed_keeps_what_it_may_do(tmp_path: Path) -> None:
    """It lost its policies, and with them the finding."""
    net = Pipeline()
    inline = [{"PolicyName": "p", "PolicyDocument": json.loads(DOCUMENT)}]
    user = {"UserName": "u", "Arn": "arn:aws:iam::111111111111:user/u", "UserPolicyList": inline,
            "AttachedManagedPolicies": [], "GroupList": []}  # fmt: skip
    files = net.files()
    files[LIVE] = json.dumps(json.loads(files[LIVE]) | {"UserDetailList": [user]}).encode()
    for path, content in files.items():
        (tmp_path / "live" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "live" / path).write_bytes(content)
    made = PlanJson(region="ap-northeast-1")
    before = {"name": "u", "id": "u", "arn": "arn:aws:iam::111111111111:user/u", "path": "/"}
    made.add("aws_iam_user.u", action="update", before=before, more=before | {"tags": {"team": "red"}})
    made.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out", onto=tmp_path / "live")
    assert "CODECOMMIT_USABLE_FROM_OUTSIDE" in found(load(tmp_path / "out").check())

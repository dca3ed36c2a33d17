"""Who can use CodeCommit from anywhere on the internet (scenario SC13), as check finds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from tests.build import Build, Record
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD_ROLE,
    CLIENT_ROLE,
    ORGANIZATION,
    REGION,
    Checked,
    Pipeline,
    for_all,
    policy,
    statement,
)

GIT = ["codecommit:GitPull", "codecommit:GitPush"]
POWER = statement("codecommit:*")
IAM = "iam/get-account-authorization-details"
CODE = "CODECOMMIT_USABLE_FROM_OUTSIDE"


def role(name: str, trust: Record | None, *statements: Record, **more: Any) -> Record:
    made = {
        "RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [{"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"}],
    }  # fmt: skip
    return made | more | ({"AssumeRolePolicyDocument": policy(trust)} if trust else {})


def user(*statements: Record, **more: Any) -> Record:
    documents = [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else []
    return {"UserName": "u-ext", "Arn": f"arn:aws:iam::{ACCOUNT}:user/u-ext", "UserPolicyList": documents,
            "AttachedManagedPolicies": [], "GroupList": [], **more}  # fmt: skip


def trusting(principal: Any, **more: Any) -> Record:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def checked(*, users: list[Record] | None = None, roles: list[Record] | None = None, **more: Any) -> Checked:
    net = Pipeline()
    service = trusting({"Service": "codebuild.amazonaws.com"})
    own = [role("build", service, *BUILD_ROLE), role("dev", trusting({"Service": "ec2.amazonaws.com"}), *CLIENT_ROLE)]
    details = {"UserDetailList": users or [], "GroupDetailList": [], "RoleDetailList": [*own, *(roles or [])],
               "Policies": [], **more}  # fmt: skip
    net.put(IAM, details, region="global")
    return Checked(net)


def test_role_that_a_condition_opens_to_another_account() -> None:
    other = {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/ci-*"}}}
    assert named(checked(roles=[role("ci", trusting({"AWS": "*"}, **other), POWER)])) == ["ci"]
    mine = {"Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ci-*"}}}
    assert named(checked(roles=[role("ci", trusting({"AWS": "*"}, **mine), POWER)])) == []


def test_role_for_every_identity_provider() -> None:
    trust = {"Effect": "Allow", "Principal": {"Federated": "*"}, "Action": "sts:AssumeRoleWithSAML"}
    assert named(checked(roles=[role("ci", trust, POWER)])) == ["ci"]


def named(found: Checked) -> list[str]:
    return [one.component.split("/")[-1] for one in found.check.findings if one.id == CODE]


def test_roles_that_only_services_assume_are_no_way_in() -> None:
    found = checked()
    assert (found.overall, named(found)) == ("private-and-working", [])


@pytest.mark.parametrize(
    ("condition", "exposed"),
    [
        (None, True),
        ({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-git-codecommit"}}, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-git-codecommit"}}, False),
        ({"StringEquals": {"aws:SourceVpc": "vpc-9"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "128.0.0.0/1"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "44.0.0.0/7"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "::/0"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["20.0.0.0/6", "101.0.0.0/8"]}}, True),
        ({"Null": {"aws:SourceVpce": "true"}}, True),
        ({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}, True),
        ({"NotIpAddress": {"aws:VpcSourceIp": "10.10.0.0/16"}}, True),
        ({"Null": {"aws:SourceIp": "true"}}, True),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
    ],
)
def test_sc13_a_user_is_bound_to_the_network_or_not(condition: Record | None, exposed: bool) -> None:
    denied = [statement([*GIT, "codecommit:*"], effect="Deny", Condition=condition)] if condition else []
    found = checked(users=[user(POWER, *denied)])
    assert (found.overall == "exposed", bool(named(found))) == (exposed, exposed)


def test_a_user_who_is_bound_to_an_endpoint_that_is_not_there_any_more_is_not_usable_from_outside() -> None:
    """The id of an endpoint that was made anew: it keeps the client out, and is nobody's way in."""
    net = Pipeline()
    only = statement("codecommit:*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0former"}})
    roles = [role("build", None, *BUILD_ROLE), role("dev", None, *CLIENT_ROLE)]
    net.put(IAM, {"UserDetailList": [user(only)], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []},
            region="global")  # fmt: skip
    assert named(Checked(net)) == []


def test_permissions_of_groups_managed_policies_and_boundaries_count() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/power"
    attached = [{"PolicyName": "power", "PolicyArn": arn}]
    held = [{"Arn": arn, "PolicyName": "power",
             "PolicyVersionList": [{"Document": policy(POWER), "IsDefaultVersion": True}]}]  # fmt: skip
    group = {"GroupName": "devs", "GroupPolicyList": [], "AttachedManagedPolicies": attached}
    assert named(checked(users=[user(GroupList=["devs"])], GroupDetailList=[group], Policies=held)) == ["u-ext"]
    bounded = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    s3_only = [{**held[0], "PolicyVersionList": [{"Document": policy(statement("s3:*")), "IsDefaultVersion": True}]}]
    assert named(checked(users=[user(POWER, PermissionsBoundary=bounded)], Policies=s3_only)) == []


def test_another_repository_is_no_part_of_the_pipeline() -> None:
    assert named(checked(users=[user(statement("codecommit:*", "arn:aws:codecommit:*:*:elsewhere"))])) == []


@pytest.mark.parametrize(
    ("principal", "more", "open_"),
    [
        ({"AWS": "arn:aws:iam::999900001111:root"}, {}, True),
        ({"AWS": "999900001111"}, {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}}, True),
        ("*", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}, False),
        ({"AWS": "*"}, {}, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, False),
        ({"Service": "lambda.amazonaws.com"}, {}, False),
        ({"Service": "rolesanywhere.amazonaws.com"}, {"Action": ["sts:AssumeRole", "sts:TagSession"]}, True),
        ({"Service": "rolesanywhere.amazonaws.com"},
         {"Condition": {"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "ci"},
                        "ArnLike": {"aws:SourceArn": "arn:aws:rolesanywhere:*:*:trust-anchor/*"}}}, True),
        ({"Service": ["ec2.amazonaws.com", "credentials.iot.amazonaws.com"]}, {}, True),
        ({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"}, {"Action": "sts:AssumeRoleWithSAML"}, True),
        ({"Federated": "token.actions.githubusercontent.com"}, {"Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}}, True),
    ],
)  # fmt: skip
def test_whom_a_role_trusts(principal: Any, more: Record, open_: bool) -> None:
    assert named(checked(roles=[role("ops", trusting(principal, **more), POWER)])) == (["ops"] if open_ else [])


def test_a_role_that_a_user_may_assume() -> None:
    ops = role("ops", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), POWER)
    assert named(checked(users=[user(statement("sts:AssumeRole"))], roles=[ops])) == ["ops"]
    assert named(checked(users=[user(statement("s3:*"))], roles=[ops])) == []


@pytest.mark.parametrize(
    ("trust", "may"),
    [
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/u-ext"},
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, True),
        ({"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, False),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/u-ext"},
          "Condition": {"StringEquals": {"aws:PrincipalAccount": "222222222222"}}}, False),
    ],
)  # fmt: skip
def test_whom_a_trust_policy_names_needs_no_policy_of_its_own(trust: Record, may: bool) -> None:
    """IAM User Guide, "Policy evaluation logic" (facts 7 to 9): also where a condition may hold, which hid it."""
    ops = role("ops", {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}, POWER)
    assert named(checked(users=[user()], roles=[ops])) == (["ops"] if may else [])


def test_whoever_has_a_role_may_be_any_session_of_it() -> None:
    ops = role("ops", trusting({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/jump/me"}), POWER)
    jump = role("jump", trusting({"AWS": "999900001111"}))
    assert named(checked(roles=[ops, jump])) == ["ops"]
    assert named(checked(roles=[ops, role("other", trusting({"AWS": "999900001111"}))])) == []


def test_another_account_that_may_assume_a_role_from_certain_addresses_may_assume_it() -> None:
    office = {"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}
    assert named(checked(roles=[role("ops", trusting({"AWS": "999900001111"}, **office), POWER)])) == ["ops"]
    private = {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    assert named(checked(roles=[role("ops", trusting({"AWS": "999900001111"}, **private), POWER)])) == []


def test_without_iam_details_it_is_open() -> None:
    missing = f"{ACCOUNT}/global/{IAM}.json"
    found = load_files({path: text for path, text in Pipeline().files().items() if path != missing}).check()
    assert found.overall == "undecided"
    assert missing in found.missing


def test_from_role_to_role() -> None:
    own = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    jump = role("jump", trusting({"AWS": "999900001111"}), statement("sts:AssumeRole"))
    hop = role("hop", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/jump"}))
    ops = role("ops", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/hop"}), POWER)
    assert named(checked(roles=[ops, hop, jump])) == ["ops"]
    assert named(checked(roles=[role("ops", trusting(own), POWER), hop, jump])) == ["ops"]
    assert named(checked(roles=[ops, hop])) == []
    no_hop = statement("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/hop", "Deny")
    assert named(checked(roles=[ops, hop, role("jump", trusting({"AWS": "999900001111"}), no_hop)])) == []


@pytest.mark.parametrize("more", [
    {"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}]},
    {"GroupList": ["devs"]},
])  # fmt: skip
def test_policies_that_are_not_seen_leave_it_open(more: Record) -> None:
    found = checked(users=[user(**more)])
    assert (found.overall, named(found)) == ("undecided", [])
    assert any(one.component.endswith("user/u-ext") and one.can_hide == "leak" for one in found.check.assumptions)
    bound = statement("codecommit:*", "*", "Deny", Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})
    assert checked(users=[user(bound, **more)]).overall == "private-and-working"


@pytest.mark.parametrize(
    ("principal", "more", "exposed"),
    [
        ({"Service": "codebuild.amazonaws.com"}, {}, False),
        ({"AWS": "*"}, {}, True),
        ({"AWS": "arn:aws:iam::222222222222:root"}, {}, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, False),
        ({"AWS": "*"}, {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}, False),
        ({"AWS": "*"}, {"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}, False),
        ({"Federated": "token.actions.githubusercontent.com"}, {"Action": "sts:AssumeRoleWithWebIdentity"}, True),
    ],
)
def test_a_builds_role_that_strangers_may_assume_is_a_resource_shared_outside(
    principal: Record, more: Record, exposed: bool
) -> None:
    """Though it may do nothing with CodeCommit: it pushes images."""
    net = Pipeline()
    trust = policy(trusting({"Service": "codebuild.amazonaws.com"}), {**trusting(principal), **more})
    push = statement(["ecr:PutImage", "ecr:InitiateLayerUpload"])
    roles = [role("build", None, push, AssumeRolePolicyDocument=trust), role("dev", None, *CLIENT_ROLE)]
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    net.put(IAM, details, region="global")
    found = Checked(net)
    shared = [one.component for one in found.check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"]
    assert shared == ([f"arn:aws:iam::{ACCOUNT}:role/build"] if exposed else [])
    assert (found.overall == "exposed") is exposed


def test_an_organization_that_may_be_the_own_leaves_open_whether_a_role_is_a_strangers() -> None:
    """It was passed over, and the pipeline called private."""
    net = Pipeline()
    trust = trusting("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}})
    roles = [role("build", trust, statement("ecr:PutImage")), role("ops", trust, POWER),
             role("dev", None, *CLIENT_ROLE)]  # fmt: skip
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    net.put(IAM, details, region="global")
    path = f"{ACCOUNT}/global/organizations/describe-organization.json"
    check = load_files({one: text for one, text in net.files().items() if one != path}).check()
    assert check.overall == "undecided"
    assert path in check.missing
    assert load_files(net.files()).check().overall == "exposed"  # there it is known to be another one


def test_rcps_keep_strangers_from_assuming_roles() -> None:
    net = Pipeline()
    trust = trusting({"AWS": "999900001111"})
    roles = [role("build", trust, statement("ecr:PutImage")),
             role("dev", None, *CLIENT_ROLE)]  # fmt: skip
    net.put(IAM, {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []},
            region="global")  # fmt: skip
    assert load_files(net.files()).check().overall == "exposed"
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}
    net.with_rcp(for_all("sts:AssumeRole", "*", "Deny", Condition=outside))
    assert load_files(net.files()).check().overall != "exposed"


PARTNER = "999900001111"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
BUILD = f"arn:aws:iam::{ACCOUNT}:role/build"


def shared(found: Checked) -> dict[str, tuple[str, ...]]:
    told = (one for one in found.check.findings if one.id == "RESOURCE_SHARED_OUTSIDE")
    return {one.component.split("/")[-1]: one.evidence for one in told}


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ([statement("ecr:*", REPOSITORY)], f"{REPOSITORY}: ecr:BatchGetImage, ecr:PutImage"),
        ([statement("ecr:BatchGetImage", f"{REPOSITORY}-other")], ""),
        ([statement("codebuild:StartBuild")],
         f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1: codebuild:StartBuild"),
        ([statement("codebuild:List*"), statement("iam:PassRole")], ""),
        ([statement("codebuild:CreateProject")], ""),
        ([statement("codebuild:CreateProject"), statement("iam:PassRole", BUILD)], f"{BUILD}: iam:PassRole"),
        ([statement("iam:UpdateAssumeRolePolicy")], f"{BUILD}: iam:UpdateAssumeRolePolicy"),
        ([statement("iam:PutRolePolicy")], f"arn:aws:iam::{ACCOUNT}:role/ops: iam:PutRolePolicy"),
        ([statement("ssm:StartSession")], f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1: ssm:StartSession"),
        ([statement("ecr:*", "*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-ecr-api"}})], ""),
        ([statement("ecr:*", "*"), statement("*", "*", "Deny", Condition={"StringNotEquals": {"aws:SourceVpc": "v"}})],
         ""),
    ],
)  # fmt: skip
def test_roles_that_others_may_assume_share_what_they_may_do(statements: list[Record], told: str) -> None:
    """Only CodeCommit was asked for: a partner that pushes images or starts builds was passed over."""
    net = pushing()
    for trust in ({"AWS": PARTNER}, {"Federated": "token.actions.githubusercontent.com"}):
        action = "sts:AssumeRole" if "AWS" in trust else "sts:AssumeRoleWithWebIdentity"
        found = with_roles(net, role("ops", trusting(trust, Action=action), *statements))
        assert shared(found).get("ops", ()) == ((told,) if told else ())
        assert (found.overall == "exposed") is bool(told)
    assert shared(with_roles(net, role("ops", trusting({"Service": "lambda.amazonaws.com"}), *statements))) == {}


def pushing() -> Pipeline:
    """A pipeline whose build pushes to the repository that there is."""
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    return net


def with_roles(net: Pipeline, *roles: Record, users: tuple[Record, ...] = ()) -> Checked:
    own = [role("build", trusting({"Service": "codebuild.amazonaws.com"}), *BUILD_ROLE),
           role("dev", trusting({"Service": "ec2.amazonaws.com"}), *CLIENT_ROLE)]  # fmt: skip
    net.put(IAM, {"UserDetailList": list(users), "GroupDetailList": [], "RoleDetailList": [*own, *roles],
                  "Policies": []}, region="global")  # fmt: skip
    return Checked(net)


def test_what_a_role_shares_goes_from_role_to_role_but_not_with_ones_own_people() -> None:
    net = pushing()
    jump = role("jump", trusting({"AWS": PARTNER}), statement("sts:AssumeRole"))
    ops = role("ops", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), statement("ecr:PutImage"))
    anybody = user(statement("sts:AssumeRole"))
    assert set(shared(with_roles(net, jump, ops, users=(anybody,)))) == {"ops"}
    assert shared(with_roles(net, ops, users=(anybody,))) == {}
    center = {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_abc_DO_NOT_DELETE"}
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_abc"
    people = role("AWSReservedSSO_Dev_abc", trusting(center, Action="sts:AssumeRoleWithSAML"),
                  statement("ecr:PutImage"), Arn=arn)  # fmt: skip
    assert shared(with_roles(net, people)) == {}


MANAGEMENT = "999999999999"


@pytest.mark.parametrize(
    ("whom", "told"),
    [
        (MANAGEMENT, False),
        ("888888888888", False),  # a member that the management account listed
        ("777777777777", True),
    ],
)
def test_accounts_of_ones_own_organization_are_no_strangers(whom: str, told: bool) -> None:
    """Every account that AWS Organizations made has a role that the management account may assume: it was exposed."""
    trust = trusting({"AWS": f"arn:aws:iam::{whom}:root"})
    found = with_roles(pushing_within(), role("OrganizationAccountAccessRole", trust, statement("ecr:*")))
    assert bool(shared(found)) is told
    assert found.overall == ("exposed" if told else "private-and-working")
    net = pushing_within()
    both = policy(trusting({"Service": "codebuild.amazonaws.com"}), trust)
    build = role("build", None, *BUILD_ROLE, AssumeRolePolicyDocument=both)
    dev = role("dev", trusting({"Service": "ec2.amazonaws.com"}), *CLIENT_ROLE)
    net.put(IAM, {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [build, dev], "Policies": []},
            region="global")  # fmt: skip
    assert bool(shared(Checked(net))) is told
    net = pushing_within()
    opened = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Principal": {"AWS": whom}}}
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(opened)})
    assert bool(shared(Checked(net))) is told


def pushing_within() -> Pipeline:
    """That pipeline in an account of an organization, whose accounts were listed."""
    net = pushing()
    organization = {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT}
    net.put("organizations/describe-organization", {"Organization": organization}, region="global")
    listed = {"Accounts": [{"Id": MANAGEMENT}, {"Id": ACCOUNT}, {"Id": "888888888888"}]}
    net.put("organizations/list-accounts", listed, region="global")
    return net


def test_users_of_ones_own_identity_providers_are_no_strangers_unless_others_may_come_too() -> None:
    """A company's directory and a cluster's pods share nothing with others; GitHub's users are others."""
    start = f"arn:aws:iam::{ACCOUNT}"
    directory = trusting({"Federated": f"{start}:saml-provider/corp"}, Action="sts:AssumeRoleWithSAML")
    cluster = trusting({"Federated": f"{start}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/EXAMPLE"},
                       Action="sts:AssumeRoleWithWebIdentity")  # fmt: skip
    github = trusting({"Federated": f"{start}:oidc-provider/token.actions.githubusercontent.com"},
                      Action="sts:AssumeRoleWithWebIdentity")  # fmt: skip
    for trusts, told in (((directory,), False), ((cluster,), False), ((directory, cluster, github), True),
                         ((github, directory), True)):  # fmt: skip
        ops = role("ops", None, statement("ecr:*"), AssumeRolePolicyDocument=policy(*trusts))
        assert bool(shared(with_roles(pushing(), ops))) is told
    ops = role("ops", directory, POWER)
    assert CODE in {one.id for one in with_roles(pushing(), ops).check.findings}  # from any network, all the same


@pytest.mark.parametrize("first", [{"AWS": PARTNER}, {"Service": "lambda.amazonaws.com"}])
def test_a_builds_role_may_be_assumed_by_way_of_another_role(first: Record) -> None:
    """Only its own trust policy was asked whom it lets in from outside."""
    net = pushing()
    jump = role("jump", trusting(first), statement("sts:AssumeRole"))
    trust = policy(trusting({"Service": "codebuild.amazonaws.com"}), trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    build = role("build", None, statement("logs:PutLogEvents"), AssumeRolePolicyDocument=trust)
    dev = role("dev", trusting({"Service": "ec2.amazonaws.com"}), *CLIENT_ROLE)
    net.put(IAM, {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [build, dev, jump], "Policies": []},
            region="global")  # fmt: skip
    assert ("build" in shared(Checked(net))) is ("AWS" in first)


def test_a_policy_of_the_repository_may_deny_what_a_role_from_outside_may_do() -> None:
    net = pushing()
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*",
            "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}  # fmt: skip
    for name in ("app", "base%2Fgolang"):
        net.put(f"ecr/get-repository-policy/{name}", {"policyText": json.dumps(policy(deny))})
    assert shared(with_roles(net, role("ops", trusting({"AWS": PARTNER}), statement("ecr:PutImage")))) == {}


@pytest.mark.parametrize(
    ("condition", "exposed"),
    [
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, False),
        ({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}, True),
    ],
)
def test_rcps_bind_users_and_roles_of_ones_own_too(condition: Record, exposed: bool) -> None:
    """AWS Organizations User Guide, "Resource control policies (RCPs)": a user who needs the own network was told."""
    net = pushing()
    net.with_rcp(for_all(["codecommit:*", "ecr:*"], "*", "Deny", Condition=condition))
    ops = role("ops", trusting({"AWS": PARTNER}), statement("ecr:*"))
    assert ("ops" in shared(with_roles(net, ops))) is exposed
    assert (named(with_roles(net, users=(user(POWER),))) == ["u-ext"]) is exposed


def test_policies_of_a_foreign_role_that_are_not_seen_leave_it_open() -> None:
    attached = [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}]
    found = with_roles(pushing(), role("ops", trusting({"AWS": PARTNER}), AttachedManagedPolicies=attached))
    assert found.overall == "undecided"
    assert f"{ACCOUNT}/global/{IAM}.json" in found.check.missing


def test_another_accounts_roles_are_judged_where_they_are_told() -> None:
    """The base image is of another account of the snapshot, whose IAM no file tells: that leaves nothing open."""
    other = "222222222222"
    pull = statement(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    net = Pipeline(build_role=[*BUILD_ROLE, pull])
    base = Build(other, REGION)
    base.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "base"}]})
    allow = statement("ecr:*", Principal={"AWS": ACCOUNT})
    base.put("ecr/get-repository-policy/base", {"policyText": json.dumps(policy(allow))})
    spec = {"code/p1/Dockerfile": f"FROM {other}.dkr.ecr.{REGION}.amazonaws.com/base:1\n".encode(),
            "code/p1/buildspec.yml": b"version: 0.2\nphases: {build: {commands: [docker build .]}}\n"}  # fmt: skip
    files = net.files() | base.files() | spec
    assert load_files(files).check().overall == "private-and-working"
    trust = role("ops", trusting({"AWS": PARTNER}), statement("ecr:*", "*"),
                 Arn=f"arn:aws:iam::{other}:role/ops")  # fmt: skip
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [trust], "Policies": []}
    base.put(IAM, details, region="global")
    check = load_files(files | base.files()).check()
    assert [one.component for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"] == [trust["Arn"]]

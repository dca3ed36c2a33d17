"""Roles told one by one: the files that a capture writes where it may not read all of an account's identities."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import Reach, SnapshotError, load_files
from tests.build import ANYWHERE, Build
from tests.scenarios.test_policy_join import ACCOUNT, ALL, BUILD, GET, IAM, document, get, private, why

READ = f"arn:aws:iam::{ACCOUNT}:policy/team/read"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
HOME = f"{ACCOUNT}/global/iam"
REFUSED = {"Error": {"Code": "AccessDenied"}}
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/team/p"
Files = dict[str, Any]


def role_files(
    inline: dict[str, Any], managed: dict[str, Any], boundary: dict[str, Any] | None = None, arn: str = BUILD
) -> Files:
    """A role's own files, ``inline`` by policy name and ``managed`` by ARN; the boundary is `LIMIT`."""
    name = arn.rsplit("/", 1)[-1]
    role: dict[str, Any] = {"Arn": arn, "RoleName": name, "AssumeRolePolicyDocument": document()}
    if boundary is not None:
        role["PermissionsBoundary"] = {"PermissionsBoundaryArn": LIMIT, "PermissionsBoundaryType": "Policy"}
        managed = {**managed, LIMIT: boundary}
    attached = [{"PolicyName": one.rsplit("/", 1)[-1], "PolicyArn": one} for one in managed if one != LIMIT]
    found: Files = {
        f"get-role/{name}": {"Role": role},
        f"list-role-policies/{name}": {"PolicyNames": list(inline)},
        f"list-attached-role-policies/{name}": {"AttachedPolicies": attached},
    }
    for policy, held in inline.items():
        found[f"get-role-policy/{name}%2F{policy}"] = {
            "RoleName": name, "PolicyName": policy, "PolicyDocument": document(held)}  # fmt: skip
    for one, held in managed.items():
        file = one.replace("/", "%2F")
        found[f"get-policy/{file}"] = {"Policy": {"Arn": one, "DefaultVersionId": "v2"}}
        found[f"get-policy-version/{file}%2Fv2"] = {
            "PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": True, "Document": document(held)}}  # fmt: skip
    return found


def captured(net: Build, files: Files, without: str = "", refused: str = "") -> Reach:
    """The network with a role's own files, the account's details having been refused."""
    contents = net.files()
    contents[IAM] = json.dumps(REFUSED).encode()
    for name, answer in files.items():
        if name != without:
            contents[f"{HOME}/{name}.json"] = json.dumps(REFUSED if name == refused else answer).encode()
    return load_files(contents)


GETS, PUTS = {**ALL, "Action": "s3:Get*"}, {**ALL, "Action": "s3:Put*"}


@pytest.mark.parametrize(
    ("inline", "managed", "boundary", "blocked"),
    [
        ({"p": GETS}, {}, None, set()),
        ({}, {READ: GETS}, None, set()),
        ({"p": PUTS}, {READ: PUTS}, None, {("IDENTITY_POLICY_DENY", BUILD)}),
        ({"p": GETS}, {READ: {**GETS, "Effect": "Deny"}}, None, {("IDENTITY_POLICY_DENY", BUILD)}),
        ({"p": GETS}, {}, GETS, set()),
        ({"p": GETS}, {}, PUTS, {("BOUNDARY_DENY", LIMIT)}),
        ({"p": PUTS}, {}, PUTS, {("IDENTITY_POLICY_DENY", BUILD), ("BOUNDARY_DENY", LIMIT)}),
    ],
)
def test_a_role_told_by_its_own_files(inline: Files, managed: Files, boundary: Any, blocked: set[Any]) -> None:
    verdict = get(captured(private(), role_files(inline, managed, boundary)))
    assert (verdict.outcome, why(verdict), verdict.missing) == ("blocked" if blocked else "allowed", blocked, ())


READS = role_files({"p": PUTS}, {READ: GETS}, GETS)


@pytest.mark.parametrize("lacking", ["list-role-policies/build", "get-role-policy/build%2Fp",
                                     "list-attached-role-policies/build", "get-policy/" + READ.replace("/", "%2F"),
                                     "get-policy-version/" + READ.replace("/", "%2F") + "%2Fv2",
                                     "get-policy/" + LIMIT.replace("/", "%2F")])  # fmt: skip
def test_a_file_that_is_missing_or_refused_is_named(lacking: str) -> None:
    assert get(captured(private(), READS)).outcome == "allowed"
    for reach in (captured(private(), READS, without=lacking), captured(private(), READS, refused=lacking)):
        verdict = get(reach)
        assert (verdict.outcome, verdict.missing) == ("unknown", (f"{HOME}/{lacking}.json",))


def test_without_get_role_the_account_s_details_are_named() -> None:
    verdict = get(captured(private(), READS, without="get-role/build"))
    assert (verdict.outcome, verdict.missing) == ("unknown", (IAM,))


def test_a_deny_that_is_seen_blocks_whatever_is_missing() -> None:
    files = role_files({"p": {**ALL, "Effect": "Deny"}}, {READ: GETS})
    lacking = "list-attached-role-policies/build"
    assert get(captured(private(), files, without=lacking)).outcome == "blocked"


def test_a_session_s_role_is_found_with_its_path() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/path/other"
    only = document({**ALL, "Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": arn}}})
    reach = captured(private(only), role_files({"p": GETS}, {}, arn=arn))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/other/s"
    assert get(reach, {**GET, "principal": session}).outcome == "allowed"


def test_a_policy_that_cannot_be_judged_is_one_clear_error() -> None:
    files = role_files({"p": {"Effect": "Maybe"}}, {})
    with pytest.raises(SnapshotError, match=r"get-role-policy/build%2Fp\.json"):
        get(captured(private(), files))


def test_a_user_s_policies_are_those_of_its_groups_too() -> None:
    net = private()
    user = {"Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserName": "ann", "GroupList": ["readers"],
            "UserPolicyList": [], "AttachedManagedPolicies": []}  # fmt: skip
    group = {"GroupName": "readers", "GroupPolicyList": [{"PolicyName": "g", "PolicyDocument": document(GETS)}],
             "AttachedManagedPolicies": []}  # fmt: skip
    details = {"UserDetailList": [user], "GroupDetailList": [group], "RoleDetailList": [], "Policies": []}
    net.put("iam/get-account-authorization-details", details, region="global")
    request = {**GET, "principal": user["Arn"]}
    assert get(net, request).outcome == "allowed"
    assert get(net, {**request, "action": "s3:PutObject"}).outcome == "blocked"


# --- what else asks for a role --------------------------------------------------------------------------------------


def client_net() -> tuple[Build, str]:
    """An instance with an instance profile, in a VPC without any sign of a pipeline."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    group = net.group(vpc, ingress=[], egress=ANYWHERE)
    return net, net.instance(subnet, "10.0.1.4", [group], profile=PROFILE)


@pytest.mark.parametrize(("action", "client"), [("codecommit:GitPush", True), ("s3:*", False)])
def test_instances_are_clients_by_the_role_of_their_profile(action: str, client: bool) -> None:
    net, instance = client_net()
    files = role_files({"p": {**ALL, "Action": action}}, {})
    profile = {"Arn": PROFILE, "Roles": [{"RoleName": "build", "Arn": BUILD}]}
    files["get-instance-profile/p"] = {"InstanceProfile": profile}
    found = captured(net, files).check()
    assert (instance in {cell.source for cell in found.matrix}) is client

"""Calls that a capture makes besides the table of files, and when.

- The roles in use, one by one, if ``iam get-account-authorization-details`` is refused (`FALLBACK`).
- What there is to capture, if asked for (`SETUP`): the Regions (``--all-regions``), the organization's accounts
  (``--org``). Their answers are not stored, for they name accounts by e-mail address.

**Source:** IAM API reference; AWS's Service Authorization Reference (actions).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reachsim.calls import Call, NameSource


def _iam(operation: str, key: str, per: str, args: str) -> Call:
    action = "".join(word.capitalize() for word in operation.split("-"))
    return Call("iam", operation, "global", per, key, f"iam:{action}", args)


FALLBACK: Final = (
    _iam("get-instance-profile", "InstanceProfile", "instance-profile", "--instance-profile-name {name}"),
    _iam("get-role", "Role", "role", "--role-name {name}"),
    _iam("list-role-policies", "PolicyNames", "role", "--role-name {name}"),
    _iam("list-attached-role-policies", "AttachedPolicies", "role", "--role-name {name}"),
    _iam("get-role-policy", "PolicyDocument", "role-policy", "--role-name {first} --policy-name {second}"),
    _iam("get-policy", "Policy", "policy", "--policy-arn {name}"),
    _iam("get-policy-version", "PolicyVersion", "policy-version", "--policy-arn {first} --version-id {second}"),
)
"""Files under ``global/iam``. Of a pair, such as a role and its policy, the file's name has both: ``ROLE%2FPOLICY``."""

SETUP: Final = (
    Call("ec2", "describe-regions", "region", None, "Regions", "ec2:DescribeRegions"),
    Call("organizations", "list-accounts", "global", None, "Accounts", "organizations:ListAccounts"),
)

SOURCES: Final[Mapping[str, tuple[NameSource, ...]]] = MappingProxyType(
    {
        "instance-profile": (
            NameSource("ec2", "describe-instances", "Reservations[].Instances[].IamInstanceProfile.Arn"),
        ),
        "role": (
            NameSource("codebuild", "batch-get-projects", "projects[].serviceRole"),
            NameSource("lambda", "list-functions", "Functions[].Role"),
            NameSource("iam", "get-instance-profile", "InstanceProfile.Roles[].RoleName"),
        ),
        "role-policy": (NameSource("iam", "list-role-policies", "PolicyNames[]"),),
        "policy": (
            NameSource("iam", "list-attached-role-policies", "AttachedPolicies[].PolicyArn"),
            NameSource("iam", "get-role", "Role.PermissionsBoundary.[PermissionsBoundaryArn]"),
        ),
        "policy-version": (NameSource("iam", "get-policy", "Policy.[DefaultVersionId]"),),
    }
)
"""Where the names come from, as in `reachsim.calls.NAMES`, but from several calls; pairs join the file's name and
these.
"""

"""Calls that a capture makes besides the table of files, and when.

- The roles in use, one by one, if ``iam get-account-authorization-details`` is refused (`reachsim.role_calls`).
- What there is to capture, if asked for (`SETUP`): the Regions (``--all-regions``), the organization's accounts
  (``--org``). Their answers are not stored, for they name accounts by e-mail address.

**Source:** IAM API reference; AWS's Service Authorization Reference (actions).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reachsim.calls import Call, NameSource

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

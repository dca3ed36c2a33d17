"""The calls about one role, profile or policy: what a capture asks where ``iam get-account-authorization-details`` is
refused, and what people save role by role.

**Source:** IAM API reference; AWS's Service Authorization Reference (actions).
"""

from __future__ import annotations

from typing import Final

from reachsim.calls import Call


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

"""A role as its own files tell it, which a capture writes where it may not read all identities of an account at once.

Files under ``global/iam``: ``get-role/ROLE``, ``list-role-policies/ROLE``, ``get-role-policy/ROLE%2FPOLICY``,
``list-attached-role-policies/ROLE``, ``get-policy/ARN``, ``get-policy-version/ARN%2FVERSION``,
``get-instance-profile/PROFILE``.

**Source:** IAM API Reference, "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetPolicy",
"GetPolicyVersion", "GetInstanceProfile" (a profile holds at most one role).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from reachsim import policy
from reachsim.model import records as aws
from reachsim.model.inventory import Record
from reachsim.model.network import Network
from reachsim.policy_layers.held import document


class Identity(Struct, frozen=True):
    """A role or user with the policies that the snapshot holds of it.

    ``attached`` are the ARNs of its managed policies, ``unseen`` names policies that the snapshot does not hold, among
    them perhaps the boundary, and ``missing`` the files that would.
    """

    arn: str
    documents: tuple[policy.Document, ...] = ()
    attached: tuple[str, ...] = ()
    boundary_arn: str | None = None
    boundary: policy.Document | None = None
    unseen: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Described(Struct, frozen=True):
    """What a role or user is besides its policies: its unique id, "" if that is not known; its tags, None if they are
    not known; of a role its trust policy as JSON, empty if the snapshot does not hold it; and the file that tells."""

    arn: str
    unique_id: str = ""
    tags: tuple[tuple[str, str], ...] | None = None
    trust: bytes = b""
    path: str = ""

    @staticmethod
    def of(record: aws.RoleDetail | aws.UserDetail, path: str) -> Described:
        tags = tuple((one.key, one.value) for one in record.tags) if record.tags is not None else None
        if isinstance(record, aws.UserDetail):
            return Described(record.arn, record.user_id or "", tags, path=path)
        return Described(record.arn, record.role_id or "", tags, bytes(record.assume_role_policy_document), path)


class _GetRole(msgspec.Struct, frozen=True, rename="pascal"):
    role: aws.RoleDetail


class _ListRolePolicies(msgspec.Struct, frozen=True, rename="pascal"):
    policy_names: tuple[str, ...]


class _ListAttachedRolePolicies(msgspec.Struct, frozen=True, rename="pascal"):
    attached_policies: tuple[aws.AttachedPolicy, ...]


class _GetRolePolicy(msgspec.Struct, frozen=True, rename="pascal"):
    policy_document: msgspec.Raw


class _Policy(msgspec.Struct, frozen=True, rename="pascal"):
    default_version_id: str


class _GetPolicy(msgspec.Struct, frozen=True, rename="pascal"):
    policy: _Policy


class _GetPolicyVersion(msgspec.Struct, frozen=True, rename="pascal"):
    policy_version: aws.PolicyVersion


class _GetInstanceProfile(msgspec.Struct, frozen=True, rename="pascal"):
    instance_profile: aws.InstanceProfile


class _Files:
    """Reads an account's files under ``global/iam`` and notes which are missing."""

    def __init__(self, network: Network, account: str) -> None:
        self._network = network
        self._home = (account, "global")
        self.missing: list[str] = []

    def read(self, operation: str, name: str, kind: type[Record]) -> Record | None:
        path = self._network.path(self._home, "iam", operation, name)
        found = self._network.read(path, kind)
        if found is None and path not in self.missing:
            self.missing.append(path)
        return found

    def document(self, operation: str, name: str, kind: type[Record], of: Callable[[Record], msgspec.Raw]) -> (
        policy.Document | None
    ):  # fmt: skip
        """The policy document in a file, None if it is missing. Raises SnapshotError if it cannot be judged."""
        held = self.read(operation, name, kind)
        path = self._network.path(self._home, "iam", operation, name)
        return None if held is None else document(bytes(of(held)), path)

    def managed(self, arn: str) -> policy.Document | None:
        """A managed policy in its default version."""
        held = self.read("get-policy", arn, _GetPolicy)
        if held is None:
            return None
        name = f"{arn}/{held.policy.default_version_id}"
        return self.document("get-policy-version", name, _GetPolicyVersion, lambda one: one.policy_version.document)


def role_from_files(network: Network, account: str, name: str) -> Identity | None:
    """The role of that name; None if the snapshot has no file about it. Raises SnapshotError."""
    files = _Files(network, account)
    role = files.read("get-role", name, _GetRole)
    inline = files.read("list-role-policies", name, _ListRolePolicies)
    attached = files.read("list-attached-role-policies", name, _ListAttachedRolePolicies)
    if role is None:
        return None
    found: dict[str, policy.Document | None] = {}
    for one in inline.policy_names if inline is not None else ():
        found[one] = files.document("get-role-policy", f"{name}/{one}", _GetRolePolicy, lambda it: it.policy_document)
    arns = tuple(one.policy_arn or "" for one in attached.attached_policies) if attached is not None else ()
    found |= {arn: files.managed(arn) for arn in arns}
    limit = role.role.permissions_boundary
    boundary_arn = limit.permissions_boundary_arn if limit is not None else None
    lists = {f"the inline policies of {name}": inline, f"the managed policies of {name}": attached}
    unseen = [what for what, held in lists.items() if held is None]
    return Identity(
        role.role.arn, tuple(one for one in found.values() if one is not None), arns, boundary_arn,
        files.managed(boundary_arn) if boundary_arn else None,
        tuple(unseen + [one for one, held in found.items() if held is None]), tuple(files.missing),
    )  # fmt: skip


def described_from_files(network: Network, account: str, name: str) -> Described | None:
    """The role of that name as its own file tells it. Raises SnapshotError."""
    held = _Files(network, account).read("get-role", name, _GetRole)
    path = network.path((account, "global"), "iam", "get-role", name)
    return None if held is None else Described.of(held.role, path)


def role_of_profile(network: Network, account: str, profile: str) -> str | None:
    """The ARN of the role in an instance profile (an ARN), as the profile's own file tells it."""
    held = _Files(network, account).read("get-instance-profile", profile.rsplit("/", 1)[-1], _GetInstanceProfile)
    if held is None or held.instance_profile.arn != profile:
        return None
    return next((one.arn for one in held.instance_profile.roles), None)

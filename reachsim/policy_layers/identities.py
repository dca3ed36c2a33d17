"""Who calls, and which policies bind the caller: from an account's IAM details or, without them, a role's own files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reachsim import policy
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy_layers.held import document
from reachsim.policy_layers.roles import (
    Described,
    Identity,
    described_from_files,
    role_from_files,
    role_of_profile,
)
from reachsim.scenarios import Scenario


def role_of(network: Network, one: Scenario) -> str | None:
    """The role that the source acts as: a project's service role, an instance profile's role."""
    role = one.source.role
    if role is None or ":role/" in role:
        return role
    return profile_role(network, role.split(":")[4] if role.count(":") >= 4 else one.source.home[0], role)


def profile_role(network: Network, account: str, profile: str) -> str | None:
    """The ARN of the role in an instance profile; None if the snapshot does not tell. Raises SnapshotError."""
    details, _ = iam_details(network, account)
    if details is None:
        return role_of_profile(network, account, profile)
    for found in details.role_detail_list:
        if any(one.arn == profile for one in found.instance_profile_list):
            return found.arn
    return None


def role_named(network: Network, account: str, name: str) -> str | None:
    """The ARN, with its path, of the role of that name; None if the snapshot does not tell. Raises SnapshotError."""
    details, _ = iam_details(network, account)
    if details is None:
        held = role_from_files(network, account, name)
        return held.arn if held is not None else None
    return next((one.arn for one in details.role_detail_list if one.arn.rsplit("/", 1)[-1] == name), None)


def identity_of(network: Network, account: str, arn: str) -> tuple[Identity | None, tuple[str, ...]]:
    """(a role or user with its policies, None if the snapshot does not hold them; the files that would).

    Raises SnapshotError for a policy that cannot be judged.
    """
    details, path = iam_details(network, account)
    if details is None:
        held = role_from_files(network, account, arn.rsplit("/", 1)[-1]) if ":role/" in arn else None
        return (held, ()) if held is not None and held.arn == arn else (None, (path,))
    everyone: Iterable[aws.RoleDetail | aws.UserDetail] = (*details.role_detail_list, *details.user_detail_list)
    one = next((one for one in everyone if one.arn == arn), None)
    if one is None:
        return None, () if lists_roles(network, account) or ":role/" not in arn else (path,)
    own = role_documents if isinstance(one, aws.RoleDetail) else user_documents
    documents, unseen = own(details, one, path)  # type: ignore[arg-type]
    limit = one.permissions_boundary.permissions_boundary_arn if one.permissions_boundary else None
    return Identity(
        arn, tuple(documents), tuple(held.policy_arn or "" for held in one.attached_managed_policies), limit,
        managed(details, limit, path) if limit else None, tuple(unseen),
    ), ()  # fmt: skip


def described(network: Network, account: str, arn: str) -> Described | None:
    """A role's or user's unique id and tags; None if the snapshot does not hold it. Raises SnapshotError."""
    details, path = iam_details(network, account)
    if details is None:
        held = described_from_files(network, account, arn.rsplit("/", 1)[-1]) if ":role/" in arn else None
        return held if held is not None and held.arn == arn else None
    everyone: Iterable[aws.RoleDetail | aws.UserDetail] = (*details.role_detail_list, *details.user_detail_list)
    return next((Described.of(one, path) for one in everyone if one.arn == arn), None)


def iam_details(network: Network, account: str) -> tuple[aws.AccountAuthorizationDetails | None, str]:
    """(an account's IAM details or None, the file that holds them)."""
    path = network.path((account, "global"), "iam", "get-account-authorization-details")
    return network.read(path, aws.AccountAuthorizationDetails), path


def lists_roles(network: Network, account: str) -> bool:
    """Whether the snapshot holds every role of an account.

    Every account has roles (those of AWS's own services): without any, the answer was filtered.
    """
    details, path = iam_details(network, account)
    return details is not None and bool(details.role_detail_list) and network.lists_all(path)


def lists_profiles(network: Network, account: str) -> bool:
    """Whether the snapshot holds every role of an account, and of each the instance profiles that it is in."""
    details, _ = iam_details(network, account)
    if details is None or not lists_roles(network, account):
        return False
    return not any(isinstance(one.instance_profile_list, aws.NotThere) for one in details.role_detail_list)


def role_documents(
    details: aws.AccountAuthorizationDetails, role: aws.RoleDetail, path: str
) -> tuple[list[policy.Document], list[str]]:
    """(a role's inline and managed policies, managed ones that the file does not hold). Raises SnapshotError."""
    return _documents(details, role.arn, role.role_policy_list, role.attached_managed_policies, path)


def user_documents(
    details: aws.AccountAuthorizationDetails, user: aws.UserDetail, path: str
) -> tuple[list[policy.Document], list[str]]:
    """(a user's own and its groups' policies, managed ones and groups that the file does not hold).

    Raises SnapshotError.
    """
    documents, unseen = _documents(details, user.arn, user.user_policy_list, user.attached_managed_policies, path)
    groups = [group for group in details.group_detail_list if group.group_name in user.group_list]
    for group in groups:
        held = (group.group_policy_list, group.attached_managed_policies)
        more, lacking = _documents(details, f"the group {group.group_name}", *held, path)
        documents += more
        unseen += lacking
    lost = set(user.group_list) - {group.group_name for group in groups}
    return documents, [*unseen, *(f"the group {name}" for name in sorted(lost))]


def _documents(
    details: aws.AccountAuthorizationDetails, whose: str, inline: Sequence[aws.PolicyDetail],
    attached_policies: Sequence[aws.AttachedPolicy], path: str,
) -> tuple[list[policy.Document], list[str]]:  # fmt: skip
    """(policies, what the file does not hold of them). AWS prints lists of none, and a document with each policy; one
    without either list was left without both, one with a single list has no policies of the other kind.
    """
    documents = [document(bytes(one.policy_document), path) for one in inline if one.policy_document]
    unseen = [f"the policy {one.policy_name} of {whose}" for one in inline if not one.policy_document]
    if isinstance(inline, aws.NotThere) and isinstance(attached_policies, aws.NotThere):
        unseen.append(f"the policies of {whose}")
    for attached in attached_policies:
        found = managed(details, attached.policy_arn or "", path)
        if found is None:
            unseen.append(attached.policy_arn or "a managed policy without its ARN")
        else:
            documents.append(found)
    return documents, unseen


def managed(details: aws.AccountAuthorizationDetails, arn: str, path: str) -> policy.Document | None:
    """A managed policy as it stands in an account's IAM details. Raises SnapshotError."""
    for one in details.policies:
        if one.arn == arn:
            for version in one.policy_version_list:
                if version.is_default_version and version.document:
                    return document(bytes(version.document), path)
    return None

"""Who calls, and which policies an account's IAM details give to a role."""

from __future__ import annotations

from collections.abc import Iterable

from reachsim import policy
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy_layers.held import document
from reachsim.scenarios import Scenario


def role_of(network: Network, one: Scenario) -> str | None:
    """The role that the source acts as: a project's service role, an instance profile's role."""
    role = one.source.role
    if role is None or ":role/" in role:
        return role
    details, _ = iam_details(network, role.split(":")[4] if role.count(":") >= 4 else one.source.home[0])
    for found in details.role_detail_list if details else ():
        if any(profile.arn == role for profile in found.instance_profile_list):
            return found.arn
    return None


def iam_details(network: Network, account: str) -> tuple[aws.AccountAuthorizationDetails | None, str]:
    """(an account's IAM details or None, the file that holds them)."""
    path = network.path((account, "global"), "iam", "get-account-authorization-details")
    return network.read(path, aws.AccountAuthorizationDetails), path


def role_documents(
    details: aws.AccountAuthorizationDetails, role: aws.RoleDetail, path: str
) -> tuple[list[policy.Document], list[str]]:
    """(a role's inline and managed policies, managed ones that the file does not hold). Raises SnapshotError."""
    return _documents(details, role.role_policy_list, role.attached_managed_policies, path)


def user_documents(
    details: aws.AccountAuthorizationDetails, user: aws.UserDetail, path: str
) -> tuple[list[policy.Document], list[str]]:
    """(a user's own and its groups' policies, managed ones that the file does not hold). Raises SnapshotError."""
    groups = [group for group in details.group_detail_list if group.group_name in user.group_list]
    inline = [*user.user_policy_list, *(one for group in groups for one in group.group_policy_list)]
    attached = [*user.attached_managed_policies, *(one for group in groups for one in group.attached_managed_policies)]
    return _documents(details, inline, attached, path)


def _documents(
    details: aws.AccountAuthorizationDetails, inline: Iterable[aws.PolicyDetail],
    attached_policies: Iterable[aws.AttachedPolicy], path: str,
) -> tuple[list[policy.Document], list[str]]:  # fmt: skip
    documents = [document(bytes(one.policy_document), path) for one in inline]
    unseen: list[str] = []
    for attached in attached_policies:
        found = managed(details, attached.policy_arn or "", path)
        if found is None:
            unseen.append(attached.policy_arn or "")
        else:
            documents.append(found)
    return documents, unseen


def managed(details: aws.AccountAuthorizationDetails, arn: str, path: str) -> policy.Document | None:
    """A managed policy as it stands in an account's IAM details. Raises SnapshotError."""
    for one in details.policies:
        if one.arn == arn:
            for version in one.policy_version_list:
                if version.is_default_version:
                    return document(bytes(version.document), path)
    return None

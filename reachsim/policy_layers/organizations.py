"""The organization of an account, and the SCPs or RCPs that bind it, level by level.

AWS rule (facts 11, 12): SCPs bind the principals, RCPs the resources of member accounts; the management account is
exempt. Only the management account may ask who is above whom, so the files are looked for in every account's folder.
Every root, unit and account has an SCP and the RCP of full access attached (AWS Organizations API Reference,
"DetachPolicy"; User Guide, "RCP syntax"), unless that type of policy is disabled, which detaches all of them (User
Guide, "Disabling a policy type").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from reachsim import policy
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy_layers.held import document

OrganizationPolicy = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]

_FULL_ACCESS: Final = {
    "p-FullAWSAccess": '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    "p-RCPFullAWSAccess": '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", '
    '"Resource": "*"}}',
}
"""AWS's own policies, which it does not list with the others."""


class Levels(Struct, frozen=True):
    """The policies that bind an account, from the root down; () if none do. ``unseen`` names files that are missing."""

    levels: tuple[tuple[policy.Document, ...], ...] = ()
    unseen: tuple[str, ...] = ()


def organization_of(network: Network, account: str) -> str | policy.Unknown | None:
    """The id of an account's organization, None if it is in none, UNKNOWN if the snapshot does not tell."""
    path = network.path((account, "global"), "organizations", "describe-organization")
    status = network.snapshot.status(path)
    if status == "absent":
        return None
    found = network.read(path, aws.DescribeOrganization)
    known = found.organization.id if found is not None and found.organization is not None else None
    return known or policy.UNKNOWN


def members_of(network: Network, account: str) -> frozenset[str]:
    """The accounts that are known to be in an account's organization: the management account, and those that an
    account of it listed. Raises SnapshotError.

    **Source:** AWS Organizations API Reference, "DescribeOrganization" (MasterAccountId) and "ListAccounts", which only
    the management account and delegated administrators may ask.
    """
    organization = organization_of(network, account)
    alike = [one for one in network.snapshot.accounts() if organization_of(network, one) == organization]
    found: set[str | None] = set()
    for one in dict.fromkeys((account, *(alike if isinstance(organization, str) else ()))):
        home = (one, "global")
        told = network.read(network.path(home, "organizations", "describe-organization"), aws.DescribeOrganization)
        if told is not None and told.organization is not None:
            found.add(told.organization.master_account_id)
        listed = network.read(network.path(home, "organizations", "list-accounts"), aws.ListAccounts)
        found |= {member.id for member in listed.accounts} if listed is not None else set()
    return frozenset(one for one in found if one)


def familiar(network: Network, account: str) -> frozenset[str]:
    """The accounts that are no strangers to an account: itself, those of the snapshot, the others of its organization.

    **Source:** DESIGN, "check": exposed is what someone outside the account or organization may use.
    """
    return members_of(network, account) | {account, *network.snapshot.accounts()}


def organization_path(network: Network, account: str) -> str | None:
    """The path of an account's organizational unit, as in ``aws:PrincipalOrgPaths``; None if the snapshot does not hold
    it whole."""
    organization = organization_of(network, account)
    chain, unseen = _chain(network, account)
    if not isinstance(organization, str) or unseen or not chain[-1].startswith("r-"):
        return None
    return "/".join((organization, *reversed(chain[1:]), ""))


def levels(network: Network, account: str, kind: OrganizationPolicy) -> Levels:
    """The SCPs or RCPs that bind an account, as far as the snapshot holds them. Raises SnapshotError.

    Where the organization has a type of policy enabled, every root, unit and account has one attached: what has none
    anywhere is not enabled, and binds nobody.
    """
    path = network.path((account, "global"), "organizations", "describe-organization")
    if network.snapshot.status(path) == "absent":
        return Levels()
    organization = _read(network, path)
    if organization is None:
        return Levels(unseen=(path,))
    if _get(organization, "Organization", "MasterAccountId") == account:
        return Levels()
    chain, unseen = _chain(network, account)
    found: list[tuple[policy.Document, ...]] = []
    for target in reversed(chain):
        documents, lacking = _attached(network, account, target, kind)
        found.append(documents)
        unseen += lacking
    if not any(found) and not unseen:
        return Levels()
    return Levels(tuple(found), tuple(unseen))


def _chain(network: Network, account: str) -> tuple[list[str], list[str]]:
    """(the account and what stands above it, files that are missing)."""
    chain = [account]
    while True:
        path, answer = _find(network, account, "list-parents", chain[-1])
        if answer is None:
            return chain, [path]
        parent = next((one.get("Id") for one in _get(answer, "Parents") or () if isinstance(one, dict)), None)
        if not isinstance(parent, str) or parent in chain:
            return chain, []
        chain.append(parent)
        if parent.startswith("r-"):
            return chain, []


def _attached(
    network: Network, account: str, target: str, kind: OrganizationPolicy
) -> tuple[tuple[policy.Document, ...], list[str]]:
    path, answer = _find(network, account, "list-policies-for-target", f"{target}.{kind}")
    if answer is None:
        return (), [path]
    documents: list[policy.Document] = []
    unseen: list[str] = []
    for one in _get(answer, "Policies") or ():
        name = str(one.get("Id")) if isinstance(one, dict) else ""
        held, described = _find(network, account, "describe-policy", name)
        content = _get(described, "Policy", "Content")
        content = content if isinstance(content, str) else _FULL_ACCESS.get(name)
        if content is None:
            unseen.append(held)
        else:
            documents.append(document(content, held))
    return tuple(documents), unseen


def _find(network: Network, account: str, operation: str, name: str) -> tuple[str, Any]:
    """(the file, what it holds or None), from whichever account's folder has it."""
    own = network.path((account, "global"), "organizations", operation, name)
    for path in (own, *_elsewhere(network, account, operation, name)):
        found = _read(network, path)
        if found is not None:
            return path, found
    return own, None


def _elsewhere(network: Network, account: str, operation: str, name: str) -> Iterable[str]:
    for other in network.snapshot.accounts():
        if other != account:
            yield network.path((other, "global"), "organizations", operation, name)


def _read(network: Network, path: str) -> Any:
    if network.snapshot.status(path) != "ok":
        return None
    try:
        return msgspec.json.decode(network.snapshot.read(path))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        network.snapshot.fail(path, "", "JSON in UTF-8", str(error))


def _get(answer: Any, *keys: str) -> Any:
    for key in keys:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer

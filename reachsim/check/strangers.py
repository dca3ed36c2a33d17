"""Who from outside the snapshot's accounts a policy may let in, and what they would ask.

Outside are accounts that the snapshot does not hold, organizations that are not the owner's, identity providers and,
where a statement names everyone, anybody. A policy names them as principals or in conditions (``aws:PrincipalArn``,
``aws:PrincipalAccount``, ``aws:PrincipalOrgID``, ``aws:PrincipalOrgPaths``). They come over the public way, from any
address; what else a request says of them, such as tags and headers, they choose themselves. Not modelled: endpoints and
VPCs of others (``aws:SourceVpce``, ``aws:SourceVpc``).

**Source:** IAM User Guide, "AWS global condition context keys"; IAM Access Analyzer, "findings for external access".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from reachsim import policy
from reachsim.addresses import PUBLIC, format_address, parse_block
from reachsim.model.network import Network
from reachsim.policy_layers import organization_of

STRANGER: Final = "999999999999"
"""Stands for an account that is neither the snapshot's nor of its organization."""
ANYONE: Final = "any account"
ANYWHERE: Final = ("1.2.3.4", "64.5.6.7", "129.8.9.10", "200.11.12.13")
"""Public addresses far apart: who gets in from each of them is not bound to a block of addresses."""
_ABSENT: Final = frozenset(
    ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID",
     "aws:VpceOrgPaths", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn",
     "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "ec2:SourceInstanceARN",
     "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "codebuild:ProjectArn", "codebuild:BuildArn",
     "lambda:SourceFunctionArn", "ecs:ServiceArn", "ecs:TaskArn", "aws:PrincipalServiceName",
     "aws:PrincipalServiceNamesList", "s3:DataAccessPointArn", "s3:DataAccessPointAccount",
     "s3:AccessPointNetworkOrigin", "aws:PrincipalOrgID", "aws:ResourceOrgID")
)  # fmt: skip


class Stranger(Struct, frozen=True):
    """A caller from outside with the keys that its requests have besides; ``whose`` says in words who it is.

    ``unless`` is the file that would tell whether it is one at all, or "".
    """

    caller: policy.Principal
    whose: str
    keys: Mapping[str, Any]
    unless: str = ""


def strangers(network: Network, document: policy.Document, owner: str) -> Iterator[Stranger]:
    """The strangers that the Allow statements of a policy may mean, anybody first.

    Args:
        owner: the account that the policy belongs to.
    """
    own = {*network.snapshot.accounts(), owner}
    elements = [element for one in document.statements if one.effect == "Allow" for element in one.principals]
    if any(element.everyone or element.name == "NotPrincipal" for element in elements):
        yield _stranger(_role_of(STRANGER), ANYONE)
    named = [policy.Principal(name, "provider") for element in elements for name in sorted(element.providers)]
    named += [policy.Principal.parse(arn) for element in elements for arn in sorted(element.names)]
    named += [_role_of(account) for element in elements for account in sorted(element.accounts)]
    named += _named_by_conditions(document)
    for caller in dict.fromkeys(named):
        if caller.kind == "provider":
            yield _stranger(caller, "an identity provider's users")
        elif caller.account not in own:
            yield _stranger(caller, ANYONE if caller.account == STRANGER else f"account {caller.account}")
    organization = organization_of(network, owner)
    for path in _values(document, "aws:principalorgid", "aws:principalorgpaths"):
        name = path.split("/")[0]
        if name != organization:
            file = network.path((owner, "global"), "organizations", "describe-organization")
            yield _stranger(_role_of(STRANGER), f"organization {name}", path,
                            file if organization is policy.UNKNOWN else "")  # fmt: skip


def _stranger(
    caller: policy.Principal, whose: str, path: str = "o-stranger/r-any/ou-any/", unless: str = ""
) -> Stranger:
    keys = {
        "aws:PrincipalOrgID": path.split("/")[0], "aws:PrincipalOrgPaths": (path.replace("*", "any"),),
        "aws:userid": "AROASTRANGER:any",
    }  # fmt: skip
    return Stranger(caller, whose, keys, unless)


def _role_of(account: str) -> policy.Principal:
    return policy.Principal.parse(f"arn:aws:iam::{account}:role/any")


def _named_by_conditions(document: policy.Document) -> Iterator[policy.Principal]:
    for account in _values(document, "aws:principalaccount"):
        if policy.is_account(account):
            yield _role_of(account)
    for arn in _values(document, "aws:principalarn"):
        parts = arn.split(":", 5)
        if len(parts) == 6:
            account = parts[4] if policy.is_account(parts[4]) else STRANGER
            filled = ":".join((*parts[:4], account, parts[5])).replace("*", "any").replace("?", "a")
            try:
                yield policy.Principal.parse(filled)
            except ValueError:
                yield _role_of(account)


def _values(document: policy.Document, *keys: str) -> Iterator[str]:
    """The values without variables that conditions compare keys (in lower case) with."""
    found = (
        value.template.text
        for statement in document.statements for one in statement.conditions if one.lookup in keys
        for value in one.values
    )  # fmt: skip
    yield from dict.fromkeys(text for text in found if "${" not in text)


def addresses(document: policy.Document) -> Iterator[tuple[str, str]]:
    """(a public address that strangers may come from, the block of the policy's that it is of): anywhere ("") first."""
    yield ANYWHERE[0], ""
    for text in _values(document, "aws:sourceip"):
        try:
            block = parse_block(text) & PUBLIC
        except ValueError:
            continue
        if block:
            yield format_address(block.first), text


def context_of(network: Network, caller: policy.Principal, account: str) -> dict[str, Any]:
    """The keys that a caller's requests to an account's resources surely have."""
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalArn": caller.text, "aws:PrincipalAccount": caller.account, "aws:ResourceAccount": account,
        "aws:CurrentTime": policy.PRESENT, "aws:EpochTime": policy.PRESENT,
    }  # fmt: skip
    if caller.kind == "user":
        context |= {"aws:username": caller.name, "aws:PrincipalType": "User"}
    if caller.kind == "role":
        context["aws:PrincipalType"] = "AssumedRole"
    for key, whose in (("aws:PrincipalOrgID", caller.account), ("aws:ResourceOrgID", account)):
        known = organization_of(network, whose) if whose in network.snapshot.accounts() else "o-stranger"
        if known is not None:
            context[key] = known
    return context


def request_of(
    caller: policy.Principal, action: str, resource: str, account: str, context: Mapping[str, Any]
) -> policy.Request:
    """A request over the public way; what the context does not hold and only others have is absent."""
    parts = resource.split(":")
    region = {"aws:RequestedRegion": parts[3]} if len(parts) > 3 and parts[3] else {}
    return policy.Request(caller, action, resource, account, {**context, **region}, absent=_ABSENT)

"""Who from outside the snapshot's accounts a policy may let in, and what they would ask.

Outside are accounts that the snapshot does not hold, organizations that are not the owner's, identity providers, what
gets a role's session from IAM Roles Anywhere or AWS IoT and, where a statement names everyone, anybody. A policy names
them as principals or in conditions (``aws:PrincipalArn``, ``aws:PrincipalAccount``, ``aws:PrincipalOrgID``,
``aws:PrincipalOrgPaths``). Where a policy asks for it, they are also members of no organization, users instead of
roles, and callers without a signature. They come over the public way, from any address, and where a policy asks for
that too, by an endpoint in a VPC of their own (of those that the policy names, each that the snapshot does not hold),
by an access point of Amazon S3 or through an AWS service. What else a request says of them, such as tags and headers,
they choose themselves.

RCPs of the bucket's or repository's account keep strangers out whatever the policy says, and what they except is looked
for like what the policy names.

**Source:** IAM User Guide, "AWS global condition context keys" (aws:PrincipalOrgID is there only for members of
an organization); IAM Access Analyzer, "findings for external access"; IAM Roles Anywhere User Guide, "Trust model";
AWS IoT Core Developer Guide, "Authorizing direct calls to AWS services using AWS IoT Core credential provider"; S3 User
Guide, "Delegating access control to access points"; AWS Organizations User Guide, "Resource control policies (RCPs)".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import policy
from reachsim.addresses import PUBLIC, format_address, parse_block
from reachsim.check.compared import ANY, STRANGER, account_of, filled, values
from reachsim.check.ways_in import Keys, Way, ways
from reachsim.model.network import Network
from reachsim.policy.glob import Glob
from reachsim.policy.statements import Statement
from reachsim.policy_layers import levels, organization_of

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
_ORGANIZATION_KEYS: Final = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
_CALLER_KEYS: Final = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username"}
)
_NO_ORGANIZATION: Final = {"aws:PrincipalOrgID": None, "aws:PrincipalOrgPaths": None}
_HANDS_OUT: Final = {
    "credentials.iot.amazonaws.com": "a device with a certificate of AWS IoT",
    "rolesanywhere.amazonaws.com": "whoever has a certificate that IAM Roles Anywhere trusts",
}
"""The services that hand out the sessions of roles to what runs outside AWS, and to whom."""
_OF_A_SERVICE: Final = {
    **_NO_ORGANIZATION, "aws:PrincipalIsAWSService": "true", "aws:PrincipalArn": None, "aws:PrincipalAccount": None,
    "aws:SourceArn": policy.PRESENT, "aws:SourceAccount": policy.PRESENT,
}  # fmt: skip
_UNSIGNED: Final = policy.Principal("anonymous", "anonymous")


class Stranger(Struct, frozen=True):
    """A caller from outside with the keys that its requests have besides, None for one that they lack; ``whose`` says
    in words who it is, ``how`` what is special about it or its way, "" if nothing is.

    ``unless`` is the file that would tell whether it is one at all, or "". ``taken`` is what is taken for granted of
    it, which keeps it out, or "".
    """

    caller: policy.Principal
    whose: str
    keys: Keys
    unless: str = ""
    how: str = ""
    taken: str = ""


def strangers(
    network: Network, document: policy.Document, owner: str, limits: Sequence[Statement], *, unsigned: bool = False
) -> Iterator[Stranger]:
    """The strangers that the Allow statements of a policy may mean, anybody first.

    Args:
        owner: the account that the policy belongs to.
        limits: the statements of the RCPs that bind its resources (`limits_of`).
        unsigned: Whether requests without a signature are taken, too.
    """
    statements = (*document.statements, *limits)
    asked = frozenset(one.lookup for statement in statements for one in statement.conditions)
    known = list(ways(network, statements, owner))
    for who in _meant(network, document, statements, owner):
        for more, way in product(_sorts(statements, asked, who), known):
            yield _coming(more, way)
        if unsigned and who.whose == ANYONE and who.caller.account == STRANGER and asked & _CALLER_KEYS:
            keys = {**_NO_ORGANIZATION, "aws:userid": None}
            for way in known:
                yield _coming(Stranger(_UNSIGNED, ANYONE, keys, how="without a signature"), way)


def limits_of(network: Network, owner: str) -> tuple[Statement, ...]:
    """The statements of the RCPs that bind an account's resources. Raises SnapshotError."""
    rcps = levels(network, owner, "RESOURCE_CONTROL_POLICY").levels
    return tuple(one for level in rcps for held in level for one in held.statements)


def _coming(who: Stranger, way: Way) -> Stranger:
    """A stranger by a way: whoever comes by it, where it is anybody and the policy names the way."""
    keys, how = {**who.keys, **way.keys}, ", ".join(one for one in (who.how, way.how) if one)
    if way.named and who.whose == ANYONE:
        return Stranger(who.caller, f"whoever comes by {way.named}", keys, way.unless, who.how, way.taken)
    return Stranger(who.caller, who.whose, keys, who.unless, how, way.taken)


def _sorts(statements: Sequence[Statement], asked: frozenset[str], who: Stranger) -> Iterator[Stranger]:
    """A stranger, and the sorts of it that a policy may tell apart: of no organization, a user, with some user id."""
    yield who
    if who.caller.name != ANY or who.whose.startswith("organization "):
        return
    if asked & _ORGANIZATION_KEYS:
        yield replace(who, keys={**who.keys, **_NO_ORGANIZATION}, how="of no organization")
    if asked & _CALLER_KEYS:
        user = policy.Principal.parse(f"arn:aws:iam::{who.caller.account}:user/{ANY}")
        yield replace(who, caller=user, keys={**who.keys, "aws:username": policy.PRESENT}, how="as an IAM user")
    for pattern in values(statements, "aws:userid"):
        if pattern.startswith("*"):
            session = filled(pattern[1:]).rpartition(":")[2] or ANY
            keys = {**who.keys, "aws:userid": f"AROASTRANGER:{session}"}
            yield replace(who, keys=keys, how=f"in a session named {session}")


def _meant(
    network: Network, document: policy.Document, statements: Sequence[Statement], owner: str
) -> Iterator[Stranger]:  # fmt: skip
    """The strangers that statements name, or everyone if they do, as ordinary roles that come over the public way."""
    own = {*network.snapshot.accounts(), owner}
    elements = [element for one in document.statements if one.effect == "Allow" for element in one.principals]
    if any(element.everyone or element.name == "NotPrincipal" for element in elements):
        yield _stranger(_role_of(STRANGER), ANYONE)
    named = [policy.Principal(name, "provider") for element in elements for name in sorted(element.providers)]
    named += [policy.Principal.parse(arn) for element in elements for arn in sorted(element.names)]
    named += [_role_of(account) for element in elements for account in sorted(element.accounts)]
    for name in sorted({name for element in elements for name in element.services} & _HANDS_OUT.keys()):
        keys = {**_OF_A_SERVICE, "aws:PrincipalServiceName": name}
        yield Stranger(policy.Principal(name, "service"), _HANDS_OUT[name], keys)
    named += _named_by_conditions(statements)
    for caller in dict.fromkeys(named):
        if caller.kind == "provider":
            yield _stranger(caller, "an identity provider's users")
        elif caller.account not in own:
            yield _stranger(caller, ANYONE if caller.account == STRANGER else f"account {caller.account}")
    organization = organization_of(network, owner)
    for path in values(statements, "aws:principalorgid", "aws:principalorgpaths"):
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
    return policy.Principal.parse(f"arn:aws:iam::{account}:role/{ANY}")


def _named_by_conditions(statements: Sequence[Statement]) -> Iterator[policy.Principal]:
    for account in values(statements, "aws:principalaccount"):
        yield from map(_role_of, account_of(account))
    for pattern in values(statements, "aws:principalarn"):
        yield from _fitting(pattern)


def _fitting(pattern: str) -> Iterator[policy.Principal]:
    """Roles and users whose ARNs fit a pattern, of a stranger's account if it leaves that open; else whoever has the
    account that it names."""
    parts = pattern.split(":", 5)
    whole = len(parts) == 6
    partition = parts[1] if whole and not set(parts[1]) & set("*?") else "aws"
    account = next(account_of(parts[4] or "*"), STRANGER) if whole else STRANGER
    rest = filled(pattern.rpartition(":")[2])
    named = (rest, f"role/{rest}", f"user/{rest}", f"role/{rest.rpartition('/')[2]}", f"user/{rest.rpartition('/')[2]}")
    found = [arn for one in named if Glob.parse(pattern).matches(arn := f"arn:{partition}:iam::{account}:{one}")]
    callers = [caller for caller in map(_principal, found) if caller is not None]
    if callers or whole:
        yield from callers[:1] or (_role_of(account),)


def _principal(arn: str) -> policy.Principal | None:
    try:
        return policy.Principal.parse(arn)
    except ValueError:
        return None


def addresses(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    """(a public address that strangers may come from, the block of the policy's that it is of): anywhere ("") first."""
    yield ANYWHERE[0], ""
    for text in values(statements, "aws:sourceip"):
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
    if caller.kind == "anonymous":
        context |= {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous"}
        context |= dict.fromkeys(("aws:PrincipalArn", "aws:PrincipalIsAWSService"))
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
    """A request; what the context does not hold and only others have is absent, and so is what it holds as None."""
    parts = resource.split(":")
    region = {"aws:RequestedRegion": parts[3]} if len(parts) > 3 and parts[3] else {}
    held = {key: value for key, value in context.items() if value is not None}
    return policy.Request(caller, action, resource, account, held | region, absent=_ABSENT | (context.keys() - held))

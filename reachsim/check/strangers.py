"""Who from outside the snapshot's accounts a policy may let in, and what they would ask.

Outside are accounts that the snapshot does not hold, organizations that are not the owner's, identity providers, what
gets a role's session from IAM Roles Anywhere or AWS IoT and, where a statement names everyone, anybody. A policy names
them as principals or in conditions (``aws:PrincipalArn``, ``aws:PrincipalAccount``, ``aws:PrincipalOrgID``,
``aws:PrincipalOrgPaths``, the ARN of the build, function, task or instance that has the role). Where a policy asks for
it, they are also members of no organization or of one that it names, users instead of roles, sessions in a build,
function, task or instance of their own, and callers without a signature. Distributions of CloudFront are anybody's
where nothing says whose (CodeBuild itself pulls no image for projects of other accounts). They come over the public
way, from any address, and where a policy asks for that too, by an endpoint in a VPC of their own (of those that the
policy names, each that the snapshot does not hold), by an access point of Amazon S3, without TLS or through an AWS
service. What else a request says of them, such as tags and headers, they choose themselves.

Accounts that are known to be of the owner's organization are no strangers (DESIGN, "check": outside the account or
organization), nor are those for whom one's own identity provider vouches.

RCPs of the bucket's or repository's account keep strangers out whatever the policy says, and what they except is looked
for like what the policy names.

**Source:** IAM User Guide, "AWS global condition context keys" (aws:PrincipalOrgID is there only for members of
an organization); IAM Access Analyzer, "findings for external access"; IAM Roles Anywhere User Guide, "Trust model";
AWS IoT Core Developer Guide, "Authorizing direct calls to AWS services using AWS IoT Core credential provider"; S3 User
Guide, "Delegating access control to access points"; AWS Organizations User Guide, "Resource control policies (RCPs)";
CodeBuild API Reference, "ProjectEnvironment" (a cross-account image takes SERVICE_ROLE credentials).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice, product
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import policy
from reachsim.addresses import PUBLIC, format_address, parse_block
from reachsim.check.compared import ANY, STRANGER, account_of, filled, filled_values, keys_of, values
from reachsim.check.ways_in import Keys, Way, lacking, ways
from reachsim.model.network import Network
from reachsim.policy.glob import Glob
from reachsim.policy.request import VPC_KEYS
from reachsim.policy.statements import Statement
from reachsim.policy_layers import levels, members_of, moments, organization_of

ANYONE: Final = "any account"
ANYWHERE: Final = ("23.87.145.61", "101.203.77.149", "151.67.203.85", "203.87.149.61", "2600:1f18:4d2::61")
"""Public addresses far apart, of nobody in particular: who gets in from one of them is not bound to a block."""
_ABSENT: Final = frozenset(
    (*VPC_KEYS, "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn",
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
_CLOUDFRONT: Final = "cloudfront.amazonaws.com"
_DISTRIBUTION: Final = "arn:aws:cloudfront::{account}:distribution/any"
_WITHOUT_TLS: Final = Way("by plain HTTP", {"aws:SecureTransport": "false"})
_SHOWN: Final = "what CloudFront shows of it is not in the snapshot, and was taken to be nothing"
_SESSIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "in a build of its own": {
        "codebuild:ProjectArn": "arn:aws:codebuild:us-east-1:{account}:project/any",
        "codebuild:BuildArn": "arn:aws:codebuild:us-east-1:{account}:build/any:any",
    },
    "in a function of its own": {"lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:{account}:function:any"},
    "in a task of its own": {
        "ecs:ServiceArn": "arn:aws:ecs:us-east-1:{account}:service/any/any",
        "ecs:TaskArn": "arn:aws:ecs:us-east-1:{account}:task/any/any",
    },
    "on an instance of its own": {"ec2:SourceInstanceARN": "arn:aws:ec2:us-east-1:{account}:instance/i-0stranger"},
}
"""What has a role of a stranger's, and the keys that its sessions have then."""
_SESSION_KEYS: Final = {key.lower(): arn for keys in _SESSIONS.values() for key, arn in keys.items()}
_ON_INSTANCE: Final = {"aws:Ec2InstanceSourceVpc": "vpc-0stranger", "aws:Ec2InstanceSourcePrivateIPv4": policy.PRESENT}
_MOST_SORTS: Final = 16
_UNSIGNED: Final = policy.Principal("anonymous", "anonymous")


class Stranger(Struct, frozen=True):
    """A caller from outside with the keys that its requests have besides, None for one that they lack; ``whose`` says
    in words who it is, ``how`` what is special about it or its way, "" if nothing is.

    ``unless`` is the file that would tell whether it is one at all, or "". ``taken`` is what is taken for granted of
    it, which keeps it out, or "". ``familiar``: whether it is of one's own organization, or one's own identity provider
    vouches for it: no stranger to what is shared, but it may use what it is let in to from any network.
    """

    caller: policy.Principal
    whose: str
    keys: Keys
    unless: str = ""
    how: str = ""
    taken: str = ""
    familiar: bool = False


def strangers(
    network: Network, document: policy.Document, owner: str, limits: Sequence[Statement], *, service: str = ""
) -> Iterator[Stranger]:
    """The strangers that the Allow statements of a policy may mean, anybody first.

    Args:
        owner: the account that the policy belongs to.
        limits: the statements of the RCPs that bind its resources (`limits_of`).
        service: whose resource it is the policy of, as ARNs call it: Amazon S3 (``s3``) takes requests without a
            signature, and without TLS, too.
    """
    statements = (*document.statements, *limits)
    asked = keys_of(statements)
    known = list(ways(network, statements, owner))
    unsigned = service == "s3"
    if unsigned and "aws:securetransport" in keys_of(one for one in document.statements if one.effect == "Allow"):
        known.append(_WITHOUT_TLS)
    organizations = list(_organizations(network, statements, owner))
    for who in _meant(network, document, statements, owner):
        for more, way in product(_sorts(network, statements, asked, who, organizations), known):
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
    keys, how = {**who.keys, **way.keys}, _both(who.how, way.how)
    if way.named and who.whose == ANYONE:
        named = f"whoever comes by {way.named}"
        return replace(who, whose=named, keys=keys, unless=who.unless or way.unless, taken=who.taken or way.taken)
    return replace(who, keys=keys, how=how, taken=who.taken or way.taken)


def _sorts(
    network: Network, statements: Sequence[Statement], asked: frozenset[str], who: Stranger,
    organizations: Sequence[tuple[str, str]],
) -> Iterator[Stranger]:  # fmt: skip
    """A stranger, and the sorts of it that a policy may tell apart, by one thing and by several together: of no
    organization or of one that it names, in a session of some kind, a user, with some user id."""
    for member in _members(asked, who, organizations):
        yield from _in_sessions(network, statements, asked, member)
        yield from _by_id(statements, asked, member)


def _members(
    asked: frozenset[str], who: Stranger, organizations: Sequence[tuple[str, str]]
) -> Iterator[Stranger]:  # fmt: skip
    """A stranger, as of the organizations that a policy names, and as of none."""
    yield who
    if who.whose.startswith("organization ") or who.caller.kind == "provider" or not asked & _ORGANIZATION_KEYS:
        return
    for path, unless in organizations if who.caller.account not in ("", STRANGER) else ():
        how = f"of organization {path.split('/')[0]}"
        yield replace(who, keys={**who.keys, **_of_organization(path)}, how=how, unless=who.unless or unless)
    yield replace(who, keys={**who.keys, **_NO_ORGANIZATION}, how="of no organization")


def _by_id(statements: Sequence[Statement], asked: frozenset[str], who: Stranger) -> Iterator[Stranger]:
    """A stranger with a name that it may choose, as a user and with the ids of users that a policy asks for."""
    if who.caller.name != ANY:
        return
    if asked & _CALLER_KEYS:
        user = policy.Principal.parse(f"arn:aws:iam::{who.caller.account}:user/{ANY}")
        keys = {**who.keys, "aws:username": policy.PRESENT}
        yield replace(who, caller=user, keys=keys, how=_both(who.how, "as an IAM user"))
    for pattern in values(statements, "aws:userid"):
        if pattern.startswith("*"):
            session = filled(pattern[1:]).rpartition(":")[2] or ANY
            keys = {**who.keys, "aws:userid": f"AROASTRANGER:{session}"}
            yield replace(who, keys=keys, how=_both(who.how, f"in a session named {session}"))


def _both(how: str, more: str) -> str:
    return ", ".join(one for one in (how, more) if one)


def _in_sessions(
    network: Network, statements: Sequence[Statement], asked: frozenset[str], who: Stranger
) -> Iterator[Stranger]:  # fmt: skip
    """A stranger, and as in builds, functions, tasks and on instances of its account, where a policy asks for these.

    **Source:** IAM User Guide, "AWS global condition context keys" ("Properties of a role session"); CodeBuild, Lambda,
    EC2 and ECS in the Service Authorization Reference.
    """
    yield who
    for how, arns in _SESSIONS.items() if who.caller.kind in ("role", "session") else ():
        on_instance = _ON_INSTANCE if "ec2:SourceInstanceARN" in arns else {}
        if not asked & {key.lower() for key in (*arns, *on_instance)}:
            continue
        named = [
            [arn.format(account=who.caller.account),
             *filter(None, (_arn_like(one, arn, who.caller.account) for one in values(statements, key.lower())))]
            for key, arn in arns.items()
        ]  # fmt: skip
        vpcs = [("vpc-0stranger", "")] if on_instance else []
        vpcs += [
            (vpc, lacking(network, "describe-vpcs")) for vpc in filled_values(statements, "aws:ec2instancesourcevpc")
            if on_instance and vpc not in network.vpcs
        ]  # fmt: skip
        for chosen in islice(product(*named), _MOST_SORTS):
            keys = {**who.keys, **dict(zip(arns, chosen, strict=True)), **on_instance}
            for vpc, unless in vpcs:
                more = {**keys, "aws:Ec2InstanceSourceVpc": vpc}
                yield replace(who, keys=more, how=_both(who.how, how), unless=who.unless or unless)
            if not vpcs:
                yield replace(who, keys=keys, how=_both(who.how, how))


def _arn_like(pattern: str, usual: str, account: str) -> str:
    """An ARN of an account that fits a pattern, "" if none does; ``usual`` is how such ARNs look."""
    parts, others = pattern.split(":", 5), usual.format(account=account).split(":", 5)
    rest = filled(parts[5] if len(parts) == len(others) else pattern.rpartition(":")[2])
    if len(parts) == len(others):
        others = [other if set(part) & set("*?") else part for part, other in zip(parts, others, strict=True)]
    arn = ":".join((*others[:4], account, rest))
    return arn if Glob.parse(pattern).matches(arn) else ""


def _organizations(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[tuple[str, str]]:
    """The organizations that statements name and that are not the owner's, each with the file that would tell whether
    it is that, or ""."""
    own = organization_of(network, owner)
    file = network.path((owner, "global"), "organizations", "describe-organization")
    for path in values(statements, "aws:principalorgid", "aws:principalorgpaths"):
        if not isinstance(own, str) or path.split("/")[0].lower() != own.lower():
            yield path, file if own is policy.UNKNOWN else ""


def _of_organization(path: str) -> Keys:
    return {"aws:PrincipalOrgID": path.split("/")[0], "aws:PrincipalOrgPaths": (path.replace("*", "any"),)}


def _meant(
    network: Network, document: policy.Document, statements: Sequence[Statement], owner: str
) -> Iterator[Stranger]:  # fmt: skip
    """The strangers that statements name, or everyone if they do, as ordinary roles that come over the public way."""
    own = {*network.snapshot.accounts(), owner}
    elements = [element for one in document.statements if one.effect == "Allow" for element in one.principals]
    if any(element.everyone or element.name == "NotPrincipal" for element in elements):
        yield _stranger(_role_of(STRANGER), ANYONE)
    spared = [element for one in document.statements if one.effect == "Deny" for element in one.principals
              if element.name == "NotPrincipal"]  # fmt: skip
    named = [policy.Principal(name, "provider") for element in elements for name in sorted(element.providers)]
    named += [policy.Principal.parse(arn) for element in elements for arn in sorted(element.names)]
    named += [
        caller for element in spared for caller in map(policy.Principal.parse, sorted(element.names))
        if caller.kind != "role"  # who has a role is spared as a session of it alone
    ]  # fmt: skip
    named += [_role_of(account) for element in (*elements, *spared) for account in sorted(element.accounts)]
    if any(_CLOUDFRONT in element.services for element in elements):
        yield from _by_cloudfront(statements, own)
    for name in sorted({name for element in elements for name in element.services} & _HANDS_OUT.keys()):
        keys = {**_OF_A_SERVICE, "aws:PrincipalServiceName": name}
        yield Stranger(policy.Principal(name, "service"), _HANDS_OUT[name], keys)
    named += named_by_conditions(statements)
    for caller in dict.fromkeys(named):
        if caller.kind == "provider":
            yield replace(_stranger(caller, "an identity provider's users"), familiar=_vouches_for_ones_own(caller))
        elif caller.kind == "service":  # an origin access identity of CloudFront
            yield Stranger(caller, "CloudFront", _OF_A_SERVICE, taken=_SHOWN)
        elif caller.account not in own:
            who = _stranger(caller, ANYONE if caller.account == STRANGER else f"account {caller.account}")
            yield replace(who, familiar=caller.account in members_of(network, owner))
    for path, file in _organizations(network, statements, owner):
        yield _stranger(_role_of(STRANGER), f"organization {path.split('/')[0]}", path, file)


def _vouches_for_ones_own(provider: policy.Principal) -> bool:
    """Whether an identity provider is a company's directory or a cluster of Amazon EKS, and none whose users are
    strangers to each other, as those of GitHub or Google are. What makes a provider one's own is that the account
    trusts a directory's key, or the issuer of one cluster.

    **Source:** IAM User Guide, "SAML 2.0 federation"; Amazon EKS User Guide, "IAM roles for service accounts".
    """
    return ":saml-provider/" in provider.text or ":oidc-provider/oidc.eks." in provider.text


def _by_cloudfront(statements: Sequence[Statement], own: Set[str]) -> Iterator[Stranger]:
    """Distributions, which read from a bucket for everyone: anybody's, those of accounts that are named, one's own.

    **Source:** CloudFront Developer Guide, "Restrict access to an Amazon S3 origin": the bucket's policy names the
    distribution in ``AWS:SourceArn``.
    """
    patterns = list(values(statements, "aws:sourcearn"))
    accounts = [part for one in patterns for part in account_of((one.split(":", 5) + ["*"] * 5)[4] or "*")]
    accounts += [account for one in values(statements, "aws:sourceaccount") for account in account_of(one)]
    for account in dict.fromkeys((STRANGER, *accounts, *sorted(own))):
        theirs = "anybody's CloudFront distribution"
        theirs = theirs if account == STRANGER else f"a CloudFront distribution of account {account}"
        arns = filter(None, (_arn_like(one, _DISTRIBUTION, account) for one in patterns))
        for arn in dict.fromkeys((_DISTRIBUTION.format(account=account), *arns)):
            keys = {**_OF_A_SERVICE, "aws:PrincipalServiceName": _CLOUDFRONT, "aws:SourceArn": arn,
                    "aws:SourceAccount": account, "aws:SourceOrgID": "o-stranger"}  # fmt: skip
            caller = policy.Principal(_CLOUDFRONT, "service")
            yield Stranger(caller, theirs, keys, taken=_SHOWN if account in own else "")


def _stranger(
    caller: policy.Principal, whose: str, path: str = "o-stranger/r-any/ou-any/", unless: str = ""
) -> Stranger:
    return Stranger(caller, whose, {**_of_organization(path), "aws:userid": "AROASTRANGER:any"}, unless)


def _role_of(account: str) -> policy.Principal:
    return policy.Principal.parse(f"arn:aws:iam::{account}:role/{ANY}")


def named_by_conditions(statements: Sequence[Statement]) -> Iterator[policy.Principal]:
    """The callers that conditions of statements are about."""
    for account in values(statements, "aws:principalaccount", "kms:calleraccount"):
        yield from map(_role_of, account_of(account))
    for pattern in values(statements, "aws:principalarn"):
        yield from _fitting(pattern)
    for arn in values(statements, *_SESSION_KEYS):
        if arn.count(":") >= 5:
            yield from map(_role_of, account_of(arn.split(":")[4]))


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
    """(a public address that strangers may come from, the block of the policy's that it is of): anywhere ("") first,
    which a block of addresses is that S3 calls public.

    **Source:** S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public".
    """
    yield ANYWHERE[0], ""
    blocks = list(_blocks(statements))
    yield from ((address, "") for address in ANYWHERE[1:] if blocks)
    yield from sorted(((address, "" if wide else text) for address, text, wide in blocks), key=lambda one: one[1] != "")


def _blocks(statements: Sequence[Statement]) -> Iterator[tuple[str, str, bool]]:
    """(an address, its block as written, whether that is too wide to be somebody's) of the public ones."""
    for text in values(statements, "aws:sourceip"):
        try:
            block = parse_block(text) & PUBLIC
        except ValueError:
            continue
        if block:
            length = text.partition("/")[2]
            yield format_address(block.first), text, length.isdigit() and int(length) < (32 if ":" in text else 8)


def context_of(network: Network, caller: policy.Principal, account: str) -> dict[str, Any]:
    """The keys that a caller's requests to an account's resources surely have."""
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalArn": caller.text, "aws:PrincipalAccount": caller.account, "aws:ResourceAccount": account,
        "kms:CallerAccount": caller.account or None, **moments(network),
    }  # fmt: skip
    if caller.kind == "anonymous":
        context |= {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous"}
        context |= dict.fromkeys(("aws:PrincipalArn", "aws:PrincipalIsAWSService"))
    if caller.kind == "user":
        context |= {"aws:username": caller.name, "aws:PrincipalType": "User"}
    if caller.kind in ("role", "session"):
        context["aws:PrincipalType"] = "AssumedRole"
    if caller.kind == "session":
        partition = caller.text.split(":")[1]
        context["aws:PrincipalArn"] = f"arn:{partition}:iam::{caller.account}:role/{caller.name}"
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

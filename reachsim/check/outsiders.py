"""Who can use the pipeline's CodeCommit repositories from anywhere on the internet, or be one of its builds.

CodeCommit has public names that no setting of a VPC closes, and no resource policies: what keeps a stranger's network
out is a condition (aws:SourceVpce, SourceVpc or SourceIp) in the policies of those who may use a repository. It has to
name the own network: anybody may ask by a VPC endpoint of his own. Whoever can sign in from outside counts: IAM users,
roles that another account or an identity provider may assume, and roles that one of these may assume, from role to
role. Whether a user has credentials just now is not asked. A build's service role is a resource of the pipeline, and
its trust policy says who may use it.

A role that another account or an identity provider may assume, be it by way of other roles, shares what it may do with
the pipeline's further resources (`targets`), unless they are one's own people: accounts of the organization, and users
of one's own identity providers.

**Source:** pipeline-services fact sheet, P2; pipeline-scenarios, SC13; CodeCommit User Guide, "Infrastructure
security".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import policy
from reachsim.check.findings import finding_of
from reachsim.check.needs import Need
from reachsim.check.participants import service_role
from reachsim.check.strangers import ANYWHERE, Stranger, addresses, context_of, limits_of, request_of, strangers
from reachsim.check.targets import Target, of_itself, targets
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy.evaluate import excused
from reachsim.policy.judge import View, names
from reachsim.policy.principals import Via
from reachsim.policy.statements import Kind
from reachsim.policy_layers import (
    described,
    document,
    iam_details,
    levels,
    managed,
    rcps_deny,
    role_documents,
    user_documents,
)  # fmt: skip
from reachsim.verdict import Finding

ACTIONS: Final = (
    "codecommit:GitPull", "codecommit:GitPush", "codecommit:GetFile", "codecommit:GetBlob", "codecommit:PutFile",
    "codecommit:CreateCommit", "codecommit:DeleteFile", "codecommit:MergeBranchesByFastForward",
    "codecommit:MergeBranchesBySquash", "codecommit:MergeBranchesByThreeWay",
    "codecommit:MergePullRequestByFastForward", "codecommit:MergePullRequestBySquash",
    "codecommit:MergePullRequestByThreeWay",
)  # fmt: skip
"""What reads or writes a repository's content."""


_IN_PUBLIC: Final = "from anywhere on the internet"
_BY_ENDPOINT: Final = {
    "aws:SourceIp": None, "aws:SourceVpce": "vpce-0stranger", "aws:SourceVpc": "vpc-0stranger",
    "aws:VpcSourceIp": policy.PRESENT,
}  # fmt: skip
"""The keys of a request by a stranger's endpoint; those of its owner it has not (policy-evaluation fact sheet, 65 and
66)."""


_TRUST_UNKNOWN: Final = "PLANNED_POLICY_UNKNOWN"
"""The note on a role whose trust policy a plan or template does not tell."""


class Outsiders(Struct, frozen=True):
    """Findings, one per identity, files without which there may be more, and whose policies these lack."""

    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    assumptions: tuple[Assumption, ...] = ()


class _Who(Struct, frozen=True):
    """One identity with what binds it; ``how`` says how somebody outside comes by its credentials, ``unseen`` names
    policies of it that the snapshot does not hold, ``unless`` the file that would tell whether they are outside, or
    "". ``foreign``: it is a stranger, nobody of one's own organization or of one's own identity provider."""

    arn: str
    how: str
    documents: Sequence[policy.Document]
    boundary: policy.Document | None
    bounded: bool
    unseen: tuple[str, ...] = ()
    unless: str = ""
    foreign: bool = False


_MOST_NAMED: Final = 8
"""Resources of the pipeline that a finding names."""


def outsiders(
    network: Network, repositories: Sequence[str], sources: Sequence[str], needs: Sequence[Need]
) -> Outsiders:  # fmt: skip
    """Who may use these repositories (ARNs) from outside, who may be one of these sources' builds, and who has a role
    from outside that may use what else the pipeline needs.

    Raises SnapshotError for a policy that cannot be judged.
    """
    findings, missing = _assumable(network, sources)
    direct = {one.component for one in findings}
    assumptions: list[Assumption] = []
    further = targets(network, needs, sources)
    builds = [role for role in (service_role(network, one) for one in sources) if _is_role(role)]
    needed = list(dict.fromkeys(arn.split(":")[4] for arn in (*repositories, *builds)))
    for account in dict.fromkeys((*needed, *(one.account for one in further))):
        details, path = iam_details(network, account)
        if details is None:
            missing += [path] if account in needed else []  # another account's roles are judged where they are told
            continue
        if account in needed and network.lists_all(path) and not details.role_detail_list:
            missing.append(path)  # every account has roles: without any, the answer was filtered
        mine = [arn for arn in repositories if arn.split(":")[4] == account]
        for who in _identities(network, details, account, path):
            runs = who.arn in builds
            theirs = _theirs(who, account, further) if not runs else []
            found = [*_judged(network, who, account, mine), *_handed_over(network, who, account, theirs)]
            if runs and who.foreign and who.arn not in direct:
                found.append(_runs_builds(who.arn, who.how, path))
            if found and who.unless:
                missing.append(who.unless)
                continue
            findings += found
            if not found and who.unseen and _may_yet(network, who, account, mine, theirs):
                what = "CodeCommit" if mine else "what the pipeline needs"
                detail = (
                    f"whether {who.arn.split(':', 5)[-1]} can use {what} from outside is not known: {path} lacks "
                    f"{', '.join(who.unseen)}"
                )
                missing.append(path)
                assumptions.append(Assumption("UNKNOWN_RESOURCE", who.arn, detail, "leak"))
    return Outsiders(tuple(findings), tuple(dict.fromkeys(missing)), tuple(assumptions))


def _is_role(text: str) -> bool:
    return text.startswith("arn:") and ":role/" in text


def _assumable(network: Network, sources: Sequence[str]) -> tuple[list[Finding], list[str]]:
    """(service roles of builds that somebody outside may assume, who then does whatever a build may do; files without
    which there may be more).
    """
    findings: list[Finding] = []
    missing: list[str] = []
    for role in dict.fromkeys(service_role(network, one) for one in sources):
        if not _is_role(role):
            continue
        account = role.split(":")[4]
        held = described(network, account, role)
        if held is None:
            missing += network.unknown(network.path((account, "global"), "iam", "get-account-authorization-details"))
            continue
        trust = document(held.trust, held.path) if held.trust else None
        taker = _from_outside(network, trust, role, account) if trust else _NOBODY
        how, unless = (taker.how, taker.unless) if taker.foreign else ("", "")
        if not how and network.planned(_TRUST_UNKNOWN, role):
            unless = held.path
        if unless:
            missing.append(unless)
        elif how:
            findings.append(_runs_builds(role, how, held.path))
    return findings, missing


def _runs_builds(role: str, how: str, path: str) -> Finding:
    title = f"{role.split(':', 5)[-1]}, with which builds run, is {how}"
    return finding_of("RESOURCE_SHARED_OUTSIDE", "medium", role, title, [f"{path}: its trust policy"])


def _judged(network: Network, who: _Who, account: str, repositories: Iterable[str]) -> Iterator[Finding]:
    for way, requests in _ways(network, who, account).items():
        opened = {
            arn: [action for action in ACTIONS if _may(network, who, account, action, arn, requests)]
            for arn in repositories
        }
        opened = {arn: actions for arn, actions in opened.items() if actions}
        if opened:
            yield _usable(who, opened, way)
            return


def _usable(who: _Who, opened: Mapping[str, Sequence[str]], way: str) -> Finding:
    names = ", ".join(arn.rsplit(":", 1)[-1] for arn in opened)
    title = f"{who.arn.split(':', 5)[-1]} can use {names} in CodeCommit {way} ({who.how})"
    lines = [
        f"{arn}: {', '.join(actions)} without a condition that names your network" for arn, actions in opened.items()
    ]
    lines.append(
        "HTTPS to CodeCommit's public names is open to everyone; no setting of a VPC changes that"
        if way == _IN_PUBLIC
        else "anybody may make a VPC endpoint for CodeCommit in a VPC of his own"
    )
    return finding_of("CODECOMMIT_USABLE_FROM_OUTSIDE", "high", who.arn, title, lines)


def _identities(
    network: Network, details: aws.AccountAuthorizationDetails, account: str, path: str
) -> Iterator[_Who]:  # fmt: skip
    found = []
    for user in details.user_detail_list:
        found.append(_who(details, user, "an IAM user", *user_documents(details, user, path), path))
    others = {
        role.arn: (role, document(bytes(role.assume_role_policy_document), path))
        for role in details.role_detail_list if role.assume_role_policy_document
    }  # fmt: skip
    unsure: list[_Who] = []
    for arn, (role, trust) in list(others.items()):
        taker = _from_outside(network, trust, arn, account)
        if not taker.how and network.planned(_TRUST_UNKNOWN, arn):
            taker = _Taker("a role whose trust policy is known only after the deployment", path, True)
        if taker.how:
            who = _who(details, role, taker.how, *role_documents(details, role, path), path)
            (unsure if taker.unless else found).append(replace(who, unless=taker.unless, foreign=taker.foreign))
            if not taker.unless:
                del others[arn]
    while found or unsure:  # users come last: a role is foreign that somebody foreign may assume, too
        who = found.pop() if found else unsure.pop()
        if who.unless and others.pop(who.arn, None) is None:
            continue  # somebody who surely is outside may assume it
        yield who
        for arn, (role, trust) in list(others.items()):
            how = _from_within(network, trust, arn, who, account)
            if how:
                by = _who(details, role, how, *role_documents(details, role, path), path)
                (unsure if who.unless else found).append(replace(by, unless=who.unless, foreign=who.foreign))
                if not who.unless:
                    del others[arn]


def _who(
    details: aws.AccountAuthorizationDetails, one: aws.UserDetail | aws.RoleDetail, how: str,
    documents: Sequence[policy.Document], unseen: Iterable[str], path: str,
) -> _Who:  # fmt: skip
    arn = one.permissions_boundary.permissions_boundary_arn if one.permissions_boundary else None
    return _Who(
        one.arn, how, documents, managed(details, arn, path) if arn else None, arn is not None, tuple(unseen)
    )  # fmt: skip


def _theirs(who: _Who, account: str, further: Sequence[Target]) -> list[Target]:
    """What of an account is asked of an identity that is foreign."""
    if not who.foreign:
        return []
    mine = [one for one in further if one.account == account]
    return [*mine, of_itself(who.arn)] if mine else []


def _handed_over(network: Network, who: _Who, account: str, theirs: Sequence[Target]) -> Iterator[Finding]:
    """That whoever has a role from outside may use the pipeline's further resources."""
    for ways in _ways(network, who, account).values():
        many = {one.within: one for one in theirs if one.within}
        shut = {within for within, one in many.items()
                if not _taken(network, who, account, replace(one, resource=within, file=""), ways)}  # fmt: skip
        asked = ((one, _taken(network, who, account, one, ways)) for one in theirs if one.within not in shut)
        opened = dict(islice(((one, actions) for one, actions in asked if actions), _MOST_NAMED))
        if opened:
            names_ = dict.fromkeys(one.resource.split(":", 5)[-1] for one in opened)
            title = f"{who.arn.split(':', 5)[-1]}, {who.how}, can use {', '.join(names_)}"
            lines = [f"{one.resource}: {', '.join(actions)}" for one, actions in opened.items()]
            remedy = "Take them out of the role's trust policy, or these actions from the role, unless it is meant."
            yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", who.arn, title, lines, remedy)
            return


def _taken(
    network: Network, who: _Who, account: str, target: Target, ways: Sequence[Mapping[str, Any]]
) -> list[str]:  # fmt: skip
    """The actions on a target that an identity may take, as far as the target's own policy does not deny them."""
    if target.also is not None and not _may(network, who, account, *target.also, ways):
        return []
    record = network.read(target.file, aws.ResourcePolicy) if target.file else None
    theirs = document(record.text, target.file) if record is not None and record.text else None
    return [one for one in target.actions if _may(network, who, account, one, target.resource, ways, theirs)]


def _may_yet(
    network: Network, who: _Who, account: str, repositories: Sequence[str], theirs: Sequence[Target]
) -> bool:  # fmt: skip
    """Whether an identity could use a repository or target if policies that are not seen allowed everything."""
    known = replace(who, documents=(*who.documents, _ALL))
    ways = _ways(network, who, account).values()
    return any(
        _may(network, known, account, one, arn, way) for way in ways for arn in repositories for one in ACTIONS
    ) or any(_taken(network, known, account, one, way) for way in ways for one in theirs)


_ALL: Final = document(
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', ""
)


def _ways(network: Network, who: _Who, account: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The ways of a stranger to CodeCommit, and what tells of each: by the public one any address that is in no block
    which could be one's own."""
    held = [*who.documents, *([who.boundary] if who.boundary is not None else ())]
    held += [one for level in levels(network, account, "SERVICE_CONTROL_POLICY").levels for one in level]
    found = addresses([statement for one in held for statement in one.statements])
    return {
        _IN_PUBLIC: [{"aws:SourceIp": address} for address, block in found if not block],
        "through a VPC endpoint of anybody's": [_BY_ENDPOINT],
    }


def _may(
    network: Network, who: _Who, account: str, action: str, resource: str, way: Sequence[Mapping[str, Any]],
    theirs: policy.Document | None = None,
) -> bool:  # fmt: skip
    """Whether the policies that are in the snapshot let it through with some of these keys of a way, or may; of the
    resource's own only a Deny counts."""
    caller = policy.Principal.parse(who.arn)
    context = context_of(network, caller, account)
    scps = levels(network, account, "SERVICE_CONTROL_POLICY").levels
    return any(
        _passes(who.documents, request, "identity")
        and (who.boundary is None or _passes([who.boundary], request, "boundary"))
        and all(_passes(level, request, "scp") for level in scps if level)
        and (theirs is None or policy.judge(theirs, request, "resource").effect != "deny")
        and not rcps_deny(network, request)
        for request in (request_of(caller, action, resource, account, {**context, **keys}) for keys in way)
    )


def _passes(documents: Sequence[policy.Document], request: policy.Request, kind: Kind) -> bool:
    """Whether none of several documents surely denies a request, and one allows it, or may."""
    denied = any(policy.judge(one, request, kind).effect == "deny" for one in documents)
    return not denied and any(policy.may_allow(one, request, kind) for one in documents)


# --- how somebody comes by a role -------------------------------------------------------------------------------------


class _Taker(Struct, frozen=True):
    """Who from outside may assume a role: ``how`` in words, "" if nobody is seen to; ``unless`` is the file that would
    tell whether they are from outside at all, "" if they surely are; ``foreign``, whether they are strangers."""

    how: str
    unless: str
    foreign: bool

    @property
    def weight(self) -> int:
        """Strangers weigh more than one's own people, and among either those who surely are outside."""
        return 1 + 2 * self.foreign + (not self.unless) if self.how else 0


_NOBODY: Final = _Taker("", "", False)
_MOST_WEIGHT: Final = 4


def _from_outside(network: Network, trust: policy.Document, role: str, account: str) -> _Taker:
    """Who of those that may assume a role from outside weighs most."""
    most = _NOBODY
    limits = limits_of(network, account)
    places = [address for address, _ in addresses((*trust.statements, *limits))]
    for who in strangers(network, trust, account, limits):
        federated = ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
        actions = federated if who.caller.kind == "provider" else ("sts:AssumeRole",)
        asked = product(actions, places)
        taker = _Taker(f"a role that {who.whose} may assume", who.unless, not who.familiar)
        if taker.weight > most.weight and any(_trusts(network, trust, who, *one, role, account) for one in asked):
            most = taker
        if most.weight == _MOST_WEIGHT:
            break
    return most


def _from_within(network: Network, trust: policy.Document, role: str, who: _Who, account: str) -> str:
    """How an identity of the account may assume a role, in words; "" if it is not seen to."""
    caller = policy.Principal.parse(who.arn)
    sessions = [one for one in map(policy.Principal.parse, _sessions(trust)) if caller.kind == "role"
                and (one.account, one.name) == (caller.account, caller.name)]  # fmt: skip
    if any(_lets_in(network, trust, role, who, one, account) for one in (caller, *sessions)):
        return f"a role that the {caller.kind} {caller.name} may assume"
    return ""


def _sessions(trust: policy.Document) -> Iterator[str]:
    """The sessions that a trust policy names: whoever has the role calls a session of it what he likes."""
    named = {name for one in trust.statements for element in one.principals for name in element.names}
    yield from sorted(name for name in named if ":assumed-role/" in name)


def _lets_in(
    network: Network, trust: policy.Document, role: str, who: _Who, caller: policy.Principal, account: str
) -> bool:  # fmt: skip
    context = context_of(network, caller, account) | {"aws:SourceIp": ANYWHERE[0]}
    request = request_of(caller, "sts:AssumeRole", role, account, context)
    denied = any(policy.judge(one, request, "identity").effect == "deny" for one in who.documents)
    if denied or not policy.may_allow(trust, request, "resource") or rcps_deny(network, request):
        return False
    own = any(policy.may_allow(one, request, "identity") for one in who.documents)
    return own or bool(who.unseen) or "identity" in excused(_named_by(trust, request))


def _named_by(trust: policy.Document, request: policy.Request) -> frozenset[Via]:
    """How the statements of a trust policy that let a caller in, or may, name it."""
    view = View("resource")
    allows = [finding.statement for finding in trust.relevant(request.folded_action).allows]
    alone = [(one, policy.Document(trust.version, (one,), ())) for one in allows]
    letting = [one for one, document in alone if policy.judge(document, request, "resource").effect != "none"]
    return frozenset(via for one in letting if (via := names(one, request, view)) is not None)


def _trusts(
    network: Network, trust: policy.Document, who: Stranger, action: str, address: str, role: str, account: str
) -> bool:  # fmt: skip
    context = {**context_of(network, who.caller, account), "aws:SourceIp": address, **who.keys}
    request = request_of(who.caller, action, role, account, context)
    return policy.may_allow(trust, request, "resource") and not rcps_deny(network, request)

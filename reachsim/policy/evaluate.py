"""Decides a request: combines what the levels say into Allowed, ImplicitlyDenied or ExplicitlyDenied.

AWS rules (IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions
boundaries", "Principal", read in the 2026 text; numbers of our facts):

- Any Deny of a policy that applies ends it (2, 10). SCPs, RCPs and endpoint policies are ceilings (4, 11, 12).
- Own account: identity policies or the resource policy must allow (5). How the resource policy names the caller tells
  whose silence then does not count: the account: nobody's; the role: identity's; the user: identity's and the
  boundary's; the session: those of identity, boundary and session policy (7-9). ``"*"`` counts like the session, as
  AWS says of ``"*"`` with ``aws:PrincipalArn``.
- Other account: identity side and resource side must both allow (6). KMS keys and role trust policies must themselves
  allow, in their own account too (15).
- AWS services, identity providers and anonymous callers have no identity side: the resource policy must allow (16,
  17).
- S3 Block Public Access refuses what a public bucket policy grants to outsiders (17).

Not modelled: KMS grants, S3 access control lists and access points, service logic such as ECR registry policies (19).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from .exemptions import EXEMPT, LOGS, root_may_never, without_exempt
from .judge import View, explain, weigh
from .layers import Effect, Level, Policies, levels
from .principals import CallerKind, Principal, Via
from .public import turns_away
from .request import Request
from .statements import KINDS, Document, Finding, Kind

Word = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]

_CALLER_SIDE: Final[frozenset[Kind]] = frozenset({"identity", "boundary", "session"})
_RESOURCE_SIDE: Final[frozenset[Kind]] = frozenset({"scp", "rcp", "endpoint", "resource"})
_BOTH_SIDES: Final = _RESOURCE_SIDE | _CALLER_SIDE
_OWN_SIDE: Final = _BOTH_SIDES - {"resource"}
_TRUSTING: Final = {"kms:": "key/", "sts:": "role/"}
_TRUSTED: Final = tuple(_TRUSTING)
_OF_ACCOUNTS: Final[frozenset[CallerKind]] = frozenset({"user", "role", "session", "federated-user", "root"})
_ON_ACCESS_POINT: Final = ":accesspoint/"
_NO_GRANTS: Final[frozenset[Via]] = frozenset()

# Whose silence does not count once the resource policy names the caller so (facts 5, 7-9).
_EXCUSED: Final[dict[Via, frozenset[Kind]]] = {
    Via.ACCOUNT: frozenset(),
    Via.ROLE: frozenset({"identity"}),
    Via.USER: frozenset({"identity", "boundary"}),
    Via.SESSION: _CALLER_SIDE,
    Via.EVERYONE: _CALLER_SIDE,
    Via.SERVICE: _CALLER_SIDE,
}
_PUBLIC: Final = (
    "S3 Block Public Access is on and the bucket policy is public: nobody outside the owner's account may use it"
)


class Decider(NamedTuple):
    """One reason. ``policy`` is the kind with its place in the input ("identity[0]", "scp[1][0]", "resource"),
    ``statement`` the Sid or index of the statement, "" if no statement decided."""

    policy: str
    statement: str
    effect: Effect
    why: str


class Decision(NamedTuple):
    """The answer. ``blocked_by`` names every kind that blocks, not only the first; ``decided_by`` gives for a denial
    the reasons of those kinds, for an allowed request those of the kinds that allow; ``notes`` what was assumed."""

    decision: Word
    blocked_by: tuple[Kind, ...]
    decided_by: tuple[Decider, ...]
    notes: tuple[str, ...]


_NEVER: Final = Decider("identity", "", "none", "no root user may call sts:AssumeRole")


_Heard = tuple[Kind, Effect, Level, list[Finding]]
"""What the documents of a level say together, and one finding of each. No record, since each decision makes some."""


class _Bound(NamedTuple):
    """The levels that bind a caller, each with what it says if it has no documents; those with documents, as
    `Compiled.decide` asks them; the kinds, besides the resource's policy, of which a level without is silent; and the
    level of a resource that has no policy, which is no level of the first then."""

    levels: tuple[tuple[Level, _Heard | None], ...]
    asked: tuple[tuple[Kind, View, tuple[Document, ...]], ...]
    silent: frozenset[Kind]
    bare: _Heard | None

    @staticmethod
    def of(found: tuple[Level, ...]) -> _Bound:
        empty = {one.kind for one in found if not one.documents and one.default == "none"}
        asked = tuple((one.kind, one.view, one.documents) for one in found if one.documents)
        levels = tuple((one, None if one.documents else (one.kind, one.default, one, list[Finding]())) for one in found)
        bare = levels[0][1]  # the resource's policy comes first
        return _Bound(levels[1:] if bare else levels, asked, frozenset(empty - {"resource"}), bare)


class Compiled:
    """Policies ready for many requests: what depends on the kind of caller alone is worked out once.

    >>> from .document import parse
    >>> allow = parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
    >>> ready = Compiled(Policies(identity=(allow,)))
    >>> caller = Principal.parse("arn:aws:iam::111122223333:user/ann")
    >>> ready.decide(Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333"))
    'Allowed'
    """

    __slots__ = ("_bound", "_gateway", "_hierarchy", "_notes", "_policies", "_rcps", "_resource")

    def __init__(self, policies: Policies, *, gateway: bool = False) -> None:
        self._policies = policies
        self._gateway = gateway
        self._rcps = bool(policies.rcps)
        self._resource = policies.resource is not None
        self._hierarchy = bool(policies.scps or policies.rcps)
        self._bound: dict[str, _Bound] = {}
        self._notes = tuple(
            f"{name}: {note}"
            for kind, name, document in policies.documents()
            for note in document.notes_for(kind, gateway)
        )

    def decide(self, request: Request) -> Word:
        """The decision alone. Raises ValueError as `evaluate` does."""
        if self._rcps or request.folded_action in EXEMPT or (self._resource and request.folded_action.startswith(LOGS)):
            policies, exempt = without_exempt(request, self._policies)
            if exempt:
                return Compiled(policies, gateway=self._gateway).decide(request)
            if root_may_never(request):
                return self.evaluate(request).decision
        caller = request.principal
        bound = self._bound.get(caller.kind)
        if bound is None or self._hierarchy:
            bound = self._binding(caller)
        asked, silent = bound.asked, bound.silent
        grants = _NO_GRANTS
        resource = False
        for kind, view, documents in asked:
            allowed = False
            for document in documents:
                finding = weigh(document, request, view)
                effect = finding.effect
                if effect == "allow":
                    allowed = True
                    if kind == "resource":
                        grants, resource = finding.grants, True
                elif effect == "deny":
                    return "ExplicitlyDenied"
                elif effect == "unknown":
                    _refuse(finding, document, request, view)
            if not allowed and kind != "resource":
                silent = silent | {kind}
        if resource and self._turns_away(request):
            return "ExplicitlyDenied"
        if silent and not resource:
            return "ImplicitlyDenied"  # nothing excuses it
        if not resource and _is_own(request) and not request.folded_action.startswith(_TRUSTED):
            return "Allowed"
        must_allow = _must_allow(request, resource, grants)
        if not resource and "resource" in must_allow:
            return "ImplicitlyDenied"
        return "ImplicitlyDenied" if silent and not must_allow.isdisjoint(silent) else "Allowed"

    def evaluate(self, request: Request) -> Decision:
        """The decision with its reasons. Raises ValueError as the function `evaluate` does."""
        caller, action, arn = request.principal, request.folded_action, request.resource_arn
        exempted = self._rcps or action in EXEMPT or (self._resource and action.startswith(LOGS))
        if exempted:
            policies, exempt = without_exempt(request, self._policies)
            if exempt:
                decision = Compiled(policies, gateway=self._gateway).evaluate(request)
                return decision._replace(notes=(*decision.notes, exempt))
        bound = self._bound.get(caller.kind)
        if bound is None or self._hierarchy:
            bound = self._binding(caller)
        heard: list[_Heard] = []
        found: dict[Kind, Effect] = {}
        for level, known in bound.levels:
            one = known or _hear(request, level)
            heard.append(one)
            if one[1] == "deny" or found.get(one[0], "allow") == "allow":
                found[one[0]] = one[1]  # every level has to allow, and any Deny blocks
        resource = public = False
        grants = _NO_GRANTS
        if self._resource and found["resource"] == "allow":
            resource = True
            grants = heard[0][3][0].grants
            public = self._turns_away(request)
            if public:
                found["resource"] = "deny"
        must_allow = _must_allow(request, resource, grants)
        if bound.bare is not None and "resource" in must_allow:
            heard.append(bound.bare)
            found["resource"] = "none"
        allowing: list[Kind] = []
        blocking: list[Kind] = []
        word: Word = "Allowed"
        for kind, effect in found.items():
            if effect == "allow":
                allowing.append(kind)
            elif effect == "deny":
                blocking.append(kind)
                word = "ExplicitlyDenied"
            elif kind in must_allow:
                blocking.append(kind)
                word = "ImplicitlyDenied" if word == "Allowed" else word
        if exempted and word == "Allowed" and root_may_never(request):
            return Decision("ImplicitlyDenied", ("identity",), (_NEVER,), self._notes)
        telling = blocking or allowing
        if len(telling) > 1:
            telling.sort(key=KINDS.index)
        deciders: list[Decider] = []
        for kind in telling:
            if kind == "resource" and public:
                deciders.append(Decider("s3-block-public-access", "", "deny", _PUBLIC))
                continue
            effect = found[kind]
            for one in heard:
                if one[0] == kind and one[1] == effect:
                    _tell(one, request, deciders)
        notes = self._notes
        if self._hierarchy or caller.kind == "service" or action.startswith("kms:") or _ON_ACCESS_POINT in arn:
            notes += tuple(_notes(request, self._policies, found, grants))
        return Decision(word, tuple(blocking), tuple(deciders), notes)

    def _binding(self, caller: Principal) -> _Bound:
        found = self._bound.get(caller.kind)
        if found is None:
            found = _Bound.of(levels(caller, self._policies, self._gateway))
            if not caller.is_service_linked_role:
                self._bound[caller.kind] = found
        elif self._hierarchy and caller.is_service_linked_role:
            found = _Bound.of(levels(caller, self._policies, self._gateway))
        return found

    def _turns_away(self, request: Request) -> bool:
        policies = self._policies
        if not policies.s3_block_public_access or policies.resource is None:
            return False
        return turns_away(policies.resource, request)


def evaluate(request: Request, policies: Policies, *, gateway: bool = False) -> Decision:
    """Decide a request under all policies that apply. For many requests, make a `Compiled` once.

    Args:
        request: its context must not hold `UNKNOWN`.
        policies: the parsed policies.
        gateway: the endpoint is a gateway endpoint (S3, DynamoDB), see `judge`.

    Raises:
        ValueError: the answer hangs on a context key that is `UNKNOWN`.
    """
    return Compiled(policies, gateway=gateway).evaluate(request)


def _must_allow(request: Request, allowed: bool, grants: frozenset[Via]) -> frozenset[Kind]:
    """The kinds of policy that have to allow, each if it is attached.

    ``allowed``: the resource policy allows, naming the caller as ``grants`` tells.
    """
    if not _is_own(request):
        return _BOTH_SIDES if request.principal.has_identity else _RESOURCE_SIDE
    if allowed:
        return _OWN_SIDE - excused(grants)
    return _BOTH_SIDES if request.folded_action.startswith(_TRUSTED) and must_trust(request) else _OWN_SIDE


def _is_own(request: Request) -> bool:
    """Whether the caller has policies in the account that owns the resource."""
    caller = request.principal
    return caller.account == request.resource_account and caller.kind in _OF_ACCOUNTS


def excused(grants: frozenset[Via]) -> frozenset[Kind]:
    """The kinds of policy whose silence does not count in the own account, once the resource policy names the caller
    so (facts 5, 7-9)."""
    return frozenset[Kind]().union(*(_EXCUSED[via] for via in grants))


def must_trust(request: Request) -> bool:
    """Whether the resource's own policy has to allow even in its own account: KMS keys and roles to be assumed."""
    part = _TRUSTING.get(request.folded_action[:4])
    return part is not None and request.resource_arn.split(":", 5)[-1].startswith(part)


def _hear(request: Request, level: Level) -> _Heard:
    """All documents of a level: any Deny, else any Allow, else nothing."""
    kind, view, documents, _, together, _ = level
    findings: list[Finding] = []
    for document in documents:
        finding = weigh(document, request, view)
        effect = finding.effect
        if effect == "unknown":
            _refuse(finding, document, request, view)
        elif effect == "deny" or (effect == "allow" and together == "none"):
            together = effect
        findings.append(finding)
    return kind, together, level, findings


def _tell(heard: _Heard, request: Request, deciders: list[Decider]) -> None:
    """Adds the reasons of a level; where a hierarchy allows, the first of them will do."""
    kind, effect, level, findings = heard
    if not findings:
        deciders.append(Decider(level.names[0], "", effect, level.why))
    for number, finding in enumerate(findings):
        if finding.effect == effect:
            label, why = explain(finding, level.documents[number], request, level.view)
            deciders.append(Decider(level.names[number], label, effect, why))
            if effect == "allow" and kind in ("scp", "rcp"):
                break


def _refuse(finding: Finding, document: Document, request: Request, view: View) -> None:
    """An open question is no decision."""
    why = explain(finding, document, request, view)[1]
    raise ValueError(f"evaluate needs a context without UNKNOWN (use judge): {why}")


def _notes(request: Request, policies: Policies, found: dict[Kind, Effect], grants: frozenset[Via]) -> Iterator[str]:
    caller = request.principal
    if (policies.scps or policies.rcps) and caller.is_service_linked_role:
        yield f"{caller.text} is taken for a service-linked role, which SCPs and RCPs do not bind"
    if caller.kind == "service" and Via.EVERYONE in grants:
        yield 'that Principal "*" covers AWS services is an assumption'
    if found.get("rcp") == "none":
        yield "AWS's full-access RCP cannot be detached; the input seems to leave it out"
    if found.get("resource", "none") == "none" and request.folded_action.startswith("kms:") and must_trust(request):
        yield "KMS grants are not modelled"
    if request.service == "s3" and _ON_ACCESS_POINT in request.resource_arn:
        yield "S3 access points are not modelled: the access point and its bucket both have a policy"

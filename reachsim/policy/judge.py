"""Decides what one policy document, taken alone, says about one request: allow, deny, nothing, or not known.

AWS rules (facts 2, 24, 32-39, 41; IAM User Guide, "Policy evaluation logic", "Action", "Resource", "NotResource",
"NotPrincipal"): a statement matches if all its elements do; one matching Deny beats any number of matching Allows;
nothing matching means the document says nothing. If the request's resource is itself a pattern, an Allow matches if
some resource fits both, a Deny only if it covers all of them, so that a pattern counts as allowed if a part of it is.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from .conditions import holds, why_not
from .glob import Glob, covers
from .principals import PrincipalElement, Via
from .request import Request
from .statements import PRINCIPAL_KINDS, Document, Element, Kind, Pattern, Statement
from .truth import UNKNOWN, Truth, Unknown, either, every, opposite

Word = Literal["allow", "deny", "none", "unknown"]

# Another policy may allow where these say nothing, so here a Deny says more than silence does.
_GRANTING_KINDS: Final[frozenset[Kind]] = frozenset({"identity", "resource"})


class Judgement(NamedTuple):
    """What one document says. ``statement`` is the Sid or index of the statement that decided or, for "none", came
    nearest to allowing ("" if there is none); ``why`` is that in words. ``grants`` tells how the matching Allow
    statements name the caller (empty in kinds of policy without ``Principal``)."""

    effect: Word
    statement: str
    why: str
    grants: frozenset[Via] = frozenset()


class _View(NamedTuple):
    """What, besides the request, decides whether a statement matches."""

    kind: Kind
    gateway: bool
    has_boundary: bool


class _Match(NamedTuple):
    """Whether a statement matches, and the first part that does not: 0 action, 1 resource, 2 principal, 3 condition."""

    statement: Statement
    truth: Truth
    stage: int
    via: Via | None = None


def judge(
    document: Document, request: Request, kind: Kind, *, gateway: bool = False, has_boundary: bool = False
) -> Judgement:
    """What one document says about a request.

    Args:
        document: from `parse`.
        request: its context may hold `UNKNOWN`.
        kind: what the document is used as; ``Principal`` counts in "resource", "endpoint" and "rcp" only.
        gateway: the endpoint is a gateway endpoint, where an account in ``Principal`` is its root user alone.
        has_boundary: the caller has a permissions boundary, so that ``NotPrincipal`` with Deny never spares it.

    Returns:
        "unknown" if a statement that hangs on an `UNKNOWN` key could change the answer.

    >>> from .document import parse
    >>> from .principals import Principal
    >>> caller = Principal.parse("arn:aws:iam::111122223333:user/ann")
    >>> policy = parse({"Statement": {"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}})
    >>> judge(policy, Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333"), "identity").why
    'nearest is statement 0: Action s3:Put* does not match s3:GetObject'
    """
    view = _View(kind, gateway and kind == "endpoint", has_boundary)
    matches = [_match(statement, request, view) for statement in document.statements]
    denies = [match for match in matches if match.statement.effect == "Deny"]
    allows = [match for match in matches if match.statement.effect == "Allow"]
    for match in denies:
        if match.truth:
            return _decided("deny", match, request)
    granting = [match for match in allows if match.truth]
    question = _open_question(denies, allows, granting, kind)
    if question:
        return _undecided(question, request, view)
    if granting:
        return _decided("allow", granting[0], request, frozenset(match.via for match in granting if match.via))
    return _nothing(allows, request, view)


def _open_question(denies: list[_Match], allows: list[_Match], granting: list[_Match], kind: Kind) -> _Match | None:
    """The first statement of which it is not known whether it matches, if it could change the answer."""
    unsure_denies = [match for match in denies if match.truth is None]
    unsure_allows = [] if granting else [match for match in allows if match.truth is None]
    if not granting and not unsure_allows and kind not in _GRANTING_KINDS:
        return None  # a ceiling that cannot allow blocks, whether or not it also denies
    return next(iter(unsure_denies + unsure_allows), None)


def _match(statement: Statement, request: Request, view: _View) -> _Match:
    for element in statement.actions:
        if not _action_matches(element, request):
            return _Match(statement, False, 0)
    truth: Truth = True
    for element in statement.resources:
        found = _resource_matches(element, request, statement.effect == "Deny")
        if found is False:
            return _Match(statement, False, 1)
        truth = truth and found
    via = None
    if view.kind in PRINCIPAL_KINDS:
        via = _via(statement, request, view)
        if via is None:
            return _Match(statement, False, 2)
    if statement.conditions:
        truth = every((truth, *(holds(condition, request.keys) for condition in statement.conditions)))
    return _Match(statement, truth, 3, via)


def _action_matches(element: Element, request: Request) -> bool:
    action = request.folded_action
    for pattern in element.patterns:
        if pattern.glob is not None and pattern.glob.matches(action):
            return not element.negated
    return element.negated


def _resource_matches(element: Element, request: Request, deny: bool) -> Truth:
    if request.resource_pattern is None:
        found = _fits_one(element.patterns, request)
    elif request.wildcard_only_action and request.resource_arn == "*":
        found = any(pattern.template.text == "*" for pattern in element.patterns)
    else:
        # With NotResource the roles swap: a Deny may not overlap what it excepts, an Allow need only not be covered.
        found = _relates(element.patterns, request.resource_pattern, request, whole=deny is not element.negated)
    return opposite(found) if element.negated else found


def _fits_one(patterns: tuple[Pattern, ...], request: Request) -> Truth:
    """Whether the request's resource, a plain ARN, fits one of the patterns."""
    answer: Truth = False
    for pattern in patterns:
        glob = _glob(pattern, request)
        if isinstance(glob, Unknown):
            answer = None
        elif glob is not None and glob.matches(request.resource_arn):
            return True
    return answer


def _relates(patterns: tuple[Pattern, ...], wanted: Glob, request: Request, whole: bool) -> Truth:
    """Whether the patterns together cover the wanted one (``whole``), or one of them overlaps it."""
    globs = [_glob(pattern, request) for pattern in patterns]
    known = [glob for glob in globs if isinstance(glob, Glob)]
    found = covers(known, wanted) if whole else any(glob.overlaps(wanted) for glob in known)
    return either((found, None if UNKNOWN in globs else False))


def _glob(pattern: Pattern, request: Request) -> Glob | Unknown | None:
    """The pattern with its variables replaced; None if one has no value, which fits no resource."""
    if pattern.glob is not None:
        return pattern.glob
    pieces = pattern.template.fill(request.keys)
    return Glob.of(pieces) if isinstance(pieces, tuple) else pieces


def _via(statement: Statement, request: Request, view: _View) -> Via | None:
    """How the statement names the caller; None if it does not."""
    via = Via.EVERYONE
    for element in statement.principals:
        found = _element_via(element, statement, request, view)
        if found is None:
            return None
        via = found
    return via


def _element_via(element: PrincipalElement, statement: Statement, request: Request, view: _View) -> Via | None:
    caller = request.principal
    if element.name == "Principal":
        return element.closest(caller, view.gateway)
    if statement.effect == "Allow":
        return None if element.closest(caller) else Via.EVERYONE
    bounded = view.has_boundary and caller.has_identity and caller.kind != "root"
    return Via.EVERYONE if bounded or element.missing_level(caller) else None


def _decided(effect: Word, match: _Match, request: Request, grants: frozenset[Via] = frozenset()) -> Judgement:
    verb = "allows" if effect == "allow" else "denies"
    label = match.statement.label
    return Judgement(effect, label, f"statement {label} {verb} {request.action} on {request.resource_arn}", grants)


def _undecided(match: _Match, request: Request, view: _View) -> Judgement:
    label, effect = match.statement.label, match.statement.effect.lower()
    reason = _reason(match, request, view)
    return Judgement("unknown", label, f"statement {label} may {effect} {request.action}: {reason}")


def _nothing(allows: list[_Match], request: Request, view: _View) -> Judgement:
    if not allows:
        return Judgement("none", "", "no statement allows anything")
    nearest = max(allows, key=lambda match: match.stage)  # the first of those that got furthest
    label = nearest.statement.label
    return Judgement("none", label, f"nearest is statement {label}: {_reason(nearest, request, view)}")


def _mismatch(element: Element, found: str) -> str:
    return f"{element} {'excepts' if element.negated else 'does not match'} {found}"


def _reason(match: _Match, request: Request, view: _View) -> str:
    """Which part of the statement does not match, or is not known to."""
    statement = match.statement
    if match.stage == 0:
        element = next(element for element in statement.actions if not _action_matches(element, request))
        return _mismatch(element, request.action)
    for element in statement.resources:
        truth = _resource_matches(element, request, statement.effect == "Deny")
        if truth is False:
            return _mismatch(element, request.resource_arn)
        if truth is None:
            return f"{element} holds a variable whose value is not known"
    if match.stage == 2:
        name = statement.principals[0].name
        remark = " (on a gateway endpoint an account is its root user alone)" if view.gateway else ""
        return f"{name} does not name {request.principal.text}{remark}"
    truths = [(holds(condition, request.keys), condition) for condition in statement.conditions]
    failed = [condition for truth, condition in truths if truth is False]
    unsure = [condition for truth, condition in truths if truth is None]
    return why_not((failed + unsure)[0], request.keys)

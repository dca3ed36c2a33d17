"""Decides what one policy document, taken alone, says about one request: allow, deny, nothing, or not known.

AWS rules (facts 2, 24, 32-39, 41; IAM User Guide, "Policy evaluation logic", "Action", "Resource", "NotResource",
"NotPrincipal"): a statement matches if all its elements do; one matching Deny beats any number of matching Allows;
nothing matching means the document says nothing. If the request's resource is itself a pattern, an Allow matches if
some resource fits both, a Deny only if it covers all of them, so that a pattern counts as allowed if a part of it is.

`weigh` finds the answer and the statement; `explain` puts it into words, which costs more and is seldom needed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .conditions import holds, in_words
from .glob import Glob, covers
from .principals import PrincipalElement, Via
from .request import Request
from .stand_ins import plain
from .statements import PRINCIPAL_KINDS, Document, Element, Finding, Kind, Pattern, Statement, Word
from .truth import UNKNOWN, Truth, Unknown, either, opposite

# Another policy, of the same level among SCPs and RCPs, may allow where these say nothing, so here a Deny says more
# than silence does.
GRANTING_KINDS: Final[frozenset[Kind]] = frozenset({"identity", "resource", "scp", "rcp"})


class Judgement(NamedTuple):
    """What one document says. ``statement`` is the Sid or index of the statement that decided or, for "none", came
    nearest to allowing ("" if there is none); ``why`` is that in words. ``grants`` tells how the matching Allow
    statements name the caller (empty in kinds of policy without ``Principal``)."""

    effect: Word
    statement: str
    why: str
    grants: frozenset[Via] = frozenset()


class View(NamedTuple):
    """What, besides the request, decides whether a statement matches."""

    kind: Kind
    gateway: bool = False
    has_boundary: bool = False


_NOTHING: Final = Finding("none", Statement(0, "", "Deny"))


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
    view = View(kind, gateway and kind == "endpoint", has_boundary)
    finding = weigh(document, request, view)
    label, why = explain(finding, document, request, view)
    return Judgement(finding.effect, label, why, finding.grants)


def may_allow(document: Document, request: Request, kind: Kind) -> bool:
    """Whether a document allows a request, or may, as far as its context is known. One that surely does not allow it is
    silent here, though it may deny it (`judge` says "unknown" then, of kinds that stand beside others).

    >>> from .document import parse
    >>> from .principals import Principal
    >>> from .truth import UNKNOWN
    >>> request = Request(Principal.parse("arn:aws:iam::111122223333:user/ann"), "s3:GetObject", "arn:aws:s3:::b/k",
    ...                   "111122223333", {"aws:SourceVpc": UNKNOWN})
    >>> deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "x"}}}
    >>> judge(parse({"Statement": deny}), request, "identity").effect
    'unknown'
    >>> may_allow(parse({"Statement": deny}), request, "identity")
    False
    """
    ceiling: Kind = "endpoint" if kind in PRINCIPAL_KINDS else "boundary"
    return weigh(document, request, View(ceiling)).effect in ("allow", "unknown")


def weigh(document: Document, request: Request, view: View) -> Finding:
    """What a document says, without words."""
    denies, allows = document.known.get(request.folded_action) or document.relevant(request.folded_action)
    by_principal = view.kind in PRINCIPAL_KINDS
    unsure_deny: Statement | None = None
    for finding in denies:
        statement = finding.statement
        if by_principal and names(statement, request, view) is None:
            continue
        truth = _matches(statement, request)
        if truth:
            return finding
        if truth is None and unsure_deny is None:
            unsure_deny = statement
    if not allows and unsure_deny is None:
        return _NOTHING
    granting: Finding | None = None
    unsure_allow: Statement | None = None
    grants: list[Via] = []
    for finding in allows:
        statement = finding.statement
        via = None
        if by_principal:
            via = names(statement, request, view)
            if via is None:
                continue
        truth = _matches(statement, request)
        if truth:
            if via is None and unsure_deny is None:
                return finding  # who is named does not matter, so one is enough
            granting = granting or finding
            if via is not None:
                grants.append(via)
        elif truth is None and unsure_allow is None:
            unsure_allow = statement
    if unsure_deny is not None or unsure_allow is not None:
        unsure = _open_question(unsure_deny, unsure_allow, granting is not None, view.kind)
        if unsure is not None:
            return Finding("unknown", unsure)
    if granting is None:
        return _NOTHING
    return Finding("allow", granting.statement, frozenset(grants)) if grants else granting


def _open_question(deny: Statement | None, allow: Statement | None, granted: bool, kind: Kind) -> Statement | None:
    """The first statement of which it is not known whether it matches, if it could change the answer."""
    if granted:
        return deny
    if allow is None and kind not in GRANTING_KINDS:
        return None  # a ceiling that cannot allow blocks, whether or not it also denies
    return deny or allow


def _matches(statement: Statement, request: Request) -> Truth:
    """Whether resource and conditions of a statement match; its action and principal do."""
    truth: Truth = True
    keys = request.keys
    if statement.takes is not None and request.resource_pattern is None:
        begins = statement.begins
        if not (request.resource_arn.startswith(begins) if begins else statement.takes(request.resource_arn)):
            return False
        if statement.quick is not None:
            for lookup, test in statement.quick:
                value = keys.get(lookup)
                if value.__class__ is not str:
                    break  # absent, several or not known
                if not test(value):
                    return False
            else:
                return True
    else:
        for element in statement.resources:
            found = _resource_matches(element, request, statement.effect == "Deny")
            if found is False:
                return False
            truth = truth and found
    for condition in statement.conditions:
        found = holds(condition, keys)
        if found is False:
            return False
        truth = truth and found
    return truth


def _resource_matches(element: Element, request: Request, deny: bool) -> Truth:
    if request.resource_pattern is None:
        if element.fixed:
            return element.fits(request.resource_arn)
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


def names(statement: Statement, request: Request, view: View) -> Via | None:
    """How a statement names the caller of a request; None if it does not."""
    via = Via.EVERYONE
    for element in statement.principals:
        found = _element_via(element, statement, request, view)
        if found is None:
            return None
        via = found
    return via


def _element_via(element: PrincipalElement, statement: Statement, request: Request, view: View) -> Via | None:
    caller = request.principal
    if element.name == "Principal":
        return element.closest(caller, view.gateway)
    if statement.effect == "Allow":
        return None if element.closest(caller) else Via.EVERYONE
    bounded = view.has_boundary and caller.has_identity and caller.kind != "root"
    return Via.EVERYONE if bounded or element.missing_level(caller) else None


# --- in words -------------------------------------------------------------------------------------------------------


def explain(finding: Finding, document: Document, request: Request, view: View) -> tuple[str, str]:
    """(the label of the statement that decided or came nearest, why), as `Judgement` holds them."""
    if finding.effect == "none":
        return _nearest(document, request, view)
    statement = finding.statement
    label = statement.label
    if finding.effect == "unknown":
        return label, f"statement {label} may {statement.effect.lower()} {request.action}: " + _reason(
            statement, request, view, None
        )
    what = f"{request.action} on {request.resource_arn}"
    if finding.effect == "allow":
        return label, f"statement {label} allows {what}"
    reasons = [in_words(condition, request.keys) for condition in statement.conditions]
    if view.kind in PRINCIPAL_KINDS:
        reasons = [*(_not_spared(one, request) for one in statement.principals), *reasons]
    told = " and ".join(filter(None, reasons))
    return label, f"statement {label} denies {what}" + (f", {told}" if told else "")


def _not_spared(element: PrincipalElement, request: Request) -> str:
    """Why a ``NotPrincipal`` with Deny does not spare the caller; "" for a ``Principal``."""
    if element.name == "Principal":
        return ""
    caller = request.principal
    level = element.missing_level(caller)
    if level is None:
        return "NotPrincipal spares nobody with a permissions boundary"
    lacking = {"account": f"account {caller.account}", "role": f"role {caller.name}"}
    who = plain(lacking.get(level, f"{level} {caller.text}"))
    if caller.kind not in ("session", "role", "user"):
        return f"NotPrincipal does not list the {who}"
    levels = "account, role and session" if caller.kind == "session" else f"account and {caller.kind}"
    return f"NotPrincipal has to list {levels} to spare somebody, and does not list the {who}"


def _nearest(document: Document, request: Request, view: View) -> tuple[str, str]:
    """The first Allow statement of those that got furthest, and the part of it that does not match."""
    nearest, furthest = None, -1
    for finding in document.relevant(request.folded_action).allows:
        stage = _stage(finding.statement, request, view)
        if stage > furthest:
            nearest, furthest = finding.statement, stage
    if nearest is None:
        nearest = document.first_allow
    if nearest is None:
        return "", "no statement allows anything"
    return nearest.label, f"nearest is statement {nearest.label}: {_reason(nearest, request, view, False)}"


def _stage(statement: Statement, request: Request, view: View) -> int:
    """The first part that does not match, given that the action does: 1 resource, 2 principal, 3 condition."""
    for element in statement.resources:
        if _resource_matches(element, request, statement.effect == "Deny") is False:
            return 1
    return 2 if view.kind in PRINCIPAL_KINDS and names(statement, request, view) is None else 3


def _mismatch(element: Element, found: str) -> str:
    return f"{element.text} {'excepts' if element.negated else 'does not match'} {found}"


def _reason(statement: Statement, request: Request, view: View, wanted: Truth) -> str:
    """Which part of a statement does not match (``wanted`` False) or is not known to (None)."""
    for element in statement.actions:
        if not element.fits(request.folded_action):
            return _mismatch(element, request.action)
    for element in statement.resources:
        truth = _resource_matches(element, request, statement.effect == "Deny")
        if truth is False:
            return _mismatch(element, request.resource_arn)
        if truth is None and wanted is None:
            return f"{element} holds a variable whose value is not known"
    if view.kind in PRINCIPAL_KINDS and names(statement, request, view) is None:
        name = statement.principals[0].name
        remark = " (on a gateway endpoint an account is its root user alone)" if view.gateway else ""
        return f"{name} does not name {plain(request.principal.text)}{remark}"
    condition = next(one for one in statement.conditions if holds(one, request.keys) is wanted)
    return in_words(condition, request.keys)

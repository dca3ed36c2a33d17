"""Answers questions about all requests at once, completely and with concrete requests as proof.

- `lets_through`: what a policy lets through, by caller, owner and statement ("the default S3 endpoint policy lets a
  build write to any bucket of any account").
- `allows_more`: whether one policy allows anything that another does not.
- `reachable_from_outside`: who can use a resource from outside every VPC.
- `narrowest`: the narrowest endpoint policy under which some requests pass.

How: policy-symbolic fact sheet; `symbolic_space` cuts the requests into cells, every cell has a concrete request, and
that request is judged once more by `judge`. Where a policy variable leaves something open the answer is "perhaps", with
both bounds: what surely passes and what may pass. Cells cover what `symbolic_space` calls a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from .document import parse
from .judge import View, judge
from .request import VPC_KEYS, Request
from .statements import Document, Kind
from .symbolic_cells import CallerClass, Cell, Group, OwnerClass
from .symbolic_cells import Zone as Zone
from .symbolic_proofs import filled
from .symbolic_space import Space
from .symbolic_text import TooComplex
from .symbolic_values import KeyValue

CALLERS: Final[tuple[CallerClass, ...]] = ("own account", "own organization", "another account", "anonymous")
OWNERS: Final[tuple[OwnerClass, ...]] = ("own account", "own organization", "another account")
_EVERYONE: Final[tuple[CallerClass, ...]] = (*CALLERS, "AWS service")
_OUTSIDE: Final[dict[str, KeyValue]] = dict.fromkeys(VPC_KEYS)
_MOST_PROOFS: Final = 60
Extent = Literal["all", "some", "perhaps"]


class Row(NamedTuple):
    """One thing that passes: these callers by this statement on resources of these owners.

    ``extent``: "all" such requests pass, "some" of them (others are denied, or lack a condition), or "perhaps" (that
    hangs on a policy variable, or the actions are not known to be on such resources). ``witness`` is a request that
    passes; for "perhaps" one that may.
    """

    callers: tuple[CallerClass, ...]
    owners: tuple[OwnerClass, ...]
    statement: str
    actions: str
    resources: str
    conditions: tuple[str, ...]
    extent: Extent
    witness: Request


class Table(NamedTuple):
    """What passes; ``exact`` is False where rows may be missing, ``notes`` say why."""

    rows: tuple[Row, ...]
    exact: bool
    notes: tuple[str, ...]


class Difference(NamedTuple):
    """Whether one policy allows more than another: True with a request as ``witness``; False; or None, not decided.

    Undecided, ``witness`` is a request that may be allowed by the one and not by the other, if there is any.
    """

    more: bool | None
    witness: Request | None
    notes: tuple[str, ...]


def lets_through(
    document: Document, zone: Zone, *, kind: Kind = "endpoint", gateway: bool = False,
    fixed: Mapping[str, KeyValue] | None = None, services: Iterable[str] = (),
    resources: Sequence[str] = (),
) -> Table:  # fmt: skip
    """What a policy lets through, as a small table.

    Args:
        document: from `parse`.
        zone: whose account and organization is "own".
        kind: what the document is used as.
        gateway: the endpoint is a gateway endpoint, see `judge`.
        fixed: context keys whose values (None: their absence) are settled, such as those of a network path.
        services: only actions of these services, such as that of the endpoint; else those that the policy names.
        resources: only these resources (ARNs that may hold wildcards), which are the own account's.

    >>> open_to_all = parse({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}})
    >>> row = lets_through(open_to_all, Zone("111122223333", "o-1"), services=["s3"]).rows[0]
    >>> row.callers, row.owners, row.extent
    (('own account', 'own organization', 'another account', 'anonymous'), ('own account', 'own organization', \
'another account'), 'all')
    """
    try:
        view = View(kind, gateway and kind == "endpoint")
        space = Space([document], zone, view, fixed=fixed, services=services, resources=resources)
        owners = OWNERS[:1] if resources else OWNERS
        return _table(space, document, CALLERS if kind == "endpoint" else _EVERYONE, owners)
    except TooComplex as error:
        return Table((), False, (f"not worked out: {error}",))


def allows_more(
    newer: Document | Sequence[Document], older: Document | Sequence[Document], zone: Zone, *,
    kind: Kind = "endpoint", gateway: bool = False, fixed: Mapping[str, KeyValue] | None = None,
    services: Iterable[str] = (), resources: Sequence[str] = (), callers: Sequence[CallerClass] = (),
) -> Difference:  # fmt: skip
    """Whether the newer policy (or policies of one kind together) allows anything that the older one does not.

    Args:
        newer, older: from `parse`.
        zone, kind, gateway, fixed, services, resources: as `lets_through` takes them.
        callers: only these, in the order in which a witness is looked for.

    >>> read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    >>> old, new = parse({"Statement": read}), parse({"Statement": {**read, "Action": "s3:Get*"}})
    >>> allows_more(old, new, Zone("111122223333")).more
    False
    >>> answer = allows_more(new, old, Zone("111122223333"))
    >>> answer.more, answer.witness.action.startswith("s3:Get")
    (True, True)
    """
    mine = [newer] if isinstance(newer, Document) else list(newer)
    theirs = [older] if isinstance(older, Document) else list(older)
    view = View(kind, gateway and kind == "endpoint")
    try:
        space = Space([*mine, *theirs], zone, view, fixed=fixed, services=services, resources=resources)
        new, old = _union(space.groups[: len(mine)]), _union(space.groups[len(mine) :])
        every: Sequence[CallerClass] = _EVERYONE if kind in ("resource", "rcp", "endpoint") else ("own account",)

        def allows(documents: Sequence[Document], request: Request) -> bool:
            effects = {judge(one, request, kind, gateway=gateway).effect for one in documents}
            return "allow" in effects and "deny" not in effects

        domain = callers or every, OWNERS[:1] if resources else OWNERS
        return _difference(space, new, old, domain, lambda one: allows(mine, one) and not allows(theirs, one))
    except TooComplex as error:
        return Difference(None, None, (f"not decided: {error}",))


def reachable_from_outside(
    document: Document | None, zone: Zone, resources: Sequence[str], *, fixed: Mapping[str, KeyValue] | None = None
) -> Table:
    """Who can use a resource from outside every VPC, where a request has no ``aws:SourceVpce``, ``aws:SourceVpc``, ….

    A row whose statement is "" stands for callers of the own account whom no Deny keeps off: whether they may is up to
    their own policies.

    Args:
        document: the resource's policy, None if it has none.
        zone: its account owns the resource.
        resources: the ARNs that are the resource, such as those of a bucket and of its objects.
        fixed: further context keys whose values are settled.

    >>> only = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    ...         "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
    >>> reachable_from_outside(parse({"Statement": only}), Zone("111122223333"), ["arn:aws:s3:::b/*"]).rows
    ()
    """
    held = document if document is not None else parse({"Statement": []})
    settled = {**_OUTSIDE, "aws:ViaAWSService": "false", **(fixed or {})}
    table = lets_through(held, zone, kind="resource", fixed=settled, resources=resources)
    anything = parse({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}})
    try:
        space = Space([held, anything], zone, View("resource"), fixed=settled, resources=resources)
    except TooComplex as error:
        return table._replace(exact=False, notes=(*table.notes, f"not worked out: {error}"))
    row = _undenied(space, Group(space.groups[1].allow, space.groups[0].deny))
    return table._replace(rows=(*table.rows, row)) if row else table


def narrowest(requests: Sequence[Request], *, gateway: bool = False) -> dict[str, Any]:
    """The narrowest endpoint policy under which these requests pass: their callers, actions and resources and no more.

    Callers are named by ``aws:PrincipalArn`` under Principal ``*`` at a gateway endpoint, where AWS documents nothing
    else, and as Principal at an interface endpoint. Requests that AWS signs with accounts of its own (ECR's layer
    downloads, fact 27) should come as anonymous ones: their statement then names nobody.

    Returns:
        The document as an object for `json.dumps`; `judge` allows every request under it.

    >>> from .principals import Principal
    >>> caller = Principal.parse("arn:aws:iam::111122223333:role/build")
    >>> get = Request(caller, "s3:GetObject", "arn:aws:s3:::b/*", "111122223333")
    >>> narrowest([get], gateway=True)["Statement"][0]["Resource"]
    'arn:aws:s3:::b/*'
    """
    by_caller: dict[str, dict[tuple[str, ...], list[str]]] = {}
    wanted: dict[str, dict[str, set[str]]] = {}
    for request in requests:
        resource = "*" if request.wildcard_only_action else request.resource_arn
        wanted.setdefault(_caller_arn(request), {}).setdefault(resource, set()).add(request.action)
    for caller, resources in wanted.items():
        for resource, actions in sorted(resources.items()):
            by_caller.setdefault(caller, {}).setdefault(tuple(sorted(actions)), []).append(resource)
    statements = [
        _statement(caller, actions, resources, gateway)
        for caller, groups in sorted(by_caller.items())
        for actions, resources in sorted(groups.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


# --- the table ------------------------------------------------------------------------------------------------------


def _table(space: Space, document: Document, callers: Sequence[CallerClass], owners: Sequence[OwnerClass]) -> Table:
    found: dict[tuple[int, Extent], dict[tuple[CallerClass, OwnerClass], Request]] = {}
    for caller in callers:
        for owner in owners:
            cells = list(space.cells([caller], [owner], by_taken=True))
            for place, statement in enumerate(document.statements):
                answer = _extent(space, document, place, cells) if statement.effect == "Allow" else None
                if answer is not None:
                    extent, request = answer
                    found.setdefault((place, extent), {})[caller, owner] = request
    rows: list[Row] = []
    for (place, extent), pairs in sorted(found.items()):
        for of, theirs in _products(pairs):
            rows.append(_row(document, place, extent, of, theirs, pairs[of[-1], theirs[-1]]))
    return Table(tuple(rows), space.exact, () if space.exact else (_INEXACT,))


_INEXACT: Final = "a context key is tested by operators of different sorts, so rows may be missing"


def _extent(space: Space, document: Document, place: int, cells: Sequence[Cell]) -> tuple[Extent, Request] | None:
    """How much of what a statement takes passes in the cells of a class, and a request that does."""
    group = space.groups[0]
    bit = 1 << place
    sure: Cell | None = None
    perhaps: list[Cell] = []
    every = True
    for cell in cells:
        allowed = space.open.allows(group, cell.masks)
        taken = bool(cell.taken & bit)
        every = every and (allowed.must or not taken or not cell.target.suits)
        if taken and allowed.must and cell.masks.must & bit and cell.target.suits:
            sure = sure or cell
        elif allowed.may and cell.masks.may & bit:  # also targets that the statement may take, if it holds a variable
            perhaps.append(cell)
    if sure is not None:
        return ("all" if every else "some"), space.request(sure)
    if not perhaps:
        return None
    alone = Document(document.version, (document.statements[place],), ())
    kind, gateway = space.view.kind, space.view.gateway

    def passes(request: Request) -> bool:
        return all(judge(one, request, kind, gateway=gateway).effect == "allow" for one in (alone, document))

    proof = next(_proofs(space, perhaps, passes), None)
    return ("some", proof) if proof is not None else ("perhaps", space.request(perhaps[0]))


def _products(
    pairs: Mapping[tuple[CallerClass, OwnerClass], Request],
) -> list[tuple[tuple[CallerClass, ...], tuple[OwnerClass, ...]]]:
    """The pairs as few products of callers and owners: callers with the same owners stand together."""
    owners: dict[CallerClass, tuple[OwnerClass, ...]] = {}
    for caller, owner in pairs:
        owners[caller] = (*owners.get(caller, ()), owner)
    together: dict[tuple[OwnerClass, ...], tuple[CallerClass, ...]] = {}
    for caller, theirs in owners.items():
        together[theirs] = (*together.get(theirs, ()), caller)
    return [(callers, theirs) for theirs, callers in together.items()]


def _row(
    document: Document, place: int, extent: Extent, callers: tuple[CallerClass, ...], owners: tuple[OwnerClass, ...],
    witness: Request,
) -> Row:  # fmt: skip
    statement = document.statements[place]
    return Row(
        callers, owners, statement.label, " and ".join(map(str, statement.actions)),
        " and ".join(map(str, statement.resources)), tuple(map(str, statement.conditions)), extent, witness,
    )  # fmt: skip


def _undenied(space: Space, group: Group) -> Row | None:
    """The row of those of the own account whom no Deny keeps off."""
    perhaps: Cell | None = None
    own: OwnerClass = "own account"
    for cell in space.cells([own], [own]):
        allowed = space.open.allows(group, cell.masks)
        if allowed.must and cell.target.suits:
            return Row((own,), (own,), "", "any action", "any resource", (), "some", space.request(cell))
        perhaps = perhaps or (cell if allowed.may else None)
    if perhaps is None:
        return None
    return Row((own,), (own,), "", "any action", "any resource", (), "perhaps", space.request(perhaps))


# --- the difference -------------------------------------------------------------------------------------------------


def _union(groups: Sequence[Group]) -> Group:
    allow = deny = 0
    for group in groups:
        allow, deny = allow | group.allow, deny | group.deny
    return Group(allow, deny)


def _proofs(space: Space, cells: Iterable[Cell], is_proof: Callable[[Request], bool]) -> Iterator[Request]:
    """Requests of cells that hang on variables, made concrete, that are what is looked for."""
    for cell in islice((one for one in cells if one.target.real and one.target.suits), _MOST_PROOFS):
        undecided = cell.masks.may & ~cell.masks.must
        for place in range(undecided.bit_length()):
            if undecided >> place & 1:
                yield from filter(is_proof, filled(space, cell, place))


def _difference(
    space: Space, new: Group, old: Group, domain: tuple[Sequence[CallerClass], Sequence[OwnerClass]],
    is_proof: Callable[[Request], bool],
) -> Difference:  # fmt: skip
    open_: list[Cell] = []
    unreal: Cell | None = None
    for cell in space.cells(*domain):
        more = space.open.more(new, old, cell.masks)
        if more.must and is_proof(request := space.request(cell)):
            if cell.target.real and cell.target.suits:
                return Difference(True, request, ())
            unreal = unreal or cell
        elif more.may:
            open_.append(cell)
    proof = next(_proofs(space, open_, is_proof), None)
    if proof is not None:
        return Difference(True, proof, ())
    if unreal is not None:
        action, resource = unreal.target.action, unreal.target.resource
        why = f"{action} is no action that AWS is known to have"
        if unreal.target.real:
            why = f"{action} is not known to be an action on {resource}"
        return Difference(True, space.request(unreal), (why,))
    if open_:
        return Difference(None, space.request(open_[0]), ("that hangs on what a policy variable stands for",))
    return Difference(False, None, ()) if space.exact else Difference(None, None, (_INEXACT,))


# --- the narrowest policy -------------------------------------------------------------------------------------------


def _caller_arn(request: Request) -> str:
    """Whom a statement would name: the role of a session, "" for nobody in particular."""
    principal = request.principal
    if principal.kind == "anonymous":
        return ""
    known = request.keys.get("aws:principalarn")
    if isinstance(known, str):
        return known
    if principal.kind == "session":
        return f"arn:{principal.text.split(':')[1]}:iam::{principal.account}:role/{principal.name}"
    return principal.text


def _statement(caller: str, actions: Sequence[str], resources: Sequence[str], gateway: bool) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": _one(actions),
        "Resource": _one(resources),
    }
    if caller and not gateway:
        statement["Principal"] = {"AWS": caller}
    elif caller:
        statement["Condition"] = {"ArnEquals": {"aws:PrincipalArn": caller}}
    return statement


def _one(texts: Sequence[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)

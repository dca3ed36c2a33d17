"""Sorts the policies that bind a caller into levels, each of which is weighed on its own; combines nothing.

AWS rules: the policies of one kind count together, any Deny first, then any Allow (facts 2, 5). An SCP or RCP
hierarchy must allow at every level (facts 11, 12). SCPs bind the principals of an account, root too; SCPs and RCPs
leave service-linked roles alone (facts 11, 12). The root user needs no identity policy (fact 1). A federated-user
session without a session policy has no identity permissions (fact 13). IAM User Guide, "Policy evaluation logic"; AWS
Organizations User Guide, "SCPs", "RCPs".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from .judge import View
from .principals import Principal
from .statements import KINDS, Document, Kind

Effect = Literal["allow", "deny", "none"]


class Policies(NamedTuple):
    """Every policy that applies to a request.

    None means "none attached"; an empty tuple means "attached but allows nothing", which for ``boundary`` and
    ``endpoint`` blocks. ``scps`` and ``rcps`` list the levels from the root down, each with all its policies, AWS's
    full-access policy among them where it is attached; no levels means that none bind. ``s3_block_public_access`` is
    whether the bucket or its account has it on.
    """

    identity: tuple[Document, ...] | None = None
    boundary: tuple[Document, ...] | None = None
    session: Document | None = None
    scps: tuple[tuple[Document, ...], ...] | None = None
    rcps: tuple[tuple[Document, ...], ...] | None = None
    resource: Document | None = None
    endpoint: tuple[Document, ...] | None = None
    s3_block_public_access: bool | None = None

    def documents(self) -> Iterator[tuple[Kind, str, Document]]:
        """Every document with its kind and the name that results give it."""
        yield from (("identity", f"identity[{i}]", one) for i, one in enumerate(self.identity or ()))
        yield from (("boundary", f"boundary[{i}]", one) for i, one in enumerate(self.boundary or ()))
        yield from (("session", "session", one) for one in (self.session,) if one)
        for n, level in enumerate(self.scps or ()):
            yield from (("scp", f"scp[{n}][{i}]", one) for i, one in enumerate(level))
        for n, level in enumerate(self.rcps or ()):
            yield from (("rcp", f"rcp[{n}][{i}]", one) for i, one in enumerate(level))
        yield from (("resource", "resource", one) for one in (self.resource,) if one)
        yield from (("endpoint", f"endpoint[{i}]", one) for i, one in enumerate(self.endpoint or ()))


class Level(NamedTuple):
    """The documents of one kind, or of one level of an SCP or RCP hierarchy, with the names that results give them.

    ``default`` is what a level without documents says, and ``why``.
    """

    kind: Kind
    view: View
    documents: tuple[Document, ...]
    names: tuple[str, ...]
    default: Effect = "none"
    why: str = ""


def levels(caller: Principal, policies: Policies, gateway: bool) -> tuple[Level, ...]:
    """The levels that bind a caller; one that is not attached is left out, except identity and resource."""
    return tuple(_levels(caller, policies, _VIEWS[policies.boundary is not None, gateway]))


def _levels(caller: Principal, policies: Policies, views: dict[Kind, View]) -> Iterator[Level]:
    resource = (policies.resource,) if policies.resource is not None else ()
    yield Level("resource", views["resource"], resource, ("resource",), why="no resource policy")
    if caller.has_identity:
        yield from _of_the_caller(caller, policies, views)
    if not caller.is_service_linked_role:
        if caller.has_identity:
            yield from _hierarchy(views["scp"], policies.scps or ())
        yield from _hierarchy(views["rcp"], policies.rcps or ())
    if policies.endpoint is not None:
        yield _flat(views["endpoint"], policies.endpoint)


def _of_the_caller(caller: Principal, policies: Policies, views: dict[Kind, View]) -> Iterator[Level]:
    if caller.kind == "root":
        why = "a root user needs no identity policy"
        yield Level("identity", views["identity"], (), ("identity",), "allow", why)
    else:
        yield _flat(views["identity"], policies.identity or ())
    if policies.boundary is not None:
        yield _flat(views["boundary"], policies.boundary)
    if policies.session is not None:
        yield Level("session", views["session"], (policies.session,), ("session",))
    elif caller.kind == "federated-user":
        why = "a federated-user session without a session policy has no identity permissions"
        yield Level("session", views["session"], (), ("session",), why=why)


def _hierarchy(view: View, hierarchy: tuple[tuple[Document, ...], ...]) -> Iterator[Level]:
    for number, documents in enumerate(hierarchy):
        yield _flat(view, documents, f"{view.kind}[{number}]")


def _flat(view: View, documents: tuple[Document, ...], place: str = "") -> Level:
    name = place or view.kind
    names = tuple(f"{name}[{i}]" for i in range(len(documents))) or (name,)
    return Level(view.kind, view, documents, names, why=f"no {view.kind} policy")


def _views(has_boundary: bool, gateway: bool) -> dict[Kind, View]:
    return {kind: View(kind, gateway and kind == "endpoint", has_boundary) for kind in KINDS}


# What the documents of each kind are looked at with, by (the caller has a boundary, the endpoint is a gateway).
_VIEWS: Final = {(has, gateway): _views(has, gateway) for has in (False, True) for gateway in (False, True)}

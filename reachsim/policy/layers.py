"""Decides what each layer of policies says about a request, one small value per layer; combines nothing.

AWS rules: the policies of one kind count together, any Deny first, then any Allow (facts 2, 5). An SCP or RCP
hierarchy must allow at every level (facts 11, 12). SCPs bind the principals of an account, root too; SCPs and RCPs
leave service-linked roles alone (facts 11, 12). The root user needs no identity policy (fact 1). A federated-user
session without a session policy has no identity permissions (fact 13). S3 Block Public Access refuses what a public
bucket policy grants to outsiders (fact 17). IAM User Guide, "Policy evaluation logic"; AWS Organizations User Guide,
"SCPs", "RCPs".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from .judge import Judgement, judge
from .principals import Via
from .public import turns_away
from .request import Request
from .statements import Document, Kind

_RANK: Final = {"deny": 0, "allow": 1, "none": 2}


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


class Decider(NamedTuple):
    """One reason. ``policy`` is the kind with its place in the input ("identity[0]", "scp[1][0]", "resource"),
    ``statement`` the Sid or index of the statement, "" if no statement decided."""

    policy: str
    statement: str
    effect: Literal["allow", "deny", "none"]
    why: str


class Layer(NamedTuple):
    """What all policies of one kind say together."""

    kind: Kind
    effect: Literal["allow", "deny", "none"]
    deciders: tuple[Decider, ...]
    grants: frozenset[Via] = frozenset()


class Asker(NamedTuple):
    """Puts one request to the documents of each layer."""

    request: Request
    gateway: bool
    has_boundary: bool

    def ask(self, document: Document, kind: Kind) -> Judgement:
        return judge(document, self.request, kind, gateway=self.gateway, has_boundary=self.has_boundary)


def layers(request: Request, policies: Policies, gateway: bool) -> tuple[Layer, ...]:
    """What each layer says that binds this caller; a layer that is not attached is left out, except identity and
    resource, which then say nothing."""
    caller = request.principal
    asker = Asker(request, gateway, policies.boundary is not None)
    found: list[Layer | None] = [_resource(asker, policies)]
    if caller.has_identity:
        found += [
            _identity(asker, policies),
            None if policies.boundary is None else _together("boundary", asker, policies.boundary),
            _session(asker, policies),
        ]
    if caller.has_identity and not caller.is_service_linked_role:
        found.append(_levels("scp", asker, policies.scps or ()))
    if not caller.is_service_linked_role:
        found.append(_levels("rcp", asker, policies.rcps or ()))
    if policies.endpoint is not None:
        found.append(_together("endpoint", asker, policies.endpoint))
    return tuple(layer for layer in found if layer)


def _identity(asker: Asker, policies: Policies) -> Layer:
    if asker.request.principal.kind == "root":
        return Layer("identity", "allow", (Decider("identity", "", "allow", "a root user needs no identity policy"),))
    return _together("identity", asker, policies.identity or ())


def _session(asker: Asker, policies: Policies) -> Layer | None:
    if policies.session is not None:
        return _together("session", asker, (policies.session,), "session")
    if asker.request.principal.kind != "federated-user":
        return None
    why = "a federated-user session without a session policy has no identity permissions"
    return Layer("session", "none", (Decider("session", "", "none", why),))


def _resource(asker: Asker, policies: Policies) -> Layer:
    if policies.resource is None:
        return _together("resource", asker, (), "resource")
    layer = _together("resource", asker, (policies.resource,), "resource")
    if (
        not policies.s3_block_public_access
        or layer.effect != "allow"
        or not turns_away(policies.resource, asker.request)
    ):
        return layer
    why = "S3 Block Public Access is on and the bucket policy is public: nobody outside the owner's account may use it"
    return Layer("resource", "deny", (Decider("s3-block-public-access", "", "deny", why),))


def _together(kind: Kind, asker: Asker, documents: Sequence[Document], name: str = "") -> Layer:
    """All policies of one kind: any Deny, else any Allow, else nothing."""
    judged = [(name or f"{kind}[{i}]", asker.ask(document, kind)) for i, document in enumerate(documents)]
    if not judged:
        return Layer(kind, "none", (Decider(kind, "", "none", f"no {kind} policy"),))
    deciders = [_decider(policy, judgement) for policy, judgement in judged]
    effect = min((decider.effect for decider in deciders), key=lambda word: _RANK[word])
    grants = frozenset(via for _, judgement in judged for via in judgement.grants)
    return Layer(kind, effect, tuple(decider for decider in deciders if decider.effect == effect), grants)


def _levels(kind: Kind, asker: Asker, levels: Sequence[Sequence[Document]]) -> Layer | None:
    """A hierarchy: any Deny, else nothing if a level allows nothing, else allow."""
    if not levels:
        return None
    found = [_level(kind, asker, number, level) for number, level in enumerate(levels)]
    for effect in ("deny", "none"):
        stopping = tuple(decider for layer in found if layer.effect == effect for decider in layer.deciders)
        if stopping:
            return Layer(kind, "deny" if effect == "deny" else "none", stopping)
    return Layer(kind, "allow", tuple(layer.deciders[0] for layer in found))


def _level(kind: Kind, asker: Asker, number: int, documents: Sequence[Document]) -> Layer:
    layer = _together(kind, asker, documents)
    named = tuple(
        Decider(f"{kind}[{number}]{decider.policy[len(kind) :]}", decider.statement, decider.effect, decider.why)
        for decider in layer.deciders
    )
    return Layer(kind, layer.effect, named)


def _decider(policy: str, judgement: Judgement) -> Decider:
    if judgement.effect == "unknown":
        raise ValueError(f"evaluate needs a context without UNKNOWN (use judge): {judgement.why}")
    return Decider(policy, judgement.statement, judgement.effect, judgement.why)

"""Decides a request: combines what the layers say into Allowed, ImplicitlyDenied or ExplicitlyDenied.

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

Not modelled: KMS grants, S3 access control lists and access points, service logic such as ECR registry policies (19).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from .layers import Decider, Layer, Policies, layers
from .principals import Via
from .request import Request
from .statements import KINDS, Kind

_CEILINGS: Final[frozenset[Kind]] = frozenset({"scp", "rcp", "endpoint"})
_CALLER_SIDE: Final[frozenset[Kind]] = frozenset({"identity", "boundary", "session"})

# Whose silence does not count once the resource policy names the caller so (facts 5, 7-9).
_EXCUSED: Final[dict[Via, frozenset[Kind]]] = {
    Via.ACCOUNT: frozenset(),
    Via.ROLE: frozenset({"identity"}),
    Via.USER: frozenset({"identity", "boundary"}),
    Via.SESSION: _CALLER_SIDE,
    Via.EVERYONE: _CALLER_SIDE,
    Via.SERVICE: _CALLER_SIDE,
}


class Decision(NamedTuple):
    """The answer. ``blocked_by`` names every kind that blocks, not only the first; ``decided_by`` gives for a denial
    the reasons of those kinds, for an allowed request those of the kinds that allow; ``notes`` what was assumed."""

    decision: Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
    blocked_by: tuple[Kind, ...]
    decided_by: tuple[Decider, ...]
    notes: tuple[str, ...]


def evaluate(request: Request, policies: Policies, *, gateway: bool = False) -> Decision:
    """Decide a request under all policies that apply.

    Args:
        request: its context must not hold `UNKNOWN`.
        policies: the parsed policies.
        gateway: the endpoint is a gateway endpoint (S3, DynamoDB), see `judge`.

    Raises:
        ValueError: the answer hangs on a context key that is `UNKNOWN`.
    """
    found = {layer.kind: layer for layer in layers(request, policies, gateway)}
    denying = {kind for kind, layer in found.items() if layer.effect == "deny"}
    silent = {kind for kind in _needed(request, found) if kind in found and found[kind].effect == "none"}
    blocking = tuple(kind for kind in KINDS if kind in denying or kind in silent)
    telling = blocking or tuple(kind for kind in KINDS if kind in found and found[kind].effect == "allow")
    return Decision(
        decision="ExplicitlyDenied" if denying else "ImplicitlyDenied" if silent else "Allowed",
        blocked_by=blocking,
        decided_by=tuple(decider for kind in telling for decider in found[kind].deciders),
        notes=tuple(_notes(request, policies, found, gateway)),
    )


def _needed(request: Request, found: dict[Kind, Layer]) -> frozenset[Kind]:
    """The kinds of policy that have to allow, each if it is attached."""
    if not request.principal.has_identity:
        return _CEILINGS | {"resource"}
    if not request.same_account:
        return _CEILINGS | _CALLER_SIDE | {"resource"}
    resource = found["resource"]
    if resource.effect != "allow":
        return _CEILINGS | _CALLER_SIDE | ({"resource"} if _must_trust(request) else set())
    return _CEILINGS | _CALLER_SIDE.difference(*(_EXCUSED[via] for via in resource.grants))


def _must_trust(request: Request) -> bool:
    """Whether the resource's own policy has to allow even in its own account: KMS keys and roles to be assumed."""
    resource = request.resource_arn.split(":", 5)[-1]
    return (request.service == "kms" and resource.startswith("key/")) or (
        request.service == "sts" and resource.startswith("role/")
    )


def _notes(request: Request, policies: Policies, found: dict[Kind, Layer], gateway: bool) -> list[str]:
    notes = [f"{name}: {note}" for kind, name, doc in policies.documents() for note in doc.notes_for(kind, gateway)]
    caller, resource = request.principal, found["resource"]
    if caller.is_service_linked_role and (policies.scps or policies.rcps):
        notes.append(f"{caller.text} is taken for a service-linked role, which SCPs and RCPs do not bind")
    if caller.kind == "service" and Via.EVERYONE in resource.grants:
        notes.append('that Principal "*" covers AWS services is an assumption')
    if "rcp" in found and found["rcp"].effect == "none":
        notes.append("AWS's full-access RCP cannot be detached; the input seems to leave it out")
    if request.service == "kms" and resource.effect == "none" and _must_trust(request):
        notes.append("KMS grants are not modelled")
    return notes

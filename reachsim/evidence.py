"""What a walk notes on its way: hops, blocks, gaps and assumptions. Plain values, rendered elsewhere."""

from __future__ import annotations

from typing import Literal

import msgspec

Leg = Literal["request", "response"]
Direction = Literal["ingress", "egress"]
CanHide = Literal["leak", "block", "neither"]


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One component that traffic crosses, with the rule or route that let it pass.

    ``type`` is AWS's resource word, ``source`` the place in the snapshot that says so (``FILE#/json/pointer``).
    """

    component: str
    type: str
    leg: Leg
    rule: str | int | None
    detail: str
    source: str | None = None


class Block(msgspec.Struct, frozen=True, gc=False):
    """One rule, route or component that would have to change for the traffic to pass (DESIGN, ``blocked_by``)."""

    code: str
    component: str
    rule: str | int | None
    at: str | None
    leg: Leg
    direction: Direction
    symptom: str
    detail: str
    cause: str | None = None
    source: str | None = None


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Something that the snapshot does not tell and that decides: the traffic's fate is unknown.

    ``missing`` names the snapshot files that would tell; ``code`` and ``component`` what is not known.
    """

    code: str
    component: str
    detail: str
    missing: tuple[str, ...] = ()
    can_hide: CanHide = "leak"


class Assumption(msgspec.Struct, frozen=True, gc=False):
    """Something taken for granted; ``can_hide`` says what a wrong assumption would hide."""

    code: str
    component: str
    detail: str
    can_hide: CanHide = "neither"

"""What becomes of each destination of a source with all that goes there, and of each need on its own.

Needs share a walk where they go the same way; the policies judge each need's own requests, so that one step's refusal
is not another's. **Source:** DESIGN, "check" (``steps[].outcome`` is what the step would get on its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from reachsim.check.file_systems import within
from reachsim.check.needs import Need
from reachsim.config import Expect
from reachsim.evidence import Assumption
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.simulate import simulate, simulate_each
from reachsim.verdict import Outcome, Verdict, worst

Asked = tuple[str, str, int]
_SOME_NAME: Final = "a-name-that-no-policy-singles-out"


class Answers(Struct, frozen=True):
    """``cells``: by destination, protocol and port, of several names that stand for a destination (a bucket's and
    another's) the worst; ``own``: by need (`Need.question`); ``apart``: names that fare otherwise than their cell."""

    cells: dict[Asked, Verdict]
    own: dict[Any, Verdict]
    apart: tuple[tuple[Asked, Verdict], ...] = ()

    @property
    def all_cells(self) -> tuple[tuple[Asked, Verdict], ...]:
        """The cells and what is apart."""
        return (*self.cells.items(), *self.apart)

    def of(self, need: Need) -> Verdict | None:
        """What a need gets on its own; None if its destination is not told."""
        return self.own.get(need.question)

    @property
    def missing(self) -> tuple[str, ...]:
        """The files that leave a need open."""
        return tuple(path for one in self.own.values() if one.outcome == "unknown" for path in one.missing)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """That a resource's name is not known."""
        return tuple(
            note for key, one in self.own.items() if key[-1] and one.outcome != "blocked" for note in one.assumptions
        )


def answers_to(
    ground: Ground, source: str, needs: Sequence[Need], pins: Mapping[str, IntervalSet], besides: Iterable[str] = ()
) -> Answers:
    """Answer every need, and ``besides`` (services on 443) for the matrix.

    A need that leaves names open (`Need.open`) is judged by the network, endpoint and identity policies alone: it is
    blocked if no name could pass, allowed if any name that no policy singles out passes, else not known.
    """
    asked: dict[Asked, list[Need]] = {(name, "tcp", 443): [] for name in besides}
    for need in needs:
        if need.destination:
            asked.setdefault(need.asked, []).append(need)
    cells: dict[Asked, Verdict] = {}
    own: dict[Any, Verdict] = {}
    apart: list[tuple[Asked, Verdict]] = []
    for key, mine in asked.items():
        names = dict.fromkeys(one.host for one in mine) or {"": None}
        verdicts = [_by_name(ground, source, key, name, [one for one in mine if one.host == name], pins, own)
                    for name in names]  # fmt: skip
        worst_one = min(verdicts, key=lambda one: _WORST_FIRST.index(one.outcome))
        alike = [one for one in verdicts if _fate(one) == _fate(worst_one)]
        notes = dict.fromkeys(note for one in alike for note in one.assumptions)
        cells[key] = msgspec.structs.replace(worst_one, assumptions=tuple(notes))
        apart += [(key, one) for one in verdicts if one not in alike]
    return Answers(cells, own, tuple(apart))


_WORST_FIRST: Final[tuple[Outcome, ...]] = ("blocked", "unknown", "intermittent", "allowed")


def _fate(verdict: Verdict) -> tuple[object, ...]:
    return verdict.outcome, verdict.route, verdict.blocked_by, verdict.missing


def _by_name(
    ground: Ground, source: str, key: Asked, name: str, needs: Sequence[Need], pins: Mapping[str, IntervalSet],
    own: dict[Any, Verdict],
) -> Verdict:  # fmt: skip
    """What becomes of all that a destination is asked for by a name, "" for its own; that of each need goes to
    ``own``.
    """
    destination, protocol, port = key
    wanted = [_joined(one for one in needs if not one.open)]
    for one in needs:
        wanted.append(one.requests)
        if one.open:
            wanted.append(tuple(map(_with_a_name, one.requests)))
    target = f"host:{name}" if name else destination
    inside = next((one.within for one in needs if one.within), ())
    if inside:  # the name of a file system, which stands for one address in each zone
        ground, pins = within(ground, source, inside), {**pins, name: ground.network.interfaces[destination].addresses}
    verdicts = iter(simulate_each(ground, source, target, wanted, protocol=protocol, port=port, pins=pins))
    together = next(verdicts)
    for one in needs:
        verdict = next(verdicts)
        own[one.question] = _of_open(source, verdict, next(verdicts)) if one.open else verdict
    return together


def _joined(needs: Iterable[Need]) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    for need in needs:
        found += [request for request in need.requests if request not in found]
    return tuple(found)


def _with_a_name(request: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, "resource": str(request["resource"]).replace("*", _SOME_NAME)}


def _of_open(source: str, best: Verdict, plain: Verdict) -> Verdict:
    """From what the best name could get and what an ordinary one gets; resource policies are those of no known name."""
    best, plain = (msgspec.structs.replace(one, layers=_without_resource(one)) for one in (best, plain))
    word, ordinary = worst(best.layers.values()), worst(plain.layers.values())
    if word == "blocked" or not best.layers.keys() - {"network"}:
        return best
    name = f"{best.question.destination} of {source}"
    detail = "the build's files do not tell which resource is used; policies are judged for one that none of them names"
    assumptions = (*best.assumptions, Assumption("UNKNOWN_RESOURCE", name, detail, "block"))
    outcome: Outcome = ordinary if ordinary in ("allowed", "intermittent") else "unknown"
    route = best.route if best.route != "none" else plain.route
    return msgspec.structs.replace(
        best, outcome=outcome, route=route if outcome != "unknown" else "none", blocked_by=(), missing=(),
        assumptions=assumptions,
    )  # fmt: skip


def _without_resource(verdict: Verdict) -> dict[str, Outcome]:
    return {name: word for name, word in verdict.layers.items() if name != "resource-policy"}


def answer_to_wish(ground: Ground, wish: Expect, pins: Mapping[str, IntervalSet]) -> Verdict:
    """What becomes of the traffic that an ``[[expect]]`` is about."""
    return simulate(ground, wish.source, wish.to, protocol=wish.protocol, port=wish.port, pins=pins)

"""Answers: what a simulation found, as plain frozen values. Text, JSON, pictures and reports render these and decide
nothing.

**Source:** DESIGN, "Verdicts", "query" and "check".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reachsim.addresses import blocks_of
from reachsim.evidence import Assumption, Block, Hop
from reachsim.intervals import IntervalSet
from reachsim.packets import CLIENT_PORT, DESTINATION, ICMP, ICMPV6, SERVICE, SOURCE, TCP, UDP, Box
from reachsim.shown import Shown

Outcome = Literal["allowed", "blocked", "intermittent", "unknown"]
RouteWord = Literal["private", "aws-public", "internet", "on-premises", "mixed", "none"]
Overall = Literal["private-and-working", "private-but-failing", "leaking", "exposed", "undecided"]
Severity = Literal["high", "medium", "low", "info"]

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

_WORST_FIRST: tuple[Outcome, ...] = ("blocked", "unknown", "intermittent")

PROTOCOL_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "icmpv6"}


def worst(outcomes: Collection[Outcome]) -> Outcome:
    """What becomes of that of which every part has to get through.

    >>> worst(["allowed", "intermittent", "unknown"])
    'unknown'
    """
    return next((one for one in _WORST_FIRST if one in outcomes), "allowed")


class Traffic(msgspec.Struct, frozen=True):
    """A product of packets in words: blocks of addresses, a protocol (name, number or ``any``), port ranges.

    For ICMP ``ports`` are ranges of types. Empty ``client_ports`` means that the protocol has none.
    """

    source: tuple[str, ...]
    destination: tuple[str, ...]
    protocol: str
    ports: tuple[tuple[int, int], ...]
    client_ports: tuple[tuple[int, int], ...]


class Path(msgspec.Struct, frozen=True):
    """Traffic that takes one way to one end, with every hop there and back."""

    outcome: Outcome
    route: RouteWord
    traffic: tuple[Traffic, ...]
    hops: tuple[Hop, ...]
    terminal: str = ""
    blocked_by: tuple[Block, ...] = ()
    origin: str = ""
    missing: tuple[str, ...] = ()
    """Files that would tell what becomes of it, if its outcome is ``unknown``."""


class Question(msgspec.Struct, frozen=True):
    """What was asked, in the words of the selectors."""

    source: str
    destination: str
    protocol: str | None = None
    port: int | None = None
    family: str | None = None


class Verdict(Shown, frozen=True):
    """The answer to one question (DESIGN, "Verdicts")."""

    question: Question
    outcome: Outcome
    route: RouteWord
    layers: dict[str, Outcome]
    blocked_by: tuple[Block, ...] = ()
    paths: tuple[Path, ...] = ()
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    names: tuple[Hop, ...] = ()
    """How the destination's name was resolved, one hop of type ``dns`` per step."""
    surely: tuple[RouteWord, ...] = ()
    """Of an ``unknown`` outcome: the ways by which some of it surely gets through, whatever becomes of the rest."""

    def __repr__(self) -> str:
        return f"<Verdict {self.question.source} → {self.question.destination}: {self.outcome}, route {self.route}>"

    # Values do not know how they are shown: what shows them is loaded by its name when a notebook asks for it.

    def to_frame(self) -> pandas.DataFrame:
        """Every hop of every way as a row of a pandas.DataFrame. Raises UnsupportedError without pandas."""
        return import_module("reachsim.report.frames").to_frame(self)

    def plot(self, ax: Axes | None = None, *, network: object = None) -> Axes:
        """Draw the first ways hop by hop, request and reply; ``network`` (a `Reach`) knows names. Returns the Axes."""
        axes: Axes = import_module("reachsim.plot").plot_ladder(self, ax, network=network)
        return axes

    def to_json(self, question_id: object = None) -> dict[str, Any]:
        """The object that ``reachsim query`` prints."""
        return {
            "id": question_id,
            "outcome": self.outcome,
            "route": self.route,
            "layers": dict(self.layers),
            "blocked_by": [block_json(one) for one in self.blocked_by],
            "paths": [path_json(one) for one in self.paths],
            "missing": list(self.missing),
            "assumptions": [msgspec.to_builtins(one) for one in self.assumptions],
        }


class Cell(msgspec.Struct, frozen=True):
    """One source × destination of `Check.matrix`. ``needed`` says whether a step of the pipeline takes it."""

    source: str
    destination: str
    outcome: Outcome
    route: RouteWord
    needed: bool
    blocked_by: tuple[Block, ...] = ()
    verdict: Verdict | None = None


class PipelineStep(msgspec.Struct, frozen=True):
    """One step of the pipeline (DESIGN, ``steps``); ``project`` is a project's name or ``client``'s selector."""

    project: str
    step: str
    outcome: Outcome
    route: RouteWord
    service_side: bool = False
    not_reached: bool = False
    blocked_by: tuple[Block, ...] = ()
    contacts: tuple[str, ...] = ()


class Finding(Shown, frozen=True):
    """Something to know or to mend: ``id`` is a code that ``reachsim explain`` knows."""

    id: str
    severity: Severity
    title: str
    component: str
    evidence: tuple[str, ...]
    remedy: str

    def __repr__(self) -> str:
        return f"<Finding {self.id}: {self.component}>"


class Acceptance(msgspec.Struct, frozen=True):
    """A finding that the team has accepted (``[[accept]]`` in reachsim.toml)."""

    id: str
    component: str
    reason: str
    until: date | None = None


class Known(msgspec.Struct, frozen=True):
    """Names and places of what an answer speaks of, so that it can be shown without its snapshot."""

    names: Mapping[str, str] = {}
    places: dict[str, tuple[str, str, str]] = {}
    """Where a path starts → VPC, zone and subnet."""

    def label(self, resource_id: str) -> str:
        """The id with the Name tag behind it."""
        name = self.names.get(resource_id)
        return f"{resource_id} ({name})" if name else resource_id

    def place(self, origin: str) -> tuple[str, str, str] | None:
        """VPC, zone and subnet; None outside of every VPC."""
        return self.places.get(origin)


class Side(msgspec.Struct, frozen=True):
    """The answers of one of two snapshots that are compared."""

    cells: tuple[Cell, ...] = ()
    known: Known = Known()


class Check(Shown, frozen=True):
    """The whole pipeline's verdict (DESIGN, "check")."""

    overall: Overall
    matrix: tuple[Cell, ...]
    steps: tuple[PipelineStep, ...]
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    same_as: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Source shown → further sources with the same answers."""
    accepted: tuple[Acceptance, ...] = ()
    known: Known = Known()
    open_exits: tuple[str, ...] = ()
    """Files that leave it open whether something leaves for networks behind private gateways."""
    open_policies: tuple[str, ...] = ()
    """Files that leave it open whether a policy lets somebody outside use a resource."""

    def __repr__(self) -> str:
        return f"<Check {self.overall}: {len(self.steps)} steps, {len(self.findings)} findings>"

    @property
    def exit_code(self) -> int:
        """0 private and working, no unaccepted finding of severity high or medium, every expectation met; 1 where any
        of that is proven otherwise, whatever else is open; else 3 (DESIGN: "where 1 and 3 both apply, 1 wins").
        """
        accepted = {(one.id, one.component) for one in self.accepted}
        standing = [one for one in self.findings if (one.id, one.component) not in accepted]
        failing = any(step.outcome in ("blocked", "intermittent") for step in self.steps)
        serious = any(one.severity in ("high", "medium") for one in standing)
        if failing or serious or self.overall not in ("private-and-working", "undecided"):
            return 1
        undecided = self.overall == "undecided" or any(one.id == "EXPECTATION_UNDECIDED" for one in standing)
        return 3 if undecided else 0

    def to_frame(self, table: str = "matrix") -> pandas.DataFrame:
        """One of the tables (matrix, steps, findings, assumptions, missing) as a pandas.DataFrame.

        Raises UnsupportedError where pandas is not installed.
        """
        return import_module("reachsim.report.frames").to_frame(self, table)

    def plot(self, ax: Axes | None = None, *, network: object = None) -> Axes:
        """Draw the route map; returns the Axes. ``network`` (a `Reach`) knows other names and places than the check."""
        axes: Axes = import_module("reachsim.plot").plot_routes(self, ax, network=network or self.known)
        return axes

    def to_json(self) -> dict[str, Any]:
        """The object that ``reachsim check --format json`` prints."""
        return {
            "overall": self.overall,
            "matrix": [
                {
                    "source": cell.source,
                    "destination": cell.destination,
                    "outcome": cell.outcome,
                    "route": cell.route,
                    "needed": cell.needed,
                    "blocked_by": [block_json(one) for one in cell.blocked_by],
                }
                for cell in self.matrix
            ],
            "steps": [step_json(step) for step in self.steps],
            "findings": [msgspec.to_builtins(one) for one in self.findings],
            "missing": list(self.missing),
            "assumptions": [msgspec.to_builtins(one) for one in self.assumptions],
            **({"accepted": [msgspec.to_builtins(one) for one in self.accepted]} if self.accepted else {}),
        }


def block_json(block: Block) -> dict[str, Any]:
    """A block as JSON prints it."""
    return {
        "code": block.code, **({"cause": block.cause} if block.cause is not None else {}),
        "component": block.component, "rule": block.rule, "at": block.at, "leg": block.leg,
        "direction": block.direction, "symptom": block.symptom, "detail": block.detail,
    }  # fmt: skip


def step_json(step: PipelineStep) -> dict[str, Any]:
    """A step as JSON prints it: of a project, or of a client, which has no step but ``git-push``."""
    return {
        "client" if step.step == "git-push" else "project": step.project,
        "step": step.step,
        "outcome": step.outcome,
        "route": step.route,
        "service_side": step.service_side,
        "not_reached": step.not_reached,
        "blocked_by": [block_json(one) for one in step.blocked_by],
        "contacts": list(step.contacts),
    }


def path_json(path: Path) -> dict[str, Any]:
    """A path as JSON prints it."""
    return {
        "outcome": path.outcome,
        "route": path.route,
        "traffic": [msgspec.to_builtins(one) for one in path.traffic],
        "hops": [msgspec.to_builtins(one) for one in path.hops],
    }


def traffic_of(box: Box) -> Traffic:
    """A box of one kind (see `reachsim.engine.kinds`) in words."""
    protocol, ports = _in_words(box[SERVICE])
    client_ports = box[CLIENT_PORT].spans if protocol in ("tcp", "udp") else ()
    source = blocks_of(box[SOURCE]) if box[SOURCE] != _UNTOLD else ()
    return Traffic(source, blocks_of(box[DESTINATION]), protocol, ports, client_ports)


_UNTOLD = IntervalSet.single(0)
"""What AWS's own network sends from."""


@lru_cache(maxsize=4096)
def _in_words(services: IntervalSet) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The protocol and the ports of services of one kind."""
    protocol = services.first >> 16
    name = PROTOCOL_NAMES.get(protocol, "")
    if protocol in (TCP, UDP):
        return name, _within(services, protocol)
    if name:
        return name, tuple(dict.fromkeys((low >> 8, high >> 8) for low, high in _within(services, protocol)))
    protocols = IntervalSet.of((low >> 16, high >> 16) for low, high in services.spans)
    return str(protocol) if protocols.size == 1 else "other", ()


def _within(services: IntervalSet, protocol: int) -> tuple[tuple[int, int], ...]:
    part = services & IntervalSet.span(protocol << 16, (protocol << 16) + 0xFFFF)
    return part.shift(-(protocol << 16)).spans

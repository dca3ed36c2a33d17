"""Many questions to one network: what was answered for one pair of interfaces is not worked out again for its like.

An answer is kept as JSON text with gaps where the names stood; another pair of the same classes
(`reachsim.classes`) fills them with its own, if the same of its names are equal (without a Name tag a label is an id).
Identical to asking each by itself, which the tests check byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from reachsim.addresses import format_address
from reachsim.classes import Classes
from reachsim.model.interfaces import Interface
from reachsim.selectors import parse_selector
from reachsim.sources import interfaces_of_instance
from reachsim.templates import Template, cut, pattern
from reachsim.verdict import Verdict, block_json

if TYPE_CHECKING:
    from reachsim.api import Reach

SHAREABLE = ("service", "host", "internet", "eni", "i")
"""Kinds of destinations whose answers are kept; of sources, ``eni`` and ``i`` are."""
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PACKETS_ONLY: Final = frozenset(("protocol", "port", "family"))
MOST_KEPT = 20_000
"""Answers kept at once."""
MOST_CHARACTERS = 100_000_000
"""Characters of answers kept at once: one about the internet may have tens of thousands."""


class _Told(NamedTuple):
    """An answer as it was given, and the interfaces that it is about."""

    text: str
    ends: tuple[Interface, ...]


class Answers:
    """Answers the questions of ``reachsim query`` as JSON text."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.classes: Classes = reach.ground.worked_out(Classes)
        self._kept: dict[tuple[object, ...], _Told] = {}
        self._templates: dict[tuple[object, ...], Template] = {}
        self._characters = 0
        self._ends: dict[str, Interface | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def answer(self, question_id: object, source: str, destination: str, arguments: Mapping[str, Any]) -> str:
        """One line of JSON. Raises QuestionError and SnapshotError as `Reach.simulate` does."""
        head = question_id if type(question_id) is int else _JSON.encode(question_id)
        return f'{{"id":{head},{self._rest(source, destination, arguments)}'

    def _rest(self, source: str, destination: str, arguments: Mapping[str, Any]) -> str:
        """What follows the id."""
        if not arguments.keys() <= _PACKETS_ONLY:
            return self._asked(source, destination, arguments)
        asked = (arguments.get("protocol"), arguments.get("port"), arguments.get("family"))
        key, ends = self._shared(source, destination, asked) or ((source, destination, asked), ())
        kept = self._kept.get(key)
        if kept is None:
            kept = _Told(self._asked(source, destination, arguments), ends)
            if len(self._kept) < MOST_KEPT and self._has_room(kept.text):
                self._kept[key] = kept
        if kept.ends == ends:
            return kept.text
        names, theirs = self._names_of_all(ends), self._names_of_all(kept.ends)
        alike = pattern(names)
        template = self._templates.get((key, alike))
        if template is None:
            fits = alike == pattern(theirs)
            text = kept.text if fits else self._asked(source, destination, arguments)
            template = cut(text, theirs if fits else names)
            if len(self._templates) < MOST_KEPT and self._has_room(text):
                self._templates[key, alike] = template
        return template.filled(names)

    def _has_room(self, text: str) -> bool:
        """Whether a text may be kept, which is counted then."""
        fits = self._characters + len(text) <= MOST_CHARACTERS
        self._characters += len(text) if fits else 0
        return fits

    def _asked(self, source: str, destination: str, arguments: Mapping[str, Any]) -> str:
        """The answer worked out, without its id."""
        return text_of(self.reach.simulate(source, destination, **arguments))

    def _shared(
        self, source: str, destination: str, asked: tuple[object, ...]
    ) -> tuple[tuple[object, ...], tuple[Interface, ...]] | None:
        """(what the answer depends on, whose names are in it), if interfaces of the same classes get the same
        answer.
        """
        sender = self._end(source)
        if sender is None:
            return None
        mine = self.classes.of(sender)
        if mine is None:
            return None
        if not destination.startswith(("eni-", "i-")):
            if parse_selector(destination).kind not in SHAREABLE:
                return None
            return (mine, source[:2], destination, asked), (sender,)
        receiver = self._end(destination)
        theirs = self.classes.of(receiver) if receiver is not None else None
        if receiver is None or theirs is None or receiver.id == sender.id:
            return None
        together = (receiver.subnet_id == sender.subnet_id, receiver.instance_id == sender.instance_id)
        return (mine, theirs, source[:2], destination[:2], together, asked), (sender, receiver)

    def _end(self, selector: str) -> Interface | None:
        """The one interface that a selector names, if it is one and no other has its addresses."""
        if selector not in self._ends:
            network = self.reach.network
            if selector in network.interfaces:
                found: tuple[Interface, ...] = (network.interfaces[selector],)
            else:
                found = interfaces_of_instance(network, selector) if selector.startswith("i-") else ()
            end = found[0] if len(found) == 1 else None
            if end is not None and len(network.interfaces_with(end.addresses)) > 1:
                end = None  # an answer may name the other one, of another VPC with the same block
            self._ends[selector] = end
        return self._ends[selector]

    def _names_of_all(self, ends: tuple[Interface, ...]) -> tuple[str, ...]:
        return tuple(name for one in ends for name in self._names_of(one))

    def _names_of(self, interface: Interface) -> tuple[str, ...]:
        """How an answer may name an interface, its subnet and its instance, longer names before those they contain."""
        if interface.id not in self._names:
            network = self.reach.network
            ids = (interface.id, interface.subnet_id, interface.instance_id or "")
            known = [text for name in ids for text in (network.label(name), name, network.source(name) or "")]
            known.append(format_address(interface.addresses.first))
            self._names[interface.id] = tuple(map(_as_json, known))
        return self._names[interface.id]


def text_of(verdict: Verdict) -> str:
    """The object that ``reachsim query`` prints, without its opening brace and its id."""
    found = {
        "outcome": verdict.outcome,
        "route": verdict.route,
        "layers": verdict.layers,
        "blocked_by": [block_json(one) for one in verdict.blocked_by],
        "paths": [
            {"outcome": one.outcome, "route": one.route, "traffic": one.traffic, "hops": one.hops}
            for one in verdict.paths
        ],
        "missing": verdict.missing,
        "assumptions": verdict.assumptions,
    }
    try:
        return msgspec.json.encode(found)[1:].decode()
    except UnicodeEncodeError:  # half a surrogate pair, out of the question
        return json.dumps(msgspec.to_builtins(found), ensure_ascii=False, separators=(",", ":"))[1:]


def _as_json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]

"""Many questions to one network: what was answered for one pair of interfaces is not worked out again for its like.

An answer is kept as JSON text with gaps where the names stood; another pair of the same classes
(`reachsim.classes`) fills them with its own. Identical to asking each by itself, which the tests check byte by byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reachsim.addresses import format_address
from reachsim.classes import Classes
from reachsim.model.interfaces import Interface
from reachsim.selectors import interfaces_of_instance, parse_selector

if TYPE_CHECKING:
    from reachsim.api import Reach

SHAREABLE = ("service", "host", "internet", "eni", "i")
"""Kinds of destinations whose answers are kept; of sources, ``eni`` and ``i`` are."""
MOST_KEPT = 20_000
"""Answers kept at once."""


class Template(NamedTuple):
    """An answer's JSON text, cut where a name stood; ``gaps`` says which of the names follows each piece."""

    pieces: tuple[str, ...]
    gaps: tuple[int, ...]

    def filled(self, names: tuple[str, ...]) -> str:
        parts = [self.pieces[0]]
        for gap, piece in zip(self.gaps, self.pieces[1:], strict=True):
            parts += (names[gap], piece)
        return "".join(parts)


class Answers:
    """Answers the questions of ``reachsim query`` as JSON text."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.classes = Classes(reach.ground)
        self._kept: dict[tuple[object, ...], Template] = {}
        self._ends: dict[str, Interface | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def answer(self, question_id: object, source: str, destination: str, arguments: Mapping[str, Any]) -> str:
        """One line of JSON. Raises QuestionError and SnapshotError as `Reach.simulate` does."""
        head = json.dumps(question_id, ensure_ascii=False)
        ends = self._shared(source, destination, arguments)
        if ends is None:
            return f'{{"id": {head}, {self._asked(source, destination, arguments)}'
        key, names = ends
        template = self._kept.get(key)
        if template is None:
            template = _cut(self._asked(source, destination, arguments), names)
            if len(self._kept) < MOST_KEPT:
                self._kept[key] = template
        return f'{{"id": {head}, {template.filled(names)}'

    def _asked(self, source: str, destination: str, arguments: Mapping[str, Any]) -> str:
        """The answer worked out, without its id."""
        found = self.reach.simulate(source, destination, **arguments).to_json()
        del found["id"]
        return json.dumps(found, ensure_ascii=False)[1:]

    def _shared(
        self, source: str, destination: str, arguments: Mapping[str, Any]
    ) -> tuple[tuple[object, ...], tuple[str, ...]] | None:
        """(what the answer depends on, the names in it), if interfaces of the same classes get the same answer."""
        if not arguments.keys() <= {"protocol", "port", "family"}:
            return None
        sender = self._end(source)
        if sender is None:
            return None
        mine = self.classes.of(sender)
        if mine is None:
            return None
        asked = (arguments.get("protocol"), arguments.get("port"), arguments.get("family"))
        if not destination.startswith(("eni-", "i-")):
            if parse_selector(destination).kind not in SHAREABLE:
                return None
            return (mine, source[:2], destination, asked), self._names_of(sender, source)
        receiver = self._end(destination)
        theirs = self.classes.of(receiver) if receiver is not None else None
        if receiver is None or theirs is None or receiver.id == sender.id:
            return None
        together = (receiver.subnet_id == sender.subnet_id, receiver.instance_id == sender.instance_id)
        names = (*self._names_of(sender, source), *self._names_of(receiver, destination))
        return (mine, theirs, source[:2], destination[:2], together, asked), names

    def _end(self, selector: str) -> Interface | None:
        """The one interface that a selector names, if it is one."""
        if selector not in self._ends:
            network = self.reach.network
            found = (
                interfaces_of_instance(network, selector) if selector.startswith("i-")
                else tuple(one for one in (network.interfaces.get(selector),) if one is not None)
            )  # fmt: skip
            self._ends[selector] = found[0] if len(found) == 1 else None
        return self._ends[selector]

    def _names_of(self, interface: Interface, selector: str) -> tuple[str, ...]:
        """How an answer may name an interface, its subnet and its instance, longer names before those they contain."""
        if selector not in self._names:
            network = self.reach.network
            ids = (interface.id, interface.subnet_id, interface.instance_id or "")
            known = [text for name in ids for text in (network.label(name), name, network.source(name) or "")]
            known.append(format_address(interface.addresses.first))
            self._names[selector] = tuple(map(_as_json, known))
        return self._names[selector]


def _as_json(text: str) -> str:
    return encode_basestring(text)[1:-1]


def _cut(text: str, names: tuple[str, ...]) -> Template:
    """Cut an answer at every place where one of the names stands by itself."""
    pieces: list[str] = []
    gaps: list[int] = []
    start = 0
    places = [(place, -len(name), name) for name in set(names) if name for place in _places(text, name)]
    for place, shorter, name in sorted(places):  # of names that begin together, the longest
        if place >= start:
            pieces.append(text[start:place])
            gaps.append(names.index(name))
            start = place - shorter
    return Template((*pieces, text[start:]), tuple(gaps))


def _places(text: str, name: str) -> Iterator[int]:
    """Where a name stands by itself, not as a part of a longer one."""
    place = text.find(name)
    while place >= 0:
        if _BEFORE.match(text, place) and _AFTER.match(text, place + len(name)):
            yield place
        place = text.find(name, place + 1)


_BEFORE: Final = re.compile(r"(?<![\w.:/#-])")
_AFTER: Final = re.compile(r"(?![\w/-]|[.:]\w)")

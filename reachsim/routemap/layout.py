"""Where the boxes and lines of a route map stand.

Columns are ordered by barycentre sweeps, which leave few crossings; every line has a lane of its own.

**Source:** Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981), for
the barycentre sweeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from reachsim.routemap.grouping import Members, grouped
from reachsim.routemap.labels import COLUMN, LONGEST, WORDS, Labels, columns_of, cut, shortest
from reachsim.routemap.shapes import PAD, ROW, Box, Kind, Line, RouteMap
from reachsim.routemap.ways import Way, ways_of
from reachsim.verdict import Check

GAP: Final = 12.0
LANE: Final = 5.0
FAN: Final = 140.0
"""Room between the columns, in which the lines fan out."""
Shape = tuple[str, str]
"""A box of the middle column: the component, and the code of what stops there or ""."""


class _Item(NamedTuple):
    """A label that wants a place: ``key`` tells which."""

    key: object
    kind: Kind
    name: str
    lines: tuple[str, ...]
    height: float

    @property
    def width(self) -> float:
        return max(columns_of(line) for line in self.lines) * COLUMN + 2 * PAD


def lay_out(check: Check, network: Labels | None = None, words: Mapping[str, str] = WORDS) -> RouteMap:
    """Place everything. ``network`` knows names and, if it has ``place``, where an interface stands; ``words`` are the
    map's own in another language.
    """
    return place_all(*grouped(ways_of(check.matrix, network, check.same_as), words), network, check.same_as, words)


def place_all(
    ways: list[Way], members: Members, network: Labels | None,
    same_as: Mapping[str, tuple[str, ...]], words: Mapping[str, str] = WORDS,
) -> RouteMap:  # fmt: skip
    """Give ways their boxes and lines; ``members`` tells whom a name stands for besides, ``same_as`` who is alike."""
    return _Layout(ways, members, network, same_as, words).finish()


class _Layout:
    """The steps of the layout, with what they share."""

    def __init__(
        self, ways: list[Way], members: Members, network: Labels | None,
        same_as: Mapping[str, tuple[str, ...]], words: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.ways, self.members, self.network, self.same_as, self.words = ways, members, network, same_as, words
        self.boxes: list[Box] = []
        self.spots: dict[object, Box] = {}
        self.vpcs = sorted({way.vpc for way in ways}, key=lambda vpc: (not vpc, vpc))  # outside comes last

    def finish(self) -> RouteMap:
        sources = {vpc: self._sources(vpc) for vpc in self.vpcs}
        middles = self._middles()
        y, right = ROW + GAP, 0.0
        spans: dict[str, tuple[float, float]] = {}
        for vpc in self.vpcs:  # the left column, and how high each VPC is
            below = self._stack_sources(vpc, sources[vpc], y)
            height = max(below - y, sum(item.height + GAP for item in middles[vpc]) + 2 * GAP + ROW)
            spans[vpc] = (y, y + height)
            y += height + 2 * GAP
        right = max((box.x + box.width for box in self.boxes), default=100.0)
        stops = [item.width for items in middles.values() for item in items if item.kind == "stop"]
        gates = [item.width for items in middles.values() for item in items if item.kind == "gateway"]
        stop_x = right + FAN
        edge = stop_x + max([0.0, *(width + GAP for width in stops)]) + max([0.0, *gates]) / 2
        for vpc in self.vpcs:
            self._stack_middles(middles[vpc], spans[vpc], stop_x, edge)
            if vpc:
                top, bottom = spans[vpc]
                title = self._label(vpc)
                self.boxes.insert(0, Box("vpc", vpc, (title,), GAP, top, edge - GAP, bottom - top))
        end = edge + max([0.0, *gates]) / 2 + FAN
        height = self._stack_destinations(end, y - 2 * GAP)
        lines = self._lines()
        width = max((box.x + box.width for box in self.boxes), default=200.0) + GAP
        headings = ((GAP, "from"), (stop_x, "by way of, or stopped at"), (end, "to")) if self.boxes else ()
        return RouteMap(width, height + GAP, tuple(self.boxes), tuple(lines), headings)

    def _label(self, name: str) -> str:
        known = self.words.get(f"map {name}")
        return known or cut(shortest(self.network.label(name) if self.network is not None else name, LONGEST - 3))

    def _rows(self, name: str) -> tuple[str, ...]:
        """Id and name on a line each; the id comes first."""
        text = self._label(name)
        head, found, tail = text.partition(" (")
        return (head, f"({tail}") if found and columns_of(text) > 20 else (text,)

    def _source_rows(self, name: str) -> tuple[str, ...]:
        """Those that it stands for, too: the check's own and the map's."""
        alike = self._others(name, self.members.sources)
        return (self.words["map alike"].format(cut(name, 32), alike),) if alike else self._rows(name)

    def _destination_rows(self, name: str) -> tuple[str, ...]:
        more = self._others(name, self.members.destinations)
        return (self.words["map more"].format(cut(self._label(name), 24), more),) if more else self._rows(name)

    def _others(self, name: str, members: Mapping[str, tuple[str, ...]]) -> int:
        """How many others a name stands for."""
        everyone = (name, *members.get(name, ()))
        return sum(1 + len(self.same_as.get(one, ())) for one in everyone) - 1

    def _count(self, test: Callable[[Way], bool]) -> int:
        return sum(map(test, self.ways))

    def _sources(self, vpc: str) -> list[_Item]:
        """Source boxes of a VPC, by zone and subnet."""
        keys = dict.fromkeys((way.place, way.source) for way in self.ways if way.vpc == vpc)
        found = []
        for place, source in sorted(keys, key=lambda key: (key[0] or ("", "", ""), key[1] == "internet", key[1])):
            rows = self._source_rows(source)
            lanes = self._count(lambda way, at=place, of=source: (way.place, way.source) == (at, of))  # type: ignore[misc]
            height = max(ROW * len(rows) + PAD, LANE * (lanes + 1))
            found.append(_Item((place, source), "source", source, rows, height))
        return found

    def _middles(self) -> dict[str, list[_Item]]:
        """Boxes of the middle column, each beside the VPC that uses it first."""
        found: dict[str, list[_Item]] = {vpc: [] for vpc in self.vpcs}
        seen: set[Shape] = set()
        for way in sorted(self.ways, key=lambda one: self.vpcs.index(one.vpc)):
            shape = (way.middle, way.stop)
            if shape in seen:
                continue
            seen.add(shape)
            lanes = self._count(lambda one, to=shape: (one.middle, one.stop) == to)  # type: ignore[misc]
            rows = self._rows(way.middle)
            if way.stop:
                ends = dict.fromkeys(one.destination for one in self.ways if (one.middle, one.stop) == shape)
                more = sum(1 + self._others(one, self.members.destinations) for one in ends) - len(list(ends)[:2])
                names = ", ".join(list(ends)[:2])
                names = self.words["map more"].format(names, more) if more else names
                rows = (cut(f"× {self._label(way.middle)}"), cut(way.stop), cut(f"→ {names}"))
            height = max(ROW * len(rows) + PAD, LANE * (lanes + 1))
            found[way.vpc].append(_Item(shape, "stop" if way.stop else "gateway", way.middle, rows, height))
        return found

    def _stack_sources(self, vpc: str, items: Sequence[_Item], y: float) -> float:
        """Put the boxes below one another, inside their zone and subnet; returns where they end."""
        x = GAP
        if not vpc:
            for item in items:
                y = self._put(item, x, y) + GAP
            return y
        y += ROW + GAP
        nested: dict[str, dict[str, list[_Item]]] = {}
        for item in items:
            _, zone, subnet = item.key[0]  # type: ignore[index]
            nested.setdefault(zone, {}).setdefault(subnet, []).append(item)
        titles = [(self._label(subnet), 3) for subnets in nested.values() for subnet in subnets]
        inner = max(max(item.width for item in items), *(columns_of(t) * COLUMN + 2 * PAD for t, _ in titles))
        for zone, subnets in nested.items():
            top, y = y, y + (ROW + GAP if zone else 0)
            frames = []
            for subnet, some in subnets.items():
                start, y = y, y + (ROW + PAD if subnet else 0)
                for item in some:
                    y = self._put(item, x + 3 * GAP, y, inner) + PAD
                if subnet:
                    frames.append(Box("subnet", subnet, (self._label(subnet),), x + 2 * GAP, start, inner + 2 * GAP,
                                      y - start))  # fmt: skip
                y += GAP
            if zone:
                frames.insert(0, Box("zone", zone, (cut(zone),), x + GAP, top, inner + 4 * GAP, y - top))
            self.boxes[:0] = frames
            y += GAP
        return y

    def _put(self, item: _Item, x: float, y: float, width: float = 0.0, *, unreached: bool = False) -> float:
        box = Box(item.kind, item.name, item.lines, x, y, max(item.width, width), item.height, unreached)
        self.boxes.append(box)
        self.spots[item.kind if item.kind == "destination" else "", item.key] = box
        return y + item.height

    def _stack_middles(self, items: Sequence[_Item], span: tuple[float, float], stop_x: float, edge: float) -> None:
        """In the order of the sources that use them, spread over the VPC's height."""
        ordered = sorted(items, key=lambda item: (self._pull(item), str(item.key)))
        top, bottom = span[0] + ROW + GAP, span[1] - GAP
        free = (bottom - top - sum(item.height for item in ordered)) / (len(ordered) + 1) if ordered else 0
        y = top + free
        for item in ordered:
            x = stop_x if item.kind == "stop" else edge - item.width / 2
            y = self._put(item, x, y) + free

    def _pull(self, item: _Item) -> float:
        """Barycentre of the sources that come to a middle box; those that stop come after those that pass."""
        mine = [way for way in self.ways if (way.middle, way.stop) == item.key]
        at = [_centre(self.spots["", (way.place, way.source)]) for way in mine]
        return sum(at) / len(at) + (1e6 if item.kind == "stop" and len(self.vpcs) < 3 else 0)

    def _stack_destinations(self, x: float, height: float) -> float:
        """By the barycentre of the boxes that their lines come from; never reached ones last."""
        arriving: dict[str, list[float]] = {way.destination: [] for way in self.ways}
        for way in self.ways:
            if not way.stop:
                arriving[way.destination].append(_centre(self.spots["", (way.middle, way.stop)]))
        items = []
        for name, at in arriving.items():
            rows = self._destination_rows(name)
            size = max(ROW * len(rows) + PAD, LANE * (len(at) + 1))
            items.append((sum(at) / len(at) if at else 1e6, _Item(name, "destination", name, rows, size)))
        items.sort(key=lambda one: (one[0], one[1].name))
        top = ROW + GAP
        needed = sum(item.height + GAP for _, item in items)
        free = max(GAP, (height - top - needed + GAP * len(items)) / (len(items) + 1)) if items else GAP
        y = top + (free if needed < height - top else 0)
        for _, item in items:
            y = self._put(item, x, y, unreached=not arriving[item.name]) + free
        return max(height, y - free)

    def _lines(self) -> list[Line]:
        """Every way as a line; lanes at each box are ordered by where the other end is, so that few cross."""
        ends = [
            (self.spots["", (way.place, way.source)], self.spots["", (way.middle, way.stop)],
             self.spots["destination", way.destination])
            for way in self.ways
        ]  # fmt: skip
        onward = [0.0 if way.stop else _centre(c) / 1000 for way, (_, _, c) in zip(self.ways, ends, strict=True)]
        leave = _lanes((id(a), _centre(b) + onward[i], i) for i, (a, b, _) in enumerate(ends))
        meet = _lanes((id(b), _centre(a) + onward[i], i) for i, (a, b, _) in enumerate(ends))
        arrive = _lanes((id(c), _lane(b, meet[i]), i) for i, (_, b, c) in enumerate(ends) if not self.ways[i].stop)
        first = min((box.x for _, box, _ in ends), default=0.0) - GAP
        last = max((box.x + box.width for _, box, _ in ends), default=0.0) + GAP
        found = []
        for i, (way, (a, b, c)) in enumerate(zip(self.ways, ends, strict=True)):
            start, middle = _lane(a, leave[i]), _lane(b, meet[i])
            frame = max((box.x + box.width for box in self.boxes if box.kind in ("zone", "subnet")), default=0.0)
            turn = max(a.x + a.width, frame) + GAP / 2
            points = [(a.x + a.width, start), (turn, start), (first, middle), (b.x, middle)]
            if not way.stop:
                end = _lane(c, arrive[i])
                points += [(last, middle), (c.x - GAP, end), (c.x, end)]
            found.append(Line(way.cells, way.at, way.source, way.destination, way.outcome, way.leaving, way.needed,
                              tuple(points), bool(way.stop), way.turn))  # fmt: skip
        return found


def _centre(box: Box) -> float:
    return box.y + box.height / 2


def _lanes(keys: Iterable[tuple[int, float, int]]) -> dict[int, float]:
    """For each line its part of the box's height, in the order of the other ends."""
    boxes: dict[int, list[tuple[float, int]]] = {}
    for box, other, line in keys:
        boxes.setdefault(box, []).append((other, line))
    return {
        line: (rank + 1) / (len(mine) + 1) for mine in boxes.values() for rank, (_, line) in enumerate(sorted(mine))
    }


def _lane(box: Box, part: float) -> float:
    return box.y + part * box.height

"""One question hop by hop, the request beside its reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from reachsim.plot.canvas import DIM, STYLES, Labels, axes, frame, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.columns import wrap
from reachsim.report.ladder import groups
from reachsim.report.text import describe
from reachsim.report.ways import way_of
from reachsim.report.words import named
from reachsim.routemap import COLUMN, GAP, ROW, columns_of, cut
from reachsim.verdict import Known, Path, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_HOPS: Final = 60
WIDEST: Final = 62
"""Letters in a line of a rung."""
MOST_LINES: Final = 3
"""Lines of a rung's text."""
LEGS: Final = {"request": "the request", "response": "the reply"}


class _Rung(NamedTuple):
    """A hop, or what stops the way."""

    stop: bool
    heading: str
    lines: tuple[str, ...]
    label: str

    @property
    def height(self) -> float:
        return (len(self.lines) + 1.5) * ROW


class _Way(NamedTuple):
    """Both legs of a way, and what stands above them where it is not the only one."""

    heading: str
    legs: dict[str, list[_Rung]]

    @property
    def nothing(self) -> str:
        """What a leg without hops is."""
        return (
            "none, as the request is stopped" if any(one.stop for one in self.legs["the request"]) else "nothing known"
        )

    @property
    def room(self) -> float:
        return 1.6 * ROW if self.heading else 0.0

    @property
    def height(self) -> float:
        return max(sum(one.height for one in rungs) for rungs in self.legs.values()) + 4 * ROW + self.room


def plot_ladder(verdict: Verdict, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the first way of an answer hop by hop, the request on the left and the reply on the right.

    Where only some ways get through, the first that doesn't stands below it. Every rung names the component and the
    rule that let it pass; a cross marks what stops it. Returns the Axes.
    """
    ways = _ways(verdict, network or Known())
    lines = [line for one in ways for rungs in one.legs.values() for rung in rungs
             for line in (rung.heading, *rung.lines)]  # fmt: skip
    column = max(map(columns_of, lines), default=20) * COLUMN + 20
    heading = _title(verdict, network or Known())
    headings = [heading, *(one.heading for one in ways)]
    width = max(2 * column + 4 * GAP, max(map(columns_of, headings)) * COLUMN * 1.2 + 2 * GAP)
    height = sum(one.height for one in ways)
    if ax is None:
        ax = axes(width, height + 30)
    size = frame(ax, width, height)
    top = 0.0
    for way in ways:
        if way.heading:
            write(ax, GAP, top + ROW, way.heading, size, weight="bold", color="#000000")
        for number, (leg, rungs) in enumerate(way.legs.items()):
            x = GAP + number * (column + 2 * GAP)
            if rungs:
                _leg(ax, x, top + way.room, leg, rungs, size)
            else:
                write(ax, x, top + way.room + ROW, f"{leg}: {way.nothing}", size, color=DIM)
        top += way.height
    title(ax, heading, size)
    return ax


def _title(verdict: Verdict, network: Labels) -> str:
    asked = verdict.question
    ends = f"{cut(network.label(asked.source))} → {cut(network.label(asked.destination))}"
    route = "" if verdict.route == "none" else f", {verdict.route}"
    several = len(verdict.paths) > 1 and verdict.outcome != "intermittent"
    ways = f" (one of {len(verdict.paths)} ways)" if several else ""
    return drawable(f"{ends}, {describe(asked)}: {verdict.outcome}{route}{ways}")


def _ways(verdict: Verdict, network: Labels) -> list[_Way]:
    """The first way, and the first that fares otherwise where only some get through; where no way is known, what is
    known to stop each leg.
    """
    found = list(groups(verdict.paths))
    if not found:
        legs: dict[str, list[_Rung]] = {heading: [] for heading in LEGS.values()}
        for block in verdict.blocked_by:
            legs[LEGS[block.leg]].append(
                _rung(block.code, f"{named(network, block.component)}: {block.detail}", stop=True)
            )
        return [_Way("", legs)]
    if verdict.outcome != "intermittent":
        return [_Way("", _legs(found[0][0], network))]
    others = [group for group in found if group[0].outcome != found[0][0].outcome]
    return [_Way(_share(group[0], verdict.paths), _legs(group[0], network)) for group in (found[0], *others[:1])]


def _share(one: Path, paths: Sequence[Path]) -> str:
    alike = sum(path.outcome == one.outcome for path in paths)
    return f"{one.outcome}: one of {alike} such ways" if alike > 1 else f"{one.outcome}: one way"


def _legs(path: Path, network: Labels) -> dict[str, list[_Rung]]:
    found: dict[str, list[_Rung]] = {heading: [] for heading in LEGS.values()}
    for leg in way_of([path], network)["legs"]:
        rungs = found[LEGS[leg["leg"]]]
        rungs += [_rung(hop["type"], hop["text"]) for hop in leg["hops"][:MOST_HOPS]]
        rungs += [_rung(stop["code"], stop["detail"] or stop["component"], stop=True) for stop in leg["stops"]]
    return found


def _rung(heading: str, text: str, *, stop: bool = False) -> _Rung:
    lines = wrap(drawable(text), WIDEST)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], cut(f"{lines[MOST_LINES - 1]} …", WIDEST)]
    return _Rung(
        stop, cut(drawable(heading), WIDEST), tuple(cut(line, WIDEST + 2) for line in lines), f"{heading}: {text}"
    )


def _leg(ax: Axes, x: float, top: float, heading: str, rungs: list[_Rung], size: float) -> None:
    on = ", followed on as if nothing stopped it" if 0 < sum(rung.stop for rung in rungs) < len(rungs) else ""
    write(ax, x, top + ROW, heading + on, size, color=DIM)
    places = list(_places(rungs, top))
    good = [y for rung, y in zip(rungs, places, strict=True) if not rung.stop]
    if len(good) > 1:
        ax.plot([x + 6] * 2, [good[0], good[-1]], color=DIM, linewidth=1, zorder=1)
    if good and len(good) < len(rungs):
        ax.plot([x + 6] * 2, [good[-1], places[-1]], color=STYLES["blocked"][0], linestyle="--", linewidth=1, zorder=1)
    for rung, y in zip(rungs, places, strict=True):
        colour, mark = (STYLES["blocked"][0], "x") if rung.stop else (STYLES["allowed"][0], "o")
        ax.plot([x + 6], [y], marker=mark, color=colour, markersize=7, markeredgewidth=1.8, zorder=3,
                label=rung.label)  # fmt: skip
        write(
            ax,
            x + 20,
            y,
            rung.heading,
            size,
            color=colour if rung.stop else DIM,
            weight="bold" if rung.stop else "normal",
        )
        for number, line in enumerate(rung.lines, 1):
            write(ax, x + 20, y + number * ROW, line, size, color="#000000")


def _places(rungs: list[_Rung], top: float) -> Iterator[float]:
    y = top + 2.6 * ROW
    for rung in rungs:
        yield y
        y += rung.height

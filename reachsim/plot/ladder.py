"""One question hop by hop, the request beside its reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from reachsim.plot.canvas import DIM, STYLES, Labels, axes, frame, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.columns import wrap
from reachsim.report.ladder import groups
from reachsim.report.text import describe
from reachsim.report.ways import way_of
from reachsim.report.words import named
from reachsim.routemap import COLUMN, GAP, ROW, columns_of, cut
from reachsim.verdict import Known, Verdict

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


def plot_ladder(verdict: Verdict, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the first way of an answer hop by hop, the request on the left and the reply on the right.

    Every rung names the component and the rule that let it pass; a cross marks what stops it. Returns the Axes.
    """
    found = _legs(verdict, network or Known())
    column = max((columns_of(line) for rungs in found.values() for one in rungs for line in (one.heading, *one.lines)),
                 default=20) * COLUMN + 20  # fmt: skip
    heading = _title(verdict, network or Known())
    width = max(2 * column + 4 * GAP, columns_of(heading) * COLUMN * 1.2 + 2 * GAP)
    height = max((sum(one.height for one in rungs) for rungs in found.values()), default=0.0) + 4 * ROW
    if ax is None:
        ax = axes(width, height + 30)
    size = frame(ax, width, height)
    for number, (leg, rungs) in enumerate(found.items()):
        _leg(ax, GAP + number * (column + 2 * GAP), leg, rungs, size)
    title(ax, heading, size)
    return ax


def _title(verdict: Verdict, network: Labels) -> str:
    asked = verdict.question
    ends = f"{cut(network.label(asked.source))} → {cut(network.label(asked.destination))}"
    route = "" if verdict.route == "none" else f", {verdict.route}"
    ways = f" (one of {len(verdict.paths)} ways)" if len(verdict.paths) > 1 else ""
    return drawable(f"{ends}, {describe(asked)}: {verdict.outcome}{route}{ways}")


def _legs(verdict: Verdict, network: Labels) -> dict[str, list[_Rung]]:
    """Both legs of the first way, or what is known to stop each where no way is known."""
    found: dict[str, list[_Rung]] = {heading: [] for heading in LEGS.values()}
    first = next(iter(groups(verdict.paths)), None)
    if first is None:
        for block in verdict.blocked_by:
            found[LEGS[block.leg]].append(
                _rung(block.code, f"{named(network, block.component)}: {block.detail}", stop=True)
            )
        return found
    for leg in way_of(first[:1], network)["legs"]:
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


def _leg(ax: Axes, x: float, heading: str, rungs: list[_Rung], size: float) -> None:
    on = ", followed on as if nothing stopped it" if 0 < sum(rung.stop for rung in rungs) < len(rungs) else ""
    write(ax, x, ROW, heading + on, size, color=DIM)
    places = list(_places(rungs))
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
    if not rungs:
        write(ax, x + 20, 2.6 * ROW, "nothing known", size, color=DIM)


def _places(rungs: list[_Rung]) -> Iterator[float]:
    y = 2.6 * ROW
    for rung in rungs:
        yield y
        y += rung.height

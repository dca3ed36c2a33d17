"""One question hop by hop, the request beside its reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from reachsim.evidence import Block, Hop
from reachsim.plot.canvas import DIM, STYLES, Labels, axes, frame, name_of, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.ladder import groups
from reachsim.report.words import rule_name, type_name
from reachsim.routemap import COLUMN, GAP, LONGEST, ROW, cut
from reachsim.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_HOPS: Final = 60


def plot_ladder(verdict: Verdict, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the first way of an answer hop by hop, the request on the left and the reply on the right.

    Every rung names the component and the rule that let it pass; a cross marks what stops it. Returns the Axes.
    """
    ways = list(groups(verdict.paths))
    first = ways[0][0] if ways else None
    legs: list[tuple[str, Sequence[Hop], Sequence[Block]]] = []
    for leg, heading in (("request", "the request"), ("response", "the reply")):
        hops: Sequence[Hop] = [hop for hop in (first.hops if first else ()) if hop.leg == leg and hop.type != "dns"][
            :MOST_HOPS
        ]
        blocks: Sequence[Block] = [
            block for block in (first.blocked_by if first else verdict.blocked_by) if block.leg == leg
        ]
        legs.append((heading, hops, blocks))
    column = (LONGEST + 4) * COLUMN
    rungs = max((len(hops) + len(blocks) for _, hops, blocks in legs), default=1) or 1
    width, height = 2 * column + 4 * GAP, (rungs * 2.6 + 3) * ROW
    if ax is None:
        ax = axes(width, height + 30)
    size = frame(ax, width, height)
    for number, (heading, some, stops) in enumerate(legs):
        _leg(ax, GAP + number * (column + 2 * GAP), heading, some, stops, network, size)
    asked = verdict.question
    more = len(verdict.paths) - 1
    also = f" (and {more} more)" if more > 0 else ""
    route = "" if verdict.route == "none" else f", {verdict.route}"
    title(ax, f"{asked.source} → {asked.destination}: {verdict.outcome}{route}{also}", size)
    return ax


def _leg(
    ax: Axes, x: float, heading: str, hops: Sequence[Hop], blocks: Sequence[Block], network: Labels | None, size: float
) -> None:
    write(ax, x, ROW, heading, size, color=DIM)
    rungs: list[tuple[bool, str, str]] = [(False, *_rung(hop, network)) for hop in hops]
    rungs += [
        (True, block.code + (f" ({block.cause})" if block.cause else ""), name_of(network, block.component))
        for block in blocks
    ]
    step = 2.6 * ROW
    ys = [2.6 * ROW + i * step for i in range(len(rungs))]
    good = sum(1 for stop, _, _ in rungs if not stop)
    if good > 1:
        ax.plot([x + 6] * 2, [ys[0], ys[good - 1]], color=DIM, linewidth=1, zorder=1)
    if blocks and hops:
        ax.plot([x + 6] * 2, [ys[good - 1], ys[-1]], color=STYLES["blocked"][0], linestyle="--", linewidth=1, zorder=1)
    for (stop, upper, lower), y in zip(rungs, ys, strict=True):
        colour, mark = (STYLES["blocked"][0], "x") if stop else ("#009E73", "o")
        ax.plot([x + 6], [y], marker=mark, color=colour, markersize=7, markeredgewidth=1.8, zorder=3)
        write(ax, x + 20, y - ROW / 2, cut(drawable(upper)), size, color=colour if stop else "#000000")
        write(ax, x + 20, y + ROW / 2, cut(drawable(lower)), size, color=DIM)
    if not rungs:
        write(ax, x + 20, 2.6 * ROW, "nothing known", size, color=DIM)


def _rung(hop: Hop, network: Labels | None) -> tuple[str, str]:
    rule = rule_name(hop.component, hop.rule)
    return f"{type_name(hop.type)} {name_of(network, hop.component)}", rule or hop.detail

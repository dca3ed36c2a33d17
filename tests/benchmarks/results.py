"""RESULTS.md: the figures that were measured, each with its goals and what it is bound by."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.benchmarks.figure import NO_NETWORK, SHIPPED, Figure

HEAD = """\
# Speed and scale

Written by `python -m tests.benchmarks.run`; the numbers behind it are in `parts/`. Organizations are those of
`organization.py` (hub and spoke, a hundred interfaces in each VPC, one in twenty parts at fault, seed 1).

The machine was shared with other work all the time, so nothing here is a speed by the clock. Contenders took turns
in one run, what is compared is the processor time that each used, and each number is the **median** of the ratios of
its rounds, with the range of them. What both answer was compared for equality first. Memory is what the system says
that a process held at its peak. The goals come from what a prototype and the project's own ambition asked for; a
figure that misses its goal says so.
"""


class Part(NamedTuple):
    """What measuring one figure found, as it is kept."""

    figure: str
    size: int
    values: list[Any]
    checked: str
    profile: list[Any]
    state: str
    day: str
    machine: str

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Part:
        return cls(**kept)


def render(figures: Sequence[Figure], parts: Mapping[str, Part], state: str) -> str:
    """The whole text."""
    rows = ["| figure | interfaces | measured | goal | ambition | |", "|---|---|---|---|---|---|"]
    sections = []
    for figure in figures:
        part = parts.get(figure.name)
        goals = (f"{_sign(figure)} {_number(figure.goal)} {figure.unit}",
                 f"{_sign(figure)} {_number(figure.ambition)} {figure.unit}")  # fmt: skip
        words = {SHIPPED: "shipped", NO_NETWORK: "no"}
        size = words.get(figure.size) or f"{part.size if part else figure.size:,}"
        if part is None:
            rows.append(f"| [{figure.title}](#{figure.name}) | {size} | not measured | {goals[0]} | {goals[1]} | |")
            continue
        first = part.values[0][1]
        verdict = figure.met(statistics.median(first))
        rows.append(f"| [{figure.title}](#{figure.name}) | {size} | **{_spread(first, figure.unit)}** | {goals[0]} "
                    f"| {goals[1]} | {verdict} |")  # fmt: skip
        sections.append(_section(figure, part, size, state))
    return "\n".join([HEAD, *rows, "", *sections])


def _section(figure: Figure, part: Part, size: str, state: str) -> str:
    lines = [f"## {figure.name}", "", f"{figure.title} ({size} interfaces). {figure.about}".rstrip(), ""]
    lines += [f"- {label}: **{_spread(rounds, figure.unit)}**" for label, rounds in part.values]
    lines.append(f"- Checked first: {part.checked}.")
    if part.profile:
        bound = ", ".join(f"`{name}` {share:.0%}" for name, share in part.profile)
        largest = part.profile[0][1]
        lines.append(f"- Bound by (share of the profiled time, callees apart): {bound}. Without the first of them it "
                     f"would be {1 / (1 - min(largest, 0.99)):.1f} times as quick at most.")  # fmt: skip
    older = "" if part.state == state else "; the code has changed since"
    lines.append(f"- Measured {part.day} with {part.machine}{older}.")
    return "\n".join([*lines, ""])


def _spread(rounds: Sequence[float], unit: str) -> str:
    median = f"{_number(statistics.median(rounds))} {unit}"
    if len(rounds) == 1:
        return f"{median} (one run)"
    return f"{median} ({_number(min(rounds))} to {_number(max(rounds))}, {len(rounds)} rounds)"


def _number(value: float) -> str:
    return (
        f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
    )


def _sign(figure: Figure) -> str:
    return "≥" if figure.better == "more" else "≤"

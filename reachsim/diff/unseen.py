"""What neither snapshot tells, and what of it may hide that something newly leaves or gets in.

A question whose answer rests on a file that both snapshots lack is open on both sides, equal as the answers are: what
the file would say may have changed in between. In an edited copy the same doubt about the same packets is no news.

**Source:** issue "Two snapshots"; DESIGN, ``--gate``.
"""

from __future__ import annotations

from collections.abc import Mapping

from reachsim.check import open_policies
from reachsim.config import Config
from reachsim.diff.cells import OUTWARD, Asked, Doubt, union
from reachsim.diff.overall import Judged
from reachsim.diff.plan import Plan
from reachsim.diff.reading import Answer
from reachsim.forwarding import Ground


def newly_open(asked: Asked, answers: tuple[Answer, Answer], told_alike: bool) -> tuple[Doubt, ...]:
    """What decides whether some traffic newly leaves or gets in, and is not known.

    Args:
        asked: The question. One about neither the internet nor a service says nothing about that.
        answers: Those before and after.
        told_alike: Whether what both do not tell is surely the same.
    """
    inward = asked.source == "internet"
    if not inward and asked.destination != "internet" and asked.packets_only:
        return ()
    before, after = answers[0].state, answers[1].state
    if not inward and asked.destination != "internet" and dict(after.layers).get("network") != "unknown":
        return ()
    passed = union(before.passing(None if inward else OUTWARD).values())
    found = []
    for doubt, packets in after.doubts.items():
        same = before.doubts.get(doubt) if told_alike or not doubt.missing else None
        no_news = passed if same is None else passed | same
        unheard = same is None and not packets
        if packets - no_news or unheard:
            found.append(doubt)
    return tuple(found)


def hides(
    after: Ground, config: Config, answers: Mapping[Asked, tuple[Answer, Answer]], plan: Plan, judged: Judged, *,
    filters_only: bool, told_alike: bool,
) -> tuple[str, ...]:  # fmt: skip
    """What leaves it open whether something newly leaves or gets in, in words, then the files that would tell.

    Args:
        after: The newer snapshot.
        config: Who takes part.
        answers: Every question's before and after.
        plan: Who is asked about, and who is not.
        judged: Check's answers.
        filters_only: Whether nothing can have changed but what packets meet.
        told_alike: Whether what both do not tell is surely the same.
    """
    words: list[str] = []
    files: dict[str, None] = {}
    for asked, pair in answers.items():
        doubts = newly_open(asked, pair, told_alike)
        if doubts:
            words.append(f"{asked.source} → {asked.destination}")
            files |= dict.fromkeys(path for one in doubts for path in one.missing)
    if plan.others.internet_left_out:
        words.append(f"not compared: {plan.others.left_out}")
    files |= dict.fromkeys((*judged.open_exits, *(() if filters_only else judged.open_policies)))
    if not told_alike:
        files |= dict.fromkeys(open_policies(after, plan.skipped, config))
    return (*words, *files)

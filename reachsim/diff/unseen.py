"""What a snapshot does not tell, and what of it may hide that something newly leaves or gets in.

What was not known before and passes now is no news for sure. A question whose answer rests on a file that both
snapshots lack is open on both sides, equal as the answers are: what the file would say may have changed in between. In
an edited copy the same doubt about the same packets is no news.

**Source:** issue "Two snapshots"; DESIGN, ``--gate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from reachsim.addresses import EVERYWHERE
from reachsim.check import open_policies
from reachsim.config import Config
from reachsim.diff.cells import NOTHING, OUTWARD, Asked, Doubt, State, minus, union
from reachsim.diff.overall import Judged
from reachsim.diff.plan import Plan
from reachsim.diff.reading import Answer
from reachsim.forwarding import Ground
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.packets import (
    ALL_SERVICES,
    CHOICE,
    CHOICES,
    CLIENT_PORT,
    DESTINATION,
    DIMENSIONS,
    NAT_PORT,
    PORTS,
    SECOND_NAT_PORT,
    SOURCE,
    PacketSet,
)

OLDER: Final = " of the older snapshot"


class Listed(NamedTuple):
    """Addresses that one of two snapshots alone tells to be AWS's, which the other one takes for the internet's, and
    the files that would tell.
    """

    addresses: IntervalSet
    untold: tuple[str, ...]

    @staticmethod
    def of(before: Network, after: Network) -> Listed:
        older, newer = (one.aws_addresses - one.stand_ins_of_lists for one in (before, after))
        if older == newer:
            return Listed(EMPTY, ())
        files = [[one.path(home, "ec2", "describe-prefix-lists") for home in one.homes] for one in (before, after)]
        lacking = (f"{path}{OLDER}" for path in before.unknown(*files[0]))
        return Listed((older - newer) | (newer - older), (*after.unknown(*files[1]), *lacking))


def news(asked: Asked, before: State, after: State, listed: Listed) -> PacketSet:
    """What surely newly leaves by a public way or, of a question about the internet, newly gets in.

    Args:
        asked: The question.
        before, after: Its answers.
        listed: Addresses about which the snapshots differ whose they are.
    """
    if any(not packets for packets in before.doubts.values()):
        return NOTHING
    found = union(minus(_passing_now(asked, before, after), before.open).values())
    return found - _at(asked, listed.addresses) if found and listed.addresses else found


def unproven(asked: Asked, before: State, after: State, listed: Listed) -> tuple[bool, tuple[str, ...]]:
    """(Whether traffic that leaves or gets in may have done so before, the files that would tell)."""
    now = union(_passing_now(asked, before, after).values())
    doubts = [one for one, packets in before.doubts.items() if now and (not packets or packets & now)]
    files = [f"{path}{OLDER}" for one in doubts for path in one.missing]
    moved = bool(now and listed.addresses and now & _at(asked, listed.addresses))
    return bool(doubts) or moved, (*files, *(listed.untold if moved else ()))


def _passing_now(asked: Asked, before: State, after: State) -> dict[str, PacketSet]:
    """What leaves or gets in and was not seen to, whatever chance decides: what leaves from some of a client's ports
    leaves.
    """
    routes = None if asked.source == "internet" else OUTWARD
    passed = {origin: _by_any_chance(packets) for origin, packets in before.passing(routes).items()}
    return minus(after.passing(routes), passed)


def _by_any_chance(packets: PacketSet) -> PacketSet:
    for dimension in (CHOICE, SECOND_NAT_PORT, NAT_PORT, CLIENT_PORT):
        packets = packets.project(dimension)
    boxes = ((*box, PORTS, PORTS, PORTS, CHOICES) for box in packets.boxes())
    return PacketSet.union_of(boxes, len(DIMENSIONS))


def _at(asked: Asked, addresses: IntervalSet) -> PacketSet:
    """All packets from or, but of a question about the internet, to addresses."""
    everything = (EVERYWHERE, EVERYWHERE, ALL_SERVICES, PORTS, PORTS, PORTS, CHOICES)
    place = SOURCE if asked.source == "internet" else DESTINATION
    return PacketSet.box((*everything[:place], addresses, *everything[place + 1 :]))


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
    listed: Listed, filters_only: bool, told_alike: bool,
) -> tuple[str, ...]:  # fmt: skip
    """What leaves it open whether something newly leaves or gets in, in words, then the files that would tell.

    Args:
        after: The newer snapshot.
        config: Who takes part.
        answers: Every question's before and after.
        plan: Who is asked about, and who is not.
        judged: Check's answers.
        listed: Addresses about which the snapshots differ whose they are.
        filters_only: Whether nothing can have changed but what packets meet.
        told_alike: Whether what both do not tell is surely the same.
    """
    words: list[str] = []
    files: dict[str, None] = {}
    for asked, pair in answers.items():
        doubts = newly_open(asked, pair, told_alike)
        same = pair[0].same_as(pair[1])
        open_before, told = (False, ()) if same else unproven(asked, pair[0].state, pair[1].state, listed)
        if doubts or open_before:
            words.append(f"{asked.source} → {asked.destination}")
            files |= dict.fromkeys((*(path for one in doubts for path in one.missing), *told))
    for (code, component, _), lacking in judged.doubtful.items():
        words.append(f"{code} {component}".rstrip())
        files |= dict.fromkeys(f"{path}{OLDER}" for path in lacking)
    if plan.others.internet_left_out:
        words.append(f"not compared: {plan.others.left_out}")
    files |= dict.fromkeys((*judged.open_exits, *(() if filters_only else judged.open_policies)))
    if not told_alike:
        files |= dict.fromkeys(open_policies(after, plan.skipped, config))
    return (*words, *files)

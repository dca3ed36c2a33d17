"""The ways of a verdict as ladders of hops, ways of one kind together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from reachsim.evidence import Block, Hop
from reachsim.report.columns import pad, width, wrap
from reachsim.report.paint import Paint
from reachsim.report.words import (
    Labels,
    addresses,
    by_ends,
    kind_of_traffic,
    label,
    rule_name,
    short_source,
    traffic,
    type_name,
)
from reachsim.verdict import Path, Traffic, Verdict

MOST_WAYS = 6
MOST_TRAFFIC = 4
_ORDER = ("allowed", "intermittent", "blocked", "unknown")
_LEGS = {"request": "the request", "response": "the reply"}


def render_paths(verdict: Verdict, network: Labels, paint: Paint) -> list[str]:
    """Ways that got through first. Of ways that differ in resources only, the first is shown in full.

    At most six ways are shown in full; the last line counts what is left out. Where the answer is "allowed", what does
    not get through is told in short.
    """
    shown = list(groups(verdict.paths))
    stopped: list[list[Path]] = []
    if verdict.outcome == "allowed":
        stopped = [group for group in shown if group[0].outcome == "blocked"]
        shown = [group for group in shown if group[0].outcome != "blocked"]
    lines: list[str] = []
    for number, group in enumerate(shown[:MOST_WAYS], 1):
        lines += ["", *_group(number, group, network, paint)]
    hidden = sum(map(len, shown[MOST_WAYS:]))
    if hidden:
        lines += ["", f"… and {hidden} more {'way' if hidden == 1 else 'ways'}; --format json has all of them"]
    if stopped:
        lines += ["", paint.bold("what does not get through"), *_in_short(stopped, network, paint)]
    return lines


def groups(paths: Sequence[Path]) -> Iterable[list[Path]]:
    """Ways of one kind together, those that get through first."""
    found: dict[object, list[Path]] = {}
    for path in sorted(paths, key=lambda one: _ORDER.index(one.outcome)):
        found.setdefault(_kind(path), []).append(path)
    return found.values()


def _kind(path: Path) -> object:
    codes = tuple((block.code, block.cause) for block in path.blocked_by)
    return path.outcome, path.route, tuple((hop.type, hop.leg) for hop in path.hops), codes


def _group(number: int, group: Sequence[Path], network: Labels, paint: Paint) -> Iterator[str]:
    first = group[0]
    route = "" if first.route == "none" else f" · route {first.route}"
    count = f" (and {len(group) - 1} more like it)" if len(group) > 1 else ""
    yield paint.bold(f"way {number}: ") + paint.outcome(first.outcome) + route + count
    yield from _traffic(first.traffic, paint)
    for leg, words in _LEGS.items():
        hops = [hop for hop in first.hops if hop.leg == leg and hop.type != "dns"]  # the name is told before the ways
        blocks = [block for block in first.blocked_by if block.leg == leg]
        if hops or blocks:
            # the walk goes on past a drop, so that every rule in the way is named
            yield f"  {words}{', followed on as if nothing stopped it' if blocks and hops else ''}"
        yield from _rungs(hops, network, paint, more=bool(blocks))
        for block in blocks:
            yield from _stop(block, network, paint)
    yield from likewise(group, network, paint)


def _traffic(many: Iterable[Traffic], paint: Paint) -> Iterator[str]:
    groups = by_ends(many)
    for same in groups[:MOST_TRAFFIC]:
        yield from wrap(traffic(same), paint.columns, "  ", "    ")
    if len(groups) > MOST_TRAFFIC:
        yield f"  and between {len(groups) - MOST_TRAFFIC} more pairs of addresses"


def _rungs(hops: Sequence[Hop], network: Labels, paint: Paint, *, more: bool) -> Iterator[str]:
    """One rung per hop: what, which, by which rule, and the place in the snapshot that says so."""
    kinds = max((width(type_name(hop.type)) for hop in hops), default=0)
    for number, hop in enumerate(hops):
        last = number == len(hops) - 1 and not more
        first = f"    {'└' if last else '├'} {pad(type_name(hop.type), kinds)}  "
        rest = f"    {' ' if last else '│'} {' ' * kinds}  "
        yield from wrap(rung(hop, network), paint.columns, first, rest)
        if hop.source and hop.rule is not None:
            yield paint.dim(rest + short_source(hop.source))


def rung(hop: Hop, network: Labels) -> str:
    """The component, its rule and the detail, without saying the same twice."""
    name, rule = label(network, hop.component), rule_name(hop.component, hop.rule)
    if hop.detail.startswith(name):
        return hop.detail
    if rule and (rule in hop.detail or str(hop.rule) in hop.detail.split()):
        rule = ""
    if name in hop.detail:
        return f"{rule}: {hop.detail}" if rule else hop.detail
    return f"{name}{f', {rule}' if rule else ''}{f': {hop.detail}' if hop.detail else ''}"


def _stop(block: Block, network: Labels, paint: Paint, leg: str = "") -> Iterator[str]:
    place = f" at {label(network, block.at)}" if block.at and block.at != block.component else ""
    text = f"✗ {block.code}: {label(network, block.component)}{place}{leg}"
    for line in wrap(text, paint.columns, "    ", "      "):
        yield paint.outcome("blocked", line)


def likewise(group: Sequence[Path], network: Labels, paint: Paint) -> Iterator[str]:
    """What the other ways of a group pass instead, and where they differ in addresses only, which."""
    first = group[0]
    own = _components(first)
    texts: dict[str, int] = {}
    for path in group[1:]:
        others = [component for component in _components(path) if component not in own]
        shown = f"by {' · '.join(label(network, one) for one in others)}" if others else _difference(path, first)
        texts[shown] = texts.get(shown, 0) + 1
    for text, ways in list(texts.items())[: MOST_WAYS + 1]:
        count = f" ({ways} ways)" if ways > 1 else ""
        yield from wrap(f"likewise {text}{count}", paint.columns, "  ", "    ")
    if len(texts) > MOST_WAYS + 1:
        yield f"  likewise: {len(texts) - MOST_WAYS - 1} more"


def _components(path: Path) -> dict[str, None]:
    return dict.fromkeys([*(hop.component for hop in path.hops), *(block.component for block in path.blocked_by)])


def _difference(path: Path, first: Path) -> str:
    """The traffic of a way; only its destination where nothing else differs from the first way's."""
    mine, known = path.traffic[0], first.traffic[0]
    if len(path.traffic) == len(first.traffic) == 1:
        if msgspec.structs.replace(mine, destination=known.destination) == known:
            return f"to {addresses(mine.destination)}"
        if msgspec.structs.replace(mine, source=known.source) == known:
            return f"from {addresses(mine.source)}"
        if (mine.source, mine.destination) == (known.source, known.destination):
            return f"for {kind_of_traffic(mine)}"
    return f"for {traffic([mine])}"


def _in_short(groups: Sequence[Sequence[Path]], network: Labels, paint: Paint) -> Iterator[str]:
    """Traffic and what stops it, without the hops; what concerns the most addresses comes first."""
    for group in sorted(groups, key=_breadth)[:MOST_WAYS]:
        yield from _traffic((one for path in group for one in path.traffic), paint)
        for block in group[0].blocked_by:
            yield from _stop(block, network, paint, "" if block.leg == "request" else ", on the reply")
    if len(groups) > MOST_WAYS:
        yield f"  … and {len(groups) - MOST_WAYS} more; --format json has all of them"


def _breadth(group: Sequence[Path]) -> int:
    return -max(len(one.source) + len(one.destination) for path in group for one in path.traffic)


def render_names(hops: Iterable[Hop], paint: Paint) -> list[str]:
    """How the destination's name was resolved, step by step."""
    lines: list[str] = []
    for hop in hops:
        lines += wrap(hop.detail or hop.component, paint.columns, "  ", "    ")
        if hop.source:
            lines.append(paint.dim(f"    {short_source(hop.source)}"))
    return lines

"""The ways of a verdict as ladders of hops, ways of one kind together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reachsim.evidence import Hop
from reachsim.report.columns import WIDTH, pad, width, wrap
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, label, rule_name, short_source, traffic
from reachsim.verdict import Path

MOST_WAYS = 6
MOST_TRAFFIC = 4
_ORDER = ("allowed", "intermittent", "blocked", "unknown")
_LEGS = {"request": "the request", "response": "the reply"}


def render_paths(paths: Sequence[Path], network: Labels, paint: Paint) -> list[str]:
    """Ways that got through first. Of ways that differ in resources only, the first is shown in full.

    At most six ways are shown in full; the last line counts what is left out.
    """
    groups: dict[object, list[Path]] = {}
    for path in sorted(paths, key=lambda one: _ORDER.index(one.outcome)):
        groups.setdefault(_kind(path), []).append(path)
    lines: list[str] = []
    for number, group in enumerate(list(groups.values())[:MOST_WAYS], 1):
        lines += ["", *_group(number, group, network, paint)]
    hidden = sum(map(len, list(groups.values())[MOST_WAYS:]))
    if hidden:
        lines += ["", f"… and {hidden} more {'way' if hidden == 1 else 'ways'}; --format json has all of them"]
    return lines


def _kind(path: Path) -> object:
    codes = tuple((block.code, block.cause) for block in path.blocked_by)
    return path.outcome, path.route, tuple((hop.type, hop.leg) for hop in path.hops), codes


def _group(number: int, group: Sequence[Path], network: Labels, paint: Paint) -> Iterator[str]:
    first = group[0]
    route = "" if first.route == "none" else f" · route {first.route}"
    count = f" (and {len(group) - 1} more like it)" if len(group) > 1 else ""
    yield paint.bold(f"way {number}: ") + paint.outcome(first.outcome) + route + count
    yield from _traffic(first)
    for leg, words in _LEGS.items():
        hops = [hop for hop in first.hops if hop.leg == leg]
        if hops:
            yield f"  {words}"
            yield from _rungs(hops, network, paint)
    for block in first.blocked_by:
        place = f" at {label(network, block.at)}" if block.at else ""
        text = f"✗ {block.code}: {label(network, block.component)}{place}, on {_LEGS[block.leg]}"
        yield paint.outcome("blocked", "\n".join(wrap(text, first="    ", rest="      ")))
    yield from _likewise(group, network)


def _traffic(path: Path) -> Iterator[str]:
    for one in path.traffic[:MOST_TRAFFIC]:
        yield from wrap(traffic(one), first="  ", rest="    ")
    if len(path.traffic) > MOST_TRAFFIC:
        yield f"  and {len(path.traffic) - MOST_TRAFFIC} more kinds of traffic"


def _rungs(hops: Sequence[Hop], network: Labels, paint: Paint) -> Iterator[str]:
    """One rung per hop: what, which, by which rule, and the place in the snapshot that says so."""
    kinds = max(width(hop.type) for hop in hops)
    for number, hop in enumerate(hops):
        last = number == len(hops) - 1
        first = f"    {'└' if last else '├'} {pad(hop.type.replace('-', ' '), kinds)}  "
        rest = f"    {' ' if last else '│'} {' ' * kinds}  "
        yield from wrap(_rung(hop, network), first=first, rest=rest)
        if hop.source and hop.rule is not None:
            yield paint.dim(rest + short_source(hop.source))


def _rung(hop: Hop, network: Labels) -> str:
    """The component, its rule and the detail, without saying the same twice."""
    name, rule = label(network, hop.component), rule_name(hop.component, hop.rule)
    if hop.detail.startswith(name):
        return hop.detail
    if rule and (rule in hop.detail or str(hop.rule) in hop.detail.split()):
        rule = ""
    if name in hop.detail:
        return f"{rule}: {hop.detail}" if rule else hop.detail
    return f"{name}{f', {rule}' if rule else ''}{f': {hop.detail}' if hop.detail else ''}"


def _likewise(group: Sequence[Path], network: Labels) -> Iterator[str]:
    """What the other ways of a group pass instead."""
    own = {hop.component for hop in group[0].hops}
    for path in group[1 : MOST_WAYS + 1]:
        other = dict.fromkeys(hop.component for hop in path.hops if hop.component not in own)
        shown = " · ".join(label(network, component) for component in other)
        text = shown or "; ".join(traffic(one) for one in path.traffic[:1])
        yield from wrap(f"likewise: {text}", first="  ", rest="    ")
    if len(group) > MOST_WAYS + 1:
        yield f"  likewise: {len(group) - MOST_WAYS - 1} more"


def render_names(hops: Iterable[Hop], paint: Paint) -> list[str]:
    """How the destination's name was resolved, step by step."""
    lines: list[str] = []
    for hop in hops:
        lines += wrap(hop.detail or hop.component, first="  ", rest="    ", columns=WIDTH)
        if hop.source:
            lines.append(paint.dim(f"    {short_source(hop.source)}"))
    return lines

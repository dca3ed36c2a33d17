"""What changed between two snapshots, as plain text for a terminal.

Decides nothing: every line is a value of `reachsim.diff.Diff` in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reachsim.diff import CellChange, Diff, Impact, PolicyChange
from reachsim.diff.records import Answer
from reachsim.report.columns import WIDTH, clean, wrap
from reachsim.report.languages import TEXTS
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, by_ends, label, traffic
from reachsim.routemap import RouteMap, lay_out_between
from reachsim.verdict import Traffic

MOST_TRAFFIC = 5
MOST_SOURCES = 8
MOST_CAUSES = 3
ENGLISH = TEXTS["en"]
Words = Mapping[str, str]
_GATE_COLOURS = {"pass": "allowed", "fail": "blocked", "undecided": "unknown"}


def render_diff(diff: Diff, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """The comparison as text.

    Args:
        diff: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    paint = Paint(colour, columns)
    word, because = diff.gate
    lines = wrap(summary(diff), columns)
    lines += [
        paint.bold("overall: ") + overall(diff),
        paint.bold("gate: ") + paint.outcome(_GATE_COLOURS[word], ENGLISH[f"gate {word}"]),
    ]
    lines += [line for one in reasons(because) for line in wrap(labelled(one, network), columns, "  - ", "    ")]
    told: set[str] = set()
    for cells in together(diff.cells):
        lines += ["", *_cells(cells, diff, network, paint, told)]
    if diff.changes:
        lines += ["", paint.bold("changes of the configuration")]
        lines += [line for one in diff.changes for line in _impact(one, network, paint)]
    if diff.policies:
        lines += ["", paint.bold("policies")]
        lines += [line for one in diff.policies for text in policy_words(one, network)
                  for line in wrap(text, columns, "  ", "    ")]  # fmt: skip
    if diff.appeared or diff.gone:
        lines += ["", paint.bold("findings")]
        for sign, findings in (("+", diff.appeared), ("-", diff.gone)):
            for finding in findings:
                because_of = diff.causes_of(finding)
                text = f"{finding.severity.upper()} {finding.id}: {finding.title}"
                text += f" (because of {', '.join(because_of)})" if because_of else ""
                lines += wrap(text, columns, f"  {sign} ", "    ")
    if diff.renamed:
        lines += ["", paint.bold("re-created under new ids")]
        lines += [f"  {clean(old)} → {label(network, new)}" for old, new in sorted(diff.renamed.items())]
    for remark in remarks(diff, network):
        lines += ["", *wrap(remark, columns)]
    return "\n".join(lines) + "\n"


def map_of_diff(diff: Diff, network: Labels, words: Words = ENGLISH) -> RouteMap:
    """Both snapshots as one route map."""
    changed = {(one.source, one.destination, one.protocol, one.port) for one in diff.cells}
    return lay_out_between(diff.before, diff.after, changed, network, words)


def overall(diff: Diff, words: Words = ENGLISH) -> str:
    """Check's word before and after."""
    before, after = diff.overall
    if before is None and after is None:
        return words["overall same"]
    every = len(diff.compared) + len(diff.skipped)
    of = words["overall of"].format(len(diff.compared), every) if diff.skipped else ""
    none = words["no source"]
    return (f"{before or none} → {after or none}" if before != after else words["overall both"].format(after)) + of


def together(cells: Iterable[CellChange]) -> list[list[CellChange]]:
    """Changed answers of one source that changed alike and for the same reason."""
    found: dict[object, list[CellChange]] = {}
    for one in cells:
        alike = (one.source, one.before.outcome, one.before.route, one.after.outcome, one.after.route,
                 tuple(sorted(one.after.layers.items())), one.leaves, one.exposes, one.exits, one.causes,
                 one.alternatives, one.like_source)  # fmt: skip
        found.setdefault(alike, []).append(one)
    return list(found.values())


def ends(cells: Sequence[CellChange], network: Labels) -> str:
    """Whom changed answers of one source are about: ``source → destinations``."""
    return f"{source_of(cells, network)} → {', '.join(targets_of(cells, network))}"


def source_of(cells: Sequence[CellChange], network: Labels) -> str:
    """The source of changed answers, and how many get the same."""
    return label(network, cells[0].source) + _and_like(cells[0].like_source)


def targets_of(cells: Sequence[CellChange], network: Labels) -> list[str]:
    """Where changed answers lead to, and how many get the same; ``*`` where a step needs it."""
    return [label(network, one.destination) + _and_like(one.like_destination) + "*" * one.needed for one in cells]


def _and_like(names: Sequence[str]) -> str:
    return f" (and {len(names)} like it)" if names else ""


def summary(diff: Diff, words: Words = ENGLISH) -> str:
    """How much changed, in one sentence."""

    def counted(key: str, number: int, **more: str) -> str:
        return words[f"sum {key} {'one' if number == 1 else 'many'}"].format(number, **more)

    if diff.nothing_changed:
        return words["nothing changed"]
    findings = len(diff.appeared) + len(diff.gone)
    changes = counted("changes", len(diff.changes))
    if not diff.cells:
        also = counted("findings", findings) if findings else ""
        return words["sum no answer"].format(changes=changes) + also
    causing = sum(one.matters == "causes" for one in diff.changes)
    return counted("matter", causing, changes=changes, answers=counted("answers", len(diff.cells)))


def remarks(diff: Diff, network: Labels, words: Words = ENGLISH) -> list[str]:
    """What was not compared, and why; what of the causes was not looked for."""
    besides = diff.besides
    found = [f"{words['untouched']}: {_few(diff.skipped, network)}"] if diff.skipped else []
    if besides.compared or besides.skipped:
        found.append(words["besides"].format(besides.compared, besides.skipped))
    if besides.left_out:
        found.append(words["left out"].format(besides.left_out))
    if besides.unseen:
        found.append(words["unseen"].format(", ".join(besides.unseen)))
    return [*found, *diff.limits]


def _few(names: Sequence[str], network: Labels) -> str:
    shown = ", ".join(label(network, one) for one in names[:MOST_SOURCES])
    return shown + (f" and {len(names) - MOST_SOURCES} more" if len(names) > MOST_SOURCES else "")


def labelled(text: str, network: Labels) -> str:
    """A sentence whose words are labelled where they name a resource."""
    return " ".join(label(network, word) if "-" in word else word for word in text.split(" "))


def reasons(because: Iterable[str], words: Words = ENGLISH) -> list[str]:
    """What newly leaves or gets in, one line per source and way: ``source → destinations by component``."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in because:
        source, arrow, rest = one.partition(" → ")
        destination, by, component = rest.partition(" by ")
        found.setdefault((source + arrow, words["reason by"] * bool(by) + component), []).append(destination)
    return [f"{source}{', '.join(some)}{by}" for (source, by), some in found.items()]


def _cells(
    cells: Sequence[CellChange], diff: Diff, network: Labels, paint: Paint, known: set[str]
) -> Iterator[str]:  # fmt: skip
    """Changed answers. ``known``: changes told already, which are not told once more."""
    first = cells[0]
    yield from (paint.bold(line) for line in wrap(ends(cells, network), paint.columns, "", "  "))
    yield f"  {answer(first.before)} → " + paint.outcome(first.after.outcome, answer(first.after))
    for name, some in _traffics(cells):
        groups = by_ends(some)
        for group in groups[:MOST_TRAFFIC]:
            yield from wrap(f"{name}: {traffic(group)}", paint.columns, "  ", "      ")
        if len(groups) > MOST_TRAFFIC:
            yield f"  {name}: and {len(groups) - MOST_TRAFFIC} more; --format json has all of it"
    if first.exits:
        yield from wrap(f"by: {', '.join(label(network, one) for one in first.exits)}", paint.columns, "  ", "      ")
    by_id = {one.change.id: one.change for one in diff.changes}
    together_with = ", which only together make the difference" if len(first.causes) > 1 else ""
    or_else = f"undoing {_either(first.alternatives)} alone would take it back, too" if first.alternatives else ""
    if known >= set(first.causes):
        text = f"because of {', '.join(first.causes)}{together_with}" + (f"; {or_else}" if or_else else "")
        yield from wrap(text, paint.columns, "  ", "      ")
        return
    for one in first.causes[:MOST_CAUSES]:
        change = by_id[one]
        known.add(one)
        yield from wrap(f"because of {one}: {told(change.kind, change.component, change.text, network)}", paint.columns,
                        "  ", "      ")  # fmt: skip
    if len(first.causes) > 1:
        more = [*first.causes[MOST_CAUSES:]]
        text = f"and of {', '.join(more)}{together_with}" if more else together_with.removeprefix(", which ")
        yield from wrap(text, paint.columns, "  ", "      ")
    if or_else:
        yield from wrap(or_else, paint.columns, "  ", "      ")


def _either(ids: Sequence[str]) -> str:
    """``c2``, ``c2 or c3``, ``c2, c3 or c4``."""
    return " or ".join(part for part in (", ".join(ids[:-1]), ids[-1]) if part)


def because_of(cell: CellChange) -> str:
    """The causes of a changed answer by their ids: ``c1; c2 or c3 alone, too``."""
    others = f"; {_either(cell.alternatives)} alone, too" if cell.alternatives else ""
    return ", ".join(cell.causes) + others


def answer(one: Answer, words: Words = ENGLISH) -> str:
    """An answer in few words: ``allowed (private)``."""
    if one.outcome == "absent":
        return words["not there"]
    word = words[f"outcome {one.outcome}"]
    if one.route != "none":
        return f"{word} ({one.route})"
    refusing = [layer for layer, outcome in one.layers.items() if layer != "network" and outcome == one.outcome]
    by_policy = refusing and one.layers.get("network") != one.outcome
    return words["refused by"].format(word, ", ".join(refusing)) if by_policy else word


def _traffics(cells: Sequence[CellChange], words: Words = ENGLISH) -> Iterator[tuple[str, list[Traffic]]]:
    named: dict[str, list[Traffic]] = {}
    for cell in cells:
        passes = cell.after.outcome in ("allowed", "intermittent")
        known = "traffic" if cell.before.outcome != "unknown" else "traffic known to be"
        named.setdefault(words[f"{known} {'allowed' if passes else 'let through'}"], []).extend(cell.allowed)
        named.setdefault(words["traffic blocked"], []).extend(cell.blocked)
        for one in cell.moved:
            named.setdefault(words["traffic moved"].format(one.before, one.after), []).extend(one.traffic)
        named.setdefault(words["traffic undecided"], []).extend(cell.undecided)
    return ((name, list(dict.fromkeys(some))) for name, some in named.items() if some)


def traffic_lines(cells: Sequence[CellChange], words: Words = ENGLISH) -> list[str]:
    """All traffic of changed answers, a line per pair of ends: ``newly allowed: …``."""
    return [f"{name}: {traffic(group)}" for name, some in _traffics(cells, words) for group in by_ends(some)]


def told(kind: str, component: str, text: str, network: Labels) -> str:
    """A change in one line."""
    which = label(network, component)
    return f"{'' if kind == 'file' else kind.replace('-', ' ') + ' '}{which}: {text}"


def _impact(one: Impact, network: Labels, paint: Paint) -> Iterator[str]:
    change = one.change
    text = told(change.kind, change.component, change.text, network)
    yield from wrap(text, paint.columns, f"  {change.id:<{max(3, len(change.id))}} ", "      ")
    yield from wrap(matters(one, network), paint.columns, "      → ", "        ")


def matters(one: Impact, network: Labels, words: Words = ENGLISH) -> str:
    """What a change does, in words."""
    if one.part_of is not None:
        return words["matters with"].format(one.part_of)
    if one.matters != "causes":
        return words[f"matters {one.matters}"]
    if not one.cells:
        return words["matters finds"].format(", ".join(one.findings))
    by_source: dict[str, list[str]] = {}
    for source, destination in one.cells:
        by_source.setdefault(source, []).append(destination)
    return words["matters causes"].format("; ".join(
        f"{label(network, source)} → {', '.join(label(network, each) for each in targets)}"
        for source, targets in by_source.items()
    ))  # fmt: skip


def policy_words(one: PolicyChange, network: Labels, words: Words = ENGLISH) -> Iterator[str]:
    """What a policy allows more and less."""
    name = label(network, one.component)
    for verdict, proof, key in ((one.allows_more, one.more, "policy more"), (one.allows_less, one.less, "policy less")):
        if verdict is not False:
            yield words[key if verdict else f"{key} open"].format(name, clean(proof))
    if one.allows_more is False and one.allows_less is False:
        yield words["policy same"].format(name)

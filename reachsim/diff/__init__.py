"""Two snapshots: what changed in the configuration, and exactly what that does to who reaches whom.

For every source × destination the walks of both snapshots are taken apart into sets, and the differences are sets
again: newly allowed, newly blocked, moved from one kind of way to another, not decided any more. Each is traced to the
least set of configuration changes that causes it. Sources that no change can touch are not walked again.

**Source:** DESIGN, "diff" and ``--gate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reachsim.changes import Change, Comparison, compare
from reachsim.check.known import known_of
from reachsim.config import Config
from reachsim.diff.bundles import bundles
from reachsim.diff.causes import MOST_SINGLES, Chosen, Trials, alone, cause_of, effect
from reachsim.diff.cells import Asked, State, evaluate
from reachsim.diff.findings import Key, causes_of_findings
from reachsim.diff.overall import judge
from reachsim.diff.policies import policy_changes
from reachsim.diff.records import CellChange, Diff, Impact, Matters, Moved, PolicyChange
from reachsim.diff.scope import matters_not, questions, sources_of, touched
from reachsim.diff.telling import cell_change
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.verdict import Cell, Side

__all__ = ["CellChange", "Diff", "Impact", "Moved", "PolicyChange", "diff"]


def diff(
    before: Ground, after: Ground, config: Config | None = None, *, sources: Sequence[str] = (),
    targets: Sequence[str] = (), causes: bool = True,
) -> Diff:  # fmt: skip
    """Compare two snapshots.

    Args:
        before, after: The older and the newer one.
        config: Who takes part and what names stand for; it holds for both.
        sources: Selectors in place of the pipeline's sources.
        targets: Selectors in place of check's destinations.
        causes: Work out causes, and whether each change matters (else every change "causes").

    Raises:
        QuestionError: A selector makes no sense.
    """
    config = config or Config()
    comparison = compare(before.network, after.network)
    if comparison.names:
        network = Network(comparison.before, assume_defaults=before.network.assume_defaults)
        before = Ground(network, before.appliances)
    relevant = [one for one in comparison.changes if not matters_not(one)]
    everyone, lacking = sources_of(before.network, after.network, tuple(sources) or config.sources)
    lacking = tuple(path for path in lacking if relevant)
    near = touched(after.network, relevant, everyone, targets)
    # An address that was the network's own, or became so, is no news about the internet.
    own = before.network.own_public_addresses | after.network.own_public_addresses
    states: dict[Asked, tuple[State, State]] = {}
    needed: dict[Asked, bool] = {}
    for source in near:
        for asked, wanted in questions(before.network, after.network, source, targets, config):
            states[asked] = evaluate(before, asked, config.pins, own), evaluate(after, asked, config.pins, own)
            needed[asked] = wanted
    changed = {asked: pair for asked, pair in states.items() if not pair[0].same_as(pair[1])}
    trials = Trials(
        comparison, after.appliances, config.pins, assume_defaults=after.network.assume_defaults, without=own
    )  # fmt: skip
    trials.know(frozenset(), after, {asked: pair[1] for asked, pair in states.items()})
    units = dict(sorted(bundles(relevant).items(), key=lambda one: one[1][0].is_whole))  # of several causes, the rule
    trials.know(frozenset(units), before, {asked: pair[0] for asked, pair in states.items()})
    found = _causes(trials, changed, tuple(units)) if causes else dict.fromkeys(changed, (tuple(units), ()))
    cells = tuple(cell_change(asked, needed[asked], *pair, *found[asked]) for asked, pair in changed.items())
    judged = judge(before, after, config, near)
    because = causes_of_findings(
        trials, config, judged.sources, judged.appeared, judged.gone, units,
        dict.fromkeys(frozenset(ids) for ids, _ in found.values()),
    ) if causes else {}  # fmt: skip
    return Diff(
        _impacts(trials, comparison, units, found, states, because, causes),
        cells, policy_changes(comparison, relevant), judged.overall, judged.appeared, judged.gone, comparison.names,
        tuple(near), tuple(one for one in everyone if one not in near),
        {f"{code} {component}": ids for (code, component), ids in because.items()},
        tuple(dict.fromkeys((*lacking, *judged.missing))),
        _side(before.network, {asked: pair[0] for asked, pair in states.items()}, needed),
        _side(after.network, {asked: pair[1] for asked, pair in states.items()}, needed),
    )  # fmt: skip


def _side(network: Network, states: Mapping[Asked, State], needed: Mapping[Asked, bool]) -> Side:
    """The answers of a snapshot; what is not there has none."""
    cells = tuple(
        Cell(asked.source, asked.destination, state.verdict.outcome, state.verdict.route, needed[asked],
             state.blocked_by, state.verdict)
        for asked, state in states.items() if state.verdict is not None
    )  # fmt: skip
    return Side(cells, known_of(network, cells))


Causes = tuple[tuple[str, ...], tuple[str, ...]]
"""(ids of the least changes to undo for the old answer, others of which each does it alone)."""


def _causes(trials: Trials, changed: Mapping[Asked, tuple[State, State]], units: Sequence[str]) -> dict[Asked, Causes]:
    known: dict[Chosen, None] = {}
    found: dict[Asked, Causes] = {}
    try_singly = len(units) * len(changed) <= MOST_SINGLES
    for asked, (before, _) in changed.items():
        singles = alone(trials, asked, before, units) if try_singly else ()
        cause = singles[:1] or cause_of(trials, asked, before, units, known)
        found[asked] = (cause, singles[1:])
        known[frozenset(cause)] = None
    return found


def _impacts(
    trials: Trials, comparison: Comparison, units: Mapping[str, Sequence[Change]],
    causes: Mapping[Asked, Causes], states: Mapping[Asked, tuple[State, State]],
    because: Mapping[Key, tuple[str, ...]], worked_out: bool,
) -> tuple[Impact, ...]:  # fmt: skip
    of_cell = {asked: frozenset((*cause, *others)) for asked, (cause, others) in causes.items()}
    causing = frozenset(one for ids in of_cell.values() for one in ids)
    matters: dict[str, Matters] = dict.fromkeys(causing, "causes")
    if worked_out:
        matters = effect(trials, tuple(units), causing, states)
    unit_of = {change.id: name for name, some in units.items() for change in some}
    impacts = []
    for change in comparison.changes:
        unit = unit_of.get(change.id, "")
        cells = tuple((asked.source, asked.destination) for asked, ids in of_cell.items() if unit in ids)
        findings = tuple(f"{code} {component}" for (code, component), ids in because.items() if unit in ids)
        word: Matters = "causes" if findings else matters.get(unit, "nothing")
        impacts.append(Impact(change, word, cells, findings, unit if unit not in ("", change.id) else None))
    return tuple(impacts)

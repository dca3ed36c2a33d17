"""Two snapshots: what changed in the configuration, and exactly what that does to who reaches whom.

For every source × destination the walks of both snapshots are taken apart into sets, and the differences are sets
again: newly allowed, newly blocked, moved from one kind of way to another, not decided any more. Each is traced to the
least set of configuration changes that causes it. Those that no change can touch are not walked again.

**Source:** DESIGN, "diff" and ``--gate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reachsim.changes import Change, compare
from reachsim.check.known import known_of
from reachsim.config import Config
from reachsim.diff.blind import same_moment
from reachsim.diff.bundles import bundles
from reachsim.diff.causes import Pair, Trials, causes_of
from reachsim.diff.cells import Asked, State, evaluate
from reachsim.diff.findings import causes_of_findings
from reachsim.diff.impacts import impacts
from reachsim.diff.overall import Key, judge, shared_still
from reachsim.diff.plan import plan_of
from reachsim.diff.policies import policy_changes
from reachsim.diff.reading import Reader, read_of
from reachsim.diff.records import Besides, CellChange, Diff, Impact, Moved, PolicyChange
from reachsim.diff.scope import matters_not
from reachsim.diff.telling import cell_change
from reachsim.diff.touching import Touching, only_filters
from reachsim.diff.unseen import Listed, hides
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.selectors import check_named
from reachsim.verdict import Cell, Side

__all__ = ["CellChange", "Diff", "Impact", "Moved", "PolicyChange", "diff"]


def diff(
    before: Ground, after: Ground, config: Config | None = None, *, sources: Sequence[str] = (),
    targets: Sequence[str] = (), causes: bool = True, edited: bool = False,
) -> Diff:  # fmt: skip
    """Compare two snapshots: the pipeline's questions, and everybody else against the internet and each other.

    Args:
        before, after: The older and the newer one.
        config: Who takes part and what names stand for; it holds for both.
        sources: Selectors in place of the pipeline's sources and of everybody else.
        targets: Selectors in place of check's destinations and of everybody else.
        causes: Work out causes, and whether each change matters (else every change "causes").
        edited: The newer snapshot is an edited copy of the older one: what neither tells is the same for both. By
            itself that is taken for granted where the manifests say that both come from one capture.

    Raises:
        QuestionError: A selector makes no sense.
    """
    config = config or Config()
    interfaces = before.network.network_interfaces.keys(), after.network.network_interfaces.keys()
    named = {*sources, *targets}.difference(*interfaces)
    for selector in (one for one in (*sources, *targets) if one in named):
        check_named(selector, before.network, after.network)
    comparison = compare(before.network, after.network)
    if comparison.names:
        network = Network(comparison.before, assume_defaults=before.network.assume_defaults, beside=before.network)
        before = Ground(network, before.appliances)
    before, after = (Reader(one.network, one.appliances) for one in (before, after))
    relevant = [one for one in comparison.changes if not matters_not(one)]
    units = dict(sorted(bundles(relevant).items(), key=lambda one: one[1][0].is_whole))  # of several causes, the rule
    touching = Touching(before.network, after.network, units, config.pins)
    edited = edited or same_moment(before.network, after.network)
    plan = plan_of(before, after, config, touching, tuple(sources), tuple(targets), edited=edited)
    # An address that was the network's own, or became so, is no news about the internet, nor is one of nobody's.
    own = before.network.own_public_addresses | after.network.own_public_addresses
    own |= before.network.stand_ins_of_lists | after.network.stand_ins_of_lists
    answers = _answers(before, after, plan.questions, units, config, own)
    each = plan.others.each
    more = [one for asked, pair in answers.items() if not pair[0].same_as(pair[1]) for one in each.get(asked, ())[1:]]
    answers |= _answers(before, after, more, units, config, own)
    changed = {  # asked by itself, so that the words are about it alone
        asked: (evaluate(before, asked, config.pins, own), evaluate(after, asked, config.pins, own))
        for asked, pair in answers.items() if not pair[0].same_as(pair[1])
    }  # fmt: skip
    trials = Trials(comparison, touching, after, config.pins, answers, own)
    found = causes_of(trials, changed, tuple(units)) if causes else dict.fromkeys(changed, (tuple(units), ()))
    judged = judge(before, after, config, plan.near)
    listed = Listed.of(before.network, after.network)
    hidden = hides(
        after,
        config,
        answers,
        plan,
        judged,
        listed=listed,
        filters_only=edited and only_filters(relevant),
        told_alike=edited,
    )
    because = (
        causes_of_findings(trials, config, judged, units, dict.fromkeys(frozenset(ids) for ids, _ in found.values()))
        if causes
        else {}
    )
    kept = {asked: changed.get(asked) or (answers[asked][0].state, answers[asked][1].state)
            for asked in answers if asked in plan.needed or asked in changed}  # fmt: skip
    policies = policy_changes(comparison, relevant, (after.network, before.network), shared_still(judged))
    return Diff(
        impacts(trials, comparison.changes, units, found, because, causes),
        tuple(
            cell_change(asked, plan.needed.get(asked, False), pair, found[asked], listed, plan.others.alike.get(asked))
            for asked, pair in changed.items()
        ),
        policies, judged.overall, judged.appeared, judged.gone, comparison.names,
        plan.near, plan.skipped,
        _by_name(because),
        frozenset(f"{code} {component}" for code, component, _ in judged.doubtful),
        tuple(dict.fromkeys((*plan.lacking, *hidden))),
        _side(before.network, {asked: pair[0] for asked, pair in kept.items()}, plan.needed),
        _side(after.network, {asked: pair[1] for asked, pair in kept.items()}, plan.needed),
        Besides(plan.others.compared, plan.others.skipped, plan.others.left_out, plan.unseen), trials.limits,
    )  # fmt: skip


def _answers(
    before: Reader, after: Reader, questions: Sequence[Asked], units: Mapping[str, Sequence[Change]], config: Config,
    own: IntervalSet,
) -> dict[Asked, Pair]:  # fmt: skip
    """Every question's answers before and after."""
    older = dict(before.answers(questions, config.pins, own))
    reads = [read_of(some, before.network, after.network) for some in units.values()]
    alike = {asked: answer for asked, answer in older.items() if asked.packets_only and answer.unread(*reads)}
    newer = dict(after.answers([one for one in questions if one not in alike], config.pins, own))
    return {asked: (older[asked], (alike.get(asked) or newer[asked])) for asked in questions}


def _by_name(because: Mapping[Key, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Findings, as ``id component``, and the changes that those of the name came or went with."""
    found: dict[str, tuple[str, ...]] = {}
    for (code, component, _), ids in because.items():
        name = f"{code} {component}"
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *ids)))
    return found


def _side(network: Network, states: Mapping[Asked, State], needed: Mapping[Asked, bool]) -> Side:
    """The answers of a snapshot; what is not there has none."""
    cells = tuple(
        Cell(asked.source, asked.destination, state.verdict.outcome, state.verdict.route, needed.get(asked, False),
             state.blocked_by, state.verdict)
        for asked, state in states.items() if state.verdict is not None
    )  # fmt: skip
    return Side(cells, known_of(network, cells))

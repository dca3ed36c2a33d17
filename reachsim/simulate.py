"""Question in, verdict out: DNS, the walk both ways, then each policy layer that counts.

**Source:** DESIGN, "Verdicts": what the asker chooses and what chance chooses are told apart; a set is allowed as
soon as a member gets through, chance makes it intermittent as soon as some of it fails, and what is missing counts
only if it can change the answer.
"""

from __future__ import annotations

import re
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from reachsim.addresses import EVERYWHERE, V4, V6
from reachsim.destinations import implied_requests
from reachsim.engine import ICMP_REPLIES
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.filters import PROTOCOLS
from reachsim.forwarding import Ground, Walk
from reachsim.intervals import IntervalSet
from reachsim.packets import (
    CHOICE,
    CHOICES,
    CLIENT_PORT,
    DESTINATION,
    DIMENSIONS,
    NAT_PORT,
    PORTS,
    SECOND_NAT_PORT,
    SERVICE,
    SOURCE,
    PacketSet,
)
from reachsim.readings import Agreed, agreed
from reachsim.scenarios import FILTER_CODES, Scenario, route_of, scenarios, services_of, to_addresses
from reachsim.selectors import Selector, parse_selector
from reachsim.services import SERVICES
from reachsim.snapshot import WITHIN_VPCS, Planned
from reachsim.verdict import Outcome, Path, Question, RouteWord, Verdict, traffic_of

LAYERS = ("network", "endpoint-policy", "identity-policy", "resource-policy")
MAX_PATHS = 200
"""Paths of a verdict that are kept; they are sorted, allowed ones first."""


class Weighed(msgspec.Struct, frozen=True):
    """A set of members by fate: surely allowed, maybe allowed, surely some, maybe some (each within the asked
    members).
    """

    asked: PacketSet
    full: PacketSet
    maybe_full: PacketSet
    some: PacketSet
    maybe_some: PacketSet


def read_protocol(protocol: object) -> int | None:
    """A protocol as the question gives it: a name, a number, or None. Raises QuestionError."""
    if type(protocol) is str and protocol in PROTOCOLS:
        return PROTOCOLS[protocol]
    if protocol is None or protocol in ("any", "-1", -1):
        return None
    if isinstance(protocol, bool) or not isinstance(protocol, str | int):
        raise QuestionError(f"protocol must be tcp, udp, icmp, icmpv6 or a number, not {protocol!r}", "BAD_PROTOCOL")
    if isinstance(protocol, str) and protocol.lower() in PROTOCOLS:
        return PROTOCOLS[protocol.lower()]
    try:
        number = int(protocol)
    except ValueError:
        number = -1
    if not 0 <= number <= 255:
        raise QuestionError(f"protocol must be tcp, udp, icmp, icmpv6 or a number, not {protocol!r}", "BAD_PROTOCOL")
    return number


def check_question(protocol: int | None, port: object, family: object, layers: Sequence[str] | None) -> None:
    """Raises QuestionError for a port, family or layer that is none."""
    most = 255 if protocol in ICMP_REPLIES else 65535
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= most):
        raise QuestionError(f"port must be a whole number from 0 to {most}, not {port!r}", "BAD_PORT")
    if port is not None and protocol is not None and protocol not in (1, 6, 17, 58):
        raise QuestionError(f"protocol {protocol} has no ports", "BAD_PORT")
    if family not in (None, "ipv4", "ipv6"):
        raise QuestionError(f"family must be ipv4 or ipv6, not {family!r}", "BAD_FAMILY")
    for layer in layers or ():
        if layer not in LAYERS:
            raise QuestionError(f"no layer {layer!r}; there are {', '.join(LAYERS)}", "BAD_LAYER")


def ask(
    ground: Ground,
    source: str,
    target: str,
    *,
    protocol: object = None,
    port: int | None = None,
    family: str | None = None,
    pins: Mapping[str, IntervalSet] | None = None,
) -> tuple[Scenario, ...]:
    """The scenarios of a question, walked. Raises QuestionError."""
    return ask_each(ground, source, target, protocol=protocol, port=port, family=family, pins=pins).found


def as_drawn(ground: Ground, source: str, target: str) -> tuple[Scenario, ...]:
    """The scenarios of a question about every packet, with the addresses that stand for those that AWS has yet to pick.

    Raises QuestionError.
    """
    return scenarios(ground, parse_selector(source), parse_selector(target), services_of(None, None), None, {})


def ask_addresses(ground: Ground, source: str, addresses: IntervalSet) -> tuple[Scenario, ...]:
    """The scenarios of all that a source sends to some addresses, walked. Raises QuestionError."""
    sender = parse_selector(source)

    def walk(one: Ground) -> tuple[Scenario, ...]:
        return to_addresses(one, sender, addresses, services_of(None, None))

    return agreed(ground, walk, _signature, _is_open).found


def ask_each(
    ground: Ground,
    source: str,
    target: str,
    *,
    protocol: object = None,
    port: int | None = None,
    family: str | None = None,
    pins: Mapping[str, IntervalSet] | None = None,
) -> Agreed:
    """The same with the scenarios by each reading of attributes that are missing. Raises QuestionError."""
    number = read_protocol(protocol)
    check_question(number, port, family, None)
    return _walked(ground, parse_selector(source), parse_selector(target), services_of(number, port), family, pins)


def _walked(
    ground: Ground, source: Selector, target: Selector, services: IntervalSet, family: str | None,
    pins: Mapping[str, IntervalSet] | None,
) -> Agreed:  # fmt: skip
    asked = (source, target, services, family)

    def walk(one: Ground) -> tuple[Scenario, ...]:
        return scenarios(one, *asked, pins or {})

    def answered() -> Agreed:
        found = agreed(ground, walk, _signature, _is_open)
        if "internet" in (source.kind, target.kind) and ground.network.lists_of_unknown_owner:
            from reachsim.list_owners import told_of_lists  # captures tell whose their lists are

            found = told_of_lists(ground, found, walk, _outcome_of)
        if not ground.network.snapshot.manifest.planned:
            return found
        from reachsim.stand_ins import holding  # only what is planned has addresses that are yet to be picked

        return holding(ground, found, walk, _fate)

    return ground.remembered(asked, answered)


_UNASKED: Final = Question("", "", None, None, None)


def _signature(found: Sequence[Scenario]) -> Hashable:
    """What answers to one question share if they are the same: the outcome, the route, what gets through."""
    verdict = weigh(_UNASKED, found)
    through: dict[int, PacketSet] = {}
    for one in found:
        for flow in one.flows if verdict.outcome == "allowed" else ():
            if flow.outcome == "allowed":
                part = _members(PacketSet.box(flow.box), one)
                through[part.dimensions] = part | through.get(part.dimensions, part)
    return verdict.outcome, verdict.route, frozenset(through.values())


def _fate(found: Sequence[Scenario]) -> Hashable:
    """What answers to one question share that go between other addresses: the outcome, the route, the services."""
    verdict = weigh(_UNASKED, found)
    flows = (flow for one in found for flow in one.flows if flow.outcome == "allowed")
    return verdict.outcome, verdict.route, IntervalSet.union_of(flow.box[SERVICE] for flow in flows)


def _outcome_of(found: Sequence[Scenario]) -> Outcome:
    return weigh(_UNASKED, found).outcome


def _is_open(found: Sequence[Scenario]) -> bool:
    return _outcome_of(found) == "unknown"


def simulate(
    ground: Ground,
    source: str,
    target: str,
    *,
    protocol: str | int | None = None,
    port: int | None = None,
    family: str | None = None,
    requests: Sequence[Mapping[str, Any]] | None = None,
    layers: Sequence[str] | None = None,
    pins: Mapping[str, IntervalSet] | None = None,
) -> Verdict:
    """Answer one question. Without ``requests`` those count that the use of the target implies (`implied_requests`).

    Raises QuestionError.
    """
    number = read_protocol(protocol)
    check_question(number, port, family, layers)
    aimed = parse_selector(target)
    found = _walked(ground, parse_selector(source), aimed, services_of(number, port), family, pins).found
    question = Question(source, target, None if protocol is None else str(protocol), port, family)
    verdict = weigh(question, found, explicit_icmp=number in ICMP_REPLIES and port is not None)
    counted = tuple(layers) if layers is not None else LAYERS
    if requests is None and found:
        requests = implied_requests(aimed, found[0].source.home)
    if "network" not in counted:
        if not requests:
            raise QuestionError("layers other than network judge requests, and the question has none", "BAD_LAYER")
        verdict = msgspec.structs.replace(verdict, outcome="allowed", blocked_by=(), layers={}, missing=())
    if requests:
        from reachsim.policy_layers import judge_requests  # costs the policy language; most questions have no requests

        verdict = judge_requests(ground, verdict, found, requests, counted, asked=layers is not None)
    return with_planned(verdict, ground.network.snapshot.manifest.planned)


def simulate_each(
    ground: Ground, source: str, target: str, requests: Sequence[Sequence[Mapping[str, Any]]], *,
    protocol: str | int | None = None, port: int | None = None, pins: Mapping[str, IntervalSet] | None = None,
) -> list[Verdict]:  # fmt: skip
    """A verdict for each list of requests, all of which go the same way: it is walked once.

    Raises QuestionError.
    """
    from reachsim.policy_layers import Known, judge_requests

    check_question(read_protocol(protocol), port, None, None)
    found = ask(ground, source, target, protocol=protocol, port=port, pins=pins)
    verdict = weigh(Question(source, target, None if protocol is None else str(protocol), port, None), found)
    planned = ground.network.snapshot.manifest.planned
    made: dict[str, Verdict] = {}
    known: Known = {}
    for each in requests:
        key = repr(each)
        if key not in made:
            judged = judge_requests(ground, verdict, found, each, LAYERS, asked=False, known=known)
            made[key] = with_planned(judged, planned)
    return [made[repr(each)] for each in requests]


def with_planned(verdict: Verdict, notes: Sequence[Planned]) -> Verdict:
    """The verdict with what it owes to values of a plan that AWS has yet to pick, or that nothing tells.

    A value that nothing tells leaves open what it alone could change: traffic blocked by nothing but components with
    such values, whatever blocks an end that has one (its groups, its subnets), or a way that such a component might
    stop. A choice that nothing tells leaves open
    what some of the chosen do and others do not.
    """
    if not notes:
        return verdict
    ends = {verdict.question.source, verdict.question.destination}
    ways = [path for path in verdict.paths if path.outcome == verdict.outcome] or list(verdict.paths)
    met = {hop.component for path in ways for hop in path.hops} | {path.terminal for path in ways} | {
        name for block in verdict.blocked_by for name in _may_open(block) if name
    }  # fmt: skip
    met |= {f"{one.component}{way}" for one in verdict.assumptions for way in ("", " ingress", " egress")} | ends
    mine = [note for note in notes if note.component in met and _concerns(note, ends)]
    if not mine:
        return verdict
    assumptions = [
        Assumption(note.code, re.sub(_WAYS, "", note.component), note.detail, note.can_hide) for note in mine
    ]
    opening = {note.component for note in mine if note.code == "PLANNED_VALUE_UNKNOWN" and note.can_hide == "leak"}
    choosing = any(note.code == "PLANNED_VALUE_UNKNOWN" and note.can_hide == "neither" for note in mine)
    closing = any(note.code == "PLANNED_VALUE_UNKNOWN" and note.can_hide == "block" for note in mine)
    outcome = verdict.outcome
    fates = [(path.blocked_by, _leads_elsewhere(path, opening)) for path in verdict.paths if path.blocked_by]
    if not fates or len(verdict.paths) == MAX_PATHS:
        fates.append((verdict.blocked_by, any(_leads_elsewhere(path, opening) for path in verdict.paths)))
    stops = any(
        all(opening & {*_may_open(one)} or (elsewhere and _is_on_the_way(one)) for one in blocks)
        for blocks, elsewhere in fates
    )
    stops = stops or bool(ends & opening)
    if outcome in ("blocked", "intermittent") and opening and stops:
        outcome = "unknown"
    if outcome in ("allowed", "intermittent") and closing:
        outcome = "unknown"
    if outcome == "intermittent" and choosing:
        outcome = "unknown"
    changed = outcome != verdict.outcome
    untold = any(note.code == "PLANNED_VALUE_UNKNOWN" for note in mine)
    return msgspec.structs.replace(
        verdict, surely=() if untold else verdict.surely, outcome=outcome, route="none" if changed else verdict.route,
        layers={**verdict.layers, "network": outcome} if changed else verdict.layers,
        assumptions=tuple(dict.fromkeys((*verdict.assumptions, *assumptions))),
    )  # fmt: skip


_WAYS: Final = r" (?:in|e)gress$"


def _may_open(block: Block) -> tuple[str | None, ...]:
    """What may open it by a value that nothing tells: of a group the rules of that direction."""
    return block.component, block.at, f"{block.component} {block.direction}"


_TABLES: Final = ("route-table", "transit-gateway-route-table")


def _leads_elsewhere(path: Path, opening: Container[str]) -> bool:
    """Whether a route that nothing tells yet may lead past what stops a way: it goes by the routes of such a table."""
    return any(hop.type in _TABLES and hop.component in opening for hop in path.hops)


def _is_on_the_way(block: Block) -> bool:
    """Whether it stops packets for the way that they take: no filter, which may be an end's, no name and no policy."""
    return block.symptom != "403" and block.code not in FILTER_CODES and not block.code.startswith("DNS_")


def _concerns(note: Planned, ends: set[str]) -> bool:
    """Whether a note may be about what goes between these ends: one on the ways to a service is not about those to the
    internet, which its addresses do not count as, or to another service; one on VPCs' blocks is not about the internet.
    """
    if note.only_to == WITHIN_VPCS:
        return "internet" not in ends
    return not note.only_to or not any(end == "internet" or end in SERVICES.keys() - {note.only_to} for end in ends)


# --- weighing -------------------------------------------------------------------------------------------------------


def weigh(question: Question, found: Sequence[Scenario], *, explicit_icmp: bool = False) -> Verdict:
    """From walked scenarios to the network's verdict."""
    considered = [_considered(one, explicit_icmp) for one in found]
    outcome = _same_for_all(considered) or _outcome(_by_group(considered))
    symbolic = outcome in ("allowed", "unknown") and any(one.symbolic for one in considered)
    symbolic_split = outcome == "unknown" and symbolic and not any(
        flow.gaps and not flow.blocks for one in considered for flow in one.flows
    ) and not any(one.gaps for one in considered)  # fmt: skip
    routes = _routes(considered) if outcome in ("allowed", "intermittent") else {}
    if outcome == "allowed" and symbolic and any(one.symbolic and _route_depends(one) for one in considered):
        outcome, symbolic_split = "unknown", True
    route: RouteWord = "none"
    if outcome in ("allowed", "intermittent"):
        route = next(iter(routes)) if len(routes) == 1 else "mixed" if routes else "none"
    if _may_go_elsewhere(route, considered):
        outcome, route = "unknown", "none"
    blocked_by = () if outcome == "allowed" else _blocks(considered)
    gaps = _gaps(considered) if outcome == "unknown" else ()
    assumptions = _assumptions(considered, outcome)
    assumptions += [Assumption(gap.code, gap.component, gap.detail, gap.can_hide) for gap in gaps]
    if symbolic_split:
        names = ", ".join(dict.fromkeys(one.resolution.name for one in considered if one.resolution))
        detail = f"the way depends on which address {names} resolves to, which is not known offline"
        assumptions.append(Assumption("PUBLIC_NAME_ADDRESSES_UNKNOWN", names, detail, "leak"))
    if outcome == "unknown" and not symbolic_split:  # there they tell what stops some of the addresses
        blocked_by = tuple(b for b in blocked_by if b.code.startswith("DNS_")) + _unknown_blocks(gaps)
    missing = tuple(sorted({path for gap in gaps for path in gap.missing})) if gaps else ()
    names_hops = [hop for one in considered for hop in _name_hops(one, one.flows)]
    return Verdict(
        question, outcome, route, {"network": outcome}, blocked_by, _paths(considered), missing,
        tuple(dict.fromkeys(assumptions)), tuple(dict.fromkeys(names_hops)),
        _sure_ways(considered) if outcome == "unknown" else (),
    )  # fmt: skip


def _considered(one: Scenario, explicit_icmp: bool) -> Scenario:
    """Without one-way ICMP messages, unless they were asked for by type: they ask for no answer, so nothing is
    reached.
    """
    if explicit_icmp or not one.flows:
        return one
    kept = tuple([flow for flow in one.flows if not _one_way(flow)])
    if len(kept) == len(one.flows) or not kept:
        return one
    services = IntervalSet.union_of({flow.box[SERVICE] for flow in kept})
    of_them = PacketSet.box((EVERYWHERE, EVERYWHERE, services, PORTS, PORTS, PORTS, CHOICES))
    return msgspec.structs.replace(one, flows=kept, asked=one.asked & of_them)  # the flows add up to what was asked


def _one_way(flow: Walk) -> bool:
    replies = ICMP_REPLIES.get(flow.protocol)
    return replies is not None and (flow.box[SERVICE].first >> 8) & 0xFF not in replies


CHANCE_DIMENSIONS = (CHOICE, SECOND_NAT_PORT, NAT_PORT, CLIENT_PORT)
"""What chance decides in every scenario, last first, so that dropping one moves no other."""


def _members(packets: PacketSet, one: Scenario) -> PacketSet:
    """What is left of packets when everything that chance decides is forgotten: (source?, destination?, service)."""
    found = packets
    for dimension in CHANCE_DIMENSIONS:
        found = found.project(dimension)
    if one.chance_destination and not one.symbolic:
        found = found.project(DESTINATION)
    if one.chance_source:
        found = found.project(SOURCE)
    return found


def _weigh_group(group: Sequence[Scenario]) -> Weighed | None:
    """Chance settled over the alternatives of one group; None if nothing can be sent or nothing is known."""
    parts = _of_one_family([(one, _weigh_one(one)) for one in group if one.flows and not one.gaps and not one.blocks])
    if not parts:
        return _UNKNOWN if any(one.gaps for one in group) else None
    asked = _union(part.asked for part in parts)
    open_end = any(one.gaps for one in group)
    closed = any((one.blocks or not one.flows) and not one.gaps for one in group)
    empty = PacketSet.empty(asked.dimensions)
    full, maybe_full = asked, asked
    for part in parts:
        full = full & (part.full | (asked - part.asked))
        maybe_full = maybe_full & (part.maybe_full | (asked - part.asked))
    some = _union(part.some for part in parts)
    maybe_some = _union(part.maybe_some for part in parts)
    if closed:
        full, maybe_full = empty, empty
    if open_end:
        full, maybe_some = empty, asked
    return Weighed(asked, full, maybe_full, some, maybe_some)


def _of_one_family(weighed: Sequence[tuple[Scenario, Weighed]]) -> list[Weighed]:
    """The parts, made comparable: where a name answers in both families, the answer that the client picks decides which
    of its own addresses it sends from, so the source is no choice of the asker's then (fact N148).
    """
    parts = [part for _, part in weighed if part.asked]
    picked = [one for one, part in weighed if part.asked and one.chance_destination and not one.symbolic]
    if len(picked) < len(parts) or any(one.chance_source for one in picked):
        return parts
    sent = [box[SOURCE] for one in picked for box in one.asked.boxes()]
    if all(one <= V4 for one in sent) or all(one <= V6 for one in sent):
        return parts
    return [Weighed(*(packets.project(0) for packets in msgspec.structs.astuple(part))) for part in parts]


_ONE = PacketSet.box((IntervalSet.single(0),))
_NONE = PacketSet.empty(1)
_UNKNOWN = Weighed(_ONE, _NONE, _ONE, _NONE, _ONE)


def _union(sets: Iterable[PacketSet]) -> PacketSet:
    found: PacketSet | None = None
    for one in sets:
        found = one if found is None else found | one
    assert found is not None
    return found


def _weigh_one(one: Scenario) -> Weighed:
    by: dict[str, list[Any]] = {"allowed": [], "blocked": [], "unknown": []}
    for flow in one.flows:
        by[flow.outcome].append(flow.box)
    passes = PacketSet.union_of(by["allowed"], len(DIMENSIONS))
    unknown = PacketSet.union_of(by["unknown"], len(DIMENSIONS))
    asked = _members(one.asked, one)

    def members(packets: PacketSet) -> PacketSet:
        return asked if packets == one.asked else _members(packets, one)

    full = asked - members(one.asked - passes)
    some = members(passes)
    if not unknown:
        weighed = Weighed(asked, full, full, some, some)
    else:
        weighed = Weighed(asked, full, asked - members(one.asked - passes - unknown), some, members(passes | unknown))
    if not one.symbolic:
        return weighed
    if one.chance_source:
        return _over_symbolic(weighed, 0)
    return _over_families(weighed, both=one.resolution is not None and one.resolution.both)


def _over_symbolic(weighed: Weighed, dimension: int) -> Weighed:
    """The true address is some unknown member: sure is what holds for all of them, possible what holds for any."""
    asked = weighed.asked.project(dimension)

    def everywhere(held: PacketSet) -> PacketSet:
        return asked - (weighed.asked - held).project(dimension)

    return Weighed(
        asked, everywhere(weighed.full), weighed.maybe_full.project(dimension), everywhere(weighed.some),
        weighed.maybe_some.project(dimension),
    )  # fmt: skip


def _over_families(weighed: Weighed, *, both: bool) -> Weighed:
    """The true address may be of either family, and with it the address that the client sends from (fact N148): sure is
    what holds for both. Where the name surely has addresses of ``both``, the client's pick is chance.
    """
    sent = [IntervalSet.union_of(box[0] & family for box in weighed.asked.boxes()) for family in (V4, V6)]
    if not all(sent):
        return _over_symbolic(weighed, 1)
    parts = [
        _over_symbolic(Weighed(*(_sent_from(packets, own) for packets in msgspec.structs.astuple(weighed))), 1)
        for own in sent
    ]
    four, six = (Weighed(*(packets.project(0) for packets in msgspec.structs.astuple(part))) for part in parts)
    if both:
        return Weighed(
            four.asked | six.asked, four.full & six.full, four.maybe_full & six.maybe_full, four.some | six.some,
            four.maybe_some | six.maybe_some,
        )  # fmt: skip
    return Weighed(
        four.asked | six.asked, four.full & six.full, four.maybe_full | six.maybe_full, four.some & six.some,
        four.maybe_some | six.maybe_some,
    )  # fmt: skip


def _sent_from(packets: PacketSet, sources: IntervalSet) -> PacketSet:
    boxes = [(box[0] & sources, *box[1:]) for box in packets.boxes() if not box[0].isdisjoint(sources)]
    return PacketSet.union_of(boxes, packets.dimensions)


Answer = Literal["no", "unknown", "yes"]


def modalities(found: Sequence[Scenario]) -> tuple[Answer, Answer]:
    """(whether the asker's best choice works whatever chance decides, whether it works at all).

    Together they are the outcome: ``allowed`` is (yes, yes), ``intermittent`` (no, yes), ``blocked`` (no, no).
    """
    known = [
        group for group in _by_group([_considered(one, explicit_icmp=False) for one in found]) if group is not None
    ]
    every: Answer = "unknown" if any(group.maybe_full for group in known) else "no"
    some: Answer = "unknown" if any(group.maybe_some for group in known) else "no"
    if any(group.full for group in known):
        every = "yes"
    return every, "yes" if any(group.some for group in known) else some


def answer_of(found: Sequence[Scenario]) -> tuple[Answer, Answer, RouteWord, tuple[str, ...]]:
    """(the two `modalities`, the route, the missing files) of a question without names and without ICMP."""
    every, some = modalities(found)
    considered = [_considered(one, explicit_icmp=False) for one in found]
    routes = _routes(considered)
    route: RouteWord = "none" if some == "no" or not routes else next(iter(routes)) if len(routes) == 1 else "mixed"
    unsaid = "unknown" in (every, some) and every != "yes" and (every, some) != ("no", "yes")
    if not unsaid and _may_go_elsewhere(route, considered):
        every = some = "unknown"
        unsaid = True
    if unsaid:
        files = {path for gap in _gaps(considered) for path in gap.missing}
        return every, some, "none", tuple(sorted(files))
    return every, some, route, ()


def left_open(
    found: Sequence[Scenario], source: str, target: str, notes: Sequence[Planned]
) -> tuple[Answer, Answer, RouteWord, tuple[str, ...]] | None:
    """The `answer_of` a question that values of a plan leave open; None if they leave it as it is."""
    verdict = weigh(Question(source, target, None, None, None), found)
    if verdict.outcome == "unknown" or with_planned(verdict, notes).outcome != "unknown":
        return None
    return "unknown", "unknown", "none", ()


def _same_for_all(considered: Sequence[Scenario]) -> Outcome | None:
    """The outcome where every packet has the same certain one, whoever picks it: nothing to weigh."""
    outcomes = {flow.outcome for one in considered for flow in one.flows}
    if len(outcomes) != 1 or any(one.gaps or one.blocks or not one.flows for one in considered):
        return None
    (outcome,) = outcomes
    return None if outcome == "unknown" else outcome


def _by_group(considered: Sequence[Scenario]) -> list[Weighed | None]:
    groups: dict[str, list[Scenario]] = {}
    for one in considered:
        groups.setdefault(one.group, []).append(one)
    return [_weigh_group(group) for group in groups.values()]


def _outcome(groups: Sequence[Weighed | None]) -> Outcome:
    known = [group for group in groups if group is not None]
    if any(group.full for group in known):
        return "allowed"
    if any(group.maybe_full - group.full for group in known):
        return "unknown"
    if any(group.some for group in known):
        return "intermittent"
    return "unknown" if any(group.maybe_some for group in known) else "blocked"


# --- what to tell ---------------------------------------------------------------------------------------------------


def _route_depends(one: Scenario) -> bool:
    """Whether the way depends on which address a public name stands for: where it has some of both families, within
    one of them.
    """
    through = [flow for flow in one.flows if flow.outcome == "allowed"]
    if one.resolution is None or not one.resolution.both:
        return len({route_of(one, flow) for flow in through}) > 1
    families = ([flow for flow in through if not flow.box[DESTINATION].isdisjoint(family)] for family in (V4, V6))
    return any(len({route_of(one, flow) for flow in mine}) > 1 for mine in families)


def _routes(found: Sequence[Scenario]) -> dict[RouteWord, None]:
    return {route_of(one, flow): None for one in found for flow in one.flows if flow.outcome == "allowed"}


def _sure_ways(found: Sequence[Scenario]) -> tuple[RouteWord, ...]:
    """The ways of what gets through at least at times where nothing but chance decides: the name's address is none that
    is not known.
    """
    return tuple(_routes([one for one in found if not (one.symbolic or one.gaps or one.blocks)]))


def _may_go_elsewhere(route: RouteWord, found: Sequence[Scenario]) -> bool:
    """Whether some of what was asked may get through by a way that is not known: what is known to get through stays
    private, or goes on premises, but it is not known to be all (DESIGN: never "private" because something was absent).
    """
    if route not in ("private", "on-premises"):
        return False
    flows = ((one, flow) for one in found for flow in one.flows if flow.gaps and not flow.blocks)
    return any(route_of(one, flow) not in ("private", route) for one, flow in flows) or any(one.gaps for one in found)


def _blocks(found: Sequence[Scenario]) -> tuple[Block, ...]:
    """Every rule that would have to change, each once."""
    kept: dict[tuple[object, ...], Block] = {}
    for one in found:
        blocks = list(one.blocks)
        for flow in one.flows:
            blocks += flow.blocks
        if blocks and one.reason is not None:
            blocks = _with_reason(blocks, one)
        for block in blocks:
            key = (block.code, block.component, block.rule, block.at, block.leg, block.direction)
            kept.setdefault(key, block)
    return tuple(kept.values())


CAUSES_OF_ROUTES = frozenset((
    "VPCE_MISSING_FOR_SERVICE", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED", "DNS_PRIVATE_DNS_DISABLED", "DNS_HOSTNAMES_DISABLED",
    "DNS_RESOLVES_TO_PUBLIC_ADDRESS",
))  # fmt: skip


def _with_reason(blocks: list[Block], one: Scenario) -> list[Block]:
    """The cause behind a missing route, or before it the name that no endpoint covers (own-codes: causes and
    blocks). That an endpoint is not in the route table is none where another part gets to it (S3 over IPv4).
    """
    reason = one.reason
    assert reason is not None
    if reason.code == "VPCE_ROUTE_TABLE_NOT_ASSOCIATED" and any(
        flow.context.terminal == reason.component for flow in one.flows
    ):  # fmt: skip
        return blocks
    if reason.code not in CAUSES_OF_ROUTES:
        extra = Block(
            reason.code,
            reason.component,
            None,
            one.source.vpc_id or None,
            "request",
            "egress",
            "timeout",
            reason.detail,
        )
        return [extra, *blocks]
    return [
        msgspec.structs.replace(block, cause=reason.code, detail=f"{block.detail}; {reason.detail}")
        if block.leg == "request" and block.cause is None
        and block.code in ("NO_ROUTE_TO_DESTINATION", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "BAD_STATE_ROUTE")
        else block
        for block in blocks
    ]  # fmt: skip


def _gaps(found: Sequence[Scenario]) -> tuple[Gap, ...]:
    gaps = [gap for one in found for gap in one.gaps]
    gaps += [gap for one in found for flow in one.flows if not flow.blocks for gap in flow.gaps]
    return tuple(dict.fromkeys(gaps))


def _unknown_blocks(gaps: Iterable[Gap]) -> tuple[Block, ...]:
    """Gaps that own-codes lists among the codes of a block: shown there too, the outcome stays unknown."""
    codes = ("DNS_CUSTOM_RESOLVER_UNKNOWN", "DNS_FORWARDED_UNKNOWN", "DNS_CONFLICTING_ZONES")
    return tuple(
        Block(gap.code, gap.component, None, None, "request", "egress", "name-not-found", gap.detail)
        for gap in gaps
        if gap.code in codes
    )


def _assumptions(found: Sequence[Scenario], outcome: Outcome) -> list[Assumption]:
    told: list[Assumption] = []
    for one in found:
        told += one.assumptions
        for flow in one.flows:
            if flow.assumptions and (outcome in ("intermittent", "unknown") or flow.outcome == outcome):
                told += flow.assumptions
    return told


def _paths(found: Sequence[Scenario]) -> tuple[Path, ...]:
    """Flows of one way and fate together, allowed ones first."""
    walked = [(one, flow) for one in found for flow in one.flows]
    if len(walked) == 1:
        return tuple([_path(one, [flow]) for one, flow in walked])
    together: dict[tuple[object, ...], tuple[Scenario, list[Walk]]] = {}
    for one, flow in walked:
        key = (one.origin, flow.outcome, flow.hops, flow.blocks, flow.gaps)
        together.setdefault(key, (one, []))[1].append(flow)
    rank = {"allowed": 0, "intermittent": 1, "unknown": 2, "blocked": 3}
    ordered = sorted(together.values(), key=lambda entry: rank[entry[1][0].outcome])
    return tuple(_path(one, flows) for one, flows in ordered[:MAX_PATHS])


def _name_hops(one: Scenario, flows: Sequence[Walk]) -> tuple[Hop, ...]:
    """The hops of the name; that no route leads to an endpoint is said only where none of the flows reaches it."""
    hops = one.resolution.hops if one.resolution is not None else ()
    if not hops:
        return ()
    reached = {flow.context.terminal for flow in flows}
    return tuple(h for h in hops if h.rule != "VPCE_ROUTE_TABLE_NOT_ASSOCIATED" or h.component not in reached)


def _path(one: Scenario, flows: list[Walk]) -> Path:
    first = flows[0]
    outcome: Outcome = first.outcome
    route: RouteWord = route_of(one, first) if outcome == "allowed" else "none"
    hops = _name_hops(one, flows) + first.hops
    traffic = tuple([traffic_of(flow.box) for flow in flows])
    if len(traffic) > 1:
        traffic = tuple(dict.fromkeys(traffic))
    missing = tuple(dict.fromkeys(path for gap in first.gaps for path in gap.missing)) if outcome == "unknown" else ()
    return Path(outcome, route, traffic, hops, first.context.terminal, first.blocks, one.origin, missing)

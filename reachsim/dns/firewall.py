"""DNS Firewall: whether the VPC's resolver lets a query for a name pass.

Rule groups by the priority of their association, rules by their own, first match ends. A rule that inspects
redirections is asked about every name of a CNAME chain, one that trusts them about the first name only, and what it
lets through then passes whole. A block may answer with a CNAME record of its own (OVERRIDE), which clients follow. A
list that AWS manages, and a threat protection, cannot be read: they may match any name, never "not listed". What the
rest of the chain of a public name is, is not known offline.

**Source:** "How DNS Firewall works", "Rule settings in DNS Firewall", "Managing your own domain lists" (``*`` may only
stand first), "DNS Firewall VPC configuration" (Route 53 Developer Guide); API reference FirewallRule; facts N167, N168.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from msgspec import Struct

from reachsim.addresses import V4, V6
from reachsim.dns.joined import everywhere, found_file
from reachsim.dns.profiles import Brought
from reachsim.dns.resolution import Asking, Noted, Resolution, dns_hop, no_such_name, plain, without
from reachsim.evidence import Assumption, Gap
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws

Word = Literal["pass", "block", "unknown"]
Follow = Callable[[Asking, str], Resolution]
_TYPES = {"TYPE1": "A", "TYPE28": "AAAA"}
_FAMILIES = (("A", V4), ("AAAA", V6))
_ACTIONS: Final = ("ALLOW", "ALERT", "BLOCK")
_RESPONSES: Final = ("", "NODATA", "NXDOMAIN", "OVERRIDE")
_REDIRECTIONS: Final = ("", "INSPECT_REDIRECTION_DOMAIN", "TRUST_REDIRECTION_DOMAIN")


class Rule(Struct, frozen=True):
    """A rule made ready: ``domains`` is None where its list cannot be read, with the ``gap`` that says why. With both,
    it is not known whether the rule is in force.

    ``action`` is ALLOW, ALERT, BLOCK, or "" where it is not known or the whole group cannot be read. ``override`` is
    the name that a block answers with.
    """

    group: str
    name: str
    action: str
    response: str
    override: str
    trusts: bool
    qtype: str | None
    domains: tuple[str, ...] | None
    gap: Gap | None


class Decision(msgspec.Struct, frozen=True):
    """What the rules say of one name: the word, the rule that says so, and what is not known.

    ``may_trust`` says that a rule that trusts redirections, and whose list cannot be read, may have let it pass.
    """

    word: Word
    rule: Rule | None = None
    gaps: tuple[Gap, ...] = ()
    may_trust: bool = False


def chains(asking: Asking, profiles: Brought, noted: Noted) -> tuple[tuple[Rule, ...], ...]:
    """The rules of the VPC in order, and beside them those of each profile; there is no rule without a group.

    Whether the VPC's own groups go before a profile's is not documented: each is asked by itself (`decide`).
    """
    network = asking.network
    path = network.path(asking.home, "route53resolver", "list-firewall-rule-group-associations")
    if network.unknown(path):
        noted.default(network, path, asking.vpc_id, "no DNS Firewall rule group is associated")
    associations = everywhere(
        network, "route53resolver", "list-firewall-rule-group-associations", "FirewallRuleGroupAssociations",
        aws.FirewallRuleGroupAssociation,
    )  # fmt: skip
    mine = [one for _, one in associations if one.vpc_id == asking.vpc_id and _in_force(one, noted)]
    own = {(one.priority, one.firewall_rule_group_id): _unheard_of(one) for one in mine}
    made = [tuple(rule for (_, group), doubt in sorted(own.items(), key=lambda one: one[0])
                  for rule in _rules(asking, group, doubt))]  # fmt: skip
    made += [tuple(rule for group in some for rule in _rules(asking, group.id)) for some in profiles.groups]
    return tuple(rules for rules in made if rules)


def _in_force(association: aws.FirewallRuleGroupAssociation, noted: Noted) -> bool:
    """Whether an association counts; that one which goes or changes does or does not is noted."""
    group, status, told = _state_of(association)
    if status in ("UPDATING", "DELETING"):
        counts = "as it stands" if status == "UPDATING" else "to have ended"
        noted.take("STATE_CHANGING", group, f"{told}: it was taken {counts}", "leak")
    return status != "DELETING"


def _unheard_of(association: aws.FirewallRuleGroupAssociation) -> Gap | None:
    """What is not known of an association in a state that nobody knows."""
    group, status, told = _state_of(association)
    if status in ("COMPLETE", "UPDATING"):
        return None
    return Gap("UNMODELLED_COMPONENT", group, f"{told}, whose meaning is not known", can_hide="block")


def _state_of(association: aws.FirewallRuleGroupAssociation) -> tuple[str, str, str]:
    """(the rule group, the association's status, both in words)."""
    group, status = association.firewall_rule_group_id, (association.status or "COMPLETE").upper()
    return group, status, f"the association of DNS Firewall rule group {group} with {association.vpc_id} is {status}"


def _rules(asking: Asking, group: str, doubt: Gap | None = None) -> list[Rule]:
    """The rules of a group in their order; an unread group is a rule that may do anything. With a ``doubt`` it is not
    known whether they are in force.
    """
    network = asking.network
    path = found_file(network, asking.home, "route53resolver", "list-firewall-rules", group)
    if network.snapshot.status(path) != "ok":
        detail = f"the rules of DNS Firewall rule group {group} are not in the snapshot ({path})"
        gap = Gap("UNKNOWN_RESOURCE", group, detail, (path,), can_hide="block")
        return [Rule(group, group, "", "", "", False, None, None, gap)]
    records = network.read_collection(path, "FirewallRules", aws.FirewallRule)
    made = [one for one in records if (one.status or "COMPLETE").upper() != "CREATION_FAILED"]
    rules = [_rule(asking, group, one) for one in sorted(made, key=lambda one: one.priority)]
    return [msgspec.structs.replace(one, gap=one.gap or doubt) for one in rules]


def _rule(asking: Asking, group: str, record: aws.FirewallRule) -> Rule:
    domains, gap = _domains(asking, group, record)
    if record.status and record.status.upper() != "COMPLETE":
        detail = f"rule {record.name} of {group} is {record.status}: whether it is in force is not known"
        gap = Gap("UNMODELLED_COMPONENT", group, detail, can_hide="block")
    action, redirected = record.action.upper(), (record.firewall_domain_redirection_action or "").upper()
    answered = (record.block_response or "").upper() if action == "BLOCK" else ""
    words = ((action, _ACTIONS), (redirected, _REDIRECTIONS), (answered, _RESPONSES))
    strange = next((one for one, known in words if one not in known), None)
    if strange is not None:
        detail = f"rule {record.name} of {group} has the action {strange!r}, whose meaning is not known"
        action, gap = "", Gap("UNMODELLED_COMPONENT", group, detail, can_hide="block")
    qtype = _TYPES.get((record.qtype or "").upper(), record.qtype)
    name = record.name or str(record.priority)
    response = record.block_response or "NODATA"
    override = ""
    if response.upper() == "OVERRIDE":
        override = plain(record.block_override_domain or "")
        response = f"CNAME {override or 'of another name'}"
    trusts = redirected == "TRUST_REDIRECTION_DOMAIN"
    return Rule(group, name, action, response, override, trusts, qtype, domains, gap)


def _domains(asking: Asking, group: str, record: aws.FirewallRule) -> tuple[tuple[str, ...] | None, Gap | None]:
    """The domains of a rule's list, or why they cannot be told."""
    network, list_id = asking.network, record.firewall_domain_list_id
    if list_id is None:
        detail = f"rule {record.name} of {group} is a threat protection ({record.dns_threat_protection}) managed by AWS"
        return None, Gap("DNS_MANAGED_LIST_UNREADABLE", group, detail, can_hide="block")
    known = [
        one
        for _, one in everywhere(
            network, "route53resolver", "list-firewall-domain-lists", "FirewallDomainLists", aws.FirewallDomainList
        )
        if one.id == list_id
    ]
    managed = next((one for one in known if one.managed_owner_name), None)
    if managed is not None:
        who = managed.managed_owner_name
        detail = f"rule {record.name} of {group} uses {managed.name or list_id}, managed by {who}"
        return None, Gap("DNS_MANAGED_LIST_UNREADABLE", list_id, detail, can_hide="block")
    changing = next((one for one in known if one.status not in (None, "COMPLETE", "COMPLETE_IMPORT_FAILED")), None)
    if changing is not None:
        detail = f"DNS Firewall list {list_id} is {changing.status}: what it holds is not known"
        return None, Gap("UNMODELLED_COMPONENT", list_id, detail, can_hide="block")
    path = found_file(network, asking.home, "route53resolver", "list-firewall-domains", list_id)
    answer = network.read(path, aws.FirewallDomains)
    if answer is None or (not answer.domains and not known):  # of a managed list AWS prints nothing
        detail = f"the domains of DNS Firewall list {list_id} are not in the snapshot ({path})"
        lists = network.path(asking.home, "route53resolver", "list-firewall-domain-lists")
        missing = (path,) if answer is None else network.unknown(lists)
        return None, Gap("UNKNOWN_RESOURCE", list_id, detail, missing, can_hide="block")
    return tuple(plain(one) for one in answer.domains), None


def matches(pattern: str, name: str) -> bool | None:
    """Whether a domain specification matches a name; None where that is not documented (``*x`` and ``x``).

    >>> [matches("*.example.com", name) for name in ("www.example.com", "example.com")]
    [True, False]
    """
    if not pattern.startswith("*"):
        return pattern == name
    rest = pattern.removeprefix("*")
    if rest.startswith(".") or not rest:
        return not rest or (name.endswith(rest) and name != rest[1:])
    return None if name == rest else name.endswith(rest)


def decide(rules: tuple[Rule, ...], name: str, qtype: str, *, first: bool) -> Decision:
    """What one chain of rules says of one name of one query type; ``first`` of those that its chain begins with."""
    gaps: list[Gap] = []
    words: set[tuple[Word, str]] = set()
    may_trust = False
    for rule in rules:
        if (rule.qtype is not None and rule.qtype.upper() != qtype) or (rule.trusts and not first):
            continue
        listed = None if rule.domains is None else _any(matches(pattern, name) for pattern in rule.domains)
        if listed is False:
            continue
        word: Word = "block" if rule.action == "BLOCK" else "pass"
        if listed and rule.gap is None:
            if words - {(word, rule.override)}:
                return Decision("unknown", rule, tuple(gaps), may_trust)
            return Decision(word, rule, (), may_trust)
        words |= {(word, rule.override)} if rule.action else {("pass", ""), ("block", "")}
        may_trust = may_trust or not rule.action or (rule.trusts and word == "pass")
        gaps.append(rule.gap or _undocumented(rule, name))
    undecided = any(word == "block" for word, _ in words)
    return Decision("unknown" if undecided else "pass", None, tuple(gaps) if undecided else (), may_trust)


def _undocumented(rule: Rule, name: str) -> Gap:
    detail = f"whether rule {rule.name} of {rule.group} matches {name} is not documented"
    return Gap("UNKNOWN_DESTINATION", rule.group, detail, can_hide="block")


def _any(found: object) -> bool | None:
    """Three-valued or."""
    some = list(found)  # type: ignore[call-overload]
    return True if True in some else None if None in some else False


def screened(
    asking: Asking, name: str, found: Resolution, profiles: Brought, noted: Noted, answer: Follow
) -> Resolution:
    """The answer for a name after DNS Firewall; ``found`` is what the resolver would answer without it.

    ``answer`` tells what it would answer for another name, without DNS Firewall too.
    """
    ordered = chains(asking, profiles, noted)
    if not ordered:
        return found
    words = {qtype: _of_type(ordered, name, found, qtype) for qtype, _ in _FAMILIES}
    if asking.inbound:
        return _asked_from_outside(asking, name, _with_unseen_redirection(name, found, ordered), words)
    blocked = {qtype: one for qtype, one in words.items() if one.word == "block"}
    kept = found.addresses & IntervalSet.union_of(family for qtype, family in _FAMILIES if qtype not in blocked)
    gaps = [
        gap
        for qtype, family in _FAMILIES
        if words[qtype].word == "unknown" and (found.gaps or found.addresses & family)
        for gap in words[qtype].gaps
    ]  # fmt: skip
    passes = msgspec.structs.replace(
        found, addresses=kept, gaps=tuple(dict.fromkeys((*found.gaps, *gaps))),
        without_dns64=found.without_dns64 or "AAAA" in blocked,
    )  # fmt: skip
    nothing = len(blocked) == len(_FAMILIES) or bool(blocked and found.addresses and not kept)
    rest = None if nothing else _with_unseen_redirection(name, passes, ordered)
    overriding = {qtype: one.rule for qtype, one in blocked.items() if one.rule is not None and one.rule.override}
    if overriding:
        return _overridden(asking, found, rest, ordered, overriding, answer)
    return rest or _blocked(asking, name, found, next(iter(blocked.values())))


def _overridden(
    asking: Asking, found: Resolution, rest: Resolution | None, ordered: tuple[tuple[Rule, ...], ...],
    rules: dict[str, Rule], answer: Follow,
) -> Resolution:  # fmt: skip
    """The answer where rules answer queries of some types with a name of their own; ``rest`` is what others pass.

    Whether DNS Firewall is asked about its own answer is not documented: it is not known where that matters.
    """
    rule, name = next(iter(rules.values())), found.name
    how = f"DNS Firewall rule {rule.name} of {rule.group} answers {name} with CNAME {rule.override}"
    other = answer(msgspec.structs.replace(asking, left=asking.left - 1), rule.override)
    words = {
        _of_type(ordered, rule.override, other, qtype).word
        for qtype, family in _FAMILIES
        if qtype in rules and (other.gaps or other.addresses & family)
    }
    if not words <= {"pass"} or len({one.override for one in rules.values()}) > 1:
        unsure = f"{how}: what clients come to is not known"
        return Resolution(name, gaps=(Gap("DNS_FIREWALL_OVERRIDE", rule.group, unsure, can_hide="block"),))
    other = _with_unseen_redirection(rule.override, other, ordered)
    addresses = other.addresses & IntervalSet.union_of(family for qtype, family in _FAMILIES if qtype in rules)
    if not addresses and not other.gaps:
        return rest or _blocked(asking, name, found, Decision("block", rule))
    hop = dns_hop(rule.group, name, how, rule.name)
    assumption = Assumption("DNS_FIREWALL_OVERRIDE", rule.group, f"{how}, which clients were taken to follow", "block")
    if rest is None or not (rest.addresses or rest.gaps):
        chain = (rule.override, *other.chain)
        made = msgspec.structs.replace(other, name=name, addresses=addresses, chain=chain)
    else:
        gaps = tuple(dict.fromkeys((*rest.gaps, *other.gaps)))
        public = rest.public or other.public
        made = msgspec.structs.replace(rest, addresses=rest.addresses | addresses, public=public, gaps=gaps)
    return made.noting(hop).assuming(assumption)


def _of_type(ordered: tuple[tuple[Rule, ...], ...], name: str, found: Resolution, qtype: str) -> Decision:
    """What the rules say of one query: the VPC's own and each profile's, which must agree where both match."""
    made = [_of_chain(rules, name, found, qtype) for rules in ordered]
    if len(made) == 1:
        return made[0]
    decided = [one for one in made if one.rule is not None or one.word == "unknown"]
    words = {one.word for one in decided}
    if words <= {"pass"}:
        return Decision("pass")
    if words == {"block"} and len({one.rule.override for one in decided if one.rule is not None}) == 1:
        return decided[0]
    gaps = tuple(gap for one in decided for gap in one.gaps)
    if not gaps:
        detail = f"rule groups of the VPC and of a Route 53 Profile differ on {name}; which goes first is not certain"
        gaps = (Gap("DNS_PROFILE_PRECEDENCE", decided[0].rule.group if decided[0].rule else name, detail),)
    return Decision("unknown", None, gaps)


def _of_chain(rules: tuple[Rule, ...], name: str, found: Resolution, qtype: str) -> Decision:
    first = decide(rules, name, qtype, first=True)
    if first.word != "pass" or (first.rule is not None and first.rule.trusts):
        return first
    unsure: list[Gap] = list(first.gaps)
    for one in (*found.chain, *found.aliases):
        next_ = decide(rules, one, qtype, first=False)
        if next_.word == "block" and one in found.aliases:
            group = next_.rule.group if next_.rule else "a rule"
            detail = (
                f"{name} is an alias of {one}, which {group} blocks; whether aliases are looked at is not documented"
            )
            unsure.append(Gap("DNS_REDIRECTION_UNSEEN", one, detail, can_hide="block"))
        elif next_.word == "block" and first.may_trust:
            detail = f"whether a list that cannot be read lets {name} pass with all it is redirected to is not known"
            unsure.append(Gap("DNS_MANAGED_LIST_UNREADABLE", one, detail, can_hide="block"))
        elif next_.word == "block":
            return next_
        unsure += next_.gaps
    return Decision("unknown", first.rule, tuple(unsure)) if unsure else first


def _blocked(asking: Asking, name: str, found: Resolution, why: Decision) -> Resolution:
    rule = why.rule
    assert rule is not None
    detail = f"DNS Firewall rule {rule.name} of {rule.group} blocks {name}: {rule.response}"
    block = no_such_name("DNS_FIREWALL_BLOCK", rule.group, asking.vpc_id, detail, rule=rule.name)
    noted = Noted()
    path = asking.network.path(asking.home, "route53resolver", "get-firewall-config", asking.vpc_id)
    config = asking.network.read(path, aws.FirewallConfigAnswer)
    if config is not None and (config.firewall_config.firewall_fail_open or "").upper() not in ("", "DISABLED"):
        text = f"{asking.label} lets queries pass while DNS Firewall does not answer, so {name} may resolve then"
        noted.take("DNS_FIREWALL_FAIL_OPEN", asking.vpc_id, text, "leak")
    assumptions = (*found.assumptions, *noted.assumptions)
    return msgspec.structs.replace(without(found, block), assumptions=assumptions, hops=found.hops)


def _asked_from_outside(asking: Asking, name: str, found: Resolution, words: dict[str, Decision]) -> Resolution:
    """Whether DNS Firewall filters what comes by an inbound endpoint is not documented: it matters only if it would."""
    matter = [words[qtype] for qtype, family in _FAMILIES if found.gaps or found.addresses & family]
    if all(one.word == "pass" for one in matter):
        return found
    detail = f"whether DNS Firewall of {asking.label} filters {name}, asked by an inbound endpoint, is not documented"
    gap = Gap("DNS_REDIRECTION_UNSEEN", asking.vpc_id, detail, can_hide="block")
    return msgspec.structs.replace(found, gaps=(*found.gaps, gap))


def _with_unseen_redirection(name: str, found: Resolution, ordered: tuple[tuple[Rule, ...], ...]) -> Resolution:
    """A public name may lead through names that only the internet knows, and a rule may block one of them."""
    if not found.public or found.blocks or found.gaps:
        return found
    noted = Noted()
    for qtype, family in _FAMILIES:
        if not found.addresses.isdisjoint(family):
            for rules in ordered:
                _redirected(name, found, rules, qtype, noted)
    made = found.assuming(*dict.fromkeys(noted.assumptions))
    return msgspec.structs.replace(made, gaps=tuple(dict.fromkeys(noted.gaps))) if noted.gaps else made


def _redirected(name: str, found: Resolution, rules: tuple[Rule, ...], qtype: str, noted: Noted) -> None:
    last = (name, *found.chain, *found.aliases)[-1]
    passes = decide(rules, name, qtype, first=True).rule
    if passes is not None and passes.trusts:
        return
    asked = [one for one in rules if one.action in ("BLOCK", "") and not one.trusts and one.qtype in (None, qtype)]
    blockers = [one for one in asked if one.domains]
    unread = [one.gap for one in asked if one.domains is None and one.gap is not None]
    if unread and not _stays(rules, found, last, qtype):
        missing = [gap for gap in unread if gap.missing]
        noted.gaps += missing
        for gap in unread if not missing else ():
            detail = f"{last} was taken not to be redirected to a name that is blocked, though {gap.detail}"
            noted.take("DNS_REDIRECTION_UNSEEN", gap.component, detail, "block")
    if not blockers:
        return
    group = blockers[0].group
    if any("*" in (rule.domains or ()) for rule in blockers) and not _stays(rules, found, last, qtype):
        detail = f"where {last} is redirected to is not known offline, and {group} blocks every name not listed"
        noted.lack("DNS_REDIRECTION_UNSEEN", group, detail)
    else:
        detail = f"{last} was taken not to be redirected to a name that {group} blocks"
        noted.take("DNS_REDIRECTION_UNSEEN", group, detail, "block")


def _stays(rules: tuple[Rule, ...], found: Resolution, last: str, qtype: str) -> bool:
    """Whether everything in AWS's domain of an AWS service's name passes, where its redirections stay."""
    if found.service is None:
        return False
    domain = ".".join(last.split(".")[-3 if last.endswith(".com.cn") else -2 :])
    return decide(rules, f"redirected.{domain}", qtype, first=False).word == "pass"

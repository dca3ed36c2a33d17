"""Resolver rules of a VPC: its own and shared ones, and those that profiles bring; the most specific one decides.

A SYSTEM or RECURSIVE rule lets the VPC's resolver answer itself, so it only carves names out of a FORWARD rule. A
DELEGATE rule names no domain to forward, but the name servers that a delegation must point to.

**Source:** "Using rules to control which queries are forwarded to your network", "Domain names that Resolver creates
autodefined system rules for", "How Resolver determines whether the domain name in a query matches any rules" (Route 53
Developer Guide); API reference ResolverRule (RuleType, DelegationRecord); facts N164, N165.
"""

from __future__ import annotations

from msgspec import Struct

from reachsim.dns.joined import everywhere
from reachsim.dns.names import is_ec2_private, is_ec2_public
from reachsim.dns.profiles import Brought
from reachsim.dns.resolution import Asking, Noted, below, plain
from reachsim.model import records as aws

IN_FORCE = ("COMPLETE", "CREATING", "UPDATING")
"""States of an association that counts; an OVERRIDDEN one does not."""
_TYPES = ("FORWARD", "SYSTEM", "RECURSIVE", "DELEGATE")
_CHANGING = ("CREATING", "UPDATING", "DELETING", "FAILED")
_OUT_OF_FORCE = ("DELETING", "FAILED", "OVERRIDDEN")
"""An association is FAILED whether it was its making or its ending that failed."""


class Rules(Struct, frozen=True):
    """The rule that decides for a name (``rank`` 0: the VPC's own), and the delegation rules of the VPC."""

    best: aws.ResolverRule | None = None
    rank: int = 0
    delegating: tuple[aws.ResolverRule, ...] = ()

    @property
    def length(self) -> int:
        """Length of the rule's domain name; -1 without a rule."""
        return -1 if self.best is None else len(plain(self.best.domain_name))

    @property
    def forwards(self) -> bool:
        return self.best is not None and self.best.rule_type.upper() not in ("SYSTEM", "RECURSIVE")


def rules_for(asking: Asking, name: str, profiles: Brought, noted: Noted) -> Rules:
    """The most specific rule of the VPC for the name, and its delegation rules."""
    network, home = asking.network, asking.home
    service = "route53resolver"
    listed = network.path(home, service, "list-resolver-rules")
    associations = network.path(home, service, "list-resolver-rule-associations")
    for path in network.unknown(listed, associations):
        noted.default(network, path, asking.vpc_id, "no resolver rule is associated")
    every = everywhere(network, service, "list-resolver-rules", "ResolverRules", aws.ResolverRule)
    known = {rule.id: rule for _, rule in every}
    ranks = dict(profiles.rules)
    for _, one in everywhere(
        network, service, "list-resolver-rule-associations", "ResolverRuleAssociations", aws.ResolverRuleAssociation
    ):
        if one.vpc_id is None:
            detail = f"which VPC rule {one.resolver_rule_id} is associated with is not known"
            noted.lack("UNKNOWN_RESOURCE", one.resolver_rule_id, detail)
        rule = known.get(one.resolver_rule_id) if one.vpc_id == asking.vpc_id else None
        if rule is not None and _concerns(rule, name):
            _note_state(noted, one)
        if one.vpc_id == asking.vpc_id and (one.status or "COMPLETE").upper() in IN_FORCE:
            ranks[one.resolver_rule_id] = 0
    matching: list[tuple[aws.ResolverRule, int]] = []
    delegating: list[aws.ResolverRule] = []
    for rule_id, rank in sorted(ranks.items()):
        rule = known.get(rule_id)
        if rule is None:
            noted.lack("UNKNOWN_RESOURCE", rule_id, f"resolver rule {rule_id} is not in the snapshot")
        elif rule.rule_type.upper() == "DELEGATE":
            delegating.append(rule)
        elif not rule.domain_name:
            noted.lack("UNKNOWN_RESOURCE", rule_id, f"what resolver rule {rule_id} is for is not known")
        elif _concerns(rule, name):
            matching.append((rule, rank))
    if not matching:
        return Rules(delegating=tuple(delegating))
    matching.sort(key=lambda entry: (-len(plain(entry[0].domain_name)), entry[1], entry[0].id))
    best, rank = matching[0]
    _note_rule(noted, best)
    if best.rule_type.upper() not in _TYPES:
        detail = f"rule {best.id} is of type {best.rule_type or 'not told'!r}, whose meaning is not known"
        noted.lack("UNMODELLED_COMPONENT", best.id, detail)
    rivals = [one for one, _ in matching[1:] if plain(one.domain_name) == plain(best.domain_name)]
    if any(not alike(best, one) for one in rivals):
        detail = f"{best.id} was taken before {rivals[0].id}, as the VPC's own rules go before a profile's"
        noted.take("DNS_PROFILE_PRECEDENCE", best.id, detail, "leak")
    return Rules(best, rank, tuple(delegating))


def _concerns(rule: aws.ResolverRule, name: str) -> bool:
    return rule.domain_name == "." or below(name, plain(rule.domain_name))


def _note_state(noted: Noted, association: aws.ResolverRuleAssociation) -> None:
    """That an association that comes or goes counts, or does not; and that nobody knows what its state means."""
    rule_id, status = association.resolver_rule_id, (association.status or "COMPLETE").upper()
    what = f"the association of rule {rule_id} with {association.vpc_id} is {status}"
    if status in _CHANGING:
        counts = "to be in force" if status in IN_FORCE else "to have ended"
        noted.take("STATE_CHANGING", rule_id, f"{what}: it was taken {counts}", "leak")
    elif status not in (*IN_FORCE, *_OUT_OF_FORCE):
        noted.lack("UNMODELLED_COMPONENT", rule_id, f"{what}, whose meaning is not known")


def _note_rule(noted: Noted, rule: aws.ResolverRule) -> None:
    """That a rule that is being changed counts as it stands; and that nobody knows what its state means."""
    status = (rule.status or "COMPLETE").upper()
    if status in ("UPDATING", "DELETING", "FAILED"):
        noted.take("STATE_CHANGING", rule.id, f"rule {rule.id} is {status}: it was taken as it stands", "leak")
    elif status != "COMPLETE":
        noted.lack("UNMODELLED_COMPONENT", rule.id, f"rule {rule.id} is {status}, whose meaning is not known")


def alike(one: aws.ResolverRule, other: aws.ResolverRule) -> bool:
    """Whether two rules do the same with a query."""
    return (one.rule_type, one.target_ips, one.resolver_endpoint_id) == (
        other.rule_type, other.target_ips, other.resolver_endpoint_id
    )  # fmt: skip


def autodefined(name: str) -> int:
    """Length of the domain of EC2's own names that the resolver answers itself; -1 for other names (N165)."""
    domain = name.partition(".")[2]
    while domain:
        if is_ec2_private(domain) or is_ec2_public(domain):
            return len(domain)
        domain = domain.partition(".")[2]
    return -1

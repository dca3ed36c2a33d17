"""The managed proxy of a CodeBuild reserved capacity fleet: what builds on it may contact.

Rules are tried in order and the first that matches decides, then the default behaviour; the order is our reading of
``orderedProxyRules`` (P66). A domain rule can be judged only for a name, and whether AWS's own services count as the
"external sites" that the proxy is for is not documented, so they are unknown where only the default denies them.

**Source:** "Use AWS CodeBuild with a managed proxy server" (CodeBuild User Guide; not available in VPCs).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import parse_block
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.forwarding import Walk
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws


class Asked(msgspec.Struct, frozen=True):
    """What the build asks the proxy for: a host name, if the question has one, and whether it is an AWS service's."""

    name: str = ""
    is_service: bool = False


def past_proxy(flow: Walk, proxy: aws.ProxyConfiguration, fleet: str, asked: Asked) -> list[Walk]:
    """Split a flow by the rule of the proxy that decides it."""
    detail = "the first proxy rule that matches was taken to decide"
    assumption = Assumption("FLEET_PROXY_FIRST_MATCH", fleet, detail, "leak")
    rest: Walk | None = flow.assuming(assumption) if proxy.ordered_proxy_rules else flow
    found: list[Walk] = []
    names_allowed = False
    for index, rule in enumerate(proxy.ordered_proxy_rules):
        if rest is None:
            break
        if rule.type == "DOMAIN" and not asked.name:
            names_allowed = names_allowed or rule.effect == "ALLOW"
            continue
        addresses = rest.destinations if _names(rule, asked.name) else _addresses(rule)
        if addresses is None:
            detail = f"rule {index + 1} of the managed proxy of {fleet} cannot be read: {', '.join(rule.entities)}"
            return [*found, rest.unknown(Gap("UNMODELLED_COMPONENT", fleet, detail))]
        inside = rest.with_destinations(addresses)
        if inside is not None and rule.effect not in ("ALLOW", "DENY"):
            found.append(inside.unknown(_unread(fleet, f"rule {index + 1}", rule.effect)))
            rest = rest.with_destinations(rest.destinations - addresses)
        elif inside is not None:
            found.append(_decided(inside, rule.effect == "ALLOW", fleet, f"rule {index + 1}", index + 1))
            rest = rest.with_destinations(rest.destinations - addresses)
    if rest is None:
        return found
    if proxy.default_behavior not in ("ALLOW_ALL", "DENY_ALL"):
        return [*found, rest.unknown(_unread(fleet, "the default behaviour", proxy.default_behavior))]
    if proxy.default_behavior == "ALLOW_ALL":
        return [*found, rest]
    if names_allowed or asked.is_service:
        what = "AWS services" if asked.is_service else "the names that its domain rules allow"
        detail = f"the managed proxy of {fleet} denies by default; whether it lets {what} through here is not known"
        return [*found, rest.unknown(Gap("FLEET_PROXY_SCOPE_UNKNOWN", fleet, detail))]
    return [*found, _decided(rest, False, fleet, "the default behaviour", None)]


def _unread(fleet: str, what: str, word: str | None) -> Gap:
    told = f"is {word!r}, which is not known" if word else "is not told"
    return Gap("UNMODELLED_COMPONENT", fleet, f"{what} of the managed proxy of {fleet} {told}")


def _names(rule: aws.ProxyRule, name: str) -> bool:
    if rule.type != "DOMAIN":
        return False
    entities = (one.lower().rstrip(".") for one in rule.entities)
    return any(name == one or (one.startswith("*.") and name.endswith(one[1:])) for one in entities)


def _addresses(rule: aws.ProxyRule) -> IntervalSet | None:
    """What an address rule covers, nothing for a domain rule; None if it cannot be read."""
    if rule.type == "DOMAIN":
        return EMPTY
    try:
        return IntervalSet.union_of(parse_block(one) for one in rule.entities) if rule.type == "IP" else None
    except ValueError:
        return None


def _decided(flow: Walk, allow: bool, fleet: str, what: str, rule: int | None) -> Walk:
    if allow:
        return flow.through(Hop(fleet, "codebuild-fleet", "request", rule, f"managed proxy: {what} allows"))
    detail = f"the managed proxy of {fleet} denies it ({what})"
    return flow.blocked(Block("FLEET_PROXY_DENY", fleet, rule, None, "request", "egress", "403", detail))

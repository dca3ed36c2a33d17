"""Which of its target groups an Application Load Balancer sends requests to that come from certain addresses.

A listener tries its rules by priority, the default action last; the first of which every condition is met decides. Of
the conditions ``source-ip`` is decided, by the address that the connection comes from; whoever asks chooses hosts,
paths, headers, methods and queries.

**Source:** User Guide for Application Load Balancers, "Listener rules", "Condition types for listener rules";
Elastic Load Balancing API Reference, "Rule", "RuleCondition".
"""

from __future__ import annotations

from typing import Final

from reachsim.addresses import EVERYWHERE
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.load_balancing import Balancer, forwards, listeners_of
from reachsim.model.network import Network

_LAST: Final = 1 << 32


def pools_for(network: Network, balancer: Balancer, sources: IntervalSet) -> frozenset[str] | None:
    """ARNs of the target groups that requests from any of the ``sources`` may be sent to; None where the rules of a
    listener are not known.
    """
    listeners, lacking = listeners_of(network, balancer)
    if lacking or balancer.kind != "application":
        return None
    found: set[str] = set()
    for one in listeners:
        path = network.path(balancer.home, "elbv2", "describe-rules", one.id)
        rules = network.read_collection(path, "Rules", aws.ListenerRule)
        if not any(rule.priority == "default" for rule in rules):  # every listener has one
            return None
        left = sources
        for rule in sorted(rules, key=_priority):
            met, further = _met(rule)
            if left & met:
                found.update(forwards(rule.actions))
            left = left if further else left - met
    return frozenset(found)


def _priority(rule: aws.ListenerRule) -> int:
    return int(rule.priority) if rule.priority.isdecimal() else _LAST


def _met(rule: aws.ListenerRule) -> tuple[IntervalSet, bool]:
    """(the sources that a rule may be for, whether it asks for more that not every request has)."""
    met, further = EVERYWHERE, False
    for one in rule.conditions:
        if one.field == "source-ip" and one.source_ip_config is not None:
            met &= IntervalSet.union_of(each.block for each in one.source_ip_config.values)
        else:
            told = one.path_pattern_config if one.field == "path-pattern" else one.host_header_config
            anything = {"path-pattern": {"*", "/*"}, "host-header": {"*"}}.get(one.field, set())
            further = further or not anything & {*one.values, *(told.values if told is not None else ())}
    return met, further

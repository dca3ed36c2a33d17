"""What an AWS Network Firewall lets through: stateless rules on every packet, then the stateful engine on the flow.

5-tuple rules and domain lists are judged exactly; a rule whose Suricata text or options are not read makes the traffic
that it could match unknown, unless a rule that comes before has decided. So does a rule that names ports, for protocols
that have none: whether it matches those depends on Suricata's version. A 5-tuple rule decides on the first packet of a
flow, so it goes before every list of domains, wherever the two stand; what it passes or drops is not looked at again.
What a list of domains passes has been answered before: rules on packets see the answer, too.

**Source:** Network Firewall Developer Guide: "Network Firewall stateless and stateful rules engines", "Managing
evaluation order for Suricata compatible rules", "Defining rule actions", "Troubleshooting" (asymmetric forwarding); AWS
Security Services Best Practices, "Customer managed rules" (what a rule without ``flow`` does; facts N192 and N193).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reachsim.addresses import EVERYWHERE, parse_block
from reachsim.evidence import Assumption, Block, Gap
from reachsim.forwarding.firewall_names import Judge
from reachsim.forwarding.firewall_patterns import Pattern, matching
from reachsim.forwarding.firewall_rules import Rule, home_net_unknown, rule_group, stateful_engine
from reachsim.forwarding.ground import Ground, Walk, answers_one, block, decided, describe, with_context
from reachsim.intervals import IntervalSet
from reachsim.model import firewall_policies as aws
from reachsim.model.firewalls import OwnedFirewall, firewall_file
from reachsim.model.records import NotThere
from reachsim.packets import PORTS, TCP, UDP, protocol_services


def inspect(ground: Ground, flow: Walk, endpoint_id: str, owned: OwnedFirewall) -> list[Walk]:
    """Split a flow by what the firewall behind an endpoint does with it; what it drops goes on, blocked."""
    network = ground.network
    path = firewall_file(network, owned.home, "describe-firewall-policy", owned.firewall.firewall_policy_arn)
    answer = network.read(path, aws.DescribeFirewallPolicy)
    name = owned.firewall.firewall_name or owned.firewall.firewall_arn or endpoint_id
    if answer is None:
        detail = f"the policy of firewall {name} is not in the snapshot ({path})"
        return [flow.unknown(Gap("UNKNOWN_RESOURCE", endpoint_id, detail, (path,)))]
    policy = answer.firewall_policy
    if owned.status not in ("", "ready"):
        detail = f"the endpoint of firewall {name} is {owned.status}: whether it inspects traffic is not known"
        flow = flow.unknown(Gap("UNMODELLED_COMPONENT", endpoint_id, detail))
    if owned.sync.upper() not in ("", "IN_SYNC"):
        detail = (
            f"the configuration of firewall {name} is {owned.sync}: its rules were taken to be in force as they stand"
        )
        flow = flow.assuming(Assumption("STATE_CHANGING", endpoint_id, detail, "leak"))
    flow = flow.assuming(*_changing(ground, answer, owned))
    if owned.firewall.proxy_settings is not None:
        detail = f"firewall {name} is a proxy, which may send traffic on by a NAT gateway of its own"
        flow = flow.unknown(Gap("UNMODELLED_COMPONENT", endpoint_id, detail))
    found: list[Walk] = []
    for part, action in _stateless(ground, flow, policy, owned, name):
        if action == "stateful":
            found += _stateful(ground, part, policy, owned, endpoint_id, name)
        elif part.protocol == TCP and answers_one(part, endpoint_id, part.context.tracked):
            found.append(_half_seen(part, endpoint_id, name, "request"))
        else:
            found.append(part)
    return found


def _changing(ground: Ground, answer: aws.DescribeFirewallPolicy, owned: OwnedFirewall) -> tuple[Assumption, ...]:
    """What is assumed of a policy and of its rule groups that are being changed (API Reference, FirewallPolicyResponse
    and RuleGroupResponse): that they are in force as they stand.
    """
    states = {owned.firewall.firewall_policy_arn: answer.firewall_policy_response.firewall_policy_status}
    policy = answer.firewall_policy
    for one in (*policy.stateless_rule_group_references, *policy.stateful_rule_group_references):
        path = firewall_file(ground.network, owned.home, "describe-rule-group", one.resource_arn)
        group = ground.network.read(path, aws.DescribeRuleGroup)
        if group is not None:
            states[one.resource_arn] = group.rule_group_response.rule_group_status
    return tuple(
        Assumption("STATE_CHANGING", arn, f"{arn} is {state}: it was taken to be in force as it stands", "leak")
        for arn, state in states.items() if state.upper() != "ACTIVE"
    )  # fmt: skip


def named_addresses(ground: Ground) -> Iterator[IntervalSet]:
    """The sets of addresses that the rules of the network's firewalls name."""
    for owned in ground.firewalls.values():
        path = firewall_file(ground.network, owned.home, "describe-firewall-policy", owned.firewall.firewall_policy_arn)
        answer = ground.network.read(path, aws.DescribeFirewallPolicy)
        if answer is None:
            continue
        for one in _stateless_rules(ground, answer.firewall_policy, owned):
            if not isinstance(one, Gap):
                yield from (one.pattern.sources, one.pattern.destinations)
        engine = stateful_engine(ground, answer.firewall_policy, owned)
        for pattern in [one.pattern for one in engine.rules] + [one.pattern for one in engine.names]:
            yield from (pattern.sources, pattern.destinations)


# --- stateless ------------------------------------------------------------------------------------------------------


def _stateless(
    ground: Ground, flow: Walk, policy: aws.FirewallPolicy, owned: OwnedFirewall, name: str
) -> Iterator[tuple[Walk, str]]:
    """(part, "stateful" if it goes on to the stateful engine), first matching rule by priority."""
    rest = [flow]
    for one in ground.kept((_stateless_rules, owned.path), lambda: tuple(_stateless_rules(ground, policy, owned))):
        if isinstance(one, Gap):
            for part in rest:
                yield part.unknown(one), "unknown"
            return
        still: list[Walk] = []
        for part in rest:
            inside, outside = matching(part, one.pattern)
            if inside is not None:
                yield _stateless_action(inside, one.rule.rule_definition, one.owner, name, one.rule.priority)
            still += outside
        rest = still
    for part in rest:
        if "aws:forward_to_sfe" in policy.stateless_default_actions:
            yield part, "stateful"
        elif "aws:drop" in policy.stateless_default_actions:
            yield part.blocked(_dropped(part, name, "default", f"{name} drops what no stateless rule matches")), "drop"
        elif "aws:pass" in policy.stateless_default_actions:
            yield part, "pass"
        else:
            detail = f"what {name} does with what no stateless rule matches is not known"
            yield part.unknown(Gap("FIREWALL_RULE_NOT_READ", owned.firewall.firewall_policy_arn, detail)), "unknown"


class StatelessRule(Struct, frozen=True):
    """A stateless rule with what it matches, and the ARN of its group."""

    rule: aws.StatelessRule
    pattern: Pattern
    owner: str


def _stateless_rules(ground: Ground, policy: aws.FirewallPolicy, owned: OwnedFirewall) -> Iterator[StatelessRule | Gap]:
    """In the order in which they are tried; a group that is not known ends them."""
    references = sorted(policy.stateless_rule_group_references, key=lambda one: one.priority or 0)
    for reference in references:
        group = rule_group(ground, owned, reference.resource_arn)
        if isinstance(group, Gap):
            yield group
            return
        source = group.rules_source.stateless_rules_and_custom_actions
        if source is None or isinstance(source.stateless_rules, NotThere):
            detail = f"rule group {reference.resource_arn} tells no stateless rules"
            yield Gap("FIREWALL_RULE_NOT_READ", reference.resource_arn, detail)
            return
        for rule in sorted(source.stateless_rules, key=lambda one: one.priority):
            pattern = _stateless_pattern(rule.rule_definition.match_attributes)
            yield StatelessRule(rule, pattern, reference.resource_arn)


def _stateless_pattern(match: aws.MatchAttributes) -> Pattern:
    """What a stateless rule matches; an empty list stands for everything."""
    sources = _blocks(match.sources)
    destinations = _blocks(match.destinations)
    ports = _ports(match.destination_ports)
    protocols = match.protocols or tuple(range(256))
    services = IntervalSet.union_of(
        protocol_services(number, ports if number in (TCP, UDP) else PORTS) for number in protocols
    )
    return Pattern(sources, destinations, services, _ports(match.source_ports))


def _blocks(definitions: Sequence[aws.AddressDefinition]) -> IntervalSet:
    if not definitions:
        return EVERYWHERE
    return IntervalSet.union_of(parse_block(one.address_definition) for one in definitions)


def _ports(ranges: Sequence[aws.Ports]) -> IntervalSet:
    return IntervalSet.of((one.from_port, one.to_port) for one in ranges) if ranges else PORTS


def _stateless_action(
    flow: Walk, definition: aws.RuleDefinition, owner: str, name: str, priority: int
) -> tuple[Walk, str]:
    if definition.match_attributes.tcp_flags and flow.protocol == TCP:
        detail = f"rule {priority} of {owner} matches TCP flags, which are not followed"
        return flow.unknown(Gap("FIREWALL_RULE_NOT_READ", owner, detail, can_hide="leak")), "unknown"
    if "aws:drop" in definition.actions:
        detail = f"stateless rule {priority} of {name} drops {describe(flow)}"
        return flow.blocked(_dropped(flow, owner, priority, detail)), "drop"
    if not {"aws:forward_to_sfe", "aws:pass"} & set(definition.actions):
        detail = f"what rule {priority} of {owner} does is not known"
        return flow.unknown(Gap("FIREWALL_RULE_NOT_READ", owner, detail)), "unknown"
    return flow, "stateful" if "aws:forward_to_sfe" in definition.actions else "pass"


def _dropped(flow: Walk, component: str, rule: str | int, detail: str, *, symptom: str = "timeout") -> Block:
    return block(flow, "FIREWALL_RULES_RESTRICTION", component, detail, rule=rule, symptom=symptom)


# --- stateful -------------------------------------------------------------------------------------------------------


def _stateful(
    ground: Ground, flow: Walk, policy: aws.FirewallPolicy, owned: OwnedFirewall, endpoint_id: str, name: str
) -> list[Walk]:
    if flow.leg == "response":
        if answers_one(flow, endpoint_id, flow.context.decided):
            return [flow]  # whatever lets a refused flow, or one not known, pass lets its replies pass as well
        if not answers_one(flow, endpoint_id, flow.context.tracked):
            return [_half_seen(flow, endpoint_id, name, "reply")]
    if policy.tls_inspection_configuration_arn and flow.protocol == TCP:
        detail = f"{name} decrypts TLS; what it finds there is not followed"
        flow = flow.unknown(Gap("FIREWALL_RULE_NOT_READ", endpoint_id, detail, can_hide="block"))
    checked = policy.resolved_ip_validation
    if checked is not None and checked.action != "ALERT" and flow.leg == "request":
        detail = f"{name} stops what goes to addresses that no DNS answer told before; which these are is not known"
        flow = flow.unknown(Gap("FIREWALL_RULE_NOT_READ", endpoint_id, detail, can_hide="block"))
    engine = ground.kept((stateful_engine, owned.path), lambda: stateful_engine(ground, policy, owned))
    flow = flow.assuming(*engine.assumptions)
    if flow.leg == "request":
        seen = (endpoint_id, flow.sources, flow.destinations)
        flow = with_context(flow, tracked=(*flow.context.tracked, seen))
    if engine.gaps:
        return [flow.unknown(*engine.gaps)]
    return _tried(flow, engine.rules, Judge(engine, endpoint_id, name))


def _tried(flow: Walk, rules: tuple[Rule, ...], judge: Judge) -> list[Walk]:
    """What rules on packets, tried in their order, make of a flow, and the rest of the engine of what is left of it."""
    rest, found = [flow], []
    for place, rule in enumerate(rules):
        still: list[Walk] = []
        for part in rest:
            inside, outside = matching(part, rule.pattern)
            still += outside
            if inside is None:
                continue
            if rule.unsure and rule.action != "unknown":
                onward = _tried(inside, rules[place + 1 :], judge)
                found += [_either_way(inside, one, rule, judge) for one in onward]
            else:
                found.append(_applied(decided(inside, judge.endpoint_id), rule, judge.name))
        rest = still
    if flow.leg == "response":
        return found + rest
    return found + [one for part in rest for one in judge.judged(part)]


def _either_way(flow: Walk, onward: Walk, rule: Rule, judge: Judge) -> Walk:
    """What becomes of a flow that a rule may match: what does if not (``onward``), where the rule does the same.

    What another rule than one on packets passes is not the same as what this one passes: rules see its replies.
    """
    drops = len(onward.blocks) > len(flow.blocks)
    looked_at = flow.leg == "request" and onward.context.decided == flow.context.decided
    if len(onward.gaps) > len(flow.gaps) or (drops == (rule.action != "pass") and (drops or not looked_at)):
        return onward
    mine = decided(replace(flow, box=onward.box), judge.endpoint_id)
    return mine.unknown(home_net_unknown(rule, judge.name, describe(mine)))


def _applied(flow: Walk, rule: Rule, name: str) -> Walk:
    """What a rule on packets does with what its header matches."""
    match rule.action:
        case "pass":
            return flow
        case "unknown":
            what = f"{rule.text} of {rule.owner} is not read"
            detail = f"{what}: whether {name} lets {describe(flow)} through is not known"
            return flow.unknown(Gap("FIREWALL_RULE_NOT_READ", rule.owner, detail, rule.missing))
        case _:
            symptom = "refused" if rule.action == "reject" else "timeout"
            detail = f"{rule.text} of {name} {rule.action}s {describe(flow)}"
            return flow.blocked(_dropped(flow, rule.owner, rule.text, detail, symptom=symptom))


def _half_seen(flow: Walk, endpoint_id: str, name: str, half: str) -> Walk:
    """A flow of which the stateful engine gets one direction only, as stateless rules have it."""
    detail = f"the stateful engine of {name} sees only the {half}: what it does with it is not followed"
    return flow.unknown(Gap("FIREWALL_RULE_NOT_READ", endpoint_id, detail, can_hide="block"))

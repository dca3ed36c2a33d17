"""What an AWS Network Firewall lets through: stateless rules on every packet, then the stateful engine on the flow.

5-tuple rules and domain lists are judged exactly; a rule whose Suricata text or options are not read makes the traffic
that it could match unknown, unless a rule that comes before has decided. So does a rule that names ports, for protocols
that have none: whether it matches those depends on Suricata's version. Once the stateful engine passes or drops a
flow, its replies are not looked at again.

**Source:** Network Firewall Developer Guide: "Network Firewall stateless and stateful rules engines", "Managing
evaluation order for Suricata compatible rules", "Stateful domain list rule groups", "Defining rule actions" (facts N192
and N193).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from reachsim.addresses import EVERYWHERE, parse_block
from reachsim.evidence import Assumption, Block, Gap
from reachsim.filters import PROTOCOLS
from reachsim.forwarding.ground import Connection, Ground, Walk, block, describe, with_context
from reachsim.intervals import IntervalSet
from reachsim.model import firewalls as aws
from reachsim.model.firewalls import OwnedFirewall, firewall_file
from reachsim.packets import ALL_SERVICES, PORTS, SERVICE, TCP, UDP, protocol_services

Action = Literal["pass", "drop", "reject", "unknown"]

HARMLESS = frozenset(("sid", "msg", "rev", "gid", "classtype", "priority", "metadata", "reference"))
"""Rule options that do not narrow what a rule matches."""

HEADER_SERVICES = {name: protocol_services(number) for name, number in PROTOCOLS.items()}
HEADER_SERVICES["icmp"] |= HEADER_SERVICES["icmpv6"]
"""Services by the protocol that a rule's header names; ``icmp`` stands for both versions (Suricata, "Protocol")."""

WEB = {"TLS_SNI": 443, "HTTP_HOST": 80}
"""Where a domain list finds the name, and the port on which a client is taken to speak that protocol."""


class Pattern(Struct, frozen=True):
    """What a rule matches: addresses, the protocol with the destination port, and the source port."""

    sources: IntervalSet = EVERYWHERE
    destinations: IntervalSet = EVERYWHERE
    services: IntervalSet = ALL_SERVICES
    source_ports: IntervalSet = PORTS


class Rule(Struct, frozen=True):
    """One rule of the stateful engine. With ``domains`` it matches by the name asked for, on the ports of WEB."""

    action: Action
    pattern: Pattern
    owner: str
    text: str
    domains: tuple[str, ...] = ()
    only_others: bool = False


class Engine(Struct, frozen=True):
    """The stateful engine of a policy: rules in the order in which they are tried, and what becomes of the rest."""

    rules: tuple[Rule, ...]
    default: str
    gaps: tuple[Gap, ...]
    assumptions: tuple[Assumption, ...]


class Unreadable(ValueError):
    """An address or port expression of a rule that is not understood."""


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
    found: list[Walk] = []
    for part, action in _stateless(ground, flow, policy, owned, name):
        if action == "stateful":
            found += _stateful(ground, part, policy, owned, endpoint_id, name)
        else:
            found.append(part)
    return found


def named_addresses(ground: Ground) -> Iterator[IntervalSet]:
    """The sets of addresses that the rules of the network's firewalls name."""
    for owned in ground.firewalls.values():
        path = firewall_file(ground.network, owned.home, "describe-firewall-policy", owned.firewall.firewall_policy_arn)
        answer = ground.network.read(path, aws.DescribeFirewallPolicy)
        if answer is None:
            continue
        for rule, _ in _stateless_rules(ground, answer.firewall_policy, owned):
            if not isinstance(rule, Gap):
                pattern = _stateless_pattern(rule.rule_definition.match_attributes)
                yield from (pattern.sources, pattern.destinations)
        for one in _engine(ground, answer.firewall_policy, owned).rules:
            yield from (one.pattern.sources, one.pattern.destinations)


# --- stateless ------------------------------------------------------------------------------------------------------


def _stateless(
    ground: Ground, flow: Walk, policy: aws.FirewallPolicy, owned: OwnedFirewall, name: str
) -> Iterator[tuple[Walk, str]]:
    """(part, "stateful" if it goes on to the stateful engine), first matching rule by priority."""
    rest = [flow]
    for rule, owner in _stateless_rules(ground, policy, owned):
        if isinstance(rule, Gap):
            for part in rest:
                yield part.unknown(rule), "unknown"
            return
        pattern = _stateless_pattern(rule.rule_definition.match_attributes)
        still: list[Walk] = []
        for part in rest:
            inside, outside = matching(part, pattern)
            if inside is not None:
                yield _stateless_action(inside, rule.rule_definition, owner, name, rule.priority)
            still += outside
        rest = still
    for part in rest:
        if "aws:forward_to_sfe" in policy.stateless_default_actions:
            yield part, "stateful"
        elif "aws:drop" in policy.stateless_default_actions:
            yield part.blocked(_dropped(part, name, "default", f"{name} drops what no stateless rule matches")), "drop"
        else:
            yield part, "pass"


def _stateless_rules(
    ground: Ground, policy: aws.FirewallPolicy, owned: OwnedFirewall
) -> Iterator[tuple[aws.StatelessRule | Gap, str]]:
    references = sorted(policy.stateless_rule_group_references, key=lambda one: one.priority or 0)
    for reference in references:
        group = _group(ground, owned, reference.resource_arn)
        if isinstance(group, Gap):
            yield group, reference.resource_arn
            return
        source = group.rules_source.stateless_rules_and_custom_actions
        for rule in sorted(source.stateless_rules if source else (), key=lambda one: one.priority):
            yield rule, reference.resource_arn


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
    return flow, "stateful" if "aws:forward_to_sfe" in definition.actions else "pass"


def _dropped(flow: Walk, component: str, rule: str | int, detail: str, *, symptom: str = "timeout") -> Block:
    return block(flow, "FIREWALL_RULES_RESTRICTION", component, detail, rule=rule, symptom=symptom)


# --- stateful -------------------------------------------------------------------------------------------------------


def _stateful(
    ground: Ground, flow: Walk, policy: aws.FirewallPolicy, owned: OwnedFirewall, endpoint_id: str, name: str
) -> list[Walk]:
    if flow.leg == "response":
        if _is_known(flow, endpoint_id, flow.context.decided):
            return [flow]  # whatever lets a refused flow, or one not known, pass lets its replies pass as well
        if not _is_known(flow, endpoint_id, flow.context.tracked):
            detail = f"the stateful engine of {name} sees only the reply: what it does with it is not followed"
            return [flow.unknown(Gap("FIREWALL_RULE_NOT_READ", endpoint_id, detail, can_hide="block"))]
    if policy.tls_inspection_configuration_arn:
        detail = f"{name} decrypts TLS; what it finds there is not followed"
        flow = flow.unknown(Gap("FIREWALL_RULE_NOT_READ", endpoint_id, detail, can_hide="block"))
    engine = _engine(ground, policy, owned)
    flow = flow.assuming(*engine.assumptions)
    if flow.leg == "request":
        flow = with_context(flow, tracked=(*flow.context.tracked, _connection(flow, endpoint_id)))
    if engine.gaps:
        return [flow.unknown(*engine.gaps)]
    rest, found = [flow], []
    for rule in engine.rules:
        still: list[Walk] = []
        for part in rest:
            inside, outside = matching(part, rule.pattern)
            still += outside
            if inside is not None:
                decided, undecided = _apply(inside, rule, engine, endpoint_id, name)
                found += decided
                still += undecided
        rest = still
    return found + [_by_default(part, engine, endpoint_id, name) for part in rest]


def _apply(flow: Walk, rule: Rule, engine: Engine, endpoint_id: str, name: str) -> tuple[list[Walk], list[Walk]]:
    """(decided, still open) of what a rule's header matches."""
    if rule.action == "unknown":
        detail = f"{rule.text} of {rule.owner} is not read: whether {name} lets {describe(flow)} through is not known"
        return [_decided(flow.unknown(Gap("FIREWALL_RULE_NOT_READ", rule.owner, detail)), endpoint_id)], []
    if rule.domains or rule.only_others:
        return _apply_domains(flow, rule, engine, endpoint_id, name)
    if rule.action == "pass":
        return [_decided(flow, endpoint_id)], []
    symptom = "refused" if rule.action == "reject" else "timeout"
    detail = f"{rule.text} of {name} {rule.action}s {describe(flow)}"
    return [_decided(flow.blocked(_dropped(flow, rule.owner, rule.text, detail, symptom=symptom)), endpoint_id)], []


def _apply_domains(
    flow: Walk, rule: Rule, engine: Engine, endpoint_id: str, name: str
) -> tuple[list[Walk], list[Walk]]:
    asked = flow.context.name
    if not asked:
        detail = f"{rule.text} of {name} goes by the name that the client asks for, which is not known"
        return [_decided(flow.unknown(Gap("FIREWALL_DOMAIN_UNKNOWN", rule.owner, detail)), endpoint_id)], []
    listed = any(_within(asked, domain) for domain in rule.domains)
    if listed == rule.only_others:
        return [], [flow]
    if rule.action == "pass":
        if engine.default == "drop_strict":
            return [], [flow]  # the handshake, which carries no name yet, is dropped before
        detail = f"{name} lets {asked} through by {rule.text}; a client may claim a name that is not its peer's"
        return [
            _decided(flow.assuming(Assumption("FIREWALL_NAME_CLAIMED", rule.owner, detail, "leak")), endpoint_id)
        ], []
    detail = f"{rule.text} of {name} does not let {asked} through"
    why = block(flow, "FIREWALL_DOMAIN_DENY", rule.owner, detail, rule=rule.text)
    return [_decided(flow.blocked(why), endpoint_id)], []


def _within(name: str, domain: str) -> bool:
    """A target with a leading dot is the domain and everything below it, else the name itself."""
    domain = domain.lower()
    return name == domain.lstrip(".") or (domain.startswith(".") and name.endswith(domain))


def _decided(flow: Walk, endpoint_id: str) -> Walk:
    """A rule has decided on the flow, so that its replies are not looked at again."""
    return with_context(flow, decided=(*flow.context.decided, _connection(flow, endpoint_id)))


def _connection(flow: Walk, endpoint_id: str) -> Connection:
    return endpoint_id, flow.sources, flow.destinations


def _is_known(reply: Walk, endpoint_id: str, connections: tuple[Connection, ...]) -> bool:
    """Whether a reply belongs to one of the connections; what comes to an endpoint again, translated, is another."""
    return any(
        endpoint == endpoint_id and reply.sources <= asked and reply.destinations <= asking
        for endpoint, asking, asked in connections
    )


def _by_default(flow: Walk, engine: Engine, endpoint_id: str, name: str) -> Walk:
    if engine.default.startswith("drop"):
        detail = f"no rule of {name} passes {describe(flow)}, and its default action is aws:{engine.default}"
        return _decided(flow.blocked(_dropped(flow, endpoint_id, "default", detail)), endpoint_id)
    return flow


def _engine(ground: Ground, policy: aws.FirewallPolicy, owned: OwnedFirewall) -> Engine:
    """The rules in their order: pass before drop before reject by default, else as they stand (STRICT_ORDER)."""
    strict = policy.stateful_engine_options.rule_order == "STRICT_ORDER"
    references = policy.stateful_rule_group_references
    if strict:
        references = tuple(sorted(references, key=lambda one: one.priority or 0))
    rules: list[Rule] = []
    gaps: list[Gap] = []
    assumptions: list[Assumption] = []
    for reference in references:
        if ":aws-managed:" in reference.resource_arn:
            name = reference.resource_arn.rsplit("/", 1)[-1]
            detail = f"AWS's own rule group {name} is taken to let the traffic through: its rules are not published"
            assumptions.append(Assumption("FIREWALL_MANAGED_RULES", reference.resource_arn, detail, "block"))
            continue
        group = _group(ground, owned, reference.resource_arn)
        if isinstance(group, Gap):
            gaps.append(group)
        else:
            rules += _stateful_rules(ground, group, policy, owned, reference.resource_arn, strict=strict)
    default = "pass"
    if strict:
        drops = [one.removeprefix("aws:") for one in policy.stateful_default_actions if one.startswith("aws:drop")]
        default = "drop_strict" if "drop_strict" in drops else drops[0] if drops else "pass"
    else:
        order = {"pass": 0, "unknown": 1, "drop": 2, "reject": 3}
        rules.sort(key=lambda rule: order[rule.action])  # stable: a rule that is not read may drop or pass
    return Engine(tuple(rules), default, tuple(gaps), tuple(assumptions))


def _group(ground: Ground, owned: OwnedFirewall, arn: str) -> aws.RuleGroup | Gap:
    path = firewall_file(ground.network, owned.home, "describe-rule-group", arn)
    answer = ground.network.read(path, aws.DescribeRuleGroup)
    if answer is None:
        return Gap("UNKNOWN_RESOURCE", arn, f"rule group {arn} is not in the snapshot ({path})", (path,))
    return answer.rule_group


def _stateful_rules(
    ground: Ground, group: aws.RuleGroup, policy: aws.FirewallPolicy, owned: OwnedFirewall, owner: str, *, strict: bool
) -> Iterator[Rule]:
    home_net = _home_net(ground, group, policy, owned)
    if home_net is None:
        yield Rule("unknown", Pattern(), owner, "HOME_NET")
        return
    source = group.rules_source
    if source.rules_string:
        yield Rule("unknown", Pattern(), owner, "Suricata text")
    if source.rules_source_list is not None:
        yield from _domain_rules(source.rules_source_list, home_net, owner, strict=strict)
    for index, rule in enumerate(source.stateful_rules):
        yield from _five_tuple(rule, group, home_net, owner, f"rule {index + 1}")


def _home_net(
    ground: Ground, group: aws.RuleGroup, policy: aws.FirewallPolicy, owned: OwnedFirewall
) -> IntervalSet | None:
    """HOME_NET: the rule group's, else the policy's, else the blocks of the firewall's VPC."""
    stated = group.rule_variables.ip_sets.get("HOME_NET") or policy.policy_variables.rule_variables.get("HOME_NET")
    if stated is None:
        return ground.network.vpc_addresses(owned.firewall.vpc_id)
    try:
        return _any_of(stated.definition, {})
    except Unreadable:
        return None


def _domain_rules(listed: aws.DomainList, home: IntervalSet, owner: str, *, strict: bool) -> Iterator[Rule]:
    """A domain list looks at TLS and HTTP from HOME_NET to the rest; an allow list drops what it does not name."""
    denies = listed.generated_rules_type in ("DENYLIST", "REJECTLIST", "ALERTLIST")
    for kind in listed.target_types:
        port = WEB.get(kind)
        if port is None:
            yield Rule("unknown", Pattern(home, EVERYWHERE - home), owner, f"domain list on {kind}")
            continue
        pattern = Pattern(home, EVERYWHERE - home, protocol_services(TCP, IntervalSet.single(port)))
        text = f"domain list on {kind}"
        if listed.generated_rules_type == "ALERTLIST":
            continue
        if denies:
            action: Action = "reject" if listed.generated_rules_type == "REJECTLIST" else "drop"
            yield Rule(action, pattern, owner, text, listed.targets)
        else:
            yield Rule("pass", pattern, owner, text, listed.targets)
            if not strict:
                yield Rule("drop", pattern, owner, text, listed.targets, only_others=True)


def _five_tuple(
    rule: aws.StatefulRule, group: aws.RuleGroup, home: IntervalSet, owner: str, text: str
) -> Iterator[Rule]:
    action = rule.action.lower()
    if action == "alert":
        return
    known: Action = "pass" if action == "pass" else "reject" if action == "reject" else "drop"
    header = rule.header
    protocol = header.protocol.lower()
    services = ALL_SERVICES if protocol == "ip" else HEADER_SERVICES.get(protocol)
    narrowed = any(option.keyword.lower() not in HARMLESS for option in rule.rule_options)
    try:
        variables = {name: one.definition for name, one in group.rule_variables.ip_sets.items()}
        sources = _addresses(header.source, variables, home)
        destinations = _addresses(header.destination, variables, home)
        ports = {name: one.definition for name, one in group.rule_variables.port_sets.items()}
        source_ports = _port_set(header.source_port, ports)
        destination_ports = _port_set(header.destination_port, ports)
    except Unreadable:
        yield Rule("unknown", Pattern(), owner, text)
        return
    if services is None or narrowed:  # an application's protocol, or options that look further than the header
        known, services = "unknown", ALL_SERVICES if services is None else services
    ways = [(sources, destinations, source_ports, destination_ports)]
    if header.direction.upper() == "ANY":
        ways.append((destinations, sources, destination_ports, source_ports))
    for start, end, start_ports, end_ports in ways:
        if start_ports == end_ports == PORTS:
            yield Rule(known, Pattern(start, end, services), owner, text)
            continue
        yield Rule(known, Pattern(start, end, services & _on_ports(end_ports), start_ports), owner, text)
        without = services - _on_ports(PORTS)
        yield Rule("unknown", Pattern(start, end, without), owner, f"{text} (ports, for a protocol without)")


def _on_ports(ports: IntervalSet) -> IntervalSet:
    return protocol_services(TCP, ports) | protocol_services(UDP, ports)


def _addresses(text: str, variables: Mapping[str, tuple[str, ...]], home: IntervalSet) -> IntervalSet:
    known = {name: _any_of(one, {}) for name, one in variables.items()}
    return _expression(text, {"HOME_NET": home, "EXTERNAL_NET": EVERYWHERE - home} | known, EVERYWHERE, parse_block)


def _any_of(parts: Sequence[str], known: Mapping[str, IntervalSet]) -> IntervalSet:
    return IntervalSet.union_of(_expression(one, known, EVERYWHERE, parse_block) for one in parts)


def _port_set(text: str, variables: Mapping[str, tuple[str, ...]]) -> IntervalSet:
    known = {
        name: IntervalSet.union_of(_expression(one, {}, PORTS, _port_range) for one in parts)
        for name, parts in variables.items()
    }
    return _expression(text, known, PORTS, _port_range)


def _port_range(text: str) -> IntervalSet:
    low, colon, high = text.partition(":")
    return IntervalSet.span(int(low or 0), int(high or 65535) if colon else int(low))


def _expression(text: str, known: Mapping[str, IntervalSet], everything: IntervalSet, read: object) -> IntervalSet:
    """An address or port expression of Suricata: ``any``, one, ``[a,b,!c]``, ``!a``, ``$NAME``. Raises Unreadable."""
    text = text.strip()
    if text.lower() == "any":
        return everything
    if text.startswith("!"):
        return everything - _expression(text[1:], known, everything, read)
    if text.startswith("[") and text.endswith("]"):
        parts = [part.strip() for part in _top_level(text[1:-1])]
        wanted = [_expression(part, known, everything, read) for part in parts if not part.startswith("!")]
        without = [_expression(part[1:], known, everything, read) for part in parts if part.startswith("!")]
        chosen = IntervalSet.union_of(wanted) if wanted else everything
        return chosen - IntervalSet.union_of(without)
    if text.startswith("$"):
        if text[1:] not in known:
            raise Unreadable(text)
        return known[text[1:]]
    try:
        found: IntervalSet = read(text)  # type: ignore[operator]
    except ValueError as error:
        raise Unreadable(text) from error
    return found


def _top_level(text: str) -> Iterator[str]:
    """The parts between commas that stand in no inner bracket."""
    depth, start = 0, 0
    for index, letter in enumerate(text):
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield text[start:index]
            start = index + 1
    yield text[start:]


def matching(flow: Walk, pattern: Pattern) -> tuple[Walk | None, list[Walk]]:
    """(the part of a flow that a pattern matches on this leg, disjoint parts that it does not)."""
    outside: list[Walk | None] = []
    inside, other = flow.by_sources(pattern.sources)
    outside.append(other)
    if inside is not None:
        inside, other = inside.by_destinations(pattern.destinations)
        outside.append(other)
    if inside is not None:
        outside.append(inside.with_services(inside.services - pattern.services))
        inside = inside.with_services(pattern.services)
    if inside is not None and inside.protocol in (TCP, UDP) and pattern.source_ports != PORTS:
        narrowed = inside
        if inside.leg == "request":
            ports, dimension = pattern.source_ports, inside.port
        else:
            ports, dimension = protocol_services(inside.protocol, pattern.source_ports), SERVICE
        outside.append(narrowed.with_dimension(dimension, narrowed.box[dimension] - ports))
        inside = narrowed.with_dimension(dimension, ports)
    return inside, [part for part in outside if part is not None]

"""The rules of AWS Network Firewall's stateful engine, made ready: rule groups in the order in which they are tried.

A rule on packets matches by the header, so it decides at the first packet of a flow. A rule on names, which Network
Firewall makes of a domain list, matches later: once Suricata knows by the content, on whatever port, that the client
speaks TLS or HTTP, and which name it asks for. In strict order an allow list drops nothing by itself.

``HOME_NET`` is "the CIDR of your inspection VPC" where no policy states it: whether that includes the VPC's IPv6 blocks
and secondary IPv4 ones is not documented, so what a rule matches by one reading only it matches perhaps (``unsure``).

**Source:** Network Firewall Developer Guide: "Managing evaluation order for Suricata compatible rules", "Examples of
stateful rules for Network Firewall" (the rules made of domain lists), "Limitations and caveats for stateful rules"
(``HOME_NET``, ``EXTERNAL_NET``); API Reference, PolicyVariables (``HOME_NET`` by default); AWS Security Services Best
Practices, "Customer managed rules" (facts N192 and N193).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from reachsim.addresses import EVERYWHERE
from reachsim.evidence import Assumption, Gap
from reachsim.filters import PROTOCOLS
from reachsim.forwarding import suricata
from reachsim.forwarding.firewall_patterns import Pattern, both
from reachsim.forwarding.ground import Ground
from reachsim.forwarding.suricata import Sets, Unreadable
from reachsim.intervals import IntervalSet
from reachsim.model import firewall_policies as aws
from reachsim.model.firewalls import OwnedFirewall, firewall_file
from reachsim.model.records import NotThere
from reachsim.packets import ALL_SERVICES, PORTS, TCP, UDP, protocol_services

Action = Literal["pass", "drop", "reject"]
Application = Literal["TLS", "HTTP", "another"]
Default = Literal["pass", "drop_strict", "drop_established", "drop_application", "unknown"]

HARMLESS = frozenset(("sid", "msg", "rev", "gid", "classtype", "priority", "metadata", "reference"))
"""Rule options that do not narrow what a rule matches."""

HEADER_SERVICES = {name: protocol_services(number) for name, number in PROTOCOLS.items()}
HEADER_SERVICES["icmp"] |= HEADER_SERVICES["icmpv6"]
"""Services by the protocol that a rule's header names; ``icmp`` stands for both versions (Suricata, "Protocol")."""

LOOKS_AT: dict[str, Application] = {"TLS_SNI": "TLS", "HTTP_HOST": "HTTP"}
"""Where a domain list finds the name."""

_ACTIONS: dict[str, Action | Literal["unknown"]] = {"pass": "pass", "drop": "drop", "reject": "reject"}

DEFAULTS: dict[str, Default] = {
    "drop_strict": "drop_strict",
    "drop_established": "drop_established",
    "drop_established_app_layer": "drop_application",
    "drop_established_app_layer_to_server": "drop_application",
}


class Rule(Struct, frozen=True):
    """One rule on packets; one with the action ``unknown`` is not read, for want of files if ``missing`` names any."""

    action: Action | Literal["unknown"]
    pattern: Pattern
    owner: str
    text: str
    unsure: bool = False
    missing: tuple[str, ...] = ()


class NameRule(Struct, frozen=True):
    """One rule on the name that a client of an application's protocol asks for; with ``others``, on all other names."""

    action: Action
    pattern: Pattern
    owner: str
    text: str
    application: Application
    domains: tuple[str, ...]
    others: bool = False
    unsure: bool = False

    def matches(self, asked: str) -> bool | None:
        """None where the name is not known."""
        return any(_within(asked, domain.lower()) for domain in self.domains) != self.others if asked else None


def home_net_unknown(rule: Rule | NameRule, name: str, traffic: str) -> Gap:
    """What a rule matches by one reading of ``HOME_NET`` only."""
    detail = (
        f"whether {rule.text} of {rule.owner} matches {traffic} in {name} depends on HOME_NET, which no policy states: "
        "whether a VPC's IPv6 and secondary blocks are part of it is not documented"
    )
    return Gap("FIREWALL_HOME_NET_UNKNOWN", rule.owner, detail)


class Engine(Struct, frozen=True):
    """The stateful engine of a policy: rules in the order in which they are tried, and what becomes of the rest."""

    rules: tuple[Rule, ...]
    names: tuple[NameRule, ...]
    default: Default
    gaps: tuple[Gap, ...]
    assumptions: tuple[Assumption, ...]


def stateful_engine(ground: Ground, policy: aws.FirewallPolicy, owned: OwnedFirewall) -> Engine:
    """The rules in their order: pass before drop before reject by default, else as they stand (STRICT_ORDER)."""
    order = policy.stateful_engine_options.rule_order
    strict = order == "STRICT_ORDER"
    references = policy.stateful_rule_group_references
    if strict:
        references = tuple(sorted(references, key=lambda one: one.priority or 0))
    found: list[Rule | NameRule] = []
    gaps: list[Gap] = []
    if order not in (None, "DEFAULT_ACTION_ORDER", "STRICT_ORDER"):
        detail = f"the rule order {order!r} of {owned.firewall.firewall_policy_arn} is not known"
        gaps.append(Gap("FIREWALL_RULE_NOT_READ", owned.firewall.firewall_policy_arn, detail))
    assumptions: list[Assumption] = []
    for reference in references:
        if ":aws-managed:" in reference.resource_arn:
            if reference.override.action == "DROP_TO_ALERT":
                continue
            name = reference.resource_arn.rsplit("/", 1)[-1]
            detail = f"AWS's own rule group {name} is taken to let the traffic through: its rules are not published"
            assumptions.append(Assumption("FIREWALL_MANAGED_RULES", reference.resource_arn, detail, "block"))
            continue
        group = rule_group(ground, owned, reference.resource_arn)
        if isinstance(group, Gap):
            gaps.append(group)
        else:
            found += _rules(ground, group, policy, owned, reference.resource_arn, strict=strict)
    if not strict:
        found.sort(key=_rank)  # stable
    return Engine(
        tuple(rule for rule in found if isinstance(rule, Rule)),
        tuple(rule for rule in found if isinstance(rule, NameRule)),
        _default(policy) if strict else "pass",
        tuple(gaps),
        tuple(assumptions),
    )


def _rank(rule: Rule | NameRule) -> int:
    """In the default order; a rule that is not read may drop or pass."""
    if rule.unsure:
        return 1 if rule.action == "pass" else 4
    return {"pass": 0, "unknown": 1, "drop": 2, "reject": 3}[rule.action]


def rule_group(ground: Ground, owned: OwnedFirewall, arn: str) -> aws.RuleGroup | Gap:
    path = firewall_file(ground.network, owned.home, "describe-rule-group", arn)
    answer = ground.network.read(path, aws.DescribeRuleGroup)
    if answer is None:
        return Gap("UNKNOWN_RESOURCE", arn, f"rule group {arn} is not in the snapshot ({path})", (path,))
    return answer.rule_group


def _default(policy: aws.FirewallPolicy) -> Default:
    """What becomes in strict order of what no rule matches; alerts change nothing."""
    actions = [one.removeprefix("aws:") for one in policy.stateful_default_actions]
    found = {DEFAULTS.get(one, "unknown") for one in actions if not one.startswith("alert_")}
    return found.pop() if len(found) == 1 else "unknown" if found else "pass"


def _rules(
    ground: Ground, group: aws.RuleGroup, policy: aws.FirewallPolicy, owned: OwnedFirewall, owner: str, *, strict: bool
) -> Iterator[Rule | NameRule]:
    """The rules of a group; where two readings of ``HOME_NET`` differ, what both match before what one does."""
    referenced, lacking = _referenced(ground, group, owned)
    narrow, wide = ({**sets, **referenced} for sets in _address_sets(ground, group, policy, owned))
    if narrow == wide:
        yield from _read(group, narrow, lacking, owner, strict=strict)
        return
    surely, perhaps = (_read(group, sets, lacking, owner, strict=strict) for sets in (narrow, wide))
    for rule, other in zip(surely, perhaps, strict=True):
        if rule == other:
            yield rule
            continue
        yield replace(rule, pattern=both(rule.pattern, other.pattern))
        yield replace(rule, unsure=True)
        yield replace(other, unsure=True)


def _read(
    group: aws.RuleGroup, sets: Sets, lacking: Mapping[str, tuple[str, ...]], owner: str, *, strict: bool
) -> Iterator[Rule | NameRule]:  # fmt: skip
    source = group.rules_source
    if source.rules_string:
        yield Rule("unknown", Pattern(), owner, "Suricata text")
    elif source.rules_source_list is None and isinstance(source.stateful_rules, NotThere):
        yield Rule("unknown", Pattern(), owner, "a source of rules of another kind")
    if source.rules_source_list is not None:
        yield from _of_domains(source.rules_source_list, sets, owner, strict=strict)
    ports = suricata.defined(
        {name: one.definition for name, one in group.rule_variables.port_sets.items()}, suricata.ports
    )
    for index, rule in enumerate(source.stateful_rules):
        for one in _five_tuple(rule, sets, ports, owner, f"rule {index + 1}"):
            ends = f"{rule.header.source} {rule.header.destination}" if one.action == "unknown" else ""
            missing = [path for name, paths in lacking.items() if name in ends for path in paths]
            yield replace(one, missing=tuple(missing)) if missing else one


def _address_sets(
    ground: Ground, group: aws.RuleGroup, policy: aws.FirewallPolicy, owned: OwnedFirewall
) -> tuple[Sets, Sets]:
    """The variables of a rule group, by the narrowest and the widest reading; what it does not state is the policy's.

    The policy's ``HOME_NET`` is stated or the block or blocks of the firewall's VPC, and its ``EXTERNAL_NET`` the rest,
    whatever the rule group's ``HOME_NET``.
    """
    network, vpc_id = ground.network, owned.firewall.vpc_id
    own = {name: one.definition for name, one in group.rule_variables.ip_sets.items()}
    general = policy.policy_variables.rule_variables.get("HOME_NET")
    stated = suricata.defined({"HOME_NET": general.definition} if general is not None else {}, suricata.addresses)
    if general is not None or vpc_id not in network.vpcs:
        return _with_own(stated, own), _with_own(stated, own)
    primary, whole = network.vpc_blocks(vpc_id)[0].block, network.vpc_addresses(vpc_id)
    return _with_own({"HOME_NET": primary}, own), _with_own({"HOME_NET": whole}, own)


def _referenced(
    ground: Ground, group: aws.RuleGroup, owned: OwnedFirewall
) -> tuple[Sets, Mapping[str, tuple[str, ...]]]:  # fmt: skip
    """(the prefix lists that a group's rules refer to as ``@NAME``, as far as their entries are there; the files that
    the others lack); resource groups, which may be referred to as well, are not read.
    """
    found, lacking = {}, {}
    for name, one in group.reference_sets.ip_set_references.items():
        kind, _, list_id = (one.reference_arn or "").rpartition(":")[2].partition("/")
        if kind != "prefix-list":
            continue
        addresses, _, missing = ground.network.prefix_list(list_id, owned.home)
        if addresses is not None:
            found[f"@{name}"] = addresses
        else:
            lacking[f"@{name}"] = missing
    return found, lacking


def _with_own(found: dict[str, IntervalSet], own: Mapping[str, Sequence[str]]) -> Sets:
    if found:
        found = found | {"EXTERNAL_NET": EVERYWHERE - found["HOME_NET"]}
    inherited = {name: one for name, one in found.items() if name not in own}
    return inherited | suricata.defined(own, suricata.addresses)


def _of_domains(listed: aws.DomainList, sets: Sets, owner: str, *, strict: bool) -> Iterator[Rule | NameRule]:
    """A domain list looks at TLS and HTTP from HOME_NET to EXTERNAL_NET."""
    if listed.generated_rules_type == "ALERTLIST":
        return
    whole = listed.generated_rules_type in ("ALLOWLIST", "DENYLIST", "REJECTLIST")
    if not whole or not listed.target_types or not listed.targets:
        yield Rule("unknown", Pattern(), owner, "a domain list that does not tell what it does")
        return
    known = "HOME_NET" in sets and "EXTERNAL_NET" in sets
    pattern = Pattern(sets["HOME_NET"], sets["EXTERNAL_NET"], protocol_services(TCP)) if known else Pattern()
    for kind in listed.target_types:
        application, text = LOOKS_AT.get(kind), f"domain list on {kind}"
        if application is None or not known:
            yield Rule("unknown", pattern, owner, text)
        elif listed.generated_rules_type in ("DENYLIST", "REJECTLIST"):
            action: Action = "reject" if listed.generated_rules_type == "REJECTLIST" else "drop"
            yield NameRule(action, pattern, owner, text, application, listed.targets)
        else:
            yield NameRule("pass", pattern, owner, text, application, listed.targets)
            if not strict:
                yield NameRule("drop", pattern, owner, text, application, listed.targets, others=True)


def _within(name: str, domain: str) -> bool:
    """A target with a leading dot is the domain and everything below it, else the name itself."""
    return name == domain.lstrip(".") or (domain.startswith(".") and name.endswith(domain))


def _five_tuple(rule: aws.StatefulRule, sets: Sets, ports: Sets, owner: str, text: str) -> Iterator[Rule]:
    action = rule.action.lower()
    if action == "alert":
        return
    header = rule.header
    known = _ACTIONS.get(action, "unknown") if header.direction.upper() in ("ANY", "FORWARD") else "unknown"
    protocol = header.protocol.lower()
    services = ALL_SERVICES if protocol == "ip" else HEADER_SERVICES.get(protocol)
    words = {
        option.keyword.partition(":")[0].strip().lower() for option in rule.rule_options
    }  # sid:1, or sid and ["1"]
    narrowed = not words <= HARMLESS
    try:
        sources = suricata.addresses(header.source, sets)
        destinations = suricata.addresses(header.destination, sets)
        source_ports = suricata.ports(header.source_port, ports)
        destination_ports = suricata.ports(header.destination_port, ports)
    except Unreadable:
        yield Rule("unknown", Pattern(), owner, text)
        return
    if services is None or narrowed:  # an application's protocol, or options that look further than the header
        known, services = "unknown", ALL_SERVICES if services is None else services
    ways = [(sources, destinations, source_ports, destination_ports)]
    if header.direction.upper() != "FORWARD":
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

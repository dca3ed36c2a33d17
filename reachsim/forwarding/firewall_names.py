"""What the stateful engine makes of a flow that no rule on packets decides: lists of domains, then the default.

Suricata tells protocols by their content, on whatever port, so what a list on TLS or HTTP does depends on what the
client speaks. Clients of the ports in ``SPOKEN`` are taken to speak the protocol that these are for; on any other TCP
port every protocol is possible, and so is every name where none is known. Where all that is possible ends alike the
flow is decided, else it is unknown.

**Source:** Network Firewall Developer Guide: "Stateful domain list rule groups", "Managing evaluation order for
Suricata compatible rules" (default actions); Suricata User Guide, "Rules Format" (facts N192 and N193).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reachsim.evidence import Assumption, Block, Gap
from reachsim.forwarding.firewall_patterns import matching
from reachsim.forwarding.firewall_rules import Action, Application, Engine, NameRule, home_net_unknown
from reachsim.forwarding.ground import Walk, block, decided, describe, describe_addresses, hop
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import PORTS, TCP, protocol_services

APPLICATIONS: tuple[Application, ...] = ("TLS", "HTTP", "another")
SPOKEN: dict[int, Application] = {443: "TLS", 80: "HTTP", 22: "another"}
"""TCP ports whose clients are taken to speak the protocol that they are for: HTTPS, HTTP, SSH."""


class Fate(Struct, frozen=True):
    """What may become of a flow, and by which rule; None for the default action."""

    action: Action
    rule: NameRule | None = None


Fates = frozenset[Fate]


class Judge(Struct, frozen=True):
    """A firewall's stateful engine, named for the sentences that it is told by."""

    engine: Engine
    endpoint_id: str
    name: str

    def judged(self, flow: Walk) -> list[Walk]:
        """Split a request that no rule on packets decides by what becomes of it."""
        if flow.protocol != TCP or not self.engine.names or self.engine.default in ("drop_strict", "unknown"):
            return [self.by_default(flow)]  # with drop_strict the handshake, which carries no name yet, is dropped
        found: list[Walk] = []
        for part, rules in _by_rules(flow, self.engine.names):
            found += self._by_application(part, rules) if rules else [self.by_default(part)]
        return found

    def by_default(self, flow: Walk) -> Walk:
        """What becomes of a request that nothing matches."""
        default, unseen = self.engine.default, self._unseen(flow)
        if default == "pass":
            detail = f"{self.name}: {unseen}"
            return flow.through(hop(flow, self.endpoint_id, "vpc-endpoint", detail)) if unseen else flow
        if default == "unknown" or (default == "drop_application" and flow.protocol != TCP):
            detail = f"whether the default action of {self.name} drops {describe(flow)} is not documented"
            return flow.unknown(Gap("FIREWALL_DEFAULT_UNCLEAR", self.endpoint_id, detail))
        detail = f"no rule of {self.name} passes {describe(flow)}, and its default action drops it"
        detail = f"{detail}; {unseen}" if unseen else detail
        return self._blocked(flow, block(flow, "FIREWALL_RULES_RESTRICTION", self.endpoint_id, detail, rule="default"))

    def _unseen(self, flow: Walk) -> str:
        """That domain lists do not look at a sender outside HOME_NET, as spokes of a central firewall are unless a rule
        group names them ("Stateful domain list rule groups").
        """
        lists = self.engine.names
        if flow.protocol != TCP or not lists or any(not flow.sources.isdisjoint(one.pattern.sources) for one in lists):
            return ""
        return f"its domain lists look at what HOME_NET sends alone ({describe_addresses(lists[0].pattern.sources)})"

    def _blocked(self, flow: Walk, why: Block) -> Walk:
        """The flow, dropped; its replies are no fault of their own."""
        if flow.protocol == TCP and self.engine.default != "drop_strict":
            detail = f"{self.name} drops what a client sends, not TCP's handshake before, nor what a server says first"
            flow = flow.assuming(Assumption("FIREWALL_HANDSHAKE_PASSES", self.endpoint_id, detail, "leak"))
        return decided(flow.blocked(why), self.endpoint_id)

    def _by_application(self, flow: Walk, rules: tuple[NameRule, ...]) -> Iterator[Walk]:
        """Split by the ports on which the same may become of the flow."""
        asked = flow.context.name
        fates = {one: self._fates(one, rules, asked) for one in APPLICATIONS}
        every = frozenset[Fate]().union(*fates.values())
        others = PORTS - IntervalSet.of((port, port) for port in SPOKEN)
        by_fates = {(every, False): others}
        for port, spoken in SPOKEN.items():
            key = (fates[spoken], _mixed(every) and not _mixed(fates[spoken]))
            by_fates[key] = by_fates.get(key, EMPTY) | IntervalSet.single(port)
        for (found, taken), ports in by_fates.items():
            part = flow.with_services(protocol_services(TCP, ports))
            if part is not None:
                yield self._told(part.assuming(self._port_taken(found)) if taken else part, found)

    def _fates(self, application: Application, rules: tuple[NameRule, ...], asked: str) -> Fates:
        """What may become of a client of a protocol: each rule decides whose name it matches."""
        found: set[Fate] = set()
        for rule in rules:
            if rule.application == application:
                matched = rule.matches(asked)
                if matched is not False:
                    found.add(Fate(rule.action, rule))
                if matched and not rule.unsure:
                    return frozenset(found)
        return frozenset((*found, Fate("pass" if self.engine.default == "pass" else "drop")))

    def _told(self, flow: Walk, fates: Fates) -> Walk:
        asked = flow.context.name
        rules = sorted((fate.rule for fate in fates if fate.rule is not None), key=lambda rule: (rule.owner, rule.text))
        if _mixed(fates):
            rule = rules[0]
            if asked and any(one.unsure for one in rules):
                return flow.unknown(home_net_unknown(rule, self.name, describe(flow)))
            detail = f"{rule.text} of {self.name} goes by the name that the client asks for, which is not known"
            code = "FIREWALL_DOMAIN_UNKNOWN"
            if asked:
                code = "FIREWALL_PROTOCOL_UNKNOWN"
                detail = f"what {self.name} does with {describe(flow)} for {asked} depends on the protocol that it is"
            return flow.unknown(Gap(code, rule.owner, detail))
        if len(rules) < len(fates):
            return self.by_default(flow)
        rule = rules[0]
        if rule.action == "pass":
            return flow.assuming(*self._passes(rule, asked))
        detail = f"{rule.text} of {self.name} does not let {asked} through"
        symptom = "refused" if rule.action == "reject" else "timeout"
        why = block(flow, "FIREWALL_DOMAIN_DENY", rule.owner, detail, rule=rule.text, symptom=symptom)
        return self._blocked(flow, why)

    def _passes(self, rule: NameRule, asked: str) -> Iterator[Assumption]:
        detail = f"{self.name} lets {asked} through by {rule.text}; a client may claim a name that is not its peer's"
        yield Assumption("FIREWALL_NAME_CLAIMED", rule.owner, detail, "leak")
        if self.engine.default == "drop_established":
            detail = f"the name {asked} was taken to come in one packet: {self.name} drops a part of a longer greeting"
            yield Assumption("FIREWALL_NAME_IN_ONE_PACKET", self.endpoint_id, detail, "block")

    def _port_taken(self, fates: Fates) -> Assumption:
        known = ", ".join(str(port) for port in SPOKEN)
        detail = (
            f"clients of TCP ports {known} were taken to speak TLS, HTTP and SSH: {self.name} treats others otherwise"
        )
        passes = any(fate.action == "pass" for fate in fates)
        return Assumption("FIREWALL_PORT_PROTOCOL", self.endpoint_id, detail, "block" if passes else "leak")


def _mixed(fates: Fates) -> bool:
    """Whether some pass and some do not."""
    return len({fate.action == "pass" for fate in fates}) > 1


def _by_rules(flow: Walk, rules: tuple[NameRule, ...]) -> list[tuple[Walk, tuple[NameRule, ...]]]:
    """Parts of a flow, each with the rules whose header matches it."""
    parts: list[tuple[Walk, tuple[NameRule, ...]]] = [(flow, ())]
    for rule in rules:
        found: list[tuple[Walk, tuple[NameRule, ...]]] = []
        for part, matched in parts:
            inside, outside = matching(part, rule.pattern)
            if inside is not None:
                found.append((inside, (*matched, rule)))
            found += [(one, matched) for one in outside]
        parts = found
    return parts

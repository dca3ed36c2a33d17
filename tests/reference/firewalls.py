"""What an AWS Network Firewall does with one packet, from its policy and rule groups as parsed JSON (N192 to N194).

Written from the Network Firewall Developer Guide ("How AWS Network Firewall filters network traffic", "Managing
evaluation order for Suricata compatible rules", "Examples of stateful rules", "Limitations and caveats") and AWS's best
practices for rules that customers write, not from the engine. Conventions that are shared with the engine:

* A flow is looked at when its first packet comes, then when the client says what it speaks and whom it asks for. No
  packet here tells a name, so a list of domains may match or not.
* A client that connects to TCP port 443, 80 or 22 is taken to speak TLS, HTTP or SSH; on another port it may speak
  anything, since Suricata goes by what it hears and not by the port.
* Drop-established lets nothing through that is of any use, so it counts as a drop of the request.
* To a rule that names ports, a packet that has none is unknown: it depends on Suricata's version.
* What the default actions of the application layer do with anything but TCP is not documented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.reference.world import ICMP, ICMPV6, TCP, UDP, Flight, Ip, Json, World, block, blocks_of, once

PROTOCOLS = {"tcp": (TCP,), "udp": (UDP,), "icmp": (ICMP, ICMPV6)}
IDENTIFYING = {"sid", "msg", "rev"}
"""Rule options that do not narrow what a rule matches."""
Nets = dict[str, str]
"""What the variables of a rule group's addresses stand for."""
SPEECH = {"TLS_SNI": "tls", "HTTP_HOST": "http"}
HEARD = {443: ("tls",), 80: ("http",), 22: ("ssh",)}


@once
def firewall_behind(world: World, endpoint: str) -> Firewall | None:
    """The firewall whose endpoint it is (N194)."""
    for path, answer in world.files.items():
        if "/network-firewall/describe-firewall/" in path:
            zones = answer["FirewallStatus"]["SyncStates"].values()
            for zone in zones:
                if zone["Attachment"]["EndpointId"] == endpoint:
                    return Firewall(world, answer["Firewall"], zone["Attachment"].get("Status", "READY"))
    return None


@once
def _file(world: World, ending: str) -> Any:
    return next(answer for path, answer in world.files.items() if path.endswith(ending))


class Firewall:
    """A firewall's policy, asked about packets."""

    def __init__(self, world: World, row: Json, status: str) -> None:
        self.world, self.vpc, self.ready = world, row["VpcId"], status == "READY"
        self.policy: Json = self.file("describe-firewall-policy", row["FirewallPolicyArn"])["FirewallPolicy"]

    def file(self, operation: str, arn: str) -> Any:
        return _file(self.world, f"/network-firewall/{operation}/{arn.replace('/', '%2F')}.json")

    def groups(self, key: str) -> Iterator[Json]:
        """The rule groups of one engine, by their priority in the policy."""
        for reference in sorted(self.policy.get(key, []), key=lambda one: one.get("Priority", 0)):
            yield self.file("describe-rule-group", reference["ResourceArn"])["RuleGroup"]

    def stateless(self, packet: Flight) -> str:
        """ "pass", "drop", "forward" to the stateful engine, or "unknown": the first rule that matches, by priority."""
        for group in self.groups("StatelessRuleGroupReferences"):
            rules = group["RulesSource"]["StatelessRulesAndCustomActions"]["StatelessRules"]
            for rule in sorted(rules, key=lambda one: one["Priority"]):
                definition = rule["RuleDefinition"]
                if stateless_matches(definition["MatchAttributes"], packet):
                    by_flags = definition["MatchAttributes"].get("TCPFlags") and packet.protocol == TCP
                    return "unknown" if by_flags else standard(definition["Actions"])
        return standard(self.policy["StatelessDefaultActions"])

    def stateful(self, packet: Flight, *, reply: bool) -> str:
        """ "pass", "drop" or "unknown" where that holds for the whole flow; "open", or "perhaps" if that is not known,
        where the engine lets the first packet go on and would look at what answers it.
        """
        found = [said for rule in self.of_packets() if (said := rule(packet)) is not None]
        if not self.strict:
            found.sort(key=lambda said: ("pass", "unknown", "drop").index(said[0]))
        return self.decided(packet, found, reply=reply)

    def decided(self, packet: Flight, found: list[tuple[str, bool]], *, reply: bool) -> str:
        """What rules in their order say, each of them and whether it matches surely. One that only may match decides
        where what follows does the same; what lets a request go on and looks at its replies is not the same as to pass.
        """
        if not found and reply:
            return "open"
        if not found:
            ends = self.endings(packet)
            return "perhaps" if len(ends) > 1 or "unknown" in ends else "open" if ends == {"pass"} else "drop"
        (first, surely), *others = found
        if surely or first == "unknown":
            return first
        onward = self.decided(packet, others, reply=reply)
        alike = ("pass", "open") if first == "pass" and reply else (first,)
        return onward if onward in (*alike, "unknown", "perhaps") else "unknown"

    @property
    def strict(self) -> bool:
        return bool(self.policy.get("StatefulEngineOptions", {}).get("RuleOrder") == "STRICT_ORDER")

    def endings(self, packet: Flight) -> set[str]:
        """Everything that may become of a request which no rule on packets matches."""
        by_default = self.default(packet)
        if packet.protocol != TCP or self.policy_drops("aws:drop_strict"):
            return {by_default}
        found = set()
        for speech in HEARD.get(port_of(packet), ("tls", "http", "ssh")):
            found |= {by_default, *self.of_names(packet, speech)}
        return found

    def policy_drops(self, *actions: str) -> bool:
        return self.strict and any(one in actions for one in self.policy.get("StatefulDefaultActions", []))

    def default(self, packet: Flight) -> str:
        if self.policy_drops("aws:drop_established_app_layer", "aws:drop_established_app_layer_to_server"):
            return "drop" if packet.protocol == TCP else "unknown"
        return "drop" if self.policy_drops("aws:drop_strict", "aws:drop_established") else "pass"

    def of_packets(self) -> Iterator[Callable[[Flight], tuple[str, bool] | None]]:
        """The rules that look at a packet's header: each says what it does with it and whether it surely matches, None
        if it does not.
        """
        for group in self.groups("StatefulRuleGroupReferences"):
            if group["RulesSource"].get("RulesString"):
                yield lambda _: ("unknown", True)
            nets = self.nets(group)
            for rule in group["RulesSource"].get("StatefulRules", []):
                yield lambda packet, rule=rule, nets=nets: by_every_reading(rule, packet, nets)  # type: ignore[misc]

    def of_names(self, packet: Flight, speech: str) -> Iterator[str]:
        """What the lists of domains may do with a client of a protocol, whoever it asks for."""
        for group in self.groups("StatefulRuleGroupReferences"):
            listed, nets = group["RulesSource"].get("RulesSourceList", {}), self.nets(group)
            outward = any(
                names("$HOME_NET", packet.source, one) and names("$EXTERNAL_NET", packet.destination, one)
                for one in nets
            )
            if not outward or speech not in [SPEECH[kind] for kind in listed.get("TargetTypes", [])]:
                continue
            if listed["GeneratedRulesType"] == "ALLOWLIST":
                yield "pass"
                if not self.strict:
                    yield "drop"
            elif listed["GeneratedRulesType"] != "ALERTLIST":
                yield "drop"

    def nets(self, group: Json) -> list[Nets]:
        """A group's own HOME_NET and EXTERNAL_NET, each by itself, else the policy's, of which EXTERNAL_NET is all that
        HOME_NET is not. Where that is not stated it is the VPC's primary block, or all of its blocks (PolicyVariables:
        "the CIDR of your inspection VPC").
        """
        general = self.policy.get("PolicyVariables", {}).get("RuleVariables", {}).get("HOME_NET")
        blocks = [str(one) for one in blocks_of(self.world.vpcs[self.vpc])]
        homes = [list(general["Definition"])] if general else [[self.world.vpcs[self.vpc]["CidrBlock"]], blocks]
        own = {name: one["Definition"] for name, one in group.get("RuleVariables", {}).get("IPSets", {}).items()}
        found = []
        for home in homes:
            outside = own.get("EXTERNAL_NET") or ["!" + one for one in home]
            inside = own.get("HOME_NET") or home
            found.append({"$HOME_NET": f"[{','.join(inside)}]", "$EXTERNAL_NET": f"[{','.join(outside)}]"})
            for name, one in group.get("ReferenceSets", {}).get("IPSetReferences", {}).items():
                entries = _file(
                    self.world, f"/get-managed-prefix-list-entries/{one['ReferenceArn'].split('/')[-1]}.json"
                )
                found[-1][f"@{name}"] = f"[{','.join(entry['Cidr'] for entry in entries['Entries'])}]"
        return found


def by_every_reading(rule: Json, packet: Flight, nets: list[Nets]) -> tuple[str, bool] | None:
    """What a rule does, and whether it does so by every reading of its variables; None where it does nothing by any."""
    said = {five_tuple(rule, packet, one) for one in nets}
    done = said - {None}
    if not done:
        return None
    return ("unknown" if "unknown" in done else str(done.pop())), len(said) == 1


def standard(actions: list[str]) -> str:
    return next(said for aws, said in STANDARD.items() if aws in actions)


STANDARD = {"aws:pass": "pass", "aws:drop": "drop", "aws:forward_to_sfe": "forward"}


def stateless_matches(match: Json, packet: Flight) -> bool:
    """An empty list stands for everything; ports are looked at in TCP and UDP only (API, MatchAttributes)."""
    if match.get("Protocols") and packet.protocol not in match["Protocols"]:
        return False
    for key, ip in (("Sources", packet.source), ("Destinations", packet.destination)):
        if match.get(key) and not any(ip in block(one["AddressDefinition"]) for one in match[key]):
            return False
    if packet.protocol not in (TCP, UDP):
        return True
    return all(
        not match.get(key) or any(one["FromPort"] <= port <= one["ToPort"] for one in match[key])
        for key, port in (("SourcePorts", packet.source_port), ("DestinationPorts", port_of(packet)))
    )


def port_of(packet: Flight) -> int:
    assert isinstance(packet.detail, int)
    return packet.detail


def five_tuple(rule: Json, packet: Flight, nets: Nets) -> str | None:
    """What a stateful rule does with a packet; alerts do nothing."""
    if rule["Action"] == "ALERT":
        return None
    matched = header_matches(rule["Header"], packet, nets)
    if matched is False:
        return None
    narrowed = any(option["Keyword"].split(":")[0] not in IDENTIFYING for option in rule["RuleOptions"])
    if matched is None or narrowed:
        return "unknown"
    return "pass" if rule["Action"] == "PASS" else "drop"


def header_matches(header: Json, packet: Flight, nets: Nets) -> bool | None:
    """None: the header does not tell."""
    protocol = header["Protocol"].lower()
    if packet.protocol not in PROTOCOLS.get(protocol, (packet.protocol,)):
        return False
    ways = [("Source", "Destination")]
    ways += [("Destination", "Source")] if header["Direction"] == "ANY" else []
    said = [
        ports_match(header, one, other, packet)
        for one, other in ways
        if names(header[one], packet.source, nets) and names(header[other], packet.destination, nets)
    ]
    if True in said:
        return True if protocol in (*PROTOCOLS, "ip") else None  # who speaks an application's protocol is not seen
    return None if None in said else False


def ports_match(header: Json, one: str, other: str, packet: Flight) -> bool | None:
    wanted = header[f"{one}Port"], header[f"{other}Port"]
    if wanted == ("ANY", "ANY"):
        return True
    if packet.protocol not in (TCP, UDP):
        return None
    return port_among(wanted[0], packet.source_port) and port_among(wanted[1], port_of(packet))


def names(text: str, ip: Ip, nets: Nets) -> bool:
    """Whether an address expression names an address: ANY, a block, ``$HOME_NET``, ``$EXTERNAL_NET``, !x, [x,!y]."""
    if text in nets:
        return names(nets[text], ip, nets)
    return among(text, lambda one: names(one, ip, nets), lambda one: ip in block(one))


def port_among(text: str, port: int) -> bool:
    """Whether a port expression names a port: ANY, 443, 1024:2000, 1024:, !x, [x,!y]."""

    def within(one: str) -> bool:
        low, colon, high = one.partition(":")
        return int(low or 0) <= port <= int((high or 65535) if colon else low)

    return among(text, lambda one: port_among(one, port), within)


def among(text: str, again: Callable[[str], bool], plain: Callable[[str], bool]) -> bool:
    if text == "ANY":
        return True
    if text.startswith("!"):
        return not again(text[1:])
    if text.startswith("["):
        parts = text[1:-1].split(",")
        wanted = [part for part in parts if not part.startswith("!")]
        return all(again(part) for part in parts if part not in wanted) and (not wanted or any(map(again, wanted)))
    return plain(text)

"""What an AWS Network Firewall does with one packet, from its policy and rule groups as parsed JSON (N192 to N194).

Written from the Network Firewall Developer Guide ("How AWS Network Firewall filters network traffic", "Managing
evaluation order for Suricata compatible rules", "Stateful domain list rule groups"), not from the engine. Three
conventions are shared with the engine:

* A client that connects to TCP port 443 or 80 is taken to speak TLS or HTTP, which is what a domain list looks at. No
  packet here tells the name that it asks for, so what such a list does is unknown.
* Drop-established lets nothing through that is of any use, so it counts as a drop of the request.
* To a rule that names ports, a packet that has none is unknown: it depends on Suricata's version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.reference.world import ICMP, ICMPV6, TCP, UDP, Flight, Ip, Json, World, block, blocks_of

PROTOCOLS = {"tcp": (TCP,), "udp": (UDP,), "icmp": (ICMP, ICMPV6)}
IDENTIFYING = {"sid", "msg", "rev"}
"""Rule options that do not narrow what a rule matches."""
WEB = {"TLS_SNI": 443, "HTTP_HOST": 80}


def firewall_behind(world: World, endpoint: str) -> Firewall | None:
    """The firewall whose endpoint it is (N194)."""
    for path, answer in world.files.items():
        if "/network-firewall/describe-firewall/" in path:
            zones = answer["FirewallStatus"]["SyncStates"].values()
            if any(zone["Attachment"]["EndpointId"] == endpoint for zone in zones):
                return Firewall(world, answer["Firewall"])
    return None


class Firewall:
    """A firewall's policy, asked about packets."""

    def __init__(self, world: World, row: Json) -> None:
        self.world, self.vpc = world, row["VpcId"]
        self.policy: Json = self.file("describe-firewall-policy", row["FirewallPolicyArn"])["FirewallPolicy"]

    def file(self, operation: str, arn: str) -> Any:
        ending = f"/network-firewall/{operation}/{arn.replace('/', '%2F')}.json"
        return next(answer for path, answer in self.world.files.items() if path.endswith(ending))

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

    def stateful(self, packet: Flight) -> str:
        """ "pass", "drop", "unknown" or, where no rule decides and the rest goes through, "unmatched"."""
        strict = self.policy.get("StatefulEngineOptions", {}).get("RuleOrder") == "STRICT_ORDER"
        found = [
            said
            for group in self.groups("StatefulRuleGroupReferences")
            for rule in self.rules(group)
            if (said := rule(packet))
        ]
        if found:
            return found[0] if strict else min(found, key=("pass", "unknown", "drop").index)
        drops = strict and any(one.startswith("aws:drop") for one in self.policy.get("StatefulDefaultActions", []))
        return "drop" if drops else "unmatched"

    def rules(self, group: Json) -> Iterator[Callable[[Flight], str | None]]:
        """The rules of a stateful group: each says what it does with a packet, None if it does not match."""
        source = group["RulesSource"]
        if source.get("RulesString"):
            yield lambda _: "unknown"
        home = self.home_net(group)
        for kind in source.get("RulesSourceList", {}).get("TargetTypes", []):
            yield lambda packet, port=WEB[kind]: domain_list(packet, port, home)  # type: ignore[misc]
        for rule in source.get("StatefulRules", []):
            yield lambda packet, rule=rule: five_tuple(rule, packet, home)  # type: ignore[misc]

    def home_net(self, group: Json) -> list[str]:
        """HOME_NET: the group's own, else the policy's, else the blocks of the firewall's VPC."""
        own = group.get("RuleVariables", {}).get("IPSets", {})
        general = self.policy.get("PolicyVariables", {}).get("RuleVariables", {})
        stated = own.get("HOME_NET") or general.get("HOME_NET")
        return list(stated["Definition"]) if stated else [str(one) for one in blocks_of(self.world.vpcs[self.vpc])]


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


def domain_list(packet: Flight, port: int, home: list[str]) -> str | None:
    outward = names("$HOME_NET", packet.source, home) and names("$EXTERNAL_NET", packet.destination, home)
    return "unknown" if packet.protocol == TCP and packet.detail == port and outward else None


def five_tuple(rule: Json, packet: Flight, home: list[str]) -> str | None:
    """What a stateful rule does with a packet; alerts do nothing."""
    if rule["Action"] == "ALERT":
        return None
    matched = header_matches(rule["Header"], packet, home)
    if matched is False:
        return None
    narrowed = any(option["Keyword"] not in IDENTIFYING for option in rule["RuleOptions"])
    if matched is None or narrowed:
        return "unknown"
    return "pass" if rule["Action"] == "PASS" else "drop"


def header_matches(header: Json, packet: Flight, home: list[str]) -> bool | None:
    """None: the header does not tell."""
    protocol = header["Protocol"].lower()
    if packet.protocol not in PROTOCOLS.get(protocol, (packet.protocol,)):
        return False
    ways = [("Source", "Destination")]
    ways += [("Destination", "Source")] if header["Direction"] == "ANY" else []
    said = [
        ports_match(header, one, other, packet)
        for one, other in ways
        if names(header[one], packet.source, home) and names(header[other], packet.destination, home)
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


def names(text: str, ip: Ip, home: list[str]) -> bool:
    """Whether an address expression names an address: ANY, a block, ``$HOME_NET``, ``$EXTERNAL_NET``, !x, [x,!y]."""
    if text in ("$HOME_NET", "$EXTERNAL_NET"):
        return any(ip in block(one) for one in home) == (text == "$HOME_NET")
    return among(text, lambda one: names(one, ip, home), lambda one: ip in block(one))


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

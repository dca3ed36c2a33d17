"""Random AWS Network Firewalls: stateless and stateful rule groups, default and strict order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.build import Build

BLOCKS = ("10.0.0.0/8", "10.0.1.0/24", "10.1.0.0/16", "203.0.113.0/24", "2600:1f18::/32", "2001:db8::/32")
ADDRESSES = (
    "ANY", "ANY", "ANY", "$HOME_NET", "$EXTERNAL_NET", "!$HOME_NET", "10.0.0.0/8", "10.1.0.0/16", "!10.0.1.0/24",
    "203.0.113.0/24", "[10.0.0.0/8,!10.0.1.0/24]", "2600:1f18::/32", "[203.0.113.0/24,2001:db8::/32]",
)  # fmt: skip
PORTS = ("ANY", "ANY", "443", "22", "1024:65535", "40000:", "!443", "[22,443]", "[1024:65535,!8080]")
RANGES = ((443, 443), (22, 22), (1024, 65535), (0, 1023))
DEFAULTS: tuple[list[str], ...] = (
    [], ["aws:drop_strict"], ["aws:drop_established"], ["aws:alert_strict"],
    ["aws:drop_established_app_layer", "aws:alert_established_app_layer"],
    ["aws:drop_established_app_layer_to_server"],
)  # fmt: skip
STANDARD = ("aws:pass", "aws:drop", "aws:forward_to_sfe")


def firewall(rng: random.Random, net: Build, vpc: str, endpoints: Sequence[str], name: str) -> None:
    """A firewall behind endpoints of a VPC, mostly one that lets something through."""
    arn = f"arn:aws:network-firewall:{net.region}:{net.account}:{{}}/of-{name}"
    policy: dict[str, Any] = {
        "StatelessDefaultActions": rng.choices(STANDARD, (2, 1, 7)),
        "StatelessFragmentDefaultActions": ["aws:pass"],
    }

    def group(kind: str, number: int, content: dict[str, Any]) -> dict[str, Any]:
        refer(net, vpc, content, f"{name}-{number}")
        own = f"{arn.format(f'{kind}-rulegroup')}-{number}"
        net.put(f"network-firewall/describe-rule-group/{own.replace('/', '%2F')}", {"RuleGroup": content})
        return {"ResourceArn": own, "Priority": rng.randint(0, 9) * 10 + number}

    policy["StatelessRuleGroupReferences"] = [
        group("stateless", number, stateless_group(rng)) for number in range(rng.choice((0, 0, 1, 2)))
    ]
    strict = rng.random() < 0.5
    if strict:
        policy |= {
            "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"},
            "StatefulDefaultActions": rng.choice(DEFAULTS),
        }
    if rng.random() < 0.2:
        policy["PolicyVariables"] = {"RuleVariables": {"HOME_NET": {"Definition": ["10.0.0.0/8"]}}}
    policy["StatefulRuleGroupReferences"] = [
        group("stateful", number, stateful_group(rng)) for number in range(rng.choice((0, 1, 1, 2)))
    ]
    net.put(f"network-firewall/describe-firewall/{arn.format('firewall').replace('/', '%2F')}", {
        "Firewall": {"FirewallName": name, "FirewallArn": arn.format("firewall"), "VpcId": vpc,
                     "FirewallPolicyArn": arn.format("firewall-policy")},
        "FirewallStatus": {"SyncStates": {
            f"zone-{number}": {"Attachment": {"EndpointId": endpoint, "Status": "READY"}}
            for number, endpoint in enumerate(endpoints)
        }},
    })  # fmt: skip
    net._lists["network-firewall/list-firewalls"].append({"FirewallName": name, "FirewallArn": arn.format("firewall")})
    path = f"network-firewall/describe-firewall-policy/{arn.format('firewall-policy').replace('/', '%2F')}"
    net.put(path, {"FirewallPolicy": policy})


def refer(net: Build, vpc: str, content: dict[str, Any], name: str) -> None:
    """Let some rules name a block by a prefix list, as a reference of the group's; drawn apart from the rest."""
    rng, referred = random.Random(f"references/{vpc}/{name}"), False
    for rule in content["RulesSource"].get("StatefulRules", []):
        for key in ("Source", "Destination"):
            if rule["Header"][key] in ("10.1.0.0/16", "203.0.113.0/24") and rng.random() < 0.5 and not referred:
                made = net.prefix_list([rule["Header"][key]], name=f"of-{vpc}-{name}")
                arn = f"arn:aws:ec2:{net.region}:{net.account}:prefix-list/{made}"
                content["ReferenceSets"] = {"IPSetReferences": {"PARTNER": {"ReferenceArn": arn}}}
                rule["Header"][key], referred = "@PARTNER", True


def stateless_group(rng: random.Random) -> dict[str, Any]:
    priorities = rng.sample(range(1, 50), rng.randint(1, 3))
    rules = [{"Priority": priority, "RuleDefinition": stateless_rule(rng)} for priority in priorities]
    return {"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": rules}}}


def stateless_rule(rng: random.Random) -> dict[str, Any]:
    match: dict[str, Any] = {}
    for key in ("Sources", "Destinations"):
        if rng.random() < 0.5:
            match[key] = [{"AddressDefinition": one} for one in rng.sample(BLOCKS, rng.randint(1, 2))]
    for key in ("SourcePorts", "DestinationPorts"):
        if rng.random() < 0.35:
            low, high = rng.choice(RANGES)
            match[key] = [{"FromPort": low, "ToPort": high}]
    if rng.random() < 0.6:
        match["Protocols"] = rng.sample((6, 17, 1, 58), rng.randint(1, 3))
    if rng.random() < 0.05:
        match["TCPFlags"] = [{"Flags": ["SYN"], "Masks": ["SYN", "ACK"]}]
    return {"MatchAttributes": match, "Actions": rng.choices(STANDARD, (3, 2, 4))}


def stateful_group(rng: random.Random) -> dict[str, Any]:
    """Mostly of 5-tuple rules, else a domain list or Suricata text."""
    kind = rng.random()
    if kind < 0.06:
        return {"RulesSource": {"RulesString": 'drop tls any any -> any any (tls.sni; content:"example.com"; sid:1;)'}}
    if kind < 0.2:
        kinds = rng.sample(("TLS_SNI", "HTTP_HOST"), rng.randint(1, 2))
        does = rng.choices(("ALLOWLIST", "DENYLIST", "REJECTLIST", "ALERTLIST"), (4, 2, 1, 1))[0]
        listed = {"Targets": [".example.com"], "TargetTypes": kinds, "GeneratedRulesType": does}
        return {"RulesSource": {"RulesSourceList": listed}} | variables(rng)
    return {"RulesSource": {"StatefulRules": [five_tuple(rng) for _ in range(rng.randint(1, 4))]}} | variables(rng)


def variables(rng: random.Random) -> dict[str, Any]:
    """Of a rule group: those that it does not state are the policy's."""
    sets = {"HOME_NET": ["10.0.0.0/16", "10.1.0.0/16"], "EXTERNAL_NET": ["!10.0.0.0/16"]}
    stated = {name: {"Definition": blocks} for name, blocks in sets.items() if rng.random() < 0.15}
    return {"RuleVariables": {"IPSets": stated}} if stated else {}


def five_tuple(rng: random.Random) -> dict[str, Any]:
    options: list[dict[str, Any]] = [rng.choice(({"Keyword": "sid", "Settings": ["1"]}, {"Keyword": "sid:1"}))]
    if rng.random() < 0.05:
        options.append({"Keyword": "flow", "Settings": ["established"]})
    return {
        "Action": rng.choices(("PASS", "DROP", "REJECT", "ALERT"), (5, 3, 1, 1))[0],
        "Header": {
            "Protocol": rng.choice(("TCP", "TCP", "UDP", "ICMP", "IP", "IP", "TLS" if rng.random() < 0.1 else "TCP")),
            "Source": rng.choice(ADDRESSES), "SourcePort": rng.choice(PORTS),
            "Direction": rng.choice(("FORWARD", "FORWARD", "ANY")),
            "Destination": rng.choice(ADDRESSES), "DestinationPort": rng.choice(PORTS),
        },
        "RuleOptions": options,
    }  # fmt: skip

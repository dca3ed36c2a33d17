"""A plain resolver: one query of one type at a time, written from the facts, not from `reachsim.dns`.

It reads nothing but the parsed JSON of a snapshot. ``N…`` names a fact of the network-semantics sheet. What the facts
leave open is unknown here as there: managed lists (N168), filtering of what inbound endpoints ask, alias records under
DNS Firewall, name servers that are nobody's inbound endpoint, rule groups of VPC and profile that differ (N173).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Any

from tests.reference.interpreter import NAT64, Packet, judge
from tests.reference.world import UDP, Json, World, address

REGION = "us-east-1"
AMAZON = {"AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253"}
MOST_STEPS = 8
PROBES = (1024, 32768, 65535)
"""Client ports that a query is tried from."""


@dataclass(frozen=True)
class Answer:
    """What a query brings: kind "addresses" (perhaps none), "public", "none" (no answer at all) or "unknown"."""

    kind: str
    addresses: frozenset[str] = frozenset()
    chain: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    code: str = ""


UNKNOWN = Answer("unknown")
EMPTY = Answer("addresses")


def no(code: str) -> Answer:
    return Answer("none", code=code)


def made_up(four: Answer, six: Answer) -> Answer:
    """The answer for AAAA by DNS64: addresses made up of IPv4 ones where a name has none of its own (N58)."""
    without = six.kind == "addresses" and not six.addresses and six.code in ("", four.code)
    if six.kind == "public" or (without and four.kind == "public"):  # whether it has one of its own is not known
        return replace(six, kind="public", addresses=frozenset({str(NAT64)}))
    if not without:
        return six
    made = (int(NAT64.network_address) + int(address(text)) for text in four.addresses)
    return replace(six, addresses=frozenset(str(IPv6Address(number)) for number in made))


def under(name: str, domain: str) -> bool:
    return domain in ("", name) or name.endswith(f".{domain}")


def wildcard(pattern: str, name: str) -> bool:
    return pattern == name or (pattern.startswith("*.") and name.endswith(pattern[1:]) and name != pattern[2:])


class Names:
    """Names as clients of a snapshot's VPCs see them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def rows(self, call: str, key: str) -> list[Json]:
        return [row for _, row in self.world.rows(call, key)]

    def file(self, ending: str) -> Any:
        return next((one for path, one in self.world.files.items() if path.endswith(f"/{ending}.json")), None)

    # --- The client ---------------------------------------------------------------------------------------------------

    def ask(self, eni: str, name: str) -> Answer:
        """What a client gets that asks for both families."""
        four, six = (self.query(eni, name, qtype) for qtype in ("A", "AAAA"))
        subnet = self.world.subnets[self.world.interfaces[eni]["SubnetId"]]
        if subnet["EnableDns64"] and self.asks_its_resolver(self.servers(eni)):
            six = made_up(four, six)
        both = [four, six]
        kinds = {one.kind for one in both}
        if "unknown" in kinds:
            return UNKNOWN
        if "public" in kinds:
            return Answer("public")
        addresses = frozenset().union(*(one.addresses for one in both))
        return Answer("addresses", addresses) if addresses else no("")

    def asks_its_resolver(self, servers: list[str]) -> bool:
        return bool(servers) and servers[0] in AMAZON

    def servers(self, eni: str) -> list[str]:
        """The name servers that a client knows by DHCP (N160)."""
        vpc = self.world.interfaces[eni]["VpcId"]
        if self.world.vpcs[vpc]["DhcpOptionsId"] == "default":  # none: instances on the Nitro System ask the resolver
            return ["AmazonProvidedDNS"]
        options = self.world.by_id("describe-dhcp-options", "DhcpOptions", "DhcpOptionsId")
        return [
            value["Value"]
            for row in options[self.world.vpcs[vpc]["DhcpOptionsId"]]["DhcpConfigurations"]
            if row["Key"] == "domain-name-servers"
            for value in row["Values"]
        ]

    def query(self, eni: str, name: str, qtype: str) -> Answer:
        """One query, to the name servers that the client knows."""
        servers = self.servers(eni)
        if self.asks_its_resolver(servers):
            return self.of_vpc(self.world.interfaces[eni]["VpcId"], name, qtype)
        return self.elsewhere([eni], servers, name, qtype, (), MOST_STEPS)

    def elsewhere(
        self, senders: list[str], servers: list[str], name: str, qtype: str, trail: tuple[str, ...], left: int
    ) -> Answer:
        """Asked of servers by interfaces: one that queries get to and that is no inbound endpoint of ours may say
        anything (N165, N169).
        """
        inbound = self.inbound()
        if not servers or not senders:
            return UNKNOWN
        fates = [(server, self.reached(sender, server)) for sender in senders for server in servers]
        if any(fate == "unknown" or (fate == "delivered" and server not in inbound) for server, fate in fates):
            return UNKNOWN
        there = {inbound[server] for server, fate in fates if fate == "delivered"}
        if not there:
            return no("DNS_FORWARDER_UNREACHABLE")
        if any(vpc in trail for vpc, _ in there) or left <= 0:
            return UNKNOWN
        found = [self.by_endpoint(vpc, dns64, name, qtype, (*trail, vpc), left - 1) for vpc, dns64 in sorted(there)]
        same = {("none" if one.kind == "addresses" and not one.addresses else one.kind, one.addresses) for one in found}
        return found[0] if len(same) == 1 else UNKNOWN

    def by_endpoint(
        self, vpc: str, dns64: bool, name: str, qtype: str, trail: tuple[str, ...], left: int
    ) -> Answer:  # fmt: skip
        """The answer that an inbound endpoint of a VPC gives, which may make up IPv6 addresses."""
        four, six = (self.of_vpc(vpc, name, one, inbound=True, trail=trail, left=left) for one in ("A", "AAAA"))
        return four if qtype == "A" else made_up(four, six) if dns64 else six

    def inbound(self) -> dict[str, tuple[str, bool]]:
        """(VPC, whether it has DNS64) by the address of an inbound endpoint's interface."""
        rows = self.rows("route53resolver/list-resolver-endpoints", "ResolverEndpoints")
        hosts = {
            row["Id"]: (row["HostVPCId"], row.get("Dns64Enabled", False))
            for row in rows if row["Direction"] == "INBOUND"
        }  # fmt: skip
        return {
            eni["PrivateIpAddress"]: hosts[endpoint]
            for eni in self.world.interfaces.values()
            for endpoint in hosts
            if endpoint in eni.get("Description", "")
        }

    def reached(self, sender: str, server: str) -> str:
        """What becomes of a query by UDP: delivered, dropped, unknown (also if its port decides)."""
        own = self.world.interfaces[sender]["PrivateIpAddress"]
        kinds = {
            judge(self.world, ("interface", sender), Packet(address(own), address(server), UDP, 53, port)).kind
            for port in PROBES
        }
        return kinds.pop() if len(kinds) == 1 else "unknown"

    # --- A VPC's resolver ---------------------------------------------------------------------------------------------

    def attribute(self, vpc: str, attribute: str) -> bool:
        answer = self.file(f"describe-vpc-attribute/{vpc}.{attribute}")
        return bool(answer[attribute[0].upper() + attribute[1:]]["Value"])

    def of_vpc(
        self, vpc: str, name: str, qtype: str, *, inbound: bool = False, trail: tuple[str, ...] = (),
        left: int = MOST_STEPS,
    ) -> Answer:  # fmt: skip
        if not self.attribute(vpc, "enableDnsSupport"):
            return no("DNS_SUPPORT_DISABLED")  # N161
        profile = self.profile(vpc)
        if profile is None:
            return UNKNOWN
        found = self.look_up(vpc, name, qtype, profile, inbound, trail or (vpc,), left)
        word, instead = self.screen(vpc, name, qtype, profile, found)
        if word == "block" and not inbound:
            if not instead:
                return no("DNS_FIREWALL_BLOCK")
            found = self.look_up(vpc, instead, qtype, profile, inbound, trail or (vpc,), left - 1)
            found = replace(found, code=found.code or "DNS_FIREWALL_OVERRIDE")
            word, _ = self.screen(vpc, instead, qtype, profile, found)  # if it is asked about its own answer
        if found.kind == "none" or (found.kind == "addresses" and not found.addresses):
            return found
        return found if word == "pass" else UNKNOWN

    def profile(self, vpc: str) -> list[list[Json]] | None:
        """Resources of the VPC's profiles, by priority; None if one's are not known (N173)."""
        rows = self.rows("route53profiles/list-profile-associations", "ProfileAssociations")
        found = []
        for row in sorted((row for row in rows if row["ResourceId"] == vpc), key=lambda row: row["Priority"]):
            answer = self.file(f"list-profile-resource-associations/{row['ProfileId']}")
            if answer is None:
                return None
            found.append(answer["ProfileResourceAssociations"])
        return found

    def look_up(
        self, vpc: str, name: str, qtype: str, profile: list[list[Json]], inbound: bool, trail: tuple[str, ...],
        left: int,
    ) -> Answer:  # fmt: skip
        """By rules and zones: the most specific decides, a rule before a zone of the same name (N163, N164)."""
        if left <= 0:
            return UNKNOWN
        zones = self.zones(vpc, name, profile, inbound)
        if zones is None:
            return UNKNOWN
        rule = self.rule(vpc, name, profile)
        longest = max((len(zone) for zone, _, _ in zones), default=-1)
        tied = sorted((rank, id) for zone, rank, id in zones if len(zone) == longest)
        if rule is not None and rule[0]["RuleType"] == "FORWARD":
            domain = rule[0]["DomainName"].rstrip(".")
            if len(domain) >= longest:
                if len(domain) == longest and tied[0][0] != rule[1]:
                    return UNKNOWN
                return self.forward(rule[0], name, qtype, trail, left)
        if not tied:
            return self.public(name, qtype)
        if len(tied) > 1 and tied[1][0] == tied[0][0]:
            return UNKNOWN  # two owners of one name (N153)
        if tied[0][1].startswith("vpce-"):
            return self.of_endpoint(tied[0][1], qtype)
        follow = (vpc, qtype, profile, inbound, trail, left - 1)
        return self.of_zone(tied[0][1], name, follow)

    def public(self, name: str, qtype: str) -> Answer:
        """Resolved publicly whatever the VPC's way out is (N166); ordinary names of AWS's services have no AAAA."""
        if name.endswith(".vpce.amazonaws.com"):
            return self.of_endpoint(name.split(".")[0], qtype)
        if name.endswith(".amazonaws.com") and qtype == "AAAA":
            return EMPTY
        return Answer("public")

    def forward(self, rule: Json, name: str, qtype: str, trail: tuple[str, ...], left: int) -> Answer:
        endpoint = rule.get("ResolverEndpointId", "")
        senders = [
            id for id, eni in self.world.interfaces.items() if endpoint and endpoint in eni.get("Description", "")
        ]
        if not senders:
            return UNKNOWN
        return self.elsewhere(senders, [one["Ip"] for one in rule["TargetIps"]], name, qtype, trail, left)

    def rule(self, vpc: str, name: str, profile: list[list[Json]]) -> tuple[Json, int] | None:
        """The most specific rule and its rank: 0 the VPC's own, then by profile (N165)."""
        rules = {row["Id"]: row for row in self.rows("route53resolver/list-resolver-rules", "ResolverRules")}
        associations = self.rows("route53resolver/list-resolver-rule-associations", "ResolverRuleAssociations")
        own = [(0, row["ResolverRuleId"]) for row in associations if row["VPCId"] == vpc]
        brought = [
            (rank, row["ResourceArn"].rpartition("/")[2])
            for rank, rows in enumerate(profile, start=1)
            for row in rows
            if ":resolver-rule/" in row["ResourceArn"]
        ]
        ranked = sorted(
            (-len(rules[id]["DomainName"].rstrip(".")), rank, id)
            for rank, id in own + brought
            if under(name, rules[id]["DomainName"].rstrip("."))
        )
        return (rules[ranked[0][2]], ranked[0][1]) if ranked else None

    # --- Zones --------------------------------------------------------------------------------------------------------

    def zones(self, vpc: str, name: str, profile: list[list[Json]], inbound: bool) -> list[tuple[str, int, str]] | None:
        """(zone's name, rank, id) of private zones that cover the name (N142, N146, N162); None if not known."""
        brought = {
            row["ResourceArn"].rpartition("/")[2]: rank
            for rank, rows in reversed(list(enumerate(profile, start=1)))
            for row in rows
        }
        found: list[tuple[str, int, str]] = []
        unread = False
        for row in self.rows("route53/list-hosted-zones", "HostedZones"):
            id, zone = row["Id"].rpartition("/")[2], row["Name"].rstrip(".")
            if not row["Config"]["PrivateZone"] or not under(name, zone):
                continue
            detail = self.file(f"get-hosted-zone/{id}")
            if detail is None:
                unread = True
            elif any(one["VPCId"] == vpc for one in detail["VPCs"]):
                found.append((zone, 0, id))
            elif id in brought:
                found.append((zone, brought[id], id))
        for id, endpoint in self.world.endpoints.items():
            rank = 0 if endpoint["VpcId"] == vpc else brought.get(id)
            names = [one["DnsName"] for one in endpoint["DnsEntries"][1:]]
            hits = [one for one in names if wildcard(one, name)]
            if rank is None or not hits or not endpoint["PrivateDnsEnabled"] or endpoint["State"] != "available":
                continue
            if inbound or not endpoint["DnsOptions"].get("PrivateDnsOnlyForInboundResolverEndpoint"):
                found.append((hits[0].removeprefix("*."), rank, id))
        if unread:
            return None
        return found if self.attribute(vpc, "enableDnsHostnames") else []

    def of_endpoint(self, id: str, qtype: str) -> Answer:
        if id not in self.world.endpoints:
            return UNKNOWN
        if qtype == "AAAA":
            return EMPTY
        enis = self.world.endpoints[id]["NetworkInterfaceIds"]
        return Answer("addresses", frozenset(self.world.interfaces[eni]["PrivateIpAddress"] for eni in enis))

    def of_zone(self, id: str, name: str, follow: tuple[Any, ...]) -> Answer:
        """A hosted zone's records; without one there is no such name (N163)."""
        answer = self.file(f"list-resource-record-sets/{id}")
        if answer is None:
            return UNKNOWN
        zone = next(
            row["Name"] for row in self.rows("route53/list-hosted-zones", "HostedZones") if row["Id"].endswith(f"/{id}")
        )
        zone = zone.rstrip(".")
        records: dict[str, list[Json]] = {}
        for row in answer["ResourceRecordSets"]:
            records.setdefault(row["Name"].rstrip("."), []).append(row)
        delegated = [
            owner for owner, rows in records.items() if owner != zone and under(name, owner)
            and any(row["Type"] == "NS" for row in rows)
        ]  # fmt: skip
        if delegated:
            return UNKNOWN
        chosen = self.closest(records, name, zone)
        if chosen is None:
            return UNKNOWN
        return self.of_records(chosen, follow)

    def closest(self, records: dict[str, list[Json]], name: str, zone: str) -> list[Json] | None:
        """The records that stand for a name: its own, else the closest wildcard's; None where that is not settled."""
        if name in records:
            return records[name]
        exists = any(under(owner, name) for owner in records if not owner.startswith("*"))
        parent = name
        while parent != zone:
            parent = parent.partition(".")[2]
            if f"*.{parent}" in records:
                return None if exists else records[f"*.{parent}"]
            if parent != zone and any(under(owner, parent) for owner in records):
                exists = True
        return []

    def of_records(self, rows: list[Json], follow: tuple[Any, ...]) -> Answer:
        vpc, qtype, profile, inbound, trail, left = follow
        rows = [row for row in rows if row["Type"] in ("A", "AAAA", "CNAME") and not self.waits(row, rows)]
        if not rows:
            return no("DNS_ZONE_SHADOWS_NAME")
        near = [row for row in rows if self.is_near(row, rows)]
        if {row["Type"] for row in near} != {row["Type"] for row in rows}:
            return UNKNOWN  # which Region is the closest nobody publishes
        rows = near
        addresses: frozenset[str] = frozenset()
        for row in rows:
            alias = row.get("AliasTarget", {}).get("DNSName", "").rstrip(".")
            target = alias or (row["ResourceRecords"][0]["Value"].rstrip(".") if row["Type"] == "CNAME" else "")
            if alias and row["Type"] != qtype:
                continue  # an alias record answers queries of its own type
            if target:
                found = self.look_up(vpc, target, qtype, profile, inbound, trail, left)
                key = "aliases" if alias else "chain"
                return replace(found, **{key: (target, *getattr(found, key))})
            if row["Type"] == qtype:
                addresses |= {one["Value"] for one in row["ResourceRecords"]}
        return Answer("addresses", addresses)

    def waits(self, row: Json, rows: list[Json]) -> bool:
        """Whether a record answers only once others, which are always healthy, are not (weight 0, secondary)."""
        rivals = [one for one in rows if one["Type"] == row["Type"] and "HealthCheckId" not in one]
        rivals = [one for one in rivals if not one.get("AliasTarget", {}).get("EvaluateTargetHealth")]
        if row.get("Weight") == 0:
            return any(one.get("Weight", 0) > 0 for one in rivals)
        return row.get("Failover") == "SECONDARY" and any(one.get("Failover") == "PRIMARY" for one in rivals)

    def is_near(self, row: Json, rows: list[Json]) -> bool:
        """Whether a record for a Region answers VPCs of ours (latency): ours does, and any does where all say the
        same.
        """
        placed = [one for one in rows if one["Type"] == row["Type"] and "Region" in one]
        alike = len({json.dumps(one["ResourceRecords"]) for one in placed}) == 1
        return (
            row not in placed or row["Region"] == REGION or (alike and REGION not in {one["Region"] for one in placed})
        )

    # --- DNS Firewall (N167, N168) ------------------------------------------------------------------------------------

    def screen(self, vpc: str, name: str, qtype: str, profile: list[list[Json]], found: Answer) -> tuple[str, str]:
        """(pass, block or unknown, the name that a block answers with), by the VPC's rule groups and each profile's."""
        rows = self.rows("route53resolver/list-firewall-rule-group-associations", "FirewallRuleGroupAssociations")
        own = sorted((row["Priority"], row["FirewallRuleGroupId"]) for row in rows if row["VpcId"] == vpc)
        sets = [[group for _, group in own]]
        for resources in profile:
            groups = [row for row in resources if ":firewall-rule-group/" in row["ResourceArn"]]
            ranked = sorted((json.loads(row["ResourceProperties"])["priority"], row["ResourceArn"]) for row in groups)
            sets.append([arn.rpartition("/")[2] for _, arn in ranked])
        words = [self.of_groups(groups, name, qtype, found) for groups in sets if groups]
        matched = {(word, override(rule)) for word, rule in words if rule or word == "unknown"}
        if {word for word, _ in matched} <= {"pass"}:
            return "pass", ""
        return matched.pop() if len(matched) == 1 else ("unknown", "")

    def of_groups(self, groups: list[str], name: str, qtype: str, found: Answer) -> tuple[str, Json | None]:
        """(word, the rule that says so, if one matches)."""
        rules: list[Json] = []
        for group in groups:
            answer = self.file(f"list-firewall-rules/{group}")
            if answer is None:
                rules.append({"Action": "ANY"})
            else:
                rules += sorted(answer["FirewallRules"], key=lambda rule: rule["Priority"])
        word, rule, doubt = self.decide(rules, name, qtype, first=True)
        if word != "pass" or (rule is not None and trusts(rule)):
            return word, rule
        if found.kind == "public" and not found.chain and not found.aliases:
            word = self.rest_unseen(rules, name, qtype)
        elif found.kind == "public":
            word = self.rest_unseen(rules, (*found.chain, *found.aliases)[-1], qtype)
        words = [word]
        for one in found.chain:
            next_word, next_rule, _ = self.decide(rules, one, qtype, first=False)
            if next_word == "block":
                if not doubt:
                    return "block", next_rule
                next_word = "unknown"
            words.append(next_word)
        for one in found.aliases:
            next_word = self.decide(rules, one, qtype, first=False)[0]
            words.append("unknown" if next_word != "pass" else "pass")
        return ("unknown" if "unknown" in words else "pass"), rule

    def rest_unseen(self, rules: list[Json], last: str, qtype: str) -> str:
        """Where a public name leads on is not known offline: it matters where all that is not listed is blocked."""
        catch_all = any(
            rule["Action"] == "BLOCK" and not trusts(rule) and rule.get("Qtype") in (None, qtype)
            and (self.is_lacking(rule) or "*" in (self.domains(rule) or ()))
            for rule in rules
        )  # fmt: skip
        if not catch_all:
            return "pass"
        within_aws = self.decide(rules, "redirected.amazonaws.com", qtype, first=False)[0] == "pass"
        return "pass" if last.endswith(".amazonaws.com") and within_aws else "unknown"

    def is_lacking(self, rule: Json) -> bool:
        """Whether the file of a rule's list is not there: what it holds may be all names."""
        return self.file(f"list-firewall-domains/{rule['FirewallDomainListId']}") is None

    def domains(self, rule: Json) -> list[str] | None:
        """A rule's domains; None of a list that cannot be read."""
        if rule["Action"] == "ANY":
            return None
        answer = self.file(f"list-firewall-domains/{rule['FirewallDomainListId']}")
        return None if answer is None or "Error" in answer else [one.rstrip(".") for one in answer["Domains"]]

    def decide(self, rules: list[Json], name: str, qtype: str, *, first: bool) -> tuple[str, Json | None, bool]:
        """(word, the rule that matched, whether an unread rule may have let it pass on trust)."""
        maybe: set[tuple[str, str]] = set()
        doubt = False
        for rule in rules:
            if rule.get("Qtype") not in (None, qtype) or (trusts(rule) and not first):
                continue
            word = "block" if rule["Action"] == "BLOCK" else "pass"
            domains = self.domains(rule)
            if domains is None:
                maybe |= {("block", ""), ("pass", "")} if rule["Action"] == "ANY" else {(word, override(rule))}
                doubt = doubt or rule["Action"] == "ANY" or (word == "pass" and trusts(rule))
            elif any(one == "*" or wildcard(one, name) for one in domains):
                return ("unknown" if maybe - {(word, override(rule))} else word), rule, doubt
        return ("unknown" if "block" in dict(maybe) else "pass"), None, doubt


def override(rule: Json | None) -> str:
    """The name that a rule answers with."""
    return str((rule or {}).get("BlockOverrideDomain", "")).rstrip(".")


def trusts(rule: Json) -> bool:
    return bool(rule.get("FirewallDomainRedirectionAction") == "TRUST_REDIRECTION_DOMAIN")

"""Names in random configurations of Route 53: `reachsim.dns` and the reference resolver give the same answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pytest

from reachsim import load_files
from reachsim.addresses import format_set
from reachsim.dns import Resolution
from reachsim.errors import ReachsimError
from reachsim.resolver_paths import resolved
from reachsim.scenarios import with_dns64
from reachsim.selectors import parse_selector
from reachsim.sources import sources
from tests.build import Build
from tests.property.comparison import world_of
from tests.property.test_metamorphic_members import trials
from tests.reference.names import Answer, Names
from tests.resolvers import arn, domain_list, firewall_group, forward_rule, profile, resolver_endpoint, use_firewall

T = TypeVar("T")
CONFIGURATIONS = 480
BATCHES = 8
ANY = ("-1", None, None, "0.0.0.0/0")
LOGS, API = "logs.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"
ASKED = (
    "db.internal.example", "www.internal.example", "a.b.internal.example", "internal.example", "other.example",
    "github.com", LOGS, API, "sts.us-east-1.amazonaws.com",
)  # fmt: skip
ZONES = (
    "example",
    "internal.example",
    "b.internal.example",
    "db.internal.example",
    "amazonaws.com",
    "github.com",
    LOGS,
)
DOMAINS = (".", "example", "internal.example", "db.internal.example", "amazonaws.com", "github.com", LOGS)
PATTERNS = (
    "*",
    "*.example",
    "*.internal.example",
    "db.internal.example",
    "*.amazonaws.com",
    LOGS,
    "github.com",
    "*.com",
)
DROPPED = ("list-resource-record-sets", "list-firewall-rules", "list-firewall-domains", "get-hosted-zone",
           "list-profile-resource-associations")  # fmt: skip


class Draft:
    """Two or three VPCs, linked by peering, with random names."""

    def __init__(self, seed: int) -> None:
        self.rng, self.seed = random.Random(f"names/{seed}"), seed
        self.net = Build()
        self.vpcs: list[str] = []
        self.subnets: list[str] = []
        self.groups: list[list[str]] = []
        self.addresses: dict[str, str] = {}
        for number in range(self.rng.choice((2, 2, 3))):
            self.site(number)
        self.link()
        self.inbound = [one for number in range(len(self.vpcs)) if self.chance(0.6) for one in [self.resolver(number)]]
        self.outbound = [one for number in range(len(self.vpcs)) if (one := self.outbound_of(number))]
        for number in range(len(self.vpcs)):
            self.endpoints(number)
        self.zones()
        self.rules()
        self.firewall()
        self.profiles()
        self.servers()
        for subnet in self.subnets:
            self.net[subnet]["EnableDns64"] = self.chance(0.3)
        for endpoint in self.net._lists["route53resolver/list-resolver-endpoints"]:
            endpoint["Dns64Enabled"] = endpoint["Direction"] == "INBOUND" and self.chance(0.3)

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def some(self, of: Sequence[T], most: int) -> list[T]:
        return self.rng.sample(list(of), min(len(of), self.rng.randint(0, most)))

    def site(self, number: int) -> None:
        net = self.net
        vpc = net.vpc(
            f"10.{number}.0.0/16",
            dns_support=not self.chance(0.04),
            dns_hostnames=not self.chance(0.08),
            name=f"{number}",
        )
        table = net.table(vpc, name=f"{number}")
        subnet = net.subnet(vpc, f"10.{number}.1.0/24", table=table, name=f"{number}")
        self.vpcs.append(vpc)
        self.subnets.append(subnet)
        both = [("udp", 53, 53, "10.0.0.0/8"), ("tcp", 53, 53, "10.0.0.0/8")]
        groups = [
            net.group(vpc, ingress, [ANY], name=f"{number}-{kind}")
            for kind, ingress in (("open", [ANY]), ("dns", both), ("tcp", both[1:]), ("shut", []))
        ]
        self.groups.append(groups)
        net.interface(subnet, f"10.{number}.1.5", [groups[0]], name=f"client-{number}")

    def link(self) -> None:
        for one in range(len(self.vpcs)):
            for other in range(one):
                if self.chance(0.8):
                    pcx = self.net.peering(self.vpcs[one], self.vpcs[other])
                    for here, there in ((one, other), (other, one)):
                        if self.chance(0.95):
                            self.net.route(f"rtb-{here}", f"10.{there}.0.0/16", pcx)

    def group(self, number: int) -> list[str]:
        return [self.rng.choices(self.groups[number], (4, 3, 1, 1))[0]]

    def resolver(self, number: int) -> str:
        """An inbound endpoint; returns its address."""
        address = f"10.{number}.1.53"
        subnets = {self.subnets[number]: address}
        resolver_endpoint(self.net, self.vpcs[number], subnets, self.group(number), name=f"x{number}")
        return address

    def outbound_of(self, number: int) -> str | None:
        if self.chance(0.3):
            return None
        subnets = {self.subnets[number]: f"10.{number}.1.54"}
        return resolver_endpoint(self.net, self.vpcs[number], subnets, self.group(number), "OUTBOUND", f"y{number}")

    def endpoints(self, number: int) -> None:
        for service, name in (("logs", LOGS), ("ecr.api", API)):
            for copy in range(self.rng.choices((0, 1, 2), (5, 6, 1))[0]):
                id = self.net.interface_endpoint(
                    self.vpcs[number], service, {self.subnets[number]: f"10.{number}.1.{20 + 2 * len(service) + copy}"},
                    self.groups[number][:1], names=[name], name=f"{service}-{number}-{copy}".replace(".", ""),
                )  # fmt: skip
                if self.chance(0.2):
                    self.net[id]["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = True
                if self.chance(0.15):
                    self.net[id]["PrivateDnsEnabled"] = False
                    off = {"DnsName": "off.partner.example", "HostedZoneId": "Z0"}
                    self.net[id]["DnsEntries"] = [self.net[id]["DnsEntries"][0], off]

    def zones(self) -> None:
        self.made_zones: list[str] = []
        taken: set[tuple[str, str]] = set()
        for name in self.rng.choices(ZONES, k=self.rng.randint(0, 6)):
            vpcs = [vpc for vpc in self.some(self.vpcs, 2) if (name, vpc) not in taken]
            taken |= {(name, vpc) for vpc in vpcs}
            self.made_zones.append(self.net.zone(name, vpcs, self.records(name), private=not self.chance(0.05)))
            self.by_latency(self.made_zones[-1])

    def by_latency(self, zone: str) -> None:
        """Some of a zone's records for one Region each instead, drawn apart from the rest."""
        rng = random.Random(f"{self.seed}/{zone}")
        path = f"route53/list-resource-record-sets/{zone}"
        kept: list[dict[str, Any]] = []
        for row in self.net._more[f"{self.net.account}/global/{path}.json"]["ResourceRecordSets"]:
            if row["Type"] not in ("A", "AAAA", "CNAME") or "AliasTarget" in row or rng.random() < 0.7:
                kept.append(row)
                continue
            for region in rng.sample(("us-east-1", "eu-west-1", "ap-northeast-1"), rng.choice((1, 2, 2, 3))):
                placed = row | {"SetIdentifier": region, "Region": region}
                if row["Type"] == "A" and rng.random() < 0.7:
                    placed["ResourceRecords"] = [{"Value": f"10.0.8.{len(kept) + 1}"}]
                kept.append(placed)
        self.net.put(path, {"ResourceRecordSets": kept}, region="global")

    def records(self, zone: str) -> list[tuple[str, str, str | list[str]]]:
        inside = [name for name in ASKED if name.endswith(zone)] or [zone]
        made: dict[tuple[str, str], tuple[str, str, str | list[str]]] = {}
        for _ in range(self.rng.randint(0, 4)):
            owner = self.rng.choice([*inside, f"*.{zone}", f"x.{self.rng.choice(inside)}"])
            kind = self.rng.choices(("A", "AAAA", "CNAME", "alias", "TXT", "NS"), (6, 2, 6, 2, 1, 1))[0]
            taken = {other for name, other in made if name == owner}
            if taken and (kind in ("CNAME", "alias") or taken & {"CNAME", "alias"}):
                continue
            values: Any = {"A": [f"10.0.9.{self.rng.randint(1, 9)}"], "AAAA": ["2001:db8::9"], "TXT": ['"x"'],
                           "NS": ["ns.elsewhere.example."], "CNAME": [self.rng.choice(ASKED)],
                           "alias": self.alias()}[kind]  # fmt: skip
            made[owner, kind] = (owner, "A" if kind == "alias" else kind, values)
        return list(made.values())

    def alias(self) -> str:
        own = [row["DnsEntries"][0]["DnsName"] for row in self.net._lists["ec2/describe-vpc-endpoints"]]
        return str(self.rng.choice([*own, *ASKED]))

    def rules(self) -> None:
        self.made_rules: list[str] = []
        taken: set[tuple[str, str]] = set()
        for domain in self.rng.choices(DOMAINS, k=self.rng.randint(0, 4)):
            vpc = self.rng.choice([*self.vpcs, "vpc-elsewhere"])
            if (domain, vpc) in taken:
                continue
            taken.add((domain, vpc))
            kind = self.rng.choice(("FORWARD", "FORWARD", "SYSTEM"))
            targets = self.some(self.inbound, 2) or ["192.168.0.53"]
            targets = [*targets, "192.168.0.54"] if self.chance(0.1) else targets
            endpoint = self.rng.choice(self.outbound) if self.outbound and self.chance(0.95) else None
            self.made_rules.append(forward_rule(self.net, vpc, domain, targets, endpoint, kind))

    def firewall(self) -> None:
        self.made_groups: list[str] = []
        for number in range(self.rng.choice((0, 1, 1, 2))):
            rules = [self.firewall_rule(number, index) for index in range(self.rng.randint(0, 3))]
            group = firewall_group(self.net, rules, f"{number}")
            self.made_groups.append(group)
            for vpc in self.some(self.vpcs, 2):
                use_firewall(self.net, vpc, group, 101 + self.rng.randint(0, 9) * 2 + number)

    def firewall_rule(self, group: int, index: int) -> dict[str, Any]:
        rule: dict[str, Any] = {
            "Action": self.rng.choice(("ALLOW", "ALERT", "BLOCK", "BLOCK")),
            "Priority": self.rng.randint(1, 9) * 10 + index,
        }
        if self.chance(0.12):
            rule["FirewallDomainListId"] = domain_list(self.net, name=f"m-{group}-{index}", managed=True)
        else:
            rule["domains"] = self.rng.sample(PATTERNS, self.rng.randint(1, 3))
        if self.chance(0.3):
            rule["FirewallDomainRedirectionAction"] = "TRUST_REDIRECTION_DOMAIN"
        if self.chance(0.2):
            rule["Qtype"] = self.rng.choice(("A", "AAAA", "TXT"))
        return rule | self.response(f"{group}-{index}") if rule["Action"] == "BLOCK" else rule

    def response(self, rule: str) -> dict[str, Any]:
        """Sometimes a name of the rule's own, drawn apart from the rest."""
        rng = random.Random(f"{self.seed}/{rule}")
        if rng.random() < 0.6:
            return {"BlockResponse": rng.choice(("NODATA", "NXDOMAIN"))}
        return {"BlockResponse": "OVERRIDE", "BlockOverrideDomain": rng.choice(ASKED) + rng.choice(("", "."))}

    def profiles(self) -> None:
        endpoints = [row for row in self.net._lists["ec2/describe-vpc-endpoints"] if row["PrivateDnsEnabled"]]
        for number in range(self.rng.choice((0, 0, 1, 1, 2))):
            resources: list[str | tuple[str, int]] = [
                arn(self.net, one)
                for one in (
                    *self.some(self.made_zones, 2),
                    *self.some(self.made_rules, 1),
                    *self.some([row["VpcEndpointId"] for row in endpoints], 1),
                )
            ]
            resources += [(arn(self.net, one), 200 + i) for i, one in enumerate(self.some(self.made_groups, 2))]
            profile(self.net, self.rng.choice(self.vpcs), *resources, name=f"{number}", priority=100 + number)

    def servers(self) -> None:
        for number in range(len(self.vpcs)):
            if self.chance(0.15):
                servers = self.some(self.inbound, 2) or ["192.168.0.53"]
                values = [{"Value": one} for one in servers]
                self.net[f"dopt-{number}"]["DhcpConfigurations"][0]["Values"] = values
            elif self.chance(0.05):
                self.net[f"vpc-{number}"]["DhcpOptionsId"] = "default"

    def files(self) -> dict[str, bytes]:
        """The snapshot's files; of some configurations one is lacking."""
        files = self.net.files()
        gone = [path for path in files if any(f"/{one}/" in path for one in DROPPED)]
        if gone and self.chance(0.2):
            del files[self.rng.choice(gone)]
        return files


def told(found: Resolution) -> tuple[str, frozenset[str]]:
    """The answer in the reference's words."""
    if found.blocks:
        return "none", frozenset()
    if found.gaps:
        return "unknown", frozenset()
    if found.public:
        return "public", frozenset()
    return ("addresses" if found.addresses else "none"), frozenset(format_set(found.addresses))


def compare(seed: int) -> Counter[str]:
    """Ask every name from every client of one configuration; returns how often each kind of answer came."""
    draft = Draft(seed)
    files = draft.files()
    reach, reference = load_files(files), Names(world_of(files))
    kinds: Counter[str] = Counter()
    for number in range(len(draft.vpcs)):
        (start,) = sources(reach.network, parse_selector(f"eni-client-{number}"))
        for name in ASKED:
            expected: Answer = reference.ask(f"eni-client-{number}", name)
            found = with_dns64(reach.network, start, resolved(reach.ground, start, name, {}))
            assert told(found) == (expected.kind, expected.addresses), (seed, number, name, found, expected)
            kinds[expected.kind] += 1
    return kinds


@pytest.mark.parametrize("batch", range(BATCHES))
def test_resolver_and_reference_agree(batch: int) -> None:
    size = CONFIGURATIONS // BATCHES
    kinds: Counter[str] = Counter()
    for seed in range(batch * size, (batch + 1) * size):
        kinds += compare(seed)
    print(f"batch {batch}: {size} configurations, {dict(kinds)}")
    assert min(kinds[kind] for kind in ("addresses", "public", "none", "unknown")) > size // 2


def answers(draft: Draft, files: Mapping[str, bytes]) -> dict[tuple[int, str], tuple[str, frozenset[str]]]:
    """What each client is told of each name."""
    reach, found = load_files(files), {}
    for number in range(len(draft.vpcs)):
        (start,) = sources(reach.network, parse_selector(f"eni-client-{number}"))
        for name in ASKED:
            found[number, name] = told(with_dns64(reach.network, start, resolved(reach.ground, start, name, {})))
    return found


@pytest.mark.parametrize("seed", range(9000, 9006))
def test_a_missing_member_leaves_a_name_unknown_or_as_it_is(seed: int) -> None:
    draft = Draft(seed)
    files = draft.files()
    before = answers(draft, files)
    for member, left in trials(files, random.Random(seed)):
        try:
            after = answers(draft, left)
        except ReachsimError:
            continue
        for asked, known in before.items():
            assert after[asked] in (known, ("unknown", frozenset())), (member, asked)

"""Random small networks, made with `tests.build`: each topic makes some of AWS's features frequent, the rest rare.

Networks are biased towards traffic that passes, so that the classes of one network differ; a topic and a seed always
make the same one. Addresses: VPC v has 10.v.0.0/16 and 2600:1f18:0:v00::/56, its subnet s 10.v.s.0/24 and
2600:1f18:0:v0s::/64; on-premises is 192.168.0.0/16.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

from tests.build import AclEntry, Build, GroupRule
from tests.property.firewalls import firewall
from tests.reference.world import target_of

FEATURES = frozenset(
    ("ipv6", "internet", "nat", "endpoints", "peering", "transit", "vpn", "block", "lists", "references", "filters",
     "regional", "edge", "advertised", "local zones", "inspection")
)  # fmt: skip
TOPICS: dict[str, frozenset[str]] = {
    "gateways": frozenset(("internet", "nat", "endpoints", "peering", "filters")),
    "ipv6": frozenset(("ipv6", "internet", "peering", "filters")),
    "transit": frozenset(("transit", "nat", "internet", "local zones")),
    "regions": frozenset(("transit", "regions", "ipv6")),
    "accounts": frozenset(("accounts", "peering", "references", "transit")),
    "vpn": frozenset(("vpn", "internet", "transit")),
    "block": frozenset(("block", "internet", "nat", "ipv6")),
    "lists": frozenset(("lists", "internet", "nat", "peering", "vpn", "transit")),
    "references": frozenset(("references", "peering", "transit")),
    "filters": frozenset(("filters", "ipv6", "internet", "nat")),
    "translation": frozenset(("regional", "nat", "internet", "ipv6", "peering", "transit")),
    "edge": frozenset(("edge", "internet", "vpn", "advertised", "ipv6")),
    "inspection": frozenset(("inspection", "internet", "nat", "transit", "ipv6")),
    "everything": FEATURES,
}
ON_PREMISES = "192.168.0.0/16"
PORTS = ((443, 443), (22, 22), (53, 53), (1024, 65535), (32768, 60999), (0, 65535), (1024, 40000))
BLOCKS = (
    "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/16", "52.216.0.0/15",
    "203.0.113.0/24", "198.51.100.0/24", "10.0.2.8/29", ON_PREMISES,
)  # fmt: skip
BLOCKS_V6 = (
    "::/0", "::/0", "2600:1f18::/32", "2600:1f18::/56", "2600:1f18:0:100::/56", "2600:1f18:0:1::/64",
    "2600:1f18:0:2::8/125", "2001:db8::/32",
)  # fmt: skip
ICMP = ((-1, -1), (8, -1), (8, 0), (0, -1), (3, 4), (13, 0))
ICMPV6 = ((-1, -1), (128, -1), (128, 0), (129, -1), (2, 0))
LISTS = (
    ("203.0.113.0/24", "10.1.0.0/16"),
    ("203.0.113.0/24", "203.0.113.128/25", ON_PREMISES),
    ("10.0.0.0/8", "52.216.0.0/16"),
    ("2001:db8::/32", "2600:1f18:0:100::/56"),
)


@dataclass
class Place:
    """A subnet: its number in its VPC, and its own route table, if any."""

    id: str
    number: int
    zone: str
    table: str | None


@dataclass
class Site:
    """A VPC."""

    net: Build
    id: str
    index: int
    ipv6: bool
    groups: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    interfaces: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    """What a route of it can sensibly point to."""
    more_tables: list[str] = field(default_factory=list)
    """Tables of its regional NAT gateways."""

    @property
    def cidr(self) -> str:
        return f"10.{self.index}.0.0/16"

    @property
    def cidr_v6(self) -> str:
        return f"2600:1f18:0:{self.index}00::/56"

    @property
    def tables(self) -> list[str]:
        """Its route tables that some subnet uses."""
        own = [place.table or self.net.main_table(self.id) for place in self.places]
        return list(dict.fromkeys(own)) + self.more_tables

    def v4(self, place: Place, host: int) -> str:
        return f"10.{self.index}.{place.number}.{host}"

    def v6(self, place: Place, host: int) -> str:
        return f"2600:1f18:0:{self.index}0{place.number}::{host:x}"


@dataclass
class Draft:
    """A network under construction."""

    rng: random.Random
    features: frozenset[str]
    builds: list[Build]
    sites: list[Site] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def has(self, feature: str) -> bool:
        return self.rng.random() < (0.9 if feature in self.features else 0.08)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    @property
    def has_project(self) -> bool:
        return bool(self.builds[0]._lists["codebuild/batch-get-projects"])

    @property
    def interfaces(self) -> list[str]:
        return [eni for site in self.sites for eni in site.interfaces]

    def files(self) -> dict[str, bytes]:
        return {path: data for build in self.builds for path, data in build.files().items()}


def network(topic: str, seed: int) -> Draft:
    """The network of a topic and a seed."""
    features = TOPICS[topic]
    draft = Draft(random.Random(f"{topic}/{seed}"), features, [Build()])
    if draft.has("lists"):
        draft.lists = [draft.builds[0].prefix_list(blocks) for blocks in draft.rng.sample(LISTS, 3)]
    alone = not features & {"peering", "transit", "references"}
    for index in range(draft.rng.randint(1, 2) if alone else draft.rng.choice((2, 2, 3))):
        draft.sites.append(site(draft, draft.builds[0], index))
    if features & {"regions", "accounts"}:
        far = "regions" in features
        draft.builds.append(Build(region="us-west-2", tag="w-") if far else Build("222222222222", tag="w-"))
        draft.sites.append(site(draft, draft.builds[1], 5))
    for one in draft.sites:
        rules(draft, one)
        internet(draft, one)
        if draft.has("endpoints"):
            endpoints(draft, one)
        if draft.has("vpn"):
            vpn(draft, one)
    if draft.has("peering"):
        peering(draft)
    if draft.has("transit"):
        transit(draft)
    for one in draft.sites:
        odd_routes(draft, one)
        if draft.has("edge"):
            edge(draft, one)
        if draft.has("advertised"):
            advertised(draft, one)
    if draft.chance(0.5):
        one = draft.sites[0]
        subnets = [place.id for place in draft.rng.sample(one.places, draft.rng.randint(1, len(one.places)))]
        one.net.project("app", one.id, subnets, one.groups[:1])
    if draft.has("block"):
        block_public_access(draft)
    inspected(draft)
    if draft.has("local zones"):
        local_zones(draft)
    for one in draft.sites:
        if draft.has("inspection"):
            inspection(draft, one)
    return draft


# --- A VPC ------------------------------------------------------------------------------------------------------------


def site(draft: Draft, net: Build, index: int) -> Site:
    """A VPC of one to three subnets in two zones with one interface each, and often a second one in the first."""
    rng = draft.rng
    ipv6 = draft.has("ipv6")
    block_v6 = f"2600:1f18:0:{index}00::/56" if ipv6 else None
    more = [f"10.{index + 100}.0.0/20"] if draft.chance(0.1) else []
    made = Site(net, net.vpc(f"10.{index}.0.0/16", ipv6=block_v6, secondary=more), index, ipv6)
    if ipv6 and draft.chance(0.12):
        net[made.id]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = "private"  # N39
    made.groups = [net.group(made.id, ingress=[], egress=[]) for _ in range(2)]
    for number in range(1, rng.randint(1, 3) + 1):
        zone = f"{net.region}{'ab'[number % 2]}"
        table = net.table(made.id) if draft.chance(0.6) else None
        acl = net.acl(made.id, entries(draft, ipv6)) if draft.has("filters") and draft.chance(0.7) else None
        block = f"2600:1f18:0:{index}0{number}::/64" if ipv6 and draft.chance(0.85) else None
        subnet = net.subnet(made.id, f"10.{index}.{number}.0/24", zone, block, table, acl)
        made.places.append(Place(subnet, number, zone, table))
        for host in (10, 11) if number == 1 and draft.chance(0.4) else (10,):
            made.interfaces.append(interface(draft, made, made.places[-1], host, has_v6=block is not None))
    return made


def interface(draft: Draft, one: Site, place: Place, host: int, *, has_v6: bool) -> str:
    public = f"198.51.100.{one.index * 40 + place.number * 10 + host}" if draft.chance(0.5) else None
    more = [(one.v4(place, host + 20), None)] if draft.chance(0.1) else []
    made = one.net.interface(
        place.id, one.v4(place, host), draft.rng.sample(one.groups, draft.rng.choice((1, 1, 2))), public=public,
        secondary=more, ipv6=one.v6(place, host) if has_v6 and draft.chance(0.85) else (),
        source_dest_check=draft.chance(0.9),
    )  # fmt: skip
    if draft.chance(0.1) and host == 10:  # prefix delegation
        one.net[made]["Ipv4Prefixes"] = [{"Ipv4Prefix": f"{one.v4(place, 208)}/28"}]
        if has_v6:
            one.net[made]["Ipv6Prefixes"] = [{"Ipv6Prefix": f"2600:1f18:0:{one.index}0{place.number}:1::/80"}]
    return made


def entries(draft: Draft, ipv6: bool) -> list[AclEntry]:
    """Entries of a network ACL: some of any kind, then mostly one that allows the rest."""
    rng = draft.rng
    found: list[AclEntry] = []
    for direction in ("in", "out"):
        for number in range(100, 100 + rng.randint(0, 3)):
            v6 = ipv6 and draft.chance(0.4)
            protocol = rng.choice(("tcp", "tcp", "udp", "-1", "47", "icmpv6" if v6 else "icmp"))
            detail = rng.choice((*PORTS, None)) if protocol in ("tcp", "udp") else None
            if protocol.startswith("icmp"):
                detail = rng.choice(ICMPV6 if v6 else ICMP)
            action = rng.choice(("allow", "deny"))
            found.append((number, direction, action, protocol, detail, rng.choice(BLOCKS_V6 if v6 else BLOCKS)))
        for number, block in ((200, "0.0.0.0/0"), (201, "::/0")):
            if draft.chance(0.85):
                found.append((number, direction, "allow", "-1", None, block))
    return found


def rules(draft: Draft, one: Site) -> None:
    """Rules of a VPC's security groups: often open, else a few narrow ones, also by group and by prefix list."""
    for group in one.groups:
        for direction in ("in", "out"):
            narrow = draft.chance(0.75 if draft.features & {"filters", "references", "lists"} else 0.3)
            if narrow:
                for _ in range(draft.rng.randint(0, 4)):
                    one.net.permit(group, direction, rule(draft, one))
            if not narrow or draft.chance(0.1):
                for block in ("0.0.0.0/0", "::/0"):
                    one.net.permit(group, direction, ("-1", None, None, block))


def rule(draft: Draft, one: Site) -> GroupRule:
    rng = draft.rng
    v6 = one.ipv6 and draft.chance(0.4)
    peer = rng.choice(BLOCKS_V6 if v6 else BLOCKS)
    if draft.lists and draft.chance(0.4) and one.net is draft.builds[0]:
        peer = rng.choice(draft.lists)
    if draft.has("references") and draft.chance(0.7):
        peer = rng.choice([f"{other.net.account}/{group}" for other in draft.sites for group in other.groups])
        if draft.chance(0.06):
            peer = rng.choice(("999999999999/sg-unseen", "222222222222/sg-unseen", "sg-gone"))
    protocol = rng.choice(("tcp", "tcp", "udp", "-1", "-1", "6", "47", "icmpv6" if v6 else "icmp"))
    if protocol in ("-1", "47"):
        return protocol, None, None, peer
    low, high = rng.choice((ICMPV6 if v6 else ICMP) if protocol.startswith("icmp") else PORTS)
    return protocol, low, high, peer


# --- Ways out ---------------------------------------------------------------------------------------------------------


def internet(draft: Draft, one: Site) -> None:
    """Internet gateway, egress-only gateway and NAT gateways, and the default routes to them."""
    net, rng = one.net, draft.rng
    igw = net.igw(one.id, "detached" if draft.chance(0.04) else "available") if draft.has("internet") else None
    nats = [made for made in (nat_gateway(draft, one, number) for number in (0, 1)) if made] if igw else []
    eigw = net.eigw(one.id) if one.ipv6 and draft.has("ipv6") else None
    one.targets += [target for target in (igw, *nats) if target]
    homes = {net[nat].get("SubnetId") for nat in nats}
    for place in one.places:
        table = place.table or net.main_table(one.id)
        inside = nats and (place.id not in homes or draft.chance(0.05))
        if igw and draft.chance(0.85):
            net.route(table, "0.0.0.0/0", rng.choice(nats) if inside and draft.chance(0.8) else igw)
        ways = [target for target in (igw, eigw) if target]
        if one.ipv6 and ways and draft.chance(0.85):
            net.route(table, "::/0", rng.choice(ways))
        if one.ipv6 and inside and draft.chance(0.5):
            net.route(table, "64:ff9b::/96", rng.choice(nats))  # N57


def nat_gateway(draft: Draft, one: Site, number: int) -> str | None:
    """A NAT gateway in one of the first two subnets, mostly public and working."""
    if not draft.has("nat") or number >= len(one.places) or (number and draft.chance(0.7)):
        return None
    place = one.places[number]
    if draft.has("regional") and draft.chance(0.6):
        return regional_nat(draft, one, number)
    private = draft.chance(0.15)
    return one.net.nat(
        place.id, one.v4(place, 200), public=None if private else f"192.0.2.{one.index * 2 + number}",
        kind="private" if private else "public", state=nat_state(draft),
    )  # fmt: skip


def nat_state(draft: Draft) -> str:
    return draft.rng.choice(("failed", "deleting")) if draft.chance(0.07) else "available"


def regional_nat(draft: Draft, one: Site, number: int) -> str:
    """A regional NAT gateway, with a route table of its own and no subnet (N54, N55)."""
    net = one.net
    gateway = next(
        row["InternetGatewayId"] for row in net._lists["ec2/describe-internet-gateways"]
        if any(attachment["VpcId"] == one.id for attachment in row["Attachments"])
    )  # fmt: skip
    table = net.table(one.id, [("0.0.0.0/0", gateway)] if draft.chance(0.9) else [])
    one.more_tables.append(table)
    own = {"PublicIp": f"192.0.2.{one.index * 2 + number}", "PrivateIp": f"10.{one.index}.250.{number + 1}"}
    rows = [own]
    if draft.chance(0.4):  # one that the gateway failed to take, and one for each zone
        rows.insert(0, {"Status": "failed", "PrivateIp": f"10.{one.index}.249.1"})
        zones = sorted({str(net[place.id]["AvailabilityZone"]) for place in one.places})
        rows[1:] = [
            {"PublicIp": f"192.0.3.{one.index * 8 + number * 4 + place}", "AvailabilityZone": zone,
             "PrivateIp": f"10.{one.index}.250.{number * 4 + place + 1}"}
            for place, zone in enumerate(zones)
        ]  # fmt: skip
    by_hand = len(rows) > 1 and draft.chance(0.5)  # the zones that there are now, or all but one
    if by_hand and len(rows) > 2 and draft.chance(0.6):
        rows.pop()
    nat = f"nat-regional-{one.id}-{number}"
    return net._add("ec2/describe-nat-gateways", nat, {
        "NatGatewayId": nat, "VpcId": one.id, "State": nat_state(draft),
        "ConnectivityType": "public", "AvailabilityMode": "regional", "RouteTableId": table,
        "NatGatewayAddresses": rows, "AutoProvisionZones": "disabled" if by_hand else "enabled",
    })  # fmt: skip


def endpoints(draft: Draft, one: Site) -> None:
    net, rng = one.net, draft.rng
    if draft.chance(0.6):
        net.gateway_endpoint(one.id, "s3", rng.sample(one.tables, rng.randint(1, len(one.tables))))
        if draft.chance(0.1):
            net.route(one.tables[0], "52.216.0.0/15", rng.choice([*one.targets, "igw-gone"]))  # N17
    if draft.chance(0.5):
        place = rng.choice(one.places)
        has_v6 = bool(net[place.id]["Ipv6CidrBlockAssociationSet"]) and draft.chance(0.5)
        ipv6 = {place.id: one.v6(place, 20)} if has_v6 else None
        net.interface_endpoint(one.id, "ecr.api", {place.id: one.v4(place, 20)}, one.groups[:1], ipv6=ipv6)


def vpn(draft: Draft, one: Site) -> None:
    """A virtual private gateway with static or propagated routes, also ones that must lose (N5 to N7)."""
    net, rng = one.net, draft.rng
    vgw = net.vgw(one.id if draft.chance(0.95) else None)
    made = net.vpn(vgw, [ON_PREMISES])
    if draft.chance(0.3):
        net[made]["Options"] = {"StaticRoutesOnly": True}
    one.targets.append(vgw)
    for table in one.tables:
        net.route(table, ON_PREMISES, vgw, origin=rng.choice(("CreateRoute", "EnableVgwRoutePropagation")))
        for block in (f"10.{one.index}.1.0/28", "203.0.113.0/24", "0.0.0.0/0", "10.1.0.0/16", "192.168.7.0/24"):
            if draft.chance(0.2) and block != one.cidr:
                net.route(table, block, vgw, origin="EnableVgwRoutePropagation")
        if draft.chance(0.1):
            net.route(table, "192.168.7.128/25", rng.choice(one.targets))


# --- Between VPCs -----------------------------------------------------------------------------------------------------


def route_to(draft: Draft, one: Site, other: Site, target: str, probability: float = 0.85) -> None:
    """Routes from one VPC to the other in most of its tables."""
    for table in one.tables:
        if draft.chance(probability):
            one.net.route(table, other.cidr, target)
        if other.ipv6 and draft.chance(probability):
            one.net.route(table, other.cidr_v6, target)


def peering(draft: Draft) -> None:
    near = [one for one in draft.sites if one.net.region == draft.builds[0].region]
    for first, second in itertools.pairwise(near):
        if draft.chance(0.1):
            continue
        status = "deleted" if draft.chance(0.1) else "active"
        pcx = first.net.peering(first.id, second.id, status, peer=second.net)
        if status == "deleted":
            mark_stale(first, second)
            mark_stale(second, first)
        route_to(draft, first, second, pcx)
        route_to(draft, second, first, pcx)
        for one in (first, second):
            one.targets.append(pcx)


def mark_stale(one: Site, other: Site) -> None:
    """Rules that name a group of a VPC that is no longer peered say so (N90)."""
    for group in one.groups:
        for permission in one.net[group]["IpPermissions"] + one.net[group]["IpPermissionsEgress"]:
            for pair in permission["UserIdGroupPairs"]:
                if pair["GroupId"] in other.groups:
                    pair["PeeringStatus"] = "deleted"


def transit(draft: Draft) -> None:
    """A transit gateway per Region with one to three tables; two Regions' gateways are peered."""
    rng = draft.rng
    hubs: list[tuple[Build, str, list[str]]] = []
    keeps = draft.chance(0.7)
    for net in draft.builds:
        tgw = net.tgw(group_references=keeps)
        if draft.chance(0.02):
            net[tgw]["State"] = "deleting"
        tables = [net.tgw_table(tgw) for _ in range(rng.randint(1, 3))]
        hubs.append((net, tgw, tables))
        attached = [(one, attach(draft, one, tgw, tables)) for one in draft.sites if one.net is net]
        for table in tables:
            for one, attachment in attached:
                fill(draft, net, table, attachment, one)
            if draft.chance(0.4):
                exit = rng.choice([attachment for _, attachment in attached])
                net.tgw_route(table, "0.0.0.0/0", exit)
                net.tgw_route(table, "::/0", exit)
            if draft.chance(0.2):
                net.tgw_route(table, rng.choice(("10.1.1.0/24", "10.0.2.0/24", "203.0.113.0/24")), "blackhole")
        if draft.has("vpn"):
            on_premises(draft, net, tgw, tables)
    if len(hubs) == 2:
        join(draft, hubs[0], hubs[1])


def attach(draft: Draft, one: Site, tgw: str, tables: list[str]) -> str:
    """A VPC's attachment, its association, and routes from the VPC to the others."""
    by_zone = {place.zone: place.id for place in draft.rng.sample(one.places, len(one.places))}
    zones = list(by_zone)[: 2 if draft.chance(0.8) else 1]
    attachment = one.net.tgw_attachment(
        tgw, one.id, [by_zone[zone] for zone in zones], group_references=draft.chance(0.8),
        appliance_mode=draft.chance(0.15),
        state="available" if draft.chance(0.95) else "deleting",
    )  # fmt: skip
    if draft.chance(0.95):
        one.net.associate(draft.rng.choice(tables), attachment)
    if draft.chance(0.04):
        one.net[attachment]["NatGatewaySupport"] = draft.rng.choice(("enabled", "disabled", "enabling"))
    one.targets.append(tgw)
    for other in draft.sites:
        if other is not one:
            route_to(draft, one, other, tgw, 0.6 if "peering" in draft.features else 0.85)
    for table in one.tables:
        if draft.chance(0.4):
            one.net.route(table, draft.rng.choice(("0.0.0.0/0", "10.0.0.0/8", ON_PREMISES, "::/0")), tgw)
    return attachment


def fill(draft: Draft, net: Build, table: str, attachment: str, one: Site) -> None:
    """Propagated and static routes of a transit gateway table to one VPC."""
    for block in (one.cidr, *((one.cidr_v6,) if one.ipv6 else ())):
        if draft.chance(0.85):
            net.tgw_route(table, block, attachment, "propagated")
        elif draft.chance(0.5):
            net.tgw_route(table, block, attachment)
        if draft.chance(0.08):
            net.tgw_route(table, block, "blackhole")


def on_premises(draft: Draft, net: Build, tgw: str, tables: list[str]) -> None:
    """A VPN or Direct Connect attachment."""
    attachment = net.direct_connect(tgw) if draft.chance(0.4) else net.vpn(
        tgw, [ON_PREMISES], state="available" if draft.chance(0.9) else "deleted"
    )  # fmt: skip
    net.associate(draft.rng.choice(tables), attachment)
    second = net.vpn(tgw, [ON_PREMISES]) if draft.chance(0.3) else None
    if second:
        net.associate(draft.rng.choice(tables), second)
    for table in tables:
        if draft.chance(0.85):
            net.tgw_route(table, ON_PREMISES, attachment, draft.rng.choice(("static", "propagated")))
            if second and draft.chance(0.7):
                share(net, table, second)
        if draft.chance(0.15):
            net.tgw_route(table, "203.0.113.0/24", attachment, "propagated")


def share(net: Build, table: str, attachment: str) -> None:
    """Let the latest route of a transit gateway table lead to one more attachment (equal-cost multipath)."""
    route = net._more[f"{net._home}/ec2/search-transit-gateway-routes/{table}.json"]["Routes"][-1]
    keys = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
    route["TransitGatewayAttachments"].append({key: net[attachment][key] for key in keys})


def join(draft: Draft, one: tuple[Build, str, list[str]], other: tuple[Build, str, list[str]]) -> None:
    """Peer two transit gateways, with static routes to each other's VPCs (N188)."""
    (net, tgw, tables), (peer, peer_tgw, peer_tables) = one, other
    attachment = net.tgw_peering(tgw, peer_tgw, peer)
    net.associate(draft.rng.choice(tables), attachment)
    peer._records[f"{attachment}"] = peer[attachment]
    peer.associate(draft.rng.choice(peer_tables), attachment)
    for build, own_tables in ((net, tables), (peer, peer_tables)):
        for table in own_tables:
            for there in draft.sites:
                if there.net is not build and draft.chance(0.9):
                    build.tgw_route(table, there.cidr, attachment)
                    build.tgw_route(table, there.cidr_v6, attachment)


# --- What bends routes and closes gateways ----------------------------------------------------------------------------


def odd_routes(draft: Draft, one: Site) -> None:
    """Blackholes, prefix-list routes with their ties, routes to interfaces, and routes into the VPC itself (N8)."""
    net, rng = one.net, draft.rng
    for table in one.tables:
        if draft.chance(0.1):
            block = rng.choice(("203.0.113.0/24", "10.1.1.0/24", "192.168.7.0/24"))
            net.route(table, block, rng.choice([*one.targets, "igw-gone"]), state="blackhole")
        if draft.lists and one.targets and one.net is draft.builds[0]:
            for prefix_list in rng.sample(draft.lists, rng.randint(0, 2)):
                net.route(table, prefix_list, rng.choice(one.targets))
            if draft.chance(0.3):
                net.route(table, rng.choice(("203.0.113.0/24", "203.0.113.128/26")), rng.choice(one.targets))
        if draft.chance(0.03):
            net.route(table, "198.18.0.0/15", rng.choice(one.interfaces))
        nats = [target for target in one.targets if target.startswith("nat-")]
        if nats and draft.chance(0.05):
            net.route(table, f"10.{one.index}.{rng.choice(one.places).number}.0/24", rng.choice(nats))


def block_public_access(draft: Draft) -> None:
    """A mode for each Region, with exclusions of VPCs and subnets."""
    for net in draft.builds:
        resources = [one.id for one in draft.sites if one.net is net]
        resources += [place.id for one in draft.sites if one.net is net for place in one.places]
        exclusions: dict[str, str] = {}
        for resource in resources:  # of a VPC or of its subnets: which one counts where both are excluded is not known
            if draft.chance(0.35) and net[resource]["VpcId"] not in exclusions:
                exclusions[resource] = draft.rng.choice(("allow-bidirectional", "allow-egress"))
        mode = draft.rng.choice(("block-bidirectional", "block-ingress"))
        net.bpa(mode, exclusions, states=draft.chance(0.6))


def inspected(draft: Draft) -> None:
    """Firewalls at internet gateways, told by some route to them or by the VPC, and how they treat its subnets."""
    for one in draft.sites:
        if not draft.chance(0.06):
            continue
        firewall = {"FirewallArn": f"arn:firewall/{one.id}"}
        if draft.chance(0.5):
            one.net[one.id]["NetworkFirewallAssociations"] = [firewall]
        for table in one.tables:
            for route in one.net[table]["Routes"]:
                if route.get("GatewayId", "").startswith("igw-") or "EgressOnlyInternetGatewayId" in route:
                    route["IgwFirewall"] = firewall
        for place in one.places:
            kind = draft.rng.choice(("flexible", "outbound-only", "bidirectional", "exclude", "az-unsupported", ""))
            if kind:
                one.net[place.id]["NetworkFirewallConnectivityType"] = kind


def local_zones(draft: Draft) -> None:
    """Move subnets to Local Zones; no subnet of one can be attached to a transit gateway."""
    for one in draft.sites:
        attachments = one.net._lists["ec2/describe-transit-gateway-vpc-attachments"]
        attached = {subnet for row in attachments for subnet in row["SubnetIds"]}
        for place in one.places:
            if place.id not in attached and draft.chance(0.3):
                place.zone = f"{one.net.region}-bos-1{draft.rng.choice('ab')}"
                one.net[place.id].update(AvailabilityZone=place.zone, AvailabilityZoneId=f"id-{place.zone}")
                for eni in one.net._lists["ec2/describe-network-interfaces"]:
                    if eni["SubnetId"] == place.id:
                        eni["AvailabilityZone"] = place.zone
    for net in {id(one): one for one in draft.builds}.values():
        if draft.chance(0.9):
            parents = {letter: f"{net.region}{draft.rng.choice('abc')}" for letter in "ab"}
            rows = [
                {"ZoneName": f"{net.region}-bos-1{letter}", "ZoneType": "local-zone", "ParentZoneName": parent,
                 "ParentZoneId": f"id-{parent}"} for letter, parent in parents.items()
            ]  # fmt: skip
            net.put("ec2/describe-availability-zones", {"AvailabilityZones": rows})


def edge(draft: Draft, one: Site) -> None:
    """A route table for what comes in by the internet or private gateway: local, or past an interface (N21, N22)."""
    gateways = [target for target in one.targets if target.startswith(("igw-", "vgw-"))]
    if not gateways:
        return
    table = one.net.table(one.id)
    one.net.edge_table(table, draft.rng.choice(gateways))
    for place in one.places:
        if draft.chance(0.3):
            one.net.route(table, f"10.{one.index}.{place.number}.0/24", draft.rng.choice(one.interfaces))
    if draft.chance(0.1):
        one.net.route(table, f"10.{one.index}.0.0/16", draft.rng.choice(one.interfaces))


def inspection(draft: Draft, one: Site) -> None:
    """A subnet with a Gateway Load Balancer endpoint, mostly a firewall's, on the way out of a VPC, on the way in by
    its internet gateway and between its subnets (N8, N21, N149, N194); mostly both ways alike (N23).
    """
    net, block = one.net, f"10.{one.index}.9.0/24"
    table = net.table(one.id)
    zone = f"{net.region}a"
    home = net.subnet(one.id, block, zone, f"2600:1f18:0:{one.index}09::/64" if one.ipv6 else None, table)
    endpoint = net.appliance_endpoint(one.id, home, state="available" if draft.chance(0.97) else "deleting")
    if draft.chance(0.85):
        firewall(draft.rng, net, one.id, endpoint, f"site-{one.index}")
    for used in one.tables:
        inspect_routes(draft, one, used, table, endpoint)
    gateways = [target for target in one.targets if target.startswith("igw-") and not edge_tables(net, target)]
    if gateways and draft.chance(0.8):
        entrance = net.table(one.id)
        net.edge_table(entrance, gateways[0])
        for place in one.places:
            if draft.chance(0.8):
                net.route(entrance, f"10.{one.index}.{place.number}.0/24", endpoint)
            if one.ipv6 and draft.chance(0.8) and net[place.id]["Ipv6CidrBlockAssociationSet"]:
                net.route(entrance, f"2600:1f18:0:{one.index}0{place.number}::/64", endpoint)


def inspect_routes(draft: Draft, one: Site, used: str, own: str, endpoint: str) -> None:
    """Put the endpoint in the way of a table's routes, which its own subnet's table takes over."""
    net = one.net
    for route in list(net[used]["Routes"]):
        destination = str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock", ""))
        moves = destination and target_of(route) != "local" and route["Origin"] == "CreateRoute"
        if moves and route["State"] == "active" and draft.chance(0.85):
            net.route(own, destination, target_of(route))
            net.route(used, destination, endpoint)
    if len(one.places) > 1 and draft.chance(0.3):
        for place in one.places:
            if draft.chance(0.8):
                net.route(used, f"10.{one.index}.{place.number}.0/24", endpoint)


def edge_tables(net: Build, gateway: str) -> list[str]:
    tables = net._lists["ec2/describe-route-tables"]
    return [one["RouteTableId"] for one in tables for row in one["Associations"] if row.get("GatewayId") == gateway]


def advertised(draft: Draft, one: Site) -> None:
    """Routes of a route server, with the next hop's address (N13)."""
    for table in one.tables:
        for destination in ("203.0.113.0/24", "0.0.0.0/0", f"10.{one.index}.1.0/25", "10.0.0.0/8", ON_PREMISES):
            if draft.chance(0.25):
                place = draft.rng.choice(one.places)
                next_hop = one.v4(place, draft.rng.choice((10, 10, 77)))
                one.net[table]["Routes"].append(
                    {"DestinationCidrBlock": destination, "IpAddress": next_hop, "Origin": "Advertisement",
                     "State": "active"}
                )  # fmt: skip

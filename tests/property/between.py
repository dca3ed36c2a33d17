"""Ways between the VPCs of a random network: peering connections and transit gateways."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

from tests.build import Build
from tests.property.draft import ON_PREMISES, Draft, Site
from tests.property.sites import rules
from tests.property.sites import site as vpc_of

OWNER = "333333333333"
"""Who shares a transit gateway."""


@dataclass
class Hub:
    """A transit gateway with its route tables and the VPCs attached to it."""

    net: Build
    tgw: str
    tables: list[str]
    attached: list[tuple[Site, str]] = field(default_factory=list)


def route_to(draft: Draft, one: Site, other: Site, target: str, probability: float = 0.85) -> None:
    """Routes from one VPC to the other in most of its tables."""
    for table in one.tables:
        if draft.chance(probability):
            one.net.route(table, other.cidr, target)
        if other.ipv6 and draft.chance(probability):
            one.net.route(table, other.cidr_v6, target)


def peering(draft: Draft) -> None:
    """Between each VPC and the next, also of another account or Region."""
    for first, second in itertools.pairwise(draft.sites):
        if first.overlaps and second.overlaps:
            continue  # AWS would refuse it
        if draft.chance(0.1) or (first.net.region != second.net.region and draft.chance(0.5)):
            continue
        status = "deleted" if draft.chance(0.1) else "active"
        pcx = first.net.peering(first.id, second.id, status, peer=second.net)
        if status == "deleted":
            mark_stale(first, second)
            mark_stale(second, first)
        for one, other in ((first, second), (second, first)):
            route_to(draft, one, other, pcx)
            one.targets.append(pcx)
            if draft.chance(0.3):
                by_nat_gateway(one, other)


def by_nat_gateway(one: Site, other: Site) -> None:
    """Lead to the other VPC by a NAT gateway from all subnets but its own, whose table leads on (N51)."""
    nats = [target for target in one.targets if target.startswith("nat-") and one.net[target].get("SubnetId")]
    for nat in nats[:1]:
        home = next(place for place in one.places if place.id == one.net[nat]["SubnetId"])
        for table in one.tables:
            if table != (home.table or one.net.main_table(one.id)):
                one.net.route(table, other.cidr, nat)


def mark_stale(one: Site, other: Site) -> None:
    """Rules that name a group of a VPC that is no longer peered say so (N90)."""
    for group in one.groups:
        for permission in one.net[group]["IpPermissions"] + one.net[group]["IpPermissionsEgress"]:
            for pair in permission["UserIdGroupPairs"]:
                if pair["GroupId"] in other.groups:
                    pair["PeeringStatus"] = "deleted"


# --- Transit gateways -------------------------------------------------------------------------------------------------


def transit(draft: Draft) -> None:
    """A transit gateway per Region or two, each with one to three tables, joined by peering attachments."""
    keeps = draft.chance(0.7)
    if "foreign hub" in draft.features:
        of_another_account(draft, keeps)
        return
    hubs: list[Hub] = []
    for net in draft.builds:
        sites = [one for one in draft.sites if one.net is net]
        several = len(sites) > 1 and draft.has("hubs") and draft.chance(0.7)
        for mine in (sites[:1], sites[1:]) if several else (sites,):
            hubs.append(hub(draft, net, mine, keeps))
    for one, other in itertools.pairwise(hubs):
        join(draft, one, other)
    if len(hubs) > 2:
        onward(draft, hubs)


def of_another_account(draft: Draft, keeps: bool) -> None:
    """A transit gateway that its owner shares with the others, who see no more of it than what they attach (N189);
    mostly the owner is in no file.
    """
    owner, first = Build(OWNER, tag="h-"), draft.sites[:1]
    if draft.chance(0.4):
        draft.builds.append(owner)
        draft.sites.append(vpc_of(draft, owner, 4))
        rules(draft, draft.sites[-1])
    alone = draft.chance(0.3)
    made = hub(draft, owner, draft.sites[1:] if alone else draft.sites, keeps)
    if alone:
        join(draft, hub(draft, first[0].net, first, keeps), made)


def hub(draft: Draft, net: Build, sites: list[Site], keeps: bool) -> Hub:
    tgw = net.tgw(group_references=keeps)
    if draft.chance(0.02):
        net[tgw]["State"] = "deleting"
    made = Hub(net, tgw, [net.tgw_table(tgw) for _ in range(draft.rng.randint(1, 3))])
    made.attached = [(one, attach(draft, one, made)) for one in sites]
    for table in made.tables:
        for one, attachment in made.attached:
            fill(draft, net, table, attachment, one)
        if draft.chance(0.4):
            exit = draft.rng.choice([attachment for _, attachment in made.attached])
            net.tgw_route(table, "0.0.0.0/0", exit)
            net.tgw_route(table, "::/0", exit)
        if draft.chance(0.2):
            block = draft.rng.choice(("10.1.1.0/24", "10.0.2.0/24", "203.0.113.0/24", "2600:1f18:0:101::/64"))
            net.tgw_route(table, block, "blackhole")
    if draft.has("vpn"):
        on_premises(draft, made)
    if draft.lists and net is draft.builds[0]:
        by_lists(draft, made)
    return made


def attach(draft: Draft, one: Site, hub: Hub) -> str:
    """A VPC's attachment, its association, and routes from the VPC to the others."""
    by_zone = {place.zone: place.id for place in draft.rng.sample(one.v4_places, len(one.v4_places))}
    zones = list(by_zone)[: 2 if draft.chance(0.8) else 1]
    attachment = one.net.tgw_attachment(
        hub.tgw, one.id, [by_zone[zone] for zone in zones], group_references=draft.chance(0.8),
        appliance_mode=draft.chance(0.15),
        state="available" if draft.chance(0.95) else "deleting",
    )  # fmt: skip
    if hub.net is not one.net:
        show_to_both(draft, one.net, hub, attachment)
    if draft.chance(0.95):
        hub.net.associate(draft.rng.choice(hub.tables), attachment)
    if draft.chance(0.04):
        support = draft.rng.choice(("enabled", "disabled", "enabling"))
        for net in (one.net, hub.net):
            net[attachment]["NatGatewaySupport"] = support
    one.targets.append(hub.tgw)
    for other in draft.sites:
        if other is not one and not one.overlaps:
            route_to(draft, one, other, hub.tgw, 0.6 if "peering" in draft.features else 0.85)
        elif other is not one:
            from_own_subnets(draft, one, other, hub.tgw)
    for table in one.tables:
        if draft.chance(0.4):
            block = draft.rng.choice(("0.0.0.0/0", "10.0.0.0/8", ON_PREMISES, "::/0", "64:ff9b::/96"))
            one.net.route(table, block, hub.tgw)
    return attachment


def show_to_both(draft: Draft, net: Build, hub: Hub, attachment: str) -> None:
    """Let the owner of a transit gateway list what another account attaches, and that account the gateway."""
    if hub.tgw not in net._records:
        net._add("ec2/describe-transit-gateways", hub.tgw, hub.net[hub.tgw])
    row = net[attachment]
    row["TransitGatewayOwnerId"] = hub.net.account
    told = row if draft.chance(0.5) else {**row}  # whether who attaches sees the association
    hub.net._add("ec2/describe-transit-gateway-attachments", attachment, told)
    call = "ec2/describe-transit-gateway-vpc-attachments"
    hub.net._lists[call] += [one for one in net._lists[call] if one["TransitGatewayAttachmentId"] == attachment]


def from_own_subnets(draft: Draft, one: Site, other: Site, tgw: str) -> None:
    """Routes to another VPC from the subnets that no other VPC has: the rest goes by their NAT gateways."""
    for place in one.v4_places:
        if not str(place.cidr).startswith("100.64.") and draft.chance(0.9):
            one.net.route(place.table or one.net.main_table(one.id), other.cidr, tgw)


def fill(draft: Draft, net: Build, table: str, attachment: str, one: Site) -> None:
    """Propagated and static routes of a transit gateway table to one VPC."""
    for block in (one.cidr, *((one.cidr_v6,) if one.ipv6 else ())):
        if draft.chance(0.85):
            net.tgw_route(table, block, attachment, "propagated")
            if draft.chance(0.08):
                net.tgw_route(table, block, "blackhole")
        elif draft.chance(0.5):
            net.tgw_route(table, block, attachment)


def on_premises(draft: Draft, hub: Hub) -> None:
    """VPN, Direct Connect and Connect attachments, some of which propagate the same prefix as a VPC (N185)."""
    net, rng = hub.net, draft.rng
    way = rng.choice(("direct-connect-gateway", "vpn", "vpn", "vpn", "connect"))
    if way == "direct-connect-gateway":
        attachment = net.direct_connect(hub.tgw)
    elif way == "connect":
        attachment = net.tgw_connect(hub.tgw, rng.choice(hub.attached)[1])
    else:
        attachment = net.vpn(hub.tgw, [ON_PREMISES], state="available" if draft.chance(0.9) else "deleted")
    net.associate(rng.choice(hub.tables), attachment)
    second = net.vpn(hub.tgw, [ON_PREMISES]) if draft.chance(0.3) else None
    tunnels(hub, [attachment, second or ""])
    if second:
        net.associate(rng.choice(hub.tables), second)
    for table in hub.tables:
        if draft.chance(0.85):
            net.tgw_route(table, ON_PREMISES, attachment, rng.choice(("static", "propagated")))
            if second and draft.chance(0.7):
                share(net, table, second)
        if second and draft.chance(0.2):
            net.tgw_route(table, "192.168.7.0/24", attachment, "propagated")
        for block in ("203.0.113.0/24", "10.1.0.0/16"):
            if draft.chance(0.15):
                net.tgw_route(table, block, attachment, "propagated")


def tunnels(hub: Hub, attachments: list[str]) -> None:
    """The family of the traffic that VPN connections' tunnels process, drawn apart from the rest."""
    rng = random.Random(f"tunnels/{len(hub.tables)}/{[one.cidr for one, _ in hub.attached]}/{attachments}")
    for attachment in filter(None, attachments):
        connection, word = hub.net[attachment]["ResourceId"], rng.choice(("ipv4", "ipv4", "ipv4", "ipv6", None))
        if connection.startswith("vpn-") and word is not None:
            hub.net[connection]["Options"] = {"StaticRoutesOnly": False, "TunnelInsideIpVersion": word}


def by_lists(draft: Draft, hub: Hub) -> None:
    """References to prefix lists, which go before what is propagated (N185)."""
    ways = [attachment for _, attachment in hub.attached]
    for table in hub.tables:
        for prefix_list in draft.rng.sample(draft.lists, draft.rng.choice((0, 1, 1, 2))):
            way = "blackhole" if draft.chance(0.25) else draft.rng.choice(ways)
            hub.net.tgw_list(table, prefix_list, way, one_by_one=draft.chance(0.8))


def share(net: Build, table: str, attachment: str) -> None:
    """Let the latest route of a transit gateway table lead to one more attachment (equal-cost multipath)."""
    route = net._more[f"{net._home}/ec2/search-transit-gateway-routes/{table}.json"]["Routes"][-1]
    keys = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
    route["TransitGatewayAttachments"].append({key: net[attachment][key] for key in keys})


def join(draft: Draft, one: Hub, other: Hub) -> None:
    """Peer two transit gateways, of one Region or of two, with static routes to each other's VPCs (N188)."""
    state = "available" if draft.chance(0.95) else "deleting"
    attachment = one.net.tgw_peering(one.tgw, other.tgw, other.net, state)
    for here, there in ((one, other), (other, one)):
        if draft.chance(0.95):
            here.net.associate(draft.rng.choice(here.tables), attachment)
        for table in here.tables:
            for site, _ in there.attached:
                if draft.chance(0.9):
                    here.net.tgw_route(table, site.cidr, attachment)
                    here.net.tgw_route(table, site.cidr_v6, attachment)
            if draft.chance(0.15):
                here.net.tgw_route(table, draft.rng.choice(("203.0.113.0/24", ON_PREMISES)), attachment)


def onward(draft: Draft, hubs: list[Hub]) -> None:
    """Routes from the first of three transit gateways to the VPCs of the last, and back, by way of the second."""
    for near, far in ((hubs[0], hubs[2]), (hubs[2], hubs[0])):
        rows = near.net._lists["ec2/describe-transit-gateway-attachments"]
        links = [row for row in rows if row["ResourceType"] == "peering" and row["TransitGatewayId"] == near.tgw]
        for table in near.tables:
            for site, _ in far.attached:
                if draft.chance(0.8):
                    near.net.tgw_route(table, site.cidr, links[0]["TransitGatewayAttachmentId"])

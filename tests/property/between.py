"""Ways between the VPCs of a random network: peering connections and transit gateways."""

from __future__ import annotations

import itertools

from tests.build import Build
from tests.property.draft import ON_PREMISES, Draft, Site


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
    by_zone = {place.zone: place.id for place in draft.rng.sample(one.v4_places, len(one.v4_places))}
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

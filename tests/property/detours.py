"""What bends routes and closes gateways in a random network."""

from __future__ import annotations

from tests.build import Build
from tests.property.draft import ON_PREMISES, Draft, Site
from tests.property.firewalls import firewall
from tests.reference.world import target_of

UNMODELLED = ("lgw-1", "cagw-1", "arn:aws:networkmanager::111111111111:core-network/core-1")


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
        if draft.chance(0.06):  # N20
            net.route(table, rng.choice(("198.18.0.0/16", "192.168.0.0/17")), rng.choice(UNMODELLED))
        nats = [target for target in one.targets if target.startswith("nat-")]
        if nats and draft.chance(0.12):
            net.route(table, str(rng.choice(one.v4_places).cidr), rng.choice(nats))


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
        for block in filter(None, (place.cidr, place.cidr_v6)):
            if draft.chance(0.3):
                one.net.route(table, block, draft.rng.choice(one.interfaces))
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
        firewall(draft.rng, net, one.id, [endpoint], f"site-{one.index}")
    for used in one.tables:
        inspect_routes(draft, one, used, table, endpoint)
    gateways = [target for target in one.targets if target.startswith("igw-") and not edge_tables(net, target)]
    if gateways and draft.chance(0.8):
        entrance = net.table(one.id)
        net.edge_table(entrance, gateways[0])
        for place in one.places:
            for block in filter(None, (place.cidr, place.cidr_v6)):
                if draft.chance(0.8):
                    net.route(entrance, block, endpoint)


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
            for block in filter(None, (place.cidr, place.cidr_v6)):
                if draft.chance(0.8):
                    net.route(used, block, endpoint)


def edge_tables(net: Build, gateway: str) -> list[str]:
    tables = net._lists["ec2/describe-route-tables"]
    return [one["RouteTableId"] for one in tables for row in one["Associations"] if row.get("GatewayId") == gateway]


def advertised(draft: Draft, one: Site) -> None:
    """Routes of a route server, with the next hop's address (N13)."""
    for table in one.tables:
        for destination in ("203.0.113.0/24", "0.0.0.0/0", f"10.{one.index}.1.0/25", "10.0.0.0/8", ON_PREMISES):
            if draft.chance(0.25):
                place = draft.rng.choice(one.v4_places)
                next_hop = place.v4(draft.rng.choice((10, 10, 77)))
                one.net[table]["Routes"].append(
                    {"DestinationCidrBlock": destination, "IpAddress": next_hop, "Origin": "Advertisement",
                     "State": "active"}
                )  # fmt: skip

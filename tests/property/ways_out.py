"""Ways out of the VPCs of a random network: internet, NAT, private gateways and endpoints."""

from __future__ import annotations

from tests.property.draft import ON_PREMISES, Draft, Site


def internet(draft: Draft, one: Site) -> None:
    """Internet gateway, egress-only gateway and NAT gateways, and the default routes to them."""
    net, rng = one.net, draft.rng
    igw = net.igw(one.id, "detached" if draft.chance(0.04) else "available") if draft.has("internet") else None
    one.targets += [igw] if igw else []
    made = [nat_gateway(draft, one, number) for number in (0, 1)] if igw or one.overlaps else []
    nats = [nat for nat in made if nat]
    eigw = net.eigw(one.id) if one.ipv6 and draft.has("ipv6") else None
    one.targets += nats
    homes = {net[nat].get("SubnetId") for nat in nats}
    for place in one.places:
        table = place.table or net.main_table(one.id)
        inside = nats and (place.id not in homes or draft.chance(0.05))
        if igw and draft.chance(0.85):
            net.route(table, "0.0.0.0/0", rng.choice(nats) if inside and draft.chance(0.8) else igw)
        if inside and one.overlaps and draft.chance(0.8):
            for block in ("10.0.0.0/8", ON_PREMISES):
                net.route(table, block, rng.choice(nats))
        ways = [target for target in (igw, eigw) if target]
        if one.ipv6 and ways and draft.chance(0.85):
            net.route(table, "::/0", rng.choice(ways))
        if one.ipv6 and inside and draft.chance(0.5 if place.cidr else 0.9):
            net.route(table, "64:ff9b::/96", rng.choice(nats))  # N57
    if len(homes - {None}) > 1 and draft.chance(0.7):
        first, second = ({place.id: place for place in one.places}[net[nat]["SubnetId"]] for nat in nats)
        if first.table != second.table:
            net.route(first.table or net.main_table(one.id), "0.0.0.0/0", nats[1])


def nat_gateway(draft: Draft, one: Site, number: int) -> str | None:
    """A NAT gateway in one of the first two subnets with IPv4, mostly public and working."""
    if (
        not draft.has("nat")
        or number >= len(one.v4_places)
        or (number and draft.chance(0.6 if len(one.v4_places) < 3 else 0.25))
    ):
        return None
    place = one.v4_places[number]
    if draft.has("regional") and draft.chance(0.6) and any(target.startswith("igw-") for target in one.targets):
        return regional_nat(draft, one, number)
    private = draft.chance(0.7 if one.overlaps else 0.15)
    return one.net.nat(
        place.id, place.v4(200), public=None if private else f"192.0.2.{one.index * 2 + number}",
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
    own = {"PublicIp": f"192.0.2.{one.index * 2 + number}", "PrivateIp": f"10.{one.index}.250.{number * 4 + 1}"}
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
    """A gateway endpoint and an interface endpoint, which may be one of another Region's service or of VPC Lattice."""
    net, rng = one.net, draft.rng
    if draft.chance(0.6):
        net.gateway_endpoint(one.id, "s3", rng.sample(one.tables, rng.randint(1, len(one.tables))))
        if draft.chance(0.1):
            net.route(one.tables[0], "52.216.0.0/15", rng.choice([*one.targets, "igw-gone"]))  # N17
    if draft.chance(0.5):
        place = rng.choice(one.places)
        has_v6 = place.cidr_v6 and (place.cidr is None or draft.chance(0.5))
        ipv6 = {place.id: place.v6(20)} if has_v6 else None
        service = rng.choice(("ecr.api", "ecr.api", "ecr.api", "com.amazonaws.eu-west-1.ecr.api"))
        own = {place.id: place.v4(20) if place.cidr else None}
        endpoint = net.interface_endpoint(one.id, service, own, one.groups[:1], ipv6=ipv6)
        if "eu-west-1" in service:
            net[endpoint]["ServiceRegion"] = "eu-west-1"
        elif draft.chance(0.15):  # N150
            net[endpoint]["VpcEndpointType"] = rng.choice(("Resource", "ServiceNetwork"))


def vpn(draft: Draft, one: Site) -> None:
    """A virtual private gateway with static or propagated routes, also ones that must lose (N5 to N7)."""
    net, rng = one.net, draft.rng
    vgw = net.vgw(one.id if draft.chance(0.95) else None)
    made = net.vpn(vgw, [ON_PREMISES])
    if draft.chance(0.3):
        net[made]["Options"] = {"StaticRoutesOnly": True}
        if one.index % 2:
            net.vpn(vgw, ["203.0.113.0/24"], state="deleted")  # AWS lists it for a while
    one.targets.append(vgw)
    for table in one.tables:
        net.route(table, ON_PREMISES, vgw, origin=rng.choice(("CreateRoute", "EnableVgwRoutePropagation")))
        for block in (f"10.{one.index}.1.0/28", "203.0.113.0/24", "0.0.0.0/0", "10.1.0.0/16", "192.168.7.0/24"):
            if draft.chance(0.2) and block != one.cidr:
                net.route(table, block, vgw, origin="EnableVgwRoutePropagation")
        if draft.chance(0.1):
            net.route(table, "192.168.7.128/25", rng.choice(one.targets))

"""A VPC of a random network: subnets, interfaces, network ACLs and the rules of its security groups."""

from __future__ import annotations

from tests.build import AclEntry, Build, GroupRule
from tests.property.draft import BLOCKS, BLOCKS_V6, ICMP, ICMPV6, OVERLAPPING, PORTS, Draft, Place, Site


def site(draft: Draft, net: Build, index: int) -> Site:
    """A VPC of one to three subnets in two zones with one interface each, and often a second one in the first."""
    rng = draft.rng
    ipv6 = draft.has("ipv6")
    block_v6 = f"2600:1f18:0:{index}00::/56" if ipv6 else None
    more = [f"10.{index + 100}.0.0/20"] if draft.chance(0.1) else []
    more += [OVERLAPPING] if draft.has("overlap") else []
    made = Site(net, net.vpc(f"10.{index}.0.0/16", ipv6=block_v6, secondary=more), index, ipv6)
    if ipv6 and draft.chance(0.12):
        net[made.id]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = "private"  # N39
    made.groups = [net.group(made.id, ingress=[], egress=[]) for _ in range(2)]
    for number in range(1, rng.randint(1, 3) + 1):
        made.places.append(place(draft, made, number))
        for host in (10, 11) if number == 1 and draft.chance(0.4) else (10,):
            made.interfaces.append(interface(draft, made, made.places[-1], host))
    return made


def place(draft: Draft, one: Site, number: int) -> Place:
    """A subnet; the first of a VPC always has IPv4, the others may have IPv6 only."""
    net = one.net
    zone = f"{net.region}{'ab'[number % 2]}"
    table = net.table(one.id) if draft.chance(0.6) else None
    acl = net.acl(one.id, entries(draft, one.ipv6)) if draft.has("filters") and draft.chance(0.7) else None
    block = f"2600:1f18:0:{one.index}0{number}::/64" if one.ipv6 and draft.chance(0.85) else None
    is_native = number > 1 and block is not None and draft.has("ipv6 only") and draft.chance(0.7)
    overlaps = number > 1 and one.overlaps and draft.chance(0.7)
    cidr = None if is_native else f"100.64.{number}.0/24" if overlaps else f"10.{one.index}.{number}.0/24"
    return Place(net.subnet(one.id, cidr, zone, block, table, acl), number, zone, table, cidr, block)


def interface(draft: Draft, one: Site, where: Place, host: int) -> str:
    net, rng = one.net, draft.rng
    near = [group for other in draft.sites if other.net is net for group in other.groups]
    groups = rng.sample(near if near and draft.chance(0.06) else one.groups, rng.choice((1, 1, 2)))  # N97
    checked = draft.chance(0.9)
    ipv6 = where.v6(host) if where.cidr_v6 and draft.chance(0.85 if where.cidr else 1) else ()
    if where.cidr is None:
        made = net.interface(where.id, None, groups, ipv6=ipv6, source_dest_check=checked)
    else:
        number = one.index * 40 + where.number * 10 + host
        public = f"198.51.100.{number}" if draft.chance(0.5) else None
        more = [(where.v4(host + 20), f"198.18.100.{number}" if draft.chance(0.4) else None)]
        made = net.interface(
            where.id, where.v4(host), groups, public, more if draft.chance(0.25) else (), ipv6, checked
        )  # fmt: skip
    if draft.chance(0.2) and host == 10:  # prefix delegation
        net[made]["Ipv4Prefixes"] = [{"Ipv4Prefix": f"{where.v4(208)}/28"}] if where.cidr else []
        net[made]["Ipv6Prefixes"] = [{"Ipv6Prefix": f"{where.v6(0)[:-2]}1::/80"}] if where.cidr_v6 else []
    return made


def of_aws(draft: Draft, one: Site) -> None:
    """An interface by which a service of AWS's own comes into the VPC: who asks it gets no answer, or nobody knows."""
    where = draft.rng.choice(one.v4_places)
    made = one.net.interface(where.id, where.v4(70), one.groups[:1])
    one.net[made]["InterfaceType"] = draft.rng.choice(("lambda", "transit_gateway", "quicksight"))
    one.interfaces.append(made)


def shared(draft: Draft, one: Site, guest: Build) -> None:
    """An interface of another account in a subnet that it shares, with a group of that account's own."""
    where = draft.rng.choice(one.v4_places)
    guest._records[where.id] = one.net[where.id]
    if draft.chance(0.5):
        guest._lists["ec2/describe-subnets"].append(one.net[where.id])
        guest._lists["ec2/describe-vpcs"].append(one.net[one.id])
    group = guest.group(one.id, [], [])
    made = guest.interface(where.id, where.v4(60), [group], f"198.18.200.{where.number}" if draft.chance(0.5) else None)
    one.net._records[made] = guest[made]
    one.interfaces.append(made)
    for direction in ("in", "out"):
        peer = f"{one.net.account}/{draft.rng.choice(one.groups)}" if draft.chance(0.5) else "0.0.0.0/0"
        guest.permit(group, direction, ("-1", None, None, peer))
        if draft.chance(0.5):
            one.net.permit(draft.rng.choice(one.groups), direction, ("-1", None, None, f"{guest.account}/{group}"))


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
        if draft.chance(0.1):
            peer = rng.choice(("999999999999/sg-unseen", "222222222222/sg-unseen", "sg-gone"))
    protocol = rng.choice(("tcp", "tcp", "udp", "-1", "-1", "6", "47", "icmpv6" if v6 else "icmp"))
    if protocol in ("-1", "47"):
        return protocol, None, None, peer
    low, high = rng.choice((ICMPV6 if v6 else ICMP) if protocol.startswith("icmp") else PORTS)
    return protocol, low, high, peer

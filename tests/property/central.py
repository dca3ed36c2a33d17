"""An inspection VPC in the middle of a transit gateway: every VPC's way to the others and to the internet leads by its
firewall, in the zone that appliance mode picks (Transit Gateway guide, "Example: Appliance in a shared services VPC").

Its blocks are 10.8.0.0/16 and 2600:1f18:0:800::/56; zone z has an attachment subnet 10.8.1z.0/24, a firewall subnet
10.8.2z.0/24 and perhaps a public subnet 10.8.3z.0/24 with a NAT gateway.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.build import Build
from tests.property.between import Hub, attach, fill, on_premises
from tests.property.draft import Draft
from tests.property.firewalls import firewall

EVERYWHERE = ("0.0.0.0/0", "::/0")
OURS = ("10.0.0.0/8", "2600:1f18::/32")


@dataclass
class Zone:
    """The inspection VPC's part in a zone: its subnets' tables, the attachment subnet and the firewall's endpoint."""

    entry: str
    entry_table: str
    endpoint: str
    inner_table: str


def central(draft: Draft) -> None:
    """Inspection for the VPCs of the first account and Region; mostly as it should be, else with a detour."""
    net = draft.builds[0]
    tgw = net.tgw(group_references=draft.chance(0.5))
    hub = Hub(net, tgw, [net.tgw_table(tgw)])
    vpc = net.vpc("10.8.0.0/16", "2600:1f18:0:800::/56", name="central")
    zones = [zone(net, vpc, number) for number in range(2 if draft.chance(0.85) else 1)]
    if draft.chance(0.9):
        firewall(draft.rng, net, vpc, [one.endpoint for one in zones], "central")
    behind = net.tgw_table(tgw)
    attachment = net.tgw_attachment(tgw, vpc, [one.entry for one in zones], appliance_mode=draft.chance(0.7))
    net.associate(behind, attachment)
    for site in (one for one in draft.sites if one.net is net):
        hub.attached.append((site, attach(draft, site, hub)))
        for table in site.tables:
            for block in EVERYWHERE:
                if draft.chance(0.7):
                    net.route(table, block, tgw)
    for site, own in hub.attached:
        fill(draft, net, behind, own, site)
        if draft.chance(0.1):  # past the inspection
            fill(draft, net, hub.tables[0], own, site)
    for block in EVERYWHERE:
        net.tgw_route(hub.tables[0], block, attachment)
    if draft.has("vpn"):
        on_premises(draft, hub)
    way_out = net.igw(vpc) if draft.chance(0.6) else None
    for number, one in enumerate(zones):
        other = draft.rng.choice(zones) if draft.chance(0.1) else one
        for block in EVERYWHERE:
            net.route(one.entry_table, block, other.endpoint)
        for block in OURS:
            net.route(one.inner_table, block, tgw)
        if way_out:
            egress(draft, net, vpc, way_out, one, number, tgw)


def zone(net: Build, vpc: str, number: int) -> Zone:
    name = f"{net.region}{'ab'[number]}"
    tables = net.table(vpc), net.table(vpc)
    entry, inner = (
        net.subnet(vpc, f"10.8.{part}{number}.0/24", name, f"2600:1f18:0:8{part}{number}::/64", table)
        for part, table in enumerate(tables, start=1)
    )
    return Zone(entry, tables[0], net.appliance_endpoint(vpc, inner), tables[1])


def egress(draft: Draft, net: Build, vpc: str, igw: str, one: Zone, number: int, tgw: str) -> None:
    """A NAT gateway behind the firewall; its answers mostly come back by the firewall."""
    table = net.table(vpc, [("0.0.0.0/0", igw)])
    public = net.subnet(vpc, f"10.8.3{number}.0/24", f"{net.region}{'ab'[number]}", table=table)
    nat = net.nat(public, f"10.8.3{number}.9", f"192.0.2.{200 + number}")
    for block in ("0.0.0.0/0", "64:ff9b::/96"):
        net.route(one.inner_table, block, nat)
    net.route(table, "10.0.0.0/8", one.endpoint if draft.chance(0.85) else tgw)

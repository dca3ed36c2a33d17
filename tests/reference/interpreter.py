"""A plain packet-by-packet interpreter of AWS networks, written from the facts, not from the engine.

It takes one packet and says what becomes of it and of its answer, reading nothing but the parsed JSON of a snapshot:
slow, obvious, without sets. The engine must agree with it for every packet. ``N…`` names a fact of the
network-semantics sheet. Two conventions are shared with the engine, because both are free to choose:

* Where AWS picks one of n ways (N14, N188), the options are sorted by id and ``choice`` decides: the walk keeps an
  interval, at first 0..65535, of which choice c takes option ``(c - low) * n // (high - low + 1)``; the interval then
  shrinks to the values that take the same one.
* The k-th NAT gateway on the way picks ``nat_ports[k]`` as its source port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, ip_network
from typing import TypeVar

from tests.reference.balancing import (
    Connection,
    Refused,
    connect,
    enforces_groups_on_private_link,
    icmp,
    is_balancer,
    nodes_behind,
)
from tests.reference.firewalls import Firewall, firewall_behind
from tests.reference.world import (
    DNS,
    ICMP,
    ICMPV6,
    METADATA,
    TCP,
    UDP,
    Detail,
    Files,
    Flight,
    Ip,
    Json,
    Unknown,
    World,
    address,
    attachment_works,
    block,
    permission_covers,
    works,
)

Origin = tuple[str, str] | tuple[str, str, tuple[str, ...]] | tuple[str, str, tuple[str, ...], str]
"""("interface", eni) · ("virtual", subnet, groups), with "public" behind if it gets a public address ·
("internet", igw) · ("on-premises", vgw or TGW attachment) · ("balancer", eni), a load balancer's interface that
connects to a target · ("unseen", place), somebody who is in no file, from where he enters what is: "local" and a VPC,
"leave" and a subnet, "transit" or "transit-out" (of it, at an attachment), a transit gateway and an attachment.
"""
T = TypeVar("T")

ANSWERS = {(ICMP, 8): 0, (ICMP, 13): 14, (ICMP, 15): 16, (ICMP, 17): 18, (ICMPV6, 128): 129}
RFC1918 = tuple(ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
RFC6598 = (ip_network("100.64.0.0/10"),)
NAT64 = ip_network("64:ff9b::/96")
NOWHERE = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "::ffff:0:0/96", "64:ff9b::/96",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
"""Loopback, link-local, multicast and private addresses and the like, which nobody on the internet has."""
MOST_HOPS = 24


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, as its sender emits it, with what chance decides later on."""

    source: Ip
    destination: Ip
    protocol: int
    detail: Detail
    """Destination port (TCP, UDP), (type, code) (ICMP, ICMPv6), None for other protocols."""
    client_port: int = 40000
    nat_ports: tuple[int, ...] = (2000, 3000)
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it: kind "delivered", "dropped" or "unknown"; the rest tells of the first drop, or the end."""

    kind: str
    code: str | None = None
    component: str | None = None
    leg: str | None = None
    terminal: str | None = None


class Dropped(Exception):
    def __init__(self, code: str, component: str, leg: str | None = None) -> None:
        super().__init__(code, component)
        self.code, self.component, self.leg = code, component, leg


@dataclass(frozen=True, slots=True)
class Sender:
    """Whatever puts the packet on a subnet: an "interface", a "nat" gateway, a TGW "attachment" or a middlebox's
    "endpoint".

    A regional NAT gateway stands in no subnet: it has a VPC, a route table and, for what passes it, a zone (N54).
    """

    kind: str
    id: str
    subnet: str
    vpc: str = ""
    table: str = ""
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a leg ended: "interface", "service", "internet" (gateway), "on-premises" (gateway or attachment), or
    "amazon-local" (AWS's own services in every VPC).
    """

    kind: str
    id: str
    sender: Sender | None = None
    """Who handed it to that gateway or service."""


@dataclass(frozen=True, slots=True)
class Translation:
    nat: str
    source: Ip
    source_port: int
    destination: Ip
    zone: str | None = None


def judge(world: World | Files, origin: Origin, packet: Packet) -> Result:
    """Follow one packet and its answer through a snapshot (its parsed files by path, or the `World` made of them)."""
    return Walk(world if isinstance(world, World) else World(world), origin, packet).result()


class Walk:
    """The way of one packet, and of its answer."""

    def __init__(self, world: World, origin: Origin, packet: Packet) -> None:
        self.world = world
        self.origin = origin
        self.packet = packet
        self.flight = Flight(packet.source, packet.destination, packet.protocol, packet.detail, packet.client_port)
        self.leg = "request"
        self.choices = (0, 65535)
        self.translations: list[Translation] = []
        self.exit: Arrival | None = None
        """The internet gateway by which the request left, if it did."""
        self.entry: str | None = None
        """The gateway at which the request came in last; its answer must leave there (N201)."""
        self.translated_before_entry = 0
        """How many of the translations it had behind it then."""
        self.asked: Ip = packet.destination
        """The address that it asked for at the last internet gateway; IPv4 if NAT64 made it so on the way."""
        self.peering_from_nat = False
        self.by_transit_gateway = False
        """Whether the request came by a transit gateway since it got its present source address (N89)."""
        self.attached: list[str] = []
        """The VPCs out of whose attachments a transit gateway took it since then, "" for one that is in no file."""
        self.by_middlebox = False
        """Whether the request came through a middlebox since it got its present source address (N87)."""
        self.crossed: dict[str, list[tuple[str, int]]] = {"request": [], "response": []}
        """The middleboxes that each leg came through, in whatever order, and behind how many translations."""
        self.firewall_flows: dict[tuple[str, Ip, Ip], str] = {}
        """What the stateful engine behind an endpoint has done with the request, between two addresses."""
        self.unsure = False
        """Some filter on the way could not be judged; if nothing else drops the packet, the result is unknown."""
        self.translated = 0
        """How many translations the flow has behind it: on the way out one more at each, on the way back one less."""
        self.pinned: dict[tuple[str, int], str] = {}
        """The subnet by which the flow, as it looks between two translations, entered by an attachment in appliance
        mode; it always enters there again.
        """
        self.by_private_link = False
        """Whether the groups that filter are those of a load balancer behind PrivateLink."""
        self.receiver: Json = {}
        """The interface whose groups filter what comes in."""
        self.hops = 0
        self.seen: set[tuple[str, str, Flight]] = set()
        """Where it has left a subnet or come to a transit gateway, on which leg, and how it looked then."""
        self.connection: Connection | None = None
        """What a load balancer does, if the packet is one of its own to a target."""
        self.terminal: str | None = None
        """Where the request ended beyond a load balancer."""

    def result(self) -> Result:
        try:
            arrival = self.request()
            if arrival.kind != "amazon-local" and self.has_answer():
                self.leg = "response"
                self.answer(arrival)
                self.require_symmetry()
        except Dropped as drop:
            return Result("dropped", drop.code, drop.component, drop.leg or self.leg)
        except Unknown:
            if self.is_shut_out():
                return Result("dropped", "SUBNET_ACL_RESTRICTION", self.world.acl_of(self.origin_subnet()), "response")
            return Result("unknown")
        return Result("unknown" if self.unsure else "delivered", terminal=self.terminal or arrival.id)

    def is_shut_out(self) -> bool:
        """Whether no answer gets into the sender's subnet, whatever becomes of the packet: by its network ACL, which
        all crosses that does not come from that subnet itself.
        """
        packet, detail = self.packet, self.packet.detail
        one_way = isinstance(detail, tuple) and (packet.protocol, detail[0]) not in ANSWERS
        if self.origin[0] not in ("interface", "virtual") or one_way:
            return False
        subnet = self.origin_subnet()
        if self.world.in_subnet(subnet, packet.destination) or self.world.may_pass_on(subnet):
            return False
        if self.world.is_amazon_local(self.world.vpc_of(subnet), packet.destination):
            return False  # on the host, which no network ACL is before (N10)
        detail = self.answer_detail(packet.client_port)
        acl = self.world.acl_of(subnet)
        return not self.world.acl_allows(acl, False, packet.destination, packet.protocol, detail)

    def origin_subnet(self) -> str:
        return self.origin[1] if self.origin[0] == "virtual" else str(self.world.interfaces[self.origin[1]]["SubnetId"])

    # --- The two legs -----------------------------------------------------------------------------------------------

    def request(self) -> Arrival:
        kind, id = self.origin[0], self.origin[1]
        if kind == "internet":
            return self.receive(self.enter_from_internet(id))
        if kind == "on-premises":
            return self.receive(self.enter_from_on_premises(id))
        if kind == "unseen":
            return self.receive(self.enter_from_nowhere(*id.split()))
        if kind == "virtual":
            if self.world.is_amazon_local(self.world.vpc_of(id), self.flight.destination):
                return self.to_amazon(self.world.vpc_of(id))
            self.require_groups(self.origin_groups(), "egress", self.world.vpc_of(id))
            self.may_go_to_lattice(id)
            return self.receive(self.travel(Sender("interface", id, id)))
        row = self.world.interfaces[id]
        if kind == "balancer":
            self.require_groups(self.origin_groups(), "egress", row["VpcId"])
            assert self.connection is not None
            if self.connection.classic and self.world.in_subnet(row["SubnetId"], self.flight.destination):
                self.require_acl(row["SubnetId"], egress=True)  # N120
            return self.receive(self.travel(Sender("interface", id, row["SubnetId"])))
        if row.get("InterfaceType") == "gateway_load_balancer":
            if self.flight.protocol != UDP:
                raise Dropped("GWLB_PROTOCOL_RESTRICTION", id)
            if self.flight.detail != 6081:
                raise Dropped("GWLB_DESTINATION_PORT_RESTRICTION", id)
            self.unsure = True
        if row.get("InterfaceType") == "vpc_endpoint":
            raise Dropped("VPCE_INTRA_VPC_TRAFFIC", self.endpoint_of(id))  # N133
        if row["SourceDestCheck"] and not self.world.owns(id, self.flight.source):
            raise Dropped("ENI_ADDRESS_RESTRICTION", id)  # N24
        if self.world.is_amazon_local(row["VpcId"], self.flight.destination):
            return self.to_amazon(row["VpcId"])
        self.require_groups(self.origin_groups(), "egress", row["VpcId"])
        self.may_go_to_lattice(row["SubnetId"])
        return self.receive(self.travel(Sender("interface", id, row["SubnetId"])))

    def to_amazon(self, vpc: str) -> Arrival:
        """To a service of AWS's own on the host, which takes what it is for: no filter, no route (N10, N94, N114)."""
        ip = self.flight.destination
        takes = self.world.amazon_service(ip)
        if (self.flight.protocol, self.flight.detail) not in takes:
            raise Dropped("PROTOCOL_RESTRICTION", "amazon-local")
        if takes is DNS and not self.world.resolver_answers(vpc):
            raise Dropped("DNS_SUPPORT_DISABLED", vpc)
        if str(ip) in METADATA and not self.world.metadata_answers(self.origin[1], ip):
            raise Dropped("BAD_STATE", self.origin[1])
        return Arrival("amazon-local", "amazon-local")

    def may_go_to_lattice(self, subnet: str) -> None:
        """VPC Lattice is behind the sender's filters, and what is associated with the VPC is not known (N195)."""
        if self.world.is_lattice(self.flight.destination):
            self.require_acl(subnet, egress=True)
            raise Unknown("VPC Lattice")

    def receive(self, arrival: Arrival) -> Arrival:
        """What the request meets at an interface: its security groups, and what it is the interface of."""
        if arrival.kind != "interface":
            return arrival
        row = self.world.interfaces[arrival.id]
        kind = row.get("InterfaceType", "interface")
        if kind == "nat_gateway":
            raise Dropped("NO_POSSIBLE_DESTINATION", arrival.id)  # N52: outbound only
        self.receiver = row
        self.require_groups([one["GroupId"] for one in row["Groups"]], "ingress", row["VpcId"])
        if kind in ("transit_gateway", "global_accelerator_managed", "ec2_instance_connect_endpoint", "quicksight"):
            self.unsure = True  # nobody documents what answers there; what stops an answer stops any
        if kind == "lambda":
            raise Dropped("NO_POSSIBLE_DESTINATION", arrival.id)  # a function is invoked through Lambda's API
        if kind == "vpc_endpoint":
            endpoint = self.endpoint_of(arrival.id)
            if self.world.endpoints[endpoint]["State"].lower() == "partial":
                self.unsure = True
            else:
                self.require_state(self.world.endpoints[endpoint]["State"], "BAD_STATE", endpoint, "available")  # N130
            own = ".vpce-svc-" in self.world.endpoints[endpoint].get("ServiceName", "")
            if self.flight.protocol != TCP and not (own and self.flight.protocol == UDP):
                raise Dropped("PROTOCOL_RESTRICTION", endpoint)  # N134
            if self.world.endpoints[endpoint]["VpcEndpointType"] != "Interface":
                self.unsure = True  # N150: a resource or a service network of VPC Lattice
            if own:
                self.through_private_link(arrival.id, endpoint)
        elif kind in ("gateway_load_balancer", "gateway_load_balancer_endpoint"):
            raise Unknown(kind)  # N120
        elif is_balancer(self.world, arrival.id):
            self.balance(arrival.id)
        return arrival

    def through_private_link(self, eni: str, endpoint: str) -> None:
        """To a Network Load Balancer of the endpoint service, in the zone of the endpoint's interface."""
        try:
            nodes = nodes_behind(self.world, self.world.endpoints[endpoint]["ServiceName"])
        except Unknown:
            self.unsure = True
            return
        zone = self.world.interfaces[eni]["AvailabilityZone"]
        near = [one for one in nodes if self.world.interfaces[one]["AvailabilityZone"] == zone]
        if not near:
            if nodes:
                raise Dropped("VPCE_SERVICE_NOT_INSTALLED_IN_AZ", endpoint)
            return
        node = self.pick(near)
        row = self.world.interfaces[node]
        if enforces_groups_on_private_link(self.world, node):
            self.by_private_link = True  # the client's address is seen, its groups are not
            self.require_groups([one["GroupId"] for one in row["Groups"]], "ingress", row["VpcId"])
            self.by_private_link = False
        self.balance(node, by_private_link=True)

    def balance(self, node: str, *, by_private_link: bool = False) -> None:
        """Through a load balancer: its own connection to a target must work both ways, before it can answer."""
        detail = self.flight.detail
        try:
            if isinstance(detail, tuple):
                icmp(self.world, node, detail[0], asks=self.has_answer())
                return
            if not isinstance(detail, int):
                raise Refused("ELBV2_LISTENERS_MISMATCH", node)
            made = connect(self.world, node, self.flight.protocol, detail, self.pick)
        except Refused as refused:
            raise Dropped(*refused.args) from None
        if made.address is None:
            self.terminal = made.ends
            return
        ports = self.packet.nat_ports[len(self.translations) :]
        source, port = self.flight.source, self.flight.source_port
        if by_private_link:
            made = replace(made, keeps_client=False)
        if made.keeps_client:
            if not self.world.in_vpc(self.world.interfaces[node]["VpcId"], made.address):
                raise Unknown("a kept client address outside the load balancer's VPC")
            if self.loses_kept_clients(made.address):
                raise Dropped("NLB_TARGET_REFUSES_KEPT_CLIENT", node)
            if source == made.address:
                raise Dropped("NLB_TARGET_IS_CLIENT", node)  # no loopback
        else:
            if not ports:
                raise Unknown("more translations in a row than a packet has ports for")
            source, port, ports = address(self.world.interfaces[node]["PrivateIpAddress"]), ports[0], ports[1:]
        packet = Packet(source, made.address, self.flight.protocol, made.port, port, ports, self.packet.choice)
        inner = Walk(self.world, ("balancer", node), packet)
        inner.connection, inner.choices = made, self.choices
        result = inner.result()
        self.choices, self.unsure, self.terminal = inner.choices, self.unsure or inner.unsure, result.terminal
        if result.kind == "dropped":
            raise Dropped(result.code or "", result.component or "", result.leg)
        if result.kind == "unknown" and result.terminal is None:
            raise Unknown("behind a load balancer")

    def loses_kept_clients(self, target: Ip) -> bool:
        """Whether it is the address of a PrivateLink interface, or of another Network Load Balancer."""
        eni = next((one for one in self.world.interfaces if self.world.owns(one, target)), None)
        row = self.world.interfaces[eni] if eni else {}
        of_nlb = str(row.get("Description", "")).startswith("ELB net/")
        return row.get("InterfaceType") == "vpc_endpoint" or of_nlb

    @property
    def keeps_client(self) -> bool:
        return self.connection is not None and self.connection.keeps_client

    def has_answer(self) -> bool:
        if self.flight.protocol in (ICMP, ICMPV6):
            assert isinstance(self.flight.detail, tuple)
            return (self.flight.protocol, self.flight.detail[0]) in ANSWERS
        return True

    def answer(self, arrival: Arrival) -> None:
        """From where the request ended back to its origin (N200): no security groups, all else."""
        self.turn_around()
        self.hops = 0
        if self.keeps_client:
            self.answer_to_kept_client(arrival)
            return
        if arrival.kind == "interface":
            subnet = self.world.interfaces[arrival.id]["SubnetId"]
            sender = Sender("interface", arrival.id, subnet)
            back = self.back_to_nat_over_peering(sender) if self.peering_from_nat else self.travel(sender)
        elif arrival.kind == "on-premises" and arrival.id.startswith("tgw-attach-"):
            back = self.enter_from_on_premises(arrival.id)
        else:
            back = self.back_at_gateway(arrival)
        if arrival is self.exit:  # it left after it came in, and not again
            self.entry = None
        as_it_was = back.kind == "interface" and self.exit is not None and self.flight.destination.version == 6
        # An IPv6 request was never translated, so any way back will do. Else, if the request came in at a gateway, from
        # outside or by way of another gateway, its answer leaves there.
        if self.entry is not None and not as_it_was:
            back = self.undo(back, self.translations[self.translated_before_entry :])
            del self.translations[self.translated_before_entry :]
            if back.id != self.entry:
                raise Dropped("RETURN_BY_OTHER_WAY", back.id)  # N201
            if self.exit is None:
                if self.world.public_holder(self.flight.destination) is not None:
                    raise Dropped("RETURN_BY_OTHER_WAY", back.id)  # N33: it goes to who has the address
                return
            self.flight = replace(self.flight, source=self.asked)  # the responder's public address
            back = self.back_at_gateway(self.exit)
        self.back_home(back)

    def answer_to_kept_client(self, arrival: Arrival) -> None:
        """A target answers the client's address, and the load balancer takes it: network ACLs, but no routes."""
        here, there = (self.world.interfaces[one]["SubnetId"] for one in (arrival.id, self.origin[1]))
        if here != there:
            self.require_acl(here, egress=True)
            self.require_acl(there, egress=False)

    def back_home(self, back: Arrival) -> None:
        """Undo the translations, last first, and check that the answer reaches who asked (N201)."""
        back = self.undo(back, self.translations)
        if self.origin[0] in ("internet", "on-premises", "unseen"):
            expected = self.origin[1]
        else:
            expected = "origin" if self.origin[0] == "virtual" else self.origin[1]
        if back.id != expected:
            raise Dropped("RETURN_BY_OTHER_WAY", back.id)

    def undo(self, back: Arrival, translations: Sequence[Translation]) -> Arrival:
        """From NAT gateway to NAT gateway, the last first."""
        for done in reversed(translations):
            if back.kind != "interface" or back.id != self.world.nat_interface(done.nat):
                raise Dropped("RETURN_BY_OTHER_WAY", back.id)
            self.flight = replace(self.flight, destination=done.source, detail=self.answer_detail(done.source_port))
            if done.destination in NAT64:
                self.flight = replace(self.flight, source=done.destination)
            self.translated -= 1
            back = self.travel(self.nat_sender(done.nat, done.zone))
        return back

    def back_at_gateway(self, exit: Arrival) -> Arrival:
        """An answer from the internet, on-premises or a service: straight to who asked there (N116, N119)."""
        assert exit.sender is not None
        sender = exit.sender
        private = self.translations[-1] if self.translations else None
        own = self.packet.source
        if private is not None:
            own = self.world.nat_address(private.nat, private.zone)
        self.flight = replace(self.flight, destination=own)
        vpc = self.home_of(sender)
        if not sender.subnet and not exit.id.startswith("vgw-"):  # a regional NAT gateway
            return Arrival("interface", sender.id)
        if private is not None and exit.kind == "internet" and self.is_regional(private.nat, vpc):  # by way of others
            return Arrival("interface", self.world.nat_interface(private.nat))
        back = self.from_gateway(exit.id, vpc)
        if exit.kind == "internet":  # by whom it is for, though the request left by another subnet
            self.may_be_inspected(exit.id, vpc, self.subnet_at(back) or "")
        return back

    def from_gateway(self, gateway: str, vpc: str, subnet: str = "") -> Arrival:
        """In from a gateway: by its own route table, if it has one (N21, N22). Block Public Access goes by the subnet
        of whoever takes it from the gateway (N69): ``subnet``, unless the table leads elsewhere.
        """
        table = self.world.edge_table_of(gateway)
        if table is None:
            if subnet:
                self.require_public_access(subnet, gateway, exempt=False)
            return self.deliver(vpc, None)
        route = self.choose_route(table, vpc)
        if route is None:
            raise Dropped("NO_ROUTE_TO_DESTINATION", table)
        if route.get("State", "active") not in ("active", "blackhole"):
            raise Unknown(table)  # N12
        if route.get("State", "active") != "active":
            raise Dropped("BAD_STATE_ROUTE", table)
        target = self.world.target_of(route, vpc)
        if target == "local":
            if subnet:
                self.require_public_access(subnet, gateway, exempt=False)
            return self.deliver(vpc, None)
        if self.is_middlebox(target):
            if gateway.startswith("igw-"):
                exempt = self.leg == "response" and bool(self.translations)
                home = str(self.world.endpoints[target]["SubnetIds"][0])
                self.require_public_access(home, gateway, exempt=exempt, endpoint=target)
            return self.to_endpoint(target, Sender("gateway", gateway, "", vpc))
        if target not in self.world.interfaces:
            raise Unknown(target)
        if gateway.startswith("igw-"):
            self.require_public_access(
                self.world.interfaces[target]["SubnetId"],
                gateway,
                exempt=self.leg == "response" and bool(self.translations),
            )
        if gateway.startswith("igw-") and not self.is_public(target, vpc):
            raise Dropped("INGRESS_RTB_NO_PUBLIC_IP", target)
        return self.to_appliance(target, Sender("gateway", gateway, "", vpc))

    def is_public(self, eni: str, vpc: str) -> bool:
        """Whether an interface has a public address, which may be an IPv6 one, or one of a prefix, for IPv6 (N22)."""
        row = self.world.interfaces[eni]
        mine = [address(one["Ipv6Address"]) for one in row.get("Ipv6Addresses", [])]
        mine += [block(one["Ipv6Prefix"]).network_address for one in row.get("Ipv6Prefixes", [])]
        six = any(not self.world.is_private_v6(vpc, one) for one in mine) and self.flight.destination.version == 6
        return six or any(held[0] == eni for held in self.world.public_v4.values())

    def back_to_nat_over_peering(self, sender: Sender) -> Arrival:
        """A NAT gateway gets its answers over peering without a return route; only network ACLs stop them (N51)."""
        nat = self.world.nat_gateways[self.translations[-1].nat]
        self.require_acl(sender.subnet, egress=True)
        if nat.get("SubnetId"):
            self.require_acl(nat["SubnetId"], egress=False)
        return Arrival("interface", self.world.nat_interface(nat["NatGatewayId"]))

    def turn_around(self) -> None:
        flight = self.flight
        detail = self.answer_detail(flight.source_port)
        port = flight.detail if isinstance(flight.detail, int) else 0
        self.flight = Flight(flight.destination, flight.source, flight.protocol, detail, port)

    def answer_detail(self, port: int) -> Detail:
        protocol, detail = self.packet.protocol, self.packet.detail
        if isinstance(detail, tuple):
            return ANSWERS[protocol, detail[0]], detail[1]
        return port if protocol in (TCP, UDP) else None

    # --- On the way -------------------------------------------------------------------------------------------------

    def travel(self, sender: Sender) -> Arrival:
        """From a sender in a subnet to the end of the leg."""
        here = (self.leg, sender.subnet or sender.table, self.flight)
        if here in self.seen:
            raise Dropped("LOOP", sender.id)  # AWS's dice fall the same again (N14)
        self.seen.add(here)
        subnet, vpc = sender.subnet, self.home_of(sender)
        if subnet and self.world.in_subnet(subnet, self.flight.destination):
            return self.deliver(vpc, subnet)  # N9, N108: neither routes nor network ACLs within a subnet
        table = sender.table or self.world.table_of(subnet)
        route = self.choose_route(table, vpc)
        if subnet and not self.stays_in(subnet, route):
            self.require_acl(subnet, egress=True)
        if route is None:
            raise Dropped("NO_ROUTE_TO_DESTINATION", table)  # N27
        if route.get("State", "active") not in ("active", "blackhole"):
            raise Unknown(table)  # N12
        if route.get("State", "active") != "active":
            raise Dropped("BAD_STATE_ROUTE", table)  # N11
        return self.hop(self.world.target_of(route, vpc), sender)

    def home_of(self, sender: Sender) -> str:
        return sender.vpc or self.world.vpc_of(sender.subnet)

    def zone_of(self, sender: Sender) -> str | None:
        return str(self.world.subnets[sender.subnet]["AvailabilityZone"]) if sender.subnet else sender.zone

    def hop(self, target: str, sender: Sender) -> Arrival:
        vpc = self.home_of(sender)
        kind = target.partition("-")[0]
        if target == "local":
            if not self.world.in_vpc(vpc, self.flight.destination):
                raise Dropped("VPC_LOCAL_ROUTE_CIDR_RESTRICTION", target)
            return self.deliver(vpc, sender.subnet)
        if self.keeps_client and self.leg == "request":
            raise Unknown(target)  # "traffic must flow directly from the Network Load Balancer to the target"
        if kind == "nat":
            return self.through_nat(target, sender)
        if kind == "igw":
            return self.out_by_internet_gateway(target, sender)
        if kind == "eigw":
            return self.out_by_egress_only_gateway(target, sender)
        if kind == "pcx":
            return self.through_peering(target, sender)
        if kind == "tgw":
            return self.through_transit_gateway(target, sender)
        if kind == "vgw":
            return self.out_by_vpn_gateway(target, sender)
        if kind == "vpce":
            return self.to_endpoint(target, sender)
        if kind == "eni":
            return self.to_appliance(target, sender)
        raise Unknown(target)  # N20

    def stays_in(self, subnet: str, route: Json | None) -> bool:
        """Whether the next hop is an interface of the same subnet, so that no network ACL is crossed (N49, N108)."""
        target = self.world.target_of(route, self.world.vpc_of(subnet)) if route else ""
        if target in self.world.nat_gateways:
            return bool(self.world.nat_gateways[target].get("SubnetId") == subnet)
        if target in self.world.interfaces:
            return bool(self.world.interfaces[target]["SubnetId"] == subnet)
        return self.is_middlebox(target) and self.world.endpoints[target]["SubnetIds"] == [subnet]

    def deliver(self, vpc: str, from_subnet: str | None) -> Arrival:
        """To the interface of a VPC that has the destination address."""
        found = self.interface_or_origin(vpc, self.flight.destination)
        subnet = self.subnet_at(found)
        if subnet and from_subnet and self.world.kept_apart(from_subnet, subnet):
            raise Dropped("NO_POSSIBLE_DESTINATION", subnet)  # N195
        if subnet and subnet != from_subnet:
            self.require_acl(subnet, egress=False)
        return found

    def subnet_at(self, arrival: Arrival) -> str | None:
        return self.origin[1] if arrival.id == "origin" else self.world.subnet_of(arrival.id)

    def interface_or_origin(self, vpc: str, ip: Ip) -> Arrival:
        virtual_home = self.origin[0] == "virtual" and self.world.vpc_of(self.origin[1]) == vpc
        if self.leg == "response" and virtual_home and ip == self.packet.source:
            return Arrival("interface", "origin")
        found = self.world.interface_at(vpc, ip)
        if found is None and self.leg == "response":  # a regional NAT gateway stands in no subnet (N54)
            regional = (done for done in self.translations if self.is_regional(done.nat, vpc))
            found = next((done.nat for done in regional if self.world.nat_address(done.nat, done.zone) == ip), None)
        if found is None:
            raise Dropped("NO_POSSIBLE_DESTINATION", vpc)
        return Arrival("interface", found)

    def through_nat(self, id: str, sender: Sender) -> Arrival:
        """N45 to N52."""
        if self.leg == "response":
            raise Dropped("RETURN_BY_OTHER_WAY", id)  # N201: it would rewrite the answer's source
        nat = self.world.nat_gateways.get(id)
        if nat is None or nat.get("AttachedAppliances"):
            raise Unknown(id)
        regional = nat.get("AvailabilityMode") == "regional"
        if not regional and nat["SubnetId"] != sender.subnet:
            self.require_acl(nat["SubnetId"], egress=False)
        if nat["State"] == "deleting":
            self.unsure = True  # it "may still be processing traffic"
        else:
            self.require_state(nat["State"], "BAD_STATE", id, "available")
        if regional and self.world.edge_of(sender.subnet) is not None:
            self.unsure = True  # N195
        if regional and not self.world.nat_serves(id, self.zone_of(sender)):
            raise Dropped("REGIONAL_NGW_ROUTE_AZ_RESTRICTION", id)  # N54
        by_transit = self.by_transit_gateway or (self.origin[1].startswith("tgw-") and not self.translations)
        if not by_transit and not self.world.in_vpc(nat["VpcId"], self.flight.source):
            raise Dropped("NGW_REQUIRES_SOURCE_IN_VPC", id)  # N50: not by peering, nor by a virtual private gateway
        destination = self.flight.destination
        if destination in NAT64:  # N57: the last 32 bits are the IPv4 address
            if self.flight.protocol == ICMPV6:
                raise Unknown("NAT64 of ICMPv6")
            if self.flight.protocol == ICMP:
                raise Dropped("PROTOCOL_RESTRICTION", id)
            destination = IPv4Address(int(destination) & 0xFFFFFFFF)
        elif self.flight.source.version == 6:
            raise Dropped("PROTOCOL_RESTRICTION", id)
        if self.flight.protocol not in (TCP, UDP, ICMP):
            raise Dropped("PROTOCOL_RESTRICTION", id)
        if any(done.nat == id for done in self.translations):
            raise Dropped("LOOP", id)  # same gateway, same destination: for ever
        if len(self.translations) == len(self.packet.nat_ports):
            raise Unknown("more NAT gateways in a row than a packet has ports for")
        port = self.packet.nat_ports[len(self.translations)]
        zone = self.zone_of(sender)
        before = self.flight
        self.translated += 1
        self.translations.append(Translation(id, before.source, before.source_port, before.destination, zone))
        own = self.world.nat_address(id, zone)
        self.flight = replace(self.flight, source=own, source_port=port, destination=destination)
        self.by_transit_gateway = self.by_middlebox = False
        self.attached = []
        return self.travel(self.nat_sender(id, zone))

    def nat_sender(self, id: str, zone: str | None) -> Sender:
        nat = self.world.nat_gateways[id]
        if nat.get("AvailabilityMode") == "regional":
            return Sender("nat", id, "", nat["VpcId"], nat["RouteTableId"], zone)  # N54, N55
        return Sender("nat", id, nat["SubnetId"])

    def out_by_internet_gateway(self, id: str, sender: Sender) -> Arrival:
        """N30 to N36."""
        gone = Arrival("internet", id, sender)
        held = self.world.public_holder(self.flight.destination) is not None or self.goes_to_virtual_origin()
        vpc = self.home_of(sender)
        if self.leg == "response":
            self.may_be_inspected(id, vpc, sender.subnet, *self.own_subnet(vpc))
        if self.leg == "response" and not (self.entry is None and self.flight.destination.version == 6 and held):
            self.require_public_access(sender.subnet or vpc, id, exempt=bool(self.translations), endpoint=sender.id)
            return gone
        if id not in self.world.internet_gateways:
            raise Unknown(id)
        self.require_attached(self.world.internet_gateways[id], vpc, id)
        treated = self.may_be_inspected(id, vpc, sender.subnet, *self.own_subnet(vpc))
        if treated - {"bidirectional"} and self.leg == "request":
            self.require_public_access(sender.subnet or vpc, id, exempt=sender.kind == "nat", endpoint=sender.id)
            raise Unknown("whether the firewall translates the source")
        source = self.genuine_source(id, sender)
        self.require_public_access(sender.subnet or vpc, id, exempt=sender.kind == "nat", endpoint=sender.id)
        if self.flight.destination.version == 4:
            for blocks, name in ((RFC1918, "RFC1918"), (RFC6598, "RFC6598")):
                if any(self.flight.destination in one for one in blocks):
                    raise Dropped(f"IGW_DESTINATION_ADDRESS_NOT_IN_{name}_EGRESS", id)
        self.flight = replace(self.flight, source=source)
        if self.leg == "request":
            self.exit = gone
            self.by_transit_gateway = self.by_middlebox = False
            self.attached = []
        return self.on_the_internet(gone)

    def may_be_inspected(self, gateway: str, vpc: str, *subnets: str) -> set[str]:
        """How a firewall at the gateway treats the subnets, of those that it inspects; what it lets pass is not read.

        ``subnets``: the one that the gateway is reached from, and the one that the address is of. Which of them counts
        where they differ is not documented.
        """
        kinds = {str(self.world.subnets.get(one, {}).get("NetworkFirewallConnectivityType", "")) for one in subnets}
        inspected = gateway in self.world.inspected_gateways or self.world.vpcs[vpc].get("NetworkFirewallAssociations")
        treated = kinds - {"exclude", "az-unsupported"} if inspected else set()
        self.unsure = self.unsure or bool(treated)
        return treated

    def own_subnet(self, vpc: str) -> list[str]:
        """The subnet of the interface of the VPC that has the packet's source address, if one has it."""
        if self.is_origin(vpc):
            return [self.origin[1]]
        eni = self.world.interface_at(vpc, self.flight.source)
        return [str(self.world.interfaces[eni]["SubnetId"])] if eni else []

    def genuine_source(self, igw: str, sender: Sender) -> Ip:
        """The public address of the packet's source (N30, N33, N36, N47)."""
        if not sender.subnet:
            return self.world.nat_public(sender.id, sender.zone)
        regional = self.is_regional_nat(self.home_of(sender))  # its own, come back over a transit gateway
        if regional:
            return self.world.nat_public(regional.nat, regional.zone)
        eni = self.world.interface_at(self.home_of(sender), self.flight.source)
        public = self.world.public_of(eni, self.flight.source) if eni else None
        gets_one = "public" in self.origin[3:] and self.flight.source.version == 4  # also if it comes back in between
        if self.is_origin(self.home_of(sender)) and (sender.kind == "interface" or gets_one):
            if self.flight.source.version == 4 and "public" not in self.origin[3:]:
                raise Dropped("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", igw)
            if self.world.is_private_v6(self.home_of(sender), self.flight.source):
                raise Dropped("GATEWAY_REJECTS_SPOOFED_TRAFFIC", igw)  # N39
            return self.flight.source  # stands for its public address, which nobody knows
        if self.flight.source.version == 4:
            if public is None:
                raise Dropped("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", igw)
            return public
        ours = eni is not None or self.is_origin(self.home_of(sender))
        if not ours or self.world.is_private_v6(self.home_of(sender), self.flight.source):
            raise Dropped("GATEWAY_REJECTS_SPOOFED_TRAFFIC", igw)  # N39
        if eni is not None and self.world.interfaces[eni].get("DenyAllIgwTraffic"):
            raise Dropped("DENY_ALL_IGW_TRAFFIC", eni)  # N38
        return self.flight.source

    def is_regional_nat(self, vpc: str) -> Translation | None:
        """By which regional NAT gateway of the VPC the packet got its source address; it has no interface."""
        for done in self.translations:
            own = self.world.nat_address(done.nat, done.zone)
            if self.is_regional(done.nat, vpc) and self.flight.source == own:
                return done
        return None

    def is_regional(self, id: str, vpc: str) -> bool:
        nat = self.world.nat_gateways[id]
        return not nat.get("SubnetId") and nat["VpcId"] == vpc

    def out_by_egress_only_gateway(self, id: str, sender: Sender) -> Arrival:
        """N37: IPv6, from inside only."""
        gone = Arrival("internet", id, sender)
        if self.leg == "response":
            return gone
        if id not in self.world.egress_only_gateways:
            raise Unknown(id)
        self.require_attached(self.world.egress_only_gateways[id], self.home_of(sender), id)
        self.may_be_inspected(id, self.home_of(sender), sender.subnet, *self.own_subnet(self.home_of(sender)))
        self.genuine_source(id, sender)
        self.require_public_access(sender.subnet, id, exempt=True, endpoint=sender.id)
        self.exit = gone
        return self.on_the_internet(gone)

    def on_the_internet(self, gone: Arrival) -> Arrival:
        """The end, unless the destination is a public address of the snapshot: then in again, at its own gateway."""
        destination = self.flight.destination
        held = self.world.public_holder(destination)
        if any(destination in one for one in NOWHERE) or destination in self.world.regional_addresses:
            raise Dropped("NO_POSSIBLE_DESTINATION", gone.id)  # N52: a NAT gateway takes nothing but answers
        if self.leg == "response" and self.goes_to_virtual_origin():
            return self.back_to_virtual_origin(gone)
        if held is None:
            home = next((vpc for vpc in self.world.vpcs if self.world.in_vpc(vpc, destination)), None)
            if destination.version == 6 and home is not None:
                if self.world.is_private_v6(home, destination):
                    raise Dropped("NO_POSSIBLE_DESTINATION", gone.id)  # N39
                gateway = self.world.internet_gateway_of(home)
                if gateway is None or self.world.edge_table_of(gateway) is None:
                    raise Dropped("NO_POSSIBLE_DESTINATION", gone.id)
                return self.from_gateway(gateway, home)  # nobody has it, but a middlebox may be met before
            return gone
        if "public" in self.origin[3:] and not self.translations and destination.version == 4:
            raise Unknown("what lets in an address that nobody knows")
        gateway = self.world.internet_gateway_of(self.world.interfaces[held[0]]["VpcId"])
        if gateway is None:
            raise Dropped("NO_POSSIBLE_DESTINATION", gone.id)
        return self.enter_from_internet(gateway)

    def goes_to_virtual_origin(self) -> bool:
        """To an IPv6 address of the virtual interface that the request came from; IPv6 is public by nature (N36)."""
        ip = self.flight.destination
        return self.origin[0] == "virtual" and ip.version == 6 and ip == self.packet.source

    def back_to_virtual_origin(self, gone: Arrival) -> Arrival:
        subnet = self.origin[1]
        vpc = self.world.vpc_of(subnet)
        gateway = self.world.internet_gateway_of(vpc)
        if gateway is None or self.world.is_private_v6(vpc, self.flight.destination):
            raise Dropped("NO_POSSIBLE_DESTINATION", gone.id)
        self.may_be_inspected(gateway, vpc, subnet)
        return self.from_gateway(gateway, vpc, subnet)

    def enter_from_internet(self, igw: str) -> Arrival:
        """N30, N35, N36: only to a public address of an interface in the gateway's VPC."""
        if self.leg == "request":
            self.entry, self.translated_before_entry = igw, len(self.translations)
            self.asked = self.flight.destination
        gateway = self.world.internet_gateways[igw]
        held = self.world.public_holder(self.flight.destination)
        vpc = self.world.interfaces[held[0]]["VpcId"] if held else ""
        if held is None or attachment_works(gateway, vpc) is False:
            raise Dropped("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", igw)
        self.unsure = self.unsure or attachment_works(gateway, vpc) is None
        for blocks, name in ((RFC1918, "RFC1918"), (RFC6598, "RFC6598")):
            if self.flight.source.version == 4 and any(self.flight.source in one for one in blocks):
                raise Dropped(f"IGW_SOURCE_ADDRESS_NOT_IN_{name}_INGRESS", igw)
        eni, private = held
        row = self.world.interfaces[eni]
        if self.flight.source.version == 6 and row.get("DenyAllIgwTraffic"):
            raise Dropped("DENY_ALL_IGW_TRAFFIC", eni)  # N38
        if self.world.is_private_v6(vpc, private):
            raise Dropped("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", igw)  # N39
        self.flight = replace(self.flight, destination=private)
        self.may_be_inspected(igw, vpc, row["SubnetId"])
        return self.from_gateway(igw, vpc, row["SubnetId"])

    def require_public_access(self, subnet: str, gateway: str, *, exempt: bool, endpoint: str = "") -> None:
        """Block Public Access (N66 to N69); ``exempt``: the talker is a NAT or egress-only gateway (N67).

        ``endpoint``: the middlebox in the subnet that talks to the gateway; no exclusion helps a firewall's (N70).
        """
        excludable = firewall_behind(self.world, endpoint) is None
        mode = self.world.block_public_access_mode(subnet, excludable=excludable)
        if mode == "off" or (mode == "block-ingress" and exempt):
            return
        raise Dropped("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", gateway)

    def through_peering(self, id: str, sender: Sender) -> Arrival:
        """N180 to N182."""
        pcx = self.world.peerings.get(id)
        vpc = self.home_of(sender)
        if pcx is None:
            raise Unknown(id)
        self.require_state(pcx["Status"]["Code"], "BAD_STATE", id, "active")
        sides = {side["VpcId"]: side for side in (pcx["RequesterVpcInfo"], pcx["AccepterVpcInfo"])}
        if vpc not in sides:
            raise Unknown(id)
        (there,) = sides.keys() - {vpc}
        blocks = [block(one["CidrBlock"]) for one in sides[there].get("CidrBlockSet", [])]
        blocks += [block(one["Ipv6CidrBlock"]) for one in sides[there].get("Ipv6CidrBlockSet", [])]
        if not any(self.flight.destination in one for one in blocks):
            raise Dropped("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", id)  # N181
        if not self.world.in_vpc(vpc, self.flight.source):
            raise Dropped("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", id)  # N180: not transitive
        if there not in self.world.vpcs:
            raise Unknown(there)
        if self.leg == "request":
            self.peering_from_nat = sender.kind == "nat"
        return self.deliver(there, None)

    def out_by_vpn_gateway(self, id: str, sender: Sender) -> Arrival:
        """N190: whatever is routed there is on-premises."""
        gone = Arrival("on-premises", id, sender)
        vpc = self.home_of(sender)
        if id not in self.world.vpn_gateways:
            raise Unknown(id)
        self.require_state(self.world.vpn_gateways[id]["State"], "BAD_STATE", id, "available", "attached")
        self.require_attached(self.world.vpn_gateways[id], vpc, id)
        listed = [one for one in self.world.vpn_connections.values() if one.get("VpnGatewayId") == id]
        mine = [one for one in listed if one["State"] != "deleted"] or listed
        found = {works(one["State"], "available") for one in mine}
        if mine and True not in found:
            if None not in found:
                raise Dropped("BAD_STATE_VPN", id)
            self.unsure = True
        if self.leg == "response":
            return gone
        regional = self.is_regional_nat(vpc) and self.world.in_vpc(vpc, self.flight.source)
        if self.world.interface_at(vpc, self.flight.source) is None and not self.is_origin(vpc) and not regional:
            raise Dropped("VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS", id)
        if mine and self.flight.destination.version == 6:
            self.unsure = True  # no VPN connection of a virtual private gateway carries IPv6: only Direct Connect could
        if mine and all(one.get("Options", {}).get("StaticRoutesOnly") for one in mine):
            routes = [route for one in mine for route in one["Routes"] if works(route["State"], "available")]
            known = [block(route["DestinationCidrBlock"]) for route in routes]
            self.unsure = self.unsure or not any(self.flight.destination in one for one in known)
        return gone

    def enter_from_nowhere(self, kind: str, *place: str) -> Arrival:
        """From somebody who is in no file; whether he sends at all is not known."""
        self.unsure = True
        self.by_transit_gateway = kind != "local"
        self.attached = [""] if kind not in ("local", "leave") else []  # a core network is no transit gateway
        if kind == "local":
            return self.deliver(place[0], None)
        if kind == "leave":
            return self.travel(Sender("attachment", "", place[0]))
        enter = self.from_attachment if kind == "transit" else self.to_attachment
        return enter(*place, None)

    def enter_from_on_premises(self, id: str) -> Arrival:
        """From a virtual private gateway, or from a VPN's or Direct Connect's attachment."""
        if self.leg == "request":
            self.entry, self.translated_before_entry = id, len(self.translations)
        if id.startswith("tgw-attach-"):
            (tgw,) = (tgw for tgw, attachment in self.world.attachments if attachment == id)
            return self.from_attachment(tgw, id, None)
        has_vpn = any(one.get("VpnGatewayId") == id for one in self.world.vpn_connections.values())
        if self.leg == "request" and self.flight.source.version == 6 and has_vpn:
            self.unsure = True  # only Direct Connect could bring IPv6
        gateway = self.world.vpn_gateways[id]
        vpcs = [
            row["VpcId"] for row in gateway["VpcAttachments"] if attachment_works(gateway, row["VpcId"]) is not False
        ]
        if not vpcs:
            raise Dropped("BAD_STATE", id)
        self.require_attached(gateway, vpcs[0], id)
        nobody = self.world.interface_at(vpcs[0], self.flight.destination) is None
        led = self.world.edge_table_of(id) is not None and self.world.in_vpc(vpcs[0], self.flight.destination)
        if nobody and not led:  # else it may yet be led to an appliance
            raise Dropped("VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", id)
        return self.from_gateway(id, vpcs[0])

    def to_endpoint(self, id: str, sender: Sender) -> Arrival:
        """A gateway endpoint (N15 to N17, N135 to N137) or a Gateway Load Balancer's; other kinds are unknown."""
        endpoint = self.world.endpoints.get(id)
        if self.is_middlebox(id):
            return self.through_middlebox(id, sender)
        if endpoint is None or endpoint["VpcEndpointType"] != "Gateway":
            raise Unknown(id)
        vpc = self.home_of(sender)
        if self.leg == "response":
            raise Dropped("RETURN_BY_OTHER_WAY", id)
        self.require_state(endpoint["State"], "BAD_STATE", id, "available")
        if self.by_transit_gateway and self.world.in_vpc(vpc, self.flight.source):
            raise Unknown(id)  # it left its VPC and came back
        echo = self.flight.protocol == ICMP and isinstance(self.flight.detail, tuple) and self.flight.detail[0] == 8
        if self.flight.protocol != TCP and not echo:
            raise Dropped("VPCE_GATEWAY_PROTOCOL_RESTRICTION", id)  # N136
        if sender.subnet and not self.world.in_vpc(vpc, self.flight.source):
            raise Dropped("VPCE_GATEWAY_SOURCE_OUTSIDE_VPC", id)  # N137
        return Arrival("service", id, sender)

    def is_middlebox(self, id: str) -> bool:
        endpoint = self.world.endpoints.get(id)
        return endpoint is not None and endpoint["VpcEndpointType"] == "GatewayLoadBalancer"

    def through_middlebox(self, id: str, sender: Sender) -> Arrival:
        """To a Gateway Load Balancer endpoint and on from its own subnet; what appliances do is unknown (N149)."""
        endpoint = self.world.endpoints[id]
        (home,) = endpoint["SubnetIds"]
        if home != sender.subnet:
            self.require_acl(home, egress=False)
        self.require_state(endpoint["State"], "BAD_STATE", id, "available")
        firewall = firewall_behind(self.world, id)  # N194
        if firewall is None:
            raise Unknown(id)
        self.inspect(firewall, id)
        self.crossed[self.leg].append((id, self.translated))
        self.by_middlebox = self.by_middlebox or self.leg == "request"
        return self.travel(Sender("endpoint", id, home))

    def inspect(self, firewall: Firewall, endpoint: str) -> None:
        """Stateless rules see every packet, the stateful engine the flow: what it passes once, it passes (N192)."""
        action = firewall.stateless(self.flight)
        if not firewall.ready:
            self.unsure = True
        if action == "forward":
            action = self.stateful(firewall, endpoint)
        elif action == "pass" and self.leg == "response" and self.flight.protocol == TCP:
            seen = self.flow_at(endpoint) in self.firewall_flows
            action = "unknown" if seen else "pass"  # the engine misses half of what it has seen
        if action == "drop":
            raise Dropped("FIREWALL_RULES_RESTRICTION", endpoint)
        self.unsure = self.unsure or action in ("unknown", "perhaps")

    def stateful(self, firewall: Firewall, endpoint: str) -> str:
        reply = self.leg == "response"
        known = "open"
        if reply:
            known = self.firewall_flows.get(self.flow_at(endpoint), "unknown")  # the reply alone: not documented
        if known not in ("open", "perhaps"):
            return known
        action = firewall.stateful(self.flight, reply=reply)
        if not reply:
            self.firewall_flows[self.flow_at(endpoint)] = action
        return action

    def flow_at(self, endpoint: str) -> tuple[str, Ip, Ip]:
        """The request as an endpoint sees it, or the one that a reply there answers."""
        ends = self.flight.source, self.flight.destination
        return (endpoint, *(ends if self.leg == "request" else reversed(ends)))

    def require_symmetry(self) -> None:
        """The answer crosses the middleboxes of the request and no others (N23, N187)."""
        if sorted(self.crossed["request"]) != sorted(self.crossed["response"]):
            raise Dropped("MIDDLEBOX_ASYMMETRIC", self.origin[1])

    def to_appliance(self, id: str, sender: Sender) -> Arrival:
        """An interface as a route target: forwards only without the check (N24), and who knows what it does (N25)."""
        row = self.world.interfaces.get(id)
        if row is None:
            raise Unknown(id)
        if row["SubnetId"] != sender.subnet:
            self.require_acl(row["SubnetId"], egress=False)
        if self.world.owns(id, self.flight.destination):
            return Arrival("interface", id)
        if row["SourceDestCheck"]:
            raise Dropped("ENI_SOURCE_DEST_CHECK_RESTRICTION", id)
        if row.get("InterfaceType") in ("vpc_endpoint", "network_load_balancer", "gateway_load_balancer") or (
            row.get("Description", "").startswith("ELB ")
        ):
            raise Dropped("ENI_ADDRESS_RESTRICTION", id)  # they forward nothing
        if self.leg == "request":
            self.receiver = row
            self.require_groups([one["GroupId"] for one in row["Groups"]], "ingress", row["VpcId"])  # N83
        raise Unknown(id)

    # --- States -----------------------------------------------------------------------------------------------------

    def require_state(self, state: str, code: str, id: str, *working: str) -> None:
        """Past something that works; what no API reference lists leaves it open."""
        held = works(state, *working)
        if held is False:
            raise Dropped(code, id)
        self.unsure = self.unsure or held is None

    def require_attached(self, gateway: Json, vpc: str, id: str) -> None:
        held = attachment_works(gateway, vpc)
        if held is False:
            raise Dropped("BAD_STATE", id)
        self.unsure = self.unsure or held is None

    # --- Transit gateways -------------------------------------------------------------------------------------------

    def through_transit_gateway(self, id: str, sender: Sender) -> Arrival:
        """N183: into the transit gateway by the attachment's subnet in the sender's zone."""
        vpc = self.home_of(sender)
        if id not in self.world.transit_gateways:
            raise Unknown(id)
        found = [
            one for one in self.world.vpc_attachments.values()
            if one["VpcId"] == vpc and one["TransitGatewayId"] == id
        ]  # fmt: skip
        if not found:
            raise Unknown(id)  # the route says that there is one
        attachment = found[0]["TransitGatewayAttachmentId"]
        self.require_state(found[0]["State"], "BAD_STATE_ATTACHMENT", attachment, "available", "modifying")
        zone = self.world.parent_zone(sender.subnet, self.zone_of(sender))
        near = [subnet for subnet in found[0]["SubnetIds"] if self.world.subnets[subnet]["AvailabilityZone"] == zone]
        if not near:
            raise Dropped("TGW_ROUTE_AZ_RESTRICTION", attachment)
        self.require_family(found[0])
        self.by_transit_gateway = self.by_transit_gateway or self.leg == "request"
        self.attached += [vpc] if self.leg == "request" else []
        self.require_acl(near[0], egress=False)  # N117; N118: in the sender's own subnet too
        return self.from_attachment(id, attachment, zone)

    def from_attachment(self, tgw: str, attachment: str, zone: str | None) -> Arrival:
        """N184, N185: the attachment's table, longest prefix, static first."""
        self.hops += 1
        here = (self.leg, f"{tgw} {attachment}", self.flight)
        if self.hops > MOST_HOPS or here in self.seen:
            raise Dropped("LOOP", tgw)  # as in `travel`
        self.seen.add(here)
        if tgw in self.world.transit_gateways:
            self.require_state(self.world.transit_gateways[tgw]["State"], "BAD_STATE", tgw, "available", "modifying")
        self.require_no_translation(tgw, attachment)
        if self.world.owner_is_unseen(tgw):
            raise Unknown(tgw)  # N189: nobody else sees its tables
        table = self.world.transit_table_of(tgw, attachment)
        if table is None:
            raise Dropped("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", attachment)
        self.require_state(self.world.transit_tables[table]["State"], "BAD_STATE", table, "available")
        best = self.world.transit_routes(table, self.flight.destination)
        if not best:
            raise Dropped("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", table)
        active = [row for row in best if row["State"] == "active"]
        options = sorted(
            {one["TransitGatewayAttachmentId"] for row in active for one in row["TransitGatewayAttachments"]}
        )
        chosen = self.pick(options + [""] * (len(active) < len(best)))
        dead = next((row["State"] for row in best if row["State"] != "active"), "")
        if not chosen and dead != "blackhole":
            raise Unknown(table)  # whether it is in force yet, or still
        if not chosen:
            raise Dropped("TGW_RTB_BAD_STATE_ROUTE", table)
        return self.to_attachment(tgw, chosen, zone)

    def require_family(self, attachment: Json) -> None:
        """An attachment without IPv6 support has no IPv6 addresses to carry IPv6 by."""
        if self.flight.destination.version == 6 and attachment.get("Options", {}).get("Ipv6Support") == "disable":
            raise Dropped("PROTOCOL_RESTRICTION", attachment["TransitGatewayAttachmentId"])

    def require_no_translation(self, tgw: str, attachment: str) -> None:
        if self.world.attachments.get((tgw, attachment), {}).get("NatGatewaySupport", "disabled") != "disabled":
            raise Unknown(attachment)

    def to_attachment(self, tgw: str, id: str, zone: str | None) -> Arrival:
        """Out of the transit gateway."""
        row = self.world.attachments.get((tgw, id))
        if row is None:
            raise Unknown(id)
        self.require_no_translation(tgw, id)
        self.require_state(row["State"], "BAD_STATE_ATTACHMENT", id, "available", "modifying")
        kind = row["ResourceType"]
        if kind == "vpn":
            vpn = self.world.vpn_connections.get(row["ResourceId"])
            if vpn is not None:
                self.require_state(vpn["State"], "TGW_BAD_STATE_VPN", row["ResourceId"], "available")
            inside = (vpn or {}).get("Options", {}).get("TunnelInsideIpVersion")
            version = self.flight.destination.version
            if inside is not None and inside != f"ipv{version}":
                raise Dropped("PROTOCOL_RESTRICTION", row["ResourceId"])
            if inside is None and version == 6:
                self.unsure = True  # IPv4 is what tunnels process by default; no file says that these do not
        if kind in ("vpn", "direct-connect-gateway"):
            return Arrival("on-premises", id)
        if kind == "peering":
            peering = self.world.peering_attachments.get(id)
            if peering is None:
                raise Unknown(id)
            ends = {peering["RequesterTgwInfo"]["TransitGatewayId"], peering["AccepterTgwInfo"]["TransitGatewayId"]}
            (there,) = ends - {tgw}
            if there not in self.world.transit_gateways:
                raise Unknown(there)
            self.attached += [id] if self.leg == "request" else []  # no VPC, so that no group is told across (N89)
            return self.from_attachment(there, id, None)
        if kind != "vpc" or row["ResourceId"] not in self.world.vpcs or id not in self.world.vpc_attachments:
            raise Unknown(id)
        self.require_family(self.world.vpc_attachments[id])
        subnets = sorted(self.world.vpc_attachments[id]["SubnetIds"])
        if self.world.vpc_attachments[id].get("Options", {}).get("ApplianceModeSupport") == "enable":  # N187
            flow = (id, self.translated)
            if flow not in self.pinned:
                self.pinned[flow] = self.pick(subnets)
            return self.travel(Sender("attachment", id, self.pinned[flow]))
        near = [one for one in subnets if self.world.subnets[one]["AvailabilityZone"] == zone]
        return self.travel(Sender("attachment", id, self.pick(near or subnets)))  # N186, N188

    # --- Decisions --------------------------------------------------------------------------------------------------

    def choose_route(self, table: str, vpc: str) -> Json | None:
        """One of the best routes: AWS's dice decide between equal ones (N14)."""
        equal = self.world.routes_to(table, vpc, self.flight.destination)
        return self.pick(equal) if equal else None

    def pick(self, options: Sequence[T]) -> T:
        """The option that AWS's dice, the packet's choice, fall on (module docstring)."""
        low, high = self.choices
        size, count = high - low + 1, len(options)
        index = (self.packet.choice - low) * count // size
        self.choices = (low + -(-index * size // count), low + -(-(index + 1) * size // count) - 1)
        return options[index]

    def require_acl(self, subnet: str, *, egress: bool) -> None:
        acl = self.world.acl_of(subnet)
        peer = self.flight.destination if egress else self.flight.source
        if not self.world.acl_allows(acl, egress, peer, self.flight.protocol, self.flight.detail):
            raise Dropped("SUBNET_ACL_RESTRICTION", acl)

    def require_groups(self, groups: Sequence[str], direction: str, vpc: str) -> None:
        """The union of the groups' rules (N80, N81)."""
        key = "IpPermissionsEgress" if direction == "egress" else "IpPermissions"
        peer = self.flight.destination if direction == "egress" else self.flight.source
        if not groups:
            return
        unsure = False
        for group in groups:
            if group not in self.world.groups:
                unsure = True
                continue
            for permission in self.world.groups[group].get(key, []):
                if not permission_covers(permission, self.flight.protocol, self.flight.detail):
                    continue
                matched = self.peer_matches(permission, peer, direction, vpc)
                if matched:
                    return
                unsure = unsure or matched is None
        if unsure:
            self.unsure = True
            return
        first = sorted(groups)[0]
        code = "ENI_SG_RULES_MISMATCH" if self.world.groups[first].get(key) else "SG_HAS_NO_RULES"
        raise Dropped(code, first)

    def peer_matches(self, permission: Json, peer: Ip, direction: str, vpc: str) -> bool | None:
        """Whether a rule names the other end (N84); None if the snapshot doesn't tell."""
        blocks = [block(one["CidrIp"]) for one in permission.get("IpRanges", [])]
        blocks += [block(one["CidrIpv6"]) for one in permission.get("Ipv6Ranges", [])]
        if any(peer in one for one in blocks):
            return True
        unsure = False
        for one in permission.get("PrefixListIds", []):
            entries = self.world.prefix_list(one["PrefixListId"])
            if entries is None:
                unsure = True
            elif any(peer in entry for entry in entries):
                return True
        for pair in permission.get("UserIdGroupPairs", []):
            member = self.is_member(pair, peer, direction, vpc)
            if member:
                return True
            unsure = unsure or member is None
        return None if unsure else False

    def is_member(self, pair: Json, peer: Ip, direction: str, vpc: str) -> bool | None:
        """Whether an address is a private one of an interface with the group (N85, N88 to N91)."""
        group = pair["GroupId"]
        if pair.get("PeeringStatus") in ("deleted", "rejected", "expired", "failed"):
            return False
        if self.by_private_link or (self.by_middlebox and direction == "ingress"):
            return False
        if group not in self.world.groups:
            account = pair.get("UserId")
            seen = {home.partition("/")[0] for home in self.world.homes.values()}
            if self.origin[0] == "unseen" and direction == "ingress" and account not in (None, *seen):
                told = all(self.world.transit_gateway_references(vpc, one or vpc) for one in self.attached)
                to_endpoint = self.attached and self.receiver.get("InterfaceType") == "vpc_endpoint"
                return None if told and not to_endpoint else False
            if direction == "ingress" or account in (None, *seen) or self.is_in_sight(vpc, peer):
                return False  # what sends is never unseen: an interface with its groups, or no interface at all
            return None
        if self.keeps_client and direction == "ingress":  # the load balancer's groups count, not the client's
            home = self.world.interfaces[self.origin[1]]["VpcId"]
            return group in self.origin_groups() and self.reference_reaches(vpc, home, direction, "")
        if direction == "ingress" and self.origin[0] == "virtual" and peer == self.packet.source:
            home = self.world.vpc_of(self.origin[1])  # its address is its own, whoever holds it now
            reached = group in self.origin_groups() and self.reference_reaches(vpc, home, direction, self.origin[1])
            return None if reached and self.exit is not None else reached
        for eni, row in self.world.interfaces.items():
            carries = any(one["GroupId"] == group for one in row["Groups"])
            if not carries or not self.world.owns(eni, peer) or self.is_namesake(eni, peer, direction):
                continue
            reaches = self.reference_reaches(vpc, row["VpcId"], direction, row["SubnetId"])
            if reaches is None:
                return None
            if reaches:
                by_internet = direction == "ingress" and self.exit is not None and self.leg == "request"
                return None if by_internet else True  # IPv6 that left by one gateway and came in by another: open
        return False

    def is_namesake(self, eni: str, peer: Ip, direction: str) -> bool:
        """Whether an interface only has the address of the one that sent, in another VPC of overlapping blocks."""
        sent = direction == "ingress" and self.origin[0] in ("interface", "balancer") and peer == self.packet.source
        return sent and eni != self.origin[1]

    def is_in_sight(self, vpc: str, ip: Ip) -> bool:
        """Whether an address belongs to a VPC of the snapshot whose groups a rule may name, so to a known interface."""
        near = (one for one in self.world.vpcs if one == vpc or self.world.same_region_peers(vpc, one))
        return any(self.world.in_vpc(one, ip) for one in near)

    def reference_reaches(self, vpc: str, other: str, direction: str, subnet: str) -> bool | None:
        """Whether a receiver is told of the groups of a sender in a subnet of another VPC; None where that is open."""
        if direction == "ingress" and self.by_transit_gateway:
            if self.receiver.get("InterfaceType") == "vpc_endpoint":
                return False  # N89
            at_edge = self.world.edge_of(subnet) or self.world.edge_of(self.receiver["SubnetId"])
            return self.world.transit_gateway_references(vpc, other) and (None if at_edge else True)
        return vpc == other or self.world.same_region_peers(vpc, other)

    def origin_groups(self) -> list[str]:
        if self.origin[0] == "virtual":
            return list(self.origin[2])  # type: ignore[misc]
        return [one["GroupId"] for one in self.world.interfaces[self.origin[1]]["Groups"]]

    def is_origin(self, vpc: str) -> bool:
        """Whether the packet's source is the virtual interface itself, in this VPC."""
        virtual = self.origin[0] == "virtual" and self.world.vpc_of(self.origin[1]) == vpc
        return virtual and self.flight.source == self.packet.source

    def endpoint_of(self, eni: str) -> str:
        for id, row in self.world.endpoints.items():
            if eni in row.get("NetworkInterfaceIds", []):
                return id
        raise Unknown(eni)

"""A snapshot's records as parsed JSON, looked up by id: what `tests.reference.interpreter` walks through.

Nothing here but finding things (N… names a fact of the network-semantics sheet): effective tables, who has an address,
what the rules of a filter say of one packet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar, TypeVarTuple

Json = dict[str, Any]
Files = Mapping[str, Any]
Ip = IPv4Address | IPv6Address
Block = IPv4Network | IPv6Network
Detail = int | tuple[int, int] | None

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
AMAZON_LOCAL = (ip_network("169.254.168.0/22"), ip_network("fd00:ec2::/32"))
"""AWS's own services on every host (N10)."""
UNIQUE_LOCAL = ip_network("fc00::/7")
LATTICE = (ip_network("169.254.171.0/24"), ip_network("fd00:ec2:80::/64"))
DNS = {(TCP, 53), (UDP, 53)}
RESOLVER = ("169.254.169.253", "fd00:ec2::253")
METADATA = ("169.254.169.254", "fd00:ec2::254")
WINDOWS = ("169.254.169.250", "169.254.169.251", "fd00:ec2::250")
AMAZON_SERVICES = {
    one: takes
    for addresses, takes in (
        (METADATA, {(TCP, 80)}),
        (("169.254.169.123", "fd00:ec2::123"), {(UDP, 123)}),  # time
        (WINDOWS, {(TCP, 1688)}),
        (("169.254.170.2",), {(TCP, 80)}),  # ECS tasks
        (("169.254.170.23", "fd00:ec2::23"), {(TCP, 80), (TCP, 2703)}),  # EKS Pod Identity
    )
    for one in addresses
}
"""What they take."""
PROTOCOL_NAMES = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "icmpv6": ICMPV6}


@dataclass(frozen=True, slots=True)
class Flight:
    """The packet as it is on the wire now."""

    source: Ip
    destination: Ip
    protocol: int
    detail: Detail
    source_port: int


class Unknown(Exception):
    """The snapshot doesn't hold what decides, or the facts don't."""


@cache
def address(text: str) -> Ip:
    return ip_address(text)


@cache
def block(text: str) -> Block:
    return ip_network(text, strict=False)


Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")


def once(asked: Callable[[World, *Asked], Found]) -> Callable[[World, *Asked], Found]:
    """What a world says again and again: many packets differ in nothing that the answer depends on."""

    @wraps(asked)
    def said(world: World, *about: *Asked) -> Found:
        known: dict[object, Any] = world.said.setdefault(asked.__name__, {})
        found = known.get(about, known)
        if found is known:
            found = known[about] = asked(world, *about)
        return found

    return said


class World:
    """The snapshot's records, found by id; of all accounts and Regions together (ids are unique)."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.said: dict[str, Any] = {}

    def rows(self, call: str, key: str) -> list[tuple[str, Json]]:
        """("account/region", record) of every record that a call printed."""
        ending = f"/{call}.json"
        return [
            (path.removesuffix(ending), row)
            for path, answer in self.files.items()
            if path.endswith(ending)
            for row in answer[key]
        ]

    def by_id(self, call: str, key: str, id_key: str) -> dict[str, Json]:
        return {row[id_key]: row for _, row in self.rows(f"ec2/{call}", key)}

    @cached_property
    def vpcs(self) -> dict[str, Json]:
        return self.by_id("describe-vpcs", "Vpcs", "VpcId")

    @cached_property
    def subnets(self) -> dict[str, Json]:
        return {row["SubnetId"]: row for _, row in self.subnets_as_told}

    @cached_property
    def subnets_as_told(self) -> list[tuple[str, Json]]:
        """Subnets as `rows`; what a shared one's owner says of it comes last, and counts (N73)."""
        rows = self.rows("ec2/describe-subnets", "Subnets")
        return sorted(rows, key=lambda one: one[0].split("/")[0] == one[1].get("OwnerId"))

    @cached_property
    def homes(self) -> dict[str, str]:
        """Account and Region, as in the path, of each subnet and security group."""
        subnets = {row["SubnetId"]: home for home, row in self.subnets_as_told}
        return subnets | {
            row["GroupId"]: home for home, row in self.rows("ec2/describe-security-groups", "SecurityGroups")
        }

    @cached_property
    def tables(self) -> dict[str, Json]:
        return self.by_id("describe-route-tables", "RouteTables", "RouteTableId")

    @cached_property
    def acls(self) -> dict[str, Json]:
        return self.by_id("describe-network-acls", "NetworkAcls", "NetworkAclId")

    @cached_property
    def groups(self) -> dict[str, Json]:
        return self.by_id("describe-security-groups", "SecurityGroups", "GroupId")

    @cached_property
    def interfaces(self) -> dict[str, Json]:
        return self.by_id("describe-network-interfaces", "NetworkInterfaces", "NetworkInterfaceId")

    @cached_property
    def endpoints(self) -> dict[str, Json]:
        return self.by_id("describe-vpc-endpoints", "VpcEndpoints", "VpcEndpointId")

    @cached_property
    def internet_gateways(self) -> dict[str, Json]:
        return self.by_id("describe-internet-gateways", "InternetGateways", "InternetGatewayId")

    @cached_property
    def egress_only_gateways(self) -> dict[str, Json]:
        key = "EgressOnlyInternetGatewayId"
        return self.by_id("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", key)

    @cached_property
    def nat_gateways(self) -> dict[str, Json]:
        return self.by_id("describe-nat-gateways", "NatGateways", "NatGatewayId")

    def subnet_of(self, interface: str) -> str | None:
        """The subnet of an interface; None for a regional NAT gateway."""
        return self.interfaces[interface]["SubnetId"] if interface in self.interfaces else None

    def nat_row(self, id: str, zone: str | None = None) -> Json:
        """The address that a NAT gateway sends from: one that it got, of a regional one that of the client's zone."""
        nat = self.nat_gateways[id]
        rows = [row for row in nat["NatGatewayAddresses"] if row.get("Status") != "failed"]
        near = [row for row in rows if row.get("AvailabilityZone") == zone and not nat.get("SubnetId")]
        return (near or rows)[0]

    def nat_serves(self, id: str, zone: str | None) -> bool:
        """Whether a regional NAT gateway serves a zone: all of them, unless somebody manages its zones by hand."""
        nat = self.nat_gateways[id]
        zones = [row.get("AvailabilityZone") for row in nat["NatGatewayAddresses"] if row.get("Status") != "failed"]
        by_hand = nat.get("AutoProvisionZones") == "disabled" and zone is not None
        return not by_hand or None in zones or zone in zones

    def nat_address(self, id: str, zone: str | None = None) -> Ip:
        """What a NAT gateway sends from; AWS lists no private address of a regional one (N54)."""
        row = self.nat_row(id, zone)
        return address(row.get("PrivateIp") or row["PublicIp"])

    def nat_public(self, id: str, zone: str | None = None) -> Ip:
        return address(self.nat_row(id, zone)["PublicIp"])

    def nat_interface(self, id: str) -> str:
        """The interface of a NAT gateway, or a regional gateway itself, which has none."""
        return str(self.nat_gateways[id]["NatGatewayAddresses"][0].get("NetworkInterfaceId") or id)

    @cached_property
    def inspected_gateways(self) -> set[str]:
        """Internet gateways of which some route says that a firewall inspects what crosses them."""
        routes = [route for table in self.tables.values() for route in table["Routes"] if "IgwFirewall" in route]
        return {route.get("GatewayId") or route["EgressOnlyInternetGatewayId"] for route in routes}

    @cached_property
    def regional_addresses(self) -> set[Ip]:
        working = (nat for nat in self.nat_gateways.values() if nat["State"] not in ("deleted", "failed"))
        gateways = (nat for nat in working if not nat.get("SubnetId"))
        return {address(row["PublicIp"]) for nat in gateways for row in nat["NatGatewayAddresses"] if "PublicIp" in row}

    @cached_property
    def peerings(self) -> dict[str, Json]:
        return self.by_id("describe-vpc-peering-connections", "VpcPeeringConnections", "VpcPeeringConnectionId")

    @cached_property
    def vpn_gateways(self) -> dict[str, Json]:
        return self.by_id("describe-vpn-gateways", "VpnGateways", "VpnGatewayId")

    @cached_property
    def vpn_connections(self) -> dict[str, Json]:
        return self.by_id("describe-vpn-connections", "VpnConnections", "VpnConnectionId")

    @cached_property
    def transit_gateways(self) -> dict[str, Json]:
        return self.by_id("describe-transit-gateways", "TransitGateways", "TransitGatewayId")

    @cached_property
    def attachments(self) -> dict[tuple[str, str], Json]:
        """By transit gateway and attachment: a peering attachment has one id on both sides."""
        rows = self.rows("ec2/describe-transit-gateway-attachments", "TransitGatewayAttachments")
        return {(row["TransitGatewayId"], row["TransitGatewayAttachmentId"]): row for _, row in rows}

    @cached_property
    def vpc_attachments(self) -> dict[str, Json]:
        call = "describe-transit-gateway-vpc-attachments"
        return self.by_id(call, "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId")

    @cached_property
    def peering_attachments(self) -> dict[str, Json]:
        call = "describe-transit-gateway-peering-attachments"
        return self.by_id(call, "TransitGatewayPeeringAttachments", "TransitGatewayAttachmentId")

    @cached_property
    def transit_tables(self) -> dict[str, Json]:
        call = "describe-transit-gateway-route-tables"
        return self.by_id(call, "TransitGatewayRouteTables", "TransitGatewayRouteTableId")

    @once
    def owner_is_unseen(self, tgw: str) -> bool:
        """Whether no file is of the account that shares a transit gateway with those who see it."""
        owner = self.transit_gateways.get(tgw, {}).get("OwnerId")
        return owner is not None and not any(path.startswith(f"{owner}/") for path in self.files)

    @cached_property
    def _named(self) -> dict[str, Any]:
        return {path.partition("/ec2/")[2]: answer for path, answer in self.files.items()}

    def named(self, operation: str, name: str) -> Any:
        """A per-resource file, or None."""
        return self._named.get(f"{operation}/{name}.json")

    @cached_property
    def _prefix_lists(self) -> dict[str, tuple[Block, ...] | None]:
        return {}

    def prefix_list(self, id: str) -> tuple[Block, ...] | None:
        """The blocks of a prefix list, or None if the snapshot doesn't tell."""
        if id not in self._prefix_lists:
            entries = self.named("get-managed-prefix-list-entries", id)
            aws = [row for _, row in self.rows("ec2/describe-prefix-lists", "PrefixLists") if row["PrefixListId"] == id]
            if entries is not None:
                self._prefix_lists[id] = tuple(block(row["Cidr"]) for row in entries["Entries"])
            else:
                self._prefix_lists[id] = tuple(block(text) for text in aws[0]["Cidrs"]) if aws else None
        return self._prefix_lists[id]

    @once
    def transit_routes(self, table: str, ip: Ip) -> list[Json]:
        """The best routes of a transit gateway's table to an address (N185); none if there is none."""
        answer = self.named("search-transit-gateway-routes", table)
        if answer is None or answer.get("AdditionalRoutesAvailable"):
            raise Unknown(table)  # N189
        found: list[tuple[tuple[int, int], Json]] = []
        for row in answer["Routes"]:
            if row["State"] == "deleted":
                continue
            own = [block(row["DestinationCidrBlock"])] if "DestinationCidrBlock" in row else None
            blocks = own or self.prefix_list(row["PrefixListId"])
            if blocks is None:
                raise Unknown(row["PrefixListId"])
            found += [((-one.prefixlen, transit_rank(row)), row) for one in blocks if ip in one]
        return [row for rank, row in found if rank == min(rank for rank, _ in found)]

    @once
    def transit_table_of(self, tgw: str, attachment: str) -> str | None:
        """The table that an attachment is associated with."""
        for table, row in self.transit_tables.items():
            if row["TransitGatewayId"] != tgw:
                continue
            answer = self.named("get-transit-gateway-route-table-associations", table)
            if answer is None:
                raise Unknown(table)
            for one in answer["Associations"]:
                held = works(one["State"], "associated") if one["TransitGatewayAttachmentId"] == attachment else False
                if held is None:
                    raise Unknown(attachment)
                if held:
                    return table
        return None

    @once
    def routes_to(self, table: str, vpc: str, ip: Ip) -> list[Json]:
        """The best routes of a VPC's table to an address, by their targets; none if there is none (N3 to N7, N11)."""
        candidates: list[tuple[int, int, Json]] = []
        for route in self.tables[table]["Routes"]:
            prefix_list = route.get("DestinationPrefixListId")
            if prefix_list:
                blocks = self.prefix_list(prefix_list)
                if blocks is None:
                    raise Unknown(prefix_list)
            else:
                blocks = (block(route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]),)
            propagated = route.get("Origin") in ("EnableVgwRoutePropagation", "Advertisement")
            rank = 2 if propagated else 1 if prefix_list else 0
            matching = [one for one in blocks if ip in one]
            if propagated and self.in_vpc(vpc, ip):
                if route["Origin"] == "EnableVgwRoutePropagation":
                    continue  # N7
                matching = [one for one in matching if self.within_vpc(vpc, one)] or matching
                if self.within_vpc(vpc, matching[0] if matching else None):
                    candidates += [(-one.prefixlen, rank, {"GatewayId": "local"}) for one in matching]  # N13: open
            candidates += [(-one.prefixlen, rank, route) for one in matching]
        best = min(((length, rank) for length, rank, _ in candidates), default=None)
        equal = {self.target_of(route, vpc): route for length, rank, route in candidates if (length, rank) == best}
        return [equal[target] for target in sorted(equal)]

    # --- Places -----------------------------------------------------------------------------------------------------

    def vpc_of(self, subnet: str) -> str:
        return str(self.subnets[subnet]["VpcId"])

    @cached_property
    def _vpc_blocks(self) -> dict[str, list[Block]]:
        return {vpc: blocks_of(row) for vpc, row in self.vpcs.items()}

    @cached_property
    def _subnet_blocks(self) -> dict[str, list[Block]]:
        return {subnet: blocks_of(row) for subnet, row in self.subnets.items()}

    def in_vpc(self, vpc: str, ip: Ip) -> bool:
        return any(ip in one for one in self._vpc_blocks[vpc])

    def within_vpc(self, vpc: str, one: Block | None) -> bool:
        """Whether a block lies within the VPC's own range."""
        return one is not None and any(
            one.version == own.version and own.supernet_of(one)  # type: ignore[arg-type]
            for own in self._vpc_blocks[vpc]
        )

    def target_of(self, route: Json, vpc: str) -> str:
        """What a route points to (N19); a route server's route names its next hop by address (N13)."""
        if not route.get("IpAddress"):
            return target_of(route)
        return self.interface_at(vpc, address(route["IpAddress"])) or str(route["IpAddress"])

    def in_subnet(self, subnet: str, ip: Ip) -> bool:
        return any(ip in one for one in self._subnet_blocks[subnet])

    def is_private_v6(self, vpc: str, ip: Ip) -> bool:
        """Whether an address is of private IPv6 space, which no internet gateway forwards (N39)."""
        rows = self.vpcs[vpc].get("Ipv6CidrBlockAssociationSet", [])
        private = [row["Ipv6CidrBlock"] for row in rows if row.get("Ipv6AddressAttribute") == "private"]
        return ip in UNIQUE_LOCAL or any(ip in block(text) for text in private)

    @once
    def is_amazon_local(self, vpc: str, ip: Ip) -> bool:
        """Whether an address is one of AWS's own services in a VPC; its third address is the resolver's (N160)."""
        resolver = block(self.vpcs[vpc]["CidrBlock"]).network_address + 2
        return ip == resolver or (any(ip in one for one in AMAZON_LOCAL) and not self.is_lattice(ip))

    def amazon_service(self, ip: Ip) -> set[tuple[int, int]]:
        """What one of AWS's own services takes; what else is in their range is not documented."""
        if not any(ip in one for one in AMAZON_LOCAL) or str(ip) in RESOLVER:
            return DNS
        if str(ip) not in AMAZON_SERVICES:
            raise Unknown(str(ip))
        return AMAZON_SERVICES[str(ip)]

    def resolver_answers(self, vpc: str) -> bool:
        """N161."""
        answer = self.named("describe-vpc-attribute", f"{vpc}.enableDnsSupport")
        if answer is None:
            raise Unknown("DNS support")
        return bool(answer["EnableDnsSupport"]["Value"])

    def metadata_answers(self, eni: str, ip: Ip) -> bool:
        """Whether an instance's metadata is on; of what is none, and where nothing tells, it is."""
        instances = [
            one for _, row in self.rows("ec2/describe-instances", "Reservations") for one in row["Instances"]
            if any(eni == interface["NetworkInterfaceId"] for interface in one.get("NetworkInterfaces", []))
        ]  # fmt: skip
        options = instances[0].get("MetadataOptions", {}) if instances else {}
        switches = ["HttpEndpoint", "HttpProtocolIpv6"] if ip.version == 6 else ["HttpEndpoint"]
        return "disabled" not in [options.get(one) for one in switches]

    def is_lattice(self, ip: Ip) -> bool:
        """Whether an address is VPC Lattice's, behind the filters of the sender (N195)."""
        return any(ip in one for one in LATTICE)

    @cached_property
    def _addresses(self) -> dict[str, set[Ip]]:
        return {
            eni: {
                address(text)
                for text in [one["PrivateIpAddress"] for one in row.get("PrivateIpAddresses", [])]
                + [one["Ipv6Address"] for one in row.get("Ipv6Addresses", [])]
            }
            for eni, row in self.interfaces.items()
        }

    @cached_property
    def _prefixes(self) -> dict[str, list[Block]]:
        return {
            eni: [block(one["Ipv4Prefix"]) for one in row.get("Ipv4Prefixes", [])]
            + [block(one["Ipv6Prefix"]) for one in row.get("Ipv6Prefixes", [])]
            for eni, row in self.interfaces.items()
        }

    def owns(self, eni: str, ip: Ip) -> bool:
        return ip in self._addresses[eni] or any(ip in one for one in self._prefixes[eni])

    @cached_property
    def _holders(self) -> dict[tuple[str, Ip], str | None]:
        return {}

    def parent_zone(self, subnet: str, zone: str | None) -> str | None:
        """The zone whose attachment serves a subnet: that of a Local or Wavelength Zone's parent, where it is one."""
        if zone is None or zone.count("-") <= 2 or not subnet or "OutpostArn" in self.subnets[subnet]:
            return zone
        answer = self.files.get(f"{self.homes[subnet]}/ec2/describe-availability-zones.json", {})
        for row in answer.get("AvailabilityZones", []):
            if row["ZoneName"] == zone and row["ZoneType"] in ("local-zone", "wavelength-zone"):
                return str(row["ParentZoneName"])
        raise Unknown(zone)

    def edge_of(self, subnet: str) -> str | None:
        """The Outpost, Local Zone or Wavelength Zone that a subnet is in, if it is in one."""
        row = self.subnets.get(subnet, {})
        zone = str(row.get("AvailabilityZone", ""))
        return row.get("OutpostArn") or (zone if zone.count("-") > 2 else None)

    def kept_apart(self, one: str, other: str) -> bool:
        """Whether the local route doesn't join two subnets: on two Outposts, or in two Wavelength Zones (N195)."""
        here, there = self.edge_of(one), self.edge_of(other)
        alike = any(kind in (here or "") and kind in (there or "") for kind in (":outpost/", "-wlz-"))
        return alike and here != there

    def interface_at(self, vpc: str, ip: Ip) -> str | None:
        """The interface of a VPC that has an address."""
        if (vpc, ip) not in self._holders:
            found = [eni for eni, row in self.interfaces.items() if row["VpcId"] == vpc and self.owns(eni, ip)]
            self._holders[vpc, ip] = found[0] if found else None
        return self._holders[vpc, ip]

    @cached_property
    def public_addresses(self) -> dict[Ip, tuple[str, Ip]]:
        """(interface, private address) by public address (N33); an IPv6 address is its own."""
        found: dict[Ip, tuple[str, Ip]] = {}
        for eni, row in self.interfaces.items():
            for one in row.get("PrivateIpAddresses", []):
                public = one.get("Association", {}).get("PublicIp")
                if public:
                    found[address(public)] = (eni, address(one["PrivateIpAddress"]))
            for one in row.get("Ipv6Addresses", []):
                found[address(one["Ipv6Address"])] = (eni, address(one["Ipv6Address"]))
        return found

    def public_holder(self, ip: Ip) -> tuple[str, Ip] | None:
        """(interface, private address) of a public address; a delegated IPv6 prefix is public as a whole."""
        found = self.public_addresses.get(ip)
        if found is None and ip.version == 6:
            held = (eni for eni, blocks in self._prefixes.items() if any(ip in one for one in blocks))
            found = next(((eni, ip) for eni in held), None)
        return found

    @cached_property
    def public_v4(self) -> dict[Ip, tuple[str, Ip]]:
        return {public: held for public, held in self.public_addresses.items() if public.version == 4}

    @cached_property
    def _public_of(self) -> dict[tuple[str, Ip], Ip]:
        return {held: public for public, held in self.public_addresses.items()}

    def public_of(self, eni: str, private: Ip) -> Ip | None:
        return self._public_of.get((eni, private))

    def internet_gateway_of(self, vpc: str) -> str | None:
        """The gateway attached to a VPC (N34)."""
        return next(
            (igw for igw, row in sorted(self.internet_gateways.items()) if attachment_works(row, vpc) is not False),
            None,
        )

    @cached_property
    def _tables_of(self) -> dict[str, str]:
        return {subnet: self._table_of(subnet) for subnet in self.subnets}

    def table_of(self, subnet: str) -> str:
        """The effective route table (N1, N2)."""
        return self._tables_of[subnet]

    def _table_of(self, subnet: str) -> str:
        vpc, main = self.vpc_of(subnet), None
        for id, table in self.tables.items():
            for row in table.get("Associations", []):
                if state_of(row, "AssociationState") in ENDED:
                    continue
                if row.get("SubnetId") == subnet:
                    return id
                if row.get("Main") and table["VpcId"] == vpc:
                    main = id
        if main is None:
            raise Unknown("no route table")
        return main

    def edge_table_of(self, gateway: str) -> str | None:
        """The route table of what enters at a gateway (N21)."""
        for id, table in self.tables.items():
            for row in table.get("Associations", []):
                if row.get("GatewayId") == gateway and state_of(row, "AssociationState") not in ENDED:
                    return id
        return None

    @cached_property
    def _acls_of(self) -> dict[str, str]:
        return {subnet: self._acl_of(subnet) for subnet in self.subnets}

    def acl_of(self, subnet: str) -> str:
        """The subnet's network ACL, else its VPC's default one (N105)."""
        return self._acls_of[subnet]

    def _acl_of(self, subnet: str) -> str:
        for id, acl in self.acls.items():
            if any(row["SubnetId"] == subnet for row in acl.get("Associations", [])):
                return id
        for id, acl in self.acls.items():
            if acl.get("IsDefault") and acl["VpcId"] == self.vpc_of(subnet):
                return id
        raise Unknown("no network ACL")

    # --- Filters ----------------------------------------------------------------------------------------------------

    @cached_property
    def _entries(self) -> dict[str, list[Json]]:
        return {id: sorted(acl["Entries"], key=lambda one: int(one["RuleNumber"])) for id, acl in self.acls.items()}

    @once
    def acl_allows(self, acl: str, egress: bool, peer: Ip, protocol: int, detail: Detail) -> bool:
        """Lowest number first, the first match decides (N106); families apart (N109); destination ports only (N111)."""
        for entry in self._entries[acl]:
            if entry["Egress"] != egress:
                continue
            cidr = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
            if peer in block(cidr) and acl_entry_matches(entry, protocol, detail):
                return bool(entry["RuleAction"] == "allow")
        return False

    @cached_property
    def _passed_on(self) -> dict[str, bool]:
        return {}

    def may_pass_on(self, subnet: str) -> bool:
        """Whether something in a subnet may hand on what comes from elsewhere, past no network ACL (N118)."""
        if subnet not in self._passed_on:
            self._passed_on[subnet] = self._may_pass_on(subnet)
        return self._passed_on[subnet]

    def _may_pass_on(self, subnet: str) -> bool:
        here = [row for row in self.interfaces.values() if row["SubnetId"] == subnet]
        vpc = self.vpc_of(subnet)
        routes = [route for table in self.tables.values() if table["VpcId"] == vpc for route in table["Routes"]]
        return (
            any(not row["SourceDestCheck"] or row.get("InterfaceType") == "transit_gateway" for row in here)
            or any(subnet in row["SubnetIds"] for row in self.vpc_attachments.values())
            or any(nat.get("SubnetId") == subnet for nat in self.nat_gateways.values())
            or any(
                subnet in row.get("SubnetIds", [])
                for row in self.endpoints.values() if row["VpcEndpointType"] == "GatewayLoadBalancer"
            )
            or any("CoreNetworkArn" in route for route in routes)
        )  # fmt: skip

    def same_region_peers(self, vpc: str, other: str) -> bool:
        """An active peering connection within one Region joins the two (N88)."""
        for pcx in self.peerings.values():
            sides = (pcx["RequesterVpcInfo"], pcx["AccepterVpcInfo"])
            if {side["VpcId"] for side in sides} == {vpc, other}:
                same = sides[0].get("Region") == sides[1].get("Region")
                if works(pcx["Status"]["Code"], "active") is not False and same:
                    return True
        return False

    def transit_gateway_references(self, vpc: str, other: str) -> bool:
        """Both VPCs hang on one transit gateway that keeps references, and so do both attachments (N89)."""
        joined = []
        for one in (vpc, other):
            joined.append({
                row["TransitGatewayId"]
                for row in self.vpc_attachments.values()
                if row["VpcId"] == one
                and row["State"] == "available"
                and row.get("Options", {}).get("SecurityGroupReferencingSupport") == "enable"
            })  # fmt: skip
        return any(
            self.transit_gateways[tgw].get("Options", {}).get("SecurityGroupReferencingSupport") == "enable"
            for tgw in joined[0] & joined[1]
            if tgw in self.transit_gateways
        )

    def block_public_access_mode(self, subnet: str, *, excludable: bool = True) -> str:
        """The effective mode of a subnet, or of a VPC for what is in none: its own field (N65), else what options and
        exclusions say (N68); ``excludable``: whether exclusions count."""
        row = self.subnets.get(subnet) or self.vpcs[subnet]
        states = row.get("BlockPublicAccessStates")
        if excludable and states and states.get("InternetGatewayBlockMode"):
            return str(states["InternetGatewayBlockMode"])
        home = f"{self.homes[next(one for one in self.subnets if subnet in (one, self.vpc_of(one)))]}/ec2"
        options = self.files.get(f"{home}/describe-vpc-block-public-access-options.json")
        exclusions = self.files.get(f"{home}/describe-vpc-block-public-access-exclusions.json")
        if options is None:
            raise Unknown("Block Public Access")
        mode = str(options["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"])
        if mode == "off" or not excludable:
            return mode
        if exclusions is None:
            raise Unknown("Block Public Access exclusions")
        excluded = {
            one["ResourceArn"].rpartition("/")[2]: one["InternetGatewayExclusionMode"]
            for one in exclusions["VpcBlockPublicAccessExclusions"]
            if one["State"] in ("create-complete", "update-complete")
        }
        exclusion = excluded.get(subnet) or excluded.get(row["VpcId"])
        if exclusion == "allow-bidirectional":
            return "off"
        if exclusion == "allow-egress" and mode == "block-bidirectional":
            return "block-ingress"
        return mode


def blocks_of(row: Json) -> list[Block]:
    """The blocks of a VPC or a subnet."""
    texts = {row.get("CidrBlock")} | {
        one["CidrBlock"]
        for one in row.get("CidrBlockAssociationSet", [])
        if state_of(one, "CidrBlockState") not in ENDED
    }
    texts |= {
        one["Ipv6CidrBlock"]
        for one in row.get("Ipv6CidrBlockAssociationSet", [])
        if state_of(one, "Ipv6CidrBlockState") not in ENDED
    }
    return [block(text) for text in sorted(text for text in texts if text)]


ENDED = ("disassociating", "disassociated", "failing", "failed")
"""States of an association that is not in force, or is taken to have ended."""


def state_of(row: Json, key: str) -> str | None:
    state = row.get(key, {}).get("State")
    return str(state) if state else None


def attachment_works(gateway: Json, vpc: str) -> bool | None:
    """N34: "available" and "attached" mean the same. None if that is not known."""
    rows = gateway.get("Attachments") or gateway.get("VpcAttachments") or []
    found = {works(row.get("State"), "available", "attached") for row in rows if row["VpcId"] == vpc}
    return True if True in found else None if None in found else False


def works(state: str | None, *working: str) -> bool | None:
    """Whether something in a state works; None if no API reference lists the state."""
    known = (state or "").lower()
    return True if known in working else False if known in OTHER_STATES else None


OTHER_STATES = {
    *("pending", "deleting", "deleted", "failed", "attaching", "detaching", "detached", "initiating-request",
      "pending-acceptance", "rejected", "expired", "provisioning", "initiating", "initiatingrequest",
      "pendingacceptance", "rollingback", "rejecting", "failing", "associating", "disassociating", "disassociated"),
}  # fmt: skip
"""What AWS's API references list besides the states of what works."""


def target_of(route: Json) -> str:
    """What a route points to (N19)."""
    for key in (
        "GatewayId",
        "EgressOnlyInternetGatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
        "NetworkInterfaceId",
        "LocalGatewayId",
        "CarrierGatewayId",
        "CoreNetworkArn",
    ):
        if route.get(key):
            return str(route[key])
    return "unknown-target"


PROPAGATED_BY = ("vpc", "direct-connect-gateway", "connect", "vpn", "vpn-concentrator", "client-vpn", "peering")


def transit_rank(route: Json) -> int:
    """Static routes, those of prefix lists (of whatever type they say that they are), propagated ones by what they come
    from (N185).
    """
    if route.get("PrefixListId"):
        return 1
    if route["Type"] == "static":
        return 0
    return 2 + min(PROPAGATED_BY.index(one["ResourceType"]) for one in route["TransitGatewayAttachments"])


def acl_entry_matches(entry: Json, protocol: int, detail: Detail) -> bool:
    """N110."""
    if entry["Protocol"] == "-1":
        return True
    if int(entry["Protocol"]) != protocol:
        return False
    if isinstance(detail, tuple):
        wanted = entry.get("IcmpTypeCode")
        return wanted is None or (wanted["Type"] in (-1, detail[0]) and wanted["Code"] in (-1, detail[1]))
    ports = entry.get("PortRange")
    return detail is None or ports is None or ports["From"] <= detail <= ports["To"]


def permission_covers(permission: Json, protocol: int, detail: Detail) -> bool:
    """N92, N93."""
    name = permission["IpProtocol"]
    if name == "-1":
        return True
    if PROTOCOL_NAMES.get(name, -1) != protocol and name != str(protocol):
        return False
    low, high = permission.get("FromPort"), permission.get("ToPort")
    if low is None or high is None or detail is None:
        return True
    if isinstance(detail, tuple):
        return low == -1 or (low == detail[0] and high in (-1, detail[1]))
    return bool(low <= detail <= high)

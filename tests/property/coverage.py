"""What of AWS's network the packets that are compared really cross: a feature that none of them crosses is not tested.

A packet's way counts as far as both walks go: past its first block the interpreter says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from reachsim.addresses import NAT64, V6_BASE
from reachsim.evidence import Hop
from reachsim.forwarding import Walk
from reachsim.scenarios import Scenario
from tests.property.comparison import ip_of
from tests.reference.world import Json, World, block, target_of

Wanted = Callable[[Json], bool]


class Way:
    """The way of one class of packets: what it crossed, what stopped it first, what keeps its end from being known."""

    def __init__(self, world: World, scenario: Scenario, flow: Walk) -> None:
        self.world, self.flow = world, flow
        self.origin = scenario.source.origin
        self.first = flow.blocks[0] if flow.blocks else None
        self.leg = self.first.leg if self.first else ""
        self.allowed = flow.outcome == "allowed"
        self.is_v6 = bool(flow.box[0].first >= V6_BASE)
        self.gaps = () if flow.blocks else flow.gaps
        self.assumed = set() if self.leg == "request" else {one.code for one in flow.assumptions}

    @cached_property
    def hops(self) -> tuple[Hop, ...]:
        """Those that both walks made."""
        if self.first is None:
            return self.flow.hops
        return tuple(one for one in self.flow.hops if one.leg == "request" != self.leg)

    @cached_property
    def types(self) -> set[str]:
        return {one.type for one in self.hops}

    def crossed(self, kind: str) -> list[str]:
        return [one.component for one in self.hops if one.type == kind]

    def passes(self, *kinds: str) -> bool:
        """Whether it gets there and its answer back, by such components."""
        return self.allowed and all(one in self.types for one in kinds)

    def stops(self, *codes: str) -> bool:
        return self.first is not None and bool({self.first.code, self.first.cause} & set(codes))

    def is_unknown(self, *words: str) -> bool:
        """Whether it is not known what becomes of it, and why: a code, or words of the reason."""
        return any(word == gap.code or word in gap.detail for gap in self.gaps for word in words)

    def takes_for_granted(self, code: str) -> bool:
        return self.allowed and code in self.assumed

    # --- Routes -------------------------------------------------------------------------------------------------------

    @cached_property
    def routes(self) -> list[tuple[Json, Json]]:
        """(table, route) of the VPC routes that it took, but for local ones that no table spells out."""
        crossed = [one for one in self.hops if one.type == "route-table" and one.source and "/Routes/" in one.source]
        tables = [(self.world.tables[one.component], one.source or "") for one in crossed]
        return [(table, table["Routes"][int(source.rpartition("/")[2])]) for table, source in tables]

    def takes(self, wanted: Wanted) -> bool:
        return any(wanted(route) for _, route in self.routes)

    def is_led_within(self, kind: str) -> bool:
        """Whether a route within its VPC's own blocks led it to a kind of target."""
        for table, route in self.routes:
            text = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
            own = text and self.world.within_vpc(table["VpcId"], block(text))
            if own and self.world.target_of(route, table["VpcId"]).startswith(kind):
                return True
        return False

    def by_edge_table(self, kind: str) -> bool:
        """Whether the table of an internet or private gateway led it to a kind of target."""
        return any(
            self.world.target_of(route, table["VpcId"]).startswith(kind)
            for table, route in self.routes
            if any("GatewayId" in row for row in table["Associations"])
        )

    # --- Components ---------------------------------------------------------------------------------------------------

    def by_nat(self, wanted: Wanted = bool) -> bool:
        crossed = [one.component for one in self.hops if one.type == "nat-gateway" and one.leg == "request"]
        return self.allowed and any(wanted(self.world.nat_gateways[one]) for one in crossed)

    def by_transit_route(self, wanted: Wanted) -> bool:
        for one in self.hops:
            if self.allowed and one.type == "transit-gateway-route-table":
                rows = self.world.named("search-transit-gateway-routes", one.component)["Routes"]
                names = (row for row in rows if one.rule in (row.get("DestinationCidrBlock"), row.get("PrefixListId")))
                if any(wanted(row) for row in names):
                    return True
        return False

    def by_attachment(self, wanted: Wanted) -> bool:
        crossed = set(self.crossed("transit-gateway-attachment"))
        return self.allowed and any(wanted(row) for (_, id), row in self.world.attachments.items() if id in crossed)

    def by_appliance_mode(self) -> bool:
        rows = (self.world.vpc_attachments.get(one, {}) for one in self.crossed("transit-gateway-attachment"))
        return self.allowed and any(row.get("Options", {}).get("ApplianceModeSupport") == "enable" for row in rows)

    def by_peering(self, key: str) -> bool:
        """Whether a peering connection carried it whose sides differ in something."""
        rows = (self.world.peerings[one] for one in self.crossed("vpc-peering-connection"))
        return self.allowed and any(row["RequesterVpcInfo"][key] != row["AccepterVpcInfo"][key] for row in rows)

    def to_endpoint(self, wanted: Wanted) -> bool:
        rows = (self.world.endpoints[one] for one in self.crossed("vpc-endpoint"))
        return self.allowed and any(wanted(row) for row in rows if row["VpcEndpointType"] != "GatewayLoadBalancer")

    def by_middlebox(self, leg: str) -> bool:
        crossed = [one.component for one in self.hops if one.type == "vpc-endpoint" and one.leg == leg]
        kinds = [self.world.endpoints[one]["VpcEndpointType"] for one in crossed]
        return self.allowed and "GatewayLoadBalancer" in kinds

    # --- Ends and filters ---------------------------------------------------------------------------------------------

    @cached_property
    def references(self) -> list[tuple[str, str]]:
        """(security group, the group that its rule names) where a rule that names a group let it pass."""
        rules = [one for one in self.hops if one.type == "security-group"]
        named = [(one.component, one.detail.rpartition(" ")[2]) for one in rules]
        return [(own, other) for own, other in named if other.startswith("sg-")]

    def refers(self, over: str = "") -> bool:
        """Whether rules that name groups let it pass; ``over``: what it crossed besides."""
        return self.allowed and bool(self.references) and (not over or over in self.types)

    @cached_property
    def ends(self) -> list[tuple[str, str]]:
        """(interface, the address of it that some of the class come from or go to)."""
        found = []
        for factor in self.flow.box[:2]:
            for ip in {ip_of(factor.first), ip_of(factor.spans[-1][1])}:
                found += [(eni, str(ip)) for eni in self.world.interfaces if self.world.owns(eni, ip)]
        return found

    def at_interface(self, wanted: Callable[[Json, str], bool]) -> bool:
        return self.allowed and any(wanted(self.world.interfaces[eni], ip) for eni, ip in self.ends)

    def at_subnet(self, wanted: Wanted) -> bool:
        own = {self.origin.interface.subnet_id} if self.origin.interface else set()
        ids = own | {self.world.interfaces[eni]["SubnetId"] for eni, _ in self.ends} if self.allowed else set()
        return any(wanted(self.world.subnets[one]) for one in ids if one)


def is_of_prefix(row: Json, ip: str) -> bool:
    blocks = [one["Ipv4Prefix"] for one in row.get("Ipv4Prefixes", [])]
    blocks += [one["Ipv6Prefix"] for one in row.get("Ipv6Prefixes", [])]
    return any(block(ip).network_address in block(one) for one in blocks)


def is_secondary(row: Json, ip: str) -> bool:
    return ip in [one["PrivateIpAddress"] for one in row["PrivateIpAddresses"][1:]]


def is_regional(nat: Json) -> bool:
    return nat.get("AvailabilityMode") == "regional"


def is_native(subnet: Json) -> bool:
    return bool(subnet["Ipv6Native"])


def is_interface_endpoint(endpoint: Json) -> bool:
    return bool(endpoint["VpcEndpointType"] == "Interface")


def is_excluded(way: Way) -> bool:
    """By an internet gateway in a Region that blocks them both ways, thanks to an exclusion."""
    options = [answer for path, answer in way.world.files.items() if path.endswith("public-access-options.json")]
    modes = {one["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"] for one in options}
    return way.passes("internet-gateway") and modes == {"block-bidirectional"}


def is_in_local_zone(subnet: Json) -> bool:
    return subnet["AvailabilityZone"].count("-") > 2


def is_of_another_account(way: Way) -> bool:
    homes = way.world.homes
    return way.allowed and any(homes.get(own) != homes.get(other) for own, other in way.references)


def is_one_region(way: Way) -> bool:
    return len({home.partition("/")[2] for home in way.world.homes.values()}) == 1


def is_shared(way: Way) -> bool:
    """From or to an interface that is not the subnet's owner's."""
    vpcs = way.world.vpcs
    return way.at_interface(lambda row, _: row["OwnerId"] != vpcs[row["VpcId"]]["OwnerId"])


WAYS_OUT: dict[str, tuple[str, Callable[[Way], bool]]] = {
    "internet gateway, IPv4": ("network/vpn", lambda w: w.passes("internet-gateway") and not w.is_v6),
    "internet gateway, IPv6": ("network/edge", lambda w: w.passes("internet-gateway") and w.is_v6),
    "internet gateway, in": ("network/edge", lambda w: w.allowed and w.origin.kind == "internet"),
    "egress-only internet gateway": ("network/regions", lambda w: w.passes("egress-only-internet-gateway")),
    "zonal NAT gateway": ("network/translation", lambda w: w.by_nat(lambda nat: not is_regional(nat))),
    "regional NAT gateway": ("network/translation", lambda w: w.by_nat(is_regional)),
    "regional NAT gateway without the zone": (
        "network/translation", lambda w: w.stops("REGIONAL_NGW_ROUTE_AZ_RESTRICTION")
    ),
    "private NAT gateway over a transit gateway": (
        "network/overlap",
        lambda w: w.passes("transit-gateway-attachment") and w.by_nat(lambda nat: nat["ConnectivityType"] == "private"),
    ),
    "two NAT gateways in a row": (
        "network/transit",
        lambda w: w.allowed and sum(one.type == "nat-gateway" and one.leg == "request" for one in w.hops) > 1,
    ),
    "NAT64": ("network/translation", lambda w: w.by_nat() and w.flow.box[1] <= NAT64),
    "NAT gateway behind a transit gateway": (
        "network/central", lambda w: w.passes("transit-gateway-attachment", "nat-gateway")
    ),
    "NAT gateway, answers over peering without a route": (
        "network/gateways", lambda w: any("no route needed" in one.detail for one in w.hops)
    ),
    "NAT gateway, then a gateway endpoint": (
        "network/gateways", lambda w: w.takes_for_granted("NAT_THEN_GATEWAY_ENDPOINT")
    ),
    "Block Public Access": ("network/block", lambda w: w.stops("VPC_BLOCK_PUBLIC_ACCESS_ENABLED")),
    "Block Public Access, excluded": ("network/block", is_excluded),
    "firewall at an internet gateway": ("network/lists", lambda w: w.is_unknown("INTERNET_FIREWALL", "nspect")),
    "private IPv6 space": ("network/ipv6", lambda w: w.stops("GATEWAY_REJECTS_SPOOFED_TRAFFIC")),
    "private gateway, out": ("network/vpn", lambda w: w.passes("vpn-gateway")),
    "private gateway, in": ("network/vpn", lambda w: w.allowed and w.origin.gateway.startswith("vgw-")),
    "carrier gateway": ("network/hubs", lambda w: w.is_unknown("carrier gateways")),
    "local gateway": ("network/everything", lambda w: w.is_unknown("local gateways")),
    "Cloud WAN": ("network/vpn", lambda w: w.is_unknown("Cloud WAN")),
}  # fmt: skip
ROUTES: dict[str, tuple[str, Callable[[Way], bool]]] = {
    "blackhole": ("network/transit", lambda w: w.stops("BAD_STATE_ROUTE")),
    "route by prefix list": (
        "network/lists",
        lambda w: w.allowed and w.takes(lambda r: "DestinationPrefixListId" in r and target_of(r)[:4] != "vpce"),
    ),
    "equal routes by prefix lists": ("network/lists", lambda w: w.takes_for_granted("PREFIX_LISTS_OVERLAP")),
    "propagated route": (
        "network/vpn", lambda w: w.allowed and w.takes(lambda r: r["Origin"] == "EnableVgwRoutePropagation")
    ),
    "Route Server's route": ("network/edge", lambda w: w.takes(lambda r: r["Origin"] == "Advertisement")),
    "within the VPC to a NAT gateway": ("network/transit", lambda w: w.is_led_within("nat-")),
    "within the VPC to an interface": ("network/edge", lambda w: w.is_led_within("eni-")),
    "within the VPC to a middlebox": ("network/inspection", lambda w: w.allowed and w.is_led_within("vpce-")),
    "edge table, local": ("network/edge", lambda w: w.allowed and w.by_edge_table("local")),
    "edge table, to an interface": ("network/edge", lambda w: w.by_edge_table("eni-")),
    "edge table, to a middlebox": ("network/inspection", lambda w: w.allowed and w.by_edge_table("vpce-")),
    "no way back": ("network/vpn", lambda w: w.stops("RETURN_ROUTE_MISSING")),
}  # fmt: skip
FILTERS: dict[str, tuple[str, Callable[[Way], bool]]] = {
    "network ACL, request": ("network/ipv6", lambda w: w.stops("SUBNET_ACL_RESTRICTION") and w.leg == "request"),
    "network ACL, answer": ("network/ipv6", lambda w: w.stops("SUBNET_ACL_RESTRICTION") and w.leg == "response"),
    "security group": ("network/filters", lambda w: w.stops("ENI_SG_RULES_MISMATCH")),
    "group named": ("network/references", lambda w: w.refers()),
    "group named, over peering": ("network/accounts", lambda w: w.refers("vpc-peering-connection")),
    "group named, over a transit gateway": ("network/references", lambda w: w.refers("transit-gateway-attachment")),
    "group named, of another account": ("network/accounts", is_of_another_account),
    "group named, stale": ("network/references", lambda w: w.stops("SG_REFERENCE_STALE")),
    "group named, unseen": ("network/everything", lambda w: w.is_unknown("SECURITY_GROUP_UNSEEN")),
    "group named, lost in a middlebox": ("network/everything", lambda w: w.stops("SG_REFERENCES_NOT_PRESERVED")),
    "group named, lost at a transit gateway": ("network/hubs", lambda w: w.stops("SG_REFERENCING_SUPPORT")),
    "group's prefix list": (
        "network/lists", lambda w: any(one.type == "security-group" and " pl-" in one.detail for one in w.hops)
    ),
    "group of another VPC": ("network/everything", lambda w: w.at_interface(
        lambda row, _: any(w.world.groups[one["GroupId"]]["VpcId"] != row["VpcId"] for one in row["Groups"])
    )),
    "delegated prefix": ("network/translation", lambda w: w.at_interface(is_of_prefix)),
    "secondary address": ("network/vpn", lambda w: w.at_interface(is_secondary)),
    "IPv6-only subnet": ("network/ipv6", lambda w: w.at_subnet(is_native)),
    "IPv6-only subnet, NAT64": (
        "network/translation", lambda w: w.by_nat() and w.flow.box[1] <= NAT64 and w.at_subnet(is_native)
    ),
    "shared subnet": ("network/accounts", is_shared),
}  # fmt: skip
BETWEEN: dict[str, tuple[str, Callable[[Way], bool]]] = {
    "peering, IPv4": ("network/lists", lambda w: w.passes("vpc-peering-connection") and not w.is_v6),
    "peering, IPv6": ("network/ipv6", lambda w: w.passes("vpc-peering-connection") and w.is_v6),
    "peering with another account": ("network/accounts", lambda w: w.by_peering("OwnerId")),
    "peering with another Region": ("network/regions", lambda w: w.by_peering("Region")),
    "transit gateway, VPC to VPC": (
        "network/vpn", lambda w: len(w.crossed("transit-gateway-attachment")) > 1 and w.allowed
    ),
    "transit gateway, IPv6": ("network/regions", lambda w: w.passes("transit-gateway-attachment") and w.is_v6),
    "transit gateway, Local Zone": (
        "network/transit", lambda w: w.passes("transit-gateway-attachment") and w.at_subnet(is_in_local_zone)
    ),
    "transit gateway, static": ("network/hubs", lambda w: w.by_transit_route(lambda r: r["Type"] == "static")),
    "transit gateway, propagated": ("network/hubs", lambda w: w.by_transit_route(lambda r: r["Type"] != "static")),
    "transit gateway, prefix list": ("network/hubs", lambda w: w.by_transit_route(lambda r: "PrefixListId" in r)),
    "transit gateway, several ways": (
        "network/hubs", lambda w: w.by_transit_route(lambda r: len(r.get("TransitGatewayAttachments", [])) > 1)
    ),
    "transit gateway, blackhole": ("network/hubs", lambda w: w.stops("TGW_RTB_BAD_STATE_ROUTE")),
    "transit gateway, no route": ("network/central", lambda w: w.stops("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT")),
    "transit gateway, no table": ("network/hubs", lambda w: w.stops("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION")),
    "transit gateway, no subnet in the zone": ("network/vpn", lambda w: w.stops("TGW_ROUTE_AZ_RESTRICTION")),
    "transit gateway, appliance mode": ("network/translation", Way.by_appliance_mode),
    "transit gateway, appliance mode and middlebox": (
        "network/central", lambda w: w.by_appliance_mode() and w.by_middlebox("request")
    ),
    "transit gateway, VPN": ("network/vpn", lambda w: w.by_attachment(lambda r: r["ResourceType"] == "vpn")),
    "transit gateway, Direct Connect": (
        "network/hubs", lambda w: w.by_attachment(lambda r: r["ResourceType"] == "direct-connect-gateway")
    ),
    "transit gateway, Connect": ("network/overlap", lambda w: w.is_unknown("Transit Gateway Connect")),
    "transit gateway, in from on-premises": (
        "network/vpn", lambda w: w.allowed and w.origin.gateway.startswith("tgw-attach")
    ),
    "transit gateway of another account": (
        "network/foreign hub", lambda w: w.by_attachment(lambda r: r["TransitGatewayOwnerId"] != r["ResourceOwnerId"])
    ),
    "transit gateway whose owner is unseen": (
        "network/foreign hub",
        lambda w: w.is_unknown("TGW_RTB_ROUTES_ARE_UNKNOWN") and "transit-gateway-attachment" in w.types,
    ),
    "somebody unseen": (
        "network/foreign hub", lambda w: w.origin.kind == "unseen" and w.is_unknown("PEER_ACCOUNT_UNSEEN")
    ),
    "somebody unseen, kept out": (
        "network/foreign hub", lambda w: w.origin.kind == "unseen" and w.stops("ENI_SG_RULES_MISMATCH")
    ),
    "no answer from wherever it went": (
        "network/everything",
        lambda w: bool(w.flow.gaps) and w.flow.end == "unknown" and w.stops("RETURN_ACL_EPHEMERAL"),
    ),
    "transit gateways of two Regions": (
        "network/regions", lambda w: not is_one_region(w) and w.by_attachment(lambda r: r["ResourceType"] == "peering")
    ),
    "transit gateways of one Region": (
        "network/hubs", lambda w: is_one_region(w) and w.by_attachment(lambda r: r["ResourceType"] == "peering")
    ),
}  # fmt: skip
SERVICES: dict[str, tuple[str, Callable[[Way], bool]]] = {
    "gateway endpoint": ("workloads/gateways", lambda w: w.to_endpoint(lambda e: e["VpcEndpointType"] == "Gateway")),
    "interface endpoint": ("workloads/gateways", lambda w: w.to_endpoint(is_interface_endpoint)),
    "interface endpoint, IPv6": ("network/everything", lambda w: w.is_v6 and w.to_endpoint(is_interface_endpoint)),
    "interface endpoint over peering": (
        "network/ipv6", lambda w: w.passes("vpc-peering-connection") and w.to_endpoint(is_interface_endpoint)
    ),
    "endpoint of another Region's service": (
        "network/ipv6", lambda w: w.to_endpoint(lambda e: e["ServiceRegion"] == "eu-west-1")
    ),
    "own endpoint service": (
        "load-balancers/gateways", lambda w: w.to_endpoint(lambda e: "vpce-svc-" in e["ServiceName"])
    ),
    "resource endpoint": ("network/ipv6", lambda w: w.is_unknown("(Resource)")),
    "service-network endpoint": ("network/ipv6", lambda w: w.is_unknown("(ServiceNetwork)")),
    "VPC Lattice": ("network/vpn", lambda w: w.is_unknown("VPC Lattice")),
    "firewall, both ways": ("network/central", lambda w: w.by_middlebox("request") and w.by_middlebox("response")),
    "firewall drops": ("network/inspection", lambda w: w.stops("FIREWALL_RULES_RESTRICTION")),
    "firewall drops an answer": (
        "network/inspection", lambda w: w.stops("FIREWALL_RULES_RESTRICTION") and w.leg == "response"
    ),
    "firewall sees one way": (
        "network/inspection", lambda w: w.stops("MIDDLEBOX_ASYMMETRIC", "INGRESS_RTB_TRAFFIC_REDIRECTION")
    ),
    "appliances": ("network/inspection", lambda w: w.is_unknown("INSPECTED_BY_APPLIANCE")),
    "forwarding interface": ("network/edge", lambda w: w.is_unknown("APPLIANCE_MAY_FORWARD")),
    "Application Load Balancer": ("load-balancers/transit", lambda w: w.takes_for_granted("LB_RULES_NOT_FOLLOWED")),
    "client address kept": (
        "load-balancers/gateways", lambda w: w.allowed and any("client's address on" in one.detail for one in w.hops)
    ),
    "client address translated": (
        "load-balancers/transit",
        lambda w: w.allowed and any(one.type == "target-group" and " connects from " in one.detail for one in w.hops),
    ),
    "targets of other zones left out": ("load-balancers/transit", lambda w: w.stops("ELBV2_NO_TARGETS_IN_AZ")),
    "build": ("network/gateways", lambda w: w.allowed and w.origin.id.startswith("codebuild:")),
    "task": ("workloads/gateways", lambda w: w.allowed and w.origin.id.startswith("ecs:")),
    "task with a public address": (
        "workloads/gateways", lambda w: w.passes("internet-gateway") and w.origin.id.startswith("ecs:")
    ),
    "function": ("workloads/gateways", lambda w: w.allowed and w.origin.id.startswith("lambda:")),
}  # fmt: skip
FEATURES = WAYS_OUT | ROUTES | FILTERS | BETWEEN | SERVICES
"""By feature: a kind of networks that must cross it, and whether a way does."""

"""What the steps of a walk share: the network with its compiled filters and tables, and what a flow carries along."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any, Final, Literal, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reachsim.addresses import PUBLIC, V4, V6, format_address, format_set
from reachsim.engine import Flow, Header
from reachsim.evidence import Assumption, Block, Direction, Gap, Hop
from reachsim.filters import Rule, network_acl_rules, security_group_rules
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.firewalls import OwnedFirewall, firewalls_by_endpoint
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import keeps_to_zones, nodes_of
from reachsim.model.network import Network
from reachsim.model.records import (
    GatewayAttachment,
    NotThere,
    RouteTable,
    TransitGatewayRoute,
    TransitGatewayVpcAttachment,
    VpcPeeringConnectionVpcInfo,
)
from reachsim.model.states import Standing, State
from reachsim.packets import ICMP, ICMPV6, NAT_PORT, SECOND_NAT_PORT, TCP, UDP, protocol_services
from reachsim.routing import CompiledTable, Parts, compile_table, compile_transit_table

OriginKind = Literal["interface", "internet", "on-premises", "unseen"]
Route = Literal["private", "aws-public", "internet", "on-premises"]


class Origin(Struct, frozen=True, gc=False):
    """Where a walk starts, and where its replies must come back to.

    ``gateway`` is the internet gateway, virtual private gateway or transit gateway attachment by which traffic from
    outside comes in. ``unseen`` is whom the snapshot does not hold: their replies end where it ends.
    """

    kind: OriginKind
    id: str
    interface: Interface | None = None
    gateway: str = ""
    vpc_id: str = ""


class Balanced(Struct, frozen=True, gc=False):
    """What a load balancer's interface remembers besides: it translates the destination too, and with ``preserves`` it
    does not translate the source.
    """

    interface_id: str
    destination: Header
    service: IntervalSet | None
    preserves: bool


class Translation(Struct, frozen=True, gc=False):
    """What a NAT gateway remembers of a flow: how the header looked before, and where the reply leaves the gateway.

    ``destination`` is filled where NAT64 changed it; ``zone`` is where a NAT gateway that is in no subnet served it.
    """

    gateway: str
    source: Header
    port: int
    sender: Interface | None
    subnet_id: str
    vpc_id: str
    peering: str = ""
    balancer: Balanced | None = None
    destination: Header | None = None
    zone: str | None = None


Connection = tuple[str, IntervalSet, IntervalSet]
"""What a firewall's endpoint sees of a request: the endpoint, and the source and destination that it has there."""


class Context(Struct, frozen=True, gc=False):
    """What AWS's rules need to know of a flow besides its header.

    ``sender`` is the interface whose private address is the source now; None when the source is somebody outside.
    ``links`` are the peering connections and transit gateway attachments crossed since the sender. ``zone`` is the
    Availability Zone that the flow is in. ``exit`` is the gateway by which the request left for the internet, if it
    did, and ``outside`` the addresses that it was seen to come from there, where they are known. ``terminal``,
    ``terminal_kind`` and ``route`` are filled where the request ends. ``name`` is the host name that the client asked
    for. ``inspected`` are the middleboxes that the request crossed, ``crossings`` and ``crossings_back`` those of
    request and reply with the number of translations until then; ``redirected`` says that a gateway route table led
    there. ``tracked`` and ``decided`` are the requests that stateful engines of firewalls saw, and those on which a
    rule decided; ``pinned`` the subnets that appliance mode holds a flow to, by attachment and number of translations
    until then. ``receivers`` are the virtual interfaces that the asked destination stands for.
    """

    origin: Origin
    sender: Interface | None = None
    zone: str | None = None
    links: tuple[str, ...] = ()
    session: tuple[Translation, ...] = ()
    crossed: tuple[str, ...] = ()
    exit: str = ""
    outside: IntervalSet = EMPTY
    name: str = ""
    inspected: tuple[str, ...] = ()
    crossings: tuple[tuple[str, int], ...] = ()
    crossings_back: tuple[tuple[str, int], ...] = ()
    redirected: bool = False
    tracked: tuple[Connection, ...] = ()
    decided: tuple[Connection, ...] = ()
    pinned: tuple[tuple[tuple[str, int], str], ...] = ()
    receivers: tuple[Interface, ...] = ()
    terminal: str = ""
    terminal_kind: str = ""
    route: Route | None = None


Found = TypeVar("Found")
Walk = Flow[Context]
Forward = Callable[["Ground", tuple[Walk, ...]], tuple[Walk, ...]]
Once = Callable[[Forward, tuple[Walk, ...]], tuple[Walk, ...]]


class Told(Protocol):
    """Asks for a fact by what it is about."""

    def __call__(self, fact: Callable[..., Found], *names: Hashable) -> Found: ...


class Ground:
    """A network made ready for walking. Compiled filters and tables are kept."""

    def __init__(self, network: Network, appliances: Mapping[str, str] | None = None) -> None:
        """``appliances``: what the user says that an interface, instance or endpoint does (``forward`` or ``nat``)."""
        self.network = network
        self.appliances = dict(appliances or {})
        self.group_rules: Callable[..., tuple[Rule, ...]] = cache(self._group_rules)
        self.group_rules_at: Callable[..., tuple[Rule, ...]] = cache(self._group_rules_at)
        self.acl_rules: Callable[..., tuple[Rule, ...]] = cache(self._acl_rules)
        self.table: Callable[[str], CompiledTable] = cache(self._table)
        self.transit_table = cache(self._transit_table)
        self.peered_vpcs = cache(self._peered_vpcs)
        self.lacks_for_vpc = cache(self._lacks_for_vpc)
        self.zone_of = cache(network.zone_of)
        self.walked: Once = self._walked
        self.once: Once = lru_cache(maxsize=64)(self._walked)
        self.told: Told = cache(self._told)
        self.worked_out: Told = cache(self._worked_out)
        self._kept: dict[Hashable, Any] = {}
        self.resolutions: dict[Hashable, Any] = {}
        """What names are resolved to, which `reachsim.resolver_paths` remembers here."""

    def kept(self, key: Hashable, made: Callable[[], Found]) -> Found:
        """What was made for this key before, or is made now: what the configuration tells, whatever flows."""
        try:
            found: Found = self._kept[key]
        except KeyError:
            found = self._kept[key] = made()
        return found

    def _told(self, fact: Callable[..., Found], *names: Hashable) -> Found:
        """What ``fact`` says of something of the network, worked out the first time that it is asked for."""
        return fact(self.network, *names)

    def _worked_out(self, fact: Callable[..., Found], *names: Hashable) -> Found:
        """Like `told`, where the fact takes compiled filters and tables, too."""
        return fact(self, *names)

    def _group_rules(self, group_id: str, direction: Direction) -> tuple[Rule, ...]:
        return security_group_rules(self.network, self.network.security_groups[group_id], direction)

    def _group_rules_at(self, group_id: str, direction: Direction, service: int) -> tuple[Rule, ...]:
        """Those that name a service."""
        return security_group_rules(self.network, self.network.security_groups[group_id], direction, service)

    def _acl_rules(self, acl_id: str, direction: Direction) -> tuple[Rule, ...]:
        return network_acl_rules(self.network, self.network.network_acls[acl_id], direction)

    def _table(self, table_id: str) -> CompiledTable:
        table: RouteTable = self.network.route_tables[table_id]
        return compile_table(self.network, table, self.network.home_of(table_id))

    def _transit_table(self, table_id: str, gateway_id: str) -> tuple[
        Parts[TransitGatewayRoute], tuple[str, ...]
    ]:  # fmt: skip
        """The split of destinations by a table of a transit gateway, and the files of prefix lists that it lacks."""
        routes = self.network.transit_gateway_routes[table_id]
        return compile_transit_table(self.network, routes, self.network.home_of(gateway_id))

    @cached_property
    def attachments(self) -> dict[tuple[str | None, str | None], tuple[TransitGatewayVpcAttachment, ...]]:
        """The VPC attachments of transit gateways by (transit gateway, VPC)."""
        found: dict[tuple[str | None, str | None], tuple[TransitGatewayVpcAttachment, ...]] = {}
        for one in self.network.transit_gateway_vpc_attachments.values():
            key = (one.transit_gateway_id, one.vpc_id)
            found[key] = (*found.get(key, ()), one)
        return found

    def _peered_vpcs(self, vpc_id: str) -> frozenset[str]:
        """The VPC and those whose security groups its rules may name: actively peered, same Region (fact N88)."""
        found = {vpc_id}
        for peering in self.network.vpc_peering_connections.values():
            ends = (peering.requester_vpc_info, peering.accepter_vpc_info)
            here = [end for end in ends if end.vpc_id == vpc_id]
            there = peering.status.code.standing("active") != "does-not"
            regions = {self._region_of(end) for end in ends} - {None}  # answers from before 2017 tell none
            if here and there and len(regions) <= 1:
                found |= {end.vpc_id for end in ends if end.vpc_id}
        return frozenset(found)

    def _region_of(self, end: VpcPeeringConnectionVpcInfo) -> str | None:
        """The Region of one end of a peering connection, by what the snapshot holds of its VPC or by the connection."""
        return self.network.home_of(end.vpc_id)[1] if end.vpc_id in self.network.vpcs else end.region

    @cached_property
    def firewalls(self) -> dict[str, OwnedFirewall]:
        """Network Firewalls by the endpoint that leads to them."""
        return firewalls_by_endpoint(self.network)

    @cached_property
    def internet_firewalls(self) -> dict[str, str]:
        """Automated Internet Firewalls by the internet gateway or VPC that they are at ("IgwFirewall" of a route,
        "NetworkFirewallAssociations" of a VPC, EC2 API).
        """
        network = self.network
        found = {
            route.gateway_id or route.egress_only_internet_gateway_id or "": route.igw_firewall.firewall_arn
            for table in network.route_tables.values()
            for route in table.routes
            if route.igw_firewall is not None
        }
        associated = (
            (vpc_id, one.firewall_arn)
            for vpc_id, vpc in network.vpcs.items()
            for one in vpc.network_firewall_associations
        )
        return found | dict(associated)

    def _walked(self, walk: Forward, start: tuple[Walk, ...]) -> tuple[Walk, ...]:
        """What a walk comes to; ``once`` remembers it, as builds ask for many public names, and each of them stands for
        the same addresses.
        """
        return walk(self, start)

    def remembered(self, _: Hashable, asked: Callable[[], Found]) -> Found:
        """What a question comes to. Nothing is remembered here: that is for whoever asks the same again."""
        return asked()

    @cached_property
    def zonal_nodes(self) -> tuple[tuple[Interface, tuple[str, ...]], ...]:
        """Nodes of the load balancers whose names are answered with the one in the client's own zone, or perhaps are:
        with the files that would tell.
        """
        network = self.network
        kept = ((arn, *keeps_to_zones(network, arn)) for arn in sorted(network.load_balancers))
        return tuple(
            (node, lacking) for arn, keeps, lacking in kept if keeps or lacking for node in nodes_of(network, arn)
        )

    def with_files(self, files: Mapping[str, bytes]) -> Ground | None:
        """The same with other files in the snapshot, or with more; None if that is not to be had."""
        key = ("with files", tuple(sorted(files.items())))
        return self.kept(key, lambda: Ground(self.network.with_files(files), self.appliances))

    def _lacks_for_vpc(self, vpc_id: str, *operations: str) -> tuple[str, ...]:
        """Files of the VPC's account and Region that are not known."""
        return self.network.lacks(self.network.home_of(vpc_id), *operations)


def answers_one(flow: Walk, endpoint_id: str, seen: tuple[Connection, ...]) -> bool:
    """Whether a flow is the reply to a request that was seen before an endpoint; behind a translation it is another."""
    if flow.leg == "request":
        return False
    here = (one for one in seen if one[0] == endpoint_id)
    return any(flow.destinations <= sources and flow.sources <= destinations for _, sources, destinations in here)


def decided(flow: Walk, endpoint_id: str) -> Walk:
    """The flow, with the note that a rule of the stateful engine behind an endpoint decides on its replies too."""
    if flow.leg == "response":
        return flow
    return with_context(flow, decided=(*flow.context.decided, (endpoint_id, flow.sources, flow.destinations)))


def next_port(flow: Walk) -> int | None:
    """The dimension of the port that the next translation of the source picks; None after two of them."""
    used = {flow.port, *(one.port for one in flow.context.session)}
    return next((port for port in (NAT_PORT, SECOND_NAT_PORT) if port not in used), None)


def with_context(flow: Walk, **changes: object) -> Walk:
    return replace(flow, context=replace(flow.context, **changes))


def missing(files: tuple[str, ...], component: str, what: str) -> Gap:
    """A gap because files are not in the snapshot."""
    return Gap("UNKNOWN_RESOURCE", component, f"{what} is not in the snapshot ({', '.join(files)})", files)


def unseen(component: str, what: str, code: str = "UNKNOWN_RESOURCE") -> Gap:
    """A gap because a resource that something refers to is in none of the files."""
    return Gap(code, component, what)


def not_there(ground: Ground, flow: Walk, component: str, vpc_id: str, operation: str) -> Walk:
    """The flow is lost at a component that no file describes."""
    lacking = ground.lacks_for_vpc(vpc_id, operation)
    what = f"{component}, the target of a route,"
    gap = missing(lacking, component, what) if lacking else unseen(component, f"{what} is not in the snapshot")
    return lost(flow, gap)


def block(
    flow: Walk,
    code: str,
    component: str,
    detail: str,
    *,
    rule: str | int | None = None,
    at: str | None = None,
    direction: Direction = "egress",
    cause: str | None = None,
    symptom: str = "timeout",
    source: str | None = None,
) -> Block:
    """A block on the flow's leg."""
    return Block(code, component, rule, at, flow.leg, direction, symptom, detail, cause, source)


def hop(
    flow: Walk, component: str, kind: str, detail: str, *, rule: str | int | None = None, source: str | None = None
) -> Hop:
    """A hop on the flow's leg."""
    return Hop(component, kind, flow.leg, rule, detail, source)


def assume(code: str, component: str, detail: str, can_hide: Literal["leak", "block", "neither"]) -> Assumption:
    return Assumption(code, component, detail, can_hide)


def past_state(
    flow: Walk, component: str, state: State, working: tuple[str, ...], label: str, *, code: str = "BAD_STATE",
    direction: Direction = "egress",
) -> Walk:  # fmt: skip
    """The flow past something in a state: blocked if that means that it does not work, else not known."""
    match state.standing(*working):
        case "works":
            return flow
        case "does-not":
            flow = flow.assuming(*in_change(component, label, state))
            return flow.blocked(block(flow, code, component, f"{label} is {state}", direction=direction))
        case "unknown":
            detail = f"{component} is in state {str(state)!r}, whose meaning is not known"
            return flow.unknown(Gap("UNMODELLED_COMPONENT", component, detail))


def in_change(component: str, label: str, state: State) -> tuple[Assumption, ...]:
    """What is assumed of something that comes or goes: that it does not work."""
    if not state.changing:
        return ()
    return (assume("STATE_CHANGING", component, f"{label} is {state}: it was taken not to work", "leak"),)


def stopped(flow: Walk, *blocks: Block) -> Walk:
    """The flow ends here, blocked."""
    return flow.blocked(*blocks).ended("dropped")


def lost(flow: Walk, *gaps: Gap) -> Walk:
    """The flow ends here, and what becomes of it is not known."""
    return flow.unknown(*gaps).ended("unknown")


@lru_cache(maxsize=4096)
def describe_services(services: IntervalSet) -> str:
    """Services in words: ``tcp/443``, ``tcp 1024-65535``, ``icmp``, ``protocol 47``, ``other protocols``."""
    words: list[str] = []
    others = services
    for name, protocol in (("icmp", ICMP), ("tcp", TCP), ("udp", UDP), ("icmpv6", ICMPV6)):
        every = protocol_services(protocol)
        part, others = services & every, others - every
        ports = part.shift(-(protocol << 16))
        if part == every:
            words.append(name)
        elif part and protocol in (ICMP, ICMPV6):
            words.append(f"{name} type {', '.join(sorted({str(low >> 8) for low, _ in ports.spans}))}")
        elif part:
            words.append(
                name + ("/" if ports.size == 1 else " ") + ", ".join(_range(*span) for span in ports.spans[:4])
            )
    if 0 < others.size <= _FEW_PROTOCOLS * 65536:
        words += [f"protocol {number}" for low, high in others.spans for number in range(low >> 16, (high >> 16) + 1)]
    elif others:
        words.append("other protocols")
    return ", ".join(words)


_FEW_PROTOCOLS: Final = 3
"""As many protocols by number as are named one by one."""


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def describe_addresses(addresses: IntervalSet, limit: int = 3) -> str:
    """Addresses in words: the first blocks and ranges, and whether there are more; nine tenths of a family's public
    addresses are simply its public addresses.
    """
    return format_address(addresses.first) if addresses.is_single else _several_in_words(addresses, limit)


@lru_cache(maxsize=4096)
def _several_in_words(addresses: IntervalSet, limit: int) -> str:
    words: list[str] = []
    for name, public in _PUBLIC_BY_NAME if addresses.size >= 1 << 31 else ():
        mine = addresses & public
        if mine.size * 10 >= public.size * 9:
            words.append(name)
            addresses = addresses - public
    room = limit - len(words)
    words += [_span_in_words(low, high) for low, high in addresses.spans[:room]]
    return ", ".join(words) + (" and others" if len(addresses.spans) > room else "")


_PUBLIC_BY_NAME = (("public IPv4 addresses", PUBLIC & V4), ("public IPv6 addresses", PUBLIC & V6))


def _span_in_words(low: int, high: int) -> str:
    blocks = format_set(IntervalSet.span(low, high))
    return blocks[0] if len(blocks) == 1 else f"{format_address(low)}-{format_address(high)}"


def describe(flow: Walk) -> str:
    """The flow's header in words."""
    services = describe_services(flow.services)
    return f"{services} from {describe_addresses(flow.sources)} to {describe_addresses(flow.destinations)}"


ATTACHED = ("available", "attached")


def attached(attachments: tuple[GatewayAttachment, ...], vpc_id: str) -> bool:
    """Whether a gateway is attached to the VPC; AWS answers ``available`` where its model says ``attached`` (N34)."""
    return attachment(attachments, vpc_id) == "works"


def attachment(attachments: tuple[GatewayAttachment, ...], vpc_id: str) -> Standing:
    """Like `attached`; a state that nobody knows tells neither, nor does what the file lacks."""
    found = {one.state.standing(*ATTACHED) for one in attachments if one.vpc_id == vpc_id}
    if isinstance(attachments, NotThere) or any(one.vpc_id is None for one in attachments):
        found.add("unknown")
    return "works" if "works" in found else "unknown" if "unknown" in found else "does-not"


def past_attachment(flow: Walk, attachments: tuple[GatewayAttachment, ...], vpc_id: str, why: Block) -> Walk:
    match attachment(attachments, vpc_id):
        case "works":
            return flow
        case "does-not":
            here = (one.state for one in attachments if one.vpc_id == vpc_id)
            label = f"the attachment of {why.component} to {vpc_id}"
            told = (one for state in here for one in in_change(why.component, label, state))
            return flow.assuming(*told).blocked(why)
        case "unknown":
            detail = f"whether {why.component} is attached to {vpc_id} is not known"
            return flow.unknown(Gap("UNMODELLED_COMPONENT", why.component, detail))


def keeps_client(flow: Walk) -> bool:
    """Whether a Network Load Balancer sent it on with the client's address."""
    last = flow.context.session[-1].balancer if flow.context.session else None
    return last is not None and last.preserves

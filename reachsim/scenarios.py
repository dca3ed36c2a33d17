"""Questions as scenarios: one walk per place that traffic can start from and address that it can go to.

Each scenario's flows are disjoint and add up to what was asked of it. Which alternatives the asker picks from and
which chance picks from is kept (`Scenario.group`, `chance_source`, `chance_destination`), for `reachsim.simulate` to
weigh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Final, Literal

import msgspec

from reachsim.addresses import NAT64, PUBLIC, V4, V6
from reachsim.apart import told_apart
from reachsim.destinations import Destination, destination
from reachsim.dns import Reason, Resolution, resolve_outside
from reachsim.dns.resolution import made_up_ipv6
from reachsim.engine import ICMP_REPLIES, Flow, kinds
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.forwarding import Context, Ground, Walk, forward, one_by_one
from reachsim.forwarding.amazon_local import UNDOCUMENTED
from reachsim.forwarding.endpoints import asked_by_name
from reachsim.forwarding.ground import Origin, Route, describe_addresses, describe_services, stopped
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.records import NetworkInterface
from reachsim.packets import (
    ALL_SERVICES,
    CHOICES,
    DESTINATION,
    DIMENSIONS,
    ICMP,
    ICMPV6,
    PORTS,
    Box,
    PacketSet,
    icmp_services,
    protocol_services,
)
from reachsim.refused import kept_out, may_send, refusals, unanswered
from reachsim.resolver_paths import resolved
from reachsim.selectors import Selector
from reachsim.sources import Source, sources
from reachsim.workloads import ANY_CLIENT_PORTS

NAT_PORTS = ANY_CLIENT_PORTS
FILTER_CODES = frozenset({"ENI_SG_RULES_MISMATCH", "SG_HAS_NO_RULES", "SUBNET_ACL_RESTRICTION"})
_FROM_PRIVATE = ("on-premises", "unseen")
"""Kinds of origins that ask for private addresses, though they are in no VPC of the snapshot."""
FAMILIES = {"ipv4": V4, "ipv6": V6, None: V4 | V6}


class Scenario(msgspec.Struct, frozen=True):
    """One walk: who, to which addresses, and what became of every packet of it.

    ``chance_source`` and ``chance_destination`` say that the address is not the asker's choice; ``symbolic`` that the
    destinations are a set of which the true address is some unknown member.
    """

    group: str
    origin: str
    asked: PacketSet
    flows: tuple[Walk, ...]
    chance_source: bool
    chance_destination: bool
    symbolic: bool
    source: Source
    resolution: Resolution | None = None
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def reason(self) -> Reason | None:
        return self.resolution.reason if self.resolution else None


@lru_cache(maxsize=1024)
def services_of(protocol: int | None, port: int | None) -> IntervalSet:
    """The services that a question names. For ICMP ``port`` is the type."""
    if protocol is None:
        if port is None:
            return ALL_SERVICES
        single = IntervalSet.single(port)
        return protocol_services(6, single) | protocol_services(17, single)
    if port is None or protocol not in (1, 6, 17, 58):
        return protocol_services(protocol)
    if protocol in ICMP_REPLIES:
        return icmp_services(protocol, port, -1)
    return protocol_services(protocol, IntervalSet.single(port))


ECHO_OVER_IPV6 = {8: 128, 0: 129}
"""ICMP's types of echo request and reply → ICMPv6's (RFC 792, RFC 4443)."""


@lru_cache(maxsize=1024)
def services_over(family: IntervalSet, services: IntervalSet) -> IntervalSet:
    """What services mean over one family: ICMP stands for ICMPv6 over IPv6, and ICMPv6 is nothing over IPv4.

    Of ICMP's types those of echo have a counterpart there.
    """
    foreign = protocol_services(ICMPV6 if family is V4 else ICMP)
    own = services - foreign
    if own or family is V4:
        return own
    if services == foreign:
        return protocol_services(ICMPV6)
    return IntervalSet.union_of(
        icmp_services(ICMPV6, six, -1)
        for four, six in ECHO_OVER_IPV6.items()
        if not services.isdisjoint(icmp_services(ICMP, four, -1))
    )


def scenarios(
    ground: Ground,
    source: Selector,
    target: Selector,
    services: IntervalSet,
    family: str | None,
    pins: Mapping[str, IntervalSet],
) -> tuple[Scenario, ...]:
    """Walk a question. Raises QuestionError for selectors that name nothing."""
    network = ground.network
    home = network.homes[0] if network.homes else ("000000000000", "us-east-1")
    known: dict[tuple[Home, bool], Destination] = {}
    if source.kind in ("internet", "igw", "ip"):
        outside = source.kind in ("internet", "igw")
        known[home, outside] = aimed = destination(network, target, home, from_outside=outside)
        toward, beyond = _met_outside(network, aimed, pins)
        started = sources(network, source, toward, aimed.addresses, beyond)
    else:
        started = sources(network, source)
    found: list[Scenario] = []
    for start in started:
        asked = start.home, not start.vpc_id and start.origin.kind not in _FROM_PRIVATE
        if asked not in known:
            known[asked] = destination(network, target, start.home, from_outside=asked[1])
        made = _from(ground, start, known[asked], services, family, pins)
        if source.kind in ("internet", "igw", "ip") and not known[asked].gaps:
            made = [_never_let_in(ground, one, known[asked], services) for one in made]
        found += made
    return tuple(_without_closed(found))


def _without_closed(found: list[Scenario]) -> list[Scenario]:
    """Without ways of whom the snapshot does not hold that are surely closed: they are none, if there are others."""
    left = [one for one in found if not one.source.unseen or not all(flow.blocks for flow in one.flows)]
    return left or found


def _met_outside(
    network: Network, aimed: Destination, pins: Mapping[str, IntervalSet]
) -> tuple[tuple[Interface, ...], Gap | None]:
    """What somebody outside every VPC finds at a destination: interfaces of the snapshot, or something that is as much
    outside as they are (a gap), as a name of a load balancer that no file describes may be.
    """
    if aimed.interfaces or aimed.blocks or aimed.gaps or aimed.via:
        return aimed.interfaces, None
    found = resolve_outside(aimed.name, pins, network) if aimed.name else None
    if found is not None and found.gaps:
        return (), found.gaps[0]
    addresses = found.addresses if found is not None else aimed.addresses
    toward = network.interfaces_with(addresses) if found is not None and not found.public else ()
    if toward or not addresses & PUBLIC - network.all_vpc_addresses - network.own_public_addresses:
        return toward, None
    calls = [("ec2", "describe-network-interfaces")]
    if "elb." in aimed.name:
        calls += [("elbv2", "describe-load-balancers"), ("elb", "describe-load-balancers")]
    lacking = network.unknown(*(network.path(home, *call) for home in network.homes for call in calls))
    if aimed.selector.kind == "ip" and not lacking:
        return (), None  # an address that nobody has here: internet gateways take nothing to it (N35)
    asked = aimed.name or str(aimed.selector)
    detail = f"neither end is in a VPC of the snapshot, which does not hold the way to {asked}"
    detail = f"whether {asked} is in a VPC of the snapshot is not known" if lacking else detail
    return (), Gap("UNKNOWN_DESTINATION", asked, detail, lacking)


def _never_let_in(ground: Ground, one: Scenario, aimed: Destination, services: IntervalSet) -> Scenario:
    """What may come by somebody who is not in the snapshot, blocked where the end takes it from nobody."""
    if one.blocks or not one.gaps or one.resolution is not None or aimed.selector.kind == "ip":
        return one
    blocks = refusals(ground, aimed.interfaces, services) if aimed.interfaces else ()
    return msgspec.structs.replace(one, blocks=blocks, gaps=()) if blocks else one


def to_addresses(
    ground: Ground, source: Selector, addresses: IntervalSet, services: IntervalSet
) -> tuple[Scenario, ...]:
    """Walk from a resource's interfaces to addresses of an endpoint's service, whichever endpoint they cross."""
    aimed = Destination(Selector("vpce", ""), addresses)
    started = sources(ground.network, source)
    return tuple(one for start in started for one in _from(ground, start, aimed, services, None, {}))


def crossing(found: Iterable[Scenario], component: str) -> tuple[Scenario, ...]:
    """The scenarios, blocked where they get there without crossing a component."""
    return tuple(
        msgspec.structs.replace(one, flows=tuple(_must_cross(flow, component) for flow in one.flows)) for one in found
    )


def starts_of(start: Source, targets: IntervalSet, services: IntervalSet) -> Iterator[Walk]:
    """Where walks from a place to addresses begin: one for each kind of packet."""
    context = Context(start.origin, start.origin.interface)
    for family in (V4, V6):
        for box in _boxes(start, targets & family, family, services):
            yield Flow(box, start.place, context)


def _from(
    ground: Ground, start: Source, aimed: Destination, services: IntervalSet, family: str | None,
    pins: Mapping[str, IntervalSet],
) -> list[Scenario]:  # fmt: skip
    network = ground.network
    resolution: Resolution | None = None
    refused: Resolution | None = None
    symbolic = False
    if aimed.name:
        resolution = resolved(ground, start, aimed.name, pins) if start.vpc_id else resolve_outside(
            aimed.name, pins, network
        )  # fmt: skip
        if start.origin.kind in _FROM_PRIVATE and resolution.public:
            where = "on premises" if start.origin.kind == "on-premises" else "there"
            detail = f"what name servers {where} answer for {aimed.name} is not known"
            resolution = Resolution(aimed.name, gaps=(Gap("DNS_CUSTOM_RESOLVER_UNKNOWN", start.origin.id, detail),))
        if resolution.otherwise is not None:  # the walk goes on as if the name had been answered
            refused, resolution = resolution, resolution.otherwise
        resolution = with_dns64(network, start, resolution)
        symbolic = resolution.public
    blocks = start.blocks + aimed.blocks + (resolution.blocks if resolution else ())
    gaps = start.gaps + aimed.gaps + (resolution.gaps if resolution else ())
    lacking = network.lacks(start.home, "describe-vpcs") if gaps and start.vpc_id else ()
    if lacking:
        gaps = (*gaps, Gap("UNKNOWN_RESOURCE", start.vpc_id, f"{start.vpc_id} is not in the snapshot", lacking))
    assumptions = start.assumptions + aimed.assumptions + (resolution.assumptions if resolution else ())
    unanswered: tuple[Block, ...] = ()
    if refused is not None:
        unanswered, assumptions = refused.blocks, (*assumptions, *refused.assumptions)
    base = Scenario(
        start.group, start.origin.id, PacketSet.empty(len(DIMENSIONS)), (), start.by_chance,
        bool(aimed.name) or aimed.by_chance, symbolic, start, resolution, blocks, gaps, assumptions,
    )  # fmt: skip
    if gaps and not blocks and not start.gaps and start.place:
        blocks = _wherever(ground, base, services, family)
        base = msgspec.structs.replace(base, gaps=()) if blocks else base
    if blocks or gaps:
        return [msgspec.structs.replace(base, blocks=(*unanswered, *blocks))]
    options = _options(start, aimed, resolution, FAMILIES[family])
    walked = [_walk(ground, base, start, aimed, option, services, family) for option in options or [EMPTY]]
    return [_stopped_before(one, unanswered) for one in walked] if unanswered else walked


_ADDRESSES: Final = Selector("ip", "")
MOST_PARTS: Final = 100
"""Parts of all that a place sends for which everything that stops each is told; of more, only what does so first."""
MOST_NEAR: Final = 50
"""Interfaces of a VPC that are asked one by one whether they stop what is sent to them."""


def _wherever(ground: Ground, base: Scenario, services: IntervalSet, family: str | None) -> tuple[Block, ...]:
    """What stops all that a place sends, to whichever address: with that a destination may be unknown, and the answer
    is not. The first part that nothing stops tells that there is no such thing. Among more than `MOST_NEAR` interfaces
    it is not looked for what stops each, but only whether the sender's own filters stop all.
    """
    start = base.source
    sender = start.origin.interface
    lacking = ground.told(Network.lacks, start.home, "describe-vpcs")
    many = sender is not None and ground.told(Network.interfaces_held, start.vpc_id) > MOST_NEAR
    if sender is not None and many:
        sends: bool = ground.worked_out(may_send, sender.groups, sender.subnet_id, services, FAMILIES[family])
        if sends or lacking:
            return ()
    everywhere = FAMILIES[family] - UNDOCUMENTED - start.addresses
    public = [IntervalSet.single(held.first) for one in (V4, V6) if (held := everywhere & PUBLIC & one)]
    sent: list[Walk] = []
    flows: list[Walk] = []
    for addresses in (*(() if many else public), everywhere):  # the internet first, which many can reach
        sent = [msgspec.structs.replace(one, gaps=start.unseen) for one in starts_of(start, addresses, services)]
        flows = []
        for flow in one_by_one(ground, sent, until_stopped=True):
            parts = unanswered(ground, flow)
            if any(part.outcome != "blocked" for part in parts):
                return ()
            flows += parts
    few = not many and sum(1 for _ in islice(one_by_one(ground, sent), MOST_PARTS + 1)) <= MOST_PARTS
    if few or lacking:
        base, aimed = msgspec.structs.replace(base, resolution=None, gaps=()), Destination(_ADDRESSES, everywhere)
        flows = list(_walk(ground, base, start, aimed, everywhere, services, family).flows)
    if not flows or any(flow.outcome != "blocked" for flow in flows):
        return ()
    stopping = [{_which(block): block for block in flow.blocks} for flow in flows]
    led_to = [set(one) for one in stopping if not {which[0] for which in one} <= _NOBODYS]
    shared = set.intersection(*led_to) if led_to else set()
    every = {which: block for one in stopping for which, block in one.items()}
    return tuple(block for which, block in every.items() if not shared or which in shared)


_NOBODYS: Final = frozenset({
    "NO_POSSIBLE_DESTINATION", "PROTOCOL_RESTRICTION", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS",
})  # fmt: skip
"""What stops packets to addresses that nobody has, or that take something else."""


def _which(block: Block) -> tuple[object, ...]:
    return block.code, block.component, block.rule, block.at, block.leg, block.direction


def _options(start: Source, aimed: Destination, resolution: Resolution | None, asked: IntervalSet) -> list[IntervalSet]:
    """The sets of addresses to walk to, each by itself: what chance picks from, one by one."""
    if resolution is not None:
        return [resolution.addresses] if resolution.public else _one_by_one(resolution.addresses & asked, start)
    if aimed.receivers and aimed.by_chance:
        return [one.addresses & asked for one in aimed.receivers]
    return _one_by_one(aimed.addresses & asked, start) if aimed.by_chance else [aimed.addresses]


def _stopped_before(walked: Scenario, blocks: tuple[Block, ...]) -> Scenario:
    """What was walked, stopped before it began; its own blocks are told as well, what is not known of it is not."""
    if not walked.flows:
        return msgspec.structs.replace(walked, blocks=(*blocks, *walked.blocks), gaps=())
    flows = tuple(msgspec.structs.replace(one, blocks=(*blocks, *one.blocks)) for one in walked.flows)
    return msgspec.structs.replace(walked, flows=flows)


def with_dns64(network: Network, start: Source, resolution: Resolution) -> Resolution:
    """A subnet with DNS64 gets IPv6 addresses made up for a name that has none of its own, of the VPC's resolver and of
    no other name server (N58).
    """
    subnet = network.subnets.get(start.origin.interface.subnet_id) if start.origin.interface else None
    return made_up_ipv6(resolution) if subnet is not None and subnet.enable_dns64 else resolution


def _one_by_one(addresses: IntervalSet, start: Source) -> list[IntervalSet]:
    """Each address of an answer, of the families that the client has."""
    has = EMPTY
    for one in (V4, V6):
        if not start.origin.interface or not start.addresses.isdisjoint(one):
            has = has | one
    usable = addresses & has or addresses
    return [IntervalSet.single(number) for number in usable]


def _walk(
    ground: Ground, base: Scenario, start: Source, aimed: Destination, targets: IntervalSet, services: IntervalSet,
    family: str | None,
) -> Scenario:  # fmt: skip
    asked = (V4, V6) if family is None else (FAMILIES[family],)
    boxes = [box for one in asked for box in _boxes(start, targets & one, one, services)]
    if not start.place:
        return _outside_vpcs(ground.network, base, start, targets & FAMILIES[family], services)
    led_in = _led_in(ground.network, aimed) if not boxes and start.origin.kind == "internet" else None
    if led_in is not None:
        return msgspec.structs.replace(base, gaps=(led_in,))
    if not boxes:
        return msgspec.structs.replace(base, blocks=(_no_family(start, targets & FAMILIES[family], services, family),))
    name = base.resolution.name if base.resolution and ground.firewalls else ""  # nothing else on a way reads it
    context = Context(start.origin, start.origin.interface, name=name, receivers=aimed.receivers)
    walk = ground.once if base.resolution is not None else ground.walked
    walked = walk(forward, tuple([Flow(box, start.place, context, gaps=start.unseen) for box in boxes]))
    if aimed.via:
        walked = tuple(_must_cross(flow, aimed.via) for flow in walked)
    walked = tuple([_beyond(ground.network, flow, aimed) for flow in walked])
    if base.resolution is not None and base.resolution.public and start.vpc_id:
        walked = tuple([asked_by_name(ground, flow, start.vpc_id) for flow in walked])
    wanted = _wanted(ground.network, aimed, base.resolution)
    if wanted:
        walked = tuple([_not_elsewhere(ground.network, flow, wanted, str(aimed.selector)) for flow in walked])
    walked = told_apart(ground, walked, start.vpc_id, aimed.vpcs_at)
    if aimed.interfaces and aimed.selector.kind != "ip":
        walked = tuple([kept_out(ground, flow, aimed.interfaces) for flow in walked])
    walked = tuple([part for flow in walked for part in unanswered(ground, flow)])
    lacking = ground.told(Network.lacks, start.home, "describe-vpcs") if start.vpc_id or start.origin.vpc_id else ()
    if lacking:
        known = ground.network.interface_addresses
        walked = tuple(_in_unseen_vpc(flow, lacking, known) for flow in walked)
    unsent = _ipv4_that_cannot_be_sent(base, start, targets, services) if family is None else ()
    if unsent:
        boxes += [flow.box for flow in unsent]
        walked += unsent
    return msgspec.structs.replace(base, asked=PacketSet.union_of(boxes, len(DIMENSIONS)), flows=walked)


def _ipv4_that_cannot_be_sent(
    base: Scenario, start: Source, targets: IntervalSet, services: IntervalSet
) -> tuple[Walk, ...]:
    """What a client without IPv4 would send to a public name that may have no IPv6 address: whether it has one is not
    known offline, but of names of AWS services; DNS64 would make one up ("DNS64 and NAT64").
    """
    found = base.resolution
    if found is None or not found.public or found.service is not None:
        return ()
    four = targets & V4
    if not four or start.origin.interface is None or start.addresses & V4 or targets & NAT64:
        return ()
    context = Context(start.origin, start.origin.interface)
    why = _no_family(start, four, services, None)
    boxes = _boxes(msgspec.structs.replace(start, addresses=V4), four, V4, services)
    return tuple(stopped(Flow((start.addresses, *box[1:]), start.place, context), why) for box in boxes)


def _boxes(start: Source, targets: IntervalSet, family: IntervalSet, services: IntervalSet) -> list[Box]:
    """Boxes of one kind each, ICMP messages that ask apart from those that do not."""
    if not targets:
        return []
    mine = start.addresses & family
    if not mine:
        return []
    made: list[Box] = []
    for part in kinds(services_over(family, services)):
        protocol, pieces = part.first >> 16, [part]
        if protocol in ICMP_REPLIES:
            asking = IntervalSet.union_of(icmp_services(protocol, kind, -1) for kind in ICMP_REPLIES[protocol])
            pieces = [part & asking, part - asking]
        made += [
            (mine, targets, piece, _ports(start, piece), NAT_PORTS, NAT_PORTS, CHOICES) for piece in pieces if piece
        ]
    return made


def _ports(start: Source, services: IntervalSet) -> IntervalSet:
    return start.client_ports if services.first >> 16 in (6, 17) else PORTS


def _no_family(start: Source, targets: IntervalSet, services: IntervalSet, asked: str | None) -> Block:
    family = "IPv6" if targets & V6 and not targets & V4 else "IPv4"
    at = start.origin.id
    shared = IntervalSet.union_of(targets & one for one in (V4, V6) if start.addresses & one)
    if shared:
        what, over = describe_services(services), "IPv6" if shared <= V6 else "IPv4"
        detail = f"{what} does not go over {over}, by which {at} reaches {describe_addresses(shared)}"
        return Block("NO_POSSIBLE_DESTINATION", at, None, at, "request", "egress", "timeout", detail)
    if not targets and start.origin.kind == "internet":
        gateway = start.origin.gateway or start.origin.vpc_id or "internet"
        return Block("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", gateway, None, None, "request", "ingress", "timeout",
                     "the destination has no public address that the internet could reach")  # fmt: skip
    if not targets:
        which = {"ipv4": "IPv4 address", "ipv6": "IPv6 address", None: "address that could be asked for"}[asked]
        return Block("NO_POSSIBLE_DESTINATION", at, None, at, "request", "egress", "timeout",
                     f"the destination has no {which}")  # fmt: skip
    detail = f"{at} has no {family} address to send from"
    code = "IPV6_NOT_ASSIGNED" if family == "IPv6" else "NO_POSSIBLE_DESTINATION"
    return Block(code, at, None, at, "request", "egress", "timeout", detail)


def _led_in(network: Network, aimed: Destination) -> Gap | None:
    """A gap where a service of AWS may lead the internet to what has no public address.

    AWS Global Accelerator and CloudFront's VPC origins do so to instances and load balancers, by interfaces that they
    have in their subnets ("How AWS Global Accelerator works", client IP address preservation; "Restrict access with VPC
    origins"; AWSCloudFrontVPCOriginServiceRolePolicy has CloudFront's tag). Which ones they lead to is in no file of a
    snapshot.
    """
    for one in aimed.interfaces:
        if one.instance_id is None and one.kind != "load-balancer":
            continue
        for other in network.interfaces_in(one.subnet_id):
            record = network.network_interfaces.get(other.id)
            service = _leading_service(record) if record is not None else ""
            if service:
                detail = f"whether {service} leads the internet to {network.label(one.id)} by {other.id}"
                return Gap("UNMODELLED_COMPONENT", other.id, f"{detail}, in its subnet, is not modelled")
    return None


def _leading_service(record: NetworkInterface) -> str:
    if record.interface_type == "global_accelerator_managed":
        return "AWS Global Accelerator"
    return "Amazon CloudFront" if any(tag.key == "aws.cloudfront.vpcorigin" for tag in record.tag_set) else ""


def _outside_vpcs(
    network: Network, base: Scenario, start: Source, targets: IntervalSet, services: IntervalSet
) -> Scenario:
    """From CodeBuild's own network: open to the internet, and nothing of a VPC's is on the way (N210).

    A public address of the snapshot's own leads into a VPC, whose filters see an address that nobody knows: unknown.
    """
    public, services = targets & PUBLIC & V4, services_over(V4, services)
    if not public or not services:
        detail = f"{start.origin.id} runs on AWS's own network, from which only public IPv4 addresses are reached"
        block = Block("NO_PATH", start.origin.id, None, None, "request", "egress", "timeout", detail)
        return msgspec.structs.replace(base, blocks=(block,))
    ours, named = network.own_public_addresses, base.resolution is not None and base.resolution.service is not None
    aws = public - ours if named else network.aws_addresses - ours
    flows: list[Walk] = []
    for part in kinds(services):
        for kind, some in (("service", public & aws), ("internet", public - aws - ours), ("own", public & ours)):
            if some:
                box: Box = (_UNKNOWN_SENDER, some, part, _ports(start, part), NAT_PORTS, NAT_PORTS, CHOICES)
                flows.append(_on_aws_network(network, start, box, kind))
    asked = PacketSet.union_of((flow.box for flow in flows), len(DIMENSIONS))
    return msgspec.structs.replace(base, asked=asked, flows=_proxied(network, start, base.resolution, flows))


def _proxied(network: Network, start: Source, resolution: Resolution | None, flows: list[Walk]) -> tuple[Walk, ...]:
    """Past the managed proxy of the fleet that a build runs on, if there is one (P66)."""
    fleet = network.fleets.get(start.fleet)
    proxy = fleet.proxy_configuration if fleet is not None else None
    if proxy is None or fleet is None or not (proxy.default_behavior or proxy.ordered_proxy_rules):
        return tuple(flows)
    from reachsim.fleet_proxy import Asked, past_proxy  # few fleets have a proxy

    asked = Asked(resolution.name, resolution.service is not None) if resolution is not None else Asked()
    return tuple(part for flow in flows for part in past_proxy(flow, proxy, fleet.name or start.fleet, asked))


_UNKNOWN_SENDER = IntervalSet.single(0)
"""Stands for the address that AWS's own network sends from."""


def _on_aws_network(network: Network, start: Source, box: Box, kind: str) -> Walk:
    origin = start.origin.id
    detail = f"{origin} runs on AWS's own network, with open internet access"
    kind_of_source = "lambda-function" if origin.startswith("lambda:") else "codebuild-project"
    hops = (Hop(origin, kind_of_source, "request", None, detail),)
    if kind == "own":
        owner = network.public_addresses[box[DESTINATION].first][0].id
        detail = f"whether {network.label(owner)} lets in what AWS's own network sends is not known"
        walk = Flow(box, ("outside",), Context(Origin("interface", origin)), hops=hops)
        return walk.unknown(Gap("UNKNOWN_RESOURCE", owner, detail))
    route: Route = "aws-public" if kind == "service" else "internet"
    context = Context(Origin("interface", origin), terminal=kind, terminal_kind=kind, route=route)
    return Flow(box, ("outside",), context, hops=hops, end="ok")


def _must_cross(flow: Walk, component: str) -> Walk:
    if any(hop.component == component for hop in flow.hops) or flow.blocks or flow.gaps:
        return flow
    detail = f"the traffic gets there, but not by {component}"
    return flow.blocked(Block("NO_POSSIBLE_DESTINATION", component, None, None, "request", "egress", "timeout", detail))


def _wanted(network: Network, aimed: Destination, resolution: Resolution | None) -> frozenset[str]:
    """The interfaces of the resource that was asked for, by itself or by a name of its own; empty for addresses."""
    endpoint = network.vpc_endpoints.get(resolution.endpoint_id) if resolution and resolution.endpoint_id else None
    if endpoint is not None:
        return frozenset(endpoint.network_interface_ids)
    return frozenset(one.id for one in aimed.interfaces) if aimed.selector.kind != "ip" else frozenset()


def _not_elsewhere(network: Network, flow: Walk, wanted: frozenset[str], asked: str) -> Walk:
    """Blocked if it surely ends at somebody else who has the address of what was asked for: networks may overlap.

    Behind a private gateway there may be a way on to it.
    """
    terminal = flow.context.terminal
    if flow.blocks or not terminal or any(hop.component in wanted for hop in flow.hops):
        return flow
    addresses = describe_addresses(flow.box[DESTINATION])
    if flow.context.route == "on-premises" and flow.gaps:
        return flow
    if flow.context.route == "on-premises":
        detail = f"whether {network.label(terminal)} leads on to {asked} at {addresses} is not in the snapshot"
        return flow.unknown(Gap("ON_PREMISES_UNSEEN", terminal, detail))
    detail = f"{addresses} leads to {network.label(terminal)} from here, which is not what {asked} stands for"
    return flow.blocked(Block("NO_POSSIBLE_DESTINATION", terminal, None, None, "request", "egress", "timeout", detail))


def _in_unseen_vpc(flow: Walk, lacking: tuple[str, ...], known: IntervalSet) -> Walk:
    """Without describe-vpcs nothing tells which addresses are the VPC's own, its resolver's among them. What a filter
    stops on the way to a known interface is stopped anyway.
    """
    if flow.box[DESTINATION] <= known and any(block.code in FILTER_CODES for block in flow.blocks):
        return flow
    vpc_id = flow.context.origin.vpc_id or flow.context.origin.id
    gap = Gap("UNKNOWN_RESOURCE", vpc_id, "the blocks of the VPC itself are not in the snapshot", lacking)
    return msgspec.structs.replace(flow.unknown(gap), blocks=())


def _beyond(network: Network, flow: Walk, aimed: Destination) -> Walk:
    """What is public and goes behind a private gateway may or may not come out there (N190, N191)."""
    if flow.context.route != "on-premises" or not (
        aimed.selector.kind in ("internet", "host", "service") or aimed.name
    ):
        return flow
    component = flow.context.terminal
    detail = f"whether {network.label(component)} leads on to public addresses is not in the snapshot"
    return flow.unknown(Gap("ON_PREMISES_UNSEEN", component, detail))


def route_of(one: Scenario, flow: Walk) -> Route | Literal["none"]:
    """The way of a flow; an AWS service's own name on the internet's way out is ``aws-public``."""
    route = flow.context.route
    if route == "internet" and one.resolution is not None and one.resolution.service is not None:
        return "aws-public"
    return route or "none"

"""Within a VPC to who holds the destination: into its subnet, its interface, and what answers there; and back.

**Source:** "Network ACL basics" (VPC User Guide; N108: checked only at the subnet's boundary), "NAT gateways" (N51 to
N54), PrivateLink guide "Access AWS services through AWS PrivateLink".
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from reachsim.engine import answered
from reachsim.evidence import Gap
from reachsim.forwarding.appliances import symmetric
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import (
    Ground,
    Route,
    Walk,
    assume,
    block,
    describe,
    describe_addresses,
    hop,
    keeps_client,
    lost,
    missing,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.forwarding.in_use import as_if_used
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.edges import edges, kept_apart
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import files_of_nodes_behind, leads_to_a_customers_service, nodes_behind
from reachsim.model.network import Network, own_address
from reachsim.model.records import NatGateway, VpcEndpoint
from reachsim.packets import DESTINATION, SERVICE, TCP, UDP, protocol_services

INTERFACE_FILES = ("describe-network-interfaces",)

_OF_CUSTOMERS: Final = (None, "interface", "efa", "efa-only", "trunk", "branch")
"""Types of interfaces at which what their owner attaches answers. Nobody documents what asks those by which AWS's own
services come into a VPC, and of a type that AWS did not have when this was written nothing is known (EC2 API,
NetworkInterfaceType)."""
SSH: Final = protocol_services(TCP, IntervalSet.single(22))


def takes_requests(interface_type: str | None) -> bool | None:
    """Whether an interface of a type takes requests: those of Lambda functions take none ("Giving Lambda functions
    access to resources in an Amazon VPC"). None where nobody documents what answers.
    """
    if interface_type == "lambda":
        return False
    return True if interface_type in _OF_CUSTOMERS else None


def local(ground: Ground, flow: Walk) -> list[Walk]:
    """By the local route: to the subnet that holds the destination, past its network ACL unless the flow is in it
    already.
    """
    _, vpc_id, from_subnet = flow.place
    lacking = ground.lacks_for_vpc(vpc_id, "describe-subnets")
    parts: list[Walk] = []
    for subnet_id, addresses in ground.network.split_by_subnet(vpc_id, flow.destinations):
        part = flow.with_destinations(addresses)
        if part is None:
            continue
        nat = _awaiting_nat(ground, part, part.destinations, vpc_id) if subnet_id is None else None
        if nat is not None:
            parts.append(_at_nat(ground, part, nat))  # a regional one is in no subnet (N54)
        elif subnet_id is None and lacking:
            parts.append(lost(part, missing(lacking, vpc_id, f"the subnets of {vpc_id}")))
        elif subnet_id is None:
            parts.append(_nobody(ground, part, vpc_id))
        elif subnet_id == from_subnet:
            parts.append(part.to("deliver", subnet_id))
        else:
            parts.append(_between(ground, part, from_subnet, subnet_id).to("enter", subnet_id))
    return parts


def _between(ground: Ground, flow: Walk, from_subnet: str, to_subnet: str) -> Walk:
    """Blocked where the local route does not join the two subnets (N195)."""
    at = ground.told(edges)
    why = kept_apart(at.get(from_subnet), at.get(to_subnet)) if at else ""
    if not why:
        return flow
    detail = f"{ground.network.label(from_subnet)} does not reach {ground.network.label(to_subnet)}: {why}"
    return flow.blocked(block(flow, "NO_POSSIBLE_DESTINATION", to_subnet, detail, at=from_subnet))


def _nobody(ground: Ground, flow: Walk, at: str) -> Walk:
    label = ground.network.label(at)
    detail = f"{describe_addresses(flow.destinations)} in {label} belongs to no network interface"
    context = flow.context
    if flow.leg == "request" and context.origin.gateway.startswith("vgw-") and context.sender is None:
        at = context.origin.gateway
        return stopped(flow, block(flow, "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", at, detail, direction="ingress"))
    return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress"))


def enter(ground: Ground, flow: Walk) -> list[Walk]:
    """Over a subnet's edge: the network ACL's ingress rules."""
    subnet_id = flow.place[1]
    return [part.to("deliver", subnet_id) for part in through_network_acl(ground, flow, subnet_id, "ingress")]


def deliver(ground: Ground, flow: Walk) -> list[Walk]:
    """To the interface in the subnet that has the destination address."""
    subnet_id = flow.place[1]
    network = ground.network
    subnet = network.subnets.get(subnet_id)
    vpc_id = subnet.vpc_id if subnet else ""
    parts: list[Walk] = []
    origin = flow.context.origin.interface
    rest: IntervalSet = flow.destinations
    if flow.leg == "response" and origin is not None and origin.kind in ("virtual", "public", "any", "nat"):
        mine = flow.with_destinations(origin.addresses) if origin.subnet_id == subnet_id else None
        itself = origin.kind == "nat" and not flow.context.session  # it asked, though its interface may not be listed
        if mine is not None and (mine.destination == 0 or itself):  # still the asked source: the origin itself
            parts.append(mine.to("receive", origin.id))
            rest = rest - mine.destinations
    for receiver in _receivers(flow, subnet_id):
        asked = flow.with_destinations(receiver.addresses & rest)
        if asked is not None:
            parts.append(asked.to("receive", receiver.id))
            rest = rest - receiver.addresses
    for interface in network.interfaces_at(subnet_id, rest):
        addresses = interface.addresses & rest
        part = flow.with_destinations(addresses) if addresses else None
        if part is not None:
            parts.append(part.to("receive", interface.id))
            rest = rest - addresses
    if not rest:
        return parts
    back = _awaiting_nat(ground, flow, rest, vpc_id)
    if back is not None:
        parts.append(_at_nat(ground, flow, back))
        rest = EMPTY
    for number, gateway in network.nats_of_vpc.get(vpc_id, ()):
        if number in rest:
            part = flow.with_destinations(IntervalSet.single(number))
            if part is not None:
                parts.append(_at_nat(ground, part, gateway))
                rest = rest - IntervalSet.single(number)
    left = flow.with_destinations(rest) if rest else None
    if left is None:
        return parts
    lacking = ground.lacks_for_vpc(vpc_id, *INTERFACE_FILES)
    if lacking:
        return [*parts, lost(left, missing(lacking, subnet_id, f"the interfaces in {subnet_id}"))]
    unpicked = network.planned("PLANNED_VALUE_UNKNOWN", f"{subnet_id} interfaces")
    if unpicked:
        return [*parts, lost(left, unseen(subnet_id, unpicked[0], "PLANNED_VALUE_UNKNOWN"))]
    return [*parts, _nobody(ground, left, subnet_id)]


def _awaiting_nat(ground: Ground, flow: Walk, addresses: IntervalSet, vpc_id: str) -> NatGateway | None:
    """The NAT gateway of a VPC that a reply goes back to, working or not: what became of the request is judged there.

    In another VPC, whose blocks may overlap, somebody else has its address.
    """
    session = flow.context.session
    gateway = ground.network.nat_gateways.get(session[-1].gateway) if flow.leg == "response" and session else None
    if gateway is None or gateway.vpc_id != vpc_id or isinstance(flow.destination, int):
        return None
    own = (own_address(one) for one in gateway.nat_gateway_addresses)
    return gateway if any(number is not None and number in addresses for number in own) else None


def nat_gateway_back(ground: Ground, flow: Walk) -> list[Walk]:
    """At a NAT gateway that stands in no subnet (N54)."""
    return [_at_nat(ground, flow, ground.network.nat_gateways[flow.place[1]])]


def _receivers(flow: Walk, subnet_id: str) -> list[Interface]:
    """Virtual interfaces in the subnet that the request was sent to, while it still goes to who was asked for."""
    if flow.leg != "request" or flow.destination != DESTINATION:
        return []
    return [one for one in flow.context.receivers if one.subnet_id == subnet_id]


def receive(ground: Ground, flow: Walk) -> list[Walk]:
    """Into an interface: the security groups' ingress rules for a request; a reply must have found its sender."""
    name = flow.place[1]
    origin = flow.context.origin
    if origin.interface is not None and origin.interface.id == name and flow.leg == "response":
        return [_came_back(ground, flow, origin.interface)]
    virtual = next((one for one in flow.context.receivers if one.id == name), None)
    interface = virtual or ground.network.interfaces[name]
    if interface.kind == "nat":
        gateway = _awaiting_nat(ground, flow, interface.addresses, interface.vpc_id) or next(
            (one for number, one in ground.network.nats_of_vpc.get(interface.vpc_id, ())
             if number in interface.addresses), None)  # fmt: skip
        return [_at_nat(ground, flow, gateway) if gateway is not None else _nobody(ground, flow, name)]
    if flow.leg == "response" and interface.kind == "load-balancer":
        return [flow.to("load-balancer-back", name)]
    if flow.leg == "response":
        if flow.context.session and flow.context.session[-1].gateway == name:
            return [_from_nat_instance(ground, flow, interface)]
        return [lost_reply(ground, flow, name)]
    return [_arrived(ground, part, interface) for part in through_security_groups(ground, flow, interface, "ingress")]


def _came_back(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    if flow.context.session:
        return lost_reply(ground, flow, interface.id)
    detail = f"the reply reaches {ground.network.label(interface.id)}"
    if flow.context.route == "private" and "internet-gateway" in flow.context.crossed:
        flow = with_context(flow, route="internet")  # asked by a private way, answered by way of the internet (IPv6)
    flow = symmetric(ground, flow)
    return flow.through(hop(flow, interface.id, "network-interface", detail)).ended("ok")


def lost_reply(ground: Ground, flow: Walk, at: str) -> Walk:
    detail = f"the reply {describe(flow)} ends at {ground.network.label(at)}, not where the request came from"
    cause = "RETURN_ROUTE_MISSING"
    return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress", cause=cause))


def _at_nat(ground: Ground, flow: Walk, gateway: NatGateway) -> Walk:
    """At a NAT gateway's own address: a reply to a flow it translated goes on to the client, nothing else does
    (N52).
    """
    session = flow.context.session
    if flow.leg != "response" or not session or session[-1].gateway != gateway.nat_gateway_id:
        detail = f"{ground.network.label(gateway.nat_gateway_id)} accepts nothing but replies"
        at = gateway.nat_gateway_id
        return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress"))
    last = session[-1]
    detail = f"{ground.network.label(last.gateway)} sends the reply on to the client"
    back = flow.through(hop(flow, last.gateway, "nat-gateway", detail))
    back = replace(back, destination=last.source, port=last.port)
    if last.destination is not None:
        back = replace(back, source=last.destination)
    back = with_context(back, session=session[:-1], zone=last.zone)
    return back.to("leave", last.subnet_id) if last.subnet_id else back.to(*by_own_table(gateway))


def by_own_table(gateway: NatGateway) -> tuple[str, ...]:
    """Where what a regional NAT gateway sends goes: by its own route table, which may lead to a transit gateway."""
    return "table", gateway.route_table_id or "", gateway.vpc_id or ""


def _from_nat_instance(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    """A reply to a flow that a NAT instance translated goes on to the client."""
    last = flow.context.session[-1]
    detail = f"{ground.network.label(interface.id)} sends the reply on to the client"
    back = flow.through(hop(flow, interface.id, "network-interface", detail))
    back = replace(back, destination=last.source, port=last.port)
    return with_context(back, session=flow.context.session[:-1]).to("leave", interface.subnet_id)


def _arrived(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    """A request has reached its interface; what kind of interface decides whether there is an answer."""
    network = ground.network
    label = network.label(interface.id)
    source = network.source(interface.id)
    reached = flow.through(hop(flow, interface.id, "network-interface", f"{label} receives", source=source))
    endpoint = network.endpoint_of_interface.get(interface.id)
    if interface.kind == "load-balancer":
        return reached.to("load-balancer", interface.id)
    if interface.kind == "gateway-load-balancer":
        return stopped(
            reached, block(reached, "NO_POSSIBLE_DESTINATION", interface.id, f"{label} is a route target only")
        )
    record = network.network_interfaces.get(interface.id)
    takes = True if record is None else takes_requests(record.interface_type)
    if takes is False:
        detail = f"{label} is an interface of Lambda functions, which take no connections"
        why = block(reached, "NO_POSSIBLE_DESTINATION", interface.id, detail, direction="ingress")
        return stopped(reached, why)
    if record is not None and interface.kind == "interface" and takes is None:
        detail = f"what answers at {label}, an interface of AWS's own ({record.interface_type}), is not modelled"
        reached = reached.unknown(Gap("UNMODELLED_COMPONENT", interface.id, detail, can_hide="block"))
    if interface.kind == "endpoint" and endpoint is None:
        lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-vpc-endpoints")
        what = f"the endpoint of {interface.id}"
        reached = reached.unknown(
            missing(lacking, interface.id, what) if lacking else unseen(interface.id, f"{what} is unknown")
        )
    if endpoint is not None:
        reached = _at_endpoint(ground, reached, endpoint)
        if endpoint.vpc_endpoint_type == "Interface":
            reached = _offered_in_zone(ground, reached, endpoint, interface)
        reached = reached.through(
            hop(reached, endpoint.vpc_endpoint_id, "vpc-endpoint", f"{network.label(endpoint.vpc_endpoint_id)}: "
                f"{endpoint.service_name}", source=network.source(endpoint.vpc_endpoint_id))
        )  # fmt: skip
        if endpoint.vpc_endpoint_type != "Interface":
            label = network.label(endpoint.vpc_endpoint_id)
            detail = f"what is behind {label} ({endpoint.vpc_endpoint_type}) is not modelled"
            reached = reached.unknown(Gap("UNMODELLED_COMPONENT", endpoint.vpc_endpoint_id, detail))
        if leads_to_a_customers_service(endpoint):
            reached = _past_service(network, reached, endpoint.service_name)
        if leads_to_a_customers_service(endpoint) and flow.protocol in (TCP, UDP):
            if nodes_behind(network, endpoint) is not None:
                return reached.to("private-link", interface.id, endpoint.vpc_endpoint_id)
            reached = _behind_unseen(network, reached, endpoint)
        return finish(reached, endpoint.vpc_endpoint_id, "vpc-endpoint", route_to_interface(flow), interface)
    reached = reached.assuming(*as_if_used(network, interface))
    return finish(reached, interface.id, "network-interface", route_to_interface(flow), interface)


def _behind_unseen(network: Network, flow: Walk, endpoint: VpcEndpoint) -> Walk:
    """What no file tells of an endpoint service is taken to answer; but which load balancers it has tells its provider,
    and then their interfaces decide.
    """
    endpoint_id, label = endpoint.vpc_endpoint_id, network.label(endpoint.vpc_endpoint_id)
    lacking = files_of_nodes_behind(network, endpoint)
    if lacking is None:
        detail = f"what stands behind {label} ({endpoint.service_name}) was taken to answer"
        return flow.assuming(assume("ENDPOINT_SERVICE_UNSEEN", endpoint_id, detail, "block"))
    if lacking:
        return flow.unknown(missing(lacking, endpoint_id, f"the load balancer behind {label}"))
    behind = ", ".join(network.service_configurations[endpoint.service_name].network_load_balancer_arns)
    what = f"no network interface in the snapshot is described as one of {behind or 'a load balancer'}, behind {label}"
    return flow.unknown(unseen(endpoint_id, what))


def _at_endpoint(ground: Ground, flow: Walk, endpoint: VpcEndpoint) -> Walk:
    endpoint_id, state = endpoint.vpc_endpoint_id, endpoint.state
    label = ground.network.label(endpoint_id)
    if not carries(endpoint, flow.protocol):
        flow = flow.blocked(
            block(flow, "PROTOCOL_RESTRICTION", endpoint_id, f"{label} takes TCP only", direction="ingress")
        )
    if flow.box[SERVICE] <= SSH and carries_git(endpoint):
        detail = f"whether {label} carries SSH is not documented"
        flow = flow.unknown(Gap("GIT_SSH_NOT_VIA_ENDPOINT", endpoint_id, detail, can_hide="block"))
    if state == "partial":
        return flow.unknown(Gap("ENDPOINT_PARTIAL", endpoint_id, f"{label} is only partly available", can_hide="block"))
    return past_state(flow, endpoint_id, state, ("available",), label, direction="ingress")


def carries(endpoint: VpcEndpoint, protocol: int) -> bool:
    """Whether an endpoint takes a protocol: TCP (N134), and UDP to a customer's endpoint service, whose load balancer
    may listen for it ("AWS PrivateLink support for User Datagram Protocol services", AWS networking blog, 2024).
    """
    return protocol == TCP or (protocol == UDP and leads_to_a_customers_service(endpoint))


def _offered_in_zone(ground: Ground, flow: Walk, endpoint: VpcEndpoint, interface: Interface) -> Walk:
    """Blocked if the endpoint's service is not offered in the zone of its interface.

    Zones are compared by id; by name only where the snapshot holds one account, as accounts name them differently.
    """
    network, endpoint_id = ground.network, endpoint.vpc_endpoint_id
    service, subnet = network.endpoint_services.get(endpoint.service_name), network.subnets.get(interface.subnet_id)
    here = network.home_of(endpoint_id)
    if service is None or subnet is None or endpoint.service_region not in (None, here[1]):
        return flow
    offered, zone = service.availability_zone_ids, subnet.availability_zone_id
    if not offered or zone is None:
        one_account = len({account for account, _ in network.homes}) == 1
        offered, zone = service.availability_zones if one_account else (), subnet.availability_zone
    if not offered or zone is None or zone in offered:
        return flow
    detail = f"{endpoint.service_name} is not offered in {zone}, where {interface.id} is, but in {', '.join(offered)}"
    code = "VPCE_SERVICE_NOT_INSTALLED_IN_AZ"
    return flow.blocked(block(flow, code, endpoint_id, detail, at=interface.id, direction="ingress"))


def _past_service(network: Network, flow: Walk, name: str) -> Walk:
    """Past the endpoint service that an endpoint leads to, as far as its provider's files are there (EC2 API,
    ServiceState).
    """
    service = network.service_configurations.get(name)
    return flow if service is None else past_state(flow, name, service.service_state, ("available",), name)


def carries_git(endpoint: VpcEndpoint) -> bool:
    """Whether it is an endpoint for Git connections to CodeCommit, of which AWS names HTTPS alone (fact P33)."""
    return endpoint.service_name.endswith((".git-codecommit", ".git-codecommit-fips"))


def route_to_interface(flow: Walk) -> Route:
    crossed = flow.context.crossed
    if "internet-gateway" in crossed or flow.context.origin.kind == "internet":
        return "internet"
    return "on-premises" if flow.context.origin.kind == "on-premises" else "private"


def finish(
    flow: Walk,
    terminal: str,
    kind: str,
    route: Route,
    receiver: Interface | None,
    *back: str,
) -> Walk:
    """The request has ended; turn the header round and send the reply on its way.

    ``receiver`` is the interface that answers, else ``back`` is the place where the reply enters.
    """
    reached = replace(flow.context, terminal=terminal, terminal_kind=kind, route=route)
    asking, one_way = answered(flow)
    if asking is None:
        assert one_way is not None
        return replace(one_way, context=reached, end="ok")
    if one_way is not None:
        raise ValueError("a walk starts with one-way messages apart from those that ask for an answer")
    reply = replace(
        asking, leg="response", source=asking.destination, destination=asking.source,
        context=replace(reached, sender=None, links=()),
    )  # fmt: skip
    if receiver is not None:
        return homeward(reply, receiver.subnet_id)
    return reply.to(*back)


def homeward(reply: Walk, subnet_id: str) -> Walk:
    """A reply on its way out of its sender's subnet; what a load balancer gave the client's address returns to it."""
    return reply.to("load-balancer-reply" if keeps_client(reply) else "leave", subnet_id)

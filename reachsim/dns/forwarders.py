"""Name servers other than the VPC's own resolver: those of a FORWARD rule, and those that DHCP options name.

A server answers as a VPC of this snapshot does if it is an inbound resolver endpoint and queries get there: by the
route tables, security groups and network ACLs between the outbound endpoint (or the client itself) and the inbound one.
Any other server may answer anything, if queries of the outbound endpoint get to it. Both UDP and TCP are looked at: a
query that only UDP carries is answered unless the answer is too long for it. An endpoint takes the protocols that it
has, any if none is told (API_ResolverEndpoint, Protocols); an inbound one with DNS64 makes up IPv6 addresses
(Dns64Enabled). Whether an outbound one asks public IPv6 targets by an internet gateway (Ipv6InternetAccessEnabled)
changes no answer: nobody knows what these would say.

**Source:** "How Resolver endpoints forward DNS queries from your VPCs to your network", "Avoid loop configurations with
Resolver endpoints", "Considerations when creating inbound and outbound endpoints" (Route 53 Developer Guide); facts
N160, N165, N169.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from reachsim.addresses import V4, format_address
from reachsim.dns.joined import everywhere
from reachsim.dns.resolution import Asking, Carried, Noted, Resolution, dns_hop, made_up_ipv6
from reachsim.dns.resolver import address_of
from reachsim.evidence import Assumption, Block, Gap
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

TCP, UDP = 6, 17
Answer = Callable[[Asking, str], Resolution]
_WORKING = ("OPERATIONAL", "UPDATING", "AUTO_RECOVERING")
_ATTACHED = ("ATTACHED", "UPDATING", "UPDATE_FAILED")


class Server(Struct, frozen=True):
    """A name server, and how it is asked."""

    address: int
    port: int = 53
    protocol: str = "do53"

    @property
    def encrypted(self) -> bool:
        return self.protocol != "do53"

    def __str__(self) -> str:
        return format_address(self.address)


class _Try(Struct, frozen=True):
    server: Server
    endpoint: aws.ResolverEndpoint | None
    carried: Carried
    by_tcp: bool


def forwarded(asking: Asking, name: str, rule: aws.ResolverRule, answer: Answer) -> Resolution:
    """The answer for a name that a FORWARD rule sends to other name servers; ``answer`` asks a VPC's resolver."""
    network = asking.network
    servers = tuple(dict.fromkeys(_servers(rule)))
    how = f"resolver rule {rule.id} forwards {rule.domain_name} to {', '.join(map(str, servers)) or 'no address'}"
    outbound = _endpoint(network, rule.resolver_endpoint_id or "")
    senders = interfaces_of(network, outbound.id) if outbound is not None else ()
    if outbound is not None and (outbound.status or "OPERATIONAL").upper() not in _WORKING:
        how = f"{how}, by {outbound.id}, which is {outbound.status}"
        senders = ()
    if not senders or asking.carries is None:
        missing = _missing(asking, rule, servers) if outbound is None else ()
        gap = Gap("DNS_FORWARDED_UNKNOWN", rule.id, f"{how}: their answer is not known", missing)
        return Resolution(name, gaps=(gap,))
    found = _ask(asking, name, senders, servers, (rule.id, "DNS_FORWARDED_UNKNOWN", how), answer)
    return found.assuming(*_being_changed([outbound]))


def by_servers(asking: Asking, name: str, options: str, servers: tuple[str, ...], answer: Answer) -> Resolution:
    """The answer for a name where the VPC's clients ask the servers that DHCP options name."""
    network = asking.network
    how = f"{options} names other name servers ({', '.join(servers)})"
    numbers = [number for number in map(address_of, servers) if number is not None]
    running = [
        f"{server} is {network.label(one.instance_id)}"
        for server in servers
        for one in network.interfaces.values()
        if one.instance_id and (number := address_of(server)) is not None
        and not one.addresses.isdisjoint(IntervalSet.single(number))
    ]  # fmt: skip
    how = f"{how}; {', '.join(running)}, and what runs there is not in the snapshot" if running else how
    if not numbers or len(numbers) < len(servers) or asking.carries is None:
        gap = Gap("DNS_CUSTOM_RESOLVER_UNKNOWN", options, f"{how}: their answer is not known")
        return Resolution(name, gaps=(gap,))
    asked = tuple(Server(number) for number in numbers)
    return _ask(asking, name, ("",), asked, (options, "DNS_CUSTOM_RESOLVER_UNKNOWN", how), answer)


def _ask(
    asking: Asking, name: str, senders: tuple[str, ...], servers: tuple[Server, ...], why: tuple[str, str, str],
    answer: Answer,
) -> Resolution:  # fmt: skip
    """Ask servers from interfaces; what gets through and is an inbound endpoint of the snapshot's answers."""
    component, code, how = why
    made = [_try(asking, sender, server) for sender in senders for server in servers]
    tries = [one for one in made if one is not None]
    through = [one for one in tries if one.carried.outcome == "allowed"]
    strangers = [one for one in through if one.endpoint is None]
    unsure = [one for one in tries if one.carried.outcome in ("unknown", "partly")]
    if strangers or unsure or not tries:
        return Resolution(name, gaps=(_not_known(component, code, how, strangers, unsure),))
    if not through:
        blocks = tuple(dict.fromkeys(block for one in tries for block in one.carried.blocks))
        cause = "DNS_FORWARDER_UNREACHABLE"
        blocks = tuple(
            msgspec.structs.replace(one, cause=cause, symptom="name-not-found", detail=f"{one.detail}; {how}")
            for one in blocks
        )
        return Resolution(name, blocks=blocks)
    noted = Noted()
    for one in through:
        noted.assumptions += one.carried.assumptions
    noted.assumptions += _being_changed([one.endpoint for one in through])
    if len(through) < len(tries):
        noted.take("DNS_FORWARDER_RETRIES", component, f"{how}, and not every one of these can be reached", "block")
    if not all(one.by_tcp for one in through):
        noted.take("DNS_FORWARD_TCP_CLOSED", component, f"{how}, and TCP does not get there", "block")
    found = _agreed(asking, name, through, why, answer)
    ends = ", ".join(dict.fromkeys(_told(one) for one in through))
    hop = dns_hop(component, name, f"{how}: {ends}")
    return found.noting(hop).assuming(*dict.fromkeys(noted.assumptions))


def _being_changed(endpoints: Iterable[aws.ResolverEndpoint | None]) -> list[Assumption]:
    """What is assumed of endpoints that get or lose network interfaces (API_ResolverEndpoint, Status)."""
    changing = [one for one in endpoints if one is not None and (one.status or "").upper() == "UPDATING"]
    words = "is UPDATING: its interfaces were taken to be those of the snapshot"
    return [Assumption("STATE_CHANGING", one.id, f"{one.id} {words}", "block") for one in changing]


def _told(one: _Try) -> str:
    endpoint = one.endpoint
    return f"{one.server} is {endpoint.id} of {endpoint.host_vpc_id}" if endpoint is not None else str(one.server)


def _agreed(
    asking: Asking, name: str, through: list[_Try], why: tuple[str, str, str], answer: Answer
) -> Resolution:  # fmt: skip
    """What the VPCs behind the servers answer, if they agree."""
    component, code, how = why
    found: list[Resolution] = []
    ends = [one.endpoint for one in through if one.endpoint is not None]
    for vpc_id, dns64 in dict.fromkeys((one.host_vpc_id or "", one.dns64_enabled) for one in ends):
        if vpc_id in asking.trail or asking.left == 0:
            detail = f"{how}, whose resolver forwards {name} back again: a loop"
            return Resolution(name, gaps=(Gap("DNS_FORWARDING_LOOP", component, detail),))
        if vpc_id not in asking.network.vpcs:
            detail = f"{how}, in {vpc_id or 'a VPC'} that is not in the snapshot"
            return Resolution(name, gaps=(Gap(code, component, detail),))
        there = msgspec.structs.replace(
            asking, vpc_id=vpc_id, inbound=True, trail=(*asking.trail, vpc_id), left=asking.left - 1
        )
        answered = answer(there, name)
        found.append(made_up_ipv6(answered) if dns64 else answered)
    first = found[0]
    if all(first.same_answer(one) for one in found[1:]):
        return first
    return Resolution(name, gaps=(Gap(code, component, f"{how}, which do not answer alike"),))


def _not_known(component: str, code: str, how: str, strangers: list[_Try], unsure: list[_Try]) -> Gap:
    missing = tuple(sorted({path for one in unsure for gap in one.carried.gaps for path in gap.missing}))
    if strangers:
        return Gap(code, component, f"{how}: their answer is not known", missing)
    if any(one.carried.outcome == "partly" for one in unsure):
        return Gap(code, component, f"{how}, and only some of the queries get there", missing)
    return Gap(code, component, f"{how}, and whether queries get there is not known", missing)


def _try(asking: Asking, sender: str, server: Server) -> _Try | None:
    """One server asked from one interface; None if they have no address family in common."""
    network = asking.network
    assert asking.carries is not None
    if sender:
        mine = network.interfaces[sender].addresses
        if not (mine & V4 if IntervalSet.single(server.address) <= V4 else mine - V4):
            return None
    by_tcp = asking.carries(sender, server.address, TCP, server.port)
    carried = by_tcp if server.encrypted else asking.carries(sender, server.address, UDP, server.port)
    endpoint = endpoint_of(network, carried.terminal)
    if endpoint is not None and not _serves(endpoint):
        endpoint = None
    taken = endpoint.protocols if endpoint is not None else ()
    by_another = bool(taken) and server.protocol not in [one.lower() for one in taken]
    if endpoint is not None and by_another and carried.outcome == "allowed":
        detail = f"{endpoint.id} takes queries by {' and '.join(taken)} only, not by {server.protocol}"
        why = Block("PROTOCOL_RESTRICTION", endpoint.id, None, carried.terminal, "request", "ingress", "name-not-found",
                    detail)  # fmt: skip
        carried = msgspec.structs.replace(carried, outcome="blocked", blocks=(why,))
    return _Try(server, endpoint, carried, by_tcp.outcome == "allowed")


def _serves(endpoint: aws.ResolverEndpoint) -> bool:
    return endpoint.direction.upper() == "INBOUND" and (endpoint.status or "OPERATIONAL").upper() in _WORKING


def _servers(rule: aws.ResolverRule) -> list[Server]:
    made = []
    for one in rule.target_ips:
        protocol = (one.protocol or "Do53").lower()
        for address in (one.ip, one.ipv6):
            if address is not None:
                made.append(Server(address.number, one.port or (53 if protocol == "do53" else 443), protocol))
    return made


def _missing(asking: Asking, rule: aws.ResolverRule, servers: tuple[Server, ...]) -> tuple[str, ...]:
    """The lists of resolver endpoints that could tell who the servers are, if they are in a VPC of the snapshot."""
    network = asking.network
    inside = any(not network.all_vpc_addresses.isdisjoint(IntervalSet.single(one.address)) for one in servers)
    if not inside or not rule.resolver_endpoint_id:
        return ()
    owner = (rule.owner_id or asking.home[0], asking.home[1])
    return network.unknown(network.path(owner, "route53resolver", "list-resolver-endpoints"))


def _endpoint(network: Network, endpoint_id: str) -> aws.ResolverEndpoint | None:
    listed = everywhere(
        network, "route53resolver", "list-resolver-endpoints", "ResolverEndpoints", aws.ResolverEndpoint
    )
    return next((one for _, one in listed if one.id == endpoint_id), None)


def interfaces_of(network: Network, endpoint_id: str) -> tuple[str, ...]:
    """The network interfaces of a resolver endpoint: by their description, else by the endpoint's addresses."""
    return network.interfaces_of_resolver_endpoint.get(endpoint_id) or tuple(_by_addresses(network, endpoint_id))


def endpoint_of(network: Network, interface_id: str) -> aws.ResolverEndpoint | None:
    """The resolver endpoint that a network interface belongs to."""
    named = network.resolver_endpoint_of_interface.get(interface_id)
    if named is not None:
        return _endpoint(network, named)
    if interface_id not in network.network_interfaces:
        return None
    listed = everywhere(
        network, "route53resolver", "list-resolver-endpoints", "ResolverEndpoints", aws.ResolverEndpoint
    )
    return next((one for _, one in listed if interface_id in _by_addresses(network, one.id)), None)


def _by_addresses(network: Network, endpoint_id: str) -> list[str]:
    """Interfaces that hold the addresses in list-resolver-endpoint-ip-addresses of an endpoint."""
    found: list[str] = []
    for home in network.homes:
        path = network.path(home, "route53resolver", "list-resolver-endpoint-ip-addresses", endpoint_id)
        for one in network.read_collection(path, "IpAddresses", aws.ResolverEndpointIpAddress):
            if (one.status or "ATTACHED").upper() not in _ATTACHED:
                continue
            numbers = {address.number for address in (one.ip, one.ipv6) if address is not None}
            wanted = IntervalSet.of((number, number) for number in numbers)
            found += [i.id for i in network.interfaces_in(one.subnet_id or "") if not i.addresses.isdisjoint(wanted)]
    return found

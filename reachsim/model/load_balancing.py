"""What stands behind a load balancer's interface, in one shape for both of AWS's APIs: listeners, pools, members.

A *pool* is a target group, or the registered instances of a Classic Load Balancer; a *member* is a target. Functions
that read a file per resource return the value and the files that are missing; one of the two is empty.

**Source:** "What is Elastic Load Balancing?" and the guides for Application, Network and Classic Load Balancers:
"Listeners", "Target groups", "Edit target group attributes", "Cross-zone load balancing". The description of a
network interface (``ELB app/NAME/ID``, ``ELB net/NAME/ID``, ``ELB NAME``) tells whose it is ("Network interfaces" in
the troubleshooting pages of those guides).
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from reachsim.addresses import V4, V6, Address, parse_address
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.states import State
from reachsim.packets import TCP, UDP

BalancerKind = Literal["application", "network", "classic"]
ANYWHERE: Final = "all"
"""The Availability Zone of a target outside the load balancer's VPC ("Register targets")."""

_PROTOCOLS: Final[dict[str, tuple[int, ...]]] = {
    "HTTP": (TCP,),
    "HTTPS": (TCP,),
    "TCP": (TCP,),
    "TLS": (TCP,),
    "SSL": (TCP,),
    "UDP": (UDP,),
    "QUIC": (UDP,),
    "TCP_UDP": (TCP, UDP),
    "TCP_QUIC": (TCP, UDP),
}
_ACTIONS: Final = frozenset({
    "forward", "authenticate-oidc", "authenticate-cognito", "jwt-validation", "redirect", "fixed-response",
})  # fmt: skip
"""Types of a listener's actions (Elastic Load Balancing API, Action)."""
_ALWAYS_PRESERVE: Final = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")


class Balancer(Struct, frozen=True):
    """A load balancer: an ARN, or the name of a Classic one, and the zones that it is enabled in."""

    id: str
    name: str
    kind: BalancerKind
    home: Home
    vpc_id: str
    state: State
    zones: frozenset[str]


class Pool(msgspec.Struct, frozen=True):
    """Where a listener forwards to. ``port`` is the target group's own, which a target may override; ``protocol`` is
    empty where the snapshot lacks the target group. One that nobody knows may be carried by TCP or by UDP.
    """

    id: str
    name: str
    protocol: str
    target_type: str
    port: int
    family: IntervalSet

    @property
    def protocols(self) -> tuple[int, ...]:
        return _PROTOCOLS.get(self.protocol, (TCP, UDP))

    @property
    def is_known(self) -> bool:
        return self.protocol in _PROTOCOLS


class Listening(msgspec.Struct, frozen=True):
    """A listener. ``answers``: its default action is a response of the load balancer's own, a redirect or a fixed
    one; ``unread``: what of it is of a kind that nobody knows.
    """

    id: str
    protocol: str
    port: int
    pools: tuple[Pool, ...]
    answers: bool = False
    unread: str = ""

    @property
    def protocols(self) -> tuple[int, ...]:
        return _PROTOCOLS.get(self.protocol, (TCP, UDP))


class Member(msgspec.Struct, frozen=True, order=True):
    """A registered target; ``zone`` and ``health`` are empty where the snapshot does not tell."""

    id: str
    port: int
    zone: str
    health: str = ""

    @property
    def serves(self) -> bool:
        """Whether it was sent requests when the snapshot was taken: ``unavailable`` means that nobody checks it."""
        return self.health in ("healthy", "unavailable")


# --- whose interface it is ------------------------------------------------------------------------------------------


def balancer_of(network: Network, interface_id: str) -> tuple[Balancer | None, tuple[str, ...]]:
    """The load balancer of an interface; (None, no files) for a kind that is not modelled."""
    record = network.network_interfaces.get(interface_id)
    owner = ((record.description if record else None) or "").removeprefix("ELB ")
    home = network.home_of(interface_id)
    kind, slash, _ = owner.partition("/")
    if not slash:
        if not owner:
            return None, ()
        path = network.path(home, "elb", "describe-load-balancers")
        classic = network.classic_load_balancers.get((home, owner))
        return (None, network.unknown(path)) if classic is None else (_classic(network, classic, home), ())
    if kind not in ("app", "net"):
        return None, ()
    found = network.load_balancer_of_description.get(owner)
    if found is None:
        return None, network.unknown(network.path(home, "elbv2", "describe-load-balancers"))
    return (_balancer(network, found) if found.type in ("application", "network") else None), ()


def is_gateway_load_balancer(network: Network, interface_id: str) -> bool:
    """Whether an interface is a Gateway Load Balancer's, by its type or the description that AWS gives it."""
    record = network.network_interfaces.get(interface_id)
    if record is None:
        return False
    return record.interface_type == "gateway_load_balancer" or (record.description or "").startswith("ELB gwy/")


def _balancer(network: Network, record: aws.LoadBalancer) -> Balancer:
    kind: BalancerKind = "network" if record.type == "network" else "application"
    zones = frozenset(zone_of(network, one.subnet_id or "") or one.zone_name or "" for one in record.availability_zones)
    if not zones:  # its interfaces tell
        zones = frozenset(zone_of(network, node.subnet_id) for node in nodes_of(network, record.load_balancer_arn))
    home = network.home_of(record.load_balancer_arn)
    return Balancer(
        record.load_balancer_arn, record.load_balancer_name, kind, home, record.vpc_id or "", record.state.code, zones
    )


def _classic(network: Network, record: aws.ClassicLoadBalancer, home: Home) -> Balancer:
    zones = {*record.availability_zones, *(zone_of(network, subnet) for subnet in record.subnets)} - {""}
    name = record.load_balancer_name
    return Balancer(name, name, "classic", home, record.vpc_id or "", State("active"), frozenset(zones))


def nodes_of(network: Network, load_balancer_arn: str) -> tuple[Interface, ...]:
    """The interfaces of an Application or Network Load Balancer, by id."""
    ending = load_balancer_arn.partition(":loadbalancer/")[2]
    return tuple(network.interfaces[name] for name in network.interfaces_of_description.get(f"ELB {ending}", ()))


def nodes_behind(network: Network, endpoint: aws.VpcEndpoint) -> tuple[Interface, ...] | None:
    """The interfaces of the Network Load Balancers of the endpoint service that an endpoint leads to, by id; None where
    the snapshot does not hold them all.
    """
    if not leads_to_a_customers_service(endpoint):
        return None
    service = network.service_configurations.get(endpoint.service_name)
    balancers = service.network_load_balancer_arns if service is not None else ()
    nodes = [nodes_of(network, arn) for arn in balancers if arn in network.load_balancers]
    if not balancers or len(nodes) < len(balancers) or not all(nodes):
        return None
    return tuple(sorted((node for some in nodes for node in some), key=lambda one: one.id))


def files_of_nodes_behind(network: Network, endpoint: aws.VpcEndpoint) -> tuple[str, ...] | None:
    """The files that would hold those interfaces and are not in the snapshot; None where no file tells which load
    balancers stand behind the endpoint.
    """
    service = network.service_configurations.get(endpoint.service_name)
    if service is None or not leads_to_a_customers_service(endpoint):
        return None
    calls = (("elbv2", "describe-load-balancers"), ("ec2", "describe-network-interfaces"))
    homes = {(parts[4], parts[3]) for arn in service.network_load_balancer_arns if len(parts := arn.split(":")) > 5}
    paths = sorted({network.path(home, *call) for home in homes for call in calls})
    return tuple(path for path in paths if network.unknown(path))


def leads_to_a_customers_service(endpoint: aws.VpcEndpoint) -> bool:
    """Whether somebody's own endpoint service is behind an endpoint, and not one of AWS's."""
    return endpoint.vpc_endpoint_type == "Interface" and ".vpce-svc-" in endpoint.service_name


def answering_nodes(network: Network, load_balancer_arn: str) -> tuple[Interface, ...]:
    """Nodes whose addresses a load balancer's name resolves to: of a Network Load Balancer those with a target that
    they send to, or all where that is not known or none has one.
    """
    nodes = nodes_of(network, load_balancer_arn)
    record = network.load_balancers[load_balancer_arn]
    if record.type != "network":
        return nodes
    balancer = _balancer(network, record)
    listeners, lacking = listeners_of(network, balancer)
    pools = [pool for listener in listeners for pool in listener.pools]
    served = [node for node in nodes if any(_serves(network, balancer, pool, node) for pool in pools)]
    return tuple(served) if served and not lacking else nodes


def _serves(network: Network, balancer: Balancer, pool: Pool, node: Interface) -> bool:
    members, lacking = members_of(network, balancer, pool)
    crosses, unclear = crosses_zones(network, balancer, pool)
    here = (ANYWHERE, "", zone_of(network, node.subnet_id))
    return bool(lacking or unclear) or any(crosses or member.zone in here for member in members)


def zone_of(network: Network, subnet_id: str) -> str:
    """The name of a subnet's Availability Zone, as load balancers spell zones."""
    return network.zone_name_of(subnet_id)


# --- listeners and their pools --------------------------------------------------------------------------------------


def listeners_of(network: Network, balancer: Balancer) -> tuple[tuple[Listening, ...], tuple[str, ...]]:
    """(listeners by port, missing files)."""
    if balancer.kind == "classic":
        record = network.classic_load_balancers[balancer.home, balancer.name]
        return tuple(_classic_listener(balancer, one.listener) for one in record.listener_descriptions), ()
    path = _file(network, balancer.home, "elbv2", "describe-listeners", balancer.name, balancer.id)
    groups = network.path(balancer.home, "elbv2", "describe-target-groups")
    records = network.listeners.get(path)
    if records is None or not all(map(_is_told, records)):
        return (), (path,)
    wanted = {arn for one in records for arn in forwards(one.default_actions)}
    if not wanted <= network.target_groups.keys() and network.unknown(groups):
        return (), (groups,)
    made = (_listener(network, one) for one in records)
    return tuple(sorted(made, key=lambda one: (one.port, one.protocol))), ()


def ruled_pools(network: Network, balancer: Balancer) -> tuple[Pool, ...]:
    """Target groups that an Application Load Balancer routes to by rules alone, by no default action of a listener
    (API reference, "TargetGroup": LoadBalancerArns).
    """
    if balancer.kind != "application":
        return ()
    listeners, _ = listeners_of(network, balancer)
    by_default = {pool.id for one in listeners for pool in one.pools}
    mine = (arn for arn, one in network.target_groups.items() if balancer.id in one.load_balancer_arns)
    return tuple(pool_of(network, arn) for arn in sorted(mine) if arn not in by_default)


def _is_told(record: aws.Listener) -> bool:
    """Whether a listener tells its port and protocol, and where it forwards to: AWS prints all of it."""
    forwards = [one for one in record.default_actions if one.type == "forward"]
    groups = all(one.target_group_arn or (one.forward_config and one.forward_config.target_groups) for one in forwards)
    return record.port is not None and bool(record.protocol and record.default_actions) and groups


def _listener(network: Network, record: aws.Listener) -> Listening:
    pools = tuple(pool_of(network, arn) for arn in forwards(record.default_actions))
    answers = not pools and any(one.type in ("fixed-response", "redirect") for one in record.default_actions)
    name = record.listener_arn or f"{record.load_balancer_arn}:{record.port}"
    strange = [one.type for one in record.default_actions if one.type not in _ACTIONS]
    unread = f"an action of type {strange[0]!r}" if strange else ""
    if record.protocol not in _PROTOCOLS:
        unread = f"the protocol {record.protocol!r}"
    return Listening(name, record.protocol, record.port or 0, pools, answers, unread)


def forwards(actions: Sequence[aws.ListenerAction]) -> tuple[str, ...]:
    """Target groups that actions forward to; a weight of zero takes nothing."""
    found: list[str] = []
    for action in actions:
        if action.forward_config is not None and action.forward_config.target_groups:
            found += [one.target_group_arn for one in action.forward_config.target_groups if one.weight > 0]
        elif action.target_group_arn:
            found.append(action.target_group_arn)
    return tuple(sorted(dict.fromkeys(found)))


def pool_of(network: Network, arn: str) -> Pool:
    """A target group by its ARN, as far as the snapshot tells it."""
    record = network.target_groups.get(arn) or aws.TargetGroup(arn)
    name = record.target_group_name or arn.partition(":targetgroup/")[2].partition("/")[0]
    family = V6 if record.ip_address_type == "ipv6" else V4
    protocol = "HTTP" if record.target_type == "lambda" else record.protocol or ""
    return Pool(arn, name, protocol, record.target_type, record.port or 0, family)


def _classic_listener(balancer: Balancer, record: aws.ClassicListener) -> Listening:
    pool = Pool(balancer.id, balancer.name, "TCP", "instance", record.instance_port, V4)
    name, protocol = f"{balancer.name}:{record.load_balancer_port}", record.protocol.upper()
    unread = "" if protocol in _PROTOCOLS else f"the protocol {protocol!r}"
    return Listening(name, protocol, record.load_balancer_port, (pool,), unread=unread)


def members_of(network: Network, balancer: Balancer, pool: Pool) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """(targets by id and port, missing files). Whatever their health; a draining target is registered no more."""
    if balancer.kind == "classic":
        record = network.classic_load_balancers[balancer.home, balancer.name]
        names = sorted(one.instance_id for one in record.instances)
        return tuple(Member(name, pool.port, _zone_of_target(network, name)) for name in names), ()
    path = _file(network, balancer.home, "elbv2", "describe-target-health", pool.name, pool.id)
    records = network.target_health.get(path)
    if records is None:
        return (), (path,)
    made = (_member(network, balancer, pool, one) for one in records if one.target_health.state != "draining")
    return tuple(sorted(made)), ()


def _member(network: Network, balancer: Balancer, pool: Pool, record: aws.TargetHealthDescription) -> Member:
    one = record.target
    zone = _zone_of_target(network, one.id, balancer.vpc_id, one.availability_zone)
    shifted = record.administrative_override.state or ""
    health = shifted if shifted.startswith("zonal_shift") else record.target_health.state or ""
    return Member(one.id, one.port or pool.port, zone, health)


def _zone_of_target(network: Network, target_id: str, vpc_id: str = "", listed: str | None = None) -> str:
    """The zone of an instance's primary interface, else the one that is listed, else that of the address's subnet.

    The interface goes first: in a shared VPC accounts name zones differently.
    """
    interface = network.primary_interfaces.get(target_id)
    if interface is not None:
        return zone_of(network, interface.subnet_id)
    if listed or target_id.startswith("i-"):
        return listed or ""
    if target_id.startswith("arn:"):
        return ANYWHERE
    address = address_of(target_id)
    if address is None:
        return ""
    subnet_id = network.split_by_subnet(vpc_id, IntervalSet.single(address))[0][0]
    return zone_of(network, subnet_id) if subnet_id else ANYWHERE


# --- attributes -----------------------------------------------------------------------------------------------------


def crosses_zones(network: Network, balancer: Balancer, pool: Pool) -> tuple[bool, tuple[str, ...]]:
    """(whether a node sends to targets in other zones, missing files).

    Always on at an Application Load Balancer, off unless turned on at the others; a target group may differ from its
    load balancer ("Cross-zone load balancing for target groups").
    """
    if balancer.kind == "classic":
        path = network.path(balancer.home, "elb", "describe-load-balancer-attributes", balancer.name)
        answer = network.classic_attributes.get(path)
        if answer is None:
            return False, (path,)
        return answer.load_balancer_attributes.cross_zone_load_balancing.enabled, ()
    attributes, lacking = _attributes(network, balancer.home, "describe-target-group-attributes", pool.name, pool.id)
    own = attributes.get("load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
    if lacking or own != "use_load_balancer_configuration":
        return own == "true", lacking
    if balancer.kind == "application":
        return True, ()
    operation = "describe-load-balancer-attributes"
    attributes, lacking = _attributes(network, balancer.home, operation, balancer.name, balancer.id)
    return attributes.get("load_balancing.cross_zone.enabled", "false") == "true", lacking


def keeps_to_zones(network: Network, load_balancer_arn: str) -> tuple[bool, tuple[str, ...]]:
    """(whether a load balancer's name is answered with the node in the client's own zone if there is one there, missing
    files): "Availability Zone DNS affinity" of Network Load Balancers; with partial affinity only mostly.
    """
    record, home = network.load_balancers[load_balancer_arn], network.home_of(load_balancer_arn)
    if record.type != "network":
        return False, ()
    operation = "describe-load-balancer-attributes"
    attributes, lacking = _attributes(network, home, operation, record.load_balancer_name, load_balancer_arn)
    return attributes.get("dns_record.client_routing_policy") == "availability_zone_affinity", lacking


def preserves_client(network: Network, balancer: Balancer, pool: Pool) -> tuple[bool, tuple[str, ...]]:
    """(whether targets see the client's address, missing files): a Network Load Balancer's client IP preservation."""
    if balancer.kind != "network":
        return False, ()
    if pool.target_type == "alb" or pool.protocol in _ALWAYS_PRESERVE:
        return True, ()
    attributes, lacking = _attributes(network, balancer.home, "describe-target-group-attributes", pool.name, pool.id)
    default = "true" if pool.target_type == "instance" else "false"
    return attributes.get("preserve_client_ip.enabled", default) == "true", lacking


def _attributes(
    network: Network, home: Home, operation: str, name: str, arn: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    path = _file(network, home, "elbv2", operation, name, arn)
    records = network.load_balancing_attributes.get(path)
    if records is None:
        return {}, (path,)
    return {one.key: one.value for one in records}, ()


def _file(network: Network, home: Home, service: str, operation: str, name: str, arn: str) -> str:
    """A per-resource file, by the thing's name or, as the call asks for it, by its ARN."""
    by_name, by_arn = (network.path(home, service, operation, one) for one in (name, arn))
    return by_name if network.snapshot.holds(by_name) else by_arn


# --- addresses ------------------------------------------------------------------------------------------------------


def address_of(text: str) -> int | None:
    """A target's id as an address, if it is one."""
    try:
        return parse_address(text)
    except ValueError:
        return None


def first_address(network: Network, interface: Interface, family: IntervalSet) -> int | None:
    """An interface's primary IPv4 address or first IPv6 address."""
    record = network.network_interfaces.get(interface.id)
    found: list[Address] = []
    if record is not None and family is V4:
        found = [one.private_ip_address for one in record.private_ip_addresses if one.primary]
        found += [record.private_ip_address] if record.private_ip_address else []
        found += [one.private_ip_address for one in record.private_ip_addresses]
    elif record is not None:
        found = [one.ipv6_address for one in record.ipv6_addresses]
    return found[0].number if found else None

"""What a selector stands for as a source: the places to start a walk from.

What the asker chooses and what chance chooses are told apart here (DESIGN, "Verdicts"): an address block or a subnet
is a set of which the asker may pick, the subnet a build lands in is not. **Source:** DESIGN, "Selectors".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from reachsim import workloads
from reachsim.addresses import PUBLIC, RFC1918, RFC6598, V6, format_address, format_set
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block, Direction, Gap
from reachsim.forwarding import Origin
from reachsim.forwarding.ground import attached
from reachsim.forwarding.ground import attachment as attachment_of
from reachsim.forwarding.in_use import as_if_used
from reachsim.forwarding.internet_gateways import gateway_of
from reachsim.forwarding.unmodelled import not_modelled
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.interfaces import Interface, Kind, virtual_interface
from reachsim.model.network import Network, sending_addresses
from reachsim.model.places import Home
from reachsim.model.private_networks import PRIVATE_ATTACHMENTS, announced, joined, led_to
from reachsim.selectors import Selector, block_of, check_named
from reachsim.ways_in import OF_CARRIERS, WayIn, by_gateways, carries_public, routes_unread, unseen_ways
from reachsim.workloads import ANY_CLIENT_PORTS, LINUX_PORTS, WINDOWS_PORTS, Placement, Workload

NOWHERE: Final[Home] = ("000000000000", "unknown")
"""The home of a snapshot without any."""


class Source(msgspec.Struct, frozen=True):
    """One place to start from.

    Sources of one ``group`` are alternatives that chance picks from; different groups are the asker's to choose from.
    With ``by_chance`` the source's own address is chance too. ``vpc_id`` is where names are resolved; empty outside
    every VPC. ``fleet`` is the CodeBuild fleet that a build runs on. ``blocks`` and ``gaps`` say that nothing can start
    here, or that it is not known what does; ``unseen`` that whether something does is not known, and what would become
    of it is.
    """

    group: str
    origin: Origin
    addresses: IntervalSet
    place: tuple[str, ...]
    home: Home
    client_ports: IntervalSet
    vpc_id: str = ""
    by_chance: bool = False
    role: str | None = None
    fleet: str = ""
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unseen: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def sources(
    network: Network, selector: Selector, toward: tuple[Interface, ...] = (), addresses: IntervalSet = EMPTY,
    beyond: Gap | None = None,
) -> tuple[Source, ...]:  # fmt: skip
    """The places that a source selector stands for. ``toward`` are the interfaces asked for, where traffic comes from
    outside, ``addresses`` what is asked for whoever has it, ``beyond`` says that it is outside every VPC itself.

    Raises QuestionError if the file that would hold the resource is there and lacks it; where the file is missing the
    answer is one source with a gap.
    """
    kind, value = selector.kind, selector.value
    if kind in ("codebuild", "ecs", "lambda"):
        return workload(network, selector)
    if kind == "i":
        return _instance(network, value)
    if kind == "eni":
        return (
            (_interface(network, network.interfaces[value]),)
            if value in network.interfaces
            else _unknown(network, selector, "describe-network-interfaces")
        )
    if kind in ("subnet", "vpc"):
        return _any_interfaces(network, selector)
    if kind == "vpce":
        return _endpoint_interfaces(network, value)
    if kind == "nat":
        return _nat(network, value)
    if kind in ("ip", "internet") and not network.homes:
        return (_nowhere(network, selector, _nothing_of_accounts(selector, "describe-vpcs")),)
    if kind == "ip":
        return _addresses(network, block_of(value), toward, addresses, beyond)
    if kind == "internet" and beyond is not None:
        return (_nowhere(network, selector, beyond),)
    if kind in ("internet", "igw"):
        return _internet(network, selector, toward)
    check_named(str(selector), network)
    raise QuestionError(f"{selector} cannot be a source", "BAD_SOURCE")


def _nowhere(network: Network, selector: Selector, why: Gap | Block) -> Source:
    """A source that starts nowhere: not known (a gap), or known not to (a block)."""
    home = network.homes[0] if network.homes else NOWHERE
    origin = Origin("interface", str(selector))
    gaps = (why,) if isinstance(why, Gap) else ()
    blocks = (why,) if isinstance(why, Block) else ()
    return Source(str(selector), origin, EMPTY, (), home, ANY_CLIENT_PORTS, blocks=blocks, gaps=gaps)


def _unknown(network: Network, selector: Selector, operation: str, service: str = "ec2") -> tuple[Source, ...]:
    return (_nowhere(network, selector, not_found(network, selector, operation, service)),)


def not_found(network: Network, selector: Selector, operation: str, service: str = "ec2") -> Gap:
    """Why nothing of that name is known. Raises QuestionError if every file that could hold it is there."""
    collected = {(m["account"], m["region"]) for _, m in network.snapshot.named() if m["service"] == service}
    homes = [home for home in network.homes if home in collected] or network.homes
    paths = [network.path(home, service, operation) for home in homes]
    if not paths:
        return _nothing_of_accounts(selector, operation, service)
    lacking = network.unknown(*paths)
    if lacking:
        return _missing(selector, lacking[0])
    raise QuestionError(f"{selector} is not in the snapshot", "NO_SOURCE_OR_DESTINATION", str(selector))


def _nothing_of_accounts(selector: Selector, operation: str, service: str = "ec2") -> Gap:
    """What is lacking where the snapshot holds no account, as a folder does that is none."""
    detail = f"{selector} is not known: no file there is an account's (ACCOUNT/REGION/{service}/{operation}.json)"
    return Gap("NO_SOURCE_OR_DESTINATION", str(selector), detail, (f"*/*/{service}/{operation}.json",))


def _missing(selector: Selector, path: str) -> Gap:
    detail = f"{selector} is not known: {path} is not in the snapshot"
    return Gap("NO_SOURCE_OR_DESTINATION", str(selector), detail, (path,))


def client_ports_of(network: Network, interface: Interface) -> IntervalSet:
    """The ephemeral ports of what runs behind an interface (DESIGN, "Verdicts"; fact N113)."""
    if interface.kind == "virtual" and interface.instance_id not in network.instances:
        return LINUX_PORTS
    return ports_behind(network.instances.get(interface.instance_id or ""))


def ports_behind(instance: aws.Instance | None) -> IntervalSet:
    """The ephemeral ports of an instance, and of what is none."""
    if instance is None:
        return ANY_CLIENT_PORTS
    platform = (instance.platform or "").lower()
    return {"": LINUX_PORTS, "windows": WINDOWS_PORTS}.get(platform, ANY_CLIENT_PORTS)


def _interface(network: Network, interface: Interface, group: str | None = None) -> Source:
    instance = network.instances.get(interface.instance_id or "")
    profile = instance.iam_instance_profile.arn if instance and instance.iam_instance_profile else None
    return Source(
        group or interface.id,
        Origin("interface", interface.id, interface, vpc_id=interface.vpc_id),
        interface.addresses,
        ("send", interface.id),
        network.home_of(interface.id if interface.id in network.places else interface.subnet_id),
        client_ports_of(network, interface),
        interface.vpc_id,
        role=profile,
        assumptions=tuple(as_if_used(network, interface)),
    )


def interfaces_of_instance(network: Network, instance_id: str) -> tuple[Interface, ...]:
    """The interfaces that are attached to an instance, by the one's record or the other's. Where neither tells, the one
    that has the instance's own address in its subnet: PrivateIpAddress is the primary interface's (API_Instance).
    """
    instance = network.instances.get(instance_id)
    named = {one.network_interface_id for one in instance.network_interfaces} if instance else set()
    attached = network.names_by_instance.get(instance_id, ())
    found = tuple(network.interfaces[name] for name in sorted({*attached, *named}) if name in network.interfaces)
    if found or named or instance is None or not instance.subnet_id or not instance.private_ip_address:
        return found
    return tuple(one for one in network.interfaces_in(instance.subnet_id)
                 if one.instance_id is None and _primary(network, one) == instance.private_ip_address)  # fmt: skip


def _primary(network: Network, interface: Interface) -> str | None:
    record = network.network_interfaces.get(interface.id)
    own = record.private_ip_address if record is not None else None
    return None if own is None else format_address(own.number)


def _instance(network: Network, instance_id: str) -> tuple[Source, ...]:
    if instance_id not in network.instances:
        return _unknown(network, Selector("i", instance_id), "describe-instances")
    found = interfaces_of_instance(network, instance_id)
    if not found:
        selector = Selector("i", instance_id)
        return (_nowhere(network, selector, gone(network, instance_id) or no_interfaces(network, selector)),)
    profile = network.instances[instance_id].iam_instance_profile
    role = profile.arn if profile else None
    made = (
        _interface(network, one if one.instance_id else msgspec.structs.replace(one, instance_id=instance_id))
        for one in found
    )
    return tuple(msgspec.structs.replace(one, role=role) for one in made)


def gone(network: Network, instance_id: str, direction: Direction = "egress") -> Block | None:
    """A block if the instance is terminated: AWS lists it for about an hour more, its interfaces no longer.

    **Source:** EC2 User Guide, "Instance lifecycle" and "What happens when you terminate an instance".
    """
    instance = network.instances.get(instance_id)
    if instance is None or instance.state.name not in ("shutting-down", "terminated"):
        return None
    detail = f"{network.label(instance_id)} is {instance.state.name} and has no network interface any more"
    return Block("BAD_STATE", instance_id, None, None, "request", direction, "timeout", detail)


def no_interfaces(network: Network, selector: Selector) -> Gap:
    """Why no interface of a resource is known."""
    path = network.path(network.home_of(selector.value), "ec2", "describe-network-interfaces")
    lacking = network.unknown(path)
    if lacking:
        return _missing(selector, lacking[0])
    return Gap("UNKNOWN_RESOURCE", str(selector), f"{selector} has no network interface in the snapshot")


# --- builds, tasks, functions ---------------------------------------------------------------------------------------


def workload(network: Network, selector: Selector) -> tuple[Source, ...]:
    """Where a project, service or function may run; chance picks (`reachsim.workloads`)."""
    found = _find_workload(network, selector)
    if isinstance(found, tuple) and not isinstance(found, Workload):
        return found
    base = Source(
        str(selector), Origin("interface", str(selector)), EMPTY, (), found.home, found.client_ports, by_chance=True,
        role=found.role,
    )  # fmt: skip
    return tuple(_placed(base, one) for one in found.placements)


def _find_workload(network: Network, selector: Selector) -> Workload | tuple[Source, ...]:
    kind, value = selector.kind, selector.value
    if kind == "codebuild":
        return workloads.project(network, value) or _unknown(network, selector, "batch-get-projects", "codebuild")
    if kind == "lambda":
        return workloads.function(network, value) or _unknown(network, selector, "list-functions", "lambda")
    cluster, slash, name = value.partition("/")
    if not slash or not name:
        raise QuestionError(f"{selector} must be ecs:CLUSTER/SERVICE", "BAD_SELECTOR")
    return workloads.service(network, cluster, name) or _unknown_service(network, selector, cluster)


def _unknown_service(network: Network, selector: Selector, cluster: str) -> tuple[Source, ...]:
    """No such service: known only where the services of its cluster are, or all clusters and it is none of them."""
    if any(known.rsplit("/", 1)[-1] == cluster for _, known in network.ecs_services):
        raise QuestionError(f"{selector} is not in the snapshot", "NO_SOURCE_OR_DESTINATION", str(selector))
    lists = [network.path(one, "ecs", "list-clusters") for one in network.homes]
    if network.unknown(*lists) or not lists:
        path = (network.unknown(*lists) or ("*/*/ecs/list-clusters.json",))[0]
        return (_nowhere(network, selector, _missing(selector, path)),)
    listed = {arn.rsplit("/", 1)[-1]: home for home, arn in network.ecs_clusters}
    if cluster not in listed:
        raise QuestionError(f"{selector} is not in the snapshot", "NO_SOURCE_OR_DESTINATION", str(selector))
    path = network.path(listed[cluster], "ecs", "describe-services", cluster)
    return (_nowhere(network, selector, _missing(selector, path)),)


def _placed(base: Source, one: Placement) -> Source:
    """A source at one of its placements; without an interface it is outside every VPC."""
    made = msgspec.structs.replace(base, gaps=one.gaps, assumptions=one.assumptions, fleet=one.fleet)
    interface = one.interface
    if interface is None:
        return made
    return msgspec.structs.replace(
        made,
        origin=Origin("interface", interface.id, interface, vpc_id=interface.vpc_id),
        addresses=interface.addresses,
        place=("send", interface.id),
        vpc_id=interface.vpc_id,
    )


# --- sets -----------------------------------------------------------------------------------------------------------


def _any_interfaces(network: Network, selector: Selector) -> tuple[Source, ...]:
    kind, value = selector.kind, selector.value
    if kind == "subnet":
        if value not in network.subnets:
            return _unknown(network, selector, "describe-subnets")
        subnets: tuple[str, ...] = (value,)
    else:
        if value not in network.vpcs:
            return _unknown(network, selector, "describe-vpcs")
        subnets = network.subnets_of(value)
        if not subnets:
            raise QuestionError(f"{value} has no subnet", "NO_SOURCE_OR_DESTINATION")
    return tuple(_anything_in(network, subnet_id) for subnet_id in subnets)


def any_interface(network: Network, subnet_id: str, kind: Kind = "any") -> Interface:
    """Any interface that could be in a subnet, with all security groups of its VPC."""
    subnet = network.subnets[subnet_id]
    groups = tuple(sorted(g for g, one in network.security_groups.items() if one.vpc_id == subnet.vpc_id))
    return virtual_interface(subnet, groups, subnet_id, kind)


def _anything_in(network: Network, subnet_id: str, addresses: IntervalSet | None = None) -> Source:
    interface = any_interface(network, subnet_id)
    if addresses is not None:
        interface = msgspec.structs.replace(interface, addresses=addresses)
    detail = f"any interface that could be in {subnet_id}, with any security group of its VPC and a public address"
    assumption = Assumption("ANY_INTERFACE_OF_SUBNET", subnet_id, detail)
    made = _interface(network, interface)
    return msgspec.structs.replace(made, assumptions=(assumption,))


def _endpoint_interfaces(network: Network, endpoint_id: str) -> tuple[Source, ...]:
    endpoint = network.vpc_endpoints.get(endpoint_id)
    if endpoint is None:
        return _unknown(network, Selector("vpce", endpoint_id), "describe-vpc-endpoints")
    found = [network.interfaces[name] for name in endpoint.network_interface_ids if name in network.interfaces]
    if not found:
        label = network.label(endpoint_id)
        why = Block("VPCE_INTRA_VPC_TRAFFIC", endpoint_id, None, None, "request", "egress", "timeout",
                    f"{label} never starts a connection")  # fmt: skip
        return (_nowhere(network, Selector("vpce", endpoint_id), why),)
    return tuple(_interface(network, one) for one in found)


def _nat(network: Network, gateway_id: str) -> tuple[Source, ...]:
    gateway = network.nat_gateways.get(gateway_id)
    if gateway is None:
        return _unknown(network, Selector("nat", gateway_id), "describe-nat-gateways")
    made = []
    for address in sending_addresses(gateway):
        if address.private_ip is None or not gateway.subnet_id:
            continue
        pairs = ((address.private_ip.number, address.public_ip.number),) if address.public_ip else ()
        own = IntervalSet.single(address.private_ip.number)
        interface = Interface(gateway_id, gateway.vpc_id or "", gateway.subnet_id, (), own, pairs, kind="nat")
        known = next((one for one in network.interfaces_in(gateway.subnet_id) if own <= one.addresses), None)
        made.append(_interface(network, known or interface))
    if not made:
        gap = Gap("UNMODELLED_COMPONENT", gateway_id, f"{gateway_id} as a source is not modelled")
        return (_nowhere(network, Selector("nat", gateway_id), gap),)
    return tuple(made)


def _internet(network: Network, selector: Selector, toward: tuple[Interface, ...]) -> tuple[Source, ...]:
    """The internet, by the gateway of each VPC that the destination lies in."""
    addresses = network.internet_addresses
    if selector.kind == "igw":
        if selector.value not in network.internet_gateways:
            return _unknown(network, selector, "describe-internet-gateways")
        loose = unattached(network, selector.value, "ingress")
        if loose is not None:
            return (_nowhere(network, selector, loose),)
        attachments = network.internet_gateways[selector.value].attachments
        vpcs = [one.vpc_id for one in attachments if one.vpc_id]
        if not vpcs:
            detail = f"which VPC {network.label(selector.value)} is attached to is not known"
            return (_nowhere(network, selector, Gap("UNKNOWN_RESOURCE", selector.value, detail)),)
        return tuple(_from_internet(network, selector.value, vpc or "", addresses) for vpc in vpcs)
    vpcs = list(dict.fromkeys(one.vpc_id for one in toward)) or [""]
    made = [_at_gateway(network, vpc_id, addresses, toward) for vpc_id in vpcs]
    carriers = by_gateways(network, vpcs, addresses, OF_CARRIERS)
    made += [_nowhere(network, Selector("internet", ""), way.gap) for way in carriers]
    ways = [way for way in unseen_ways(network, vpcs, addresses) if way.places and carries_public(way)]
    ways += routes_unread(network, filter(None, vpcs), addresses)
    found = [one for way in ways for one in _from_unseen(network, way, addresses)]
    return (*made, *found, *(one for vpc_id in vpcs if vpc_id for one in _led_on(network, vpc_id, addresses)))


def unattached(network: Network, gateway_id: str, direction: Direction = "egress") -> Block | None:
    """A block if an internet gateway is attached to no VPC: it leads nowhere, in or out."""
    gateway = network.internet_gateways.get(gateway_id)
    if gateway is None or gateway.attachments or isinstance(gateway.attachments, aws.NotThere):
        return None
    detail = f"{network.label(gateway_id)} is attached to no VPC"
    return Block("UNASSOCIATED_COMPONENT", gateway_id, None, None, "request", direction, "timeout", detail)


def _public(interfaces: Sequence[Interface], vpc_id: str) -> bool:
    """Whether any of the VPC's interfaces has an address that the internet could ask for."""
    return any(one.public or one.addresses & V6 for one in interfaces if one.vpc_id == vpc_id)


def _at_gateway(network: Network, vpc_id: str, addresses: IntervalSet, toward: Sequence[Interface]) -> Source:
    gateway_id = gateway_of(network, vpc_id)
    if gateway_id is not None:
        return _from_internet(network, gateway_id, vpc_id, addresses)
    base = _from_internet(network, "", vpc_id, addresses)
    home = network.home_of(vpc_id)
    lacking = network.lacks(home, "describe-internet-gateways") if vpc_id and _public(toward, vpc_id) else ()
    if lacking:
        gap = Gap("UNKNOWN_RESOURCE", vpc_id, f"the internet gateway of {vpc_id} is not in the snapshot", lacking)
        return msgspec.structs.replace(base, gaps=(gap,))
    where = network.label(vpc_id)
    egress_only = [
        name for name, one in sorted(network.egress_only_internet_gateways.items()) if attached(one.attachments, vpc_id)
    ]
    if egress_only:
        detail = f"{where} has only {network.label(egress_only[0])}, which carries nothing that starts outside"
        why = Block("EIGW_INBOUND", egress_only[0], None, None, "request", "ingress", "timeout", detail)
    else:
        detail = f"{where} has no internet gateway"
        if not vpc_id or network.lacks(home, "describe-internet-gateways"):
            detail = "the destination has no public address that the internet could reach"
        why = Block("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", vpc_id or "internet", None, None, "request", "ingress",
                    "timeout", detail)  # fmt: skip
    return msgspec.structs.replace(base, blocks=(why,))


def _from_internet(network: Network, gateway_id: str, vpc_id: str, addresses: IntervalSet) -> Source:
    origin = Origin("internet", "internet", None, gateway_id, vpc_id)
    place = ("internet-gateway-in", gateway_id, vpc_id)
    return Source(
        f"internet@{gateway_id or vpc_id}", origin, addresses, place, network.home_of(vpc_id), ANY_CLIENT_PORTS
    )


def _addresses(
    network: Network, addresses: IntervalSet, toward: tuple[Interface, ...], asked: IntervalSet, beyond: Gap | None
) -> tuple[Source, ...]:
    """Addresses as a source: interfaces that have them, else anything that could in their subnets, else from
    outside.
    """
    made: list[Source] = []
    rest = addresses
    for vpc_id in sorted(network.vpcs):
        inside = addresses & network.vpc_addresses(vpc_id)
        for subnet_id, part in network.split_by_subnet(vpc_id, inside) if inside else ():
            rest = rest - part
            if subnet_id is not None:
                made += _in_subnet(network, subnet_id, part)
            elif unplaced := network.lacks(network.home_of(vpc_id), "describe-subnets"):
                sender = f"ip:{format_set(part)[0]}"
                gap = Gap("UNKNOWN_RESOURCE", vpc_id, f"the subnet that {sender} is in is not known", unplaced)
                made.append(_nowhere(network, Selector("ip", "source"), gap))
    public = rest & PUBLIC
    for interface, _ in list(network.public_addresses.values()):
        mine = interface.public_addresses & public
        if mine:
            made.append(_interface(network, interface))
            public = public - mine
    for vpc_id in dict.fromkeys(one.vpc_id for one in toward) if public else ():
        from_outside = public if _public(toward, vpc_id) else public - announced(network, vpc_id)
        if from_outside:
            made.append(_at_gateway(network, vpc_id, from_outside, toward))
    private = rest - PUBLIC
    led = [one.vpc_id for one in toward] or [
        vpc_id for vpc_id in sorted(network.vpcs) if not asked.isdisjoint(network.vpc_addresses(vpc_id))
    ]
    led = list(dict.fromkeys(led))
    if private and not toward and (not asked or asked - network.all_vpc_addresses):  # out again, as central egress does
        made += _from_on_premises(network, None, private)
        private = EMPTY
    for vpc_id in led:
        behind = private | (rest & announced(network, vpc_id))
        if behind:
            made += _from_on_premises(network, vpc_id, behind)
    private = rest - PUBLIC
    lacking = _ways_in_unseen(network, toward, bool(private))
    if lacking and (private or not made):
        gap = Gap(
            "UNKNOWN_RESOURCE", f"ip:{format_set(addresses)[0]}", "what leads in from there is not known", lacking
        )
        return (*made, _nowhere(network, Selector("ip", "source"), gap))
    for vpc_id in led:
        made += _led_on(network, vpc_id, (rest & PUBLIC) - announced(network, vpc_id))
    for way in (*unseen_ways(network, led, rest), *routes_unread(network, led, rest)) if rest else ():
        made += _from_unseen(network, way, rest)
    if made:
        return tuple(made)
    outside = beyond if rest & PUBLIC else None
    why = outside or _no_way_in(network, addresses, toward)
    return (_nowhere(network, Selector("ip", "source"), why),)


_NEVER_FROM_THE_INTERNET = (
    ("IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS", RFC1918),
    ("IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS", RFC6598),
)


def _no_way_in(network: Network, addresses: IntervalSet, toward: Sequence[Interface]) -> Block:
    """Why nothing gets in from addresses outside every VPC: an internet gateway refuses private ones (N35)."""
    sender = f"ip:{format_set(addresses)[0]}"
    for vpc_id in dict.fromkeys(one.vpc_id for one in toward):
        gateway_id = gateway_of(network, vpc_id)
        code = next((code for code, private in _NEVER_FROM_THE_INTERNET if addresses <= private), None)
        if gateway_id is not None and code is not None and _public(toward, vpc_id):
            detail = f"{network.label(gateway_id)}, the only way in, takes nothing from the private {sender[3:]}"
            return Block(code, gateway_id, None, None, "request", "ingress", "timeout", detail)
    detail = "the addresses are in no VPC of the snapshot, and nothing leads in from where they are"
    if addresses <= network.all_vpc_addresses:
        detail = "no interface can have the addresses: they are a VPC's, but reserved or in none of its subnets"
    return Block("NO_PATH", sender, None, None, "request", "ingress", "timeout", detail)


def _ways_in_unseen(network: Network, toward: Sequence[Interface], private: bool) -> tuple[str, ...]:
    """Files without which an address may belong to a VPC, or private gateways may lead in from it."""
    homes = dict.fromkeys(network.home_of(one.id) for one in toward) or dict.fromkeys(network.homes)
    operations = ["describe-vpcs", "describe-subnets"]
    if private:
        operations += [
            "describe-vpn-gateways", "describe-transit-gateway-vpc-attachments", "describe-transit-gateway-attachments",
        ]  # fmt: skip
    return tuple(path for home in homes for path in network.lacks(home, *operations))


def _in_subnet(network: Network, subnet_id: str, addresses: IntervalSet) -> list[Source]:
    made: list[Source] = []
    rest = addresses
    for interface in network.interfaces_in(subnet_id):
        mine = interface.addresses & rest
        if mine:
            source = _interface(network, interface)
            made.append(msgspec.structs.replace(source, addresses=mine))
            rest = rest - mine
    subnet = network.subnets[subnet_id]
    spare = rest & virtual_interface(subnet, (), subnet_id, "any").addresses
    if spare and not made:
        made.append(_anything_in(network, subnet_id, spare))
    return made


def _from_on_premises(network: Network, vpc_id: str | None, addresses: IntervalSet) -> list[Source]:
    """From behind the private gateways that lead into a VPC, or into any."""
    gateways = joined(network, vpc_id)
    attached_vpcs = [one.vpc_id for one in network.transit_gateway_vpc_attachments.values() if one.vpc_id] or [""]
    made = []
    for gateway_id, gateway in sorted(network.vpn_gateways.items()):
        for led in (vpc_id,) if vpc_id is not None else [one.vpc_id for one in gateway.vpc_attachments]:
            standing = attachment_of(gateway.vpc_attachments, led) if led else "does-not"
            if led and standing != "does-not":
                place = ("vpn-gateway-in", gateway_id, led)
                made.append(_behind(network, gateway_id, led, place, addresses))
            if led and standing == "unknown":
                detail = f"whether {network.label(gateway_id)} is attached to {network.label(led)} is not known"
                unseen = (Gap("UNMODELLED_COMPONENT", gateway_id, detail),)
                made[-1] = msgspec.structs.replace(made[-1], unseen=unseen)
    for (gateway_id, attachment_id), attachment in sorted(network.transit_gateway_attachments.items()):
        kind = attachment.resource_type
        if gateway_id not in gateways or kind in ("vpc", "peering"):
            continue
        if kind not in PRIVATE_ATTACHMENTS and vpc_id is not None:
            continue  # told by `reachsim.ways_in`
        place = ("transit", gateway_id, attachment_id)
        one = _behind(network, attachment_id, vpc_id or attached_vpcs[0], place, addresses)
        if kind not in PRIVATE_ATTACHMENTS:
            gap = not_modelled(attachment_id, kind or "kind not known", network.label(attachment_id))
            one = msgspec.structs.replace(one, unseen=(gap,))
        made.append(one)
    return made


def _from_unseen(network: Network, way: WayIn, addresses: IntervalSet) -> list[Source]:
    """From whom the snapshot does not hold, from where it enters what is known; nothing is said of them if that is
    nowhere.
    """
    if not way.places:
        return [_nowhere(network, Selector("ip", way.gap.component), way.gap)]
    component = way.gap.component
    origin = Origin("unseen", component, None, component, way.vpc_id)
    group, home = f"unseen@{component}@{way.vpc_id}", network.home_of(way.vpc_id)
    return [
        Source(group, origin, way.addresses & addresses, place, home, ANY_CLIENT_PORTS, unseen=(way.gap,))
        for place in way.places
    ]


def _led_on(network: Network, vpc_id: str, addresses: IntervalSet) -> Iterator[Source]:
    """From the internet by one's own premises, whose gateways may lead it on to a VPC; whether they do is not known, as
    it is not on the way out.
    """
    for one in _from_on_premises(network, vpc_id, addresses) if addresses else ():
        entrance, mine = one.origin.gateway, one.addresses
        if entrance in network.vpn_gateways:
            mine = mine & led_to(network, entrance)
        if not mine:
            continue
        label = network.label(entrance)
        detail = f"whether the networks behind {label} lead the internet on to {network.label(vpc_id)} is not known"
        gap = Gap("ON_PREMISES_UNSEEN", entrance, detail)
        yield msgspec.structs.replace(one, group=f"unseen@{one.group}@{vpc_id}", addresses=mine, unseen=(gap,))


def _behind(network: Network, entrance: str, vpc_id: str, place: tuple[str, ...], addresses: IntervalSet) -> Source:
    """From one's own premises, in by a private gateway or an attachment of a transit gateway."""
    origin = Origin("on-premises", entrance, None, entrance, vpc_id)
    home = network.home_of(vpc_id)
    return Source(f"on-premises@{entrance}", origin, addresses, place, home, ANY_CLIENT_PORTS)

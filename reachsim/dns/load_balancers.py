"""Names of load balancers: they resolve everywhere, to private addresses if internal, else to public ones.

**Source:** "How Elastic Load Balancing works" (load balancer scheme, routing), "Network Load Balancers: DNS name" and
"Cross-zone load balancing" (a Network Load Balancer's name has no address of a zone without targets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reachsim.addresses import PUBLIC, V4, V6, format_set
from reachsim.dns.resolution import Resolution, dns_hop
from reachsim.evidence import Gap
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import answering_nodes, nodes_of, zone_of
from reachsim.model.network import Network

_SCHEMES = ("internal", "internet-facing")
_ADDRESS_TYPES = (None, "ipv4", "dualstack", "dualstack-without-public-ipv4")
_ZONE = r"[a-z]{2}(-[a-z]+)+-\d+(-[a-z]{3}-\d+)?[a-z]"
_NAME = r"[a-z0-9-]+\.([a-z0-9-]+\.elb|elb\.[a-z0-9-]+)\.amazonaws\.com(\.cn)?"


def balancer_answer(network: Network, name: str) -> Resolution | None:
    """The answer for a load balancer's own name; None for other names.

    A load balancer that the snapshot lacks is somebody's: any public address, not one of AWS's services. Of an internal
    one the address is not known, nor of a Network Load Balancer, whose name does not tell whether it is internal.
    """
    if "elb." not in name:
        return None
    wanted = name.removeprefix("dualstack.")
    zone, _, rest = wanted.partition(".")
    if re.fullmatch(_NAME, rest) and re.fullmatch(_ZONE, zone):
        return _of_zone(network, name, rest, zone)
    if not re.fullmatch(_NAME, wanted):
        return None
    nodes = balancer_nodes(network, wanted)
    if nodes is not None:
        return _unread(network, name, nodes[0]) or _of_nodes(network, name, wanted, nodes)
    paths = [
        network.path(home, service, "describe-load-balancers") for home in network.homes for service in ("elbv2", "elb")
    ]
    lacking = network.unknown(*paths)
    is_network = ".elb.amazonaws." not in wanted  # NAME.elb.REGION: internal ones are called like public ones
    if wanted.startswith("internal-") or is_network:
        kind = "a Network Load Balancer, which may be internal, and" if is_network else "an internal load balancer that"
        detail = f"{name} names {kind} is not in the snapshot"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail, lacking),))
    addresses = PUBLIC & V4 - network.aws_addresses - network.all_vpc_addresses - network.own_public_addresses
    if lacking:  # it may be one whose interfaces are there
        addresses = addresses | network.public_addresses_of_balancers
    return Resolution(name, addresses, True, hops=(dns_hop(name, name, "some load balancer's public address"),))


def _of_zone(network: Network, name: str, balancer: str, zone: str) -> Resolution | None:
    """The answer for the zonal name of a Network Load Balancer: its node in that zone, whether it has targets or not.

    **Source:** "Network Load Balancers: DNS name" (the name with an Availability Zone's before it).
    """
    found = _balancer(network, balancer)
    if found is None:
        return balancer_answer(network, balancer)  # somebody else's
    arn, internal = found
    unread = _unread(network, name, arn)
    if unread is not None:
        return unread
    nodes = tuple(node for node in nodes_of(network, arn) if zone_of(network, node.subnet_id) == zone)
    if nodes:
        return _of_nodes(network, name, balancer, (arn, nodes, internal))
    path = network.path(network.home_of(arn), "ec2", "describe-network-interfaces")
    detail = f"{balancer} has no interface in {zone} in the snapshot"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", arn, detail, network.unknown(path)),))


def _balancer(network: Network, name: str) -> tuple[str, bool] | None:
    """(ARN, whether it is internal) of an Application or Network Load Balancer by its name."""
    for arn, record in network.load_balancers.items():
        if record.dns_name.lower() == name:
            return arn, record.scheme == "internal"
    return None


def _unread(network: Network, name: str, balancer: str) -> Resolution | None:
    """That it is not known which addresses a load balancer's name has, where its scheme or kind of addresses is not."""
    record = network.load_balancers.get(balancer)
    if record is not None:
        told = record.scheme in _SCHEMES and record.ip_address_type in _ADDRESS_TYPES
    else:
        named = (one for (_, classic), one in network.classic_load_balancers.items() if classic == balancer)
        told = all(one.scheme in _SCHEMES for one in named)
    if told:
        return None
    detail = f"which addresses {name} has is not known: the scheme or address type of {balancer} is not"
    return Resolution(name, gaps=(Gap("UNMODELLED_COMPONENT", balancer, detail),))


def balancer_nodes(network: Network, name: str) -> tuple[str, tuple[Interface, ...], bool] | None:
    """(id, interfaces in the answer, whether it is internal) of the load balancer of that name."""
    wanted = name.rstrip(".").lower().removeprefix("dualstack.")
    newer = _balancer(network, wanted)
    if newer is not None:
        return newer[0], answering_nodes(network, newer[0]), newer[1]
    for (_, classic), old in network.classic_load_balancers.items():
        if old.dns_name.lower() == wanted:
            found = network.interfaces_of_description.get(f"ELB {classic}", ())
            return classic, tuple(network.interfaces[one] for one in found), old.scheme == "internal"
    return None


def _of_nodes(network: Network, name: str, wanted: str, found: tuple[str, tuple[Interface, ...], bool]) -> Resolution:
    balancer, nodes, internal = found
    addresses = IntervalSet.union_of(_addresses(nodes, internal=internal, also=_further(network, balancer)))
    if not addresses:
        path = network.path(network.home_of(balancer), "ec2", "describe-network-interfaces")
        detail = f"the interfaces of {wanted} are not in the snapshot"
        return Resolution(name, gaps=(Gap("UNKNOWN_RESOURCE", balancer, detail, network.unknown(path)),))
    hop = dns_hop(balancer, name, f"{', '.join(format_set(addresses))}, the load balancer's own name")
    return Resolution(name, addresses, hops=(hop,))


def _further(network: Network, balancer: str) -> IntervalSet:
    """IPv6, for a load balancer whose name has AAAA records: of the address type ``dualstack`` or one of its kinds."""
    record = network.load_balancers.get(balancer)
    return V6 if record is not None and (record.ip_address_type or "").startswith("dualstack") else EMPTY


def _addresses(nodes: Iterable[Interface], *, internal: bool, also: IntervalSet) -> Iterable[IntervalSet]:
    for node in nodes:
        yield (node.addresses & V4) if internal else node.public_addresses
        yield node.addresses & also

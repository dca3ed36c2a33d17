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
from reachsim.model.load_balancing import answering_nodes
from reachsim.model.network import Network

_NAME = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+\.elb|elb\.[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


def balancer_answer(network: Network, name: str) -> Resolution | None:
    """The answer for a load balancer's own name; None for other names.

    A load balancer that the snapshot lacks is somebody's: any public address, not one of AWS's services.
    """
    wanted = name.removeprefix("dualstack.")
    if not _NAME.fullmatch(wanted):
        return None
    nodes = balancer_nodes(network, wanted)
    if nodes is not None:
        return _of_nodes(network, name, wanted, nodes)
    paths = [
        network.path(home, service, "describe-load-balancers") for home in network.homes for service in ("elbv2", "elb")
    ]
    lacking = network.unknown(*paths)
    if wanted.startswith("internal-"):
        detail = f"{name} names an internal load balancer that is not in the snapshot"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail, lacking),))
    addresses = PUBLIC & V4 - network.aws_addresses - network.all_vpc_addresses
    if not lacking:
        addresses = addresses - network.own_public_addresses
    return Resolution(name, addresses, True, hops=(dns_hop(name, name, "some load balancer's public address"),))


def balancer_nodes(network: Network, name: str) -> tuple[str, tuple[Interface, ...], bool] | None:
    """(id, interfaces in the answer, whether it is internal) of the load balancer of that name."""
    wanted = name.rstrip(".").lower().removeprefix("dualstack.")
    for arn, record in network.load_balancers.items():
        if record.dns_name.lower() == wanted:
            return arn, answering_nodes(network, arn), record.scheme == "internal"
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

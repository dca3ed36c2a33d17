"""Whether two snapshots may differ in what neither of them tells.

Two snapshots taken at two moments may lack the same file, and what it would say may have changed in between. What an
edited copy does not tell is what the unedited one does not tell.

**Source:** DESIGN, "What a verdict needs".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.records import Route

_ALWAYS: Final = (
    "describe-vpcs", "describe-subnets", "describe-route-tables", "describe-network-acls", "describe-security-groups",
    "describe-network-interfaces", "describe-vpc-endpoints",
)  # fmt: skip
_INTERNET: Final = ("describe-vpc-block-public-access-options", "describe-vpc-block-public-access-exclusions")
_BY_TARGET: Final = {
    "igw": ("describe-internet-gateways", *_INTERNET),
    "eigw": ("describe-egress-only-internet-gateways", *_INTERNET),
    "nat": ("describe-nat-gateways", "describe-internet-gateways", *_INTERNET),
    "pcx": ("describe-vpc-peering-connections",),
    "tgw": ("describe-transit-gateways", "describe-transit-gateway-attachments",
            "describe-transit-gateway-vpc-attachments", "describe-transit-gateway-route-tables"),
    "vgw": ("describe-vpn-gateways",),
}  # fmt: skip
_TGW_TABLES: Final = (
    "search-transit-gateway-routes", "get-transit-gateway-route-table-associations",
    "get-transit-gateway-route-table-propagations",
)  # fmt: skip
_NAMES: Final = ("list-resolver-rules", "list-resolver-rule-associations", "list-firewall-rule-group-associations")


def same_moment(before: Network, after: Network) -> bool:
    """Whether both come from one capture, by what their manifests say: one is an edited copy of the other."""
    moments = [one.snapshot.manifest.started for one in (before, after)]
    return moments[0] is not None and moments[0] == moments[1]


def blind(network: Network, names: bool) -> bool:
    """Whether a snapshot lacks a file that a walk may ask for; ``names``: also one that only names ask for."""
    untold = any(one.can_hide == "leak" for one in network.snapshot.manifest.planned)
    return untold or any(not network.snapshot.known(path) for path in _expected(network, names))


def _expected(network: Network, names: bool) -> Iterator[str]:
    """The files that a walk asks for, as far as the snapshot tells which those are."""
    homes = [home for home in network.homes if any(network.snapshot.holds(one) for one in _paths(network, home))]
    targets = {str(target).split("-", 1)[0] for table in network.route_tables.values() for route in table.routes
               for target in _targets(route) if target}  # fmt: skip
    for home in homes:
        yield from _paths(network, home)
        for kind in sorted(targets & _BY_TARGET.keys()):
            yield from (network.path(home, "ec2", operation) for operation in _BY_TARGET[kind])
        if names:
            yield network.path(home, "ec2", "describe-dhcp-options")
            yield from (network.path(home, "route53resolver", operation) for operation in _NAMES)
            yield network.path((home[0], "global"), "route53", "list-hosted-zones")
    for table in network.transit_gateway_route_tables:
        home = network.home_of(table)
        yield from (network.path(home, "ec2", operation, table) for operation in _TGW_TABLES)
    for vpc in network.vpcs if names else ():
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            yield network.path(network.home_of(vpc), "ec2", "describe-vpc-attribute", f"{vpc}.{attribute}")
    for home, lists in _prefix_lists(network).items():
        for name in lists:
            yield from network.prefix_list(name, home)[2]


def _targets(route: Route) -> tuple[str | None, ...]:
    return (
        route.gateway_id, route.nat_gateway_id, route.transit_gateway_id, route.vpc_peering_connection_id,
        route.egress_only_internet_gateway_id,
    )  # fmt: skip


def _paths(network: Network, home: Home) -> Iterable[str]:
    return (network.path(home, "ec2", operation) for operation in _ALWAYS)


def _prefix_lists(network: Network) -> dict[Home, set[str]]:
    found: dict[Home, set[str]] = {}
    for name, group in network.security_groups.items():
        lists = {one.prefix_list_id for some in (group.ip_permissions, group.ip_permissions_egress) for rule in some
                 for one in rule.prefix_list_ids}  # fmt: skip
        if lists:
            found.setdefault(network.home_of(name), set()).update(lists)
    for name, table in network.route_tables.items():
        routed = {one.destination_prefix_list_id for one in table.routes if one.destination_prefix_list_id}
        if routed:
            found.setdefault(network.home_of(name), set()).update(routed)
    return found

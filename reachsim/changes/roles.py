"""Resources that were re-created under new ids, matched by the role they play.

Terraform and CloudFormation replace what they cannot update: a NAT gateway, a group or a whole VPC comes back under
another id, and doing the same as before. What is only in the older snapshot is matched with what is only in the newer
one where kind and role (its VPC, block, name, attachment) are equal and nobody else plays that role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from reachsim.changes.renaming import Renaming, own_name
from reachsim.model.network import Network

Names = Mapping[str, str]
Role = tuple[object, ...] | None


def matches(before: Network, after: Network) -> Renaming:
    """The names in the older snapshot and those in the newer one, of what was re-created in between."""
    accounts = _only(before.snapshot.accounts(), after.snapshot.accounts())
    regions = _only(_regions(before), _regions(after))
    places = Renaming(accounts=accounts, regions=regions)
    found: dict[str, str] = {}
    for kind, roles in _KINDS:
        if _same_ids(kind, before, after):
            continue
        here = _Seen(found, places)
        older, newer = dict(roles(before, here)), dict(roles(after, _Seen({}, Renaming())))
        old = {key: role for key, role in older.items() if key not in newer and role is not None}
        new = {key: role for key, role in newer.items() if key not in older and role is not None}
        alone = _by_role(old)
        found |= {alone[role]: key for role, key in _by_role(new).items() if role in alone}
    return Renaming(found, _own_names(before, after, found), accounts, regions)


def _only(old: tuple[str, ...], new: tuple[str, ...]) -> dict[str, str]:
    """The account (or Region) of the one snapshot in place of the other's, if each holds one: a copy of a set-up, such
    as staging's of production's.
    """
    return {old[0]: new[0]} if len(old) == len(new) == 1 and old != new else {}


def _regions(network: Network) -> tuple[str, ...]:
    return tuple(sorted({region for _, region in network.homes}))


def _own_names(before: Network, after: Network, ids: Names) -> dict[str, str]:
    """What the DNS names of a re-created endpoint begin with."""
    found: dict[str, str] = {}
    for old, new in ids.items():
        one, other = (network.vpc_endpoints.get(key) for network, key in ((before, old), (after, new)))
        if one is not None and other is not None:
            prefixes = [own_name(entry.dns_name for entry in each.dns_entries) for each in (one, other)]
            found |= {prefixes[0]: prefixes[1]} if all(prefixes) else {}
    return found


class _Seen(dict[str, str]):
    """Ids of the older snapshot → of the newer one, as far as matched; and its places in the newer one's names."""

    def __init__(self, ids: Names, places: Renaming) -> None:
        super().__init__(ids)
        self.places = places

    def home(self, network: Network, key: str) -> tuple[str, str]:
        account, region = network.home_of(key)
        return self.places.text(account), self.places.text(region)

    def name(self, network: Network, key: str) -> str:
        return self.places.text(network.names.get(key, ""))


def _by_role(ids: Mapping[str, Role]) -> dict[Role, str]:
    """Role → the one id that plays it."""
    times = Counter(ids.values())
    return {role: key for key, role in ids.items() if times[role] == 1}


def _vpcs(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpcs.items():
        yield key, (names.home(network, key), str(one.cidr_block), names.name(network, key))


def _dhcp_options(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    """By the VPCs that use them."""
    for key in network.dhcp_options:
        users = (names.get(vpc, vpc) for vpc, one in network.vpcs.items() if one.dhcp_options_id == key)
        yield key, tuple(sorted(users)) or None


def _prefix_lists(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    """AWS's own, which bear one name per Region, and those with a name of their own."""
    for key, one in network.prefix_lists.items():
        yield key, (names.places.text(one.prefix_list_name or ""),) if one.prefix_list_name else None


def _subnets(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.subnets.items():
        vpc = names.get(one.vpc_id, one.vpc_id)
        yield key, (vpc, str(one.cidr_block), names.places.text(one.availability_zone or ""))


def _tables(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.route_tables.items():
        used = sorted(names.get(each.subnet_id, each.subnet_id) for each in one.associations if each.subnet_id)
        main = any(each.main for each in one.associations)
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        called = names.name(network, key)
        yield key, (vpc, main, called or tuple(used)) if main or used or called else None


def _acls(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.network_acls.items():
        used = sorted(names.get(each.subnet_id, each.subnet_id) for each in one.associations if each.subnet_id)
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        yield key, (vpc, one.is_default, "" if one.is_default else names.name(network, key) or tuple(used))


def _groups(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.security_groups.items():
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        yield key, (vpc, one.group_name if one.group_name != key else names.name(network, key) or None)


def _gateways(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.internet_gateways.items():
        yield key, tuple(sorted(names.get(each.vpc_id or "", each.vpc_id or "") for each in one.attachments)) or None


def _egress_only(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.egress_only_internet_gateways.items():
        yield key, tuple(sorted(names.get(each.vpc_id or "", each.vpc_id or "") for each in one.attachments)) or None


def _nat_gateways(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.nat_gateways.items():
        if one.state in ("available", "pending"):
            yield key, (names.get(one.subnet_id or "", one.subnet_id), one.connectivity_type, names.name(network, key))


def _endpoints(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpc_endpoints.items():
        vpc = names.get(one.vpc_id or "", one.vpc_id)
        yield key, (vpc, names.places.text(one.service_name or ""), one.vpc_endpoint_type)


def _peerings(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpc_peering_connections.items():
        ends = (one.requester_vpc_info.vpc_id or "", one.accepter_vpc_info.vpc_id or "")
        if one.status.code == "active":
            yield key, tuple(sorted(names.get(end, end) for end in ends))


def _transit(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key in network.transit_gateways:
        yield key, (names.home(network, key), names.name(network, key)) if names.name(network, key) else None


def _attachments(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.transit_gateway_vpc_attachments.items():
        gateway, vpc = one.transit_gateway_id or "", one.vpc_id or ""
        yield key, (names.get(gateway, gateway), names.get(vpc, vpc))


def _instances(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    for key, one in network.instances.items():
        subnet = names.get(one.subnet_id or "", one.subnet_id)
        if one.state.name not in ("terminated", "shutting-down"):
            yield key, (subnet, names.name(network, key)) if names.name(network, key) else None


def _interfaces(network: Network, names: _Seen) -> Iterator[tuple[str, Role]]:
    """By what it belongs to, and in which subnet; else by its address."""
    owners = {eni: endpoint.vpc_endpoint_id for eni, endpoint in network.endpoint_of_interface.items()}
    for gateway_id, gateway in network.nat_gateways.items():
        owners |= {each.network_interface_id or "": gateway_id for each in gateway.nat_gateway_addresses}
    for key, record in network.network_interfaces.items():
        one = network.interfaces[key]
        instance = record.attachment.instance_id if record.attachment else None
        owner = owners.get(key) or instance or ""
        subnet = names.get(one.subnet_id, one.subnet_id)
        yield key, (subnet, names.get(owner, owner) if owner else one.addresses)


_KINDS: Final = (
    ("vpcs", _vpcs), ("dhcp_options", _dhcp_options), ("prefix_lists", _prefix_lists), ("subnets", _subnets),
    ("route_tables", _tables), ("network_acls", _acls), ("security_groups", _groups),
    ("internet_gateways", _gateways), ("egress_only_internet_gateways", _egress_only),
    ("nat_gateways", _nat_gateways), ("vpc_endpoints", _endpoints), ("vpc_peering_connections", _peerings),
    ("transit_gateways", _transit), ("transit_gateway_vpc_attachments", _attachments), ("instances", _instances),
    ("network_interfaces", _interfaces),
)  # fmt: skip
"""From what stands alone to what is told apart by what it belongs to: where the network holds it, and its roles."""
_ENDING: Final = ("nat_gateways", "vpc_peering_connections", "instances")
"""What AWS still lists when it is gone."""


def _same_ids(kind: str, before: Network, after: Network) -> bool:
    """Whether both hold the same resources of a kind, so that none of them was re-created."""
    older, newer = getattr(before, kind), getattr(after, kind)
    return bool(older == newer if kind in _ENDING else older.keys() == newer.keys())

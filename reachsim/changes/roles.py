"""Resources that were re-created under new ids, matched by the role they play.

Terraform and CloudFormation replace what they cannot update: a NAT gateway, a group or a whole VPC comes back under
another id, and doing the same as before. What is only in the older snapshot is matched with what is only in the newer
one where kind and role (its VPC, block, name, attachment) are equal and nobody else plays that role.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.snapshot import Snapshot

Names = Mapping[str, str]
Role = tuple[object, ...] | None
_OWN_NAME: Final = re.compile(r"vpce-[0-9a-z]+-[0-9a-z]+")


def matches(before: Network, after: Network) -> dict[str, str]:
    """Id in the older snapshot → id in the newer one, of resources re-created in between."""
    found = _account(before, after)
    for roles in _KINDS:
        older, newer = dict(roles(before, found)), dict(roles(after, {}))
        old = {key: role for key, role in older.items() if key not in newer and role is not None}
        new = {key: role for key, role in newer.items() if key not in older and role is not None}
        alone = _by_role(old)
        found |= {alone[role]: key for role, key in _by_role(new).items() if role in alone}
    return found


def own_names(before: Network, after: Network, names: Names) -> dict[str, str]:
    """``vpce-ID-SUFFIX``, with which the DNS names of a re-created endpoint begin, in the older snapshot → in the newer
    one.
    """
    found: dict[str, str] = {}
    for old, new in names.items():
        one, other = (network.vpc_endpoints.get(key) for network, key in ((before, old), (after, new)))
        if one is not None and other is not None:
            prefixes = [_prefix(each) for each in (one, other)]
            found |= {prefixes[0]: prefixes[1]} if all(prefixes) else {}
    return found


def _prefix(endpoint: aws.VpcEndpoint) -> str:
    starts = [_OWN_NAME.match(entry.dns_name or "") for entry in endpoint.dns_entries]
    return next((match[0] for match in starts if match), "")


def _account(before: Network, after: Network) -> dict[str, str]:
    """The account of the one snapshot in place of the other's, if each holds one: a copy of a set-up, such as staging's
    of production's.
    """
    old, new = before.snapshot.accounts(), after.snapshot.accounts()
    return {old[0]: new[0]} if len(old) == len(new) == 1 and old != new else {}


def _home(network: Network, names: Names, key: str) -> tuple[str, str]:
    account, region = network.home_of(key)
    return names.get(account, account), region


def renamed(snapshot: Snapshot, names: Names, prefixes: Names | None = None) -> Snapshot:
    """The snapshot with ids replaced, in its files and their names; ``prefixes`` also where more follows a ``-``."""
    if not names:
        return snapshot
    prefixes = prefixes or {}
    word = re.compile(
        rb"(?<![\w-])(?:(?:" + _either(prefixes) + rb")(?!\w)|(?:" + _either(names) + rb")(?![\w-]))"
        if prefixes else rb"(?<![\w-])(?:" + _either(names) + rb")(?![\w-])"
    )  # fmt: skip
    spelled = {old.encode(): new.encode() for old, new in (*names.items(), *prefixes.items())}

    def replaced(data: bytes) -> bytes:
        return word.sub(lambda match: spelled[match[0]], data)

    changed: dict[str, bytes] = {}
    gone: list[str] = []
    for path in snapshot.paths:
        name = replaced(path.encode()).decode()
        data = snapshot.read(path)
        text = replaced(data)
        if name != path:
            gone.append(path)
        if name != path or text != data:
            changed[name] = text
    return snapshot.edited(changed, gone)


def _either(names: Names) -> bytes:
    return b"|".join(re.escape(one.encode()) for one in sorted(names, key=len, reverse=True))


def _by_role(ids: Mapping[str, Role]) -> dict[Role, str]:
    """Role → the one id that plays it."""
    times = Counter(ids.values())
    return {role: key for key, role in ids.items() if times[role] == 1}


def _name(network: Network, key: str) -> str:
    return network.names.get(key, "")


def _vpcs(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpcs.items():
        yield key, (_home(network, names, key), str(one.cidr_block), _name(network, key))


def _subnets(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.subnets.items():
        vpc = names.get(one.vpc_id, one.vpc_id)
        yield key, (vpc, str(one.cidr_block), one.availability_zone)


def _tables(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.route_tables.items():
        used = sorted(names.get(each.subnet_id, each.subnet_id) for each in one.associations if each.subnet_id)
        main = any(each.main for each in one.associations)
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        yield key, (vpc, main, _name(network, key) or tuple(used)) if main or used or _name(network, key) else None


def _acls(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.network_acls.items():
        used = sorted(names.get(each.subnet_id, each.subnet_id) for each in one.associations if each.subnet_id)
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        yield key, (vpc, one.is_default, "" if one.is_default else _name(network, key) or tuple(used))


def _groups(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.security_groups.items():
        vpc = names.get(one.vpc_id or "", one.vpc_id or "")
        yield key, (vpc, one.group_name if one.group_name != key else _name(network, key) or None)


def _gateways(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.internet_gateways.items():
        yield key, tuple(sorted(names.get(each.vpc_id or "", each.vpc_id or "") for each in one.attachments)) or None


def _egress_only(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.egress_only_internet_gateways.items():
        yield key, tuple(sorted(names.get(each.vpc_id or "", each.vpc_id or "") for each in one.attachments)) or None


def _nat_gateways(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.nat_gateways.items():
        if one.state in ("available", "pending"):
            yield key, (names.get(one.subnet_id or "", one.subnet_id), one.connectivity_type, _name(network, key))


def _endpoints(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpc_endpoints.items():
        yield key, (names.get(one.vpc_id or "", one.vpc_id), one.service_name, one.vpc_endpoint_type)


def _peerings(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.vpc_peering_connections.items():
        ends = (one.requester_vpc_info.vpc_id or "", one.accepter_vpc_info.vpc_id or "")
        if one.status.code == "active":
            yield key, tuple(sorted(names.get(end, end) for end in ends))


def _transit(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key in network.transit_gateways:
        yield key, (_home(network, names, key), _name(network, key)) if _name(network, key) else None


def _attachments(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.transit_gateway_vpc_attachments.items():
        gateway, vpc = one.transit_gateway_id or "", one.vpc_id or ""
        yield key, (names.get(gateway, gateway), names.get(vpc, vpc))


def _instances(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
    for key, one in network.instances.items():
        subnet = names.get(one.subnet_id or "", one.subnet_id)
        if one.state.name not in ("terminated", "shutting-down"):
            yield key, (subnet, _name(network, key)) if _name(network, key) else None


def _interfaces(network: Network, names: Names) -> Iterator[tuple[str, Role]]:
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
    _vpcs, _subnets, _tables, _acls, _groups, _gateways, _egress_only, _nat_gateways, _endpoints, _peerings, _transit,
    _attachments, _instances, _interfaces,
)  # fmt: skip
"""From what stands alone to what is told apart by what it belongs to."""

"""Security groups and network ACLs as rules over (peer address, service), each with the place that it stands in.

**Source:** "Security group rules", "Network ACL rules" (VPC User Guide; facts N80 to N113) and the EC2 API's
IpPermission and NetworkAclEntry (N92, N110). A rule matches the peer's address and the destination's port: never a
source port (N111).
"""

from __future__ import annotations

from typing import Final

import msgspec

from reachsim.addresses import EVERYWHERE
from reachsim.evidence import Direction
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import IpPermission, NetworkAcl, NetworkAclEntry, NotThere, SecurityGroup, UserIdGroupPair
from reachsim.packets import ALL_SERVICES, ICMP, ICMPV6, TCP, UDP, icmp_services, protocol_services

PROTOCOLS: Final = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "icmpv6": ICMPV6}
DEFAULT_ACL_RULE: Final = 32767
"""The number under which the API shows the last rule, ``*`` (32768 for IPv6; fact N106)."""


class Rule(msgspec.Struct, frozen=True):
    """One rule. ``peers`` are addresses; a rule that references a security group has its id in ``group`` instead.

    ``owner`` is the security group or network ACL, ``name`` the rule's id (``sgr-…``, else its ports and peer) or its
    number; ``text`` says it in words, ``source`` is its place in the snapshot. ``missing`` names files without which
    the peers are not known; ``unread`` says why they are not, though the file is there.
    """

    owner: str
    name: str | int
    peers: IntervalSet
    services: IntervalSet
    allow: bool
    text: str
    source: str | None = None
    group: str | None = None
    group_peer: UserIdGroupPair | None = None
    missing: tuple[str, ...] = ()
    unread: str = ""


def protocol_number(text: str) -> int:
    """The number of an IP protocol as AWS writes it, -1 for all. Raises ValueError for what is none (N92, N93).

    >>> protocol_number("tcp"), protocol_number("50"), protocol_number("-1")
    (6, 50, -1)
    """
    number = PROTOCOLS.get(text.lower())
    number = int(text) if number is None else number
    if not -1 <= number <= 255:
        raise ValueError(f"no IP protocol: {text}")
    return number


def permission_services(permission: IpPermission) -> IntervalSet:
    """The services that a security group rule names (fact N92): for TCP and UDP its ports, for ICMP type and code,
    for any other protocol all of it.

    >>> web = IpPermission("tcp", 80, 81)
    >>> permission_services(web) == protocol_services(TCP, IntervalSet.span(80, 81))
    True
    """
    protocol = protocol_number(permission.ip_protocol)
    low, high = permission.from_port, permission.to_port
    if protocol == -1:
        return ALL_SERVICES
    if protocol in (ICMP, ICMPV6):
        return icmp_services(protocol, -1 if low is None else low, -1 if high is None else high)
    if protocol in (TCP, UDP) and low is not None and high is not None and low >= 0:
        return protocol_services(protocol, IntervalSet.span(low, high))
    return protocol_services(protocol)


def security_group_rules(
    network: Network, group: SecurityGroup, direction: Direction, service: int | None = None
) -> tuple[Rule, ...]:
    """The rules of a security group in one direction, one per peer: all allow, and their order means nothing (N80).

    Only those that name the ``service``, if one is given. A rule that names another group has no ``peers``: whose
    addresses those are depends on where the traffic is.
    """
    key, permissions = ("IpPermissions", group.ip_permissions)
    if direction == "egress":
        key, permissions = ("IpPermissionsEgress", group.ip_permissions_egress)
    ids = _rule_ids(network, group.group_id, direction)
    rules: list[Rule] = []
    if isinstance(permissions, NotThere):
        why = f"{group.group_id} has no {key} in the snapshot, not even an empty list"
        place = network.source(group.group_id)
        rules.append(Rule(group.group_id, key, EVERYWHERE, ALL_SERVICES, True, why, place, unread=why))
    for index, permission in enumerate(permissions):
        services = permission_services(permission)
        if service is not None and service not in services:
            continue
        ports = describe_permission(permission)
        place = network.source(group.group_id, f"/{key}/{index}")
        for peer, peers, pair, missing in _peers(network, group, permission):
            name = ids.get((_identity(permission), peer)) or f"{ports} {peer}"
            rules.append(
                Rule(
                    group.group_id,
                    name,
                    peers,
                    services,
                    True,
                    f"{ports} {'from' if direction == 'ingress' else 'to'} {peer}",
                    place,
                    pair.group_id if pair else None,
                    pair,
                    missing,
                    "" if peer else f"whom the rule {ports} of {group.group_id} names is not known",
                )
            )
    return tuple(rules)


def _peers(
    network: Network, group: SecurityGroup, permission: IpPermission
) -> list[tuple[str, IntervalSet, UserIdGroupPair | None, tuple[str, ...]]]:
    found: list[tuple[str, IntervalSet, UserIdGroupPair | None, tuple[str, ...]]] = []
    found += [(str(one.cidr_ip), one.cidr_ip.block, None, ()) for one in permission.ip_ranges]
    found += [(str(one.cidr_ipv6), one.cidr_ipv6.block, None, ()) for one in permission.ipv6_ranges]
    for reference in permission.prefix_list_ids:
        home = network.home_of(group.group_id)
        addresses, _, missing = network.prefix_list(reference.prefix_list_id, home)
        found.append((reference.prefix_list_id, EMPTY if addresses is None else addresses, None, missing))
    found += [(pair.group_id or "", EMPTY, pair, ()) for pair in permission.user_id_group_pairs]
    return found or [("", EMPTY, None, ())]


def _identity(permission: IpPermission) -> tuple[str, int, int]:
    low = -1 if permission.from_port is None else permission.from_port
    high = -1 if permission.to_port is None else permission.to_port
    return permission.ip_protocol, low, high


def _rule_ids(network: Network, group_id: str, direction: Direction) -> dict[tuple[tuple[str, int, int], str], str]:
    """Security group rule ids (sgr-…) by what the rule says, from describe-security-group-rules."""
    found: dict[tuple[tuple[str, int, int], str], str] = {}
    for rule in network.security_group_rules_of.get(group_id, ()):
        if rule.is_egress != (direction == "egress"):
            continue
        reference = rule.referenced_group_info.group_id if rule.referenced_group_info else None
        peer = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.prefix_list_id or reference or ""
        low = -1 if rule.from_port is None else rule.from_port
        high = -1 if rule.to_port is None else rule.to_port
        found[(rule.ip_protocol, low, high), peer] = rule.security_group_rule_id
    return found


def describe_permission(permission: IpPermission) -> str:
    """Protocol and ports of a rule, as people say them: ``tcp/443``, ``udp/1000-2000``, ``icmp``, ``all traffic``.

    >>> describe_permission(IpPermission("tcp", 443, 443)), describe_permission(IpPermission("icmp", 8, -1))
    ('tcp/443', 'icmp type 8')
    """
    protocol = protocol_number(permission.ip_protocol)
    if protocol == -1:
        return "all traffic"
    name = next((text for text, number in PROTOCOLS.items() if number == protocol), f"protocol {protocol}")
    low, high = permission.from_port, permission.to_port
    if protocol not in (TCP, UDP, ICMP, ICMPV6) or low is None or high is None or low < 0 or (low, high) == (0, 65535):
        return name
    if protocol in (ICMP, ICMPV6):
        return f"{name} type {low}" + ("" if high < 0 else f" code {high}")
    return f"{name}/{low}" if high == low else f"{name}/{low}-{high}"


def network_acl_rules(network: Network, acl: NetworkAcl, direction: Direction) -> tuple[Rule, ...]:
    """The entries of a network ACL in one direction, in the order of evaluation, the final ``*`` included (N106).

    The first rule that names a packet decides. AWS prints the final denials as entries too; the last rule here is for
    hand-made snapshots that leave them out.
    """
    entries = [(entry, index) for index, entry in enumerate(acl.entries) if entry.egress == (direction == "egress")]
    rules = [
        _entry_rule(network, acl, entry, index) for entry, index in sorted(entries, key=lambda e: e[0].rule_number)
    ]
    last = Rule(acl.network_acl_id, DEFAULT_ACL_RULE, EVERYWHERE, ALL_SERVICES, False, "deny all traffic")
    return (*rules, last)


def _entry_rule(network: Network, acl: NetworkAcl, entry: NetworkAclEntry, index: int) -> Rule:
    block = entry.cidr_block or entry.ipv6_cidr_block
    number = DEFAULT_ACL_RULE if entry.rule_number >= DEFAULT_ACL_RULE else entry.rule_number
    text = f"{entry.rule_action} {_describe_entry(entry)} {block or ''}".rstrip()
    return Rule(
        acl.network_acl_id,
        number,
        block.block if block is not None else EMPTY,
        entry_services(entry),
        entry.rule_action.lower() == "allow",
        text,
        network.source(acl.network_acl_id, f"/Entries/{index}"),
    )


def entry_services(entry: NetworkAclEntry) -> IntervalSet:
    """The services that a network ACL entry names; with protocol -1 ports do not count (fact N110).

    >>> from reachsim.addresses import Cidr
    >>> entry_services(NetworkAclEntry(100, "-1", "allow", False, Cidr("0.0.0.0/0"))) == ALL_SERVICES
    True
    """
    protocol = protocol_number(entry.protocol)
    if protocol == -1:
        return ALL_SERVICES
    if protocol in (ICMP, ICMPV6):
        code = entry.icmp_type_code
        return icmp_services(protocol, -1 if code is None else code.type, -1 if code is None else code.code)
    if protocol in (TCP, UDP) and entry.port_range is not None:
        return protocol_services(protocol, IntervalSet.span(entry.port_range.from_, entry.port_range.to))
    return protocol_services(protocol)


def _describe_entry(entry: NetworkAclEntry) -> str:
    protocol = protocol_number(entry.protocol)
    if protocol == -1:
        return "all traffic"
    name = next((text for text, number in PROTOCOLS.items() if number == protocol), f"protocol {protocol}")
    if protocol in (TCP, UDP) and entry.port_range is not None:
        low, high = entry.port_range.from_, entry.port_range.to
        if (low, high) != (0, 65535):
            return f"{name}/{low}" if low == high else f"{name}/{low}-{high}"
    return name

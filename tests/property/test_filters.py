"""Security groups and network ACLs against a judge that takes one packet and reads AWS's records as they are.

The judge is written from AWS's rules alone: a security group lets through what any of its rules names; a network ACL
obeys the first entry, by number, that names the packet. It uses none of reachsim's types.
"""

from __future__ import annotations

import ipaddress
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from reachsim import load_files
from reachsim.addresses import EVERYWHERE, V4, V6, parse_address
from reachsim.evidence import Direction
from reachsim.filters import DEFAULT_ACL_RULE, Rule, network_acl_rules, security_group_rules
from reachsim.intervals import EMPTY
from reachsim.model.network import Network
from reachsim.packets import ALL_SERVICES, PacketSet
from tests.property.strategies import Record, acl_entry_lists, filtered_packets, permissions

EC2 = "111111111111/us-east-1/ec2"
NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
Packet = tuple[str, int, tuple[int, int] | int | None]
directions = st.sampled_from(["ingress", "egress"])
several_packets = st.lists(filtered_packets(), min_size=1, max_size=20)


# --- the judge ------------------------------------------------------------------------------------------------------


def protocol_matches(text: str, protocol: int) -> bool:
    return text == "-1" or protocol == (NUMBERS[text] if text in NUMBERS else int(text))


def inside(address: str, block: str) -> bool:
    one, network = ipaddress.ip_address(address), ipaddress.ip_network(block)
    return one.version == network.version and one in network


def icmp_matches(kind: int, code: int, packet: tuple[int, int]) -> bool:
    return kind == -1 or (kind == packet[0] and code in (-1, packet[1]))


def permission_matches(permission: Record, packet: Packet) -> bool:
    """Does one ``IpPermission`` name the packet?"""
    address, protocol, detail = packet
    peers = [one["CidrIp"] for one in permission["IpRanges"]] + [one["CidrIpv6"] for one in permission["Ipv6Ranges"]]
    if not protocol_matches(permission["IpProtocol"], protocol) or not any(inside(address, one) for one in peers):
        return False
    low, high = permission.get("FromPort", -1), permission.get("ToPort", -1)
    if permission["IpProtocol"] == "-1" or detail is None:
        return True
    if isinstance(detail, tuple):
        return icmp_matches(low, high, detail)
    return low == -1 or low <= detail <= high


def group_lets_through(permissions_: list[Record], packet: Packet) -> bool:
    return any(permission_matches(one, packet) for one in permissions_)


def entry_matches(entry: Record, packet: Packet) -> bool:
    """Does one ``NetworkAclEntry`` name the packet?"""
    address, protocol, detail = packet
    block = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
    if not protocol_matches(entry["Protocol"], protocol) or not inside(address, block):
        return False
    if entry["Protocol"] == "-1":
        return True  # ports are ignored (NetworkAclEntry, "Protocol")
    if isinstance(detail, tuple):
        kind = entry.get("IcmpTypeCode", {"Type": -1, "Code": -1})
        return icmp_matches(kind["Type"], kind["Code"], detail)
    if detail is None or "PortRange" not in entry:
        return True
    return entry["PortRange"]["From"] <= detail <= entry["PortRange"]["To"]


def deciding_entry(entries: list[Record], egress: bool, packet: Packet) -> Record:
    ordered = sorted((one for one in entries if one["Egress"] == egress), key=lambda one: one["RuleNumber"])
    return next(one for one in ordered if entry_matches(one, packet))


# --- reachsim's answer ----------------------------------------------------------------------------------------------


def network_of(operation: str, key: str, record: Record) -> Network:
    return load_files({f"{EC2}/{operation}.json": json.dumps({key: [record]}).encode()}).network


def group_rules(ingress: list[Record], egress: list[Record], direction: Direction) -> tuple[Rule, ...]:
    record = {"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": ingress, "IpPermissionsEgress": egress}
    network = network_of("describe-security-groups", "SecurityGroups", record)
    return security_group_rules(network, network.security_groups["sg-1"], direction)


def acl_rules(entries: list[Record], direction: Direction) -> tuple[Rule, ...]:
    record = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [], "Entries": entries}
    network = network_of("describe-network-acls", "NetworkAcls", record)
    return network_acl_rules(network, network.network_acls["acl-1"], direction)


def point(packet: Packet) -> tuple[int, int]:
    """The packet as (place on the address line, service)."""
    address, protocol, detail = packet
    low = detail[0] << 8 | detail[1] if isinstance(detail, tuple) else 7 if detail is None else detail
    return parse_address(address), protocol << 16 | low


def names(rule: Rule, packet: Packet) -> bool:
    place, service = point(packet)
    return place in rule.peers and service in rule.services


def first(rules: tuple[Rule, ...], packet: Packet) -> Rule:
    return next(rule for rule in rules if names(rule, packet))


def allowed_by_acl(rules: tuple[Rule, ...]) -> PacketSet:
    """All that an ACL lets through, as a set: every rule takes from what the ones before it left."""
    left = PacketSet.box((EVERYWHERE, ALL_SERVICES))
    allowed = PacketSet.empty(2)
    for rule in rules:
        named = PacketSet.box((rule.peers, rule.services))
        if rule.allow:
            allowed = allowed | (left & named)
        left = left - named
    assert left.is_empty
    return allowed


# --- laws -----------------------------------------------------------------------------------------------------------


@given(st.lists(permissions(), max_size=4), several_packets)
def test_a_security_group_lets_through_what_one_of_its_rules_names(held: list[Record], packets: list[Packet]) -> None:
    rules = group_rules(held, [], "ingress")
    for packet in packets:
        assert any(names(rule, packet) for rule in rules) == group_lets_through(held, packet)


@given(st.lists(permissions(), max_size=3), st.lists(permissions(), max_size=3), several_packets)
def test_directions_of_a_security_group_are_kept_apart(
    ingress: list[Record], egress: list[Record], packets: list[Packet]
) -> None:
    rules = group_rules(ingress, egress, "egress")
    for packet in packets:
        assert any(names(rule, packet) for rule in rules) == group_lets_through(egress, packet)


@given(st.lists(permissions(), max_size=4))
def test_a_security_group_has_one_rule_per_peer_and_all_allow(held: list[Record]) -> None:
    rules = group_rules(held, [], "ingress")
    peers = [len(one["IpRanges"]) + len(one["Ipv6Ranges"]) for one in held]
    assert len(rules) == sum(max(1, count) for count in peers)
    assert sum(bool(rule.unread) for rule in rules) == peers.count(0)
    assert all(rule.allow for rule in rules)


@given(st.lists(permissions(), max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_a_security_groups_rules_does_not_matter(held: list[Record], rng: random.Random) -> None:
    def allowed(found: list[Record]) -> PacketSet:
        return PacketSet.union_of([(rule.peers, rule.services) for rule in group_rules(found, [], "ingress")], 2)

    shuffled = list(held)
    rng.shuffle(shuffled)
    assert allowed(held) == allowed(shuffled)


@given(st.lists(permissions(), min_size=1, max_size=4))
def test_a_security_group_rule_cites_the_record_that_it_comes_from(held: list[Record]) -> None:
    for rule in group_rules(held, [], "ingress"):
        assert rule.source is not None
        index = int(rule.source.rsplit("/IpPermissions/", 1)[1])
        blocks = [one["CidrIp"] for one in held[index]["IpRanges"]]
        blocks += [one["CidrIpv6"] for one in held[index]["Ipv6Ranges"]]
        assert any(rule.text.endswith(block) for block in blocks) or (rule.unread and not blocks)


@given(acl_entry_lists(), directions, several_packets)
def test_a_network_acl_obeys_the_lowest_number_that_names_the_packet(
    entries: list[Record], direction: Direction, packets: list[Packet]
) -> None:
    rules = acl_rules(entries, direction)
    for packet in packets:
        entry = deciding_entry(entries, direction == "egress", packet)
        rule = first(rules, packet)
        assert rule.allow == (entry["RuleAction"] == "allow")
        assert rule.name == min(entry["RuleNumber"], DEFAULT_ACL_RULE)


@given(acl_entry_lists(), directions, several_packets)
def test_the_set_that_a_network_acl_allows_holds_the_packets_that_it_allows(
    entries: list[Record], direction: Direction, packets: list[Packet]
) -> None:
    allowed = allowed_by_acl(acl_rules(entries, direction))
    for packet in packets:
        expected = deciding_entry(entries, direction == "egress", packet)["RuleAction"] == "allow"
        assert (point(packet) in allowed) == expected


@given(acl_entry_lists(), directions)
def test_network_acl_rules_come_in_the_order_of_their_numbers(entries: list[Record], direction: Direction) -> None:
    numbers = [rule.name for rule in acl_rules(entries, direction)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == DEFAULT_ACL_RULE


@given(acl_entry_lists(), directions)
def test_a_network_acl_rule_cites_its_entry(entries: list[Record], direction: Direction) -> None:
    for rule in acl_rules(entries, direction)[:-1]:
        assert rule.source is not None
        entry = entries[int(rule.source.rsplit("/Entries/", 1)[1])]
        assert min(entry["RuleNumber"], DEFAULT_ACL_RULE) == rule.name
        assert entry["Egress"] == (direction == "egress")


@given(acl_entry_lists(), directions, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_in_the_file_does_not_matter(
    entries: list[Record], direction: Direction, rng: random.Random
) -> None:
    shuffled = list(entries)
    rng.shuffle(shuffled)
    assert allowed_by_acl(acl_rules(entries, direction)) == allowed_by_acl(acl_rules(shuffled, direction))


@given(acl_entry_lists(), directions)
def test_a_network_acl_with_nothing_but_denials_allows_nothing(entries: list[Record], direction: Direction) -> None:
    denied = [one | {"RuleAction": "deny"} for one in entries]
    assert allowed_by_acl(acl_rules(denied, direction)) == PacketSet.empty(2)


@given(st.lists(permissions(), max_size=4), acl_entry_lists())
def test_rules_name_peers_of_one_family_only(held: list[Record], entries: list[Record]) -> None:
    rules = [*group_rules(held, [], "ingress"), *acl_rules(entries, "ingress")[:-1]]
    assert all(rule.peers <= V4 or rule.peers <= V6 for rule in rules)


def test_without_entries_only_the_closing_denial_is_left() -> None:
    (rule,) = acl_rules([], "ingress")
    assert (rule.name, rule.allow, rule.peers, rule.services) == (DEFAULT_ACL_RULE, False, EVERYWHERE, ALL_SERVICES)


def test_a_group_without_rules_names_nothing() -> None:
    rules = group_rules([], [], "ingress")
    assert PacketSet.union_of([(rule.peers, rule.services) for rule in rules], 2) == PacketSet.box((EMPTY, EMPTY))

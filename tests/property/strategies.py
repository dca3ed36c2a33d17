"""What the property tests draw: sets over tiny universes (for brute force), and AWS's own records.

Records are drawn as the AWS CLI prints them, so that a test may judge them without any of reachsim's types. Addresses
come from a few blocks that often meet, nest and touch, in both families.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from reachsim.addresses import Cidr
from reachsim.intervals import IntervalSet
from reachsim.packets import Box, PacketSet

Record = dict[str, Any]

UNIVERSE = 12
"""Members of the interval sets that are drawn: 0 to 11."""
SIDE = 4
"""Values per dimension of the packet sets that are drawn: 0 to 3."""


def spans(high: int = UNIVERSE) -> SearchStrategy[list[tuple[int, int]]]:
    """Inclusive spans in any order, that may overlap and touch."""
    ends = st.tuples(st.integers(0, high - 1), st.integers(0, high - 1))
    return st.lists(ends.map(lambda pair: (min(pair), max(pair))), max_size=5)


def interval_sets(high: int = UNIVERSE) -> SearchStrategy[IntervalSet]:
    return spans(high).map(IntervalSet.of)


def boxes(dimensions: int) -> SearchStrategy[Box]:
    """Products of sets; some factors are empty."""
    return st.tuples(*[interval_sets(SIDE)] * dimensions)


def packet_sets(dimensions: int = 3) -> SearchStrategy[PacketSet]:
    """Unions of up to four products, mostly of several that are not empty."""
    full = st.tuples(*[interval_sets(SIDE).map(lambda one: one or IntervalSet.span(1, 2))] * dimensions)
    some = st.lists(full, min_size=1, max_size=4)
    return st.one_of(st.lists(boxes(dimensions), max_size=4), some, some, some).map(
        lambda found: PacketSet.union_of(found, dimensions)
    )


# --- addresses ------------------------------------------------------------------------------------------------------

_V4_LENGTHS = (0, 8, 15, 16, 17, 23, 24, 25, 30, 31, 32)
_V6_LENGTHS = (0, 32, 56, 63, 64, 65, 127, 128)
_V4_PLACES = tuple(int(ipaddress.IPv4Address(one)) for one in ("10.0.0.0", "10.0.1.0", "10.1.255.255", "192.168.0.7"))
_V6_PLACES = tuple(int(ipaddress.IPv6Address(one)) for one in ("2001:db8::", "2001:db8:0:1::1", "fd00::ffff"))


@st.composite
def blocks(draw: st.DrawFn, family: int | None = None) -> str:
    """A CIDR block without host bits, as text."""
    chosen = family or draw(st.sampled_from([4, 4, 6]))
    place = draw(st.sampled_from(_V4_PLACES if chosen == 4 else _V6_PLACES))
    length = draw(st.sampled_from(_V4_LENGTHS if chosen == 4 else _V6_LENGTHS))
    address = ipaddress.IPv4Address(place) if chosen == 4 else ipaddress.IPv6Address(place)
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def cidrs(family: int | None = None) -> SearchStrategy[Cidr]:
    return blocks(family).map(Cidr)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address: the first or last of a block that could be drawn, one beside it, or any other."""
    network = ipaddress.ip_network(draw(blocks()))
    least, most = int(network.network_address), int(network.broadcast_address)
    number = draw(st.sampled_from([least, most, least - 1, most + 1]) | st.integers(least, most))
    bits = 32 if network.version == 4 else 128
    number = min(max(number, 0), (1 << bits) - 1)
    return str(ipaddress.IPv4Address(number) if bits == 32 else ipaddress.IPv6Address(number))


# --- filters --------------------------------------------------------------------------------------------------------

PORTS = (0, 22, 79, 80, 443, 444, 1023, 1024, 65534, 65535)
ICMP_TYPES = (0, 3, 8, 254, 255)
ICMP_CODES = (0, 1, 255)


@st.composite
def port_ranges(draw: st.DrawFn) -> tuple[int, int]:
    """(from, to) of a rule, both included."""
    low, high = draw(st.sampled_from(PORTS)), draw(st.sampled_from(PORTS))
    return min(low, high), max(low, high)


@st.composite
def permissions(draw: st.DrawFn) -> Record:
    """One ``IpPermission`` with up to three blocks."""
    peers = draw(st.lists(blocks(), max_size=3))
    record: Record = {
        "IpProtocol": draw(st.sampled_from(["-1", "tcp", "udp", "icmp", "icmpv6", "6", "50"])),
        "IpRanges": [{"CidrIp": one} for one in peers if ":" not in one],
        "Ipv6Ranges": [{"CidrIpv6": one} for one in peers if ":" in one],
        "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }
    if record["IpProtocol"] in ("tcp", "udp", "6"):
        record["FromPort"], record["ToPort"] = draw(st.just((-1, -1)) | port_ranges())
    elif record["IpProtocol"] in ("icmp", "icmpv6"):
        record["FromPort"] = draw(st.sampled_from([-1, *ICMP_TYPES]))
        record["ToPort"] = -1 if record["FromPort"] == -1 else draw(st.sampled_from([-1, *ICMP_CODES]))
    return record


@st.composite
def acl_entries(draw: st.DrawFn, number: int | None = None) -> Record:
    """One ``NetworkAclEntry``."""
    block = draw(blocks())
    record: Record = {
        "RuleNumber": draw(st.integers(1, 32766)) if number is None else number,
        "Protocol": draw(st.sampled_from(["-1", "6", "17", "1", "58", "50"])),
        "RuleAction": draw(st.sampled_from(["allow", "deny"])),
        "Egress": draw(st.booleans()),
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
    }
    if record["Protocol"] in ("6", "17") or (record["Protocol"] == "-1" and draw(st.booleans())):
        low, high = draw(port_ranges())
        record["PortRange"] = {"From": low, "To": high}
    elif record["Protocol"] in ("1", "58"):
        kind = draw(st.sampled_from([-1, *ICMP_TYPES]))
        record["IcmpTypeCode"] = {"Type": kind, "Code": -1 if kind == -1 else draw(st.sampled_from([-1, *ICMP_CODES]))}
    return record


def acl_entry_lists() -> SearchStrategy[list[Record]]:
    """Entries with different numbers, in any order, ended by AWS's two closing denials in both directions."""
    numbers = st.lists(st.integers(1, 32766), unique=True, max_size=6)
    drawn = numbers.flatmap(lambda found: st.tuples(*(acl_entries(number) for number in found)))
    closing = [
        {"RuleNumber": number, "Protocol": "-1", "RuleAction": "deny", "Egress": egress, key: block}
        for egress in (False, True)
        for number, key, block in ((32767, "CidrBlock", "0.0.0.0/0"), (32768, "Ipv6CidrBlock", "::/0"))
    ]
    return drawn.flatmap(lambda found: st.permutations([*found, *closing]))


@st.composite
def filtered_packets(draw: st.DrawFn) -> tuple[str, int, tuple[int, int] | int | None]:
    """(peer's address, protocol, destination port or ICMP (type, code) or None) as a filter sees a packet."""
    protocol = draw(st.sampled_from([6, 6, 17, 1, 58, 50, 132]))
    detail: tuple[int, int] | int | None = None
    if protocol in (6, 17):
        detail = draw(st.sampled_from(PORTS) | st.integers(0, 65535))
    elif protocol in (1, 58):
        detail = (draw(st.sampled_from(ICMP_TYPES)), draw(st.sampled_from(ICMP_CODES)))
    return draw(addresses()), protocol, detail


# --- routes ---------------------------------------------------------------------------------------------------------

_TARGETS = ({"GatewayId": "igw-1"}, {"NatGatewayId": "nat-1"}, {"GatewayId": "vgw-1"}, {"TransitGatewayId": "tgw-1"},
            {"VpcPeeringConnectionId": "pcx-1"}, {"NetworkInterfaceId": "eni-1"})  # fmt: skip
PREFIX_LISTS = {"pl-1": ("10.0.0.0/15", "192.168.0.0/24"), "pl-2": ("10.0.1.0/24", "2001:db8::/32"), "pl-3": ()}
"""Prefix lists that the drawn routes name, with their blocks."""


@st.composite
def routes(draw: st.DrawFn) -> Record:
    """One route; propagated ones lead to the virtual private gateway."""
    origin = draw(st.sampled_from(["CreateRoute", "CreateRoute", "EnableVgwRoutePropagation"]))
    record: Record = {"Origin": origin, "State": draw(st.sampled_from(["active", "active", "blackhole"]))}
    record |= draw(st.sampled_from(_TARGETS)) if origin == "CreateRoute" else {"GatewayId": "vgw-1"}
    if origin == "CreateRoute" and draw(st.integers(0, 3)) == 0:
        return record | {"DestinationPrefixListId": draw(st.sampled_from(sorted(PREFIX_LISTS)))}
    block = draw(blocks())
    return record | {"DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock": block}


def _destination(route: Record) -> tuple[str, str]:
    keys = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return next(str(route[key]) for key in keys if key in route), str(route["Origin"])


def route_lists() -> SearchStrategy[list[Record]]:
    """Routes as one table can hold them: one per destination and origin."""
    return st.lists(routes(), max_size=7, unique_by=_destination)

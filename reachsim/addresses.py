"""IP addresses and blocks as integers on one line: IPv4 first, IPv6 behind it.

One line for both families lets a set of addresses be one `IntervalSet`, and keeps the families apart (an IPv4 rule
never matches an IPv6 packet, fact N3). Parsing and printing go through the standard library.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from reachsim.intervals import EMPTY, IntervalSet, Span

V6_BASE: Final = 1 << 32
"""Where IPv6 begins on the line: the address ``::`` is this integer."""

V4: Final = IntervalSet.span(0, V6_BASE - 1)
V6: Final = IntervalSet.span(V6_BASE, V6_BASE + (1 << 128) - 1)
EVERYWHERE: Final = V4 | V6


class Cidr(str):
    """A CIDR block as AWS prints it, with ``block``: its addresses. Raises ValueError if it is no block.

    Host bits are dropped, as AWS does on input ("Security group rules", "Network ACL rules").

    >>> format_set(Cidr("10.0.1.7/24").block)
    ['10.0.1.0/24']
    """

    __slots__ = ("block",)
    block: IntervalSet

    def __new__(cls, text: str) -> Cidr:
        made = super().__new__(cls, text)
        made.block = parse_block(text)
        return made

    @property
    def length(self) -> int:
        """Prefix length in bits within its own family."""
        low, high = self.block.spans[0]
        bits = 32 if high < V6_BASE else 128
        return bits - (high - low).bit_length()


class Address(str):
    """An IP address as AWS prints it, with ``number``: its place on the line. Raises ValueError if it is none.

    >>> Address("10.0.0.1").number == 10 << 24 | 1
    True
    """

    __slots__ = ("number",)
    number: int

    def __new__(cls, text: str) -> Address:
        made = str.__new__(cls, text)
        made.number = parse_address(text)
        return made


def parse_address(text: str) -> int:
    """The place of an address on the line. Raises ValueError for what is no address (``010.0.0.1`` is none either).

    >>> parse_address("::1") - V6_BASE
    1
    """
    parts = text.split(".")
    if len(parts) == 4:
        try:
            return _OCTETS[parts[0]] << 24 | _OCTETS[parts[1]] << 16 | _OCTETS[parts[2]] << 8 | _OCTETS[parts[3]]
        except KeyError:
            pass  # ``::ffff:10.0.0.1``, or no address
    return _parse_other_address(text)


_OCTETS: Final = {str(number): number for number in range(256)}
_LENGTHS: Final = {str(bits): 1 << (32 - bits) for bits in range(33)}
"""Length of an IPv4 prefix → how many addresses it has."""


@lru_cache(maxsize=65536)
def _parse_other_address(text: str) -> int:
    address = ipaddress.ip_address(text)
    return int(address) + (V6_BASE if address.version == 6 else 0)


@lru_cache(maxsize=65536)
def parse_block(text: str) -> IntervalSet:
    """The addresses of a CIDR block or of a bare address, as a set on the line. Raises ValueError for what is neither.

    >>> parse_block("10.0.0.0/30").size, parse_block("10.0.0.1").size
    (4, 1)
    """
    address, _, length = text.partition("/")
    parts = address.split(".")
    if len(parts) == 4 and length in _LENGTHS:
        try:
            first = _OCTETS[parts[0]] << 24 | _OCTETS[parts[1]] << 16 | _OCTETS[parts[2]] << 8 | _OCTETS[parts[3]]
        except KeyError:
            pass  # ``::ffff:10.0.0.0/8``, or no block
        else:
            size = _LENGTHS[length]
            return IntervalSet.span(first & -size, first & -size | size - 1)
    network = ipaddress.ip_network(text, strict=False)
    base = V6_BASE if network.version == 6 else 0
    return IntervalSet.span(base + int(network.network_address), base + int(network.broadcast_address))


def format_address(number: int) -> str:
    """The usual spelling of the address at a place on the line (IPv6 as in RFC 5952).

    >>> format_address(V6_BASE + 1)
    '::1'
    """
    if number < V6_BASE:
        return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return str(ipaddress.IPv6Address(number - V6_BASE))


def format_set(addresses: IntervalSet) -> list[str]:
    """CIDR blocks (a single address without ``/32``) that together are exactly the set, in order.

    >>> format_set(parse_block("10.0.0.0/8") - parse_block("10.128.0.0/9"))
    ['10.0.0.0/9']
    """
    return list(blocks_of(addresses))


def blocks_of(addresses: IntervalSet) -> tuple[str, ...]:
    """Like `format_set`."""
    return (format_address(addresses.first),) if addresses.is_single else _formatted(addresses)


@lru_cache(maxsize=65536)
def _formatted(addresses: IntervalSet) -> tuple[str, ...]:
    return tuple(
        text.removesuffix("/32") if "." in text else text.removesuffix("/128")
        for span in (addresses & V4).spans + (addresses & V6).spans
        for text in _blocks(span)
    )


@lru_cache(maxsize=65536)
def _blocks(span: Span) -> tuple[str, ...]:
    low, high = span
    if low < V6_BASE:
        return tuple(_blocks_of_v4(low, high))
    first, last = ipaddress.IPv6Address(low - V6_BASE), ipaddress.IPv6Address(high - V6_BASE)
    return tuple(str(block) for block in ipaddress.summarize_address_range(first, last))


def _blocks_of_v4(low: int, high: int) -> Iterator[str]:
    """The largest block that begins where the last one ended, again and again, to the end."""
    while low <= high:
        size = min(low & -low or V6_BASE, 1 << (high - low + 1).bit_length() - 1)
        yield f"{low >> 24}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}/{33 - size.bit_length()}"
        low += size


def _union(*blocks: str) -> IntervalSet:
    return IntervalSet.union_of(parse_block(block) for block in blocks)


RFC1918: Final = _union("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
RFC6598: Final = _union("100.64.0.0/10")
DOCKER_BRIDGE: Final = _union("172.17.0.0/16")
"""What Docker's default bridge takes on its host, unless it is told otherwise ("Bridge network driver")."""

ULA: Final = _union("fc00::/7")
LINK_LOCAL: Final = _union("169.254.0.0/16", "fe80::/10")
AMAZON_LOCAL: Final = _union("169.254.168.0/22", "fd00:ec2::/32")
"""Never forwarded by any route (fact N10)."""

VPC_LATTICE: Final = _union("169.254.171.0/24", "fd00:ec2:80::/64")
"""What names of VPC Lattice's services resolve to in a VPC that a service network is associated with."""

NAT64: Final = _union("64:ff9b::/96")
"""The well-known prefix: an IPv4 address stands in the last 32 bits (RFC 6052, fact N57)."""

PUBLIC: Final = (
    EVERYWHERE
    - _union(
        *(
            "0.0.0.0/8",
            "127.0.0.0/8",
            "224.0.0.0/3",
            "::/127",
            "::1",
            "::ffff:0:0/96",
            "ff00::/8",
            "64:ff9b::/96",
            "fec0::/10",
        )
    )
    - RFC1918
    - RFC6598
    - ULA
    - LINK_LOCAL
)
"""Unicast addresses that are not private (DESIGN, selector ``internet``); documentation blocks count as public."""

__all__ = [
    "AMAZON_LOCAL", "EMPTY", "EVERYWHERE", "LINK_LOCAL", "NAT64", "PUBLIC", "RFC1918", "RFC6598",
    "ULA", "V4", "V6", "V6_BASE", "VPC_LATTICE", "Address", "Cidr", "format_address", "format_set", "parse_address",
    "parse_block",
]  # fmt: skip

"""The address line: parsing, printing, and what counts as public."""

from __future__ import annotations

import ipaddress
import random

import pytest

from reachsim.addresses import (
    AMAZON_LOCAL,
    EVERYWHERE,
    LINK_LOCAL,
    PUBLIC,
    RFC1918,
    RFC6598,
    ULA,
    V4,
    V6,
    V6_BASE,
    Address,
    Cidr,
    format_address,
    format_set,
    parse_address,
    parse_block,
)
from reachsim.intervals import EMPTY, IntervalSet


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.0.0.0", 0),
        ("10.0.0.1", 0x0A000001),
        ("255.255.255.255", V6_BASE - 1),
        ("::", V6_BASE),
        ("::1", V6_BASE + 1),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", V6_BASE + (1 << 128) - 1),
    ],
)
def test_places_on_the_line(text: str, number: int) -> None:
    assert (parse_address(text), format_address(number)) == (number, text)


@pytest.mark.parametrize(
    "text",
    ["", "10", "10.0.0", "10.0.0.256", "10.0.0.0.1", "10.0.0.-1", "10.0.0.1 ", " 10.0.0.1", "1e1.0.0.1", "10.0.0.1/32",
     "::g", "1::2::3", "all", "１0.0.0.1", "10.0.0.٣", "010.0.0.1", "10.0.0.00"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the standard library words it)
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "::/129", "10.0.0/24", "10.0.0.0.0/24", "all"]
)
def test_what_is_no_block(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the standard library words it)
        parse_block(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.1.7/24", "10.0.1.0", "10.0.1.255"),
        ("10.0.1.7", "10.0.1.7", "10.0.1.7"),
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
        ("2001:db8::1/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_the_ends_of_a_block(text: str, first: str, last: str) -> None:
    assert parse_block(text).spans == ((parse_address(first), parse_address(last)),)


@pytest.mark.parametrize(
    ("text", "length"),
    [("10.0.0.0/8", 8), ("10.0.0.1", 32), ("0.0.0.0/0", 0), ("::/0", 0), ("2001:db8::1", 128), ("::/128", 128)],
)
def test_prefix_length_within_the_family(text: str, length: int) -> None:
    assert Cidr(text).length == length


def test_all_of_ipv4_does_not_hold_ipv6() -> None:
    assert parse_block("0.0.0.0/0").isdisjoint(parse_block("::/0"))


def test_text_stays_as_aws_prints_it() -> None:
    assert (str(Cidr("10.0.1.7/24")), str(Address("2001:DB8::1"))) == ("10.0.1.7/24", "2001:DB8::1")


def test_spellings_of_one_address_are_one_number() -> None:
    assert Address("2001:DB8::1").number == Address("2001:0db8:0:0::1").number


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (EMPTY, []),
        (V4, ["0.0.0.0/0"]),
        (EVERYWHERE, ["0.0.0.0/0", "::/0"]),
        (parse_block("10.0.0.1"), ["10.0.0.1"]),
        (parse_block("2001:db8::1"), ["2001:db8::1"]),
        (parse_block("10.0.0.0/24") - parse_block("10.0.0.0"), ["10.0.0.1", "10.0.0.2/31", "10.0.0.4/30", "10.0.0.8/29",
         "10.0.0.16/28", "10.0.0.32/27", "10.0.0.64/26", "10.0.0.128/25"]),
        (IntervalSet.span(V6_BASE - 1, V6_BASE), ["255.255.255.255", "::"]),
    ],
)  # fmt: skip
def test_a_set_in_blocks(addresses: IntervalSet, expected: list[str]) -> None:
    assert format_set(addresses) == expected


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "1.1.1.1", "52.216.0.1", "203.0.113.9", "198.51.100.9", "192.0.2.9", "2600:1f00::1", "2001:db8::1",
     "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255"],
)  # fmt: skip
def test_public(text: str) -> None:
    assert parse_address(text) in PUBLIC


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0",
     "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fdff::1", "ff02::1",
     "::ffff:8.8.8.8", "64:ff9b::808:808"],
)  # fmt: skip
def test_not_public(text: str) -> None:
    assert parse_address(text) not in PUBLIC


def test_private_blocks_are_apart_from_each_other() -> None:
    parts = [RFC1918, RFC6598, ULA, LINK_LOCAL, PUBLIC]
    assert sum(part.size for part in parts) == IntervalSet.union_of(parts).size


def test_amazons_local_addresses_hold_the_services_of_every_instance() -> None:
    for text in ("169.254.169.254", "169.254.169.253", "169.254.170.2", "fd00:ec2::254", "fd00:ec2::253"):
        assert parse_address(text) in AMAZON_LOCAL


def test_the_families_have_their_sizes() -> None:
    assert (V4.size, V6.size) == (1 << 32, 1 << 128)


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/8", "10.1.2.3/8", "0.0.0.0/0", "255.255.255.255/32", "10.0.0.1", "10.0.0.0/255.0.0.0", "10.0.0.0/08",
        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.256/8", "010.0.0.0/8", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/ 8", "",
        "::ffff:10.0.0.1/100", "::/0", "fe80::1/64", "١.0.0.0/8",
    ],
)  # fmt: skip
def test_blocks_are_what_the_standard_library_takes_them_for(text: str) -> None:
    try:
        expected = ipaddress.ip_network(text, strict=False)
    except ValueError:
        with pytest.raises(ValueError, match=r"does not appear|Only one"):
            parse_block(text)
        return
    base = V6_BASE if expected.version == 6 else 0
    low, high = (base + int(one) for one in (expected.network_address, expected.broadcast_address))
    assert parse_block(text).spans == ((low, high),)


def test_a_range_is_printed_as_the_blocks_that_the_standard_library_finds() -> None:
    chance = random.Random(1)
    spans = [(0, V6_BASE - 1), (1, V6_BASE - 2), (0, 1), (V6_BASE - 2, V6_BASE - 1)]
    for _ in range(300):
        low = chance.getrandbits(chance.randint(0, 32))
        spans.append((low, min(V6_BASE - 1, low + chance.getrandbits(chance.randint(0, 32)))))
    for low, high in spans:
        ends = ipaddress.IPv4Address(low), ipaddress.IPv4Address(high)
        expected = [str(block).removesuffix("/32") for block in ipaddress.summarize_address_range(*ends)]
        assert format_set(IntervalSet.span(low, high)) == expected

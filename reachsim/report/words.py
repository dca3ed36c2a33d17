"""Small phrases that the texts share: blocks, traffic, places in a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from reachsim.addresses import V4, V6, format_set, parse_block
from reachsim.codes import CODES
from reachsim.evidence import Assumption, Block
from reachsim.intervals import IntervalSet, Span
from reachsim.report.columns import clean, wrap
from reachsim.report.paint import Paint
from reachsim.verdict import Traffic


class Labels(Protocol):
    """What knows the names of resources; a network does."""

    def label(self, resource_id: str) -> str:
        """The id with the Name tag behind it."""


HIDES = {
    "leak": "if wrong, the answer may hide a leak",
    "block": "if wrong, the answer may hide a block",
    "neither": "",
}

ROUTES = {
    "private": "never leaves the VPC but by a VPC endpoint, peering or a transit gateway",
    "aws-public": "to AWS's public addresses, by the internet's way out",
    "internet": "out to the internet, or in from it",
    "mixed": "takes several kinds of ways",
    "on-premises": "out by a VPN or Direct Connect",
}
"""What the words for a route mean."""

_KINDS = {
    "acl-": "network ACL",
    "sg-": "security group",
    "rtb-": "route table",
    "tgw-rtb-": "transit gateway route table",
    "tgw-attach-": "transit gateway attachment",
    "tgw-": "transit gateway",
    "igw-": "internet gateway",
    "eigw-": "egress-only internet gateway",
    "nat-": "NAT gateway",
    "vpce-": "VPC endpoint",
    "pcx-": "peering connection",
    "vgw-": "virtual private gateway",
    "eni-": "network interface",
    "subnet-": "subnet",
    "vpc-": "VPC",
    "i-": "instance",
}


def label(network: Labels, component: str) -> str:
    """A component's id and name, safe to print."""
    return clean(network.label(component))


def named(network: Labels, component: str) -> str:
    """A component with the word for its kind before it."""
    kind = next((word for prefix, word in _KINDS.items() if component.startswith(prefix)), "")
    return f"{kind} {label(network, component)}".strip()


def type_name(kind: str) -> str:
    """A hop's type as AWS spells it.

    >>> type_name("network-acl"), type_name("vpc-endpoint")
    ('network ACL', 'VPC endpoint')
    """
    return " ".join(_SPELLED.get(word, word) for word in kind.split("-"))


_SPELLED = {word.lower(): word for word in ("ACL", "CodeBuild", "DNS", "NAT", "VPC", "VPN")}


def short_source(source: str) -> str:
    """A place in the snapshot without account and Region.

    >>> short_source("111111111111/eu-west-1/ec2/describe-vpcs.json#/Vpcs/0")
    'ec2/describe-vpcs.json#/Vpcs/0'
    """
    parts = source.split("/", 2)
    return clean(parts[2] if len(parts) == 3 and parts[0].isdigit() else source)


def rule_name(component: str, rule: str | int | None) -> str:
    """A rule as the console shows it.

    >>> rule_name("acl-0a", 32767)
    'rule * (the default deny)'
    """
    if rule is None or rule == "":
        return ""
    if component.startswith("acl-") and str(rule) in ("32767", "32768"):
        return "rule * (the default deny)"
    return clean(f"route {rule}" if component.startswith(("rtb-", "tgw-rtb-")) else f"rule {rule}")


def ranges(spans: Sequence[tuple[int, int]], most: int = 4) -> str:
    """Ports or types: ``443``, ``1024–65535``, or the first few and how many more.

    >>> ranges([(22, 22), (80, 90)])
    '22, 80–90'
    """
    shown = [str(low) if low == high else f"{low}–{high}" for low, high in spans[:most]]
    return ", ".join(shown) + (f" and {len(spans) - most} more ranges" if len(spans) > most else "")


def addresses(blocks: Sequence[str], most: int = 3) -> str:
    """Blocks, those that touch as a range from the first to the last address: the first few, and how many more.

    >>> addresses(["10.0.1.4/30", "10.0.1.8/29", "10.0.2.0/24"])
    '10.0.1.4–10.0.1.15, 10.0.2.0/24'
    """
    if not blocks:  # a sender outside every VPC, whose addresses nobody knows
        return "an address of AWS's own"
    known = IntervalSet.union_of(parse_block(block) for block in blocks)
    spans = (known & V4).spans + (known & V6).spans
    shown = [_span(span) for span in spans[: most if len(spans) > most + 1 else None]]
    return ", ".join(shown) + (f" and {len(spans) - most} more ranges" if len(spans) > len(shown) else "")


def _span(span: Span) -> str:
    whole = format_set(IntervalSet.span(*span))
    if len(whole) == 1:
        return whole[0]
    first, last = (format_set(IntervalSet.single(number))[0] for number in span)
    return f"{first}–{last}"


def traffic(some: Sequence[Traffic]) -> str:
    """Products of packets between the same two ends in words."""
    first = some[0]
    kinds = "; ".join(dict.fromkeys(map(kind_of_traffic, some)))
    return clean(f"{addresses(first.source)} → {addresses(first.destination)}{',' if len(some) == 1 else ':'} {kinds}")


def by_ends(many: Iterable[Traffic]) -> list[list[Traffic]]:
    """Products of packets, those between the same two ends together."""
    found: dict[object, list[Traffic]] = {}
    for one in many:
        found.setdefault((one.source, one.destination), []).append(one)
    return list(found.values())


def kind_of_traffic(one: Traffic) -> str:
    """Protocol and ports of a product of packets."""
    what = {"any": "any protocol", "other": "other protocols"}.get(one.protocol, one.protocol)
    if one.protocol.isdigit():
        what = f"protocol {one.protocol}"
    if tuple(one.ports) == ((0, 65535),) and one.protocol in ("tcp", "udp"):
        what += ", any port"
    elif one.ports and one.protocol.startswith("icmp"):
        what += "" if tuple(one.ports) == ((0, 255),) else f" type {ranges(one.ports)}"
    elif one.ports:
        what += f" port {ranges(one.ports)}"
    if one.client_ports and tuple(one.client_ports) != ((0, 65535),):
        what += f", from client ports {ranges(one.client_ports)}"
    return what


def code_name(block: Block) -> str:
    """The code with its cause behind it."""
    return block.code + (f" ({block.cause})" if block.cause else "")


def remedy(block: Block) -> str:
    """What mends the cause where it is known, else what mends the block."""
    known = (CODES[code] for code in (block.cause, block.code) if code is not None and code in CODES)
    return next((code.remedy for code in known if code.remedy), "")


def leaves_open(one: Assumption) -> bool:
    """Whether an assumption of an unknown verdict is what is not known, not what was taken for granted."""
    code = CODES.get(one.code)
    return code is not None and (code.kind == "block" or code.can_hide == "undecided")


def missing_lines(files: Iterable[str], paint: Paint) -> list[str]:
    """Files to add, each with the command that prints it."""
    from reachsim.report.commands import command_for  # knows every call; most answers lack no file

    lines = []
    for file in files:
        lines.append(f"  {clean(file)}")
        command = command_for(file)
        if command:
            lines.append(paint.dim(f"    {clean(command)}"))
    return lines


def assumption_lines(network: Labels, assumptions: Iterable[Assumption], columns: int) -> list[str]:
    """What was taken for granted, and what a wrong guess would hide; guesses of one kind together."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for one in assumptions:
        alike.setdefault((one.code, one.component, one.can_hide), []).append(one.detail)
    lines = []
    for (code, component, can_hide), details in alike.items():
        name = label(network, component)
        where = f" {name}" if name else ""
        hides = HIDES.get(can_hide, "")
        if len(details) == 1:
            detail = details[0].removeprefix(f"{name} ") if name else details[0]
            lines += wrap(f"{code}{where}: {detail}{f' ({hides})' if hides else ''}", columns, "  - ")
        else:
            lines += wrap(f"{code}{where}{f' ({hides})' if hides else ''}:", columns, "  - ")
            lines += [line for detail in dict.fromkeys(details) for line in wrap(detail, columns, "      ", " " * 8)]
    return lines

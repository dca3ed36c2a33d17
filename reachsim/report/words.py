"""Small phrases that the texts share: blocks, traffic, places in a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from reachsim.codes import CODES
from reachsim.evidence import Assumption, Block
from reachsim.report.columns import clean, wrap
from reachsim.report.commands import command_for
from reachsim.report.paint import Paint
from reachsim.verdict import Traffic


class Labels(Protocol):
    """What knows the names of resources; a network does."""

    def label(self, resource_id: str) -> str:
        """The id with the Name tag behind it."""


HIDES = {
    "leak": "if this is wrong, the answer may hide a leak",
    "block": "if this is wrong, the answer may hide a block",
    "neither": "",
}

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
    """The first few blocks, and how many more."""
    if len(blocks) <= most + 1:
        return ", ".join(blocks)
    return ", ".join(blocks[:most]) + f" and {len(blocks) - most} more blocks"


def traffic(one: Traffic) -> str:
    """One product of packets in words."""
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
    return clean(f"{addresses(one.source)} → {addresses(one.destination)}, {what}")


def code_name(block: Block) -> str:
    """The code with its cause behind it."""
    return block.code + (f" ({block.cause})" if block.cause else "")


def remedy(block: Block) -> str:
    """What mends the cause where it is known, else what mends the block."""
    known = (CODES[code] for code in (block.cause, block.code) if code is not None and code in CODES)
    return next((code.remedy for code in known if code.remedy), "")


def missing_lines(files: Iterable[str], paint: Paint) -> list[str]:
    """Files to add, each with the command that prints it."""
    lines = []
    for file in files:
        lines.append(f"  {clean(file)}")
        command = command_for(file)
        if command:
            lines.append(paint.dim(f"    {clean(command)}"))
    return lines


def assumption_lines(network: Labels, assumptions: Iterable[Assumption]) -> list[str]:
    """What was taken for granted, and what a wrong guess would hide."""
    lines = []
    for one in assumptions:
        where = f" {label(network, one.component)}" if one.component else ""
        hides = HIDES.get(one.can_hide, "")
        lines += wrap(f"{one.code}{where}: {one.detail}{f' ({hides})' if hides else ''}", first="  - ")
    return lines

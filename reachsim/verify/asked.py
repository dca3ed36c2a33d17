"""The question that a path of AWS's analyzers answers, from its two ends and the packet at the first of them.

**Source:** the EC2 API's PathComponent and AnalysisPacketHeader.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from reachsim.addresses import Cidr
from reachsim.errors import QuestionError
from reachsim.forwarding import Ground
from reachsim.model.records import Ec2
from reachsim.simulate import simulate
from reachsim.verdict import Verdict

ASKABLE = re.compile(r"(?:eni|i|igw|vpce|nat)-[0-9a-zA-Z]+")
PROTOCOLS = {"6": "tcp", "17": "udp"}
PARTLY = frozenset({"PATH_THROUGH_GWLB_NOT_CHECKED", "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE",
                    "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES", "FIREWALL_UNSUPPORTED_RULE_OPTIONS",
                    "MISSING_TARGET_GROUP_ATTRIBUTES", "ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED",
                    "ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED"})  # fmt: skip
"""Additional details by which an analyzer says that it did not see all of a path that it found."""


class Component(Ec2, frozen=True):
    id: str | None = None
    arn: str | None = None


class Span(Ec2, frozen=True):
    from_: int = msgspec.field(default=0, name="From")
    to: int = 65535


class Header(Ec2, frozen=True):
    protocol: str | None = None
    source_addresses: tuple[Cidr, ...] = ()
    source_port_ranges: tuple[Span, ...] = ()
    destination_addresses: tuple[Cidr, ...] = ()
    destination_port_ranges: tuple[Span, ...] = ()


class Detail(Ec2, frozen=True):
    additional_detail_type: str | None = None


class PathComponent(Ec2, frozen=True):
    sequence_number: int = 0
    component: Component | None = None
    inbound_header: Header | None = None
    outbound_header: Header | None = None
    additional_details: tuple[Detail, ...] = ()


class Question(NamedTuple):
    """In the words of the selectors."""

    source: str
    target: str
    protocol: str | None
    port: int | None

    def in_words(self, ground: Ground) -> str:
        label = ground.network.label
        service = (self.protocol or "any protocol") + ("" if self.port is None else f" port {self.port}")
        return f"{label(self.source)} to {label(self.target)}, {service}"


def question(
    source: str | None, source_ip: str | None, target: str | None, target_ip: str | None, protocol: str | None,
    port: int | None,
) -> Question | str:  # fmt: skip
    """The question, or the reason why none can be asked. Ends are ids or ARNs."""
    start, end = id_of(source), id_of(target)
    if not (start or source_ip) or not (end or target_ip):
        return "ends-untold"
    if not ASKABLE.fullmatch(start) and not (start == "" and source_ip):
        return "ends-not-asked"
    if end and not ASKABLE.fullmatch(end):
        return "ends-not-asked"
    if source_ip and not start.startswith("igw-"):
        return "filters-not-asked"
    from_ip = f"ip:{source_ip}" if source_ip else start
    to_ip = f"ip:{target_ip}" if target_ip else end
    return Question(from_ip, to_ip, protocol, port)


def answered(ground: Ground, asked: Question, family: str | None = None) -> Verdict | None:
    """The verdict of the network, which is all that analyzers look at; None where the snapshot lacks what decides."""
    try:
        verdict = simulate(
            ground, asked.source, asked.target, protocol=asked.protocol, port=asked.port, family=family,
            layers=("network",),
        )  # fmt: skip
    except QuestionError:
        return None
    return None if verdict.outcome == "unknown" else verdict


def only_replies(verdict: Verdict) -> bool:
    """Whether all that stops the traffic stops its replies."""
    return bool(verdict.blocked_by) and all(block.leg == "response" for block in verdict.blocked_by)


def sent(first: PathComponent) -> Header:
    """The packet at the head of a path. An internet gateway tells the packet as it comes in, and of what it sends on
    only the address that it translates to.
    """
    headers = (first.outbound_header, first.inbound_header)
    return next((one for one in headers if one and (one.protocol or one.destination_port_ranges)), Header())


def one_port(spans: tuple[Span, ...]) -> int | None:
    """The port that is the only one of the ranges."""
    return spans[0].from_ if len(set(spans)) == 1 and spans[0].from_ == spans[0].to else None


def id_of(text: str | None) -> str:
    """The id at the end of an ARN, or the id."""
    return (text or "").rpartition("/")[2]

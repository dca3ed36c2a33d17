"""The answer for a name, and the words that the parts of the resolver share."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network


class Reason(NamedTuple):
    """Why a name did not lead to an endpoint: a code, the component that would have to change, one sentence."""

    code: str
    component: str
    detail: str


class Resolution(msgspec.Struct, frozen=True):
    """The answer for one name.

    ``addresses`` are the answer; with ``public`` they are a set of which the true answer is some unknown member.
    ``service`` and ``region`` name the AWS service that a public name belongs to. ``reason`` says why an AWS
    service's name did not lead to an endpoint of the VPC. With ``blocks`` there is no answer; with ``gaps`` it is not
    known.
    """

    name: str
    addresses: IntervalSet = EMPTY
    public: bool = False
    service: str | None = None
    region: str | None = None
    endpoint_id: str | None = None
    hops: tuple[Hop, ...] = ()
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    reason: Reason | None = None

    def noting(self, *hops: Hop) -> Resolution:
        return msgspec.structs.replace(self, hops=hops + self.hops)


class Zone(NamedTuple):
    """A private zone that the VPC's resolver answers from: a hosted zone's, or an endpoint's own."""

    name: str
    kind: Literal["hosted-zone", "endpoint"]
    id: str


def dns_hop(component: str, name: str, detail: str, rule: str | None = None, source: str | None = None) -> Hop:
    return Hop(component, "dns", "request", rule, f"{name}: {detail}", source)


def below(name: str, zone: str) -> bool:
    return name == zone or name.endswith("." + zone)


def answers(private: str, name: str) -> bool:
    """Whether a private name is the name asked for, or a wildcard above it (N144)."""
    base = private.removeprefix("*.")
    return name == private or (private != base and name != base and below(name, base))


def default(
    network: Network, path: str, component: str, what: str, gaps: list[Gap], assumptions: list[Assumption]
) -> None:
    if network.assume_defaults:
        assumptions.append(Assumption("ASSUMED_DEFAULT", component, f"{what} ({path} is not in the snapshot)", "leak"))
    else:
        gaps.append(Gap("UNKNOWN_RESOURCE", component, f"whether {what} is not in the snapshot ({path})", (path,)))

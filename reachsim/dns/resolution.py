"""The answer for a name, and the words that the parts of the resolver share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from reachsim.addresses import NAT64, V4, V6
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network

MAX_STEPS = 8
"""CNAME and alias steps and forwardings followed before a name counts as circular."""


class Reason(Struct, frozen=True):
    """Why a name did not lead to an endpoint: a code, the component that would have to change, one sentence."""

    code: str
    component: str
    detail: str


class Resolution(msgspec.Struct, frozen=True):
    """The answer for one name.

    ``addresses`` are the answer; with ``public`` they are a set of which the true answer is some unknown member, or one
    of each family where ``both`` says so.
    ``service`` and ``region`` name the AWS service that a public name belongs to. ``reason`` says why an AWS
    service's name did not lead to an endpoint of the VPC. ``chain`` are the names that CNAME records led through,
    ``aliases`` those that Route 53's own alias records did. With ``blocks`` there is no answer; with ``gaps`` it is
    not known. ``otherwise`` is the answer that there would be without the blocks, where that can be told. With
    ``without_dns64`` the VPC's resolver makes up no IPv6 addresses for it: others are asked, or AAAA is blocked.
    ``untold`` is what the snapshot does not tell of the answer, and may change nothing.
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
    chain: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    otherwise: Resolution | None = None
    without_dns64: bool = False
    both: bool = False
    untold: tuple[Gap, ...] = ()

    def noting(self, *hops: Hop) -> Resolution:
        return msgspec.structs.replace(self, hops=hops + self.hops)

    def assuming(self, *assumptions: Assumption) -> Resolution:
        return msgspec.structs.replace(self, assumptions=assumptions + self.assumptions)

    def same_answer(self, other: Resolution) -> bool:
        """Whether clients could not tell the two answers apart."""
        mine = (self.addresses, self.public, bool(self.blocks), bool(self.gaps))
        return mine == (other.addresses, other.public, bool(other.blocks), bool(other.gaps))


class Carried(msgspec.Struct, frozen=True):
    """What becomes of a DNS query on its way from one network interface to an address.

    ``outcome`` is ``allowed``, ``blocked``, ``unknown``, or ``partly`` where only some of it gets through;
    ``terminal`` is where it ends.
    """

    outcome: Literal["allowed", "blocked", "partly", "unknown"]
    terminal: str = ""
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


Carries = Callable[[str, int, int, int], Carried]
"""(sending interface, "" for the client itself; address; protocol; port) → what becomes of such a query."""


class Asking(msgspec.Struct, frozen=True):
    """Whose resolver is asked, and how.

    ``inbound`` says that the query came by an inbound resolver endpoint of the VPC. ``trail`` are the VPCs that
    forwarded it, ``left`` the aliases and forwardings that may still be followed.
    """

    network: Network
    vpc_id: str
    pins: Mapping[str, IntervalSet] = {}
    carries: Carries | None = None
    inbound: bool = False
    trail: tuple[str, ...] = ()
    left: int = MAX_STEPS

    @property
    def home(self) -> tuple[str, str]:
        return self.network.home_of(self.vpc_id)

    @property
    def label(self) -> str:
        return self.network.label(self.vpc_id)


class Noted:
    """Gaps and assumptions, gathered while a question is looked into."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.assumptions: list[Assumption] = []

    def lack(self, code: str, component: str, detail: str, missing: tuple[str, ...] = ()) -> None:
        self.gaps.append(Gap(code, component, detail, missing))

    def take(self, code: str, component: str, detail: str, can_hide: Literal["leak", "block", "neither"]) -> None:
        self.assumptions.append(Assumption(code, component, detail, can_hide))

    def default(self, network: Network, path: str, component: str, what: str) -> None:
        """A file that is missing: AWS's default if the asker wants that, else not known."""
        if network.assume_defaults:
            self.take("ASSUMED_DEFAULT", component, f"{what} ({path} is not in the snapshot)", "leak")
        else:
            self.lack("UNKNOWN_RESOURCE", component, f"whether {what} is not in the snapshot ({path})", (path,))

    def unknown(self, name: str) -> Resolution:
        """The answer that is not known, for the reasons noted."""
        return Resolution(name, gaps=tuple(self.gaps), assumptions=tuple(self.assumptions))


class Zone(Struct, frozen=True):
    """A private zone that the VPC's resolver answers from: a hosted zone's, or an endpoint's own.

    ``id`` is ``account/zone`` or the endpoint's. ``rank`` is 0 for what the VPC has itself, higher for what a Route 53
    Profile brings.
    """

    name: str
    kind: Literal["hosted-zone", "endpoint"]
    id: str
    rank: int = 0


def dns_hop(component: str, name: str, detail: str, rule: str | None = None, source: str | None = None) -> Hop:
    return Hop(component, "dns", "request", rule, f"{name}: {detail}", source)


def no_such_name(
    code: str, component: str, vpc_id: str | None, detail: str, source: str | None = None, rule: str | None = None
) -> Block:
    """A block of the resolver's: the client gets no answer."""
    return Block(code, component, rule, vpc_id, "request", "egress", "name-not-found", detail, None, source)


def without(found: Resolution, *blocks: Block) -> Resolution:
    """No answer, for these blocks; what there would be else, if it is known, stands beside."""
    known = None if found.gaps or (found.blocks and found.otherwise is None) or not found.addresses else found
    return Resolution(found.name, blocks=(*blocks, *found.blocks), otherwise=found.otherwise or known)


def made_up_ipv6(found: Resolution) -> Resolution:
    """An answer as DNS64 gives it: with IPv6 addresses made up for a name that has none of its own (N58).

    Whether a public name has some is not known offline; of AWS services' names only the IPv4 ones are.
    """
    if found.without_dns64 or found.both or (found.addresses & V6 and not found.public):
        return found
    made = (found.addresses & V4).shift(NAT64.first)
    both = found.public and found.service is not None
    return msgspec.structs.replace(found, addresses=found.addresses | made, both=both)


def plain(name: str) -> str:
    """A name as it is compared: lower case, without the closing dot."""
    return name.rstrip(".").lower()


def below(name: str, zone: str) -> bool:
    return name == zone or name.endswith("." + zone)


def answers(private: str, name: str) -> bool:
    """Whether a private name is the name asked for, or a wildcard above it (N144)."""
    base = private.removeprefix("*.")
    return name == private or (private != base and name != base and below(name, base))

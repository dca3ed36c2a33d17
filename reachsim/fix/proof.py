"""What a fix opens and closes, exactly: measured over the pipeline's sources and everybody else in their VPCs and in
those that it changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from reachsim.addresses import V6
from reachsim.check.docker_server import of_servers
from reachsim.config import Config
from reachsim.diff import Diff
from reachsim.diff.cells import Asked, minus, passing, union, words
from reachsim.errors import ReachsimError
from reachsim.fix.records import Opened
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.packets import CHOICE, CLIENT_PORT, DIMENSIONS, NAT_PORT, SECOND_NAT_PORT, PacketSet
from reachsim.selectors import parse_selector
from reachsim.sources import Source, sources

EVERYWHERE: Final = ("ip:0.0.0.0/0", "ip:::/0")
MOST_BYSTANDERS: Final = 40
_NOTHING: Final = PacketSet.empty(len(DIMENSIONS))


def opening(before: Ground, after: Ground, who: Sequence[str], config: Config) -> int:
    """How many (source, destination, service) newly pass, over the sources and those beside them."""
    before, after, who = _with_servers(before, after, who)
    return sum(
        _count(packets) for _, packets in _gained(before, after, [*who, *bystanders(after, who, before)], config)
    )


def _with_servers(before: Ground, after: Ground, who: Sequence[str]) -> tuple[Ground, Ground, list[str]]:
    """Both grounds with the docker servers of the sources, which count as sources."""
    wider, servers = of_servers(after, who)
    return of_servers(before, who)[0], wider, [*who, *servers]


def also_opened(before: Ground, after: Ground, who: Sequence[str], config: Config, proof: Diff) -> tuple[Opened, ...]:
    """What newly passes and is no part of what the pipeline needs."""
    before, after, who = _with_servers(before, after, who)
    needed: dict[str, PacketSet] = {}
    for cell in proof.cells:
        if cell.needed and cell.source in who:
            asked = Asked(cell.source, cell.destination, cell.protocol, cell.port)
            passes = union(_passing(after, asked, config).values())
            needed[cell.source] = needed.get(cell.source, _NOTHING) | passes
    found = []
    for source, packets in _gained(before, after, [*who, *bystanders(after, who, before)], config):
        more = packets - needed.get(source, _NOTHING)
        if more:
            found.append(Opened(source, words(more)))
    return tuple(found)


def also_closed(before: Ground, after: Ground, who: Sequence[str], config: Config) -> tuple[Opened, ...]:
    """What got through from and to those beside the sources, and surely does so no more."""
    beside = bystanders(before, who, after)
    return tuple(Opened(source, words(lost)) for source, lost in _gained(after, before, beside, config))


def left_out(before: Ground, after: Ground, who: Sequence[str]) -> int:
    """How many of those beside the sources are not asked, as they are many."""
    return max(len(_beside(before, who, after)) - MOST_BYSTANDERS, 0)


def bystanders(ground: Ground, who: Sequence[str], other: Ground) -> list[str]:
    """Other interfaces in the VPCs of the sources and in those where two snapshots differ, as far as they are asked."""
    return _beside(ground, who, other)[:MOST_BYSTANDERS]


def _beside(ground: Ground, who: Sequence[str], other: Ground) -> list[str]:
    network = ground.network
    mine = {one.origin.id for source in who for one in _sources(ground, source)}
    vpcs = {one.vpc_id for source in who for one in _sources(ground, source)} | _differing(network, other.network)
    others = [one.id for one in network.interfaces.values()
              if one.vpc_id in vpcs and one.id not in mine and one.kind == "interface"]  # fmt: skip
    return sorted(others)


def _differing(one: Network, other: Network) -> set[str | None]:
    """The VPCs whose route tables, security groups or network ACLs differ, or what joins them to others."""
    kinds = ((one.route_tables, other.route_tables), (one.security_groups, other.security_groups),
             (one.network_acls, other.network_acls))  # fmt: skip
    found: set[str | None] = {
        record.vpc_id
        for mine, theirs in kinds for key, record in mine.items() if theirs.get(key) != record
    }  # fmt: skip
    gateways = {one.transit_gateway_of_table(table) for table, routes in one.transit_gateway_routes.items()
                if other.transit_gateway_routes.get(table) != routes}  # fmt: skip
    return found | {each.vpc_id for each in one.transit_gateway_vpc_attachments.values()
                    if each.transit_gateway_id in gateways}  # fmt: skip


def _sources(ground: Ground, source: str) -> tuple[Source, ...]:
    try:
        return sources(ground.network, parse_selector(source))
    except ReachsimError:
        return ()


def _gained(before: Ground, after: Ground, who: Iterable[str], config: Config) -> Iterable[tuple[str, PacketSet]]:
    families = EVERYWHERE if any(_has_ipv6(one) for one in (before, after)) else EVERYWHERE[:1]
    for source in who:
        outward = _gain(before, after, [Asked(source, one) for one in families], config)
        inward = _gain(before, after, [Asked("internet", source)], config)
        yield from ((name, gained) for name, gained in ((source, outward), (f"internet → {source}", inward)) if gained)


def _gain(before: Ground, after: Ground, questions: Iterable[Asked], config: Config) -> PacketSet:
    found = _NOTHING
    for asked in questions:
        try:
            old, new = _passing(before, asked, config), _passing(after, asked, config)
        except ReachsimError:
            continue
        found = found | union(minus(new, old).values())
    return found


def _passing(ground: Ground, asked: Asked, config: Config) -> dict[str, PacketSet]:
    """What gets through, asked once: each of several changes is measured against the same snapshot."""
    key = ("passing", asked, frozenset(config.pins.items()))
    return ground.kept(key, lambda: passing(ground, asked, config.pins))


def _has_ipv6(ground: Ground) -> bool:
    return any(one.addresses & V6 for one in ground.network.interfaces.values()) or any(
        one.ipv6_cidr_block_association_set for one in ground.network.subnets.values()
    )


def _count(packets: PacketSet) -> int:
    for dimension in (CHOICE, SECOND_NAT_PORT, NAT_PORT, CLIENT_PORT):
        packets = packets.project(dimension)
    return sum(math.prod(factor.size for factor in box) for box in packets.boxes())

"""What each subnet, route and rule of a VPC covers of the VPC's own addresses, and what of all others.

A route covers what it wins by longest prefix, not what its destination says; rules are shown as they stand, each by
itself. Rules that name a security group cover the addresses of its members. Decides nothing about traffic.

**Source:** "How route priority works", "Security group rules", "Network ACL rules" (VPC User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from reachsim.addresses import EVERYWHERE, V4, V6, Cidr, format_set
from reachsim.evidence import Direction
from reachsim.filters import Rule, network_acl_rules, security_group_rules
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import RouteTable
from reachsim.routing import compile_table

Kind = Literal["subnet", "free", "route", "allow", "deny"]
Covers = Literal["all", "all other", "most", "blocks"]
Note = Literal["", "no member", "nothing"]
What = Literal["subnets", "table", "group ingress", "group egress", "acl ingress", "acl egress"]
MOST_BLOCKS: Final = 2
MANY_TABLES: Final = 12
"""More route tables than this are joined where their routes are the same."""


class Outside(msgspec.Struct, frozen=True):
    """How much of the addresses outside the VPC is covered: a family ("IPv4"), or blocks and how many more."""

    covers: Covers
    text: str
    more: int = 0


class Bar(msgspec.Struct, frozen=True):
    """One subnet, route or rule.

    ``text`` is "" for what is in no subnet, and for a prefix list whose entries are not known. ``inside`` is what it
    covers of the VPC's addresses; ``outside`` says what it covers of all others. ``missing`` names files without which
    it is not known, ``note`` says why it covers nothing.
    """

    kind: Kind
    text: str
    inside: IntervalSet
    outside: tuple[Outside, ...] = ()
    missing: tuple[str, ...] = ()
    note: Note = ""


class Group(msgspec.Struct, frozen=True):
    """The bars of one table, group or list. ``alike`` are others whose bars are the same.

    ``subnets`` is how many use the table or list, or one of those alike; None for what subnets don't use, and where not
    every subnet is known.
    """

    component: str
    what: What
    name: str
    bars: tuple[Bar, ...]
    subnets: int | None = None
    alike: tuple[str, ...] = ()


class AddressMap(msgspec.Struct, frozen=True):
    """A VPC's blocks, the addresses of its subnets in order, and the bars of what is in it."""

    vpc: str
    blocks: tuple[Cidr, ...]
    subnets: tuple[IntervalSet, ...]
    groups: tuple[Group, ...]


def address_map(network: Network, vpc: str) -> AddressMap:
    """The bars of a VPC: its subnets, then its route tables, security groups and network ACLs."""
    blocks = network.vpc_blocks(vpc)
    space = IntervalSet.union_of(block.block for block in blocks)
    subnets = _subnets(network, vpc, space)
    tables = tuple(_tables(network, vpc, space))
    groups = [subnets, *(_joined(tables) if len(tables) > MANY_TABLES else tables)]
    groups += _joined(_security_groups(network, vpc, space))
    groups += _joined(_network_acls(network, vpc, space))
    taken = tuple(bar.inside for bar in subnets.bars if bar.kind == "subnet")
    return AddressMap(vpc, blocks, taken, tuple(groups))


def _subnets(network: Network, vpc: str, space: IntervalSet) -> Group:
    bars, taken = [], EMPTY
    for subnet_id in sorted(network.subnets_of(vpc), key=lambda one: _first(network, one)):
        own = network.addresses_of_subnet[subnet_id]
        taken |= own
        bars.append(Bar("subnet", f"{', '.join(format_set(own))} {network.label(subnet_id)}", own))
    missing = network.lacks(network.home_of(vpc), "describe-subnets")
    free = EMPTY if missing else space - taken
    bars += [Bar("free", "", free, missing=missing)] if free or missing else []
    return Group(vpc, "subnets", "", tuple(bars))


def _first(network: Network, subnet_id: str) -> tuple[int, str]:
    own = network.addresses_of_subnet[subnet_id]
    return (own.first if own else 0), subnet_id


def _tables(network: Network, vpc: str, space: IntervalSet) -> Iterator[Group]:
    used = _counts(network, vpc, "table")
    for table in network.route_tables.values():
        if table.vpc_id == vpc:
            own = table.route_table_id
            yield Group(
                own,
                "table",
                network.label(own),
                tuple(_routes(network, table, space)),
                subnets=None if used is None else used.get(own, 0),
            )


def _routes(network: Network, table: RouteTable, space: IntervalSet) -> Iterator[Bar]:
    compiled = compile_table(network, table, network.home_of(table.route_table_id))
    covered: dict[tuple[str, str], IntervalSet] = {}
    for part in compiled.parts:
        for one in part.winners:
            key = (one.destination, one.target.id)
            covered[key] = covered.get(key, EMPTY) | part.destinations
    for (destination, target), addresses in sorted(covered.items(), key=lambda one: (one[0][1] != "local", one[0])):
        name = network.label(target) if target else "?"
        outside = _elsewhere(addresses, space)
        yield Bar("route", f"{network.label(destination)} → {name}", addresses & space, outside)
    for file in compiled.missing:
        yield Bar("route", "", EMPTY, missing=(file,))


def _security_groups(network: Network, vpc: str, space: IntervalSet) -> Iterator[Group]:
    directions: tuple[tuple[Direction, What], ...] = (("ingress", "group ingress"), ("egress", "group egress"))
    for group in network.security_groups.values():
        if group.vpc_id != vpc:
            continue
        for direction, what in directions:
            rules = security_group_rules(network, group, direction)
            bars = tuple(_rule(network, rule, space, vpc) for rule in rules)
            yield Group(group.group_id, what, network.label(group.group_id), bars)


def _network_acls(network: Network, vpc: str, space: IntervalSet) -> Iterator[Group]:
    used = _counts(network, vpc, "acl")
    directions: tuple[tuple[Direction, What], ...] = (("ingress", "acl ingress"), ("egress", "acl egress"))
    for acl in network.network_acls.values():
        if acl.vpc_id != vpc:
            continue
        own = acl.network_acl_id
        for direction, what in directions:
            rules = {(rule.name, rule.peers): rule for rule in network_acl_rules(network, acl, direction)}
            last = {rule.name for rule in rules.values() if rule.peers == EVERYWHERE and not rule.allow}
            shown = [rule for rule in rules.values() if rule.name not in last or rule.peers == EVERYWHERE]
            bars = tuple(_rule(network, rule, space, vpc) for rule in shown)
            yield Group(own, what, network.label(own), bars, None if used is None else used.get(own, 0))


def _rule(network: Network, rule: Rule, space: IntervalSet, vpc: str) -> Bar:
    peers, text, missing = rule.peers, rule.text, rule.missing
    if rule.group is not None:
        peers = network.members(rule.group)
        missing += network.lacks(network.home_of(vpc), "describe-network-interfaces")
        text = text.replace(rule.group, network.label(rule.group))
    if isinstance(rule.name, int):
        text = f"{'*' if rule.peers == EVERYWHERE else rule.name} {text}"
    kind: Kind = "allow" if rule.allow else "deny"
    outside = () if missing else _elsewhere(peers, space)
    note: Note = "" if peers or missing else "no member" if rule.group else "nothing"
    return Bar(kind, text, peers & space, outside, missing, note)


def _elsewhere(addresses: IntervalSet, space: IntervalSet) -> tuple[Outside, ...]:
    """Addresses outside the VPC, in few words: one per family."""
    found = []
    for family, name in ((V4, "IPv4"), (V6, "IPv6")):
        mine, all_others = (addresses & family) - space, family - space
        if mine.size > all_others.size // 2:
            every: Covers = "all other" if all_others != family else "all"
            found.append(Outside(every if mine == all_others else "most", name))
        elif mine:
            blocks = format_set(mine)
            found.append(Outside("blocks", ", ".join(blocks[:MOST_BLOCKS]), max(0, len(blocks) - MOST_BLOCKS)))
    return tuple(found)


def _counts(network: Network, vpc: str, what: Literal["table", "acl"]) -> Mapping[str, int] | None:
    """Subnets by what they use; None where not every subnet is known."""
    if network.lacks(network.home_of(vpc), "describe-subnets"):
        return None
    found: dict[str, int] = {}
    for subnet_id in network.subnets_of(vpc):
        table, acl = network.route_table_of(subnet_id), network.network_acl_of(subnet_id)
        own = (table and table.route_table_id) if what == "table" else (acl and acl.network_acl_id)
        if own:
            found[own] = found.get(own, 0) + 1
    return found


def _joined(groups: Iterable[Group]) -> Sequence[Group]:
    """Groups of one direction with the same bars made one."""
    found: dict[object, list[Group]] = {}
    for one in groups:
        found.setdefault((one.what, one.bars), []).append(one)
    return [
        msgspec.structs.replace(
            some[0],
            alike=tuple(one.component for one in some[1:]),
            subnets=None if some[0].subnets is None else sum(one.subnets or 0 for one in some),
        )
        for some in found.values()
    ]

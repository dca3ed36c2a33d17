"""What the names of AWS services lead to, as one source resolves them: every form of every service's name.

A name is ``private`` if all its addresses are (an endpoint's, or those that a private zone gives), ``gateway`` if it is
public but the source's route table sends it to a gateway endpoint, ``public`` if it leads to public addresses
otherwise, ``no-answer`` if the resolver gives none, else ``unknown``.

**Source:** facts N142 to N147, N171 (result table), P14 (forms of names).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from reachsim import services
from reachsim.addresses import PUBLIC, V4, V6, format_set
from reachsim.dns import Resolution, resolve_outside
from reachsim.dns.names import ENDPOINT_TYPES
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block, Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.ground import missing, unseen
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import NotThere, Route, RouteTable
from reachsim.resolver_paths import resolved
from reachsim.routing import Target, target_of
from reachsim.selectors import check_named, parse_selector
from reachsim.service_hosts import Kind, host_variants
from reachsim.shown import Shown
from reachsim.sources import Source, sources

Word = Literal["private", "gateway", "public", "no-answer", "unknown"]
PIPELINE = ("git-codecommit", "codecommit", "codebuild", "ecr.api", "ecr.dkr", "s3", "logs", "sts")
"""Services that are looked up whether or not the VPC has an endpoint for them."""
MAX_BLOCKS = 8
"""Blocks of addresses that a row lists; of public names that are sets of many, the first ones."""


class Note(msgspec.Struct, frozen=True):
    """A code, the component that it is about, and a sentence."""

    code: str
    component: str
    detail: str


class NameRow(msgspec.Struct, frozen=True):
    """One form of a service's name and what it leads to.

    ``through`` is the endpoint, zone, rule or profile that gives the answer, None for a public one. ``why`` is the
    reason why the name is not private; ``blocked_by`` tells what keeps the answer away, or why it is not known.
    """

    service: str
    kind: Kind
    host: str
    sure: bool
    outcome: Word
    addresses: tuple[str, ...]
    through: str | None
    steps: tuple[str, ...]
    why: Note | None
    blocked_by: tuple[Note, ...]
    missing: tuple[str, ...]
    assumptions: tuple[Note, ...]


class NameTable(msgspec.Struct, frozen=True):
    """The names as one resolver answers them; ``sources`` are the places of the source that it answers so."""

    vpc: str | None
    sources: tuple[str, ...]
    rows: tuple[NameRow, ...]


class Names(Shown, frozen=True):
    """The answer to "what do AWS's names lead to from here?" (`Reach.names`)."""

    source: str
    tables: tuple[NameTable, ...]

    def __repr__(self) -> str:
        return f"<Names {self.source}: {len(self.tables)} tables>"

    def to_json(self) -> dict[str, Any]:
        """As ``reachsim names --format json`` prints it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def names(
    ground: Ground, source: str, suffixes: Sequence[str] | None, pins: Mapping[str, IntervalSet]
) -> Names:  # fmt: skip
    """Resolve the names of services for a source; ``suffixes`` None = the pipeline's and those with an endpoint.

    Raises QuestionError for a selector that names nothing or no sender, and for a suffix that is none.
    """
    selector = parse_selector(source)
    for suffix in suffixes or ():
        if check_named(suffix, ground.network).kind != "service":
            raise QuestionError(f"{suffix!r} is no endpoint service suffix (ecr.dkr, s3, logs …)", "UNKNOWN_SERVICE")
    by_rows: dict[tuple[str, tuple[NameRow, ...]], list[str]] = {}
    for start in sources(ground.network, selector):
        wanted = suffixes or default_services(ground.network, start.vpc_id)
        rows = tuple(row for suffix in wanted for row in _of_service(ground, start, suffix, pins))
        by_rows.setdefault((start.vpc_id, rows), []).append(start.origin.id)
    tables = (NameTable(vpc or None, tuple(dict.fromkeys(who)), rows) for (vpc, rows), who in by_rows.items())
    return Names(str(selector), tuple(tables))


def default_services(network: Network, vpc_id: str) -> tuple[str, ...]:
    """The pipeline's services, and those that an endpoint of the VPC is for."""
    found = (services.suffix_of_service_name(one.service_name) for one in network.endpoints_by_vpc.get(vpc_id, ()))
    return tuple(dict.fromkeys((*PIPELINE, *sorted({known[0] for known in found if known is not None}))))


def _of_service(ground: Ground, start: Source, suffix: str, pins: Mapping[str, IntervalSet]) -> list[NameRow]:
    account, region = start.home
    made = []
    for variant in host_variants(suffix, region, account):
        outside = start.origin.kind == "internet"  # its own way in is no matter of names
        if (start.gaps or start.blocks) and not outside:
            found = Resolution(variant.host, gaps=start.gaps, blocks=start.blocks)
        elif start.vpc_id and not outside:
            found = resolved(ground, start, variant.host, pins)
        else:
            found = resolve_outside(variant.host, pins, ground.network)
        made.append(_row(ground, start, suffix, variant.kind, variant.sure, variant.host, found))
    return made


def _row(
    ground: Ground, start: Source, suffix: str, kind: Kind, sure: bool, host: str, found: Resolution
) -> NameRow:  # fmt: skip
    endpoint, taken, unsure = _gateway(ground, start, found)
    if unsure is not None:
        found = replace(found, gaps=(unsure,))
    asked = IntervalSet.union_of(found.addresses & one for one in (V4, V6) if start.addresses & one)
    gateway = endpoint if asked and asked <= taken else None
    planned = _planned(ground.network, start, found, gateway, suffix)
    if planned is not None:
        found = replace(found, blocks=(), gaps=(*found.gaps, planned))
    word: Word = _word(ground.network, found, gateway)
    addresses = asked if gateway else found.addresses
    shown = tuple(format_set(IntervalSet(addresses.spans[:MAX_BLOCKS]))[:MAX_BLOCKS])
    named = shown if word in ("private", "gateway") or (word == "public" and not found.public) else ()
    reason = _why(ground.network, found, endpoint, asked - taken) if word == "public" else None
    hops = [hop for hop in found.hops if not (endpoint and hop.rule == "VPCE_ROUTE_TABLE_NOT_ASSOCIATED")]
    leading = next((hop.component for hop in hops if hop.rule is None and hop.component != host), None)
    return NameRow(
        suffix, kind, host, sure, word, named, gateway or found.endpoint_id or leading,
        tuple(hop.detail for hop in hops),
        reason,
        _notes((*found.blocks, *found.gaps)),
        tuple(sorted({path for gap in found.gaps for path in gap.missing})),
        _notes(found.assumptions),
    )  # fmt: skip


def _planned(network: Network, start: Source, found: Resolution, gateway: str | None, suffix: str) -> Gap | None:
    """Why it is not known what a name leads to where a value of a plan decides that which nothing tells: of what leads
    it there, or of what does not lead it elsewhere (`reachsim.simulate.with_planned`).
    """
    if not network.snapshot.manifest.planned:
        return None
    table = network.route_table_of(start.origin.interface.subnet_id) if start.origin.interface is not None else None
    routed = {table.route_table_id} if table is not None else set()
    leading = {found.endpoint_id, gateway, *(hop.component for hop in found.hops if hop.rule is None)}
    leading |= routed if gateway else set()
    lacking = {name for block in found.blocks for name in (block.component, f"{block.component} {block.direction}")}
    if found.reason is not None and not gateway:
        lacking |= {found.reason.component, *(routed if found.reason.code == "VPCE_ROUTE_TABLE_NOT_ASSOCIATED" else ())}
    for one in network.snapshot.manifest.planned:
        decides = leading if one.can_hide == "block" else lacking if one.can_hide == "leak" else ()
        if one.code == "PLANNED_VALUE_UNKNOWN" and one.component in decides and one.only_to in ("", suffix):
            return Gap(one.code, one.component, one.detail)
    return None


def _why(network: Network, found: Resolution, endpoint: str | None, left: IntervalSet) -> Note | None:
    """Why a name is public; ``endpoint`` is the gateway endpoint that takes all of its addresses but those ``left``:
    each family has a prefix list of its own (N138).
    """
    if endpoint is None:
        why = found.reason
        return Note(why.code, why.component, why.detail) if why else None
    what = "IPv6 addresses too" if left <= V6 else "addresses"
    detail = f"{found.name} has {what}, which {network.label(endpoint)} does not take"
    return Note("DNS_NAME_NOT_COVERED_BY_ENDPOINT", endpoint, detail)


def _notes(found: Iterable[Block | Gap | Assumption]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(Note(one.code, one.component, one.detail) for one in found))


def _word(network: Network, found: Resolution, gateway: str | None) -> Word:
    """IPv6 addresses of the VPCs' own are public by nature (N36) and no less the endpoints' for that."""
    if found.blocks:
        return "no-answer"
    if found.gaps or not found.addresses:
        return "unknown"
    if gateway:
        return "gateway"
    return "public" if found.public or found.addresses & PUBLIC - network.all_vpc_addresses else "private"


def _gateway(ground: Ground, start: Source, found: Resolution) -> tuple[str | None, IntervalSet, Gap | None]:
    """The gateway endpoint that the source's route table sends a public name's addresses to, and which these are (N15,
    N171); or why it is not known whether one does.
    """
    network, interface = ground.network, start.origin.interface
    if not found.public or found.gaps or found.blocks or interface is None or found.region is None:
        return None, EMPTY, None
    wanted = (found.service, found.region)
    mine = [
        one
        for one in network.endpoints_by_vpc.get(interface.vpc_id, ())
        if (one.vpc_endpoint_type == "Gateway" or one.vpc_endpoint_type not in ENDPOINT_TYPES)
        and one.state.standing("available") != "does-not"
        and services.suffix_of_service_name(one.service_name) == wanted
    ]
    table = network.route_table_of(interface.subnet_id)
    if mine and (table is None or isinstance(table.routes, NotThere)):
        lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-route-tables")
        what = f"the route table of {interface.subnet_id}"
        gap = missing(lacking, interface.subnet_id, what) if lacking else None
        return None, EMPTY, gap or unseen(interface.subnet_id, f"{what} is not in the snapshot")
    unread = ground.table(table.route_table_id).unread if mine and table is not None else None
    if unread and table is not None:
        return None, EMPTY, unseen(table.route_table_id, unread)
    for one in mine:
        routes = [route for route in table.routes if route.gateway_id == one.vpc_endpoint_id] if table else []
        working = [route for route in routes if route.state == "active"]
        known = one.vpc_endpoint_type == "Gateway"
        if working and one.state == "available" and known:
            assert table is not None
            return one.vpc_endpoint_id, _taken(ground, table, working, found.addresses), None
        if any(route.state != "blackhole" for route in routes):
            what = "a state" if known else "a type or state"
            detail = f"{one.vpc_endpoint_id} or the route to it is in {what} whose meaning is not known"
            return None, EMPTY, Gap("UNMODELLED_COMPONENT", one.vpc_endpoint_id, detail)
    if mine and table is not None:
        for route in table.routes:
            untold = target_of(route) == Target("unknown", "") and route.ip_address is None
            if route.destination_prefix_list_id and untold and route.state != "blackhole":
                detail = f"nothing tells the target of the route to {route.destination_prefix_list_id}"
                return None, EMPTY, Gap("UNMODELLED_COMPONENT", table.route_table_id, detail)
    return None, EMPTY, None


def _taken(ground: Ground, table: RouteTable, routes: Iterable[Route], addresses: IntervalSet) -> IntervalSet:
    """What a table sends of a service's addresses by routes to a gateway endpoint. A list that no file tells is that of
    IPv4.
    """
    compiled = ground.table(table.route_table_id)
    if compiled.missing:
        home = ground.network.home_of(table.route_table_id)
        lists = (ground.network.prefix_list(one.destination_prefix_list_id or "", home)[0] for one in routes)
        return IntervalSet.union_of(addresses & V4 if one is None else addresses & one for one in lists)
    endpoints = {one.gateway_id for one in routes}
    return IntervalSet.union_of(
        addresses & piece.destinations for piece in compiled.parts.meeting(addresses)
        if {winner.target.id for winner in piece.winners} <= endpoints
    )  # fmt: skip

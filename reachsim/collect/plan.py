"""What to ask next, told from what is on disk: lists first, then what asks about their members, one file for each.

A capture asks for `tasks` again and again until nothing new comes, so it goes on after an interruption where it
stopped. A list that was refused yields no names, and the calls that would need them are never made: `unasked` names
them.

**Source:** `reachsim.calls` (the table); EC2 API reference for the ``vpc-id`` filters of ``--vpc``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from reachsim.calls import CALLS, NAMES, Call, NameSource, path
from reachsim.collect.identities import SOURCES
from reachsim.role_calls import FALLBACK

Read = Callable[[str], Any]
"""A file's decoded content by its path, None if it is not there or holds an error."""

ALL_DETAILS: Final = next(call for call in CALLS if call.operation == "get-account-authorization-details")
# Calls that hold most of a Region's records, each in one VPC. The others are asked for whole, as records of other VPCs
# can matter to the one in question: a security group shared with it, a peering connection, an endpoint behind a zone.
_IN_ONE_VPC: Final = frozenset(
    {"describe-instances", "describe-network-acls", "describe-network-interfaces", "describe-route-tables",
     "describe-subnets", "describe-vpcs"}
)  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """An account and a Region. ``first`` is the Region that asks the account's global services."""

    account: str
    region: str
    first: bool


class Task(msgspec.Struct, frozen=True):
    """One file to fetch: the call, what it asks about, and the AWS CLI options of each request that it takes."""

    place: Place
    call: Call
    name: str | None
    file: str
    requests: tuple[tuple[str, ...], ...]
    empty: bool = False

    @property
    def service(self) -> str:
        return self.call.service


class Scope(msgspec.Struct, frozen=True):
    """What the user restricted the capture to; empty = no restriction."""

    services: frozenset[str] = frozenset()
    vpcs: tuple[str, ...] = ()


def tasks(place: Place, scope: Scope, read: Read, known: Callable[[str], bool | None]) -> Iterator[Task]:
    """Every file of an account and Region that can be asked for, given the files that are there.

    Args:
        place: Account and Region.
        scope: What to ask about.
        read: Gives the files that are there.
        known: Whether asking for a file brought an answer; None if it has not been asked for. Answers may be large:
            they are read only for the names in them.
    """
    if scope.vpcs and any(known(_path(place, "ec2", operation)) is None for operation in _TELL_CONNECTIONS):
        # The calls that tell which VPCs hang together come first.
        yield from (_task(call, place, None) for call in CALLS if call.operation in _TELL_CONNECTIONS)
        return
    yield from _tasks(place, scope, read, _connected(place, scope.vpcs, read))
    details = _path(place, ALL_DETAILS.service, ALL_DETAILS.operation)
    if place.first and known(details) is False:
        yield from _fallback(place, read)


def unasked(place: Place, scope: Scope, read: Read) -> Iterator[Call]:
    """The calls of the table that need names which nobody gave."""
    for call in _mine(place, scope):
        kind = call.names or call.per
        if kind and names(kind, place, read) is None:
            yield call


def names(kind: str, place: Place, read: Read) -> tuple[str, ...] | None:
    """The things of a kind, from the answers of the calls that list them; None if no answer is there.

    Kinds with several lists (a policy list per type) have their members put together.
    """
    if kind == "organization-target":
        return _targets(place, read)
    source = NAMES[kind]
    return source.fixed or _listed(source, place, read)


def _mine(place: Place, scope: Scope) -> Iterator[Call]:
    for call in CALLS:
        once = call.scope == "global" and not _per_region(call)
        if (place.first or not once) and (not scope.services or call.service in scope.services):
            yield call


def _per_region(call: Call) -> bool:
    """Whether a global service is asked about a Region's things (the hosted zones of a VPC)."""
    source = NAMES.get(call.per or "")
    return source is not None and source.service == "ec2"


def _tasks(place: Place, scope: Scope, read: Read, vpcs: Sequence[str]) -> Iterator[Task]:
    for call in _mine(place, scope):
        if call.per and call.names:
            yield from _of_each(call, place, read)
        elif call.names:
            found = names(call.names, place, read)
            if found is not None:
                yield _batch(call, place, None, found)
        elif call.per:
            found = names(call.per, place, read) or ()
            if vpcs and call.per in ("vpc", "vpc.attribute"):
                found = tuple(one for one in found if one in vpcs)
            for name in found:
                if not (call.operation == "list-parents" and name.startswith("r-")):  # a root has no parent
                    yield _task(call, place, name)
        else:
            filtered = vpcs and call.service == "ec2" and call.operation in _IN_ONE_VPC
            more = ("--filters", f"Name=vpc-id,Values={','.join(vpcs)}") if filtered else ()
            yield _task(call, place, None, more)


def _task(call: Call, place: Place, name: str | None, more: tuple[str, ...] = ()) -> Task:
    first, _, second = (name or "").rpartition("/")
    values = {"account": place.account, "region": place.region, "name": name, "first": first, "second": second}
    options = tuple(word.format(**values) for word in call.args.split())
    return Task(place, call, name, _file(call, place, name), ((*options, *more),))


def _batch(call: Call, place: Place, name: str | None, found: Sequence[str]) -> Task:
    """One file from as many requests as the names need; from none, if there are no names."""
    requests = []
    for start in range(0, len(found), call.batch):
        some = found[start : start + call.batch]
        requests.append(tuple(
            part for word in call.args.split() for part in (some if word == "{names}" else (word.format(name=name),))
        ))  # fmt: skip
    return Task(place, call, name, _file(call, place, name), tuple(requests), empty=not requests)


def _of_each(call: Call, place: Place, read: Read) -> Iterator[Task]:
    """A call about the members of each thing of a kind: the services of each cluster, say."""
    members = NAMES[call.names or ""]
    for name in names(call.per or "", place, read) or ():
        listed = read(_path(place, members.service, members.operation, name))
        if listed is not None:
            yield _batch(call, place, name, _search(members.query, listed))


def _file(call: Call, place: Place, name: str | None) -> str:
    return _path(place, call.service, call.operation, None if name is None else name + call.suffix)


def _path(place: Place, service: str, operation: str, name: str | None = None) -> str:
    return path(place.account, place.region, service, operation, name)


# --- names ----------------------------------------------------------------------------------------------------------


def _listed(source: NameSource, place: Place, read: Read) -> tuple[str, ...] | None:
    call = next(one for one in CALLS if (one.service, one.operation) == (source.service, source.operation))
    about: Iterable[str | None] | None = names(call.per, place, read) if call.per else (None,)
    if not about:
        return None if about is None else ()
    answers = [read(_file(call, place, name)) for name in about]
    known = [answer for answer in answers if answer is not None]
    return tuple(dict.fromkeys(one for answer in known for one in _search(source.query, answer))) if known else None


def _search(query: str, answer: Any) -> tuple[str, ...]:
    found = _compiled(query).search(answer)
    return tuple(one for one in found or () if isinstance(one, str) and one)


@cache
def _compiled(query: str) -> Any:
    import jmespath  # type: ignore[import-untyped]

    return jmespath.compile(query)


def _targets(place: Place, read: Read) -> tuple[str, ...]:
    """The account and what stands above it in the organization, as far as is known."""
    found = [place.account]
    for target in found:
        answer = read(_path(place, "organizations", "list-parents", target))
        if answer is not None:
            found += [one for one in _search(NAMES["organization-target"].query, answer) if one not in found]
    return tuple(found)


# --- connected VPCs -------------------------------------------------------------------------------------------------

_TELL_CONNECTIONS: Final = ("describe-vpc-peering-connections", "describe-transit-gateway-vpc-attachments")


def _connected(place: Place, vpcs: Sequence[str], read: Read) -> tuple[str, ...]:
    """The VPCs and all that hang together with them by peering or a transit gateway, as far as AWS told."""
    if not vpcs:
        return ()
    peerings, attachments = (read(_path(place, "ec2", operation)) for operation in _TELL_CONNECTIONS)
    groups = [
        {one.get(side, {}).get("VpcId") for side in ("RequesterVpcInfo", "AccepterVpcInfo")}
        for one in (peerings or {}).get("VpcPeeringConnections", ())
    ]
    of_gateway: dict[str, set[str]] = {}
    for one in (attachments or {}).get("TransitGatewayVpcAttachments", ()):
        of_gateway.setdefault(one.get("TransitGatewayId", ""), set()).add(one.get("VpcId", ""))
    groups += of_gateway.values()
    found = set(vpcs)
    while more := {vpc for group in groups if group & found for vpc in group if vpc} - found:
        found |= more
    return tuple(sorted(found))


# --- IAM, one role at a time ----------------------------------------------------------------------------------------


def _fallback(place: Place, read: Read) -> Iterator[Task]:
    for call in FALLBACK:
        for name in _fallback_names(call.per or "", place, read):
            yield _task(call, place, name)


def _fallback_names(kind: str, place: Place, read: Read) -> tuple[str, ...]:
    found: list[str] = []
    for source in SOURCES[kind]:
        above = next((one.per for one in FALLBACK if one.operation == source.operation), None)
        about: Iterable[str | None] = _fallback_names(above, place, read) if above else (None,)
        for name in about:
            answer = read(_path(place, source.service, source.operation, name))
            for one in _search(source.query, answer) if answer is not None else ():
                found.append(f"{name}/{one}" if kind in ("role-policy", "policy-version") else _short(kind, one))
    return tuple(dict.fromkeys(found))


def _short(kind: str, name: str) -> str:
    """Roles and instance profiles are asked about by name, though other services give their ARNs."""
    return name if kind == "policy" else name.rsplit("/", 1)[-1]

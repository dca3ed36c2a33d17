"""What stops the needs of a pipeline, as findings: one per rule or component and what is behind it.

A name that no endpoint answers leads to public addresses. Where no route leads on, filters that stop this way too are
no faults of their own: to open them would open a way out. **Source:** DESIGN, "check": ``findings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from reachsim import services
from reachsim.addresses import PUBLIC, parse_block
from reachsim.check.needs import Need
from reachsim.codes import CODES
from reachsim.evidence import Block
from reachsim.filters import DEFAULT_ACL_RULE
from reachsim.model.network import Network
from reachsim.simulate import CAUSES_OF_ROUTES
from reachsim.verdict import Finding, Severity, Verdict

_UNCOVERED = ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", "CROSS_REGION_NOT_VIA_ENDPOINT")
_BY_ROUTE = ("s3", "dynamodb", "s3express")
"""Services with gateway endpoints: filters have to admit their public addresses."""
_NO_ROUTE = "NO_ROUTE_TO_DESTINATION"
_FILTERS = ("ENI_SG_RULES_MISMATCH", "SG_HAS_NO_RULES", "SUBNET_ACL_RESTRICTION")
_STAYS = "Leave it as it is: to let public addresses pass would open a way out."
_THIRD_PARTY = (
    "No VPC endpoint serves {host}: fetch from a copy of your own (CodeCommit, Amazon ECR, CodeArtifact, S3 or a "
    "mirror in the VPC), or accept a way out."
)
_NOT_PRINCIPAL = (
    "Deny everybody (Principal *) but those whom a condition on aws:PrincipalArn names, in place of NotPrincipal: each "
    "build has a session of another name."
)
_ECR_PUBLIC = "Copy the images into a repository of your own in Amazon ECR, or pull them through a cache beforehand."


class Wanted(Struct, frozen=True):
    """A need that counts, from where it is asked, and what it gets."""

    source: str
    need: Need
    verdict: Verdict


class _Stop(Struct, frozen=True):
    """What one block does to one need. ``spared`` says that the block may stay; ``host`` is the third party's name that
    is asked for, or "". ``details`` are what is said of each name that one rule stops.
    """

    block: Block
    spared: bool
    host: str
    lines: list[str]
    details: list[str]

    @property
    def told(self) -> str:
        """What is stopped, in words: of several names the first three."""
        details = list(dict.fromkeys(self.details))
        if not self.block.code.startswith("DNS_") or len(details) == 1:
            return self.block.detail
        more = f"; and {len(details) - 3} more" if len(details) > 3 else ""
        return "; ".join(details[:3]) + more


def failures(network: Network, wants: Iterable[Wanted]) -> Iterator[Finding]:
    """The findings on what stops needed steps."""
    stops: dict[tuple[object, ...], _Stop] = {}
    for want in wants:
        if want.verdict.outcome not in ("blocked", "intermittent"):
            continue
        host = third_party(want.need.destination, want.verdict)
        beside = spared_by(want.need.destination, want.verdict)
        for block in want.verdict.blocked_by:
            spared = block in beside
            tied = want.need.destination if block.cause in CAUSES_OF_ROUTES else ""
            key = (block.code, block.component, block.rule, block.cause, tied, spared, bool(host))
            stop = stops.setdefault(key, _Stop(block, spared, host, [], []))
            stop.details.append(block.detail)
            stop.lines.append(f"{_evidence(want)}; {block.detail}")
    for stop in stops.values():
        yield _finding(network, stop)


def _finding(network: Network, stop: _Stop) -> Finding:
    block = stop.block
    where = f", rule {'*' if block.rule == DEFAULT_ACL_RULE else block.rule}" if block.rule is not None else ""
    what = f"{network.label(block.component)}{where}"
    severity: Severity = "info" if stop.spared else "high"
    if stop.spared:
        title = f"{what} stops the way to public addresses, too, as is wanted of a private network: {stop.told}"
    else:
        cause = f" ({block.cause})" if block.cause else ""
        title = f"{what} stops what the pipeline needs{cause}: {stop.told}"
    lines = tuple(dict.fromkeys(stop.lines))
    return Finding(
        block.code, severity, title, block.component, lines, remedy_of(block, spared=stop.spared, host=stop.host)
    )


def remedy_of(block: Block, *, spared: bool, host: str) -> str:
    """What to do about a block; ``host`` is the third party's name that it keeps from, "" if it is none."""
    if spared:
        return _STAYS
    if block.code == "DNS_NAME_NOT_COVERED_BY_ENDPOINT" and "ECR Public" in block.detail:
        return _ECR_PUBLIC
    if "NotPrincipal has to list" in block.detail:
        return _NOT_PRINCIPAL
    told = (CODES[code].remedy for code in (block.cause, block.code) if code is not None and code in CODES)
    own = next(filter(None, told), "")
    if not host or block.cause or block.code not in (*_FILTERS, _NO_ROUTE):
        return own
    instead = _THIRD_PARTY.format(host=host)
    return instead if block.code == _NO_ROUTE else f"{instead} For the latter: {own}"


def spared_by(destination: str, verdict: Verdict) -> tuple[Block, ...]:
    """What stops the way to a destination's public addresses beside what leads it there: no faults of their own."""
    blocks = verdict.blocked_by
    host = destination.removeprefix("host:")
    spared: tuple[str, ...] = ()
    by_route = destination in _BY_ROUTE or services.service_of_host(host)[0] in _BY_ROUTE
    down = not by_route and any(one.code == "BAD_STATE" and one.component.startswith("vpce-") for one in blocks)
    if down or any(one.code in _UNCOVERED for one in blocks):
        spared = (*_FILTERS, _NO_ROUTE)
    elif not by_route:
        others = third_party(destination, verdict)
        lost = any(one.code == _NO_ROUTE and (others or one.cause in CAUSES_OF_ROUTES) for one in blocks)
        spared = _FILTERS if lost else ()
    return tuple(one for one in blocks if one.code in spared and one.cause is None)


def third_party(destination: str, verdict: Verdict) -> str:
    """The public name of somebody else that is asked for, or ""."""
    kind, _, host = destination.partition(":")
    if kind != "host" or services.service_of_host(host)[2]:
        return ""
    aims = (text for path in verdict.paths for one in path.traffic for text in one.destination)
    return host if any(parse_block(text) <= PUBLIC for text in aims) else ""


def _evidence(want: Wanted) -> str:
    place = f", by {want.need.place}" if want.need.place else ""
    return f"{want.source} → {want.need.destination.removeprefix('host:')}: {want.verdict.outcome}{place}"

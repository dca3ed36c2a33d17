"""What a question comes to where an attribute of a load balancer is not in the snapshot, and all its values agree.

An attribute has one of few values, so a question that a missing file of them leaves open is asked again for each. Only
where the answers differ is the file missing; else nothing depends on it.

**Source:** Elastic Load Balancing API Reference, LoadBalancerAttribute and TargetGroupAttribute (2015-12-01),
CrossZoneLoadBalancing (2012-06-01).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.scenarios import Scenario

Found = tuple[Scenario, ...]

MOST_READINGS: Final = 16
"""Ways to fill in the files that are missing, above which they are not tried."""


def _listed(key: str, *values: str) -> tuple[list[dict[str, str]], ...]:
    return tuple([{"Key": key, "Value": value}] for value in values)


def _both(one: Sequence[list[Any]], other: Sequence[list[Any]]) -> tuple[dict[str, Any], ...]:
    return tuple({"Attributes": first + second} for first in one for second in other)


_CROSS_ZONE = _listed("load_balancing.cross_zone.enabled", "false", "true")
ANSWERS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "elbv2/describe-load-balancer-attributes": _both(
        _CROSS_ZONE, _listed("dns_record.client_routing_policy", "any_availability_zone", "availability_zone_affinity")
    ),
    "elbv2/describe-target-group-attributes": _both(
        _CROSS_ZONE, _listed("preserve_client_ip.enabled", "false", "true")
    ),
    "elb/describe-load-balancer-attributes": tuple(
        {"LoadBalancerAttributes": {"CrossZoneLoadBalancing": {"Enabled": enabled}}} for enabled in (False, True)
    ),
}
"""What each of the calls may answer, as far as a verdict depends on it."""


class Agreed(NamedTuple):
    """What a question comes to: what answers it, and by each reading of the files that are missing."""

    found: Found
    readings: tuple[Found, ...]


def agreed(
    ground: Ground,
    walk: Callable[[Ground], Found],
    signature: Callable[[Found], Hashable],
    is_open: Callable[[Found], bool],
) -> Agreed:
    """What a question comes to, whichever attributes load balancers have.

    Args:
        walk: the question, for a ground.
        signature: what makes two answers the same.
        is_open: whether an answer is unknown.
    """
    found = walk(ground)
    if next(_files(found), None) is None:
        return Agreed(found, (found,))
    untold = tuple(dict.fromkeys(gap for one in found if one.resolution for gap in one.resolution.untold))
    if not untold and not is_open(found):
        return Agreed(found, (found,))
    read = _by_reading(ground, walk, found, MOST_READINGS)
    if read is not None and len({signature(one) for one in read}) == 1:
        return Agreed(read[0], tuple(read))
    left = tuple(_left_open(one, untold) for one in found) if untold else found
    return Agreed(left, (left,) if read is None else tuple(read))


def _by_reading(ground: Ground, walk: Callable[[Ground], Found], found: Found, most: int) -> list[Found] | None:
    """What the question comes to by each reading of what is missing; None if these are too many, or not to be had."""
    files = sorted(set(_files(found)))
    if not files:
        return [found]
    choices = list(itertools.product(*(ANSWERS[_call(path)] for path in files)))
    if len(choices) > most:
        return None
    made: list[Found] = []
    for answers in choices:
        other = ground.with_files({path: json.dumps(one).encode() for path, one in zip(files, answers, strict=True)})
        if other is None:
            return None
        more = _by_reading(other, walk, walk(other), most // len(choices))
        if more is None:
            return None
        made += more
    return made


def _files(found: Found) -> Iterator[str]:
    """Files of attributes that are missing."""
    for one in found:
        gaps = [*one.gaps, *[gap for flow in one.flows for gap in flow.gaps]]
        gaps += one.resolution.untold if one.resolution is not None else ()
        for gap in gaps:
            yield from (path for path in gap.missing if _call(path) in ANSWERS)


def _call(path: str) -> str:
    """``111122223333/us-east-1/elbv2/describe-target-group-attributes/t.json`` → service and operation."""
    return "/".join(path.split("/")[2:4])


def _left_open(one: Scenario, untold: tuple[Gap, ...]) -> Scenario:
    return msgspec.structs.replace(one, flows=(), gaps=(*one.gaps, *untold)) if one.resolution else one

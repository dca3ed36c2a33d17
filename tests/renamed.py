"""Whether an anonymized snapshot answers a question as the snapshot itself does, up to renaming."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import reachsim
from reachsim import Reach
from reachsim.collect import aliases
from reachsim.collect.anonymize import _Renamer, anonymize
from reachsim.services import SERVICES
from reachsim.verdict import Verdict

KEY = b"key"
_PREFIX_LIST = """
    acl aclassoc attach cagw dopt eigw eipalloc eni fdl frg frgassoc fw i igw in lgw nat ou out p pcx pl r rp rr rrassoc
    rslvr rtb sg svc tgw vgw vpcbpa z
"""
PREFIXES = frozenset(_PREFIX_LIST.split())
"""What the ids of `tests.build` begin with. AWS's ids are told by their hexadecimal digits, those here are words."""


def selector(text: str, names: aliases.Aliases) -> str:
    """A selector under the new names; those of services stay."""
    if text == "internet" or text in SERVICES or text.split(".")[0] in SERVICES:
        return text
    kind, colon, name = text.partition(":")
    return kind + colon + names.text(name) if colon and re.fullmatch("[a-z0-9]+", kind) else names.text(text)


def requests(given: Any, names: aliases.Aliases) -> Any:
    """The API requests of a question under the new names."""
    renamer = _Renamer(names)
    return [
        {
            key: held if key == "action"
            else renamer._condition("StringEquals", held) if key == "context"
            else names.text(held) if isinstance(held, str)
            else held
            for key, held in one.items()
        }
        for one in given
    ]  # fmt: skip


def what(verdict: Verdict) -> dict[str, Any]:
    """What a verdict says, without the names in it."""
    return {
        "outcome": verdict.outcome,
        "route": verdict.route,
        "layers": dict(verdict.layers),
        "blocked_by": Counter((one.code, one.cause, one.leg, one.direction) for one in verdict.blocked_by),
        "missing": len(verdict.missing),
        "assumptions": Counter((one.code, one.can_hide) for one in verdict.assumptions),
    }


def answered_alike(reach: Reach, verdict: Verdict, source: str, destination: str, **more: Any) -> None:
    """Raise AssertionError unless the renamed snapshot gives the same verdict."""
    names = aliases.Aliases(KEY)
    files = anonymize(reach.network.snapshot, KEY).files
    other = reachsim.load_files(files, assume_defaults=reach.network.assume_defaults)
    if more.get("requests"):
        more["requests"] = requests(more["requests"], names)
    found = other.simulate(selector(source, names), selector(destination, names), **more)
    before, after = what(verdict), what(found)
    changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert not changed, f"{source} -> {destination} {more}: another verdict once the snapshot is anonymized: {changed}"

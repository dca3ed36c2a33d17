"""Check's word and findings on both sides, of the sources that a change can touch; the others' are the same on both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from reachsim.check import STARTERS, check
from reachsim.config import Config
from reachsim.diff.records import EXPOSURES, FOR_ALL, OF_PACKETS
from reachsim.errors import QuestionError
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.sources import sources
from reachsim.verdict import Check, Finding, Overall

Key = tuple[str, str, str]
"""(finding's id, component, its title where a component may have one for each that is let in, else "")."""


def key_of(one: Finding) -> Key:
    """What tells a finding from others, in both snapshots."""
    return one.id, one.component, one.title if one.id == "RESOURCE_SHARED_OUTSIDE" else ""


class Judged(NamedTuple):
    """``overall`` before and after (None: the same on both sides), findings that came and went, files that the newer
    snapshot lacks.
    """

    overall: tuple[Overall | None, Overall | None] = (None, None)
    appeared: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    open_exits: tuple[str, ...] = ()
    open_policies: tuple[str, ...] = ()
    """As in `Check`, of the newer snapshot."""
    doubtful: Mapping[Key, tuple[str, ...]] = MappingProxyType({})
    """Findings that came and may have been there before: the files that the older snapshot lacks to tell."""
    sources: tuple[str, ...] = ()
    """Those of the newer snapshot that were judged."""
    found: tuple[frozenset[Key], frozenset[Key]] | None = None
    """All findings before and after, if the same sources were judged."""


def judge(before: Ground, after: Ground, config: Config, near: Sequence[str]) -> Judged:
    """Compare check's answers for the sources that a change can touch."""
    if not near:
        return Judged()
    older, newer = _check(before, config, near), _check(after, config, near)
    both = (findings_of(older), findings_of(newer)) if older is not None and newer is not None else None
    there = tuple(_there(after, near))
    judged = _compare(older, newer)
    return judged._replace(
        doubtful=_doubtful(before.network, older, judged.appeared) if older is not None else {},
        sources=there, found=both if there == tuple(_there(before, near)) else None,
    )  # fmt: skip


def _doubtful(before: Network, older: Check, appeared: Iterable[Finding]) -> dict[Key, tuple[str, ...]]:
    """The exposures that came, and the files without which the older snapshot does not rule them out. That packets
    newly leave or get in is proven by answers, whatever a finding says.
    """
    found = {}
    for one in appeared:
        if one.id not in EXPOSURES:
            continue
        lacking: Iterable[str] = older.missing
        if one.id == "ECR_PUBLIC_REPOSITORY":
            homes = [(account, "global") for account, _ in before.homes]
            lacking = before.unknown(*(before.path(home, "ecr-public", "describe-repositories") for home in homes))
        elif one.id not in OF_PACKETS:
            users = (path for path in older.missing if "/codebuild/" in path)
            lacking = (*(path for path in older.open_policies if not _of_another(path, one.component)), *users)
        if lacking:
            found[key_of(one)] = tuple(dict.fromkeys(lacking))
    return found


def _of_another(path: str, component: str) -> bool:
    """Whether a file is about one resource, and another one."""
    parts = path.removesuffix(".json").split("/")
    return len(parts) > 4 and parts[4].replace("%2F", "/") != component


def findings_of(answer: Check) -> frozenset[Key]:
    """The findings by what tells them apart."""
    return frozenset(map(key_of, answer.findings))


def _check(ground: Ground, config: Config, wanted: Sequence[str]) -> Check | None:
    """Check's answer for those of the sources that are in the snapshot and can take part in a pipeline."""
    there = _there(ground, wanted)
    return check(ground, there, config) if there else None


def _there(ground: Ground, wanted: Sequence[str]) -> list[str]:
    return [one for one in wanted if parse_selector(one).kind in STARTERS and _is_there(ground, one)]


def _is_there(ground: Ground, selector: str) -> bool:
    try:
        return bool(sources(ground.network, parse_selector(selector)))
    except QuestionError:
        return False


def shared_still(judged: Judged) -> frozenset[str]:
    """Resources that strangers may use before and after, the same ones."""
    older, newer = judged.found or (frozenset(), frozenset())
    told = {one.component for one in judged.appeared}
    return frozenset(component for code, component, _ in older & newer if code in _SHARED) - told


_SHARED: Final = FOR_ALL | {"RESOURCE_SHARED_OUTSIDE"}


def _compare(before: Check | None, after: Check | None) -> Judged:
    old = {key_of(one): one for one in before.findings} if before else {}
    new = {key_of(one): one for one in after.findings} if after else {}
    appeared = tuple(one for key, one in new.items() if key not in old)
    gone = tuple(one for key, one in old.items() if key not in new)
    words = (before.overall if before else None, after.overall if after else None)
    known = set(before.missing) if before else set()
    missing = tuple(one for one in after.missing if one not in known) if after and after.overall == "undecided" else ()
    still_open = (after.open_exits, after.open_policies) if after else ((), ())
    if not (appeared or gone or missing) and words[0] == words[1]:
        return Judged((None, None), (), (), (), *still_open)
    return Judged(words, appeared, gone, missing, *still_open)

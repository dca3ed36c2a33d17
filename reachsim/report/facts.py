"""What a report says about the snapshot itself: when it was captured, by what, and how old that makes it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import msgspec

from reachsim.codes import CODES
from reachsim.errors import QuestionError
from reachsim.snapshot import Snapshot
from reachsim.verdict import Finding

MANIFEST = "snapshot.json"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Facts(msgspec.Struct, frozen=True):
    """``captured`` is None and ``sha256`` "" where the snapshot has no manifest, or one that does not say."""

    snapshot: str
    captured: datetime | None
    complete: bool
    sha256: str
    tool: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    files: int


class _Times(msgspec.Struct, frozen=True, rename="camel"):
    started: str | None = None
    finished: str | None = None
    captured: str | None = None
    complete: bool = True
    tool: str = ""


def facts_of(snapshot: Snapshot) -> Facts:
    """Read them from the manifest, which hand-made snapshots do without. Raises SnapshotError."""
    times, sha256 = _Times(), ""
    if snapshot.holds(MANIFEST):
        data = snapshot.read(MANIFEST)
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            times = msgspec.json.decode(data, type=_Times)
        except msgspec.ValidationError as error:
            snapshot.fail(MANIFEST, "", "a reachsim manifest", str(error))
    homes = snapshot.homes()
    return Facts(
        snapshot.label, _time(times.finished or times.captured or times.started), times.complete, sha256, times.tool,
        snapshot.accounts(), tuple(sorted({region for _, region in homes})), len(list(snapshot.paths)),
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def parse_age(text: str) -> timedelta:
    """An age such as ``12h``, ``7d`` or ``2w``. Raises QuestionError.

    >>> parse_age("7d").days
    7
    """
    match = re.fullmatch(r"([0-9]{1,5})([hdw])", text.strip().lower())
    if match is None:
        raise QuestionError(f"{text!r} is no age: a number with h, d or w, such as 7d", "BAD_AGE")
    return int(match[1]) * _UNITS[match[2]]


def age_finding(facts: Facts, most: timedelta, limit: str, now: datetime) -> Finding | None:
    """A finding if the snapshot is older than that, or nobody knows how old it is."""
    if facts.captured is None:
        code = CODES["SNAPSHOT_AGE_UNKNOWN"]
        title = f"the snapshot does not say when it was captured, so it may be older than {limit}"
        return Finding(code.code, "low", facts.snapshot, title, (), code.remedy)
    if now - facts.captured <= most:
        return None
    code = CODES["SNAPSHOT_TOO_OLD"]
    evidence = (f"captured {facts.captured:%Y-%m-%d %H:%M} UTC",)
    return Finding(code.code, "medium", facts.snapshot, f"the snapshot is older than {limit}", evidence, code.remedy)

"""Install scripts that builds download and run at once: ``curl … | bash``. What the well-known ones contact.

``installers.csv`` has a row per script: a pattern for its URL without the scheme, the indexes and hosts that it
contacts (parted by ``;``; none for an installer that holds all it needs), and the package managers whose repositories
it adds the first host to. **Source:** the column ``source``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, cast

from msgspec import Struct

from reachsim import digits
from reachsim.pipeline import knowledge, system_packages
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Confidence, Destination, Found
from reachsim.pipeline.variables import CLOSE, OPEN, unknown

_MARK: Final = f"{OPEN}!installer (\\d+){CLOSE}"


class Installer(Struct, frozen=True):
    """One row of ``installers.csv``."""

    url: re.Pattern[str]
    targets: tuple[str, ...]
    confidence: Confidence
    repositories: tuple[str, ...]


@cache
def _table() -> tuple[Installer, ...]:
    return tuple(
        Installer(re.compile(row["url"]), tuple(filter(None, row["targets"].split(";"))),
                  cast(Confidence, row["confidence"]), tuple(row["repositories"].split()))
        for row in knowledge.rows("installers.csv")
    )  # fmt: skip


def mark_of(url: str) -> str | None:
    """What stands for the text of a well-known script; None if the URL is of none."""
    plain = re.sub(r"^https?://", "", url).split("?")[0].split("#")[0]
    number = next((at for at, one in enumerate(_table()) if one.url.match(plain)), None)
    return None if number is None else unknown(f"!installer {number}")


def targets(url: str) -> list[Destination]:
    """What running the script at a URL contacts beyond the URL itself; nothing for one that is not well known."""
    plain = re.sub(r"^https?://", "", url).split("?")[0].split("#")[0]
    return [one for row in _table() if row.url.match(plain) for one in _targets(row)]


def _targets(row: Installer) -> list[Destination]:
    return [
        one
        for target in row.targets
        for one in (
            knowledge.index(target, row.confidence)
            if target in knowledge.indexes()
            else [Destination(target, 443, "download", row.confidence)]
        )
    ]


def runs(call: Call, text: str) -> Outcome | None:
    """What running such a text contacts; None if it is no well-known script."""
    found: list[Found] = []
    # The files that are read may hold such marks themselves.
    marks = [one for one in map(digits.number, re.findall(_MARK, text)) if one is not None and one < len(_table())]
    patterns = {_table()[mark].url.pattern for mark in marks}
    if any("/mini" in one or "continuum" in one for one in patterns):
        call.configure("conda.base", "conda-forge" if any("miniforge" in one for one in patterns) else "defaults")
    for one in (row for row in _table() if row.url.pattern in patterns):  # a script may have a row for each certainty
        found += _targets(one)
        for family in one.repositories:
            if family == ("yum" if (call.machine.distribution or "").startswith("amazonlinux") else "apt"):
                found += system_packages.repositories(call, family, "likely")
            system_packages.add(call, family, f"https://{one.targets[0]}/")
    return Outcome(tuple(dict.fromkeys(found)), "") if marks else None

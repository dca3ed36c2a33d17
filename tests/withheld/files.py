"""Every file of a snapshot withheld in turn: left out, refused by AWS, or cut off after some of its entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reachsim import load_files
from reachsim.errors import ReachsimError
from tests.withheld.surfaces import PLAIN, Case, Files, Words

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = {
    "private-pipeline": "i-08c6c51c9a0f8ac94", "leaky-pipeline": "i-08af6b8af30f51e3e",
    "broken-pipeline": "i-0ed50ba52b83a463f",
}  # fmt: skip
GONE = {
    "private-pipeline": "vpce-006ed12803da37076", "leaky-pipeline": "nat-0fe4076b67f4c4eb8",
    "broken-pipeline": "vpce-0fb6de72b0b3f3043",
}  # fmt: skip
LOGS = ("s01-curl", "s03-docker-login", "s05-layers", "s17-iam", "s28-logs", "s29-bucket-policy")
OPEN = ("unknown", "undecided")
REFUSALS = ("AccessDeniedException", "UnauthorizedOperation", "ThrottlingException", "InternalError")
PROJECTS = ("codebuild:", "i-", "internet")
SHOWS_PAIRS = ("describe-network-interfaces.json", "describe-vpc-endpoints.json")
"""Without them `reachsim matrix` lacks rows, and says so on standard error."""


@cache
def shipped(name: str) -> Files:
    folder = ROOT / "snapshots" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}  # fmt: skip


@cache
def case(name: str) -> Case:
    log = b"\n".join((ROOT / f"tests/diagnose/logs/{one}.log").read_bytes() for one in LOGS)
    return Case(name, shipped(name), CLIENTS[name], log, GONE[name])


@cache
def whole(name: str, surface: str) -> Words:
    return PLAIN[surface](load_files(shipped(name)), case(name))


def withheld(files: Files, path: str) -> Iterator[tuple[str, Files]]:
    """(what was done, the snapshot without the file, or with less of it)."""
    yield "gone", {name: data for name, data in files.items() if name != path}
    if not path.endswith(".json") or path.startswith("code/"):
        return
    code = REFUSALS[len(path) % len(REFUSALS)]
    yield code, {**files, path: json.dumps({"Error": {"Code": code}}).encode()}
    document = json.loads(files[path])
    if not isinstance(document, dict):
        return
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    for key, value in lists.items():
        for kept in sorted({0, len(value) // 2, len(value)}):
            cut = {**document, key: value[:kept], "NextToken": "more"}
            yield f"{key} cut to {kept}", {**files, path: json.dumps(cut).encode()}
    if not lists:
        yield "cut", {**files, path: json.dumps({**document, "NextToken": "more"}).encode()}


def trials() -> Iterator[tuple[str, str, str, Files, str]]:
    """(snapshot, path, what was done to it, the files left, surface) of everything that there is to try."""
    for name in CLIENTS:
        for path in shipped(name):
            for what, files in withheld(shipped(name), path):
                for surface in PLAIN:
                    yield name, path, what, files, surface


def complaints(name: str, path: str, files: Files, surface: str) -> list[str]:
    """What a surface says now that it must not: another word than before that is not "not known"."""
    before = whole(name, surface)
    try:
        after = PLAIN[surface](load_files(files), case(name))
        if path.startswith("code/") and surface in ("plot", "report"):  # which says what is asked
            before, after = ({"overall": words["overall"]} for words in (before, after))
    except ReachsimError as error:
        named = path.removesuffix(".json").split("/", 2)[-1] in str(error)
        return [] if named else [f"an error that does not name the file: {error}"]
    found = [
        f"{key}: {word} -> {after.get(key)}"
        for key, word in before.items()
        if after.get(key) != word and after.get(key) not in OPEN and not _left_out(key, path, surface, after)
    ]
    new = after.keys() - before.keys()
    return found + [f"{key}: {after[key]}, which was not there" for key in sorted(new)
                    if after[key] not in (*OPEN, "told") and not (surface == "contacts" and "{" in key)]  # fmt: skip


def _left_out(key: str, path: str, surface: str, after: Words) -> bool:
    """Whether a word may be missing: of a layer that was not judged as the network is not known, for one."""
    if key in after:
        return False
    if surface == "contacts":
        return after.get("somebody else", "unknown") == "unknown"
    if surface == "whatif":
        return after.get("edit") == "unknown" or after.get(key.split(" [")[0]) == "unknown"
    if surface == "export":
        return after["further edges"] == "unknown"
    if surface in ("plot", "report") and key.startswith(PROJECTS):
        return after.get("what is missing") == "told"
    if surface == "plot":
        return True  # a bar of what is not told
    if surface == "matrix":
        return path.endswith(SHOWS_PAIRS)
    return after.get(key.split(" [")[0]) == "unknown"

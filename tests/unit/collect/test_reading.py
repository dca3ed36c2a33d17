"""A snapshot that is being captured, or that another one takes the place of, is never read as whole."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from reachsim import ReachsimError, SnapshotError, load
from reachsim.collect.aws import Answer
from reachsim.collect.failures import FailedCall
from reachsim.collect.outcome import of_error
from reachsim.snapshot import open_snapshot
from tests.unit.collect.fake import ACCOUNT, REGION, Fake, run

ROOT = Path(__file__).resolve().parents[3]
PRIVATE = ROOT / "snapshots/private-pipeline"


class Replay(Fake):
    """An AWS that has what a snapshot holds."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def ask(self, service: str, operation: str, options: Sequence[str], region: str, path: str) -> Answer:
        with self._lock:
            self.asked.append((service, operation, tuple(options), region))
            self.before(self.asked[-1])
        file = self.folder / path
        if not file.is_file():
            raise FailedCall(of_error(path, 400, "NoSuchEntity", ""))
        document = json.loads(file.read_bytes())
        if "Error" in document:
            raise FailedCall(of_error(path, 400, document["Error"]["Code"], ""))
        return Answer(iter([document]), tuple(key for key, value in document.items() if isinstance(value, list)))


def overall(place: Path) -> str:
    try:
        return load(place).check().overall
    except ReachsimError:
        return "unreadable"


def files_of(place: Path) -> int:
    return sum(1 for one in place.rglob("*.json"))


def test_no_reader_takes_a_capture_for_whole_before_it_is(tmp_path: Path) -> None:
    """The last tenth is answers about single resources; what no verdict needs of them may be lacking."""
    out, seen = tmp_path / "s", list[tuple[str, str, int]]()
    partial, api = out.with_name("s.partial"), Replay(PRIVATE)

    def read(_: object) -> None:
        if len(api.asked) % 10 == 0:
            seen.append((overall(out), overall(partial), files_of(partial)))

    api.before = read
    run(out, api)
    shutil.copytree(PRIVATE / "code", out / "code")
    assert overall(out) == "private-and-working"
    assert {before for before, _, _ in seen} == {"unreadable"}
    early = [during for _, during, held in seen if held < 0.9 * files_of(out)]
    assert len(early) > 6
    assert set(early) <= {"undecided", "unreadable"}


def test_a_region_that_was_not_asked_yet_may_have_projects_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "s"
    run(out, Replay(PRIVATE), regions=(REGION,))
    shutil.copytree(PRIVATE / "code", out / "code")
    manifest = out / "snapshot.json"
    for complete, regions, word in (
        (True, [REGION, "eu-west-1"], "private-and-working"), (False, [REGION], "private-and-working"),
        (False, [REGION, "eu-west-1"], "undecided"),
    ):  # fmt: skip
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "complete": complete, "regions": regions}))
        check = load(out).check()
        assert check.overall == word
    assert f"{ACCOUNT}/eu-west-1/codebuild/batch-get-projects.json" in check.missing


def test_a_snapshot_that_another_one_replaces_is_not_read_on(tmp_path: Path) -> None:
    out = tmp_path / "s"
    run(out, Replay(PRIVATE))
    old = open_snapshot(out)
    paths = [path for path in old.paths if path.endswith(".json")]
    first = old.read(paths[1])
    run(out, Replay(PRIVATE), overwrite=True)
    with pytest.raises(SnapshotError, match="of another snapshot, which took the place of this one while it was read"):
        old.read(paths[1])
    assert open_snapshot(out).read(paths[1]) == first


def test_readers_between_captures_see_one_or_the_other(tmp_path: Path) -> None:
    """While captures replace each other, every reader gets the verdict of one of them, or an error."""
    out, other = tmp_path / "s", tmp_path / "other"
    shutil.copytree(PRIVATE, other)
    account = next(path.name for path in other.iterdir() if path.name.isdigit())
    (other / account / "ap-northeast-1/ec2/describe-security-groups.json").unlink()
    run(out, Replay(PRIVATE))
    done, found = threading.Event(), list[str]()

    def replaces() -> None:
        for folder in (other, PRIVATE, other, PRIVATE):
            run(out, Replay(folder), overwrite=True)
        done.set()

    thread = threading.Thread(target=replaces)
    thread.start()
    while not done.is_set():
        found.append(overall(out))
    thread.join()
    assert set(found) <= {"undecided", "unreadable", overall(out)}

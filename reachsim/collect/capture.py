"""A capture from its first call to its snapshot: calls side by side, every outcome recorded, and going on after a
break.

Everything is written into ``NAME.partial/``, which is renamed to ``NAME`` when the last call is done; a NAME that
exists already is left as it is until then. Whatever ends a capture early (Ctrl-C, a full disk, expired credentials, a
killed process) leaves the partial capture, which every command can read and which the same command goes on from: files
that its manifest lists with the right sum are kept, all else is asked for again.

What AWS refuses is no reason to stop: the outcome is in the manifest, and the file holds AWS's error code.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from reachsim import __version__
from reachsim.calls import path
from reachsim.collect.aws import WORKERS, Answer
from reachsim.collect.errors import CollectError
from reachsim.collect.failures import FailedCall
from reachsim.collect.manifest import Asked, Entry, Record
from reachsim.collect.outcome import UNKNOWN_CREDENTIALS, Outcome
from reachsim.collect.plan import Place, Scope, Task, tasks, unasked
from reachsim.collect.pool import Pool
from reachsim.collect.progress import Progress, Silent
from reachsim.collect.store import Store, held_alone
from reachsim.errors import QuestionError
from reachsim.files import replace_folder
from reachsim.redact import redactor

MANIFEST: Final = "snapshot.json"
_SAVE_EVERY: Final = 1.0  # seconds between two manifests
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between attempts at a host that was there before
_LAST_CALLS: Final = 5.0  # seconds that calls get to end when another one has ended the capture


class Api(Protocol):
    """Who answers the calls: `reachsim.collect.aws.Aws`, or a stand-in in tests."""

    def ask(self, service: str, operation: str, options: Sequence[str], region: str, path: str) -> Answer: ...


class Account(msgspec.Struct, frozen=True):
    """An account to capture: its id, its Regions, and who answers for it. No Regions: its role was refused.

    ``organization`` answers what only an organization's management account may ask, if that is captured besides.
    """

    id: str
    regions: tuple[str, ...]
    api: Api
    refused: Outcome | None = None
    organization: Api | None = None

    def answering(self, service: str) -> Api:
        return self.organization if self.organization is not None and service == "organizations" else self.api


def capture(
    out: Path,
    accounts: Sequence[Account],
    *,
    scope: Scope = Scope(),  # noqa: B008  (immutable)
    redact: Sequence[str] = (),
    overwrite: bool = False,
    progress: Progress | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Record:
    """Capture accounts into the snapshot folder ``out``.

    Args:
        out: The folder to be made.
        accounts: What to capture, with whose credentials.
        scope: Restriction to services and VPCs.
        redact: Patterns of tag keys whose values are left out, besides the built-in ones.
        overwrite: Replace ``out`` when done, and begin anew instead of going on with a capture that was made otherwise.
        progress: Is told of every call.
        told: Is given sentences for a person.

    Returns: the manifest.

    Raises:
        CollectError: the capture cannot go on; what there is stays in ``out.partial``.
        QuestionError: ``out`` exists and may not be replaced.
        KeyboardInterrupt: after the manifest is saved.
    """
    check_target(out, overwrite)
    partial = out.with_name(out.name + ".partial")
    try:
        run = _Run(partial, accounts, scope, Asked(tuple(sorted(scope.vpcs)), tuple(sorted(redact))))
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700, exist_ok=True)
        with held_alone(partial) as alone:
            if not alone:
                raise QuestionError(f"another capture writes {partial}: wait for it, or choose another name", "BUSY")
            run.resume(overwrite, told)
            run.all(progress or Silent())
            for vpc in run.absent_vpcs():
                told(f"{vpc} is in none of the accounts and Regions that were asked")
            replace_folder(partial, out, overwrite=overwrite)
    except OSError as error:
        why = error.strerror or str(error)
        raise CollectError(
            f"cannot write {partial}: {why}; what is in it stays, and the same command given again goes on from there"
        ) from error
    return run.record


def check_target(out: Path, overwrite: bool) -> None:
    """Raise QuestionError unless a capture may be written to ``out``."""
    if out.name in ("", ".."):
        raise QuestionError(f"{out} has no name: give a folder that is to be made", "BAD_TARGET")
    if out.exists() and not overwrite:
        raise QuestionError(f"{out} exists already; --overwrite replaces it", "TARGET_EXISTS")
    if out.exists() and not out.is_dir():
        raise QuestionError(f"{out} is a file, not a folder", "TARGET_EXISTS")


class _Run:
    """The state of one capture; only the main thread changes it."""

    def __init__(self, partial: Path, accounts: Sequence[Account], scope: Scope, asked: Asked) -> None:
        self.store = Store(partial)
        self.accounts = {one.id: one for one in accounts}
        self.places = [Place(one.id, region, region == one.regions[0]) for one in accounts for region in one.regions]
        self.scope = scope
        self.clean = redactor(asked.redact)
        self.entries: dict[str, Entry] = {}
        self.sums: dict[str, str] = {}
        self.stop = threading.Event()
        self.closed: dict[Place, Outcome] = {}
        self.saved = 0.0
        self.record = Record(
            tool=f"reachsim {__version__}", started=_now(), asked=asked, services=sorted(scope.services),
            accounts=sorted(self.accounts), regions=sorted({place.region for place in self.places}),
        )  # fmt: skip

    def resume(self, overwrite: bool, told: Callable[[str], None]) -> None:
        """Take over what an earlier run of the same command knows."""
        root = self.store.root
        earlier = _earlier(root / MANIFEST)
        if earlier is None and any(root.iterdir()):
            raise QuestionError(f"{root} exists already and is no capture: move it away", "TARGET_EXISTS")
        if earlier is not None and earlier.asked == self.record.asked:
            self._take_over(earlier)
        elif earlier is not None and not overwrite:
            raise QuestionError(
                f"{root} was captured with other --vpc or --redact: delete it, or give --overwrite to begin anew",
                "TARGET_EXISTS",
            )
        self._save()
        for one in sorted(root.rglob("*"), reverse=True):
            if one.is_dir() and not any(one.iterdir()):
                one.rmdir()
            elif one.is_file() and one != root / MANIFEST and one.relative_to(root).as_posix() not in self.sums:
                one.unlink()
        if self.entries:
            told(f"going on with {root}, begun {self.record.started}: {len(self.entries)} answers are there")

    def _take_over(self, earlier: Record) -> None:
        """Keep what an earlier run knows of the places and services that this one asks about."""
        self.record.started = earlier.started
        folders = {f"{place.account}/{region}" for place in self.places for region in (place.region, "global")}
        for entry in earlier.calls:
            account, region, service = (*entry.file.split("/"), "", "")[:3]
            wanted = f"{account}/{region}" in folders and (not self.scope.services or service in self.scope.services)
            known = earlier.files.get(entry.file)
            if wanted and entry.known and known is not None and self.store.digest(entry.file) == known:
                self.entries[entry.file] = entry
                self.sums[entry.file] = known

    def all(self, progress: Progress) -> None:
        """Ask until there is nothing more to ask."""
        for account in self.accounts.values():
            if account.refused is not None:
                self._note(path(account.id, "", "sts", "get-caller-identity"), account.refused, None)
        tried: set[str] = set()
        try:
            with Pool(WORKERS) as pool:
                while wave := self._wave(tried):
                    progress.more(task.service for task in wave)
                    tried |= {task.file for task in wave}
                    self._ask_all(pool, wave, progress)
            self._note_unasked()
            self._refuse_nothing()
            self.record.complete = True
            self.record.finished = _now()
            self._save()
        except BaseException:
            with suppress(OSError):  # on a full disk the last manifest stays, which lists less, but nothing false
                self._save()
            raise
        finally:
            progress.close()

    def _wave(self, tried: set[str]) -> list[Task]:
        found: dict[str, Task] = {}
        read = self._reader()
        for place in self.places:
            for task in tasks(place, self.scope, read, self._known):
                if task.file not in tried and task.file not in self.sums:
                    found.setdefault(task.file, task)
        return list(found.values())

    def _known(self, file: str) -> bool | None:
        entry = self.entries.get(file)
        return None if entry is None else entry.known

    def _reader(self) -> Callable[[str], Any]:
        """Reads the files that this capture vouches for, each once."""
        cache: dict[str, Any] = {}

        def read(file: str) -> Any:
            if file not in cache:
                entry = self.entries.get(file)
                # What is known not to exist has no members: nothing is lacking there.
                cache[file] = self.store.read(file) or {} if entry is not None and entry.known else None
            return cache[file]

        return read

    def _ask_all(self, pool: Pool, wave: Iterable[Task], progress: Progress) -> None:
        running = {pool.submit(partial(self._ask, task)): task for task in wave}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED, timeout=_SAVE_EVERY)
                for future in done:
                    task = running.pop(future)
                    self._note(task.file, *future.result())
                    progress.done(task.service)
                if time.monotonic() - self.saved > _SAVE_EVERY:
                    self._save()
        except BaseException as error:
            self.stop.set()
            for future in running:
                future.cancel()
            if isinstance(error, Exception):  # somebody who presses Ctrl-C does not want to wait
                wait(running, timeout=_LAST_CALLS)
            for future, task in running.items():  # what was answered meanwhile need not be asked again
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._note(task.file, *future.result())
            raise

    def _ask(self, task: Task) -> tuple[Outcome, str | None]:
        """Fetch one file; runs beside others. The outcome, and the file's sum."""
        if self.stop.is_set():
            raise CollectError("the capture was stopped")
        outcome = self.closed.get(task.place) if task.call.scope == "region" else None
        if outcome is None:
            try:
                return self._fetch_again(task)
            except FailedCall as failed:
                outcome = _explained(task, failed.outcome)
                self._close_region(task, outcome)
        return outcome, self.store.write(task.file, outcome.file())

    def _close_region(self, task: Task, outcome: Outcome) -> None:
        """Ask no more in a Region that does not know the account, unless it has answered before."""
        folder = f"{task.place.account}/{task.place.region}/"
        if outcome.code not in UNKNOWN_CREDENTIALS or not task.file.startswith(folder):
            return
        if not any(entry.known for entry in list(self.entries.values()) if entry.file.startswith(folder)):
            self.closed[task.place] = outcome

    def _fetch_again(self, task: Task) -> tuple[Outcome, str | None]:
        try:
            return self._fetch(task)
        except FailedCall as failed:
            if failed.unreachable and self._has_answered(task):
                return self._fetch_once_connected(task)
            if failed.retried:
                raise
        return self._fetch(task)

    def _has_answered(self, task: Task) -> bool:
        """Whether the host that a task asks is there: it has answered. Buckets have hosts of their own."""
        folder = "/".join(task.file.split("/")[:3]) + "/"
        return task.service != "s3api" and any(
            entry.file.startswith(folder) and entry.outcome in ("ok", "absent") for entry in list(self.entries.values())
        )

    def _fetch_once_connected(self, task: Task) -> tuple[Outcome, str | None]:
        for pause in _PAUSES:
            if self.stop.wait(pause):
                raise CollectError("the capture was stopped")
            try:
                return self._fetch(task)
            except FailedCall as failed:
                if not failed.unreachable:
                    raise
        raise CollectError(
            f"the connection is lost: {task.service} in {task.place.region} does not answer any more; give the same "
            "command again to go on"
        )

    def _fetch(self, task: Task) -> tuple[Outcome, str | None]:
        if task.empty:
            return Outcome("derived"), self.store.write(task.file, {task.call.key: []})
        api = self.accounts[task.place.account].answering(task.call.service)
        answers = [
            api.ask(task.call.service, task.call.operation, options, task.place.region, task.file)
            for options in task.requests
        ]
        pages = (page for answer in answers for page in self._pages(answer))
        if not task.call.names:
            return Outcome("ok"), self.store.write_pages(task.file, pages, answers[0].lists)
        first = next(pages)
        lists = tuple(dict.fromkeys((task.call.key, *(key for key, one in first.items() if isinstance(one, list)))))
        return Outcome("ok"), self.store.write_pages(task.file, _chain(first, pages), lists)

    def _pages(self, answer: Answer) -> Iterator[Mapping[str, Any]]:
        for page in answer.pages:
            if self.stop.is_set():
                raise CollectError("the capture was stopped")
            yield self.clean(page)

    def _note(self, file: str, outcome: Outcome, digest: str | None) -> None:
        self.entries[file] = Entry(file, outcome.kind, outcome.code, outcome.permission, _now())
        if digest is not None:
            self.sums[file] = digest

    def _note_unasked(self) -> None:
        """The calls that need names which a refused list would have given: their files are missing, and here is why."""
        read = self._reader()
        for place in self.places:
            for call in unasked(place, self.scope, read):
                file = path(place.account, place.region, call.service, call.operation, "*" if call.per else None)
                self._note(file, Outcome("not-asked"), None)

    def _refuse_nothing(self) -> None:
        """Raise if AWS told nothing but who asks: that is no snapshot."""
        asked = [entry for entry in self.entries.values() if "/sts/" not in entry.file]
        if asked and not any(entry.known for entry in asked):
            codes = sorted({entry.code for entry in asked if entry.code})
            raise CollectError(
                f"no call was answered ({', '.join(codes)}): nothing is written; see {self.store.root}/{MANIFEST}"
            )

    def absent_vpcs(self) -> list[str]:
        """The VPCs asked for that no account and Region has."""
        read = self._reader()
        answers = [read(path(one.account, one.region, "ec2", "describe-vpcs")) for one in self.places]
        found = {vpc.get("VpcId") for answer in answers if answer for vpc in answer.get("Vpcs", ())}
        return [vpc for vpc in self.scope.vpcs if any(answers) and vpc not in found]

    def _save(self) -> None:
        self.record.calls = [self.entries[file] for file in sorted(self.entries)]
        self.record.files = dict(sorted(self.sums.items()))
        self.store.write(MANIFEST, self.record.to_json())
        self.saved = time.monotonic()


def _explained(task: Task, outcome: Outcome) -> Outcome:
    """A refusal for lack of a permission names it: the one in AWS's message, else the call's own."""
    lacking = "denied" in outcome.code.lower() or outcome.code.startswith(("NotAuthorized", "Unauthorized"))
    if outcome.kind == "refused" and lacking and not outcome.permission:
        return msgspec.structs.replace(outcome, permission=task.call.iam)
    return outcome


def _chain(first: Mapping[str, Any], rest: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield first
    yield from rest


def _earlier(file: Path) -> Record | None:
    """The manifest that an earlier run left; None if there is none, or none that can be read."""
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Record)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

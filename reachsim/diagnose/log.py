"""A build log, line by line: the phase and command that run, and the errors with what they name.

Understood are CodeBuild's own lines (``[Container] … Entering phase BUILD``, ``Running command …``), BuildKit's and the
classic builder's step lines, time stamps before any of them, and the JSON that ``aws logs`` and ``aws codebuild
batch-get-builds`` print. **Source:** CodeBuild User Guide, "View build details" and "Troubleshooting".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.diagnose import messages
from reachsim.diagnose.records import Kind, LogError
from reachsim.errors import QuestionError

MAX_LINE: Final = 4000
"""Characters of a line that are read; progress bars can make lines of megabytes."""
MAX_SIZE: Final = 256 << 20

_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_STAMP: Final = re.compile(
    r"^(?:\S+ )?(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+)+(?:\S*/[0-9a-f-]{36}\s+)?"
)
_CONTAINER: Final = re.compile(r"^\[Container\] (?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? )?")
_ENTERING: Final = re.compile(r"(?:Entering phase|Phase is|Waiting for) ([A-Z][A-Z_]+[A-Z])\b|Entering phase (\w+)")
_COMPLETE: Final = re.compile(r"Phase complete: (\w+) State: (\w+)")
_RUNNING: Final = re.compile(r"Running command (.+)")
_FAILED: Final = re.compile(r"(?:Error while executing command|Command did not exit successfully)[: ]+(.+?)"
                            r"(?:\. Reason:|: exit status| exit status|$)")  # fmt: skip
_BUILDKIT: Final = re.compile(r"^#\d+ (?:\d+\.\d+ )?")
_STEP: Final = re.compile(r"^(?:Step \d+/\d+ : |\[(?:[\w.-]+ )?\d+/\d+\] )(.+)")
_PROJECT: Final = re.compile(
    r"/aws/codebuild/([\w-]{2,150})|:build/([\w-]{2,150}):[0-9a-f]{8}-|CODEBUILD_BUILD_ID=([\w-]{2,150}):"
)
_SHOWN: Final = re.compile(r"^\+{1,3} ")
_ALIKE: Final = frozenset({"timeout", "no-connection", "unreachable", "refused", "name-not-found", "reset"})
_EXACTER: Final = _ALIKE | {"unauthorized", "forbidden", "certificate", "proxy"}
"""What a message that only says "no connection" may stand for."""
NEAR: Final = 4
"""Lines back in which a URL or a connection still belongs to an error."""
TRACE: Final = 20
"""Lines back, over a stack trace, to the error whose properties are printed."""


class Log(NamedTuple):
    """A log's errors in order, projects that it names, and how many lines it has."""

    errors: tuple[LogError, ...]
    projects: tuple[str, ...]
    lines: int


def read_log(data: bytes) -> Log:
    """The errors of a log. Raises QuestionError if it is no text."""
    if len(data) > MAX_SIZE:
        raise QuestionError(f"the log has {len(data)} bytes; more than {MAX_SIZE} are not read", "BAD_LOG")
    text = _text(data)
    lines = _of_json(text) if text[:1] in ("{", "[") else None
    return _Reader().read(text.splitlines() if lines is None else lines)


def _text(data: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[:8192]:
        raise QuestionError("expected the log as text, found binary data", "BAD_LOG")
    return data.decode(errors="replace")


def _of_json(text: str) -> list[str] | None:
    """The lines in what the AWS CLI printed; None if the text is none of that."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    if isinstance(answer.get("events"), list):
        return [str(one.get("message", "")) for one in answer["events"] if isinstance(one, dict)]
    builds = answer.get("builds", [answer.get("build")])
    if isinstance(builds, list):
        return [line for one in builds if isinstance(one, dict) for line in _of_build(one)]
    return None


def _of_build(build: dict[str, Any]) -> Iterator[str]:
    if isinstance(build.get("projectName"), str):
        yield f"CODEBUILD_BUILD_ID={build['projectName']}:"
    for phase in build.get("phases") or ():
        if not isinstance(phase, dict):
            continue
        kind = str(phase.get("phaseType", ""))
        yield f"[Container] Entering phase {kind}"
        for one in phase.get("contexts") or ():
            if isinstance(one, dict) and one.get("message"):
                yield f"{one.get('statusCode', '')}: {one['message']}"
        yield f"[Container] Phase complete: {kind} State: {phase.get('phaseStatus', '')}"


class _Reader:
    """Where a log stands, line by line."""

    def __init__(self) -> None:
        self.phase = ""
        self.running = ""
        self.step = ""
        self.found: dict[tuple[object, ...], LogError] = {}
        self.open: list[tuple[object, ...]] = []  # errors of the command that runs
        self.failed = False
        self.near: list[tuple[int, str]] = []  # lines with a URL, lately
        self.pushed = messages.Place()  # the registry that an image goes to
        self.projects: dict[str, None] = {}

    def read(self, lines: list[str]) -> Log:
        for number, raw in enumerate(lines, 1):
            self._line(number, raw[:MAX_LINE])
        self._settle(failed=True)  # a log that ends here does not say that it went on
        if not any(line.strip() for line in lines):
            return Log((LogError(0, "", "no-output"),), (), len(lines))
        return Log(tuple(self.found.values()), tuple(self.projects), len(lines))

    def _line(self, number: int, raw: str) -> None:
        line = _COLOURS.sub("", raw).rsplit("\r", 1)[-1] if "\x1b" in raw or "\r" in raw else raw
        line = _STAMP.sub("", line) if line[:1].isdigit() or "-" in line[:40] else line
        for found in _PROJECT.finditer(line) if "build" in line or "BUILD_ID" in line else ():
            self.projects[next(group for group in found.groups() if group)] = None
        own = _CONTAINER.match(line)
        body = line[own.end() :] if own else line
        if own or "Phase " in body[:20] or "Entering phase" in body[:20]:
            self._own(body)
        body = _BUILDKIT.sub("", body).strip()
        step = _STEP.match(body)
        if step:
            self.step = step[1]
            return
        if body.startswith("Running command ") or _SHOWN.match(body):
            return
        kind = messages.kind_of(body)
        if kind is not None:
            self._error(number, body, kind)
        elif below := messages.HOST_BELOW.match(body):
            self._host_below(number, below["host"])
        if pushes := messages.PUSHES.match(body):
            self.pushed = messages.place_of(pushes[1])
        if "://" in body:
            self.near = [*self.near[-3:], (number, body)]

    def _own(self, body: str) -> None:
        if found := _ENTERING.search(body):
            self._settle(failed=False)
            self.phase, self.running, self.step = (found[1] or found[2]).lower(), "", ""
        elif found := _RUNNING.match(body):
            self._settle(failed=False)
            self.running, self.step = found[1].strip(), ""
        elif found := _COMPLETE.search(body):
            self._settle(failed=found[2] not in ("SUCCEEDED",))
            self.phase = found[1].lower()  # what comes next tells why it failed
        elif _FAILED.search(body):
            self._settle(failed=True)

    def _settle(self, *, failed: bool) -> None:
        """The command that ran has ended: its errors were fatal, or it got over them."""
        for key in self.open:
            if not failed:
                self.found[key] = msgspec.structs.replace(self.found[key], fatal=False)
        self.open, self.pushed = [], messages.Place()

    def _error(self, number: int, line: str, kind: Kind) -> None:
        if (line == "EOF" and not self.pushed.host) or (line.endswith(": EOF") and "://" not in line):
            return  # the end of a here-document, which CodeBuild shows with its command, or of a file
        if kind == "no-connection" and "RequestError: " in line and not messages.OF_A_TASK.search(line):
            return  # the next line tells what caused it
        if line.startswith("status code: ") and any(one.line >= number - 2 for one in self.found.values()):
            return  # the AWS SDK for Go tells the rest of an error on a line of its own
        place = messages.place_of(line)
        denied = messages.denied_of(line) if kind in ("access-denied", "forbidden", "image-pull") else messages.Denied()
        if not place.host and not denied.action:
            urls = [messages.url_of(body) for at, body in self.near if at >= number - NEAR]
            back = [one for one in urls if one.host]
            if back and kind not in ("no-space", "docker-daemon", "network-interface", "no-addresses"):
                place = back[-1]._replace(address=place.address or back[-1].address)
            elif kind in ("unauthorized", "access-denied", "forbidden", "reset", "no-repository") and self.pushed.host:
                place = self.pushed
        bare = not place.host and not place.address
        command = self.running or self.step or messages.tool_of(line)
        told = command or self.phase == "download_source" or any(one.search(line) for one in messages.WORDED)
        if bare and kind not in messages.WITHOUT_HOST and not told:
            return
        policy = f"{'explicit ' if denied.explicit else ''}{denied.policy}".strip()
        action = denied.action or denied.operation
        resource = denied.resource or (f"s3://{denied.bucket}" if denied.bucket else "")
        if bare and kind not in ("no-space", "docker-daemon") and self._told_already(kind, action, resource):
            return
        if kind == "no-connection" and place.host and self._told_exactly(place.host):
            return
        place = self._over_vaguer(number, kind, place)
        key = (kind, place.host, place.port, "" if place.host else place.address, action, resource, self.phase)
        old = self.found.get(key)
        if old is not None:
            self.found[key] = msgspec.structs.replace(old, count=old.count + 1, fatal=True)
        else:
            command = f"RUN {self.step.removeprefix('RUN ')}" if self.step.startswith("RUN") else self.step
            self.found[key] = LogError(
                number, line[:600], kind, self.phase, command or self.running, place.host, place.port, place.address,
                place.resolver, place.path, action, resource, denied.principal, policy,
            )  # fmt: skip
        if key not in self.open:
            self.open.append(key)

    def _host_below(self, number: int, host: str) -> None:
        """The host that an error's own properties name, a stack trace below the message."""
        for key in self.open:
            old = self.found[key]
            if not (old.host or old.address or old.action) and old.line >= number - TRACE:
                self.found[key] = msgspec.structs.replace(old, host=host.lower())

    def _told_already(self, kind: Kind, action: str, resource: str) -> bool:
        """Whether a line without a host only repeats what the same command's error before it said."""
        same = [self.found[key] for key in self.open]
        if action or resource:
            return any(one.kind == kind and action in ("", one.action) for one in same)
        return any(one.kind == kind or {one.kind, kind} <= _ALIKE for one in same)

    def _told_exactly(self, host: str) -> bool:
        """Whether an error of the same command said why a host was not connected to."""
        return any(self.found[key].host == host and self.found[key].kind in _EXACTER - {"no-connection"}
                   for key in self.open)  # fmt: skip

    def _over_vaguer(self, number: int, kind: Kind, place: messages.Place) -> messages.Place:
        """What the same command's error said less exactly, without its host or without the reason, is taken back."""
        for key in [*self.open] if place.host else ():
            old = self.found[key]
            unexplained = old.kind == "no-connection" and old.host == place.host and kind in _EXACTER - {old.kind}
            hostless = old.kind == kind and old.count == 1 and not (old.host or old.action or old.resource)
            near = old.line >= number - NEAR and (not place.address or old.address in ("", place.address))
            if unexplained or (hostless and near):
                place = place._replace(address=place.address or old.address)
                self.open.remove(key)
                del self.found[key]
        return place

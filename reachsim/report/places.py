"""Where a finding is written down: the template's line, the build's own file, or the snapshot's record.

In this order: the files of the build that the evidence names (``buildspec.yml:11``), the place where a template or plan
declares the component, the component's record in the snapshot. **Source:** RFC 6901 (JSON pointers).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from reachsim import digits
from reachsim.errors import SnapshotError
from reachsim.model.network import Network
from reachsim.verdict import Finding

_BY: Final = re.compile(r"(?:^|by |\()((?:[\w.-]+/)*[\w.-]+):(\d+)(?= )")
_SOURCE: Final = re.compile(r"codebuild:([^ →]+)")
_FILE: Final = re.compile(r"((?<!\w)\d{12}/[a-z0-9-]+/[^:# \n]{1,1000}\.json)")
_NAMED: Final = (("codebuild:", "aws_codebuild_project"), ("lambda:", "aws_lambda_function"),
                 ("ecr:", "aws_ecr_repository"), ("s3:", "aws_s3_bucket"), ("ecs:", "aws_ecs_service"))  # fmt: skip
_BY_CODE: Final = (("ECR_", "aws_ecr_repository"), ("BUCKET_", "aws_s3_bucket"),
                   ("SERVICE_PLANE_", "aws_codepipeline"), ("", "aws_ecr_repository"),
                   ("", "aws_s3_bucket"))  # fmt: skip
_ARN: Final = re.compile(r"arn:[^:]*:iam::\d*:(role|user|policy)/(?:.*/)?([^/]+)$")
_SPACE: Final = re.compile(r"[ \t\n\r]*")


class Place(NamedTuple):
    """A file, relative to the working directory where it lies in it, and a line of it (1 if none is known)."""

    uri: str
    line: int = 1


class Places:
    """Finds the places of findings of one check."""

    def __init__(self, network: Network, code: Mapping[str, str] | None = None) -> None:
        self.network = network
        self.code = dict(code or {})
        self._root = network.snapshot.label
        self._lines: dict[str, int] = {}

    def of(self, finding: Finding) -> list[Place]:
        """At least one place, the best first, none twice."""
        found = [*self._of_build(finding), *self._declared(finding), *self._record(finding)]
        return list(dict.fromkeys(found)) or [Place(self._uri(next(iter(self.network.snapshot.paths), "")))]

    def _of_build(self, finding: Finding) -> Iterator[Place]:
        for line in finding.evidence:
            project = _SOURCE.search(line) or _SOURCE.search(finding.component)
            match = _BY.search(line)
            if project is None or match is None:
                continue
            folder = self.code.get(project[1])
            if folder is not None:
                yield Place(_relative(str(Path(folder, match[1]))), int(match[2]))
            elif self.network.snapshot.holds(f"code/{project[1]}/{match[1]}"):
                yield Place(self._uri(f"code/{project[1]}/{match[1]}"), int(match[2]))

    def _declared(self, finding: Finding) -> Iterator[Place]:
        declared = self.network.snapshot.manifest.declared
        for key in _keys(finding) if declared else ():
            place = declared.get(key)
            if place is not None:
                file, colon, line = place.rpartition(":")
                number = digits.number(line) if colon else None
                yield Place(_relative(place if number is None else file), number or 1)
                return

    def _record(self, finding: Finding) -> Iterator[Place]:
        source = self.network.source(finding.component)
        if source is None:
            named = next((match[1] for one in finding.evidence if (match := _FILE.search(one))), None)
            source = f"{named}#" if named else None
        if source is None and finding.component.startswith("codebuild:"):
            for (home, name), _ in self.network.projects.items():
                if name == finding.component.removeprefix("codebuild:"):
                    source = f"{self.network.path(home, 'codebuild', 'batch-get-projects')}#"
        identity = _ARN.match(finding.component)
        if identity is not None:
            yield from self._identity(finding.component)
        if source is None:
            own = f"/{finding.component.replace('/', '%2F')}.json"  # a file about one resource is called like it
            source = next((f"{path}#" for path in self.network.snapshot.paths if path.endswith(own)), None)
        if source is not None:
            file, _, pointer = source.partition("#")
            if self.network.snapshot.holds(file):
                yield Place(self._uri(file), self._line(file, pointer))

    def _identity(self, arn: str) -> Iterator[Place]:
        """A role's or user's record."""
        home = (arn.split(":")[4], "global")
        file = self.network.path(home, "iam", "get-account-authorization-details")
        if self.network.snapshot.status(file) == "ok":
            text = self.network.snapshot.read(file).decode("utf-8", "replace")
            at = text.find(f'"{arn}"')
            yield Place(self._uri(file), 1 if at < 0 or self._root.endswith(".zip") else text.count("\n", 0, at) + 1)

    def _uri(self, file: str) -> str:
        return _relative(self._root if self._root.endswith(".zip") else str(Path(self._root, file)))

    def _line(self, file: str, pointer: str) -> int:
        key = f"{file}#{pointer}"
        if key not in self._lines:
            try:
                self._lines[key] = line_of(self.network.snapshot.read(file).decode("utf-8"), pointer)
            except (SnapshotError, UnicodeDecodeError):
                self._lines[key] = 1
        return self._lines[key] if not self._root.endswith(".zip") else 1


def _keys(finding: Finding) -> Iterator[str]:
    component = finding.component
    yield component
    for prefix, kind in _NAMED:
        if component.startswith(prefix):
            yield f"{kind}/{component.removeprefix(prefix).rpartition('/')[2]}"
    match = _ARN.match(component)
    if match:
        yield f"aws_iam_{match[1]}/{match[2]}"
    for prefix, kind in _BY_CODE:
        if finding.id.startswith(prefix):
            yield f"{kind}/{component}"
    inner = re.fullmatch(r"eni-(.+?)(?:-\d+)?", component)
    if inner:
        yield inner[1]


def _relative(path: str) -> str:
    """With slashes, from the working directory on if it lies there."""
    found = os.path.relpath(path) if Path(path).is_absolute() else path
    return PurePosixPath(Path(path if found.startswith("..") else found)).as_posix()


def line_of(text: str, pointer: str) -> int:
    """The line of the value that a JSON pointer leads to; of the nearest value around it if there is none.

    >>> line_of('{"a": [\\n  {"b": 1},\\n  {"b":\\n 2}]}', "/a/1/b")
    4
    """
    at = 0
    try:
        at = _skip(text, 0)
        for part in pointer.split("/")[1:]:
            at = _below(text, at, part.replace("~1", "/").replace("~0", "~"))
    except (ValueError, LookupError, StopIteration, RecursionError):
        pass
    return text.count("\n", 0, at) + 1


_DECODER: Final = json.JSONDecoder()


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _below(text: str, at: int, part: str) -> int:
    """Where a member of the object or list at this place begins."""
    is_object = text[at] == "{"
    wanted = part if is_object else int(part)
    at = _skip(text, at + 1)
    number = 0
    while text[at] not in "}]":
        key: str | int = number
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if key == wanted:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    raise LookupError(part)

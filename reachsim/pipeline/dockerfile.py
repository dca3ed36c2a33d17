"""A Dockerfile as stages and instructions, and the order in which a build needs them.

**Source:** Docker, "Dockerfile reference" (parser directives, FROM, ARG before FROM, COPY --from, RUN --mount, ADD,
ONBUILD, here-documents); BuildKit: only the stages that the target needs are built; the grammar is
tree-sitter-containerfile's.
"""

from __future__ import annotations

import bisect
import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import digits
from reachsim.pipeline.grammars import root_of
from reachsim.pipeline.variables import is_known, nothing_known, starred

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DOCKERFILE: Final = 1 << 20


class Heredoc(Struct, frozen=True):
    """A here-document of an instruction: its mark as written, its text, its first line."""

    name: str
    text: str
    line: int
    quoted: bool


class Instruction(Struct, frozen=True):
    """One instruction: its name in capitals, its options, its words, its text as written without the name."""

    name: str
    line: int
    flags: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    text: str
    heredocs: tuple[Heredoc, ...]
    is_list: bool
    whole: str
    body_line: int
    inner: Instruction | None = None

    def flag(self, name: str) -> str | None:
        return next((value for key, value in self.flags if key == name), None)

    def mounts(self) -> list[dict[str, str]]:
        """The ``--mount`` options of RUN as tables."""
        return [
            dict(part.split("=", 1) for part in value.split(",") if "=" in part)
            for key, value in self.flags
            if key == "mount"
        ]


class Stage(Struct, frozen=True):
    """A FROM and what follows it."""

    name: str
    base: str
    line: int
    whole: str
    instructions: tuple[Instruction, ...]
    platform: str = ""


class Dockerfile(Struct, frozen=True):
    """A parsed Dockerfile. ``syntax`` is the image that the first lines' ``# syntax=`` names, with its line; ``names``
    are those of the stages in small letters, each with the numbers of the stages that bear it.
    """

    syntax: tuple[str, int] | None
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    unreadable: tuple[tuple[int, str], ...]
    names: dict[str, list[int]]


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile. Lines that are no instruction end up in ``unreadable``."""
    if not text.endswith("\n"):
        text += "\n"
    escape = "`" if re.match(r"(?:#[^\n]*\n)*?#\s*escape\s*=\s*`", text) else "\\"
    source = _within(_marked(text, escape)).encode("utf-8", "replace")
    before: list[Instruction] = []
    stages: list[tuple[Stage, list[Instruction]]] = []
    unreadable: list[tuple[int, str]] = []
    root = root_of("tree_sitter_containerfile", source)
    if root is None:
        unreadable.append((1, text.split("\n", 1)[0]))
    for node in root.children if root is not None else ():
        if node.type == "ERROR":
            unreadable.append((node.start_point[0] + 1, _text(node, source).strip()))
        if not node.type.endswith("_instruction"):
            continue
        one = _instruction(node, source, escape)
        if one.name == "FROM":
            alias = one.words[2] if len(one.words) > 2 and one.words[1].upper() == "AS" else ""
            base = one.words[0] if one.words else ""
            stages.append((Stage(alias, base, one.line, one.whole, (), one.flag("platform") or ""), []))
        elif stages:
            stages[-1][1].append(one)
        else:
            before.append(one)
    return Dockerfile(
        _syntax(text),
        tuple(before),
        tuple(replace(stage, instructions=tuple(listed)) for stage, listed in stages),
        tuple(unreadable),
        _numbered([stage.name.lower() for stage, _ in stages]),
    )


def _numbered(names: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if name:
            found.setdefault(name, []).append(number)
    return found


_BRACKET: Final = "\uf8ff"
"""Stands for the ``[`` of a shell's test while the grammar reads the file, which takes it for a list's."""
_HASH: Final = "\uf8fe"
"""Stands for a ``#`` within a line, which the grammar takes for a comment's that reaches past its line."""


def _marked(text: str, escape: str) -> str:
    """The text with the brackets marked that begin a command and no list: what is no JSON is the shell's."""
    pieces, end, walked = [], 0, 0
    for match in re.finditer(r"(?im)^[ \t]*(?:ONBUILD[ \t]+)?(?:RUN|CMD|ENTRYPOINT)[ \t]+(?:--\S+[ \t]+)*(?=\[)", text):
        if match.start() < walked:
            continue  # a line of an instruction that goes on
        walked = match.end()
        lines: list[str] = []
        while not lines or (lines[-1].endswith(escape) and walked < len(text)):
            stop = text.find("\n", walked)
            lines.append(text[walked:stop].rstrip())
            walked = stop + 1
        if not _is_list(" ".join(line.removesuffix(escape) for line in lines)):
            pieces += [text[end : match.end()], _BRACKET]
            end = match.end() + 1
    return _marked_inside("".join([*pieces, text[end:]]), escape)


def _marked_inside(text: str, escape: str) -> str:
    """The same for the lines of an instruction that goes on, but for one that has not said more than its name."""
    lines = text.split("\n")
    for number in range(1, len(lines)):
        before = lines[number - 1].rstrip()
        goes_on = before.endswith(escape) and not re.fullmatch(
            r"[ \t]*(?:ONBUILD[ \t]+)?[A-Za-z]+(?:[ \t]+--\S+)*+[ \t]*+.", before
        )
        if goes_on and lines[number].lstrip(" \t").startswith("["):
            lines[number] = lines[number].replace("[", _BRACKET, 1)
    return "\n".join(lines)


def _within(text: str) -> str:
    """The text with each ``#`` marked that begins no line: it is the shell's, or of a URL."""
    return re.sub(r"(?m)^[ \t]*+[^#\s].*$", lambda line: line[0].replace("#", _HASH), text)


def _is_list(text: str) -> bool:
    if not re.match(r"\[\s*[\"\]]", text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(source: bytes) -> str:
    return source.decode("utf-8", "replace").replace(_BRACKET, "[").replace(_HASH, "#")


def _syntax(text: str) -> tuple[str, int] | None:
    """The ``syntax`` directive; directives stand before everything else, blank lines and other comments included."""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.fullmatch(r"#\s*([a-zA-Z]+)\s*=\s*(\S+)\s*", line)
        if number == 1 and line.startswith("#!"):
            continue
        if match is None:
            return None
        if match[1].lower() == "syntax":
            return match[2], number
    return None


def _text(node: Node, source: bytes) -> str:
    return _decoded(source[node.start_byte : node.end_byte])


def _instruction(node: Node, source: bytes, escape: str) -> Instruction:
    name = node.type.removesuffix("_instruction").upper().replace("CROSS_BUILD", "")
    flags: list[tuple[str, str]] = []
    heredocs: list[Heredoc] = []
    inner = None
    body_start = node.children[0].end_byte if node.children else node.start_byte
    for child in node.children[1:]:
        if child.type in ("param", "mount_param"):
            key, _, value = _text(child, source).lstrip("-").partition("=")
            flags.append((key, value.strip("\"'")))
            body_start = child.end_byte
        elif child.type.endswith("_instruction") and child.type != node.type:  # ONBUILD ONBUILD is refused
            inner = _instruction(child, source, escape)
    block_start = node.end_byte
    marks = list(_marks(node, source))
    for number, child in enumerate(one for one in node.children if one.type == "heredoc_block"):
        block_start = min(block_start, child.start_byte)
        mark = marks[number] if number < len(marks) else "<<EOF"
        heredocs.append(_heredoc(child, mark, source))
    text = _decoded(source[body_start:block_start])
    joined = _continued(text, escape)
    words, is_list = _words(joined, name)
    whole = " ".join(_continued(_decoded(source[node.start_byte : block_start]), escape).replace("\\\n", " ").split())
    return Instruction(name, node.start_point[0] + 1, tuple(flags), words, joined, tuple(heredocs), is_list,
                       whole[:200], node.start_point[0] + 1 + source[node.start_byte : body_start].count(b"\n"),
                       inner)  # fmt: skip


def _marks(node: Node, source: bytes) -> Iterator[str]:
    for child in node.children:
        if child.type == "heredoc_marker":
            yield _text(child, source)
        elif child.type in ("shell_command", "path", "shell_fragment"):
            yield from _marks(child, source)


def _heredoc(node: Node, mark: str, source: bytes) -> Heredoc:
    text = _text(node, source)
    lines = text.split("\n")
    first = 0 if lines and lines[0].strip() else 1
    body = "\n".join(lines[first:])
    body = body[: body.rstrip("\n").rfind("\n") + 1] if "\n" in body.rstrip("\n") else ""
    if mark.startswith("<<-"):
        body = re.sub(r"(?m)^\t+", "", body)
    return Heredoc(mark.lstrip("<-").strip("\"'"), body, node.start_point[0] + 1 + first, "'" in mark or '"' in mark)


def _continued(text: str, escape: str) -> str:
    """The text of an instruction with comment and blank lines between continued lines made part of them, and the
    escape character of Windows files put right. The number of lines stays.
    """
    if escape != "\\":
        text = re.sub(re.escape(escape) + r"[ \t]*\n", "\\\\\n", text)
    if "\\ " in text or "\\\t" in text:
        text = re.sub(r"\\[ \t]+\n", "\\\\\n", text)
    lines = text.split("\n")
    for number in range(1, len(lines)):
        if lines[number - 1].endswith("\\") and (not lines[number].strip() or lines[number].lstrip().startswith("#")):
            lines[number] = "\\"
    while lines and lines[-1] == "\\":
        lines.pop()
    return "\n".join(lines).removesuffix("\\" if escape == "\\" else "")


def _words(text: str, name: str) -> tuple[tuple[str, ...], bool]:
    flat = text.replace("\\\n", " ").strip()
    if flat.startswith("[") and name in ("RUN", "COPY", "ADD", "CMD", "ENTRYPOINT", "SHELL", "VOLUME", ""):
        try:
            listed = json.loads(flat)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return tuple(str(one) for one in listed), True
    if name in ("ENV", "ARG", "LABEL"):
        return tuple(pairs(flat, name)), False
    return tuple(flat.split()), False


def pairs(text: str, name: str) -> Iterable[str]:
    """The ``NAME=VALUE`` words of ENV and ARG, quotes taken off; ``ENV NAME VALUE`` of old counts as one.

    >>> list(pairs('A=1 B="x y" C', "ARG"))
    ['A=1', 'B=x y', 'C']
    >>> list(pairs("PATH /usr/bin:$PATH", "ENV"))
    ['PATH=/usr/bin:$PATH']
    """
    first = text.split(None, 1)
    if name == "ENV" and first and "=" not in first[0] and len(first) > 1:
        yield f"{first[0]}={first[1].strip()}"
        return
    for match in re.finditer(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"'\\])+", text):
        yield re.sub(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|\\(.)", lambda m: m[1] or m[2] or m[3] or "", match[0])


def needed(file: Dockerfile, target: str | None, bases: list[str], sources: list[list[str]]) -> set[int]:
    """The numbers of the stages that the target needs; ``bases`` and ``sources`` are names after expansion."""
    return _reached(file, [aim(file, target)] if file.stages else [], bases, sources)


def perhaps(
    file: Dockerfile, needed: set[int], bases: list[str], sources: list[list[str]], fits: Mapping[str, list[int]]
) -> set[int]:
    """The numbers of the stages that are needed only if what is not known of a stage's base names them. ``fits`` are
    those that each base may mean.
    """
    found: set[int] = set()
    more = needed
    while more:
        last = {base: max((one for one in more if bases[one] == base), default=0) for base in fits}
        queue = [one for base, numbers in fits.items() for one in numbers if one < last[base]]
        more = _reached(file, queue, bases, sources) - found
        found |= more
    return found - needed


def fitting(file: Dockerfile, base: str) -> list[int]:
    """The stages that a name may mean of which a part is not known; none if nothing of it is."""
    if is_known(base) or nothing_known(base):
        return []
    pattern = re.compile(fnmatch.translate(starred(base.lower())))
    return sorted(one for name, numbers in file.names.items() if pattern.match(name) for one in numbers)


def _reached(file: Dockerfile, queue: list[int], bases: list[str], sources: list[list[str]]) -> set[int]:
    found: set[int] = set()
    while queue:
        number = queue.pop()
        if number in found:
            continue
        found.add(number)
        for name in [bases[number], *sources[number]]:
            other = stage_number(file, name, number)
            if other is not None:
                queue.append(other)
    return found


def aim(file: Dockerfile, target: str | None) -> int:
    """The number of the stage that is built: the target, by name or number, else the last."""
    last = len(file.stages) - 1
    if not target:
        return last
    names = {stage.name.lower(): number for number, stage in enumerate(file.stages) if stage.name}
    number = digits.number(target)
    return names.get(target.lower(), number if number is not None and number <= last else last)


def stage_number(file: Dockerfile, name: str, before: int) -> int | None:
    """The earlier stage that a name or index stands for."""
    index = digits.number(name)
    if index is not None and index < before:
        return index
    numbers = file.names.get(name.lower(), [])
    at = bisect.bisect_left(numbers, before)
    return numbers[at - 1] if at else None


def sources_of(stage: Stage) -> list[str]:
    """The names that ``COPY --from=`` and ``RUN --mount=from=`` of a stage use."""
    found = []
    for one in stage.instructions:
        if one.name in ("COPY", "ADD") and one.flag("from"):
            found.append(one.flag("from") or "")
        if one.name == "RUN":
            found += [mount["from"] for mount in one.mounts() if mount.get("from")]
    return found

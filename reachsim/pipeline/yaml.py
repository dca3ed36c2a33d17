"""YAML with line numbers, bounded: no bomb of aliases expands, nothing is constructed but texts, lists and tables.

**Source:** YAML 1.2.2; ruamel.yaml's `compose` gives the node graph, in which an alias is the node itself. All scalars
stay texts, so that ``no``, ``012`` and ``1:30`` read as they are written.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any, ClassVar, Final

from reachsim.errors import QuestionError
from reachsim.nesting import nests_too_deeply

MAX_YAML: Final = 1 << 20
"""Bytes: the parser is linear but slow, and no CodeBuild buildspec or compose file comes near."""
MAX_NODES: Final = 200_000


_Merged = dict[tuple[int, int], dict[str, Any]]
"""What a mapping node holds, by the node and how deep within ``<<`` it stands."""


class TooLarge(Exception):
    """A document that expands to more than `MAX_NODES` nodes."""


@lru_cache(maxsize=2)
def compose(text: str, name: str) -> Any:
    """The node graph of the first document. Raises QuestionError, one line, for what is no YAML.

    The last two are kept: a build names one compose file in command after command. Nobody changes a node.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.resolver import VersionedResolver

    class OnlyTexts(VersionedResolver):
        """Finds no types: whatever a scalar looks like, it is a text."""

        versioned_resolver: ClassVar[dict[str, Any]] = {}

    class WithoutPlugIns(YAML):
        """Searches no folders for plug-ins, of which none is wanted."""

        def official_plug_ins(self) -> list[str]:
            return []

    if len(text) > MAX_YAML:
        raise QuestionError(
            f"{name}: expected at most {MAX_YAML >> 20} MiB of YAML, found {len(text)} characters", "BAD_YAML"
        )
    if nests_too_deeply(text):
        raise QuestionError(f"{name}: expected YAML, found lists or tables nested too deeply", "BAD_YAML")
    reader = WithoutPlugIns(typ="safe", pure=True)
    reader.Resolver = OnlyTexts
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor given twice: the later one counts, as YAML says
            return reader.compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = f" line {mark.line + 1}:" if mark is not None else ""
        why = getattr(error, "problem", None) or str(error).strip().split("\n")[0]
        why = why.removeprefix("but found ")  # "expected a single document …, but found another document"
        if "\t" in (_line(text, mark.line) if mark is not None else ""):
            why = f"{why} (a tab; YAML indents with spaces)"
        raise QuestionError(f"{name}:{line} expected YAML, found: {' '.join(str(why).split())}", "BAD_YAML") from None
    except RecursionError:
        raise QuestionError(f"{name}: expected YAML, found lists or tables nested too deeply", "BAD_YAML") from None
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise QuestionError(f"{name}: expected YAML, found: {error}", "BAD_YAML") from None


def _line(text: str, number: int) -> str:
    lines = text.split("\n", number + 1)
    return lines[number] if number < len(lines) else ""


def load(text: str) -> Any:
    """Texts, lists and dicts; None for what is no YAML."""
    try:
        node = compose(text, "")
        return _plain(node, [MAX_NODES], 0, {})
    except (QuestionError, TooLarge):
        return None


def _plain(node: Any, left: list[int], depth: int, merged: _Merged) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > 40:
        raise TooLarge
    kind = type(node).__name__
    if kind == "SequenceNode":
        return [_plain(one, left, depth + 1, merged) for one in node.value]
    if kind == "MappingNode":
        return {key: _plain(value, left, depth + 1, merged) for key, value in entries(node, merged)}
    if node is None or (node.value in ("", "~", "null") and not node.style):
        return None
    if node.value in ("true", "false") and not node.style:
        return node.value == "true"
    return node.value


def entries(node: Any, merged: _Merged | None = None) -> list[tuple[str, Any]]:
    """The entries of a mapping node, those of ``<<`` merged in, the last of equal keys winning.

    ``merged`` keeps what has been worked out, for as long as the document is there: maps that merge each other are then
    no bomb.
    """
    return list(_entries(node, 0, {} if merged is None else merged).items())


def _entries(node: Any, depth: int, known: _Merged) -> dict[str, Any]:
    if (id(node), depth) in known:
        return known[id(node), depth]
    merged: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key.value, str) else ""
        if name == "<<" and depth < 10:
            several = value.value if is_sequence(value) else [value]
            for one in {id(one): one for one in several if is_mapping(one)}.values():
                merged |= {k: v for k, v in _entries(one, depth + 1, known).items() if k not in merged}
        else:
            own[name] = value
    found = known[id(node), depth] = merged | own
    return found


def given_twice(node: Any) -> list[tuple[str, int]]:
    """The keys that a mapping node has more than once, each with the line of its last value."""
    seen: set[str] = set()
    found: dict[str, int] = {}
    for key, value in node.value if is_mapping(node) else ():
        name = scalar(key)
        if name in seen and name != "<<":
            found[name] = line_of(value)
        seen.add(name)
    return list(found.items())


def is_mapping(node: Any) -> bool:
    return type(node).__name__ == "MappingNode"


def is_sequence(node: Any) -> bool:
    return type(node).__name__ == "SequenceNode"


def scalar(node: Any) -> str:
    """The text of a scalar node, "" for any other."""
    return node.value if type(node).__name__ == "ScalarNode" and isinstance(node.value, str) else ""


def source_text(node: Any, source: str) -> str:
    """The text of a node as it is written: a command that YAML reads as a mapping because of a colon in it."""
    text = source[node.start_mark.index : node.end_mark.index]
    text = re.sub(r"(?m)^[ \t]*#.*$", "", text)
    return re.sub(r"\s#[^\n\"']*$", "", text).strip()


def line_of(node: Any) -> int:
    """The line on which a node's text begins, counted from one."""
    line = int(node.start_mark.line) + 1
    return line + 1 if type(node).__name__ == "ScalarNode" and node.style in ("|", ">") else line

"""Try every regular expression of the package: ``python tests/security/regexes.py`` prints each, and what is slow."""

from __future__ import annotations

import ast
import gc
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2] / "reachsim"
FUNCTIONS = {"compile", "match", "fullmatch", "search", "sub", "subn", "findall", "finditer", "split"}
LENGTH = 10_000
"""Of a text; one that takes a second for so much would take AWS's largest answers minutes."""
SUSPECT_SECONDS = 0.02
LONGER = 4
MOST_SECONDS = 0.25
"""For a text `LONGER` times as long, which is tried where one of `LENGTH` took more than `SUSPECT_SECONDS`."""


def patterns() -> Iterator[tuple[str, int, str, set[str]]]:
    """(file, line, pattern, how it is asked) of each that stands in the source as a constant."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    asked: dict[tuple[Path | None, str], set[str]] = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in FUNCTIONS:
                    asked.setdefault(place(path, name), set()).add(attr)
    for path, tree in trees.items():
        names, texts = {}, {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                name = next((one.id for one in targets if isinstance(one, ast.Name)), "")
                names[node.value.lineno, node.value.col_offset] = name
                if name.isupper():
                    texts[name] = constant(node.value) or ""
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=attr), args=[first, *_]) if (
                    attr in FUNCTIONS
                ):
                    text = constant(first) or texts.get(getattr(first, "id", ""))
                    if text:
                        named = names.get((node.lineno, node.col_offset), "")
                        ways = {attr} if attr != "compile" else asked.get(place(path, named)) or {"fullmatch", "match"}
                        yield path.relative_to(PACKAGE).as_posix(), node.lineno, text, ways


def place(path: Path, name: str) -> tuple[Path | None, str]:
    """What a name means: a private one is its module's own, another may be asked for anywhere."""
    return (path if name.startswith("_") else None), name


def constant(node: ast.expr) -> str | None:
    """The text of a constant; what is filled into an f-string is taken to be a word."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            parts = [constant(one) if isinstance(one, ast.Constant) else "word" for one in values]
            return "".join(part or "" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = constant(left), constant(right)
            return one + other if one is not None and other is not None else None
    return None


def sample(tree: Any) -> str:
    """A short text that a parsed pattern matches, as far as it can be told without looking around."""
    return "".join(piece(op, value) for op, value in tree)


def piece(op: Any, value: Any) -> str:
    if op is sre.LITERAL:
        return chr(value)
    if op is sre.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if op is sre.ANY:
        return "a"
    if op is sre.IN:
        return member(value)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, _, body = value
        return sample(body) * max(low, 1)
    if op is sre.SUBPATTERN:
        return sample(value[3])
    if op is sre.ATOMIC_GROUP:
        return sample(value)
    if op is sre.BRANCH:
        return sample(value[1][0])
    return ""


CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_NOT_SPACE": "a",
              "CATEGORY_NOT_DIGIT": "a", "CATEGORY_NOT_WORD": "-"}  # fmt: skip


def member(items: Any) -> str:
    if items and items[0][0] is sre.NEGATE:
        taken = re.compile(f"[{''.join(described(one) for one in items[1:])}]")
        return next((one for one in "a1 -_./:\n\"'" if not taken.match(one)), "\u3042")
    op, value = items[0]
    if op is sre.RANGE:
        return chr(value[0])
    return CATEGORIES.get(str(value), "a") if op is sre.CATEGORY else chr(value)


def described(item: Any) -> str:
    op, value = item
    if op is sre.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if op is sre.CATEGORY:
        return {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_SPACE": r"\S",
                "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_NOT_WORD": r"\W"}[str(value)]  # fmt: skip
    return re.escape(chr(value))


def attacks(pattern: str, length: int) -> Iterator[str]:
    """Texts that repeat what each repetition holds, after what comes before it or with it, and end wrongly."""
    tree = parser.parse(pattern)
    whole = sample(tree)
    for before, body in repetitions(tree, ""):
        for unit in {sample(body), sample(body)[:1], " ", "a", "\n", "1"}:
            if unit:
                many = unit * (length // len(unit))
                yield before + many + "\0"
                yield many
                opened = before + unit
                yield opened * (length // len(opened))
    yield (whole or "a") * (length // max(len(whole), 1))
    yield from ((one * length) for one in ("a", " ", "(", "[", "{", "$", "\\", '"', "'", "-", ".", "/", "\n", ":", "@"))


def repetitions(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """(text that leads there, body) of every part that may repeat."""
    for op, value in tree:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            _, high, body = value
            if high is sre.MAXREPEAT or high > 10:
                yield before, body
            yield from repetitions(body, before)
        elif op is sre.SUBPATTERN:
            yield from repetitions(value[3], before)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from repetitions(branch, before)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            yield from repetitions(value[1], before)
        before += piece(op, value)


def main() -> int:
    gc.disable()  # half a second of collecting is no match's fault
    slow, tried = 0, 0
    for file, line, pattern, ways in patterns():
        print(f"{file}:{line} {pattern!r}", flush=True)
        tried += 1
        found = next(slow_ones(re.compile(pattern), ways), None)
        if found:
            slow += 1
            print(f"    SLOW {found}", flush=True)
    print(f"{tried} patterns, {slow} slow")
    return 1 if slow else 0


def slow_ones(compiled: re.Pattern[str], ways: set[str]) -> Iterator[str]:
    pairs = zip(attacks(compiled.pattern, LENGTH), attacks(compiled.pattern, LENGTH * LONGER), strict=True)
    for text, longer in pairs:
        for way in sorted(ways - {"compile"}):
            if seconds(compiled, way, text) > SUSPECT_SECONDS:
                took = min(seconds(compiled, way, longer) for _ in range(3))  # a busy machine may have slowed one down
                if took > MOST_SECONDS:
                    yield f"{took:.1f} s: {way} on {text[:30]!r} … {text[-10:]!r}"


def seconds(compiled: re.Pattern[str], way: str, text: str) -> float:
    started = time.process_time()
    if way in ("sub", "subn"):
        getattr(compiled, way)("", text)
    elif way == "finditer":
        list(compiled.finditer(text))
    else:
        getattr(compiled, way)(text)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())

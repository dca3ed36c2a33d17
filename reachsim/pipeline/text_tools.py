"""What the common text tools make of a text that is known: cut, awk, jq, grep, sed, tr, base64, head, tail, sort.

Only what later decides a destination is followed, and only where the outcome is certain: anything else is not known.
**Source:** POSIX, "Shell & Utilities"; GNU coreutils manual (base64); jq manual; envsubst(1).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Final

from reachsim import digits
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.variables import MAX_TEXT, expand, is_known


def cut(call: Call) -> Outcome:
    given = arguments(call.words, ["d", "f", "c", "b", "delimiter", "fields"])
    if call.stdin is None:
        return Outcome((), None)
    separator, fields = given.last("d", "delimiter") or "\t", given.last("f", "fields") or ""
    letters = re.fullmatch(r"(\d{0,4})(-?)(\d{0,4})", given.last("c") or "")
    if letters and any(letters.groups()) and is_known(call.stdin):
        first, end = max(int(letters[1] or 1) - 1, 0), letters[3] or ("" if letters[2] else letters[1])
        kept = [line[first : int(end) if end else None] for line in call.stdin.rstrip("\n").split("\n")]
        return Outcome((), "".join(f"{line}\n" for line in kept))
    onwards = re.fullmatch(r"(\d{1,4})-", fields)
    if onwards and separator and is_known(call.stdin):
        first = max(int(onwards[1]) - 1, 0)
        lines = [line.split(separator) for line in call.stdin.rstrip("\n").split("\n")]
        return Outcome((), "\n".join(separator.join(one[first:]) if len(one) > 1 else one[0] for one in lines) + "\n")
    field = digits.number(fields)
    if field is not None and separator:
        return Outcome((), _fields(call.stdin, separator, field))
    return Outcome((), None)


def awk(call: Call) -> Outcome:
    """``awk -F SEPARATOR '{print $N}'`` and nothing else of it; the shell's reader writes ``$N`` as ``${N}``."""
    given = arguments(call.words, ["F", "v", "f"])
    program = re.fullmatch(r"\{\s*+print\s++\$\{?(\d{1,3})\}?;?+\s*+\}", given.rest[0].strip()) if given.rest else None
    separator = given.last("F")
    if call.stdin is None or program is None or len(given.rest) > 1 or (separator and len(separator) > 1):
        return Outcome((), None)
    return Outcome((), _fields(call.stdin, separator, int(program[1])))


def _fields(text: str, separator: str | None, field: int) -> str | None:
    """That field of each line; None where it may lie within what isn't known."""
    lines = text.rstrip("\n").split("\n")
    parts = [line.split(separator) for line in lines]
    if any(len(one) < field and not is_known(line) for one, line in zip(parts, lines, strict=True)):
        return None
    return "\n".join(one[field - 1] if len(one) >= field > 0 else "" for one in parts) + "\n"


def jq(call: Call) -> Outcome:
    """A text that a path such as ``.a.b[0]`` leads to; nothing of other filters."""
    given = arguments(call.words, ["arg", "argjson", "indent"])
    path = given.rest[0].strip() if given.rest else "."
    text = call.read(given.rest[1]) if len(given.rest) == 2 else call.stdin if len(given.rest) < 2 else None
    steps = re.findall(r"\.(?:\"([^\"]+)\"|(\w+))|\[(\d{1,4})\]", path)
    if text is None or re.fullmatch(r"(?:\.(?:\"[^\"]++\"|\w++)|\.?\[\d{1,4}\])++", path) is None:
        return Outcome((), None)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Outcome((), None)
    for quoted, name, number in steps:
        at: str | int = int(number) if number else quoted or name
        if isinstance(value, dict) and isinstance(at, str):
            value = value.get(at)
        else:
            value = value[at] if isinstance(value, list) and isinstance(at, int) and at < len(value) else None
    if not isinstance(value, str):
        return Outcome((), None)
    return Outcome((), f"{value}\n" if given.has("r", "raw-output", "j") else f'"{value}"\n')


def grep(call: Call) -> Outcome:
    """The lines that hold a plain pattern: letters, digits, few other signs, with ``^`` and ``$`` at its ends. Whether
    there are any is a question, so either status is a normal run's; what ``-v`` leaves over is rarely one.
    """
    given = arguments(call.words, ["e", "regexp", "f", "m", "max-count", "A", "B", "C", "include", "exclude"])
    rest = list(given.rest)
    pattern = given.last("e", "regexp") or (rest.pop(0) if rest else "")
    text = call.read(rest[0]) if len(rest) == 1 else call.stdin if not rest else None
    plain = re.fullmatch(r"\^?[\w /:=@,#-]*\$?", pattern)
    turned = given.has("v", "invert-match")
    status = True if turned and not given.has("q", "quiet", "silent") else None
    odd = set(given.options) - {"v", "E", "F", "i", "e", "regexp", "invert-match", "h", "s"}
    if text is None or not is_known(text) or plain is None or odd or len(text) > MAX_TEXT:
        return Outcome((), None, status)
    flags = re.IGNORECASE if given.has("i") else 0
    inside = re.compile(re.escape(pattern) if given.has("F") else pattern, flags).search
    kept = [line for line in text.split("\n") if line and (inside(line) is None) is turned]
    return Outcome((), "".join(f"{line}\n" for line in kept), status if kept else None)


def decode(call: Call) -> Outcome:
    """``base64 -d``; what it encodes nobody contacts."""
    given = arguments(call.words, ["w", "wrap"])
    text = call.read(given.rest[0]) if given.rest and given.rest[0] != "-" else call.stdin
    if not given.has("d", "D", "decode") or text is None or not is_known(text):
        return Outcome((), None)
    try:
        return Outcome((), base64.b64decode("".join(text.split()), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        return Outcome((), None)


def head(call: Call) -> Outcome:
    """head and tail: the first or last lines."""
    given = arguments([re.sub(r"^-(\d+)$", r"-n\1", word) for word in call.words], ["n", "lines", "c", "bytes"])
    text = call.read(given.rest[0]) if len(given.rest) == 1 else call.stdin if not given.rest else None
    if text is None or given.has("c", "bytes", "f"):
        return Outcome((), None)
    if text.count("\n") <= 1:
        return Outcome((), text)
    wanted = given.last("n", "lines") or "10"
    number = digits.number(wanted.removeprefix("+"))
    if number is None or not is_known(text):
        return Outcome((), None)
    lines = text.splitlines(keepends=True)
    if call.program == "head":
        return Outcome((), "".join(lines[:number]))
    kept = lines[number - 1 if number else 0 :] if wanted.startswith("+") else lines[-number:] if number else []
    return Outcome((), "".join(kept))


def sort(call: Call) -> Outcome:
    """sort and uniq: the same lines; in which order they come decides no destination."""
    given = arguments(call.words, ["k", "t", "o", "S", "T"])
    text = call.read(given.rest[0]) if len(given.rest) == 1 else call.stdin if not given.rest else None
    return Outcome((), None if given.has("c", "d", "o") else text)


def envsubst(call: Call) -> Outcome:
    """Every variable of the text filled in."""
    return Outcome((), expand(call.stdin, call.variables) if call.stdin is not None and not call.words else None)


_CLASSES: Final = {"[:upper:]": "A-Z", "[:lower:]": "a-z"}


def tr(call: Call) -> Outcome:
    """``tr -d SET``; ``tr A B`` of one sign each, and of the letters' case."""
    if call.stdin is None or len(call.words) != 2:
        return Outcome((), None)
    first, second = (_CLASSES.get(word, word) for word in call.words)
    if first == "-d":
        return Outcome((), re.sub("[" + re.escape(second.strip("[]")) + "]", "", call.stdin.replace("\\n", "\n")))
    if {first, second} == {"A-Z", "a-z"} and is_known(call.stdin):
        return Outcome((), call.stdin.lower() if second == "a-z" else call.stdin.upper())
    old, new = (one.replace("\\n", "\n").replace("\\t", "\t") for one in (first, second))
    return Outcome((), call.stdin.replace(old, new) if len(old) == len(new) == 1 else None)


_SUBSTITUTE: Final = re.compile(
    r"s([^\w\s\\])(?P<old>(?:\\.|(?!\1)[^\\\n])++)\1(?P<new>(?:\\.|(?!\1)[^\\\n])*+)\1(?P<all>g?)"
)
_DELETE: Final = re.compile(r"/(?P<old>(?:\\.|[^/\\\n])++)/\s*d")
_LITERAL: Final = re.compile(r"\\(?P<sign>[^\w(){}+?|<>'`])|(?P<plain>[^\\.*\[\]^$])|(?P<any>\.)|(?P<dollar>\$)")


def sed(call: Call) -> Outcome | None:
    """What `edited` makes of what is piped into it, or of a file; None where it does anything else."""
    given = arguments(call.words, ["e", "expression", "f"])
    texts, files = expressions(call)
    text = call.read(files[0]) if len(files) == 1 and files[0] != "-" else call.stdin if not files else None
    if text is None or given.has("i", "n", "f") or any(word.startswith(("-i", "--in-place")) for word in call.words):
        return None
    changed = edited(text, texts, extended=given.has("E", "r"))
    return None if changed is None else Outcome((), changed)


def expressions(call: Call) -> tuple[list[str], list[str]]:
    """The expressions that a call of sed gives, and its files."""
    given = arguments(call.words, ["e", "expression", "f"])
    texts = given.all("e", "expression")
    return (texts, given.rest) if texts else (given.rest[:1], given.rest[1:])


def edited(text: str, expressions: list[str], *, extended: bool = False) -> str | None:
    """The text after ``s/OLD/NEW/`` and ``/OLD/d`` of sed, line by line; None if there is more in the expressions, or
    if OLD is a pattern beyond ``^``, ``$``, ``.`` and ``.*`` at its end.

    >>> edited("FROM a AS b\\nRUN a a\\n", ["s/a/c/; /^FROM/s/x/y/"])
    >>> edited("FROM a AS b\\nRUN a a\\n", ["s/a/c/;s|^FROM .*|FROM d|", "/x/d"])
    'FROM d\\nRUN c a\\n'
    """
    if not is_known(text) or len(text) > MAX_TEXT:
        return None
    lines = text.split("\n")
    for one in expressions:
        position = 0
        while position < len(one):
            match = _SUBSTITUTE.match(one, position) or _DELETE.match(one, position)
            end = re.compile(r"\s*+(?:;|\n|$)\s*+").match(one, match.end()) if match else None
            old = _pattern(match["old"], extended) if match else None
            if match is None or end is None or old is None:
                return None
            position = end.end()
            if match.re is _DELETE:
                lines = [line for line in lines[:-1] if not old.search(line)] + lines[-1:]
                continue
            if re.search(r"(?<!\\)&|\\\w", match["new"]):
                return None
            new = re.sub(r"\\(.)", r"\1", match["new"])
            lines = [old.sub(lambda _, new=new: new, line, count=0 if match["all"] else 1) for line in lines]
            if sum(map(len, lines)) > MAX_TEXT:
                return None
    return "\n".join(lines)


def _pattern(text: str, extended: bool) -> re.Pattern[str] | None:
    """A plain pattern of sed as one of Python; None if there is more to it."""
    if not is_known(text) or (extended and re.search(r"[(){}+?|]", text)):
        return None
    begins, ends = text.startswith("^"), text.endswith(".*")
    text = text[begins : len(text) - 2 * ends]
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _LITERAL.match(text, position)
        if match is None:
            return None
        position = match.end()
        last = position == len(text) and not ends
        parts.append("." if match["any"] else "$" if match["dollar"] and last else re.escape(match["sign"] or match[0]))
    return re.compile("^" * begins + "".join(parts) + ".*" * ends) if parts or begins else None

"""``reachsim query``."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from contextlib import nullcontext
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
import msgspec

from reachsim.cli import options
from reachsim.errors import QuestionError, SnapshotError

if TYPE_CHECKING:
    from reachsim.answers import Answers

MOST_LINE: Final = 16 << 20
"""Bytes of a question: a line without an end is no question."""
KINDS: dict[str, tuple[type, ...]] = {
    "source": (str,), "destination": (str,), "protocol": (str, int), "port": (int,), "family": (str,), "requests": (list,),  # noqa: E501
    "layers": (list,),
}  # fmt: skip

_KEYS: Final = frozenset((*KINDS, "id"))
_ELSEWHERE: Final = {
    "prot": "protocol", "proto": "protocol", "ipprotocol": "protocol", "dport": "port", "dstport": "port",
    "destport": "port", "destinationport": "port", "toport": "port", "ipversion": "family", "addressfamily": "family",
}  # fmt: skip
"""What other tools call our keys, in small letters alone."""


@click.command(name="query")
@options.snapshot
@click.option(
    "--input",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read FILE instead of standard input.",
)
@options.assume_defaults
@options.config
def command(snapshot: str | None, source: Path | None, assume_defaults: bool, settings: Path | None) -> None:
    """Answer JSON lines from standard input with JSON lines on standard output, in order.

    Exit code: 0 all answered, 2 bad input or some line answered by an error.

    A question: {"id": 1, "source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443}.
    Optional are protocol, port, family, requests and layers.

    \b
    Example:
      reachsim query snapshots/private-pipeline --input questions.jsonl
    """

    from reachsim.answers import Answers

    answers = Answers(options.open_reach(snapshot, settings, assume_defaults))
    failed = False
    with source.open("rb") if source is not None else nullcontext(sys.stdin.buffer) as lines:
        for line in iter(partial(lines.readline, MOST_LINE), b""):
            if len(line) == MOST_LINE:
                raise QuestionError(f"a question of more than {MOST_LINE} bytes", "BAD_JSON")
            if line.strip():
                text, well = answer(answers, line)
                failed = failed or not well
                sys.stdout.write(options.harmless(text) + "\n")
    sys.stdout.flush()
    sys.exit(2 if failed else 0)


def answer(answers: Answers, line: bytes) -> tuple[str, bool]:
    """The answer to one line, or the error in its place, and whether it is an answer."""
    question_id: object = None
    try:
        question_id, arguments = _usual(line) or _read(line)
        source, destination = arguments.pop("source"), arguments.pop("destination")
        return answers.answer(question_id, source, destination, arguments), True
    except QuestionError as error:
        code, message = error.code, str(error)
        if question_id is None:
            question_id = _id_of(line)
    except SnapshotError as error:
        code, message = "BAD_SNAPSHOT", str(error)
    wrong = {"id": question_id, "error": {"code": code, "message": message}}
    return json.dumps(wrong, ensure_ascii=False, separators=(",", ":")), False


class _Usual(msgspec.Struct, forbid_unknown_fields=True):
    """A question as most are. Any other is read key by key, to tell what is wrong with it."""

    source: str
    destination: str
    id: int | str | None = None
    protocol: str | int | None = None
    port: int | None = None
    family: str | None = None


_USUAL = msgspec.json.Decoder(_Usual)


def _usual(line: bytes) -> tuple[object, dict[str, Any]] | None:
    """As `_read`, of a question that is as most are; None for any other."""
    try:
        one = _USUAL.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return one.id, {"source": one.source, "destination": one.destination, "protocol": one.protocol, "port": one.port,
                    "family": one.family}  # fmt: skip


def _read(line: bytes) -> tuple[object, dict[str, Any]]:
    """The id of a question, and what of it counts. Raises QuestionError."""
    try:
        question = _decoded(line)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, no UTF-8, a number of thousands of digits
        raise QuestionError(f"not a line of JSON: {error}", "BAD_JSON") from error
    if not isinstance(question, dict):
        raise QuestionError("a question is a JSON object", "BAD_JSON")
    for key in ("source", "destination"):
        if not isinstance(question.get(key), str):
            raise QuestionError(f"{key} must be a selector (a string)", "BAD_QUESTION")
    if not question.keys() <= _KEYS:
        _refuse_misspelled(question)
    asked: dict[str, Any] = {}
    for key, value in question.items():
        if value is not None and key in KINDS:
            if type(value) not in KINDS[key]:
                raise QuestionError(f"{key} has the wrong type: {json.dumps(value)[:80]}", "BAD_QUESTION")
            asked[key] = value
    for one in asked.get("requests", ()):
        if not isinstance(one, dict):
            raise QuestionError("requests must be a list of objects", "BAD_QUESTION")
        if not isinstance(one.get("principal"), str | dict | None):
            raise QuestionError("principal must be an ARN or a service name (a string)", "BAD_REQUEST")
    if any(not isinstance(one, str) for one in asked.get("layers", ())):
        raise QuestionError("layers must be a list of strings", "BAD_QUESTION")
    return question.get("id"), asked


def _decoded(line: bytes) -> Any:
    return _JSON.decode(line.removeprefix(BOM_UTF8).decode(errors="surrogatepass"))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


_JSON = json.JSONDecoder(parse_constant=_no_number)


def _refuse_misspelled(question: dict[str, Any]) -> None:
    """A key that we do not know is the asker's own, unless it looks like one of ours: a question that silently loses
    its ``port`` would get the answer to another one.
    """
    for key in question:
        if key not in _KEYS:
            letters = "".join(filter(str.isalpha, key.lower()))
            meant = _ELSEWHERE.get(letters) or next(iter(get_close_matches(key.lower(), KINDS, 1, 0.8)), None)
            if meant is not None:
                raise QuestionError(f"no key {key!r} in a question; {meant} is one", "BAD_QUESTION")


def _id_of(line: bytes) -> object:
    try:
        found = _decoded(line)
    except (ValueError, RecursionError):
        return None
    return found.get("id") if isinstance(found, dict) else None

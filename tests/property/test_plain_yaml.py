"""The reader of plain YAML against ruamel.yaml: what it reads at all, it reads as the same nodes in the same places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reachsim.errors import QuestionError
from reachsim.pipeline import plain_yaml
from reachsim.pipeline.yaml import compose_any

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = sorted((ROOT / "snapshots").glob("*/code/*/buildspec.yml"))
PIECES = st.sampled_from([
    "a:", "b: c", " ", "  ", "- ", "-", "\n", "\n  ", "\n    ", "# x", " # x", "'q'", '"q: #"', "k: ", "text more",
    " : ", ":", "x:y", "#", "|", ">", "~", "a b: c", "http://x", "''", '"', "\n- ", "\n  - ", "\n- a: b\n  c: d", "---",
    "...",
    "%", ",", "[", "]", "?", "? ", "!", "&a ", "*a", "@", "`", "$X", "./x", "<<: ", "key: v\n", "\t", "\r", "é", "\\n",
])  # fmt: skip
LINES = st.builds(
    lambda indent, dash, key, value: " " * indent + dash + key + value,
    st.integers(0, 4),
    st.sampled_from(["", "", "- ", "-   "]),
    st.sampled_from(["", "a: ", "b:", "b_2.c-d: "]),
    st.sampled_from(
        ["", "", "c", "make -j2", "x # y", "a#b", "$A/b", '"q"', "'q' ", "1.5", "u: v", "http://h:1/ ", "|"]
    ),
)


def shape(node: Any) -> object:
    marks = [(mark.line, mark.column, mark.index) for mark in (node.start_mark, node.end_mark)]
    match type(node).__name__:
        case "ScalarNode":
            return node.value, node.style or "", marks
        case "SequenceNode":
            return [shape(one) for one in node.value], node.flow_style, marks
        case "MappingNode":
            return [(shape(key), shape(value)) for key, value in node.value], node.flow_style, marks
        case other:
            raise AssertionError(other)


def agree(text: str) -> bool:
    got = plain_yaml.compose(text)
    if got is None:
        return False
    try:
        assert shape(got) == shape(compose_any(text, "x"))
    except QuestionError as error:
        raise AssertionError(f"{text!r} is no YAML: {error}") from None
    return True


@settings(max_examples=500)
@given(st.lists(PIECES, min_size=1, max_size=14).map("".join))
def test_pieces(text: str) -> None:
    event(f"plain: {agree(text)}")


@settings(max_examples=500)
@given(st.lists(LINES, min_size=1, max_size=7).map("\n".join), st.sampled_from(["", "\n", "\n\n  # end", "\n   "]))
def test_lines(text: str, end: str) -> None:
    event(f"plain: {agree(text + end)}")


@settings(max_examples=300)
@given(st.sampled_from(SHIPPED), st.integers(0), st.integers(0, 3), PIECES)
def test_a_shipped_buildspec_with_a_change(path: Path, place: int, without: int, piece: str) -> None:
    text = path.read_text(encoding="utf-8")
    place %= len(text)
    event(f"plain: {agree(text[:place] + piece + text[place + without :])}")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "-".join(path.parts[-4:-1]))
def test_the_shipped_buildspecs_are_plain(path: Path) -> None:
    assert agree(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "text\n",
        "a:\n",
        "a: b: c\n",
        "a: b\n  goes on\n",
        "a: b\n  - c\n",
        "- a\n  - b\n",
        "a: |\n  b\n",
        "a: [b]\n",
        "a: &b c\n",
        "a: !b c\n",
        'a: "\\n"\n',
        "a: ''''\n",
        "a: b\t\n",
        "a: é\n",
        "--- \na: b\n",
        "- a: b\n c: d\n",
        "? a\n: b\n",
        "<<: a\n",
    ],
)
def test_what_goes_beyond_is_left_to_the_whole_parser(text: str) -> None:
    assert plain_yaml.compose(text) is None

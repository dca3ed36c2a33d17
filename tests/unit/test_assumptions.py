"""Every assumption that the code makes is in the table of codes, with what it can hide; the READMEs show the table."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim.cli import group
from reachsim.codes import CODES
from reachsim.report.assumptions import HIDES, own_assumptions, render_assumptions
from reachsim.report.languages import Lang

ROOT = Path(__file__).resolve().parents[2]
FITS = {
    "leak": {"leak"},
    "block": {"block"},
    "either": {"leak", "block"},
    "neither": {"neither"},
    "undecided": {"leak", "block", "neither"},
}
DEFAULTS = {"Assumption": "neither", "Gap": "leak", "note": "leak"}


def calls() -> Iterator[tuple[str, str, str]]:
    """(place, code, can_hide) wherever a code is written where an assumption is made."""
    for path in sorted((ROOT / "reachsim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in ("Assumption", "assume", "take", "Gap", "note"):
                continue
            words = [one.value for one in (*node.args, *(keyword.value for keyword in node.keywords))
                     if isinstance(one, ast.Constant) and isinstance(one.value, str)]  # fmt: skip
            codes = [word for word in words if word in CODES]
            hides = [word for word in words if word in ("leak", "block", "neither")]
            told = any(keyword.arg == "can_hide" for keyword in node.keywords) or len(node.args) > 3
            if codes and (hides or not told):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", codes[0], hides[0] if hides else DEFAULTS.get(name, "")


def test_what_the_code_assumes_hides_what_the_table_says() -> None:
    found = [one for one in calls() if CODES[one[1]].kind == "assumption"]
    assert len(found) > 40
    assert [one for one in found if one[2] not in FITS[str(CODES[one[1]].can_hide)]] == []


def test_the_table_holds_no_assumption_that_the_code_does_not_make() -> None:
    sources = [path for path in (ROOT / "reachsim").rglob("*.py") if path.name not in ("codes.py", "text.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [one.code for one in own_assumptions() if f'"{one.code}"' not in text] == []


def test_only_assumptions_can_hide_something() -> None:
    for code in CODES.values():
        assert (code.can_hide is None) == (code.kind != "assumption"), code.code


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_assumption_stands_there_once_under_what_it_can_hide(lang: Lang) -> None:
    blocks = re.findall(r"<details>\n<summary><b>(.+?)</b> \((\d+)\)</summary>\n(.*?)</details>",
                        render_assumptions(lang), re.DOTALL)  # fmt: skip
    listed = {title.lower(): re.findall(r"^\| `([A-Z0-9_]+)` \|", rows, re.MULTILINE) for title, _, rows in blocks}
    assert [len(codes) for codes in listed.values()] == [int(count) for _, count, _ in blocks]
    assert listed == {
        hides.lower(): [one.code for one in own_assumptions() if one.can_hide == word]
        for word, hides in HIDES[lang].items()
    }
    assert sum(map(len, listed.values())) == len(own_assumptions())


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_the_readme_shows_the_table(readme: str, lang: str) -> None:
    """``REACHSIM_UPDATE_GOLDEN=1`` writes it anew."""
    file = ROOT / readme
    text = file.read_text(encoding="utf-8")
    start, end = "<!-- generated: assumptions -->\n", "<!-- end -->"
    before, _, rest = text.partition(start)
    shown, _, after = rest.partition(end)
    run = CliRunner().invoke(group, ["explain", "--assumptions", "--lang", lang])
    assert run.exit_code == 0, run.output
    if os.environ.get("REACHSIM_UPDATE_GOLDEN"):
        file.write_text(before + start + run.stdout + end + after, encoding="utf-8")
        return
    assert shown == run.stdout


def test_a_code_tells_what_it_can_hide() -> None:
    runner = CliRunner()
    assert "it can hide a leak or a block." in runner.invoke(group, ["explain", "ASSUMED_DEFAULT"]).stdout
    assert "漏れを隠す" in runner.invoke(group, ["explain", "ECS_TASK_IPV6", "--lang", "ja"]).stdout
    assert "can hide" not in runner.invoke(group, ["explain", "NO_ROUTE_TO_DESTINATION"]).stdout

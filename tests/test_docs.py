"""The two READMEs keep in step with each other and with the command line."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reachsim.cli import group
from reachsim.cli.explain import KINDS, KINDS_JA, ORIGINS, ORIGINS_JA
from reachsim.codes import CODES
from reachsim.report.languages import japanese

ROOT = Path(__file__).resolve().parent.parent
README, README_JA = ROOT / "README.md", ROOT / "README.ja.md"


def headings(readme: Path) -> list[tuple[int, str]]:
    """The headings outside code blocks, each with its level."""
    text = re.sub(r"^```.*?^```$", "", readme.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", text, re.MULTILINE)]


def shell_blocks(readme: Path) -> list[tuple[str, str]]:
    """Each ```sh block with the heading it stands under."""
    found, heading, block = [], "", None
    for line in readme.read_text(encoding="utf-8").splitlines():
        if block is not None:
            if line == "```":
                found.append((heading, "\n".join(block)))
                block = None
            else:
                block.append(line)
        elif line == "```sh":
            block = []
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def test_both_readmes_have_the_same_outline() -> None:
    assert [level for level, _ in headings(README)] == [level for level, _ in headings(README_JA)]


@pytest.mark.parametrize("readme", [README, README_JA], ids=lambda path: path.name)
def test_a_fresh_machine_needs_one_command_to_run_and_one_to_test(readme: Path) -> None:
    first, second = (heading for heading, _ in shell_blocks(readme))
    assert "Run" in first
    assert "Test" in second


def test_both_readmes_give_the_same_commands() -> None:
    assert [block for _, block in shell_blocks(README)] == [block for _, block in shell_blocks(README_JA)]


def test_both_readmes_hold_the_same_generated_blocks() -> None:
    marker = re.compile(r"<!-- (generated: .+?|end) -->")
    assert marker.findall(README.read_text(encoding="utf-8")) == marker.findall(README_JA.read_text(encoding="utf-8"))


def test_every_command_has_help_and_is_in_the_readme() -> None:
    commands: dict[str, str] = importlib.import_module("reachsim.cli").COMMANDS
    text = README.read_text(encoding="utf-8")
    for name, module in commands.items():
        command = importlib.import_module(module).command
        assert isinstance(command, click.Command)
        assert command.help, f"reachsim {name} has no help"
        assert f"reachsim {name}" in text, f"README.md does not mention reachsim {name}"


def pins(lock: Path) -> set[str]:
    """The pinned requirements of a lock file; pip itself insists on a hash for each."""
    return set(re.findall(r"^[\w.-]+==[^\\]+", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_what_is_run_is_what_is_tested() -> None:
    assert pins(ROOT / "requirements.lock") < pins(ROOT / "requirements-dev.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_name_no_index_and_no_name_that_nobody_holds(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "ipaddress" not in text


def test_every_code_has_a_japanese_text() -> None:
    """A new code goes into ``reachsim/report/templates/codes.ja.json`` as well."""
    texts = japanese()
    assert sorted(texts) == sorted(CODES)
    for code, one in texts.items():
        assert set(one) == {"text", "remedy"}
        assert re.search("[ぁ-ん]", one["text"]), code
        assert bool(one["remedy"]) == bool(CODES[code].remedy), code
        assert not one["remedy"] or re.search("[ぁ-ん]", one["remedy"]), code


def test_explain_speaks_japanese() -> None:
    run = CliRunner().invoke(group, ["explain", "SUBNET_ACL_RESTRICTION", "--lang", "ja"])
    assert run.exit_code == 0, run.output
    assert "サブネットのネットワーク ACL がこの通信を拒否しています。" in run.stdout
    assert all(len(text) < 60 for text in (*KINDS_JA.values(), *ORIGINS_JA.values()))
    assert (set(KINDS_JA), set(ORIGINS_JA)) == (set(KINDS), set(ORIGINS))

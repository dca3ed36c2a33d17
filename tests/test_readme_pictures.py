"""The READMEs' pictures are what the commands beside them draw; ``REACHSIM_UPDATE_GOLDEN=1`` draws them anew.

Fonts differ from machine to machine, and so do the letters that can be drawn. Compared is what a picture says in words,
which its file holds.
"""

from __future__ import annotations

import os
import re
import shlex
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reachsim.cli import group

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.ja.md"]
DRAWN = re.compile(r"^\$ reachsim (plot .*-o (notebooks/images/\S+))$", re.M)
WRITTEN = re.compile(r"^\$ reachsim (whatif .*--write (\S+))\n(?=\$ reachsim plot)", re.M)
COMMANDS = DRAWN.findall((ROOT / "README.md").read_text("utf-8"))


def description(file: Path) -> str:
    data, at = file.read_bytes(), 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, held = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind in (b"tEXt", b"iTXt") and held.startswith(b"Description\0"):
            return held.split(b"\0")[-1].decode("utf-8" if kind == b"iTXt" else "latin-1")
        at += 12 + length
    raise AssertionError(f"{file} does not say what it shows")


@pytest.mark.parametrize(("command", "picture"), COMMANDS, ids=[picture for _, picture in COMMANDS])
def test_a_picture_is_what_its_command_draws(
    command: str, picture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    update = os.environ.get("REACHSIM_UPDATE_GOLDEN") == "1"
    target = ROOT / picture if update else tmp_path / "picture.png"
    places = {picture: str(target)}
    for before, folder in WRITTEN.findall((ROOT / "README.md").read_text("utf-8")):
        places[folder] = str(tmp_path / folder)
        if folder in command.split():
            assert run(before, places).exit_code == 0
    assert run(f"{command} --overwrite", places).exit_code == 0
    assert description(target) == description(ROOT / picture)


def run(command: str, places: dict[str, str]) -> Result:
    return CliRunner().invoke(group, [places.get(word, word) for word in shlex.split(command)])


@pytest.mark.parametrize("readme", READMES)
def test_every_picture_is_shown_described_and_made_by_a_command(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    made = [picture for _, picture in COMMANDS]
    shown = re.findall(r"^!\[([^\]]{20,})\]\((notebooks/images/\S+)\)$", text, re.M)
    assert sorted(picture for _, picture in shown) == sorted(made)
    assert DRAWN.findall(text) == COMMANDS
    assert sorted(f"notebooks/images/{one.name}" for one in (ROOT / "notebooks/images").iterdir()) == sorted(made)

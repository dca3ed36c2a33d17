"""A ``reachsim.toml`` by somebody who wishes the reader ill: every key with values that it cannot have, what is huge or
deep, names that steer a terminal, and paths that lead out.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from reachsim import SnapshotError
from reachsim.config import Accept, Appliance, Config, Expect, Pipeline, Tool, read_config
from tests.patience import within
from tests.security.test_hostile import ROOT, run, steering

WHOLE = """
snapshot = "s"
code = {p = "c"}
hosts = {"a.example" = ["10.0.0.1"]}
mirrors = {docker = "m.example"}
variables = {A = "1", p = {B = "2"}}
pipeline = {projects = ["p"], clients = ["i-1"]}
expect = [{from = "p", to = "internet", outcome = "blocked", route = "none", protocol = "tcp", port = 443}]
accept = [{id = "PUBLIC_EGRESS_POSSIBLE", reason = "r", component = "c", until = 2027-03-31}]
appliance = [{component = "eni-1", does = "nat"}]
tool = [{program = "t", hosts = ["h.example:443"], arguments = "x", confidence = "likely", kind = "git"}]
"""
"""Every key once, as it should be."""
KEYS = [
    *(one.encode_name for one in msgspec.structs.fields(Config) if one.name != "folder"),
    *(f"{table}.{one.encode_name}" for table, kind in (("pipeline", Pipeline), ("expect", Expect), ("accept", Accept),
                                                      ("appliance", Appliance), ("tool", Tool))
      for one in msgspec.structs.fields(kind)),
]  # fmt: skip
TABLES = {"expect": Expect, "accept": Accept, "appliance": Appliance, "tool": Tool}
VALUES = {
    "a whole number": "7", "below zero": "-1", "of 5,000 digits": "9" * 5000, "a fraction": "1.5", "infinite": "inf",
    "no number": "nan", "true": "true", "a date": "2027-03-31", "a time": "07:32:00",
    "a moment": "1979-05-27T07:32:00Z",
    "an empty text": '""', "a text": '"x"', "control characters": '"\\u001b[2J\\u0000\\u202e"',
    "a long text": f'"{"x" * 100_000}"', "an empty list": "[]", "a list": "[1]", "a list of lists": "[[[]]]",
    "an empty table": "{}", "a table": "{x = {y = 1}}", "many": f"[{'{}, ' * 10_000}]",
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "reachsim.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_value(key: str, value: str) -> str:
    """`WHOLE` with another value of one key."""
    table, _, inner = key.rpartition(".")
    lines = []
    for line in WHOLE.strip().splitlines():
        name, _, held = line.partition(" = ")
        if table and name == table:
            fields = dict(
                one.split(" = ", 1) for one in split_fields(held.strip("[]{}") if table in TABLES else held[1:-1])
            )
            told = ", ".join(f"{one} = {value if one == inner else old}" for one, old in fields.items())
            line = f"{name} = [{{{told}}}]" if table in TABLES else f"{name} = {{{told}}}"
        elif not table and name == key:
            line = f"{name} = {value}"
        lines.append(line)
    return "\n".join(lines)


def split_fields(text: str) -> list[str]:
    """Fields of an inline table, apart at the commas that stand in no list."""
    found, depth = [""], 0
    for one in text:
        depth += {"[": 1, "]": -1}.get(one, 0)
        if one == "," and depth == 0:
            found.append("")
        else:
            found[-1] += one
    return [one.strip() for one in found]


def test_the_whole_file_holds_every_key(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, WHOLE))
    assert all(getattr(config, one.name) != one.default for one in msgspec.structs.fields(Config))
    assert config == read_config(written(tmp_path, with_value("", "")))


@pytest.mark.parametrize("key", KEYS)
def test_no_value_of_any_key_gives_another_error_than_our_own(key: str, tmp_path: Path) -> None:
    """Either it is taken, or the error names the file and what is wrong in it; on the way every property is asked."""
    refused = 0
    for what, value in VALUES.items():
        path = written(tmp_path, with_value(key, value))
        with within(2, what):
            error = error_of(path)
        if error:
            refused += 1
            assert str(path) in error, what
            assert steering(error) == [], what
            assert len(error) < 2_000, what
    assert refused > 4


def error_of(path: Path) -> str:
    """The error that the file gives, or its properties; "" where there is none."""
    try:
        config = read_config(path)
    except SnapshotError as error:
        return str(error)
    for told in (config.sources, config.folders, config.pins, config.appliances, config.variables_of("p")):
        assert isinstance(told, tuple | dict)
    return ""


HUGE = {
    "deep arrays": "a = " + "[" * 100_000, "deep tables": "a" + ".a" * 100_000 + " = 1",
    "deep inline tables": "a = " + "{a = " * 50_000, "many keys": "\n".join(f"k{n} = {n}" for n in range(50_000)),
    "many tables": "[[expect]]\n" * 50_000, "a table twice": "[pipeline]\n[pipeline]\n",
    "a key twice": "snapshot = '1'\nsnapshot = '2'",
    "a key of control characters": '"\\u001b[2J\\u202e" = 1', "unknown keys": "snapshots = 's'\n",
    "no end": "a = '''" + "x" * 100_000,
    "a NUL": "a\0 = 1", "folder": "folder = '/'",
}  # fmt: skip


@pytest.mark.parametrize("kind", HUGE)
def test_what_is_huge_deep_or_unknown_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, HUGE[kind])
    with within(2), pytest.raises(SnapshotError, match=r"reachsim\.toml") as caught:
        read_config(path)
    assert steering(str(caught.value)) == []


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "reachsim.toml").write_bytes(b"\xff\xfe\x00\x00")
    with pytest.raises(SnapshotError, match="TOML in UTF-8"):
        read_config(tmp_path / "reachsim.toml")
    with pytest.raises(SnapshotError, match="a readable file"):
        read_config(tmp_path)


@pytest.mark.parametrize("place", ["/etc", "../../etc", "\\u0000", "x" * 300, "loop"])
def test_a_folder_of_code_that_leads_out_gives_nothing_away(place: str, tmp_path: Path) -> None:
    """Whoever writes the file chooses what is read as a buildspec: it is never quoted where it is none."""
    shutil.copytree(ROOT / "snapshots/private-pipeline", tmp_path / "s")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    path = written(tmp_path, f'[code]\napp-build = "{place}"\n')
    ran = run("check", tmp_path / "s", "--config", path, "--from", "codebuild:app-build")
    assert ran.exit_code in (0, 1, 2, 3)
    assert "root:" not in ran.output
    assert steering(ran.output) == []

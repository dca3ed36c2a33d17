"""``reachsim matrix``: what it writes and prints, and that a run that was cut off goes on."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from reachsim import load
from reachsim.cli import group
from reachsim.slices import output, tiles
from reachsim.slices.tiles import Tiles
from tests.benchmarks import organization

ROOT = Path(__file__).resolve().parent.parent.parent
LEAKY = str(ROOT / "snapshots" / "leaky-pipeline")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organization.write(tmp_path_factory.mktemp("organization") / "o", 2, 40)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["matrix", *map(str, arguments)])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_pair_once_and_none_with_itself(small: Path, tmp_path: Path) -> None:
    result = run(small, "-o", tmp_path / "pairs.jsonl", "--blocked", "--format", "json")
    assert result.exit_code == 0
    rows = lines(tmp_path / "pairs.jsonl")
    network = load(small).network
    interfaces, columns = len(network.interfaces), len(network.vpc_endpoints) + 1
    assert len(rows) == len({(row["source"], row["destination"]) for row in rows})
    assert len(rows) == interfaces * (interfaces - 1 + columns)
    assert all(row["source"] != row["destination"] for row in rows)
    counted = Counter((row["kind"], row["outcome"]) for row in rows)
    printed = json.loads(result.stdout)
    assert {(kind, outcome): pairs for kind in printed for outcome, pairs in printed[kind].items() if pairs} == counted


def test_rows_say_what_query_says(small: Path, tmp_path: Path) -> None:
    run(small, "-o", tmp_path / "pairs.jsonl", "--blocked", "--port", 22)
    reach = load(small)
    for row in lines(tmp_path / "pairs.jsonl")[::37]:
        verdict = reach.simulate(row["source"], row["destination"], protocol="tcp", port=22)
        assert (row["outcome"], row["route"], tuple(row["missing"])) == (
            verdict.outcome, verdict.route, verdict.missing)  # fmt: skip


def test_blocked_pairs_are_left_out_unless_asked_for(small: Path, tmp_path: Path) -> None:
    run(small, "-o", tmp_path / "all.jsonl", "--blocked")
    run(small, "-o", tmp_path / "open.jsonl")
    assert [row for row in lines(tmp_path / "all.jsonl") if row["outcome"] != "blocked"] == lines(
        tmp_path / "open.jsonl"
    )


@pytest.mark.parametrize("kind", ["interface", "endpoint", "internet"])
def test_some_kinds_of_targets_only(kind: str, small: Path, tmp_path: Path) -> None:
    run(small, "-o", tmp_path / "all.jsonl")
    result = run(small, "-o", tmp_path / "some.jsonl", "--to", kind, "--format", "json")
    assert lines(tmp_path / "some.jsonl") == [row for row in lines(tmp_path / "all.jsonl") if row["kind"] == kind]
    assert list(json.loads(result.stdout)) == [kind]


@pytest.mark.parametrize("name", ["describe-network-interfaces", "describe-vpc-endpoints"])
def test_what_would_show_further_pairs_is_named(name: str, tmp_path: Path) -> None:
    assert "may be more pairs" not in run(LEAKY).stderr
    shutil.copytree(LEAKY, tmp_path / "s")
    (gone,) = (tmp_path / "s").glob(f"*/*/ec2/{name}.json")
    gone.unlink()
    path = gone.relative_to(tmp_path / "s").as_posix()
    result = run(tmp_path / "s")
    assert result.stderr.splitlines() == [f"reachsim: there may be more pairs, the snapshot does not tell: {path}"]


def test_parquet_holds_the_same_rows(small: Path, tmp_path: Path) -> None:
    for form in ("parquet", "jsonl"):
        assert run(small, "-o", tmp_path / f"pairs.{form}", "--blocked").exit_code == 0
    table = duckdb.sql(f"select * from '{tmp_path / 'pairs.parquet'}'")
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    assert rows == lines(tmp_path / "pairs.jsonl")
    assert pd.read_parquet(tmp_path / "pairs.parquet").outcome.value_counts().to_dict() == Counter(
        row["outcome"] for row in rows
    )


def test_missing_files_are_named_in_parquet_too(small: Path, tmp_path: Path) -> None:
    reach = load(small)
    gone = [path for path in reach.network.snapshot.paths if path.endswith("describe-network-acls.json")]
    from reachsim import load_files

    files = {path: reach.network.snapshot.read(path) for path in reach.network.snapshot.paths if path not in gone}
    made = Tiles(load_files(files).ground, 6, 443, memory=1 << 20, form="parquet")
    output.write(made, output.one_by_one, tmp_path / "p.parquet", "mark", lambda _: None, overwrite=False)
    found = duckdb.sql(f"select distinct missing from '{tmp_path / 'p.parquet'}' where outcome = 'unknown'").fetchall()
    assert found == [(gone,)]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_small_memory_makes_small_tiles_and_the_same_rows(form: str, small: Path, tmp_path: Path) -> None:
    run(small, "-o", tmp_path / f"one.{form}")
    run(small, "-o", tmp_path / f"many.{form}", "--memory", "8K")
    assert len(Tiles(load(small).ground, 6, 443, memory=8 << 10, form="jsonl").plan) > 5
    if form == "jsonl":
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "many.jsonl").read_bytes()
    else:
        one, many = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("one", "many"))
        assert one.astype(str).equals(many.astype(str))


def test_a_run_that_was_cut_off_goes_on(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    reference = run(small, "-o", whole, "--memory", "8K")
    made: list[int] = []
    make = Tiles.make

    def interrupted(self: Tiles, tile: tiles.Tile) -> tiles.Part:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(tile.number)
        return make(self, tile)

    monkeypatch.setattr(Tiles, "make", interrupted)
    assert run(small, "-o", cut, "--memory", "8K").exit_code == 130
    assert not cut.exists()
    monkeypatch.setattr(Tiles, "make", lambda self, tile: made.append(tile.number) or make(self, tile))
    again = run(small, "-o", cut, "--memory", "8K")
    assert len(made) == len(set(made)) > 3
    assert cut.read_bytes() == whole.read_bytes()
    assert again.stdout == reference.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.jsonl", "whole.jsonl"]


def test_parts_of_another_question_are_thrown_away(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(small, "-o", tmp_path / "p.jsonl", "--port", 22, "--memory", "8K").exit_code == 130
    monkeypatch.undo()
    run(small, "-o", tmp_path / "p.jsonl", "--memory", "8K")
    run(small, "-o", tmp_path / "fresh.jsonl", "--memory", "8K")
    assert (tmp_path / "p.jsonl").read_bytes() == (tmp_path / "fresh.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "pairs.csv"), "-o takes a name that ends in .parquet or .jsonl, not 'pairs.csv'"),
        (("--memory", "lots"), "'lots' is no amount of memory, such as 512M or 2G"),
        (("--port", "65536"), "65536 is not in the range 0<=x<=65535"),
        (("--protocol", "icmp"), "'icmp' is not one of 'tcp', 'udp'"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], message: str) -> None:
    result = run(LEAKY, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_existing_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    out.write_text("mine")
    result = run(LEAKY, "-o", out)
    assert (result.exit_code, out.read_text()) == (2, "mine")
    assert result.stderr == f"reachsim: error: {out} exists already; --overwrite replaces it\n"
    assert run(LEAKY, "-o", out, "--overwrite").exit_code == 0
    assert lines(out)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["pyarrow"] = None
from reachsim.cli import main
sys.argv = ["reachsim", "matrix", {LEAKY!r}, "-o", {str(tmp_path / "p.parquet")!r}]
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("reachsim: error: Parquet needs pyarrow: pip install 'reachsim[tables]'")


def test_the_generator_is_deterministic(tmp_path: Path) -> None:
    made = [organization.write(tmp_path / name, 2, 50, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    one, same, other = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json")} for folder in made
    )
    assert one == same != other
    assert len(load(made[0]).network.interfaces) == 50


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_queries_of_the_readme_agree(
    readme: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    code = text[text.index("### reachsim matrix") :].split("```python\n")[1].split("```")[0]
    run(small, "-o", tmp_path / "pairs.parquet")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, readme, "exec"), {})
    printed = capsys.readouterr().out
    rows = pd.read_parquet("pairs.parquet")
    most = rows[rows.kind == "interface"].destination.value_counts().max()
    assert re.search(rf"^eni-\S+ +{most}$", printed, re.MULTILINE)
    assert re.search(
        rf"│ {rows.destination.value_counts().idxmax()} +│ +{rows.destination.value_counts().max()} │", printed
    )

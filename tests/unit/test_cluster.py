"""Tiles on Dask workers: the same bytes however many there are, and whichever of them dies."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim import UnsupportedError, load
from reachsim.cli import group
from reachsim.slices import cluster
from reachsim.slices.matrix import KINDS
from reachsim.slices.tiles import Tile, Tiles
from tests.benchmarks import organization

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120
QUIET = ("--no-dashboard",)


class Machines:
    """A real scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, list[subprocess.Popen[bytes]]()
        file = folder / "scheduler.json"
        self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), *QUIET)
        until(file.is_file)
        self.file = str(file)
        self.workers = [self.start_worker() for _ in range(2)]

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start(
            "dask_worker", "--scheduler-file", self.file, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1",
            "--local-directory", str(self.folder), *QUIET,
        )  # fmt: skip

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{program}-{len(self.running)}.log").open("wb")
        made = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *arguments], cwd=ROOT, env=environment(), stdout=log,
            stderr=log,
        )  # fmt: skip
        log.close()
        self.running.append(made)
        return made

    @property
    def address(self) -> str:
        import json

        address: str = json.loads(Path(self.file).read_text(encoding="utf-8"))["address"]
        return address


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def until(ready: object) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    found = Machines(tmp_path_factory.mktemp("machines"))
    yield found
    for one in found.running:
        one.kill()
        one.wait()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organization.write(tmp_path_factory.mktemp("organization") / "o", 2, 60)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "reachsim", "matrix", *map(str, arguments), "--memory", "8K"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, check=True, timeout=PATIENCE
    )


@pytest.fixture(scope="module")
def alone(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    out = tmp_path_factory.mktemp("alone") / "pairs.jsonl"
    printed = run(snapshot, "-o", out).stdout
    return out.read_bytes(), printed


def test_a_worker_that_is_killed_loses_nothing(
    machines: Machines, snapshot: Path, alone: tuple[bytes, str], tmp_path: Path
) -> None:
    out = tmp_path / "pairs.jsonl"
    running = subprocess.Popen(
        command(snapshot, "-o", out, "--scheduler", machines.address), cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    parts = tmp_path / ".pairs.jsonl.parts"
    until(lambda: running.poll() is not None or any(parts.glob("*.part")))
    machines.workers[0].kill()
    printed, told = running.communicate(timeout=PATIENCE)
    assert (running.returncode, printed) == (0, alone[1]), told
    assert out.read_bytes() == alone[0]
    assert "bytes per million pairs" in told


def test_processes_of_this_machine_make_the_same_bytes(
    snapshot: Path, alone: tuple[bytes, str], tmp_path: Path
) -> None:
    out = tmp_path / "pairs.jsonl"
    found = run(snapshot, "-o", out, "--jobs", 2)
    assert (out.read_bytes(), found.stdout) == alone
    assert found.stderr.startswith("moved ")


@pytest.mark.parametrize("kinds", [("interface",), KINDS])
def test_workers_build_no_network_unless_the_point_path_is_asked(
    kinds: tuple[str, ...], snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles = Tiles(load(snapshot).ground, 6, 443, memory=8 << 10, form="jsonl", kinds=kinds)
    alone = [tiles.make(tile) for tile in tiles.plan]
    built: list[cluster.Job] = []
    ground = cluster.Job.ground
    monkeypatch.setattr(cluster.Job, "ground", lambda job: built.append(job) or ground(job))
    maker = pickle.loads(pickle.dumps(cluster.Maker(cluster.job_of(tiles))))
    assert [maker.make(tile) for tile in tiles.plan] == alone
    assert len(built) == (0 if kinds == ("interface",) else 1)


def test_workers_of_another_version_are_refused(snapshot: Path) -> None:
    job = cluster.job_of(Tiles(load(snapshot).ground, 6, 443, memory=8 << 10))
    with pytest.raises(UnsupportedError, match="another version"):
        cluster.Maker(job._replace(code="older")).make(Tile(0, (0,)))


def test_one_of_jobs_and_scheduler(snapshot: Path) -> None:
    found = CliRunner().invoke(group, ["matrix", str(snapshot), "--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"])
    assert (found.exit_code, "one of them" in found.stderr) == (2, True)


def test_without_dask_it_says_what_to_install(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    found = CliRunner().invoke(group, ["matrix", str(snapshot), "--jobs", "2"])
    assert (found.exit_code, "reachsim[cluster]" in found.stderr) == (2, True)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://", "http://127.0.0.1:1"])
def test_no_scheduler_is_one_line(address: str, snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    found = CliRunner().invoke(group, ["matrix", str(snapshot), "--scheduler", address])
    assert (found.exit_code, found.stderr) == (2, f"reachsim: error: no Dask scheduler answers at {address}\n")

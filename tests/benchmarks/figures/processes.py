"""Whole processes: start-up against a Python that does nothing, and big snapshots against parsing alone."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.measuring import ROOT, Measured, Ran, Value, in_turn, profile_of_command, ran, ratios

REACHSIM = (sys.executable, "-m", "reachsim")
BARE = (sys.executable, "-c", "pass")


def floor(folder: str) -> tuple[str, ...]:
    """The command that parses a snapshot and does nothing else."""
    return (sys.executable, "-m", "tests.benchmarks.parse_floor", folder)


def seconds(runs: list[Ran]) -> list[float]:
    return [one.seconds for one in runs]


def _help(place: Place, _size: int) -> Measured:
    commands = {"bare": lambda: ran(BARE), "help": lambda: ran((*REACHSIM, "--help"))}
    found = in_turn(commands, place.rounds(11))
    return Measured(
        (ratios("reachsim --help / python -c pass", seconds(found["help"]), seconds(found["bare"])),),
        "ends with code 0", profile_of_command(("--help",)),
    )  # fmt: skip


def _check_shipped(place: Place, _size: int) -> Measured:
    names = sorted(path.name for path in (ROOT / "snapshots").glob("*") if path.is_dir())
    ends = (0, 1, 2, 3)
    commands = {"bare": lambda: ran(BARE)}
    for name in names:
        commands[name] = lambda name=name: ran((*REACHSIM, "check", f"snapshots/{name}"), ends)  # type: ignore[misc]
    found = in_turn(commands, place.rounds(7))
    bare = seconds(found["bare"])
    values = [ratios(f"reachsim check snapshots/{name} / python -c pass", seconds(found[name]), bare) for name in names]
    values.sort(key=lambda one: -one.median)
    return Measured(tuple(values), "each ends as it should", profile_of_command(("check", f"snapshots/{names[0]}")))


def sender_of(folder: str) -> str:
    """An interface in the middle of an organization that may ask all private addresses."""
    command = (sys.executable, "-m", "tests.benchmarks.sender", folder)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _check_parse(place: Place, size: int) -> Measured:
    folder = str(place.organization(size))
    asked = ("check", folder, "--from", sender_of(folder))
    found = in_turn(
        {"floor": lambda: ran(floor(folder)), "check": lambda: ran((*REACHSIM, *asked), (0, 1, 3))}, place.rounds(3)
    )
    return Measured(
        (ratios("reachsim check --from one interface / parsing", seconds(found["check"]), seconds(found["floor"])),),
        "the same bytes are read", profile_of_command(asked),
    )  # fmt: skip


def _matrix_parse(place: Place, size: int) -> Measured:
    folder = str(place.organization(size))
    asked = ("matrix", folder, "--to", "interface")
    staged = (sys.executable, "-m", "tests.benchmarks.staged", folder)
    commands = {"floor": floor(folder), "matrix": (*REACHSIM, *asked), "stages": staged}
    found = in_turn({name: partial(ran, command) for name, command in commands.items()}, place.rounds(3))
    parsing = seconds(found["floor"])
    over = ratios("reachsim matrix --to interface / parsing", seconds(found["matrix"]), parsing)
    stages = [json.loads(one.said) for one in found["stages"]]
    parts = [ratios(f"{name} / parsing", [one[name] for one in stages], parsing) for name in stages[0]]
    return Measured((over, *parts), "the same bytes are read", profile_of_command(asked))


def _memory(place: Place, size: int, command: str, *options: str) -> Measured:
    folder = place.organization(size)
    given = sum(path.stat().st_size for path in folder.rglob("*.json"))
    asked = (command, str(folder), *options)
    runs = [ran((*REACHSIM, *asked), (0, 1, 3)) for _ in range(place.rounds(2))]
    bare = [ran(floor(str(folder))) for _ in range(place.rounds(2))]
    values = (
        Value(f"peak memory of reachsim {command} / bytes of the snapshot", tuple(one.memory / given for one in runs)),
        Value("peak memory of parsing alone / bytes of the snapshot", tuple(one.memory / given for one in bare)),
    )
    return Measured(values, "the same bytes are read", ())


def _check_memory(place: Place, size: int) -> Measured:
    return _memory(place, size, "check", "--from", sender_of(str(place.organization(size))))


def _matrix_memory(place: Place, size: int) -> Measured:
    return _memory(place, size, "matrix", "--to", "interface")


FIGURES = (
    Figure("help", "Start-up of `reachsim --help`", 0, "less", 5, 3, "×", _help),
    Figure("check-shipped", "`reachsim check` on each shipped snapshot", 0, "less", 12, 8, "×", _check_shipped),
    Figure("check-parse", "`reachsim check`, the whole process, over parsing alone", 100_000, "less", 1.5, 0.6, "×",
           _check_parse),
    Figure("check-memory", "Peak memory of `reachsim check` over the snapshot's bytes", 100_000, "less", 4, 1.5, "×",
           _check_memory),
    Figure("matrix-parse", "All pairs, the whole process, over parsing alone", 100_000, "less", 4, 2, "×",
           _matrix_parse),
    Figure("matrix-memory", "Peak memory of all pairs over the snapshot's bytes", 100_000, "less", 6, 3, "×",
           _matrix_memory),
)  # fmt: skip

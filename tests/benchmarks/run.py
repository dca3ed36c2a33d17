"""Every figure of speed and scale, measured and written to RESULTS.md.

    python -m tests.benchmarks.run                            all that were not measured at this state of the code
    python -m tests.benchmarks.run --only query --only help   these, whether they were measured or not
    python -m tests.benchmarks.run --size 1000 --out /tmp/r   smaller, to try it out, into another folder

Each figure's numbers go to parts/NAME.json as soon as they are there, so that a run may be cut off and go on, or be
made in parts; RESULTS.md is made of all parts. Organizations are made once and kept. The figure all-pairs-bdd needs
`dd` besides (pip install dd), best with CUDD, as its wheels for Linux have it; the result names what it ran on.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.figures import comparing, diagrams, pairs, policies, processes, queries
from tests.benchmarks.measuring import ROOT
from tests.benchmarks.results import Part, render

HERE = Path(__file__).resolve().parent
FIGURES: tuple[Figure, ...] = (
    *processes.FIGURES[:2], *queries.FIGURES, *diagrams.FIGURES, *pairs.FIGURES, *processes.FIGURES[2:],
    *comparing.FIGURES, *policies.FIGURES,
)  # fmt: skip


def state() -> str:
    """A mark of the code that is measured and of what measures it."""
    digest = hashlib.sha256()
    for folder in (ROOT / "reachsim", HERE):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def in_a_fresh_process(name: str, place: Place, size: int) -> Part:
    """Measure a figure in a process of its own: what a process that it starts holds at its peak counts from what the
    process that starts it has held.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(measured, name, place, size).result()


def measured(name: str, place: Place, size: int) -> Part:
    """Measure a figure now."""
    figure = next(one for one in FIGURES if one.name == name)
    found = figure.measure(place, size)
    return Part(
        figure.name, size, [[value.label, list(value.rounds)] for value in found.values], found.checked,
        [list(one) for one in found.profile], state(), datetime.date.today().isoformat(),
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.0f}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[one.name for one in FIGURES], metavar="FIGURE",
                        help=f"one of {', '.join(one.name for one in FIGURES)} (repeatable)")  # fmt: skip
    parser.add_argument("--size", type=int, help="interfaces of the organizations, instead of each figure's own")
    parser.add_argument("--rounds", type=int, help="rounds of each figure, instead of its own number")
    parser.add_argument("--organizations", type=Path, default=Path(tempfile.gettempdir()) / "reachsim-benchmarks",
                        help="where the generated organizations lie")  # fmt: skip
    parser.add_argument("--out", type=Path, default=HERE, help="the folder of RESULTS.md and parts/")
    given = parser.parse_args()
    if given.size is not None and given.out == HERE:
        parser.error("--size is for trying out: name another folder with --out")
    parts = given.out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    place = Place(given.organizations, given.rounds)
    place.folder.mkdir(parents=True, exist_ok=True)
    for figure in FIGURES:
        file = parts / f"{figure.name}.json"
        if given.only is not None and figure.name not in given.only:
            continue
        if given.only is None and file.exists() and Part.of(json.loads(file.read_text())).state == state():
            continue
        size = given.size if given.size is not None and figure.size > 0 else figure.size
        print(f"{figure.name} …", file=sys.stderr, flush=True)
        part = in_a_fresh_process(figure.name, place, size)
        file.write_text(json.dumps(part._asdict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _write(given.out, parts)
    _write(given.out, parts)


def _write(out: Path, parts: Path) -> None:
    found = {path.stem: Part.of(json.loads(path.read_text(encoding="utf-8"))) for path in parts.glob("*.json")}
    (out / "RESULTS.md").write_text(render(FIGURES, found, state()), encoding="utf-8")


if __name__ == "__main__":
    main()

"""``python -m tests.fuzz --seconds 600 [TARGET …]``: break inputs for so long each; exit code 1 if any parser broke.

``--guided`` lets atheris choose the inputs by the lines that they reach (``pip install -r requirements-fuzz.lock``).
``--seed N TARGET`` tries one input again and writes it to standard output, ``--input FILE TARGET`` one that was kept;
``--keep`` puts failures into the corpus.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from tests.fuzz.guided import guided, input_of
from tests.fuzz.run import CORPUS, Failure, bounded, failures, made, memory, trial
from tests.fuzz.targets import TARGETS


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--guided", action="store_true", help="inputs chosen by atheris")
    options.add_argument("--first", type=int, default=1_000_000, help="the first seed")
    options.add_argument("--seed", type=int, help="one input only")
    options.add_argument("--input", type=Path, metavar="FILE", help="one input only, as it was kept")
    options.add_argument("--keep", action="store_true")
    given = options.parse_args()
    targets = given.targets or list(TARGETS)
    if given.seed is not None:
        name, data = made(targets[0], given.seed, TARGETS[targets[0]].seeds())
        sys.stdout.buffer.write(data)
        print(f"\n{name}: {trial(targets[0], name, data) or 'fine'}", file=sys.stderr)
        return 0
    if given.input is not None:
        first, _, data = given.input.read_bytes().partition(b"\n")
        print(trial(targets[0], first.decode(), data) or "fine")
        return 0
    if given.guided:
        return int(sum(led(target, given.seconds, given.keep) for target in targets) > 0)
    bounded()
    return int(sum(seeded(target, given.first, given.seconds, given.keep) for target in targets) > 0)


def seeded(target: str, first: int, seconds: float, keep: bool) -> int:
    """Inputs from seeds; returns how many kinds of failures there were."""
    before, tried, seen = memory(), 0, set[str]()
    for one in failures(target, first, None, seconds):
        if isinstance(one, int):
            tried = one
            continue
        place = one.what.rpartition(" at ")[2]
        if place not in seen:
            seen.add(place)
            print(f"{target} --seed {one.seed}: {one.name}: {one.what}", flush=True)
            if keep:
                kept(one)
    grown = (memory() - before) >> 20
    print(f"{target}: {tried} inputs, {len(seen)} kinds of failures, memory grew by {grown} MiB", flush=True)
    return len(seen)


def led(target: str, seconds: float, keep: bool) -> int:
    """Inputs by atheris; returns how many kinds of failures there were."""
    folder, found = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-")), 0
    for line in guided(target, seconds, folder):
        if line.startswith("= "):
            print(f"{target}: {line[2:]}, {found} kinds of failures", flush=True)
            continue
        found += 1
        print(f"{target} --input {line}", flush=True)
        file = Path(line.partition(":")[0])
        if keep and file.is_file():
            _store(target, file.read_bytes())
    if not found:
        shutil.rmtree(folder)
    return found


def kept(one: Failure) -> None:
    _store(one.target, input_of(one.name, one.data))


def _store(target: str, data: bytes) -> None:
    place = CORPUS / target / hashlib.sha256(data).hexdigest()[:12]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.fuzz --seconds 600 [TARGET …]``: break inputs for so long each; exit code 1 if any parser broke.

``--seed N TARGET`` tries one input again and writes it to standard output; ``--keep`` puts failures into the corpus.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.run import CORPUS, Failure, bounded, failures, made, memory, trial
from tests.fuzz.targets import TARGETS


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--first", type=int, default=1_000_000, help="the first seed")
    options.add_argument("--seed", type=int, help="one input only")
    options.add_argument("--keep", action="store_true")
    given = options.parse_args()
    targets = given.targets or list(TARGETS)
    if given.seed is not None:
        name, data = made(targets[0], given.seed, TARGETS[targets[0]].seeds())
        sys.stdout.buffer.write(data)
        print(f"\n{name}: {trial(targets[0], name, data) or 'fine'}", file=sys.stderr)
        return 0
    found = 0
    bounded()
    for target in targets:
        before, tried, seen = memory(), 0, set[str]()
        for one in failures(target, given.first, None, given.seconds):
            if isinstance(one, int):
                tried = one
                continue
            found += 1
            place = one.what.rpartition(" at ")[2]
            if place not in seen:
                seen.add(place)
                print(f"{target} --seed {one.seed}: {one.name}: {one.what}", flush=True)
                if given.keep:
                    keep(one)
        grown = (memory() - before) >> 20
        print(f"{target}: {tried} inputs, {len(seen)} kinds of failures, memory grew by {grown} MiB", flush=True)
    return 1 if found else 0


def keep(one: Failure) -> None:
    place = CORPUS / one.target / str(one.seed)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(one.name.encode() + b"\n" + one.data)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.deep --networks 100000 --resume FILE``: engine and reference interpreter over many networks.

Prints the seeds as it goes and every disagreement with its kind and seed; ``--only KIND --seed N`` asks one again.
With ``--resume`` it goes on where the file says it stopped, and keeps its count there. Exit code 1 if any disagree.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.deep.differential import KINDS, disagreement, round_robin

FIRST_SEED = 10_000_000
"""Beyond the seeds of the ordinary tests."""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.deep", description=__doc__)
    options.add_argument("--networks", type=int, default=100_000, help="how many in all, those of the file included")
    options.add_argument("--resume", type=Path, metavar="FILE", help="where the count is kept")
    options.add_argument("--first-seed", type=int, default=FIRST_SEED, help="of a run that starts anew")
    options.add_argument("--only", choices=sorted(KINDS), metavar="KIND", help="ask one network, by --seed")
    options.add_argument("--seed", type=int)
    given = options.parse_args()
    if given.only:
        compared, what = disagreement(given.only, given.seed if given.seed is not None else given.first_seed)
        print(f"{compared} packets compared\n{what or 'they agree'}")
        return 1 if what else 0
    state = read(given.resume, given.first_seed)
    started, saved = time.monotonic(), time.monotonic()
    try:
        for kind, seed in round_robin(state["next"]):
            if state["networks"] >= given.networks:
                break
            compared, what = disagreement(kind, seed)
            state["networks"] += 1
            state["packets"] += compared
            state["next"][kind] = seed + 1
            if what:
                state["disagreements"].append({"kind": kind, "seed": seed, "what": what[:4000]})
                print(f"DISAGREE --only {kind} --seed {seed}\n{what}", flush=True)
            if time.monotonic() - saved > 20:
                saved = time.monotonic()
                write(given.resume, state)
                print(f"{told(state)}, at seed {seed}, {saved - started:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    write(given.resume, state)
    print(told(state))
    return 1 if state["disagreements"] else 0


def told(state: dict[str, Any]) -> str:
    numbers = f"{state['networks']} networks, {state['packets']} packets compared"
    return f"{numbers}, {len(state['disagreements'])} networks disagree"


def read(place: Path | None, first_seed: int) -> dict[str, Any]:
    """The count so far; kinds that are new since then start at the first seed."""
    state: dict[str, Any] = {"networks": 0, "packets": 0, "next": {}, "disagreements": []}
    if place is not None and place.exists():
        state |= json.loads(place.read_text(encoding="utf-8"))
    state["next"] = dict.fromkeys(KINDS, first_seed) | state["next"]
    return state


def write(place: Path | None, state: dict[str, Any]) -> None:
    if place is not None:
        new = place.with_suffix(place.suffix + ".new")
        new.write_text(json.dumps(state, indent=1), encoding="utf-8")
        new.replace(place)


if __name__ == "__main__":
    sys.exit(main())

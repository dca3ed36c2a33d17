"""``python -m tests.deep --networks 100000 --resume FILE``: engine and reference interpreter over many networks.

Prints the seeds as it goes and every disagreement with its kind and seed; ``--only KIND --seed N`` asks one again.
With ``--resume`` it goes on where the file says that it stopped, with networks that it has not compared yet, and counts
in the file: those of one state of the code (`code_state`) add up over several runs, of another state they count anew.
Exit code 1 if any disagree.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.deep.differential import KINDS, code_state, disagreement, round_robin

FIRST_SEED = 10_000_000
"""Beyond the seeds of the ordinary tests."""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.deep", description=__doc__)
    options.add_argument("--networks", type=int, default=100_000, help="how many in all, of this state of the code")
    options.add_argument("--resume", type=Path, metavar="FILE", help="where the counts are kept")
    options.add_argument("--first-seed", type=int, default=FIRST_SEED, help="of a run that starts anew")
    options.add_argument("--only", choices=sorted(KINDS), metavar="KIND", help="ask one network, by --seed")
    options.add_argument("--seed", type=int)
    given = options.parse_args()
    if given.only:
        compared, what = disagreement(given.only, given.seed if given.seed is not None else given.first_seed)
        print(f"{compared} packets compared\n{what or 'they agree'}")
        return 1 if what else 0
    file = read(given.resume, given.first_seed)
    code = code_state()
    state = file["states"].setdefault(code, {"networks": 0, "packets": 0, "disagreements": []})
    print(f"code {code}: {told(state)} so far", flush=True)
    began, had = time.monotonic(), state["networks"]
    saved = began
    gc.freeze()
    gc.disable()  # a fifth of the time else; what is left of each network is collected with the next save
    try:
        for kind, seed in round_robin(file["next"]):
            if state["networks"] >= given.networks:
                break
            compared, what = disagreement(kind, seed)
            state["networks"] += 1
            state["packets"] += compared
            file["next"][kind] = seed + 1
            if what:
                state["disagreements"].append({"kind": kind, "seed": seed, "what": what[:4000]})
                print(f"DISAGREE --only {kind} --seed {seed}\n{what}", flush=True)
            if time.monotonic() - saved > 20:
                saved = time.monotonic()
                write(given.resume, file)
                gc.collect()
                rate = (state["networks"] - had) / (saved - began)
                print(f"{told(state)}, at seed {seed}, {rate:.1f} networks a second", flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    write(given.resume, file)
    print(f"code {code}: {told(state)}")
    others = sum(one["networks"] for one in file["states"].values()) - state["networks"]
    if others:
        print(f"on other states of the code: {others} networks")
    return 1 if state["disagreements"] else 0


def told(state: dict[str, Any]) -> str:
    numbers = f"{state['networks']} networks, {state['packets']} packets compared"
    return f"{numbers}, {len(state['disagreements'])} networks disagree"


def read(place: Path | None, first_seed: int) -> dict[str, Any]:
    """The next seed of each kind, and the counts by state of the code; new kinds start at the first seed."""
    file: dict[str, Any] = {"next": {}, "states": {}}
    if place is not None and place.exists():
        file |= json.loads(place.read_text(encoding="utf-8"))
    file["next"] = dict.fromkeys(KINDS, first_seed) | file["next"]
    return file


def write(place: Path | None, file: dict[str, Any]) -> None:
    if place is not None:
        new = place.with_suffix(place.suffix + ".new")
        new.write_text(json.dumps(file, indent=1), encoding="utf-8")
        new.replace(place)


if __name__ == "__main__":
    sys.exit(main())

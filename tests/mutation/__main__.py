"""``python -m tests.mutation [MODULE …]``: do the tests notice when one thing in a module is changed?

Prints every mutant that survives with its change and, at the end, the score of each module. What survives is listed
in ``equivalent.toml`` with the reason why no test can tell it from the original, or lacks a test; exit code 1 for the
latter. ``--resume FILE`` keeps what was killed, so that a run can be broken off and only survivors are tried again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from tests.mutation.modules import ROOT, TESTS
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.running import run

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
Key = tuple[str, str, str, int]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    options.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    options.add_argument("--each", type=int, default=1, metavar="N", help="only each N-th mutant")
    options.add_argument("--resume", type=Path, metavar="FILE", help="where results are kept")
    options.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    modules = given.modules or list(TESTS)
    known = results(given.resume)
    if given.one:
        try_all(modules[0], given.each, known, given.resume)
        return 0
    state = given.resume or Path(".mutation.jsonl")
    for module in modules:
        command = [sys.executable, "-m", "tests.mutation", module, "--one", "--each", str(given.each)]
        subprocess.run([*command, "--resume", str(state)], check=True, stdout=subprocess.DEVNULL)
    known = results(state)
    return int(sum(told(module, wanted(module, given.each), known) for module in modules) > 0)


def wanted(module: str, each: int) -> list[Mutant]:
    return mutants((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))[::each]


def try_all(module: str, each: int, known: dict[tuple[str, Key], str], state: Path) -> None:
    """Try what was not killed before; each result is appended to the file as it is found."""
    kept = {key for (where, key), result in known.items() if where == module and result != "survived"}
    kept |= equivalent(module).keys()
    left = [one for one in wanted(module, each) if one.key not in kept]
    with state.open("a", encoding="utf-8") as out:

        def keep(mutant: Mutant, result: str) -> None:
            out.write(json.dumps([module, *mutant.key, result]) + "\n")
            out.flush()

        if left:
            run(f"reachsim.{module}", TESTS[module], left, keep)


def results(state: Path | None) -> dict[tuple[str, Key], str]:
    if state is None or not state.exists():
        return {}
    lines = state.read_text(encoding="utf-8").splitlines()
    return {(module, (*key,)): result for module, *key, result in map(json.loads, lines)}


def told(module: str, tried: list[Mutant], known: dict[tuple[str, Key], str]) -> int:
    """Print a module's survivors and score; returns how many survivors nobody has explained."""
    reasons = equivalent(module)
    count = Counter[str]()
    for mutant in tried:
        result = "equivalent" if mutant.key in reasons else known.get((module, mutant.key), "not tried")
        count[result] += 1
        if result == "survived":
            where = mutant.function or "module"
            nth = f"  # {mutant.nth}" if mutant.nth else ""
            print(f"{module}:{mutant.line} {where}\n- {mutant.was}\n+ {mutant.now}{nth}")
    killed = count["killed"] + count["too long"]
    score = 100 * killed / max(1, killed + count["survived"])
    kept = ", ".join(f"{number} {word}" for word, number in sorted(count.items()))
    of = f"{len(tried)} of {len(wanted(module, 1))} mutants"
    print(f"{module}: {of}, {kept}; {score:.1f} % of those that can be told apart killed", flush=True)
    return count["survived"]


def equivalent(module: str) -> dict[Key, str]:
    """The mutants of a module that no test can tell from the original, with the reason."""
    listed: list[dict[str, Any]] = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get(module, [])
    return {
        (group["in"], was, now, nth[0] if nth else 0): group["why"]
        for group in listed
        for was, now, *nth in group["changes"]
    }


if __name__ == "__main__":
    sys.exit(main())

"""Print what the stages of all pairs take, in processor seconds: python -m tests.benchmarks.staged SNAPSHOT"""

import json
import sys

from reachsim import load
from reachsim.model.decode import garbage_collector_paused
from reachsim.slices.matrix import Matrix
from tests.benchmarks.measuring import timed


def main(folder: str) -> None:
    found: dict[str, float] = {}
    with garbage_collector_paused():
        reaches, matrices = [], []
        found["of it loading"] = timed(lambda: reaches.append(load(folder)))
        found["of it preparing"] = timed(
            lambda: matrices.append(Matrix(reaches[0].ground, 6, 443, kinds=("interface",)))
        )
        found["of it counting all pairs"] = timed(lambda: matrices[0].counts(matrices[0].sources))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])

"""The floor of whole processes: read and parse every file of a snapshot with orjson, the cyclic collector paused.

python -m tests.benchmarks.parse_floor SNAPSHOT
"""

import gc
import sys
from pathlib import Path

import orjson

if __name__ == "__main__":
    gc.disable()
    kept = [orjson.loads(path.read_bytes()) for path in sorted(Path(sys.argv[1]).rglob("*.json"))]

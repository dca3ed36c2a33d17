"""No regular expression of the package takes long on a text made to hurt it.

Of each pattern every repeated part is found, and texts are made that repeat a sample of it and end wrongly: where two
ways of matching the same text exist, these are what makes them multiply. Run in a process of its own, as nothing can
stop a match that runs away.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120


def test_every_pattern_against_texts_made_to_hurt_it() -> None:
    command = [sys.executable, "tests/security/regexes.py"]
    try:
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        printed = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        raise AssertionError(f"a match runs away: {printed.splitlines()[-1:]}") from None
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert int(run.stdout.splitlines()[-1].split()[0]) > 100

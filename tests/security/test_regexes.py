"""No regular expression of the package takes long on a text made to hurt it.

Of each pattern every repeated part is found, and texts are made that repeat a sample of it and end wrongly: where two
ways of matching the same text exist, these are what makes them multiply. Run in a process of its own, as nothing can
stop a match that runs away but the limit of its processor time.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120


def test_every_pattern_against_texts_made_to_hurt_it() -> None:
    run = subprocess.run(
        [sys.executable, "-u", "tests/security/regexes.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
    )
    assert run.returncode >= 0, f"a match runs away: {run.stdout.splitlines()[-1:]}"
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert int(run.stdout.splitlines()[-1].split()[0]) > 100

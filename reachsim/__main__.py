"""The program ``reachsim``; ``python -m reachsim`` is the same.

Records are frozen and hardly ever form cycles, so Python's collector of cycles is asked to look seldom, from before the
first import on. When the answer is written the program ends at once, as mypy does: to free hundreds of thousands of
records one by one, only to give the memory back a moment later, takes longer than much of the work.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading


def main() -> None:
    """Run a command; see `reachsim.cli`."""
    gc.set_threshold(200_000, 20, 20)
    from reachsim.errors import missing_package, not_installed

    try:
        from reachsim import cli
    except ModuleNotFoundError as error:
        if (package := missing_package(error)) is None:
            raise
        sys.stderr.write(f"reachsim: error: {not_installed(package)}\n")
        raise SystemExit(2) from None
    try:
        cli.main()
    except SystemExit as end:
        _end(end.code)
        raise


def _end(code: object) -> None:
    """End the process with all that was said at exit done and all output written; return where this is not sure."""
    gc.freeze()
    if not isinstance(code, int) or threading.active_count() > 1:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return
    atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    main()

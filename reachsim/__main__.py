"""The program ``reachsim``; ``python -m reachsim`` is the same.

Records are frozen and hardly ever form cycles, so Python's collector of cycles is asked to look seldom, from before the
first import on, and not at all when the program ends.
"""

from __future__ import annotations

import gc


def main() -> None:
    """Run a command; see `reachsim.cli`."""
    gc.set_threshold(200_000, 20, 20)
    from reachsim import cli

    try:
        cli.main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()

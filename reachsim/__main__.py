"""``python -m reachsim`` is ``reachsim``."""

from __future__ import annotations

from reachsim.cli import main

if __name__ == "__main__":
    main()

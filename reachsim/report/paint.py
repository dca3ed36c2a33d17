"""What the place takes that a text goes to: its colours and its width.

Colour is never the only sign: every painted word says the same without it.
"""

from __future__ import annotations

import msgspec

from reachsim.report.columns import WIDTH

_OUTCOMES = {"allowed": "32", "blocked": "31", "intermittent": "33", "unknown": "35"}
_SEVERITIES = {"high": "31;1", "medium": "33;1", "low": "36", "info": "2"}


class Paint(msgspec.Struct, frozen=True):
    """Wraps text in ANSI colours, or doesn't; ``columns`` is how many there are to fill."""

    on: bool = False
    columns: int = WIDTH

    def _in(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.on and code and text else text

    def bold(self, text: str) -> str:
        """What to read first."""
        return self._in("1", text)

    def dim(self, text: str) -> str:
        """What to read last."""
        return self._in("2", text)

    def outcome(self, outcome: str, text: str | None = None) -> str:
        """A verdict's outcome, or a text in its colour."""
        return self._in(_OUTCOMES.get(outcome, ""), outcome if text is None else text)

    def severity(self, severity: str) -> str:
        """A finding's severity in capitals."""
        return self._in(_SEVERITIES.get(severity, ""), severity.upper())

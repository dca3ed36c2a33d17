"""What a log says, and what the snapshot makes of it: plain frozen values."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from reachsim.shown import Shown
from reachsim.verdict import Verdict, block_json

Kind = Literal[
    "timeout", "refused", "unreachable", "reset", "no-connection", "name-not-found", "forbidden", "access-denied",
    "unauthorized", "certificate", "rate-limited", "proxy", "no-internet", "network-interface", "image-pull",
    "no-addresses", "no-space", "docker-daemon", "configuration", "no-repository", "dns-conflict", "dns-attributes",
    "no-output",
]  # fmt: skip
Likelihood = Literal["certain", "likely", "possible"]
RANK: Final[dict[Likelihood, int]] = {"certain": 0, "likely": 1, "possible": 2}


class LogError(msgspec.Struct, frozen=True):
    """One error of a log; retries of it are one.

    ``phase`` is CodeBuild's, in the buildspec's spelling, ``command`` the buildspec's command or the Dockerfile's step
    that ran. ``host`` is the name that was contacted, ``address`` what the log says it resolved to, ``resolver`` the
    DNS server that was asked. ``action``, ``resource``, ``principal`` and ``policy`` are what an access-denied message
    names. ``fatal``: the command that it belongs to failed, or the log does not tell.
    """

    line: int
    text: str
    kind: Kind
    phase: str = ""
    command: str = ""
    host: str = ""
    port: int = 443
    address: str = ""
    resolver: str = ""
    path: str = ""
    action: str = ""
    resource: str = ""
    principal: str = ""
    policy: str = ""
    count: int = 1
    fatal: bool = True
    implied: bool = False
    """Whether the host is only taken to be the one, by the message's wording alone."""


class Cause(msgspec.Struct, frozen=True):
    """One likely cause: a code that ``reachsim explain`` knows, where, and how sure."""

    code: str
    likelihood: Likelihood
    component: str
    detail: str
    remedy: str
    cause: str | None = None
    rule: str | int | None = None


class Diagnosed(msgspec.Struct, frozen=True):
    """An error, the question it was turned into with its answer (None: nothing to ask), and its causes by rank."""

    error: LogError
    verdict: Verdict | None
    causes: tuple[Cause, ...]
    requests: tuple[dict[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        one = self.error
        row: dict[str, Any] = {
            "line": one.line, "text": one.text, "error": one.kind, "phase": one.phase, "command": one.command,
            "host": one.host or None, "port": one.port if one.host or one.address else None,
            "address": one.address or None, "action": one.action or None, "resource": one.resource or None,
            "count": one.count, "fatal": one.fatal,
        }  # fmt: skip
        verdict = self.verdict
        if verdict is not None:
            row |= {
                "destination": verdict.question.destination, "outcome": verdict.outcome, "route": verdict.route,
                "layers": dict(verdict.layers), "requests": list(self.requests),
                "blocked_by": [block_json(block) for block in verdict.blocked_by], "missing": list(verdict.missing),
                "assumptions": [msgspec.to_builtins(held) for held in verdict.assumptions],
            }  # fmt: skip
        return row | {"causes": [_cause_json(rank, cause) for rank, cause in enumerate(self.causes, 1)]}


class Diagnosis(Shown, frozen=True):
    """A log's errors in its order, and the causes of all of them by rank."""

    source: str
    lines: int
    errors: tuple[Diagnosed, ...]
    further: int = 0

    def __repr__(self) -> str:
        return f"<Diagnosis {self.source}: {self.lines} lines, {len(self.errors) + self.further} errors>"

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause once: those of errors that ended a command first, then the surer, then the earlier in the log."""
        found: dict[tuple[object, ...], tuple[tuple[int, int, int], Cause]] = {}
        for place, one in enumerate(self.errors):
            for cause in one.causes:
                key = (cause.code, cause.cause, cause.component, cause.rule)
                rank = (not one.error.fatal, RANK[cause.likelihood], place)
                if key not in found or rank < found[key][0]:
                    found[key] = (rank, cause)
        return tuple(cause for _, cause in sorted(found.values(), key=lambda pair: pair[0]))

    def to_json(self) -> dict[str, Any]:
        """The object that ``reachsim diagnose --format json`` prints."""
        return {
            "source": self.source,
            "lines": self.lines,
            "errors": [one.to_json() for one in self.errors],
            "further_errors": self.further,
            "causes": [_cause_json(rank, cause) for rank, cause in enumerate(self.causes, 1)],
        }


def _cause_json(rank: int, cause: Cause) -> dict[str, Any]:
    row: dict[str, Any] = {"rank": rank, "likelihood": cause.likelihood, "code": cause.code}
    if cause.cause is not None:
        row["cause"] = cause.cause
    return row | {"component": cause.component, "rule": cause.rule, "detail": cause.detail, "remedy": cause.remedy}

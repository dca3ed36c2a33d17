"""A text that a command of the POSIX shell hands to PowerShell.

**Source:** Microsoft, "about_Pwsh".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.powershell import handed_in, read
from reachsim.pipeline.powershell_values import Session
from reachsim.pipeline.records import Choice, Confidence, Destination, Found, Gap, Script, weaker


class _Collecting:
    """The host of a text that a command of the POSIX shell hands in: it collects what the text contacts and runs."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.variables = dict(call.variables)
        self.found: list[Found] = []
        self.session: Session = {}
        self.seen = {""}

    def contact(self, found: Found, sure: Confidence) -> None:
        if isinstance(found, Destination):
            found = msgspec.structs.replace(found, confidence=weaker(found.confidence, sure))
        self.found.append(found)

    def run(self, command: str, sure: Confidence) -> str | None:
        self.found.append(Script(command, confidence=sure))
        return None

    def script(self, path: str, sure: Confidence, arguments: tuple[str, ...] = ()) -> None:  # noqa: ARG002
        text = self.call.read(path) if path.endswith(".ps1") else None
        if text is None:
            self.gap(path, f"{path} is not in the context")
        if text is not None and path not in self.seen:
            self.seen.add(path)
            read(text, self, self.session, sure)

    def batch(self, text: str, sure: Confidence) -> None:
        from reachsim.pipeline import cmd

        cmd.read(text, self, sure)

    def powershell(self, text: str, sure: Confidence) -> None:
        read(text, self, self.session, sure)

    def keep(self, path: str, url: str) -> None: ...

    def exists(self, path: str) -> bool:
        return self.call.exists(path)

    def gap(self, text: str, why: str | None = None) -> None:
        self.found.append(Gap(text[:120], why or f"{self.call.program.lstrip('@')} is not read"))

    def branches(self, walks: Sequence[tuple[Callable[[], object], bool]], *, whole: bool) -> None:
        arms: list[tuple[tuple[Found, ...], bool]] = []
        kept = self.found
        for walk, alive in walks:
            self.found = []
            walk()
            arms.append((tuple(self.found), alive))
        self.found = kept
        if any(found for found, _ in arms):
            self.found.append(Choice(tuple(arms), whole))


def program(call: Call) -> Outcome:
    """``powershell -Command``: the text as it stands in the files, for what the shell around it makes of its ``$``."""
    host = _Collecting(call)
    text = handed_in(call.command.text)
    read(text, host, host.session, "certain")
    if not text:
        host.found.append(Gap(call.command.text, f"{call.program.lstrip('@')} is not read"))
    return Outcome(tuple(host.found), None)

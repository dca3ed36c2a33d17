"""Texts that the shells of Windows run, within the walk of a build.

**Source:** CodeBuild User Guide, "Shells and commands in build environments".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reachsim.pipeline import cmd, installers, powershell
from reachsim.pipeline.call import quoted
from reachsim.pipeline.powershell_values import Session
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.shell import Scope, absolute
from reachsim.pipeline.variables import is_known

if TYPE_CHECKING:
    from reachsim.pipeline.contacts import Walk


class Texts:
    """The host of texts that stand on one line of one file."""

    def __init__(self, walk: Walk, scope: Scope, line: int, file: str, shell: str, session: Session) -> None:
        self.walk, self.scope, self.line, self.file, self.shell = walk, scope, line, file, shell
        self.session = session
        self.variables = scope.variables
        self.text = ""

    def contact(self, found: Found, sure: Confidence) -> None:
        self.walk.add(found, self.file, self.line, self.text[:120], sure)

    def run(self, command: str, sure: Confidence) -> str | None:
        return self.walk.shell.run(command, self.scope, sure, self.line, self.file).stdout

    def exists(self, path: str) -> bool:
        return self.scope.machine.exists(absolute(path, self.scope.directory))

    def keep(self, path: str, url: str) -> None:
        self.scope.machine.written[absolute(path, self.scope.directory)] = installers.mark_of(url)

    def branches(self, walks: Sequence[tuple[Callable[[], object], bool]], *, whole: bool) -> None:
        ledger = self.walk.ledger
        ledger.join([ledger.branch(walk, alive=alive) for walk, alive in walks], whole=whole)

    def gap(self, text: str, why: str | None = None) -> None:
        self.walk.note(Gap(text[:120], why or f"{self.shell} is not read"), self.line, self.file)

    def script(self, path: str, sure: Confidence, arguments: tuple[str, ...] = ()) -> None:
        whole = absolute(path, self.scope.directory)
        text = self.scope.machine.read(whole)
        if whole in self.scope.machine.written and (text is None or not is_known(text)):
            self.run(f"sh {quoted(path)}", sure)  # it has been downloaded
            return
        if text is None or whole in self.walk.running or self.walk.scripts < 0:
            why = f"{path} is not in the context, or it calls itself"
            self.walk.note(Gap(self.text[:120], why), self.line, self.file)
            return
        self.walk.scripts -= 1
        self.walk.running.append(whole)
        file = self.scope.machine.context_path(whole) or whole
        try:
            inner = Texts(self.walk, self.scope, 1, file, self.shell, self.session)
            if path.lower().endswith(".ps1"):
                inner.powershell(text, sure)
            else:
                inner.batch(text, sure, (whole, *arguments))
        finally:
            self.walk.running.pop()

    def powershell(self, text: str, sure: Confidence) -> None:
        self.text = text
        powershell.read(text, self, self.session, sure)

    def batch(self, text: str, sure: Confidence, arguments: tuple[str, ...] = ()) -> None:
        """Walk a text that ``cmd`` runs, or whichever shell an image of Windows has been given."""
        self.text = text
        if powershell.is_meant(text):
            self.shell = "powershell"
            self.powershell(text, sure)
        else:
            cmd.read(text, self, sure, arguments)

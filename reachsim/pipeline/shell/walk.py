"""The walk through shell texts: statements in order, and texts that are too deep or not readable.

**Source:** POSIX Shell Command Language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reachsim.pipeline.grammars import root_of
from reachsim.pipeline.ledger import Ledger
from reachsim.pipeline.records import Confidence, Gap, weaker
from reachsim.pipeline.shell.control import Control
from reachsim.pipeline.shell.lists import STATEMENTS
from reachsim.pipeline.shell.scope import Note, Perform, Result, Scope, together
from reachsim.pipeline.shell.source import Source, refused
from reachsim.pipeline.shell.words import MAX_DEPTH
from reachsim.pipeline.variables import MAX_TEXT, shown

if TYPE_CHECKING:
    from tree_sitter import Node

NESTED: Final = 3
MAX_HELD: Final = 1 << 19
"""Characters of texts that run each other, from `NESTED` of them on: ``eval`` of ``eval`` reads each again."""


class Shell:
    """One walk. ``perform`` is called for every simple command, ``note`` for what the walk itself cannot read; both
    keep what they find in ``ledger``.
    """

    def __init__(self, perform: Perform, note: Note, ledger: Ledger) -> None:
        self.perform = perform
        self.note = note
        self.ledger = ledger
        self.depth = 0
        self.held = 0
        self.calls = 0

    def run(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> Result:
        """Walk a text. ``line`` is the line of ``file`` on which it begins."""
        deep = self.depth >= MAX_DEPTH or (self.depth >= NESTED and self.held + len(text) > MAX_HELD)
        why = "scripts that call each other too deeply" if deep else refused(text)
        if why:
            self.note(Gap(shown(text[:120]), why), line, file)
            return Result(None, None)
        walk = Walk(self, Source(text.replace("\r\n", "\n")), line, file)
        root = root_of("tree_sitter_bash", walk.source)
        if root is None:
            self.note(Gap(shown(text[:120]), "not readable as shell in reasonable time"), line, file)
            return Result(None, None)
        if "\n" not in text.strip() and _unfinished(root, walk.source):
            self.note(Gap(shown(text[:120]), "a redirection names no file: a shell runs nothing of this"), line, file)
            confidence = weaker(confidence, "possible")
        self.depth += 1
        self.held += len(text)
        try:
            return walk.block(list(root.children), scope, confidence)
        finally:
            self.depth -= 1
            self.held -= len(text)


class Walk(Control):
    """The walk through one parsed text."""

    def block(self, nodes: list[Node], scope: Scope, sure: Confidence, stdin: str | None = None) -> Result:
        output: list[str | None] = []
        status: bool | None = True
        for node in nodes:
            if scope.ended or scope.broken:
                break
            if node.is_named and node.type not in ("comment", "heredoc_body", "heredoc_end"):
                one = self.statement(node, scope, sure, stdin)
                if one.stdout != "":
                    output.append(one.stdout)
                status = one.status
        known = [one for one in output if one is not None]
        short = len(known) == len(output) and sum(map(len, known)) <= MAX_TEXT
        return Result(together(known) if short else None, status)

    def statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None = None) -> Result:
        if self.depth > MAX_DEPTH or self.shell.depth + self.depth > 2 * MAX_DEPTH:
            self.shell.note(
                Gap(self.origin.original(node.start_byte, node.end_byte)[:120], "nested too deeply"),
                self.at(node),
                self.file,
            )
            return Result(None, None)
        self.depth += 1
        if scope.doubted:
            sure = weaker(sure, "likely")
        try:
            visit = getattr(self, f"_{node.type}", None) if node.type in _VISITED else None
            if visit is None:
                return self._other(node, scope, sure, stdin)
            found: Result = visit(node, scope, sure, stdin)
            return found
        finally:
            self.depth -= 1

    def _other(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        """An error node, or a form that this walk does not know: its parts are walked all the same."""
        if node.type == "ERROR":
            words = self.origin.original(node.start_byte, node.end_byte).strip()
            inner = [one for one in node.children if one.type in STATEMENTS]
            if not inner and re.search(r"\w", words):
                self.shell.note(Gap(words[:120], "not readable as shell"), self.at(node), self.file)
            return self.block(inner, scope, weaker(sure, "likely"), stdin)
        return self.block([one for one in node.children if one.is_named], scope, sure, stdin)


def _unfinished(node: Node, source: bytes) -> bool:
    """Whether a redirection has no file, as the last one of ``aws s3 ls --region <region>``."""
    nodes = [node] if node.has_error else []
    while nodes:
        one = nodes.pop()
        of = _WITHOUT_FILE if one.type == "file_redirect" else _REDIRECTIONS
        for child in one.children:
            is_mistake = child.type == "ERROR" and one.type != "variable_assignment"
            if is_mistake and source[child.start_byte : child.end_byte] in of:
                return True
            if child.has_error:
                nodes.append(child)
    return False


_REDIRECTIONS: Final = (b"<", b">", b">>")
_WITHOUT_FILE: Final = (b"|", b"||", b"&&", b";")
_VISITED: Final = frozenset({
    "list", "pipeline", "redirected_statement", "subshell", "compound_statement", "do_group", "program",
    "negated_command", "if_statement", "case_statement", "for_statement", "c_style_for_statement", "while_statement",
    "function_definition", "test_command", "variable_assignment", "variable_assignments", "declaration_command",
    "unset_command", "command",
})  # fmt: skip
"""The kinds of nodes that `Walk` has a method for; broken texts have others in the place of statements."""

"""Commands joined by ``&&``, ``||`` and pipes, and their redirections and here-documents.

**Source:** POSIX Shell Command Language, "Lists", "Pipelines", "Redirection".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from reachsim.pipeline import steering
from reachsim.pipeline.alternatives import merged
from reachsim.pipeline.records import Confidence
from reachsim.pipeline.shell.commands import Commands
from reachsim.pipeline.shell.scope import NEVER, Command, Result, Scope, absolute, one_line, together, write
from reachsim.pipeline.variables import unknown

if TYPE_CHECKING:
    from tree_sitter import Node

_SURE: Final = (
    r"(?:!\s{1,9})?(?:\[\[?|test|true|:|echo|printf|export|set|unset|cd|mkdir|rm|cp|mv|touch|chmod|sleep|source|\.)"
    r"(?:\s|$)|\w+="
)
_FORGIVES: Final = r"true|:|(?:echo|printf)\s[^;&|\n]{0,500}"
_EXITS: Final = re.compile(r"(?:^|[;{\n])[ \t]{0,20}(?:exit|return)\b[^;\n]{0,40}$")


class Lists(Commands):
    """Lists, pipelines and redirections of one parsed text."""

    def _list(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self._chained(node, (), scope, sure, stdin)

    def _chained(
        self, node: Node, redirects: Sequence[Node], scope: Scope, sure: Confidence, stdin: str | None, *,
        last_only: bool = False,
    ) -> Result:  # fmt: skip
        """A list. ``redirects`` belong to its last command, though the grammar binds them to the whole of it; with
        ``last_only`` the output is that command's alone (what a pipe behind it gets).
        """
        parts: list[tuple[str, Node]] = []
        while node.type == "list":  # left-nested; a script may chain thousands
            left, operator, *right = [one for one in node.children if one.type != "comment"]
            if not right:
                return self._redirected(left, redirects, scope, sure, stdin)
            parts.append((operator.type, right[-1]))
            node = left
        may_fail = max((len(parts) - number for number, part in enumerate(parts) if self._forgives(*part)), default=0)
        self.shell.ledger.tolerant += may_fail > 0
        result = self.statement(node, scope, sure, stdin)
        open_ = not self._succeeds(node)
        for number, (operator_type, right_node) in enumerate(reversed(parts), 1):
            self.shell.ledger.tolerant -= number == may_fail
            mine = redirects if number == len(parts) else ()
            left_result = Result("", result.status) if last_only and mine and result.stdout != NEVER else result
            if (
                operator_type == "&&"
                and open_
                and left_result.status
                and _EXITS.search(self.text(right_node)[-200:].rstrip("; \t\n}"))
            ):
                left_result = Result(left_result.stdout, None)  # "docker manifest inspect IMAGE && exit": it may fail
            open_ = open_ or not self._succeeds(right_node)
            result = self._joined(left_result, operator_type, right_node, scope, sure, mine)
        return result

    def _forgives(self, operator: str, node: Node) -> bool:
        """Whether a command behind an operator makes good whatever failed before it."""
        return operator == "||" and re.fullmatch(_FORGIVES, self.text(node).strip()) is not None

    def _succeeds(self, node: Node) -> bool:
        """Whether it is a command of the shell's own that nobody expects to fail."""
        return re.match(_SURE, self.text(node).lstrip()) is not None

    def _joined(
        self, left: Result, operator: str, node: Node, scope: Scope, sure: Confidence, redirects: Sequence[Node] = ()
    ) -> Result:
        wanted = operator == "&&"
        fails = not wanted and self.text(node).strip() in ("exit", "return")  # with the status of what failed
        if left.status is not None and left.status is not wanted:
            if wanted or left.stdout == NEVER:
                return left if wanted else Result(left.stdout, True)
            self._perhaps(node, scope, redirects, "certain", fails=fails)
            return Result(left.stdout, left.status)
        surely = left.status is wanted
        if surely:
            right = self._redirected(node, redirects, scope, sure)
        else:
            right = self._perhaps(node, scope, redirects, fails=fails)
        output = None if left.stdout is None or right.stdout is None else together([left.stdout, right.stdout])
        if left.status is None and not wanted:
            return Result(output, True if right.status is not None else None)
        return Result(output, right.status if left.status is not None else None)

    def _perhaps(
        self, node: Node, scope: Scope, redirects: Sequence[Node] = (), otherwise: Confidence = "likely", *,
        fails: bool = False,
    ) -> Result:  # fmt: skip
        """What only some runs execute; an ``exit`` in it does not end the others, nor do its variables hold for all."""
        before, steered = dict(scope.variables), steering.values(scope)
        result = self._redirected(node, redirects, scope, "possible")
        scope.left = "failure" if fails else scope.left
        fork = steering.keep(scope, steered, otherwise)
        if fork is not None and scope.ended:
            scope.machine.forks.remove(fork)
        scope.variables = merged(before, [before] if scope.ended else [before, scope.variables])
        scope.doubt(scope)
        scope.ended = scope.broken = False
        return result

    def _pipeline(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        result = Result(stdin, True)
        for number, part in enumerate(one for one in node.children if one.is_named and one.type != "comment"):
            piped = result.stdout if result.stdout is not None else unknown("!output")
            body = part.child_by_field_name("body") if part.type == "redirected_statement" else None
            if not number and body is not None and body.type == "list":  # "cd a && make 2>&1 | tee b"
                redirects = part.children_by_field_name("redirect")
                result = self._chained(body, redirects, scope, sure, stdin, last_only=True)
            else:
                result = self.statement(part, scope.copy(), sure, piped if number else stdin)
        return result

    def _redirected_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        body = node.child_by_field_name("body")
        redirects = node.children_by_field_name("redirect")
        if body is not None and body.type == "list":
            return self._chained(body, redirects, scope, sure, stdin)
        return self._redirected(body, redirects, scope, sure, stdin)

    def _redirected(
        self, body: Node | None, redirects: Sequence[Node], scope: Scope, sure: Confidence, stdin: str | None = None
    ) -> Result:
        """A command with its redirections."""
        after: list[Node] = []
        for redirect in redirects:
            self._opened(redirect, scope, sure)
            if redirect.type == "heredoc_redirect":
                stdin = self.heredoc(redirect, scope)
                after += [one for one in redirect.children if one.type not in _HEREDOC_PARTS]
            elif redirect.type == "herestring_redirect":
                stdin = "".join(self.value(one, scope, sure) for one in redirect.children if one.is_named)
            elif redirect.type == "file_redirect" and redirect.children[0].type == "<":
                stdin = self._file_text(redirect, scope, sure)
        result = self.statement(body, scope, sure, stdin) if body is not None else Result(stdin, True)
        for redirect in [*redirects, *after]:
            if redirect.type == "file_redirect":
                result = self._written(redirect, result, scope, sure)
        return self._after_heredoc(after, result, scope, sure)

    def _opened(self, redirect: Node, scope: Scope, sure: Confidence) -> None:
        """``/dev/tcp/HOST/PORT``: bash opens a connection."""
        target = redirect.child_by_field_name("destination")
        if target is None or "/dev/" not in self.text(target):
            return
        match = re.fullmatch(r"/dev/(?:tcp|udp)/([^/]+)/([^/]+)", self.value(target, scope, sure))
        if match is not None:
            text = one_line(self.origin.original(redirect.start_byte, redirect.end_byte))
            words = ("nc", match[1], match[2])
            self.shell.perform(Command(words, {}, None, sure, self.at(redirect), text, scope.copy(), self.file))

    def _after_heredoc(self, nodes: list[Node], result: Result, scope: Scope, sure: Confidence) -> Result:
        """What stands behind ``<<EOF`` on its line; the grammar keeps it within the redirection."""
        operator = ""
        for node in nodes:
            if node.type in ("&&", "||"):
                operator = node.type
            elif node.type == "pipeline":
                for part in self._pipeline_parts(node):
                    result = self.statement(part, scope.copy(), sure, result.stdout)
            elif node.type in STATEMENTS:
                if operator:
                    result = self._joined(result, operator, node, scope, sure)
                else:
                    result = self.statement(node, scope, sure)
        return result

    def _pipeline_parts(self, node: Node) -> Iterator[Node]:
        for child in node.children:
            if child.type == "pipeline":
                yield from self._pipeline_parts(child)
            elif child.is_named:
                yield child

    def heredoc(self, redirect: Node, scope: Scope) -> str:
        start = next((one for one in redirect.children if one.type == "heredoc_start"), None)
        body = next((one for one in redirect.children if one.type == "heredoc_body"), None)
        if body is None:
            return ""
        quoted = start is not None and any(one in self.text(start) for one in "'\"\\")
        text = self.text(body) if quoted else self.pieces(body, scope, "certain")
        if self.text(redirect).startswith("<<-"):
            text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
        return text

    def _file_text(self, redirect: Node, scope: Scope, sure: Confidence) -> str | None:
        target = redirect.child_by_field_name("destination")
        if target is None:
            return None
        if target.type == "process_substitution":
            text = scope.machine.written[self.value(target, scope, sure)]
        else:
            path = absolute(self.value(target, scope, sure), scope.directory)
            text = "" if path == "/dev/null" else scope.machine.read(path)
        return unknown("!file") if text is None else text

    def _written(self, redirect: Node, result: Result, scope: Scope, sure: Confidence) -> Result:
        operator = next((one.type for one in redirect.children if not one.is_named), "")
        descriptor = redirect.child_by_field_name("descriptor")
        target = redirect.child_by_field_name("destination")
        if operator not in (">", ">>", "&>", ">|", "&>>") or target is None:
            return result
        if descriptor is not None and self.text(descriptor) != "1":
            return result
        path = absolute(self.value(target, scope, sure), scope.directory)
        if not path.startswith("/dev/"):
            write(scope.machine, path, result.stdout, append=operator.endswith(">>"))
        return Result("", result.status)


_HEREDOC_PARTS: Final = ("<<", "<<-", "heredoc_start", "heredoc_body", "heredoc_end", "ERROR")
STATEMENTS: Final = ("command", "pipeline", "list", "subshell", "compound_statement", "redirected_statement",
                      "if_statement", "for_statement", "while_statement", "case_statement", "declaration_command",
                      "variable_assignment", "function_definition", "negated_command", "test_command")  # fmt: skip

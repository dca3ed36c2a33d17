"""Compound commands: conditionals, loops, subshells, functions, tests.

What only some runs execute is walked as ``possible``. Not modelled: arithmetic conditions.
**Source:** Bash Reference Manual, "Compound Commands".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reachsim.pipeline.records import Confidence, Gap
from reachsim.pipeline.shell.branches import Branches
from reachsim.pipeline.shell.commands import MAX_CALLS
from reachsim.pipeline.shell.judge import judge
from reachsim.pipeline.shell.lists import Lists
from reachsim.pipeline.shell.reading import options, reading
from reachsim.pipeline.shell.scope import DONE, NEVER, Result, Scope, absolute, arguments_of, one_line
from reachsim.pipeline.variables import is_known, unknown

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ROUNDS: Final = 100
_FOR_A_FILE: Final = r"(?:\[{1,2}\s+|test\s+)-[fes]\s+[\"']?(?P<path>[\w./-]+)[\"']?(?:\s+\]{1,2})?"


class Control(Lists):
    """Compound commands of one parsed text."""

    def _subshell(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self.block(list(node.children), scope.copy(), sure, stdin)

    def _compound_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        if node.children and node.children[0].type == "((":
            self.within(node, scope, sure)
            return Result("", None)
        return self.block(list(node.children), scope, sure, stdin)

    _do_group = _compound_statement

    def _program(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self.block(list(node.children), scope, sure, stdin)

    def _negated_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        result = self.block(list(node.children), scope, sure, stdin)
        return Result(result.stdout, None if result.status is None else not result.status)

    def _if_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        arms: list[tuple[list[Node], list[Node]]] = []
        for clause in [node, *(one for one in node.children if one.type in ("elif_clause", "else_clause"))]:
            condition: list[Node] = []
            body: list[Node] = []
            into = body if clause.type == "else_clause" else condition
            for child in clause.children:
                if child.type == "then":
                    into = body
                elif child.is_named and child.type not in ("elif_clause", "else_clause"):
                    into.append(child)
            arms.append((condition, body))
        return self._arms(arms, scope, sure)

    def _arms(self, arms: list[tuple[list[Node], list[Node]]], scope: Scope, sure: Confidence) -> Result:
        """The branches of an ``if``. One whose condition the values decide is as sure as the whole, and so is one
        that every build takes that does not fail, and what all branches contact; the rest is kept as possible, for a
        project may set other values, unless the condition is written to be constant.
        """
        branches = Branches(scope, self.shell.ledger)
        only = self._survivor([body for _, body in arms], whole=not arms[-1][0])
        absent = self._absent([condition for condition, _ in arms], scope)
        for number, (condition, body) in enumerate(arms):
            if number in absent:
                continue
            test = self.block(condition, scope, sure if branches.open else "possible") if condition else DONE
            constant = test.stdout == NEVER
            if constant and test.status is False:
                continue
            status = test.status if all(self._decides(one) for one in condition) else None
            if status is None and only is not None:
                status = number == only
            branches.run(status, lambda inner, nodes=body: self.block(nodes, inner, sure), fails=self._fails(body))  # type: ignore[misc]
            if constant:
                break
        branches.join()
        return Result(branches.printed() if arms else "", True)

    def _absent(self, conditions: list[list[Node]], scope: Scope) -> set[int]:
        """Branches for files that are not there, where another branch is for one that is: lock files, as a rule."""
        asked = [re.fullmatch(_FOR_A_FILE, self.text(one[0]).strip()) if len(one) == 1 else None for one in conditions]
        there = {
            number: scope.machine.exists(absolute(match["path"], scope.directory))
            for number, match in enumerate(asked)
            if match
        }
        return {number for number, known in there.items() if not known} if any(there.values()) else set()

    def _survivor(self, bodies: list[list[Node]], *, whole: bool) -> int | None:
        """The only branch that does not end in failure; None if there are several, or it may be that none is taken."""
        alive = [number for number, body in enumerate(bodies) if not self._fails(body)]
        return alive[0] if whole and len(alive) == 1 else None

    def _fails(self, body: list[Node]) -> bool:
        """Whether a branch's last command is ``exit`` with a status that is no success."""
        named = [one for one in body if one.type != "comment"]
        last = self.text(named[-1]) if named else ""
        return re.fullmatch(r"exit\s+0*[1-9]\d*", last.strip()) is not None

    def _decides(self, node: Node) -> bool:
        """Whether a condition asks for values and files, and not whether some program succeeds."""
        if node.type == "command":
            name = node.child_by_field_name("name")
            return name is not None and self.text(name) in ("[", "test", "true", "false", ":")
        if node.type in ("negated_command", "list", "compound_statement", "subshell", "redirected_statement"):
            return all(self._decides(one) for one in node.children if one.is_named and "redirect" not in one.type)
        return node.type in ("test_command", "comment")

    def _case_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        subject_node = node.child_by_field_name("value")
        subject = self.value(subject_node, scope, sure) if subject_node is not None else unknown("case")
        branches = Branches(scope, self.shell.ledger)
        items: list[tuple[list[str], list[Node]]] = []
        for item in (one for one in node.children if one.type == "case_item"):
            patterns = [self.text(one).strip("\"'") for one in item.children_by_field_name("value")]
            values = {one.start_byte for one in item.children_by_field_name("value")}
            items.append((patterns, [one for one in item.children if one.is_named and one.start_byte not in values]))
        only = self._survivor([body for _, body in items], whole=any("*" in patterns for patterns, _ in items))
        for number, (patterns, body) in enumerate(items):
            fits = any(fnmatch.fnmatchcase(subject, one) for one in patterns) if is_known(subject) else None
            if fits is None and only is not None:
                fits = number == only
            status = True if "*" in patterns else fits
            branches.run(status, lambda inner, nodes=body: self.block(nodes, inner, sure), fails=self._fails(body))  # type: ignore[misc]
        branches.join()
        return Result(branches.printed(), True)

    def _for_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if body is None or name is None:
            return Result("", True)
        nodes = node.children_by_field_name("value")
        values = [word for one in nodes for word in self.words(one, scope, sure)]
        if not nodes and not any(one.type == "in" for one in node.children):
            given = arguments_of(scope.variables)
            values = [unknown("@")] if given is None else given
        own = unknown(self.text(name))
        if node.children[0].type == "select":
            scope.variables[self.text(name)] = own
            return self._perhaps(body, scope)
        rounds = [{self.text(name): one if is_known(one) else own} for one in values]
        self._rounds(node, body, [one for number, one in enumerate(rounds) if one not in rounds[:number]], scope, sure)
        return Result(None, True)

    def _rounds(
        self, node: Node, body: Node, rounds: Sequence[Mapping[str, str]], scope: Scope, sure: Confidence
    ) -> None:
        """Walk a loop's body once for each setting of its variables; a value that is not known may be none at all."""
        if len(rounds) > MAX_ROUNDS:
            text = one_line(self.origin.original(node.start_byte, node.end_byte))[:120]
            self.shell.note(Gap(text, f"more than {MAX_ROUNDS} rounds; the rest is not read"), self.at(node), self.file)
        left = False  # by a ``break`` that every run reaches; further rounds are for when the one before fails
        for values in rounds[:MAX_ROUNDS]:
            scope.variables |= values
            if left or not all(is_known(one) for one in values.values()):
                self._perhaps(body, scope)
            else:
                self.statement(body, scope, sure)
                left, scope.broken = scope.broken, False

    def _c_style_for_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        body = node.child_by_field_name("body")
        return self._perhaps(body, scope) if body is not None else Result("", True)

    def _while_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        until = node.children[0].type == "until"
        conditions = [one for one in node.children_by_field_name("condition") if one.is_named]
        body = node.child_by_field_name("body")
        rounds = self._lines(conditions, scope, sure, stdin) if not until else None
        if rounds is not None and body is not None:
            self._rounds(node, body, rounds, scope, sure)
            scope.broken = False
            return Result(None, True)
        for _ in range(MAX_ROUNDS):
            words = arguments_of(scope.variables)
            test = self.block(conditions, scope, sure, stdin)
            decided = test.stdout == NEVER or (self._tests(conditions) and test.status is not None)
            if body is None or (decided and test.status is until):
                break
            self.statement(body, scope, sure if decided else "possible", stdin)
            left, scope.broken = scope.ended or scope.broken, False
            if not decided:
                scope.doubt(scope)
                scope.ended = False
            self.shell.calls += 1 + len(words or ()) // 100
            over_arguments = arguments_of(scope.variables) != words
            if left or not decided or not over_arguments or self.shell.calls > MAX_CALLS:
                break
        return Result(None, True)

    def _tests(self, conditions: list[Node]) -> bool:
        """Whether a loop's condition is a test, and no command that may fail at first."""
        first = conditions[0] if len(conditions) == 1 else None
        return first is not None and (first.type == "test_command" or self.text(first).startswith("test "))

    def _lines(
        self, conditions: list[Node], scope: Scope, sure: Confidence, stdin: str | None
    ) -> list[dict[str, str]] | None:
        """What each line sets that ``while read …`` reads, each option that ``while getopts …`` finds; None where the
        loop reads otherwise, or unknown lines or arguments.
        """
        first = conditions[0] if len(conditions) == 1 else None
        while first is not None and first.type == "list":
            first = first.children[0]
        if first is None or first.type != "command":
            return None
        words: list[str] = []
        for one in first.children:
            if one.type not in ("variable_assignment", "file_redirect"):
                words += [self.text(one)] if one.type == "command_name" else self.words(one, scope, sure)
        if words[:1] == ["getopts"]:
            return options(words[1:], scope.variables)
        wanted = reading(words[1:]) if words[:1] == ["read"] else None
        if wanted is None or wanted.array is not None or stdin is None or not is_known(stdin):
            return None
        given = dict(self.assignment(one, scope, sure) for one in first.children if one.type == "variable_assignment")
        found: list[dict[str, str]] = []
        for line in stdin.split("\n"):
            values: dict[str, str] = {}
            wanted.take(line, given.get("IFS", scope.variables.get("IFS")), values)
            if line.strip():
                found.append(values)
        return found

    def _function_definition(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            scope.functions[self.text(name)] = (body, self.origin, self.line, self.file)
        return DONE

    def _test_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        words = [word for child in node.children[1:-1] for word in self._test_words(child, scope, sure)]
        return Result("", judge(words, scope))

    def _test_words(self, node: Node, scope: Scope, sure: Confidence) -> list[str]:
        """The words of a ``[ … ]``; every operand is one word, empty or not."""
        found: list[str] = []
        nodes = [node]
        while nodes:
            one = nodes.pop()
            if one.type.endswith("_expression") and one.type != "ternary_expression":
                nodes += reversed(one.children)
            else:
                found.append(self._test_word(one, scope, sure))
        return found

    def _test_word(self, node: Node, scope: Scope, sure: Confidence) -> str:
        if not node.is_named or node.type == "test_operator":
            return self.text(node)
        if_set = re.fullmatch(r"\"?\$\{(\w+):?\+\w*\}\"?", self.text(node))
        if if_set and if_set[1] not in scope.variables:
            return unknown(if_set[1])  # no file sets it, but a project may
        return self.value(node, scope, sure)

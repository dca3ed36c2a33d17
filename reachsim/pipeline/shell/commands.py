"""Simple commands: assignments, declarations, calls of functions and of programs.

**Source:** POSIX Shell Command Language, "Simple Commands"; Bash Reference Manual, "Shell Functions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from reachsim.pipeline.records import Confidence, Gap
from reachsim.pipeline.shell import arrays
from reachsim.pipeline.shell.arrays import keyed
from reachsim.pipeline.shell.scope import DONE, Command, Result, Scope, arguments_of, named, one_line, set_arguments
from reachsim.pipeline.shell.words import MAX_DEPTH, Words
from reachsim.pipeline.urls import PROXIES
from reachsim.pipeline.variables import is_known, look_up, unknown

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMED: Final = re.compile(r"(?<![\w$-])([A-Z][A-Z0-9_]++)=(?!=)")
MAX_CALLS: Final = 12_000
"""Calls of functions in all: functions that call each other can multiply without end."""


class Commands(Words):
    """The simple commands of one parsed text."""

    def _variable_assignment(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        name, value = self.assignment(node, scope, sure)
        if name:
            scope.variables[name] = value
        return DONE

    def _variable_assignments(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self.block(list(node.children), scope, sure, stdin)

    def _declaration_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        result = self.block([one for one in node.children if one.type == "variable_assignment"], scope, sure, stdin)
        for child in node.children[1:]:
            if child.type in ("command_substitution", "simple_expansion", "expansion", "concatenation"):
                words = self.words(child, scope, sure)
                for name, equals, value in (word.partition("=") for word in words):
                    if equals and name.isidentifier():
                        scope.variables[name] = value.strip("\"'")
                if any(not is_known(word.partition("=")[0]) for word in words):  # as far as the text names them
                    for name in _NAMED.findall(self.text(child)):
                        scope.variables[name] = unknown(name)
        if self.text(node.children[0]) in ("export", "declare", "typeset"):
            for child in node.children[1:]:
                self._proxied(self.text(child).partition("=")[0].rstrip("+"), scope.variables, child, scope, sure)
        return result

    def _proxied(self, name: str, values: Mapping[str, str], node: Node, scope: Scope, sure: Confidence) -> None:
        """Hand on a variable that sends what later commands contact to a proxy."""
        if name.lower() in PROXIES and values.get(name):
            text = one_line(self.origin.original(node.start_byte, node.end_byte))
            words = ("export", f"{name}={values[name]}")
            self.shell.perform(Command(words, {}, None, sure, self.at(node), text, scope.copy(), self.file))

    def _unset_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        for child in node.children[1:]:
            scope.variables[self.text(child)] = ""
        return DONE

    def assignment(self, node: Node, scope: Scope, sure: Confidence) -> tuple[str, str]:
        name_node, value_node = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is not None and name_node.type == "subscript":
            return self._element(name_node, value_node, scope, sure)
        if name_node is None or name_node.type != "variable_name":
            if value_node is not None:
                self.value(value_node, scope, sure)
            return "", ""
        name = self.text(name_node)
        if value_node is not None and value_node.type == "array":
            items = [
                keyed(word) for one in value_node.children if one.is_named for word in self.words(one, scope, sure)
            ]
            arrays.store(scope.variables, name, items, append=any(one.type == "+=" for one in node.children))
            return name, scope.variables[name]
        value = self.value(value_node, scope, sure) if value_node is not None else ""
        if any(one.type == "+=" for one in node.children):
            value = look_up(name, scope.variables) + value
        return name, named(value, name)

    def _element(self, name_node: Node, value_node: Node | None, scope: Scope, sure: Confidence) -> tuple[str, str]:
        """``A[KEY]=VALUE``."""
        index = name_node.child_by_field_name("index")
        key = self.value(index, scope, sure) if index is not None else ""
        name = self.text(name_node).split("[")[0]
        value = self.value(value_node, scope, sure) if value_node is not None else ""
        arrays.store(scope.variables, name, [(key if is_known(key) else None, value)], append=True)
        return name, scope.variables[name]

    def _command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        assigned: dict[str, str] = {}
        words: list[str] = []
        begin, end = node, -1
        for child in node.children:
            if child.type == "variable_assignment":
                name, value = self.assignment(child, scope, sure)
                assigned[name] = value
                self._proxied(name, assigned, child, scope, sure)
            elif child.type == "herestring_redirect":
                stdin = "".join(self.value(one, scope, sure) for one in child.children if one.is_named)
            elif child.type in ("file_redirect", "heredoc_redirect") or child.start_byte == child.end_byte:
                continue  # "A=1 >FILE" has a name that the grammar puts in, of no length
            elif child.type == "command_name":
                if assigned and self._on_a_later_line(node.children[0], child):
                    scope.variables |= assigned  # the grammar takes "A=1" and the command on the next line for one
                    assigned = {}
                words += self._first_word(child, scope, sure)
                begin = child
            elif child.is_named:
                more = self.words(child, scope, sure)
                if words and more and child.start_byte == end:  # the grammar parts "a`b`" before the "`"
                    words[-1] += more.pop(0)
                words += more
            end = child.end_byte
        if not words:
            scope.variables |= assigned
            return DONE
        start = begin.start_byte if begin is not node else node.start_byte
        shown_text = one_line(self.origin.original(start, node.end_byte))
        command = Command(tuple(words), assigned, stdin, sure, self.at(begin), shown_text, scope, self.file)
        return self._called(command) or self.shell.perform(command)

    def _on_a_later_line(self, first: Node, begin: Node) -> bool:
        between = self.source[first.start_byte : begin.start_byte]
        return b"\n" in between.replace(b"\\\n", b"")

    def _first_word(self, node: Node, scope: Scope, sure: Confidence) -> list[str]:
        """The words of the program's name: ``$(aws ecr get-login)`` gives a whole command line."""
        return [word for child in node.children for word in self.words(child, scope, sure)]

    def _called(self, command: Command) -> Result | None:
        """A call of a function that the text has defined."""
        scope = command.scope
        found = scope.functions.get(command.words[0])
        if found is None:
            return None
        self.shell.calls += 1
        if self.shell.depth >= MAX_DEPTH or self.shell.calls > MAX_CALLS:
            why = "functions that call each other too deeply or too often"
            self.shell.note(Gap(command.text[:120], why), command.line, self.file)
            return Result(None, None)
        body, origin, line, file = found
        kept = arguments_of(scope.variables)
        doubted = scope.doubted
        set_arguments(scope.variables, command.words[1:])
        scope.variables |= command.assigned
        self.shell.depth += 1
        try:
            walk = type(self)(self.shell, origin, line, file)
            result = walk.statement(body, scope, command.confidence, command.stdin)
        finally:
            self.shell.depth -= 1
        scope.ended, scope.doubted = False, doubted
        set_arguments(scope.variables, kept)
        return Result(result.stdout, result.status)

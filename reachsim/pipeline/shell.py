"""Walks a shell text in the order in which a normal run executes it, without running anything.

Every simple command is handed to a function that knows the programs; it answers with what is known of the command's
output and success. The walk itself knows the language: variables, ``&&`` and ``||``, pipes, subshells, functions,
loops, conditionals, here-documents, command substitution. What only some runs execute (the right side of ``||``, a
branch whose condition the files do not decide) is handed on as ``possible``.

A normal run is one in which commands succeed. Not modelled: arithmetic, arrays, traps, aliases, brace expansion.
**Source:** POSIX Shell Command Language; Bash Reference Manual; the grammar is tree-sitter-bash's.
"""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from reachsim.pipeline.alternatives import merged
from reachsim.pipeline.records import Confidence, Gap, weaker
from reachsim.pipeline.urls import PROXIES
from reachsim.pipeline.variables import CLOSE, MAX_TEXT, MAX_VALUE, OPEN, is_known, look_up, modified, shown, unknown

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from reachsim.pipeline.context import Machine

MAX_PIPES: Final = 500
"""Commands in one pipeline: the parser's memory grows with the square of it."""
MAX_DEPTH: Final = 60
MAX_ROUNDS: Final = 100
MAX_CALLS: Final = 12_000
"""Calls of functions in all: functions that call each other can multiply without end."""


class Scope:
    """What a shell knows while it runs: variables, functions, its directory, its machine."""

    def __init__(self, machine: Machine, variables: dict[str, str], directory: str) -> None:
        self.machine = machine
        self.variables = variables
        self.directory = directory
        self.functions: dict[str, tuple[Node, _Source, int, str]] = {}
        self.ended = False
        self.broken = False  # by ``break`` or ``continue``

    def copy(self) -> Scope:
        """The scope of a subshell: what it sets is lost, what it writes to files stays."""
        twin = Scope(self.machine, dict(self.variables), self.directory)
        twin.functions = dict(self.functions)
        return twin


class Command(NamedTuple):
    """One simple command, its words expanded."""

    words: tuple[str, ...]
    assigned: dict[str, str]
    stdin: str | None
    confidence: Confidence
    line: int
    text: str
    scope: Scope
    file: str


class Result(Struct, frozen=True):
    """What is known of a command: its output (None: nothing) and whether it succeeds (None: either way)."""

    stdout: str | None = None
    status: bool | None = True


Perform = Callable[[Command], Result]
Note = Callable[[Gap, int, str], None]
DONE: Final = Result("", True)


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def refused(text: str) -> str | None:
    """Why a text is not read at all, if it isn't."""
    if len(text) > MAX_TEXT:
        return f"longer than {MAX_TEXT >> 20} MiB"
    if "\0" in text:
        return "not a text"
    if max(map(_pipes, re.split(r";|(?<![|\\])\n", text))) > MAX_PIPES:
        return f"a pipeline of more than {MAX_PIPES} commands"
    return None


def _pipes(text: str) -> int:
    return text.count("|")


class Shell:
    """One walk. ``perform`` is called for every simple command, ``note`` for what the walk itself cannot read."""

    def __init__(self, perform: Perform, note: Note) -> None:
        self._perform = perform
        self._note = note
        self._depth = 0
        self._calls = 0

    def run(self, text: str, scope: Scope, confidence: Confidence, line: int, file: str) -> Result:
        """Walk a text. ``line`` is the line of ``file`` on which it begins."""
        why = refused(text) if self._depth < MAX_DEPTH else "scripts that call each other too deeply"
        if why:
            self._note(Gap(shown(text[:120]), why), line, file)
            return Result(None, None)
        walk = _Walk(self, _Source(text.replace("\r\n", "\n")), line, file)
        root = _parser().parse(walk.source).root_node
        self._depth += 1
        try:
            return walk.block(list(root.children), scope, confidence)
        finally:
            self._depth -= 1


class _Branches:
    """Branches of which one runs: those that surely do change the scope, the others a copy of it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.before = dict(scope.variables)
        self.open = True  # whether every run comes to the next condition
        self.closed = False  # whether some branch is surely taken
        self._ends: list[dict[str, str]] = []
        self._unlikely: list[dict[str, str]] = []

    def run(self, status: bool | None, walk: Callable[[Scope, Confidence], object], sure: Confidence) -> None:
        """Walk a branch; ``status`` says whether its condition holds."""
        if status is True and self.open and not self.closed:
            self.closed, self.open = True, False
            walk(self.scope, sure)
            return
        inner = self.scope.copy()
        walk(inner, "possible")
        self.scope.functions |= inner.functions
        if not inner.ended:
            (self._unlikely if status is False or self.closed else self._ends).append(inner.variables)
        self.open = self.open and status is False
        self.closed = self.closed or status is True

    def join(self) -> None:
        """Let the scope know what the branches have set."""
        if self._ends:
            ends = self._ends if self.closed else [self.before, *self._ends]
            self.scope.variables |= merged(self.before, ends)
        for variables in self._unlikely:
            for name, value in variables.items():  # what such a branch sets counts where nothing else has set it
                if name not in self.before:
                    self.scope.variables.setdefault(name, value)


class _Source:
    """A text as the parser gets it, and as it was written.

    The grammar takes the ``$B.c`` of ``$A.x.$B.c`` for a dollar and a word, and drops the ``-`` of ``build - <<EOF``:
    ``$NAME`` becomes ``${NAME}`` and that ``-`` is quoted.
    """

    def __init__(self, text: str) -> None:
        self.written = text.encode("utf-8", "replace")
        self._places: list[int] = []  # where, in the parsed text, characters have been put in
        parts: list[bytes] = []
        position = 0
        for match in _REPAIRED.finditer(self.written):
            dollar, inner = (b"$", match[1]) if match[1] else (b"", b"-")
            before, after = (b"{", b"}") if dollar else (b'"', b'"')
            parts += [self.written[position : match.start()], dollar, before, inner, after]
            position = match.end()
            self._places += [match.start() + len(dollar) + len(self._places), match.end() + 1 + len(self._places)]
        self.parsed = b"".join([*parts, self.written[position:]])

    def original(self, start: int, end: int) -> str:
        """The text as written that lies between two places of the parsed one."""
        first, last = (place - bisect_left(self._places, place) for place in (start, end))
        return self.written[first:last].decode("utf-8", "replace")


class _Walk:
    """The walk through one parsed text."""

    def __init__(self, shell: Shell, origin: _Source, line: int, file: str) -> None:
        self.shell = shell
        self.origin = origin
        self.source = origin.parsed
        self.line = line
        self.file = file
        self.depth = 0

    # --- statements -------------------------------------------------------------------------------------------------

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
        return Result(_together(known) if short else None, status)

    def statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None = None) -> Result:
        if self.depth > MAX_DEPTH or self.shell._depth + self.depth > 2 * MAX_DEPTH:
            self.shell._note(
                Gap(self.origin.original(node.start_byte, node.end_byte)[:120], "nested too deeply"),
                self.at(node),
                self.file,
            )
            return Result(None, None)
        self.depth += 1
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
            inner = [one for one in node.children if one.type in _STATEMENTS]
            if not inner and re.search(r"\w", words):
                self.shell._note(Gap(words[:120], "not readable as shell"), self.at(node), self.file)
            return self.block(inner, scope, weaker(sure, "likely"), stdin)
        return self.block([one for one in node.children if one.is_named], scope, sure, stdin)

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
        result = self.statement(node, scope, sure, stdin)
        for number, (operator_type, right_node) in enumerate(reversed(parts), 1):
            mine = redirects if number == len(parts) else ()
            left_result = Result("", result.status) if last_only and mine and result.stdout != NEVER else result
            result = self._joined(left_result, operator_type, right_node, scope, sure, mine)
        return result

    def _joined(
        self, left: Result, operator: str, node: Node, scope: Scope, sure: Confidence, redirects: Sequence[Node] = ()
    ) -> Result:
        wanted = operator == "&&"
        if left.status is not None and left.status is not wanted:
            if wanted or left.stdout == NEVER:
                return left if wanted else Result(left.stdout, True)
            self._perhaps(node, scope, redirects)
            return Result(left.stdout, left.status)
        surely = left.status is wanted
        right = self._redirected(node, redirects, scope, sure) if surely else self._perhaps(node, scope, redirects)
        output = None if left.stdout is None or right.stdout is None else _together([left.stdout, right.stdout])
        if left.status is None and not wanted:
            return Result(output, True if right.status is not None else None)
        return Result(output, right.status if left.status is not None else None)

    def _perhaps(self, node: Node, scope: Scope, redirects: Sequence[Node] = ()) -> Result:
        """What only some runs execute; an ``exit`` in it does not end the others, nor do its variables hold for all."""
        before = dict(scope.variables)
        result = self._redirected(node, redirects, scope, "possible")
        scope.variables = merged(before, [before] if scope.ended else [before, scope.variables])
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

    def _after_heredoc(self, nodes: list[Node], result: Result, scope: Scope, sure: Confidence) -> Result:
        """What stands behind ``<<EOF`` on its line; the grammar keeps it within the redirection."""
        operator = ""
        for node in nodes:
            if node.type in ("&&", "||"):
                operator = node.type
            elif node.type == "pipeline":
                for part in self._pipeline_parts(node):
                    result = self.statement(part, scope.copy(), sure, result.stdout)
            elif node.type in _STATEMENTS:
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
            return self.value(target, scope, sure)
        return scope.machine.read(absolute(self.value(target, scope, sure), scope.directory))

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

    def _subshell(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self.block(list(node.children), scope.copy(), sure, stdin)

    def _compound_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        if node.children and node.children[0].type == "((":
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
        """The branches of an ``if``. One whose condition the values decide is as sure as the whole; the others are
        kept as possible, for a project may set other values, unless the condition is written to be constant.
        """
        branches = _Branches(scope)
        for condition, body in arms:
            test = self.block(condition, scope, sure if branches.open else "possible") if condition else DONE
            constant = test.stdout == NEVER
            if constant and test.status is False:
                continue
            branches.run(test.status, lambda inner, level, nodes=body: self.block(nodes, inner, level), sure)  # type: ignore[misc]
            if constant:
                break
        branches.join()
        return Result("" if not arms else None, True)

    def _case_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        subject_node = node.child_by_field_name("value")
        subject = self.value(subject_node, scope, sure) if subject_node is not None else unknown("case")
        branches = _Branches(scope)
        for item in (one for one in node.children if one.type == "case_item"):
            patterns = [self.text(one).strip("\"'") for one in item.children_by_field_name("value")]
            values = {one.start_byte for one in item.children_by_field_name("value")}
            body = [one for one in item.children if one.is_named and one.start_byte not in values]
            fits = any(fnmatch.fnmatchcase(subject, one) for one in patterns) if is_known(subject) else None
            status = True if "*" in patterns else fits
            branches.run(status, lambda inner, level, nodes=body: self.block(nodes, inner, level), sure)  # type: ignore[misc]
        branches.join()
        return Result(None, True)

    def _for_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if body is None or name is None:
            return Result("", True)
        values = [word for one in node.children_by_field_name("value") for word in self.words(one, scope, sure)]
        known = values and all(is_known(one) for one in values)
        left = False  # by a ``break`` that every run reaches; further rounds are for when the one before fails
        for value in values[:MAX_ROUNDS] if known else values[:1]:
            scope.variables[self.text(name)] = value if known else unknown(self.text(name))
            if known and not left:
                self.statement(body, scope, sure)
                left, scope.broken = scope.broken, False
            else:
                self._perhaps(body, scope)
        return Result(None, True)

    def _c_style_for_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        body = node.child_by_field_name("body")
        return self._perhaps(body, scope) if body is not None else Result("", True)

    def _while_statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        until = node.children[0].type == "until"
        conditions = [one for one in node.children_by_field_name("condition") if one.is_named]
        test = self.block(conditions, scope, sure, stdin)
        body = node.child_by_field_name("body")
        enters = test.stdout == NEVER and test.status is not until
        never = test.stdout == NEVER and not enters
        if body is not None and not never:
            self.statement(body, scope, sure if enters else "possible", stdin)
            scope.ended = scope.broken = False
        return Result(None, True)

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
        if node.type.endswith("_expression") and node.type != "ternary_expression":
            return [word for child in node.children for word in self._test_words(child, scope, sure)]
        if not node.is_named or node.type == "test_operator":
            return [self.text(node)]
        return [self.value(node, scope, sure)]

    # --- simple commands --------------------------------------------------------------------------------------------

    def _variable_assignment(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        name, value = self.assignment(node, scope, sure)
        if name:
            scope.variables[name] = value
        return DONE

    def _variable_assignments(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        return self.block(list(node.children), scope, sure, stdin)

    def _declaration_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:
        result = self.block([one for one in node.children if one.type == "variable_assignment"], scope, sure, stdin)
        if self.text(node.children[0]) in ("export", "declare", "typeset"):
            for child in node.children[1:]:
                self._proxied(self.text(child).partition("=")[0].rstrip("+"), scope.variables, child, scope, sure)
        return result

    def _proxied(self, name: str, values: Mapping[str, str], node: Node, scope: Scope, sure: Confidence) -> None:
        """Hand on a variable that sends what later commands contact to a proxy."""
        if name.lower() in PROXIES and values.get(name):
            text = _one_line(self.origin.original(node.start_byte, node.end_byte))
            words = ("export", f"{name}={values[name]}")
            self.shell._perform(Command(words, {}, None, sure, self.at(node), text, scope.copy(), self.file))

    def _unset_command(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None) -> Result:  # noqa: ARG002
        for child in node.children[1:]:
            scope.variables[self.text(child)] = ""
        return DONE

    def assignment(self, node: Node, scope: Scope, sure: Confidence) -> tuple[str, str]:
        name_node, value_node = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None or name_node.type != "variable_name":
            if value_node is not None:
                self.value(value_node, scope, sure)
            return "", ""
        name = self.text(name_node)
        value = self.value(value_node, scope, sure) if value_node is not None else ""
        if any(one.type == "+=" for one in node.children):
            value = look_up(name, scope.variables) + value
        return name, named(value, name)

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
            elif child.type in ("file_redirect", "heredoc_redirect"):
                continue
            elif child.type == "command_name":
                words += self._first_word(child, scope, sure)
                begin = child
            elif child.is_named:
                more = self.words(child, scope, sure)
                if words and more and child.start_byte == end:  # the grammar parts "a`b`" before the "`"
                    words[-1] += more.pop(0)
                words += more
            end = child.end_byte
        first = node.children[0]
        if begin is not node and assigned and self._on_a_later_line(first, begin):
            scope.variables |= assigned  # the grammar takes "A=1" and the command on the next line for one
            assigned = {}
        if not words:
            scope.variables |= assigned
            return DONE
        start = begin.start_byte if begin is not node else node.start_byte
        shown_text = _one_line(self.origin.original(start, node.end_byte))
        command = Command(tuple(words), assigned, stdin, sure, self.at(begin), shown_text, scope, self.file)
        return self._called(command) or self.shell._perform(command)

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
        self.shell._calls += 1
        if self.shell._depth >= MAX_DEPTH or self.shell._calls > MAX_CALLS:
            why = "functions that call each other too deeply or too often"
            self.shell._note(Gap(command.text[:120], why), command.line, self.file)
            return Result(None, None)
        body, origin, line, file = found
        kept = {name: scope.variables.get(name) for name in (*"123456789", "@", "*", "#")}
        scope.variables |= positional(command.words[1:]) | command.assigned
        self.shell._depth += 1
        try:
            walk = _Walk(self.shell, origin, line, file)
            result = walk.statement(body, scope, command.confidence, command.stdin)
        finally:
            self.shell._depth -= 1
        scope.ended = False
        for name, value in kept.items():
            if value is None:
                scope.variables.pop(name, None)
            else:
                scope.variables[name] = value
        return Result(result.stdout, result.status)

    # --- words ------------------------------------------------------------------------------------------------------

    def words(self, node: Node, scope: Scope, sure: Confidence) -> list[str]:
        """The words that an argument expands to: unquoted expansions are split at blanks."""
        if node.type in ("simple_expansion", "expansion", "command_substitution") and self.text(node) != '"$@"':
            value = self.value(node, scope, sure)
            return _split(value) if value.strip() else ([] if is_known(value) else [value])
        if node.type == "concatenation" and any(one.type in _EXPANSIONS for one in node.children):
            value = self.value(node, scope, sure)
            quoted = any(one.type in ("string", "raw_string") for one in node.children)
            return [value] if quoted else _split(value)
        if node.type == "string" and self.text(node) in ('"$@"', '"${@}"'):
            return look_up("@", scope.variables).split() if "@" in scope.variables else []
        return [self.value(node, scope, sure)]

    def value(self, node: Node, scope: Scope, sure: Confidence) -> str:
        """The text of one word, string or expansion."""
        if self.depth > MAX_DEPTH:
            return unknown("nested")
        self.depth += 1
        try:
            found = self._value(node, scope, sure)
            return found if len(found) <= MAX_VALUE else unknown("value")
        finally:
            self.depth -= 1

    def _value(self, node: Node, scope: Scope, sure: Confidence) -> str:
        match node.type:
            case "word" | "number" | "extglob_pattern" | "regex" | "test_operator":
                if node.children:
                    return self.pieces(node, scope, sure)
                return _unescaped(self.text(node), scope)
            case "raw_string":
                return self.text(node)[1:-1]
            case "ansi_c_string":
                return self.text(node)[2:-1].replace("\\n", "\n").replace("\\t", "\t").replace("\\'", "'")
            case "string" | "translated_string":
                text = self.pieces(node, scope, sure)
                return text.removeprefix("$").removeprefix('"').removesuffix('"')
            case "concatenation" | "command_name":
                return "".join(self.value(one, scope, sure) for one in node.children)
            case "simple_expansion":
                return look_up(self.text(node)[1:], scope.variables)
            case "expansion":
                return self._expansion(node, scope, sure)
            case "command_substitution":
                return self._substituted(node, scope, sure)
            case "process_substitution":
                result = self.block([one for one in node.children if one.is_named], scope.copy(), sure)
                path = f"/dev/fd/{node.start_byte}"
                scope.machine.written[path] = result.stdout
                return path
            case "arithmetic_expansion":
                return unknown("number")
            case "array":
                return " ".join(self.value(one, scope, sure) for one in node.children if one.is_named)
            case _:
                return self.text(node)

    def pieces(self, node: Node, scope: Scope, sure: Confidence) -> str:
        """The text of a node with the expansions in it filled in; what lies between them is taken from the source."""
        found: list[str] = []
        position, length = node.start_byte, 0
        for child in node.children:
            if child.type in _EXPANSIONS or child.type in ("string", "raw_string", "ansi_c_string"):
                found.append(_plain(self.source[position : child.start_byte]))
                found.append(self.value(child, scope, sure))
                position = child.end_byte
                length += len(found[-1])
                if length > MAX_TEXT:
                    return unknown("value")
        return "".join([*found, _plain(self.source[position : node.end_byte])])

    def _expansion(self, node: Node, scope: Scope, sure: Confidence) -> str:
        name_node = next((one for one in node.children if one.type in ("variable_name", "special_variable_name",
                                                                       "subscript")), None)  # fmt: skip
        if name_node is None:
            return unknown("expansion")
        name = re.split(r"[\[\]]", self.text(name_node))[0]
        if node.children[1].type in ("!", "#"):
            return unknown(name)
        operator_node = next((one for one in node.children_by_field_name("operator")), None)
        if operator_node is None:
            return look_up(name, scope.variables)
        operator = self.text(operator_node)
        rest_start = operator_node.end_byte
        parts = [one for one in node.children if one.start_byte >= rest_start and one.type != "}"]
        if operator in ("/", "//"):
            rest = "".join("/" if not one.is_named else self.value(one, scope, sure) for one in parts)
        else:
            rest = "".join(self.value(one, scope, sure) for one in parts)
        if operator in ("#", "##", "%", "%%", "/", "//") or operator.lstrip(":") in ("-", "=", "+", "?"):
            value = modified(name, operator, rest, scope.variables)
            if operator in (":=", "="):
                scope.variables[name] = value
            return value
        value = look_up(name, scope.variables)
        if operator in (",,", "^^") and is_known(value):
            return value.lower() if operator == ",," else value.upper()
        return value if operator in (",", "^", "@") else unknown(name)

    def _substituted(self, node: Node, scope: Scope, sure: Confidence) -> str:
        inner = scope.copy()
        result = self.block([one for one in node.children if one.is_named], inner, sure)
        scope.functions |= inner.functions
        if result.stdout is None:
            first = re.search(r"[\w./{}-]+", self.text(node).lstrip("$(`"))
            return unknown(f"!{first[0].rstrip('/').rsplit('/', 1)[-1] if first else 'command'}")
        return result.stdout.removesuffix(NEVER).rstrip("\n")

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def at(self, node: Node) -> int:
        return self.line + int(node.start_point[0])


_REPAIRED: Final = re.compile(rb"(?<![\\$])\$([A-Za-z_][A-Za-z0-9_]*|[0-9])|(?<=[ \t])-(?=[ \t]*<)")
NEVER: Final = "\ue002"
"""The output of ``true``, ``:`` and ``false``: their status is written in the text and no value changes it."""
_EXPANSIONS: Final = ("simple_expansion", "expansion", "command_substitution", "arithmetic_expansion",
                      "process_substitution")  # fmt: skip
_HEREDOC_PARTS: Final = ("<<", "<<-", "heredoc_start", "heredoc_body", "heredoc_end", "ERROR")
_VISITED: Final = frozenset({
    "list", "pipeline", "redirected_statement", "subshell", "compound_statement", "do_group", "program",
    "negated_command", "if_statement", "case_statement", "for_statement", "c_style_for_statement", "while_statement",
    "function_definition", "test_command", "variable_assignment", "variable_assignments", "declaration_command",
    "unset_command", "command",
})  # fmt: skip
"""The kinds of nodes that `_Walk` has a method for; broken texts have others in the place of statements."""
_STATEMENTS: Final = ("command", "pipeline", "list", "subshell", "compound_statement", "redirected_statement",
                      "if_statement", "for_statement", "while_statement", "case_statement", "declaration_command",
                      "variable_assignment", "function_definition", "negated_command", "test_command")  # fmt: skip


def _together(outputs: list[str]) -> str:
    """What several commands print; `NEVER` only where nothing but such commands run."""
    printed = [one for one in outputs if one != NEVER]
    return "".join(printed) if printed or not outputs else NEVER


def _split(value: str) -> list[str]:
    """A value at its blanks; those within a mark are none."""
    return re.findall(f"(?:{OPEN}[^{CLOSE}]*{CLOSE}|\\S)+", value) if OPEN in value else value.split()


def named(value: str, name: str) -> str:
    """A value whose unknown part is a command's output is unknown under the name of the variable that takes it; ECR's
    token and the text of a well-known script stay what they are.
    """
    return re.sub(f"{OPEN}!(?!ecr-token|installer )[^\ue001]*", OPEN + name.replace("\\", ""), value)


def positional(words: tuple[str, ...]) -> dict[str, str]:
    """``$1`` … ``$9``, ``$@``, ``$*`` and ``$#`` of a function or script."""
    numbered = {str(number): word for number, word in enumerate(words[:9], 1)}
    rest = {str(number): "" for number in range(len(numbered) + 1, 10)}
    joined = " ".join(words)
    return numbered | rest | {"@": joined, "*": joined, "#": str(len(words))}


def absolute(path: str, directory: str) -> str:
    """A path as seen from a directory, both in the machine's own notation."""
    import posixpath

    if path.startswith("~/"):
        path = "/root/" + path[2:]
    return posixpath.normpath(posixpath.join(directory, path))


def write(machine: Machine, path: str, text: str | None, *, append: bool) -> None:
    """Keep what a command writes to a file."""
    if not append:
        machine.settings.pop(f"appended {path}", None)
    elif path not in machine.written:
        machine.settings[f"appended {path}"] = "yes"
    old = machine.read(path) if append else ""
    if append and old is None and path not in machine.written:
        old = ""
    whole = None if text is None or old is None else old + text
    machine.written[path] = whole if whole is None or len(whole) <= MAX_TEXT else None
    if text is None and append and old:
        machine.written[path] = old


def _plain(source: bytes) -> str:
    return re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], source.decode("utf-8", "replace"))


def _unescaped(text: str, scope: Scope) -> str:
    if text == "~" or text.startswith("~/"):
        text = scope.variables.get("HOME", "/root") + text[1:]
    return re.sub(r"\\(.|\n)", lambda m: "" if m[1] == "\n" else m[1], text, flags=re.DOTALL) if "\\" in text else text


def _one_line(text: str) -> str:
    line = " ".join(text.replace("\\\n", " ").split())
    return line if len(line) <= 200 else line[:199] + "…"


def judge(words: list[str], scope: Scope) -> bool | None:
    """Whether a test (``[ … ]``, ``test``) holds; None where the files do not tell.

    Only comparisons of values that are known, and whether a file of the context is there, are judged.
    """
    if not words:
        return None
    for operator, both in (("||", any), ("-o", any), ("&&", all), ("-a", all)):
        if operator in words[1:-1]:
            at = words.index(operator)
            sides: list[Any] = [judge(words[:at], scope), judge(words[at + 1 :], scope)]
            decisive = both is any
            return decisive if decisive in sides else None if None in sides else not decisive
    if words[0] == "!":
        inner = judge(words[1:], scope)
        return None if inner is None else not inner
    if words[0] == "(" and words[-1] == ")":
        return judge(words[1:-1], scope)
    if len(words) == 2:
        return _unary(words[0], words[1], scope)
    if len(words) == 3:
        return _binary(words[0], words[1], words[2])
    return None


def _unary(operator: str, operand: str, scope: Scope) -> bool | None:
    if operator in ("-z", "-n"):
        empty = operand == ""
        if not empty and not is_known(operand) and not operand.replace(OPEN, "").strip("\ue001"):
            return None
        if not is_known(operand):
            return None
        return empty if operator == "-z" else not empty
    path = absolute(operand, scope.directory)
    if operator in ("-f", "-e", "-s", "-r", "-x") and is_known(operand) and scope.machine.exists(path):
        return True
    if operator == "-d" and is_known(operand) and scope.machine.has_folder(path):
        return True
    return None


_NUMERIC: Final = {"-eq": "==", "-ne": "!=", "-lt": "<", "-gt": ">", "-le": "<=", "-ge": ">="}


def _binary(left: str, operator: str, right: str) -> bool | None:
    if not is_known(left) or not is_known(right):
        return None
    if operator in ("=", "=="):
        return fnmatch.fnmatchcase(left, right) if any(one in right for one in "*?") else left == right
    if operator == "!=":
        return left != right
    if operator in _NUMERIC and re.fullmatch(r"-?\d{1,9}", left) and re.fullmatch(r"-?\d{1,9}", right):
        one, other = int(left), int(right)
        return {"==": one == other, "!=": one != other, "<": one < other, ">": one > other, "<=": one <= other,
                ">=": one >= other}[_NUMERIC[operator]]  # fmt: skip
    return None

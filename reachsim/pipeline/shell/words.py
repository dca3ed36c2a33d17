"""The words of a command: quotes, variables, command substitution.

Not modelled: arithmetic.
**Source:** Bash Reference Manual, "Shell Expansions".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from reachsim.pipeline.alternatives import either
from reachsim.pipeline.records import Confidence
from reachsim.pipeline.shell.arrays import elements
from reachsim.pipeline.shell.braces import braced, has_braces
from reachsim.pipeline.shell.scope import NEVER, Note, Perform, Result, Scope, absolute, arguments_of
from reachsim.pipeline.shell.source import Source
from reachsim.pipeline.variables import CLOSE, MAX_TEXT, MAX_VALUE, OPEN, is_known, look_up, modified, unknown

if TYPE_CHECKING:
    from tree_sitter import Node

    from reachsim.pipeline.ledger import Ledger

MAX_DEPTH: Final = 60
MAX_PATHS: Final = 100
_OPTIONS_READ: Final = r"\$\(\(\s*\$?OPTIND\s*-\s*1\s*\)\)"
_ELEMENTS: Final = (
    r"\$\{(?P<keys>!?)(?:(?P<name>\w+)\[[@*]\]|@)(?::\s*(?P<start>\d{1,3})(?::\s*(?P<count>\d{1,3}))?)?\}"
)


_PROGRAM_OR_NAME: Final = (
    r"\$\(\s{0,9}(?:command -v|which|type -p) ([\w.-]{1,60})(?: 2> ?/dev/null)? ?\|\| ?echo ['\"]?\1['\"]?\s{0,9}\)"
)
"""``$(command -v uv 2>/dev/null || echo uv)``."""


class Running(Protocol):
    """What the walks through the texts of one run have in common."""

    perform: Perform
    note: Note
    ledger: Ledger
    depth: int
    calls: int


class Words:
    """The words of one parsed text."""

    def __init__(self, shell: Running, origin: Source, line: int, file: str) -> None:
        self.shell = shell
        self.origin = origin
        self.source = origin.parsed
        self.line = line
        self.file = file
        self.depth = 0

    def block(self, nodes: list[Node], scope: Scope, sure: Confidence, stdin: str | None = None) -> Result:
        """Walk statements one after the other."""
        raise NotImplementedError

    def statement(self, node: Node, scope: Scope, sure: Confidence, stdin: str | None = None) -> Result:
        """Walk one statement."""
        raise NotImplementedError

    def words(self, node: Node, scope: Scope, sure: Confidence) -> list[str]:
        """The words that an argument expands to: unquoted expansions are split at blanks, patterns become the names of
        the files that fit them.
        """
        listed = self._elements(node, scope)
        if listed is not None:
            return listed
        if node.type in ("word", "concatenation", "brace_expression") and not any(
            one.type in _QUOTED for one in node.children
        ):
            text = self.text(node)
            if has_braces(text):
                return braced(self.value(node, scope, sure))
            if "*" in text or "?" in text or "[" in text:
                value = self.value(node, scope, sure)
                return _paths(value, scope) or (_split(value) if node.type == "concatenation" else [value])
        if node.type in ("simple_expansion", "expansion", "command_substitution") and self.text(node) != '"$@"':
            value = self.value(node, scope, sure)
            return _split(value) if value.strip() else ([] if is_known(value) else [value])
        if node.type == "concatenation" and any(one.type in _EXPANSIONS for one in node.children):
            value = self.value(node, scope, sure)
            quoted = any(one.type in _QUOTED for one in node.children)
            return [value] if quoted else _split(value)
        if node.type == "string" and self.text(node) in ('"$@"', '"${@}"'):
            return arguments_of(scope.variables) or []
        return [self.value(node, scope, sure)]

    def _elements(self, node: Node, scope: Scope) -> list[str] | None:
        """The words of ``"${A[@]}"``, ``"${A[@]:1}"``, ``"${@:2}"`` and ``"${!A[@]}"``, one for each element; None for
        anything else.
        """
        inner = [node]
        if node.type == "string":
            inner = [one for one in node.children if one.type not in ('"', "string_content")]
        if len(inner) != 1 or inner[0].type != "expansion":
            return None
        match = re.fullmatch(_ELEMENTS, self.text(inner[0]))
        if match is None or (node.type == "string" and self.text(node) != f'"{match[0]}"'):
            return None
        if match["name"] is None:
            words, first = arguments_of(scope.variables), 1
        else:
            known = elements(scope.variables, match["name"])
            is_array = f"{match['name']}[@]" in scope.variables
            words, first = list(known if match["keys"] else known.values()) if is_array else None, 0
        if words is None or match["start"] is None:
            return words
        start = max(int(match["start"]) - first, 0)
        return words[start : start + int(match["count"])] if match["count"] else words[start:]

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
                self.within(node, scope, sure)
                past = scope.variables.get("OPTIND") if re.fullmatch(_OPTIONS_READ, self.text(node)) else None
                return str(int(past) - 1) if past and past.isdigit() else unknown("number")
            case "array":
                return " ".join(self.value(one, scope, sure) for one in node.children if one.is_named)
            case _:
                return self.text(node)

    def within(self, node: Node, scope: Scope, sure: Confidence) -> None:
        """Walk the command substitutions of something whose value is not worked out."""
        for child in node.children:
            if child.type == "command_substitution":
                self.value(child, scope, sure)
            elif self.depth <= MAX_DEPTH:
                self.depth += 1
                self.within(child, scope, sure)
                self.depth -= 1

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
        name = self.text(name_node).partition("[")[0]
        index = name_node.child_by_field_name("index") if name_node.type == "subscript" else None
        if node.children[1].type == "#":
            return unknown(name)
        if node.children[1].type == "!":
            return self._indirect(name, node, index, scope)
        if index is not None:
            key = f"{name}[{self.value(index, scope, sure)}]"
            known = elements(scope.variables, name)
            if known and key not in scope.variables and not key.endswith(("[@]", "[*]")):
                return either(name, known.values())  # which of them is not told
            name = key if key in scope.variables else name
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

    def _indirect(self, name: str, node: Node, index: Node | None, scope: Scope) -> str:
        """``${!NAME}``: the variable that a variable names; ``${!A[@]}``: an array's keys; ``${!PREFIX@}``: names."""
        if index is not None:
            return " ".join(elements(scope.variables, name)) or unknown(name)
        if re.fullmatch(r"\$\{!\w+[@*]\}", self.text(node)):
            return " ".join(sorted(one for one in scope.variables if one.startswith(name) and one.isidentifier()))
        other = look_up(name, scope.variables)
        if len(node.children) > 4 or not is_known(other) or not re.fullmatch(r"\w+(?:\[\w+\])?", other):
            return unknown(name)
        return look_up(other, scope.variables)

    def _substituted(self, node: Node, scope: Scope, sure: Confidence) -> str:
        asked = re.fullmatch(_PROGRAM_OR_NAME, self.text(node))
        if asked:
            return asked[1]  # found or not, it is run by its name
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


_QUOTED: Final = ("string", "raw_string", "ansi_c_string", "translated_string")
_EXPANSIONS: Final = ("simple_expansion", "expansion", "command_substitution", "arithmetic_expansion",
                      "process_substitution")  # fmt: skip


def _split(value: str) -> list[str]:
    """A value at its blanks; those within a mark are none."""
    return re.findall(f"(?:{OPEN}[^{CLOSE}]*{CLOSE}|\\S)+", value) if OPEN in value else value.split()


def _paths(pattern: str, scope: Scope) -> list[str]:
    """The paths that fit a pattern, written as the pattern is; none where no file is known that does."""
    if not is_known(pattern) or "://" in pattern or len(pattern) > 200:
        return []
    whole = absolute(pattern, scope.directory)
    found = sorted(scope.machine.matches(whole + ("/" if pattern.endswith("/") else "")))[:MAX_PATHS]
    head = "" if pattern.startswith(("/", "~")) else scope.directory.rstrip("/") + "/"
    start = "./" if pattern.startswith("./") else ""
    return [start + one.removeprefix(head) for one in found] if all(one.startswith(head) for one in found) else found


def _plain(source: bytes) -> str:
    return re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], source.decode("utf-8", "replace"))


def _unescaped(text: str, scope: Scope) -> str:
    if re.match(r"~[+-](?:/|$)", text):
        name = "OLDPWD" if text[1] == "-" else "PWD"
        text = scope.variables.get(name, scope.directory) + text[2:]
    if text == "~" or text.startswith("~/"):
        text = scope.variables.get("HOME", "/root") + text[1:]
    return re.sub(r"\\(.|\n)", lambda m: "" if m[1] == "\n" else m[1], text, flags=re.DOTALL) if "\\" in text else text

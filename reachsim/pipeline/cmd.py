"""What Windows' ``cmd`` runs of a text: its commands, ``if``, ``for``, ``call``, ``set``, blocks and batch files.

A ``goto`` back to an earlier label makes a loop, of which one round is read. Not read: delayed expansion, arguments of
subroutines. **Source:** Microsoft, "cmd" (``&&``, ``||``, ``&``), "if", "for", "call" (``%1``, ``%*``, ``%~dp0``),
"goto", "exit", "set" (``%NAME%``), "start".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from msgspec import Struct

from reachsim.pipeline import powershell, powershell_values
from reachsim.pipeline.call import quoted
from reachsim.pipeline.powershell_values import place
from reachsim.pipeline.records import Confidence, weaker
from reachsim.pipeline.variables import is_known, unknown

MAX_DEPTH: Final = 20
_SILENT: Final = re.compile(r"(?:rem|echo|setlocal|endlocal|pause|title|color|cls|ver|prompt|shift)\b|echo[.:]|::",
                            re.IGNORECASE)  # fmt: skip
_SIGN: Final = re.compile(r"(\&\&|\|\||\&)\s*|\n")
_TOOLS: Final = frozenset(
    ["vcvarsall.bat", "vcvars64.bat", "vcvars32.bat", "vsdevcmd.bat", "refreshenv", "refreshenv.cmd", "cd.", "where",
     "icacls", "reg", "msiexec", "robocopy", "xcopy", "taskkill", "timeout", "del", "rd", "md", "copy", "move", "ren",
     "setx", "attrib", "takeown", "cacls"]
)  # fmt: skip
"""Programs that only change the machine or the session."""
_ARGUMENT: Final = re.compile(r"%(?:(?P<all>\*)|(?P<form>~[a-z$:]*)?(?P<number>\d))", re.IGNORECASE)
_EXIT: Final = re.compile(r"exit\b(?:\s+/b)?\s*(?P<status>[^\s)]*)", re.IGNORECASE)
_END: Final = "eof"
_FAILURE: Final = "!failure"


class _Piece(Struct, frozen=True):
    """A command; ``follows``: it runs whenever those before it succeed, ``chained``: not if they fail."""

    text: str
    follows: bool
    chained: bool


_CONDITION: Final = re.compile(
    r"(?:/i\s++)?(?P<not>not\s++)?(?:/i\s++)?(?:(?P<word>exist|defined|errorlevel)\s+(?P<what>\"[^\"]*\"|\S+)"
    r"|(?P<one>\"[^\"]*\"|[^\s=\"]*)\s*(?:==|\s(?P<sign>EQU|NEQ|LSS|LEQ|GTR|GEQ)\s)\s*(?P<other>\"[^\"]*\"|\S+))\s*",
    re.IGNORECASE,
)
_FOR: Final = re.compile(
    r"for\s+(?P<kind>/[a-z]\s+(?:\"[^\"]*\"\s+)?)?%%?(?P<name>\w)\s+in\s*\((?P<values>[^)]*)\)\s*do\s+", re.IGNORECASE
)


class Host(powershell_values.Host, Protocol):
    """What runs around a text."""

    def powershell(self, text: str, sure: Confidence) -> None: ...


_LABEL_END: Final = re.compile(r"[\s:]")


class Reader:
    """One walk through a text and the texts within it."""

    def __init__(self, host: Host, arguments: tuple[str, ...] = ()) -> None:
        self.host, self.arguments = host, arguments
        self.depth = 0
        self.pieces: list[_Piece] = []
        self.labels: dict[str, int] = {}
        self.jump = ""  # the label that the last statement has gone to
        self.perhaps = False  # only some runs have
        self.called: set[str] = set()

    def text(self, text: str, sure: Confidence) -> None:
        if len(text) > powershell_values.MAX_TEXT:
            self.host.gap(text)
            return
        pieces = list(_pieces(re.sub(r"(?:\^|\\)\r?\n", " ", text)))
        if self.depth:
            self._block(pieces, sure)
            return
        self.pieces = pieces
        for number, piece in enumerate(pieces, 1):
            if piece.text.startswith(":"):
                self.labels.setdefault(_LABEL_END.split(piece.text[1:].lstrip().lower(), maxsplit=1)[0], number)
        self._from(0, sure)

    def _from(self, at: int, sure: Confidence) -> None:
        """Walk the pieces of the text from one on, where its jumps lead."""
        doubted = at
        while at < len(self.pieces):
            piece = self.pieces[at]
            at += 1
            level = sure if piece.follows else weaker(sure, "possible")
            self.jump, self.perhaps = "", False
            self._statement(piece.text, weaker(level, "likely") if at <= doubted else level)
            target = self._target(self.jump, at) if self.jump else None
            if target is None:
                continue
            if self.perhaps or piece.chained or not piece.follows:
                doubted = doubted if self._fails(target) else max(doubted, target)
            else:
                at = target
        self.jump = ""

    def _block(self, pieces: list[_Piece], sure: Confidence) -> None:
        """Walk a block, up to where it is left."""
        for piece in pieces:
            self.jump = ""
            self._statement(piece.text, sure if piece.follows else weaker(sure, "possible"))
            if self.jump:
                self.perhaps = self.perhaps or piece.chained or not piece.follows
                break

    def _target(self, label: str, at: int) -> int | None:
        """Where a jump leads: the piece behind the label, or the end; None if that lies before, in a loop."""
        if label in (_END, _FAILURE):
            return len(self.pieces)
        found = self._label(label)
        if found is None:
            self.host.gap(f"goto {label}")
        return found if found is None or found > at else None

    def _label(self, label: str) -> int | None:
        """The number of the piece behind a label, if the text has it. A label ends at a space or a colon."""
        return self.labels.get(_LABEL_END.split(label.lower(), maxsplit=1)[0])

    def _fails(self, at: int) -> bool:
        """Whether what follows there soon ends the text in failure, and contacts nothing before."""
        if at >= len(self.pieces):
            return self.jump == _FAILURE
        for piece in self.pieces[at : at + 5]:
            left = _EXIT.match(piece.text)
            if left:
                return left["status"].strip("0") != ""
            if not _SILENT.match(piece.text) and piece.text:
                break
        return False

    def _statement(self, text: str, sure: Confidence) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH or len(text) > powershell_values.MAX_STATEMENT:
            self.host.gap(text)
        else:
            self._read(text, sure)
        self.depth -= 1

    def _read(self, text: str, sure: Confidence) -> None:
        if text.startswith("("):
            self.text(text[1 : _closing(text, 0)], sure)
            return
        match = re.match(r"(if|for|call|set|start|goto)\b\s*", text, re.IGNORECASE)
        left = _EXIT.match(text)
        if not text or _SILENT.match(text) or text.startswith(":"):
            return
        if left:
            self.jump = _FAILURE if left["status"].strip("0") else _END
        elif match and match[1].lower() == "goto":
            self.jump = text[match.end() :].strip().removeprefix(":").lower()
        elif match and match[1].lower() == "call" and text[match.end() :].startswith(":"):
            self._subroutine(text[match.end() + 1 :].split()[:1], sure)
        elif match and match[1].lower() in ("if", "for"):
            getattr(self, f"_{match[1].lower()}")(text, match.end(), sure)
        elif match and match[1].lower() == "set":
            self._set(text[match.end() :])
        elif match:
            rest = (
                re.sub(r"^(?:/\w+\s+|\"[^\"]*\"\s+(?=\S))*", "", text[match.end() :])
                if match[1].lower() == "start"
                else text[match.end() :]
            )
            self._statement(rest, sure)
        else:
            self._command(text, sure)

    def _subroutine(self, names: list[str], sure: Confidence) -> None:
        """``call :LABEL``: what stands there, up to ``exit /b``; each is read once."""
        label = names[0].lower() if names else ""
        at = self._label(label)
        if at is None:
            self.host.gap(f"call :{label}")
        elif label not in self.called:
            self.called.add(label)
            own, self.arguments = self.arguments, self.arguments[:1]
            self._from(at, sure)
            self.arguments = own

    def _if(self, text: str, at: int, sure: Confidence) -> None:
        condition = _CONDITION.match(text, at)
        if condition is None:
            self.host.gap(text)
            return
        holds = self._holds(condition)
        first, rest = _taken(text[condition.end() :])
        other = re.match(r"\s*else\s+|\s*else(?=\()", rest, re.IGNORECASE)
        bodies = [first, rest[other.end() :]] if other else [first]
        jumps: list[str] = []

        def walk(body: str) -> Callable[[], object]:
            def walked() -> None:
                self.jump = ""
                self._statement(body, sure)
                jumps.append(self.jump)

            return walked

        may = [holds is not False, holds is not True]
        walks = [(walk(body), may[number] and not _ends_badly(body)) for number, body in enumerate(bodies)]
        self.host.branches(walks, whole=holds is not None or other is not None)
        taken = [jump for number, jump in enumerate(jumps) if may[number]]
        whole = holds is True or (other is not None and all(taken))
        self.jump = next(filter(None, taken), "")
        self.perhaps = self.perhaps or (bool(self.jump) and not whole)

    def _holds(self, condition: re.Match[str]) -> bool | None:
        """Whether a condition holds, as far as the files tell."""
        word, found = (condition["word"] or "").lower(), None
        if word == "exist":
            found = True if self.host.exists(place(self._filled(condition["what"]).strip('"'))) else None
        elif word == "defined":
            found = True if condition["what"] in self.host.variables else None
        elif not word and not condition["sign"]:
            one, other = (self._filled(condition[side]).strip('"') for side in ("one", "other"))
            found = one == other if is_known(one + other) and "%" not in one + other else None
        return found if found is None or not condition["not"] else not found

    def _for(self, text: str, at: int, sure: Confidence) -> None:  # noqa: ARG002
        head = _FOR.match(text)
        if head is None:
            self.host.gap(text)
            return
        values = (
            self._filled(head["values"]).split() if not head["kind"] and not re.search(r"[*?]", head["values"]) else []
        )
        for value in values or [unknown(head["name"])]:
            body = re.sub(rf"%%?(?:~\w*)?{head['name']}\b", lambda _, value=value: value.strip('"'), text[head.end() :])  # type: ignore[misc]
            self._statement(body, sure if values else weaker(sure, "possible"))
            self.perhaps = self.perhaps or not values

    def _set(self, text: str) -> None:
        name, equals, value = text.strip().strip('"').partition("=")
        if equals and not name.startswith("/"):
            self.host.variables[name.strip()] = self._filled(value)

    def _filled(self, text: str) -> str:
        text = _ARGUMENT.sub(self._argument, text) if self.arguments else text
        return re.sub(r"%(\w+)(?::[^%]*)?%", lambda one: self.host.variables.get(one[1], one[0]), text)

    def _argument(self, match: re.Match[str]) -> str:
        """What ``%1`` to ``%9`` and ``%*`` stand for in a batch file, and ``%~dp0``: its own folder."""
        path, *given = self.arguments
        if match["all"]:
            return " ".join(given) if given else unknown("arguments")
        number, form = int(match["number"]), (match["form"] or "").lower()
        if not number:
            return f"{path.rpartition('/')[0]}/" if form in ("~dp", "~p") else path
        value = given[number - 1] if number <= len(given) else unknown(f"argument{number}")
        return value.strip('"') if form == "~" else unknown(f"argument{number}") if form else value

    def _command(self, text: str, sure: Confidence) -> None:
        commands: list[str] = []
        for element in re.findall(r"(?:\"[^\"]*\"|[^|\"])+", text):
            plain = self._filled(element.strip())
            words = re.findall(r"(?:\"[^\"]*\"|[^\s\"])+", plain)
            words = [one for at, one in enumerate(words) if not re.match(r"\d?>|<", one)
                     and not (at and re.fullmatch(r"\d?>{1,2}|<", words[at - 1]))]  # fmt: skip
            if not words:
                continue
            name = re.sub(r"\.exe$", "", place(words[0].strip('"')), flags=re.IGNORECASE)
            last = name.rsplit("/", 1)[-1].lower()
            if last in ("powershell", "pwsh"):
                self.host.powershell(powershell.handed_in(plain), sure)
            elif last == "cmd":
                self.text(re.sub(r"^\S+\s+(?:/\w(?::\w+)?\s+)*", "", plain).strip().strip("\"'"), sure)
                self.jump = ""
            elif last in _TOOLS:
                continue
            elif re.search(r"\.(?:bat|cmd)$", last) and (not name.startswith("/") or self.host.exists(name)):
                self.host.script(name, sure, tuple(words[1:]))
            elif "%" in words[0]:
                self.host.gap(element)
            else:
                name = name.rsplit("/", 1)[-1] if name.startswith("/") else name
                commands.append(" ".join([quoted(name), *(quoted(word.replace('"', "")) for word in words[1:])]))
        if commands:
            self.host.run(" | ".join(commands), sure)


def read(text: str, host: Host, sure: Confidence, arguments: tuple[str, ...] = ()) -> None:
    """Walk a text; that of a batch file with its path and the words that it is given."""
    Reader(host, arguments).text(text, sure)


def _taken(text: str) -> tuple[str, str]:
    """(the command that follows a condition, what stands behind it)."""
    if text.startswith("("):
        end = _closing(text, 0)
        return text[: end + 1], text[end + 1 :]
    return text, ""


def _closing(text: str, at: int) -> int:
    """The position of the bracket that closes the one at ``at``."""
    depth, quote = 0, False
    for position in range(at, len(text)):
        sign = text[position]
        quote = quote != (sign == '"')
        depth += 0 if quote else (sign == "(") - (sign == ")")
        if not depth:
            return position
    return len(text)


def _ends_badly(body: str) -> bool:
    """Whether a branch ends in failure."""
    inner = body[1 : _closing(body, 0)] if body.startswith("(") else body
    last = [one.text for one in _pieces(inner) if one.text][-1:]
    left = _EXIT.match(last[0]) if last else None
    return left is not None and left["status"].strip("0") != ""


def _pieces(text: str) -> Iterator[_Piece]:
    """The commands between line ends, ``&&``, ``||`` and ``&`` outside of quotes and blocks."""
    piece, quote, depth, at, sure, chained = "", False, 0, 0, True, False
    while at < len(text):
        sign = _SIGN.match(text, at) if text[at] in "&|\n" and not quote and not depth else None
        if sign:
            yield _Piece(piece.strip().lstrip("@").strip(), sure, chained)
            sure = (sure or sign[1] is None) and sign[1] != "||"
            chained = sign[1] in ("&&", "||")
            piece, at = "", sign.end()
            continue
        quote = quote != (text[at] == '"')
        opens = text[at] == "(" and (
            depth > 0 or not piece.strip("@ ") or re.search(r"(?:\s|else|do)$", piece[-5:]) is not None
        )
        depth += 0 if quote else opens - (text[at] == ")" and depth > 0)
        piece += text[at]
        at += 1
    yield _Piece(piece.strip().lstrip("@").strip(), sure, chained)

"""``if``, ``switch``, ``try``, loops, functions and conditions of PowerShell.

**Source:** Microsoft, "about_Language_Keywords", "about_If", "about_Switch", "about_Try_Catch_Finally",
"about_Foreach".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from reachsim.pipeline import powershell_text as texts
from reachsim.pipeline.alternatives import either
from reachsim.pipeline.powershell_values import MAX_DEPTH, VALUE, Ended, Value, Values, place
from reachsim.pipeline.records import Confidence
from reachsim.pipeline.variables import is_known, unknown


class Control(Values):
    """What decides which parts of a text run."""

    def text(self, text: str, sure: Confidence) -> str | None:
        """Walk a text; the output of its last statement."""
        raise NotImplementedError

    def expression(self, text: str, sure: Confidence) -> Value | None:
        """The value of an expression, or the output of a pipeline; None where neither is known."""
        raise NotImplementedError

    def _chosen(self, name: str, rest: str, sure: Confidence) -> Value | None:
        """The value of ``if (…) {…} else {…}``: that of the branch that is taken, else either."""
        arms = self._arms(rest, sure)
        for holds, body in arms:
            if holds is None:
                return self._either(name, [body for _, body in arms])
            if holds:
                return self.expression(body, sure)
        return None

    def _switched(self, name: str, rest: str, sure: Confidence) -> Value | None:  # noqa: ARG002
        """The value of ``switch (…) {…}``: that of one of its cases."""
        return self._either(name, self._cases(rest))

    def _either(self, name: str, bodies: list[str]) -> str:
        values = [self.expression(body, "possible") for body in bodies]
        return either(name.split(":")[-1], [one for one in values if isinstance(one, str)])

    def _arms(self, rest: str, sure: Confidence) -> list[tuple[bool | None, str]]:
        """(whether it holds, body) of the branches, each judged when those before it do not hold."""
        found: list[tuple[bool | None, str]] = []
        at: int | None = 0
        while at is not None:
            opening = rest.find("(", at)
            if opening < 0 or (brace := rest.find("{", at)) < 0:
                break
            holds: bool | None = True
            if opening < brace:
                end = texts.group(rest, opening)
                holds = self._holds(rest[opening + 1 : end - 1], sure)
                brace = rest.find("{", end)
            if brace < 0:
                break
            end = texts.group(rest, brace)
            found.append((holds, rest[brace + 1 : end - 1]))
            more = re.compile(r"\s*(?:elseif\s*(?=\()|else\s*(?=\{))", re.IGNORECASE).match(rest, end)
            if more is None:
                break
            at = more.end()
            if rest[at] == "{":
                end = texts.group(rest, at)
                found.append((True, rest[at + 1 : end - 1]))
                break
        return found

    def _if(self, rest: str, sure: Confidence) -> None:
        arms = self._arms(rest, sure)
        taken = next((number for number, (holds, _) in enumerate(arms) if holds is not False), None)
        if taken is None or arms[taken][0] is None:
            self._branches(
                [(body, holds is not False) for holds, body in arms], sure, whole=bool(arms) and arms[-1][0] is True
            )
            return
        self._branches([(body, False) for number, (_, body) in enumerate(arms) if number != taken], sure, whole=False)
        self.text(arms[taken][1], sure)

    def _branches(self, bodies: list[tuple[str, bool]], sure: Confidence, *, whole: bool) -> None:
        """Walk branches of which one runs; each with whether it may be taken."""
        ends: list[Ended | None] = []

        def walk(body: str) -> Callable[[], object]:
            def walked() -> None:
                self.text(body, sure)
                ends.append(self.ended)

            return walked

        self.host.branches([(walk(body), may and not _fails(body)) for body, may in bodies], whole=whole)
        taken = [end for end, (_, may) in zip(ends, bodies, strict=True) if may]
        if whole and taken and all(taken):
            self.ended = "success" if "success" in taken else "failure"
        else:
            self.ended = "perhaps" if "success" in taken else None

    def _try(self, rest: str, sure: Confidence) -> None:
        at = rest.find("{")
        end = texts.group(rest, at)
        self.text(rest[at + 1 : end - 1], sure)
        self.ended = None
        for match in re.finditer(r"\b(catch|finally)\b[^{]{0,1000}\{", rest[end:], re.IGNORECASE):
            start = end + match.end() - 1
            body = rest[start + 1 : texts.group(rest, start) - 1]
            self.text(body, sure if match[1].lower() == "finally" else "possible")
            self.ended = None

    def _foreach(self, rest: str, sure: Confidence) -> None:
        head = re.match(r"\(\s*\$(\w+)\s+in\s+", rest, re.IGNORECASE)
        end = texts.group(rest, 0)
        body = self._body(rest[end:])
        values = self.expression(rest[head.end() : end - 1], sure) if head else None
        if head is None or not isinstance(values, tuple):
            if head:
                self.own[head[1].lower()] = values if isinstance(values, str) and is_known(values) else unknown(head[1])
            self.text(body, sure if isinstance(values, str) and is_known(values) else "possible")
            self.ended = None
            return
        for one in values:
            self.own[head[1].lower()] = one
            self.text(body, sure)
        self.ended = None

    def _for(self, rest: str, sure: Confidence) -> None:  # noqa: ARG002
        self.text(self._body(rest[texts.group(rest, 0) :]), "possible")
        self.ended = None

    _while = _for

    def _do(self, rest: str, sure: Confidence) -> None:
        self.text(self._body(rest), sure)
        self.ended = None

    def _switch(self, rest: str, sure: Confidence) -> None:
        inside = self._body(rest[texts.group(rest, rest.find("(")) :])
        closed = re.search(r"(?:^|\})\s*default\s*\{[^{}]*\}\s*$", inside, re.IGNORECASE) is not None
        self._branches([(body, True) for body in self._cases(rest)], sure, whole=closed)

    def _cases(self, rest: str) -> list[str]:
        inside = self._body(rest[texts.group(rest, rest.find("(")) :])
        found, at = [], inside.find("{")
        while at >= 0:
            end = texts.group(inside, at)
            found.append(inside[at + 1 : end - 1].strip())
            at = inside.find("{", end)
        return found

    def _function(self, rest: str, sure: Confidence) -> None:  # noqa: ARG002
        name = re.match(r"[\w:-]+", rest)
        if name:
            self.own[f"function:{name[0].lower()}"] = self._body(rest[name.end() :])

    _filter = _function

    def _param(self, rest: str, sure: Confidence) -> None:
        """Parameters have their defaults; what is handed in is not followed."""
        inside = rest[1 : texts.group(rest, 0) - 1] if rest.startswith("(") else ""
        for one in texts.listed(inside):
            match = re.search(r"\$(\w+)\s*(?:=\s*(.*))?$", one, re.DOTALL)
            if match:
                value = self.value(match[2].strip()) if match[2] else unknown(match[1])
                self.own[match[1].lower()] = value
        self.text(rest[texts.group(rest, 0) :], sure)

    def _begin(self, rest: str, sure: Confidence) -> None:
        self.text(self._body(rest), sure)

    _process = _end = _begin

    @staticmethod
    def _body(rest: str) -> str:
        at = rest.find("{")
        return rest[at + 1 : texts.group(rest, at) - 1] if at >= 0 else ""

    def _holds(self, text: str, sure: Confidence, depth: int = 0) -> bool | None:
        """Whether a condition holds, as far as the files tell; the programs that it runs are walked."""
        text = text.strip()
        if depth > MAX_DEPTH:
            return None
        if text.startswith("(") and texts.group(text, 0) == len(text):
            return self._holds(text[1:-1], sure, depth + 1)
        for operator, decisive in (("-or", True), ("-and", False)):
            sides = re.split(rf"\s{operator}\s", text, flags=re.IGNORECASE)
            if len(sides) > 1:
                judged = [self._holds(one, sure, depth + 1) for one in sides]
                return decisive if decisive in judged else None if None in judged else not decisive
        negated = re.match(r"(?:-not\b|!)\s*", text, re.IGNORECASE)
        if negated:
            inner = self._holds(text[negated.end() :], sure, depth + 1)
            return None if inner is None else not inner
        if re.fullmatch(r"\$(?:true|false)", text, re.IGNORECASE):
            return text.lower() == "$true"
        path = re.fullmatch(r"Test-Path\s+(?:-(?:Literal)?Path\s+)?(\S+)(?:\s+-\w+.*)?", text, re.IGNORECASE)
        if path:
            return True if self.host.exists(place(self.value(path[1]))) else None
        compared = re.fullmatch(rf"({VALUE})\s+-[ci]?(eq|ne)\s+({VALUE}|\d+|\$null)", text, re.IGNORECASE)
        if compared:
            one, other = self.value(compared[1]), self.value(compared[3])
            if not is_known(one) or not is_known(other):
                return None
            return (one.lower() == other.lower()) == (compared[2].lower() == "eq")
        if re.fullmatch(r"\$\{?(?:env:)?\w+\}?", text, re.IGNORECASE):
            value = self.value(text)
            return bool(value) if is_known(value) else None
        if not text.startswith(("$", "[", '"', "'", "-")):
            self.expression(text, sure)
        return None


_EXIT: Final = re.compile(r"(?P<word>exit|return|throw)\b\s*(?P<status>[^\s;}]*)", re.IGNORECASE)


def ends(statement: str) -> Ended | None:
    """Whether a statement leaves the text, and how."""
    match = _EXIT.match(statement)
    if match is None:
        return None
    fails = {"throw": True, "exit": match["status"].strip("0") != "", "return": False}[match["word"].lower()]
    return "failure" if fails else "success"


def _fails(body: str) -> bool:
    """Whether a branch ends in failure."""
    last = list(texts.statements(body))[-1:]
    return bool(last) and ends(last[0]) == "failure"

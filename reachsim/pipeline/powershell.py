"""What a PowerShell text contacts: web requests, Chocolatey, the Gallery's modules, and the programs that it runs.

Statements, pipelines, ``if``, ``try``, loops over what is listed, functions and plain values are read; classes, other
expressions and .NET are not, and what is not is a gap. **Source:** Microsoft, "about_Language_Keywords", "about_If",
"about_Try_Catch_Finally", "about_Foreach", "about_Operators" (``&``, ``.``), "about_Splatting", "Invoke-WebRequest",
"Start-BitsTransfer", "WebClient", "Troubleshooting PowerShellGet cmdlets" (the Gallery's hosts); Chocolatey
documentation, "Sources".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

import msgspec

from reachsim.pipeline import powershell_text as texts
from reachsim.pipeline import urls
from reachsim.pipeline.alternatives import either
from reachsim.pipeline.call import Call, Outcome, quoted
from reachsim.pipeline.records import Choice, Confidence, Destination, Found, Gap, Script, weaker
from reachsim.pipeline.variables import is_known, look_up, unknown

Value = str | tuple[str, ...]
Ended = Literal["success", "failure", "perhaps"]
"""How a text has been left before its end, or may have been."""
Session = dict[str, Value]
"""What a session has set: variables, ``env:NAME`` those of the environment, and ``function:NAME``."""


class Host(Protocol):
    """What runs around a text: it takes what the text contacts, and runs its programs."""

    variables: dict[str, str]

    def contact(self, found: Found, sure: Confidence) -> None: ...

    def run(self, command: str, sure: Confidence) -> str | None:
        """Run a command of the POSIX shell; its output as far as it is known."""

    def script(self, path: str, sure: Confidence) -> None:
        """Run a script of PowerShell or ``cmd``."""

    def batch(self, text: str, sure: Confidence) -> None:
        """Run a text of ``cmd``."""

    def keep(self, path: str, url: str) -> None:
        """Take note of a file that is downloaded."""

    def exists(self, path: str) -> bool: ...

    def gap(self, text: str) -> None: ...

    def branches(self, walks: Sequence[tuple[Callable[[], object], bool]], *, whole: bool) -> None:
        """Walk branches of which one runs, each with whether a build that does not fail may take it; ``whole``: one
        of those surely runs. What all of them contact is as sure as their walks take it for.
        """


_VALUE: Final = r"(?:'[^'\n]*'|\"[^\"\n]*\"|\$\{?(?:env:)?\w+\}?|https?://[^\s;|)'\"]+)"
_REQUEST: Final = re.compile(
    r"(?<![\w./\\-])(?:Invoke-WebRequest|Invoke-RestMethod|Start-BitsTransfer|iwr|irm|curl(?:\.exe)?|wget(?:\.exe)?)"
    r"(?![\w-])(?P<rest>[^|]*)",
    re.IGNORECASE,
)
_CLIENT: Final = re.compile(
    rf"\.(?:DownloadString|DownloadFile|DownloadData|OpenRead)\(\s*(?P<url>{_VALUE})", re.IGNORECASE
)
_WORD: Final = re.compile(rf"-\w+|{_VALUE}|[^\s()]+")
_ASSIGNED: Final = re.compile(
    r"(?:\[[\w.\[\]]+\]\s*)?\$\{?(?P<name>(?:(?:env|script|global|local):)?\w+)\}?\s*(?P<sign>\+?)=(?!=)\s*(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SWITCHES: Final = ("-usebasicparsing", "-disablekeepalive", "-passthru", "-verbose", "-skipcertificatecheck", "-l",
                    "-s", "-f", "-fssl", "-sl", "-lo", "-o", "-k", "-q", "-asynchronous",
                    "-usedefaultcredentials")  # fmt: skip
_CHOCO: Final = re.compile(r"(?:choco|choco\.exe|cinst)\s+(?P<word>\S+)", re.IGNORECASE)
_GALLERY: Final = re.compile(r"(?:Install|Find|Save|Update)-(?:Module|Script|PSResource)\b", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"Install-PackageProvider\b", re.IGNORECASE)
_MEMBER: Final = re.compile(r"\$\{?(?:env:)?(\w+)\}?(?:\.\w+(?:\([^()]*\))?)+", re.IGNORECASE)
_KEYWORD: Final = re.compile(
    r"(if|foreach|for|while|do|switch|try|function|filter|param|begin|process|end)\b\s*(?=[({\w])", re.IGNORECASE
)
_CMDLET: Final = re.compile(r"\s*(?:[A-Z][a-z]+-[A-Z]\w+\b|\$\w|\[\w|(?:iex|iwr|irm)\b)")
_WINDOWS: Final = re.compile(
    r"(?m)^[ \t]*(?:(?:Write|Get|Set|New|Remove|Copy|Move|Test|Invoke|Start|Install|Expand|Compress|Import)-[A-Z]\w+\b"
    r"|\$env:\w+\s*=|&?[ \t]*\.\\[\w.-]+)|\"\$env:\w"
)
_HARMLESS: Final = re.compile(
    r"(?:Write-\w+|New-\w+|Remove-Item\w*|Expand-Archive|Compress-Archive|Copy-Item\w*|Move-Item\w*|Rename-Item"
    r"|Set-ExecutionPolicy|Set-Content|Add-Content|Out-\w+|Get-(?!Web)\w+|Set-\w+|Test-Path|Start-Sleep|echo|md|mkdir|dir|ls"
    r"|copy|move|del|rm|rmdir|rd|setx?|type|cat|exit|throw|return|break|continue|msiexec\S*|Start-Process\s+msiexec\S*"
    r"|Import-Module|Add-WindowsFeature|Install-WindowsFeature|Start-Service|Stop-\w+|Restart-Service|param|Unblock-File"
    r"|Resolve-Path|Join-Path|Split-Path|Select-\w+|Where-Object|Sort-Object|Measure-\w+|Format-\w+|ConvertTo-\w+"
    r"|ConvertFrom-\w+|Tee-Object|Clear-\w+|Pop-Location|Wait-\w+|Enable-\w+|Disable-\w+|Add-Type|Add-Member|Export-\w+"
    r"|Register-\w+|select|sort|where|\?|using|refreshenv|Update-SessionEnvironment|[ap]ushd|popd|cls|ver|where\.exe|tar(?:\.exe)?"
    r"|icacls\S*|reg(?:\.exe)?|sc(?:\.exe)?|net(?:\.exe)?\s+(?:start|stop|user|localgroup))(?![\w.-])",
    re.IGNORECASE,
)
_SERVICES: Final = {
    "S3": "s3api", "ECR": "ecr", "ECS": "ecs", "SSM": "ssm", "STS": "sts", "LM": "lambda", "CFN": "cloudformation",
    "CB": "codebuild", "CP": "codepipeline", "CC": "codecommit", "CD": "deploy", "SEC": "secretsmanager", "EC2": "ec2",
    "SNS": "sns", "SQS": "sqs", "DDB": "dynamodb", "KMS": "kms", "CWL": "logs", "CW": "cloudwatch", "CF": "cloudfront",
    "EB": "elasticbeanstalk", "EKS": "eks", "R53": "route53", "IAM": "iam", "RDS": "rds",
}  # fmt: skip
_AWS: Final = re.compile(rf"[A-Z][a-z]+-({'|'.join(sorted(_SERVICES, key=len, reverse=True))})(?=[A-Z]\w)")
_LITERAL: Final = re.compile(rf"{_VALUE}|@?\$?\(.*\)|{_VALUE}\s*,.*", re.DOTALL)
_BLOCKS: Final = re.compile(
    r"(?:ForEach-Object|%|foreach|Invoke-Command|Measure-Command|Start-Job|Start-ThreadJob|icm|&|\.)\s", re.IGNORECASE
)
MAX_DEPTH: Final = 40
MAX_STATEMENTS: Final = 20_000
MAX_STATEMENT: Final = 20_000
MAX_TEXT: Final = 1 << 19
"""Characters of a statement, its blocks included, and of a text; what is longer is not read."""


class Reader:
    """One walk through the texts of a session."""

    def __init__(self, host: Host, session: Session) -> None:
        self.host, self.own = host, session
        self.depth, self.left = 0, MAX_STATEMENTS
        self.ended: Ended | None = None

    def text(self, text: str, sure: Confidence) -> str | None:
        """Walk a text; the output of its last statement."""
        output: str | None = ""
        self.depth += 1
        if self.depth > MAX_DEPTH or len(text) > MAX_TEXT:
            self.host.gap(text)
            text = ""
        self.ended = None
        for statement in texts.statements(text):
            self.left -= 1
            if self.left < 0 or len(statement) > MAX_STATEMENT:
                self.host.gap(statement)
                break
            output = self._statement(statement, sure)
            self.ended = _ends(statement) or self.ended
            if self.ended == "perhaps":  # some run that does not fail has ended
                self.ended, sure = None, weaker(sure, "likely")
            elif self.ended:
                break
        self.depth -= 1
        return output

    # --- statements -------------------------------------------------------------------------------------------------

    def _statement(self, statement: str, sure: Confidence) -> str | None:
        assigned = _ASSIGNED.fullmatch(statement)
        if assigned:
            self._assign(assigned["name"].lower(), assigned["value"].strip(), sure, more=bool(assigned["sign"]))
            return ""
        keyword = _KEYWORD.match(statement)
        visit = getattr(self, f"_{keyword[1].lower()}", None) if keyword else None
        if keyword and visit is not None:
            visit(statement[keyword.end() :], sure)
            return None
        if re.match(r"(?:class|enum|trap)\b", statement, re.IGNORECASE):
            self.host.gap(statement)
            return None
        output: Value | None = None
        for sign, part in texts.chained(re.sub(r"^return\s+(?=\S)", "", statement, flags=re.IGNORECASE)):
            output = self.expression(part, weaker(sure, "possible") if sign == "||" else sure)
        return output if isinstance(output, str) else None

    def _assign(self, name: str, text: str, sure: Confidence, *, more: bool) -> None:
        name = re.sub(r"^(?:script|global|local):", "", name)
        keyword = re.match(r"(if|switch)\b", text, re.IGNORECASE)
        if keyword:
            value = (self._chosen if keyword[1].lower() == "if" else self._switched)(name, text[keyword.end() :], sure)
        else:
            value = self.expression(text, sure)
        if value is None:
            value = unknown(name.split(":")[-1])
        old = self.own.get(name)
        if more and old is not None:
            if isinstance(old, str) and isinstance(value, str):
                value = old + value
            else:
                value = (*((old,) if isinstance(old, str) else old), *((value,) if isinstance(value, str) else value))
        self.own[name] = value
        if name.startswith("env:") and isinstance(value, str):
            for known in [one for one in self.host.variables if one.lower() == name[4:]] or [name[4:].upper()]:
                self.host.variables[known] = value

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
        for match in re.finditer(r"\b(catch|finally)\b[^{]*\{", rest[end:], re.IGNORECASE):
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

    # --- conditions -------------------------------------------------------------------------------------------------

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
        compared = re.fullmatch(rf"({_VALUE})\s+-[ci]?(eq|ne)\s+({_VALUE}|\d+|\$null)", text, re.IGNORECASE)
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

    # --- expressions and commands -----------------------------------------------------------------------------------

    def expression(self, text: str, sure: Confidence) -> Value | None:
        """The value of an expression, or the output of a pipeline; None where neither is known."""
        if self.depth > MAX_DEPTH:
            self.host.gap(text)
            return None
        self.depth += 1
        try:
            return self._expression(text.strip(), sure)
        finally:
            self.depth -= 1

    def _expression(self, text: str, sure: Confidence) -> Value | None:
        if len(texts.elements(text)) > 1:
            return self._pipeline(text, sure)
        if re.fullmatch(r"@\(.*\)", text, re.DOTALL):
            values = [self.value(one) for one in texts.listed(text[2:-1])]
            return tuple(values)
        if re.match(rf"{_VALUE}\s*,", text) and len(texts.listed(text)) > 1:
            return tuple(self.value(one) for one in texts.listed(text))
        whole = re.fullmatch(r"\$?(\(.*\))((?:\.(?:Trim\w*|ToString|ToLower\w*|ToUpper\w*)\([^()]*\))*)", text,
                             re.DOTALL)  # fmt: skip
        if whole and texts.group(whole[1], 0) == len(whole[1]):
            found = self.expression(whole[1][1:-1], sure)
            return found.strip() if isinstance(found, str) else found
        if re.fullmatch(rf"{_VALUE}|-?\d[\d.]*", text) or re.fullmatch(r"@([\"'])[ \t]*\n.*\n\1@", text, re.DOTALL):
            name = re.fullmatch(r"\$\{?((?:env:)?\w+)\}?", text)
            known = self.own.get(name[1].lower()) if name else None
            return known if isinstance(known, tuple) else self.value(text)
        if _MEMBER.fullmatch(text) and not _CLIENT.search(text):
            return self.value(text)
        joined = re.fullmatch(r"Join-Path\s+(.*)", text, re.IGNORECASE | re.DOTALL)
        if joined:
            first, *rest = [self.value(one) for one in texts.words(joined[1]) if not one.startswith("-")] or [""]
            return "/".join(map(place, [first, *(one.strip("\\/") for one in rest)]))
        return self._pipeline(text, sure)

    def _pipeline(self, text: str, sure: Confidence) -> str | None:
        commands: list[str] = []
        stdin: Value | None = None
        output: str | None = None
        for element in texts.elements(text):
            if self._block(element, stdin, sure):
                continue
            found = contacts(element, self)
            for one in found:
                self.host.contact(one, sure)
            kept = re.search(rf"-OutFile\s+({_VALUE}|[^\s;)]+)", element, re.IGNORECASE) if found else None
            if kept:
                self.host.keep(place(self.value(kept[1])), _address(element.partition(" ")[2], self))
            if found:
                commands, output = [], None
                continue
            if element != text and _LITERAL.fullmatch(element):
                stdin = self.expression(element, sure)
                commands = [f"printf %s {quoted(stdin)}"] if isinstance(stdin, str) else []
                output = stdin if isinstance(stdin, str) else None
                continue
            command = self._command(element, sure)
            if command:
                commands.append(command)
        if len(commands) > 1 or (commands and not commands[0].startswith("printf %s ")):
            output = self.host.run(" | ".join(commands), sure)
        return output

    def _block(self, element: str, stdin: Value | None, sure: Confidence) -> bool:
        """A command that runs blocks of the text itself."""
        if not element.startswith("{") and not (_BLOCKS.match(element) and "{" in element):
            return False
        each = re.match(r"(?:ForEach-Object|%|foreach)\s", element, re.IGNORECASE)
        level: Confidence = sure if not each or isinstance(stdin, tuple) else weaker(sure, "likely")
        for value in stdin if each and isinstance(stdin, tuple) else (unknown("_"),):
            self.own["_"] = value
            self.text(self._body(element), level)
        self.ended = None
        return True

    def _command(self, element: str, sure: Confidence) -> str:
        """One command of a pipeline as a POSIX shell would take it; "" for one that is none of its."""
        parts = texts.words(element)
        called = parts[:1] in (["&"], ["."])
        parts = parts[1:] if called else parts
        if not parts or self._tls(element):
            return ""
        moved = re.fullmatch(r"(?:Set-Location|Push-Location|cd|chdir|sl|pushd)", parts[0], re.IGNORECASE)
        if moved:
            target = next((self.value(one) for one in parts[1:] if not one.startswith("-")), "")
            self.host.run(f"cd {quoted(place(target))}", sure)
            return ""
        name = self.value(parts[0]) if called or parts[0][0] in "'\"" else parts[0]
        body = self.own.get(f"function:{name.lower()}")
        if isinstance(body, str):
            self.text(body, sure)
            self.ended = None
            return ""
        if re.fullmatch(r"(?:iex|Invoke-Expression)", name, re.IGNORECASE):
            self._evaluated(element[len(parts[0]) :], sure)
            return ""
        aws = self._aws(name, parts[1:])
        if aws or _HARMLESS.match(" ".join([name, *parts[1:]])):
            return aws
        path = place(name)
        if re.fullmatch(r"(?:.*/)?cmd(?:\.exe)?", path, re.IGNORECASE):
            given = " ".join(self.value(one) for one in parts[1:])
            self.host.batch(re.sub(r"^(?:/\w(?::\w+)?\s+)*", "", given), sure)
            return ""
        if re.search(r"\.(?:ps1|bat|cmd)$", path, re.IGNORECASE) and ("/" in path or self.host.exists(path)):
            self.host.script(path, sure)
            return ""
        if (
            (not called and not re.fullmatch(r"[\w./\\:+-]+", name))
            or _CMDLET.match(name)
            or not is_known(path.split("/")[-1])
        ):
            self.host.gap(element)
            return ""
        return " ".join([quoted(_program(path)), *self._arguments(parts[1:])])

    def _evaluated(self, text: str, sure: Confidence) -> None:
        """Run a text as a command: one that is written, or what a program prints."""
        text = re.sub(r"^\s*(?:-Command\s+)?", "", text, flags=re.IGNORECASE)
        if text.startswith(("(", "$(")):
            inner = text[text.find("(") + 1 : texts.group(text, text.find("(")) - 1]
            command = self._command(inner, sure) if len(texts.elements(inner)) == 1 else ""
            if command:
                self.host.run(f'eval "$({command})"', sure)
        elif text.startswith(("'", '"')):
            self.text(self.value(text), sure)
            self.ended = None
        else:
            self.host.gap(f"Invoke-Expression {text}")

    def _aws(self, name: str, parts: list[str]) -> str:
        """A cmdlet of the AWS Tools for PowerShell as a command of the AWS CLI; "" for any other.

        **Source:** AWS Tools for PowerShell User Guide, "Cmdlet names and aliases": the noun begins with the service.
        """
        match = _AWS.match(name)
        if match is None:
            return ""
        options = {one.lower(): self.value(parts[at + 1]) for at, one in enumerate(parts[:-1]) if one.startswith("-")}
        words = ["aws", _SERVICES[match[1]], "get-login" if "Login" in name else "list"]
        if match[1] == "S3" and "-bucketname" in options:
            words = [
                "aws",
                "s3",
                *(("cp", "x") if match[0].startswith("Write") else ("ls",)),
                f"s3://{options['-bucketname']}",
            ]
        return " ".join(map(quoted, [*words, *(("--region", options["-region"]) if "-region" in options else ())]))

    def _arguments(self, parts: list[str]) -> list[str]:
        found: list[str] = []
        for one in parts:
            redirect = re.fullmatch(r"(?:\d|\*)?>{1,2}(?:&\d|\$null)?", one, re.IGNORECASE)
            if redirect:
                found += [] if "$" in one or "&" in one or one == "*>" else [one.lstrip("*")]
                continue
            splatted = self.own.get(one[1:].lower()) if one.startswith("@") else None
            plain = self.own.get(one[1:].lower()) if re.fullmatch(r"\$\w+", one) else None
            listed = splatted if splatted is not None else plain
            if isinstance(listed, tuple):
                found += [quoted(value) for value in listed]
            elif one in ("--%", ">", ">>", "2>", "2>>"):
                found += [one] if one != "--%" else []
            else:
                found.append(quoted(_slashes(self.value(one))))
        return found

    @staticmethod
    def _tls(statement: str) -> bool:
        return "SecurityProtocol" in statement or statement.startswith(("[Environment]::", "[System.Environment]::"))

    def value(self, word: str) -> str:
        """What a word stands for: a text, or a text with variables in double quotes."""
        here = re.fullmatch(r"@([\"'])[ \t]*\n(.*)\n\1@", word, re.DOTALL)
        word = f"{here[1]}{here[2]}{here[1]}" if here else word
        bare = not word.startswith('"')
        if len(word) > 1 and word[0] == word[-1] == "'":
            return word[1:-1].replace("''", "'")
        if len(word) > 1 and word[0] == word[-1] == '"':
            word = word[1:-1].replace('""', '"')
        word = re.sub(r"\$\((\$\{?(?:env:)?\w+\}?)\)", r"\1", word, flags=re.IGNORECASE)
        word = re.sub(r"\$\([^)]*\)", unknown("expression"), word)
        word = re.sub(r"\$(?:null|false)\b", "", word, flags=re.IGNORECASE)
        if bare and (member := _MEMBER.fullmatch(word)) is not None:
            return unknown(member[1])
        word = re.sub(r"(?<!`)\$(?:\{((?:env:)?\w+)\}|((?:env:)?\w+))", self._variable, word, flags=re.IGNORECASE)
        return re.sub(r"`(.)", r"\1", word)

    def _variable(self, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        value = self.own.get(name.lower())
        if value is None:
            return look_up(name.split(":")[-1], self.host.variables) if ":" in name else unknown(name)
        return value if isinstance(value, str) else " ".join(value)


def read(text: str, host: Host, session: Session, sure: Confidence) -> None:
    """Walk a text. ``session`` holds what earlier texts have set, and takes what this one sets."""
    for name, value in host.variables.items():
        session[f"env:{name}".lower()] = value
    Reader(host, session).text(text, sure)


def place(path: str) -> str:
    """A path of Windows as the machine's own: without its drive, with slashes.

    >>> place("C:\\\\tools\\\\x.ps1"), place("./build.ps1")
    ('/tools/x.ps1', './build.ps1')
    """
    return re.sub(r"^[A-Za-z]:", "", path).replace("\\", "/")


def is_meant(text: str) -> bool:
    """Whether a text that some shell of Windows runs can only be PowerShell."""
    return _CMDLET.match(text) is not None


def looks_so(text: str) -> bool:
    """Whether a command of which no file tells the shell is one of PowerShell's.

    >>> looks_so('docker push "$env:URI"'), looks_so("pwsh -c '$env:A = 1'")
    (True, False)
    """
    return _WINDOWS.search(text) is not None and not re.match(r"\s*(?:powershell|pwsh)", text, re.IGNORECASE)


def handed_in(text: str) -> str:
    """The text that a command line hands to PowerShell: behind ``-Command``, or the script behind ``-File``."""
    match = re.search(r"\s-(?:Command|c|File|f)\s+(.*)", text, re.IGNORECASE | re.DOTALL)
    text = (
        match[1].strip()
        if match
        else re.sub(r"^\S+(?:\s+-\w+(?:\s+(?:Bypass|Unrestricted|RemoteSigned))?)*\s*", "", text)
    )
    if any(text.startswith(sign) and text.endswith(sign) and len(text) > 1 for sign in "'\""):
        text = text[1:-1]
    return re.sub(r"^&\s*\{(.*)\}$", r"\1", text.replace("\\$", "$").replace('\\"', '"'), flags=re.DOTALL)


class _Collecting:
    """The host of a text that a command of the POSIX shell hands in: it collects what the text contacts and runs."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.variables = dict(call.variables)
        self.found: list[Found] = []
        self.session: Session = {}
        self.whole, self.seen = True, {""}

    def contact(self, found: Found, sure: Confidence) -> None:
        if isinstance(found, Destination):
            found = msgspec.structs.replace(found, confidence=weaker(found.confidence, sure))
        self.found.append(found)

    def run(self, command: str, sure: Confidence) -> str | None:
        self.found.append(Script(command, confidence=sure))
        return None

    def script(self, path: str, sure: Confidence) -> None:
        text = self.call.read(path) if path.endswith(".ps1") else None
        self.whole = self.whole and text is not None
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

    def gap(self, text: str) -> None:  # noqa: ARG002
        self.whole = False

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
    if not host.whole or not text:
        host.found.append(Gap(call.command.text, f"{call.program.lstrip('@')} is not read"))
    return Outcome(tuple(host.found), None)


_EXIT: Final = re.compile(r"(?P<word>exit|return|throw)\b\s*(?P<status>[^\s;}]*)", re.IGNORECASE)


def _ends(statement: str) -> Ended | None:
    """Whether a statement leaves the text, and how."""
    match = _EXIT.match(statement)
    if match is None:
        return None
    fails = {"throw": True, "exit": match["status"].strip("0") != "", "return": False}[match["word"].lower()]
    return "failure" if fails else "success"


def _fails(body: str) -> bool:
    """Whether a branch ends in failure."""
    last = list(texts.statements(body))[-1:]
    return bool(last) and _ends(last[0]) == "failure"


def _program(path: str) -> str:
    """The name of a program; of one that is installed somewhere on Windows without its folder.

    >>> _program("/tools/cygwin/bin/bash.exe"), _program("./gradlew.bat")
    ('bash', './gradlew')
    """
    path = re.sub(r"\.(?:exe|cmd|bat)$", "", path, flags=re.IGNORECASE)
    return path.rsplit("/", 1)[-1] if path.startswith("/") or ".venv" in path or "Scripts/" in path else path


def _slashes(word: str) -> str:
    return word if "://" in word or not re.match(r"(?:\.{0,2}\\|[\w.-]+\\)[\w.\\-]", word) else word.replace("\\", "/")


def contacts(statement: str, reader: Reader) -> list[Found]:
    """What the cmdlets and methods of a statement contact by themselves."""
    found: list[Found] = []
    for match in _CLIENT.finditer(statement):
        found += _download(reader.value(match["url"]))
    for match in _REQUEST.finditer(statement):
        url = _address(match["rest"], reader)
        found += _download(url) or ([Gap(statement[:120], urls.why_unknown(url))] if not is_known(url) else [])
        proxy = re.search(rf"-Proxy\s+({_VALUE})", match["rest"], re.IGNORECASE)
        found += urls.proxy("http_proxy", reader.value(proxy[1]), "certain")[:1] if proxy else []
    choco = _CHOCO.match(statement)
    if (
        choco
        and choco["word"].lower() in ("install", "upgrade", "update")
        and not re.search(r"\s(-s|--source)\b", statement)
    ):
        found += [Destination("community.chocolatey.org", 443, "package"),
                  Destination("packages.chocolatey.org", 443, "package", "likely")]  # fmt: skip
    if _GALLERY.match(statement) and not re.search(r"-Repository\s+(?!['\"]?PSGallery)", statement, re.IGNORECASE):
        found += [Destination("www.powershellgallery.com", 443, "package"),
                  Destination("cdn.powershellgallery.com", 443, "package", "likely")]  # fmt: skip
    if _PROVIDER.match(statement):
        found.append(Destination("cdn.oneget.org", 443, "package", "likely"))
    return found


def _address(rest: str, reader: Reader) -> str:
    """The URL of a request: what ``-Uri`` or ``-Source`` names, else the first word that no other option takes."""
    option = ""
    for word in _WORD.findall(rest):
        if word.startswith("-"):
            option = "" if word.lower() in _SWITCHES else word.lower()
            continue
        if option in ("", "-uri", "-source", "-url") and word != "$":
            return reader.value(word)
        option = ""
    return ""


def _download(url: str) -> list[Found]:
    return urls.fetched(url) if "://" in url else []

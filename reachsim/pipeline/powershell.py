"""What a PowerShell text contacts: web requests, Chocolatey, the Gallery's modules, and the programs that it runs.

Statements, pipelines, ``if``, ``try``, loops over what is listed, functions and plain values are read; classes, other
expressions and .NET are not, and what is not is a gap. **Source:** Microsoft, "about_Pipelines", "about_Operators"
(``&``, ``.``), "about_Splatting", "about_Assignment_Operators"; AWS Tools for PowerShell User Guide.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import powershell_text as texts
from reachsim.pipeline.call import quoted
from reachsim.pipeline.powershell_control import Control, ends
from reachsim.pipeline.powershell_requests import CLIENT, address, contacts, scripts
from reachsim.pipeline.powershell_values import (
    MAX_DEPTH,
    MAX_STATEMENT,
    MAX_TEXT,
    MEMBER,
    VALUE,
    Host,
    Session,
    Value,
    place,
)
from reachsim.pipeline.records import Confidence, Found, weaker
from reachsim.pipeline.variables import is_known, unknown

_ASSIGNED: Final = re.compile(
    r"(?:\[[\w.\[\]]+\]\s*)?\$\{?(?P<name>(?:(?:env|script|global|local):)?\w+)\}?\s*(?P<sign>\+?)=(?!=)\s*(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)
_KEYWORD: Final = re.compile(
    r"(if|foreach|for|while|do|switch|try|function|filter|param|begin|process|end)\b\s*(?=[({\w])", re.IGNORECASE
)
_CMDLET: Final = re.compile(r"\s*(?:[A-Z][a-z]+-[A-Z]\w+\b|\$\w|\[\w|(?:iex|iwr|irm)\b)")
_WINDOWS: Final = re.compile(
    r"(?m)^[ \t]*(?:(?:Write|Get|Set|New|Remove|Copy|Move|Test|Invoke|Start|Install|Expand|Compress|Import)-[A-Z]\w+\b"
    r"|\$env:\w+\s*=|(?:&[ \t]*)?\.\\[\w.-]+)|\"\$env:\w"
)
_TRIMMED: Final = re.compile(r"(?:\.(?:Trim\w*|ToString|ToLower\w*|ToUpper\w*)\([^()]*\))*")
_OF_IT: Final = re.compile(r"(?:\.\w+(?:\([^()]*\))?)*(?:\s+-[ci]?[a-z]+\s.*)?", re.IGNORECASE | re.DOTALL)
"""A member of what a group gives, and what an operator makes of it."""
_PLAIN_NET: Final = re.compile(
    r"\[(?:System\.)?(?:uri|string|char|bool|byte|int\d*|long|double|decimal|math|convert|guid|datetime|timespan|version|regex"
    r"|environment|array|bitconverter|random|IO\.(?:Path|File|Directory)|Text\.Encoding|Text\.RegularExpressions\.Regex"
    r"|Security\.Cryptography\.\w+|Runtime\.InteropServices\.\w+|Globalization\.\w+)\]::", re.IGNORECASE)  # fmt: skip
"""What .NET makes of texts, numbers, dates and files: it contacts nobody."""
_HARMLESS: Final = re.compile(
    r"(?:Write-\w+|New-\w+|Remove-Item\w*|Expand-Archive|Compress-Archive|Copy-Item\w*|Move-Item\w*|Rename-Item"
    r"|Set-ExecutionPolicy|Set-Content|Add-Content|Out-\w+|Get-(?!Web)\w+|Set-\w+|Test-Path|Start-Sleep|echo|md|mkdir|dir|ls"
    r"|copy|move|del|rm|rmdir|rd|setx?|type|cat|exit|throw|return|break|continue|msiexec\S*|Start-Process\s+msiexec\S*"
    r"|Import-(?:Module|Certificate|PfxCertificate|Csv|Clixml)|Add-WindowsFeature|Install-WindowsFeature|Start-Service|Stop-\w+|Restart-Service|param|Unblock-File"
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
_LITERAL: Final = re.compile(rf"{VALUE}|@?\$?\(.*\)|{VALUE}\s*,.*", re.DOTALL)
_OPERATION: Final = re.compile(
    rf"{VALUE}\s+-[ci]?(?:replace|split|join|f|as|is|eq|ne|gt|lt|ge|le|match|notmatch|like|notlike|contains|notcontains|in"
    r"|notin|and|or|band|bor)\b(?!-)",
    re.IGNORECASE,
)
"""What an operator makes of a value: nothing runs."""
_RUNS: Final = re.compile(r"(?:^|[|(;\s])(?:iex|Invoke-Expression)\b", re.IGNORECASE)
MAX_JOINED: Final = 50
_BLOCKS: Final = re.compile(
    r"(?:ForEach-Object|%|foreach|Invoke-Command|Measure-Command|Start-Job|Start-ThreadJob|icm|&|\.)\s", re.IGNORECASE
)


class Reader(Control):
    """One walk through the texts of a session."""

    def text(self, text: str, sure: Confidence) -> str | None:
        """Walk a text; the output of its last statement."""
        output: str | None = ""
        self.depth += 1
        self.unread -= len(text)
        if self.depth > MAX_DEPTH or len(text) > MAX_TEXT or self.unread < 0:
            self.host.gap(text)
            text = ""
        self.ended = None
        for statement in texts.statements(text):
            self.left -= 1
            if self.left < 0 or len(statement) > MAX_STATEMENT:
                self.host.gap(statement)
                break
            output = self._statement(statement, sure)
            self.ended = ends(statement) or self.ended
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
        if re.fullmatch(r"\[[\w.]+\([^()]*\)\]", statement):  # an attribute: [CmdletBinding()]
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
        if re.match(rf"{VALUE}\s*,", text) and len(texts.listed(text)) > 1:
            return tuple(self.value(one) for one in texts.listed(text))
        opens = 1 if text.startswith("$") else 0
        end = texts.group(text, opens) if text[opens : opens + 1] == "(" else 0
        if end and text[end - 1] == ")" and _TRIMMED.fullmatch(text, end):
            found = self.expression(text[opens + 1 : end - 1], sure)
            return found.strip() if isinstance(found, str) else found
        if end and text[end - 1] == ")" and _OF_IT.fullmatch(text, end) and not CLIENT.search(text):
            self.expression(text[opens + 1 : end - 1], sure)
            return None
        if _PLAIN_NET.match(text) and not CLIENT.search(text) and not re.search(r"[A-Z][a-z]+-[A-Z]", text):
            return None
        keyword = re.match(r"(if|switch)\b", text, re.IGNORECASE)
        if keyword:
            return (self._chosen if keyword[1].lower() == "if" else self._switched)(
                "value", text[keyword.end() :], sure
            )
        if _OPERATION.match(text):
            return self._operated(text)
        if re.match(rf"{VALUE}\s*\+\s*", text):
            return self._joined(text)
        if re.match(r"-join\b", text, re.IGNORECASE):
            return "".join(self.value(one) for one in self._elements(text[5:].strip()))
        if re.fullmatch(rf"{VALUE}|-?\d[\d.]*", text) or re.fullmatch(r"@([\"'])[ \t]*\n.*\n\1@", text, re.DOTALL):
            name = re.fullmatch(r"\$\{?((?:env:)?\w+)\}?", text, re.IGNORECASE)
            known = self.own.get(name[1].lower()) if name else None
            return known if isinstance(known, tuple) else self.value(text)
        if MEMBER.fullmatch(text) and not CLIENT.search(text):
            return self.value(text)
        joined = re.fullmatch(r"Join-Path\s+(.*)", text, re.IGNORECASE | re.DOTALL)
        if joined:
            first, *rest = [self.value(one) for one in texts.words(joined[1]) if not one.startswith("-")] or [""]
            return "/".join(map(place, [first, *(one.strip("\\/") for one in rest)]))
        return self._pipeline(text, sure)

    def _operated(self, text: str) -> str | None:
        """What ``-f`` makes of a text with numbered places; of the other operators nothing is known.

        **Source:** Microsoft, "about_Operators" (format operator).
        """
        match = re.fullmatch(rf"(?P<form>{VALUE})\s+-f\s+(?P<values>.+)", text, re.IGNORECASE | re.DOTALL)
        if match is None:
            return None
        values = [self.value(one) for one in texts.listed(match["values"])]

        def put(place: re.Match[str]) -> str:
            number = int(place[1])
            return values[number] if number < len(values) else unknown("expression")

        return re.sub(r"\{(\d{1,3})(?::[^{}]*)?\}", put, self.value(match["form"]))

    def _joined(self, text: str) -> str | None:
        """``"…" + $x + "…"``; None where something else is joined."""
        parts = [one.strip() for one in texts.parted(text, "+")]
        if len(parts) > MAX_JOINED or not all(re.fullmatch(VALUE, one) or MEMBER.fullmatch(one) for one in parts):
            return None
        return "".join(self.value(one) for one in parts)

    @staticmethod
    def _elements(text: str) -> list[str]:
        """The elements of an array that is written down."""
        return texts.listed(re.sub(r"^@?\((.*)\)$", r"\1", text, flags=re.DOTALL))

    def _pipeline(self, text: str, sure: Confidence) -> str | None:
        commands: list[str] = []
        stdin: Value | None = None
        output: str | None = None
        known: list[Found] = []  # of a script that is run at once
        for element in texts.elements(text):
            if self._block(element, stdin, sure):
                continue
            if known and re.fullmatch(r"(?:iex|Invoke-Expression)", element, re.IGNORECASE):
                continue
            found = contacts(element, self)
            if found and _RUNS.search(text):
                known = scripts(element, self)
                found += known
            for one in found:
                self.host.contact(one, sure)
            kept = re.search(rf"-OutFile\s+({VALUE}|[^\s;)]+)", element, re.IGNORECASE) if found else None
            if kept:
                self.host.keep(place(self.value(kept[1])), address(element.partition(" ")[2], self))
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
        alone = element.startswith(("{", "& {", ". {", "&{", ".{"))
        if not alone and not (
            _BLOCKS.match(element)
            and not element.startswith(("&", "."))
            and any(one.startswith("{") for one in texts.words(element))
        ):
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
        if re.fullmatch(r"(?:Start-Process|saps|start)", name, re.IGNORECASE):
            parts = self._started(parts[1:])
            name = self.value(parts[0]) if parts else ""
            called = bool(parts)
        aws = self._aws(name, parts[1:])
        if not name or aws or _HARMLESS.match(" ".join([name, *parts[1:]])):
            return aws
        path = place(name)
        if re.fullmatch(r"(?:.*/)?cmd(?:\.exe)?", path, re.IGNORECASE):
            given = " ".join(self.value(one) for one in parts[1:])
            self.host.batch(re.sub(r"^(?:/\w(?::\w+)?\s+)*", "", given), sure)
            return ""
        if re.search(r"\.(?:ps1|bat|cmd)$", path, re.IGNORECASE) and ("/" in path or self.host.exists(path)):
            self.host.script(path, sure, tuple(f'"{one}"' if " " in one else one for one in map(self.value, parts[1:])))
            return ""
        if not called and element.startswith(("'", '"')):  # a text is written, not run: '…' -f $x
            return ""
        if (
            (not called and not re.fullmatch(r"[\w./\\:+-]+", name))
            or _CMDLET.match(name)
            or not is_known(path.split("/")[-1])
        ):
            self.host.gap(element)
            return ""
        return " ".join([quoted(_program(path)), *self._arguments(parts[1:])])

    def _started(self, parts: list[str]) -> list[str]:
        """``Start-Process PROGRAM -ArgumentList …`` as the program and its arguments."""
        option, program = "", ""
        given: list[str] = []
        for one in parts:
            if one.startswith("-"):
                option = one.lower()
            elif option in ("", "-filepath", "-wait", "-nonewwindow", "-passthru") and not program:
                program = one
            elif option in ("", "-argumentlist", "-args"):
                given.append(one)
        listed = [self.own.get(one[1:].lower()) or one for one in given]
        each = [one for word in listed for one in (word if isinstance(word, tuple) else self._elements(word))]
        return [program, *(word for one in each for word in texts.words(self.value(one)))] if program else []

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
            known = self.expression(text, sure) if re.fullmatch(r"\$\{?(?:env:)?\w+\}?", text.strip()) else None
            if isinstance(known, str) and is_known(known):
                self.text(known, sure)
                self.ended = None
            else:
                self.host.gap(f"Invoke-Expression {text.strip()}", "what the text holds that it runs is not known")

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


def read(text: str, host: Host, session: Session, sure: Confidence) -> None:
    """Walk a text. ``session`` holds what earlier texts have set, and takes what this one sets."""
    for name, value in host.variables.items():
        session[f"env:{name}".lower()] = value
    Reader(host, session).text(text, sure)


def is_meant(text: str) -> bool:
    """Whether a text that some shell of Windows runs can only be PowerShell."""
    return _CMDLET.match(text) is not None


def looks_so(text: str) -> bool:
    """Whether a command of which no file tells the shell is one of PowerShell's.

    >>> looks_so('docker push "$env:URI"'), looks_so("pwsh -c '$env:A = 1'")
    (True, False)
    """
    return _WINDOWS.search(text) is not None and not re.match(r"\s*(?:powershell|pwsh)", text, re.IGNORECASE)


_VALUED: Final = (
    "ExecutionPolicy|ex|ep|exec|Version|InputFormat|OutputFormat|WindowStyle|w|PSConsoleFile|ConfigurationName"
    "|ConfigurationFile|SettingsFile|CustomPipeName|WorkingDirectory|wd"
)
"""Parameters of PowerShell's own that take a value."""


def handed_in(text: str) -> str:
    """The text that a command line hands to PowerShell: behind ``-Command``, or the script behind ``-File``."""
    match = re.search(r"\s-(?:Command|c|File|f)\s+(.*)", text, re.IGNORECASE | re.DOTALL)
    text = (
        match[1].strip()
        if match
        else re.sub(rf"^\S+(?:\s+-(?:(?:{_VALUED})\s+\S+|\w+))*\s*", "", text, flags=re.IGNORECASE)
    )
    if any(text.startswith(sign) and text.endswith(sign) and len(text) > 1 for sign in "'\""):
        text = text[1:-1]
    return re.sub(r"^&\s*\{(.*)\}$", r"\1", text.replace("\\$", "$").replace('\\"', '"'), flags=re.DOTALL)


def _program(path: str) -> str:
    """The name of a program; of one that is installed somewhere on Windows without its folder.

    >>> _program("/tools/cygwin/bin/bash.exe"), _program("./gradlew.bat")
    ('bash', './gradlew')
    """
    path = re.sub(r"\.(?:exe|cmd|bat)$", "", path, flags=re.IGNORECASE)
    return path.rsplit("/", 1)[-1] if path.startswith("/") or ".venv" in path or "Scripts/" in path else path


def _slashes(word: str) -> str:
    return word if "://" in word or not re.match(r"(?:\.{0,2}\\|[\w.-]+\\)[\w.\\-]", word) else word.replace("\\", "/")

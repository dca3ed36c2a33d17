"""What a PowerShell text surely downloads: web requests, WebClient's downloads, Chocolatey, the Gallery's modules.

It is no reader of the language: what isn't one of these, a plain command or known to contact nobody is a gap.
**Source:** Microsoft, "Invoke-WebRequest", "Start-BitsTransfer", "WebClient", "about_Variables", "Resolve errors when
installing PowerShell modules" (the Gallery's hosts); Chocolatey documentation, "Sources".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Destination, Found, Gap, Script, weaker
from reachsim.pipeline.variables import unknown


class Statement(NamedTuple):
    """One statement: what it contacts, the plain command or the script that it is, and whether it runs only under a
    condition.
    """

    found: tuple[Found, ...] = ()
    command: str = ""
    nested: bool = False
    known: bool = True
    script: str = ""


PLAIN: Final = re.compile(r"[\w./-]+(?: +[\w./:=@~^,+-]+)*")
"""One command of words alone, which every shell reads alike."""
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
_ASSIGNED: Final = re.compile(r"\$\{?(?P<name>(?:env:)?\w+)\}?\s*=\s*(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_SWITCHES: Final = ("-usebasicparsing", "-disablekeepalive", "-passthru", "-verbose", "-skipcertificatecheck", "-l",
                    "-s", "-f", "-fssl", "-sl", "-lo", "-o", "-k", "-q", "-asynchronous",
                    "-usedefaultcredentials")  # fmt: skip
_CHOCO: Final = re.compile(r"(?:choco|choco\.exe|cinst)\s+(?P<word>\S+)", re.IGNORECASE)
_GALLERY: Final = re.compile(r"(?:Install|Find|Save|Update)-(?:Module|Script|PSResource)\b", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"Install-PackageProvider\b", re.IGNORECASE)
_SCRIPT: Final = re.compile(r"(?:[&.]\s+)?(?P<quote>[\"']?)(?P<path>[\w:.\\/-]+\.ps1)(?P=quote)(?:\s.*)?", re.DOTALL)
_CMDLET: Final = re.compile(r"\s*(?:[A-Z][a-z]+-[A-Z]\w+\b|\$\w|\[\w|(?:iex|iwr|irm)\b)")
_HARMLESS: Final = re.compile(
    r"(?:Write-\w+|New-Item\w*|Set-Location|Push-Location|Pop-Location|Remove-Item\w*|Expand-Archive|Compress-Archive"
    r"|Copy-Item|Move-Item|Rename-Item|Set-ExecutionPolicy|Set-Content|Add-Content|Out-File|Get-Content|Get-ChildItem"
    r"|Get-Item\w*|Set-Item\w*|Test-Path|Start-Sleep|Out-Null|Get-Location|Get-Date|Get-Command|echo|cd|md|mkdir|dir|ls"
    r"|copy|move|del|rm|rmdir|set|setx|type|cat|exit|throw|return|msiexec\S*|Start-Process\s+msiexec\S*|Import-Module"
    r"|Add-WindowsFeature|Install-WindowsFeature|Set-Service|Start-Service|function|param|try|catch|finally|else"
    r"|Unblock-File|Get-FileHash|Set-PSRepository|Stop-Process|Get-Process|Resolve-Path|Join-Path)\b[^|]*",
    re.IGNORECASE,
)


def read(text: str, variables: Mapping[str, str], kept: dict[str, str] | None = None) -> Iterator[Statement]:
    """The statements of a text, in their order. ``kept`` holds what earlier texts of the same session have set.

    >>> [one.found[0].host for one in read("$u = 'https://a.example.com/x'; iwr $u -OutFile x", {})  if one.found]
    ['a.example.com']
    """
    own = kept if kept is not None else {}
    for name, value in variables.items():
        own.setdefault(f"env:{name}".lower(), value)
    for statement, nested in _statements(text):
        assigned = _ASSIGNED.fullmatch(statement)
        if assigned:
            own[assigned["name"].lower()] = _value(assigned["value"].strip(), own)
        found = _contacts(statement, own)
        plain = not found and PLAIN.fullmatch(statement) is not None and not _HARMLESS.fullmatch(statement)
        script = _SCRIPT.fullmatch(statement)
        silent = assigned is not None and re.fullmatch(rf"{_VALUE}|[\w.]+", assigned["value"].strip()) is not None
        yield Statement(
            tuple(found),
            statement if plain and script is None else "",
            nested,
            bool(found)
            or plain
            or silent
            or script is not None
            or _HARMLESS.fullmatch(statement) is not None
            or _tls(statement),
            place(script["path"]) if script is not None else "",
        )


def place(path: str) -> str:
    """A path of Windows as the machine's own: without its drive, with slashes.

    >>> place("C:\\\\tools\\\\x.ps1"), place("./build.ps1")
    ('/tools/x.ps1', './build.ps1')
    """
    return re.sub(r"^[A-Za-z]:", "", path).replace("\\", "/")


def is_meant(text: str) -> bool:
    """Whether a text that some shell of Windows runs can only be PowerShell."""
    return _CMDLET.match(text) is not None


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


def program(call: Call) -> Outcome:
    """``powershell -Command``: the text as it stands in the files, for what the shell around it makes of its ``$``."""
    found: list[Found] = []
    statements = list(_followed(call, handed_in(call.command.text)))
    for one in statements:
        for each in one.found:
            if one.nested and isinstance(each, Destination):
                found.append(msgspec.structs.replace(each, confidence=weaker(each.confidence, "likely")))
            else:
                found.append(each)
        if one.command:
            found.append(Script(one.command))
    if not all(one.known for one in statements) or not statements:
        found.append(Gap(call.command.text, f"{call.program.lstrip('@')} is not read"))
    return Outcome(tuple(found), None)


def _followed(call: Call, text: str) -> Iterator[Statement]:
    """The statements of a text and of the scripts that it calls, each of which is read once."""
    waiting, seen = [(text, False)], {""}
    while waiting:
        text, nested = waiting.pop(0)
        for one in read(text, call.variables):
            called = call.read(one.script) if one.script else None
            yield one._replace(nested=one.nested or nested, known=one.known and (not one.script or called is not None))
            if called is not None and one.script not in seen:
                seen.add(one.script)
                waiting.append((called, one.nested or nested))


def _tls(statement: str) -> bool:
    return "SecurityProtocol" in statement and not _REQUEST.search(statement)


def _statements(text: str) -> Iterator[tuple[str, bool]]:
    text = re.sub(r"`\r?\n", " ", text)
    text = re.sub(r"^\s*#[^\n]*$", "", text, flags=re.MULTILINE)
    depth, piece, quote = 0, "", ""
    for sign in text + ";":
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in ";\n{}":
            if piece.strip():
                yield piece.strip(), depth > 0
            piece = ""
            depth += (sign == "{") - (sign == "}" and depth > 0)
            continue
        piece += sign


def _contacts(statement: str, own: Mapping[str, str]) -> list[Found]:
    found: list[Found] = []
    for match in _CLIENT.finditer(statement):
        found += _download(_value(match["url"], own))
    for match in _REQUEST.finditer(statement):
        found += _download(_address(match["rest"], own))
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


def _address(rest: str, own: Mapping[str, str]) -> str:
    """The URL of a request: what ``-Uri`` or ``-Source`` names, else the first word that no other option takes."""
    option = ""
    for word in _WORD.findall(rest):
        if word.startswith("-"):
            option = "" if word.lower() in _SWITCHES else word.lower()
            continue
        if option in ("", "-uri", "-source", "-url") and word != "$":
            return _value(word, own)
        option = ""
    return ""


def _download(url: str) -> list[Found]:
    return urls.fetched(url) if "://" in url else []


def _value(word: str, own: Mapping[str, str]) -> str:
    """What a word stands for: a text, or a text with variables in double quotes."""
    if len(word) > 1 and word[0] == word[-1] == "'":
        return word[1:-1]
    if len(word) > 1 and word[0] == word[-1] == '"':
        word = word[1:-1]
    word = re.sub(r"\$\([^)]*\)", unknown("expression"), word)
    return re.sub(
        r"\$\{?((?:env:)?\w+)\}?", lambda one: own.get(one[1].lower(), unknown(one[1].split(":")[-1])), word,
        flags=re.IGNORECASE,
    )  # fmt: skip

"""What cmdlets and .NET's clients in a statement of PowerShell contact by themselves.

**Source:** Microsoft, "Invoke-WebRequest", "Start-BitsTransfer", "WebClient", "Troubleshooting PowerShellGet
cmdlets" (the Gallery's hosts); Chocolatey documentation, "Sources".
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import installers, urls
from reachsim.pipeline import powershell_text as texts
from reachsim.pipeline.powershell_values import VALUE, Values
from reachsim.pipeline.records import Destination, Found, Gap
from reachsim.pipeline.variables import is_known

_REQUEST: Final = re.compile(
    r"(?<![\w./\\-])(?:Invoke-WebRequest|Invoke-RestMethod|Start-BitsTransfer|iwr|irm|curl(?:\.exe)?|wget(?:\.exe)?)"
    r"(?![\w-])(?P<rest>[^|]*)",
    re.IGNORECASE,
)
CLIENT: Final = re.compile(
    rf"\.(?:DownloadString|DownloadFile|DownloadData|OpenRead)\(\s*(?:(?P<url>{VALUE})|(?P<made>\())", re.IGNORECASE
)
_WORD: Final = re.compile(rf"-\w+|{VALUE}|[^\s()]+")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,10}(?:/|$)")
_SWITCHES: Final = ("-usebasicparsing", "-disablekeepalive", "-passthru", "-verbose", "-skipcertificatecheck", "-l",
                    "-s", "-f", "-fssl", "-sl", "-lo", "-o", "-k", "-q", "-asynchronous",
                    "-usedefaultcredentials")  # fmt: skip
_CHOCO: Final = re.compile(r"(?:choco|choco\.exe|cinst)\s+(?P<word>\S+)", re.IGNORECASE)
_GALLERY: Final = re.compile(r"(?:Install|Find|Save|Update)-(?:Module|Script|PSResource)\b", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"Install-PackageProvider\b", re.IGNORECASE)


def contacts(statement: str, reader: Values) -> list[Found]:
    """What the cmdlets and methods of a statement contact by themselves."""
    found: list[Found] = []
    for match in CLIENT.finditer(statement):
        group = match["url"] or statement[match.start("made") : texts.group(statement, match.start("made"))]
        url = reader.value(group) if match["url"] else reader.expression(group, "certain")
        found += _download(url) if isinstance(url, str) else []
    for match in _REQUEST.finditer(statement):
        url = _requested(match, reader)
        found += _download(url) or ([Gap(statement[:120], urls.why_unknown(url))] if not is_known(url) else [])
        proxy = re.search(rf"-Proxy\s+({VALUE})", match["rest"], re.IGNORECASE)
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


def scripts(statement: str, reader: Values) -> list[Found]:
    """What the well-known scripts contact that a statement downloads to run them."""
    named = [reader.value(match["url"]) for match in CLIENT.finditer(statement) if match["url"]]
    named += [_requested(match, reader) for match in _REQUEST.finditer(statement)]
    return [one for url in named for one in installers.targets(url)]


def _requested(match: re.Match[str], reader: Values) -> str:
    """The URL of a request; the cmdlets take a host's bare name for HTTP."""
    url = address(match["rest"], reader)
    bare = "://" not in url and _HOST.match(url) is not None and re.match(r"(?:i|Invoke)", match[0], re.IGNORECASE)
    return f"http://{url}" if bare else url


def address(rest: str, reader: Values) -> str:
    """The URL of a request: what ``-Uri`` or ``-Source`` names, else the first word that no other option takes."""
    made = re.search(r"(?:^|-(?:Uri|Source|Url))\s*(\()", rest, re.IGNORECASE)
    if made:  # -Uri (-join(…))
        value = reader.expression(rest[made.start(1) : texts.group(rest, made.start(1))], "certain")
        if isinstance(value, str) and "://" in value:
            return value
    option = ""
    named: list[str] = []
    for word in _WORD.findall(rest):
        if word.startswith("-"):
            option = "" if word.lower() in _SWITCHES else word.lower()
            continue
        if option in ("", "-uri", "-source", "-url") and word != "$":
            named.append(reader.value(word))
        option = ""
    first = named[0] if named else ""
    return next((one for one in named if "://" in one), first)


def _download(url: str) -> list[Found]:
    return urls.fetched(url) if "://" in url else []

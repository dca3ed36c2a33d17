"""URLs and the other ways in which tools name a host.

**Source:** RFC 3986; git documentation, "Git URLs"; CodeCommit User Guide, "Regions and Git connection endpoints".
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import Final

from msgspec import Struct

from reachsim import digits, services
from reachsim.pipeline.records import PROXY_REACHES, Confidence, Destination, Found, Gap, Kind, Request
from reachsim.pipeline.variables import CLOSE, OPEN, nothing_known, shown, starred, unknown_names

PORTS: Final = {"https": 443, "http": 80, "ssh": 22, "git": 9418, "ftp": 21, "ftps": 990, "sftp": 22, "hkp": 11371,
                "hkps": 443, "ldap": 389, "wss": 443, "ws": 80, "sparse+https": 443, "oci": 443}  # fmt: skip
_PART: Final = rf"(?:(?!{OPEN})[^\s/:@?#'\"]|{OPEN}[^{CLOSE}]*{CLOSE})"
_URL: Final = (
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20})://(?:[^\s/@]*@)?"
    rf"(?P<host>{_PART}+|\[[0-9a-fA-F:]+\])(?::(?P<port>[^/?#\s]*))?"
    r"(?P<path>[/?#]\S*)?"
)
_SCP: Final = rf"(?:[^\s/@:]+@)(?P<host>{_PART}+):(?P<path>(?!/?\d+/)\S+)"


class Url(Struct, frozen=True):
    scheme: str
    host: str
    port: int
    path: str


def parse(text: str) -> Url | None:
    """A URL's parts; None if the text is none.

    >>> parse("https://user:secret@example.com:8443/x")
    Url(scheme='https', host='example.com', port=8443, path='/x')
    """
    match = re.match(_URL, text.strip().strip("\"'<>")) if "://" in text else None
    if match is None:
        return None
    scheme = match["scheme"].lower()
    plain = scheme.removeprefix("git+").removeprefix("registry+").removeprefix("sparse+").removeprefix("hg+")
    number = digits.port(match["port"], PORTS.get(plain, 443))
    return Url(plain, match["host"].strip("[]").rstrip(".").lower() if OPEN not in match["host"] else match["host"],
               number, match["path"] or "")  # fmt: skip


def all_in(text: str) -> list[str]:
    """Every URL that stands in a text."""
    found = re.finditer(_URL, text) if "://" in text else ()
    return [match[0] for match in found if match["scheme"].lower().split("+")[-1] in PORTS]


def is_here(host: str) -> bool:
    """Whether a name stands for the machine itself or for link-local addresses (container credentials, metadata)."""
    if host == "localhost" or host.endswith(".localhost") or host in ("host.docker.internal", "0.0.0.0"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local or address.is_unspecified


def why_unknown(text: str) -> str:
    """Why a text is not known, for a person: the variables that nothing sets, the commands whose output it is."""
    names = unknown_names(text)
    made = [name[1:] for name in names if name.startswith("!")]
    unset = [name for name in names if not name.startswith("!")]
    whys = [f"{', '.join(unset)} is not set in these files"] if unset else []
    whys += [f"it is the output of {', '.join(made)}"] if made else []
    return "; ".join(whys) or "its value is not in these files"


def destination(text: str, kind: Kind = "download", confidence: Confidence = "certain") -> list[Found]:
    """What opening a URL contacts; nothing for files, data and this machine itself."""
    url = parse(_up_to_path(text))
    if url is None or url.scheme in ("file", "data", "unix", "tcp", "docker", "npipe", "s3", "jar"):
        return []
    if url.scheme not in PORTS:
        return []
    if nothing_known(url.host):
        return [Gap(shown(text), why_unknown(text), surely=confidence != "possible")]
    if is_here(url.host):
        return []
    if not re.fullmatch(rf"(?:[\w.:*-]|{OPEN}[^{CLOSE}]*{CLOSE})+", url.host):
        return [Gap(shown(text), "no host name")]
    return [Destination(url.host, url.port, kind, confidence)]


def named(text: str, kind: Kind = "download", confidence: Confidence = "certain") -> list[Found]:
    """What a URL contacts that somebody must have meant: where nothing of it is known, that is a gap."""
    found = destination(text, kind, confidence)
    if not found and parse(text) is None and nothing_known(text) and text.strip("\"' "):
        return [Gap(shown(text), why_unknown(text), surely=confidence != "possible")]
    return found


def _up_to_path(text: str) -> str:
    """A variable that follows a whole host name begins the path: ``169.254.170.2$AWS_CONTAINER_CREDENTIALS…``."""
    return re.sub(rf"^([a-z+]+://(?:\d+\.\d+\.\d+\.\d+|[\w.-]+\.(?:com|org|net|io|dev)))(?={OPEN})", r"\1/", text)


PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy")
"""Variables, in small letters, that send what curl, pip, npm and most others contact to a proxy."""


def proxy(name: str, value: str, confidence: Confidence = "likely") -> list[Found]:
    """What a variable that names a proxy makes the commands behind it contact.

    >>> [(one.host, one.port) for one in proxy("HTTPS_PROXY", "proxy.example.com:3128")[:1]]
    [('proxy.example.com', 3128)]
    """
    if name.lower() not in PROXIES or not value:
        return []
    found = destination(value if "://" in value else f"http://{value}", "download", confidence)
    return [*found, Gap(shown(f"{name}: {value}")[:120], PROXY_REACHES)] if found else []


def git_destination(text: str, confidence: Confidence = "certain", action: str = "GitPull") -> list[Found]:
    """What fetching from or pushing to a Git URL contacts.

    >>> [(one.host, one.port) for one in git_destination("git@github.com:owner/repository.git")]
    [('github.com', 22)]
    """
    text = text.strip().removeprefix("git+")
    url = parse(text)
    if url is None:
        match = re.fullmatch(_SCP, text)
        if match is None:
            return []
        url = Url("ssh", match["host"], 22, "/" + match["path"])
    if url.scheme == "file" or is_here(url.host):
        return []
    if nothing_known(url.host):
        return [Gap(shown(text), why_unknown(text), surely=confidence != "possible")]
    port = url.port if url.scheme in PORTS else 443
    requests = codecommit_requests(url, action)
    return [Destination(url.host, port, "git", confidence, "run", "git-codecommit" if requests else None, requests)]


def codecommit_requests(url: Url, action: str) -> tuple[Request, ...]:
    """The IAM request of a Git operation on a CodeCommit repository (fact P42)."""
    match = re.fullmatch(r"git-codecommit(?:-fips)?\.(.+?)\.amazonaws\.com(?:\.cn)?", url.host)
    if match is None:
        return ()
    repository = url.path.removeprefix("/v1/repos/").strip("/").removesuffix(".git")
    region = match[1]
    arn = starred(f"arn:{services.partition_of(region)}:codecommit:{region}:*:{repository or '*'}")
    return (Request(f"codecommit:{action}", arn),)


def redirects(text: str, confidence: Confidence) -> list[Found]:
    """Where a host is known to send those who download something: GitHub's releases and archives, ``redirects.csv``.

    >>> [one.host for one in redirects("https://go.dev/dl/go1.21.0.linux-amd64.tar.gz", "certain")]
    ['dl.google.com']
    """
    url = parse(text)
    if url is None:
        return []
    if url.host != "github.com":
        return _elsewhere(url, "likely" if confidence == "certain" else confidence)
    sure: Confidence = "likely" if confidence == "certain" else confidence
    if "/releases/" in url.path:
        names = ("release-assets.githubusercontent.com", "objects.githubusercontent.com")
        return [Destination(name, 443, "download", sure) for name in names]
    if "/archive/" in url.path or "/tarball/" in url.path or "/zipball/" in url.path:
        return [Destination("codeload.github.com", 443, "download", sure)]
    if "/raw/" in url.path:
        return [Destination("raw.githubusercontent.com", 443, "download", sure)]
    return []


def fetched(text: str, kind: Kind = "download") -> list[Found]:
    """What the download of a URL contacts: its host, and where that is known to send those who download."""
    return [*destination(text, kind), *redirects(text, "certain")]


def _elsewhere(url: Url, sure: Confidence) -> list[Found]:
    place = url.host + url.path
    return [Destination(host, 443, "download", sure)
            for pattern, hosts in _redirects() if pattern.match(place) for host in hosts]  # fmt: skip


@cache
def _redirects() -> tuple[tuple[re.Pattern[str], list[str]], ...]:
    from reachsim.pipeline import knowledge

    return tuple((re.compile(row["url"]), row["hosts"].split(";")) for row in knowledge.rows("redirects.csv"))

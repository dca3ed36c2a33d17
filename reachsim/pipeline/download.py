"""curl, wget, git, ssh and their like.

**Source:** curl(1), wget(1), git-scm documentation; facts/tool-destinations.csv (curl, wget, git, ssh).
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec.structs import replace

from reachsim import digits
from reachsim.pipeline import credentials, installers, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Destination, Found, Gap, weaker
from reachsim.pipeline.shell.braces import braced
from reachsim.pipeline.variables import ROOT, is_known, nothing_known, replaced, shown

_CURL: Final = [
    "A",
    "b",
    "c",
    "C",
    "d",
    "D",
    "e",
    "E",
    "F",
    "H",
    "K",
    "m",
    "o",
    "P",
    "Q",
    "r",
    "t",
    "T",
    "u",
    "U",
    "w",
    "x",
    "X",
    "y",
    "Y",
    "z",
    "url",
    "output",
    "header",
    "data",
    "data-raw",
    "data-binary",
    "data-urlencode",
    "request",
    "user",
    "user-agent",
    "form",
    "cookie",
    "cookie-jar",
    "retry",
    "retry-delay",
    "retry-max-time",
    "connect-timeout",
    "max-time",
    "proxy",
    "cacert",
    "cert",
    "key",
    "upload-file",
    "write-out",
    "referer",
    "resolve",
    "json",
    "output-dir",
    "range",
    "limit-rate",
    "config",
    "ciphers",
    "proto",
    "proto-redir",
    "proto-default",
    "max-redirs",
    "speed-limit",
    "speed-time",
    "keepalive-time",
    "connect-to",
    "dns-servers",
    "unix-socket",
    "capath",
    "pinnedpubkey",
    "oauth2-bearer",
    "url-query",
    "stderr",
    "trace",
    "trace-ascii",
    "netrc-file",
    "cert-type",
    "key-type",
    "pass",
    "socks5",
    "socks5-hostname",
    "preproxy",
    "proxy-header",
    "tls-max",
    "time-cond",
    "proxy-user",
    "noproxy",
    "aws-sigv4",
    "interface",
    "dump-header",
    "form-string",
]
_WGET: Final = [
    "O",
    "o",
    "P",
    "U",
    "a",
    "e",
    "i",
    "t",
    "T",
    "w",
    "Q",
    "header",
    "output-document",
    "output-file",
    "directory-prefix",
    "user-agent",
    "tries",
    "timeout",
    "wait",
    "post-data",
    "post-file",
    "user",
    "password",
    "method",
    "body-data",
    "load-cookies",
    "save-cookies",
    "referer",
    "execute",
    "limit-rate",
    "waitretry",
    "http-user",
    "http-password",
]


def curl(call: Call) -> Outcome:
    given = arguments(call.words, _CURL)
    targets = [*given.all("url"), *given.rest]
    found: list[Found] = []
    proxy = given.last("x", "proxy")
    for name in given.all("K", "config"):
        text = call.stdin if name == "-" else call.read(name)
        kept = dict(re.findall(r"(?m)^[ \t]*+(?:--)?(url|proxy|-x)\b[ \t]*+[=:]?[ \t]*+[\"']?([^\s\"']++)", text or ""))
        targets += re.findall(r"(?m)^[ \t]*+(?:--)?url\b[ \t]*+[=:]?[ \t]*+[\"']?([^\s\"']++)", text or "")
        proxy = proxy or kept.get("proxy")
        if text is None or not is_known(text):
            found.append(Gap(call.command.text, f"what {shown(name)} tells curl; it is not in these files"))
    if any(credentials.OWN_ADDRESS in one for one in targets):
        call.configure(credentials.SOURCE, "own")
    if not given.has("g", "globoff"):
        targets = [one for target in targets for one in braced(target)]
    for target in targets:
        found += _of_curl(target, follows=given.has("L", "location"))
    if proxy and found:
        found = [*urls.proxy("http_proxy", proxy, "certain")[:1], *found]
    place = given.last("o", "output")
    script = installers.mark_of(targets[0]) if len(targets) == 1 else None
    if given.has("O", "remote-name") or given.has("J"):
        for target in targets:
            _keep(call, posixpath.basename(target.split("?")[0]), script)
    if place:
        _keep(call, place, script)
    quiet = (place is not None and place != "-") or given.has("O", "remote-name")
    status = True if found or not targets else None
    return Outcome(tuple(found), "" if quiet else script, status)


def _of_curl(target: str, *, follows: bool) -> list[Found]:
    """What curl fetches: of a URL with a space nothing if the host holds it, and nothing from curl 7.8x on, which
    rejects it.

    **Source:** curl, lib/urlapi.c (junkscan: CURLUE_MALFORMED_INPUT).
    """
    found = _fetched(target, follows=follows)
    plain = replaced(target, "x").strip()
    if not re.search(r"\s", plain):
        return found
    if re.match(r"[a-z]+://[^/?#]*\s", plain, re.IGNORECASE):
        return []
    return [replace(one, confidence=weaker(one.confidence, "likely")) if isinstance(one, Destination) else one
            for one in found]  # fmt: skip


def wget(call: Call) -> Outcome:
    given = arguments(call.words, _WGET)
    found: list[Found] = []
    place = given.last("O", "output-document")
    script = installers.mark_of(given.rest[0]) if len(given.rest) == 1 else None
    for target in given.rest:
        found += _fetched(target, follows=True)
        if place is None:
            folder = given.last("P", "directory-prefix") or "."
            _keep(call, posixpath.join(folder, posixpath.basename(target.split("?")[0])), script)
    for name in given.all("i", "input-file"):
        text = call.stdin if name == "-" else call.read(name)
        found += [one for url in urls.all_in(text or "") for one in _fetched(url, follows=True)]
        if text is None or not is_known(text):
            found.append(Gap(call.command.text, "the list of URLs is a file that is not read"))
    if place and place != "-":
        _keep(call, place, script)
    piped = place is not None and (place == "-" or place.startswith("/dev/"))
    return Outcome(tuple(found), script if piped else "")


def _keep(call: Call, place: str, text: str | None) -> None:
    if place and not place.startswith("/dev/"):
        call.machine.written[call.path(place)] = text


_FILE: Final = re.compile(
    r"[\w.+-]+\.(?:zip|gz|tgz|bz2|xz|tar|sh|deb|rpm|apk|jar|war|json|ya?ml|txt|exe|msi|pem|crt|asc|whl|py|html?|xml|log)",
    re.IGNORECASE,
)


def _fetched(target: str, *, follows: bool) -> list[Found]:
    if "://" not in target:
        if _FILE.fullmatch(target):
            return [Gap(target, "curl and wget take it for a host's name; it is meant for a file's")]
        if nothing_known(target):
            return [Gap(shown(target), urls.why_unknown(target))]
        target = f"http://{target}"
    found = urls.destination(target, "download")
    if follows and found:
        found += urls.redirects(target, "certain")
    return found


# --- git ------------------------------------------------------------------------------------------------------------

_GIT: Final = ["c", "C", "git-dir", "work-tree", "exec-path", "namespace"]
_GIT_SUB: Final = [
    "b",
    "branch",
    "depth",
    "o",
    "origin",
    "j",
    "jobs",
    "reference",
    "template",
    "u",
    "upload-pack",
    "c",
    "config",
    "m",
    "message",
    "F",
    "file",
    "shallow-since",
    "shallow-exclude",
    "filter",
    "separate-git-dir",
    "server-option",
    "s",
    "strategy",
    "X",
    "strategy-option",
    "author",
    "date",
    "push-option",
    "receive-pack",
    "repo",
]


def git(call: Call) -> Outcome:
    """git: only clone, fetch, pull, push, ls-remote, submodule, lfs and ``remote update`` go out."""
    outer = arguments(call.words, _GIT, stop=True)
    if not outer.rest:
        return Outcome()
    for pair in outer.all("c"):
        name, _, value = pair.partition("=")
        _git_config(call, name, value)
    command, words = outer.rest[0], outer.rest[1:]
    folder = outer.last("C") or "."
    if command == "config":
        plain = [word for word in words if not word.startswith("-")]
        if len(plain) == 2 and not any(word in words for word in ("--get", "--unset", "-f")):
            _git_config(call, plain[0], plain[1])
        return Outcome((), None)
    if command == "clone":
        return _clone(call, words)
    if command == "submodule":
        return _submodule(call, words, folder)
    if command == "remote":
        return _remote(call, words, call.path(folder))
    if command in ("fetch", "pull", "push", "ls-remote") or (command == "archive" and "--remote" in " ".join(words)):
        given = arguments(words, _GIT_SUB)
        action = "GitPush" if command == "push" else "GitPull"
        remote = given.last("remote") or (given.rest[0] if given.rest else "origin")
        return Outcome(tuple(_remote_url(call, remote, action, call.path(folder))), None)
    if command == "lfs" and words[:1] and words[0] in ("pull", "fetch", "push", "clone", "checkout"):
        kept = re.search(r"(?m)^[ \t]*+url[ \t]*+=[ \t]*+(\S++)", call.read(posixpath.join(folder, ".lfsconfig")) or "")
        if kept:
            return Outcome(tuple(git_found(call, kept[1])), None)
        return Outcome(tuple(_remote_url(call, "origin", "GitPull")), None)
    if command == "svn" and words[:1] in (["clone"], ["init"]):
        return Outcome(tuple(one for word in words[1:] for one in urls.destination(word)), None)
    if command == "svn" or (command == "annex" and words[:1] in (["get"], ["copy"], ["sync"])):
        return Outcome((Gap(call.command.text, "which server that is: the repository's settings name it"),), None)
    if command == "rev-parse" and words[:1] == ["--show-toplevel"] and call.path(folder).startswith(ROOT):
        return Outcome((), f"{ROOT}\n", None)
    status = None if command in ("diff", "show-ref", "rev-parse", "diff-index", "merge-base", "status") else True
    return Outcome((), None, status)


def _git_config(call: Call, name: str, value: str) -> None:
    match = re.fullmatch(r"url\.(.+)\.(?:pushInsteadOf|insteadOf)", name, re.IGNORECASE)
    if match:
        call.configure(f"git.insteadof {value}", match[1])
    if name.lower() in ("http.proxy", "https.proxy"):
        call.configure("git.proxy", value)


def _clone(call: Call, words: list[str]) -> Outcome:
    given = arguments(words, _GIT_SUB)
    if not given.rest:
        return Outcome()
    address = given.rest[0]
    found = git_found(call, address)
    place = given.rest[1] if len(given.rest) > 1 else re.sub(r"\.git/?$", "", address.rstrip("/")).rsplit("/", 1)[-1]
    call.configure(f"git.remote {call.path(place)}", address)
    if found and given.has("recurse-submodules", "recursive"):
        found.append(Gap(f"git clone --recurse-submodules {shown(address)}", "the submodules of another repository"))
    return Outcome(tuple(found), "")


def _remote(call: Call, words: list[str], folder: str) -> Outcome:
    plain = [word for word in words if not word.startswith("-")]
    if len(plain) >= 3 and plain[0] in ("add", "set-url"):
        call.configure(f"git.remote {plain[1]} {folder}", plain[2])
    if plain[:1] == ["update"]:
        return Outcome(tuple(_remote_url(call, "origin", "GitPull", folder)))
    return Outcome((), None)


def _remote_url(call: Call, remote: str, action: str, folder: str = "") -> list[Found]:
    if "://" in remote or re.match(r"[^/\s@]++@[^/\s:]++:", remote) or not is_known(remote):
        return git_found(call, remote, action)
    folder = folder or call.scope.directory
    address = call.setting(f"git.remote {remote} {folder}") or _cloned(call, folder)
    address = address or call.env("CODEBUILD_SOURCE_REPO_URL")
    if address:
        return git_found(call, address, action)
    return [Gap(call.command.text, f"the remote {shown(remote)} is the source's own, which these files do not name")]


def _cloned(call: Call, folder: str) -> str | None:
    while folder not in ("/", ""):
        found = call.setting(f"git.remote {folder}")
        if found:
            return found
        folder = posixpath.dirname(folder)
    return None


def _submodule(call: Call, words: list[str], folder: str) -> Outcome:
    plain = [word for word in words if not word.startswith("-")]
    if plain[:1] == ["add"] and len(plain) > 1:
        return Outcome(tuple(git_found(call, plain[1])))
    if plain[:1] != ["update"]:
        return Outcome()
    place = call.path(folder)
    while not call.exists(posixpath.join(place, ".gitmodules")) and place not in ("/", ROOT):
        place = posixpath.dirname(place)
    text = call.read(posixpath.join(place, ".gitmodules"))
    if text is None:
        return Outcome((Gap(call.command.text, "there is no .gitmodules in the context"),))
    found: list[Found] = []
    for match in re.finditer(r"^[ \t]*url\s*=\s*(\S+)", text, re.MULTILINE):
        if match[1].startswith("."):
            found += _remote_url(call, "origin", "GitPull")
        else:
            found += git_found(call, match[1])
    return Outcome(tuple(dict.fromkeys(found)))


# --- ssh ------------------------------------------------------------------------------------------------------------

_SSH: Final = [
    "B",
    "b",
    "c",
    "D",
    "E",
    "e",
    "F",
    "I",
    "i",
    "J",
    "L",
    "l",
    "m",
    "O",
    "o",
    "p",
    "Q",
    "R",
    "S",
    "W",
    "w",
    "P",
]


def ssh(call: Call) -> Outcome:
    """ssh, scp, sftp and rsync over ssh."""
    given = arguments(call.words, [*_SSH, "rsh", "exclude", "include"], stop=call.program in ("ssh", "sftp"))
    port = given.last("P") if call.program == "scp" else given.last("p")
    number = digits.port(port, 22)
    rest = given.rest[:1] if call.program in ("ssh", "sftp") else given.rest
    found: list[Found] = []
    for word in rest:
        name = _ssh_host(word, call.program)
        if name is None:
            continue
        if nothing_known(name):
            found.append(Gap(shown(word), urls.why_unknown(word)))
        elif not urls.is_here(name):
            found.append(Destination(name, number, "download", "certain"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _ssh_host(word: str, program: str) -> str | None:
    if word.startswith("rsync://"):
        return None
    if program in ("ssh", "sftp"):
        return word.rpartition("@")[2].partition(":")[0]
    match = re.fullmatch(r"(?:[^@/\s]+@)?([^/\s:]+):\S*", word)
    return match[1] if match else None


def keyscan(call: Call) -> Outcome:
    """ssh-keyscan."""
    given: Arguments = arguments(call.words, ["t", "p", "T", "f"])
    number = digits.port(given.last("p"), 22)
    return Outcome(tuple(Destination(one, number, "download") for one in given.rest if is_known(one)), None)

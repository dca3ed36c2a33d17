"""What a project's own files name beside the index of a package manager: repositories of packages, servers, mirrors.

**Source:** Mix documentation, "mix deps: Git options"; Rebar3, "Dependencies"; Dart, "Package dependencies" (git,
hosted); CocoaPods, "Podfile Syntax: source, pod"; Leiningen, sample.project.clj (``:repositories``, ``:mirrors``);
vcpkg, "vcpkg-configuration.json"; pre-commit, "Adding pre-commit plugins"; opam manual, "pin-depends"; Homebrew,
"Homebrew Bundle: tap"; Bower, "Specification: dependencies"; Nix manual, "nix flake: Flake inputs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Found
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.texts import without
from reachsim.pipeline.yaml import load

_GITHUB: Final = "https://github.com/"
_Named = Iterator[tuple[str, str]]
_TEXT: Final = r"[\"']([^\s\"']{1,300})[\"']"


def sources(call: Call, program: str, sure: Confidence) -> tuple[list[Found], bool]:
    """(what the project's files name, whether it stands in place of the manager's own index).

    Each is "git" for a repository that is cloned, or "url" for a server that is asked.
    """
    reader = _READERS.get(program)
    found: list[Found] = []
    alone = False
    for kind, place in reader(call) if reader is not None else ():
        alone = alone or kind == "alone"
        if kind == "git":
            found += git_found(call, place, confidence=sure)
        elif kind == "url":
            found += urls.destination(place, "package", sure)
    return list(dict.fromkeys(found)), alone


def _mix(call: Call) -> _Named:
    text = re.sub(r"(?m)^[ \t]*#.*$", "", call.read("mix.exs") or "")
    yield from (("git", url) for url in re.findall(rf"\bgit:[ \t]{{0,9}}{_TEXT}", text))
    if re.search(r"\bgithub:[ \t]{0,9}[\"']", text):
        yield "git", _GITHUB


def _rebar(call: Call) -> _Named:
    text = re.sub(r"%[^\n]*", "", call.read("rebar.config") or "")
    yield from (("git", url) for url in re.findall(rf"\{{\s{{0,20}}git(?:_subdir)?\s{{0,20}},\s{{0,20}}{_TEXT}", text))


def _pub(call: Call) -> _Named:
    settings: Any = load(call.read("pubspec.yaml") or "")
    for kind in ("dependencies", "dev_dependencies", "dependency_overrides"):
        for one in table(settings, kind).values():
            for key, how in (("git", "git"), ("hosted", "url")):
                place = table(one).get(key)
                place = table(place).get("url") if isinstance(place, dict) else place
                if isinstance(place, str) and "/" in place:
                    yield how, place


def _pods(call: Call) -> _Named:
    text = re.sub(r"(?m)^[ \t]*#.*$", "", call.read("Podfile") or "")
    specs = re.findall(rf"(?m)^[ \t]{{0,40}}source[ \t(]{{1,9}}{_TEXT}", text)
    yield from (("git" if url.endswith(".git") else "url", url) for url in specs)
    if specs and not any("cdn.cocoapods.org" in url for url in specs):
        yield "alone", ""
    yield from (("git", url) for url in re.findall(rf":git[ \t]{{0,9}}=>[ \t]{{0,9}}{_TEXT}", text))
    yield from (("url", url) for url in re.findall(rf":(?:http|podspec)[ \t]{{0,9}}=>[ \t]{{0,9}}{_TEXT}", text))


def _lein(call: Call) -> _Named:
    text = re.sub(r";[^\n]*", "", call.read("project.clj") or "")
    opens = re.finditer(r":(?:plugin-)?(?:repositories|mirrors)\s", text)
    for block in (re.split(r"\n[ \t]{0,40}:[a-z]", text[one.end() : one.end() + 2000])[0] for one in opens):
        yield from (("url", url) for url in re.findall(r"\"(https?://[^\s\"]{1,300})\"", block))


def _vcpkg(call: Call) -> _Named:
    settings = call.json("vcpkg-configuration.json") or table((call.json("vcpkg.json") or {}), "vcpkg-configuration")
    for one in [settings.get("default-registry"), *listing(settings.get("registries"))]:
        place = table(one).get("repository")
        if isinstance(place, str):
            yield "git", place


def _hooks(call: Call) -> _Named:
    settings: Any = load(call.read(".pre-commit-config.yaml") or "")
    places = [table(one).get("repo") for one in listing(table(settings).get("repos"))]
    if places:
        yield "alone", ""
    yield from (("git", str(one)) for one in places if one not in (None, "local", "meta"))


def _opam(call: Call) -> _Named:
    for _, name in call.files():
        if name.endswith(".opam") and "/" not in name:
            block = re.search(r"(?s)\bpin-depends:\s*\[(.{0,3000}?)\]\s*\n(?=\S|\Z)", (call.read(name) or "") + "\n")
            for url in re.findall(r"\"((?:git\+)?https?://[^\s\"]{1,300})\"", block[1] if block else ""):
                yield ("git" if url.startswith("git+") else "url"), url.removeprefix("git+")


def _taps(call: Call) -> _Named:
    if call.words[:1] != ("bundle",):
        return
    text = re.sub(r"(?m)^[ \t]*#.*$", "", call.read("Brewfile") or "")
    for match in re.finditer(rf"(?m)^[ \t]{{0,40}}tap[ \t]{{1,9}}{_TEXT}(?:,[ \t]{{0,9}}{_TEXT})?", text):
        yield "git", match[2] or _GITHUB


def _bower(call: Call) -> _Named:
    settings = call.json("bower.json") or {}
    for kind in ("dependencies", "devDependencies"):
        for place in table(settings, kind).values():
            if isinstance(place, str) and "://" in place:
                yield ("git" if ".git" in place else "url"), place.partition("#")[0]


def _flake(call: Call) -> _Named:
    text = without(re.sub(r"(?m)^[ \t]*#.*$", "", call.read("flake.nix") or ""), "/*", "*/")
    for url in re.findall(r"\burl[ \t]{0,9}=[ \t]{0,9}\"((?:git\+)?(?:https|ssh)://[^\s\"?]{1,300})", text):
        yield ("git" if url.startswith("git+") else "url"), url.removeprefix("git+")


_READERS: Final[dict[str, Callable[[Call], _Named]]] = {
    "mix": _mix, "rebar3": _rebar, "dart": _pub, "flutter": _pub, "pod": _pods, "lein": _lein, "vcpkg": _vcpkg,
    "pre-commit": _hooks, "opam": _opam, "brew": _taps, "bower": _bower, "nix": _flake,
}  # fmt: skip

"""go: module proxies, checksum database, version control hosts, vendored modules.

**Source:** Go Modules Reference, "Module proxy", "Private modules", "Checksum database", "Vendoring"; Go 1.13 release
notes (the proxy became the default), "go install"; Go 1.11 release notes and "Modules" of Go 1.12's ``go help`` (where
GO111MODULE is not set, modules only outside GOPATH/src and beside a go.mod); golang/go issue 40580 (sum.golang.org is
asked beside the proxy); fact P76 (before 1.13: the host of the import path).
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import Final

from reachsim import digits
from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Confidence, Destination, Found, Script
from reachsim.pipeline.variables import is_known

_FETCHING: Final = ("get", "build", "install", "test", "run", "vet", "list", "generate")
_LOCAL: Final = ("build", "install", "test", "run", "vet", "list")
"""What fetches nothing once ``go mod download`` has fetched all that go.mod requires (Go Modules Reference)."""
# Where a vanity import path leads to; the path's own host is asked first.
_BEHIND: Final = {"golang.org": "go.googlesource.com", "gopkg.in": "github.com", "google.golang.org": "github.com",
                  "k8s.io": "github.com", "sigs.k8s.io": "github.com", "go.uber.org": "github.com",
                  "cloud.google.com": "github.com"}  # fmt: skip


def go(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if not plain:
        return Outcome((), None)
    if plain[0] == "env" and "-w" in call.words:
        for word in plain[1:]:
            name, _, value = word.partition("=")
            call.configure(f"go.{name}", value)
        return Outcome((), "")
    if plain[0] == "env" and len(plain) == 2:
        return Outcome((), _environment(call, plain[1]))
    if plain[0] == "mod":
        if plain[1:2] not in (["download"], ["tidy"], ["vendor"], ["why"], ["graph"]):
            return Outcome((), None)
    elif plain[0] == "generate":
        return Outcome(tuple(_generated(call, plain[1:])), None)
    elif plain[0] not in _FETCHING:
        return Outcome((), None)
    return Outcome(tuple(dict.fromkeys(_fetched(call, plain))), None)


_DIRECTIVE: Final = r"(?m)^//go:generate[ \t]+([^\n]{1,1000})"
MAX_DIRECTIVES: Final = 100


def _generated(call: Call, names: list[str]) -> list[Found]:
    """``go generate``: the commands that the sources name, each in its file's folder.

    **Source:** go command documentation, "Generate Go files by processing source".
    """
    deep = not names or any("..." in one for one in names)
    found: list[Found] = []
    for path, inside in call.files():
        if not path.endswith(".go") or (not names and "/" in inside):
            continue
        place = call.path(inside)
        text = call.machine.read(place) or ""
        named = deep or any(path == one.removeprefix("./") or path.startswith(one.removeprefix("./")) for one in names)
        for match in re.finditer(_DIRECTIVE, text) if named and "//go:generate" in text else ():
            line = text.count("\n", 0, match.start()) + 1
            found.append(Script(match[1], path, line, directory=posixpath.dirname(place)))
            if len(found) >= MAX_DIRECTIVES:
                return found
    return found


def _environment(call: Call, name: str) -> str | None:
    """What ``go env NAME`` prints; None where these files do not tell."""
    set_ = _setting(call, name)
    if set_ is not None and "$" not in set_:  # a variable of make may be named like it
        return set_
    architectures = call.machine.architectures
    known = {"GOOS": "linux", "GOHOSTOS": "linux"}
    if len(architectures) == 1:
        known |= dict.fromkeys(("GOARCH", "GOHOSTARCH"), architectures[0])
    return known.get(name)


def _setting(call: Call, name: str) -> str | None:
    value = call.env(name)
    return value if value is not None else call.setting(f"go.{name}")


def _fetched(call: Call, plain: list[str]) -> list[Found]:
    named = [word.partition("@")[0] for word in plain[1:] if _is_path(word)]
    flags = " ".join([*call.words, _setting(call, "GOFLAGS") or ""])
    vendored = "-mod=vendor" in flags or (call.has_folder("vendor") and "-mod=mod" not in flags)
    if vendored and plain[0] not in ("get", "mod") and not _versioned(plain):
        return []
    module = call.read("go.mod")
    kept = f"go.modules {call.path('go.mod')}"
    if module is not None and plain[0] in _LOCAL and not _versioned(plain) and call.setting(kept) == module:
        return []
    if module is not None and plain == ["mod", "download"] and not call.cached("go/pkg", "pkg/mod"):
        call.configure(kept, module)
    if not _by_modules(call, plain[0], module):
        return direct(named or _imported(call, plain[1:])) if plain[0] == "get" else []
    if not named:
        if module is None:
            return [] if _needs_none(call, plain[1:]) else _proxied(call, [], "likely")
        named = required(module)
    elif plain[0] in ("build", "test", "vet", "run") and not _versioned(plain):
        named = required(module) if module is not None else []
    if not named:
        return []
    if _before(call, 13) and _setting(call, "GOPROXY") is None:
        return direct(named)
    cached = call.cached("go/pkg", "pkg/mod", "go-build")
    sure: Confidence = (
        "likely" if cached or (module is None and not _versioned(plain) and plain[0] == "list") else "certain"
    )
    return _proxied(call, named, sure, alone=plain[0] in ("install", "run") and _versioned(plain))


def _needs_none(call: Call, words: list[str]) -> bool:
    """Whether all that is named are files that import of the standard library alone (``go build hello.go``)."""
    texts = [call.read(word) or "" for word in words if word.endswith(".go")]
    heads = [re.search(r"(?ms)^package\b.*?(?=^func\b|\Z)", text) for text in texts]
    if not texts or len(texts) < len(words):
        return False
    return all(head is not None and not re.search(r'"[\w-]+\.[\w./-]*"', head[0]) for head in heads)


def _is_path(word: str) -> bool:
    """Whether a word names a package by its import path, whose first element holds a dot (Go Modules Reference)."""
    first, slash, _ = word.partition("/")
    return bool(slash) and "." in first.strip(".") and not word.startswith((".", "/"))


def _versioned(plain: list[str]) -> bool:
    return any("@" in word for word in plain[1:])


def _before(call: Call, minor: int) -> bool:
    """Whether Go is older than 1.minor by the tag of the golang image, or the runtime that the buildspec asks for."""
    match = re.search(r"golang:1\.(\d{1,9})", call.machine.image or call.setting("runtime.golang") or "")
    return match is not None and int(match[1]) < minor


def _by_modules(call: Call, task: str, module: str | None) -> bool:
    """Whether go goes by modules. Without them (GOPATH) only ``go get`` fetches, and always from the sources."""
    if _before(call, 11):
        return False
    setting = _setting(call, "GO111MODULE")
    if not _before(call, 13) or setting in ("on", "off"):
        return setting != "off"
    return task == "mod" or (module is not None and not call.path(".").startswith(f"{_gopath(call)}/src/"))


def _gopath(call: Call) -> str:
    """GOPATH, which the golang image sets to /go."""
    return _setting(call, "GOPATH") or "/go"


def _imported(call: Call, words: list[str]) -> list[str]:
    """What the programs of the folder (with ``./...``: of those below too) import that is not there itself."""
    here = call.path(".")
    places = call.machine.files_in(here)
    name = call.machine.context_path(here)
    if "./..." in words and name is not None and not name.startswith(".."):
        prefix = "" if name == "." else f"{name}/"
        inner = [one.removeprefix(prefix) for one in call.machine.context if one.startswith(prefix)]
        places += [
            posixpath.join(here, one) for one in inner if not re.search(r"(?:^|/)(?:[._]|vendor/|testdata/)", one)
        ]
    programs = [one for one in places if one.endswith(".go") and ("-t" in call.words or not one.endswith("_test.go"))]
    found: dict[str, None] = {}
    for place in dict.fromkeys(programs):
        found |= dict.fromkeys(path for path in imports(call.read(place) or "") if _is_path(path))
    return [
        one for one in found if not (call.has_folder(f"{_gopath(call)}/src/{one}") or call.has_folder(f"vendor/{one}"))
    ]


def imports(program: str) -> list[str]:
    """The import paths of a program's import declarations (Go specification, "Import declarations").

    >>> imports('package x\\nimport "fmt"\\nimport (\\n\\ty "gopkg.in/yaml.v2" // (a)\\n\\t_ "a.example/b"\\n)\\n')
    ['fmt', 'gopkg.in/yaml.v2', 'a.example/b']
    """
    found: list[str] = []
    inside = False
    for line in program.split("\n"):
        text = line.strip()
        if inside and text.startswith(")"):
            inside = False
            continue
        if line.startswith("import"):
            text = text.removeprefix("import").lstrip()
            inside = text.startswith("(")
            text = text.removeprefix("(").lstrip()
        elif not inside:
            continue
        match = re.match(r'(?:[\w.]+\s+)?["`]([^"`\s]+)["`]', text)
        if match is not None:
            found.append(match[1])
            inside = inside and not text[match.end() :].lstrip().startswith(")")
    return found


def required(module: str) -> list[str]:
    """The module paths that a go.mod requires, after ``replace``; those replaced by folders need nothing.

    >>> required("module x\\nrequire (\\n\\tgithub.com/a/b v1.0.0 // indirect\\n)\\nrequire golang.org/x/net v0.1.0\\n")
    ['github.com/a/b', 'golang.org/x/net']
    """
    found: dict[str, None] = {}
    replaced: list[tuple[str, str]] = []
    block = ""
    for line in module.split("\n"):
        words = line.split("//")[0].split()
        if words[1:] == ["("]:
            block = words[0]
        elif words == [")"]:
            block = ""
        elif words:
            kind, *rest = [block, *words] if block else words
            if kind == "require" and len(rest) > 1:
                found[rest[0]] = None
            elif kind == "replace" and "=>" in rest[:-1]:
                replaced.append((rest[0], rest[rest.index("=>") + 1]))
    for old, new in replaced:
        if old in found:
            del found[old]
            if not new.startswith((".", "/")):
                found[new] = None
    return list(found)


def _proxied(call: Call, modules: list[str], sure: Confidence, *, alone: bool = False) -> list[Found]:
    """GOPROXY's list in order: the first is asked for all, the next only where that has nothing. ``alone``: no go.mod
    and go.sum count, as for ``go install PATH@VERSION``.
    """
    setting = _setting(call, "GOPROXY")
    private = [one for name in ("GOPRIVATE", "GONOPROXY") for one in (_setting(call, name) or "").split(",") if one]
    outside = [one for one in modules if any(_matches(one, pattern) for pattern in private)]
    proxied = [one for one in modules if one not in outside]
    found: list[Found] = direct(outside, sure)
    if modules and not proxied:
        return found
    entries = [one for one in re.split(r"[,|]", setting or "") if one] or ["default", "direct"]
    for number, entry in enumerate(entries):
        level: Confidence = sure if number == 0 else "possible"
        if entry == "off":
            break
        if entry == "direct":
            found += direct(proxied, level) if number == 0 else []
            break
        if entry == "default" or entry.rstrip("/").endswith(knowledge.index_hosts("go-proxy")):
            found += knowledge.index("go-proxy", level)
        else:
            found += urls.destination(entry, "package", level)
    if _asks_sums(call, proxied, "" if alone else call.read("go.sum") or "") and "off" not in entries[:1]:
        found += knowledge.index("go-sum", sure if alone else "likely")
    return found


def _asks_sums(call: Call, modules: list[str], sums: str) -> bool:
    """The checksum database is asked for what go.sum lacks. proxy.golang.org does not stand in for it."""
    if _setting(call, "GOSUMDB") in ("off",) or _setting(call, "GONOSUMCHECK") or _setting(call, "GOINSECURE") == "*":
        return False
    skipped = [
        one
        for name in ("GONOSUMDB", "GOPRIVATE", "GONOSUMCHECK")
        for one in (_setting(call, name) or "").split(",")
        if one
    ]
    asked = [
        one for one in modules if f"{one} v" not in sums and not any(_matches(one, pattern) for pattern in skipped)
    ]
    return bool(asked) or (not modules and not sums)


def _matches(path: str, pattern: str) -> bool:
    """GOPRIVATE's patterns: globs over as many leading elements of the path as the pattern has."""
    head = "/".join(path.split("/")[: pattern.count("/") + 1])
    return is_known(pattern) and fnmatch.fnmatchcase(head, pattern)


def direct(modules: list[str], sure: Confidence = "certain") -> list[Found]:
    """The hosts of import paths, asked without a proxy.

    >>> [one.host for one in direct(["github.com/a/b", "golang.org/x/net"])]
    ['github.com', 'golang.org', 'go.googlesource.com']
    """
    found: list[Found] = []
    for path in modules:
        host = path.split("/")[0]
        if not is_known(host) or not re.fullmatch(r"[\w.-]+\.[a-z]+(:\d+)?", host):
            continue
        name, _, port = host.partition(":")
        found.append(Destination(name, digits.port(port, 443), "git", sure))
        behind = _BEHIND.get(name)
        if behind:
            found.append(Destination(behind, 443, "git", "likely" if sure == "certain" else sure))
    return list(dict.fromkeys(found))

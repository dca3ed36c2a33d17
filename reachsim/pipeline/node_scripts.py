"""The scripts of package.json: ``npm run``, ``yarn NAME``, their pre and post, in one package or in all of a workspace.

**Source:** npm documentation, "npm run-script", "Workspaces"; Yarn documentation, "yarn workspace", "yarn workspaces
foreach"; pnpm documentation, "Filtering"; npm-run-all, concurrently, Turborepo and Lerna documentation.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import Any, Final

from reachsim.pipeline import urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments, quoted
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import is_known
from reachsim.pipeline.yaml import load

_HOOKS: Final = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
_MAX_PACKAGES: Final = 200
_YARN: Final = (
    "autoclean", "bin", "cache", "check", "constraints", "explain", "generate-lock-entry", "licenses", "link", "list",
    "pack", "rebuild", "stage", "unlink", "unplug", "version", "versions", "why",
)  # fmt: skip
_OWN: Final = {
    "yarn": _YARN, "yarnpkg": _YARN, "bun": ("pm", "test", "build", "link", "unlink"),
    "pnpm": ("approve-builds", "bin", "cat-file", "cat-index", "completion", "doctor", "find-hash", "ignored-builds",
             "licenses", "link", "list", "ll", "ls", "pack", "patch", "patch-commit", "patch-remove", "rb", "rebuild",
             "root", "setup", "store", "unlink", "why"),
}  # fmt: skip
"""Commands of the package managers themselves that work on what the machine has: CLI references of Yarn 1 and 4, pnpm,
Bun."""


def hooks(call: Call, package: dict[str, Any]) -> list[Found]:
    """The scripts that an installation of the project itself runs."""
    scripts = table(package.get("scripts"))
    return [_as_script(call, name, str(scripts[name]), call.scope.directory) for name in _HOOKS if name in scripts]


def run(call: Call, word: str, plain: list[str], given: Arguments) -> Outcome:
    """``npm run NAME``, ``npm test``, ``yarn NAME``. ``given`` are the options, ``plain`` the words beside them."""
    everywhere = given.has("workspaces", "ws", "recursive") or (call.program == "pnpm" and given.has("r"))
    if word == "workspaces" and call.program.startswith("yarn"):
        plain = plain[2:] if plain[1:2] in (["run"], ["foreach"]) else plain[1:]
        word, everywhere = (plain[0] if plain else ""), True
    chosen = given.all("w", "workspace", "filter", "F")
    if word == "workspace" and len(plain) > 2:
        chosen, plain = [plain[1]], plain[2:]
        word = plain[0]
    if word in ("run", "run-script", "rum"):
        name, rest = (plain[1] if len(plain) > 1 else ""), plain[2:]
    elif word in _OWN.get(call.program, ()) and not has(call, word):
        return Outcome((), None)
    elif call.program != "npm" or word in ("test", "t", "start", "stop", "restart", "tst"):
        name, rest = {"t": "test", "tst": "test"}.get(word, word), plain[1:]
    else:
        return Outcome((), None)
    places = _places(call, chosen, everywhere=everywhere)
    found: list[Found] = [one for place in places for one in _scripts(call, place, name, rest)]
    if not found and name and places == [call.scope.directory]:
        found = _other_than_script(call, name, rest, given)
    elif not places and name:
        found = [Gap(call.command.text, "the packages of the workspace that run it are not in the context")]
    return Outcome(tuple(found), None)


def _other_than_script(call: Call, name: str, rest: list[str], given: Arguments) -> list[Found]:
    """What a name means that no script bears: yarn, pnpm and bun run the program that a package brings; npm fails."""
    if call.json("package.json") is None:
        return [Gap(call.command.text, "package.json is not in the context: what its scripts run is not known")]
    if call.program != "npm" and is_known(name):
        words = call.words[call.words.index(name) :] if name in call.words else (name, *rest)
        return [Script(" ".join(map(quoted, words)))]
    if given.has("if-present") or name in ("start", "stop", "restart", "test"):
        return []
    return [Gap(call.command.text, f"package.json has no script {name}")]


def has(call: Call, name: str) -> bool:
    """Whether the project has a script of that name."""
    return name in table((call.json("package.json") or {}).get("scripts"))


def _places(call: Call, chosen: list[str], *, everywhere: bool) -> list[str]:
    """The folders of the packages that are meant: the project's own, or those of its workspace."""
    if not chosen and not everywhere:
        return [call.scope.directory]
    members = workspace(call)
    found = []
    for one in chosen:
        pattern = re.sub(r"^\.{3}|\.{3}$", "", one.strip("{}"))
        path = call.path(pattern)
        found += [place for place, name in members.items() if place == path or fnmatch.fnmatchcase(name, pattern)]
    return list(dict.fromkeys(found)) if chosen else list(members)


def workspace(call: Call) -> dict[str, str]:
    """The packages of a workspace: folder -> name."""
    listed: Any = (call.json("package.json") or {}).get("workspaces")
    patterns = listing(listed.get("packages") if isinstance(listed, dict) else listed)
    for name, key in (("pnpm-workspace.yaml", "packages"), ("lerna.json", "packages")):
        patterns = patterns or listing(table(load(call.read(name) or "")).get(key))
    found: dict[str, str] = {}
    for _, inside in call.files() if patterns else ():
        if posixpath.basename(inside) != "package.json" or len(found) >= _MAX_PACKAGES:
            continue
        folder = posixpath.dirname(inside)
        if any(fnmatch.fnmatchcase(folder, str(one).removeprefix("./").rstrip("/")) for one in patterns):
            title: object = (call.json(inside) or {}).get("name")
            found[call.path(folder)] = title if isinstance(title, str) else posixpath.basename(folder)
    return found


def _scripts(call: Call, place: str, name: str, rest: list[str]) -> list[Script]:
    scripts = table((call.json(posixpath.join(place, "package.json")) or {}).get("scripts"))
    behind = " " + " ".join(rest) if rest and all(map(is_known, rest)) else ""
    return [_as_script(call, one, str(scripts[one]) + (behind if one == name else ""), place)
            for one in (f"pre{name}", name, f"post{name}") if one in scripts]  # fmt: skip


def _as_script(call: Call, name: str, text: str, place: str) -> Script:
    path = posixpath.join(place, "package.json")
    file = call.machine.context_path(path) or "package.json"
    return Script(text, file, _line_of(call.read(path) or "", name), directory=place)


def _line_of(text: str, name: str) -> int:
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(rf'\s*"{re.escape(name)}"\s*:', line):
            return number
    return 1


# --- programs that run several scripts ------------------------------------------------------------------------------


def run_all(call: Call) -> Outcome:
    """npm-run-all, run-s and run-p: scripts by name or pattern (``build:*``)."""
    given = arguments(call.words, ["max-parallel", "l", "c"])
    known = table((call.json("package.json") or {}).get("scripts"))
    names: list[str] = []
    for word in given.rest:
        pattern = word.split(" ")[0].replace(":**", ":*")
        names += [one for one in known if fnmatch.fnmatchcase(one, pattern)] if "*" in pattern else [pattern]
    return Outcome(tuple(one for name in names for one in _scripts(call, call.scope.directory, name, [])), None)


def concurrently(call: Call) -> Outcome:
    """concurrently: shell texts, and scripts as ``npm:NAME``."""
    given = arguments(call.words, ["n", "names", "c", "prefix-colors", "p", "prefix", "m", "max-processes", "l",
                                   "prefix-length", "restart-tries", "restart-after", "s", "success", "i"])  # fmt: skip
    found: list[Found] = []
    for word in given.rest:
        short = re.fullmatch(r"(?:npm|yarn|pnpm|bun):(\S+)", word)
        if short:
            known = table((call.json("package.json") or {}).get("scripts"))
            names = [one for one in known if fnmatch.fnmatchcase(one, short[1])]
            found += [one for name in names for one in _scripts(call, call.scope.directory, name, [])]
        else:
            found.append(Script(word))
    return Outcome(tuple(found), None)


def monorepo(call: Call) -> Outcome:
    """``turbo run NAME``, ``lerna run NAME``: the script of every package of the workspace."""
    given = arguments(call.words, ["filter", "F", "scope", "concurrency", "output-logs", "cache-dir", "stream"])
    names = given.rest[1:] if given.rest[:1] == ["run"] else given.rest if call.program == "turbo" else []
    places = _places(call, given.all("filter", "F", "scope"), everywhere=True)
    found: list[Found] = [one for place in places for name in names for one in _scripts(call, place, name, [])]
    if call.program == "lerna":
        found += _lerna(call, given.rest[:1])
    elif call.program == "turbo" and given.rest[:1] in (["prune"], ["link"], ["login"], ["telemetry"], ["daemon"]):
        names = []
    if names and not found and not places and call.json("package.json") is None:
        found.append(Gap(call.command.text, "the packages of the workspace that run it are not in the context"))
    return Outcome((*_remote_cache(call), *found), None)


def _lerna(call: Call, word: list[str]) -> list[Found]:
    """What Lerna does besides running scripts: it installs, publishes, and pushes the versions that it makes."""
    if word == ["bootstrap"]:
        return [Script("npm install", directory=place) for place in _places(call, [], everywhere=True)]
    pushes = [] if {"--no-push", "--no-git-tag-version"} & set(call.words) else [Script("git push origin HEAD")]
    if word == ["publish"]:
        return [Script("npm publish"), *([] if "from-package" in call.words else pushes)]
    if word == ["exec"] and "--" in call.words:
        return [Script(" ".join(map(quoted, call.words[call.words.index("--") + 1 :])))]
    return list(pushes) if word == ["version"] else []


def nx(call: Call) -> Outcome:
    """nx: its targets are the projects' own programs; the remote cache is asked for them."""
    word = call.words[0] if call.words else ""
    asks = word in ("run", "run-many", "affected", "build", "test", "lint") or ":" in word
    found: list[Found] = list(_remote_cache(call)) if asks else []
    given = arguments(call.words, ["t", "target", "targets", "p", "projects", "c", "configuration", "base", "head",
                                   "exclude", "parallel"])  # fmt: skip
    project, _, name = (given.rest[1] if word == "run" and len(given.rest) > 1 else word).partition(":")
    if word in ("run-many", "affected") or word.startswith("affected:"):
        name = given.last("t", "target", "targets") or word.partition(":")[2]
        project = ""
    elif not name and given.rest[1:]:  # nx build APP
        project, name = given.rest[1], word
    for one in filter(None, name.partition(":")[0].split(",")):
        run = _targets(call, project, one)
        unknown = [Gap(call.command.text, f"no project of the context tells of the target {one}")]
        found += unknown if run is None else run
    return Outcome(tuple(dict.fromkeys(found)), None)


def _targets(call: Call, project: str, name: str) -> list[Found] | None:
    """The commands of a target of one project, or of all: scripts, and of executors ``nx:run-commands`` alone. None
    where no project has the target: a plugin infers it from files of its own.

    **Source:** Nx documentation, "nx:run-commands", "Project Configuration", "Run root-level NPM scripts with Nx".
    """
    found: list[Found] = []
    known = False
    kinds = ("project.json", "package.json")
    projects = [(path, inside) for path, inside in call.files() if posixpath.basename(path) in kinds]
    for path, inside in projects[:_MAX_PACKAGES]:
        settings = call.json(inside) or {}
        folder = posixpath.dirname(inside)
        if project and project not in (settings.get("name"), posixpath.basename(posixpath.dirname(path))):
            continue
        if posixpath.basename(path) == "package.json":
            if not folder and "nx" not in settings:
                continue  # of the workspace itself, not of a project
            scripts = _scripts(call, call.path(folder or "."), name, [])
            known = known or bool(scripts)
            found += scripts
            continue
        target = table(table(settings.get("targets")).get(name))
        known = known or bool(target)
        options = {**target, **table(target.get("options"))}
        for one in [options.get("command"), *listing(options.get("commands"))]:
            text = one if isinstance(one, str) else table(one).get("command")
            if isinstance(text, str):
                place = call.path(str(options.get("cwd") or "."))
                found.append(Script(text, path, _line_of(call.read(path) or "", name), directory=place))
    return found if known else None


def _remote_cache(call: Call) -> list[Found]:
    """Turborepo's remote cache (vercel.com unless ``--api`` names another), and Nx Cloud."""
    given = arguments(call.words, ["token", "api", "team"])
    if call.program == "turbo" and (given.has("token") or call.env("TURBO_TOKEN")):
        url = given.last("api") or call.env("TURBO_API") or "https://vercel.com"
        return urls.destination(url, "download", "likely")
    settings = call.json("nx.json") or {}
    if settings.get("nxCloudAccessToken") or settings.get("nxCloudId") or call.env("NX_CLOUD_ACCESS_TOKEN"):
        url = str(settings.get("nxCloudUrl") or call.env("NX_CLOUD_API") or "https://cloud.nx.app")
        return urls.destination(url, "download", "likely")
    return []

"""Compose files: which images are pulled, built and pushed.

**Source:** Compose Specification, "services" (image, build, depends_on, profiles), "Interpolation"; docker compose CLI.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from reachsim.pipeline import containers, image
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.docker import cache_read, cache_written
from reachsim.pipeline.records import Found, Gap, ImageBuild
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import expand, is_known, shown
from reachsim.pipeline.yaml import load

MAX_EXTENDED: Final = 20

_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES: Final = ("compose.override.yaml", "compose.override.yml", "docker-compose.override.yml")
_OUTER: Final = [
    "f",
    "file",
    "p",
    "project-name",
    "env-file",
    "profile",
    "project-directory",
    "ansi",
    "parallel",
    "progress",
]
_INNER: Final = [
    "build-arg",
    "e",
    "env",
    "v",
    "volume",
    "u",
    "user",
    "w",
    "workdir",
    "name",
    "scale",
    "timeout",
    "t",
    "entrypoint",
    "p",
    "publish",
    "l",
    "label",
    "exit-code-from",
    "attach",
    "pull",
    "m",
    "memory",
]


def docker_compose(call: Call) -> Outcome:
    """The older program of its own, ``docker-compose``."""
    return compose(call, list(call.words))


def compose(call: Call, words: list[str]) -> Outcome:
    outer = arguments(words, _OUTER, stop=True)
    if not outer.rest:
        return Outcome((), None)
    word = outer.rest[0]
    given = arguments(outer.rest[1:], _INNER, stop=word in ("run", "exec"))
    if word == "exec":
        return Outcome(tuple(containers.inside(given.rest[1:])), None)
    if word not in ("build", "pull", "push", "up", "run", "create", "publish"):
        return Outcome((), None)
    names = outer.all("f", "file") or [one for one in (*_FILES, *_OVERRIDES) if call.exists(one)][:2]
    if not names:
        return Outcome((Gap(call.command.text, "there is no compose file in the context"),), None)
    services: dict[str, dict[str, Any]] = {}
    home = posixpath.dirname(call.path(names[0])) if is_known(names[0]) else call.scope.directory
    reading = _Reading()
    for name in names:
        if call.read(name) is None:
            return Outcome((Gap(shown(name), "not in the context"),), None)
        for key, value in _read(call, name, home, reading).items():
            services[key] = _merged(services.get(key, {}), value)
    wanted = _wanted(services, given.rest if word != "run" else given.rest[:1], outer.all("profile"), word)
    found = reading.gaps
    for key in wanted:
        again = given.has("build") or word == "build"
        found += _of_service(call, services[key], home, word, no_build=given.has("no-build"), again=again)
    if word in ("up", "run") and wanted:
        found.append(Gap(call.command.text, "what the containers contact while they run is not in these files"))
    return Outcome(tuple(dict.fromkeys(found)), None)


class _Reading:
    """What of a command's compose files could not be read, and the services of those that were, by file and folder.

    While a file is being read it has none: who includes it again goes round in a circle.
    """

    def __init__(self) -> None:
        self.gaps: list[Found] = []
        self.services: dict[tuple[str, str], dict[str, dict[str, Any]] | None] = {}


def _read(call: Call, name: str, home: str, reading: _Reading, depth: int = 0) -> dict[str, dict[str, Any]]:
    """The services of a compose file, those that it includes and those that its own extend among them."""
    text, key = call.read(name), (call.path(name), home)
    known = reading.services.get(key)
    if known is not None:
        return known
    if text is None or depth > 8 or key in reading.services:
        why = "not in the context" if text is None else "compose files that include each other"
        reading.gaps.append(Gap(shown(name), why))
        return {}
    reading.services[key] = None
    found = reading.services[key] = _services(call, name, home, text, reading, depth)
    return found


def _services(
    call: Call, name: str, home: str, text: str, reading: _Reading, depth: int
) -> dict[str, dict[str, Any]]:  # fmt: skip
    document = _filled(load(text), _environment(call, home))
    listed = document.get("services") if isinstance(document, dict) else None
    if not isinstance(listed, dict) and isinstance(document, dict) and "version" not in document:
        listed = {key: one for key, one in document.items() if isinstance(one, dict) and {"image", "build"} & set(one)}
    beside = posixpath.dirname(name)
    found: dict[str, dict[str, Any]] = {}
    for entry in listing(table(document).get("include")):
        for path in (posixpath.join(beside, one) for one in _paths(entry)):
            found |= _read(call, path, posixpath.dirname(call.path(path)), reading, depth + 1)
    mine = {str(key): one for key, one in table(listed).items() if isinstance(one, dict)}
    for key, one in mine.items():
        own = {part: value for part, value in one.items() if part in _KEYS}
        base = _base(call, name, one.get("extends"), mine, reading, depth)
        placed = _placed(own, home, text, call, name)
        if isinstance(placed.get("build"), dict):
            placed["build"]["secrets"] = _secrets(placed["build"].get("secrets"), table(document, "secrets"), home)
        found[key] = _merged(base, placed)
    return found


def _secrets(wanted: Any, known: dict[str, Any], home: str) -> tuple[tuple[str, str], ...]:
    """(name within the build, path) of the secrets that a build is given; "" for one that is no file."""
    found = []
    for one in listing(wanted):
        source = str(table(one).get("source", "")) if isinstance(one, dict) else str(one)
        path = table(known, source).get("file")
        name = str(table(one).get("target") or source) if isinstance(one, dict) else source
        found.append((name, posixpath.normpath(posixpath.join(home, path)) if isinstance(path, str) else ""))
    return tuple(found)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Two descriptions of one service, the later one's parts first (Compose Specification, "Merge")."""
    both = {key: _merged(old[key], new[key]) for key in old.keys() & new.keys()
            if isinstance(old[key], dict) and isinstance(new[key], dict)}  # fmt: skip
    return old | new | both


def _base(
    call: Call, name: str, extends: Any, mine: dict[str, dict[str, Any]], reading: _Reading, depth: int
) -> dict[str, Any]:
    """The service that another one extends, of the same file or of another."""
    service = extends if isinstance(extends, str) else table(extends).get("service")
    other = table(extends).get("file")
    if not isinstance(service, str):
        return {}
    if isinstance(other, str):
        path = posixpath.join(posixpath.dirname(name), other)
        if call.path(path) == call.path(name):
            return _of_own(call, name, service, mine, reading, depth)
        found = _read(call, path, posixpath.dirname(call.path(path)), reading, depth + 1)
        return found.get(service, {})
    return _of_own(call, name, service, mine, reading, depth)


def _of_own(
    call: Call, name: str, service: str, mine: dict[str, dict[str, Any]], reading: _Reading, depth: int
) -> dict[str, Any]:
    """A service of the same file, with what it extends itself."""
    base = mine.get(service, {})
    if depth > MAX_EXTENDED:
        reading.gaps.append(Gap(shown(name), "services that extend each other"))
        return {}
    older = _base(call, name, base.get("extends"), mine, reading, depth + 1)
    own = {part: value for part, value in base.items() if part in _KEYS and part not in ("depends_on", "profiles")}
    return _merged(older, own)


def _placed(own: dict[str, Any], home: str, text: str, call: Call, name: str) -> dict[str, Any]:
    """A service with what its build is relative to, and where an inline Dockerfile stands."""
    work = own.get("build")
    if isinstance(work, str):
        work = {"context": work}
    if not isinstance(work, dict):
        return own
    first = str(work.get("dockerfile_inline") or "").strip().split("\n")[0]
    lines = [number for number, line in enumerate(text.split("\n"), 1) if first and first in line]
    place = (call.machine.context_path(call.path(name)) or name, lines[0] if lines else 1)
    return own | {"build": work | {"": home, "place": place}}


def _paths(entry: Any) -> list[str]:
    """The files of one entry of ``include``."""
    path = table(entry).get("path", entry)
    return [one for one in (path if isinstance(path, list) else [path]) if isinstance(one, str)]


def _environment(call: Call, home: str) -> dict[str, str]:
    found = dict(call.variables)
    for match in re.finditer(r"^[ \t]*(\w+)[ \t]*=(.*)$", call.machine.read(f"{home}/.env") or "", re.MULTILINE):
        found.setdefault(match[1], match[2].strip().strip("\"'"))
    return found


def _filled(value: Any, environment: dict[str, str], depth: int = 0) -> Any:
    """A document with its variables filled in, Compose's way: ``$$`` is a dollar."""
    if isinstance(value, str):
        return expand(value.replace("$$", "\ue003"), environment).replace("\ue003", "$")
    if depth > 12:
        return value
    if isinstance(value, dict):
        return {key: _filled(one, environment, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, environment, depth + 1) for one in value]
    return value


_KEYS: Final = ("image", "build", "depends_on", "profiles", "pull_policy", "links")


def _wanted(services: dict[str, dict[str, Any]], names: list[str], profiles: list[str], word: str) -> list[str]:
    if not names:
        return [
            key for key, one in services.items()
            if not one.get("profiles") or "*" in profiles
            or set(profiles) & {str(name) for name in listing(one["profiles"])}
        ]  # fmt: skip
    found: list[str] = []
    queue = [name for name in names if name in services]
    while queue:
        name = queue.pop(0)
        if name in found or name not in services:
            continue
        found.append(name)
        if word in ("up", "run", "create"):
            needs = services[name].get("depends_on") or []
            queue += [str(one) for one in needs]
    return found


def _of_service(
    call: Call, service: dict[str, Any], home: str, word: str, *, no_build: bool, again: bool
) -> list[Found]:
    """What a command does for one service; ``up`` and ``run`` build no image that is there already unless told."""
    name, work = service.get("image"), service.get("build")
    built = work is not None and work is not False
    if word in ("push", "publish"):
        return list(image.pushes(str(name))) if name and built else []
    found: list[Found] = []
    done = f"compose.built {home} {work!r}"
    if word != "pull" and built and not no_build and (again or call.setting(done) is None):
        found += _build(call, work, home, (str(name),) if name else ())
        call.configure(done, "yes")
        if name:
            call.configure(f"image {image.parse(str(name))}", "local")
    if name and not built and word != "build" and service.get("pull_policy") != "never":
        if f"image {image.parse(str(name))}" not in call.machine.settings:
            found += image.pulls(str(name))
    elif name and built and word == "pull":
        found += image.pulls(str(name), "possible")
    return found


def _build(call: Call, work: Any, home: str, tags: tuple[str, ...] = ()) -> list[Found]:
    if isinstance(work, str):
        work = {"context": work}
    if not isinstance(work, dict):
        return []
    place = str(work.get("context", "."))
    if "://" in place or place.startswith("git@"):
        from reachsim.pipeline.git_urls import git_found

        return [*git_found(call, place.split("#")[0]), Gap(shown(place), "the Dockerfile lies in another repository")]
    if not is_known(place):
        return [Gap(shown(place), "the build's directory is not known")]
    directory = posixpath.normpath(posixpath.join(work.get("", home), place))
    inline = work.get("dockerfile_inline")
    found: list[Found] = [
        ImageBuild(posixpath.join(directory, str(work.get("dockerfile", "Dockerfile"))), directory, work.get("target"),
                   _pairs(work.get("args")), _pairs(work.get("additional_contexts")),
                   str(inline) if inline is not None else None, None,
                   work.get("place") if inline is not None else None, work.get("secrets"), tags=tags)
    ]  # fmt: skip
    for one in listing(work.get("cache_from")):
        found += cache_read(call, str(one), "certain" if "type=" in str(one) else "likely")
    for one in listing(work.get("cache_to")):
        found += cache_written(call, str(one))
    return found


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    """A mapping that Compose lets one write as a list of ``NAME=VALUE`` too."""
    if isinstance(given, list):
        given = dict(str(one).split("=", 1) for one in given if "=" in str(one))
    return tuple((str(key), str(value)) for key, value in table(given).items() if value is not None)


def builds(call: Call, name: str, names: list[str]) -> list[Found]:
    """The images that the services of one compose file build (``docker buildx bake -f compose.yaml``)."""
    home = posixpath.dirname(call.path(name))
    reading = _Reading()
    services = _read(call, name, home, reading)
    found = reading.gaps
    for key in _wanted(services, names, [], "build"):
        if services[key].get("build"):
            found += _build(call, services[key]["build"], home)
    return found

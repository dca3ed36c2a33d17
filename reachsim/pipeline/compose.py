"""Compose files: which images are pulled, built and pushed.

**Source:** Compose Specification, "services" (image, build, depends_on, profiles), "Interpolation"; docker compose CLI.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from reachsim.pipeline import image
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Found, Gap, ImageBuild
from reachsim.pipeline.shapes import listing
from reachsim.pipeline.variables import expand, is_known, shown
from reachsim.pipeline.yaml import load

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


def compose(call: Call, words: list[str]) -> Outcome:
    outer = arguments(words, _OUTER, stop=True)
    if not outer.rest:
        return Outcome((), None)
    word = outer.rest[0]
    given = arguments(outer.rest[1:], _INNER, stop=word in ("run", "exec"))
    if word not in ("build", "pull", "push", "up", "run", "create", "publish"):
        return Outcome((), None)
    names = outer.all("f", "file") or [one for one in (*_FILES, *_OVERRIDES) if call.exists(one)][:2]
    if not names:
        return Outcome((Gap(call.command.text, "there is no compose file in the context"),), None)
    services: dict[str, dict[str, Any]] = {}
    home = posixpath.dirname(call.path(names[0])) if is_known(names[0]) else call.scope.directory
    for name in names:
        text = call.read(name)
        if text is None:
            return Outcome((Gap(shown(name), "not in the context"),), None)
        for key, value in _services(call, text, home).items():
            services[key] = services.get(key, {}) | value
    wanted = _wanted(services, given.rest if word != "run" else given.rest[:1], outer.all("profile"), word)
    found: list[Found] = []
    for key in wanted:
        again = given.has("build") or word == "build"
        found += _of_service(call, services[key], home, word, no_build=given.has("no-build"), again=again)
    if word in ("up", "run") and wanted:
        found.append(Gap(call.command.text, "what the containers contact while they run is not in these files"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _services(call: Call, text: str, home: str) -> dict[str, dict[str, Any]]:
    environment = dict(call.variables)
    for match in re.finditer(r"^[ \t]*(\w+)[ \t]*=(.*)$", call.machine.read(f"{home}/.env") or "", re.MULTILINE):
        environment.setdefault(match[1], match[2].strip().strip("\"'"))
    document = load(text)
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) and isinstance(document, dict) and "version" not in document:
        services = {
            key: value for key, value in document.items() if isinstance(value, dict) and {"image", "build"} & set(value)
        }
    found = {}
    for key, value in (services or {}).items():
        if isinstance(value, dict):
            found[str(key)] = _filled(value, environment)
    return found


def _filled(value: Any, environment: dict[str, str], depth: int = 0) -> Any:
    if isinstance(value, str):
        return expand(value.replace("$$", "\ue003"), environment).replace("\ue003", "$")
    if depth > 8:
        return value
    if isinstance(value, dict):
        return {key: _filled(one, environment, depth + 1) for key, one in value.items() if key in _KEYS or depth}
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
        found += _build(call, work, home)
        call.configure(done, "yes")
        if name:
            call.configure(f"image {image.parse(str(name))}", "local")
    if name and not built and word != "build" and service.get("pull_policy") != "never":
        if f"image {image.parse(str(name))}" not in call.machine.settings:
            found += image.pulls(str(name))
    elif name and built and word == "pull":
        found += image.pulls(str(name), "possible")
    return found


def _build(call: Call, work: Any, home: str) -> list[Found]:
    if isinstance(work, str):
        work = {"context": work}
    if not isinstance(work, dict):
        return []
    place = str(work.get("context", "."))
    if "://" in place or place.startswith("git@"):
        from reachsim.pipeline.download import git_found

        return [*git_found(call, place.split("#")[0]), Gap(shown(place), "the Dockerfile lies in another repository")]
    if not is_known(place):
        return [Gap(shown(place), "the build's directory is not known")]
    directory = posixpath.normpath(posixpath.join(home, place))
    table = work.get("args")
    if isinstance(table, list):
        table = dict(str(one).split("=", 1) for one in table if "=" in str(one))
    values = tuple((str(key), str(value)) for key, value in (table or {}).items() if value is not None)
    inline = work.get("dockerfile_inline")
    found: list[Found] = [
        ImageBuild(posixpath.join(directory, str(work.get("dockerfile", "Dockerfile"))), directory, work.get("target"),
                   values, (), str(inline) if inline is not None else None, None)
    ]  # fmt: skip
    for one in work.get("cache_from") or []:
        reference = str(one)
        if "type=" not in reference:
            found += image.pulls(reference, "likely")
        elif "type=registry" in reference and "ref=" in reference:
            found += image.pulls(reference.split("ref=", 1)[1].split(",")[0])
    return found


def builds(call: Call, name: str, text: str, names: list[str]) -> list[Found]:
    """The images that the services of one compose file build (``docker buildx bake -f compose.yaml``)."""
    home = posixpath.dirname(call.path(name))
    services = _services(call, text, home)
    found: list[Found] = []
    for key in _wanted(services, names, [], "build"):
        if services[key].get("build"):
            found += _build(call, services[key]["build"], home)
    return found

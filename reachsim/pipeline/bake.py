"""docker buildx bake: the targets of its JSON and HCL files, and of compose files.

What the files compute with functions that are not their own, with most conditions and with matrices is unknown.
**Source:** Docker documentation, "Bake file reference" (lookup order, targets, groups, inherits, contexts, functions),
"docker buildx bake" (``--set``, ``--push``).
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from typing import Any, Final

from reachsim.pipeline import compose, hcl, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.docker import cache_read, cache_written, keep_local, pushed_by
from reachsim.pipeline.records import Found, Gap, ImageBuild
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import is_known, shown

_BAKE_FILES: Final = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
_COMPOSE_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_VALUED: Final = ["f", "file", "set", "progress", "metadata-file", "builder", "allow", "call", "sbom", "provenance",
                  "var"]  # fmt: skip
_OF_LISTS: Final = ("cache-from", "cache-to", "tags", "output", "platforms")


def bake(call: Call, words: list[str]) -> Outcome:
    """The targets that are asked for, ``default`` unless others are; files that are not there are gaps."""
    given = arguments(words, _VALUED)
    remote = [one for one in given.rest if "://" in one]
    found: list[Found] = [one for place in remote for one in urls.destination(place.split("#")[0])]
    names = given.all("f", "file") or [one for one in (*_COMPOSE_FILES, *_BAKE_FILES) if call.exists(one)]
    if remote:
        return Outcome((*found, Gap(call.command.text, "the bake file lies in another repository")), "")
    if not names:
        return Outcome((Gap(call.command.text, "there is no docker-bake file in the context"),), "")
    read: list[tuple[str, str]] = []
    for name in names:
        text = call.read(name)
        if text is None:
            found.append(Gap(shown(name), "not in the context"))
        elif name.endswith((".yml", ".yaml")):
            found += compose.builds(call, name, [])
        else:
            read.append((name, text))
    return Outcome((*found, *(_baked(call, read, given) if read else ())), "")


def _baked(call: Call, files: list[tuple[str, str]], given: Arguments) -> list[Found]:
    found: list[Found] = []
    listed: list[hcl.Block] = []
    document: dict[str, dict[str, Any]] = {"target": {}, "group": {}}
    for name, text in files:
        try:
            if name.endswith(".json"):
                _merge(document, json.loads(text))
            else:
                listed += hcl.blocks(text)
        except (ValueError, RecursionError):
            found.append(Gap(name, "not readable"))
    variables = _variables(call, listed)
    functions = {block.label: block for block in listed if block.kind == "function"}
    for block in listed:
        if block.kind in document:
            _merge(document, {block.kind: {block.label: block.values(variables, functions)}})
    where = files[0][0]
    if not document["target"]:
        return found or [Gap(where, "no targets")]
    wanted = _expanded(given.rest or ["default"], document["group"])
    named = [one for one in wanted if one in document["target"]] or list(document["target"])
    for target in _linked(document["target"], named, given.all("set")):
        found += _bake_target(call, where, document["target"], target, given)
    return found


def _merge(document: dict[str, dict[str, Any]], more: Any) -> None:
    """Add the targets and groups of one more file: what it says of one goes before what was said."""
    for kind, known in document.items():
        for name, body in table(more, kind).items():
            known[name] = _over(table(known, name), table(body))


def _over(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    tables = {name: old[name] | new[name] for name in old.keys() & new.keys()
              if isinstance(old[name], dict) and isinstance(new[name], dict)}  # fmt: skip
    return old | new | tables


def _variables(call: Call, listed: list[hcl.Block]) -> Mapping[str, str]:
    """The variables that the files define, as the environment sets them or else by their defaults."""
    found = dict(call.variables)
    for block in listed:
        default = block.values(found).get("default") if block.kind == "variable" else None
        if isinstance(default, str) and not found.get(block.label):
            found[block.label] = default
    return found


def _expanded(names: list[str], groups: dict[str, Any]) -> list[str]:
    queue, found = list(names), []
    for name in queue:
        group = groups.get(name)
        if isinstance(group, dict) and len(queue) < 500:
            queue += [str(one) for one in listing(group.get("targets")) if one not in queue]
        else:
            found.append(name)
    return found


def _linked(targets: dict[str, Any], names: list[str], given: list[str]) -> list[str]:
    """Targets with those whose results they take as a context (``target:NAME``), which are built first."""
    found = list(names)
    for name in found:
        contexts = dict(_strings(_inherited(targets, name, given, frozenset()), "contexts"))
        needs = [one.removeprefix("target:") for one in contexts.values() if one.startswith("target:")]
        found += [one for one in dict.fromkeys(needs) if one in targets and one not in found]
    return [*(one for one in found if one not in names), *names]


def _bake_target(call: Call, name: str, targets: dict[str, Any], target: str, given: Arguments) -> list[Found]:
    body = _inherited(targets, target, given.all("set"), frozenset())
    place = str(body.get("context", "."))
    what = f"{name}: {target}"
    if "://" in place:
        return [*urls.destination(place.split("#")[0]), Gap(what, "the Dockerfile lies in another repository")]
    if not is_known(place):
        return [Gap(what, f"the build's directory: {urls.why_unknown(place)}")]
    inline = body.get("dockerfile-inline")
    tags = [str(one) for one in listing(body.get("tags"))]
    aim = body.get("target")
    directory = call.path(place)
    found: list[Found] = [
        ImageBuild(f"{directory}/{body.get('dockerfile', 'Dockerfile')}", directory,
                   str(aim) if aim is not None else None, _strings(body, "args"), _strings(body, "contexts"),
                   str(inline) if inline is not None else None, True, tags=tuple(tags),
                   platforms=tuple(str(one) for one in listing(body.get("platforms")) if is_known(str(one))))
    ]  # fmt: skip
    if "matrix" in body:
        found.append(Gap(what, "a matrix of targets: what differs between them is not worked out"))
    for one in listing(body.get("cache-from")):
        found += cache_read(call, _options(one), "certain")
    for one in listing(body.get("cache-to")):
        found += cache_written(call, _options(one))
    for tag in tags:
        keep_local(call, tag)
    outputs = map(_options, listing(body.get("output")))
    return [*found, *pushed_by(call, outputs, tags, push=given.has("push"))]


def _inherited(targets: dict[str, Any], name: str, given: list[str], seen: frozenset[str]) -> dict[str, Any]:
    """A target with what it inherits, the later of its parents first, and what ``--set`` says of each of them."""
    body = table(targets, name)
    if name in seen:
        return {}
    found: dict[str, Any] = {}
    for parent in listing(body.get("inherits")):
        found = _over(found, _inherited(targets, str(parent), given, seen | {name}))
    return _set(_over(found, body), name, given)


def _set(body: dict[str, Any], target: str, given: list[str]) -> dict[str, Any]:
    """``--set PATTERN.KEY[.NAME]=VALUE`` laid over a target; ``+=`` adds to a list (docker/buildx: newOverrides)."""
    lists: dict[str, list[str]] = {}
    for text in given:
        path, _, value = text.partition("=")
        pattern, _, key = path.removesuffix("+").partition(".")
        key, _, name = key.partition(".")
        if not fnmatch.fnmatchcase(target, pattern):
            continue
        key = "platforms" if key == "platform" else key
        if key in _OF_LISTS:
            before = [str(one) for one in listing(body.get(key))] if path.endswith("+") else []
            lists[key] = [*lists.get(key, before), value]
        else:
            body = _over(body, {key: {name: value} if name else value})
    return _over(body, dict(lists))


def _strings(body: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in table(body, name).items() if value != "null")


def _options(value: Any) -> str:
    """A cache as ``--cache-from`` writes it; bake files may write a table."""
    return ",".join(f"{key}={one}" for key, one in value.items()) if isinstance(value, dict) else str(value)

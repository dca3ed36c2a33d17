"""docker buildx bake: the targets of its JSON and HCL files, and of compose files.

HCL is read as far as values are plain strings, lists and tables of strings; functions and matrices are not.
**Source:** Docker documentation, "Bake file reference".
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from reachsim.pipeline import compose, image, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.records import Found, Gap, ImageBuild
from reachsim.pipeline.variables import expand, shown

MAX_HCL: Final = 1 << 16

_BAKE_FILES: Final = ("docker-bake.json", "docker-bake.override.json", "docker-bake.hcl", "docker-bake.override.hcl")
_COMPOSE_FILES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def bake(call: Call, words: list[str]) -> Outcome:
    """Targets of JSON files and, as far as they are plain strings, of HCL files; the rest is a gap."""
    given = arguments(words, ["f", "file", "set", "progress", "metadata-file", "builder", "allow", "call"])
    names = given.all("f", "file") or [one for one in (*_COMPOSE_FILES, *_BAKE_FILES) if call.exists(one)]
    found: list[Found] = []
    if not names:
        return Outcome((Gap(call.command.text, "there is no docker-bake file in the context"),), "")
    for name in names:
        text = call.read(name)
        if text is None:
            found.append(Gap(shown(name), "not in the context"))
        elif name.endswith((".yml", ".yaml")):
            found += compose.builds(call, name, [])
        else:
            found += _baked(call, name, text, given)
    return Outcome(tuple(found), "")


def _baked(call: Call, name: str, text: str, given: Arguments) -> list[Found]:
    try:
        document: dict[str, Any] = json.loads(text) if name.endswith(".json") else _hcl(text, call)
    except (ValueError, RecursionError):
        return [Gap(name, "not readable")]
    targets = document.get("target") if isinstance(document, dict) else None
    if not isinstance(targets, dict):
        return [Gap(name, "no targets")]
    wanted = _expanded(given.rest or ["default"], document)
    found: list[Found] = []
    for target in [one for one in wanted if one in targets] or list(targets):
        found += _bake_target(call, name, targets, target, given)
    return found


def _expanded(names: list[str], document: dict[str, Any]) -> list[str]:
    groups = document.get("group") or {}
    queue, found = list(names), []
    for name in queue:
        group = groups.get(name) if isinstance(groups, dict) else None
        if isinstance(group, dict) and len(queue) < 500:
            queue += [str(one) for one in group.get("targets", []) if one not in queue]
        else:
            found.append(name)
    return found


def _bake_target(call: Call, name: str, targets: dict[str, Any], target: str, given: Arguments) -> list[Found]:
    merged: dict[str, Any] = {}
    queue, seen = [target], set()
    while queue:
        one = queue.pop()
        body = targets.get(one)
        if one in seen or not isinstance(body, dict):
            continue
        seen.add(one)
        merged = body | merged
        queue += [str(parent) for parent in body.get("inherits", [])]
    place = str(merged.get("context", "."))
    if "://" in place:
        return [*urls.destination(place), Gap(f"{name}: {target}", "the Dockerfile lies in another repository")]
    inline = merged.get("dockerfile-inline")
    directory = call.path(place)
    table = merged.get("args") if isinstance(merged.get("args"), dict) else {}
    values = tuple((str(key), str(value)) for key, value in (table or {}).items())
    contexts = merged.get("contexts") if isinstance(merged.get("contexts"), dict) else {}
    found: list[Found] = [
        ImageBuild(f"{directory}/{merged.get('dockerfile', 'Dockerfile')}", directory, merged.get("target"), values,
                   tuple((str(key), str(value)) for key, value in (contexts or {}).items()),
                   str(inline) if inline is not None else None, True)
    ]  # fmt: skip
    for text in merged.get("cache-from", []):
        found += image.cache(str(text), "certain")
    tags = [str(one) for one in merged.get("tags", [])]
    if given.has("push") or "type=registry" in str(merged.get("output", "")):
        found += [one for tag in tags for one in image.pushes(tag)]
    return found


def _hcl(text: str, call: Call) -> dict[str, Any]:
    """The blocks of a bake file whose values are plain: strings, lists of strings, tables of strings."""
    if len(text) > MAX_HCL:
        raise ValueError("too large")
    text = re.sub(r"(?m)^[ \t]*(#|//).*$", "", text)
    variables = {
        match[1]: match[2]
        for match in re.finditer(r'variable\s+"(\w+)"\s*\{[^{}]*?default\s*=\s*"([^"]*)"', text)
    }  # fmt: skip
    variables |= {name: value for name in variables if (value := call.variables.get(name))}
    document: dict[str, Any] = {"target": {}, "group": {}}
    end = 0
    for match in re.finditer(r'(target|group)\s+"([\w.-]+)"\s*\{', text):
        if match.start() >= end:  # not within the block before
            body = _balanced(text, match.end())
            end = match.end() + len(body)
            document[match[1]][match[2]] = _hcl_body(body, variables)
    return document


def _balanced(text: str, start: int) -> str:
    depth = 1
    for match in re.finditer(r"[{}]", text[start:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return text[start : start + match.start()]
    return text[start:]


def _hcl_body(text: str, variables: dict[str, str]) -> dict[str, Any]:
    def plain(value: str) -> str:
        return expand(value, variables)

    found: dict[str, Any] = {}
    for match in re.finditer(r'(?m)^[ \t]*([\w-]+)\s*=\s*"((?:[^"\\]|\\.)*)"', text):
        found[match[1]] = plain(match[2])
    for match in re.finditer(r"(?m)^[ \t]*([\w-]+)\s*=\s*\[(.*?)\]", text, re.DOTALL):
        found[match[1]] = [plain(one) for one in re.findall(r'"((?:[^"\\]|\\.)*)"', match[2])]
    for match in re.finditer(r"(?m)^[ \t]*([\w-]+)\s*=\s*\{(.*?)\}", text, re.DOTALL):
        found[match[1]] = {
            key: plain(value)
            for key, value in re.findall(r'(?<![\w.-])"?([\w.-]++)"?+\s*+[=:]\s*+"([^"]*+)"', match[2])
        }
    return found

"""dotnet and NuGet: which sources they ask, and whether they ask any.

**Source:** NuGet, "nuget.config reference"; .NET CLI documentation.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from reachsim import services
from reachsim.pipeline import knowledge
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.texts import first_between, without
from reachsim.pipeline.variables import expand, is_known, shown

_DOTNET: Final = (
    "restore",
    "build",
    "publish",
    "test",
    "run",
    "pack",
    "tool",
    "add",
    "workload",
    "new",
    "nuget",
    "lambda",
    "watch",
)


_OF_THE_SDK: Final = ("clean", "sln", "solution", "list", "msbuild", "store", "dev-certs", "format", "help", "remove",
                      "reference", "package", "completions", "build-server", "vstest", "sdk", "user-secrets", "nuget",
                      "install", "exec", "dotnet-coverage", "coverage", "reportgenerator", "user-jwts",
                      "project")  # fmt: skip
"""Commands of the SDK that work on what the machine has, or are read elsewhere (.NET documentation, dotnet)."""


def dotnet(call: Call) -> Outcome:
    given = arguments(call.words, ["s", "source", "c", "configuration", "o", "output", "r", "runtime", "f", "framework",
                                   "v", "verbosity", "configfile", "version", "tool-path", "add-source", "k", "api-key",
                                   "n", "name", "logger", "l", "p"])  # fmt: skip
    plain = given.rest
    word = plain[0] if plain else ""
    if call.program == "nuget":
        word = word if word in ("restore", "install", "push") else ""
    if plain[:2] == ["nuget", "add"] or plain[:1] == ["sources"]:
        source = next((one for one in plain if "://" in one), given.last("source", "s"))
        if source:
            call.configure("nuget.source", f"{call.setting('nuget.source') or ''} {source}".strip())
        return Outcome((), "")
    if plain[:3] in (["nuget", "remove", "source"], ["nuget", "disable", "source"]) and "nuget.org" in plain:
        call.configure("nuget.closed", "yes")
        return Outcome((), "")
    if plain[:2] == ["nuget", "push"] or word == "push":
        return Outcome(tuple(index_at(given.last("s", "source"), "nuget", "certain")), None)
    if call.program == "dotnet" and word and word not in (*_DOTNET, *_OF_THE_SDK) and not re.search(r"\.dll$|/", word):
        return Outcome((Gap(call.command.text, f"what dotnet {shown(word)} contacts is not known"),), None)
    if word not in (*_DOTNET, "install") or given.has("no-restore", "no-build") or word == "nuget":
        return Outcome((), None)
    if word == "tool" and plain[1:2] not in (["install"], ["restore"], ["update"]):
        return Outcome((), None)
    if word == "add" and "package" not in plain:
        return Outcome((), None)
    restored = call.setting("dotnet.restored")
    found = _nuget_sources(call, given, word)
    project = _project(given)
    if project and not restored and word not in ("tool", "new", "push") and not call.exists(project):
        found.append(
            Gap(call.command.text, f"{shown(project)} is not in the context: which packages and sources it names")
        )
    if word == "lambda":
        found += _lambda(call, plain[1] if len(plain) > 1 else "")
    return Outcome(tuple(dict.fromkeys(found)), None)


def msbuild(call: Call) -> Outcome:
    """MSBuild asks NuGet's sources only where it is told to restore.

    **Source:** NuGet documentation, "NuGet pack and restore as MSBuild targets".
    """
    restores = any(
        re.fullmatch(r"[-/](?:r|restore|t(?:arget)?:(?:.*[;,])?restore(?:[;,].*)?)", one, re.I) for one in call.words
    )
    if not restores:
        return Outcome((), None)
    project = [one for one in call.words if not one.startswith(("-", "/"))]
    return dotnet(Call(call.command, ["dotnet", "restore", *project]))


def _lambda(call: Call, word: str) -> list[Found]:
    """What Amazon.Lambda.Tools calls of AWS: ``dotnet lambda deploy-function`` and its like."""
    if word not in ("deploy-function", "deploy-serverless", "package-ci", "delete-function", "invoke-function",
                    "delete-serverless", "list-functions"):  # fmt: skip
        return []
    given = arguments(call.words, ["region", "s3-bucket", "sb", "function-role", "frole"])
    region = given.last("region") or call.region
    wanted = {"deploy-serverless": ("cloudformation", "s3"), "delete-serverless": ("cloudformation",),
              "package-ci": ("s3",)}.get(word, ("lambda",))  # fmt: skip
    bucket = given.last("s3-bucket", "sb")
    role = given.last("function-role", "frole") or ""
    found: list[Found] = []
    if role and is_known(role) and not role.startswith("arn:"):  # its ARN is asked for
        found.append(Destination(services.host("iam", region, ""), 443, "aws", "likely", service="iam"))
    for suffix in wanted:
        host = services.host(suffix, region, "")
        if suffix == "s3" and bucket and "." not in bucket:
            host = f"{bucket}.{host}"
        found.append(Destination(host, 443, "aws", service=suffix))
    return found


_NUGET_CONFIGS: Final = ("nuget.config", "NuGet.Config", "NuGet.config", "nuget.Config", "Nuget.Config")


def _nuget_sources(call: Call, options: Arguments, word: str) -> list[Found]:
    restored = call.setting("dotnet.restored")
    implied = word in ("build", "publish", "test", "run", "pack", "watch", "lambda")
    sure: Confidence = "likely" if (implied and restored) or word == "new" else "certain"
    if word == "restore" or implied:
        call.configure("dotnet.restored", "yes")
    if call.cached(".nuget"):
        sure = "likely"
    given = [one for one in options.all("s", "source") if "://" in one or not is_known(one)]
    if given:
        return [one for url in given for one in index_at(url, "nuget", "certain")]
    named = options.last("configfile")
    texts, gaps = _nuget_configs(call, (named,) if named else _nuget_places(call, options))
    if named and not texts:
        return [Gap(call.command.text, f"which sources {shown(named)} names; it is not in these files")]
    sources: list[str] = []
    closed = bool(gaps or call.setting("nuget.closed"))
    for text in texts:
        body = first_between(without(text, "<!--", "-->"), "<packageSources>", "</packageSources>") or ""
        sources += re.findall(r"<add\s[^<>]*value=\"([^\"<>]*)\"", body)
        closed = closed or "<clear" in body
        if "<clear" in body:
            break
    found: list[Found] = list(gaps)
    for url in [*sources, *(call.setting("nuget.source") or "").split()]:
        url = expand(re.sub(r"%(\w+)%", r"${\1}", url), call.variables)
        if "://" in url or not is_known(url):
            found += index_at(url, "nuget", sure)
    if not closed:
        found += knowledge.index("nuget", sure)
    several = len({one.host for one in found if isinstance(one, Destination) and one.service != "s3"}) > 1
    return [_perhaps(one) if several else one for one in found]


def _perhaps(one: Found) -> Found:
    """CodeArtifact's bucket is asked only for what no other source delivers first."""
    if isinstance(one, Destination) and one.service == "s3" and one.confidence == "certain":
        return msgspec.structs.replace(one, confidence="likely")
    return one


def _nuget_configs(call: Call, places: Iterable[str]) -> tuple[list[str], list[Gap]]:
    """The settings files that are there, the nearest first, and what stops where one is not to be read."""
    texts: list[str] = []
    for place in places:
        text = call.read(place)
        if text is None and call.exists(place):
            return texts, [Gap(call.command.text, f"which sources {shown(place)} names; it is not in these files")]
        if text is not None:
            texts.append(text)
    return texts, []


def _project(options: Arguments) -> str | None:
    """The project or solution that is named, without a pattern in it."""
    return next(
        (one for one in options.rest[1:] if re.fullmatch(r"[^*?]+\.(?:\w+proj|slnx?)", one) and is_known(one)), None
    )


def _nuget_places(call: Call, options: Arguments) -> Iterator[str]:
    """Where NuGet looks for its settings: beside the project or solution, in the folders above it, at the user's.

    **Source:** NuGet, "Common NuGet configurations", "How settings are applied".
    """
    named = [one for one in options.rest[1:] if is_known(one)] if options.rest[:1] != ["tool"] else []
    project = _project(options)
    folder = call.path(posixpath.dirname(project) or "." if project else next(filter(call.has_folder, named), "."))
    while True:
        for name in _NUGET_CONFIGS:
            place = posixpath.join(folder, name)
            if call.exists(place):
                yield place
                break
        if folder in ("/", posixpath.dirname(folder)):
            break
        folder = posixpath.dirname(folder)
    yield "/root/.nuget/NuGet/NuGet.Config"

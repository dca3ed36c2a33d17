"""cargo, gem, bundler, composer and dotnet: which index they ask, and whether they ask any.

**Source:** The Cargo Book, "Source Replacement", "Registries"; Bundler, "Gemfiles", "bundle config" (mirrors);
Composer, "Repositories"; NuGet, "nuget.config reference".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from reachsim import services, toml
from reachsim.pipeline import knowledge, shapes, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.texts import first_between, without
from reachsim.pipeline.variables import expand, is_known, shown


def _toml(text: str | None) -> dict[str, Any]:
    try:
        return toml.loads(text) if text else {}
    except ValueError:
        return {}


# --- cargo ----------------------------------------------------------------------------------------------------------

_CARGO: Final = (
    "build",
    "b",
    "test",
    "t",
    "run",
    "r",
    "check",
    "c",
    "clippy",
    "doc",
    "fetch",
    "install",
    "update",
    "publish",
    "bench",
    "rustc",
    "add",
    "vendor",
    "package",
    "lambda",
    "chef",
    "nextest",
    "generate-lockfile",
)


def cargo(call: Call) -> Outcome:
    given = arguments([word for word in call.words if not word.startswith("+")],
                      ["manifest-path", "path", "git", "branch", "tag", "rev", "features", "target", "p", "package",
                       "registry", "index", "version", "root", "bin", "profile", "j"])  # fmt: skip
    word = given.rest[0] if given.rest else ""
    pinned = _toolchain(call) if word and not any(one.startswith("+") for one in call.words) else []
    if pinned:
        rest = cargo(Call(call.command, [call.name, "+pinned", *call.words]))
        return Outcome((*pinned, *rest.found), rest.stdout, rest.status)
    if word in ("search", "info", "owner", "yank"):
        return Outcome((Destination("crates.io", 443, "package"),), None)
    if word not in _CARGO or given.has("offline") or call.env("CARGO_NET_OFFLINE") == "true":
        return Outcome((), None)
    git = given.last("git")
    if git:
        return Outcome((*git_found(call, git), *knowledge.index("crates", "likely")), None)
    source = _cargo_source(call)
    if source == "vendored":
        return Outcome((), None)
    sure: Confidence = "likely" if call.cached(".cargo") else "certain"
    found: list[Found] = []
    registry = given.last("registry")
    if registry and word in ("install", "add", "publish"):
        return Outcome(tuple(_cargo_registry(call, registry, sure)), None)
    if word in ("install", "add", "publish") and not given.has("path"):
        return Outcome(tuple(index_at(source, "crates", sure)), None)
    manifest = call.read(given.last("manifest-path") or "Cargo.toml")
    if manifest is None:
        found += index_at(source, "crates", "likely" if word not in ("fetch", "update") else sure)
        return Outcome(tuple(found), None)
    needs, gits, others = _cargo_needs(_toml(manifest))
    lock = call.read("Cargo.lock") or ""
    gits += re.findall(r'source = "git\+([^?#"]+)', lock)
    if needs or 'source = "registry+' in lock:
        found += index_at(source, "crates", sure)
    for one in dict.fromkeys(gits):
        found += git_found(call, one)
    for name in dict.fromkeys(others):
        found += _cargo_registry(call, name, sure)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _toolchain(call: Call) -> list[Found]:
    """``rust-toolchain.toml``: rustup fetches the toolchain that it pins, unless the image is made of that very one."""
    text = call.first("rust-toolchain.toml", "rust-toolchain")
    if text is None:
        return []
    written = re.search(r"channel\s*=\s*[\"']([^\"']+)[\"']", text) or re.match(r"\s*([\w.-]+)\s*$", text)
    tag = call.machine.image.rpartition(":")[2]
    if written is None or re.match(rf"{re.escape(written[1])}(?![\d.])", tag) or written[1] == "stable":
        return []
    return list(knowledge.index("rust", "likely"))


def _cargo_source(call: Call) -> str | None:
    """The replacement of crates.io: None (none), ``vendored``, or the URL of another registry."""
    sources = _cargo_configuration(call).get("source", {})
    name = "crates-io"
    for _ in range(5):
        one = sources.get(name) if isinstance(sources, dict) else None
        if not isinstance(one, dict):
            return None
        if "directory" in one or "local-registry" in one:
            return "vendored"
        if isinstance(one.get("registry"), str) and name != "crates-io":
            return str(one["registry"])
        if not isinstance(one.get("replace-with"), str):
            return None
        name = one["replace-with"]
    return None


def _cargo_configuration(call: Call) -> dict[str, Any]:
    return _toml(call.first(".cargo/config.toml", ".cargo/config", "/root/.cargo/config.toml",
                            "/usr/local/cargo/config.toml"))  # fmt: skip


def _cargo_registry(call: Call, name: str, sure: Confidence) -> list[Found]:
    """A registry of one's own, by the name that the configuration or a variable gives it."""
    variable = f"CARGO_REGISTRIES_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}_INDEX"
    url = call.env(variable) or shapes.table(_cargo_configuration(call), "registries", name).get("index")
    if not isinstance(url, str):
        return [Gap(call.command.text, f"where the registry {shown(name)} is; it stands in cargo's configuration")]
    return index_at(url, "crates", sure)


def _cargo_needs(manifest: dict[str, Any]) -> tuple[bool, list[str], list[str]]:
    """(does it need crates from the default registry, its Git dependencies, the other registries it names)."""
    needs, gits, others = "workspace" in manifest, [], []
    tables = [manifest, *(one for one in (manifest.get("target") or {}).values() if isinstance(one, dict))]
    for table in tables:
        for key in ("dependencies", "dev-dependencies", "build-dependencies"):
            for value in shapes.table(table, key).values():
                if isinstance(value, dict) and isinstance(value.get("git"), str):
                    gits.append(value["git"])
                elif isinstance(value, dict) and isinstance(value.get("registry"), str):
                    others.append(value["registry"])
                elif not (isinstance(value, dict) and "path" in value):
                    needs = True
    return needs, gits, others


# --- ruby -----------------------------------------------------------------------------------------------------------


def gem(call: Call) -> Outcome:
    given = arguments(call.words, ["v", "version", "s", "source", "i", "install-dir", "n", "bindir", "p"])
    word = given.rest[0] if given.rest else ""
    if word == "sources":
        added = given.last("a", "add")
        if added or given.has("a", "add"):
            call.configure("gem.source", added or (given.rest[1] if len(given.rest) > 1 else ""))
        return Outcome((), "")
    if word not in ("install", "update", "fetch", "push", "i") or given.has("local", "l"):
        return Outcome((), None)
    if given.rest[1:] and all(one.endswith(".gem") for one in given.rest[1:]) and word != "push":
        return Outcome((), None)
    source = given.last("s", "source") or call.setting("gem.source")
    return Outcome(tuple(index_at(source, "rubygems", "certain")), None)


def bundle(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if plain[:1] == ["config"]:
        match = re.search(r"(?:mirror\.\S+)\s+(\S+)", " ".join(plain))
        if match:
            call.configure("bundle.mirror", match[1])
        return Outcome((), "")
    if plain and plain[0] not in ("install", "update", "package", "cache", "add", "lock", "check"):
        return Outcome((), None)
    if plain[:1] == ["check"] or "--local" in call.words:
        return Outcome((), None, None)
    text = call.read(call.env("BUNDLE_GEMFILE") or "Gemfile")
    if text is None:
        return Outcome(tuple(index_at(call.setting("bundle.mirror"), "rubygems", "certain")), "")
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.MULTILINE)
    found: list[Found] = []
    for url in re.findall(r"\bgit:?+\s*+(?:=>)?+\s*+[\"']([^\s\"']++)[\"']", text):
        found += git_found(call, url)
    if re.search(r"\bgithub:\s*[\"']|:github\s*=>", text):
        found.append(Destination("github.com", 443, "git"))
    if not re.search(r"^[ \t]*(gem|gemspec)\b", text, re.MULTILINE):
        return Outcome(tuple(found), "")
    cached = call.has_folder("vendor/cache")
    sure: Confidence = "likely" if cached or call.cached("vendor/bundle", ".bundle", "/gems") else "certain"
    mirror = call.setting("bundle.mirror") or next(
        (value for name, value in call.variables.items() if name.startswith("BUNDLE_MIRROR__")), None
    )
    kept = call.first(".bundle/config", "/usr/local/bundle/config", "/root/.bundle/config") or ""
    written = re.search(r"(?mi)^BUNDLE_MIRROR__(?:ALL|HTTPS://RUBYGEMS__ORG/?):\s*[\"']?([^\s\"']+)", kept)
    mirror = mirror or (expand(written[1], call.variables) if written else None)
    for url in re.findall(r"^[ \t]*+source\s*+\(?+\s*+[\"']([^\s\"']++)[\"']", text, re.MULTILINE) or [None]:
        parsed = urls.parse(url) if url else None
        default = parsed is None or parsed.host in knowledge.index_hosts("rubygems")
        found += index_at(mirror if default else url, "rubygems", sure)
    return Outcome(tuple(dict.fromkeys(found)), "")


# --- php ------------------------------------------------------------------------------------------------------------


def composer(call: Call) -> Outcome:
    given = arguments(call.words, ["d", "working-dir", "prefer-install"])
    word = given.rest[0] if given.rest else ""
    if word == "config" and len(given.rest) > 2 and given.rest[1].startswith("repo"):
        if re.fullmatch(r"repo(?:s|sitories)?\.packagist(?:\.org)?", given.rest[1]):
            call.configure("composer.packagist", given.rest[-1])  # another mirror, or false
        else:
            old = call.setting("composer.repository") or ""
            call.configure("composer.repository", f"{old} {given.rest[-1]}".strip())
        return Outcome((), "")
    if word not in ("install", "update", "require", "create-project", "global", "i", "u", "self-update", "upgrade"):
        return Outcome((), None)
    if call.env("COMPOSER_DISABLE_NETWORK"):
        return Outcome((), "")
    if word == "self-update":
        return Outcome((Destination("getcomposer.org", 443, "download"),), "")
    if given.last("d", "working-dir"):
        call.scope = call.scope.copy()
        call.scope.directory = call.path(given.last("d", "working-dir") or ".")
    sure: Confidence = "likely" if call.cached(".composer", "vendor") else "certain"
    project = call.json("composer.json")
    if project is not None and word in ("install", "update", "i", "u"):
        needs = [name for key in ("require", "require-dev") for name in shapes.table(project, key) if "/" in str(name)]
        if not needs:
            return Outcome((), "")
    return Outcome(tuple(dict.fromkeys(_composer_hosts(call, project or {}, word in ("install", "i"), sure))), "")


def _composer_hosts(call: Call, project: dict[str, Any], by_lock: bool, sure: Confidence) -> list[Found]:
    """What Composer asks. ``by_lock``: for what a lock file names, if there is one: then it fetches the archives alone,
    and asks repositories for nothing (composer/composer: Installer::doInstall).
    """
    found: list[Found] = []
    lock = call.read("composer.lock")
    archives = sure
    if by_lock and lock is not None:
        sure = "likely"
    listed = project.get("repositories") or []
    entries = list(listed.values()) if isinstance(listed, dict) else listed if isinstance(listed, list) else []
    public = not (
        isinstance(listed, dict) and (listed.get("packagist.org") is False or listed.get("packagist") is False)
    )
    for one in entries:
        if isinstance(one, dict) and (one.get("packagist.org") is False or one.get("packagist") is False):
            public = False
        if not isinstance(one, dict) or not isinstance(one.get("url"), str):
            continue
        kind = one.get("type")
        if kind in ("vcs", "git", "github"):
            found += git_found(call, one["url"])
            if kind != "git" and "github.com" in one["url"]:
                found += [Destination("api.github.com", 443, "package", "likely"),
                          Destination("codeload.github.com", 443, "package", "likely")]  # fmt: skip
        elif kind != "path":
            found += index_at(one["url"], "packagist", sure)
    if lock is not None:
        dists = re.findall(r'"dist":\s*\{[^{}]*?"url":\s*"([^"]+)"', lock.replace("\\/", "/"))
        for host in dict.fromkeys(urls.parse(one).host for one in dists if urls.parse(one)):  # type: ignore[union-attr]
            found.append(Destination(host, 443, "package", archives))
    for url in (call.setting("composer.repository") or "").split():
        found += index_at(url, "packagist", sure) if "://" in url or not is_known(url) else []
    mirror = call.setting("composer.packagist")
    if mirror is not None:
        return found + (index_at(mirror, "packagist", sure) if "://" in mirror or not is_known(mirror) else [])
    return found + list(knowledge.index("packagist", sure)) if public else found


# --- .NET -----------------------------------------------------------------------------------------------------------

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
    if word not in (*_DOTNET, "install") or given.has("no-restore", "no-build") or word == "nuget":
        return Outcome((), None)
    if word == "tool" and plain[1:2] not in (["install"], ["restore"], ["update"]):
        return Outcome((), None)
    if word == "add" and "package" not in plain:
        return Outcome((), None)
    found = _nuget_sources(call, given, word)
    if word == "lambda":
        found += _lambda(call, plain[1] if len(plain) > 1 else "")
    return Outcome(tuple(dict.fromkeys(found)), None)


def _lambda(call: Call, word: str) -> list[Found]:
    """What Amazon.Lambda.Tools calls of AWS: ``dotnet lambda deploy-function`` and its like."""
    if word not in ("deploy-function", "deploy-serverless", "package-ci", "delete-function", "invoke-function",
                    "delete-serverless", "list-functions"):  # fmt: skip
        return []
    given = arguments(call.words, ["region", "s3-bucket", "sb"])
    region = given.last("region") or call.region
    wanted = {"deploy-serverless": ("cloudformation", "s3"), "delete-serverless": ("cloudformation",),
              "package-ci": ("s3",)}.get(word, ("lambda",))  # fmt: skip
    bucket = given.last("s3-bucket", "sb")
    found: list[Found] = []
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


def _nuget_places(call: Call, options: Arguments) -> Iterator[str]:
    """Where NuGet looks for its settings: beside the project or solution, in the folders above it, at the user's.

    **Source:** NuGet, "Common NuGet configurations", "How settings are applied".
    """
    named = [one for one in options.rest[1:] if is_known(one)] if options.rest[:1] != ["tool"] else []
    project = next((one for one in named if re.search(r"\.(?:\w+proj|slnx?)$", one)), None)
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

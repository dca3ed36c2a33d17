"""cargo: which registries it asks, and whether it asks any.

**Source:** The Cargo Book, "Source Replacement", "Registries".
"""

from __future__ import annotations

import re
from typing import Any, Final

from reachsim import toml
from reachsim.pipeline import knowledge, shapes, tasks
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.variables import shown


def _toml(text: str | None) -> dict[str, Any]:
    try:
        return toml.loads(text) if text else {}
    except ValueError:
        return {}


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
    "tarpaulin",
    "llvm-cov",
    "outdated",
    "geiger",
    "hack",
    "udeps",
    "zigbuild",
    "ndk",
    "binstall",
    "audit",
    "deny",
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
    if word == "make":
        return tasks.poe(Call(call.command, ["makers", *call.words[call.words.index("make") + 1 :]]))
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
    found += _beside(word)
    if word in ("install", "binstall", "add", "publish") and not given.has("path"):
        found += index_at(source, "crates", sure)
        return Outcome(tuple(found), None)
    if word in ("audit", "deny"):
        return Outcome((*found, *index_at(source, "crates", "likely")), None)
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


def _beside(word: str) -> list[Found]:
    """What subcommands of others contact besides: the advisories, which are cloned, and programs that are built.

    **Source:** cargo-audit and cargo-deny documentation (RustSec/advisory-db); cargo-binstall README.
    """
    if word in ("audit", "deny"):
        return [Destination("github.com", 443, "git", "certain" if word == "audit" else "likely")]
    if word == "binstall":
        return [Destination(one, 443, "download", "likely")
                for one in ("github.com", "release-assets.githubusercontent.com")]  # fmt: skip
    return []


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

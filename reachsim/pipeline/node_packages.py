"""npm, yarn, pnpm and npx: registries, lock files, and what packages download when they are installed.

**Source:** npm documentation, "npmrc", "package-lock.json", "npm ci", "Life Cycle Operation Order"; Yarn documentation,
"Settings"; pnpm documentation, ".npmrc".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from reachsim.pipeline import knowledge, node_scripts, system_packages, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments, quoted
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Script
from reachsim.pipeline.variables import expand, is_known, unknown

_VALUED: Final = [
    "registry",
    "prefix",
    "w",
    "workspace",
    "C",
    "cwd",
    "loglevel",
    "cache",
    "userconfig",
    "tag",
    "omit",
    "include",
    "only",
    "network-timeout",
    "modules-folder",
    "filter",
    "F",
    "dir",
    "store-dir",
    "p",
    "package",
    "cache-folder",
    "access",
    "otp",
    "before",
]
_INSTALL: Final = (
    "install",
    "i",
    "in",
    "ci",
    "clean-install",
    "add",
    "update",
    "up",
    "upgrade",
    "install-ci-test",
    "cit",
    "install-test",
    "it",
    "isntall",
    "fetch",
    "import",
    "dlx",
    "create",
    "exec",
    "x",
    "dedupe",
)
_ONLINE: Final = (
    "publish",
    "view",
    "info",
    "show",
    "outdated",
    "audit",
    "login",
    "adduser",
    "whoami",
    "search",
    "ping",
    "deprecate",
    "dist-tag",
    "unpublish",
    "token",
    "access",
    "star",
    "team",
    "profile",
)
_MAX_HOSTS: Final = 50


def npm(call: Call) -> Outcome:
    """npm, yarn and pnpm by their common words, which Corepack may fetch first."""
    given = arguments(call.words, _VALUED)
    folder = given.last("prefix", "C", "cwd", "dir")
    if folder and is_known(folder):
        call.scope = call.scope.copy()
        call.scope.directory = call.path(folder)
    outcome = _by_words(call, given)
    return msgspec.structs.replace(outcome, found=tuple(dict.fromkeys([*_shimmed(call), *outcome.found])))


def _yarn_itself(plain: list[str]) -> tuple[Found, ...]:
    """Where ``yarn policies set-version`` and ``yarn set version`` fetch Yarn from.

    **Source:** yarnpkg/yarn, src/cli/commands/policies.js: GitHub's list of releases, and the release's file.
    """
    if plain[0] == "policies" and re.match(r"$|latest|rc|\D?[01]\b", " ".join(plain[2:])):
        return (Destination("api.github.com", 443, "download"), Destination("github.com", 443, "download"),
                Destination("release-assets.githubusercontent.com", 443, "download", "likely"))  # fmt: skip
    return tuple(knowledge.index("yarn-releases", "certain"))


def _by_words(call: Call, given: Arguments) -> Outcome:
    plain = given.rest
    word = plain[0] if plain else ("install" if call.program in ("yarn", "yarnpkg") else "")
    if given.has("version", "v", "h", "help") and not plain:
        return Outcome((), None)
    if call.program.startswith("yarn") and plain[:2] in (["set", "version"], ["policies", "set-version"]):
        return Outcome(_yarn_itself(plain), "")
    if word in ("config", "set") or (word == "c" and call.program == "npm"):
        return _configured(call, plain)
    if call.program == "pnpm" and word in ("recursive", "multi", "m") and len(plain) > 1:
        word, plain = plain[1], plain[1:]  # "pnpm recursive install" is "pnpm -r install"
    if word == "prune":
        return Outcome((), "")
    if call.program == "pnpm" and plain[:1] == ["env"] and plain[1:2] in (["use"], ["add"]):
        return Outcome(tuple(knowledge.index("node-releases")), "")  # pnpm.io/cli/env: node-mirror
    if call.program == "pnpm" and word == "deploy" and not node_scripts.has(call, word):
        return Outcome(tuple(_registry(call, "", "likely")), "")  # its packages, unless the store has them
    if call.program.startswith("yarn") and plain[:2] == ["workspaces", "focus"]:
        word, plain = "install", ["install"]
    if word == "global" and call.program.startswith("yarn"):
        word, plain = (plain[1] if len(plain) > 1 else ""), [*plain[1:], "-g"]
    if given.has("offline"):
        return Outcome((), "")
    if word in ("exec", "x", "dlx", "create") or (word == "init" and len(plain) > 1):
        return npx(Call(call.command, ["npx", *call.words[call.words.index(word) + 1 :]]))
    if word in _INSTALL and not (call.program.startswith("yarn") and node_scripts.has(call, word)):
        is_global = given.has("g", "global") or "-g" in plain
        return _installed(call, plain[1:] if not is_global else [one for one in plain[1:] if one != "-g"],
                          is_global, scripts=not _ignores_scripts(call, given),
                          prefers_cache=given.has("prefer-offline"))  # fmt: skip
    if word == "init":
        return Outcome((), "")  # writes a package.json, from no package
    if word in _ONLINE:
        return Outcome(tuple(_registry(call, "", "certain")), None)
    return node_scripts.run(call, word, plain, given)


def _configured(call: Call, plain: list[str]) -> Outcome:
    words = [one for one in plain if one not in ("config", "set", "c")]
    if len(words) == 1 and "=" in words[0]:
        words = words[0].split("=", 1)
    if len(words) >= 2 and words[0] in ("registry", "npmRegistryServer"):
        call.configure("npm.registry", words[1])
    elif len(words) >= 2 and words[0].endswith((":registry", "ignore-scripts")):
        call.configure(f"npm.{words[0]}", words[1])
    return Outcome((), "" if words else None)


def _ignores_scripts(call: Call, given: Arguments) -> bool:
    """Whether an installation runs no scripts, by the option, the variable or the settings (npm: ignore-scripts)."""
    value = call.env("npm_config_ignore_scripts", "NPM_CONFIG_IGNORE_SCRIPTS") or call.setting("npm.ignore-scripts")
    if given.has("ignore-scripts") or value:
        return given.has("ignore-scripts") or value in ("true", "1")
    texts = [call.read(name) or "" for name in (".npmrc", "/root/.npmrc", ".yarnrc")]
    return any(re.search(r"(?m)^ignore-scripts[ \t]{0,9}[= ][ \t]{0,9}true\b", text) for text in texts)


_REGISTRY: Final = r"^[ \t]*[\"']?(registry|@[\w.-]+:registry)[\"']?\s*[=\s]\s*[\"']?([^\s\"']+)"


def _settings(call: Call) -> dict[str, str]:
    """registry and @scope:registry of the .npmrc, .yarnrc and .yarnrc.yml files, the project's before the user's."""
    found: dict[str, str] = {}
    user = arguments(call.words, _VALUED).last("userconfig") or call.env("NPM_CONFIG_USERCONFIG",
                                                                         "npm_config_userconfig")  # fmt: skip
    for name in ("/usr/local/etc/npmrc", "/root/.yarnrc", user or "/root/.npmrc", ".yarnrc", ".npmrc"):
        text = expand(call.read(name) or "", call.variables)
        if not text and call.exists(name) and call.read(name) is None:
            found["registry"] = unknown("npmrc")
        if "registry" in text:
            found.update(re.findall(_REGISTRY, text, re.MULTILINE))
    text = expand(call.read(".yarnrc.yml") or "", call.variables)
    named = "npmRegistryServer:" in text
    server = re.search(r"^npmRegistryServer:\s*[\"']?([^\s\"']+)", text, re.MULTILINE) if named else None
    return found | ({"registry": server[1]} if server else {})


def _registry(call: Call, scope: str, sure: Confidence) -> list[Found]:
    """The registry of a scope ("@acme", or "" for packages without one)."""
    settings = _settings(call)
    if scope:
        own = call.setting(f"npm.{scope}:registry") or settings.get(f"{scope}:registry")
        if own:
            return index_at(own, "npm", sure)
    given = arguments(call.words, _VALUED).last("registry")
    url = (
        given or call.env("npm_config_registry", "NPM_CONFIG_REGISTRY", "YARN_NPM_REGISTRY_SERVER", "YARN_REGISTRY")
        or call.setting("npm.registry") or settings.get("registry")
    )  # fmt: skip
    default = "yarn" if call.program.startswith("yarn") else "npm"
    if url and any(host in url for host in knowledge.index_hosts("npm", "yarn")):
        default = "npm" if knowledge.index_hosts("npm")[0] in url else "yarn"
    return index_at(url, default, sure)


def _installed(call: Call, names: list[str], is_global: bool, *, scripts: bool, prefers_cache: bool) -> Outcome:
    sure: Confidence = "certain"
    if prefers_cache or (not is_global and call.cached("node_modules", ".npm", "yarn/", ".cache/yarn", "pnpm")):
        sure = "certain" if _audited(call) else "likely"
    found: list[Found] = []
    named = [one for one in names if not _is_local(one)]
    found += _of_specifiers(call, named, sure)
    package = call.json("package.json") if not is_global else None
    if not is_global and (not names or package is not None):
        found += _of_project(call, package, sure, explicit=bool(names))
        if scripts and package is not None:
            found += [*_binaries(call, package), *node_scripts.hooks(call, package)]
    return Outcome(tuple(dict.fromkeys(found)), "")


def _audited(call: Call) -> bool:
    """Whether npm asks the registry though all packages are there: by default it submits every install for an audit.

    **Source:** npm documentation, "config", audit.
    """
    given = arguments(call.words, _VALUED)
    told = given.last("audit") or call.env("npm_config_audit", "NPM_CONFIG_AUDIT") or "true"
    npmrc = call.read(".npmrc") or ""
    return (
        call.program == "npm" and not given.has("no-audit") and told != "false"
        and not re.search(r"(?m)^[ \t]*audit[ \t]*=[ \t]*false", npmrc)
    )  # fmt: skip


def _is_local(specifier: str) -> bool:
    return specifier.startswith((".", "/", "~", "file:", "link:", "workspace:", "portal:")) or (
        specifier.endswith(".tgz") and "://" not in specifier
    )


def _of_specifiers(call: Call, names: Iterable[str], sure: Confidence) -> list[Found]:
    """What package specifiers contact: registries, Git hosts, tarballs' hosts."""
    asked: set[str] = set()
    found: list[Found] = []
    for name in dict.fromkeys(names):
        elsewhere = _not_of_a_registry(call, name, sure)
        if elsewhere is not None:
            found += elsewhere
            continue
        scope = name.split("/")[0] if name.startswith("@") else ""
        if scope not in asked:
            asked.add(scope)
            found += _registry(call, scope, sure)
    return found


def _not_of_a_registry(call: Call, name: str, sure: Confidence) -> list[Found] | None:
    at = name.find("@", 1)
    version = name[at + 1 :] if at > 0 else ""
    for text in (name, version):
        if re.match(r"git(\+\w+)?:|git@", text):
            return git_found(call, re.sub(r"^git\+|#.*$", "", text), confidence=sure)
        if text.startswith(("http://", "https://")):
            return urls.destination(text, "package", sure)
        if text.startswith(("github:", "gitlab:", "bitbucket:")) or re.fullmatch(r"[\w.-]+/[\w.-]+(#.*)?", text):
            return _of_shorthand(text, sure)
    return None


def _of_shorthand(text: str, sure: Confidence) -> list[Found]:
    host = {"gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}.get(text.split(":")[0], "github.com")
    found: list[Found] = [Destination(host, 443, "git", "likely")]
    if host == "github.com":
        found.append(Destination("codeload.github.com", 443, "package", sure))
    return found


def _dependencies(package: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        table = package.get(key)
        if isinstance(table, dict):
            found |= {str(name): str(value) for name, value in table.items()}
    return found


def _of_project(call: Call, package: dict[str, Any] | None, sure: Confidence, *, explicit: bool) -> list[Found]:
    """What installing the project's own dependencies contacts; nothing if it has none, or keeps them itself."""
    if package is None:
        return [] if explicit else _registry(call, "", sure)
    dependencies = _dependencies(package)
    if not dependencies and not package.get("workspaces"):
        return []
    if call.has_folder(".yarn/cache"):
        return []  # Yarn's zero-installs: the archives are in the repository
    resolved = _resolved(call)
    found: list[Found] = []
    if resolved is not None and call.program != "pnpm":
        hosts = knowledge.index_hosts("npm", "yarn")
        for url in _one_per_host(resolved):
            parsed = urls.parse(url)
            if parsed is not None and parsed.host in hosts and not call.program.startswith("yarn"):
                found += _registry(call, "", sure)  # npm's replace-registry-host: the configured registry stands in
            elif parsed is not None and parsed.host in hosts:
                found += index_at(url, "npm" if parsed.host in knowledge.index_hosts("npm") else "yarn", sure)
            elif url.startswith("git"):
                found += git_found(call, re.sub(r"^git\+|#.*$", "", url), confidence=sure)
            else:
                found += urls.destination(url, "package", sure)
        if found:
            return found
    wanted = [f"{name}@{version}" for name, version in dependencies.items() if not _is_local(version)]
    found += _of_specifiers(call, wanted, sure)
    return list(dict.fromkeys(found)) or ([] if dependencies else _registry(call, "", "likely"))


def _resolved(call: Call) -> list[str] | None:
    """The ``resolved`` URLs of the lock file; None if there is no lock file or it names none."""
    text = (
        call.first("yarn.lock")
        if call.program.startswith("yarn")
        else call.first("npm-shrinkwrap.json", "package-lock.json")
    )
    if text is None:
        return None
    if call.program.startswith("yarn"):
        found = re.findall(r"^[ \t]+resolved \"?([^\s\"]+)", text, re.MULTILINE)
    else:
        found = re.findall(r"\"resolved\":\s*\"((?:https?|git|ssh|git\+\w+):[^\"]+)\"", text)
    return found or None


def _one_per_host(found: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for url in found:
        parsed = urls.parse(re.sub(r"^git\+", "", url))
        kept.setdefault(f"{url.split(':')[0]} {parsed.host if parsed else url}", url)
        if len(kept) >= _MAX_HOSTS:
            break
    return list(kept.values())


_NONE: Final[Mapping[str, str]] = {}


def _binaries(call: Call, package: dict[str, Any]) -> list[Found]:
    """What packages of the project download when they are installed (``npm_binaries.csv``)."""
    names = {name: version for name, version in _dependencies(package).items() if not _is_local(version)}
    return _downloads(call, lambda name: name in names or _locked(call, name), names)


def _locked(call: Call, name: str) -> bool:
    """Whether the project's lock file has the package, asked for by the project or by a package of it."""
    lock = call.first("npm-shrinkwrap.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml") or ""
    if f'"node_modules/{name}"' in lock:
        return True
    return f"{name}@" in lock and re.search(rf"^[\"']?/?{re.escape(name)}@", lock, re.MULTILINE) is not None


def _downloads(call: Call, inside: Callable[[str], bool], versions: Mapping[str, str] = _NONE) -> list[Found]:
    found: list[Found] = []
    for row in _programs_of_packages():
        if not inside(row["package"]) or call.env(*row["unless"].split()) is not None:
            continue
        major = re.search(r"\d{1,9}", versions.get(row["package"], ""))
        if row["before"] and major and int(major[0]) >= int(row["before"]):
            continue
        for target in row["targets"].split(";"):
            if target in knowledge.indexes():
                found += knowledge.index(target, "likely")
            else:
                found.append(Destination(target, 443, "download", "likely"))
    return found


@cache
def _programs_of_packages() -> tuple[dict[str, str], ...]:
    return tuple(knowledge.rows("npm_binaries.csv"))


def npx(call: Call) -> Outcome:
    """npx and its like: fetch the package unless the project has it, then run it."""
    given = arguments(call.words, _VALUED, stop=True)
    packages = given.all("p", "package")
    if not given.rest and not packages:
        return Outcome((), None)
    name = packages[0] if packages else given.rest[0]
    bare = re.sub(r"(?<=.)@[^@/]*$", "", name)
    package = call.json("package.json")
    found: list[Found] = []
    named = {} if package is None else _dependencies(package)
    hoisted = package is not None and not packages and name == bare and _hoisted(call, bare)
    local = bare in named or _PROVIDERS.get(bare, "") in named or hoisted
    if not given.has("no-install", "offline") and not local and is_known(name):
        sure: Confidence = "certain" if package is not None or name != bare or packages else "likely"
        found += _registry(call, name.split("/")[0] if name.startswith("@") else "", sure)
        found += _downloads(call, lambda package: package == bare)
    if given.rest:
        command = re.sub(r"(?<=.)@[^@/]*$", "", given.rest[0])
        program = _COMMANDS.get(command, command.split("/")[-1] if command.startswith("@") else command)
        rest = " ".join(quoted(one) for one in [program, *given.rest[1:]])
        found.append(Script(rest, own_process=True))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _hoisted(call: Call, name: str) -> bool:
    """Whether npm or Yarn 1 lay the commands of the package, which others ask for, beside the project's own."""
    return not call.exists("pnpm-lock.yaml") and not call.exists(".yarnrc.yml") and _locked(call, name)


# The package that brings a command of another name, and the other way round.
_PROVIDERS: Final = {
    "cdk": "aws-cdk",
    "sls": "serverless",
    "tsc": "typescript",
    "ng": "@angular/cli",
    "jest-cli": "jest",
    "nest": "@nestjs/cli",
    "playwright": "@playwright/test",
    "webpack": "webpack-cli",
    "react-scripts": "react-scripts",
    "vue-cli-service": "@vue/cli-service",
}
_COMMANDS: Final = {
    "aws-cdk": "cdk", "sls": "serverless", "@sentry/cli": "sentry-cli", "@redocly/cli": "redocly", "@angular/cli": "ng",
    "@aws-amplify/cli": "amplify", "@nestjs/cli": "nest", "@changesets/cli": "changeset",
    "@playwright/test": "playwright",
    "@commitlint/cli": "commitlint", "@graphql-codegen/cli": "graphql-codegen", "@11ty/eleventy": "eleventy",
    "@aws-amplify/backend-cli": "ampx", "@stoplight/spectral-cli": "spectral",
}  # fmt: skip
"""Packages whose command bears another name than their last part does."""


def corepack(call: Call) -> Outcome:
    """corepack prepare|install|use fetch a package manager; ``enable`` only lays links.

    **Source:** nodejs/corepack, config.json: Yarn before 2 from registry.yarnpkg.com, later ones from repo.yarnpkg.com.
    """
    plain = [word for word in call.words if not word.startswith("-")]
    if plain[:1] == ["enable"]:
        call.configure("corepack", " ".join(plain[1:]) or "pnpm pnpx yarn yarnpkg")
    if plain[:1] == ["disable"]:
        call.configure("corepack", "")
    if not plain or plain[0] not in ("prepare", "install", "use", "up", "hydrate"):
        return Outcome((), None)
    return Outcome(tuple(_manager(call, plain[1] if len(plain) > 1 else _pinned(call))), "")


def _pinned(call: Call) -> str:
    """The package manager that the project names: ``yarn@4.1.1``."""
    return str((call.json("package.json") or {}).get("packageManager", ""))


def _shimmed(call: Call) -> list[Found]:
    """What Corepack's link fetches before the package manager that the project pins runs."""
    name = _pinned(call)
    enabled = call.program in (call.setting("corepack") or "").split()
    fits = enabled and re.match(r"\w+@\d", name) and call.program.startswith(name.partition("@")[0])
    return _manager(call, name) if fits else []


def _manager(call: Call, name: str) -> list[Found]:
    url = call.env("COREPACK_NPM_REGISTRY")
    if url:
        return index_at(url, "npm", "certain")
    version = re.match(r"yarn@(?:(\d+)|(stable|berry|latest|canary))", name)
    if version is None:
        return list(knowledge.index("yarn-releases" if name.startswith("yarn") else "npm"))
    classic = int(version[1] or 2) < 2
    return [Destination(f"{'registry' if classic else 'repo'}.yarnpkg.com", 443, "package")]


def playwright(call: Call) -> Outcome:
    """``playwright install``: browsers, and with ``--with-deps`` the system's packages for them."""
    word = next((one for one in call.words if not one.startswith("-")), "")
    if word not in ("install", "install-deps"):
        return Outcome((), None)
    found: list[Found] = list(knowledge.index("playwright")) if word == "install" else []
    if word == "install-deps" or "--with-deps" in call.words:
        found += system_packages.repositories(call, "apt", "certain")
    return Outcome(tuple(found), "")

"""pip, pipenv, poetry, uv and pipx: which index they ask, and whether they ask any.

**Source:** pip documentation, "pip install", "Configuration", "Requirements File Format"; Poetry, "Repositories"; uv,
"Indexes"; pipenv, "Specifying Package Indexes".
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from reachsim import toml
from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import expand, is_known, shown, unknown

_VALUED: Final = [
    "r",
    "requirement",
    "c",
    "constraint",
    "i",
    "index-url",
    "extra-index-url",
    "f",
    "find-links",
    "e",
    "editable",
    "t",
    "target",
    "d",
    "dest",
    "w",
    "wheel-dir",
    "trusted-host",
    "platform",
    "python-version",
    "implementation",
    "abi",
    "root",
    "prefix",
    "src",
    "cache-dir",
    "proxy",
    "cert",
    "timeout",
    "retries",
    "only-binary",
    "no-binary",
    "progress-bar",
    "log",
    "upgrade-strategy",
    "config-settings",
    "report",
    "use-feature",
    "python",
    "default-index",
    "index",
    "project",
    "directory",
]
# What CodeBuild's curated images bring along (aws-codebuild-docker-images: Dockerfile); pip asks nobody if it is there.
_PREINSTALLED: Final = frozenset(
    ["awscli", "boto3", "pip", "setuptools", "wheel", "pipenv", "virtualenv", "aws-sam-cli"]
)
_IN_ENVIRONMENTS: Final = frozenset(["pip", "setuptools"])
"""What a virtual environment is made with (Python documentation: venv)."""
_CONFIGURATIONS: Final = ("/etc/pip.conf", "/root/.pip/pip.conf", "/root/.config/pip/pip.conf", "/etc/xdg/pip/pip.conf",
                          "/usr/local/pip.conf")  # fmt: skip
_WHEEL: Final = "what a wheel needs"
_LOCAL: Final = re.compile(r"^(?:\.|/|~|.*\.(?:whl|tar\.gz|zip)(?:\[.*\])?$)")


def pip(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if plain[:2] == ["config", "set"] and len(plain) > 3:
        call.configure("pip." + plain[2].rsplit(".", 1)[-1], plain[3])
        return Outcome((), "")
    if not plain or plain[0] not in ("install", "download", "wheel", "index", "search"):
        return Outcome((), None)
    start = call.words.index(plain[0])
    given = arguments([*call.words[:start], *call.words[start + 1 :]], _VALUED)
    return Outcome(tuple(dict.fromkeys(_installed(call, given))), "")


def _installed(call: Call, given: Arguments) -> list[Found]:
    wants, found, indexes = _requirements(call, given)
    wants += [one for one in given.all("e", "editable") if _LOCAL.match(one)]
    for word in given.all("e", "editable"):
        found += _direct(call, word)
    sure: Confidence = "certain"
    names = []
    for word in given.rest:
        direct = _direct(call, word)
        if direct:
            found += direct
            wants.append("dependencies of " + word)
        elif _is_local(call, word):
            wants += _local_needs(word)
        else:
            names.append(word)
    plainly = [re.split(r"[\[<>=!~;@ ]", name)[0].lower() for name in names]
    upgrade = given.has("U", "upgrade", "force-reinstall", "I", "t", "target", "user") or call.program == "pipx"
    there = _IN_ENVIRONMENTS if call.setting("python.environment") or "env/bin/" in call.name else _PREINSTALLED
    if names and not wants and call.machine.curated and not upgrade and set(plainly) <= there:
        sure = "likely" if "install" in call.words else "certain"
    if not names and wants and all(one == _WHEEL for one in wants):
        sure = "likely"  # what a wheel file needs stands in it
    if call.cached(".cache/pip", "pip-cache", "site-packages", "venv"):
        sure = "likely"
    if given.has("no-deps") and not names and not given.has("r", "requirement"):
        wants = [one for one in wants if one != _WHEEL and not given.has("no-build-isolation")]
        sure = "likely"  # no more than what builds the project
    if not names and not wants:
        return found
    if given.has("no-index") or call.env("PIP_NO_INDEX") or (names and given.has("no-deps") and not names):
        return found + [one for place in given.all("f", "find-links") for one in urls.destination(place, "package")]
    return found + _index(call, given, indexes, sure)


def _direct(call: Call, word: str) -> list[Found]:
    """What a requirement that is a URL contacts: ``git+https://…``, ``name @ https://…``, ``name[extra]@https://…``."""
    word = word.split(" @ ", 1)[-1].strip()
    named = _NAMED.match(word)
    word = word[named.end() :] if named else word
    if word.startswith("git+"):
        return git_found(call, re.sub(r"[#].*$", "", word))
    return urls.fetched(word, "package") if "://" in word else []


_NAMED: Final = re.compile(r"[\w.\[\],\s-]+@\s*(?=[\w+]+://)")
"""The name before the URL of a requirement (PEP 508)."""


def _is_local(call: Call, word: str) -> bool:
    return bool(_LOCAL.match(word)) or (is_known(word) and "/" in word and call.has_folder(word))


def _local_needs(word: str) -> list[str]:
    """A project of one's own needs a build backend and its dependencies; a wheel file only what it declares."""
    return ["build requirements"] if not word.endswith(".whl") else [_WHEEL]


def _requirements(call: Call, given: Arguments) -> tuple[list[str], list[Found], dict[str, list[str]]]:
    """(what must come from an index, what else is contacted, index options of the files)."""
    wants: list[str] = []
    found: list[Found] = []
    indexes: dict[str, list[str]] = {}
    queue = [(name, 0) for name in given.all("r", "requirement")]
    seen: set[str] = set()
    while queue:
        name, depth = queue.pop(0)
        if name in seen or depth > 10:
            continue
        seen.add(name)
        if "://" in name:
            found += urls.destination(name)
            wants.append(name)
            continue
        text = call.read(name)
        if text is None:
            wants.append(name)  # not in the context: whoever installs from a file has something in it
            continue
        for line in _requirement_lines(expand(text, call.variables)):
            if line.startswith("-"):
                options = arguments(line.split(), _VALUED)
                for key in ("i", "index-url", "extra-index-url", "f", "find-links", "no-index"):
                    indexes.setdefault(key, []).extend(options.options.get(key, []))
                queue += [
                    (posixpath.join(posixpath.dirname(name), one), depth + 1) for one in options.all("r", "requirement")
                ]
                for one in options.all("e", "editable"):
                    found += _direct(call, one)
                    wants.append(one)
                continue
            direct = _direct(call, re.sub(r"\s#.*$", "", line).rstrip())
            found += direct
            if not direct or "git+" in line:
                wants.append(line)
    return wants, found, {key: value for key, value in indexes.items() if value}


def _requirement_lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", text)
    return [line for raw in joined.split("\n") if (line := re.sub(r"(^|\s)#.*$", "", raw).strip())]


def _index(call: Call, given: Arguments, files: dict[str, list[str]], sure: Confidence) -> list[Found]:
    """The index and the extra indexes, from the strongest place that names them."""
    if call.program in ("uv", "uvx"):
        return _uv_index(call, given, files, sure)
    settings = _configuration(call)
    main = (
        given.last("i", "index-url", "default-index")
        or next(reversed([*files.get("i", []), *files.get("index-url", [])]), None)
        or call.env("PIP_INDEX_URL", "PIPENV_PYPI_MIRROR")
        or call.setting("pip.index-url")
        or settings.get("index-url")
    )
    extra = [*given.all("extra-index-url", "index"), *files.get("extra-index-url", []),
             *(call.env("PIP_EXTRA_INDEX_URL") or settings.get("extra-index-url", "")
               or call.setting("pip.extra-index-url") or "").split(),
             *given.all("f", "find-links"), *files.get("find-links", []), *files.get("f", [])]  # fmt: skip
    found = index_at(main, "pypi", sure)
    for one in extra:
        found += index_at(one.split("=", 1)[-1] if re.match(r"\w+=http", one) else one, "pypi", sure)
    proxy = given.last("proxy") or settings.get("proxy") or call.setting("pip.proxy") or call.env("PIP_PROXY")
    return found + urls.proxy("https_proxy", proxy or "")


def _uv_index(call: Call, given: Arguments, files: dict[str, list[str]], sure: Confidence) -> list[Found]:
    """uv's own configuration; what configures pip it doesn't read.

    **Source:** uv, "Compatibility with pip" (configuration files and environment variables), "Indexes".
    """
    folder = given.last("project", "directory") or "."
    own = _toml(call, f"{folder}/uv.toml") or table(_toml(call, f"{folder}/pyproject.toml"), "tool", "uv")
    user = _toml(call, "/root/.config/uv/uv.toml") or {}
    listed = [one for one in (*listing(own.get("index")), *listing(user.get("index"))) if isinstance(one, dict)]
    texts = [one for place in (own, table(own, "pip"), user) for one in (place.get("index-url"),)]
    default = [one for one in listed if one.get("default") is True]
    main = (
        given.last("i", "index-url", "default-index")
        or call.env("UV_DEFAULT_INDEX", "UV_INDEX_URL")
        or next(reversed([*files.get("i", []), *files.get("index-url", [])]), None)
        or next((one["url"] for one in default if isinstance(one.get("url"), str)), None)
        or next((one for one in texts if isinstance(one, str)), None)
    )
    extra = [*given.all("extra-index-url", "index"), *(call.env("UV_INDEX") or "").split(),
             *(call.env("UV_EXTRA_INDEX_URL") or "").split(), *files.get("extra-index-url", []),
             *[one["url"] for one in listed if one not in default and isinstance(one.get("url"), str)],
             *[one for place in (own, table(own, "pip"), user) for one in listing(place.get("extra-index-url"))],
             *given.all("f", "find-links"), *(call.env("UV_FIND_LINKS") or "").replace(",", " ").split()]  # fmt: skip
    found = index_at(main, "pypi", sure)
    for one in extra:
        found += index_at(re.sub(r"^\w+=(?=https?:)", "", str(one)), "pypi", sure)
    return found


def _configuration(call: Call) -> dict[str, str]:
    places = [call.env("PIP_CONFIG_FILE") or "", *_CONFIGURATIONS]
    text = call.first(*(one for one in places if one))
    found: dict[str, str] = {}
    if text is None and any(call.exists(one) for one in places if one):
        return {"index-url": unknown("pip.conf")}
    for match in re.finditer(
        r"^[ \t]*([\w-]+)[ \t]*[=:][ \t]*(\S.*)$", expand(text or "", call.variables), re.MULTILINE
    ):
        found[match[1].lower()] = match[2].rstrip()
    return found


def _toml(call: Call, name: str) -> dict[str, Any] | None:
    text = call.read(name)
    try:
        return toml.loads(text) if text is not None else None
    except ValueError:
        return None


def poetry(call: Call) -> Outcome:
    """poetry install|add|update|lock|self: the sources of pyproject.toml, the index otherwise; publish."""
    given = arguments(call.words, ["r", "repository", "u", "username", "p", "password", "C", "directory", "P"])
    plain = given.rest
    if plain[:1] == ["config"] and len(plain) > 2 and plain[1].startswith("repositories."):
        call.configure(f"poetry.{plain[1].removeprefix('repositories.').removesuffix('.url')}", plain[2])
    if plain[:1] == ["publish"]:
        return Outcome(tuple(_published(call, given.last("r", "repository") or "")), "")
    if not plain or plain[0] not in ("install", "add", "update", "lock", "self", "sync"):
        return Outcome((), None)
    project = _toml(call, "pyproject.toml")
    if project is not None and plain[0] in ("install", "sync") and not _has_dependencies(project):
        return Outcome((), "")
    sources = table(project, "tool", "poetry").get("source")
    found: list[Found] = []
    replaced = False
    for one in listing(sources):
        if isinstance(one, dict) and isinstance(one.get("url"), str):
            found += index_at(one["url"], "pypi", "certain")
            replaced = replaced or bool(one.get("default")) or one.get("priority", "primary") in ("primary", "default")
    if not replaced:
        found += knowledge.index("pypi", "likely" if call.cached("pypoetry", ".venv", "virtualenvs") else "certain")
    found += _git_sources(call, project)
    return Outcome(tuple(dict.fromkeys(found)), "")


def _published(call: Call, name: str) -> list[Found]:
    """``poetry publish``: PyPI's upload host, or the repository that was configured under the name."""
    if not name:
        return _uploads(call, "")
    variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
    url = call.env(f"POETRY_REPOSITORIES_{variable}_URL") or call.setting(f"poetry.{name}")
    why = f"where the repository {shown(name)} is; poetry's configuration names it"
    return _uploads(call, url) if url else [Gap(call.command.text, why)]


def _has_dependencies(project: dict[str, Any]) -> bool:
    own, tool = table(project, "project"), table(project, "tool", "poetry")
    wanted = [*listing(own.get("dependencies")), *(name for name in table(tool, "dependencies") if name != "python"),
              *table(tool, "dev-dependencies"), *table(tool, "group"),
              *table(project, "dependency-groups"), *table(own, "optional-dependencies")]  # fmt: skip
    return bool(wanted)


def _git_sources(call: Call, project: dict[str, Any] | None) -> list[Found]:
    found: list[Found] = []
    for given in (table(project, "tool", "poetry", "dependencies"), table(project, "tool", "uv", "sources")):
        for one in given.values():
            if isinstance(one, dict) and isinstance(one.get("git"), str):
                found += git_found(call, one["git"])
    return found


def pipenv(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if not plain or plain[0] not in ("install", "sync", "update", "lock", "upgrade"):
        return Outcome((), None)
    text = call.read("Pipfile")
    if text is not None and len(plain) == 1 and not re.search(r"^\[(?:dev-)?packages\]\s+[\w\"']", text, re.MULTILINE):
        return Outcome((), "")
    sources = re.findall(r"^[ \t]*url\s*=\s*[\"'](.+?)[\"']", text or "", re.MULTILINE)
    mirror = call.env("PIPENV_PYPI_MIRROR")
    found = [one for url in (sources or [None]) for one in index_at(mirror or url, "pypi", "certain")]
    return Outcome(tuple(dict.fromkeys(found)), "")


def uv(call: Call) -> Outcome:
    """uv sync|pip|add|tool|run|lock and ``uvx``."""
    plain = arguments(call.words, ["project", "directory", "config-file", "cache-dir", "color"]).rest
    if call.program == "uvx":
        plain = ["tool", "run", *plain]
    if not plain or call.env("UV_OFFLINE") or "--offline" in call.words:
        return Outcome((), None)
    if plain[0] == "pip":
        return pip(Call(call.command, [call.name, *[word for word in call.words if word != "pip"]]))
    if plain[:2] == ["python", "install"]:
        from reachsim.pipeline.records import Destination

        return Outcome((Destination("github.com", 443, "package"), *urls.redirects(
            "https://github.com/astral-sh/python-build-standalone/releases/download/x", "certain")), "")  # fmt: skip
    if plain[0] not in ("sync", "add", "lock", "run", "tool", "build"):
        return Outcome((), None)
    given = arguments(call.words, _VALUED)
    folder = given.last("project", "directory")
    project = _toml(call, f"{folder}/pyproject.toml" if folder else "pyproject.toml")
    if plain[0] in ("sync", "run", "lock") and project is not None and not _has_dependencies(project):
        return Outcome((), None)
    fresh = project is not None and not call.setting("uv.synced") and not given.has("no-sync", "no-project")
    sure: Confidence = "likely" if plain[0] == "run" and not fresh else "certain"
    if plain[0] in ("sync", "run"):  # what is installed isn't fetched again
        call.configure("uv.synced", "yes")
    locked = _uv_locked(call, folder, sure) if plain[0] in ("sync", "run") else []
    if locked and (given.has("frozen") or call.env("UV_FROZEN")):
        return Outcome(tuple(dict.fromkeys(locked)), None)
    found = _index(call, given, {}, sure)
    return Outcome(tuple(dict.fromkeys([*locked, *found, *_git_sources(call, project)])), None)


def _uv_locked(call: Call, folder: str | None, sure: Confidence) -> list[Found]:
    """The indexes and Git repositories that ``uv.lock`` has packages of; with ``--frozen`` nothing else is asked."""
    packages = listing((_toml(call, f"{folder}/uv.lock" if folder else "uv.lock") or {}).get("package"))
    sources = [table(one, "source") for one in packages if isinstance(one, dict)]
    found: list[Found] = []
    for url in dict.fromkeys(one["registry"] for one in sources if isinstance(one.get("registry"), str)):
        found += index_at(url, "pypi", sure)
    for url in dict.fromkeys(one["git"] for one in sources if isinstance(one.get("git"), str)):
        found += git_found(call, re.sub(r"[?#].*$", "", url))
    for url in dict.fromkeys(one["url"] for one in sources if isinstance(one.get("url"), str)):
        found += urls.destination(url, "package", sure)
    return found


def pdm(call: Call) -> Outcome:
    """pdm and hatch: the index of the project's dependencies, or of an environment's."""
    plain = arguments(call.words, ["e", "env", "p", "project", "config", "G", "group", "L", "lockfile"]).rest
    words = {"pdm": ("install", "sync", "add", "update", "lock", "build", "publish", "self"),
             "hatch": ("build", "run", "env", "test", "publish", "fmt", "shell")}[call.program]  # fmt: skip
    if not plain or plain[0] not in words:
        return Outcome((), None)
    project = _toml(call, "pyproject.toml")
    if plain[0] == "publish":
        return Outcome(tuple(_uploads(call, "")), None)
    if project is not None and plain[0] in ("install", "sync", "lock") and not _has_dependencies(project):
        return Outcome((), "")
    sure: Confidence = "certain" if plain[0] in ("install", "sync", "add", "update", "lock") else "likely"
    found: list[Found] = []
    listed = [one for one in listing(table(project, "tool", "pdm").get("source")) if isinstance(one, dict)]
    for one in listed:
        found += index_at(one.get("url") if isinstance(one.get("url"), str) else None, "pypi", sure)
    if not any(one.get("name") == "pypi" for one in listed):
        found += index_at(call.env("PDM_PYPI_URL", "PIP_INDEX_URL"), "pypi", sure)
    return Outcome(tuple(dict.fromkeys([*found, *_git_sources(call, project)])), "")


def build(call: Call) -> Outcome:
    """``python -m build``: the build's requirements are installed in an environment of its own."""
    if "--no-isolation" in call.words or "-n" in call.words or "--version" in call.words:
        return Outcome((), None)
    return Outcome(tuple(_index(call, arguments(call.words, _VALUED), {}, "certain")), None)


def twine(call: Call) -> Outcome:
    """``twine upload``: the index's upload host, or the repository that is named."""
    given = arguments(call.words, ["r", "repository", "repository-url", "u", "username", "p", "password", "c",
                                   "comment", "config-file", "cert", "client-cert", "identity", "i"])  # fmt: skip
    if given.rest[:1] not in (["upload"], ["register"]):
        return Outcome((), None)
    url = given.last("repository-url") or call.env("TWINE_REPOSITORY_URL") or call.setting("twine.repository") or ""
    name = given.last("r", "repository") or call.env("TWINE_REPOSITORY") or "pypi"
    if not url and name not in ("pypi", "testpypi"):
        text = call.read("/root/.pypirc") or ""
        section = re.search(rf"^\[{re.escape(name)}\][^\[]*?^\s*repository\s*[=:]\s*(\S+)", text, re.MULTILINE)
        if section is None:
            return Outcome((Gap(call.command.text, f"where the repository {shown(name)} is; it stands in .pypirc"),))
        url = section[1]
    return Outcome(tuple(_uploads(call, url or ("testpypi" if name == "testpypi" else ""))), "")


def _uploads(call: Call, url: str) -> list[Found]:
    if url == "testpypi":
        return list(knowledge.index("pypi-test"))
    return urls.named(expand(url, call.variables), "package") if url else list(knowledge.index("pypi-upload"))

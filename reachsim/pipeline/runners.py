"""Programs that run the command behind a subcommand of theirs: ``poetry run``, ``rbenv exec``, ``mise exec --`` …

**Source:** each program's own documentation of the subcommand: managers' ``run``, rbenv and pyenv, "exec", nvm,
"Usage", mise, "mise exec", Composer, "exec", coverage.py, "Execution", .NET documentation, "dotnet tool run".
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from reachsim.pipeline.call import Call, arguments


class Runner(Struct, frozen=True):
    """How a program names the command: behind which words of its own, which options take a value, how many words stand
    before the command. ``asks``: what the program contacts itself is for its own reader to say; ``starts``: what runs
    the words where they are no command.
    """

    words: tuple[str, ...]
    valued: tuple[str, ...] = ()
    before: int = 0
    asks: bool = False
    starts: tuple[str, ...] = ()


_UV: Final = ("project", "directory", "with", "with-editable", "with-requirements", "w", "python", "p", "extra",
              "group", "no-group", "only-group", "no-extra", "env-file", "package", "index", "default-index",
              "cache-dir", "index-url", "i", "extra-index-url", "find-links", "f", "config-file", "link-mode",
              "color", "C", "config-setting", "resolution", "prerelease", "exclude-newer", "python-platform",
              "refresh-package", "upgrade-package", "P", "reinstall-package", "no-build-package",
              "no-binary-package")  # fmt: skip
_CONDA: Final = Runner(("run",), ("n", "name", "p", "prefix", "cwd"))
_VERSIONED: Final = Runner(("exec",))
_COVERAGE: Final = Runner(("run",), ("source", "omit", "include", "rcfile", "context", "concurrency", "data-file"),
                          starts=("python",))  # fmt: skip
_RUNNERS: Final[dict[str, Runner]] = {
    "bundle": Runner(("exec",)), "poetry": Runner(("run",), ("C", "directory", "P", "project")),
    "pipenv": Runner(("run",)), "dotenv": Runner(("run",)), "uv": Runner(("run",), _UV, asks=True),
    "conda": _CONDA, "mamba": _CONDA, "micromamba": _CONDA,
    "pdm": Runner(("run",), ("p", "project", "venv", "s", "site-packages")),
    "hatch": Runner(("run",), ("e", "env", "p", "project", "config"), asks=True), "rye": Runner(("run",)),
    "pixi": Runner(("run", "r", "exec", "x"), ("e", "environment", "manifest-path", "s", "spec", "c", "channel", "w",
                                               "with"), asks=True),
    "mise": Runner(("exec", "x"), ("C", "cd", "j", "jobs"), asks=True),
    "rtx": Runner(("exec", "x"), ("C", "cd", "j", "jobs"), asks=True),
    **dict.fromkeys(("asdf", "rbenv", "pyenv", "nodenv", "goenv", "plenv", "jenv", "phpenv", "opam", "cabal", "stack"),
                    _VERSIONED),
    "nvm": Runner(("exec",), before=1), "fnm": Runner(("exec",), ("using",)),
    "volta": Runner(("run",), ("node", "npm", "pnpm", "yarn", "env")), "direnv": Runner(("exec",), before=1),
    "composer": Runner(("exec",), ("d", "working-dir")), "coverage": _COVERAGE, "coverage3": _COVERAGE,
}  # fmt: skip


def behind(call: Call) -> tuple[Runner, list[str]] | None:
    """The command that such a program runs, and how; None where it runs none."""
    if call.program == "rvm" and "do" in call.words[:3]:
        return _VERSIONED, list(call.words[call.words.index("do") + 1 :])
    if call.program == "dotnet" and call.words[:2] == ("tool", "run"):
        return _VERSIONED, list(call.words[2:])
    runner = _RUNNERS.get(call.program)
    own = arguments(call.words, runner.valued, stop=True).rest if runner else []
    if runner is None or not own or own[0] not in runner.words:
        return None
    if call.program in ("mise", "rtx"):
        return runner, own[own.index("--") + 1 :] if "--" in own else []
    rest = arguments(own[1:], runner.valued, stop=True).rest
    if runner.before and rest and (call.program != "nvm" or re.match(r"v?\d|lts/|node$|stable$|default$", rest[0])):
        rest = list(arguments(rest[runner.before :], stop=True).rest)
    return runner, [*(runner.starts if rest else ()), *rest]

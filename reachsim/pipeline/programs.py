"""Programs that run other programs, scripts and what interpreters are given; for the rest, who reads it.

**Source:** xargs(1), find(1), POSIX sh, Python Language Reference, "Command line and environment".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec.structs import replace

from reachsim.pipeline import installers, knowledge, launchers, runners, tasks
from reachsim.pipeline.builtins import BUILTINS, LOCAL
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.readers import PROGRAMS, by_name, reader_of
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, Script
from reachsim.pipeline.shell import Command
from reachsim.pipeline.variables import ROOT, is_known, shown, unknown
from reachsim.pipeline.wrappers import unwrapped

_PYTHON: Final = r"python[\d.]*|py|pypy3?"
SHELLS: Final = ("sh", "bash", "zsh", "dash", "ash", "ksh", "busybox")


def is_builtin(command: Command) -> bool:
    """Whether it is one of the shell's own commands, which pass on values that are not known."""
    return posixpath.basename(command.words[0]) in BUILTINS


def knows(program: str) -> bool:
    """Whether a reader knows the program, or the shell does."""
    name = posixpath.basename(program)
    return (
        re.fullmatch(_PYTHON, name) is not None
        or name in PROGRAMS
        or name in BUILTINS
        or name in SHELLS
        or knowledge.knows_tool(name)
    )


def read(command: Command, running: tuple[str, ...]) -> Outcome:
    """What a command contacts or runs. ``running`` are the scripts that are being walked, outermost first."""
    words = list(command.words)
    extra: dict[str, str] = {}
    for _ in range(12):
        stripped = unwrapped(words, extra)
        if stripped is None:
            break
        words = stripped
        if not words:
            return Outcome((), None)
    program = posixpath.basename(words[0])
    call = Call(command, words, extra)
    if program in ("command", "type") or (command.words[0] == "command" and command.words[1:2] in (("-v",), ("-V",))):
        return Outcome((), None, None)
    own = call.machine.own.reached(program, " ".join(call.words))
    if own is not None:
        return Outcome(tuple(own), None)
    if program == "xargs":
        return _xargs(call)
    if program == "dotnet" and re.fullmatch(r"sonarscanner|.*SonarScanner\.MSBuild\.dll", (*call.words, "")[0]):
        return by_name("dotnet-sonarscanner", Call(command, ["dotnet-sonarscanner", *call.words[1:]], extra))
    if program == "parallel" and ":::" in call.words:
        at = call.words.index(":::")
        values = "\n".join(call.words[at + 1 :])
        words = [re.sub(r"^\{\}$", "{}", word) for word in call.words[:at]]
        if not arguments(words, ["j", "jobs"], stop=True).rest:  # each value is a command
            return Outcome(tuple(Script(one) for one in call.words[at + 1 :]), None)
        return _xargs(
            Call(replace(command, stdin=values), ["parallel", *(() if "{}" in words else ("-n", "1")), *words])
        )
    if program == "find":
        return _find(call, running)
    if program in ("eval", "source", ".") and (_sets_up_the_shell(call) or _sets_keys(call)):
        return Outcome((), "")
    if program == "eval":
        return Outcome((Script(" ".join(call.words), own_process=False),), None)
    if program in ("source", "."):
        return _sourced(call, running)
    if program in SHELLS:
        return _shell(call, running)
    if re.fullmatch(_PYTHON, program):
        return _python(call, running)
    renamed = _RENAMED.get((program, *call.words[:1])) or _RENAMED.get((program,))
    if renamed is not None:
        rest = call.words[1:] if (program, *call.words[:1]) in _RENAMED and call.words else call.words
        return read(replace(command, words=(*renamed, *rest)), running)
    inside = runners.behind(call)
    if inside is not None:
        return _inside(call, *inside, running)
    ran = launchers.launched(call)
    if ran is not None:
        return ran
    reader = reader_of(program) or reader_of(re.sub(r"^(pip|npm)[\d.]+$", r"\1", program))
    if reader is not None and not _shadowed(call, words[0]):
        return reader(call)
    return _other(call, words[0], program, running)


def _inside(call: Call, runner: runners.Runner, words: list[str], running: tuple[str, ...]) -> Outcome:
    """The command that another program runs, or a task of the project's that bears its name."""
    reader = reader_of(call.program) if runner.asks else None
    first = reader(call).found if reader is not None else ()
    task = tasks.named(call, call.program, words[0], words[1:]) if words else None
    if task is not None:
        return Outcome((*first, *task), None)
    if call.program == "hatch" and words:
        words = [words[0].rsplit(":", 1)[-1], *words[1:]]
    assigned = {name: value for name, value in call.variables.items() if call.scope.variables.get(name) != value}
    inner = read(replace(call.command, words=tuple(words) or ("true",), assigned=assigned), running)
    return Outcome((*first, *inner.found), inner.stdout, inner.status)


_RENAMED: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("bundle", "audit"): ("bundler-audit",), ("cinst",): ("choco", "install"), ("cup",): ("choco", "upgrade"),
    ("cpush",): ("choco", "push"), ("firebase-tools",): ("firebase",),
}  # fmt: skip
"""Other names of commands that are known: Bundler's plugins, Chocolatey's shims, packages of npm."""
_HOOKS: Final = ("conda", "mamba", "micromamba", "pyenv", "rbenv", "nodenv", "goenv", "direnv", "brew", "dircolors",
                 "ssh-agent", "opam", "fnm", "starship", "mise", "rtx", "asdf", "gpg-agent", "docker-machine",
                 "minikube", "poetry", "lesspipe", "thefuck", "jenv", "phpenv", "luaenv", "sdk")  # fmt: skip


def _sets_up_the_shell(call: Call) -> bool:
    """``eval "$(ssh-agent -s)"``, ``eval "$(conda shell.bash hook)"``: they print variables and functions only."""
    made = re.fullmatch("\ue000!([^\ue000\ue001]+)\ue001", " ".join(call.words).strip())
    return made is not None and made[1] in _HOOKS


def _sets_keys(call: Call) -> bool:
    """``eval "$(aws sts assume-role … | jq -r '"export AWS_ACCESS_KEY_ID=…"')"``, or ``source <(…)``: what it prints
    are keys only.
    """
    name = "AWS_ACCESS_KEY_ID"
    made = "<(" in call.command.text or not is_known(" ".join(call.words))
    if not made or f"export {name}=" not in call.command.text:
        return False
    call.scope.variables[name] = unknown(name)
    return True


def _shadowed(call: Call, name: str) -> bool:
    """A file of the context that happens to bear a known program's name (``./terraform``), wrappers aside."""
    unread = call.machine.written.get(call.path(name), "") is None  # downloaded, under the name of what it is
    return "/" in name and call.exists(name) and not unread and posixpath.basename(name) not in _WRAPPERS


def _xargs(call: Call) -> Outcome:
    given = arguments(
        call.words, ["n", "I", "L", "P", "d", "E", "s", "a", "i", "max-args", "replace", "delimiter"], stop=True
    )
    if not given.rest:
        known = call.stdin is not None and is_known(call.stdin)
        return Outcome((), " ".join((call.stdin or "").split()) + "\n" if known else call.stdin)
    items = (
        call.stdin.split() if call.stdin is not None and is_known(call.stdin) else [call.stdin or "\ue000xargs\ue001"]
    )
    mark = given.last("I", "replace", "i") or ("{}" if call.program == "parallel" and "{}" in given.rest else None)
    found: list[Found] = []
    rounds = [[one] for one in items[:100]] if mark or given.has("n", "L", "max-args") else [items]
    for values in rounds:
        words = [word.replace(mark, values[0]) for word in given.rest] if mark else [*given.rest, *values]
        found += read(replace(call.command, words=tuple(words), stdin=None), ()).found
    return Outcome(tuple(dict.fromkeys(found)), None)


def _find(call: Call, running: tuple[str, ...]) -> Outcome:
    """``find … -exec COMMAND ;``: the command runs, for files that are not told."""
    found: list[Found] = []
    words = list(call.words)
    folder = words[0] if words and words[0].startswith("/") and is_known(words[0]) else ""
    each = posixpath.join(folder, unknown("file"))
    while any(word in _EXECUTES for word in words):
        start = next(number for number, word in enumerate(words) if word in _EXECUTES) + 1
        end = next((number for number in range(start, len(words)) if words[number] in (";", "+")), len(words))
        inner = tuple(each if word == "{}" else word for word in words[start:end])
        words = words[end + 1 :]
        if inner:
            found += read(replace(call.command, words=inner, stdin=None), running).found
    return Outcome(tuple(dict.fromkeys(found)), None)


_EXECUTES: Final = ("-exec", "-execdir", "-ok", "-okdir")


# --- scripts --------------------------------------------------------------------------------------------------------


def _shell(call: Call, running: tuple[str, ...]) -> Outcome:
    """``sh -c TEXT``, ``sh FILE``, ``… | sh``."""
    words = list(call.words)
    if call.program == "busybox":
        words = words[1:] if words[:1] in (["sh"], ["ash"]) else words
    options: list[str] = []
    while words and words[0].startswith(("-", "+")) and words[0] not in ("-", "--"):
        option = words.pop(0)
        options.append(option)
        if option.lstrip("-+").startswith("o") and len(option) == 2 and words:
            words.pop(0)
        if re.fullmatch(r"-\w*c", option):
            if not words:
                return Outcome()
            text, *rest = words
            well_known = installers.runs(call, text)
            if well_known is not None:
                return well_known
            if re.fullmatch("\ue000![^\ue000\ue001]+\ue001", text):
                return Outcome((Gap(call.command.text, _MADE),))
            return Outcome((Script(text, arguments=tuple(rest[1:]), variables=_extra(call)),), None)
    words = [word for word in words if word not in ("-", "--")]
    if words[:1] in (["/dev/stdin"], ["/proc/self/fd/0"]):
        words, options = words[1:], [*options, "-s"]
    from_stdin = not words or any(re.fullmatch(r"-\w*s", option) for option in options)
    if from_stdin:
        if call.stdin is None:
            return Outcome((), None)
        well_known = installers.runs(call, call.stdin)
        if well_known is not None:
            return well_known
        if not is_known(call.stdin) and re.search("\ue000!", call.stdin):
            return Outcome((Gap(call.command.text, _MADE),))
        return Outcome((Script(call.stdin, arguments=tuple(words), variables=_extra(call)),), None)
    if posixpath.basename(words[0]) in _WRAPPERS:
        return read(replace(call.command, words=tuple(words), stdin=None), running)
    return _file(call, words[0], words[1:], running, own_process=True)


_WRAPPERS: Final = ("mvnw", "gradlew")  # what these scripts do is known; their own text only starts Java
_MADE: Final = "runs a script that the build downloads or makes; it is not in these files"


def _extra(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in call.variables.items() if call.scope.variables.get(name) != value)


def _sourced(call: Call, running: tuple[str, ...]) -> Outcome:
    if not call.words:
        return Outcome()
    name = call.words[0]
    if re.search(
        r"(?:/|^)activate$|nvm\.sh$|/etc/|\.bashrc$|\.profile$|\.bash_profile$|/\.cargo/env$|sdkman-init\.sh$", name
    ):
        if name.endswith("/bin/activate"):
            call.configure("python.environment", "yes")
        return Outcome((), "")
    return _file(call, name, list(call.words[1:]), running, own_process=False)


def _file(call: Call, name: str, rest: list[str], running: tuple[str, ...], *, own_process: bool) -> Outcome:
    """Run a file of the context as a shell script."""
    if not is_known(name):
        return Outcome((Gap(call.command.text, f"which script that is: {shown(name)} is not known"),), None)
    path = call.path(name)
    if path.endswith("/aws/install") and not call.machine.exists(path):
        return Outcome((), None)  # the AWS CLI's bundled installer, unpacked by an earlier command
    if path in running:
        return Outcome((Gap(call.command.text, "a script that calls itself; its first round is read"),), None)
    text = call.machine.read(path)
    place = call.machine.context_path(path) or path
    if text is None:
        return Outcome((Gap(call.command.text, _why_unread(call, path)),), None)
    well_known = installers.runs(call, text)
    if well_known is not None:
        return well_known
    language = _language(name, text)
    if language and own_process:
        return read(replace(call.command, words=(*_INTERPRETERS.get(language, (language,)), name, *rest)), running)
    if language:
        return Outcome((Gap(call.command.text, f"a {language} program; of it only what it writes out is read"),), None)
    return Outcome((Script(text, place, 1, _extra(call), tuple(rest), own_process),))


_INTERPRETERS: Final = {"pwsh": ("pwsh", "-File"), "powershell": ("pwsh", "-File"), "make": ("make", "-f"),
                        "deno": ("deno", "run"), "bun": ("bun", "run")}  # fmt: skip
"""How a program's first line has it run, where it is not by its language's name alone."""


def _why_unread(call: Call, path: str) -> str:
    if path in call.machine.written:
        return _MADE
    name = call.machine.context_path(path)
    leaves = getattr(call.machine.context, "leaves", None)
    if name is not None and (name.startswith("..") or (leaves is not None and leaves(name))):
        return "the file lies outside the context, or a symbolic link leads out of it"
    if name is not None and name in call.machine.context:
        return "not a text file"
    return "the file is not in the context"


def _language(name: str, text: str) -> str | None:
    """The language of a script that is no shell script, by its first line or its ending."""
    first = text.split("\n", 1)[0]
    if first.startswith("#!"):
        match = re.search(r"(python|node|ruby|perl|php|pwsh|deno|bun|Rscript|groovy|make)", first)
        return match[1] if match else None
    ending = posixpath.splitext(name)[1]
    return {".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node", ".ts": "node", ".rb": "ruby", ".pl": "perl",
            ".php": "php", ".ps1": "powershell"}.get(ending)  # fmt: skip


def _python(call: Call, running: tuple[str, ...]) -> Outcome:
    words = list(call.words)
    while words and words[0].startswith("-") and words[0] not in ("-m", "-c", "-"):
        joined = re.fullmatch(r"-[bBdEiIOqsSuvx]*m(\w[\w.-]*)", words.pop(0))  # python -mpip install …
        if joined:
            words = ["-m", joined[1], *words]
    if words[:1] == ["-m"] and len(words) > 1:
        module, rest = words[1], words[2:]
        if module == "build":
            return by_name("pyproject-build", Call(call.command, words[1:]))
        if module in ("venv", "virtualenv", "ensurepip", "http.server", "json.tool", "compileall", "zipfile", "site"):
            return Outcome((), None)
        return (
            read(replace(call.command, words=(module, *rest)), running)
            if module in PROGRAMS or module in BUILTINS or module in LOCAL or knowledge.knows_tool(module)
            else Outcome((Gap(call.command.text, f"what the module {shown(module)} contacts is not known"),), None)
        )
    if not words and call.stdin is not None and (well_known := installers.runs(call, call.stdin)) is not None:
        return well_known
    if words[:1] == ["-c"] or not words or (words[0].startswith("-") and words[0] != "-"):
        text = words[1] if len(words) > 1 and words[0] == "-c" else call.stdin or ""
        return _text(call, "python", text)
    name = words[0]
    program = call.stdin if name == "-" else call.read(name)
    well_known = installers.runs(call, program) if program is not None else None
    if well_known is not None:
        return well_known
    if posixpath.basename(name) == "setup.py":
        if "upload" in words[1:]:
            return Outcome(tuple(knowledge.index("pypi-upload")), None)
        if any(word in ("install", "develop", "test") for word in words[1:]):
            return Outcome(tuple(knowledge.index("pypi", "likely")), None)
        return Outcome(tuple(_of_file(call, "python", name, program)), None)
    if posixpath.basename(name) in ("get-pip.py", "get_pip.py"):
        return Outcome(tuple(knowledge.index("pypi")), "")
    if name == "-":
        return _text(call, "python", program or "")
    found = _of_file(call, "python", name, program)
    return Outcome((*found, _open(call, "python")), None)


def _text(call: Call, program: str, text: str) -> Outcome:
    """A program that stands in the command: what its calls fetch, and a gap where it may reach for more."""
    from reachsim.pipeline import inline

    language = _LANGUAGES.get(program, "")
    found = inline.fetched(call, language, text, whole=True)
    return Outcome((*found, *((_open(call, program),) if inline.leaves_open(call, language, text) else ())), None)


def _open(call: Call, program: str) -> Gap:
    """What a program may reach for beyond what its text writes out; the AWS CDK names its apps the folder of output."""
    if call.env("CDK_OUTDIR"):
        return Gap(call.command.text, "a CDK app: what its constructs look up and bundle is not worked out", once=True)
    return Gap(call.command.text, f"a {program} program; of it only what it writes out is read")


def _of_file(call: Call, program: str, name: str, text: str | None) -> list[Found]:
    """What the calls of a program's file fetch, and what it runs."""
    from reachsim.pipeline import inline

    place = call.machine.context_path(call.path(name)) or call.path(name)
    language = _LANGUAGES.get(program, "")
    return inline.fetched(call, language, text, whole=False, file=place) if text else []


def _other(call: Call, name: str, program: str, running: tuple[str, ...]) -> Outcome:
    """A tool of the table, a script by its path, a program that contacts nobody; else a gap."""
    if not is_known(name) and not (is_known(program) and knowledge.knows_tool(program)):
        return Outcome((Gap(call.command.text, f"which program that is: {shown(name)} is not known"),), None)
    if program in ("dependency-check.sh", "dependency-check") and not call.machine.exists(call.path(name)):
        return by_name("dependency-check", call)
    if knowledge.knows_tool(program):
        known = _declared(call, program, knowledge.tool(program, " ".join(call.words), call.variables))
        unread = not known and knowledge.leaves_open(program, call.words)
        return Outcome((Gap(call.command.text, _UNKNOWN.format(shown(program))),) if unread else tuple(known), None)
    if "/" in name or program.endswith(".sh"):
        path = call.path(name)
        if call.machine.exists(path) or path.startswith(ROOT + "/") or path in call.machine.written:
            if program in LOCAL and not call.machine.exists(path):
                return Outcome((), None)
            if "node_modules/" in name and not call.machine.exists(path):
                inner = reader_of(program)
                return inner(call) if inner is not None else Outcome((), None)
            if name.startswith(
                (
                    "./aws/install",
                    "./node_modules/.bin/",
                    "node_modules/.bin/",
                    "./vendor/bin/",
                    "vendor/bin/",
                    "aws/install",
                    "./venv/bin/",
                    "venv/bin/",
                    ".venv/bin/",
                )
            ):
                inner = reader_of(program)
                return inner(call) if inner is not None else Outcome((), None)
            return _file(call, name, list(call.words), running, own_process=True)
    if is_interpreter(program):
        return _interpreter(call, program)
    if call.words and all(re.fullmatch(r"-{1,2}(?:v|V|version|h|help)|version|help", word) for word in call.words):
        return Outcome((), None)  # whatever it is, it only tells of itself
    if program.isdecimal() or program in LOCAL or program.startswith(("docker-php-ext-", "x86_64-", "aarch64-")):
        return Outcome((), None)
    return Outcome((Gap(call.command.text, _UNKNOWN.format(shown(program or name))),), None)


def _declared(call: Call, program: str, known: list[Destination]) -> list[Found]:
    """With what the project's files name beside the tool's own index, or in its place."""
    if not known:
        return []
    from reachsim.pipeline import declared

    sure: Confidence = "certain" if any(one.confidence == "certain" for one in known) else "likely"
    found, alone = declared.sources(call, program, sure)
    return [*(() if alone else known), *found]


_UNKNOWN: Final = "what {} contacts is not known"
_LANGUAGES: Final = {"python": "python", "Rscript": "r", "R": "r", "julia": "julia", "node": "node", "nodejs": "node",
                     "ts-node": "node", "tsx": "node", "esno": "node",
                     "ruby": "ruby", "perl": "perl", "php": "php"}  # fmt: skip
"""Programs → the languages that they run texts of, and of which `reachsim.pipeline.inline` reads calls."""


def is_interpreter(program: str) -> bool:
    """Whether a program runs texts of one of the languages that are read in part (`reachsim.pipeline.inline`)."""
    return program in _LANGUAGES


def _interpreter(call: Call, program: str) -> Outcome:
    flags = [word for word in call.words if word.startswith("-")]
    rest = [word for word in call.words if not word.startswith("-")]
    text = call.read(rest[0]) if rest else call.stdin
    well_known = installers.runs(call, text) if text is not None else None
    if well_known is not None:
        return well_known
    if any(flag in ("-v", "--version", "-V") for flag in flags) or (not rest and not text):
        return Outcome((), None)
    if not rest:
        return _text(call, program, text or "")
    if program == "php" and posixpath.basename(rest[0]) in ("composer.phar", "composer"):
        return by_name("composer", Call(call.command, rest))
    if any(re.fullmatch(r"-\w*[erE]|-p|--eval|-c", flag) for flag in flags):
        return _text(call, program, " ".join(call.words))
    found = _of_file(call, program, rest[0], text)
    return Outcome((*found, _open(call, program)), None)

"""What the shell's own commands and the common text tools do to variables, files and output.

**Source:** POSIX, "Shell & Utilities". Only what later decides a destination is followed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Found, Script
from reachsim.pipeline.shell import NEVER, absolute, arguments_of, arrays, judge, named, reading, set_arguments, write
from reachsim.pipeline.variables import MAX_TEXT, ROOT, is_known, nothing_known, unknown


def _echo(call: Call) -> Outcome:
    words = list(call.words)
    newline, escapes = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        newline = "" if "n" in words[0] else newline
        escapes = escapes or "e" in words[0]
        words.pop(0)
    text = " ".join(words)
    return Outcome((), (text.replace("\\n", "\n") if escapes else text) + newline)


def _printf(call: Call) -> Outcome:
    if not call.words:
        return Outcome((), "")
    words = call.words[1:] if call.words[0] == "--" else call.words
    if words[0] == "-v" and len(words) > 2:  # into a variable
        made = _printf(Call(call.command, ["printf", *words[2:]])).stdout
        call.scope.variables[words[1]] = unknown(words[1]) if made is None else made
        return Outcome((), "")
    form, rest = words[0].replace("\\n", "\n").replace("\\t", "\t"), list(words[1:])
    if re.search(r"%[^%sb]", form):
        return Outcome((), None)
    fields = len(re.findall(r"%[sb]", form.replace("%%", "")))
    rounds = [rest[at : at + fields] for at in range(0, len(rest), fields)] if fields else []
    text = "".join(_formatted(form, values) for values in rounds or [[]])
    return Outcome((), text if len(text) <= MAX_TEXT else None)


def _formatted(form: str, values: list[str]) -> str:
    """The format with its ``%s`` and ``%b`` filled in; those without a value are empty."""
    queue = iter(values)
    return re.sub(r"%([%sb])", lambda match: "%" if match[1] == "%" else next(queue, ""), form)


def _cat(call: Call) -> Outcome:
    names = [word for word in call.words if not word.startswith("-")]
    if not names:
        return Outcome((), call.stdin)
    texts = [call.read(name) for name in names]
    known = all(one is not None for one in texts) and sum(len(one or "") for one in texts) <= MAX_TEXT
    return Outcome((), "".join(one or "" for one in texts) if known else None)


def _tee(call: Call) -> Outcome:
    given = arguments(call.words)
    text = None if call.stdin is None or nothing_known(call.stdin) else call.stdin
    for name in given.rest:
        write(call.machine, call.path(name), text, append=given.has("a", "append"))
    return Outcome((), call.stdin)


def _cd(call: Call) -> Outcome:
    target = next((word for word in call.words if not re.match(r"-[\w-]", word)), call.variables.get("HOME", "/root"))
    before = re.fullmatch(r"-|~-(/.*)?", target)
    if before:
        target = call.variables.get("OLDPWD", ROOT) + (before[1] or "")
    call.scope.variables["OLDPWD"] = call.scope.directory
    call.scope.directory = _meant(call, target)
    call.scope.variables["PWD"] = call.scope.directory
    return Outcome((), "")


def _meant(call: Call, target: str) -> str:
    """The folder of a ``cd``. One that is nowhere but below the source's root is meant from there: the phases of many
    builds begin with the same ``cd``, though CodeBuild keeps the folder from phase to phase.
    """
    place, machine = absolute(target, call.scope.directory), call.machine
    from_root = absolute(target, ROOT)
    if place == from_root or not place.startswith(f"{ROOT}/") or not is_known(target) or target.startswith("."):
        return place
    made = machine.is_folder(place) or any(one.startswith(f"{place}/") for one in machine.written)
    cloned = call.setting(f"git.remote {place}") is not None
    return from_root if not made and not cloned and machine.has_folder(from_root) else place


def _popd(call: Call) -> Outcome:
    """Back to where the last ``pushd`` came from."""
    return _cd(Call(call.command, ["cd", "-"]))


def _export(call: Call) -> Outcome:
    found: list[Found] = []
    for word in call.words:
        name, equals, value = word.partition("=")
        if equals and re.fullmatch(r"\w+", name):
            call.scope.variables[name] = named(value, name)
        found += urls.proxy(name, call.scope.variables.get(name, ""))
    return Outcome(tuple(found), "")


def _read(call: Call) -> Outcome:
    """``read``: the variables that a line sets, where it is known."""
    wanted = reading(call.words)
    if wanted is not None and call.stdin and is_known(call.stdin):
        wanted.take(call.stdin.split("\n")[0], call.variables.get("IFS"), call.scope.variables)
        return Outcome((), "", None)
    for word in call.words:
        if re.fullmatch(r"[A-Za-z_]\w*", word):
            call.scope.variables[word] = unknown(word)
    return Outcome((), "", None)


def _mapfile(call: Call) -> Outcome:
    """``mapfile NAME``: every line of its input is an element."""
    name = next((word for word in reversed(call.words) if word.isidentifier()), "MAPFILE")
    if call.stdin is not None and is_known(call.stdin):
        arrays.store(call.scope.variables, name, [(None, one) for one in call.stdin.splitlines()], append=False)
    else:
        call.scope.variables[name] = unknown(name)
    return Outcome((), "")


def _exit(call: Call) -> Outcome:
    well = call.words[:1] in ((), ("0",))
    call.scope.ended = True
    call.scope.left = "success" if well else "failure"
    return Outcome((), "", well)


def _break(call: Call) -> Outcome:
    call.scope.broken = True
    return Outcome((), "")


def _seq(call: Call) -> Outcome:
    if not call.words or len(call.words) > 3 or not all(re.fullmatch(r"\d{1,6}", one) for one in call.words):
        return Outcome((), None)
    first, step, last = (1, 1, call.words[0]) if len(call.words) == 1 else (call.words[0], 1, call.words[-1])
    step = int(call.words[1]) if len(call.words) == 3 else step
    numbers = range(int(first), int(last) + 1, step or 1)[:_MAX_NUMBERS]
    return Outcome((), "".join(f"{number}\n" for number in numbers))


_MAX_NUMBERS: Final = 100


def _trap(call: Call) -> Outcome:
    """``trap TEXT SIGNAL…``: every run leaves the shell, few get another signal."""
    words = [word for word in call.words if word != "--"]
    if len(words) < 2 or words[0] in ("-", "", "-l", "-p"):
        return Outcome((), "")
    always = any(word.removeprefix("SIG") in ("EXIT", "0") for word in words[1:])
    return Outcome((Script(words[0], confidence="certain" if always else "possible"),), "")


def _test(call: Call) -> Outcome:
    words = list(call.words)
    return Outcome((), "", judge(words[:-1] if words[-1:] == ["]"] else words, call.scope))


def _copy(call: Call) -> Outcome:
    """cp, mv, install, ln: a file of known content keeps it under its new name."""
    given = arguments(call.words, ["m", "o", "g", "t", "target-directory", "S"])
    *sources, target = given.rest if len(given.rest) > 1 else ["", ""]
    for source in filter(None, sources):
        if not is_known(source) or not is_known(target):
            continue
        text = call.read(source)
        place = call.path(target)
        inside = target == "." or len(sources) > 1 or call.machine.is_folder(place)
        if inside or target.endswith("/"):
            place = posixpath.normpath(posixpath.join(place, posixpath.basename(source.rstrip("/"))))
        if text is not None:
            call.machine.written[place] = text
        elif call.path(source) in call.machine.written:
            call.machine.written[place] = None
        elif call.has_folder(source):
            origin = call.machine.context_path(call.path(source))
            if origin is not None:
                for to in dict.fromkeys([place] if inside else [call.path(target), place]):
                    call.machine.mounts.put(to, origin)
    if call.program == "mv":
        _forget(call, [one for one in sources if one])
    return Outcome((), "")


def _mktemp(call: Call) -> Outcome:
    """``mktemp [-d] [TEMPLATE]``: a new file or folder, under a name that no other has."""
    given = arguments(call.words, ["p", "suffix"])
    number = str(int(call.setting("mktemp") or "0") + 1)
    call.configure("mktemp", number)
    template = given.rest[0] if given.rest else ""
    name = re.sub(r"X{3,}(?=[^X]*$)", number, template) if template else f"tmp.{number}"
    if given.last("p") or given.has("t", "tmpdir") or not template:
        name = posixpath.join(given.last("p", "tmpdir") or call.env("TMPDIR") or "/tmp", name)
    if given.has("d", "directory"):
        call.machine.folders.add(call.path(name))
    return Outcome((), name + "\n")


def _mkdir(call: Call) -> Outcome:
    call.machine.folders.update(call.path(name) for name in arguments(call.words, ["m", "mode"]).rest if is_known(name))
    return Outcome((), "")


def _remove(call: Call) -> Outcome:
    """``rm`` of lists of repositories leaves none of them; without its lock file a package manager asks its indexes."""
    names = arguments(call.words).rest
    _forget(call, names)
    for path in map(call.path, names):
        if posixpath.basename(path) in _LOCKS:
            call.machine.written.pop(path, None)
            call.machine.gone.add(path)
    return Outcome((), "")


_LOCKS: Final = frozenset(
    ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "composer.lock",
     "Gemfile.lock", "Pipfile.lock", "poetry.lock", "pdm.lock", "uv.lock", "Cargo.lock", "go.sum", "mix.lock",
     "packages.lock.json", "pubspec.lock", "deno.lock"]
)  # fmt: skip
_LISTS: Final = ("/etc/apt/sources.list", "/etc/apk/repositories", "/etc/yum.repos.d/")


def _forget(call: Call, names: list[str]) -> None:
    """Take note of lists of repositories that are not there any more, a folder by all that is in it."""
    for name in names:
        path = call.path(name)
        path = f"{path}/*" if path in ("/etc/yum.repos.d", "/etc/apt/sources.list.d") else path
        if path.startswith(_LISTS):
            call.machine.written[path] = ""


def _basename(call: Call) -> Outcome:
    given = arguments(call.words, ["s", "suffix"])
    if not given.rest or not is_known(given.rest[0]):
        return Outcome((), None)
    if call.program == "dirname":
        return Outcome((), (posixpath.dirname(given.rest[0]) or ".") + "\n")
    ending = given.last("s", "suffix") or (given.rest[1] if len(given.rest) > 1 and not given.has("a") else "")
    name = posixpath.basename(given.rest[0].rstrip("/"))
    return Outcome((), (name.removesuffix(ending) if name != ending else name) + "\n")


def _resolved(call: Call) -> Outcome:
    """``realpath FILE`` and ``readlink -f FILE``: the path from the root; links are taken for what they are named."""
    given = arguments(call.words)
    follows = call.program == "realpath" or given.has("f", "e", "m", "canonicalize")
    if not follows or len(given.rest) != 1 or not is_known(given.rest[0]):
        return Outcome((), None)
    return Outcome((), call.path(given.rest[0]) + "\n")


def _constant(call: Call) -> Outcome:
    return Outcome((), NEVER, call.program != "false")


def _undecided(call: Call) -> Outcome:  # noqa: ARG001
    """Commands whose status is a question (which, grep -q, diff): either way is a normal run."""
    return Outcome((), None, None)


def _uname(call: Call) -> Outcome:
    """``uname``: the system; of what the machine is, nothing is told."""
    return Outcome((), "Linux\n" if set(call.words) <= {"-s", "--kernel-name"} else None)


def _pwd(call: Call) -> Outcome:
    return Outcome((), call.scope.directory + "\n")


def _shift(call: Call) -> Outcome:
    words = arguments_of(call.scope.variables)
    count = call.words[0] if call.words else "1"
    if words is not None and count.isdigit() and int(count) > len(words):
        return Outcome((), "", False)
    set_arguments(call.scope.variables, words[int(count) :] if words is not None and count.isdigit() else None)
    return Outcome((), "")


def _set(call: Call) -> Outcome:
    """``set -- WORD …`` and ``set WORD …``: the arguments from here on."""
    if "--" in call.words:
        set_arguments(call.scope.variables, call.words[call.words.index("--") + 1 :])
    elif call.words and call.words[0][:1] not in ("-", "+"):
        set_arguments(call.scope.variables, call.words)
    return Outcome((), "")


def _text(function: str) -> Callable[[Call], Outcome]:
    """A reader of `reachsim.pipeline.text_tools`, which is imported when a build runs it."""

    def read(call: Call) -> Outcome:
        return cast(Outcome, getattr(import_module("reachsim.pipeline.text_tools"), function)(call))

    return read


BUILTINS: Final[dict[str, Callable[[Call], Outcome]]] = {
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _tee, "cd": _cd, "pushd": _cd, "popd": _popd,
    "export": _export,
    "declare": _export, "local": _export, "readonly": _export, "typeset": _export, "read": _read, "exit": _exit,
    "return": _exit, "break": _break, "continue": _break, "seq": _seq, "trap": _trap, "test": _test, "[": _test,
    "cp": _copy, "mv": _copy, "mktemp": _mktemp, "install": _copy, "ln": _copy, "mkdir": _mkdir, "rm": _remove,
    "cut": _text("cut"), "awk": _text("awk"),
    "jq": _text("jq"), "head": _text("head"), "tail": _text("head"), "sort": _text("sort"), "uniq":
    _text("sort"), "basename": _basename, "dirname": _basename, "tr": _text("tr"), "base64": _text("decode"),
    "envsubst": _text("envsubst"), "mapfile": _mapfile, "readarray": _mapfile,
    "true": _constant, ":": _constant, "false": _constant, "which": _undecided, "type": _undecided, "hash":
    _undecided, "grep": _text("grep"), "egrep": _text("grep"), "fgrep": _text("grep"), "diff": _undecided, "cmp":
    _undecided, "pgrep": _undecided, "id": _undecided, "pwd": _pwd, "uname": _uname, "shift": _shift,
    "set": _set, "realpath": _resolved, "readlink": _resolved,
}  # fmt: skip

# Programs that contact nobody, or nobody but this machine. Anything that is in none of the tables is a gap.
LOCAL: Final = frozenset(Path(__file__).with_name("local.txt").read_text("utf-8").split())

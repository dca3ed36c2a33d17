"""Tests against mutants: one pytest session collects everything once, then forks for each mutant.

In the fork the mutated function's code takes the place of the original's, caches are emptied, and the tests that reach
the changed statement run, the quickest first, until one fails. A change outside of functions (a constant, a default)
needs a new process, which imports the module with the change; so does one that no test reaches, since the function may
be called while the module is imported.
"""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import pytest
from _pytest.main import pytest_runtestloop
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import Mutant

SECONDS = 60
"""Processor time that a new process may take: more is a loop without end. Forks have `_patience`."""
MEMORY = 4 << 30
QUICKLY = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
CHANGED = "REACHSIM_MUTATED"
"""Names the file with the changed source of a module for a new process."""

settings.register_profile(
    "mutation", derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


class Reached(NamedTuple):
    """Of one test: which lines of the module it reaches, and how long it takes."""

    lines: frozenset[int]
    seconds: float


class Plugin:
    """Takes the place of pytest's loop over the tests: asks for the results of mutants instead."""

    def __init__(self, module: str, wanted: list[Mutant], told: Callable[[Mutant, str], None]) -> None:
        self.module = module
        self.wanted = wanted
        self.told = told

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        module = importlib.import_module(self.module)
        everything = list(session.items)
        reached = _reached(session, str(module.__file__))
        for mutant in self.wanted:
            session.items = sorted(
                (one for one in everything if _touches(reached[one.nodeid], mutant)),
                key=lambda one: reached[one.nodeid].seconds,
            )
            change = _code_change(module, mutant)
            if change is None or not session.items:
                result = _in_new_process(self.module, mutant, [str(one) for one in session.config.args])
            else:
                result = _in_fork(session, change, _patience(reached[one.nodeid] for one in session.items))
            self.told(mutant, result)
        return True


def _touches(test: Reached, mutant: Mutant) -> bool:
    return any(mutant.line <= line <= mutant.end for line in test.lines)


def _reached(session: pytest.Session, file: str) -> dict[str, Reached]:
    """Which lines of a file each test reaches; run in a fork, so that this process stays as it was."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        recorder = _Recorder(file)
        session.config.pluginmanager.register(recorder)
        _quiet()
        code = 1
        try:
            pytest_runtestloop(session)
            code = int(session.testsfailed > 0)
        finally:
            with os.fdopen(writer, "w") as out:
                json.dump(recorder.found, out)
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    assert os.waitpid(child, 0)[1] == 0, "the tests fail without any mutant"
    return {name: Reached(frozenset(lines), seconds) for name, (lines, seconds) in json.loads(text).items()}


class _Recorder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.caches = _caches()
        self.found: dict[str, tuple[list[int], float]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        lines: set[int] = set()

        def local(frame: FrameType, *_: object) -> Any:
            lines.add(frame.f_lineno)
            return local

        def called(frame: FrameType, *_: object) -> Any:
            return local(frame) if frame.f_code.co_filename == self.file else None

        for one in self.caches:
            one.cache_clear()
        before = time.process_time()
        sys.settrace(called)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.found[item.nodeid] = sorted(lines), time.process_time() - before


def _patience(tests: Iterable[Reached]) -> int:
    """Seconds of processor time for these tests: well above what they take, as they were measured line by line."""
    return 5 + int(sum(one.seconds for one in tests))


def _in_fork(session: pytest.Session, change: Callable[[], None], seconds: int) -> str:
    child = os.fork()
    if child == 0:
        code = 2
        try:
            _quiet()
            _bounded(seconds)
            change()
            for one in _caches():
                one.cache_clear()
            pytest_runtestloop(session)
            code = 0
        except session.Failed:
            code = 1
        finally:
            os._exit(code)
    return _word(os.waitpid(child, 0)[1])


def _in_new_process(module: str, mutant: Mutant, arguments: list[str]) -> str:
    import subprocess
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(mutant.source)
        file.flush()
        run = subprocess.run(
            [sys.executable, "-m", "tests.mutation.running", *arguments],
            env={**os.environ, CHANGED: f"{module}={file.name}"},
            preexec_fn=_bounded, capture_output=True, check=False,
        )  # fmt: skip
    return "survived" if run.returncode == 0 else "killed" if run.returncode > 0 else "too long"


def _word(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "too long"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _bounded(seconds: int = SECONDS) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(20 * seconds)


def _caches() -> list[Any]:
    return [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]


def _code_change(module: Any, mutant: Mutant) -> Callable[[], None] | None:
    """Puts the mutated function's code into the module's function; None for what is outside of functions, and for
    functions within others, of which there may be some already.
    """
    found, path = module, []
    for name in mutant.function.split(".") if mutant.function else []:
        path.append(name)
        found = inspect.unwrap(_plain(inspect.getattr_static(found, name)))
        if isinstance(found, FunctionType):
            break
    if not isinstance(found, FunctionType) or ".".join(path) != mutant.function:
        return None
    code: CodeType | None = compile(mutant.source, str(module.__file__), "exec", dont_inherit=True)
    for name in path:
        code = next((one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name), None)
        if code is None:
            return None
    if code.co_freevars != found.__code__.co_freevars:
        return None
    return lambda: setattr(found, "__code__", code)


def _plain(found: Any) -> Any:
    """The function of a property, a static or class method, or a cached property."""
    for attribute in ("fget", "func", "__func__"):
        found = getattr(found, attribute, None) or found
    return found


def run(module: str, tests: list[str], wanted: list[Mutant], told: Callable[[Mutant, str], None]) -> None:
    """Try mutants of a module against tests; tells the result of each: killed, too long or survived."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    code = pytest.main([*QUICKLY, *tests], plugins=[Plugin(module, wanted, told)])
    assert code in (0, 5), f"pytest ended with {code}"


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from another file."""

    def __init__(self, module: str, file: str) -> None:
        self.module = module
        self.source = Path(file).read_text(encoding="utf-8")

    def find_spec(self, name: str, *_: object) -> Any:
        if name != self.module:
            return None
        place = str(Path(*name.split(".")).with_suffix(".py").resolve())
        return importlib.util.spec_from_file_location(name, place, loader=self)

    def exec_module(self, module: Any) -> None:
        exec(compile(self.source, module.__spec__.origin, "exec", dont_inherit=True), module.__dict__)


if __name__ == "__main__":
    name, _, changed = os.environ[CHANGED].partition("=")
    sys.meta_path.insert(0, _Changed(name, changed))
    importlib.import_module(name)  # pytest, which would find it by its file, takes what is there
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    sys.exit(pytest.main([*QUICKLY, *sys.argv[1:]]))

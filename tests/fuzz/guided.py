"""The same targets, with inputs chosen by the lines that they reach: ``python -m tests.fuzz --guided`` (atheris).

atheris keeps every input that reaches something new and breaks it further, by `tests.fuzz.mutate` as well as by its own
means. It ends its process when its time is over, so each target has a process of its own:
``python -m tests.fuzz.guided TARGET FOLDER -max_total_time=600`` (the rest as libFuzzer takes it); what fails is
written into FOLDER.

**Source:** atheris' README ("Custom mutators", "Instrumentation"); LLVM, "libFuzzer" (options, final statistics).
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.mutate import LARGEST, broken

EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)$|^Done (\d+) runs", re.MULTILINE)
PEAK = re.compile(r"^stat::peak_rss_mb:\s*(\d+)$", re.MULTILINE)


def input_of(name: str, data: bytes) -> bytes:
    """An input as one string of bytes, as the corpus keeps it: its name in the first line."""
    return name.encode() + b"\n" + data


def main() -> None:
    import atheris

    # Never left: what is imported later, inside functions, is instrumented too.
    atheris.instrument_imports(include=["reachsim"]).__enter__()
    from tests.fuzz.run import trial
    from tests.fuzz.targets import TARGETS

    target, folder, *options = sys.argv[1:]
    seeds = TARGETS[target].seeds()
    names = sorted({name for name, _ in seeds})
    others = [data for _, data in seeds]
    seen: set[str] = set()

    def parts(given: bytes) -> tuple[str, bytes]:
        name, _, data = given.partition(b"\n")
        text = name.decode("utf-8", "replace")
        return text if text in names else names[len(given) % len(names)], data

    def one(given: bytes) -> None:
        name, data = parts(given)
        what = trial(target, name, data)
        place = what.rpartition(" at ")[2] if what and " at " in what else "too slow"
        if what is not None and place not in seen:
            seen.add(place)
            kept = Path(folder, f"failed-{len(seen)}")
            kept.write_bytes(input_of(name, data))
            print(f"FAILED {kept}: {name}: {what}", flush=True)

    def mutate(given: bytes, most: int, seed: int) -> bytes:
        luck = random.Random(seed)
        if luck.random() < 0.3:
            return bytes(atheris.Mutate(given, most))
        name, data = parts(given)
        return input_of(name, broken(data, others, luck))[:most]

    corpus = Path(folder, "corpus")
    corpus.mkdir()
    for number, (name, data) in enumerate(seeds):
        if len(data) <= LARGEST:
            (corpus / str(number)).write_bytes(input_of(name, data))
    arguments = [sys.argv[0], str(corpus), f"-max_len={LARGEST}", "-timeout=60", "-rss_limit_mb=3072",
                 "-print_final_stats=1", f"-artifact_prefix={folder}/", *options]  # fmt: skip
    atheris.Setup(arguments, one, custom_mutator=mutate)
    atheris.Fuzz()


def guided(target: str, seconds: float, folder: Path) -> Iterator[str]:
    """Run a target for so long; yields a line for each kind of failure, and one of statistics at the end."""
    command = [sys.executable, "-m", "tests.fuzz.guided", target, str(folder), f"-max_total_time={int(seconds)}"]
    with tempfile.TemporaryFile("w+") as said:
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("FAILED "):
                yield line.removeprefix("FAILED ").rstrip()
        code = run.wait()
        said.seek(0)
        text = said.read()
    if code != 0:
        yield f"{target} ended with {code}: " + " | ".join(text.splitlines()[-6:])
    executed, peak = EXECUTED.findall(text), PEAK.findall(text)
    yield f"= {max(executed[-1]) if executed else '?'} inputs, {peak[-1] if peak else '?'} MiB at most"


if __name__ == "__main__":
    main()

"""What ``read`` makes of a line, and ``getopts`` of the arguments.

**Source:** POSIX, read and getopts; Bash Reference Manual, "read".
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from reachsim.pipeline.shell import arrays
from reachsim.pipeline.shell.scope import arguments_of
from reachsim.pipeline.variables import is_known


class Reading(Struct, frozen=True):
    """A ``read`` whose options say nothing but where the parts of a line go: to variables, or to one array."""

    names: tuple[str, ...]
    array: str | None = None

    def take(self, line: str, separators: str | None, variables: dict[str, str]) -> None:
        """Set the variables to the parts of the line; the last one gets all that is left. ``separators`` is IFS."""
        if self.array is not None:
            arrays.store(variables, self.array, [(None, one) for one in _parts(line, separators, -1)], append=False)
            return
        names = self.names or ("REPLY",)
        parts = _parts(line, separators, len(names) - 1)
        for number, name in enumerate(names):
            variables[name] = parts[number] if number < len(parts) else ""


def _parts(line: str, separators: str | None, most: int) -> list[str]:
    if separators == "" or most == 0:
        return [line if separators == "" else line.strip(separators if separators else None)]
    if separators is None or not separators.strip():
        return line.split(None, most)
    return [one.strip() for one in line.split(separators[0], most)]


def reading(words: Sequence[str]) -> Reading | None:
    """The words behind ``read``; None where its options make it read otherwise.

    >>> reading(["-r", "name", "url"])
    Reading(names=('name', 'url'), array=None)
    """
    names: list[str] = []
    array: str | None = None
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "-a" and queue:
            array = queue.pop(0)
        elif word in ("-p", "-t", "-i") and queue:
            queue.pop(0)
        elif word in ("-r", "-s", "-e", "-rs", "-er"):
            continue
        elif word.startswith("-") or not word.isidentifier():
            return None
        else:
            names.append(word)
    return Reading(tuple(names), array)


def options(words: Sequence[str], variables: dict[str, str]) -> list[dict[str, str]] | None:
    """What each round of ``getopts`` with these words sets; ``OPTIND`` is then past the options. None where the
    arguments are not known.

    >>> options(["t:p", "flag", "-pt", "v1", "app"], {})
    [{'flag': 'p'}, {'flag': 't', 'OPTARG': 'v1'}]
    """
    given = list(words[2:]) if words[2:] else arguments_of(variables)
    if len(words) < 2 or given is None or not all(is_known(one) for one in (*words[:2], *given)):
        return None
    letters, name = words[0].lstrip(":"), words[1]
    found: list[dict[str, str]] = []
    number = 0
    while number < len(given) and given[number].startswith("-") and given[number] not in ("-", "--"):
        left = given[number][1:]
        number += 1
        while left:
            letter, left = left[0], left[1:]
            takes = f"{letter}:" in letters
            if takes and not left and number == len(given):
                letter, takes = "?", False
            found.append({name: letter if letter in letters else "?"})
            if takes:
                found[-1]["OPTARG"] = left or given[number]
                number += not left
                left = ""
    variables["OPTIND"] = str(number + 1 + (given[number : number + 1] == ["--"]))
    return found

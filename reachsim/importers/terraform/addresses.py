"""The addresses of modules and resources, and the steps of a reference."""

from __future__ import annotations

import re
from typing import Final

_INDEX: Final = r"\[(?:\"((?:[^\"\\]|\\.)*)\"|([0-9]{1,9}))\]"
_PART: Final = re.compile(rf"{_INDEX}|\.?([^.\[\]]+)")


def parts_of(reference: str) -> list[str | int]:
    """The steps of a reference.

    >>> parts_of('module.net["a.b"].ids[0]')
    ['module', 'net', 'a.b', 'ids', 0]
    """
    found: list[str | int] = []
    for quoted, number, word in _PART.findall(reference):
        found.append(int(number) if number else word or quoted.replace('\\"', '"'))
    return found


def labels_of(address: str) -> list[str]:
    """The labels of a module's address.

    >>> labels_of('module.net["a"].module.dns[0]')
    ['net', 'dns']
    """
    parts = parts_of(address)
    return [str(parts[n + 1]) for n, part in enumerate(parts) if part == "module" and n + 1 < len(parts)]


def parent_of(address: str) -> tuple[str, str]:
    """A module's parent address and its label.

    >>> parent_of('module.net["a"].module.dns[0]'), parent_of("module.net")
    (('module.net["a"]', 'dns'), ('', 'net'))
    """
    depth, cut = 0, 0
    quoted = False
    for position, character in enumerate(address):
        if character == '"':
            quoted = not quoted
        depth += (character == "[") - (character == "]") if not quoted else 0
        if not quoted and depth == 0 and address.startswith("module.", position) and (
            position == 0 or address[position - 1] == "."
        ):  # fmt: skip
            cut = position
    own = address[cut:].removeprefix("module.")
    return address[:cut].rstrip("."), own.partition("[")[0]


def key_of(address: str) -> int | str | None:
    """The index at the end of an address: a key of ``for_each``, a number of ``count``, or None.

    >>> key_of('module.net["a"].module.dns["b.c"]'), key_of("aws_subnet.one[2]"), key_of("aws_subnet.one")
    ('b.c', 2, None)
    """
    match = re.search(rf"{_INDEX}$", address)
    if match is None:
        return None
    return int(match[2]) if match[2] else match[1].replace('\\"', '"')


def without_indexes(address: str) -> str:
    """An address as the configuration has it.

    >>> without_indexes('module.net["a[0]"].module.dns[1]')
    'module.net.module.dns'
    """
    return re.sub(_INDEX, "", address)

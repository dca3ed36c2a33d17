"""Address and port expressions of Suricata's rules: ``any``, one, ``[a,b,!c]``, ``!a``, ``$NAME``, and ``@NAME`` of an
IP set reference.

**Source:** Suricata User Guide, "Rules Format"; Network Firewall API reference, Header; "IP set references in Suricata
compatible AWS Network Firewall rule groups".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from reachsim.addresses import EVERYWHERE, parse_block
from reachsim.intervals import IntervalSet
from reachsim.packets import PORTS

Sets = Mapping[str, IntervalSet]
"""Variables by their names, IP set references with the ``@`` before theirs."""


class Unreadable(ValueError):
    """An address or port expression of a rule that is not understood."""


def addresses(text: str, known: Sets) -> IntervalSet:
    """The addresses that an expression names. Raises Unreadable.

    >>> from reachsim.addresses import format_set
    >>> format_set(addresses("[10.0.0.0/8,!10.0.0.0/9]", {}))
    ['10.128.0.0/9']
    """
    return _expression(text, known, EVERYWHERE, parse_block)


def ports(text: str, known: Sets) -> IntervalSet:
    """The ports that an expression names. Raises Unreadable."""
    return _expression(text, known, PORTS, _port_range)


def defined(variables: Mapping[str, Sequence[str]], read: Callable[[str, Sets], IntervalSet]) -> dict[str, IntervalSet]:
    """The variables that can be read; a rule that names another cannot be read either."""
    found: dict[str, IntervalSet] = {}
    for name, parts in variables.items():
        try:
            found[name] = read(f"[{','.join(parts)}]", {})
        except Unreadable:
            continue
    return found


def _port_range(text: str) -> IntervalSet:
    low, colon, high = text.partition(":")
    return IntervalSet.span(int(low or 0), int(high or 65535) if colon else int(low))


def _expression(text: str, known: Sets, everything: IntervalSet, read: Callable[[str], IntervalSet]) -> IntervalSet:
    text = text.strip()
    if text.lower() == "any":
        return everything
    if text.startswith("!"):
        return everything - _expression(text[1:], known, everything, read)
    if text.startswith("[") and text.endswith("]"):
        parts = [part.strip() for part in _top_level(text[1:-1])]
        wanted = [_expression(part, known, everything, read) for part in parts if not part.startswith("!")]
        without = [_expression(part[1:], known, everything, read) for part in parts if part.startswith("!")]
        chosen = IntervalSet.union_of(wanted) if wanted else everything
        return chosen - IntervalSet.union_of(without)
    if text.startswith(("$", "@")):
        name = text.removeprefix("$")
        if name not in known:
            raise Unreadable(text)
        return known[name]
    try:
        return read(text)
    except ValueError as error:
        raise Unreadable(text) from error


def _top_level(text: str) -> Iterator[str]:
    """The parts between commas that stand in no inner bracket."""
    depth, start = 0, 0
    for index, letter in enumerate(text):
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield text[start:index]
            start = index + 1
    yield text[start:]

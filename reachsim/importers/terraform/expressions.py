"""The expressions of a plan's configuration, and what of an attribute is unknown.

**Source:** HashiCorp, "JSON Output Format", "Expression Representation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from reachsim.importers.terraform.plan import Instance

DECLARED_AS_ATTRIBUTES: Final = {
    "aws_security_group": ("ingress", "egress"), "aws_network_acl": ("ingress", "egress"),
    "aws_route_table": ("route",),
}  # fmt: skip
"""Blocks that are unknown in a plan when none is declared, and when ``dynamic`` makes them of something unknown."""
NEVER_COMPUTED: Final = frozenset({"vpc_config", "network_configuration", "subnet_configuration", "entry"})
"""Blocks that AWS does not fill in: unknown as a whole, they are made by ``dynamic`` from something unknown."""


def walk(value: Any, steps: Sequence[str | int]) -> Any:
    """What lies at the end of these steps; None where they lead nowhere."""
    for step in steps:
        if isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            value = value[0].get(str(step))
        elif isinstance(value, dict):
            value = value.get(str(step))
        else:
            return None
    return value


def flat_of(values: Iterable[Any]) -> list[Any]:
    """Texts and numbers of lists within lists."""
    found: list[Any] = []
    for value in values:
        found += flat_of(value) if isinstance(value, list) else [value] if isinstance(value, str | int) else []
    return found


def unseen_blocks(one: Instance, expressions: Mapping[str, Any]) -> set[str]:
    """Blocks that are unknown though the configuration declares none: something unknown may have made them."""
    blocks = DECLARED_AS_ATTRIBUTES.get(one.kind, ()) if isinstance(one.unknown, dict) else ()
    return {name for name in blocks if one.unknown.get(name) is True and name not in expressions}


def without_expression(unknown: Any, expressions: Mapping[str, Any]) -> set[str]:
    """What is unknown of blocks that ``dynamic`` makes: the configuration does not show their expressions."""
    found: set[str] = set()
    for name, held in unknown.items() if isinstance(unknown, dict) else ():
        if name in expressions:
            continue
        if held is not True:
            found |= {f"{name}.{leaf}" for leaf in open_leaves(held)}
        elif name in NEVER_COMPUTED:
            found.add(name)
    return found


def open_leaves(unknown: Any) -> Iterator[str]:
    """Names of the attributes of a block that are unknown."""
    for one in unknown if isinstance(unknown, list) else [unknown]:
        for name, held in one.items() if isinstance(one, dict) else ():
            if is_open(held):
                yield name
        if one is True:
            yield "part"


def is_leaf(expression: Mapping[str, Any]) -> bool:
    """Whether an expression stands for a value, not for a block."""
    return not expression or "constant_value" in expression or "references" in expression


def is_open(unknown: Any) -> bool:
    """Whether anything below is unknown."""
    if isinstance(unknown, dict):
        return any(is_open(one) for one in unknown.values())
    if isinstance(unknown, list):
        return any(is_open(one) for one in unknown)
    return unknown is True


def paired(listed: Sequence[Any], blocks: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each of the blocks that a plan shows with the one of the configuration that declares it.

    Sets of blocks are shown in an order of their own: constants tell which is which, and the order where they do not.

    >>> port = lambda number: {"port": {"constant_value": number}}
    >>> [block["port"]["constant_value"] for _, block in paired([{"port": 80}, {"port": 443}], [port(443), port(80)])]
    [80, 443]
    """
    left = list(blocks)
    found = []
    for value in listed if blocks else ():
        best = max(left or blocks[-1:], key=lambda block: _alike(value, block))  # the first of those that are alike
        found.append((value, best))
        left = [block for block in left if block is not best]
    return found


def _alike(value: Any, block: Any) -> int:
    """How many constants of a block are in what the plan shows; less than none if one is not."""
    constants = {
        name: leaf["constant_value"] for name, leaf in (block.items() if isinstance(block, dict) else ())
        if isinstance(leaf, dict) and "constant_value" in leaf
    }  # fmt: skip
    held = value if isinstance(value, dict) else {}
    other = any(held.get(name) is not None and str(held[name]) != str(one) for name, one in constants.items())
    return -1 if other else sum(held.get(name) is not None for name in constants)


def references_of(expression: Any) -> list[str]:
    """The references of one expression."""
    held = expression.get("references") if isinstance(expression, dict) else None
    return [one for one in held if isinstance(one, str)] if isinstance(held, list) else []


def all_references(expression: Any) -> Iterator[list[str]]:
    """The references of every expression below."""
    if isinstance(expression, dict) and references_of(expression):
        yield references_of(expression)
    elif isinstance(expression, dict | list):
        for one in expression.values() if isinstance(expression, dict) else expression:
            yield from all_references(one)


def longest(references: Sequence[str]) -> list[str]:
    """Without those that only shorten the one before."""
    kept: list[str] = []
    for one in references:
        if not any(other.startswith((f"{one}.", f"{one}[")) for other in kept) and one not in kept:
            kept.append(one)
    return kept

"""What a module is given, by the configuration alone: the inputs of its call, the outputs of those within it.

**Source:** HashiCorp, "JSON Output Format", "Configuration Representation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from reachsim.importers.terraform.addresses import labels_of, parent_of, parts_of
from reachsim.importers.terraform.expressions import all_references, longest, references_of

Configuration = Mapping[str, Any]
LOOPS: Final = frozenset({"count", "each", "path", "terraform", "self"})
MAX_STEPS: Final = 64
_NO_PART_OF_POLICIES: Final = frozenset({
    "aws_route_table", "aws_default_route_table", "aws_subnet", "aws_default_subnet", "aws_security_group",
    "aws_default_security_group",
})  # fmt: skip
"""Kinds that no policy of an endpoint names."""


class Behind(NamedTuple):
    """What an input or output is put together of, the module that this stands in, and the steps into it."""

    references: list[str]
    module: str
    steps: Sequence[str | int]


def module_of(configuration: Configuration, address: str) -> Configuration:
    """The configuration of a module by its address."""
    for label in labels_of(address):
        configuration = ((configuration.get("module_calls") or {}).get(label) or {}).get("module") or {}
    return configuration


def call_of(configuration: Configuration, address: str) -> Configuration:
    """The call of a module, in its parent's configuration."""
    parent, label = parent_of(address)
    found: Configuration = (module_of(configuration, parent).get("module_calls") or {}).get(label) or {}
    return found


def behind(configuration: Configuration, parts: Sequence[str | int], module: str) -> Behind:
    """What a reference to an input (of a module) or to a module's output leads to; nothing for others."""
    if parts[0] == "var" and module:
        expression = (call_of(configuration, module).get("expressions") or {}).get(str(parts[1]))
        return Behind(references_of(expression), parent_of(module)[0], parts[2:])
    if parts[0] == "module" and len(parts) > 2:
        address = f"{module}.module.{parts[1]}".lstrip(".")
        outputs = module_of(configuration, address).get("outputs") or {}
        steps = parts[2:] if str(parts[2]) in outputs else parts[3:]  # behind the key of an instance
        output = outputs.get(str(steps[0])) if steps else None
        return Behind(references_of((output or {}).get("expression")), address, steps[1:])
    return Behind([], module, ())


def kinds_named(configuration: Configuration, references: Sequence[str], module: str, depth: int = 0) -> set[str]:
    """The kinds that an expression names, by way of inputs and outputs: ``data`` for data, ``local`` for what one
    hides.
    """
    found: set[str] = set()
    for reference in longest(references) if depth < MAX_STEPS else ():
        parts = parts_of(reference)
        if parts[0] in ("var", "module"):
            inner = behind(configuration, parts, module)
            found |= kinds_named(configuration, inner.references, inner.module, depth + 1)
        elif parts[0] not in LOOPS:
            found.add(str(parts[0]))
    return found


def has_defaults(
    configuration: Configuration, module: str, references: Sequence[str], loop: Sequence[str]
) -> bool:  # fmt: skip
    """Whether an endpoint's ``each.value.policy``, unknown in the plan, can only be null: what is not used elsewhere of
    the inputs that a module makes its endpoints of names only route tables, subnets and groups, of which no policy is.

    Args:
        module: The module's address.
        references: What the attribute's expression names.
        loop: What the endpoints' for_each names.
    """
    heads = {parts_of(one)[0] for one in longest(loop)}
    if not module or not heads <= {"var", "local"} or {parts_of(one)[0] for one in longest(references)} != {"each"}:
        return False
    resources = module_of(configuration, module).get("resources") or []
    inputs = {str(parts_of(one)[1]) for one in longest(loop)}
    if "local" in heads:
        used = {str(parts_of(one)[1]) for held in all_references(resources) for one in held if one.startswith("var.")}
        inputs = set(call_of(configuration, module).get("expressions") or {}) - used
    kinds = {kind for name in inputs for kind in kinds_named(configuration, [f"var.{name}"], module)}
    documents = any(held.get("type") == "aws_iam_policy_document" for held in resources)
    return bool(heads) and not documents and kinds <= _NO_PART_OF_POLICIES

"""CloudFormation's intrinsic functions, conditions and parameters, over resources that have no ids yet.

What nothing tells (a custom resource's attribute, an exported value) is `Unknown`, and so is every text that it is
part of.

**Source:** AWS CloudFormation User Guide, "Intrinsic function reference", "Parameters", "Pseudo parameters reference".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.cloudformation.template import Resolved, Template, Values, is_stored

_SUB: Final = re.compile(r"\$\{([^!{}][^{}]*)\}")
_RESOLVED: Final = re.compile(r"\{\{resolve:[a-z-]+:")
"""A dynamic reference, which only the deployment resolves."""
MAX_DEPTH: Final = 200
_ZONES: Final = "abcdef"
_IN_AWS_ONLY: Final = ("Transform", "GetStackOutput")
_FUNCTIONS: Final = frozenset({
    "Join", "Split", "Select", "Equals", "FindInMap", "Base64", "GetAZs", "Cidr", "ImportValue", "Length",
    "ToJsonString",
})  # fmt: skip
"""Functions whose arguments are worked out first."""


class Unknown:
    """A value that nothing tells, and why."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return f"Unknown({self.why!r})"


class Removed:
    """``AWS::NoValue``."""


class Zones(list[str]):
    """The Availability Zones that stand for those of a Region: which and how many it has, only AWS tells."""

    def pick(self, index: int) -> str:
        """The zone at an index, which is a further one of the Region where the index goes past those here."""
        if index < len(self) or not self:
            return self[index]
        further = [f"{self[0][:-1]}{letter}" for letter in _ZONES]
        known: list[str] = [*self, *(one for one in further if one not in self)]
        return known[index]


NO_VALUE: Final = Removed()
Lookup = Callable[[str, str | None], Any]
"""(logical id, attribute or None for Ref) -> value; raises KeyError for no such resource."""


def parameters_of(template: Template, given: Mapping[str, Any], pseudo: Mapping[str, Any]) -> tuple[Values, list[str]]:
    """(the value of every parameter, the names of those that have none and are not known).

    A parameter that is given None has a value that nothing tells, whatever its default.
    """
    found: Values = dict(pseudo)
    missing: list[str] = []
    for name, held in template.section("Parameters").items():
        kind = str(held.get("Type", "String")) if isinstance(held, dict) else "String"
        default = held.get("Default") if isinstance(held, dict) else None
        value = given.get(name, default)
        if is_stored(held) and not isinstance(value, Resolved):
            found[name] = Unknown(f"parameter {name} is read from the Parameter Store")
        elif value is None:
            missing.append(name)
            found[name] = Unknown(f"parameter {name} has no value")
        else:
            found[name] = _typed(kind, value)
    return found, sorted(missing)


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, Unknown | list):
        return value
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if kind.startswith("List<") or kind in ("CommaDelimitedList",) or "<List<" in kind:
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


class Evaluator:
    """Evaluates the expressions of one stack."""

    def __init__(
        self,
        template: Template,
        parameters: Values,
        lookup: Lookup,
        imports: Callable[[str], Any],
        zones: Sequence[str],
    ) -> None:
        self.template = template
        self.parameters = parameters
        self.lookup = lookup
        self.imports = imports
        self.zones = zones
        self._conditions: dict[str, bool | Unknown] = {}
        self._open: list[str] = []
        self._depth = 0
        self._at = ""

    def within(self, logical_id: str, node: Any) -> Any:
        """`value` of what a resource declares: faults name that resource."""
        before, self._at = self._at, f"/Resources/{logical_id}"
        try:
            return self.value(node)
        finally:
            self._at = before

    def _fault(self, expected: str, found: str) -> SnapshotError:
        return SnapshotError(Fault(self.template.file, self._at, expected, found))

    def value(self, node: Any) -> Any:
        """A value with every function worked out; members that are ``AWS::NoValue`` are gone."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fault("functions that end", "too deep a nesting or a cycle")
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [one for one in map(self.value, node) if one is not NO_VALUE]
        if isinstance(node, str) and _RESOLVED.search(node):
            return Unknown(f"the dynamic reference in {node}")
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name == "Ref":
                named = self.value(argument)  # a text, but for AWS::LanguageExtensions
                return named if isinstance(named, Unknown) else self._ref(str(named))
            if name.startswith("Fn::"):
                return self._function(name[4:], argument)
        made = {key: self.value(one) for key, one in node.items()}
        return {key: one for key, one in made.items() if one is not NO_VALUE}

    def condition(self, name: str) -> bool | Unknown:
        """A condition by name; one that rests on something unknown is unknown."""
        if name in self._open:
            told = " → ".join([*self._open, name])
            raise SnapshotError(Fault(self.template.file, "/Conditions", "conditions that end", f"a cycle: {told}"))
        if name not in self._conditions:
            if name not in self.template.section("Conditions"):
                raise SnapshotError(Fault(self.template.file, "/Conditions", f"the condition {name}", "none"))
            self._open.append(name)
            self._conditions[name] = self._truth(self.template.section("Conditions")[name])
            self._open.pop()
        return self._conditions[name]

    def _truth(self, node: Any) -> bool | Unknown:
        value = self.value(node)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, dict) and isinstance(value.get("Condition"), str):
            return self.condition(value["Condition"])
        return value is True or str(value).lower() == "true"

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.parameters:
            return self.parameters[name]
        try:
            return self.lookup(name, None)
        except KeyError:
            raise self._fault("a Ref to a parameter or resource", repr(name)) from None

    def _attribute(self, argument: Any) -> Any:
        argument = self.value(argument)
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if isinstance(parts, Unknown) or any(isinstance(one, Unknown) for one in parts or []):
            return Unknown("Fn::GetAtt")
        if not isinstance(parts, list) or len(parts) != 2:
            raise self._fault("Fn::GetAtt [resource, attribute]", repr(argument)[:80])
        try:
            return self.lookup(str(parts[0]), str(parts[1]))
        except KeyError:
            raise self._fault("an Fn::GetAtt of a resource", repr(parts[0])) from None

    def _function(self, name: str, argument: Any) -> Any:
        if name == "GetAtt":
            return self._attribute(argument)
        if name == "Sub":
            return self._sub(argument)
        if name == "If":
            return self._if(argument)
        if name in ("And", "Or"):
            held = [self._truth(one) for one in argument]
            decisive = name == "Or"
            if any(one is decisive for one in held):
                return decisive
            return next((one for one in held if isinstance(one, Unknown)), not decisive)
        if name == "Not":
            one = self._truth(argument[0] if isinstance(argument, list) else argument)
            return one if isinstance(one, Unknown) else not one
        if name in _IN_AWS_ONLY:
            return Unknown(f"Fn::{name} runs in AWS only")
        if name not in _FUNCTIONS:
            raise self._fault("a function of CloudFormation", f"Fn::{name}")
        value = self.value(argument)
        unknown = next(_unknowns(value), None)
        if unknown is not None and name != "Select":
            return unknown
        try:
            return self._plain(name, value)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
            raise self._fault(f"arguments of Fn::{name}", repr(value)[:80]) from error

    def _plain(self, name: str, value: Any) -> Any:
        match name:
            case "Join":
                separator, parts = value
                return str(separator).join(_text(one) for one in parts)
            case "Split":
                return str(value[1]).split(str(value[0]))
            case "Select":
                index, held = value
                if isinstance(held, Unknown) or isinstance(index, Unknown):
                    return held if isinstance(held, Unknown) else index
                return held.pick(int(index)) if isinstance(held, Zones) else held[int(index)]
            case "Equals":
                return _text(value[0]) == _text(value[1])
            case "FindInMap":
                return self._map(value)
            case "Base64":
                return base64.b64encode(_text(value).encode()).decode()
            case "GetAZs":
                region = value if isinstance(value, str) and value else self.parameters["AWS::Region"]
                same = region == self.parameters["AWS::Region"]
                return Zones(self.zones if self.zones and same else (f"{region}{letter}" for letter in _ZONES[:3]))
            case "Cidr":
                return _cidr(value)
            case "ImportValue":
                return self.imports(str(value))
            case "Length":
                return len(value)
            case _:  # "ToJsonString"
                return json.dumps(value, separators=(",", ":"))

    def _map(self, value: Any) -> Any:
        name, first, second, *rest = value
        held = self.template.section("Mappings").get(str(name)) or {}
        try:
            return self.value(held[_text(first)][_text(second)])
        except (KeyError, TypeError):
            if rest and isinstance(rest[0], dict) and "DefaultValue" in rest[0]:
                return rest[0]["DefaultValue"]
            fault = Fault(self.template.file, f"/Mappings/{name}", f"the keys {first} and {second}", "none")
            raise SnapshotError(fault) from None

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise self._fault("Fn::If [condition, then, else]", repr(argument)[:80])
        truth = self.condition(str(argument[0]))
        if isinstance(truth, Unknown):
            return truth
        return self.value(argument[1] if truth else argument[2])

    def _sub(self, argument: Any) -> Any:
        text: Any = argument
        given: Values = {}
        if isinstance(argument, list):
            text, given = argument[0], self.value(argument[1]) if len(argument) > 1 else {}
        if isinstance(text, dict):  # AWS::LanguageExtensions and transforms put functions there
            text = self.value(text)
        if isinstance(text, Unknown):
            return text
        if not isinstance(text, str):
            raise self._fault("a text in Fn::Sub", repr(text)[:80])
        unknown: list[Unknown] = []

        def put(match: re.Match[str]) -> str:
            name = match[1].strip()
            value = given[name] if name in given else (
                self._attribute(name) if "." in name and name not in self.parameters else self._ref(name)
            )  # fmt: skip
            if isinstance(value, Unknown):
                unknown.append(value)
            return _text(value)

        made = _SUB.sub(put, text).replace("${!", "${")
        return unknown[0] if unknown else made


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def _unknowns(value: Any) -> Iterator[Unknown]:
    match value:
        case Unknown():
            yield value
        case dict():
            for one in value.values():
                yield from _unknowns(one)
        case list():
            for one in value:
                yield from _unknowns(one)


_MOST_BLOCKS: Final = 256


def _cidr(value: Any) -> list[str]:
    block, count, *bits = value
    if not 1 <= int(count) <= _MOST_BLOCKS:
        raise ValueError("Fn::Cidr makes from 1 to 256 blocks")
    net = ip_network(str(block), strict=False)
    host = int(bits[0]) if bits else (8 if net.version == 4 else 64)
    found = []
    for one in net.subnets(new_prefix=net.max_prefixlen - host):
        found.append(str(one))
        if len(found) == int(count):
            break
    return found

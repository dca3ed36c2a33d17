"""One declared resource: its kind, values and what nothing tells about it.

Kinds and attributes are spelled as Terraform's AWS provider spells them, whatever the source: ``aws_subnet`` with
``cidr_block``. **Source:** documentation of the provider hashicorp/aws, versions 4 to 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Final, Literal

from reachsim.errors import Fault, SnapshotError

Home = tuple[str, str]
"""Account id and Region."""
Values = dict[str, Any]
Action = Literal["create", "update", "keep", "delete"]


@dataclass(slots=True)
class Resource:
    """A resource of a plan, a state or a template.

    ``id`` is AWS's id or name, real or symbolic; ``new`` says that AWS has not made the resource yet. ``unknown`` are
    attributes that are set, but to what nothing tells. ``before`` are the values that an update or deletion finds.
    ``place`` is where the source declares it, ``FILE`` or ``FILE:LINE``. ``maybe`` says why nothing tells whether it
    will be there. ``choices`` tell lists of which it takes some that the source does not show, ``taken`` lists that it
    was taken to take all of, ``guesses`` the ids that an attribute was taken to name, each with why. ``unseen`` are the
    attributes for blocks that show none, though ``dynamic`` may make some.
    """

    kind: str
    address: str
    values: Values
    home: Home
    place: str
    id: str = ""
    new: bool = True
    action: Action = "create"
    before: Values = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    maybe: str = ""
    choices: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)
    guesses: dict[str, str] = field(default_factory=dict)

    def open(self, *names: str) -> list[str]:
        """Those of these attributes of which nothing tells the value, or a part of it."""
        return [name for name in names if any(at == name or at.startswith(f"{name}.") for at in self.unknown)]

    def guess(self, component: str, why: str) -> None:
        """Note what was taken for granted of a component."""
        held = self.guesses.get(component, "")
        self.guesses[component] = f"{held}; {why}" if held and why not in held else why

    def text(self, *names: str) -> str:
        """The first of these attributes that is a text (or a number), else ""."""
        return text_of(self.values, *names)

    def texts(self, *names: str) -> list[str]:
        """The members of these attributes that are texts, each once."""
        return texts_of(self.values, *names)

    def flag(self, name: str, default: bool = False) -> bool:
        return flag_of(self.values, name, default)

    def blocks(self, name: str) -> list[Values]:
        """Nested blocks: a list of objects, or one object."""
        return blocks_of(self.values, name)

    def tags(self) -> list[dict[str, str]]:
        """Tags as AWS prints them."""
        held = self.values.get("tags_all") or self.values.get("tags") or {}
        if isinstance(held, Mapping):
            return [{"Key": str(key), "Value": str(value)} for key, value in held.items() if value is not None]
        return []


CIDR_BLOCKS: Final = re.compile(r"(?:ipv6_|destination_|destination_ipv6_)?cidr_blocks?|cidr_ipv[46]|cidr")
"""Attributes that hold blocks of addresses."""


def settle_blocks(resources: Iterable[Resource]) -> None:
    """Write CIDR blocks as AWS keeps them: without host part.

    Raises SnapshotError that lists attributes for blocks which hold none, at their resources' places.
    """
    faults: list[Fault] = []
    for one in resources:
        found: list[Fault] = []
        for values in (one.values, one.before):
            _settle(values, one, one.address, found)
        faults += found if one.action not in ("keep", "delete") else []
    if faults:
        raise SnapshotError(*faults)


def _settle(values: Values, one: Resource, at: str, faults: list[Fault]) -> None:
    for name, held in values.items():
        if isinstance(held, list):
            values[name] = [_settled(part, name, one, at, faults) for part in held]
        elif isinstance(held, str):
            values[name] = _settled(held, name, one, at, faults)


def _settled(held: Any, name: str, one: Resource, at: str, faults: list[Fault]) -> Any:
    if isinstance(held, dict):
        _settle(held, one, f"{at}.{name}", faults)
    if not isinstance(held, str) or not held or not CIDR_BLOCKS.fullmatch(name):
        return held
    try:
        return str(ip_network(held if "/" in held else "", strict=False))
    except ValueError:
        faults.append(Fault(one.place, f"{at}.{name}", "a CIDR block", repr(held)[:60]))
        return held


def text_of(values: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def texts_of(values: Mapping[str, Any], *names: str) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        value = values.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one:
                found[one] = None
    return list(found)


def texts_within(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_within(one)


def words_within(value: Any) -> Iterator[str]:
    """Every text in a value taken apart at what stands between ids: commas, quotes, brackets, blanks."""
    for text in texts_within(value):
        yield from filter(None, re.split(r"[\s,;|\"'()\[\]{}]+", text))


def flag_of(values: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = values.get(name)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value if isinstance(value, bool) else default


def number_of(values: Mapping[str, Any], name: str) -> int | None:
    value = values.get(name)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def blocks_of(values: Mapping[str, Any], name: str) -> list[Values]:
    value = values.get(name)
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def listed(one: Resource, values: Mapping[str, Any], name: str, at: str, stand_in: str) -> list[str]:
    """The texts of a list attribute; what of it nothing tells is there as one member that no file holds.

    ``at`` is the attribute's place among `Resource.unknown`.
    """
    found = texts_of(values, name)
    if any(path == at or path.startswith(f"{at}.") or at.startswith(f"{path}.") for path in one.unknown):
        found.append(stand_in)
    return found

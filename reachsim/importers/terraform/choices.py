"""Lists of subnets and route tables of which a plan does not show the choice.

``[for name, one in aws_subnet.this : one.id if …]`` and ``values(aws_subnet.this)[*].id`` look alike in a plan: both
name ``aws_subnet.this``. Where its instances are of several tiers (named ones, with different ways out), which of them
the expression takes is open: what differs between them is then unknown. Named ones that are alike are all taken, which
verdicts say; those that only zones or numbers tell apart are taken without a word, as nobody picks among them.

**Source:** HashiCorp, "JSON Output Format", "Expression Representation".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.importers.planned import Resource
from reachsim.importers.planned.resource import blocks_of
from reachsim.importers.planned.routes import TARGETS
from reachsim.importers.terraform.plan import Instance

_OF_ONE_TIER: Final = re.compile(r"[a-z]|[a-z]{2}(?:-[a-z]+)+-\d[a-z]|[a-z0-9]+-az\d|\d+|[0-9./]+|[0-9a-fA-F:]+/\d+")
"""Keys that tell zones, numbers or blocks apart, not tiers."""


class Choice:
    """An attribute that names a resource as a whole: its instances are all that it may take."""

    def __init__(self, resource: Resource, name: str, instances: Sequence[Instance]) -> None:
        self.resource = resource
        self.name = name
        self.instances = instances


def note_choices(choices: Iterable[Choice], resources: Mapping[str, Resource]) -> None:
    """Say so of every resource that may be in some of several subnets, or of some of several route tables."""
    ways = _ways_out(resources.values())
    for choice in choices:
        named = [one.index for one in choice.instances if isinstance(one.index, str)]
        held = [resources[one.address] for one in choice.instances if one.address in resources]
        if all(_OF_ONE_TIER.fullmatch(key) for key in named):
            continue
        tiers = {(one.flag("map_public_ip_on_launch"), ways.get(one.id)) for one in held}
        base, of = choice.instances[0].base, f"the {choice.name} of {choice.resource.address}"
        if len(tiers) > 1:
            choice.resource.choices.append(f"which of {base} are {of}")
        else:
            choice.resource.taken.append(f"{base} as a whole is named for {of}: all {len(held)} are taken")


def _ways_out(resources: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """The kinds of gateways that each route table, and each subnet by its own table, leads to; nothing of a subnet that
    uses the main table.
    """
    tables: dict[str, set[str]] = {}
    table_of: dict[str, str] = {}
    for one in resources:
        if one.kind in ("aws_route_table", "aws_default_route_table"):
            for block in blocks_of(one.values, "route"):
                tables.setdefault(one.id, set()).update(name for name in TARGETS if block.get(name))
        elif one.kind == "aws_route":
            found = tables.setdefault(one.text("route_table_id"), set())
            found.update(name for name in TARGETS if one.text(name))
        elif one.kind == "aws_route_table_association":
            table_of[one.text("subnet_id")] = one.text("route_table_id")
    by_table = {table: tuple(sorted(found)) for table, found in tables.items()}
    return by_table | {subnet: by_table.get(table, ()) for subnet, table in table_of.items()}

"""What is known only after apply, found by following the configuration's references.

A plan says of each expression which objects it names, not how it combines them:
``{"references": ["aws_subnet.build[0].id", "aws_subnet.build[0]", "aws_subnet.build", "count.index"]}``. What is
expected of the attribute (a subnet's id, several security groups) picks among them. Locals are not in the JSON: where
an expression names nothing else, the only resource of the expected kind in the same module is taken, with a note.

**Source:** HashiCorp, "JSON Output Format", "Expression Representation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any, Final, NamedTuple

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.planned import Resource, attribute
from reachsim.importers.planned.resource import texts_within
from reachsim.importers.planned.symbols import firewall_endpoints
from reachsim.importers.terraform.addresses import key_of, parent_of, parts_of
from reachsim.importers.terraform.choices import Choice, Pick
from reachsim.importers.terraform.expected import (
    EXPECTED,
    MANY,
    ONLY,
    WAYS,
    default_attribute,
    named_as,
    other_gateways,
    stands_for_none,
    whole_arns,
)
from reachsim.importers.terraform.expressions import (
    NEVER_COMPUTED,
    all_references,
    flat_of,
    is_leaf,
    is_open,
    longest,
    open_leaves,
    paired,
    references_of,
    unseen_blocks,
    walk,
    without_expression,
)
from reachsim.importers.terraform.given import LOOPS, MAX_STEPS, behind, call_of, has_defaults, module_of
from reachsim.importers.terraform.plan import Instance, Plan
from reachsim.importers.terraform.policies import document_of

ADOPTED: Final = {
    "aws_default_route_table": "default_route_table_id", "aws_default_network_acl": "default_network_acl_id",
    "aws_default_security_group": "vpc_id",
}  # fmt: skip
"""Default resources, and what names the one that is meant."""
IMAGE: Final = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/[a-z0-9/._-]+")
LEFT_OPEN: Final = {"policy": "AWS's default", "private_dns_enabled": "the provider's default, false"}
"""Attributes of an endpoint that the provider leaves open where they are null, and what that comes to."""
OF_SUBNETS: Final = frozenset({"subnets", "subnet_ids"})
IN_BLOCKS: Final = OF_SUBNETS | {"security_group_ids", "security_groups"}
UNSHOWN: Final = "a part of the configuration"


class Scope(NamedTuple):
    """Where an expression stands: the module's address, the instance key, what for_each runs over, how many instances
    there are, and what ``each.value`` is where the plan tells it.
    """

    module: str
    key: int | str | None
    loop: tuple[str, ...] = ()
    copies: int = 0
    value: Any = None


class Resolver:
    """Answers for attributes of a plan's resources that are not known yet."""

    def __init__(self, plan: Plan, resources: Mapping[str, Resource]) -> None:
        self.plan = plan
        self.resources = resources
        self.guesses: list[tuple[Resource, str, str]] = []
        self.choices: list[Choice] = []
        self.picks: list[Pick] = []
        self._pools: list[Sequence[Any]] = []
        self._by_base: dict[tuple[str, str], list[Instance]] = {}
        for one in plan.instances.values():
            self._by_base.setdefault((one.module, one.base), []).append(one)
        for held in self._by_base.values():
            held.sort(key=lambda one: (isinstance(one.index, str), one.index or 0, one.address))
        self._modules: dict[str, set[str]] = {}
        for one in plan.instances.values():
            address = one.module
            while address:
                parent, label = parent_of(address)
                self._modules.setdefault(f"{parent}>{label}", set()).add(address)
                address = parent
        self._done: set[str] = set()
        self._stack: list[str] = []

    # --- all attributes of an instance --------------------------------------------------------------------------------

    def resolve(self, one: Instance) -> None:
        """Fill in what references tell about a resource; note what stays unknown."""
        if one.address in self._done:
            return
        if one.address in self._stack:
            return  # on the way already: what is known so far has to do
        self._stack.append(one.address)
        config = self._config(one)
        if config is not None:
            scope = self._scope(one.module, one.index, config, len(self._by_base[one.module, one.base]))
            resource = self.resources.get(one.address)
            values = resource.values if resource is not None else one.values
            unknown: set[str] = resource.unknown if resource is not None else set()
            expressions = config.get("expressions") or {}
            self._fill(values, one.unknown, expressions, scope, one, "", unknown)
            filled: set[str] = set()
            if resource is not None:
                self._fill_unshown(resource, one, expressions)
                filled = self._fill_dynamic(resource, one, expressions, scope)
            unknown |= without_expression(one.unknown, expressions) - filled
            if resource is not None:
                self._adopt(resource)
                resource.unseen |= unseen_blocks(one, expressions)
        elif one.unknown and one.address in self.resources:
            pass  # a resource without configuration: nothing tells more
        self._stack.pop()
        self._done.add(one.address)

    def _adopt(self, resource: Resource) -> None:
        """A default resource that Terraform adopts has the id of what AWS made with the VPC."""
        found: Any = resource.text(ADOPTED.get(resource.kind, "")) if resource.new else ""
        if found and resource.kind == "aws_default_security_group":
            vpcs = (one for one in self.resources.values() if one.kind in ("aws_vpc", "aws_default_vpc"))
            vpc = next((one for one in vpcs if one.id == found), None)
            found = attribute(vpc, "default_security_group_id") if vpc is not None else None
        if isinstance(found, str) and found:
            resource.id = found

    def _fill_unshown(self, resource: Resource, one: Instance, expressions: Mapping[str, Any]) -> None:
        """Targets of routes written as blocks, which Terraform before 0.13 does not show in the configuration: one that
        is unknown can only be of the plan's own, and is taken where there is one.
        """
        held = resource.values.get("route")
        opened = one.unknown.get("route") if isinstance(one.unknown, dict) and "route" not in expressions else None
        if not isinstance(held, list) or not isinstance(opened, list):
            return
        for route, unknown in zip(held, opened, strict=False):
            leaves = [name for name in open_leaves(unknown) if name in EXPECTED]
            if isinstance(route, dict) and len(leaves) == 1:
                found = self._only_one(leaves[0], one)
                route |= {leaves[0]: found[0]} if found and isinstance(found[0], str) else {}

    def _fill_dynamic(
        self, resource: Resource, one: Instance, expressions: Mapping[str, Any], scope: Scope
    ) -> set[str]:  # fmt: skip
        """Subnets and security groups of a block that ``dynamic`` makes, whose expressions no plan shows: taken where
        all that the module is given or has comes to one choice. Returns what is known then.
        """
        filled: set[str] = set()
        for block in NEVER_COMPUTED - expressions.keys():
            held = resource.values.get(block)
            opened = one.unknown.get(block) if isinstance(one.unknown, dict) else None
            if not (isinstance(held, list) and isinstance(opened, list) and len(held) == len(opened) == 1):
                continue
            leaves = set(open_leaves(opened))
            for name in leaves & IN_BLOCKS:
                found = self._only_source(name, scope, f"{block}.{name}", one, whole=name in OF_SUBNETS)
                if found:
                    held[0][name] = found
                    filled.add(f"{block}.{name}")
                    self._pick(resource, held[0], name, f"{block}.{name}", resource.unknown, found)
            if filled & {f"{block}.{name}" for name in OF_SUBNETS}:
                filled.add(f"{block}.vpc_id")  # that of the subnets
        return filled

    def _pick(
        self, resource: Resource, values: dict[str, Any], name: str, at: str, left: set[str], pool: Sequence[Any]
    ) -> None:  # fmt: skip
        if len(set(flat_of(pool))) > 1:
            self.picks.append(Pick(resource, values, name, at, left, frozenset(flat_of(pool)), UNSHOWN))

    def named_by(self, one: Instance) -> set[str]:
        """Every text that a resource's attributes hold or may hold: ids of what it names among them."""
        found = set(texts_within(one.values))
        scope = Scope(one.module, one.index)
        for references in all_references((self._config(one) or {}).get("expressions") or {}):
            found |= {str(value) for value in flat_of(self._values(references, scope, "", 0))}
        return found

    def _config(self, one: Instance) -> Mapping[str, Any] | None:
        for held in module_of(self.plan.configuration, one.module).get("resources") or []:
            if held.get("address") == one.base:
                found: Mapping[str, Any] = held
                return found
        return None

    def _fill(
        self, values: dict[str, Any], unknown: Any, expressions: Mapping[str, Any], scope: Scope, one: Instance,
        path: str, left: set[str],
    ) -> None:  # fmt: skip
        for name, expression in expressions.items():
            here = unknown.get(name) if isinstance(unknown, dict) else unknown
            at = f"{path}{name}"
            if isinstance(expression, list) or (isinstance(expression, dict) and not is_leaf(expression)):
                self._fill_blocks(values, name, here, expression, scope, one, at, left)
                continue
            value = values.get(name)
            references = references_of(expression)
            if not references or (value is not None and not is_open(here)):
                continue
            if value is None and (
                self._is_known(references, scope) or stands_for_none(one.kind, name, values, unknown)
            ):
                continue  # it is null, and the provider's to say
            if value is None and here is not True and self.plan.instances[one.address].unknown:
                continue  # the plan says that it is null
            if one.kind == "aws_vpc_endpoint" and self._is_default(at, one, references, scope):
                continue
            if isinstance(value, list) and any(isinstance(held, dict) for held in value):
                self._fill_objects(value, here, references, scope, one, at, left)
                continue
            if isinstance(value, dict) and isinstance(here, dict):  # a map: what it holds stays
                open_ = [key for key, held in here.items() if is_open(held)]
                for key in open_:
                    self._fill_leaf(value, key, here[key], references, scope, one, f"{at}.{key}", left,
                                    alone=len(open_) == 1)  # fmt: skip
                continue
            self._fill_leaf(values, name, here, references, scope, one, at, left)

    def _is_default(self, name: str, one: Instance, references: Sequence[str], scope: Scope) -> bool:
        """Whether an attribute of a module's endpoint is null, which the provider leaves open, with a note."""
        resource, default = self.resources.get(one.address), LEFT_OPEN.get(name)
        given = default and has_defaults(self.plan.configuration, scope.module, references, scope.loop)
        if resource is None or not given:
            return False
        told = f"taken for {default}: nothing that {scope.module} is given makes one"
        resource.guess(resource.id, f"the {name} of {one.address} is {told}")
        return True

    def _is_known(self, references: Sequence[str], scope: Scope, depth: int = 0) -> bool:
        """Whether everything that an expression names is known when the plan is made."""
        return depth < MAX_STEPS and all(self._is_known_one(parts_of(one), scope, depth) for one in longest(references))

    def _is_known_one(self, parts: Sequence[str | int], scope: Scope, depth: int) -> bool:
        if parts[0] in ("count", "path", "terraform") or parts[:2] == ["each", "key"]:
            return True
        if parts[0] == "each":
            return scope.value is not None or (bool(scope.loop) and self._is_known(scope.loop, scope, depth + 1))
        if parts[0] != "var":
            return False
        if not scope.module:
            return parts[1] in self.plan.variables
        expression = (self._call(scope).get("expressions") or {}).get(str(parts[1])) or {}
        outer = self._outer(scope)
        return not references_of(expression) or self._is_known(references_of(expression), outer, depth + 1)

    def _fill_blocks(
        self, values: dict[str, Any], name: str, unknown: Any, expression: Any, scope: Scope, one: Instance, at: str,
        left: set[str],
    ) -> None:  # fmt: skip
        blocks = expression if isinstance(expression, list) else [expression]
        held = values.get(name)
        if isinstance(held, list) and len(blocks) > 1 and len(held) != len(blocks) and is_open(unknown):
            left.add(f"{at}.dynamic")  # which of the blocks declares which of the values is not to be seen
            return
        listed = held if isinstance(held, list) else [held] if isinstance(held, dict) else []
        if not listed and is_open(unknown):
            listed = [{} for _ in blocks]
            values[name] = listed
        for number, (value, block) in enumerate(paired(listed, blocks)):
            if isinstance(value, dict):
                inner = unknown[number] if isinstance(unknown, list) and number < len(unknown) else unknown
                if isinstance(block, dict):
                    for key, leaf in block.items():  # constants of a block that the plan left out as a whole
                        if isinstance(leaf, dict) and "constant_value" in leaf and unknown is True:
                            value.setdefault(key, leaf["constant_value"])
                    self._fill(value, inner, block, scope, one, f"{at}.", left)

    def _fill_objects(
        self, listed: list[Any], unknown: Any, references: Sequence[str], scope: Scope, one: Instance, at: str,
        left: set[str],
    ) -> None:  # fmt: skip
        """Attributes written as blocks (``ingress``, ``route``): one list of references stands for all of them.

        Where several blocks leave the same attribute open, they are filled in only if every block is seen to name the
        same thing: a reference is there once for each time that it is written, and blocks made by ``dynamic`` write
        none.
        """
        open_: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for number, value in enumerate(listed):
            inner = unknown[number] if isinstance(unknown, list) and number < len(unknown) else unknown
            for name, held in inner.items() if isinstance(value, dict) and isinstance(inner, dict) else ():
                if is_open(held):
                    open_.setdefault(name, []).append((value, held))
        alone = len(open_) == 1 and not any(
            value.get(way) for value in listed if isinstance(value, dict) for way in WAYS
        )
        for name, places in open_.items():
            if len(places) > 1 and not self._alike(references, scope, name, len(places)):
                left.add(f"{at}.{name}")
                continue
            for value, held in places:
                self._fill_leaf(value, name, held, references, scope, one, f"{at}.{name}", left, alone=alone)

    def _alike(self, references: Sequence[str], scope: Scope, name: str, places: int) -> bool:
        """Whether so many places can only name the same thing."""
        named = [(one, flat_of(self._values([one], scope, name, 0))) for one in longest(references)]
        values = {value for _, found in named for value in found if value != ""}
        return len(values) == 1 and sum(references.count(one) for one, found in named if found) >= places

    def _fill_leaf(
        self, values: dict[str, Any], name: str, unknown: Any, references: Sequence[str], scope: Scope, one: Instance,
        at: str, left: set[str], *, alone: bool = True,
    ) -> None:  # fmt: skip
        """Fill in one attribute; ``alone``: the references are its own, and not those of a list of blocks."""
        if name == "container_definitions":  # a text of JSON: images in it are named by their repositories' addresses
            named = flat_of(self._values(references, scope, "image", 0))
            values["named_images"] = [one for one in named if isinstance(one, str) and IMAGE.fullmatch(one)]
        if name in ("resources", "not_resources", "identifiers") and not whole_arns(references):
            left.add(at)
            return
        if name in MANY and name in EXPECTED and self._is_choice(references, scope, name):
            left.add(at)
            return
        before, self._pools = self._pools, []
        unshown, whole = self._unshown(references, scope, name)
        found = named_as(name, self._values(unshown, scope, name, 0))
        pools, self._pools = [pool for pool in self._pools if named_as(name, pool)], before
        if name in ("subnets", "subnet_ids", "route_table_ids"):
            self._note_choice(references, scope, at, one)
        if name == "vpc_endpoint_id" and not found:
            found = self._firewall_endpoint(references, scope)
        if not found and alone and name == "gateway_id":
            found = other_gateways(self._values(references, scope, "", 0))
        if not found and name in EXPECTED and not (alone and self._names_another(references, scope, name)):
            found = self._only_source(name, scope, at, one) if name in MANY else self._only_one(name, one)
        flat = list(dict.fromkeys(flat_of(found)))
        if len(flat) > 1 and name == "vpc_id" and not any(one.startswith("local.") for one in references):
            flat = self._around(str(values.get("cidr_block") or ""), flat)
            pools = pools if len(flat) > 1 else []
        if name in MANY:
            known = [value for value in values.get(name) or [] if isinstance(value, str)]
            merged = list(dict.fromkeys([*known, *flat]))
            if flat:
                values[name] = merged
            short = isinstance(unknown, list) and len(merged) < len(unknown)
            if not flat or short or not (whole or isinstance(unknown, list)):
                left.add(at if not known else f"{at}.part")
        elif len(flat) == 1 or (flat and name in EXPECTED and len(set(flat)) == 1):
            values[name] = flat[0]
        else:
            left.add(at)
        resource = self.resources.get(one.address)
        if resource is not None and flat and name in EXPECTED and self._is_member(references, scope, name):
            self._pick(resource, values, name, at, left, flat)
        if pools and flat and resource is not None:
            self.picks += [Pick(resource, values, name, at, left, frozenset(flat_of(pool))) for pool in pools]

    def _unshown(self, references: Sequence[str], scope: Scope, name: str) -> tuple[Sequence[str], bool]:
        """The references that a value may be of which is known only after apply, and whether they are all.

        What the plan shows beside is no such value, but a part of it, one of another block, or what a condition
        compares; where ids are expected, what is no such id is left out anyway.
        """
        kept = longest(references)
        shown = [one for one in kept if name not in EXPECTED and self._is_shown(one, scope, name)]
        others = [one for one in kept if one not in shown]
        named = [one for one in others if one.split(".")[0] not in LOOPS]
        if not shown or not named:
            return references, True
        yields = name in MANY and all(flat_of(self._values([one], scope, name, 0)) for one in named)
        return (others if yields else []), False

    def _is_shown(self, reference: str, scope: Scope, name: str) -> bool:
        """Whether the plan shows the text that a reference stands for."""
        parts = parts_of(reference)
        known = self._is_known_one(parts, scope, 0) or self._shows(parts, scope)
        return known and any(isinstance(one, str) for one in flat_of(self._values([reference], scope, name, 0)))

    def _shows(self, parts: Sequence[str | int], scope: Scope) -> bool:
        """Whether the plan shows an attribute of a resource or data source, in all of its instances."""
        end = 3 if parts[0] == "data" else 2
        instances = self._by_base.get((scope.module, ".".join(map(str, parts[:end]))), [])
        keys = {one.index for one in instances}
        asked = next((one for one in parts[end:] if isinstance(one, str) and one not in keys), "")
        return bool(instances and asked) and all(
            one.values.get(asked) is not None
            and not (isinstance(one.unknown, dict) and is_open(one.unknown.get(asked)))
            for one in instances
        )

    def _names_another(self, references: Sequence[str], scope: Scope, name: str) -> bool:
        """Whether an expression names a resource of the plan, though none that it was expected to, or something that is
        looked up.
        """
        named = (parts_of(one) for one in longest(references))
        if any(len(parts) > 1 and (scope.module, f"{parts[0]}.{parts[1]}") in self._by_base for parts in named):
            return True
        return self._looked_up(references, scope.module, name)

    def _looked_up(self, references: Sequence[str], module: str, name: str, depth: int = 0) -> bool:
        """Whether an expression names a data source of what is expected (``data.aws_subnets`` of subnets), itself or by
        inputs and outputs of modules: Terraform reads it during apply, and finds what it may.
        """
        for reference in longest(references) if depth < MAX_STEPS else ():
            parts = parts_of(reference)
            if parts[0] == "data" and len(parts) > 2 and str(parts[1]).startswith(EXPECTED[name]):
                return True
            inner, within, _ = behind(self.plan.configuration, parts, module)
            if inner and self._looked_up(inner, within, name, depth + 1):
                return True
        return False

    def _around(self, block: str, vpcs: list[Any]) -> list[Any]:
        """Of several VPCs that a subnet may be in those whose blocks its own is within, where all of these are told."""
        blocks = {one.id: one.text("cidr_block") for one in self.resources.values() if one.kind == "aws_vpc"}
        more = any(one.kind == "aws_vpc_ipv4_cidr_block_association" for one in self.resources.values())
        if more or not is_block(block) or not all(is_block(blocks.get(vpc, "")) for vpc in vpcs):
            return vpcs
        return [vpc for vpc in vpcs if IPv4Network(block).subnet_of(IPv4Network(blocks[vpc]))]

    def _is_choice(self, references: Sequence[str], scope: Scope, name: str) -> bool:
        """Whether a list may be one of several: ``var.a ? aws_subnet.a[*].id : aws_subnet.b[*].id``."""
        kept = longest(references)
        chooses = any(
            one.split(".")[0] in ("var", "local", "count", "each") and not self._is_list(one, scope, name)
            for one in kept
        )  # fmt: skip
        named = {tuple(parts_of(one)[:2]) for one in kept if flat_of(self._values([one], scope, name, 0))}
        return chooses and len(named) > 1

    def _is_member(
        self, references: Sequence[str], scope: Scope, name: str, depth: int = 0, *, member: bool = False
    ) -> bool:  # fmt: skip
        """Whether a member of an input or output is named that is put together of several: ``var.groups.build`` of
        ``{build = aws_security_group.a.id, db = aws_security_group.b.id}``. Which of them it is no plan shows.
        """
        for reference in longest(references) if depth < MAX_STEPS else ():
            inner, module, steps = behind(self.plan.configuration, parts_of(reference), scope.module)
            outer = self._outer(scope) if reference.startswith("var.") and scope.module else Scope(module, None)
            within = member or any(isinstance(step, str) for step in steps)
            named = [one for one in longest(inner) if named_as(name, self._values([one], outer, name, depth + 1))]
            if (within and len(named) > 1) or self._is_member(inner, outer, name, depth + 1, member=within):
                return True
        return False

    def _is_list(self, reference: str, scope: Scope, name: str) -> bool:
        """Whether a variable holds a list, which can be no condition."""
        if not reference.startswith("var."):
            return False
        found = self._variable(parts_of(reference), scope, name, 0)
        return any(isinstance(value, list) for value in found)

    def _note_choice(self, references: Sequence[str], scope: Scope, at: str, one: Instance) -> None:
        resource = self.resources.get(one.address)
        if any(reference.split(".")[0] in ("count", "each") for reference in references):
            return
        for reference in longest(references) if resource is not None else ():
            parts = parts_of(reference)
            instances = self._by_base.get((scope.module, reference), []) if len(parts) == 2 else []
            if resource is not None and len(instances) > 1:
                self.choices.append(Choice(resource, at, instances))

    def _firewall_endpoint(self, references: Sequence[str], scope: Scope) -> list[str]:
        """A Network Firewall's endpoint: the only one, or that of the subnet which the expression names."""
        found: dict[str, str] = {}
        for reference in longest(references):
            parts = parts_of(reference)
            for one in self._by_base.get((scope.module, f"{parts[0]}.{parts[1]}"), []) if len(parts) > 1 else []:
                if one.kind == "aws_networkfirewall_firewall":
                    self.resolve(one)
                    found |= firewall_endpoints(self.resources[one.address])
        if len(found) > 1:
            named = set(flat_of(self._values(references, scope, "subnet_id", 0)))
            found = {subnet: endpoint for subnet, endpoint in found.items() if subnet in named}
        return list(found.values()) if len(found) == 1 else []

    def _only_one(self, name: str, one: Instance) -> list[Any]:
        """The single resource of the expected kind, in the same module or else in the plan (locals hide the name)."""
        opened = (
            {key for key, value in one.unknown.items() if value is True} if isinstance(one.unknown, dict) else set()
        )
        if name in WAYS and len(WAYS & opened & (self._config(one) or {}).get("expressions", {}).keys()) > 1:
            return []  # one of these is given, and which is not to be seen
        kinds = [kind for kind in EXPECTED[name] if kind in EXPECTED[name][:2]]
        for everywhere in (False, True):
            held = [
                other for other in self.plan.instances.values()
                if other.kind in kinds and not other.data and (everywhere or other.module == one.module)
            ]  # fmt: skip
            same = [other for other in held if other.index == one.index] if len(held) > 1 else held
            if one.index is None and len(held) > 1:
                same = []
            if len(same) == 1:
                value = self._of(same[0], [], name, 0)
                resource = self.resources.get(one.address)
                if resource is not None and value is not None:
                    self.guesses.append((resource, name, same[0].address))
                    if isinstance(value, str):
                        resource.guesses[value] = (
                            f"{name} of {resource.address} is of a local, which a plan does not show: "
                            f"{same[0].address} is the only one that it can be"
                        )
                return [value]
        return []

    def _only_source(self, name: str, scope: Scope, at: str, one: Instance, *, whole: bool = True) -> list[Any]:
        """The list that a local of a module can only be put together from: of all inputs that hold such resources and
        of the module's own, there is one; with ``whole`` false, one of a single member.
        """
        resource = self.resources.get(one.address)
        if not scope.module or resource is None:
            return []
        call = self._call(scope)
        own = [
            self._of(other, [], name, 0) for other in self.plan.instances.values()
            if _within(other.module, scope.module) and other.kind in EXPECTED[name] and not other.data
        ]  # fmt: skip
        sources = {f"{scope.module}'s own": named_as(name, own)}
        for variable in call.get("expressions") or {}:
            values = self._variable(["var", variable], Scope(scope.module, None), name, 0)
            sources[f"{scope.module}'s input {variable}"] = named_as(name, values)
        held = {source: values for source, values in sources.items() if values}
        if len(held) != 1 or (not whole and any(len(set(flat_of(values))) > 1 for values in held.values())):
            return []
        ((source, values),) = held.items()
        resource.taken.append(f"{at} of {one.address} is of a local or a block of dynamic, which a plan does not show: "
                              f"{source} is all that it can be of, and all {len(values)} are taken")  # fmt: skip
        return values

    # --- references ---------------------------------------------------------------------------------------------------

    def _scope(self, module: str, key: int | str | None, config: Mapping[str, Any], copies: int) -> Scope:
        """Where the expressions of a resource or module call stand."""
        loop = config.get("for_each_expression")
        references = references_of(loop)
        held = [loop.get("constant_value")] if isinstance(loop, dict) else []
        if len(longest(references)) == 1 and references[0].startswith("var."):
            held = self._variable(parts_of(references[0]), Scope(module, None), "", 0)
        value = held[0].get(key) if len(held) == 1 and isinstance(held[0], dict) else None
        return Scope(module, key, tuple(references), copies, value)

    def _call(self, scope: Scope) -> Mapping[str, Any]:
        return call_of(self.plan.configuration, scope.module)

    def _outer(self, scope: Scope, copies: int = 0) -> Scope:
        """Where the call of a scope's module stands."""
        return self._scope(parent_of(scope.module)[0], key_of(scope.module), self._call(scope), copies)

    def _values(self, references: Sequence[str], scope: Scope, name: str, depth: int) -> list[Any]:
        if depth > MAX_STEPS:
            raise SnapshotError(Fault(self.plan.file, "/configuration", "references that end", "cyclic references at "
                                      + ", ".join(references[:3])))  # fmt: skip
        found: list[Any] = []
        kept = longest(references)
        looped = any(reference.split(".")[0] in ("count", "each") for reference in kept)
        keys = self._keys(kept, scope, name, depth)
        by_value = _by_value(kept, scope)
        for reference in kept:
            parts = parts_of(reference)
            if parts[0] in ("each",) and scope.loop and not any(r.split(".")[0] not in LOOPS for r in kept):
                steps = [step for step in parts[2:] if isinstance(step, str)]
                inner = [f"{one}.{'.'.join(steps)}" if steps else one for one in scope.loop]
                found += self._values([*inner, "each.key"], scope._replace(loop=()), name, depth + 1)
            elif parts[0] not in LOOPS:
                found += self._value(parts, scope._replace(key=by_value), name, looped, keys, depth)
        return found

    def _keys(self, kept: Sequence[str], scope: Scope, name: str, depth: int) -> set[str]:
        """Texts of variables that an expression names beside resources: keys, as in ``aws_subnet.a[var.zone].id``."""
        named = [parts_of(one) for one in kept if one.startswith("var.")]
        values = [value for parts in named for value in self._variable(parts, scope, name, depth)]
        return {value for value in values if isinstance(value, str)} if len(kept) > len(named) else set()

    def _value(
        self, parts: list[str | int], scope: Scope, name: str, looped: bool, keys: set[str], depth: int
    ) -> list[Any]:
        head = parts[0]
        if head == "var":
            return self._variable(parts, scope, name, depth)
        if head == "module":
            return self._output(parts, scope, name, looped, depth)
        if head == "local":
            return []
        base, rest = f"{head}.{parts[1]}" if len(parts) > 1 else str(head), parts[2:]
        if head == "data" and len(parts) > 2:
            base, rest = f"data.{parts[1]}.{parts[2]}", parts[3:]
        instances = self._by_base.get((scope.module, base), [])
        if rest and any(one.index == rest[0] for one in instances) and instances[0].index is not None:
            instances = [one for one in instances if one.index == rest[0]]
            rest = rest[1:]
        elif looped and len(instances) > 1:
            other = isinstance(scope.key, int) and len(instances) != scope.copies
            if (other or _keyed_otherwise(instances, scope.key)) and name in EXPECTED:
                self._pools.append([self._of(one, rest, name, depth) for one in instances])
            instances = _same_key(instances, scope.key)
        elif not rest and any(one.index in keys for one in instances):
            instances = [one for one in instances if one.index in keys]
        return [self._of(one, rest, name, depth) for one in instances]

    def _of(self, one: Instance, rest: Sequence[str | int], name: str, depth: int) -> Any:
        """The value that a reference to an instance yields for an attribute of this name."""
        if one.kind in _ID_OF and list(rest[:1]) in (["id"], []):
            rest = [_ID_OF[one.kind]]
        expected = EXPECTED.get(name)
        if expected is not None and one.kind not in expected and not one.data and not rest:
            return None
        asked = str(rest[0]) if rest else default_attribute(one.kind, name)
        if rest and expected is not None and one.kind not in expected and not one.data and asked in ("id", "arn"):
            return None
        if name in ONLY and not {asked, *rest[-1:]} & {*ONLY[name]}:
            return None
        resource = self.resources.get(one.address)
        if one.data or resource is None:
            return self._data(one, asked, rest, depth)
        if resource.values.get(asked) is None and one.address not in self._stack:
            self.resolve(one)
        return walk(attribute(resource, asked), rest[1:])

    def _data(self, one: Instance, asked: str, rest: Sequence[str | int], depth: int) -> Any:
        if one.values.get(asked) is None and one.kind == "aws_iam_policy_document" and depth < MAX_STEPS:
            self.resolve(one)
            return document_of(one.values, one.unknown)
        return walk(one.values.get(asked), rest[1:])

    def _variable(self, parts: Sequence[str | int], scope: Scope, name: str, depth: int) -> list[Any]:
        variable = str(parts[1])
        if not scope.module:
            return [walk(self.plan.variables.get(variable), parts[2:])]
        expression = (self._call(scope).get("expressions") or {}).get(variable)
        if not isinstance(expression, dict):
            return []
        if "constant_value" in expression:
            return [walk(expression["constant_value"], parts[2:])]
        parent, label = parent_of(scope.module)
        outer = self._outer(scope, len(self._modules.get(f"{parent}>{label}", ())))
        found = self._values(self._into(references_of(expression), parts[2:], outer), outer, name, depth + 1)
        index = next((step for step in parts[2:] if isinstance(step, int)), None)
        flat = flat_of(found)
        return [flat[index]] if index is not None and index < len(flat) else found

    def _into(self, references: list[str], steps: Sequence[str | int], scope: Scope) -> list[str]:
        """References with the steps taken into what they name: ``["s3"].id`` of an output that is a resource with
        for_each names that instance.
        """
        kept = longest(references)
        instances = self._by_base.get((scope.module, kept[0]), []) if len(kept) == 1 else []
        if not steps or not isinstance(steps[0], str) or all(one.index != steps[0] for one in instances):
            return references
        return [f"{kept[0]}[{json.dumps(steps[0])}]" + "".join(f".{one}" for one in steps[1:2])]

    def _output(self, parts: Sequence[str | int], scope: Scope, name: str, looped: bool, depth: int) -> list[Any]:
        label = str(parts[1])
        addresses = sorted(self._modules.get(f"{scope.module}>{label}", ()), key=lambda one: (len(one), one))
        if not addresses:
            addresses = [f"{scope.module}.module.{label}".lstrip(".")]
        rest = list(parts[2:])
        keyed = [one for one in addresses if rest and key_of(one) == rest[0] and key_of(one) is not None]
        if keyed:
            addresses, rest = keyed, rest[1:]
        elif looped and len(addresses) > 1:
            addresses = [one for one in addresses if key_of(one) == scope.key] or addresses
        if not rest:
            return []
        found: list[Any] = []
        for address in addresses:
            output = (module_of(self.plan.configuration, address).get("outputs") or {}).get(str(rest[0])) or {}
            scope_of = Scope(address, None)
            references = self._into(references_of(output.get("expression")), rest[1:], scope_of)
            inner = self._values(references, scope_of, name, depth + 1)
            index = next((step for step in rest[1:] if isinstance(step, int)), None)
            flat = flat_of(inner)
            if looped and index is None and name not in MANY and len(flat) > 1 and isinstance(scope.key, int):
                if len(flat) != scope.copies:
                    self._pools.append(flat)
                index = scope.key % len(flat)
            found += [flat[index]] if index is not None and index < len(flat) else inner
        return found


def is_block(text: str) -> bool:
    """Whether a text is an IPv4 block without host part.

    >>> is_block("10.0.0.0/16"), is_block("10.0.0.1/16"), is_block("")
    (True, False, False)
    """
    try:
        return "/" in text and bool(IPv4Network(text))
    except ValueError:
        return False


_ID_OF: Final = {
    "aws_vpc_peering_connection_accepter": "vpc_peering_connection_id",
    "aws_vpc_peering_connection_options": "vpc_peering_connection_id", "aws_vpc_endpoint_policy": "vpc_endpoint_id",
    "aws_vpc_endpoint_private_dns": "vpc_endpoint_id",
    "aws_ec2_transit_gateway_vpc_attachment_accepter": "transit_gateway_attachment_id",
    "aws_ec2_transit_gateway_peering_attachment_accepter": "transit_gateway_attachment_id",
    "aws_s3_bucket_policy": "bucket", "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_bucket_versioning": "bucket", "aws_s3_bucket_ownership_controls": "bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket", "aws_ecr_repository_policy": "repository",
    "aws_ecr_lifecycle_policy": "repository",
}  # fmt: skip
"""Kinds whose id is that of what they are a part of, and the argument that names it (hashicorp/aws, "Attribute
Reference" of each)."""


def _within(module: str, outer: str) -> bool:
    return module == outer or module.startswith(f"{outer}.")


def _by_value(kept: Sequence[str], scope: Scope) -> int | str | None:
    """The key that an expression indexes with: ``each.value`` or a part of it, if that alone is named and known."""
    named = [parts_of(one) for one in kept if one.startswith("each.")]
    if len(named) != 1 or named[0][1:2] != ["value"] or scope.value is None:
        return scope.key
    value = walk(scope.value, named[0][2:])
    return value if isinstance(value, str) else scope.key


def _keyed_otherwise(instances: list[Instance], key: int | str | None) -> bool:
    """Whether instances have keys, none of which is this one: ``aws_subnet.all["${each.key}/build"]`` looks the same as
    ``aws_subnet.all[each.key]``.
    """
    keys = [one.index for one in instances]
    return isinstance(key, str) and key not in keys and any(isinstance(one, str) for one in keys)


def _same_key(instances: list[Instance], key: int | str | None) -> list[Instance]:
    """The instance with the same key; numbers wrap around, as element() does."""
    if isinstance(key, int):
        return [instances[key % len(instances)]]
    return [one for one in instances if one.index == key] or instances

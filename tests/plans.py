"""A builder of Terraform plans, as ``terraform show -json`` prints them: hand-made, no Terraform ran.

    plan = PlanJson(region="us-east-1")
    plan.add("aws_vpc.main", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.main.id"), cidr_block="10.0.1.0/24")
    plan.write(tmp_path / "plan.json")

A value that is a `Ref` is known only after apply: it goes to ``after_unknown`` and, with its references spelled as
Terraform spells them, to the configuration. **Source:** HashiCorp, "JSON Output Format".
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Record = dict[str, Any]
AS_ATTRIBUTE = {"ingress", "egress", "route", "entry"}
"""Blocks that the provider declares as attributes: Terraform shows all of them as one expression."""
PROVIDER = "registry.terraform.io/hashicorp/aws"


class Ref:
    """An expression that names these objects; ``many`` says that it makes a list (a set: unknown as a whole)."""

    def __init__(self, *names: str) -> None:
        self.references = [part for name in names for part in shorter(name)]


def shorter(name: str) -> list[str]:
    """A reference and what Terraform lists with it: every shorter one down to the object.

    >>> shorter("aws_subnet.a[0].id")
    ['aws_subnet.a[0].id', 'aws_subnet.a[0]', 'aws_subnet.a']
    """
    least = 3 if name.startswith("data.") else 2
    found, rest = [name], name
    while True:
        cut = max(rest.rfind("."), rest.rfind("["))
        rest = rest[:cut]
        if cut < 0 or len(re.split(r"\.|\[", rest)) < least:
            return found
        found.append(rest)


class PlanJson:
    """A plan that grows; modules are added with ``module`` (see `PlanJson.add`)."""

    def __init__(self, region: str = "us-east-1", account: str = "111111111111") -> None:
        self.region = region
        self.root: Record = {"resources": [], "module_calls": {}, "outputs": {}}
        self.changes: list[Record] = []
        self.values: dict[str, list[Record]] = {"": []}
        self.prior: list[Record] = []
        self.more: Record = {}
        if account:
            self.data("aws_caller_identity.current", account_id=account)

    def add(
        self, name: str, /, *, index: int | str | None = None, module: str = "", action: str = "create",
        before: Record | None = None, for_each: Ref | None = None, provider: str = PROVIDER,
        more: Record | None = None, dynamic: tuple[str, ...] = (), **values: Any,
    ) -> None:  # fmt: skip
        """An instance of a resource; ``module`` is its module's address (``module.net``).

        ``more``: attributes that are called like one of these parameters. ``dynamic``: blocks that ``dynamic`` makes,
        which Terraform leaves out of the configuration.
        """
        values |= more or {}
        kind, label = name.split(".")
        known, unknown, expressions = _split(values)
        expressions = {key: value for key, value in expressions.items() if key not in dynamic}
        for attribute in AS_ATTRIBUTE & expressions.keys() if kind != "aws_default_network_acl" else ():
            if isinstance(expressions[attribute], list):
                expressions[attribute] = _one_expression(expressions[attribute])
        base = f"{module}.{name}" if module else name
        address = base if index is None else f"{base}[{json.dumps(index)}]"
        held: Record = {"address": address, "mode": "managed", "type": kind, "name": label, "provider_name": provider,
                        "schema_version": 1, "values": known, "sensitive_values": {}}  # fmt: skip
        if index is not None:
            held["index"] = index
        if action != "delete":
            self.values.setdefault(module, []).append(held)
        actions = {"replace": ["delete", "create"]}.get(action, [action])
        change: Record = {
            "address": address, "mode": "managed", "type": kind, "name": label, "provider_name": provider,
            "change": {"actions": actions, "before": before, "after": None if action == "delete" else known,
                       "after_unknown": unknown | ({"id": True, "arn": True} if action == "create" else {})},
        }  # fmt: skip
        if module:
            change["module_address"] = module
        self.changes.append(change)
        config = self._config(module)
        if all(one["address"] != name for one in config["resources"]):
            one: Record = {"address": name, "mode": "managed", "type": kind, "name": label,
                           "provider_config_key": "aws", "expressions": expressions}  # fmt: skip
            if for_each is not None:
                one["for_each_expression"] = {"references": for_each.references}
            config["resources"].append(one)

    def data(self, name: str, /, **values: Any) -> None:
        """A data source that was read already."""
        kind, label = name.split(".")
        self.prior.append({"address": f"data.{name}", "mode": "data", "type": kind, "name": label,
                           "provider_name": PROVIDER, "values": values})  # fmt: skip

    def deferred(self, name: str, /, **values: Any) -> None:
        """A data source that Terraform reads only during apply."""
        kind, label = name.split(".")
        known, unknown, expressions = _split(values)
        address = f"data.{name}"
        self.changes.append({
            "address": address, "mode": "data", "type": kind, "name": label, "provider_name": PROVIDER,
            "change": {"actions": ["read"], "before": None, "after": known,
                       "after_unknown": unknown | {"id": True, "json": True}},
        })  # fmt: skip
        self.root["resources"].append({"address": address, "mode": "data", "type": kind, "name": label,
                                       "provider_config_key": "aws", "expressions": expressions})  # fmt: skip

    def call(self, module: str, /, **inputs: Any) -> None:
        """The inputs of a module (``module.net``), as its caller gives them."""
        parent, _, label = module.rpartition("module.")
        config = self._config(parent.rstrip("."))
        expressions = _split(inputs)[2]
        config["module_calls"].setdefault(label, {"module": _module()})["expressions"] = expressions

    def output(self, module: str, name: str, *references: str) -> None:
        self._config(module)["outputs"][name] = {"expression": {"references": Ref(*references).references}}

    def _config(self, module: str) -> Record:
        config = self.root
        for label in re.findall(r"module\.([^.\[]+)", module):
            config = config["module_calls"].setdefault(label, {"module": _module(), "expressions": {}})["module"]
        return config

    def json(self) -> Record:
        root: Record = {"resources": self.values[""]}
        children = [
            {"address": module, "resources": held} for module, held in self.values.items() if module
        ]  # fmt: skip
        if children:
            root["child_modules"] = children
        region = {"region": {"constant_value": self.region}} if self.region else {}
        return {
            "format_version": "1.2",
            "terraform_version": "1.9.8",
            "planned_values": {"root_module": root},
            "resource_changes": self.changes,
            "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": self.prior}}},
            "configuration": {
                "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER, "expressions": region}},
                "root_module": self.root,
            },
            **self.more,
        }

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(self.json(), indent=1, ensure_ascii=False), encoding="utf-8")
        return path


def _module() -> Record:
    return {"resources": [], "module_calls": {}, "outputs": {}}


def _one_expression(blocks: list[Record]) -> Record:
    """Blocks of an attribute as one expression: the references of all, each as often as it is written."""
    references = [one for block in blocks for leaf in block.values() for one in leaf.get("references", ())]
    return {"references": references} if references else {}


def _split(values: Record) -> tuple[Record, Record, Record]:
    """(what is known, what is not, the expressions)."""
    known: Record = {}
    unknown: Record = {}
    expressions: Record = {}
    for name, value in values.items():
        if isinstance(value, Ref):
            unknown[name] = True
            expressions[name] = {"references": value.references}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            parts = [_split(one) for one in value]
            known[name] = [one[0] for one in parts]
            if any(one[1] for one in parts):
                unknown[name] = [one[1] for one in parts]
            expressions[name] = [one[2] for one in parts]
        else:
            known[name] = value
            expressions[name] = {"constant_value": value}
    return known, unknown, expressions

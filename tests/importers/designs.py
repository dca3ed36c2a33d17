"""One list of declarations, written as a CloudFormation template and as a Terraform plan.

Properties are CloudFormation's. In the plan, ids are unknown until apply, and only the configuration's references link
the resources (see `tests.plans`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reachsim.api import Reach, load
from reachsim.importers import import_cloudformation, import_terraform
from reachsim.importers.cloudformation.kinds import kind_of_type, translate
from tests.plans import PlanJson, Ref

REGION = "eu-west-1"
ACCOUNT = "111111111111"
LANGUAGES = ("cloudformation", "terraform")
_POLICIES = ("policy", "assume_role_policy")
_OBJECTS = ("tags", "configuration", "parameters", "options")
Values = dict[str, Any]


class Get:
    """Another resource's id, or one of its attributes: CloudFormation's name for it and Terraform's."""

    def __init__(self, logical_id: str, attribute: str = "", plain: str = "id") -> None:
        self.logical_id, self.attribute, self.plain = logical_id, attribute, plain


class EndpointEntry(Get):
    """The zone (0) or name (1) of an interface endpoint's first DNS entry, ``ZONE:NAME`` in CloudFormation."""

    def __init__(self, logical_id: str, part: int) -> None:
        super().__init__(logical_id, "DnsEntries", f"dns_entry[0].{('hosted_zone_id', 'dns_name')[part]}")
        self.part = part


def arn(logical_id: str) -> Get:
    return Get(logical_id, "Arn", "arn")


class Design:
    """Declared resources, in order."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, Values]] = {}

    def add(self, logical_id: str, kind: str, **properties: Any) -> Get:
        self.held[logical_id] = (f"AWS::{kind}", properties)
        return Get(logical_id)

    def template(self) -> Values:
        return {"Resources": {
            name: {"Type": kind, "Properties": _in_cloudformation(values)} for name, (kind, values) in self.held.items()
        }}  # fmt: skip

    def plan(self) -> PlanJson:
        plan = PlanJson(region=REGION, account=ACCOUNT)
        addresses = {name: f"{kind_of_type(kind)}.{name}" for name, (kind, _) in self.held.items()}
        for name, (kind, properties) in self.held.items():
            values, _ = translate(kind, properties)
            plan.add(addresses[name], more={key: _in_terraform(key, one, addresses) for key, one in values.items()})
        return plan

    def imported(self, language: str, folder: Path, **options: Any) -> Reach:
        """The snapshot of it, by way of one of `LANGUAGES`."""
        if language == "terraform":
            source = self.plan().write(folder / "plan.json")
            import_terraform(source, folder / "out", **options)
        else:
            source = folder / "template.json"
            source.write_text(json.dumps(self.template(), indent=1))
            import_cloudformation(source, folder / "out", region=REGION, account=ACCOUNT, **options)
        return load(folder / "out")


def _in_cloudformation(value: Any) -> Any:
    match value:
        case EndpointEntry():
            first = {"Fn::Select": [0, {"Fn::GetAtt": [value.logical_id, value.attribute]}]}
            return {"Fn::Select": [value.part, {"Fn::Split": [":", first]}]}
        case Get():
            if not value.attribute:
                return {"Ref": value.logical_id}
            return {"Fn::GetAtt": [value.logical_id, value.attribute]}
        case dict():
            return {key: _in_cloudformation(one) for key, one in value.items()}
        case list():
            return [_in_cloudformation(one) for one in value]
    return value


def _in_terraform(key: str, value: Any, addresses: dict[str, str]) -> Any:
    match value:
        case Get():
            return Ref(f"{addresses[value.logical_id]}.{value.plain}")
        case list() if any(isinstance(one, Get) for one in value):
            return Ref(*(f"{addresses[one.logical_id]}.{one.plain}" for one in value))
        case dict() if key in _POLICIES:
            return json.dumps(value)
        case dict() if key not in _OBJECTS:
            return [{name: _in_terraform(name, one, addresses) for name, one in value.items()}]
        case list() if value and isinstance(value[0], dict):
            return [{name: _in_terraform(name, held, addresses) for name, held in one.items()} for one in value]
    return value

"""A plan or state of ``terraform show -json``: its resource instances, changes, data sources and configuration.

**Source:** HashiCorp, "JSON Output Format" (format versions 0.1 to 1.x; OpenTofu's is the same).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.dump import MAX_BYTES, kind_of, shown
from reachsim.importers.terraform.addresses import without_indexes
from reachsim.inputs import read_input

Values = dict[str, Any]
_PROVIDER: Final = re.compile(r"(?:.*/)?(aws)$")


@dataclass(slots=True)
class Instance:
    """One instance of a resource or data source: ``module`` is its module's address, "" at the root."""

    address: str
    module: str
    kind: str
    name: str
    index: int | str | None
    data: bool
    provider: str
    values: Values
    unknown: Any = field(default_factory=dict)
    actions: tuple[str, ...] = ("create",)
    before: Values = field(default_factory=dict)
    maybe: str = ""
    """Why it is not told whether the resource will be there as it is here."""

    @property
    def base(self) -> str:
        """``type.name`` (``data.type.name``), as the module's configuration calls it."""
        return f"data.{self.kind}.{self.name}" if self.data else f"{self.kind}.{self.name}"


@dataclass(slots=True)
class Plan:
    """Everything that a plan holds; of a state ``instances`` and nothing else."""

    file: str
    state: bool
    instances: dict[str, Instance]
    gone: list[Instance]
    configuration: Values
    variables: Values
    providers: Values
    open: str = ""
    """Why the plan is not all that the configuration declares."""


def read_plan(source: Path) -> Plan:
    """Read and take apart the JSON. Raises SnapshotError, one line, for what is no plan or state of AWS resources."""
    name = shown(str(source))
    document = _decode(source, name)
    version = str(document.get("format_version", ""))
    if "format_version" not in document:
        found = next((told for key, told in _OTHERS.items() if key in document), "another document")
        raise SnapshotError(Fault(name, "", "the output of terraform show -json (format_version)", found))
    if version.split(".")[0] not in ("0", "1"):
        raise SnapshotError(Fault(name, "/format_version", "format version 0.x or 1.x", version))
    state = "planned_values" not in document and "resource_changes" not in document
    if state and "values" not in document:
        found = f"neither: terraform show -json needs a saved plan or a state ({_SAVE})"
        raise SnapshotError(Fault(name, "", "planned_values of a plan, or values of a state", found))
    try:
        return _take_apart(name, document, state)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotError(Fault(name, "", "terraform's JSON format", f"another structure ({error})")) from error


def _decode(source: Path, name: str) -> Values:
    expected = "complete JSON in UTF-8, as terraform show -json prints it"
    try:
        size = source.stat().st_size
        if source.is_dir():
            raise SnapshotError(Fault(name, "", "a file that terraform show -json wrote", f"a folder: {_SAVE}"))
        if size > MAX_BYTES:
            raise SnapshotError(Fault(name, "", f"at most {MAX_BYTES} bytes", f"{size} bytes"))
        data = read_input(source, MAX_BYTES, name).removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise SnapshotError(Fault(name, "", "a readable file", error.strerror or str(error))) from error
    if data.startswith(b"PK\x03\x04"):
        raise SnapshotError(Fault(name, "", expected, "a binary plan: show it with terraform show -json"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell's > writes it
        data = data.decode("utf-16", "replace").encode()
    if data.startswith(b"[command]"):  # as the wrapper of hashicorp/setup-terraform prints first
        data = data.partition(b"\n")[2]
    try:
        document = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise SnapshotError(Fault(name, "", expected, _other_form(data) or shown(str(error)))) from error
    if not isinstance(document, dict):
        raise SnapshotError(Fault(name, "", "a JSON object", kind_of(document)))
    return document


_SAVE: Final = "save the plan with -out=FILE and show it with terraform show -json FILE"
_OTHERS: Final[Mapping[str, str]] = {
    "lineage": "a raw state file: show it with terraform show -json",
    "Resources": "a CloudFormation template: reachsim import cloudformation takes it",
    "resource": f"Terraform's configuration: {_SAVE}",
}
"""What other objects of JSON hold, and what to do with them."""
_FORMS: Final = (
    (b'"@level":', "the log of terraform plan -json"),
    (b"Terraform will perform the following actions", "the text of terraform show"),
    (b" will be created", "the text of terraform show"), (b"execution plan", "the text of terraform show"),
    (b'resource "', "Terraform's configuration"),
)  # fmt: skip
"""What other things that Terraform prints and reads have at their beginning, and what they are."""


def _other_form(data: bytes) -> str:
    """What a file that is no JSON is, where it can be told; "" where it cannot."""
    if data.startswith(b"\x1f\x8b"):
        return "a compressed file"
    if not data.strip():
        return f"an empty file: {_SAVE}"
    beginning = data[:20000]
    told = next((form for mark, form in _FORMS if mark in beginning), "")
    if not told and b'"format_version"' in data:
        return "lines that are no part of it, or several documents: give the JSON of one plan alone"
    return f"{told}: {_SAVE}" if told else ""


def _text(value: object) -> str:
    """Raises ValueError for what is no text."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{kind_of(value)} where a provider's name was expected")
    return value or ""


def _take_apart(name: str, document: Values, state: bool) -> Plan:
    instances: dict[str, Instance] = {}
    roots = [document.get("values")] if state else [
        (document.get("prior_state") or {}).get("values"), document.get("planned_values")
    ]  # fmt: skip
    for number, root in enumerate(roots):
        last = number == len(roots) - 1
        for one in _instances((root or {}).get("root_module") or {}, ""):
            if last or one.data:
                instances[one.address] = one
    _add_kept(document, instances)
    gone: list[Instance] = []
    for change in document.get("resource_changes") or []:
        _apply_change(change, instances, gone)
    for deferred in document.get("deferred_changes") or []:
        _apply_deferred(deferred, instances)
    if state:
        for one in instances.values():
            one.actions = ("no-op",)
    plan = Plan(
        name, state, instances, gone, (document.get("configuration") or {}).get("root_module") or {},
        {key: (value or {}).get("value") for key, value in (document.get("variables") or {}).items()},
        (document.get("configuration") or {}).get("provider_config") or {}, _open(document),
    )  # fmt: skip
    _check_provider(plan)
    if plan.open:
        _add_unplanned(plan, plan.configuration, "")
    return plan


def _add_kept(document: Mapping[str, Any], instances: dict[str, Instance]) -> None:
    """What the state holds and the plan says nothing of, as with ``-target`` and ``-refresh-only``: it stays."""
    told = {held["address"] for held in document.get("resource_changes") or []}
    state = ((document.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    for one in _instances(state, ""):
        if one.address not in told and one.address not in instances:
            one.actions, one.before = ("no-op",), dict(one.values)
            instances[one.address] = one


def _open(document: Mapping[str, Any]) -> str:
    if document.get("errored"):
        return "the plan ended in an error"
    if document.get("complete") is False and not document.get("deferred_changes"):
        return "the plan is not complete (-target, or something before it failed)"
    return ""


def _instances(module: Mapping[str, Any], address: str) -> Iterator[Instance]:
    for held in module.get("resources") or []:
        yield Instance(
            held["address"], address, held["type"], held["name"], held.get("index"), held.get("mode") == "data",
            _text(held.get("provider_name")), dict(held.get("values") or {}),
        )  # fmt: skip
    for child in module.get("child_modules") or []:
        yield from _instances(child, child.get("address", ""))


def _apply_change(held: Mapping[str, Any], instances: dict[str, Instance], gone: list[Instance]) -> None:
    change = held["change"]
    actions = tuple(change.get("actions") or ("no-op",))
    address = held["address"]
    data = held.get("mode") == "data"
    module, before = held.get("module_address", ""), change.get("before") or {}
    if held.get("deposed") or ("delete" in actions and before):
        made = Instance(
            address, module, held["type"], held["name"], held.get("index"), data, _text(held.get("provider_name")),
            before, actions=("delete",), before=before,
        )  # fmt: skip
        gone.append(made)
        if held.get("deposed") or actions == ("delete",):
            return
    one = instances.get(address)
    if "forget" in actions:  # Terraform lets go of it; AWS keeps it
        if before:
            instances[address] = Instance(
                address, module, held["type"], held["name"], held.get("index"), data, _text(held.get("provider_name")),
                dict(before), actions=("no-op",), before=dict(before),
            )  # fmt: skip
        return
    if one is None and change.get("after") is not None:
        one = Instance(
            address, module, held["type"], held["name"], held.get("index"), data, _text(held.get("provider_name")),
            dict(change["after"]),
        )  # fmt: skip
        instances[address] = one
    if one is not None:
        one.unknown = change.get("after_unknown") or {}
        one.actions = actions
        one.before = dict(before) if "delete" not in actions else {}
        if actions == ("read",):
            one.values = dict(change.get("after") or one.values)


def _apply_deferred(deferred: Mapping[str, Any], instances: dict[str, Instance]) -> None:
    """A change that Terraform puts off to a later plan: what is there stays, what is new may come, in any number."""
    held = deferred["resource_change"]
    change = held["change"]
    before = change.get("before") or {}
    after = change.get("after") or {}
    one = Instance(
        held["address"], held.get("module_address", ""), held["type"], held["name"], held.get("index"),
        held.get("mode") == "data", _text(held.get("provider_name")), dict(before or after),
        {} if before else change.get("after_unknown") or {}, ("no-op",) if before else ("create",), dict(before),
        f"Terraform defers it ({deferred.get('reason') or 'no reason told'})",
    )  # fmt: skip
    instances.setdefault(one.address, one)


def _add_unplanned(plan: Plan, config: Mapping[str, Any], module: str) -> None:
    """What the configuration declares and the plan lacks: it may be there, with what the expressions tell."""
    planned = {(one.module, one.base) for one in (*plan.instances.values(), *plan.gone)}
    for held in config.get("resources") or []:
        if held.get("mode") == "data" or (module, held["address"]) in planned:
            continue
        expressions = held.get("expressions") or {}
        values, unknown = _told(expressions)
        address = f"{module}.{held['address']}" if module else str(held["address"])
        provider = str(held.get("provider_config_key") or "").rpartition(":")[2].partition(".")[0]
        plan.instances[address] = Instance(
            address, module, held["type"], held["name"], None, False, provider, values, unknown, maybe=plan.open
        )
    for label, call in (config.get("module_calls") or {}).items():
        inner = f"{module}.module.{label}" if module else f"module.{label}"
        known = {one.module for one in plan.instances.values() if without_indexes(one.module) == inner}
        for address in sorted(known or {inner}):
            _add_unplanned(plan, (call or {}).get("module") or {}, address)


def _told(expressions: Mapping[str, Any]) -> tuple[Values, Values]:
    """(constants, what else is set) of a resource's arguments."""
    values: Values = {}
    unknown: Values = {}
    for name, expression in expressions.items():
        if isinstance(expression, dict) and "constant_value" in expression:
            values[name] = expression["constant_value"]
        elif expression:
            unknown[name] = True
    return values, unknown


def _check_provider(plan: Plan) -> None:
    """Somebody else's plan is a mistake, not an account without anything in it."""
    managed = [one for one in (*plan.instances.values(), *plan.gone) if not one.data]
    if managed and not any(is_aws(one) for one in managed):
        found = ", ".join(
            sorted({one.provider.rpartition("/")[2] or one.kind.partition("_")[0] for one in managed})[:5]
        )
        raise SnapshotError(Fault(plan.file, "", "resources of the provider hashicorp/aws", f"those of {found}"))
    if not managed:
        raise SnapshotError(Fault(plan.file, "", "resources of the provider hashicorp/aws", "no resource at all"))


def is_aws(one: Instance) -> bool:
    return bool(_PROVIDER.match(one.provider)) or (not one.provider and one.kind.startswith("aws_"))

"""From a plan or state to a snapshot: what would be, alone or laid over a live one.

Accounts and Regions are the provider's: its ``region``, a resource's own ``region`` (provider version 6), the role that
it assumes, ``aws_caller_identity``, or the ARNs that the plan knows. ``--region`` and ``--account`` stand in for what
nothing tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.files import write_tree
from reachsim.importers.dump import shown
from reachsim.importers.places import NO_ACCOUNT, is_account, is_region
from reachsim.importers.planned import Home, Resource, build_snapshot, name_resources
from reachsim.importers.planned.forms import documented
from reachsim.importers.planned.live import open_live
from reachsim.importers.planned.symbols import NAMED, PREFIXES, file_of, of_other_files
from reachsim.importers.terraform.addresses import without_indexes
from reachsim.importers.terraform.choices import note_choices, settle_picks
from reachsim.importers.terraform.plan import Instance, Plan, is_aws, read_plan
from reachsim.importers.terraform.references import Resolver
from reachsim.importers.terraform.sources import Sources
from reachsim.importers.tree import Ignored, ImportReport
from reachsim.inputs import read_input

_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:([a-z0-9-]*):(\d{12}):")
_LISTS: Final = ("aws_prefix_list", "aws_ec2_managed_prefix_list")
_SAME: Final = {f"aws_alb{rest}": f"aws_lb{rest}" for rest in ("", "_listener", "_listener_rule", "_target_group",
                                                                "_target_group_attachment")}  # fmt: skip
"""Kinds under their older names."""
_ALIKE: Final = {f"awscc_{rest}": f"aws_{rest.removeprefix('ec2_')}" for rest in
                 ("ec2_vpc_block_public_access_options", "ec2_vpc_block_public_access_exclusion")}  # fmt: skip
"""Kinds of the provider awscc that have the attributes of those of the provider aws."""
_NAMING: Final = "awscc_route53"
"""Kinds of awscc that may add any name to any VPC: they are not read, and leave names open."""


def import_terraform(
    source: Path,
    out: Path,
    *,
    overwrite: bool = False,
    onto: Path | None = None,
    account: str | None = None,
    region: str | None = None,
    prefix_lists: Path | None = None,
) -> ImportReport:
    """Write a snapshot of what a plan would make.

    Args:
        source: The output of ``terraform show -json``.
        out: The snapshot's folder, to be made.
        overwrite: Replace ``out`` if it exists.
        onto: A live snapshot to lay the plan over; without it the plan is all there is.
        account, region: Stand in where the plan does not tell.
        prefix_lists: ``aws ec2 describe-prefix-lists`` of the Region: ids and blocks of AWS's own lists.

    Raises:
        SnapshotError: The source cannot be read; nothing was written.
        QuestionError: ``out`` exists already, or nothing tells the Region.
    """
    plan = read_plan(source)
    live = open_live(onto)
    lists = read_prefix_lists(prefix_lists) if prefix_lists is not None else {}
    with documented(plan.file):
        homes = _Homes(plan, account, region, live.homes() if live is not None else ())
        resources = _resources(plan, homes, Sources(plan, source.parent))
        named = {one.address: one for one in resources if one.action != "delete"}
        files = {file_of(one.place) for one in resources}
        name_resources(resources, of_other_files(live.manifest.declared if live is not None else {}, files))
        resolver = Resolver(plan, named)
        for instance in list(plan.instances.values()):
            if instance.address in named:
                resolver.resolve(instance)
        settle_picks(resolver.picks, named)
        note_choices(resolver.choices, named)
        _data_lists(plan, homes, lists)
        report = build_snapshot(
            resources, imported_from="terraform", homes=[homes.main], onto=live, lists=lists,
            warnings=list(_warnings(plan, resolver, resources, live is not None)),
            unsupported=list(_others(plan)), presumed=homes.presumed, touched=_touched(plan, resolver),
        )  # fmt: skip
    write_tree(out, report.files, overwrite=overwrite)
    return ImportReport(
        out=out, accounts=report.accounts, regions=report.regions, files=tuple(report.files), derived=report.derived,
        ignored=tuple(Ignored(what, why) for what, why in report.unsupported), warnings=report.warnings,
    )  # fmt: skip


def read_prefix_lists(source: Path) -> dict[str, list[Mapping[str, Any]]]:
    """AWS's own prefix lists by Region. Raises SnapshotError."""
    name = shown(str(source))
    try:
        held = msgspec.json.decode(read_input(source, name=name))
        lists = held["PrefixLists"]
        found: dict[str, list[Mapping[str, Any]]] = {}
        for one in lists:
            found.setdefault(str(one["PrefixListName"]).split(".")[2], []).append(one)
    except (msgspec.MsgspecError, KeyError, TypeError, IndexError, UnicodeError, RecursionError) as error:
        raise SnapshotError(
            Fault(name, "", "the answer of aws ec2 describe-prefix-lists", "another document")
        ) from error
    return found


def _others(plan: Plan) -> Iterator[tuple[str, str]]:
    """Resources of other providers, which no verdict can depend on unless they run things."""
    kinds = Counter(one.kind for one in plan.instances.values() if not one.data and not is_aws(one))
    for kind, count in sorted(kinds.items()):
        if kind in _ALIKE or kind.startswith(_NAMING):
            continue
        if kind.startswith("awscc_"):
            yield f"{count} × {kind}", f"undecidable: {_AWSCC} (provider awscc is not read)"
            continue
        if kind.partition("_")[0] not in ("random", "null", "local", "time", "tls", "terraform", "archive", "template"):
            yield f"{count} × {kind}", "another provider's: left out"


_AWSCC: Final = "what it makes, and what it adds to the resources that it names"
_HANDED: Final = ("awscc_", "aws_cloudformation_stack")
"""Kinds that are not read and that may add anything to what they name."""


def _touched(plan: Plan, resolver: Resolver) -> dict[str, str]:
    """Ids that resources of such kinds name, and which names them."""
    found: dict[str, str] = {}
    for one in plan.instances.values():
        if not one.data and one.kind.startswith(_HANDED):
            found |= dict.fromkeys(resolver.named_by(one), one.address)
    return found


def _warnings(plan: Plan, resolver: Resolver, resources: Sequence[Resource], over: bool) -> Iterator[str]:
    if plan.open:
        yield f"{plan.open}: what the configuration declares beside it may be there or not"
    yield from (f"{one.address}: {one.maybe}" for one in plan.instances.values() if one.maybe not in ("", plan.open))
    guessed: dict[tuple[str, str], list[str]] = {}
    for one, name, address in resolver.guesses:
        guessed.setdefault((name, address), []).append(one.address)
    for (name, address), held in guessed.items():
        told = held[0] if len(held) == 1 else f"{held[0]} and {len(held) - 1} more"
        yield f"{told}: {name} is of a local, which a plan does not show: {address} is the only one it can be"
    if over and all(one.action == "keep" for one in resources):
        yield "the plan changes nothing: OUT is the live snapshot"


def _data_lists(plan: Plan, homes: _Homes, lists: dict[str, list[Mapping[str, Any]]]) -> None:
    """AWS's own prefix lists that the plan has looked up."""
    for one in plan.instances.values():
        if not one.data or one.kind not in _LISTS:
            continue
        blocks = one.values.get("cidr_blocks") or [
            entry.get("cidr") for entry in one.values.get("entries") or [] if isinstance(entry, dict)
        ]
        list_id, name = one.values.get("prefix_list_id") or one.values.get("id"), one.values.get("name")
        if list_id and blocks and isinstance(name, str) and name.startswith("com.amazonaws."):
            held = lists.setdefault(homes.of(one)[1], [])
            if all(other["PrefixListId"] != list_id for other in held):
                held.append({"PrefixListId": list_id, "PrefixListName": name, "Cidrs": blocks})


def _resources(plan: Plan, homes: _Homes, sources: Sources) -> list[Resource]:
    found = []
    for one in (*plan.gone, *plan.instances.values()):
        if one.data or not (is_aws(one) or one.kind in _ALIKE or one.kind.startswith(_NAMING)):
            continue
        actions = set(one.actions)
        if actions == {"delete"}:
            action = "delete"
        elif "create" in actions:
            action = "create"
        else:
            action = "update" if "update" in actions else "keep"
        held = one.before if action == "delete" else one.values
        kind = (_SAME | _ALIKE).get(one.kind, one.kind)
        known = _id(kind, one.before or held) if action != "create" else ""
        found.append(Resource(
            kind, one.address, dict(held), homes.of(one), sources.place(one) or plan.file, id=known,
            new=action == "create", action=action, before=dict(one.before),  # type: ignore[arg-type]
            maybe=one.maybe,
        ))  # fmt: skip
    return found


def _id(kind: str, values: Mapping[str, Any]) -> str:
    """A resource's id of AWS's, or its name where AWS goes by that."""
    if kind in NAMED:
        for name in NAMED[kind][:1]:
            if isinstance(values.get(name), str) and values[name]:
                return str(values[name])
    held = values.get("id")
    if kind == "aws_eip":
        held = values.get("allocation_id") or held
    if kind in PREFIXES or kind not in NAMED:
        return held if isinstance(held, str) else ""
    return held.rpartition("/")[2] if isinstance(held, str) else ""


class _Homes:
    """Which account and Region each resource is in."""

    def __init__(self, plan: Plan, account: str | None, region: str | None, live: Sequence[Home]) -> None:
        self.plan = plan
        self.presumed: list[tuple[str, str]] = []
        self._regions: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._of_config: dict[tuple[str, str], str] = {}
        for key, config in plan.providers.items():
            if isinstance(config, dict) and config.get("name") in ("aws", "awscc"):
                self._provider(key, config.get("expressions") or {})
        self._walk(plan.configuration, "")
        self.main = (self._account(account, live), self._region(region, live))
        if self.main[0] == NO_ACCOUNT:
            told = f"nothing tells the account: {NO_ACCOUNT} stands for it (--account names it)"
            self.presumed.append((NO_ACCOUNT, told))

    def _provider(self, key: str, expressions: Mapping[str, Any]) -> None:
        region = self._text(expressions.get("region"))
        if region and is_region(region):
            self._regions[key] = region
        accounts = self._constant(expressions.get("allowed_account_ids"))
        if isinstance(accounts, list) and len(accounts) == 1 and is_account(str(accounts[0])):
            self._accounts[key] = str(accounts[0])
        for block in expressions.get("assume_role") or []:
            arn = self._text(block.get("role_arn")) if isinstance(block, dict) else ""
            match = re.match(r"arn:[a-z-]+:iam::(\d{12}):", arn)
            if match:
                self._accounts[key] = match[1]

    def _constant(self, expression: Any) -> Any:
        return expression.get("constant_value") if isinstance(expression, dict) else None

    def _text(self, expression: Any) -> str:
        """A constant, or a variable of the root module."""
        value = self._constant(expression)
        if value is None and isinstance(expression, dict):
            for one in expression.get("references") or []:
                if isinstance(one, str) and one.startswith("var."):
                    value = self.plan.variables.get(one.split(".")[1])
                    break
        return value if isinstance(value, str) else ""

    def _walk(self, module: Mapping[str, Any], label: str) -> None:
        for held in module.get("resources") or []:
            self._of_config[label, held.get("address", "")] = held.get("provider_config_key", "")
        for name, call in (module.get("module_calls") or {}).items():
            self._walk((call or {}).get("module") or {}, f"{label}.{name}" if label else name)

    def _region(self, given: str | None, live: Sequence[Home]) -> str:
        if given:
            return given
        own = self._regions.get("aws")
        votes = Counter(self._votes(1))
        data = [
            str(one.values.get("region") or one.values.get("name") or "")
            for one in self.plan.instances.values() if one.data and one.kind == "aws_region"
        ]  # fmt: skip
        for found in (own, next((one for one in data if is_region(one)), None),
                      votes.most_common(1)[0][0] if votes else None, live[0][1] if live else None,
                      next(iter(self._regions.values()), None)):  # fmt: skip
            if found:
                return found
        raise QuestionError(f"{self.plan.file} does not tell the Region: name it with --region", "NO_REGION")

    def _account(self, given: str | None, live: Sequence[Home]) -> str:
        data = [
            str(one.values.get("account_id") or "")
            for one in self.plan.instances.values() if one.data and one.kind == "aws_caller_identity"
        ]  # fmt: skip
        votes = Counter(self._votes(2))
        for found in (given, self._accounts.get("aws"), next((one for one in data if is_account(one)), None),
                      votes.most_common(1)[0][0] if votes else None, live[0][0] if live else None,
                      next(iter(self._accounts.values()), None)):  # fmt: skip
            if found:
                return found
        return NO_ACCOUNT

    def _votes(self, group: int) -> Iterator[str]:
        """What the resources' own ARNs and zones tell."""
        for one in self.plan.instances.values():
            for name in ("arn", "owner_id"):
                match = _ARN.match(str(one.values.get(name) or ""))
                if match and match[group]:
                    yield match[group]
            zone = str(one.values.get("availability_zone") or "")
            if group == 1 and is_region(zone[:-1]):
                yield zone[:-1]

    def of(self, one: Instance) -> Home:
        own = one.values.get("region") if one.values.get("region") and one.kind != "aws_region" else None
        arn = _ARN.match(str(one.values.get("arn") or ""))
        label = ".".join(without_indexes(one.module).replace("module.", "").split("."))
        key = self._of_config.get((label, one.base), "aws")
        if key not in self._regions:  # a module's own entry, which it inherits
            key = key.rpartition(":")[2]
        region = own if isinstance(own, str) and is_region(own) else self._regions.get(key, "")
        if arn and arn[1]:
            region = arn[1]
        account = arn[2] if arn else self._accounts.get(key, "")
        return (account or self.main[0], region or self.main[1])

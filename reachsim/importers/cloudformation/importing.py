"""From a template to a snapshot: what the stack would make, alone or laid over a live snapshot.

``--stack-resources FILE`` (the answer of ``aws cloudformation describe-stack-resources``) tells the ids of what the
stack has made already, so that a changed template updates and deletes by id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.files import write_tree
from reachsim.importers.cloudformation.assembly import stack_of
from reachsim.importers.cloudformation.kinds import kind_of_type, snake
from reachsim.importers.cloudformation.stacks import Stack
from reachsim.importers.cloudformation.template import Resolved, Template, load_yaml, read_template, read_text
from reachsim.importers.dump import shown
from reachsim.importers.places import NO_ACCOUNT, is_account, is_region
from reachsim.importers.planned import Resource, build_snapshot
from reachsim.importers.planned.forms import documented
from reachsim.importers.planned.live import open_live
from reachsim.importers.planned.resource import texts_within
from reachsim.importers.terraform.importing import read_prefix_lists
from reachsim.importers.tree import Ignored, ImportReport
from reachsim.snapshot import Snapshot

_OF_AN_ACCOUNT: Final = re.compile(r"arn:[^:\s]*:[^:\s]*:[^:\s]*:([0-9]{12}):")


def import_cloudformation(
    source: Path,
    out: Path,
    *,
    overwrite: bool = False,
    onto: Path | None = None,
    account: str | None = None,
    region: str | None = None,
    prefix_lists: Path | None = None,
    parameters: Path | None = None,
    stack_resources: Path | None = None,
    exports: Path | None = None,
    template_root: Path | None = None,
) -> ImportReport:
    """Write a snapshot of what a template would make.

    Args:
        source: The template, YAML or JSON; nested stacks are files beside it.
        out: The snapshot's folder, to be made.
        overwrite: Replace ``out`` if it exists.
        onto: A live snapshot to lay the stack over, or that of another template, whose exports ``Fn::ImportValue``
            finds; without it the template is all there is.
        account, region: Where the stack is deployed; parameters AWS::AccountId and AWS::Region tell it, too, and so
            does the manifest of the CDK's cloud assembly that the template lies in.
        prefix_lists: ``aws ec2 describe-prefix-lists`` of the Region.
        parameters: Values of parameters: a JSON or YAML object, the AWS CLI's list of ParameterKey and ParameterValue,
            or CodePipeline's template configuration.
        stack_resources: ``aws cloudformation describe-stack-resources`` of the stack as it is.
        exports: ``aws cloudformation list-exports`` of the Region: what ``Fn::ImportValue`` gives.
        template_root: The folder that templates of nested stacks may be read from; without it the template's own.

    Raises:
        SnapshotError: The template cannot be read; nothing was written.
        QuestionError: ``out`` exists already, a parameter has no value, or nothing tells the Region.
        UnsupportedError: A transform runs in AWS only, or needs the extra ``cfn``.
    """
    live = open_live(onto)
    given = read_parameters(parameters) if parameters is not None else {}
    assembled = stack_of(source)
    own = _region(region, given, assembled.region, live, source)
    below = live.homes()[0][0] if live and live.homes() else ""
    mine = account or str(given.get("AWS::AccountId", "")) or assembled.account or below
    if mine and not is_account(mine):
        raise QuestionError(f"{mine!r} is no account id", "BAD_ACCOUNT")
    template = read_template(source, own, given)
    presumed = [] if mine else [(NO_ACCOUNT, _stand_in(template))]
    mine = mine or NO_ACCOUNT
    known = _stack_resources(stack_resources) if stack_resources is not None else {}
    ids = {logical_id: physical for logical_id, (_, physical) in known.items()}
    with documented(shown(str(source))):
        stack = Stack(template, given, (mine, own), physical=ids, zones=_zones(live, own), files=(source.resolve(),),
                      imports={**(live.manifest.exports if live else {}), **(_exports(exports) if exports else {})},
                      root=Path(os.path.realpath(template_root)) if template_root is not None else None,
                      live=live.manifest.declared if live is not None else None)  # fmt: skip
        resources = list(stack.all())
        _rules_replace_the_default(resources)
        for one in resources:
            if one.address in known:
                one.new, one.action = False, "update" if live is not None else "keep"
        here = {one.address for one in resources}
        for logical_id, (kind, physical) in known.items():
            if logical_id not in here and live is not None:
                was = _was(kind, physical, live, (mine, own))
                gone = Resource(kind_of_type(kind), logical_id, was or {}, (mine, own), str(source), id=physical,
                                new=False, action="delete", before=was or {})  # fmt: skip
                gone.unknown |= {"what it was"} if was is None else set()
                resources.append(gone)
        lists = read_prefix_lists(prefix_lists) if prefix_lists is not None else {}
        report = build_snapshot(
            resources, imported_from="cloudformation", homes=[(mine, own)], onto=live, lists=lists,
            warnings=stack.warnings, unsupported=stack.unsupported, presumed=[*presumed, *stack.presumed],
            touched=stack.touched, exports=stack.exports(),
        )  # fmt: skip
    write_tree(out, report.files, overwrite=overwrite)
    return ImportReport(
        out=out, accounts=report.accounts, regions=report.regions, files=tuple(report.files), derived=report.derived,
        ignored=tuple(Ignored(what, why) for what, why in report.unsupported), warnings=report.warnings,
    )  # fmt: skip


_LINKS: Final = {
    "AWS::EC2::SubnetRouteTableAssociation": ("describe-route-tables", "RouteTables", "RouteTableAssociationId"),
    "AWS::EC2::GatewayRouteTableAssociation": ("describe-route-tables", "RouteTables", "RouteTableAssociationId"),
    "AWS::EC2::SubnetNetworkAclAssociation": ("describe-network-acls", "NetworkAcls", "NetworkAclAssociationId"),
}
"""Types whose physical id is that of an association, and the answer that lists it."""


def _was(kind: str, physical: str, live: Snapshot, home: tuple[str, str]) -> dict[str, Any] | None:
    """What a resource was that a stack loses, as far as its physical id tells; None for a route or an association of
    which it does not (the id of a route is ``TABLE|DESTINATION``, older ones tell nothing).
    """
    if kind == "AWS::EC2::Route":
        table, _, to = physical.partition("|")
        block = "destination_ipv6_cidr_block" if ":" in to else "destination_cidr_block"
        name = "destination_prefix_list_id" if to.startswith("pl-") else block
        return {"route_table_id": table, name: to} if to else None
    if kind not in _LINKS:
        return {}
    call, key, named = _LINKS[kind]
    path = "/".join((*home, "ec2", f"{call}.json"))
    ends = ("SubnetId", "GatewayId", "RouteTableId", "NetworkAclId")
    document = msgspec.json.decode(live.read(path)) if live.status(path) == "ok" else {}
    for record in document.get(key) or []:
        for row in record.get("Associations") or []:
            if row.get(named) == physical:
                return {snake(one): held[one] for held in (record, row) for one in ends if one in held}
    return None


def _stand_in(template: Template) -> str:
    """What is taken for granted where nothing tells the account."""
    told = f"nothing tells the account: {NO_ACCOUNT} stands for it (--account names it)"
    named = {found for text in texts_within(template.section("Resources")) for found in _OF_AN_ACCOUNT.findall(text)}
    others = f", and what the template names of {', '.join(sorted(named))} for another account's"
    return told + (others if named else "")


def _region(
    region: str | None, given: Mapping[str, Any], assembled: str, live: Snapshot | None, source: Path
) -> str:  # fmt: skip
    below = live.homes()[0][1] if live and live.homes() else ""
    found = region or str(given.get("AWS::Region", "")) or assembled or below
    if not found:
        raise QuestionError(f"{shown(str(source))} does not tell the Region: name it with --region", "NO_REGION")
    if not is_region(found):
        raise QuestionError(f"{found!r} is no Region", "BAD_REGION")
    return found


def read_parameters(source: Path) -> dict[str, Any]:
    """Parameter values by name, in any of the forms that AWS's tools take; None where the stack keeps the value that it
    has (``UsePreviousValue``), `Resolved` where describe-stacks tells what the Parameter Store holds. Raises
    SnapshotError.
    """
    name = shown(str(source))
    value, _ = load_yaml(read_text(source, name), name)
    if isinstance(value, dict) and isinstance(value.get("Stacks"), list) and len(value["Stacks"]) == 1:
        value = value["Stacks"][0]
    if isinstance(value, dict) and isinstance(value.get("Parameters"), dict | list):
        value = value["Parameters"]
    if isinstance(value, list):
        found: dict[str, Any] = {}
        for one in value:
            if isinstance(one, dict) and isinstance(one.get("ParameterKey"), str):
                found[one["ParameterKey"]] = _given(one)
            elif isinstance(one, str) and "=" in one:
                key, _, text = one.partition("=")
                found[key] = text
            else:
                raise SnapshotError(Fault(name, "", "ParameterKey and ParameterValue", repr(one)[:60]))
        return found
    if not isinstance(value, dict):
        raise SnapshotError(Fault(name, "", "an object of parameters, or a list with ParameterKey", "neither"))
    return {str(key): "" if one is None else one for key, one in value.items()}


def _given(one: Mapping[str, Any]) -> Any:
    if isinstance(one.get("ResolvedValue"), str):
        return Resolved(one["ResolvedValue"])
    return None if one.get("UsePreviousValue") is True else one.get("ParameterValue", "")


def _answer(source: Path, call: str, *keys: str) -> list[Any]:
    """The list that an answer of the AWS CLI holds under one of these keys."""
    name = shown(str(source))
    value, _ = load_yaml(read_text(source, name), name)
    listed = next((value[key] for key in keys if key in value), None) if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise SnapshotError(Fault(name, f"/{keys[0]}", f"the answer of {call}", "another document"))
    return listed


def _exports(source: Path) -> dict[str, str]:
    """Exported values by name."""
    return {
        str(one["Name"]): str(one["Value"])
        for one in _answer(source, "list-exports", "Exports") if isinstance(one, dict) and "Name" in one
        and "Value" in one
    }  # fmt: skip


def _stack_resources(source: Path) -> dict[str, tuple[str, str]]:
    """(type, physical id) by logical id."""
    listed = _answer(source, "describe-stack-resources", "StackResources", "StackResourceSummaries")
    return {
        str(one["LogicalResourceId"]): (str(one.get("ResourceType", "")), str(one["PhysicalResourceId"]))
        for one in listed if isinstance(one, dict) and one.get("PhysicalResourceId") and one.get("LogicalResourceId")
    }  # fmt: skip


def _zones(live: Snapshot | None, region: str) -> tuple[str, ...]:
    """The Availability Zones of a Region that a live snapshot knows of; Local Zones are none."""
    if live is None:
        return ()
    found: set[str] = set()
    for path, match in live.named():
        if match["region"] == region and path.endswith("/ec2/describe-subnets.json") and live.status(path) == "ok":
            document = msgspec.json.decode(live.read(path))
            for one in document.get("Subnets", []) if isinstance(document, dict) else []:
                found.add(str(one.get("AvailabilityZone", "")))
    return tuple(sorted(zone for zone in found if zone[:-1] == region))


def _rules_replace_the_default(resources: list[Resource]) -> None:
    """AWS's rule that lets everything out goes as soon as a group has one of the template's, also where that is a
    resource of its own (AWS documents it for the group's own property; the CDK found it so, aws/aws-cdk#987)."""
    held = {
        str(one.values.get("security_group_id")) for one in resources
        if one.kind == "aws_vpc_security_group_egress_rule"
    }  # fmt: skip
    for one in resources:
        if one.kind == "aws_security_group" and one.id in held:
            egress = one.values.get("egress") or []
            one.values["egress"] = [rule for rule in egress if not rule.get("default")]
            one.values["without_default"] = len(one.values["egress"]) < len(egress)

"""The shipped snapshots as Terraform plans and states: the same answers as their snapshot twins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.importers import import_terraform
from tests.plans import PlanJson, Ref
from tests.translate import REGION, SNAPSHOTS, Link, account_of, declared, read

TWINS = ("private-pipeline", "leaky-pipeline", "broken-pipeline")


def known(value: Any, ids: dict[str, str]) -> Any:
    """A state's value: every link resolved, policies as texts."""
    match value:
        case Link(label=label):
            return ids[label]
        case dict():
            return {key: known(one, ids) for key, one in value.items()}
        case list():
            return [known(one, ids) for one in value]
    return value


def as_text(name: str, value: Any) -> Any:
    policy = name in ("policy", "assume_role_policy") and isinstance(value, dict)
    return json.dumps(value) if policy else value


def state(name: str, folder: Path) -> Path:
    everything = declared(name)
    ids = {one.label: one.id for one in everything}
    account = account_of(name)
    vpc = read(name, "ec2/describe-vpcs")["Vpcs"][0]["VpcId"]
    tables = read(name, "ec2/describe-route-tables")["RouteTables"]
    main = next(one["RouteTableId"] for one in tables if any(held["Main"] for held in one["Associations"]))
    resources = []
    for one in everything:
        values = {key: as_text(key, known(value, ids)) for key, value in one.values.items()}
        if one.kind == "aws_vpc":
            groups = read(name, "ec2/describe-security-groups")["SecurityGroups"]
            default = next(held["GroupId"] for held in groups if held["GroupName"] == "default")
            values |= {
                "main_route_table_id": main,
                "default_route_table_id": main,
                "default_security_group_id": default,
                "arn": f"arn:aws:ec2:{REGION}:{account}:vpc/{vpc}",
            }
        resources.append(
            {
                "address": f"{one.kind}.{one.label}",
                "mode": "managed",
                "type": one.kind,
                "name": one.label,
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "values": {"id": one.id, **values},
            }
        )
    lists = read(name, "ec2/describe-prefix-lists")["PrefixLists"]
    for number, one in enumerate(lists):
        resources.append(
            {
                "address": f"data.aws_prefix_list.l{number}",
                "mode": "data",
                "type": "aws_prefix_list",
                "name": f"l{number}",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "values": {"id": one["PrefixListId"], "name": one["PrefixListName"], "cidr_blocks": one["Cidrs"]},
            }
        )
    path = folder / "state.json"
    path.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": resources}}}))
    return path


def plan(name: str, folder: Path) -> Path:
    """A plan that makes everything anew. A policy that names an endpoint's id is a deferred aws_iam_policy_document."""
    everything = declared(name)
    kinds = {one.label: one.kind for one in everything}
    made = PlanJson(REGION, account_of(name))

    def ref(value: Any) -> Any:
        match value:
            case Link(label=label, attribute=attribute):
                return Ref(f"{kinds[label]}.{label}.{attribute}")
            case [Link(), *_] if all(isinstance(one, Link) for one in value):
                return Ref(*(f"{kinds[one.label]}.{one.label}.{one.attribute}" for one in value))
            case list():
                return [ref(one) for one in value]
            case dict():
                return {key: ref(one) for key, one in value.items()}
        return value

    endpoint = next(iter(one for one in everything if one.kind == "aws_vpc_endpoint"))
    network = next(one.values["cidr_block"] for one in everything if one.kind == "aws_vpc")
    assert endpoint.id.startswith("vpce-")
    for one in everything:
        values = {}
        for key, value in one.values.items():
            text = as_text(key, value)
            if key == "policy" and ('"aws:SourceVpce"' in text or '"ec2:Subnet"' in text):
                text = _without_ids(text, network)
            values[key] = ref(text)
        made.add(f"{one.kind}.{one.label}", **values)
    for number, one in enumerate(read(name, "ec2/describe-prefix-lists")["PrefixLists"]):
        made.data(
            f"aws_prefix_list.l{number}", id=one["PrefixListId"], name=one["PrefixListName"], cidr_blocks=one["Cidrs"]
        )
    return made.write(folder / "plan.json")


def _without_ids(text: str, network: str) -> str:
    """A plan cannot know the ids of endpoints, for which the VPC's addresses say the same, nor those of subnets."""
    policy = json.loads(text)
    for statement in policy["Statement"]:
        for operator in list(statement.get("Condition", {})):
            held = statement["Condition"][operator]
            held.pop("ec2:Subnet", None)
            if held.pop("aws:SourceVpce", None):
                other = "NotIpAddress" if "Not" in operator else "IpAddress"
                statement["Condition"].setdefault(other, {})["aws:VpcSourceIp"] = network
            if not held:
                del statement["Condition"][operator]
    return json.dumps(policy)


def answers(reach: Reach, name: str) -> dict[str, Any]:
    """What the two must have in common: the word, every cell, every step, every finding."""
    code = {one.name: str(one) for one in (SNAPSHOTS / name / "code").iterdir()}
    found = reach.check(None, code)
    return {
        "overall": found.overall,
        "matrix": {
            (_kind(c.source), _kind(c.destination)): (c.outcome, c.route, c.needed, _codes(c.blocked_by))
            for c in found.matrix
        },
        "steps": {(_kind(s.project), s.step): (s.outcome, s.route, _codes(s.blocked_by)) for s in found.steps},
        "findings": sorted({(f.id, f.severity) for f in found.findings if f.id != "BAD_STATE_ROUTE"}),
        "missing": found.missing,
    }


def _codes(blocks: Any) -> list[tuple[str, Any, str]]:
    """Without ids, which differ."""
    return sorted({(one.code, one.rule if one.code.startswith("SUBNET") else None, one.leg) for one in blocks}, key=str)


def _kind(selector: str) -> str:
    return "client" if selector.startswith("i-") else selector


@pytest.mark.parametrize("form", [state, plan])
@pytest.mark.parametrize("name", TWINS)
def test_a_twin_gives_the_same_answers(name: str, form: Any, tmp_path: Path) -> None:
    import_terraform(form(name, tmp_path), tmp_path / "out")
    assert answers(load(tmp_path / "out"), name) == answers(load(SNAPSHOTS / name), name)

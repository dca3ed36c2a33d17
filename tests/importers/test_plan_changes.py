"""Changes over a live snapshot as Terraform 1.11 writes them: forgotten and untargeted resources, a replaced security
group of an instance that stays, a route whose computed targets keep their old values. Hand-made (see `tests.plans`);
the forms are those of ``terraform show -json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.importers import ImportReport, import_terraform
from tests.build import Build
from tests.plans import PlanJson, Ref

Document = dict[str, Any]
WEB = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
BEFORE = {"id": "r-1", "route_table_id": "rtb-priv", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-main",
          "network_interface_id": "eni-old"}  # fmt: skip


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """An instance without a public address whose one route leads to an internet gateway."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16", name="1")
    table = net.table(vpc, [("0.0.0.0/0", "igw-main")], name="priv")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table, name="priv")
    closed = net.group(vpc, ingress=[], name="closed")
    net.group(vpc, ingress=[("tcp", 443, 443, "0.0.0.0/0")], name="open")
    net.instance(subnet, "10.0.1.5", [closed], name="app")
    net.igw(vpc, name="main")
    return net.write(tmp_path / "live")


def over(plan: PlanJson, live: Path, tmp_path: Path, *edits: Callable[[Document], None]) -> tuple[Reach, ImportReport]:
    document = plan.json()
    for edit in edits:
        edit(document)
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    report = import_terraform(tmp_path / "plan.json", tmp_path / "out", onto=live)
    return load(tmp_path / "out"), report


def targets(reach: Reach) -> list[str | None]:
    routes = reach.network.route_tables["rtb-priv"].routes
    return [one.gateway_id or one.nat_gateway_id for one in routes if one.destination_cidr_block == "0.0.0.0/0"]


def test_what_is_forgotten_stays_though_planned_values_list_it_empty(live: Path, tmp_path: Path) -> None:
    """``removed { lifecycle { destroy = false } }``."""
    plan = PlanJson()
    plan.add("aws_route.out", action="forget", before=BEFORE)

    def forgotten(document: Document) -> None:
        (change,) = document["resource_changes"]
        change["change"] |= {"actions": ["forget"], "after": None, "after_unknown": {}}

    reach, report = over(plan, live, tmp_path, forgotten)
    assert targets(reach) == ["igw-main"]
    assert report.warnings == ("the plan changes nothing: OUT is the live snapshot",)


@pytest.mark.parametrize("how", ["-refresh-only", "-target"])
def test_what_only_the_state_holds_stays(how: str, live: Path, tmp_path: Path) -> None:
    """``-refresh-only`` plans nothing; ``-target`` leaves out what it does not name, declared or not."""
    plan = PlanJson()
    plan.prior.append({"address": "aws_subnet.mine", "mode": "managed", "type": "aws_subnet", "name": "mine",
                       "provider_name": "registry.terraform.io/hashicorp/aws", "values": {
                           "id": "subnet-priv", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24"}})  # fmt: skip
    expressions = {"cidr_block": {"constant_value": "10.0.1.0/24"}, "vpc_id": {"constant_value": "vpc-1"}}
    plan.root["resources"].append({"address": "aws_subnet.mine", "mode": "managed", "type": "aws_subnet",
                                   "name": "mine", "expressions": expressions})  # fmt: skip
    if how == "-target":
        plan.more["complete"] = False
        plan.add("aws_internet_gateway.other")
    reach, _ = over(plan, live, tmp_path)
    assert sorted(reach.network.subnets) == ["subnet-priv"]


def test_a_replaced_group_takes_the_place_of_the_old_one(live: Path, tmp_path: Path) -> None:
    """``create_before_destroy``: the group has a new id, and the instance that stays is updated to it."""
    plan = PlanJson()
    plan.add("aws_security_group.g", name="new", vpc_id="vpc-1", ingress=[WEB], action="replace",
             before={"id": "sg-closed", "name": "closed", "vpc_id": "vpc-1"})  # fmt: skip
    plan.add("aws_instance.app", action="update", id="i-app", subnet_id="subnet-priv", source_dest_check=False,
             before={"id": "i-app", "vpc_security_group_ids": ["sg-closed"]},
             vpc_security_group_ids=Ref("aws_security_group.g.id"))  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    (interface,) = reach.network.interfaces.values()
    assert interface.groups == ("sg-g",)
    assert interface.source_dest_check is False


def test_another_group_of_an_instance_counts(live: Path, tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_instance.app", action="update", id="i-app", subnet_id="subnet-priv",
             before={"id": "i-app", "vpc_security_group_ids": ["sg-closed"]},
             vpc_security_group_ids=["sg-open"])  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    assert reach.simulate("ip:10.0.1.99", "i-app", protocol="tcp", port=443).outcome == "allowed"
    assert load(live).simulate("ip:10.0.1.99", "i-app", protocol="tcp", port=443).outcome == "blocked"


def test_the_target_that_changes_is_the_routes(live: Path, tmp_path: Path) -> None:
    """The computed ones (``network_interface_id``) keep in a plan what they were."""
    plan = PlanJson()
    plan.add("aws_route.out", action="update", before=BEFORE | {"gateway_id": ""}, route_table_id="rtb-priv",
             destination_cidr_block="0.0.0.0/0", network_interface_id="eni-old", gateway_id="igw-main")  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    assert targets(reach) == ["igw-main"]


def test_a_route_of_a_table_that_goes_too_is_nobodys_question(live: Path, tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_route.out", action="delete", before=BEFORE)
    plan.add("aws_route_table.priv", action="delete", before={"id": "rtb-priv", "vpc_id": "vpc-1"})
    _, report = over(plan, live, tmp_path)
    assert report.warnings == ()


def test_rules_of_the_default_group_of_a_vpc_that_is_looked_up(live: Path, tmp_path: Path) -> None:
    """``aws_default_security_group`` with ``vpc_id = data.aws_vpc.this.id``: the plan does not tell the group's id."""
    file = live / "111111111111/us-east-1/ec2/describe-security-groups.json"
    document = json.loads(file.read_text())
    document["SecurityGroups"][0] |= {"GroupName": "default"}
    file.write_text(json.dumps(document), encoding="utf-8")
    plan = PlanJson()
    plan.add("aws_default_security_group.d", vpc_id="vpc-1")
    plan.add("aws_security_group_rule.r", security_group_id=Ref("aws_default_security_group.d.id"), type="ingress",
             protocol="tcp", from_port=443, to_port=443, cidr_blocks=["0.0.0.0/0"])  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    default = next(one for one in reach.network.security_groups.values() if one.group_name == "default")
    assert [rule.from_port for rule in default.ip_permissions] == [443]


def test_a_deleted_project_is_none_that_the_live_snapshot_lacks(snapshots: Path, tmp_path: Path) -> None:
    """codebuild list-projects names it as well, and what that names and no answer holds may be anything."""
    live = snapshots / "private-pipeline"
    arn = "arn:aws:codebuild:ap-northeast-1:111111111111:project/app-build"
    plan = PlanJson(region="ap-northeast-1")
    plan.add("aws_codebuild_project.p", action="delete", before={"id": arn, "arn": arn, "name": "app-build"})
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out", onto=live)
    after = load(tmp_path / "out")
    assert after.network.projects == {}
    assert not after.check().missing
    assert load(live).diff(after).gate == ("pass", ())


@pytest.mark.parametrize(("had", "gets", "outcome", "route"), [
    (["rtb-priv"], [], "allowed", "aws-public"),
    (["rtb-priv"], ["rtb-other"], "allowed", "aws-public"),
    ([], ["rtb-other"], "allowed", "private"),  # associated apart
    (["rtb-priv"], Ref("local.tables"), "unknown", "none"),
])  # fmt: skip
def test_a_table_that_an_endpoint_loses_has_no_route_to_it(
    had: list[str], gets: Any, outcome: str, route: str, tmp_path: Path
) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", name="1")
    net.table(vpc, name="other")
    table = net.table(vpc, [("0.0.0.0/0", net.igw(vpc))], name="priv")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table)
    net.instance(subnet, "10.0.1.5", [net.group(vpc)], name="app", public="203.0.113.5")
    net.gateway_endpoint(vpc, "s3", [table], name="s3")
    live = net.write(tmp_path / "live")
    assert load(live).simulate("i-app", "s3", protocol="tcp", port=443).route == "private"
    plan = PlanJson()
    plan.add("aws_vpc_endpoint.s3", action="update", before={"id": "vpce-s3", "route_table_ids": had}, id="vpce-s3",
             vpc_id=vpc, service_name="com.amazonaws.us-east-1.s3", vpc_endpoint_type="Gateway",
             route_table_ids=gets)  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    verdict = reach.simulate("i-app", "s3", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.route) == (outcome, route)


def test_a_function_that_leaves_its_vpc_reaches_the_internet(live: Path, tmp_path: Path) -> None:
    inside = {"SubnetIds": ["subnet-priv"], "SecurityGroupIds": ["sg-closed"], "VpcId": "vpc-1"}
    named = "arn:aws:lambda:us-east-1:111111111111:function:job"
    function = {"FunctionName": "job", "FunctionArn": named, "Role": "", "VpcConfig": inside}
    file = live / "111111111111/us-east-1/lambda/list-functions.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"Functions": [function]}), encoding="utf-8")
    assert load(live).simulate("lambda:job", "internet").outcome == "blocked"
    plan = PlanJson()
    was = [{"subnet_ids": ["subnet-priv"], "security_group_ids": ["sg-closed"], "vpc_id": "vpc-1"}]
    plan.add("aws_lambda_function.job", action="update", before={"id": "job", "function_name": "job",
             "vpc_config": was}, id="job", function_name="job", role="", vpc_config=[])  # fmt: skip
    reach, _ = over(plan, live, tmp_path)
    assert reach.simulate("lambda:job", "internet").outcome == "allowed"

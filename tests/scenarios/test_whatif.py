"""What an edit would do: patch files, deletions of any component, edits in Python; what comes of it is checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reachsim import QuestionError, Reach, SnapshotError, load, load_files
from reachsim.cli import group
from reachsim.edits import what_if
from tests.scenarios.pipelines import BUILD, CLIENT, LAYERS, Pipeline, for_all, policy

ROUTES = "111111111111/ap-northeast-1/ec2/describe-route-tables.json"


def opened(net: Pipeline | None = None) -> Reach:
    return load_files((net or Pipeline()).files())


def with_nat() -> Pipeline:
    net = Pipeline()
    net.with_nat()
    return net


def outcome(reach: Reach, destination: str, source: str = BUILD, **more: Any) -> tuple[str, str]:
    if destination != "internet" and source != "internet":
        more = {"protocol": "tcp", "port": 443, **more}
    verdict = reach.simulate(source, destination, **more)
    return verdict.outcome, verdict.route


# Deleting


@pytest.mark.parametrize(
    ("component", "destination", "before", "after"),
    [
        ("nat-1", "internet", ("allowed", "internet"), ("blocked", "none")),
        ("igw-1", "internet", ("allowed", "internet"), ("blocked", "none")),
        ("rtb-build/0.0.0.0/0", "internet", ("allowed", "internet"), ("blocked", "none")),
        ("vpce-ecr-api", "ecr.api", ("allowed", "private"), ("allowed", "aws-public")),
        ("vpce-s3", "s3", ("allowed", "private"), ("allowed", "aws-public")),
        ("sg-ep", "ecr.api", ("allowed", "private"), ("blocked", "none")),
        ("sg-build", "ecr.api", ("allowed", "private"), ("allowed", "private")),
        ("rtb-build", "s3", ("allowed", "private"), ("blocked", "none")),
        ("subnet-ep-a", "ecr.api", ("allowed", "private"), ("allowed", "private")),
        ("subnet-ep-a", "git-codecommit", ("allowed", "private"), ("allowed", "private")),
        ("sg-ep/ingress/tcp 443 10.10.0.0/16", "logs", ("allowed", "private"), ("blocked", "none")),
        ("acl-1-default/inbound/100", "logs", ("allowed", "private"), ("blocked", "none")),
    ],
)
def test_without_a_component(
    component: str, destination: str, before: tuple[str, str], after: tuple[str, str]
) -> None:  # fmt: skip
    reach = opened(with_nat())
    assert outcome(reach, destination) == before
    assert outcome(reach.what_if(remove=component), destination) == after
    assert outcome(reach, destination) == before


@pytest.mark.parametrize("component", ["i-1", "eni-1-eth0", "codebuild:p1", "subnet-client-a", "vpc-1", "pl-1"])
def test_what_is_gone_is_gone(component: str) -> None:
    reach = opened().what_if(remove=component)
    with pytest.raises(QuestionError):
        what_if(reach.network, remove=component)


def test_a_network_acls_subnets_get_the_default_one() -> None:
    net = Pipeline()
    net.use_acl(net.acl("vpc-1", [], name="shut"), net.build_a, net.build_c)
    assert outcome(opened(net), "logs") == ("blocked", "none")
    assert outcome(opened(net).what_if(remove="acl-shut"), "logs") == ("allowed", "private")


def test_a_route_whose_target_is_gone_is_a_blackhole() -> None:
    tables = opened(with_nat()).what_if(remove="nat-1").network.route_tables
    assert [one.state for one in tables["rtb-build"].routes if one.nat_gateway_id] == ["blackhole"]
    gone = opened().what_if(remove="vpce-s3").network.route_tables
    assert all(one.gateway_id == "local" for one in gone["rtb-build"].routes)


@pytest.mark.parametrize(
    "component",
    ["nat-9", "vpce-9", "codebuild:p9", "i-9", "sgr-9", "rtb-build/10.9.0.0/16", "rtb-9", "acl-1-default/inbound/9",
     "acl-1-default", "rtb-1-main", "acl-1-default/sideways/100", "sg-ep/ingress/tcp 80 10.10.0.0/16", "nonsense",
     "vpc-1/x"],
)  # fmt: skip
def test_what_cannot_be_deleted_is_said(component: str) -> None:
    with pytest.raises(QuestionError):
        opened().what_if(remove=component)


def test_a_rule_is_deleted_by_its_id(snapshots: Path) -> None:
    reach = load(snapshots / "private-pipeline")
    before = reach.check().overall
    rules = [one for one in reach.network.security_group_rules.values() if not one.is_egress]
    after = reach.what_if(remove=[one.security_group_rule_id for one in rules])
    assert (before, after.check().overall) == ("private-and-working", "private-but-failing")
    assert not any(group.ip_permissions for group in after.network.security_groups.values())


@pytest.mark.parametrize("name", ["private", "leaky", "broken"])
def test_every_component_of_a_snapshot_can_be_deleted(name: str, snapshots: Path) -> None:
    reach = load(snapshots / f"{name}-pipeline")
    network = reach.network
    never = {one.network_acl_id for one in network.network_acls.values() if one.is_default}
    never |= {key for key, one in network.route_tables.items() if any(each.main for each in one.associations)}
    for component in (
        *network.vpcs, *network.subnets, *network.route_tables, *network.network_acls, *network.security_groups,
        *network.network_interfaces, *network.instances, *network.vpc_endpoints, *network.nat_gateways,
        *network.internet_gateways, *network.security_group_rules, *network.prefix_lists,
        *(f"codebuild:{project}" for _, project in network.projects),
    ):  # fmt: skip
        if component in never:
            continue
        after = reach.what_if(remove=component).network
        assert component not in after.places, component


def test_a_deleted_security_group_is_one_change(snapshots: Path) -> None:
    reach = load(snapshots / "private-pipeline")
    (group,) = [key for key, one in reach.network.security_groups.items() if one.group_name == "vpc-endpoints"]
    diff = reach.diff(reach.what_if(remove=group))
    (impact,) = diff.changes
    assert (impact.change.component, impact.matters) == (group, "causes")
    assert impact.change.text.startswith("deleted; taken from ")
    assert {one.causes for one in diff.cells} == {(impact.change.id,)}


def test_a_deleted_project_is_none_that_the_snapshot_lacks(snapshots: Path) -> None:
    """codebuild list-projects names it as well, and what that names and no answer holds may be anything."""
    reach = load(snapshots / "private-pipeline")
    after = reach.what_if(remove="codebuild:app-build")
    assert not after.check().missing
    assert reach.diff(after).gate == ("pass", ())


def test_an_instance_without_an_interface_is_not_known(snapshots: Path) -> None:
    reach = load(snapshots / "private-pipeline")
    (eni,) = [key for key, one in reach.network.interfaces.items() if one.instance_id]
    diff = reach.diff(reach.what_if(remove=eni))
    assert {one.after.outcome for one in diff.cells} == {"unknown"}


def test_an_address_given_back_is_no_news_about_the_internet() -> None:
    net = with_nat()
    outside = net.project("outside")
    reach = opened(net)
    found = reach.diff(reach.what_if(remove="nat-1"))
    assert found.gate == ("pass", ())
    assert f"codebuild:{outside}" not in {one.source for one in found.cells}


# Adding and setting


def test_edits_in_python() -> None:
    reach = opened(with_nat())
    assert outcome(reach.what_if(add_route=("rtb-client", "0.0.0.0/0", "nat-1")), "internet", CLIENT)[1] == "internet"
    shut = reach.what_if(remove_rule="sg-ep/ingress/tcp 443 10.10.0.0/16")
    assert outcome(shut, "logs") == ("blocked", "none")
    again = shut.what_if(add_rule=("sg-ep", "ingress", "tcp", 443, "sg-build"))
    assert outcome(again, "logs") == ("allowed", "private")
    assert outcome(again, "logs", CLIENT) == ("blocked", "none")
    both = shut.what_if(add_rule=[("sg-ep", "ingress", "tcp", 443, one) for one in ("sg-build", "sg-client")])
    assert outcome(both, "logs", CLIENT) == ("allowed", "private")
    narrow = reach.what_if(set_policy=("vpce-s3", policy(for_all("s3:GetObject", "arn:aws:s3:::own/*"))))
    request = [{"action": "s3:GetObject", "resource": LAYERS}]
    assert narrow.simulate(BUILD, "s3", protocol="tcp", port=443, requests=request).outcome == "blocked"
    back = narrow.what_if(set_policy=("vpce-s3", None))
    assert back.simulate(BUILD, "s3", protocol="tcp", port=443, requests=request).outcome == "allowed"
    gone = reach.what_if(remove_route=[("rtb-build", "0.0.0.0/0")])
    assert outcome(gone, "internet") == ("blocked", "none")


def test_lists_do_for_tuples_and_blocks_are_stored_as_aws_stores_them() -> None:
    reach = opened(with_nat()).what_if(
        add_route=["rtb-client", "198.51.100.9/24", "nat-1"], add_rule=["sg-client", "ingress", "tcp", 22, "10.9.8.7/8"]
    )
    routes = reach.network.route_tables["rtb-client"].routes
    assert "198.51.100.0/24" in {str(one.destination_cidr_block) for one in routes}
    (rule,) = reach.network.security_groups["sg-client"].ip_permissions
    assert [str(one.cidr_ip) for one in rule.ip_ranges] == ["10.0.0.0/8"]


def test_a_patch_file_that_is_not_there_is_a_fault_of_it(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="expected a readable file"):
        opened().what_if(patch=tmp_path / "none.json")


def test_policies_of_buckets_and_repositories() -> None:
    deny = policy(for_all("ecr:*", effect="Deny"))
    after = opened().what_if(set_policy=("ecr:app", deny))
    request = [{"action": "ecr:PutImage", "resource": "arn:aws:ecr:ap-northeast-1:111111111111:repository/app"}]
    assert after.simulate(BUILD, "ecr.dkr", protocol="tcp", port=443, requests=request).outcome == "blocked"
    assert opened().what_if(set_policy=("s3:own", None)).network.snapshot.status(
        "111111111111/global/s3api/get-bucket-policy/own.json"
    ) == "absent"  # fmt: skip


@pytest.mark.parametrize(
    "edits",
    [
        {"add_route": ("rtb-9", "0.0.0.0/0", "nat-1")},
        {"add_route": ("rtb-build", "0.0.0.0/0", "vpc-1")},
        {"add_rule": ("sg-ep", "inward", "tcp", 443, "sg-build")},
        {"set_policy": ("nat-1", {})},
        {"set_policy": ("s3:", {})},
        {"set_policy": "vpce-s3"},
        {"add_route": ("rtb-build", "0.0.0.0/0")},
        {"add_route": "rtb-build"},
        {"add_route": [("rtb-build", "0.0.0.0/0", "nat-1"), 5]},
        {"remove_route": ("rtb-build",)},
        {"remove_route": ("rtb-build", "10.10.0.0/16")},
        {"add_rule": ("sg-ep", "ingress", "tcp", 443)},
        {"remove_rule": 5},
        {"remove": 5},
        {"remove": ["vpce-s3", None]},
    ],
    ids=str,
)
def test_edits_that_make_no_sense(edits: dict[str, Any]) -> None:
    with pytest.raises(QuestionError):
        opened().what_if(**edits)


def test_what_an_edit_makes_is_validated() -> None:
    with pytest.raises(SnapshotError, match="describe-security-groups"):
        opened().what_if(add_rule=("sg-ep", "ingress", "tcp", 443, "no block"))


# Patch files


def patch(*operations: dict[str, Any], file: str = ROUTES) -> dict[str, Any]:
    return {"format": 1, "why": "a test", "edits": [{"file": file, "patch": list(operations)}]}


def index(reach: Reach, table: str) -> int:
    return int(reach.network.places[table].pointer.rpartition("/")[2])


def test_a_patch_is_applied_and_a_faulty_one_named() -> None:
    reach = opened(with_nat())
    at = f"/RouteTables/{index(reach, 'rtb-build')}/Routes"
    number = next(
        n for n, one in enumerate(reach.network.route_tables["rtb-build"].routes) if one.nat_gateway_id == "nat-1"
    )
    after = reach.what_if(patch=patch({"op": "remove", "path": f"{at}/{number}"}))
    assert outcome(after, "internet") == ("blocked", "none")
    with pytest.raises(SnapshotError, match=f"{ROUTES}#{at}/77: expected a value there, found none"):
        reach.what_if(patch=patch({"op": "remove", "path": f"{at}/77"}))
    with pytest.raises(SnapshotError, match="patch#/format"):
        reach.what_if(patch={"edits": []})
    with pytest.raises(SnapshotError, match=ROUTES):
        reach.what_if(patch=patch({"op": "replace", "path": "/RouteTables", "value": 3}))


# The command


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(group, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    return with_nat().write(tmp_path / "leaky")


def test_if_i_delete_this_what_breaks(leaky: Path) -> None:
    result = run("whatif", leaky, "--remove", "nat-1")
    assert result.exit_code == 0
    assert "overall: leaking → private-and-working" in result.stdout
    assert "nat gateway nat-1: deleted" in result.stdout
    found = json.loads(run("whatif", leaky, "--remove", "vpce-logs", "--format", "json", "--gate").stdout)
    assert found["gate"]["result"] == "fail"
    moved = next(one for one in found["cells"] if (one["source"], one["destination"]) == (BUILD, "logs"))
    assert (moved["before"]["route"], moved["after"]["route"], moved["leaves"]) == ("private", "aws-public", True)


def test_a_patch_file_and_the_snapshot_it_makes(leaky: Path, tmp_path: Path) -> None:
    made = what_if(load(leaky).network, remove="nat-1")
    file = tmp_path / "patch.json"
    file.write_text(json.dumps(made.to_json()), encoding="utf-8")
    by_patch = run("whatif", leaky, file, "--write", tmp_path / "after")
    assert by_patch.stdout == run("whatif", leaky, "--remove", "nat-1").stdout
    assert load(tmp_path / "after").check().overall == "private-and-working"
    assert run("diff", leaky, tmp_path / "after").stdout == by_patch.stdout
    assert run("whatif", leaky, file, "--write", tmp_path / "after").exit_code == 2
    assert run("whatif", leaky, file, "--write", tmp_path / "after", "--overwrite").exit_code == 0


def test_bad_usage(leaky: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert run("whatif", leaky).exit_code == 2
    assert run("whatif", leaky, tmp_path / "bad.json").exit_code == 2
    assert run("whatif", leaky, tmp_path / "nowhere.json").exit_code == 2
    assert run("whatif", leaky, "--remove", "nat-9").exit_code == 2


def test_the_page_says_what_was_edited_and_is_green_only_where_all_is_well(leaky: Path, tmp_path: Path) -> None:
    page = run("whatif", leaky, "--remove", "nat-1", "--format", "html").stdout
    assert f"<code>{leaky} without nat-1</code>" in page
    assert '<section id="verdict" class="gate-pass">' in page
    private = Pipeline().write(tmp_path / "private")
    page = run("whatif", private, "--remove", "vpce-logs", "--format", "html").stdout
    assert '<section id="verdict" class="gate-pass ill">' in page

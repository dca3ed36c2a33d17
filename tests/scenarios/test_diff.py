"""Two pipelines compared: what newly passes and no longer does, by exact sets, why, and what the gate says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reachsim import load_files
from reachsim.cli import group
from reachsim.config import Config
from reachsim.diff import CellChange, Diff
from reachsim.diff.cells import evaluate
from reachsim.diff.scope import questions
from reachsim.verdict import Traffic
from tests.build import Build
from tests.scenarios.pipelines import (
    BUILD,
    BUILD_ROLE,
    CLIENT,
    IN,
    LAYERS,
    OUT,
    REGION,
    Pipeline,
    for_all,
    policy,
    statement,
)

EVERY_PORT = ((0, 65535),)


def compared(before: Build, after: Build, **more: Any) -> Diff:
    return load_files(before.files()).diff(load_files(after.files()), **more)


def edited(edit: Callable[[Pipeline], object], **more: Any) -> Diff:
    after = Pipeline()
    edit(after)
    return compared(Pipeline(), after, **more)


def cell(diff: Diff, destination: str, source: str = BUILD) -> CellChange:
    return next(one for one in diff.cells if (one.source, one.destination) == (source, destination))


def because(diff: Diff, one: CellChange) -> list[str]:
    texts = {each.change.id: f"{each.change.component} {each.change.text}" for each in diff.changes}
    return [texts[each] for each in one.causes]


def effects(diff: Diff) -> dict[str, str]:
    return {f"{one.change.component} {one.change.text}": one.matters for one in diff.changes}


def test_the_same_configuration_has_no_difference() -> None:
    diff = compared(Pipeline(), Pipeline())
    assert diff.nothing_changed
    assert diff.gate == ("pass", ())
    assert diff.skipped == (BUILD, CLIENT)


def test_a_nat_gateway_lets_a_build_out() -> None:
    diff = edited(lambda net: net.with_nat())
    assert diff.overall == ("private-and-working", "leaking")
    assert {one.destination for one in diff.cells} == {"codecommit", "sts", "internet"}
    out = cell(diff, "internet")
    assert (out.before.outcome, out.after.outcome, out.after.route) == ("blocked", "allowed", "internet")
    assert {one.protocol for one in out.allowed} == {"tcp", "udp", "icmp"}
    assert out.blocked == ()
    assert (out.leaves, out.exits) == (True, ("nat-1",))
    assert because(diff, out) == ["rtb-build route 0.0.0.0/0 added, to nat-1"]
    verdict, reasons = diff.gate
    assert verdict == "fail"
    assert "codebuild:p1 → internet by nat-1" in reasons
    assert [one.id for one in diff.appeared if one.severity == "medium"] == [
        "PUBLIC_EGRESS_POSSIBLE", "VPCE_MISSING_FOR_SERVICE",
    ]  # fmt: skip


def test_what_goes_away_newly_leaves_nothing() -> None:
    before = Pipeline()
    before.with_nat()
    diff = compared(before, Pipeline())
    assert diff.overall == ("leaking", "private-and-working")
    assert diff.gate == ("pass", ())
    assert not any(one.leaves or one.allowed for one in diff.cells)


def test_newly_blocked_is_the_exact_part() -> None:
    def one_zone(net: Pipeline) -> None:
        net["sg-ep"]["IpPermissions"] = [
            net._permission(("tcp", 443, 443, block)) for block in ("10.10.1.0/24", "10.10.21.0/24")
        ]

    diff = edited(one_zone)
    git = cell(diff, "git-codecommit")
    assert (git.before.outcome, git.after.outcome) == ("allowed", "intermittent")
    (lost,) = git.blocked
    assert (lost.protocol, lost.ports, lost.client_ports) == ("tcp", ((443, 443),), ((32768, 60999),))
    assert all(block.startswith("10.10.2.") for block in lost.source)
    assert lost.destination == ("10.10.11.20/32", "10.10.12.20/32") or set(lost.destination) == {
        "10.10.11.20", "10.10.12.20",
    }  # fmt: skip
    assert because(diff, git) == ["sg-ep ingress rule removed: tcp 443 from 10.10.0.0/16"]
    assert effects(diff) == {
        "sg-ep ingress rule removed: tcp 443 from 10.10.0.0/16": "causes",
        "sg-ep ingress rule added: tcp 443 from 10.10.1.0/24": "indirectly",
        "sg-ep ingress rule added: tcp 443 from 10.10.21.0/24": "indirectly",
    }


def test_traffic_that_moves_from_an_endpoint_to_the_internets_way_out() -> None:
    before, after = Pipeline(), Pipeline(s3_tables=["client"])
    before.with_nat()
    after.with_nat()
    diff = compared(before, after)
    (moved,) = cell(diff, "s3").moved
    assert (moved.before, moved.after) == ("private", "aws-public")
    assert moved.traffic[0].destination == ("52.216.0.0/15",)
    assert cell(diff, "s3").leaves
    assert diff.gate[0] == "fail"
    assert [one.destination for one in diff.cells] == ["s3"]


def test_two_changes_that_cause_something_only_together() -> None:
    def shut_out(net: Pipeline) -> None:
        net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]

    before, after = Pipeline(), Pipeline()
    shut_out(before)
    after.with_nat()
    diff = compared(before, after)
    causes = because(diff, cell(diff, "internet"))
    assert causes == ["sg-build egress rule added: all traffic to 0.0.0.0/0"] or causes == [
        "rtb-build route 0.0.0.0/0 added, to nat-1"
    ]
    both = {text for text, matters in effects(diff).items() if matters != "nothing"}
    assert both >= {"sg-build egress rule added: all traffic to 0.0.0.0/0", "rtb-build route 0.0.0.0/0 added, to nat-1"}


def test_changes_that_make_up_for_each_other() -> None:
    def widened(net: Pipeline) -> None:
        net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "10.0.0.0/8"))]

    diff = edited(widened)
    assert [one.destination for one in diff.cells] == []
    assert set(effects(diff).values()) == {"indirectly"}


def test_a_rule_that_nothing_depends_on() -> None:
    diff = edited(lambda net: net.permit("sg-build", "in", ("tcp", 22, 22, "10.10.0.0/16")))
    assert effects(diff) == {"sg-build ingress rule added: tcp 22 from 10.10.0.0/16": "nothing"}
    assert diff.overall == (None, None)


def test_the_internet_gets_in() -> None:
    def public(net: Pipeline) -> None:
        association = {"IpOwnerId": net.account, "PublicIp": "203.0.113.5"}
        eni = net[net.interface_of("i-1")]
        eni["Association"] = eni["PrivateIpAddresses"][0]["Association"] = association
        net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1"))

    before, after = Pipeline(), Pipeline()
    public(before)
    public(after)
    after.permit("sg-client", "in", ("tcp", 22, 22, "0.0.0.0/0"))
    diff = compared(before, after)
    (only,) = diff.cells
    assert (only.source, only.destination, only.exposes, only.exits) == ("internet", CLIENT, True, ("igw-1",))
    assert {(one.protocol, one.ports) for one in only.allowed} == {("tcp", ((22, 22),))}
    assert diff.gate[0] == "fail"
    assert [one.id for one in diff.appeared] == ["INTERFACE_EXPOSED"]
    assert diff.compared == (CLIENT,)


def test_a_policy_is_told_by_a_request() -> None:
    diff = edited(lambda net: net["vpce-s3"].update(PolicyDocument=json.dumps(policy(for_all("s3:*", LAYERS)))))
    (told,) = diff.policies
    assert (told.component, told.allows_more, told.allows_less) == ("vpce-s3", False, True)
    assert told.less
    back = compared(Pipeline(s3_policy=policy(for_all("s3:GetObject", LAYERS))), Pipeline())
    assert back.policies[0].allows_more
    assert "s3:" in back.policies[0].more


def test_a_policy_that_is_new_is_told_and_raises_the_finding_it_causes() -> None:
    def open_up(net: Pipeline) -> None:
        net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(for_all("ecr:BatchGetImage")))})

    before = Pipeline()
    before.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    after = Pipeline()
    after.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    open_up(after)
    diff = compared(before, after)
    (impact,) = diff.changes
    assert impact.change.text.startswith("policy added: Allow ecr:BatchGetImage")
    assert (impact.matters, impact.findings) == ("causes", ("ECR_REPOSITORY_PUBLIC app",))
    (told,) = diff.policies
    assert (told.component, told.allows_more, told.allows_less) == ("app", True, False)
    assert diff.gate == ("fail", ("ECR_REPOSITORY_PUBLIC app",))
    (finding,) = diff.appeared
    assert diff.causes_of(finding) == (impact.change.id,)
    back = compared(after, before)
    assert back.gate == ("pass", ())
    assert [(one.id, back.causes_of(one)) for one in back.gone] == [("ECR_REPOSITORY_PUBLIC", ("c1",))]


def with_buckets(net: Pipeline) -> Pipeline:
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "pipe-b"}]}, region="global")
    return net


@pytest.mark.parametrize(
    ("before", "after", "proof"),
    [
        (lambda: with_buckets(Pipeline()), lambda: with_buckets(Pipeline(build_role=[*BUILD_ROLE, statement("s3:*")])),
         r"s3:PutObject on arn:aws:s3:::pipe-b/\w+"),
        (Pipeline, lambda: Pipeline(build_role=[*BUILD_ROLE, statement("codecommit:*")]),
         r"codecommit:\w+ on arn:aws:codecommit:ap-northeast-1:111111111111:app"),
        (Pipeline, lambda: Pipeline(build_role=[*BUILD_ROLE, statement("s3:*")]),
         r"s3:\w+ on arn:aws:s3:::\S+ \(an example, not in the snapshot\)"),
        (lambda: with_buckets(Pipeline(s3_policy=policy(for_all("s3:GetObject", LAYERS)))), lambda: with_buckets(
            Pipeline(s3_policy=policy(for_all("s3:GetObject", LAYERS),
                                      {**statement("s3:GetObject", "arn:aws:s3:::pipe-b/*"), "Principal": "*",
                                       "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}))),
         r"s3:GetObject on arn:aws:s3:::pipe-b/\w+ by arn:aws:iam::111111111111:role/(build|dev) with .*"),
    ],
)  # fmt: skip
def test_a_proof_names_what_the_snapshot_holds_or_is_told_as_an_example(
    before: Callable[[], Pipeline], after: Callable[[], Pipeline], proof: str
) -> None:
    (told,) = compared(before(), after()).policies
    assert told.allows_more
    assert re.fullmatch(proof, told.more), told.more


def test_permissions_of_users_and_attached_policies_are_told() -> None:
    def permitted(actions: list[str], attached: bool) -> Pipeline:
        net = Pipeline()
        arn = f"arn:aws:iam::{net.account}:policy/own"
        user = {"UserName": "ann", "Arn": f"arn:aws:iam::{net.account}:user/ann", "GroupList": [],
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statement(actions))}],
                "AttachedManagedPolicies": [{"PolicyName": "own", "PolicyArn": arn}] if attached else []}  # fmt: skip
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(statement("sqs:SendMessage"))}
        held = {"Arn": arn, "PolicyName": "own", "PolicyVersionList": [version]}
        details = {"UserDetailList": [user], "RoleDetailList": [], "GroupDetailList": [], "Policies": [held]}
        net.put("iam/get-account-authorization-details", details, region="global")
        return net

    diff = compared(permitted(["sns:Publish"], attached=False), permitted(["sns:ListTopics"], attached=True))
    (told,) = diff.policies
    assert (told.allows_more, told.allows_less) == (True, True)
    assert "sns:Publish" in told.less
    assert " by " not in told.less
    (attached,) = compared(
        permitted(["sns:Publish"], attached=False), permitted(["sns:Publish"], attached=True)
    ).policies
    assert "sqs:SendMessage" in attached.more


def test_what_is_not_decided_is_not_told_as_blocked() -> None:
    files = Pipeline().files()
    lacking = {path: data for path, data in files.items() if not path.endswith("describe-network-acls.json")}
    for one in load_files(files).diff(load_files(lacking)).cells:
        assert (one.blocked, bool(one.undecided)) == ((), one.after.outcome == "unknown")


def test_who_or_where_is_not_known_blocks_nothing() -> None:
    files = Pipeline().files()
    refused = b'{"Error": {"Code": "UnauthorizedOperation"}}'
    for call in ("codebuild/batch-get-projects", "ec2/describe-vpc-endpoints"):
        (path,) = [one for one in files if one.endswith(f"{call}.json")]
        for after in ({**files, path: refused}, {key: data for key, data in files.items() if key != path}):
            diff = load_files(files).diff(load_files(after))
            assert diff.cells
            assert [one.destination for one in diff.cells if one.blocked] == []
            assert diff.gate[0] == "undecided"


def test_of_changes_that_only_together_let_the_internet_in_each_alone_takes_it_back() -> None:
    def open_up(net: Pipeline) -> None:
        association = {"IpOwnerId": net.account, "PublicIp": "203.0.113.5"}
        eni = net[net.interface_of("i-1")]
        eni["Association"] = eni["PrivateIpAddresses"][0]["Association"] = association
        net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1"))
        net.permit("sg-client", "in", ("tcp", 22, 22, "0.0.0.0/0"))

    diff = edited(open_up)
    entry = cell(diff, CLIENT, "internet")
    kinds = ("route-table", "security-group", "network-interface", "internet-gateway")
    assert {*entry.causes, *entry.alternatives} == {one.change.id for one in diff.changes if one.change.kind in kinds}
    out = cell(diff, "internet", CLIENT)
    assert "security-group" not in {
        one.change.kind for one in diff.changes if one.change.id in (*out.causes, *out.alternatives)
    }
    assert set(effects(diff).values()) == {"causes"}


def test_a_builds_own_file_is_the_cause_of_what_check_finds(snapshots: Path) -> None:
    files = {one.relative_to(snapshots / "private-pipeline").as_posix(): one.read_bytes()
             for one in (snapshots / "private-pipeline").rglob("*") if one.is_file()}  # fmt: skip
    after = files | {"code/app-build/Dockerfile": b"FROM golang:1.22\n"}
    diff = load_files(files).diff(load_files(after))
    assert [(one.change.component, one.matters) for one in diff.changes] == [("code/app-build/Dockerfile", "causes")]
    assert diff.appeared
    assert all(diff.causes_of(one) == ("c1",) for one in diff.appeared)


def test_a_policy_layer_that_changes_its_mind() -> None:
    diff = compared(Pipeline(), Pipeline(s3_policy=policy(for_all("s3:GetObject", "arn:aws:s3:::own/*"))))
    s3 = cell(diff, "s3")
    assert (s3.before.layers["endpoint-policy"], s3.after.layers["endpoint-policy"]) == ("allowed", "blocked")
    assert (s3.allowed, s3.blocked, s3.moved) == ((), (), ())
    assert diff.gate == ("pass", ())
    assert diff.overall == ("private-and-working", "private-but-failing")


def test_what_left_already_does_not_newly_leave_where_that_is_open() -> None:
    """Behind a narrower route it is not known whether a public name is reached: it was before."""
    wide, narrow = Pipeline(), Pipeline()
    wide.with_nat()
    narrow.route("rtb-build", "198.51.100.0/24", narrow.with_nat(()))
    diff = compared(wide, narrow)
    assert any(one.after.outcome == "unknown" for one in diff.cells)
    assert diff.gate == ("pass", ())
    assert compared(Pipeline(), narrow).gate[0] == "fail"


def test_a_file_that_is_missing_leaves_the_gate_undecided() -> None:
    files = Pipeline().files()
    lacking = {path: data for path, data in files.items() if not path.endswith("describe-network-acls.json")}
    diff = load_files(files).diff(load_files(lacking))
    assert diff.gate[0] == "undecided"
    assert any(one.undecided for one in diff.cells)
    assert load_files(lacking).diff(load_files(files)).gate == ("pass", ())


def test_a_new_project_is_compared_with_nothing() -> None:
    def second(net: Pipeline) -> None:
        net.project("p2", "vpc-1", [net.build_a], ["sg-build"])

    diff = edited(second)
    assert {one.source for one in diff.cells} == {"codebuild:p2", "internet"}
    assert {one.before.outcome for one in diff.cells} == {"absent"}
    assert not any(one.leaves for one in diff.cells)


def test_recreated_resources_are_no_changes() -> None:
    files = Pipeline().files()
    path = next(one for one in files if one.endswith("describe-vpc-endpoints.json"))
    document = json.loads(files[path])
    for one in document["VpcEndpoints"]:
        if one["VpcEndpointId"] == "vpce-logs":  # names as AWS gives them: the id, and a part made up by chance
            one["DnsEntries"] += [{"DnsName": f"vpce-logs-0a1b2c{zone}.logs.vpce.amazonaws.com"} for zone in ("", "-a")]
    files[path] = json.dumps(document).encode()
    changed = {
        b'"vpc-1"': b'"vpc-new"',
        b'"rtb-build"': b'"rtb-new"',
        b"-0a1b2c": b"-9f8e7d",
        b"vpce-logs": b"vpce-new",
    }
    after = {}
    for name, data in files.items():
        for old, new in changed.items():
            data = data.replace(old, new)
        after[name.replace("vpc-1.", "vpc-new.")] = data
    diff = load_files(files).diff(load_files(after))
    ids = {old: new for old, new in diff.renamed.items() if not old.startswith("eni-")}
    assert ids == {"vpc-1": "vpc-new", "rtb-build": "rtb-new", "vpce-logs": "vpce-new"}
    assert diff.nothing_changed


EDITS: dict[str, Callable[[Pipeline], object]] = {
    "rule of the client's group": lambda net: net["sg-client"].update(IpPermissionsEgress=[]),
    "rule of the build's group": lambda net: net["sg-build"].update(IpPermissionsEgress=[]),
    "rule of the endpoints' group": lambda net: net["sg-ep"].update(IpPermissions=[]),
    "route of the client's table": lambda net: net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1")),
    "route of the endpoints' table": lambda net: net.route("rtb-ep", "10.99.0.0/16", "local"),
    "entry of everybody's ACL": lambda net: net["acl-1-default"]["Entries"].pop(0),
    "policy of an endpoint": lambda net: net["vpce-logs"].update(PolicyDocument=json.dumps(policy())),
}


@pytest.mark.parametrize("name", EDITS)
def test_sources_that_are_skipped_get_the_same_answers(name: str) -> None:
    before, after = load_files(Pipeline().files()), Pipeline()
    EDITS[name](after)
    newer = load_files(after.files())
    diff = before.diff(newer)
    assert {*diff.compared, *diff.skipped} == {BUILD, CLIENT}
    for source in diff.skipped:
        for asked, _ in questions(before.network, newer.network, source, (), Config()):
            assert evaluate(before.ground, asked, {}).same_as(evaluate(newer.ground, asked, {})), (name, asked)
    if name.startswith("rule of the client"):
        assert diff.skipped == (BUILD,)


# The command


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(group, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    leaky = Pipeline()
    leaky.with_nat()
    found = {"private": Pipeline().write(tmp_path / "private"), "leaky": leaky.write(tmp_path / "leaky")}
    gap = found["gap"] = Pipeline().write(tmp_path / "gap")
    next(gap.glob("*/*/ec2/describe-network-acls.json")).unlink()
    return found


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("private", "leaky", 1), ("leaky", "private", 0), ("private", "private", 0), ("private", "gap", 3)],
)
def test_exit_codes(places: dict[str, Path], before: str, after: str, code: int) -> None:
    for form in ("text", "json", "html", "markdown"):
        assert run("diff", places[before], places[after], "--format", form).exit_code == 0
        assert run("diff", places[before], places[after], "--gate", "--format", form).exit_code == code


def test_bad_input_exits_with_2(places: dict[str, Path]) -> None:
    assert run("diff", places["private"], places["private"].parent / "nowhere").exit_code == 2
    assert run("diff", places["private"]).exit_code == 2
    assert run("diff", places["private"], places["leaky"], "--from", "nonsense").exit_code == 2


def test_json_tells_it_all(places: dict[str, Path]) -> None:
    found = json.loads(run("diff", places["private"], places["leaky"], "--format", "json").stdout)
    assert found["overall"] == {"before": "private-and-working", "after": "leaking", "of": "all"}
    assert found["gate"]["result"] == "fail"
    out = next(one for one in found["cells"] if one["destination"] == "internet")
    assert out["newly_allowed"][0].keys() == {"source", "destination", "protocol", "ports", "client_ports"}
    (cause,) = out["causes"]
    assert [one["component"] for one in found["changes"] if one["id"] == cause] == ["rtb-build"]


def test_chosen_sources_and_destinations(places: dict[str, Path]) -> None:
    arguments = ("diff", places["private"], places["leaky"], "--format", "json", "--from", CLIENT)
    assert json.loads(run(*arguments).stdout)["cells"] == []
    chosen = ("--from", "subnet-build-a", "--to", "host:github.com", "--to", "ip:198.51.100.0/24")
    found = json.loads(run("diff", places["private"], places["leaky"], "--format", "json", *chosen).stdout)
    assert [(one["destination"], one["port"]) for one in found["cells"]] == [
        ("host:github.com", 443), ("ip:198.51.100.0/24", None),
    ]  # fmt: skip


def test_markdown_holds_a_row_per_change(places: dict[str, Path]) -> None:
    text = run("diff", places["private"], places["leaky"], "--format", "markdown").stdout
    assert "| codebuild:p1 | internet | blocked | allowed (internet) |" in text
    assert "| c3 | route-table rtb-build | route 0.0.0.0/0 added, to nat-1 |" in text


def test_the_page_holds_it_all_and_asks_for_nothing(places: dict[str, Path]) -> None:
    text = run("diff", places["private"], places["leaky"], "--format", "html").stdout
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert re.findall(r"https?://[^\"]+", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert '<tr id="c3"><th scope="row">c3</th><td>route table rtb-build</td>' in text
    assert '<a href="#c3">c3</a>' in text
    assert "PUBLIC_EGRESS_POSSIBLE" in text


def test_names_of_a_snapshot_stay_text_in_the_page(tmp_path: Path) -> None:
    after = Pipeline()
    after["sg-build"]["Tags"] = [{"Key": "Name", "Value": "<script>alert(1)</script>"}]
    after["sg-build"]["IpPermissionsEgress"] = []
    found = run("diff", Pipeline().write(tmp_path / "a"), after.write(tmp_path / "b"), "--format", "html").stdout
    assert "<script>alert" not in found
    assert found.count("<script") == 1
    assert "&lt;script&gt;" in found


def test_a_set_in_words_is_the_set() -> None:
    out = cell(edited(lambda net: net.with_nat()), "internet")
    udp = next(one for one in out.allowed if one.protocol == "udp")
    assert isinstance(udp, Traffic)
    assert udp.ports == EVERY_PORT
    assert "10.0.0.0/8" not in udp.destination
    assert IN[2] == OUT[2] == "allow"


def test_private_dns_and_the_names_it_brings_are_one_change() -> None:
    names = [f"*.dkr.ecr.{REGION}.amazonaws.com", f"dkr.ecr.{REGION}.amazonaws.com"]

    def net(on: bool) -> Pipeline:
        made = Pipeline(endpoints=["git-codecommit", "ecr.api", "logs"])
        made.add_endpoint("ecr.dkr", 7, private_dns=on, names=names)
        return made

    for before, after, words in ((False, True, "name added: "), (True, False, "name removed: ")):
        diff = compared(net(before), net(after))
        (change,) = diff.changes
        assert change.matters == "causes"
        assert all(f"{words}{name}" in change.change.text for name in names)
        assert cell(diff, "ecr.dkr").causes == (change.change.id,)


@pytest.mark.parametrize("shut", [True, False])
def test_what_block_public_access_refuses_is_told_with_what_a_policy_now_allows(shut: bool) -> None:
    def net(opened: bool) -> Pipeline:
        made = Pipeline()
        made.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}]}, region="global")
        block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"), shut)
        made.put("s3api/get-public-access-block/out", {"PublicAccessBlockConfiguration": block}, region="global")
        held = {"Policy": json.dumps(policy(for_all("s3:GetObject", "arn:aws:s3:::out/*")))}
        absent = {"Error": {"Code": "NoSuchBucketPolicy"}}
        made.put("s3api/get-bucket-policy/out", held if opened else absent, region="global")
        return made

    (told,) = compared(net(opened=False), net(opened=True)).policies
    assert told.more.startswith("s3:GetObject on arn:aws:s3:::out/")
    assert told.more.endswith(", which S3 Block Public Access refuses all the same") == shut
    (told,) = compared(net(opened=True), net(opened=False)).policies
    assert told.less.endswith(", which S3 Block Public Access refuses all the same") == shut


@pytest.mark.parametrize(
    ("principal", "gate"),
    [
        ({"AWS": "*"}, "fail"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, "fail"),
        ({"AWS": "arn:aws:iam::111111111111:root"}, "pass"),
        ({"Service": "codepipeline.amazonaws.com"}, "pass"),
    ],
)
def test_a_builds_role_that_strangers_may_assume_is_newly_exposed(principal: dict[str, str], gate: str) -> None:
    def net(*more: Any) -> Pipeline:
        made = Pipeline()
        details = made._more[f"{made.account}/global/iam/get-account-authorization-details.json"]
        own = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
        for one in details["RoleDetailList"]:
            mine = more if one["RoleName"] == "build" else ()
            one["AssumeRolePolicyDocument"] = policy(own, *mine)
        return made

    opened = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    diff = compared(net(), net(opened))
    assert diff.gate[0] == gate
    assert any("(trust policy) now allows sts:AssumeRole by" in one for one in diff.gate[1]) == (gate == "fail")
    assert compared(net(opened), net()).gate[0] == "pass"


def shared_with(*accounts: str, **bound: Any) -> Build:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    document = policy(statement("ecr:BatchGetImage", Principal={"AWS": list(accounts)}, **bound))
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
    return net


def test_another_account_that_is_let_in_beside_one_is_newly_exposed() -> None:
    """Both findings are of one id and component, and the second one passed the gate."""
    one, two = shared_with("222222222222"), shared_with("222222222222", "333333333333")
    diff = compared(one, two)
    assert diff.gate == ("fail", ("RESOURCE_SHARED_OUTSIDE app",))
    assert [each.title for each in diff.appeared] == [
        "the policy of app lets account 333333333333 use it, which is not in the snapshot"
    ]
    assert compared(two, one).gate == ("pass", ())
    assert compared(one, shared_with("222222222222", Sid="Renamed")).gate == ("pass", ())


def test_one_that_had_it_as_everybody_is_not_newly_exposed() -> None:
    """A policy for everybody that is made one for a partner: the finding of the partner was covered by the other."""

    def for_everybody(*more: dict[str, Any]) -> Build:
        document = policy(for_all("ecr:BatchGetImage"), *more)
        net = shared_with()
        net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
        return net

    everybody = for_everybody()
    assert compared(everybody, shared_with("222222222222")).gate == ("pass", ())
    partner = statement("ecr:PutImage", Principal={"AWS": "222222222222"})
    assert compared(for_everybody(partner), shared_with("222222222222")).gate == ("pass", ())
    pushing = shared_with()
    pushing.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(partner))})
    assert compared(everybody, pushing).gate == ("fail", ("RESOURCE_SHARED_OUTSIDE app",))


@pytest.mark.parametrize(("principal", "less", "more", "gate"), [
    ({"AWS": "222222222222"}, ["ecr:BatchGetImage"], ["ecr:BatchGetImage", "ecr:PutImage"], "fail"),
    ({"AWS": "222222222222"}, ["ecr:BatchGetImage", "ecr:PutImage"], ["ecr:BatchGetImage"], "pass"),
    ("*", ["ecr:BatchGetImage"], ["ecr:*"], "fail"), ("*", ["ecr:*"], ["ecr:BatchGetImage"], "pass"),
])  # fmt: skip
def test_strangers_who_may_do_more_are_newly_let_in(
    principal: Any, less: list[str], more: list[str], gate: str
) -> None:
    """The finding is the same, and a partner that came to push images passed the gate."""
    nets = [shared_with() for _ in range(2)]
    for net, actions in zip(nets, (less, more), strict=True):
        document = policy(statement(actions, Principal=principal))
        net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
    word, why = compared(*nets).gate
    assert word == gate
    assert [one.partition(" now allows ")[0] for one in why] == (["app"] if gate == "fail" else [])


def test_an_rcp_that_no_longer_keeps_strangers_out_newly_exposes() -> None:
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-aaaa"}}

    def kept_out(action: str) -> Build:
        net = shared_with("222222222222")
        assert isinstance(net, Pipeline)
        net.with_rcp(for_all(action, "*", "Deny", Condition=outside))
        return net

    assert compared(kept_out("ecr:*"), kept_out("s3:*")).gate == ("fail", ("RESOURCE_SHARED_OUTSIDE app",))
    assert compared(kept_out("s3:*"), kept_out("ecr:*")).gate == ("pass", ())

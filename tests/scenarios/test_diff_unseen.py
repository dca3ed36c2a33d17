"""The gate, where both snapshots lack a file: what it would say may have changed in between, so it never passes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reachsim import load_files
from reachsim.diff import others
from tests.build import AclEntry, Build
from tests.scenarios.pipelines import IN, OUT, Pipeline, for_all, policy
from tests.scenarios.test_diff_others import SSH, lan
from tests.scenarios.test_fix import with_user

Edit = Callable[[Build], object]
Files = dict[str, bytes]


def public_client(net: Build) -> None:
    association = {"IpOwnerId": net.account, "PublicIp": "203.0.113.5"}
    eni = net[net.interface_of("i-1")]
    eni["Association"] = eni["PrivateIpAddresses"][0]["Association"] = association
    net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    net.permit("sg-client", "in", SSH)


def outside(net: Build) -> None:
    del net["p1"]["vpcConfig"]


def open_repository(net: Build) -> None:
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(for_all("ecr:BatchGetImage")))})


def repositories(net: Build) -> None:
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    net.put("ecr/get-repository-policy/app", {"Error": {"Code": "RepositoryPolicyNotFoundException"}})


def without_private_dns(net: Build) -> None:
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False


def both(*edits: Edit) -> Edit:
    return lambda net: [one(net) for one in edits]


def nat(net: Build) -> None:
    Pipeline.with_nat(net)


def nat_elsewhere(net: Build) -> None:
    Pipeline.with_nat(net, ())


def route_out(net: Build) -> None:
    net.route("rtb-build", "0.0.0.0/0", "nat-1")


def tight(net: Build) -> None:
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]


def blocked_by_acl(net: Build) -> None:
    deny: AclEntry = (50, "out", "deny", "-1", None, "0.0.0.0/0")
    Pipeline.use_acl(net, net.acl("vpc-1", [IN, deny, OUT], name="x"), "subnet-build-a", "subnet-build-c")


def unstated(net: Build) -> None:
    net._block_states = False


def block_public_access(net: Build) -> None:
    unstated(net)
    options = {"InternetGatewayBlockMode": "block-bidirectional", "AwsAccountId": net.account}
    net.put("ec2/describe-vpc-block-public-access-options", {"VpcBlockPublicAccessOptions": options})


NOTHING: Edit = Build.files
OPENING: dict[str, tuple[Callable[[], Build], Edit, Edit]] = {
    "a NAT gateway": (Pipeline, NOTHING, nat),
    "a route to a NAT gateway": (Pipeline, nat_elsewhere, both(nat_elsewhere, route_out)),
    "a group": (Pipeline, both(nat, tight), nat),
    "a network ACL": (Pipeline, both(nat, blocked_by_acl), nat),
    "Block Public Access": (Pipeline, both(nat, block_public_access), both(nat, unstated)),
    "a client that the internet reaches": (Pipeline, NOTHING, public_client),
    "a project that left the VPC": (Pipeline, NOTHING, outside),
    "a second project": (Pipeline, NOTHING, lambda net: net.project("p2")),
    "a repository's policy": (Pipeline, repositories, both(repositories, open_repository)),
    "a user without conditions": (lambda: with_user({"StringNotEquals": {"aws:SourceVpce": "vpce-git-codecommit"}}),
                                  NOTHING, lambda net: net._more.update(with_user()._more)),
    "an endpoint's name": (Pipeline, nat, both(nat, without_private_dns)),
    "somebody else's port": (lan, NOTHING, lambda net: net.permit("sg-web", "in", SSH)),
    "somebody else's address": (lan, NOTHING, lambda net: net.instance(
        "subnet-1", "10.0.1.9", ["sg-web"], name="new", public="203.0.113.9")),
}  # fmt: skip


def sides(name: str) -> tuple[Files, Files]:
    make, older, newer = OPENING[name]
    made = []
    for edit in (older, newer):
        net = make()
        edit(net)
        made.append(net.files())
    return made[0], made[1]


@pytest.mark.parametrize("name", OPENING)
def test_what_newly_opens_never_passes_where_the_files_that_tell_are_lacking(name: str) -> None:
    before, after = sides(name)
    assert load_files(before).diff(load_files(after)).gate[0] == "fail"
    changed = [path for path in after if before.get(path) != after[path]]
    assert changed
    for lacking in (*({one} for one in changed), set(changed)):
        older, newer = ({path: data for path, data in one.items() if path not in lacking} for one in (before, after))
        word, because = load_files(older).diff(load_files(newer)).gate
        assert word == "fail" or (word == "undecided" and lacking & set(because)), (lacking, word, because)


@pytest.mark.parametrize("name", OPENING)
def test_what_is_refused_is_as_good_as_lacking(name: str) -> None:
    before, after = sides(name)
    refused = {path: b'{"Error": {"Code": "AccessDenied"}}' for path in after if before.get(path) != after[path]}
    word, because = load_files(before | refused).diff(load_files(after | refused)).gate
    assert (word, bool(refused.keys() & set(because))) == ("undecided", True)


@pytest.mark.parametrize("name", OPENING)
def test_what_the_newer_snapshot_alone_tells_is_no_proof_of_news(name: str) -> None:
    before, after = sides(name)
    lacking = {path for path in after if before.get(path) != after[path]}
    older = {path: data for path, data in before.items() if path not in lacking}
    word, because = load_files(older).diff(load_files(after)).gate
    assert word == "undecided"
    assert {f"{path} of the older snapshot" for path in lacking} & set(because)


@pytest.mark.parametrize("name", ["a NAT gateway", "a network ACL", "a client that the internet reaches"])
def test_what_packets_prove_stays_proven_whatever_else_the_older_snapshot_lacks(name: str) -> None:
    before, after = sides(name)
    older = {path: data for path, data in before.items() if "/iam/" not in path and "/ecr/" not in path}
    assert load_files(older).diff(load_files(after)).gate[0] == "fail"


@pytest.mark.parametrize("bucket", ["out", "others"])
def test_a_bucket_that_opens_is_news_unless_its_own_policy_was_not_told(bucket: str) -> None:
    sides = []
    for statements in ((), (for_all("s3:*", "*"),)):
        net = Pipeline(artifacts={"type": "S3", "location": "out"}, cache={"type": "S3", "location": "others"})
        net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}, {"Name": "others"}]}, region="global")
        none = {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}}
        net.put("s3control/get-public-access-block", none, region="global")
        for name in ("out", "others"):
            held = statements if name == "out" else ()
            net.put(f"s3api/get-bucket-policy/{name}", {"Policy": json.dumps(policy(*held))}, region="global")
            net.put(f"s3api/get-public-access-block/{name}", none, region="global")
        sides.append(net.files())
    older = {path: data for path, data in sides[0].items() if not path.endswith(f"get-bucket-policy/{bucket}.json")}
    word, because = load_files(older).diff(load_files(sides[1])).gate
    assert (word, because[0]) == ("undecided" if bucket == "out" else "fail", "BUCKET_PUBLIC out")


def test_ways_from_more_of_a_clients_ports_are_no_news() -> None:
    """What leaves from some of them leaves; which system an instance runs on says which ports it uses."""
    net = Pipeline()
    public_client(net)
    files = net.files()
    untold = {path: data for path, data in files.items() if not path.endswith("describe-instances.json")}
    assert load_files(files).diff(load_files(untold)).gate[0] == "undecided"


def test_an_edited_copy_lacks_the_same_but_for_what_the_edit_can_touch() -> None:
    net = Pipeline()
    nat_elsewhere(net)
    files = {path: data for path, data in net.files().items() if not path.endswith("batch-get-projects.json")}
    reach = load_files(files)
    copy = reach.what_if(patch={"format": 1, "edits": []})
    assert reach.diff(copy).gate == ("pass", ())
    assert reach.diff(load_files(files)).gate[0] == "undecided"
    routed = reach.what_if(add_route=("rtb-build", "0.0.0.0/0", "nat-1"))
    word, because = reach.diff(routed).gate
    assert (word, because) == ("undecided", ("111111111111/ap-northeast-1/codebuild/batch-get-projects.json",))


def test_the_same_capture_hides_nothing_from_itself() -> None:
    files = {path: data for path, data in Pipeline().files().items() if not path.endswith("batch-get-projects.json")}
    files["snapshot.json"] = json.dumps({"formatVersion": 1, "started": "2026-11-01T00:00:00Z"}).encode()
    assert load_files(files).diff(load_files(files)).gate == ("pass", ())


def test_too_many_to_ask_leaves_the_gate_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "MOST_QUESTIONS", 1)
    monkeypatch.setattr(others, "MOST_TOLD", 1)
    diff = load_files(lan().files()).diff(load_files(lan(lambda net: net.permit("sg-web", "in", SSH)).files()))
    word, because = diff.gate
    assert (word, because[0]) == ("undecided", f"not compared: {diff.besides.left_out}")

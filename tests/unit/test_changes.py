"""Configuration changes between two snapshots: what is told, what counts for nothing, and undoing single ones."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim.changes import Comparison, compare
from reachsim.changes.tree import differences, grow, restore
from reachsim.model.network import Network
from reachsim.snapshot import Snapshot
from tests.scenarios.pipelines import IN, LAYERS, OUT, Pipeline, for_all


def network(net: Pipeline | dict[str, bytes]) -> Network:
    return Network(Snapshot.of(net if isinstance(net, dict) else net.files()))


def changed(edit: Callable[[Pipeline], object]) -> Comparison:
    after = Pipeline()
    edit(after)
    return compare(network(Pipeline()), network(after))


def told(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [(one.kind, one.component, one.text) for one in comparison.changes]


def replace_rule(net: Pipeline) -> None:
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "sg-build"))]


def shut_nat(net: Pipeline) -> None:
    net["acl-1-default"]["Entries"][0] = {**net["acl-1-default"]["Entries"][0], "RuleAction": "deny"}


def renumber(net: Pipeline) -> None:
    for entry in net["acl-1-default"]["Entries"]:
        entry["RuleNumber"] += 5 if entry["RuleNumber"] == 100 and not entry["Egress"] else 0


def widen(net: Pipeline) -> None:
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 80, 443, "10.10.0.0/16"))]


def other_group(net: Pipeline) -> None:
    for record in (net["vpce-logs"], *(net[one] for one in net["vpce-logs"]["NetworkInterfaceIds"])):
        record["Groups"] = [{"GroupId": "sg-build", "GroupName": "sg-build"}]


def another_port(net: Pipeline) -> None:
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 22, 22, "10.10.0.0/16"))]


def more_policy(net: Pipeline) -> None:
    allow = {"Sid": "Layers", **for_all("s3:GetObject", LAYERS)}
    document = json.loads(net["vpce-s3"]["PolicyDocument"])
    net["vpce-s3"]["PolicyDocument"] = json.dumps({"Statement": [allow, *document["Statement"]]})


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (replace_rule, [("security-group", "sg-ep", "ingress rule removed: tcp 443 from 10.10.0.0/16"),
                        ("security-group", "sg-ep", "ingress rule added: tcp 443 from sg-build")]),
        (lambda net: net.route("rtb-build", "0.0.0.0/0", "igw-9"),
         [("route-table", "rtb-build", "route 0.0.0.0/0 added, to igw-9")]),
        (shut_nat, [("network-acl", "acl-1-default",
                     "inbound rule 100 changed: allow all traffic from 0.0.0.0/0 → deny all traffic from 0.0.0.0/0")]),
        (renumber, [("network-acl", "acl-1-default",
                     "inbound rule 100 is now 105: allow all traffic from 0.0.0.0/0")]),
        (widen, [("security-group", "sg-ep", "ingress rule changed: tcp 443 → tcp 80-443 from 10.10.0.0/16")]),
        (another_port, [("security-group", "sg-ep", "ingress rule removed: tcp 443 from 10.10.0.0/16"),
                        ("security-group", "sg-ep", "ingress rule added: tcp 22 from 10.10.0.0/16")]),
        (other_group, [("vpc-endpoint", "vpce-logs", "security groups: sg-ep → sg-build")]),
        (more_policy, [("vpc-endpoint", "vpce-s3",
                        f"policy statement added: Layers (Allow s3:GetObject on {LAYERS} by anyone)")]),
        (lambda net: net["vpce-logs"].update(PrivateDnsEnabled=False),
         [("vpc-endpoint", "vpce-logs", "PrivateDnsEnabled: true → false")]),
        (lambda net: net.igw("vpc-1", name="9"), [("internet-gateway", "igw-9", "created")]),
        (lambda net: net.use_acl(net.acl("vpc-1", [IN, OUT], name="9"), net.build_a),
         [("network-acl", "acl-9", "created")]),
        (lambda net: net.add_endpoint("sts"), [("vpc-endpoint", "vpce-sts", "created")]),
        (lambda net: net["p1"]["vpcConfig"].update(subnets=["subnet-build-a"]),
         [("codebuild-project", "codebuild:p1", "vpcConfig.subnets: subnet-build-c removed")]),
    ],
    ids=["rule", "route", "entry", "number", "ports", "other ports", "groups", "statement", "field", "gateway", "acl",
         "endpoint", "project"],
)  # fmt: skip
def test_changes_are_told_by_resource_in_awss_words(
    edit: Callable[[Pipeline], object], expected: list[tuple[str, str, str]]
) -> None:
    assert sorted(told(changed(edit))) == sorted(expected)


def test_a_gateway_endpoints_route_is_no_change_of_its_own() -> None:
    comparison = compare(network(Pipeline()), network(Pipeline(s3_tables=["client"])))
    assert told(comparison) == [("vpc-endpoint", "vpce-s3", "dissociated from route table rtb-build")]


def shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, list):
        return rng.sample([shuffled(one, rng) for one in value], len(value))
    if isinstance(value, dict):
        return {key: shuffled(value[key], rng) for key in rng.sample(list(value), len(value))}
    return value


def test_order_and_volatile_fields_count_for_nothing() -> None:
    files = Pipeline().files()
    rng = random.Random(7)
    after = {}
    for path, data in files.items():
        document = shuffled(json.loads(data), rng)
        document["ResponseMetadata"] = {"RequestId": path}
        for rows in document.values():
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict):
                    row["CreateTime"] = "2026-11-25"
        after[path] = json.dumps(document).encode()
    assert told(compare(network(files), network(after))) == []


def test_what_is_recreated_under_new_ids_is_matched_by_its_role() -> None:
    files = Pipeline().files()
    ids = ("vpc-1", "rtb-build", "sg-ep", "vpce-s3", "vpce-ecr-api", "subnet-build-a", "eni-vpce-ecr-api-1")
    after = {}
    for path, data in files.items():
        text, name = data.decode(), path
        for one in sorted(ids, key=len, reverse=True):
            text, name = text.replace(f'"{one}"', f'"{one}9"'), name.replace(f"/{one}.", f"/{one}9.")
        after[name] = text.replace('"10.10.11.21"', '"10.10.11.99"').encode()
    for path in list(after):
        text = after[path].decode()
        for one in ("build", "ep", "client"):  # Terraform would set names; roles go by what is there
            text = text.replace(f'"GroupName": "sg-{one}9"', f'"GroupName": "sg-{one}"')
        after[path] = text.encode()
    comparison = compare(network(files), network(after))
    assert comparison.names.items() >= {one: f"{one}9" for one in ids if one not in ("sg-ep",)}.items()
    assert ("network-interface", "eni-vpce-ecr-api-19") in {(one.kind, one.component) for one in comparison.changes}
    assert {one.kind for one in comparison.changes} <= {"network-interface", "vpc-endpoint", "security-group"}


def test_changes_are_undone_one_by_one_and_all_together() -> None:
    after = Pipeline(s3_tables=["client"])
    after.with_nat()
    replace_rule(after)
    before = network(Pipeline())
    comparison = compare(before, network(after))
    assert len(comparison.changes) > 5
    undone = Network(comparison.without(comparison.changes))
    assert told(compare(before, undone)) == []
    assert told(compare(network(after), Network(comparison.only(comparison.changes)))) == []
    (rule,) = [one for one in comparison.changes if one.text.startswith("ingress rule added")]
    kept = compare(before, Network(comparison.without([rule])))
    assert len(kept.changes) == len(comparison.changes) - 1


def test_a_refused_call_is_one_change() -> None:
    files = Pipeline().files()
    path = "111111111111/ap-northeast-1/ec2/describe-nat-gateways.json"
    refused = files | {path: b'{"Error": {"Code": "UnauthorizedOperation"}}'}
    (change,) = compare(network(files), network(refused)).changes
    assert (change.files, change.text) == ((path,), "refused in the newer snapshot")
    (change,) = compare(network(refused), network(files)).changes
    assert change.text == "refused in the older snapshot, now answered"


def test_a_policy_that_is_refused_is_not_told_as_removed() -> None:
    answered, refused = Pipeline(), Pipeline()
    answered.put("ecr/get-repository-policy/app", {"policyText": json.dumps({"Statement": [for_all("ecr:*")]})})
    refused.put("ecr/get-repository-policy/app", {"Error": {"Code": "AccessDeniedException"}})
    assert [one[2] for one in told(compare(network(answered), network(refused)))] == ["refused in the newer snapshot"]


# --- copies of a set-up ---------------------------------------------------------------------------------------------

PRIVATE = "private-pipeline"
ID = re.compile(rb"\b(vpc|subnet|rtb|acl|sg|eni|vpce|sgr|rtbassoc|aclassoc|dopt|i)-[0-9a-f]{17}\b")


def files_of(place: Path) -> dict[str, bytes]:
    return {one.relative_to(place).as_posix(): one.read_bytes() for one in place.rglob("*") if one.is_file()}


def with_new_ids(files: dict[str, bytes]) -> dict[str, bytes]:
    made: dict[bytes, bytes] = {}

    def new(match: re.Match[bytes]) -> bytes:
        return made.setdefault(match[0], b"%s-%017x" % (match[1], 0xFEDC << 40 | len(made)))

    return {ID.sub(new, path.encode()).decode(): ID.sub(new, data) for path, data in sorted(files.items())}


def elsewhere(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    return {path.replace(old, new): data.replace(old.encode(), new.encode()) for path, data in files.items()}


def in_another_account(files: dict[str, bytes]) -> dict[str, bytes]:
    return elsewhere(files, "111111111111", "999999999999")


def in_another_region(files: dict[str, bytes]) -> dict[str, bytes]:
    return elsewhere(files, "ap-northeast-1", "us-east-1")


@pytest.mark.parametrize("copy", [
    with_new_ids, in_another_account, in_another_region,
    lambda files: with_new_ids(in_another_account(in_another_region(files))),
], ids=["ids", "account", "Region", "all"])  # fmt: skip
def test_a_copy_of_a_set_up_is_no_change(
    snapshots: Path, copy: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:  # fmt: skip
    files = files_of(snapshots / PRIVATE)
    after = copy(files)
    assert after.keys() != files.keys()
    assert told(compare(network(files), network(after))) == []
    assert told(compare(network(after), network(files))) == []


def test_a_copy_that_speaks_of_the_first_one_is_a_change(snapshots: Path) -> None:
    """The copy lets the first account through its endpoint, as the first did itself: not the same for it."""
    files = files_of(snapshots / PRIVATE)
    after = in_another_account(files)
    path = "999999999999/ap-northeast-1/ec2/describe-vpc-endpoints.json"
    after[path] = after[path].replace(b"999999999999:app\\", b"111111111111:app\\")
    changes, back = (compare(network(one), network(other)).changes for one, other in ((files, after), (after, files)))
    assert {one.kind for one in (*changes, *back)} == {"vpc-endpoint"}
    assert all("arn:aws:codecommit:ap-northeast-1:111111111111:app" in one.text for one in changes)
    assert all("arn:aws:codecommit:ap-northeast-1:999999999999:app" in one.text for one in back)


def test_a_change_undone_leaves_other_rules_as_they_were() -> None:
    """A rule's lists of peers that are empty stay so: one that is not there would count as not known."""
    lists: dict[str, list[Any]] = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    known = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **lists, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    unknown = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    document = {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [known, unknown]}]}
    assert restore(grow(document, "ec2/describe-security-groups")) == document


def test_what_two_files_list_alike_is_left_as_it_stands() -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    groups = [{"GroupId": f"sg-{number}", "IpPermissions": [rule]} for number in range(3)]
    closed = {"GroupId": "sg-1", "IpPermissions": []}
    lists = {
        "one changed": [groups[0], closed, groups[2]],
        "one gone, in another order": [groups[2], groups[0]],
        "one twice": [*groups, closed],
        "one without an id": [*groups, {"IpPermissions": [rule]}],
        "none": [],
    }
    call = "ec2/describe-security-groups"
    documents = [{"SecurityGroups": one} for one in (groups, *lists.values())]
    for before, after in itertools.permutations(documents, 2):
        beside = grow(before, call, after), grow(after, call, before)
        alone = grow(before, call), grow(after, call)
        assert list(differences("f", *beside)) == list(differences("f", *alone))
        assert [restore(one) for one in beside] == [before, after]
    one = grow(documents[0], call, documents[1])["SecurityGroups"]
    assert one["sg-0"] is groups[0]
    assert list(one["sg-1"]["IpPermissions"]) == ["tcp 443 10.0.0.0/8"]


def test_an_entry_of_a_prefix_list_that_is_listed_twice_is_told() -> None:
    path = "111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-1.json"
    entries = [{"Cidr": "10.1.0.0/16"}]
    older, newer = (network({path: json.dumps({"Entries": some}).encode()}) for some in (entries, entries * 2))
    (change,) = compare(older, newer).changes
    assert change.component == "pl-1"

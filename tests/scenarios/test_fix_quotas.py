"""A fix that AWS's default quotas would refuse is not proposed (N28, N98)."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.fix.quotas import past_quota
from reachsim.model.network import Network
from tests.build import AclEntry, Build, GroupRule
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_fix import assert_interpreted, assert_no_step_is_idle, fixed, steps_of, with_acl


def rules(count: int) -> list[GroupRule]:
    return [("tcp", 443, 443, f"10.9.{number}.0/24") for number in range(count)]


def networks(old: list[GroupRule], new: list[GroupRule], **lists: int) -> tuple[Network, Network]:
    found = []
    for one in (old, new):
        net = Build()
        vpc = net.vpc("10.0.0.0/16", name="v")
        for name, most in lists.items():
            made = net.prefix_list(["192.0.2.0/24"], name=name)
            net[made]["MaxEntries"] = most
        net.group(vpc, [], one, name="g")
        found.append(load_files(net.files()).network)
    return found[0], found[1]


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (59, 60, None),
        (60, 61, "sg-g would have 61 outbound IPv4 rules; AWS's quota is 60"),
        (61, 62, None),  # the account's quota has been raised
        (60, 60, None),
    ],
)
def test_n98_rules_of_a_group(old: int, new: int, refused: str | None) -> None:
    assert past_quota(*networks(rules(old), rules(new))) == refused


@pytest.mark.parametrize(("most", "refused"), [(5, False), (6, True)])
def test_n28_a_prefix_list_counts_as_the_most_entries_that_it_may_hold(most: int, refused: bool) -> None:
    """Its entries now do not matter, though it holds one only."""
    listed: GroupRule = ("tcp", 443, 443, "pl-many")
    before, after = networks(rules(55), [*rules(55), listed], many=most)
    assert (past_quota(before, after) is not None) == refused


def full(count: int) -> Pipeline:
    """The builds' network ACL has this many entries, and none that admits the replies."""
    entries: list[AclEntry] = [
        (100, "out", "allow", "-1", None, "0.0.0.0/0"),
        *((number, "in", "allow", "tcp", (443, 443), f"172.16.{number}.0/24") for number in range(1, count + 1)),
    ]
    return with_acl(entries, "build-a", "build-c")


def test_n98_no_entry_is_proposed_that_does_not_fit() -> None:
    assert load_files(full(2).files()).fix().status == "proven"
    plan = load_files(full(20).files()).fix()
    assert plan.status != "proven"
    assert not any(type(step).__name__ == "AddAclEntry" for mend in plan.mends for step in mend.steps)


def crowded(group: str, key: str) -> Pipeline:
    """A group with as many rules in a direction as AWS takes, and none that is needed."""
    net = Pipeline()
    net[group][key] = [net._permission(("tcp", 9000, 9000, f"192.0.2.{number}/32")) for number in range(60)]
    return net


ENDPOINTS = ("ecr-api", "ecr-dkr", "git-codecommit", "logs")


@pytest.mark.parametrize(
    ("group", "key", "expected"),
    [
        ("sg-build", "IpPermissionsEgress", [
            ("codebuild:p1", "run in subnet-build-a, subnet-build-c of vpc-1 with sg-build, sg-proposed-beside-build"),
            ("sg-proposed-beside-build", "create security group beside-build in vpc-1"),
            ("sg-proposed-beside-build", "add egress rule: tcp 443 to pl-1"),
            ("sg-proposed-beside-build", "add egress rule: tcp 443 to sg-ep")]),
        ("sg-ep", "IpPermissions", [
            ("sg-proposed-beside-ep", "create security group beside-ep in vpc-1"),
            ("sg-proposed-beside-ep", "add ingress rule: tcp 443 from sg-build"),
            ("sg-proposed-beside-ep", "add ingress rule: tcp 443 from sg-client"),
            *((f"vpce-{one}", "attach security group sg-proposed-beside-ep") for one in ENDPOINTS)]),
    ],
)  # fmt: skip
def test_beside_a_full_group_another_one_is_put(group: str, key: str, expected: list[tuple[str, str]]) -> None:
    files = crowded(group, key).files()
    plan = load_files(files).fix()
    assert sorted(steps_of(plan)) == sorted(expected)
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    assert_interpreted(fixed(files, plan))
    assert_no_step_is_idle(files, plan)


def test_a_fault_that_a_full_group_keeps_from_being_mended_says_so() -> None:
    """An instance's groups are its owner's; a network interface has five at most."""
    many = crowded("sg-client", "IpPermissionsEgress")
    plan = load_files(many.files()).fix()
    why = {one.why for one in plan.left if one.code == "ENI_SG_RULES_MISMATCH"}
    assert why == {"sg-client has 60 outbound rules, and AWS's quota is 60: merge some, or have the quota raised"}
    five = crowded("sg-build", "IpPermissionsEgress")
    own = [five.group("vpc-1", [], rules(60), name=f"no{number}") for number in range(4)]
    five["p1"]["vpcConfig"]["securityGroupIds"] += own
    assert any("sg-build has 60 outbound rules" in one.why for one in load_files(five.files()).fix().left)


def test_a_fault_of_an_acl_that_denies_by_its_first_number_says_so() -> None:
    net = Pipeline()
    net["acl-1-default"]["Entries"].append({
        "CidrBlock": "10.10.0.0/16", "Egress": True, "PortRange": {"From": 443, "To": 443}, "Protocol": "6",
        "RuleAction": "deny", "RuleNumber": 1})  # fmt: skip
    why = {one.why for one in load_files(net.files()).fix().left if one.code == "SUBNET_ACL_RESTRICTION"}
    assert why == {"no number below rule 1 of acl-1-default, which denies it, is free: give that rule a higher one"}

"""A fix that AWS's default quotas would refuse is not proposed (N28, N98)."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.fix.quotas import past_quota
from reachsim.model.network import Network
from tests.build import AclEntry, Build, GroupRule
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_fix import with_acl


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

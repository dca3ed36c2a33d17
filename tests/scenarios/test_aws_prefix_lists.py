"""Prefix lists that AWS keeps beside those of gateway endpoints (CloudFront's, health checks'): DESIGN's ``internet``
is nobody of them.
"""

from __future__ import annotations

import pytest

from tests.scenarios.lan import Lan, ask, assumed, fate, natted, public

CLOUDFRONT = "13.32.0.0/15"


def cloudfront(net: Lan, owner: str = "AWS") -> str:
    net._add("ec2/describe-managed-prefix-lists", "pl-cf", {
        "PrefixListId": "pl-cf", "PrefixListName": "com.amazonaws.global.cloudfront.origin-facing",
        "AddressFamily": "IPv4", "OwnerId": owner, "State": "create-complete",
    })  # fmt: skip
    net.put("ec2/get-managed-prefix-list-entries/pl-cf", {"Entries": [{"Cidr": CLOUDFRONT}]})
    return "pl-cf"


def test_what_only_cloudfront_may_reach_the_internet_does_not() -> None:
    net = public()
    net["sg-open"]["IpPermissions"] = [net._permission(("tcp", 443, 443, cloudfront(net)))]
    assert ask(net, "internet", net.client).outcome == "blocked"
    assert fate(ask(net, "ip:13.32.0.9", net.client)) == ("allowed", "internet")


def test_a_customers_list_of_the_same_addresses_is_the_internet() -> None:
    net = public()
    net["sg-open"]["IpPermissions"] = [net._permission(("tcp", 443, 443, cloudfront(net, net.account)))]
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")


def test_the_way_to_it_is_to_aws_and_still_a_way_out() -> None:
    net = natted()
    net["sg-open"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, cloudfront(net)))]
    assert ask(net, net.client, "internet").outcome == "blocked"
    assert fate(ask(net, net.client, "ip:13.32.0.9")) == ("allowed", "aws-public")


@pytest.mark.parametrize("owner", ["AWS", "111111111111"])
def test_whose_a_list_is_that_no_file_tells_is_an_assumption_where_it_matters(owner: str) -> None:
    net = public()
    net["sg-open"]["IpPermissions"] = [net._permission(("tcp", 443, 443, cloudfront(net, owner)))]
    files = net.files()
    path = next(one for one in files if one.endswith("/describe-managed-prefix-lists.json"))
    del files[path]
    told, told_by = ("PREFIX_LIST_OWNER_UNSEEN", "pl-cf"), net.files()
    verdict = ask(files, "internet", net.client)
    assert fate(verdict) == ("allowed", "internet")
    assert told in assumed(verdict)
    assert path in next(one.detail for one in verdict.assumptions if one.code == told[0])
    assert told not in assumed(ask(told_by, "internet", net.client))
    assert told not in assumed(ask(files, net.client, "internet"))  # the way out is open to everybody
    assert told not in assumed(ask(files, "ip:13.32.0.9", net.client))

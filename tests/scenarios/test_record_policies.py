"""Records of private zones with routing policies: which of them answer at all.

**Source:** "How Amazon Route 53 chooses records when health checking is configured" (Route 53 Developer Guide): a
record without a health check counts as healthy; records of weight zero answer only if all others are unhealthy.
"Latency-based routing in private hosted zones": the record of the VPC's own Region answers, or the closest one.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.lan import ANY, Lan, ask, assumed, fate
from tests.scenarios.test_facts_dns import answered

NAME = "db.internal.example"
CHECKED = {"HealthCheckId": "11111111-1111-1111-1111-111111111111"}
FIRST, SECOND = "10.0.2.5", "10.0.2.6"


def answers(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
    """What the name of two records resolves to."""
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id])
    rows = [
        {"Name": f"{NAME}.", "Type": "A", "TTL": 60, "SetIdentifier": value, "ResourceRecords": [{"Value": value}]}
        for value in (FIRST, SECOND)
    ]
    sets = [row | more for row, more in zip(rows, (first, second), strict=True)]
    net.put(f"route53/list-resource-record-sets/{zone}", {"ResourceRecordSets": sets}, "global")
    return answered(net, net.client, NAME)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"Weight": 100}, {"Weight": 0}, {FIRST}),
        ({"Weight": 0}, {"Weight": 0}, {FIRST, SECOND}),
        ({"Weight": 1}, {"Weight": 255}, {FIRST, SECOND}),
        ({"Weight": 100, **CHECKED}, {"Weight": 0}, {FIRST, SECOND}),
        ({"Failover": "PRIMARY"}, {"Failover": "SECONDARY"}, {FIRST}),
        ({"Failover": "PRIMARY", **CHECKED}, {"Failover": "SECONDARY"}, {FIRST, SECOND}),
        ({"Region": "us-east-1"}, {"Region": "eu-west-1"}, {FIRST}),
        ({"Region": "us-east-1", **CHECKED}, {"Region": "eu-west-1"}, {FIRST, SECOND}),
        ({"MultiValueAnswer": True}, {"MultiValueAnswer": True}, {FIRST, SECOND}),
    ],
)
def test_records_that_wait_for_others_to_fail_answer_only_if_those_can(
    first: dict[str, Any], second: dict[str, Any], expected: set[str]
) -> None:
    assert answers(first, second) == expected


def test_an_alias_that_looks_at_its_targets_health_can_fail() -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [("a.internal.example", "A", [FIRST])])
    alias = {"HostedZoneId": zone, "DNSName": "a.internal.example.", "EvaluateTargetHealth": True}
    primary = {"Name": f"{NAME}.", "Type": "A", "SetIdentifier": "1", "Failover": "PRIMARY", "AliasTarget": alias}
    second = {"Name": f"{NAME}.", "Type": "A", "SetIdentifier": "2", "Failover": "SECONDARY", "TTL": 60,
              "ResourceRecords": [{"Value": SECOND}]}  # fmt: skip
    path = f"route53/list-resource-record-sets/{zone}"
    own = net._more[f"{net.account}/global/{path}.json"]["ResourceRecordSets"]
    own += [primary, second]
    assert answered(net, net.client, NAME) == {FIRST, SECOND}
    alias["EvaluateTargetHealth"] = False
    assert answered(net, net.client, NAME) == {FIRST}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Region": "us-west-2"}, {"Region": "eu-west-1"}),
        ({"GeoLocation": {"ContinentCode": "NA"}}, {"GeoLocation": {"CountryCode": "*"}}),
        ({"GeoProximityLocation": {"AWSRegion": "us-east-1"}}, {"GeoProximityLocation": {"AWSRegion": "eu-west-1"}}),
        ({"CidrRoutingConfig": {"LocationName": "a"}}, {"CidrRoutingConfig": {"LocationName": "*"}}),
    ],
)
def test_which_place_is_the_closest_is_not_told_offline(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Not chance but AWS's table of places decides: one of them answers always, and the other never."""
    net = Lan()
    net.zone("internal.example", [net.vpc_id])
    shut = net.group(net.vpc_id, [], [ANY], name="shut")
    net.interface(net.b, SECOND, [shut], name="second")
    path = next(path for path in net._more if "list-resource-record-sets" in path)
    rows = [{"Name": f"{NAME}.", "Type": "A", "TTL": 60, "SetIdentifier": value, "ResourceRecords": [{"Value": value}]}
            for value in (FIRST, SECOND)]  # fmt: skip
    net._more[path]["ResourceRecordSets"] = [row | more for row, more in zip(rows, (first, second), strict=True)]
    verdict = ask(net, net.client, f"host:{NAME}")
    assert (fate(verdict), assumed(verdict)) == (("unknown", "none"), {("UNKNOWN_DESTINATION", "Z1111")})
    net._more[path]["ResourceRecordSets"] = [row | {"Region": region} for row, region in
                                             zip(rows, ("us-east-1", "eu-west-1"), strict=True)]  # fmt: skip
    assert fate(ask(net, net.client, f"host:{NAME}")) == ("allowed", "private")


def test_a_record_for_a_location_alone_may_not_answer() -> None:
    net = Lan()
    net.zone("internal.example", [net.vpc_id])
    path = next(path for path in net._more if "list-resource-record-sets" in path)
    row = {"Name": f"{NAME}.", "Type": "A", "TTL": 60, "SetIdentifier": "1", "ResourceRecords": [{"Value": FIRST}]}
    for place, expected in (({"CountryCode": "JP"}, "unknown"), ({"CountryCode": "*"}, "allowed")):
        net._more[path]["ResourceRecordSets"] = [row | {"GeoLocation": place}]
        assert ask(net, net.client, f"host:{NAME}").outcome == expected

"""Weighted and failover records of private zones: which of them answer at all.

**Source:** "How Amazon Route 53 chooses records when health checking is configured" (Route 53 Developer Guide): a
record without a health check counts as healthy; records of weight zero answer only if all others are unhealthy.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.lan import Lan
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
        ({"Region": "us-east-1"}, {"Region": "eu-west-1"}, {FIRST, SECOND}),
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

"""What AWS itself copies out of a pipeline's resources: objects by replication, log events by subscription filters.

**Source:** Amazon S3 User Guide, "Replicating objects within and across Regions", API_Destination; Amazon CloudWatch
Logs User Guide, "Cross-account cross-Region subscriptions", "Account-level subscription filters".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, Pipeline, statement

OTHER = "222222222222"
GROUP = "%2Faws%2Fcodebuild%2Fp1"
OWN, THEIRS = (f"arn:aws:logs:{REGION}:{account}:destination:siem" for account in (ACCOUNT, OTHER))


def kept(replication: dict[str, Any] | None = None, *, listed: bool = True) -> Pipeline:
    """A project that keeps its artifacts in a bucket, whose objects are copied."""
    role = [*BUILD_ROLE, statement("s3:PutObject")]
    net = Pipeline(artifacts={"type": "S3", "location": "out"}, build_role=role)
    if listed:
        net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}, {"Name": "copies"}]}, region="global")
    net.put("s3api/get-bucket-policy/out", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    if replication is not None:
        net.put("s3api/get-bucket-replication/out", replication, region="global")
    return net


def to(bucket: str, status: str = "Enabled", **more: Any) -> dict[str, Any]:
    rule = {"Status": status, "Destination": {"Bucket": f"arn:aws:s3:::{bucket}", **more}}
    return {"ReplicationConfiguration": {"Role": f"arn:aws:iam::{ACCOUNT}:role/copy", "Rules": [rule]}}


def checked(net: Pipeline) -> Check:
    return load_files(net.files()).check()


def shared(check: Check) -> list[str]:
    return [one.component for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"]


@pytest.mark.parametrize(
    ("replication", "outside"),
    [(to("copies"), False), (to("theirs"), True), (to("theirs", Account=OTHER), True),
     (to("copies", Account=OTHER), True), (to("copies", Account=ACCOUNT), False), (to("theirs", "Disabled"), False),
     ({"Error": {"Code": "ReplicationConfigurationNotFoundError"}}, False)],
)  # fmt: skip
def test_objects_that_are_copied_to_another_account_leave(replication: dict[str, Any], outside: bool) -> None:
    check = checked(kept(replication))
    assert (check.overall, shared(check)) == (("exposed", ["out"]) if outside else ("private-and-working", []))


def test_whose_a_bucket_is_stays_open_without_the_list_of_buckets() -> None:
    check = checked(kept(to("theirs"), listed=False))
    assert check.overall == "undecided"
    assert f"{ACCOUNT}/global/s3api/list-buckets.json" in check.missing


def test_what_nobody_captured_is_taken_to_copy_nothing_and_what_was_refused_is_open() -> None:
    check = checked(kept())
    assert check.overall == "private-and-working"
    unseen = [one.detail for one in check.assumptions if one.code == "FURTHER_ACCESS_UNSEEN"]
    assert any("get-bucket-replication/out.json" in one for one in unseen)
    assert any(f"describe-subscription-filters/{GROUP}.json" in one for one in unseen)
    assert checked(kept({"Error": {"Code": "AccessDenied"}})).overall == "undecided"


@pytest.mark.parametrize(("destination", "outside"), [(OWN, False), (THEIRS, True)])
def test_log_events_that_another_account_gets_leave(destination: str, outside: bool) -> None:
    for call, answer in (
        (f"logs/describe-subscription-filters/{GROUP}", {"subscriptionFilters": [{"destinationArn": destination}]}),
        ("logs/describe-account-policies",
         {"accountPolicies": [{"policyDocument": json.dumps({"DestinationArn": destination, "FilterPattern": ""})}]}),
    ):  # fmt: skip
        net = Pipeline()
        net.put(call, answer)
        check = checked(net)
        assert (check.overall, shared(check)) == (
            ("exposed", ["/aws/codebuild/p1"]) if outside else ("private-and-working", [])
        )


def test_a_project_without_logs_hands_on_none() -> None:
    net = Pipeline(logs="DISABLED")
    net.put(f"logs/describe-subscription-filters/{GROUP}", {"subscriptionFilters": [{"destinationArn": THEIRS}]})
    assert not shared(checked(net))


def test_an_archive_of_ones_own_organization_is_none_of_strangers() -> None:
    net = kept(to("theirs", Account=OTHER))
    net.put(f"logs/describe-subscription-filters/{GROUP}", {"subscriptionFilters": [{"destinationArn": THEIRS}]})
    assert checked(net).overall == "exposed"
    net.put("organizations/list-accounts", {"Accounts": [{"Id": ACCOUNT}, {"Id": OTHER}]}, region="global")
    assert (checked(net).overall, shared(checked(net))) == ("private-and-working", [])

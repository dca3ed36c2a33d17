"""Without describe-network-interfaces, describe-instances tells of its interfaces: no verdict turns round, and much is
still settled.
"""

from __future__ import annotations

import copy
from collections import Counter

from reachsim import Reach, Verdict, load_files
from reachsim.forwarding import Walk
from tests.build import Record
from tests.property.draft import Draft
from tests.property.networks import TOPICS, network
from tests.property.test_metamorphic import TCP, Files, settled

NOT_LISTED = ("DenyAllIgwTraffic", "TagSet", "RequesterManaged", "AvailabilityZone")
"""What describe-instances does not print of an interface."""


def as_instances(draft: Draft) -> None:
    """Every ordinary interface becomes that of a running instance, which lists it as AWS does."""
    for net in draft.builds:
        for record in net._lists["ec2/describe-network-interfaces"]:
            if record["NetworkInterfaceId"] not in draft.interfaces:
                continue
            eni = record["NetworkInterfaceId"]
            listed: Record = {key: value for key, value in copy.deepcopy(record).items() if key not in NOT_LISTED}
            listed["Attachment"] = {"Status": "attached", "DeviceIndex": 0}
            record["Attachment"] = {"InstanceId": f"i-{eni}", "Status": "attached"}
            instance = {"InstanceId": f"i-{eni}", "State": {"Name": "running"}, "NetworkInterfaces": [listed]}
            net._lists["ec2/describe-instances"].append({"ReservationId": f"r-{eni}", "Instances": [instance]})


def without_interfaces(files: Files) -> Files:
    return {path: raw for path, raw in files.items() if not path.endswith("/ec2/describe-network-interfaces.json")}


def walked(reach: Reach, source: str, target: str) -> list[Walk]:
    return [flow for one in reach.scenarios(source, target, **TCP) for flow in one.flows]


def compared(draft: Draft) -> list[tuple[Verdict, Verdict]]:
    """Verdicts with and without the file, after the laws that hold between them."""
    as_instances(draft)
    files = draft.files()
    whole, part = load_files(files), load_files(without_interfaces(files))
    one, other = draft.rng.choice(draft.interfaces), draft.rng.choice(draft.interfaces)
    questions = [(f"i-{one}", f"i-{other}"), (f"i-{one}", "internet"), ("internet", f"i-{other}"),
                 (f"i-{one}", "s3"), (f"i-{one}", "ecr.api")]  # fmt: skip
    found = []
    for source, target in (pair for pair in questions if pair[0] != pair[1]):
        known, told = (reach.simulate(source, target, **TCP) for reach in (whole, part))
        assert told.outcome in (known.outcome, "unknown"), (source, target)
        if target.startswith("i-"):  # which public addresses are our own is told by the file alone
            assert settled(walked(part, source, target), "allowed") <= settled(walked(whole, source, target), "allowed")
        if told.outcome == "unknown" and known.outcome != "unknown":
            assert any(path.endswith("/ec2/describe-network-interfaces.json") for path in told.missing)
        found.append((known, told))
    return found


def test_what_instances_tell_of_their_interfaces_turns_no_verdict_round_and_settles_much() -> None:
    settled_too, outcomes = 0, Counter[str]()
    for number, topic in enumerate(sorted(TOPICS) * 3):
        for known, told in compared(network(topic, 3_000_000 + number)):
            outcomes[known.outcome] += 1
            settled_too += told.outcome != "unknown"
    assert min(outcomes["allowed"], outcomes["blocked"]) >= 20
    assert settled_too * 2 > outcomes["allowed"] + outcomes["blocked"]

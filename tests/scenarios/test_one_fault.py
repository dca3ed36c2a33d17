"""One thing taken away from a network that works: what is told is that thing, and nothing besides.

Every route, group, network ACL direction, gateway and attachment of some designs goes in turn. Where AWS words a fault
by the component that meets it (a reply that another route takes), the cause says so.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.build import Build
from tests.scenarios.lan import ask, natted, public
from tests.scenarios.test_explanation_codes import Rules
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_whole_accounts import GITHUB, MAPPED, Egress, Six

DESIGNS: dict[str, tuple[Callable[[], Build], str, str]] = {
    "egress": (Egress, "eni-client", GITHUB),
    "transit": (Hub, "eni-x", "eni-y"),
    "peering": (Rules.peered, "eni-client", "eni-far"),
    "nat64": (Six, "eni-c", MAPPED),
    "nat": (natted, "eni-client", GITHUB),
    "public": (public, "eni-client", GITHUB),
    "inbound": (public, "internet", "eni-client"),
    "vpn": (Rules.on_premises, "eni-client", "ip:192.168.1.1"),
}
BROKEN_STATES = {
    "describe-nat-gateways": "failed",
    "describe-transit-gateways": "deleted",
    "describe-transit-gateway-vpc-attachments": "failed",
}
Faults = Iterator[tuple[set[str], Callable[[Any], None]]]


def faults(call: str, record: dict[str, Any]) -> Faults:
    """(ids that may be named, the fault as a change of the record)."""
    own = {value for key, value in record.items() if key.endswith("Id") and isinstance(value, str)}
    for number, route in enumerate(record.get("Routes", [])):
        if route.get("GatewayId") != "local" and call == "describe-route-tables":
            yield own, lambda one, number=number: one["Routes"].pop(number)  # type: ignore[misc]
            yield own, lambda one, number=number: one["Routes"][number].update(State="blackhole")  # type: ignore[misc]
    if call == "describe-security-groups":
        yield own, lambda one: one.update(IpPermissions=[])
        yield own, lambda one: one.update(IpPermissionsEgress=[])
    if call == "describe-network-acls":
        for out in (True, False):
            yield (
                own,
                lambda one, out=out: one.update(  # type: ignore[misc]
                    Entries=[
                        entry for entry in one["Entries"] if entry["Egress"] != out or entry["RuleAction"] == "deny"
                    ]
                ),
            )
    if call in BROKEN_STATES:
        yield own, lambda one: one.update(State=BROKEN_STATES[call])
    if call == "describe-internet-gateways":
        yield own | {one["VpcId"] for one in record["Attachments"]}, lambda one: one.update(Attachments=[])


@pytest.mark.parametrize("design", DESIGNS)
def test_what_is_told_is_the_fault_and_nothing_besides(design: str) -> None:
    made, source, destination = DESIGNS[design]
    files = made().files()
    assert ask(files, source, destination).outcome == "allowed"
    found = 0
    for path, raw in files.items():
        call = path.rpartition("/")[2].removesuffix(".json")
        answer = json.loads(raw)
        for key, rows in answer.items():
            for place, record in enumerate(rows if isinstance(rows, list) else []):
                for own, fault in faults(call, record) if isinstance(record, dict) else ():
                    broken = copy.deepcopy(answer)
                    fault(broken[key][place])
                    verdict = ask({**files, path: json.dumps(broken).encode()}, source, destination)
                    if verdict.outcome == "allowed":
                        continue
                    found += 1
                    assert verdict.outcome == "blocked"
                    told = {one.component for one in verdict.blocked_by}
                    assert len(told) == 1
                    causes = {one.cause for one in verdict.blocked_by}
                    assert told <= own or "RETURN_ROUTE_MISSING" in causes
                    if not told <= own:
                        assert any(id in one.detail for one in verdict.blocked_by for id in own)
    assert found >= 3

"""Random networks of which something is in a state other than the working one: engine and interpreter agree on it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from reachsim import load_files
from tests.property.comparison import assert_partition, compare, world_of
from tests.property.networks import network
from tests.property.test_walk import questions

ATTACHMENT = (
    "initiating", "initiatingRequest", "pendingAcceptance", "rollingBack", "pending", "modifying", "deleting",
    "deleted", "failed", "rejected", "rejecting", "failing",
)  # fmt: skip
ENDPOINT = ("PendingAcceptance", "Pending", "Deleting", "Deleted", "Rejected", "Failed", "Expired", "Available",
            "Partial")  # fmt: skip
ATTACHED = ("attaching", "attached", "detaching", "detached")
SIMPLE = ("pending", "available", "deleting", "deleted")
ASSOCIATED = ("associating", "associated", "disassociating", "disassociated")
BLOCK = ("associating", "associated")  # AWS ends no association of a block that has subnets
STATES: dict[str, tuple[str, ...]] = {
    "describe-nat-gateways NatGateways * State": ("pending", "failed", "available", "deleting", "deleted"),
    "describe-internet-gateways InternetGateways * Attachments * State": ATTACHED,
    "describe-egress-only-internet-gateways EgressOnlyInternetGateways * Attachments * State": ATTACHED,
    "describe-vpn-gateways VpnGateways * VpcAttachments * State": ATTACHED,
    "describe-vpn-gateways VpnGateways * State": SIMPLE,
    "describe-vpn-connections VpnConnections * State": SIMPLE,
    "describe-vpn-connections VpnConnections * Routes * State": SIMPLE,
    "describe-vpc-endpoints VpcEndpoints * State": ENDPOINT,
    "describe-vpc-peering-connections VpcPeeringConnections * Status Code": (
        "initiating-request", "pending-acceptance", "active", "deleted", "rejected", "failed", "expired",
        "provisioning", "deleting",
    ),
    "describe-transit-gateways TransitGateways * State": (*SIMPLE, "modifying"),
    "describe-transit-gateway-route-tables TransitGatewayRouteTables * State": SIMPLE,
    "describe-transit-gateway-vpc-attachments TransitGatewayVpcAttachments * State": ATTACHMENT,
    "get-transit-gateway-route-table-associations Associations * State": ASSOCIATED,
    "search-transit-gateway-routes Routes * State": ("pending", "active", "blackhole", "deleting", "deleted"),
    "describe-route-tables RouteTables * Associations * AssociationState State": (*ASSOCIATED, "failed"),
    "describe-route-tables RouteTables * Routes * State": ("blackhole", "filtered"),
    "describe-vpcs Vpcs * CidrBlockAssociationSet * CidrBlockState State": BLOCK,
}  # fmt: skip
"""Where a state stands in a call's answer, and those that AWS documents."""
LATER = "of-tomorrow"
TOPICS = ("everything", "gateways", "transit", "hubs", "vpn", "regions", "lists")
NETWORKS_PER_TOPIC = 40


def places(document: Any, steps: list[str]) -> Iterator[dict[str, Any]]:
    """The records at the end of some steps, ``*`` for each of a list, that have the last of them or may."""
    if len(steps) == 1:
        yield document
        return
    first, *rest = steps
    if first == "*":
        for one in document:
            always = one.get("Main") or one.get("GatewayId") == "local"
            if not always and (one.get("TransitGatewayAttachments") or one.get("Type") != "static"):
                yield from places(one, rest)  # a blackhole without a target was made one
    elif first in document:
        yield from places(document[first], rest)


def changed(files: dict[str, bytes], rng: random.Random) -> tuple[dict[str, bytes], list[str]]:
    """The files with one to three of the states in them drawn anew, and what was drawn."""
    documents = {path: json.loads(data) for path, data in files.items()}
    found = [
        (record, where.split()[-1], states, path)
        for where, states in STATES.items()
        for path, document in documents.items() if f"/{where.split()[0]}" in path.removesuffix(".json")
        for record in places(document, where.split()[1:])
    ]  # fmt: skip
    told = []
    for record, key, states, path in rng.sample(found, min(len(found), rng.randint(1, 3))):
        record[key] = LATER if rng.random() < 0.2 else rng.choice(states)
        told.append(f"{path} {key} {record[key]}")
        for other in documents.values():  # two lists tell of one attachment and of its association
            for one in other.get("TransitGatewayAttachments", ()) if "TransitGatewayAttachmentId" in record else ():
                if one["TransitGatewayAttachmentId"] == record["TransitGatewayAttachmentId"]:
                    (one if "SubnetIds" in record else one["Association"])["State"] = record[key]
    return {path: json.dumps(one).encode() for path, one in documents.items()}, told


@pytest.mark.parametrize("topic", TOPICS)
def test_engine_and_interpreter_agree_whatever_state_things_are_in(topic: str) -> None:
    compared = 0
    for seed in range(5000, 5000 + NETWORKS_PER_TOPIC):
        draft = network(topic, seed)
        files, told = changed(draft.files(), draft.rng)
        reach, world = load_files(files), world_of(files)
        for source, destination in questions(draft):
            for scenario in reach.scenarios(source, destination):
                assert_partition(scenario)
                try:
                    compared += compare(world, scenario, draft.rng)
                except AssertionError as error:
                    raise AssertionError(f"{topic} {seed}: {told}\n{error}") from error
    assert compared > NETWORKS_PER_TOPIC * 50

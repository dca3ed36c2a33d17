"""Random networks with subnets on Outposts and in Wavelength Zones, VPCs without DNS support and attachments without
IPv6: engine, interpreter and matrix agree.

What is set is drawn apart from the network, so that the networks are those of the other suites.
"""

from __future__ import annotations

import random

import pytest

from reachsim import load_files
from tests.property.comparison import assert_partition, compare, world_of
from tests.property.draft import Draft, Site
from tests.property.networks import TOPICS, network
from tests.property.test_matrix import compare as compare_matrix
from tests.property.test_walk import questions

SEEDS = range(9000, 9004)
OUTPOST = "arn:aws:outposts:us-east-1:111111111111:outpost/op-{}"


def place_at_edges(one: Site, rng: random.Random) -> None:
    """Move subnets, but those that a transit gateway is attached by: an edge's cannot be."""
    attachments = one.net._lists["ec2/describe-transit-gateway-vpc-attachments"]
    attached = {subnet for row in attachments for subnet in row["SubnetIds"]}
    for place in one.places:
        if place.id in attached:
            continue
        if rng.random() < 0.4:
            one.net[place.id]["OutpostArn"] = OUTPOST.format(rng.randint(1, 2))
        elif rng.random() < 0.2:
            zone = f"us-east-1-wl1-{rng.choice(('bos', 'nyc'))}-wlz-1"
            one.net[place.id].update(AvailabilityZone=zone, AvailabilityZoneId=f"id-{zone}")
            for eni in one.net._lists["ec2/describe-network-interfaces"]:
                if eni["SubnetId"] == place.id:
                    eni["AvailabilityZone"] = zone


def switch_off(draft: Draft, rng: random.Random) -> None:
    """DNS support of VPCs, IPv6 support of attachments."""
    for one in draft.sites:
        if rng.random() < 0.3:
            path = f"{one.net._home}/ec2/describe-vpc-attribute/{one.id}.enableDnsSupport.json"
            one.net._more[path]["EnableDnsSupport"] = {"Value": False}
    for build in {id(one): one for one in draft.builds}.values():
        for row in build._lists["ec2/describe-transit-gateway-vpc-attachments"]:
            if rng.random() < 0.3:
                row["Options"]["Ipv6Support"] = "disable"


@pytest.mark.parametrize("topic", TOPICS)
def test_engine_interpreter_and_matrix_agree(topic: str) -> None:
    compared = 0
    for seed in SEEDS:
        draft, rng = network(topic, seed), random.Random(f"edges/{topic}/{seed}")
        for one in draft.sites:
            place_at_edges(one, rng)
        switch_off(draft, rng)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for source, destination in questions(draft):
            for scenario in reach.scenarios(source, destination):
                assert_partition(scenario)
                compared += compare(world, scenario, rng)
        compare_matrix(reach, 6, 443)
    assert compared > 100 * len(SEEDS)

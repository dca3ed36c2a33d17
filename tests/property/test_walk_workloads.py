"""Tasks and functions in random small networks: engine and reference interpreter agree on what they send."""

from __future__ import annotations

import random
from typing import Any

import pytest

from reachsim import load_files
from tests.property.comparison import assert_partition, compare, world_of
from tests.property.draft import Draft
from tests.property.networks import network

TOPICS = ("gateways", "ipv6", "filters", "block")
NETWORKS_PER_TOPIC = 30
CLUSTER = "arn:aws:ecs:us-east-1:111111111111:cluster/main"


def with_workloads(topic: str, seed: int) -> Draft:
    """A network of `tests.property.networks` with a service and a function in some subnets of one VPC."""
    draft = network(topic, seed)
    rng = draft.rng = random.Random(f"workloads/{topic}/{seed}")
    site = draft.sites[0]
    net = site.net
    subnets = [place.id for place in rng.sample(site.places, min(2, len(site.places)))]
    awsvpc: dict[str, Any] = {
        "subnets": subnets,
        "securityGroups": rng.sample(site.groups, 1),
        "assignPublicIp": rng.choice(("ENABLED", "ENABLED", "DISABLED")),
    }
    launch = rng.choice(("FARGATE", "FARGATE", "EC2"))
    service = {"serviceName": "web", "launchType": launch, "networkConfiguration": {"awsvpcConfiguration": awsvpc}}
    net.put("ecs/describe-services/main", {"services": [service]})
    config = {"SubnetIds": subnets, "SecurityGroupIds": site.groups[:1], "Ipv6AllowedForDualStack": draft.chance(0.5)}
    net._lists["lambda/list-functions"].append({"FunctionName": "f", "VpcConfig": config})
    return draft


@pytest.mark.parametrize("topic", TOPICS)
def test_engine_and_interpreter_agree_on_tasks_and_functions(topic: str) -> None:
    compared, passed = 0, 0
    for seed in range(NETWORKS_PER_TOPIC):
        draft = with_workloads(topic, seed)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        blocks = ["ip:0.0.0.0/0", *(["ip:::/0"] if any(one.ipv6 for one in draft.sites) else [])]
        for source in ("ecs:main/web", "lambda:f"):
            for block in blocks:
                for scenario in reach.scenarios(source, block):
                    if scenario.flows:
                        assert_partition(scenario)
                        compared += compare(world, scenario, draft.rng)
                        passed += sum(flow.outcome == "allowed" for flow in scenario.flows)
    print(f"{topic}: {NETWORKS_PER_TOPIC} networks, {compared} packets compared, {passed} classes allowed")
    assert compared > NETWORKS_PER_TOPIC * 100
    assert passed > NETWORKS_PER_TOPIC

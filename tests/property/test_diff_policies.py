"""Random edits of policies, names and resolvers of a pipeline: what `diff` tells of each question is the difference of
the two full answers, its causes are the least, and whom it leaves out nothing changed for.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from reachsim import Reach, load_files
from reachsim.changes import compare
from reachsim.config import Config
from reachsim.diff.cells import Asked, evaluate, shift
from reachsim.diff.scope import questions
from reachsim.packets import DIMENSIONS, PacketSet
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    CLIENT,
    CLIENT_ROLE,
    LAYERS,
    REGION,
    Pipeline,
    for_all,
    policy,
    statement,
)

Edit = Callable[[Pipeline, random.Random], object]
ENDPOINTS = ("vpce-git-codecommit", "vpce-ecr-api", "vpce-ecr-dkr", "vpce-logs", "vpce-s3")
HOSTS = (f"git-codecommit.{REGION}.amazonaws.com", f"logs.{REGION}.amazonaws.com", f"s3.{REGION}.amazonaws.com",
         f"ecr.{REGION}.amazonaws.com")  # fmt: skip
NOTHING = PacketSet.empty(len(DIMENSIONS))
STATEMENTS = (
    for_all("*"), for_all("s3:GetObject", LAYERS), for_all("ecr:*"), for_all("codecommit:GitPull"),
    for_all("logs:*", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/other:*"), for_all("ecr:PutImage", effect="Deny"),
    for_all("*", Condition={"StringEquals": {"aws:PrincipalAccount": "222222222222"}}),
    for_all("*", effect="Deny", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-ecr-dkr"}}),
)  # fmt: skip


def endpoint_policy(net: Pipeline, rng: random.Random) -> None:
    net[rng.choice(ENDPOINTS)]["PolicyDocument"] = json.dumps(policy(*rng.sample(STATEMENTS, rng.randint(1, 3))))


def role_policy(net: Pipeline, rng: random.Random) -> None:
    """The roles with some statements less, and at times with one that denies."""
    kept = rng.sample(BUILD_ROLE, rng.randint(3, len(BUILD_ROLE)))
    denied = statement(rng.choice(["ecr:*", "logs:PutLogEvents", "s3:*"]), effect="Deny")
    kept += [denied] if rng.random() < 0.5 else []
    net.roles({"build": kept, "dev": CLIENT_ROLE if rng.random() < 0.7 else []})


def repository_policy(net: Pipeline, rng: random.Random) -> None:
    said = {key: one for key, one in rng.choice(STATEMENTS).items() if key != "Resource"}
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(said))})


def private_dns(net: Pipeline, rng: random.Random) -> None:
    one = net[rng.choice(ENDPOINTS[:4])]
    one["PrivateDnsEnabled"] = not one["PrivateDnsEnabled"]


def dns_attribute(net: Pipeline, rng: random.Random) -> None:
    name = rng.choice(["DnsSupport", "DnsHostnames"])
    net.put(f"ec2/describe-vpc-attribute/vpc-1.enable{name}", {"VpcId": "vpc-1", f"Enable{name}": {"Value": False}})


def hosted_zone(net: Pipeline, rng: random.Random) -> None:
    host = rng.choice(HOSTS)
    records: list[tuple[str, str, Any]] = [(host, "A", [rng.choice(["10.10.11.20", "10.10.99.9", "203.0.113.7"])])]
    net.zone(host, ["vpc-1"], records if rng.random() < 0.8 else [])


def name_servers(net: Pipeline, rng: random.Random) -> None:
    server = rng.choice(["10.10.0.2", "10.10.11.99", "192.0.2.53"])
    net["dopt-1"]["DhcpConfigurations"][0]["Values"] = [{"Value": server}]


def s3_tables(net: Pipeline, rng: random.Random) -> None:
    """A gateway endpoint leaves a route table."""
    table = rng.choice(["rtb-build", "rtb-client"])
    if table in net["vpce-s3"]["RouteTableIds"]:
        net["vpce-s3"]["RouteTableIds"].remove(table)
        net[table]["Routes"] = [one for one in net[table]["Routes"] if "DestinationPrefixListId" not in one]


def narrow_group(net: Pipeline, rng: random.Random) -> None:
    block = rng.choice(["10.10.1.0/24", "10.10.0.0/17", "10.10.21.0/24"])
    net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 443, 443, block))]


EDITS: dict[str, Edit] = {
    "endpoint policy": endpoint_policy, "role policy": role_policy, "repository policy": repository_policy,
    "private DNS": private_dns, "DNS attribute": dns_attribute, "hosted zone": hosted_zone,
    "name servers": name_servers, "gateway endpoint": s3_tables, "group": narrow_group,
}  # fmt: skip


def made(edits: Iterable[tuple[str, int]]) -> Reach:
    net = Pipeline()
    for name, seed in edits:
        EDITS[name](net, random.Random(seed))
    return load_files(net.files())


def passing(reach: Reach, asked: Asked) -> dict[str, PacketSet]:
    """Place of start → what gets through, straight from the walk."""
    found: dict[str, list[Any]] = {}
    for scenario in reach.scenarios(asked.source, asked.destination, asked.protocol, asked.port):
        for flow in scenario.flows:
            if flow.outcome == "allowed":
                found.setdefault(scenario.origin, []).append(flow.box)
    return {origin: PacketSet.union_of(boxes, len(DIMENSIONS)) for origin, boxes in found.items()}


def word(reach: Reach, asked: Asked) -> tuple[str, str]:
    """What the verdict comes to, network and policies together."""
    verdict = reach.simulate(
        asked.source, asked.destination, protocol=asked.protocol, port=asked.port, requests=list(asked.requests) or None
    )
    return verdict.outcome, verdict.route


@pytest.mark.parametrize("name", sorted(EDITS))
def test_of_policies_and_names_a_difference_is_the_difference_of_the_full_answers(name: str) -> None:
    told_cells = 0
    for seed in range(2):
        rng = random.Random(f"{name}/{seed}")
        shared = [(one, rng.randrange(9999)) for one in rng.sample(sorted(EDITS), rng.randint(0, 1)) if one != name]
        more = [(one, rng.randrange(9999)) for one in rng.sample(sorted(EDITS), rng.randint(0, 1)) if one != name]
        old, new = made(shared), made([*shared, (name, rng.randrange(9999)), *more])
        told = old.diff(new, sources=[BUILD, CLIENT])
        cells = {(one.source, one.destination, one.protocol, one.port): one for one in told.cells}
        for source in (BUILD, CLIENT):
            for asked, _ in questions(old.network, new.network, source, (), Config()):
                cell = cells.get((asked.source, asked.destination, asked.protocol, asked.port))
                words, (first, second) = (
                    (word(old, asked), word(new, asked)),
                    (passing(old, asked), passing(new, asked)),
                )
                moved = shift(evaluate(old.ground, asked, {}), evaluate(new.ground, asked, {}))
                for origin in first.keys() | second.keys():
                    gained = second.get(origin, NOTHING) - first.get(origin, NOTHING)
                    assert moved.gained.get(origin, NOTHING) == gained
                    assert cell is not None or not gained, (seed, asked)
                if cell is None:
                    assert words[0] == words[1], (seed, asked)
                    continue
                told_cells += 1
                assert (cell.before.outcome, cell.after.outcome) == (words[0][0], words[1][0])
                assert_least(old, new, asked, cell.causes)
    print(f"{name}: {told_cells} answers differ")
    assert told_cells


def assert_least(old: Reach, new: Reach, asked: Asked, causes: tuple[str, ...]) -> None:
    """With the causes undone the old answer is back, with fewer of them it is not."""
    comparison, before = compare(old.network, new.network), evaluate(old.ground, asked, {})

    def is_back(ids: set[str]) -> bool:
        undone = comparison.without([one for one in comparison.changes if one.id in ids])
        return evaluate(Reach(undone).ground, asked, {}).same_as(before)

    assert causes
    assert is_back({*causes})
    assert not any(is_back({*causes} - {one}) for one in causes)

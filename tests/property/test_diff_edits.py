"""Every kind of edit of a network or pipeline: what `diff` tells is the set difference of the full answers.

The full answers are worked out question by question in both networks, each loaded by itself; `diff` skips whom it takes
no change to touch, shares what both networks have in common and takes answers of the one for the other's.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest

from reachsim import load_files
from reachsim.config import Config
from reachsim.diff import diff
from reachsim.diff.cells import evaluate, shift, union, words
from reachsim.diff.scope import questions
from tests.property.networks import TOPICS, network
from tests.property.test_diff import EDITS, MORE_EDITS, Edit, Files, rows, told_of_everybody
from tests.scenarios.pipelines import BUILD, CLIENT, Pipeline, for_all, policy

ENOUGH, MOST = 4, 80
"""Networks tried for each kind of edit, and of how many at the most if no answer differs."""
TOPIC_OF: Final = {
    "Block Public Access": "block", "transit routes": "transit", "add rule": "gateways", "prefix list": "lists",
    "prefix list in a rule": "lists",
    "swap entries": "filters", "group reference": "references", "peering": "gateways", "public address": "gateways",
}  # fmt: skip
IDLE: Final = frozenset({"instance"})
"""A stopped instance is judged as if it ran."""


def other_policy(document: dict[str, Any], rng: random.Random) -> bool:
    """An endpoint's policy allows all, one service's reading alone, or nothing."""
    for one in rows(document, "VpcEndpoints", rng):
        wanted = (
            policy(for_all("*")), policy(for_all(["s3:GetObject", "ecr:BatchGetImage"])),
            policy(for_all("*"), for_all(["codecommit:*", "logs:*"], effect="Deny")),
        )  # fmt: skip
        others = [text for text in map(json.dumps, wanted) if json.loads(text) != json.loads(one["PolicyDocument"])]
        one["PolicyDocument"] = rng.choice(others)
        return True
    return False


def other_private_dns(document: dict[str, Any], rng: random.Random) -> bool:
    for one in rows(document, "VpcEndpoints", rng):
        if one["VpcEndpointType"] == "Interface":
            one["PrivateDnsEnabled"] = not one["PrivateDnsEnabled"]
            return True
    return False


def other_entry(document: dict[str, Any], rng: random.Random) -> bool:
    """An entry of a network ACL comes before all others, or goes."""
    for acl in rows(document, "NetworkAcls", rng):
        mine = [one for one in acl["Entries"] if one["RuleNumber"] < 32767]
        if mine and rng.random() < 0.4:
            acl["Entries"].remove(rng.choice(mine))
        else:
            acl["Entries"].append({
                "RuleNumber": 1, "Egress": rng.random() < 0.5, "Protocol": rng.choice(["6", "17", "-1"]),
                "RuleAction": rng.choice(["allow", "deny"]), "CidrBlock": rng.choice(["0.0.0.0/0", "10.0.0.0/8"]),
                "PortRange": {"From": 443, "To": rng.choice([443, 65535])},
            })  # fmt: skip
        return True
    return False


def reference(document: dict[str, Any], rng: random.Random) -> bool:
    """A rule that names a group comes, or one that names one goes."""
    groups = rows(document, "SecurityGroups", rng)
    for group, key in ((group, key) for group in groups for key in ("IpPermissions", "IpPermissionsEgress")):
        naming = [one for one in group[key] if one.get("UserIdGroupPairs")]
        if naming and rng.random() < 0.5:
            group[key].remove(rng.choice(naming))
            return True
    group, other = rng.choice(groups), rng.choice(groups)
    group[rng.choice(["IpPermissions", "IpPermissionsEgress"])].append({
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 443, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
        "UserIdGroupPairs": [{"GroupId": other["GroupId"], "UserId": group["OwnerId"]}],
    })  # fmt: skip
    return True


def list_reference(document: dict[str, Any], rng: random.Random) -> bool:
    """A rule that names a prefix list goes; or its ports change."""
    groups = rows(document, "SecurityGroups", rng)
    for one in (one for group in groups for one in group["IpPermissionsEgress"] if one.get("PrefixListIds")):
        one.update(IpProtocol="tcp", FromPort=443, ToPort=rng.choice([443, 8443]))
        return True
    return False


def drop_association(document: dict[str, Any], rng: random.Random) -> bool:
    """A subnet goes to the main route table of its VPC."""
    for table in rows(document, "RouteTables", rng):
        mine = [one for one in table["Associations"] if one.get("SubnetId")]
        if mine:
            table["Associations"].remove(rng.choice(mine))
            return True
    return False


def take_public_address(document: dict[str, Any], rng: random.Random) -> bool:
    """The public address of an interface goes, or it gets one."""
    for one in rows(document, "NetworkInterfaces", rng):
        if one["InterfaceType"] == "interface":
            address = {"PublicIp": "203.0.113.77", "IpOwnerId": "amazon"}
            gone = "Association" in one
            for each in (one, *(each for each in one["PrivateIpAddresses"] if each["Primary"])):
                each.pop("Association", None) if gone else each.update(Association=address)
            return True
    return False


def detach(document: dict[str, Any], rng: random.Random) -> bool:
    """An interface is deleted."""
    mine = [one for one in rows(document, "NetworkInterfaces", rng) if one["InterfaceType"] == "interface"]
    for one in mine[:1]:
        document["NetworkInterfaces"].remove(one)
    return len(mine) > 1


def block_subnets(document: dict[str, Any], rng: random.Random) -> bool:
    """Block Public Access at every subnet, as the subnets' own records state it."""
    mode = rng.choice(["off", "block-ingress", "block-bidirectional", "block-bidirectional"])
    for one in document["Subnets"]:
        one["BlockPublicAccessStates"] = {"InternetGatewayBlockMode": mode}
    return True


def stop(document: dict[str, Any], rng: random.Random) -> bool:
    for reservation in rows(document, "Reservations", rng):
        for one in reservation["Instances"]:
            one["State"] = {"Name": "running" if one["State"]["Name"] == "stopped" else "stopped"}
            return True
    return False


KINDS: dict[str, tuple[str, Edit]] = EDITS | MORE_EDITS | {
    "endpoint policy": ("describe-vpc-endpoints", other_policy),
    "private DNS": ("describe-vpc-endpoints", other_private_dns),
    "entry": ("describe-network-acls", other_entry),
    "group reference": ("describe-security-groups", reference),
    "prefix list in a rule": ("describe-security-groups", list_reference),
    "association": ("describe-route-tables", drop_association),
    "public address": ("describe-network-interfaces", take_public_address),
    "interface": ("describe-network-interfaces", detach),
    "instance": ("describe-instances", stop),
    "Block Public Access": ("describe-subnets", block_subnets),
}  # fmt: skip


@cache
def pipeline() -> Files:
    """The reference pipeline, its builds with a way out by a NAT gateway."""
    net = Pipeline()
    net.with_nat()
    return net.files()


class Drawn(NamedTuple):
    """A network, its senders, and what they ask for; check's destinations if that is nothing."""

    files: Files
    senders: list[str]
    targets: list[str]


def drawn(name: str, rng: random.Random) -> Iterator[Drawn]:
    """Networks in which a kind of edit may make a difference."""
    topics = [TOPIC_OF[name]] if name in TOPIC_OF else sorted(TOPICS)
    for seed in itertools.count(8000):
        if seed % 4 == 0:
            yield Drawn(pipeline(), [BUILD, CLIENT], [])
        else:
            draft = network(rng.choice(topics), seed)
            names = rng.sample(draft.interfaces, len(draft.interfaces))
            yield Drawn(draft.files(), names[:2], [*names[-3:], "internet"] if seed % 4 < 3 else [])


def edited(files: Files, name: str, rng: random.Random) -> Files | None:
    operation, edit = KINDS[name]
    paths = [one for one in files if one.endswith(f"/{operation}.json") or f"/{operation}/" in one]
    for path in rng.sample(paths, len(paths)):
        document = json.loads(files[path])
        if edit(document, rng):
            return {**files, path: json.dumps(document).encode()}
    return None


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_differs_is_told_of_every_kind_of_edit(name: str) -> None:
    rng, tried, differing = random.Random(name), 0, 0
    for one in itertools.islice(drawn(name, rng), MOST):
        after = edited(one.files, name, rng)
        if after is not None and (tried < ENOUGH or not (differing or name in IDLE)):
            tried, differing = tried + 1, differing + compared(one, after, rng)
    print(f"{name}: {differing} answers differ in {tried} networks")
    assert tried
    assert (not differing) == (name in IDLE)


@pytest.mark.parametrize("seed", range(8))
def test_what_differs_is_told_of_several_edits(seed: int) -> None:
    rng = random.Random(f"several/{seed}")
    one = next(itertools.islice(drawn("several", rng), seed, None))
    after = one.files
    for name in rng.sample(sorted(KINDS), 4):
        after = edited(after, name, rng) or after
    compared(one, after, rng)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_everybodys_answers_that_differ_are_told_of_every_kind_of_edit(name: str) -> None:
    rng = random.Random(f"everybody/{name}")
    few = (one for one in drawn(name, rng) if len(load_files(one.files).network.interfaces) <= 10)
    files, after = next((one.files, after) for one in few if (after := edited(one.files, name, rng)) is not None)
    old = load_files(files)
    told = diff(old.ground, load_files(after, beside=old).ground, causes=False, edited=True)
    assert not told.besides.left_out
    told_of_everybody(load_files(files), load_files(after), told)


def compared(one: Drawn, after: Files, rng: random.Random) -> int:
    """How many answers differ; they are what `diff` tells."""
    older = load_files(one.files)
    told = diff(
        older.ground, load_files(after, beside=rng.choice([older, None])).ground, sources=one.senders,
        targets=one.targets, causes=False, edited=rng.random() < 0.5,
    )  # fmt: skip
    old, new = load_files(one.files), load_files(after)
    own = old.network.own_public_addresses | new.network.own_public_addresses
    found = {(cell.source, cell.destination, cell.protocol, cell.port): cell for cell in told.cells}
    differing = 0
    for source in one.senders:
        for asked, _ in questions(old.network, new.network, source, one.targets, Config()):
            first, second = (evaluate(each.ground, asked, {}, own) for each in (old, new))
            cell = found.pop((asked.source, asked.destination, asked.protocol, asked.port), None)
            assert (cell is None) == first.same_as(second), asked
            if cell is not None:
                change = shift(first, second)
                assert cell.allowed == words(union(change.gained.values()))
                assert cell.blocked == words(union(change.lost.values()))
                assert (cell.before.outcome, cell.after.outcome) == (first.outcome, second.outcome)
                differing += 1
    assert not found
    return differing

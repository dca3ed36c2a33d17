"""Public names from random networks, dual-stack ones and clients without IPv4 among them: what the engine's flows come
to by the words of DESIGN ("Verdicts", selector ``host:``), weighed address by address.

A plain name may have IPv6 addresses or none, a dual-stack name of AWS's has both families, its other names have IPv4
ones only, to which DNS64 adds one made up. Which address of a family it is, nobody knows; which family a client picks,
where it has both, is chance.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import pytest

from reachsim import load_files
from reachsim.addresses import V4, V6
from reachsim.forwarding import Walk
from reachsim.intervals import IntervalSet
from reachsim.packets import DESTINATION, SOURCE
from reachsim.scenarios import Scenario
from tests.property.comparison import compare, world_of
from tests.property.networks import network

TOPICS = ("ipv6", "translation", "filters", "edge", "block", "everything")
NETWORKS = 24
PLAIN, FOUR, BOTH = "host:github.com", "host:sts.us-east-1.amazonaws.com", "host:sqs.us-east-1.api.aws"
RANK = ("blocked", "intermittent", "allowed")


def fates(outcomes: set[str]) -> set[str]:
    """What may come of one address, of whose packets these become of some."""
    known = outcomes - {"unknown"}
    settled = {
        frozenset(): {"blocked", "intermittent", "allowed"}, frozenset({"allowed"}): {"intermittent", "allowed"},
        frozenset({"blocked"}): {"blocked", "intermittent"}, frozenset({"allowed", "blocked"}): {"intermittent"},
    }  # fmt: skip
    if "unknown" in outcomes:
        return settled[frozenset(known)]
    return {"intermittent"} if len(known) > 1 else set(known)


def pieces(sets: Iterable[IntervalSet]) -> list[int]:
    """An address of each part that sets make of all of them."""
    held = list(sets)
    bounds = sorted({low for one in held for low, _ in one.spans} | {high + 1 for one in held for _, high in one.spans})
    return [bound for bound in bounds if any(bound in one for one in held)]


def of_family(flows: Sequence[Walk], family: IntervalSet) -> set[str] | None:
    """What may come of a name's addresses of one family, by the best of the client's own; None if it sends nothing."""
    mine = [flow for flow in flows if not flow.box[DESTINATION].isdisjoint(family)]
    if not mine:
        return None
    best = {"blocked"}
    for source in pieces(flow.box[SOURCE] for flow in mine):
        sent = [flow for flow in mine if source in flow.box[SOURCE]]
        found = set[str]()
        for address in pieces(flow.box[DESTINATION] for flow in sent):
            found |= fates({flow.outcome for flow in sent if address in flow.box[DESTINATION]})
        best = {max(pair, key=RANK.index) for pair in itertools.product(best, found)}
    return best


def expected(scenario: Scenario, name: str) -> str:
    """The outcome of a question from one place."""
    if scenario.blocks or scenario.gaps:
        return "blocked" if scenario.blocks else "unknown"
    four, six = (of_family(scenario.flows, family) for family in (V4, V6))
    told = [one for one in (four, six) if one is not None]
    if len(told) == 1:
        may = told[0]
    elif name == PLAIN:
        may = told[0] | told[1]
    else:
        may = {one if one == other else "intermittent" for one, other in itertools.product(*told)}
    return may.pop() if len(may) == 1 else "unknown"


def sendable(scenario: Scenario) -> Scenario:
    """Without what a client has no address to send from."""
    flows = tuple(flow for flow in scenario.flows if (flow.box[SOURCE] <= V4) == (flow.box[DESTINATION] <= V4))
    return msgspec.structs.replace(scenario, flows=flows)


@pytest.mark.parametrize("topic", TOPICS)
def test_public_names_come_to_what_their_addresses_do(topic: str) -> None:
    seen, compared = Counter[str](), 0
    for seed in range(5000, 5000 + NETWORKS):
        draft, rng = network(topic, seed), random.Random(f"public names/{topic}/{seed}")
        for subnet in draft.builds[0]._lists["ec2/describe-subnets"]:
            subnet["EnableDns64"] = rng.random() < 0.4
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for client, name in itertools.product(draft.interfaces[:3], (PLAIN, FOUR, BOTH)):
            found = reach.scenarios(client, name, "tcp", 443)
            if len(found) != 1:
                continue
            verdict = reach.simulate(client, name, protocol="tcp", port=443)
            if not reach.ground.firewalls:  # the interpreter knows no name that they could go by
                compared += compare(world, sendable(found[0]), rng)
            assert verdict.outcome == expected(found[0], name), (seed, client, name, verdict)
            seen[f"{name} {verdict.outcome}"] += 1
    print(topic, dict(seen), compared)

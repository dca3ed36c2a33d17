"""Random networks and single edits: what `diff` tells is the set difference of the full answers, and interpreted
packet by packet it is true.

Networks: `tests.property.networks`. The reference interpreter judges corners of every set that is newly allowed or
newly blocked in both networks; it was written apart from the engine.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from reachsim import Reach, load_files
from reachsim.changes import compare
from reachsim.config import Config
from reachsim.diff import CellChange, Diff, diff
from reachsim.diff.bundles import bundles
from reachsim.diff.cells import Asked, evaluate, passing, shift
from reachsim.diff.others import _Ends
from reachsim.diff.scope import matters_not, questions
from reachsim.diff.touching import Touching
from reachsim.fix.edited import Asking
from reachsim.packets import DIMENSIONS, PacketSet
from tests.property.comparison import corners, origin_of, packet_of, world_of
from tests.property.networks import TOPICS, network
from tests.reference.interpreter import judge

SEEDS = range(5004, 5008)
ATTEMPTS = 12
"""Edits tried per network until one changes an answer."""
NOTHING = PacketSet.empty(len(DIMENSIONS))
Files = dict[str, bytes]
Edit = Callable[[dict[str, Any], random.Random], bool]
EVERYWHERE = "ip:0.0.0.0/0"


def rows(document: dict[str, Any], key: str, rng: random.Random) -> list[dict[str, Any]]:
    return rng.sample(document[key], len(document[key]))


def drop_rule(document: dict[str, Any], rng: random.Random) -> bool:
    for group in rows(document, "SecurityGroups", rng):
        for key in rng.sample(["IpPermissions", "IpPermissionsEgress"], 2):
            if group[key]:
                group[key].pop(rng.randrange(len(group[key])))
                return True
    return False


def add_rule(document: dict[str, Any], rng: random.Random) -> bool:
    key = rng.choice(["IpPermissions", "IpPermissionsEgress"])
    rng.choice(document["SecurityGroups"])[key].append({
        "IpProtocol": rng.choice(["tcp", "udp", "-1"]), "FromPort": 80, "ToPort": rng.choice([80, 443, 65535]),
        "IpRanges": [{"CidrIp": rng.choice(["10.0.0.0/8", "0.0.0.0/0", "10.1.0.0/16"])}],
    })  # fmt: skip
    return True


def turn_entry(document: dict[str, Any], rng: random.Random) -> bool:
    for acl in rows(document, "NetworkAcls", rng):
        entries = [one for one in acl["Entries"] if one["RuleNumber"] < 32767]
        if entries and acl["Associations"]:
            entry = rng.choice(entries)
            entry["RuleAction"] = "deny" if entry["RuleAction"] == "allow" else "allow"
            return True
    return False


def drop_route(document: dict[str, Any], rng: random.Random) -> bool:
    for table in rows(document, "RouteTables", rng):
        routes = [one for one in table["Routes"] if one.get("GatewayId") != "local"]
        if routes:
            table["Routes"].remove(rng.choice(routes))
            return True
    return False


def blackhole(document: dict[str, Any], rng: random.Random) -> bool:
    for table in rows(document, "RouteTables", rng):
        routes = [one for one in table["Routes"] if one.get("GatewayId") != "local" and one["State"] == "active"]
        if routes:
            rng.choice(routes)["State"] = "blackhole"
            return True
    return False


def swap_entries(document: dict[str, Any], rng: random.Random) -> bool:
    """The order of two entries, of which the one denies what the other allows."""
    for acl in rows(document, "NetworkAcls", rng):
        for egress in rng.sample([True, False], 2):
            mine = [one for one in acl["Entries"] if one["RuleNumber"] < 32767 and one["Egress"] == egress]
            kinds = {one["RuleAction"]: one for one in mine}
            if len(kinds) == 2 and acl["Associations"]:
                first, second = kinds.values()
                first["RuleNumber"], second["RuleNumber"] = second["RuleNumber"], first["RuleNumber"]
                return True
    return False


def swap_tables(document: dict[str, Any], rng: random.Random) -> bool:
    """The subnets of two route tables of one VPC."""
    for table in rows(document, "RouteTables", rng):
        for other in rows(document, "RouteTables", rng):
            pair = [
                [one for one in each["Associations"] if one.get("SubnetId") and not one["Main"]]
                for each in (table, other)
            ]
            if table is not other and table["VpcId"] == other["VpcId"] and any(pair):
                for each, leaving, coming in ((table, pair[0], pair[1]), (other, pair[1], pair[0])):
                    kept = [one for one in each["Associations"] if one not in leaving]
                    each["Associations"] = kept + [one | {"RouteTableId": each["RouteTableId"]} for one in coming]
                return True
    return False


def listed(document: dict[str, Any], rng: random.Random) -> bool:
    """An entry of a customer's prefix list comes or goes."""
    if document["Entries"] and rng.random() < 0.5:
        document["Entries"].pop(rng.randrange(len(document["Entries"])))
    else:
        document["Entries"].append({"Cidr": rng.choice(["10.1.0.0/16", "10.2.1.0/24", "198.51.100.0/24"])})
    return True


def cut_transit(document: dict[str, Any], rng: random.Random) -> bool:
    routes = document["Routes"]
    if not routes:
        return False
    if rng.random() < 0.5:
        routes.pop(rng.randrange(len(routes)))
    else:
        one = rng.choice(routes)
        one["State"] = "active" if one["State"] == "blackhole" and one.get("TransitGatewayAttachments") else "blackhole"
    return True


def turn_block(document: dict[str, Any], rng: random.Random) -> bool:
    """Block Public Access of a VPC, as the VPC's own record states it."""
    states = [one["BlockPublicAccessStates"] for one in document["Vpcs"] if "BlockPublicAccessStates" in one]
    for one in rng.sample(states, len(states)):
        modes = ["off", "block-ingress", "block-bidirectional"]
        one["InternetGatewayBlockMode"] = rng.choice([m for m in modes if m != one["InternetGatewayBlockMode"]])
        return True
    return False


def other_state(key: str, working: str, broken: str) -> Edit:
    def edit(document: dict[str, Any], rng: random.Random) -> bool:
        for one in rows(document, key, rng):
            if key == "VpcPeeringConnections":
                one["Status"]["Code"] = broken if one["Status"]["Code"] == working else working
            else:
                one["State"] = broken if one["State"] == working else working
            return True
        return False

    return edit


def other_groups(document: dict[str, Any], rng: random.Random) -> bool:
    """An interface takes another one's groups, of the same VPC."""
    for one in rows(document, "NetworkInterfaces", rng):
        for other in rows(document, "NetworkInterfaces", rng):
            if one["VpcId"] == other["VpcId"] and one["Groups"] != other["Groups"] and other["Groups"]:
                one["Groups"] = other["Groups"]
                return True
    return False


EDITS: dict[str, tuple[str, Edit]] = {
    "drop rule": ("describe-security-groups", drop_rule),
    "add rule": ("describe-security-groups", add_rule),
    "turn entry": ("describe-network-acls", turn_entry),
    "drop route": ("describe-route-tables", drop_route),
    "blackhole": ("describe-route-tables", blackhole),
}
MORE_EDITS: dict[str, tuple[str, Edit]] = {
    "swap entries": ("describe-network-acls", swap_entries),
    "swap tables": ("describe-route-tables", swap_tables),
    "prefix list": ("get-managed-prefix-list-entries", listed),
    "transit routes": ("search-transit-gateway-routes", cut_transit),
    "Block Public Access": ("describe-vpcs", turn_block),
    "NAT gateway": ("describe-nat-gateways", other_state("NatGateways", "available", "failed")),
    "peering": ("describe-vpc-peering-connections", other_state("VpcPeeringConnections", "active", "deleted")),
    "endpoint": ("describe-vpc-endpoints", other_state("VpcEndpoints", "available", "rejected")),
    "groups": ("describe-network-interfaces", other_groups),
}
"""Edits that touch few questions of a random network."""


def edited(files: Files, name: str, rng: random.Random) -> Files | None:
    operation, edit = (EDITS | MORE_EDITS)[name]
    paths = [one for one in files if one.endswith(f"/{operation}.json") or f"/{operation}/" in one]
    if not paths:
        return None
    path = rng.choice(paths)
    document = json.loads(files[path])
    return {**files, path: json.dumps(document).encode()} if edit(document, rng) else None


def asking(files: Files) -> Reach:
    """A network that walks each question once, for its full answer and for what the comparison makes of it."""
    reach = load_files(files)
    reach.ground = Asking(reach.network)
    return reach


def answers(reach: Reach, source: str) -> dict[tuple[str, str], PacketSet]:
    """The full answer, taken straight from the walk: (place of start, fate) → packets."""
    boxes: dict[tuple[str, str], list[Any]] = {}
    for scenario in reach.scenarios(source, EVERYWHERE):
        for flow in scenario.flows:
            boxes.setdefault((scenario.origin, flow.outcome), []).append(flow.box)
    return {key: PacketSet.union_of(some, len(DIMENSIONS)) for key, some in boxes.items()}


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_difference_is_the_set_difference_of_the_full_answers(topic: str) -> None:
    changed = packets = 0
    for seed in SEEDS:
        draft = network(topic, seed)
        files, rng = draft.files(), random.Random(f"{topic}/{seed}")
        old = asking(files)
        for _ in range(ATTEMPTS):
            after = edited(files, rng.choice(sorted(EDITS)), rng)
            source = rng.choice(draft.interfaces)
            if after is None:
                continue
            new = asking(after)
            first, second = (evaluate(one.ground, Asked(source, EVERYWHERE), {}) for one in (old, new))
            found = shift(first, second)
            allowed = {origin: one for (origin, fate), one in answers(new, source).items() if fate == "allowed"}
            assert passing(new.ground, Asked(source, EVERYWHERE), {}) == allowed
            for origin, gained, lost in exactly(answers(old, source), answers(new, source)):
                assert found.gained.get(origin, NOTHING) == gained
                assert found.lost.get(origin, NOTHING) == lost
                packets += interpreted(files, after, old, source, gained, lost, rng)
            if not first.same_as(second):
                changed += 1
                told = diff(old.ground, new.ground, sources=[source], targets=[EVERYWHERE])
                assert_caused(old, new, Asked(source, EVERYWHERE), told.cells[0])
                break
    print(f"{topic}: {changed} of {len(SEEDS)} networks differ, {packets} packets interpreted in both")
    assert changed


@pytest.mark.parametrize("name", sorted(MORE_EDITS))
def test_of_every_kind_of_edit_a_difference_is_the_set_difference_of_the_full_answers(name: str) -> None:
    count = 0
    for seed, topic in ((seed, topic) for seed in range(7010, 7014) for topic in sorted(TOPICS)):
        draft = network(topic, seed)
        files, rng = draft.files(), random.Random(f"{name}/{topic}/{seed}")
        after = edited(files, name, rng)
        if after is None:
            continue
        source, old, new = rng.choice(draft.interfaces), asking(files), asking(after)
        first, second = (evaluate(one.ground, Asked(source, EVERYWHERE), {}) for one in (old, new))
        found = shift(first, second)
        for origin, gained, lost in exactly(answers(old, source), answers(new, source)):
            assert (found.gained.get(origin, NOTHING), found.lost.get(origin, NOTHING)) == (gained, lost)
            interpreted(files, after, old, source, gained, lost, rng)
        told = diff(old.ground, new.ground, sources=[source], targets=[EVERYWHERE])
        assert bool(told.cells) == (not first.same_as(second))
        if told.cells:
            assert_caused(old, new, Asked(source, EVERYWHERE), told.cells[0])
        count += 1
        if count == 4:
            return
    assert count


def exactly(
    before: dict[tuple[str, str], PacketSet], after: dict[tuple[str, str], PacketSet]
) -> Iterator[tuple[str, PacketSet, PacketSet]]:
    """(place of start, what only the newer answer allows, what the older one does and the newer surely does not)."""
    for origin in sorted({key for key, _ in (*before, *after)}):
        old, new = before.get((origin, "allowed"), NOTHING), after.get((origin, "allowed"), NOTHING)
        yield origin, new - old, (old - new) - after.get((origin, "unknown"), NOTHING)


def interpreted(
    files: Files, after: Files, old: Reach, source: str, gained: PacketSet, lost: PacketSet, rng: random.Random
) -> int:
    """Corners of what is gained are delivered after and not before, of what is lost the other way round."""
    if not gained and not lost:
        return 0
    (scenario, *_) = old.scenarios(source, EVERYWHERE)
    origin, worlds = origin_of(scenario), (world_of(files), world_of(after))
    count = 0
    for packet_set, expected in ((gained, (False, True)), (lost, (True, False))):
        for box in list(packet_set.boxes())[:8]:
            for point in corners(box, rng)[:4]:
                packet = packet_of(point)
                if str(packet.destination).startswith("127."):
                    continue
                delivered = tuple(judge(world, origin, packet).kind == "delivered" for world in worlds)
                assert delivered == expected, packet
                count += 1
    return count


def assert_caused(old: Reach, new: Reach, asked: Asked, told: CellChange) -> None:
    """Undone, the causes give back the old answer, any smaller set does not; each alternative alone does, and no other
    change.
    """
    comparison = compare(old.network, new.network)
    before = evaluate(old.ground, asked, {})

    @cache
    def is_back(ids: frozenset[str]) -> bool:
        snapshot = comparison.without([one for one in comparison.changes if one.id in ids])
        return evaluate(Reach(snapshot).ground, asked, {}).same_as(before)

    causes = frozenset(told.causes)
    assert causes
    assert is_back(causes)
    assert not any(is_back(causes - {one}) for one in causes)
    alone = {one.id for one in comparison.changes if is_back(frozenset([one.id]))}
    assert alone == ({*told.alternatives} | ({*told.causes} if len(told.causes) == 1 else set()))


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_of_several_edits_the_causes_are_the_least_and_what_depends_on_nothing_changes_nothing(topic: str) -> None:
    changed = 0
    for seed in range(5000, 5040):
        if changed > 1:
            break
        draft = network(topic, seed + 200)
        files, rng = draft.files(), random.Random(f"several/{topic}/{seed}")
        old = load_files(files)
        for _ in range(ATTEMPTS):
            after, source = files, rng.choice(draft.interfaces)
            for name in rng.choices(sorted(EDITS), k=4):
                after = edited(after, name, rng) or after
            new = load_files(after)
            if answers(old, source) != answers(new, source):
                told = diff(old.ground, new.ground, sources=[source], targets=[EVERYWHERE])
                changed += len(told.cells)
                for cell in told.cells:
                    assert_caused(old, new, Asked(source, EVERYWHERE), cell)
                assert_idle(old, new, source, told)
                break
    print(f"{topic}: {changed} answers changed by several edits")
    assert changed


def assert_idle(old: Reach, new: Reach, source: str, told: Diff) -> None:
    """A change on which nothing depends makes no difference by itself, nor does undoing it."""
    comparison, asked = compare(old.network, new.network), Asked(source, EVERYWHERE)
    before, after = (evaluate(one.ground, asked, {}) for one in (old, new))
    for impact in told.changes:
        (change,) = [one for one in comparison.changes if one.id == impact.change.id]
        undone, made = (Reach(one) for one in (comparison.without([change]), comparison.only([change])))
        idle = evaluate(undone.ground, asked, {}).same_as(after) and evaluate(made.ground, asked, {}).same_as(before)
        assert (impact.matters == "nothing") <= idle, change
        assert (impact.matters == "indirectly") <= (not idle), change


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_everybodys_differences_are_those_of_each_pair_asked_by_itself(topic: str) -> None:
    """Answers are taken from walks to many, of one interface for its like, and of one network for both: each is what
    the pair gets by itself, and so are the causes.
    """
    differing = 0
    for seed in range(6000, 6002):
        draft = network(topic, seed)
        files, rng = draft.files(), random.Random(f"everybody/{topic}/{seed}")
        after = files
        for name in rng.choices(sorted(EDITS | MORE_EDITS), k=3):
            after = edited(after, name, rng) or after
        old, new = load_files(files), load_files(after)
        told = diff(old.ground, new.ground, edited=True)
        if told.besides.left_out:
            continue
        found = {(one.source, one.destination): one for one in told.cells}
        pairs = told_of_everybody(old, new, told)
        for ends in rng.sample(sorted(found), min(2, len(found))):
            if "internet" not in ends and not found[ends].needed:
                assert_caused(old, new, Asked(*ends, packets_only=True), found[ends])
        differing += len(pairs)
    print(f"{topic}: {differing} pairs differ")


def told_of_everybody(old: Reach, new: Reach, told: Diff) -> set[tuple[str, str]]:
    """The pairs whose answers differ, as they are told; they are those that differ when each is asked by itself."""
    pairs = {
        (source, destination) for one in told.cells for source in (one.source, *one.like_source)
        for destination in (one.destination, *one.like_destination) if source != destination
    }  # fmt: skip
    everyone = _Ends(old.ground, new.ground)
    names = [one for one in everyone.all if everyone.sends(one) and everyone.receives(one)]
    for ends in permutations([*names, "internet"], 2):
        first, second = (evaluate(each.ground, Asked(*ends, packets_only=True), {}) for each in (old, new))
        assert (ends in pairs) == (not first.same_as(second)), ends
    return pairs


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_those_whom_a_change_can_touch_are_found_without_asking_everybody(topic: str) -> None:
    touched = everybody = 0
    for seed in range(6100, 6130):
        draft = network(topic, seed)
        files, rng = draft.files(), random.Random(f"touching/{topic}/{seed}")
        after = files
        for name in rng.choices(sorted(EDITS | MORE_EDITS), k=rng.choice([1, 1, 2])):
            after = edited(after, name, rng) or after
        old = load_files(files)
        new = load_files(after, beside=rng.choice([old, None]))
        units = bundles([one for one in compare(old.network, new.network).changes if not matters_not(one)])
        ends = _Ends(old.ground, new.ground)
        found = Touching(old.network, new.network, units).any_of(ends.interfaces)
        assert found == {one for one in ends.interfaces if Touching(old.network, new.network, units).end(one)}, seed
        assert ends.least_kinds(ends.all) <= len(ends.grouped(found, ()))
        touched, everybody = touched + len(found), everybody + len(ends.interfaces)
    print(f"{topic}: {touched} of {everybody} touched")
    assert 0 < touched < everybody


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_sources_that_a_difference_skips_get_the_same_answers(topic: str) -> None:
    skipped = 0
    for seed in SEEDS:
        draft = network(topic, seed + 100)
        files, rng = draft.files(), random.Random(f"skip/{topic}/{seed}")
        after = edited(files, rng.choice(sorted(EDITS)), rng)
        if after is None:
            continue
        old, new = load_files(files), load_files(after)
        told = diff(old.ground, new.ground, sources=rng.sample(draft.interfaces, min(4, len(draft.interfaces))),
                    causes=False)  # fmt: skip
        for source in told.skipped:
            skipped += 1
            for asked, _ in questions(old.network, new.network, source, (), Config()):
                one, other = (evaluate(each.ground, asked, {}) for each in (old, new))
                assert one.same_as(other), (seed, source, asked)
    print(f"{topic}: {skipped} sources skipped")

"""Changes to a configuration whose effect on every verdict is known beforehand, without knowing any verdict.

Over random networks (`tests.property.networks`) and the shipped snapshots: a further allow rule blocks nothing; what a
removed route carried goes by another route or not at all; names, order and halves of blocks are no configuration; and
a file that is not there makes a verdict unknown or leaves it, but never turns it round.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reachsim import Reach, Verdict, load_files
from reachsim.check.outcome import overall_of
from reachsim.forwarding import Walk
from reachsim.packets import CHOICE, DIMENSIONS, PacketSet
from reachsim.verdict import Cell, Check
from reachsim.verdict import Path as VerdictPath
from reachsim.verdict import Question as Asked
from tests.build import Record
from tests.property.draft import BLOCKS, BLOCKS_V6, Draft
from tests.property.networks import TOPICS, network
from tests.property.sites import rule
from tests.withheld.files import case
from tests.withheld.surfaces import PLAIN
from tests.withheld.surfaces import query as query_words
from tests.withheld.surfaces import trace as trace_words

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]
SOME = settings(
    max_examples=30, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)  # networks are drawn by seed: a smaller seed is no smaller network
drafts = st.builds(network, st.sampled_from(sorted(TOPICS)), st.integers(2_000_000, 3_000_000))
Files = dict[str, bytes]
Question = tuple[str, str, dict[str, Any]]
TCP = {"protocol": "tcp", "port": 443}


def shipped(name: str) -> Files:
    folder = ROOT / "snapshots" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def questions(draft: Draft) -> list[Question]:
    rng = draft.rng
    one, other = rng.choice(draft.interfaces), rng.choice(draft.interfaces)
    found: list[Question] = [
        (one, other, TCP), (one, "internet", {}), ("internet", other, {}), (one, "ip:10.0.0.0/8", {}),
        ("ip:192.168.7.0/24", other, {}), (one, "s3", TCP), (one, "ecr.api", TCP),
    ]  # fmt: skip
    if draft.has_project:
        found += [("codebuild:app", "internet", {}), (one, "codebuild:app", TCP)]
    return [(source, target, more) for source, target, more in found if source != target]


def flows(reach: Reach, question: Question) -> list[Walk]:
    source, target, more = question
    return [flow for scenario in reach.scenarios(source, target, **more) for flow in scenario.flows]


def settled(found: Iterable[Walk], outcome: str) -> PacketSet:
    """The packets of one fate. Which of several ways was meant by a choice is nobody's business."""
    boxes = [flow.box for flow in found if flow.outcome == outcome]
    return PacketSet.union_of(boxes, len(DIMENSIONS)).project(CHOICE)


def fates(reach: Reach, question: Question) -> tuple[object, ...]:
    """A verdict without names: its words, its codes, and every packet's fate."""
    source, target, more = question
    verdict = reach.simulate(source, target, **more)
    found = flows(reach, question)
    sets = [settled(found, outcome) for outcome in ("allowed", "blocked", "unknown")]
    codes = sorted((one.code, one.cause or "", one.leg, one.direction, one.symptom) for one in verdict.blocked_by)
    return verdict.outcome, verdict.route, verdict.layers, len(verdict.missing), sets, sorted(set(codes))


# --- A further allow rule blocks nothing ------------------------------------------------------------------------------


@SOME
@given(drafts)
def test_a_further_rule_of_a_group_or_entry_of_an_acl_takes_nothing_away(draft: Draft) -> None:
    asked = questions(draft)
    reach = load_files(draft.files())
    before = [settled(flows(reach, one), "allowed") for one in asked]
    change = draft.rng.choice((add_group_rule, add_group_rule, add_acl_entry))(draft)
    after = load_files(draft.files())
    for question, passed in zip(asked, before, strict=True):
        if not any(scenario.symbolic for scenario in reach.scenarios(question[0], question[1], **question[2])):
            assert passed <= settled(flows(after, question), "allowed"), (question, change)


def add_group_rule(draft: Draft) -> object:
    site = draft.rng.choice(draft.sites)
    group, direction, added = draft.rng.choice(site.groups), draft.rng.choice(("in", "out")), rule(draft, site)
    site.net.permit(group, direction, added)
    return group, direction, added


def add_acl_entry(draft: Draft) -> object:
    """An entry that allows, before, between or behind the others of some network ACL."""
    rng = draft.rng
    net = rng.choice(draft.builds)
    acl = rng.choice(net._lists["ec2/describe-network-acls"])
    egress, v6 = draft.chance(0.5), draft.chance(0.3)
    taken = {one["RuleNumber"] for one in acl["Entries"] if one["Egress"] == egress}
    number = rng.choice([one for one in (1, 50, 105, 150, 250, 32000) if one not in taken])
    entry: Record = {"RuleNumber": number, "Egress": egress, "RuleAction": "allow", "Protocol": rng.choice(("-1", "6"))}
    if entry["Protocol"] == "6":
        entry["PortRange"] = dict(zip(("From", "To"), rng.choice(((443, 443), (0, 65535), (1024, 40000))), strict=True))
    entry["Ipv6CidrBlock" if v6 else "CidrBlock"] = rng.choice(BLOCKS_V6 if v6 else BLOCKS)
    acl["Entries"].append(entry)
    return acl["NetworkAclId"], entry


RANK = {"blocked": 0, "unknown": 1, "intermittent": 2, "allowed": 3}


def cells(check: Check) -> dict[tuple[str, str], str]:
    return {(one.source, one.destination): one.outcome for one in check.matrix}


def edited(files: Files, operation: str, change: Callable[[Any], Iterator[str]]) -> Iterator[tuple[str, Files]]:
    """The snapshot with each change that the function makes, one at a time, to its answers of an operation."""
    for path in sorted(files):
        if path.endswith(f"/ec2/{operation}.json"):
            document = json.loads(files[path])
            for name in change(document):
                yield name, {**files, path: json.dumps(document).encode()}
                document.clear()
                document.update(json.loads(files[path]))


def open_groups(document: Any) -> Iterator[str]:
    for number, group in enumerate(copy.deepcopy(document["SecurityGroups"])):
        for key in ("IpPermissions", "IpPermissionsEgress"):
            everyone = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            document["SecurityGroups"][number][key].append(everyone)
            yield f"{group['GroupId']} {key}"


def open_acls(document: Any) -> Iterator[str]:
    for number, acl in enumerate(copy.deepcopy(document["NetworkAcls"])):
        for egress in (True, False):
            everyone = {"RuleNumber": 1, "Egress": egress, "Protocol": "-1", "RuleAction": "allow"}
            document["NetworkAcls"][number]["Entries"].append(everyone | {"CidrBlock": "0.0.0.0/0"})
            yield f"{acl['NetworkAclId']} egress {egress}"


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(
    ("operation", "change"), [("describe-security-groups", open_groups), ("describe-network-acls", open_acls)]
)
def test_a_rule_that_opens_takes_no_cell_of_a_check_away(
    name: str, operation: str, change: Callable[[Any], Iterator[str]]
) -> None:
    files = shipped(name)
    before, tried = cells(load_files(files).check()), 0
    for what, other in edited(files, operation, change):
        after = cells(load_files(other).check())
        assert before.keys() == after.keys()
        assert [cell for cell, outcome in before.items() if RANK[after[cell]] < RANK[outcome]] == [], what
        tried += 1
    assert tried >= 2


def policies(document: Any) -> Iterator[tuple[int, str, Any]]:
    """Endpoints that have a policy: number, id and policy."""
    for number, endpoint in enumerate(copy.deepcopy(document["VpcEndpoints"])):
        if isinstance(endpoint.get("PolicyDocument"), str):
            yield number, endpoint["VpcEndpointId"], json.loads(endpoint["PolicyDocument"])


def open_policies(document: Any) -> Iterator[str]:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    for number, name, policy in policies(document):
        policy["Statement"].append(everything)
        document["VpcEndpoints"][number]["PolicyDocument"] = json.dumps(policy)
        yield name


def close_policies(document: Any) -> Iterator[str]:
    for number, name, policy in policies(document):
        for index, one in enumerate(policy["Statement"]):
            if one["Effect"] == "Allow":
                left = [*policy["Statement"][:index], *policy["Statement"][index + 1 :]]
                document["VpcEndpoints"][number]["PolicyDocument"] = json.dumps({**policy, "Statement": left})
                yield f"{name} without {one.get('Sid', index)}"


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(("change", "sign"), [(open_policies, 1), (close_policies, -1)])
def test_an_allow_of_an_endpoint_policy_takes_nothing_away_and_gives_nothing_when_it_goes(
    name: str, change: Callable[[Any], Iterator[str]], sign: int
) -> None:
    """Under `check`, and under `trace` and `query` with what their questions imply."""
    held = case(name)

    def ranks(files: Files) -> dict[Any, int]:
        reach = load_files(files)
        words = {**trace_words(reach, held), **query_words(reach, held)}
        told = {key: word.split()[0] for key, word in words.items()}
        return {key: RANK[word] for key, word in {**told, **cells(reach.check())}.items()}

    files, tried, felt = shipped(name), 0, 0
    before = ranks(files)
    for what, other in edited(files, "describe-vpc-endpoints", change):
        after = ranks(other)
        felt += after != before
        turned = [key for key, rank in before.items() if key in after and (after[key] - rank) * sign < 0]
        assert turned == [], what
        tried += 1
    assert tried >= 1
    assert felt or sign > 0


# --- What a removed route carried -------------------------------------------------------------------------------------


def destination_of(route: Record) -> str:
    keys = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return next(str(route[key]) for key in keys if key in route)


@SOME
@given(drafts)
def test_a_removed_route_carries_nothing_and_what_gets_through_now_takes_another(draft: Draft) -> None:
    tables = [table for net in draft.builds for table in net._lists["ec2/describe-route-tables"]]
    routes = [(table, one) for table in tables for one in table["Routes"] if one.get("GatewayId") != "local"]
    if not routes:
        return
    asked = questions(draft)
    reach = load_files(draft.files())
    before = [settled(flows(reach, one), "allowed") for one in asked]
    table, removed = draft.rng.choice(routes)
    gone = destination_of(removed)
    table["Routes"] = [one for one in table["Routes"] if destination_of(one) != gone]
    after = load_files(draft.files())
    for question, passed in zip(asked, before, strict=True):
        for flow in flows(after, question):
            crossed = [hop for hop in flow.hops if hop.component == table["RouteTableId"]]
            others = [hop for hop in crossed if not hop.detail.endswith("→ local")]  # always there (N4)
            assert all(hop.rule != gone for hop in others), (question, gone, flow.hops)
            new = settled([flow], "allowed") - passed
            assert not new or crossed or targeted(draft, removed), (
                question,
                gone,
                [hop.component for hop in flow.hops],
            )


def targeted(draft: Draft, removed: Record) -> bool:
    """Whether the route led to what works otherwise once fewer routes lead there: a NAT gateway's reply, for one."""
    del draft
    return any(str(value).startswith(("nat-", "tgw-", "pcx-")) for value in removed.values())


def remove_routes(document: Any) -> Iterator[str]:
    for number, table in enumerate(copy.deepcopy(document["RouteTables"])):
        for index, route in enumerate(table["Routes"]):
            if route.get("GatewayId") != "local":
                del document["RouteTables"][number]["Routes"][index]
                yield f"{table['RouteTableId']} {destination_of(route)}"


@pytest.mark.parametrize("name", SHIPPED)
def test_no_path_of_a_check_takes_a_route_that_was_removed(name: str) -> None:
    files, tried = shipped(name), 0
    before = load_files(files).check()
    for what, other in edited(files, "describe-route-tables", remove_routes):
        table, gone = what.split(" ")
        check = load_files(other).check()
        for cell in check.matrix:
            for path in cell.verdict.paths if cell.verdict else ():
                hops = [hop for hop in path.hops if hop.component == table]
                assert all(hop.rule != gone for hop in hops), (what, cell.source, cell.destination)
        # None of these tables has a shorter route to fall back on, so nothing gets through that did not before.
        opened = [cell for cell, outcome in cells(check).items() if RANK[outcome] > RANK[cells(before)[cell]]]
        assert opened == [], what
        tried += 1
    assert tried >= 1


@pytest.mark.parametrize("surface", ["trace", "query", "matrix", "names", "diff"])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_removed_route_opens_nothing_under_any_command(name: str, surface: str) -> None:
    """Names lead where they led; nothing newly gets through, leaves or is exposed. Without a gateway endpoint's route
    S3 is reached by the internet's way out where there is one, which `names` and `diff` have to say.
    """
    files, held, tried = shipped(name), case(name), 0
    whole = load_files(files)
    before = {} if surface == "diff" else PLAIN[surface](whole, held)
    for what, other in edited(files, "describe-route-tables", remove_routes):
        if " pl-" in what and surface in ("names", "diff"):
            continue
        told = load_files(other)
        tried += 1
        if surface == "diff":
            assert whole.diff(told).gate[0] == "pass", what
            continue
        after = PLAIN[surface](told, held)
        if surface == "names":
            assert after == before, what
            continue
        ranks = {
            key: (RANK[word.split()[0]], RANK[before.get(key, "blocked").split()[0]]) for key, word in after.items()
        }
        assert [key for key, (now, then) in ranks.items() if now > then] == [], what
    assert tried >= 1 or surface in ("names", "diff")


# --- Names, order and halves are no configuration ---------------------------------------------------------------------


def renamed(files: Files, names: Iterable[str]) -> tuple[Files, dict[str, str]]:
    """The files with every id replaced; the new ones sort in another order."""
    kept = sorted(set(names), key=lambda name: (-len(name), name))
    numbers = list(range(len(kept)))
    random.Random(len(kept)).shuffle(numbers)
    new = {
        name: re.match(r"tgw-attach-|[a-z]+-", name)[0] + f"0{number:08x}"
        for name, number in zip(kept, numbers, strict=True)
    }  # type: ignore[index]
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, kept)) + r")(?![\w-])")

    def put(text: str) -> str:
        return pattern.sub(lambda match: new[match[0]], text)

    return {put(path): put(data.decode()).encode() for path, data in files.items()}, new


def shuffled(value: Any, luck: random.Random) -> Any:
    """The same JSON with every array (so every page) and every object in another order.

    The first subnet or address of an answer has no meaning of its own; a resource's own list of addresses does.
    """
    if isinstance(value, list):
        kept = [shuffled(one, luck) for one in value]
        luck.shuffle(kept)
        return kept
    if isinstance(value, dict):
        keys = list(value)
        luck.shuffle(keys)
        return {key: shuffled(value[key], luck) for key in keys}
    return value


def ids(draft: Draft) -> list[str]:
    text = "\n".join(data.decode() for data in draft.files().values())
    found = re.findall(r'"((?:vpc|subnet|rtb|acl|sg|eni|igw|eigw|nat|pcx|vgw|vpn|vpce|tgw|pl|dopt)-[\w-]+)"', text)
    return [one for one in found if "gone" not in one and "unseen" not in one]


@SOME
@given(drafts)
def test_other_names_give_the_same_verdicts(draft: Draft) -> None:
    files = draft.files()
    other, new = renamed(files, ids(draft))
    reach, reach_other = load_files(files), load_files(other)
    for source, target, more in questions(draft):
        again = (new.get(source, source), new.get(target, target), more)
        assert fates(reach_other, again) == fates(reach, (source, target, more)), (source, target)


@SOME
@given(drafts)
def test_another_order_gives_the_same_verdicts(draft: Draft) -> None:
    files = draft.files()
    other = {path: json.dumps(shuffled(json.loads(data), draft.rng)).encode() for path, data in files.items()}
    reach, reach_other = load_files(files), load_files(dict(reversed(other.items())))
    for question in questions(draft):
        assert fates(reach_other, question) == fates(reach, question), question


def halves(block: str) -> tuple[str, ...]:
    network = ipaddress.ip_network(block)
    if network.prefixlen == network.max_prefixlen:
        return (block,)
    return tuple(str(half) for half in network.subnets())


def split_group_rules(document: Any) -> None:
    for group in document["SecurityGroups"]:
        for permission in (*group["IpPermissions"], *group["IpPermissionsEgress"]):
            for ranges, key in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
                permission[ranges] = [
                    {**one, key: half} for one in permission.get(ranges, ()) for half in halves(one[key])
                ]


def split_acl_entries(document: Any) -> None:
    """Both halves of an entry one behind the other; AWS's closing denials stay as they are."""
    for acl in document["NetworkAcls"]:
        entries = [one for one in acl["Entries"] if one["RuleNumber"] >= 32767]
        for one in acl["Entries"]:
            key = "CidrBlock" if "CidrBlock" in one else "Ipv6CidrBlock"
            if one["RuleNumber"] < 32767:
                entries += [
                    {**one, "RuleNumber": one["RuleNumber"] * 2 + number, key: half}
                    for number, half in enumerate(halves(one[key]))
                ]
        acl["Entries"] = entries


def split_default_routes(document: Any) -> None:
    """0.0.0.0/0 as its halves, where no other route is as long as these and no prefix list is in the table."""
    for table in document["RouteTables"]:
        all_of_it = [one for one in table["Routes"] if one.get("DestinationCidrBlock") == "0.0.0.0/0"]
        if len(all_of_it) == 1 and not any("DestinationPrefixListId" in one for one in table["Routes"]):
            table["Routes"].remove(all_of_it[0])
            table["Routes"] += [{**all_of_it[0], "DestinationCidrBlock": half} for half in halves("0.0.0.0/0")]


SPLITS = {
    "describe-security-groups": split_group_rules,
    "describe-network-acls": split_acl_entries,
    "describe-route-tables": split_default_routes,
}


def halved(files: Files, operation: str) -> Files:
    found = dict(files)
    for path in files:
        if path.endswith(f"/ec2/{operation}.json"):
            document = json.loads(files[path])
            SPLITS[operation](document)
            found[path] = json.dumps(document).encode()
    return found


@SOME
@given(drafts, st.sampled_from(sorted(SPLITS)))
def test_a_block_and_its_two_halves_give_the_same_verdicts(draft: Draft, operation: str) -> None:
    files = draft.files()
    reach, reach_other = load_files(files), load_files(halved(files, operation))
    for question in questions(draft):
        assert fates(reach_other, question) == fates(reach, question), question


@pytest.mark.parametrize("operation", SPLITS)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_block_and_its_two_halves_give_the_same_check(name: str, operation: str) -> None:
    files = shipped(name)
    before, after = load_files(files).check(), load_files(halved(files, operation)).check()
    assert after.overall == before.overall
    assert [(one.outcome, one.route) for one in after.matrix] == [(one.outcome, one.route) for one in before.matrix]


# --- A file that is not there never turns a verdict round -------------------------------------------------------------

REFUSED = b'{"Error": {"Code": "AccessDeniedException", "Message": "not for you"}}'


def without(files: Files, path: str) -> Iterator[Files]:
    """The snapshot without the file, and with AWS's refusal in its place."""
    yield {name: data for name, data in files.items() if name != path}
    if path.endswith(".json") and path != "snapshot.json" and not path.startswith("code/"):
        yield {**files, path: REFUSED}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_missing_file_makes_a_check_unknown_or_leaves_it(name: str) -> None:
    files = shipped(name)
    before = load_files(files).check()
    cell = {(one.source, one.destination): (one.outcome, one.route) for one in before.matrix}
    step = {(one.project, one.step): (one.outcome, one.route) for one in before.steps}
    for path in sorted(files):
        for other in without(files, path):
            after = load_files(other).check()
            assert after.overall in (before.overall, "undecided"), path
            if path.startswith("code/"):  # what a build needs, and so what is asked, is read from these
                continue
            for found in after.matrix:
                where = found.source, found.destination
                assert found.outcome == "unknown" or (found.outcome, found.route) == cell[where], (path, where)
            for one in after.steps:
                known = step[one.project, one.step]
                assert one.outcome == "unknown" or (one.outcome, one.route) == known, (path, one.project, one.step)
            if len(after.matrix) < len(cell) or len(after.steps) < len(step):  # who takes part is not known
                assert any(path == one for one in after.missing), path


def same_or_unknown(before: Verdict, after: Verdict) -> bool:
    """Of several ways that a set of addresses takes, those that are not known any more take no part in ``route``."""
    if after.outcome == "unknown" or (after.outcome, after.route) == (before.outcome, before.route):
        return True
    part = before.route == "mixed" and any(path.outcome == "unknown" for path in after.paths)
    return part and after.outcome == before.outcome and after.route in {path.route for path in before.paths}


@settings(SOME, max_examples=10)
@given(drafts)
def test_a_missing_file_makes_a_verdict_unknown_or_leaves_it(draft: Draft) -> None:
    files, asked = draft.files(), questions(draft)
    reach = load_files(files)
    before = [reach.simulate(source, target, **more) for source, target, more in asked]
    for path in sorted(files):
        for other in without(files, path):
            less = load_files(other)
            for (source, target, more), known in zip(asked, before, strict=True):
                found = less.simulate(source, target, **more)
                assert same_or_unknown(known, found), (path, source, target, more, known.outcome, found.outcome)
                if found.outcome == "unknown" and known.outcome != "unknown" and len(draft.builds) == 1:
                    assert path in found.missing, (path, source, target)


def test_private_is_not_said_of_an_internet_of_which_a_part_is_not_known() -> None:
    """Some of it is reached by a private way for sure; whether the rest gets out is not known."""
    question = Asked("codebuild:p1", "internet")
    some = VerdictPath("allowed", "private", (), ())
    rest = VerdictPath("unknown", "none", (), (), missing=("describe-nat-gateways.json",))
    open_way = Verdict(question, "allowed", "private", {"network": "allowed"}, paths=(some, rest))
    known = {"found": True, "lacking": False, "shared": False, "open_policies": False}
    for verdict, word in ((open_way, "undecided"), (replace(open_way, paths=(some,)), "private-and-working")):
        cell = Cell("codebuild:p1", "internet", verdict.outcome, verdict.route, False, verdict=verdict)
        assert overall_of([cell], [], ["allowed"], **known) == word

"""The slice path says what the point path says: every pair of ends of many small networks, whole or with files gone."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from reachsim import Reach, SnapshotError, load, load_files
from reachsim.addresses import V4, V6
from reachsim.evidence import Leg
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import protocol_services
from reachsim.simulate import answer_of, ask
from reachsim.slices.kinds import Kinds, Traits, plain_interfaces, receiving_of
from reachsim.slices.matrix import ANSWERS, OUTCOMES, Matrix
from reachsim.slices.ways import Walker, Way, Ways
from reachsim.sources import client_ports_of
from reachsim.workloads import ANY_CLIENT_PORTS
from tests.benchmarks import organization
from tests.build import ANYWHERE, AclEntry, Build
from tests.property import networks
from tests.scenarios.lan import Lan

SERVICES = ((6, 443), (6, 22), (17, 53), (6, 8080))
SEEDS = range(3)


def compare(reach: Reach, protocol: int, port: int) -> Counter[str]:
    """Ask the point path for each pair that the slice path answered by itself; counts of its outcomes."""
    matrix = Matrix(reach.ground, protocol, port)
    seen: Counter[str] = Counter()
    for end, answers in matrix.answers(matrix.sources):
        outcomes = answers.outcomes
        for target in range(matrix.ends + len(matrix.columns)):
            source = matrix.names[matrix.members[end][target % len(matrix.members[end])]]
            if (end, target) in matrix._asked and target < matrix.ends:
                seen["asked of the point path"] += 1
                continue
            members = matrix.members[target] if target < matrix.ends else []
            others = [one for one in members if matrix.names[one] != source] or members
            name = matrix.names[others[-1]] if others else matrix.columns[target - matrix.ends]
            said = (
                ANSWERS[answers.every[target]], ANSWERS[answers.some[target]],
                matrix.routes[answers.route[target]], matrix.missing[answers.missing[target]],
            )  # fmt: skip
            true = answer_of(ask(reach.ground, source, name, protocol=protocol, port=port))
            assert said == true, f"{source} to {name} at {protocol}/{port}"
            seen[OUTCOMES[outcomes[target]]] += 1
    return seen


def test_the_modalities_are_the_outcome() -> None:
    for seed in SEEDS:
        reach = load_files(networks.network("filters", seed).files())
        matrix = Matrix(reach.ground, 6, 22)
        for end, answers in matrix.answers(matrix.sources):
            outcomes = answers.outcomes
            source = matrix.names[matrix.members[end][0]]
            for target, members in enumerate(matrix.members):
                verdict = reach.simulate(source, matrix.names[members[-1]], protocol="tcp", port=22)
                found = ask(reach.ground, source, matrix.names[members[-1]], protocol="tcp", port=22)
                assert OUTCOMES[outcomes[target]] == verdict.outcome
                assert answer_of(found)[2:] == (verdict.route, verdict.missing)


def without(files: Mapping[str, bytes], seed: int) -> dict[str, bytes]:
    """The files, one to three of them gone."""
    rng = random.Random(seed)
    gone = rng.sample(sorted(files), min(len(files), rng.randint(1, 3)))
    return {path: data for path, data in files.items() if path not in gone}


@pytest.mark.parametrize("topic", networks.TOPICS)
def test_all_pairs_of_random_networks(topic: str) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        for protocol, port in random.Random(seed).sample(SERVICES, 2):
            seen += compare(load_files(networks.network(topic, seed).files()), protocol, port)
    assert seen["allowed"]
    assert seen["blocked"] > seen["asked of the point path"] / 2


@pytest.mark.parametrize("topic", networks.TOPICS)
def test_counts_are_those_of_the_answers(topic: str) -> None:
    for seed in SEEDS:
        matrix = Matrix(load_files(networks.network(topic, seed).files()).ground, 6, 443)
        expected: Counter[str] = Counter()
        for end, answers in matrix.answers(matrix.sources):
            for target, members in enumerate(matrix.members):
                others = len(members) - (target == end)
                expected[OUTCOMES[answers.outcomes[target]]] += others * len(matrix.members[end])
        found = dict(zip(OUTCOMES, matrix.counts(matrix.sources).tolist(), strict=True))
        assert {outcome: pairs for outcome, pairs in found.items() if pairs} == +expected


def by_way(ways: Ways, within: IntervalSet) -> dict[Way, IntervalSet]:
    """Ways that lead the same way together, as far as some addresses go."""
    found: dict[Way, IntervalSet] = {}
    for addresses, way in ways:
        found[way] = found.get(way, EMPTY) | (addresses & within)
    return {way: addresses for way, addresses in found.items() if addresses}


def test_plain_ways_are_those_that_are_walked() -> None:
    """What is told of plain routes without a walk."""
    compared = 0
    for topic, seed in itertools.product(networks.TOPICS, SEEDS):
        ground = load_files(networks.network(topic, seed).files()).ground
        network = ground.network
        walker = Walker(ground, protocol_services(6, IntervalSet.single(443)), ANY_CLIENT_PORTS, network.subnets)
        for subnet_id, subnet in network.subnets.items():
            if walker.starts.plain_routes(subnet_id) is not None:
                legs: tuple[Leg, ...] = ("request", "response")
                for leg, version in itertools.product(legs, (V4, V6)):
                    within = version if network.vpc_addresses(subnet.vpc_id) & version else EMPTY
                    walked = walker.walked_out_of(subnet_id, leg, walker.every)
                    assert by_way(walker.out_of(subnet_id, leg), within) == by_way(walked, within)
                    compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("lambda", "blocked"), ("transit_gateway", "unknown"), ("quicksight", "unknown"), ("efa", "allowed")],
)
@pytest.mark.parametrize("more", [(), (("10.0.2.21", None),)])
def test_an_interface_of_awss_own_is_none_of_customers(
    kind: str, outcome: str, more: tuple[tuple[str, None], ...]
) -> None:
    """ "Giving Lambda functions access to resources in an Amazon VPC"; EC2 API, NetworkInterfaceType."""
    net = Lan()
    there = net.interface(net.b, "10.0.2.20", [net.open], secondary=more)
    net[there]["InterfaceType"] = kind
    reach = load_files(net.files())
    compare(reach, 6, 443)
    matrix = Matrix(reach.ground, 6, 443)
    source, target = (int(matrix.end_of[matrix.names.index(one)]) for one in (net.client, there))
    ((_, answers),) = matrix.answers([source])
    assert OUTCOMES[answers.outcomes[target]] == outcome


LISTS = ("IpPermissions", "IpPermissionsEgress", "Entries", "Routes")


@pytest.mark.parametrize("key", LISTS)
def test_all_pairs_where_lists_are_missing(key: str) -> None:
    """Of every other record, and every third endpoint and peering is in a state that nobody knows."""
    for seed in SEEDS:
        files = networks.network(sorted(networks.TOPICS)[seed], seed + 500).files()
        for path, data in files.items():
            document = json.loads(data)
            records = [one for value in document.values() if isinstance(value, list) for one in value
                       if isinstance(one, dict)]  # fmt: skip
            for record in records[::2]:
                record.pop(key, None)
            for record in records[::3]:
                if "VpcEndpointId" in record:
                    record["State"] = "Dreaming"
            files[path] = json.dumps(document).encode()
        compare(load_files(files), *SERVICES[0])


@pytest.mark.parametrize("topic", networks.TOPICS)
def test_all_pairs_where_files_are_missing(topic: str) -> None:
    for seed in SEEDS:
        try:
            reach = load_files(without(networks.network(topic, seed + 100).files(), seed))
        except SnapshotError:
            continue  # what is left contradicts itself
        compare(reach, *SERVICES[seed])


@pytest.mark.parametrize("gone", [
    "describe-network-acls", "describe-security-groups", "describe-route-tables", "describe-vpc-endpoints",
    "describe-transit-gateway-vpc-attachments", "search-transit-gateway-routes/tgw-rtb-production",
    "get-managed-prefix-list-entries/pl-0c0c0c0c0c0c0c0c0", "describe-subnets", "describe-network-interfaces",
])  # fmt: skip
def test_unknown_stays_unknown(gone: str, tmp_path: Path) -> None:
    folder = organization.write(tmp_path / "o", 2, 40)
    (folder / organization.ACCOUNT / organization.REGION / "ec2" / f"{gone}.json").unlink()
    compare(load(folder), 6, 443)


@pytest.mark.parametrize("seed", range(4))
def test_all_pairs_of_an_organization(seed: int, tmp_path: Path) -> None:
    seen = compare(load(organization.write(tmp_path / "o", 3, 60, seed)), 6, (443, 22, 5432, 443)[seed])
    assert seen["allowed"]
    assert seen["blocked"] > seen["asked of the point path"]


def test_addresses_that_two_vpcs_share() -> None:
    net = Build()
    for _ in range(2):
        vpc = net.vpc("10.0.0.0/16")
        own = net.group(vpc)
        group = net.group(vpc, ingress=[("tcp", 443, 443, own)], egress=[("tcp", 443, 443, own)])
        subnet = net.subnet(vpc, "10.0.1.0/24")
        for host in (10, 11, 12):
            net.interface(subnet, f"10.0.1.{host}", [own] if host == 10 else [group, own][: host - 10])
    compare(load_files(net.files()), 6, 443)


def test_a_public_address_and_the_switches_tell_interfaces_apart() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    group = net.group(vpc, egress=ANYWHERE)
    for host in (10, 11, 12):
        net.interface(subnet, f"10.0.1.{host}", [group], public="203.0.113.9" if host == 11 else None)
    reach = load_files(net.files())
    matrix = Matrix(reach.ground, 6, 443)
    assert len(matrix.members) == 2
    assert {OUTCOMES[found.outcomes[-1]] for _, found in matrix.answers(matrix.sources)} == {"allowed", "blocked"}
    compare(reach, 6, 443)


def test_a_firewall_at_the_internet_gateway_treats_each_subnet_its_own_way() -> None:
    net = Build()
    vpc, other = net.vpc("10.0.0.0/16"), net.vpc("10.1.0.0/16")
    table = net.table(vpc, [("0.0.0.0/0", net.igw(vpc))])
    net[vpc]["NetworkFirewallAssociations"] = [{"FirewallArn": "arn:firewall/1"}]
    group = net.group(vpc, ingress=ANYWHERE)
    for number, connectivity in enumerate(("flexible", "bidirectional", "exclude", "outbound-only")):
        subnet = net.subnet(vpc, f"10.0.{number}.0/24", table=table)
        net[subnet]["NetworkFirewallConnectivityType"] = connectivity
        net.interface(subnet, f"10.0.{number}.10", [group])
    net.interface(net.subnet(other, "10.1.0.0/24"), "10.1.0.10", [net.group(other, ingress=ANYWHERE)])
    seen = compare(load_files(net.files()), 6, 443)
    assert seen["unknown"]
    assert seen["blocked"]


@pytest.mark.parametrize("translating", range(3))
def test_an_attachment_that_translates_addresses_is_unlike_others_of_its_table(translating: int) -> None:
    net = Build()
    gateway = net.tgw()
    routes = net.tgw_table(gateway)
    for number in range(3):
        vpc = net.vpc(f"10.{number}.0.0/16")
        subnet = net.subnet(vpc, f"10.{number}.0.0/24", table=net.table(vpc, [("10.0.0.0/8", gateway)]))
        net.interface(subnet, f"10.{number}.0.10", [net.group(vpc, ingress=ANYWHERE)])
        attachment = net.tgw_attachment(gateway, vpc, [subnet])
        net.associate(routes, attachment)
        net.tgw_route(routes, f"10.{number}.0.0/16", attachment)
        net[attachment]["NatGatewaySupport"] = "enabled" if number == translating else "disabled"
    seen = compare(load_files(net.files()), 6, 443)
    assert seen["unknown"]
    assert seen["allowed"]


def test_members_of_a_group_in_vpcs_of_which_it_is_not_known_whether_they_are_peered() -> None:
    net = Build()
    gateway = net.tgw()
    routes = net.tgw_table(gateway)
    named = ""
    for number in range(2):
        vpc = net.vpc(f"10.{number}.0.0/16")
        subnet = net.subnet(vpc, f"10.{number}.0.0/24", table=net.table(vpc, [("10.0.0.0/8", gateway)]))
        egress = [("tcp", 443, 443, named)] if named else ANYWHERE
        group, other = net.group(vpc, ingress=ANYWHERE, egress=egress), net.group(vpc, ingress=ANYWHERE)
        named = named or group
        for host in (10, 11, 12):
            net.interface(subnet, f"10.{number}.0.{host}", [group if host == 11 else other])
        attachment = net.tgw_attachment(gateway, vpc, [subnet])
        net.associate(routes, attachment)
        net.tgw_route(routes, f"10.{number}.0.0/16", attachment)
    files = {path: data for path, data in net.files().items() if "describe-vpc-peering" not in path}
    assert len(files) < len(net.files())
    seen = compare(load_files(files), 6, 443)
    assert seen["unknown"]
    assert seen["blocked"]


def test_subnets_that_only_network_acls_and_attachments_name() -> None:
    net = Build()
    gateway = net.tgw()
    for number in range(2):
        vpc = net.vpc(f"10.{number}.0.0/16")
        subnet = net.subnet(vpc, f"10.{number}.0.0/24", table=net.table(vpc, [("10.0.0.0/8", gateway)]))
        net.interface(subnet, f"10.{number}.0.10", [net.group(vpc, ingress=ANYWHERE)])
        net.tgw_attachment(gateway, vpc, [subnet])
    files = net.files()
    path = next(path for path in files if path.endswith("describe-subnets.json"))
    document = json.loads(files[path])
    del document["Subnets"][1]
    files[path] = json.dumps(document).encode()
    compare(load_files(files), 6, 443)


@pytest.mark.parametrize("seed", range(10))
def test_zones_and_tables_that_look_alike(seed: int) -> None:
    """Subnets share walks where tables and zones lead alike; here all zones do but for one thing in one of them."""
    rng, net = random.Random(seed), Build()
    gateway = net.tgw()
    routes = net.tgw_table(gateway)
    different = ("acl", "table", "none", "interface")[seed % 4]
    for number in range(3):
        vpc = net.vpc(f"10.{number}.0.0/16")
        group = net.group(vpc, ingress=ANYWHERE)
        into: AclEntry = (100, "in", "allow", "-1", None, "0.0.0.0/0")
        half: list[AclEntry] = [(90, "out", "deny", "tcp", (1024, 40000), "10.0.0.0/15"), (100, "out", *into[2:])]
        shut = net.acl(vpc, [(90, "in", "deny", "tcp", (443, 443), "10.0.0.0/8"), into, half[1]])
        acls = [None, None, None, net.acl(vpc, [into, *half]), net.acl(vpc, [into])]
        onward = [("10.0.0.0/8", gateway), ("0.0.0.0/0", net.igw(vpc))]
        for place in range(6):
            table = net.table(vpc, rng.choice((onward, onward, onward, onward[1:], [])))
            if rng.random() < 0.1:
                net.route(table, "10.0.0.0/8", gateway, state="blackhole")
            block = f"10.{number}.{place}.0/24"
            subnet = net.subnet(vpc, block, "abc"[place % 3], None, table, rng.choice(acls))
            net.interface(subnet, f"10.{number}.{place}.9", [group])
        entries = []
        for place in range(3):
            here = different if (number, place) == (0, seed % 3) else ""
            acl = acls[3] if here == "acl" else shut if number == 0 and different == "interface" else None
            table = net.table(vpc, [("10.0.1.0/24", gateway)]) if here == "table" else net.main_table(vpc)
            entries.append(net.subnet(vpc, f"10.{number}.{10 + place}.0/24", "abc"[place], None, table, acl))
            if here == "interface":
                net.interface(entries[-1], f"10.{number}.{10 + place}.9", [group])
            if here == "none":
                del entries[-1]
        attachment = net.tgw_attachment(gateway, vpc, entries)
        net.associate(routes, attachment)
        net.tgw_route(routes, f"10.{number}.0.0/16", attachment)
    seen = compare(load_files(net.files()), 6, 443)
    assert seen["allowed"]
    assert seen["blocked"]


def test_plain_interfaces_are_what_is_made_of_their_records() -> None:
    compared = 0
    for topic, seed in itertools.product(networks.TOPICS, SEEDS):
        network = load_files(networks.network(topic, seed).files()).network
        kinds = Kinds()
        found = plain_interfaces(network, kinds)
        places, sets, traits = list(kinds.places), list(kinds.sets), list(kinds.traits)
        for index, kind, address in zip(*(column.tolist() for column in found), strict=True):
            place, groups, trait = kinds.parts[kind].tolist()
            made = list(network.interfaces.values())[index]
            assert made.addresses == IntervalSet.single(address)
            assert places[place] == (made.subnet_id, made.vpc_id)
            assert sets[groups] == (made.groups, made.vpc_id)
            outward = (bool(made.public), made.source_dest_check, made.deny_all_igw_traffic)
            ports = client_ports_of(network, made)
            receiving = receiving_of(network.network_interfaces[made.id].interface_type)
            assert traits[trait] == Traits(made.kind, "", ports, receiving, outward, 4)
            compared += 1
    assert compared > 30


@pytest.mark.parametrize("hides", ["leak", "block", "neither"])
@pytest.mark.parametrize("topic", ["filters", "lists"])
def test_what_a_plan_leaves_open_is_open_in_the_matrix(topic: str, hides: str) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        files = networks.network(topic, seed).files()
        network, rng = load_files(files).network, random.Random(f"{topic}/{hides}/{seed}")
        parts = [*network.network_interfaces, *network.security_groups, *network.route_tables]
        notes = [
            {"component": one, "code": "PLANNED_VALUE_UNKNOWN", "detail": "not known yet", "canHide": hides}
            for one in rng.sample(parts, 2)
        ]
        manifest = json.dumps({"formatVersion": 1, "planned": notes}).encode()
        reach, live = load_files(files | {"snapshot.json": manifest}), load_files(files)
        matrix = Matrix(reach.ground, 6, 443)
        assert all(len(members) == 1 for members in matrix.members)
        for end, answers in matrix.answers(matrix.sources):
            source = matrix.names[matrix.members[end][0]]
            for target, outcome in enumerate(answers.outcomes):
                name = matrix.names[matrix.members[target][0]] if target < matrix.ends else None
                name = name or matrix.columns[target - matrix.ends]
                verdict = reach.simulate(source, name, protocol="tcp", port=443)
                assert OUTCOMES[outcome] == verdict.outcome, (seed, source, name)
                seen[f"{live.simulate(source, name, protocol='tcp', port=443).outcome} {verdict.outcome}"] += 1
    assert seen["blocked unknown" if hides == "leak" else "allowed unknown"] or hides == "neither"

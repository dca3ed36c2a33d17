"""The engine against the reference interpreter: small random networks, and packets from the corners of every class.

The corners (first and last value in each dimension) of every flow that the engine makes are asked of the interpreter,
which was written apart from the facts; so every class of every network is compared, not a sample of random pairs.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import random

import pytest

from reachsim import Reach, load_files
from reachsim.addresses import V6_BASE
from reachsim.packets import PacketSet
from reachsim.scenarios import Scenario
from tests.build import Build
from tests.reference.interpreter import Packet, judge

NETWORKS_PER_PART = 70
PARTS = 8
PORTS = [(443, 443), (22, 22), (1024, 65535), (32768, 60999), (0, 65535), (1024, 40000)]
BLOCKS = ["0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/16", "52.216.0.0/15", "203.0.113.0/24", "10.0.2.8/29"]


def rules(rng: random.Random, group: str | None) -> list[tuple[str, int | None, int | None, str]]:
    found: list[tuple[str, int | None, int | None, str]] = []
    for _ in range(rng.randint(0, 2)):
        low, high = rng.choice(PORTS)
        kind = rng.choice(["tcp", "tcp", "udp", "-1", "icmp"])
        peer = group if group and rng.random() < 0.3 else rng.choice(BLOCKS)
        found.append(
            (kind, None, None, peer)
            if kind == "-1"
            else (kind, -1, -1, peer)
            if kind == "icmp"
            else (kind, low, high, peer)
        )
    return found or [("-1", None, None, "0.0.0.0/0")]


def entries(rng: random.Random) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for direction in ("in", "out"):
        for number in range(100, 100 + rng.randint(1, 3)):
            protocol = rng.choice(["tcp", "tcp", "-1"])
            ports = rng.choice(PORTS) if protocol == "tcp" else None
            action = rng.choice(["allow", "allow", "deny"])
            found.append((number, direction, action, protocol, ports, rng.choice(BLOCKS)))
    return found


def network(seed: int) -> tuple[dict[str, bytes], list[str]]:
    """One or two VPCs with subnets, filters, gateways and endpoints that often work and often do not."""
    rng = random.Random(seed)
    net = Build()
    interfaces: list[str] = []
    vpcs = []
    for v in range(rng.randint(1, 2)):
        vpc = net.vpc(f"10.{v}.0.0/16")
        vpcs.append(vpc)
        groups = [net.group(vpc, ingress=[], egress=[]) for _ in range(2)]
        for group in groups:
            for direction in ("ingress", "egress"):
                for rule in rules(rng, rng.choice(groups)):
                    net.permit(group, direction, rule)
        subnets = []
        for s in range(1, rng.randint(2, 3) + 1):
            acl = net.acl(vpc, entries(rng)) if rng.random() < 0.5 else None
            table = net.table(vpc) if rng.random() < 0.7 else None
            subnets.append(
                (net.subnet(vpc, f"10.{v}.{s}.0/24", az=f"us-east-1{'ab'[s % 2]}", table=table, acl=acl), table, s)
            )
        gateway = net.igw(vpc) if rng.random() < 0.7 else None
        nat = None
        if gateway and rng.random() < 0.6:
            nat = net.nat(subnets[0][0], f"10.{v}.1.200", public=f"198.51.100.{200 + v}")
        for subnet, table, s in subnets:
            if table and gateway and rng.random() < 0.7:
                net.route(table, "0.0.0.0/0", nat if nat and s > 1 else gateway)
            if table and rng.random() < 0.2:
                net.route(
                    table,
                    "203.0.113.0/24",
                    rng.choice([x for x in (gateway, nat) if x] or ["igw-gone"]),
                    state="blackhole",
                )
            public = f"198.51.100.{10 * (v + 1) + s}" if rng.random() < 0.5 else None
            interfaces.append(net.interface(subnet, f"10.{v}.{s}.10", [rng.choice(groups)], public=public))
        if rng.random() < 0.5:
            tables = [table for _, table, _ in subnets if table]
            if tables:
                net.gateway_endpoint(vpc, "s3", tables[:1])
        if rng.random() < 0.3:
            net.interface_endpoint(
                vpc, "ecr.api", {subnets[-1][0]: f"10.{v}.{subnets[-1][2]}.20"}, [rng.choice(groups)]
            )
    if len(vpcs) == 2 and rng.random() < 0.7:
        pcx = net.peering(vpcs[0], vpcs[1], status=rng.choice(["active", "active", "active", "deleted"]))
        net.route(net.main_table(vpcs[0]), "10.1.0.0/16", pcx)
        if rng.random() < 0.8:
            net.route(net.main_table(vpcs[1]), "10.0.0.0/16", pcx)
    return net.files(), interfaces


def corners(scenario: Scenario) -> list[tuple[int, tuple[int, ...]]]:
    """(index of the flow, packet) for the first and last value of each dimension of each flow."""
    found = []
    for index, flow in enumerate(scenario.flows):
        ends = [sorted({factor.first, factor.spans[-1][1]}) for factor in flow.box]
        ends[5], ends[6] = ends[5][:1], ends[6][:1]
        found += [(index, point) for point in itertools.product(*ends)]
    return found


def packet_of(point: tuple[int, ...]) -> Packet:
    source, destination, service, client, nat, second, choice = point
    protocol, detail = service >> 16, service & 0xFFFF
    what: object = detail if protocol in (6, 17) else (detail >> 8, detail & 0xFF) if protocol in (1, 58) else None

    def address(number: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        return ipaddress.IPv4Address(number) if number < V6_BASE else ipaddress.IPv6Address(number - V6_BASE)

    return Packet(address(source), address(destination), protocol, what, client, (nat, second), choice)  # type: ignore[arg-type]


def compare(files: dict[str, bytes], reach: Reach, interface: str) -> int:
    parsed = {path: json.loads(data) for path, data in files.items()}
    compared = 0
    for scenario in reach.scenarios(interface, "ip:0.0.0.0/0"):
        assert PacketSet.union_of([flow.box for flow in scenario.flows], 7) == scenario.asked
        sizes = [eval_size(flow.box) for flow in scenario.flows]
        assert sum(sizes) == sum(eval_size(box) for box in scenario.asked.boxes()), "flows overlap"
        for index, point in corners(scenario):
            flow = scenario.flows[index]
            if flow.context.terminal == "amazon-local" or flow.destinations.first in range(0x7F000000, 0x80000000):
                continue
            result = judge(parsed, ("interface", interface), packet_of(point))
            kind = {"delivered": "allowed", "dropped": "blocked", "unknown": "unknown"}[result.kind]
            assert flow.outcome == kind, (interface, packet_of(point), result, flow.outcome, flow.blocks, flow.hops)
            compared += 1
    return compared


def eval_size(box: tuple[object, ...]) -> int:
    size = 1
    for factor in box:
        size *= factor.size  # type: ignore[attr-defined]
    return size


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_and_interpreter_agree_on_every_class(part: int) -> None:
    compared = 0
    for seed in range(part * NETWORKS_PER_PART, (part + 1) * NETWORKS_PER_PART):
        files, interfaces = network(seed)
        reach = load_files(files)
        compared += compare(files, reach, interfaces[seed % len(interfaces)])
    print(f"packets compared: {compared}")
    assert compared > NETWORKS_PER_PART * 50

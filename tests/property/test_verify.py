"""What the walk says gets through is what a flow log of it would show: gate and walk know the same rules."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.addresses import format_address
from reachsim.forwarding import Walk
from reachsim.packets import CLIENT_PORT, DESTINATION, SERVICE, SOURCE, TCP
from reachsim.verify.flow_logs import read_lines
from reachsim.verify.traffic import verify_flow_logs
from tests.property.networks import TOPICS, network

HEADER = "interface-id srcaddr dstaddr srcport dstport protocol action tcp-flags flow-direction"


def records(source: str, target: str, flow: Walk, action: str) -> list[str]:
    """The records of a request's first packet where it leaves and where it arrives."""
    packet = f"{format_address(flow.box[SOURCE].first)} {format_address(flow.box[DESTINATION].first)}"
    packet += f" {flow.box[CLIENT_PORT].first} {flow.box[SERVICE].first & 0xFFFF} 6 {action} 2"
    return [f"{source} {packet} egress", f"{target} {packet} ingress"]


def untold(lines: list[str], client: int) -> list[str]:
    """The records without flags, those of the replies too, of a client at that port."""
    found = []
    for line in lines:
        interface, source, target, _, port, protocol, action, _, way = line.split()
        back = "ingress" if way == "egress" else "egress"
        ends = ((source, target, client, port, way), (target, source, port, client, back))
        found += [f"{interface} {a} {b} {c} {d} {protocol} {action} {flags} {told}" for a, b, c, d, direction in ends
                  for flags in ("-", "0") for told in ("-", direction)]  # fmt: skip
    return found


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_what_gets_through_is_recorded_as_accepted(topic: str) -> None:
    """Between two interfaces of one subnet or VPC the record shows the very packet that was asked about."""
    compared = 0
    for seed in range(6_000_000, 6_000_012):
        draft = network(topic, seed)
        reach = load_files(draft.files())
        for source in draft.interfaces[:4]:
            for target in draft.interfaces[:4]:
                one, other = reach.network.interfaces[source], reach.network.interfaces[target]
                if source == target or one.vpc_id != other.vpc_id:
                    continue
                for scenario in reach.scenarios(source, target, "tcp"):
                    for flow in scenario.flows:
                        if flow.outcome != "allowed" or flow.box[SERVICE].first >> 16 != TCP:
                            continue
                        lines = records(source, target, flow, "ACCEPT")
                        found = verify_flow_logs(reach.ground, read_lines([HEADER, *lines], "log"))
                        assert found.disagreements == (), (seed, found.disagreements)
                        compared += found.agreed
                        for line in untold(lines, flow.box[CLIENT_PORT].first):
                            said = verify_flow_logs(reach.ground, read_lines([HEADER, line], "log"))
                            assert said.disagreements == (), (seed, line, said.disagreements)
                        lines = records(source, target, flow, "REJECT")
                        found = verify_flow_logs(reach.ground, read_lines([HEADER, *lines], "log"))
                        assert found.agreed == 0, (seed, lines)
    assert compared > 0

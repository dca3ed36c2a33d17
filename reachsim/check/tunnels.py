"""Ways in that IAM opens, not the network: tunnels of EC2 Instance Connect Endpoints, sessions of Systems Manager.

No route or public address shows them: whoever holds the credentials asks AWS's public API, and is inside.

**Source:** EC2 User Guide, "Connect to your instances using EC2 Instance Connect Endpoint" (ports 22 and 3389, IPv4 or
IPv6; clients' addresses may be preserved) and "Security groups for EC2 Instance Connect Endpoint" (what comes in by the
endpoint asks none of its groups); Systems Manager User Guide, "Session Manager"; CodeBuild User Guide, "Debug builds
with Session Manager".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reachsim.addresses import PUBLIC, V6
from reachsim.check.findings import finding_of
from reachsim.check.outcome import THROUGH
from reachsim.filters import security_group_rules
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.packets import TCP, protocol_services
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import Finding

_ENDPOINT: Final = "ec2_instance_connect_endpoint"
_PORTS: Final = (22, 3389)
"""The ports that an EC2 Instance Connect Endpoint leads to."""
_CHANNELS: Final = ({"action": "ssmmessages:CreateControlChannel", "resource": "*"},
                    {"action": "ssmmessages:OpenDataChannel", "resource": "*"})  # fmt: skip
"""What the agent asks for a session ("Additional sample IAM policies for Session Manager")."""


def tunnels(ground: Ground, sources: Sequence[str], pins: Mapping[str, IntervalSet]) -> Iterator[Finding]:
    """One finding per endpoint that leads to a source, and one per source that can serve sessions."""
    yield from _instance_connect(ground, sources)
    yield from _sessions(ground, sources, pins)


def _instance_connect(ground: Ground, sources: Sequence[str]) -> Iterator[Finding]:
    network = ground.network
    targets = [one for source in sources for one in network.interfaces_known_as(parse_selector(source).value)]
    near = network.interfaces_of_vpcs({one.vpc_id for one in targets}) if targets else ()
    records = [record for one in near if (record := network.network_interfaces.get(one.id)) is not None]
    for endpoint in sorted(one.network_interface_id for one in records if one.interface_type == _ENDPOINT):
        lines = [line for target in targets for line in _led_to(ground, endpoint, target)]
        if lines:
            title = f"the EC2 Instance Connect Endpoint at {network.label(endpoint)} leads to clients of the pipeline"
            yield finding_of("INSTANCE_CONNECT_LEADS_IN", "medium", endpoint, title, lines)


def _led_to(ground: Ground, endpoint: str, target: Interface) -> Iterator[str]:
    """What gets to an interface from the endpoint's own address, or from a client's that it keeps."""
    label = ground.network.label(target.instance_id or target.id)
    for port in _PORTS:
        verdict = simulate(ground, endpoint, target.id, protocol="tcp", port=port)
        if verdict.outcome != "blocked":
            yield f"{label}: tcp {port} from the endpoint's address is {verdict.outcome}"
        elif _admits_the_internet(ground.network, target, port):
            yield f"{label}: tcp {port} from public addresses, which the endpoint keeps if it preserves its clients'"


def _admits_the_internet(network: Network, target: Interface, port: int) -> bool:
    service = protocol_services(TCP, IntervalSet.single(port)).first
    groups = [one for name in target.groups if (one := network.security_groups.get(name)) is not None]
    rules = [rule for group in groups for rule in security_group_rules(network, group, "ingress", service)]
    return any(rule.peers & (PUBLIC | V6) for rule in rules)


def _sessions(ground: Ground, sources: Sequence[str], pins: Mapping[str, IntervalSet]) -> Iterator[Finding]:
    """Sources whose role lets Systems Manager's agent open channels, and from which the network leads there."""
    for source in sources:
        verdict = simulate(ground, source, "ssmmessages", protocol="tcp", port=443, requests=_CHANNELS, pins=pins)
        if verdict.outcome in THROUGH:
            label = ground.network.label(source.removeprefix("codebuild:"))
            title = f"whoever may start a session of Systems Manager gets a shell on {label}"
            line = f"{source} → ssmmessages: {verdict.outcome} {verdict.route}, and its role may open channels"
            yield finding_of("SESSION_MANAGER_LEADS_IN", "info", source, title, [line])

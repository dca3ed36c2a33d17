"""What else stands open to the internet in the pipeline's VPCs: whoever takes it stands next to the builds.

**Source:** facts N33, N36: only an interface with a public IPv4 address or an IPv6 address can be reached through an
internet gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reachsim.addresses import V6
from reachsim.check.data_out import vpcs_of
from reachsim.check.findings import finding_of, open_ports
from reachsim.check.outcome import THROUGH
from reachsim.forwarding import Ground
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import Finding


def exposed_neighbours(ground: Ground, sources: Sequence[str]) -> Iterator[Finding]:
    """One finding per interface that the internet reaches and that is no source of the pipeline itself."""
    network = ground.network
    vpcs = vpcs_of(network, sources)
    own = {parse_selector(source).value for source in sources}
    for name, interface in sorted((one.id, one) for one in network.interfaces_of_vpcs(vpcs)):
        if interface.kind == "nat" or own & {name, interface.instance_id}:
            continue
        if not interface.public and not interface.addresses & V6:
            continue
        verdict = simulate(ground, "internet", name)
        if verdict.outcome in THROUGH:
            title = f"the internet reaches {network.label(name)}, which stands in a VPC of the pipeline"
            yield finding_of("INTERFACE_EXPOSED", "low", name, title, [f"open: {open_ports(verdict)}"])

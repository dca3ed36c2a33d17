"""Load balancers that lead the internet to a source: what they forward asks for none of the source's own addresses.

**Source:** DESIGN, "check" (exposed); Elastic Load Balancing User Guide, "Internet-facing" load balancers with targets
in private subnets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from reachsim.check.outcome import THROUGH
from reachsim.forwarding import Ground
from reachsim.model.interfaces import Interface
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import Cell, Path, Verdict


def entrances(ground: Ground, sources: Sequence[str]) -> Iterator[Cell]:
    """The internet to each source by a load balancer, where that is open or not known."""
    network = ground.network
    own = {source: network.interfaces_known_as(parse_selector(source).value) for source in sources}
    kinds = network.interfaces.kinds if any(own.values()) else {}
    for node in (network.interfaces[name] for name, kind in sorted(kinds.items()) if kind == "load-balancer"):
        for verdict in (simulate(ground, "internet", node.id, protocol=protocol) for protocol in ("tcp", "udp")):
            if verdict.outcome == "blocked":
                continue
            for source, interfaces in own.items():
                found = _arriving(verdict, interfaces) or _undecided(ground, verdict, node, source, interfaces)
                if found is not None:
                    yield Cell("internet", source, found.outcome, found.route, False, (), found)


def _arriving(verdict: Verdict, interfaces: Sequence[Interface]) -> Verdict | None:
    """What of a verdict gets to one of the interfaces."""
    names = {one.id for one in interfaces}
    paths = [path for path in verdict.paths if path.outcome != "blocked" and _crosses(path, names)]
    outcomes = {path.outcome for path in paths}
    outcome = next((one for one in (*THROUGH, "unknown") if one in outcomes), None)
    return msgspec.structs.replace(verdict, outcome=outcome, paths=tuple(paths)) if outcome is not None else None


def _crosses(path: Path, names: set[str]) -> bool:
    return any(hop.leg == "request" and hop.component in names for hop in path.hops)


def _undecided(
    ground: Ground, verdict: Verdict, node: Interface, source: str, interfaces: Sequence[Interface]
) -> Verdict | None:  # fmt: skip
    """The verdict where nothing tells what the load balancer forwards to, and its node is let through to the source."""
    if verdict.outcome != "unknown" or node.vpc_id not in {one.vpc_id for one in interfaces}:
        return None
    return verdict if simulate(ground, node.id, source).outcome != "blocked" else None

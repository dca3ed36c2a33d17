"""Load balancers that lead the internet to a source: what they forward asks for none of the source's own addresses.

**Source:** DESIGN, "check" (exposed); Elastic Load Balancing User Guide, "Internet-facing" load balancers with targets
in private subnets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from reachsim.addresses import PUBLIC, V4, V6
from reachsim.check.outcome import THROUGH
from reachsim.evidence import Assumption
from reachsim.forwarding import Ground
from reachsim.model.interfaces import Interface
from reachsim.model.listener_rules import pools_for
from reachsim.model.load_balancing import address_of, balancer_of, members_of, pool_of, ruled_pools
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import Cell, Path, Verdict


def entrances(ground: Ground, sources: Sequence[str]) -> Iterator[Cell]:
    """The internet to each source by a load balancer, where that is open or not known."""
    network = ground.network
    own = {source: network.interfaces_known_as(parse_selector(source).value) for source in sources}
    kinds = network.interfaces.kinds if any(own.values()) else {}
    for node in (network.interfaces[name] for name, kind in sorted(kinds.items()) if kind == "load-balancer"):
        open_to = {source: mine for source, mine in own.items() if not _kept_away(network, node, mine)}
        for verdict in (simulate(ground, "internet", node.id, protocol=protocol) for protocol in ("tcp", "udp")):
            for source, interfaces in open_to.items():
                found = _arriving(verdict, node, interfaces) or _undecided(ground, verdict, node, source, interfaces)
                found = found or _by_a_rule(ground, verdict, node, source, interfaces)
                if found is not None:  # what surely gets to the node need not come to this source
                    said = msgspec.structs.replace(found, surely=())
                    yield Cell("internet", source, found.outcome, found.route, False, (), said)


def _kept_away(network: Network, node: Interface, interfaces: Sequence[Interface]) -> bool:
    """Whether the rules of a load balancer's listeners send nothing from public addresses to any of the interfaces."""
    balancer, _ = balancer_of(network, node.id)
    sources = PUBLIC & V4 if node.addresses.isdisjoint(V6) else PUBLIC
    reached = pools_for(network, balancer, sources) if balancer is not None else None
    if balancer is None or reached is None:
        return False
    for arn in reached:
        members, lacking = members_of(network, balancer, pool_of(network, arn))
        if lacking or any(_is_one_of(one.id, interfaces) for one in members):
            return False
    return True


def _arriving(verdict: Verdict, node: Interface, interfaces: Sequence[Interface]) -> Verdict | None:
    """What of a verdict gets to one of the interfaces: nothing surely, where a plan does not tell whom a node faces."""
    names = {one.id for one in interfaces}
    paths = [path for path in verdict.paths if path.outcome != "blocked" and _crosses(path, names)]
    outcomes = {path.outcome for path in paths}
    outcome = next((one for one in (*THROUGH, "unknown") if one in outcomes), None)
    if outcome in THROUGH and any(
        (one.code, one.component, one.can_hide) == ("PLANNED_VALUE_UNKNOWN", node.id, "block")
        for one in verdict.assumptions
    ):
        outcome = "unknown"
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


def _by_a_rule(
    ground: Ground, verdict: Verdict, node: Interface, source: str, interfaces: Sequence[Interface]
) -> Verdict | None:  # fmt: skip
    """The way from the load balancer to the source where rules of its listeners send requests there: what they say of
    hosts and paths is not in the snapshot, and whoever asks chooses both.
    """
    balancer, _ = balancer_of(ground.network, node.id)
    if balancer is None or not _gets_in(verdict, node, balancer.id):
        return None
    for pool in ruled_pools(ground.network, balancer):
        members, lacking = members_of(ground.network, balancer, pool)
        ports = {one.port for one in members if _is_one_of(one.id, interfaces)}
        if lacking and node.vpc_id in {one.vpc_id for one in interfaces}:
            ports = {pool.port}
        for onward in (simulate(ground, node.id, source, protocol="tcp", port=port) for port in sorted(ports)):
            if onward.outcome == "blocked":
                continue
            detail = f"a rule of {balancer.name} sends requests to {pool.name}: for which ones was not read"
            outcome = "unknown" if lacking or "unknown" in (verdict.outcome, onward.outcome) else onward.outcome
            return msgspec.structs.replace(
                onward, outcome=outcome, route=verdict.route if verdict.route != "none" else "internet",
                missing=tuple(sorted({*onward.missing, *lacking, *verdict.missing})),
                assumptions=(*onward.assumptions, Assumption("LB_RULES_NOT_FOLLOWED", balancer.id, detail, "leak")),
            )  # fmt: skip
    return None


def _is_one_of(target: str, interfaces: Sequence[Interface]) -> bool:
    address = address_of(target)
    return any(target == one.instance_id or (address is not None and address in one.addresses) for one in interfaces)


def _gets_in(verdict: Verdict, node: Interface, balancer: str) -> bool:
    """Whether a listener takes it, and nothing before or on the way back surely keeps the internet out."""
    return any(
        all(one.code.startswith("ELBV2_") or (one.at or node.id) not in (node.id, node.subnet_id)
            for one in path.blocked_by)
        for path in verdict.paths if _crosses(path, {balancer})
    )  # fmt: skip

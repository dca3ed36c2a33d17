"""What the end of a question refuses whoever asks: with that the way there may be unknown, and the answer is not.

No rule of the security groups on an interface names the service, so that no source is admitted to it: what an
appliance, another account's network or one on premises would have made of the traffic makes no difference. Load
balancers are left out: what PrivateLink brings them may pass by their groups.

**Source:** "Security group rules" (VPC User Guide; facts N80, N81: nothing comes in that no rule allows); DESIGN, "What
a verdict needs": a path blocked by a filter stays blocked whatever else is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from reachsim.evidence import Block
from reachsim.forwarding import Ground, Walk
from reachsim.forwarding.ground import describe_services
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.packets import SERVICE

KINDS = ("interface", "virtual", "public", "endpoint")


def kept_out(ground: Ground, flow: Walk, ends: Sequence[Interface]) -> Walk:
    """The flow, blocked if it is not known to get to where it is for, and nothing there takes it from anybody."""
    if flow.blocks or not flow.gaps:
        return flow
    names = {one.id for one in ends}
    if any(hop.component in names and hop.leg == "request" for hop in flow.hops[1:]):
        return flow
    return flow.blocked(*refusals(ground, ends, flow.box[SERVICE]))


def refusals(ground: Ground, ends: Sequence[Interface], services: IntervalSet) -> tuple[Block, ...]:
    """A block for each security group of the interfaces; none if one of them may take the services from somebody."""
    if not all(_refuses(ground, one, services) for one in ends):
        return ()
    return tuple(_block(ground, one, group, services) for one in ends for group in one.groups)


def _refuses(ground: Ground, interface: Interface, services: IntervalSet) -> bool:
    if not interface.groups or interface.kind not in KINDS:
        return False
    known = ground.network.security_groups
    return all(
        group in known and all(
            rule.services.isdisjoint(services) or (rule.group_peer is not None and rule.group_peer.peering_stale)
            for rule in ground.group_rules(group, "ingress")
        )
        for group in interface.groups
    )  # fmt: skip


def _block(ground: Ground, interface: Interface, group: str, services: IntervalSet) -> Block:
    label = ground.network.label(group)
    code, detail = (
        "ENI_SG_RULES_MISMATCH",
        f"no ingress rule of {label} admits {describe_services(services)} from anybody",
    )
    if not ground.group_rules(group, "ingress"):
        code, detail = "SG_HAS_NO_RULES", f"{label} has no ingress rule at all"
    source = ground.network.source(group)
    return Block(code, group, None, interface.id, "request", "ingress", "timeout", detail, None, source)

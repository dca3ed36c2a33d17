"""VPC Block Public Access: the mode that holds for a subnet, and what it blocks at an internet gateway.

The subnet whose interface talks to the gateway decides, so behind a middlebox it is the middlebox's (N69). Exclusions
do not help what passes a Network Firewall (N70).

**Source:** "Block public access to VPCs and subnets" and "VPC BPA basics" (VPC User Guide; facts N65 to N70).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim.evidence import Direction, Gap
from reachsim.forwarding.ground import Ground, Walk, assume, block
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.records import DescribeVpcBlockPublicAccessOptions, VpcBlockPublicAccessExclusion

OFF, INGRESS, BIDIRECTIONAL = "off", "block-ingress", "block-bidirectional"
_STRICTNESS: Final = {OFF: 0, INGRESS: 1, BIDIRECTIONAL: 2}
_LIVE: Final = ("create-complete", "update-complete")
_DEAD: Final = ("create-failed", "delete-complete", "disable-complete")
_CHANGING: Final = (
    "create-in-progress", "update-in-progress", "update-failed", "delete-in-progress", "disable-in-progress",
)  # fmt: skip


def past_block_public_access(
    ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnet_id: str, direction: Direction = "egress",
    firewall: str = "",
) -> Walk:  # fmt: skip
    """At a gateway, to or from the subnet whose interface talks to it (N65 to N69).

    ``firewall`` is the endpoint of the Network Firewall, in that subnet, that the traffic passes (N70).
    """
    by_nat = flow.context.sender is not None and flow.context.sender.kind == "nat" and not flow.context.links
    by_nat = by_nat or gateway_id.startswith("eigw-") or bool(flow.leg == "response" and flow.context.session)
    held = ground.told(block_mode, vpc_id, subnet_id)
    if held.mode not in (None, BIDIRECTIONAL) and firewall:
        held = _without_exclusions(ground.network, vpc_id, firewall, held)
    label = ground.network.label(gateway_id)
    mode = held.mode
    if mode is None:
        detail = f"whether VPC Block Public Access blocks at {label} is not known"
        return flow.unknown(Gap("UNKNOWN_RESOURCE", gateway_id, detail, held.missing))
    if ground.network.assume_defaults and held.missing:
        detail = f"VPC Block Public Access is off ({held.missing[0]})"
        flow = flow.assuming(assume("ASSUMED_DEFAULT", vpc_id, detail, "block"))
    passed = next((hop.component for hop in flow.hops if hop.component in ground.firewalls), "") if by_nat else ""
    if passed and not firewall and _without_exclusions(ground.network, vpc_id, passed, held).mode != mode:
        detail = f"at {label}: excluded is the NAT gateway's subnet, behind the Network Firewall at "
        flow = flow.assuming(assume("BPA_NAT_BEHIND_FIREWALL", vpc_id, detail + ground.network.label(passed), "block"))
    if held.doubt:
        detail = f"at {label}: {mode}{held.remark}"
        flow = flow.assuming(assume(held.doubt, subnet_id or vpc_id, detail, "leak"))
    if mode == BIDIRECTIONAL or (mode == INGRESS and not by_nat):
        detail = f"VPC Block Public Access ({mode}{held.remark}) blocks at {label}"
        if mode == INGRESS:
            detail = f"{detail} what no NAT gateway or egress-only internet gateway carries"
        code = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
        return flow.blocked(block(flow, code, gateway_id, detail, at=subnet_id or None, direction=direction))
    return flow


class Held(Struct, frozen=True):
    """The mode that holds, None if that is not known; what to say of it; files that would tell; an assumption's code
    if it rests on one.
    """

    mode: str | None
    remark: str = ""
    missing: tuple[str, ...] = ()
    doubt: str = ""


def _without_exclusions(network: Network, vpc_id: str, firewall: str, held: Held) -> Held:
    """The mode of the account, which holds at a Network Firewall whatever is excluded (N70)."""
    path = network.path(network.home_of(vpc_id), "ec2", "describe-vpc-block-public-access-options")
    options = network.read(path, DescribeVpcBlockPublicAccessOptions)
    mode = options.vpc_block_public_access_options.internet_gateway_block_mode if options is not None else None
    if mode is None:
        return held if network.assume_defaults else Held(None, missing=network.unknown(path) or (path,))
    if mode not in _STRICTNESS:
        return Held(None)
    if _STRICTNESS[mode] <= _STRICTNESS[held.mode or OFF]:
        return held
    return Held(mode, f", whatever is excluded: the traffic passes the Network Firewall at {network.label(firewall)}")


def block_mode(network: Network, vpc_id: str, subnet_id: str) -> Held:
    """The mode at a subnet.

    The field on the subnet or VPC and the account's options with its exclusions are two accounts of one thing; where
    both are there and differ, the stricter holds (N65). An exclusion that is not complete does not count (N68). What a
    word means that AWS did not have when this was written is not known.
    """
    stated = _stated(network, vpc_id, subnet_id)
    derived = _derived(network, network.home_of(vpc_id), vpc_id, subnet_id)
    known = [mode for mode in (stated, derived.mode) if mode in _STRICTNESS]
    strange = {stated, derived.mode} - {None, *_STRICTNESS}
    if not known or (strange and BIDIRECTIONAL not in known):
        by_default = network.assume_defaults and derived.missing and not strange
        return Held(OFF if by_default else None, missing=derived.missing)
    strictest = max(known, key=lambda mode: _STRICTNESS[mode])
    if len(set(known)) > 1:
        return Held(strictest, ", the stricter of two statements", doubt="BPA_INCONSISTENT")
    return replace(derived, mode=strictest, missing=()) if stated is None else Held(strictest)


def _stated(network: Network, vpc_id: str, subnet_id: str) -> str | None:
    subnet, vpc = network.subnets.get(subnet_id), network.vpcs.get(vpc_id)
    for record in (subnet, vpc):
        states = record.block_public_access_states if record is not None else None
        if states is not None and states.internet_gateway_block_mode is not None:
            return states.internet_gateway_block_mode
    return None


def _derived(network: Network, home: Home, vpc_id: str, subnet_id: str) -> Held:
    options_path = network.path(home, "ec2", "describe-vpc-block-public-access-options")
    exclusions_path = network.path(home, "ec2", "describe-vpc-block-public-access-exclusions")
    options = network.read(options_path, DescribeVpcBlockPublicAccessOptions)
    mode = options.vpc_block_public_access_options.internet_gateway_block_mode if options is not None else None
    if mode is None:
        return Held(None, missing=network.unknown(options_path) or (options_path,))
    state = options.vpc_block_public_access_options.state if options is not None else None
    if state == "update-in-progress":
        return Held(mode, f", which was in state {state}", doubt="STATE_CHANGING")
    if state not in (None, "default-state", "update-complete"):
        return Held(None)
    if mode == OFF:
        return Held(OFF)
    lacking = network.unknown(exclusions_path)
    if lacking:
        return Held(None, missing=lacking)
    here = [
        one
        for one in network.read_collection(
            exclusions_path, "VpcBlockPublicAccessExclusions", VpcBlockPublicAccessExclusion
        )
        if one.resource_arn is None or one.resource_arn.rsplit("/", 1)[-1] in (vpc_id, subnet_id)
    ]
    granted = {one.internet_gateway_exclusion_mode for one in here if one.state in _LIVE}
    if "allow-bidirectional" in granted:
        return Held(OFF)
    strange = any(one.resource_arn is None or one.state not in (None, *_LIVE, *_DEAD, *_CHANGING) for one in here)
    if strange or granted - {"allow-egress"}:
        return Held(None)
    kept = INGRESS if "allow-egress" in granted and mode == BIDIRECTIONAL else mode
    pending = [one for one in here if one.state not in (*_LIVE, *_DEAD)]
    if not pending:
        return Held(kept)
    remark = f", not counting an exclusion that is {pending[0].state or 'in no known state'}"
    return Held(kept, remark, doubt="BPA_EXCLUSION_NOT_COUNTED")

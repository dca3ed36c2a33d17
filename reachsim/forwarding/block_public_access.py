"""VPC Block Public Access: the mode that holds for a subnet, and what it blocks at an internet gateway.

The subnet whose interface talks to the gateway decides, so behind a middlebox it is the middlebox's (N69). Exclusions
do not help what passes a Network Firewall (N70).

**Source:** "Block public access to VPCs and subnets" and "VPC BPA basics" (VPC User Guide; facts N65 to N70).
"""

from __future__ import annotations

from typing import Final

from reachsim.evidence import Direction, Gap
from reachsim.forwarding.ground import Ground, Walk, assume, block
from reachsim.model.network import Home, Network
from reachsim.model.records import DescribeVpcBlockPublicAccessOptions, VpcBlockPublicAccessExclusion

OFF, INGRESS, BIDIRECTIONAL = "off", "block-ingress", "block-bidirectional"
_STRICTNESS: Final = {OFF: 0, INGRESS: 1, BIDIRECTIONAL: 2}
_LIVE: Final = ("create-complete", "update-complete")


def past_block_public_access(
    ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnet_id: str, direction: Direction = "egress",
    firewall: str = "",
) -> Walk:  # fmt: skip
    """At a gateway, to or from the subnet whose interface talks to it (N65 to N69).

    ``firewall`` is the endpoint of the Network Firewall, in that subnet, that the traffic passes (N70).
    """
    by_nat = flow.context.sender is not None and flow.context.sender.kind == "nat" and not flow.context.links
    by_nat = by_nat or gateway_id.startswith("eigw-") or bool(flow.leg == "response" and flow.context.session)
    mode, why, lacking = block_mode(ground.network, vpc_id, subnet_id)
    if mode not in (None, BIDIRECTIONAL) and firewall:
        mode, why, lacking = _without_exclusions(ground.network, vpc_id, firewall, (mode or OFF, why))
    label = ground.network.label(gateway_id)
    if mode is None:
        detail = f"whether VPC Block Public Access blocks at {label} is not known"
        return flow.unknown(Gap("UNKNOWN_RESOURCE", gateway_id, detail, lacking))
    if ground.network.assume_defaults and lacking:
        detail = f"VPC Block Public Access is off ({lacking[0]})"
        flow = flow.assuming(assume("ASSUMED_DEFAULT", vpc_id, detail, "block"))
    if "stricter" in why:
        flow = flow.assuming(assume("BPA_INCONSISTENT", subnet_id or vpc_id, f"at {label}: {mode}{why}", "leak"))
    if mode == BIDIRECTIONAL or (mode == INGRESS and not by_nat):
        detail = f"VPC Block Public Access ({mode}{why}) blocks at {label}"
        code = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
        return flow.blocked(block(flow, code, gateway_id, detail, at=subnet_id or None, direction=direction))
    return flow


def _without_exclusions(
    network: Network, vpc_id: str, firewall: str, known: tuple[str, str]
) -> tuple[str | None, str, tuple[str, ...]]:
    """The mode of the account, which holds at a Network Firewall whatever is excluded (N70)."""
    path = network.path(network.home_of(vpc_id), "ec2", "describe-vpc-block-public-access-options")
    options = network.read(path, DescribeVpcBlockPublicAccessOptions)
    mode = options.vpc_block_public_access_options.internet_gateway_block_mode if options is not None else None
    if mode is None:
        lacking = () if network.assume_defaults else network.unknown(path) or (path,)
        return (None, "", lacking) if lacking else (*known, ())
    if _STRICTNESS.get(mode, 0) <= _STRICTNESS[known[0]]:
        return *known, ()
    return mode, f", whatever is excluded: the traffic passes the Network Firewall at {network.label(firewall)}", ()


def block_mode(network: Network, vpc_id: str, subnet_id: str) -> tuple[str | None, str, tuple[str, ...]]:
    """(mode, remark, missing files) at a subnet; mode None if the snapshot does not tell.

    The field on the subnet or VPC and the account's options with its exclusions are two accounts of one thing; where
    both are there and differ, the stricter holds (N65).
    """
    home = network.home_of(vpc_id)
    stated = _stated(network, vpc_id, subnet_id)
    derived, lacking = _derived(network, home, vpc_id, subnet_id)
    known = [mode for mode in (stated, derived) if mode in _STRICTNESS]
    if not known:
        return (OFF if network.assume_defaults else None), "", lacking
    strictest = max(known, key=lambda mode: _STRICTNESS[mode])
    remark = ", the stricter of two statements" if len(set(known)) > 1 else ""
    return strictest, remark, ()


def _stated(network: Network, vpc_id: str, subnet_id: str) -> str | None:
    subnet, vpc = network.subnets.get(subnet_id), network.vpcs.get(vpc_id)
    for record in (subnet, vpc):
        states = record.block_public_access_states if record is not None else None
        if states is not None and states.internet_gateway_block_mode is not None:
            return states.internet_gateway_block_mode
    return None


def _derived(network: Network, home: Home, vpc_id: str, subnet_id: str) -> tuple[str | None, tuple[str, ...]]:
    options_path = network.path(home, "ec2", "describe-vpc-block-public-access-options")
    exclusions_path = network.path(home, "ec2", "describe-vpc-block-public-access-exclusions")
    options = network.read(options_path, DescribeVpcBlockPublicAccessOptions)
    mode = options.vpc_block_public_access_options.internet_gateway_block_mode if options is not None else None
    if mode is None:
        return None, network.unknown(options_path) or (options_path,)
    if mode == OFF:
        return OFF, ()
    lacking = network.unknown(exclusions_path)
    if lacking:
        return None, lacking
    exclusions = network.read_collection(
        exclusions_path, "VpcBlockPublicAccessExclusions", VpcBlockPublicAccessExclusion
    )
    granted = {
        one.internet_gateway_exclusion_mode
        for one in exclusions
        if one.state in _LIVE and (one.resource_arn or "").rsplit("/", 1)[-1] in (vpc_id, subnet_id)
    }
    if "allow-bidirectional" in granted:
        return OFF, ()
    if "allow-egress" in granted and mode == BIDIRECTIONAL:
        return INGRESS, ()
    return mode, ()

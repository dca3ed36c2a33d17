"""VPC Block Public Access: the mode that holds for a subnet.

**Source:** "Block public access to VPCs and subnets" and "VPC BPA basics" (VPC User Guide; facts N65 to N69).
"""

from __future__ import annotations

from typing import Final

from reachsim.model.network import Home, Network
from reachsim.model.records import DescribeVpcBlockPublicAccessOptions, VpcBlockPublicAccessExclusion

OFF, INGRESS, BIDIRECTIONAL = "off", "block-ingress", "block-bidirectional"
_STRICTNESS: Final = {OFF: 0, INGRESS: 1, BIDIRECTIONAL: 2}
_LIVE: Final = ("create-complete", "update-complete")


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

"""Whether a receiver knows of the sender's security groups, which a rule may name.

**Source:** "Update your security groups to reference peer security groups" (VPC Peering Guide); "Security group
referencing" in "Amazon VPC attachments in AWS Transit Gateway"; facts N85 to N90.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from reachsim.evidence import Direction, Gap
from reachsim.filters import Rule
from reachsim.forwarding.ground import Context, Ground, Walk
from reachsim.model.edges import edges
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network

_OFF: Final = "disable"


class Loss(Struct, frozen=True):
    """What keeps the sender's groups from the receiver: the block's code, the component, and in words."""

    code: str
    component: str
    words: str


def identity_survives(ground: Ground, context: Context, receiver_vpc: str) -> bool:
    """Whether a receiver in the VPC still knows the sender's security groups: same VPC, peering in a Region, or a
    transit gateway with security group referencing on at the gateway and both attachments (facts N85, N88, N89)."""
    sender = context.sender
    if sender is None:
        return False
    if not context.links:
        return sender.vpc_id == receiver_vpc
    if any(link in context.inspected for link in context.links):
        return False  # a middlebox on the way (N87)
    if all(link.startswith("pcx-") for link in context.links):
        return receiver_vpc in ground.peered_vpcs(sender.vpc_id)
    return all(tgw_references(ground, link) for link in context.links)


def stranger_may_carry(ground: Ground, context: Context, interface: Interface, rule: Rule) -> bool:
    """Whether a receiver may be told that a sender whom the snapshot does not hold carries the group that a rule names:
    one that the snapshot does not hold either, and nothing on the way that is known loses it (N87 to N90), as peered
    transit gateways do.
    """
    if context.origin.kind != "unseen" or rule.group in ground.network.security_groups or is_stale(ground, rule):
        return False
    account, region = ground.network.home_of(interface.vpc_id)
    owner = (rule.group_peer.user_id if rule.group_peer else None) or account
    if not ground.network.lacks((owner, region), "describe-security-groups"):
        return False  # its owner has no such group
    if any(link in context.inspected for link in context.links) or is_endpoint_over_transit(context, interface):
        return False
    if any(link in ground.network.transit_gateway_peering_attachments for link in context.links):
        return False
    known = ground.network.transit_gateway_vpc_attachments
    return all(tgw_references(ground, link) for link in context.links if link in known)


def tgw_references(ground: Ground, attachment_id: str) -> bool:
    """Whether an attachment and its transit gateway tell of security groups."""
    return not _without_references(ground, attachment_id)


def _without_references(ground: Ground, attachment_id: str) -> list[str]:
    """Which of an attachment and its transit gateway have security group referencing off."""
    attachment = ground.network.transit_gateway_vpc_attachments.get(attachment_id)
    if attachment is None:
        return [attachment_id]  # it leads to another transit gateway
    gateway_id = attachment.transit_gateway_id or ""
    gateway = ground.network.transit_gateways.get(gateway_id)
    found = [attachment_id] if attachment.options.security_group_referencing_support == _OFF else []
    if gateway is None or gateway.options.security_group_referencing_support == _OFF:
        found.append(gateway_id or attachment_id)
    return found


def unread_references(ground: Ground, attachment_id: str) -> str | None:
    """Which of an attachment and its transit gateway has a word for security group referencing that nobody knows, or
    none at all, as answers had before there was any.
    """
    attachment = ground.network.transit_gateway_vpc_attachments.get(attachment_id)
    gateway = ground.network.transit_gateways.get(attachment.transit_gateway_id or "") if attachment else None
    for one in (attachment, gateway):
        if one is not None and one.options.security_group_referencing_support not in (_OFF, "enable"):
            return attachment_id if one is attachment else attachment.transit_gateway_id if attachment else None
    return None


def _why_off(network: Network, component: str) -> str:
    if component in network.transit_gateways or component in network.transit_gateway_vpc_attachments:
        return "has security group referencing off"
    return "leads on to another transit gateway, which groups are not told over"


def tells_groups(network: Network) -> bool:
    """Whether any transit gateway has security group referencing on."""
    return any(one.options.security_group_referencing_support != _OFF for one in network.transit_gateways.values())


def _by_transit(context: Context) -> bool:
    return any(link.startswith("tgw-") for link in context.links)


def is_endpoint_over_transit(context: Context, interface: Interface) -> bool:
    """Whether it is an endpoint asked over a transit gateway: references are not supported for those (N89)."""
    return interface.kind == "endpoint" and _by_transit(context)


def unsure_references(ground: Ground, context: Context, interface: Interface) -> list[Gap]:
    """Gaps where sender or receiver is in a place of which AWS supports references over a transit gateway in some, or
    where it is not known whether a transit gateway on the way tells of them.
    """
    if not _by_transit(context):
        return []
    unread = dict.fromkeys(filter(None, (unread_references(ground, link) for link in context.links)))
    gaps = [Gap("UNMODELLED_COMPONENT", one, f"whether {ground.network.label(one)} tells of security groups is not "
                "known", can_hide="block") for one in unread]  # fmt: skip
    at, subnets = ground.told(edges), (context.sender.subnet_id if context.sender else "", interface.subnet_id)
    where = ((subnet_id, at[subnet_id]) for subnet_id in subnets if subnet_id in at)
    return gaps + [
        Gap("UNMODELLED_COMPONENT", subnet_id, "whether security groups are told of over a transit gateway by or to "
            f"{subnet_id} in {edge.name} ({edge.kind}) is not known", can_hide="block")
        for subnet_id, edge in where
    ]  # fmt: skip


def losing(ground: Ground, flow: Walk, rules: list[Rule], interface: Interface, direction: Direction) -> list[Loss]:
    """What keeps the sender's groups from the receiver, if a rule would have matched by one of them (N87, N89)."""
    if any(names_sender(rule, flow) and flow.services & rule.services for rule in rules):
        return loses_groups(ground, flow, interface, direction)
    return []


def names_sender(rule: Rule, flow: Walk) -> bool:
    """Whether a rule names a group of the sender's, and not by a connection that is gone (N90)."""
    sender, stale = flow.context.sender, rule.group_peer is not None and rule.group_peer.peering_stale
    return sender is not None and rule.group is not None and rule.group in sender.groups and not stale


def loses_groups(ground: Ground, flow: Walk, interface: Interface, direction: Direction) -> list[Loss]:
    """Everything on the way that does not tell the receiver of the sender's groups, and would have to."""
    context, label = flow.context, ground.network.label
    if direction != "ingress" or context.sender is None:
        return []
    inspected = [link for link in context.links if link in context.inspected]
    if inspected:
        words = f"{label(inspected[0])} does not carry security group references"
        return [Loss("SG_REFERENCES_NOT_PRESERVED", inspected[0], words)]
    links = [link for link in context.links if link.startswith("tgw-")]
    off = dict.fromkeys(one for link in links for one in _without_references(ground, link))
    found = [Loss("SG_REFERENCING_SUPPORT", one, f"{label(one)} {_why_off(ground.network, one)}") for one in off]
    if is_endpoint_over_transit(context, interface):
        words = f"no transit gateway tells the endpoint of {label(interface.id)} of security groups"
        found.append(Loss("SG_REFERENCING_SUPPORT", interface.id, words))
    return found


def is_stale(ground: Ground, rule: Rule) -> bool:
    """Whether a rule names a group by a connection that is gone, or a group that is in no file of its account (N90)."""
    if rule.group is None or rule.group_peer is None:
        return False
    account, region = ground.network.home_of(rule.owner)
    home = (rule.group_peer.user_id or account, region)
    gone = rule.group not in ground.network.security_groups
    return rule.group_peer.peering_stale or (gone and not ground.network.lacks(home, "describe-security-groups"))

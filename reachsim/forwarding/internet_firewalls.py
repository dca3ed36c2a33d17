"""Automated Internet Firewalls, which stand at internet gateways without any route that leads to them.

**Source:** Network Firewall API, IgwFirewallConfiguration: it "inspects all traffic between your VPC and its internet
gateway, without changes to your subnets or route tables"; EC2 API, Subnet, NetworkFirewallConnectivityType: subnets may
be excluded, and interfaces without a public address may go out by the firewall's own translation; Network Security
Manager API, IgwFirewallConfig: what a subnet has holds for its interfaces, and "inbound responses are inspected" too.
"""

from __future__ import annotations

from reachsim.evidence import Gap
from reachsim.forwarding.ground import Ground, Walk, lost

_NOT_INSPECTED = frozenset(("exclude", "az-unsupported"))
_WITHOUT_TRANSLATION = "bidirectional"


def internet_firewall(ground: Ground, gateway_id: str, vpc_id: str) -> str | None:
    """The firewall at a gateway of a VPC, told by the routes to the gateway or by the VPC."""
    return ground.internet_firewalls.get(gateway_id) or ground.internet_firewalls.get(vpc_id)


def past_internet_firewall(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, *subnet_ids: str) -> Walk:
    """Not known to pass, as the firewall's policy is not read. A request may even leave without a public address: then
    what becomes of it is not known at all.

    Args:
        ground: The network.
        flow: What is at the gateway.
        gateway_id: The internet gateway, or egress-only one.
        vpc_id: Its VPC.
        subnet_ids: The subnet that the flow crosses the gateway from or for, and that of its interface: where they
            differ, no page says which of the two decides.
    """
    firewall = internet_firewall(ground, gateway_id, vpc_id)
    treated = {_connectivity(ground, one) for one in subnet_ids} - _NOT_INSPECTED
    if firewall is None or not treated:
        return flow
    detail = f"{firewall} inspects what crosses {ground.network.label(gateway_id)}, and its policy is not read"
    translates = treated != {_WITHOUT_TRANSLATION} and gateway_id.startswith("igw-")
    if translates and flow.leg == "request" and flow.place[0] == "internet-gateway":
        return lost(flow, Gap("FIREWALL_RULE_NOT_READ", firewall, detail))
    return flow.unknown(Gap("FIREWALL_RULE_NOT_READ", firewall, detail, can_hide="block"))


def _connectivity(ground: Ground, subnet_id: str) -> str:
    subnet = ground.network.subnets.get(subnet_id)
    return subnet.network_firewall_connectivity_type if subnet is not None else ""

"""What traffic can be led to and is not followed: which feature it is, and which calls would tell where it leads.

Never "blocked", never "private" (facts N20, N195). **Source:** EC2 API, Route and TransitGatewayAttachmentResourceType;
the user guides of the services named below.
"""

from __future__ import annotations

from typing import Final

from reachsim.evidence import Gap

_FEATURES: Final = {
    "carrier-gateway": ("carrier gateways of Wavelength Zones", "ec2 describe-carrier-gateways"),
    "client-vpn": ("AWS Client VPN", "ec2 describe-client-vpn-endpoints and describe-client-vpn-routes"),
    "core-network": ("AWS Cloud WAN", "networkmanager get-core-network-policy and get-network-routes"),
    "local-gateway": ("local gateways of AWS Outposts", "ec2 search-local-gateway-routes"),
    "odb-network": ("networks of Oracle Database@AWS", "odb get-odb-network"),
    "connect": (
        "Transit Gateway Connect, tunnels to an appliance",
        "ec2 describe-transit-gateway-connects and describe-transit-gateway-connect-peers",
    ),
    "network-function": (
        "a network function at a transit gateway, such as a firewall", "ec2 describe-transit-gateway-attachments",
    ),
    "tgw-peering": ("a kind of peering of transit gateways", "ec2 describe-transit-gateway-peering-attachments"),
}  # fmt: skip
"""By kind of route target or attachment: the feature, and what would have to be read."""


def not_modelled(component: str, kind: str, label: str) -> Gap:
    """Why it is not known what becomes of traffic at a component of a kind."""
    detail = f"{label} ({kind}) is not modelled"
    if kind in _FEATURES:
        feature, calls = _FEATURES[kind]
        detail = f"{detail}: {feature}; where it leads is in the answers of {calls}, which are not read"
    return Gap("UNMODELLED_COMPONENT", component, detail)

"""Which API call an answer belongs to, told by the key at its top: ``{"Vpcs": […]}`` is ``ec2 describe-vpcs``.

**Source:** output shapes in the botocore service models, checked by the tests; Batfish's own kinds from the public
project batfish/batfish, ``representation/aws`` (``TransitGatewayStaticRoutes.java`` and its like). Not here: Direct
Connect, which reachsim does not model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EC2_KEYS = {
    "Addresses": "describe-addresses",
    "AvailabilityZones": "describe-availability-zones",
    "CarrierGateways": "describe-carrier-gateways",
    "CustomerGateways": "describe-customer-gateways",
    "DhcpOptions": "describe-dhcp-options",
    "EgressOnlyInternetGateways": "describe-egress-only-internet-gateways",
    "FlowLogs": "describe-flow-logs",
    "Hosts": "describe-hosts",
    "InstanceConnectEndpoints": "describe-instance-connect-endpoints",
    "InstanceStatuses": "describe-instance-status",
    "InternetGateways": "describe-internet-gateways",
    "MovingAddressStatuses": "describe-moving-addresses",
    "NatGateways": "describe-nat-gateways",
    "NetworkAcls": "describe-network-acls",
    "NetworkInterfaces": "describe-network-interfaces",
    "PlacementGroups": "describe-placement-groups",
    "PrefixLists": "describe-prefix-lists",
    "Regions": "describe-regions",
    "Reservations": "describe-instances",
    "RouteTables": "describe-route-tables",
    "SecurityGroupRules": "describe-security-group-rules",
    "SecurityGroupVpcAssociations": "describe-security-group-vpc-associations",
    "SecurityGroups": "describe-security-groups",
    "ServiceConfigurations": "describe-vpc-endpoint-service-configurations",
    "ServiceDetails": "describe-vpc-endpoint-services",
    "ServiceNames": "describe-vpc-endpoint-services",
    "Subnets": "describe-subnets",
    "Tags": "describe-tags",
    "TransitGatewayAttachments": "describe-transit-gateway-attachments",
    "TransitGatewayConnects": "describe-transit-gateway-connects",
    "TransitGatewayPeeringAttachments": "describe-transit-gateway-peering-attachments",
    "TransitGatewayRouteTables": "describe-transit-gateway-route-tables",
    "TransitGatewayVpcAttachments": "describe-transit-gateway-vpc-attachments",
    "TransitGateways": "describe-transit-gateways",
    "VpcBlockPublicAccessExclusions": "describe-vpc-block-public-access-exclusions",
    "VpcBlockPublicAccessOptions": "describe-vpc-block-public-access-options",
    "VpcEndpointAssociations": "describe-vpc-endpoint-associations",
    "VpcEndpointConnections": "describe-vpc-endpoint-connections",
    "VpcEndpoints": "describe-vpc-endpoints",
    "VpcPeeringConnections": "describe-vpc-peering-connections",
    "Vpcs": "describe-vpcs",
    "VpnConnections": "describe-vpn-connections",
    "VpnGateways": "describe-vpn-gateways",
}
OTHER_KEYS = {
    "DBClusters": "rds/describe-db-clusters",
    "DBInstances": "rds/describe-db-instances",
    "DomainStatusList": "es/describe-elasticsearch-domains",
    "LoadBalancerDescriptions": "elb/describe-load-balancers",
    "LoadBalancers": "elbv2/describe-load-balancers",
    "TargetGroups": "elbv2/describe-target-groups",
}
CALLS: Mapping[str, str] = {key: f"ec2/{operation}" for key, operation in EC2_KEYS.items()} | OTHER_KEYS
"""Response key to ``service/operation`` in the AWS CLI's words."""

CALLS_BY_FILE: Mapping[tuple[str, str], str] = {
    ("ClassicLinkInstances", "Instances"): "ec2/describe-classic-link-instances",
    ("ManagedPrefixLists", "PrefixLists"): "ec2/describe-managed-prefix-lists",
    ("OpenSearchDomains", "DomainStatusList"): "opensearch/describe-domains",
    ("VpcClassicLink", "Vpcs"): "ec2/describe-vpc-classic-link",
    ("VpcClassicLinkDnsSupport", "Vpcs"): "ec2/describe-vpc-classic-link-dns-support",
}
"""(File name without ``.json``, key) where the key alone would name another call."""

KEYS_BY_FILE: Mapping[str, str] = {
    "ClassicLinkInstances": "Instances",
    "ElasticsearchDomains": "DomainStatusList",
    "ManagedPrefixLists": "PrefixLists",
    "OpenSearchDomains": "DomainStatusList",
    "RdsInstances": "DBInstances",
}
"""The key of a file that holds a bare list, where it isn't the file's own name."""

STRUCTURES = frozenset({"VpcBlockPublicAccessOptions"})
"""Keys whose value is one object, not a list."""
STRINGS = frozenset({"ServiceNames"})
"""Keys whose list holds strings, not objects."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A Batfish kind: one list around the answers of a call that is made once per resource.

    ``name`` is the field that tells which resource was asked about, ``content`` the answer's own key. In a ``flat``
    list the records themselves stand side by side, each with ``name``.
    """

    call: str
    name: str
    content: str
    flat: bool = False


WRAPPED: Mapping[str, Wrapped] = {
    "LoadBalancerAttributes": Wrapped("elbv2/describe-load-balancer-attributes", "LoadBalancerArn", "Attributes"),
    "LoadBalancerListeners": Wrapped("elbv2/describe-listeners", "LoadBalancerArn", "Listeners", flat=True),
    "LoadBalancerTargetHealth": Wrapped("elbv2/describe-target-health", "TargetGroupArn", "TargetHealthDescriptions"),
    "TransitGatewayPropagations": Wrapped(
        "ec2/get-transit-gateway-route-table-propagations",
        "TransitGatewayRouteTableId",
        "TransitGatewayRouteTablePropagations",
    ),
    "TransitGatewayStaticRoutes": Wrapped("ec2/search-transit-gateway-routes", "TransitGatewayRouteTableId", "Routes"),
}


def call_of(stem: str, key: str) -> str | None:
    """The call (``service/operation``) whose answer has ``key`` at its top; None for a key that we don't know.

    Args:
        stem: Name of the file without ``.json``; decides only where the key alone is ambiguous.

    >>> call_of("anything", "Vpcs"), call_of("ManagedPrefixLists", "PrefixLists"), call_of("Vpcs", "Volumes")
    ('ec2/describe-vpcs', 'ec2/describe-managed-prefix-lists', None)
    """
    wrapped = WRAPPED.get(key)
    return CALLS_BY_FILE.get((stem, key)) or CALLS.get(key) or (wrapped.call if wrapped else None)

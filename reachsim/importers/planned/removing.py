"""What a plan deletes, taken out of a live snapshot: the record, what AWS deletes with it, and what AWS puts back.

**Source:** documentation of the deletions of the provider hashicorp/aws (an endpoint's policy becomes the default one,
a VPC's DHCP options the default set, a subnet's network ACL the VPC's default one); API references.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from reachsim.importers.planned import removing_services, routes
from reachsim.importers.planned.endpoints import FULL_ACCESS
from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.planned.vpcs import default_dhcp
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

LISTS: Final[Mapping[str, str]] = {
    "aws_vpc": "ec2/describe-vpcs", "aws_subnet": "ec2/describe-subnets",
    "aws_route_table": "ec2/describe-route-tables", "aws_network_acl": "ec2/describe-network-acls",
    "aws_security_group": "ec2/describe-security-groups", "aws_internet_gateway": "ec2/describe-internet-gateways",
    "aws_egress_only_internet_gateway": "ec2/describe-egress-only-internet-gateways",
    "aws_ec2_carrier_gateway": "ec2/describe-carrier-gateways",
    "aws_nat_gateway": "ec2/describe-nat-gateways", "aws_eip": "ec2/describe-addresses",
    "aws_vpc_endpoint": "ec2/describe-vpc-endpoints",
    "aws_vpc_peering_connection": "ec2/describe-vpc-peering-connections",
    "aws_ec2_transit_gateway": "ec2/describe-transit-gateways",
    "aws_ec2_transit_gateway_vpc_attachment": "ec2/describe-transit-gateway-vpc-attachments",
    "aws_ec2_transit_gateway_peering_attachment": "ec2/describe-transit-gateway-peering-attachments",
    "aws_ec2_transit_gateway_route_table": "ec2/describe-transit-gateway-route-tables",
    "aws_network_interface": "ec2/describe-network-interfaces", "aws_vpn_gateway": "ec2/describe-vpn-gateways",
    "aws_vpn_connection": "ec2/describe-vpn-connections", "aws_vpc_dhcp_options": "ec2/describe-dhcp-options",
    "aws_ec2_managed_prefix_list": "ec2/describe-managed-prefix-lists",
    "aws_route53_resolver_rule": "route53resolver/list-resolver-rules",
    "aws_route53_resolver_rule_association": "route53resolver/list-resolver-rule-associations",
    "aws_route53_resolver_endpoint": "route53resolver/list-resolver-endpoints",
    "aws_route53_resolver_firewall_rule_group_association": "route53resolver/list-firewall-rule-group-associations",
    "aws_codebuild_project": "codebuild/batch-get-projects", "aws_codebuild_fleet": "codebuild/batch-get-fleets",
    "aws_ecr_repository": "ecr/describe-repositories",
    "aws_codecommit_repository": "codecommit/batch-get-repositories", "aws_s3_bucket": "s3api/list-buckets",
    "aws_iam_role": "iam/get-account-authorization-details", "aws_lambda_function": "lambda/list-functions",
    "aws_cloudwatch_log_group": "logs/describe-log-groups", "aws_codepipeline": "codepipeline/list-pipelines",
    "aws_elb": "elb/describe-load-balancers",
}  # fmt: skip
"""Kind -> the list that a deleted one leaves."""
KEPT: Final = frozenset({
    "aws_default_vpc", "aws_default_subnet", "aws_default_security_group", "aws_default_network_acl",
    "aws_default_route_table", "aws_vpc_endpoint_private_dns", "aws_vpc_peering_connection_accepter",
    "aws_vpc_peering_connection_options", "aws_launch_template", "aws_ecs_cluster", "aws_ecs_task_definition",
    "aws_ecs_cluster_capacity_providers",
})  # fmt: skip
"""Kinds whose deletion changes nothing in AWS that a verdict depends on."""
BY_THEIR_MAKERS: Final = frozenset({
    "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
    "aws_network_acl_rule", "aws_internet_gateway_attachment", "aws_vpn_gateway_attachment", "aws_route",
    "aws_main_route_table_association", "aws_route_table_association", "aws_vpn_gateway_route_propagation",
    "aws_vpc_endpoint_route_table_association", "aws_iam_role_policy", "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment", "aws_iam_user_policy", "aws_iam_user_policy_attachment", "aws_iam_group_policy",
    "aws_iam_group_policy_attachment", "aws_iam_group_membership", "aws_iam_user_group_membership",
    "aws_ecr_replication_configuration", "aws_ecr_repository_creation_template", "aws_s3_bucket_acl",
    "aws_ecr_repository_policy", "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block", "aws_route53_record", "aws_route53_zone_association",
})  # fmt: skip
"""Kinds whose maker undoes what it makes."""
PARTS: Final = BY_THEIR_MAKERS | {
    "aws_network_acl_association",
    "aws_ec2_managed_prefix_list_entry",
    "aws_network_interface_attachment",
    "aws_network_interface_sg_attachment",
    "aws_vpc_endpoint_policy",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_endpoint_security_group_association",
}
"""Kinds of parts that what they are parts of shows, too: Terraform reads the rules of a group, the routes of a table,
the policy of a bucket into attributes of these, and a plan that deletes the part shows them as they were before."""


def remove(world: World, one: Resource) -> bool:
    """Take a deleted resource out; False where its deletion is not modelled."""
    call = LISTS.get(one.kind)
    gone = world.remove(call, one.id) if call is not None else None
    undo = UNDO.get(one.kind)
    if undo is not None:
        undo(world, one, gone or {})
    blackhole(world, one)
    return call is not None or undo is not None or one.kind in KEPT


def blackhole(world: World, one: Resource) -> None:
    """Routes to what is no more; an endpoint's policy, say, goes by the id of what stays."""
    for _, table in world.each("ec2/describe-route-tables") if one.id and one.kind not in PARTS | KEPT else ():
        for route in table["Routes"]:
            if one.id in (route.get(key) for key in routes.TARGETS.values()):
                route["State"] = "blackhole"


# --- VPCs -------------------------------------------------------------------------------------------------------------


def _vpc(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for call, key in (("ec2/describe-route-tables", "RouteTableId"), ("ec2/describe-network-acls", "NetworkAclId"),
                      ("ec2/describe-security-groups", "GroupId")):  # fmt: skip
        for _, record in list(world.each(call)):
            if record.get("VpcId") == one.id:
                world.remove(call, str(record[key]))


def _vpc_block(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    vpc_id = one.text("vpc_id")
    for name, key in (("cidr_block", "CidrBlock"), ("ipv6_cidr_block", "Ipv6CidrBlock")):
        block = one.text(name)
        record = world.get(vpc_id)
        if not block or record is None:
            continue
        kept = [state for state in record.get(f"{key}AssociationSet", []) if state.get(key) != block]
        record[f"{key}AssociationSet"] = kept
        for _, table in world.each("ec2/describe-route-tables"):
            if table.get("VpcId") == vpc_id:
                table["Routes"] = [
                    route for route in table["Routes"]
                    if route.get("GatewayId") != "local" or route.get(f"Destination{key}") != block
                ]  # fmt: skip
        _block_elsewhere(world, vpc_id, key, block)


def _block_elsewhere(world: World, vpc_id: str, key: str, block: str) -> None:
    """A block that leaves a VPC leaves its peering connections and what its attachments propagate, too."""
    for _, record in world.each("ec2/describe-vpc-peering-connections"):
        for side in (record.get("RequesterVpcInfo", {}), record.get("AccepterVpcInfo", {})):
            if side.get("VpcId") == vpc_id and f"{key}Set" in side:
                side[f"{key}Set"] = [held for held in side[f"{key}Set"] if held.get(key) != block]
    for home, table in world.each("ec2/describe-transit-gateway-route-tables"):
        found = _rows(world, home, "search-transit-gateway-routes", str(table["TransitGatewayRouteTableId"]))
        if "Routes" in found:
            found["Routes"] = [
                route for route in found["Routes"]
                if route.get("Type") != "propagated" or route.get("DestinationCidrBlock") != block
                or all(held.get("ResourceId") != vpc_id for held in route.get("TransitGatewayAttachments", []))
            ]  # fmt: skip


def _dhcp(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record = world.get(one.text("vpc_id"))
    if record is not None:
        record["DhcpOptionsId"] = default_dhcp(world, one.home)


def _acl_association(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    if not one.text("subnet_id"):
        world.undecided_any(one, "the subnet", "ec2/describe-network-acls", "")
    for _, record in world.each("ec2/describe-network-acls"):
        record["Associations"] = [
            held for held in record.get("Associations", []) if held.get("SubnetId") != one.text("subnet_id")
        ]


def _prefix_entry(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    document = world.document(one.home, f"ec2/get-managed-prefix-list-entries/{one.text('prefix_list_id')}")
    if document is not None:
        document["Entries"] = [held for held in document["Entries"] if held.get("Cidr") != one.text("cidr")]


def _public_access_options(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    document = world.document(one.home, "ec2/describe-vpc-block-public-access-options")
    if document is not None:
        document["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"] = "off"


def _public_access_exclusion(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    document = world.document(one.home, "ec2/describe-vpc-block-public-access-exclusions")
    if document is not None:
        key = "VpcBlockPublicAccessExclusions"
        document[key] = [held for held in document[key] if held.get("ExclusionId") != one.id]


# --- interfaces -------------------------------------------------------------------------------------------------------


def _address(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    """An Elastic IP address, or its association: no interface has it any more."""
    allocation = one.text("allocation_id") or one.id
    for _, record in world.each("ec2/describe-network-interfaces"):
        for held in (record, *record.get("PrivateIpAddresses", [])):
            if (held.get("Association") or {}).get("AllocationId") == allocation:
                held.pop("Association")


def _detach(world: World, eni: str) -> None:
    record = world.get(eni) or {}
    record.pop("Attachment", None)
    for _, reservation in world.each("ec2/describe-instances"):
        for instance in reservation.get("Instances", []):
            held = instance.get("NetworkInterfaces", [])
            instance["NetworkInterfaces"] = [other for other in held if other.get("NetworkInterfaceId") != eni]


def _interface(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    _detach(world, one.id)


def _interface_attachment(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    _detach(world, one.text("network_interface_id"))


def _interface_group(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record = world.get(one.text("network_interface_id"))
    if record is not None:
        record["Groups"] = [held for held in record["Groups"] if held["GroupId"] != one.text("security_group_id")]


def _instance(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    """An instance goes with the interfaces that end with it; the others are left, unattached."""
    for _, reservation in list(world.each("ec2/describe-instances")):
        held = reservation.get("Instances", [])
        reservation["Instances"] = [other for other in held if other.get("InstanceId") != one.id]
        if held and not reservation["Instances"]:
            world.remove("ec2/describe-instances", str(reservation.get("ReservationId")))
    for _, record in list(world.each("ec2/describe-network-interfaces")):
        attachment = record.get("Attachment") or {}
        if attachment.get("InstanceId") == one.id:
            record.pop("Attachment")
            if attachment.get("DeleteOnTermination", attachment.get("DeviceIndex") == 0):
                world.remove("ec2/describe-network-interfaces", str(record["NetworkInterfaceId"]))


def _nat_gateway(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for held in gone.get("NatGatewayAddresses", []):
        world.remove("ec2/describe-network-interfaces", str(held.get("NetworkInterfaceId")))


# --- endpoints --------------------------------------------------------------------------------------------------------


def _endpoint(world: World, one: Resource, gone: Document) -> None:
    for eni in gone.get("NetworkInterfaceIds", []):
        world.remove("ec2/describe-network-interfaces", eni)
    for _, table in world.each("ec2/describe-route-tables"):
        table["Routes"] = [route for route in table["Routes"] if route.get("GatewayId") != one.id]


def _endpoint_policy(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record = world.get(one.text("vpc_endpoint_id"))
    if record is not None:
        record["PolicyDocument"] = json.dumps(FULL_ACCESS)


def _endpoint_subnet(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record, subnet = world.get(one.text("vpc_endpoint_id")), one.text("subnet_id")
    if record is not None:
        world.touched.add(record["VpcEndpointId"])
        record["SubnetIds"] = [held for held in record.get("SubnetIds", []) if held != subnet]


def _endpoint_group(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record, group = world.get(one.text("vpc_endpoint_id")), one.text("security_group_id")
    if record is not None:
        world.touched.add(record["VpcEndpointId"])
        record["Groups"] = [held for held in record.get("Groups", []) if held.get("GroupId") != group]


# --- transit gateways -------------------------------------------------------------------------------------------------


def _rows(world: World, home: Home, what: str, table: str) -> Document:
    return world.document(world.home_of(table, home), f"ec2/{what}/{table}") or {}


def _without(world: World, home: Home, table: str, attachment: str, *, association: bool, propagation: bool) -> None:
    """An attachment's association with a table, its propagation to it with the routes that it made, or both."""
    if association:
        document = _rows(world, home, "get-transit-gateway-route-table-associations", table)
        _drop_rows(document, "Associations", attachment)
        record = world.get_in("ec2/describe-transit-gateway-attachments", attachment) or {}
        if (record.get("Association") or {}).get("TransitGatewayRouteTableId") == table:
            record.pop("Association")
    if propagation:
        document = _rows(world, home, "get-transit-gateway-route-table-propagations", table)
        _drop_rows(document, "TransitGatewayRouteTablePropagations", attachment)
        found = _rows(world, home, "search-transit-gateway-routes", table)
        if "Routes" in found:
            found["Routes"] = [
                route for route in found["Routes"]
                if route.get("Type") != "propagated" or attachment not in _attachments(route)
            ]  # fmt: skip


def _drop_rows(document: Document, key: str, attachment: str) -> None:
    if key in document:
        document[key] = [held for held in document[key] if held.get("TransitGatewayAttachmentId") != attachment]


def _attachments(route: Document) -> list[str]:
    return [str(held.get("TransitGatewayAttachmentId")) for held in route.get("TransitGatewayAttachments", [])]


def _transit_link(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    table, attachment = one.text("transit_gateway_route_table_id"), one.text("transit_gateway_attachment_id")
    associated = one.kind.endswith("_association")
    _without(world, one.home, table, attachment, association=associated, propagation=not associated)


def _transit_route(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    found = _rows(world, one.home, "search-transit-gateway-routes", one.text("transit_gateway_route_table_id"))
    key, name = ("PrefixListId", "prefix_list_id") if one.text("prefix_list_id") else (
        "DestinationCidrBlock", "destination_cidr_block"
    )  # fmt: skip
    if "Routes" in found:
        found["Routes"] = [
            route for route in found["Routes"]
            if route.get("Type") == "propagated" or route.get(key) != one.text(name)
        ]  # fmt: skip


def _transit_attachment(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for _, table in list(world.each("ec2/describe-transit-gateway-route-tables")):
        table_id = str(table["TransitGatewayRouteTableId"])
        _without(world, one.home, table_id, one.id, association=True, propagation=True)
        for route in _rows(world, one.home, "search-transit-gateway-routes", table_id).get("Routes", []):
            if one.id in _attachments(route):
                route["State"] = "blackhole"
    world.remove("ec2/describe-transit-gateway-attachments", one.id)


def _transit_table(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for what in ("search-transit-gateway-routes", "get-transit-gateway-route-table-associations",
                 "get-transit-gateway-route-table-propagations"):  # fmt: skip
        world.drop(one.home, f"ec2/{what}/{one.id}")
    for _, record in world.each("ec2/describe-transit-gateway-attachments"):
        if (record.get("Association") or {}).get("TransitGatewayRouteTableId") == one.id:
            record.pop("Association")


UNDO: Final[Mapping[str, Callable[[World, Resource, Document], None]]] = {
    "aws_vpc": _vpc, "aws_vpc_ipv4_cidr_block_association": _vpc_block,
    "aws_vpc_ipv6_cidr_block_association": _vpc_block, "aws_vpc_dhcp_options_association": _dhcp,
    "aws_network_acl_association": _acl_association, "aws_ec2_managed_prefix_list_entry": _prefix_entry,
    "aws_vpc_block_public_access_options": _public_access_options,
    "aws_vpc_block_public_access_exclusion": _public_access_exclusion, "aws_eip": _address,
    "aws_eip_association": _address, "aws_network_interface": _interface,
    "aws_network_interface_attachment": _interface_attachment,
    "aws_network_interface_sg_attachment": _interface_group, "aws_instance": _instance,
    "aws_nat_gateway": _nat_gateway, "aws_vpc_endpoint": _endpoint, "aws_vpc_endpoint_policy": _endpoint_policy,
    "aws_vpc_endpoint_subnet_association": _endpoint_subnet,
    "aws_vpc_endpoint_security_group_association": _endpoint_group,
    "aws_ec2_transit_gateway_vpc_attachment": _transit_attachment,
    "aws_ec2_transit_gateway_peering_attachment": _transit_attachment,
    "aws_ec2_transit_gateway_route_table": _transit_table,
    "aws_ec2_transit_gateway_route_table_association": _transit_link,
    "aws_ec2_transit_gateway_route_table_propagation": _transit_link, "aws_ec2_transit_gateway_route": _transit_route,
    "aws_ec2_transit_gateway_prefix_list_reference": _transit_route,
    **removing_services.UNDO,
}  # fmt: skip
"""Kind -> what else goes, or comes back, with a deleted one."""

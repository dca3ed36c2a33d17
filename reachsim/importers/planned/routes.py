"""Route tables, routes, gateways, public addresses, peering and transit gateways.

**Source:** Amazon VPC User Guide, "Route tables"; Amazon VPC Transit Gateways guide (default route table).
"""

from __future__ import annotations

from typing import Final

from reachsim.importers import transit
from reachsim.importers.planned.network import local_routes, new_table
from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, text_of
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

TARGETS = {
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId", "nat_gateway_id": "NatGatewayId",
    "transit_gateway_id": "TransitGatewayId", "vpc_peering_connection_id": "VpcPeeringConnectionId",
    "network_interface_id": "NetworkInterfaceId", "instance_id": "InstanceId", "local_gateway_id": "LocalGatewayId",
    "carrier_gateway_id": "CarrierGatewayId", "core_network_arn": "CoreNetworkArn", "vpc_endpoint_id": "GatewayId",
    "gateway_id": "GatewayId",
}  # fmt: skip
UNKNOWN_TARGET = "unknown-target"
"""Stands in a route whose target nothing tells: no component of AWS is called so, and what goes there is unknown."""


def table(world: World, one: Resource) -> None:
    record = world.get(one.id) if one.kind == "aws_route_table" else world.get(one.text("default_route_table_id"))
    if record is None and one.kind == "aws_default_route_table":
        world.undecided(one, "the main route table that it adopts")
        return
    if record is None:
        record = new_table(world, one.id, one.text("vpc_id"), one.home)
    record["Tags"] = one.tags()
    if one.kind == "aws_default_route_table" and one.new:  # Terraform takes out every route before it adds its own
        record["Routes"] = [
            held
            for held in record["Routes"]
            if held.get("GatewayId") == "local" or str(held.get("GatewayId")).startswith("vpce-")
        ]
    if one.action == "update" and "route" in one.before:
        old = [made for block in blocks_of(one.before, "route") if (made := _route(world, one, block)) is not None]
        record["Routes"] = [held for held in record["Routes"] if all(_to(held) != _to(made) for made in old)]
    for block in one.blocks("route"):
        _add(record, _route(world, one, block))
    if one.open("route") and not one.blocks("route"):
        world.undecided(one, "route", str(record["RouteTableId"]), ways=("leak", "block"))
    for gateway in one.texts("propagating_vgws"):
        _propagate(world, record, gateway)


def route(world: World, one: Resource) -> None:
    record = world.get(one.text("route_table_id") or text_of(one.before, "route_table_id"))
    if record is None:
        if one.action == "delete":
            return
        if one.text("route_table_id"):
            world.undecided(one, "what else is in the route table", one.text("route_table_id"))
        else:
            world.undecided_any(one, "the route table", "ec2/describe-route-tables", "")
        return
    if one.action in ("update", "delete"):
        old = _route(world, one, one.before)
        record["Routes"] = [held for held in record["Routes"] if old is None or _to(held) != _to(old)]
    if one.action != "delete":
        _add(record, _route(world, one, one.values))


def _to(held: Document) -> str:
    keys = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return next((str(held[key]) for key in keys if held.get(key)), "")


def _add(record: Document, made: Document | None) -> None:
    """A route; it takes the place of one to the same destination, the VPC's local one included."""
    if made is not None:
        record["Routes"] = [held for held in record["Routes"] if _to(held) != _to(made)]
        record["Routes"].append(made)


def _route(world: World, one: Resource, values: Values) -> Document | None:
    made: Document = {}
    destination = text_of(values, "destination_cidr_block", "cidr_block")
    ipv6 = text_of(values, "destination_ipv6_cidr_block", "ipv6_cidr_block")
    prefixes = text_of(values, "destination_prefix_list_id")
    if destination:
        made["DestinationCidrBlock"] = destination
    elif ipv6:
        made["DestinationIpv6CidrBlock"] = ipv6
    elif prefixes:
        made["DestinationPrefixListId"] = world.service_lists.get((one.home[1], prefixes), prefixes)
    else:
        table_id = text_of(values, "route_table_id") or one.id
        world.undecided(one, "the destination of a route", table_id, ways=("leak", "block"))
        return None
    for name, key in sorted(TARGETS.items(), key=lambda item: values.get(item[0]) == one.before.get(item[0])):
        target = text_of(values, name)  # what changes goes before computed ones, which keep their old values
        if target:
            kind = "EgressOnlyInternetGatewayId" if target.startswith("eigw-") else key
            made[kind] = target
            break
    else:
        made["GatewayId"] = UNKNOWN_TARGET
        world.undecided(one, f"the target of the route to {_to(made)}", UNKNOWN_TARGET)
    return made | {"Origin": "CreateRoute", "State": "active"}


def association(world: World, one: Resource) -> None:
    table_id = one.text("route_table_id")
    subnet, gateway = one.text("subnet_id"), one.text("gateway_id")
    if not subnet and not gateway:
        vpc_id = str((world.get(table_id) or {}).get("VpcId", ""))
        world.undecided_any(one, "the subnet", "ec2/describe-route-tables", vpc_id)
        return
    key, value = ("SubnetId", subnet) if subnet else ("GatewayId", gateway)
    held = _tables_of(world)
    other = held.pop((key, value), None)
    if other is not None:
        other["Associations"] = [row for row in other["Associations"] if row.get(key) != value]
    record = world.get(table_id)
    if one.action == "delete":
        return
    if record is None:
        vpc_id = str((world.get(value) or {}).get("VpcId", ""))
        if not subnet or not vpc_id:
            world.undecided_any(one, f"the route table {table_id}".strip(), "ec2/describe-route-tables", vpc_id)
            return
        table_id = table_id or f"rtb-unknown-of-{subnet}"
        record = new_table(world, table_id, vpc_id, one.home)
        world.undecided(one, "the route table", table_id, ways=("leak", "block"))
    if not record.get("VpcId") and world.get(value) is not None:  # a table is of the VPC of its subnets
        record["VpcId"] = str((world.get(value) or {}).get("VpcId", ""))
        local_routes(record, world.get(record["VpcId"]) or {})
    held[key, value] = record
    record["Associations"].append({
        "Main": False, "RouteTableAssociationId": f"rtbassoc-{value}", "RouteTableId": table_id, key: value,
        "AssociationState": {"State": "associated"},
    })  # fmt: skip


def _tables_of(world: World) -> dict[tuple[str, str], Document]:
    """The route table of each subnet and gateway that has its own; kept as associations move."""
    if world.tables is None:
        world.tables = {
            (key, str(row[key])): record for _, record in world.each("ec2/describe-route-tables")
            for row in record.setdefault("Associations", []) for key in ("SubnetId", "GatewayId") if row.get(key)
        }  # fmt: skip
    return world.tables


def main_association(world: World, one: Resource) -> None:
    """Another table becomes the main one."""
    vpc_id, table_id = one.text("vpc_id"), one.text("route_table_id")
    if one.action == "delete":
        table_id = text_of(one.before, "original_route_table_id")
    vpc_id = vpc_id or str((world.get(table_id) or {}).get("VpcId", ""))
    if world.get(table_id) is None:
        world.undecided_any(one, "the main route table", "ec2/describe-route-tables", vpc_id)
        return
    for _, other in world.each("ec2/describe-route-tables"):
        if other.get("VpcId") == vpc_id:
            other["Associations"] = [held for held in other.get("Associations", []) if not held.get("Main")]
    record = world.get(table_id)
    if record is not None:
        record["Associations"].append({
            "Main": True, "RouteTableId": table_id, "RouteTableAssociationId": f"rtbassoc-{table_id}",
            "AssociationState": {"State": "associated"},
        })  # fmt: skip


def _propagate(world: World, record: Document, gateway: str) -> None:
    """Routes that a gateway learns come into a table once its connections are up: no plan and no template has them."""
    if all(held.get("GatewayId") != gateway for held in record.setdefault("PropagatingVgws", [])):
        record["PropagatingVgws"].append({"GatewayId": gateway})
        table_id = str(record["RouteTableId"])
        detail = f"the routes that {gateway} propagates to {table_id} are known only once its connections are up"
        world.note(table_id, "PLANNED_VALUE_UNKNOWN", detail, "leak")


def propagation(world: World, one: Resource) -> None:
    record, gateway = world.get(one.text("route_table_id")), one.text("vpn_gateway_id")
    if record is None or not gateway:
        world.undecided_any(one, "the route table or gateway", "ec2/describe-route-tables", "", "leak")
    elif one.action == "delete":
        record["PropagatingVgws"] = [held for held in record["PropagatingVgws"] if held.get("GatewayId") != gateway]
    else:
        _propagate(world, record, gateway)


# --- gateways ---------------------------------------------------------------------------------------------------------


def internet_gateway(world: World, one: Resource) -> None:
    vpc_id = one.text("vpc_id")
    attachments = [{"VpcId": vpc_id, "State": "available"}] if vpc_id else []
    record = world.add(one.home, "ec2/describe-internet-gateways", {
        "InternetGatewayId": one.id, "OwnerId": one.home[0], "Tags": one.tags(),
    })  # fmt: skip
    record["Attachments"] = attachments or record.get("Attachments", [])
    _attached_somewhere(world, one)


def _attached_somewhere(world: World, one: Resource) -> None:
    """A gateway attached to a VPC that nothing tells: which VPC gets a way out by it is open."""
    if "vpc_id" in one.unknown:
        world.undecided(one, "the VPC that it is attached to")
        world.undecided_any(one, "the VPC that it is attached to", "ec2/describe-vpcs", "", "leak")


def gateway_attachment(world: World, one: Resource) -> None:
    """An internet gateway's or a virtual private gateway's attachment as a resource of its own."""
    vpc_id = one.text("vpc_id")
    for name, key, state in (
        ("internet_gateway_id", "Attachments", "available"), ("vpn_gateway_id", "VpcAttachments", "attached"),
    ):  # fmt: skip
        record = world.get(one.text(name))
        if record is not None:
            held = [] if one.action == "delete" else [{"VpcId": vpc_id, "State": state}]
            record[key] = held
            if "vpc_id" in one.unknown:
                world.undecided(one, "the VPC", one.text(name))
        elif name in one.unknown or (one.text(name) and world.alone):
            world.undecided_any(one, "the gateway", f"ec2/describe-{GATEWAYS[name]}s", "", "leak")


GATEWAYS = {"internet_gateway_id": "internet-gateway", "vpn_gateway_id": "vpn-gateway"}


def egress_only_gateway(world: World, one: Resource) -> None:
    world.add(one.home, "ec2/describe-egress-only-internet-gateways", {
        "EgressOnlyInternetGatewayId": one.id, "Tags": one.tags(),
        "Attachments": [{"VpcId": one.text("vpc_id"), "State": "attached"}],
    })  # fmt: skip
    _attached_somewhere(world, one)


def elastic_ip(world: World, one: Resource) -> None:
    address = one.text("public_ip") or one.text("address")
    if not address:
        address = world.draw_public()
        world.note(
            one.id, "PLANNED_ADDRESS", f"AWS has yet to pick the address of {one.address}: {address} stands for it"
        )
    world.add(one.home, "ec2/describe-addresses", {
        "AllocationId": one.id, "PublicIp": address, "Domain": "vpc", "Tags": one.tags(),
    })  # fmt: skip


def nat_gateway(world: World, one: Resource) -> None:
    subnet = one.text("subnet_id")
    kind = one.text("connectivity_type") or "public"
    mode = one.text("availability_mode") or "zonal"
    record = world.add(one.home, "ec2/describe-nat-gateways", {
        "NatGatewayId": one.id, "State": "available", "ConnectivityType": kind, "AvailabilityMode": mode,
        "VpcId": one.text("vpc_id") or str((world.get(subnet) or {}).get("VpcId", "")), "Tags": one.tags(),
    })  # fmt: skip
    if mode == "regional":
        public = world.draw_public()
        record.setdefault("NatGatewayAddresses", [{"PublicIp": public, "Status": "succeeded"}])
        return
    opened = one.open("connectivity_type", "availability_mode")
    if opened:
        world.undecided(one, " and ".join(opened), ways=("leak", "block"))
    record["SubnetId"] = subnet
    if record.get("NatGatewayAddresses"):
        return
    if world.get(subnet) is None:
        record["SubnetId"] = subnet or "subnet-unknown"
        record["NatGatewayAddresses"] = []
        world.undecided(one, f"its subnet {subnet}".strip())
        return
    private = one.text("private_ip")
    if not private:
        private = world.draw(subnet) or ""
        world.note(one.id, "PLANNED_ADDRESS", f"AWS has yet to pick the address of {one.address}: {private} of "
                   f"{subnet} stands for it")  # fmt: skip
    public = ""
    if kind == "public":
        eip = world.get(one.text("allocation_id")) or {}
        public = str(eip.get("PublicIp") or one.text("public_ip") or world.draw_public())
    eni = one.text("network_interface_id") or str(attribute(one, "network_interface_id"))
    own: Document = {"PrivateIp": private, "NetworkInterfaceId": eni, "IsPrimary": True, "Status": "succeeded"}
    if public:
        own |= {"PublicIp": public, "AllocationId": one.text("allocation_id")}
    record["NatGatewayAddresses"] = [own]
    if private:
        interface_record(world, one.home, eni, subnet, [(private, public or None)], [], {
            "InterfaceType": "nat_gateway", "Description": f"Interface for NAT Gateway {one.id}",
            "RequesterManaged": True, "SourceDestCheck": False,
        })  # fmt: skip


def interface_record(
    world: World, home: Home, eni: str, subnet: str, addresses: list[tuple[str, str | None]], groups: list[str],
    more: Document,
) -> Document:  # fmt: skip
    """A network interface as AWS prints it; ``addresses``: (private, public or None), the primary one first."""
    held = world.get(subnet) or {}
    listed = []
    for number, (address, public) in enumerate(addresses):
        entry: Document = {"Primary": number == 0, "PrivateIpAddress": world.take(subnet, address)}
        if public:
            entry["Association"] = {"PublicIp": public, "IpOwnerId": home[0]}
        listed.append(entry)
    return world.add(home, "ec2/describe-network-interfaces", {
        "NetworkInterfaceId": eni, "SubnetId": subnet, "VpcId": held.get("VpcId", ""),
        "AvailabilityZone": held.get("AvailabilityZone", ""), "OwnerId": home[0], "Status": "in-use",
        "Groups": [{"GroupId": group, "GroupName": group} for group in groups], "Ipv6Addresses": [],
        **({"PrivateIpAddress": addresses[0][0]} if addresses else {}), "PrivateIpAddresses": listed,
        **({"Association": listed[0]["Association"]} if listed and "Association" in listed[0] else {}),
        "SourceDestCheck": True, **more,
    })  # fmt: skip


def vpn_gateway(world: World, one: Resource) -> None:
    vpc_id = one.text("vpc_id")
    record = world.add(one.home, "ec2/describe-vpn-gateways", {
        "VpnGatewayId": one.id, "State": "available", "Type": "ipsec.1", "Tags": one.tags(),
    })  # fmt: skip
    attachments = [{"VpcId": vpc_id, "State": "attached"}] if vpc_id else []
    record["VpcAttachments"] = attachments or record.get("VpcAttachments", [])
    _attached_somewhere(world, one)


def vpn_connection(world: World, one: Resource) -> None:
    record = {"VpnConnectionId": one.id, "State": "available", "Type": "ipsec.1", "Tags": one.tags(),
              "CustomerGatewayId": one.text("customer_gateway_id"), "Routes": []}  # fmt: skip
    gateway, transit = one.text("vpn_gateway_id"), one.text("transit_gateway_id")
    if transit:
        world.add(one.home, "ec2/describe-vpn-connections", record | {"TransitGatewayId": transit})
        attachment = one.text("transit_gateway_attachment_id") or f"tgw-attach-{one.id}"
        attach(world, one.home, attachment, transit, "vpn", one.id)
        _by_default(world, one, transit, attachment)
    elif not gateway and one.open("vpn_gateway_id", "transit_gateway_id"):
        for call in ("ec2/describe-transit-gateway-route-tables", "ec2/describe-vpn-gateways"):
            world.undecided_any(one, "the gateway", call, "", "leak")
    else:
        world.add(one.home, "ec2/describe-vpn-connections", record | {"VpnGatewayId": gateway})


def vpn_route(world: World, one: Resource) -> None:
    record = world.get(one.text("vpn_connection_id"))
    if record is not None:
        record.setdefault("Routes", []).append(
            {"DestinationCidrBlock": one.text("destination_cidr_block"), "Source": "Static", "State": "available"}
        )


def carrier_gateway(world: World, one: Resource) -> None:
    _attached_somewhere(world, one)
    record = {"CarrierGatewayId": one.id, "VpcId": one.text("vpc_id"), "State": "available", "Tags": one.tags()}
    world.add(one.home, "ec2/describe-carrier-gateways", record)


# --- peering ----------------------------------------------------------------------------------------------------------


def peering(world: World, one: Resource) -> None:
    owner, region = one.text("peer_owner_id") or one.home[0], one.text("peer_region") or one.home[1]
    own = _side(world, one.text("vpc_id"), one.home)
    other = _side(world, one.text("peer_vpc_id"), (owner, region))
    active = one.flag("auto_accept") or one.text("accept_status") == "active"
    code = "active" if active else "pending-acceptance"
    for side, name in ((own, "requester"), (other, "accepter")):
        for block in one.blocks(name):
            side["PeeringOptions"] = {
                "AllowDnsResolutionFromRemoteVpc": bool(block.get("allow_remote_vpc_dns_resolution"))
            }
    record: Document = {
        "VpcPeeringConnectionId": one.id, "RequesterVpcInfo": own, "AccepterVpcInfo": other,
        "Status": {"Code": code, "Message": code}, "Tags": one.tags(),
    }  # fmt: skip
    world.add(one.home, "ec2/describe-vpc-peering-connections", record)
    opened = one.open("vpc_id", "peer_vpc_id", "auto_accept")
    if opened:
        world.undecided(one, " and ".join(opened), ways=("leak", "block"))


def _side(world: World, vpc_id: str, home: Home) -> Document:
    held = world.get(vpc_id) or {}
    side: Document = {
        "VpcId": vpc_id,
        "OwnerId": held.get("OwnerId", home[0]),
        "Region": world.home_of(vpc_id, home)[1],
    }
    if held.get("CidrBlock"):
        side["CidrBlock"] = held["CidrBlock"]
        side["CidrBlockSet"] = [{"CidrBlock": state["CidrBlock"]} for state in held.get("CidrBlockAssociationSet", [])]
        ipv6 = held.get("Ipv6CidrBlockAssociationSet", [])
        side["Ipv6CidrBlockSet"] = [{"Ipv6CidrBlock": state["Ipv6CidrBlock"]} for state in ipv6]
    return side


def peering_accepter(world: World, one: Resource) -> None:
    """Accepts, or sets options of, a connection that another resource makes."""
    record = world.get(one.text("vpc_peering_connection_id"))
    if record is None:
        world.undecided_any(one, "the peering connection", "ec2/describe-vpc-peering-connections", "")
        return
    if one.open("auto_accept"):
        world.undecided(one, "auto_accept", str(record["VpcPeeringConnectionId"]), ways=("leak", "block"))
    if one.kind == "aws_vpc_peering_connection_accepter" and one.flag("auto_accept"):
        record["Status"] = {"Code": "active", "Message": "Active"}
    for name, key in (("requester", "RequesterVpcInfo"), ("accepter", "AccepterVpcInfo")):
        for block in one.blocks(name):
            allowed = bool(block.get("allow_remote_vpc_dns_resolution"))
            record[key]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": allowed}


def peered_blocks(world: World) -> None:
    """The blocks of VPCs that the source holds, in both sides of their peering connections."""
    for _, record in world.each("ec2/describe-vpc-peering-connections"):
        for side in (record.get("RequesterVpcInfo", {}), record.get("AccepterVpcInfo", {})):
            held = world.get(str(side.get("VpcId", ""))) or {}
            for state in held.get("CidrBlockAssociationSet", []):
                listed = side.setdefault("CidrBlockSet", [])
                if all(other.get("CidrBlock") != state.get("CidrBlock") for other in listed):
                    listed.append({"CidrBlock": state["CidrBlock"]})


# --- transit gateways -------------------------------------------------------------------------------------------------


def transit_gateway(world: World, one: Resource) -> None:
    opened = one.open("default_route_table_association", "default_route_table_propagation")
    if opened:
        _open_transit(world, one, " and ".join(opened), one.id)
    options = {
        "DefaultRouteTableAssociation": one.text("default_route_table_association") or "enable",
        "DefaultRouteTablePropagation": one.text("default_route_table_propagation") or "enable",
        "SecurityGroupReferencingSupport": one.text("security_group_referencing_support") or "disable",
        "DnsSupport": one.text("dns_support") or "enable",
    }
    default = str(attribute(one, "association_default_route_table_id"))
    if "enable" in (options["DefaultRouteTableAssociation"], options["DefaultRouteTablePropagation"]):
        options["AssociationDefaultRouteTableId"] = options["PropagationDefaultRouteTableId"] = default
        if world.get(default) is None:
            transit_table_record(world, one.home, default, one.id, [])
    world.add(one.home, "ec2/describe-transit-gateways", {
        "TransitGatewayId": one.id, "State": "available", "OwnerId": one.home[0], "Options": options,
        "Tags": one.tags(),
    })  # fmt: skip


def transit_table(world: World, one: Resource) -> None:
    transit_table_record(world, one.home, one.id, one.text("transit_gateway_id"), one.tags())


def transit_table_record(world: World, home: Home, table_id: str, gateway: str, tags: list[dict[str, str]]) -> None:
    if world.get(table_id) is not None:
        return
    world.add(home, "ec2/describe-transit-gateway-route-tables", {
        "TransitGatewayRouteTableId": table_id, "TransitGatewayId": gateway, "State": "available", "Tags": tags,
    })  # fmt: skip
    empty: Document = {"Routes": [], "AdditionalRoutesAvailable": False}
    world.put(home, f"ec2/search-transit-gateway-routes/{table_id}", empty)
    world.put(home, f"ec2/get-transit-gateway-route-table-associations/{table_id}", {"Associations": []})
    world.put(
        home, f"ec2/get-transit-gateway-route-table-propagations/{table_id}",
        {"TransitGatewayRouteTablePropagations": []},
    )  # fmt: skip


def attach(world: World, home: Home, attachment: str, gateway: str, kind: str, resource: str) -> Document:
    return world.add(home, "ec2/describe-transit-gateway-attachments", {
        "TransitGatewayAttachmentId": attachment, "TransitGatewayId": gateway, "ResourceType": kind,
        "ResourceId": resource, "ResourceOwnerId": home[0], "State": "available",
    })  # fmt: skip


def transit_attachment(world: World, one: Resource) -> None:
    gateway, vpc_id = one.text("transit_gateway_id"), one.text("vpc_id")
    options = {
        "ApplianceModeSupport": one.text("appliance_mode_support") or "disable",
        "SecurityGroupReferencingSupport": one.text("security_group_referencing_support") or "enable",
        "DnsSupport": one.text("dns_support") or "enable", "Ipv6Support": one.text("ipv6_support") or "disable",
    }  # fmt: skip
    if not vpc_id:
        vpc_id = str((world.get(next(iter(one.texts("subnet_ids")), "")) or {}).get("VpcId", ""))
    if not gateway or not vpc_id:
        _open_transit(world, one, "the transit gateway or the VPC", *filter(None, (gateway,)))
    if one.open("subnet_ids"):
        world.undecided(one, "subnet_ids", ways=("leak", "block"))
    flags = one.open(*(f"transit_gateway_default_route_table_{kind}" for kind in ("association", "propagation")))
    if flags:
        _open_transit(world, one, " and ".join(flags), *filter(None, (gateway,)))
    attach(world, one.home, one.id, gateway, "vpc", vpc_id)
    world.add(one.home, "ec2/describe-transit-gateway-vpc-attachments", {
        "TransitGatewayAttachmentId": one.id, "TransitGatewayId": gateway, "VpcId": vpc_id, "State": "available",
        "SubnetIds": one.texts("subnet_ids"), "Options": options, "Tags": one.tags(),
    })  # fmt: skip
    _by_default(world, one, gateway, one.id)


def _by_default(world: World, one: Resource, gateway: str, attachment: str) -> None:
    """A new attachment joins the default route tables, unless the gateway or the attachment says otherwise."""
    defaults = (world.get(gateway) or {}).get("Options", {})
    for kind, call in (("Association", transit_associate), ("Propagation", transit_propagate)):
        wanted = one.flag(f"transit_gateway_default_route_table_{kind.lower()}", True)
        if wanted and defaults.get(f"DefaultRouteTable{kind}") == "enable":
            call(world, one.home, str(defaults.get(f"{kind}DefaultRouteTableId", "")), attachment)


def transit_peering(world: World, one: Resource) -> None:
    gateway, peer = one.text("transit_gateway_id"), one.text("peer_transit_gateway_id")
    if not gateway or not peer:
        _open_transit(world, one, "the transit gateway or its peer", *filter(None, (gateway,)))
    owner, region = one.text("peer_account_id") or one.home[0], one.text("peer_region") or one.home[1]
    attach(world, one.home, one.id, gateway, "peering", peer)
    sides = [{"TransitGatewayId": gateway, "OwnerId": one.home[0], "Region": one.home[1]},
             {"TransitGatewayId": peer, "OwnerId": owner, "Region": region}]  # fmt: skip
    world.add(one.home, "ec2/describe-transit-gateway-peering-attachments", {
        "TransitGatewayAttachmentId": one.id, "RequesterTgwInfo": sides[0], "AccepterTgwInfo": sides[1],
        "State": "available",
    })  # fmt: skip


def transit_associate(world: World, home: Home, table_id: str, attachment: str) -> None:
    record = world.get_in("ec2/describe-transit-gateway-attachments", attachment)
    document = world.document(
        world.home_of(table_id, home), f"ec2/get-transit-gateway-route-table-associations/{table_id}"
    )
    if record is None or document is None:
        return
    record["Association"] = {"TransitGatewayRouteTableId": table_id, "State": "associated"}
    _target(document["Associations"], record, "associated")


def transit_propagate(world: World, home: Home, table_id: str, attachment: str) -> None:
    record = world.get_in("ec2/describe-transit-gateway-attachments", attachment)
    call = f"ec2/get-transit-gateway-route-table-propagations/{table_id}"
    document = world.document(world.home_of(table_id, home), call)
    if record is None or document is None:
        return
    _target(document["TransitGatewayRouteTablePropagations"], record, "enabled")
    if record["ResourceType"] != "vpc":
        routes = world.document(world.home_of(table_id, home), f"ec2/search-transit-gateway-routes/{table_id}")
        if routes is not None:
            routes["AdditionalRoutesAvailable"] = True
        detail = f"the routes that {attachment} propagates to {table_id} are known only once its connections are up"
        world.note(table_id, "PLANNED_VALUE_UNKNOWN", detail, "leak")


def _target(rows: list[Document], record: Document, state: str) -> None:
    attachment = record["TransitGatewayAttachmentId"]
    rows[:] = [held for held in rows if held.get("TransitGatewayAttachmentId") != attachment]
    keys = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
    rows.append({key: record[key] for key in keys} | {"State": state})


def transit_table_link(world: World, one: Resource) -> None:
    table_id, attachment = one.text("transit_gateway_route_table_id"), one.text("transit_gateway_attachment_id")
    gateways = {
        str((world.get_in(call, id_) or {}).get("TransitGatewayId", ""))
        for call, id_ in ((TRANSIT_TABLES, table_id), (TRANSIT_ATTACHMENTS, attachment))
    } - {""}  # fmt: skip
    if not gateways or not world.get_in(TRANSIT_TABLES, table_id) or not world.get_in(TRANSIT_ATTACHMENTS, attachment):
        _open_transit(world, one, "the route table or attachment", *gateways)
    if "association" in one.kind:
        transit_associate(world, one.home, table_id, attachment)
    else:
        transit_propagate(world, one.home, table_id, attachment)


TRANSIT_TABLES: Final = "ec2/describe-transit-gateway-route-tables"
TRANSIT_ATTACHMENTS: Final = "ec2/describe-transit-gateway-attachments"


def _open_transit(world: World, one: Resource, what: str, *gateways: str) -> None:
    """Something of a transit gateway that nothing tells: where its attachments' traffic goes is open, and where that of
    every one's if it is not told which gateway it is.
    """
    world.undecided_if(one, what, "ec2/describe-transit-gateways", "TransitGatewayId", *gateways)
    for call in (TRANSIT_TABLES, TRANSIT_ATTACHMENTS):
        world.undecided_if(one, what, call, "TransitGatewayId", *gateways)


def transit_route(world: World, one: Resource) -> None:
    table_id = one.text("transit_gateway_route_table_id")
    document = world.document(world.home_of(table_id, one.home), f"ec2/search-transit-gateway-routes/{table_id}")
    if document is None:
        _open_transit(world, one, "the transit gateway's route table")
        return
    opened = one.open("destination_cidr_block", "prefix_list_id", "blackhole")
    if opened or not one.text("destination_cidr_block", "prefix_list_id"):
        document["AdditionalRoutesAvailable"] = True
        world.undecided(one, " and ".join(opened) or "the destination", table_id, ways=("leak", "block"))
        return
    made: Document = {"Type": "static", "State": "active"}
    if one.text("prefix_list_id"):
        made["PrefixListId"] = one.text("prefix_list_id")
    else:
        made["DestinationCidrBlock"] = one.text("destination_cidr_block")
    attachment = world.get_in("ec2/describe-transit-gateway-attachments", one.text("transit_gateway_attachment_id"))
    if one.flag("blackhole"):
        made["State"] = "blackhole"
    elif attachment is not None:
        keys = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
        made["TransitGatewayAttachments"] = [{key: attachment[key] for key in keys}]
    else:
        document["AdditionalRoutesAvailable"] = True
        world.undecided(one, "the attachment", table_id, ways=("leak", "block"))
        return
    same = ("DestinationCidrBlock", "PrefixListId")
    document["Routes"] = [held for held in document["Routes"] if any(held.get(k) != made.get(k) for k in same)]
    document["Routes"].append(made)


def propagated(world: World) -> None:
    """Routes of a live transit gateway's tables to the blocks of VPCs that propagate to them, where they lack.

    A table without any propagated route is left to `reachsim.importers.transit.complete`.
    """
    for home, table in world.each("ec2/describe-transit-gateway-route-tables"):
        table_id = str(table["TransitGatewayRouteTableId"])
        found, rows = (
            world.document(home, f"{call}/{table_id}") for call in (transit.ROUTES, transit.PROPAGATIONS)
        )  # fmt: skip
        world.document(home, f"{transit.ASSOCIATIONS}/{table_id}")
        if found is None or all(route.get("Type") != "propagated" for route in found["Routes"]):
            continue
        for row in (rows or {}).get(transit.PROPAGATED, []):
            blocks = (world.get(str(row.get("ResourceId"))) or {}).get("CidrBlockAssociationSet", [])
            if row.get("ResourceType") == "vpc" and row.get("State") == "enabled":
                _propagated_to(found["Routes"], row, [str(state["CidrBlock"]) for state in blocks])


def _propagated_to(held: list[Document], row: Document, blocks: list[str]) -> None:
    keys = ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")
    for block in blocks:
        if all(route.get("DestinationCidrBlock") != block for route in held):
            held.append({
                "DestinationCidrBlock": block, "Type": "propagated", "State": "active",
                "TransitGatewayAttachments": [{key: row[key] for key in keys if key in row}],
            })  # fmt: skip


def prefix_list(world: World, one: Resource) -> None:
    if one.kind == "aws_ec2_managed_prefix_list_entry":
        list_id, entries = one.text("prefix_list_id"), [one.text("cidr")]
    else:
        list_id, entries = one.id, [text_of(block, "cidr") for block in one.blocks("entry")]
        world.add(one.home, "ec2/describe-managed-prefix-lists", {
            "PrefixListId": one.id, "PrefixListName": one.text("name") or one.id, "State": "create-complete",
            "AddressFamily": one.text("address_family") or "IPv4", "OwnerId": one.home[0], "Tags": one.tags(),
        })  # fmt: skip
    call = f"ec2/get-managed-prefix-list-entries/{list_id}"
    held = world.document(one.home, call)
    kept = held["Entries"] if held is not None and one.action != "update" else []
    if "entry" in one.unknown or any(not block for block in entries):
        world.undecided(one, "entry")
        return
    seen = {entry["Cidr"] for entry in kept}
    world.put(one.home, call, {"Entries": [*kept, *({"Cidr": block} for block in entries if block not in seen)]})

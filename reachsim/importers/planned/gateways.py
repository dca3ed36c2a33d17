"""Internet, egress-only, carrier, NAT and virtual private gateways, VPN connections and Elastic IP addresses.

**Source:** Amazon VPC User Guide, "Internet gateways", "NAT gateways", "Regional NAT gateways for automatic multi-AZ
expansion"; AWS Site-to-Site VPN User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

from reachsim.importers.planned.interfaces import interface_record
from reachsim.importers.planned.resource import Resource
from reachsim.importers.planned.routes import new_table
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.transit_gateways import attach, join_by_default
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document


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
        elif name in one.unknown or (one.text(name) and world.alone and one.action != "delete"):
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


def regional_tables(world: World, resources: Iterable[Resource]) -> None:
    """The route table that AWS makes for a regional NAT gateway: it leads to the VPC's internet gateway.

    Without one in the source, a VPC that exists already may have one: its table stays unknown then.
    """
    made = {one.id for one in resources if one.kind == "aws_vpc" and one.new}
    leaving = {
        str(held.get("VpcId")): str(record["InternetGatewayId"])
        for _, record in world.each("ec2/describe-internet-gateways") for held in record.get("Attachments", [])
    }  # fmt: skip
    for home, record in world.each("ec2/describe-nat-gateways"):
        vpc_id = str(record.get("VpcId"))
        if (
            record.get("AvailabilityMode") != "regional"
            or record.get("RouteTableId")
            or vpc_id not in made | {*leaving}
        ):
            continue
        record["RouteTableId"] = f"rtb-{record['NatGatewayId']}"
        table = new_table(world, record["RouteTableId"], vpc_id, home)
        if vpc_id in leaving:
            table["Routes"].append({
                "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": leaving[vpc_id], "Origin": "CreateRoute",
                "State": "active",
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
    options = {"StaticRoutesOnly": one.flag("static_routes_only"),
               "TunnelInsideIpVersion": one.text("tunnel_inside_ip_version") or "ipv4"}  # fmt: skip
    record = {"VpnConnectionId": one.id, "State": "available", "Type": "ipsec.1", "Tags": one.tags(),
              "CustomerGatewayId": one.text("customer_gateway_id"), "Options": options, "Routes": []}  # fmt: skip
    gateway, transit = one.text("vpn_gateway_id"), one.text("transit_gateway_id")
    if transit:
        world.add(one.home, "ec2/describe-vpn-connections", record | {"TransitGatewayId": transit})
        attachment = one.text("transit_gateway_attachment_id") or f"tgw-attach-{one.id}"
        attach(world, one.home, attachment, transit, "vpn", one.id)
        join_by_default(world, one, transit, attachment)
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

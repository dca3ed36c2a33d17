"""Route tables, their routes and associations, what virtual private gateways propagate, and prefix lists.

**Source:** Amazon VPC User Guide, "Route tables", "Managed prefix lists".
"""

from __future__ import annotations

from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, text_of
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

TARGETS = {
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId", "nat_gateway_id": "NatGatewayId",
    "transit_gateway_id": "TransitGatewayId", "vpc_peering_connection_id": "VpcPeeringConnectionId",
    "network_interface_id": "NetworkInterfaceId", "instance_id": "InstanceId", "local_gateway_id": "LocalGatewayId",
    "carrier_gateway_id": "CarrierGatewayId", "core_network_arn": "CoreNetworkArn", "vpc_endpoint_id": "GatewayId",
    "gateway_id": "GatewayId",
}  # fmt: skip
_BY_ID = {
    "nat": "NatGatewayId", "tgw": "TransitGatewayId", "pcx": "VpcPeeringConnectionId",
    "eigw": "EgressOnlyInternetGatewayId", "cagw": "CarrierGatewayId",
}  # fmt: skip
"""What AWS shows a target as that was given as a gateway of another kind: ``gateway_id = aws_nat_gateway.a.id``."""
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
        if one.action == "delete" and not one.unknown:
            return
        if one.text("route_table_id"):
            world.undecided(one, "what else is in the route table", one.text("route_table_id"))
        else:
            world.undecided_any(one, "the route table", "ec2/describe-route-tables", "")
        return
    if one.action in ("update", "delete"):
        names = ("destination_cidr_block", "cidr_block", "destination_ipv6_cidr_block", "ipv6_cidr_block")
        listed = text_of(one.before, "destination_prefix_list_id")
        gone = text_of(one.before, *names) or world.service_lists.get((one.home[1], listed), listed)
        record["Routes"] = [held for held in record["Routes"] if _to(held) != gone]
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
            made[_BY_ID.get(target.partition("-")[0], key)] = target
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
    if one.action == "delete" and record is None:
        return
    if record is None or not gateway:
        world.undecided_any(one, "the route table or gateway", "ec2/describe-route-tables", "", "leak")
    elif one.action == "delete":
        record["PropagatingVgws"] = [held for held in record["PropagatingVgws"] if held.get("GatewayId") != gateway]
    else:
        _propagate(world, record, gateway)


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


def new_table(world: World, table: str, vpc_id: str, home: Home) -> Document:
    record: Document = {
        "RouteTableId": table, "VpcId": vpc_id, "Associations": [], "PropagatingVgws": [], "Routes": [],
        "OwnerId": home[0], "Tags": [],
    }  # fmt: skip
    local_routes(record, world.get(vpc_id) or {})
    return world.add(home, "ec2/describe-route-tables", record)


def local_routes(table: Document, vpc_record: Document) -> None:
    for key, destination in (("CidrBlock", "DestinationCidrBlock"), ("Ipv6CidrBlock", "DestinationIpv6CidrBlock")):
        for state in vpc_record.get(f"{key}AssociationSet", []):
            block = state.get(key)
            if block and all(route.get(destination) != block for route in table["Routes"]):
                table["Routes"].append(
                    {destination: block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
                )

"""Transit gateways with their attachments, route tables and what these learn.

**Source:** Amazon VPC Transit Gateways guide (default route table, associations, propagations).
"""

from __future__ import annotations

from typing import Final

from reachsim.importers import transit
from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document


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
    join_by_default(world, one, gateway, one.id)


def join_by_default(world: World, one: Resource, gateway: str, attachment: str) -> None:
    """A new attachment joins the default route tables, unless the gateway or the attachment says otherwise."""
    defaults = (world.get(gateway) or {}).get("Options", {})
    for kind, call in (("Association", transit_associate), ("Propagation", transit_propagate)):
        wanted = one.flag(f"transit_gateway_default_route_table_{kind.lower()}", True)
        if wanted and defaults.get(f"DefaultRouteTable{kind}") == "enable":
            call(world, one.home, str(defaults.get(f"{kind}DefaultRouteTableId", "")), attachment)


def default_table(world: World, one: Resource) -> None:
    """Another route table becomes the default one for new attachments: which ones come after that is not told."""
    gateway, kind = one.text("transit_gateway_id"), one.kind.rpartition("_")[2]
    for _, held in world.each("ec2/describe-transit-gateway-vpc-attachments"):
        if gateway in ("", held["TransitGatewayId"]):
            attachment = str(held["TransitGatewayAttachmentId"])
            world.undecided(one, f"the default {kind} of {attachment}", attachment, ways=("leak", "block"))


def transit_peering(world: World, one: Resource) -> None:
    """A peering attachment, which joins the default table of either side (hashicorp/terraform-provider-aws#16452);
    it propagates nothing (N188).
    """
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
    listed = world.rows(world.home_of(peer, one.home), TRANSIT_ATTACHMENTS)
    ids = [(held["TransitGatewayAttachmentId"], held["TransitGatewayId"]) for held in listed]
    if world.get(peer) is not None and (one.id, peer) not in ids:  # the other side lists it, too, under the same id
        listed.append({
            "TransitGatewayAttachmentId": one.id, "TransitGatewayId": peer, "ResourceType": "peering",
            "ResourceId": gateway, "ResourceOwnerId": one.home[0], "State": "available",
        })  # fmt: skip
    for side in (gateway, peer) if one.new or world.alone else ():
        _join_peering(world, one, side)


def _join_peering(world: World, one: Resource, side: str) -> None:
    """The association of a peering attachment with the default table of one of its gateways."""
    held = (world.get(side) or {}).get("Options", {})
    if held.get("DefaultRouteTableAssociation") == "enable":
        table = str(held.get("AssociationDefaultRouteTableId", ""))
        transit_associate(world, world.home_of(side, one.home), table, one.id)


def _attached(world: World, table_id: str, attachment: str) -> Document | None:
    """An attachment as the table's gateway lists it: a peering attachment is one of two gateways."""
    gateway = (world.get_in(TRANSIT_TABLES, table_id) or {}).get("TransitGatewayId")
    listed = (one for home in list(world.answers) for one in world.rows(home, TRANSIT_ATTACHMENTS))
    named = (one for one in listed if one["TransitGatewayAttachmentId"] == attachment)
    held = next((one for one in named if one["TransitGatewayId"] == gateway), None)
    return held or world.get_in(TRANSIT_ATTACHMENTS, attachment)


def transit_associate(world: World, home: Home, table_id: str, attachment: str) -> None:
    record = _attached(world, table_id, attachment)
    document = world.document(
        world.home_of(table_id, home), f"ec2/get-transit-gateway-route-table-associations/{table_id}"
    )
    if record is None or document is None:
        return
    left = str((record.get("Association") or {}).get("TransitGatewayRouteTableId", table_id))
    call = f"ec2/get-transit-gateway-route-table-associations/{left}"
    held = (world.document(world.home_of(left, home), call) or {}).get("Associations", [])
    held[:] = [other for other in held if other.get("TransitGatewayAttachmentId") != attachment]
    record["Association"] = {"TransitGatewayRouteTableId": table_id, "State": "associated"}
    _target(document["Associations"], record, "associated")


def transit_propagate(world: World, home: Home, table_id: str, attachment: str) -> None:
    record = _attached(world, table_id, attachment)
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

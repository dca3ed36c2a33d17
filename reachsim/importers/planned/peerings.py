"""VPC peering connections, and whether a name of the other side resolves to its private address.

**Source:** Amazon VPC Peering Guide.
"""

from __future__ import annotations

from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document


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

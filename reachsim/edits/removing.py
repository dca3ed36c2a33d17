"""What is gone with a resource that is deleted, and what it leaves behind.

**Source:** VPC User Guide, "Configure route tables": a route whose target is gone turns into a blackhole; "Gateway
endpoints": its routes vanish with it (N15); "Subnet route tables", "Network ACLs": a subnet without a table or ACL of
its own has the main or default one (N1, N105). AWS refuses some deletions while others depend on the resource; here
the question is what would be if it were gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reachsim.edits.draft import LISTS, PEERS, Draft, Record, kind_of
from reachsim.edits.removing_named import is_named, remove_named
from reachsim.errors import QuestionError

_RULES: Final = ("sgr", "sg", "acl")


def remove(draft: Draft, component: str) -> None:
    """Delete a component: a resource by id, a route (``rtb-…/0.0.0.0/0``) or a rule (see `Draft.remove_rule`).

    Raises QuestionError if there is none, or nothing can be without it.
    """
    resource, slash, rest = component.partition("/")
    if component.startswith("codebuild:"):
        _remove_project(draft, component.removeprefix("codebuild:"))
    elif is_named(component):
        remove_named(draft, component)
        _forget_routes(draft, component)
    elif slash and kind_of(resource) == "rtb":
        draft.remove_route(resource, rest)
    elif kind_of(resource) in _RULES and (slash or kind_of(component) == "sgr"):
        draft.remove_rule(component)
    elif component.startswith("i-"):
        _remove_instance(draft, component)
    elif slash or kind_of(component) not in LISTS:
        known = "an id, a rule (acl-…/inbound/100, sg-…/ingress/tcp 443 PEER) or a route (rtb-…/0.0.0.0/0)"
        what = f"{component!r} is nothing that reachsim can delete, as {known} is; write its change as a patch file"
        raise QuestionError(what, "BAD_EDIT")
    else:
        record = draft.record(component)
        if kind_of(component) in _SPECIAL:
            _SPECIAL[kind_of(component)](draft, record)
        draft.drop(component)
        _forget_routes(draft, component)


def _forget_routes(draft: Draft, target: str) -> None:
    """Routes to what is gone: those of a prefix list to a gateway endpoint vanish, others turn into blackholes."""
    for table in draft.rows("describe-route-tables", "RouteTables"):
        routes = table.get("Routes") or []
        for route in [one for one in routes if target in one.values()]:
            by_list = route.get("DestinationPrefixListId")
            if by_list == target or (by_list and target.startswith("vpce-")):
                routes.remove(route)
            else:
                route["State"] = "blackhole"


def _remove_project(draft: Draft, name: str) -> None:
    """A project: its record, and its name in the list that says which projects there are."""
    for file in draft.files("batch-get-projects", "codebuild"):
        rows = draft.document(file).get("projects") or []
        kept = [one for one in rows if one.get("name") != name]
        if len(kept) < len(rows):
            rows[:] = kept
            names = draft.document(file.replace("/batch-get-projects.", "/list-projects."))
            _without(names, "projects", name)
            return
    raise QuestionError(f"codebuild:{name} is not in the snapshot", "NO_SUCH_COMPONENT")


def _remove_instance(draft: Draft, instance: str) -> None:
    found = False
    for file in draft.files("describe-instances"):
        for reservation in draft.document(file).get("Reservations") or ():
            rows = reservation.get("Instances") or []
            mine = [one for one in rows if one.get("InstanceId") == instance]
            found = found or bool(mine)
            for one in mine:
                rows.remove(one)
    if not found:
        raise QuestionError(f"{instance} is not in the snapshot", "NO_SUCH_COMPONENT")
    for eni in list(draft.rows("describe-network-interfaces", "NetworkInterfaces")):
        if (eni.get("Attachment") or {}).get("InstanceId") == instance:
            remove(draft, str(eni["NetworkInterfaceId"]))
    _forget_routes(draft, instance)


def _with_interfaces(draft: Draft, record: Record) -> None:
    """Endpoints and NAT gateways: their interfaces go too."""
    own = [*(record.get("NetworkInterfaceIds") or ())]
    own += [one.get("NetworkInterfaceId") for one in record.get("NatGatewayAddresses") or ()]
    for eni in own:
        if eni and draft.find(eni) is not None:
            draft.drop(eni)


def _interface(draft: Draft, record: Record) -> None:
    component = str(record["NetworkInterfaceId"])
    for endpoint in draft.rows("describe-vpc-endpoints", "VpcEndpoints"):
        _without(endpoint, "NetworkInterfaceIds", component)
    for file in draft.files("describe-instances"):
        for reservation in draft.document(file).get("Reservations") or ():
            for one in reservation.get("Instances") or ():
                held = one.get("NetworkInterfaces") or []
                held[:] = [each for each in held if each.get("NetworkInterfaceId") != component]


def _without(record: Record, key: str, value: str) -> None:
    if value in (record.get(key) or ()):
        record[key] = [one for one in record[key] if one != value]


def _group(draft: Draft, record: Record) -> None:
    """A group: nobody names it any more; who had no other gets the VPC's default group, as AWS gives it."""
    component = str(record["GroupId"])
    instead = next(
        (one for one in draft.rows("describe-security-groups", "SecurityGroups")
         if one.get("GroupName") == "default" and one.get("VpcId") == record.get("VpcId") and one is not record), None
    )  # fmt: skip
    default = [{"GroupId": instead["GroupId"], "GroupName": "default"}] if instead is not None else []
    carriers = [*draft.rows("describe-network-interfaces", "NetworkInterfaces"),
                *draft.rows("describe-vpc-endpoints", "VpcEndpoints")]  # fmt: skip
    for one in carriers:
        if any(each.get("GroupId") == component for each in one.get("Groups") or ()):
            one["Groups"] = [each for each in one["Groups"] if each.get("GroupId") != component] or default
    for project in draft.rows("batch-get-projects", "projects", "codebuild"):
        config = project.get("vpcConfig") or {}
        if component in (config.get("securityGroupIds") or ()):
            left = [one for one in config["securityGroupIds"] if one != component]
            config["securityGroupIds"] = left or [one["GroupId"] for one in default]
    _forget_peer(draft, component)


def _forget_peer(draft: Draft, peer: str) -> None:
    for group in draft.rows("describe-security-groups", "SecurityGroups"):
        for key in ("IpPermissions", "IpPermissionsEgress"):
            for permission in group.get(key) or ():
                for peers, field in PEERS:
                    if any(one.get(field) == peer for one in permission.get(peers) or ()):
                        permission[peers] = [one for one in permission[peers] if one.get(field) != peer]


def _prefix_list(draft: Draft, record: Record) -> None:
    component = str(record["PrefixListId"])
    _forget_peer(draft, component)
    for file in draft.files("describe-managed-prefix-lists"):
        rows = draft.document(file).get("PrefixLists") or []
        rows[:] = [one for one in rows if one.get("PrefixListId") != component]
    for home in draft.network.homes:
        entries = draft.network.path(home, "ec2", "get-managed-prefix-list-entries", component)
        if draft.network.snapshot.holds(entries):
            draft.put(entries, None)


def _options(draft: Draft, record: Record) -> None:
    component = str(record["DhcpOptionsId"])
    for vpc in draft.rows("describe-vpcs", "Vpcs"):
        if vpc.get("DhcpOptionsId") == component:
            what = f"{component} are the DHCP options of {vpc.get('VpcId')}, which AWS does not delete"
            raise QuestionError(what, "BAD_EDIT")


def _table(draft: Draft, record: Record) -> None:
    component = str(record["RouteTableId"])
    if any(one.get("Main") for one in record.get("Associations") or ()):
        raise QuestionError(f"{component} is its VPC's main route table, which AWS does not delete", "BAD_EDIT")
    for endpoint in draft.rows("describe-vpc-endpoints", "VpcEndpoints"):
        _without(endpoint, "RouteTableIds", component)


def _acl(draft: Draft, record: Record) -> None:
    """A network ACL: its subnets get the VPC's default one (N105)."""
    component = str(record["NetworkAclId"])
    if record.get("IsDefault"):
        raise QuestionError(f"{component} is its VPC's default network ACL, which AWS does not delete", "BAD_EDIT")
    for other in draft.rows("describe-network-acls", "NetworkAcls"):
        if other.get("IsDefault") and other.get("VpcId") == record.get("VpcId"):
            moved = [{**one, "NetworkAclId": other["NetworkAclId"]} for one in record.get("Associations") or ()]
            other["Associations"] = [*(other.get("Associations") or ()), *moved]


def _subnet(draft: Draft, record: Record) -> None:
    """A subnet: with everything in it."""
    component = str(record["SubnetId"])
    for kind in ("nat", "eni"):
        operation, key, field = LISTS[kind]
        for one in list(draft.rows(operation, key)):
            if one.get("SubnetId") == component and draft.find(one[field]) is not None:
                remove(draft, str(one[field]))
    for instance in _instances(draft, "SubnetId", component):
        _remove_instance(draft, instance)
    for endpoint in draft.rows("describe-vpc-endpoints", "VpcEndpoints"):
        _without(endpoint, "SubnetIds", component)
    for operation, key in (("describe-route-tables", "RouteTables"), ("describe-network-acls", "NetworkAcls")):
        for one in draft.rows(operation, key):
            if any(each.get("SubnetId") == component for each in one.get("Associations") or ()):
                one["Associations"] = [each for each in one["Associations"] if each.get("SubnetId") != component]
    for project in draft.rows("batch-get-projects", "projects", "codebuild"):
        _without(project.get("vpcConfig") or {}, "subnets", component)


def _instances(draft: Draft, field: str, value: str) -> list[str]:
    return [
        str(one["InstanceId"])
        for reservation in draft.rows("describe-instances", "Reservations")
        for one in reservation.get("Instances") or ()
        if one.get(field) == value
    ]


def _vpc(draft: Draft, record: Record) -> None:
    """A VPC: with everything in it."""
    component = str(record["VpcId"])
    for subnet in list(draft.rows("describe-subnets", "Subnets")):
        if subnet.get("VpcId") == component:
            remove(draft, str(subnet["SubnetId"]))
    for kind in ("vpce", "rtb", "acl", "sg"):
        operation, key, field = LISTS[kind]
        for one in list(draft.rows(operation, key)):
            if one.get("VpcId") == component:
                draft.drop(one[field])
    for kind in ("igw", "eigw"):
        operation, key, _ = LISTS[kind]
        for one in draft.rows(operation, key):
            one["Attachments"] = [each for each in one.get("Attachments") or () if each.get("VpcId") != component]


def _transit_gateway(draft: Draft, record: Record) -> None:
    component = str(record["TransitGatewayId"])
    for one in list(draft.rows("describe-transit-gateway-attachments", "TransitGatewayAttachments")):
        if one.get("TransitGatewayId") == component:
            remove(draft, str(one["TransitGatewayAttachmentId"]))


def _attachment(draft: Draft, record: Record) -> None:
    component = str(record["TransitGatewayAttachmentId"])
    for operation, key in (
        ("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments"),
        ("describe-transit-gateway-peering-attachments", "TransitGatewayPeeringAttachments"),
    ):
        for file in draft.files(operation):
            rows = draft.document(file).get(key) or []
            rows[:] = [one for one in rows if one.get("TransitGatewayAttachmentId") != component]


_SPECIAL: Final[dict[str, Callable[[Draft, Record], None]]] = {
    "vpce": _with_interfaces, "nat": _with_interfaces, "eni": _interface, "sg": _group, "pl": _prefix_list,
    "rtb": _table, "acl": _acl, "subnet": _subnet, "vpc": _vpc, "dopt": _options, "tgw": _transit_gateway,
    "tgw-attach": _attachment,
}  # fmt: skip

"""Instances, network interfaces and VPC endpoints, with addresses drawn from their subnets.

**Source:** Amazon EC2 User Guide, "Elastic network interfaces"; AWS PrivateLink guide (endpoint interfaces, names).
"""

from __future__ import annotations

import json
from typing import Any, Final

from reachsim.importers.planned.network import UNSEEN_GROUP, default_groups, default_vpc
from reachsim.importers.planned.resource import Home, Resource, blocks_of, flag_of, text_of
from reachsim.importers.planned.routes import interface_record
from reachsim.importers.planned.symbols import attribute, endpoint_names
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of, private_dns_names, suffix_of_service_name

TABLES: Final = "ec2/describe-route-tables"
FULL_ACCESS: Final = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
SYMBOLIC_BLOCKS: Final = {"s3": ("198.18.0.0/24",), "dynamodb": ("198.18.1.0/24",)}
"""Stand for the blocks of AWS's own prefix lists, which no plan holds: of RFC 2544's, nobody's. Each is IPv4."""
SERVICE_LISTS: Final = {
    "s3": {
        "us-east-1": "pl-63a5400a", "us-east-2": "pl-7ba54012", "us-west-1": "pl-6ba54002", "us-west-2": "pl-68a54001",
        "ca-central-1": "pl-7da54014", "eu-west-1": "pl-6da54004", "eu-west-2": "pl-7ca54015",
        "eu-west-3": "pl-23ad484a", "eu-central-1": "pl-6ea54007", "ap-northeast-1": "pl-61a54008",
        "ap-northeast-2": "pl-78a54011", "ap-southeast-1": "pl-6fa54006", "ap-southeast-2": "pl-6ca54005",
        "ap-south-1": "pl-78a54011", "sa-east-1": "pl-6aa54003",
    },
    "dynamodb": {
        "us-east-1": "pl-02cd2c6b", "us-east-2": "pl-4ca54025", "us-west-1": "pl-6ea54007", "us-west-2": "pl-00a54069",
        "ca-central-1": "pl-4ea54027", "eu-west-1": "pl-6fa54006", "eu-west-2": "pl-b3a742da",
        "eu-west-3": "pl-abb451c2", "eu-central-1": "pl-66a5400f", "ap-northeast-1": "pl-78a54011",
        "ap-northeast-2": "pl-48a54021", "ap-southeast-1": "pl-67a5400e", "ap-southeast-2": "pl-62a5400b",
        "ap-south-1": "pl-66a7420f", "sa-east-1": "pl-60a54009",
    },
}  # fmt: skip
"""Ids of AWS's prefix lists by service and Region, the same in every account and written into many rules as they are:
answers of ``aws ec2 describe-prefix-lists`` in these Regions, as published. Elsewhere the id is a symbolic one."""


# --- interfaces and instances ---------------------------------------------------------------------------------------


def interface(world: World, one: Resource) -> None:
    subnet = one.text("subnet_id")
    addresses = one.texts("private_ips", "private_ip_list") or one.texts("private_ip")
    addresses = _addresses(world, one, one.id, subnet, addresses)
    groups = _groups(world, one, subnet, one.texts("security_groups"), "security_groups")
    record = interface_record(world, one.home, one.id, subnet, [(address, None) for address in addresses], groups, {
        "InterfaceType": one.text("interface_type") or "interface", "TagSet": one.tags(),
        "SourceDestCheck": one.flag("source_dest_check", True), "Description": one.text("description"),
    })  # fmt: skip
    record["Ipv6Addresses"] = [{"Ipv6Address": address} for address in one.texts("ipv6_addresses")]
    for block in one.blocks("attachment"):
        _attach(world, record, text_of(block, "instance"))


def interface_attachment(world: World, one: Resource) -> None:
    record, instance = world.get(one.text("network_interface_id")), one.text("instance_id")
    if record is None and instance:
        world.undecided(one, "the interface", instance, ways=("leak", "block"))
    elif not instance:
        world.undecided_any(one, "the instance", "ec2/describe-network-interfaces", "")
    if record is not None:
        _attach(world, record, instance)


def _attach(world: World, record: Document, instance: str) -> None:
    held = world.get(instance)
    if not instance:
        return
    record["Attachment"] = {"InstanceId": instance, "DeviceIndex": 0, "Status": "attached"}
    eni = record["NetworkInterfaceId"]
    if held is not None and all(one["NetworkInterfaceId"] != eni for one in held["NetworkInterfaces"]):
        held["NetworkInterfaces"].append({"NetworkInterfaceId": eni})


def interface_group(world: World, one: Resource) -> None:
    """A security group attached to an interface by a resource of its own."""
    record = world.get(one.text("network_interface_id"))
    group = one.text("security_group_id")
    if record is None:
        world.undecided_any(one, "the interface", "ec2/describe-network-interfaces", "", "leak")
    elif not group:
        world.undecided(one, "the security group", str(record["NetworkInterfaceId"]))
    elif all(held["GroupId"] != group for held in record["Groups"]):
        record["Groups"].append({"GroupId": group, "GroupName": group})


def _addresses(world: World, one: Resource, component: str, subnet: str, held: list[str]) -> list[str]:
    if held:
        return held
    drawn = world.draw(subnet)
    if drawn is None:
        what = f"the address (in {subnet or 'a subnet that nothing tells'}, which the source does not hold)"
        world.undecided(one, what, component, str(attribute(one, "primary_network_interface_id") or component))
        return []
    detail = f"AWS has yet to pick the address of {one.address}: {drawn} of {subnet} stands for it"
    world.note(component, "PLANNED_ADDRESS", detail)
    return [drawn]


def _groups(world: World, one: Resource, subnet: str, held: list[str], name: str) -> list[str]:
    """The groups of an interface; without any AWS takes the VPC's default one."""
    given = _given_groups(world, one, held, name)
    return given or default_groups(world, str((world.get(subnet) or {}).get("VpcId", "")))


def _given_groups(world: World, one: Resource, held: list[str], name: str) -> list[str]:
    if one.unknown & {name, f"{name}.0"} or any(at.startswith(f"{name}.") for at in one.unknown):
        world.undecided(one, name, one.id)
        return [*held, UNSEEN_GROUP]
    return held


def launch_template(world: World, one: Resource) -> None:
    """Kept for the instances that are made from it."""
    for name in (one.id, one.text("name", "launch_template_name")):
        if name:
            world.templates[name] = one


_OF_TEMPLATE: Final = ("vpc_security_group_ids", "network_interfaces", "iam_instance_profile", "private_ip")


def _from_template(world: World, one: Resource) -> None:
    """Settings that an instance leaves to its launch template."""
    for block in one.blocks("launch_template"):
        name = text_of(block, "id", "name", "launch_template_id", "launch_template_name")
        held = world.templates.get(name)
        if held is None:
            world.undecided(one, f"launch template {name}, which the source does not hold,".replace("  ", " "))
            continue
        data = (held.blocks("launch_template_data") or [held.values])[0]
        data = data | ({"vpc_security_group_ids": data["security_group_ids"]} if "security_group_ids" in data else {})
        for inner in blocks_of(data, "network_interfaces"):
            inner.setdefault("security_groups", inner.get("groups"))  # as CloudFormation calls them
        for key in _OF_TEMPLATE:
            own = "network_interface" if key == "network_interfaces" else key
            if data.get(key) and not one.values.get(own):
                one.values[own] = data[key]
        one.unknown |= {at for at in held.unknown if at.split(".")[0] in _OF_TEMPLATE}
    for block in blocks_of(one.values, "iam_instance_profile"):
        one.values["iam_instance_profile"] = text_of(block, "arn", "name")


def instance(world: World, one: Resource) -> None:
    _from_template(world, one)
    listed = [text_of(block, "network_interface_id") for block in one.blocks("network_interface")]
    listed += [text_of(block, "network_interface_id") for block in one.blocks("primary_network_interface")]
    inner = [block for block in one.blocks("network_interface") if not text_of(block, "network_interface_id")]
    if inner:  # CloudFormation declares interfaces inside the instance
        for name in ("subnet_id", "security_groups", "private_ip", "associate_public_ip_address"):
            if inner[0].get(name) is not None:
                key = "vpc_security_group_ids" if name == "security_groups" else name
                one.values.setdefault(key, inner[0][name])
    listed = [eni for eni in listed if eni]
    subnet = one.text("subnet_id")
    if not subnet and listed:
        subnet = str((world.get(listed[0]) or {}).get("SubnetId", ""))
    if not subnet:
        default_vpc(world, one)
        world.undecided(one, "the subnet", one.id)
    held = world.get(one.id)
    profile = _profile(world, one)
    record: Document = {
        "InstanceId": one.id, "SubnetId": subnet, "VpcId": str((world.get(subnet) or {}).get("VpcId", "")),
        "State": {"Code": 16, "Name": "running"}, "Tags": one.tags(),
        "NetworkInterfaces": held["NetworkInterfaces"] if held is not None else [],
    }  # fmt: skip
    if profile:
        record["IamInstanceProfile"] = {"Arn": profile, "Id": "AIPA"}
    if held is not None:
        held.update(record)
        record = held
    else:
        reservation = {"ReservationId": f"r-{one.id}", "OwnerId": one.home[0], "Instances": [record]}
        world.add(one.home, "ec2/describe-instances", reservation)
    for eni in listed:
        interface_held = world.get(eni)
        if interface_held is not None:
            _attach(world, interface_held, one.id)
            if not one.flag("source_dest_check", True):
                interface_held["SourceDestCheck"] = False
    if not listed and subnet and not record["NetworkInterfaces"]:
        _primary(world, one, subnet, record)
    elif not listed:
        _change_primary(world, one, record)


def _primary(world: World, one: Resource, subnet: str, record: Document) -> None:
    eni = one.text("primary_network_interface_id") or str(attribute(one, "primary_network_interface_id"))
    private = _addresses(world, one, one.id, subnet, one.texts("private_ip"))
    if private and not one.texts("private_ip"):
        detail = f"AWS has yet to pick the address of {one.address}: {private[0]} stands for it"
        world.note(eni, "PLANNED_ADDRESS", detail)
    groups = _groups(world, one, subnet, one.texts("vpc_security_group_ids"), "vpc_security_group_ids")
    held = world.get(subnet) or {}
    public = one.text("public_ip") or None
    if any(at.rpartition(".")[2] == "associate_public_ip_address" for at in one.unknown):
        world.undecided(one, "associate_public_ip_address", one.id, eni, ways=("leak", "block"))
    if public is None and flag_of(one.values, "associate_public_ip_address", bool(held.get("MapPublicIpOnLaunch"))):
        public = world.draw_public()
        world.note(eni, "PLANNED_ADDRESS", f"AWS has yet to pick the public address of {one.address}")
    addresses: list[tuple[str, str | None]] = [
        (address, public if not number else None)
        for number, address in enumerate([*private, *one.texts("secondary_private_ips")])
    ]  # fmt: skip
    made = interface_record(world, one.home, eni, subnet, addresses, groups, {
        "InterfaceType": "interface", "SourceDestCheck": one.flag("source_dest_check", True),
        "Attachment": {"InstanceId": one.id, "DeviceIndex": 0, "Status": "attached"},
    })  # fmt: skip
    ipv6 = one.texts("ipv6_addresses")
    wanted = one.text("ipv6_address_count") not in ("", "0") or bool(held.get("AssignIpv6AddressOnCreation"))
    if not ipv6 and wanted:
        drawn = world.draw_ipv6(subnet)
        ipv6 = [drawn] if drawn else []
    made["Ipv6Addresses"] = [{"Ipv6Address": address} for address in ipv6]
    record["NetworkInterfaces"].append({"NetworkInterfaceId": eni})


def _change_primary(world: World, one: Resource, record: Document) -> None:
    """What an update changes of the interface that an instance has already."""
    eni = one.text("primary_network_interface_id")
    held = [world.get(str(interface_held["NetworkInterfaceId"])) for interface_held in record["NetworkInterfaces"]]
    mine = next((other for other in held if other and eni in ("", other["NetworkInterfaceId"])), None)
    if mine is None:
        return
    groups = _given_groups(world, one, one.texts("vpc_security_group_ids"), "vpc_security_group_ids")
    if groups:
        mine["Groups"] = [{"GroupId": group, "GroupName": group} for group in groups]
    if "source_dest_check" in one.values:
        mine["SourceDestCheck"] = one.flag("source_dest_check", True)


def _profile(world: World, one: Resource) -> str:
    """The ARN of the instance profile that is named, by its role in the IAM answer if that holds it."""
    name = one.text("iam_instance_profile")
    if one.open("iam_instance_profile"):
        world.undecided_step(one, "iam_instance_profile", one.id, "git-push")
    if not name or name.startswith("arn:"):
        return name
    for _, role in world.each("iam/get-account-authorization-details"):
        for profile in role.get("InstanceProfileList", []):
            if profile.get("InstanceProfileName") == name:
                return str(profile["Arn"])
    return f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:instance-profile/{name}"


def address_association(world: World, one: Resource) -> None:
    """An Elastic IP address bound to an interface or instance: by its own attributes or by an association."""
    allocation = world.get(one.text("allocation_id") or (one.id if one.kind == "aws_eip" else ""))
    if allocation is None and one.kind == "aws_eip":
        return
    eni, instance_id = one.text("network_interface_id", "network_interface"), one.text("instance_id", "instance")
    if not eni and instance_id:
        held = world.get(instance_id) or {}
        listed = held.get("NetworkInterfaces") or [{}]
        eni = str(listed[0].get("NetworkInterfaceId", ""))
    record = world.get(eni)
    if allocation is None:
        world.undecided(one, "the address", *filter(None, (eni, instance_id)))
        return
    if record is None and one.open("network_interface_id", "network_interface", "instance_id", "instance"):
        world.undecided(one, "what has the address", *_may_have_addresses(world))
    if record is None or not record.get("PrivateIpAddresses"):
        return
    association = {"PublicIp": allocation["PublicIp"], "AllocationId": allocation["AllocationId"]}
    record["PrivateIpAddresses"][0]["Association"] = association
    record["Association"] = association
    for note in list(world.notes):
        if note.component == allocation["AllocationId"]:
            world.note(eni, note.code, note.detail, note.can_hide)


def _may_have_addresses(world: World) -> list[str]:
    """Interfaces that people attach addresses to, their instances and their subnets."""
    held = [
        record for _, record in world.each("ec2/describe-network-interfaces")
        if record.get("InterfaceType") == "interface" and not record.get("RequesterManaged")
    ]  # fmt: skip
    found = [str(record["NetworkInterfaceId"]) for record in held]
    found += [str(record.get("Attachment", {}).get("InstanceId", "")) for record in held]
    found += [str(record.get("SubnetId", "")) for record in held]
    return [one for one in dict.fromkeys(found) if one]


# --- endpoints --------------------------------------------------------------------------------------------------------


def _vpc_of_any(world: World, ids: list[str]) -> str:
    """The VPC of the first of these subnets or route tables that is there."""
    return next((str(held["VpcId"]) for one in ids if (held := world.get(one)) and held.get("VpcId")), "")


def _open_names(world: World, one: Resource, vpc_id: str) -> None:
    """What the endpoint answers is open: the names of its service in its VPC, or more where less of it is told."""
    for name in one.open("service_name", "vpc_endpoint_type"):
        world.undecided_names(one, name, vpc_id)
    known = suffix_of_service_name(one.text("service_name"))
    for name in one.open("private_dns_enabled"):
        world.undecided_names(one, name, vpc_id, *(private_dns_names(*known) if known else ()))
    for _, each in world.each("ec2/describe-vpcs") if not vpc_id else ():
        world.undecided_names(one, "vpc_id", str(each["VpcId"]))


def endpoint(world: World, one: Resource) -> None:
    kind = one.text("vpc_endpoint_type") or "Gateway"
    service = one.text("service_name")
    if not service:
        service = f"com.amazonaws.vpce.{one.home[1]}.vpce-svc-unknown"
    vpc_id = one.text("vpc_id") or _vpc_of_any(world, one.texts("subnet_ids", "route_table_ids"))
    if kind != "Gateway" or one.open("vpc_endpoint_type"):
        _open_names(world, one, vpc_id)
    elif one.open("service_name"):
        world.undecided_any(one, "service_name", TABLES, vpc_id, "leak")
    record = world.add(one.home, "ec2/describe-vpc-endpoints", {
        "VpcEndpointId": one.id, "VpcEndpointType": kind, "VpcId": vpc_id, "ServiceName": service,
        "State": "available", "OwnerId": one.home[0], "RequesterManaged": False, "Tags": one.tags(),
        "ServiceRegion": one.text("service_region") or one.home[1],
    })  # fmt: skip
    for name, key in (("route_table_ids", "RouteTableIds"), ("subnet_ids", "SubnetIds")):
        held = one.texts(name)
        if name == "subnet_ids":
            held += [text_of(block, "subnet_id") for block in one.blocks("subnet_configuration")]
        record[key] = list(dict.fromkeys(held)) or (record.get(key, []) if one.action == "update" else [])
        if one.open(name):
            if name == "route_table_ids":
                world.undecided_any(one, name, TABLES, vpc_id, only_to=_service_of(record))
            else:
                world.undecided(one, name)
    groups = _given_groups(world, one, one.texts("security_group_ids"), "security_group_ids")
    if groups or "Groups" not in record:
        record["Groups"] = [{"GroupId": group, "GroupName": group} for group in groups]
    private = one.flag("private_dns_enabled")
    record["PrivateDnsEnabled"] = private
    family = one.text("ip_address_type")
    if kind != "Gateway":
        record["IpAddressType"] = family or record.get("IpAddressType", "ipv4")
        record["DnsOptions"] = {"DnsRecordIpType": record["IpAddressType"]}
        for block in one.blocks("dns_options"):
            if text_of(block, "dns_record_ip_type"):
                record["DnsOptions"]["DnsRecordIpType"] = text_of(block, "dns_record_ip_type")
    record["_addresses"] = {
        text_of(block, "subnet_id"): text_of(block, "ipv4") for block in one.blocks("subnet_configuration")
    }  # fmt: skip
    record["_address"] = one.address
    _policy(world, one, record)


def _policy(world: World, one: Resource, record: Document) -> None:
    policy = one.values.get("policy")
    if isinstance(policy, dict):
        policy = json.dumps(policy)
    endpoint_id = record["VpcEndpointId"]
    if "policy" in one.unknown:
        record.pop("PolicyDocument", None)
        world.warnings.append(f"{one.address}: policy is known only after apply: what it lets through is unknown")
        world.note(
            endpoint_id, "PLANNED_POLICY_UNKNOWN", f"the policy of {one.address} is known only after apply", "block"
        )
    elif isinstance(policy, str) and policy:
        record["PolicyDocument"] = policy
    else:
        record.setdefault("PolicyDocument", json.dumps(FULL_ACCESS))


def endpoint_policy(world: World, one: Resource) -> None:
    record = world.get(one.text("vpc_endpoint_id"))
    if record is not None:
        _policy(world, one, record)


def _unknown_part(world: World, one: Resource, record: Document) -> None:
    """An association of which only the endpoint is known."""
    if "route_table" in one.kind:
        vpc_id, service = str(record.get("VpcId", "")), _service_of(record)
        world.undecided_any(one, "the route table", TABLES, vpc_id, only_to=service)
    elif "security_group" in one.kind:
        record["Groups"].append({"GroupId": UNSEEN_GROUP, "GroupName": UNSEEN_GROUP})
        world.undecided(one, "the security group", record["VpcEndpointId"])
    else:
        world.undecided(one, "the subnet", record["VpcEndpointId"])


def endpoint_association(world: World, one: Resource) -> None:
    """A route table, subnet, security group or private DNS name of an endpoint as a resource of its own."""
    record = world.get(one.text("vpc_endpoint_id"))
    if record is None:
        world.undecided(one, "the endpoint")
        return
    world.touched.add(record["VpcEndpointId"])
    for name, key in (("route_table_id", "RouteTableIds"), ("subnet_id", "SubnetIds")):
        value = one.text(name)
        if value and one.action == "delete":
            record[key] = [held for held in record[key] if held != value]
        elif value and value not in record[key]:
            record[key].append(value)
    group = one.text("security_group_id")
    if one.unknown & {"route_table_id", "subnet_id", "security_group_id"}:
        _unknown_part(world, one, record)
    if group and all(held["GroupId"] != group for held in record["Groups"]):
        kept = [] if one.flag("replace_default_association") else record["Groups"]
        record["Groups"] = [*kept, {"GroupId": group, "GroupName": group}]
    if one.kind == "aws_vpc_endpoint_private_dns":
        record["PrivateDnsEnabled"] = one.flag("private_dns_enabled")


def finish_endpoints(world: World) -> None:
    """Interfaces, names, groups and routes of every endpoint, now that its associations are known."""
    for home, record in list(world.each("ec2/describe-vpc-endpoints")):
        fixed, address = record.pop("_addresses", None), record.pop("_address", record["VpcEndpointId"])
        if record["VpcEndpointType"] == "Gateway":
            _gateway_routes(world, home, record)
            if fixed is not None:
                for key in ("SubnetIds", "NetworkInterfaceIds", "DnsEntries"):
                    record.setdefault(key, [])
        elif fixed is not None or record["VpcEndpointId"] in world.touched:
            _endpoint_interfaces(world, home, record, fixed or {}, str(address))


def _service_of(record: Document) -> str:
    """The service of an endpoint as its name ends: ``s3``."""
    known = suffix_of_service_name(record["ServiceName"])
    return known[0] if known else str(record["ServiceName"]).rpartition(".")[2]


def _gateway_routes(world: World, home: Home, record: Document) -> None:
    list_id = service_list(world, home, _service_of(record))
    for _, table in world.each("ec2/describe-route-tables"):
        wanted = table["RouteTableId"] in record.get("RouteTableIds", [])
        mine = [route for route in table["Routes"] if route.get("GatewayId") == record["VpcEndpointId"]]
        if mine and not wanted:
            table["Routes"] = [route for route in table["Routes"] if route not in mine]
        elif wanted and not mine:
            table["Routes"].append({
                "DestinationPrefixListId": list_id, "GatewayId": record["VpcEndpointId"], "Origin": "CreateRoute",
                "State": "active",
            })  # fmt: skip


def service_list(world: World, home: Home, service: str) -> str:
    """The id of AWS's own prefix list of a service; one that nothing tells gets symbolic blocks."""
    name = f"com.amazonaws.{home[1]}.{service}"
    for place, held in world.each("ec2/describe-prefix-lists"):
        if held.get("PrefixListName") == name and place[1] == home[1]:
            world.service_lists[home[1], f"pl-{service}"] = held["PrefixListId"]
            return str(held["PrefixListId"])
    list_id = SERVICE_LISTS.get(service, {}).get(home[1], f"pl-{service}")
    blocks = SYMBOLIC_BLOCKS.get(service, ("198.18.2.0/24",))
    add_service_list(world, home, service, list_id, blocks)
    world.note(list_id, "PLANNED_ADDRESS", f"the blocks of {name} are not in the source: {blocks[0]} "
               "stands for them", "block")  # fmt: skip
    return list_id


def add_service_list(world: World, home: Home, service: str, list_id: str, blocks: tuple[str, ...]) -> None:
    name = f"com.amazonaws.{home[1]}.{service}"
    world.service_lists[home[1], f"pl-{service}"] = list_id
    world.add(home, "ec2/describe-prefix-lists", {
        "PrefixListId": list_id, "PrefixListName": name, "Cidrs": list(blocks),
    })  # fmt: skip
    world.add(home, "ec2/describe-managed-prefix-lists", {
        "PrefixListId": list_id, "PrefixListName": name, "AddressFamily": "IPv4", "OwnerId": "AWS",
        "State": "create-complete",
    })  # fmt: skip
    entries = {"Entries": [{"Cidr": block} for block in blocks]}
    world.put(home, f"ec2/get-managed-prefix-list-entries/{list_id}", entries)


def _endpoint_interfaces(world: World, home: Home, record: Document, fixed: dict[str, str], address: str) -> None:
    endpoint_id = record["VpcEndpointId"]
    if not record["Groups"]:
        own = default_groups(world, record["VpcId"])
        record["Groups"] = [{"GroupId": group, "GroupName": "default"} for group in own]
    groups = [held["GroupId"] for held in record["Groups"]]
    enis: list[str] = []
    held = {
        (world.get(eni) or {}).get("SubnetId"): eni for eni in record.get("NetworkInterfaceIds", [])
    }  # fmt: skip
    for number, subnet in enumerate(record["SubnetIds"], start=1):
        known = held.pop(subnet, None)
        if known is not None:
            interface_held = world.get(known)
            if interface_held is not None:
                interface_held["Groups"] = record["Groups"]
            enis.append(known)
            continue
        eni = f"eni-{endpoint_id}-{number}"
        drawn = fixed.get(subnet) or world.draw(subnet)
        if drawn is None:
            world.warnings.append(f"{address}: its interface in {subnet} could not be placed: no such subnet here")
            world.note(endpoint_id, "PLANNED_VALUE_UNKNOWN", f"{subnet} is not in the source", "leak")
            continue
        if not fixed.get(subnet):
            detail = f"AWS has yet to pick the address of {address} in {subnet}: {drawn} stands for it"
            world.note(eni, "PLANNED_ADDRESS", detail)
        made = interface_record(world, home, eni, subnet, [(drawn, None)], groups, {
            "InterfaceType": "vpc_endpoint", "Description": f"VPC Endpoint Interface {endpoint_id}",
            "RequesterManaged": True,
        })  # fmt: skip
        if record.get("IpAddressType") in ("dualstack", "ipv6"):
            ipv6 = world.draw_ipv6(subnet)
            made["Ipv6Addresses"] = [{"Ipv6Address": ipv6}] if ipv6 else []
            made["DenyAllIgwTraffic"] = True
        enis.append(eni)
    for gone in held.values():
        world.remove("ec2/describe-network-interfaces", gone)
    record["NetworkInterfaceIds"] = enis
    if "DnsEntries" not in record or address != endpoint_id:
        _names(record)


def _names(record: Document) -> None:
    names = endpoint_names(record["VpcEndpointId"], record["ServiceName"], record["ServiceRegion"])
    entries: list[dict[str, Any]] = [{"DnsName": name, "HostedZoneId": "Z7HUB22UULQXV"} for name in names]
    known = suffix_of_service_name(record["ServiceName"])
    if record["PrivateDnsEnabled"] and known is not None:
        entries += [
            {"DnsName": name, "HostedZoneId": f"Z{record['VpcEndpointId']}"} for name in private_dns_names(*known)
        ]
    record["DnsEntries"] = entries


def public_access_exclusion(world: World, one: Resource) -> None:
    """An exclusion from VPC Block Public Access."""
    call = "ec2/describe-vpc-block-public-access-exclusions"
    target, kind = one.text("vpc_id"), "vpc"
    if one.text("subnet_id"):
        target, kind = one.text("subnet_id"), "subnet"
    record = {
        "ExclusionId": one.id, "State": "create-complete",
        "InternetGatewayExclusionMode": one.text("internet_gateway_exclusion_mode"),
        "ResourceArn": f"arn:aws:ec2:{one.home[1]}:{one.home[0]}:{kind}/{target}",
    }  # fmt: skip
    held = world.document(one.home, call) or {"VpcBlockPublicAccessExclusions": []}
    held["VpcBlockPublicAccessExclusions"].append(record)
    world.put(one.home, call, held)


def public_access_options(world: World, one: Resource) -> None:
    mode = one.text("internet_gateway_block_mode")
    world.put(one.home, "ec2/describe-vpc-block-public-access-options", {
        "VpcBlockPublicAccessOptions": {
            "AwsAccountId": one.home[0], "AwsRegion": one.home[1], "State": "update-complete",
            "InternetGatewayBlockMode": mode, "ManagedBy": "account", "ExclusionsAllowed": "allowed",
        }
    })  # fmt: skip
    call = "ec2/describe-vpc-block-public-access-exclusions"
    if world.document(one.home, call) is None:
        world.put(one.home, call, {"VpcBlockPublicAccessExclusions": []})

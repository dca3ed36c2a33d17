"""Instances and network interfaces, with addresses drawn from their subnets.

**Source:** Amazon EC2 User Guide, "Elastic network interfaces".
"""

from __future__ import annotations

from typing import Final

from reachsim.importers.planned.defaults import default_groups, default_vpc, given_groups
from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, flag_of, number_of, text_of, texts_of
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of


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


def interface(world: World, one: Resource) -> None:
    subnet = one.text("subnet_id")
    addresses = one.texts("private_ips", "private_ip_list") or _listed_addresses(one.values) or one.texts("private_ip")
    addresses = _addresses(world, one, one.id, subnet, addresses)
    groups = _groups(world, one, subnet, one.texts("security_groups"), "security_groups")
    record = interface_record(world, one.home, one.id, subnet, [(address, None) for address in addresses], groups, {
        "InterfaceType": one.text("interface_type") or "interface", "TagSet": one.tags(),
        "SourceDestCheck": one.flag("source_dest_check", True), "Description": one.text("description"),
    })  # fmt: skip
    record["Ipv6Addresses"] = _ipv6(world, one.values, subnet)
    for block in one.blocks("attachment"):
        _attach(world, record, text_of(block, "instance"))


def instance_connect_endpoint(world: World, one: Resource) -> None:
    """The interface of an EC2 Instance Connect Endpoint, by which its tunnels come in (EC2 API,
    CreateInstanceConnectEndpoint: without security groups it has the VPC's default one).
    """
    subnet, eni = one.text("subnet_id"), f"eni-{one.id}"
    groups = _groups(world, one, subnet, one.texts("security_group_ids"), "security_group_ids")
    addresses = _addresses(world, one, eni, subnet, [])
    interface_record(world, one.home, eni, subnet, [(address, None) for address in addresses], groups, {
        "InterfaceType": "ec2_instance_connect_endpoint", "RequesterManaged": True, "Description": one.address,
        "TagSet": one.tags(),
    })  # fmt: skip


def _listed_addresses(values: Values) -> list[str]:
    """CloudFormation's list of objects, in which one may be the primary address."""
    held = sorted(blocks_of(values, "private_ip_addresses"), key=lambda block: not flag_of(block, "primary"))
    return [address for block in held if (address := text_of(block, "private_ip_address"))]


def _ipv6(world: World, values: Values, subnet: str) -> list[Document]:
    """The IPv6 addresses of an interface: given, as many as are wanted, or the one that the subnet gives."""
    given = texts_of(values, "ipv6_addresses", "ipv6_address_list")
    given += [text_of(block, "ipv6_address") for block in blocks_of(values, "ipv6_addresses")]
    wanted = number_of(values, "ipv6_address_count") or number_of(values, "ipv6_prefix_count") or 0
    if values.get("ipv6_prefixes") or (world.get(subnet) or {}).get("AssignIpv6AddressOnCreation"):
        wanted = max(wanted, 1)
    drawn = [world.draw_ipv6(subnet) for _ in range(min(wanted, 16) if not any(given) else 0)]
    return [{"Ipv6Address": address} for address in (*given, *drawn) if address]


def interface_attachment(world: World, one: Resource) -> None:
    record, instance = world.get(one.text("network_interface_id")), one.text("instance_id")
    if record is None and instance:
        world.undecided(one, "the interface", instance, ways=("leak", "block"))
    elif not instance:
        world.undecided_any(one, "the instance", "ec2/describe-network-interfaces", "")
    if record is not None:
        _attach(world, record, instance, number_of(one.values, "device_index") or 0)


def _attach(world: World, record: Document, instance: str, number: int = 0) -> None:
    held = world.get(instance)
    if not instance:
        return
    record["Attachment"] = {"InstanceId": instance, "DeviceIndex": number, "Status": "attached"}
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
    if held or (world.get(subnet) or {}).get("Ipv6Native"):
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
    given = given_groups(world, one, held, name)
    return given or default_groups(world, str((world.get(subnet) or {}).get("VpcId", "")))


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
            inner.setdefault("private_ip", inner.get("private_ip_address"))
        for key in _OF_TEMPLATE:
            own = "network_interface" if key == "network_interfaces" else key
            if data.get(key) and not one.values.get(own):
                one.values[own] = data[key]
        one.unknown |= {at for at in held.unknown if at.split(".")[0] in _OF_TEMPLATE}
    for block in blocks_of(one.values, "iam_instance_profile"):
        one.values["iam_instance_profile"] = text_of(block, "arn", "name")


def instance(world: World, one: Resource) -> None:
    _from_template(world, one)
    blocks = _by_device(one.blocks("primary_network_interface") + one.blocks("network_interface"))
    listed = [eni for block in blocks if (eni := text_of(block, "network_interface_id"))]
    inner = [block for block in blocks if not text_of(block, "network_interface_id")]
    for name, key in _OF_INNER.items() if inner else ():  # CloudFormation declares interfaces inside the instance
        if inner[0].get(name) is not None:
            one.values.setdefault(key, inner[0][name])
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
    if inner or (not listed and subnet and not record["NetworkInterfaces"]):
        _primary(world, one, subnet, record, alone=len(blocks) < 2)
    elif not listed:
        _change_primary(world, one, record)
    for number, block in enumerate(blocks):
        interface_held = world.get(text_of(block, "network_interface_id"))
        if interface_held is not None:
            _attach(world, interface_held, one.id, number)
            if not one.flag("source_dest_check", True):
                interface_held["SourceDestCheck"] = False
        elif block in inner[1:]:
            _further(world, one, block, f"eni-{one.id}-{number}", number)


def _by_device(blocks: list[Values]) -> list[Values]:
    return sorted(blocks, key=lambda block: number_of(block, "device_index") or 0)


_OF_INNER: Final = {
    "subnet_id": "subnet_id", "security_groups": "vpc_security_group_ids", "private_ip": "private_ip",
    "associate_public_ip_address": "associate_public_ip_address", "private_ip_addresses": "private_ip_addresses",
    "ipv6_addresses": "ipv6_addresses", "ipv6_address_count": "ipv6_address_count",
    "ipv6_prefixes": "ipv6_prefixes", "ipv6_prefix_count": "ipv6_prefix_count",
}  # fmt: skip
"""Settings of an instance's first interface, and what the instance itself calls them."""


def _further(world: World, one: Resource, block: Values, eni: str, number: int) -> None:
    """An interface beside the first one that is declared inside an instance."""
    subnet = text_of(block, "subnet_id")
    addresses = _listed_addresses(block) or texts_of(block, "private_ip")
    addresses = _addresses(world, one, eni, subnet, addresses)
    groups = _groups(world, one, subnet, texts_of(block, "security_groups"), "vpc_security_group_ids")
    made = interface_record(world, one.home, eni, subnet, [(address, None) for address in addresses], groups, {
        "InterfaceType": "interface", "Ipv6Addresses": _ipv6(world, block, subnet),
    })  # fmt: skip
    _attach(world, made, one.id, number)


def _primary(world: World, one: Resource, subnet: str, record: Document, *, alone: bool) -> None:
    """The first interface of an instance. A public address comes with it if it is the only one ("Assign a public IPv4
    address at launch").
    """
    eni = one.text("primary_network_interface_id") or str(attribute(one, "primary_network_interface_id"))
    given = _listed_addresses(one.values) or one.texts("private_ip")
    private = _addresses(world, one, one.id, subnet, given)
    if private and not given:
        detail = f"AWS has yet to pick the address of {one.address}: {private[0]} stands for it"
        world.note(eni, "PLANNED_ADDRESS", detail)
    groups = _groups(world, one, subnet, one.texts("vpc_security_group_ids"), "vpc_security_group_ids")
    held = world.get(subnet) or {}
    public = one.text("public_ip") or None
    if any(at.rpartition(".")[2] == "associate_public_ip_address" for at in one.unknown):
        world.undecided(one, "associate_public_ip_address", one.id, eni, ways=("leak", "block"))
    elif alone and subnet in world.open_subnets and not isinstance(one.values.get("associate_public_ip_address"), bool):
        giving = world.open_subnets[subnet]
        world.undecided(giving, "map_public_ip_on_launch", one.id, eni, ways=("leak", "block"))
    wanted = flag_of(one.values, "associate_public_ip_address", bool(held.get("MapPublicIpOnLaunch")))
    if public is None and wanted and alone:
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
    made["Ipv6Addresses"] = _ipv6(world, one.values, subnet)
    record["NetworkInterfaces"].append({"NetworkInterfaceId": eni})


def _change_primary(world: World, one: Resource, record: Document) -> None:
    """What an update changes of the interface that an instance has already."""
    eni = one.text("primary_network_interface_id")
    held = [world.get(str(interface_held["NetworkInterfaceId"])) for interface_held in record["NetworkInterfaces"]]
    mine = next((other for other in held if other and eni in ("", other["NetworkInterfaceId"])), None)
    if mine is None:
        return
    groups = given_groups(world, one, one.texts("vpc_security_group_ids"), "vpc_security_group_ids")
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

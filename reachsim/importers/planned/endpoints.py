"""VPC endpoints with their interfaces, names, policies and routes.

**Source:** AWS PrivateLink guide (endpoint interfaces, names); "Gateway endpoints".
"""

from __future__ import annotations

import json
from typing import Any, Final

from reachsim.importers.planned.defaults import UNSEEN_GROUP, default_groups, given_groups
from reachsim.importers.planned.interfaces import interface_record
from reachsim.importers.planned.resource import Home, Resource, text_of, texts_of
from reachsim.importers.planned.service_lists import service_list
from reachsim.importers.planned.symbols import endpoint_names
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import private_dns_names, suffix_of_service_name

TABLES: Final = "ec2/describe-route-tables"
_INBOUND: Final = "private_dns_only_for_inbound_resolver_endpoint"
FULL_ACCESS: Final = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


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
    vpc_id = one.text("vpc_id") or world.vpc_of(one.texts("subnet_ids", "route_table_ids"))
    if kind != "Gateway" or one.open("vpc_endpoint_type"):
        _open_names(world, one, vpc_id)
    elif one.open("service_name"):
        world.undecided_any(one, "service_name", TABLES, vpc_id, "leak")
    record = world.add(one.home, "ec2/describe-vpc-endpoints", {
        "VpcEndpointId": one.id, "VpcEndpointType": kind, "VpcId": vpc_id, "ServiceName": service,
        "State": one.text("state") or "available", "OwnerId": one.home[0], "RequesterManaged": False,
        "ServiceRegion": one.text("service_region") or one.home[1], "Tags": one.tags(),
    })  # fmt: skip
    for name, key in (("route_table_ids", "RouteTableIds"), ("subnet_ids", "SubnetIds")):
        held = one.texts(name)
        if name == "subnet_ids":
            held += [text_of(block, "subnet_id") for block in one.blocks("subnet_configuration")]
        record[key] = _associated(one, name, held, record.get(key, []))
        if one.open(name):
            if name == "route_table_ids":
                world.undecided_any(one, name, TABLES, vpc_id, only_to=_service_of(record))
            else:
                world.undecided(one, name)
    groups = given_groups(world, one, one.texts("security_group_ids"), "security_group_ids")
    if groups or "Groups" not in record:
        record["Groups"] = [{"GroupId": group, "GroupName": group} for group in groups]
    private = one.flag("private_dns_enabled")
    record["PrivateDnsEnabled"] = private
    family = one.text("ip_address_type")
    if kind != "Gateway":
        record["IpAddressType"] = family or record.get("IpAddressType", "ipv4")
        record["DnsOptions"] = {**record.get("DnsOptions", {}), "DnsRecordIpType": record["IpAddressType"]}
        for block in one.blocks("dns_options"):
            if text_of(block, "dns_record_ip_type"):
                record["DnsOptions"]["DnsRecordIpType"] = text_of(block, "dns_record_ip_type")
            told = block.get(_INBOUND, "NotSpecified")  # CloudFormation has words for it
            if told != "NotSpecified":
                record["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = told in (True, "OnlyInboundResolver")
        known = suffix_of_service_name(service)
        if known and one.open(f"dns_options.{_INBOUND}"):
            world.undecided_names(one, _INBOUND, vpc_id, *private_dns_names(*known))
    record["_addresses"] = {
        text_of(block, "subnet_id"): text_of(block, "ipv4") for block in one.blocks("subnet_configuration")
    }  # fmt: skip
    record["_address"] = one.address
    _policy(world, one, record)


def _associated(one: Resource, name: str, held: list[str], live: list[str]) -> list[str]:
    """The tables or subnets of an endpoint: of one that an update changes also those that it neither had nor gets,
    which are associated apart; all that it has where nothing tells what it gets.
    """
    if one.action != "update":
        return list(dict.fromkeys(held))
    if name not in one.before or one.open(name):
        return list(dict.fromkeys(held)) or live
    had = texts_of(one.before, name)
    return list(dict.fromkeys([*(each for each in live if each not in had), *held]))


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
        if one.action != "delete":
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
            if fixed is not None:
                _for_inbound_resolvers(world, record)
            _endpoint_interfaces(world, home, record, fixed or {}, str(address))


def _for_inbound_resolvers(world: World, record: Document) -> None:
    """Beside a gateway endpoint of its service, private DNS is for inbound resolver endpoints alone unless told
    otherwise (fact N146; hashicorp/terraform-provider-aws#46404); without one, AWS refuses that.
    """
    gateways = {
        (held["VpcId"], held["ServiceName"]) for _, held in world.each("ec2/describe-vpc-endpoints")
        if held["VpcEndpointType"] == "Gateway"
    }  # fmt: skip
    if record["PrivateDnsEnabled"] and (record["VpcId"], record["ServiceName"]) in gateways:
        record.setdefault("DnsOptions", {}).setdefault("PrivateDnsOnlyForInboundResolverEndpoint", True)


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

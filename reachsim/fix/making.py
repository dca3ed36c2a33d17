"""How a snapshot looks after a step of a fix."""

from __future__ import annotations

import json
from typing import assert_never

from reachsim import services
from reachsim.edits.draft import PROPAGATED, Draft, Record, destination_field
from reachsim.edits.removing import remove as remove_component
from reachsim.errors import QuestionError
from reachsim.filters import protocol_number
from reachsim.fix import holders
from reachsim.fix.steps import (
    AddAclEntry,
    AddGroupRule,
    AddInlinePolicy,
    AddPolicyStatement,
    AddRoute,
    AddTransitRoute,
    AddTrustStatement,
    AssociateEndpoint,
    AssociateZone,
    AttachGroup,
    CopyImage,
    CreateEndpoint,
    CreateGroup,
    DeleteRoute,
    DisablePropagation,
    IgnorePublicAcls,
    RemoveGroupRule,
    ReplaceStatement,
    SetEndpointPolicy,
    SetFleetVpc,
    SetPrivateDns,
    SetProjectVpc,
    SetVpcAttribute,
    Step,
    UseImage,
    routes_made,
    span_of,
    vpc_config,
)
from reachsim.model.network import Network


def apply_step(draft: Draft, step: Step) -> None:
    """Make a step in a snapshot's files. Raises QuestionError if what it changes is not there, or AWS refuses it."""
    for table, destination in routes_made(step):
        _refuse_second_route(draft, table, destination)
    match step:
        case AddGroupRule():
            draft.add_rule(step.group, step.direction, step.protocol, (step.first, step.last), step.peer, step.owner)
        case AddAclEntry():
            draft.record(step.acl).setdefault("Entries", []).append(_entry(step))
        case AssociateEndpoint():
            tables = draft.record(step.endpoint).setdefault("RouteTableIds", [])
            tables.append(step.table)
            draft.add_route(step.table, step.prefix_list, step.endpoint)
        case CreateEndpoint():
            _create_endpoint(draft, step)
        case CreateGroup():
            _create_group(draft, step)
        case AttachGroup():
            record = draft.record(step.endpoint)
            for one in (record, *map(draft.record, record.get("NetworkInterfaceIds") or ())):
                one["Groups"] = [*(one.get("Groups") or ()), {"GroupId": step.group, "GroupName": step.group}]
        case SetPrivateDns():
            _switch_private_dns_on(draft.record(step.endpoint))
        case SetVpcAttribute():
            key = step.attribute[0].upper() + step.attribute[1:]
            home = draft.network.home_of(step.vpc)
            path = draft.network.path(home, "ec2", "describe-vpc-attribute", f"{step.vpc}.{step.attribute}")
            draft.put(path, {"VpcId": step.vpc, key: {"Value": True}})
        case AddPolicyStatement():
            document = holders.read(draft, step.holder)
            document["Statement"].append(json.loads(step.statement))
            holders.write(draft, step.holder, document)
        case ReplaceStatement():
            document = holders.read(draft, step.holder, step.policy)
            document["Statement"][step.number] = json.loads(step.statement)
            holders.write(draft, step.holder, document, step.policy)
        case SetEndpointPolicy():
            draft.set_policy(step.endpoint, json.loads(step.document))
        case AddInlinePolicy():
            holders.add_inline(draft, step.principal, step.name, json.loads(step.document))
        case IgnorePublicAcls():
            path = draft.network.path((step.account, "global"), "s3api", "get-public-access-block", step.bucket)
            draft.put(path, {"PublicAccessBlockConfiguration": step.settings})
        case AddTrustStatement():
            holders.add_trust(draft, step.role, json.loads(step.statement))
        case CopyImage():
            _copy_image(draft, step)
        case UseImage():
            _copy_image(draft, step)
            _use_image(draft, step)
        case AddRoute():
            draft.add_route(step.table, step.destination, step.target)
        case AddTransitRoute():
            _add_transit_route(draft, step)
        case AssociateZone():
            path = draft.network.path((step.owner, "global"), "route53", "get-hosted-zone", step.zone)
            draft.document(path).setdefault("VPCs", []).append({"VPCRegion": step.region, "VPCId": step.vpc})
        case DeleteRoute():
            draft.remove_route(step.table, step.destination)
        case DisablePropagation():
            draft.stop_propagation(step.table, step.gateway)
        case RemoveGroupRule():
            is_id = step.rule.startswith("sgr-")
            draft.remove_rule(step.rule if is_id else f"{step.group}/{step.direction}/{step.rule}")
        case SetProjectVpc():
            _set_vpc(draft, "projects", "name", step.project, step)
        case SetFleetVpc():
            _set_vpc(draft, "fleets", "arn", step.fleet, step)
        case _:
            assert_never(step)


def _refuse_second_route(draft: Draft, table: str, destination: str) -> None:
    """A table holds one static route to a destination; CreateRoute and a gateway endpoint are refused a second."""
    key = destination_field(destination)
    for one in draft.record(table).get("Routes") or ():
        if one.get(key) == destination and one.get("Origin") != PROPAGATED:
            raise QuestionError(f"{table} has a route to {destination} already", "BAD_EDIT")


def _add_transit_route(draft: Draft, step: AddTransitRoute) -> None:
    home = draft.network.home_of(step.table)
    path = draft.network.path(home, "ec2", "search-transit-gateway-routes", step.table)
    target = {"TransitGatewayAttachmentId": step.attachment, "ResourceId": step.vpc, "ResourceType": "vpc"}
    draft.document(path).setdefault("Routes", []).append({
        "DestinationCidrBlock": step.destination, "TransitGatewayAttachments": [target], "Type": "static",
        "State": "active",
    })  # fmt: skip


def _set_vpc(draft: Draft, key: str, field: str, name: str, step: SetProjectVpc | SetFleetVpc) -> None:
    for one in draft.rows(f"batch-get-{key}", key, "codebuild"):
        if one.get(field) == name:
            one["vpcConfig"] = vpc_config(step)


def _entry(step: AddAclEntry) -> Record:
    return {
        "RuleNumber": step.number, "Egress": step.egress, "RuleAction": "allow",
        "Protocol": str(protocol_number(step.protocol)),
        "Ipv6CidrBlock" if ":" in step.block else "CidrBlock": step.block,
        **span_of(step),
    }  # fmt: skip


def _create_endpoint(draft: Draft, step: CreateEndpoint) -> None:
    network = draft.network
    for gone in step.instead_of:
        remove_component(draft, gone)
    home = network.home_of(step.vpc)
    full = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
    record: Record = {
        "VpcEndpointId": step.id, "VpcEndpointType": "Gateway" if step.is_gateway else "Interface", "VpcId": step.vpc,
        "ServiceName": step.service_name, "State": "available", "PolicyDocument": json.dumps(full),
        "RouteTableIds": list(step.tables), "SubnetIds": [subnet for subnet, _ in step.places],
        "Groups": [{"GroupId": group, "GroupName": group} for group in step.groups], "PrivateDnsEnabled": False,
        "NetworkInterfaceIds": [], "DnsEntries": [], "OwnerId": home[0], "ServiceRegion": home[1],
    }  # fmt: skip
    for number, (subnet, address) in enumerate(step.places, 1):
        eni = f"eni-{step.id.removeprefix('vpce-')}-{number}"
        record["NetworkInterfaceIds"].append(eni)
        draft.add(home, "eni", {
            "NetworkInterfaceId": eni, "VpcId": step.vpc, "SubnetId": subnet, "InterfaceType": "vpc_endpoint",
            "Description": f"VPC Endpoint Interface {step.id}", "RequesterManaged": True, "Status": "in-use",
            "SourceDestCheck": True, "PrivateIpAddress": address, "OwnerId": home[0], "Ipv6Addresses": [],
            "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}], "Groups": record["Groups"],
            "AvailabilityZone": _zone(network, subnet), "TagSet": [],
        })  # fmt: skip
    draft.add(home, "vpce", record)
    for table in step.tables:
        draft.add_route(table, step.prefix_list, step.id)
    if not step.is_gateway:
        _switch_private_dns_on(record)


def _zone(network: Network, subnet: str) -> str:
    found = network.subnets.get(subnet)
    return (found.availability_zone or "") if found else ""


def _switch_private_dns_on(record: Record) -> None:
    """Private DNS adds the service's own names to the endpoint's."""
    record["PrivateDnsEnabled"] = True
    known = services.suffix_of_service_name(str(record.get("ServiceName")))
    entries = record.setdefault("DnsEntries", [])
    there = {str(one.get("DnsName", "")) for one in entries if isinstance(one, dict)}
    names = services.private_dns_names(*known) if known else ()
    entries += [{"DnsName": name, "HostedZoneId": "ZPROPOSED"} for name in names if name not in there]


def _create_group(draft: Draft, step: CreateGroup) -> None:
    home = draft.network.home_of(step.vpc)
    draft.add(home, "sg", {
        "GroupId": step.id, "GroupName": step.name, "Description": step.description, "VpcId": step.vpc,
        "OwnerId": home[0], "IpPermissions": [], "IpPermissionsEgress": [], "Tags": [],
    })  # fmt: skip


def _copy_image(draft: Draft, step: CopyImage | UseImage) -> None:
    region, account, rest = step.repository.split(":", 5)[3:]
    name = rest.removeprefix("repository/")
    path = draft.network.path((account, region), "ecr", "describe-repositories")
    rows = draft.document(path).setdefault("repositories", [])
    if not any(one.get("repositoryName") == name for one in rows):
        rows.append({"repositoryArn": step.repository, "registryId": account, "repositoryName": name,
                     "repositoryUri": step.to.split(":")[0]})  # fmt: skip
        policy = draft.network.path((account, region), "ecr", "get-repository-policy", name)
        draft.put(policy, {"Error": {"Code": "RepositoryPolicyNotFoundException"}})


def _use_image(draft: Draft, step: UseImage) -> None:
    for file, number in step.places:
        path = f"code/{step.project}/{file}"
        lines = draft.text(path).splitlines(keepends=True)
        line = lines[number - 1] if number <= len(lines) else ""
        if step.image not in line:
            raise QuestionError(f"{path}:{number} does not name {step.image}", "NO_SUCH_COMPONENT")
        lines[number - 1] = line.replace(step.image, step.to, 1)
        draft.put(path, "".join(lines))

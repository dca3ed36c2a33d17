"""Hosted zones with their records, and Route 53 Resolver rules.

**Source:** Route 53 API reference (HostedZone, ResourceRecordSet), Route 53 Resolver API reference.
"""

from __future__ import annotations

from dataclasses import replace

from reachsim.importers.planned.resource import Home, Resource, number_of, text_of
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import UNDECIDED, World
from reachsim.importers.tree import Document


def _everywhere(home: Home) -> Home:
    return (home[0], "global")


def zone(world: World, one: Resource) -> None:
    name = one.text("name").rstrip(".") + "."
    vpcs = [
        {"VPCRegion": text_of(block, "vpc_region") or one.home[1], "VPCId": text_of(block, "vpc_id")}
        for block in one.blocks("vpc") if text_of(block, "vpc_id")
    ]  # fmt: skip
    private = bool(one.blocks("vpc")) or bool(one.text("vpc_id")) or any(at.startswith("vpc") for at in one.unknown)
    header = {
        "Id": f"/hostedzone/{one.id}",
        "Name": name,
        "CallerReference": one.id,
        "Config": {"PrivateZone": private},
    }
    held = world.add(one.home, "route53/list-hosted-zones", header)
    place = _everywhere(one.home)
    known = world.document(place, f"route53/get-hosted-zone/{one.id}")
    old = [vpc for vpc in (known or {}).get("VPCs", []) if one.action == "update"]
    vpcs += [vpc for vpc in old if vpc not in vpcs]
    world.put(place, f"route53/get-hosted-zone/{one.id}", {"HostedZone": held, "VPCs": vpcs})
    if world.document(place, f"route53/list-resource-record-sets/{one.id}") is None:
        world.put(place, f"route53/list-resource-record-sets/{one.id}", {"ResourceRecordSets": []})
    for vpc in vpcs if one.open("name") else ():
        world.undecided_names(one, "the name", vpc["VPCId"])
    if private and (len(vpcs) < len(one.blocks("vpc")) or one.open("vpc", "vpc_id")):
        world.undecided(one, "a VPC of the zone")
        world.dropped.append((place, f"route53/get-hosted-zone/{one.id}"))


def namespace(world: World, one: Resource) -> None:
    """A private namespace of Cloud Map: AWS makes a private hosted zone for it, whose records are those of whatever is
    registered (Cloud Map Developer Guide, "Creating namespaces").
    """
    zone_id = str(attribute(one, "hosted_zone"))
    values = {"name": one.text("name"), "vpc": [{"vpc_id": one.text("vpc")}]}
    zone(world, replace(one, id=zone_id, values=values))
    if world.alone or one.new:
        world.undecided(one, "what is registered in the zone", zone_id)
        world.dropped.append((_everywhere(one.home), f"route53/list-resource-record-sets/{zone_id}"))


def zone_association(world: World, one: Resource) -> None:
    zone_id = one.text("zone_id")
    document = world.document(_everywhere(one.home), f"route53/get-hosted-zone/{zone_id}")
    if document is None:
        if one.action != "delete":
            world.undecided_names(one, f"the zone {zone_id}".strip(), one.text("vpc_id"))
        return
    vpc = {"VPCRegion": one.text("vpc_region") or one.home[1], "VPCId": one.text("vpc_id")}
    if not vpc["VPCId"]:
        world.undecided(one, "the VPC")
        world.dropped.append((_everywhere(one.home), f"route53/get-hosted-zone/{zone_id}"))
        return
    document["VPCs"] = [held for held in document.get("VPCs", []) if held["VPCId"] != vpc["VPCId"]]
    if one.action != "delete":
        document["VPCs"].append(vpc)


def record(world: World, one: Resource) -> None:
    zone_id = one.text("zone_id") or text_of(one.before, "zone_id") or _only_zone(world, one)
    place = _everywhere(one.home)
    document = world.document(place, f"route53/list-resource-record-sets/{zone_id}")
    if document is None:
        if zone_id:
            return  # a zone that the source doesn't hold: what it answers is unknown anyhow
        _any_zone(world, one)
        return
    header = (world.document(place, f"route53/get-hosted-zone/{zone_id}") or {}).get("HostedZone", {})
    name = _full(one.text("name") or text_of(one.before, "name"), str(header.get("Name", "")))
    kind, label = one.text("type") or text_of(one.before, "type"), one.text("set_identifier")
    document["ResourceRecordSets"] = [
        held for held in document["ResourceRecordSets"]
        if (held["Name"], held["Type"], held.get("SetIdentifier", "")) != (name, kind, label)
    ]  # fmt: skip
    if one.action == "delete":
        return
    opened = one.open("name", "type")
    if opened:
        world.undecided(one, " and ".join(opened))
        world.dropped.append((place, f"route53/list-resource-record-sets/{zone_id}"))
        return
    made: Document = {"Name": name, "Type": kind}
    if label:
        made["SetIdentifier"] = label
    alias = one.blocks("alias")
    target = text_of(alias[0], "name") if alias else ""
    if target:
        made["AliasTarget"] = {"DNSName": target.rstrip(".") + ".", "HostedZoneId": text_of(alias[0], "zone_id"),
                               "EvaluateTargetHealth": False}  # fmt: skip
    elif one.texts("records"):
        made |= {"TTL": number_of(one.values, "ttl") or 300,
                 "ResourceRecords": [{"Value": value} for value in one.texts("records")]}  # fmt: skip
    else:
        _open_answer(world, one, zone_id, name)
        return
    document["ResourceRecordSets"].append(made)


def _open_answer(world: World, one: Resource, zone_id: str, name: str) -> None:
    """What a record answers is not told: its name is open in the VPCs of a private zone, and all names of a zone of
    which nothing tells these.
    """
    place = _everywhere(one.home)
    call = f"route53/get-hosted-zone/{zone_id}"
    held = world.document(place, call) or {}
    vpcs = [str(vpc["VPCId"]) for vpc in held.get("VPCs", [])] if (place, call) not in world.dropped else []
    for vpc_id in vpcs:
        world.undecided_names(one, "what the record answers", vpc_id, name.rstrip("."))
    if not vpcs:
        world.undecided(one, "what the record answers", zone_id)
        world.drop(place, f"route53/list-resource-record-sets/{zone_id}")


def _any_zone(world: World, one: Resource) -> None:
    """A record of a zone that nothing tells: what the zones answer in which it may be is open."""
    world.undecided(one, "the zone")
    for home, held in world.each("route53/list-hosted-zones"):
        if one.open("name") or f".{_full(one.text('name'), '')}".endswith(f".{held.get('Name', '')}"):
            zone_id = str(held["Id"]).removeprefix("/hostedzone/")
            world.dropped.append((home, f"route53/list-resource-record-sets/{zone_id}"))


def _only_zone(world: World, one: Resource) -> str:
    """The zone that a template names by its domain (``HostedZoneName``), if there is one only."""
    name = one.text("hosted_zone_name").rstrip(".")
    found = [
        str(held["Id"]).removeprefix("/hostedzone/") for home, held in world.each("route53/list-hosted-zones")
        if name and home[0] == one.home[0] and str(held.get("Name", "")).rstrip(".") == name
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _full(name: str, zone_name: str) -> str:
    name = name.rstrip(".")
    bare = zone_name.rstrip(".")
    if not name:
        return zone_name
    return f"{name}." if not bare or name == bare or name.endswith(f".{bare}") else f"{name}.{bare}."


def resolver_rule(world: World, one: Resource) -> None:
    made: Document = {
        "Id": one.id, "DomainName": one.text("domain_name").rstrip(".") + ".", "Status": "COMPLETE",
        "RuleType": one.text("rule_type"), "Name": one.text("name"), "OwnerId": one.home[0],
        "TargetIps": [
            {"Ip": text_of(block, "ip"), "Port": number_of(block, "port") or 53} for block in one.blocks("target_ip")
            if text_of(block, "ip")
        ],
    }  # fmt: skip
    if one.text("resolver_endpoint_id"):
        made["ResolverEndpointId"] = one.text("resolver_endpoint_id")
    world.add(one.home, "route53resolver/list-resolver-rules", made)
    opened = one.open("domain_name", "rule_type")
    if opened:
        world.open_rules[one.id] = one


def _open_names(world: World, one: Resource, vpc_id: str, what: str) -> None:
    """Which names a rule is about, or where it holds, is not told: none is known in the VPC, or in any."""
    for _, each in world.each("ec2/describe-vpcs"):
        if vpc_id in ("", each["VpcId"]):
            world.undecided_names(one, what, str(each["VpcId"]))


def resolver_association(world: World, one: Resource) -> None:
    world.add(one.home, "route53resolver/list-resolver-rule-associations", {
        "Id": one.id, "ResolverRuleId": one.text("resolver_rule_id"), "VPCId": one.text("vpc_id"), "Status": "COMPLETE",
    })  # fmt: skip
    opened = one.open("resolver_rule_id", "vpc_id")
    if opened:
        _open_names(world, one, one.text("vpc_id"), " and ".join(opened))
    rule = world.open_rules.get(one.text("resolver_rule_id"))
    if rule is not None:
        _open_names(world, rule, one.text("vpc_id"), " and ".join(rule.open("domain_name", "rule_type")))


def resolver_endpoint(world: World, one: Resource) -> None:
    """An endpoint with the addresses of its interfaces, drawn from their subnets where they are not fixed."""
    addresses = []
    for block in one.blocks("ip_address"):
        subnet = text_of(block, "subnet_id")
        address = text_of(block, "ip") or world.draw(subnet)
        if address:
            addresses.append({"SubnetId": subnet, "Ip": world.take(subnet, address), "Status": "ATTACHED"})
    subnets = [str(held["SubnetId"]) for held in addresses]
    world.add(one.home, "route53resolver/list-resolver-endpoints", {
        "Id": one.id, "Direction": one.text("direction"), "Status": "OPERATIONAL",
        "SecurityGroupIds": one.texts("security_group_ids"), "IpAddressCount": len(addresses),
        "HostVPCId": str((world.get(subnets[0]) or {}).get("VpcId", "")) if subnets else "",
    })  # fmt: skip
    call = f"route53resolver/list-resolver-endpoint-ip-addresses/{one.id}"
    world.put(one.home, call, {"IpAddresses": addresses})


def profile_association(world: World, one: Resource) -> None:
    """What a Route 53 Profile brings into a VPC is not read: zones, rules and filters of which no name is free."""
    _open_names(world, one, one.text("resource_id"), "what the profile brings")
    world.leave_out(one.address, one.kind, f"{UNDECIDED}every name that the VPC's resolver answers")

"""Load balancers: their interfaces, listeners and target groups, as ``aws elbv2`` and ``aws elb`` print them.

A load balancer has one interface per subnet. Targets that a service or an Auto Scaling group registers exist only once
it runs: which ones a group holds is then left out, and so is unknown.

**Source:** Elastic Load Balancing guides: "How Elastic Load Balancing works", "Target groups", "Listeners";
documentation of ``aws_lb`` and ``AWS::ElasticLoadBalancingV2::LoadBalancer``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reachsim.importers.planned.defaults import default_groups
from reachsim.importers.planned.interfaces import interface_record
from reachsim.importers.planned.resource import Resource, Values, blocks_of, number_of, text_of, texts_of
from reachsim.importers.planned.symbols import arn, attribute, balancer_ending
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

TARGET_GROUPS: Final = "elbv2/describe-target-groups"
BALANCERS: Final = "elbv2/describe-load-balancers"
_ENFORCES: Final = "enforce_security_group_inbound_rules_on_private_link_traffic"
CLASSIC: Final = "elb/describe-load-balancers"


def balancer(world: World, one: Resource) -> None:
    """An Application, Network or Gateway Load Balancer with its interfaces."""
    kind = one.text("load_balancer_type") or "application"
    internal = one.flag("internal")
    subnets = _mappings(one)
    if one.open("subnets", "subnet_mapping"):
        world.warnings.append(f"{one.address}: its subnets are known only after apply")
        world.drop(one.home, BALANCERS)
    nodes = [f"eni-{attribute(one, 'name')}-{number}" for number in range(1, len(subnets) + 1)]
    if one.open("internal") and nodes:
        world.undecided(one, "internal", *nodes, ways=("leak", "block"))
    vpc_id = next((str(held["VpcId"]) for subnet, _, _ in subnets if (held := world.get(subnet)) is not None), "")
    groups = one.texts("security_groups")
    if not groups and kind == "application":
        groups = default_groups(world, vpc_id)
    name = str(attribute(one, "name"))
    document = world.document(one.home, BALANCERS)
    enforces = one.text(_ENFORCES)
    if document is not None:
        world.add(one.home, BALANCERS, {
            **({"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": enforces} if enforces else {}),
            "LoadBalancerArn": arn(one), "LoadBalancerName": name, "DNSName": str(attribute(one, "dns_name")),
            "Scheme": "internal" if internal else "internet-facing", "VpcId": vpc_id, "State": {"Code": "active"},
            "Type": kind, "SecurityGroups": groups, "IpAddressType": one.text("ip_address_type") or "ipv4",
            "AvailabilityZones": [
                {"ZoneName": (world.get(subnet) or {}).get("AvailabilityZone", ""), "SubnetId": subnet}
                for subnet, _, _ in subnets
            ],
        })  # fmt: skip
    crosses = one.flag("enable_cross_zone_load_balancing", kind == "application")
    pairs = _pairs(one, "load_balancer_attributes") or {"load_balancing.cross_zone.enabled": str(crosses).lower()}
    world.put(one.home, f"elbv2/describe-load-balancer-attributes/{name}", {"Attributes": _listed(pairs)})
    listeners = f"elbv2/describe-listeners/{name}"
    if world.document(one.home, listeners) is None:
        world.put(one.home, listeners, {"Listeners": []})
    description = f"ELB {balancer_ending(one)}"
    for number, (subnet, allocation, fixed) in enumerate(subnets, start=1):
        more = {"InterfaceType": "network_load_balancer" if kind == "network" else "interface",
                "SourceDestCheck": kind != "network"}  # fmt: skip
        eip = str((world.get(allocation) or {}).get("PublicIp", ""))
        _node(world, one, f"eni-{name}-{number}", subnet, groups, internal, description, more, fixed, eip)


def _mappings(one: Resource) -> list[tuple[str, str, str]]:
    """(subnet, allocation of its Elastic IP address, private address) of every node."""
    found = [(subnet, "", "") for subnet in one.texts("subnets")]
    for block in one.blocks("subnet_mapping"):
        address = text_of(block, "private_ipv4_address", "private_i_pv4_address")
        found.append((text_of(block, "subnet_id"), text_of(block, "allocation_id"), address))
    return [row for row in {row[0]: row for row in found}.values() if row[0]]


def _node(
    world: World, one: Resource, eni: str, subnet: str, groups: list[str], internal: bool, description: str,
    more: Document, fixed: str = "", public: str = "",
) -> None:  # fmt: skip
    address = fixed or world.draw(subnet)
    if address is None:
        world.warnings.append(f"{one.address}: its interface in {subnet} could not be placed: no such subnet here")
        return
    if not internal and not public:
        public = world.draw_public()
    world.note(eni, "PLANNED_ADDRESS", f"AWS has yet to pick the addresses of {one.address} in {subnet}: "
               f"{', '.join(filter(None, (address, public)))} stand for them")  # fmt: skip
    interface_record(world, one.home, eni, subnet, [(address, public or None)], groups, {
        "Description": description, "RequesterManaged": True, **more,
    })  # fmt: skip


def _pairs(one: Resource, name: str) -> dict[str, str]:
    """Attributes that CloudFormation lists as keys and values."""
    return {text_of(block, "key"): text_of(block, "value") for block in one.blocks(name)}


def _listed(pairs: dict[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in pairs.items() if key]


def target_group(world: World, one: Resource) -> None:
    kind = one.text("target_type") or "instance"
    name = str(attribute(one, "name"))
    record: Document = {
        "TargetGroupArn": arn(one), "TargetGroupName": name, "TargetType": kind,
        "IpAddressType": one.text("ip_address_type") or "ipv4", "VpcId": one.text("vpc_id"),
    }  # fmt: skip
    if kind != "lambda":
        record |= {"Protocol": one.text("protocol") or "HTTP", "Port": number_of(one.values, "port") or 80}
    world.add(one.home, TARGET_GROUPS, record).setdefault("LoadBalancerArns", [])
    pairs = _pairs(one, "target_group_attributes")
    for own, key in (("preserve_client_ip", "preserve_client_ip.enabled"),
                     ("load_balancing_cross_zone_enabled", "load_balancing.cross_zone.enabled")):  # fmt: skip
        if one.text(own) or isinstance(one.values.get(own), bool):
            pairs[key] = str(one.values[own]).lower()
    world.put(one.home, f"elbv2/describe-target-group-attributes/{name}", {"Attributes": _listed(pairs)})
    rows = [_target(block) for block in one.blocks("targets")]
    world.put(one.home, f"elbv2/describe-target-health/{name}", {"TargetHealthDescriptions": rows})
    opened = one.open("targets", "protocol", "port", "target_type")
    if opened:
        _open_targets(world, one, " and ".join(opened), record)


def _open_targets(world: World, one: Resource, what: str, *groups: Document) -> None:
    """Where target groups send to is not told: that of these, or of all where it is not told which is meant."""
    world.undecided(one, what)
    for home, group in world.each(TARGET_GROUPS):
        if not groups or group in groups:
            world.dropped.append((home, f"elbv2/describe-target-health/{group['TargetGroupName']}"))


def _target(block: Values) -> Document:
    described: Document = {"Id": text_of(block, "target_id", "id")}
    port, zone = number_of(block, "port"), text_of(block, "availability_zone")
    described |= ({"Port": port} if port else {}) | ({"AvailabilityZone": zone} if zone else {})
    return {"Target": described}


def attachment(world: World, one: Resource) -> None:
    """A target registered by a resource of its own."""
    group = world.get_in(TARGET_GROUPS, one.text("target_group_arn"))
    if group is None:
        if not one.text("target_group_arn"):
            _open_targets(world, one, "the target group")
        return
    opened = one.open("port", "target_id", "availability_zone")
    if opened:
        _open_targets(world, one, " and ".join(opened), group)
        return
    call = f"elbv2/describe-target-health/{group['TargetGroupName']}"
    held = world.document(one.home, call)
    if not one.text("target_id"):
        world.drop(one.home, call)
    elif held is not None:
        held["TargetHealthDescriptions"].append(_target(one.values))


_GROUPS_NAMED: Final = ("target_group_arns", "lb_target_group_arn", "target_group_arn", "alternate_target_group_arn")
_CLASSIC_NAMED: Final = ("load_balancers", "load_balancer_names", "load_balancer_name", "elb_name", "elb")
_EITHER_NAMED: Final = ("identifier",)
"""Attributes by which a service or an Auto Scaling group names what its members are registered with."""


def registering(world: World, one: Resource) -> None:
    """A service or group whose members become targets: which they are is not known before it runs."""
    blocks = [one.values, *one.blocks("load_balancer"), *one.blocks("traffic_source")]
    blocks += [inner for block in blocks for inner in blocks_of(block, "advanced_configuration")]
    names = {text for block in blocks for text in texts_of(block, *_GROUPS_NAMED, *_EITHER_NAMED)}
    for group in filter(None, (world.get_in(TARGET_GROUPS, name) for name in sorted(names))):
        world.dropped.append((one.home, f"elbv2/describe-target-health/{group['TargetGroupName']}"))
    opened = {at.rpartition(".")[2] for at in one.unknown}
    if not opened.isdisjoint(_GROUPS_NAMED + _EITHER_NAMED):
        _open_targets(world, one, "the target group")
    if (
        any(texts_of(block, *_CLASSIC_NAMED) for block in blocks)
        or any(world.get_in(CLASSIC, name) for name in names)
        or not opened.isdisjoint(_CLASSIC_NAMED + _EITHER_NAMED)
    ):
        world.drop(one.home, CLASSIC)


def listener(world: World, one: Resource) -> None:
    record = world.get_in(BALANCERS, one.text("load_balancer_arn"))
    if record is None:
        if not one.text("load_balancer_arn"):
            world.undecided(one, "the load balancer")
            world.dropped += [
                (home, f"elbv2/describe-listeners/{held['LoadBalancerName']}") for home, held in world.each(BALANCERS)
            ]
        return
    call = f"elbv2/describe-listeners/{record['LoadBalancerName']}"
    opened = one.open("port", "protocol")
    if opened:
        world.undecided(one, " and ".join(opened))
        world.dropped.append((one.home, call))
        return
    actions = [_action(block) for block in one.blocks("default_action") or one.blocks("default_actions")]
    kept = world.document(one.home, call) or {"Listeners": []}
    if any(at.split(".")[0].startswith("default_action") for at in one.unknown) and not any(
        "TargetGroupArn" in action or "ForwardConfig" in action for action in actions
    ):
        world.dropped.append((one.home, call))
        return
    for action in actions:
        _routed(world, str(record["LoadBalancerArn"]), action)
    default = "TCP" if record["Type"] == "network" else "HTTP"
    kept["Listeners"].append({
        "ListenerArn": arn(one) or one.id, "LoadBalancerArn": record["LoadBalancerArn"],
        "Port": number_of(one.values, "port") or (443 if one.text("protocol") == "HTTPS" else 80),
        "Protocol": one.text("protocol") or default, "DefaultActions": actions,
    })  # fmt: skip


def listener_rule(world: World, one: Resource) -> None:
    """What a rule of a listener forwards to is routed to by the listener's load balancer."""
    balancer_arn = _balancer_of(world, one.text("listener_arn"))
    opened = [at for at in one.unknown if "target_group" in at or "forward" in at or at == "listener_arn"]
    if opened:
        _open_targets(world, one, "the target group")
        for _, group in world.each(TARGET_GROUPS):
            for name in (
                [balancer_arn] if balancer_arn else [str(held["LoadBalancerArn"]) for _, held in world.each(BALANCERS)]
            ):
                if name not in group.setdefault("LoadBalancerArns", []):
                    group["LoadBalancerArns"].append(name)
    for block in [*one.blocks("action"), *one.blocks("actions")]:
        _routed(world, balancer_arn, _action(block))


def _balancer_of(world: World, listener: str) -> str:
    """The load balancer of a listener, by its ARN."""
    listed = (
        held for documents in world.answers.values() for call, document in documents.items()
        if call.startswith("elbv2/describe-listeners/") for held in document.get("Listeners", [])
    )  # fmt: skip
    return next((str(held["LoadBalancerArn"]) for held in listed if held["ListenerArn"] == listener), "")


def _routed(world: World, balancer_arn: str, action: Document) -> None:
    """The target groups of an action get to know their load balancer."""
    weights = action.get("ForwardConfig", {}).get("TargetGroups", [])
    for name in [action.get("TargetGroupArn"), *(held["TargetGroupArn"] for held in weights if held["Weight"])]:
        group = world.get_in(TARGET_GROUPS, str(name))
        if group is not None and balancer_arn and balancer_arn not in group.setdefault("LoadBalancerArns", []):
            group["LoadBalancerArns"].append(balancer_arn)


def _action(block: Values) -> Document:
    made: Document = {"Type": text_of(block, "type") or "forward"}
    if text_of(block, "target_group_arn"):
        made["TargetGroupArn"] = text_of(block, "target_group_arn")
    weights: list[Document] = []
    for forward in [*blocks_of(block, "forward"), *blocks_of(block, "forward_config")]:
        for group in [*blocks_of(forward, "target_group"), *blocks_of(forward, "target_groups")]:
            weight = number_of(group, "weight")
            name = text_of(group, "arn", "target_group_arn")
            weights.append({"TargetGroupArn": name, "Weight": 1 if weight is None else weight})
    if weights:
        made["ForwardConfig"] = {"TargetGroups": weights}
    return made


# --- Classic Load Balancers -------------------------------------------------------------------------------------------


def classic(world: World, one: Resource) -> None:
    """A Classic Load Balancer: ``aws_elb``, ``AWS::ElasticLoadBalancing::LoadBalancer``."""
    name, subnets, internal = one.id, one.texts("subnets"), one.flag("internal")
    listeners = [*one.blocks("listener"), *one.blocks("listeners")]
    vpc_id = next((str(held["VpcId"]) for subnet in subnets if (held := world.get(subnet)) is not None), "")
    groups = one.texts("security_groups") or default_groups(world, vpc_id)
    unseen = {at.split(".")[0] for at in one.unknown} & {"subnets", "instances", "listener", "listeners"}
    if unseen:
        world.warnings.append(f"{one.address}: {', '.join(sorted(unseen))} known only after apply")
        world.drop(one.home, CLASSIC)
    if world.document(one.home, CLASSIC) is not None:
        world.add(one.home, CLASSIC, {
            "LoadBalancerName": name, "DNSName": str(attribute(one, "dns_name")), "VPCId": vpc_id, "Subnets": subnets,
            "Scheme": "internal" if internal else "internet-facing", "SecurityGroups": groups,
            "AvailabilityZones": one.texts("availability_zones"),
            "Instances": [{"InstanceId": instance} for instance in one.texts("instances")],
            "ListenerDescriptions": [{"Listener": _classic_listener(block)} for block in listeners],
        })  # fmt: skip
    crosses: Any = one.values.get("cross_zone_load_balancing", one.values.get("cross_zone", False))
    world.put(one.home, f"elb/describe-load-balancer-attributes/{name}", {
        "LoadBalancerAttributes": {"CrossZoneLoadBalancing": {"Enabled": str(crosses).lower() == "true"}},
    })  # fmt: skip
    for number, subnet in enumerate(subnets, start=1):
        _node(
            world, one, f"eni-{name}-{number}", subnet, groups, internal, f"ELB {name}", {"InterfaceType": "interface"}
        )


def _classic_listener(block: Values) -> Document:
    return {
        "Protocol": (text_of(block, "lb_protocol", "protocol") or "TCP").upper(),
        "LoadBalancerPort": number_of(block, "lb_port") or number_of(block, "load_balancer_port") or 80,
        "InstancePort": number_of(block, "instance_port") or 80,
    }  # fmt: skip


def classic_attachment(world: World, one: Resource) -> None:
    record = world.get_in(CLASSIC, one.text("elb"))
    if record is not None and one.text("instance"):
        record["Instances"].append({"InstanceId": one.text("instance")})
    elif record is not None:
        world.drop(one.home, CLASSIC)


def group_of_instances(world: World, one: Resource) -> None:
    """An Auto Scaling group: its instances exist only once it runs; here, what they become members of."""
    registering(world, one)
    world.leave_out(one.address, one.kind, "undecidable: the instances that the group starts")


def open_zones(world: World, resources: Sequence[Resource]) -> None:
    """Leave open what does not get through a load balancer where AWS has yet to pick the zone of a subnet of its VPC.

    It sends to targets in the zones of its own subnets alone.
    """
    guessed = [
        one for one in resources
        if one.kind == "aws_subnet" and one.action != "delete" and world.get(one.id) is not None
        and not one.text("availability_zone", "availability_zone_id")
    ]  # fmt: skip
    for _, held in world.each(BALANCERS) if guessed else ():
        own = {str(zone["SubnetId"]) for zone in held["AvailabilityZones"]}
        theirs = {str(each["SubnetId"]) for _, each in world.each("ec2/describe-subnets")
                  if each.get("VpcId") == held["VpcId"]}  # fmt: skip
        for one in guessed if theirs - own else ():
            if one.id in theirs | own:
                world.undecided(one, "availability_zone", str(held["LoadBalancerArn"]))

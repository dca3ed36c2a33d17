"""What a load balancer does with one packet, read from the parsed JSON: listener, target group, target, zones.

Written from the Elastic Load Balancing guides, not from the engine. A load balancer ends the client's connection and
opens one of its own to a target; `tests.reference.interpreter` follows that one as another packet. Conventions shared
with the engine, free to choose: where the load balancer picks, target groups are sorted by ARN, targets by id and port,
an Application Load Balancer's interfaces by id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference.world import TCP, UDP, Ip, Json, Unknown, World, address, works

TAKES = {
    "HTTP": {TCP}, "HTTPS": {TCP}, "TCP": {TCP}, "TLS": {TCP}, "SSL": {TCP}, "UDP": {UDP}, "QUIC": {UDP},
    "TCP_UDP": {TCP, UDP}, "TCP_QUIC": {TCP, UDP},
}  # fmt: skip
Pick = Callable[[Sequence[Any]], Any]


class Refused(Exception):
    """The load balancer has no use for the packet: a code and the component that says so."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What the load balancer does: connect to an address and port, keeping the client's address or not. Without an
    address it answers by itself, or calls a function (``ends``).
    """

    ends: str
    address: Ip | None = None
    port: int = 0
    keeps_client: bool = False
    classic: bool = False


def is_balancer(world: World, eni: str) -> bool:
    return str(world.interfaces[eni].get("Description", "")).startswith("ELB ")


def connect(world: World, node: str, protocol: int, port: int, pick: Pick) -> Connection:
    """What becomes of a TCP or UDP packet to a port of a load balancer's interface."""
    name = world.interfaces[node]["Description"].removeprefix("ELB ")
    if "/" not in name:
        return _classic(world, node, name, protocol, port, pick)
    balancer = _active(world, name)
    listeners = [
        one
        for one in elb_file(world, "describe-listeners", balancer["LoadBalancerName"])["Listeners"]
        if one["Port"] == port and protocol in TAKES[one["Protocol"]]
    ]
    if not listeners:
        raise Refused("ELBV2_LISTENERS_MISMATCH", name)
    arns = _forwards(listeners[0])
    if not arns:
        if any(one["Type"] in ("fixed-response", "redirect") for one in listeners[0]["DefaultActions"]):
            return Connection(node)
        raise Refused("ELBV2_LISTENER_HAS_NO_TG", name)
    return _to_group(world, node, balancer, pick(arns), protocol, pick)


def _active(world: World, name: str) -> Json:
    found = [row for _, row in world.rows("elbv2/describe-load-balancers", "LoadBalancers")
             if row["LoadBalancerArn"].endswith(f":loadbalancer/{name}")]  # fmt: skip
    if not found:
        raise Unknown(name)
    held = works(found[0]["State"]["Code"], "active", "active_impaired")
    if held is not True:
        raise Refused("BAD_STATE", name) if held is False else Unknown(name)
    return found[0]


def icmp(world: World, node: str, kind: int, *, asks: bool) -> None:
    """Application and Classic Load Balancers answer a ping themselves, others take only what their listeners take.
    A message that asks for no answer has arrived.
    """
    name = world.interfaces[node]["Description"].removeprefix("ELB ")
    if asks and (name.startswith("net/") or kind not in (8, 128)):
        raise Refused("ELBV2_LISTENERS_MISMATCH", name)
    if "/" in name:
        _active(world, name)


def elb_file(world: World, operation: str, name: str, service: str = "elbv2") -> Json:
    for path, answer in world.files.items():
        if path.endswith(f"/{service}/{operation}/{name}.json"):
            return answer  # type: ignore[no-any-return]
    raise Unknown(f"{operation}/{name}")


def _forwards(listener: Json) -> list[str]:
    arns = set()
    for action in listener["DefaultActions"]:
        for one in action.get("ForwardConfig", {}).get("TargetGroups", []):
            if one.get("Weight", 1) > 0:
                arns.add(one["TargetGroupArn"])
    return sorted(arns)


def _to_group(world: World, node: str, balancer: Json, arn: str, protocol: int, pick: Pick) -> Connection:
    rows = [
        row for _, row in world.rows("elbv2/describe-target-groups", "TargetGroups") if row["TargetGroupArn"] == arn
    ]
    if not rows:
        raise Unknown(arn)
    group = rows[0]
    kind, name = group["TargetType"], group["TargetGroupName"]
    if kind != "lambda" and protocol not in TAKES[group["Protocol"]]:
        raise Refused("ELBV2_LISTENER_REQUIRES_TG_ACCEPT", name)
    described = elb_file(world, "describe-target-health", name)["TargetHealthDescriptions"]
    registered = [one["Target"] for one in described if one["TargetHealth"]["State"] != "draining"]
    if not registered:
        raise Refused("ELBV2_LISTENER_HAS_NO_TG", name)
    zones = {one["ZoneName"] for one in balancer["AvailabilityZones"]}
    targets = _in_reach(world, node, registered, zones, _crosses(world, balancer, group))
    target = pick(sorted(targets, key=lambda one: (one["Id"], one.get("Port", group.get("Port", 0)))))
    if kind == "lambda":
        return Connection(target["Id"])
    keeps = balancer["Type"] == "network" and _keeps_client(world, group)
    return Connection("", _address(world, kind, target["Id"], pick), target.get("Port", group["Port"]), keeps)


def _in_reach(world: World, node: str, targets: list[Json], zones: set[str], crosses: bool) -> list[Json]:
    """Targets in zones that are enabled; without cross-zone load balancing in the node's own. Those outside the VPC
    are everywhere.
    """
    here = world.interfaces[node]["AvailabilityZone"]
    placed = [(one, _zone(world, one)) for one in targets]
    near = [one for one, zone in placed if zone in ("all", here)]
    far = [one for one, zone in placed if zone not in ("all", here) and zone in zones]
    if crosses:
        near += far
    if not near:
        raise Refused("ELBV2_NO_TARGETS_IN_AZ" if far else "ELB_INSTALLED_AZ_RESTRICTION", node)
    return near


def _zone(world: World, target: Json) -> str:
    if "AvailabilityZone" in target:
        return str(target["AvailabilityZone"])
    if not target["Id"].startswith("i-"):
        return "all"
    return str(world.interfaces[_primary(world, target["Id"])]["AvailabilityZone"])


def _primary(world: World, instance: str) -> str:
    for _, reservation in world.rows("ec2/describe-instances", "Reservations"):
        for one in reservation["Instances"]:
            if one["InstanceId"] == instance:
                return str(one["NetworkInterfaces"][0]["NetworkInterfaceId"])
    raise Unknown(instance)


def _address(world: World, kind: str, target: str, pick: Pick) -> Ip:
    if kind == "ip":
        return address(target)
    if kind == "alb":
        ending = f"ELB {target.partition(':loadbalancer/')[2]}"
        nodes = sorted(eni for eni, row in world.interfaces.items() if row.get("Description") == ending)
        if not nodes:
            raise Unknown(target)
        return address(world.interfaces[pick(nodes)]["PrivateIpAddress"])
    return address(world.interfaces[_primary(world, target)]["PrivateIpAddress"])


def _attributes(world: World, operation: str, name: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in elb_file(world, operation, name)["Attributes"]}


def _crosses(world: World, balancer: Json, group: Json) -> bool:
    """The target group's attribute, else the load balancer's; always on at an Application Load Balancer, by default
    off at the others.
    """
    key = "load_balancing.cross_zone.enabled"
    own = _attributes(world, "describe-target-group-attributes", group["TargetGroupName"]).get(key)
    if own in ("true", "false"):
        return own == "true"
    if balancer["Type"] == "application":
        return True
    name = balancer["LoadBalancerName"]
    return _attributes(world, "describe-load-balancer-attributes", name).get(key, "false") == "true"


def _keeps_client(world: World, group: Json) -> bool:
    if group["TargetType"] == "alb" or group["Protocol"] in ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"):
        return True
    attributes = _attributes(world, "describe-target-group-attributes", group["TargetGroupName"])
    return attributes.get("preserve_client_ip.enabled", str(group["TargetType"] == "instance").lower()) == "true"


def _classic(world: World, node: str, name: str, protocol: int, port: int, pick: Pick) -> Connection:
    found = [row for _, row in world.rows("elb/describe-load-balancers", "LoadBalancerDescriptions")
             if row["LoadBalancerName"] == name]  # fmt: skip
    if not found:
        raise Unknown(name)
    balancer = found[0]
    inner = [one["Listener"]["InstancePort"] for one in balancer["ListenerDescriptions"]
             if one["Listener"]["LoadBalancerPort"] == port]  # fmt: skip
    if protocol != TCP or not inner:
        raise Refused("ELB_LISTENERS_MISMATCH", name)
    targets: list[Json] = [{"Id": one["InstanceId"]} for one in balancer["Instances"]]
    if not targets:
        raise Refused("NO_POSSIBLE_DESTINATION", name)
    answer = elb_file(world, "describe-load-balancer-attributes", name, "elb")["LoadBalancerAttributes"]
    crosses = answer["CrossZoneLoadBalancing"]["Enabled"]
    near = _in_reach(world, node, targets, set(balancer["AvailabilityZones"]), crosses)
    target = pick(sorted(near, key=lambda one: str(one["Id"])))
    return Connection("", _address(world, "instance", target["Id"], pick), inner[0], classic=True)


def nodes_behind(world: World, service: str) -> list[str]:
    """The interfaces of the load balancers of an endpoint service; none if the snapshot doesn't know it. Raises Unknown
    if it knows a load balancer without interfaces.
    """
    rows = world.rows("ec2/describe-vpc-endpoint-service-configurations", "ServiceConfigurations")
    arns = [arn for _, row in rows if row["ServiceName"] == service for arn in row["NetworkLoadBalancerArns"]]
    found: list[str] = []
    for arn in arns:
        ending = f"ELB {arn.partition(':loadbalancer/')[2]}"
        nodes = [eni for eni, row in world.interfaces.items() if row.get("Description") == ending]
        if not nodes:
            raise Unknown(arn)
        found += nodes
    return sorted(found)


def enforces_groups_on_private_link(world: World, node: str) -> bool:
    for _, row in world.rows("elbv2/describe-load-balancers", "LoadBalancers"):
        if world.interfaces[node]["Description"] == f"ELB {row['LoadBalancerArn'].partition(':loadbalancer/')[2]}":
            return bool(row.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on") == "on")
    raise Unknown(node)

"""Load balancers for the test networks: records as ``aws elbv2`` and ``aws elb`` print them, and their interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.build import Build, Record

SHORT = {"application": "app", "network": "net", "gateway": "gwy"}


def load_balancer(
    net: Build,
    name: str,
    nodes: Mapping[str, str | tuple[str, str]],
    groups: Iterable[str] = (),
    kind: str = "application",
    cross_zone: bool | None = None,
    state: str = "active",
) -> str:
    """A load balancer with an interface per subnet, ``eni-NAME-SUBNET``; returns its ARN.

    ``nodes``: address, or (address, public address), by subnet. ``cross_zone`` sets the attribute of Network Load
    Balancers.
    """
    ending = f"{SHORT[kind]}/{name}/50dc6c495c0c9188"
    arn = f"arn:aws:elasticloadbalancing:{net.region}:{net.account}:loadbalancer/{ending}"
    carried = list(groups)
    for subnet, node in nodes.items():
        _node(net, name, subnet, node, carried, f"ELB {ending}", kind)
    zones = [{"ZoneName": net[subnet]["AvailabilityZone"], "SubnetId": subnet} for subnet in nodes]
    public = any(not isinstance(node, str) for node in nodes.values())
    net._add("elbv2/describe-load-balancers", arn, {
        "LoadBalancerArn": arn,
        "LoadBalancerName": name,
        "DNSName": f"{'' if public else 'internal-'}{name}-1234567890.{net.region}.elb.amazonaws.com",
        "Scheme": "internet-facing" if public else "internal",
        "VpcId": net[next(iter(nodes))]["VpcId"],
        "State": {"Code": state},
        "Type": kind,
        "AvailabilityZones": zones,
        "SecurityGroups": carried,
        "IpAddressType": "ipv4",
    })  # fmt: skip
    attributes = [] if kind == "application" else [("load_balancing.cross_zone.enabled", cross_zone or False)]
    net.put(f"elbv2/describe-load-balancer-attributes/{name}", {"Attributes": _attributes(attributes)})
    net.put(f"elbv2/describe-listeners/{name}", {"Listeners": []})
    return arn


def _node(
    net: Build, name: str, subnet: str, node: str | tuple[str, str], groups: Sequence[str], description: str, kind: str
) -> None:
    address, public = (node, None) if isinstance(node, str) else node
    net._interface(f"eni-{name}-{subnet.removeprefix('subnet-')}", subnet, [(address, public)], {
        "InterfaceType": "network_load_balancer" if kind == "network" else "interface",
        "Description": description,
        "RequesterManaged": True,
        "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
        "Ipv6Addresses": [],
        "SourceDestCheck": kind != "network",
    })  # fmt: skip


def _attributes(pairs: Iterable[tuple[str, object]]) -> list[Record]:
    return [{"Key": key, "Value": str(value).lower()} for key, value in pairs]


def target_group(
    net: Build,
    name: str,
    targets: Iterable[str | tuple[str, int]] = (),
    protocol: str = "TCP",
    port: int = 8080,
    kind: str = "instance",
    zones: Mapping[str, str] | None = None,
    health: str | None = "healthy",
    **attributes: bool | str,
) -> str:
    """A target group with these targets (ids, or (id, port)); returns its ARN.

    ``zones``: Availability Zone by target, for addresses. ``health``: of every target. ``attributes``:
    ``preserve_client_ip`` and ``cross_zone``.
    """
    arn = f"arn:aws:elasticloadbalancing:{net.region}:{net.account}:targetgroup/{name}/6d0ecf831eec9f09"
    record = {"TargetGroupArn": arn, "TargetGroupName": name, "TargetType": kind}
    if kind != "lambda":
        record |= {"Protocol": protocol, "Port": port, "IpAddressType": "ipv4"}
    net._add("elbv2/describe-target-groups", arn, record)
    rows = []
    for target in targets:
        id, own = (target, port) if isinstance(target, str) else target
        described: dict[str, Any] = {"Id": id} if kind == "lambda" else {"Id": id, "Port": own}
        if zones and id in zones:
            described["AvailabilityZone"] = zones[id]
        rows.append({"Target": described, **({"TargetHealth": {"State": health}} if health else {})})
    net.put(f"elbv2/describe-target-health/{name}", {"TargetHealthDescriptions": rows})
    keys = {"preserve_client_ip": "preserve_client_ip.enabled", "cross_zone": "load_balancing.cross_zone.enabled"}
    pairs = [(keys[key], value) for key, value in attributes.items()]
    net.put(f"elbv2/describe-target-group-attributes/{name}", {"Attributes": _attributes(pairs)})
    return arn


def listener(
    net: Build, balancer: str, port: int, groups: Sequence[str | tuple[str, int]], protocol: str = "TCP"
) -> str:
    """A listener that forwards to target groups (ARNs, or (ARN, weight)); without any it answers by itself (404)."""
    pairs = [(group, 1) if isinstance(group, str) else group for group in groups]
    forward = [{"TargetGroupArn": group, "Weight": weight} for group, weight in pairs]
    action: Record = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    if forward:
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": forward}}
    name = net[balancer]["LoadBalancerName"]
    arn = balancer.replace(":loadbalancer/", ":listener/") + f"/{port}"
    rows = net._more[f"{net.account}/{net.region}/elbv2/describe-listeners/{name}.json"]["Listeners"]
    rows.append({
        "ListenerArn": arn, "LoadBalancerArn": balancer, "Port": port, "Protocol": protocol, "DefaultActions": [action],
    })  # fmt: skip
    return arn


def classic(
    net: Build,
    name: str,
    nodes: Mapping[str, str | tuple[str, str]],
    listeners: Iterable[tuple[int, int]],
    instances: Iterable[str],
    groups: Iterable[str] = (),
    cross_zone: bool = False,
) -> str:
    """A Classic Load Balancer with TCP listeners (its port, the instances' port); returns its name."""
    carried = list(groups)
    for subnet, node in nodes.items():
        _node(net, name, subnet, node, carried, f"ELB {name}", "classic")
    net._lists["elb/describe-load-balancers"].append({
        "LoadBalancerName": name,
        "DNSName": f"internal-{name}-1234567890.{net.region}.elb.amazonaws.com",
        "Scheme": "internal",
        "VPCId": net[next(iter(nodes))]["VpcId"],
        "Subnets": list(nodes),
        "AvailabilityZones": [net[subnet]["AvailabilityZone"] for subnet in nodes],
        "ListenerDescriptions": [
            {"Listener": {"Protocol": "TCP", "LoadBalancerPort": outer, "InstancePort": inner}}
            for outer, inner in listeners
        ],
        "Instances": [{"InstanceId": instance} for instance in instances],
        "SecurityGroups": carried,
    })  # fmt: skip
    answer = {"LoadBalancerAttributes": {"CrossZoneLoadBalancing": {"Enabled": cross_zone}}}
    net.put(f"elb/describe-load-balancer-attributes/{name}", answer)
    return name


def asked_by_arn(net: Build, call: str) -> str:
    """The file of a call about one of them (``elbv2/describe-listeners/lb``), by its ARN as the call asks for it."""
    operation, _, name = call.rpartition("/")
    if not operation.startswith("elbv2/"):
        return f"{net._home}/{call}.json"
    arn = next(one for one in net._records if f"/{name}/" in one and one.startswith("arn:aws:elasticloadbalancing:"))
    return f"{net._home}/{operation}/{arn.replace('/', '%2F')}.json"

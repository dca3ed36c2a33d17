"""Differences in AWS's words: what kind of resource, which one, what happened to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from typing import Any, Final

from reachsim.changes.statements import renamed_statement, says, statement_text
from reachsim.changes.tree import MISSING, Atom, Json, Written, described_only, restore, rule_ports

KINDS: Final[Mapping[str, str]] = {
    "Vpcs": "vpc", "Subnets": "subnet", "RouteTables": "route-table", "NetworkAcls": "network-acl",
    "SecurityGroups": "security-group", "NetworkInterfaces": "network-interface", "DhcpOptions": "dhcp-options",
    "InternetGateways": "internet-gateway", "EgressOnlyInternetGateways": "egress-only-internet-gateway",
    "NatGateways": "nat-gateway", "VpcPeeringConnections": "vpc-peering-connection",
    "TransitGateways": "transit-gateway", "TransitGatewayAttachments": "transit-gateway-attachment",
    "TransitGatewayVpcAttachments": "transit-gateway-attachment",
    "TransitGatewayPeeringAttachments": "transit-gateway-attachment",
    "TransitGatewayRouteTables": "transit-gateway-route-table", "VpnGateways": "vpn-gateway",
    "VpnConnections": "vpn-connection", "PrefixLists": "prefix-list", "VpcEndpoints": "vpc-endpoint",
    "Instances": "instance", "Reservations": "instance", "projects": "codebuild-project", "fleets": "codebuild-fleet",
    "Functions": "lambda-function", "services": "ecs-service", "HostedZones": "hosted-zone",
    "RoleDetailList": "iam-role", "UserDetailList": "iam-user", "GroupDetailList": "iam-group",
    "Policies": "iam-policy", "LoadBalancers": "load-balancer", "TargetGroups": "target-group",
    "Firewalls": "network-firewall", "Addresses": "elastic-ip", "repositories": "repository",
    "VpcBlockPublicAccessExclusions": "block-public-access-exclusion",
}  # fmt: skip
_OF_FILES: Final[Mapping[str, str]] = {
    "ec2/describe-vpc-attribute": "vpc", "ec2/get-managed-prefix-list-entries": "prefix-list",
    "ec2/search-transit-gateway-routes": "transit-gateway-route-table",
    "ec2/get-transit-gateway-route-table-associations": "transit-gateway-route-table",
    "ec2/get-transit-gateway-route-table-propagations": "transit-gateway-route-table",
    "ec2/describe-vpc-block-public-access-options": "vpc-block-public-access",
    "s3api/get-bucket-policy": "bucket", "ecr/get-repository-policy": "repository",
    "route53/get-hosted-zone": "hosted-zone", "route53/list-resource-record-sets": "hosted-zone",
}  # fmt: skip
_TARGETS: Final = (
    "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "InstanceId",
    "NetworkInterfaceId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn", "GatewayId",
)  # fmt: skip
TAGS: Final = frozenset({"Tags", "TagSet", "tags"})
_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def operation_of(file: str) -> tuple[str, str]:
    """(service and call, name of the resource the file is about or "") of a snapshot file.

    >>> operation_of("111111111111/global/s3api/get-bucket-policy/a.json")
    ('s3api/get-bucket-policy', 'a')
    """
    parts = file.removesuffix(".json").split("/", 4)
    if len(parts) < 4 or not parts[0].isdigit():
        return file, ""
    return f"{parts[2]}/{parts[3]}", parts[4].replace("%2F", "/") if len(parts) > 4 else ""


def subject(atom: Atom) -> tuple[str, str]:
    """(kind, id) of the resource that a difference is about."""
    operation, name = operation_of(atom.file)
    if operation == "ec2/describe-vpc-attribute":
        name = name.partition(".")[0]
    for at in range(len(atom.path) - 2, -1, -1):
        if atom.path[at] in KINDS and (at == 0 or atom.path[at] == "Instances"):
            key = atom.path[at + 1]
            if atom.path[at] == "projects":
                key = f"codebuild:{key}"
            if atom.path[at] == "HostedZones":
                key = key.removeprefix("/hostedzone/")
            return KINDS[atom.path[at]], key
    return _OF_FILES.get(operation, "file" if not name else operation.rpartition("/")[2]), name or atom.file


_PREFIXES: Final[Mapping[str, str]] = {
    "vpce": "vpc-endpoint", "nat": "nat-gateway", "i": "instance", "eni": "network-interface", "sg": "security-group",
    "subnet": "subnet", "vpc": "vpc", "rtb": "route-table", "acl": "network-acl", "igw": "internet-gateway",
    "eigw": "egress-only-internet-gateway", "pcx": "vpc-peering-connection", "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment", "tgw-rtb": "transit-gateway-route-table", "pl": "prefix-list",
    "dopt": "dhcp-options",
}  # fmt: skip


def kind_of(resource_id: str) -> str:
    """AWS's resource word by an id's prefix, or nothing.

    >>> kind_of("tgw-rtb-0a1b")
    'transit-gateway-route-table'
    """
    return _PREFIXES.get(resource_id.rpartition("-")[0], "")


def target_of(route: Mapping[str, Json]) -> str:
    """The id that a route leads to."""
    return next((str(route[field]) for field in _TARGETS if route.get(field)), "nothing")


def describe(atom: Atom) -> str:
    """What a difference says, without the resource's name: ``route 0.0.0.0/0 added, to nat-1``."""
    before, after = restore(atom.before), restore(atom.after)
    section = atom.path[-2] if len(atom.path) > 1 else ""
    name = atom.path[-1] if atom.path else ""
    if not atom.path or (len(atom.path) == 1 and MISSING in (atom.before, atom.after)):
        return _whole_file(atom)
    if name == "vpcConfig" and MISSING in (atom.before, atom.after):
        vpc = (before if after is MISSING else after).get("vpcId")
        return f"does not run in {vpc} any more, but outside every VPC" if after is MISSING else f"runs in {vpc} now"
    if section == "Routes":
        return _route(name, before, after)
    if section in ("IpPermissions", "IpPermissionsEgress"):
        if described_only(before, after):
            return f"description of the {_direction(section)} rule {_rule(section, before, after)} changed"
        return _happened(f"{_direction(section)} rule", _rule(section, before, after), before, after)
    if section == "Entries" and name.startswith(("inbound", "outbound")):
        return _entry(name, before, after)
    if section == "Statement":
        return statement_text(atom.path, before, after)
    if section in ("Associations", "DnsEntries"):
        return _happened("association" if section == "Associations" else "name", name, before, after)
    if section == "HostedZones" and len(atom.path) == 2:
        zone = before if after is MISSING else after
        return f"{'created' if before is MISSING else 'deleted'}: {zone.get('Name')}"
    if section == "Addresses" and len(atom.path) == 2:
        return f"allocated: {after.get('PublicIp')}" if before is MISSING else f"released: {before.get('PublicIp')}"
    if section in KINDS and len(atom.path) == 2:
        return "created" if before is MISSING else "deleted" if after is MISSING else "changed"
    return _field(atom.path, before, after)


def describe_pair(old: Atom, new: Atom) -> str:
    """What took the place of what: a rule of other ports, an entry under another number, a statement under another
    Sid.
    """
    before, after = restore(old.before), restore(new.after)
    section = old.path[-2]
    if section == "Entries":
        direction, _, number = old.path[-1].partition(" ")
        return f"{direction} rule {number} is now {new.path[-1].partition(' ')[2]}: {entry_text(after)}"
    if section == "Statement":
        return renamed_statement(old.path, new.path, after)
    said = _rule(section, before, after)
    return f"{_direction(section)} rule changed: {rule_ports(before)} → {said}"


def describe_membership(atoms: Iterable[Atom]) -> str:
    """Which security groups something had and has."""
    sides: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for atom in atoms:
        sides[0 if atom.after is MISSING else 1][atom.path[-1]] = None
    return f"security groups: {', '.join(sides[0]) or 'others'} → {', '.join(sides[1]) or 'the others'}"


def named_besides(atoms: Iterable[Atom], key: str) -> list[str]:
    """What a deleted resource was taken from."""
    found = dict.fromkeys(which for atom in atoms if (which := subject(atom))[1] != key)
    others = [other for kind, other in found if kind != "network-interface"] or [other for _, other in found]
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return [f"taken from {', '.join(others[:MOST_NAMED])}{more}"] if others else []


def blackholes(atoms: Iterable[Atom], key: str) -> list[str]:
    """Route tables in which a route to what is gone is left as a blackhole."""
    found = dict.fromkeys(
        subject(atom)[1] for atom in atoms
        if atom.path[-2:-1] == ("Routes",) and isinstance(atom.after, dict) and atom.after.get("State") == "blackhole"
        and isinstance(atom.before, dict) and subject(atom)[1] != key
    )  # fmt: skip
    return [f"leaves a blackhole in {', '.join(found)}"] if found else []


MOST_NAMED: Final = 4


def _direction(section: str) -> str:
    return "egress" if section.endswith("Egress") else "ingress"


def _whole_file(atom: Atom) -> str:
    before, after = atom.before, atom.after
    if before is MISSING:
        return "not in the older snapshot, now answered"
    if after is MISSING:
        return "no longer in the snapshot"
    if operation_of(atom.file)[0] in POLICY_FILES:
        return _whole_policy(restore(before), restore(after))
    if isinstance(before, bytes) and isinstance(after, bytes):
        return _lines(before, after)
    return "contents changed"


POLICY_FILES: Final = ("s3api/get-bucket-policy", "ecr/get-repository-policy")


def _whole_policy(before: Json, after: Json) -> str:
    """A policy where there was none, or none any more."""
    held = [one.get("Policy") or one.get("policyText") for one in (before, after)]
    text = held[1] or held[0]
    if all(held) or not isinstance(text, str):
        return "contents changed"
    try:
        statements = json.loads(text).get("Statement") or []
    except (ValueError, AttributeError):
        return "contents changed"
    told = "; ".join(says(one) for one in (statements if isinstance(statements, list) else [statements]))
    return f"policy {'added' if held[1] else 'removed'}: {told}"


def _lines(before: bytes, after: bytes) -> str:
    """The lines of a build's file that differ, the first ones."""
    old, new = (one.decode(errors="replace").splitlines() for one in (before, after))
    found = [line for line in unified_diff(old, new, lineterm="", n=0) if line[:1] in "+-" and line[:3] not in _HEADS]
    shown = "; ".join(f"{line[0]} {line[1:].strip()}" for line in found[:4])
    return f"contents changed: {shown}" + (f"; and {len(found) - 4} lines more" if len(found) > 4 else "")


_HEADS: Final = ("+++", "---")


def _happened(what: str, which: str, before: Json, after: Json) -> str:
    if before is MISSING:
        return f"{what} added: {which}"
    return f"{what} {'removed' if after is MISSING else 'changed'}: {which}"


def _route(name: str, before: Json, after: Json) -> str:
    if before is MISSING:
        return f"route {name} added, to {_way(after)}"
    if after is MISSING:
        return f"route {name} removed, it led to {_way(before)}"
    return f"route {name} replaced: {_way(before)} → {_way(after)}"


def _way(route: Json) -> str:
    state = f" ({route['State']})" if route.get("State") not in (None, "active") else ""
    held = route.get("TransitGatewayAttachments") or ()  # by id, or the list as it stands
    attachments = sorted(one if isinstance(one, str) else str(one.get("TransitGatewayAttachmentId")) for one in held)
    return f"{', '.join(attachments) or target_of(route)}{state}"


def _rule(section: str, before: Json, after: Json) -> str:
    rule = before if after is MISSING else after
    peers = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId",
             "UserIdGroupPairs": "GroupId"}  # fmt: skip
    peer = next((one.get(field) for key, field in peers.items() for one in rule.get(key) or ()), "nobody")
    return f"{rule_ports(rule)} {'to' if section.endswith('Egress') else 'from'} {peer}"


def _entry(name: str, before: Json, after: Json) -> str:
    direction, _, number = name.partition(" ")
    shown = f"{direction} rule {'*' if number in ('32767', '32768') else number}"
    if MISSING in (before, after):
        return _happened(shown, entry_text(before if after is MISSING else after), before, after)
    return f"{shown} changed: {entry_text(before)} → {entry_text(after)}"


def entry_text(entry: Mapping[str, Any]) -> str:
    """A network ACL's entry: ``allow tcp 443 to 10.0.0.0/16``."""
    protocol = str(entry.get("Protocol"))
    ports = entry.get("PortRange") or {}
    low, high = ports.get("From"), ports.get("To")
    icmp = entry.get("IcmpTypeCode")
    what = "all traffic" if protocol == "-1" else _PROTOCOLS.get(protocol, f"protocol {protocol}")
    if low is not None:
        what += f" {low}" if low == high else f" {low}-{high}"
    if icmp and icmp.get("Type") != -1:
        what += f" type {icmp.get('Type')}"
    block = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
    return f"{entry.get('RuleAction')} {what} {'to' if entry.get('Egress') else 'from'} {block}"


def _field(path: tuple[str, ...], before: Json, after: Json) -> str:
    inside = [part for part in path[2:] or path[-1:] if not part.startswith("{")]
    for labels in TAGS & set(path):
        return _tag(path[path.index(labels) + 1 :], before, after)
    if "environmentVariables" in path and path[-1] not in ("value", "type"):
        return _happened("environment variable", _variable(path[-1], before, after), before, after)
    name = ".".join(inside)
    if len(path) == 2 and path[-1] == "Value":  # an attribute in a file of its own
        name = path[0][:1].lower() + path[0][1:]
    if path[0] == "Entries" and len(path) > 1:  # else one is listed twice
        return f"entry {path[1]} {'added' if before is MISSING else 'removed' if after is MISSING else 'changed'}"
    if path[-1] in (before, after):  # an element of a list of ids
        return f"{'.'.join(inside[:-1])}: {path[-1]} {'added' if before is MISSING else 'removed'}"
    if before is MISSING:
        return f"{name} added: {_value(after)}"
    return f"{name} removed: {_value(before)}" if after is MISSING else f"{name}: {_value(before)} → {_value(after)}"


def _tag(below: Sequence[str], before: Json, after: Json) -> str:
    """What happened to tags: ``tag Name: a → b``."""
    if not below:
        tags = before if after is MISSING else after
        names = [str(one.get("Key", one.get("key"))) for one in tags if isinstance(one, Mapping)]
        return _happened("tags", ", ".join(names), before, after)
    values = [one.get("Value", one.get("value")) if isinstance(one, Mapping) else one for one in (before, after)]
    shown = ["none" if one is MISSING else _value(one) for one in values]
    return f"tag {below[0]}: {' → '.join(shown)}"


def _variable(name: str, before: Json, after: Json) -> str:
    kinds = [one.get("type") for one in (before, after) if isinstance(one, Mapping)]
    return f"{name} ({' → '.join(dict.fromkeys(map(str, kinds)))})"


def _value(value: Json) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:77]}…"


def is_policy(atom: Atom) -> bool:
    """Whether a difference lies in a policy document."""
    return "Statement" in atom.path or isinstance(atom.before, Written) or isinstance(atom.after, Written)

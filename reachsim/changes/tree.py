"""A snapshot file as a tree in which lists whose order means nothing are keyed by what their elements are.

Two such trees are compared, and single differences carried over from one to the other, without minding the order in
which AWS happened to print things. `grow` makes the tree, `restore` the file's document again.

**Source:** the shapes of the AWS CLI's answers (botocore service models); which lists mean a set is said by the API
pages of each call ("rules", "entries", "statements": order without meaning; network ACLs go by number).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

Json = Any
Node = Any
MISSING: Final = object()
"""Stands for "nothing there"."""

VOLATILE: Final = frozenset({
    "ResponseMetadata", "NextToken", "nextToken", "AvailableIpAddressCount", "availableIpAddressCount",
    "MacAddress", "AttachmentId", "AttachTime", "LaunchTime", "CreateTime", "CreateDate", "CreationTimestamp",
    "creationTime", "CreationTime", "CreatedAt", "createdAt", "created", "lastModified", "LastModified",
    "LastUpdatedDate", "lastUpdatedAt", "LastUpdateTimestamp", "LastUpdated", "lastModifiedDate", "creationDate",
    "CreationDate", "UpdateDate", "updatedAt", "StateTransitionReason", "UsageOperationUpdateTime", "RoleLastUsed",
    "PasswordLastUsed", "LastUsedDate", "LastStatusChange", "StatusUpdateTimestamp", "RouteTableAssociationId",
    "NetworkAclAssociationId", "ReservationId", "ClientToken", "CreatorRequestId", "CallerReference", "ModifiedDate",
    "events", "deployments", "runningCount", "pendingCount", "CodeSha256", "RevisionId", "storedBytes", "ETag",
    "ResourceRecordSetCount", "RequesterId", "AttachmentCount", "imageCount",
    "RoleId", "PolicyId", "InstanceProfileId", "repositoryId", "Owner",
})  # fmt: skip
"""Fields that change by themselves, or are bookkeeping that no answer rests on."""

MIRRORS: Final = frozenset({"ec2/describe-security-group-rules", "ec2/get-managed-resource-visibility"})
"""Files that say again what others say."""

ORDERED: Final = ("network-firewall/", "elbv2/", "elb/")
"""Services whose lists are orders of precedence."""

_TAGS: Final = ("Tags", "TagSet", "tags")
_SETS: Final = frozenset({
    "RouteTableIds", "SubnetIds", "subnets", "securityGroupIds", "NetworkInterfaceIds", "Cidrs", "clusterArns",
})  # fmt: skip
BY_FIELD: Final[Mapping[str, str]] = {
    "Vpcs": "VpcId", "Subnets": "SubnetId", "RouteTables": "RouteTableId", "NetworkAcls": "NetworkAclId",
    "SecurityGroups": "GroupId", "NetworkInterfaces": "NetworkInterfaceId", "DhcpOptions": "DhcpOptionsId",
    "InternetGateways": "InternetGatewayId", "EgressOnlyInternetGateways": "EgressOnlyInternetGatewayId",
    "NatGateways": "NatGatewayId", "VpcPeeringConnections": "VpcPeeringConnectionId",
    "TransitGateways": "TransitGatewayId", "TransitGatewayAttachments": "TransitGatewayAttachmentId",
    "TransitGatewayVpcAttachments": "TransitGatewayAttachmentId",
    "TransitGatewayPeeringAttachments": "TransitGatewayAttachmentId",
    "TransitGatewayRouteTables": "TransitGatewayRouteTableId", "VpnGateways": "VpnGatewayId",
    "VpnConnections": "VpnConnectionId", "CarrierGateways": "CarrierGatewayId", "PrefixLists": "PrefixListId",
    "VpcEndpoints": "VpcEndpointId", "ServiceDetails": "ServiceName",
    "SecurityGroupVpcAssociations": "GroupId", "VpcBlockPublicAccessExclusions": "ExclusionId",
    "Instances": "InstanceId", "ResolverRules": "Id", "ResolverRuleAssociations": "Id", "ResolverEndpoints": "Id",
    "FirewallRuleGroupAssociations": "Id", "ProfileAssociations": "Id", "Firewalls": "FirewallArn",
    "LoadBalancers": "LoadBalancerArn", "TargetGroups": "TargetGroupArn", "Listeners": "ListenerArn",
    "LoadBalancerDescriptions": "LoadBalancerName", "projects": "name", "fleets": "arn", "Functions": "FunctionArn",
    "services": "serviceName", "HostedZones": "Id", "RoleDetailList": "Arn", "UserDetailList": "Arn",
    "GroupDetailList": "Arn", "Policies": "Arn", "PolicyVersionList": "VersionId", "RolePolicyList": "PolicyName",
    "UserPolicyList": "PolicyName", "GroupPolicyList": "PolicyName", "AttachedManagedPolicies": "PolicyArn",
    "InstanceProfileList": "Arn", "Groups": "GroupId", "Attachments": "VpcId", "VpcAttachments": "VpcId",
    "DnsEntries": "DnsName", "CidrBlockAssociationSet": "CidrBlock",
    "Ipv6CidrBlockAssociationSet": "Ipv6CidrBlock", "PrivateIpAddresses": "PrivateIpAddress",
    "Ipv6Addresses": "Ipv6Address", "DhcpConfigurations": "Key", "repositories": "repositoryName",
    "BlockDeviceMappings": "DeviceName", "Addresses": "AllocationId", "environmentVariables": "name",
    "logGroups": "logGroupName",
}  # fmt: skip
"""The field that tells the elements of a list apart."""

ATOMIC: Final = frozenset({"Routes", "Associations", "Entries", "IpPermissions", "IpPermissionsEgress", "Statement"})
"""Lists whose elements are added, removed and replaced as a whole."""

_DOCUMENTS: Final = ("PolicyDocument", "Policy", "policyText", "Document", "AssumeRolePolicyDocument")
PEERS: Final = (
    ("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)  # fmt: skip


class Keyed(dict[str, Node]):
    """A list, its elements under what tells them apart."""


class Permissions(dict[str, Node]):
    """A security group's rules of one direction, one element per protocol, ports and peer."""


class Written(dict[str, Node]):
    """A policy document that stands in the file as text."""


def grow(document: Json, operation: str, beside: Json = None) -> Node:
    """The tree of a file. ``operation`` is the file's service and call, ``ec2/describe-vpcs``.

    What the file lists and the document ``beside`` it lists just so is left as it stands: no difference is within.
    """
    return _grow(document, "", operation.startswith(ORDERED), beside)


def _grow(value: Json, name: str, ordered: bool, beside: Json = None) -> Node:
    if isinstance(value, dict):
        others = beside if isinstance(beside, dict) else {}
        return {key: _grow(one, key, ordered, others.get(key)) for key, one in value.items()}
    if name in _DOCUMENTS and isinstance(value, str):
        return _policy(value)
    if name == "Statement" and isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or ordered:
        return value
    if name.startswith("IpPermissions"):
        return _permissions(value)
    elements = _by_key(value, name)
    if elements is None:
        return value
    known = _by_key(beside, name) if isinstance(beside, list) else None
    alike = {key for key, one in elements.items() if key in known and known[key] == one} if known else ()
    return Keyed((key, one if key in alike else _grow(one, "", ordered)) for key, one in elements.items())


def _by_key(value: list[Json], name: str) -> dict[str, Json] | None:
    """The elements of a list under what tells them apart, if something does."""
    field = BY_FIELD.get(name)
    keys = (
        [one.get(field) if isinstance(one, dict) else None for one in value]
        if field
        else [_key(one, name) for one in value]
    )
    found = {key: one for key, one in zip(keys, value, strict=True) if isinstance(key, str)}
    return found if len(found) == len(value) else None


def _policy(text: str) -> Node:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return Written(_grow(document, "", False)) if isinstance(document, dict) else text


def _key(element: Json, name: str) -> str | None:
    if name in _SETS and isinstance(element, str):
        return element
    if not isinstance(element, dict):
        return None
    if name in _TAGS:
        return _text(element, "Key", "key")
    return _KEYS[name](element) if name in _KEYS else None


def _text(element: Mapping[str, Json], *fields: str) -> str | None:
    return next((element[one] for one in fields if isinstance(element.get(one), str)), None)


def route_key(route: Mapping[str, Json]) -> str | None:
    """Destination of a route, told apart by whether it was learned (facts N5, N6)."""
    to = _text(route, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "PrefixListId")
    learned = route.get("Origin") in ("EnableVgwRoutePropagation", "Advertisement") or route.get("Type") == "propagated"
    return f"{to} (propagated)" if to and learned else to


def _association_key(one: Mapping[str, Json]) -> str | None:
    if one.get("Main") is True:
        return "main"
    return _text(one, "SubnetId", "GatewayId", "TransitGatewayAttachmentId")


def _entry_key(entry: Mapping[str, Json]) -> str | None:
    if "RuleNumber" in entry:
        return f"{'outbound' if entry.get('Egress') else 'inbound'} {entry['RuleNumber']}"
    return _text(entry, "Cidr")


def statement_key(one: Mapping[str, Json]) -> str:
    """The Sid of a policy statement, else what it says."""
    return _text(one, "Sid") or canonical(statement_form(one))


def statement_form(one: Node) -> Node:
    """A policy statement with one way to write what can be written in two: a list of one, a value given twice."""
    if not isinstance(one, dict):
        return one
    return {key: _inside(value) if isinstance(value, dict) else _listed(value) if key in _LISTED else value
            for key, value in one.items()}  # fmt: skip


_LISTED: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})


def _inside(value: dict[str, Node]) -> dict[str, Node]:
    return {key: _inside(one) if isinstance(one, dict) else _listed(one) for key, one in value.items()}


def _listed(value: Node) -> Node:
    return list(dict.fromkeys(map(str, value))) if isinstance(value, list) else [str(value)]


def described_only(before: Node, after: Node) -> bool:
    """Whether two rules of a security group differ in nothing but their description."""
    return MISSING not in (before, after) and canonical(_undescribed(before)) == canonical(_undescribed(after))


def _undescribed(node: Node) -> Node:
    if isinstance(node, dict):
        return {key: _undescribed(one) for key, one in node.items() if key != "Description"}
    return [_undescribed(one) for one in node] if isinstance(node, list) else node


def _reservation_key(one: Mapping[str, Json]) -> str | None:
    ids = [each.get("InstanceId") for each in one.get("Instances") or () if isinstance(each, dict)]
    return ",".join(sorted(each for each in ids if isinstance(each, str))) or _text(one, "ReservationId")


def _nat_address_key(one: Mapping[str, Json]) -> str | None:
    return _text(one, "NetworkInterfaceId", "AllocationId", "PrivateIp", "PublicIp")


_KEYS: Final[Mapping[str, Callable[[Mapping[str, Json]], str | None]]] = {
    "Routes": route_key, "Associations": _association_key, "Entries": _entry_key, "Statement": statement_key,
    "Reservations": _reservation_key, "NatGatewayAddresses": _nat_address_key,
    "ResourceRecordSets": lambda one: f"{one.get('Name')} {one.get('Type')} {one.get('SetIdentifier', '')}".rstrip(),
}  # fmt: skip


def _permissions(value: list[Json]) -> Node:
    found = Permissions()
    for one in value:
        if not isinstance(one, dict):
            return value
        peers = dict(PEERS)  # a list that is not there is not known, and no empty one
        base = {key: [] if key in peers else kept for key, kept in one.items()}
        for key, field in PEERS:
            for peer in one.get(key) or ():
                name = f"{rule_ports(one)} {peer.get(field) if isinstance(peer, dict) else peer}"
                found[name] = {**base, key: [peer]}
    return found


def rule_ports(permission: Mapping[str, Json]) -> str:
    """Protocol and ports of a rule in AWS's words: ``tcp 443``, ``all traffic``."""
    protocol = str(permission.get("IpProtocol"))
    low, high = permission.get("FromPort"), permission.get("ToPort")
    if protocol == "-1":
        return "all traffic"
    if low is None or low == -1:
        return protocol
    return f"{protocol} {low}" if high in (low, None, -1) else f"{protocol} {low}-{high}"


def restore(node: Node) -> Json:
    """The document that a tree was grown from, but for the order of its lists.

    >>> restore(grow({"Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": "a", "Value": "b"}]}]}, "ec2/describe-vpcs"))
    {'Vpcs': [{'VpcId': 'vpc-1', 'Tags': [{'Key': 'a', 'Value': 'b'}]}]}
    """
    if isinstance(node, Keyed | Permissions):
        return [restore(one) for one in node.values()]
    if isinstance(node, Written):
        return json.dumps({key: restore(one) for key, one in node.items()}, ensure_ascii=False)
    return {key: restore(one) for key, one in node.items()} if isinstance(node, dict) else node


def canonical(node: Node, *, ordered: bool = False) -> str:
    """Text that is equal for what means the same: without volatile fields, lists sorted unless they are orders."""
    return json.dumps(_plain(node, ordered), sort_keys=True, ensure_ascii=False)


def _plain(node: Node, ordered: bool) -> Json:
    if isinstance(node, Keyed | Permissions):
        return {f"={key}": _plain(one, ordered) for key, one in node.items()}
    if isinstance(node, dict):
        return {key: _plain(one, ordered) for key, one in node.items() if key not in VOLATILE}
    if isinstance(node, bytes):
        return node.decode("latin-1")
    if isinstance(node, list):
        plain = [_plain(one, ordered) for one in node]
        return plain if ordered else sorted(plain, key=lambda one: json.dumps(one, sort_keys=True))
    return node


class Atom(NamedTuple):
    """One difference between two trees of a file: what stands at ``path`` in the one and in the other."""

    file: str
    path: tuple[str, ...]
    before: Node
    after: Node


def differences(file: str, before: Node, after: Node, *, ordered: bool = False) -> Iterator[Atom]:
    """The differences of two trees, each as deep as what it is about goes."""
    yield from _differences(file, (), before, after, ordered)


def _differences(file: str, path: tuple[str, ...], before: Node, after: Node, ordered: bool) -> Iterator[Atom]:
    if before is after or (type(before) is type(after) and before == after):
        return
    split = isinstance(before, dict) and type(before) is type(after)
    if split and (len(path) < 2 or path[-2] not in ATOMIC):
        for key in dict.fromkeys((*before, *after)):
            if key in VOLATILE and not isinstance(before, Keyed):
                continue
            one, other = before.get(key, MISSING), after.get(key, MISSING)
            yield from _differences(file, (*path, key), one, other, ordered)
    elif before is MISSING or after is MISSING:
        if not _means_nothing(before if after is MISSING else after):
            yield Atom(file, path, before, after)
    elif canonical(_form(path, before), ordered=ordered) != canonical(_form(path, after), ordered=ordered):
        yield Atom(file, path, before, after)


def _form(path: tuple[str, ...], node: Node) -> Node:
    return statement_form(node) if path[-2:-1] == ("Statement",) else node


def _means_nothing(node: Node) -> bool:
    """An empty list is as good as none."""
    return isinstance(node, Keyed | Permissions | list) and not node


def put(tree: Node, path: tuple[str, ...], node: Node) -> Node:
    """The tree with another node, or none (`MISSING`), at a path; the given one is left as it is."""
    if not path:
        return node
    made = type(tree)(tree) if isinstance(tree, dict) else {}
    below = put(made.get(path[0], MISSING), path[1:], node)
    if below is MISSING:
        made.pop(path[0], None)
    else:
        made[path[0]] = below
    return made

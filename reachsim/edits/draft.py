"""A snapshot's files opened for editing, in AWS's terms; the result is a patch, the snapshot stays as it is."""

from __future__ import annotations

import copy
import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.records import has_ports
from reachsim.patch import Json, Patch, patch_between

Record = dict[str, Any]

TARGET_FIELDS: Final[Mapping[str, str]] = {
    "local": "GatewayId", "igw": "GatewayId", "vgw": "GatewayId", "vpce": "GatewayId",
    "eigw": "EgressOnlyInternetGatewayId", "nat": "NatGatewayId", "pcx": "VpcPeeringConnectionId",
    "tgw": "TransitGatewayId", "eni": "NetworkInterfaceId", "i": "InstanceId", "lgw": "LocalGatewayId",
    "cagw": "CarrierGatewayId",
}  # fmt: skip
"""The field of a route by the kind of its target (fact N19)."""
LISTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "vpc": ("describe-vpcs", "Vpcs", "VpcId"),
    "subnet": ("describe-subnets", "Subnets", "SubnetId"),
    "rtb": ("describe-route-tables", "RouteTables", "RouteTableId"),
    "acl": ("describe-network-acls", "NetworkAcls", "NetworkAclId"),
    "sg": ("describe-security-groups", "SecurityGroups", "GroupId"),
    "sgr": ("describe-security-group-rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    "eni": ("describe-network-interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "igw": ("describe-internet-gateways", "InternetGateways", "InternetGatewayId"),
    "eigw": ("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    "nat": ("describe-nat-gateways", "NatGateways", "NatGatewayId"),
    "pcx": ("describe-vpc-peering-connections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    "vpce": ("describe-vpc-endpoints", "VpcEndpoints", "VpcEndpointId"),
    "pl": ("describe-prefix-lists", "PrefixLists", "PrefixListId"),
    "tgw": ("describe-transit-gateways", "TransitGateways", "TransitGatewayId"),
    "tgw-attach": ("describe-transit-gateway-attachments", "TransitGatewayAttachments", "TransitGatewayAttachmentId"),
    "vgw": ("describe-vpn-gateways", "VpnGateways", "VpnGatewayId"),
    "dopt": ("describe-dhcp-options", "DhcpOptions", "DhcpOptionsId"),
}
"""Kind of id → (call, key of the list, field of the id)."""
PEERS: Final = (
    ("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)  # fmt: skip

PROPAGATED: Final = "EnableVgwRoutePropagation"
"""The origin of a route that a virtual private gateway puts into a table."""


def kind_of(component: str) -> str:
    """The kind of a resource by its id.

    >>> kind_of("tgw-attach-0a"), kind_of("vpce-0a")
    ('tgw-attach', 'vpce')
    """
    return "tgw-attach" if component.startswith("tgw-attach-") else component.partition("-")[0]


class Draft:
    """Files being edited. Each method changes what it is about and raises QuestionError if there is no such thing."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._documents: dict[str, Json] = {}

    def patch(self, why: str = "") -> Patch:
        """What was edited, as a patch."""
        return patch_between(self.network.snapshot, self._documents, why)

    def document(self, file: str) -> Json:
        """A file's document, to be changed in place; empty if the file is not there."""
        if file not in self._documents:
            snapshot = self.network.snapshot
            if not snapshot.holds(file):
                return {}
            try:
                self._documents[file] = copy.deepcopy(json.loads(snapshot.read(file)))
            except (ValueError, RecursionError) as error:
                raise SnapshotError(Fault(file, "", "JSON", str(error))) from error
        return self._documents[file]

    def text(self, file: str) -> str:
        """A file of a build, which is text. Raises QuestionError if it is not there or not in UTF-8."""
        held = self._documents.get(file)
        if isinstance(held, str):
            return held
        if not self.network.snapshot.holds(file):
            raise QuestionError(f"{file} is not in the snapshot", "NO_SUCH_COMPONENT")
        try:
            return self.network.snapshot.read(file).decode()
        except UnicodeDecodeError as error:
            raise SnapshotError(Fault(file, "", "text in UTF-8", str(error))) from error

    def put(self, file: str, document: Json) -> None:
        """A whole file: a new one, other contents, or None to take it away."""
        self._documents[file] = document

    def files(self, operation: str, service: str = "ec2") -> Iterator[str]:
        """The files of a call, of every account and Region."""
        for home in self.network.homes:
            path = self.network.path(home, service, operation)
            if self.network.snapshot.holds(path):
                yield path

    def rows(self, operation: str, key: str, service: str = "ec2") -> Iterator[Record]:
        """The records of a call, of every account and Region."""
        for file in self.files(operation, service):
            rows = self.document(file).get(key)
            yield from (one for one in rows or () if isinstance(one, dict))

    def record(self, component: str) -> Record:
        """The record of a resource, to be changed in place."""
        found = self.find(component)
        if found is None:
            raise QuestionError(f"{component} is not in the snapshot", "NO_SUCH_COMPONENT")
        return found

    def find(self, component: str) -> Record | None:
        operation, key, field = LISTS.get(kind_of(component), ("", "", ""))
        return next((one for one in self.rows(operation, key) if one.get(field) == component), None) if field else None

    def drop(self, component: str) -> None:
        """Take a resource's record out of its list."""
        operation, key, field = LISTS[kind_of(component)]
        for file in self.files(operation):
            rows = self.document(file).get(key) or []
            rows[:] = [one for one in rows if one.get(field) != component]

    def add(self, home: Home, kind: str, record: Record) -> None:
        """A new resource."""
        operation, key, _ = LISTS[kind]
        self.document(self.network.path(home, "ec2", operation)).setdefault(key, []).append(record)

    # --- routes -----------------------------------------------------------------------------------------------------

    def add_route(self, table: str, destination: str, target: str) -> None:
        """A static route; it replaces one with the same destination, as CreateRoute and ReplaceRoute do."""
        kind, destination = kind_of(target), canonical(destination)
        if kind not in TARGET_FIELDS:
            raise QuestionError(f"{target} cannot be the target of a route", "BAD_EDIT")
        routes = self.record(table).setdefault("Routes", [])
        key = destination_field(destination)
        kept = [one for one in routes if one.get(key) != destination or one.get("Origin") == PROPAGATED]
        routes[:] = [*kept, {key: destination, TARGET_FIELDS[kind]: target, "Origin": "CreateRoute", "State": "active"}]

    def remove_route(self, table: str, destination: str) -> None:
        """A route: the static one, which stands before a propagated one with the same destination."""
        routes = self.record(table).setdefault("Routes", [])
        found = [one for one in routes if one.get(destination_field(destination)) == destination]
        if not found:
            raise QuestionError(f"{table} has no route to {destination}", "NO_SUCH_COMPONENT")
        if any(one.get("GatewayId") == "local" for one in found):
            raise QuestionError(f"{table}'s route to {destination} is the local one, which nobody deletes", "BAD_EDIT")
        for one in found if destination.startswith("pl-") else ():
            self._leave_table(str(one.get("GatewayId")), table)
        static = [one for one in found if one.get("Origin") != PROPAGATED]
        routes[:] = [one for one in routes if one not in (static or found)]

    def _leave_table(self, endpoint: str, table: str) -> None:
        """A gateway endpoint's route goes as the endpoint is taken out of the table."""
        record = self.find(endpoint) if endpoint.startswith("vpce-") else None
        if record is not None:
            record["RouteTableIds"] = [one for one in record.get("RouteTableIds") or () if one != table]

    def stop_propagation(self, table: str, gateway: str) -> None:
        """The routes that a virtual private gateway puts into a table."""
        record = self.record(table)
        record["PropagatingVgws"] = [
            one for one in record.get("PropagatingVgws") or () if one.get("GatewayId") != gateway
        ]
        record["Routes"] = [
            one for one in record.get("Routes") or ()
            if one.get("Origin") != PROPAGATED or one.get("GatewayId") != gateway
        ]  # fmt: skip

    # --- rules ------------------------------------------------------------------------------------------------------

    def add_rule(
        self, group: str, direction: str, protocol: str, ports: tuple[int, int] | None, peer: str, owner: str = ""
    ) -> None:  # fmt: skip
        """A rule of a security group. ``direction``: ingress or egress; ``peer``: block, ``pl-…`` or ``sg-…``, which
        the account ``owner`` holds if not the group's own.
        """
        owner, peer = owner or self.network.home_of(group)[0], canonical(peer)
        permission: Record = {"IpProtocol": protocol, **{key: [] for key, _ in PEERS}}
        if ports is None and has_ports(protocol):
            ports = 0, 65535
        if ports is not None:
            permission |= {"FromPort": ports[0], "ToPort": ports[1]}
        key, field = peer_field(peer)
        permission[key].append({field: peer, **({"UserId": owner} if field == "GroupId" else {})})
        self.record(group).setdefault(permissions_of(direction), []).append(permission)

    def remove_rule(self, rule: str) -> None:
        """A rule by its id (``sgr-…``) or place: ``acl-…/inbound/100``, ``sg-…/ingress/tcp 443 10.0.0.0/16``."""
        component, _, rest = rule.partition("/")
        direction, _, name = rest.partition("/")
        if kind_of(component) == "sgr":
            self._remove_rule_by_id(component)
        elif kind_of(component) == "acl":
            entries = self.record(component).setdefault("Entries", [])
            egress = _is_outward(direction, rule)
            kept = [e for e in entries if e.get("Egress") != egress or str(e.get("RuleNumber")) != name]
            self._removed(entries, kept, rule)
        elif kind_of(component) == "sg":
            self._remove_peer(component, permissions_of("egress" if _is_outward(direction, rule) else "ingress"), name)
        else:
            raise QuestionError(f"{rule} is no rule: sgr-…, acl-…/inbound/100, sg-…/ingress/tcp 443 PEER", "BAD_EDIT")

    def _remove_rule_by_id(self, rule: str) -> None:
        found = self.record(rule)
        reference = (found.get("ReferencedGroupInfo") or {}).get("GroupId")
        peer = found.get("CidrIpv4") or found.get("CidrIpv6") or found.get("PrefixListId") or reference
        as_permission = {"IpProtocol": found.get("IpProtocol"), "FromPort": found.get("FromPort"),
                         "ToPort": found.get("ToPort")}  # fmt: skip
        direction = permissions_of("egress" if found.get("IsEgress") else "ingress")
        self._remove_peer(str(found.get("GroupId")), direction, f"{ports_of(as_permission)} {peer}")
        self.drop(rule)

    def _remove_peer(self, group: str, key: str, name: str) -> None:
        """Take one peer of one rule out of a group."""
        permissions = self.record(group).setdefault(key, [])
        kept = []
        removed = False
        for one in permissions:
            for peers, field in PEERS:
                there = [each for each in one.get(peers) or () if f"{ports_of(one)} {each.get(field)}" == name]
                removed = removed or bool(there)
                if there:
                    one[peers] = [each for each in one[peers] if each not in there]
            if any(one.get(peers) for peers, _ in PEERS):
                kept.append(one)
        if not removed:
            raise QuestionError(f"{group} has no rule {name!r}", "NO_SUCH_COMPONENT")
        permissions[:] = kept

    def _removed(self, rows: list[Any], kept: list[Any], what: str) -> None:
        if len(kept) == len(rows):
            raise QuestionError(f"{what} is not in the snapshot", "NO_SUCH_COMPONENT")
        rows[:] = kept

    # --- policies ---------------------------------------------------------------------------------------------------

    def set_policy(self, component: str, document: Mapping[str, Any] | None) -> None:
        """The policy of an endpoint (None: full access), of ``s3:BUCKET`` or ``ecr:REPOSITORY`` (None: no policy)."""
        kind, _, name = component.partition(":")
        text = None if document is None else json.dumps(document, ensure_ascii=False)
        if kind_of(component) == "vpce":
            full = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
            self.record(component)["PolicyDocument"] = text or json.dumps(full)
            return
        calls = {
            "s3": ("s3api", "get-bucket-policy", "Policy", "NoSuchBucketPolicy"),
            "ecr": ("ecr", "get-repository-policy", "policyText", "RepositoryPolicyNotFoundException"),
        }
        if kind not in calls or not name:
            raise QuestionError(f"{component} is no endpoint, s3:BUCKET or ecr:REPOSITORY", "BAD_EDIT")
        service, operation, key, absent = calls[kind]
        homes = [(account, "global") for account, _ in self.network.homes] if kind == "s3" else self.network.homes
        paths = [self.network.path(home, service, operation, name) for home in homes]
        known = [path for path in paths if self.network.snapshot.holds(path)] or paths[:1]
        self.put(known[0], {"Error": {"Code": absent}} if text is None else {key: text})


def destination_field(destination: str) -> str:
    if destination.startswith("pl-"):
        return "DestinationPrefixListId"
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


def canonical(block: str) -> str:
    """A block as EC2 stores it, without the bits that its prefix leaves out; what is no block stays as it is.

    >>> canonical("10.0.1.5/16"), canonical("pl-1")
    ('10.0.0.0/16', 'pl-1')
    """
    try:
        return str(ipaddress.ip_network(block, strict=False)) if "/" in block else block
    except ValueError:
        return block


def peer_field(peer: str) -> tuple[str, str]:
    """(list, field) of a security group rule that a peer goes into."""
    if peer.startswith("sg-"):
        return PEERS[3]
    return PEERS[2] if peer.startswith("pl-") else PEERS[1] if ":" in peer else PEERS[0]


def permissions_of(direction: str) -> str:
    """The list of a security group's rules in a direction. Raises QuestionError."""
    known = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
    if direction not in known:
        raise QuestionError(f"a rule's direction is ingress or egress, not {direction!r}", "BAD_EDIT")
    return known[direction]


def ports_of(permission: Mapping[str, Any]) -> str:
    """Protocol and ports as a rule's name has them: ``tcp 443``, ``all traffic``."""
    protocol, low, high = str(permission.get("IpProtocol")), permission.get("FromPort"), permission.get("ToPort")
    if protocol == "-1":
        return "all traffic"
    if low is None or low == -1:
        return protocol
    return f"{protocol} {low}" if high in (low, None, -1) else f"{protocol} {low}-{high}"


def _is_outward(direction: str, rule: str) -> bool:
    if direction not in ("inbound", "ingress", "outbound", "egress"):
        raise QuestionError(f"{rule} names no direction: COMPONENT/inbound/… or COMPONENT/outbound/…", "BAD_EDIT")
    return direction in ("outbound", "egress")

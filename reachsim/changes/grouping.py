"""Which differences are one change: what AWS does, or undoes, in one call, and what two files say of one thing.

**Source:** EC2 API, "ModifyVpcEndpoint", "ModifyNetworkInterfaceAttribute", "DeleteSecurityGroup", "ReplaceRoute",
"AssociateRouteTable".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from reachsim.changes.pairs import pairs, place
from reachsim.changes.renaming import Renaming
from reachsim.changes.staying import stale
from reachsim.changes.tree import MISSING, Atom, Node
from reachsim.changes.words import operation_of, subject, target_of


class Grouping:
    """What a difference is part of: those of one group are one change, and are undone together."""

    def __init__(self, atoms: Collection[Atom], trees: Mapping[str, Node], renaming: Renaming) -> None:
        self._stale = stale(atoms, renaming)
        self._whole = {subject(one)[1] for one in atoms if len(one.path) == 2 and MISSING in (one.before, one.after)}
        self._whole |= {subject(one)[1] for one in atoms if _ended(one)}
        self._owners, self._holders, self._instead = _owners(atoms, trees), _holders(atoms), pairs(atoms)
        self._paired = {*self._instead, *self._instead.values()}
        self._leaving = {
            self._carrier(one): one.path[-1] for one in atoms
            if _is_membership(one) and one.after is MISSING and one.path[-1] in self._whole
        }  # fmt: skip

    def of(self, atom: Atom) -> tuple[str, ...]:
        here = place(atom)
        if here in self._stale:
            return ("stale", self._stale[here])
        return ("pair", *self._instead.get(here, here)) if here in self._paired else self._group(atom)

    def _carrier(self, atom: Atom) -> str:
        """The endpoint, instance or interface that a security group is put on."""
        _, key = subject(atom)
        return self._owners.get(key, key)

    def _named_by_rule(self, atom: Atom) -> str:
        """The deleted security group that a removed rule named."""
        peer = atom.path[-1].rpartition(" ")[2]
        gone = atom.path[-2] in ("IpPermissions", "IpPermissionsEgress") and atom.after is MISSING
        return peer if gone and peer in self._whole else ""

    def _group(self, atom: Atom) -> tuple[str, ...]:
        kind, key = subject(atom)
        section = atom.path[-2] if len(atom.path) > 1 else ""
        if kind == "prefix-list":
            return ("prefix-list", key)
        if len(atom.path) == 2 and kind in ("route-table", "network-acl"):
            node = atom.before if atom.after is MISSING else atom.after
            first = next(
                (self._holders[kind, one] for one in node.get("Associations", {}) if (kind, one) in self._holders), key
            )
            return ("resource", first)
        if section == "Associations" and (kind, atom.path[-1]) in self._holders:
            return ("resource", self._holders[kind, atom.path[-1]])
        if section == "Associations" and atom.path[-1] in self._whole:
            return ("resource", atom.path[-1])
        if section == "Associations" and kind in ("route-table", "network-acl"):
            return (f"{kind} of subnet", atom.path[-1] if atom.path[-1] != "main" else f"main {atom.file}")
        if section == "Routes" and kind == "route-table":
            return self._route(atom)
        if kind == "vpc-endpoint" and key not in self._whole and len(atom.path) == 4:
            if atom.path[2] == "RouteTableIds":
                return ("endpoint association", key, atom.path[3])
            if atom.path[2] in ("SubnetIds", "NetworkInterfaceIds"):
                return ("resource", key, "interfaces")
        names = {*atom.path[2:3]} & {"PrivateDnsEnabled", "DnsEntries"}
        if kind == "vpc-endpoint" and key not in self._whole and names:
            return ("endpoint names", key)  # private DNS brings its names
        if len(atom.path) > 2 and (named := self._named_by_rule(atom)):
            return ("resource", named)
        if _is_membership(atom) and key not in self._whole and self._carrier(atom) not in self._whole:
            carrier = self._carrier(atom)
            return ("resource", self._leaving[carrier]) if carrier in self._leaving else ("groups", carrier)
        if kind == "elastic-ip" and self._owners.get(key) in self._whole:
            return ("resource", self._owners[key])
        if kind == "network-interface":
            owner = self._owners.get(key, "")
            if len(atom.path) == 2 and owner:
                return ("resource", owner) if owner in self._whole else ("resource", owner, "interfaces")
        if key in self._whole:
            return ("resource", key)
        if section == "Statement":
            return ("statement", atom.file, *atom.path)
        facet = _facet(atom)
        if facet == ("network",):
            return ("network", self._owners.get(key, key))
        return (kind, key, *facet)

    def _route(self, atom: Atom) -> tuple[str, ...]:
        sides = [one for one in (atom.before, atom.after) if isinstance(one, dict)]
        targets = {target_of(one) for one in sides}
        table = atom.path[1]
        if table in self._whole:
            return ("resource", table)
        gateway = next((one for one in targets if one.startswith("vpce-")), None)
        if gateway and any(one.get("DestinationPrefixListId") for one in sides) and len(sides) == 1:
            return ("resource", gateway) if gateway in self._whole else ("endpoint association", gateway, table)
        if len(sides) == 2 and len(targets) == 1 and targets & self._whole:
            return ("resource", next(iter(targets)))  # it became a blackhole because its target went
        return ("route", *atom.path)


def _ended(atom: Atom) -> bool:
    """Whether a gateway or connection that AWS still lists came to its end, or was not there yet."""
    ends = ("deleted", "deleting", "failed", "rejected", "expired")
    return (
        atom.path[-1:] in (("State",), ("Code",))
        and len(atom.path) in (3, 4)
        and atom.path[0] in _LISTED
        and ((atom.after in ends) != (atom.before in ends))
    )


_LISTED = ("NatGateways", "VpcPeeringConnections", "TransitGatewayVpcAttachments", "TransitGatewayAttachments",
           "TransitGateways", "VpcEndpoints")  # fmt: skip


def _is_membership(atom: Atom) -> bool:
    """Whether a difference is about which security groups something has."""
    kind, _ = subject(atom)
    return kind in ("vpc-endpoint", "instance", "network-interface") and (
        len(atom.path) > 3 and atom.path[-2] in ("Groups", "SecurityGroups")
    )


def _owners(atoms: Iterable[Atom], trees: Mapping[str, Node]) -> dict[str, str]:
    """Interface → the endpoint, NAT gateway or instance it belongs to, as the differing files tell."""
    found: dict[str, str] = {}
    for file, tree in trees.items():
        operation, _ = operation_of(file)
        held = tree if isinstance(tree, dict) else {}
        if operation == "ec2/describe-vpc-endpoints":
            for key, one in _keyed(held.get("VpcEndpoints")):
                found |= {eni: key for eni in one.get("NetworkInterfaceIds") or () if isinstance(eni, str)}
        elif operation == "ec2/describe-network-interfaces":
            for eni, one in _keyed(held.get("NetworkInterfaces")):
                owner = _owner(one)
                found |= {eni: owner} if owner else {}
        elif operation == "ec2/describe-addresses":
            for key, one in _keyed(held.get("Addresses")):
                found |= {key: one["NetworkInterfaceId"]} if one.get("NetworkInterfaceId") else {}
    for atom in atoms:
        kind, key = subject(atom)
        for node in (atom.before, atom.after):
            if kind == "elastic-ip" and isinstance(node, dict) and node.get("NetworkInterfaceId"):
                found[key] = node["NetworkInterfaceId"]
            elif kind == "elastic-ip" and atom.path[-1] == "NetworkInterfaceId" and node is not MISSING:
                found[key] = node
            if kind == "vpc-endpoint":
                inside = node.get("NetworkInterfaceIds", {}) if isinstance(node, dict) else {}
                found |= dict.fromkeys(inside, key) if len(atom.path) == 2 else {}
                if len(atom.path) == 4 and atom.path[2] == "NetworkInterfaceIds":
                    found[atom.path[3]] = key
            elif kind == "nat-gateway" and isinstance(node, dict):
                found |= {eni: key for eni in node.get("NatGatewayAddresses", {}) if str(eni).startswith("eni-")}
            elif kind == "network-interface" and len(atom.path) == 2 and isinstance(node, dict):
                owner = _owner(node)
                found |= {key: owner} if owner else {}
    return found | {key: found[owner] for key, owner in found.items() if owner in found}


_OWNER: Final = re.compile(r"\b(?:vpce|nat)-[0-9a-z]+")


def _owner(interface: Mapping[str, Any]) -> str:
    """The instance that an interface is attached to, or the endpoint or NAT gateway that its description names."""
    told = _OWNER.search(str(interface.get("Description") or ""))
    return (interface.get("Attachment") or {}).get("InstanceId") or (told[0] if told else "")


def _holders(atoms: Iterable[Atom]) -> dict[tuple[str, str], str]:
    """(kind, subnet) → the route table or network ACL that was made or deleted with the subnet associated; of two, the
    first: a subnet is never in both, so what gives it to one and takes it from the other is one change.
    """
    found: dict[tuple[str, str], str] = {}
    for atom in atoms:
        kind, key = subject(atom)
        node = atom.before if atom.after is MISSING else atom.after
        if kind in ("route-table", "network-acl") and len(atom.path) == 2:
            subnets = [(kind, one) for one in node.get("Associations", {}) if one.startswith("subnet-")]
            first = next((found[one] for one in subnets if one in found), key)
            found |= {one: first for one in subnets if one not in found}
    return found


_TOGETHER = ("NetworkInterfaces", "SecurityGroups", "PrivateIpAddresses", "Association", "Groups", "PublicIpAddress",
             "PublicDnsName", "PrivateIpAddress", "PrivateDnsName")  # fmt: skip


def _facet(atom: Atom) -> tuple[str, ...]:
    """Which side of a resource: fields that say one thing twice go together."""
    kind, _ = subject(atom)
    below = atom.path[4:] if "Reservations" in atom.path else atom.path[2:]
    if kind in ("instance", "network-interface") and below and below[0] in _TOGETHER:
        return ("network",)
    if kind == "elastic-ip" or (kind == "nat-gateway" and below and below[0] == "NatGatewayAddresses"):
        return ("network",)
    if kind == "codebuild-project" and below and below[0] == "vpcConfig":
        return ("vpcConfig",)
    if kind == "vpc" or not below:
        return (atom.file, *atom.path)
    return (*below,)


def _keyed(node: Node) -> Iterator[tuple[str, Any]]:
    """The elements of a list by their keys."""
    if isinstance(node, dict):
        decoded = (
            (key, msgspec.json.decode(one) if isinstance(one, msgspec.Raw) else one) for key, one in node.items()
        )
        yield from ((key, one) for key, one in decoded if isinstance(one, str | dict))

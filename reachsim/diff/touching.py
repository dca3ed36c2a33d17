"""Which changes can touch a question at all, by the two networks' plans alone.

A rule of a security group, an entry of a network ACL, a route and an endpoint's policy are read only by traffic that
comes past: of the ends' own interfaces and subnets, or of what stands in between (endpoints, NAT gateways, appliances,
load balancers, attachments) in a VPC that they can get to. Every other change is taken to touch everybody: an
interface's address, for one, changes what ``internet`` means. What holds on either side counts, so that it also holds
for every snapshot between the two, with some of the changes undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from reachsim.changes import Change
from reachsim.diff.cells import Asked
from reachsim.diff.scope import matters_not
from reachsim.model import records as aws
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

_NOBODY = ("internet", "vpce", "service", "ecr", "s3", "codecommit", "logs")
"""Ends that have nothing of their own: all that they come past stands in between."""
_OWN_NAMES = (".internal", ".compute.amazonaws.com", ".compute-1.amazonaws.com", ".compute.amazonaws.com.cn")
"""Ends of names that AWS gives to instances."""


class Own(NamedTuple):
    """What an end has of its own, on either side."""

    vpcs: frozenset[str]
    subnets: frozenset[str]
    groups: frozenset[str]


class Touching:
    """Which of some changes can touch which questions.

    Args:
        before, after: The two networks.
        units: Id → the changes that are made and undone together.
        pinned: Host names that the configuration gives addresses.
    """

    def __init__(
        self, before: Network, after: Network, units: Mapping[str, Sequence[Change]], pinned: Collection[str] = ()
    ) -> None:
        self.networks, self._units, self._pinned = (before, after), units, pinned
        self._zones = any(
            "/route53/get-hosted-zone/" in path for one in self.networks for path in one.snapshot.paths
        )  # fmt: skip
        self._of_end: dict[str, frozenset[str]] = {}
        self._everything = frozenset(name for name, some in units.items() if not all(map(matters_not, some)))

    @property
    def components(self) -> frozenset[str]:
        """What changed, by id."""
        changes = [one for some in self._units.values() for one in some]
        within = (str(atom.path[1]) for one in changes for atom in one.atoms if len(atom.path) > 1)
        return frozenset((*(one.component for one in changes), *within))

    @property
    def any(self) -> bool:
        """Whether there is a change of more than names."""
        return bool(self._everything)

    def question(self, asked: Asked) -> frozenset[str]:
        """The ids of those that can touch a question."""
        return self.end(asked.source) | self.end(asked.destination)

    def end(self, selector: str) -> frozenset[str]:
        """The ids of those that can touch what a source sends, or somebody receives."""
        if selector not in self._of_end:
            self._of_end[selector] = self._end(selector)
        return self._of_end[selector]

    def any_of(self, ends: Iterable[str]) -> frozenset[str]:
        """Those of some ends that a change can touch, found without asking about each interface among them."""
        wanted = frozenset(ends)
        others = wanted.difference(*(network.network_interfaces for network in self.networks))
        if others:
            others = others.difference(*(network.names_by_instance for network in self.networks))
        near = wanted if self._perhaps is None else self._perhaps & wanted | others
        return frozenset(end for end in near if self.end(end))

    def _end(self, selector: str) -> frozenset[str]:
        kind, name = parse_selector(selector).kind, parse_selector(selector).value
        public = kind == "host" and name not in self._pinned and not name.endswith(_OWN_NAMES)
        if public or kind in _NOBODY:  # whoever asks, or is asked, tells what is between
            return frozenset()
        own = None if self._zones else self._own(selector, kind)
        if own is None:
            return self._everything
        return self._touching(self._crossed(own))

    def _touching(self, crossed: Crossed) -> frozenset[str]:
        return frozenset(
            name for name in self._everything if any(not self._spares(crossed, one) for one in self._units[name])
        )

    def _spares(self, crossed: Crossed, change: Change) -> bool:
        """Whether a change surely changes nothing for an end."""
        if matters_not(change):
            return True
        places = places_of(change)
        return places is not None and all(self._passed_by(crossed, one) for one in places)

    def _passed_by(self, crossed: Crossed, place: Place) -> bool:
        """Whether traffic surely does not come past a place."""
        kind, component = place[:2]
        if kind == "vpc-endpoint":
            endpoints = [one.vpc_endpoints[component] for one in self.networks if component in one.vpc_endpoints]
            return bool(endpoints) and all(one.vpc_id not in crossed.vpcs for one in endpoints)
        if kind == "route-table" and component in self._edge_tables:
            return False
        return component not in crossed.components and component not in crossed.between

    def _crossed(self, own: Own) -> Crossed:
        """What traffic of an end comes past, at most."""
        near = self._near(own.vpcs)
        return Crossed(near.vpcs, self._components(own.subnets, own.groups), near.components)

    @cached_property
    def _perhaps(self) -> frozenset[str] | None:
        """The interfaces, and instances with one, of which alone a change may touch some; None where it may be any."""
        changes = [one for name in self._everything for one in self._units[name] if not matters_not(one)]
        if self._zones or not self._changed.isdisjoint(self._edge_tables) or None in map(places_of, changes):
            return None
        found: set[str] = set()
        for network in self.networks:
            records = network.network_interfaces
            holders = {*network.vpcs, *self._between, *network.endpoints_by_vpc}
            near = frozenset(vpc for vpc in holders if self._is_between(vpc or ""))
            found.update(network.interfaces.kinds)
            found.update(one.network_interface_id for one in self._with_changes(network))
            found.update(name for name, one in records.items() if (one.vpc_id or "") in near) if near else None
        owned = (one for network in self.networks for name in found & network.network_interfaces.keys()
                 if (one := network.network_interfaces[name].attachment) is not None)  # fmt: skip
        return frozenset((*found, *(one.instance_id for one in owned if one.instance_id)))

    def _is_between(self, vpc: str) -> bool:
        """Whether a change can touch whoever is in a VPC, by what stands in between."""
        near = self._near(frozenset((vpc,)))
        if near not in self._touched_between:
            self._touched_between[near] = bool(self._touching(Crossed(near.vpcs, frozenset(), near.components)))
        return self._touched_between[near]

    def _near(self, vpcs: frozenset[str]) -> Crossed:
        """What stands in between in the VPCs that traffic of these can get to."""
        parts = {self._joined.get(one, frozenset((one,))) for one in vpcs}
        near = next(iter(parts)) if len(parts) == 1 else frozenset().union(*parts)
        if near not in self._kept:
            between = [self._between[vpc] for vpc in near if vpc in self._between]
            subnets = frozenset(subnet for one in between for subnet in one.subnets)
            groups = frozenset(group for one in between for group in one.groups)
            self._kept[near] = Crossed(near, self._components(subnets, groups), frozenset())
        return self._kept[near]

    def _components(self, subnets: Iterable[str], groups: Iterable[str]) -> frozenset[str]:
        """What changed of the groups, and of the subnets' network ACLs and route tables."""
        filters = (name for subnet in subnets for name in self._filters.get(subnet, ()))
        return frozenset((*self._changed.intersection(groups), *filters))

    def _own(self, selector: str, kind: str) -> Own | None:
        """What is an end's own, of the kinds of which that is plain to see; None where it is not."""
        name = parse_selector(selector).value
        if kind == "codebuild":
            return self._own_of_build(name)
        mine = self._interfaces(name) if kind in ("i", "eni") else []
        if not mine or any(one.kind != "interface" for one in mine):
            return None
        return Own(
            frozenset(one.vpc_id for one in mine), frozenset(one.subnet_id for one in mine),
            frozenset(group for one in mine for group in one.groups),
        )  # fmt: skip

    def _own_of_build(self, name: str) -> Own | None:
        found = [one for network in self.networks if (one := find_project(network, name)) is not None]
        configs = [project.vpc_config for _, project in found]
        if not found or any(project.environment.fleet is not None for _, project in found):
            return None
        kept = [one for one in configs if one is not None and one.vpc_id]
        if len(kept) < len(configs):
            return None
        return Own(
            frozenset(one.vpc_id or "" for one in kept), frozenset(subnet for one in kept for subnet in one.subnets),
            frozenset(group for one in kept for group in one.security_group_ids),
        )  # fmt: skip

    # --- the plan of both networks --------------------------------------------------------------------------------

    @cached_property
    def _kept(self) -> dict[frozenset[str], Crossed]:
        return {}

    @cached_property
    def _touched_between(self) -> dict[Crossed, bool]:
        return {}

    def _interfaces(self, name: str) -> list[Interface]:
        """The interfaces of an instance, or the one of that id, on either side."""
        names = dict.fromkeys(one.id for network in self.networks for one in network.interfaces_known_as(name))
        return [network.interfaces[one] for network in self.networks for one in names if one in network.interfaces]

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Groups, network ACLs and route tables that changed inside: nothing else is asked for by where it stands."""
        changes = (one for some in self._units.values() for one in some)
        return frozenset(component for one in changes for _, component, *_ in places_of(one) or ())

    @cached_property
    def _filters(self) -> dict[str, set[str]]:
        """Subnet → the network ACLs and route tables that it has on either side, of those that changed."""
        found: dict[str, set[str]] = {}
        for network in self.networks:
            if self._changed.isdisjoint(network.network_acls.keys() | network.route_tables.keys()):
                continue
            for subnet in network.subnets:
                acl, table = network.network_acl_of(subnet), network.route_table_of(subnet)
                names = {acl.network_acl_id if acl else "", table.route_table_id if table else ""} & self._changed
                if names:
                    found.setdefault(subnet, set()).update(names)
        return found

    @cached_property
    def _edge_tables(self) -> frozenset[str]:
        """Route tables of gateways."""
        return frozenset(
            table.route_table_id for network in self.networks for table in network.route_tables.values()
            if any(one.gateway_id for one in table.associations)
        )  # fmt: skip

    @cached_property
    def _between(self) -> dict[str, Own]:
        """VPC → what stands in between there, of what has a group or a subnet's filter that changed."""
        found: dict[str, tuple[set[str], set[str]]] = {}
        for network in self.networks:
            targets = _targets(network)
            for record in self._with_changes(network):
                if _stands_between(network, record) or not targets.isdisjoint(_called(record)):
                    subnets, groups = found.setdefault(record.vpc_id or "", (set(), set()))
                    subnets.add(record.subnet_id or "")
                    groups.update(one.group_id for one in record.groups)
            for attachment in network.transit_gateway_vpc_attachments.values():
                found.setdefault(attachment.vpc_id or "", (set(), set()))[0].update(attachment.subnet_ids)
            for endpoint in network.vpc_endpoints.values():
                if endpoint.vpc_endpoint_type == "GatewayLoadBalancer":
                    found.setdefault(endpoint.vpc_id or "", (set(), set()))[0].update(endpoint.subnet_ids)
        return {vpc: Own(frozenset((vpc,)), frozenset(subnets), frozenset(groups))
                for vpc, (subnets, groups) in found.items()}  # fmt: skip

    def _with_changes(self, network: Network) -> tuple[aws.NetworkInterface, ...]:
        """The interfaces with a group, or in a subnet with a filter, that changed."""
        table = id(network.network_interfaces)  # both networks' may be one
        if table not in self._changed_records:
            changed, subnets, records = self._changed, self._filters, network.network_interfaces.values()
            found = [record for record in records for one in record.groups if one.group_id in changed]
            found += [record for record in records if record.subnet_id in subnets] if subnets else []
            self._changed_records[table] = tuple(found)
        return self._changed_records[table]

    @cached_property
    def _changed_records(self) -> dict[int, tuple[aws.NetworkInterface, ...]]:
        return {}

    @cached_property
    def _joined(self) -> dict[str, frozenset[str]]:
        """VPC → every VPC that peering connections and transit gateways may lead to, on either side."""
        found: dict[str, set[str]] = {vpc: {vpc} for network in self.networks for vpc in network.vpcs}
        for link in (link for network in self.networks for link in _links(network)):
            parts = {id(near): near for vpc in link if (near := found.get(vpc)) is not None}
            merged = set(link).union(*parts.values())
            found |= dict.fromkeys(merged, merged)
        alike: dict[int, frozenset[str]] = {}  # one set for all that it joins
        for near in found.values():
            if id(near) not in alike:
                alike[id(near)] = frozenset(near)
        return {vpc: alike[id(near)] for vpc, near in found.items()}


def only_filters(changes: Iterable[Change]) -> bool:
    """Whether all that changed are rules, entries and routes, which no policy's judgement of strangers asks about."""
    return all(
        places is not None and all(kind != "vpc-endpoint" for kind, *_ in places) for places in map(places_of, changes)
    )


class Crossed(NamedTuple):
    """VPCs that traffic can get to, and the groups, network ACLs and route tables that it may come past: of its own,
    and of what stands in between.
    """

    vpcs: frozenset[str]
    components: frozenset[str]
    between: frozenset[str]


Place = tuple[str, ...]
"""(kind of component, its id, and of a security group the direction): rules, entries, routes or a policy."""


def places_of(change: Change) -> frozenset[Place] | None:
    """Whose rules, entries, routes or policy alone changed, if that is all that a change is."""
    found: set[Place] = set()
    for atom in change.atoms:
        collection, component, section = (*map(str, atom.path[:3]), "", "", "")[:3]
        if (collection, section) not in _INSIDE:
            return None
        kind, *direction = _INSIDE[collection, section]
        if kind:
            found.add((kind, component, *direction))
    return frozenset(found)


_INSIDE: Final[Mapping[tuple[str, str], Place]] = {
    ("SecurityGroups", "IpPermissions"): ("security-group", "ingress"),
    ("SecurityGroups", "IpPermissionsEgress"): ("security-group", "egress"),
    ("NetworkAcls", "Entries"): ("network-acl",),
    ("RouteTables", "Routes"): ("route-table",),
    ("VpcEndpoints", "PolicyDocument"): ("vpc-endpoint",),
    ("VpcEndpoints", "RouteTableIds"): ("",),
}
"""Where what changed stands in a file → the kind of component; nothing reads an endpoint's route tables but from the
tables themselves.
"""


def _stands_between(network: Network, record: aws.NetworkInterface) -> bool:
    """Whether traffic of others may cross an interface, or is meant to reach it by a service's name."""
    plain = record.interface_type in (None, "interface") and record.source_dest_check is not False
    managed = record.network_interface_id in network.endpoint_of_interface or (record.description or "").startswith(
        "ELB"
    )
    return not plain or managed


def _targets(network: Network) -> frozenset[str]:
    """Instances and addresses that load balancers pass traffic on to."""
    found = {one.target.id for some in network.target_health.values() for one in some}
    classic = network.classic_load_balancers.values()
    return frozenset(found.union(one.instance_id for balancer in classic for one in balancer.instances))


def _called(record: aws.NetworkInterface) -> Iterable[str]:
    """What a load balancer may call an interface by."""
    instance = record.attachment.instance_id if record.attachment else None
    yield from (str(one.private_ip_address) for one in record.private_ip_addresses if one.private_ip_address)
    yield from (str(one.ipv6_address) for one in record.ipv6_addresses)
    yield instance or record.network_interface_id


def _links(network: Network) -> Iterable[set[str]]:
    """VPCs that a peering connection or a transit gateway joins; all transit gateways count as one."""
    for peering in network.vpc_peering_connections.values():
        yield {end.vpc_id for end in (peering.requester_vpc_info, peering.accepter_vpc_info) if end.vpc_id}
    yield {one.vpc_id for one in network.transit_gateway_vpc_attachments.values() if one.vpc_id}

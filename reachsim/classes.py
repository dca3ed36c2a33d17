"""Which interfaces no rule of the network tells apart, so that a question about one answers it for all of them.

Two interfaces are of one class if everything that the walk reads of them is equal: their VPC, type, security groups and
switches, how their subnets are filtered and routed, what may run on them, and which of the blocks named anywhere (in
rules, of firewalls too, routes, prefix lists, peering connections) hold their address. What is left to tell them apart
is their names.

An interface that something names by itself (a route's target, an endpoint, a gateway, a load balancer, an appliance, a
note of a plan), or that has a public address, several addresses or delegated prefixes, is in no class. **Source:**
engine fact sheet (classes of addresses).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cache, cached_property

from reachsim.forwarding import Ground
from reachsim.forwarding.changing import associations
from reachsim.forwarding.network_firewall import named_addresses
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.edges import edges
from reachsim.model.interfaces import Interface
from reachsim.routing import target_of

Class = int
"""A class by its number, in the order in which they were met."""
_Traits = tuple[object, ...]


class Classes:
    """The classes of a network's interfaces."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._known: dict[str, Class | None] = {}
        self._numbers: dict[_Traits, Class] = {}
        self._subnet_class: Callable[[str], Class | None] = cache(self._class_of_subnet)

    def of(self, interface: Interface) -> Class | None:
        """The class of an interface; None if it stands for itself alone."""
        if interface.id not in self._known:
            self._known[interface.id] = self._class_of(interface)
        return self._known[interface.id]

    def _numbered(self, traits: _Traits) -> Class:
        return self._numbers.setdefault(traits, len(self._numbers))

    def _class_of(self, interface: Interface) -> Class | None:
        network = self.ground.network
        if interface.kind != "interface" or interface.public or interface.addresses.size != 1:
            return None
        if not {interface.id, interface.instance_id, interface.subnet_id}.isdisjoint(self._named):
            return None
        subnet = self._subnet_class(interface.subnet_id)
        if subnet is None or network.places.home(interface.id) != network.places.home(interface.subnet_id):
            return None
        record = network.network_interfaces[interface.id]
        instance = network.instances.get(interface.instance_id or "")
        state: _Traits = (interface.instance_id is None,)
        if instance is not None:
            state = (instance.state.name, instance.platform, instance.metadata_options)
        return self._numbered((
            interface.groups, interface.source_dest_check, interface.deny_all_igw_traffic, state,
            record.interface_type, record.status, record.attachment and record.attachment.status, subnet,
            bisect_right(self.bounds, interface.addresses.first),
        ))  # fmt: skip

    def _class_of_subnet(self, name: str) -> Class | None:
        network = self.ground.network
        subnet = network.subnets.get(name)
        if subnet is None:
            return None
        table, acl = network.route_table_of(name), network.network_acl_of(name)
        return self._numbered((
            subnet.vpc_id, network.home_of(name), table.route_table_id if table else name,
            acl.network_acl_id if acl else name, self.ground.zone_of(name), subnet.enable_dns64,
            subnet.block_public_access_states, subnet.network_firewall_connectivity_type, name in self._bpa_named,
            name if name in self._with_targets or name in self.ground.told(associations) else "",
            self.ground.told(edges).get(name),
        ))  # fmt: skip

    @cached_property
    def _with_targets(self) -> frozenset[str]:
        """Subnets in which a target of routes stands: what is sent to it from within crosses no network ACL."""
        network = self.ground.network
        found: set[str] = set()
        for target in {target_of(route) for table in network.route_tables.values() for route in table.routes}:
            gateway, endpoint = network.nat_gateways.get(target.id), network.vpc_endpoints.get(target.id)
            interface = network.interfaces.get(target.id)
            found.update(one.subnet_id for one in (gateway, interface) if one is not None and one.subnet_id)
            found.update(endpoint.subnet_ids if endpoint is not None else ())
        return frozenset(found)

    @cached_property
    def _bpa_named(self) -> frozenset[str]:
        """Subnets that stand in an attachment, an endpoint, a gateway or an exclusion of Block Public Access."""
        network = self.ground.network
        found: set[str] = set()
        for attachment in network.transit_gateway_vpc_attachments.values():
            found.update(attachment.subnet_ids)
        for endpoint in network.vpc_endpoints.values():
            found.update(endpoint.subnet_ids)
        found.update(gateway.subnet_id for gateway in network.nat_gateways.values() if gateway.subnet_id)
        for home in network.homes:
            path = network.path(home, "ec2", "describe-vpc-block-public-access-exclusions")
            key, kind = "VpcBlockPublicAccessExclusions", aws.VpcBlockPublicAccessExclusion
            for one in network.read_collection(path, key, kind):
                found.add((one.resource_arn or "").rsplit("/", 1)[-1])
        return frozenset(found)

    @cached_property
    def _named(self) -> frozenset[str]:
        """Interfaces, instances and subnets that something names."""
        found = set(self.ground.appliances)
        found.update(note.component for note in self.ground.network.snapshot.manifest.planned)
        for table in self.ground.network.route_tables.values():
            for route in table.routes:
                found.update(name for name in (route.network_interface_id, route.instance_id) if name)
        return frozenset(found)

    @cached_property
    def bounds(self) -> list[int]:
        """Where the blocks that anything names begin and end: between two bounds no rule makes a difference."""
        bounds: set[int] = set()
        for block in self._blocks():
            for low, high in block.spans:
                bounds.update((low, high + 1))
        return sorted(bounds)

    def _blocks(self) -> Iterable[IntervalSet]:
        network, ground = self.ground.network, self.ground
        yield from named_addresses(ground)
        for vpc_id in network.vpcs:
            yield network.vpc_addresses(vpc_id)
        for group in network.security_groups:
            for direction in ("ingress", "egress"):
                yield from (rule.peers for rule in ground.group_rules(group, direction))
        for acl in network.network_acls:
            for direction in ("ingress", "egress"):
                yield from (rule.peers for rule in ground.acl_rules(acl, direction))
        for name in network.route_tables:
            yield from (part.destinations for part in ground.table(name).parts)
        for routes in network.transit_gateway_routes.values():
            yield from (one.destination_cidr_block.block for one in routes.routes if one.destination_cidr_block)
        for home in network.homes:
            for list_id in self._prefix_lists():
                addresses, _, _ = network.prefix_list(list_id, home)
                if addresses is not None:
                    yield addresses
        for peering in network.vpc_peering_connections.values():
            for end in (peering.requester_vpc_info, peering.accepter_vpc_info):
                yield from (one.cidr_block.block for one in end.cidr_block_set)
                if end.cidr_block is not None:
                    yield end.cidr_block.block

    def _prefix_lists(self) -> Iterable[str]:
        network = self.ground.network
        found = dict.fromkeys(network.prefix_lists)
        for routes in network.transit_gateway_routes.values():
            found.update((one.prefix_list_id, None) for one in routes.routes if one.prefix_list_id)
        return found

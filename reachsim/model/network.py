"""The network that a snapshot describes: its resources (`reachsim.model.inventory`), and indexes of them.

**Source:** network-semantics fact sheet, section 12.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from reachsim.addresses import NAT64, PUBLIC, V4, V6, Cidr
from reachsim.errors import Fault, SnapshotError
from reachsim.intervals import EMPTY, Index, IntervalSet
from reachsim.model import records as aws
from reachsim.model.decode import garbage_collector_paused
from reachsim.model.indexes import index
from reachsim.model.interfaces import Interface, Interfaces, plain_address
from reachsim.model.inventory import Inventory
from reachsim.model.naming import Names
from reachsim.model.places import Home
from reachsim.snapshot import Snapshot

_INTERFACES: Final = ("network_interfaces", "vpc_endpoints", "nat_gateways")
"""The tables that interfaces are made of."""


class Network(Inventory):
    """All resources of a snapshot, typed and indexed. Raises SnapshotError if any file cannot be decoded.

    ``beside``: a network, mostly of the same files, whose records and indexes serve where nothing differs.
    """

    def __init__(
        self, snapshot: Snapshot, *, assume_defaults: bool = False, beside: Network | None = None
    ) -> None:  # fmt: skip
        super().__init__(snapshot, assume_defaults=assume_defaults, beside=beside)
        with garbage_collector_paused():
            self._load()
            self._check_subnets()
            self._check_associations()
            self._check_left_out()
        if self._faults:
            raise SnapshotError(*self._faults.values())
        self._let_go()

    def with_files(self, files: Mapping[str, bytes]) -> Network:
        """The same with other files in the snapshot, or with more. Raises SnapshotError."""
        return Network(self.snapshot.edited(files), assume_defaults=self.assume_defaults, beside=self)

    def _check_subnets(self) -> None:
        """AWS refuses subnets of one VPC that overlap ("Subnet CIDR blocks"); a walk over them would be ambiguous."""
        for vpc_id, blocks in self._subnet_blocks.items():
            for (_, high, name), (low, _, other) in itertools.pairwise(blocks):
                if low <= high and other != name:
                    place = self.places[other]
                    found = f"{other} overlapping {name} in {vpc_id}"
                    self._faults.setdefault(
                        place.file, Fault(place.file, place.pointer, "subnets that do not overlap", found)
                    )

    def _check_associations(self) -> None:
        """A subnet has one route table and one network ACL (facts N1, N105), and a VPC one main route table ("Subnet
        route tables"); with two, chance would decide here.
        """
        tables = [
            (association.subnet_id, table_id)
            for table_id, table in self.route_tables.items()
            for association in table.associations
            if association.subnet_id and not association.association_state.state.gone
        ]
        acls = [(one.subnet_id, name) for name, acl in self.network_acls.items() for one in acl.associations]
        mains = [
            (table.vpc_id, table_id)
            for table_id, table in self.route_tables.items()
            if table.vpc_id and any(one.main and not one.association_state.state.gone for one in table.associations)
        ]
        for pairs, expected, is_so in (
            (tables, "a subnet of its own", "associated with"), (acls, "a subnet of its own", "associated with"),
            (mains, "the only main route table", "whose main one is"),
        ):  # fmt: skip
            first: dict[str, str] = {}
            for whose, name in pairs:
                other = first.setdefault(whose, name)
                if other != name:
                    place, found = self.places[name], f"{whose} {is_so} {other} too"
                    self._faults.setdefault(place.file, Fault(place.file, place.pointer, expected, found))

    def _check_left_out(self) -> None:
        """A member that may say something here is there in every record of AWS's: in a file that prints an empty list
        or a False, a record without it is not one of these. Who writes a file by hand leaves such members out.
        """
        six = set(self.vpcs_with_ipv6)
        subnets = {name: one for name, one in (self.subnets.items() if six else ()) if one.vpc_id in six}
        dual = {name for name, one in subnets.items() if one.ipv6_cidr_block_association_set}
        interfaces = self.network_interfaces.items() if dual else ()
        members: dict[str, dict[str, object]] = {
            "Ipv6CidrBlockAssociationSet": {name: one.ipv6_cidr_block_association_set for name, one in subnets.items()},
            "EnableDns64": {name: one.enable_dns64 for name, one in subnets.items()},
            "Ipv6Addresses": {name: one.ipv6_addresses for name, one in interfaces if one.subnet_id in dual},
            "Associations": {name: one.associations for name, one in self.route_tables.items()},
        }
        for key, held in members.items():
            absent = {name for name, value in held.items() if value is None or isinstance(value, aws.NotThere)}
            printed = {self.places[name].file for name, value in held.items() if not value and name not in absent}
            for place in (self.places[name] for name in sorted(absent)):
                if place.file in printed:
                    expected = f"{key}, which the file's other records have"
                    self._faults.setdefault(place.file, Fault(place.file, place.pointer, expected, "none"))

    # --- names ------------------------------------------------------------------------------------------------------

    def label(self, resource_id: str) -> str:
        """The id with the Name tag behind it, as people know it."""
        return self.names.label(resource_id)

    def standing(self, origin: str) -> tuple[str, str, str] | None:
        """VPC, zone and subnet of an interface, an instance or a build's virtual interface (``…@subnet-…``)."""
        interface = self.interfaces.get(origin) or self.primary_interfaces.get(origin)
        subnet_id = interface.subnet_id if interface is not None else origin.rpartition("@")[2]
        subnet = self.subnets.get(subnet_id)
        return None if subnet is None else (subnet.vpc_id, subnet.availability_zone or "", subnet_id)

    @cached_property
    def pipelines(self) -> tuple[tuple[Home, aws.Pipeline], ...]:
        """Every pipeline of CodePipeline in the snapshot, with its home."""
        paths = ((home, path) for home in self.homes
                 for _, path in self.snapshot.children(*home, "codepipeline", "get-pipeline"))  # fmt: skip
        answers = ((home, self.read(path, aws.PipelineAnswer)) for home, path in paths)
        return tuple((home, answer.pipeline) for home, answer in answers if answer is not None)

    @cached_property
    def artifact_keys(self) -> dict[tuple[Home, str], str]:
        """The KMS keys of CodePipeline's artifact stores, as the pipelines name them, by home and bucket."""
        found: dict[tuple[Home, str], str] = {}
        for home, pipeline in self.pipelines:
            for store in (pipeline.artifact_store, *(pipeline.artifact_stores or {}).values()):
                if store is not None and store.location and store.encryption_key is not None:
                    found[home, store.location] = store.encryption_key.id
        return found

    @cached_property
    def names(self) -> Names:
        """Names by id."""
        return Names(
            self.vpcs, self.subnets, self.route_tables, self.network_acls, self.security_groups, self.internet_gateways,
            self.egress_only_internet_gateways, self.nat_gateways, self.vpc_peering_connections, self.vpc_endpoints,
            self.transit_gateways, self.transit_gateway_route_tables, self.vpn_gateways, self.instances,
            self.network_interfaces,
        )  # fmt: skip

    # --- VPCs and subnets -------------------------------------------------------------------------------------------

    @index("vpc_endpoints")
    def endpoints_by_vpc(self) -> dict[str | None, tuple[aws.VpcEndpoint, ...]]:
        """The VPC endpoints of each VPC, by their ids."""
        found: dict[str | None, list[aws.VpcEndpoint]] = {}
        for _, endpoint in sorted(self.vpc_endpoints.items()):
            found.setdefault(endpoint.vpc_id, []).append(endpoint)
        return {vpc_id: tuple(held) for vpc_id, held in found.items()}

    @index("vpcs", "subnets")
    def _vpc_blocks(self) -> dict[str, tuple[Cidr, ...]]:
        found = {vpc_id: _blocks_of_vpc(vpc) for vpc_id, vpc in self.vpcs.items()}
        untold = {vpc_id for vpc_id, vpc in self.vpcs.items() if _lists_no_blocks(vpc)}
        for subnet in self.subnets.values() if untold else ():  # whose blocks are within their VPC's
            if subnet.vpc_id in untold:
                mine = found[subnet.vpc_id]
                held = IntervalSet.union_of(one.block for one in mine)
                found[subnet.vpc_id] = (*mine, *[one for one in _blocks_of_subnet(subnet) if not one.block <= held])
        return found

    def vpc_blocks(self, vpc_id: str) -> tuple[Cidr, ...]:
        """The CIDR blocks of a VPC that are associated, IPv4 and IPv6, the primary one first."""
        return self._vpc_blocks.get(vpc_id, ())

    def resolver_address(self, vpc_id: str) -> int | None:
        """Where a VPC's resolver answers within the VPC, the third address of its primary IPv4 block (N160); None where
        no such block is known.
        """
        return next((one.block.first + 2 for one in self.vpc_blocks(vpc_id) if one.block <= V4), None)

    @index("vpcs", "subnets")
    def _vpc_addresses(self) -> dict[str, IntervalSet]:
        return {vpc: IntervalSet.union_of(one.block for one in blocks) for vpc, blocks in self._vpc_blocks.items()}

    @index("vpcs", "subnets")
    def vpcs_with_ipv6(self) -> tuple[str, ...]:
        return tuple(vpc_id for vpc_id, addresses in self._vpc_addresses.items() if addresses & V6)

    def vpc_addresses(self, vpc_id: str) -> IntervalSet:
        return self._vpc_addresses.get(vpc_id, EMPTY)

    @index("vpcs", "subnets")
    def all_vpc_addresses(self) -> IntervalSet:
        return IntervalSet.union_of(self._vpc_addresses.values())

    @index("subnets")
    def addresses_of_subnet(self) -> dict[str, IntervalSet]:
        """All addresses of each subnet, IPv4 and IPv6."""
        return {subnet_id: subnet_addresses(subnet) for subnet_id, subnet in self.subnets.items()}

    @index("subnets", "vpcs", "places")
    def zone_ids(self) -> dict[tuple[Home, str], str]:
        """The id of an Availability Zone by account, Region and that account's name for it, as subnets tell both."""
        return {
            (self.home_of(name), one.availability_zone): one.availability_zone_id
            for name, one in self.subnets.items()
            if one.availability_zone and one.availability_zone_id
        }

    def zone_of(self, subnet_id: str) -> str | None:
        """The Availability Zone of a subnet: by id where something tells it, as names differ between accounts. Of a
        subnet that is only planned its name alone is known.
        """
        subnet = self.subnets.get(subnet_id)
        if subnet is None:
            return None
        name = subnet.availability_zone
        return subnet.availability_zone_id or self.zone_ids.get((self.home_of(subnet_id), name or ""), name)

    def zone_name_of(self, subnet_id: str) -> str:
        """The Availability Zone of a subnet as its account calls it; by id where nothing tells the name."""
        subnet, home = self.subnets.get(subnet_id), self.home_of(subnet_id)
        if subnet is None or subnet.availability_zone:
            return (subnet.availability_zone or "") if subnet is not None else ""
        own = subnet.availability_zone_id or ""
        return next((name for (where, name), known in self.zone_ids.items() if (where, known) == (home, own)), own)

    def same_zone(self, one: str, other: str) -> bool | None:
        """Whether two subnets are in one Availability Zone; None where nothing tells the zone of one of them, or one is
        known by id alone, the other by name alone, and nothing tells which is whose.
        """
        here, there = self.zone_of(one), self.zone_of(other)
        if here == there or not here or not there:
            return True if here == there else None
        names = [self.subnets[name].availability_zone for name in (one, other)]
        if all(names) and self.home_of(one) == self.home_of(other):
            return names[0] == names[1]
        ids = [self.subnets[name].availability_zone_id or zone in self.zone_ids.values()
               for name, zone in ((one, here), (other, there))]  # fmt: skip
        return False if bool(ids[0]) == bool(ids[1]) else None

    @index("subnets")
    def _subnet_blocks(self) -> dict[str, list[tuple[int, int, str]]]:
        found: dict[str, list[tuple[int, int, str]]] = {}
        for subnet_id, addresses in self.addresses_of_subnet.items():
            for low, high in addresses.spans:
                found.setdefault(self.subnets[subnet_id].vpc_id, []).append((low, high, subnet_id))
        return {vpc_id: sorted(blocks) for vpc_id, blocks in found.items()}

    def subnets_of(self, vpc_id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subnet for _, _, subnet in self._subnet_blocks.get(vpc_id, [])))

    def split_by_subnet(self, vpc_id: str, addresses: IntervalSet) -> list[tuple[str | None, IntervalSet]]:
        """Disjoint parts of the addresses by the subnet of the VPC that holds them; None for those in no subnet."""
        ids, blocks, index = self._subnet_index(vpc_id)
        found: list[tuple[str | None, IntervalSet]] = []
        rest = addresses
        for place in index.meeting(addresses):
            found.append((ids[place], addresses & blocks[place]))
            rest = rest - blocks[place]
        return [*found, (None, rest)] if rest else found

    @index("subnets")
    def _subnet_indexes(self) -> dict[str, tuple[tuple[str, ...], tuple[IntervalSet, ...], Index]]:
        return {}

    def _subnet_index(self, vpc_id: str) -> tuple[tuple[str, ...], tuple[IntervalSet, ...], Index]:
        """A VPC's subnets by their first address, their addresses, and which of these hold some addresses."""
        if vpc_id not in self._subnet_indexes:
            ids = self.subnets_of(vpc_id)
            blocks = tuple(self.addresses_of_subnet[subnet_id] for subnet_id in ids)
            self._subnet_indexes[vpc_id] = ids, blocks, Index(blocks)
        return self._subnet_indexes[vpc_id]

    @index("route_tables")
    def _table_of_subnet(self) -> dict[str, str]:
        return {
            association.subnet_id: table_id
            for table_id, table in self.route_tables.items()
            for association in table.associations
            if association.subnet_id and not association.association_state.state.gone
        }

    @index("route_tables")
    def _main_tables(self) -> dict[str, str]:
        return {
            table.vpc_id: table_id
            for table_id, table in self.route_tables.items()
            if table.vpc_id and any(one.main and not one.association_state.state.gone for one in table.associations)
        }

    def route_table_of(self, subnet_id: str) -> aws.RouteTable | None:
        """The effective route table: the explicit association's, else the VPC's main one (facts N1, N2)."""
        if subnet_id not in self._effective_tables:
            subnet = self.subnets.get(subnet_id)
            table = self._table_of_subnet.get(subnet_id) or (self._main_tables.get(subnet.vpc_id) if subnet else None)
            self._effective_tables[subnet_id] = self.route_tables.get(table) if table else None
        return self._effective_tables[subnet_id]

    @index("route_tables", "subnets")
    def _effective_tables(self) -> dict[str, aws.RouteTable | None]:
        return {}

    def gateway_route_table(self, gateway_id: str) -> aws.RouteTable | None:
        """The gateway (edge) route table of an internet or virtual private gateway, if it has one (fact N21)."""
        return self._gateway_tables.get(gateway_id)

    @index("route_tables")
    def _gateway_tables(self) -> dict[str, aws.RouteTable]:
        return {
            association.gateway_id: table
            for table in self.route_tables.values()
            for association in table.associations
            if association.gateway_id and not association.association_state.state.gone
        }

    @index("network_acls", "subnets")
    def _acl_of_subnet(self) -> dict[str, str]:
        found = {
            subnet_id: acl_id
            for acl_id, acl in self.network_acls.items()
            if acl.is_default and acl.vpc_id
            for subnet_id in self.subnets_of(acl.vpc_id)
        }
        for acl in self.network_acls.values():  # one that does not tell its subnets may have any
            if isinstance(acl.associations, aws.NotThere) and not acl.is_default and acl.vpc_id:
                found.update((subnet_id, "") for subnet_id in self.subnets_of(acl.vpc_id))
        for acl_id, acl in self.network_acls.items():
            found.update((association.subnet_id, acl_id) for association in acl.associations)
        return found

    def network_acl_of(self, subnet_id: str) -> aws.NetworkAcl | None:
        """The subnet's network ACL: the associated one, else the VPC's default (fact N105).

        None if the snapshot lacks it or its entries, or another one's subnets.
        """
        if subnet_id not in self._effective_acls:
            acl = self.network_acls.get(self._acl_of_subnet.get(subnet_id, ""))
            self._effective_acls[subnet_id] = None if acl is None or isinstance(acl.entries, aws.NotThere) else acl
        return self._effective_acls[subnet_id]

    @index("network_acls", "subnets")
    def _effective_acls(self) -> dict[str, aws.NetworkAcl | None]:
        return {}

    # --- interfaces -------------------------------------------------------------------------------------------------

    @index(*_INTERFACES)
    def interfaces(self) -> Interfaces:
        endpoints = (name for endpoint in self.vpc_endpoints.values() for name in endpoint.network_interface_ids)
        nats = (
            address.network_interface_id
            for gateway in self.nat_gateways.values()
            for address in gateway.nat_gateway_addresses
            if address.network_interface_id
        )
        return Interfaces(self.network_interfaces, frozenset(endpoints), frozenset(nats))

    @index("network_interfaces")
    def _names_by_subnet(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, record in self.network_interfaces.items():
            found[record.subnet_id or ""].append(name)
        return dict(found)

    @index(*_INTERFACES)
    def _interfaces_by_subnet(self) -> dict[str, list[Interface]]:
        return {}

    def interfaces_in(self, subnet_id: str) -> list[Interface]:
        if subnet_id not in self._interfaces_by_subnet:
            names = self._names_by_subnet.get(subnet_id, ())
            self._interfaces_by_subnet[subnet_id] = [self.interfaces[name] for name in names]
        return self._interfaces_by_subnet[subnet_id]

    def interfaces_held(self, vpc_id: str) -> int:
        """How many network interfaces stand in a VPC's subnets."""
        return sum(len(self._names_by_subnet.get(subnet, ())) for subnet in self.subnets_of(vpc_id))

    def interfaces_of_vpcs(self, vpcs: Collection[str]) -> list[Interface]:
        records = self.network_interfaces.items()
        return [self.interfaces[name] for name, record in records if (record.vpc_id or "") in vpcs]

    @index(*_INTERFACES)
    def _names_by_address(self) -> dict[str, tuple[dict[int, list[str]], list[str]]]:
        return {}

    def interfaces_at(self, subnet_id: str, addresses: IntervalSet) -> list[Interface]:
        """The subnet's interfaces that may have one of the addresses; exactly the one that has it for a single one."""
        if not addresses.is_single:
            return self.interfaces_in(subnet_id)
        if subnet_id not in self._names_by_address:
            self._names_by_address[subnet_id] = self._by_address(subnet_id)
        single, others = self._names_by_address[subnet_id]
        return [self.interfaces[name] for name in single.get(addresses.first, others)]

    def _by_address(self, subnet_id: str) -> tuple[dict[int, list[str]], list[str]]:
        """(a subnet's interfaces by their single addresses, those with delegated prefixes, too many to list)."""
        single: dict[int, list[str]] = {}
        others: list[str] = []
        for name in self._names_by_subnet.get(subnet_id, ()):
            number = plain_address(self.network_interfaces[name])
            spans = ((number, number),) if number is not None else self.interfaces[name].addresses.spans
            for low, high in spans:
                for one in range(low, high + 1) if high - low < 16 else ():
                    single.setdefault(one, []).append(name)
            if any(high - low >= 16 for low, high in spans):
                others.append(name)
        return single, others

    def interfaces_known_as(self, resource_id: str) -> list[Interface]:
        """The interface of that id, or the interfaces of the instance of that id."""
        if resource_id in self.interfaces:
            return [self.interfaces[resource_id]]
        return [self.interfaces[name] for name in self.names_by_instance.get(resource_id, ())]

    @index("network_interfaces")
    def names_by_instance(self) -> dict[str, list[str]]:
        """Instance → its interfaces."""
        found: dict[str, list[str]] = {}
        for name, record in self.network_interfaces.items():
            if record.attachment is not None and record.attachment.instance_id:
                found.setdefault(record.attachment.instance_id, []).append(name)
        return found

    @index("network_interfaces")
    def _names_by_group(self) -> dict[str, list[str]]:
        """Security group → the interfaces that carry it."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, record in self.network_interfaces.items():
            for group in record.groups:
                found[group.group_id].append(name)
        return dict(found)

    @index(*_INTERFACES)
    def _members(self) -> dict[str, IntervalSet]:
        return {}

    def members(self, group_id: str) -> IntervalSet:
        """Private addresses of the interfaces that carry a security group (fact N85)."""
        if group_id not in self._members:
            names = self._names_by_group.get(group_id, ())
            self._members[group_id] = IntervalSet.union_of(self.interfaces[name].addresses for name in names)
        return self._members[group_id]

    @index("security_group_rules")
    def security_group_rules_of(self) -> dict[str, list[aws.SecurityGroupRule]]:
        """Rules of describe-security-group-rules by group."""
        found: dict[str, list[aws.SecurityGroupRule]] = {}
        for rule in self.security_group_rules.values():
            found.setdefault(rule.group_id, []).append(rule)
        return found

    def members_in(self, group_id: str, vpcs: frozenset[str]) -> IntervalSet:
        """Like `members`, only interfaces in the given VPCs."""
        names = self._names_by_group.get(group_id, ())
        near = [name for name in names if (self.network_interfaces[name].vpc_id or "") in vpcs]
        if len(near) == len(names):
            return self.members(group_id)
        return IntervalSet.union_of(self.interfaces[name].addresses for name in near)

    @index(*_INTERFACES)
    def public_addresses(self) -> dict[int, tuple[Interface, int]]:
        """Public IPv4 address → the interface and its private address behind it."""
        found: dict[int, tuple[Interface, int]] = {}
        for name, record in self.network_interfaces.items():
            if _is_public(record):
                interface = self.interfaces[name]
                found.update((number, (interface, private)) for private, number in interface.public)
        for gateway_id, gateway in self.nat_gateways.items():  # a regional one's stand on no interface (N54)
            for address in gateway.nat_gateway_addresses:
                own = own_address(address)
                if address.public_ip is None or own is None or address.public_ip.number in found:
                    continue
                if gateway.state not in ("deleted", "failed"):
                    pairs, vpc_id = ((own, address.public_ip.number),), gateway.vpc_id or ""
                    addresses = IntervalSet.single(own)
                    nat = Interface(gateway_id, vpc_id, gateway.subnet_id or "", (), addresses, pairs, kind="nat")
                    found[address.public_ip.number] = (nat, own)
        return found

    def public_among(self, addresses: IntervalSet) -> list[tuple[int, Interface, int]]:
        """Those of `public_addresses` that are among some addresses: (public, interface, private)."""
        mine = addresses & self.own_public_addresses
        if mine.size == len(self.public_addresses):
            return [(public, interface, private) for public, (interface, private) in self.public_addresses.items()]
        order = self._order_of_public_addresses
        return [(public, *self.public_addresses[public]) for public in sorted(mine, key=order.__getitem__)]

    @index(*_INTERFACES)
    def _order_of_public_addresses(self) -> dict[int, int]:
        return {public: place for place, public in enumerate(self.public_addresses)}

    @index(*_INTERFACES)
    def regional_nat_addresses(self) -> IntervalSet:
        """The public addresses of regional NAT gateways, which take nothing but answers (N52, N54)."""
        return IntervalSet.of(
            (public, public) for public, (one, _) in self.public_addresses.items()
            if one.kind == "nat" and not one.subnet_id
        )  # fmt: skip

    @index(*_INTERFACES)
    def interface_addresses(self) -> IntervalSet:
        """Every address, private and public, that an interface of the snapshot has."""
        return IntervalSet.union_of(one.addresses | one.public_addresses for one in self.interfaces.values())

    def interfaces_with(self, addresses: IntervalSet) -> tuple[Interface, ...]:
        """The interfaces that have one of the addresses, private or public."""
        held, index = self._by_every_address
        return tuple(held[place] for place in index.meeting(addresses))

    @index(*_INTERFACES)
    def _by_every_address(self) -> tuple[tuple[Interface, ...], Index]:
        held = tuple(self.interfaces.values())
        return held, Index(one.addresses | one.public_addresses for one in held)

    @index(*_INTERFACES)
    def own_public_addresses(self) -> IntervalSet:
        """Every public IPv4 address of an interface in the snapshot."""
        return IntervalSet.of((public, public) for public in self.public_addresses)

    @index(*_INTERFACES)
    def public_addresses_of_balancers(self) -> IntervalSet:
        """Those of them that load balancers have."""
        return IntervalSet.of(
            (public, public) for public, (one, _) in self.public_addresses.items() if one.kind == "load-balancer"
        )

    @cached_property
    def internet_addresses(self) -> IntervalSet:
        """Every public address but those in AWS-managed prefix lists and the VPCs' own, the public addresses of their
        interfaces included.
        """
        return PUBLIC - self.aws_addresses - self.all_vpc_addresses - self.own_public_addresses

    def with_nat64(self, addresses: IntervalSet) -> IntervalSet:
        """Public addresses, and those by which whoever has IPv6 alone asks for the IPv4 ones among them, if any route
        table leads these on (N57).
        """
        return addresses | (addresses & V4).shift(NAT64.first) if self._routes_nat64 else addresses

    @cached_property
    def _routes_nat64(self) -> bool:
        """Whether a route that could lead to a NAT gateway takes addresses of NAT64: internet gateways carry none."""
        return any(
            not (route.gateway_id or "").startswith(("igw-", "local")) and route.egress_only_internet_gateway_id is None
            and not self._destinations_of(table_id, route).isdisjoint(NAT64)
            for table_id, table in self.route_tables.items() for route in table.routes
        )  # fmt: skip

    def _destinations_of(self, table_id: str, route: aws.Route) -> IntervalSet:
        if route.destination_prefix_list_id:
            return self.prefix_list(route.destination_prefix_list_id, self.home_of(table_id))[0] or EMPTY
        block = route.destination_ipv6_cidr_block
        return EMPTY if block is None else block.block

    @index("vpc_endpoints")
    def endpoint_of_interface(self) -> dict[str, aws.VpcEndpoint]:
        return {name: endpoint for endpoint in self.vpc_endpoints.values() for name in endpoint.network_interface_ids}

    @index("instances", *_INTERFACES)
    def primary_interfaces(self) -> dict[str, Interface]:
        """Instance → its primary network interface, the one with the least device index."""
        found: dict[str, tuple[int, str]] = {}
        for instance in self.instances.values():
            for number, one in enumerate(instance.network_interfaces):
                if one.network_interface_id in self.interfaces:
                    entry = (number, one.network_interface_id)
                    found[instance.instance_id] = min(found.get(instance.instance_id, entry), entry)
        for name, record in self.network_interfaces.items():
            attachment = record.attachment
            if attachment is not None and attachment.instance_id and attachment.device_index is not None:
                entry = (attachment.device_index, name)
                if entry[0] == 0 or attachment.instance_id not in found:
                    found[attachment.instance_id] = entry
            elif attachment is not None and attachment.instance_id:
                found.setdefault(attachment.instance_id, (0, name))
        return {instance_id: self.interfaces[name] for instance_id, (_, name) in found.items()}

    @index("network_interfaces")
    def interfaces_of_description(self) -> dict[str, tuple[str, ...]]:
        """Interfaces of each load balancer, by the description that AWS gives them (``ELB app/NAME/ID``), sorted."""
        described = ((name, record.description or "") for name, record in self.network_interfaces.items())
        return _in_order_by((name, text) for name, text in described if text.startswith("ELB "))

    @index("network_interfaces")
    def interfaces_of_resolver_endpoint(self) -> dict[str, tuple[str, ...]]:
        """Interfaces of each resolver endpoint, by the description that AWS gives them: ``Route 53 Resolver: ID:…``."""
        parted = (
            (name, (record.description or "").partition("Route 53 Resolver: "))
            for name, record in self.network_interfaces.items()
        )
        return _in_order_by((name, rest.partition(":")[0]) for name, (head, _, rest) in parted if rest and not head)

    @index("network_interfaces")
    def resolver_endpoint_of_interface(self) -> dict[str, str]:
        return {name: endpoint for endpoint, names in self.interfaces_of_resolver_endpoint.items() for name in names}

    @index("network_interfaces")
    def client_vpn_interfaces(self) -> dict[str, tuple[str, ...]]:
        """Interfaces of AWS Client VPN by VPC, by the description that AWS gives them."""
        return _in_order_by(
            (name, record.vpc_id or "") for name, record in self.network_interfaces.items()
            if (record.description or "").startswith("ClientVPN Endpoint resource")
        )  # fmt: skip

    @cached_property
    def service_configurations(self) -> dict[str, aws.ServiceConfiguration]:
        """The endpoint services of the snapshot's accounts, by name."""
        paths = [self.path(home, "ec2", "describe-vpc-endpoint-service-configurations") for home in self.homes]
        records = [self._records(path, "ServiceConfigurations", aws.ServiceConfiguration) for path in paths]
        return {one.service_name: one for some in records for one in some}

    @index("load_balancers")
    def load_balancer_of_description(self) -> dict[str, aws.LoadBalancer]:
        """Load balancer by the end of its ARN, which its interfaces' descriptions repeat (``app/NAME/ID``)."""
        return {arn.partition(":loadbalancer/")[2]: record for arn, record in self.load_balancers.items()}

    @index("nat_gateways")
    def nats_of_vpc(self) -> dict[str, tuple[tuple[int, aws.NatGateway], ...]]:
        """VPC → its NAT gateways that have not been deleted, one entry for each private address of theirs."""
        found: dict[str, dict[int, aws.NatGateway]] = {}
        for gateway in self.nat_gateways.values():
            for address in gateway.nat_gateway_addresses if gateway.state not in ("deleted", "failed") else ():
                if address.private_ip is not None:
                    found.setdefault(gateway.vpc_id or "", {})[address.private_ip.number] = gateway
        return {vpc_id: tuple(mine.items()) for vpc_id, mine in found.items()}

    # --- prefix lists -----------------------------------------------------------------------------------------------

    @cached_property
    def _told_prefix_lists(self) -> tuple[str, ...]:
        """The lists of describe-prefix-lists that tell their blocks."""
        return tuple(name for name, one in self.prefix_lists.items() if not isinstance(one.cidrs, aws.NotThere))

    def prefix_list(self, list_id: str, home: Home) -> tuple[IntervalSet | None, tuple[Cidr, ...], tuple[str, ...]]:
        """(addresses, blocks, missing files) of a prefix list; addresses are None if its entries are not known.

        AWS's own lists come from describe-prefix-lists, customers' from get-managed-prefix-list-entries.
        """
        if list_id in self._told_prefix_lists:
            blocks = self.prefix_lists[list_id].cidrs
            return IntervalSet.union_of(one.block for one in blocks), blocks, ()
        homes = [home, *(other for other in self.homes if other != home)]
        for one in homes:
            path = self.path(one, "ec2", "get-managed-prefix-list-entries", list_id)
            if self.snapshot.status(path) == "ok":
                blocks = tuple(e.cidr for e in self.read_collection(path, "Entries", aws.PrefixListEntry))
                return IntervalSet.union_of(one.block for one in blocks), blocks, ()
        return None, (), (self.path(home, "ec2", "get-managed-prefix-list-entries", list_id),)

    @cached_property
    def aws_addresses(self) -> IntervalSet:
        """Every address in the AWS-managed prefix lists of the snapshot.

        Where describe-prefix-lists is missing, these are at least the lists that lead to gateway endpoints.
        """
        found = EMPTY
        for one in self.prefix_lists.values():
            if one.prefix_list_name.startswith("com.amazonaws."):
                found = found | IntervalSet.union_of(cidr.block for cidr in one.cidrs)
        for listed in self._lists_of_gateway_endpoints.values():
            found = found | listed
        return found | IntervalSet.union_of(self._listed_by_entries())

    @cached_property
    def stand_ins_of_lists(self) -> IntervalSet:
        """Addresses of nobody's that stand for those of AWS's prefix lists, which a plan does not hold."""
        lists = (one for one in self.prefix_lists.values() if any(self.planned("PLANNED_ADDRESS", one.prefix_list_id)))
        return IntervalSet.union_of(cidr.block for one in lists for cidr in one.cidrs)

    def _listed_by_entries(self) -> Iterator[IntervalSet]:
        """The lists of AWS's that describe-prefix-lists leaves out, such as CloudFront's, as far as their entries are
        there.
        """
        for home in self.homes:
            path = self.path(home, "ec2", "describe-managed-prefix-lists")
            for one in self.read_collection(path, "PrefixLists", aws.ManagedPrefixList):
                if one.owner_id == "AWS" and one.prefix_list_id not in self.prefix_lists:
                    yield self.prefix_list(one.prefix_list_id, home)[0] or EMPTY

    @cached_property
    def lists_of_unknown_owner(self) -> dict[str, tuple[str, ...]]:
        """The prefix lists with public addresses of which nothing tells whether they are AWS's own, by the file that
        would.
        """
        found: dict[str, list[str]] = {}
        for path, match in self.snapshot.named():
            call, _, list_id = match["rest"].partition("/")
            home = (match["account"], match["region"])
            if call != "get-managed-prefix-list-entries" or list_id in self.prefix_lists:
                continue
            lacking = self.lacks(home, "describe-managed-prefix-lists")
            public = lacking and (self.prefix_list(list_id, home)[0] or EMPTY) & PUBLIC - self.aws_addresses
            if public and self.snapshot.status(path) == "ok":
                found.setdefault(lacking[0], []).append(list_id)
        return {path: tuple(sorted(lists)) for path, lists in found.items()}

    @cached_property
    def _lists_of_gateway_endpoints(self) -> dict[str, IntervalSet]:
        """Service name → addresses of the prefix lists that route tables send to its gateway endpoints, of lists that
        are known by their entries alone.
        """
        found: dict[str, IntervalSet] = {}
        for table_id, table in self.route_tables.items():
            for route in table.routes:
                list_id, endpoint = route.destination_prefix_list_id, self.vpc_endpoints.get(route.gateway_id or "")
                if list_id and endpoint and endpoint.vpc_endpoint_type == "Gateway":
                    if list_id in self._told_prefix_lists:
                        continue
                    addresses, _, _ = self.prefix_list(list_id, self.home_of(table_id))
                    name = endpoint.service_name
                    found[name] = found.get(name, EMPTY) | (addresses or EMPTY)
        return found

    def service_prefix_list(self, service: str, region: str) -> IntervalSet | None:
        """Addresses of AWS's own prefix lists of a service (``s3``, ``dynamodb``, ``s3express``) in a Region, one for
        each family, as far as they are in the snapshot.
        """
        names = (f".{region}.{service}", f".{region}.ipv6.{service}")
        told = (self.prefix_lists[list_id] for list_id in self._told_prefix_lists)
        listed = [one for one in told if one.prefix_list_name.endswith(names)]
        if listed:
            return IntervalSet.union_of(cidr.block for one in listed for cidr in one.cidrs)
        for name, addresses in self._lists_of_gateway_endpoints.items():
            if name.endswith(f".{region}.{service}") and addresses:
                return addresses
        return None

    def service_addresses(self, service: str) -> IntervalSet:
        """Addresses of AWS's own prefix lists of a service, over all Regions in the snapshot."""
        return IntervalSet.union_of(
            cidr.block
            for one in self.prefix_lists.values()
            if one.prefix_list_name.endswith(f".{service}")
            for cidr in one.cidrs
        )

    # --- VPC attributes ---------------------------------------------------------------------------------------------

    def vpc_attribute(self, vpc_id: str, attribute: str) -> tuple[bool | None, str]:
        """(value, file) of ``enableDnsSupport`` or ``enableDnsHostnames``; None if the file is not there."""
        path = self.path(self.home_of(vpc_id), "ec2", "describe-vpc-attribute", f"{vpc_id}.{attribute}")
        record = self.read(path, aws.VpcAttribute)
        if record is None:
            return None, path
        value = record.enable_dns_support if attribute == "enableDnsSupport" else record.enable_dns_hostnames
        return (None if value is None else value.value), path


def _is_public(record: aws.NetworkInterface) -> bool:
    """Whether a public address is associated with an interface."""
    if record.association is None:
        for one in record.private_ip_addresses:
            if one.association is not None:
                return True
    return record.association is not None


def _in_order_by(named: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """By their second words, the first ones, in order."""
    found: dict[str, list[str]] = {}
    for name, key in sorted(named):
        found.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in found.items()}


def own_address(address: aws.NatGatewayAddress) -> int | None:
    """The address that a NAT gateway sends from. AWS lists no private one for a regional gateway: its public one stands
    for it then.
    """
    listed = address.private_ip or address.public_ip
    return None if listed is None else listed.number


def sending_addresses(gateway: aws.NatGateway) -> tuple[aws.NatGatewayAddress, ...]:
    """The addresses that a NAT gateway can send from: not those that it failed to take (Status ``failed``)."""
    return tuple(
        one for one in gateway.nat_gateway_addresses if own_address(one) is not None and one.status != "failed"
    )


def subnet_addresses(subnet: aws.Subnet) -> IntervalSet:
    """All addresses of a subnet, IPv4 and IPv6."""
    blocks = [one.block for one in _blocks_of_subnet(subnet)]
    return blocks[0] if len(blocks) == 1 else IntervalSet.union_of(blocks)


def _blocks_of_subnet(subnet: aws.Subnet) -> list[Cidr]:
    blocks = [subnet.cidr_block] if subnet.cidr_block else []
    blocks += [
        one.ipv6_cidr_block
        for one in subnet.ipv6_cidr_block_association_set
        if not one.ipv6_cidr_block_state.state.gone
    ]
    return blocks


def _lists_no_blocks(vpc: aws.Vpc) -> bool:
    """Whether a list of a VPC's blocks is not there: AWS leaves out that of IPv6 where there is none."""
    lists = (vpc.cidr_block_association_set, vpc.ipv6_cidr_block_association_set)
    return any(isinstance(one, aws.NotThere) for one in lists)


def _blocks_of_vpc(vpc: aws.Vpc) -> tuple[Cidr, ...]:
    blocks = [vpc.cidr_block] if vpc.cidr_block is not None else []
    associated = [one.cidr_block for one in vpc.cidr_block_association_set if not one.cidr_block_state.state.gone]
    blocks += [one for one in associated if one != vpc.cidr_block]
    blocks += [
        one.ipv6_cidr_block for one in vpc.ipv6_cidr_block_association_set if not one.ipv6_cidr_block_state.state.gone
    ]
    return tuple(blocks)

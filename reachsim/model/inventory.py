"""What a snapshot's files hold: every resource by id, over all its accounts and Regions, and where it stands.

Nothing is defaulted here: what a file does not say stays absent, and `Inventory.path` and `Inventory.unknown` let the
walk name the file that it would have needed (DESIGN, "What a verdict needs").
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from operator import is_
from typing import Any, TypeVar

import msgspec

from reachsim.addresses import Address
from reachsim.errors import Fault, SnapshotError
from reachsim.model import records as aws
from reachsim.model.decode import decode, decode_collection, fault
from reachsim.model.places import Home, Place, Places
from reachsim.model.states import State
from reachsim.snapshot import Snapshot

Record = TypeVar("Record", bound=msgspec.Struct)
Key = TypeVar("Key", bound=Hashable)
Table = TypeVar("Table")


class Inventory:
    """All resources of a snapshot, typed and by id; `_load` reads them, and notes the faults that it meets.

    ``beside`` is another snapshot's inventory: what the two have in common is decoded, and kept, once.
    """

    def __init__(
        self, snapshot: Snapshot, *, assume_defaults: bool = False, beside: Inventory | None = None
    ) -> None:  # fmt: skip
        self.snapshot = snapshot
        self.beside = beside
        self._row: int = beside._row + 1 if beside is not None else 0
        self.assume_defaults = assume_defaults or snapshot.manifest.assume_defaults
        self.homes = snapshot.homes()
        self.places = Places()
        self._faults: dict[str, Fault] = {}
        self._kept: dict[tuple[str, str], tuple[msgspec.Struct, ...]] = {}
        self._tables: dict[str, tuple[list[tuple[Any, ...]], Any]] = {}

    def _let_go(self) -> None:
        """Give up the inventory beside, once all is loaded, where one stands beside the other in a long row."""
        if self._row >= _LONGEST_ROW:
            self.beside, self._row = None, 0

    # --- loading ----------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        ec2 = self._collect_ec2
        self.vpcs = ec2("describe-vpcs", "Vpcs", aws.Vpc, lambda r: r.vpc_id)
        self.subnets = ec2("describe-subnets", "Subnets", aws.Subnet, lambda r: r.subnet_id)
        self.route_tables = ec2("describe-route-tables", "RouteTables", aws.RouteTable, lambda r: r.route_table_id)
        self.network_acls = ec2("describe-network-acls", "NetworkAcls", aws.NetworkAcl, lambda r: r.network_acl_id)
        self.security_groups = ec2(
            "describe-security-groups", "SecurityGroups", aws.SecurityGroup, lambda r: r.group_id
        )
        self.security_group_rules = ec2(
            "describe-security-group-rules",
            "SecurityGroupRules",
            aws.SecurityGroupRule,
            lambda r: r.security_group_rule_id,
        )
        self.network_interfaces: Mapping[str, aws.NetworkInterface] = ec2(
            "describe-network-interfaces",
            "NetworkInterfaces",
            aws.DescribedNetworkInterface,
            lambda r: r.network_interface_id,
        )
        self.internet_gateways = ec2(
            "describe-internet-gateways", "InternetGateways", aws.InternetGateway, lambda r: r.internet_gateway_id
        )
        self.egress_only_internet_gateways = ec2(
            "describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", aws.EgressOnlyInternetGateway,
            lambda r: r.egress_only_internet_gateway_id,
        )  # fmt: skip
        gateways = ec2("describe-nat-gateways", "NatGateways", aws.NatGateway, lambda r: r.nat_gateway_id)
        self.nat_gateways = gateways
        if any(gateway.vpc_id is None for gateway in gateways.values()):
            self.nat_gateways = {name: self._placed(gateway) for name, gateway in gateways.items()}
        self.vpc_peering_connections = ec2(
            "describe-vpc-peering-connections", "VpcPeeringConnections", aws.VpcPeeringConnection,
            lambda r: r.vpc_peering_connection_id,
        )  # fmt: skip
        self.vpc_endpoints = ec2("describe-vpc-endpoints", "VpcEndpoints", aws.VpcEndpoint, lambda r: r.vpc_endpoint_id)
        self.prefix_lists = ec2("describe-prefix-lists", "PrefixLists", aws.PrefixList, lambda r: r.prefix_list_id)
        self.dhcp_options = ec2("describe-dhcp-options", "DhcpOptions", aws.DhcpOptions, lambda r: r.dhcp_options_id)
        self._load_transit()
        self._load_pipeline()
        self._load_balancing()

    def _placed(self, gateway: aws.NatGateway) -> aws.NatGateway:
        """A NAT gateway whose record does not tell its VPC is in that of its subnet."""
        subnet = self.subnets.get(gateway.subnet_id or "") if gateway.vpc_id is None else None
        return gateway if subnet is None else msgspec.structs.replace(gateway, vpc_id=subnet.vpc_id)

    def _load_transit(self) -> None:
        ec2 = self._collect_ec2
        self.transit_gateways = ec2(
            "describe-transit-gateways", "TransitGateways", aws.TransitGateway, lambda r: r.transit_gateway_id
        )
        self.transit_gateway_vpc_attachments = ec2(
            "describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", aws.TransitGatewayVpcAttachment,
            lambda r: r.transit_gateway_attachment_id,
        )  # fmt: skip
        self.transit_gateway_peering_attachments = ec2(
            "describe-transit-gateway-peering-attachments", "TransitGatewayPeeringAttachments",
            aws.TransitGatewayPeeringAttachment, lambda r: r.transit_gateway_attachment_id,
        )  # fmt: skip
        self.transit_gateway_route_tables = ec2(
            "describe-transit-gateway-route-tables", "TransitGatewayRouteTables", aws.TransitGatewayRouteTable,
            lambda r: r.transit_gateway_route_table_id,
        )  # fmt: skip
        self.vpn_gateways = ec2("describe-vpn-gateways", "VpnGateways", aws.VpnGateway, lambda r: r.vpn_gateway_id)
        self.vpn_connections = ec2(
            "describe-vpn-connections", "VpnConnections", aws.VpnConnection, lambda r: r.vpn_connection_id
        )
        # A peering attachment is described on both sides under one id, each with its own gateway's association.
        self.transit_gateway_attachments: dict[tuple[str, str], aws.TransitGatewayAttachment] = {}
        for home in self.homes:
            path = self.path(home, "ec2", "describe-transit-gateway-attachments")
            records = self._records(path, "TransitGatewayAttachments", aws.TransitGatewayAttachment)
            for index, record in enumerate(records):
                key = (record.transit_gateway_id or "", record.transit_gateway_attachment_id)
                place = Place(home, path, f"/TransitGatewayAttachments/{index}")
                self._take(self.transit_gateway_attachments, key, record, place, " of ".join(reversed(key)))
        self.transit_gateway_routes = {
            name: routes
            for home in self.homes
            for name, path in self.snapshot.children(*home, "ec2", "search-transit-gateway-routes")
            if (routes := self._one(path, aws.TransitGatewayRoutes)) is not None
        }
        self.transit_gateway_associations: dict[tuple[str, str], tuple[str, State]] = {}
        for home in self.homes:
            children = self.snapshot.children(*home, "ec2", "get-transit-gateway-route-table-associations")
            for table, path in children:
                gateway = self.transit_gateway_of_table(table)
                for one in self._records(path, "Associations", aws.TransitGatewayRouteTableAssociation):
                    key = gateway, one.transit_gateway_attachment_id
                    if key not in self.transit_gateway_associations or one.state == "associated":
                        self.transit_gateway_associations[key] = table, one.state

    def _load_pipeline(self) -> None:
        instances: dict[str, aws.Instance] = {}
        parts = []
        for home in self.homes:
            path = self.path(home, "ec2", "describe-instances")
            parts.append(self._records(path, "Reservations", aws.Reservation))
            for r, reservation in enumerate(parts[-1]):
                for i, instance in enumerate(reservation.instances):
                    place = Place(home, path, f"/Reservations/{r}/Instances/{i}")
                    self._take(instances, instance.instance_id, instance, place, instance.instance_id)
        self.instances = self._one_table("Reservations", parts, instances)
        self._load_listed_interfaces()
        self._tell_public_addresses()
        self.projects: dict[tuple[Home, str], aws.Project] = {}
        self.fleets: dict[str, aws.Fleet] = {}
        self.functions: dict[tuple[Home, str], aws.Function] = {}
        self.ecs_services: dict[tuple[Home, str], tuple[aws.EcsService, ...]] = {}  # by home and cluster
        self.ecs_clusters: list[tuple[Home, str]] = []
        self.endpoint_services: dict[str, aws.VpcEndpointService] = {}
        for home in self.homes:
            path = self.path(home, "codebuild", "batch-get-projects")
            in_home: dict[str, aws.Project] = {}
            for i, project in enumerate(self._records(path, "projects", aws.Project)):
                place = Place(home, path, f"/projects/{i}")
                self._take(in_home, project.name, project, place, f"codebuild:{project.name}")
            self.projects |= {(home, name): project for name, project in in_home.items()}
            path = self.path(home, "codebuild", "batch-get-fleets")
            for i, fleet in enumerate(self._records(path, "fleets", aws.Fleet)):
                name = fleet.arn or fleet.name or ""
                self._take(self.fleets, name, fleet, Place(home, path, f"/fleets/{i}"), f"fleet:{name}")
            self._load_compute(home)
            services = self.path(home, "ec2", "describe-vpc-endpoint-services")
            answer = self._one(services, aws.DescribeVpcEndpointServices)
            for service in answer.service_details if answer else ():
                self.endpoint_services.setdefault(service.service_name, service)

    def _load_listed_interfaces(self) -> None:
        """Where describe-network-interfaces is not known, the interfaces that describe-instances lists whole."""
        found: dict[str, aws.NetworkInterface] = {}
        for home in self.homes:
            if not self.lacks(home, "describe-network-interfaces"):
                continue
            path = self.path(home, "ec2", "describe-instances")
            for r, reservation in enumerate(self._records(path, "Reservations", aws.ListedReservation)):
                for i, instance in enumerate(reservation.instances):
                    for n, one in enumerate(instance.network_interfaces):
                        placed = one.subnet_id and one.vpc_id and one.private_ip_address
                        whole = placed and one.public_told and not isinstance(one.groups, aws.NotThere)
                        if not whole or one.network_interface_id in self.network_interfaces:
                            continue
                        owned = aws.InterfaceAttachment(instance.instance_id)
                        place = Place(home, path, f"/Reservations/{r}/Instances/{i}/NetworkInterfaces/{n}")
                        found[one.network_interface_id] = msgspec.structs.replace(one, attachment=owned)
                        self.places[one.network_interface_id] = place
        if found:
            self.network_interfaces = dict(sorted({**self.network_interfaces, **found}.items()))

    def _tell_public_addresses(self) -> None:
        """Interfaces that have a public address by the instance's record or by describe-addresses, and not by their
        own: they have it.
        """
        told: list[tuple[str, str | None, Address]] = []
        for instance in self.instances.values():
            if instance.public_ip_address:
                names = (one.network_interface_id for one in instance.network_interfaces)
                told += ((name, instance.private_ip_address, instance.public_ip_address) for name in names)
        for home in self.homes:
            for one in self._records(self.path(home, "ec2", "describe-addresses"), "Addresses", aws.ElasticAddress):
                if one.network_interface_id and one.public_ip:
                    told.append((one.network_interface_id, one.private_ip_address, one.public_ip))
        found: dict[str, aws.NetworkInterface] = {}
        for name, private, public in told:
            record = found.get(name) or self.network_interfaces.get(name)
            if record is not None and (more := aws.with_public_address(record, private, public)) is not record:
                found[name] = more
        if found:
            self.network_interfaces = {**self.network_interfaces, **found}

    def _load_compute(self, home: Home) -> None:
        path = self.path(home, "lambda", "list-functions")
        for function in self._records(path, "Functions", aws.Function):
            self.functions[home, function.function_name] = function
        clusters = self._one(self.path(home, "ecs", "list-clusters"), aws.ClusterArns)
        self.ecs_clusters += [(home, arn) for arn in clusters.cluster_arns] if clusters is not None else []
        for cluster, path in self.snapshot.children(*home, "ecs", "describe-services"):
            if self.snapshot.status(path) == "ok":
                self.ecs_services[home, cluster] = self._records(path, "services", aws.EcsService)

    def _load_balancing(self) -> None:
        collect, children = self._collect, self._children
        operation = "describe-load-balancers"
        self.load_balancers = collect(
            "elbv2", operation, "LoadBalancers", aws.LoadBalancer, lambda r: r.load_balancer_arn
        )
        self.target_groups = collect(
            "elbv2", "describe-target-groups", "TargetGroups", aws.TargetGroup, lambda r: r.target_group_arn
        )
        self.classic_load_balancers = {
            (home, record.load_balancer_name): record
            for home in self.homes
            for record in self._records(
                self.path(home, "elb", operation), "LoadBalancerDescriptions", aws.ClassicLoadBalancer
            )
        }
        self.listeners = children("describe-listeners", "Listeners", aws.Listener)
        self.target_health = children("describe-target-health", "TargetHealthDescriptions", aws.TargetHealthDescription)
        self.load_balancing_attributes = {
            path: records
            for one in ("describe-load-balancer-attributes", "describe-target-group-attributes")
            for path, records in children(one, "Attributes", aws.LoadBalancingAttribute).items()
        }
        self.classic_attributes = {
            path: answer
            for home in self.homes
            for _, path in self.snapshot.children(*home, "elb", "describe-load-balancer-attributes")
            if (answer := self._one(path, aws.ClassicAttributesAnswer)) is not None
        }

    def _children(self, operation: str, key: str, kind: type[Record]) -> dict[str, tuple[Record, ...]]:
        """Records of the per-resource files of Elastic Load Balancing, by path; of those that AWS answered."""
        return {
            path: self._records(path, key, kind)
            for home in self.homes
            for _, path in self.snapshot.children(*home, "elbv2", operation)
            if self.snapshot.status(path) == "ok"
        }

    def _collect_ec2(
        self, operation: str, key: str, kind: type[Record], identity: Callable[[Record], str]
    ) -> dict[str, Record]:
        return self._collect("ec2", operation, key, kind, identity)

    def _collect(
        self, service: str, operation: str, key: str, kind: type[Record], identity: Callable[[Record], str]
    ) -> dict[str, Record]:
        found: dict[str, Record] = {}
        parts = []
        for home in self.homes:
            path = self.path(home, service, operation)
            records = self._records(path, key, kind)
            parts.append(records)
            names = [identity(record) for record in records]
            mine = dict(zip(names, records, strict=True))
            if len(mine) == len(names) and mine.keys().isdisjoint(found) and all(map(str.isprintable, names)):
                self.places.listed(mine, home, path, key)
                found.update(mine)
                continue
            for index, (name, record) in enumerate(zip(names, records, strict=True)):
                place = Place(home, path, f"/{key}/{index}")
                if name in found or not name.isprintable():
                    self._take(found, name, record, place, name)
                else:
                    found[name] = record
                    self.places[name] = place
        return self._one_table(key, parts, {name: found[name] for name in sorted(found)})

    def _take(self, found: dict[Key, Record], key: Key, record: Record, place: Place, name: str) -> None:
        """Take in a record; where several accounts list one, the owner's. Two that contradict each other are a fault.

        Merged pages can hold a record twice, and shared resources stand in the files of each account that sees them.
        """
        if key in found:
            first = self.places[name]
            if _contradict(found[key], record, first, place):
                found_twice = f"{name} again, but not as in {first}"
                self._faults.setdefault(place.file, Fault(place.file, place.pointer, "an id of its own", found_twice))
            if first.home == place.home or getattr(record, "owner_id", None) != place.home[0]:
                return
        elif not name.isprintable():  # it would be printed, and a terminal obeys what it is sent
            self._faults.setdefault(place.file, Fault(place.file, place.pointer, "a plain id", name))
        found[key] = record
        self.places[name] = place

    def _records(self, path: str, key: str, kind: type[Record]) -> tuple[Record, ...]:
        try:
            return self._decode_collection(path, key, kind) if self.snapshot.holds(path) else ()
        except msgspec.MsgspecError as error:
            self._faults.setdefault(path, fault(path, error))
        except SnapshotError as error:  # not readable
            self._faults.setdefault(path, error.faults[0])
        return ()

    def _shared(self, path: str, kind: type[Record]) -> tuple[Record, ...] | None:
        """What was decoded of a file already, here or, if the file is the same, in the inventory beside."""
        key = (path, kind.__name__)
        kept = self._kept.get(key)
        if kept is None and self.beside is not None:
            kept = self.beside._shared(path, kind)
            if kept is None or not self.snapshot.alike(self.beside.snapshot, path):
                return None
            self.snapshot.note_like(self.beside.snapshot, path)
            self._kept[key] = kept
        return kept  # type: ignore[return-value]

    def _one_table(self, name: str, records: list[tuple[Any, ...]], table: Table) -> Table:
        """A table that was made of these records; the one of the inventory beside if that was made of the same."""
        known = self.beside._tables.get(name) if self.beside is not None else None
        if known is not None and len(known[0]) == len(records) and all(map(is_, known[0], records)):
            table = known[1]
        self._tables[name] = (records, table)
        return table

    def _decode_collection(self, path: str, key: str, kind: type[Record]) -> tuple[Record, ...]:
        """The records of a file; none of an error's, or of one page of several."""
        shared = self._shared(path, kind)
        if shared is not None:
            return shared
        self._kept[path, kind.__name__] = records = self._decoded(path, key, kind)
        return records

    def _decoded(self, path: str, key: str, kind: type[Record]) -> tuple[Record, ...]:
        data = self.snapshot.read(path)
        if self.snapshot.seen_partial(path):
            return ()
        found = decode_collection(data, key, kind)
        if found is None and self.snapshot.status(path) == "ok":  # an error too large to be one: no empty list
            raise msgspec.ValidationError(f"Expected an object with the key {key}, got one without it")
        if found is None:
            return ()
        self.snapshot.note_partial(path, found.goes_on)
        return () if found.goes_on else found.records

    def _one(self, path: str, kind: type[Record]) -> Record | None:
        try:
            return self._read(path, kind)
        except msgspec.MsgspecError as error:
            self._faults.setdefault(path, fault(path, error))
        except SnapshotError as error:  # not readable
            self._faults.setdefault(path, error.faults[0])
        return None

    # --- files ------------------------------------------------------------------------------------------------------

    def path(self, home: Home, service: str, operation: str, name: str | None = None) -> str:
        """The path of a file of an account and Region ("global" as Region for the global services)."""
        account, region = home
        last = "" if name is None else "/" + name.replace("/", "%2F")
        return f"{account}/{region}/{service}/{operation}{last}.json"

    def unknown(self, *paths: str) -> tuple[str, ...]:
        """Those of the files that are missing or whose call was refused."""
        return tuple(path for path in paths if not self.snapshot.known(path))

    def planned(self, code: str, component: str) -> tuple[str, ...]:
        """What a plan or template leaves open about a component: the details of its notes of that code."""
        return self._planned.get((code, component), ())

    @cached_property
    def _planned(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for note in self.snapshot.manifest.planned:
            key = note.code, note.component
            found[key] = (*found.get(key, ()), note.detail)
        return found

    def lists_all(self, path: str) -> bool:
        """Whether a list is there and holds all that the account has, so that what it lacks is known not to exist."""
        return self.snapshot.status(path) == "ok" and not self.snapshot.manifest.alone

    def lacks(self, home: Home, *operations: str) -> tuple[str, ...]:
        """Like `unknown`, for EC2 operations of a home."""
        return self.unknown(*(self.path(home, "ec2", operation) for operation in operations))

    def read(self, path: str, kind: type[Record]) -> Record | None:
        """Decode one file, once; None unless its status is "ok". Raises SnapshotError if it cannot be decoded."""
        try:
            return self._read(path, kind)
        except msgspec.MsgspecError as error:
            raise SnapshotError(fault(path, error)) from error

    def _read(self, path: str, kind: type[Record]) -> Record | None:
        shared = self._shared(path, kind)
        if shared is not None:
            return shared[0]
        if self.snapshot.status(path) != "ok":
            return None
        found = decode(self.snapshot.read(path), kind)
        self._kept[path, kind.__name__] = (found,)
        return found

    def read_collection(self, path: str, key: str, kind: type[Record]) -> tuple[Record, ...]:
        """Decode the records of one file now; none unless its status is "ok". Raises SnapshotError."""
        shared = self._shared(path, kind)
        if shared is not None:
            return shared
        if self.snapshot.status(path) != "ok":
            return ()
        try:
            return self._decode_collection(path, key, kind)
        except msgspec.MsgspecError as error:
            raise SnapshotError(fault(path, error)) from error

    def home_of(self, resource_id: str) -> Home:
        """Account and Region in whose files a resource stands; those of the only home if it stands nowhere.

        A VPC of another account is at home there, collected or not: who merely uses a shared subnet sees neither all
        its interfaces nor its endpoints and gateways (facts N73, N152).
        """
        home = self.places.known_home(resource_id)
        if home is not None:
            vpc = self.vpcs.get(resource_id)
            owner = vpc.owner_id if vpc is not None else None
            if owner is None or owner == home[0] or home[0] not in self._own_accounts:
                return home
            return owner, home[1]
        for record_id in self._parts_of_unseen_vpcs.get(resource_id, ()):
            return self.places[record_id].home
        return self.homes[0] if self.homes else ("000000000000", "unknown")

    def owner_home(self, resource_id: str, owner_id: str | None) -> Home:
        """Account and Region of a resource's owner, which may not be in the snapshot; those of the files that the
        resource stands in if the account's name there is a mere placeholder.
        """
        account, region = self.home_of(resource_id)
        return (owner_id if owner_id and account in self._own_accounts else account), region

    @cached_property
    def _own_accounts(self) -> frozenset[str]:
        """Accounts that own something in their files: an account's name there is no mere placeholder."""
        kinds = (self.vpcs, self.subnets, self.security_groups, self.network_interfaces)
        owners = (
            (getattr(record, "owner_id", None), self.places.home(name)[0])
            for kind in kinds
            for name, record in kind.items()
        )
        return frozenset(account for owner, account in owners if owner == account)

    @cached_property
    def _parts_of_unseen_vpcs(self) -> dict[str, list[str]]:
        """Route tables, which every VPC has, and subnets by VPCs that no file describes: they stand where it does."""
        found: dict[str, list[str]] = {}
        parts = [(name, table.vpc_id) for name, table in self.route_tables.items()]
        parts += [(name, subnet.vpc_id) for name, subnet in self.subnets.items()]
        for name, vpc_id in parts:
            if vpc_id and vpc_id not in self.vpcs:
                found.setdefault(vpc_id, []).append(name)
        return found

    def source(self, resource_id: str, below: str = "") -> str | None:
        """``FILE#/json/pointer`` of a resource, or of something below it."""
        return f"{self.places[resource_id]}{below}" if resource_id in self.places else None

    def transit_gateway_of_table(self, table_id: str) -> str:
        table = self.transit_gateway_route_tables.get(table_id)
        return (table.transit_gateway_id or "") if table else ""


_LONGEST_ROW = 16
"""Inventories in a row, each beside the one before."""
_FOR_LIFE = ("vpc_id", "subnet_id", "cidr_block", "availability_zone_id")
"""What a resource keeps for as long as it exists, whoever lists it."""
_TWO_SIDED = (aws.VpcPeeringConnection, aws.TransitGatewayPeeringAttachment, aws.PrefixList)
"""Kinds that the files of several Regions describe, each as it stands there."""


def _contradict(known: msgspec.Struct, record: msgspec.Struct, first: Place, place: Place) -> bool:
    """Whether two records of one id cannot both be true: in one account every field counts, else those for life (tags
    and states are seen by some accounts only, or at another time).
    """
    if known == record:
        return False
    if first.file == place.file or (first.home[0] == place.home[0] and not isinstance(record, _TWO_SIDED)):
        return True
    pairs = ((getattr(known, name, None), getattr(record, name, None)) for name in _FOR_LIFE)
    return any(one is not None and other is not None and one != other for one, other in pairs)

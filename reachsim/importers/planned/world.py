"""The answers of AWS that grow as declared resources are added, alone or over a live snapshot's.

Alone, every call that the sources can speak about has its file, empty at first: a new VPC has no gateway but those
declared. Over a live snapshot the live files are changed in place; a file that it lacks is **not** made up, as "only
what is planned" would be more than anybody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.tree import Answers, Document
from reachsim.snapshot import Snapshot

LISTS: Final = {
    "ec2/describe-vpcs": ("Vpcs", "VpcId"),
    "ec2/describe-subnets": ("Subnets", "SubnetId"),
    "ec2/describe-route-tables": ("RouteTables", "RouteTableId"),
    "ec2/describe-network-acls": ("NetworkAcls", "NetworkAclId"),
    "ec2/describe-security-groups": ("SecurityGroups", "GroupId"),
    "ec2/describe-security-group-vpc-associations": ("SecurityGroupVpcAssociations", ""),
    "ec2/describe-network-interfaces": ("NetworkInterfaces", "NetworkInterfaceId"),
    "ec2/describe-instances": ("Reservations", "ReservationId"),
    "ec2/describe-dhcp-options": ("DhcpOptions", "DhcpOptionsId"),
    "ec2/describe-internet-gateways": ("InternetGateways", "InternetGatewayId"),
    "ec2/describe-egress-only-internet-gateways": ("EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    "ec2/describe-nat-gateways": ("NatGateways", "NatGatewayId"),
    "ec2/describe-vpc-peering-connections": ("VpcPeeringConnections", "VpcPeeringConnectionId"),
    "ec2/describe-transit-gateways": ("TransitGateways", "TransitGatewayId"),
    "ec2/describe-transit-gateway-attachments": ("TransitGatewayAttachments", "TransitGatewayAttachmentId"),
    "ec2/describe-transit-gateway-vpc-attachments": ("TransitGatewayVpcAttachments", "TransitGatewayAttachmentId"),
    "ec2/describe-transit-gateway-peering-attachments": (
        "TransitGatewayPeeringAttachments",
        "TransitGatewayAttachmentId",
    ),
    "ec2/describe-transit-gateway-route-tables": ("TransitGatewayRouteTables", "TransitGatewayRouteTableId"),
    "ec2/describe-vpn-gateways": ("VpnGateways", "VpnGatewayId"),
    "ec2/describe-vpn-connections": ("VpnConnections", "VpnConnectionId"),
    "ec2/describe-carrier-gateways": ("CarrierGateways", "CarrierGatewayId"),
    "ec2/describe-prefix-lists": ("PrefixLists", "PrefixListId"),
    "ec2/describe-managed-prefix-lists": ("PrefixLists", "PrefixListId"),
    "ec2/describe-vpc-endpoints": ("VpcEndpoints", "VpcEndpointId"),
    "ec2/describe-vpc-endpoint-services": ("ServiceDetails", "ServiceName"),
    "ec2/describe-vpc-endpoint-associations": ("VpcEndpointAssociations", ""),
    "ec2/describe-addresses": ("Addresses", "AllocationId"),
    "route53resolver/list-resolver-rules": ("ResolverRules", "Id"),
    "route53resolver/list-resolver-rule-associations": ("ResolverRuleAssociations", "Id"),
    "route53resolver/list-resolver-endpoints": ("ResolverEndpoints", "Id"),
    "route53resolver/list-firewall-rule-group-associations": ("FirewallRuleGroupAssociations", "Id"),
    "route53profiles/list-profile-associations": ("ProfileAssociations", "Id"),
    "network-firewall/list-firewalls": ("Firewalls", "FirewallArn"),
    "elbv2/describe-load-balancers": ("LoadBalancers", "LoadBalancerArn"),
    "elbv2/describe-target-groups": ("TargetGroups", "TargetGroupArn"),
    "elb/describe-load-balancers": ("LoadBalancerDescriptions", "LoadBalancerName"),
    "codebuild/batch-get-projects": ("projects", "name"),
    "codebuild/batch-get-fleets": ("fleets", "name"),
    "codecommit/batch-get-repositories": ("repositories", "repositoryName"),
    "codepipeline/list-pipelines": ("pipelines", "name"),
    "ecr/describe-repositories": ("repositories", "repositoryName"),
    "ecr/describe-pull-through-cache-rules": ("pullThroughCacheRules", "ecrRepositoryPrefix"),
    "logs/describe-log-groups": ("logGroups", "logGroupName"),
    "ecs/list-clusters": ("clusterArns", ""),
    "lambda/list-functions": ("Functions", "FunctionName"),
}
"""Call -> the key of its list and the key of a record's id."""
GLOBAL_LISTS: Final = {
    "route53/list-hosted-zones": ("HostedZones", "Id"),
    "s3api/list-buckets": ("Buckets", "Name"),
    "iam/get-account-authorization-details": ("RoleDetailList", "RoleName"),
}
OF_OLD_VPCS: Final = ("route53/list-hosted-zones", "route53resolver/list-resolver-rules",
                      "route53resolver/list-resolver-rule-associations", "route53profiles/list-profile-associations",
                      "route53resolver/list-firewall-rule-group-associations")  # fmt: skip
"""What may be attached to a VPC from elsewhere: with VPCs that exist already, an empty list would say too much."""


UNDECIDED: Final = "undecidable: "
"""Begins the reason for which something is left out that verdicts may depend on."""


@dataclass(slots=True)
class Note:
    """Something that a verdict which meets ``component`` has to say (``planned`` in the manifest)."""

    component: str
    code: str
    detail: str
    can_hide: str = "neither"
    only_to: str = ""


@dataclass(slots=True)
class World:
    """Answers by place, with the notes that go into the manifest and the sentences that go to a person."""

    alone: bool = True
    live: Snapshot | None = None
    answers: Answers = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    unsupported: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Addresses of what is left out, by kind and reason."""
    service_lists: dict[tuple[str, str], str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    """Endpoints with an association that comes or goes."""
    dropped: list[tuple[Home, str]] = field(default_factory=list)
    """Files that are taken away in the end: what they would say is open."""
    replaced: list[tuple[Resource, str, Document]] = field(default_factory=list)
    """Groups of a live snapshot whose rules (of this attribute) a template declares anew, as they were."""
    templates: dict[str, Resource] = field(default_factory=dict)
    """Launch templates by id and name."""
    open_subnets: dict[str, Resource] = field(default_factory=dict)
    """Subnets of which nothing tells whether they give public addresses."""
    open_rules: dict[str, Resource] = field(default_factory=dict)
    """Resolver rules of which nothing tells the names or the type."""
    strategies: dict[str, list[str]] = field(default_factory=dict)
    """The capacity providers that are the default of an ECS cluster, by its name."""
    tables: dict[tuple[str, str], Document] | None = None
    """The route table that a subnet or gateway (the key of its association, and its id) is associated with."""
    acls: dict[str, Document] | None = None
    """The network ACL of a subnet."""
    _subnets: Counter[str] | None = None
    _records: dict[str, tuple[Home, str, Document]] = field(default_factory=dict)
    _by_call: dict[str, dict[str, tuple[Home, str, Document]]] = field(default_factory=dict)
    _taken: dict[str, set[int]] = field(default_factory=dict)
    _public: int = 0
    _lacking: set[str] = field(default_factory=set)
    _noted: set[tuple[str, str, str, str]] = field(default_factory=set)
    _any: list[tuple[str, str, tuple[str, ...], Home, str, tuple[str, ...], str]] = field(default_factory=list)

    # --- files ------------------------------------------------------------------------------------------------------

    def open(self, home: Home) -> None:
        """Make the empty answers of an account and Region, or read the live ones."""
        for place, lists in ((home, LISTS), ((home[0], "global"), GLOBAL_LISTS)):
            for call, (key, id_key) in lists.items():
                if self.document(place, call) is None and self.alone:
                    self.answers.setdefault(place, {})[call] = {key: []}
                for record in self._rows(place, call, key):
                    if isinstance(record, dict) and isinstance(record.get(id_key), str):
                        self._index(place, call, record, id_key)

    def _index(self, place: Home, call: str, record: Document, id_key: str) -> None:
        self._by_call.setdefault(call, {}).setdefault(record[id_key], (place, call, record))
        if call.startswith("ec2/"):
            self._records.setdefault(record[id_key], (place, call, record))
        for instance in record.get("Instances", []) if call == "ec2/describe-instances" else []:
            self._records.setdefault(instance["InstanceId"], (place, call, instance))

    def document(self, place: Home, call: str) -> Document | None:
        """An answer as it stands; None if there is none (over a live snapshot: if that lacks it)."""
        held = self.answers.get(place, {}).get(call)
        if held is None and self.live is not None:
            path = "/".join((*place, f"{call}.json"))
            if path not in self.gone and self.live.status(path) == "ok":
                held = msgspec.json.decode(self.live.read(path))
                if isinstance(held, dict):
                    self.answers.setdefault(place, {})[call] = held
        return held

    def put(self, place: Home, call: str, document: Document) -> None:
        """One more file: an answer about one thing.

        Raises SnapshotError for the name of a thing that AWS would not take either and that is no name of a file.
        """
        service, operation, *name = call.split("/", 2)
        if (name and not name[0].isprintable()) or "\\" in call:
            raise SnapshotError(Fault(f"{service}/{operation}", "", "a name that AWS takes", ascii(name[0])))
        call = "/".join((service, operation, *(one.replace("/", "%2F") for one in name)))
        self.answers.setdefault(place, {})[call] = document

    def drop(self, place: Home, call: str) -> None:
        """Take a file away, so that what it would say is unknown."""
        self.answers.get(place, {}).pop(call, None)
        self.gone.add("/".join((*place, f"{call}.json")))

    def leave_open(self, place: Home, call: str) -> None:
        """What the source declares and does not tell: as a call that AWS did not answer, so that nobody takes it for
        what was not asked for because few have it.
        """
        self.put(place, call, {"Error": {"Code": "KnownAfterApply"}})

    def rows(self, home: Home, call: str) -> list[Any]:
        """The records of a list call."""
        key = (LISTS.get(call) or GLOBAL_LISTS[call])[0]
        return self._rows((home[0], "global") if call in GLOBAL_LISTS else home, call, key)

    def _rows(self, place: Home, call: str, key: str) -> list[Any]:
        document = self.document(place, call)
        rows = document.get(key) if document is not None else None
        return rows if isinstance(rows, list) else []

    # --- records ----------------------------------------------------------------------------------------------------

    def add(self, home: Home, call: str, record: Document) -> Document:
        """A record of a list call; one of the same id is overwritten, key by key, and stays where it is."""
        key, id_key = LISTS.get(call) or GLOBAL_LISTS[call]
        place = (home[0], "global") if call in GLOBAL_LISTS else home
        held = self._by_call.get(call, {}).get(str(record.get(id_key)))
        if held is not None:
            held[2].update(record)
            return held[2]
        document = self.document(place, call)
        if document is None:
            self._lacks(place, call, str(record.get(id_key, "")))
            return record
        document.setdefault(key, []).append(record)
        if id_key:
            self._index(place, call, record, id_key)
        return record

    def _lacks(self, place: Home, call: str, what: str) -> None:
        path = "/".join((*place, f"{call}.json"))
        if path not in self._lacking:
            self._lacking.add(path)
            self.warnings.append(f"the live snapshot lacks {path}: {what} could not be added to it")

    def get(self, id: str) -> Document | None:
        """The EC2 record of that id."""
        held = self._records.get(id)
        return held[2] if held is not None else None

    def call_also(self, id: str, known: str) -> None:
        """Another id for the EC2 record of that id, by which the source names it."""
        self._records.setdefault(id, self._records[known])

    def get_in(self, call: str, id: str) -> Document | None:
        """The record of that id or name in a list call."""
        held = self._by_call.get(call, {}).get(id)
        return held[2] if held is not None else None

    def vpc_of(self, ids: Iterable[str], default: str = "") -> str:
        """The VPC of the first of these subnets or route tables that is there."""
        return next((str(held["VpcId"]) for one in ids if (held := self.get(one)) and held.get("VpcId")), default)

    def home_of(self, id: str, default: Home) -> Home:
        held = self._records.get(id)
        return held[0] if held is not None else default

    def remove(self, call: str, id: str) -> Document | None:
        """Take a record out of its list."""
        held = self._by_call.get(call, {}).pop(id, None)
        if held is None:
            return None
        self._records.pop(id, None)
        place, _, record = held
        rows = self._rows(place, call, (LISTS.get(call) or GLOBAL_LISTS[call])[0])
        rows[:] = [one for one in rows if one is not record]
        return record

    def each(self, call: str) -> Iterator[tuple[Home, Document]]:
        """Every record of a list call, everywhere."""
        for home, _, record in list(self._by_call.get(call, {}).values()):
            yield home, record

    def next_subnet(self, vpc_id: str) -> int:
        """How many subnets a VPC has, before this one."""
        if self._subnets is None:
            self._subnets = Counter(str(held.get("VpcId")) for _, held in self.each("ec2/describe-subnets"))
        self._subnets[vpc_id] += 1
        return self._subnets[vpc_id] - 1

    # --- what nothing tells -----------------------------------------------------------------------------------------

    def note(self, component: str, code: str, detail: str, can_hide: str = "leak", *, only_to: str = "") -> None:
        if (component, code, can_hide, only_to) not in self._noted:
            self._noted.add((component, code, can_hide, only_to))
            self.notes.append(Note(component, code, detail, can_hide, only_to))

    def leave_out(self, address: str, kind: str, why: str) -> None:
        """Something that may change a verdict is left out: it is listed, and checks of the snapshot say so."""
        self.unsupported.append((f"{address} ({kind})", why))
        self.left_out.setdefault((kind, why), []).append(address)

    def presume(self, component: str, detail: str) -> None:
        """Something that the source does not tell is taken for granted: checks of the snapshot say so."""
        self.warnings.append(detail)
        self.note(component, "PLANNED_TAKEN", detail)

    def undecided(self, one: Resource, what: str, *components: str, ways: tuple[str, ...] = ("leak",)) -> None:
        """An attribute that decides is not known: verdicts that meet the component say so, and so does the report.

        ``ways`` are what a wrong guess hides: ``leak`` (more gets through), ``block`` (less does).
        """
        detail = self._told(one, what)
        for component in components or (one.id,):
            for way in ways:
                self.note(component, "PLANNED_VALUE_UNKNOWN", detail, way)

    def undecided_if(self, one: Resource, what: str, call: str, key: str, *held: str) -> None:
        """As `undecided`, for any record of a list call whose ``key`` holds one of these, or for all if there is none.

        Records that are made later count, too.
        """
        self._any.append((call, key, held, one.home, self._told(one, what), ("leak", "block"), ""))

    def undecided_step(self, one: Resource, what: str, source: str, step: str) -> None:
        """Something decides a step of a source's pipeline, and nothing tells it."""
        self.note(f"{source} {step}", "PLANNED_STEP_UNKNOWN", self._told(one, what), "block")

    def undecided_names(self, one: Resource, what: str, vpc_id: str, *names: str) -> None:
        """Something decides what the VPC's resolver answers, and nothing tells it: these names and those below them are
        not known there; without any, no name is.
        """
        told = self._told(one, what)
        for component in [f"{vpc_id} {name.removeprefix('*.')}" for name in names] or [vpc_id]:
            self.note(component, "PLANNED_NAMES_UNKNOWN", told, "leak")

    def undecided_any(self, one: Resource, what: str, call: str, vpc_id: str, *ways: str, only_to: str = "") -> None:
        """As `undecided`, where any record of a list call in a VPC (in the Region if that is unknown) may be meant.

        ``ways`` are what a wrong guess hides: ``leak`` (more gets through), ``block`` (less does). ``only_to``: the
        AWS service that alone it concerns ways to.
        """
        held = (vpc_id,) if vpc_id else ()
        told = self._told(one, what)
        self._any.append((call, "VpcId", held, one.home, told, ways or ("leak", "block"), only_to))

    def _told(self, one: Resource, what: str) -> str:
        """Warn of an attribute that nothing tells; the sentence for verdicts that meet it."""
        self.warnings.append(f"{one.address}: {what} is known only after apply")
        return f"{what} of {one.address} is known only after apply"

    def settle(self) -> None:
        """Note what `undecided_any` and `leave_out` said, now that every record is there."""
        for (kind, why), addresses in self.left_out.items():
            more = f" ({len(addresses)} of the kind {kind})" if len(addresses) > 1 else f" ({kind})"
            self.note(addresses[0], "PLANNED_LEFT_OUT", why.removeprefix(UNDECIDED) + more)
        for call, key, held, home, detail, ways, only_to in self._any:
            for place, record in self.each(call):
                if record.get(key) in held if held else place == home:
                    component = str(record[LISTS[call][1]])
                    for way in ways:
                        self.note(component, "PLANNED_VALUE_UNKNOWN", detail, way, only_to=only_to)

    # --- addresses --------------------------------------------------------------------------------------------------

    def take(self, subnet: str, address: str) -> str:
        """Note that an address is in use."""
        net = self._block(subnet)
        if net is not None and address and ":" not in address:
            offset = int(ip_network(f"{address}/32").network_address) - int(net.network_address)
            self._taken.setdefault(subnet, set()).add(offset)
        return address

    def draw(self, subnet: str) -> str | None:
        """A free address of the subnet: the first after the four that AWS keeps, counted from the eleventh on. AWS may
        pick any other one, so that nothing tells of an address there that nobody has.
        """
        net = self._block(subnet)
        if net is None:
            return None
        self.taken_by_others(subnet, f"AWS has yet to pick addresses in {subnet}")
        taken = self._taken.setdefault(subnet, set())
        for offset in (*range(10, min(net.num_addresses - 1, 65536)), *range(4, min(10, net.num_addresses - 1))):
            if offset not in taken:
                taken.add(offset)
                return str(net.network_address + offset)
        return None

    def taken_by_others(self, subnet: str, detail: str) -> None:
        """Addresses of a subnet may be those of interfaces that the answers do not tell, or tell with others."""
        self.note(f"{subnet} interfaces", "PLANNED_VALUE_UNKNOWN", detail)

    def draw_ipv6(self, subnet: str) -> str | None:
        record = self.get(subnet) or {}
        blocks = [one.get("Ipv6CidrBlock") for one in record.get("Ipv6CidrBlockAssociationSet", [])]
        if not blocks or not isinstance(blocks[0], str):
            return None
        self.taken_by_others(subnet, f"AWS has yet to pick addresses in {subnet}")
        net = IPv6Network(blocks[0], strict=False)
        taken = self._taken.setdefault(f"{subnet}/v6", set())
        offset = 0x100 + len(taken)
        taken.add(offset)
        return str(net.network_address + offset)

    def draw_public(self) -> str:
        """A symbolic public address, from the blocks that are reserved for documentation."""
        blocks = ("192.0.2", "198.51.100", "203.0.113")
        self._public += 1
        number = self._public - 1
        return f"{blocks[number // 250 % 3]}.{number % 250 + 1}"

    def _block(self, subnet: str) -> IPv4Network | None:
        record = self.get(subnet) or {}
        try:
            return IPv4Network(record.get("CidrBlock") or "", strict=False)
        except ValueError:
            return None

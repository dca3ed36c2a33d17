"""AWS's resources as the API prints them, decoded: frozen records with only the fields that reachsim uses.

Names are the API's own (``VpcId`` becomes ``vpc_id``). Keys we do not know are ignored, values of enumerations are
kept as they come (botocore's models and AWS's answers differ: ``Available`` and ``available``). Field lists:
network-semantics fact sheet, section 12, checked against the botocore service models.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec.structs import force_setattr, replace

from reachsim.addresses import Address, Cidr
from reachsim.model.states import State


class Ec2(msgspec.Struct, frozen=True, rename="pascal", gc=False):
    """Base of the records that EC2 (and most of AWS) spells in PascalCase."""


class NotThere(tuple[()]):
    """A list whose key the file lacks. AWS prints empty lists, so nothing is known of one that is not there."""

    __slots__ = ()


NOT_THERE = NotThere()


def _in_order(record: msgspec.Struct, *fields: str) -> None:
    """Sort lists of ids, which AWS prints in any order: the same account gives the same answers."""
    for field in fields:
        held = getattr(record, field)
        if len(held) > 1:
            force_setattr(record, field, tuple(sorted(held)))


def _expected(there: bool, what: str) -> None:
    """A record without what AWS prints in each is none of AWS's: no default may stand in for it."""
    if not there:
        raise ValueError(f"Expected {what}, got one without")


def _check_account(owner: str | None) -> None:
    """Of a VPC's owner become names of files: digits, and nothing else; public dumps hold shortened ones."""
    if owner is not None and not (owner.isascii() and owner.isdigit() and len(owner) <= 12):
        raise ValueError(f"Expected an account id of 12 digits, got {owner!r}")


class Tag(Ec2, frozen=True):
    key: str = ""
    value: str = ""


class BlockPublicAccessStates(Ec2, frozen=True):
    internet_gateway_block_mode: str


class CidrState(Ec2, frozen=True):
    state: State = State("associated")


class VpcCidr(Ec2, frozen=True):
    cidr_block: Cidr
    cidr_block_state: CidrState = CidrState()


class VpcIpv6Cidr(Ec2, frozen=True):
    ipv6_cidr_block: Cidr
    ipv6_cidr_block_state: CidrState = CidrState()
    ipv6_address_attribute: str | None = None


class NetworkFirewallAssociation(Ec2, frozen=True):
    firewall_arn: str


class VpcEncryptionControl(Ec2, frozen=True):
    mode: str = ""
    state: State = State("available")


class Vpc(Ec2, frozen=True):
    vpc_id: str
    cidr_block: Cidr | None = None
    cidr_block_association_set: tuple[VpcCidr, ...] = NOT_THERE
    ipv6_cidr_block_association_set: tuple[VpcIpv6Cidr, ...] = NOT_THERE
    dhcp_options_id: str | None = None
    is_default: bool = False
    owner_id: str | None = None
    block_public_access_states: BlockPublicAccessStates | None = None
    encryption_control: VpcEncryptionControl | None = None
    state: State = State("available")
    network_firewall_associations: tuple[NetworkFirewallAssociation, ...] = ()
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _check_account(self.owner_id)


class Subnet(Ec2, frozen=True):
    subnet_id: str
    vpc_id: str
    cidr_block: Cidr | None = None
    ipv6_cidr_block_association_set: tuple[VpcIpv6Cidr, ...] = NOT_THERE
    availability_zone: str | None = None
    availability_zone_id: str | None = None
    assign_ipv6_address_on_creation: bool = False
    enable_dns64: bool | None = None
    ipv6_native: bool = False
    network_firewall_connectivity_type: str = ""
    outpost_arn: str | None = None
    owner_id: str | None = None
    state: State = State("available")
    block_public_access_states: BlockPublicAccessStates | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.cidr_block is not None or self.ipv6_native, "a subnet with CidrBlock or Ipv6Native")


class AvailabilityZone(Ec2, frozen=True):
    zone_name: str = ""
    zone_id: str | None = None
    zone_type: str = ""
    parent_zone_name: str | None = None
    parent_zone_id: str | None = None


class DhcpValue(Ec2, frozen=True):
    value: str = ""


class DhcpConfiguration(Ec2, frozen=True):
    key: str = ""
    values: tuple[DhcpValue, ...] = ()


class DhcpOptions(Ec2, frozen=True):
    dhcp_options_id: str
    dhcp_configurations: tuple[DhcpConfiguration, ...] = ()


class AssociationState(Ec2, frozen=True):
    state: State = State("associated")


class RouteTableAssociation(Ec2, frozen=True):
    subnet_id: str | None = None
    gateway_id: str | None = None
    public_ipv4_pool: str | None = None
    main: bool = False
    association_state: AssociationState = AssociationState()

    def __post_init__(self) -> None:
        whose = self.main or self.subnet_id or self.gateway_id or self.public_ipv4_pool
        _expected(bool(whose), "an association with SubnetId or GatewayId")


class IgwFirewall(Ec2, frozen=True):
    firewall_arn: str


class Route(Ec2, frozen=True):
    destination_cidr_block: Cidr | None = None
    destination_ipv6_cidr_block: Cidr | None = None
    destination_prefix_list_id: str | None = None
    gateway_id: str | None = None
    egress_only_internet_gateway_id: str | None = None
    nat_gateway_id: str | None = None
    transit_gateway_id: str | None = None
    vpc_peering_connection_id: str | None = None
    network_interface_id: str | None = None
    instance_id: str | None = None
    local_gateway_id: str | None = None
    carrier_gateway_id: str | None = None
    core_network_arn: str | None = None
    odb_network_arn: str | None = None
    ip_address: Address | None = None
    igw_firewall: IgwFirewall | None = None
    state: State = State("active")
    origin: str = "CreateRoute"


class RouteTable(Ec2, frozen=True):
    route_table_id: str
    vpc_id: str | None = None
    associations: tuple[RouteTableAssociation, ...] = NOT_THERE
    routes: tuple[Route, ...] = NOT_THERE
    owner_id: str | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.vpc_id is not None, "a route table with VpcId")


_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", *map(str, range(-1, 256))})


def _check_protocol(text: str) -> None:
    if text not in _PROTOCOLS and text.lower() not in _PROTOCOLS:
        raise ValueError(f"Expected an IP protocol, got {text!r}")


def _check_range(what: str, low: int | None, high: int | None, least: int, most: int) -> None:
    for value in (low, high):
        if value is not None and not least <= value <= most:
            raise ValueError(f"Expected {what} from {least} to {most}, got {value}")


def has_ports(protocol: str) -> bool:
    """Whether AWS stores ports with every network ACL entry and every rule for a protocol ("CreateNetworkAclEntry",
    PortRange; "IpPermission": FromPort is the start of the port range).
    """
    return protocol.lower() in ("tcp", "udp", "6", "17")


def _check_order(protocol: str, low: int | None, high: int | None) -> None:
    """AWS stores no range of ports that ends before it begins; read as it stands, it would hold no port at all."""
    if has_ports(protocol) and low is not None and high is not None and low > high:
        raise ValueError(f"Expected a range of ports that ends where it begins or later, got {low} to {high}")


class PortRange(Ec2, frozen=True):
    from_: int = msgspec.field(name="From")
    to: int

    def __post_init__(self) -> None:
        _check_range("ports", self.from_, self.to, 0, 65535)


class IcmpTypeCode(Ec2, frozen=True):
    type: int
    code: int

    def __post_init__(self) -> None:
        _check_range("ICMP type and code", self.type, self.code, -1, 255)


class NetworkAclEntry(Ec2, frozen=True):
    rule_number: int
    protocol: str
    rule_action: str
    egress: bool
    cidr_block: Cidr | None = None
    ipv6_cidr_block: Cidr | None = None
    port_range: PortRange | None = None
    icmp_type_code: IcmpTypeCode | None = None

    def __post_init__(self) -> None:
        _check_protocol(self.protocol)
        if self.rule_action.lower() not in ("allow", "deny"):
            raise ValueError(f"Expected the action allow or deny, got {self.rule_action!r}")
        _expected(bool(self.cidr_block or self.ipv6_cidr_block), "an entry with CidrBlock or Ipv6CidrBlock")
        if self.port_range is not None:
            _check_order(self.protocol, self.port_range.from_, self.port_range.to)
        else:
            _expected(not has_ports(self.protocol), "an entry for TCP or UDP with PortRange")


class NetworkAclAssociation(Ec2, frozen=True):
    subnet_id: str
    network_acl_id: str | None = None


class NetworkAcl(Ec2, frozen=True):
    network_acl_id: str
    vpc_id: str | None = None
    is_default: bool = False
    associations: tuple[NetworkAclAssociation, ...] = NOT_THERE
    entries: tuple[NetworkAclEntry, ...] = NOT_THERE
    owner_id: str | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        """Of two entries with one number nothing tells which comes first; AWS stores none (`CreateNetworkAclEntry`)."""
        numbered: dict[tuple[int, bool, bool], NetworkAclEntry] = {}
        for entry in self.entries:
            place = (entry.rule_number, entry.egress, entry.cidr_block is None)
            if numbered.setdefault(place, entry) != entry:
                raise ValueError(f"Expected a rule number of its own for each entry, got {entry.rule_number} twice")


class IpRange(Ec2, frozen=True):
    cidr_ip: Cidr
    description: str | None = None


class Ipv6Range(Ec2, frozen=True):
    cidr_ipv6: Cidr
    description: str | None = None


class PrefixListReference(Ec2, frozen=True):
    prefix_list_id: str


class UserIdGroupPair(Ec2, frozen=True):
    group_id: str | None = None
    user_id: str | None = None
    vpc_id: str | None = None
    vpc_peering_connection_id: str | None = None
    peering_status: str | None = None

    @property
    def peering_stale(self) -> bool:
        """Whether it names a group behind a peering connection that is no longer there (fact N90). Of a status that
        nobody knows the connection's own record decides.
        """
        return State(self.peering_status or "active").standing("active") == "does-not"


class IpPermission(Ec2, frozen=True):
    ip_protocol: str
    from_port: int | None = None
    to_port: int | None = None
    ip_ranges: tuple[IpRange, ...] = ()
    ipv6_ranges: tuple[Ipv6Range, ...] = ()
    prefix_list_ids: tuple[PrefixListReference, ...] = ()
    user_id_group_pairs: tuple[UserIdGroupPair, ...] = ()

    def __post_init__(self) -> None:
        _check_protocol(self.ip_protocol)
        if self.ip_protocol in ("icmp", "icmpv6", "1", "58"):
            _check_range("ICMP type and code", self.from_port, self.to_port, -1, 255)
        else:
            _check_range("ports", self.from_port, self.to_port, -1, 65535)
            _check_order(self.ip_protocol, self.from_port, self.to_port)
        ports = sum(one is not None for one in (self.from_port, self.to_port))
        _expected(ports != 1, "a rule with both FromPort and ToPort or neither")
        _expected(ports == 2 or not has_ports(self.ip_protocol), "a rule for TCP or UDP with FromPort and ToPort")


class SecurityGroup(Ec2, frozen=True):
    group_id: str
    group_name: str | None = None
    vpc_id: str | None = None
    owner_id: str | None = None
    ip_permissions: tuple[IpPermission, ...] = NOT_THERE
    ip_permissions_egress: tuple[IpPermission, ...] = NOT_THERE
    tags: tuple[Tag, ...] = ()


class ReferencedGroupInfo(Ec2, frozen=True):
    group_id: str | None = None


class SecurityGroupRule(Ec2, frozen=True):
    security_group_rule_id: str
    group_id: str
    is_egress: bool = False
    ip_protocol: str = "-1"
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    referenced_group_info: ReferencedGroupInfo | None = None


class PublicAssociation(Ec2, frozen=True):
    """Of an Outpost's and a Wavelength Zone's the public address is the customer's and the carrier's."""

    public_ip: Address | None = None
    customer_owned_ip: str | None = None
    carrier_ip: str | None = None

    @property
    def is_told(self) -> bool:
        return bool(self.public_ip or self.customer_owned_ip or self.carrier_ip)


class PrivateIpAddress(Ec2, frozen=True):
    private_ip_address: Address
    primary: bool = False
    association: PublicAssociation | None = None


class Ipv6Address(Ec2, frozen=True):
    ipv6_address: Address


class Ipv4Prefix(Ec2, frozen=True):
    ipv4_prefix: Cidr


class Ipv6Prefix(Ec2, frozen=True):
    ipv6_prefix: Cidr


class GroupIdentifier(Ec2, frozen=True, order=True):
    group_id: str


class InterfaceAttachment(Ec2, frozen=True):
    instance_id: str | None = None
    device_index: int | None = None
    status: str | None = None


class NetworkInterface(Ec2, frozen=True):
    network_interface_id: str
    subnet_id: str | None = None
    vpc_id: str | None = None
    availability_zone: str | None = None
    groups: tuple[GroupIdentifier, ...] = NOT_THERE
    private_ip_address: Address | None = None
    private_ip_addresses: tuple[PrivateIpAddress, ...] = ()
    association: PublicAssociation | None = None
    ipv6_addresses: tuple[Ipv6Address, ...] = NOT_THERE
    ipv4_prefixes: tuple[Ipv4Prefix, ...] = ()
    ipv6_prefixes: tuple[Ipv6Prefix, ...] = ()
    source_dest_check: bool = True
    deny_all_igw_traffic: bool = False
    interface_type: str | None = None
    status: str = "in-use"
    attachment: InterfaceAttachment | None = None
    owner_id: str | None = None
    requester_managed: bool = False
    description: str | None = None
    tag_set: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        if len(self.groups) > 1:
            _in_order(self, "groups")

    @property
    def public_told(self) -> bool:
        """Whether each of its associations tells the public address."""
        if self.association is not None and not self.association.is_told:
            return False
        for one in self.private_ip_addresses:
            if one.association is not None and not one.association.is_told:
                return False
        return True


def with_public_address(record: NetworkInterface, private: str | None, public: Address) -> NetworkInterface:
    """The record with a public address for one of its private ones (None for the primary one), if that has none."""
    primary = private in (None, record.private_ip_address)
    own = record.private_ip_address if primary else private
    listed = [one for one in record.private_ip_addresses if one.private_ip_address == own]
    if own is None or (primary and record.association) or any(one.association for one in listed):
        return record
    if not primary and not listed:  # the address of another interface of the same instance
        return record
    made = PublicAssociation(public_ip=public)
    return replace(
        record, association=made if primary else record.association,
        private_ip_addresses=tuple(replace(one, association=made) if one.private_ip_address == own else one
                                   for one in record.private_ip_addresses),
    )  # fmt: skip


class DescribedNetworkInterface(NetworkInterface, frozen=True):
    """As ``describe-network-interfaces`` prints it: with its place, and with its groups if it can have any."""

    def __post_init__(self) -> None:
        if len(self.groups) > 1:
            _in_order(self, "groups")
        placed = self.subnet_id is not None and self.vpc_id is not None
        told = self.description is not None or not self.requester_managed
        if placed and self.groups and self.public_told and told:
            return
        of_many_kinds = self.interface_type in (None, "interface")  # load balancers' and resolver endpoints' are such
        _expected(told or not of_many_kinds, "an interface of an AWS service with Description")
        _expected(placed, "an interface with SubnetId and VpcId")
        if isinstance(self.groups, NotThere):
            has_none = self.interface_type in ("nat_gateway", "transit_gateway", "gateway_load_balancer",
                                               "gateway_load_balancer_endpoint")  # fmt: skip
            _expected(has_none, "an interface with Groups")
        _expected(self.public_told, "an association with PublicIp")


class InstanceState(Ec2, frozen=True):
    name: str = "running"


class IamInstanceProfile(Ec2, frozen=True):
    arn: str


class InstanceNetworkInterface(Ec2, frozen=True):
    network_interface_id: str


class InstanceMetadataOptions(Ec2, frozen=True):
    http_endpoint: str | None = None
    http_protocol_ipv6: str | None = None


class Instance(Ec2, frozen=True):
    instance_id: str
    vpc_id: str | None = None
    subnet_id: str | None = None
    state: InstanceState = InstanceState()
    iam_instance_profile: IamInstanceProfile | None = None
    network_interfaces: tuple[InstanceNetworkInterface, ...] = ()
    private_ip_address: str | None = None
    public_ip_address: Address | None = None
    platform: str | None = None
    metadata_options: InstanceMetadataOptions | None = None
    tags: tuple[Tag, ...] = ()


class ElasticAddress(Ec2, frozen=True):
    public_ip: Address | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None


class Reservation(Ec2, frozen=True):
    instances: tuple[Instance, ...]
    owner_id: str | None = None


class ListedInstance(Ec2, frozen=True):
    """An instance with its interfaces as describe-instances lists them: all but DenyAllIgwTraffic and tags."""

    instance_id: str
    network_interfaces: tuple[NetworkInterface, ...] = ()


class ListedReservation(Ec2, frozen=True):
    instances: tuple[ListedInstance, ...] = ()


class GatewayAttachment(Ec2, frozen=True):
    vpc_id: str | None = None
    state: State = State("available")


class InternetGateway(Ec2, frozen=True):
    internet_gateway_id: str
    attachments: tuple[GatewayAttachment, ...] = NOT_THERE
    owner_id: str | None = None
    tags: tuple[Tag, ...] = ()


class EgressOnlyInternetGateway(Ec2, frozen=True):
    egress_only_internet_gateway_id: str
    attachments: tuple[GatewayAttachment, ...] = NOT_THERE
    tags: tuple[Tag, ...] = ()


class NatGatewayAddress(Ec2, frozen=True):
    private_ip: Address | None = None
    public_ip: Address | None = None
    network_interface_id: str | None = None
    availability_zone: str | None = None
    availability_zone_id: str | None = None
    status: State = State("succeeded")


class AttachedAppliance(Ec2, frozen=True):
    type: str | None = None
    attachment_state: State = State("attached")


class NatGateway(Ec2, frozen=True):
    nat_gateway_id: str
    vpc_id: str | None = None
    subnet_id: str | None = None
    state: State = State("available")
    connectivity_type: str = "public"
    availability_mode: str | None = None
    auto_provision_zones: str | None = None
    route_table_id: str | None = None
    nat_gateway_addresses: tuple[NatGatewayAddress, ...] = ()
    attached_appliances: tuple[AttachedAppliance, ...] = ()
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.vpc_id is not None or self.subnet_id is not None, "a NAT gateway with VpcId or SubnetId")


class CidrBlockItem(Ec2, frozen=True):
    cidr_block: Cidr


class Ipv6CidrBlockItem(Ec2, frozen=True):
    ipv6_cidr_block: Cidr


class PeeringOptions(Ec2, frozen=True):
    allow_dns_resolution_from_remote_vpc: bool = False


class VpcPeeringConnectionVpcInfo(Ec2, frozen=True):
    vpc_id: str | None = None
    owner_id: str | None = None
    region: str | None = None
    cidr_block: Cidr | None = None
    cidr_block_set: tuple[CidrBlockItem, ...] = ()
    ipv6_cidr_block_set: tuple[Ipv6CidrBlockItem, ...] = ()
    peering_options: PeeringOptions | None = None

    def __post_init__(self) -> None:
        _check_account(self.owner_id)


class StatusCode(Ec2, frozen=True):
    code: State = State("active")


class VpcPeeringConnection(Ec2, frozen=True):
    vpc_peering_connection_id: str
    requester_vpc_info: VpcPeeringConnectionVpcInfo = VpcPeeringConnectionVpcInfo()
    accepter_vpc_info: VpcPeeringConnectionVpcInfo = VpcPeeringConnectionVpcInfo()
    status: StatusCode = StatusCode()
    tags: tuple[Tag, ...] = ()


class TransitGatewayOptions(Ec2, frozen=True):
    security_group_referencing_support: str | None = None
    dns_support: str | None = None


class TransitGateway(Ec2, frozen=True):
    transit_gateway_id: str
    state: State = State("available")
    owner_id: str | None = None
    options: TransitGatewayOptions = TransitGatewayOptions()
    tags: tuple[Tag, ...] = ()


class TransitGatewayAttachmentAssociation(Ec2, frozen=True):
    transit_gateway_route_table_id: str | None = None
    state: State = State("associated")


class TransitGatewayAttachment(Ec2, frozen=True):
    transit_gateway_attachment_id: str
    transit_gateway_id: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    resource_owner_id: str | None = None
    state: State = State("available")
    nat_gateway_support: str = "disabled"
    association: TransitGatewayAttachmentAssociation | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.transit_gateway_id is not None, "an attachment with TransitGatewayId")
        _expected(self.resource_type is not None, "an attachment with ResourceType")
        named = self.resource_id is not None or self.resource_type not in ("vpc", "peering")
        _expected(named, "an attachment with ResourceId")


class TransitGatewayVpcAttachmentOptions(Ec2, frozen=True):
    appliance_mode_support: str | None = None
    security_group_referencing_support: str | None = None
    ipv6_support: str | None = None
    dns_support: str | None = None


class TransitGatewayVpcAttachment(Ec2, frozen=True):
    transit_gateway_attachment_id: str
    transit_gateway_id: str | None = None
    vpc_id: str | None = None
    subnet_ids: tuple[str, ...] = NOT_THERE
    state: State = State("available")
    options: TransitGatewayVpcAttachmentOptions = TransitGatewayVpcAttachmentOptions()

    def __post_init__(self) -> None:
        whole = None not in (self.transit_gateway_id, self.vpc_id) and not isinstance(self.subnet_ids, NotThere)
        _expected(whole, "an attachment with TransitGatewayId, VpcId and SubnetIds")


class TransitGatewayInfo(Ec2, frozen=True):
    transit_gateway_id: str | None = None
    owner_id: str | None = None
    region: str | None = None


class TransitGatewayPeeringAttachment(Ec2, frozen=True):
    transit_gateway_attachment_id: str
    requester_tgw_info: TransitGatewayInfo = TransitGatewayInfo()
    accepter_tgw_info: TransitGatewayInfo = TransitGatewayInfo()
    state: State = State("available")


class TransitGatewayRouteTable(Ec2, frozen=True):
    transit_gateway_route_table_id: str
    transit_gateway_id: str | None = None
    state: State = State("available")
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.transit_gateway_id is not None, "a route table with TransitGatewayId")


class TransitGatewayRouteAttachment(Ec2, frozen=True):
    transit_gateway_attachment_id: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None


class TransitGatewayRoute(Ec2, frozen=True):
    destination_cidr_block: Cidr | None = None
    prefix_list_id: str | None = None
    type: str = "static"
    state: State = State("active")
    transit_gateway_attachments: tuple[TransitGatewayRouteAttachment, ...] = ()


class TransitGatewayRoutes(Ec2, frozen=True):
    routes: tuple[TransitGatewayRoute, ...]  # a file without them must not count as a table without routes
    additional_routes_available: bool = False


class TransitGatewayRouteTableAssociation(Ec2, frozen=True):
    transit_gateway_attachment_id: str
    state: State = State("associated")


class VpnGateway(Ec2, frozen=True):
    vpn_gateway_id: str
    state: State = State("available")
    vpc_attachments: tuple[GatewayAttachment, ...] = NOT_THERE
    tags: tuple[Tag, ...] = ()


class VpnStaticRoute(Ec2, frozen=True):
    destination_cidr_block: Cidr | None = None
    state: State = State("available")


class VpnConnectionOptions(Ec2, frozen=True):
    static_routes_only: bool = False
    tunnel_inside_ip_version: str | None = None


class VgwTelemetry(Ec2, frozen=True):
    status: str | None = None


class VpnConnection(Ec2, frozen=True):
    vpn_connection_id: str
    vpn_gateway_id: str | None = None
    transit_gateway_id: str | None = None
    state: State = State("available")
    options: VpnConnectionOptions = VpnConnectionOptions()
    routes: tuple[VpnStaticRoute, ...] = ()
    vgw_telemetry: tuple[VgwTelemetry, ...] = ()

    @property
    def is_down(self) -> bool:
        """Whether none of its tunnels was up, as far as they are told."""
        told = [one.status for one in self.vgw_telemetry if one.status is not None]
        return bool(told) and "UP" not in told


class PrefixList(Ec2, frozen=True):
    """An AWS-managed prefix list as ``describe-prefix-lists`` prints it, blocks inline."""

    prefix_list_id: str
    prefix_list_name: str
    cidrs: tuple[Cidr, ...] = NOT_THERE


class ManagedPrefixList(Ec2, frozen=True):
    prefix_list_id: str
    prefix_list_name: str | None = None
    address_family: str | None = None
    max_entries: int | None = None
    owner_id: str | None = None
    state: str | None = None


class PrefixListEntry(Ec2, frozen=True):
    cidr: Cidr


class DnsEntry(Ec2, frozen=True):
    dns_name: str
    hosted_zone_id: str | None = None


class AssociationDnsEntry(Ec2, frozen=True):
    dns_name: str | None = None
    hosted_zone_id: str | None = None


class DnsOptions(Ec2, frozen=True):
    dns_record_ip_type: str | None = None
    private_dns_only_for_inbound_resolver_endpoint: bool | None = None
    private_dns_preference: str | None = None
    private_dns_specified_domains: tuple[str, ...] = ()


class VpcEndpoint(Ec2, frozen=True):
    vpc_endpoint_id: str
    vpc_endpoint_type: str = ""
    vpc_id: str | None = None
    service_name: str = ""
    service_region: str | None = None
    state: State = State("available")
    policy_document: str | None = None
    route_table_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    groups: tuple[GroupIdentifier, ...] = ()
    network_interface_ids: tuple[str, ...] = ()
    private_dns_enabled: bool | None = None
    ip_address_type: str | None = None
    dns_options: DnsOptions = DnsOptions()
    dns_entries: tuple[DnsEntry, ...] = ()
    owner_id: str | None = None
    resource_configuration_arn: str | None = None
    service_network_arn: str | None = None
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        _expected(self.vpc_id is not None, "an endpoint with VpcId")
        if not self.vpc_endpoint_type:
            force_setattr(self, "vpc_endpoint_type", self._told_type())
        to_service = self.vpc_endpoint_type in ("Gateway", "Interface", "GatewayLoadBalancer")
        _expected(bool(self.service_name) or not to_service, "an endpoint with ServiceName")
        told = self.private_dns_enabled is not None or self.vpc_endpoint_type != "Interface"
        _expected(told, "an interface endpoint with PrivateDnsEnabled")
        _in_order(self, "route_table_ids", "subnet_ids", "network_interface_ids", "groups")

    def _told_type(self) -> str:
        """The type that the rest of a record tells which lacks it, as answers from before 2017 do: gateway endpoints
        have no interfaces, and an AWS service is reached by interfaces of type Interface.
        """
        if not (self.subnet_ids or self.network_interface_ids or self.groups):
            return "Gateway"
        _expected(self.service_name.startswith("com.amazonaws.") and ".vpce." not in self.service_name,
                  "an endpoint with VpcEndpointType")  # fmt: skip
        return "Interface"


class PrivateDnsName(Ec2, frozen=True, order=True):
    private_dns_name: str


class VpcEndpointService(Ec2, frozen=True):
    service_name: str = ""
    availability_zones: tuple[str, ...] = ()
    availability_zone_ids: tuple[str, ...] = ()
    private_dns_names: tuple[PrivateDnsName, ...] = ()
    private_dns_name: str | None = None
    private_dns_name_verification_state: str | None = None
    vpc_endpoint_policy_supported: bool | None = None

    def __post_init__(self) -> None:
        _in_order(self, "private_dns_names")


class ServiceConfiguration(Ec2, frozen=True):
    """An endpoint service as its provider sees it."""

    service_name: str = ""
    service_state: State = State("available")
    network_load_balancer_arns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _in_order(self, "network_load_balancer_arns")


class DescribeVpcEndpointServices(Ec2, frozen=True):
    """Old answers hold ``ServiceNames`` only."""

    service_details: tuple[VpcEndpointService, ...] = ()


class VpcEndpointAssociation(Ec2, frozen=True):
    """One resource behind a resource or service-network endpoint, and the names that lead to it."""

    vpc_endpoint_id: str | None = None
    dns_entry: AssociationDnsEntry | None = None
    private_dns_entry: AssociationDnsEntry | None = None


class VpcBlockPublicAccessOptions(Ec2, frozen=True):
    internet_gateway_block_mode: str | None = None
    state: str | None = None


class DescribeVpcBlockPublicAccessOptions(Ec2, frozen=True):
    vpc_block_public_access_options: VpcBlockPublicAccessOptions = VpcBlockPublicAccessOptions()


class VpcBlockPublicAccessExclusion(Ec2, frozen=True):
    internet_gateway_exclusion_mode: str | None = None
    resource_arn: str | None = None
    state: str | None = None


class AttributeValue(Ec2, frozen=True):
    value: bool


class VpcAttribute(Ec2, frozen=True):
    vpc_id: str | None = None
    enable_dns_support: AttributeValue | None = None
    enable_dns_hostnames: AttributeValue | None = None


class Firewall(Ec2, frozen=True):
    firewall_name: str | None = None
    firewall_arn: str | None = None


# --- Route 53 -------------------------------------------------------------------------------------------------------


class HostedZoneConfig(Ec2, frozen=True):
    private_zone: bool | None = None


class HostedZone(Ec2, frozen=True):
    id: str
    name: str
    config: HostedZoneConfig = HostedZoneConfig()


class HostedZoneVpc(msgspec.Struct, frozen=True):
    vpc_id: str = msgspec.field(name="VPCId")


class HostedZoneDetail(msgspec.Struct, frozen=True):
    hosted_zone: HostedZone = msgspec.field(name="HostedZone")
    vpcs: tuple[HostedZoneVpc, ...] = msgspec.field(name="VPCs", default=NOT_THERE)


class ResourceRecord(Ec2, frozen=True):
    value: str


class AliasTarget(msgspec.Struct, frozen=True):
    dns_name: str = msgspec.field(name="DNSName")
    hosted_zone_id: str | None = msgspec.field(name="HostedZoneId", default=None)
    evaluate_target_health: bool = msgspec.field(name="EvaluateTargetHealth", default=False)


class ResourceRecordSet(Ec2, frozen=True):
    name: str
    type: str
    resource_records: tuple[ResourceRecord, ...] = ()
    alias_target: AliasTarget | None = None
    weight: int | None = None
    failover: str | None = None
    health_check_id: str | None = None
    region: str | None = None
    geo_location: dict[str, str] | None = None
    geo_proximity_location: dict[str, Any] | None = None
    cidr_routing_config: dict[str, str] | None = None
    multi_value_answer: bool | None = None
    set_identifier: str | None = None

    @property
    def by_place(self) -> bool:
        """Whether it answers by where the query comes from: the policies latency, geolocation, geoproximity, IP."""
        places = (self.region, self.geo_location, self.geo_proximity_location, self.cidr_routing_config)
        return any(one is not None for one in places)

    @property
    def answers_everywhere(self) -> bool:
        """Whether it answers every query if it is alone: one for a location does not, the default one does."""
        anywhere = self.region is not None or self.geo_proximity_location is not None
        return anywhere or (self.geo_location or {}).get("CountryCode") == "*"

    def __post_init__(self) -> None:
        told = bool(self.resource_records) or self.alias_target is not None
        _expected(told, "a record set with ResourceRecords or AliasTarget")
        policy = self.by_place or (self.weight, self.failover, self.multi_value_answer) != (None, None, None)
        _expected(policy or self.set_identifier is None, "a record set with SetIdentifier and a routing policy")


class HostedZoneOwner(Ec2, frozen=True):
    owning_account: str | None = None
    owning_service: str | None = None


class HostedZoneSummary(Ec2, frozen=True):
    hosted_zone_id: str
    name: str
    owner: HostedZoneOwner = HostedZoneOwner()


class TargetAddress(Ec2, frozen=True):
    ip: Address | None = None
    ipv6: Address | None = None
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
    protocol: str | None = None

    def __post_init__(self) -> None:
        _expected(self.ip is not None or self.ipv6 is not None, "a target with Ip or Ipv6")


class ResolverRule(Ec2, frozen=True):
    id: str
    domain_name: str = ""
    rule_type: str = ""
    owner_id: str | None = None
    status: str | None = None
    resolver_endpoint_id: str | None = None
    target_ips: tuple[TargetAddress, ...] = ()
    delegation_record: str | None = None


class ResolverEndpoint(Ec2, frozen=True):
    id: str
    direction: str = ""
    host_vpc_id: str | None = msgspec.field(name="HostVPCId", default=None)
    status: str | None = None
    protocols: tuple[str, ...] = ()
    dns64_enabled: bool = False


class ResolverEndpointIpAddress(Ec2, frozen=True):
    subnet_id: str | None = None
    status: str | None = None
    ip: Address | None = None
    ipv6: Address | None = None


class ResolverRuleAssociation(Ec2, frozen=True):
    resolver_rule_id: str
    vpc_id: str | None = msgspec.field(name="VPCId", default=None)
    status: str | None = None


class FirewallRuleGroupAssociation(Ec2, frozen=True):
    firewall_rule_group_id: str
    vpc_id: str
    priority: int
    id: str | None = None
    status: str | None = None


class FirewallRule(Ec2, frozen=True):
    priority: int
    action: str
    name: str | None = None
    block_response: str | None = None
    block_override_domain: str | None = None
    firewall_domain_list_id: str | None = None
    firewall_domain_redirection_action: str | None = None
    qtype: str | None = None
    dns_threat_protection: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        overrides = (self.block_response or "").upper() == "OVERRIDE"
        _expected(overrides is (self.block_override_domain is not None), "OVERRIDE with BlockOverrideDomain")


class FirewallDomainList(Ec2, frozen=True):
    id: str
    status: str | None = None
    name: str | None = None
    managed_owner_name: str | None = None


class FirewallDomains(Ec2, frozen=True):
    domains: tuple[str, ...]  # a file without them must not count as a list without domains


class FirewallConfig(Ec2, frozen=True):
    firewall_fail_open: str | None = None


class FirewallConfigAnswer(Ec2, frozen=True):
    firewall_config: FirewallConfig = FirewallConfig()


class ProfileAssociation(Ec2, frozen=True):
    profile_id: str | None = None
    resource_id: str | None = None
    status: str | None = None
    priority: int | None = None

    def __post_init__(self) -> None:
        _expected(self.resource_id is not None, "an association with ResourceId")


class ProfileResourceAssociation(Ec2, frozen=True):
    resource_arn: str
    resource_type: str | None = None
    resource_properties: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        ordered = self.resource_properties is not None or ":firewall-rule-group/" not in self.resource_arn
        _expected(ordered, "a rule group with ResourceProperties, its priority among them")


# --- CodeBuild ------------------------------------------------------------------------------------------------------


class CodeBuild(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Base of the records that CodeBuild spells in camelCase."""


class VpcConfig(CodeBuild, frozen=True):
    vpc_id: str | None = None
    subnets: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = NOT_THERE

    def __post_init__(self) -> None:
        whole = not self.subnets or not isinstance(self.security_group_ids, NotThere)
        _expected(whole, "a vpcConfig with securityGroupIds")
        _in_order(self, "subnets", "security_group_ids")


class EnvironmentVariable(CodeBuild, frozen=True):
    """``value`` names a parameter or a secret where the type says so, and is not kept else."""

    name: str = ""
    type: str = "PLAINTEXT"
    value: str = ""


class ProjectFleet(CodeBuild, frozen=True):
    fleet_arn: str | None = None


class DockerServer(CodeBuild, frozen=True):
    security_group_ids: tuple[str, ...] = ()


class ProjectFileSystem(CodeBuild, frozen=True):
    type: str = ""
    location: str = ""


class ReportBucket(CodeBuild, frozen=True):
    bucket: str = ""
    encryption_key: str | None = None
    encryption_disabled: bool | None = None


class ReportExport(CodeBuild, frozen=True):
    export_config_type: str = ""
    s3_destination: ReportBucket | None = None


class ReportGroup(CodeBuild, frozen=True):
    arn: str
    export_config: ReportExport | None = None


class RegistryCredential(CodeBuild, frozen=True):
    credential: str = ""


class ProjectEnvironment(CodeBuild, frozen=True):
    type: str | None = None
    image: str | None = None
    image_pull_credentials_type: str | None = None
    environment_variables: tuple[EnvironmentVariable, ...] = ()
    fleet: ProjectFleet | None = None
    docker_server: DockerServer | None = None
    privileged_mode: bool | None = None
    certificate: str | None = None
    registry_credential: RegistryCredential | None = None


class GitSubmodulesConfig(CodeBuild, frozen=True):
    fetch_submodules: bool = False


class ProjectSource(CodeBuild, frozen=True):
    type: str | None = None
    location: str | None = None
    buildspec: str | None = None
    git_submodules_config: GitSubmodulesConfig | None = None


class LogsStatus(CodeBuild, frozen=True):
    status: str | None = None
    group_name: str | None = None
    location: str | None = None


class LogsConfig(CodeBuild, frozen=True):
    cloud_watch_logs: LogsStatus | None = None
    s3_logs: LogsStatus | None = msgspec.field(name="s3Logs", default=None)


class ProjectArtifacts(CodeBuild, frozen=True):
    type: str | None = None
    location: str | None = None
    encryption_disabled: bool | None = None

    @property
    def bucket(self) -> str:
        """The bucket of artifacts in Amazon S3, of which the location is the name or the ARN."""
        return (self.location or "").rsplit(":", 1)[-1].split("/")[0]


class ProjectCache(CodeBuild, frozen=True):
    type: str | None = None
    location: str | None = None


class WebhookFilter(CodeBuild, frozen=True):
    type: str = ""
    pattern: str = ""


class Webhook(CodeBuild, frozen=True):
    filter_groups: tuple[tuple[WebhookFilter, ...], ...] | None = None
    build_type: str | None = None

    @property
    def runner(self) -> bool:
        """Whether a build is a runner for a job of another tool, in place of what the buildspec says, or may be."""
        events = [one.pattern for group in self.filter_groups or () for one in group if one.type == "EVENT"]
        queued = any("WORKFLOW_JOB_QUEUED" in one for one in events)
        return queued or self.build_type not in (None, "BUILD", "BUILD_BATCH")


class BatchConfig(CodeBuild, frozen=True):
    service_role: str | None = None


class Project(CodeBuild, frozen=True):
    name: str
    arn: str | None = None
    service_role: str | None = None
    artifacts: ProjectArtifacts | None = None
    secondary_artifacts: tuple[ProjectArtifacts, ...] | None = None
    cache: ProjectCache | None = None
    encryption_key: str | None = None
    vpc_config: VpcConfig | None = None
    source: ProjectSource = ProjectSource()
    secondary_sources: tuple[ProjectSource, ...] = ()
    environment: ProjectEnvironment = ProjectEnvironment()
    logs_config: LogsConfig | None = None
    file_system_locations: tuple[ProjectFileSystem, ...] | None = None
    project_visibility: str | None = None
    webhook: Webhook | None = None
    build_batch_config: BatchConfig | None = None


class ProjectNames(CodeBuild, frozen=True):
    projects: tuple[str, ...] = ()


class ProxyRule(CodeBuild, frozen=True):
    type: str = "DOMAIN"
    effect: str = "ALLOW"
    entities: tuple[str, ...] = ()


class ProxyConfiguration(CodeBuild, frozen=True):
    default_behavior: str | None = None
    ordered_proxy_rules: tuple[ProxyRule, ...] = ()


class FleetStatus(CodeBuild, frozen=True):
    status_code: str = "ACTIVE"


class Fleet(CodeBuild, frozen=True):
    arn: str | None = None
    name: str | None = None
    status: FleetStatus | None = None
    vpc_config: VpcConfig | None = None
    fleet_service_role: str | None = None
    overflow_behavior: str | None = None
    proxy_configuration: ProxyConfiguration | None = None


# --- IAM ------------------------------------------------------------------------------------------------------------


class PolicyDetail(Ec2, frozen=True):
    policy_name: str | None = None
    policy_document: msgspec.Raw = msgspec.Raw(b"")


class AttachedPolicy(Ec2, frozen=True):
    policy_arn: str | None = None


class PermissionsBoundary(Ec2, frozen=True):
    permissions_boundary_arn: str | None = None


class RoleReference(Ec2, frozen=True):
    arn: str | None = None


class InstanceProfile(Ec2, frozen=True):
    arn: str
    roles: tuple[RoleReference, ...] = ()


class RoleDetail(Ec2, frozen=True):
    arn: str
    role_id: str | None = None
    tags: tuple[Tag, ...] | None = None
    assume_role_policy_document: msgspec.Raw = msgspec.Raw(b"")
    role_policy_list: tuple[PolicyDetail, ...] = NOT_THERE
    attached_managed_policies: tuple[AttachedPolicy, ...] = NOT_THERE
    permissions_boundary: PermissionsBoundary | None = None
    instance_profile_list: tuple[InstanceProfile, ...] = NOT_THERE


class PolicyVersion(Ec2, frozen=True):
    document: msgspec.Raw = msgspec.Raw(b"")
    is_default_version: bool = False


class ManagedPolicyDetail(Ec2, frozen=True):
    arn: str
    policy_version_list: tuple[PolicyVersion, ...] = ()


class UserDetail(Ec2, frozen=True):
    arn: str
    user_id: str | None = None
    tags: tuple[Tag, ...] | None = None
    user_policy_list: tuple[PolicyDetail, ...] = NOT_THERE
    attached_managed_policies: tuple[AttachedPolicy, ...] = NOT_THERE
    group_list: tuple[str, ...] = ()
    permissions_boundary: PermissionsBoundary | None = None


class GroupDetail(Ec2, frozen=True):
    group_name: str | None = None
    group_policy_list: tuple[PolicyDetail, ...] = NOT_THERE
    attached_managed_policies: tuple[AttachedPolicy, ...] = NOT_THERE


class AccountAuthorizationDetails(Ec2, frozen=True):
    user_detail_list: tuple[UserDetail, ...] = ()
    group_detail_list: tuple[GroupDetail, ...] = ()
    role_detail_list: tuple[RoleDetail, ...] = ()
    policies: tuple[ManagedPolicyDetail, ...] = ()


# --- Elastic Load Balancing -----------------------------------------------------------------------------------------

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class LoadBalancerState(Ec2, frozen=True):
    code: State = State("active")


class LoadBalancerZone(Ec2, frozen=True):
    zone_name: str | None = None
    subnet_id: str | None = None


class LoadBalancer(Ec2, frozen=True):
    """An Application, Network or Gateway Load Balancer (``type``: application, network, gateway)."""

    load_balancer_arn: str
    load_balancer_name: str = ""
    dns_name: str = msgspec.field(name="DNSName", default="")
    scheme: str = ""
    vpc_id: str | None = None
    state: LoadBalancerState = LoadBalancerState()
    type: str = ""
    availability_zones: tuple[LoadBalancerZone, ...] = NOT_THERE
    ip_address_type: str | None = None
    enforce_security_group_inbound_rules_on_private_link_traffic: str = "on"

    def __post_init__(self) -> None:
        _expected(not isinstance(self.availability_zones, NotThere), "a load balancer with AvailabilityZones")
        if not self.type:  # its ARN has it, too: loadbalancer/net/NAME/ID
            word = self.load_balancer_arn.partition(":loadbalancer/")[2].partition("/")[0]
            force_setattr(self, "type", {"net": "network", "gwy": "gateway"}.get(word, "application"))
        if not self.scheme and self.type == "application":  # and an Application Load Balancer's name tells its scheme
            internal = self.dns_name.lower().startswith("internal-")
            force_setattr(self, "scheme", "internal" if internal else "internet-facing")


class TargetGroupTuple(Ec2, frozen=True):
    target_group_arn: str
    weight: int = 1


class ForwardConfig(Ec2, frozen=True):
    target_groups: tuple[TargetGroupTuple, ...] = ()


class ListenerAction(Ec2, frozen=True):
    type: str = "forward"
    target_group_arn: str | None = None
    forward_config: ForwardConfig | None = None


class Listener(Ec2, frozen=True):
    listener_arn: str = ""
    load_balancer_arn: str = ""
    port: Port | None = None
    protocol: str = ""
    default_actions: tuple[ListenerAction, ...] = ()


class ConditionValues(Ec2, frozen=True):
    values: tuple[str, ...] = ()


class ConditionSources(Ec2, frozen=True):
    values: tuple[Cidr, ...] = ()


class RuleCondition(Ec2, frozen=True):
    """A condition of a listener's rule; ``values`` is the older form of the configurations of hosts and paths."""

    field: str = ""
    values: tuple[str, ...] = ()
    source_ip_config: ConditionSources | None = None
    path_pattern_config: ConditionValues | None = None
    host_header_config: ConditionValues | None = None


class ListenerRule(Ec2, frozen=True):
    priority: str
    conditions: tuple[RuleCondition, ...] = ()
    actions: tuple[ListenerAction, ...] = ()


class TargetGroup(Ec2, frozen=True):
    target_group_arn: str
    target_group_name: str = ""
    protocol: str | None = None
    port: Port | None = None
    vpc_id: str | None = None
    target_type: str = "instance"
    ip_address_type: str = "ipv4"
    load_balancer_arns: tuple[str, ...] = ()


class Target(Ec2, frozen=True):
    id: str
    port: Port | None = None
    availability_zone: str | None = None


class TargetHealth(Ec2, frozen=True):
    state: str | None = None


class AdministrativeOverride(Ec2, frozen=True):
    state: str | None = None


class TargetHealthDescription(Ec2, frozen=True):
    target: Target
    target_health: TargetHealth = TargetHealth()
    administrative_override: AdministrativeOverride = AdministrativeOverride()


class LoadBalancingAttribute(Ec2, frozen=True):
    key: str
    value: str


class ClassicListener(Ec2, frozen=True):
    protocol: str
    load_balancer_port: Port
    instance_port: Port


class ListenerDescription(Ec2, frozen=True):
    listener: ClassicListener


class ClassicInstance(Ec2, frozen=True):
    instance_id: str


class ClassicLoadBalancer(Ec2, frozen=True):
    load_balancer_name: str
    dns_name: str = msgspec.field(name="DNSName", default="")
    scheme: str = "internet-facing"
    vpc_id: str | None = msgspec.field(name="VPCId", default=None)
    subnets: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    listener_descriptions: tuple[ListenerDescription, ...] = ()
    instances: tuple[ClassicInstance, ...] = ()


class CrossZoneLoadBalancing(Ec2, frozen=True):
    enabled: bool = False


class ClassicAttributes(Ec2, frozen=True):
    cross_zone_load_balancing: CrossZoneLoadBalancing = CrossZoneLoadBalancing()


class ClassicAttributesAnswer(Ec2, frozen=True):
    load_balancer_attributes: ClassicAttributes  # a file without them must not count as one that says "off"


# --- ECS and Lambda -------------------------------------------------------------------------------------------------


class ClusterArns(CodeBuild, frozen=True):
    cluster_arns: tuple[str, ...]  # a file without them must not count as one that lists none


class AwsVpcConfiguration(CodeBuild, frozen=True):
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    assign_public_ip: str = "DISABLED"


class EcsNetworkConfiguration(CodeBuild, frozen=True):
    awsvpc_configuration: AwsVpcConfiguration | None = None


class CapacityProviderStrategyItem(CodeBuild, frozen=True):
    capacity_provider: str = ""


class EcsDeployment(CodeBuild, frozen=True):
    """A deployment or task set of a service: tasks of one configuration, while they run beside others."""

    running_count: int = 0
    pending_count: int = 0
    launch_type: str | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_family: str | None = None
    network_configuration: EcsNetworkConfiguration | None = None
    task_definition: str | None = None


class EcsService(CodeBuild, frozen=True):
    service_name: str
    status: str = "ACTIVE"
    launch_type: str | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_family: str | None = None
    task_definition: str | None = None
    network_configuration: EcsNetworkConfiguration | None = None
    deployments: tuple[EcsDeployment, ...] = ()
    task_sets: tuple[EcsDeployment, ...] = ()


class ContainerInstance(CodeBuild, frozen=True):
    ec2_instance_id: str | None = None  # none of what runs outside AWS
    status: str = "ACTIVE"


class ContainerSecret(CodeBuild, frozen=True):
    value_from: str = ""


class ContainerLogs(CodeBuild, frozen=True):
    log_driver: str | None = None
    options: dict[str, str] = {}
    secret_options: tuple[ContainerSecret, ...] = ()


class EnvironmentFile(CodeBuild, frozen=True):
    value: str = ""


class RepositoryCredentials(CodeBuild, frozen=True):
    credentials_parameter: str = ""


class ContainerDefinition(CodeBuild, frozen=True):
    image: str = ""
    log_configuration: ContainerLogs | None = None
    secrets: tuple[ContainerSecret, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    repository_credentials: RepositoryCredentials | None = None


class TaskDefinition(CodeBuild, frozen=True):
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    container_definitions: tuple[ContainerDefinition, ...] = ()


class TaskDefinitionAnswer(CodeBuild, frozen=True):
    task_definition: TaskDefinition


# --- CodeDeploy -----------------------------------------------------------------------------------------------------


class TagFilter(Ec2, frozen=True):
    """A tag of instances; without a key or value its ``type`` says which of the two counts (API_EC2TagFilter)."""

    key: str | None = None
    value: str | None = None
    type: str | None = None


class TagSet(CodeBuild, frozen=True):
    ec2_tag_set_list: tuple[tuple[TagFilter, ...], ...] = ()


class OnPremisesTagSet(CodeBuild, frozen=True):
    on_premises_tag_set_list: tuple[tuple[TagFilter, ...], ...] = ()


class NamedGroup(CodeBuild, frozen=True):
    name: str | None = None


class DeployedService(CodeBuild, frozen=True):
    service_name: str | None = None
    cluster_name: str | None = None


class DeploymentGroup(CodeBuild, frozen=True):
    deployment_group_name: str
    compute_platform: str | None = None
    ec2_tag_filters: tuple[TagFilter, ...] = ()
    ec2_tag_set: TagSet | None = None
    on_premises_instance_tag_filters: tuple[TagFilter, ...] = ()
    on_premises_tag_set: OnPremisesTagSet | None = None
    auto_scaling_groups: tuple[NamedGroup, ...] = ()
    ecs_services: tuple[DeployedService, ...] = ()


# --- Lambda ---------------------------------------------------------------------------------------------------------


class FunctionVpcConfig(Ec2, frozen=True):
    subnet_ids: tuple[str, ...] = NOT_THERE
    security_group_ids: tuple[str, ...] = NOT_THERE
    vpc_id: str | None = None
    ipv6_allowed_for_dual_stack: bool = msgspec.field(name="Ipv6AllowedForDualStack", default=False)

    def __post_init__(self) -> None:
        told = [not isinstance(one, NotThere) for one in (self.subnet_ids, self.security_group_ids)]
        _expected(all(told) or not (any(told) or self.vpc_id), "a VpcConfig with SubnetIds and SecurityGroupIds")
        _in_order(self, "subnet_ids", "security_group_ids")


class Function(Ec2, frozen=True):
    function_name: str
    function_arn: str | None = None
    role: str | None = None
    state: str = "Active"
    vpc_config: FunctionVpcConfig | None = None


class Organization(Ec2, frozen=True):
    id: str | None = None
    master_account_id: str | None = None


class OrganizationAccount(Ec2, frozen=True):
    id: str | None = None


class ListAccounts(Ec2, frozen=True):
    accounts: tuple[OrganizationAccount, ...] = ()


class DescribeOrganization(Ec2, frozen=True):
    organization: Organization | None = None


class ResourcePolicy(msgspec.Struct, frozen=True):
    """A bucket's (``Policy``) or a repository's (``policyText``) policy: a document as a string."""

    policy: str | None = msgspec.field(default=None, name="Policy")
    policy_text: str | None = msgspec.field(default=None, name="policyText")

    @property
    def text(self) -> str | None:
        return self.policy or self.policy_text


class EncryptionConfiguration(msgspec.Struct, frozen=True, rename="camel"):
    kms_key: str | None = None


class Repository(msgspec.Struct, frozen=True, rename="camel"):
    repository_name: str
    encryption_configuration: EncryptionConfiguration | None = None


class SourceRepository(CodeBuild, frozen=True):
    repository_name: str
    kms_key_id: str | None = None


class LogGroup(CodeBuild, frozen=True):
    log_group_name: str
    kms_key_id: str | None = None


class AccountSetting(CodeBuild, frozen=True):
    value: str | None = None


class ReplicationDestination(CodeBuild, frozen=True):
    region: str | None = None
    registry_id: str = ""


class ReplicationFilter(CodeBuild, frozen=True):
    filter: str = ""
    filter_type: str = ""


class ReplicationRule(CodeBuild, frozen=True):
    destinations: tuple[ReplicationDestination, ...] = ()
    repository_filters: tuple[ReplicationFilter, ...] = ()


class ReplicationConfiguration(CodeBuild, frozen=True):
    rules: tuple[ReplicationRule, ...] = ()


class DescribedRegistry(CodeBuild, frozen=True):
    replication_configuration: ReplicationConfiguration | None = None


class PullThroughCacheRule(CodeBuild, frozen=True):
    ecr_repository_prefix: str
    upstream_registry_url: str | None = None


class RepositoryCreationTemplate(CodeBuild, frozen=True):
    prefix: str
    applied_for: tuple[str, ...] = ()


class ActionType(CodeBuild, frozen=True):
    category: str = ""
    provider: str = ""
    owner: str = "AWS"


class ArtifactName(CodeBuild, frozen=True):
    name: str = ""


class PipelineAction(CodeBuild, frozen=True):
    name: str = ""
    action_type_id: ActionType = ActionType()
    configuration: dict[str, str] = {}
    input_artifacts: tuple[ArtifactName, ...] = ()
    output_artifacts: tuple[ArtifactName, ...] = ()
    region: str | None = None
    role_arn: str | None = None


class PipelineRule(CodeBuild, frozen=True):
    name: str = ""
    rule_type_id: ActionType = ActionType()
    configuration: dict[str, str] = {}


class StageCondition(CodeBuild, frozen=True):
    rules: tuple[PipelineRule, ...] = ()


class StageConditions(CodeBuild, frozen=True):
    conditions: tuple[StageCondition, ...] = ()


class PipelineStage(CodeBuild, frozen=True):
    name: str = ""
    actions: tuple[PipelineAction, ...] = ()
    before_entry: StageConditions = StageConditions()
    on_success: StageConditions = StageConditions()
    on_failure: StageConditions = StageConditions()

    @property
    def rules(self) -> tuple[PipelineRule, ...]:
        """The rules of all its conditions."""
        sides = (self.before_entry, self.on_success, self.on_failure)
        return tuple(rule for side in sides for condition in side.conditions for rule in condition.rules)


class ArtifactKey(CodeBuild, frozen=True):
    id: str = ""


class ArtifactStore(CodeBuild, frozen=True):
    location: str | None = None
    encryption_key: ArtifactKey | None = None


class Pipeline(CodeBuild, frozen=True):
    name: str
    role_arn: str | None = None
    stages: tuple[PipelineStage, ...] = ()
    artifact_store: ArtifactStore | None = None
    artifact_stores: dict[str, ArtifactStore] | None = None


class PipelineName(CodeBuild, frozen=True):
    name: str


class PipelineAnswer(CodeBuild, frozen=True):
    pipeline: Pipeline


class PublicRepository(CodeBuild, frozen=True):
    repository_name: str
    repository_uri: str | None = None


class Bucket(Ec2, frozen=True):
    """``bucket_region`` stands in answers to requests with parameters alone (API_ListBuckets)."""

    name: str
    bucket_region: str | None = None


class ReplicaDestination(Ec2, frozen=True):
    bucket: str = ""
    account: str | None = None


class BucketReplicationRule(Ec2, frozen=True):
    status: str = "Enabled"
    destination: ReplicaDestination = ReplicaDestination()


class BucketReplicationConfiguration(Ec2, frozen=True):
    rules: tuple[BucketReplicationRule, ...] = ()


class BucketReplication(Ec2, frozen=True):
    replication_configuration: BucketReplicationConfiguration


class SubscriptionFilter(CodeBuild, frozen=True):
    destination_arn: str = ""


class LogsAccountPolicy(CodeBuild, frozen=True):
    """A policy for all log groups of an account and Region; ``policy_document`` is JSON in a string."""

    policy_document: str = ""

    @property
    def destination(self) -> str:
        """The ARN that a subscription filter policy hands events on to, "" if it names none."""
        found = re.search(r'"DestinationArn"\s*:\s*"([^"]*)"', self.policy_document)
        return found[1] if found else ""


class BucketLocation(Ec2, frozen=True):
    """Where a bucket is: null for us-east-1, and ``EU`` for the oldest ones of eu-west-1 (API_GetBucketLocation)."""

    location_constraint: str | None

    @property
    def region(self) -> str:
        return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(
            self.location_constraint, self.location_constraint or ""
        )


class PublicAccessBlockConfiguration(Ec2, frozen=True):
    ignore_public_acls: bool = False
    restrict_public_buckets: bool = False


class PublicAccessBlock(Ec2, frozen=True):
    public_access_block_configuration: PublicAccessBlockConfiguration = PublicAccessBlockConfiguration()


class CanonicalUser(Ec2, frozen=True):
    id: str | None = msgspec.field(default=None, name="ID")


class BucketsOwner(Ec2, frozen=True):
    """Who an account is to Amazon S3, beside the list of its buckets."""

    owner: CanonicalUser = CanonicalUser()


class Grantee(Ec2, frozen=True):
    id: str | None = msgspec.field(default=None, name="ID")
    uri: str | None = msgspec.field(default=None, name="URI")


class Grant(Ec2, frozen=True):
    grantee: Grantee = Grantee()
    permission: str | None = None


class BucketAcl(Ec2, frozen=True):
    """A bucket's access control list. A grantee with a ``URI`` is one of the groups that S3 knows."""

    grants: tuple[Grant, ...] = NOT_THERE
    owner: CanonicalUser = CanonicalUser()


class DefaultEncryption(Ec2, frozen=True):
    sse_algorithm: str = msgspec.field(default="", name="SSEAlgorithm")
    kms_master_key_id: str | None = msgspec.field(default=None, name="KMSMasterKeyID")


class EncryptionRule(Ec2, frozen=True):
    apply_server_side_encryption_by_default: DefaultEncryption | None = None
    bucket_key_enabled: bool = False


class EncryptionRules(Ec2, frozen=True):
    rules: tuple[EncryptionRule, ...] = ()


class BucketEncryption(Ec2, frozen=True):
    server_side_encryption_configuration: EncryptionRules = EncryptionRules()


class Secret(Ec2, frozen=True):
    arn: str = msgspec.field(name="ARN")
    kms_key_id: str | None = None


class Parameter(Ec2, frozen=True):
    name: str
    type: str | None = None
    key_id: str | None = None


class KeyAlias(Ec2, frozen=True):
    alias_name: str
    target_key_id: str | None = None


class KeyMetadata(Ec2, frozen=True):
    key_state: str | None = None
    key_manager: str | None = None


class DescribeKey(Ec2, frozen=True):
    key_metadata: KeyMetadata


class GrantConstraints(Ec2, frozen=True):
    encryption_context_subset: dict[str, str] | None = None
    encryption_context_equals: dict[str, str] | None = None


class MountTarget(Ec2, frozen=True):
    mount_target_id: str
    file_system_id: str = ""
    subnet_id: str = ""
    network_interface_id: str = ""
    life_cycle_state: str = ""


class KeyGrant(Ec2, frozen=True):
    grantee_principal: str | None = None
    operations: tuple[str, ...] = ()
    constraints: GrantConstraints | None = None

"""A builder of small AWS networks: snapshot files, exactly as the AWS CLI prints them, from a few calls.

    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    public = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    open_web = net.group(vpc, ingress=[("tcp", 443, 443, "0.0.0.0/0")])
    web = net.interface(public, "10.0.1.5", [open_web], public="203.0.113.5")
    files = net.files()                       # {"111111111111/us-east-1/ec2/describe-vpcs.json": b"{...}", ...}

Every file that a network verdict can need is there, empty lists included (DESIGN, "What a verdict needs"). Every method
returns an id; ``net[id]`` is the record behind it, to be changed at will (``net[nat]["State"] = "failed"``). Ids count
per kind (``eni-1``, ``eni-2``), or carry the ``name`` that was given (``eni-web``). Two Regions or accounts are two
Builds with different ``tag``s, merged by ``first.files() | second.files()`` (hosted zones of one account: in the last).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]
GroupRule = tuple[str, int | None, int | None, str]
"""(protocol, from, to, peer); for ICMP (type, code). Peer: a block, ``pl-…``, ``sg-…`` or ``ACCOUNT/sg-…``."""
AclEntry = tuple[int, str, str, str, tuple[int, int] | None, str]
"""(number, "in" or "out", "allow" or "deny", protocol, (from, to) or (type, code) or None, block)."""

ANYWHERE: tuple[GroupRule, ...] = (("-1", None, None, "0.0.0.0/0"),)
PROTOCOL_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}
SERVICE_BLOCKS = {"s3": ("52.216.0.0/15",), "dynamodb": ("52.94.0.0/22",)}
"""What the prefix list of a gateway endpoint's service holds unless `Build.prefix_list` made it before."""
TARGET_FIELDS = {
    "local": "GatewayId",
    "igw": "GatewayId",
    "vgw": "GatewayId",
    "vpce": "GatewayId",
    "eigw": "EgressOnlyInternetGatewayId",
    "nat": "NatGatewayId",
    "pcx": "VpcPeeringConnectionId",
    "tgw": "TransitGatewayId",
    "eni": "NetworkInterfaceId",
    "lgw": "LocalGatewayId",
    "cagw": "CarrierGatewayId",
    "arn:aws:networkmanager": "CoreNetworkArn",
}
CALLS = {
    "ec2/describe-vpcs": "Vpcs",
    "ec2/describe-subnets": "Subnets",
    "ec2/describe-route-tables": "RouteTables",
    "ec2/describe-network-acls": "NetworkAcls",
    "ec2/describe-security-groups": "SecurityGroups",
    "ec2/describe-security-group-vpc-associations": "SecurityGroupVpcAssociations",
    "ec2/describe-network-interfaces": "NetworkInterfaces",
    "ec2/describe-instances": "Reservations",
    "ec2/describe-dhcp-options": "DhcpOptions",
    "ec2/describe-internet-gateways": "InternetGateways",
    "ec2/describe-egress-only-internet-gateways": "EgressOnlyInternetGateways",
    "ec2/describe-nat-gateways": "NatGateways",
    "ec2/describe-vpc-peering-connections": "VpcPeeringConnections",
    "ec2/describe-transit-gateways": "TransitGateways",
    "ec2/describe-transit-gateway-attachments": "TransitGatewayAttachments",
    "ec2/describe-transit-gateway-vpc-attachments": "TransitGatewayVpcAttachments",
    "ec2/describe-transit-gateway-peering-attachments": "TransitGatewayPeeringAttachments",
    "ec2/describe-transit-gateway-route-tables": "TransitGatewayRouteTables",
    "ec2/describe-vpn-gateways": "VpnGateways",
    "ec2/describe-vpn-connections": "VpnConnections",
    "ec2/describe-carrier-gateways": "CarrierGateways",
    "ec2/describe-prefix-lists": "PrefixLists",
    "ec2/describe-managed-prefix-lists": "PrefixLists",
    "ec2/describe-vpc-endpoints": "VpcEndpoints",
    "ec2/describe-vpc-endpoint-services": "ServiceDetails",
    "ec2/describe-vpc-endpoint-service-configurations": "ServiceConfigurations",
    "ec2/describe-vpc-endpoint-associations": "VpcEndpointAssociations",
    "ec2/describe-vpc-block-public-access-exclusions": "VpcBlockPublicAccessExclusions",
    "route53resolver/list-resolver-rules": "ResolverRules",
    "route53resolver/list-resolver-rule-associations": "ResolverRuleAssociations",
    "route53resolver/list-resolver-endpoints": "ResolverEndpoints",
    "route53resolver/list-firewall-rule-group-associations": "FirewallRuleGroupAssociations",
    "route53profiles/list-profile-associations": "ProfileAssociations",
    "network-firewall/list-firewalls": "Firewalls",
    "elbv2/describe-load-balancers": "LoadBalancers",
    "elbv2/describe-target-groups": "TargetGroups",
    "elb/describe-load-balancers": "LoadBalancerDescriptions",
    "codebuild/batch-get-projects": "projects",
    "codebuild/batch-get-fleets": "fleets",
    "ecs/list-clusters": "clusterArns",
    "lambda/list-functions": "Functions",
}


class Build:
    """One account's network in one Region, growing by the calls made."""

    def __init__(self, account: str = "111111111111", region: str = "us-east-1", tag: str = "") -> None:
        self.account = account
        self.region = region
        self._tag = tag
        self._home = f"{account}/{region}"
        self._lists: dict[str, list[Any]] = {call: [] for call in CALLS}
        self._zones: list[Record] = []
        self._more: dict[str, Any] = {}
        self._records: dict[str, Record] = {}
        self._counts: dict[str, int] = {}
        self._block_mode = "off"
        self._block_states = True

    def __getitem__(self, id: str) -> Record:
        """The record of a resource, as AWS prints it, to be read or changed."""
        return self._records[id]

    # --- VPC, subnets, filters ----------------------------------------------------------------------------------

    def vpc(
        self,
        cidr: str,
        ipv6: str | None = None,
        dns_support: bool = True,
        dns_hostnames: bool = True,
        secondary: Sequence[str] = (),
        dns_servers: Sequence[str] = ("AmazonProvidedDNS",),
        name: str | None = None,
    ) -> str:
        """A VPC with main route table, default network ACL, default security group and DHCP options."""
        vpc = self._id("vpc", name)
        short = vpc.removeprefix("vpc-")
        dhcp = f"dopt-{short}"
        states = [{"CidrBlock": block, "CidrBlockState": {"State": "associated"}} for block in (cidr, *secondary)]
        self._add("ec2/describe-vpcs", vpc, {
            "VpcId": vpc,
            "CidrBlock": cidr,
            "CidrBlockAssociationSet": states,
            "Ipv6CidrBlockAssociationSet": _ipv6_blocks(ipv6),
            "DhcpOptionsId": dhcp,
            "State": "available",
            "IsDefault": False,
            "InstanceTenancy": "default",
            "OwnerId": self.account,
        })  # fmt: skip
        self._add("ec2/describe-dhcp-options", dhcp, {
            "DhcpOptionsId": dhcp,
            "OwnerId": self.account,
            "DhcpConfigurations": [
                {"Key": "domain-name-servers", "Values": [{"Value": server} for server in dns_servers]},
            ],
        })  # fmt: skip
        for attribute, value in (("DnsSupport", dns_support), ("DnsHostnames", dns_hostnames)):
            self.put(
                f"ec2/describe-vpc-attribute/{vpc}.enable{attribute}",
                {"VpcId": vpc, f"Enable{attribute}": {"Value": value}},
            )
        main = self._table(f"rtb-{short}-main", vpc)
        self._associate(main, {"Main": True})
        default_acl: list[AclEntry] = [
            (number, direction, "allow", "-1", None, block)
            for direction in ("in", "out")
            for number, block in ((100, "0.0.0.0/0"), (101, "::/0"))
        ]
        self._acl(f"acl-{short}-default", vpc, default_acl, default=True)
        own = self._group(f"sg-{short}-default", vpc, [], ANYWHERE)
        self[own]["GroupName"] = "default"
        self[own]["IpPermissions"] = [self._permission(("-1", None, None, own))]
        return vpc

    def subnet(
        self,
        vpc: str,
        cidr: str | None,
        az: str = "us-east-1a",
        ipv6: str | None = None,
        table: str | None = None,
        acl: str | None = None,
        name: str | None = None,
    ) -> str:
        """A subnet; without ``table`` it uses the VPC's main one, without ``acl`` the VPC's default one, without
        ``cidr`` it has IPv6 only.
        """
        subnet = self._id("subnet", name)
        self._add("ec2/describe-subnets", subnet, {
            "SubnetId": subnet,
            "VpcId": vpc,
            **({"CidrBlock": cidr} if cidr else {"AssignIpv6AddressOnCreation": True}),
            "Ipv6CidrBlockAssociationSet": _ipv6_blocks(ipv6),
            "AvailabilityZone": az,
            "AvailabilityZoneId": f"id-{az}",
            "MapPublicIpOnLaunch": False,
            "EnableDns64": False,
            "Ipv6Native": cidr is None,
            "State": "available",
            "OwnerId": self.account,
        })  # fmt: skip
        if table is not None:
            self._associate(table, {"Main": False, "SubnetId": subnet})
        used = acl or f"acl-{vpc.removeprefix('vpc-')}-default"
        self[used]["Associations"].append(
            {"NetworkAclAssociationId": f"aclassoc-{subnet}", "NetworkAclId": used, "SubnetId": subnet}
        )
        return subnet

    def acl(self, vpc: str, entries: Iterable[AclEntry], name: str | None = None) -> str:
        """A network ACL with these entries and AWS's closing denials (32767 for IPv4, 32768 for IPv6)."""
        return self._acl(self._id("acl", name), vpc, entries, default=False)

    def group(
        self,
        vpc: str,
        ingress: Iterable[GroupRule] = (),
        egress: Iterable[GroupRule] = ANYWHERE,
        name: str | None = None,
    ) -> str:
        """A security group; as with AWS's own, everything may leave unless ``egress`` says otherwise."""
        return self._group(self._id("sg", name), vpc, ingress, egress)

    def permit(self, group: str, direction: str, rule: GroupRule) -> None:
        """Add a rule to a group afterwards (two groups that name each other); ``direction``: "in" or "out"."""
        key = {"in": "IpPermissions", "out": "IpPermissionsEgress"}[direction]
        self[group][key].append(self._permission(rule))

    def prefix_list(self, cidrs: Iterable[str], aws_name: str | None = None, name: str | None = None) -> str:
        """A customer's prefix list, or AWS's own of that name (``com.amazonaws.us-east-1.s3``)."""
        prefix_list, blocks = self._id("pl", name), list(cidrs)
        self._add("ec2/describe-managed-prefix-lists", prefix_list, {
            "PrefixListId": prefix_list,
            "PrefixListName": aws_name or prefix_list,
            "AddressFamily": "IPv6" if any(":" in block for block in blocks) else "IPv4",
            "State": "create-complete",
            "OwnerId": "AWS" if aws_name else self.account,
        })  # fmt: skip
        if aws_name:
            self._lists["ec2/describe-prefix-lists"].append(
                {"PrefixListId": prefix_list, "PrefixListName": aws_name, "Cidrs": blocks}
            )
        entries = {"Entries": [{"Cidr": block} for block in blocks]}
        self.put(f"ec2/get-managed-prefix-list-entries/{prefix_list}", entries)
        return prefix_list

    def bpa(self, mode: str, exclusions: Mapping[str, str] | None = None, *, states: bool = True) -> None:
        """VPC Block Public Access of the account and Region.

        Args:
            mode: ``off``, ``block-bidirectional`` or ``block-ingress``.
            exclusions: ``allow-bidirectional`` or ``allow-egress`` by VPC or subnet id.
            states: Whether VPCs and subnets carry their effective mode too, as AWS prints it today.
        """
        self._block_mode, self._block_states = mode, states
        for resource, excluded in (exclusions or {}).items():
            kind = "vpc" if resource.startswith("vpc-") else "subnet"
            exclusion = self._id("vpcbpa-exclude", None)
            self._add("ec2/describe-vpc-block-public-access-exclusions", exclusion, {
                "ExclusionId": exclusion,
                "InternetGatewayExclusionMode": excluded,
                "ResourceArn": f"arn:aws:ec2:{self.region}:{self.account}:{kind}/{resource}",
                "State": "create-complete",
            })  # fmt: skip

    # --- Interfaces ---------------------------------------------------------------------------------------------

    def interface(
        self,
        subnet: str,
        address: str | None,
        groups: Iterable[str] = (),
        public: str | None = None,
        secondary: Iterable[tuple[str, str | None]] = (),
        ipv6: str | Sequence[str] = (),
        source_dest_check: bool = True,
        instance: str | None = None,
        name: str | None = None,
    ) -> str:
        """A network interface; ``secondary`` holds further (private, public or None) addresses. In a subnet of IPv6
        only it has no ``address``.
        """
        eni = self._id("eni", name)
        attachment = {"InstanceId": instance, "InstanceOwnerId": self.account, "Status": "attached"}
        return self._interface(eni, subnet, [(address, public), *secondary] if address else [], {
            "InterfaceType": "interface",
            "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
            "Ipv6Addresses": [{"Ipv6Address": one} for one in ([ipv6] if isinstance(ipv6, str) else ipv6)],
            "SourceDestCheck": source_dest_check,
            **({"Attachment": attachment} if instance else {}),
        })  # fmt: skip

    def instance(
        self,
        subnet: str,
        address: str,
        groups: Sequence[str] = (),
        public: str | None = None,
        state: str = "running",
        profile: str | None = None,
        name: str | None = None,
        **more: Any,
    ) -> str:
        """An instance with one interface (``more``: as for `interface`); `interface_of` tells which."""
        instance = self._id("i", name)
        eni = self.interface(
            subnet, address, groups, public, instance=instance, name=instance.removeprefix("i-") + "-eth0", **more
        )
        record = {
            "InstanceId": instance,
            "VpcId": self[subnet]["VpcId"],
            "SubnetId": subnet,
            "State": {"Code": 16 if state == "running" else 80, "Name": state},
            "PrivateIpAddress": address,
            "NetworkInterfaces": [{"NetworkInterfaceId": eni}],
        }
        if profile:
            record["IamInstanceProfile"] = {"Arn": profile, "Id": "AIPA1"}
        self._records[instance] = record
        reservation = {"ReservationId": f"r-{instance}", "OwnerId": self.account, "Instances": [record]}
        self._lists["ec2/describe-instances"].append(reservation)
        return instance

    def interface_of(self, resource: str) -> str:
        """The (first) interface of an instance, a NAT gateway or an interface endpoint."""
        record = self[resource]
        if resource.startswith("nat-"):
            return str(record["NatGatewayAddresses"][0]["NetworkInterfaceId"])
        if resource.startswith("vpce-"):
            return str(record["NetworkInterfaceIds"][0])
        return str(record["NetworkInterfaces"][0]["NetworkInterfaceId"])

    def project(
        self,
        name: str,
        vpc: str | None = None,
        subnets: Sequence[str] = (),
        groups: Sequence[str] = (),
        source: tuple[str, str] = ("NO_SOURCE", ""),
        logs: str = "ENABLED",
        **more: Any,
    ) -> str:
        """A CodeBuild project; without ``vpc`` it runs outside (N210). ``more``: further keys of the record."""
        record: Record = {
            "name": name,
            "arn": f"arn:aws:codebuild:{self.region}:{self.account}:project/{name}",
            "source": {"type": source[0], **({"location": source[1]} if source[1] else {})},
            "secondarySources": [],
            "artifacts": {"type": "NO_ARTIFACTS"},
            "cache": {"type": "NO_CACHE"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": [],
                "privilegedMode": True,
                "imagePullCredentialsType": "CODEBUILD",
            },
            "serviceRole": f"arn:aws:iam::{self.account}:role/codebuild-{name}",
            "logsConfig": {"cloudWatchLogs": {"status": logs}, "s3Logs": {"status": "DISABLED"}},
        }
        if vpc is not None:
            record["vpcConfig"] = {"vpcId": vpc, "subnets": list(subnets), "securityGroupIds": list(groups)}
        self._add("codebuild/batch-get-projects", name, record | more)
        return name

    # --- Routes and gateways ------------------------------------------------------------------------------------

    def table(self, vpc: str, routes: Iterable[tuple[str, str]] = (), name: str | None = None) -> str:
        """A route table with the VPC's local routes and these (destination, target)."""
        table = self._table(self._id("rtb", name), vpc)
        for destination, target in routes:
            self.route(table, destination, target)
        return table

    def main_table(self, vpc: str) -> str:
        return f"rtb-{vpc.removeprefix('vpc-')}-main"

    def route(
        self, table: str, destination: str, target: str, state: str = "active", origin: str = "CreateRoute"
    ) -> None:
        """A route, its target named by id. Replaces one with the same destination and origin, or a local one."""
        kind = next(kind for kind in TARGET_FIELDS if target == kind or target.startswith((f"{kind}-", f"{kind}:")))
        key = _destination_key(destination)
        routes = self[table]["Routes"]
        replaced = (origin, "CreateRouteTable")
        routes[:] = [one for one in routes if one.get(key) != destination or one["Origin"] not in replaced]
        routes.append({key: destination, TARGET_FIELDS[kind]: target, "Origin": origin, "State": state})

    def edge_table(self, table: str, gateway: str) -> None:
        """Associate a route table with an internet or virtual private gateway (N21)."""
        self._associate(table, {"Main": False, "GatewayId": gateway})

    def igw(self, vpc: str | None, state: str = "available", name: str | None = None) -> str:
        """An internet gateway; without ``vpc`` it is attached to none."""
        igw = self._id("igw", name)
        attachments = [{"VpcId": vpc, "State": state}] if vpc else []
        return self._add("ec2/describe-internet-gateways", igw, {
            "InternetGatewayId": igw, "Attachments": attachments, "OwnerId": self.account,
        })  # fmt: skip

    def eigw(self, vpc: str, name: str | None = None) -> str:
        """An egress-only internet gateway."""
        eigw = self._id("eigw", name)
        return self._add("ec2/describe-egress-only-internet-gateways", eigw, {
            "EgressOnlyInternetGatewayId": eigw, "Attachments": [{"VpcId": vpc, "State": "attached"}],
        })  # fmt: skip

    def nat(
        self,
        subnet: str,
        address: str,
        public: str | None = None,
        kind: str = "public",
        state: str = "available",
        name: str | None = None,
    ) -> str:
        """A zonal NAT gateway with its interface. ``kind``: "public" (then give ``public``) or "private"."""
        nat = self._id("nat", name)
        eni = f"eni-{nat}"
        self._interface(eni, subnet, [(address, public)], {
            "InterfaceType": "nat_gateway",
            "Description": f"Interface for NAT Gateway {nat}",
            "RequesterManaged": True,
            "Groups": [],
            "Ipv6Addresses": [],
            "SourceDestCheck": False,
        })  # fmt: skip
        own = {"PrivateIp": address, "NetworkInterfaceId": eni, "IsPrimary": True, "Status": "succeeded"}
        if public:
            own |= {"PublicIp": public, "AllocationId": f"eipalloc-{nat}"}
        return self._add("ec2/describe-nat-gateways", nat, {
            "NatGatewayId": nat,
            "VpcId": self[subnet]["VpcId"],
            "SubnetId": subnet,
            "State": state,
            "ConnectivityType": kind,
            "NatGatewayAddresses": [own],
        })  # fmt: skip

    def peering(
        self, vpc_a: str, vpc_b: str, status: str = "active", peer: Build | None = None, name: str | None = None
    ) -> str:
        """A peering connection; ``peer``: the Build that holds ``vpc_b``, which then gets the record too."""
        other = peer or self
        pcx = self._id("pcx", name)
        record = {
            "VpcPeeringConnectionId": pcx,
            "RequesterVpcInfo": self._peering_side(vpc_a),
            "AccepterVpcInfo": other._peering_side(vpc_b),
            "Status": {"Code": status, "Message": status},
        }
        for build in {id(one): one for one in (self, other)}.values():
            build._add("ec2/describe-vpc-peering-connections", pcx, record)
        return pcx

    def vgw(self, vpc: str | None, name: str | None = None) -> str:
        """A virtual private gateway."""
        vgw = self._id("vgw", name)
        attachments = [{"VpcId": vpc, "State": "attached"}] if vpc else []
        return self._add("ec2/describe-vpn-gateways", vgw, {
            "VpnGatewayId": vgw, "State": "available", "Type": "ipsec.1", "VpcAttachments": attachments,
        })  # fmt: skip

    def vpn(
        self,
        gateway: str,
        routes: Iterable[str] = (),
        state: str = "available",
        name: str | None = None,
    ) -> str:
        """A VPN connection on a ``vgw-`` (returns its id) or a ``tgw-`` (returns its attachment's id)."""
        vpn = self._id("vpn", name)
        key = "TransitGatewayId" if gateway.startswith("tgw-") else "VpnGatewayId"
        self._add("ec2/describe-vpn-connections", vpn, {
            "VpnConnectionId": vpn,
            "CustomerGatewayId": f"cgw-{vpn}",
            "State": state,
            "Type": "ipsec.1",
            key: gateway,
            "Routes": [{"DestinationCidrBlock": block, "Source": "Static", "State": "available"} for block in routes],
        })  # fmt: skip
        return self._tgw_attachment(gateway, "vpn", vpn, None) if gateway.startswith("tgw-") else vpn

    # --- Transit gateways ---------------------------------------------------------------------------------------

    def tgw(self, group_references: bool = False, name: str | None = None) -> str:
        """A transit gateway without route tables."""
        tgw = self._id("tgw", name)
        return self._add("ec2/describe-transit-gateways", tgw, {
            "TransitGatewayId": tgw,
            "State": "available",
            "OwnerId": self.account,
            "Options": {
                "DefaultRouteTableAssociation": "disable",
                "DefaultRouteTablePropagation": "disable",
                "SecurityGroupReferencingSupport": "enable" if group_references else "disable",
                "DnsSupport": "enable",
            },
        })  # fmt: skip

    def tgw_attachment(
        self,
        tgw: str,
        vpc: str,
        subnets: Sequence[str],
        group_references: bool = False,
        appliance_mode: bool = False,
        state: str = "available",
        name: str | None = None,
    ) -> str:
        """A VPC's attachment by these subnets."""
        attachment = self._tgw_attachment(tgw, "vpc", vpc, name, state)
        self._lists["ec2/describe-transit-gateway-vpc-attachments"].append({
            "TransitGatewayAttachmentId": attachment,
            "TransitGatewayId": tgw,
            "VpcId": vpc,
            "VpcOwnerId": self.account,
            "State": state,
            "SubnetIds": list(subnets),
            "Options": {
                "ApplianceModeSupport": "enable" if appliance_mode else "disable",
                "SecurityGroupReferencingSupport": "enable" if group_references else "disable",
                "DnsSupport": "enable",
                "Ipv6Support": "enable",
            },
        })  # fmt: skip
        return attachment

    def direct_connect(self, tgw: str, name: str | None = None) -> str:
        """A Direct Connect gateway's attachment."""
        return self._tgw_attachment(tgw, "direct-connect-gateway", self._id("dxgw", None), name)

    def tgw_connect(self, tgw: str, transport: str, name: str | None = None) -> str:
        """A Connect attachment: tunnels to an appliance behind another attachment."""
        return self._tgw_attachment(tgw, "connect", transport, name)

    def tgw_peering(
        self, tgw: str, peer_tgw: str, peer: Build, state: str = "available", name: str | None = None
    ) -> str:
        """A peering attachment of a transit gateway with one in ``peer``, which may be this Build; both sides get the
        records.
        """
        attachment = self._tgw_attachment(tgw, "peering", peer_tgw, name, state)
        own = self[attachment]
        peer._register_attachment(attachment, peer_tgw, "peering", tgw, state)
        self._records[attachment] = own
        record = {
            "TransitGatewayAttachmentId": attachment,
            "RequesterTgwInfo": {"TransitGatewayId": tgw, "OwnerId": self.account, "Region": self.region},
            "AccepterTgwInfo": {"TransitGatewayId": peer_tgw, "OwnerId": peer.account, "Region": peer.region},
            "State": state,
        }
        for build in {id(one): one for one in (self, peer)}.values():
            build._lists["ec2/describe-transit-gateway-peering-attachments"].append(record)
        return attachment

    def tgw_table(self, tgw: str, name: str | None = None) -> str:
        """A transit gateway route table with its three per-table files, empty."""
        table = self._id("tgw-rtb", name)
        self._add("ec2/describe-transit-gateway-route-tables", table, {
            "TransitGatewayRouteTableId": table, "TransitGatewayId": tgw, "State": "available",
        })  # fmt: skip
        self.put(f"ec2/search-transit-gateway-routes/{table}", {"Routes": [], "AdditionalRoutesAvailable": False})
        self.put(f"ec2/get-transit-gateway-route-table-associations/{table}", {"Associations": []})
        propagations: Record = {"TransitGatewayRouteTablePropagations": []}
        self.put(f"ec2/get-transit-gateway-route-table-propagations/{table}", propagations)
        return table

    def associate(self, table: str, attachment: str) -> None:
        """Let a transit gateway route table route what comes from an attachment (N184)."""
        record = self._attachment_at(table, attachment)
        record["Association"] = {"TransitGatewayRouteTableId": table, "State": "associated"}
        self._more[f"{self._home}/ec2/get-transit-gateway-route-table-associations/{table}.json"]["Associations"].append({
            "TransitGatewayAttachmentId": attachment,
            "ResourceId": record["ResourceId"],
            "ResourceType": record["ResourceType"],
            "State": "associated",
        })  # fmt: skip

    def tgw_route(self, table: str, cidr: str, attachment: str, type: str = "static") -> None:
        """A transit gateway route to an attachment or to "blackhole"; ``type``: "static" or "propagated"."""
        route: Record = {"DestinationCidrBlock": cidr, "Type": type}
        if attachment == "blackhole":
            route["State"] = "blackhole"
        else:
            target = self._target_at(table, attachment)
            route |= {"State": "active", "TransitGatewayAttachments": [target]}
        if type == "propagated":
            path = f"{self._home}/ec2/get-transit-gateway-route-table-propagations/{table}.json"
            self._more[path]["TransitGatewayRouteTablePropagations"].append(target | {"State": "enabled"})
        self._more[f"{self._home}/ec2/search-transit-gateway-routes/{table}.json"]["Routes"].append(route)

    def tgw_list(self, table: str, prefix_list: str, attachment: str, *, one_by_one: bool = True) -> None:
        """A transit gateway table's reference to a prefix list, of which AWS shows each entry as a propagated route;
        not ``one_by_one``: a single route that names the list.
        """
        to: Record = {"State": "blackhole"}
        if attachment != "blackhole":
            to = {"State": "active", "TransitGatewayAttachments": [self._target_at(table, attachment)]}
        entries = self._more[f"{self._home}/ec2/get-managed-prefix-list-entries/{prefix_list}.json"]["Entries"]
        routes = [{"DestinationCidrBlock": one["Cidr"], "Type": "propagated"} for one in entries]
        self._more[f"{self._home}/ec2/search-transit-gateway-routes/{table}.json"]["Routes"] += [
            {**one, "PrefixListId": prefix_list, **to} for one in (routes if one_by_one else [{"Type": "static"}])
        ]

    def _attachment_at(self, table: str, attachment: str) -> Record:
        """The record of an attachment at a table's transit gateway; a peering attachment has one on each side."""
        rows: list[Record] = self._lists["ec2/describe-transit-gateway-attachments"]
        tgw = self[table]["TransitGatewayId"]
        mine = (row for row in rows if row["TransitGatewayId"] == tgw)
        return next(row for row in mine if row["TransitGatewayAttachmentId"] == attachment)

    def _target_at(self, table: str, attachment: str) -> Record:
        record = self._attachment_at(table, attachment)
        return {key: record[key] for key in ("TransitGatewayAttachmentId", "ResourceId", "ResourceType")}

    # --- Endpoints and names ------------------------------------------------------------------------------------

    def gateway_endpoint(
        self, vpc: str, service: str, tables: Sequence[str], policy: Record | None = None, name: str | None = None
    ) -> str:
        """A gateway endpoint ("s3", "dynamodb") with its route in each of the tables (N15)."""
        service_name = f"com.amazonaws.{self.region}.{service}"
        known = {one["PrefixListName"]: str(one["PrefixListId"]) for one in self._lists["ec2/describe-prefix-lists"]}
        prefix_list = known.get(service_name) or self.prefix_list(SERVICE_BLOCKS[service], service_name)
        endpoint = self._endpoint(self._id("vpce", name), "Gateway", vpc, service_name, policy)
        self[endpoint]["RouteTableIds"] = list(tables)
        for table in tables:
            self.route(table, prefix_list, endpoint)
        return endpoint

    def appliance_endpoint(self, vpc: str, subnet: str, state: str = "available", name: str | None = None) -> str:
        """A Gateway Load Balancer endpoint (N149)."""
        service = f"com.amazonaws.vpce.{self.region}.vpce-svc-1"
        endpoint = self._endpoint(self._id("vpce", name), "GatewayLoadBalancer", vpc, service, None)
        self[endpoint].update(SubnetIds=[subnet], State=state)
        return endpoint

    def interface_endpoint(
        self,
        vpc: str,
        service: str,
        subnets: Mapping[str, str | None],
        groups: Iterable[str],
        private_dns: bool = True,
        names: Iterable[str] = (),
        policy: Record | None = None,
        ipv6: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> str:
        """An interface endpoint.

        Args:
            vpc: Its VPC.
            service: Endpoint service suffix ("ecr.api") or a whole service name.
            subnets: The address of its interface by subnet; None in one of IPv6 only.
            groups: Its security groups.
            private_dns: Whether the private names are switched on.
            names: Its private names ("api.ecr.us-east-1.amazonaws.com"); the endpoint's own name is always there.
            policy: Its policy; AWS's full access if none.
            ipv6: IPv6 address of its interface by subnet; switches DenyAllIgwTraffic on (N38).
            name: Suffix of its id.
        """
        service_name = service if service.startswith(("com.", "aws.")) else f"com.amazonaws.{self.region}.{service}"
        endpoint = self._endpoint(self._id("vpce", name), "Interface", vpc, service_name, policy)
        enis = []
        for number, (subnet, address) in enumerate(subnets.items(), start=1):
            own_v6 = (ipv6 or {}).get(subnet)
            enis.append(self._interface(f"eni-{endpoint}-{number}", subnet, [(address, None)] if address else [], {
                "InterfaceType": "vpc_endpoint",
                "Description": f"VPC Endpoint Interface {endpoint}",
                "RequesterManaged": True,
                "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
                "Ipv6Addresses": [{"Ipv6Address": own_v6}] if own_v6 else [],
                "SourceDestCheck": True,
                "DenyAllIgwTraffic": own_v6 is not None,
            }))  # fmt: skip
        both = "dualstack" if all(subnets.values()) else "ipv6"
        regional = f"{endpoint}.{service_name.rpartition(f'{self.region}.')[2]}.{self.region}.vpce.amazonaws.com"
        self[endpoint].update({
            "SubnetIds": list(subnets),
            "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
            "NetworkInterfaceIds": enis,
            "PrivateDnsEnabled": private_dns,
            "IpAddressType": both if ipv6 else "ipv4",
            "DnsOptions": {"DnsRecordIpType": both if ipv6 else "ipv4"},
            "DnsEntries": [
                {"DnsName": regional, "HostedZoneId": "Z7HUB22UULQXV"},
                *({"DnsName": one, "HostedZoneId": f"Z{endpoint}"} for one in (names if private_dns else ())),
            ],
        })  # fmt: skip
        return endpoint

    def zone(
        self,
        name: str,
        vpcs: Iterable[str | tuple[str, str]],
        records: Iterable[tuple[str, str, str | Sequence[str]]] = (),
        private: bool = True,
    ) -> str:
        """A hosted zone; ``records``: (name, type, values or the name that an alias points to)."""
        zone = f"Z{self.account[:3]}{len(self._zones) + 1}"
        header = {
            "Id": f"/hostedzone/{zone}",
            "Name": name.rstrip(".") + ".",
            "CallerReference": zone,
            "Config": {"PrivateZone": private},
        }
        places = [(vpc, self.region) if isinstance(vpc, str) else vpc for vpc in vpcs]
        self._zones.append(header)
        self._records[zone] = header
        detail = {"HostedZone": header, "VPCs": [{"VPCRegion": region, "VPCId": vpc} for vpc, region in places]}
        self.put(f"route53/get-hosted-zone/{zone}", detail, region="global")
        sets = [_record_set(*record) for record in records]
        self.put(f"route53/list-resource-record-sets/{zone}", {"ResourceRecordSets": sets}, region="global")
        return zone

    # --- The result ---------------------------------------------------------------------------------------------

    def put(self, path: str, value: Any, region: str | None = None) -> None:
        """One more file, or another content for one: ``path`` below account and Region, without ``.json``."""
        self._more[f"{self.account}/{region or self.region}/{path}.json"] = value

    def files(self) -> dict[str, bytes]:
        """All files of the snapshot by their path in it."""
        self._write_block_states()
        answers: dict[str, Any] = {
            f"{self._home}/{call}.json": {CALLS[call]: rows} for call, rows in self._lists.items()
        }
        answers[f"{self._home}/ec2/describe-vpc-block-public-access-options.json"] = {
            "VpcBlockPublicAccessOptions": {
                "AwsAccountId": self.account,
                "AwsRegion": self.region,
                "State": "default-state" if self._block_mode == "off" else "update-complete",
                "InternetGatewayBlockMode": self._block_mode,
                "ManagedBy": "account",
                "ExclusionsAllowed": "allowed",
            }
        }
        answers[f"{self.account}/global/route53/list-hosted-zones.json"] = {"HostedZones": self._zones}
        answers |= self._more
        return {path: json.dumps(answers[path]).encode() for path in sorted(answers)}

    def write(self, folder: Path) -> Path:
        """Write the files below ``folder`` (made if need be) and return it."""
        for path, data in self.files().items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return folder

    # --- Inside -------------------------------------------------------------------------------------------------

    def _id(self, prefix: str, name: str | None) -> str:
        if name is None:
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            name = str(self._counts[prefix])
        made = f"{prefix}-{self._tag}{name}"
        if made in self._records:
            raise ValueError(f"{made} exists already")
        return made

    def _add(self, call: str, id: str, record: Record) -> str:
        self._lists[call].append(record)
        self._records[id] = record
        return id

    def _table(self, table: str, vpc: str) -> str:
        record = self[vpc]
        blocks = [one["CidrBlock"] for one in record["CidrBlockAssociationSet"]]
        blocks += [one["Ipv6CidrBlock"] for one in record["Ipv6CidrBlockAssociationSet"]]
        routes = [
            {_destination_key(block): block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
            for block in blocks
        ]
        return self._add("ec2/describe-route-tables", table, {
            "RouteTableId": table,
            "VpcId": vpc,
            "Associations": [],
            "PropagatingVgws": [],
            "Routes": routes,
            "OwnerId": self.account,
        })  # fmt: skip

    def _associate(self, table: str, association: Record) -> None:
        rows = self[table]["Associations"]
        rows.append({
            "RouteTableAssociationId": f"rtbassoc-{table}-{len(rows) + 1}",
            "RouteTableId": table,
            "AssociationState": {"State": "associated"},
            **association,
        })  # fmt: skip

    def _acl(self, acl: str, vpc: str, entries: Iterable[AclEntry], *, default: bool) -> str:
        closing: list[AclEntry] = [
            (number, direction, "deny", "-1", None, block)
            for direction in ("in", "out")
            for number, block in ((32767, "0.0.0.0/0"), (32768, "::/0"))
        ]
        return self._add("ec2/describe-network-acls", acl, {
            "NetworkAclId": acl,
            "VpcId": vpc,
            "IsDefault": default,
            "Associations": [],
            "Entries": [_acl_entry(entry) for entry in (*entries, *closing)],
            "OwnerId": self.account,
        })  # fmt: skip

    def _group(self, group: str, vpc: str, ingress: Iterable[GroupRule], egress: Iterable[GroupRule]) -> str:
        return self._add("ec2/describe-security-groups", group, {
            "GroupId": group,
            "GroupName": group,
            "Description": group,
            "VpcId": vpc,
            "OwnerId": self.account,
            "IpPermissions": [self._permission(rule) for rule in ingress],
            "IpPermissionsEgress": [self._permission(rule) for rule in egress],
        })  # fmt: skip

    def _permission(self, rule: GroupRule) -> Record:
        protocol, low, high, peer = rule
        permission: Record = {
            "IpProtocol": protocol,
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [],
        }
        if low is None and protocol in ("tcp", "udp", "6", "17"):
            low, high = 0, 65535
        if low is not None:
            permission |= {"FromPort": low, "ToPort": low if high is None else high}
        if peer.startswith("pl-"):
            permission["PrefixListIds"].append({"PrefixListId": peer})
        elif "sg-" in peer:
            account, _, group = peer.rpartition("/")
            permission["UserIdGroupPairs"].append({"GroupId": group, "UserId": account or self.account})
        elif ":" in peer:
            permission["Ipv6Ranges"].append({"CidrIpv6": peer})
        else:
            permission["IpRanges"].append({"CidrIp": peer})
        return permission

    def _interface(self, eni: str, subnet: str, addresses: Sequence[tuple[str, str | None]], more: Record) -> str:
        private = [
            {"PrivateIpAddress": address, "Primary": number == 0, **_association(public)}
            for number, (address, public) in enumerate(addresses)
        ]
        return self._add("ec2/describe-network-interfaces", eni, {
            "NetworkInterfaceId": eni,
            "SubnetId": subnet,
            "VpcId": self[subnet]["VpcId"],
            "AvailabilityZone": self[subnet]["AvailabilityZone"],
            **({"PrivateIpAddress": addresses[0][0]} if addresses else {}),
            "PrivateIpAddresses": private,
            "Status": "in-use",
            "RequesterManaged": False,
            "OwnerId": self.account,
            "TagSet": [],
            **(_association(addresses[0][1]) if addresses else {}),
            **more,
        })  # fmt: skip

    def _endpoint(self, endpoint: str, kind: str, vpc: str, service_name: str, policy: Record | None) -> str:
        full = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
        return self._add("ec2/describe-vpc-endpoints", endpoint, {
            "VpcEndpointId": endpoint,
            "VpcEndpointType": kind,
            "VpcId": vpc,
            "ServiceName": service_name,
            "ServiceRegion": self.region,
            "State": "available",
            "PolicyDocument": json.dumps(policy or full),
            "RouteTableIds": [],
            "SubnetIds": [],
            "Groups": [],
            "PrivateDnsEnabled": False,
            "RequesterManaged": False,
            "NetworkInterfaceIds": [],
            "DnsEntries": [],
            "OwnerId": self.account,
        })  # fmt: skip

    def _tgw_attachment(self, tgw: str, kind: str, resource: str, name: str | None, state: str = "available") -> str:
        return self._register_attachment(self._id("tgw-attach", name), tgw, kind, resource, state)

    def _register_attachment(self, attachment: str, tgw: str, kind: str, resource: str, state: str) -> str:
        return self._add("ec2/describe-transit-gateway-attachments", attachment, {
            "TransitGatewayAttachmentId": attachment,
            "TransitGatewayId": tgw,
            "TransitGatewayOwnerId": self.account,
            "ResourceOwnerId": self.account,
            "ResourceType": kind,
            "ResourceId": resource,
            "State": state,
        })  # fmt: skip

    def _peering_side(self, vpc: str) -> Record:
        record = self[vpc]
        v4 = [{"CidrBlock": one["CidrBlock"]} for one in record["CidrBlockAssociationSet"]]
        v6 = [{"Ipv6CidrBlock": one["Ipv6CidrBlock"]} for one in record["Ipv6CidrBlockAssociationSet"]]
        return {
            "VpcId": vpc,
            "OwnerId": self.account,
            "Region": self.region,
            "CidrBlock": record["CidrBlock"],
            "CidrBlockSet": v4,
            **({"Ipv6CidrBlockSet": v6} if v6 else {}),
        }

    def _write_block_states(self) -> None:
        """Give VPCs and subnets their effective mode (N65, N68), or take it away."""
        excluded = {
            one["ResourceArn"].rpartition("/")[2]: one["InternetGatewayExclusionMode"]
            for one in self._lists["ec2/describe-vpc-block-public-access-exclusions"]
        }
        for record in self._lists["ec2/describe-vpcs"] + self._lists["ec2/describe-subnets"]:
            record.pop("BlockPublicAccessStates", None)
            if self._block_states:
                own = excluded.get(record.get("SubnetId", ""))
                mode = _effective_mode(self._block_mode, own or excluded.get(record["VpcId"]))
                record["BlockPublicAccessStates"] = {"InternetGatewayBlockMode": mode}


def _effective_mode(mode: str, exclusion: str | None) -> str:
    if exclusion == "allow-bidirectional":
        return "off"
    if exclusion == "allow-egress" and mode == "block-bidirectional":
        return "block-ingress"
    return mode


def _ipv6_blocks(block: str | None) -> list[Record]:
    return [{"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}] if block else []


def _destination_key(destination: str) -> str:
    if destination.startswith("pl-"):
        return "DestinationPrefixListId"
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


def _association(public: str | None) -> Record:
    return {"Association": {"IpOwnerId": "amazon", "PublicIp": public}} if public else {}


def _acl_entry(entry: AclEntry) -> Record:
    number, direction, action, protocol, detail, block = entry
    code = PROTOCOL_NUMBERS.get(protocol, protocol)
    record: Record = {
        "RuleNumber": number,
        "Egress": direction == "out",
        "RuleAction": action,
        "Protocol": code,
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
    }
    if detail is not None and code in ("1", "58"):
        record["IcmpTypeCode"] = {"Type": detail[0], "Code": detail[1]}
    elif detail is not None or code in ("6", "17"):
        low, high = detail or (0, 65535)
        record["PortRange"] = {"From": low, "To": high}
    return record


def _record_set(name: str, kind: str, values: str | Sequence[str]) -> Record:
    record: Record = {"Name": name.rstrip(".") + ".", "Type": kind}
    if isinstance(values, str):
        alias = {"HostedZoneId": "Z2", "DNSName": values.rstrip(".") + ".", "EvaluateTargetHealth": False}
        return record | {"AliasTarget": alias}
    return record | {"TTL": 300, "ResourceRecords": [{"Value": value} for value in values]}

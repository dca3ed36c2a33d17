"""Organizations of any size in AWS's JSON, streamed to disk: the same seed and sizes always make the same bytes.

    python -m tests.benchmarks.organization OUT --vpcs 100 --interfaces 10000 --seed 1

VPCs hang on one transit gateway as spokes of two environments (each with its own route table) and of a shared VPC
with the interface endpoints. Each has three zones with public, application and data subnets, a NAT gateway per zone,
an S3 gateway endpoint, security groups that name each other, blocks and prefix lists, and two network ACLs. One in
twenty of the tables, ACLs, groups, NAT gateways and attachments has a fault: a route that is missing or a blackhole,
replies that are not let out, a group without rules, a gateway that failed, an attachment without a route table.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

ACCOUNT, REGION = "111111111111", "us-east-1"
ZONES = ("a", "b", "c")
TIERS = ("public", "app", "data")
SERVICES = ("ecr.api", "ecr.dkr", "logs", "sts", "git-codecommit")
ENVIRONMENTS = ("production", "development")
CORPORATE, S3_LIST = "pl-0c0c0c0c0c0c0c0c0", "pl-63a5400a"
FAULTS = 0.05
ROLES = {  # role: tier, groups, share of the interfaces
    "web": ("public", ("web", "common"), 10), "app": ("app", ("app", "common"), 30), "batch": ("app", ("batch",), 12),
    "build": ("app", ("build", "common"), 8), "database": ("data", ("database",), 12), "cache": ("data", ("cache",), 8),
    "queue": ("data", ("cache", "common"), 5), "bastion": ("public", ("bastion",), 2),
    "legacy": ("app", ("legacy",), 8), "peerless": ("data", ("default",), 5),
}  # fmt: skip
Record = dict[str, Any]


class Files:
    """JSON lists that grow on disk, one file per call."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self._open: dict[str, IO[str]] = {}
        self._key: dict[str, str] = {}

    def add(self, call: str, key: str, record: Record) -> None:
        file = self._open.get(call)
        if file is None:
            path = self.folder / f"{call}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            file = self._open[call] = self._stack.enter_context(path.open("w", encoding="utf-8"))
            file.write(f'{{"{key}": [\n')
        else:
            file.write(",\n")
        json.dump(record, file)

    def close(self) -> None:
        for file in self._open.values():
            file.write("\n]}\n")

    def put(self, call: str, value: Record) -> None:
        path = self.folder / f"{call}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")


class Space:
    """The addresses of a VPC: one /20 for up to 250 interfaces a subnet, else a /16."""

    def __init__(self, index: int, wide: bool) -> None:
        self.base = (10 << 24) + index * (1 << 16 if wide else 1 << 12)
        self.bits, self.subnet_bits = (16, 20) if wide else (20, 24)

    @property
    def block(self) -> str:
        return f"{dotted(self.base)}/{self.bits}"

    def subnet(self, number: int) -> tuple[int, str]:
        low = self.base + number * (1 << (32 - self.subnet_bits))
        return low, f"{dotted(low)}/{self.subnet_bits}"


def dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


class Organization:
    """Writes an organization. Ids carry the VPC's number, so that nothing has to be kept."""

    def __init__(self, folder: Path, vpcs: int, interfaces: int, seed: int, stack: ExitStack) -> None:
        self.rng = random.Random(f"{vpcs}/{interfaces}/{seed}")
        self.vpcs, self.interfaces = vpcs, interfaces
        self.wide = interfaces / vpcs > 1500
        if vpcs > (250 if self.wide else 4000) or vpcs < 1 or interfaces < 20 * vpcs:
            raise ValueError(f"no room for {interfaces} interfaces in {vpcs} VPCs, or fewer than 20 in each")
        self.files = Files(folder / ACCOUNT / REGION / "ec2", stack)

    def faulty(self) -> bool:
        return self.rng.random() < FAULTS

    def write(self) -> None:
        add, put = self.files.add, self.files.put
        for table in (*ENVIRONMENTS, "shared"):
            add(
                "describe-transit-gateway-route-tables",
                "TransitGatewayRouteTables",
                {"TransitGatewayRouteTableId": f"tgw-rtb-{table}", "TransitGatewayId": "tgw-1", "State": "available"},
            )
        add("describe-transit-gateways", "TransitGateways", {
            "TransitGatewayId": "tgw-1", "State": "available", "OwnerId": ACCOUNT,
            "Options": {"SecurityGroupReferencingSupport": "disable"}})  # fmt: skip
        for list_id, name, owner, blocks in (
            (CORPORATE, "corporate", ACCOUNT, ["10.0.0.0/12", "172.20.0.0/16"]),
            (S3_LIST, f"com.amazonaws.{REGION}.s3", "AWS", ["52.216.0.0/15", "54.231.0.0/16"]),
        ):
            add(
                "describe-managed-prefix-lists",
                "PrefixLists",
                {"PrefixListId": list_id, "PrefixListName": name, "OwnerId": owner, "AddressFamily": "IPv4"},
            )
            put(f"get-managed-prefix-list-entries/{list_id}", {"Entries": [{"Cidr": one} for one in blocks]})
        add("describe-prefix-lists", "PrefixLists", {
            "PrefixListId": S3_LIST, "PrefixListName": f"com.amazonaws.{REGION}.s3",
            "Cidrs": ["52.216.0.0/15", "54.231.0.0/16"]})  # fmt: skip
        put(
            "describe-vpc-block-public-access-options",
            {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off", "AwsAccountId": ACCOUNT}},
        )
        attached: dict[str, list[tuple[int, str]]] = {table: [] for table in (*ENVIRONMENTS, "shared")}
        for index in range(self.vpcs):
            mine = self.interfaces * (index + 1) // self.vpcs - self.interfaces * index // self.vpcs
            table = "shared" if index == 0 else ENVIRONMENTS[index % 2]
            self.vpc(index, mine)
            if self.attachment(index, table):
                attached[table].append((index, f"tgw-attach-{index}"))
        self.transit(attached)
        for call, key in (
            ("describe-vpc-peering-connections", "VpcPeeringConnections"), ("describe-vpn-gateways", "VpnGateways"),
            ("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways"),
            ("describe-instances", "Reservations"),
        ):  # fmt: skip
            put(call, {key: []})
        self.files.close()

    # --- a VPC ------------------------------------------------------------------------------------------------------

    def vpc(self, index: int, interfaces: int) -> None:
        space, vpc = Space(index, self.wide), f"vpc-{index}"
        add = self.files.add
        add("describe-vpcs", "Vpcs", {
            "VpcId": vpc, "CidrBlock": space.block, "State": "available", "OwnerId": ACCOUNT, "IsDefault": False,
            "InstanceTenancy": "default", "DhcpOptionsId": "dopt-1",
            "Tags": [{"Key": "Name", "Value": f"spoke-{index}"}],
            "CidrBlockAssociationSet": [{"AssociationId": f"vpc-cidr-assoc-{index}", "CidrBlock": space.block,
                                         "CidrBlockState": {"State": "associated"}}]})  # fmt: skip
        add("describe-internet-gateways", "InternetGateways", {
            "InternetGatewayId": f"igw-{index}", "OwnerId": ACCOUNT,
            "Attachments": [{"State": "available", "VpcId": vpc}]})  # fmt: skip
        add("describe-vpc-endpoints", "VpcEndpoints", {
            "VpcEndpointId": f"vpce-{index}-s3", "VpcEndpointType": "Gateway", "VpcId": vpc, "State": "available",
            "ServiceName": f"com.amazonaws.{REGION}.s3", "OwnerId": ACCOUNT,
            "RouteTableIds": [f"rtb-{index}-{tier}-{zone}" for tier in ("app", "data") for zone in ZONES]})  # fmt: skip
        self.subnets(index, space)
        self.groups(index, space)
        self.members(index, space, interfaces)

    def subnets(self, index: int, space: Space) -> None:
        add, vpc = self.files.add, f"vpc-{index}"
        for number, (tier, zone) in enumerate((tier, zone) for tier in (*TIERS, "transit") for zone in ZONES):
            low, block = space.subnet(number)
            if tier == "transit":
                low, block = space.subnet(9)[0] + 16 * (number - 9), ""
                block = f"{dotted(low)}/28"
            add("describe-subnets", "Subnets", {
                "SubnetId": f"subnet-{index}-{tier}-{zone}", "VpcId": vpc, "CidrBlock": block, "OwnerId": ACCOUNT,
                "AvailabilityZone": f"{REGION}{zone}", "AvailabilityZoneId": f"use1-az{ord(zone) - 96}",
                "State": "available", "MapPublicIpOnLaunch": tier == "public",
                "Tags": [{"Key": "Name", "Value": f"{tier}-{zone}"}]})  # fmt: skip
            if tier == "transit":
                continue
            self.table(index, tier, zone)
            if tier == "public":
                broken = self.faulty()
                add(
                    "describe-nat-gateways",
                    "NatGateways",
                    {
                        "NatGatewayId": f"nat-{index}-{zone}",
                        "VpcId": vpc,
                        "SubnetId": f"subnet-{index}-{tier}-{zone}",
                        "State": "failed" if broken else "available",
                        "ConnectivityType": "public",
                        "NatGatewayAddresses": [
                            {
                                "NetworkInterfaceId": f"eni-{index}-nat-{zone}",
                                "IsPrimary": True,
                                "PrivateIp": dotted(low + 5),
                                "PublicIp": public(index * 3 + number),
                            }
                        ],
                    },
                )
        main = {"RouteTableAssociationId": f"rtbassoc-{index}-main", "RouteTableId": f"rtb-{index}-main", "Main": True,
                "AssociationState": {"State": "associated"}}  # fmt: skip
        add("describe-route-tables", "RouteTables", {
            "RouteTableId": f"rtb-{index}-main", "VpcId": vpc, "OwnerId": ACCOUNT, "Associations": [main],
            "PropagatingVgws": [], "Routes": [self.route(space.block, "GatewayId", "local")]})  # fmt: skip
        self.acls(index)

    @staticmethod
    def route(destination: str, key: str, target: str, state: str = "active") -> Record:
        field = "DestinationPrefixListId" if destination.startswith("pl-") else "DestinationCidrBlock"
        return {field: destination, key: target, "State": state, "Origin": "CreateRoute"}

    def table(self, index: int, tier: str, zone: str) -> None:
        routes = [self.route(Space(index, self.wide).block, "GatewayId", "local")]
        if tier != "public" and not self.faulty():
            state = "blackhole" if self.faulty() else "active"
            routes.append(self.route("10.0.0.0/8", "TransitGatewayId", "tgw-1", state))
        if tier == "public":
            routes.append(self.route("0.0.0.0/0", "GatewayId", f"igw-{index}"))
        else:
            routes.append(self.route(S3_LIST, "GatewayId", f"vpce-{index}-s3"))
        if tier == "app":
            routes.append(self.route("0.0.0.0/0", "NatGatewayId", f"nat-{index}-{zone}"))
        name = f"rtb-{index}-{tier}-{zone}"
        self.files.add("describe-route-tables", "RouteTables", {
            "RouteTableId": name, "VpcId": f"vpc-{index}", "OwnerId": ACCOUNT, "PropagatingVgws": [], "Routes": routes,
            "Associations": [{"RouteTableAssociationId": f"rtbassoc-{index}-{tier}-{zone}", "RouteTableId": name,
                              "SubnetId": f"subnet-{index}-{tier}-{zone}", "Main": False,
                              "AssociationState": {"State": "associated"}}]})  # fmt: skip

    def acls(self, index: int) -> None:
        replies = (1024, 40000) if self.faulty() else (1024, 65535)
        strict = [
            (100, False, "6", (5432, 6379), "10.0.0.0/8"), (110, False, "6", (443, 443), "10.0.0.0/8"),
            (120, False, "6", (1024, 65535), "0.0.0.0/0"), (100, True, "6", replies, "10.0.0.0/8"),
            (110, True, "6", (443, 443), "0.0.0.0/0"),
        ]  # fmt: skip
        open_ = [(100, egress, "-1", None, "0.0.0.0/0") for egress in (False, True)]
        for name, entries, tiers in (("open", open_, ("public", "app", "transit")), ("data", strict, ("data",))):
            entries = [*entries, *((32767, egress, "-1", None, "0.0.0.0/0") for egress in (False, True))]
            self.files.add("describe-network-acls", "NetworkAcls", {
                "NetworkAclId": f"acl-{index}-{name}", "VpcId": f"vpc-{index}", "IsDefault": name == "open",
                "OwnerId": ACCOUNT, "Entries": [
                    {"RuleNumber": number, "Egress": egress, "Protocol": protocol, "CidrBlock": block,
                     "RuleAction": "deny" if number == 32767 else "allow",
                     **({"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {})}
                    for number, egress, protocol, ports, block in entries],
                "Associations": [{"NetworkAclAssociationId": f"aclassoc-{index}-{tier}-{zone}",
                                  "NetworkAclId": f"acl-{index}-{name}", "SubnetId": f"subnet-{index}-{tier}-{zone}"}
                                 for tier in tiers for zone in ZONES]})  # fmt: skip

    def groups(self, index: int, space: Space) -> None:
        shared = Space(0, self.wide).block
        ingress: dict[str, list[tuple[int, int, str]]] = {
            "web": [(443, 443, "0.0.0.0/0"), (80, 80, "0.0.0.0/0")],
            "app": [(443, 443, "web"), (8080, 8080, "web"), (443, 443, "app")],
            "batch": [(443, 443, space.block), (22, 22, "bastion")],
            "build": [(22, 22, "bastion")],
            "database": [(5432, 5432, "app"), (5432, 5432, "batch"), (443, 443, "app")],
            "cache": [(6379, 6379, "app"), (443, 443, CORPORATE)],
            "bastion": [(22, 22, CORPORATE)],
            "common": [(9100, 9100, shared), (443, 443, shared)],
            "legacy": [(0, 65535, "10.0.0.0/8")],
            "endpoints": [(443, 443, "10.0.0.0/8")],
            "default": [(0, 65535, "default")],
        }
        narrow = {"database": [(443, 443, S3_LIST)], "cache": [(443, 443, space.block)],
                  "build": [(443, 443, "0.0.0.0/0")],
                  "batch": [(443, 443, "10.0.0.0/8"), (443, 443, S3_LIST)]}  # fmt: skip
        for name, rules in ingress.items():
            if self.faulty():
                rules = []
            egress = narrow.get(name, [(-1, -1, "0.0.0.0/0")])
            self.files.add("describe-security-groups", "SecurityGroups", {
                "GroupId": f"sg-{index}-{name}", "GroupName": name, "VpcId": f"vpc-{index}", "OwnerId": ACCOUNT,
                "Description": f"{name} of spoke {index}", "IpPermissions": list(self.permissions(index, rules)),
                "IpPermissionsEgress": list(self.permissions(index, egress))})  # fmt: skip

    @staticmethod
    def permissions(index: int, rules: Iterable[tuple[int, int, str]]) -> Iterator[Record]:
        for low, high, peer in rules:
            made: Record = {"IpProtocol": "-1"} if low < 0 else {"IpProtocol": "tcp", "FromPort": low, "ToPort": high}
            made |= {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
            if peer.startswith("pl-"):
                made["PrefixListIds"] = [{"PrefixListId": peer}]
            elif "/" in peer:
                made["IpRanges"] = [{"CidrIp": peer, "Description": "by the generator"}]
            else:
                made["UserIdGroupPairs"] = [{"GroupId": f"sg-{index}-{peer}", "UserId": ACCOUNT}]
            yield made

    def members(self, index: int, space: Space, count: int) -> None:
        used = dict.fromkeys(((tier, zone) for tier in TIERS for zone in ZONES), 10)
        for zone in ZONES:
            number = ZONES.index(zone)
            self.interface(index, f"nat-{zone}", "public", zone, space.subnet(number)[0] + 5, (), kind="nat_gateway",
                           address=public(index * 3 + number))  # fmt: skip
        count -= len(ZONES)
        if index == 0:
            for service in SERVICES:
                names = []
                for zone in ZONES:
                    host = used["app", zone] = used["app", zone] + 1
                    low = space.subnet(3 + ZONES.index(zone))[0]
                    names.append(self.interface(index, f"{service.replace('.', '-')}-{zone}", "app", zone, low + host,
                                                ("endpoints",), kind="vpc_endpoint"))  # fmt: skip
                count -= len(ZONES)
                self.files.add("describe-vpc-endpoints", "VpcEndpoints", {
                    "VpcEndpointId": f"vpce-{index}-{service.replace('.', '-')}", "VpcEndpointType": "Interface",
                    "VpcId": "vpc-0", "State": "available", "ServiceName": f"com.amazonaws.{REGION}.{service}",
                    "PrivateDnsEnabled": True, "NetworkInterfaceIds": names, "OwnerId": ACCOUNT,
                    "SubnetIds": [f"subnet-0-app-{zone}" for zone in ZONES],
                    "Groups": [{"GroupId": "sg-0-endpoints", "GroupName": "endpoints"}]})  # fmt: skip
        roles, shares = list(ROLES), [share for _, _, share in ROLES.values()]
        room = (1 << (32 - space.subnet_bits)) - 2
        for number in range(max(count, 0)):
            role = self.rng.choices(roles, shares)[0]
            tier, groups, _ = ROLES[role]
            zone = self.rng.choice(ZONES)
            host = used[tier, zone] = used[tier, zone] + 1
            if host >= room:  # full: wherever there is room
                (tier, zone), host = min(used.items(), key=lambda one: one[1])
                host = used[tier, zone] = host + 1
            low = space.subnet(TIERS.index(tier) * 3 + ZONES.index(zone))[0]
            outside = public(3_000_000 + index * 4096 + number) if role == "bastion" else None
            self.interface(index, f"{role}-{number}", tier, zone, low + host, groups, address=outside)

    def interface(
        self, index: int, name: str, tier: str, zone: str, number: int, groups: tuple[str, ...], *,
        kind: str = "interface", address: str | None = None,
    ) -> str:  # fmt: skip
        eni, private = f"eni-{index}-{name}", dotted(number)
        dns = f"ip-{private.replace('.', '-')}.ec2.internal"
        shown: Record = {"Association": {"PublicIp": address, "IpOwnerId": ACCOUNT, "AllocationId": f"eipalloc-{name}"}}
        self.files.add("describe-network-interfaces", "NetworkInterfaces", {
            **(shown if address else {}),
            "Attachment": {"AttachmentId": f"eni-attach-{index}-{name}", "AttachTime": "2026-01-01T00:00:00+00:00",
                           "DeleteOnTermination": True, "DeviceIndex": 0, "InstanceOwnerId": ACCOUNT,
                           "NetworkCardIndex": 0, "Status": "attached"},
            "AvailabilityZone": f"{REGION}{zone}", "Description": name,
            "Groups": [{"GroupId": f"sg-{index}-{group}", "GroupName": group} for group in groups],
            "InterfaceType": kind, "Ipv6Addresses": [], "MacAddress": f"0a:{index & 255:02x}:00:00:00:01",
            "NetworkInterfaceId": eni, "OwnerId": ACCOUNT, "PrivateDnsName": dns, "PrivateIpAddress": private,
            "PrivateIpAddresses": [{**(shown if address else {}), "Primary": True, "PrivateDnsName": dns,
                                    "PrivateIpAddress": private}],
            "RequesterId": ACCOUNT, "RequesterManaged": kind != "interface", "SourceDestCheck": True,
            "Status": "in-use", "SubnetId": f"subnet-{index}-{tier}-{zone}", "VpcId": f"vpc-{index}",
            "TagSet": [{"Key": "Name", "Value": name}, {"Key": "CostCenter", "Value": f"{1000 + index}"}]})  # fmt: skip
        return eni

    # --- the transit gateway ----------------------------------------------------------------------------------------

    def attachment(self, index: int, table: str) -> bool:
        """Attach a VPC; whether a route table is associated."""
        name, associated = f"tgw-attach-{index}", not self.faulty()
        self.files.add("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", {
            "TransitGatewayAttachmentId": name, "TransitGatewayId": "tgw-1", "VpcId": f"vpc-{index}",
            "VpcOwnerId": ACCOUNT, "State": "available",
            "SubnetIds": [f"subnet-{index}-transit-{zone}" for zone in ZONES],
            "Options": {"DnsSupport": "enable", "Ipv6Support": "disable", "ApplianceModeSupport": "disable",
                        "SecurityGroupReferencingSupport": "disable"}})  # fmt: skip
        known: Record = {
            "TransitGatewayAttachmentId": name, "TransitGatewayId": "tgw-1", "ResourceType": "vpc",
            "State": "available", "ResourceId": f"vpc-{index}", "ResourceOwnerId": ACCOUNT,
            "TransitGatewayOwnerId": ACCOUNT,
        }  # fmt: skip
        if associated:
            known["Association"] = {"TransitGatewayRouteTableId": f"tgw-rtb-{table}", "State": "associated"}
        self.files.add("describe-transit-gateway-attachments", "TransitGatewayAttachments", known)
        return associated

    def transit(self, attached: dict[str, list[tuple[int, str]]]) -> None:
        def routes(mine: list[tuple[int, str]]) -> list[Record]:
            return [
                {"DestinationCidrBlock": Space(index, self.wide).block, "Type": "propagated", "State": "active",
                 "TransitGatewayAttachments": [{"TransitGatewayAttachmentId": name, "ResourceId": f"vpc-{index}",
                                                "ResourceType": "vpc"}]}
                for index, name in mine
            ]  # fmt: skip

        everyone = [one for mine in attached.values() for one in mine]
        for table, mine in attached.items():
            reach = everyone if table == "shared" else [*attached["shared"], *mine]
            self.files.put(f"search-transit-gateway-routes/tgw-rtb-{table}",
                           {"Routes": routes(reach), "AdditionalRoutesAvailable": False})  # fmt: skip
            self.files.put(f"get-transit-gateway-route-table-associations/tgw-rtb-{table}", {"Associations": [
                {"TransitGatewayAttachmentId": name, "ResourceId": f"vpc-{index}", "ResourceType": "vpc",
                 "State": "associated"} for index, name in mine]})  # fmt: skip


def public(number: int) -> str:
    """A public address of its own: 3.0.0.0/8 and following, which no VPC here uses."""
    return dotted((3 << 24) + number)


def write(folder: Path, vpcs: int, interfaces: int, seed: int = 1) -> Path:
    """Write an organization as a snapshot. Raises ValueError for sizes that do not fit together."""
    with ExitStack() as stack:
        Organization(folder, vpcs, interfaces, seed, stack).write()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description="Write an organization as a snapshot.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vpcs", type=int, default=10)
    parser.add_argument("--interfaces", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.folder, given.vpcs, given.interfaces, given.seed)


if __name__ == "__main__":
    main()

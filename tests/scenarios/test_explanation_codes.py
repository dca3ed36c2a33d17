"""Exactly one fault, exactly its code: the blocks that VPC Reachability Analyzer has a code for (explanation-codes.md,
section 1). Codes that no verdict holds are listed with the reason (`reachsim.codes.NO_BLOCK_HERE`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reachsim import load_files
from reachsim.codes import CODES, NO_BLOCK_HERE
from reachsim.forwarding import Ground
from reachsim.verdict import Verdict
from tests.build import ANYWHERE, Build
from tests.scenarios import test_load_balancers
from tests.scenarios.lan import Lan, ask, causes, codes, natted, public
from tests.scenarios.test_accounts_egress import RegionalNat
from tests.scenarios.test_facts_transit import Hub, Inspected
from tests.scenarios.test_middleboxes import Edge, five_tuple
from tests.scenarios.test_whole_accounts import GITHUB, Egress

WORLD = "ip:198.51.100.7"
UNKNOWN = ("UNKNOWN_DESTINATION", "UNKNOWN_RESOURCE", "TGW_RTB_ROUTES_ARE_UNKNOWN")
"""Codes of what the snapshot does not tell: assumptions of an unknown verdict."""


class Rules:
    """The networks, each with the one fault of its name."""

    @staticmethod
    def no_route() -> Verdict:
        return ask(Lan(), "eni-client", WORLD)

    @staticmethod
    def blackhole() -> Verdict:
        net = Lan()
        net.route(net.ta, "0.0.0.0/0", "igw-gone", state="blackhole")
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def local_outside() -> Verdict:
        net = Lan()
        net.route(net.ta, "10.9.0.0/16", "local")
        return ask(net, "eni-client", "ip:10.9.0.1")

    @staticmethod
    def gateway_of_no_vpc() -> Verdict:
        net = public()
        net.igw(None, name="loose")
        return ask(net, "igw-loose", "eni-client")

    @staticmethod
    def way_out_by_a_gateway_of_no_vpc() -> Verdict:
        net = public()
        net.igw(None, name="loose")
        return ask(net, "eni-client", "igw-loose")

    @staticmethod
    def terminated() -> Verdict:
        net = Lan()
        net.instance(net.a, "10.0.1.9", [net.open], state="terminated", name="t")
        net["i-t"]["NetworkInterfaces"] = []
        net._lists["ec2/describe-network-interfaces"].pop()
        return ask(net, "i-t", "eni-server")

    @staticmethod
    def checks_addresses() -> Verdict:
        net = Lan()
        net.route(net.ta, "0.0.0.0/0", net.server)
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def endpoint_does_not_forward() -> Verdict:
        net = Lan()
        net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="logs")
        net["eni-vpce-logs-1"]["SourceDestCheck"] = False
        net.route(net.ta, "0.0.0.0/0", "eni-vpce-logs-1")
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def no_egress_match() -> Verdict:
        net = Lan()
        net["sg-open"]["IpPermissionsEgress"] = [net._permission(("tcp", 22, 22, "0.0.0.0/0"))]
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def no_ingress_rules() -> Verdict:
        net = Lan()
        net["eni-server"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], ANYWHERE)}]
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def behind_a_middlebox() -> Verdict:
        net = Edge(edge=False)
        inside = net.group(net.net, ingress=[("tcp", 443, 443, net.open)], egress=ANYWHERE)
        table = net.table(net.net, [("10.0.1.0/24", net.endpoint)])
        net.interface(net.subnet(net.net, "10.0.2.0/24", table=table), "10.0.2.5", [inside], name="server")
        net.route(net.table_c, "10.0.2.0/24", net.endpoint)
        return net.reach(vpce_fw="forward").simulate("eni-client", "eni-server", protocol="tcp", port=443)

    @staticmethod
    def references_off() -> Verdict:
        net = Hub()
        net["sg-y"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "sg-x"))]
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def gateway_load_balancer(protocol: str, port: int) -> Verdict:
        net = Lan()
        net._interface("eni-gwlb", net.a, [("10.0.1.200", None)], {
            "InterfaceType": "gateway_load_balancer", "Description": "ELB gwy/inspect/50dc6c495c0c9188", "Groups": [],
        })  # fmt: skip
        return ask(net, "eni-gwlb", "eni-server", protocol, port)

    @staticmethod
    def gateway_load_balancer_by_tcp() -> Verdict:
        return Rules.gateway_load_balancer("tcp", 443)

    @staticmethod
    def gateway_load_balancer_elsewhere() -> Verdict:
        assert Rules.gateway_load_balancer("udp", 6081).outcome == "unknown"
        return Rules.gateway_load_balancer("udp", 4789)

    @staticmethod
    def acl_request() -> Verdict:
        net = Lan()
        net.use_acl(net.b, net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0")]))
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def acl_reply() -> Verdict:
        net = Lan()
        net.use_acl(net.b, net.acl(net.vpc_id, [(100, "in", "allow", "-1", None, "0.0.0.0/0")]))
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def no_public_address() -> Verdict:
        return ask(public(address=None), "eni-client", WORLD)

    @staticmethod
    def nobody_has_it() -> Verdict:
        return ask(public(address=None), "internet", "eni-client")

    @staticmethod
    def in_by_the_gateway_of_another_vpc() -> Verdict:
        return ask(public(ipv6="2600:1f10:0:100::/56"), "igw-1", "ip:2600:1f10:0:900::5")

    @staticmethod
    def private_beyond_gateway() -> Verdict:
        return ask(public(), "eni-client", "ip:10.99.0.1")

    @staticmethod
    def shared_beyond_gateway() -> Verdict:
        return ask(public(), "eni-client", "ip:100.64.1.1")

    @staticmethod
    def detached() -> Verdict:
        net = public()
        net["igw-1"]["Attachments"] = []
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def nat_failed() -> Verdict:
        net = natted()
        net["nat-main"]["State"] = "failed"
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def nat_protocol() -> Verdict:
        return ask(natted(), "eni-client", WORLD, 47, None)

    @staticmethod
    def bpa() -> Verdict:
        net = public()
        net.bpa("block-ingress")
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def edge_without_public_address() -> Verdict:
        net = Edge(edge=False, back=False)
        net.interface(net.sub_f, "10.0.9.9", [net.open], source_dest_check=False, name="box")
        net.edge_table(net.table(net.net, [("10.0.1.0/24", "eni-box")]), net.gateway)
        net.route(net.table_f, "203.0.113.0/24", net.gateway)
        net[net.table_c]["Routes"] = [one for one in net[net.table_c]["Routes"] if one["GatewayId"] == "local"]
        net.route(net.table_c, "0.0.0.0/0", "eni-box")
        return net.reach(eni_box="forward").simulate("internet", "eni-client", protocol="tcp", port=443)

    @staticmethod
    def edge_asymmetric() -> Verdict:
        net = Edge(back=False)
        return net.reach(vpce_fw="forward").simulate("internet", "eni-client", protocol="tcp", port=443)

    @staticmethod
    def firewall() -> Verdict:
        net = Edge()
        net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": [five_tuple("DROP")]})])
        return net.out()

    @staticmethod
    def peered(destination: str = "10.1.0.0/16", status: str = "active") -> Build:
        net = Lan()
        other = net.vpc("10.1.0.0/16", name="other")
        pcx = net.peering(net.vpc_id, other, status=status)
        net.route(net.ta, destination, pcx)
        net.route(net.main_table(other), "10.0.0.0/16", pcx)
        net.interface(net.subnet(other, "10.1.1.0/24"), "10.1.1.5", [net.group(other, ANYWHERE, ANYWHERE)], name="far")
        return net

    @staticmethod
    def peering_carries_no_transit() -> Verdict:
        return ask(Rules.peered("198.51.100.0/24"), "eni-client", WORLD)

    @staticmethod
    def peering_pending() -> Verdict:
        return ask(Rules.peered(status="pending-acceptance"), "eni-client", "eni-far")

    @staticmethod
    def transit_unassociated() -> Verdict:
        net = Hub()
        for record in net._lists["ec2/describe-transit-gateway-attachments"]:
            if record["TransitGatewayAttachmentId"] == "tgw-attach-x":
                record.pop("Association", None)
        path = f"{net._home}/ec2/get-transit-gateway-route-table-associations/{net.rt}.json"
        net._more[path]["Associations"] = [
            one for one in net._more[path]["Associations"] if one["TransitGatewayAttachmentId"] != "tgw-attach-x"
        ]
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def transit_zone() -> Verdict:
        net = Hub()
        net["subnet-x"]["AvailabilityZone"] = net["subnet-x"]["AvailabilityZoneId"] = "elsewhere"
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def transit_no_route() -> Verdict:
        net = Hub()
        net.routes()[:] = [one for one in net.routes() if one["DestinationCidrBlock"] != "10.1.0.0/16"]
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def transit_blackhole() -> Verdict:
        net = Hub()
        net.tgw_route(net.rt, "10.1.0.0/16", "blackhole")
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def on_premises(**vpn: Any) -> Lan:
        net = Lan()
        vgw = net.vgw(net.vpc_id)
        net.vpn(vgw, ["192.168.0.0/16"], **vpn)
        net.route(net.ta, "192.168.0.0/16", vgw)
        return net

    @staticmethod
    def vpn_down() -> Verdict:
        return ask(Rules.on_premises(state="deleting"), "eni-client", "ip:192.168.1.1")

    @staticmethod
    def transit_vpn_down() -> Verdict:
        net = Hub()
        vpn = net.vpn(net.tgw_id, state="deleted")
        net.associate(net.rt, vpn)
        net.tgw_route(net.rt, "192.168.0.0/16", vpn)
        net.route("rtb-x", "192.168.0.0/16", net.tgw_id)
        return ask(net, "eni-x", "ip:192.168.1.1")

    @staticmethod
    def gateway_endpoint_protocol() -> Verdict:
        net = Lan()
        net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
        return ask(net, "eni-client", "s3", "udp")

    @staticmethod
    def endpoint_starts() -> Verdict:
        net = Lan()
        endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="e")
        return ask(net, endpoint, "eni-client")

    @staticmethod
    def endpoint_protocol() -> Verdict:
        net = Lan()
        endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="e")
        return ask(net, "eni-client", endpoint, "udp")

    @staticmethod
    def endpoint_from_elsewhere() -> Verdict:
        net = Hub()
        net.gateway_endpoint("vpc-y", "s3", ["rtb-yt"])
        net.tgw_route(net.rt, "52.216.0.0/15", "tgw-attach-y")
        net.route("rtb-x", "52.216.0.0/15", net.tgw_id)
        return ask(net, "eni-x", "ip:52.216.0.1")

    @staticmethod
    def private_gateway_of_another_vpc() -> Verdict:
        net = Hub()
        net.route("rtb-yt", "192.168.0.0/16", net.vgw("vpc-y"))
        net.tgw_route(net.rt, "192.168.0.0/16", "tgw-attach-y")
        net.route("rtb-x", "192.168.0.0/16", net.tgw_id)
        return ask(net, "eni-x", "ip:192.168.1.1")

    @staticmethod
    def transit_attachment_failed() -> Verdict:
        net = Hub()
        net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["State"] = "failed"
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def endpoint_pending() -> Verdict:
        net = Lan()
        endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="e")
        net[endpoint]["State"] = "pendingAcceptance"
        return ask(net, "eni-client", endpoint)

    @staticmethod
    def endpoint_service_elsewhere() -> Verdict:
        net = Lan()
        endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], name="e")
        net._lists["ec2/describe-vpc-endpoint-services"].append(
            {"ServiceName": net[endpoint]["ServiceName"], "AvailabilityZones": ["us-east-1a", "us-east-1c"]}
        )
        return ask(net, "eni-client", endpoint)

    @staticmethod
    def regional_nat_elsewhere() -> Verdict:
        return ask(RegionalNat("us-east-1b", AutoProvisionZones="disabled"), "eni-client", WORLD)

    @staticmethod
    def private_source_at_the_gateway() -> Verdict:
        return ask(public(), "ip:10.99.0.1", "eni-client")

    @staticmethod
    def shared_source_at_the_gateway() -> Verdict:
        return ask(public(), "ip:100.64.0.1", "eni-client")

    @staticmethod
    def on_premises_to_nobody() -> Verdict:
        return ask(Rules.on_premises(), "ip:192.168.1.1", "ip:10.0.2.77")

    @staticmethod
    def on_premises_by_nat() -> Verdict:
        net = Rules.on_premises()
        net.table(net.vpc_id, [("10.0.2.0/24", net.with_nat("private")), ("192.168.0.0/16", "vgw-1")], name="fw")
        net.interface(
            net.subnet(net.vpc_id, "10.0.7.0/24", table="rtb-fw"), "10.0.7.7", [net.open], source_dest_check=False,
            name="fw",
        )  # fmt: skip
        net.edge_table(net.table(net.vpc_id, [("10.0.2.0/24", "eni-fw")]), "vgw-1")
        net.route(net.tn, "192.168.0.0/16", "vgw-1")
        reach = load_files(net.files())
        reach.ground = Ground(reach.network, {"eni-fw": "forward"})
        return reach.simulate("ip:192.168.1.1", "eni-server", protocol="tcp", port=443)

    @staticmethod
    def no_way_in_at_all() -> Verdict:
        return ask(Lan(), "ip:192.168.1.1", "eni-client")

    @staticmethod
    def nobody_at_the_address() -> Verdict:
        return ask(Lan(), "eni-client", "ip:10.0.2.77")


class Behind:
    """Networks where another route, or a connection, is what is missing or in the way: told as the cause."""

    @staticmethod
    def longer_blackhole() -> Verdict:
        net = natted()
        net.route(net.ta, "198.51.100.0/24", "pcx-gone", state="blackhole")
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def equal_blackhole() -> Verdict:
        net = Rules.on_premises()
        net.route(net.ta, "192.168.0.0/16", "vgw-1", origin="EnableVgwRoutePropagation")
        net.route(net.ta, "192.168.0.0/16", "pcx-gone", state="blackhole")
        return ask(net, "eni-client", "ip:192.168.1.1")

    @staticmethod
    def longer_transit_blackhole() -> Verdict:
        net = Hub()
        net.tgw_route(net.rt, "10.1.1.0/24", "blackhole")
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def equal_transit_blackhole() -> Verdict:
        return Rules.transit_blackhole()

    @staticmethod
    def narrow_route() -> Verdict:
        return ask(Rules.peered("10.1.2.0/24"), "eni-client", "eni-far")

    @staticmethod
    def narrow_transit_route() -> Verdict:
        net = Hub()
        for route in net.routes():
            if route["DestinationCidrBlock"] == "10.1.0.0/16":
                route["DestinationCidrBlock"] = "10.1.128.0/17"
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def routed_in_another_zone() -> Verdict:
        """Traffic of zone a enters the egress VPC there, and only the attachment's subnet in zone b is routed on."""
        net = Egress()
        net["rtb-att"]["Routes"] = [one for one in net["rtb-att"]["Routes"] if "NatGatewayId" not in one]
        table = net.table("vpc-egress", [("0.0.0.0/0", "nat-e")], name="attb")
        other = net.subnet("vpc-egress", "10.30.2.0/28", "us-west-2b", table=table, name="attb")
        attachments = net._lists["ec2/describe-transit-gateway-vpc-attachments"]
        next(one for one in attachments if one["VpcId"] == "vpc-egress")["SubnetIds"].append(other)
        return ask(net, "eni-client", GITHUB)

    @staticmethod
    def appliances_of_two_zones() -> Verdict:
        return Inspected(appliance_mode=False).simulate()

    @staticmethod
    def nothing_between(*, gateway: bool = False) -> Verdict:
        net = Lan()
        other = net.vpc("10.1.0.0/16", name="other")
        net.interface(net.subnet(other, "10.1.1.0/24"), "10.1.1.5", [net.group(other, ANYWHERE)], name="far")
        if gateway:
            net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
        return ask(net, "eni-client", "eni-far")


BEHIND: dict[str, tuple[str, Callable[[], Verdict]]] = {
    "MORE_SPECIFIC_ROUTE": ("BAD_STATE_ROUTE", Behind.longer_blackhole),
    "HIGHER_PRIORITY_ROUTE": ("BAD_STATE_ROUTE", Behind.equal_blackhole),
    "TGW_RTB_MORE_SPECIFIC_ROUTE": ("TGW_RTB_BAD_STATE_ROUTE", Behind.longer_transit_blackhole),
    "TGW_RTB_HIGHER_PRIORITY_ROUTE": ("TGW_RTB_BAD_STATE_ROUTE", Behind.equal_transit_blackhole),
    "CANNOT_ROUTE": ("NO_ROUTE_TO_DESTINATION", Behind.narrow_route),
    "TGW_RTB_CANNOT_ROUTE": ("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", Behind.narrow_transit_route),
    "TGW_ATTACH_VPC_AZ_RESTRICTION": ("NO_ROUTE_TO_DESTINATION", Behind.routed_in_another_zone),
    "TGW_ATTACH_VPC_AZ_RESTRICTION appliances": ("MIDDLEBOX_ASYMMETRIC", Behind.appliances_of_two_zones),
    "DISCONNECTED_VPCS": ("NO_ROUTE_TO_DESTINATION", Behind.nothing_between),
    "DISCONNECTED_VPCS gateway": (
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", lambda: Behind.nothing_between(gateway=True),
    ),
}  # fmt: skip

ROWS: dict[str, Callable[[], Verdict]] = {
    "NO_ROUTE_TO_DESTINATION": Rules.no_route,
    "BAD_STATE_ROUTE": Rules.blackhole,
    "VPC_LOCAL_ROUTE_CIDR_RESTRICTION": Rules.local_outside,
    "ENI_SOURCE_DEST_CHECK_RESTRICTION": Rules.checks_addresses,
    "ENI_ADDRESS_RESTRICTION": Rules.endpoint_does_not_forward,
    "ENI_SG_RULES_MISMATCH": Rules.no_egress_match,
    "SG_HAS_NO_RULES": Rules.no_ingress_rules,
    "SG_REFERENCES_NOT_PRESERVED": Rules.behind_a_middlebox,
    "SG_REFERENCING_SUPPORT": Rules.references_off,
    "SUBNET_ACL_RESTRICTION request": Rules.acl_request,
    "SUBNET_ACL_RESTRICTION reply": Rules.acl_reply,
    "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS": Rules.no_public_address,
    "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS": Rules.nobody_has_it,
    "IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS": Rules.in_by_the_gateway_of_another_vpc,
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS": Rules.private_beyond_gateway,
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS": Rules.shared_beyond_gateway,
    "BAD_STATE gateway": Rules.detached,
    "BAD_STATE nat": Rules.nat_failed,
    "BAD_STATE instance": Rules.terminated,
    "UNASSOCIATED_COMPONENT in": Rules.gateway_of_no_vpc,
    "UNASSOCIATED_COMPONENT out": Rules.way_out_by_a_gateway_of_no_vpc,
    "BAD_STATE peering": Rules.peering_pending,
    "PROTOCOL_RESTRICTION nat": Rules.nat_protocol,
    "PROTOCOL_RESTRICTION endpoint": Rules.endpoint_protocol,
    "VPCE_SERVICE_NOT_INSTALLED_IN_AZ": Rules.endpoint_service_elsewhere,
    "REGIONAL_NGW_ROUTE_AZ_RESTRICTION": Rules.regional_nat_elsewhere,
    "VPC_BLOCK_PUBLIC_ACCESS_ENABLED": Rules.bpa,
    "INGRESS_RTB_NO_PUBLIC_IP": Rules.edge_without_public_address,
    "INGRESS_RTB_TRAFFIC_REDIRECTION": Rules.edge_asymmetric,
    "FIREWALL_RULES_RESTRICTION": Rules.firewall,
    "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR": Rules.peering_carries_no_transit,
    "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION": Rules.transit_unassociated,
    "TGW_ROUTE_AZ_RESTRICTION": Rules.transit_zone,
    "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT": Rules.transit_no_route,
    "TGW_RTB_BAD_STATE_ROUTE": Rules.transit_blackhole,
    "BAD_STATE_VPN": Rules.vpn_down,
    "TGW_BAD_STATE_VPN": Rules.transit_vpn_down,
    "VPCE_GATEWAY_PROTOCOL_RESTRICTION": Rules.gateway_endpoint_protocol,
    "VPCE_INTRA_VPC_TRAFFIC": Rules.endpoint_starts,
    "NO_POSSIBLE_DESTINATION": Rules.nobody_at_the_address,
    "GATEWAY_REJECTS_SPOOFED_TRAFFIC": Rules.endpoint_from_elsewhere,
    "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS": Rules.private_gateway_of_another_vpc,
    "BAD_STATE_ATTACHMENT": Rules.transit_attachment_failed,
    "BAD_STATE endpoint": Rules.endpoint_pending,
    "NO_PATH": Rules.no_way_in_at_all,
    "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS": Rules.private_source_at_the_gateway,
    "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS": Rules.shared_source_at_the_gateway,
    "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS": Rules.on_premises_to_nobody,
    "NGW_REQUIRES_SOURCE_IN_VPC": Rules.on_premises_by_nat,
    "GWLB_PROTOCOL_RESTRICTION": Rules.gateway_load_balancer_by_tcp,
    "GWLB_DESTINATION_PORT_RESTRICTION": Rules.gateway_load_balancer_elsewhere,
}


@pytest.mark.parametrize("row", ROWS)
def test_one_fault_one_code(row: str) -> None:
    verdict = ROWS[row]()
    assert verdict.outcome == "blocked"
    assert codes(verdict) == {row.split()[0]}
    assert all(block.component and block.detail for block in verdict.blocked_by)


@pytest.mark.parametrize("row", BEHIND)
def test_one_fault_and_what_is_behind_it(row: str) -> None:
    code, made = BEHIND[row]
    verdict = made()
    assert verdict.outcome == "blocked"
    assert [(block.code, block.cause) for block in verdict.blocked_by] == [(code, row.split()[0])]


def test_a_blackhole_with_nothing_behind_it_has_no_cause() -> None:
    assert causes(Rules.blackhole()) == {None}


def test_vpcs_with_a_connection_but_no_route_are_not_called_disconnected() -> None:
    net = Rules.peered()
    net["rtb-a"]["Routes"] = [one for one in net["rtb-a"]["Routes"] if one.get("GatewayId") == "local"]
    verdict = ask(net, "eni-client", "eni-far")
    assert [(block.code, block.cause) for block in verdict.blocked_by] == [("NO_ROUTE_TO_DESTINATION", None)]


def test_without_the_files_that_tell_nothing_is_called_disconnected() -> None:
    net = Lan()
    other = net.vpc("10.1.0.0/16", name="other")
    net.interface(net.subnet(other, "10.1.1.0/24"), "10.1.1.5", [net.group(other, ANYWHERE)], name="far")
    files = net.files()
    del files[f"{net._home}/ec2/describe-vpc-peering-connections.json"]
    assert causes(ask(files, "eni-client", "eni-far")) == {None}


def test_without_the_fault_each_network_works() -> None:
    assert ask(Lan(), "eni-client", "eni-server").outcome == "allowed"
    assert ask(public(), "eni-client", WORLD).outcome == "allowed"
    assert ask(natted(), "eni-client", WORLD).outcome == "allowed"
    assert ask(Hub(), "eni-x", "eni-y").outcome == "allowed"
    assert ask(Rules.peered(), "eni-client", "eni-far").outcome == "allowed"
    assert ask(Rules.on_premises(), "eni-client", "ip:192.168.1.1").outcome == "allowed"


def test_every_code_of_reachability_analyzer_is_met_or_said_not_to_be() -> None:
    blocks = {name for name, code in CODES.items() if code.origin == "aws" and code.kind == "block"}
    balancing = {
        name for name in blocks if f"test_code_{name.lower()}" in dir(test_load_balancers) or name.startswith("TARGET_")
    }
    met = {row.split()[0] for row in (*ROWS, *BEHIND)} | balancing | set(UNKNOWN)
    assert not met & NO_BLOCK_HERE.keys()
    assert blocks - {name for name in blocks if "FILTER" in name or name == "IGW_EXPECTS_PUBLIC_ADDRESS"} == (
        met | NO_BLOCK_HERE.keys()
    )

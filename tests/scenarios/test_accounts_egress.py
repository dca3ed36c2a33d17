"""Whole accounts whose ways out are easily misread: regional NAT gateways, VPC Lattice, endpoints for other Regions.

Each account has faults and traps; expected is what AWS's pages say of it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, fate, natted

WORLD = "ip:198.51.100.7"


class RegionalNat(Lan):
    """Subnets in zones a, b and c behind one regional NAT gateway; a partner of ours, on the internet with a public
    address of its own, admits one address only.

    API_AvailabilityZoneAddress: "Each AZ in a regional NAT gateway has its own configuration to handle outbound NAT
    traffic from that AZ." Where the gateway has not expanded to a zone yet, another one serves it (fact N54).
    """

    def __init__(self, *zones: str, admitted: str = "203.0.113.50/32", **more: Any) -> None:
        super().__init__()
        self.c = self.subnet(self.vpc_id, "10.0.3.0/24", "us-east-1c", table=self.tb, name="c")
        self.third = self.interface(self.c, "10.0.3.5", [self.open], name="third")
        igw = self.igw(self.vpc_id, name="1")
        own = self.table(self.vpc_id, [("0.0.0.0/0", igw)], name="regional")
        self._add("ec2/describe-nat-gateways", "nat-r", {
            "NatGatewayId": "nat-r", "VpcId": self.vpc_id, "State": "available", "ConnectivityType": "public",
            "AvailabilityMode": "regional", "RouteTableId": own, "NatGatewayAddresses": [
                {"PublicIp": f"203.0.113.{50 + number}", "AvailabilityZone": zone, "AvailabilityZoneId": f"id-{zone}",
                 "AllocationId": f"eipalloc-{number}", "Status": "succeeded"} for number, zone in enumerate(zones)
            ],
        } | more)  # fmt: skip
        for table in (self.ta, self.tb):
            self.route(table, "0.0.0.0/0", "nat-r")
        other = self.vpc("172.20.0.0/16", name="partner")
        table = self.table(other, [("0.0.0.0/0", self.igw(other, name="partner"))], name="partner")
        group = self.group(other, [("tcp", 443, 443, admitted)], name="partner")
        subnet = self.subnet(other, "172.20.1.0/24", table=table, name="partner")
        self.partner = self.interface(subnet, "172.20.1.5", [group], public="203.0.113.77", name="partner")


def test_a_regional_nat_gateway_sends_from_the_address_of_the_clients_zone() -> None:
    net = RegionalNat("us-east-1a", "us-east-1b")
    assert fate(ask(net, net.client, "ip:203.0.113.77")) == ("allowed", "internet")
    verdict = ask(net, net.server, "ip:203.0.113.77")
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"ENI_SG_RULES_MISMATCH"})


def test_zones_may_be_told_by_name_only() -> None:
    net = RegionalNat("us-east-1a", "us-east-1b")
    for row in net["nat-r"]["NatGatewayAddresses"]:
        del row["AvailabilityZoneId"]
    assert fate(ask(net, net.client, "ip:203.0.113.77")) == ("allowed", "internet")
    assert ask(net, net.server, "ip:203.0.113.77").outcome == "blocked"


def test_a_zone_that_the_gateway_has_not_expanded_to_is_served_from_any_other() -> None:
    net = RegionalNat("us-east-1a", "us-east-1b")
    assert fate(ask(net, net.third, WORLD)) == ("allowed", "internet")
    verdict = ask(net, net.third, "ip:203.0.113.77")
    assert (verdict.outcome, codes(verdict)) == ("intermittent", {"ENI_SG_RULES_MISMATCH"})


@pytest.mark.parametrize("kind", ["zonal", "regional"])
def test_an_address_that_a_nat_gateway_failed_to_take_sends_nothing(kind: str) -> None:
    """API_NatGatewayAddress: a failed address has no elastic address ("Status": failed, "FailureMessage")."""
    net: Lan = natted() if kind == "zonal" else RegionalNat("us-east-1a")
    nat = "nat-main" if kind == "zonal" else "nat-r"
    net[nat]["NatGatewayAddresses"].insert(0, {
        "PrivateIp": "10.0.9.10", "Status": "failed", "FailureMessage": "Resource.AlreadyAssociated",
        "AvailabilityZone": "us-east-1a",
    })  # fmt: skip
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")


def test_the_gateways_own_table_without_the_internet_gateway_is_the_one_fault() -> None:
    net = RegionalNat("us-east-1a")
    net["rtb-regional"]["Routes"] = [one for one in net["rtb-regional"]["Routes"] if one["GatewayId"] == "local"]
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-regional", None, None, "request", "egress")}


def test_an_exclusion_of_the_clients_subnet_does_not_help_a_regional_nat_gateway() -> None:
    """N69: the exclusion belongs where the traffic meets the internet gateway, which is in no subnet here."""
    net = RegionalNat("us-east-1a")
    net.bpa("block-bidirectional", {net.a: "allow-egress"})
    assert codes(ask(net, net.client, WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    net.bpa("block-bidirectional", {net.vpc_id: "allow-egress"})
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")


# --- VPC Lattice ------------------------------------------------------------------------------------------------------

LATTICE_NAME = "app-0123456789abcdef0.7d67968.vpc-lattice-svcs.us-east-1.on.aws"


@pytest.mark.parametrize("target", [f"host:{LATTICE_NAME}", "ip:169.254.171.10"])
@pytest.mark.parametrize("with_nat", [True, False])
def test_services_of_vpc_lattice_are_neither_the_internets_nor_surely_there(target: str, with_nat: bool) -> None:
    """Names of Lattice services resolve to link-local addresses where a service network is associated with the VPC
    ("Control traffic in VPC Lattice using security groups"), which no file of a snapshot tells (N195).
    """
    verdict = ask(natted() if with_nat else Lan(), "eni-client", target)
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", "vpc-lattice") in assumed(verdict)


def test_the_clients_group_judges_what_goes_to_vpc_lattice() -> None:
    """The same page: "Client security group rules control the outbound traffic to VPC Lattice"."""
    net = Lan()
    net["sg-open"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.0.0.0/16"))]
    verdict = ask(net, net.client, "ip:169.254.171.10")
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"ENI_SG_RULES_MISMATCH"})


def test_the_metadata_service_stays_unfiltered() -> None:
    net = Lan()
    net["sg-open"]["IpPermissionsEgress"] = []
    assert fate(ask(net, net.client, "ip:169.254.169.254", port=80)) == ("allowed", "private")


# --- endpoints and buckets of other Regions ---------------------------------------------------------------------------


class AcrossRegions(Lan):
    """A VPC in us-east-1 with a gateway endpoint of S3 and, for us-west-2, an interface endpoint (N151)."""

    def __init__(self) -> None:
        super().__init__()
        self.gateway_endpoint(self.vpc_id, "s3", [self.ta], name="s3")
        names = ["s3.us-west-2.amazonaws.com", "*.s3.us-west-2.amazonaws.com"]
        service = "com.amazonaws.us-west-2.s3"
        self.interface_endpoint(self.vpc_id, service, {self.b: "10.0.2.20"}, [self.open], True, names, name="west")
        self["vpce-west"]["ServiceRegion"] = "us-west-2"
        for bucket, place in (("here", None), ("west", "us-west-2"), ("dublin", "EU")):
            self.put(f"s3api/get-bucket-location/{bucket}", {"LocationConstraint": place}, "global")


def reads(net: Lan, bucket: str) -> Any:
    return ask(net, net.client, f"s3:{bucket}/key", layers=["network"])


def test_a_bucket_is_asked_for_where_it_is() -> None:
    """API_GetBucketLocation: null is us-east-1, EU is eu-west-1."""
    net = AcrossRegions()
    for bucket, endpoint in (("here", "vpce-s3"), ("west", "vpce-west")):
        verdict = reads(net, bucket)
        assert fate(verdict) == ("allowed", "private")
        assert endpoint in {hop.component for hop in verdict.paths[0].hops}
    verdict = reads(net, "dublin")
    assert (verdict.outcome, "CROSS_REGION_NOT_VIA_ENDPOINT" in codes(verdict)) == ("blocked", True)


def test_a_bucket_of_another_region_leaves_by_the_nat_gateway_past_the_gateway_endpoint() -> None:
    net = AcrossRegions()
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    assert fate(reads(net, "dublin")) == ("allowed", "aws-public")
    assert fate(reads(net, "here")) == ("allowed", "private")
    assert fate(reads(net, "of-unknown-place")) == ("allowed", "private")


def test_the_other_regions_endpoint_with_private_dns_off_is_the_cause() -> None:
    net = AcrossRegions()
    net["vpce-west"]["PrivateDnsEnabled"] = False
    net["vpce-west"]["DnsEntries"] = net["vpce-west"]["DnsEntries"][:1]
    verdict = reads(net, "west")
    assert (verdict.outcome, causes(verdict)) == ("blocked", {"DNS_RESOLVES_TO_PUBLIC_ADDRESS"})
    assert "private DNS of vpce-west is off" in verdict.blocked_by[0].detail


def test_the_other_regions_endpoint_admits_by_its_group() -> None:
    net = AcrossRegions()
    group = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.2.0/24")], [ANY], name="west")
    net["eni-vpce-west-1"]["Groups"] = [{"GroupId": group}]
    assert blocks(reads(net, "west")) == {
        ("ENI_SG_RULES_MISMATCH", group, None, "eni-vpce-west-1", "request", "ingress")
    }


# --- a NAT gateway in front of a gateway endpoint ---------------------------------------------------------------------


def test_what_no_page_confirms_behind_a_nat_gateway_may_hide_a_leak() -> None:
    """N59: if the NAT gateway does not use the endpoint of its own table, the internet gateway takes the traffic."""
    net = natted()
    net.gateway_endpoint(net.vpc_id, "s3", [net.tn], name="s3")
    notes = ask(net, net.client, "s3").assumptions
    assert [(one.code, one.component, one.can_hide) for one in notes] == [
        ("NAT_THEN_GATEWAY_ENDPOINT", "vpce-s3", "leak")
    ]


def test_zones_of_a_gateway_that_is_managed_by_hand_are_all_it_serves() -> None:
    """API_NatGateway: "When disabled, you must manually manage which AZs the NAT gateway supports"."""
    net = RegionalNat("us-east-1a", AutoProvisionZones="disabled")
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    assert blocks(ask(net, net.third, WORLD)) == {
        ("REGIONAL_NGW_ROUTE_AZ_RESTRICTION", "nat-r", None, None, "request", "egress")
    }
    net["nat-r"]["AutoProvisionZones"] = "enabled"
    assert fate(ask(net, net.third, WORLD)) == ("allowed", "internet")


SITE = "ip:192.168.4.4"


def central(kind: str = "vpn") -> Lan:
    """A VPC with a NAT gateway, to which a transit gateway leads what comes from one's own premises."""
    net = Lan()
    nat, gateway = net.with_nat(), net.tgw()
    entry = net.subnet(
        net.vpc_id, "10.0.20.0/28", table=net.table(net.vpc_id, [("0.0.0.0/0", nat)], name="e"), name="e"
    )
    net.route(net.tn, "192.168.0.0/16", gateway)
    site = net.vpn(gateway, ["192.168.0.0/16"]) if kind == "vpn" else net._tgw_attachment(gateway, kind, "x-1", "site")
    table, attachment = net.tgw_table(gateway), net.tgw_attachment(gateway, net.vpc_id, [entry], name="v")
    for one, block in ((attachment, "0.0.0.0/0"), (site, "192.168.0.0/16")):
        net.associate(table, one)
        net.tgw_route(table, block, one)
    return net


@pytest.mark.parametrize("kind", ["vpn", "direct-connect-gateway", "client-vpn", "vpn-concentrator"])
@pytest.mark.parametrize("target", [WORLD, "internet"])
def test_ones_own_premises_leave_by_a_central_nat_gateway(kind: str, target: str) -> None:
    """ "NAT gateway basics": entered by a transit gateway it serves what comes by VPN and Direct Connect (N50)."""
    assert fate(ask(central(kind), SITE, target)) == ("allowed", "internet")


def test_ones_own_premises_do_not_leave_by_a_virtual_private_gateway() -> None:
    net = natted()
    net.vpn(net.vgw(net.vpc_id), ["192.168.0.0/16"])
    assert codes(ask(net, SITE, WORLD)) == {"VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


def test_where_nothing_leads_in_nothing_leads_out() -> None:
    assert codes(ask(natted(), SITE, WORLD)) == {"NO_PATH"}


def test_what_name_servers_on_premises_answer_is_not_known() -> None:
    verdict = ask(central(), SITE, "host:github.com")
    assert (verdict.outcome, codes(verdict)) == ("unknown", {"DNS_CUSTOM_RESOLVER_UNKNOWN"})

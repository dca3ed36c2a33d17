"""Names that lead to endpoints: other Regions, other forms of a service's name, VPC Lattice, endpoint services, links.

Each test is named after its fact in network-semantics.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.build import _ipv6_blocks
from tests.resolvers import resolver_endpoint
from tests.scenarios.lan import Lan, ask, assumed, causes, codes, fate, natted, public
from tests.scenarios.test_facts_dns import EC2_PUBLIC, answered, private_logs, served_in_public

HOME = "111111111111/us-east-1"


def cross_region(*, private_dns: bool = True) -> Lan:
    net = Lan()
    endpoint = net.interface_endpoint(
        net.vpc_id, "com.amazonaws.us-west-2.ecr.api", {net.b: "10.0.2.20"}, [net.open], private_dns, name="west"
    )
    net[endpoint]["ServiceRegion"] = "us-west-2"
    return net


def test_n151_private_names_of_an_endpoint_for_another_region_are_that_regions() -> None:
    net = cross_region()
    name = "api.ecr.us-west-2.amazonaws.com"
    verdict = ask(net, net.client, f"host:{name}")
    assert fate(verdict) == ("allowed", "private")
    assert ("PRIVATE_DNS_NAME_ASSUMED", "vpce-west") in assumed(verdict)


def test_n151_endpoint_for_another_region_without_private_dns_is_the_cause() -> None:
    net = cross_region(private_dns=False)
    verdict = ask(net, net.client, "host:api.ecr.us-west-2.amazonaws.com")
    assert causes(verdict) == {"DNS_PRIVATE_DNS_DISABLED"}
    verdict = ask(net, net.client, "host:api.ecr.eu-west-1.amazonaws.com")
    assert "CROSS_REGION_NOT_VIA_ENDPOINT" in codes(verdict)


@pytest.mark.parametrize(
    "name",
    ["logs-fips.us-east-1.amazonaws.com", "logs.us-east-1.api.aws", "logs-fips.us-east-1.api.aws"],
)
@pytest.mark.parametrize("private_dns", [True, False])
def test_n144_other_forms_of_a_name_are_not_the_endpoints_unless_it_lists_them(name: str, private_dns: bool) -> None:
    net = Lan()
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], private_dns, name="logs")
    verdict = ask(net, net.client, f"host:{name}")
    assert verdict.outcome == "blocked"
    assert "DNS_NAME_NOT_COVERED_BY_ENDPOINT" in codes(verdict)
    if private_dns:
        net["vpce-logs"]["DnsEntries"].append({"DnsName": name, "HostedZoneId": "Z1"})
        assert fate(ask(net, net.client, f"host:{name}")) == ("allowed", "private")


def test_n138_a_dual_stack_name_of_s3_has_ipv6_addresses_that_the_gateway_endpoint_does_not_carry() -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    name = "host:mine.s3.dualstack.us-east-1.amazonaws.com"
    assert fate(ask(net, net.client, name, family="ipv4")) == ("allowed", "private")
    assert ask(net, net.client, name, family="ipv6").outcome == "blocked"
    assert fate(ask(net, net.client, "host:mine.s3.us-east-1.amazonaws.com")) == ("allowed", "private")


def test_n144_legacy_names_of_the_same_region_go_by_the_gateway_endpoint() -> None:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    for name in ("mine.s3-us-east-1.amazonaws.com", "s3-external-1.amazonaws.com"):
        assert fate(ask(net, net.client, f"host:{name}")) == ("allowed", "private")


@pytest.mark.parametrize("form", ["s3-website-us-east-1", "s3-website.us-east-1"])
def test_n145_whether_the_gateway_endpoint_takes_a_buckets_website_is_not_documented(form: str) -> None:
    net = Lan()
    assert ask(net, net.client, f"host:mine.{form}.amazonaws.com", port=80).outcome == "blocked"
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    assert ask(net, net.client, f"host:mine.{form}.amazonaws.com", port=80).outcome == "unknown"


def test_n144_global_services_by_their_own_endpoint() -> None:
    net = Lan()
    net.interface_endpoint(net.vpc_id, "com.amazonaws.iam", {net.b: "10.0.2.20"}, [net.open], name="iam")
    assert fate(ask(net, net.client, "host:iam.amazonaws.com")) == ("allowed", "private")
    net["vpce-iam"]["PrivateDnsEnabled"] = False
    assert causes(ask(net, net.client, "host:iam.amazonaws.com")) == {"DNS_PRIVATE_DNS_DISABLED"}


def partner(**service: Any) -> Lan:
    """An endpoint for somebody's endpoint service, whose DnsEntries are not in the snapshot."""
    net = natted()
    name = "com.amazonaws.vpce.us-east-1.vpce-svc-1"
    net.interface_endpoint(net.vpc_id, name, {net.b: "10.0.2.20"}, [net.open], name="svc")
    net["vpce-svc"]["DnsEntries"] = []
    if service:
        net._lists["ec2/describe-vpc-endpoint-services"].append({"ServiceName": name, **service})
    return net


def test_n144_custom_private_name_of_an_endpoint_service() -> None:
    net = partner(PrivateDnsName="api.partner.example", PrivateDnsNameVerificationState="verified")
    assert fate(ask(net, net.client, "host:api.partner.example")) == ("allowed", "private")
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")


@pytest.mark.parametrize("state", ["pendingVerification", "failed"])
def test_n144_a_name_that_is_not_verified_is_not_answered_for_sure(state: str) -> None:
    net = partner(PrivateDnsName="api.partner.example", PrivateDnsNameVerificationState=state)
    assert ask(net, net.client, "host:api.partner.example").outcome == "unknown"


def test_n144_an_endpoint_service_whose_names_are_not_known_may_answer_any_name_but_awss() -> None:
    net = partner()
    verdict = ask(net, net.client, "host:github.com")
    assert ("UNKNOWN_RESOURCE", "vpce-svc") in assumed(verdict)
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")


def lattice(preference: str | None = None, *domains: str, listed: bool = True) -> Lan:
    """A service-network endpoint with private DNS, and db.partner.example behind it."""
    net = natted()
    net.interface_endpoint(net.vpc_id, "x", {net.b: "10.0.2.20"}, [net.open], name="sn")
    net["vpce-sn"].update({
        "VpcEndpointType": "ServiceNetwork", "ServiceName": "", "DnsEntries": [],
        "DnsOptions": {"PrivateDnsPreference": preference, "PrivateDnsSpecifiedDomains": list(domains)},
    })  # fmt: skip
    if listed:
        net._lists["ec2/describe-vpc-endpoint-associations"].append({
            "Id": "vpce-assoc-1", "VpcEndpointId": "vpce-sn",
            "DnsEntry": {"DnsName": "vpce-sn-snra-1.rcfg-1.vpc-lattice-rsc.us-east-1.on.aws", "HostedZoneId": "Z1"},
            "PrivateDnsEntry": {"DnsName": "db.partner.example", "HostedZoneId": "Z2"},
        })  # fmt: skip
    return net


@pytest.mark.parametrize("name", ["db.partner.example", "vpce-sn-snra-1.rcfg-1.vpc-lattice-rsc.us-east-1.on.aws"])
def test_n150_names_behind_a_service_network_lead_to_its_endpoint(name: str) -> None:
    net = lattice("ALL_DOMAINS")
    verdict = ask(net, net.client, f"host:{name}")
    assert verdict.outcome == "unknown"
    assert ("UNMODELLED_COMPONENT", "vpce-sn") in assumed(verdict)
    assert verdict.names[0].component == "vpce-sn"


def test_n150_without_private_dns_custom_names_stay_public() -> None:
    net = lattice()
    net["vpce-sn"]["PrivateDnsEnabled"] = False
    assert fate(ask(net, net.client, "host:db.partner.example")) == ("allowed", "internet")


@pytest.mark.parametrize(
    ("preference", "name", "open_"),
    [
        ("ALL_DOMAINS", "github.com", True),
        ("VERIFIED_DOMAINS_ONLY", "github.com", True),
        ("SPECIFIED_DOMAINS_ONLY", "github.com", False),
        ("SPECIFIED_DOMAINS_ONLY", "db.partner.example", True),
    ],
)
def test_n150_unread_associations_leave_the_names_open_that_private_dns_could_take(
    preference: str, name: str, open_: bool
) -> None:
    net = lattice(preference, "*.partner.example", listed=False)
    files = net.files()
    path = f"{HOME}/ec2/describe-vpc-endpoint-associations.json"
    del files[path]
    verdict = ask(files, net.client, f"host:{name}")
    assert (verdict.outcome, verdict.missing) == (("unknown", (path,)) if open_ else ("allowed", ()))


# --- instances' names across links (N170) ----------------------------------------------------------------------------


def linked(option: bool | None, *, by: str = "peering") -> Lan:
    """VPC p and the network, the server's public name asked from p."""
    net = served_in_public()
    other = net.vpc("172.20.0.0/16", name="p")
    table = net.table(other, [("0.0.0.0/0", net.igw(other, name="p"))], name="p")
    subnet = net.subnet(other, "172.20.1.0/24", table=table, name="p")
    net.interface(subnet, "172.20.1.5", [net.open], "203.0.113.20", name="peer")
    if by == "peering":
        pcx = net.peering(other, net.vpc_id, name="1")
        if option is not None:
            net[pcx]["AccepterVpcInfo"]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": option}
            net[pcx]["RequesterVpcInfo"]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": not option}
    else:
        tgw = net.tgw()
        for vpc, sub in ((other, subnet), (net.vpc_id, net.b)):
            net.tgw_attachment(tgw, vpc, [sub])
        net[tgw]["Options"]["DnsSupport"] = "enable" if option else "disable"
    return net


@pytest.mark.parametrize("by", ["peering", "tgw"])
@pytest.mark.parametrize("option", [True, False])
def test_n170_the_option_of_the_owners_side_makes_public_names_private(option: bool, by: str) -> None:
    net = linked(option, by=by)
    assert ("10.0.2.5" in answered(net, "eni-peer", EC2_PUBLIC)) == option
    assert ("203.0.113.6" in answered(net, "eni-peer", EC2_PUBLIC)) == (not option)


def test_n170_an_option_that_is_not_in_the_snapshot_leaves_the_name_unknown() -> None:
    assert ask(linked(None), "eni-peer", f"host:{EC2_PUBLIC}").outcome == "unknown"


def test_n170_both_vpcs_need_dns_hostnames() -> None:
    net = linked(True)
    net.put("ec2/describe-vpc-attribute/vpc-p.enableDnsHostnames", {"EnableDnsHostnames": {"Value": False}})
    assert answered(net, "eni-peer", EC2_PUBLIC) == {"203.0.113.6"}


def test_n146_the_inbound_endpoint_of_the_same_vpc_is_no_way_for_its_clients() -> None:
    net = private_logs()
    resolver_endpoint(net, net.vpc_id, {net.b: "10.0.2.53"}, [net.open])
    net["vpce-logs"]["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = True
    assert causes(ask(net, net.client, "logs")) == {"DNS_RESOLVES_TO_PUBLIC_ADDRESS"}


PRIVATE_API = "a1b2c3-vpce-api.execute-api.us-east-1.amazonaws.com"


def with_private_api(net: Lan, **more: Any) -> Lan:
    """An endpoint for API Gateway without private DNS names, with which a private API is associated."""
    names = ["execute-api.us-east-1.amazonaws.com", "*.execute-api.us-east-1.amazonaws.com"]
    net.interface_endpoint(
        net.vpc_id, "execute-api", {net.b: "10.0.2.40"}, [net.open], **{"private_dns": False, "names": names} | more,
        name="api",
    )  # fmt: skip
    return net


def test_the_name_of_a_private_api_is_its_endpoints_without_private_dns() -> None:
    """API Gateway Developer Guide, "Invoke a private API": a Route 53 alias, which resolves everywhere."""
    net = with_private_api(natted())
    assert fate(ask(net, net.client, f"host:{PRIVATE_API}")) == ("allowed", "private")
    assert fate(ask(net, net.client, f"host:{PRIVATE_API.replace('-vpce-api', '')}")) == ("allowed", "aws-public")
    unseen = ask(net, net.client, f"host:{PRIVATE_API.replace('vpce-api', 'vpce-0b1')}")
    assert (unseen.outcome, assumed(unseen)) == (
        "unknown", {("UNKNOWN_DESTINATION", PRIVATE_API.replace("vpce-api", "vpce-0b1"))}
    )  # fmt: skip


def test_private_dns_of_the_clients_own_endpoint_takes_every_apis_name() -> None:
    net = with_private_api(Lan(), private_dns=True)
    assert fate(ask(net, net.client, f"host:{PRIVATE_API.replace('vpce-api', 'vpce-0b1')}")) == ("allowed", "private")


@pytest.mark.parametrize("host", [PRIVATE_API, "vpce-api.execute-api.us-east-1.vpce.amazonaws.com"])
def test_n143_an_endpoints_name_leads_nobody_in_from_outside(host: str) -> None:
    net = with_private_api(natted())
    net.project("outside")
    assert fate(ask(net, "codebuild:outside", f"host:{host}")) == ("blocked", "none")
    assert ask(net, "internet", f"host:{host}").outcome == "blocked"
    assert ask(net, "codebuild:outside", f"host:{host.replace('vpce-api', 'vpce-0b1')}").outcome == "unknown"


def test_n147_a_dual_stack_name_of_awss_has_both_families_and_the_client_picks() -> None:
    """Such a name "resolves to an IPv6 or an IPv4 address" ("Using Amazon S3 dual-stack endpoints")."""
    net = public(address=None, ipv6="2600:1f10:0:100::/56")
    name = "host:s3.dualstack.us-east-1.amazonaws.com"
    assert fate(ask(net, net.client, name)) == ("intermittent", "aws-public")
    net.give_public(net.client, "203.0.113.5")
    assert fate(ask(net, net.client, name)) == ("allowed", "aws-public")
    assert ask(net, net.server, name).outcome == "blocked"


def test_n147_each_family_of_a_dual_stack_name_may_go_its_own_way() -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    name = "host:mine.s3.dualstack.us-east-1.amazonaws.com"
    verdict = ask(net, net.client, name)
    assert (fate(verdict), causes(verdict)) == (("intermittent", "private"), {None})  # it is in the route table
    assert causes(ask(net, net.server, name)) == {"VPCE_ROUTE_TABLE_NOT_ASSOCIATED"}
    net.route(net.ta, "::/0", net.eigw(net.vpc_id))
    assert fate(ask(net, net.client, name)) == ("allowed", "mixed")


def test_n58_an_ipv4_name_of_awss_has_both_families_where_the_resolver_makes_one_up() -> None:
    net = natted()
    net[net.a].update({"EnableDns64": True, "Ipv6CidrBlockAssociationSet": _ipv6_blocks("2600:1f10:0:101::/64")})
    net[net.vpc_id]["Ipv6CidrBlockAssociationSet"] = _ipv6_blocks("2600:1f10:0:100::/56")
    net[net.client]["Ipv6Addresses"] = [{"Ipv6Address": "2600:1f10:0:101::5"}]
    assert fate(ask(net, net.client, "logs")) == ("intermittent", "aws-public")
    net.route(net.ta, "64:ff9b::/96", "nat-main")
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")

"""Whole accounts with endpoints of rarer kinds: directory buckets, IPv6 prefix lists, others' services, VPC Lattice.

Expected is what AWS's pages say: "AWS-managed prefix lists" (names by service, Region and family), "Networking for
directory buckets", "Gateway endpoints for Amazon DynamoDB", "Share your services through AWS PrivateLink", "Access VPC
resources through AWS PrivateLink".
"""

from __future__ import annotations

import pytest

from tests.build import Record
from tests.scenarios.lan import ANY, WEB, Lan, ask, assumed, blocks, causes, codes, fate, natted

DIRECTORY = "host:app--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com"
DUAL_STACK = "host:dynamodb.us-east-1.api.aws"


def express(net: Lan, *tables: str) -> Lan:
    """A gateway endpoint for S3 Express One Zone with routes in these tables."""
    net.prefix_list(["18.34.0.0/24"], "com.amazonaws.us-east-1.s3express", name="express")
    net._endpoint("vpce-express", "Gateway", net.vpc_id, "com.amazonaws.us-east-1.s3express", None)
    net["vpce-express"]["RouteTableIds"] = list(tables)
    for table in tables:
        net.route(table, "pl-express", "vpce-express")
    return net


def test_directory_buckets_go_by_a_gateway_endpoint_of_their_own() -> None:
    net = express(Lan(), "rtb-a")
    assert fate(ask(net, net.client, DIRECTORY)) == ("allowed", "private")
    assert causes(ask(net, net.server, DIRECTORY)) == {"VPCE_ROUTE_TABLE_NOT_ASSOCIATED"}


def test_the_gateway_endpoint_of_s3_takes_no_directory_bucket() -> None:
    net = natted()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    net.prefix_list(["18.34.0.0/24"], "com.amazonaws.us-east-1.s3express", name="express")
    assert fate(ask(net, net.client, DIRECTORY)) == ("allowed", "aws-public")
    assert fate(ask(net, net.client, "host:app.s3.us-east-1.amazonaws.com")) == ("allowed", "private")


def test_the_clients_group_must_admit_the_list_of_directory_buckets() -> None:
    net = express(Lan(), "rtb-a")
    own = net.prefix_list(["52.216.0.0/15"], "com.amazonaws.us-east-1.s3", name="s3")
    net["sg-open"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, own))]
    assert codes(ask(net, net.client, DIRECTORY)) == {"ENI_SG_RULES_MISMATCH"}
    net.permit("sg-open", "out", ("tcp", 443, 443, "pl-express"))
    assert fate(ask(net, net.client, DIRECTORY)) == ("allowed", "private")


@pytest.mark.parametrize("routed", [True, False])
def test_a_gateway_endpoint_of_dynamodb_carries_ipv6_by_the_list_of_that_family(routed: bool) -> None:
    """N138: DynamoDB may be dual-stack, with a prefix list for each family."""
    net = Lan(ipv6="2600:1f10:0:100::/56")
    net.prefix_list(["2600:1f00:aaaa::/48"], "com.amazonaws.us-east-1.ipv6.dynamodb", name="six")
    endpoint = net.gateway_endpoint(net.vpc_id, "dynamodb", [net.ta], name="d")
    if routed:
        net.route(net.ta, "pl-six", endpoint)
    assert fate(ask(net, net.client, DUAL_STACK, family="ipv4")) == ("allowed", "private")
    verdict = ask(net, net.client, DUAL_STACK, family="ipv6")
    assert verdict.outcome == ("allowed" if routed else "blocked")
    assert fate(ask(net, net.client, "dynamodb")) == ("allowed", "private")


def partner(net: Lan, *, state: str = "available") -> Lan:
    """An endpoint to a partner's service, with a private name of the partner's."""
    service = "com.amazonaws.vpce.us-east-1.vpce-svc-0abc"
    group = net.group(net.vpc_id, [WEB], [ANY], name="partner")
    names = ["api.partner.example"]
    net.interface_endpoint(net.vpc_id, service, {net.b: "10.0.2.20"}, [group], True, names, name="partner")
    net["vpce-partner"]["State"] = state
    return net


def test_what_stands_behind_a_partners_service_is_an_assumption() -> None:
    net = partner(Lan())
    for target in ("host:api.partner.example", "vpce-partner"):
        verdict = ask(net, net.client, target)
        assert (fate(verdict), assumed(verdict)) == (
            ("allowed", "private"), {("ENDPOINT_SERVICE_UNSEEN", "vpce-partner")}
        )  # fmt: skip


def test_faults_before_a_partners_service_are_faults_all_the_same() -> None:
    net = partner(Lan())
    assert blocks(ask(net, net.client, "vpce-partner", port=8443)) == {
        ("ENI_SG_RULES_MISMATCH", "sg-partner", None, "eni-vpce-partner-1", "request", "ingress")
    }
    verdict = ask(partner(natted(), state="pendingAcceptance"), "eni-client", "host:api.partner.example")
    assert verdict.route == "internet"  # the private name is not answered


def lattice(kind: str, **more: object) -> Lan:
    """A resource or service-network endpoint of another account's database, with a custom name."""
    net = natted()
    group = net.group(net.vpc_id, [("tcp", 5432, 5432, "10.0.1.0/24")], [ANY], name="db")
    net.interface_endpoint(net.vpc_id, "x", {net.b: "10.0.2.20"}, [group], True, name="db")
    record: Record = net["vpce-db"]
    record.update({"VpcEndpointType": kind, "DnsEntries": [], "DnsOptions": {"DnsRecordIpType": "ipv4"}} | more)
    for key in ("ServiceName", "PolicyDocument"):
        del record[key]
    net._lists["ec2/describe-vpc-endpoint-associations"].append({
        "Id": "vpce-rsc-asc-1", "VpcEndpointId": "vpce-db",
        "AssociatedResourceArn": "arn:aws:vpc-lattice:us-east-1:222222222222:resourceconfiguration/rcfg-1",
        "DnsEntry": {"DnsName": "vpce-db-snra-1.rcfg-1.4232ccc.vpc-lattice-rsc.us-east-1.on.aws", "HostedZoneId": "Z1"},
        "PrivateDnsEntry": {"DnsName": "db.partner.example", "HostedZoneId": "Z2"},
    })  # fmt: skip
    return net


@pytest.mark.parametrize("kind", ["Resource", "ServiceNetwork"])
@pytest.mark.parametrize(
    "target",
    ["vpce-db", "host:db.partner.example", "host:vpce-db-snra-1.rcfg-1.4232ccc.vpc-lattice-rsc.us-east-1.on.aws"],
)
def test_what_is_behind_a_lattice_endpoint_is_unknown_and_what_is_before_it_is_judged(kind: str, target: str) -> None:
    net = lattice(kind)
    verdict = ask(net, net.client, target, port=5432)
    assert verdict.outcome == "unknown"
    assert ("UNMODELLED_COMPONENT", "vpce-db") in assumed(verdict)
    assert codes(ask(net, net.client, target)) == {"ENI_SG_RULES_MISMATCH"}
    assert "PROTOCOL_RESTRICTION" in codes(ask(net, net.client, target, "udp", 5432))


def test_a_lattice_endpoint_that_failed_is_no_way() -> None:
    assert codes(ask(lattice("Resource", State="failed"), "eni-client", "vpce-db", port=5432)) == {"BAD_STATE"}

"""What if something that has no id of EC2's were gone: zones, rules, tables, roles, policies, repositories, buckets."""

from __future__ import annotations

import json

import pytest

from reachsim import Reach, load_files
from reachsim.errors import QuestionError
from tests.resolvers import firewall, forward_rule, profile, resolver_endpoint
from tests.scenarios.pipelines import ACCOUNT, BUILD, REGION, Pipeline, for_all, policy, statement

MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/logs"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
IAM = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
RESOLVER = f"{ACCOUNT}/{REGION}/route53resolver"
EC2 = f"{ACCOUNT}/{REGION}/ec2"


@pytest.fixture(scope="module")
def reach() -> Reach:
    net = Pipeline()
    net.zone("example.internal", ["vpc-1"], [("mirror.example.internal", "A", "10.10.11.20")])
    gateway = net.tgw(name="1")
    table, attachment = net.tgw_table(gateway, name="1"), net.tgw_attachment(gateway, "vpc-1", [net.build_a])
    net.associate(table, attachment)
    net._lists["route53resolver/list-resolver-rules"].append({
        "Id": "rslvr-rr-1", "DomainName": "corp.example.", "Status": "COMPLETE", "RuleType": "FORWARD",
        "TargetIps": [{"Ip": "10.99.0.2", "Port": 53}], "OwnerId": ACCOUNT})  # fmt: skip
    net._lists["route53resolver/list-resolver-rule-associations"].append(
        {"Id": "rslvr-rrassoc-1", "ResolverRuleId": "rslvr-rr-1", "VPCId": "vpc-1", "Status": "COMPLETE"}
    )
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}, {"repositoryName": "base/go"}]})
    net.no_policy("ecr/get-repository-policy/base%2Fgo", "RepositoryPolicyNotFoundException")
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "art"}]}, region="global")
    document = json.dumps(policy(for_all("s3:GetObject", "arn:aws:s3:::art/*")))
    net.put("s3api/get-bucket-policy/art", {"Policy": document}, region="global")
    files = net.files()
    details = json.loads(files[IAM])
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(statement("logs:PutLogEvents"))}
    details["Policies"] = [
        {"Arn": MANAGED, "PolicyName": "logs", "DefaultVersionId": "v1", "PolicyVersionList": [version]}
    ]
    details["RoleDetailList"][0]["AttachedManagedPolicies"] = [{"PolicyArn": MANAGED, "PolicyName": "logs"}]
    return load_files({**files, IAM: json.dumps(details).encode()})


GONE = {
    "Z1111": {f"{ACCOUNT}/global/route53/{one}" for one in (
        "list-hosted-zones.json", "get-hosted-zone/Z1111.json", "list-resource-record-sets/Z1111.json")},
    "rslvr-rr-1": {f"{RESOLVER}/list-resolver-rules.json", f"{RESOLVER}/list-resolver-rule-associations.json"},
    "tgw-rtb-1": {f"{EC2}/{one}" for one in (
        "describe-transit-gateway-route-tables.json", "describe-transit-gateway-attachments.json",
        "search-transit-gateway-routes/tgw-rtb-1.json",
        "get-transit-gateway-route-table-associations/tgw-rtb-1.json",
        "get-transit-gateway-route-table-propagations/tgw-rtb-1.json")},
    ROLE: {IAM}, MANAGED: {IAM},
    "ecr:base/go": {f"{ACCOUNT}/{REGION}/ecr/describe-repositories.json",
                    f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/base%2Fgo.json"},
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app": {
        f"{ACCOUNT}/{REGION}/ecr/describe-repositories.json", f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/app.json"},
    "s3:art": {f"{ACCOUNT}/global/s3api/list-buckets.json", f"{ACCOUNT}/global/s3api/get-bucket-policy/art.json"},
}  # fmt: skip


@pytest.mark.parametrize("component", GONE)
def test_all_that_tells_of_it_is_gone_and_nothing_else(reach: Reach, component: str) -> None:
    before, after = reach.network.snapshot, reach.what_if(remove=[component]).network.snapshot
    name = component.rpartition(":")[2].rpartition("repository/")[2]
    assert {*before.paths, *after.paths} - {
        one for one in after.paths if before.holds(one) and json.loads(before.read(one)) == json.loads(after.read(one))
    } == GONE[component]
    assert all(name.encode() not in after.read(one) for one in GONE[component] if after.holds(one))
    with pytest.raises(QuestionError, match="is not in the snapshot"):
        reach.what_if(remove=[component, component])


def test_what_rests_on_it_changes(reach: Reach) -> None:
    name = "host:mirror.example.internal"
    found = [one.simulate(BUILD, name, protocol="tcp", port=443) for one in (reach, reach.what_if(remove=["Z1111"]))]
    assert [any(block.symptom == "name-not-found" for block in one.blocked_by) for one in found] == [False, True]
    diff = reach.diff(reach.what_if(remove=[ROLE]))
    assert {cell.destination for cell in diff.cells if cell.needed and cell.before.outcome == "allowed"} >= {"ecr.api"}


@pytest.mark.parametrize("nonsense", ["Z9", "s3:none", "ecr:none", "tgw-rtb-none", f"arn:aws:iam::{ACCOUNT}:user/x"])
def test_what_is_not_there_cannot_go(reach: Reach, nonsense: str) -> None:
    with pytest.raises(QuestionError, match=f"{nonsense} is not in the snapshot"):
        reach.what_if(remove=[nonsense])


# Parts of Route 53 Resolver, VPN connections, addresses, load balancers, fleets

FLEET = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/f1:1"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/n/1"


@pytest.fixture(scope="module")
def wide() -> Reach:
    net = Pipeline()
    gateway = net.tgw(name="1")
    net.vpn(gateway, name="1")
    net.vpn(net.vgw("vpc-1", name="1"), ["192.0.2.0/24"], name="2")
    places = {net.ep_a: "10.10.11.70", net.ep_c: "10.10.12.70"}
    endpoint = resolver_endpoint(net, "vpc-1", places, ["sg-ep"], "OUTBOUND", name="1")
    forward_rule(net, "vpc-1", "corp.example", ["192.0.2.2"], endpoint=endpoint)
    blocked = {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": (f"logs.{REGION}.amazonaws.com",)}
    firewall(net, "vpc-1", blocked)
    profile(net, "vpc-1")
    net._add("codebuild/batch-get-fleets", FLEET, {"arn": FLEET, "name": "f1"})
    net._lists["elbv2/describe-load-balancers"].append(
        {"LoadBalancerArn": BALANCER, "LoadBalancerName": "n", "Type": "network", "Scheme": "internal",
         "VpcId": "vpc-1", "State": {"Code": "active"}, "AvailabilityZones": []}
    )  # fmt: skip
    net["eni-1-eth0"]["Association"] = {"PublicIp": "203.0.113.7", "IpOwnerId": ACCOUNT}
    net["eni-1-eth0"]["PrivateIpAddresses"][0]["Association"] = net["eni-1-eth0"]["Association"]
    net.interface(net.ep_a, "10.10.11.80", [], name="balancer")
    net["eni-balancer"]["Description"] = "ELB net/n/1"
    nat = net.with_nat(())
    held = net[nat]["NatGatewayAddresses"][0]["PublicIp"]
    addresses = [
        {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7", "NetworkInterfaceId": "eni-1-eth0"},
        {"AllocationId": "eipalloc-nat", "PublicIp": held},
    ]
    net.put("ec2/describe-addresses", {"Addresses": addresses})
    net.put("codecommit/list-repositories", {"repositories": [{"repositoryName": "app"}]})
    net.put("logs/describe-log-groups", {"logGroups": [{"logGroupName": "/aws/codebuild/p1"}]})
    return load_files(net.files())


@pytest.mark.parametrize(
    "component",
    ["rslvr-out-1", "rslvr-frg-1", "rp-1", "vpn-1", "vpn-2", FLEET, BALANCER, "eipalloc-1", "codecommit:app",
     "logs:/aws/codebuild/p1"],
)  # fmt: skip
def test_what_else_is_gone_is_gone(wide: Reach, component: str) -> None:
    after = wide.what_if(remove=component)
    assert wide.diff(after).changes
    with pytest.raises(QuestionError, match="is not in the snapshot"):
        after.what_if(remove=component)


def test_with_it_goes_what_aws_made_for_it(wide: Reach) -> None:
    def left(component: str) -> set[str]:
        return {*wide.network.interfaces} - {*wide.what_if(remove=component).network.interfaces}

    assert left("rslvr-out-1") == {"eni-rslvr-out-1-1", "eni-rslvr-out-1-2"}
    assert left(BALANCER) == {"eni-balancer"}
    attachments = wide.what_if(remove="vpn-1").network.transit_gateway_attachments
    assert (len(wide.network.transit_gateway_attachments), len(attachments)) == (1, 0)
    logs = [one.simulate(BUILD, "logs", protocol="tcp", port=443).outcome
            for one in (wide, wide.what_if(remove="rslvr-frg-1"))]  # fmt: skip
    assert logs == ["blocked", "allowed"]
    client = wide.what_if(remove="eipalloc-1").network.interfaces["eni-1-eth0"]
    assert (len(wide.network.interfaces["eni-1-eth0"].public), len(client.public)) == (1, 0)


@pytest.mark.parametrize(
    ("component", "why"),
    [
        ("eipalloc-nat", "is the address of nat-1"),
        ("dopt-1", "DHCP options of vpc-1"),
        ("lgw-1", "nothing that reachsim can delete"),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k", "nothing that reachsim can delete"),
        ("", "nothing that reachsim can delete"),
        ("vpce-s3/rtb-build", "nothing that reachsim can delete"),
    ],
)
def test_what_aws_or_reachsim_does_not_delete_is_said(wide: Reach, component: str, why: str) -> None:
    with pytest.raises(QuestionError, match=why):
        wide.what_if(remove=component)

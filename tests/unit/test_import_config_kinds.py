"""The importer of AWS Config's records, kind by kind: forms from Config's published resource schemas, judged against
botocore's models, and which records of several count.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

import reachsim
from reachsim.collect.validate import validate
from reachsim.errors import SnapshotError
from reachsim.importers import ImportReport, import_config
from reachsim.importers.config_items import UNREAD, lists_of, unread
from tests.unit.test_import_config import ITEMS, ME, REGION, item

ARN = f"arn:aws:network-firewall:{REGION}:{ME}"
LB = f"arn:aws:elasticloadbalancing:{REGION}:{ME}:loadbalancer/net/api/0123456789abcdef"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ME}:targetgroup/api/0123456789abcdef"
KINDS = [
    item("AWS::EC2::TransitGateway", {"Id": "tgw-1", "DnsSupport": "enable", "TransitGatewayCidrBlocks": []}),
    item("AWS::EC2::TransitGatewayAttachment", {
        "Id": "tgw-attach-1", "TransitGatewayId": "tgw-1", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"]}),
    item("AWS::EC2::TransitGatewayRouteTable", {"Id": "tgw-rtb-1", "TransitGatewayId": "tgw-1"}),
    item("AWS::EC2::PrefixList", {
        "PrefixListId": "pl-1", "PrefixListName": "office", "OwnerId": ME, "Arn": "arn:aws:ec2:x", "MaxEntries": 2,
        "AddressFamily": "IPv4", "Entries": [{"Cidr": "192.0.2.0/24"}]}),
    item("AWS::EC2::DHCPOptions", {
        "DhcpOptionsId": "dopt-1", "DomainName": "corp.example", "DomainNameServers": ["10.0.0.9"],
        "NetbiosNodeType": 2}),
    item("AWS::EC2::EgressOnlyInternetGateway", {
        "egressOnlyInternetGatewayId": "eigw-1", "attachments": [{"state": "attached", "vpcId": "vpc-1"}]}),
    item("AWS::EC2::VPCBlockPublicAccessOptions", {"InternetGatewayBlockMode": "block-bidirectional"}),
    item("AWS::EC2::VPCBlockPublicAccessExclusion", {
        "ExclusionId": "vpcbpa-exclude-1", "InternetGatewayExclusionMode": "allow-egress", "VpcId": "vpc-1"}),
    item("AWS::EC2::CarrierGateway", {"CarrierGatewayId": "cagw-1", "VpcId": "vpc-1", "State": "available"}),
    item("AWS::EC2::SecurityGroupVpcAssociation", {
        "GroupId": "sg-client", "VpcId": "vpc-2", "VpcOwnerId": ME, "State": "associated"}),
    item("AWS::EC2::VPCEndpoint", {
        "vpcEndpointId": "vpce-1", "vpcEndpointType": "GatewayLoadBalancer", "vpcId": "vpc-1", "ownerId": ME,
        "state": {"value": "available"}, "subnetIds": ["subnet-1"], "serviceName": "com.amazonaws.vpce.x",
        "tags": [{"key": "Firewall", "value": f"{ARN}:firewall/edge"}], "dnsEntries": [], "groups": []}),
    item("AWS::NetworkFirewall::Firewall", {"firewall": {
        "firewallArn": f"{ARN}:firewall/edge", "firewallName": "edge", "firewallPolicyArn": f"{ARN}:firewall-policy/p",
        "firewallId": "f", "vpcId": "vpc-1", "subnetMappings": [{"subnetId": "subnet-1", "iPAddressType": "IPV4"}]}}),
    item("AWS::NetworkFirewall::FirewallPolicy", {
        "firewallPolicy": {
            "statelessDefaultActions": ["aws:forward_to_sfe"], "statelessFragmentDefaultActions": ["aws:drop"],
            "policyVariables": {"ruleVariables": {"home_net": {"definition": ["10.0.0.0/16"]}}},
            "statefulRuleGroupReferences": [{"resourceArn": f"{ARN}:stateful-rulegroup/g", "priority": None}]},
        "firewallPolicyResponse": {"firewallPolicyArn": f"{ARN}:firewall-policy/p", "firewallPolicyName": "p",
                                   "firewallPolicyId": "p"}}),
    item("AWS::NetworkFirewall::RuleGroup", {
        "ruleGroup": {
            "ruleVariables": {"iPSets": {"mine": {"definition": ["10.0.0.0/16"]}}},
            "rulesSource": {"rulesSourceList": {
                "targets": [".example.com"], "targetTypes": ["TLS_SNI"], "generatedRulesType": "ALLOWLIST"}}},
        "ruleGroupResponse": {"ruleGroupArn": f"{ARN}:stateful-rulegroup/g", "ruleGroupName": "g", "ruleGroupId": "g",
                              "type": "STATEFUL"}}),
    item("AWS::Route53::HostedZone", {
        "Id": "Z1", "Name": "corp.example", "VPCs": [{"VPCId": "vpc-1", "VPCRegion": REGION}]}, awsRegion="us-east-1"),
    item("AWS::Route53Resolver::ResolverRule", {
        "ResolverRuleId": "rslvr-rr-1", "DomainName": "onprem.example.", "RuleType": "FORWARD", "Name": "r",
        "ResolverEndpointId": "rslvr-out-1", "TargetIps": [{"Ip": "192.0.2.53", "Port": "53"}]}),
    item("AWS::Route53Resolver::ResolverRuleAssociation", {
        "ResolverRuleAssociationId": "rslvr-rrassoc-1", "ResolverRuleId": "rslvr-rr-1", "VPCId": "vpc-1"}),
    item("AWS::Route53Resolver::ResolverEndpoint", {
        "ResolverEndpointId": "rslvr-out-1", "Direction": "OUTBOUND", "HostVPCId": "vpc-1",
        "IpAddresses": [{"SubnetId": "subnet-1", "Ip": "10.0.0.40"}], "SecurityGroupIds": ["sg-client"]}),
    item("AWS::Route53Resolver::FirewallRuleGroupAssociation", {
        "Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": "vpc-1", "Priority": 101,
        "Status": "COMPLETE", "Name": "a"}),
    item("AWS::Route53Resolver::FirewallRuleGroup", {
        "Id": "rslvr-frg-1", "Name": "g", "FirewallRules": [
            {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "FirewallDomainListId": "rslvr-fdl-1", "Priority": 1}]}),
    item("AWS::Route53Resolver::FirewallDomainList", {"Id": "rslvr-fdl-1", "Name": "d", "Domains": ["bad.example"]}),
    item("AWS::Route53Profiles::ProfileAssociation", {
        "Id": "rpassoc-1", "Name": "x", "ProfileId": "rp-1", "ResourceId": "vpc-9"}),
    item("AWS::ElasticLoadBalancingV2::LoadBalancer", {
        "loadBalancerArn": LB, "loadBalancerName": "api", "dNSName": "api.elb.amazonaws.com", "vpcId": "vpc-1",
        "scheme": "internal", "type": "network", "state": {"code": "active", "reason": None},
        "availabilityZones": [{"zoneName": REGION + "a", "subnetId": "subnet-1", "loadBalancerAddresses": []}]}),
    item("AWS::ElasticLoadBalancingV2::Listener", {
        "ListenerArn": LB + "/1", "LoadBalancerArn": LB, "Port": 443, "Protocol": "TCP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP}]}),
    item("AWS::ElasticLoadBalancingV2::TargetGroup", {
        "TargetGroupArn": GROUP, "TargetGroupName": "api", "Port": 443, "Protocol": "TCP", "VpcId": "vpc-1",
        "TargetType": "ip"}),
    item("AWS::ElasticLoadBalancing::LoadBalancer", {
        "loadBalancerName": "old", "dnsname": "old.elb.amazonaws.com", "vpcid": "vpc-1", "scheme": "internal",
        "subnets": ["subnet-1"], "instances": [{"instanceId": "i-1"}], "availabilityZones": [REGION + "a"],
        "listenerDescriptions": [{"listener": {
            "protocol": "HTTP", "loadBalancerPort": 80, "instancePort": 80, "sslcertificateId": None}}]}),
    item("AWS::Lambda::Function", {
        "functionName": "f", "functionArn": "arn:aws:lambda:x", "role": f"arn:aws:iam::{ME}:role/app",
        "kmskeyArn": "arn:aws:kms:x", "environment": {"variables": {"token": "planted"}},
        "state": {"value": "Active"}, "vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-client"]}}),
    item("AWS::ECS::Cluster", {"Arn": f"arn:aws:ecs:{REGION}:{ME}:cluster/main", "ClusterName": "main"}),
    item("AWS::ECS::Service", {
        "ServiceName": "web", "Cluster": f"arn:aws:ecs:{REGION}:{ME}:cluster/main", "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {
            "Subnets": ["subnet-1"], "SecurityGroups": ["sg-client"], "AssignPublicIp": "DISABLED"}}}),
    item("AWS::CodePipeline::Pipeline", {
        "pipeline": {"name": "p", "roleArn": f"arn:aws:iam::{ME}:role/app", "version": 1,
                     "artifactStore": {"type": "S3", "location": "logs"}, "stages": []},
        "metadata": {"pipelineArn": "arn:aws:codepipeline:x"}}),
    item("AWS::ECR::Repository", {
        "RepositoryName": "team/app", "Arn": "arn:aws:ecr:x", "RepositoryPolicyText": {"Statement": []},
        "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": "arn:aws:kms:x"}}),
    item("AWS::ECR::PublicRepository", {"RepositoryName": "open", "Arn": "arn:aws:ecr-public:x"}),
    item("AWS::ECR::RegistryPolicy", {"PolicyText": {"Statement": []}}),
    item("AWS::ECR::PullThroughCacheRule", {"EcrRepositoryPrefix": "hub", "UpstreamRegistryUrl": "registry.example"}),
    item("AWS::S3::AccountPublicAccessBlock", {
        "blockPublicAcls": True, "ignorePublicAcls": True, "blockPublicPolicy": True, "restrictPublicBuckets": True}),
    item("AWS::S3::Bucket", {"name": "walled"}, resourceName="walled", supplementaryConfiguration={
        "PublicAccessBlockConfiguration": json.dumps({"blockPublicPolicy": True, "restrictPublicBuckets": True})}),
]  # fmt: skip


def run(tmp_path: Path, *documents: Any, names: tuple[str, ...] = ()) -> tuple[ImportReport, dict[str, Any]]:
    source = tmp_path / "in"
    source.mkdir()
    for number, document in enumerate(documents):
        (source / (names[number] if names else f"{number}.json")).write_text(json.dumps(document))
    report = import_config(source, tmp_path / "out", overwrite=True)
    paths = (tmp_path / "out").rglob("*.json")
    return report, {path.relative_to(tmp_path / "out").as_posix(): json.loads(path.read_text()) for path in paths}


def snapshot(*items: Any, name: str = "s1", **more: Any) -> dict[str, Any]:
    return {"fileVersion": "1.0", "configSnapshotId": name, "configurationItems": [*items], **more}


def vpc(number: int, time: Any = "2024-01-01T00:00:00Z", **more: Any) -> dict[str, Any]:
    configuration = {"vpcId": f"vpc-{number}", "cidrBlock": "10.0.0.0/16", "state": "available"}
    about = {"resourceId": f"vpc-{number}", "configurationItemCaptureTime": time, **more}
    return item("AWS::EC2::VPC", configuration) | about


def vpcs(written: dict[str, Any]) -> list[str]:
    return [one["VpcId"] for one in written[f"{ME}/{REGION}/ec2/describe-vpcs.json"]["Vpcs"]]


def test_every_kind_is_as_the_apis_answer(tmp_path: Path) -> None:
    run(tmp_path, snapshot(*ITEMS, *KINDS))
    result = validate(reachsim.load(tmp_path / "out").network.snapshot)
    assert [str(one) for one in result.problems] == []
    assert "planted" not in "".join(one.read_text() for one in (tmp_path / "out").rglob("*.json"))


def test_each_kind_is_read_or_named(tmp_path: Path) -> None:
    """Each record leaves its name in some answer: none is lost on the way."""
    _, written = run(tmp_path, snapshot(*KINDS))
    text = json.dumps(written)
    marks = [
        "tgw-attach-1", "tgw-rtb-1", "pl-1", "192.0.2.0/24", "10.0.0.9", "eigw-1", "block-bidirectional", "cagw-1",
        "vpcbpa-exclude-1", "sg-client", '"EndpointId": "vpce-1"', "home_net", '"mine"', "/hostedzone/Z1", "rslvr-rr-1",
        "rslvr-rrassoc-1", "10.0.0.40", "rslvr-frg-1", "bad.example", "rp-1", LB + "/1", "old.elb.amazonaws.com",
        '"FunctionName": "f"', "cluster/main", '"web"', '"pipelineArn"', "team/app", "hub",
        '"kmsKey": "arn:aws:kms:x"',
        '"open"', "RestrictPublicBuckets",
    ]  # fmt: skip
    assert [one for one in marks if one not in text] == []


def test_names_are_judged_by_the_zones_and_rules_that_config_has(tmp_path: Path) -> None:
    """Defaults are assumed for what Config cannot hold, never against what it holds."""
    run(tmp_path, snapshot(*ITEMS, *KINDS))
    verdict = reachsim.load(tmp_path / "out").simulate("eni-11", "host:db.corp.example", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assumed = {one.component for one in verdict.assumptions if one.code == "ASSUMED_DEFAULT"}
    assert not any("hosted-zones" in str(one) or "resolver" in str(one) for one in assumed)


@pytest.mark.parametrize("vpcs", ["vpc-1", [7], [{"VPCId": "vpc-9", "VPCRegion": REGION}, None], {"VPCId": "vpc-9"}])
def test_a_zone_whose_vpcs_cannot_be_read_may_answer_in_any(vpcs: Any, tmp_path: Path) -> None:
    zone = item("AWS::Route53::HostedZone", {"Id": "Z9", "Name": "other.example", "VPCs": vpcs}, awsRegion="us-east-1")
    run(tmp_path, snapshot(*ITEMS, *KINDS, zone))
    verdict = reachsim.load(tmp_path / "out").simulate("eni-11", "host:db.other.example", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert any("Z9" in path for path in verdict.missing)


def test_of_several_records_the_newest_counts(tmp_path: Path) -> None:
    old, new = vpc(1, "2024-01-01T00:00:00.000Z"), vpc(1, "2024-03-01T00:00:00+00:00")
    new["configuration"] = new["configuration"] | {"cidrBlock": "10.9.0.0/16"}
    gone = vpc(2, 1_710_000_000.5, configurationItemStatus="ResourceDeleted")
    _, written = run(tmp_path, {"configurationItems": [new, old, vpc(2, 1_700_000_000), gone, vpc(3)]})
    assert vpcs(written) == ["vpc-1", "vpc-3"]
    assert written[f"{ME}/{REGION}/ec2/describe-vpcs.json"]["Vpcs"][0]["CidrBlock"] == "10.9.0.0/16"


def test_the_newest_snapshot_of_a_region_replaces_older_ones(tmp_path: Path) -> None:
    name = "{}_Config_eu-west-1_ConfigSnapshot_{}T000000Z_x.json"
    old = snapshot(vpc(1), vpc(2), vpc(7, awsRegion="eu-west-3"), name="a")
    _, written = run(
        tmp_path, snapshot(vpc(1), name="b"), old, names=(name.format(ME, "20240301"), name.format(ME, "20240201"))
    )
    assert vpcs(written) == ["vpc-1"]
    assert f"{ME}/eu-west-3/ec2/describe-vpcs.json" in written


def test_several_accounts_and_regions(tmp_path: Path) -> None:
    other = vpc(2, awsAccountId="444455556666", awsRegion="us-east-1")
    _, written = run(tmp_path, {"Results": [json.dumps(vpc(1)), json.dumps(other)]})
    assert "444455556666/us-east-1/ec2/describe-vpcs.json" in written
    assert vpcs(written) == ["vpc-1"]


@pytest.mark.parametrize(
    ("documents", "names"),
    [
        ([{"Results": [json.dumps(vpc(1))], "NextToken": "t"}], ()),
        ([{"configurationItems": [vpc(1)]}], (f"{ME}_Config_{REGION}_ConfigHistory_AWS::EC2::VPC_x_1.json",)),
        ([{"configurationItems": [vpc(1)]}], ()),
        ([vpc(1)], ()),
        ([{"baseConfigurationItems": [vpc(1), vpc(2)], "unprocessedResourceKeys": [{"resourceId": "vpc-3"}]}], ()),
        ([{"BaseConfigurationItems": [vpc(1)], "UnprocessedResourceIdentifiers": [{"ResourceId": "vpc-3"}]}], ()),
        ([snapshot(vpc(1), vpc(2, configurationItemStatus="ResourceNotRecorded"))], ()),
        ([snapshot(vpc(1), vpc(2) | {"configuration": None})], ()),
    ],
    ids=[
        "one page",
        "history",
        "one version",
        "one resource",
        "not all looked up",
        "not all looked up by an aggregator",
        "not recorded",
        "without configuration",
    ],
)
def test_a_list_that_is_not_whole_counts_as_not_known(documents: Any, names: Any, tmp_path: Path) -> None:
    report, _ = run(tmp_path, *documents, names=names)
    assert reachsim.load(tmp_path / "out").network.snapshot.partial(f"{ME}/{REGION}/ec2/describe-vpcs.json")
    assert any("not known" in one for one in report.warnings)


def test_resources_that_were_asked_for_by_name(tmp_path: Path) -> None:
    report, written = run(tmp_path, {"baseConfigurationItems": [vpc(1), vpc(2)], "unprocessedResourceKeys": []})
    assert vpcs(written) == ["vpc-1", "vpc-2"]
    assert "0.json holds the resources that somebody asked for by name: there may be others" in report.warnings


def test_pages_that_end_are_whole(tmp_path: Path) -> None:
    pages = [{"Results": [json.dumps(vpc(1))], "NextToken": "t"}, {"Results": [json.dumps(vpc(2))]}]
    _, written = run(tmp_path, *pages)
    assert vpcs(written) == ["vpc-1", "vpc-2"]
    assert "NextToken" not in written[f"{ME}/{REGION}/ec2/describe-vpcs.json"]


def test_pages_one_behind_the_other_in_one_file(tmp_path: Path) -> None:
    pages = [{"Results": [json.dumps(vpc(1))], "NextToken": "t"}, {"Results": [json.dumps(vpc(2))]}]
    (tmp_path / "in.json").write_text("\n".join(map(json.dumps, pages)))
    import_config(tmp_path / "in.json", tmp_path / "out")
    assert set(reachsim.load(tmp_path / "out").network.vpcs) == {"vpc-1", "vpc-2"}


def test_a_history_changes_a_snapshot(tmp_path: Path) -> None:
    history = {"configurationItems": [vpc(2, "2024-02-01T00:00:00Z", configurationItemStatus="ResourceDeleted")]}
    name = f"{ME}_Config_{REGION}_ConfigHistory_AWS::EC2::VPC_x_1.json"
    _, written = run(tmp_path, history, snapshot(vpc(1), vpc(2)), names=(name, "snapshot.json"))
    assert vpcs(written) == ["vpc-1"]
    assert "NextToken" not in written[f"{ME}/{REGION}/ec2/describe-vpcs.json"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Results": [json.dumps({"accountId": ME, "awsRegion": REGION, "resourceType": "AWS::EC2::VPC"})]},
         r"SELECT accountId, awsRegion, .*, found items without \(SELECT \* has none\)"),
        ({"Results": [json.dumps(vpc(1))], "QueryInfo": {"SelectFields": [{"Name": "configuration.vpcId"}]}},
         r"/QueryInfo/SelectFields: expected a query that selects .* configuration as a whole"),
    ],
)  # fmt: skip
def test_queries_that_leave_out_the_configuration(document: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=message):
        run(tmp_path, document)


def test_an_edge_association_without_its_gateway(tmp_path: Path) -> None:
    table = item("AWS::EC2::RouteTable", {
        "routeTableId": "rtb-2", "vpcId": "vpc-1", "routes": [], "associations": [
            {"main": False, "routeTableAssociationId": "a", "routeTableId": "rtb-2", "subnetId": None}]})  # fmt: skip
    igw = item("AWS::EC2::InternetGateway", {
        "internetGatewayId": "igw-1", "attachments": [{"state": "available", "vpcId": "vpc-1"}]})  # fmt: skip
    report, written = run(tmp_path, snapshot(*ITEMS, table))
    tables = f"{ME}/{REGION}/ec2/describe-route-tables.json"
    assert written[tables]["NextToken"]
    assert any("rtb-2 is associated with a gateway that its record does not name" in one for one in report.warnings)
    (tmp_path / "known").mkdir()
    _, written = run(tmp_path / "known", snapshot(*ITEMS, table, igw))
    assert written[tables]["RouteTables"][1]["Associations"][0]["GatewayId"] == "igw-1"
    assert "NextToken" not in written[tables]


def test_identities_without_roles_are_not_known(tmp_path: Path) -> None:
    policy = item("AWS::IAM::Policy", {"policyName": "m", "arn": "arn:aws:iam::x"}, awsRegion="global")
    report, _ = run(tmp_path, snapshot(policy, vpc(1)))
    path = f"{ME}/global/iam/get-account-authorization-details.json"
    assert reachsim.load(tmp_path / "out").network.snapshot.partial(path)
    assert any("no record of a role is there" in one for one in report.warnings)


def test_old_records_of_security_groups(tmp_path: Path) -> None:
    rule = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": ["10.0.0.0/8"], "prefixListIds": ["pl-1"]}
    group = item("AWS::EC2::SecurityGroup", {"groupId": "sg-1", "ipPermissions": [rule]})
    _, written = run(tmp_path, snapshot(group))
    (found,) = written[f"{ME}/{REGION}/ec2/describe-security-groups.json"]["SecurityGroups"]
    assert found["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]
    assert found["IpPermissions"][0]["PrefixListIds"] == [{"PrefixListId": "pl-1"}]


def test_a_projects_buildspec_and_subnets(tmp_path: Path) -> None:
    held = {"name": "app", "source": {"type": "NO_SOURCE", "buildSpec": "version: 0.2"}, "vpcConfig": {
        "vpcId": "vpc-1", "subnets": [{"subnet": "subnet-1", "customerAZ": "a"}], "securityGroupIds": []}}  # fmt: skip
    _, written = run(tmp_path, snapshot(item("AWS::CodeBuild::Project", held)))
    (project,) = written[f"{ME}/{REGION}/codebuild/batch-get-projects.json"]["projects"]
    assert project["source"] == {"type": "NO_SOURCE", "buildspec": "version: 0.2"}
    assert project["vpcConfig"]["subnets"] == ["subnet-1"]
    assert written[f"{ME}/{REGION}/codebuild/list-projects.json"] == {"projects": ["app"]}


def test_a_project_as_config_records_it(tmp_path: Path) -> None:
    """Source and artifacts are lists of one (example items of the AWS Config Rules Development Kit)."""
    held = {
        "name": "lib", "source": [{"type": "GITHUB", "buildSpec": "ci/spec.yml", "location": "https://github.com/a/b"}],
        "artifacts": [{"type": "NO_ARTIFACTS"}], "secondarySources": [], "queuedtimeoutInMinutes": 480,
        "environment": {"type": "LINUX_CONTAINER", "environmentVariables": []},
    }  # fmt: skip
    run(tmp_path, snapshot(item("AWS::CodeBuild::Project", held), *ITEMS))
    reach = reachsim.load(tmp_path / "out")
    assert [str(one) for one in validate(reach.network.snapshot).problems] == []
    projects = tmp_path / "out" / ME / REGION / "codebuild/batch-get-projects.json"
    (project,) = (one for one in json.loads(projects.read_text())["projects"] if one["name"] == "lib")
    assert project["source"] == {"type": "GITHUB", "buildspec": "ci/spec.yml", "location": "https://github.com/a/b"}
    assert project["artifacts"] == {"type": "NO_ARTIFACTS"}
    assert project["queuedTimeoutInMinutes"] == 480
    assert reach.check().overall != "private-and-working"


def test_supplementary_configurations(tmp_path: Path) -> None:
    """What stands beside the configuration, in objects or in strings: policies of keys, attributes, encryption."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    held = [
        item("AWS::KMS::Key", {"keyId": "k-1", "arn": "arn:aws:kms:x", "keyState": "Enabled", "keyManager": "CUSTOMER",
                               "awsaccountId": ME, "creationDate": 1621024924302},
             supplementaryConfiguration={"Policy": policy, "KeyRotationStatus": "false"}),
        item("AWS::ElasticLoadBalancing::LoadBalancer", {
            "loadBalancerName": "old", "createdTime": 1532483585380,
            "policies": {"lbcookieStickinessPolicies": [], "otherPolicies": []}},
            supplementaryConfiguration={"LoadBalancerAttributes": {"crossZoneLoadBalancing": {"enabled": True}}}),
        item("AWS::ElasticLoadBalancingV2::LoadBalancer",
             {"loadBalancerArn": LB, "type": "network", "availabilityZones": []},
             supplementaryConfiguration={"LoadBalancerAttributes": json.dumps(
                 [{"key": "load_balancing.cross_zone.enabled", "value": "true"}])}),
        item("AWS::S3::Bucket", {"name": "a"}, resourceName="a", supplementaryConfiguration={
            "ServerSideEncryptionConfiguration": json.dumps({"rules": [{"bucketKeyEnabled": False,
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyID": "k-1"}}]})}),
    ]  # fmt: skip
    _, written = run(tmp_path, snapshot(*held))
    assert written[f"{ME}/{REGION}/kms/get-key-policy/k-1.json"] == {"Policy": policy}
    assert written[f"{ME}/{REGION}/kms/describe-key/k-1.json"]["KeyMetadata"]["AWSAccountId"] == ME
    assert written[f"{ME}/{REGION}/elb/describe-load-balancer-attributes/old.json"] == {
        "LoadBalancerAttributes": {"CrossZoneLoadBalancing": {"Enabled": True}}
    }
    assert written[f"{ME}/{REGION}/elbv2/describe-load-balancer-attributes/{LB.replace('/', '%2F')}.json"] == {
        "Attributes": [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    }
    assert written[f"{ME}/global/s3api/get-bucket-encryption/a.json"]["ServerSideEncryptionConfiguration"] == {
        "Rules": [{
            "BucketKeyEnabled": False,
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-1"},
        }]
    }  # fmt: skip
    result = validate(reachsim.load(tmp_path / "out").network.snapshot)
    assert [str(one) for one in result.problems] == []


def test_an_access_control_list_names_groups_by_their_names(tmp_path: Path) -> None:
    """As published configuration items have it: groups stand as texts, accounts as objects."""
    owner = {"displayName": None, "id": "40cf"}
    grants = [
        {"grantee": owner, "permission": "FullControl"}, {"grantee": "AllUsers", "permission": "ReadAcp"},
        {"grantee": "LogDelivery", "permission": "Write"},
    ]  # fmt: skip
    acl = json.dumps({"grantSet": None, "grantList": grants, "owner": owner, "isRequesterCharged": False})
    more = {"AccessControlList": acl}
    _, written = run(
        tmp_path, snapshot(item("AWS::S3::Bucket", {"name": "a"}, resourceName="a", supplementaryConfiguration=more))
    )
    groups = "http://acs.amazonaws.com/groups"
    assert written[f"{ME}/global/s3api/get-bucket-acl/a.json"] == {
        "Owner": {"ID": "40cf"},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "40cf"}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"Type": "Group", "URI": f"{groups}/global/AllUsers"}, "Permission": "READ_ACP"},
            {"Grantee": {"Type": "Group", "URI": f"{groups}/s3/LogDelivery"}, "Permission": "WRITE"},
        ],
    }
    result = validate(reachsim.load(tmp_path / "out").network.snapshot)
    assert [str(one) for one in result.problems] == []


def test_times_in_milliseconds(tmp_path: Path) -> None:
    held = {"natGatewayId": "nat-1", "createTime": 1645463702000, "state": "available", "natGatewayAddresses": []}
    pipeline = {"pipeline": {"name": "p", "stages": []}, "metadata": {"created": 1645456347483}}
    _, written = run(
        tmp_path, snapshot(item("AWS::EC2::NatGateway", held), item("AWS::CodePipeline::Pipeline", pipeline))
    )
    (gateway,) = written[f"{ME}/{REGION}/ec2/describe-nat-gateways.json"]["NatGateways"]
    assert gateway["CreateTime"] == "2022-02-21T17:15:02+00:00"
    created = written[f"{ME}/{REGION}/codepipeline/get-pipeline/p.json"]["metadata"]["created"]
    assert created == "2022-02-21T15:12:27.483000+00:00"


def test_documents_as_the_console_shows_them(tmp_path: Path) -> None:
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"}]}
    role = item("AWS::IAM::Role", {
        "roleName": "a", "arn": f"arn:aws:iam::{ME}:role/a", "assumeRolePolicyDocument": allow,
        "rolePolicyList": [{"policyName": "p", "policyDocument": [allow]}]}, awsRegion="global")  # fmt: skip
    _, written = run(tmp_path, snapshot(role))
    (found,) = written[f"{ME}/global/iam/get-account-authorization-details.json"]["RoleDetailList"]
    assert found["RolePolicyList"][0]["PolicyDocument"] == allow


def test_a_record_without_a_region_that_nobody_needs_stops_nothing(tmp_path: Path) -> None:
    """Config has recorded customer gateways in no Region."""
    gateway = item("AWS::EC2::CustomerGateway", {"customerGatewayId": "cgw-1"}, awsRegion="Not Applicable")
    report, written = run(tmp_path, snapshot(vpc(1), gateway))
    assert vpcs(written) == ["vpc-1"]
    assert "1 records of AWS::EC2::CustomerGateway are not used" in report.warnings


def test_a_notification_of_a_change(tmp_path: Path) -> None:
    report, written = run(tmp_path, {"messageType": "ConfigurationItemChangeNotification", "configurationItem": vpc(1)})
    assert written[f"{ME}/{REGION}/ec2/describe-vpcs.json"]["NextToken"]
    assert "0.json is about one resource: it tells of no other" in report.warnings


def test_types_that_are_not_read_are_named_with_what_they_leave_open(tmp_path: Path) -> None:
    report, _ = run(tmp_path, snapshot(vpc(1), *(item(kind, {"a": 1}) for kind in UNREAD)))
    assert "1 records of AWS::S3::AccessPoint are not used: policies of access points cannot be decided" in (
        report.warnings
    )
    assert all(lists_of(kind) is None and unread(kind, 1) for kind in UNREAD)


def test_the_types_are_configs_own() -> None:
    """Every type of the tables is one that Config records."""
    from reachsim.importers.config_declared import DECLARED
    from reachsim.importers.config_items import KINDS as READ

    known = set(Loader().load_service_model("config", "service-2")["shapes"]["ResourceType"]["enum"])
    assert {*READ, *DECLARED, *UNREAD} - known == set()


def test_packed_files_in_folders(tmp_path: Path) -> None:
    folder = tmp_path / "AWSLogs" / ME / "Config"
    folder.mkdir(parents=True)
    (folder / "a.json.gz").write_bytes(gzip.compress(json.dumps(snapshot(vpc(1))).encode()))
    (folder / "b.json").write_bytes(json.dumps(snapshot(vpc(2))).encode("utf-16"))
    report = import_config(tmp_path / "AWSLogs", tmp_path / "out")
    assert set(reachsim.load(tmp_path / "out").network.vpcs) == {"vpc-1", "vpc-2"}
    assert report.ignored == ()

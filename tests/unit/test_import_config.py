"""The importer of AWS Config's records: items in the form that Config documents, of a small network."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

import reachsim
from reachsim.cli import group
from reachsim.errors import SnapshotError
from reachsim.importers import ImportReport, import_config

ME, REGION = "111122223333", "eu-west-1"


def item(kind: str, configuration: Any, **more: Any) -> dict[str, Any]:
    return {
        "configurationItemStatus": "OK", "awsAccountId": ME, "awsRegion": REGION, "resourceType": kind,
        "configuration": configuration, **more,
    }  # fmt: skip


def interface(number: int, group: str) -> dict[str, Any]:
    address = f"10.0.0.{number}"
    return {
        "networkInterfaceId": f"eni-{number}", "subnetId": "subnet-1", "vpcId": "vpc-1", "ownerId": ME,
        "status": "in-use", "interfaceType": "interface", "sourceDestCheck": True, "association": None,
        "privateIpAddress": address, "groups": [{"groupName": group, "groupId": group}], "tagSet": [],
        "privateIpAddresses": [{"primary": True, "privateIpAddress": address, "association": None}],
        "ipv6Addresses": [], "availabilityZone": REGION + "a",
    }  # fmt: skip


def rule(port: int, *blocks: str, **more: Any) -> dict[str, Any]:
    return {
        "ipProtocol": "tcp", "fromPort": port, "toPort": port, "userIdGroupPairs": [], "prefixListIds": [],
        "ipRanges": list(blocks), "ipv4Ranges": [{"cidrIp": block, "description": None} for block in blocks],
        "ipv6Ranges": [], **more,
    }  # fmt: skip


def acl_entry(number: int, egress: bool) -> dict[str, Any]:
    return {"cidrBlock": "0.0.0.0/0", "egress": egress, "protocol": "-1", "ruleAction": "allow", "ruleNumber": number,
            "icmpTypeCode": None, "ipv6CidrBlock": None, "portRange": None}  # fmt: skip


TRUST = {"Version": "2012-10-17", "Statement": []}
ITEMS = [
    item("AWS::EC2::VPC", {
        "vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16", "state": "available", "ownerId": ME, "isDefault": False,
        "cidrBlockAssociationSet": [
            {"associationId": "a", "cidrBlock": "10.0.0.0/16", "cidrBlockState": {"state": "associated"}}],
        "ipv6CidrBlockAssociationSet": [], "tags": [{"key": "Name", "value": "main"}]}),
    item("AWS::EC2::Subnet", {
        "subnetId": "subnet-1", "vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": REGION + "a",
        "state": "available", "ownerId": ME}),
    item("AWS::EC2::RouteTable", {
        "routeTableId": "rtb-1", "vpcId": "vpc-1", "ownerId": ME,
        "associations": [
            {"main": True, "routeTableAssociationId": "rtbassoc-1", "routeTableId": "rtb-1", "subnetId": None}],
        "routes": [{"destinationCidrBlock": "10.0.0.0/16", "gatewayId": "local", "origin": "CreateRouteTable",
                    "state": "active", "natGatewayId": None}]}),
    item("AWS::EC2::NetworkAcl", {
        "networkAclId": "acl-1", "vpcId": "vpc-1", "isDefault": True, "ownerId": ME,
        "associations": [{"networkAclAssociationId": "aclassoc-1", "networkAclId": "acl-1", "subnetId": "subnet-1"}],
        "entries": [acl_entry(100, False), acl_entry(100, True)]}),
    item("AWS::EC2::SecurityGroup", {
        "groupId": "sg-client", "groupName": "client", "vpcId": "vpc-1", "ownerId": ME, "ipPermissions": [],
        "ipPermissionsEgress": [rule(443, "10.0.0.0/24"), rule(80, "10.0.0.0/24")]}),
    item("AWS::EC2::SecurityGroup", {
        "groupId": "sg-server", "groupName": "server", "vpcId": "vpc-1", "ownerId": ME, "ipPermissionsEgress": [],
        "ipPermissions": [rule(443, userIdGroupPairs=[{"groupId": "sg-client", "userId": ME, "vpcId": None}])]}),
    item("AWS::EC2::NetworkInterface", interface(11, "sg-client")),
    item("AWS::EC2::NetworkInterface", interface(12, "sg-server")),
    item("AWS::EC2::NetworkInterface", interface(13, "sg-server"), configurationItemStatus="ResourceDeleted"),
    item("AWS::EC2::Instance", {"instanceId": "i-1", "state": {"code": 16, "name": "running"}, "subnetId": "subnet-1"}),
    item("AWS::CodeBuild::Project", {
        "name": "app", "arn": f"arn:aws:codebuild:{REGION}:{ME}:project/app", "vpcConfig": None,
        "environment": {"environmentVariables": [{"name": "TOKEN", "value": "planted", "type": "PLAINTEXT"}]}}),
    item("AWS::IAM::Role", {
        "roleName": "app", "arn": f"arn:aws:iam::{ME}:role/app", "assumeRolePolicyDocument": quote(json.dumps(TRUST)),
        "rolePolicyList": [{"policyName": "p", "policyDocument": quote(json.dumps(TRUST))}]}, awsRegion="global"),
    item("AWS::IAM::Policy", {
        "policyName": "m", "arn": f"arn:aws:iam::{ME}:policy/m",
        "policyVersionList": [{"document": quote(json.dumps(TRUST))}]}, awsRegion="global"),
    item("AWS::S3::Bucket", {"name": "logs"}, resourceName="logs",
         supplementaryConfiguration={"BucketPolicy": json.dumps({"policyText": '{"Statement": []}'})}),
    item("AWS::S3::Bucket", {"name": "bare"}, resourceName="bare",
         supplementaryConfiguration={"BucketPolicy": json.dumps({"policyText": None})}),
    item("AWS::S3::Bucket", {"name": "dark"}, resourceName="dark"),
    item("AWS::EC2::Volume", {"volumeId": "vol-1"}),
]  # fmt: skip


def run(tmp_path: Path, document: Any, name: str = "config.json") -> tuple[ImportReport, dict[str, Any]]:
    (tmp_path / "in").mkdir()
    data = json.dumps(document).encode()
    (tmp_path / "in" / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    report = import_config(tmp_path / "in" / name, tmp_path / "out")
    out = tmp_path / "out"
    return report, {
        path.relative_to(out).as_posix(): json.loads(path.read_text("utf-8")) for path in out.rglob("*.json")
    }


def test_questions_are_answered_from_config_alone(tmp_path: Path) -> None:
    run(tmp_path, {"fileVersion": "1.0", "configurationItems": ITEMS})
    reach = reachsim.load(tmp_path / "out")
    assert reach.simulate("eni-11", "eni-12", protocol="tcp", port=443).outcome == "allowed"
    blocked = reach.simulate("eni-11", "eni-12", protocol="tcp", port=80)
    assert [(one.code, one.component) for one in blocked.blocked_by] == [("ENI_SG_RULES_MISMATCH", "sg-server")]
    assert "eni-13" not in reach.network.network_interfaces


def test_records_are_in_the_apis_spelling(tmp_path: Path) -> None:
    report, written = run(tmp_path, {"configurationItems": ITEMS})
    home = f"{ME}/{REGION}"
    (vpc,) = written[f"{home}/ec2/describe-vpcs.json"]["Vpcs"]
    assert vpc["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}
    assert vpc["Tags"] == [{"Key": "Name", "Value": "main"}]
    groups = written[f"{home}/ec2/describe-security-groups.json"]["SecurityGroups"]
    assert groups[0]["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "10.0.0.0/24"}]
    (reservation,) = written[f"{home}/ec2/describe-instances.json"]["Reservations"]
    assert (reservation["OwnerId"], reservation["Instances"][0]["InstanceId"]) == (ME, "i-1")
    iam = written[f"{ME}/global/iam/get-account-authorization-details.json"]
    assert iam["RoleDetailList"][0]["AssumeRolePolicyDocument"] == TRUST
    assert iam["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] == TRUST
    assert iam["Policies"][0]["PolicyVersionList"][0]["Document"] == TRUST
    policies = {name: one for name, one in written.items() if "get-bucket-policy" in name}
    assert policies == {
        f"{ME}/global/s3api/get-bucket-policy/logs.json": {"Policy": '{"Statement": []}'},
        f"{ME}/global/s3api/get-bucket-policy/bare.json": {"Error": {"Code": "NoSuchBucketPolicy"}},
    }
    assert report.warnings == ("1 records of AWS::EC2::Volume are not used",)
    assert set(report.derived) == set(written) - {"snapshot.json"}
    assert written["snapshot.json"]["assumeDefaults"] is True


def test_what_config_does_not_mention_is_not_taken_for_absent(tmp_path: Path) -> None:
    _, written = run(tmp_path, {"configurationItems": ITEMS})
    assert f"{ME}/{REGION}/ec2/describe-nat-gateways.json" not in written
    assert "planted" not in json.dumps(written)


@pytest.mark.parametrize(
    "document",
    [
        {"Results": [json.dumps(one) for one in ITEMS]},
        {"baseConfigurationItems": [
            {**{key: held for key, held in one.items() if key != "awsAccountId"}, "accountId": ME,
             "configuration": json.dumps(one["configuration"])} for one in ITEMS]},
        [*ITEMS],
    ],
    ids=["advanced query", "batch-get-resource-config", "a bare list"],
)  # fmt: skip
def test_the_forms_of_the_cli(document: Any, tmp_path: Path) -> None:
    _, written = run(tmp_path, document)
    (tmp_path / "other").mkdir()
    _, expected = run(tmp_path / "other", {"configurationItems": ITEMS})
    assert written == expected


def test_a_compressed_file_as_config_delivers_it(tmp_path: Path) -> None:
    report, written = run(tmp_path, {"configurationItems": ITEMS}, "snapshot.json.gz")
    assert f"{ME}/{REGION}/ec2/describe-vpcs.json" in written
    assert report.ignored == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Vpcs": []}, "expected configuration items of AWS Config, found none that can be used"),
        ({"configurationItems": []}, "found none that can be used"),
        (
            {"configurationItems": [item("AWS::EC2::VPC", {}, awsAccountId=None)]},
            "expected configuration items with aws",
        ),
        (
            {"configurationItems": [item("AWS::EC2::VPC", {}, awsRegion="../..")]},
            "expected configuration items with aws",
        ),
    ],
)
def test_bad_input(document: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=message):
        run(tmp_path, document)
    assert not (tmp_path / "out").exists()


def test_a_broken_archive(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(b"no gzip")
    with pytest.raises(SnapshotError, match="expected a JSON object, compressed"):
        import_config(tmp_path, tmp_path / "out")


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"configurationItems": ITEMS}))
    result = CliRunner().invoke(group, ["import", "config", str(tmp_path / "config.json"), str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "warning: 1 records of AWS::EC2::Volume are not used" in result.stderr
    assert f"missing: {ME}/{REGION}: ec2 describe-nat-gateways: needed for routes to NAT gateways" in result.stderr

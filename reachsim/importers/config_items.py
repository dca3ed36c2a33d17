"""AWS Config's records of resources, turned back into what the services' own APIs answer.

Config spells the API's members with a small first letter, says null for what is absent, and has some members of its
own:

- ``ipRanges`` are bare strings; the API's records stand in ``ipv4Ranges``.
- An instance stands alone, not in a reservation.
- Policy documents of IAM are URL-encoded; a bucket's policy is in the supplementary configuration.

Only resource types of `KINDS` are read. **Not** here: types that Config records in CloudFormation's form with other
names than the API's (transit gateway route tables, Network Firewall).

**Source:** AWS Config Developer Guide, "Components of a configuration item" and "Example configuration snapshot"; EC2,
IAM, CodeBuild API references (members).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

Record = dict[str, Any]


class Kind(NamedTuple):
    """How a resource type is stored: call (``service/operation``), the answer's key, and the form of its records."""

    call: str
    key: str
    form: str = "ec2"


KINDS: Final[Mapping[str, Kind]] = {
    "AWS::EC2::CustomerGateway": Kind("ec2/describe-customer-gateways", "CustomerGateways"),
    "AWS::EC2::DHCPOptions": Kind("ec2/describe-dhcp-options", "DhcpOptions"),
    "AWS::EC2::EIP": Kind("ec2/describe-addresses", "Addresses"),
    "AWS::EC2::EgressOnlyInternetGateway": Kind(
        "ec2/describe-egress-only-internet-gateways", "EgressOnlyInternetGateways"
    ),
    "AWS::EC2::Instance": Kind("ec2/describe-instances", "Reservations", "instance"),
    "AWS::EC2::InternetGateway": Kind("ec2/describe-internet-gateways", "InternetGateways"),
    "AWS::EC2::NatGateway": Kind("ec2/describe-nat-gateways", "NatGateways"),
    "AWS::EC2::NetworkAcl": Kind("ec2/describe-network-acls", "NetworkAcls"),
    "AWS::EC2::NetworkInterface": Kind("ec2/describe-network-interfaces", "NetworkInterfaces"),
    "AWS::EC2::PrefixList": Kind("ec2/describe-managed-prefix-lists", "PrefixLists"),
    "AWS::EC2::RouteTable": Kind("ec2/describe-route-tables", "RouteTables"),
    "AWS::EC2::SecurityGroup": Kind("ec2/describe-security-groups", "SecurityGroups"),
    "AWS::EC2::Subnet": Kind("ec2/describe-subnets", "Subnets"),
    "AWS::EC2::TransitGateway": Kind("ec2/describe-transit-gateways", "TransitGateways"),
    "AWS::EC2::VPC": Kind("ec2/describe-vpcs", "Vpcs"),
    "AWS::EC2::VPCEndpoint": Kind("ec2/describe-vpc-endpoints", "VpcEndpoints"),
    "AWS::EC2::VPCPeeringConnection": Kind("ec2/describe-vpc-peering-connections", "VpcPeeringConnections"),
    "AWS::EC2::VPNConnection": Kind("ec2/describe-vpn-connections", "VpnConnections"),
    "AWS::EC2::VPNGateway": Kind("ec2/describe-vpn-gateways", "VpnGateways"),
    "AWS::CodeBuild::Project": Kind("codebuild/batch-get-projects", "projects", "plain"),
    "AWS::IAM::Group": Kind("iam/get-account-authorization-details", "GroupDetailList", "iam"),
    "AWS::IAM::Policy": Kind("iam/get-account-authorization-details", "Policies", "iam"),
    "AWS::IAM::User": Kind("iam/get-account-authorization-details", "UserDetailList", "iam"),
    "AWS::IAM::Role": Kind("iam/get-account-authorization-details", "RoleDetailList", "iam"),
    "AWS::S3::Bucket": Kind("s3api/get-bucket-policy", "Policy", "bucket"),
}
"""Resource type -> where its records go. Customer gateways are kept although no verdict needs them."""

_RANGES: Final = {"ipv4Ranges": "IpRanges", "ipv6Ranges": "Ipv6Ranges"}
_DOCUMENTS: Final = frozenset({"assumeRolePolicyDocument", "policyDocument", "document"})


def record_of(item: Mapping[str, Any], kind: Kind) -> Record | None:
    """The API's record of a configuration item; None if the item does not say.

    >>> rule = {"ipRanges": ["0.0.0.0/0"], "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}
    >>> group = {"groupId": "sg-1", "vpcId": None, "ipPermissions": [rule]}
    >>> record_of({"configuration": group}, KINDS["AWS::EC2::SecurityGroup"])
    {'GroupId': 'sg-1', 'IpPermissions': [{'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}
    """
    configuration = decoded(item.get("configuration"))
    match kind.form:
        case "plain":
            return {key: _without_null(held) for key, held in configuration.items() if held is not None}
        case "instance":
            instance = _api(configuration)
            owner = item.get("awsAccountId") or item.get("accountId")
            return {"Instances": [instance], **({"OwnerId": owner} if owner else {})}
        case "bucket":
            more = decoded(item.get("supplementaryConfiguration"))
            if "BucketPolicy" not in more:
                return None
            policy = decoded(more["BucketPolicy"]).get("policyText")
            return {"Policy": policy} if isinstance(policy, str) else {"Error": {"Code": "NoSuchBucketPolicy"}}
    return _members(configuration)


def decoded(value: Any) -> Record:
    """An object that may stand in a string, as advanced queries and histories have it; {} if it is neither."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _api(value: Any) -> Any:
    """A value in the API's spelling."""
    match value:
        case dict():
            return _members(value)
        case list():
            return [_api(one) for one in value]
    return value


def _members(record: Mapping[str, Any]) -> Record:
    return {
        _name(key, record): _document(held) if key in _DOCUMENTS else _api(held)
        for key, held in record.items()
        if held is not None and not (key == "ipRanges" and "ipv4Ranges" in record)
    }


def _name(key: str, record: Mapping[str, Any]) -> str:
    if key == "ipRanges" and all(isinstance(one, dict) for one in record[key]):
        return "IpRanges"
    return _RANGES.get(key) or key[:1].upper() + key[1:]


def _document(value: Any) -> Any:
    """A policy document as the AWS CLI prints it: IAM's are URL-encoded here."""
    if isinstance(value, str) and value.startswith("%7B"):
        return decoded(unquote(value)) or value
    return value


def _without_null(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_null(held) for key, held in value.items() if held is not None}
        case list():
            return [_without_null(one) for one in value]
    return value

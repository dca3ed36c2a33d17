"""Where moto falls short of AWS, one entry per gap: what AWS documents is answered in its place.

`FILLED` are calls that moto does not know (HTTP 500 or 404): answers in the documented shape. `mend` puts right what
moto answers otherwise than AWS. moto is plumbing here, never an authority on AWS. A new row of `reachsim.calls` that
moto does not know needs its line in `FILLED`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Final

from tests.unit.collect.pipeline import REGION
from tests.unit.collect.server import Answer, as_json, xml

EC2: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
S3_BLOCKS: Final = ("3.5.152.0/21", "52.219.0.0/20")
PRIVATE_NAMES: Final = {
    "git-codecommit": f"git-codecommit.{REGION}.amazonaws.com",
    "codecommit": f"codecommit.{REGION}.amazonaws.com",
    "ecr.api": f"api.ecr.{REGION}.amazonaws.com",
    "ecr.dkr": f"*.dkr.ecr.{REGION}.amazonaws.com",
    "logs": f"logs.{REGION}.amazonaws.com",
    "sts": f"sts.{REGION}.amazonaws.com",
    "secretsmanager": f"secretsmanager.{REGION}.amazonaws.com",
}

_REPOSITORY: Final = {
    "accountId": "123456789012", "repositoryId": "08c7f884-ca7b-4b83-ad01-1ac5a01968f2", "repositoryName": "app",
    "Arn": f"arn:aws:codecommit:{REGION}:123456789012:app",
}  # fmt: skip
FILLED: Final[Mapping[str, Answer]] = {
    "ec2/DescribeVpcBlockPublicAccessOptions": xml(
        "DescribeVpcBlockPublicAccessOptions",
        "<vpcBlockPublicAccessOptions><awsAccountId>123456789012</awsAccountId><awsRegion>ap-northeast-1</awsRegion>"
        "<state>default-state</state><internetGatewayBlockMode>off</internetGatewayBlockMode>"
        "</vpcBlockPublicAccessOptions>",
    ),
    "ec2/DescribeVpcBlockPublicAccessExclusions": xml(
        "DescribeVpcBlockPublicAccessExclusions", "<vpcBlockPublicAccessExclusionSet/>"
    ),
    "ec2/DescribeVpcEndpointAssociations": xml("DescribeVpcEndpointAssociations", "<vpcEndpointAssociationSet/>"),
    "ec2/DescribeSecurityGroupVpcAssociations": xml(
        "DescribeSecurityGroupVpcAssociations", "<securityGroupVpcAssociationSet/>"
    ),
    "ec2/DescribeStaleSecurityGroups": xml("DescribeStaleSecurityGroups", "<staleSecurityGroupSet/>"),
    "ec2/GetManagedResourceVisibility": xml(
        "GetManagedResourceVisibility", "<visibility><defaultVisibility>visible</defaultVisibility></visibility>"
    ),
    "codebuild/ListFleets": as_json({"fleets": []}),
    "codebuild/ListReportGroups": as_json({"reportGroups": []}),
    "codecommit/ListRepositories": as_json({"repositories": [{"repositoryName": "app", "repositoryId": "08c7f884"}]}),
    "codecommit/BatchGetRepositories": as_json({"repositories": [_REPOSITORY], "repositoriesNotFound": []}),
    "directconnect/DescribeDirectConnectGateways": as_json({"directConnectGateways": []}),
    "logs/DescribeAccountPolicies": as_json({"accountPolicies": []}),
    "ecr/DescribePullThroughCacheRules": as_json({"pullThroughCacheRules": []}),
    "ecr/DescribeRepositoryCreationTemplates": as_json({"repositoryCreationTemplates": []}),
    "ecr/GetAccountSetting": as_json({"name": "REGISTRY_POLICY_SCOPE", "value": "V2"}),
    "ecr-public/DescribeRepositories": as_json({"repositories": []}),
    "network-firewall/ListFirewallPolicies": as_json({"FirewallPolicies": []}),
    "network-firewall/ListRuleGroups": as_json({"RuleGroups": []}),
    "route53resolver/ListFirewallRuleGroupAssociations": as_json({"FirewallRuleGroupAssociations": []}),
    "route53resolver/ListFirewallRuleGroups": as_json({"FirewallRuleGroups": []}),
    "route53resolver/ListFirewallDomainLists": as_json({"FirewallDomainLists": []}),
    "route53resolver/GetFirewallConfig": as_json({"FirewallConfig": {"FirewallFailOpen": "DISABLED"}}),
    "route53resolver/GetResolverConfig": as_json({"ResolverConfig": {"AutodefinedReverse": "ENABLED"}}),
    "route53profiles/GET /profileassociations": as_json({"ProfileAssociations": []}),
}


def answer(call: str, _body: bytes) -> Answer | None:
    return FILLED.get(call)


def mend(call: str, body: bytes) -> bytes:
    """moto's answer as AWS would give it."""
    if call not in ("ec2/DescribeNetworkInterfaces", "ec2/DescribeVpcEndpoints", "ec2/DescribePrefixLists",
                    "ec2/GetManagedPrefixListEntries"):  # fmt: skip
        return body
    ElementTree.register_namespace("", EC2)
    root = ElementTree.fromstring(re.sub(rb'xmlns="[^"]+"', f'xmlns="{EC2}"'.encode(), body, count=1))
    match call:
        case "ec2/DescribeVpcEndpoints":
            _private_names(root)
        case "ec2/DescribeNetworkInterfaces":
            _endpoint_interfaces(root)
        case "ec2/DescribePrefixLists":
            for item in root.iter(_tag("item")):
                if item.findtext(_tag("prefixListName")) == f"com.amazonaws.{REGION}.s3":
                    _blocks(item, "cidrSet", None)
        case "ec2/GetManagedPrefixListEntries":
            _blocks(root, "entrySet", "cidr")
    return ElementTree.tostring(root)


def _tag(name: str) -> str:
    return f"{{{EC2}}}{name}"


def _add(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, _tag(name))
    child.text = text
    return child


def _set(parent: ElementTree.Element, name: str, text: str) -> None:
    child = parent.find(_tag(name))
    (child if child is not None else _add(parent, name)).text = text


def _private_names(root: ElementTree.Element) -> None:
    """Gap: moto leaves the service's own name out of an endpoint's DNS entries; gateways have no private DNS."""
    for item in root.iter(_tag("item")):
        service = (item.findtext(_tag("serviceName")) or "").removeprefix(f"com.amazonaws.{REGION}.")
        if service == "s3":
            _set(item, "privateDnsEnabled", "false")
            _set(item, "vpcEndpointType", "Gateway")
        entries = item.find(_tag("dnsEntrySet"))
        if service in PRIVATE_NAMES and entries is not None:
            _add(_add(entries, "item"), "dnsName", PRIVATE_NAMES[service])


def _endpoint_interfaces(root: ElementTree.Element) -> None:
    """Gap: moto's endpoint interfaces lie outside their subnets, in the default group, and do not say what they are.

    moto gives those of the pipeline's instance an attachment, and all others belong to endpoints.
    """
    interfaces = root.find(_tag("networkInterfaceSet"))
    assert interfaces is not None
    for number, item in enumerate(interfaces.findall(_tag("item"))):
        if item.find(_tag("attachment")) is not None:
            continue
        zone = 11 if (item.findtext(_tag("availabilityZone")) or "").endswith("a") else 12
        address = f"10.10.{zone}.{20 + number}"
        _set(item, "interfaceType", "vpc_endpoint")
        _set(item, "status", "in-use")
        _set(item, "description", "VPC Endpoint Interface")
        for one in (item, *item.findall(f"{_tag('privateIpAddressesSet')}/{_tag('item')}")):
            _set(one, "privateIpAddress", address)
        groups = item.find(_tag("groupSet"))
        assert groups is not None
        for group in list(groups):
            groups.remove(group)
        group = _add(groups, "item")
        _add(group, "groupId", GROUP["endpoints"])
        _add(group, "groupName", "vpc-endpoints")


GROUP: dict[str, str] = {}
"""The endpoints' security group, by "endpoints": moto forgets which group an endpoint's interfaces have."""


def _blocks(parent: ElementTree.Element, name: str, key: str | None) -> None:
    """Gap: AWS's own prefix lists have no CIDR blocks in moto."""
    found = parent.find(_tag(name))
    blocks = found if found is not None else _add(parent, name)
    for block in () if len(blocks) else S3_BLOCKS:
        item = _add(blocks, "item", None if key else block)
        if key:
            _add(item, key, block)

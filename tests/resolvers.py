"""What the builder of networks lacks of Route 53: resolver endpoints, rules, DNS Firewall, Profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.build import Build

MANAGED = "Route 53 Resolver DNS Firewall"


def resolver_endpoint(
    net: Build, vpc: str, subnets: Mapping[str, str], groups: Sequence[str], direction: str = "INBOUND",
    name: str = "1", status: str = "OPERATIONAL",
) -> str:  # fmt: skip
    """An inbound or outbound resolver endpoint with one interface per (subnet, address); returns its id."""
    made = f"rslvr-{'in' if direction.startswith('IN') else 'out'}-{name}"
    for number, (subnet, address) in enumerate(subnets.items(), start=1):
        eni = net.interface(subnet, address, groups, name=f"{made}-{number}")
        net[eni]["Description"] = f"Route 53 Resolver: {made}:rni-{number}"
    net._add("route53resolver/list-resolver-endpoints", made, {
        "Id": made,
        "Direction": direction,
        "HostVPCId": vpc,
        "SecurityGroupIds": list(groups),
        "IpAddressCount": len(subnets),
        "Status": status,
    })  # fmt: skip
    return made


def forward_rule(
    net: Build, vpc: str, domain: str, targets: Sequence[str | dict[str, Any]] = (), endpoint: str | None = None,
    kind: str = "FORWARD", **more: Any,
) -> str:  # fmt: skip
    """A resolver rule associated with a VPC."""
    rules = net._lists["route53resolver/list-resolver-rules"]
    rule = f"rslvr-rr-{len(rules) + 1}"
    record: dict[str, Any] = {
        "Id": rule, "DomainName": f"{domain}." if domain != "." else ".", "RuleType": kind, "Status": "COMPLETE",
        "OwnerId": net.account,
        "TargetIps": [{"Ip": one, "Port": 53} if isinstance(one, str) else one for one in targets],
    }  # fmt: skip
    if endpoint:
        record["ResolverEndpointId"] = endpoint
    rules.append(record | more)
    use_rule(net, vpc, rule)
    return rule


def use_rule(net: Build, vpc: str, rule: str, status: str = "COMPLETE") -> None:
    """Associate a rule with a VPC."""
    net._lists["route53resolver/list-resolver-rule-associations"].append(
        {"Id": f"rslvr-rrassoc-{vpc}-{rule}", "ResolverRuleId": rule, "VPCId": vpc, "Status": status}
    )


def domain_list(net: Build, *domains: str, name: str = "1", managed: bool = False) -> str:
    """A list of domains; a managed one lists none."""
    made = f"rslvr-fdl-{name}"
    record: dict[str, Any] = {"Id": made, "Name": name}
    if managed:
        record["ManagedOwnerName"] = MANAGED
        net.put(f"route53resolver/list-firewall-domains/{made}", {"Error": {"Code": "AccessDeniedException"}})
    else:
        net.put(f"route53resolver/list-firewall-domains/{made}", {"Domains": [f"{one}." for one in domains]})
    path = "route53resolver/list-firewall-domain-lists"
    known = net._more.get(f"{net.account}/{net.region}/{path}.json", {"FirewallDomainLists": []})
    known["FirewallDomainLists"].append(record)
    net.put(path, known)
    return made


def firewall_group(net: Build, rules: Sequence[dict[str, Any]], name: str = "1") -> str:
    """A DNS Firewall rule group; rules: keys of FirewallRule, ``domains`` for a list made on the way."""
    made = f"rslvr-frg-{name}"
    records = []
    for number, rule in enumerate(rules, start=1):
        record = {"FirewallRuleGroupId": made, "Name": f"r{number}", "Priority": number * 10, "Action": "ALLOW", **rule}
        domains = record.pop("domains", None)
        if domains is not None:
            record["FirewallDomainListId"] = domain_list(net, *domains, name=f"{name}-{number}")
        records.append(record)
    net.put(f"route53resolver/list-firewall-rules/{made}", {"FirewallRules": records})
    return made


def use_firewall(net: Build, vpc: str, group: str, priority: int = 101) -> None:
    """Associate a rule group with a VPC."""
    net._lists["route53resolver/list-firewall-rule-group-associations"].append(
        {"Id": f"rslvr-frgassoc-{vpc}-{group}", "FirewallRuleGroupId": group, "VpcId": vpc, "Priority": priority,
         "Status": "COMPLETE"}
    )  # fmt: skip


def firewall(net: Build, vpc: str, *rules: dict[str, Any], name: str = "1", priority: int = 101) -> str:
    """A rule group, associated with a VPC."""
    group = firewall_group(net, rules, name)
    use_firewall(net, vpc, group, priority)
    return group


def profile(
    net: Build, vpc: str, *arns: str | tuple[str, int], name: str = "1", priority: int = 100, read: bool = True
) -> str:
    """A Route 53 Profile associated with a VPC; ``arns``: its resources, rule groups with their priority."""
    made = f"rp-{name}"
    net._lists["route53profiles/list-profile-associations"].append(
        {"Id": f"rpassoc-{name}", "ProfileId": made, "ResourceId": vpc, "Status": "COMPLETE", "Priority": priority}
    )
    resources = []
    for arn in arns:
        text, order = arn if isinstance(arn, tuple) else (arn, None)
        record: dict[str, Any] = {"ProfileId": made, "ResourceArn": text, "Status": "COMPLETE"}
        if order is not None:
            record["ResourceProperties"] = json.dumps({"priority": order})
        resources.append(record)
    if read:
        path = f"route53profiles/list-profile-resource-associations/{made}"
        net.put(path, {"ProfileResourceAssociations": resources})
    return made


def arn(net: Build, resource: str) -> str:
    """The ARN of a hosted zone, a resolver rule, a rule group or an endpoint, by its id."""
    place = f"{net.region}:{net.account}"
    if resource.startswith("rslvr-rr-"):
        return f"arn:aws:route53resolver:{place}:resolver-rule/{resource}"
    if resource.startswith("rslvr-frg-"):
        return f"arn:aws:route53resolver:{place}:firewall-rule-group/{resource}"
    if resource.startswith("vpce-"):
        return f"arn:aws:ec2:{place}:vpc-endpoint/{resource}"
    return f"arn:aws:route53:::hostedzone/{resource}"

"""What AWS Config's records leave out and other records of the same account and Region tell, or nothing tells.

- A route table's association with a gateway may stand there without the gateway: it is the internet gateway of the
  table's VPC if that has no virtual private gateway too.
- A firewall's record has no endpoints; an endpoint's tag ``Firewall`` names its firewall.
- Routes of transit gateways, records of hosted zones and registered targets are never recorded: a warning says so.

**Source:** AWS Config Developer Guide; AWS Network Firewall Developer Guide, "VPC endpoints" (tags
``AWSNetworkFirewallManaged``, ``Firewall``); Amazon VPC user guide, "Gateway route tables".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reachsim.importers.config_spelling import decoded, objects
from reachsim.importers.tree import Answers, Document


def complete(answers: Answers) -> list[str]:
    """Add to the answers, in place, what follows from them; returns warnings."""
    warnings: list[str] = []
    for place, held in sorted(answers.items()):
        where = "/".join(place)
        warnings += [f"{where}: {said}" for said in (*_edges(held), *_roles(held), *_never_recorded(held))]
        _firewalls(held)
    return warnings


def _records(answers: dict[str, Document], call: str, key: str) -> list[dict[str, Any]]:
    return objects(answers.get(call, {}).get(key))


def _edges(answers: dict[str, Document]) -> Iterator[str]:
    for table in _records(answers, "ec2/describe-route-tables", "RouteTables"):
        for association in objects(table.get("Associations")):
            if any(association.get(key) for key in ("Main", "SubnetId", "GatewayId")):
                continue
            gateways = _gateways(answers, str(table.get("VpcId")))
            if len(gateways) == 1 and gateways[0].startswith("igw-"):
                association["GatewayId"] = gateways[0]
                continue
            answers["ec2/describe-route-tables"]["NextToken"] = "not recorded"
            yield (
                f"{table.get('RouteTableId')} is associated with a gateway that its record does not name: "
                "the route tables count as not known"
            )


def _gateways(answers: dict[str, Document], vpc_id: str) -> list[str]:
    found = []
    for call, key, attached, name in (
        ("ec2/describe-internet-gateways", "InternetGateways", "Attachments", "InternetGatewayId"),
        ("ec2/describe-vpn-gateways", "VpnGateways", "VpcAttachments", "VpnGatewayId"),
    ):
        for gateway in _records(answers, call, key):
            if any(one.get("VpcId") == vpc_id for one in objects(gateway.get(attached))):
                found.append(str(gateway.get(name)))
    return found


def _roles(answers: dict[str, Document]) -> Iterator[str]:
    """IAM's one answer holds four kinds: without roles nobody can say that a role is not there."""
    details = answers.get("iam/get-account-authorization-details")
    if details is not None and "RoleDetailList" not in details and "NextToken" not in details:
        details["NextToken"] = "not recorded"
        yield "no record of a role is there: identities count as not known"


def _firewalls(answers: dict[str, Document]) -> None:
    states: dict[str, dict[str, Any]] = {}
    for endpoint in _records(answers, "ec2/describe-vpc-endpoints", "VpcEndpoints"):
        tags = objects(endpoint.get("Tags"))
        firewall = next((one.get("Value") for one in tags if one.get("Key") == "Firewall"), None)
        subnets = endpoint.get("SubnetIds")
        if isinstance(firewall, str) and isinstance(subnets, list) and subnets:
            attachment = {"SubnetId": subnets[0], "EndpointId": endpoint.get("VpcEndpointId"), "Status": "READY"}
            states.setdefault(firewall, {})[str(subnets[0])] = {"Attachment": attachment}
    for call, document in answers.items():
        if call.startswith("network-firewall/describe-firewall/"):
            found = states.get(str(decoded(document.get("Firewall")).get("FirewallArn")))
            if found:
                document["FirewallStatus"] = {"SyncStates": found} | decoded(document.get("FirewallStatus"))


def _never_recorded(answers: dict[str, Document]) -> Iterator[str]:
    for call, key, name, what in (
        ("ec2/describe-transit-gateway-route-tables", "TransitGatewayRouteTables", "TransitGatewayRouteTableId",
         "Config records no routes, associations or propagations of {}: ways through it cannot be decided"),
        ("elbv2/describe-target-groups", "TargetGroups", "TargetGroupName",
         "Config does not record the health of the targets of {}: what load balancers send there cannot be decided"),
    ):  # fmt: skip
        names = [str(one.get(name)) for one in _records(answers, call, key)]
        if names:
            yield what.format(", ".join(names[:5]) + (" and others" if len(names) > 5 else ""))
    zones = [
        one
        for one in _records(answers, "route53/list-hosted-zones", "HostedZones")
        if decoded(one.get("Config")).get("PrivateZone")
    ]
    if zones:
        names = [str(one.get("Name")) for one in zones]
        yield f"Config records no records of private hosted zones: names in {', '.join(names[:5])} cannot be decided"

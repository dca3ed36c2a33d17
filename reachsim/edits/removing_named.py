"""What is gone with a resource that no other file tells of by its id alone: zones, resolvers' parts, transit gateway
route tables, VPN connections, load balancers, fleets, roles, policies, repositories, buckets, log groups, functions.

**Source:** the lists of each call in the snapshot format (DESIGN); IAM User Guide, "Deleting policies": a managed
policy is detached from all that it is attached to first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from reachsim.edits.draft import Draft
from reachsim.errors import QuestionError


class Listed(NamedTuple):
    """Where resources of a kind are listed: the call, the key of its list, the field that names one."""

    service: str
    operation: str
    key: str
    field: str
    is_global: bool = False


_IAM: Final = ("iam", "get-account-authorization-details")
_LISTED: Final[tuple[tuple[str, Listed], ...]] = (
    ("/hostedzone/", Listed("route53", "list-hosted-zones", "HostedZones", "Id", True)),
    ("rslvr-rr-", Listed("route53resolver", "list-resolver-rules", "ResolverRules", "Id")),
    ("tgw-rtb-", Listed("ec2", "describe-transit-gateway-route-tables", "TransitGatewayRouteTables",
                        "TransitGatewayRouteTableId")),
    (":role/", Listed(*_IAM, "RoleDetailList", "Arn", True)),
    (":user/", Listed(*_IAM, "UserDetailList", "Arn", True)),
    (":policy/", Listed(*_IAM, "Policies", "Arn", True)),
    ("ecr:", Listed("ecr", "describe-repositories", "repositories", "repositoryName")),
    ("s3:", Listed("s3api", "list-buckets", "Buckets", "Name", True)),
    ("lambda:", Listed("lambda", "list-functions", "Functions", "FunctionName")),
    ("codecommit:", Listed("codecommit", "list-repositories", "repositories", "repositoryName")),
    ("logs:", Listed("logs", "describe-log-groups", "logGroups", "logGroupName")),
    ("rslvr-in-", Listed("route53resolver", "list-resolver-endpoints", "ResolverEndpoints", "Id")),
    ("rslvr-out-", Listed("route53resolver", "list-resolver-endpoints", "ResolverEndpoints", "Id")),
    ("rslvr-frg-", Listed("route53resolver", "list-firewall-rule-group-associations", "FirewallRuleGroupAssociations",
                          "FirewallRuleGroupId")),
    ("rp-", Listed("route53profiles", "list-profile-associations", "ProfileAssociations", "ProfileId")),
    ("vpn-", Listed("ec2", "describe-vpn-connections", "VpnConnections", "VpnConnectionId")),
    ("cagw-", Listed("ec2", "describe-carrier-gateways", "CarrierGateways", "CarrierGatewayId")),
    ("eipalloc-", Listed("ec2", "describe-addresses", "Addresses", "AllocationId")),
    (":loadbalancer/", Listed("elbv2", "describe-load-balancers", "LoadBalancers", "LoadBalancerArn")),
    (":fleet/", Listed("codebuild", "batch-get-fleets", "fleets", "arn")),
)  # fmt: skip
_SELECTORS: Final = ("ecr:", "s3:", "lambda:", "codecommit:", "logs:")


def is_named(component: str) -> bool:
    """Whether a component is one of these by its name."""
    return _listed(_spelled(component)) is not None


def remove_named(draft: Draft, component: str) -> None:
    """Delete one of these. Raises QuestionError if it is not in the snapshot."""
    spelled = _spelled(component)
    listed = _listed(spelled)
    assert listed is not None
    name = spelled.partition(":")[2] if spelled.startswith(_SELECTORS) else spelled
    gone: list[Any] = []
    for rows in _rows(draft, listed):
        gone += [one for one in rows if one.get(listed.field) == name]
        rows[:] = [one for one in rows if one.get(listed.field) != name]
    if not gone:
        raise QuestionError(f"{component} is not in the snapshot", "NO_SUCH_COMPONENT")
    _drop_files(draft, listed, name.rpartition("/hostedzone/")[2])
    for mark, also in _ALSO.items():
        if mark in spelled:
            also(draft, name)
    for one in gone if spelled.startswith("eipalloc-") else ():
        _released(draft, str(one.get("PublicIp")))


def _spelled(component: str) -> str:
    """A repository's or bucket's ARN as its selector, a zone's id as Route 53 lists it."""
    if component.startswith("arn:") and ":ecr:" in component and ":repository/" in component:
        return f"ecr:{component.partition(':repository/')[2]}"
    if component.startswith("arn:") and ":s3:::" in component:
        return f"s3:{component.partition(':s3:::')[2]}"
    return f"/hostedzone/{component}" if component.startswith("Z") and component.isalnum() else component


def _listed(spelled: str) -> Listed | None:
    return next((listed for mark, listed in _LISTED
                 if spelled.startswith(mark) or (spelled.startswith("arn:") and mark in spelled)), None)  # fmt: skip


def _rows(draft: Draft, listed: Listed) -> Iterator[list[Any]]:
    for path in draft.network.snapshot.paths:
        account, _, rest = path.partition("/")
        region, _, rest = rest.partition("/")
        here = rest == f"{listed.service}/{listed.operation}.json" and (region == "global") == listed.is_global
        rows = draft.document(path).get(listed.key) if account and here else None
        if isinstance(rows, list):
            yield rows


def _drop_files(draft: Draft, listed: Listed, name: str) -> None:
    """The files of the resource itself."""
    for path in draft.network.snapshot.paths:
        parts = path.split("/")
        named = parts[-1].removesuffix(".json") == name.replace("/", "%2F")
        if len(parts) == 5 and parts[2] == listed.service and named and listed.service != "iam":
            draft.put(path, None)


def _detached(draft: Draft, policy: str) -> None:
    for key in ("RoleDetailList", "UserDetailList", "GroupDetailList"):
        for rows in _rows(draft, Listed(*_IAM, key, "Arn", True)):
            for one in rows:
                held = one.get("AttachedManagedPolicies") or []
                held[:] = [each for each in held if each.get("PolicyArn") != policy]


def _dissociated(draft: Draft, rule: str) -> None:
    for rows in _rows(draft, Listed("route53resolver", "list-resolver-rule-associations", "ResolverRuleAssociations",
                                    "Id")):  # fmt: skip
        rows[:] = [one for one in rows if one.get("ResolverRuleId") != rule]


def _without_table(draft: Draft, table: str) -> None:
    for one in draft.rows("describe-transit-gateway-attachments", "TransitGatewayAttachments"):
        if (one.get("Association") or {}).get("TransitGatewayRouteTableId") == table:
            del one["Association"]


def _without_interfaces(draft: Draft, told: str) -> None:
    """The interfaces that AWS made, by what their descriptions begin with."""
    for file in draft.files("describe-network-interfaces"):
        rows = draft.document(file).get("NetworkInterfaces") or []
        rows[:] = [one for one in rows if not str(one.get("Description") or "").startswith(told)]


def _without_resolver(draft: Draft, endpoint: str) -> None:
    _without_interfaces(draft, f"Route 53 Resolver: {endpoint}:")


def _without_balancer(draft: Draft, arn: str) -> None:
    _without_interfaces(draft, f"ELB {arn.partition(':loadbalancer/')[2]}")


def _without_tunnels(draft: Draft, connection: str) -> None:
    """The attachment of a VPN connection to a transit gateway."""
    for file in draft.files("describe-transit-gateway-attachments"):
        rows = draft.document(file).get("TransitGatewayAttachments") or []
        rows[:] = [one for one in rows if one.get("ResourceId") != connection]


def _released(draft: Draft, address: str) -> None:
    """An Elastic IP address given back: who had it has none, but a NAT gateway keeps its own (EC2: ReleaseAddress)."""
    for nat in draft.rows("describe-nat-gateways", "NatGateways"):
        if any(one.get("PublicIp") == address for one in nat.get("NatGatewayAddresses") or ()):
            what = f"{address} is the address of {nat.get('NatGatewayId')}, which AWS does not take from it"
            raise QuestionError(what, "BAD_EDIT")
    for eni in draft.rows("describe-network-interfaces", "NetworkInterfaces"):
        for holder in (eni, *(eni.get("PrivateIpAddresses") or ())):
            if (holder.get("Association") or {}).get("PublicIp") == address:
                del holder["Association"]
    for reservation in draft.rows("describe-instances", "Reservations"):
        for instance in reservation.get("Instances") or ():
            if instance.get("PublicIpAddress") == address:
                del instance["PublicIpAddress"]
            for holder in instance.get("NetworkInterfaces") or ():
                if (holder.get("Association") or {}).get("PublicIp") == address:
                    del holder["Association"]


_ALSO: Final[dict[str, Callable[[Draft, str], None]]] = {
    ":policy/": _detached, "rslvr-rr-": _dissociated, "tgw-rtb-": _without_table, "rslvr-in-": _without_resolver,
    "rslvr-out-": _without_resolver, ":loadbalancer/": _without_balancer, "vpn-": _without_tunnels,
}  # fmt: skip

"""Which questions to put to both snapshots, and which sources no change can touch.

A rule of a security group, an entry of a network ACL, a route and an endpoint's policy are read only by traffic that
comes past: of a source's own interfaces and subnets, or of what stands in between (endpoints, NAT gateways,
appliances, load balancers, attachments) in a VPC that it can get to. Every other change is taken to touch everybody:
an interface's address, for one, changes what ``internet`` means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reachsim.changes import Change
from reachsim.check import STARTERS, Need, needs_of, pipeline_sources
from reachsim.check.code import contacts_of_project
from reachsim.check.needs import SERVICES
from reachsim.config import Config
from reachsim.diff.cells import Asked
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

_LABELS = frozenset({"Tags", "TagSet", "tags", "Description", "description"})
_NAMED = ("service", "host", "ecr", "s3", "codecommit", "logs")
_KNOWN = ("codebuild", "i", "eni")


def sources_of(before: Network, after: Network, chosen: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the sources of both snapshots, files without which the newer one may have more)."""
    if chosen:
        return tuple(dict.fromkeys(chosen)), ()
    older, _ = pipeline_sources(before)
    newer, lacking = pipeline_sources(after)
    return tuple(dict.fromkeys((*newer, *older))), lacking


def questions(
    before: Network, after: Network, source: str, targets: Sequence[str], config: Config
) -> tuple[tuple[Asked, bool], ...]:
    """(question, whether a step of the pipeline needs it), of a source: check's, or those to the chosen targets.

    The configuration tells where the files of builds are; those that the snapshots hold count besides.
    """
    needs = [need for network in (before, after) for need in _needs(network, source, config) if need.destination]
    wanted: list[tuple[str, str | None, int | None]] = [(target, "tcp", 443) for target in SERVICES]
    wanted += [*(need.asked for need in needs), ("internet", None, None)]
    if targets:
        named = [target for target in targets if parse_selector(target).kind in _NAMED]
        wanted = [(target, "tcp", 443) if target in named else (target, None, None) for target in targets]
    found: list[tuple[Asked, bool]] = []
    for target, protocol, port in dict.fromkeys(wanted):
        mine = [need for need in needs if need.asked == (target, protocol, port)]
        requests = {str(request): request for need in mine for request in need.requests}
        found.append((Asked(source, target, protocol, port, tuple(requests.values())), bool(mine)))
    if not targets and source != "internet":
        found.append((Asked("internet", source), False))
    return tuple(found)


def _needs(network: Network, source: str, config: Config) -> tuple[Need, ...]:
    selector = parse_selector(source)
    folders = {name: config.folder / place for name, place in config.code.items()}
    contacts = contacts_of_project(network, selector.value, folders, config) if selector.kind == "codebuild" else None
    return needs_of(network, source, contacts) if selector.kind in STARTERS else ()


def matters_not(change: Change) -> bool:
    """Whether a change is one of names and descriptions only."""
    return all(_LABELS & set(atom.path) for atom in change.atoms)


def touched(after: Network, changes: Iterable[Change], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
    """The sources that a change can touch."""
    found: set[str] = set()
    reach = Reaches(after)
    for change in changes:
        if matters_not(change):
            continue
        for source in sources:
            if source not in found and (targets or not reach.spares(source, change)):
                found.add(source)
    return [source for source in sources if source in found]


class Reaches:
    """What traffic of a source can come past, by a network's plan alone."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._zones = any("/route53/get-hosted-zone/" in path for path in network.snapshot.paths)
        self._joined = _joined(network)
        self._between = [one for one in network.network_interfaces.values() if _stands_between(network, one)]

    def spares(self, source: str, change: Change) -> bool:
        """Whether a change surely changes nothing for a source."""
        kind = _local(change)
        if kind is None or self._zones:
            return False
        own = self._own(source)
        if own is None:
            return False
        vpc, subnets, groups = own
        near = self._joined.get(vpc, frozenset((vpc,)))
        between = [one for one in self._between if one.vpc_id in near]
        component, network = change.component, self.network
        if kind == "vpc-endpoint":
            endpoint = network.vpc_endpoints.get(component)
            return endpoint is not None and endpoint.vpc_id not in near
        if kind == "security-group":
            return component not in groups and all(
                component not in (each.group_id for each in one.groups) for one in between
            )
        crossed = {*subnets, *(one.subnet_id or "" for one in between), *self._attached_subnets(near)}
        if kind == "network-acl":
            used = [network.network_acl_of(subnet) for subnet in crossed if subnet]
            return component not in (one.network_acl_id for one in used if one is not None)
        tables = [network.route_table_of(subnet) for subnet in crossed if subnet]
        record = network.route_tables.get(component)
        edge = record is not None and any(one.gateway_id for one in record.associations)
        return not edge and component not in (one.route_table_id for one in tables if one is not None)

    def _own(self, source: str) -> tuple[str, frozenset[str], frozenset[str]] | None:
        """(VPC, subnets, security groups) of a source, of the kinds of which they are plain to see."""
        selector = parse_selector(source)
        network = self.network
        if selector.kind == "codebuild":
            found = find_project(network, selector.value)
            config = found[1].vpc_config if found else None
            if found is None or config is None or not config.vpc_id or found[1].environment.fleet is not None:
                return None
            return config.vpc_id, frozenset(config.subnets), frozenset(config.security_group_ids)
        if selector.kind not in _KNOWN:
            return None
        mine = [one for one in network.interfaces.values() if selector.value in (one.id, one.instance_id)]
        vpcs = {one.vpc_id for one in mine}
        if len(vpcs) != 1:
            return None
        groups = frozenset(group for one in mine for group in one.groups)
        return vpcs.pop(), frozenset(one.subnet_id for one in mine), groups

    def _attached_subnets(self, near: Iterable[str]) -> set[str]:
        attachments = self.network.transit_gateway_vpc_attachments.values()
        return {subnet for one in attachments if (one.vpc_id or "") in near for subnet in one.subnet_ids}


def _local(change: Change) -> str | None:
    """The kind of component whose contents alone changed, if that is all that a change is."""
    if change.kind not in ("security-group", "network-acl", "route-table", "vpc-endpoint"):
        return None
    inside = {
        "security-group": ("IpPermissions", "IpPermissionsEgress"), "network-acl": ("Entries",),
        "route-table": ("Routes",), "vpc-endpoint": ("PolicyDocument",),
    }[change.kind]  # fmt: skip
    return change.kind if all(len(one.path) > 2 and one.path[2] in inside for one in change.atoms) else None


def _stands_between(network: Network, record: aws.NetworkInterface) -> bool:
    """Whether traffic of others may cross an interface, or is meant to reach it by a service's name."""
    plain = record.interface_type in (None, "interface") and record.source_dest_check is not False
    managed = record.network_interface_id in network.endpoint_of_interface or (record.description or "").startswith(
        "ELB"
    )
    return not plain or managed


def _joined(network: Network) -> dict[str, frozenset[str]]:
    """VPC → every VPC that peering connections and transit gateways may lead to."""
    links: list[set[str]] = []
    for peering in network.vpc_peering_connections.values():
        links.append({end.vpc_id for end in (peering.requester_vpc_info, peering.accepter_vpc_info) if end.vpc_id})
    links.append({one.vpc_id for one in network.transit_gateway_vpc_attachments.values() if one.vpc_id})
    found: dict[str, set[str]] = {vpc: {vpc} for vpc in network.vpcs}
    for link in links:
        merged = set().union(*(found.get(vpc, {vpc}) for vpc in link)) if link else set()
        for vpc in merged:
            found[vpc] = merged
    return {vpc: frozenset(near) for vpc, near in found.items()}

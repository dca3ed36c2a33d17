"""What a selector stands for as a destination: addresses to reach or a name to resolve, and what its use asks of APIs.

**Source:** DESIGN, "Selectors".
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import msgspec

from reachsim import services
from reachsim.addresses import V6
from reachsim.dns.joined import found_file
from reachsim.dns.load_balancers import balancer_nodes
from reachsim.dns.names import private_names
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block, Gap
from reachsim.intervals import EMPTY, Index, IntervalSet
from reachsim.model import records as aws
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.selectors import Selector, block_of, check_named
from reachsim.sources import any_interface, gone, interfaces_of_instance, no_interfaces, not_found, unattached, workload

_AWS_RESOURCES: Final = ("ecr", "s3", "codecommit", "logs")
"""Kinds of selectors that name a resource of an AWS service."""


class Destination(msgspec.Struct, frozen=True, dict=True):
    """What is asked for, as far as it does not depend on who asks.

    Either ``addresses`` (the asker's choice) or a ``name`` to resolve. ``interfaces`` are those that the addresses
    belong to, ``via`` a gateway that the way must lead through, ``by_chance`` says that the client does not choose
    among the addresses. ``receivers`` are the virtual interfaces of builds and tasks, or what could be in a subnet
    without interfaces; ``blocks`` say that nothing is ever reached.
    """

    selector: Selector
    addresses: IntervalSet = EMPTY
    name: str = ""
    interfaces: tuple[Interface, ...] = ()
    via: str = ""
    by_chance: bool = False
    receivers: tuple[Interface, ...] = ()
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    def vpcs_at(self, addresses: IntervalSet) -> set[str]:
        """The VPCs of those of its interfaces that have one of the addresses."""
        if len(self.interfaces) == 1:
            one = self.interfaces[0]
            return set() if one.addresses.isdisjoint(addresses) else {one.vpc_id}
        vpc_ids, index = self._by_vpc
        return {vpc_ids[place] for place in index.meeting(addresses)}

    @cached_property
    def _by_vpc(self) -> tuple[list[str], Index]:
        found: dict[str, list[IntervalSet]] = {}
        for one in self.interfaces:
            found.setdefault(one.vpc_id, []).append(one.addresses)
        return list(found), Index(map(IntervalSet.union_of, found.values()))


def destination(network: Network, selector: Selector, home: Home, *, from_outside: bool = False) -> Destination:
    """What a destination selector stands for, asked from a home (account and Region).

    A resource stands for its private (and IPv6) addresses; asked from outside every VPC for its public ones.
    Raises QuestionError as `sources` does.
    """
    kind, value = selector.kind, selector.value
    if kind == "ip":
        block = block_of(value)
        return Destination(selector, block, interfaces=network.interfaces_with(block))
    if kind == "internet":
        return Destination(selector, network.with_nat64(network.internet_addresses))
    if kind == "host":
        balancer = balancer_nodes(network, value)
        return Destination(selector, name=value, interfaces=balancer[1] if balancer is not None else ())
    if kind == "service":
        return Destination(selector, name=service_host(network, value, home))
    if kind in _AWS_RESOURCES:
        return _aws_resource(network, selector, home)
    if kind in ("igw", "nat"):
        collection = network.internet_gateways if kind == "igw" else network.nat_gateways
        if value not in collection:
            operation = "describe-internet-gateways" if kind == "igw" else "describe-nat-gateways"
            return Destination(selector, gaps=(not_found(network, selector, operation),))
        loose = unattached(network, value)
        if loose is not None:
            return Destination(selector, blocks=(loose,))
        every = network.internet_addresses | network.aws_addresses
        return Destination(selector, network.with_nat64(every) if kind == "nat" else every, via=value)
    return _resource(network, selector, from_outside=from_outside)


def service_host(network: Network, suffix: str, home: Home) -> str:
    """The host name of an AWS service: by the table, else as an endpoint of the snapshot names it.

    Raises QuestionError for a service of neither.
    """
    account, region = home
    check_named(suffix, network)
    if not services.is_known(suffix):
        for _, one in sorted(network.vpc_endpoints.items()):
            if services.suffix_of_service_name(one.service_name) == (suffix, region):
                names = [name for name in private_names(network, one)[0] if not name.startswith("*")]
                return next(iter(names), services.host(suffix, region, account))
    return services.host(suffix, region, account)


def _aws_resource(network: Network, selector: Selector, home: Home) -> Destination:
    """The host that serves a repository, bucket or log group.

    Raises QuestionError if the file that would list it is there and lacks it (a bucket may be another account's).
    """
    account, region = home
    kind, value = selector.kind, selector.value
    known = _listed(network, kind, home)
    if known is not None and value not in known:
        raise QuestionError(f"{selector} is not in the snapshot", "NO_SOURCE_OR_DESTINATION", str(selector))
    if kind == "s3":
        bucket = value.partition("/")[0]
        name = services.host("s3", bucket_region(network, bucket, account) or region, account)
        return Destination(selector, name=name if "." in bucket else f"{bucket}.{name}")
    suffix = {"ecr": "ecr.dkr", "codecommit": "git-codecommit", "logs": "logs"}[kind]
    return Destination(selector, name=services.host(suffix, region, account))


def bucket_region(network: Network, bucket: str, account: str) -> str | None:
    """The Region that a bucket is in, by its location or its account's list; None where the snapshot does not tell."""
    path = found_file(network, (account, "global"), "s3api", "get-bucket-location", bucket)
    answer = network.read(path, aws.BucketLocation)
    if answer is not None:
        return answer.region
    for one in dict.fromkeys((account, *network.snapshot.accounts())):
        path = network.path((one, "global"), "s3api", "list-buckets")
        for held in network.read_collection(path, "Buckets", aws.Bucket):
            if held.name == bucket:
                return held.bucket_region
    return None


def _listed(network: Network, kind: str, home: Home) -> set[str] | None:
    """The names of all resources of a kind in a home; None if the file that would list them is missing."""
    if kind == "logs":
        path = network.path(home, "logs", "describe-log-groups")
        groups = network.read_collection(path, "logGroups", aws.LogGroup)
        return {one.log_group_name for one in groups} if network.lists_all(path) else None
    calls = {"ecr": ("ecr", "describe-repositories"), "codecommit": ("codecommit", "list-repositories")}
    if kind not in calls:
        return None
    path = network.path(home, *calls[kind])
    names = {one.repository_name for one in network.read_collection(path, "repositories", aws.Repository)}
    return names if network.lists_all(path) else None


def implied_requests(selector: Selector, home: Home) -> list[dict[str, str]]:
    """The API requests that the use of a resource implies: a pull, a read, a clone, a line in the log.

    They go to the resource of that name in the asker's account and Region; nothing for other selectors.
    """
    kind, value = selector.kind, selector.value
    if kind not in _AWS_RESOURCES:
        return []
    account, region = home
    partition = services.partition_of(region)
    implied: dict[str, tuple[str, tuple[str, ...]]] = {
        "ecr": (f"ecr:{region}:{account}:repository/{value}", services.ECR_DOWNLOAD),
        "s3": (f"s3:::{value if '/' in value else f'{value}/*'}", ("s3:GetObject",)),
        "codecommit": (f"codecommit:{region}:{account}:{value}", ("codecommit:GitPull",)),
        "logs": (f"logs:{region}:{account}:log-group:{value}:*", ("logs:PutLogEvents",)),
    }
    arn, actions = implied[kind]
    return [{"action": action, "resource": f"arn:{partition}:{arn}"} for action in actions]


def _resource(network: Network, selector: Selector, *, from_outside: bool) -> Destination:
    kind, value = selector.kind, selector.value
    if kind in ("codebuild", "ecs", "lambda"):
        return _workload_destination(network, selector)
    if kind == "vpce":
        return _endpoint_destination(network, value)
    found, operation = _interfaces_of(network, selector)
    terminated = gone(network, value, "ingress") if not found else None
    if terminated is not None:
        return Destination(selector, blocks=(terminated,))
    if not found:
        gaps = _gap_or_error(network, selector, operation)
        return Destination(selector, gaps=gaps) if gaps else _whatever_could_be_in(network, selector, from_outside)
    held = [((one.addresses & V6) | one.public_addresses) if from_outside else one.addresses for one in found]
    return Destination(selector, held[0] if len(held) == 1 else IntervalSet.union_of(held), interfaces=found)


def _whatever_could_be_in(network: Network, selector: Selector, from_outside: bool) -> Destination:
    """A subnet or VPC without interfaces: any that could be there, as `reachsim.sources` has it of one that sends."""
    subnets = (selector.value,) if selector.kind == "subnet" else network.subnets_of(selector.value)
    made = tuple(any_interface(network, one, "public" if from_outside else "any") for one in subnets)
    addresses = IntervalSet.union_of(one.addresses for one in made)
    detail = f"{selector} has no interface: any that could be in it, with any security group of its VPC"
    assumption = Assumption("ANY_INTERFACE_OF_SUBNET", selector.value, detail)
    return Destination(selector, addresses, interfaces=made, receivers=made, assumptions=(assumption,))


def _interfaces_of(network: Network, selector: Selector) -> tuple[tuple[Interface, ...], str]:
    kind, value = selector.kind, selector.value
    if kind == "eni":
        one = network.interfaces.get(value)
        return ((one,) if one else ()), "describe-network-interfaces"
    if kind == "i":
        operation = "describe-network-interfaces" if value in network.instances else "describe-instances"
        return interfaces_of_instance(network, value), operation
    if kind == "subnet":
        return tuple(
            network.interfaces_in(value)
        ), "describe-network-interfaces" if value in network.subnets else "describe-subnets"
    if kind == "vpc":
        operation = "describe-network-interfaces" if value in network.vpcs else "describe-vpcs"
        return tuple(network.interfaces_of_vpcs((value,))), operation
    raise QuestionError(f"{selector} cannot be a destination", "BAD_DESTINATION")


def _gap_or_error(network: Network, selector: Selector, operation: str) -> tuple[Gap, ...]:
    if selector.kind in ("subnet", "vpc") and operation == "describe-network-interfaces":
        home = network.home_of(selector.value)
        lacking = network.lacks(home, operation)
        if not lacking:
            return ()
        return (
            Gap("UNKNOWN_RESOURCE", selector.value, f"the interfaces in {selector} are not in the snapshot", lacking),
        )
    if selector.kind == "i" and operation == "describe-network-interfaces":
        return (no_interfaces(network, selector),)
    return (not_found(network, selector, operation),)


def _workload_destination(network: Network, selector: Selector) -> Destination:
    """Builds and tasks, at whatever addresses of their subnets they get; a function takes no connections.

    Which placement a build or task gets is chance. Addresses that other interfaces hold are not theirs.
    """
    made = workload(network, selector)
    if selector.kind == "lambda":
        detail = f"{selector} takes no connections: a function is invoked through Lambda's API"
        why = Block("NO_POSSIBLE_DESTINATION", str(selector), None, None, "request", "ingress", "timeout", detail)
        return Destination(selector, blocks=(why,))
    gaps = tuple(gap for one in made for gap in one.gaps)
    found = tuple(_free(network, one.origin.interface) for one in made if one.origin.interface is not None)
    addresses = IntervalSet.union_of(one.addresses for one in found)
    return Destination(selector, addresses, interfaces=found, by_chance=True, receivers=found, gaps=gaps)


def _free(network: Network, interface: Interface) -> Interface:
    held = IntervalSet.union_of(one.addresses for one in network.interfaces_in(interface.subnet_id))
    return msgspec.structs.replace(interface, addresses=interface.addresses - held)


def _endpoint_destination(network: Network, endpoint_id: str) -> Destination:
    selector = Selector("vpce", endpoint_id)
    endpoint = network.vpc_endpoints.get(endpoint_id)
    if endpoint is None:
        return Destination(selector, gaps=(not_found(network, selector, "describe-vpc-endpoints"),))
    known = services.suffix_of_service_name(endpoint.service_name)
    if endpoint.vpc_endpoint_type == "Gateway":
        suffix, region = known or ("", "")
        addresses = network.service_prefix_list(suffix, region)
        if addresses is None:
            path = network.path(network.home_of(endpoint_id), "ec2", "describe-prefix-lists")
            detail = f"the prefix list of {endpoint.service_name} is not in the snapshot"
            return Destination(selector, gaps=(Gap("UNKNOWN_RESOURCE", endpoint_id, detail, (path,)),))
        return Destination(selector, addresses, via=endpoint_id)
    found = tuple(network.interfaces[one] for one in endpoint.network_interface_ids if one in network.interfaces)
    if not found and endpoint.state.standing("available", "partial") == "does-not":
        detail = f"{network.label(endpoint_id)} is {endpoint.state} and has no network interface"
        why = Block("BAD_STATE", endpoint_id, None, None, "request", "ingress", "timeout", detail)
        return Destination(selector, blocks=(why,))
    unseen = [one for one in endpoint.network_interface_ids if one not in network.interfaces]
    if unseen or not found:
        path = network.path(network.home_of(endpoint_id), "ec2", "describe-network-interfaces")
        which = f"{unseen[0]} of {network.label(endpoint_id)} is" if found else (
            f"the interfaces of {network.label(endpoint_id)} are"
        )  # fmt: skip
        gap = Gap("UNKNOWN_RESOURCE", endpoint_id, f"{which} not in the snapshot", network.unknown(path))
        return Destination(selector, gaps=(gap,))
    addresses = IntervalSet.union_of(one.addresses for one in found)
    return Destination(selector, addresses, interfaces=found, by_chance=True)

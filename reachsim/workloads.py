"""Builds, tasks and functions: what has a network interface only while it runs.

CodeBuild projects, ECS services and Lambda functions are judged from their configuration, one virtual interface per
subnet that AWS may place them in; without a VPC they run on AWS's own network, with open internet access. Where AWS
does not document which of two configurations a build gets, it is placed by both.

**Source:** "Use AWS CodeBuild with Amazon Virtual Private Cloud" and "Reserved capacity fleet properties" (CodeBuild;
facts N32, N210 to N212, P11, P65), "Amazon ECS task networking options" and API_AwsVpcConfiguration (public addresses
are for Fargate tasks only; without groups the VPC's default group), "Giving Lambda functions access to resources in an
Amazon VPC" (no public address, IPv6 only where allowed), "Custom network ACLs" (ephemeral ports, N113).
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from reachsim.addresses import V4, V6
from reachsim.evidence import Assumption, Gap
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.interfaces import Interface, virtual_interface
from reachsim.model.network import Network
from reachsim.model.places import Home

LINUX_PORTS: Final = IntervalSet.span(32768, 60999)
WINDOWS_PORTS: Final = IntervalSet.span(49152, 65535)
ANY_CLIENT_PORTS: Final = IntervalSet.span(1024, 65535)


class Placement(msgspec.Struct, frozen=True):
    """One place where AWS may run it: an interface in a VPC, AWS's own network (no interface), or not known (gaps).

    ``fleet`` is the reserved capacity fleet that it runs on there, whose managed proxy applies outside VPCs.
    """

    interface: Interface | None = None
    fleet: str = ""
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


class Workload(Struct, frozen=True):
    """A project, service or function; chance picks among the placements."""

    home: Home
    role: str | None
    client_ports: IntervalSet
    placements: tuple[Placement, ...]


# --- CodeBuild ------------------------------------------------------------------------------------------------------


def find_project(network: Network, name: str) -> tuple[Home, aws.Project] | None:
    return next(((home, project) for (home, known), project in network.projects.items() if known == name), None)


def project(network: Network, name: str) -> Workload | None:
    """A CodeBuild project: one interface per subnet of its vpcConfig, or of its fleet's (N210 to N212, P11, P65)."""
    found = find_project(network, name)
    if found is None:
        return None
    home, record = found
    ports = _ports_of(record.environment.type or "")
    return Workload(home, record.service_role, ports, _build_placements(network, home, record))


def _ports_of(environment: str) -> IntervalSet:
    """The ephemeral ports of a build environment's system; macOS has the range of RFC 6335, as Windows does."""
    return WINDOWS_PORTS if "WINDOWS" in environment or environment.startswith("MAC") else LINUX_PORTS


def fleet_of(network: Network, record: aws.Project) -> tuple[str, aws.Fleet | None]:
    """(ARN of the fleet that a project runs on or "", its record); Lambda compute has no fleet of its own."""
    arn = (record.environment.fleet.fleet_arn if record.environment.fleet else None) or ""
    return arn, network.fleets.get(arn)


def leaves_vpc_on_overflow(network: Network, record: aws.Project) -> bool:
    """Whether overflowing builds of a fleet in a VPC run outside: on demand, by a project without vpcConfig (P65)."""
    _, fleet = fleet_of(network, record)
    overflows = fleet is not None and fleet.overflow_behavior == "ON_DEMAND"
    return overflows and fleet is not None and _subnets(fleet.vpc_config) != () and _subnets(record.vpc_config) == ()


def _subnets(config: aws.VpcConfig | None) -> tuple[str, ...]:
    return config.subnets if config is not None else ()


def _build_placements(network: Network, home: Home, record: aws.Project) -> tuple[Placement, ...]:
    selector = f"codebuild:{record.name}"
    if "LAMBDA" in (record.environment.type or ""):
        return (Placement(),)  # cannot be in a VPC (P11)
    arn, fleet = fleet_of(network, record)
    if not arn:
        return _by_config(network, home, selector, record.vpc_config)
    if fleet is None:
        path = network.path(home, "codebuild", "batch-get-fleets")
        gap = Gap("UNKNOWN_RESOURCE", selector, f"fleet {arn} of {selector} is not in the snapshot", (path,))
        return (Placement(gaps=(gap,)),)
    on_fleet = _by_config(network, home, selector, fleet.vpc_config, fleet=arn)
    status = fleet.status.status_code if fleet.status is not None else "ACTIVE"
    on_fleet = _unless_active(on_fleet, arn, f"fleet {fleet.name or arn} of {selector}", status)
    own = _by_config(network, home, selector, record.vpc_config)
    differ = _where(fleet.vpc_config) != _where(record.vpc_config)
    placed = on_fleet
    if fleet.overflow_behavior not in (None, "QUEUE") and (differ or fleet.proxy_configuration is not None):
        detail = f"builds of {selector} that overflow {fleet.name or arn} run on demand, by the project's own vpcConfig"
        placed += _assuming(own, Assumption("FLEET_OVERFLOW_ON_DEMAND", selector, detail, "neither"))
    elif differ and _subnets(record.vpc_config):
        placed += own
    if differ and _subnets(record.vpc_config):
        detail = f"{selector} and its fleet differ in their vpcConfig; a build may be placed by either"
        placed = _assuming(placed, Assumption("FLEET_VPC_CONFIG_UNCLEAR", selector, detail, "neither"))
    return placed


def _where(config: aws.VpcConfig | None) -> tuple[frozenset[str], frozenset[str]]:
    """Subnets and groups; equal for equal configurations, whatever their order."""
    subnets = frozenset(_subnets(config))
    return subnets, frozenset(config.security_group_ids if config is not None and subnets else ())


def _assuming(placed: tuple[Placement, ...], assumption: Assumption) -> tuple[Placement, ...]:
    return tuple(msgspec.structs.replace(one, assumptions=(*one.assumptions, assumption)) for one in placed)


def _unless_active(
    placed: tuple[Placement, ...], component: str, label: str, status: str, active: tuple[str, ...] = ("ACTIVE",)
) -> tuple[Placement, ...]:
    """Places of something that may not run at all, which is judged as if it did."""
    if status in active:
        return placed
    detail = f"{label} is {status}; judged as if it were active"
    return _assuming(placed, Assumption("WORKLOAD_NOT_ACTIVE", component, detail, "block"))


def _by_config(
    network: Network, home: Home, selector: str, config: aws.VpcConfig | None, fleet: str = ""
) -> tuple[Placement, ...]:
    if config is not None and config.vpc_id and not config.subnets:
        detail = f"the vpcConfig of {selector} names {config.vpc_id} and no subnet of it"
        gap = Gap("UNKNOWN_RESOURCE", selector, detail)
        return (Placement(fleet=fleet, gaps=(gap,)),)
    if config is None or not config.subnets:
        return (Placement(fleet=fleet),)
    return tuple(_in_subnet(network, home, selector, one, config.security_group_ids, fleet) for one in config.subnets)


def _in_subnet(
    network: Network, home: Home, selector: str, subnet_id: str, groups: tuple[str, ...], fleet: str = ""
) -> Placement:
    subnet = network.subnets.get(subnet_id)
    if subnet is None:
        path = network.path(home, "ec2", "describe-subnets")
        detail = f"{subnet_id} of {selector} is not in the snapshot"
        return Placement(fleet=fleet, gaps=(Gap("UNKNOWN_RESOURCE", subnet_id, detail, network.unknown(path)),))
    interface = virtual_interface(subnet, groups, f"{selector}@{subnet_id}")
    spare = interface.addresses - _held_by_others(network, subnet_id, groups)
    if not spare.isdisjoint(V4) or interface.addresses.isdisjoint(V4):  # else the subnet is full, and some must go
        interface = msgspec.structs.replace(interface, addresses=spare)
    return Placement(interface, fleet)


def _held_by_others(network: Network, subnet_id: str, groups: tuple[str, ...]) -> IntervalSet:
    """Addresses that a new interface does not get, because the snapshot shows who has them.

    An interface of no instance that carries the same groups may be the workload's own, whose address it keeps or gives
    back.
    """
    others = (
        one for one in network.interfaces_in(subnet_id)
        if one.kind != "interface" or one.instance_id is not None or set(one.groups) != set(groups)
    )  # fmt: skip
    return IntervalSet.union_of(one.addresses for one in others)


# --- ECS ------------------------------------------------------------------------------------------------------------


def find_service(network: Network, cluster: str, name: str) -> tuple[Home, aws.EcsService] | None:
    return next(
        (
            (home, record)
            for (home, known), services in network.ecs_services.items()
            if known.rsplit("/", 1)[-1] == cluster
            for record in services
            if record.service_name == name
        ),
        None,
    )


def service(network: Network, cluster: str, name: str) -> Workload | None:
    """An ECS service whose tasks use the network mode awsvpc: one interface per subnet of its configuration."""
    found = find_service(network, cluster, name)
    if found is None:
        return None
    home, record = found
    selector = f"ecs:{cluster}/{name}"
    ports = WINDOWS_PORTS if "WINDOWS" in (record.platform_family or "") else LINUX_PORTS
    role = _task_role(network, home, record)
    placed = placings(record)
    if not placed:
        detail = f"the tasks of {selector} have no interfaces of their own (no awsvpcConfiguration)"
        return Workload(home, role, ports, (Placement(gaps=(Gap("UNMODELLED_COMPONENT", selector, detail),)),))
    made = [
        _task_placement(network, home, selector, subnet_id, config, one)
        for config, one in placed
        for subnet_id in config.subnets
    ]
    places = _unless_active(tuple(dict.fromkeys(made)), selector, selector, record.status)
    return Workload(home, role, ports, places)


def placings(record: aws.EcsService) -> list[tuple[aws.AwsVpcConfiguration, aws.EcsService | aws.EcsDeployment]]:
    """Where tasks are placed: by the service, and by what runs of its deployments and task sets in another way.

    While a deployment rolls out, tasks of the old configuration run beside the new ones; with an external controller
    the task sets alone tell (API_Deployment, API_TaskSet).
    """
    others = (*record.deployments, *record.task_sets)
    running = [one for one in others if one.running_count or one.pending_count]
    told: list[aws.EcsService | aws.EcsDeployment] = [record, *(running or others)]
    found: dict[aws.AwsVpcConfiguration, aws.EcsService | aws.EcsDeployment] = {}
    for one in told:
        config = one.network_configuration.awsvpc_configuration if one.network_configuration is not None else None
        if config is not None and config.subnets:
            found.setdefault(config, one)
    return list(found.items())


def _task_placement(
    network: Network,
    home: Home,
    selector: str,
    subnet_id: str,
    config: aws.AwsVpcConfiguration,
    record: aws.EcsService | aws.EcsDeployment,
) -> Placement:
    subnet = network.subnets.get(subnet_id)
    groups = config.security_groups or _default_group(network, subnet.vpc_id if subnet else "")
    placed = _in_subnet(network, home, selector, subnet_id, groups)
    if placed.interface is None or subnet is None:
        return placed
    if not groups:
        path = network.path(home, "ec2", "describe-security-groups")
        detail = f"the default security group of {subnet.vpc_id}, which {selector} uses, is not in the snapshot"
        return Placement(gaps=(Gap("UNKNOWN_RESOURCE", subnet.vpc_id, detail, network.unknown(path)),))
    if config.assign_public_ip == "ENABLED" and on_fargate(record):  # AWS refuses it for tasks on instances
        placed = msgspec.structs.replace(placed, interface=msgspec.structs.replace(placed.interface, kind="public"))
    if subnet.ipv6_cidr_block_association_set:
        detail = f"tasks of {selector} in {subnet_id} were taken to get no IPv6 address (account setting dualStackIPv6)"
        placed = msgspec.structs.replace(placed, assumptions=(Assumption("ECS_TASK_IPV6", selector, detail, "leak"),))
    return placed


def _default_group(network: Network, vpc_id: str) -> tuple[str, ...]:
    return tuple(
        name for name, group in sorted(network.security_groups.items())
        if group.vpc_id == vpc_id and group.group_name == "default"
    )[:1]  # fmt: skip


def on_fargate(record: aws.EcsService | aws.EcsDeployment) -> bool:
    """Whether a service's tasks run on Fargate; without a launch type the strategy tells, and where an external
    controller deploys, the task sets.
    """
    if record.capacity_provider_strategy:
        return any(one.capacity_provider.startswith("FARGATE") for one in record.capacity_provider_strategy)
    if isinstance(record, aws.EcsService) and record.launch_type is None and record.task_sets:
        return any(on_fargate(one) for one in _task_sets(record))
    return record.launch_type not in ("EC2", "EXTERNAL")


def _task_sets(record: aws.EcsService) -> tuple[aws.EcsDeployment, ...]:
    """The task sets that run, else all of them."""
    running = tuple(one for one in record.task_sets if one.running_count or one.pending_count)
    return running or record.task_sets


def _task_role(network: Network, home: Home, record: aws.EcsService) -> str | None:
    """The role that the containers act as; the execution role is the agent's (image pulls, logs)."""
    task = task_definition_of(network, home, record)
    return task.task_role_arn if task is not None else None


def task_definition_name(record: aws.EcsService) -> str:
    """What a service runs, by ARN or family and revision: of one that CodeDeploy or another controller deploys the task
    sets tell it (API_TaskSet); "" if nothing does.
    """
    if record.task_definition:
        return record.task_definition
    return next((one.task_definition for one in _task_sets(record) if one.task_definition), "")


def task_definition_of(network: Network, home: Home, record: aws.EcsService) -> aws.TaskDefinition | None:
    """The task definition that a service runs, by its ARN or its family and revision."""
    told = task_definition_name(record)
    for name in (told, told.rsplit("/", 1)[-1]):
        path = network.path(home, "ecs", "describe-task-definition", name)
        answer = network.read(path, aws.TaskDefinitionAnswer) if name else None
        if answer is not None:
            return answer.task_definition
    return None


# --- Lambda ---------------------------------------------------------------------------------------------------------


def find_function(network: Network, name: str) -> tuple[Home, aws.Function] | None:
    return next(((home, record) for (home, known), record in network.functions.items() if known == name), None)


def function(network: Network, name: str) -> Workload | None:
    """A Lambda function: one interface per subnet of its VpcConfig, else on AWS's own network."""
    found = find_function(network, name)
    if found is None:
        return None
    home, record = found
    config = record.vpc_config or aws.FunctionVpcConfig()
    made = []
    for subnet_id in config.subnet_ids:
        placed = _in_subnet(network, home, f"lambda:{name}", subnet_id, config.security_group_ids)
        subnet = network.subnets.get(subnet_id)
        if config.ipv6_allowed_for_dual_stack and placed.interface is not None and subnet is not None:
            six = virtual_interface(subnet, (), "", "any").addresses & V6
            six = six - _held_by_others(network, subnet_id, config.security_group_ids)
            both = msgspec.structs.replace(placed.interface, addresses=placed.interface.addresses | six)
            placed = msgspec.structs.replace(placed, interface=both)
        made.append(placed)
    places = _unless_active(tuple(made) or (Placement(),), name, f"lambda:{name}", record.state, ("Active", "Inactive"))
    return Workload(home, record.role, ANY_CLIENT_PORTS, places)

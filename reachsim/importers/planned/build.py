"""From declared resources to the files of a snapshot: kind by kind, in the order in which AWS could make them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from reachsim.importers import transit
from reachsim.importers.planned import (
    acls,
    balancers,
    conditional,
    endpoints,
    gateways,
    groups,
    interfaces,
    peerings,
    removing,
    service_lists,
    transit_gateways,
    unknown_blocks,
    vpcs,
)
from reachsim.importers.planned.forms import documented
from reachsim.importers.planned.kinds import MAKERS
from reachsim.importers.planned.managed import add_managed_policies
from reachsim.importers.planned.resource import Home, Resource, settle_blocks, words_within
from reachsim.importers.planned.symbols import declared_as
from reachsim.importers.planned.world import OF_OLD_VPCS, UNDECIDED, World
from reachsim.importers.tree import FORMAT_VERSION, TOOL, json_bytes
from reachsim.snapshot import Manifest, Snapshot

UNDECIDABLE: Final[Sequence[tuple[str, str, str]]] = (
    ("aws_networkfirewall_t", "", "what a firewall that inspects TLS lets through"),
    ("aws_route53profiles", "route53profiles/list-profile-associations", "every name that the VPC's resolver answers"),
    ("aws_autoscaling", "", "the instances that the group starts"),
    ("aws_launch_configuration", "", "instances that are made from it"),
    ("aws_eks", "", "nodes and pods of the cluster"),
    ("aws_vpclattice", "", "what goes through VPC Lattice"),
    ("aws_networkmanager", "", "routes through a core network"),
    ("aws_dx", "", "routes learned over Direct Connect"),
    ("aws_vpc_endpoint_service", "", "names of the endpoint service"),
    ("aws_batch_c", "", "the instances or tasks that the compute environment starts"),
    ("aws_ram", "", "what others put into shared subnets, and attach to shared gateways"),
    ("aws_organizations", "", "service control policies"),
    ("aws_db", "", "interfaces of databases, as destinations"),
    ("aws_rds", "", "interfaces of databases, as destinations"),
    ("aws_elasticache", "", "interfaces of caches, as destinations"),
    ("aws_efs", "", "interfaces of file systems, as destinations"),
    ("aws_ec2_transit_gateway", "", "routes of the transit gateway"),
    ("aws_vpc", "", "the network, in part"),
    ("aws_cloudformation_stack", "", "everything that the stack makes"),
    ("aws_ec2", "", "the network, in part"),
    ("aws_network", "", "the network, in part"),
    ("aws_route53", "", "names, in part"),
    ("awscc_route53", "", "names"),
)
"""Beginnings of kinds that are not modelled: the file that is left out for them, and what cannot be decided then."""


@dataclass(frozen=True, slots=True)
class PlannedReport:
    """The files of the snapshot and what a person should know."""

    files: Mapping[str, bytes]
    derived: tuple[str, ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    warnings: tuple[str, ...]
    unsupported: tuple[tuple[str, str], ...]


def build_snapshot(
    resources: Sequence[Resource],
    *,
    imported_from: str,
    homes: Iterable[Home],
    onto: Snapshot | None = None,
    lists: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    warnings: Sequence[str] = (),
    unsupported: Sequence[tuple[str, str]] = (),
    presumed: Sequence[tuple[str, str]] = (),
    touched: Mapping[str, str] | None = None,
    exports: Mapping[str, str] | None = None,
) -> PlannedReport:
    """Write declared resources into answers.

    Args:
        resources: All of them, with ids; over a live snapshot those that are kept have no part in it.
        imported_from: The word for the manifest.
        homes: Accounts and Regions to open, beside those of the resources.
        onto: The live snapshot to change, else the resources are all there is.
        lists: AWS's own prefix lists by Region, as describe-prefix-lists prints them.
        warnings: What the importer has to say already.
        unsupported: Addresses that it left out already, and why.
        presumed: What it took for granted, each after the component that it is about.
        touched: Ids that are handed to something whose contents nothing tells, and to what.
        exports: Values that a template exports, by name.

    Raises:
        SnapshotError: An attribute that takes a CIDR block holds something else, or subnets overlap.
    """
    settle_blocks(resources)
    world = World(alone=onto is None, live=onto, warnings=list(warnings), unsupported=list(unsupported))
    for what, why in unsupported:
        if why.startswith(UNDECIDED):
            world.note(what, "PLANNED_LEFT_OUT", why.removeprefix(UNDECIDED))
    for component, taken in presumed:
        world.presume(component, taken)
    for home in dict.fromkeys([*homes, *(one.home for one in resources)]):
        world.open(home)
        for held in (lists or {}).get(home[1], ()):
            _service_list(world, home, held)
    for _, record in world.each("ec2/describe-network-interfaces"):
        for held in record.get("PrivateIpAddresses", []):
            world.take(str(record.get("SubnetId")), str(held.get("PrivateIpAddress", "")))
    _reserve(world, resources)
    conditional.hide_policies(resources)
    _make(world, resources)
    _finish(world, resources)
    conditional.note_touched(world, touched or {})
    return _report(world, imported_from, resources, exports or {})


def _service_list(world: World, home: Home, held: Mapping[str, Any]) -> None:
    name, list_id = str(held.get("PrefixListName", "")), str(held.get("PrefixListId", ""))
    blocks = tuple(str(block) for block in held.get("Cidrs", ()))
    if name.startswith("com.amazonaws.") and list_id:
        service_lists.add_service_list(world, home, name.rpartition(f".{home[1]}.")[2], list_id, blocks)


def _reserve(world: World, resources: Iterable[Resource]) -> None:
    """Prefix lists that gateway endpoints and rules name get their ids before any rule is written."""
    for one in resources:
        service = one.text("service_name").rpartition(".")[2]
        gateway = (one.text("vpc_endpoint_type") or "Gateway") == "Gateway"
        if one.kind == "aws_vpc_endpoint" and gateway and service in service_lists.SYMBOLIC_BLOCKS:
            service_lists.service_list(world, one.home, service)
            continue
        named = repr(one.values) if "prefix_list" in repr(one.values) else ""
        for owner, ids in service_lists.SERVICE_LISTS.items():
            if ids.get(one.home[1], "-") in named:
                service_lists.service_list(world, one.home, owner)


def _make(world: World, resources: Sequence[Resource]) -> None:
    for one in sorted((one for one in resources if _concerns(world, one)), key=_turn):
        maker = MAKERS.get(one.kind)
        if one.action == "delete" and one.kind not in removing.BY_THEIR_MAKERS:
            if not removing.remove(world, one) and maker is not None:
                why = "its deletion is not modelled: what the live snapshot holds of it is still there"
                world.leave_out(one.address, one.kind, why)
        elif maker is None:
            _unmodelled(world, one)
        elif one.action != "delete" or one.before or one.unknown:
            with documented(one.place, f"/{one.address}"):
                maker(world, one)


_ORDER: Final = {kind: number for number, kind in enumerate(MAKERS)}


def _concerns(world: World, one: Resource) -> bool:
    """Over a live snapshot all is to keep but what changes; alone there is nothing to delete but parts, of which what
    they are parts of still tells.
    """
    return one.action != "keep" if not world.alone else one.action != "delete" or one.kind in removing.PARTS


def _turn(one: Resource) -> tuple[bool, int, bool, bool]:
    """When it is its turn: what goes goes first, but a part after what it is a part of, which may be written anew as
    Terraform has read it, with the part, and before such parts that come.
    """
    turn, gone = _ORDER.get(one.kind, len(_ORDER)), one.action == "delete"
    part = gone and one.kind in removing.PARTS
    if part and one.kind in removing.BY_THEIR_MAKERS:
        maker = MAKERS[one.kind]
        turn = min(_ORDER[kind] for kind in removing.BY_THEIR_MAKERS if MAKERS[kind] is maker)
    return part or not gone, turn, not gone, _drawn(one)


def _drawn(one: Resource) -> bool:
    """Whether its block is drawn from what the declared ones leave."""
    return one.kind in ("aws_subnet", "aws_default_subnet") and not one.text("cidr_block")


_SILENT: Final = (
    "acm_", "appautoscaling", "application", "autoscaling_lifecycle", "batch_j", "batch_s", "autoscaling_policy",
    "autoscaling_scaling", "autoscaling_schedule", "backup", "budgets", "cdk_", "cloudformation_wait",
    "cloudtrail", "cloudwatch", "codeartifact_", "codebuild_", "codecatalyst", "codecommit_", "codedeploy_",
    "codestar", "config_", "customer_gateway", "dynamodb_", "ebs_", "ec2_flowlog", "ec2_keypair", "ec2_tag",
    "ec2_volume", "ecr_", "elasticloadbalancingv2_listener", "events_", "flow_log", "guardduty", "iam_access",
    "iam_account", "iam_oidc", "iam_openid", "iam_saml", "iam_server", "iam_service", "iam_signing",
    "iam_user_login", "iam_user_ssh", "iam_virtual", "key_pair", "kms_", "lambda_", "lb_cookie", "lb_listener_",
    "logs_", "resourcegroups", "s3_bucket_", "s3_object", "scheduler_", "secretsmanager_",
    "service_discovery_service", "shield_", "sns_", "sqs_", "ssm_", "volume_attachment", "waf",
)  # fmt: skip
"""Beginnings (after ``aws_``) of kinds that no verdict depends on: left out without a word of doubt."""


def _unmodelled(world: World, one: Resource) -> None:
    if one.kind.removeprefix("aws_").startswith(_SILENT):
        return
    named = [held for held in words_within(one.values) if held.startswith(("rtb-", "acl-")) or not _is_awss(one.kind)]
    conditional.note_touched(world, dict.fromkeys(named, one.address))
    for subnet in (held for held in words_within(one.values) if held.startswith("subnet-")):
        world.taken_by_others(subnet, f"which addresses {one.address} has in {subnet} is not told: it is not read")
    for beginning, call, what in UNDECIDABLE:
        if one.kind.startswith(beginning):
            world.leave_out(one.address, one.kind, f"{UNDECIDED}{what}")
            if call and world.alone:
                world.drop(one.home, call)
            for _, vpc in world.each("ec2/describe-vpcs") if what == "names" else ():
                world.undecided_names(one, "what is added to names", str(vpc["VpcId"]))
            return
    if _is_awss(one.kind) and not any(_of_a_network(word) for word in words_within(one.values)):
        world.unsupported.append((f"{one.address} ({one.kind})", "not modelled"))
    else:
        world.leave_out(one.address, one.kind, "not modelled")


_OF_A_NETWORK: Final = ("vpc-", "subnet-", "sg-", "eni-", "rtb-", "acl-", "igw-", "vgw-", "tgw-", "vpce-", "i-")


def _of_a_network(word: str) -> bool:
    """Whether a word names what packets go through or to: such a thing, or a load balancer by its ARN."""
    return word.rpartition("/")[2].startswith(_OF_A_NETWORK) or ":loadbalancer/" in word


def _is_awss(kind: str) -> bool:
    """Whether AWS itself says what a kind makes: not so of custom resources, macros' and private types."""
    return kind.startswith("aws_") and not kind.startswith(("aws_cloudformation", "awscc_"))


def _finish(world: World, resources: Sequence[Resource]) -> None:
    """What AWS fills in once everything is there."""
    vpcs.check_subnets(world, resources)
    gateways.regional_tables(world, resources)
    endpoints.finish_endpoints(world)
    acls.default_acls(world)
    gone = [one for one in resources if one.action == "delete"]
    unbound = {one.text("allocation_id") for one in gone if one.kind == "aws_eip_association"}
    for one in resources:  # an address's own attributes show an association that goes, too
        kept = one.action == "delete" or (one.action == "keep" and not world.alone)
        if one.kind == "aws_eip" and not kept and one.id not in unbound:
            interfaces.address_association(world, one)
    for one in gone:
        removing.blackhole(world, one)
    conditional.note(world, resources)
    groups.tell_others(world)
    unknown_blocks.leave_open(world, resources)
    balancers.open_zones(world, resources)
    vpcs.existing_defaults(world, resources)
    world.settle()
    for place, call in world.dropped:
        world.drop(place, call)
    _instance_routes(world)
    add_managed_policies(world)
    by_id = {str(record["VpcId"]): record for _, record in world.each("ec2/describe-vpcs")}
    transit_gateways.propagated(world)
    peerings.peered_blocks(world)
    for home in sorted(world.answers):
        if home[1] != "global" and world.rows(home, "ec2/describe-transit-gateway-route-tables"):
            world.warnings += transit.complete(world.answers[home], by_id)[1]
    if world.alone and any(one.kind in ("aws_vpc", "aws_default_vpc") and not one.new for one in resources):
        for place in list(world.answers):
            for call in OF_OLD_VPCS:
                held = world.answers[place].get(call)
                if held is not None and not any(held.values()):
                    world.drop(place, call)


def _instance_routes(world: World) -> None:
    """AWS prints a route to an instance with the interface that it goes to."""
    for _, table in world.each("ec2/describe-route-tables"):
        for route in table["Routes"]:
            held = world.get(str(route.get("InstanceId", ""))) or {}
            if not route.get("NetworkInterfaceId") and held.get("NetworkInterfaces"):
                route["NetworkInterfaceId"] = held["NetworkInterfaces"][0]["NetworkInterfaceId"]


def _report(
    world: World, imported_from: str, resources: Sequence[Resource], exports: Mapping[str, str]
) -> PlannedReport:
    files = {
        f"{account}/{region}/{call}.json": json_bytes(document)
        for (account, region), documents in sorted(world.answers.items())
        for call, document in sorted(documents.items())
    }
    derived = tuple(files)
    if world.live is not None:
        kept = (path for path in world.live.paths if path not in files and path not in world.gone)
        files |= {path: world.live.read(path) for path in kept if path != "snapshot.json"}
        files = dict(sorted(files.items()))
    _foreign(world, resources)
    assume = world.alone or (world.live is not None and world.live.manifest.assume_defaults)
    notes = [
        {"component": note.component, "code": note.code, "detail": note.detail, "canHide": note.can_hide}
        | ({"onlyTo": note.only_to} if note.only_to else {})
        for note in sorted(world.notes, key=lambda note: (note.component, note.code, note.can_hide))
    ]
    live = world.live.manifest if world.live is not None else Manifest()
    notes += [msgspec.to_builtins(note) for note in live.planned]
    declared = {declared_as(one.kind, one.id): one.place for one in resources if one.action != "delete" and one.id}
    manifest = {
        "formatVersion": FORMAT_VERSION,
        "tool": TOOL,
        "importedFrom": imported_from,
        "assumeDefaults": assume,
        "alone": world.alone or live.alone,
        "accounts": sorted({path.split("/")[0] for path in files if path[:12].isdigit()}),
        "regions": sorted({path.split("/")[1] for path in files if path[:12].isdigit()}),
        "planned": notes,
        "declared": dict(sorted((live.declared | declared).items())),
        "exports": dict(sorted((live.exports | dict(exports)).items())),
        "unsupported": [{"resource": what, "why": why} for what, why in world.unsupported],
        "calls": [{"file": path, "outcome": "derived" if path in derived else "ok"} for path in files],
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }
    regions = sorted({region for _, region in world.answers if region != "global"})
    return PlannedReport(
        {"snapshot.json": json_bytes(manifest)} | files, derived, tuple(manifest["accounts"]),  # type: ignore[arg-type]
        tuple(regions), tuple(dict.fromkeys(world.warnings)), tuple(dict.fromkeys(world.unsupported)),
    )  # fmt: skip


def _foreign(world: World, resources: Iterable[Resource]) -> None:
    """VPCs and subnets that are named and that no file holds: what is in them is unknown."""
    counted: Counter[str] = Counter()
    for one in resources:
        if one.action in ("delete", "keep") and not world.alone:
            continue
        for value in (*one.texts("vpc_id", "subnet_id", "subnet_ids", "subnets"),):
            if value.startswith(("vpc-", "subnet-")) and world.get(value) is None:
                counted[value] += 1
    for value, count in sorted(counted.items()):
        world.warnings.append(
            f"{value} is named {count} times and is not in the source: --onto a snapshot that holds it"
        )

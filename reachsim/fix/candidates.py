"""From a fault to the steps that may mend it: alternatives, what opens least first.

A way out is closed, never opened. What nobody here can mend (a host on the internet that a build needs, another
account's policy) gets a reason instead. **Source:** codes and their remedies (`reachsim.codes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reachsim import services
from reachsim.check.docker_server import MARK, of_servers
from reachsim.fix.allowing import endpoint_statement, repository_statement, role_policy, trust_statement
from reachsim.fix.closing import close_way_in, close_way_out, is_outside
from reachsim.fix.crowding import beside_full
from reachsim.fix.exempting import bound_to_endpoints, name_endpoint, name_endpoint_for, spare_interfaces, spare_service
from reachsim.fix.faults import Fault
from reachsim.fix.filtering import acl_entry, free_numbers, group_rule
from reachsim.fix.images import image_of, own_images
from reachsim.fix.keys import admitted_by_keys, may_use_keys
from reachsim.fix.leading import aims_at_private, lead
from reachsim.fix.moving import stays_outside
from reachsim.fix.pipelines import let_the_pipeline
from reachsim.fix.places import start_of
from reachsim.fix.quotas import full
from reachsim.fix.serving import serve, waiting_for
from reachsim.fix.steps import SetVpcAttribute
from reachsim.fix.strangers import keep_out
from reachsim.fix.taken import Steps, Taken
from reachsim.forwarding import Ground
from reachsim.selectors import parse_selector

FILTERS: Final = ("ENI_SG_RULES_MISMATCH", "SG_HAS_NO_RULES")
OWNERS: Final = {
    "VPCE_POLICY_EXPLICIT_DENY": "whoever owns the endpoint's policy", "IDENTITY_POLICY_DENY": "the role's owner",
    "RESOURCE_POLICY_DENY": "the owner of the resource and its policy", "KMS_KEY_UNUSABLE": "the key's owner",
    "SCP_DENY": "whoever governs the organization", "RCP_DENY": "whoever governs the organization",
    "BOUNDARY_DENY": "whoever set the role's permissions boundary", "SESSION_POLICY_DENY": "whoever starts the session",
    "ROLE_CANNOT_CREATE_ENI": "the role's owner",
}  # fmt: skip
"""Who decides where a policy denies, and nothing here gets by."""


def candidates(ground: Ground, fault: Fault, taken: Taken) -> list[Steps]:
    """What may mend a fault, the least first; nothing if nothing here can."""
    ends = [end.removesuffix(MARK) for end in (fault.source, fault.destination) if end.endswith(MARK)]
    return list(dict.fromkeys(_candidates(of_servers(ground, ends)[0], fault, taken)))


def _candidates(ground: Ground, fault: Fault, taken: Taken) -> Iterator[Steps]:
    match fault.kind:
        case "leaves":
            yield from close_way_out(ground, fault)
        case "exposed":
            yield from close_way_in(ground, fault)
        case "open":
            yield from keep_out(ground, fault)
        case "role":
            yield from let_the_pipeline(ground, fault)
        case "refused":
            yield from _let_builds_start(ground, fault)
        case _:
            yield from _let_through(ground, fault, taken)
            yield from own_images(ground, fault._replace(source=fault.source.removesuffix(MARK)))


def _let_builds_start(ground: Ground, fault: Fault) -> Iterator[Steps]:
    code = fault.block.code if fault.block else ""
    if code == "ROLE_CANNOT_CREATE_ENI":
        yield from spare_interfaces(ground, fault)
        yield from role_policy(ground, fault)
    elif code == "ROLE_DOES_NOT_TRUST_CODEBUILD":
        yield from trust_statement(ground, fault)
    elif code == "IDENTITY_POLICY_DENY":
        yield from role_policy(ground, fault)
    elif code == "RESOURCE_POLICY_DENY":
        yield from spare_service(ground, fault)
        yield from repository_statement(ground, fault)


def _let_through(ground: Ground, fault: Fault, taken: Taken) -> Iterator[Steps]:
    start = start_of(ground.network, fault.source)
    if fault.block is None or start is None:
        return
    code, is_service = fault.block.code, parse_selector(fault.destination).kind == "service"
    if is_service and code in (*FILTERS, "SUBNET_ACL_RESTRICTION") and not _by_endpoint(ground, fault):
        yield from serve(ground, fault, start, taken)  # no rule that opens the way to public addresses
    if code in FILTERS:
        crowded = full(ground.network, fault.block.component, fault.block.direction)
        yield from (beside_full if crowded else group_rule)(ground, fault, start)
    elif code == "SUBNET_ACL_RESTRICTION":
        yield from acl_entry(ground, fault, start, taken)
    elif code in ("VPCE_POLICY_SERVICE_BUCKET_MISSING", "VPCE_POLICY_IMPLICIT_DENY"):
        yield from endpoint_statement(ground, fault, start)
    elif code == "IDENTITY_POLICY_DENY":
        yield from name_endpoint(ground, fault)
        yield from may_use_keys(ground, fault)
        if not bound_to_endpoints(ground, fault):
            yield from role_policy(ground, fault)
    elif code == "RESOURCE_POLICY_DENY":
        yield from name_endpoint_for(ground, fault)
        yield from admitted_by_keys(ground, fault)
        yield from repository_statement(ground, fault)
    elif code == "DNS_SUPPORT_DISABLED":
        yield (SetVpcAttribute(start.vpc, "enableDnsSupport"),)
    else:
        yield from lead(ground, fault, start)
        if is_service and not aims_at_private(fault):
            yield from serve(ground, fault, start, taken)


def _by_endpoint(ground: Ground, fault: Fault) -> bool:
    """Whether the name of a service leads to one of its endpoints."""
    paths = fault.verdict.paths if fault.verdict else ()
    return any(path.terminal in ground.network.vpc_endpoints for path in paths)


NO_CHANGE: Final = "no single change that reachsim knows mends it"


def why_not(ground: Ground, fault: Fault) -> str | None:
    """Why nothing here mends a fault; None if that is all there is to say."""
    code = fault.block.code if fault.block else ""
    if fault.kind == "role" and fault.block is not None:
        return f"{fault.block.detail}; that is for {OWNERS.get(code, 'its owners')} to decide"
    if fault.kind == "open" and fault.source.startswith("codebuild:"):
        whose = "whether its builds are for everyone is not told by the snapshot"
        return f"{whose}: aws codebuild update-project-visibility makes it private; or accept it in reachsim.toml"
    if fault.kind == "open":
        return (
            "whom its owners want in is not told by the snapshot: narrow the policy or access control list, or accept "
            "it in reachsim.toml"
        )
    if fault.kind == "leaves" and fault.destination.startswith("ip:"):
        return _why_kept(fault)
    if is_outside(fault):
        return stays_outside(ground.network, parse_selector(fault.source).value)
    if code == "ROLE_DOES_NOT_TRUST_CODEBUILD":
        return "a statement of the role's trust policy denies it: that is its owners' decision"
    if code in OWNERS and fault.block is not None:
        return f"{fault.block.detail}; that is for {OWNERS[code]} to decide"
    if fault.kind == "blocked" and parse_selector(fault.destination).kind == "host":
        return _why_not_host(fault)
    if code == "DNS_FIREWALL_BLOCK" and fault.block is not None:
        return f"{fault.block.detail}; let a rule before it allow the name, or take the name off its list"
    if code == "NO_POSSIBLE_DESTINATION" and fault.block is not None:
        return (
            f"{fault.block.detail}, and {fault.destination} answers with no other: give one end addresses of the "
            "other's family (dual-stack subnets and endpoints)"
        )
    if code.startswith("DNS_") or code == "CROSS_REGION_NOT_VIA_ENDPOINT":
        return "how the name resolves is decided outside the endpoints of this VPC"
    return _why_no_rule(ground, fault) or _why_not_ready(ground, fault)


def _why_kept(fault: Fault) -> str:
    """A way to private networks alone is no way to the internet; whose it is the snapshot does not tell."""
    ends = (
        sorted({path.terminal for path in fault.verdict.paths if path.route == "on-premises"}) if fault.verdict else []
    )
    return (
        f"traffic can leave by {', '.join(ends)} to a network behind it: whether that may be is its owners' decision; "
        "take the route away, or accept it in reachsim.toml"
    )


def _why_no_rule(ground: Ground, fault: Fault) -> str | None:
    """What stands in the way of one more rule or entry."""
    block = fault.block
    if block is None or block.code not in (*FILTERS, "SUBNET_ACL_RESTRICTION"):
        return None
    filled = full(ground.network, block.component, block.direction or "egress")
    if filled is not None:
        return f"{filled}: merge some, or have the quota raised"
    acl = ground.network.network_acls.get(block.component)
    egress = block.direction == "egress"
    if acl is not None and isinstance(block.rule, int) and not free_numbers(acl, egress, block.rule, 1, set()):
        below = f"no number below rule {block.rule} of {block.component}, which denies it, is free"
        return f"{below}: give that rule a higher one"
    return None


def _why_not_ready(ground: Ground, fault: Fault) -> str | None:
    """An endpoint that is being made or awaits acceptance, beside which AWS takes no other with the same names."""
    start = start_of(ground.network, fault.source)
    if start is None or parse_selector(fault.destination).kind != "service":
        return None
    waiting = waiting_for(ground.network, start.vpc, fault.destination, start.region)
    return f"{waiting.vpc_endpoint_id} is {waiting.state}: judge again once it is available" if waiting else None


def _why_not_host(fault: Fault) -> str:
    if any(image_of(place) for place in fault.places):
        return (
            "private and working contradict each other while the base image comes from there, and the snapshot does "
            "not hold the line that names it: copy the image into ECR and name the copy"
        )
    if services.service_of_host(fault.destination.removeprefix("host:"))[2]:
        return "no endpoint in this Region serves it: use the own Region's service, or copy what is needed there"
    return (
        "it is on the internet, so private and working contradict each other here: take it from a place that the VPC "
        "reaches (a mirror, CodeArtifact, S3), vendor it, or bring it along in the base image"
    )

"""Joins a simulated path with the policies on it: endpoint, resource and identity policies for the requests of a
question.

The path supplies the context keys that are present and absent (facts 62 to 75), the source its role. A layer counts
if the question names it, else endpoint and resource policies do wherever there are requests; identity policies only
when named.

**Source:** policy-evaluation fact sheet (4, 20 to 32, 62 to 75), DESIGN, "query".
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reachsim import policy
from reachsim.addresses import format_address
from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.evidence import Assumption, Block
from reachsim.forwarding import Ground, Walk
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.scenarios import Scenario
from reachsim.verdict import Outcome, Verdict

LAYER_BUCKET = "prod-*-starport-layer-bucket"
ECR_ACCOUNT = "000000000000"
"""Stands for the account of ECR that signs layer downloads: no customer's (fact 27)."""
DEFAULT_LAYERS = ("endpoint-policy", "resource-policy")


class Answer(msgspec.Struct, frozen=True):
    """What one layer says."""

    outcome: Outcome = "allowed"
    blocks: tuple[Block, ...] = ()
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def judge_requests(
    ground: Ground, verdict: Verdict, found: Sequence[Scenario], requests: Sequence[Mapping[str, Any]] | None,
    counted: Sequence[str], *, asked: bool,
) -> Verdict:  # fmt: skip
    """The verdict with the policy layers added. Raises QuestionError for a request that cannot be judged."""
    names = [layer for layer in counted if layer != "network"]
    if not asked:
        names = list(DEFAULT_LAYERS)
    if not requests or not names:
        return verdict
    ways = _ways(ground.network, found)
    layers = dict(verdict.layers)
    blocks, missing, assumptions = list(verdict.blocked_by), set(verdict.missing), list(verdict.assumptions)
    shut: set[tuple[str, str]] = set()
    for name in names:
        outcomes: dict[tuple[str, str], Outcome] = {}
        for (group, way), one in ways.items():
            answers = [_JUDGES[name](ground.network, request, way, one) for request in requests]
            outcomes[group, way] = _worst([answer.outcome for answer in answers])
            for answer in answers:
                blocks += [b for b in answer.blocks if b not in blocks]
                assumptions += [a for a in answer.assumptions if a not in assumptions]
                missing |= set(answer.missing)
        shut |= {way for way, one_outcome in outcomes.items() if one_outcome == "blocked"}
        layers[name] = _over_ways(outcomes)
    outcome = _worst(list(layers.values()))
    passes = verdict.layers.get("network") in ("allowed", "intermittent")
    if passes and outcome in ("intermittent", "unknown") and not _open_ways(found) - shut:
        outcome = "blocked"  # what one layer lets through another stops
    route = verdict.route if outcome in ("allowed", "intermittent") else "none"
    if outcome != "unknown":
        missing = set()
    return msgspec.structs.replace(
        verdict, outcome=outcome, route=route, layers=layers, blocked_by=() if outcome == "allowed" else tuple(blocks),
        missing=tuple(sorted(missing)), assumptions=tuple(assumptions),
    )  # fmt: skip


def _way_of(flow: Walk) -> str | None:
    """The endpoint that a flow goes by, "" for a public way, None if it gets to neither."""
    if flow.context.terminal_kind == "vpc-endpoint":
        return flow.context.terminal
    return "" if flow.outcome == "allowed" else None


def _ways(network: Network, found: Sequence[Scenario]) -> dict[tuple[str, str], Scenario]:
    """(group, endpoint or "" for a public way) by which the traffic gets there, each with a scenario that takes it.

    Policies are judged as if the network had passed.
    """
    ways: dict[tuple[str, str], Scenario] = {}
    for one in found:
        if one.resolution is not None and one.resolution.endpoint_id is not None:
            ways.setdefault((one.group, one.resolution.endpoint_id), one)
        for flow in one.flows:
            way = _way_of(flow)
            if way is not None:
                ways.setdefault((one.group, way), one)
    for one in found:  # no route leads to the endpoint that is meant: its policy is judged as if one did
        meant = one.reason.component if one.reason is not None else ""
        if meant in network.vpc_endpoints and all(flow.outcome == "blocked" for flow in one.flows):
            ways.setdefault((one.group, meant), one)
    if not ways and found:
        ways[found[0].group, ""] = found[0]
    return ways


def _open_ways(found: Sequence[Scenario]) -> set[tuple[str, str]]:
    """The ways on which the network lets something through, or may."""
    open_flows = ((one.group, _way_of(flow)) for one in found for flow in one.flows if flow.outcome != "blocked")
    return {(group, way) for group, way in open_flows if way is not None}


def _over_ways(outcomes: Mapping[tuple[str, str], Outcome]) -> Outcome:
    """Chance picks the way within a group, the asker picks the group (DESIGN, "Verdicts")."""
    groups: dict[str, set[Outcome]] = {}
    for (group, _), outcome in outcomes.items():
        groups.setdefault(group, set()).add(outcome)
    settled = {_by_chance(found) for found in groups.values()}
    for best in _BEST_FIRST:
        if best in settled:
            return best
    return "blocked"


_BEST_FIRST: tuple[Outcome, ...] = ("allowed", "unknown", "intermittent")


def _by_chance(outcomes: set[Outcome]) -> Outcome:
    if len(outcomes) == 1:
        return next(iter(outcomes))
    return "intermittent" if {"allowed", "blocked"} <= outcomes else "unknown"


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    for worst in ("blocked", "unknown", "intermittent"):
        if worst in outcomes:
            return worst
    return "allowed"


# --- the request ----------------------------------------------------------------------------------------------------


def read_request(
    network: Network, request: Mapping[str, Any], way: str, one: Scenario
) -> tuple[policy.Request, tuple[Assumption, ...]]:
    """The IAM request of a question's request on a way. Raises QuestionError."""
    action, resource = request.get("action"), request.get("resource", "*")
    if not isinstance(action, str) or not isinstance(resource, str):
        raise QuestionError('a request is {"action": "s3:GetObject", "resource": "arn:…"}', "BAD_REQUEST")
    assumptions: tuple[Assumption, ...] = ()
    account = one.source.home[0]
    principal = request.get("principal")
    is_layer = fnmatch.fnmatch(_bucket(resource), LAYER_BUCKET)
    if principal is None and is_layer:
        principal = f"arn:aws:iam::{ECR_ACCOUNT}:role/ecr"
        detail = "layer downloads are signed by an account of ECR's own, not by the caller"
        assumptions = (Assumption("SYMBOLIC_SIGNER_ECR", resource, detail, "neither"),)
    elif principal is None:
        principal = role_of(network, one) or f"arn:aws:iam::{account}:role/unknown"
    try:
        who = policy.Principal.parse(principal)
    except ValueError as error:
        raise QuestionError(f"principal {principal!r} cannot be read: {error}", "BAD_REQUEST") from error
    owner = _owner(network, resource, account, is_layer)
    context = _context(network, one, way, str(principal), owner, account)
    extra = request.get("context") or {}
    if not isinstance(extra, Mapping):
        raise QuestionError("context must be an object of keys and values", "BAD_REQUEST")
    for key, value in extra.items():
        context = {known: kept for known, kept in context.items() if known.lower() != str(key).lower()}
        context[str(key)] = tuple(map(str, value)) if isinstance(value, list) else str(value)
    wildcard = resource == "*"
    return policy.Request(who, action, resource, owner, context, wildcard), assumptions


def _bucket(arn: str) -> str:
    return arn.split(":", 5)[-1].split("/")[0] if ":s3:" in arn else ""


def _owner(network: Network, resource: str, account: str, is_layer: bool) -> str:
    if is_layer:
        return ECR_ACCOUNT
    parts = resource.split(":")
    if len(parts) > 5 and parts[4]:
        return parts[4]
    bucket = _bucket(resource)
    for known in network.snapshot.accounts():
        path = network.path((known, "global"), "s3api", "get-bucket-policy", bucket)
        if bucket and network.snapshot.known(path):
            return known
    return account


def _context(network: Network, one: Scenario, way: str, principal: str, owner: str, account: str) -> dict[str, Any]:
    """The keys that the path fills in; those that are absent on it stay out (facts 62 to 72)."""
    who = principal.split(":")
    caller = who[4] if len(who) > 4 else account
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:PrincipalArn": principal, "aws:PrincipalAccount": caller,
        "aws:ResourceAccount": owner, "aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false",
        "aws:RequestedRegion": one.source.home[1],
    }  # fmt: skip
    if one.source.group.startswith("codebuild:") and caller != ECR_ACCOUNT:
        region, name = one.source.home[1], one.source.group.split(":", 1)[1]
        context["codebuild:ProjectArn"] = f"arn:aws:codebuild:{region}:{account}:project/{name}"
    if way:
        context["aws:SourceVpce"] = way
        context["aws:SourceVpc"] = network.vpc_endpoints[way].vpc_id or ""
        interface = one.source.origin.interface
        single = interface is not None and interface.addresses.size == 1
        context["aws:VpcSourceIp"] = (
            format_address(interface.addresses.first) if interface and single else policy.UNKNOWN
        )
    else:
        context["aws:SourceIp"] = policy.UNKNOWN
    organization = network.path((account, "global"), "organizations", "describe-organization")
    status = network.snapshot.status(organization)
    for key, whose in (("aws:PrincipalOrgID", caller), ("aws:ResourceOrgID", owner)):
        if whose == ECR_ACCOUNT:
            context[key] = "o-ecr"
        elif status != "absent":
            context[key] = _organization(network, organization) or policy.UNKNOWN
    return context


def _organization(network: Network, path: str) -> str | None:
    if network.snapshot.status(path) != "ok":
        return None
    found = network.read(path, aws.DescribeOrganization)
    return found.organization.id if found is not None and found.organization is not None else None


def role_of(network: Network, one: Scenario) -> str | None:
    """The role that the source acts as: a project's service role, an instance profile's role."""
    role = one.source.role
    if role is None or ":role/" in role:
        return role
    details, _ = iam_details(network, role.split(":")[4] if role.count(":") >= 4 else one.source.home[0])
    for found in details.role_detail_list if details else ():
        if any(profile.arn == role for profile in found.instance_profile_list):
            return found.arn
    return None


def iam_details(network: Network, account: str) -> tuple[aws.AccountAuthorizationDetails | None, str]:
    """(an account's IAM details or None, the file that holds them)."""
    path = network.path((account, "global"), "iam", "get-account-authorization-details")
    return network.read(path, aws.AccountAuthorizationDetails), path


# --- layers ---------------------------------------------------------------------------------------------------------


def _document(text: str | bytes, where: str) -> policy.Document:
    try:
        return policy.parse(json.loads(text))
    except (policy.PolicyError, ValueError, RecursionError) as error:
        raise SnapshotError(Fault(where, "", "a policy document", str(error))) from error


def _from_judgement(effect: str, code_deny: str, code_none: str, component: str, statement: object, why: str) -> Answer:
    if effect == "allow":
        return Answer()
    if effect == "unknown":
        return Answer("unknown", assumptions=(Assumption("UNKNOWN_RESOURCE", component, why, "block"),))
    code = code_deny if effect == "deny" else code_none
    rule = statement if isinstance(statement, str | int) else None
    return Answer("blocked", (Block(code, component, rule, None, "request", "egress", "403", why),))


def endpoint_policy(network: Network, request: Mapping[str, Any], way: str, one: Scenario) -> Answer:
    """The policy of the endpoint on the way (facts 4, 20 to 28)."""
    if not way:
        return Answer()
    endpoint = network.vpc_endpoints[way]
    asked, assumptions = read_request(network, request, way, one)
    if not endpoint.policy_document:
        return Answer(assumptions=assumptions)
    service = network.endpoint_services.get(endpoint.service_name)
    if service is not None and service.vpc_endpoint_policy_supported is False:
        detail = f"{endpoint.service_name} does not support endpoint policies"
        return Answer(assumptions=(Assumption("ENDPOINT_POLICY_UNSUPPORTED", way, detail, "neither"),))
    where = network.source(way, "/PolicyDocument") or way
    document = _document(endpoint.policy_document, where)
    judged = policy.judge(document, asked, "endpoint", gateway=endpoint.vpc_endpoint_type == "Gateway")
    bucket = _bucket(asked.resource_arn)
    deny, none = "VPCE_POLICY_EXPLICIT_DENY", "VPCE_POLICY_IMPLICIT_DENY"
    if fnmatch.fnmatch(bucket, LAYER_BUCKET):
        none = "VPCE_POLICY_SERVICE_BUCKET_MISSING"
    label = network.label(way)
    why = f"the policy of {label} does not let {asked.action} on {asked.resource_arn} through: {judged.why}"
    answer = _from_judgement(judged.effect, deny, none, way, judged.statement, why)
    return msgspec.structs.replace(answer, assumptions=answer.assumptions + assumptions)


def resource_policy(network: Network, request: Mapping[str, Any], way: str, one: Scenario) -> Answer:
    """A bucket's or repository's policy: an explicit deny, or for another account's resource the lack of an allow."""
    asked, _ = read_request(network, request, way, one)
    resource = asked.resource_arn
    bucket = _bucket(resource)
    if fnmatch.fnmatch(bucket, LAYER_BUCKET):
        return Answer()  # the service's own bucket
    caller = str(asked.context.get("aws:PrincipalAccount", one.source.home[0]))
    if bucket:
        home, service, operation, name = (asked.resource_account, "global"), "s3api", "get-bucket-policy", bucket
    elif ":ecr:" in resource and ":repository/" in resource:
        parts = resource.split(":")
        home, service, operation = (parts[4], parts[3]), "ecr", "get-repository-policy"
        name = resource.split(":repository/", 1)[1]
    else:
        return Answer()
    foreign = asked.resource_account != caller
    if "*" in name or "?" in name:
        if not foreign:
            return Answer()  # a Deny would have to cover every repository or bucket of the pattern
        detail = f"which of {name} account {asked.resource_account} lets account {caller} use is not worked out"
        return Answer("unknown", assumptions=(Assumption("UNKNOWN_RESOURCE", name, detail, "block"),))
    path = network.path(home, service, operation, name)
    status = network.snapshot.status(path)
    if status == "absent":
        why = f"{name} of account {asked.resource_account} has no policy that lets account {caller} in"
        return _from_judgement("none", "", "RESOURCE_POLICY_DENY", name, None, why) if foreign else Answer()
    if status != "ok":
        return Answer("unknown", missing=(path,))
    held = network.read(path, aws.ResourcePolicy)
    text = held.text if held is not None else None
    if text is None:
        raise SnapshotError(Fault(path, "/Policy", "a policy document as a string", "none"))
    judged = policy.judge(_document(text, path), asked, "resource")
    if judged.effect == "none" and not foreign:
        return Answer()
    why = f"the policy of {name} refuses {asked.action}: {judged.why}"
    return _from_judgement(judged.effect, "RESOURCE_POLICY_DENY", "RESOURCE_POLICY_DENY", name, judged.statement, why)


def identity_policy(network: Network, request: Mapping[str, Any], way: str, one: Scenario) -> Answer:
    """The role's own policies and its permissions boundary, from the account's authorization details."""
    asked, _ = read_request(network, request, way, one)
    arn = str(asked.context.get("aws:PrincipalArn", ""))
    if fnmatch.fnmatch(_bucket(asked.resource_arn), LAYER_BUCKET):
        return Answer()  # not the caller's request (fact 27)
    account = arn.split(":")[4] if arn.count(":") >= 4 else one.source.home[0]
    details, path = iam_details(network, account)
    role = next((r for r in details.role_detail_list if r.arn == arn), None) if details else None
    if details is None or role is None:
        detail = f"the policies of {arn} are not in the snapshot"
        assumption = Assumption("UNKNOWN_RESOURCE", arn, detail, "block")
        return Answer("unknown", missing=(path,) if details is None else (), assumptions=(assumption,))
    documents, unseen = role_documents(details, role, path)
    effects = [policy.judge(document, asked, "identity") for document in documents]
    denied = next((judged for judged in effects if judged.effect == "deny"), None)
    if denied is not None:
        why = f"a policy of {arn} denies {asked.action}: {denied.why}"
        return _from_judgement("deny", "IDENTITY_POLICY_DENY", "", arn, denied.statement, why)
    if any(judged.effect == "unknown" for judged in effects) or unseen:
        detail = f"whether {arn} may {asked.action} is not known" + (f" ({', '.join(unseen)})" if unseen else "")
        return Answer("unknown", assumptions=(Assumption("UNKNOWN_RESOURCE", arn, detail, "block"),))
    if not any(judged.effect == "allow" for judged in effects):
        why = f"no policy of {arn} allows {asked.action} on {asked.resource_arn}"
        return _from_judgement("none", "", "IDENTITY_POLICY_DENY", arn, None, why)
    return _boundary(details, role, asked, path)


def role_documents(
    details: aws.AccountAuthorizationDetails, role: aws.RoleDetail, path: str
) -> tuple[list[policy.Document], list[str]]:
    """(a role's inline and managed policies, managed ones that the file does not hold). Raises SnapshotError."""
    documents = [_document(bytes(one.policy_document), path) for one in role.role_policy_list]
    unseen: list[str] = []
    for attached in role.attached_managed_policies:
        document = _managed(details, attached.policy_arn or "", path)
        if document is None:
            unseen.append(attached.policy_arn or "")
        else:
            documents.append(document)
    return documents, unseen


def _boundary(
    details: aws.AccountAuthorizationDetails, role: aws.RoleDetail, asked: policy.Request, path: str
) -> Answer:
    boundary = role.permissions_boundary.permissions_boundary_arn if role.permissions_boundary else None
    if boundary is None:
        return Answer()
    document = _managed(details, boundary, path)
    if document is None:
        return Answer(
            "unknown", assumptions=(Assumption("UNKNOWN_RESOURCE", boundary, "not in the snapshot", "block"),)
        )
    judged = policy.judge(document, asked, "boundary")
    why = f"the permissions boundary of {role.arn} does not allow {asked.action}: {judged.why}"
    return _from_judgement(judged.effect, "BOUNDARY_DENY", "BOUNDARY_DENY", boundary, judged.statement, why)


def _managed(details: aws.AccountAuthorizationDetails, arn: str, path: str) -> policy.Document | None:
    for one in details.policies:
        if one.arn == arn:
            for version in one.policy_version_list:
                if version.is_default_version:
                    return _document(bytes(version.document), path)
    return None


_JUDGES = {
    "endpoint-policy": endpoint_policy, "resource-policy": resource_policy, "identity-policy": identity_policy,
}  # fmt: skip

"""What each kind of policy in the snapshot says about a request: allow, deny, nothing, or not known, with the reason.

AWS rules (facts 4 to 17, 20 to 32). Endpoint policies: the way's endpoint. Resource policies: buckets and ECR
repositories, whose policies a snapshot holds. Identity policies and boundary: the caller's in the account's IAM
details, or a role's own files. SCPs and RCPs: the organization's files.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

import msgspec

from reachsim import policy
from reachsim.addresses import format_address, parse_block
from reachsim.evidence import Assumption
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Home, Network
from reachsim.policy.conditions import Condition
from reachsim.policy.evaluate import must_trust
from reachsim.policy.exemptions import needs_no_permission, without_exempt
from reachsim.policy.principals import Via
from reachsim.policy.request import OpenContext
from reachsim.policy.statements import Kind
from reachsim.policy_layers.asked import LAYER_BUCKET, Asked, bucket_of
from reachsim.policy_layers.held import document
from reachsim.policy_layers.identities import identity_of
from reachsim.policy_layers.organizations import OrganizationPolicy, levels
from reachsim.policy_layers.roles import Identity
from reachsim.policy_layers.ways import UNSEEN

Effect = Literal["allow", "deny", "none", "unknown"]


class Said(msgspec.Struct, frozen=True):
    """What the policies of one kind say together. ``code`` is that of a block, if this kind blocks."""

    kind: Kind
    effect: Effect
    code: str = ""
    component: str = ""
    rule: str | None = None
    why: str = ""
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    grants: frozenset[Via] = frozenset()


def _not_known(kind: Kind, component: str, why: str, *missing: str) -> Said:
    assumption = Assumption("UNKNOWN_RESOURCE", component, why, "block")
    return Said(kind, "unknown", component=component, why=why, missing=missing, assumptions=(assumption,))


def _is_layer(asked: Asked) -> bool:
    return fnmatch.fnmatch(bucket_of(asked.request.resource_arn), LAYER_BUCKET)


def judge(held: policy.Document, asked: Asked, kind: Kind, **how: bool) -> policy.Judgement:
    """What a document says; where the client's address is one of several, what it says for all of them alike.

    The addresses are cut at the borders of the blocks that the document names, and one of each piece is tried.
    """
    judged = policy.judge(held, asked.request, kind, **how)
    if judged.effect != "unknown" or not asked.addresses:
        return judged
    key = asked.address_key
    tests = [one for statement in held.statements for one in statement.conditions if one.lookup == key.lower()]
    if any(one.operator.name not in _ADDRESS_OPERATORS for one in tests):
        return judged  # a text operator tells addresses apart elsewhere than at the borders of blocks
    pieces = [asked.addresses]
    for block in _blocks(tests):
        pieces = [cut for piece in pieces for cut in (piece & block, piece - block) if cut]
        if len(pieces) > _MOST_PIECES:
            return judged
    answers = [policy.judge(held, _from_address(asked.request, key, piece.first), kind, **how) for piece in pieces]
    return answers[0] if len({answer.effect for answer in answers}) == 1 else judged


_ADDRESS_OPERATORS: Final = frozenset({"IpAddress", "NotIpAddress", "Null"})
_MOST_PIECES: Final = 200


def _blocks(tests: Iterable[Condition]) -> Iterable[IntervalSet]:
    for condition in tests:
        for value in condition.values:
            with suppress(ValueError):
                yield parse_block(value.template.text)


def _from_address(request: policy.Request, key: str, address: int) -> policy.Request:
    context = {**request.context, key: format_address(address)}
    absent = request.keys.absent if isinstance(request.keys, OpenContext) else None
    return policy.Request(
        request.principal, request.action, request.resource_arn, request.resource_account, context,
        request.wildcard_only_action, absent,
    )  # fmt: skip


# --- the endpoint ---------------------------------------------------------------------------------------------------


def endpoint(network: Network, asked: Asked, way: str) -> Said:
    """What the policy of the endpoint on the way says (facts 4, 20 to 28)."""
    if not way:
        return Said("endpoint", "allow")
    if way == UNSEEN:
        return _not_known(
            "endpoint", asked.request.action, f"by which endpoint {asked.request.action} goes is not known"
        )
    found = network.vpc_endpoints[way]
    for note in network.snapshot.manifest.planned:
        if note.component == way and note.code == "PLANNED_POLICY_UNKNOWN":
            return _not_known("endpoint", way, note.detail)
    if not found.policy_document:
        return Said("endpoint", "allow")
    service = network.endpoint_services.get(found.service_name)
    if service is not None and service.vpc_endpoint_policy_supported is False:
        detail = f"{found.service_name} does not support endpoint policies"
        return Said(
            "endpoint", "allow", assumptions=(Assumption("ENDPOINT_POLICY_UNSUPPORTED", way, detail, "neither"),)
        )
    held = document(found.policy_document, network.source(way, "/PolicyDocument") or way)
    judged = judge(held, asked, "endpoint", gateway=found.vpc_endpoint_type == "Gateway")
    code = "VPCE_POLICY_EXPLICIT_DENY" if judged.effect == "deny" else "VPCE_POLICY_IMPLICIT_DENY"
    if judged.effect == "none" and _is_layer(asked):
        code = "VPCE_POLICY_SERVICE_BUCKET_MISSING"
    request = asked.request
    label = network.label(way)
    why = f"the policy of {label} does not let {request.action} on {request.resource_arn} through: {judged.why}"
    if judged.effect == "unknown":
        return _not_known("endpoint", way, why)
    return Said("endpoint", judged.effect, code, way, judged.statement, why)


# --- the resource ---------------------------------------------------------------------------------------------------


def resource(network: Network, asked: Asked) -> list[Said]:
    """What a bucket's or repository's policy says, S3 Block Public Access, and the owner's RCPs."""
    if _is_layer(asked):
        return [Said("resource", "allow")]  # the service's own bucket
    said = [_with_registry(network, asked, _resource(network, asked))]
    rcp = _organization_policies(network, asked, "rcp")
    return [*said, rcp] if rcp else said


def _resource(network: Network, asked: Asked) -> Said:
    request = asked.request
    bucket = bucket_of(request.resource_arn)
    if bucket:
        home, service, operation, name = (request.resource_account, "global"), "s3api", "get-bucket-policy", bucket
    elif ":ecr:" in request.resource_arn and ":repository/" in request.resource_arn:
        parts = request.resource_arn.split(":")
        home, service, operation = (parts[4], parts[3]), "ecr", "get-repository-policy"
        name = request.resource_arn.split(":repository/", 1)[1]
    else:
        return _without_policy(asked)
    if "*" in name or "?" in name:
        if request.same_account:
            return Said("resource", "none")  # a Deny would have to cover every repository or bucket of the pattern
        who = f"account {request.principal.account}"
        return _not_known("resource", name, f"which of {name} account {home[0]} lets {who} use is not worked out")
    path = network.path(home, service, operation, name)
    status = network.snapshot.status(path)
    if status == "absent" or (service == "ecr" and status == "missing" and _no_such_repository(network, home, name)):
        why = f"{name} of account {home[0]} has no policy that lets account {request.principal.account} in"
        return Said("resource", "none", "RESOURCE_POLICY_DENY", name, None, why)
    if status != "ok":
        return Said(
            "resource", "unknown", component=name, why=f"the policy of {name} is not in the snapshot", missing=(path,)
        )
    text = _policy_text(network, path)
    held = document(text, path)
    judged = judge(held, asked, "resource", has_boundary=_has_boundary(network, asked))
    why = f"the policy of {name} refuses {request.action}: {judged.why}"
    if judged.effect == "unknown":
        return _not_known("resource", name, why)
    if judged.effect == "allow" and bucket and not request.same_account and policy.is_public(held):
        return _public(network, asked, name, judged.grants)
    return Said("resource", judged.effect, "RESOURCE_POLICY_DENY", name, judged.statement, why, grants=judged.grants)


def _with_registry(network: Network, asked: Asked, repository: Said) -> Said:
    """What a repository's policy and that of its registry say together: any Deny, else any Allow (P59)."""
    parts = asked.request.resource_arn.split(":")
    if ":ecr:" not in asked.request.resource_arn or len(parts) < 6:
        return repository
    home, account = (parts[4], parts[3]), parts[4]
    path = network.path(home, "ecr", "get-registry-policy")
    status = network.snapshot.status(path)
    if status == "absent" or not registry_counts(network, home, asked.request.folded_action):
        return repository
    if status != "ok":
        detail = f"the policy of the registry {account} is not in the snapshot ({path}); taken to say nothing"
        unseen = Assumption("UNKNOWN_RESOURCE", account, detail, "block")
        return msgspec.structs.replace(repository, assumptions=(*repository.assumptions, unseen))
    held = document(_policy_text(network, path), path)
    judged = judge(held, asked, "resource", has_boundary=_has_boundary(network, asked))
    why = f"the policy of the registry {account} refuses {asked.request.action}: {judged.why}"
    registry = Said("resource", judged.effect, "RESOURCE_POLICY_DENY", account, judged.statement, why,
                    grants=judged.grants)  # fmt: skip
    if judged.effect == "unknown":
        registry = _not_known("resource", account, why)
    both = {said.effect: said for said in (registry, repository)}
    if repository.effect == "allow" and registry.effect == "allow":
        return msgspec.structs.replace(repository, grants=repository.grants | registry.grants)
    return next(both[effect] for effect in ("deny", "allow", "unknown", "none") if effect in both)


def registry_counts(network: Network, home: Home, action: str) -> bool:
    """Whether a registry's policy is asked about an action (lower case): about all in scope V2, the default."""
    path = network.path(home, "ecr", "get-account-setting", "REGISTRY_POLICY_SCOPE")
    setting = network.read(path, aws.AccountSetting)
    return setting is None or setting.value != "V1" or action in _REGISTRY_V1


_REGISTRY_V1 = ("ecr:replicateimage", "ecr:batchimportupstreamimage", "ecr:createrepository")


def _no_such_repository(network: Network, home: Home, name: str) -> bool:
    """Whether a repository is known not to exist (yet): a pull-through cache makes it on the first pull."""
    path = network.path(home, "ecr", "describe-repositories")
    known = {one.repository_name for one in network.read_collection(path, "repositories", aws.Repository)}
    return network.snapshot.status(path) == "ok" and name not in known


def _without_policy(asked: Asked) -> Said:
    """Resources whose policies a snapshot does not hold, or that have none: the own account's are left to identity
    policies, others' and those that must allow by themselves cannot be told."""
    request = asked.request
    if request.same_account and not must_trust(request):
        return Said("resource", "none")
    if request.service in _WITHOUT_POLICIES:
        why = f"{request.resource_arn} can have no policy that lets account {request.principal.account} in"
        return Said("resource", "none", "RESOURCE_POLICY_DENY", request.resource_arn, None, why)
    detail = f"the policy of {request.resource_arn}, which must allow the request, is not in the snapshot"
    return _not_known("resource", request.resource_arn, detail)


_WITHOUT_POLICIES: Final = frozenset({"codecommit"})
"""Services without resource policies (IAM User Guide, "AWS services that work with IAM"; here those of pipelines)."""


def _policy_text(network: Network, path: str) -> str:
    held = network.read(path, aws.ResourcePolicy)
    if held is None or held.text is None:
        network.snapshot.fail(path, "/Policy", "a policy document as a string", "none")
    return held.text


def _public(network: Network, asked: Asked, bucket: str, grants: frozenset[Via]) -> Said:
    """A public bucket policy lets an outsider in only where Block Public Access is off (fact 17)."""
    if asked.request.principal.kind == "service":
        return Said("resource", "allow", grants=grants)
    home = (asked.request.resource_account, "global")
    paths = (
        network.path(home, "s3api", "get-public-access-block", bucket),
        network.path(home, "s3control", "get-public-access-block"),
    )
    missing = network.unknown(*paths)
    for path in paths:
        held = network.read(path, _PublicAccessBlock)
        if held is not None and held.configuration.restrict_public_buckets:
            why = f"S3 Block Public Access is on for {bucket}, whose policy is public"
            return Said("resource", "deny", "RESOURCE_POLICY_DENY", bucket, None, why)
    if missing:
        return _not_known(
            "resource", bucket, f"whether S3 Block Public Access is on for {bucket} is not known", *missing
        )
    return Said("resource", "allow", grants=grants)


class _Configuration(msgspec.Struct, frozen=True, rename="pascal"):
    restrict_public_buckets: bool = False


class _PublicAccessBlock(msgspec.Struct, frozen=True):
    configuration: _Configuration = msgspec.field(name="PublicAccessBlockConfiguration", default=_Configuration())


# --- the identity ---------------------------------------------------------------------------------------------------


def identity(network: Network, asked: Asked) -> list[Said]:
    """What the role's own policies, its permissions boundary and the account's SCPs say."""
    caller = asked.request.principal
    if _is_layer(asked) and asked.role is None:
        return [Said("identity", "allow")]  # not the caller's request (fact 27)
    if needs_no_permission(asked.request):
        return [Said("identity", "allow")]
    if not caller.has_identity or caller.kind == "root":
        found = [Said("identity", "allow")]
    else:
        found = _own_policies(network, asked)
    scp = _organization_policies(network, asked, "scp") if caller.has_identity else None
    return [*found, scp] if scp else found


def _own_policies(network: Network, asked: Asked) -> list[Said]:
    arn = asked.role or asked.request.principal.text
    found, missing = identity_of(network, asked.request.principal.account, arn)
    if found is None:
        return [_not_known("identity", arn, f"the policies of {arn} are not in the snapshot", *missing)]
    documents, unseen = found.documents, found.unseen
    request = asked.request
    judged = [judge(one, asked, "identity") for one in documents]
    denied = next((one for one in judged if one.effect == "deny"), None)
    said: Said
    if denied is not None:
        why = f"a policy of {arn} denies {request.action}: {denied.why}"
        said = Said("identity", "deny", "IDENTITY_POLICY_DENY", arn, denied.statement, why)
    elif unseen or any(one.effect == "unknown" for one in judged):
        reasons = unseen or [one.why for one in judged if one.effect == "unknown"]
        why = f"whether {arn} may {request.action} is not known ({'; '.join(reasons)})"
        said = _not_known("identity", arn, why, *found.missing)
    elif any(one.effect == "allow" for one in judged):
        said = Said("identity", "allow")
    else:
        why = f"no policy of {arn} allows {request.action} on {request.resource_arn}"
        said = Said("identity", "none", "IDENTITY_POLICY_DENY", arn, None, why)
    boundary = _boundary(found, asked)
    return [said, boundary] if boundary else [said]


def _boundary(found: Identity, asked: Asked) -> Said | None:
    arn, held = found.boundary_arn, found.boundary
    if arn is None:
        return None
    if held is None:
        return _not_known("boundary", arn, f"the permissions boundary {arn} is not in the snapshot", *found.missing)
    judged = judge(held, asked, "boundary")
    why = f"the permissions boundary of {found.arn} does not allow {asked.request.action}: {judged.why}"
    if judged.effect == "unknown":
        return _not_known("boundary", arn, why)
    return Said("boundary", judged.effect, "BOUNDARY_DENY", arn, judged.statement, why)


def _has_boundary(network: Network, asked: Asked) -> bool:
    caller = asked.request.principal
    if not caller.has_identity or asked.role is None:
        return False
    found, _ = identity_of(network, caller.account, asked.role)
    return found is not None and found.boundary_arn is not None


# --- the organization -----------------------------------------------------------------------------------------------


def _organization_policies(network: Network, asked: Asked, kind: Literal["scp", "rcp"]) -> Said | None:
    """What SCPs say of the caller's account, or RCPs of the owner's; None if none bind (facts 11, 12)."""
    request = asked.request
    if request.principal.is_service_linked_role:
        return None
    account = request.principal.account if kind == "scp" else request.resource_account
    names: Mapping[str, tuple[OrganizationPolicy, str, str]] = {
        "scp": ("SERVICE_CONTROL_POLICY", "SCP_DENY", "service control policies"),
        "rcp": ("RESOURCE_CONTROL_POLICY", "RCP_DENY", "resource control policies"),
    }
    type_, code, words = names[kind]
    if kind == "rcp" and without_exempt(request, policy.Policies(rcps=((),)))[0].rcps is None:
        return None
    if account not in network.snapshot.accounts():
        return None
    found = levels(network, account, type_)
    if found.unseen:
        detail = (
            f"the {words} that bind account {account} are not all in the snapshot ({found.unseen[0]}); taken to allow"
        )
        assumption = Assumption("UNKNOWN_RESOURCE", account, detail, "block")
    said = _over_levels(asked, kind, found.levels, bool(found.unseen), account, code, words)
    if found.unseen and (said is None or said.effect in ("allow", "none")):
        return Said(kind, "allow", assumptions=(assumption,))
    return said


def _over_levels(
    asked: Asked, kind: Literal["scp", "rcp"],
    hierarchy: Sequence[Sequence[policy.Document]], lacking: bool, account: str, code: str, words: str,
) -> Said | None:  # fmt: skip
    """Any Deny, else nothing if a level allows nothing, else allow."""
    answers = [[judge(one, asked, kind) for one in level] for level in hierarchy]
    for judged in _all(answers):
        if judged.effect == "deny":
            why = f"the {words} of account {account} deny {asked.request.action}: {judged.why}"
            return Said(kind, "deny", code, account, judged.statement, why)
    for judged in _all(answers):
        if judged.effect == "unknown":
            return _not_known(kind, account, f"whether the {words} of account {account} allow it: {judged.why}")
    silent = next((level for level in answers if not any(one.effect == "allow" for one in level)), None)
    if silent is None:
        return Said(kind, "allow") if answers else None
    why = f"the {words} of account {account} do not allow {asked.request.action}"
    return Said(kind, "none" if not lacking else "allow", code, account, None, why)


def _all(answers: Iterable[Iterable[Any]]) -> Iterable[Any]:
    return (one for level in answers for one in level)

"""What each kind of policy in the snapshot says about a request: allow, deny, nothing, or not known, with the reason.

AWS rules (facts 4 to 15, 20 to 32). Endpoint policies: the way's endpoint. Identity policies and boundary: the
caller's in the account's IAM details, or a role's own files. SCPs and RCPs: the organization's files. The policies of
resources are in `resources`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from reachsim import policy, services
from reachsim.evidence import Assumption
from reachsim.model.network import Network
from reachsim.policy.exemptions import needs_no_permission, without_exempt
from reachsim.policy.principals import Via
from reachsim.policy.statements import Kind
from reachsim.policy_layers.asked import Asked, is_service_download
from reachsim.policy_layers.held import document
from reachsim.policy_layers.identities import identity_of
from reachsim.policy_layers.judging import judge
from reachsim.policy_layers.organizations import OrganizationPolicy, levels
from reachsim.policy_layers.roles import Identity
from reachsim.policy_layers.ways import UNSEEN

Effect = Literal["allow", "deny", "none", "unknown"]


class Said(msgspec.Struct, frozen=True):
    """What the policies of one kind say together. ``code`` is that of a block, if this kind blocks. ``unsure`` tells of
    an effect "none" why it may be "deny", "" if it cannot: where silence does not count, that is open."""

    kind: Kind
    effect: Effect
    code: str = ""
    component: str = ""
    rule: str | None = None
    why: str = ""
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    grants: frozenset[Via] = frozenset()
    unsure: str = ""


def not_known(kind: Kind, component: str, why: str, *missing: str) -> Said:
    assumption = Assumption("UNKNOWN_RESOURCE", component, why, "block")
    return Said(kind, "unknown", component=component, why=why, missing=missing, assumptions=(assumption,))


def of_a_service(asked: Asked) -> bool:
    return is_service_download(asked.request.action, asked.request.resource_arn)


# --- the endpoint ---------------------------------------------------------------------------------------------------


def endpoint(network: Network, asked: Asked, way: str) -> Said:
    """What the policy of the endpoint on the way says (facts 4, 20 to 28)."""
    if not way or asked.request.action == services.BEARER_TOKEN:
        return Said("endpoint", "allow")
    if way == UNSEEN:
        return not_known(
            "endpoint", asked.request.action, f"by which endpoint {asked.request.action} goes is not known"
        )
    found = network.vpc_endpoints[way]
    for detail in network.planned("PLANNED_POLICY_UNKNOWN", way):
        return not_known("endpoint", way, detail)
    service = network.endpoint_services.get(found.service_name)
    if not found.policy_document:
        # AWS prints the policy of full access too (N140); of a service without policies there is none to print.
        if found.vpc_endpoint_type != "Gateway" and not (service and service.vpc_endpoint_policy_supported):
            return Said("endpoint", "allow")
        detail = f"{network.source(way)} tells no policy of {network.label(way)}: the default one, which allows all"
        return Said("endpoint", "allow", assumptions=(Assumption("ASSUMED_DEFAULT", way, detail, "block"),))
    if service is not None and service.vpc_endpoint_policy_supported is False:
        detail = f"{found.service_name} does not support endpoint policies"
        return Said(
            "endpoint", "allow", assumptions=(Assumption("ENDPOINT_POLICY_UNSUPPORTED", way, detail, "neither"),)
        )
    held = document(found.policy_document, network.source(way, "/PolicyDocument") or way)
    judged = judge_naming(network, held, asked, "endpoint", gateway=found.vpc_endpoint_type == "Gateway")
    code = "VPCE_POLICY_EXPLICIT_DENY" if judged.effect == "deny" else "VPCE_POLICY_IMPLICIT_DENY"
    if judged.effect == "none" and of_a_service(asked):
        code = "VPCE_POLICY_SERVICE_BUCKET_MISSING"
    request = asked.request
    label = network.label(way)
    wanted = f"{request.action} on {request.resource_arn}"
    if judged.effect == "unknown":
        detail = f"whether the policy of {label} lets {wanted} through is not known: {judged.why}"
        return not_known("endpoint", way, detail, *asked.missing)
    why = f"the policy of {label} does not let {wanted} through: {judged.why}"
    return Said("endpoint", judged.effect, code, way, judged.statement, why)


# --- the identity ---------------------------------------------------------------------------------------------------


def identity(network: Network, asked: Asked) -> list[Said]:
    """What the role's own policies, its permissions boundary and the account's SCPs say."""
    caller = asked.request.principal
    if of_a_service(asked) and asked.role is None:
        return [Said("identity", "allow")]  # not the caller's request (fact 27)
    if needs_no_permission(asked.request):
        return [Said("identity", "allow")]
    if not caller.has_identity or caller.kind == "root":
        found = [Said("identity", "allow")]
    else:
        found = _own_policies(network, asked)
    scp = organization_policies(network, asked, "scp") if caller.has_identity else None
    return [*found, scp] if scp else found


def _own_policies(network: Network, asked: Asked) -> list[Said]:
    arn = asked.role or asked.request.principal.text
    found, missing = identity_of(network, asked.request.principal.account, arn)
    if found is None:
        return [not_known("identity", arn, f"the policies of {arn} are not in the snapshot", *missing)]
    documents, unseen = found.documents, found.unseen
    request = asked.request
    judged = [judge(one, asked, "identity") for one in documents]
    denied = next((one for one in judged if one.effect == "deny"), None)
    said: Said
    if denied is not None:
        why = f"a policy of {arn} denies {request.action}: {denied.why}"
        said = Said("identity", "deny", "IDENTITY_POLICY_DENY", arn, denied.statement, why)
    elif not unseen and not _may_allow(documents, asked):
        open_ = next((one.why for one in judged if one.effect == "unknown"), "")
        nearest = _nearest(documents, judged, asked)
        why = f"no policy of {arn} allows {request.action} on {request.resource_arn}{nearest}"
        said = Said("identity", "none", "IDENTITY_POLICY_DENY", arn, None, why, unsure=open_)
    elif unseen or any(one.effect == "unknown" for one in judged):
        reasons = unseen or [one.why for one in judged if one.effect == "unknown"]
        why = f"whether {arn} may {request.action} is not known ({'; '.join(reasons)})"
        said = not_known("identity", arn, why, *found.missing)
    else:
        said = Said("identity", "allow")
    boundary = _boundary(found, asked)
    return [said, boundary] if boundary else [said]


def _nearest(documents: Sequence[policy.Document], judged: Sequence[policy.Judgement], asked: Asked) -> str:
    """Which statement on the action comes nearest to allowing, and where it ends; "" if none is on the action."""
    action = asked.request.folded_action
    on_it = (one.why for held, one in zip(documents, judged, strict=True) if held.relevant(action).allows)
    return "".join(f"; {why}" for why in list(on_it)[:1])


def _may_allow(documents: Sequence[policy.Document], asked: Asked) -> bool:
    """Whether any of these policies may allow, whatever is not known; as ceilings they say so of a Deny, too."""
    return any(judge(one, asked, "boundary").effect not in ("none", "deny") for one in documents)


def _boundary(found: Identity, asked: Asked) -> Said | None:
    arn, held = found.boundary_arn, found.boundary
    if arn is None:
        return None
    if held is None:
        return not_known("boundary", arn, f"the permissions boundary {arn} is not in the snapshot", *found.missing)
    judged = judge(held, asked, "boundary")
    why = f"the permissions boundary of {found.arn} does not allow {asked.request.action}: {judged.why}"
    if judged.effect == "unknown":
        return not_known("boundary", arn, why)
    return Said("boundary", judged.effect, "BOUNDARY_DENY", arn, judged.statement, why)


def judge_naming(
    network: Network, held: policy.Document, asked: Asked, kind: Kind, gateway: bool = False
) -> policy.Judgement:
    """What a document that names principals says. A Deny with NotPrincipal hits whoever has a permissions boundary
    (fact 39); where it is not known whether the caller has one, what the document says with and without must agree."""
    bounded = _has_boundary(network, asked)
    judged = judge(held, asked, kind, gateway=gateway, has_boundary=bounded is True)
    if bounded is None and judge(held, asked, kind, gateway=gateway, has_boundary=True).effect != judged.effect:
        why = f"whether {asked.role} has a permissions boundary, which NotPrincipal does not spare, is not known"
        return judged._replace(effect="unknown", why=why)
    return judged


def resource_said(
    network: Network, held: policy.Document, asked: Asked, component: str, whose: str, wanted: str
) -> tuple[Said, policy.Judgement]:
    """What a resource's policy says, in both forms; ``whose`` it is and what is ``wanted`` begin the sentence on why.

    A policy that surely does not allow, of which it is only open whether it denies, is silent and ``unsure``.
    """
    judged = judge_naming(network, held, asked, "resource")
    refuses = f"{whose} refuses {wanted}"
    open_ = f"whether {refuses} is not known: {judged.why}"
    if judged.effect != "unknown":
        why = f"{refuses}: {judged.why}"
        said = Said("resource", judged.effect, "RESOURCE_POLICY_DENY", component, judged.statement, why,
                    grants=judged.grants)  # fmt: skip
    elif judge_naming(network, held, asked, "endpoint").effect in ("none", "deny"):
        silent = f"{refuses}: no statement allows it"
        said = Said("resource", "none", "RESOURCE_POLICY_DENY", component, None, silent, unsure=open_)
    else:
        said = not_known("resource", component, open_)
    return said, judged


def _has_boundary(network: Network, asked: Asked) -> bool | None:
    """Whether the caller has a permissions boundary; None if the snapshot does not tell."""
    caller = asked.request.principal
    if not caller.has_identity or caller.kind == "root" or asked.role is None:
        return False
    found, _ = identity_of(network, caller.account, asked.role)
    return None if found is None else found.boundary_arn is not None


# --- the organization -----------------------------------------------------------------------------------------------


def organization_policies(network: Network, asked: Asked, kind: Literal["scp", "rcp"]) -> Said | None:
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


def rcps_deny(network: Network, request: policy.Request) -> bool:
    """Whether the RCPs of the resource's owner surely deny a request. Raises SnapshotError."""
    said = organization_policies(network, Asked(request, None), "rcp")
    return said is not None and said.effect == "deny"


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
    if not lacking and any(_allows_nothing(asked, *level) for level in zip(hierarchy, answers, strict=True)):
        why = f"the {words} of account {account} do not allow {asked.request.action}"
        return Said(kind, "none", code, account, None, why)
    for judged in _all(answers):
        if judged.effect == "unknown":
            return not_known(kind, account, f"whether the {words} of account {account} allow it: {judged.why}")
    return Said(kind, "allow") if answers else None


def _allows_nothing(asked: Asked, level: Sequence[policy.Document], answers: Sequence[policy.Judgement]) -> bool:
    """Whether no document of a level can allow the request, be it known or not whether one denies it."""
    if all(one.effect == "none" for one in answers):
        return True
    return all(one.effect != "allow" for one in answers) and not _may_allow(level, asked)


def _all(answers: Iterable[Iterable[Any]]) -> Iterable[Any]:
    return (one for level in answers for one in level)

"""Whether CodePipeline can do what a pipeline's actions ask of it: by the pipeline's service role or an action's own.

CodePipeline assumes the service role, and by it the role of an action that names one; in its name it asks the other
services, hands on artifacts in the pipeline's bucket, and uses that bucket's KMS key. None of that goes through a VPC
of the account, so policies that demand a VPC endpoint refuse it. Provisioning, networks and roles of what an action
starts are judged elsewhere. **Source:** CodePipeline User Guide, "Manage the CodePipeline service role", "Create a
pipeline in CodePipeline that uses resources from another AWS account", "Cross-service confused deputy prevention";
fact P12.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import policy, services
from reachsim.check.findings import OF_PIPELINE, finding_of
from reachsim.check.pipeline_actions import Wish, is_judged, is_unheard, wishes
from reachsim.check.role_requests import not_assumed, role_request, service_request
from reachsim.check.service_plane import pipelines
from reachsim.evidence import Assumption, Block
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.reference import has_resource_types
from reachsim.policy.stand_ins import OTHER_ACCOUNT
from reachsim.policy_layers import Answer, KeyUse, context_of, described, judge_elsewhere, owner_of_bucket
from reachsim.verdict import Finding, PipelineStep, worst

_CODEPIPELINE: Final = "codepipeline.amazonaws.com"
_STEPS: Final = {"Source": "source", "Deploy": "deploy", "Build": "provisioning", "Test": "provisioning"}
"""By category of an action: the step that it is, ``run`` else."""


class Refused(Struct, frozen=True):
    """What a rule keeps a pipeline from by one of its roles: the requests, and the condition keys that they come with;
    no request where CodePipeline may not assume the service role."""

    home: Home
    pipeline: str
    role: str
    block: Block
    wishes: tuple[Wish, ...] = ()


class Roles(Struct, frozen=True):
    """What policies say to the actions of pipelines: a step for each, findings, files that would tell more."""

    steps: list[PipelineStep]
    findings: list[Finding]
    missing: tuple[str, ...]
    assumptions: tuple[Assumption, ...]


def pipeline_roles(network: Network) -> Roles:
    """Judge the actions of every pipeline. Raises SnapshotError for a policy that cannot be judged."""
    steps: list[PipelineStep] = []
    refused: dict[tuple[str, str, str | int | None], list[tuple[str, Block]]] = {}
    missing: dict[str, None] = {}
    notes: dict[Assumption, None] = {}
    for home, pipeline in pipelines(network):
        if ":role/" not in (pipeline.role_arn or ""):
            detail = f"the service role of the pipeline {pipeline.name} is not told; taken to be allowed all it asks"
            notes[Assumption("UNKNOWN_RESOURCE", pipeline.name, detail, "block")] = None
            continue
        taken = _taken(network, home, pipeline)
        for stage in pipeline.stages:
            for action in filter(is_unheard, stage.actions):
                name = f"{pipeline.name}/{stage.name}/{action.name}"
                detail = (
                    f"what {action.action_type_id.provider} asks in a role's name is not known; taken to be allowed"
                )
                notes[Assumption("UNKNOWN_RESOURCE", name, detail, "block")] = None
            for action in filter(is_judged, stage.actions):
                name = f"{pipeline.name}{OF_PIPELINE}{stage.name}/{action.name}"
                answer = _together([taken, *_answers(network, home, pipeline, action)])
                step = _STEPS.get(action.action_type_id.category, "run")
                steps.append(PipelineStep(name, step, answer.outcome, "none", True, blocked_by=answer.blocks))
                for block in answer.blocks:
                    refused.setdefault((block.code, block.component, block.rule), []).append((name, block))
                if answer.outcome == "unknown":
                    missing |= dict.fromkeys(answer.missing)
                    notes |= dict.fromkeys(answer.assumptions)
    findings = [_finding(network, several) for several in refused.values()]
    return Roles(steps, findings, tuple(missing), tuple(notes))


def refusals(network: Network) -> tuple[Refused, ...]:
    """What policies refuse to the roles of pipelines, those of KMS keys left out, by role and rule. Raises
    SnapshotError."""
    found: dict[tuple[Home, str, str, str, str | int | None], Refused] = {}

    def tell(home: Home, pipeline: aws.Pipeline, role: str, answer: Answer, *wishes: Wish) -> None:
        for block in answer.blocks:
            key = (home, pipeline.name, role, block.code, block.rule)
            before = found.get(key, Refused(home, pipeline.name, role, block))
            found[key] = replace(before, wishes=(*before.wishes, *(one for one in wishes if one not in before.wishes)))

    for home, pipeline in pipelines(network):
        role = pipeline.role_arn or ""
        if ":role/" in role:
            tell(home, pipeline, role, _taken(network, home, pipeline))
            for action in (one for stage in pipeline.stages for one in stage.actions if is_judged(one)):
                for place, asking, wish, _ in _asks(network, home, pipeline, action):
                    tell(home, pipeline, asking, _asked(network, place, asking, wish), wish)
    return tuple(found.values())


def _finding(network: Network, several: Sequence[tuple[str, Block]]) -> Finding:
    """One finding for each rule that refuses something, with all that it refuses."""
    block = several[0][1]
    rule = f", statement {block.rule}" if block.rule is not None else ""
    title = f"{network.label(block.component)}{rule} keeps {_shown(several[0][0])} from running: {block.detail}"
    lines = [f"{_shown(name)}: {one.code} at {one.component}{rule}; {one.detail}" for name, one in several]
    return finding_of(block.code, "high", block.component, title, lines)


def _shown(name: str) -> str:
    return f"the action {name.replace(OF_PIPELINE, '/', 1)}"


def _together(answers: Sequence[Answer]) -> Answer:
    blocks = dict.fromkeys(block for one in answers for block in one.blocks)
    missing = dict.fromkeys(path for one in answers for path in one.missing)
    notes = dict.fromkeys(note for one in answers if one.outcome == "unknown" for note in one.assumptions)
    return Answer(worst([one.outcome for one in answers]), tuple(blocks), tuple(missing), tuple(notes))


# --- roles ------------------------------------------------------------------------------------------------------------


def _taken(network: Network, home: Home, pipeline: aws.Pipeline) -> Answer:
    """What the trust policy of the service role says to CodePipeline; one that the snapshot lists without its trust
    policy, which AWS always tells, is taken to trust it."""
    role = pipeline.role_arn or ""
    held = described(network, home[0], role)
    if held is not None and not held.trust:
        return Answer()
    arn = f"arn:{services.partition_of(home[1])}:codepipeline:{home[1]}:{home[0]}:{pipeline.name}"
    request = service_request(network, _CODEPIPELINE, "sts:AssumeRole", role, home[0], home, arn)
    answer = judge_elsewhere(network, request, None)
    return replace(answer, blocks=tuple(not_assumed(network, one, role, _CODEPIPELINE) for one in answer.blocks))


def _answers(network: Network, home: Home, pipeline: aws.Pipeline, action: aws.PipelineAction) -> Iterator[Answer]:
    """What policies say to everything that an action asks, in the name of the role that it runs as."""
    for place, role, wish, use in _asks(network, home, pipeline, action):
        yield _asked(network, place, role, wish, use)


def _asks(
    network: Network, home: Home, pipeline: aws.Pipeline, action: aws.PipelineAction
) -> Iterator[tuple[Home, str, Wish, KeyUse | None]]:
    """(account and Region, role, request, the KMS key that it uses) of everything that an action asks."""
    role = pipeline.role_arn or ""
    place = (home[0], action.region or home[1])
    own = action.role_arn or ""
    if ":role/" in own and own != role:
        yield home, role, Wish("sts:AssumeRole", own), None
        parts = own.split(":")
        role, place = own, (parts[4] if len(parts) > 5 else home[0], place[1])
    for wish in wishes(network, place, action):
        yield place, role, wish, _default_key(network, place, wish, action)
    for wish, use in _artifacts(network, place, pipeline, action):
        yield place, role, wish, use


def _default_key(network: Network, place: Home, wish: Wish, action: aws.PipelineAction) -> KeyUse | None:
    """The key of a bucket that an action reads from or deploys to: the one that a deployment names, else that with
    which the bucket encrypts by default; objects are taken to be encrypted as their bucket does now."""
    call = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}.get(wish.action)
    bucket = wish.resource.split(":::")[-1].split("/")[0]
    if call is None or not bucket or set(bucket) & set("*?"):
        return None
    key, owner = action.configuration.get("KMSEncryptionKeyARN", ""), _owner(network, wish.resource, place[0])
    path = network.path((owner, "global"), "s3api", "get-bucket-encryption", bucket)
    held = network.read(path, aws.BucketEncryption) if not key else None
    for rule in held.server_side_encryption_configuration.rules if held is not None else ():
        default = rule.apply_server_side_encryption_by_default
        if default is not None and default.sse_algorithm.startswith("aws:kms"):
            key = default.kms_master_key_id or ""
    context = context_of(network, owner, wish.resource)
    return KeyUse(key, (owner, place[1]), call, "s3", context) if key and "#{" not in key else None


def _artifacts(
    network: Network, place: Home, pipeline: aws.Pipeline, action: aws.PipelineAction
) -> Iterator[tuple[Wish, KeyUse | None]]:
    """The artifacts that CodePipeline itself puts into the pipeline's bucket, for a source, or gets from there: it
    encrypts them with the store's key, or the one that AWS manages for Amazon S3 ("Configure server-side encryption for
    artifacts stored in Amazon S3")."""
    kind = action.action_type_id
    store = (pipeline.artifact_stores or {}).get(place[1], pipeline.artifact_store)
    whole = action.configuration.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF"
    if store is None or not store.location or whole or kind.category not in ("Source", "Deploy"):
        return
    writes = kind.category == "Source"
    if not writes and not action.input_artifacts:
        return
    objects = f"arn:{services.partition_of(place[1])}:s3:::{store.location}/*"
    key = store.encryption_key.id if store.encryption_key is not None else ""
    call, owner = "kms:GenerateDataKey" if writes else "kms:Decrypt", _owner(network, objects, place[0])
    use = KeyUse(key, place, call, "s3", context_of(network, owner, objects)) if key else None
    headers: dict[str, Any] = {"s3:x-amz-server-side-encryption": "aws:kms"}
    if kind.provider == "CodeCommit":  # which puts what it was asked for there itself
        headers["aws:ViaAWSService"] = policy.UNKNOWN
    if ":key/" in key:
        headers["s3:x-amz-server-side-encryption-aws-kms-key-id"] = key
    wish = Wish("s3:PutObject", objects, headers) if writes else Wish("s3:GetObject", objects)
    yield wish, use


def _asked(network: Network, place: Home, role: str, wish: Wish, use: KeyUse | None = None) -> Answer:
    answer = _one(network, place, role, wish, use)
    if wish.unseen_policy and answer.blocks and all(_is_silence(block) for block in answer.blocks):
        detail = (
            f"whether the policy of {wish.resource}, which is in no snapshot, lets {role} {wish.action} is not known"
        )
        return Answer("unknown", (), (), (Assumption("UNKNOWN_RESOURCE", wish.resource, detail, "block"),))
    if answer.outcome != "blocked" or not wish.or_else:
        return answer
    other = _one(network, place, role, Wish(wish.or_else, wish.resource, wish.context), use)
    if other.outcome == "blocked":
        return answer
    detail = f"whether {wish.or_else}, which {role} may, does in place of {wish.action} is not known"
    return Answer("unknown", (), other.missing, (Assumption("UNKNOWN_RESOURCE", role, detail, "block"),))


def _is_silence(block: Block) -> bool:
    """Whether it is only that no policy of the role allows the request."""
    return block.code == "IDENTITY_POLICY_DENY" and block.rule is None


def _one(network: Network, place: Home, role: str, wish: Wish, use: KeyUse | None) -> Answer:
    """What policies say to one request in a role's name, nothing to one of a text that is no role's ARN."""
    try:
        caller = policy.Principal.parse(role)
    except ValueError as error:
        return Answer("unknown", (), (), (Assumption("UNKNOWN_RESOURCE", role, str(error), "block"),))
    typed = has_resource_types(wish.action)
    wildcard = not typed if typed is not None else wish.resource == "*"
    resource = "*" if wildcard else wish.resource
    owner = _owner(network, resource, caller.account)
    request = role_request(network, role, wish.action, resource, owner, place[1], wish.context, wildcard=wildcard)
    answer = judge_elsewhere(network, request, role, use=use)
    what = f"{role} may not {wish.action}" + (f" on {resource}" if resource != "*" else "")
    blocks = (block if wish.action in block.detail else replace(block, detail=f"{what}: {block.detail}")
              for block in answer.blocks)  # fmt: skip
    return replace(answer, blocks=tuple(blocks))


def _owner(network: Network, resource: str, account: str) -> str:
    """The account that a resource belongs to, as far as it is known."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return account
    if policy.is_account(parts[4]):
        return parts[4]
    bucket = parts[5].split("/")[0]
    if parts[2] != "s3" or set(bucket) & set("*?"):
        return account
    owner = owner_of_bucket(network, bucket, account)
    return owner.account or (OTHER_ACCOUNT if account in owner.others else account)

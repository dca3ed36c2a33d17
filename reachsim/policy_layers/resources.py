"""What the policy of a resource says about a request: of a bucket, an ECR repository and its registry, a role to be
assumed; with S3 Block Public Access and the RCPs of the owner.

AWS rules (facts 6, 12, 15 to 17, 29).
"""

from __future__ import annotations

from typing import Final

import msgspec

from reachsim import policy
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.evaluate import must_trust
from reachsim.policy.principals import Via
from reachsim.policy.stand_ins import OTHER_ACCOUNT
from reachsim.policy_layers.asked import Asked, bucket_of
from reachsim.policy_layers.held import document
from reachsim.policy_layers.identities import described, iam_details, lists_roles
from reachsim.policy_layers.key_policies import asked_itself
from reachsim.policy_layers.said import Said, not_known, of_a_service, organization_policies, resource_said


def resource(network: Network, asked: Asked) -> list[Said]:
    """What a bucket's or repository's policy says, S3 Block Public Access, and the owner's RCPs."""
    if of_a_service(asked):
        return [Said("resource", "allow")]  # the service's own bucket
    said = [_with_registry(network, asked, _resource(network, asked))]
    rcp = organization_policies(network, asked, "rcp")
    return [*said, rcp] if rcp else said


def _resource(network: Network, asked: Asked) -> Said:
    request = asked.request
    bucket = bucket_of(request.resource_arn)
    if request.service == "sts" and must_trust(request):
        return _trust(network, asked)
    if request.service == "kms" and must_trust(request) and not set(request.resource_arn) & set("*?"):
        return asked_itself(network, asked)
    if bucket and request.resource_account == OTHER_ACCOUNT:
        why = f"{bucket} belongs to no account of the snapshot, so whether its policy lets the caller in is not known"
        return not_known("resource", bucket, why)
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
        return not_known("resource", name, f"which of {name} account {home[0]} lets {who} use is not worked out")
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
    said, judged = resource_said(network, held, asked, name, f"the policy of {name}", request.action)
    if judged.effect == "allow" and bucket and not request.same_account and policy.is_public(held):
        return _public(network, asked, name, judged.grants)
    return said


def _with_registry(network: Network, asked: Asked, repository: Said) -> Said:
    """What a repository's policy and that of its registry say together: any Deny, else any Allow (P59)."""
    parts = asked.request.resource_arn.split(":")
    if ":ecr:" not in asked.request.resource_arn or len(parts) < 6:
        return repository
    home, account = (parts[4], parts[3]), parts[4]
    path = network.path(home, "ecr", "get-registry-policy")
    status = network.snapshot.status(path)
    only = registry_actions(network, home)
    if status == "absent" or (only and asked.request.folded_action not in only):
        return repository
    for detail in network.planned("PLANNED_POLICY_UNKNOWN", f"registry {account}"):
        return repository if repository.effect == "deny" else not_known("resource", account, detail)
    if status != "ok":
        detail = f"the policy of the registry {account} is not in the snapshot ({path}); taken to say nothing"
        unseen = Assumption("UNKNOWN_RESOURCE", account, detail, "block")
        return msgspec.structs.replace(repository, assumptions=(*repository.assumptions, unseen))
    held = document(_policy_text(network, path), path)
    whose = f"the policy of the registry {account}"
    registry, _ = resource_said(network, held, asked, account, whose, asked.request.action)
    both = {said.effect: said for said in (registry, repository)}
    unsure = registry.unsure or repository.unsure
    if "deny" not in both and "allow" in both and unsure:
        return not_known("resource", account, unsure)
    if repository.effect == "allow" and registry.effect == "allow":
        return msgspec.structs.replace(repository, grants=repository.grants | registry.grants)
    found = next(both[effect] for effect in ("deny", "allow", "unknown", "none") if effect in both)
    return msgspec.structs.replace(found, unsure=unsure) if found.effect == "none" else found


def registry_actions(network: Network, home: Home) -> frozenset[str]:
    """The actions (lower case) that alone a registry's policy is asked about, none if about all, as in scope V2, the
    default. **Source:** Amazon ECR User Guide, "Private registry permissions"."""
    path = network.path(home, "ecr", "get-account-setting", "REGISTRY_POLICY_SCOPE")
    setting = network.read(path, aws.AccountSetting)
    return _REGISTRY_V1 if setting is not None and setting.value == "V1" else frozenset()


_REGISTRY_V1: Final = frozenset({"ecr:replicateimage", "ecr:batchimportupstreamimage", "ecr:createrepository"})


def _trust(network: Network, asked: Asked) -> Said:
    """What the trust policy of a role to be assumed says."""
    role, account = asked.request.resource_arn, asked.request.resource_account
    for detail in network.planned("PLANNED_POLICY_UNKNOWN", role):
        return not_known("resource", role, detail)
    held = described(network, account, role)
    if held is None or not held.trust:
        if held is None and lists_roles(network, account) and not set(role) & set("*?"):
            why = f"account {account} has no role {role}"
            return Said("resource", "none", "RESOURCE_POLICY_DENY", role, None, why)
        why = f"the trust policy of {role}, which must allow the request, is not in the snapshot"
        return not_known("resource", role, why, iam_details(network, account)[1])
    whose = f"the trust policy of {role}"
    return resource_said(network, document(held.trust, held.path), asked, role, whose, asked.request.action)[0]


def _no_such_repository(network: Network, home: Home, name: str) -> bool:
    """Whether a repository is known not to exist (yet): a pull-through cache makes it on the first pull."""
    path = network.path(home, "ecr", "describe-repositories")
    known = {one.repository_name for one in network.read_collection(path, "repositories", aws.Repository)}
    return network.lists_all(path) and name not in known


def _without_policy(asked: Asked) -> Said:
    """Resources whose policies a snapshot does not hold, or that have none: the own account's are left to identity
    policies, others' and those that must allow by themselves cannot be told. An access point of Amazon S3 is asked
    together with its bucket, which its ARN does not name."""
    request = asked.request
    if request.service == "s3" and ":accesspoint/" in request.resource_arn:
        why = f"the policies of the access point {request.resource_arn} and of its bucket are not worked out"
        return not_known("resource", request.resource_arn, why)
    if request.same_account and not must_trust(request):
        if request.service not in _WITH_POLICIES or request.wildcard_only_action:
            return Said("resource", "none")
        detail = f"a policy of {request.resource_arn}, if it has one, is not in the snapshot; taken to deny nothing"
        unseen = Assumption("UNKNOWN_RESOURCE", request.resource_arn, detail, "block")
        return Said("resource", "none", assumptions=(unseen,))
    if request.service in _WITHOUT_POLICIES:
        why = f"{request.resource_arn} can have no policy that lets account {request.principal.account} in"
        return Said("resource", "none", "RESOURCE_POLICY_DENY", request.resource_arn, None, why)
    detail = f"the policy of {request.resource_arn}, which must allow the request, is not in the snapshot"
    return not_known("resource", request.resource_arn, detail)


_WITH_POLICIES: Final = frozenset({"codeartifact", "dynamodb", "kms", "lambda", "secretsmanager", "sns", "sqs"})
"""Services of pipelines whose resources can have a policy, which can deny (IAM User Guide, "AWS services that work with
IAM"), and of which a snapshot holds none."""
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
    blocks, missing = access_blocks(network, asked.request.resource_account, bucket)
    if any(one.restrict_public_buckets for one in blocks):
        why = f"S3 Block Public Access is on for {bucket}, whose policy is public"
        return Said("resource", "deny", "RESOURCE_POLICY_DENY", bucket, None, why)
    if missing:
        return not_known(
            "resource", bucket, f"whether S3 Block Public Access is on for {bucket} is not known", *missing
        )
    return Said("resource", "allow", grants=grants)


def access_blocks(
    network: Network, owner: str, bucket: str
) -> tuple[list[aws.PublicAccessBlockConfiguration], tuple[str, ...]]:
    """(S3 Block Public Access as set for a bucket and for its owner's account, files that would tell of more)."""
    home = (owner, "global")
    paths = (
        network.path(home, "s3api", "get-public-access-block", bucket),
        network.path(home, "s3control", "get-public-access-block"),
    )
    held = (network.read(path, aws.PublicAccessBlock) for path in paths)
    return [one.public_access_block_configuration for one in held if one is not None], network.unknown(*paths)

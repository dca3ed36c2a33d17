"""Which KMS key a request to a service uses, and who asks KMS for it.

AWS rules:

- Amazon S3, Secrets Manager and Parameter Store ask KMS with the permissions of whoever called them: ``kms:Decrypt``
  for what is read, ``kms:GenerateDataKey`` for what is written to S3 (S3 User Guide, "Using server-side encryption with
  AWS KMS keys (SSE-KMS)"; Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager",
  "Permissions for the KMS key"; Systems Manager User Guide, "How AWS Systems Manager Parameter Store uses AWS KMS").
- CodeBuild encrypts output artifacts with the project's ``encryptionKey``, or with that of the artifact store of the
  pipeline (CodeBuild User Guide, "Encrypt build outputs using a customer managed key").
- Amazon ECR asks by grants that it made with the repository, so callers need no permission (ECR User Guide,
  "Encryption at rest").
- CloudWatch Logs asks as ``logs.REGION.amazonaws.com`` (CloudWatch Logs User Guide, "Encrypt log data in CloudWatch
  Logs using AWS Key Management Service").

- AWS CodeCommit asks with the permissions of whoever pulls or pushes; for the key that AWS manages nobody needs one,
  and for another everybody needs all of ``kms:Encrypt``, ``Decrypt``, ``ReEncrypt*``, ``GenerateDataKey*`` and
  ``DescribeKey``: ``Decrypt`` stands for a pull here, ``GenerateDataKey`` for a push. Its encryption context holds the
  repository's id, under a key that is not documented (CodeCommit User Guide, "AWS Key Management Service and encryption
  for AWS CodeCommit repositories").

Objects are taken to be encrypted as their bucket does by default now. A repository's key counts if the snapshot tells
of the key at all: CodeCommit lists the one that AWS manages by its id too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from reachsim import policy
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.request import OpenContext
from reachsim.policy_layers.asked import Asked, bucket_of
from reachsim.scenarios import Scenario

_S3_ACTIONS: Final = {
    "s3:getobject": "kms:Decrypt", "s3:getobjectversion": "kms:Decrypt", "s3:putobject": "kms:GenerateDataKey",
}  # fmt: skip
_SECRET_ACTIONS: Final = frozenset({"secretsmanager:getsecretvalue", "secretsmanager:batchgetsecretvalue"})
_PARAMETER_ACTIONS: Final = frozenset({"ssm:getparameter", "ssm:getparameters", "ssm:getparametersbypath"})
_IMAGE_ACTIONS: Final = frozenset(
    {"ecr:batchgetimage", "ecr:getdownloadurlforlayer", "ecr:putimage", "ecr:completelayerupload"}
)
_SOURCE_ACTIONS: Final = {"codecommit:gitpull": "kms:Decrypt", "codecommit:gitpush": "kms:GenerateDataKey"}
_PARTS_OF_A_LOG_GROUP: Final = 7
_OPEN_CONTEXTS: Final = frozenset({"s3", "codecommit"})
Signer = Literal["caller", "grant", "service"]


class KeyUse(Struct, frozen=True):
    """A key that a request uses: ``key`` as its user names it (ARN, id or alias), ``home`` the account and Region of a
    key named by id or alias alone, ``action`` what KMS is asked for, ``service`` the one that asks, by the first label
    of its name in ``kms:ViaService``, ``context`` the encryption context, and who signs: the caller, through the
    service; the service, by a grant of its own; or the service as a principal."""

    key: str
    home: Home
    action: str
    service: str
    context: Mapping[str, str | policy.Unknown | policy.Begun] = {}
    signer: Signer = "caller"

    @property
    def whole(self) -> bool:
        """Whether ``context`` is all of it: to Amazon S3 clients may name further pairs, CodeCommit's is unknown."""
        return self.service not in _OPEN_CONTEXTS


def uses_of_keys(network: Network, asked: Asked, one: Scenario) -> Iterator[KeyUse]:
    """The keys that a request of a source uses, as far as the snapshot tells; AWS's own default keys too."""
    action, arn = asked.request.folded_action, asked.request.resource_arn
    parts = arn.split(":", 5)
    if action in _S3_ACTIONS:
        yield from _of_bucket(network, asked, one, bucket_of(arn))
    elif len(parts) < 6 or not policy.is_account(parts[4]):
        return
    elif action in _SECRET_ACTIONS:
        yield from _of_secrets(network, asked, (parts[4], parts[3]))
    elif action in _PARAMETER_ACTIONS:
        yield from _of_parameters(network, asked, (parts[4], parts[3]))
    elif action in _IMAGE_ACTIONS:
        yield from _of_repository(network, (parts[4], parts[3]), parts[5].removeprefix("repository/"))
    elif action in _SOURCE_ACTIONS:
        yield from _of_source(network, _SOURCE_ACTIONS[action], (parts[4], parts[3]), parts[5])
    elif action == "logs:putlogevents":
        yield from _of_log_group(network, (parts[4], parts[3]), parts[5].split(":")[1] if ":" in parts[5] else "")


# --- Amazon S3 --------------------------------------------------------------------------------------------------------


def _of_bucket(network: Network, asked: Asked, one: Scenario, bucket: str) -> Iterator[KeyUse]:
    request = asked.request
    action = _S3_ACTIONS[request.folded_action]
    home = (request.resource_account, one.source.home[1])
    arn = request.resource_arn
    given = request.keys.get("s3:x-amz-server-side-encryption-aws-kms-key-id")
    own = given if isinstance(given, str) else _of_pipeline(network, one, bucket, action)
    if own:
        yield KeyUse(own, one.source.home, action, "s3", context_of(network, request.resource_account, arn))
        return
    if action == "kms:GenerateDataKey":  # a key without an account is looked up in that of whoever writes
        home = (request.principal.account or home[0], home[1])
    for rule in _rules(network, request.resource_account, bucket) or ():
        default = rule.apply_server_side_encryption_by_default
        if default is not None and default.sse_algorithm.startswith("aws:kms"):
            known = _named_to_kms(arn, rule.bucket_key_enabled)
            yield KeyUse(default.kms_master_key_id or "alias/aws/s3", home, action, "s3", {"aws:s3:arn": known})


def context_of(network: Network, owner: str, arn: str) -> dict[str, str | policy.Unknown | policy.Begun]:
    """The encryption context of objects (their ARN) in a bucket of account ``owner``, as its bucket key is now."""
    rules = _rules(network, owner, bucket_of(arn))
    keyed = any(rule.bucket_key_enabled for rule in rules) if rules is not None else None
    return {"aws:s3:arn": _named_to_kms(arn, keyed)}


def _rules(network: Network, owner: str, bucket: str) -> tuple[aws.EncryptionRule, ...] | None:
    """How a bucket encrypts what is put into it; None where that is not known."""
    path = network.path((owner, "global"), "s3api", "get-bucket-encryption", bucket)
    answer = network.read(path, aws.BucketEncryption)
    return answer.server_side_encryption_configuration.rules if answer is not None else None


def _named_to_kms(arn: str, keyed: bool | None) -> str | policy.Begun:
    """What S3 names in the encryption context: the bucket where it has a bucket key, also for objects whose upload does
    not say, else the object ("Using encryption context", "Configuring an S3 Bucket Key at the object level"); of
    ``keyed`` None that is not known.
    """
    bucket = arn.split("/", 1)[0]
    if keyed:
        return bucket
    known = re.split(r"[*?]", arn, maxsplit=1)[0]
    return policy.Begun(bucket if keyed is None else known) if keyed is None or known != arn else arn


def _default_of(network: Network, asked: Asked, bucket: str) -> str:
    """The file that tells how a bucket encrypts what is put into it."""
    return network.path((asked.request.resource_account, "global"), "s3api", "get-bucket-encryption", bucket)


def unseen_encryption(network: Network, asked: Asked) -> Iterator[Assumption]:
    """That it is not known how something of the snapshot's accounts is encrypted."""
    request = asked.request
    yield from _left_open(network, request)
    arn, bucket = request.resource_arn, bucket_of(request.resource_arn)
    home = (request.resource_account, arn.split(":", 5)[3] if arn.count(":") > 4 else "")
    if request.folded_action in _S3_ACTIONS and bucket and not set(bucket) & set("*?"):
        what, path = bucket, _default_of(network, asked, bucket)
    elif request.folded_action in _SECRET_ACTIONS:
        what, path = arn, network.path(home, "secretsmanager", "list-secrets")
    elif request.folded_action in _PARAMETER_ACTIONS:
        what, path = arn, network.path(home, "ssm", "describe-parameters")
    else:
        return
    yield from _of_no_known_kind(network, what, path) if what == bucket else ()
    if request.resource_account in network.snapshot.accounts() and network.unknown(path):
        detail = f"how {what} is encrypted is not in the snapshot ({path}); taken to need no key of a customer's"
        yield Assumption("UNKNOWN_RESOURCE", what, detail, "block")


def _of_no_known_kind(network: Network, bucket: str, path: str) -> Iterator[Assumption]:
    """That a bucket is encrypted in a way that AWS did not have when this was written (S3 API, SSEAlgorithm)."""
    answer = network.read(path, aws.BucketEncryption)
    for rule in answer.server_side_encryption_configuration.rules if answer is not None else ():
        default = rule.apply_server_side_encryption_by_default
        algorithm = default.sse_algorithm if default is not None else ""
        if algorithm not in ("", "AES256", "aws:fsx") and not algorithm.startswith("aws:kms"):
            detail = f"{bucket} is encrypted by {algorithm!r}, which is not known; taken to need no key of a customer's"
            yield Assumption("UNKNOWN_RESOURCE", bucket, detail, "block")


def _left_open(network: Network, request: policy.Request) -> Iterator[Assumption]:
    """That a plan or template does not tell the key of a repository or log group."""
    action, arn = request.folded_action, request.resource_arn
    if action == "logs:putlogevents":
        arn = ":".join(arn.split(":")[:_PARTS_OF_A_LOG_GROUP])
    elif action not in _IMAGE_ACTIONS and action not in _SOURCE_ACTIONS:
        return
    for detail in network.planned("PLANNED_VALUE_UNKNOWN", arn):
        yield Assumption("PLANNED_VALUE_UNKNOWN", arn, detail, "block")


def _of_pipeline(network: Network, one: Scenario, bucket: str, action: str) -> str:
    """The key that CodePipeline or, for its artifacts, CodeBuild names itself; "" if neither is known to."""
    home = one.source.home
    key = network.artifact_keys.get((home, bucket))
    if key:
        return key
    kind, _, name = one.source.group.partition(":")
    project = network.projects.get((home, name)) if kind == "codebuild" else None
    if project is None or action == "kms:Decrypt":
        return ""
    for place in (project.artifacts, *(project.secondary_artifacts or ())):
        if place is not None and place.type == "S3" and place.bucket == bucket and not place.encryption_disabled:
            return project.encryption_key or "alias/aws/s3"
    return ""


# --- other services ---------------------------------------------------------------------------------------------------


def _of_secrets(network: Network, asked: Asked, home: Home) -> Iterator[KeyUse]:
    path = network.path(home, "secretsmanager", "list-secrets")
    for one in network.read_collection(path, "SecretList", aws.Secret):
        if _is_asked(asked, one.arn):
            key = one.kms_key_id or "alias/aws/secretsmanager"
            yield KeyUse(key, home, "kms:Decrypt", "secretsmanager",
                         {"SecretARN": one.arn, "SecretVersionId": policy.PRESENT})  # fmt: skip


def _of_parameters(network: Network, asked: Asked, home: Home) -> Iterator[KeyUse]:
    path = network.path(home, "ssm", "describe-parameters")
    head = asked.request.resource_arn.split(":parameter/", 1)[0]
    for one in network.read_collection(path, "Parameters", aws.Parameter):
        arn = f"{head}:parameter/{one.name.lstrip('/')}"
        if one.type == "SecureString" and _is_asked(asked, arn):
            yield KeyUse(one.key_id or "alias/aws/ssm", home, "kms:Decrypt", "ssm", {"PARAMETER_ARN": arn})


def _is_asked(asked: Asked, arn: str) -> bool:
    """Whether a request is about a resource: it names it, or a pattern that it fits."""
    pattern = asked.request.resource_pattern
    return arn == asked.request.resource_arn if pattern is None else pattern.matches(arn)


def _of_repository(network: Network, home: Home, name: str) -> Iterator[KeyUse]:
    path = network.path(home, "ecr", "describe-repositories")
    for one in network.read_collection(path, "repositories", aws.Repository):
        encryption = one.encryption_configuration
        if one.repository_name == name and encryption is not None and encryption.kms_key:
            yield KeyUse(encryption.kms_key, home, "kms:Decrypt", "ecr", {}, "grant")


def _of_source(network: Network, action: str, home: Home, name: str) -> Iterator[KeyUse]:
    path = network.path(home, "codecommit", "batch-get-repositories")
    for one in network.read_collection(path, "repositories", aws.SourceRepository):
        if one.repository_name == name and one.kms_key_id and _is_told_of(network, one.kms_key_id, home):
            yield KeyUse(one.kms_key_id, home, action, "codecommit")


def _is_told_of(network: Network, key: str, home: Home) -> bool:
    """Whether the snapshot has the state or the policy of a key."""
    parts = key.split(":", 5)
    if len(parts) == 6:
        home, key = (parts[4], parts[3]), parts[5]
    paths = [network.path(home, "kms", call, key.removeprefix("key/")) for call in ("describe-key", "get-key-policy")]
    return any(network.snapshot.status(path) == "ok" for path in paths)


def _of_log_group(network: Network, home: Home, name: str) -> Iterator[KeyUse]:
    path = network.path(home, "logs", "describe-log-groups")
    for one in network.read_collection(path, "logGroups", aws.LogGroup):
        if one.log_group_name == name and one.kms_key_id:
            arn = ":".join((*one.kms_key_id.split(":")[:2], "logs", home[1], home[0], "log-group", name))
            yield KeyUse(one.kms_key_id, home, "kms:GenerateDataKey", "logs", {"aws:logs:arn": arn}, "service")


def keys_of_a_session(asked: Asked) -> tuple[dict[str, Any], frozenset[str]]:
    """(the keys that the caller brings along when a service asks KMS for it, those that it is known not to have)."""
    mine = ("aws:principal", "aws:userid", "aws:username", "codebuild:", "ec2:", "lambda:", "ecs:", "aws:ec2instance",
            "aws:tokenissuetime", "aws:multifactorauth", "aws:sourceidentity", "aws:federatedprovider")  # fmt: skip
    held = {key: value for key, value in asked.request.context.items() if key.lower().startswith(mine)}
    keys = asked.request.keys
    absent = keys.absent if isinstance(keys, OpenContext) else ()
    return held, frozenset(key for key in absent if key.startswith(mine))

"""The KMS keys of a pipeline's own accounts that encrypt its artifacts, images and sources.

**Source:** CodeBuild API Reference, "Project" (``encryptionKey``); CodePipeline API Reference, "ArtifactStore"; ECR API
Reference, "EncryptionConfiguration"; CodeCommit API Reference, "RepositoryMetadata"; S3 API Reference,
"ServerSideEncryptionByDefault".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers.encryption import KeyUse
from reachsim.policy_layers.key_policies import customer_key


def keys_in_use(network: Network, buckets: Sequence[str]) -> list[str]:
    """The ARNs of customer managed keys of the snapshot's accounts and Regions that projects, pipelines, repositories
    and these buckets name."""
    uses = (KeyUse(key, home, "kms:Decrypt", "kms") for key, home in _named(network, buckets))
    arns = (customer_key(network, use) for use in uses)
    found = dict.fromkeys(arn for arn in arns if arn is not None)
    return [arn for arn in found if (arn.split(":")[4], arn.split(":")[3]) in network.homes]


def _named(network: Network, buckets: Sequence[str]) -> Iterator[tuple[str, Home]]:
    """(a key as it is named, the account and Region where it is looked up if it names none)."""
    for (home, _), project in network.projects.items():
        if project.encryption_key:
            yield project.encryption_key, home
    yield from ((key, home) for (home, _), key in network.artifact_keys.items())
    for home in network.homes:
        listed = network.path(home, "ecr", "describe-repositories")
        for image in network.read_collection(listed, "repositories", aws.Repository):
            if image.encryption_configuration is not None and image.encryption_configuration.kms_key:
                yield image.encryption_configuration.kms_key, home
        described = network.path(home, "codecommit", "batch-get-repositories")
        for source in network.read_collection(described, "repositories", aws.SourceRepository):
            if source.kms_key_id and _is_told(network, home, source.kms_key_id):
                yield source.kms_key_id, home
        yield from ((key, home) for bucket in buckets for key in _of_bucket(network, home, bucket))


def _of_bucket(network: Network, home: Home, bucket: str) -> Iterator[str]:
    """The keys that a bucket encrypts with: those named without a Region only where the snapshot has their policy."""
    path = network.path((home[0], "global"), "s3api", "get-bucket-encryption", bucket)
    answer = network.read(path, aws.BucketEncryption)
    for rule in answer.server_side_encryption_configuration.rules if answer is not None else ():
        default = rule.apply_server_side_encryption_by_default
        key = default.kms_master_key_id if default is not None else None
        if key and (":" in key or _is_told(network, home, key)):
            yield key


def _is_told(network: Network, home: Home, key: str) -> bool:
    """Whether the snapshot has the policy of a key; the key that CodeCommit names may be one that AWS manages."""
    return network.snapshot.known(network.path(home, "kms", "get-key-policy", key.rpartition("/")[2]))

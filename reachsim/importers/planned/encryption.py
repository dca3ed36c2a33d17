"""Keys of KMS, their aliases, and how buckets, repositories and log groups encrypt what is put into them.

**Source:** KMS Developer Guide, "Default key policy"; Amazon S3 User Guide, "Setting default server-side encryption
behavior for Amazon S3 buckets" (SSE-S3 unless told otherwise).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from reachsim.importers.planned.resource import Resource, Values, blocks_of, flag_of, text_of
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of


def key(world: World, one: Resource) -> None:
    """A key of the customer's: usable, with its own policy or the default one, and without grants."""
    enabled = one.flag("enabled", True) and one.flag("is_enabled", True)
    state = "Enabled" if enabled else "Disabled"
    metadata = {"KeyId": one.id, "Arn": arn(one), "KeyState": state, "KeyManager": "CUSTOMER"}
    world.put(one.home, f"kms/describe-key/{one.id}", {"KeyMetadata": metadata})
    if one.new or world.alone:
        world.put(one.home, f"kms/list-grants/{one.id}", {"Grants": []})
    _policy(world, one, one.id)


def key_policy(world: World, one: Resource) -> None:
    """A key's policy as a resource of its own."""
    _policy(world, one, _id_of(one.text("key_id")))


def _policy(world: World, one: Resource, key_id: str) -> None:
    held = one.values.get("policy")
    if one.open("policy"):
        world.leave_open(one.home, f"kms/get-key-policy/{key_id}")
        return
    if not held and not (one.new or world.alone):
        return
    account, region = one.home
    owner = {"AWS": f"arn:{partition_of(region)}:iam::{account}:root"}
    default = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"},
    ]}  # fmt: skip
    text = held if isinstance(held, str) else json.dumps(held or default)
    world.put(one.home, f"kms/get-key-policy/{key_id}", {"PolicyName": "default", "Policy": text})


def alias(world: World, one: Resource) -> None:
    held = world.document(one.home, "kms/list-aliases") or {"Aliases": []}
    others = [other for other in held["Aliases"] if other.get("AliasName") != one.text("name")]
    target = _id_of(one.text("target_key_id"))
    made = [{"AliasName": one.text("name"), "TargetKeyId": target}] if one.action != "delete" and target else []
    world.put(one.home, "kms/list-aliases", {"Aliases": [*others, *made]})


def _id_of(named: str) -> str:
    return named.rpartition("key/")[2]


def key_of(one: Resource) -> Document:
    """The key of a log group or a CodeCommit repository, if it names one."""
    named = one.text("kms_key_id")
    return {"kmsKeyId": named} if named else {}


def repository_encryption(one: Resource) -> Document:
    """How an ECR repository encrypts: AES-256 unless told otherwise (ECR API Reference, "EncryptionConfiguration")."""
    held = next(iter(one.blocks("encryption_configuration")), {})
    named = text_of(held, "kms_key")
    return {"encryptionType": text_of(held, "encryption_type") or "AES256", **({"kmsKey": named} if named else {})}


def bucket_encryption(world: World, one: Resource) -> None:
    """How a bucket encrypts: of the bucket itself, or as a resource of its own."""
    name = one.text("bucket") if one.kind != "aws_s3_bucket" else one.id
    place, call = (one.home[0], "global"), f"s3api/get-bucket-encryption/{name}"
    rules = list(_rules(one))
    if one.open("bucket_encryption", "server_side_encryption_configuration", "rule"):
        world.drop(place, call)
    elif rules or one.new or world.alone:
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
        world.put(place, call, {"ServerSideEncryptionConfiguration": {"Rules": rules or [default]}})


def _rules(one: Resource) -> Iterator[Document]:
    """CloudFormation lists rules in the configuration, Terraform has blocks named ``rule``, of the bucket or beside."""
    of_template = [block for outer in one.blocks("bucket_encryption")
                   for block in blocks_of(outer, "server_side_encryption_configuration")]  # fmt: skip
    of_bucket = [block for outer in one.blocks("server_side_encryption_configuration")
                 for block in blocks_of(outer, "rule")]  # fmt: skip
    for rule in (*of_template, *of_bucket, *one.blocks("rule")):
        names = ("server_side_encryption_by_default", "apply_server_side_encryption_by_default")
        for default in (block for name in names for block in blocks_of(rule, name)):
            yield {
                "ApplyServerSideEncryptionByDefault": _algorithm(default),
                "BucketKeyEnabled": flag_of(rule, "bucket_key_enabled"),
            }


def _algorithm(default: Values) -> Document:
    made: Document = {"SSEAlgorithm": text_of(default, "sse_algorithm") or "AES256"}
    key_id = text_of(default, "kms_master_key_id")
    return made | ({"KMSMasterKeyID": key_id} if key_id else {})


def grant(world: World, one: Resource) -> None:
    """A grant, whose operations and constraints are not modelled: what grants of its key allow is open."""
    named = _id_of(one.text("key_id"))
    for home, documents in world.answers.items():
        for call in documents:
            if call.startswith("kms/list-grants/") and named in ("", call.rpartition("/")[2]):
                world.dropped.append((home, call))

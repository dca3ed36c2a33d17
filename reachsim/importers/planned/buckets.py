"""S3 buckets, their policies and access control lists, and S3 Block Public Access.

**Source:** Amazon S3 API Reference; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

import json
from typing import Final

from reachsim.importers.planned.encryption import bucket_encryption
from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, flag_of, text_of, texts_of
from reachsim.importers.planned.world import UNDECIDED, World
from reachsim.importers.tree import Document


def bucket(world: World, one: Resource) -> None:
    place = (one.home[0], "global")
    world.add(one.home, "s3api/list-buckets", {"Name": one.id, "BucketRegion": one.home[1]})
    if one.new or world.alone:
        world.put(place, f"s3api/get-bucket-policy/{one.id}", {"Error": {"Code": "NoSuchBucketPolicy"}})
        location = None if one.home[1] == "us-east-1" else one.home[1]
        world.put(place, f"s3api/get-bucket-location/{one.id}", {"LocationConstraint": location})
        _block_public(world, place, one.id, dict.fromkeys(_BLOCKS, True))
        world.put(place, f"s3api/get-bucket-acl/{one.id}", {"Owner": {"ID": one.home[0]}, "Grants": []})
    if one.text("acl") or one.blocks("grant") or one.open("acl", "grant"):
        bucket_acl(world, one)
    bucket_encryption(world, one)
    replication(world, one)
    if one.values.get("policy"):
        bucket_policy(world, one)


_ALL, _SIGNED = "AllUsers", "AuthenticatedUsers"
_CANNED: Final = {
    "public-read": ((_ALL, "READ"),), "public-read-write": ((_ALL, "READ"), (_ALL, "WRITE")),
    "authenticated-read": ((_SIGNED, "READ"),),
}  # fmt: skip
"""The canned access control lists that let others than the owner and AWS's services in (S3 User Guide, "Access control
list (ACL) overview")."""


def bucket_acl(world: World, one: Resource) -> None:
    """A bucket's access control list, canned or in grants. That of a bucket whose Object Ownership disables such lists
    stands as it is declared, as AWS refuses it then."""
    name = one.text("bucket") or text_of(one.before, "bucket") or one.id
    place, call = (one.home[0], "global"), f"s3api/get-bucket-acl/{name}"
    if one.open("acl", "grant", "access_control_policy"):
        world.warnings.append(
            f"{one.address}: the access control list is known only after apply: whom it lets in is open"
        )
        world.leave_open(place, call)
        return
    if one.action == "delete":
        return  # Terraform takes nothing back: the list stays
    lists = one.blocks("access_control_policy")
    grants = [_grant(block) for held in (lists or [one.values]) for block in blocks_of(held, "grant")]
    grants += [
        {"Grantee": {"Type": "Group", "URI": f"http://acs.amazonaws.com/groups/global/{group}"}, "Permission": what}
        for group, what in _CANNED.get(one.text("acl"), ())
    ]
    owner = next((text_of(held, "id") for block in lists for held in blocks_of(block, "owner")), "")
    world.put(place, call, {"Owner": {"ID": owner or _full_control(grants) or one.home[0]}, "Grants": grants})


def _full_control(grants: list[Document]) -> str:
    """The owner, where only the grants tell: a state of a bucket shows its own first, which is for everything."""
    full = (one["Grantee"].get("ID", "") for one in grants if one["Permission"] == "FULL_CONTROL")
    return next(filter(None, full), "")


def _grant(block: Values) -> Document:
    grantee = next(iter(blocks_of(block, "grantee")), block)
    names = {"ID": text_of(grantee, "id"), "URI": text_of(grantee, "uri"), "Type": text_of(grantee, "type")}
    permissions = texts_of(block, "permission", "permissions")
    return {
        "Grantee": {key: value for key, value in names.items() if value},
        "Permission": ", ".join(permissions),
    }


_BLOCKS: Final = {
    "block_public_acls": "BlockPublicAcls", "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy", "restrict_public_buckets": "RestrictPublicBuckets",
}  # fmt: skip


def _block_public(world: World, place: Home, name: str, values: Values) -> None:
    """New buckets block public access (S3 since April 2023)."""
    configuration = {key: flag_of(values, attribute_) for attribute_, key in _BLOCKS.items()}
    document = {"PublicAccessBlockConfiguration": configuration}
    world.put(place, f"s3api/get-public-access-block/{name}", document)


def bucket_policy(world: World, one: Resource) -> None:
    """A bucket's policy; one of a bucket that nothing tells may be any bucket's."""
    name = one.text("bucket") or text_of(one.before, "bucket")
    place, call = (one.home[0], "global"), "s3api/get-bucket-policy"
    policy = one.values.get("policy")
    if one.action == "delete" and name:
        world.put(place, f"{call}/{name}", {"Error": {"Code": "NoSuchBucketPolicy"}})
    elif policy and name:
        world.put(place, f"{call}/{name}", {"Policy": policy if isinstance(policy, str) else json.dumps(policy)})
    else:
        told = "the policy is known only after apply: what it allows is unknown"
        world.warnings.append(f"{one.address}: {told}" if name else f"{one.address}: which bucket's it is is not told")
        for bucket in [name] if name else [str(held["Name"]) for held in world.rows(one.home, "s3api/list-buckets")]:
            world.leave_open(place, f"{call}/{bucket}")


def bucket_public_access(world: World, one: Resource) -> None:
    if one.action == "delete":
        _block_public(world, (one.home[0], "global"), text_of(one.before, "bucket"), {})
    else:
        _block_public(world, (one.home[0], "global"), one.text("bucket"), one.values)


def account_public_access(world: World, one: Resource) -> None:
    configuration = {key: one.flag(attribute_) for attribute_, key in _BLOCKS.items()}
    document = {"PublicAccessBlockConfiguration": configuration}
    world.put((one.home[0], "global"), "s3control/get-public-access-block", document)


def replication(world: World, one: Resource) -> None:
    """Copies of a bucket's objects, which are told where they go to a bucket that is not declared: nothing judges them.
    A bucket has its rules itself or beside it.
    """
    name = one.text("bucket") or one.id
    held = one.blocks("replication_configuration") or ([one.values] if one.kind != "aws_s3_bucket" else [])
    rules = [rule for block in held for key in ("rules", "rule") for rule in blocks_of(block, key)]
    targets = [text_of(target, "bucket") for rule in rules for target in blocks_of(rule, "destination")]
    own = {str(record["Name"]) for _, record in world.each("s3api/list-buckets")}
    others = [target for target in targets if target.rpartition(":")[2] not in own]
    if others and one.action != "delete":
        told = ", ".join(filter(None, others)) or "a bucket that nothing tells"
        world.leave_out(one.address, one.kind, f"{UNDECIDED}who reads the copies of what is in {name}: {told}")

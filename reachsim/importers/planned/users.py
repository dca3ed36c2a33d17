"""IAM users and groups, their policies, and which users are in which groups.

**Source:** IAM API Reference, "GetAccountAuthorizationDetails"; Terraform's and CloudFormation's documentation of the
attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reachsim.importers.planned.attached import attachment, boundary, inline, own_policies
from reachsim.importers.planned.identities import role_attachment
from reachsim.importers.planned.resource import Resource, texts_of
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

_DETAILS: Final = "iam/get-account-authorization-details"


def user(world: World, one: Resource) -> None:
    record = _record(world, one, "UserDetailList", "UserName")
    if record is not None:
        for key in ("UserPolicyList", "AttachedManagedPolicies", "GroupList"):
            record.setdefault(key, [])
        own_policies(world, one, record, "UserPolicyList")
        boundary(one, record)
        more = [*one.texts("groups"), *([_open_group(one)] if one.open("groups") else [])]
        record["GroupList"] += [name for name in more if name not in record["GroupList"]]


def group(world: World, one: Resource) -> None:
    record = _record(world, one, "GroupDetailList", "GroupName")
    if record is not None:
        for key in ("GroupPolicyList", "AttachedManagedPolicies"):
            record.setdefault(key, [])
        own_policies(world, one, record, "GroupPolicyList")


def _record(world: World, one: Resource, key: str, name: str) -> Document | None:
    """The record of a user or group; one that is changed keeps what it has. None over a live snapshot that lacks IAM's
    details."""
    details = world.document((one.home[0], "global"), _DETAILS)
    if details is None:
        return None
    listed = details.setdefault(key, [])
    held = next((other for other in listed if other.get(name) == one.id), None)
    if held is not None and not one.new:
        record: Document = held
        return record
    listed[:] = [other for other in listed if other.get(name) != one.id]
    listed.append({name: one.id, "Path": one.text("path") or "/", "Arn": arn(one)})
    made: Document = listed[-1]
    return made


def _users(world: World, one: Resource, names: Sequence[str]) -> Iterator[Document]:
    yield from _named(world, one, "UserDetailList", "UserName", names)


def _groups(world: World, one: Resource, names: Sequence[str]) -> Iterator[Document]:
    yield from _named(world, one, "GroupDetailList", "GroupName", names)


def _named(world: World, one: Resource, key: str, name: str, names: Sequence[str]) -> Iterator[Document]:
    details: dict[str, Any] = world.document((one.home[0], "global"), _DETAILS) or {}
    yield from (held for held in details.get(key, []) if held.get(name) in names)


def user_policy(world: World, one: Resource) -> None:
    """A policy of users that is a resource of its own, attached or inline."""
    for record in _users(world, one, one.texts("user", "users") or texts_of(one.before, "user")):
        if "policy" in one.kind and (one.text("policy_arn") or one.kind.endswith("attachment")):
            attachment(world, one, record)
        else:
            inline(world, one, record, "UserPolicyList", one.text("name") or one.id)


def group_policy(world: World, one: Resource) -> None:
    """The same of groups."""
    for record in _groups(world, one, one.texts("group", "groups") or texts_of(one.before, "group")):
        if one.text("policy_arn") or one.kind.endswith("attachment"):
            attachment(world, one, record)
        else:
            inline(world, one, record, "GroupPolicyList", one.text("name") or one.id)


def attachments(world: World, one: Resource) -> None:
    """A managed policy for roles, users and groups at once."""
    role_attachment(world, one)
    for record in (*_users(world, one, one.texts("users")), *_groups(world, one, one.texts("groups"))):
        attachment(world, one, record)


def membership(world: World, one: Resource) -> None:
    """Users of a group, or groups of a user. Where nothing tells of which, whoever may be meant is in a group that the
    answer does not hold."""
    groups = one.texts("group", "groups", "group_name") or texts_of(one.before, "group", "groups")
    users = one.texts("user", "users") or texts_of(one.before, "user", "users")
    if one.action == "delete":
        for record in _users(world, one, users):
            record["GroupList"] = [held for held in record.get("GroupList") or () if held not in groups]
        return
    open_groups = one.open("group", "groups", "group_name")
    everyone = [str(record["UserName"]) for record in _all_users(world, one)] if one.open("user", "users") else []
    for record in _users(world, one, [*users, *everyone]):
        known = record["UserName"] in users
        more = groups if known else []
        more = [*more, *([_open_group(one)] if open_groups or not known else [])]
        held = record.setdefault("GroupList", [])
        held += [name for name in more if name not in held]


def _all_users(world: World, one: Resource) -> list[Document]:
    details: dict[str, Any] = world.document((one.home[0], "global"), _DETAILS) or {}
    return list(details.get("UserDetailList", []))


def _open_group(one: Resource) -> str:
    return f"known after apply: {one.address}"

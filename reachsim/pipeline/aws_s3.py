"""``aws s3`` and ``aws s3api``: the bucket's own host and the IAM requests for its objects.

**Source:** AWS CLI Command Reference, "s3" (cp, sync, mv, rm, ls, mb, rb; ``--source-region``; ``--acl`` needs
s3:PutObjectAcl); aws/aws-cli, customizations/s3 (fileformat.py, filegenerator.py: keys of folders, what is listed);
Amazon S3 User Guide, "Virtual hosting of general purpose buckets"; "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import posixpath
from typing import Final

from reachsim import services
from reachsim.pipeline import urls
from reachsim.pipeline.aws_calls import bucket_host, custom_endpoint, region_of, service_host
from reachsim.pipeline.aws_calls import requests as requests_of
from reachsim.pipeline.call import Arguments, Call, Outcome
from reachsim.pipeline.records import Destination, Gap, Request
from reachsim.pipeline.variables import is_known, nothing_known, starred

_TRANSFERS: Final = ("cp", "sync", "mv", "rm")


def s3(call: Call, given: Arguments, service: str, rest: list[str]) -> Outcome:
    operation = rest[0] if rest else ""
    region = region_of(call, given)
    wholes = [word for word in rest[1:] if word.startswith("s3://")]
    if service == "s3api":
        bucket = given.last("bucket")
        wholes = [f"s3://{bucket}/{given.last('key') or ''}"] if bucket else []
    custom = custom_endpoint(call, given, service)
    if custom is not None:
        return Outcome(tuple(custom), None)
    unsaid = [word for word in rest[1:] if not is_known(word) and nothing_known(word.split("/")[0])]
    if not wholes and service == "s3" and operation in _TRANSFERS:
        if len(unsaid) > 1:
            gap = Gap(
                call.command.text,
                f"which bucket that is: {urls.why_unknown(' '.join(word.split('/')[0] for word in unsaid))}",
            )
            return Outcome((Destination(service_host(call, "s3", region), 443, "aws", service="s3"), gap), None)
        if not unsaid:
            return Outcome((), None)
        wholes = [f"s3://{unsaid[0]}"]
        rest = [wholes[0] if word == unsaid[0] else word for word in rest]
    if not wholes:
        host = service_host(call, "s3", region)
        requests = requests_of(call, given, service, rest, region) if service == "s3api" else ()
        if service == "s3" and operation == "ls":
            requests = (Request("s3:ListAllMyBuckets", "*"),)
        return Outcome((Destination(host, 443, "aws", "certain", "run", "s3", requests),), None)
    signed = not given.has("no-sign-request")
    found: dict[str, Destination] = {}
    for number, whole in enumerate(wholes):
        bucket, _, key = whole.removeprefix("s3://").partition("/")
        is_source = number < len(wholes) - 1 or rest[-1] != whole
        if service == "s3api":
            actions = tuple(one.action for one in requests_of(call, given, service, rest, region))
            actions += ("s3:PutObjectAcl",) if operation == "put-object" and given.has("acl") else ()
        else:
            actions = _s3_actions(operation, given, is_source=is_source)
            key = _key(key, given, operation, "" if is_source or len(rest) < 3 else rest[1])
        base = f"arn:{services.partition_of(region)}:s3:::{bucket}"
        requests = tuple(Request(one, starred(base if _of_bucket(one) else f"{base}/{key or '*'}")) for one in actions)
        copied = given.last("copy-source") if service == "s3api" else None
        if copied:
            place = copied.lstrip("/").partition("?")[0]
            requests += (Request("s3:GetObject", starred(f"arn:{services.partition_of(region)}:s3:::{place}")),)
        place = region
        if number == 0 and len(wholes) > 1 and given.last("source-region"):
            place = given.last("source-region") or region
        host = bucket_host(call, bucket, place)
        old = found.get(host)
        merged = dict.fromkeys([*(old.requests if old else ()), *(requests if signed else ())])
        found[host] = Destination(host, 443, "aws", "certain", "run", "s3", tuple(merged))
    if service == "s3" and operation in ("cp", "mv") and len(rest) > 2 and rest[1].startswith("s3://"):
        place = rest[2] if not rest[2].endswith(("/", ".")) else f"{rest[2].rstrip('.')}{rest[1].rsplit('/', 1)[-1]}"
        if not rest[2].startswith("s3://") and rest[2] != "-" and is_known(place) and not given.has("recursive"):
            call.machine.written[call.path(place)] = None  # whatever the context has under that name
    return Outcome(tuple(found.values()), None, None if operation in ("ls", "head-object", "head-bucket") else True)


def _of_bucket(action: str) -> bool:
    """Whether the resource of an action is the bucket, not its objects."""
    return "Bucket" in action or action.endswith("Configuration")


def _key(key: str, given: Arguments, operation: str, source: str) -> str:
    """The key of what is transferred, ``*`` for what is not known of it."""
    if given.has("recursive") or operation == "sync":
        return f"{key.rstrip('/')}/*" if key.strip("/") else "*"
    if source and (not key or key.endswith("/")):  # the file keeps its name
        name = posixpath.basename(source)
        return key + (name if name not in ("", "-", ".", "..") else "*")
    return key


def _s3_actions(operation: str, given: Arguments, *, is_source: bool) -> tuple[str, ...]:
    listed = ("s3:ListBucket",) if given.has("recursive") else ()
    put = ("s3:PutObject", "s3:PutObjectAcl") if given.has("acl") else ("s3:PutObject",)
    match operation:
        case "ls":
            return ("s3:ListBucket",)
        case "website":
            return ("s3:PutBucketWebsite",)
        case "mb":
            return ("s3:CreateBucket",)
        case "rb":
            return ("s3:DeleteBucket",)
        case "rm":
            return ("s3:DeleteObject", *listed)
        case "sync":
            return ("s3:GetObject", "s3:ListBucket") if is_source else (*put, "s3:ListBucket")
        case "mv":
            return ("s3:GetObject", "s3:DeleteObject", *listed) if is_source else put
        case _:
            return ("s3:GetObject", *listed) if is_source else put

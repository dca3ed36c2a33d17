"""What all ``aws`` commands share: Region, account, host, endpoint overrides, and the IAM requests of an operation.

**Source:** AWS CLI User Guide, "Using endpoints in the AWS CLI" and "Environment variables"; Service Authorization
Reference (resource types); facts P14, P77, P78.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import aws_commands, urls
from reachsim.pipeline.call import Arguments, Call
from reachsim.pipeline.records import Found, Gap, Request
from reachsim.pipeline.variables import is_known, nothing_known, replaced, starred, unknown

_LEGACY_STS: Final = frozenset(
    ["ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
     "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"]
)  # fmt: skip
"""Regions for which ``AWS_STS_REGIONAL_ENDPOINTS=legacy`` means the global endpoint (SDKs and Tools Reference Guide,
"AWS STS Regional endpoints")."""


def region_of(call: Call, given: Arguments) -> str:
    return given.last("region") or call.region


def account_of(call: Call) -> str:
    return call.env("codebuild:account") or unknown("account")


def service_host(call: Call, command: str, region: str) -> str:
    """The host that the CLI contacts for a command's service, FIPS and dual-stack switches included (fact P14)."""
    host = aws_commands.host(command, region)
    if command == "sts" and call.env("AWS_STS_REGIONAL_ENDPOINTS") == "legacy" and region in _LEGACY_STS:
        return "sts.amazonaws.com"
    fips = call.env("AWS_USE_FIPS_ENDPOINT") == "true"
    dual = call.env("AWS_USE_DUALSTACK_ENDPOINT") == "true"
    if (not fips and not dual) or f".{region}." not in host:
        return host
    name, is_s3 = ("ecr" if command == "ecr" else host.split(f".{region}.")[0]), command in ("s3", "s3api")
    tail = f"{region}.{services.dual_suffix(region) if dual and not is_s3 else services.dns_suffix(region)}"
    return f"{name}{'-fips' if fips else ''}.{'dualstack.' if dual and is_s3 else ''}{tail}"


def bucket_host(call: Call, bucket: str, region: str) -> str:
    """Virtual-hosted names; a bucket with a dot in its name is asked for by path, for its certificate would not fit."""
    base = service_host(call, "s3", region)
    return base if "." in bucket or not bucket else f"{bucket}.{base}"


def service_of(host: str) -> str | None:
    """The endpoint service of a host of which parts may be unknown."""
    if not is_known(host):
        host = re.sub("\ue000[^\ue000\ue001]*\ue001(?=\\.(?:amazonaws\\.|api\\.aws|on\\.aws))", "us-east-1", host)
    return services.service_of_host(replaced(host, "x"))[0]


def custom_endpoint(call: Call, given: Arguments, command: str) -> list[Found] | None:
    """The destination of ``--endpoint-url`` or its variables; None if none is given."""
    name = "AWS_ENDPOINT_URL_" + {"s3api": "s3"}.get(command, command).upper().replace("-", "_")
    url = given.last("endpoint-url", "endpoint")  # an option may be cut short where no other begins so
    if not url and call.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true":
        url = call.env(name, "AWS_ENDPOINT_URL")
    if url and nothing_known(url):
        return [Gap(call.command.text, urls.why_unknown(url), surely=True)]
    return urls.destination(url, "aws") if url else None


def requests(call: Call, given: Arguments, command: str, rest: list[str], region: str) -> tuple[Request, ...]:
    """The IAM requests of a command; none where it signs none.

    ``rest`` is what follows the command: the operation and, after ``wait``, what is waited for.
    """
    if given.has("no-sign-request") or not rest:
        return ()
    named = _resources(call, given, command, region, rest[0])
    return tuple(Request(action, one) for action in aws_commands.actions(command, *rest[:2]) for one in named)


_NAMED: Final = {
    "ecr": (("repository-name", "repository-names"), "repository/{}"), "codecommit": (("repository-name",), "{}"),
    "ssm": (("name", "names"), "parameter/{}"), "secretsmanager": (("secret-id",), "secret:{}*"),
    "lambda": (("function-name",), "function:{}"), "cloudformation": (("stack-name",), "stack/{}/*"),
    "codebuild": (("project-name",), "project/{}"), "codepipeline": (("name",), "{}"),
    "dynamodb": (("table-name",), "table/{}"), "kms": (("key-id",), "key/{}"),
    "stepfunctions": (("state-machine-arn",), "{}"), "sns": (("topic-arn",), "{}"), "sts": (("role-arn",), "{}"),
    "sqs": (("queue-url",), "{}"),
}  # fmt: skip
"""Command -> the options that name the resource, and the resource's part of its ARN."""


def _resources(call: Call, given: Arguments, command: str, region: str, operation: str) -> list[str]:
    """The ARNs that a command's options name, unknown parts as ``*``; ``*`` where they name none."""
    partition = services.partition_of(region)
    account = (given.last("registry-id") if command == "ecr" else None) or account_of(call)
    prefix = f"arn:{partition}:{aws_commands.iam_prefix(command)}:{region}:{account}:"
    names, form = _NAMED.get(command, ((), ""))
    if command == "eks" and operation in ("update-kubeconfig", "describe-cluster", "wait"):
        names, form = ("name", "cluster-name"), "cluster/{}"
    found = []
    for value in given.all(*names):
        queue = re.fullmatch(r"https://sqs\.([\w-]+)\.[\w.]+/(\d{12})/([\w.-]+)", value)
        if queue is not None:
            found.append(f"arn:{partition}:sqs:{queue[1]}:{queue[2]}:{queue[3]}")
        elif command == "sqs":
            found.append("*")
        elif command == "kms" and "alias/" in value:  # of what is asked with a key the resource is the key
            found.append(starred(f"{value.partition('alias/')[0] or prefix}key/*"))
        elif value.startswith("arn:"):
            found.append(starred(value))
        elif value:
            whole = value.startswith(("alias/", "key/")) or (form == "{}" and ":" in value)
            found.append(starred(prefix + (value if whole else form.format(value.lstrip("/")))))
    return list(dict.fromkeys(found)) or ["*"]

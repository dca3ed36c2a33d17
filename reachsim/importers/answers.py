"""Which call of the table a loose JSON file answers, and what it is about, told by its name, its folders and its keys.

People keep ``aws … > file.json`` under names of their own. What tells the call, in this order: the operation in the
file's or its folder's name (``describe-vpcs.json``, ``get-bucket-policy/logs.json``), checked against the answer's
key; else the key alone, where only one call answers with it; else the records. What an answer is about stands in the
answer itself for most calls, else in the file's name behind the operation, or before it. A bucket's policy names its
bucket.

**Source:** `reachsim.calls` (operations and their keys); EC2, ECR, CodeCommit, S3, Route 53 API references (fields).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.calls import CALLS, Call
from reachsim.importers.dump import Found
from reachsim.role_calls import FALLBACK

Document = Mapping[str, Any]
_EVERY: Final = (*CALLS, *FALLBACK)
_OPERATIONS: Final = sorted({call.operation for call in _EVERY}, key=len, reverse=True)
_BUCKET: Final = re.compile(r"arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?=/|$)")
# Of calls with one key: a field that only this call's records have ("" = the records are strings).
_FIELDS: Final[Mapping[str, str]] = {
    "codebuild/list-projects": "",
    "codebuild/batch-get-projects": "name",
    "codebuild/list-fleets": "",
    "codebuild/list-report-groups": "",
    "codebuild/batch-get-report-groups": "exportConfig",
    "codebuild/batch-get-fleets": "arn",
    "codecommit/batch-get-repositories": "cloneUrlHttp",
    "codecommit/list-repositories": "repositoryId",
    "ecr/describe-repositories": "repositoryUri",
    "ec2/describe-prefix-lists": "Cidrs",
    "ec2/describe-managed-prefix-lists": "PrefixListArn",
    "route53resolver/list-firewall-rules": "FirewallRuleGroupId",
}
# Of calls about one thing: where the answer itself says which, keys from the top.
_NAMES: Final[Mapping[str, tuple[str | int, ...]]] = {
    "ec2/describe-vpc-attribute": ("VpcId",),
    "ecr/get-repository-policy": ("repositoryName",),
    "ecr-public/get-repository-policy": ("repositoryName",),
    "codedeploy/batch-get-deployment-groups": ("deploymentGroupsInfo", 0, "applicationName"),
    "ecs/describe-services": ("services", 0, "clusterArn"),
    "ecs/describe-task-definition": ("taskDefinition", "taskDefinitionArn"),
    "codepipeline/get-pipeline": ("pipeline", "name"),
    "efs/describe-file-system-policy": ("FileSystemId",),
    "efs/describe-mount-targets": ("MountTargets", 0, "FileSystemId"),
    "elbv2/describe-listeners": ("Listeners", 0, "LoadBalancerArn"),
    "iam/get-instance-profile": ("InstanceProfile", "InstanceProfileName"),
    "iam/get-policy": ("Policy", "Arn"),
    "iam/get-role": ("Role", "RoleName"),
    "network-firewall/describe-firewall": ("Firewall", "FirewallArn"),
    "network-firewall/describe-firewall-policy": ("FirewallPolicyResponse", "FirewallPolicyArn"),
    "network-firewall/describe-rule-group": ("RuleGroupResponse", "RuleGroupArn"),
    "organizations/describe-policy": ("Policy", "PolicySummary", "Id"),
    "route53/get-hosted-zone": ("HostedZone", "Id"),
    "route53resolver/get-firewall-config": ("FirewallConfig", "ResourceId"),
    "route53resolver/get-resolver-config": ("ResolverConfig", "ResourceId"),
    "route53resolver/list-firewall-rules": ("FirewallRules", 0, "FirewallRuleGroupId"),
}


class Answer(NamedTuple):
    """A call and, for one about one thing, that thing's name."""

    call: Call
    name: str | None


def operation_of(file: Found) -> str | None:
    """The AWS CLI's word for an operation in a file's name, else in that of its folder."""
    return _operation_in(file.path.stem) or _operation_in(file.path.parent.name)


def identify(file: Found, document: Document, said: str | None = None) -> Answer | str:
    """What a file answers, or why that cannot be told; ``said`` is the operation that an error message names."""
    calls = _by_message(file, said) if said else []
    calls = calls or _by_name(file, document) or ([] if "Error" in document else _by_content(document))
    kinds = {f"{call.service} {call.operation}" for call in calls}
    if not kinds and "Error" in document:
        return "nothing tells which call it is about: name the file after the call"
    if not kinds:
        keys = ", ".join(map(str, document))[:200] or "none"
        return f"holds no answer that we know; its keys: {keys}"
    if len(kinds) > 1:
        return f"may be the answer of {' or '.join(sorted(kinds))}: name the file after the call"
    call = next((one for one in calls if one.key in document), calls[0])
    if call.per is None:
        return Answer(call, None)
    name = _name(file, call, document)
    return (
        Answer(call, name)
        if name
        else f"does not tell which {call.per} it is about: name it {call.operation}/NAME.json"
    )


def _by_name(file: Found, document: Document) -> list[Call]:
    """The calls whose operation stands in the file's or its folder's name, if the answer is such a call's."""
    operation = operation_of(file)
    return _by_words(
        file, [call for call in _EVERY if call.operation == operation and _holds(call, document)], document
    )


def _by_message(file: Found, said: str) -> list[Call]:
    """The calls of an operation as an error message spells it (``DescribeVpcs``)."""
    return _by_words(file, [call for call in _EVERY if call.operation.replace("-", "") == said.lower()], {})


def _by_words(file: Found, named: list[Call], document: Document) -> list[Call]:
    """Those of several services' calls whose service the file's name or folders hold, or whose records these are."""
    words = set(re.split(r"[^a-z0-9]+", file.name.lower()))
    services = [call for call in named if set(call.service.split("-")) <= words]
    return services or (named if len({call.service for call in named}) == 1 else _by_field(named, document))


def _by_content(document: Document) -> list[Call]:
    if {"UserId", "Account", "Arn"} <= document.keys():
        return [call for call in CALLS if call.service == "sts"]
    if "RoleDetailList" in document:
        return [call for call in CALLS if call.operation == "get-account-authorization-details"]
    if {"RoleName", "PolicyName", "PolicyDocument"} <= document.keys():
        return [call for call in FALLBACK if call.operation == "get-role-policy"]
    found = [call for call in CALLS if call.key and call.key in document]
    if not found:
        found = [call for call in FALLBACK if call.operation != "get-policy" and call.key in document]
    if "Policy" in document and isinstance(document["Policy"], dict) and "PolicyName" in document["Policy"]:
        return [call for call in FALLBACK if call.operation == "get-policy"]
    if "policyText" in document:
        per = "repository" if "repositoryName" in document else None  # ECR Public's answers have to be named as such
        found = [call for call in found if call.per == per]
    if "Policy" in document:
        found = [call for call in found if (call.service == "organizations") == isinstance(document["Policy"], dict)]
        found = [call for call in found if _bucket(call, document)] or found
    return _by_field(found, document)


def _by_field(calls: list[Call], document: Document) -> list[Call]:
    """Those of several calls whose own field the records have."""
    if len({(call.service, call.operation) for call in calls}) < 2:
        return calls
    for call in calls:
        field = _FIELDS.get(f"{call.service}/{call.operation}")
        records = document.get(call.key)
        first = records[0] if isinstance(records, list) and records else None
        if field is not None and (
            isinstance(first, str) if field == "" else isinstance(first, dict) and field in first
        ):
            return [call]
    return calls


def _holds(call: Call, document: Document) -> bool:
    return call.key == "" or call.key in document or "Error" in document  # a refusal, as the AWS CLI loop stores it


@lru_cache(maxsize=1024)
def _operation_in(text: str) -> str | None:
    plain = text.lower().replace("_", "-")
    return next((one for one in _OPERATIONS if re.search(rf"(?<![a-z0-9]){one}(?![a-z0-9])", plain)), None)


def _name(file: Found, call: Call, document: Document) -> str | None:
    told = _told(document, _NAMES.get(f"{call.service}/{call.operation}", ())) or _bucket(call, document)
    if told is not None:
        return told
    if call.operation == "get-role-policy" and "RoleName" in document and "PolicyName" in document:
        return f"{document['RoleName']}/{document['PolicyName']}"
    stem = file.path.stem.replace("%2F", "/").replace("%3A", ":")
    if _operation_in(file.path.parent.name) == call.operation and _operation_in(file.path.stem) is None:
        return stem.removesuffix(call.suffix) or None
    plain = stem.lower().replace("_", "-")
    at = plain.find(call.operation)
    if at < 0:
        return None
    before, rest = stem[:at].strip("-._ "), stem[at + len(call.operation) :].strip("-._ ")
    return rest.removesuffix(call.suffix) or (before if before.lower() not in (call.service, "s3", "aws") else None)


def _bucket(call: Call, document: Document) -> str | None:
    """The bucket that every resource of a bucket's policy is about."""
    if (call.service, call.operation) != ("s3api", "get-bucket-policy"):
        return None
    try:
        policy = msgspec.json.decode(document["Policy"]) if isinstance(document.get("Policy"), str) else {}
    except (msgspec.DecodeError, RecursionError):
        return None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    resources = [one.get("Resource") for one in listed if isinstance(one, dict)]
    texts = [text for one in resources for text in (one if isinstance(one, list) else [one])]
    found = {match[1] if (match := _BUCKET.match(str(text))) else None for text in texts}
    return found.pop() if len(found) == 1 else None


def _told(document: Document, keys: tuple[str | int, ...]) -> str | None:
    value: Any = document
    for key in keys:
        match value, key:
            case dict(), str():
                value = value.get(key)
            case list(), int() if len(value) > key:
                value = value[key]
            case _:
                return None
    return value if keys and isinstance(value, str) and value else None

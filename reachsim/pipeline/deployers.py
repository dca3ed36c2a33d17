"""Programs that deploy through AWS's APIs by themselves: cdk, cdk-assets, serverless, copilot, eb, eksctl, ecs-cli …

**Source:** facts/tool-destinations.csv (aws sam/cdk); AWS CDK Developer Guide, "Bootstrapping" (roles, bucket,
repository and the version parameter in Parameter Store) and "Configure AWS CDK CLI telemetry"; aws-cdk-cli source
(notices, telemetry); Serverless Framework, "AWS - Serverless.yml Reference" (region) and installer source;
serverless-python-requirements, lib/pip.js and lib/docker.js.
"""

from __future__ import annotations

import re
from typing import Any, Final

from reachsim import services
from reachsim.pipeline.aws_calls import account_of, region_of, service_host
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments, quoted
from reachsim.pipeline.records import Confidence, Destination, Found, Request, Script
from reachsim.pipeline.shapes import table
from reachsim.pipeline.variables import expand, is_known, starred, unknown
from reachsim.pipeline.yaml import load


def deployer(call: Call) -> Outcome:
    """What a deployment contacts in the Region."""
    region = region_of(call, arguments(call.words, ["region", "profile", "stack", "stage", "s"]))
    return Outcome(tuple(_calls(call, call.program, _operation(call), region)), None)


def beanstalk(call: Call) -> Outcome:
    """eb: the Region of ``--region``, else the one that ``eb init`` has kept in ``.elasticbeanstalk/config.yml``."""
    given = arguments(call.words, ["region", "r", "profile", "platform", "p", "k", "keyname"])
    named = given.last("region", "r")
    if "init" in given.rest:
        call.configure("eb.region", named or "")
        return Outcome((), None)
    kept: Any = load(call.read(".elasticbeanstalk/config.yml") or "")
    written = table(table(kept).get("global")).get("default_region")
    region = named or call.setting("eb.region") or (str(written) if written else region_of(call, given))
    return Outcome(tuple(_calls(call, "eb", _operation(call), region)), None)


def cdk(call: Call) -> Outcome:
    """cdk: the app that cdk.json names is run; deployments go through the roles of the bootstrap stack."""
    operation = _operation(call)
    given = arguments(call.words, ["region", "profile", "app", "a", "output", "o", "context", "c"])
    region = region_of(call, given)
    settings = call.json("cdk.json") or {}
    if operation == "bootstrap":  # each environment that it names has its own Region
        places = [match[1] for one in given.rest if (match := re.fullmatch(r"(?:aws://)?\w+/([\w-]+)", one))]
        own = [one for place in places or [region] for one in _calls(call, "cdk", operation, place)]
        return Outcome((*own, *_reports(call, table(settings.get("context")))), None)
    found: list[Found] = list(_calls(call, "cdk", operation, region))
    if operation not in ("deploy", "synth", "synthesize", "diff", "ls", "list", "destroy"):
        return Outcome(tuple(found), None)
    named = given.last("app", "a")
    app = named or settings.get("app")
    if named and " " not in named.strip():
        app = None  # the folder of an assembly that is there already
    if isinstance(app, str):
        place = ("", 0) if named else ("cdk.json", 1)
        found.append(Script(app, *place, variables=(("CDK_OUTDIR", "cdk.out"),)))
    return Outcome((*found, *_reports(call, table(settings.get("context")))), None)


def _reports(call: Call, context: dict[str, Any]) -> list[Found]:
    """Notices are fetched outside CI (CodeBuild sets CI), usage is reported by CLI 2.1100 and later."""
    told = call.env("CDK_DISABLE_CLI_TELEMETRY") in ("1", "true") or context.get("cli-telemetry") in (False, "false")
    found: list[Found] = []
    if not told and not {"--no-version-reporting", "--no-telemetry"} & set(call.words):
        found.append(Destination("cdk-cli-telemetry.us-east-1.api.aws", 443, "download", "possible"))
    if "--no-notices" not in call.words and ("--notices" in call.words or call.env("CI") != "true"):
        found.append(Destination("cli.cdk.dev-tools.aws.dev", 443, "download", "possible"))
    return found


def serverless(call: Call) -> Outcome:
    """serverless: its Region is ``--region``, else serverless.yml's, else us-east-1, whatever AWS_REGION says."""
    given = arguments(
        call.words, ["region", "r", "stage", "s", "aws-profile", "profile", "package", "p", "config", "c", "name", "n"]
    )
    name = given.last("config", "c")
    names = (name,) if name else ("serverless.yml", "serverless.yaml", "serverless.json")
    text = call.first(*names)
    settings = table(load(text)) if text is not None else {}
    provider = settings.get("provider")
    named = table(provider).get("name", "aws") if isinstance(provider, dict) else provider or "aws"
    operation = _operation(call)
    found: list[Found] = []
    if operation and _fetches_itself(call, settings):
        found.append(Destination("install.serverless.com", 443, "download", "possible"))
    if named == "aws":
        region = given.last("region", "r") or _region_in(call, table(provider).get("region"), known=text is not None)
        found += _calls(call, "serverless", operation, region, _stack_of(given, settings))
    if operation in ("deploy", "package"):
        found += _plugins(settings)
    if operation == "plugin" and "install" in call.words:
        name = given.last("name", "n") or given.rest[-1]
        found.append(Script(f"npm install --save-dev {quoted(name)}"))
    return Outcome(tuple(found), None)


def _stack_of(given: Arguments, settings: dict[str, Any]) -> str:
    """The stack's name, SERVICE-STAGE unless the file names another; "" where variables make it."""
    service, provider = settings.get("service"), table(settings.get("provider"))
    stage = given.last("stage", "s") or str(provider.get("stage") or "dev")
    name = str(provider.get("stackName") or f"{service if isinstance(service, str) else ''}-{stage}")
    return name if is_known(name) and re.fullmatch(r"[A-Za-z][\w-]+", name) else ""


def _plugins(settings: dict[str, Any]) -> list[Found]:
    """What serverless-python-requirements runs: pip, here or in a container."""
    listed = settings.get("plugins")
    names = listed if isinstance(listed, list) else table(listed).get("modules")
    if not isinstance(names, list) or "serverless-python-requirements" not in names:
        return []
    custom = table(table(settings.get("custom")).get("pythonRequirements"))
    name = quoted(str(custom.get("fileName") or "requirements.txt"))
    here = f"if [ -f {name} ]; then python3 -m pip install -t .serverless -r {name}; fi"
    if custom.get("dockerizePip") not in (True, "true"):
        return [Script(here)]
    if custom.get("dockerFile"):
        return [Script(f"docker build -f {quoted(str(custom['dockerFile']))} -t sls-py-reqs-custom . && {here}")]
    runtime = str(table(settings.get("provider")).get("runtime") or "python3.9")
    image = str(custom.get("dockerImage") or f"public.ecr.aws/sam/build-{runtime}:latest-x86_64")
    return [Script(f"docker run --rm -v .:/var/task {quoted(image)} python -m pip install -r /var/task/{name}")]


def _region_in(call: Call, written: object, *, known: bool) -> str:
    """The Region that serverless.yml names; its variables are filled in as far as their defaults tell."""
    if written is None:
        return "us-east-1" if known else unknown("region")
    text = str(written)
    variable = re.fullmatch(r"\$\{env:(\w+)(?:,\s*['\"]?([\w-]*)['\"]?)?\}", text)
    if variable:
        return call.env(variable[1]) or variable[2] or expand(f"${variable[1]}", call.variables)
    default = re.fullmatch(r"\$\{opt:region,\s*['\"]?([a-z]{2}(?:-[a-z]+)+-\d)['\"]?\}", text)
    if default:
        return default[1]
    return text if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", text) else unknown("region")


def _fetches_itself(call: Call, settings: dict[str, Any]) -> bool:
    """Version 4 is a launcher that fetches the framework; earlier ones are what npm has installed."""
    package = call.json("package.json") or {}
    pinned = table(package.get("devDependencies")).get("serverless") or table(package.get("dependencies")).get(
        "serverless"
    )
    said = f"{settings.get('frameworkVersion') or ''} {pinned or ''}"
    return not re.search(r"(?:^|[\s^~=v<>])[123](?:[.\s]|$)", said)


def _operation(call: Call) -> str:
    """The first word that is neither an option nor an option's value (``--require-approval never deploy``)."""
    known = {word for words, _ in _DEPLOYERS.get(call.program, ()) for word in words}
    plain = [
        word
        for before, word in zip(("", *call.words), call.words, strict=False)
        if not word.startswith("-") and (word in known or not before.startswith("-") or "=" in before)
    ]
    return plain[0] if plain else ""


def _calls(call: Call, program: str, operation: str, region: str, name: str = "") -> list[Destination]:
    """The services that a program asks; of its requests those that every run makes, by whichever credentials."""
    row = next((hosts for words, hosts in _DEPLOYERS[program] if operation in words), ())
    found = []
    for suffix, sure in row:
        asked = _REQUESTS.get((program, operation, suffix), ())
        base = f"arn:{services.partition_of(region)}:{suffix}:{region}:{account_of(call)}:"
        requests = tuple(
            Request(action, starred(base + place.format(name or "*")) if place else "*") for action, place in asked
        )
        host = service_host(call, suffix, region)
        found.append(Destination(host, 443, "aws", _SURE[sure], "run", requests=requests))
    return found


_STACK: Final = "stack/{}/*"
_REQUESTS: Final[dict[tuple[str, str, str], tuple[tuple[str, str], ...]]] = {
    ("cdk", "bootstrap", "cloudformation"): (("cloudformation:DescribeStacks", "stack/CDKToolkit/*"),),
    ("serverless", "deploy", "cloudformation"): (("cloudformation:DescribeStacks", _STACK),),
    ("serverless", "remove", "cloudformation"): (("cloudformation:DescribeStacks", _STACK),),
    ("eb", "deploy", "elasticbeanstalk"): (("elasticbeanstalk:DescribeEnvironments", ""),
                                           ("elasticbeanstalk:UpdateEnvironment", "")),
    **{("copilot", word, "ssm"): (("ssm:GetParameter", "parameter/copilot/applications/*"),)
       for word in ("deploy", "svc", "job", "env")},
}  # fmt: skip
"""IAM requests by program, operation and service: (action, the resource's part of its ARN). None for ``cdk deploy``:
the CLI tries the roles of the bootstrap stack and goes on with its own credentials where it may not assume them.

**Source:** aws-cdk-cli, bootstrap (ToolkitInfo.lookup); serverless/serverless, plugins/aws/deploy/lib/create-stack.js;
EB CLI, ebcli/operations/deployops.py; aws/copilot-cli, internal/pkg/config (applications in Parameter Store).
"""


_SURE: Final[dict[str, Confidence]] = {"!": "certain", "?": "likely", "~": "possible"}
_Row = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
_DEPLOYERS: Final[dict[str, tuple[_Row, ...]]] = {
    "cdk": (
        (
            ("deploy", "destroy", "import"),
            (("cloudformation", "!"), ("sts", "!"), ("ssm", "?"), ("s3", "?"), ("ecr", "~")),
        ),
        (("bootstrap", "diff", "drift", "rollback", "gc"), (("cloudformation", "!"), ("sts", "!"))),
        (("publish-assets",), (("sts", "!"), ("s3", "?"), ("ecr", "~"))),
        (("synth", "synthesize", "ls", "list"), (("sts", "~"),)),
    ),
    "cdk-assets": ((("publish",), (("sts", "!"), ("s3", "?"), ("ecr", "~"))),),
    "serverless": (
        (("deploy", "remove", "rollback"), (("cloudformation", "!"), ("s3", "!"), ("sts", "?"), ("lambda", "~"))),
        (("info", "invoke"), (("cloudformation", "?"),)),
    ),
    "copilot": ((("deploy", "svc", "job", "env", "app"), (("cloudformation", "!"), ("ssm", "!"), ("ecr", "?"))),),
    "eb": ((("deploy", "create", "use"), (("elasticbeanstalk", "!"), ("s3", "?"))),),
    "ampx": (
        (("pipeline-deploy", "sandbox"), (("cloudformation", "!"), ("sts", "?"), ("ssm", "?"), ("s3", "?"))),
        (("generate",), (("cloudformation", "?"),)),
    ),
    "eksctl": ((("create", "delete", "get", "upgrade"), (("eks", "!"), ("cloudformation", "?"), ("ec2", "?"))),),
    "chalice": ((("deploy", "delete"), (("lambda", "!"), ("iam", "?"), ("apigateway", "?"))),),
    "ecspresso": ((("deploy", "run", "refresh", "scale", "verify", "wait", "register"), (("ecs", "!"),)),),
    "lambroll": ((("deploy", "rollback", "diff", "invoke"), (("lambda", "!"),)),),
    "ecs-cli": ((("compose", "push", "up", "configure"), (("ecs", "!"), ("ecr", "?"))),),
    "amplify": ((("push", "publish", "pull", "init"), (("amplify", "!"), ("cloudformation", "?"), ("s3", "?"))),),
}

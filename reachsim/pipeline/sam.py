"""The AWS SAM CLI: what ``sam build`` fetches for each function, where ``deploy`` and ``package`` upload.

**Source:** AWS SAM Developer Guide, "Default build with AWS SAM" (one package manager per runtime, run in the
function's CodeUri), "AWS SAM CLI configuration file" (samconfig.toml: environment, command, parameters), "sam deploy".
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

import msgspec

from reachsim import services, toml
from reachsim.pipeline import aws_calls, image
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, ImageBuild, Request, Script
from reachsim.pipeline.shapes import table
from reachsim.pipeline.variables import is_known, nothing_known, shown, starred
from reachsim.pipeline.yaml import load

_VALUED: Final = [
    "region", "profile", "stack-name", "s3-bucket", "s3-prefix", "template-file", "template", "t", "config-env",
    "config-file", "parameter-overrides", "image-repository", "image-repositories", "output-template-file",
    "capabilities", "tags", "kms-key-id", "role-arn", "build-dir", "b", "cache-dir", "base-dir", "s", "manifest", "m",
]  # fmt: skip
_TEMPLATES: Final = ("template.yaml", "template.yml", "template.json")
_MANAGERS: Final = (
    ("python", "requirements.txt", "pip install -r requirements.txt"),
    ("nodejs", "package.json", "npm install"),
    ("ruby", "Gemfile", "bundle install"),
    ("java", "build.gradle", "gradle build"),
    ("java", "build.gradle.kts", "gradle build"),
    ("java", "pom.xml", "mvn clean install"),
    ("dotnet", "", "dotnet publish"),
    ("go", "go.mod", "go build"),
    ("provided", "go.mod", "go build"),
)
"""Runtime, manifest, and the package manager that SAM runs."""


def sam(call: Call) -> Outcome:
    given = arguments(call.words, _VALUED)
    word = given.rest[0] if given.rest else ""
    settings = _settings(call, given, word)
    region = given.last("region") or settings.get("region") or call.region
    match word:
        case "build":
            return Outcome(tuple(dict.fromkeys(_build(call, given))), "")
        case "package":
            return Outcome(tuple(_uploads(given, settings, region, "certain")), None)
        case "deploy" | "sync":
            service = _service("cloudformation", region)
            found: list[Found] = [msgspec.structs.replace(service, requests=_changes(call, given, settings, region))]
            found += _uploads(given, settings, region, "likely")
            repository = given.last("image-repository") or settings.get("image_repository")
            found += image.pushes(repository) if repository and is_known(repository) else []
            return Outcome(tuple(dict.fromkeys(found)), None)
        case "publish":
            return Outcome((_service("serverlessrepo", region),), None)
        case "delete":
            return Outcome((_service("cloudformation", region), _service("s3", region, sure=False)), None)
        case "logs" | "list":
            return Outcome((_service("cloudformation", region, sure=False),), None)
    return Outcome((), None)


def _service(suffix: str, region: str, *, sure: bool = True) -> Destination:
    return Destination(services.host(suffix, region, ""), 443, "aws", "certain" if sure else "likely", service=suffix)


def _changes(call: Call, given: Arguments, settings: dict[str, str], region: str) -> tuple[Request, ...]:
    """What a deployment asks of CloudFormation, as ``aws cloudformation deploy`` does.

    **Source:** aws/aws-sam-cli, samcli/lib/deploy/deployer.py (has_stack, create_changeset, execute_changeset).
    """
    name = given.last("stack-name") or settings.get("stack_name")
    if "profile" in settings or given.rest[:1] != ["deploy"]:
        return ()
    named = Arguments({"stack-name": [name]} if name else {}, [])
    asked = aws_calls.requests(call, named, "cloudformation", ["deploy"], region)
    unchanged = given.has("no-execute-changeset")
    return tuple(one for one in asked if not (unchanged and one.action == "cloudformation:ExecuteChangeSet"))


def _settings(call: Call, given: Arguments, word: str) -> dict[str, str]:
    """What samconfig.toml says for this command."""
    text = call.read(given.last("config-file") or "samconfig.toml")
    try:
        config: dict[str, Any] = toml.loads(text) if text is not None else {}
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for part in ("global", word):
        parameters = table(config, given.last("config-env") or "default", part, "parameters")
        found |= {key: value for key, value in parameters.items() if isinstance(value, str)}
    return found


def _uploads(given: Arguments, settings: dict[str, str], region: str, sure: Confidence) -> list[Found]:
    bucket = given.last("s3-bucket") or settings.get("s3_bucket") or ""
    base = services.host("s3", region, "")
    if not bucket:
        return [Destination(base, 443, "aws", sure, service="s3")]
    prefix = given.last("s3-prefix") or settings.get("s3_prefix")
    key = f"{prefix}/*" if prefix else "*"
    request = Request("s3:PutObject", starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/{key}"))
    host = base if "." in bucket else f"{bucket}.{base}"
    return [Destination(host, 443, "aws", sure, service="s3", requests=(request,))]


def _build(call: Call, given: Arguments) -> list[Found]:
    name = given.last("template-file", "template", "t") or next((one for one in _TEMPLATES if call.exists(one)), "")
    text = call.read(name) if name else None
    document: Any = load(text) if text is not None else None
    if not isinstance(document, dict):
        return [Gap(call.command.text, "the template is not in the context")]
    shared = table(document, "Globals", "Function")
    home = posixpath.dirname(name)
    found: list[Found] = []
    for one in table(document, "Resources").values():
        resource = table(one)
        properties = shared | table(resource, "Properties")
        if resource.get("Type") == "AWS::Serverless::Function":
            found += _of_function(call, home, properties, table(resource, "Metadata"), given)
        elif resource.get("Type") == "AWS::Serverless::LayerVersion":
            method = table(resource, "Metadata").get("BuildMethod")
            folder = properties.get("ContentUri")
            if isinstance(method, str) and isinstance(folder, str):
                found += _fetched(call, posixpath.join(home, folder), method)
    return found


def _of_function(
    call: Call, home: str, properties: dict[str, Any], metadata: dict[str, Any], given: Arguments
) -> list[Found]:
    if properties.get("PackageType") == "Image":
        folder = metadata.get("DockerContext")
        if not isinstance(folder, str):
            return []
        directory = call.path(posixpath.join(home, folder))
        return [ImageBuild(posixpath.join(directory, str(metadata.get("Dockerfile") or "Dockerfile")), directory)]
    folder, runtime = properties.get("CodeUri"), properties.get("Runtime")
    if not isinstance(folder, str) or not isinstance(runtime, str) or "://" in folder:
        return []
    method = metadata.get("BuildMethod")
    if method == "makefile":
        return [Gap(call.command.text, f"{shown(folder)} is built by its own makefile, one target per function")]
    found: list[Found] = []
    if given.has("use-container", "u"):
        found += image.pulls(f"public.ecr.aws/sam/build-{runtime}:latest")
    return [*found, *_fetched(call, posixpath.join(home, folder), runtime)]


def _fetched(call: Call, folder: str, runtime: str) -> list[Found]:
    """The package manager that SAM runs in a function's folder."""
    if nothing_known(folder) and folder.strip("./"):
        return [Gap(call.command.text, f"which folder that is: {shown(folder)}")]
    for prefix, manifest, command in _MANAGERS:
        if not re.match(rf"{prefix}[\d.x]*", runtime):
            continue
        if not manifest or call.exists(posixpath.join(folder, manifest)):
            return [Script(command, directory=call.path(folder or "."))]
    return []

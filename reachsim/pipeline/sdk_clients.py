"""The services of AWS that a program asks through an SDK, as far as its text names clients and calls of theirs.

A client that no call is made of asks nobody. Where a bucket is one text, it is in the host; a Region that the client is
made with counts, else that of the environment. Not read: SDKs of compiled languages.
**Source:** Boto3 documentation, "Low-level clients" and "Resources"; AWS SDK for JavaScript, Ruby and PHP developer
guides: how clients are made and called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from reachsim import services
from reachsim.pipeline import aws_commands
from reachsim.pipeline.call import Call
from reachsim.pipeline.records import Destination
from reachsim.pipeline.variables import unknown

MAX_CLIENTS: Final = 100
"""Clients of one program that are looked at."""
_NAME: Final = r"(?:(?P<name>[\w.@$]{1,60})\s{0,9}=\s{0,9}(?:await\s+)?)?"
_MADE: Final = {
    "python": re.compile(
        rf"{_NAME}[\w.()]{{1,60}}\.(?:client|resource)\(\s{{0,20}}(?:service_name\s*=\s*)?[\"'](?P<service>[\w-]{{2,40}})[\"']"
    ),
    "node": re.compile(
        rf"{_NAME}new\s+(?:AWS\.(?P<service>[A-Z]\w{{1,40}})|(?P<client>[A-Z]\w{{1,40}}?)(?:Client)?)\("
    ),
    "ruby": re.compile(rf"{_NAME}Aws::(?P<service>[A-Z]\w{{1,40}})::(?:Client|Resource)\.new"),
    "php": re.compile(rf"{_NAME}new\s+\\?(?:Aws\\\w+\\)?(?P<service>[A-Z]\w{{1,40}})Client\("),
}
_NEEDED: Final = {"python": r"\bboto3\b", "node": r"aws-sdk", "ruby": r"\bAws::", "php": r"\bAws\\"}
_COMMANDS: Final = {
    "cloudwatchlogs": "logs", "cognitoidentityprovider": "cognito-idp", "sfn": "stepfunctions", "eventbridge": "events",
    "cloudwatchevents": "events", "elasticloadbalancingv2": "elbv2", "codedeploy": "deploy", "s3control": "s3control",
    "bedrockruntime": "bedrock-runtime", "sagemakerruntime": "sagemaker-runtime", "config": "configservice",
    "cognitoidentity": "cognito-identity", "states": "stepfunctions", "applicationautoscaling":
    "application-autoscaling", "servicequotas": "service-quotas", "bedrockagent": "bedrock-agent",
    "bedrockagentruntime": "bedrock-agent-runtime", "iotdataplane": "iot-data", "costexplorer": "ce",
}  # fmt: skip
"""Names of clients without dashes and capitals, where the AWS CLI names the service otherwise."""
_REGION: Final = re.compile(r"\bregion(?:_name)?[\"']?\s{0,5}(?:=>|=|:)\s{0,5}[\"']([a-z]{2}(?:-[a-z]+)+-\d)[\"']")
_BUCKET: Final = re.compile(
    r"\bbucket(?:_name)?[\"']?\s{0,5}(?:=>|=|:|\()\s{0,5}[\"']([a-z0-9][a-z0-9.-]{2,62})[\"']", re.IGNORECASE
)

_HANDED: Final = re.compile(
    r"\.(?:upload_file(?:obj)?\(\s{0,20}[^,()]{1,200},|download_file(?:obj)?\()\s{0,20}[\"']([a-z0-9][a-z0-9.-]{2,62})[\"']"
)


def asked(call: Call, language: str, text: str) -> Iterator[tuple[re.Match[str], Destination]]:
    """(the call that asks, the service's host) of each client; the place is where it is asked first."""
    made = _MADE.get(language)
    if made is None or not re.search(_NEEDED[language], text):
        return
    for match in islice(made.finditer(text), MAX_CLIENTS):
        groups = match.groupdict()
        command = _command(groups["service"] or groups.get("client") or "")
        if command is None or (groups.get("client") and not _is_clients(groups["client"], text)):
            continue
        use = _use(match, text)
        if use is not None:
            yield use, _host(call, command, text, _arguments(match, text))


def _command(name: str) -> str | None:
    """The command of the AWS CLI for the service of a client; None if there is none."""
    plain = name.replace("-", "").lower()
    names = (name, _COMMANDS.get(plain, ""), plain)
    return next((one for one in names if one and aws_commands.row(one) is not None), None)


def _is_clients(name: str, text: str) -> bool:
    """Whether a class of a JavaScript program comes from the SDK, by what the package that bears it is called."""
    packages = re.findall(r"@aws-sdk/(?:client|lib)-([\w-]{1,40})", text)
    return any(one.replace("-", "").lower() == name.lower() for one in packages)


def _use(made: re.Match[str], text: str) -> re.Match[str] | None:
    """The first call of a client that is made here: by its name, or on the spot."""
    name = made["name"]
    chained = re.compile(r"[^()\n]{0,200}\)\s{0,5}(?:->|\.)\s{0,5}\w+\s{0,3}\(").match(text, made.end())
    if chained or name is None:
        return made if chained else None
    return re.compile(rf"(?<![\w.]){re.escape(name)}\s{{0,20}}(?:->|\.)\s{{0,5}}\w+(?:\.\w+)?\s{{0,3}}\(?").search(
        text, made.end()
    )


def _arguments(made: re.Match[str], text: str) -> str:
    end = text.find(")", made.end())
    return text[made.end() : end if end >= 0 else made.end() + 300][:300]


def _host(call: Call, command: str, text: str, arguments: str) -> Destination:
    written = _REGION.search(arguments)
    region = written[1] if written else call.region
    host = services.host("s3", region, "") if command == "s3" else aws_commands.host(command, region)
    if command == "s3":
        named = {one[1] for pattern in (_BUCKET, _HANDED) for one in islice(pattern.finditer(text), MAX_CLIENTS)}
        host = f"{named.pop() if len(named) == 1 else unknown('bucket')}.{host}"
    return Destination(host, 443, "aws", service=None)

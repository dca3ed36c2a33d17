"""From an error of a log to a question for the snapshot: which destination, which port, which IAM requests.

The message's own words go first, then what the command that ran is known to contact (`reachsim.pipeline`). **Source:**
DESIGN, "Selectors"; fact sheet P20 to P39 (whose host is whose), P42, P51 to P61 (actions by step).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from reachsim import services
from reachsim.check.needs import own
from reachsim.diagnose.messages import (
    ECR_LOGIN,
    LAYERS,
    LOGGER,
    LOGIN,
    OF_A_PIPELINE,
    S3_SERVICE,
    SECRETS,
    UNASSUMED,
)
from reachsim.diagnose.records import LogError
from reachsim.model.places import Home

if TYPE_CHECKING:
    from reachsim.pipeline.project import Owned
    from reachsim.pipeline.records import Contact

_REGISTRY_ACTIONS: Final = frozenset({*services.ECR_PULL, *services.ECR_PUSH})
_OPERATIONS: Final = {
    "s3": {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "ListObjects": "ListBucket",
           "HeadBucket": "ListBucket", "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject",
           "CompleteMultipartUpload": "PutObject", "DeleteObjects": "DeleteObject", "CopyObject": "PutObject",
           "ListBuckets": "ListAllMyBuckets"},
    "lambda": {"Invoke": "InvokeFunction"},
}  # fmt: skip
"""IAM actions that are not called like the API operation (Service Authorization Reference)."""
DENIALS: Final = ("access-denied", "forbidden", "unauthorized")


class Asked(NamedTuple):
    """A question: a selector, or "" where there is nothing to ask."""

    destination: str = ""
    port: int = 443
    requests: tuple[dict[str, str], ...] = ()


def contacts_of_command(command: str, files: Mapping[str, bytes], owned: Owned | None) -> tuple[Contact, ...]:
    """What a command of a log contacts in every run, as `reachsim.pipeline` reads it; nothing if it cannot be read."""
    if not command:
        return ()
    from reachsim.errors import QuestionError
    from reachsim.pipeline.contacts import contacts_of

    if re.match(r"FROM |COPY --from=", command):  # a step of a Dockerfile, in place of the command that builds it
        files, command = {"Dockerfile": f"FROM scratch\n{command}\n".encode()}, "docker build ."
    spec = {"version": "0.2", "phases": {"build": {"commands": [command.removeprefix("RUN ")]}}}
    try:
        found = contacts_of(json.dumps(spec).encode(), files, owned)
    except QuestionError:
        return ()
    build = (one for one in found.contacts if one.phase == "build" and one.confidence != "possible")
    return tuple(one for one in build if "{" not in one.host)


def contacts_of_source(owned: Owned) -> tuple[Contact, ...]:
    """What the download of a project's source contacts."""
    from reachsim.pipeline.contacts import contacts_of

    spec = {"version": "0.2", "phases": {"build": {"commands": ["true"]}}}
    found = contacts_of(json.dumps(spec).encode(), {}, owned)
    return tuple(one for one in found.contacts if one.phase == "source" and "{" not in one.host)


def _worded(error: LogError, contacts: tuple[Contact, ...], home: Home) -> str:
    """The host that a message without one is about by its wording: the ECS agent's about logs or secrets, an SDK's
    about a login at ECR, Docker's about layers, which ECR keeps in a bucket of its own; "" where it does not tell.
    """
    account, region = home
    if LOGGER.search(error.text):
        return services.host("logs", region, account)
    secrets = SECRETS.search(error.text)
    if secrets:
        return services.host({"ssm": "ssm", "asm": "secretsmanager"}[secrets["service"]], region, account)
    if (LOGIN.search(error.text) and not error.action) or ECR_LOGIN.search(error.text):
        return services.host("ecr.api", region, account)
    if S3_SERVICE.search(error.text):
        return services.host("s3", region, account)
    if not LAYERS.search(error.text):
        return ""
    kept = [one.host for one in contacts if "-starport-layer-bucket." in one.host]
    own = f"{services.layer_bucket(region)}.{services.host('s3', region, account)}"
    return kept[0] if kept else own if not contacts else ""


def completed(error: LogError, contacts: tuple[Contact, ...], home: Home) -> LogError:
    """The error with the host that its wording or its command means, where the message names none and does need one."""
    worded = _worded(error, contacts, home) if not error.host and error.kind != "image-pull" else ""
    if worded:
        guessed = LAYERS.search(error.text) is not None and not contacts
        return msgspec.structs.replace(error, host=worded, port=443, implied=guessed)
    if error.host or error.address or error.action or error.kind not in (
        "timeout", "refused", "unreachable", "reset", "no-connection", "name-not-found", "forbidden", "certificate",
        "rate-limited", "access-denied", "unauthorized", "proxy", "no-repository",
    ):  # fmt: skip
        return error
    registry = error.kind in ("rate-limited", "unauthorized", "no-repository") and not is_of_source(error)
    chosen = [one for one in contacts if one.kind == "registry" or not registry]
    chosen = _of_sources(error, chosen) if is_of_source(error) else chosen
    return msgspec.structs.replace(error, host=chosen[0].host, port=chosen[0].port) if chosen else error


def _of_sources(error: LogError, contacts: list[Contact]) -> list[Contact]:
    """Of what the sources of a project contact that which a message is about: the bucket that it names as the source's
    version, Amazon S3 where an SDK of AWS's tells of a request, a Git server where Git does; all where none of them."""
    named = re.search(r"source version arn:[\w-]{1,20}:s3:::([\w.-]{1,63})/", error.text)
    if named is not None:
        found = [one for one in contacts if one.host.startswith(f"{named[1]}.")]
    elif re.search(r"\bgit\b|\brefs/|(?:authentication required|authorization failed) for", error.text):
        found = [one for one in contacts if one.service != "s3"]
    elif re.search(r"AccessDenied|status code: \d{3}, request id", error.text):
        found = [one for one in contacts if one.service == "s3"]
    else:
        return contacts
    return found or contacts


def question_of(error: LogError, home: Home, role: str, contacts: tuple[Contact, ...]) -> Asked:
    """What to ask of the snapshot about an error.

    Args:
        error: an error, `completed`.
        home: account and Region of the source.
        role: the ARN of the role that the source acts as, "" if not known.
        contacts: what the error's command contacts.
    """
    account, region = home
    if UNASSUMED.search(error.text):
        return Asked()  # Amazon ECS's own request, which takes no way of a VPC
    if OF_A_PIPELINE.search(error.text) and not error.action:
        return Asked()  # nor does CodePipeline's
    if error.kind == "no-internet":
        return Asked("internet")
    if error.kind == "no-output":
        return Asked(f"host:{services.host('logs', region, account)}")
    if error.kind in ("network-interface", "image-pull", "no-addresses", "no-space", "docker-daemon", "configuration",
                      "no-repository"):  # fmt: skip
        return Asked()
    named = _named_request(error, home, contacts)
    host = error.host
    if named and not _is_of(named[0]["action"], host):
        host = _host_of_request(named[0], error, home)
    host = _regular(host, home)
    requests = named
    if (error.kind in DENIALS or cut_off_by_ecr(error, host)) and not named:
        requests = _of_source(error, host, contacts, home) or tuple(_implied(error, host, home))
    if requests and error.principal and not _same_role(error.principal, role):
        requests = tuple({**one, "principal": error.principal} for one in requests)
    if host:
        return Asked(f"host:{host}", error.port, requests)
    return Asked(f"ip:{error.address}", error.port) if error.address else Asked()


def cut_off_by_ecr(error: LogError, host: str) -> bool:
    """Whether a push ended in nothing but EOF, as those do that ECR does not permit (aws-cli#7231, kaniko#1455)."""
    return error.kind == "reset" and services.service_of_host(host)[0] == "ecr.dkr" and bool(_EOF.search(error.text))


_EOF: Final = re.compile(r"(?:^|: )EOF$")


def _of_source(
    error: LogError, host: str, contacts: tuple[Contact, ...], home: Home
) -> tuple[dict[str, str], ...]:  # fmt: skip
    """The requests that fetching the project's source makes of a host, for an error of that."""
    if not is_of_source(error):
        return ()
    made = [one for contact in contacts if contact.host == host for one in contact.requests]
    return tuple({"action": one.action, "resource": own(home, one.resource)} for one in made if one.action in _FETCH)


_FETCH: Final = ("s3:GetObject", "s3:GetObjectVersion", "codecommit:GitPull")


def is_of_source(error: LogError) -> bool:
    """Whether an error is about the download of the project's source."""
    return not error.command and (
        error.phase == "download_source" or re.search("for (?:primary|secondary) source", error.text) is not None
    )


def _regular(host: str, home: Home) -> str:
    """The ordinary name in place of an endpoint's own name for a registry: what the client should have asked for."""
    found = re.fullmatch(r"(?:.+\.)?vpce-[0-9a-z-]+\.(?:api|dkr)\.ecr\.([\w-]+)\.vpce\..+", host)
    return services.host("ecr.dkr", found[1], home[0]) if found else host


def _is_of(action: str, host: str) -> bool:
    """Whether a request of that action may go to a host."""
    if not host:
        return False
    suffix = services.service_of_host(host)[0]
    if suffix is None:
        return False
    known = services.service(suffix)
    return action.split(":")[0] in (known.iam_prefix if known else suffix, suffix)


def _named_request(error: LogError, home: Home, contacts: tuple[Contact, ...]) -> tuple[dict[str, str], ...]:
    """The request that the message names: by its IAM action, or by the API operation of the command that ran."""
    action, resource = error.action, error.resource
    if not action:
        return ()
    if ":" not in action:
        prefix = _prefix_of(error, contacts)
        if not prefix:
            return ()
        action = f"{prefix}:{_OPERATIONS.get(prefix, {}).get(action, action)}"
    if resource.startswith("s3://"):
        bucket, _, key = resource.removeprefix("s3://").partition("/")
        path = bucket if action in ("s3:ListBucket", "s3:GetBucketLocation") else f"{bucket}/{key or '*'}"
        resource = f"arn:{services.partition_of(home[1])}:s3:::{path}"
    if not resource:
        made = [one for contact in contacts for one in contact.requests]
        held = [one.resource for one in made if one.action == action]
        buckets = [one.resource.split("/", 1)[0] for one in made if ":s3:::" in one.resource]
        resource = held[0] if held else buckets[0] if buckets and action == "s3:ListBucket" else "*"
    return ({"action": action, "resource": own(home, resource)},)


def _prefix_of(error: LogError, contacts: tuple[Contact, ...]) -> str:
    if error.resource.startswith("s3://"):
        return "s3"
    if error.host:
        suffix = services.service_of_host(error.host)[0]
        known = services.service(suffix) if suffix else None
        if known or suffix:
            return known.iam_prefix if known else str(suffix)
    if error.action in _OPERATIONS["s3"]:
        return "s3"
    actions = [one.action.split(":") for contact in contacts for one in contact.requests]
    for prefix, name in actions:
        if _OPERATIONS.get(prefix, {}).get(error.action, error.action) == name:
            return prefix
    return actions[0][0] if actions else ""


def _host_of_request(request: dict[str, str], error: LogError, home: Home) -> str:
    """The host that a request goes to: the Regional name of its service in the Region of its resource."""
    action, parts = request["action"], request["resource"].split(":")
    account = parts[4] if len(parts) > 5 and parts[4].isdigit() else home[0]
    region = parts[3] if len(parts) > 5 and re.fullmatch(r"[a-z]{2,4}-[a-z-]+-\d", parts[3]) else home[1]
    if action in _REGISTRY_ACTIONS and (
        "docker" in error.command or error.text.startswith(("denied", "error", "ERROR")) or "aws" not in error.command
    ):
        return services.host("ecr.dkr", region, account)
    if action.startswith("s3:") and action != "s3:ListAllMyBuckets":
        bucket = request["resource"].split(":::", 1)[-1].split("/")[0]
        base = services.host("s3", region, account)
        return f"{bucket}.{base}" if re.fullmatch(r"[a-z0-9-]+", bucket) else base
    return services.host(_suffix_of_prefix(action.split(":")[0], action), region, home[0])


def _suffix_of_prefix(prefix: str, action: str) -> str:
    if action in ("codecommit:GitPull", "codecommit:GitPush"):
        return "git-codecommit"
    if prefix == "ecr":
        return "ecr.api"
    fitting = [one.suffix for one in services.SERVICES.values() if one.iam_prefix == prefix]
    if prefix in fitting or not fitting:
        return prefix
    return next((one for one in fitting if not one.endswith("-fips")), fitting[0])


def _same_role(principal: str, role: str) -> bool:
    return principal.split("assumed-role/")[-1].split("/")[0] == role.rsplit("/", 1)[-1] if role else False


def _implied(error: LogError, host: str, home: Home) -> Iterator[dict[str, str]]:
    """The requests behind a refusal that names none, by the host that refused."""
    suffix, region, _ = services.service_of_host(host) if host else (None, None, False)
    region = region or home[1]
    arn = f"arn:{services.partition_of(region)}"
    if suffix == "git-codecommit":
        repository = re.search(r"/v1/repos/([\w.-]+)", error.path)
        git = re.search(r"\bgit\b", error.command)
        pushes = "git-receive-pack" in error.path or (git and re.search(r"\bpush\b", error.command[git.end() :]))
        action = "codecommit:GitPush" if pushes else "codecommit:GitPull"
        name = repository[1] if repository else "*"
        yield {"action": action, "resource": f"{arn}:codecommit:{region}:{home[0]}:{name}"}
    elif suffix == "ecr.api":
        yield {"action": "ecr:GetAuthorizationToken", "resource": "*"}
    elif suffix == "ecr.dkr":
        account = host.split(".")[0]
        image = re.search(r"^/(?:v2/)?(.+?)(?:/(?:manifests|blobs)\b|:|@|$)", error.path)
        name = image[1] if image and image[1] != "v2/" else "*"
        uploads = "/blobs/uploads" in error.path or re.search(r"docker (?:image )?push|--push\b", error.command)
        for action in services.ECR_PUSH if uploads else services.ECR_DOWNLOAD:
            yield {"action": action, "resource": f"{arn}:ecr:{region}:{account}:repository/{name}"}
    elif suffix == "codeartifact.repositories":
        domain, _, owner = host.split(".")[0].rpartition("-")
        place = [*error.path.split("/"), "", ""][2] or "*"  # /npm/REPOSITORY/…
        resource = f"{arn}:codeartifact:{region}:{owner}:repository/{domain}/{place}"
        yield {"action": "codeartifact:ReadFromRepository", "resource": resource}
    elif suffix == "s3" or "<?xml" in error.text:
        bucket, key = _object(error, host)
        if bucket:
            action = "s3:PutObject" if "upload failed" in error.text else "s3:GetObject"
            yield {"action": action, "resource": f"{arn}:s3:::{bucket}/{key}"}


def _object(error: LogError, host: str) -> tuple[str, str]:
    """Bucket and key of an S3 URL, virtual-hosted or path style."""
    key = error.path.split("?")[0].lstrip("/")
    virtual = re.match(r"(.+?)\.s3[.-]", host)
    if virtual:
        return virtual[1], key or "*"
    bucket, _, rest = key.partition("/")
    return bucket, rest or "*"

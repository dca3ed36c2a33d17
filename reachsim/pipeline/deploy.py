"""terraform, kubectl and helm.

**Source:** Terraform, "S3 backend", "Module sources", "Provider installation"; Amazon EKS User Guide, "Cluster API
server endpoint"; Helm documentation, "helm repo add", "helm dependency", "Use OCI-based registries".
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from reachsim import services
from reachsim.pipeline import image, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.download import git_found
from reachsim.pipeline.records import Destination, Found, Gap, Request
from reachsim.pipeline.variables import shown, starred, unknown
from reachsim.pipeline.yaml import load

_VALUED: Final = ["chdir", "var", "var-file", "backend-config", "target", "out", "plugin-dir", "lock-timeout",
                    "state", "parallelism", "from-module", "replace"]  # fmt: skip


def terraform(call: Call) -> Outcome:
    """init fetches providers and modules and opens the backend; plan and apply call the providers' APIs."""
    words = [re.sub(r"^--?", "--", word) if word.startswith("-") else word for word in call.words]
    given = arguments(words, _VALUED)
    word = given.rest[0] if given.rest else ""
    folder = given.last("chdir") or "."
    if word not in (
        "init",
        "get",
        "plan",
        "apply",
        "destroy",
        "import",
        "refresh",
        "output",
        "state",
        "workspace",
        "providers",
    ):
        return Outcome((), None)
    texts = [call.machine.read(path) or "" for path in call.machine.glob(call.path(f"{folder}/*.tf"))]
    text = "\n".join(re.sub(r"(?m)^[ \t]*(#|//).*$", "", one) for one in texts)
    found: list[Found] = []
    if word in ("init", "get", "providers"):
        found += _modules(call, text)
        needs = not text or re.search(r"\b(?:provider|required_providers|resource|data)\b", text)
        if word != "get" and needs and not given.has("plugin-dir") and not call.cached(".terraform"):
            found += knowledge.tool("terraform" if call.program != "tofu" else "tofu", word)
        elif word != "get" and needs and not given.has("plugin-dir"):
            found += [msgspec.structs.replace(one, confidence="likely") for one in knowledge.tool("terraform", word)
                      if one.confidence != "possible"]  # fmt: skip
    if word != "get" and given.last("backend") != "false":
        found += _backend(call, text, given.all("backend-config"))
    if word in ("plan", "apply", "destroy", "import", "refresh"):
        found.append(Gap(call.command.text, "which APIs the providers call is not worked out"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _modules(call: Call, text: str) -> list[Found]:
    found: list[Found] = []
    for source in re.findall(r'module\s+"[^"]*"\s*\{[^}]{0,2000}?\bsource\s*=\s*"([^"]+)"', text):
        if source.startswith("git::"):
            found += git_found(
                call, re.sub(r"//[^/].*?$|\?.*$", "", source[5:].replace("://", "\ue003")).replace("\ue003", "://")
            )
        elif source.startswith(("github.com/", "git@github.com")):
            found += [Destination("github.com", 443 if source.startswith("github") else 22, "git")]
        elif re.match(r"https?://", source):
            found += urls.destination(source)
        elif re.fullmatch(r"[\w-]+/[\w-]+/[\w-]+(//.*)?", source):
            found += knowledge.index("terraform")[:1]
            found.append(Destination("codeload.github.com", 443, "download", "likely"))
    return found


def _backend(call: Call, text: str, options: list[str]) -> list[Found]:
    block = re.search(r'backend\s+"s3"\s*\{(.{0,5000}?)\}', text, re.DOTALL)
    given = dict(one.split("=", 1) for one in options if "=" in one)
    if block is None and "bucket" not in given:
        return []
    body = block[1] if block else ""
    values = dict(re.findall(r'\b(\w++)\s*+=\s*+"([^"]*+)"', body)) | {
        key: value.strip('"') for key, value in given.items()
    }
    region = values.get("region") or call.region
    bucket = values.get("bucket") or unknown("bucket")
    base = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}")
    requests = (Request("s3:ListBucket", base), Request("s3:GetObject", f"{base}/{starred(values.get('key') or '*')}"))
    found: list[Found] = [
        Destination(f"{bucket}.{services.host('s3', region, '')}", 443, "aws", "certain", "run", "s3", requests)
    ]
    if values.get("dynamodb_table"):
        found.append(Destination(services.host("dynamodb", region, ""), 443, "aws", "certain", "run", "dynamodb"))
    if values.get("role_arn") or "assume_role" in body:
        found.append(Destination(services.host("sts", region, ""), 443, "aws", "certain", "run", "sts"))
    return found


def pulumi(call: Call) -> Outcome:
    """pulumi: its backend (Pulumi Cloud, or the bucket that ``login`` names), plugins, and the providers' APIs.

    **Source:** Pulumi documentation, "States & Backends".
    """
    given = arguments(call.words, ["stack", "s", "cwd", "C", "cloud-url", "c", "config", "secrets-provider", "message"])
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if word == "login":
        place = given.last("cloud-url", "c") or (rest[0] if rest else call.env("PULUMI_BACKEND_URL") or "")
        call.configure("pulumi.backend", "file://" if given.has("local") else place or "https://api.pulumi.com")
        return Outcome(tuple(_pulumi_backend(call)), None)
    if word not in ("up", "update", "preview", "refresh", "destroy", "stack", "import", "config", "install", "watch"):
        return Outcome((), None)
    found = [] if word == "install" else _pulumi_backend(call)
    if word not in ("stack", "config"):
        found += knowledge.tool("pulumi", word)
    if word in ("up", "update", "preview", "refresh", "destroy", "import", "watch"):
        found.append(Gap(call.command.text, "which APIs the providers call is not worked out"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _pulumi_backend(call: Call) -> list[Found]:
    place = call.setting("pulumi.backend") or call.env("PULUMI_BACKEND_URL") or "https://api.pulumi.com"
    if not place.startswith("s3://"):
        return urls.destination(place)
    bucket, _, query = place.removeprefix("s3://").partition("?")
    bucket = bucket.split("/")[0]
    region = dict(one.split("=", 1) for one in query.split("&") if "=" in one).get("region") or call.region
    base = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}")
    requests = (
        Request("s3:ListBucket", base),
        Request("s3:GetObject", f"{base}/*"),
        Request("s3:PutObject", f"{base}/*"),
    )
    return [Destination(f"{bucket}.{services.host('s3', region, '')}", 443, "aws", service="s3", requests=requests)]


# --- kubernetes -----------------------------------------------------------------------------------------------------

_KUBECTL: Final = [
    "n",
    "namespace",
    "f",
    "filename",
    "k",
    "kustomize",
    "o",
    "output",
    "l",
    "selector",
    "c",
    "container",
    "context",
    "cluster",
    "kubeconfig",
    "server",
    "s",
    "token",
    "user",
    "timeout",
    "replicas",
    "p",
    "patch",
    "type",
    "image",
    "for",
    "from-literal",
    "from-file",
    "overwrite",
    "field-selector",
    "request-timeout",
    "field-manager",
]


def kubectl(call: Call) -> Outcome:
    given = arguments(call.words, _KUBECTL)
    word = given.rest[0] if given.rest else ""
    found: list[Found] = [one for name in given.all("f", "filename") for one in urls.destination(name)]
    if word in ("", "config", "kustomize", "completion", "help", "plugin") or (
        word == "version" and given.has("client")
    ):
        return Outcome(tuple(found), None)
    if word == "create" and given.last("dry-run") == "client":
        return Outcome(tuple(found), None)
    if word == "krew":
        return Outcome((Destination("github.com", 443, "download"),), None)
    status = None if word in ("get", "describe") else True
    return Outcome((*found, *_cluster(call, given.last("server", "s"))), None, status)


def in_cluster(call: Call) -> Outcome:
    """skaffold, istioctl, flux and kubeseal: what they do, they do in the cluster."""
    given = arguments(call.words, _KUBECTL)
    word = given.rest[0] if given.rest else ""
    passive = word in ("version", "help", "completion", "config", "manifest", "schema", "build", "render", "")
    return Outcome((), None) if passive and call.program != "kubeseal" else Outcome(tuple(_cluster(call, None)), None)


def _cluster(call: Call, server: str | None) -> list[Found]:
    if server:
        return urls.destination(server if "://" in server else f"https://{server}", "aws")
    host = call.setting("kubectl.cluster")
    gap = Gap(call.command.text, "the API server is named in the kubeconfig, which is not in these files")
    return [Destination(host, 443, "aws", "certain", "run"), gap] if host else [gap]


_HELM: Final = [
    "n",
    "namespace",
    "f",
    "values",
    "set",
    "set-string",
    "set-file",
    "version",
    "repo",
    "kubeconfig",
    "kube-context",
    "timeout",
    "d",
    "destination",
    "untardir",
    "u",
    "username",
    "p",
    "password",
    "output",
    "o",
    "app-version",
    "ca-file",
    "cert-file",
    "key-file",
    "post-renderer",
]


def helm(call: Call) -> Outcome:
    given = arguments(call.words, _HELM)
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    found: list[Found] = []
    if word == "repo" and rest[:1] == ["add"] and len(rest) > 2:
        call.configure(f"helm.repo {rest[1]}", rest[2])
        return Outcome(tuple(_chart_host(rest[2])), "")
    if word == "repo" and rest[:1] == ["update"]:
        for name, url in call.machine.settings.items():
            if name.startswith("helm.repo "):
                found += _chart_host(url)
        return Outcome(tuple(dict.fromkeys(found)), "")
    if word == "registry" and rest[:1] == ["login"]:
        return Outcome(tuple(image.logs_in(rest[1])) if len(rest) > 1 else (), "")
    if word == "plugin" and rest[:1] == ["install"]:
        return Outcome(tuple(one for name in rest[1:] for one in urls.destination(name)), "")
    if word in ("dependency", "dep", "dependencies") and rest[:1] in (["update"], ["build"], ["up"]):
        return Outcome(tuple(_dependencies(call, rest[1] if len(rest) > 1 else ".")), "")
    if word in ("install", "upgrade", "template", "pull", "fetch", "show", "inspect", "push", "diff"):
        found += [one for url in given.all("repo") for one in _chart_host(url)]
        for one in rest:
            if "://" in one:
                found += _chart_host(one)
            elif "/" in one and not one.startswith((".", "/")) and call.setting(f"helm.repo {one.split('/')[0]}"):
                found += _chart_host(call.setting(f"helm.repo {one.split('/')[0]}") or "")
    if word in (
        "install",
        "upgrade",
        "uninstall",
        "delete",
        "rollback",
        "list",
        "ls",
        "status",
        "history",
        "get",
        "test",
        "diff",
    ):
        found += _cluster(call, None)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _chart_host(url: str) -> list[Found]:
    if url.startswith("oci://"):
        return list(image.pulls(url.removeprefix("oci://")))
    if url.startswith("s3://"):
        bucket = url.removeprefix("s3://").split("/")[0]
        return [Destination(f"{bucket}.s3.{unknown('region')}.amazonaws.com", 443, "aws", "certain", "run", "s3")]
    return urls.destination(url, "package")


def _dependencies(call: Call, folder: str) -> list[Found]:
    document: Any = load(call.read(f"{folder}/Chart.yaml") or "")
    listed = document.get("dependencies") if isinstance(document, dict) else None
    if listed is None and document is None:
        return [Gap(call.command.text, f"{shown(folder)}/Chart.yaml is not in the context")]
    found: list[Found] = []
    for one in listed if isinstance(listed, list) else []:
        repository = str(one.get("repository", "")) if isinstance(one, dict) else ""
        if "://" in repository and not repository.startswith("file:"):
            found += _chart_host(repository)
        elif repository.startswith(("@", "alias:")):
            found += _chart_host(call.setting("helm.repo " + repository.split(":")[-1].lstrip("@")) or "")
    return list(dict.fromkeys(found))

"""kubectl, kustomize, helm, and other programs that work in a Kubernetes cluster.

**Source:** Amazon EKS User Guide, "Cluster API server endpoint"; Helm documentation, "helm repo add", "helm
dependency", "Use OCI-based registries"; Kustomize, "Remote resources" and "helmCharts".
"""

from __future__ import annotations

import re
from typing import Any, Final

from reachsim.pipeline import image, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.docker import logged_in, pushed
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Destination, Found, Gap
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import expand, is_known, nothing_known, shown, unknown
from reachsim.pipeline.yaml import load

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
    found += [one for name in given.all("k", "kustomize") for one in _kustomized(call, name)]
    if word == "kustomize":
        found += [one for name in given.rest[1:] for one in _kustomized(call, name)]
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


def kustomize(call: Call) -> Outcome:
    """``kustomize build``: its target and resources may lie in other repositories."""
    given = arguments(call.words, ["o", "output", "load-restrictor", "e", "env"])
    if given.rest[:1] != ["build"]:
        return Outcome((), None)
    return Outcome(tuple(one for name in given.rest[1:] or ["."] for one in _kustomized(call, name)), None)


def _without_folder(address: str) -> str:
    """A repository's address without what stands behind a second ``//``: a folder in it."""
    host = re.search("://|@", address)
    path = address.find("/", host.end()) if host else -1
    folder = address.find("//", path + 1) if path >= 0 else -1
    return address[:folder] if folder >= 0 else address


def _kustomized(call: Call, place: str, depth: int = 0) -> list[Found]:
    """What a kustomization fetches: remote directories are Git repositories, remote files are downloaded."""
    if re.match(r"(?:https?|ssh)://|git@|git::|(?:github|gitlab|bitbucket)\.\w+/", place):
        address = re.sub(r"^git::", "", place.split("?")[0])
        if re.search(r"\.ya?ml$", address):
            return urls.destination(address)
        repository = _without_folder(address)
        whole = repository if "://" in repository or repository.startswith("git@") else "https://" + repository
        return git_found(call, whole)
    document = load(call.first(*(f"{place}/{name}" for name in _KUSTOMIZATIONS)) or "") if depth < 8 else None
    found: list[Found] = []
    for key in ("resources", "bases", "components", "crds"):
        for one in listing(table(document).get(key)):
            if isinstance(one, str):
                remote = re.match(r"\w+://|git@|git::|(?:github|gitlab|bitbucket)\.\w+/", one)
                found += _kustomized(call, one if remote else f"{place}/{one}", depth + 1)
    for chart in listing(table(document).get("helmCharts")):
        if isinstance(table(chart).get("repo"), str):
            found += _chart_host(table(chart)["repo"])
    return list(dict.fromkeys(found))


_KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def in_cluster(call: Call) -> Outcome:
    """skaffold, istioctl, flux and kubeseal: what they do, they do in the cluster."""
    given = arguments(call.words, _KUBECTL)
    word = given.rest[0] if given.rest else ""
    passive = word in ("version", "help", "completion", "config", "manifest", "schema", "build", "render", "")
    return Outcome((), None) if passive and call.program != "kubeseal" else Outcome(tuple(_cluster(call, None)), None)


_KUBECONFIG: Final = "the API server is named in the kubeconfig, which is not in these files"


def _cluster(call: Call, server: str | None) -> list[Found]:
    if server:
        return urls.destination(server if "://" in server else f"https://{server}", "aws")
    host = call.setting("kubectl.cluster")
    gap = Gap(call.command.text, _KUBECONFIG, once=True)
    assumed = call.setting("kubectl.sts")  # "aws eks get-token --role-arn", which the kubeconfig runs, assumes the role
    sts = [Destination(assumed, 443, "aws", service="sts")] if assumed else []
    return [Destination(host, 443, "aws", "certain", "run"), *sts, gap] if host else [gap]


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
        return Outcome(tuple(logged_in(call, rest[1], given.last("p", "password") or "")) if len(rest) > 1 else (), "")
    if word in ("push", "cm-push", "s3") and rest:
        return Outcome(tuple(_helm_push(call, rest[1:])), "")
    if word == "plugin" and rest[:1] == ["install"]:
        return Outcome(tuple(one for name in rest[1:] for one in urls.named(name)), "")
    if word in ("dependency", "dep", "dependencies") and rest[:1] in (["update"], ["build"], ["up"]):
        return Outcome(tuple(_dependencies(call, rest[1] if len(rest) > 1 else ".")), "")
    if word in ("install", "upgrade", "template", "pull", "fetch", "show", "inspect", "diff"):
        found += [one for url in given.all("repo") for one in _chart_host(url)]
        found += [] if given.has("repo") else _charts(call, word, rest)
    if word in (
        "install",
        "upgrade",
        "uninstall",
        "un",
        "del",
        "delete",
        "rollback",
        "list",
        "ls",
        "status",
        "history",
        "hist",
        "get",
        "test",
        "diff",
    ):
        found += _cluster(call, None)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _chart_host(url: str) -> list[Found]:
    if url.startswith("oci://"):
        place = url.removeprefix("oci://")
        return list(image.pulls(place if "/" in place else f"{place}/charts"))
    if url.startswith("s3://"):
        bucket = url.removeprefix("s3://").split("/")[0]
        return [Destination(f"{bucket}.s3.{unknown('region')}.amazonaws.com", 443, "aws", "certain", "run", "s3")]
    return urls.named(url, "package")


def _charts(call: Call, word: str, rest: list[str]) -> list[Found]:
    """Where a chart comes from: a registry, a repository that was added by name, a folder or archive of one's own."""
    found: list[Found] = []
    first = 1 if word in ("install", "upgrade", "diff") and len(rest) > 1 else 0
    for one in rest[first:]:
        name = one.split("/")[0]
        url = call.setting(f"helm.repo {name}")
        if "://" in one:
            found += _chart_host(one)
        elif url:
            found += _chart_host(url)
        elif not is_known(one) and nothing_known(one):
            found.append(Gap(call.command.text, f"which chart that is: {urls.why_unknown(one)}"))
        elif "/" in one and is_known(name) and re.fullmatch(r"[\w-]+/[\w-]+", one) and not call.has_folder(one):
            found.append(Gap(call.command.text, f"which repository {shown(name)} is: no command adds it"))
    return found


def helmfile(call: Call) -> Outcome:
    """helmfile: the repositories and registries that its file names, and the cluster."""
    given = arguments(call.words, ["f", "file", "e", "environment", "l", "selector", "n", "namespace", "kube-context",
                                   "log-level", "args", "set", "state-values-file", "state-values-set"])  # fmt: skip
    word = given.rest[0] if given.rest else ""
    if word not in ("apply", "sync", "deps", "diff", "template", "repos", "fetch", "lint", "destroy", "test", "charts"):
        return Outcome((), None)
    name = given.last("f", "file") or "helmfile.yaml"
    text = call.first(name, "helmfile.yaml.gotmpl", "helmfile.yml")
    document = load(text) if text is not None else None
    if not isinstance(document, dict):
        return Outcome((Gap(call.command.text, f"which charts {shown(name)} names; it is not read"),), None)
    found: list[Found] = []
    for one in (one for one in listing(document.get("repositories")) if isinstance(one, dict)):
        url = expand(str(one.get("url", "")), call.variables)
        found += _chart_host(f"oci://{url}") if one.get("oci") else _chart_host(url)
        call.configure(f"helm.repo {one.get('name')}", f"oci://{url}" if one.get("oci") else url)
    for one in (one for one in listing(document.get("releases")) if isinstance(one, dict)):
        found += _charts(call, "template", [str(one.get("chart", ""))])
    if document.get("helmfiles"):
        found.append(Gap(call.command.text, "the helmfiles that this one includes are not read"))
    if word not in ("deps", "repos", "fetch", "template", "lint", "charts"):
        found += _cluster(call, None)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _helm_push(call: Call, places: list[str]) -> list[Found]:
    """``helm push CHART REMOTE``: to a registry, or with a plugin to a repository that was added by name."""
    found: list[Found] = []
    for one in places:
        url = call.setting(f"helm.repo {one}") or one
        if url.startswith("oci://"):
            found += pushed(call, url.removeprefix("oci://"))
        elif "://" in url:
            found += _chart_host(url)
    return found


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

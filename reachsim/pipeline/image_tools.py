"""kaniko, buildctl, skopeo, crane and pack: images built, copied and pushed by other means than Dockerfiles and Docker.

**Source:** kaniko README (executor's flags, "Caching Layers"); skopeo(1), containers-transports(5); crane documentation
(``crane auth login``, ``copy``, ``push``); oras documentation; skopeo-sync(1); regclient documentation, "regctl";
Cloud Native Buildpacks documentation, "pack build".
"""

from __future__ import annotations

import re
from typing import Final

from reachsim import services
from reachsim.pipeline import image, urls
from reachsim.pipeline.aws_calls import bucket_host
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.docker import build_argument, cache_read, cache_written, logged_in, pushed, pushed_by, remote
from reachsim.pipeline.records import Destination, Found, Gap, ImageBuild, Request
from reachsim.pipeline.variables import shown, starred

_KANIKO: Final = ["context", "c", "dockerfile", "f", "destination", "d", "build-arg", "target", "cache-repo",
                  "registry-mirror", "context-sub-path", "cache-dir", "digest-file", "verbosity", "customPlatform",
                  "custom-platform", "snapshot-mode", "snapshotMode", "tar-path", "tarPath", "label",
                  "cache-ttl"]  # fmt: skip
_SKOPEO: Final = ["src-creds", "dest-creds", "creds", "authfile", "src-authfile", "dest-authfile", "u", "p", "username",
                  "password", "platform", "override-os", "override-arch", "override-variant", "f", "format", "src",
                  "dest", "s", "d", "t", "tag", "policy", "registries.d", "command-timeout"]  # fmt: skip


_REGCTL: Final = ("image", "registry", "index", "artifact", "blob", "repo", "tag", "manifest")


def kaniko(call: Call) -> Outcome:
    """``/kaniko/executor``: builds without Docker and pushes to every ``--destination``."""
    given = arguments(call.words, _KANIKO)
    place = (given.last("context", "c") or ".").removeprefix("dir://")
    if "://" in place:
        found: list[Found] = [*_elsewhere(call, place), Gap(shown(place), "the Dockerfile lies elsewhere")]
    else:
        directory = call.path(place)
        name = given.last("dockerfile", "f") or "Dockerfile"
        beside = f"{directory}/{name}"
        path = beside if call.machine.exists(beside) else call.path(name)
        values = tuple(build_argument(call, one) for one in given.all("build-arg"))
        found = [ImageBuild(path, directory, given.last("target"), values, (), None, False)]
    push = not given.has("no-push") or given.last("no-push") == "false"
    cache = given.last("cache-repo")
    if cache and given.has("cache") and given.last("cache") != "false":
        found += image.pulls(cache, "likely")
        found += image.pushes(cache, "likely") if push and not given.has("no-push-cache") else []
    if push:
        found += [one for name in given.all("destination", "d") for one in pushed(call, name)]
    return Outcome(tuple(dict.fromkeys(found)), "")


_BUILDCTL: Final = ["frontend", "local", "opt", "output", "o", "export-cache", "import-cache", "secret", "ssh",
                    "allow", "progress", "trace", "no-cache-filter", "metadata-file", "addr", "tlsdir",
                    "registry-auth-tlscontext", "source-policy-file", "ref-file", "oci-layout", "exporter",
                    "exporter-opt", "frontend-opt", "export-cache-opt", "timeout", "tlsservername", "tlscacert",
                    "tlscert", "tlskey"]  # fmt: skip


def buildctl(call: Call) -> Outcome:
    """``buildctl build``: BuildKit's own client (BuildKit README; moby/buildkit: cmd/buildctl/build.go)."""
    given = arguments(call.words, _BUILDCTL)
    found: list[Found] = []
    daemon = given.last("addr") or call.env("BUILDKIT_HOST") or ""
    if daemon.startswith("tcp://"):
        found += urls.destination(daemon.replace("tcp://", "https://", 1))
    if given.rest[:1] not in (["build"], ["b"]):
        return Outcome(tuple(found), None)
    options = [one.partition("=") for one in given.all("frontend-opt", "opt")]
    local = dict(one.split("=", 1) for one in given.all("local") if "=" in one)
    plain = {name: value for name, _, value in options}
    outputs = given.all("output", "o")
    tags = [name for one in outputs for name in re.findall(r"name=\"?([^,\s\"]+)", one)]
    if "context" in plain and "://" in plain["context"]:
        found += _elsewhere(call, plain["context"].split("#")[0])
        found.append(Gap(call.command.text, "the Dockerfile lies elsewhere"))
    elif (given.last("frontend") or "").startswith(("dockerfile.v0", "gateway.v0")):
        if plain.get("source"):
            found += image.pulls(plain["source"])
        name = plain.get("filename", "Dockerfile")
        path = f"{call.path(local.get('dockerfile', '.'))}/{name}"
        values = tuple((key.partition(":")[2], value) for key, _, value in options if key.startswith("build-arg:"))
        contexts = tuple((key.partition(":")[2], value) for key, _, value in options if key.startswith("context:"))
        found.append(ImageBuild(path, call.path(local.get("context", ".")), plain.get("target"), values, contexts,
                                None, True, tags=tuple(tags)))  # fmt: skip
    else:
        found.append(Gap(call.command.text, "what this frontend of BuildKit builds is not worked out"))
    for one in given.all("import-cache"):
        found += cache_read(call, one, "certain")
    for one in given.all("export-cache"):
        found += cache_written(call, one)
    found += pushed_by(call, outputs, [])
    return Outcome(tuple(dict.fromkeys(found)), "")


def _elsewhere(call: Call, place: str) -> list[Found]:
    """A context that kaniko fetches: a bucket, a Git repository (without a scheme of its own: HTTPS), a blob's URL."""
    if place.startswith("s3://"):
        bucket, _, key = place.removeprefix("s3://").partition("/")
        arn = starred(f"arn:{services.partition_of(call.region)}:s3:::{bucket}/{key or '*'}")
        host = bucket_host(call, bucket, call.region)
        return [Destination(host, 443, "aws", service="s3", requests=(Request("s3:GetObject", arn),))]
    if place.startswith("gs://"):
        return [Destination("storage.googleapis.com", 443)]
    return urls.destination(place.replace("git://", "https://"))


def skopeo(call: Call) -> Outcome:
    """skopeo, crane, oras and regctl: copies between registries, and between a registry and files."""
    given = arguments(call.words, _SKOPEO)
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if call.program == "regctl" and word in _REGCTL:
        word, rest = (rest[0] if rest else "", rest[1:])
        word = {"import": "push", "mod": "push", "put": "push", "get": "pull", "get-file": "pull", "head": "digest",
                "inspect": "digest"}.get(word, word)  # fmt: skip
    if word in ("login", "auth"):
        names = [one for one in rest if one != "login"]
        return Outcome(tuple(one for name in names[:1] for one in logged_in(call, name, _password(given.options))), "")
    if call.program == "skopeo":
        return _synced(call, given, rest) if word == "sync" else _by_transport(call, word, rest)
    if word in ("copy", "cp") and len(rest) > 1:
        return Outcome((*image.pulls(rest[0]), *pushed(call, rest[1])), "")
    if word == "push" and rest:
        return Outcome(tuple(pushed(call, rest[0] if call.program == "oras" else rest[-1])), "")
    if word in ("append", "mutate", "rebase", "flatten"):
        names = given.all("tag", "t")
        return Outcome(tuple(one for name in names for one in pushed(call, name)), "")
    if word in ("pull", "export"):
        return Outcome(tuple(one for name in rest[:1] for one in image.pulls(name)), None)
    if word in ("manifest", "digest", "ls", "tag", "config", "validate", "catalog", "delete", "discover", "resolve"):
        return Outcome(tuple(one for name in rest[:1] for one in _asks(name)), None)
    return Outcome((), None)


def _password(options: dict[str, list[str]]) -> str:
    return " ".join(value for name in ("p", "password") for value in options.get(name, ()))


def _by_transport(call: Call, word: str, places: list[str]) -> Outcome:
    """Skopeo's words name a transport each; only ``docker://`` is a registry."""
    if word == "copy" and len(places) > 1:
        source, target = (remote(one) for one in places[:2])
        found: list[Found] = list(image.pulls(source)) if source else []
        return Outcome(tuple(found + (pushed(call, target) if target else [])), "")
    if word in ("inspect", "list-tags", "delete"):
        return Outcome(tuple(one for text in places[:1] if (name := remote(text)) for one in _asks(name)), None)
    return Outcome((), None)


def _synced(call: Call, given: Arguments, places: list[str]) -> Outcome:
    """``skopeo sync``: ``--src`` and ``--dest`` say what the two places are, registries or folders; a YAML file names
    registries as its keys.
    """
    if len(places) < 2:
        return Outcome((), None)
    source, target = places[:2]
    found: list[Found] = []
    if given.last("src", "s") == "docker":
        found += image.pulls(source)
    elif given.last("src", "s") == "yaml":
        text = call.read(source)
        registries = re.findall(r"(?m)^[\"']?([^\s#\"':-][^\s\"':]*(?::\d+)?)[\"']?:\s*(?:#.*)?$", text or "")
        found += [one for name in registries for one in image.pulls(f"{name}/images")]
        if not registries:
            found.append(Gap(call.command.text, f"which registries {shown(source)} names"))
    if given.last("dest", "d") == "docker":
        found += pushed(call, target if "/" in target else f"{target}/images")
    return Outcome(tuple(dict.fromkeys(found)), "")


def _asks(name: str) -> list[Found]:
    """A question that the registry answers by itself, without layers."""
    return list(image.logs_in(image.parse(name).host))


_PACK: Final = ["B", "builder", "b", "buildpack", "e", "env", "env-file", "p", "path", "d", "descriptor", "r",
                "run-image", "t", "tag", "pull-policy", "cache-image", "cache", "volume", "network", "lifecycle-image",
                "platform",
                "workspace", "docker-host", "gid", "uid", "previous-image", "extension", "creation-time",
                "sbom-output-dir", "report-output-dir", "D", "default-process"]  # fmt: skip


def pack(call: Call) -> Outcome:
    """``pack build``: pulls the builder and its run image, runs the buildpacks, and pushes with ``--publish``."""
    given = arguments(call.words, _PACK)
    if given.rest[:1] == ["builder"] or given.rest[:1] != ["build"] or len(given.rest) < 2:
        return Outcome((), None)
    found: list[Found] = []
    builder = given.last("B", "builder")
    if builder is None:
        found.append(Gap(call.command.text, "which image the default builder is"))
    if given.last("pull-policy") != "never":
        named = [one for one in (builder, given.last("r", "run-image"), given.last("lifecycle-image")) if one]
        found += [one for name in named for one in image.pulls(name)]
        found += [one for name in given.all("b", "buildpack") if name.startswith("docker://")
                  for one in image.pulls(remote(name))]  # fmt: skip
    if given.has("publish"):
        found += [one for name in (given.rest[1], *given.all("t", "tag")) for one in pushed(call, name)]
        found += [one for name in given.all("cache-image") for one in image.pushes(name)]
    found.append(Gap(call.command.text, "what the buildpacks download is not in these files"))
    return Outcome(tuple(dict.fromkeys(found)), "")

"""docker, podman, nerdctl and buildah on the command line: logins, pulls, pushes, builds.

**Source:** Docker CLI reference (login, pull, push, run, build, buildx, compose, manifest); podman-build(1),
podman-push(1), buildah-from(1), containers-transports(5); facts P56 to P61, P73.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from reachsim import services
from reachsim.pipeline import image, urls
from reachsim.pipeline.aws_calls import bucket_host
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.knowledge import tool
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, ImageBuild, Request
from reachsim.pipeline.variables import is_known, shown, starred, unknown, unknown_names

_OUTER: Final = ["config", "c", "context", "H", "host", "l", "log-level", "tlscacert", "tlscert", "tlskey", "root",
                 "storage-driver", "cgroup-manager", "n", "namespace"]  # fmt: skip
_BUILD: Final = [
    "t",
    "tag",
    "f",
    "file",
    "build-arg",
    "target",
    "cache-from",
    "cache-to",
    "platform",
    "label",
    "network",
    "secret",
    "ssh",
    "o",
    "output",
    "progress",
    "iidfile",
    "add-host",
    "shm-size",
    "ulimit",
    "memory",
    "m",
    "cpuset-cpus",
    "cpu-quota",
    "build-context",
    "builder",
    "metadata-file",
    "isolation",
    "format",
    "layers",
    "squash-all",
    "authfile",
    "creds",
    "attest",
    "sbom",
    "provenance",
    "allow",
    "annotation",
    "call",
]
_RUN: Final = [
    "a",
    "attach",
    "add-host",
    "e",
    "env",
    "env-file",
    "v",
    "volume",
    "w",
    "workdir",
    "u",
    "user",
    "p",
    "publish",
    "name",
    "net",
    "network",
    "entrypoint",
    "h",
    "hostname",
    "l",
    "label",
    "m",
    "memory",
    "cpus",
    "mount",
    "platform",
    "privileged-mode",
    "restart",
    "log-driver",
    "log-opt",
    "device",
    "dns",
    "cap-add",
    "cap-drop",
    "pull",
    "security-opt",
    "ulimit",
    "tmpfs",
    "shm-size",
    "network-alias",
    "link",
    "volumes-from",
    "cidfile",
    "c",
    "cpu-shares",
    "gpus",
    "ipc",
    "pid",
    "init-path",
    "expose",
    "group-add",
    "health-cmd",
    "runtime",
    "storage-opt",
    "sysctl",
    "userns",
    "uts",
]
_LOGIN: Final = ["u", "username", "p", "password", "authfile", "cert-dir"]


def docker(call: Call) -> Outcome:
    outer = arguments(call.words, _OUTER, stop=True)
    if not outer.rest:
        return Outcome((), None)
    word, words = outer.rest[0], outer.rest[1:]
    if word in ("image", "container", "builder") and words:
        word, words = words[0], words[1:]
    daemon = _daemon(outer.last("H", "host") or call.env("DOCKER_HOST") or "") if call.program == "docker" else []
    done = _done(call, word, words)
    return Outcome((*daemon, *done.found), done.stdout, done.status) if daemon else done


def _daemon(place: str) -> list[Found]:
    """The daemon on another machine that does all the work, over TCP or SSH; none on this machine's own socket."""
    if place.startswith("ssh://"):
        return urls.destination(place)
    if not place.startswith("tcp://"):
        return []
    secured = place.endswith(":2376")
    url = place.replace("tcp://", "https://", 1)
    return urls.destination(url if re.search(r":\d+/?$", url) else f"{url.rstrip('/')}:{2376 if secured else 2375}")


def _done(call: Call, word: str, words: list[str]) -> Outcome:
    match word:
        case "login":
            given = arguments(words, _LOGIN)
            password = given.last("p", "password") or ""
            return Outcome(tuple(logged_in(call, given.rest[0] if given.rest else "", password)), "")
        case "pull":
            given = arguments(words, ["platform", "authfile", "creds"])
            names = [one for text in given.rest if (one := remote(text))]
            return _pulled(names[:1] if call.program == "docker" else names)
        case "push":
            given = arguments(words, ["authfile", "creds", "format", "cert-dir", "compression-format", "digestfile"])
            target = remote(given.rest[-1]) if given.rest else ""  # podman and buildah: IMAGE [DESTINATION]
            return Outcome(tuple(pushed(call, target)) if target else (), "")
        case "build" | "bud":
            return build(call, words)
        case "buildx":
            return buildx(call, words)
        case "run" | "create":
            return _run(call, words)
        case "exec":
            from reachsim.pipeline import containers

            given = arguments(words, _RUN, stop=True)
            return Outcome(tuple(containers.inside(given.rest[1:])), None)
        case "tag":
            plain = [one for one in words if not one.startswith("-")]
            for one in plain[1:2]:
                keep_local(call, one, plain[0])
            return Outcome((), "")
        case "load" | "import":
            call.configure("image *", "loaded")
            return Outcome((), None)
        case "compose":
            from reachsim.pipeline.compose import compose

            return compose(call, words)
        case "manifest":
            return _manifest(words)
        case "plugin" if words[:1] == ["install"]:
            plain = arguments(words[1:], ["alias"]).rest
            return _pulled(plain[:1])
        case "search":
            return Outcome((Destination("index.docker.io", 443, "registry"),), None)
        case "sbom" | "scan" | "trust" | "stack" | "service" | "swarm" | "model" | "offload" | "cloud":
            return Outcome((Gap(call.command.text, f"what docker {word} contacts is not worked out"),), None)
        case "scout":
            return Outcome(tuple(tool("docker scout", " ".join(words))), None)
        case "inspect" | "images" | "ps" | "version" | "info":
            return Outcome((), None, None)
        case _:
            return Outcome((), None)


def logged_in(call: Call, registry: str, password: str = "") -> list[Found]:
    """A login; one with ECR's token at a registry that a variable names is one at ECR, whatever its account."""
    found: list[Found] = list(image.logs_in(registry))
    with_token = "!ecr-token" in (call.stdin or "") + password
    logins = (call.setting("docker.logins") or "").split()
    call.configure("docker.logins", " ".join([*logins, "ecr" if with_token else "other"]))
    if with_token and any(isinstance(one, Gap) for one in found):
        found.append(image.some_ecr(call.setting("ecr.token") or call.region, "login"))
    return found


_ON_THE_MACHINE: Final = (
    "docker-archive:", "docker-daemon:", "oci:", "oci-archive:", "dir:", "containers-storage:", "tarball:", "sif:",
    "ostree:",
)  # fmt: skip
"""Transports of skopeo and its like for images that are in no registry (containers-transports(5))."""


def remote(text: str) -> str:
    """The image in a registry that a word names, without its transport; "" if it lies on the machine itself.

    >>> remote("docker://quay.io/a/b:1"), remote("oci-archive:x.tar"), remote("alpine:3")
    ('quay.io/a/b:1', '', 'alpine:3')
    """
    if text.startswith(_ON_THE_MACHINE):
        return ""
    return text.removeprefix("docker://")


def pushed(call: Call, name: str) -> list[Found]:
    """A push; to a registry that a variable names, from a build that has logged in at ECR alone, it goes to ECR, and
    wherever the variable's name says so.
    """
    found: list[Found] = list(image.pushes(name))
    logins = set((call.setting("docker.logins") or "").split())
    token = call.setting("ecr.token")
    says_so = any(re.search(r"(?:^|_)ECR(?:_|$)", one, re.IGNORECASE) for one in unknown_names(name.split(":")[0]))
    if token and (logins <= {"ecr"} or says_so) and found and all(isinstance(one, Gap) for one in found):
        found.append(image.some_ecr(token, "push"))
    return found


def keep_local(call: Call, name: str, source: str = "") -> None:
    """Remember an image that this build has made, so that a later ``FROM`` or ``run`` of it is no pull. With another
    ``source`` it is that image under a second name.
    """
    call.configure(f"image {image.parse(name)}", "local")
    images = call.machine.images
    made = images.get(str(image.parse(source))) if source else None
    if made is not None:
        images[str(image.parse(name))] = made


def is_local(settings: dict[str, str], name: str) -> bool:
    return f"image {image.parse(name)}" in settings


def _pulled(names: list[str]) -> Outcome:
    found: list[Found] = []
    for name in names:
        found += image.pulls(name)
    return Outcome(tuple(dict.fromkeys(found)), "")


def _manifest(words: list[str]) -> Outcome:
    plain = [one for one in words[1:] if not one.startswith("-")]
    if words[:1] == ["push"]:
        return Outcome(tuple(one for name in plain[:1] for one in image.pushes(name)), "")
    if words[:1] in (["create"], ["inspect"]):
        names = plain[1:] if words[0] == "create" else plain[:1]
        found = [one for name in names for one in image.logs_in(image.parse(name).host)]
        return Outcome(tuple(dict.fromkeys(found)), None)
    return Outcome((), "")


def _run(call: Call, words: list[str]) -> Outcome:
    from reachsim.pipeline import containers

    given = arguments(words, _RUN, stop=True)
    if not given.rest:
        return Outcome((), None)
    name = given.rest[0]
    found: list[Found] = []
    if given.last("pull") != "never" and not is_local(call.machine.settings, name):
        sure: Confidence = "likely" if call.setting("image *") else "certain"
        found += image.pulls(name, sure)
    found += containers.started(call, given)
    return Outcome(tuple(found), None)


# --- builds ---------------------------------------------------------------------------------------------------------


def build(call: Call, words: list[str], *, buildx_builder: bool = False) -> Outcome:
    """``docker build``: the Dockerfile is walked; ``--cache-from`` and, with buildx, ``--push`` reach registries."""
    given = arguments(words, _BUILD)
    buildkit = _buildkit(call, buildx_builder or given.has(*_OF_BUILDKIT))
    found: list[Found] = []
    for text in given.all("cache-from"):
        found += cache_read(call, text, "certain" if buildkit else "likely")
    place = given.rest[-1] if given.rest else "."
    work = _work(call, given, place, buildkit)
    found += work
    for text in given.all("cache-to"):
        found += cache_written(call, text)
    tags = given.all("t", "tag")
    found += pushed_by(call, given.all("output", "o"), tags, push=given.has("push"))
    for name in tags:
        keep_local(call, name)
    return Outcome(tuple(found), "")


def pushed_by(call: Call, outputs: Iterable[str], tags: list[str], *, push: bool = False) -> list[Found]:
    """What BuildKit's outputs push: ``type=registry``, and ``type=image`` with ``push=true``, under the names that they
    bear, else the image's tags; ``push`` is ``--push``, which stands for ``type=registry``.
    """
    names = list(tags) if push else []
    for text in outputs:
        fields = re.findall(r'(?:"[^"]*"|[^,"])+', text)
        parts = dict(one.replace('"', "").partition("=")[::2] for one in fields)
        if parts.get("type") == "registry" or (parts.get("type") == "image" and parts.get("push") in ("true", "1")):
            names += parts["name"].split(",") if parts.get("name") else tags
    return [one for name in dict.fromkeys(names) if name for one in pushed(call, name)]


def cache_read(call: Call, text: str, sure: Confidence) -> list[Found]:
    """What ``--cache-from`` reads: an image of a registry, or where else BuildKit keeps its cache."""
    return [*image.cache(text, sure), *_kept_elsewhere(call, text, "s3:GetObject")]


def cache_written(call: Call, text: str) -> list[Found]:
    """What ``--cache-to`` writes to."""
    place = image.reference(text)
    return [*(image.pushes(place) if place else ()), *_kept_elsewhere(call, text, "s3:PutObject")]


def _kept_elsewhere(call: Call, text: str, action: str) -> list[Found]:
    """A build cache in a bucket or blob store (Docker documentation, "Amazon S3 cache", "Azure Blob Storage cache")."""
    parts = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    if parts.get("type") == "azblob" and "account_url" in parts:
        return list(urls.destination(parts["account_url"]))
    if parts.get("type") != "s3":
        return []
    if "endpoint_url" in parts:
        return list(urls.destination(parts["endpoint_url"]))
    bucket = parts.get("bucket") or call.env("AWS_BUCKET") or unknown("bucket")
    region = parts.get("region") or call.region
    arn = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}/*")
    return [Destination(bucket_host(call, bucket, region), 443, "aws", service="s3", requests=(Request(action, arn),))]


_OF_BUILDKIT: Final = ("output", "o", "secret", "ssh", "cache-to", "push", "load", "build-context", "sbom", "attest",
                       "provenance", "no-cache-filter")  # fmt: skip
"""Options that the older builder does not have (Docker documentation, "docker buildx build")."""


def _buildkit(call: Call, buildx_builder: bool) -> bool | None:
    """Whether BuildKit builds: buildx always, DOCKER_BUILDKIT decides, else Docker 23 and later do."""
    if buildx_builder:
        return True
    value = call.env("DOCKER_BUILDKIT")
    return None if value is None or not is_known(value) else value not in ("0", "false")


def _work(call: Call, given: Arguments, place: str, buildkit: bool | None) -> list[Found]:
    named = [one.partition("=") for one in given.all("build-context") if "=" in one]
    build = ImageBuild(
        "Dockerfile", "", given.last("target"), tuple(build_argument(call, one) for one in given.all("build-arg")),
        tuple((name, value) for name, _, value in named), None, buildkit, None,
        tuple(_secret(call, one) for one in given.all("secret")), _platforms(call, given.all("platform")),
        tuple(given.all("t", "tag")),
    )  # fmt: skip
    dockerfile = given.last("f", "file")
    if place == "-":
        if call.stdin is None or not is_known(call.stdin):
            return [Gap(call.command.text, "the Dockerfile comes from another command")]
        return [replace(build, text=call.stdin)]
    if re.match(r"(https?|git|ssh)://|git@|github\.com/", place):
        found = (
            git_found(call, re.sub(r"#.*$", "", place))
            if ".git" in place or place.startswith("git")
            else urls.destination(place)
        )
        return [*found, Gap(shown(place), "the Dockerfile lies in another repository")]
    if not is_known(place):
        return [Gap(call.command.text, f"the build's directory: {urls.why_unknown(place)}")]
    directory = call.path(place)
    if dockerfile is None:
        other = f"{directory}/Containerfile"
        path = (
            other if call.program in ("podman", "buildah") and call.machine.exists(other) else f"{directory}/Dockerfile"
        )
    elif dockerfile == "-":
        return [replace(build, directory=directory, text=call.stdin or "")]
    elif not is_known(dockerfile):
        return [Gap(call.command.text, f"which Dockerfile that is: {urls.why_unknown(dockerfile)}")]
    else:
        path = call.path(dockerfile)
    return [replace(build, dockerfile=path, directory=directory)]


def _platforms(call: Call, given: list[str]) -> tuple[str, ...]:
    named = given or [call.env("DOCKER_DEFAULT_PLATFORM") or ""]
    return tuple(part for text in named for part in text.split(",") if part and is_known(part))


def _secret(call: Call, text: str) -> tuple[str, str]:
    """``--secret id=NAME,src=FILE``: the name and the file's path; a secret that is a variable has no file."""
    parts = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    source = parts.get("src", parts.get("source", ""))
    return parts.get("id", ""), call.path(source) if source and parts.get("type", "file") == "file" else ""


def build_argument(call: Call, text: str) -> tuple[str, str]:
    """``--build-arg NAME=VALUE``, or ``NAME`` for the variable of that name."""
    name, equals, value = text.partition("=")
    from reachsim.pipeline.variables import look_up

    return name, value if equals else look_up(name, call.variables)


def buildx_alone(call: Call) -> Outcome:
    """The plug-in called as a program of its own."""
    return buildx(call, list(call.words))


def buildx(call: Call, words: list[str]) -> Outcome:
    """buildx build, bake, create (its builder is an image of its own), imagetools."""
    word = words[0] if words else ""
    rest = words[1:]
    if word in ("build", "b"):
        return build(call, rest, buildx_builder=True)
    if word == "bake":
        from reachsim.pipeline.bake import bake

        return bake(call, rest)
    if word == "create":
        given = arguments(
            rest, ["name", "driver", "driver-opt", "config", "buildkitd-config", "platform", "node", "buildkitd-flags"]
        )
        options = ",".join(given.all("driver-opt"))
        own = re.search(r"image=([^,\s]+)", options)
        if given.last("driver") == "remote":
            return Outcome(tuple(_builder(given.rest)), None)
        if given.last("driver") in ("docker", "cloud"):
            return Outcome((), None)
        return Outcome(
            tuple(
                image.pulls(
                    own[1] if own else "moby/buildkit:buildx-stable-1",
                    "certain" if given.has("bootstrap", "use") else "likely",
                )
            ),
            None,
        )
    if word == "imagetools":
        plain = [one for one in rest[1:] if not one.startswith("-")]
        return Outcome(
            tuple(dict.fromkeys(one for name in plain for one in image.logs_in(image.parse(name).host))), None
        )
    return Outcome((), None)


def _builder(places: list[str]) -> list[Found]:
    """The builder that ``buildx create --driver remote`` names: ``tcp://HOST:PORT``."""
    return [
        one for place in places if place.startswith("tcp://")
        for one in urls.destination(place.replace("tcp://", "https://", 1), "download", "likely")
    ]  # fmt: skip

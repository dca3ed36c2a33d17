"""Builders that need no Dockerfile, or no package manager that the rest of this package knows: ko, nitro-cli, bazel,
nix, conan, Meson, GoReleaser, golangci-lint.

**Source:** ko documentation, "Configuration" (KO_DOCKER_REPO, defaultBaseImage); Nitro Enclaves User Guide,
"nitro-cli build-enclave"; Bazel documentation, "Bazel registries", ``--registry``; bazelisk README
(BAZELISK_BASE_URL); Nix Reference Manual, "nix.conf: substituters"; Conan documentation, "conan remote", "ConanCenter";
Meson documentation, "Wrap dependency system manual" (a subproject stands in for what the system lacks);
GoReleaser documentation, "Release".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from reachsim.pipeline import declared, image, urls
from reachsim.pipeline.aws_calls import bucket_host
from reachsim.pipeline.call import Call, Outcome, arguments, quoted
from reachsim.pipeline.docker import is_local, keep_local, pushed
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.go_modules import go
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, Script

_KO: Final = ["platform", "t", "tags", "f", "filename", "local-repo", "tarball", "sbom", "j", "jobs", "image-label",
              "sbom-dir", "l", "selector", "k", "namespace", "n", "kubeconfig", "context"]  # fmt: skip


def ko(call: Call) -> Outcome:
    """ko: Go modules, the base image, and a push to KO_DOCKER_REPO unless the image stays here."""
    given = arguments(call.words, _KO)
    word = given.rest[0] if given.rest else ""
    if word == "login":
        return Outcome(tuple(image.logs_in(given.rest[1] if len(given.rest) > 1 else "")), "")
    if word not in ("build", "publish", "apply", "create", "run", "resolve"):
        return Outcome((), None)
    found: list[Found] = list(_go(call))
    written = re.search(r"(?m)^defaultBaseImage:\s*[\"']?([^\s\"']+)", call.first(".ko.yaml") or "")
    base = call.env("KO_DEFAULTBASEIMAGE") or (written[1] if written else "cgr.dev/chainguard/static")
    if base != "scratch" and not is_local(call.machine.settings, base):
        found += image.pulls(base)
    target = call.env("KO_DOCKER_REPO") or ""
    stays = given.has("L", "local") or given.last("push") == "false" or target in ("ko.local", "kind.local")
    if not stays:
        found += (
            pushed(call, target) if target else [Gap(call.command.text, "KO_DOCKER_REPO is not set in these files")]
        )
    if word in ("apply", "create", "run"):
        found.append(Gap(call.command.text, "the API server is named in the kubeconfig, which is not in these files"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _go(call: Call, words: tuple[str, ...] = ("build", "./...")) -> tuple[Found, ...]:
    """What building the Go module around contacts."""
    return go(Call(call.command, ["go", *words])).found


def nitro_cli(call: Call) -> Outcome:
    """``nitro-cli build-enclave``: the image of ``--docker-uri`` is pulled unless it is on the machine."""
    given = arguments(call.words, ["docker-uri", "docker-dir", "output-file", "private-key", "signing-certificate"])
    name = given.last("docker-uri")
    if given.rest[:1] != ["build-enclave"] or not name:
        return Outcome((), None)
    if given.has("docker-dir"):
        keep_local(call, name)
        return Outcome((Gap(call.command.text, "the Dockerfile of --docker-dir is not read"),), None)
    return Outcome(() if is_local(call.machine.settings, name) else tuple(image.pulls(name)), None)


def linted(call: Call) -> Outcome:
    """golangci-lint: ``run`` loads the module's packages as a build does."""
    return Outcome(_go(call) if call.words[:1] == ("run",) else (), None)


def goreleaser(call: Call) -> Outcome:
    """GoReleaser: a build of the module; ``release`` publishes at GitHub unless told otherwise."""
    word = next((one for one in call.words if not one.startswith("-")), "release" if not call.words else "")
    if word not in ("release", "build"):
        return Outcome((), None)
    found: list[Found] = list(_go(call))
    skipped = [one.partition("=")[2] for one in call.words if one.startswith("--skip=")]
    stays = {"--snapshot", "--skip-publish"} & set(call.words) or any("publish" in one for one in skipped)
    if word == "release" and not stays:
        text = call.first(".goreleaser.yml", ".goreleaser.yaml", "goreleaser.yml", "goreleaser.yaml") or ""
        elsewhere = re.search(r"(?m)^[ \t]+(?:(?:gitlab|gitea):|disable:[ \t]*true)", text)
        sure: Confidence = "possible" if elsewhere else "likely"
        found += [Destination(host, 443, "download", sure) for host in ("api.github.com", "uploads.github.com")]
        if re.search(r"(?m)^(?:dockers|docker_manifests|brews|blobs|nfpms|publishers|kos|dockers_v2):", text):
            found.append(Gap(call.command.text, "where the other publishers of its configuration send the release"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def bazel(call: Call) -> Outcome:
    """bazel and bazelisk: the registry of modules and the hosts that the workspace's files name."""
    word = next((one for one in call.words if not one.startswith("-")), "")
    found: list[Found] = []
    if call.program == "bazelisk" or call.exists(".bazelversion") or call.exists(".bazeliskrc"):
        settings = call.read(".bazeliskrc") or ""
        written = re.search(r"(?m)^BAZELISK_BASE_URL=(\S+)", settings)
        base = call.env("BAZELISK_BASE_URL") or (written[1] if written else "https://releases.bazel.build")
        sure: Confidence = "likely" if call.program == "bazelisk" else "possible"  # bazel itself may be what runs
        found += [*urls.destination(base, "download", sure),
                  Destination("github.com", 443, "download", "possible")]  # fmt: skip
    if word not in ("build", "test", "run", "fetch", "sync", "query", "cquery", "coverage", "mod"):
        return Outcome(tuple(found), None)
    registries = [one.partition("=")[2] for one in call.words if one.startswith("--registry=")]
    settings = call.read(".bazelrc") or ""
    registries = registries or re.findall(r"(?m)^(?:common|build)\s+--registry[=\s](\S+)", settings)
    if call.exists("MODULE.bazel"):
        for url in registries or ["https://bcr.bazel.build"]:
            found += urls.destination(url, "package", "likely")
    text = "\n".join(call.read(name) or "" for name in ("WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel"))
    for url in re.findall(r"[\"'](https?://[^\s\"'{}]+)[\"']", re.sub(r"(?m)#.*$", "", text))[:50]:
        found += urls.destination(url, "package", "likely")
    caches = re.findall(
        r"--(?:remote_cache|remote_executor|bes_backend)[=\s](\S+)", f"{settings} {' '.join(call.words)}"
    )
    for url in caches:
        found += urls.destination(url.replace("grpcs://", "https://"), "package", "likely")
    found.append(Gap(call.command.text, "what the rules that the workspace loads download is not worked out"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def meson(call: Call) -> Outcome:
    """meson: the subprojects whose wraps say where they come from; a build fetches those that the system lacks."""
    word = next((one for one in call.words if not one.startswith("-")), "")
    if word in ("compile", "install", "test", "introspect", "dist", "init", "rewrite", "env2mfile", "devenv", "format"):
        return Outcome((), None)
    if re.search(r"--wrap-mode[= ](?:nodownload|nofallback)", " ".join(call.words)):
        return Outcome((), None)
    sure: Confidence = "certain" if word == "subprojects" else "likely"
    found: list[Found] = []
    for place in call.machine.glob(call.path("subprojects/*.wrap")):
        text = call.machine.read(place) or ""
        for key, url in re.findall(r"(?m)^(url|source_url|patch_url)[ \t]*=[ \t]*(\S+)", text):
            found += git_found(call, url, confidence=sure) if key == "url" else urls.destination(url, "download", sure)
    return Outcome(tuple(dict.fromkeys(found)), None)


def nix(call: Call) -> Outcome:
    """nix and its older commands: the binary cache, and the flakes and channels that are fetched."""
    ran = _within_nix(call)
    if "--offline" in call.words:
        return Outcome(ran, None)
    words = list(call.words[: call.words.index("--")] if call.program == "nix" and "--" in call.words else call.words)
    while "--option" in words:
        at = words.index("--option")
        del words[at : at + 3]
    plain = arguments(words, ["extra-experimental-features", "experimental-features", "I", "include", "j",
                                     "max-jobs", "cores", "o", "out-link", "store", "c"]).rest  # fmt: skip
    word = plain[0] if plain else ""
    cache = Destination("cache.nixos.org", 443, "package", "likely")
    if call.program == "nix-channel":
        return Outcome((Destination("channels.nixos.org", 443, "package"),) if "--update" in call.words else (), None)
    if call.program != "nix":
        asked = {"nix-env": {"-i", "-iA", "--install", "-u"}, "nix-store": {"-r", "--realise"}}.get(call.program)
        installs = asked is None or asked & set(call.words)
        return Outcome((*((cache,) if installs else ()), *ran), None)
    if word not in ("build", "develop", "run", "shell", "flake", "profile", "copy", "print-dev-env"):
        return Outcome((), None)
    found: list[Found] = [] if word == "copy" else [cache]
    given = arguments(words, ["from", "to", "store", "eval-store", "substituters", "extra-substituters"])
    for url in given.all("from", "to", "store", "substituters", "extra-substituters"):
        found += _nix_store(call, url)
    places = [one.partition("#")[0] for one in plain[1:] if one.startswith((".", "/"))] or ["."]
    files = [call.read(posixpath.join(one, name)) or "" for one in places for name in ("flake.nix", "flake.lock")]
    named = " ".join([*plain[1:], *files])
    if re.search(r"github:|nixpkgs|\"type\": \"github\"", named):
        found += [Destination("api.github.com", 443, "package", "likely"),
                  Destination("codeload.github.com", 443, "package", "likely")]  # fmt: skip
    return Outcome((*found, *declared.sources(call, "nix", "likely")[0], *ran), None)


def _within_nix(call: Call) -> tuple[Script, ...]:
    """The command that runs in an environment of Nix's, or the program of a package that is run by its name.

    **Source:** Nix Reference Manual, "nix develop" (``--command``), "nix run" (arguments), "nix-shell" (``--run``).
    """
    words = list(call.words)
    if call.program == "nix-shell":
        text = arguments(words, ["run", "command", "p", "I", "A"]).last("run", "command")
        return (Script(text),) if text else ()
    if words[:1] in (["develop"], ["shell"]):
        at = next((number for number, word in enumerate(words) if word in ("-c", "--command")), len(words))
        rest = words[at + 1 :]
    elif words[:1] == ["run"] and "--" in words:
        name = next((word for word in words[1 : words.index("--")] if "#" in word), "")
        program = re.sub(r"-nix2container$", "", name.rpartition("#")[2].rpartition(".")[2])
        rest = [program, *words[words.index("--") + 1 :]] if program else []
    else:
        rest = []
    return (Script(" ".join(map(quoted, rest))),) if rest else ()


def _nix_store(call: Call, url: str) -> list[Found]:
    """A store of Nix's that is none of this machine: a binary cache by HTTP, in a bucket, or by SSH.

    **Source:** Nix Reference Manual, "Store Types" (S3 Binary Cache Store: ``region``, ``endpoint``).
    """
    if not url.startswith("s3://"):
        return urls.destination(url, "package")
    bucket, _, query = url.removeprefix("s3://").partition("?")
    options = dict(one.split("=", 1) for one in query.split("&") if "=" in one)
    host = options.get("endpoint") or bucket_host(call, bucket.split("/")[0], options.get("region", "us-east-1"))
    return urls.destination(host if "://" in host else f"https://{host}", "package")


def conan(call: Call) -> Outcome:
    """conan: the remotes that the build adds, else ConanCenter."""
    given = arguments(call.words, ["r", "remote", "s", "settings", "o", "options", "pr", "profile", "b", "build", "of",
                                   "output-folder", "index", "c", "conf"])  # fmt: skip
    word = given.rest[0] if given.rest else ""
    if word == "remote" and given.rest[1:2] in (["add"], ["update"]) and len(given.rest) > 3:
        call.configure(f"conan.remote {given.rest[2]}", given.rest[3])
    if word not in ("install", "create", "upload", "download", "search", "build", "test", "graph", "lock"):
        return Outcome((), None)
    known = {name.removeprefix("conan.remote "): url for name, url in call.machine.settings.items()
             if name.startswith("conan.remote ")}  # fmt: skip
    named = given.last("r", "remote")
    if given.has("no-remote", "nr"):
        return Outcome((), None)
    found: list[Found] = []
    for url in [known[named]] if named in known else known.values():
        found += urls.destination(url, "package", "certain" if named in known else "likely")
    if named is None and "conancenter" not in known:
        found += [Destination(host, 443, "package", "likely") for host in ("center2.conan.io", "center.conan.io")]
    if named and named not in known:
        found.append(Gap(call.command.text, f"which server the remote {named} is"))
    return Outcome(tuple(dict.fromkeys(found)), None)

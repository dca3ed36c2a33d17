"""Scanners with databases or servers of their own: trivy, Syft, Grype, SonarQube's, OWASP's, dockle, TruffleHog,
TFLint; and what checks manifests by schemas or policies from elsewhere: kubeconform, conftest.

**Source:** Trivy documentation, "Database" (``--db-repository``: mirror.gcr.io, then ghcr.io), "Container image"
(Docker's images first, then the registry); SonarScanner CLI documentation (``sonar.host.url``, SonarQube Cloud unless
given), and "SonarScanner for .NET", "Using the scanner"; OWASP DependencyCheck documentation, "Internet Access
Required"; Dockle and TruffleHog README; TFLint, docs/user-guide/plugins.md (``source``, ``GITHUB_TOKEN``) and
config.md; ZAP, "Docker" (packaged scans); Syft README, "Supported sources"; kubeconform README ("Overriding schemas
location"); Conftest documentation, "Sharing policies".
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import image, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.docker import is_local
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.variables import expand

_TRIVY: Final = ["db-repository", "java-db-repository", "checks-bundle-repository", "policy-bundle-repository", "f",
                 "format", "o", "output", "severity", "s", "exit-code", "t", "template", "input", "timeout", "server",
                 "cache-dir", "ignorefile", "skip-dirs", "skip-files", "scanners", "security-checks", "vuln-type",
                 "pkg-types", "username", "password", "platform", "config", "c", "compliance", "ignore-policy",
                 "severity-src", "image-src", "token", "registry-token", "token-header", "trace"]  # fmt: skip
_SCANS: Final = ("image", "i", "fs", "filesystem", "repo", "repository", "rootfs", "vm", "sbom")
_DATABASE: Final[tuple[tuple[str, Confidence], ...]] = (("mirror.gcr.io", "likely"), ("ghcr.io", "possible"))


def trivy(call: Call) -> Outcome:
    """The database, and the image or repository to be scanned where it isn't on the machine."""
    given = arguments(call.words, _TRIVY)
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    found: list[Found] = []
    server = given.last("server") or call.env("TRIVY_SERVER")
    if word == "config":
        skipped = given.has("skip-check-update", "skip-policy-update")
        return Outcome(() if skipped else tuple(_database(call, given.last("checks-bundle-repository"), "")), None)
    if word in _SCANS and server:
        found += urls.destination(server, "download")
    elif word in _SCANS and not (given.has("skip-db-update", "offline-scan") or call.env("TRIVY_SKIP_DB_UPDATE")):
        found += _database(call, given.last("db-repository"), "TRIVY_DB_REPOSITORY")
    scanned = word in ("image", "i") and rest and not given.has("input", "download-db-only")
    if scanned and not is_local(call.machine.settings, rest[0]):
        found += image.pulls(rest[0], "possible" if call.setting("image *") else "likely")
    if word in ("repo", "repository"):
        found += [one for text in rest[:1] for one in urls.destination(text, "git")]
    return Outcome(tuple(dict.fromkeys(found)), None)


def _database(call: Call, given: str | None, variable: str) -> list[Found]:
    named = given or (call.env(variable) if variable else None)
    if named:
        return [one for text in named.split(",")[:1] for one in image.pulls(text)]
    return [Destination(host, 443, "download", sure) for host, sure in _DATABASE]


def sonar(call: Call) -> Outcome:
    """sonar-scanner: the server of its options, its variable or ``sonar-project.properties``."""
    if any(word in ("-v", "--version", "-h", "--help") for word in call.words):
        return Outcome((), None)
    given = dict(word[2:].split("=", 1) for word in call.words if word.startswith("-D") and "=" in word)
    folder = given.get("project.settings") or f"{given.get('sonar.projectBaseDir', '.')}/sonar-project.properties"
    written = re.search(r"^[ \t]*sonar\.host\.url[ \t]*[=:][ \t]*(\S+)", call.read(folder) or "", re.MULTILINE)
    url = given.get("sonar.host.url") or call.env("SONAR_HOST_URL") or (written[1] if written else None)
    found = urls.destination(expand(url, call.variables)) if url else list(knowledge.index("sonarcloud", "likely"))
    return Outcome(tuple(found), None)


def sonar_dotnet(call: Call) -> Outcome:
    """The two steps of SonarScanner for .NET; ``end`` sends the analysis to the server that ``begin`` was given."""
    step = call.words[0] if call.words else ""
    given = dict(word[3:].split("=", 1) for word in call.words if re.match(r"[/-]d:[^=]+=", word))
    if step == "begin":
        call.configure("sonar.dotnet", given.get("sonar.host.url") or call.env("SONAR_HOST_URL") or "")
    if step not in ("begin", "end"):
        return Outcome((), None)
    url = call.setting("sonar.dotnet")
    return Outcome(tuple(urls.destination(url) if url else knowledge.index("sonarcloud", "likely")), None)


DATA_FEEDS: Final = ("services.nvd.nist.gov", "www.cisa.gov")
_ANALYZERS: Final = (("ossindex.sonatype.org", "disableOssIndex"), ("search.maven.org", "disableCentral"),
                     ("raw.githubusercontent.com", "disableRetireJS"))  # fmt: skip


def dependency_check(call: Call) -> Outcome:
    """OWASP DependencyCheck: its data feeds, which a kept copy spares, and the analyzers that ask servers."""
    given = arguments(call.words, ["s", "scan", "f", "format", "o", "out", "project", "nvdApiKey", "d", "data",
                                   "nvdDatafeed", "failOnCVSS", "suppression", "exclude", "P",
                                   "propertyfile"])  # fmt: skip
    if given.has("v", "version", "h", "help", "advancedHelp"):
        return Outcome((), None)
    feed = given.last("nvdDatafeed")
    found: list[Found] = []
    if not given.has("n", "noupdate"):
        feeds = urls.destination(feed, "download", "likely") if feed else []
        found += feeds or [Destination(DATA_FEEDS[0], 443, "download", "likely")]
        found.append(Destination(DATA_FEEDS[1], 443, "download", "likely"))
    found += [Destination(host, 443, "download", "possible") for host, off in _ANALYZERS if not given.has(off)]
    return Outcome(tuple(found), None)


def dockle(call: Call) -> Outcome:
    """dockle: the image to be linted where it isn't on the machine."""
    given = arguments(call.words, ["exit-code", "exit-level", "f", "format", "o", "output", "i", "ignore", "input",
                                   "ak", "accept-key", "af", "accept-file", "timeout", "u", "username", "p", "password",
                                   "authurl", "c", "cache-dir", "host", "ae", "accept-file-extension"])  # fmt: skip
    if not given.rest or given.has("input") or is_local(call.machine.settings, given.rest[0]):
        return Outcome((), None)
    return Outcome(tuple(image.pulls(given.rest[0], "possible" if call.setting("image *") else "likely")), None)


_CATALOG: Final = ["o", "output", "file", "c", "config", "platform", "scope", "s", "from", "name", "exclude", "fail-on",
                   "f", "source-name", "source-version", "t", "template", "base-path", "select-catalogers",
                   "by-cve"]  # fmt: skip


def cataloged(call: Call) -> Outcome:
    """syft and grype: the image that they look into, where it isn't on the machine; grype's database."""
    given = arguments(call.words, _CATALOG)
    found: list[Found] = list(knowledge.tool(call.program, " ".join(call.words), call.variables))
    rest = given.rest[1:] if given.rest[:1] in (["scan"], ["packages"], ["attest"]) else given.rest
    name = rest[0] if rest else ""
    scheme, _, named = name.partition(":")
    if name in ("version", "help", "completion", "db", "convert", "login", "config", "cataloger", "explain"):
        return Outcome(tuple(found), None)
    if scheme == "registry":
        found += image.pulls(named)
    elif name and scheme not in _FROM_HERE and not name.startswith((".", "/", "-")) and not call.exists(name):
        name = named if scheme in ("docker", "podman") else name
        if not call.has_folder(name) and not is_local(call.machine.settings, name):
            found += image.pulls(name, "possible" if call.setting("image *") else "likely")
    return Outcome(tuple(dict.fromkeys(found)), None)


_FROM_HERE: Final = ("dir", "file", "sbom", "docker-archive", "oci-archive", "oci-dir", "singularity", "containerd",
                     "snap", "pkg")  # fmt: skip


def kubeconform(call: Call) -> Outcome:
    """kubeconform: the places of schemas that it is given; those of GitHub by default."""
    given = arguments(call.words, ["schema-location", "cache", "kubernetes-version", "n", "output", "reject", "skip",
                                   "ignore-filename-pattern"])  # fmt: skip
    if given.has("v", "h") or not call.words:
        return Outcome((), None)
    places = given.all("schema-location") or ["default"]
    sure: Confidence = "likely" if given.has("cache") else "certain"
    found = [one for place in places for one in urls.destination(re.sub(r"\{\{.*", "", place), "download", "likely")]
    if "default" in places:
        found.append(Destination("raw.githubusercontent.com", 443, "download", sure))
    return Outcome(tuple(dict.fromkeys(found)), None)


def conftest(call: Call) -> Outcome:
    """``conftest pull URL``, ``conftest test --update URL``: policies from a Git repository, a registry or a server."""
    given = arguments(call.words, ["p", "policy", "u", "update", "o", "output", "d", "data", "namespace", "parser"])
    places = [*given.all("u", "update"), *(given.rest[1:] if given.rest[:1] in (["pull"], ["push"]) else [])]
    found: list[Found] = []
    for place in places:
        text = re.sub(r"^(?:git|s3|gcs|http)::", "", place)
        if text.startswith("oci://"):
            found += image.pulls(text.removeprefix("oci://"))
        elif place.startswith("git::") or text.startswith("github.com/"):
            found += urls.git_destination(text if "://" in text else f"https://{text}")
        else:
            found += urls.destination(text)
    return Outcome(tuple(dict.fromkeys(found)), None)


def trufflehog(call: Call) -> Outcome:
    """TruffleHog: the repository that it clones; what it finds it verifies at the services themselves."""
    given = arguments(call.words, ["since-commit", "branch", "max-depth", "exclude-paths", "include-paths", "x", "i",
                                   "image", "bucket", "org", "repo", "token", "config", "concurrency",
                                   "results"])  # fmt: skip
    found: list[Found] = []
    for word in (*given.rest[1:], *given.all("repo")):
        found += urls.destination(word, "git")
    if given.rest[:1] == ["docker"]:
        found += [one for name in given.all("image") for one in image.pulls(name)]
    if given.rest[:1] == ["s3"]:
        found.append(Gap(call.command.text, "which buckets it reads"))
    if given.rest and not given.has("no-verification", "no-verify"):
        found.append(Gap(call.command.text, "it verifies secrets that it finds at the services they belong to"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def tflint(call: Call) -> Outcome:
    """``tflint --init``: its file's plugins with a ``source``, from GitHub releases. Bundled ones have none."""
    given = arguments(call.words, ["config", "c", "chdir", "format", "f", "var", "var-file", "only", "filter"])
    if not given.has("init"):
        return Outcome((), None)
    name = (
        f"{given.last('chdir') or '.'}/{given.last('config', 'c') or call.env('TFLINT_CONFIG_FILE') or '.tflint.hcl'}"
    )
    text = call.first(name, "/root/.tflint.hcl")
    if text is None:
        gap = Gap(call.command.text, f"which plugins it installs: {name.removeprefix('./')} is not in the context")
        return Outcome((gap,), None)
    plugins = re.findall(r'^[ \t]*source[ \t]*=[ \t]*"([^"]+)"', text, re.MULTILINE)
    hosts = dict.fromkeys(source.split("/")[0] for source in plugins)
    found = [Destination(f"api.{host}", 443, "download") for host in hosts]
    found += [Destination(host, 443, "download", "likely") for host in hosts]
    if hosts and "github.com" in hosts:
        found.append(Destination("release-assets.githubusercontent.com", 443, "download", "likely"))
    return Outcome(tuple(found), None)


def zap(call: Call) -> Outcome:
    """ZAP's packaged scans: the site that they scan, and the add-ons that they update first."""
    given = arguments(call.words, ["t", "c", "u", "g", "m", "r", "w", "x", "J", "D", "p", "n", "l", "T", "U", "z", "f",
                                   "O", "hook"])  # fmt: skip
    target = given.last("t") or ""
    found = urls.destination(target, "download") if "://" in target else []
    return Outcome((*found, Destination("cfu.zaproxy.org", 443, "download", "likely")), None)

"""maven and gradle: repositories, mirrors, wrappers.

**Source:** Maven, "Settings Reference" (mirrors), "POM Reference" (repositories), "Maven Wrapper"; Gradle, "Declaring
repositories", "Gradle Wrapper"; CodeBuild User Guide, "Troubleshooting" (the curated images' settings.xml, fact P70).
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from reachsim.pipeline import jib, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.python_packages import index_at
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.texts import between, first_between, without
from reachsim.pipeline.variables import expand, nothing_known

_PASSIVE: Final = ("v", "version", "h", "help")


def maven(call: Call) -> Outcome:
    """mvn and mvnw: even a project without dependencies fetches the plugins of its life cycle."""
    given = arguments(call.words, ["f", "file", "s", "settings", "P", "pl", "D", "T", "gs", "l", "t"])
    found: list[Found] = list(_wrapper(call, ".mvn/wrapper/maven-wrapper.properties")) if call.program == "mvnw" else []
    if given.has(*_PASSIVE) and not given.rest:
        return Outcome(tuple(found), None)
    if given.has("o", "offline") or (not given.rest and not given.has("f", "file")):
        return Outcome(tuple(found), None)
    sure: Confidence = "likely" if call.cached(".m2") else "certain"
    settings = call.read(given.last("s", "settings") or "") if given.has("s", "settings") else None
    settings = settings or call.first("/root/.m2/settings.xml", "/usr/share/maven/ref/settings-docker.xml")
    mirrors = _mirrors(expand(settings or "", call.variables))
    everything = [url for what, url in mirrors if what.split(",")[0] in ("*", "external:*")]
    pom = call.read(given.last("f", "file") or "pom.xml") or ""
    own = [] if everything else list(dict.fromkeys(
        [*(url for text in _modules(call, given.last("f", "file") or "pom.xml") for url in _repository_urls(text)),
         *_repository_urls(settings or "")]))  # fmt: skip
    if everything:
        found += index_at(everything[0], "maven", sure)
    else:
        central = [url for what, url in mirrors if "central" in what.split(",")]
        found += index_at(central[0], "maven", sure) if central else _central(call, settings, sure)
        for url in own:
            found += index_at(url, "maven", "certain" if sure == "certain" else sure)
    if any(re.fullmatch(r"(?:[\w.-]+:)*deploy(?:-file)?", word) for word in given.rest):
        found += _deployed(call, pom)
    found += [*jib.of_maven(call, pom), *_analysed(call, pom)]
    return Outcome(tuple(dict.fromkeys(found)), None)


def _analysed(call: Call, pom: str) -> list[Found]:
    """The SonarQube server that ``sonar:sonar`` sends its analysis to."""
    url = next((word.split("=", 1)[1] for word in call.words if word.startswith("-Dsonar.host.url=")), None)
    if url is None and not any(word.endswith((":sonar", "sonar:sonar")) for word in call.words):
        return []
    url = url or call.env("SONAR_HOST_URL") or first_between(pom, "<sonar.host.url>", "</sonar.host.url>")
    if not url:
        return list(knowledge.index("sonarcloud", "possible"))
    server = expand(url.strip(), call.variables)
    return [Gap(call.command.text, urls.why_unknown(server))] if nothing_known(server) else urls.destination(server)


def _modules(call: Call, name: str, depth: int = 0) -> list[str]:
    """The project's pom and those of its modules."""
    text = call.read(name)
    if text is None or depth > 8:
        return []
    found = [text]
    for part in between(without(text, "<!--", "-->"), "<module>", "</module>"):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), part.strip()))
        found += _modules(call, place if place.endswith(".xml") else f"{place}/pom.xml", depth + 1)
    return found


def _deployed(call: Call, pom: str) -> list[Found]:
    """Where ``mvn deploy`` sends artifacts: an option, or the project's distributionManagement; mirrors don't count."""
    named = [word.split("=", 1)[1].split("::")[-1] for word in call.words
             if re.match(r"-D(?:alt(?:Release|Snapshot)?DeploymentRepository|url)=", word)]  # fmt: skip
    found: list[Found] = [one for url in named for one in urls.destination(expand(url, call.variables), "package")]
    if found:
        return found
    for block in between(without(pom, "<!--", "-->"), "<distributionManagement>", "</distributionManagement>"):
        plain = block.replace("snapshotRepository>", "repository>")
        for part in between(plain, "<repository>", "</repository>"):
            url = expand((first_between(part, "<url>", "</url>") or "").strip(), call.variables)
            sure: Confidence = "likely"  # one of the two: by the version, releases or snapshots
            found += urls.destination(url, "package", sure) if "://" in url else []
    return found


def _central(call: Call, settings: str | None, sure: Confidence) -> list[Found]:
    if call.machine.curated and settings is None:
        return [*knowledge.index("maven", sure), *knowledge.index("maven-codebuild", "likely")]
    return list(knowledge.index("maven", sure))


def _mirrors(settings: str) -> list[tuple[str, str]]:
    found = []
    for block in between(without(settings, "<!--", "-->"), "<mirror>", "</mirror>"):
        of, url = first_between(block, "<mirrorOf>", "</mirrorOf>"), first_between(block, "<url>", "</url>")
        if of and url:
            found.append((of.strip(), url.strip()))
    return found


def _repository_urls(text: str) -> list[str]:
    found = []
    plain = without(without(text, "<!--", "-->"), "<distributionManagement>", "</distributionManagement>")
    plain = plain.replace("pluginRepository>", "repository>")
    for block in between(plain, "<repository>", "</repository>"):
        url = (first_between(block, "<url>", "</url>") or "").strip()
        if "://" in url and "$" not in url:
            found.append(url)
    return list(dict.fromkeys(found))


def _wrapper(call: Call, place: str) -> list[Found]:
    text = call.read(posixpath.join(posixpath.dirname(call.name), place))  # it stands beside the script
    if text is None:
        return list(knowledge.index("maven" if "maven" in place else "gradle-distributions", "likely"))
    found: list[Found] = []
    for url in re.findall(r"^[ \t]*(?:distributionUrl|wrapperUrl)\s*=\s*(\S+)", text.replace("\\:", ":"), re.MULTILINE):
        parsed = urls.parse(url)
        gradle = parsed is not None and parsed.host in knowledge.index_hosts("gradle-distributions")
        if gradle:
            hosts = knowledge.index("gradle-distributions", "certain")
            found += [one if one.host != parsed.host else type(one)(one.host, 443, "package", "certain")
                      for one in hosts] if parsed is not None else []  # fmt: skip
        else:
            found += urls.destination(url, "package")
    return found


def gradle(call: Call) -> Outcome:
    """gradle and gradlew: the wrapper's distribution, the repositories of the build files, the plugin portal."""
    found: list[Found] = (
        list(_wrapper(call, "gradle/wrapper/gradle-wrapper.properties")) if call.program == "gradlew" else []
    )
    given = arguments(
        call.words, ["p", "project-dir", "b", "build-file", "I", "init-script", "P", "D", "x", "exclude-task", "c"]
    )
    if given.has("offline") or given.has("stop", "status") or (given.has(*_PASSIVE) and not given.rest):
        return Outcome(tuple(found), None)
    folder = given.last("p", "project-dir") or "."
    names = [
        f"{folder}/{stem}{ending}"
        for stem in ("settings.gradle", "build.gradle", "app/build.gradle")
        for ending in ("", ".kts")
    ]
    texts = [text for name in [*names, "/root/.gradle/init.gradle"] if (text := call.read(name)) is not None]
    sure: Confidence = "likely" if call.cached(".gradle") else "certain"
    if not texts:
        found += [*knowledge.index("maven", "likely"), *knowledge.index("gradle-plugins", "likely")]
        return Outcome(tuple(dict.fromkeys([*found, *jib.of_gradle(call, "")])), None)
    text = re.sub(r"(?m)(?<!:)//.*$", "", without("\n".join(texts), "/*", "*/"))
    found += [*_repositories(text, sure), *jib.of_gradle(call, text)]
    return Outcome(tuple(dict.fromkeys(found)), None)


_MAVEN_URL: Final = r"maven\s*+(?:\(\s*+|\{[^{}]*?url\s*+=?+\s*+(?:uri)?+\s*+\(?+\s*+|)[\"'](https?://[^\"']++)[\"']"
_PLUGIN: Final = r"\bid\s*+\(?+\s*+[\"'][\w.-]++[\"']\s*+\)?+\s*+version\b|\balias\s*+\(\s*+libs\.plugins"


def _repositories(text: str, sure: Confidence) -> list[Found]:
    found: list[Found] = []
    for call_text, index in (("mavenCentral", "maven"), ("google", "google-maven"), ("jcenter", "jcenter"),
                             ("gradlePluginPortal", "gradle-plugins")):  # fmt: skip
        if re.search(rf"\b{call_text}\s*\(", text):
            found += knowledge.index(index, sure)
    for url in re.findall(_MAVEN_URL, text):
        found += index_at(url, "maven", sure)
    plugins = re.search(_PLUGIN, text)
    if plugins and not re.search(r"pluginManagement\s*\{[^}]{0,2000}repositories", text, re.DOTALL):
        found += knowledge.index("gradle-plugins", sure)
    return found

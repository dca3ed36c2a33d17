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
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Gap
from reachsim.pipeline.texts import between, first_between, without
from reachsim.pipeline.variables import expand, is_known, look_up, nothing_known, shown, unknown

_PASSIVE: Final = ("v", "version", "h", "help")


def java(call: Call) -> Outcome:
    """java: a program that is not read; of generators from OpenAPI the document that is named by a URL."""
    given = arguments(call.words, ["cp", "classpath", "p", "module-path", "jar", "m", "module", "i", "input-spec"])
    named = given.last("jar", "m", "module") or next((one for one in given.rest if not one.startswith("-")), None)
    if named is None or (given.has("version", "fullversion", "help", "showversion") and not given.has("jar")):
        return Outcome((), None)
    found = [one for url in given.all("i", "input-spec") for one in urls.destination(url)]
    return Outcome((*found, Gap(call.command.text, f"what {shown(posixpath.basename(named))} contacts is not known")))


def maven(call: Call) -> Outcome:
    """mvn and mvnw: even a project without dependencies fetches the plugins of its life cycle."""
    given = arguments([*_maven_words(call), *call.words], ["f", "file", "s", "settings", "P", "pl", "D", "T", "gs",
                                                           "global-settings", "l", "t"])  # fmt: skip
    found: list[Found] = list(_wrapper(call, ".mvn/wrapper/maven-wrapper.properties")) if call.program == "mvnw" else []
    if given.has(*_PASSIVE) and not given.rest:
        return Outcome(tuple(found), None)
    if given.has("o", "offline") or (not given.rest and not given.has("f", "file")):
        return Outcome(tuple(found), None)
    place = given.last("f", "file") or "pom.xml"
    pom = call.read(place)
    if pom is None and any(":" not in word for word in given.rest):  # plugins' own goals need no project
        found.append(Gap(call.command.text, f"{shown(place)} is not in the context: which repositories it names"))
    sure: Confidence = "likely" if pom is None or call.cached(".m2") else "certain"
    named = given.last("s", "settings")
    places = [named] if named else ["/root/.m2/settings.xml", "/usr/share/maven/ref/settings-docker.xml"]
    settings = call.first(*places)
    if settings is None and (named or any(call.exists(one) for one in places)):
        gap = Gap(call.command.text, f"which mirrors {shown(named or 'settings.xml')} names; it is not in these files")
        return Outcome((*found, gap, *knowledge.index("maven", "possible")), None)
    mirrors = _mirrors(_expanded(settings or "", call, ""))
    everything = [url for what, url in mirrors if what.split(",")[0].strip() in ("*", "external:*", "external:http:*")]
    spared = {one.strip()[1:] for what, _ in mirrors for one in what.split(",") if one.strip().startswith("!")}
    texts = [*_modules(call, place), settings or ""]
    named_there = [one for text in texts for one in _repository_urls(_expanded(text, call, text))]
    own = list(dict.fromkeys(url for name, url in named_there if not everything or name in spared))
    if everything and "central" not in spared:
        found += index_at(everything[0], "maven", sure)
    else:
        central = [url for what, url in mirrors if "central" in what.split(",")]
        found += index_at(central[0], "maven", sure) if central else _central(call, settings, sure)
    for url in own:
        found += index_at(url, "maven", sure) if is_known(url) else [Gap(shown(url), urls.why_unknown(url))]
    if any(re.fullmatch(r"(?:[\w.-]+:)*deploy(?:-file)?", word) for word in given.rest):
        found += _deployed(call, pom or "")
    found += [*jib.of_maven(call, pom or ""), *_analysed(call, pom or ""), *_checked(call, pom or "")]
    return Outcome(tuple(dict.fromkeys(found)), None)


def _analysed(call: Call, pom: str) -> list[Found]:
    """The SonarQube server that ``sonar:sonar`` sends its analysis to."""
    url = _property(call, "sonar.host.url")
    if url is None and not any(word.endswith((":sonar", "sonar:sonar")) for word in call.words):
        return []
    return _server(call, url or first_between(pom, "<sonar.host.url>", "</sonar.host.url>"))


def _checked(call: Call, text: str) -> list[Found]:
    """The data feeds of OWASP DependencyCheck, whose plugin a goal or a task names, or the project has."""
    from reachsim.pipeline.scanners import DATA_FEEDS

    asked = any(re.search(r"dependency-check-maven:|(?:^|:)dependencyCheck", word) for word in call.words)
    if not asked and not re.search(r"<artifactId>\s{0,9}dependency-check-maven\b", text):
        return []
    return [Destination(host, 443, "download", "likely" if asked else "possible") for host in DATA_FEEDS]


def _property(call: Call, name: str) -> str | None:
    return next((word.split("=", 1)[1] for word in call.words if word.startswith(f"-D{name}=")), None)


def _analysed_by_gradle(call: Call, text: str, folder: str) -> list[Found]:
    """The SonarQube server of the tasks ``sonar`` and ``sonarqube``."""
    if not any(word.rpartition(":")[2] in ("sonar", "sonarqube") for word in call.words):
        return []
    settings = call.read(f"{folder}/gradle.properties") or ""
    written = re.search(r"(?m)^[ \t]*+systemProp\.sonar\.host\.url\s*[=:]\s*(\S+)", settings)
    written = written or re.search(r"[\"']sonar\.host\.url[\"']\s*[,:)=]\s*[\"']([^\"']+)[\"']", text)
    return _server(call, _property(call, "sonar.host.url") or (written[1] if written else None))


def _server(call: Call, url: str | None) -> list[Found]:
    """The SonarQube server at a URL, else of SONAR_HOST_URL, else perhaps SonarQube Cloud."""
    url = url or call.env("SONAR_HOST_URL")
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
    found: list[Found] = [one for url in named for one in urls.named(expand(url, call.variables), "package")]
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


def _maven_words(call: Call) -> list[str]:
    """The arguments that stand in ``.mvn/maven.config`` and MAVEN_ARGS; those of the command line come later."""
    kept = call.read(".mvn/maven.config") or ""
    return [*kept.split(), *(call.env("MAVEN_ARGS") or "").split()]


def _expanded(text: str, call: Call, pom: str) -> str:
    """A pom or settings with ``${env.NAME}``, ``${NAME}`` of ``-DNAME=`` and the pom's own properties filled in."""
    given = dict(word[2:].split("=", 1) for word in call.words if word.startswith("-D") and "=" in word)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("env."):
            return look_up(name.removeprefix("env."), call.variables)
        own = given.get(name) or first_between(pom, f"<{name}>", f"</{name}>")
        return own.strip() if own and "$" not in own else unknown(name)

    return re.sub(r"\$\{([\w.-]+)\}", value, text)


def _repository_urls(text: str) -> list[tuple[str, str]]:
    """(id, URL) of the repositories that a pom or settings names."""
    found = []
    plain = without(without(text, "<!--", "-->"), "<distributionManagement>", "</distributionManagement>")
    plain = plain.replace("pluginRepository>", "repository>")
    for block in between(plain, "<repository>", "</repository>"):
        url = (first_between(block, "<url>", "</url>") or "").strip()
        if ("://" in url or not is_known(url)) and not url.startswith("file:"):
            found.append(((first_between(block, "<id>", "</id>") or "").strip(), url))
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
    made = given.rest[:1] == ["init"] or given.rest == ["wrapper"]  # tasks of Gradle's own, which resolve nothing
    if given.has("offline") or given.has("stop", "status") or (given.has(*_PASSIVE) and not given.rest) or made:
        return Outcome(tuple(found), None)
    folder = given.last("p", "project-dir") or "."
    names = [
        f"{folder}/{stem}{ending}"
        for stem in ("settings.gradle", "build.gradle", "app/build.gradle")
        for ending in ("", ".kts")
    ]
    names += [*given.all("I", "init-script"), *given.all("b", "build-file"), *_applied(call, folder)]
    names += ["/root/.gradle/init.gradle", "/root/.gradle/init.gradle.kts", f"{folder}/buildSrc/build.gradle",
              f"{folder}/buildSrc/build.gradle.kts"]  # fmt: skip
    texts = [text for name in dict.fromkeys(names) if (text := call.read(name)) is not None]
    sure: Confidence = "likely" if call.cached(".gradle") else "certain"
    if not texts:
        found += [*knowledge.index("maven", "likely"), *knowledge.index("gradle-plugins", "likely")]
        found.append(Gap(call.command.text, "build.gradle is not in the context: which repositories it names"))
        return Outcome(tuple(dict.fromkeys([*found, *jib.of_gradle(call, "")])), None)
    text = re.sub(r"(?m)(?<!:)//.*$", "", without("\n".join(texts), "/*", "*/"))
    found += [*_repositories(text, sure), *_unsaid(call, text), *jib.of_gradle(call, text)]
    found += [*_analysed_by_gradle(call, text, folder), *_checked(call, "")]
    return Outcome(tuple(dict.fromkeys(found)), None)


def _applied(call: Call, folder: str) -> list[str]:
    """The build files of the projects that ``settings.gradle`` includes, and the scripts that files apply."""
    settings = call.first(f"{folder}/settings.gradle", f"{folder}/settings.gradle.kts") or ""
    places = re.findall(r"(?m)^[ \t]*include\b(.*)$", settings)
    projects = re.findall(r"[\"']:?([\w:.-]+)[\"']", " ".join(places))
    found = [f"{folder}/{name.replace(':', '/')}/build.gradle{ending}" for name in projects for ending in ("", ".kts")]
    for name in (f"{folder}/build.gradle", f"{folder}/build.gradle.kts", *found):
        for script in re.findall(r"apply\s*(?:\(\s*)?from\s*[:=]\s*[\"']([^\"':$]+)[\"']", call.read(name) or ""):
            found.append(posixpath.join(folder, script.replace("${rootDir}/", "")))
    return found[:200]


def _unsaid(call: Call, text: str) -> list[Found]:
    """Repositories whose URL the files make at run time: of a property, a variable, a function."""
    found: list[Found] = []
    for url in re.findall(_MADE_URL, text):
        name = re.search(r"getenv\(\s*[\"'](\w+)[\"']|environmentVariable\(\s*[\"'](\w+)[\"']", url)
        value = look_up(name[1] or name[2], call.variables) if name else ""
        if value and is_known(value):
            found += index_at(value, "maven", "certain")
        elif not re.search(r"[\"'](?:https?|file)://[^\"'$/]+/", url) and not re.search(
            r"buildDir|rootDir|projectDir", url
        ):
            found.append(Gap(f"maven {{ url {url.strip()[:80]} }}", "the repository's URL is made when Gradle runs"))
        elif (plain := re.search(r"https?://[^\"'$/]+/", url)) is not None:
            found += index_at(plain[0], "maven", "certain")
    return found


_MAVEN_URL: Final = r"maven\s*+(?:\(\s*+|\{[^{}]*?url\s*+=?+\s*+(?:uri)?+\s*+\(?+\s*+|)[\"'](https?://[^\"']++)[\"']"
_MADE_URL: Final = r"\bmaven\s*+\{[^{}]{0,400}?\b(?:url|setUrl)\b\s*+[=(]?+\s*+(?![\"']https?://[^\"'$]*[\"'])(?!uri\s*\(\s*[\"']https?://[^\"'$]*[\"'])([^\n]+)"
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

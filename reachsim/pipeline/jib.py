"""Images that Maven's and Gradle's plugins build without Docker: Jib, and Spring Boot's buildpacks.

**Source:** Jib documentation, "Extended Usage" (from.image, to.image; eclipse-temurin is the default base image);
Spring Boot documentation, "Packaging OCI Images" (the Paketo builder is the default one).
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import image
from reachsim.pipeline.call import Call
from reachsim.pipeline.docker import is_local, pushed
from reachsim.pipeline.records import Found, Gap
from reachsim.pipeline.texts import between, first_between, without
from reachsim.pipeline.variables import expand

_MAVEN_JIB: Final = re.compile(r"jib(?:-maven-plugin)?(?::[\w.-]++)?:(build|dockerBuild|buildTar)$")
_DEFAULT_BASE: Final = "eclipse-temurin:21-jre"
_DEFAULT_BUILDER: Final = "paketobuildpacks/builder-jammy-java-tiny"


def of_maven(call: Call, pom: str) -> list[Found]:
    """What the goals ``jib:…`` and ``spring-boot:build-image`` contact."""
    plain = without(pom, "<!--", "-->")
    found: list[Found] = []
    for word in call.words:
        goal = _MAVEN_JIB.search(word)
        if goal:
            blocks = [one for one in between(plain, "<plugin>", "</plugin>") if "jib-maven-plugin" in one]
            block = blocks[0] if blocks else ""
            base = _image(first_between(block, "<from>", "</from>"))
            target = _image(first_between(block, "<to>", "</to>"))
            found += _jib(call, goal[1], base, target)
        elif re.search(r"spring-boot(?:-maven-plugin)?(?::[\d.]+)?:build-image(?:-no-fork)?$", word):
            found += _buildpacks(call, first_between(plain, "<builder>", "</builder>"))
    return found


def of_gradle(call: Call, text: str) -> list[Found]:
    """What the tasks ``jib``, ``jibDockerBuild``, ``jibBuildTar`` and ``bootBuildImage`` contact."""
    found: list[Found] = []
    for word in call.words:
        task = word.rsplit(":", 1)[-1]
        kinds = {"jib": "build", "jibDockerBuild": "dockerBuild", "jibBuildTar": "buildTar"}
        if task in kinds:
            block = text.partition("jib {")[2]
            base = _image_in(first_between(block, "from {", "}") or "") or _assigned(text, "from.image")
            target = _image_in(first_between(block, "to {", "}") or "") or _assigned(text, "to.image")
            found += _jib(call, kinds[task], base, target)
        elif task == "bootBuildImage":
            found += _buildpacks(call, None)
    return found


def _image_in(block: str) -> str | None:
    match = re.search(r"\bimage\s*+=?+\s*+[\"']([^\"']++)", block)
    return match[1] if match else None


def _assigned(text: str, name: str) -> str | None:
    return next((found for part in text.split(name)[1:2] if (found := _image_in("image" + part[:200]))), None)


def _image(block: str | None) -> str | None:
    return (first_between(block, "<image>", "</image>") or "").strip() or None if block else None


def _option(call: Call, *names: str) -> str | None:
    return next((word.partition("=")[2] for name in names for word in call.words if word.startswith(f"{name}=")), None)


def _jib(call: Call, goal: str, base: str | None, target: str | None) -> list[Found]:
    base = _option(call, "-Djib.from.image") or base or _DEFAULT_BASE
    base = re.sub(r"^registry://", "", expand(base, call.variables))
    found: list[Found] = []
    if not base.startswith(("docker://", "tar://")) and base != "scratch" and not is_local(call.machine.settings, base):
        found += image.pulls(base)
    if goal == "build":
        target = _option(call, "-Djib.to.image", "-Dimage", "--image") or target
        if target:
            found += pushed(call, expand(target, call.variables))
        else:
            found.append(Gap(call.command.text, "which image it pushes is not in these files"))
    return found


def _buildpacks(call: Call, builder: str | None) -> list[Found]:
    name = _option(call, "-Dspring-boot.build-image.builder", "--builder") or builder
    found: list[Found] = (
        list(image.pulls(name.strip(), "certain")) if name else [*image.pulls(_DEFAULT_BUILDER, "likely")]
    )
    if "--publishImage" in call.words or _option(call, "-Dspring-boot.build-image.publish") == "true":
        target = _option(call, "-Dspring-boot.build-image.imageName", "--imageName")
        found += pushed(call, expand(target, call.variables)) if target else []
    found.append(Gap(call.command.text, "what the buildpacks download is not in these files"))
    return found

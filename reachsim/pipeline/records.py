"""What the readers of build files hand on, and what a caller gets: destinations, gaps, contacts.

A tool's reader says *what* is contacted (`Destination`) or *why that cannot be told* (`Gap`), or that another text is
run (`Script`) or another file built (`ImageBuild`); the walk adds file, line, phase and command. **Source:** DESIGN,
"contacts": the keys, the three words of confidence, and that nothing is dropped.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Confidence = Literal["certain", "likely", "possible"]
Kind = Literal["registry", "package", "git", "download", "aws"]
Step = Literal["environment", "source", "login", "pull", "run", "push", "logs", "artifacts", "cache", "reports"]

ORDER: Final[dict[Confidence, int]] = {"certain": 0, "likely": 1, "possible": 2}


def weaker(one: Confidence, other: Confidence) -> Confidence:
    """The less sure of two.

    >>> weaker("likely", "certain")
    'likely'
    """
    return one if ORDER[one] >= ORDER[other] else other


class Request(msgspec.Struct, frozen=True):
    """An IAM request that goes to a destination; unknown parts of the ARN are ``*``."""

    action: str
    resource: str


class Destination(msgspec.Struct, frozen=True):
    """A host and port that something contacts. Unknown parts of ``host`` are marked as in `variables`."""

    host: str
    port: int = 443
    kind: Kind = "download"
    confidence: Confidence = "certain"
    step: Step = "run"
    service: str | None = None
    requests: tuple[Request, ...] = ()
    protocol: str = "tcp"
    index: str = ""
    """The package index by id, or the registry, that is asked because nothing in the files names another."""


class Gap(msgspec.Struct, frozen=True):
    """Something that may contact a destination which the files do not tell; ``surely``: it does."""

    text: str
    why: str
    surely: bool = False
    once: bool = False
    """Whether its reason is told once a build, however many commands it touches."""


class Script(msgspec.Struct, frozen=True):
    """A shell text that a command runs. ``file`` and ``line`` say where it stands; "" stands for the command itself."""

    text: str
    file: str = ""
    line: int = 0
    variables: tuple[tuple[str, str], ...] = ()
    arguments: tuple[str, ...] = ()
    own_process: bool = True
    directory: str | None = None
    confidence: Confidence = "certain"


class ImageBuild(msgspec.Struct, frozen=True):
    """A Dockerfile that a command builds. Paths are absolute within the build's machine.

    ``text`` is the Dockerfile where it is no file of its own, ``place`` the file and line on which it begins; None: the
    command's.
    """

    dockerfile: str
    directory: str
    target: str | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    contexts: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    buildkit: bool | None = None
    place: tuple[str, int] | None = None
    secrets: tuple[tuple[str, str], ...] | None = None
    """(id, path on the build's machine) of the files handed in as secrets; None: not told."""
    platforms: tuple[str, ...] = ()
    """What it is built for (``linux/arm64``); none: for what the build runs on."""
    tags: tuple[str, ...] = ()
    """The names that the image is given, under which later builds of this one find it."""


class ContainerRun(msgspec.Struct, frozen=True):
    """A command that runs in a container. ``mounts`` are (path in the container, path on the build's machine)."""

    image: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    directory: str | None = None
    """Where it runs; None: where the image says."""
    confidence: Confidence = "certain"


class Choice(msgspec.Struct, frozen=True):
    """Branches of which one runs, each with whether a build that does not fail may take it; ``whole``: surely one."""

    arms: tuple[tuple[tuple[Found, ...], bool], ...]
    whole: bool


BATCH_ELSEWHERE: Final = "builds of a batch run on a fleet or compute of their own, whose network is not judged"
PROXY_REACHES: Final = "what the proxy reaches is not told by any file"
Found = Destination | Gap | Script | ImageBuild | ContainerRun | Choice


class Contact(msgspec.Struct, frozen=True, omit_defaults=False):
    """One network destination of a build, with the line that causes it."""

    host: str
    port: int
    protocol: str
    kind: Kind
    file: str
    line: int
    phase: str
    command: str
    confidence: Confidence
    step: Step
    service: str | None = None
    requests: tuple[Request, ...] = ()
    in_image: bool = False
    """Whether a Docker build, or a container that Docker runs, contacts it, and not the build's own commands."""
    by_proxy: bool | None = None
    """Whether the command asks a proxy for it; None where the files set none, or do not tell what goes past it."""
    others: tuple[Request, ...] = ()
    """Requests that are made with other credentials than those of the build's own role."""
    by_client: bool = False
    """Whether an image is pulled or pushed by a program that asks no Docker daemon: skopeo, kaniko, podman, helm …"""
    tolerated: bool = False
    """Whether the build goes on without it: a download, a pulled image or a call of AWS's before ``|| true``."""

    def to_json(self) -> dict[str, object]:
        """The row as DESIGN writes it: ``service`` and ``requests`` only where there are any."""
        row: dict[str, object] = {"host": self.host, "port": self.port, "protocol": self.protocol, "kind": self.kind}
        if self.service:
            row["service"] = self.service
        if self.requests:
            row["requests"] = [{"action": one.action, "resource": one.resource} for one in self.requests]
        row |= {"file": self.file, "line": self.line, "phase": self.phase, "command": self.command}
        return row | {"confidence": self.confidence}


class Unresolved(msgspec.Struct, frozen=True):
    """A place where the files do not tell what is contacted, and why."""

    file: str
    line: int
    text: str
    why: str
    surely: bool = False
    """Whether a normal run contacts something there: then only its host is not known."""

    def to_json(self) -> dict[str, object]:
        return {"file": self.file, "line": self.line, "text": self.text, "why": self.why}


class Contacts(msgspec.Struct, frozen=True):
    """All that a build contacts, in the order of the build, and all that cannot be told."""

    contacts: tuple[Contact, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()

    def by_step(self) -> dict[Step, tuple[Contact, ...]]:
        """The contacts by the step of the pipeline that they belong to, in the order of the build."""
        found: dict[Step, list[Contact]] = {}
        for contact in self.contacts:
            found.setdefault(contact.step, []).append(contact)
        return {step: tuple(rows) for step, rows in found.items()}

    def by_phase(self) -> dict[str, tuple[Contact, ...]]:
        """The contacts by buildspec phase, in the order of the build."""
        found: dict[str, list[Contact]] = {}
        for contact in self.contacts:
            found.setdefault(contact.phase, []).append(contact)
        return {phase: tuple(rows) for phase, rows in found.items()}

    def to_json(self) -> dict[str, object]:
        return {
            "contacts": [one.to_json() for one in self.contacts],
            "unresolved": [one.to_json() for one in self.unresolved],
        }

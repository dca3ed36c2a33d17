"""The tables of what tools contact: package indexes by id, tools by name, distributions by image.

Package indexes are named by id everywhere; ``indexes.csv`` keeps their hosts as labels from the top-level domain down,
the order in which wildcards match. ``tools.csv`` has the tools whose destinations depend on nothing but their
arguments: program, a pattern for the arguments, targets (ids of indexes or hosts, parted by ``;``). Each row names its
source; a row may be added without touching code.

**Source:** the column ``source`` of each table; facts/tool-destinations.csv.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from msgspec import Struct

from reachsim.pipeline.records import Confidence, Destination, Kind, weaker


class Index(Struct, frozen=True):
    """One host of a package index."""

    host: str
    port: int
    confidence: Confidence
    source: str


class Tool(Struct, frozen=True):
    """One row of ``tools.csv``. ``variable``: one that turns this contact off where it is set, or to the host that it
    names.
    """

    program: str
    arguments: str  # a regular expression
    targets: tuple[str, ...]
    confidence: Confidence
    kind: Kind
    source: str
    variable: str = ""


class ImagePattern(Struct, frozen=True):
    """A regular expression for whole names of images, and the plain text that it opens with."""

    opening: str
    expression: str

    @classmethod
    def of(cls, expression: str) -> ImagePattern:
        r"""
        >>> ImagePattern.of(r"docker\.io/redhat/ubi.+").opening
        'docker.io/redhat/ubi'
        """
        plain = re.match(r"(?:[\w/:-](?![?*{])|\\\.)*", expression)
        return cls(plain[0].replace("\\", "") if plain else "", expression)

    def matches(self, image: str) -> bool:
        return image.startswith(self.opening) and re.fullmatch(self.expression, image) is not None


def rows(name: str, first: str = "") -> Iterator[dict[str, str]]:
    """The rows of one of the package's tables; with ``first``, only those whose first field is that.

    >>> [row["host"] for row in rows("aws_commands.csv", "account")]
    ['account.us-east-1.{suffix_domain}']
    """
    title, *lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    head, *held = csv.reader([title, *(line for line in lines if line.startswith(f"{first}," if first else ""))])
    return (dict(zip(head, row, strict=True)) for row in held)


@cache
def indexes() -> dict[str, tuple[Index, ...]]:
    """Every package index by id.

    >>> [(one.host.count("."), one.port) for one in indexes()["debian"]]
    [(2, 80)]
    """
    found: dict[str, tuple[Index, ...]] = {}
    for row in rows("indexes.csv"):
        host = ".".join(reversed(row["labels"].split()))
        one = Index(host, int(row["port"]), cast(Confidence, row["confidence"]), row["source"])
        found[row["index"]] = (*found.get(row["index"], ()), one)
    return found


_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@cache
def _tools() -> dict[str, tuple[Tool, ...]]:
    found: dict[str, tuple[Tool, ...]] = {}
    for row in rows("tools.csv"):
        targets = tuple(part for part in row["targets"].split(";") if part)
        one = Tool(row["program"], row["arguments"], targets, cast(Confidence, row["confidence"]),
                   cast(Kind, row["kind"]), row["source"], row["variable"])  # fmt: skip
        found[one.program] = (*found.get(one.program, ()), one)
    return found


def index(name: str, confidence: Confidence = "certain") -> list[Destination]:
    """The destinations of a package index, none surer than ``confidence``."""
    return [
        Destination(one.host, one.port, "package", weaker(one.confidence, confidence), index=name)
        for one in indexes()[name]
    ]


def index_hosts(*names: str) -> tuple[str, ...]:
    return tuple(one.host for name in names for one in indexes()[name])


def knows_tool(program: str) -> bool:
    return program in _tools()


def tool(program: str, arguments: str, variables: Mapping[str, str] = _NONE) -> list[Destination]:
    """What a tool of ``tools.csv`` contacts with these arguments and variables."""
    return reached(_tools().get(program, ()), arguments, variables)


REMOTE: Final = frozenset(["push", "publish", "deploy", "pull", "upload", "download", "login", "fetch", "sync",
                           "release", "clone", "install", "upgrade", "submit"])  # fmt: skip
"""Words by which subcommands that go out are called."""


def leaves_open(program: str, words: Sequence[str]) -> bool:
    """Whether a tool has a subcommand that goes out by its name, of which no row tells."""
    rows_ = _tools().get(program, ())
    plain = [word for word in words if not word.startswith("-")][:2]
    told = any(re.search(row.arguments, one) for row in rows_ for one in (*plain, " ".join(plain)))
    return not told and not REMOTE.isdisjoint(plain)


def reached(rows: Iterable[Tool], arguments: str, variables: Mapping[str, str] = _NONE) -> list[Destination]:
    """What the rows of a tool say of these arguments. A host may bear a port."""
    found: list[Destination] = []
    behind = _behind_options(arguments)
    for row in rows:
        if not any(re.search(row.arguments, one) for one in (arguments, *(() if "(?!" in row.arguments else behind))):
            continue
        set_ = variables.get(row.variable, "") if row.variable else ""
        other = re.fullmatch(r"(?:https?://)?([\w-]+(?:\.[\w-]+)+(?::\d+)?)(?:/.*)?", set_)
        if set_ and other is None:
            continue
        for target in (other[1],) if other else row.targets:
            if target in indexes():
                found += index(target, row.confidence)
            else:
                host, _, port = target.partition(":")
                found.append(Destination(host, int(port or 443), row.kind, row.confidence))
    return found


def _behind_options(arguments: str) -> tuple[str, ...]:
    """What follows the options before a subcommand, each taken with and without the next word as its value.

    >>> _behind_options("--debug --org acme test --all")
    ('acme test --all', 'test --all')
    >>> _behind_options("test --all"), _behind_options("--help test")
    ((), ())
    """
    words = arguments.split(" ")
    places = [0]
    for at in places:
        if words[at].startswith("-") and words[at] not in ("-h", "--help"):
            valued = "=" not in words[at] and at + 1 < len(words) and not words[at + 1].startswith("-")
            places += [one for one in (at + 1, at + 2)[: 1 + valued] if one < len(words) and one not in places]
    return tuple(" ".join(words[at:]) for at in places if not words[at].startswith("-") and at)


# Official images by the distribution they are made of, where the tag does not say it (Docker Official Images).
_DEBIAN: Final = frozenset(
    [
        "python",
        "node",
        "golang",
        "ruby",
        "php",
        "rust",
        "perl",
        "openjdk",
        "debian",
        "buildpack-deps",
        "couchdb",
        "nginx",
        "httpd",
        "postgres",
        "redis",
        "mongo",
        "gcc",
        "haskell",
        "julia",
        "erlang",
        "elixir",
        "r-base",
        "memcached",
        "wordpress",
        "drupal",
        "jenkins",
        "pypy",
        "swipl",
        "composer",
        "mariadb",
        "influxdb",
        "telegraf",
        "sonarqube",
        "neo4j",
        "caddy",
        "haproxy",
        "bash",
    ]
)
_UBUNTU: Final = frozenset(["ubuntu", "eclipse-temurin", "maven", "gradle", "sapmachine", "ibmjava", "swift", "groovy",
                             "tomcat", "rabbitmq", "ros"])  # fmt: skip
_OTHERS: Final = {
    "alpine": "alpine", "docker": "alpine", "amazonlinux": "amazonlinux", "amazoncorretto": "amazonlinux",
    "fedora": "fedora", "centos": "centos", "rockylinux": "rocky", "almalinux": "alma", "oraclelinux": "oracle",
    "archlinux": "arch", "registry": "alpine", "composer": "alpine", "caddy": "alpine", "traefik": "alpine",
    "mariadb": "ubuntu", "bash": "alpine", "sonarqube": "ubuntu", "mongo": "ubuntu", "mysql": "oracle",
}  # fmt: skip
_BASES: Final = frozenset(["oraclelinux", "rockylinux", "almalinux", "fedora", "archlinux", "alpine"])
"""Distributions' own images: a "-slim" in their tags is none of Debian's."""
_CODENAMES: Final = {
    "alpine": ("-alpine",),
    "debian": ("-bookworm", "-bullseye", "-buster", "-stretch", "-jessie", "-trixie", "-sid", "-slim", "-debian"),
    "ubuntu": ("-noble", "-jammy", "-focal", "-bionic", "-xenial", "-trusty", "-ubuntu"),
    "amazonlinux": ("-al2023", "-al2", "-amazonlinux", "-amazoncorretto", "-corretto"),
    "azurelinux": ("-azurelinux", "-cbl-mariner"),
    "fedora": ("-fedora",),
    "centos-stream": ("-centos-stream", "-centosstream"),
    "centos": ("-centos",),
    "ubi": ("-ubi",),
    "rocky": ("-rockylinux",),
}
"""What the parts of a tag begin with, which hyphens and dots part."""
_AMAZON_LINUX_2: Final = (
    r"(?:amazonlinux/)?amazonlinux:2(?:\.0.*)?"
    r"|(?:amazoncorretto/)?amazoncorretto:(?:8u[1-4]\d\d|11\.0\.(?:[12]?\d|3[01])|17\.0\.1?\d|21\.0\.(?:\d|1[01]))"
    r"|(?:lambda|amazon/aws-lambda)[/-](?:python:3\.(?:[89]|1[01])|nodejs:1[0-8]|java:(?:11|17)|ruby:(?:2\.7|3\.2)"
    r"|dotnet:[67])(?:\D.*)?"
)
"""Names and tags of images of Amazon Linux 2 (Lambda Developer Guide: base images of runtimes; Corretto's images of a
version before July 2026: docker-library/official-images pull request 21894).
"""


def distribution(host: str, path: str, tag: str) -> str | None:
    """The Linux distribution of a public image, by its name and tag; None where these do not tell.

    >>> distribution("docker.io", "library/golang", "1.12-alpine")
    'alpine'
    >>> distribution("docker.io", "library/python", "3.12")
    'debian'
    >>> distribution("mirror.gcr.io", "library/ubuntu", "24.04")
    'ubuntu'
    """
    name = path.removeprefix("docker/").removeprefix("library/")
    official = re.search(r"(?:^|/)library/[^/]+$", path) is not None  # mirrors and pull-through caches keep the name
    last = name.rsplit("/", 1)[-1]
    parted = f"-{tag.replace('.', '-')}"
    if re.search(r"-al2(?!023)", parted) or re.fullmatch(_AMAZON_LINUX_2, f"{name}:{tag}"):
        return "amazonlinux-2"
    if official and last in _BASES:
        return _OTHERS[last]
    for family, words in _CODENAMES.items():
        if any(word in parted for word in words):
            return family
    whole = f"docker.io/library/{last}" if official else f"{host}/{path}"
    found = (name for pattern, name in _distributions() if pattern.matches(whole) or pattern.matches(f"{whole}:{tag}"))
    listed = next(found, None)
    if listed is not None:
        return listed
    if official:
        if last in _OTHERS:
            return _OTHERS[last]
        return "debian" if last in _DEBIAN else "ubuntu" if last in _UBUNTU else None
    if host == "public.ecr.aws":
        return _of_ecr_public(name, tag)
    if host in ("registry.access.redhat.com", "registry.redhat.io"):
        return "ubi"
    if host == "cgr.dev":
        return "wolfi"
    return "alpine" if "alpine" in last else None


@cache
def _distributions() -> tuple[tuple[ImagePattern, str], ...]:
    """``distributions.csv``: images of others than Docker and AWS whose names tell what they are made of."""
    return tuple((ImagePattern.of(row["image"]), row["distribution"]) for row in rows("distributions.csv"))


@cache
def _folders() -> tuple[tuple[ImagePattern, str, dict[str, str]], ...]:
    return tuple(
        (ImagePattern.of(row["image"]), row["directory"], dict(one.split("=", 1) for one in row["variables"].split()))
        for row in rows("image_folders.csv")
    )


def starts_in(host: str, path: str, tag: str) -> tuple[str, dict[str, str]]:
    """The folder that an image's commands begin in, and variables that it sets: ``image_folders.csv``, else the root.

    >>> starts_in("public.ecr.aws", "lambda/python", "3.12")[0], starts_in("docker.io", "library/python", "3.12")
    ('/var/task', ('/', {}))
    """
    official = re.search(r"(?:^|/)library/([^/]+)$", path)  # mirrors and pull-through caches keep the name
    whole = f"docker.io/library/{official[1]}" if official else f"{host}/{path}"
    for pattern, directory, variables in _folders():
        if pattern.matches(whole) or pattern.matches(f"{whole}:{tag}"):
            return directory, dict(variables)
    return "/", {}


@cache
def _brought() -> tuple[tuple[ImagePattern, str, Destination, str], ...]:
    """``image_repositories.csv``: the repositories of others that images are made with, beside their distribution's."""
    return tuple(
        (ImagePattern.of(row["image"]), row["family"],
         Destination(row["host"], int(row["port"]), "package", cast(Confidence, row["confidence"])), row["file"])
        for row in rows("image_repositories.csv")
    )  # fmt: skip


def brought(image: str, family: str) -> tuple[tuple[Destination, str], ...]:
    """The repositories beside its distribution's that an image lists for apt or yum, each with the file that lists it.

    >>> [(one.host, file) for one, file in brought("postgres:16", "apt")]
    [('apt.postgresql.org', '/etc/apt/sources.list.d/pgdg.list')]
    """
    from reachsim.pipeline.image import parse

    reference = parse(image)
    name = reference.path.removeprefix("docker/") if reference.host == "public.ecr.aws" else reference.path
    host = "docker.io" if name.startswith("library/") else reference.host
    whole = f"{host}/{name}:{reference.tag}"
    return tuple((one, file) for pattern, kind, one, file in _brought() if kind == family and pattern.matches(whole))


def _of_ecr_public(name: str, tag: str) -> str | None:
    if name.startswith(("amazonlinux/", "lambda/", "sam/", "aws-lambda/", "amazoncorretto/", "aws-cli/")):
        return "amazonlinux"
    if name.startswith(("ubuntu/", "lts/ubuntu")):
        return "ubuntu"
    if name.startswith(("debian/", "bitnami/", "nginx/nginx")):
        return "debian"
    return curated_distribution(f"aws/{name}:{tag}") if "standard" in name else None


def curated_distribution(image: str) -> str | None:
    """The distribution of one of CodeBuild's own build images; None for any other. Up to 4.0 (of arm64: 2.0) they are
    Amazon Linux 2, whether their name says amazonlinux2 or not, and so are older runtimes of Lambda compute.

    **Source:** CodeBuild User Guide, "EC2 compute images", "Lambda compute images".

    >>> curated_distribution("aws/codebuild/standard:7.0")
    'ubuntu'
    >>> curated_distribution("aws/codebuild/amazonlinux2-x86_64-standard:5.0")
    'amazonlinux'
    """
    if not image.startswith("aws/codebuild/"):
        return None
    named = re.search(r"/amazonlinux2?-(x86_64|aarch64)-(lambda-)?standard:(\D*)(\d+)", image)
    if named is None:
        return "amazonlinux" if "amazonlinux" in image or "lambda" in image else "ubuntu"
    machine, compute, runtime, version = named.groups()
    last = _LAST_OF_AMAZON_LINUX_2.get(machine, 0) if compute is None else 0
    old = image.rsplit(":", 1)[-1] in _LAMBDA_ON_AMAZON_LINUX_2 or (not runtime and int(version[:4]) <= last)
    return "amazonlinux-2" if old else "amazonlinux"


_LAST_OF_AMAZON_LINUX_2: Final = {"x86_64": 4, "aarch64": 2}
_LAMBDA_ON_AMAZON_LINUX_2: Final = frozenset(["dotnet6", "go1.21", "corretto11", "corretto17", "nodejs18", "python3.11",
                                              "ruby3.2"])  # fmt: skip

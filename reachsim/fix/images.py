"""Base images through the account's own registry in place of Docker Hub, another public registry or another Region.

The image is copied once, by somebody with a way to both (a pull-through cache fills that way, too), and the build's
file names the copy. Only what is written out is replaced: an image named by a variable is left to its owner.

**Source:** Amazon ECR User Guide, "Sync an upstream registry with an Amazon ECR private registry" (prefixes of
pull-through caches), "Moving an image through its lifecycle"; pipeline-services fact sheet, P5, P10, P72 to P75.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reachsim import services
from reachsim.check.service_plane import repository_of
from reachsim.edits.draft import Draft
from reachsim.errors import ReachsimError
from reachsim.fix.faults import Fault
from reachsim.fix.steps import CopyImage, UseImage
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

_PLACE: Final = re.compile(r"(?P<file>[^:]+):(?P<line>\d+) (?P<command>.*)")
_IMAGE: Final = (
    re.compile(r"FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)", re.IGNORECASE),
    re.compile(r"COPY\s.*--from=(?P<image>\S+)", re.IGNORECASE),
    re.compile(r"#\s*syntax\s*=\s*(?P<image>\S+)", re.IGNORECASE),
    re.compile(r"docker\s+(?:image\s+)?pull\s+(?:-\S+\s+)*(?P<image>[^\s-]\S*)"),
)
_FIRST_PULL: Final = re.compile(r"first pull of \S+$")
PREFIXES: Final = {
    "docker.io": "docker-hub", "public.ecr.aws": "ecr-public", "quay.io": "quay", "ghcr.io": "github",
    "registry.k8s.io": "kubernetes",
}  # fmt: skip
"""The prefixes that Amazon ECR's guide gives to caches of these registries."""


def own_images(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Copies of the images that a fault's places name, and the lines that name them changed."""
    who = parse_selector(fault.source)
    found = find_project(ground.network, who.value) if who.kind == "codebuild" else None
    if found is None:
        return
    home = found[0]
    places: dict[str, list[tuple[str, int]]] = {}
    for place in fault.places:
        image = image_of(place)
        if image is None:
            continue
        own = repository_of(image)
        if own is not None and (own.account, own.region) == home:
            if _FIRST_PULL.search(place):
                arn, makes = _repository(ground.network, home, own.name)
                yield (CopyImage(arn, upstream(ground.network, home, image), image, makes),)
            continue
        file, line = _PLACE.match(place).group("file", "line")  # type: ignore[union-attr]  # image_of has matched it
        places.setdefault(image, []).append((file, int(line)))
    for image, known in places.items():
        lines = _lines(ground.network, who.value, image, known)
        name, tag = _name(ground.network, home, image)
        to = f"{services.host('ecr.dkr', home[1], home[0])}/{name}{tag}"
        if lines:
            yield (UseImage(who.value, image, to, *_repository(ground.network, home, name), lines),)


def image_of(place: str) -> str | None:
    """The image that a line of a build's files names.

    >>> image_of("Dockerfile:1 FROM golang:1.12-alpine AS build")
    'golang:1.12-alpine'
    >>> image_of("buildspec.yml:7 npm ci") is None
    True
    """
    match = _PLACE.match(place)
    command = match["command"] if match else ""
    for pattern in _IMAGE:
        found = pattern.match(command)
        if found:
            return found["image"].removesuffix(":")
    return None


def _name(network: Network, home: Home, image: str) -> tuple[str, str]:
    """(the repository for a copy of an image, its tag or digest)."""
    from reachsim.pipeline.image import parse  # costs the parsers, which only builds at hand need

    reference = parse(image)
    tag = f"@{reference.digest}" if reference.digest else f":{reference.tag}"
    if repository_of(image) is not None:
        return reference.path, tag
    rules = network.read_collection(
        network.path(home, "ecr", "describe-pull-through-cache-rules"), "pullThroughCacheRules",
        aws.PullThroughCacheRule,
    )  # fmt: skip
    hosts = {reference.host, {"docker.io": "registry-1.docker.io"}.get(reference.host, reference.host)}
    cached = next((one.ecr_repository_prefix for one in rules if one.upstream_registry_url in hosts), None)
    return f"{cached or PREFIXES.get(reference.host, reference.host)}/{reference.path}".lower(), tag


def upstream(network: Network, home: Home, image: str) -> str:
    """Where a pull-through cache gets an image from."""
    name = image.split("/", 1)[1]
    rules = network.read_collection(
        network.path(home, "ecr", "describe-pull-through-cache-rules"), "pullThroughCacheRules",
        aws.PullThroughCacheRule,
    )  # fmt: skip
    for one in rules:
        if name.startswith(f"{one.ecr_repository_prefix}/"):
            return f"{one.upstream_registry_url}/{name.removeprefix(f'{one.ecr_repository_prefix}/')}"
    return image


def _repository(network: Network, home: Home, name: str) -> tuple[str, bool]:
    """(ARN of a repository, whether it has yet to be made)."""
    account, region = home
    rows = network.read_collection(
        network.path(home, "ecr", "describe-repositories"), "repositories", aws.Repository
    )  # fmt: skip
    arn = f"arn:{services.partition_of(region)}:ecr:{region}:{account}:repository/{name}"
    return arn, name not in {one.repository_name for one in rows}


def _lines(
    network: Network, project: str, image: str, known: Sequence[tuple[str, int]]
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    """(file, line) wherever these files name the image; none if the snapshot lacks one of the known lines."""
    draft = Draft(network)
    found: dict[tuple[str, int], None] = {}
    for file in dict.fromkeys(file for file, _ in known):
        try:
            lines = draft.text(f"code/{project}/{file}").splitlines()
        except ReachsimError:
            return ()
        named = [(file, number) for number, line in enumerate(lines, 1)
                 if image in line and image_of(f"{file}:{number} {line.strip()}") == image]  # fmt: skip
        found |= dict.fromkeys(named)
        found |= {(file, number): None for name, number in known
                  if name == file and number <= len(lines) and image in lines[number - 1]}  # fmt: skip
    return tuple(sorted(found)) if set(known) <= set(found) else ()

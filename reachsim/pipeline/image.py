"""Image references, and the hosts that answer for them.

**Source:** distribution/reference grammar (``[HOST[:PORT]/]PATH[:TAG][@DIGEST]``; the first component is a host iff it
holds ``.`` or ``:`` or is ``localhost``); Docker documentation, "Allowlist for Docker"; Amazon ECR User Guide, "Amazon
ECR interface VPC endpoints"; facts P5, P9, P72 to P75.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import digits, services
from reachsim.pipeline.records import Confidence, Destination, Gap, Request, Step, weaker
from reachsim.pipeline.urls import why_unknown
from reachsim.pipeline.variables import CLOSE, OPEN, is_known, nothing_known, shown, starred, unknown

DOCKER_HUB: Final = "docker.io"
_HUB_NAMES: Final = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "")
_HUB_USER: Final = r"(?i)DOCKER_?(?:HUB)?_?(?:USER|ID|LOGIN|ORG|NAMESPACE|ACCOUNT)"
_HUB: Final = ("auth.docker.io", "registry-1.docker.io")
_HUB_BLOBS: Final = (
    "production.cloudflare.docker.com",
    "production.cloudfront.docker.com",
    "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com",
)
# Where a registry sends clients for the layers; which of several is its choice, hence "likely" (P75).
_BLOBS: Final = {
    "public.ecr.aws": ("d5l0dvt14r5h8.cloudfront.net", "d2glxqk2uabbnd.cloudfront.net"),
    "ghcr.io": ("pkg-containers.githubusercontent.com",),
    "quay.io": ("cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io"),
    "gcr.io": ("storage.googleapis.com",),
}
_ECR: Final = (
    rf"(?P<account>[^./]+)\.dkr[.-]ecr(?:-fips)?\.(?P<region>(?:[^./{OPEN}]|{OPEN}[^{CLOSE}]*{CLOSE})+)"
    r"\.(?:amazonaws\.(?:com\.cn|com|eu)|on\.aws)"
)


def _of_ecr(host: str) -> re.Match[str] | None:
    """Account and Region of a private registry's host, as written."""
    return re.fullmatch(_ECR, host) if ".dkr" in host else None


class Reference(Struct, frozen=True):
    """An image reference: the registry's host with its port as written (Docker Hub: ``docker.io``), path, tag."""

    host: str
    path: str
    tag: str
    digest: str = ""


def parse(text: str) -> Reference:
    """Read an image reference; parts of it may be unknown.

    >>> parse("golang:1.12-alpine")
    Reference(host='docker.io', path='library/golang', tag='1.12-alpine', digest='')
    >>> parse("localhost:5000/app")
    Reference(host='localhost:5000', path='app', tag='latest', digest='')
    """
    text = text.strip()
    for scheme in ("docker://", "docker-image://", "https://", "http://"):
        text = text.removeprefix(scheme)
    first, slash, rest = text.partition("/")
    plain = first if is_known(first) else re.sub(f"{OPEN}[^{CLOSE}]*{CLOSE}", "x", first)
    is_host = bool(slash) and ("." in plain or ":" in plain or plain == "localhost")
    named = re.search(_HUB_USER, first)
    if slash and not is_host and not is_known(first) and not named:
        is_host = True  # $REGISTRY/app: a variable that stands first holds the registry, or nobody would need it
    host, path = (first, rest) if is_host else (DOCKER_HUB, text)
    begins = re.match(f"{OPEN}[^{CLOSE}]*{CLOSE}(?=[^:@])", first) if not named else None
    if begins and not nothing_known(first.partition(":")[0]) and "." not in plain:
        host, path = begins[0], text[begins.end() :]  # $PREFIX-app: the variable may hold the registry, too
    path, _, digest = path.partition("@")
    stem, colon, tag = path.rpartition(":")
    if colon and "/" not in tag:
        path = stem
    else:
        tag = ""
    if host in _HUB_NAMES:
        host = DOCKER_HUB
        if "/" not in path and not nothing_known(path):
            path = f"library/{path}"
    return Reference(host, path, tag or ("" if digest else "latest"), digest)


def is_local_host(host: str) -> bool:
    name = host.partition(":")[0]
    return name in ("localhost", "0.0.0.0", "host.docker.internal") or name.startswith("127.")


def pulls(text: str, confidence: Confidence = "certain") -> list[Destination | Gap]:
    """What pulling an image contacts."""
    reference = parse(text)
    found: list[Destination | Gap] = list(_registry(reference, text, "pull", confidence))
    if not found or isinstance(found[0], Gap):
        return found
    ecr = _of_ecr(reference.host)
    if ecr:
        found.append(_layers(ecr["region"], confidence))
        return found
    host = reference.host
    blobs: tuple[str, ...] = _HUB_BLOBS if host == DOCKER_HUB else _BLOBS.get(host, ())
    if host.endswith((".gcr.io", ".pkg.dev")):
        blobs = _BLOBS["gcr.io"]
    sure: Confidence = "likely" if confidence == "certain" else confidence
    found += [Destination(name, 443, "registry", sure, "pull", index=host) for name in blobs]
    return found


def pushes(text: str, confidence: Confidence = "certain") -> list[Destination | Gap]:
    """What pushing an image contacts: the registry only (fact P7)."""
    return list(_registry(parse(text), text, "push", confidence))


def logs_in(host: str, confidence: Confidence = "certain") -> list[Destination | Gap]:
    """What ``docker login HOST`` contacts; no host means Docker Hub.

    >>> [one.host for one in logs_in("")]
    ['auth.docker.io', 'registry-1.docker.io']
    """
    name = host.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return list(_registry(Reference(DOCKER_HUB if name in _HUB_NAMES else name, "", ""), host, "login", confidence))


def _registry(reference: Reference, text: str, step: Step, confidence: Confidence) -> list[Destination | Gap]:
    host = reference.host
    if reference.path.startswith("/") or (not text.strip() and step != "login"):
        return [
            Gap(shown(text) or "an image", "which registry that is: the variable before it is empty in these files")
        ]
    if host == DOCKER_HUB:
        if reference.path and nothing_known(reference.path):
            return [Gap(shown(text), f"which image that is: {why_unknown(text)}")]
        hub = DOCKER_HUB if step == "pull" else ""
        return [Destination(name, 443, "registry", confidence, step, index=hub) for name in _HUB]
    name, _, port = host.partition(":")
    if nothing_known(name):
        return [Gap(shown(text), f"which registry that is: {why_unknown(name)}")]
    if is_local_host(name):
        return []
    ecr = _of_ecr(name)
    if ecr is None:
        number = digits.port(port, 443)
        return [Destination(name, number, "registry", confidence, step, index=name if step == "pull" else "")]
    return [Destination(name, 443, "registry", confidence, step, "ecr.dkr", _requests(ecr, reference, step))]


def some_ecr(region: str, step: Step) -> Destination:
    """A private ECR registry of which only the Region is known."""
    host = services.host("ecr.dkr", region, unknown("account"))
    match = _of_ecr(host)
    requests = _requests(match, Reference(host, "", ""), step) if match else ()
    return Destination(host, 443, "registry", "likely", step, "ecr.dkr", requests)


_ACTIONS: Final = {"pull": services.ECR_DOWNLOAD, "push": services.ECR_PUSH}


def _requests(ecr: re.Match[str], reference: Reference, step: Step) -> tuple[Request, ...]:
    region, account = ecr["region"], ecr["account"]
    partition = services.partition_of(region)
    resource = starred(f"arn:{partition}:ecr:{region}:{account}:repository/{reference.path or '*'}")
    return tuple(Request(action, resource) for action in _ACTIONS.get(step, ()))


def _layers(region: str, confidence: Confidence) -> Destination:
    """The bucket that an ECR registry sends clients to for layers (fact P5), signed by ECR's own account (P6)."""
    request = Request("s3:GetObject", starred(services.layer_objects(region)))
    host = f"{services.layer_bucket(region)}.{services.host('s3', region, '')}"
    return Destination(host, 443, "registry", confidence, "pull", "s3", (request,))


def cache(text: str, sure: Confidence) -> list[Destination | Gap]:
    """What ``--cache-from`` reads: an image, of which layers are fetched as they are used, or nothing if the cache is
    kept elsewhere.
    """
    place = reference(text)
    if place and nothing_known(place):
        return [Gap(shown(text), why_unknown(text))]
    found = pulls(place, sure) if place else []
    return [
        replace(one, confidence=weaker("likely", sure)) if isinstance(one, Destination) and one.service == "s3" else one
        for one in found
    ]


def reference(text: str) -> str:
    """The image of ``--cache-from``/``--cache-to``: plain, or ``type=registry,ref=IMAGE``."""
    if "=" not in text.split("/")[0]:
        return text
    parts = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    return parts.get("ref", "") if parts.get("type") == "registry" else ""

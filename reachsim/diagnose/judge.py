"""What the snapshot says to an error of a log, and the causes that follow, by rank.

``certain``: the message says so outright, or the snapshot holds a rule that produces just this symptom on this way.
``likely``: it would produce the symptom at times, or the tool's behaviour is known. ``possible``: it stops the traffic
too, but would look otherwise; or nothing speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from reachsim import services
from reachsim.addresses import PUBLIC, format_address, parse_block
from reachsim.check.deployments import trusts_tasks
from reachsim.check.failures import remedy_of, spared_by, third_party
from reachsim.check.pipeline_roles import pipeline_roles
from reachsim.check.provisioning import provisioning
from reachsim.codes import CODES
from reachsim.diagnose.messages import OF_A_PIPELINE, OF_A_PROXY, UNASSUMED, WITHOUT_HOST, tool_of
from reachsim.diagnose.questions import (
    DENIALS,
    Asked,
    completed,
    contacts_of_command,
    contacts_of_source,
    cut_off_by_ecr,
    is_of_source,
    question_of,
)
from reachsim.diagnose.records import RANK, Cause, Diagnosed, Kind, Likelihood, LogError
from reachsim.dns.resolver import AMAZON
from reachsim.evidence import Block
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.places import Home
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import Verdict
from reachsim.workloads import find_project, find_service, task_definition_of

if TYPE_CHECKING:
    from reachsim.pipeline.records import Contact

_SEEN_AS: Final[dict[Kind, tuple[str, ...]]] = {
    "timeout": ("timeout",), "unreachable": ("timeout",), "refused": ("refused",), "reset": ("refused",),
    "no-connection": ("timeout", "refused", "name-not-found"), "name-not-found": ("name-not-found",),
    "forbidden": ("403",), "access-denied": ("403",), "unauthorized": ("403",), "no-internet": ("timeout",),
    "proxy": ("timeout", "refused", "name-not-found"), "dns-conflict": ("name-not-found",),
    "no-output": ("timeout", "refused", "name-not-found", "403"),
}  # fmt: skip
"""Which symptoms of a block an error looks like. A connection that is reset was there: what lets no packet through does
not look so."""
_POLICIES: Final = {
    "identity-based": "IDENTITY_POLICY_DENY", "resource-based": "RESOURCE_POLICY_DENY", "service control": "SCP_DENY",
    "resource control": "RCP_DENY", "permissions boundary": "BOUNDARY_DENY", "permission boundary": "BOUNDARY_DENY",
    "permissions boundarie": "BOUNDARY_DENY", "session": "SESSION_POLICY_DENY",
    "VPC endpoint": "VPCE_POLICY_IMPLICIT_DENY", "explicit VPC endpoint": "VPCE_POLICY_EXPLICIT_DENY",
}  # fmt: skip
_PUBLIC_RESOLVERS: Final = ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9")
_UPSTREAM: Final = re.compile(
    r"production\.cloud(?:flare|front)\.docker\.com|.+\.cloudfront\.net|.+\.r2\.cloudflarestorage\.com"
    r"|cdn\d*\.quay\.io|pkg-containers\.githubusercontent\.com|storage\.googleapis\.com"
)
_ECR: Final = re.compile(r"\.dkr[.-]ecr[.-]")


class Asker:
    """Asks one source's questions of a snapshot."""

    def __init__(self, ground: Ground, source: str, pins: Mapping[str, IntervalSet]) -> None:
        self.ground, self.source, self.pins = ground, source, pins
        self.network = ground.network
        selector = parse_selector(source)
        self.project = selector.value if selector.kind == "codebuild" else ""
        found = find_project(self.network, self.project) if self.project else None
        self.record = found[1] if found else None
        self.home: Home = found[0] if found else self.network.home_of(selector.value)
        self.role = (found[1].service_role or "") if found else ""
        service = find_service(self.network, *selector.value.split("/", 1)) if selector.kind == "ecs" else None
        if service is not None:
            task = task_definition_of(self.network, *service)
            self.home, self.role = service[0], (task.execution_role_arn or "") if task is not None else ""
        self.files = self._files()
        self._contacts: dict[str, tuple[Contact, ...]] = {}

    def _files(self) -> dict[str, bytes]:
        prefix = f"code/{self.project}/"
        held = [path for path in self.network.snapshot.paths if self.project and path.startswith(prefix)]
        return {path.removeprefix(prefix): self.network.snapshot.read(path) for path in held}

    def contacts(self, command: str) -> tuple[Contact, ...]:
        """What a command of the log contacts."""
        from reachsim.pipeline.project import find

        if command not in self._contacts:
            owned = find(self.network.snapshot, self.project) if self.record is not None else None
            self._contacts[command] = contacts_of_command(command, self.files, owned)
        return self._contacts[command]

    def contacts_of(self, error: LogError) -> tuple[Contact, ...]:
        """What the command of an error contacts, or the download of the source."""
        if is_of_source(error) and not tool_of(error.text):
            from reachsim.pipeline.project import find

            owned = find(self.network.snapshot, self.project) if self.record is not None else None
            return contacts_of_source(owned) if owned is not None else ()
        return self.contacts(error.command or tool_of(error.text))

    def ask(self, asked: Asked, layers: tuple[str, ...] | None = None) -> Verdict | None:
        """The snapshot's answer, by ``layers`` alone if they are given; None if there is nothing to ask."""
        if not asked.destination:
            return None
        return simulate(
            self.ground, self.source, asked.destination, protocol="tcp", port=asked.port,
            requests=self._signed(asked.requests) or None, layers=layers, pins=self.pins,
        )  # fmt: skip

    def ask_at(self, asked: Asked, error: LogError) -> Verdict | None:
        """The answer for the address that the log tells of a name, where the snapshot cannot tell it; None where the
        address would be none of that name's."""
        try:
            told = parse_block(error.address)
        except ValueError:
            return None
        if not told <= PUBLIC:
            return None
        verdict = simulate(
            self.ground, self.source, asked.destination, protocol="tcp", port=asked.port,
            requests=self._signed(asked.requests) or None, pins={**self.pins, error.host: told},
        )  # fmt: skip
        names = tuple(
            msgspec.structs.replace(one, detail=f"{error.address}, as the log tells") for one in verdict.names
        )
        return msgspec.structs.replace(verdict, names=names)

    def _signed(self, requests: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
        """A task's image and secrets are fetched in its execution role, not in its own; ECR itself signs for layers."""
        if not self.source.startswith("ecs:") or not self.role:
            return requests
        return tuple(
            one if "-starport-layer-bucket/" in one["resource"] else {"principal": self.role, **one} for one in requests
        )

    @property
    def in_vpc(self) -> bool:
        return self.record is None or bool(self.record.vpc_config and self.record.vpc_config.subnets)


def with_hosts(asker: Asker, errors: Sequence[LogError]) -> list[LogError]:
    """The errors with the hosts that their commands contact, where the messages name none; what then repeats another
    or still concerns nobody (a test's own output, say) is left out.
    """
    kept: dict[tuple[object, ...], LogError] = {}
    for error in errors:
        whole = completed(error, asker.contacts_of(error), asker.home)
        if not (whole.host or whole.address or whole.kind in WITHOUT_HOST or whole.kind == "no-output"):
            continue
        key = (whole.kind, whole.host, whole.port, whole.address and not whole.host, whole.action, whole.resource,
               whole.phase)  # fmt: skip
        old = kept.get(key)
        kept[key] = whole if old is None else msgspec.structs.replace(old, count=old.count + whole.count,
                                                                      fatal=old.fatal or whole.fatal)  # fmt: skip
    return list(kept.values())


def judged(asker: Asker, whole: LogError) -> Diagnosed:
    """An error (see `with_hosts`) with the snapshot's answer and its causes."""
    asked = question_of(whole, asker.home, asker.role, asker.contacts_of(whole))
    verdict = asker.ask(asked)
    if verdict is not None and verdict.outcome == "unknown" and whole.host and whole.address:
        verdict = asker.ask_at(asked, whole) or verdict
    causes = [*_stated(whole, verdict), *_known(asker, whole, verdict), *_proven(whole, verdict)]
    if not causes and whole.kind in DENIALS and verdict is not None and verdict.outcome == "unknown":
        causes += _without_an_allow(asker, asked)
    if not any(RANK[one.likelihood] < RANK["possible"] for one in causes):
        causes += _unexplained(whole, verdict)
    if whole.implied:
        causes = [msgspec.structs.replace(one, likelihood=max(one.likelihood, "likely", key=lambda it: RANK[it]))
                  for one in causes]  # fmt: skip
    kept: dict[tuple[object, ...], Cause] = {}
    for one in sorted(causes, key=lambda one: RANK[one.likelihood]):
        kept.setdefault((one.code, one.cause, one.component, one.rule), one)
    for service, one in _next(asker, whole, verdict):
        key = (one.code, one.cause, one.component, one.rule)
        if key not in kept or one.cause == "VPCE_MISSING_FOR_SERVICE":
            kept.setdefault((*key, service), one)
    ranked = sorted(kept.values(), key=lambda one: RANK[one.likelihood])
    return Diagnosed(whole, verdict, tuple(ranked), asked.requests)


def _cause(code: str, likelihood: Likelihood, component: str, detail: str) -> Cause:
    return Cause(code, likelihood, component, detail, CODES[code].remedy)


def _of_block(block: Block, likelihood: Likelihood, detail: str = "") -> Cause:
    known = (CODES[code] for code in (block.cause, block.code) if code is not None and code in CODES)
    remedy = next((code.remedy for code in known if code.remedy), "")
    return Cause(block.code, likelihood, block.component, detail or block.detail, remedy, block.cause, block.rule)


# --- what the message says ------------------------------------------------------------------------------------------


def _stated(error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    """The kind of policy that the message names; where the snapshot holds a policy that denies, that one."""
    word = error.policy.removeprefix("explicit ") if "VPC endpoint" not in error.policy else error.policy
    code = _POLICIES.get(word)
    if code is None:
        return
    same = [block for block in verdict.blocked_by if block.code == code] if verdict else []
    if code == "VPCE_POLICY_IMPLICIT_DENY" and verdict:
        same = [block for block in verdict.blocked_by if block.code.startswith("VPCE_POLICY_")]
    if same:
        yield from (_of_block(block, "certain") for block in same)
        return
    who = error.principal if code in ("IDENTITY_POLICY_DENY", "BOUNDARY_DENY", "SESSION_POLICY_DENY") else ""
    held = " (the snapshot's policies allow it, or lack what decides it)" if verdict else ""
    yield _cause(code, "certain", who or error.resource, f"the message says so{held}: {error.text[:200]}")


def _proven(error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    """What stops the traffic by the snapshot."""
    if verdict is None or verdict.outcome == "allowed":
        return
    seen = _SEEN_AS.get(error.kind, ())
    sure: Likelihood = "certain" if verdict.outcome == "blocked" else "likely"
    destination = verdict.question.destination
    spared, host = spared_by(destination, verdict), third_party(destination, verdict)
    for block in verdict.blocked_by:
        fits = (
            not OF_A_PROXY.search(error.text)
            and block not in spared
            and (block.symptom in seen or _fits_vpce(error, block))
        )
        at_times = block.symptom == "403" and cut_off_by_ecr(error, error.host)
        cause = _of_block(block, sure if fits else "likely" if at_times else "possible")
        yield msgspec.structs.replace(cause, remedy=remedy_of(block, spared=block in spared, host=host))


def _without_an_allow(asker: Asker, asked: Asked) -> Iterator[Cause]:
    """That no policy of the caller allows what was refused, where only a resource's policy that is not in the snapshot
    could: of another account's resource even that would not do."""
    answer = asker.ask(asked, ("identity-policy",))
    for block in answer.blocked_by if answer is not None and answer.outcome == "blocked" else ():
        yield _of_block(block, "likely")


def _fits_vpce(error: LogError, block: Block) -> bool:
    """A client that was pointed at an endpoint's own name gets an answer, but the wrong one (S04)."""
    return "vpce-" in error.host and block.cause in ("DNS_PRIVATE_DNS_DISABLED", "DNS_HOSTNAMES_DISABLED")


# --- what is known of tools and services ----------------------------------------------------------------------------


def _known(asker: Asker, error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    text, host = error.text, error.host
    if unassumed := UNASSUMED.search(text):
        blocked = trusts_tasks(asker.network, asker.home, unassumed["role"]).blocks
        yield from (_of_block(block, "certain") for block in blocked)
        if not blocked:
            yield _cause("RESOURCE_POLICY_DENY", "likely", unassumed["role"], text[:200])
        return
    if OF_A_PIPELINE.search(text) and not error.action:
        yield from _pipelines_role(asker, text)
        return
    match error.kind:
        case "network-interface":
            yield from _network_interface(asker, error)
        case "image-pull":
            yield from _image_pull(asker, error)
        case "rate-limited":
            yield from _rate_limited(asker, error, verdict)
        case "no-repository":
            yield _cause("REPOSITORY_DOES_NOT_EXIST", "certain", host or asker.source, text[:200])
        case "configuration":
            yield _cause("BUILD_CONFIGURATION_NOT_ACCEPTED", "certain", asker.source, text[:200])
        case "access-denied" if error.action == "sts:AssumeRole" and re.search(r"CodeBuild is not authorized", text):
            yield from _untrusting(asker, error)
        case "no-space":
            yield _cause("DISK_FULL", "certain", "", text[:200])
        case "docker-daemon":
            yield _cause("DOCKER_DAEMON_NOT_RUNNING", "certain", asker.source, _privileged(asker))
        case "no-addresses":
            yield _cause("SUBNET_WITHOUT_FREE_ADDRESSES", "certain", _subnets(asker, text), text[:200])
        case "dns-conflict":
            yield _cause("DNS_CONFLICTING_ZONES", "certain", _named(r"vpc-\w+", text) or host, text[:200])
        case "dns-attributes":
            yield from _dns_attributes(asker, text)
        case "certificate":
            yield from _certificate(error)
        case "unauthorized" if "vpce-" not in host:
            yield _cause("CREDENTIALS_NOT_ACCEPTED", "likely", host, text[:200])
        case "proxy":
            yield _cause("PROXY_NOT_USABLE", "likely", host or error.address, text[:200])
        case "name-not-found":
            yield from _resolver(asker, error, verdict)
    if error.kind in DENIALS and re.search(r"(?<![\w-])vpce-[\w-]+\.(?:api|dkr)\.ecr\.", host):
        detail = f"{host} is the endpoint's own name, and no registry answers by it"
        yield _cause("ENDPOINT_NAME_IS_NO_REGISTRY", "certain", host, detail)
    if _UPSTREAM.fullmatch(host) and _ECR.search(f"{text} {error.command}"):
        yield _upstream(asker, host)
    if not asker.in_vpc and error.kind in ("timeout", "refused", "unreachable", "no-connection", "name-not-found"):
        detail = f"{asker.source} runs on AWS's own network; nothing of your VPCs applies, nor can it be reached"
        yield _cause("CODEBUILD_NOT_IN_VPC", "possible", asker.source, detail)


def _pipelines_role(asker: Asker, text: str) -> Iterator[Cause]:
    """What keeps CodePipeline from what it asks in the name of its roles, of the service that the message names."""
    found = OF_A_PIPELINE.search(text)
    named = "UseConnection" if "Connection" in text else ((found and found["service"]) or "").split(" ")[0].lower()
    steps = pipeline_roles(asker.network).steps
    blocked = list(dict.fromkeys(block for step in steps for block in step.blocked_by))
    about = [block for block in blocked if named and named in block.detail] or blocked
    yield from (_of_block(block, "certain") for block in about)
    if not about:
        yield _cause("IDENTITY_POLICY_DENY", "likely", "", text[:200])


def _network_interface(asker: Asker, error: LogError) -> Iterator[Cause]:
    denied = re.search(r"UnauthorizedOperation|not authorized|AccessDenied", error.text)
    blocked = provisioning(asker.network, asker.home, asker.record).step.blocked_by if asker.record is not None else ()
    if not denied and not re.search(r"Unexpected EC2 error: *\.?$", error.text):
        yield _cause("VPC_CONFIGURATION_NOT_ACCEPTED", "certain", asker.source, error.text[:200])
        return
    yield from (_of_block(block, "certain") for block in blocked)
    if not blocked:
        yield _cause("ROLE_CANNOT_CREATE_ENI", "certain" if denied else "likely", asker.role, error.text[:200])


def _untrusting(asker: Asker, error: LogError) -> Iterator[Cause]:
    """CodeBuild itself was refused: the trust policy of the service role does not let it in."""
    blocked = provisioning(asker.network, asker.home, asker.record).step.blocked_by if asker.record is not None else ()
    held = [block for block in blocked if block.code == "ROLE_DOES_NOT_TRUST_CODEBUILD"]
    yield from (_of_block(block, "certain") for block in held)
    if not held:
        yield _cause("ROLE_DOES_NOT_TRUST_CODEBUILD", "certain", error.resource or asker.role, error.text[:200])


def _image_pull(asker: Asker, error: LogError) -> Iterator[Cause]:
    image = (asker.record.environment.image if asker.record else None) or error.host or asker.source
    if re.search(r"toomanyrequests|429|rate limit", error.text):
        yield _cause("REGISTRY_RATE_LIMIT", "certain", image, error.text[:200])
    detail = f"CodeBuild pulls {image} from its own network: neither the VPC's ways nor its endpoints serve that pull"
    yield _cause("SERVICE_PLANE_PULL_NOT_VIA_VPC", "likely", image, detail)
    if re.search(r"denied|no basic auth|unauthorized|403|401", error.text):
        started = provisioning(asker.network, asker.home, asker.record).step if asker.record is not None else None
        yield from (_of_block(block, "certain") for block in (started.blocked_by if started is not None else ()))
        whose = "the repository's policy must let codebuild.amazonaws.com pull, or the service role where it is used"
        yield _cause("CREDENTIALS_NOT_ACCEPTED", "likely", image, whose if _ECR.search(image) else error.text[:200])


def _rate_limited(asker: Asker, error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    service = services.service_of_host(error.host)[0] if error.host else None
    if service not in (None, "ecr.dkr", "ecr.api"):
        yield _cause("SERVICE_RATE_LIMIT", "certain", error.host, error.text[:200])
        return
    registry = error.host or "docker.io"
    yield _cause("REGISTRY_RATE_LIMIT", "certain", registry, error.text[:200])
    if not asker.in_vpc:
        detail = f"builds of {asker.source} share public addresses with those of others, and the limit is per address"
        yield _cause("CODEBUILD_NOT_IN_VPC", "likely", asker.source, detail)
    if verdict is None or verdict.route in ("internet", "mixed"):
        yield _cause("PUBLIC_EGRESS_POSSIBLE", "likely", registry, f"the pull from {registry} goes over the internet")


def _privileged(asker: Asker) -> str:
    return f"{asker.source}: its builds run Docker only if the project's environment is privileged"


def _subnets(asker: Asker, text: str) -> str:
    named = _named(r"subnet-\w+", text)
    config = asker.record.vpc_config if asker.record else None
    return named or ", ".join(config.subnets if config else ())


def _named(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def _dns_attributes(asker: Asker, text: str) -> Iterator[Cause]:
    if "PrivateDnsOnlyForInboundResolverEndpoint" in text:
        yield _cause("VPCE_MISSING_FOR_SERVICE", "certain", _named(r"vpc-\w+", text), text[:200])
        return
    named = _named(r"vpc-\w+", text)
    for attribute, code in (("enableDnsSupport", "DNS_SUPPORT_DISABLED"), ("enableDnsHostnames",
                                                                           "DNS_HOSTNAMES_DISABLED")):  # fmt: skip
        value = asker.network.vpc_attribute(named, attribute)[0] if named in asker.network.vpcs else None
        if value is not True:
            yield _cause(code, "likely" if value is None else "certain", named, text[:200])


def _certificate(error: LogError) -> Iterator[Cause]:
    if "vpce-" in error.host or re.search(r"certificate is valid for|doesn't match|not match", error.text):
        yield _cause("CERTIFICATE_NAME_MISMATCH", "certain", error.host, error.text[:200])
    else:
        yield _cause("CERTIFICATE_NOT_TRUSTED", "likely", error.host, error.text[:200])


def _resolver(asker: Asker, error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    in_container = error.command.startswith("RUN") or "docker" in error.command
    if error.resolver in _PUBLIC_RESOLVERS:
        detail = f"{error.host} was asked of {error.resolver}, not of the VPC's resolver"
        yield _cause("CONTAINER_RESOLVER_FALLBACK", "certain", error.resolver, detail)
    elif error.resolver and not _amazon_s(asker, error.resolver):
        detail = f"{error.host} was asked of {error.resolver}, which is the resolver of no VPC in the snapshot"
        yield _cause("DNS_CUSTOM_RESOLVER_UNKNOWN", "likely", error.resolver, detail)
    elif in_container and not any(block.code.startswith("DNS_") for block in (verdict.blocked_by if verdict else ())):
        detail = "the name resolves by the snapshot; a container's resolver may not be the build's own"
        yield _cause("CONTAINER_RESOLVER_FALLBACK", "possible", error.host, detail)


def _amazon_s(asker: Asker, resolver: str) -> bool:
    """Whether an address is that of a VPC's resolver, or one of the build's own host, which asks it in turn."""
    own = map(asker.network.resolver_address, asker.network.vpcs)
    return resolver.startswith("127.") or resolver in AMAZON | {format_address(one) for one in own if one is not None}


def _upstream(asker: Asker, host: str) -> Cause:
    path = asker.network.path(asker.home, "ecr", "describe-pull-through-cache-rules")
    detail = f"the image is asked of ECR, but {host} serves its layers: a pull-through cache redirects there"
    known = asker.network.snapshot.status(path) == "ok"
    return _cause("UPSTREAM_REDIRECT_NEEDS_INTERNET", "certain" if known else "likely", host, detail)


# --- what else ------------------------------------------------------------------------------------------------------


def _unexplained(error: LogError, verdict: Verdict | None) -> Iterator[Cause]:
    """By the snapshot it gets through: the detour it takes, if it takes one, and that something else is at work."""
    if verdict is None or verdict.outcome != "allowed":
        return
    for hop in verdict.names:
        if isinstance(hop.rule, str) and hop.rule in CODES:
            yield _cause(hop.rule, "possible", hop.component, hop.detail)
    far = "the other side refuses it" if error.kind in (*DENIALS, "refused") else "the other side does not answer"
    detail = (
        f"by this snapshot it gets through (route {verdict.route}): either {far}, or the configuration was another "
        "when the build ran, or something that a snapshot does not hold is in the way"
    )
    yield _cause("NOT_EXPLAINED_BY_SNAPSHOT", "possible", error.host or error.address, detail)


def _next(asker: Asker, error: LogError, verdict: Verdict | None) -> Iterator[tuple[str, Cause]]:
    """A pull from ECR needs three services; what stops the others comes next, once this is mended (S23)."""
    suffix, region, _ = services.service_of_host(error.host) if error.host else (None, None, False)
    layers = error.host.startswith("prod-") and "-starport-layer-bucket." in error.host
    if verdict is None or region is None or (suffix not in ("ecr.api", "ecr.dkr") and not layers):
        return
    account = asker.home[0]
    others = {
        "ecr.api": Asked(f"host:{services.host('ecr.api', region, account)}"),
        "ecr.dkr": Asked(f"host:{services.host('ecr.dkr', region, account)}"),
        "s3": Asked(f"host:{services.layer_bucket(region)}.{services.host('s3', region, account)}", 443,
                    ({"action": "s3:GetObject", "resource": services.layer_objects(region)},)),
    }  # fmt: skip
    del others["s3" if layers else str(suffix)]
    redirected = error.kind == "forbidden" and "/blobs/sha256" in error.path  # to the bucket, by the registry's name
    for name, asked in others.items():
        answer = asker.ask(asked)
        for block in answer.blocked_by if answer is not None and answer.outcome != "allowed" else ():
            sure: Likelihood = "likely" if redirected and name == "s3" and block.symptom == "403" else "possible"
            yield name, _of_block(block, sure, f"a pull from ECR needs {name} too: {block.detail}")

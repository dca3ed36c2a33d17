"""What the steps of a pipeline need: destinations, and the IAM requests that go there.

Where the build's files are at hand they say it (`reachsim.pipeline`), else the project's configuration does.
**Source:** DESIGN, "Needed".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reachsim import policy, services
from reachsim.check.file_systems import NFS, mounts
from reachsim.destinations import bucket_region
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.pipeline.handed import UNTOLD, Variable, environments
from reachsim.pipeline.project import log_actions, parameter, runs, secret
from reachsim.pipeline.records import BATCH_ELSEWHERE, PROXY_REACHES
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

if TYPE_CHECKING:
    from reachsim.pipeline.records import Contact, Contacts, Request, Unresolved

GIT_HOSTS: Final = {"GITHUB": "github.com", "GITLAB": "gitlab.com", "BITBUCKET": "bitbucket.org"}
SELF_HOSTED: Final = ("GITHUB_ENTERPRISE", "GITLAB_SELF_MANAGED")
PROXY_VARIABLES: Final = ("http_proxy", "https_proxy", "all_proxy")
"""Environment variables that send what a build contacts elsewhere ("Run CodeBuild in an explicit proxy server")."""
SERVICES: Final = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "s3", "logs", "sts")
"""The services of the matrix; those that a step needs besides get a column of their own."""


class Need(Struct, frozen=True):
    """One thing that a step needs: a destination, the IAM requests that go there, and where the build's files say so.

    Needs of one step with the same ``instead`` word stand for each other: one of them is enough. An empty destination
    is one that the files do not tell; ``open`` says that they tell the service, but not the resource's name;
    ``in_image`` that a Docker build contacts it; ``by`` is the source that it is asked from, "" for the step's own;
    ``by_proxy`` whether a proxy is asked for it, as far as the build's files tell; ``by_client`` that an image is
    pulled or pushed without the Docker daemon; ``host`` is the name that is looked up, "" for the destination's own;
    ``leads_out`` that what is not told may lead out of the private network; ``within`` are the subnets that it is asked
    from, () for all of the source's; ``others`` are requests with other credentials than the source's own, which no
    policy is asked about; ``tolerated`` that the build goes on where it does not get it.
    """

    step: str
    destination: str
    requests: tuple[dict[str, Any], ...] = ()
    port: int = 443
    protocol: str = "tcp"
    place: str = ""
    instead: str = ""
    open: bool = False
    in_image: bool = False
    by: str = ""
    by_proxy: bool | None = None
    by_client: bool = False
    host: str = ""
    leads_out: bool = False
    within: tuple[str, ...] = ()
    others: tuple[dict[str, Any], ...] = ()
    tolerated: bool = False

    @property
    def named(self) -> Iterator[dict[str, Any]]:
        """The requests, whoever's credentials they are made with; not those for a resource of no known account."""
        yield from self.requests
        yield from (one for one in self.others if one["resource"].split(":")[4:5] != ["*"])

    @property
    def asked(self) -> tuple[str, str, int]:
        return self.destination, self.protocol, self.port

    @property
    def question(self) -> tuple[str, tuple[str, str, int], str, tuple[tuple[str, ...], ...], bool]:
        """What is asked for a need on its own, as a key."""
        requests = tuple(tuple(map(str, one.values())) for one in self.requests)
        return self.by, self.asked, self.host, requests, self.open


def needs_of(network: Network, source: str, contacts: Contacts | None = None) -> tuple[Need, ...]:
    """The needs of a source; ``contacts`` are what its build contacts, as far as its files are at hand."""
    if contacts is None:
        return default_needs(network, source)
    found = find_project(network, parse_selector(source).value)
    home = found[0] if found is not None else ("", "")
    needs = [*_untold(network, *found), *_files_in_buckets(*found), *_git_by_endpoint(network, *found)] if found else []
    needs += [_of_contact(home, one) for one in contacts.contacts if one.confidence != "possible"]
    needs += [_of_unresolved(one) for one in contacts.unresolved if _names_an_image(one)]
    needs += [_of_unresolved(one, "run") for one in contacts.unresolved
              if one.surely or "CodeBuild refuses it" in one.why]  # fmt: skip
    proxied = [one for one in contacts.unresolved if one.why == PROXY_REACHES]
    batched = [one for one in contacts.unresolved if one.why == BATCH_ELSEWHERE
               and found is not None and _goes_elsewhere(found[1], one.text)]  # fmt: skip
    needs += [Need("environment", "", place=f"{one.file}:{one.line} {one.text}: {one.why}", leads_out=True)
              for one in (*proxied, *batched)]  # fmt: skip
    if proxied or (found is not None and _proxies(network, *found)):
        needs = [_behind_a_proxy(need, [one.text for one in proxied]) for need in needs]
    needs += _exports(network, home, needs)
    needs = [_where_it_is(network, home, need) for need in needs]
    needs = [_encrypted(network, *found, need) for need in needs] if found is not None else needs
    return tuple(need for index, need in enumerate(needs) if need not in needs[:index])


def _goes_elsewhere(project: aws.Project, named: str) -> bool:
    """Whether what a batch names takes builds of a project elsewhere: not to its own fleet, nor where it has no
    batches."""
    fleet = project.environment.fleet
    own = (fleet.fleet_arn or "").partition(":fleet/")[2].partition(":")[0] if fleet is not None else ""
    return project.build_batch_config is not None and named != f"fleet: {own}"


def _where_it_is(network: Network, home: Home, need: Need) -> Need:
    """A need of a bucket in another Region asks there: S3 sends the client on to it."""
    arn = next((str(one["resource"]) for one in need.requests if ":s3:::" in str(one["resource"])), "")
    bucket = arn.split(":::", 1)[-1].split("/", 1)[0]
    region = bucket_region(network, bucket, home[0]) if need.destination == "s3" and bucket else None
    if region in (None, home[1]):
        return need
    base = services.host("s3", region or "", home[0])
    return replace(need, destination=f"host:{base if '.' in bucket else f'{bucket}.{base}'}", host="")


def _behind_a_proxy(need: Need, proxies: Sequence[str]) -> Need:
    """What a proxy may fetch for the build isn't asked for on the build's own way; the proxy itself is.

    Where the files do not tell what NO_PROXY exempts, AWS's names are taken to be among it.
    """
    if need.by_proxy is False:
        return need
    if need.by_proxy:
        return replace(need, destination="", place=f"{need.place}: {PROXY_REACHES}")
    host = need.destination.removeprefix("host:")
    if host == need.destination or need.port not in (80, 443) or any(host in one for one in proxies):
        return need
    return replace(need, destination="", place=f"{need.place or host}: {PROXY_REACHES}")


def _of_contact(home: Home, contact: Contact) -> Need:
    by_itself = contact.file.endswith("/codebuild/batch-get-projects.json")  # CodeBuild's own doing, by configuration
    place = "" if by_itself else f"{contact.file}:{contact.line} {contact.command}"
    asked = contact.requests or _of_packages(home, contact)
    requests = tuple(_request(one.action, own(home, one.resource)) for one in asked)
    others = tuple(_request(one.action, one.resource) for one in contact.others)
    for action, service in _BY_BEARER_TOKEN.items():
        if any(one.action == action for one in asked):
            context = {"sts:AWSServiceName": service}
            requests += ({"action": services.BEARER_TOKEN, "resource": "*", "context": context},)
    instead = (place or contact.command) if contact.confidence == "likely" else ""
    destination, is_open = _destination(home, contact.host)
    ordinary = services.is_known(destination) and services.host(destination, home[1], home[0])
    host = contact.host if ordinary and contact.host != ordinary and not is_open else ""
    return Need(contact.step, destination, requests, contact.port, contact.protocol, place, instead, is_open,
                contact.in_image, by_proxy=contact.by_proxy, by_client=contact.by_client, host=host,
                others=others, tolerated=contact.tolerated)  # fmt: skip


_BY_BEARER_TOKEN: Final = {
    "codeartifact:GetAuthorizationToken": "codeartifact.amazonaws.com",
    "ecr-public:GetAuthorizationToken": policy.PRESENT,
}  # fmt: skip
"""The requests with which a service asks for a bearer token in the caller's name, and the service, where AWS documents
its name (CodeArtifact User Guide, "Tokens created with the GetAuthorizationToken API"; Amazon ECR Public User Guide,
"Registry authentication")."""


def _of_packages(home: Home, contact: Contact) -> tuple[Request, ...]:
    """What a package manager asks of CodeArtifact, unless it publishes: to read of a repository of the domain.

    **Source:** CodeArtifact User Guide, "Package manager configuration"; Service Authorization Reference.
    """
    domain = re.fullmatch(r"([a-z0-9-]+)-(\d{12})\.d\.codeartifact\.([\w-]+)\.amazonaws\.com", contact.host)
    if domain is None or re.search(_PUBLISHES, contact.command):
        return ()
    from reachsim.pipeline.records import Request  # costs the parsers, which few projects need

    arn = f"arn:{services.partition_of(home[1])}:codeartifact:{domain[3]}:{domain[2]}:repository/{domain[1]}/*"
    return (Request("codeartifact:ReadFromRepository", arn),)


_PUBLISHES: Final = r"\b(?:publish|upload|push|deploy|release)\b"


def _destination(home: Home, host: str) -> tuple[str, bool]:
    """A service of the Region by its suffix, any other host by its name; nothing if a part of it is not known.

    The second says that the name of a resource, which stands before the service's own name, is not known.
    """
    if "{" in host:
        found, _ = _destination(home, re.sub(r"\{[^{}]*\}", "x", host))
        first = re.sub(r"\{[^{}]*\}", "", host).lstrip(".-")  # only what stands first is open
        is_tail = host.endswith(first) and "{" not in host[len(host) - len(first) :]
        return ("", False) if found.startswith("host:") or not is_tail else (found, True)
    suffix, region, is_aws = services.service_of_host(host)
    if is_aws and suffix is not None and region == home[1]:
        regional = services.host(suffix, region, home[0])
        if host == regional or suffix in ("s3", "ecr.dkr"):
            return suffix, False
    return f"host:{host}", False


def own(home: Home, resource: str) -> str:
    """An ARN whose account the files leave open is taken to be the project's own."""
    parts = resource.split(":")
    if len(parts) > 5 and parts[4] == "*":
        parts[4] = home[0]
    return ":".join(parts)


_OPEN_IMAGE: Final = ("Dockerfile", "which image", "which registry", "no FROM", "compose file", "docker-bake file",
                      "build's directory")  # fmt: skip


def _names_an_image(row: Unresolved) -> bool:
    """Whether it leaves open what an image is built from: then the pull of its base images is not known."""
    return row.text.upper().startswith(("FROM ", "COPY --FROM=")) or any(words in row.why for words in _OPEN_IMAGE)


def _of_unresolved(row: Unresolved, step: str = "pull") -> Need:
    return Need(step, "", place=f"{row.file}:{row.line} {row.text}: {row.why}")


def default_needs(network: Network, source: str) -> tuple[Need, ...]:
    """The steps that a source's configuration implies (DESIGN, "Needed"), without reading its buildspec."""
    selector = parse_selector(source)
    if selector.kind != "codebuild":
        return _push_needs(network, source)
    found = find_project(network, selector.value)
    if found is None:
        return ()
    home, project = found
    needs = [*_untold(network, home, project), *_files_in_buckets(home, project)]
    needs += _environment_needs(network, home, project)
    needs += [*_source_needs(network, home, project), *_git_by_endpoint(network, home, project)]
    needs += [Need("source", "", place=f"which submodules the source {one.type} has is not known")
              for one in (project.source, *project.secondary_sources)
              if one.git_submodules_config is not None and one.git_submodules_config.fetch_submodules]  # fmt: skip
    registry = _arn(home, "ecr", "repository/*")
    needs += [
        Need("login", "ecr.api", (_request("ecr:GetAuthorizationToken", "*"),)),
        Need("pull", "ecr.dkr", tuple(_request(one, registry) for one in services.ECR_DOWNLOAD)),
        in_bucket("pull", home, services.layer_objects(home[1]), ("s3:GetObject",)),
        Need("push", "ecr.dkr", tuple(_request(one, registry) for one in services.ECR_PUSH)),
    ]
    logs = project.logs_config.cloud_watch_logs if project.logs_config else None
    if logs is None or logs.status != "DISABLED":
        group = (logs.group_name if logs else None) or f"/aws/codebuild/{project.name}"
        stream = _arn(home, "logs", f"log-group:{group}:*")
        listed = network.path(home, "logs", "describe-log-groups")
        there = {one.log_group_name for one in network.read_collection(listed, "logGroups", aws.LogGroup)}
        asked = log_actions(group, frozenset(there))
        needs.append(Need("logs", "logs", tuple(_request(one, stream) for one in asked)))
    needs += _kept_in_buckets(network, home, project)
    return tuple(_encrypted(network, home, project, _where_it_is(network, home, need)) for need in needs)


def _exports(network: Network, home: Home, needs: Sequence[Need]) -> Iterator[Need]:
    """The buckets that the groups of a build's test reports are exported to as well.

    **Source:** CodeBuild API Reference, "ReportExportConfig"; User Guide, "Test reporting", "Create a report group"
    (the raw data of test results); fact P61e.
    """
    named = {str(request["resource"]) for need in needs if need.step == "reports" for request in need.requests}
    path = network.path(home, "codebuild", "batch-get-report-groups")
    for group in network.read_collection(path, "reportGroups", aws.ReportGroup) if named else ():
        export = group.export_config
        if group.arn not in named or export is None or export.export_config_type == "NO_EXPORT":
            continue
        to = export.s3_destination
        if export.export_config_type != "S3" or to is None or not to.bucket:
            yield Need("reports", "", place=f"where {group.arn} exports its reports is not known")
            continue
        objects = f"arn:{services.partition_of(home[1])}:s3:::{to.bucket.rsplit(':', 1)[-1]}/*"
        found = in_bucket("reports", home, objects, ("s3:PutObject",), f"reports of {group.arn.rsplit('/', 1)[-1]}")
        key = to.encryption_key or ""
        if ":key/" in key and not to.encryption_disabled:
            headers = {"s3:x-amz-server-side-encryption": "aws:kms",
                       "s3:x-amz-server-side-encryption-aws-kms-key-id": key}  # fmt: skip
            found = replace(found, requests=tuple({**one, "context": headers} for one in found.requests))
        yield found


def _push_needs(network: Network, client: str) -> tuple[Need, ...]:
    """What a client needs that pushes: one of the pipeline's repositories in its own account, as CodeCommit lets nobody
    from another account in but by a role there."""
    found = _repositories(network)
    by_instance = client in network.instances
    own = [arn for arn in found if arn.split(":")[4] == network.home_of(client)[0]] if by_instance else found[:1]
    asked: list[tuple[dict[str, Any], ...]] = [(_request("codecommit:GitPush", arn),) for arn in own]
    asked = asked or [()]
    instead = "one of the pipeline's repositories" if len(asked) > 1 else ""
    return tuple(Need("git-push", "git-codecommit", one, instead=instead) for one in asked)


def _encrypted(network: Network, home: Home, project: aws.Project, need: Need) -> Need:
    """The upload of artifacts with the headers that CodeBuild sends: it encrypts them with a KMS key, of the pipeline's
    artifact store or else its own, unless the project says not to.

    **Source:** CodeBuild User Guide, "Encrypt build outputs using a customer managed key"; CodePipeline User Guide,
    "Configure server-side encryption for artifacts stored in Amazon S3" (the bucket policy that demands ``aws:kms``).
    """
    if need.step != "artifacts":
        return need
    kept = (project.artifacts, *(project.secondary_artifacts or ()))
    requests = []
    for one in need.requests:
        bucket = str(one["resource"]).split(":::", 1)[-1].split("/", 1)[0]
        mine = [place for place in kept if place is not None and place.type in ("CODEPIPELINE", "S3")
                and (place.type == "CODEPIPELINE" or place.bucket == bucket)]  # fmt: skip
        sure = bool(mine) and not any(place.encryption_disabled for place in mine)
        key = network.artifact_keys.get((home, bucket)) or project.encryption_key or ""
        named = {"s3:x-amz-server-side-encryption-aws-kms-key-id": key} if ":key/" in key else {}
        headers = {"s3:x-amz-server-side-encryption": "aws:kms", **named}
        requests.append({**one, "context": headers} if sure and one["action"] == "s3:PutObject" else one)
    return replace(need, requests=tuple(requests))


def _files_in_buckets(home: Home, project: aws.Project) -> list[Need]:
    """The certificate of the build environment, and a buildspec that lies in a bucket beside the source (P54)."""
    files = (("environment", project.environment.certificate), ("source", project.source.buildspec))
    named = [(step, arn) for step, arn in files if arn is not None and arn.startswith("arn:")]
    return [in_bucket(step, home, arn, ("s3:GetObject",), f"{step}: {arn}") for step, arn in named
            if re.fullmatch(r"arn:[\w-]+:s3:::[^\s/]+/\S+", arn)]  # fmt: skip


def _kept_in_buckets(network: Network, home: Home, project: aws.Project) -> list[Need]:
    """Logs, artifacts and the cache that the configuration keeps in buckets. What CodePipeline gets is uploaded where
    the project's action has output artifacts; artifacts in a bucket of its own are what its type is there for.
    """
    places: list[tuple[str, str | None, tuple[str, ...]]] = []
    stored = project.logs_config.s3_logs if project.logs_config else None
    if stored is not None and stored.status == "ENABLED":
        places.append(("logs", stored.location, ("s3:PutObject",)))
    for one in (project.artifacts, *(project.secondary_artifacts or ())):
        if one is not None and one.type == "S3":
            places.append(("artifacts", one.location, ("s3:PutObject",)))
        elif one is not None and one.type == "CODEPIPELINE":
            from reachsim.pipeline.project import output_buckets  # costs the parsers, which few projects need

            handed_on = output_buckets(network.snapshot, *home, project.name)
            places += [("artifacts", bucket, ("s3:PutObject",)) for bucket in handed_on]
    if project.cache is not None and project.cache.type == "S3":
        places.append(("cache", project.cache.location, ("s3:GetObject", "s3:PutObject")))
    needs = []
    for step, location, actions in places:
        bucket = (location or "").rsplit(":", 1)[-1].split("/")[0]
        arn = f"arn:{services.partition_of(home[1])}:s3:::{bucket or '*'}/*"
        needs.append(in_bucket(step, home, arn, actions))
    return needs


def in_bucket(step: str, home: Home, objects: str, actions: Sequence[str], place: str = "") -> Need:
    """What a step does to a bucket's objects (an ARN), which its own name leads to unless a dot stands in it."""
    bucket = objects.split(":::", 1)[-1].split("/", 1)[0]
    host = "" if set(bucket) & set(".*") else f"{bucket}.{services.host('s3', home[1], home[0])}"
    requests = tuple(_request(one, objects) for one in actions)
    return Need(step, "s3", requests, place=place, open="*" in bucket, host=host)


def _request(action: str, resource: str) -> dict[str, Any]:
    return {"action": action, "resource": resource}


def _arn(home: Home, service: str, rest: str) -> str:
    return f"arn:{services.partition_of(home[1])}:{service}:{home[1]}:{home[0]}:{rest}"


def _repositories(network: Network) -> list[str]:
    """The CodeCommit repositories that projects fetch their source from, and source stages of pipelines."""
    found = [
        _arn(home, "codecommit", (project.source.location or "").rsplit("/", 1)[-1])
        for (home, _), project in sorted(network.projects.items(), key=lambda one: one[0])
        if project.source.type == "CODECOMMIT" and project.source.location
    ]
    for home, pipeline in network.pipelines:
        for action in (action for stage in pipeline.stages for action in stage.actions):
            name = action.configuration.get("RepositoryName", "")
            if action.action_type_id.provider == "CodeCommit" and name and "#{" not in name:
                whose = [*(action.role_arn or "").split(":"), *[""] * 5][4] or home[0]
                found.append(_arn((whose, action.region or home[1]), "codecommit", name))
    return list(dict.fromkeys(found))


def codecommit_repositories(network: Network, needs: Sequence[Need]) -> list[str]:
    """The ARNs of the CodeCommit repositories that the pipeline's needs and its pipelines' source stages name."""
    asked = [str(request["resource"]) for need in needs for request in need.named]
    return list(dict.fromkeys([*(arn for arn in asked if ":codecommit:" in arn), *_repositories(network)]))


def _source_needs(network: Network, home: Home, project: aws.Project) -> list[Need]:
    from reachsim.pipeline.project import artifact_buckets, clones  # costs the parsers, which few projects need
    from reachsim.pipeline.records import Gap

    needs = []
    for one in (project.source, *project.secondary_sources):
        if one.type == "CODECOMMIT":
            repository = (one.location or "*").rsplit("/", 1)[-1]
            request = _request("codecommit:GitPull", _arn(home, "codecommit", repository))
            needs.append(Need("source", "git-codecommit", (request,)))
        elif one.type in ("S3", "CODEPIPELINE"):
            handed = artifact_buckets(network.snapshot, *home, project.name) if one.type == "CODEPIPELINE" else ()
            places = [f"{bucket}/*" for bucket in handed] or [(one.location or "") if one.type == "S3" else ""]
            for place in places:
                objects = f"arn:{services.partition_of(home[1])}:s3:::{place}"
                needs.append(in_bucket("source", home, objects, ("s3:GetObject",)) if place else Need("source", "s3"))
        elif one.type in GIT_HOSTS:
            needs.append(Need("source", f"host:{GIT_HOSTS[one.type]}"))
        elif one.type in SELF_HOSTED and (host := urlsplit(one.location or "").hostname):
            needs.append(Need("source", f"host:{host}"))
    for found in clones(network.snapshot, *home, project.name):
        if isinstance(found, Gap):
            needs.append(Need("source", "", place=found.why))
        else:
            requests = tuple(_request(one.action, one.resource) for one in found.requests)
            needs.append(Need("source", _destination(home, found.host)[0], requests))
    return needs


def _git_by_endpoint(network: Network, home: Home, project: aws.Project) -> list[Need]:
    """Full clones by a connection where there are endpoints for connections: AWS documents that those serve the API,
    not whether they carry Git.
    """
    if "CODEPIPELINE" not in {one.type for one in (project.source, *project.secondary_sources)}:
        return []
    from reachsim.pipeline.project import clones  # costs the parsers, which few projects need
    from reachsim.pipeline.records import Gap

    known = {services.suffix_of_service_name(one.service_name) for one in network.vpc_endpoints.values()}
    served = {one[0] for one in known if one is not None}
    asked = [one.host for one in clones(network.snapshot, *home, project.name)
             if not isinstance(one, Gap) and one.service in served and one.service != "git-codecommit"]  # fmt: skip
    place = "whether a VPC endpoint for {} carries Git is not documented"
    return [Need("source", "", place=place.format(host)) for host in asked]


def _untold(network: Network, home: Home, project: aws.Project) -> list[Need]:
    """What the configuration leaves open: sources of a kind that we do not know, what a proxy reaches, file systems
    that a build mounts (P55), what the docker server of a fleet does, whose place is not documented (P64, P65), what
    runners do for GitHub Actions, GitLab or Buildkite (User Guide, "Use CodeBuild with self-hosted runners").
    """
    needs = []
    for one in (project.source, *project.secondary_sources):
        known = one.type in (*SELF_HOSTED, *GIT_HOSTS, "CODECOMMIT", "CODEPIPELINE", "S3", "NO_SOURCE")
        if not known or (one.type in SELF_HOSTED and not one.location):
            needs.append(Need("source", "", place=f"a source of type {one.type or 'that is not told'}"))
    needs += [
        Need(step, "", place=f"{what}, of which nothing is known")
        for step, what in _of_no_known_kind(project, _variables(network, home, project)[0])
    ]
    if project.webhook is not None and project.webhook.runner:
        needs.append(Need("run", "", place="builds are runners, whose jobs the snapshot and the buildspec do not tell"))
    fleet = project.environment.fleet
    if project.environment.docker_server is not None and fleet is not None and fleet.fleet_arn:
        place = "images are pulled, built and pushed by the docker server of a fleet, whose place is not documented"
        needs += [Need(step, "", place=place) for step in ("pull", "push")]
    needs += [Need("environment", "", place=f"{name}: what the proxy reaches is not known", leads_out=True)
              for name in _proxies(network, home, project)]  # fmt: skip
    needs += [Need("environment", one.target, port=NFS, place=one.place, host=one.name, within=one.subnets)
              for one in mounts(network, home, project)]  # fmt: skip
    untold = [UNTOLD] if _variables(network, home, project)[1] else []
    return needs + [Need("environment", "", place=place) for place in untold]


def _of_no_known_kind(project: aws.Project, variables: Sequence[Variable]) -> Iterator[tuple[str, str]]:
    """(step, what) of what a project has that AWS did not have when this was written (CodeBuild API Reference)."""
    for one in variables:
        if one.type not in ("PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"):
            yield "environment", f"the variable {one.name} of type {one.type}"
    for kept in (project.artifacts, *(project.secondary_artifacts or ())):
        if kept is not None and kept.type not in (None, "NO_ARTIFACTS", "S3", "CODEPIPELINE"):
            yield "artifacts", f"artifacts of type {kept.type}"
    if project.cache is not None and project.cache.type not in (None, "NO_CACHE", "LOCAL", "S3"):
        yield "cache", f"a cache of type {project.cache.type}"
    stored = project.logs_config.s3_logs if project.logs_config else None
    if stored is not None and stored.status not in (None, "ENABLED", "DISABLED"):
        yield "logs", f"logs in Amazon S3, which are {stored.status}"


def _variables(network: Network, home: Home, project: aws.Project) -> tuple[list[Variable], bool]:
    """The variables of the project, and those that its pipelines hand over in place of them; whether some are not
    told."""
    own = [Variable(one.name, one.value, one.type) for one in project.environment.environment_variables]
    handed = runs(network.snapshot, *home, project.name)
    every = environments(own, handed, project.source.type == "CODEPIPELINE")
    return list(dict.fromkeys(one for run in every for one in run.values())), None in handed


def _proxies(network: Network, home: Home, project: aws.Project) -> list[str]:
    """The environment variables of a project that name a proxy."""
    held = dict.fromkeys(one.name for one in _variables(network, home, project)[0])
    return [one for one in held if one.lower() in PROXY_VARIABLES]


def _environment_needs(network: Network, home: Home, project: aws.Project) -> list[Need]:
    """Parameters and secrets that environment variables name; one that no value names may be any of the account's."""
    held = _variables(network, home, project)[0]
    reads = {"PARAMETER_STORE": parameter, "SECRETS_MANAGER": secret}
    found = [reads[one.type](home[1], home[0], one.value or "*") for one in held if one.type in reads]
    needs = []
    for one in found:
        requests = tuple(_request(each.action, each.resource) for each in one.requests)
        needs.append(Need("environment", _destination(home, one.host)[0], requests))
    return needs

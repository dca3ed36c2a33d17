"""What the files of a build do not say but its CodeBuild project does: Region, account, image, source, logs, artifacts.

What CodeBuild itself contacts for a build stands here too, as contacts of the steps ``environment``, ``source``,
``logs``, ``artifacts``, ``cache`` and ``reports``.

**Source:** CodeBuild API Reference, "Project"; facts P50 to P54, P61c to P61e.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from reachsim import services
from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.pipeline import handed, urls
from reachsim.pipeline.records import Destination, Found, Gap, Request, Step
from reachsim.pipeline.variables import starred, unknown
from reachsim.snapshot import Snapshot


class _Record(msgspec.Struct, frozen=True, rename="camel"):
    pass


class Environment(_Record, frozen=True):
    image: str = ""
    type: str = ""
    environment_variables: tuple[handed.Variable, ...] = ()


class SubmodulesConfig(_Record, frozen=True):
    fetch_submodules: bool = False


class Location(_Record, frozen=True):
    """A source, a cache or a place for artifacts."""

    type: str = ""
    location: str | None = None
    buildspec: str | None = None
    git_submodules_config: SubmodulesConfig | None = None


class Logs(_Record, frozen=True):
    status: str = ""
    location: str | None = None
    group_name: str | None = None


class LogsConfig(_Record, frozen=True):
    cloud_watch_logs: Logs | None = None
    s3_logs: Logs | None = msgspec.field(name="s3Logs", default=None)


class Project(_Record, frozen=True):
    """The fields of a project that matter to what its builds contact."""

    name: str
    arn: str = ""
    source: Location = Location()
    secondary_sources: tuple[Location, ...] = ()
    artifacts: Location = Location()
    secondary_artifacts: tuple[Location, ...] = ()
    cache: Location = Location()
    environment: Environment = Environment()
    logs_config: LogsConfig | None = None


class Owned(Struct, frozen=True):
    """A project with the account and Region that it lives in, and the file that says so.

    ``buckets`` are those that CodePipeline hands its source and artifacts over in, none where none is known;
    ``log_groups`` are those that are there; ``clones`` is what it clones itself for a pipeline; ``runs`` are the
    variables that actions of pipelines hand over, None where they are not told.
    """

    account: str
    region: str
    file: str
    project: Project
    buckets: tuple[str, ...] = ()
    log_groups: frozenset[str] = frozenset()
    clones: tuple[Destination | Gap, ...] = ()
    runs: tuple[tuple[handed.Variable, ...] | None, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    projects: tuple[Project, ...] = ()


def find(snapshot: Snapshot, name: str) -> Owned:
    """The project of that name. Raises QuestionError if there is none, SnapshotError if the file cannot be read."""
    known: list[str] = []
    for account, region in snapshot.homes():
        path = f"{account}/{region}/codebuild/batch-get-projects.json"
        if snapshot.status(path) != "ok":
            continue
        try:
            answer = msgspec.json.decode(snapshot.read(path), type=_Answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SnapshotError(Fault(path, "", "projects as the AWS CLI prints them", str(error))) from None
        known += [one.name for one in answer.projects]
        for one in answer.projects:
            if one.name == name:
                buckets = artifact_buckets(snapshot, account, region, name)
                groups = _log_groups_of(snapshot, account, region)
                cloned, given = clones(snapshot, account, region, name), runs(snapshot, account, region, name)
                return Owned(account, region, path, one, buckets, groups, cloned, given)
    there = f"; it has {', '.join(known[:8])}" if known else "; it holds no codebuild/batch-get-projects.json"
    raise QuestionError(f"--project {name}: the snapshot has no such project{there}", "UNKNOWN_PROJECT")


class _LogGroup(_Record, frozen=True):
    log_group_name: str


class _LogGroups(_Record, frozen=True):
    log_groups: tuple[_LogGroup, ...] = ()


def _log_groups_of(snapshot: Snapshot, account: str, region: str) -> frozenset[str]:
    """The log groups that the snapshot holds. Raises SnapshotError for a list that cannot be read."""
    path = f"{account}/{region}/logs/describe-log-groups.json"
    if snapshot.status(path) != "ok":
        return frozenset()
    try:
        answer = msgspec.json.decode(snapshot.read(path), type=_LogGroups)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(Fault(path, "", "log groups as the AWS CLI prints them", str(error))) from None
    return frozenset(one.log_group_name for one in answer.log_groups)


class _Artifact(_Record, frozen=True):
    name: str = ""


class _ActionType(_Record, frozen=True):
    provider: str = ""


class _Action(_Record, frozen=True):
    action_type_id: _ActionType = _ActionType()
    configuration: dict[str, str] = {}
    input_artifacts: tuple[_Artifact, ...] = ()
    output_artifacts: tuple[_Artifact, ...] = ()
    role_arn: str | None = None


class _Stage(_Record, frozen=True):
    actions: tuple[_Action, ...] = ()


class _Pipeline(_Record, frozen=True):
    stages: tuple[_Stage, ...] = ()
    artifact_store: Location | None = None
    artifact_stores: dict[str, Location] = {}


class _PipelineAnswer(_Record, frozen=True):
    pipeline: _Pipeline


def artifact_buckets(snapshot: Snapshot, account: str, region: str, project: str) -> tuple[str, ...]:
    """The buckets in which CodePipeline hands a project its source, one for each pipeline of the snapshot that runs it.

    Raises SnapshotError for a pipeline that cannot be read.
    """
    return tuple(dict.fromkeys(bucket for bucket, _ in _handed_over(snapshot, account, region, project)))


def output_buckets(snapshot: Snapshot, account: str, region: str, project: str) -> tuple[str, ...]:
    """The buckets to which a project uploads what its pipelines hand on; none where no action of it has output
    artifacts.

    Raises SnapshotError for a pipeline that cannot be read.
    """
    return tuple(dict.fromkeys(one for one, output in _handed_over(snapshot, account, region, project) if output))


def clones(snapshot: Snapshot, account: str, region: str, project: str) -> tuple[Destination | Gap, ...]:
    """What a project clones itself, as its pipeline hands it a reference in place of files (``CODEBUILD_CLONE_REF``).

    From CodeCommit with the project's own ``codecommit:GitPull``; from other providers by the connection's Regional
    host, with its permission to use the connection. **Source:** CodePipeline User Guide, action structure references
    "CodeCommit" and "CodeStarSourceConnection", "Tutorial: Use full clone"; Amazon EKS User Guide, "Connect to Git
    repositories with AWS CodeConnections" (the host). Raises SnapshotError for a pipeline that cannot be read.
    """
    found: list[Destination | Gap] = []
    for pipeline in _pipelines(snapshot, account, region):
        actions = [action for stage in pipeline.stages for action in stage.actions]
        runs = [action for action in actions if action.configuration.get("ProjectName") == project]
        named = {artifact.name for run in runs for artifact in run.input_artifacts}
        for source in actions:
            handed = {artifact.name for artifact in source.output_artifacts}
            told = source.configuration.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF"
            if runs and told and (not named or not handed or named & handed):
                found += _clone(source, account, region)
    return tuple(dict.fromkeys(found))


def _clone(source: _Action, account: str, region: str) -> list[Destination | Gap]:
    if source.action_type_id.provider == "CodeCommit":
        name = source.configuration.get("RepositoryName") or "*"
        owner = (source.role_arn or "").split(":")[4:5] or [account]
        arn = f"arn:{services.partition_of(region)}:codecommit:{region}:{owner[0] or account}:{name}"
        request = Request("codecommit:GitPull", arn)
        host = f"git-codecommit.{region}.{services.dns_suffix(region)}"
        return [Destination(host, 443, "git", "certain", "source", "git-codecommit", (request,))]
    arn = source.configuration.get("ConnectionArn", "")
    parts = arn.split(":")
    if len(parts) < 6:
        return [Gap("full clone", "which connection the build clones by is not known", surely=True)]
    request = Request(f"{parts[2]}:UseConnection", arn)
    host = f"{parts[2]}.{parts[3]}.{services.dns_suffix(parts[3])}"
    return [Destination(host, 443, "git", "certain", "source", f"{parts[2]}.api", (request,))]


def _handed_over(snapshot: Snapshot, account: str, region: str, project: str) -> Iterator[tuple[str, bool]]:
    """(artifact store, whether the project's action there has output artifacts) of the pipelines that run a project."""
    for pipeline in _pipelines(snapshot, account, region):
        runs = [action for stage in pipeline.stages for action in stage.actions
                if action.configuration.get("ProjectName") == project]  # fmt: skip
        store = pipeline.artifact_stores.get(region, pipeline.artifact_store)
        if runs and store is not None and store.location:
            yield store.location, any(action.output_artifacts for action in runs)


def runs(snapshot: Snapshot, account: str, region: str, project: str) -> tuple[tuple[handed.Variable, ...] | None, ...]:
    """The variables that the pipelines which run a project hand over, action by action; None where they are not told.

    Raises SnapshotError for a pipeline that cannot be read.
    """
    return tuple(handed.variables(action.configuration) for pipeline in _pipelines(snapshot, account, region)
                 for stage in pipeline.stages for action in stage.actions
                 if action.configuration.get("ProjectName") == project)  # fmt: skip


def _pipelines(snapshot: Snapshot, account: str, region: str) -> Iterator[_Pipeline]:
    """The pipelines of an account and Region. Raises SnapshotError for one that cannot be read."""
    for _, path in snapshot.children(account, region, "codepipeline", "get-pipeline"):
        if snapshot.status(path) != "ok":
            continue
        try:
            yield msgspec.json.decode(snapshot.read(path), type=_PipelineAnswer).pipeline
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SnapshotError(Fault(path, "", "a pipeline as the AWS CLI prints it", str(error))) from None


def variables(owned: Owned) -> dict[str, str]:
    """The project's environment variables. A snapshot seldom keeps values: an empty one is unknown, and so is one that
    differs from run to run."""
    every = _environments(owned)
    known: dict[str, str] = {}
    for name in dict.fromkeys(name for one in every for name in one):
        held = {(one[name].type, one[name].value) if name in one else None for one in every}
        only = held.pop()
        known[name] = only[1] if not held and only and only[0] == "PLAINTEXT" and only[1] else unknown(name)
    return known


def _environments(owned: Owned) -> list[dict[str, handed.Variable]]:
    alone = owned.project.source.type == "CODEPIPELINE"
    return handed.environments(owned.project.environment.environment_variables, owned.runs, alone)


class Row(Struct, frozen=True):
    """A contact that the project causes, with the words that say what for."""

    found: Found
    step: Step
    text: str


def parameter(region: str, account: str, name: str) -> Destination:
    """The look-up of a Parameter Store variable (fact P50)."""
    host = services.host("ssm", region, account)
    arn = starred(f"arn:{services.partition_of(region)}:ssm:{region}:{account}:parameter/{name.lstrip('/')}")
    request = Request("ssm:GetParameters", name if name.startswith("arn:") else arn)
    return Destination(host, 443, "aws", "certain", "environment", "ssm", (request,))


def secret(region: str, account: str, reference: str) -> Destination:
    """The look-up of a Secrets Manager variable: ``ID:JSON-KEY:STAGE:VERSION``, the id a name or an ARN.

    >>> secret("us-east-1", "111111111111", "prod/db:password").requests[0].resource
    'arn:aws:secretsmanager:us-east-1:111111111111:secret:prod/db*'
    """
    arn = re.match(r"arn:[\w-]+:secretsmanager:([\w-]+):\d{12}:secret:[^:]+", reference)
    if arn:
        region, resource = arn[1], arn[0]
    else:
        name = reference.split(":")[0]
        resource = starred(f"arn:{services.partition_of(region)}:secretsmanager:{region}:{account}:secret:{name}*")
    host = services.host("secretsmanager", region, account)
    request = Request("secretsmanager:GetSecretValue", resource)
    return Destination(host, 443, "aws", "certain", "environment", "secretsmanager", (request,))


def rows(owned: Owned) -> Iterator[Row]:
    """What CodeBuild itself contacts for every build of the project, reports aside."""
    project, region, account = owned.project, owned.region, owned.account
    wanted = dict.fromkeys(one for run in _environments(owned) for one in run.values())
    for one in wanted:
        if one.type == "PARAMETER_STORE":
            yield Row(parameter(region, account, one.value or unknown(one.name)), "environment", f"variable {one.name}")
        elif one.type == "SECRETS_MANAGER":
            yield Row(secret(region, account, one.value or unknown(one.name)), "environment", f"variable {one.name}")
    if None in owned.runs:
        yield Row(Gap("a pipeline's EnvironmentVariables", handed.UNTOLD), "environment", "variables of a pipeline")
    for place in (project.source, *project.secondary_sources):
        yield from _source(owned, place)
    for clone in owned.clones:
        yield Row(clone, "source", "full clone of the pipeline's source")
    yield from _logs(owned)
    for place in (project.artifacts, *project.secondary_artifacts):
        if place.type in ("S3", "CODEPIPELINE"):
            for kept in _handed(owned, place):
                yield Row(_bucket(owned, kept, "artifacts", ("s3:PutObject",)), "artifacts", f"artifacts {place.type}")
    if project.cache.type == "S3":
        yield Row(_bucket(owned, project.cache, "cache", ("s3:GetObject", "s3:PutObject")), "cache", "cache S3")


def reports(owned: Owned | None, region: str, account: str, group: str) -> Destination:
    """The upload of a test report. Which host takes it isn't documented: likely the service's own (fact P61e)."""
    name = group if not owned else f"{owned.project.name}-{group}"
    partition = services.partition_of(region)
    arn = (
        group
        if group.startswith("arn:")
        else starred(f"arn:{partition}:codebuild:{region}:{account}:report-group/{name}")
    )
    actions = ("CreateReportGroup", "CreateReport", "UpdateReport", "BatchPutTestCases")
    requests = tuple(Request(f"codebuild:{one}", arn) for one in actions)
    return Destination(
        services.host("codebuild", region, account), 443, "aws", "likely", "reports", "codebuild", requests
    )


_HOSTS: Final = {"GITHUB": "github.com", "GITLAB": "gitlab.com", "BITBUCKET": "bitbucket.org"}


def _source(owned: Owned, place: Location) -> Iterator[Row]:
    text = f"source {place.type}"
    if place.type == "CODECOMMIT":
        default = f"https://git-codecommit.{owned.region}.{services.dns_suffix(owned.region)}/v1/repos/*"
        for one in urls.git_destination(place.location or default):
            yield Row(one, "source", text)
    elif place.type in ("S3", "CODEPIPELINE"):
        yield from (Row(_bucket(owned, one, "source", ("s3:GetObject",)), "source", text)
                    for one in _handed(owned, place))  # fmt: skip
    elif place.location:
        for one in urls.git_destination(place.location):
            yield Row(one, "source", text)
    elif place.type in _HOSTS:
        yield Row(Destination(_HOSTS[place.type], 443, "git"), "source", text)


def submodules(owned: Owned, files: Mapping[str, bytes]) -> Iterator[Row]:
    """What the submodules of a source come from, where the project has them fetched (API_GitSubmodulesConfig).

    Args:
        owned: the project.
        files: the source's files by path; none if they are not at hand.
    """
    for place in (owned.project.source, *owned.project.secondary_sources):
        if place.git_submodules_config is None or not place.git_submodules_config.fetch_submodules:
            continue
        text, row = f"submodules of the source {place.type}", place is owned.project.source
        held = files.get(".gitmodules", b"").decode(errors="replace") if files and row else None
        if held is None:
            yield Row(Gap(text, "which submodules the source has is not known", surely=True), "source", text)
        for match in re.finditer(r"^[ \t]*url[ \t]*=[ \t]*(\S+)", held or "", re.MULTILINE):
            url = _beside(place.location or "", match[1]) if match[1].startswith(".") else match[1]
            yield from (Row(one, "source", text) for one in urls.git_destination(url))


def _beside(source: str, relative: str) -> str:
    """A submodule's URL that is relative to that of the source ("gitmodules", ``submodule.<name>.url``).

    >>> _beside("https://git.example.com/a/app.git", "../lib.git")
    'https://git.example.com/a/lib.git'
    """
    head, slashes, rest = source.rstrip("/").partition("://")
    host, _, path = rest.partition("/")
    return f"{head}{slashes}{host}{posixpath.normpath(f'/{path}/{relative}')}"


def _handed(owned: Owned, place: Location) -> list[Location]:
    """Where a place lies: what pipelines hand over in the bucket of each of them."""
    if place.type != "CODEPIPELINE":
        return [place]
    return [Location("S3", bucket) for bucket in owned.buckets or ("",)]


def _bucket(owned: Owned, place: Location, step: Step, actions: tuple[str, ...]) -> Destination:
    bucket = (place.location or "").removeprefix("arn:aws:s3:::").split("/")[0]
    name = bucket or unknown("bucket")
    arn = starred(f"arn:{services.partition_of(owned.region)}:s3:::{name}/*")
    base = services.host("s3", owned.region, owned.account)
    requests = tuple(Request(one, arn) for one in actions)
    return Destination(base if "." in name else f"{name}.{base}", 443, "aws", "certain", step, "s3", requests)


LOG: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def log_actions(group: str, there: frozenset[str]) -> tuple[str, ...]:
    """What CodeBuild asks of CloudWatch Logs: of a group that is there no more than a stream.

    Its own error names ``logs:CreateLogStream`` then, and that is what the CDK grants on a project's log group (pull
    request 12213 of aws-cdk).
    """
    return LOG[1:] if group in there else LOG


def _logs(owned: Owned) -> Iterator[Row]:
    config = owned.project.logs_config or LogsConfig()
    watch = config.cloud_watch_logs
    if watch is None or watch.status != "DISABLED":
        group = (watch.group_name if watch else None) or f"/aws/codebuild/{owned.project.name}"
        partition = services.partition_of(owned.region)
        arn = f"arn:{partition}:logs:{owned.region}:{owned.account}:log-group:{group}:*"
        requests = tuple(Request(one, arn) for one in log_actions(group, owned.log_groups))
        host = services.host("logs", owned.region, owned.account)
        yield Row(Destination(host, 443, "aws", "certain", "logs", "logs", requests), "logs", "CloudWatch Logs")
    if config.s3_logs is not None and config.s3_logs.status == "ENABLED":
        place = Location("S3", config.s3_logs.location)
        yield Row(_bucket(owned, place, "logs", ("s3:PutObject",)), "logs", "S3 logs")

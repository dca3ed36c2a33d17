"""Whom the policies of the pipeline's resources let in.

A repository or bucket that lets somebody in from outside the account or organization makes a pipeline exposed, however
private its network is. **Source:** DESIGN, "check" (exposed) and own-codes.md (findings); Amazon ECR User Guide,
"Private repository policies"; S3 User Guide, "The meaning of public".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from reachsim import policy, services
from reachsim.check.copies import Told, copied_images, copied_logs, copied_objects, taken_shut
from reachsim.check.encryption_keys import keys_in_use
from reachsim.check.findings import finding_of
from reachsim.check.needs import Need
from reachsim.check.service_plane import pipelines
from reachsim.check.strangers import (
    ANYONE,
    Stranger,
    addresses,
    context_of,
    limits_of,
    request_of,
    strangers,
)
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.reference import actions_on
from reachsim.policy.statements import Statement
from reachsim.policy_layers import access_blocks, familiar, rcps_deny, registry_actions
from reachsim.policy_layers import document as document_of
from reachsim.verdict import Finding

_MAIN: Final = {
    ":ecr:": (services.ECR_READ, services.ECR_WRITE), ":s3:": ("s3:GetObject", "s3:PutObject"),
    ":kms:": ("kms:Decrypt", "kms:GenerateDataKey"),
}  # fmt: skip
"""By what an ARN holds: the actions that make a resource shared; of all others only where these are not open."""
_PUBLIC: Final = {":ecr:": "ECR_REPOSITORY_PUBLIC", ":s3:": "BUCKET_PUBLIC", ":kms:": "RESOURCE_SHARED_OUTSIDE"}
"""By the same: the code of what everyone may use."""
_UNSEEN: Final = frozenset({"secretsmanager", "codeartifact"})
"""Services of what a build needs whose resources' policies nobody captures."""
_MOST_NAMED: Final = 5


class Shared(Struct, frozen=True):
    """What the resource policies say: findings, whether they expose the pipeline, files that would tell more, and what
    was taken for granted.
    """

    findings: tuple[Finding, ...]
    exposed: bool
    missing: tuple[str, ...]
    assumptions: tuple[Assumption, ...]


def shared_resources(network: Network, needs: Sequence[Need]) -> Shared:
    """The policies of repositories and buckets that the pipeline uses."""
    limits = {
        account: limits_of(network, account) for account in dict.fromkeys(account for account, _ in network.homes)
    }
    told: list[Told] = [one for held in _held_by(network, needs) for one in _told(network, held, limits)]
    told += [*copied_images(network, repositories_in_use(network, needs)), *copied_logs(network)]
    told += _public_projects(network)
    told += _never_seen(network, needs)
    findings = tuple(one for one in told if isinstance(one, Finding))
    missing = dict.fromkeys(one for one in told if isinstance(one, str))
    assumptions = dict.fromkeys(one for one in told if isinstance(one, Assumption))
    return Shared(findings, bool(findings), tuple(missing), tuple(assumptions))


_Limits = Mapping[str, Sequence[Statement]]
"""The statements of the RCPs that bind the resources of an account."""


def _told(network: Network, held: _Held, limits: _Limits) -> Iterator[Told]:
    """What a resource's policy and access control list say, and where its objects are copied."""
    if ":kms:" in held.arn:
        yield from _granted(network, held)
    if ":s3:" in held.arn:
        owner = held.path.split("/", 1)[0]
        yield from _by_list(network, owner, held.name)
        yield from copied_objects(network, owner, held.name)
    if network.snapshot.known(held.path):
        yield from _judged(network, held, limits[held.path.split("/", 1)[0]])
    else:
        yield taken_shut(network, held.path, held.name) if held.further else held.path


def _never_seen(network: Network, needs: Sequence[Need]) -> Iterator[Assumption]:
    """Secrets and what is of CodeArtifact, which can have policies of their own that no snapshot holds."""
    for arn in _asked(needs):
        parts = arn.split(":", 5)
        if len(parts) == 6 and parts[2] in _UNSEEN and parts[4] in network.snapshot.accounts():
            detail = f"a policy of {arn}, if it has one, is in no snapshot, and was taken to let nobody in"
            yield Assumption("FURTHER_ACCESS_UNSEEN", arn, detail, "leak")


def _public_projects(network: Network) -> Iterator[Finding]:
    """Projects whose builds everybody can look at, earlier ones too.

    **Source:** CodeBuild API Reference, "UpdateProjectVisibility"; User Guide, "Public build projects".
    """
    for (home, name), project in network.projects.items():
        if project.project_visibility == "PUBLIC_READ":
            title = f"everyone can read the results, logs and artifacts of builds of {name}"
            lines = [
                f"{network.path(home, 'codebuild', 'batch-get-projects')}: projectVisibility PUBLIC_READ of {name}"
            ]
            remedy = "Make the project private, unless what its builds print and make is for everyone."
            yield finding_of("RESOURCE_SHARED_OUTSIDE", "high", f"codebuild:{name}", title, lines, remedy)


class _Held(Struct, frozen=True):
    """A resource's policy: its file, the resource's name and ARN. ``further``: it stands beside the policies of the
    resources themselves, or is that of a resource that nothing was seen to use. ``several``: the ARNs of the resources
    that it is about, where it is about more than the one. ``only``: the actions (lower case) that alone it is asked
    about, none if about all.
    """

    path: str
    name: str
    arn: str
    further: bool = False
    several: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()


def _held_by(network: Network, needs: Sequence[Need]) -> Iterator[_Held]:
    """The policies of each repository in the snapshot and of each repository and bucket in use. A bucket has one owner
    (S3 User Guide, "Bucket naming rules"): where an account lists it, no other account is asked.
    """
    for home, names in repositories_in_use(network, needs):
        start = _start_of(home)
        registry = network.path(home, "ecr", "get-registry-policy")
        told = network.snapshot.status(registry) == "ok"
        if told or names:
            several, only = tuple(start + name for name in (*names, "any")), registry_actions(network, home)
            whose = f"the registry {home[0]} in {home[1]}"
            yield _Held(registry, whose, start + "any", further=True, several=several, only=only)
        for name in names:
            path = network.path(home, "ecr", "get-repository-policy", name)
            yield _Held(path, name, start + name)
    asked, found = _buckets(needs), list(buckets_in_use(network, needs))
    for arn in keys_in_use(network, list(dict.fromkeys(bucket for bucket, _, _ in found))):
        _, _, _, region, account, key = arn.split(":", 5)
        path = network.path((account, region), "kms", "get-key-policy", key.removeprefix("key/"))
        yield _Held(path, key, arn, further=True)
    for bucket, account, arn in found:
        path = network.path((account, "global"), "s3api", "get-bucket-policy", bucket)
        yield _Held(path, bucket, arn, further=bucket not in asked)


def buckets_in_use(network: Network, needs: Sequence[Need]) -> Iterator[tuple[str, str, str]]:
    """(a bucket that the pipeline uses, an account that owns it or may, the bucket's ARN)."""
    own = {account: services.partition_of(region) for account, region in network.homes}
    listed = {account: network.path((account, "global"), "s3api", "list-buckets") for account in sorted(own)}
    names = {account: {one.name for one in network.read_collection(path, "Buckets", aws.Bucket)}
             for account, path in listed.items()}  # fmt: skip
    for bucket in dict.fromkeys((*_buckets(needs), *_configured(network))):
        owners = [account for account in listed if bucket in names[account]]
        for account in owners or [account for account, path in listed.items() if network.unknown(path)]:
            yield bucket, account, f"arn:{own[account]}:s3:::{bucket}"


def _granted(network: Network, held: _Held) -> Iterator[Told]:
    """Accounts outside the snapshot that grants let use a key.

    **Source:** KMS Developer Guide, "Grants in AWS KMS"; IAM Access Analyzer, "AWS KMS keys" (grants count).
    """
    _, _, _, region, account, key = held.arn.split(":", 5)
    path = network.path((account, region), "kms", "list-grants", key.removeprefix("key/"))
    if network.unknown(path) and (network.snapshot.known(held.path) or network.snapshot.status(path) != "missing"):
        yield taken_shut(network, path, held.name)
    for one in network.read_collection(path, "Grants", aws.KeyGrant):
        who = _grantee(one)
        if who is not None and who.has_identity and who.account not in familiar(network, account):
            title = f"a grant of {held.name} lets account {who.account} use it, which is not in the snapshot"
            lines = [f"{path}: {', '.join(one.operations)} to {who.text}"]
            remedy = "Revoke the grant, unless the sharing is meant."
            yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", held.name, title, lines, remedy)


def _grantee(grant: aws.KeyGrant) -> policy.Principal | None:
    """Whom a grant is for, if that is an account's or a service's; the principal may be deleted since."""
    try:
        return policy.Principal.parse(grant.grantee_principal or "")
    except ValueError:
        return None


def _asked(needs: Sequence[Need]) -> list[str]:
    """The resources that the pipeline's requests name, whoever's credentials they are made with."""
    return list(dict.fromkeys(str(request["resource"]) for need in needs for request in need.named))


def _start_of(home: Home) -> str:
    """What the ARNs of a registry's repositories begin with."""
    return f"arn:{services.partition_of(home[1])}:ecr:{home[1]}:{home[0]}:repository/"


def repositories_in_use(network: Network, needs: Sequence[Need]) -> Iterator[tuple[Home, list[str]]]:
    """Every account and Region, with the repositories there that are in the snapshot or in use."""
    asked = _asked(needs)
    for home in network.homes:
        yield home, _repositories(network, home, [arn for arn in asked if arn.startswith(_start_of(home))])


def _repositories(network: Network, home: Home, asked: Sequence[str]) -> list[str]:
    """The repositories of a home: those listed, those whose policy is there, and those asked for if none are listed."""
    listed = network.path(home, "ecr", "describe-repositories")
    found = [one.repository_name for one in network.read_collection(listed, "repositories", aws.Repository)]
    found += [name for name, _ in network.snapshot.children(*home, "ecr", "get-repository-policy")]
    if network.unknown(listed):
        found += [arn.split("repository/", 1)[1] for arn in asked if not set(arn) & set("*?")]
    return list(dict.fromkeys(found))


def public_repositories(network: Network, needs: Sequence[Need]) -> Iterator[Finding]:
    """Repositories of ECR Public, from which everyone can pull; high where a build pushes there (P111)."""
    pushed = any(need.step == "push" and need.destination == "host:public.ecr.aws" for need in needs)
    for account in dict.fromkeys(account for account, _ in network.homes):
        path = network.path((account, "global"), "ecr-public", "describe-repositories")
        for one in network.read_collection(path, "repositories", aws.PublicRepository):
            title = f"everyone can pull from {one.repository_name}, a repository of ECR Public"
            lines = [one.repository_uri or path]
            lines += [f"{need.place} pushes to public.ecr.aws" for need in needs if pushed and need.step == "push"][:1]
            yield finding_of("ECR_PUBLIC_REPOSITORY", "high" if pushed else "low", one.repository_name, title, lines)


def _buckets(needs: Sequence[Need]) -> list[str]:
    named = [arn.split(":::", 1)[1].split("/")[0] for arn in _asked(needs) if ":s3:::" in arn]
    own = (name for name in dict.fromkeys(named) if not name.endswith("-starport-layer-bucket"))
    return [name for name in own if "*" not in name]


def _configured(network: Network) -> Iterator[str]:
    """The buckets that projects keep artifacts in, whether or not today's buildspec makes any, and those that pipelines
    take their source from, hand on artifacts in and deploy to (``S3Bucket`` and ``BucketName`` of S3's actions).
    """
    for project in network.projects.values():
        kept = (project.artifacts, *(project.secondary_artifacts or ()))
        yield from (one.bucket for one in kept if one is not None and one.type == "S3" and one.bucket)
    for _, pipeline in pipelines(network):
        stores = (pipeline.artifact_store, *(pipeline.artifact_stores or {}).values())
        yield from (one.location for one in stores if one is not None and one.location)
        actions = [action for stage in pipeline.stages for action in stage.actions]
        named = (action.configuration.get(key) for action in actions if action.action_type_id.provider == "S3"
                 for key in ("S3Bucket", "BucketName"))  # fmt: skip
        yield from (one for one in named if one and "#{" not in one)


def _judged(network: Network, held: _Held, limits: Sequence[Statement]) -> Iterator[Told]:
    """A finding for each that is let in from outside, the files that would tell whether some of them are, and who was
    taken to be nobody from outside.

    Raises SnapshotError for a policy that cannot be judged.
    """
    path, name, arn = held.path, held.name, held.arn
    record = network.read(path, aws.ResourcePolicy)
    text = record.text if record is not None else None
    if text is None:
        return
    document = document_of(text, path)
    owner = path.split("/", 1)[0]
    yield from _canonical(network, document, held)
    if ":s3:" in arn and policy.is_public(document):
        blocks, untold = access_blocks(network, owner, name)
        if untold or any(one.restrict_public_buckets for one in blocks):
            yield from () if any(one.restrict_public_buckets for one in blocks) else untold
            return
    told: set[str] = set()
    places = list(addresses((*document.statements, *limits)))
    for who in strangers(network, document, owner, limits, service=arn.split(":")[2]):
        if who.familiar or (who.taken or who.whose) in told:
            continue
        opened, place = _opened(network, document, who, held, owner, places)
        if not opened:
            continue
        told.add(who.taken or who.whose)
        if who.taken:
            yield Assumption("FURTHER_ACCESS_UNSEEN", name, who.taken, "leak")
            continue
        if who.unless:
            yield who.unless
            continue
        lets_in = f"the policy of {name} lets {who.whose} use it"
        how = f", {who.how}" if who.how else ""
        actions = _named(opened)
        if who.whose == ANYONE and not place:
            code = next(code for kind, code in _PUBLIC.items() if kind in arn)
            yield finding_of(code, "high", name, lets_in, [f"{path}: allows {actions} to any account{how}"])
            return
        lets_in += f" from {place}" if place else ""
        lets_in += ", which is not in the snapshot" if who.whose.startswith(("account ", "whoever ")) else ""
        evidence = [f"{path}: {actions}" + (f" from {place}" if place else "") + how]
        yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", name, lets_in, evidence)


def _named(actions: Sequence[str]) -> str:
    more = len(actions) - _MOST_NAMED
    return ", ".join(actions[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _opened(
    network: Network, document: policy.Document, who: Stranger, held: _Held, owner: str,
    places: Sequence[tuple[str, str]],
) -> tuple[list[str], str]:  # fmt: skip
    """The actions that a stranger may take, and from which block of addresses if not from anywhere: what reads or
    writes content, or else whatever the resource's policy can let others do."""
    context = context_of(network, who.caller, owner)
    for asks in (asks for arn in held.several or (held.arn,) for asks in _asks(arn)):
        alike = _told_alike(document, [one for one in asks if not held.only or one[0].lower() in held.only])
        for address, place in places if alike else ():
            keys = {**context, "aws:SourceIp": address, **who.keys}
            opened = [
                action for actions, resource in alike
                if policy.may_allow(document, request_of(who.caller, actions[0], resource, owner, keys), "resource")
                for action in actions if not rcps_deny(network, request_of(who.caller, action, resource, owner, keys))
            ]  # fmt: skip
            if opened:
                return opened, place
    return [], ""


def _told_alike(document: policy.Document, asks: Iterable[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """(actions, resource) of those that some statement allows somebody: a document says the same of all actions that
    the same of its statements are about."""
    found: dict[tuple[str, tuple[int, ...], tuple[int, ...]], list[str]] = {}
    for action, resource in asks:
        denies, allows = document.relevant(action.lower())
        if allows:
            about = [tuple(one.statement.index for one in some) for some in (denies, allows)]
            found.setdefault((resource, about[0], about[1]), []).append(action)
    return [(actions, resource) for (resource, _, _), actions in found.items()]


def _asks(arn: str) -> Iterator[list[tuple[str, str]]]:
    """(action, resource) of what a repository or bucket may be asked: the main ones, then all others."""
    kind = next(kind for kind in _MAIN if kind in arn)
    objects = f"{arn}/*"
    yield [(action, objects if kind == ":s3:" else arn) for action in _MAIN[kind]]
    if kind == ":ecr:":
        yield [(action, arn) for action in actions_on("ecr", "repository")]
    elif kind == ":kms:":
        yield [(action, arn) for action in actions_on("kms", "key")]
    else:
        yield [(action, objects) for action in actions_on("s3", "object")]
        yield [(action, arn) for action in actions_on("s3", "bucket")]


def _canonical(network: Network, document: policy.Document, held: _Held) -> Iterator[Assumption]:
    """Canonical user ids that a policy lets in and that are not known to be the own accounts'."""
    allowing = [one for statement in document.statements if statement.effect == "Allow" for one in statement.principals]
    named = {name for one in allowing for name in one.canonical}
    for name in sorted(named - _own_names(network)):
        detail = f"whom the canonical user id {name} in the policy of {held.name} stands for is not in the snapshot"
        yield Assumption("FURTHER_ACCESS_UNSEEN", held.name, f"{detail}; taken to be nobody from outside", "leak")


def _own_names(network: Network) -> set[str]:
    """The canonical user ids of the snapshot's accounts, as far as its lists of buckets tell them."""
    found = set()
    for account in network.snapshot.accounts():
        listed = network.read(network.path((account, "global"), "s3api", "list-buckets"), aws.BucketsOwner)
        if listed is not None and listed.owner.id:
            found.add(listed.owner.id)
    return found


_EVERYONE: Final = ("/global/AllUsers", "/global/AuthenticatedUsers")
"""Ends of the groups that everyone is in, or everyone with an AWS account (S3 User Guide, "Access control list (ACL)
overview")."""


def _by_list(network: Network, owner: str, bucket: str) -> Iterator[Told]:
    """That a bucket's access control list lets other accounts in, or, where Block Public Access does not ignore that,
    everyone."""
    path = network.path((owner, "global"), "s3api", "get-bucket-acl", bucket)
    held = network.read(path, aws.BucketAcl)
    blocks, untold = access_blocks(network, owner, bucket)
    for name in _others(network, held) if held is not None else ():
        title = f"the access control list of {bucket} lets another account use it"
        yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", bucket, title, [f"{path}: canonical user {name}"])
    if held is None:
        yield from (taken_shut(network, one, bucket) for one in network.unknown(path))
        return
    if any(one.ignore_public_acls for one in blocks):
        return
    granted = [str(one.permission) for one in held.grants if (one.grantee.uri or "").endswith(_EVERYONE)]
    if granted and untold:
        yield from untold
    elif granted:
        title = f"the access control list of {bucket} lets any account use it"
        yield finding_of("BUCKET_PUBLIC", "high", bucket, title, [f"{path}: {', '.join(granted)} to everyone"])


def _others(network: Network, held: aws.BucketAcl) -> list[str]:
    """The canonical users of an access control list that are neither the bucket's owner, nor another account of the
    snapshot, nor AWS's own delivery of logs."""
    own = {held.owner.id, *_own_names(network), *_LOG_DELIVERY}
    return list(dict.fromkeys(one.grantee.id for one in held.grants if one.grantee.id and one.grantee.id not in own))


_LOG_DELIVERY: Final = (
    "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
    "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
)
"""The canonical users of awslogsdelivery, which CloudFront writes its logs with, in the Regions of AWS and in those of
China (CloudFront Developer Guide, "Configure and use standard logs (access logs)")."""

"""Where AWS itself copies what a pipeline keeps: images, objects, log events that go to strangers' accounts.

Such a copy leaves by no way of the network, and no policy of the copied resource tells of it. **Source:** Amazon ECR
User Guide, "Private image replication" (P81); Amazon S3 User Guide, "Replicating objects within and across Regions",
API_Destination (``Account`` is the owner of the destination bucket where the owner of the copies changes); Amazon
CloudWatch Logs User Guide, "Cross-account cross-Region subscriptions", "Account-level subscription filters".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Final

from reachsim.check.findings import finding_of
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers import familiar, owner_of_bucket
from reachsim.verdict import Finding

Told = Finding | str | Assumption
"""What lets somebody in, a file that would tell, or what was taken for granted."""
_REMEDY: Final = "Take the destination out of the {}, unless it is yours."


def taken_shut(network: Network, path: str, component: str) -> str | Assumption:
    """What few use to let somebody in is taken not to where nobody captured it; where AWS did not answer it is open."""
    if network.snapshot.status(path) != "missing":
        return path
    detail = f"{path} is not in the snapshot and was taken to let nobody in"
    return Assumption("FURTHER_ACCESS_UNSEEN", component, detail, "leak")


def copied_images(network: Network, registries: Iterable[tuple[Home, Sequence[str]]]) -> Iterator[Told]:
    """Registries whose images ECR itself copies to accounts of strangers."""
    for home, names in registries:
        own = familiar(network, home[0])
        name = f"the registry {home[0]} in {home[1]}"
        path = network.path(home, "ecr", "describe-registry")
        if names and not network.snapshot.known(path):
            yield taken_shut(network, path, name)
        record = network.read(path, aws.DescribedRegistry)
        config = record.replication_configuration if record is not None else None
        listed = network.lists_all(network.path(home, "ecr", "describe-repositories"))
        rules = [rule for rule in (config.rules if config else ()) if not listed or _is_about(rule, names)]
        for one in dict.fromkeys(to for rule in rules for to in rule.destinations):
            if one.registry_id and one.registry_id not in own:
                title = f"{name} copies images to account {one.registry_id}, which is not in the snapshot"
                lines = [f"{path}: replication to {one.registry_id} in {one.region}"]
                remedy = _REMEDY.format("registry's replication configuration")
                yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", name, title, lines, remedy)


def _is_about(rule: aws.ReplicationRule, names: Sequence[str]) -> bool:
    """Whether a rule may copy what one of these repositories holds; without filters it copies the whole registry.

    **Source:** ECR API Reference, "ReplicationRule", "RepositoryFilter" (PREFIX_MATCH is the only kind).
    """
    filters = rule.repository_filters
    return not filters or any(one.filter_type != "PREFIX_MATCH" or name.startswith(one.filter)
                              for one in filters for name in names)  # fmt: skip


def copied_objects(network: Network, owner: str, bucket: str) -> Iterator[Told]:
    """That Amazon S3 copies a bucket's objects to a bucket of strangers."""
    path = network.path((owner, "global"), "s3api", "get-bucket-replication", bucket)
    if not network.snapshot.known(path):
        yield taken_shut(network, path, bucket)
    record = network.read(path, aws.BucketReplication)
    rules = record.replication_configuration.rules if record is not None else ()
    destinations = dict.fromkeys(rule.destination for rule in rules if rule.status == "Enabled")
    if not destinations:
        return
    own = familiar(network, owner)
    for to in destinations:
        target = to.bucket.rsplit(":", 1)[-1]
        found = owner_of_bucket(network, target, owner)
        if to.account in own or (not to.account and found.account):
            continue
        unlisted = [one for one in network.snapshot.accounts() if one not in found.others]
        if not to.account and unlisted:
            yield from (network.path((one, "global"), "s3api", "list-buckets") for one in unlisted)
            continue
        whose = f"account {to.account}, which is" if to.account else f"{target}, whose account is"
        title = f"Amazon S3 copies the objects of {bucket} to {whose} not in the snapshot"
        remedy = _REMEDY.format("bucket's replication configuration")
        yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", bucket, title, [f"{path}: {to.bucket}"], remedy)


def copied_logs(network: Network) -> Iterator[Told]:
    """That CloudWatch Logs hands on what builds print to accounts of strangers, by filters of the log group
    or of the whole account."""
    for (home, name), project in sorted(network.projects.items()):
        logs = project.logs_config.cloud_watch_logs if project.logs_config else None
        if logs is not None and logs.status == "DISABLED":
            continue
        group = (logs.group_name if logs else None) or f"/aws/codebuild/{name}"
        path = network.path(home, "logs", "describe-subscription-filters", group)
        if not network.snapshot.known(path):
            yield taken_shut(network, path, group)
        filters = network.read_collection(path, "subscriptionFilters", aws.SubscriptionFilter)
        own = familiar(network, home[0])
        yield from _outside(own, group, path, [one.destination_arn for one in filters])
        path = network.path(home, "logs", "describe-account-policies")
        policies = network.read_collection(path, "accountPolicies", aws.LogsAccountPolicy)
        yield from _outside(own, group, path, [one.destination for one in policies])


def _outside(own: Set[str], group: str, path: str, destinations: Iterable[str]) -> Iterator[Finding]:
    for arn in dict.fromkeys(destinations):
        account = (arn.split(":") + [""] * 5)[4]
        if account and account not in own:
            title = f"CloudWatch Logs hands on the events of {group} to account {account}, which is not in the snapshot"
            remedy = _REMEDY.format("subscription filter")
            yield finding_of("RESOURCE_SHARED_OUTSIDE", "medium", group, title, [f"{path}: {arn}"], remedy)

"""Policies that let strangers in, narrowed to the account or organization: of users and roles that may use CodeCommit
from anywhere, of public repositories and buckets.

**Source:** CodeCommit User Guide, "Using AWS CodeCommit with interface VPC endpoints"; IAM User Guide, "AWS global
condition context keys" (aws:SourceVpce with StringNotEqualsIfExists also denies where the key is absent).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence

from reachsim import services
from reachsim.check.outsiders import ACTIONS
from reachsim.edits.draft import Draft
from reachsim.errors import ReachsimError
from reachsim.fix import holders
from reachsim.fix.faults import Fault
from reachsim.fix.steps import AddInlinePolicy, IgnorePublicAcls, ReplaceStatement, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.policy_layers import organization_of, owner_of_bucket


def keep_out(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """What keeps strangers out of a resource."""
    if fault.destination == "CODECOMMIT_USABLE_FROM_OUTSIDE":
        yield from _through_endpoints(ground.network, fault.source)
    elif fault.destination in ("ECR_REPOSITORY_PUBLIC", "BUCKET_PUBLIC"):
        for arn in _resources(ground.network, fault):
            yield from _own_only(ground.network, arn)
        if fault.destination == "BUCKET_PUBLIC":
            yield from _without_list(ground.network, fault.source)


def _through_endpoints(network: Network, principal: str) -> Iterator[Steps]:
    """CodeCommit only by the endpoints that are there; for a user or role of the snapshot."""
    account = principal.split(":")[4]
    ends = sorted(
        key for key, one in network.vpc_endpoints.items()
        if (services.suffix_of_service_name(one.service_name) or ("",))[0] in ("git-codecommit", "codecommit")
        and network.home_of(key)[0] == account
    )  # fmt: skip
    if ends:
        deny = {
            "Sid": "ThroughEndpoints", "Effect": "Deny", "Action": list(ACTIONS), "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": ends}},
        }  # fmt: skip
        document = {"Version": "2012-10-17", "Statement": [deny]}
        yield (AddInlinePolicy(principal, "reachsim-codecommit-through-endpoints", json.dumps(document)),)


def _without_list(network: Network, bucket: str) -> Iterator[Steps]:
    """That nobody gets in by a bucket's access control list as one of everyone, and nobody else's policy besides."""
    account = owner_of_bucket(network, bucket, "").account
    path = network.path((account, "global"), "s3api", "get-public-access-block", bucket)
    if account:
        held = Draft(network).document(path) if network.snapshot.status(path) == "ok" else {}
        on = tuple(key for key, value in held.get("PublicAccessBlockConfiguration", {}).items() if value is True)
        step = IgnorePublicAcls(bucket, account, on)
        yield (step,)
        yield from ((*own, step) for arn in _resources(network, Fault("open", bucket, "BUCKET_PUBLIC"))
                    for own in _own_only(network, arn))  # fmt: skip


def _resources(network: Network, fault: Fault) -> Sequence[str]:
    """What holds the policies (`holders`) of the repositories, buckets or registry of a name."""
    found = []
    if fault.destination == "BUCKET_PUBLIC":
        region = next((home[1] for home in network.homes), "")
        return [f"arn:{services.partition_of(region)}:s3:::{fault.source}"]
    for account, region in network.homes:
        start = f"arn:{services.partition_of(region)}:ecr:{region}:{account}"
        if fault.source == f"the registry {account} in {region}":
            return [f"{start}:registry"]
        path = network.path((account, region), "ecr", "get-repository-policy", fault.source)
        if network.snapshot.status(path) == "ok":
            found.append(f"{start}:repository/{fault.source}")
    return found


def _own_only(network: Network, arn: str) -> Iterator[Steps]:
    """Each statement that allows everyone, for the organization's or the snapshot's accounts alone."""
    try:
        statements = holders.read(Draft(network), arn)["Statement"]
    except (ReachsimError, ValueError):
        return
    accounts = list(network.snapshot.accounts())
    owner = arn.split(":")[4] or accounts[0]
    organization = organization_of(network, owner)
    key, values = ("aws:PrincipalOrgID", [organization]) if organization else ("aws:PrincipalAccount", accounts)
    steps: list[Step] = []
    for number, statement in enumerate(statements):
        everyone = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]}) or "NotPrincipal" in statement
        if statement.get("Effect") != "Allow" or not everyone:
            continue
        changed = copy.deepcopy(statement)
        changed.setdefault("Condition", {}).setdefault("StringEquals", {})[key] = values
        label = str(statement.get("Sid", number))
        why = f"only principals with {key} {', '.join(map(str, values))}"
        steps.append(ReplaceStatement(arn, "", number, label, json.dumps(changed), why))
    if steps:
        yield tuple(steps)

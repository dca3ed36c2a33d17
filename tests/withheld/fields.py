"""Every field of a snapshot's records left out in turn: no answer turns round.

`KNOWN` holds the few that AWS leaves out itself, or people who write a file by hand, each with what is meant by it:
nobody can tell that they are gone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.withheld import files
from tests.withheld.surfaces import Files
from tests.withheld.values import GONE, places, with_change

SURFACES: Final = ("trace", "query", "matrix", "names", "report")

_LISTS: Final = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
KNOWN: Final = {
    **{f"ec2/describe-security-groups/SecurityGroups/*/{rules}/*/{one}": "a rule that names somebody in another list"
       for rules in ("IpPermissions", "IpPermissionsEgress") for one in _LISTS},
    **{f"iam/get-account-authorization-details/RoleDetailList/*/{one}": "a role whose policies stand in the other list"
       for one in ("RolePolicyList", "AttachedManagedPolicies")},
    "iam/get-account-authorization-details/RoleDetailList/*/RolePolicyList/*/PolicyDocument/Statement/*/Resource":
        "a policy that IAM does not store (MalformedPolicyDocument): taken for all resources, as a note says",
    "iam/get-account-authorization-details/RoleDetailList/*/AssumeRolePolicyDocument/Statement/*/Principal/Service":
        "a policy that IAM does not store, either: its Principal names nobody",
    "codebuild/batch-get-projects/projects/*/vpcConfig": "a project that builds on AWS's own network",
    "codebuild/batch-get-projects/projects/*/artifacts": "a project that makes none",
    "codebuild/batch-get-projects/projects/*/artifacts/type": "a project that makes none",
    "codebuild/batch-get-projects/projects/*/serviceRole": "who calls is not known, which is an assumption",
    "ec2/describe-vpc-endpoints/VpcEndpoints/*/PolicyDocument": "AWS's own policy, an assumption",
    "ec2/describe-instances/Reservations/*/Instances/*/IamInstanceProfile": "an instance without a role",
}  # fmt: skip


def trials(most: int = 1) -> Iterator[tuple[str, str, str, Files]]:
    """(snapshot, file, field, what is left). Of a field that occurs in several records, the first ``most``."""
    for name in files.CLIENTS:
        seen: Counter[str] = Counter()
        for path, data in files.shipped(name).items():
            call = path.split("/", 2)[-1].removesuffix(".json")
            if not path.endswith(".json") or path.startswith("code/") or "/" not in path:
                continue
            document = json.loads(data)
            for at, _ in places(document):
                field = "/".join([*call.split("/")[:2], *("*" if isinstance(key, int) else key for key in at)])
                seen[field] += 1
                if isinstance(at[-1], str) and field not in KNOWN and seen[field] <= most:
                    left = {**files.shipped(name), path: with_change(document, at, GONE)}
                    yield name, path, "/".join(map(str, at)), left


def complaints(name: str, path: str, held: Files) -> list[str]:
    """What any surface says now that it must not."""
    return [f"{surface}: {one}" for surface in SURFACES for one in files.complaints(name, path, held, surface)]

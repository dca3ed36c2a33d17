"""Policies that AWS manages, for those of a plan that attach them: no plan or template holds their documents.

``managed_policies.json`` has those that pipelines use, one a line. **Source:** AWS Managed Policy Reference, as of
`AS_OF` (read by way of moto, which keeps them all: ``moto/iam/aws_managed_policies.py``; a test compares the two).
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Final

from reachsim.importers.planned.world import World

AS_OF: Final = "2026-09-30"
_CALL: Final = "iam/get-account-authorization-details"
_PREFIX: Final = "arn:aws:iam::aws:policy/"


@cache
def table() -> dict[str, Any]:
    """Path, version and document by name."""
    held = resources.files(__package__).joinpath("managed_policies.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(held)
    return found


def add_managed_policies(world: World) -> None:
    """Put the documents of attached AWS-managed policies into the answers that lack them."""
    taken: set[str] = set()
    for place in sorted(world.answers):
        details = world.document(place, _CALL) if place[1] == "global" else None
        if details is None:
            continue
        policies = details.setdefault("Policies", [])
        held = {one.get("Arn") for one in policies}
        lists = ("RoleDetailList", "UserDetailList", "GroupDetailList")
        identities = [identity for key in lists for identity in details.get(key, [])]
        attached = {one["PolicyArn"] for identity in identities for one in identity.get("AttachedManagedPolicies", [])}
        bounds = {identity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for identity in identities}
        for arn in sorted({one for one in attached | bounds if one and one.startswith(_PREFIX)} - held):
            name = arn.rpartition("/")[2]
            own = table().get(name)
            if own is None or f"arn:aws:iam::aws:policy{own['Path']}{name}" != arn:
                continue
            taken.add(name)
            policies.append({
                "PolicyName": name, "Arn": arn, "Path": own["Path"], "DefaultVersionId": own["Version"],
                "PolicyVersionList": [{"Document": own["Document"], "VersionId": own["Version"],
                                       "IsDefaultVersion": True}],
            })  # fmt: skip
    if taken:
        detail = f"policies that AWS manages are taken as of {AS_OF}: {', '.join(sorted(taken))}"
        world.presume(_PREFIX.rstrip("/"), detail)

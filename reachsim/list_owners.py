"""Prefix lists of which nothing tells whether they are AWS's own, where a question about the internet depends on that.

Nobody of AWS's lists (CloudFront's, health checks') is of the internet (DESIGN, selector ``internet``). Whose a list is
tells describe-managed-prefix-lists alone; without it a list is taken to be the account's own, and its addresses to be
the internet's.

**Source:** "AWS-managed prefix lists" (VPC User Guide); EC2 API, ManagedPrefixList (OwnerId).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable

import msgspec

from reachsim.evidence import Assumption
from reachsim.forwarding import Ground
from reachsim.readings import Agreed, Found


def told_of_lists(
    ground: Ground, agreed: Agreed, walk: Callable[[Ground], Found], outcome: Callable[[Found], Hashable]
) -> Agreed:
    """What a question about the internet comes to, noting the lists whose owner would change it."""
    unowned = ground.network.lists_of_unknown_owner
    if not unowned:
        return agreed
    files = {
        path: json.dumps({"PrefixLists": [{"PrefixListId": one, "OwnerId": "AWS"} for one in lists]}).encode()
        for path, lists in unowned.items()
    }
    other = ground.with_files(files)
    if other is None or outcome(walk(other)) == outcome(agreed.found):
        return agreed
    taken = tuple(
        Assumption("PREFIX_LIST_OWNER_UNSEEN", one, f"{one} was taken to be no list of AWS's own: {path} would tell",
                   "block")
        for path, lists in unowned.items() for one in lists
    )  # fmt: skip

    def noting(found: Found) -> Found:
        return tuple(msgspec.structs.replace(one, assumptions=(*one.assumptions, *taken)) for one in found)

    return Agreed(noting(agreed.found), tuple(noting(one) for one in agreed.readings))

"""Policy documents of a snapshot, parsed once each."""

from __future__ import annotations

import json
from functools import lru_cache

from reachsim import policy
from reachsim.errors import Fault, SnapshotError


def document(text: str | bytes, where: str) -> policy.Document:
    """The policy document in a file. Raises SnapshotError if it cannot be judged."""
    try:
        return _parsed(text)
    except (policy.PolicyError, ValueError, RecursionError) as error:
        raise SnapshotError(Fault(where, "", "a policy document", str(error))) from error


@lru_cache(maxsize=512)
def _parsed(text: str | bytes) -> policy.Document:
    given = json.loads(text)
    if isinstance(given, dict) and "Statement" not in given:
        raise ValueError("it has no Statement, which AWS demands")
    return policy.parse(given)

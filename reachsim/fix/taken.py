"""What steps chosen already use, so that two of them never want the same rule number or address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reachsim.fix.steps import AddAclEntry, CreateEndpoint, Step

Steps = tuple[Step, ...]
"""Steps that belong together: a group and the rules in it."""


class Taken(NamedTuple):
    """What steps chosen already use: (network ACL, outbound, number), and addresses."""

    numbers: frozenset[tuple[str, bool, int]] = frozenset()
    addresses: frozenset[str] = frozenset()

    @staticmethod
    def by(steps: Iterable[Step]) -> Taken:
        numbers = {(one.acl, one.egress, one.number) for one in steps if isinstance(one, AddAclEntry)}
        addresses = {address for one in steps if isinstance(one, CreateEndpoint) for _, address in one.places}
        return Taken(frozenset(numbers), frozenset(addresses))

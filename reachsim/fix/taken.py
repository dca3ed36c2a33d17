"""What steps chosen already use, so that two of them never want the same rule number, address or id."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from reachsim.fix.steps import AddAclEntry, CreateEndpoint, CreateGroup, Step
from reachsim.model.network import Network

Steps = tuple[Step, ...]
"""Steps that belong together: a group and the rules in it."""


class Taken(NamedTuple):
    """What steps chosen already use: (network ACL, outbound, number), addresses, and (id, VPC) of what they make."""

    numbers: frozenset[tuple[str, bool, int]] = frozenset()
    addresses: frozenset[str] = frozenset()
    made: frozenset[tuple[str, str]] = frozenset()

    @staticmethod
    def by(steps: Iterable[Step]) -> Taken:
        steps = list(steps)
        numbers = {(one.acl, one.egress, one.number) for one in steps if isinstance(one, AddAclEntry)}
        addresses = {address for one in steps if isinstance(one, CreateEndpoint) for _, address in one.places}
        made = {(one.id, one.vpc) for one in steps if isinstance(one, CreateEndpoint | CreateGroup)}
        return Taken(frozenset(numbers), frozenset(addresses), frozenset(made))

    def id_for(self, network: Network, wanted: str, vpc: str) -> str:
        """The wanted id of something to be made in a VPC, or with a number if another VPC has it."""
        held = {key: one.vpc_id for kind in (network.vpc_endpoints, network.security_groups)
                for key, one in kind.items() if key.startswith(wanted)} | dict(self.made)  # fmt: skip
        names = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
        return next(name for name in names if held.get(name) in (None, vpc))

"""Records of all accounts in the snapshot that one VPC may use, joined by id: shared rules, zones, rule groups.

**Source:** "Sharing Resolver rules with other AWS accounts and using shared rules" (Route 53: both accounts list a
shared rule), facts N165, N173.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from reachsim.model.network import Network
from reachsim.model.places import Home

Record = TypeVar("Record", bound=msgspec.Struct)


def everywhere(
    network: Network, service: str, operation: str, key: str, kind: type[Record]
) -> Iterator[tuple[Home, Record]]:
    """Each record of an operation, over all accounts and Regions."""
    for home in network.homes:
        for record in network.read_collection(network.path(home, service, operation), key, kind):
            yield home, record


def found_file(network: Network, home: Home, service: str, operation: str, name: str) -> str:
    """The per-resource file of that name: the home's own, else another account's, else the home's that is missing."""
    own = network.path(home, service, operation, name)
    if network.snapshot.status(own) == "ok":
        return own
    places = [(account, "global") for account in network.snapshot.accounts()] if home[1] == "global" else network.homes
    others = (network.path(one, service, operation, name) for one in places)
    return next((path for path in others if network.snapshot.status(path) == "ok"), own)


def resource_of(arn: str) -> str:
    """The id at the end of an ARN: ``arn:aws:route53:::hostedzone/Z1`` → ``Z1``."""
    return arn.rsplit("/", 1)[-1]

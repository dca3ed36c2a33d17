"""The ways by which requests of strangers come to a repository, bucket or role, and the keys that tell of each.

They come over the public way, by an endpoint in a VPC of their own, or through an AWS service; by an endpoint that a
policy names (``aws:SourceVpce``, its VPC, account or organization) and the snapshot does not hold, which tells of none
whose it is; and by access points of Amazon S3, whose own policies no snapshot holds.

**Source:** IAM User Guide, "AWS global condition context keys"; S3 User Guide, "Configuring IAM policies for using
access points" (Delegating access control to access points).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final

from msgspec import Struct

from reachsim import policy
from reachsim.check.compared import ANY, STRANGER, account_of, filled_values, keys_of, values
from reachsim.model.network import Network
from reachsim.policy.request import FOLDED_VPC_KEYS
from reachsim.policy.statements import Statement
from reachsim.policy_layers import familiar, organization_of

Keys = Mapping[str, Any]
"""Context keys of a request, None for one that it lacks."""
_WAY_KEYS: Final = frozenset(
    {"aws:sourceip", *FOLDED_VPC_KEYS, "aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}
)  # fmt: skip
_POINT_KEYS: Final = frozenset({"s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"})
_BY_ENDPOINT: Final = {
    "aws:SourceIp": None, "aws:SourceVpce": "vpce-0stranger", "aws:SourceVpc": "vpc-0stranger",
    "aws:SourceVpcArn": f"arn:aws:ec2:us-east-1:{STRANGER}:vpc/vpc-0stranger", "aws:VpcSourceIp": policy.PRESENT,
    "aws:VpceAccount": STRANGER, "aws:VpceOrgID": "o-stranger", "aws:VpceOrgPaths": ("o-stranger/r-any/ou-any/",),
}  # fmt: skip
_BY_SERVICE: Final = {
    "aws:SourceIp": None, "aws:ViaAWSService": "true", "aws:CalledVia": policy.PRESENT,
    "aws:CalledViaFirst": policy.PRESENT, "aws:CalledViaLast": policy.PRESENT,
}  # fmt: skip
_MOST_WAYS: Final = 64


class Way(Struct, frozen=True):
    """A way: ``how`` in words, "" for the public one, and the keys that tell. ``named`` is what the policy names of it,
    "" if nothing. ``unless`` is the file that would tell whether it is a stranger's at all, or ""; ``taken`` what is
    taken for granted of it, which keeps strangers out, or ""."""

    how: str = ""
    keys: Keys = {}
    named: str = ""
    unless: str = ""
    taken: str = ""


def ways(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[Way]:
    """The ways that statements of the owner's policies may tell apart, the public one first."""
    asked = keys_of(statements)
    yield Way()
    if asked & _WAY_KEYS:
        yield Way("by a VPC endpoint of its own", _BY_ENDPOINT)
        yield Way("through an AWS service", _BY_SERVICE)
        yield from _named(network, statements, owner)
    if asked & _POINT_KEYS:
        yield from _points(network, statements, owner)


class _Name(Struct, frozen=True):
    """One value of a key that tells of an endpoint; ``words`` is "" for that of an endpoint that nobody names."""

    value: Any
    words: str
    unless: str = ""


def _named(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[Way]:
    """By each endpoint that is named, by one key or by several, and is not the snapshot's."""
    found = {
        "aws:SourceVpce": list(_endpoints(network, statements)),
        "aws:SourceVpc": list(_vpcs(network, statements)),
        "aws:SourceVpcArn": list(_vpc_arns(network, statements, owner)),
        "aws:VpceAccount": list(_accounts(network, statements, owner)),
        "aws:VpceOrgID": list(_organizations(network, statements, owner, "aws:vpceorgid")),
        "aws:VpceOrgPaths": list(_organizations(network, statements, owner, "aws:vpceorgpaths")),
    }
    keys = [key for key, names in found.items() if names]
    choices = [(_Name(_BY_ENDPOINT[key], ""), *found[key]) for key in keys]
    for chosen in islice(product(*choices), 1, _MOST_WAYS):  # the first is the endpoint that nobody names
        named = " and ".join(dict.fromkeys(one.words for one in chosen if one.words))
        values_of = {key: one.value for key, one in zip(keys, chosen, strict=True)}
        unless = next((one.unless for one in chosen if one.unless), "")
        yield Way(f"by {named}", {**_BY_ENDPOINT, **values_of}, named, unless)


def _endpoints(network: Network, statements: Sequence[Statement]) -> Iterator[_Name]:
    unless = lacking(network, "describe-vpc-endpoints")
    for value in filled_values(statements, "aws:sourcevpce"):
        if value not in network.vpc_endpoints:
            yield _Name(value, f"VPC endpoint {value}", unless)


def _vpcs(network: Network, statements: Sequence[Statement]) -> Iterator[_Name]:
    unless = lacking(network, "describe-vpcs")
    for value in filled_values(statements, "aws:sourcevpc"):
        if value not in network.vpcs:
            yield _Name(value, f"VPC {value}", unless)


def _vpc_arns(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[_Name]:
    for value in filled_values(statements, "aws:sourcevpcarn"):
        if value.count(":") == 5 and value.split(":")[4] not in familiar(network, owner):
            yield _Name(value, f"VPC {value}")


def _accounts(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[_Name]:
    for pattern in values(statements, "aws:vpceaccount"):
        for account in account_of(pattern):
            if account not in familiar(network, owner):
                yield _Name(account, f"a VPC endpoint of account {account}")


def _organizations(network: Network, statements: Sequence[Statement], owner: str, key: str) -> Iterator[_Name]:
    own = organization_of(network, owner)
    unless = network.path((owner, "global"), "organizations", "describe-organization") if own is policy.UNKNOWN else ""
    for value in filled_values(statements, key):
        name = value.split("/")[0]
        if name != own:
            yield _Name((value,) if key.endswith("paths") else value, f"a VPC endpoint of organization {name}", unless)


def _points(network: Network, statements: Sequence[Statement], owner: str) -> Iterator[Way]:
    """By access points of other accounts that are named, and by those of the owner's own."""
    arns = [value for value in filled_values(statements, "s3:dataaccesspointarn") if value.count(":") >= 5]
    patterns = [*values(statements, "s3:dataaccesspointaccount"), *(arn.split(":")[4] for arn in arns)]
    named = dict.fromkeys(account for pattern in patterns for account in account_of(pattern))
    for account in dict.fromkeys((*named, owner)):
        arn = next(
            (arn for arn in arns if arn.split(":")[4] == account), f"arn:aws:s3:us-east-1:{account}:accesspoint/{ANY}"
        )
        for origin in ("Internet", "VPC"):
            keys = {"s3:DataAccessPointArn": arn, "s3:DataAccessPointAccount": account,
                    "s3:AccessPointNetworkOrigin": origin}  # fmt: skip
            if account in familiar(network, owner):
                whose = f"the policies of the access points of account {account} are not in the snapshot"
                yield Way("by an access point", keys, taken=f"{whose}, and were taken to let nobody in")
            else:
                yield Way(f"by an access point of account {account}", keys, f"an access point of account {account}")


def lacking(network: Network, operation: str) -> str:
    """The first file of an EC2 call that the snapshot lacks, "" if it has all."""
    return next(iter(network.unknown(*(network.path(home, "ec2", operation) for home in network.homes))), "")

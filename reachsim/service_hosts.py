"""The host names under which an AWS service is reached: Regional, dual-stack, FIPS, global, per account, legacy.

The SDKs make FIPS and dual-stack names by a pattern, whether or not a server answers them: such a variant says so
(``sure`` is False). Names per resource stand for all of their kind by a word: ``bucket``, ``domain``.

**Source:** facts P14 (patterns), P20 to P32 (services of a pipeline), P36 to P38 (S3); botocore 1.44 (endpoint rule
sets).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from reachsim import services

Kind = Literal["regional", "dual-stack", "fips", "fips-dual-stack", "global", "account", "legacy"]


class HostVariant(msgspec.Struct, frozen=True):
    """One form of a service's name. ``sure`` is False where only the SDKs' pattern makes the name."""

    kind: Kind
    host: str
    sure: bool = True


# {r}: Region, {s}: DNS suffix, {d}: dual-stack suffix, {a}: account.
_SPECIAL: Final[dict[str, tuple[tuple[Kind, str], ...]]] = {
    "ecr.api": (
        ("regional", "api.ecr.{r}.{s}"), ("legacy", "ecr.{r}.{s}"), ("dual-stack", "ecr.{r}.{d}"),
        ("fips", "ecr-fips.{r}.{s}"), ("fips", "api.ecr-fips.{r}.{s}"), ("fips-dual-stack", "ecr-fips.{r}.{d}"),
    ),
    "ecr.dkr": (
        ("account", "{a}.dkr.ecr.{r}.{s}"), ("dual-stack", "{a}.dkr-ecr.{r}.on.aws"),
        ("fips", "{a}.dkr.ecr-fips.{r}.{s}"), ("fips-dual-stack", "{a}.dkr-ecr-fips.{r}.on.aws"),
    ),
    "s3": (
        ("regional", "s3.{r}.{s}"), ("regional", "bucket.s3.{r}.{s}"), ("dual-stack", "s3.dualstack.{r}.{s}"),
        ("dual-stack", "bucket.s3.dualstack.{r}.{s}"), ("fips", "s3-fips.{r}.{s}"),
        ("fips-dual-stack", "s3-fips.dualstack.{r}.{s}"), ("account", "name-{a}.s3-accesspoint.{r}.{s}"),
        ("account", "{a}.s3-control.{r}.{s}"), ("legacy", "s3-{r}.{s}"), ("legacy", "bucket.s3-{r}.{s}"),
        ("global", "bucket.s3.{s}"), ("global", "bucket.s3-accelerate.{s}"),
    ),
    "dynamodb": (
        ("regional", "dynamodb.{r}.{s}"), ("account", "{a}.ddb.{r}.{s}"), ("dual-stack", "dynamodb.{r}.{d}"),
        ("fips", "dynamodb-fips.{r}.{s}"),
    ),
    "sts": (
        ("regional", "sts.{r}.{s}"), ("global", "sts.{s}"), ("dual-stack", "sts.{r}.{d}"), ("fips", "sts-fips.{r}.{s}"),
    ),
    "sqs": (
        ("regional", "sqs.{r}.{s}"), ("legacy", "{r}.queue.{s}"), ("dual-stack", "sqs.{r}.{d}"),
        ("fips", "sqs-fips.{r}.{s}"),
    ),
    "git-codecommit": (("regional", "git-codecommit.{r}.{s}"), ("fips", "git-codecommit-fips.{r}.{s}")),
    "ecr-public.api": (("global", "api.ecr-public.us-east-1.amazonaws.com"), ("global", "public.ecr.aws")),
}  # fmt: skip
_SURE: Final = frozenset({"regional", "global", "account", "legacy"})
_PER_ACCOUNT: Final = ("codeartifact.repositories",)


def host_variants(suffix: str, region: str, account: str) -> tuple[HostVariant, ...]:
    """The forms of a service's name for a client of ``account`` (12 digits) in ``region``, the ordinary one first.

    >>> [one.host for one in host_variants("sts", "us-east-1", "111111111111")][:2]
    ['sts.us-east-1.amazonaws.com', 'sts.amazonaws.com']
    """
    values = {"r": region, "s": services.dns_suffix(region), "d": services.dual_suffix(region), "a": account}
    if suffix in _SPECIAL:
        listed = tuple(
            HostVariant(kind, template.format_map(values), _special_sure(suffix, kind, region))
            for kind, template in _SPECIAL[suffix]
        )
        return tuple(one for one in listed if _exists(one, region))
    return tuple(dict.fromkeys(_by_pattern(suffix, region, account)))


def _by_pattern(suffix: str, region: str, account: str) -> Iterator[HostVariant]:
    """The SDKs' patterns: ``SVC.R.S``, ``SVC-fips.R.S``, ``SVC.R.D``, ``SVC-fips.R.D`` (P14)."""
    ordinary = services.host(suffix, region, account)
    tail = f".{region}.{services.dns_suffix(region)}"
    if not ordinary.endswith(tail):
        yield HostVariant("global" if f".{region}." not in ordinary else "regional", ordinary)
        return
    prefix = ordinary.removesuffix(tail)
    yield HostVariant("account" if suffix in _PER_ACCOUNT else "regional", ordinary)
    if suffix in _PER_ACCOUNT or prefix.endswith("-fips"):
        return
    dual = f".{region}.{services.dual_suffix(region)}"
    yield HostVariant("dual-stack", prefix + dual, sure=False)
    if not region.startswith("cn-"):  # none in China (P36)
        yield HostVariant("fips", f"{prefix}-fips{tail}", sure=False)
        yield HostVariant("fips-dual-stack", f"{prefix}-fips{dual}", sure=False)


def _special_sure(suffix: str, kind: Kind, region: str) -> bool:
    """FIPS names exist in some Regions only; S3's and ECR's dual-stack names in all of the partition."""
    return kind in _SURE or (kind == "dual-stack" and suffix in ("s3", "ecr.api", "ecr.dkr") and region[:3] != "cn-")


def _exists(one: HostVariant, region: str) -> bool:
    """China has no FIPS and no global names of these services (P36)."""
    return not region.startswith("cn-") or one.kind not in ("fips", "fips-dual-stack", "global")

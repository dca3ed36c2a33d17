"""When the requests are made that a snapshot is asked about: not before it was captured, whenever that is.

A date in a policy that was past by then stays past: a Deny for sessions issued before it (what "Revoke active sessions"
attaches to a role, ``AWSRevokeOlderSessions``) hits no later build. A date to come leaves open what it decides.

**Source:** IAM User Guide, "AWS global condition context keys" (aws:CurrentTime, aws:EpochTime, aws:TokenIssueTime),
"Revoke IAM role temporary security credentials"; AWS Security Token Service API Reference: no temporary credentials are
valid for more than 36 hours ("GetFederationToken"; a role's for 12).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from reachsim import policy
from reachsim.model.network import Network
from reachsim.policy.request import OpenContext
from reachsim.policy.variables import ContextValue

_WRITTEN: Final = datetime(2026, 10, 27, tzinfo=UTC)
"""Nobody asked this reachsim anything before; of snapshots that do not tell when they were captured."""
_LONGEST_SESSION: Final = timedelta(hours=36)


def moments(network: Network) -> dict[str, policy.NotBefore]:
    """The keys that hold the time of a request."""
    return dict(_moments(network.snapshot.manifest.started or ""))


def issued(network: Network) -> policy.NotBefore:
    """When the credentials of a session were issued."""
    return _issued(network.snapshot.manifest.started or "")


def timed(network: Network, request: policy.Request) -> policy.Request:
    """The request with the keys of its time, and of its session's, that it does not hold yet."""
    found: dict[str, ContextValue] = dict(moments(network))
    if request.principal.kind in ("role", "session"):
        found["aws:TokenIssueTime"] = issued(network)
    lacking = {key: value for key, value in found.items() if key.lower() not in request.keys}
    if not lacking:
        return request
    absent = request.keys.absent if isinstance(request.keys, OpenContext) else None
    return policy.Request(
        request.principal, request.action, request.resource_arn, request.resource_account,
        {**request.context, **lacking}, request.wildcard_only_action, absent,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _moments(started: str) -> tuple[tuple[str, policy.NotBefore], ...]:
    begun = _begun(started)
    return (
        ("aws:CurrentTime", policy.NotBefore(_text(begun))),
        ("aws:EpochTime", policy.NotBefore(str(int(begun.timestamp())))),
    )


@lru_cache(maxsize=8)
def _issued(started: str) -> policy.NotBefore:
    return policy.NotBefore(_text(_begun(started) - _LONGEST_SESSION))


def _begun(started: str) -> datetime:
    try:
        found = datetime.fromisoformat(started)
    except ValueError:  # `validate` tells
        return _WRITTEN
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

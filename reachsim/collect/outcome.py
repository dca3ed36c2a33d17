"""What came of a call: an answer, "there is none", a refusal, or no answer at all, told by the error that AWS gave.

Outcomes, as the manifest has them:

- ``ok``: the file holds the answer. ``derived``: it holds what follows from another answer, without a call.
- ``absent``: AWS says that there is none (``{"Error": {"Code": "NoSuchBucketPolicy"}}`` in the file).
- ``refused``: AWS understood and said no: a permission is missing, or the Region is not enabled.
- ``not-collected``: nobody there, or the server does not know the call. ``not-asked``: the list of names is lacking.

Only the first three are knowledge. **Source:** "Common Errors" in the EC2, IAM and STS API references; the error codes
of botocore's service models; for Regions, AWS Account Management, "Enable or disable AWS Regions" (an opt-in Region
that is not enabled does not know the account's credentials).
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

from reachsim.snapshot import Snapshot

Kind = Literal["ok", "derived", "absent", "refused", "not-collected", "not-asked"]
KNOWN: Final[frozenset[Kind]] = frozenset({"ok", "derived", "absent"})

EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""Codes that say that the credentials were good once."""
UNKNOWN_CREDENTIALS: Final = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
)
"""Codes of a Region that is not enabled, given that the same credentials are good elsewhere."""
NOT_ACCEPTED: Final = UNKNOWN_CREDENTIALS | {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
"""Codes that say that the credentials are good for nothing."""
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
"""Codes of AWS STS that say that a policy does not allow a call."""
THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes that ask for patience."""
_UNKNOWN_CALL: Final = frozenset(
    {"404", "InvalidAction", "NotImplemented", "UnknownOperationException", "UnsupportedOperation"}
)
NOT_COLLECTED: Final = "NotCollected"
"""Our own code in a file without an answer of AWS, the same as in `reachsim.calls.shell_loop`."""
_PERMISSION = re.compile(r"not authorized to perform:? ?([a-z0-9-]+:[A-Za-z0-9]+)")


class Outcome(msgspec.Struct, frozen=True):
    """What came of a call; ``code`` is AWS's, ``permission`` the IAM action that a refusal names."""

    kind: Kind
    code: str = ""
    permission: str = ""

    def file(self) -> dict[str, Any]:
        """What stands in the file of a call without an answer."""
        return {"Error": {"Code": self.code}}


def of_error(path: str, status: int, code: str, message: str) -> Outcome:
    """The outcome of an error answer.

    Args:
        path: The call's file within the snapshot: whether "there is none" can be meant depends on the call.
        status: The HTTP status.
        code: AWS's error code.
        message: AWS's text; only the action that it says is missing is kept, for it may quote anything.

    >>> of_error("1/eu-west-1/ec2/describe-vpcs.json", 500, "500", "Internal Server Error")
    Outcome(kind='not-collected', code='NotCollected', permission='')
    """
    if code in THROTTLED:
        return Outcome("not-collected", code)
    if not code or code.isdigit():
        return Outcome("not-collected", NOT_COLLECTED)
    if status >= 500 or code in _UNKNOWN_CALL:
        return Outcome("not-collected", code)
    if Snapshot.of({path: msgspec.json.encode({"Error": {"Code": code}})}).status(path) == "absent":
        return Outcome("absent", code)
    found = _PERMISSION.search(message)
    return Outcome("refused", code, found[1] if found else "")

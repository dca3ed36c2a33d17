"""Calls that fail: what boto3 raises as ours, and patience with what is throttled or breaks.

Retries are botocore's adaptive mode with two attempts, so that a server which does not know a call is asked twice and
no more; throttling and broken connections get further attempts with growing pauses. **Source:** boto3 guide,
"Retries".
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from reachsim.collect.errors import ExpiredError
from reachsim.collect.outcome import EXPIRED, NOT_COLLECTED, THROTTLED, Outcome, of_error

MOST_ATTEMPTS: Final = 12
"""Attempts at a call that is throttled."""
MOST_BROKEN: Final = 6
"""Attempts at a call whose connection breaks, or that brings no answer in time."""
LONGEST_PAUSE: Final = 20.0
"""Seconds between two attempts."""


class FailedCall(Exception):
    """A call that brought no answer; never leaves `reachsim.collect`. ``retried``: a second attempt was made.
    ``unreachable``: there was no connection at all.
    """

    def __init__(self, outcome: Outcome, *, retried: bool = True, unreachable: bool = False) -> None:
        self.outcome = outcome
        self.retried = retried
        self.unreachable = unreachable
        super().__init__(outcome.code)


class failures:
    """Turns botocore's exceptions into ours."""

    def __init__(self, path: str, who: str) -> None:
        self.path = path
        self.who = who

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore import exceptions
        from botocore.parsers import ResponseParserError

        match error:
            case exceptions.ClientError(response=response):
                code = str(response.get("Error", {}).get("Code", ""))
                if code in EXPIRED:
                    raise ExpiredError(expired(self.who)) from error
                status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                raise FailedCall(
                    of_error(self.path, status, code, str(response["Error"].get("Message", "")))
                ) from error
            case exceptions.ConnectionError():
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED), unreachable=True) from error
            case Exception() if isinstance(error, _lost()) or _raised_in(error, "botocore.credentials"):
                raise ExpiredError(expired(self.who)) from error
            case ResponseParserError():  # a page for people, say; botocore itself does not ask again
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED), retried=False) from error
            case exceptions.BotoCoreError():
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED)) from error
            # JSON or XML, but not what the call answers with
            case Exception() if _raised_in(error, "botocore.parsers", "botocore.handlers"):
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED), retried=False) from error


def expired(who: str) -> str:
    """What to tell somebody whose credentials were good once."""
    return f"the credentials have expired ({who}): sign in anew and give the same command again to go on"


def _lost() -> tuple[type[Exception], ...]:
    """What botocore raises where credentials that were there cannot be had or renewed; older ones know fewer."""
    from botocore import exceptions

    names = ("CredentialRetrievalError", "LoginError", "NoCredentialsError", "RefreshWithMFAUnsupportedError",
             "SSOError", "TokenRetrievalError")  # fmt: skip
    return tuple(getattr(exceptions, name) for name in names if hasattr(exceptions, name))


def _raised_in(error: Exception, *modules: str) -> bool:
    """Whether an error comes from one of these modules (botocore's reading of an answer, say), not from a mistake of
    ours.
    """
    return not {str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)}.isdisjoint(
        modules
    )


def no_answer_at_all(response_dict: Mapping[str, Any], operation_model: Any, **_: Any) -> None:
    """Refuse what botocore would read as an answer without records: nothing, a web page (a proxy's, a portal's), or a
    body that is no JSON object where the service answers with one.

    Raises: botocore's ResponseParserError.
    """
    from botocore.parsers import ResponseParserError

    body, shape = response_dict["body"], operation_model.output_shape
    if response_dict["status_code"] >= 300 or not isinstance(body, bytes) or shape is None:
        return
    start = body[:200].lstrip().lower()
    if not start or start.startswith((b"<!doctype html", b"<html")):
        raise ResponseParserError("a web page, or nothing")
    if "json" in operation_model.service_model.resolved_protocol and "payload" not in shape.serialization:
        try:
            msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ResponseParserError("no JSON object") from error


def patience(attempts: int, response: Any = None, caught_exception: Any = None, **_: Any) -> float | None:
    """Seconds to wait before another attempt, once botocore has given up; None = give up as well."""
    from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
    from botocore.exceptions import ConnectionError as AnyConnectionError

    error: Mapping[str, Any] = response[1].get("Error", {}) if response is not None else {}
    match caught_exception:
        case EndpointConnectionError():
            return None  # no such host: the Region lacks the service
        case ConnectionClosedError() | ReadTimeoutError() | AnyConnectionError():
            most = MOST_BROKEN
        case _:
            most = MOST_ATTEMPTS if error.get("Code") in THROTTLED else 0
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 0.1 * 2.0**attempts) if attempts < most else None

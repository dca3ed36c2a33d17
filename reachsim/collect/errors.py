"""What ends a capture, in contrast to what AWS refuses to tell: a refused call is an entry in the manifest."""

from __future__ import annotations

from reachsim.errors import ReachsimError


class CollectError(ReachsimError):
    """The capture cannot begin or cannot go on: no credentials, no Region, no room on the disk."""


class ExpiredError(CollectError):
    """AWS takes the credentials no longer; what follows would be refused for that reason alone."""


class AccountError(CollectError):
    """An account cannot be captured; ``code`` is AWS's, if it gave one, ``permission`` what was needed."""

    def __init__(self, message: str, code: str, permission: str) -> None:
        self.code = code
        self.permission = permission
        super().__init__(message)

"""What ends a capture, in contrast to what AWS refuses to tell: a refused call is an entry in the manifest."""

from __future__ import annotations

from reachsim.errors import ReachsimError


class CollectError(ReachsimError):
    """The capture cannot begin or cannot go on: no credentials, no Region, no room on the disk."""


class ExpiredError(CollectError):
    """AWS takes the credentials no longer; what follows would be refused for that reason alone."""

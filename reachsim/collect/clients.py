"""boto3's clients of the services, kept while they are in use: each takes half a megabyte, and an organization has a
thousand accounts, Regions and services.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

MOST: Final = 100
"""Clients kept. Calls come Region by Region, so those in use at a time are fewer."""


class Clients:
    """Clients by what they are for; the one that was not asked for longest makes way for another."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()  # clients may be shared between threads, making one may not

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The client that is kept for a key, else the one that ``make`` returns."""
        with self._lock:
            if key not in self._held:
                self._held[key] = make()
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)
            return self._held[key]

"""Plans and templates hold values of any form; what is written by hand or damaged gets one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reachsim.errors import Fault, SnapshotError


@contextmanager
def documented(file: str, place: str = "") -> Iterator[None]:
    """Raises SnapshotError, naming file and place, where a value has not the form that is documented for it."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        found = f"something else ({type(error).__name__}: {error})"
        raise SnapshotError(Fault(file, place, "values of the documented types", found)) from error

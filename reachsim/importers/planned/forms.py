"""Plans and templates hold values of any form; what is written by hand or damaged gets one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb

from reachsim.errors import Fault, SnapshotError


@contextmanager
def documented(file: str, place: str = "") -> Iterator[None]:
    """Raises SnapshotError, naming file and place, where a value has not the form that is documented for it.

    A mistake of our own looks the same from here, so the message tells which line of reachsim met the value.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        met = next(one for one in reversed(extract_tb(error.__traceback__)) if "reachsim" in one.filename)
        line = f"reachsim/importers/{met.filename.rpartition('reachsim/importers/')[2]}, line {met.lineno}"
        found = f"something else ({type(error).__name__}: {error}; met in {line})"
        raise SnapshotError(Fault(file, place, "values of the documented types", found)) from error

"""reachsim: is a CodeCommit → CodeBuild → ECR pipeline private, and does it still work? Answered offline from a
snapshot.

>>> import reachsim
>>> sorted(name for name in reachsim.__all__ if name.startswith("load"))
['load', 'load_files']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reachsim.api import Reach, load, load_files
    from reachsim.errors import QuestionError, ReachsimError, SnapshotError, UnsupportedError
    from reachsim.verdict import Check, Verdict

__version__ = "0.1.0"

_HOMES = {
    "Check": "reachsim.verdict",
    "QuestionError": "reachsim.errors",
    "Reach": "reachsim.api",
    "ReachsimError": "reachsim.errors",
    "SnapshotError": "reachsim.errors",
    "UnsupportedError": "reachsim.errors",
    "Verdict": "reachsim.verdict",
    "load": "reachsim.api",
    "load_files": "reachsim.api",
}

__all__ = [
    "Check", "QuestionError", "Reach", "ReachsimError", "SnapshotError", "UnsupportedError", "Verdict", "__version__",
    "load", "load_files",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'reachsim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

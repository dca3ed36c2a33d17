"""What every test gets: no network but this machine's own, no AWS credentials, no window for plots."""

from __future__ import annotations

import gc
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every machine and in every run; `HYPOTHESIS_PROFILE=explore pytest` draws others, and more.
settings.register_profile(
    "fixed", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

gc.disable()  # until all tests are collected: nothing is garbage before, and looking for it is a third of the work


def pytest_collection_finish() -> None:
    """What was collected stays to the end, so that no later search for garbage needs to look at it."""
    gc.freeze()
    gc.enable()


# Compiled modules are kept, as of an installed package: else each process that a test starts compiles what it needs.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

os.environ["MPLBACKEND"] = "Agg"
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def snapshots() -> Path:
    """The folder of the snapshots that ship with the project."""
    return ROOT / "snapshots"


@pytest.fixture(autouse=True)
def offline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that opens a connection to another machine, unless it is marked `online`."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        here = self.family not in (socket.AF_INET, socket.AF_INET6) or address[0] in ("127.0.0.1", "::1", "localhost")
        assert here, f"a test tried to reach {address}: analysis is offline"
        connect(self, address)

    if request.node.get_closest_marker("online") is None:
        monkeypatch.setattr(socket.socket, "connect", connect_here)

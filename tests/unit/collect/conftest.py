"""moto's server with the private pipeline in it, and the environment of somebody who has signed in."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.collect import gaps, pipeline

SIGNED_IN = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
}


def sign_in(patch: pytest.MonkeyPatch) -> None:
    """Credentials that no file or machine of the tester's can add to; and names below 127.0.0.1 stay on this machine.

    The S3 Control API puts the account's id before the host, which no resolver is to be asked about.
    """
    for name, value in SIGNED_IN.items():
        patch.setenv(name, value)
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *arguments: Any, **more: Any) -> Any:
        here = isinstance(host, str) and host.endswith(".127.0.0.1")
        return resolve("127.0.0.1" if here else host, *arguments, **more)

    patch.setattr(socket, "getaddrinfo", resolve_here)


@pytest.fixture(scope="session", autouse=True)
def read_models_once() -> Iterator[None]:
    """Let every session of boto3 in this process share AWS's service models, which take long to read."""
    loaders = pytest.importorskip("botocore.loaders")
    shared = loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda _paths=None: shared)
        yield


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch)
    monkeypatch.setenv("AWS_REGION", pipeline.REGION)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[tuple[str, int]]:
    """(host, port) of moto's server on this machine, in which the private pipeline stands."""
    boto3 = pytest.importorskip("boto3")
    server_module = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=pipeline.REGION)
    session._session.set_config_variable("ignore_configured_endpoint_urls", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        gaps.GROUP["endpoints"] = pipeline.build(session)["endpoints"]
    yield host, port
    server.stop()

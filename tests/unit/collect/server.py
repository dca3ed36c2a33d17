"""HTTP servers on this machine: moto's, and one in front of it that answers some calls itself, or spoils them.

`Front` hands every request to moto, except where a rule answers: `Rule` is given the call (``ec2/DescribeVpcs``) and
the request's body, and returns None (moto answers), an `Answer`, or `RESET` (the connection breaks without one).
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs


class Answer(NamedTuple):
    status: int
    body: bytes
    kind: str = "text/xml"


RESET = Answer(0, b"")
Rule = Callable[[str, bytes], Answer | None]
Mend = Callable[[str, bytes], bytes]


def xml(action: str, inner: str) -> Answer:
    """An EC2 answer as its API reference shows it."""
    space = "http://ec2.amazonaws.com/doc/2016-11-15/"
    text = f'<{action}Response xmlns="{space}"><requestId>r</requestId>{inner}</{action}Response>'
    return Answer(200, text.encode())


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), "application/x-amz-json-1.1")


def refusal(call: str, code: str, status: int = 400) -> Answer:
    """AWS's error in the protocol of the call's service."""
    if call.startswith("ec2/"):
        text = f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        return Answer(status, text.encode())
    if call.startswith(("iam/", "sts/", "elasticloadbalancing/", "s3/", "route53/")):
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        text = text if not call.startswith("s3/") else f"<Error><Code>{code}</Code><Message>no</Message></Error>"
        return Answer(status, text.encode())
    return as_json({"__type": code, "message": "no"}, status)


class Front:
    """The server in front. ``url`` is what ``AWS_ENDPOINT_URL`` gets; ``calls`` counts what was asked, ``callers`` has
    the access keys that asked.
    """

    def __init__(self, behind: tuple[str, int] | None, rule: Rule, mend: Mend) -> None:
        self.behind, self.rule, self.mend = behind, rule, mend
        self.calls: dict[str, int] = {}
        self.callers: dict[str, set[str]] = {}
        self.lock = threading.Lock()
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = name_of(self.headers, self.command, self.path, body)
                with front.lock:
                    front.calls[call] = front.calls.get(call, 0) + 1
                    key = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization") or "")
                    front.callers.setdefault(call, set()).add(key[1] if key else "")
                found = front.rule(call, body)
                if found is RESET:  # a reset, not an end: nothing is left to be read
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                    return
                if found is None:
                    found = front.ask_behind(self.command, self.path, dict(self.headers.items()), body, call)
                self.send_response(found.status)
                self.send_header("Content-Type", found.kind)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Clients that were killed, and connections that were reset on purpose, are no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def ask_behind(self, method: str, path: str, headers: dict[str, str], body: bytes, call: str) -> Answer:
        if self.behind is None:
            return refusal(call, "UnknownOperationException", 501)
        connection = http.client.HTTPConnection(*self.behind, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            kind = response.headers.get("Content-Type", "text/xml")
            return Answer(response.status, self.mend(call, response.read()), kind)
        finally:
            connection.close()


def name_of(headers: Mapping[str, str], method: str, path: str, body: bytes) -> str:
    """``ec2/DescribeVpcs``, ``codebuild/ListFleets``, or ``lambda/GET /2015-03-31/functions/``."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization") or "")
    service = scope[1] if scope else "unknown"
    target = headers.get("X-Amz-Target")
    action = parse_qs(body.decode("latin-1")).get("Action", [""])[0] if method == "POST" else ""
    address = f"{method} {path.partition('?')[0]}"
    return f"{service}/{target.rpartition('.')[2] if target else action or address}"


@contextmanager
def front(
    behind: tuple[str, int] | None = None,
    rule: Rule = lambda _call, _body: None,
    mend: Mend = lambda _call, body: body,
) -> Iterator[Front]:
    one = Front(behind, rule, mend)
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join()

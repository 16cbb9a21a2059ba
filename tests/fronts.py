"""A web server in front of `roundup serve`, with TLS, that hands requests on, or does to them what such servers do."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Front:
    """How it treats requests."""

    #: The port of this machine that it hands requests on to.
    behind: int
    port: int = 0
    #: Where every request is sent on to, with the path after it; empty: nowhere.
    redirects_to: str = ""
    #: The status that it gives to a POST without asking anybody; 0: it hands it on.
    refuses: int = 0
    #: It answers 200 to everything itself.
    is_parked: bool = False

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}/"


class _Answer(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        front = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if front.redirects_to:
            self._say(301, b"", Location=front.redirects_to + self.path)
        elif front.refuses and self.command == "POST":
            self._say(front.refuses, b"no")
        elif front.is_parked:
            self._say(200, b"<h1>Welcome</h1>")
        else:
            self._hand_on(body)

    def _hand_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.front.behind, timeout=10)
        headers = {name: self.headers[name] for name in ("Content-Type",) if name in self.headers}
        upstream.request(self.command, self.path, body=body or None, headers=headers)
        answer = upstream.getresponse()
        self._say(answer.status, answer.read())
        upstream.close()

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        del format, args


class _Server(ThreadingHTTPServer):
    def __init__(self, front: Front) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.front = front

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who does not trust the certificate breaks off, which is the point."""


@contextmanager
def a_front(front: Front, *, certificate: str, key: str) -> Iterator[Front]:
    """The front, up."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with _Server(front) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        front.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()

"""A web site on this machine that answers what a test tells it to."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """A web server that answers what it is told to."""

    port: int = 0
    status: int = 200
    body: bytes = b""
    #: The Content-Length it claims beyond the body's own: the line is closed too early.
    missing: int = 0
    etag: str = ""
    #: By how many seconds its clock is ahead.
    ahead: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def source(self) -> dict[str, object]:
        return {"feed": f"http://127.0.0.1:{self.port}/feed", "name": "Lantern", "allow_private": True}


@contextmanager
def running(site: Site) -> Iterator[Site]:
    """The site, up."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.headers.get("If-None-Match", ""))
            same = site.etag != "" and self.headers.get("If-None-Match") == site.etag
            self.send_response(304 if same else site.status)
            if site.etag:
                self.send_header("ETag", site.etag)
            if not same:
                self.send_header("Content-Length", str(len(site.body) + site.missing))
            self.end_headers()
            if not same:
                self.wfile.write(site.body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((time.time() if timestamp is None else timestamp) + site.ahead)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    with listening(Answer) as site.port:
        yield site


@contextmanager
def listening(answer: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A web server on a port of this machine, whose requests are answered so; gives the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

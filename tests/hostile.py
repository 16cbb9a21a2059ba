"""A web server on this machine that does what the worst servers do, each at a path of its own; and a listener that
counts who comes where nobody may come.
"""

import contextlib
import gzip
import http.server
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import cast
from urllib.parse import parse_qs, urlsplit

#: What a body may have at most; see `Fetcher`.
LIMIT = 5_000_000

_HEAD = b'<?xml version="1.0"?><rss version="2.0"><channel><title>Lantern</title>'
_TAIL = b"</channel></rss>"


@cache
def a_feed(of: int = 30, *, words: int = 60) -> bytes:
    """An honest feed of so many pieces, each with so many words."""
    return _HEAD + b"".join(_item(number, b"A lamp was lit. " * (words // 4)) for number in range(of)) + _TAIL


def _item(number: int, text: bytes) -> bytes:
    link = b"https://lantern.example/%d" % number
    dated = b"<pubDate>Thu, 19 Nov 2026 %02d:00:00 GMT</pubDate>" % (number % 24)
    return b"<item><title>Lamp %d</title><link>%s</link>%s<description>%s</description></item>" % (
        number,
        link,
        dated,
        text,
    )


@cache
def a_bomb(*, layers: int = 1) -> bytes:
    """120 million octets in a few thousand, gzipped once or more."""
    octets = _zeros(zlib.MAX_WBITS | 16)
    for _ in range(layers - 1):
        octets = gzip.compress(octets)
    return octets


@cache
def _zeros(form: int) -> bytes:
    packer = zlib.compressobj(9, wbits=form)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(120)) + packer.flush()


def _entities() -> bytes:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    item = "<item><title>&a8;</title><link>https://lantern.example/</link></item>"
    return (
        f'<!DOCTYPE rss [<!ENTITY a0 "aaaaaaaaaa">{levels}]><rss version="2.0"><channel>{item}</channel></rss>'.encode()
    )


def _elements() -> bytes:
    """Two million elements in 80,000 octets."""
    return b'<!DOCTYPE rss [<!ENTITY z "%s">]>' % (b"<z/>" * 20_000) + _HEAD.partition(b"?>")[2] + b"&z;" * 90 + _TAIL


def _opened(mark: bytes, size: int) -> bytes:
    """A feed with an endless title."""
    return _HEAD + b"<item><title>" + mark * (size // len(mark))


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path: each method is what one path does, with hyphens for underscores."""

    def do_GET(self) -> None:
        server = cast("Server", self.server)
        name = urlsplit(self.path).path.strip("/")
        server.asked[name] += 1
        server.agents.add(self.headers["User-Agent"])
        answers: dict[str, Callable[[], None]] = {
            name.replace("_", "-"): getattr(self, name) for name in dir(self) if name.islower()
        }
        self.close_connection = True
        # Whoever asked may hang up; so they should.
        with contextlib.suppress(OSError):
            answers[name.partition("/")[0]]()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""

    def say(self, body: bytes = b"", status: int = 200, **fields: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | fields).items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, octet: bytes) -> None:
        while not cast("Server", self.server).stopped.wait(0.1):
            self.wfile.write(octet)

    # Honest ones.

    def good(self) -> None:
        self.say(a_feed())

    def heavy(self) -> None:
        self.say(a_feed(900, words=1150)[:-16].ljust(LIMIT - 20_000) + _TAIL)

    def unchanged(self) -> None:
        same = self.headers["If-None-Match"] == '"v1"'
        self.say(b"" if same else a_feed(), 304 if same else 200, ETag='"v1"')

    def hops(self) -> None:
        left = int(self.path.rpartition("/")[2])
        self.say(status=301, Location=f"/hops/{left - 1}" if left > 1 else "/good")

    # Slow ones.

    def silent(self) -> None:
        cast("Server", self.server).stopped.wait(60)

    def drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        self.drip(b"x")

    def drip_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + _HEAD)
        self.drip(b" ")

    def drip_chunks(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.drip(b"1\r\n \r\n")

    def stall(self) -> None:
        """Almost all of the largest body that may be, and then nothing: whoever keeps it, keeps it long."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LIMIT + b" " * (LIMIT - 1))
        self.silent()

    # Large ones.

    def large(self) -> None:
        self.say(b"x" * 20_000_000)

    def large_unsaid(self) -> None:
        self.say(b"x" * 20_000_000, Content_Length="")

    def chunks(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            self.wfile.write(b"10000\r\n%s\r\n" % (b"x" * 65536))

    def long_chunk_name(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            self.wfile.write(b"0" * 65536)

    def endless_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: x\r\n" * 1000)

    def endless_header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-More: ")
        while True:
            self.wfile.write(b"x" * 65536)

    def endless_continue(self) -> None:
        while not cast("Server", self.server).stopped.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def bomb(self) -> None:
        self.say(a_bomb(), Content_Encoding="gzip")

    def bomb_nested(self) -> None:
        self.say(a_bomb(layers=2), Content_Encoding="gzip")

    def bomb_thrice(self) -> None:
        self.say(a_bomb(layers=3), Content_Encoding="gzip, gzip, gzip")

    def bomb_members(self) -> None:
        self.say(gzip.compress(bytes(50_000)) * 2000, Content_Encoding="gzip")

    def bomb_file(self) -> None:
        self.say(a_bomb(), Content_Type="application/gzip")

    def bomb_deflate(self) -> None:
        self.say(_zeros(zlib.MAX_WBITS), Content_Encoding="deflate")

    def bomb_entities(self) -> None:
        self.say(_entities())

    # Documents that are hard to read.

    def deep(self) -> None:
        self.say(_opened(b"<b>", LIMIT - 100))

    def items(self) -> None:
        self.say(_HEAD + b"".join(_item(n, b"") for n in range(30_000)) + _TAIL)

    def slow(self) -> None:
        self.say(_elements())

    # Broken ones.

    def short(self) -> None:
        self.say(a_feed()[:4000], Content_Length=str(len(a_feed())))

    def short_gzip(self) -> None:
        self.say(gzip.compress(a_feed())[:-20], Content_Encoding="gzip")

    def short_chunk(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + a_feed()[:2000])

    def reset(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + a_feed()[:2000])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def hung_up(self) -> None:
        """Not a word."""

    def babble(self) -> None:
        self.wfile.write(bytes(range(256)) * 100)

    def empty(self) -> None:
        self.say(b"")

    # Refusals.

    def status(self) -> None:
        self.say(b"<html>sorry</html>", int(self.path.rpartition("/")[2]))

    def wait_seconds(self) -> None:
        self.say(b"", 429, Retry_After="7200")

    def wait_date(self) -> None:
        self.say(b"", 503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True))

    def wait_for_ever(self) -> None:
        self.say(b"", 503, Retry_After="9" * 40)

    def wait_nonsense(self) -> None:
        self.say(b"", 429, Retry_After="soon")

    # Redirects.

    def loop(self) -> None:
        self.say(status=302, Location="/loop")

    def to(self) -> None:
        target = parse_qs(urlsplit(self.path).query)["target"][0]
        self.say(status=302, Location=target.encode().decode("latin-1"))


class Server(http.server.ThreadingHTTPServer):
    """The server, on a port of 127.0.0.1; with a context, behind TLS."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.stopped = threading.Event()
        self.scheme = "https" if tls else "http"
        if tls:
            # The handshake is made in the thread of each request.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def url(self, path: str, host: str = "localhost") -> str:
        return f"{self.scheme}://{host}:{self.server_port}/{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this is about."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """The server, up."""
    with Server(tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()


class Forbidden:
    """Listens at every address of this machine, IPv4 and IPv6, on one port, and counts who comes."""

    def __init__(self) -> None:
        self.visitors: list[str] = []
        self._line = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = int(self._line.getsockname()[1])

    def listen(self) -> None:
        while True:
            try:
                line, address = self._line.accept()
            except OSError:
                return
            self.visitors.append(str(address))
            line.close()

    def close(self) -> None:
        self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()


@contextmanager
def forbidden() -> Iterator[Forbidden]:
    """The listener, up."""
    made = Forbidden()
    thread = threading.Thread(target=made.listen, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


def settle(seconds: float = 0.2) -> None:
    """Let what is on its way arrive."""
    time.sleep(seconds)

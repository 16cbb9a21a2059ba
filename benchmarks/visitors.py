"""Visitors of a web server, many at once, each on a connection that stays open: as little work a request as there can
be, so that the server is what is measured."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What came of some seconds."""

    #: Answers a second.
    rate: float
    #: Within this time 99 of 100 were there, in seconds.
    p99: float
    statuses: Counter[int]


class _Visitor(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, following: Callable[[], bytes | None], took: list[float], statuses: Counter[int]) -> None:
        self._following = following
        self._took = took
        self._statuses = statuses
        self._buffer = b""
        self._asked = 0.0
        self._transport: asyncio.Transport | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("no stream")
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        request = self._following()
        if self._transport is None:
            return
        if request is None:
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """A part of the answer, or all of it."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        place = head.find(b"content-length: ")
        length = int(head[place + 16 :].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        self._took.append(time.perf_counter() - self._asked)
        self._statuses[int(self._buffer[9:12])] += 1
        self._buffer = b""
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        """The server hung up, or we did."""
        if not self.gone.done():
            self.gone.set_result(None)


def visit(port: int, requests: Iterator[bytes], *, seconds: float, connections: int = 128) -> Visited:
    """Ask for as long as that, or as long as there are requests."""
    return asyncio.run(_visit(port, requests, seconds, connections))


async def _visit(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> Visited:
    took: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.perf_counter()
    ends = began + seconds

    def following() -> bytes | None:
        return None if time.perf_counter() > ends else next(requests, None)

    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Visitor(following, took, statuses), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(visitor.gone for _, visitor in made))
    spent = time.perf_counter() - began
    took.sort()
    p99 = took[int(len(took) * 0.99)] if took else float("inf")
    return Visited(rate=len(took) / spent, p99=p99, statuses=statuses)


def request(method: str, path: str, body: bytes = b"", *, visitor: str = "") -> bytes:
    """The octets of a request (RFC 9112). `visitor`: the address that a web server in front would name."""
    lines = [f"{method} {path} HTTP/1.1", "Host: roundup.lantern.example.org"]
    if visitor:
        lines.append(f"X-Forwarded-For: {visitor}")
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body

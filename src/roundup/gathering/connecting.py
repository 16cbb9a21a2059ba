"""One fetch's way to the network: a total deadline, and connections to checked addresses only.

Time-outs of sockets count from octet to octet: a server that sends one octet a second is never late. So at the deadline
the socket is shut down from outside, whatever it is doing: connecting, shaking hands, sending headers or a body.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any, Self

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from roundup import clock
from roundup.gathering.addresses import Resolver, is_public
from roundup.words import say


class PrivateAddressError(Exception):
    """The host lives on a private network. The message is its name and address."""


class Deadline:
    """A total time for one fetch, redirects and all. A context manager; at the end of the time its sockets are shut."""

    def __init__(self, *, seconds: float) -> None:
        # A stopwatch, not a clock: it can't be set, and it says nothing about the time of day.
        self._end = clock.stopwatch() + seconds
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    @property
    def remaining(self) -> float:
        """Seconds that are left; 0.0 when none are."""
        return max(0.0, self._end - clock.stopwatch())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.remaining == 0.0

    def watch(self, line: socket.socket) -> None:
        """Shut this socket down at the deadline. TLS takes the socket over, so a duplicate of it is kept."""
        with self._lock:
            self._lines.append(line.dup())
        if self.passed:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            for line in self._lines:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


class Door:
    """Opens connections: to addresses that may be connected to, within the deadline.

    `private_host` is the one host that may be on a private network; None: no host may. Another one that it redirects to
    may not: nobody vouched for that. `resolver` finds the addresses of a name.
    """

    def __init__(self, *, deadline: Deadline, private_host: str | None, resolver: Resolver) -> None:
        self.deadline = deadline
        self._private_host = private_host
        self._resolver = resolver

    def open(self, host: str, port: int) -> socket.socket:
        """A socket connected to a checked address of the host.

        Raises PrivateAddressError if any address of the host is private (a name that is both is a trick, or soon will
        be), and OSError if none can be reached.
        """
        found = self._resolver(host, port, seconds=self.deadline.remaining)
        private = next((address for address in found if not is_public(address)), None)
        if private is not None and host != self._private_host:
            raise PrivateAddressError(f"{host} ({private})" if host != private else private)
        line = self._connected(found, port)
        self.deadline.watch(line)
        return line

    def _connected(self, found: list[str], port: int) -> socket.socket:
        """A socket to the first address that answers; each gets a fair share of the time that is left."""
        fault: OSError = TimeoutError(say("no address answered in time"))
        for position, address in enumerate(found):
            share = self.deadline.remaining / (len(found) - position)
            if share <= 0:
                break
            try:
                line = socket.create_connection((address, port), timeout=share)
            except OSError as error:
                fault = error
                continue
            line.settimeout(max(self.deadline.remaining, 0.001))
            return line
        raise fault


class _PlainConnection(HTTPConnection):
    """urllib3's connection, through our door."""

    def __init__(self, *args: Any, door: Door, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._door = door

    def _new_conn(self) -> socket.socket:
        return self._door.open(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    """urllib3's TLS connection, through our door. The host's name still goes into SNI and is still verified."""

    def __init__(self, *args: Any, door: Door, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._door = door

    def _new_conn(self) -> socket.socket:
        return self._door.open(self.host, self.port)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


@contextlib.contextmanager
def pool(scheme: str, host: str, port: int, *, door: Door, tls: ssl.SSLContext | None) -> Iterator[HTTPConnectionPool]:
    """A pool for one request to one host, through the door; closed afterwards. `tls` is for https."""
    made: HTTPConnectionPool
    if scheme == "https":
        made = _TlsPool(host, port, door=door, ssl_context=tls, retries=False)
    else:
        made = _PlainPool(host, port, door=door, retries=False)
    try:
        yield made
    finally:
        made.close()

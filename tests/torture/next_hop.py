"""The world of a power cut: a mail server that writes down each message before it says that it has it. Its own process.

It offers PIPELINING, and can be asked to wait: `XQUIET` is answered when every other line is closed and all that came
on them is written down, so that nothing that a dead run left on its way is counted to the next one.
"""

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
#: Seconds between a final dot and its 250: all lines have something on their way most of the time.
_LATENCY = 0.002
_SEPARATOR = "\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """A mail server at work, as the bench sees it."""

    port: int
    ledger: Path

    @property
    def smtp(self) -> dict[str, object]:
        """The [smtp] table of a newsletter that mails through it."""
        return {"host": "127.0.0.1", "port": self.port, "security": "none"}

    def taken(self) -> list[tuple[str, str]]:
        """Recipient and Message-ID of every message that it took, once it has fallen quiet."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(b"XQUIET\r\nQUIT\r\n")
            while line.recv(4096):
                pass
        parted = (each.partition(_SEPARATOR) for each in self.ledger.read_text(encoding="utf-8").splitlines())
        return [(recipient, number) for recipient, _, number in parted]

    def forget(self) -> None:
        """Begin a new ledger."""
        os.truncate(self.ledger, 0)


@contextmanager
def a_next_hop(folder: Path) -> Iterator[NextHop]:
    """A mail server with its ledger in `folder`."""
    ledger = folder / "taken"
    ledger.touch()
    command = [sys.executable, "-W", "error", "-m", "tests.torture.next_hop", "--ledger", str(ledger)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield NextHop(port=int(process.stdout.readline()), ledger=ledger)
        finally:
            process.terminate()


class _Books:
    """What is known across lines."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = os.open(ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self.busy: set[_Conversation] = set()
        self.waiting: set[_Conversation] = set()

    def enter(self, recipient: str, content: bytes) -> None:
        """Into the ledger, with one unbuffered write."""
        number = re.search(rb"^Message-ID: (\S+)", content, re.MULTILINE | re.IGNORECASE)
        os.write(self._ledger, f"{recipient}{_SEPARATOR}{number[1].decode() if number else ''}\n".encode())

    def look(self) -> None:
        """Answer those who wait for quiet, if it is."""
        if not self.busy:
            for each in list(self.waiting):
                self.waiting.remove(each)
                each.go_on(b"250 quiet")


class _Conversation(asyncio.Protocol):
    """One line, one command after another."""

    def __init__(self, books: _Books) -> None:
        self._books = books
        self._heard = bytearray()
        self._recipient = ""
        self._in_data = False
        #: What comes meanwhile waits.
        self._is_answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._books.busy.add(self)
        self._say(b"220 world ESMTP")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._books.busy.discard(self)
        self._books.waiting.discard(self)
        self._books.look()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        self._work()

    def go_on(self, said: bytes) -> None:
        """Answer what was waited for, and go on with what came meanwhile."""
        self._is_answering = False
        self._say(said)
        self._work()

    def _work(self) -> None:
        while not self._is_answering:
            end = b"\r\n.\r\n" if self._in_data else b"\r\n"
            found = self._heard.find(end)
            if found < 0:
                return
            octets = bytes(self._heard[:found])
            del self._heard[: found + len(end)]
            if self._in_data:
                self._take(octets)
            else:
                self._obey(octets.decode("ascii", "replace"))

    def _take(self, content: bytes) -> None:
        self._in_data = False
        self._books.enter(self._recipient, content)
        self._is_answering = True
        asyncio.get_running_loop().call_later(_LATENCY, self.go_on, b"250 2.0.0 taken")

    def _obey(self, command: str) -> None:
        verb, _, rest = command.partition(" ")
        match verb.upper():
            case "EHLO":
                self._say(b"250-world\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            case "RCPT":
                self._recipient = rest.partition("<")[2].rpartition(">")[0]
                self._say(b"250 2.1.5 ok")
            case "DATA":
                self._in_data = True
                self._say(b"354 go on")
            case "XQUIET":
                self._is_answering = True
                self._books.busy.discard(self)
                self._books.waiting.add(self)
                self._books.look()
            case "QUIT":
                self._say(b"221 bye")
                self._transport.close()
            case _:
                self._say(b"250 ok")

    def _say(self, line: bytes) -> None:
        self._transport.write(line + b"\r\n")


async def _serve(ledger: Path) -> None:
    books = _Books(ledger)
    server = await asyncio.get_running_loop().create_server(lambda: _Conversation(books), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", required=True)
    asyncio.run(_serve(Path(parser.parse_args().ledger)))

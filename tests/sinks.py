"""A mail server that counts: it writes each message it takes into a ledger before it says so. Its own process.

What it does to a recipient stands in their local part: `x-450` and `x-421` are answered so at RCPT, `x-550` with
"550 5.1.1", `x-571` with "550 5.7.1"; `x-drop-before-dot` and `x-drop-after-dot` lose their line. Anybody else's
message is taken. The ledger has a line for every message whose final dot came: recipient, tab, Message-ID.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_AT_RCPT = {
    "x-450": b"450 4.2.1 mailbox busy",
    "x-550": b"550 5.1.1 no such person here",
    "x-571": b"550 5.7.1 you may not send here",
    "x-421": b"421 4.3.2 closing the line",
}
_DROPS = ("x-drop-before-dot", "x-drop-after-dot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A sink at work, as a test sees it."""

    port: int
    ledger: Path
    #: Each message's octets, in the order they came: 1.eml, 2.eml, …
    kept: Path

    @property
    def smtp(self) -> dict[str, object]:
        """The [smtp] table of a newsletter that mails through it."""
        return {"host": "127.0.0.1", "port": self.port, "security": "none"}

    def lines(self) -> list[tuple[str, str]]:
        """Recipient and Message-ID of every message that came whole, in their order."""
        text = self.ledger.read_text(encoding="utf-8")
        return [(recipient, number) for recipient, _, number in (line.partition("\t") for line in text.splitlines())]

    def copies(self) -> Counter[str]:
        """How many copies came for each recipient."""
        return Counter(recipient for recipient, _ in self.lines())


@contextmanager
def a_sink(folder: Path, *, port: int = 0, latency: float = 0.0, times: int = 0) -> Iterator[Sink]:
    """A sink with its ledger in `folder`.

    `latency`: seconds between a final dot and its 250. `times`: how many times it does to a recipient what their
    local part says, before it relents; 0: always.
    """
    ledger, kept = folder / "ledger", folder / "kept"
    kept.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "error", "-m", "tests.sinks", "--ledger", str(ledger), "--keep", str(kept)]
    options = ["--port", str(port), "--latency", str(latency), "--times", str(times)]
    with subprocess.Popen([*command, *options], cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Sink(port=int(process.stdout.readline()), ledger=ledger, kept=kept)
        finally:
            process.terminate()


class _Dialogue:
    """One connection's conversation."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, books: "_Books") -> None:
        self._reader = reader
        self._writer = writer
        self._books = books

    async def hold(self) -> None:
        recipient = ""
        self._say(b"220 sink ESMTP")
        while line := await self._reader.readline():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say(b"250-sink", b"250-8BITMIME", b"250 ENHANCEDSTATUSCODES")
                case "RCPT":
                    recipient = rest.partition("<")[2].rpartition(">")[0]
                    answer = next((_AT_RCPT[each] for each in _AT_RCPT if self._books.does(each, recipient)), b"250 ok")
                    self._say(answer)
                    if answer.startswith(b"421"):
                        return
                case "DATA":
                    self._say(b"354 go on")
                    if self._books.does(_DROPS[0], recipient) or not await self._take(recipient):
                        return
                case "QUIT":
                    self._say(b"221 bye")
                    return
                case _:
                    self._say(b"250 ok")

    async def _take(self, recipient: str) -> bool:
        """The message, up to its final dot. False: the line is to be dropped now."""
        content = bytearray()
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:
                return False
            content += line.removeprefix(b".")
        self._books.enter(recipient, bytes(content))
        if self._books.does(_DROPS[1], recipient):
            return False
        await asyncio.sleep(self._books.latency)
        self._say(b"250 2.0.0 taken")
        return True

    def _say(self, *lines: bytes) -> None:
        self._writer.write(b"".join(line + b"\r\n" for line in lines))


class _Books:
    """What the sink has taken and what it has done."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._ledger = os.open(options.ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._kept = Path(options.keep)
        self._times = options.times
        self._done: Counter[tuple[str, str]] = Counter()
        self._count = len(list(self._kept.iterdir()))
        self.latency: float = options.latency

    def does(self, what: str, recipient: str) -> bool:
        """Whether `what` is done to the recipient now."""
        if not recipient.startswith(what) or (self._times and self._done[what, recipient] >= self._times):
            return False
        self._done[what, recipient] += 1
        return True

    def enter(self, recipient: str, content: bytes) -> None:
        """Into the ledger, with one unbuffered write."""
        self._count += 1
        (self._kept / f"{self._count}.eml").write_bytes(content)
        number = re.search(rb"^Message-ID: (\S+)", content, re.MULTILINE | re.IGNORECASE)
        os.write(self._ledger, f"{recipient}\t{number[1].decode() if number else ''}\n".encode())

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        try:
            await _Dialogue(reader, writer, self).hold()
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def _serve(options: argparse.Namespace) -> None:
    server = await asyncio.start_server(_Books(options).talk, "127.0.0.1", options.port, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--keep", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--times", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))

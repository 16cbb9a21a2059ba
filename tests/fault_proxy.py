"""A network that fails by chance: a proxy between roundup and a mail server, in a process of its own.

Each line draws from its own chance, made of the seed and the line's number. So the same seed takes the same decisions
for the same octets in the same pieces; how TCP cuts a stream into pieces is not in its hand. What it did is counted,
and the counts lie in a file from the first fault on.
"""

import argparse
import asyncio
import contextlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_END = b"\r\n.\r\n"
#: How long the reply after a final dot is waited for before it is lost: the server has the message by then.
_SERVER_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """How likely each fault is, from 0 to 1, and what happens to every line."""

    seed: int
    #: Half of a piece is passed on, then both sides are reset; for each piece to the server, and from it.
    cut_up: float = 0.0
    cut_down: float = 0.0
    #: The final dot is passed on, its answer is not, and both sides are reset; for each message.
    lose_reply: float = 0.0
    #: Seconds that each piece takes, each way.
    latency: float = 0.0
    #: STARTTLS is taken out of what the server offers.
    strip_starttls: bool = False


class Fate:
    """What becomes of one line's pieces, in their order. Each way has its own chance, so that neither depends on how
    the two alternate."""

    def __init__(self, odds: Odds, line: int) -> None:
        self._odds = odds
        self._chances = {way: random.Random(f"{odds.seed} {line} {way}") for way in ("up", "down", "dot")}  # noqa: S311

    def cuts(self, way: str) -> bool:
        """Whether the next piece on its way "up" or "down" is cut."""
        return self._chances[way].random() < (self._odds.cut_up if way == "up" else self._odds.cut_down)

    def loses_reply(self) -> bool:
        """Whether the answer to the next final dot is lost."""
        return self._chances["dot"].random() < self._odds.lose_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultProxy:
    """A proxy at work, as a test sees it."""

    port: int
    file: Path

    def counts(self) -> Counter[str]:
        """How often each fault was injected: `cut_up`, `cut_down`, `lost_replies`, `stripped`; and how many `lines`."""
        return Counter(json.loads(self.file.read_text(encoding="utf-8")))

    def faults(self) -> int:
        """How many faults were injected."""
        return self.counts().total() - self.counts()["lines"]


@contextmanager
def a_fault_proxy(folder: Path, upstream_port: int, **odds: float) -> Iterator[FaultProxy]:
    """A proxy to a port of this machine. The keywords are those of `Odds`; its counts lie in `folder`/faults.json."""
    file = folder / "faults.json"
    file.write_text("{}", encoding="utf-8")
    command = [sys.executable, "-W", "error", "-m", "tests.fault_proxy", "--upstream", str(upstream_port)]
    command += ["--counts", str(file), "--odds", json.dumps(asdict(Odds(**odds)))]  # type: ignore[arg-type]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield FaultProxy(port=int(process.stdout.readline()), file=file)
        finally:
            process.terminate()


class _Counts:
    """What was done, kept in a file that is whole at any moment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._counts: Counter[str] = Counter()

    def add(self, what: str) -> int:
        self._counts[what] += 1
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._counts), encoding="utf-8")
        fresh.replace(self._file)
        return self._counts[what]


class _Line:
    """One line through the proxy."""

    def __init__(self, odds: Odds, counts: _Counts, writers: dict[str, asyncio.StreamWriter]) -> None:
        self._odds = odds
        self._counts = counts
        self._fate = Fate(odds, counts.add("lines"))
        #: Where pieces go, by their way.
        self._writers = writers
        #: The last octets that went up: a final dot may come in two pieces.
        self._tail = b""
        #: Nothing comes down any more.
        self._deaf = False

    async def carry(self, way: str, reader: asyncio.StreamReader) -> None:
        """Pass pieces on, one way, until that side ends or a fault ends the line."""
        writer = self._writers[way]
        while piece := await self._next_piece(way, reader):
            if self._odds.latency:
                await asyncio.sleep(self._odds.latency)
            if self._fate.cuts(way):
                self._counts.add(f"cut_{way}")
                await self._end(way, piece[: len(piece) // 2], 0)
                return
            dot = self._lost_dot(piece) if way == "up" else 0
            if dot:
                self._counts.add("lost_replies")
                self._deaf = True
                await self._end(way, piece[:dot], _SERVER_SECONDS)
                return
            if not (self._deaf and way == "down"):
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _next_piece(self, way: str, reader: asyncio.StreamReader) -> bytes:
        piece = await reader.read(65_536)
        if way == "up" or not self._odds.strip_starttls or b"STARTTLS" not in piece:
            return piece
        self._counts.add("stripped")
        piece = re.sub(rb"250-STARTTLS\r\n", b"", piece)
        return re.sub(rb"250-([^\r\n]*\r\n)250 STARTTLS\r\n", rb"250 \1", piece)

    def _lost_dot(self, piece: bytes) -> int:
        """How much of a piece goes up if the answer to a message that ends in it is to be lost; 0: none is."""
        seen, before = self._tail + piece, len(self._tail)
        self._tail = seen[-len(_END) + 1 :]
        place = seen.find(_END)
        while place >= 0:
            if self._fate.loses_reply():
                return place + len(_END) - before
            place = seen.find(_END, place + 1)
        return 0

    async def _end(self, way: str, last: bytes, seconds: float) -> None:
        """Pass a last piece on, and reset both sides after a while."""
        self._writers[way].write(last)
        with contextlib.suppress(OSError):
            await self._writers[way].drain()
        await asyncio.sleep(seconds)
        for writer in self._writers.values():
            writer.transport.abort()


#: asyncio itself holds tasks only weakly: a line that waits would be swept away.
_LINES: set[asyncio.Task[None] | None] = set()


async def _through(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: argparse.Namespace, counts: _Counts
) -> None:
    _LINES.add(asyncio.current_task())
    try:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", options.upstream)
    except OSError:
        writer.transport.abort()
        _LINES.discard(asyncio.current_task())
        return
    line = _Line(options.odds, counts, {"up": to_server, "down": writer})
    ways = [asyncio.ensure_future(line.carry("up", reader)), asyncio.ensure_future(line.carry("down", from_server))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    if not all(way.done() for way in ways):
        # One side was reset: so is the other.
        writer.transport.abort()
        to_server.transport.abort()
        await asyncio.wait(ways)
    for way in ways:
        # Retrieved, or asyncio complains; a reset from either side ends the line like any other end.
        if not isinstance(way.exception(), OSError | None):
            way.result()
    for each in (writer, to_server):
        each.close()
    _LINES.discard(asyncio.current_task())


async def _serve(options: argparse.Namespace) -> None:
    counts = _Counts(options.counts)
    server = await asyncio.start_server(lambda r, w: _through(r, w, options, counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--counts", type=Path, required=True)
    parser.add_argument("--odds", type=lambda text: Odds(**json.loads(text)), required=True)
    asyncio.run(_serve(parser.parse_args()))

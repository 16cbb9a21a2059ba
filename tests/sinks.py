"""The faulty mail server (`roundup.faults`) as a process of its own, which counts what it takes.

What it does to a reader stands in the first part of their address, as docs/faults.md says. The ledger has a line for
each reader of every message that it took: address, tab, Message-ID.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roundup.faults import Manners
from roundup.faults.books import Books
from roundup.faults.server import Server

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A sink at work, as a test sees it."""

    port: int
    host: str = "127.0.0.1"
    ledger: Path
    #: Each message's octets, in the order they came: 1.eml, 2.eml, …
    kept: Path
    #: Every command that came, if it was asked to write them down.
    transcript: Path
    #: How mail comes to it: "none", "starttls" or "tls".
    security: str = "none"

    @property
    def smtp(self) -> dict[str, object]:
        """The [smtp] table of a newsletter that mails through it."""
        return {"host": self.host, "port": self.port, "security": self.security}

    def lines(self) -> list[tuple[str, str]]:
        """Address and Message-ID of every message that was taken, in their order."""
        text = self.ledger.read_text(encoding="utf-8")
        return [(address, number) for address, _, number in (line.partition("\t") for line in text.splitlines())]

    def copies(self) -> Counter[str]:
        """How many copies were taken for each address."""
        return Counter(address for address, _ in self.lines())

    def heard(self, line: int | None = None) -> list[str]:
        """The commands that came along the `line`th line, counted from 1, or along all of them, in their order."""
        entries = (each.partition("\t") for each in self.transcript.read_text(encoding="utf-8").splitlines())
        return [command for number, _, command in entries if line is None or int(number) == line]


@contextmanager
def a_sink(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    keep: bool = True,
    transcript: bool = False,
    within: Sequence[str] = (),
    **manners: object,
) -> Iterator[Sink]:
    """A sink with its ledger in `folder`. `keep`: whether it keeps the messages, which makes it slow; `transcript`:
    whether it writes every command down; `within`: what stands before its command, such as what puts it into another
    network. Any other keyword is one of `roundup.faults.Manners`, such as `latency`, `times`, `pipelining`."""
    ledger, kept, heard = folder / "ledger", folder / "kept", folder / "transcript"
    kept.mkdir(exist_ok=True)
    command = [*within, sys.executable, "-W", "error", "-m", "tests.sinks", "--ledger", str(ledger)]
    command += ["--host", host, "--port", str(port)]
    command += ["--keep", str(kept)] if keep else []
    command += ["--transcript", str(heard)] if transcript else []
    command += ["--manners", json.dumps(manners, default=str)]
    security = str(manners.get("security", "none"))
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = int(process.stdout.readline())
            yield Sink(host=host, port=found, ledger=ledger, kept=kept, transcript=heard, security=security)
        finally:
            process.terminate()


def _manners(given: str) -> Manners:
    values: dict[str, Any] = json.loads(given)
    paths = {name: Path(values[name]) for name in ("certificate", "key") if values.get(name)}
    lists = {name: tuple(values[name]) for name in ("before_tls", "mechanisms") if values.get(name) is not None}
    return Manners(**values | paths | lists)


async def _serve(options: argparse.Namespace) -> None:
    manners: Manners = options.manners
    books = Books(options.ledger, times=manners.times, keep=options.keep, transcript=options.transcript)
    print(await Server(books, manners).start(options.port, host=options.host), flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--transcript", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--manners", type=_manners, default=Manners())
    asyncio.run(_serve(parser.parse_args()))

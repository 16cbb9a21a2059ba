"""What is measured of reading, each in a process of its own: feedparser with its defaults and we with ours must not
share one, since our settings of it hold for the whole process.

    python -m benchmarks.reading_work feeds FOLDER LEAST   the feeds of a corpus with LEAST bytes or more
    python -m benchmarks.reading_work defaults LIST        what feedparser.parse takes for the files of a list
    python -m benchmarks.reading_work reader LIST          what we take for them: pieces, texts and all
    python -m benchmarks.reading_work children LIST        the same through child processes, as a run does
    python -m benchmarks.reading_work folder FOLDER        the first scan of a content folder, and the second
    python -m benchmarks.reading_work gathering DIRECTORY  the gathering of a newsletter
    python -m benchmarks.reading_work server FILE PORT     that feed at every address of a server 200 ms away

Each but the first and the last prints JSON: seconds of CPU, or on the clock.
"""

import asyncio
import gzip
import io
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from roundup.gathering.feedcontent import FeedDocument

#: How far away the server is, in seconds.
LATENCY = 0.2
#: A folder's pieces are dated without a zone.
_ZONE = ZoneInfo("Europe/London")


def feeds(folder: str, least: str) -> None:
    """Print the files that we read as feeds."""
    from roundup.gathering.feeddocument import read_document  # noqa: PLC0415 - not where feedparser is to be as it is

    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.stat().st_size >= int(least) and read_document(_document(path)).is_feed:
            print(path)


def defaults(listed: str) -> None:
    """Print what feedparser takes, left as it is. It gets gzip files unpacked."""
    import feedparser  # type: ignore[import-untyped]  # noqa: PLC0415 - not where it is set otherwise

    bodies = [_unpacked(path) for path in _paths(listed)]
    _print_cpu(lambda: [feedparser.parse(io.BytesIO(body)) for body in bodies])


def reader(listed: str) -> None:
    """Print what we take, in this process."""
    from roundup.gathering.feeddocument import read_document  # noqa: PLC0415 - as above

    documents = [_document(path) for path in _paths(listed)]
    _print_cpu(lambda: [read_document(each) for each in documents])


def children(listed: str) -> None:
    """Print what we take, with a child process that reads and is started for it: this process and that one together."""
    from roundup.gathering.parsing import Children  # noqa: PLC0415 - as above

    documents = [_document(path) for path in _paths(listed)]

    def read() -> None:
        pool = Children()
        for each in documents:
            pool.read(partial(_same, each), seconds=60)
        pool.close()

    _print_cpu(read)


def folder(where: str) -> None:
    """Print what a folder takes, and again when nothing has changed; `rests` is whether it remembers anything."""
    from roundup.gathering.folder import FolderSource  # noqa: PLC0415 - as above
    from roundup.model import Bookmark  # noqa: PLC0415

    source = FolderSource(
        name="Bench", folder=Path(where), link="https://bench.example/{year}/{month:02}/{slug}/", zone=_ZONE
    )
    began = time.perf_counter()
    first = source.read(Bookmark())
    then = time.perf_counter()
    second = source.read(first.bookmark)
    ended = time.perf_counter()
    told = {
        "first": then - began,
        "second": ended - then,
        "pieces": len(first.pieces),
        "rests": first.bookmark.contents is not None,
        "same": second.unchanged or second.pieces == first.pieces,
    }
    print(json.dumps(told))


def gathering(where: str) -> None:
    """Print what the gathering of a newsletter takes, on the clock."""
    from roundup import clock, pipeline, settings, wiring  # noqa: PLC0415 - as above
    from roundup.newsroom import Unwatched  # noqa: PLC0415
    from roundup.pipeline import Occasion  # noqa: PLC0415

    directory, now = Path(where), clock.now()
    loaded = settings.load(directory)
    newsroom = wiring.newsroom(directory, loaded, watch=Unwatched())
    with wiring.store(directory, loaded).to_read() as ledgers:
        began = time.perf_counter()
        found = pipeline.gather(
            newsroom,
            remembered=ledgers.memory,
            archive=ledgers.archive,
            occasion=Occasion(instant=now, now=now, preparing=True),
        )
        seconds = time.perf_counter() - began
    states = [str(shelf.record.state) for shelf in found.shelves]
    own = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": seconds,
        "ok": states.count("ok"),
        "pieces": sum(len(shelf.pieces) for shelf in found.shelves),
        "cpu": own.ru_utime + own.ru_stime,
    }
    print(json.dumps(told))


def server(file: str, port: str) -> None:
    """Serve one file at every address, each answer after a delay, until somebody ends this process."""
    body = Path(file).read_bytes()
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def serve(asked: asyncio.StreamReader, answered: asyncio.StreamWriter) -> None:
        await asked.readuntil(b"\r\n\r\n")
        await asyncio.sleep(LATENCY)
        answered.write(answer)
        await answered.drain()
        answered.close()

    async def run() -> None:
        made = await asyncio.start_server(serve, "127.0.0.1", int(port), backlog=512)
        async with made:
            await made.serve_forever()

    asyncio.run(run())


def _print_cpu(work: Callable[[], object]) -> None:
    began = _cpu()
    work()
    print(json.dumps({"cpu": _cpu() - began}))


def _cpu() -> float:
    """Of this process and the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _paths(listed: str) -> Iterable[Path]:
    return [Path(line) for line in Path(listed).read_text(encoding="utf-8").splitlines()]


def _same(document: "FeedDocument") -> "FeedDocument":
    return document


def _unpacked(path: Path) -> bytes:
    octets = path.read_bytes()
    return gzip.decompress(octets) if octets.startswith(b"\x1f\x8b") else octets


def _document(path: Path) -> "FeedDocument":
    from roundup.gathering.feedcontent import FeedDocument  # noqa: PLC0415 - as above

    return FeedDocument(body=_unpacked(path), source="Bench", zone=_ZONE, place=str(path))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:4])

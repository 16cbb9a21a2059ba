"""How an issue grows with the list: 10,000, 100,000 and 1,000,000 subscribers, one issue each into the fast sink.

import     `subscribers import` of a CSV file: seconds, and peak memory of its process
freeze     how long the run held the database's write lock for its longest transaction, seen from outside by asking for
           the lock every 2 ms; it is the one transaction that writes the issue and a row for every delivery
delivery   as `run --json` reports it
whole      the run's process from its start to its end, and its peak memory (`ru_maxrss`)
journal    bytes of the database after the run less those of the list alone, for each subscriber; the write-ahead log
           is folded in before both
leaving    meanwhile people leave by real POSTs to `roundup serve`, one after the other, until the issue is frozen:
           how long the slowest waited, how many were refused, and whether each of them is `left` in the database

Linear means that the seconds and bytes for each subscriber stay the same: the tables show how these grow with each
step, 1.00 being linear.
"""

import http.client
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.newsletters import COMMAND, SECRET, Mail, make, roundup, told, write_people, write_settings
from benchmarks.processes import Use, free_port, measured, running
from benchmarks.sinks import fast_sink
from roundup.tokens import Purpose, Secret

_FREEZE = "SELECT count(*) FROM issues WHERE frozen_at IS NOT NULL"
#: Of a short list, half stay.
_LAST_ONES = "SELECT key FROM subscribers ORDER BY id DESC LIMIT min(1000, (SELECT count(*) FROM subscribers) / 2)"
#: Seconds between one who leaves and the next.
_PAUSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What became of those who left while an issue was being made."""

    asked: int
    refused: int
    #: Who was told that they left, and is not `left`.
    lost: int
    #: Seconds: the slowest, and the one in the middle.
    slowest: float
    usual: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One list."""

    people: int
    #: Seconds, and bytes.
    import_seconds: float
    import_peak: int
    freeze_seconds: float
    delivery_seconds: float
    whole_seconds: float
    peak: int
    #: Microseconds of CPU of the run's process, for each subscriber.
    cpu: float
    list_bytes: int
    all_bytes: int
    leaving: Leaving

    @property
    def journal_bytes(self) -> float:
        """For each subscriber, beyond the list."""
        return (self.all_bytes - self.list_bytes) / self.people


def measure(
    work: Path, mail: Mail, counts: Sequence[int], *, connections: int, tell: Callable[[str], None]
) -> list[Growth]:
    """Each list in turn, each in a directory of its own. `tell` hears of each; one that fails is the last."""
    grown: list[Growth] = []
    for count in counts:
        try:
            one = _measure(work / f"scale-{count}", mail, count, connections=connections, work=work)
        except (RuntimeError, OSError, ValueError) as error:
            tell(f"{count:,} subscribers could not be measured: {error}")
            break
        grown.append(one)
        tell(f"{count:,} subscribers: frozen in {one.freeze_seconds:.2f} s, delivered in {one.delivery_seconds:.1f} s")
    return grown


def _measure(directory: Path, mail: Mail, count: int, *, connections: int, work: Path) -> Growth:
    make(directory, pieces=mail.pieces, words=mail.words)
    people = write_people(directory / "people.csv", count)
    imported = roundup(directory, "subscribers", "import", people.name).checked()
    people.unlink()
    database = directory / "roundup.db"
    list_bytes = _size(database)
    watch = Watch(database=database)
    with fast_sink(work) as sink:
        write_settings(directory, port=sink.port, connections=connections)
        with _watched(directory, watch):
            run = measured([*COMMAND, "-C", directory, "run", "--now", "--json"]).checked(4)
        messages = sink.finish().messages
    report = told(run)
    _check(report, count, messages, run)
    return Growth(
        people=count,
        import_seconds=imported.seconds,
        import_peak=imported.peak,
        freeze_seconds=watch.freeze_seconds,
        delivery_seconds=report["deliveries"]["accepted"] / report["messages_per_second"],
        whole_seconds=run.seconds,
        peak=run.peak,
        cpu=run.cpu / count * 1e6,
        list_bytes=list_bytes,
        all_bytes=_size(database),
        leaving=watch.leaving(),
    )


def _check(report: dict[str, Any], count: int, messages: int | None, run: Use) -> None:
    known = sum(report["deliveries"].values()) + sum(report["excluded"].values())
    if report["state"] != "sent" or known != count or report["deliveries"]["accepted"] != messages:
        raise RuntimeError(f"the sums do not add up, the sink has {messages}: {run.output}{run.complaints}")


def _size(database: Path) -> int:
    """Bytes of a database that nobody has open, its write-ahead log folded in."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


@dataclass(slots=True)
class Watch:
    """What is seen of a run from outside, until its issue is frozen."""

    database: Path
    #: Seconds for which the write lock was held at a stretch, the longest.
    freeze_seconds: float = 0.0
    #: Whoever left: their key, the status of the answer (0: none came), the seconds it took.
    answers: list[tuple[bytes, int, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Ask for the write lock again and again."""
        since: float | None = None
        with closing(sqlite3.connect(self.database, timeout=0, isolation_level=None)) as connection:
            while not self.over.is_set():
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("ROLLBACK")
                except sqlite3.OperationalError:
                    since = since or time.perf_counter()
                else:
                    if since is not None:
                        self.freeze_seconds = max(self.freeze_seconds, time.perf_counter() - since)
                        since = None
                    if connection.execute(_FREEZE).fetchone()[0]:
                        self.over.set()
                time.sleep(0.002)

    def leave(self, port: int) -> None:
        """One person after the other leaves, those at the end of the list first: their turn is last."""
        with closing(sqlite3.connect(self.database)) as connection:
            keys = [row[0] for row in connection.execute(_LAST_ONES)]
        for key in keys:
            if self.over.is_set():
                return
            began = time.perf_counter()
            status = _post(port, Secret(SECRET.encode()).token(key, Purpose.LEAVE))
            self.answers.append((key, status, time.perf_counter() - began))
            self.over.wait(_PAUSE)

    def leaving(self) -> Leaving:
        """What became of them."""
        with closing(sqlite3.connect(self.database)) as connection:
            left = {row[0] for row in connection.execute("SELECT key FROM subscribers WHERE status = 'left'")}
        waits = sorted(seconds for _, _, seconds in self.answers) or [0.0]
        return Leaving(
            asked=len(self.answers),
            refused=sum(status != 200 for _, status, _ in self.answers),
            lost=sum(status == 200 and key not in left for key, status, _ in self.answers),
            slowest=waits[-1],
            usual=waits[len(waits) // 2],
        )


def _post(port: int, token: str) -> int:
    """RFC 8058's one click. The answer's status; 0: none came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", f"/u/{token}", "List-Unsubscribe=One-Click", form)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@contextmanager
def _watched(directory: Path, watch: Watch) -> Iterator[None]:
    """`roundup serve` at work on the newsletter, and the two threads that look at it."""
    port = free_port()
    with running([*COMMAND, "-C", directory, "serve", "--port", str(port)], port=port):
        threads = [threading.Thread(target=watch.look), threading.Thread(target=watch.leave, args=(port,))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            watch.over.set()
            for thread in threads:
                thread.join()

"""The public pages, a run and the command line, all on one SQLite file: nobody waits long, nothing is locked."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roundup.tokens import Purpose, Secret
from tests.newsletters import DUE, SECRET, a_newsletter, free_port, roundup, rows, served, told
from tests.sinks import Sink, a_sink
from tests.torture.processes import at_work
from tests.torture.visitors import Visit, Visitors

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.com" for number in range(2_000)]
#: Eight lines, each with a message in a thirtieth of a second: the issue is out in eight seconds or more.
LINES, LATENCY = 8, 0.03
#: Requests a second that are made, and that must be answered.
ASKED, LEAST, SEED = 64.0, 50.0, 20261120
#: Who left more than so many seconds before their turn is not mailed; what is on a line then goes out.
CONSENT = 1.0 + LATENCY
#: What two busy cores may add to that: between consent and the octets lies a commit, which waits for the others'.
BUSY = 0.5


@dataclass(slots=True)
class Watched:
    """A ledger and when it had grown how far, as seen from outside."""

    ledger: Path
    #: At this time it was no longer than this, in octets: what lies behind was taken later.
    lengths: list[tuple[float, int]] = field(default_factory=list)

    @contextmanager
    def closely(self) -> Iterator[None]:
        """Look every few milliseconds for as long as the block lasts."""
        stopped = threading.Event()

        def look() -> None:
            while not stopped.wait(0.005):
                now = time.monotonic()
                self.lengths.append((now, self.ledger.stat().st_size if self.ledger.exists() else 0))

        thread = threading.Thread(target=look, name="watch")
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def taken_after(self) -> dict[str, float]:
        """For everybody in the ledger, the last moment at which they were not in it yet."""
        times: dict[str, float] = {}
        offset, looks = 0, iter([*self.lengths, (0.0, 2**62)])
        last, (moment, length) = 0.0, next(looks)
        for line in self.ledger.read_bytes().splitlines(keepends=True):
            while length <= offset:
                last, (moment, length) = moment, next(looks)
            times[line.partition(b"\t")[0].decode()] = last
            offset += len(line)
        return times


def at_the_command_line(directory: Path, run: subprocess.Popen[str]) -> list[subprocess.CompletedProcess[str]]:
    """What an editor does while a run is at work, now and then."""
    done: list[subprocess.CompletedProcess[str]] = []
    while run.poll() is None:
        done.append(roundup(directory, "subscribers", "add", f"new{len(done)}@example.org"))
        done.append(roundup(directory, "issues", "list", "--json"))
        time.sleep(1.5)
    return done


def percentile(visits: Sequence[Visit], share: float) -> float:
    took = sorted(each.answered - each.began for each in visits)
    return took[int(share * (len(took) - 1))]


def check_the_visits(visits: Sequence[Visit]) -> None:
    assert {each.status for each in visits} == {"200"}
    seconds = max(each.answered for each in visits) - min(each.began for each in visits)
    p50, p99 = percentile(visits, 0.5), percentile(visits, 0.99)
    print(f"{len(visits)} requests in {seconds:.1f} s: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    assert len(visits) / seconds >= LEAST
    assert p99 < 2


def check_who_left(directory: Path, sink: Sink, watched: Watched, visits: Sequence[Visit]) -> None:
    """Everybody has one copy, but for those who had left a second before their turn, who have none."""
    left = {each.left: each.answered for each in visits if each.left}
    taken = watched.taken_after()
    too_late = {who: taken[who] - left[who] for who in left.keys() & taken.keys() if taken[who] > left[who]}
    print(f"{len(left)} left, {len(left.keys() - taken.keys())} of them before their turn; ", end="")
    print(f"{len(too_late)} were mailed after that, at most {max(too_late.values(), default=0):.2f} s")
    assert max(too_late.values(), default=0) <= CONSENT + BUSY
    assert set(PEOPLE) - left.keys() <= set(sink.copies())
    assert set(sink.copies().values()) == {1}
    statuses = dict(rows(directory, "SELECT email, status FROM subscribers"))
    assert {email for email, status in statuses.items() if status == "left"} == left.keys()
    assert len(left.keys() - taken.keys()) > 30, "some left before their turn"
    assert len(left.keys() & taken.keys()) > 30, "and some after it"


@pytest.mark.timeout(180)
def test_pages_and_commands_go_on_beside_a_run_and_who_leaves_has_left(tmp_path: Path) -> None:
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter(tmp_path, smtp={**sink.smtp, "connections": LINES}, subscribers=PEOPLE)
        assert roundup(directory, "run", "--at", "2026-11-20T10:00").returncode == 0
        token = Secret(SECRET.encode()).tokens(Purpose.LEAVE)
        tokens = {email: token(key) for email, key in rows(directory, "SELECT email, key FROM subscribers")}
        watched = Watched(sink.ledger)
        with served(directory, free_port()) as site:
            visitors = Visitors(site, tokens, ASKED, SEED)
            command = ("run", "--now", "--at", DUE, "--json")
            with watched.closely(), visitors.at_work(), at_work(directory, *command) as run:
                commands = at_the_command_line(directory, run)
                said, complaints = run.communicate(timeout=60)
    assert (run.returncode, complaints) == (0, "")
    assert {(each.returncode, each.stderr) for each in commands} == {(0, "")}
    check_the_visits(visitors.visits)
    check_who_left(directory, sink, watched, visitors.visits)
    report = told(subprocess.CompletedProcess((), 0, said))
    copies = sink.copies()
    assert report["deliveries"] == {"accepted": len(copies), "withdrawn": report["deliveries"]["withdrawn"]}
    assert report["candidates"] == sum(report["deliveries"].values()) + sum(report["excluded"].values())
    assert report["seconds"] > 5, "long enough to be in each other's way"
    assert rows(directory, "PRAGMA integrity_check") == [("ok",)]

"""What the public pages and a list file cost.

routes   each public route against an empty Starlette route, in turns, while a delivery is running from the same
         database: seconds a request; and within what time 99 of 100 answers were there, against 250 ms
import   seconds that importing a list takes, against email-validator alone on the same addresses
memory   the largest resident set of `serve` and of `subscribers import`, against 150 MB
"""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count, cycle, repeat
from pathlib import Path

from benchmarks.newsletters import COMMAND, SECRET, make, write_people, write_settings
from benchmarks.processes import Running, free_port, measured, running
from benchmarks.reading import Finding, Readings
from benchmarks.sinks import fast_sink
from benchmarks.visitors import request, visit
from roundup.model import IssueKey
from roundup.tokens import Purpose, Secret

_PEOPLE, _FEW = 1_000_000, 50_000
#: Seconds that a route is visited, and the empty one before and after it.
_LONG, _SHORT = 1.5, 0.7
_MOST_MEMORY = 150e6
_PATIENCE = 0.25

_VALIDATOR = """
import sys, time
from email_validator import validate_email
addresses = [line.split(",")[0] for line in open(sys.argv[1], encoding="utf-8")][1:]
began = time.perf_counter()
for address in addresses:
    validate_email(address, check_deliverability=False)
print(time.perf_counter() - began)
"""


def measure(found: Readings, work: Path, *, quick: bool, tell: Callable[[str], None]) -> None:
    """Add what was measured."""
    people = _FEW if quick else _PEOPLE
    directory = make(work / "serving", pieces=20, words=40)
    write_people(directory / "people.csv", people)
    imported = measured([*COMMAND, "-C", directory, "subscribers", "import", "people.csv"]).checked()
    alone = float(measured([sys.executable, "-c", _VALIDATOR, directory / "people.csv"]).checked().output)
    found.findings += [
        Finding(
            what=f"importing {people:,} rows: seconds against email-validator alone",
            took=[imported.seconds],
            against=[alone],
            most=2.0,
        ),
        _memory("import", imported.peak, people),
    ]
    tell(f"serving: {people:,} rows imported")
    _serve(found, directory, work, people=people, tell=tell)


def _memory(what: str, peak: float, people: int) -> Finding:
    return Finding(
        what=f"memory of {what} with {people:,} people, against 150 MB", took=[peak], against=[_MOST_MEMORY], most=1.0
    )


def _serve(found: Readings, directory: Path, work: Path, *, people: int, tell: Callable[[str], None]) -> None:
    """The pages, while an issue is on its way."""
    port, empty = free_port(), free_port()
    with fast_sink(work) as sink:
        write_settings(directory, port=sink.port, connections=16)
        with (
            running([*COMMAND, "-C", directory, "serve", "--port", str(port)], port=port) as pages,
            running([sys.executable, "-m", "benchmarks.empty_site", str(empty)], port=empty),
        ):
            delivery = Running([*COMMAND, "-C", directory, "run", "--now", "--json"])
            try:
                _await_freeze(directory / "roundup.db")
                left = _visit_all(found, directory, (port, empty), delivery=delivery, tell=tell)
            finally:
                delivery.stop()
            found.findings.append(_memory("serve", pages.stop().peak, people))
    with closing(sqlite3.connect(directory / "roundup.db")) as database:
        gone = {row[0] for row in database.execute("SELECT key FROM subscribers WHERE status = 'left'")}
    lost = sum(key not in gone for key in left)
    tell(f"serving: {len(left):,} left while the delivery was running, {lost} of them are lost")
    if lost:
        raise RuntimeError(f"{lost} of {len(left)} who were told that they have left are still on the list")


def _await_freeze(database: Path) -> None:
    """Wait until deliveries are under way."""
    with closing(sqlite3.connect(database)) as looking:
        deadline = time.monotonic() + 120
        while not looking.execute("SELECT 1 FROM deliveries WHERE state = 'accepted' LIMIT 1").fetchone():
            if time.monotonic() > deadline:
                raise RuntimeError("no delivery began")
            time.sleep(0.1)


def _visit_all(
    found: Readings, directory: Path, ports: tuple[int, int], *, delivery: Running, tell: Callable[[str], None]
) -> list[bytes]:
    """Each route in turn. Returns the keys of those who were told that they have left."""
    with closing(sqlite3.connect(directory / "roundup.db")) as database:
        keys = [row[0] for row in database.execute("SELECT key FROM subscribers ORDER BY id DESC LIMIT 60000")]
        day = database.execute("SELECT day FROM issues WHERE frozen_at IS NOT NULL").fetchone()[0]
    left: list[bytes] = []
    for route, requests in _routes(keys, date.fromisoformat(day), left):
        method = route.partition(" ")[0]
        nothing = repeat(request(method, "/"))
        before = visit(ports[1], nothing, seconds=_SHORT)
        visited = visit(ports[0], requests, seconds=_LONG)
        after = visit(ports[1], nothing, seconds=_SHORT)
        if not delivery.is_running:
            found.waiting.append(f"{route}: the delivery had ended")
            continue
        if set(visited.statuses) != {200}:
            raise RuntimeError(f"{route} answered {dict(visited.statuses)}")
        against = 2 / (before.rate + after.rate)
        found.findings += [
            Finding(what=f"{route}: against an empty route", took=[1 / visited.rate], against=[against], most=2.0),
            Finding(what=f"{route}: p99 against 250 ms", took=[visited.p99], against=[_PATIENCE], most=1.0),
        ]
        tell(f"serving: {route}: {visited.rate:,.0f} a second, {visited.rate * against:.2f} of an empty route")
    return left


def _routes(keys: Sequence[bytes], day: date, left: list[bytes]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every public route, and requests for it."""
    secret = Secret(SECRET.encode())
    token = secret.tokens(Purpose.LEAVE)
    tokens = [token(key) for key in keys]
    now = datetime.now(UTC)
    shown = secret.stamp(now - timedelta(seconds=60))
    view = secret.view_token(IssueKey(day=day), 0)
    choice = b"cadence=daily&pause=7"

    def leaving() -> Iterator[bytes]:
        for key, each in zip(keys, tokens, strict=True):
            left.append(key)
            yield request("POST", f"/u/{each}", b"List-Unsubscribe=One-Click")

    yield "GET /", repeat(request("GET", "/"))
    yield "GET /embed", repeat(request("GET", "/embed"))
    yield "GET /u/TOKEN", (request("GET", f"/u/{each}") for each in cycle(tokens))
    yield "GET /u/TOKEN/preferences", (request("GET", f"/u/{each}/preferences") for each in cycle(tokens))
    yield "POST /u/TOKEN/preferences", (request("POST", f"/u/{each}/preferences", choice) for each in cycle(tokens))
    yield "POST /u/TOKEN", leaving()
    yield "POST /subscribe", (
        request(
            "POST", "/subscribe", f"email=new{number}@example.net&shown={shown}".encode(),
            visitor=f"10.{number % 200}.{number // 200 % 200}.1",
        )
        for number in count()
    )  # fmt: skip
    yield "GET /confirm/TOKEN", repeat(request("GET", f"/confirm/{secret.confirm_token(keys[0], now)}"))
    yield "GET /archive/", repeat(request("GET", "/archive/"))
    yield "GET /archive/feed.xml", repeat(request("GET", "/archive/feed.xml"))
    yield "GET /archive/DATE", repeat(request("GET", f"/archive/{day}"))
    yield "GET /v/TOKEN", repeat(request("GET", f"/v/{view}"))

"""A relay that is dead for an hour, under `roundup schedule`: no storm, and everybody is mailed when it is back.

The hour is over in twenty seconds (libfaketime). Three newsletters live through it at once, each with its own relay.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, free_port, roundup, told
from tests.sinks import a_sink
from tests.torture import false_clock
from tests.torture.false_clock import a_fast_clock
from tests.torture.processes import at_work, await_

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.com" for number in range(30)]
SPEED = 180
#: An hour, less what a busy machine takes to read what was told: a thirteenth try would need five minutes more.
HOUR = 3450 / SPEED
#: Runs in an hour that try. One knocks once at a port that refuses, but five times within eight seconds at a relay that
#: is there and has no time, in case it is only being started anew: such a relay may hear sixty knocks.
TRIES, KNOCKS = 12, 5


@dataclass(slots=True)
class Dead:
    """A relay that takes nothing."""

    port: int
    #: When somebody came.
    knocks: list[float] = field(default_factory=list)


@contextmanager
def a_dead_relay(says: bytes | None) -> Iterator[Dead]:
    """A relay that says this to whoever comes, and hangs up; None: nobody listens at its port."""
    if says is None:
        yield Dead(free_port())
        return
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dead = Dead(listening.getsockname()[1])
        thread = threading.Thread(target=_turn_away, args=(listening, says, dead.knocks), name="dead relay")
        thread.start()
        try:
            yield dead
        finally:
            # Wakes who waits in accept; closing alone does not.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _turn_away(listening: socket.socket, says: bytes, knocks: list[float]) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        knocks.append(time.monotonic())
        with line:
            line.sendall(says)


@dataclass(slots=True)
class Resident:
    """A `roundup schedule` at work, and what it complained of so far."""

    directory: Path
    process: subprocess.Popen[str]
    complaints: list[tuple[float, str]] = field(default_factory=list)

    def read(self) -> None:
        """Until it ends. In a thread of its own."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.complaints.append((time.monotonic(), line))

    def tries(self) -> list[float]:
        """When a run told that it had delivered nothing."""
        return [when for when, line in self.complaints if line.startswith("Unfinished: ")]


@contextmanager
def a_resident(folder: Path, port: int) -> Iterator[Resident]:
    """A resident that begins seconds after its issue is due, by a clock that runs fast."""
    folder.mkdir()
    smtp = {"host": "127.0.0.1", "port": port, "security": "none", "connections": 4}
    directory = a_newsletter(folder, smtp=smtp, subscribers=PEOPLE)
    # The calendar begins with the first run.
    assert roundup(directory, "run", "--at", "2026-11-20T16:00").returncode == 0
    with at_work(directory, "schedule", env=a_fast_clock(at=f"{DUE}:05", speed=SPEED)) as process:
        resident = Resident(directory, process)
        reading = threading.Thread(target=resident.read, name="complaints")
        reading.start()
        try:
            yield resident
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            reading.join()


def check_it_was_not_stormed(resident: Resident, dead: Dead, *, listens: bool) -> None:
    told_at = resident.tries()
    tries = [when for when in told_at if when < told_at[0] + HOUR]
    knocks = [when for when in dead.knocks if when < dead.knocks[0] + HOUR]
    print(f"{resident.directory.parent.name}: {len(tries)} tries and {len(knocks)} knocks in the hour")
    assert TRIES // 2 <= len(tries) <= TRIES
    if listens:
        assert len(tries) <= len(knocks) <= KNOCKS * TRIES
    [issue] = told(roundup(resident.directory, "issues", "list", "--json"))
    assert (issue["issue"], issue["state"]) == (DUE[:10], "frozen")
    assert issue["deliveries"] == {"planned": len(PEOPLE)}


def check_it_went_on(resident: Resident, folder: Path, port: int) -> None:
    """The relay comes alive, and at the next try everybody has one copy."""
    with a_sink(folder, port=port, keep=False) as sink:
        await_(lambda: len(sink.lines()) >= len(PEOPLE), resident.process)
        shows = ("issues", "show", DUE[:10], "--json")
        await_(lambda: told(roundup(resident.directory, *shows))["state"] == "sent", resident.process)
    assert sink.copies() == dict.fromkeys(PEOPLE, 1)


@pytest.mark.timeout(240)
def test_a_relay_that_is_dead_for_an_hour_is_tried_by_twelve_runs_and_then_everybody_is_mailed(tmp_path: Path) -> None:
    missing = false_clock.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no fast clock: {missing}")
    kinds = {"refuses": None, "hangs-up": b"", "busy": b"421 4.3.2 not now\r\n"}
    with ExitStack() as residents:
        with ExitStack() as relays:
            dead = {kind: relays.enter_context(a_dead_relay(says)) for kind, says in kinds.items()}
            living = {
                kind: residents.enter_context(a_resident(tmp_path / kind, relay.port)) for kind, relay in dead.items()
            }
            for resident in living.values():
                await_(lambda one=resident: bool(one.tries()), resident.process)  # type: ignore[misc]
            time.sleep(HOUR + 0.5)
            for kind, resident in living.items():
                check_it_was_not_stormed(resident, dead[kind], listens=kinds[kind] is not None)
        for kind, resident in living.items():
            check_it_went_on(resident, tmp_path / kind, dead[kind].port)
    assert {resident.process.returncode for resident in living.values()} == {0}

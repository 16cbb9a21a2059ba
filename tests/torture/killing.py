"""A newsletter whose runs are killed with `kill -9`, each at a moment of its own, and started again as cron would.

A kill comes at a random point of the sending (after so many messages, and then anywhere between two answers of the next
hop); or there and at the next write of the journal, while what was claimed or answered is being committed; or while a
run makes good what the kill before it did. After each the database is looked at as the dead run left it.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any

from tests.newsletters import a_newsletter, a_piece_file, roundup, started, told
from tests.torture.takers import RECOVERY, Taker
from tests.torture.witnesses import Mentions, Writes

SEED = 20261120
_DATABASE = "roundup.db"
#: Seconds after which a run is taken to hang.
_PATIENCE = 600.0
_LOOK = 0.002
#: Seconds from a write of the journal until the octets go that it lets go, at most.
_COMMIT = 0.001
#: How many runs that nobody kills an issue may take to its end.
_MOST_RUNS = 3
#: Only the first is told to send now: what follows is what a crontab line starts.
_FIRST, _AGAIN = ("run", "--now", "--json"), ("run", "--json")


class Moment(Enum):
    """When a run is killed."""

    SENDING = auto()
    COMMITTING = auto()
    RECOVERING = auto()


#: Of ten kills so many come at each moment.
_SHARES = {Moment.SENDING: 6, Moment.COMMITTING: 3, Moment.RECOVERING: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a newsletter has to survive."""

    in_doubt: str
    people: int
    lines: int
    kills: int
    #: Seconds from the end of a message to its 250; at Postfix, the longest.
    latency: float = 0.1
    seed: int = SEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A kill, and what the dead run left."""

    moment: Moment
    #: How many messages were being offered.
    in_doubt: int
    #: How many deliveries are still to be made or decided.
    remaining: int
    damage: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Ending:
    """How it ended."""

    kills: list[Kill] = field(default_factory=list)
    #: Runs that ended although they were to be killed: what they left.
    ended_alone: int = 0
    #: Every complaint of a run that was not killed.
    complaints: list[str] = field(default_factory=list)
    #: Address and Message-ID of every message that was taken.
    lines: list[tuple[str, str]] = field(default_factory=list)
    #: What the last run said of itself: `run --json`.
    report: dict[str, Any] = field(default_factory=dict)
    #: The newsletter's own words: `issues show --failed --json`.
    shown: dict[str, Any] = field(default_factory=dict)
    #: How often each of those who were in doubt was, and was not cleared.
    doubts: dict[str, int] = field(default_factory=dict)
    damage: tuple[str, ...] = ()
    seconds: float = 0.0


def the_people(world: World) -> list[str]:
    """Everybody who is to have the issue."""
    return [f"reader{number}@example.com" for number in range(world.people)]


def told_by(folder: Path, world: World, taker: Taker) -> Ending:
    """Send an issue in `folder`, killing its runs as often as `world` says, and let the last one come to its end."""
    directory = a_newsletter(
        folder,
        smtp={**taker.smtp, "connections": world.lines},
        subscribers=[*the_people(world), "gone@example.com,,left"],
        content={"piece.md": a_piece_file("The bridge that two towns built", day=f"{_yesterday():%Y-%m-%d}")},
        delivery={"in_doubt": world.in_doubt, **taker.delivery},
        # Yesterday's piece is new at any hour of today.
        selection={"max_age": "48h"},
    )
    return _Story(world=world, taker=taker, directory=directory).told()


def _yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class _Story:
    world: World
    taker: Taker
    directory: Path
    ending: Ending = field(default_factory=Ending)
    #: How many messages there are for each kill that is still to come.
    room: float = 0.0

    def told(self) -> Ending:
        began, ending = time.monotonic(), self.ending
        self._kill_all()
        for _ in range(_MOST_RUNS):
            # The first of all, if nothing was to be killed.
            end = roundup(self.directory, *(_AGAIN if ending.kills else _FIRST), timeout=_PATIENCE)
            ending.complaints += [f"{end.returncode}: {end.stderr}"] if end.returncode or end.stderr else []
            if not self._is_on_its_way():
                break
        ending.report, ending.lines = told(end), self.taker.lines()
        ending.damage = self._left(Moment.SENDING).damage
        with self._copy() as database:
            ((day,),) = database.execute("select day from issues").fetchall()
            ending.doubts = dict(database.execute(_DOUBTS).fetchall())
        ending.shown = told(roundup(self.directory, "issues", "show", day, "--failed", "--json"))
        ending.seconds = time.monotonic() - began
        return ending

    # Killing ---------------------------------------------------------------------------------------------------------

    def _kill_all(self) -> None:
        chance = random.Random(self.world.seed)  # noqa: S311 - moments, not secrets
        remaining, ending = self.world.people, self.ending
        while len(ending.kills) < self.world.kills:
            moment = _a_moment(chance) if ending.kills else Moment.SENDING
            point = self._point(chance, remaining)
            run = started(self.directory, *(_AGAIN if ending.kills else _FIRST))
            self._await(run, moment, point, chance)
            if run.poll() is None:
                os.kill(run.pid, signal.SIGKILL)
            _, complaints = run.communicate(timeout=20)
            if run.returncode == -signal.SIGKILL:
                ending.kills.append(self._left(moment))
                remaining = ending.kills[-1].remaining
                continue
            ending.ended_alone += 1
            ending.complaints += [complaints] if complaints else []
            if ending.ended_alone > self.world.kills or not self._is_on_its_way():
                return

    def _point(self, chance: random.Random, remaining: int) -> int:
        """After how many messages of a run it is killed: the kills are spread over all that remains to be sent, and
        mostly find all lines at work."""
        lines, left = self.world.lines, self.world.kills - len(self.ending.kills)
        # The last messages are spared, lest the issue be out before the last kill.
        spared = self.world.people / 20 + 4 * lines
        mean = self.room = max(1.0, (remaining - spared) / (left + 1))
        least = min(lines, int(mean / 2))
        return max(1, min(least + int(chance.expovariate(1 / max(1.0, mean - least))), remaining // 2))

    def _await(self, run: subprocess.Popen[str], moment: Moment, point: int, chance: random.Random) -> None:
        """Wait for the moment at which a run is to be killed, or for its end."""
        # What the run before had on its way has come: this one has not even read its settings.
        taken, writes = Mentions(self.taker.log, self.taker.mention), Writes(self.directory, f"{_DATABASE}-wal")
        try:
            begun, nth = taken.count(), chance.randint(1, 3)
            if moment is not Moment.RECOVERING:
                _until(run, lambda: taken.count() >= begun + point)
                writes.forget()
            if moment is not Moment.SENDING:
                _until(run, lambda: writes.comes(_LOOK), times=nth)
            pause = time.monotonic() + chance.uniform(0, self._longest_pause(moment))
            # Whoever recovers is killed at its first new message at the latest: what follows is sending.
            recovers = moment is Moment.RECOVERING
            _until(run, lambda: time.monotonic() >= pause or (recovers and taken.count() > begun))
        finally:
            taken.close()
            writes.close()

    def _longest_pause(self, moment: Moment) -> float:
        match moment:
            case Moment.SENDING:
                # Messages go out meanwhile, about one on each line: where there is less room, the kill comes sooner.
                return self.world.latency * min(1.0, self.room / (2 * self.world.lines))
            case Moment.COMMITTING:
                return _COMMIT
            case Moment.RECOVERING:
                was_in_doubt = self.ending.kills and self.ending.kills[-1].in_doubt
                return self.taker.recovery if was_in_doubt else RECOVERY

    # Looking ---------------------------------------------------------------------------------------------------------

    def _left(self, moment: Moment) -> Kill:
        """What a dead run left."""
        again = {"resend": {1}, "reconcile": {1, 2}}.get(self.world.in_doubt, set())
        try:
            with self._copy() as database:
                counted = database.execute(_COUNTED).fetchall()
                found = [str(row) for row in database.execute("PRAGMA integrity_check") if row != ("ok",)]
                found += [str(row) for row in database.execute("PRAGMA foreign_key_check")]
        except sqlite3.DatabaseError as error:
            return Kill(moment=moment, in_doubt=0, remaining=0, damage=(str(error),))
        return Kill(
            moment=moment,
            in_doubt=sum(count for state, offered, _, count in counted if state == "claimed" and offered),
            remaining=sum(
                count
                for state, _, doubts, count in counted
                if state in {"planned", "claimed", "deferred"} or (state == "unknown" and doubts in again)
            ),
            damage=tuple(found),
        )

    def _is_on_its_way(self) -> bool:
        with self._copy() as database:
            return database.execute("select state from issues").fetchall() in ([], [("frozen",)])

    @contextmanager
    def _copy(self) -> Iterator[sqlite3.Connection]:
        """A copy of the database: the next run is to find it as the last one left it."""
        copied = self.directory.parent / "copied"
        shutil.rmtree(copied, ignore_errors=True)
        copied.mkdir()
        for path in (self.directory / _DATABASE, self.directory / f"{_DATABASE}-wal"):
            if path.exists():
                shutil.copy(path, copied)
        with closing(sqlite3.connect(copied / _DATABASE)) as database:
            yield database


_COUNTED = "select state, offered, min(doubts, 2), count(*) from deliveries group by 1, 2, 3"
_DOUBTS = "select email, doubts from deliveries join subscribers on id = subscriber_id where doubts"


def _a_moment(chance: random.Random) -> Moment:
    return chance.choices(list(_SHARES), list(_SHARES.values()))[0]


def _until(run: subprocess.Popen[str], comes: Callable[[], bool], *, times: int = 1) -> None:
    """Wait until something has come so many times, or the run has ended."""
    deadline = time.monotonic() + _PATIENCE
    while times and run.poll() is None:
        if comes():
            times -= 1
        else:
            time.sleep(_LOOK / 4)
        assert time.monotonic() < deadline, "the run hangs"

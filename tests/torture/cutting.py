"""The process in which the power is cut: it has imported everything, and forks a child for each run of the daily job.

`powercut.c` is loaded before it (LD_PRELOAD). A trial begins with no database, or with a frozen issue of which nothing
is sent. A child does the daily job and dies at a chosen write; what a disk may hold then is what the next child finds.
The last one is left alone, and says how the story ends. This is the only file of the bench that knows how a run is
started and what it leaves.
"""

import argparse
import ctypes
import gc
import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from roundup import daily, settings, wiring
from roundup.delivering import Stop
from roundup.errors import StoreError
from roundup.office import Office, Orders
from roundup.reports import RunReport, RunState
from tests.fakes.watches import NobodyWatches
from tests.newsletters import DUE, a_newsletter
from tests.torture.next_hop import NextHop, a_next_hop

#: What `powercut.c` ends a process with.
_CUT = 86
#: Seconds after which a run is taken to hang.
_PATIENCE = 60
#: What a run needs to come to its end when nobody cuts its power; more would be a fault.
_MOST_RUNS = 2
_AT = datetime.fromisoformat(DUE).replace(tzinfo=UTC)
_DONE = {RunState.SENT, RunState.ALREADY_SENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same in all trials of one process."""

    in_doubt: str = "resend"
    journal: str = "safe"
    #: The disk says that it has written what it has not.
    careless: bool = False
    #: So many that mail is going out for half of the writes of a run.
    people: int = 72
    lines: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One story: the power goes at these writes of successive runs, and then no more."""

    #: Whether it begins with a frozen issue; else with an empty disk.
    frozen: bool
    cuts: tuple[int, ...]
    #: With which probability a pending write is kept.
    keep: float
    #: Whether it may be kept in part, or as junk.
    torn: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a story ended."""

    #: How many times the power really went: a run may have had fewer writes.
    cuts: int = 0
    #: How many writes the last run that was not cut had, where one was watched.
    operations: int = 0
    #: What the world had when the power first went.
    taken_at_cut: int = 0
    #: Each way in which the database was damaged, after the cut or at the end.
    corrupt: tuple[str, ...] = ()
    #: How the last run ended, and why.
    ended: str = ""
    because: str = ""
    adds_up: bool = False
    #: How many people have more than one copy, and how many copies too many there are.
    twice: int = 0
    extra: int = 0
    #: How many messages the issue's sums call offered again.
    resent: int = 0
    missing_and_listed: int = 0
    missing_and_not_listed: int = 0
    #: Who is listed as in doubt and has the issue: the price of holding.
    listed_and_had: int = 0
    #: Whether a second copy could be told by its Message-ID.
    same_numbers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A newsletter, the world that it mails to, and the power that goes."""

    world: World
    directory: Path
    next_hop: NextHop
    #: Put together once: it opens nothing before a run.
    office: Office

    @property
    def state(self) -> Path:
        """Where the database lies, and all that is watched."""
        return self.directory / "state"

    def prepare(self) -> None:
        """Import what is imported late, and keep what is on the disk when an issue is frozen and nothing is sent."""
        self._run()
        shutil.rmtree(self.state)
        self.state.mkdir()
        at_once = Stop()
        at_once.now()
        report = daily.run(replace(self.office, stop=at_once), Orders(now=True, at=_AT))
        assert report.state is RunState.UNFINISHED, report
        self.state.rename(self._frozen)
        self.state.mkdir()
        # What is never looked at again by the collector is shared with all children: half the cost of a fork.
        gc.collect()
        gc.freeze()

    @property
    def _frozen(self) -> Path:
        return self.directory / "frozen"

    def try_out(self, trial: Trial) -> Verdict:
        """One story, from its beginning to the end."""
        shutil.rmtree(self.state)
        if trial.frozen:
            shutil.copytree(self._frozen, self.state)
        else:
            self.state.mkdir()
        self.next_hop.forget()
        verdict = Verdict()
        for number, at in enumerate(trial.cuts):
            seen = _in_a_child(partial(self._run_until, at, trial, trial.seed * 8 + number))
            taken = self.next_hop.taken()
            if "operations" in seen:
                verdict = replace(verdict, operations=seen["operations"])
                break
            if seen["died"] != _CUT:
                return replace(verdict, ended=f"it died: {seen['died']}")
            verdict = replace(verdict, cuts=number + 1, taken_at_cut=verdict.taken_at_cut if number else len(taken))
        end = _in_a_child(self._come_to_the_end)
        if "died" in end:
            # Who dies tells nothing; what the world has is counted all the same.
            end = {"corrupt": [], "ended": f"it died: {end['died']}", "missed": []}
        return self._judged(replace(verdict, **{name: end[name] for name in _TOLD if name in end}), set(end["missed"]))

    def _judged(self, verdict: Verdict, listed: set[str]) -> Verdict:
        taken = self.next_hop.taken()
        copies = Counter(person for person, _ in taken)
        missing = {_person(number) for number in range(self.world.people)} - copies.keys()
        return replace(
            verdict,
            corrupt=tuple(verdict.corrupt),
            twice=sum(count > 1 for count in copies.values()),
            extra=copies.total() - len(copies),
            missing_and_listed=len(missing & listed),
            missing_and_not_listed=len(missing - listed),
            listed_and_had=len(listed - missing),
            same_numbers=len(set(taken)) == len(copies),
        )

    # In a child ------------------------------------------------------------------------------------------------------

    def _run_until(self, at: int, trial: Trial, seed: int) -> dict[str, Any]:
        self._watch(at, keep=trial.keep, torn=trial.torn, seed=seed)
        self._run()
        return {"operations": self._watched()}

    def _watch(self, at: int = 0, *, keep: float = 1.0, torn: bool = False, seed: int = 0) -> None:
        ctypes.CDLL(None).powercut_begin(
            os.fsencode(self.state),
            ctypes.c_long(at),
            ctypes.c_double(keep),
            int(torn),
            int(self.world.careless),
            ctypes.c_uint64(seed),
        )

    def _watched(self) -> int:
        """How many operations were seen. Ends the process if something was changed unseen."""
        count = ctypes.CDLL(None).powercut_count
        count.restype = ctypes.c_long
        return int(count())

    def _come_to_the_end(self) -> dict[str, Any]:
        corrupt = self._damage("after the cut")
        # The power stays, yet nothing waits for a real disk: half the time of a trial.
        self._watch()
        for _ in range(_MOST_RUNS):
            report = self._run()
            if report.state in _DONE:
                break
        self._watched()
        corrupt += self._damage("at the end")
        missed: list[str] = []
        adds_up = False
        try:
            missed, adds_up = self._told()
        except StoreError as error:
            corrupt.append(f"at the end: {error}")
        return {
            "corrupt": corrupt,
            "ended": str(report.state),
            "because": report.because,
            "adds_up": adds_up,
            "resent": 0 if report.tally is None else report.tally.resent,
            "missed": missed,
        }

    def _run(self) -> RunReport:
        return daily.run(self.office, Orders(now=True, at=_AT))

    def _told(self) -> tuple[list[str], bool]:
        """Whom the newsletter itself lists as not having the issue, and whether its sums add up."""
        with self.office.store.to_read() as ledgers:
            records = [each for each in ledgers.archive.all() if each.frozen_at is not None]
            if len(records) != 1:
                return [], False
            tally = ledgers.journal.tally(records[0].id)
            everybody = tally.candidates == self.world.people + 1 and tally.excluded == {"left": 1}
            listed = [each.email for each in ledgers.journal.missed(records[0].id)]
        return listed, everybody and tally.adds_up and not tally.unfinished

    def _damage(self, when: str) -> list[str]:
        """What SQLite finds wrong with a copy of what is on the disk."""
        copied = self.directory / "copied"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.state, copied)
        if not (copied / _DATABASE).exists():
            return []
        try:
            with closing(sqlite3.connect(copied / _DATABASE)) as database:
                database.execute("PRAGMA synchronous = OFF")
                found = [str(row) for row in database.execute("PRAGMA integrity_check") if row != ("ok",)]
                found += [str(row) for row in database.execute("PRAGMA foreign_key_check")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
        return [f"{when}: {each}" for each in found]


_DATABASE = "roundup.db"
_TOLD = ("corrupt", "ended", "because", "adds_up", "resent")


def _person(number: int) -> str:
    return f"reader{number}@example.com"


def _in_a_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` returns in a process of its own, or {"died": its end} if it did not come to return."""
    read, written = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(read)
            signal.alarm(_PATIENCE)
            with os.fdopen(written, "w", encoding="utf-8") as pipe:
                json.dump(work(), pipe)
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, it must end here and be seen
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(written)
    with os.fdopen(read, encoding="utf-8") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    told: dict[str, Any] = json.loads(said) if code == 0 else {"died": code}
    return told


def _a_bench(folder: Path, world: World, next_hop: NextHop) -> Bench:
    people = [*(_person(number) for number in range(world.people)), "gone@example.com,,left"]
    directory = a_newsletter(
        folder,
        smtp={**next_hop.smtp, "connections": world.lines},
        subscribers=people,
        delivery={"in_doubt": world.in_doubt, "journal": world.journal},
        store={"url": f"sqlite:///state/{_DATABASE}"},
    )
    directory = directory.resolve()
    (directory / "state").mkdir()
    office = wiring.office(directory, settings.load(directory), watch=NobodyWatches(), sends=True)
    return Bench(world=world, directory=directory, next_hop=next_hop, office=office)


def main() -> None:
    """Answer each trial on standard input with its verdict on standard output, a line of JSON each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("world", type=json.loads)
    given = parser.parse_args()
    world = World(**given.world)
    with a_next_hop(given.folder) as next_hop:
        bench = _a_bench(given.folder, world, next_hop)
        bench.prepare()
        for line in sys.stdin:
            asked = json.loads(line)
            trial = Trial(**{**asked, "cuts": tuple(asked["cuts"])})
            print(json.dumps(asdict(bench.try_out(trial))), flush=True)


if __name__ == "__main__":
    main()

"""One worker, measured from within: `python -m benchmarks.workers_work DIRECTORY [free]`. Prints one JSON value.

It is the real worker but for its clockwork: how long each batch took. It ends when all batches were made once. `free`:
with a journal that costs nothing while messages go, for what the real one costs is what it makes a batch take longer.
How long is waited for it would not say that: the lines' answers are on their way meanwhile.
"""

import json
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from roundup import settings, wiring
from roundup.batches import Batch
from roundup.clock import stopwatch
from roundup.journal import Granted, Turn
from roundup.model import Delivery, IssueId, Outcome, SubscriberId
from roundup.newsroom import Unwatched
from roundup.store.batches import SqlBatches
from roundup.store.deliveries import SqlJournal
from roundup.store.postgresql_queue import Taker
from roundup.working import Work


@dataclass(slots=True, kw_only=True)
class Times:
    """Where a worker's time goes, in seconds."""

    batches: int = 0
    #: From the beginning of the first batch to the end of the last.
    whole: float = 0.0
    #: Making batches, and what of it is no part of that: what a free journal does before and after.
    making: float = 0.0
    aside: float = 0.0


class FreeJournal(SqlJournal):
    """Takes all there is of a batch at once, keeps what became of it in mind, and writes it down in the end."""

    def __init__(self, journal: SqlJournal, times: Times) -> None:
        vars(self).update(vars(journal))
        self._times = times
        self._there: deque[Delivery] | None = None
        self._became: list[tuple[Delivery, Outcome]] = []

    def turn(self, issue: IssueId, turn: Turn, *, at: datetime, meanwhile: Callable[[], None] | None = None) -> Granted:
        """See `Journal`."""
        if self._there is None:
            began = stopwatch()
            self._there = deque(super().turn(issue, Turn(wanted=1_000_000), at=at).claimed)
            self._times.aside += stopwatch() - began
        self._became.extend(turn.settled)
        if meanwhile is not None:
            meanwhile()
        return Granted(claimed=[self._there.popleft() for _ in range(min(turn.wanted, len(self._there)))])

    def has_turn(self, issue: IssueId, *, at: datetime) -> bool:
        """See `Journal`. Asked before the first turn and after the last."""
        began, became = stopwatch(), self._became
        if became:
            super().turn(issue, Turn(offering=[each for each, _ in became]), at=at)
            super().turn(issue, Turn(settled=became), at=at)
            self._became = []
        self._times.aside += stopwatch() - began
        return super().has_turn(issue, at=at)


def measured(directory: Path, *, free: bool) -> Times:
    """Make all that is in the queue."""
    loaded = settings.load(directory)
    office = wiring.office(directory, loaded, watch=Unwatched(), sends=True)
    server = wiring.server(directory, loaded)
    if server is None:
        raise SystemExit("It lies on no server.")
    times, began = Times(), 0.0
    with office.store.to_write() as ledgers:
        work = Work(office, ledgers, name="bench", tell=_complain, lost=_complain, fault=str)
        if free:
            _free_journals(ledgers.batches, times)
        (issue,) = ledgers.archive.unfinished()
        wanted = ledgers.batches.progress(issue.id).open

        def make(issue: IssueId, first: SubscriberId, put_at: datetime) -> float | None:
            nonlocal began
            at = stopwatch()
            began = began or at
            pause = work.make(issue, first, put_at)
            times.making += stopwatch() - at
            times.whole = stopwatch() - began
            times.batches += 1
            if times.batches == wanted:
                taker.end()
            return pause

        taker = Taker(server.server, make, idle=work.idle, tell=_complain)
        taker.stay()
        work.sender.leave()
    return times


def _free_journals(batches: Any, times: Times) -> None:
    if not isinstance(batches, SqlBatches):
        raise TypeError("not batches in SQL")
    plain = batches.journal

    def journal(batch: Batch) -> FreeJournal:
        made = plain(batch)
        if not isinstance(made, SqlJournal):
            raise TypeError("not a journal in SQL")
        return FreeJournal(made, times)

    vars(batches)["journal"] = journal


def _complain(sentence: str) -> None:
    if sentence:
        print(sentence, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asdict(measured(Path(sys.argv[1]), free="free" in sys.argv[2:]))))

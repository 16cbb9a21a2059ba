"""One worker, measured from within: `python -m benchmarks.workers_work DIRECTORY`. Prints one JSON value.

It is the real worker but for its clockwork: how long each batch took, and how much of that its journal. It ends when
all batches were made once.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from roundup import settings, wiring
from roundup.batches import Batch
from roundup.clock import stopwatch
from roundup.journal import Granted, Turn
from roundup.model import IssueId, SubscriberId
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
    #: Making batches, and what of it was waiting for the journal.
    making: float = 0.0
    journal: float = 0.0


class TimedJournal(SqlJournal):
    """Counts what is waited for it."""

    def __init__(self, journal: SqlJournal, times: Times) -> None:
        vars(self).update(vars(journal))
        self._times = times

    def turn(self, issue: IssueId, turn: Turn, *, at: datetime, meanwhile: Callable[[], None] | None = None) -> Granted:
        """See `Journal`. What is made meanwhile is made in its time, and counted as its own."""
        began = stopwatch()
        granted = super().turn(issue, turn, at=at, meanwhile=meanwhile)
        self._times.journal += stopwatch() - began
        return granted


def measured(directory: Path) -> Times:
    """Make all that is in the queue."""
    loaded = settings.load(directory)
    office = wiring.office(directory, loaded, watch=Unwatched(), sends=True)
    server = wiring.server(directory, loaded)
    if server is None:
        raise SystemExit("It lies on no server.")
    times, began = Times(), 0.0
    with office.store.to_write() as ledgers:
        work = Work(office, ledgers, name="bench", tell=_complain, lost=_complain)
        _time_journals(ledgers.batches, times)
        (issue,) = ledgers.archive.unfinished()
        wanted = ledgers.batches.progress(issue.id).open

        def make(issue: IssueId, first: SubscriberId) -> float | None:
            nonlocal began
            at = stopwatch()
            began = began or at
            pause = work.make(issue, first)
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


def _time_journals(batches: Any, times: Times) -> None:
    if not isinstance(batches, SqlBatches):
        raise TypeError("not batches in SQL")
    plain = batches.journal

    def journal(batch: Batch) -> TimedJournal:
        made = plain(batch)
        if not isinstance(made, SqlJournal):
            raise TypeError("not a journal in SQL")
        return TimedJournal(made, times)

    vars(batches)["journal"] = journal


def _complain(sentence: str) -> None:
    if sentence:
        print(sentence, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asdict(measured(Path(sys.argv[1])))))

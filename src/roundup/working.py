"""A worker: makes what is missing of one batch of deliveries after another, beside others on other machines."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roundup import messages, scheduling
from roundup.archive import IssueRecord, StoredIssue
from roundup.batches import Batch
from roundup.clock import stopwatch, wait
from roundup.delivering import ABOUT_US_IN_A_ROW, deliver
from roundup.errors import StoreError, TakenOverError
from roundup.finishing import delivering, is_stale
from roundup.journal import Journal
from roundup.model import MAIN_EDITION, Delivery, IssueId, Outcome, SubscriberId
from roundup.office import Office
from roundup.sending.kept import KeptSender
from roundup.sending.pacing import SharedPacer
from roundup.store import Ledgers
from roundup.words import say

#: So long a worker whose mail server took nothing waits, in seconds, before it begins another batch.
_PAUSE_SECONDS = 30.0
#: How often it tries to write what it could not, and for how long after a stop.
_LATE_SECONDS, _STOP_SECONDS = 0.2, 10.0
#: Lines on which nothing goes are kept for so many seconds.
_KEPT_SECONDS = 5.0
#: The same where the database is gone.
_GONE_SECONDS = 2.0
#: So often it tells how far it is, in seconds.
_TELL_SECONDS = 2.0


@dataclass(slots=True)
class Telling:
    """Implements `roundup.newsroom.Watch`: counts what was answered, and tells it now and then."""

    #: Told how many were answered since it was told last.
    tell: Callable[[int], None]
    count: int = 0
    told_at: float = field(default_factory=stopwatch)
    total: int = 0

    def begin(self, what: str, total: int) -> None:
        """See `Watch`."""

    def step(self) -> None:
        """See `Watch`."""
        self.count += 1
        self.total += 1
        if stopwatch() - self.told_at > _TELL_SECONDS:
            self.end()

    def end(self) -> None:
        """See `Watch`."""
        count, self.count, self.told_at = self.count, 0, stopwatch()
        try:
            if count:
                self.tell(count)
        except StoreError:
            # It is for who looks on, and must not be in the way of what became of a message.
            self.count += count

    def note(self, sentence: str) -> None:
        """See `Watch`."""


class Work:
    """What a worker works with."""

    def __init__(
        self,
        office: Office,
        ledgers: Ledgers,
        *,
        name: str,
        tell: Callable[[str], None],
        lost: Callable[[str], None],
        fault: Callable[[], str],
    ) -> None:
        """`name`: who it is, for those who look for a trouble: the machine and the process. `tell` is told what goes
        wrong, a sentence each, once until another follows; `lost` that the database cannot be used, and why (empty: it
        can). `fault` keeps the present error for whoever mends roundup, and says where."""
        self.office = office
        self.ledgers = ledgers
        self.name = name
        self.tell = tell
        self.lost = lost
        self.fault = fault
        #: Told how many messages were answered, now and then.
        self.answered: Callable[[int], None] = lambda _count: None
        self.sender = KeptSender(office.sender)
        self._pacer = SharedPacer(office.rate, self._turns)
        #: How often in a row the mail server has refused us, over all batches.
        self._refusals = 0
        self._alone = threading.Lock()
        self._idle_since = stopwatch()
        self._issue: StoredIssue | None = None
        self._said = ""
        #: What became of messages while the database was gone.
        self._late: list[tuple[Journal, Batch, Sequence[tuple[Delivery, Outcome]]]] = []

    def make(self, issue: IssueId, first: SubscriberId, put_at: datetime) -> float | None:
        """Make what is missing of a batch that a run put into the queue at a time. Returns None if its entry there is
        done; else it is to be put back, and nothing to be taken up for so many seconds. Whatever fails is told, and
        never ends the worker."""
        with self._alone:
            try:
                return self._make(issue, first, put_at)
            except TakenOverError as error:
                # The entry is theirs who did.
                self._say(str(error))
                return None
            except StoreError as error:
                self.lost(str(error))
                self._write_late()
                return _GONE_SECONDS
            finally:
                self._idle_since = stopwatch()

    def idle(self) -> None:
        """Called now and then, from any thread: lines on which nothing goes are not kept for long."""
        if self._alone.acquire(blocking=False):
            try:
                if stopwatch() - self._idle_since > _KEPT_SECONDS:
                    self.sender.leave()
            finally:
                self._alone.release()

    def _make(self, issue: IssueId, first: SubscriberId, put_at: datetime) -> float | None:
        batch = self.ledgers.batches.find(issue, first)
        self.lost("")
        stored = self._stored(issue)
        if batch is None or stored is None or self._must_wait(stored.record, put_at):
            return None
        if not self._is_as_here(stored):
            why = say(
                "{name}: roundup.toml or .secret there is not that of the run that froze the issue of {key}, so it "
                "sends nothing of it.",
                name=self.name,
                key=stored.record.key,
            )
            return self._trouble(batch, why)
        try:
            return self._deliver(batch, stored)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - what is wrong with one batch must not end a worker
            self._write_late()
            why = say(
                "{name}: a fault in roundup itself stopped it at some deliveries ({kind}). They wait, and are tried "
                "again. What helps to mend it is in {file}.",
                name=self.name,
                kind=type(error).__name__,
                file=self.fault(),
            )
            return self._trouble(batch, why)

    def _must_wait(self, record: IssueRecord, put_at: datetime) -> bool:
        """Whether a run or a person must decide first: it is on hold, or its edition's next due time has come since a
        run put it in. A run puts it in again."""
        if record.key.edition != MAIN_EDITION:
            return bool(record.hold)
        due = scheduling.latest_due(self.office.clock(), self.office.schedule)
        return bool(record.hold) or is_stale(replace(record, instant=put_at), due)

    def _deliver(self, batch: Batch, stored: StoredIssue) -> float | None:
        batches = self.ledgers.batches
        journal = batches.journal(batch)
        journal.recover(batch.issue, at=self.office.clock())
        batches.tell(batch, worker=self.name)

        def tell(count: int) -> None:
            batches.tell(batch, worker=self.name, answered=count)
            self.answered(count)

        watch = Telling(tell)
        work = delivering(replace(self.office, watch=watch, sender=self.sender), journal, stored, self._pacer)
        self._late = []
        try:
            troubles = deliver(replace(work, late=lambda settled: self._late.append((journal, batch, settled))))
        except BaseException:
            # Something may be on its way: whoever keeps such a line would mix two batches up.
            self.sender.leave()
            raise
        watch.end()
        self._rest_if_refused(batch, journal.refused_us(batch.issue), watch.total)
        if troubles and not watch.total:
            return self._trouble(batch, f"{self.name}: {troubles[-1]}")
        self._said = ""
        return 0.0 if journal.has_turn(batch.issue, at=self.office.clock()) else None

    def _write_late(self) -> None:
        """Write down, once the database is back, what is known and could not be written: none of it is in doubt (value
        1). Sooner than anybody else takes the batch up; after that it would be too late. Not for ever after a stop."""
        waited = 0.0
        while self._late and not (self.office.stop.asked and waited > _STOP_SECONDS):
            journal, batch, settled = self._late[-1]
            try:
                journal.late(batch.issue, settled, at=self.office.clock())
            except StoreError:
                wait(_LATE_SECONDS)
                waited += _LATE_SECONDS * self.office.stop.asked
            else:
                self._late.pop()
                self.lost("")

    def _turns(self, count: int) -> float | None:
        """Turns of the one rate; None where the database cannot say: that it is gone is noticed in the journal."""
        try:
            return self.ledgers.batches.turns(count, rate=self.office.rate)
        except StoreError:
            return None

    def _rest_if_refused(self, batch: Batch, refused: int, answered: int) -> None:
        """Let all rest if the mail server refuses us: batches may be shorter than it takes to see that."""
        self._refusals = refused + (self._refusals if refused >= answered else 0)
        if self._refusals >= ABOUT_US_IN_A_ROW:
            why = say(
                "The mail server refused us {count} times in a row, so all workers rest until the next run; nobody was "
                "taken off the list.",
                count=self._refusals,
            )
            self.ledgers.batches.rest(batch.issue, why)
            self._say(why)
            self._refusals = 0

    def _trouble(self, batch: Batch, why: str) -> float:
        self.ledgers.batches.tell(batch, worker=self.name, trouble=why)
        self._say(why)
        return _PAUSE_SECONDS

    def _say(self, why: str) -> None:
        if why != self._said:
            self.tell(why)
        self._said = why

    def _stored(self, issue: IssueId) -> StoredIssue | None:
        """The issue, if it is on its way. It is read whole once."""
        record = next((each for each in self.ledgers.archive.unfinished() if each.id == issue), None)
        if record is None:
            return None
        if (
            self._issue is None
            or self._issue.record.id != issue
            or self._issue.record.fingerprint != record.fingerprint
        ):
            self._issue = self.ledgers.archive.stored(record.key)
        return self._issue

    def _is_as_here(self, stored: StoredIssue) -> bool:
        """Whether its readers get from here what they would get from the machine that froze it: the same headers, and
        links that are signed alike (value 2: by another secret's nobody can leave)."""
        room = self.office.newsroom
        fingerprint = messages.fingerprint(stored.rendered, room.letterhead, stored.variants)
        return (fingerprint, room.secret.nonce(stored.record.key)) == (stored.record.fingerprint, stored.rendered.nonce)

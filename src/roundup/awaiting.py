"""A run that leaves the sending to workers: it puts what is due into their queue, waits, and tells how far they are."""

from dataclasses import dataclass, field

from roundup.archive import IssueRecord
from roundup.batches import Progress
from roundup.clock import stopwatch, wait
from roundup.journal import InDoubt
from roundup.office import Office
from roundup.store import Ledgers
from roundup.words import say

#: Seconds between looks, and for how long nobody may have begun anything: dead workers' entries are put back sooner.
_LOOK_SECONDS, _NOBODY_SECONDS = 0.5, 40.0
#: So long nothing may have been answered while something is wrong; the workers go on, and the next run waits anew.
_STUCK_SECONDS = 120.0
#: After a stop, the messages that are on their way are waited for: a mail server may take ten minutes for one.
_STOP_SECONDS = 600.0
#: What was in doubt is planned again so often at most, as in a run that sends by itself.
_ROUNDS = 5


def await_workers(office: Office, ledgers: Ledgers, record: IssueRecord) -> tuple[str, ...]:
    """Let workers make an issue's deliveries until nothing is due now. Returns what went wrong, a sentence each."""
    before = ledgers.batches.progress(record.id).answered
    waiting = _Waiting(office=office, ledgers=ledgers, record=record, told=before)
    for _ in range(_ROUNDS):
        if office.in_doubt is InDoubt.RESEND:
            # Of a worker that died in the moment between taking a batch up and planning its doubts again.
            ledgers.journal.resend(record.id, at=office.clock())
        if not ledgers.batches.share_out(record.id, at=office.clock()):
            break
        troubles = waiting.until_done()
        if troubles is not None:
            return troubles
    return ()


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """Somebody who looks on."""

    office: Office
    ledgers: Ledgers
    record: IssueRecord
    told: int
    moved_at: float = field(default_factory=stopwatch)
    begun_at: float = field(default_factory=stopwatch)

    def until_done(self) -> tuple[str, ...] | None:
        """None if the queue is empty; else why it is not waited for any longer."""
        self.moved_at = self.begun_at = stopwatch()
        while True:
            progress = self.ledgers.batches.progress(self.record.id)
            self._tell(progress)
            if self.office.stop.asked:
                self._stop()
                return ()
            if progress.rest or self._is_held():
                return tuple(dict.fromkeys(each for each in (progress.rest, *progress.troubles) if each))
            if not progress.open:
                return None
            if (stuck := self._is_stuck(progress)) is not None:
                return stuck
            wait(_LOOK_SECONDS)

    def _tell(self, progress: Progress) -> None:
        for _ in range(progress.answered - self.told):
            self.office.watch.step()
        if progress.answered > self.told:
            self.moved_at = stopwatch()
        if progress.begun:
            self.begun_at = stopwatch()
        self.told = progress.answered

    def _is_held(self) -> bool:
        found = self.ledgers.archive.find(self.record.key)
        return found is not None and bool(found.hold)

    def _is_stuck(self, progress: Progress) -> tuple[str, ...] | None:
        now = stopwatch()
        if now - max(self.begun_at, self.moved_at) > _NOBODY_SECONDS:
            nobody = say(
                "No worker is at work: start `roundup worker` on one machine or more. The deliveries wait for it."
            )
            return (nobody, *progress.troubles)
        if progress.troubles and now - self.moved_at > _STUCK_SECONDS:
            return progress.troubles
        return None

    def _stop(self) -> None:
        """Let nobody claim more, and wait until what is on its way is answered."""
        batches, until = self.ledgers.batches, stopwatch() + _STOP_SECONDS
        batches.rest(self.record.id, say("The run was stopped; the next one goes on."))
        while batches.progress(self.record.id).begun and stopwatch() < until:
            wait(_LOOK_SECONDS)

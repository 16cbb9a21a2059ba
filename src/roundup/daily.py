"""The daily job, once: follow the list, gather if due, and prepare, freeze and deliver if an issue is due.

Safe to start at any time, any number of times: a kernel lock lets one run work at a time, and an issue's key (its
local date and edition) is unique. What is due is decided by `scheduling` and the archive alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from roundup import pipeline, scheduling, subscribers
from roundup.archive import IssueRecord, IssueState, Told
from roundup.clock import stopwatch
from roundup.errors import HeldError, ListError, StoreError
from roundup.finishing import finish, give_up, told
from roundup.following import exclusion_of, follow
from roundup.model import IssueKey
from roundup.office import Office, Orders
from roundup.pipeline import Gathering, Prepared
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due
from roundup.store import Ledgers
from roundup.upcoming import dry_run, not_expected

#: What a run tells of an issue that is behind it.
_SETTLED = {
    IssueState.SENT: RunState.ALREADY_SENT,
    IssueState.FROZEN: RunState.ALREADY_SENT,
    IssueState.SKIPPED: RunState.SKIPPED,
    IssueState.FAILED: RunState.FAILED,
}
#: An issue that was looked at in time and had too little to tell is not missed when its day is over.
_WAITING = (RunState.NOTHING_NEW, RunState.TOO_FEW)


def run(office: Office, orders: Orders) -> RunReport:
    """Do the daily job. Raises `SettingsError`; what it has written stays written."""
    began = stopwatch()
    now = orders.at or office.clock()
    try:
        report = _run(office, orders, now)
    except HeldError as error:
        report = RunReport(state=RunState.HELD, because=str(error))
    except StoreError as error:
        report = RunReport(state=RunState.FAILED, because=str(error))
    return replace(report, seconds=stopwatch() - began)


def _run(office: Office, orders: Orders, now: datetime) -> RunReport:
    if orders.dry_run:
        with office.store.to_read() as ledgers:
            return dry_run(office, ledgers, orders, now=now)
    with office.store.only_run() as ours:
        if not ours:
            return RunReport(state=RunState.RUNNING)
        with office.store.to_write() as ledgers:
            return _Day(office=office, ledgers=ledgers, orders=orders, now=now).work()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """One run of the daily job, holding the lock."""

    office: Office
    ledgers: Ledgers
    orders: Orders
    now: datetime

    def work(self) -> RunReport:
        self.ledgers.memory.begin(self.now)
        due = self._due()
        try:
            warned = follow(self.office.list_file(), self.ledgers.subscribers, at=self.now)
        except ListError as error:
            # Nobody is mailed by a list that cannot be read, yet what the feeds show now is not to be lost.
            self._gather_if_due(self._next_instant(due))
            return self._held_by_list(due, str(error))
        warned += self._give_up_what_is_stale(due)
        report = self._finish_what_was_begun()
        if report is None and due is not None:
            report = self._no_issue_yet(due)
            if report is None:
                return self._make(due, warned)
        # One mailbox may defer all day; the feeds scroll on meanwhile.
        self._gather_if_due(self._next_instant(due))
        report = report or self._not_due()
        return replace(report, warnings=(*warned, *report.warnings), news=bool(warned))

    # What is due -------------------------------------------------------------------------------------------------

    def _due(self) -> Due | None:
        """The issue this run is about; None if none was ever due. The calendar begins with the first run."""
        schedule = self.office.schedule
        if self.orders.now:
            return Due(instant=self.now, day=scheduling.day_of(self.now, schedule))
        due = scheduling.latest_due(self.now, schedule)
        began = self.ledgers.memory.began()
        return due if due is not None and began is not None and due.instant >= began else None

    def _not_due(self) -> RunReport:
        following = scheduling.next_due(self.now, self.office.schedule)
        return RunReport(state=RunState.NOT_DUE, next_due=following.instant if following else None)

    def _no_issue_yet(self, due: Due) -> RunReport | None:
        """Why no issue is made now; None if one is to be made."""
        schedule = self.office.schedule
        not_due = self._not_due()
        record = self.ledgers.archive.find(IssueKey(day=due.day))
        if record is not None:
            is_today = due.day == scheduling.day_of(self.now, schedule)
            settled = self._as_settled(record, not_due=not_due, is_today=is_today)
            if settled is not None:
                return settled
        late = self.now - due.instant > schedule.max_lateness
        if not late or self.orders.now or self.orders.late:
            return None
        if record is not None and record.told in _WAITING:
            return not_due
        return self._missed(due)

    def _as_settled(self, record: IssueRecord, *, not_due: RunReport, is_today: bool) -> RunReport | None:
        """What the archive says of the issue; None if it leaves the way open."""
        issue = record.key.day
        if record.state in _SETTLED:
            report = replace(told(self.ledgers, record, _SETTLED[record.state]), next_due=not_due.next_due)
            return replace(report, unchanged=True) if is_today else not_due
        if record.hold:
            return RunReport(state=RunState.HELD, issue=issue, because=record.hold, unchanged=True)
        if record.told not in _WAITING or self.orders.now or self.orders.late:
            return None
        if self.now < record.looked_at + self.office.schedule.gather_every:
            # Looked at within the hour: feeds are not to be read every five minutes.
            return RunReport(state=RunState(record.told), issue=issue, because=record.because, unchanged=True)
        return None

    def _missed(self, due: Due) -> RunReport:
        key = IssueKey(day=due.day)
        before = self.ledgers.archive.find(key)
        because = (
            "It could not go out in time ([schedule] max_lateness). `roundup run --late` sends it under its own date; "
            "if nobody does, its pieces go into the next issue."
        )
        told = Told(state=RunState.MISSED, because=because, issue_state=IssueState.MISSED)
        self.ledgers.archive.tell(key, told, instant=due.instant, at=self.now)
        unchanged = before is not None and before.state is IssueState.MISSED
        return RunReport(state=RunState.MISSED, issue=due.day, because=because, unchanged=unchanged)

    def _next_instant(self, due: Due | None) -> datetime:
        """The instant of the issue due next, against which new pieces are judged."""
        record = None if due is None else self.ledgers.archive.find(IssueKey(day=due.day))
        if due is not None and (record is None or record.state is IssueState.OPEN):
            late = self.now - due.instant > self.office.schedule.max_lateness
            if not late:
                return due.instant
        following = scheduling.next_due(self.now, self.office.schedule)
        return following.instant if following else self.now

    # The list and the sources ------------------------------------------------------------------------------------

    def _gather_if_due(self, instant: datetime) -> None:
        last = self.ledgers.memory.gathered_at()
        if last is None or self.now - last >= self.office.schedule.gather_every:
            self._gather(instant)

    def _gather(self, instant: datetime) -> Gathering:
        memory = self.ledgers.memory
        gathering = pipeline.gather(
            self.office.newsroom, remembered=memory, archive=self.ledgers.archive, instant=instant, now=self.now
        )
        memory.record(gathering.shelves, at=self.now)
        return gathering

    # Prepare and freeze ------------------------------------------------------------------------------------------

    def _make(self, due: Due, warned: tuple[str, ...]) -> RunReport:
        key = IssueKey(day=due.day)
        newsroom = self.office.newsroom
        gathering = self._gather(due.instant)
        try:
            issue = pipeline.choose(newsroom, gathering, key=key, instant=due.instant)
            found = len(issue.pieces)
            if found < newsroom.selection.minimum:
                few = RunState.TOO_FEW if found else RunState.NOTHING_NEW
                report = self._waiting(due, few, found, len(issue.left_out))
                return replace(report, warnings=(*warned, *pipeline.warnings(gathering)))
            prepared = pipeline.prepare(newsroom, gathering, issue)
            self._check(prepared)
        except HeldError as error:
            return self._held(due, str(error))
        pipeline.freeze(newsroom, prepared, archive=self.ledgers.archive, at=self.now)
        for record in self.ledgers.archive.unfinished():
            if record.key == key:
                report = finish(self.office, self.ledgers, record, now=self.now)
                return replace(report, warnings=(*warned, *prepared.warnings, *report.warnings))
        raise StoreError(f"The issue of {key} was frozen, and is not there. Please report this.")

    def _check(self, prepared: Prepared) -> None:
        """Raises `HeldError` if a prepared issue must not be frozen."""
        if self.orders.expect and prepared.fingerprint != self.orders.expect:
            raise HeldError(not_expected(prepared.fingerprint))
        if all(exclusion_of(person) for person in self.ledgers.subscribers.all()):
            raise HeldError(
                "Nobody on the list would get it. `roundup subscribers list` shows who is there; "
                f"a {subscribers.FOLLOWED_FILE} beside roundup.toml is followed."
            )

    def _waiting(self, due: Due, state: RunState, found: int, left_out: int) -> RunReport:
        minimum = self.office.newsroom.selection.minimum
        because = f"{found} new, and [selection] minimum is {minimum}: they wait." if found else ""
        told = Told(state=state, because=because)
        self.ledgers.archive.tell(IssueKey(day=due.day), told, instant=due.instant, at=self.now)
        return RunReport(state=state, issue=due.day, because=because, left_out=left_out)

    def _held(self, due: Due | None, because: str) -> RunReport:
        if due is None:
            return RunReport(state=RunState.HELD, because=because)
        key = IssueKey(day=due.day)
        before = self.ledgers.archive.find(key)
        # Trouble reopens no issue that is sent, missed or skipped, and makes no missed one of a quiet day that is over.
        late = self.now - due.instant > self.office.schedule.max_lateness
        if before is None or (before.state is IssueState.OPEN and not (late and before.told in _WAITING)):
            told = Told(state=RunState.HELD, because=because)
            self.ledgers.archive.tell(key, told, instant=due.instant, at=self.now)
        unchanged = before is not None and (before.told, before.because) == (RunState.HELD, because)
        return RunReport(state=RunState.HELD, issue=due.day, because=because, unchanged=unchanged)

    def _held_by_list(self, due: Due | None, because: str) -> RunReport:
        """The list file cannot be followed: told once, and again when the trouble is another."""
        book = self.ledgers.subscribers
        unchanged = book.trouble() == because
        book.note_trouble(because)
        record = None if due is None else self.ledgers.archive.find(IssueKey(day=due.day))
        is_about = due is not None and (record is None or record.state is IssueState.OPEN)
        report = self._held(due if is_about else None, because)
        return replace(report, unchanged=unchanged)

    def _give_up_what_is_stale(self, due: Due | None) -> tuple[str, ...]:
        """Close each frozen issue that is stale: at the next due time of its edition. Returns a sentence for each."""
        stale = (record for record in self.ledgers.archive.unfinished() if due is not None and _is_stale(record, due))
        return tuple(give_up(self.ledgers, record, now=self.now) for record in stale)

    def _finish_what_was_begun(self) -> RunReport | None:
        """Go on with a frozen issue."""
        for record in self.ledgers.archive.unfinished():
            if self.orders.expect and record.fingerprint != self.orders.expect:
                report = told(self.ledgers, record, RunState.HELD)
                return replace(report, because=not_expected(record.fingerprint))
            return finish(self.office, self.ledgers, record, now=self.now)
        return None


def _is_stale(record: IssueRecord, due: Due) -> bool:
    return due.instant > record.instant and due.day != record.key.day

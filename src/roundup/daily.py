"""The daily job, once: follow the list, gather if due, and prepare, freeze and deliver if an issue is due.

Safe to start at any time, any number of times: a kernel lock lets one run work at a time, and an issue's key (its
local date and edition) is unique. What is due is decided by `scheduling` and the archive alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from roundup import pipeline, proposing, scheduling
from roundup.archive import PROPOSED, IssueRecord, IssueState, Told
from roundup.clock import stopwatch
from roundup.deciding import WAITING, Deciding, not_expected
from roundup.errors import HeldError, ListError, StoreError
from roundup.finishing import finish, give_up, is_stale, told
from roundup.following import follow
from roundup.making import Making
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.office import Office, Orders
from roundup.rehearsing import dry_run
from roundup.reports import RunReport, RunState
from roundup.returning import Collected, read_mailbox
from roundup.scheduling import Due, Schedule
from roundup.store import Ledgers
from roundup.tending import Tending, is_of
from roundup.words import say, say_many

_A_DAY = timedelta(days=1)


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
    return replace(report, seconds=stopwatch() - began, next_due=_next_due(office.schedule, now))


def _next_due(schedule: Schedule, now: datetime) -> datetime | None:
    """When the next issue of any edition is due."""
    editions = (schedule, schedule.of_the_week)
    dues = [scheduling.next_due(now, each) for each in editions if each is not None]
    return min((due.instant for due in dues if due is not None), default=None)


def _run(office: Office, orders: Orders, now: datetime) -> RunReport:
    if orders.dry_run:
        with office.store.to_read() as ledgers:
            return dry_run(office, ledgers, orders, now=now)
    with office.store.only_run() as ours:
        if not ours:
            return RunReport(state=RunState.RUNNING)
        with office.store.to_write() as ledgers:
            day = _Day(office=office, ledgers=ledgers, orders=orders, now=now)
            returned = day.read_mailbox()
            report = day.work()
            day.tidy_up()
            report = replace(
                report,
                warnings=(*returned.warnings, *returned.troubles, *report.warnings),
                news=report.news or bool(returned.warnings),
            )
            return report if office.schedule.of_the_week is None else _with_the_week(day, report)


def _with_the_week(day: "_Day", report: RunReport) -> RunReport:
    """The report of the day, and of the weekly edition if it is due, too. A list that cannot be read holds both, and
    who expects one issue is not given another."""
    if report.state is RunState.HELD and day.ledgers.subscribers.trouble():
        return report
    if day.orders.expect and report.state not in (RunState.NOT_DUE, RunState.ALREADY_SENT):
        return report
    began = stopwatch()
    try:
        weekly = replace(day, edition=WEEKLY_EDITION).work_on_the_week()
    except HeldError as error:
        weekly = RunReport(state=RunState.HELD, edition=WEEKLY_EDITION, because=str(error))
    except StoreError as error:
        # What was done for the day is told all the same.
        weekly = RunReport(state=RunState.FAILED, edition=WEEKLY_EDITION, because=str(error))
    return report.beside(replace(weekly, seconds=stopwatch() - began))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """One run of the daily job, holding the lock."""

    office: Office
    ledgers: Ledgers
    orders: Orders
    now: datetime
    edition: str = MAIN_EDITION

    @property
    def making(self) -> Making:
        """What an issue is made with."""
        return Making(office=self.office, ledgers=self.ledgers, orders=self.orders, now=self.now, edition=self.edition)

    @property
    def deciding(self) -> Deciding:
        """What is to be done."""
        return self.making.deciding

    def read_mailbox(self) -> Collected:
        """What came back, before anything goes out: who left by mail is not mailed. What fails is a warning, and holds
        no issue."""
        if self.office.returning is None:
            return Collected()
        return read_mailbox(self.office.returning, self.ledgers, at=self.office.clock())

    def work(self) -> RunReport:
        self.ledgers.memory.begin(self.now)
        self.ledgers.subscribers.wake(scheduling.day_of(self.now, self.making.schedule), at=self.now)
        due = self.deciding.due()
        instant = self.deciding.next_instant(due)
        try:
            warned = follow(
                self.office.list_file(),
                self.ledgers.subscribers,
                at=self.now,
                hashed=self.office.newsroom.secret.forgotten,
            )
        except ListError as error:
            # Nobody is mailed by a list that cannot be read, yet what the feeds show now is not to be lost.
            self._gather_if_due(instant)
            return self._held_by_list(due, str(error))
        warned += self._give_up_what_is_over()
        report = self._go_on_with_what_was_begun()
        # What was ordered now is made besides what is still on its way.
        if due is not None and (report is None or (self.orders.now and report.issue != due.day)):
            if report is not None:
                warned += (report.headline,)
            report = self.deciding.no_issue_yet(due)
            if report is None:
                return self._make(due, warned)
            self._write_down(report, self.deciding.key(due), due.instant)
        # One mailbox may defer all day; the feeds scroll on meanwhile.
        self._gather_if_due(instant)
        report = self._or_undecided(report or self.deciding.not_due())
        return replace(report, warnings=(*warned, *report.warnings), news=bool(warned))

    def work_on_the_week(self) -> RunReport:
        """The weekly edition: as any other, but the list is followed and the sources are read by now."""
        due = self.deciding.due()
        warned = self._give_up_what_is_over()
        report = self._go_on_with_what_was_begun()
        if report is None and due is not None:
            report = self.deciding.no_issue_yet(due)
            would_be = report is None or report.state in (RunState.MISSED, RunState.HELD)
            if would_be and not self.making.has_weekly_readers():
                report = self.deciding.not_due()
            if report is None:
                return self._make(due, warned)
            self._write_down(report, self.deciding.key(due), due.instant)
        report = self._or_undecided(report or self.deciding.not_due())
        return replace(report, edition=self.edition, warnings=(*warned, *report.warnings), news=bool(warned))

    def tidy_up(self) -> None:
        """Once a day, what is personal and older than it may be is erased."""
        last = self.ledgers.memory.tidied_at()
        if last is None or not timedelta() <= self.now - last < _A_DAY:
            hashed = self.office.newsroom.secret.forgotten
            self.ledgers.personal.prune(self.office.retention, hashed=hashed, at=self.now)
            self.ledgers.memory.tidied(self.now)

    def _or_undecided(self, report: RunReport) -> RunReport:
        """When there is nothing else to tell: what waits for a decision of a person, until there is one."""
        record = self.deciding.or_undecided(report)
        if record is None:
            return report
        report = self.deciding.waiting(record, record.hold)
        self._write_down(report, record.key, record.instant)
        return report

    def _write_down(self, report: RunReport, key: IssueKey, instant: datetime) -> None:
        """What a run told of an issue that it made nothing of, where another run is not to tell it again."""
        if report.state is RunState.MISSED:
            told = Told(state=RunState.MISSED, because=report.because, issue_state=IssueState.MISSED)
        elif report.state is RunState.HELD and not report.unchanged:
            told = Told(state=RunState.HELD, because=report.because, issue_state=None)
        else:
            return
        self.ledgers.archive.tell(key, told, instant=instant, at=self.now)

    # The list and the sources ------------------------------------------------------------------------------------

    def _gather_if_due(self, instant: datetime) -> None:
        last = self.ledgers.memory.gathered_at()
        # A reading in the future says only that the clock was set back since.
        if last is None or not timedelta() <= self.now - last < self.office.schedule.gather_every:
            self.making.gather(instant, preparing=False)

    # Prepare and freeze ------------------------------------------------------------------------------------------

    def _make(self, due: Due, warned: tuple[str, ...]) -> RunReport:
        key = self.deciding.key(due)
        newsroom = self.office.newsroom
        still = self._is_still_held(due)
        if still is not None:
            return still
        digest = newsroom.edits(key)
        gathering = self.making.gathered(due, preparing=True)
        try:
            issue = pipeline.choose(newsroom, gathering, key=key, instant=due.instant)
            found = len(issue.pieces)
            if found < newsroom.selection.minimum:
                few = RunState.TOO_FEW if found else RunState.NOTHING_NEW
                report = self._waiting(due, few, found, len(issue.left_out))
                return replace(report, warnings=(*warned, *pipeline.warnings(gathering, newsroom.zone)))
            prepared = pipeline.prepare(newsroom, gathering, issue, choices=self.making.choices(key))
            self.making.check(prepared)
        except HeldError as error:
            return self._held(due, str(error))
        if self.office.approval is not None:
            proposal = proposing.propose(self.ledgers, newsroom, prepared, digest=digest, at=self.now)
            report = Tending(making=self.making, rule=self.office.approval).asked(proposal)
            return replace(report, warnings=(*warned, *prepared.warnings, *report.warnings))
        pipeline.freeze(newsroom, prepared, archive=self.ledgers.archive, at=self.now)
        for record in self.ledgers.archive.unfinished():
            if record.key == key:
                grown = self.making.grown(record)
                report = finish(self.office, self.ledgers, record, now=self.now)
                return replace(report, warnings=(*warned, *prepared.warnings, *grown, *report.warnings))
        raise StoreError(say("The issue of {key} was frozen, and is not there. Please report this.", key=key))

    def _is_still_held(self, due: Due) -> RunReport | None:
        """The report if what held the issue at the last start holds it still; None if it does not, or did not.

        Such an issue is looked at every few minutes, perhaps for days. Its sources are asked for what is new alone, as
        at any gathering, and told to say everything, with the comments of now, only when an issue will come of it.
        """
        before = self.ledgers.archive.find(self.deciding.key(due))
        if before is None or before.told != RunState.HELD or self.orders.now or self.orders.expect:
            return None
        gathering = self.making.gathered(due, preparing=False)
        try:
            issue = pipeline.choose(self.office.newsroom, gathering, key=before.key, instant=due.instant)
            if issue.pieces:
                choices = self.making.choices(before.key)
                self.making.check(pipeline.prepare(self.office.newsroom, gathering, issue, choices=choices))
        except HeldError as error:
            return self._held(due, str(error))
        return None

    def _waiting(self, due: Due, state: RunState, found: int, left_out: int) -> RunReport:
        minimum = self.office.newsroom.selection.minimum
        because = (
            say_many(
                "{count} new, and [selection] minimum is {minimum}: it waits.",
                "{count} new, and [selection] minimum is {minimum}: they wait.",
                found,
                minimum=minimum,
            )
            if found
            else ""
        )
        told = Told(state=state, because=because)
        self.ledgers.archive.tell(self.deciding.key(due), told, instant=due.instant, at=self.now)
        return RunReport(state=state, issue=due.day, edition=self.edition, because=because, left_out=left_out)

    def _held(self, due: Due | None, because: str) -> RunReport:
        if due is None:
            return RunReport(state=RunState.HELD, because=because)
        key = self.deciding.key(due)
        before = self.ledgers.archive.find(key)
        # Trouble reopens no issue that is sent, missed or skipped, and makes no missed one of a quiet day that is over.
        late = self.now - due.instant > self.office.schedule.max_lateness
        if before is None or (before.state in (IssueState.OPEN, *PROPOSED) and not (late and before.told in WAITING)):
            told = Told(state=RunState.HELD, because=because)
            self.ledgers.archive.tell(key, told, instant=due.instant, at=self.now)
        unchanged = before is not None and (before.told, before.because) == (RunState.HELD, because)
        return RunReport(state=RunState.HELD, issue=due.day, edition=self.edition, because=because, unchanged=unchanged)

    def _held_by_list(self, due: Due | None, because: str) -> RunReport:
        """The list file cannot be followed: told once, and again when the trouble is another."""
        book = self.ledgers.subscribers
        unchanged = book.trouble() == because
        book.note_trouble(because)
        record = None if due is None else self.ledgers.archive.find(self.deciding.key(due))
        is_about = due is not None and (record is None or record.state is IssueState.OPEN)
        report = self._held(due if is_about else None, because)
        return replace(report, unchanged=unchanged)

    def _give_up_what_is_over(self) -> tuple[str, ...]:
        """Close what the calendar has left behind: frozen issues that are stale, and issues that waited for a person
        and were never frozen. Returns a sentence for each frozen one."""
        over = self.deciding.over()
        if over is None:
            return ()
        for record in self.ledgers.archive.on_hold():
            if record.state is IssueState.OPEN and self._is_ours(record) and is_stale(record, over):
                self.ledgers.archive.close(record.id, IssueState.MISSED, at=self.now, but_firm=True)
        given_up = [
            record for record in self.ledgers.proposals.waiting() if self._is_ours(record) and is_stale(record, over)
        ]
        dropped = tuple(self._drop(record) for record in given_up)
        stale = [record for record in self._unfinished() if is_stale(record, over)]
        return dropped + tuple(give_up(self.office, self.ledgers, record, now=self.now) for record in stale)

    def _drop(self, record: IssueRecord) -> str:
        """Close a proposed issue that went stale."""
        because = say(
            "The issue of {key} did not go out before the next was due, so it is dropped; its pieces go into the next.",
            key=record.key,
        )
        self.ledgers.proposals.decline(record, because, at=self.now)
        return because

    def _go_on_with_what_was_begun(self) -> RunReport | None:
        """Go on with what is frozen, and with what waits for its editor."""
        begun, rule = self._finish_what_was_begun(), self.office.approval
        waits = None if rule is None else Tending(making=self.making, rule=rule).tend()
        if begun is None or waits is None:
            return begun or waits
        warnings = (begun.headline, *begun.warnings, *waits.warnings)
        return replace(waits, warnings=warnings, unchanged=False, is_stuck=begun.is_stuck or waits.is_stuck)

    def _finish_what_was_begun(self) -> RunReport | None:
        """Go on with a frozen issue."""
        for record in self._unfinished():
            if self.orders.expect and record.fingerprint != self.orders.expect:
                report = told(self.ledgers, record, RunState.HELD)
                return replace(report, because=not_expected(record.fingerprint))
            return finish(self.office, self.ledgers, record, now=self.now)
        return None

    def _unfinished(self) -> list[IssueRecord]:
        return [record for record in self.ledgers.archive.unfinished() if self._is_ours(record)]

    def _is_ours(self, record: IssueRecord) -> bool:
        """Whether an issue is of this edition."""
        return is_of(record.key, self.edition)

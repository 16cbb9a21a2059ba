"""What a run is to do now, from the calendar and the archive. Reads only: a dry run decides by the same words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from roundup import scheduling
from roundup.archive import PROPOSED, IssueRecord, IssueState
from roundup.finishing import told
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.office import Orders
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due, Schedule
from roundup.store import Ledgers
from roundup.words import mark, say, spoken

#: What a run tells of an issue that is behind it.
_SETTLED = {
    IssueState.SENT: RunState.ALREADY_SENT,
    IssueState.FROZEN: RunState.ALREADY_SENT,
    IssueState.SKIPPED: RunState.SKIPPED,
    IssueState.FAILED: RunState.FAILED,
}
#: An issue that was looked at in time and had too little to tell is not missed when its day is over.
WAITING = (RunState.NOTHING_NEW, RunState.TOO_FEW)
_MISSED = mark(
    "It could not go out in time ([schedule] max_lateness). `roundup run --late` sends it under its own "
    "date; if nobody does, its pieces go into the next issue."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """What a decision depends on."""

    schedule: Schedule
    ledgers: Ledgers
    orders: Orders
    now: datetime
    edition: str = MAIN_EDITION
    #: Whether issues wait for their editor's approval.
    asks: bool = False

    def key(self, due: Due) -> IssueKey:
        """The issue of a due time."""
        return IssueKey(day=due.day, edition=self.edition)

    def over(self) -> Due | None:
        """The last due time of the calendar itself, whatever was ordered: by it frozen issues go stale. An order to
        send now makes no other issue's time run out."""
        return scheduling.latest_due(self.now, self.schedule)

    def due(self) -> Due | None:
        """The issue this run is about; None if none was ever due. The calendar begins with the first run."""
        schedule = self.schedule
        if self.orders.now and self.edition == MAIN_EDITION:
            return Due(instant=self.now, day=scheduling.day_of(self.now, schedule))
        due = scheduling.latest_due(self.now, schedule)
        began = self.ledgers.memory.began()
        if due is None or began is None or due.instant < began:
            return None
        return None if self.edition == WEEKLY_EDITION and self._was_switched_on_since(due) else due

    def _was_switched_on_since(self, due: Due) -> bool:
        """Whether nobody knew of the weekly edition yet when it would have been due: then it is not missed."""
        late = self.now - due.instant > self.schedule.max_lateness
        return late and not any(record.key.edition == WEEKLY_EDITION for record in self.ledgers.archive.all())

    def not_due(self) -> RunReport:
        """What is told when nothing is due: the next time that something is."""
        following = scheduling.next_due(self.now, self.schedule)
        return RunReport(state=RunState.NOT_DUE, next_due=following.instant if following else None)

    def no_issue_yet(self, due: Due) -> RunReport | None:
        """Why no issue is made now; None if one is to be made."""
        schedule = self.schedule
        not_due = self.not_due()
        record = self.ledgers.archive.find(self.key(due))
        is_today = due.day == scheduling.day_of(self.now, schedule)
        settled = None if record is None else self._as_settled(record, not_due=not_due, is_today=is_today)
        waits = settled or self._waiting(due, record) or self._looked_at(record)
        if waits is not None:
            return waits
        late = self.now - due.instant > schedule.max_lateness
        if not late or self.orders.now or self.orders.late:
            return None
        if record is not None and record.told in WAITING:
            return not_due
        return self._missed(due)

    def _as_settled(self, record: IssueRecord, *, not_due: RunReport, is_today: bool) -> RunReport | None:
        """What the archive says of the issue; None if it leaves the way open."""
        if record.state in _SETTLED:
            report = replace(told(self.ledgers, record, _SETTLED[record.state]), next_due=not_due.next_due)
            return replace(report, unchanged=True) if is_today else not_due
        if self.asks and record.state in PROPOSED:
            report = told(self.ledgers, record, RunState.AWAITING_APPROVAL)
            return replace(report, because=record.because, unchanged=True)
        return self.waiting(record, record.hold) if record.hold else None

    def _waiting(self, due: Due, record: IssueRecord | None) -> RunReport | None:
        """How an issue waits for a decision about another; None: it does not."""
        why = in_the_way(self.ledgers)
        if not why:
            return None
        if record is not None:
            return self.waiting(record, why)
        return RunReport(state=RunState.HELD, issue=due.day, edition=self.edition, because=why)

    def waiting(self, record: IssueRecord, why: str) -> RunReport:
        """How an issue waits for a person, which is told once."""
        unchanged = (record.told, record.because) == (RunState.HELD, why)
        edition = WEEKLY_EDITION if record.key.edition == WEEKLY_EDITION else self.edition
        return RunReport(state=RunState.HELD, issue=record.key.day, edition=edition, because=why, unchanged=unchanged)

    def undecided(self) -> IssueRecord | None:
        """The first issue of the edition that is firmly held; None: there is none. Of an edition that is no more the
        days' one tells it."""
        held = self.ledgers.archive.firmly_held()
        is_alone = self.edition == MAIN_EDITION and self.schedule.of_the_week is None
        of_the_week = self.edition == WEEKLY_EDITION
        ours = (each for each in held if is_alone or (each.key.edition == WEEKLY_EDITION) == of_the_week)
        return next(ours, None)

    def or_undecided(self, report: RunReport) -> IssueRecord | None:
        """The first issue of the edition that waits for a decision of a person, if there is nothing else to tell."""
        nothing = report.state in (RunState.NOT_DUE, RunState.ALREADY_SENT)
        # One that was dropped just now is told first.
        return self.undecided() if nothing or (report.state is RunState.SKIPPED and report.unchanged) else None

    def _looked_at(self, record: IssueRecord | None) -> RunReport | None:
        """How it stood when it was looked at, if that was just now."""
        if record is None or record.told not in WAITING or self.orders.now or self.orders.late:
            return None
        schedule = self.schedule
        if timedelta() <= self.now - record.looked_at < schedule.gather_every:
            # Looked at within the hour: feeds are not to be read every five minutes. A look in the future says only
            # that the clock was set back since.
            seen = spoken().clock(record.looked_at.astimezone(schedule.zone))
            again = spoken().clock((record.looked_at + schedule.gather_every).astimezone(schedule.zone))
            looked = say("Looked at {seen}; looked at again from {again}.", seen=seen, again=again)
            because = f"{record.because} {looked}".strip()
            return RunReport(
                state=RunState(record.told), issue=record.key.day, edition=self.edition, because=because, unchanged=True
            )
        return None

    def _missed(self, due: Due) -> RunReport:
        before = self.ledgers.archive.find(self.key(due))
        unchanged = before is not None and before.state is IssueState.MISSED
        return RunReport(
            state=RunState.MISSED, issue=due.day, edition=self.edition, because=say(_MISSED), unchanged=unchanged
        )

    def next_instant(self, due: Due | None) -> datetime:
        """The instant of the issue due next, against which new pieces are judged."""
        record = None if due is None else self.ledgers.archive.find(self.key(due))
        if due is not None and (record is None or record.state is IssueState.OPEN):
            late = self.now - due.instant > self.schedule.max_lateness
            if not late:
                return due.instant
        following = scheduling.next_due(self.now, self.schedule)
        return following.instant if following else self.now


def in_the_way(ledgers: Ledgers) -> str:
    """Why nothing is frozen as long as an issue is firmly held; empty if none is.

    What may have been mailed in a time that nobody remembers would be mailed again by the issue after it (value 1);
    and a newsletter whose mail is refused because of itself is refused the more, the more it sends.
    """
    return next(
        (
            say("The issue of {key} must be decided first. {why}", key=held.key, why=held.hold)
            for held in ledgers.archive.firmly_held()
        ),
        "",
    )


def not_expected(fingerprint: str) -> str:
    """What is said when an issue is not the one that was asked for."""
    return say(
        "The issue is not the expected one: its fingerprint is {fingerprint}. Look at `roundup preview` again.",
        fingerprint=fingerprint,
    )

"""The editor's yes: what `issues approve`, the page of `serve` and the desk do when somebody approves an issue.

    approve   one rendering is approved: stored first if nobody has stored it yet, and planned if it is due
    deliver   what was planned is delivered; the next run does the same, if nobody calls it
    Approver  looks at one rendering by its signed link, and approves it; never delivers

All are safe to repeat, and to be killed in: an approval is one transaction, and so is the planning of deliveries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from roundup import proposing, scheduling
from roundup.archive import PROPOSED, IssueRecord, IssueState
from roundup.deciding import in_the_way, not_expected
from roundup.errors import HeldError, ListError, SettingsError, StoreError
from roundup.finishing import is_stale, told
from roundup.following import follow
from roundup.making import Making
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.newsroom import Newsroom
from roundup.office import Office, Orders
from roundup.proposals import Approval, Proposal
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due
from roundup.store import Ledgers
from roundup.tending import Tending
from roundup.upcoming import due_next
from roundup.words import say, spoken


def approve(office: Office, key: IssueKey, *, expect: str = "", now: datetime) -> RunReport:
    """Approve an issue as it is stored, or, before anybody stored it, as it is made now. One that is due is planned,
    from the list as it is now, and `unfinished` then: `deliver` goes on. One that is not due yet is sent by the run
    that comes then. `expect`: the fingerprint that it must have; empty: whatever it is.

    While a run is at work only what is stored already is approved, and that run or the next one delivers it; of
    anything else `running` is told. Raises `SettingsError` if there is nothing to approve, or no longer; `held` is told
    of what is not as expected, or must not be mailed as it is. `now` is aware."""
    rule = _rule(office)
    try:
        with office.store.only_run() as ours, office.store.to_write() as ledgers:
            making = _making(office, ledgers, key, now)
            approving = _Approving(making=making, rule=rule, key=key, expect=expect)
            return approving.approve() if ours else approving.approve_beside_a_run()
    except (HeldError, ListError) as error:
        return RunReport(state=RunState.HELD, issue=key.day, edition=key.edition, because=str(error))
    except StoreError as error:
        return RunReport(state=RunState.FAILED, issue=key.day, edition=key.edition, because=str(error))


def deliver(office: Office, key: IssueKey, *, now: datetime) -> RunReport:
    """Deliver an issue that `approve` planned. Raises `SettingsError` if issues go out without asking."""
    rule = _rule(office)
    try:
        with office.store.only_run() as ours:
            if not ours:
                return RunReport(state=RunState.RUNNING)
            with office.store.to_write() as ledgers:
                return Tending(making=_making(office, ledgers, key, now), rule=rule).delivered(key)
    except StoreError as error:
        return RunReport(state=RunState.FAILED, issue=key.day, edition=key.edition, because=str(error))


def approve_and_deliver(office: Office, key: IssueKey, *, expect: str = "", now: datetime) -> RunReport:
    """Both, one after the other. What `approve` and `deliver` raise."""
    report = approve(office, key, expect=expect, now=now)
    if report.state is not RunState.UNFINISHED:
        return report
    delivered = deliver(office, key, now=now)
    # A run that is at work, or the next one, delivers it.
    if delivered.state is RunState.RUNNING:
        return report
    return replace(delivered, warnings=(*report.warnings, *delivered.warnings))


def _rule(office: Office) -> Approval:
    """Raises `SettingsError` if there is none."""
    if office.approval is None:
        raise SettingsError(say('Issues go out without asking ([schedule] approval = "none"): nothing to approve.'))
    return office.approval


def _making(office: Office, ledgers: Ledgers, key: IssueKey, now: datetime) -> Making:
    return Making(office=office, ledgers=ledgers, orders=Orders(), now=now, edition=key.edition)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Approving:
    """One approval."""

    making: Making
    rule: Approval
    key: IssueKey
    expect: str

    def approve(self) -> RunReport:
        """Holding the lock."""
        making, ledgers = self.making, self.making.ledgers
        newsroom = making.office.newsroom
        ledgers.memory.begin(making.now)
        hashed = newsroom.secret.forgotten
        warned = follow(making.office.list_file(), ledgers.subscribers, at=making.now, hashed=hashed)
        self._check_open(ledgers.archive.find(self.key))
        proposal = ledgers.proposals.find(self.key)
        if proposal is None:
            report, proposal = self._proposed_first()
            if proposal is None:
                return replace(report, warnings=(*warned, *report.warnings))
        elif not proposing.is_current(newsroom, ledgers, proposal):
            proposal, warnings = self._tending.renewed(_due_of(proposal))
            warned = (*warned, *warnings)
        return replace(self._approved(proposal), warnings=warned)

    def approve_beside_a_run(self) -> RunReport:
        """What is stored, and not edited since, is approved whoever has the lock."""
        making = self.making
        self._check_open(making.ledgers.archive.find(self.key))
        proposal = proposing.current(making.office.newsroom, making.ledgers, self.key)
        return RunReport(state=RunState.RUNNING) if proposal is None else self._approved(proposal)

    @property
    def _tending(self) -> Tending:
        return Tending(making=self.making, rule=self.rule)

    def _check_open(self, record: IssueRecord | None) -> None:
        """Raises `SettingsError` for an issue that nobody can approve, or no more, and `HeldError` for one on hold."""
        if self.key.edition == WEEKLY_EDITION and self.making.schedule.weekly is None:
            raise SettingsError(say("There is no weekly edition: [schedule] weekly names no day."))
        if self.key.edition not in (MAIN_EDITION, WEEKLY_EDITION):
            raise SettingsError(say("Only issues of the day and of the week wait for approval; a correction does not."))
        if record is not None and record.state not in (IssueState.OPEN, *PROPOSED):
            late = " " + record.because if record.state is IssueState.SKIPPED and record.because else ""
            if record.state is IssueState.MISSED:
                late = " " + say("`roundup run --late` makes it, and asks for approval.")
            state = say(record.state.value)
            raise SettingsError(
                say("The issue of {key} is {state} already: nothing to approve.", key=self.key, state=state) + late
            )
        if record is not None and record.hold:
            raise HeldError(record.hold)
        proposal = self.making.ledgers.proposals.find(self.key)
        over = scheduling.latest_due(self.making.now, self.making.schedule)
        if proposal is not None and is_too_late(self.rule, proposal, over=over, now=self.making.now):
            raise SettingsError(too_late(self.rule, proposal, self.making.office.newsroom))

    def _proposed_first(self) -> tuple[RunReport, Proposal | None]:
        """The issue, stored now, if it is the one due next; or why it is not."""
        making = self.making
        due = due_next(making.ledgers, making.schedule, making.now, edition=self.key.edition)
        if due.day != self.key.day:
            raise SettingsError(
                say(
                    "The issue of {key} is not the one due next: that is the one of {day}.",
                    key=self.key,
                    day=IssueKey(day=due.day, edition=self.key.edition),
                )
            )
        if due.instant <= making.now and (waits := making.deciding.no_issue_yet(due)) is not None:
            return waits, None
        if self.expect:
            # What is not expected is not stored either: it would be asked about by mail.
            expected = replace(making, orders=Orders(expect=self.expect))
            proposal, warnings = replace(self._tending, making=expected).renewed(due)
        else:
            proposal, warnings = self._tending.renewed(due)
        return RunReport(state=RunState.NOT_DUE, warnings=warnings), proposal

    def _approved(self, proposal: Proposal) -> RunReport:
        """Say yes to it. Raises `HeldError`."""
        ledgers, instant = self.making.ledgers, proposal.record.instant
        if self.expect and proposal.record.fingerprint != self.expect:
            raise HeldError(not_expected(proposal.record.fingerprint))
        self.making.check_readers(proposing.audience_of(proposal))
        if not proposing.approve(ledgers, proposal, now=self.making.now):
            raise HeldError(say("The issue of {key} has changed this very moment. Look again.", key=self.key))
        if self.making.now >= instant:
            return told(ledgers, proposal.record, RunState.UNFINISHED)
        because = say("The issue of {key} is approved, and is sent as it is stored once it is due.", key=self.key)
        return replace(told(ledgers, proposal.record, RunState.NOT_DUE), because=because, next_due=instant, tally=None)


class Standing(StrEnum):
    """How a rendering stands that somebody has a link to."""

    #: It waits for an approval.
    WAITS = "waits"
    #: It is approved, and waits for its due time.
    APPROVED = "approved"
    #: It is approved, and on its way to its readers, or with them.
    SENT = "sent"
    #: Another rendering is stored by now, or its editor has changed something since it was made.
    OUTDATED = "outdated"
    #: It came too late: the time for an approval is over, or the issue was dropped or skipped.
    LATE = "late"
    #: It is on hold, or another issue must be decided first.
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A rendering as somebody with a link to it sees it."""

    standing: Standing
    #: None unless it waits, or is approved and waits for its due time.
    proposal: Proposal | None = None
    #: How many people would get it now.
    people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Approves renderings for whoever holds a signed link to them. Needs no lock: whatever a run does beside it, one of
    the two finds that the issue is not what it was."""

    newsroom: Newsroom
    rule: Approval
    ledgers: Ledgers
    #: That of the days; the weekly one is its own.
    schedule: scheduling.Schedule

    def look(self, key: IssueKey, rendering: str, *, now: datetime) -> Seen:
        """How it stands; changes nothing. `rendering`: how its fingerprint begins."""
        record, proposal = self.ledgers.archive.find(key), self.ledgers.proposals.find(key)
        if record is None or not record.fingerprint.startswith(rendering):
            return Seen(standing=Standing.OUTDATED)
        if proposal is None:
            done = record.state in (IssueState.FROZEN, IssueState.SENT, IssueState.FAILED)
            return Seen(standing=Standing.SENT if done else Standing.LATE)
        return Seen(
            standing=self._standing(proposal, now),
            proposal=proposal,
            people=proposing.people(self.ledgers, proposal),
        )

    def approve(self, key: IssueKey, rendering: str, *, now: datetime) -> Seen:
        """Approve it if it waits, and plan it if it is due; how it stands then."""
        seen = self.look(key, rendering, now=now)
        if seen.proposal is None or seen.standing is not Standing.WAITS:
            return seen
        proposing.approve(self.ledgers, seen.proposal, now=now)
        return self.look(key, rendering, now=now)

    def _standing(self, proposal: Proposal, now: datetime) -> Standing:
        record = proposal.record
        over = scheduling.latest_due(now, scheduling.of_edition(self.schedule, record.key.edition))
        if not proposing.is_current(self.newsroom, self.ledgers, proposal):
            return Standing.OUTDATED
        if record.hold or in_the_way(self.ledgers):
            return Standing.HELD
        if proposing.is_approved(proposal):
            return Standing.APPROVED
        return Standing.LATE if is_too_late(self.rule, proposal, over=over, now=now) else Standing.WAITS


def is_too_late(rule: Approval, proposal: Proposal, *, over: Due | None, now: datetime) -> bool:
    """Whether nobody can approve it any more: its time is over and it is dropped then, or the next one is due (`over`
    is the last due time of its edition)."""
    return is_stale(proposal.record, over) or (not rule.sends and rule.is_over(proposal, now))


def too_late(rule: Approval, proposal: Proposal, newsroom: Newsroom) -> str:
    """What is said then."""
    ended = spoken().full_moment(rule.ends(proposal).astimezone(newsroom.zone))
    return say(
        "The time for approving the issue of {key} was over on {moment}; its pieces go into the next issue.",
        key=proposal.record.key,
        moment=ended,
    )


def _due_of(proposal: Proposal) -> Due:
    return Due(instant=proposal.record.instant, day=proposal.record.key.day)

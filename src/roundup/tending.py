"""Issues that wait for their editor, looked after by each run: asked about, made anew after an edit, sent or dropped.
The caller holds the lock, and has given up what is stale."""

from dataclasses import dataclass, replace

from roundup import proposing, scheduling
from roundup.archive import IssueState, Told
from roundup.consulting import command, until
from roundup.deciding import not_expected
from roundup.errors import HeldError
from roundup.finishing import finish, told_of
from roundup.making import Making
from roundup.model import WEEKLY_EDITION, IssueKey
from roundup.proposals import Approval, Proposal
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due
from roundup.words import say, spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Tending:
    """What looking after them takes."""

    making: Making
    rule: Approval

    def tend(self) -> RunReport | None:
        """Go on with each. Returns how the last stands, with the others among its warnings; None: there is nothing to
        tell, or to wait for."""
        ledgers = self.making.ledgers
        ours = [each.key for each in ledgers.proposals.waiting() if is_of(each.key, self.making.edition)]
        found = [ledgers.proposals.find(key) for key in ours]
        reports = [report for each in found if each is not None if (report := self._tended(each)) is not None]
        if not reports:
            return None
        earlier = [line for report in reports[:-1] for line in (report.headline, *report.warnings)]
        stuck = any(report.is_stuck for report in reports)
        return replace(reports[-1], warnings=(*earlier, *reports[-1].warnings), is_stuck=stuck)

    def _tended(self, proposal: Proposal) -> RunReport | None:
        record, now = proposal.record, self.making.now
        if record.hold:
            return self._held(proposal, record.hold)
        if self.rule.is_over(proposal, now) and not self.rule.sends:
            return self._dropped(proposal)
        try:
            proposal, warnings = self._as_it_is_now(proposal)
            self._check_expected(proposal)
        except HeldError as error:
            return self._held(proposal, str(error))
        if proposing.is_approved(proposal) and not self._is_due(proposal):
            return None
        may_go = proposing.is_approved(proposal) or (self.rule.sends and self.rule.is_over(proposal, now))
        report = self._sent(proposal) if may_go else self.asked(proposal)
        return replace(report, warnings=(*warnings, *report.warnings))

    def _is_due(self, proposal: Proposal) -> bool:
        """Whether it may go now; an order to send now is about today's."""
        making, record = self.making, proposal.record
        ordered = making.orders.now and record.key.day == scheduling.day_of(making.now, making.schedule)
        return ordered or making.now >= record.instant

    def _as_it_is_now(self, proposal: Proposal) -> tuple[Proposal, tuple[str, ...]]:
        """The issue, made anew if it is out of date, and what is to be known of that. Raises `HeldError`."""
        making, record = self.making, proposal.record
        if proposing.is_current(making.office.newsroom, making.ledgers, proposal):
            return proposal, ()
        return self.renewed(Due(instant=record.instant, day=record.key.day), was_held=record.told == RunState.HELD)

    def renewed(self, due: Due, *, was_held: bool = False) -> tuple[Proposal, tuple[str, ...]]:
        """The issue of `due`, made now and stored, and what is to be known of it. Raises `HeldError`."""
        making = self.making
        newsroom = making.office.newsroom
        digest = newsroom.edits(making.deciding.key(due))
        if was_held:
            # As long as it is held, it is looked at every few minutes: not with everything that its sources say.
            making.prepared(due, preparing=False)
        prepared = making.prepared(due)
        proposal = proposing.propose(making.ledgers, newsroom, prepared, digest=digest, at=making.now)
        return proposal, prepared.warnings

    def asked(self, proposal: Proposal) -> RunReport:
        """The issue waits, and its editor knows, or will."""
        making, record, letterhead = self.making, proposal.record, self.making.office.newsroom.letterhead
        was_told = proposal.mailed_at is not None
        trouble = proposing.consult(making.office, making.ledgers, proposal, self.rule)
        way = say("`{command}` lets it go.", command=command(record.key, record.fingerprint))
        because = f"{until(self.rule, proposal, letterhead)} {way}"
        waits = Told(state=RunState.AWAITING_APPROVAL, because=because, issue_state=None)
        making.ledgers.archive.tell(record.key, waits, instant=record.instant, at=making.now)
        unchanged = record.because == because and (was_told or (bool(trouble) and trouble == proposal.trouble))
        report = replace(
            told_of(proposal.record, proposal.stored.told, RunState.AWAITING_APPROVAL),
            because=because,
            unchanged=unchanged,
        )
        if not trouble:
            return report
        untold = say("The editor could not be told by mail, and will be tried again: {why}", why=trouble)
        return replace(report, warnings=(untold,))

    def _sent(self, proposal: Proposal) -> RunReport:
        """Planned and delivered, now that it may go."""
        making, ledgers, record = self.making, self.making.ledgers, proposal.record
        try:
            making.check_readers(proposing.audience_of(proposal))
        except HeldError as error:
            return self._held(proposal, str(error))
        ledgers.proposals.plan(proposal, proposing.audience_of(proposal), at=making.now)
        return self.delivered(record.key)

    def delivered(self, key: IssueKey) -> RunReport:
        """What was planned for an issue, delivered."""
        making = self.making
        record = making.ledgers.archive.find(key)
        if record is None or record.state is not IssueState.FROZEN:
            # Another run, or a person, has changed it this very moment; the next run sees to it.
            return RunReport(state=RunState.RUNNING, issue=key.day, edition=key.edition)
        grown = making.grown(record)
        report = finish(making.office, making.ledgers, record, now=making.now)
        return replace(report, warnings=(*grown, *report.warnings))

    def _dropped(self, proposal: Proposal) -> RunReport:
        making, record = self.making, proposal.record
        ended = spoken().full_moment(self.rule.ends(proposal).astimezone(making.schedule.zone))
        because = say(
            "Nobody approved it by {moment}, so it is not sent; its pieces go into the next issue.", moment=ended
        )
        if not making.ledgers.proposals.decline(record, because, at=making.now):
            return self.delivered(record.key)
        return replace(told_of(proposal.record, proposal.stored.told, RunState.SKIPPED), because=because)

    def _held(self, proposal: Proposal, because: str) -> RunReport:
        """It waits for another reason than its editor's word; told once."""
        record, making = proposal.record, self.making
        held = Told(state=RunState.HELD, because=because, issue_state=None)
        making.ledgers.archive.tell(record.key, held, instant=record.instant, at=making.now)
        unchanged = (record.told, record.because) == (RunState.HELD, because)
        report = told_of(proposal.record, proposal.stored.told, RunState.HELD)
        return replace(report, because=because, unchanged=unchanged)

    def _check_expected(self, proposal: Proposal) -> None:
        expected = self.making.orders.expect
        if expected and proposal.record.fingerprint != expected:
            raise HeldError(not_expected(proposal.record.fingerprint))


def is_of(key: IssueKey, edition: str) -> bool:
    """Whether an issue is of an edition. Corrections go with the day's."""
    return (key.edition == WEEKLY_EDITION) == (edition == WEEKLY_EDITION)

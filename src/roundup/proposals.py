"""The ledger of issues that wait for their editor (plan §2.5, Approval): stored with their rendering, and with nobody
to go to. Pure; the rows are in `store/`.

A proposed issue carries nothing: were it dropped, its pieces are the next one's without anything to give back. It
carries them from the moment in which its deliveries are planned, if no other issue carries some of them by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from roundup.archive import Frozen, IssueRecord, IssueState, StoredIssue
from roundup.audience import Audience
from roundup.model import IssueKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The rule: who is asked, and what happens if nobody answers."""

    #: The editor's address.
    editor: str
    #: How long an issue waits, from its due time on.
    deadline: timedelta
    #: Whether it is sent after that; else it is dropped.
    sends: bool = False

    def ends(self, proposal: "Proposal") -> datetime:
        """When the time for an approval is over: `deadline` after the due time (UTC). One that could be proposed only
        after that has the same time from then on: nothing is dropped, or sent, that nobody was ever asked about."""
        due = proposal.record.instant + self.deadline
        return due if proposal.proposed_at < due else proposal.proposed_at + self.deadline

    def is_over(self, proposal: "Proposal", now: datetime) -> bool:
        """Whether that time is over. An approval that was given in time stays one."""
        return proposal.record.state is IssueState.AWAITING and now >= self.ends(proposal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An issue that waits for its editor, or that has their approval and waits for its due time."""

    stored: StoredIssue
    #: Of all that the editor could change when it was made.
    digest: str
    #: Every identity of every piece that it would carry.
    carries: frozenset[str]
    #: When its editor was first to be asked, anew once an approval became void; and when this rendering was made.
    proposed_at: datetime
    prepared_at: datetime
    #: When the mail about this rendering was accepted; None: it was not.
    mailed_at: datetime | None = None
    #: Why that mail could not go out; empty: it could, or nobody has tried.
    trouble: str = ""
    #: When it was approved; None: it was not.
    approved_at: datetime | None = None

    @property
    def record(self) -> IssueRecord:
        """What the archive knows of it."""
        return self.stored.record


class Proposals(Protocol):
    """The ledger of proposed issues. What changes one asks in the same transaction whether it is still what the caller
    takes it for: the public pages and a run may both be at it."""

    def find(self, key: IssueKey) -> Proposal | None:
        """A proposed issue; None: it is not proposed, or no longer."""
        ...

    def waiting(self) -> Sequence[IssueRecord]:
        """Every proposed issue, oldest first."""
        ...

    def propose(self, frozen: Frozen, *, digest: str) -> None:
        """Store an issue with its rendering, and nobody to go to; in place of what was proposed before, whose approval
        and mail are void then. The same rendering keeps both. Raises `StoreError` if it is frozen or closed."""
        ...

    def note_mail(self, proposal: Proposal, *, trouble: str, at: datetime) -> None:
        """The mail about this rendering was accepted; or why it was not, with a `trouble`."""
        ...

    def approve(self, proposal: Proposal, *, at: datetime) -> bool:
        """This rendering is approved, before its due time; False: it is not what is proposed any more."""
        ...

    def plan(self, proposal: Proposal, audience: Audience, *, at: datetime) -> bool:
        """One transaction: the issue is frozen as it is stored, with a planned delivery for everybody in `audience`,
        from the list as it is now. False, and nothing is changed: it is not what is proposed any more, or another issue
        of its edition carries some of its pieces by now."""
        ...

    def decline(self, record: IssueRecord, because: str, *, at: datetime) -> bool:
        """The issue is skipped; its pieces are the next one's. False: it is not as `record` has it any more."""
        ...

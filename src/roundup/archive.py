"""The ledger of issues: what has become of each, and what it carried. Pure; the rows are in `store/`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from roundup.audience import Audience, Variant
from roundup.model import MAIN_EDITION, Issue, IssueId, IssueKey, RenderedIssue


class IssueState(StrEnum):
    """What has become of an issue."""

    #: It was looked at and is not frozen: nothing new, too few, or held.
    OPEN = "open"
    #: Made and stored, with nobody to go to: its editor is asked. See `roundup.proposals`.
    AWAITING = "awaiting"
    #: Made, stored and approved before its due time, with nobody to go to yet.
    APPROVED = "approved"
    #: Frozen: its octets and its deliveries are written down, and are being worked off.
    FROZEN = "frozen"
    #: Every delivery has come to its end, and somebody has it, or may have it.
    SENT = "sent"
    #: Its due time passed by more than `max_lateness` before it could be frozen.
    MISSED = "missed"
    #: A person decided against it.
    SKIPPED = "skipped"
    #: Every delivery has come to its end, and nobody can have it.
    FAILED = "failed"


#: Stored, and not frozen: it carries nothing yet, and nobody is to get it.
PROPOSED = (IssueState.AWAITING, IssueState.APPROVED)
#: It has not come to its end, so it may wait.
MAY_WAIT = (IssueState.OPEN, *PROPOSED, IssueState.FROZEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """One issue as the archive knows it."""

    id: IssueId
    key: IssueKey
    state: IssueState
    #: Its due time.
    instant: datetime
    #: Why a person must decide before it goes on; empty when it is not on hold.
    hold: str = ""
    #: No calendar ends that hold, and no other issue goes out before a person has decided.
    firm: bool = False
    #: How it stood when it was last looked at: the `state` and the reason that `run` told.
    told: str = ""
    because: str = ""
    #: When it was last looked at.
    looked_at: datetime
    #: When what it carries was settled: its making, if it waited for its editor afterwards. None: it is not frozen.
    frozen_at: datetime | None = None
    #: Empty until it is stored.
    subject: str = ""
    preheader: str = ""
    fingerprint: str = ""

    @property
    def is_released(self) -> bool:
        """Whether a person has let it go, and no run has looked at it since: it is `held` for no reason."""
        return self.told == "held" and not (self.hold or self.because)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Everything that is written down in the one transaction that freezes an issue."""

    issue: Issue
    rendered: RenderedIssue
    fingerprint: str
    #: `explain.json` as it stood.
    explanation: str
    #: Every identity of every piece it carries (see `selecting.carries`).
    carries: frozenset[str]
    at: datetime
    #: Whom it is for.
    audience: Audience = field(default_factory=Audience)
    #: What readers of some sections have in place of `rendered`, from number 1.
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How an issue that is not frozen stood when a run looked at it."""

    state: str
    because: str
    #: None: what has become of it stays as it is.
    issue_state: IssueState | None = IssueState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIssue:
    """A frozen issue as it can be sent or shown again."""

    record: IssueRecord
    rendered: RenderedIssue
    #: `explain.json` as it stood when the issue was frozen.
    told: dict[str, Any]
    #: What readers of some sections have in its place, from number 1.
    variants: tuple[Variant, ...] = ()


class Archive(Protocol):
    """The ledger of issues."""

    def find(self, key: IssueKey) -> IssueRecord | None:
        """What is known of an issue; None: nothing."""
        ...

    def stored(self, key: IssueKey) -> StoredIssue | None:
        """A frozen issue with its rendering; None if it is not frozen."""
        ...

    def all(self) -> Sequence[IssueRecord]:
        """Every issue, newest first."""
        ...

    def unfinished(self) -> Sequence[IssueRecord]:
        """The frozen issues, oldest first."""
        ...

    def last_sent(
        self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = (), by: datetime | None = None
    ) -> IssueRecord | None:
        """The issue of an edition with the latest instant that carries its pieces, leaving out `but`, and what was
        frozen after `by`; None: there is none."""
        ...

    def carried(self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = ()) -> frozenset[str]:
        """Every identity that an issue of an edition carries, leaving out `but`."""
        ...

    def told_since(
        self, since: datetime, *, but: Collection[IssueId] = ()
    ) -> Sequence[tuple[IssueKey, dict[str, Any]]]:
        """What the `main` issues that were due since then and carry their pieces told of them (`explain.json`), oldest
        first, leaving out `but`."""
        ...

    def on_hold(self) -> Sequence[IssueRecord]:
        """The issues that wait for a person and are not frozen, oldest first."""
        ...

    def firmly_held(self) -> Sequence[IssueRecord]:
        """The issues whose hold no calendar ends, oldest first."""
        ...

    def freeze(self, frozen: Frozen) -> IssueId:
        """One transaction: the issue, its rendering, what it carries, and a planned delivery for every subscriber
        who is to get it. Raises `StoreError` if it is frozen already: an issue's key is unique."""
        ...

    def tell(self, key: IssueKey, told: Told, *, instant: datetime, at: datetime) -> None:
        """Write down how an issue that is not frozen stood."""
        ...

    def close(self, issue: IssueId, state: IssueState, *, at: datetime, but_firm: bool = False) -> bool:
        """The issue came to its end. Closed with nothing accepted it gives its pieces back. `but_firm`: not if it is
        firmly held by now. Returns whether it was closed."""
        ...

    def reopen(self, issue: IssueId, *, at: datetime) -> None:
        """An issue that came to its end is `frozen` again, and carries its pieces. Raises `HeldError` if it gave them
        back and another issue carries some of them now."""
        ...

    def largest(self, *, since: datetime, edition: str = MAIN_EDITION, but: IssueId) -> int:
        """The most deliveries of a frozen issue of an edition due since then, leaving one out; 0: there was none."""
        ...

    def hold(self, key: IssueKey, why: str, *, instant: datetime, at: datetime, firm: bool = False) -> bool:
        """Put an issue on hold, or release it with an empty `why`. A running delivery stops at its next claim. `firm`:
        no calendar ends the hold, and it keeps every other issue from being frozen. Returns whether it is done: what
        has come to its end cannot wait."""
        ...

    def was_sent(
        self, key: IssueKey, carries: Collection[str], because: str, *, instant: datetime, at: datetime
    ) -> None:
        """An issue that is not frozen here was sent all the same: it is closed, off hold, and carries these."""
        ...

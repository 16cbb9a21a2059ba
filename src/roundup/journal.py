"""Where a send is journaled: delivery states, what may follow what, and the sum that must add up. Pure.

One row per issue and subscriber, written before the first message goes. A run takes a short lease of some rows,
committed before their first `MAIL FROM`. Before a message's octets go, a commit says that it is being offered, and the
same commit holds the outcome of the same line's message before. So at most one message a line is ever in doubt, it is
known by name, and who was not offered anything is never taken for somebody who was. Exactly-once over SMTP does not
exist (RFC 1047): between the final dot and the 250 both sides own the message.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from roundup.model import (
    Accepted,
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    NotOffered,
    Outcome,
    Refused,
    SubscriberId,
    Unknown,
)

_S = DeliveryState
#: What may become of a delivery in each state. The store changes no row in any other way.
MAY_BECOME: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    _S.PLANNED: frozenset({_S.CLAIMED, _S.EXPIRED, _S.WITHDRAWN}),
    _S.CLAIMED: frozenset({_S.ACCEPTED, _S.REFUSED, _S.DEFERRED, _S.UNKNOWN, _S.PLANNED}),
    _S.ACCEPTED: frozenset({_S.BOUNCED, _S.COMPLAINED}),
    _S.DEFERRED: frozenset({_S.CLAIMED, _S.EXPIRED, _S.WITHDRAWN}),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.PLANNED}),
    _S.REFUSED: frozenset({_S.PLANNED}),
    _S.EXPIRED: frozenset({_S.PLANNED}),
    _S.WITHDRAWN: frozenset(),
    _S.BOUNCED: frozenset(),
    _S.COMPLAINED: frozenset(),
}

#: While a delivery is in one of these, its issue is not finished.
UNFINISHED = frozenset({_S.PLANNED, _S.CLAIMED, _S.DEFERRED})

#: How long a deferred delivery waits after its first, second … try. RFC 5321 §4.5.4.1 asks for 30 minutes between
#: tries in general; a daily goes stale sooner, and greylisting lets go after a few minutes.
_PATIENCE = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))


def came_from(state: DeliveryState) -> frozenset[DeliveryState]:
    """The states that may become `state`."""
    return frozenset(before for before, after in MAY_BECOME.items() if state in after)


def state_after(outcome: Outcome) -> DeliveryState:
    """The state of a claimed delivery once its outcome is known."""
    match outcome:
        case Accepted():
            return DeliveryState.ACCEPTED
        case Deferred():
            return DeliveryState.DEFERRED
        case Refused():
            return DeliveryState.REFUSED
        case Unknown():
            return DeliveryState.UNKNOWN
        case NotOffered():
            return DeliveryState.PLANNED


def next_try(tries: int, now: datetime) -> datetime:
    """When a delivery that was deferred for the `tries`th time (from 1) may be tried again."""
    return now + _PATIENCE[min(tries, len(_PATIENCE)) - 1]


def furthest_try(now: datetime) -> datetime:
    """No deferred delivery waits for longer than until then, unless the clock was set back after it was deferred."""
    return now + _PATIENCE[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of an issue's deliveries so far."""

    #: Every subscriber row when the issue was frozen.
    candidates: int
    #: Those whose delivery was not planned, by reason.
    excluded: Mapping[str, int] = field(default_factory=dict)
    #: How many deliveries are in each state; states without any are absent.
    deliveries: Mapping[DeliveryState, int] = field(default_factory=dict)
    #: How many messages were offered a second time because the line broke over the first: each may be an extra copy.
    resent: int = 0

    @property
    def adds_up(self) -> bool:
        """Candidates = excluded + the sum over delivery states. If not, something was lost."""
        return self.candidates == sum(self.excluded.values()) + sum(self.deliveries.values())

    @property
    def unfinished(self) -> int:
        """How many deliveries are still to be made."""
        return sum(count for state, count in self.deliveries.items() if state in UNFINISHED)

    @property
    def unanswered(self) -> int:
        """How many deliveries have no answer that anybody knows: those still to be made, and those in doubt."""
        return self.unfinished + self.deliveries.get(DeliveryState.UNKNOWN, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Somebody who has not got an issue, or of whom nobody knows."""

    email: str
    state: DeliveryState
    #: What the next hop said last; 0 and a sentence of ours where it said nothing.
    code: int
    reply: str
    attempts: int


class InDoubt(StrEnum):
    """What is done with a message of which nobody can say whether it was accepted."""

    #: Offered once more, with the same octets and Message-ID; a second doubt stays.
    RESEND = "resend"
    #: Listed; a person decides.
    HOLD = "hold"
    #: The relay's log says whether it was accepted.
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Somebody whose message may or may not have been accepted."""

    subscriber: SubscriberId
    email: str
    #: The subscriber's key (see `Subscriber.key`): their Message-ID is made of it.
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a turn of the lines writes down, in one transaction."""

    #: What became of deliveries that this run claimed.
    settled: Sequence[tuple[Delivery, Outcome]] = ()
    #: Deliveries whose octets go next, once this is committed.
    offering: Sequence[Delivery] = ()
    #: More of these: their consent was read a while ago, and is read again.
    asking_again: Sequence[Delivery] = ()
    #: How many more are wanted.
    wanted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What came of a turn."""

    #: Newly claimed; fewer than wanted when no more are due now, or the issue is on hold.
    claimed: Sequence[Delivery] = ()
    #: Those who left meanwhile: their octets must not go. They stay claimed until they are settled as not offered.
    gone: frozenset[SubscriberId] = frozenset()


class Journal(Protocol):
    """The ledger of deliveries. Every call is one transaction, committed before it returns."""

    def recover(self, issue: IssueId, *, at: datetime, resting: str = "") -> int:
        """Take over what a dead run left claimed; the caller holds the lock, so its owner is dead, and were it not, it
        could write nothing more. What was being offered becomes `unknown`, the rest `planned`. Who would wait for
        longer than anybody may, because the clock was set back, waits no longer. `resting`: why
        nobody is to claim more of it before somebody says otherwise. Returns how many were being offered."""
        ...

    def turn(self, issue: IssueId, turn: Turn, *, at: datetime, meanwhile: Callable[[], None] | None = None) -> Granted:
        """Write down a turn. A claim reads consent again: who left becomes `withdrawn`. `meanwhile` is done while the
        disk is waited for, in another thread; it has returned when this does. Raises `StoreError`, and then nothing is
        written, if a delivery is no longer claimed by this run."""
        ...

    def late(self, issue: IssueId, settled: Sequence[tuple[Delivery, Outcome]], *, at: datetime) -> None:
        """Write down what became of deliveries when it could not be written at once. What is known already, or is no
        longer claimed by this run, is passed over."""
        ...

    def give_back(self, issue: IssueId, returned: Sequence[Delivery]) -> None:
        """What was claimed and never offered is `planned` again."""
        ...

    def has_turn(self, issue: IssueId, *, at: datetime) -> bool:
        """Whether anybody's turn has come, and the issue is not on hold."""
        ...

    def refused_us(self, issue: IssueId) -> int:
        """How many were deferred by a 5xx, which is about us, since the last that was accepted."""
        ...

    def doubted(self, issue: IssueId) -> Sequence[Doubt]:
        """Everybody whose delivery is `unknown`."""
        ...

    def resend(self, issue: IssueId, *, at: datetime) -> int:
        """Plan again who is `unknown` for the first time; a second doubt stays, and so does what `leave_in_doubt` was
        said of. Returns how many there were."""
        ...

    def decide(
        self,
        issue: IssueId,
        *,
        accepted: Sequence[SubscriberId],
        not_accepted: Sequence[SubscriberId],
        at: datetime,
    ) -> None:
        """What was `unknown` is known now: it is `accepted`, or certainly was not and is `planned` again."""
        ...

    def leave_in_doubt(self, issue: IssueId) -> None:
        """Who is `unknown` now is not to be offered the issue again unless a person asks for that (`retry`)."""
        ...

    def retry(self, issue: IssueId, *, in_doubt: bool, at: datetime) -> int:
        """Plan again who was refused, or whose delivery expired, and is still on the list; with `in_doubt` also who is
        `unknown`. Returns how many."""
        ...

    def lose(self, issue: IssueId, *, at: datetime) -> None:
        """Nobody here knows what became of what had not come to its end: it is `unknown`. No run is at work."""
        ...

    def was_not_lost(self, issue: IssueId, *, at: datetime) -> None:
        """A person knows that nothing of what `lose` made `unknown` went out: it is `planned` again."""
        ...

    def expire(self, issue: IssueId, *, at: datetime) -> None:
        """The issue went stale: what is planned or deferred is `expired`."""
        ...

    def tally(self, issue: IssueId) -> Tally:
        """The sums."""
        ...

    def missed(self, issue: IssueId) -> Iterable[Miss]:
        """Everybody whose delivery is not accepted, by address, but those who left before their turn."""
        ...

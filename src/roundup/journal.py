"""Where a send is journaled: delivery states, what may follow what, and the sum that must add up. Pure.

One row per issue and subscriber, written before the first message goes. The claim is committed before `MAIL FROM`,
the outcome before the same line's next message, so that at most one message per line is ever in doubt, and it is
known by name. Exactly-once over SMTP does not exist (RFC 1047): between the final dot and the 250 both sides own
the message.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from roundup.model import (
    Accepted,
    Cadence,
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    NotOffered,
    Outcome,
    Refused,
    Status,
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


def exclusion(status: Status, cadence: Cadence, sections: Sequence[str]) -> str | None:
    """Why a subscriber's delivery of a `main` issue is not planned; None if it is.

    Weekly readers and readers of some sections are left out until those editions are built: mailing them what they
    did not ask for would be worse. The store says the same in SQL; one test holds the two together.
    """
    if status is not Status.ACTIVE:
        return status.value
    if cadence is not Cadence.DAILY:
        return "cadence"
    return "sections" if sections else None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Somebody who has not got an issue, or of whom nobody knows."""

    email: str
    state: DeliveryState
    #: What the next hop said last; 0 and a sentence of ours where it said nothing.
    code: int
    reply: str
    attempts: int


class Journal(Protocol):
    """The ledger of deliveries. Every call is one transaction, committed before it returns."""

    def recover(self, issue: IssueId, *, resend: bool, at: datetime) -> int:
        """Settle what a dead run left claimed; the caller holds the lock, so its owner is dead. Each becomes
        `unknown`, and with `resend` is planned again the first time (`in_doubt = "resend"`). Returns how many were."""
        ...

    def claim(self, issue: IssueId, *, at: datetime) -> Delivery | None:
        """Take the next delivery whose turn has come. Reads consent again: who left becomes `withdrawn`.
        None: nothing is due now, or the issue is on hold."""
        ...

    def has_turn(self, issue: IssueId, *, at: datetime) -> bool:
        """Whether anybody's turn has come."""
        ...

    def settle(self, delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
        """Write down what became of a claimed delivery."""
        ...

    def settle_and_claim(self, delivery: Delivery, outcome: Outcome, *, at: datetime) -> Delivery | None:
        """Both at once, in one transaction: the outcome is durable before the next message is offered."""
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

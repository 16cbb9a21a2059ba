"""A turn of the lines (`roundup.journal.Turn`) in SQL: what is done thousands of times a second.

One turn is one transaction for all lines. Its statements are written in SQLAlchemy like all others, and compiled once:
what remains is a few microseconds a row. A claim walks along the primary key from where the one before ended, so that
no index has to move with every state.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, exists, select, true, update
from sqlalchemy.engine.interfaces import DBAPICursor

from roundup import journal
from roundup.archive import IssueState
from roundup.batches import Batch
from roundup.clock import stopwatch
from roundup.errors import StoreError, TakenOverError
from roundup.journal import Granted, Turn
from roundup.model import (
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    NotOffered,
    Outcome,
    Refused,
    Status,
    SubscriberId,
    Unknown,
)
from roundup.store import at_once
from roundup.store.database import Database, Prepared, asked
from roundup.store.schema import batches, deliveries, issues, subscribers

#: As much of a reply as is kept: some servers answer with a page.
_REPLY_LETTERS = 500
_NOWHERE = 2**62
#: Seconds of waiting for another writer, after which consent is read again.
_LONG_WAIT = 0.3
_ISSUE: BindParameter[int] = asked("issue")
_LEASE: BindParameter[int] = asked("lease")
_AFTER: BindParameter[int] = asked("after")
_COUNT: BindParameter[int] = asked("count")
_NOW: BindParameter[int] = asked("now")
_FIRST: BindParameter[int] = asked("first")
_LAST: BindParameter[int] = asked("last")


def seconds(at: datetime) -> int:
    """An instant as the deliveries keep it."""
    return math.floor(at.timestamp())


@dataclass(slots=True)
class _Place:
    """Up to which subscriber the planned deliveries of an issue have been claimed: those never in doubt, and the
    others, who come last, so that a run that dies again and again hits others. Nobody plans deliveries but the run
    that holds the lock, or whoever has the batch, so it is known here."""

    fresh: int = 0
    doubted: int = 0

    def go_back_to(self, subscriber: int) -> None:
        self.fresh = min(self.fresh, subscriber - 1)
        self.doubted = min(self.doubted, subscriber - 1)


class Turns:
    """The turns of the issues in one database; `in_batches`: of one batch of an issue at a time."""

    def __init__(self, database: Database, *, in_batches: bool = False) -> None:
        self._database = database
        self._leases: dict[IssueId, int] = {}
        self._places: dict[IssueId, _Place] = {}
        self._batches: dict[IssueId, Batch] = {}
        self._writes_at_once = database.dialect.name == "postgresql"
        prepared: Callable[[Any], Prepared] = database.prepared
        this = and_(
            deliveries.c.issue_id == _ISSUE,
            deliveries.c.subscriber_id == asked("subscriber"),
            deliveries.c.state == DeliveryState.CLAIMED.value,
            deliveries.c.lease == _LEASE,
        )
        on_the_list = exists().where(
            subscribers.c.id == asked("subscriber"), subscribers.c.status == Status.ACTIVE.value
        )
        offer = update(deliveries).where(this, deliveries.c.offered == 0).values(offered=1, resent=deliveries.c.doubts)
        self._offer = prepared(offer)
        self._offer_if_on_the_list = prepared(offer.where(on_the_list))
        self._is_ours = prepared(select(deliveries.c.state).where(this, deliveries.c.offered == 0))
        self._give_back = prepared(
            update(deliveries).where(this, deliveries.c.offered == 0).values(state=DeliveryState.PLANNED.value)
        )
        self._settle = prepared(update(deliveries).where(this).values(_settled_values()))
        self._bounce = prepared(
            update(subscribers)
            .where(subscribers.c.id == asked("subscriber"), subscribers.c.status == Status.ACTIVE.value)
            .values(status=Status.BOUNCED.value, changed_at=asked("at"))
        )
        self._hold = prepared(_hold_of_a_batch() if in_batches else _hold_of_an_issue())
        within = deliveries.c.subscriber_id.between(_FIRST, _LAST) if in_batches else true()
        self._fresh, self._waiting, self._doubted = (
            prepared(_next_in_turn(and_(which, within), order)) for which, order in _QUEUES
        )
        self._claim = prepared(_move_one(DeliveryState.CLAIMED, lease=_LEASE, next_try=None))
        self._claim_span = prepared(
            update(deliveries)
            .where(deliveries.c.issue_id == _ISSUE, _QUEUES[0][0], deliveries.c.subscriber_id <= asked("until"))
            .values(state=DeliveryState.CLAIMED.value, lease=_LEASE)
        )
        self._withdraw = prepared(_move_one(DeliveryState.WITHDRAWN, next_try=None, changed_at=_NOW))

    def anew(self) -> "Turns":
        """The same, with nothing in mind yet: another batch's. The statements are compiled once."""
        made = copy(self)
        made.forget()
        return made

    def forget(self) -> None:
        """Keep nothing in mind."""
        self._leases, self._places, self._batches = {}, {}, {}

    def began(self, issue: IssueId, lease: int, batch: Batch | None = None) -> None:
        """The issue was taken over, or this batch of it; claims begin anew."""
        self._leases[issue] = lease
        if batch is not None:
            self._batches[issue] = batch
        self.begin_anew(issue)

    def begin_anew(self, issue: IssueId) -> None:
        """Some deliveries were planned again."""
        batch = self._batches.get(issue)
        before = batch.first - 1 if batch else 0
        self._places[issue] = _Place(fresh=before, doubted=before)

    def _own(self, issue: IssueId) -> dict[str, int]:
        """What all statements are told."""
        own = {"asked_issue": issue, "asked_lease": self._leases.get(issue, 0)}
        batch = self._batches.get(issue)
        return own | {"asked_first": batch.first, "asked_last": batch.last} if batch else own

    def take(self, issue: IssueId, turn: Turn, at: datetime, meanwhile: Callable[[], None] | None) -> Granted:
        """See `Journal.turn`."""
        own = {**self._own(issue), "asked_now": seconds(at)}
        place = self._places.setdefault(issue, _Place())
        asked_at = stopwatch()
        if self._in_one(own, turn, at, meanwhile):
            return Granted()
        with self._database.turn(meanwhile) as cursor:
            offering, asking_again = turn.offering, turn.asking_again
            if stopwatch() - asked_at > _LONG_WAIT:
                # Behind a freeze or an import: whose consent was fresh may have left since.
                offering, asking_again = (), (*offering, *asking_again)
            # First, for whoever takes it over comes by the same way: neither waits for the other in a circle.
            may_claim = turn.wanted > 0 and self._may_claim(cursor, own)
            if turn.settled:
                self._write_outcomes(cursor, own, turn.settled, at=at)
            if offering:
                self._mark(cursor, own, offering)
            gone = frozenset(each.subscriber for each in asking_again if not self._still_on_the_list(cursor, own, each))
            claimed = self._claimed(cursor, own, place, turn.wanted) if may_claim else ()
        return Granted(claimed=claimed, gone=gone)

    def late(self, issue: IssueId, settled: Iterable[tuple[Delivery, Outcome]], at: datetime) -> None:
        """See `Journal.late`."""
        own = {**self._own(issue), "asked_now": seconds(at)}
        with self._database.turn() as cursor:
            for delivery, outcome in settled:
                if self._settle.run(cursor, {**own, **_settled(delivery, outcome, at)}).rowcount == 1:
                    self._follow(cursor, IssueId(own["asked_issue"]), (delivery, outcome), at=at)

    def give_back(self, issue: IssueId, returned: Iterable[Delivery]) -> None:
        """See `Journal.give_back`."""
        place = self._places.setdefault(issue, _Place())
        own = self._own(issue)
        rows = [{"asked_subscriber": each.subscriber} for each in returned]
        with self._database.turn() as cursor:
            self._give_back.run_for_each(cursor, rows, own)
        for row in rows:
            place.go_back_to(row["asked_subscriber"])

    def _in_one(self, own: dict[str, int], turn: Turn, at: datetime, meanwhile: Callable[[], None] | None) -> bool:
        """Most turns ask nothing, and change no row but their own: those can be told in one go. Whatever is wrong with
        one, it is done again step by step, and there said what."""
        if turn.wanted or turn.asking_again or not self._database.takes_all_in_one:
            return False
        if any(_follows(outcome) for _, outcome in turn.settled):
            return False
        rows = [_settled(delivery, outcome, at) for delivery, outcome in turn.settled]
        told = at_once.both(own, rows, [each.subscriber for each in turn.offering], soon=_LONG_WAIT)
        return self._database.in_one(told, meanwhile)

    # Settling and marking ------------------------------------------------------------------------------------------

    def _write_outcomes(
        self, cursor: DBAPICursor, own: dict[str, int], settled: Sequence[tuple[Delivery, Outcome]], *, at: datetime
    ) -> None:
        rows = [_settled(delivery, outcome, at) for delivery, outcome in settled]
        changed = (
            at_once.settle(cursor, own, rows) if self._writes_at_once else self._settle.run_for_each(cursor, rows, own)
        )
        if changed != len(rows):
            raise TakenOverError(_TAKEN_OVER)
        for delivery, outcome in settled:
            self._follow(cursor, IssueId(own["asked_issue"]), (delivery, outcome), at=at)

    def _follow(self, cursor: DBAPICursor, issue: IssueId, settled: tuple[Delivery, Outcome], *, at: datetime) -> None:
        """What an outcome changes elsewhere."""
        delivery, outcome = settled
        if isinstance(outcome, NotOffered):
            self._places[issue].go_back_to(delivery.subscriber)
        elif isinstance(outcome, Refused) and outcome.person_is_gone:
            self._bounce.run(cursor, {"asked_subscriber": delivery.subscriber, "asked_at": at})

    def _mark(self, cursor: DBAPICursor, own: dict[str, int], offering: Sequence[Delivery]) -> None:
        if self._writes_at_once:
            changed = at_once.offer(cursor, own, [each.subscriber for each in offering])
        else:
            rows = [{"asked_subscriber": each.subscriber} for each in offering]
            changed = self._offer.run_for_each(cursor, rows, own)
        if changed != len(offering):
            raise TakenOverError(_TAKEN_OVER)

    def _still_on_the_list(self, cursor: DBAPICursor, own: dict[str, int], each: Delivery) -> bool:
        row = {**own, "asked_subscriber": each.subscriber}
        if self._offer_if_on_the_list.run(cursor, row).rowcount == 1:
            return True
        if self._is_ours.run(cursor, row).fetchone() is None:
            raise TakenOverError(_TAKEN_OVER)
        return False

    # Claiming ------------------------------------------------------------------------------------------------------

    def _may_claim(self, cursor: DBAPICursor, own: dict[str, int]) -> bool:
        """Whether the issue is on its way, and neither waits nor rests. Raises `StoreError` if it was taken over."""
        state, hold, rest, lease = self._hold.run(cursor, own).fetchone() or ("", "", "", 0)
        if lease != own["asked_lease"]:
            raise TakenOverError(_TAKEN_OVER)
        return state == IssueState.FROZEN and not (hold or rest)

    def _claimed(self, cursor: DBAPICursor, own: dict[str, int], place: _Place, wanted: int) -> list[Delivery]:
        """Up to `wanted` deliveries whose turn has come: those never in doubt, then who waited, then the rest."""
        claimed: list[Delivery] = []
        while len(claimed) < wanted and place.fresh < _NOWHERE:
            found = self._found(cursor, self._fresh, {**own, "asked_after": place.fresh}, wanted - len(claimed))
            if not found:
                place.fresh = _NOWHERE
                break
            span = {**own, "asked_after": place.fresh, "asked_until": found[-1][0]}
            place.fresh = found[-1][0]
            claimed += self._taken(cursor, own, found, span)
        while len(claimed) < wanted:
            found = self._found(cursor, self._waiting, own, wanted - len(claimed))
            if not found:
                break
            claimed += self._taken(cursor, own, found)
        while len(claimed) < wanted and place.doubted < _NOWHERE:
            found = self._found(cursor, self._doubted, {**own, "asked_after": place.doubted}, wanted - len(claimed))
            place.doubted = found[-1][0] if found else _NOWHERE
            claimed += self._taken(cursor, own, found)
        return claimed

    def _found(
        self, cursor: DBAPICursor, statement: Prepared, values: dict[str, int], count: int
    ) -> Sequence[Sequence[Any]]:
        return statement.run(cursor, {**values, "asked_count": count}).fetchall()

    def _taken(
        self,
        cursor: DBAPICursor,
        own: dict[str, int],
        found: Sequence[Sequence[Any]],
        span: dict[str, int] | None = None,
    ) -> list[Delivery]:
        """Claim what was found; `span`: between whom all the fresh ones were found. Consent is read in the transaction
        that claims: who left a moment ago is not mailed (value 2)."""
        staying = [row for row in found if row[5] == Status.ACTIVE.value]
        leaving = [row for row in found if row[5] != Status.ACTIVE.value]
        if leaving:
            self._withdraw.run_for_each(cursor, [{"asked_subscriber": row[0]} for row in leaving], own)
        if staying:
            if span is None:
                count = self._claim.run_for_each(cursor, [{"asked_subscriber": row[0]} for row in staying], own)
            else:
                # Those who leave are planned no more, so that all who are there are those who stay.
                count = self._claim_span.run(cursor, span).rowcount
            if count != len(staying):
                raise TakenOverError(_TAKEN_OVER)
        return [
            Delivery(
                subscriber=SubscriberId(row[0]),
                attempts=row[1],
                email=row[2],
                name=row[3],
                key=bytes(row[4]),
                variant=row[6],
            )
            for row in staying
        ]


_TAKEN_OVER = (
    "Another run has taken over this issue's deliveries, so this one stops. What it had on its way is in doubt, and "
    "listed."
)
_PLANNED = deliveries.c.state == DeliveryState.PLANNED.value
_FURTHER_ON = and_(deliveries.c.subscriber_id > _AFTER, deliveries.c.next_try.is_(None), _PLANNED)
_WAITS = deliveries.c.state.in_([DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value])
_QUEUES = (
    (and_(_FURTHER_ON, deliveries.c.doubts == 0), deliveries.c.subscriber_id),
    (and_(deliveries.c.next_try <= _NOW, _WAITS), deliveries.c.next_try),
    (and_(_FURTHER_ON, deliveries.c.doubts > 0), deliveries.c.subscriber_id),
)


def _follows(outcome: Outcome) -> bool:
    """Whether an outcome changes more than its row: see `Turns._follow`."""
    return isinstance(outcome, NotOffered) or (isinstance(outcome, Refused) and outcome.person_is_gone)


def _hold_of_an_issue() -> Any:
    """Shared with nobody who takes the issue over: PostgreSQL makes that wait until the claim is committed."""
    columns = (issues.c.state, issues.c.hold, issues.c.rest, issues.c.lease)
    return select(*columns).where(issues.c.id == _ISSUE).with_for_update(read=True)


def _hold_of_a_batch() -> Any:
    """The same of a batch. The issue itself is shared with all who take up another."""
    columns = (issues.c.state, issues.c.hold, issues.c.rest, batches.c.lease)
    this = and_(batches.c.issue_id == _ISSUE, batches.c.first == _FIRST)
    joined = select(*columns).join(issues, issues.c.id == batches.c.issue_id).where(this)
    return joined.with_for_update(read=True, of=batches)


_WHOM = (subscribers.c.email, subscribers.c.name, subscribers.c.key, subscribers.c.status)


def _next_in_turn(which: Any, order: Any) -> Any:
    columns = (deliveries.c.subscriber_id, deliveries.c.attempts)
    return (
        select(*columns, *_WHOM, deliveries.c.variant)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.issue_id == _ISSUE, which)
        .order_by(order)
        .limit(_COUNT)
    )


def _move_one(to: DeliveryState, **values: Any) -> Any:
    may = deliveries.c.state.in_(sorted(state.value for state in journal.came_from(to)))
    one = and_(deliveries.c.issue_id == _ISSUE, deliveries.c.subscriber_id == asked("subscriber"))
    return update(deliveries).where(one, may).values(state=to.value, **values)


def _settled_values() -> dict[str, Any]:
    named = ("state", "attempts", "next_try", "code", "reply")
    return {name: asked(name) for name in named} | {
        "changed_at": _NOW,
        "offered": 0,
        "doubts": deliveries.c.doubts + asked("doubts"),
    }


def _settled(delivery: Delivery, outcome: Outcome, at: datetime) -> dict[str, Any]:
    """What an outcome changes in its row."""
    state = journal.state_after(outcome)
    if state not in journal.MAY_BECOME[DeliveryState.CLAIMED]:
        raise StoreError(f"A delivery that was claimed cannot become {state}.")
    tried = not isinstance(outcome, NotOffered) or outcome.over_it
    waits = tried and isinstance(outcome, Deferred | NotOffered)
    attempts = delivery.attempts + tried
    code, text = (
        (0, outcome.why) if isinstance(outcome, Unknown | NotOffered) else (outcome.reply.code, outcome.reply.text)
    )
    return {
        "asked_subscriber": delivery.subscriber,
        "asked_state": state.value,
        "asked_attempts": attempts,
        "asked_doubts": int(isinstance(outcome, Unknown)),
        "asked_next_try": math.ceil(journal.next_try(attempts, at).timestamp()) if waits else None,
        "asked_code": code,
        "asked_reply": text[:_REPLY_LETTERS],
    }

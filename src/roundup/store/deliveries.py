"""The journal (`roundup.journal`) in SQL: where a send is written down.

Every change of a delivery's state goes through `_move`, which asks `journal.MAY_BECOME`: a row in any other state is
not touched, whoever asks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, func, insert, literal, or_, select, update

from roundup import journal
from roundup.errors import StoreError
from roundup.journal import Miss, Tally
from roundup.model import (
    Cadence,
    Deferred,
    Delivery,
    DeliveryId,
    DeliveryState,
    IssueId,
    IssueKey,
    NotOffered,
    Outcome,
    Refused,
    Status,
    Unknown,
)
from roundup.store.database import Database
from roundup.store.schema import deliveries, issues, subscribers

#: `journal.exclusion` in SQL.
EXCLUSION = case(
    (subscribers.c.status != Status.ACTIVE.value, subscribers.c.status),
    (subscribers.c.cadence != Cadence.DAILY.value, literal("cadence")),
    (subscribers.c.sections != "", literal("sections")),
    else_=None,
)


def plan(connection: Connection, issue: IssueId) -> tuple[int, dict[str, int]]:
    """A planned delivery for everybody who is to get the issue, in the caller's transaction and one statement.
    Returns how many candidates there were, and how many were excluded for each reason."""
    chosen = select(literal(issue), subscribers.c.id, literal(DeliveryState.PLANNED.value)).where(EXCLUSION.is_(None))
    connection.execute(insert(deliveries).from_select(["issue_id", "subscriber_id", "state"], chosen))
    counted = connection.execute(select(EXCLUSION, func.count()).select_from(subscribers).group_by(EXCLUSION)).all()
    excluded = {str(reason): count for reason, count in counted if reason is not None}
    return sum(count for _, count in counted), excluded


class SqlJournal:
    """Implements `roundup.journal.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self, issue: IssueId, *, resend: bool, at: datetime) -> int:
        """See `Journal`."""
        ours = deliveries.c.issue_id == issue
        with self._database.writing() as connection:
            doubted = _move(
                connection,
                DeliveryState.UNKNOWN,
                and_(ours, deliveries.c.state == DeliveryState.CLAIMED.value),
                reply="the run ended before the next hop's answer was known",
                code=0,
                doubts=deliveries.c.doubts + 1,
                changed_at=at,
            )
            if resend:
                _plan_again(connection, ours, at)
        return doubted

    def claim(self, issue: IssueId, *, at: datetime) -> Delivery | None:
        """See `Journal`."""
        with self._database.writing() as connection:
            return _claim(connection, issue, at)

    def has_turn(self, issue: IssueId, *, at: datetime) -> bool:
        """See `Journal`."""
        with self._database.reading() as connection:
            return _next_in_turn(connection, issue, at) is not None

    def settle(self, delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
        """See `Journal`."""
        with self._database.writing() as connection:
            _settle(connection, delivery, outcome, at)

    def settle_and_claim(self, delivery: Delivery, outcome: Outcome, *, at: datetime) -> Delivery | None:
        """See `Journal`."""
        with self._database.writing() as connection:
            return _claim(connection, _settle(connection, delivery, outcome, at), at)

    def expire(self, issue: IssueId, *, at: datetime) -> None:
        """See `Journal`."""
        waiting = deliveries.c.state.in_([DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value])
        with self._database.writing() as connection:
            _move(connection, DeliveryState.EXPIRED, and_(deliveries.c.issue_id == issue, waiting), changed_at=at)

    def tally(self, issue: IssueId) -> Tally:
        """See `Journal`."""
        ours = deliveries.c.issue_id == issue
        with self._database.reading() as connection:
            row = connection.execute(select(issues).where(issues.c.id == issue)).mappings().one()
            counts = connection.execute(
                select(deliveries.c.state, func.count(), func.sum(deliveries.c.doubts)).where(ours).group_by("state")
            ).all()
            stuck = connection.execute(
                select(func.count()).where(ours, deliveries.c.state == DeliveryState.UNKNOWN.value)
            ).scalar_one()
        return Tally(
            candidates=row["candidates"],
            excluded=row["excluded"] or {},
            deliveries={DeliveryState(state): count for state, count, _ in counts},
            # A delivery that stays unknown has a doubt that was never followed by another offer.
            resent=sum(int(doubts or 0) for _, _, doubts in counts) - stuck,
        )

    def missed(self, issue: IssueId) -> Sequence[Miss]:
        """See `Journal`."""
        well = [DeliveryState.ACCEPTED.value, DeliveryState.WITHDRAWN.value]
        columns = (deliveries.c.state, deliveries.c.code, deliveries.c.reply, deliveries.c.attempts)
        statement = (
            select(subscribers.c.email, *columns)
            .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(deliveries.c.issue_id == issue, deliveries.c.state.not_in(well))
            .order_by(subscribers.c.compared)
        )
        with self._database.reading() as connection:
            return [
                Miss(
                    email=row.email,
                    state=DeliveryState(row.state),
                    code=row.code or 0,
                    reply=row.reply or "",
                    attempts=row.attempts,
                )
                for row in connection.execute(statement)
            ]


def _move(connection: Connection, to: DeliveryState, which: Any, **values: Any) -> int:
    """Change the state of the rows that `which` names and that may become `to`. Returns how many did."""
    may = deliveries.c.state.in_(sorted(state.value for state in journal.came_from(to)))
    statement = update(deliveries).where(which, may).values(state=to.value, **values)
    return connection.execute(statement).rowcount


def _plan_again(connection: Connection, which: Any, at: datetime) -> None:
    """`in_doubt = "resend"`: who is in doubt for the first time is planned again; a second doubt stays `unknown`."""
    first = and_(which, deliveries.c.state == DeliveryState.UNKNOWN.value, deliveries.c.doubts == 1)
    _move(connection, DeliveryState.PLANNED, first, next_try=None, changed_at=at)


def _claim(connection: Connection, issue: IssueId, at: datetime) -> Delivery | None:
    record = connection.execute(select(issues.c.day, issues.c.edition, issues.c.hold).where(issues.c.id == issue)).one()
    if record.hold:
        return None
    while (row := _next_in_turn(connection, issue, at)) is not None:
        # Consent is read in the transaction that claims: who left a moment ago is not mailed (value 2).
        this = deliveries.c.id == row["id"]
        if row["status"] != Status.ACTIVE.value:
            _move(connection, DeliveryState.WITHDRAWN, this, changed_at=at)
            continue
        if _move(connection, DeliveryState.CLAIMED, this, attempts=row["attempts"] + 1, changed_at=at) != 1:
            raise StoreError("A delivery changed under our hands: is another run at work on this database?")
        return Delivery(
            id=DeliveryId(row["id"]),
            issue=IssueKey(day=record.day, edition=record.edition),
            email=row["email"],
            name=row["name"],
            key=row["key"],
            attempts=row["attempts"],
        )
    return None


def _next_in_turn(connection: Connection, issue: IssueId, at: datetime) -> RowMapping | None:
    """The planned delivery with the lowest number, else the deferred one; whoever a run died over comes last, so that
    a run that dies again and again hits others. Two statements, each a single step in the index: one statement with an
    OR would sort the whole list for every claim."""
    wanted = (
        select(deliveries.c.id, deliveries.c.attempts, subscribers.c.email, subscribers.c.name, subscribers.c.key)
        .add_columns(subscribers.c.status)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.issue_id == issue)
        .order_by(deliveries.c.doubts, deliveries.c.id)
        .limit(1)
    )
    its_turn = or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= at)
    planned = wanted.where(deliveries.c.state == DeliveryState.PLANNED.value, its_turn)
    deferred = wanted.where(deliveries.c.state == DeliveryState.DEFERRED.value, deliveries.c.next_try <= at)
    found = connection.execute(planned).mappings().one_or_none()
    return found if found is not None else connection.execute(deferred).mappings().one_or_none()


def _settle(connection: Connection, delivery: Delivery, outcome: Outcome, at: datetime) -> IssueId:
    state = journal.state_after(outcome)
    values: dict[str, Any] = {"changed_at": at, "next_try": None}
    if isinstance(outcome, Unknown | NotOffered):
        values |= {"code": 0, "reply": outcome.why}
    else:
        values |= {"code": outcome.reply.code, "reply": outcome.reply.text}
    if isinstance(outcome, NotOffered) and not outcome.over_it:
        values["attempts"] = delivery.attempts
    elif isinstance(outcome, Deferred | NotOffered):
        values["next_try"] = journal.next_try(delivery.attempts + 1, at)
    if isinstance(outcome, Unknown):
        values["doubts"] = deliveries.c.doubts + 1
    this = deliveries.c.id == delivery.id
    # Only what is claimed: `planned` may also follow `refused`, but not by a line that comes too late.
    if _move(connection, state, and_(this, deliveries.c.state == DeliveryState.CLAIMED.value), **values) != 1:
        raise StoreError(f"The delivery to {delivery.email} was no longer claimed when its outcome came.")
    if isinstance(outcome, Unknown):
        _plan_again(connection, this, at)
    if isinstance(outcome, Refused) and outcome.person_is_gone:
        bounced = select(deliveries.c.subscriber_id).where(this).scalar_subquery()
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == bounced, subscribers.c.status == Status.ACTIVE.value)
            .values(status=Status.BOUNCED.value, changed_at=at)
        )
    return IssueId(connection.execute(select(deliveries.c.issue_id).where(this)).scalar_one())

"""The journal (`roundup.journal`) in SQL: where a send is written down.

Every change of a delivery's state goes through `move`, which asks `journal.MAY_BECOME`: a row in any other state is
not touched, whoever asks. What is done thousands of times a second is in `store.turns`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, true, update

from roundup import journal
from roundup.archive import IssueState
from roundup.audience import Audience
from roundup.batches import Batch
from roundup.journal import Doubt, Granted, Miss, Tally, Turn
from roundup.model import Delivery, DeliveryState, IssueId, Outcome, Status, SubscriberId
from roundup.store.database import Database
from roundup.store.people_rows import sections_as_kept
from roundup.store.schema import batches, deliveries, issues, subscribers
from roundup.store.turns import Turns, seconds


def exclusion_of(audience: Audience) -> ColumnElement[Any]:
    """`Audience.exclusion` in SQL."""
    reasons: list[Any] = [(subscribers.c.status != Status.ACTIVE.value, subscribers.c.status)]
    if audience.cadence is not None:
        reasons.append((subscribers.c.cadence != audience.cadence.value, literal("cadence")))
    if audience.variants is not None:
        chosen = ["", *(sections_as_kept(each) for each in audience.variants)]
        reasons.append((subscribers.c.sections.not_in(chosen), literal("sections")))
    return case(*reasons, else_=None)


def _variant_of(audience: Audience) -> ColumnElement[Any]:
    """The number of the rendering that somebody gets."""
    whens = [
        (subscribers.c.sections == sections_as_kept(each), number) for each, number in (audience.variants or {}).items()
    ]
    return case(*whens, else_=0) if whens else literal(0)


def plan(connection: Connection, issue: IssueId, audience: Audience) -> tuple[int, dict[str, int]]:
    """A planned delivery for everybody who is to get the issue, in the caller's transaction and one statement. Returns
    how many candidates there were, and how many were excluded for each reason."""
    theirs = deliveries.alias()
    has = exists().where(
        theirs.c.issue_id == audience.to_those_with,
        theirs.c.subscriber_id == subscribers.c.id,
        theirs.c.state == DeliveryState.ACCEPTED.value,
    )
    # Whoever was forgotten is nobody's candidate.
    candidate = and_(subscribers.c.email != "", true() if audience.to_those_with is None else has)
    excluded_by = exclusion_of(audience)
    planned = literal(DeliveryState.PLANNED.value)
    chosen = select(literal(issue), subscribers.c.id, planned, _variant_of(audience)).where(
        excluded_by.is_(None), candidate
    )
    columns = ["issue_id", "subscriber_id", "state", "variant"]
    connection.execute(insert(deliveries).from_select(columns, chosen))
    reasons = select(excluded_by.label("reason"), func.count()).select_from(subscribers).where(candidate)
    counted = connection.execute(reasons.group_by("reason")).all()
    excluded = {str(reason): count for reason, count in counted if reason is not None}
    return sum(count for _, count in counted), excluded


_WAITS = deliveries.c.state.in_([DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value])
#: The reply of deliveries whose end this database does not know: it was restored, or a person says that it was sent.
_LOST = "nobody here knows what became of this delivery"
_IN_DOUBT = deliveries.c.state == DeliveryState.UNKNOWN.value
#: The lease of a delivery in doubt that only a person has offered again. Whoever claims it writes their own over it.
_LEFT_IN_DOUBT = -1


class SqlJournal:
    """Implements `roundup.journal.Journal`; with a `batch`: as `roundup.batches.Batches.journal` says."""

    def __init__(self, database: Database, *, turns: Turns | None = None, batch: Batch | None = None) -> None:
        self._database = database
        self._turns = turns or Turns(database)
        self._batch = batch
        # Workers go beside each other; whoever has the whole issue has it alone.
        self._changing = database.writing if batch is None else database.writing_beside

    def _of(self, issue: IssueId) -> ColumnElement[bool]:
        """The deliveries that this is the journal of."""
        whole, batch = deliveries.c.issue_id == issue, self._batch
        return whole if batch is None else and_(whole, deliveries.c.subscriber_id.between(batch.first, batch.last))

    def recover(self, issue: IssueId, *, at: datetime, resting: str = "") -> int:
        """See `Journal`."""
        claimed = and_(self._of(issue), deliveries.c.state == DeliveryState.CLAIMED.value)
        with self._changing() as connection:
            lease = _take_over(connection, issue, self._batch, resting)
            doubted = move(
                connection,
                DeliveryState.UNKNOWN,
                and_(claimed, deliveries.c.offered == 1),
                reply="the run ended before the next hop's answer was known",
                code=0,
                offered=0,
                attempts=deliveries.c.attempts + 1,
                doubts=deliveries.c.doubts + 1,
                changed_at=seconds(at),
            )
            move(connection, DeliveryState.PLANNED, claimed)
            # Tries are kept in whole seconds, rounded up.
            too_far = deliveries.c.next_try > seconds(journal.furthest_try(at)) + 1
            waits = and_(self._of(issue), too_far, _WAITS)
            connection.execute(update(deliveries).where(waits).values(next_try=seconds(at)))
        self._turns.began(issue, lease, self._batch)
        return doubted

    def turn(self, issue: IssueId, turn: Turn, *, at: datetime, meanwhile: Callable[[], None] | None = None) -> Granted:
        """See `Journal`."""
        return self._turns.take(issue, turn, at, meanwhile)

    def late(self, issue: IssueId, settled: Sequence[tuple[Delivery, Outcome]], *, at: datetime) -> None:
        """See `Journal`."""
        self._turns.late(issue, settled, at)

    def give_back(self, issue: IssueId, returned: Sequence[Delivery]) -> None:
        """See `Journal`."""
        self._turns.give_back(issue, returned)

    def has_turn(self, issue: IssueId, *, at: datetime) -> bool:
        """See `Journal`."""
        now = or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= seconds(at))
        statement = select(deliveries.c.subscriber_id).where(self._of(issue), _WAITS, now, _is_free(issue)).limit(1)
        with self._database.reading() as connection:
            return connection.execute(statement).one_or_none() is not None

    def refused_us(self, issue: IssueId) -> int:
        """See `Journal`."""
        ours = self._of(issue)
        accepted = deliveries.c.state == DeliveryState.ACCEPTED.value
        last = select(func.coalesce(func.max(deliveries.c.changed_at), 0)).where(ours, accepted).scalar_subquery()
        about_us = and_(ours, deliveries.c.state == DeliveryState.DEFERRED.value, deliveries.c.code >= 500)
        # Those of one second are told apart by nothing: they count for the relay.
        statement = select(func.count()).where(about_us, deliveries.c.changed_at > last)
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one()

    def doubted(self, issue: IssueId) -> Sequence[Doubt]:
        """See `Journal`."""
        statement = (
            select(subscribers.c.id, subscribers.c.email, subscribers.c.key)
            .join(deliveries, subscribers.c.id == deliveries.c.subscriber_id)
            .where(self._of(issue), _IN_DOUBT)
            .order_by(subscribers.c.id)
        )
        with self._database.reading() as connection:
            return [
                Doubt(subscriber=SubscriberId(row.id), email=row.email, key=row.key)
                for row in connection.execute(statement)
            ]

    def resend(self, issue: IssueId, *, at: datetime) -> int:
        """See `Journal`."""
        may = and_(deliveries.c.doubts == 1, deliveries.c.lease != _LEFT_IN_DOUBT)
        # Workers know no run's lock: of what waits, rests or has come to its end none is planned by them.
        free = true() if self._batch is None else _is_free(issue)
        first = and_(self._of(issue), _IN_DOUBT, may, free)
        with self._changing() as connection:
            planned = move(connection, DeliveryState.PLANNED, first, next_try=None, changed_at=seconds(at))
        self._turns.begin_anew(issue)
        return planned

    def decide(
        self,
        issue: IssueId,
        *,
        accepted: Sequence[SubscriberId],
        not_accepted: Sequence[SubscriberId],
        at: datetime,
    ) -> None:
        """See `Journal`."""
        ours = and_(self._of(issue), _IN_DOUBT)
        #: Whoever knows is no longer in doubt, so that nobody is counted as offered a second time for it.
        certain = {"doubts": deliveries.c.doubts - 1, "changed_at": seconds(at)}
        with self._changing() as connection:
            for people, state, reply in (
                (accepted, DeliveryState.ACCEPTED, "found in the mail server's log"),
                (not_accepted, DeliveryState.PLANNED, "the mail server's log shows that it was not accepted"),
            ):
                those = and_(ours, deliveries.c.subscriber_id.in_(people))
                move(connection, state, those, reply=reply, **certain)
        self._turns.begin_anew(issue)

    def leave_in_doubt(self, issue: IssueId) -> None:
        """See `Journal`."""
        which = and_(deliveries.c.issue_id == issue, _IN_DOUBT)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(which).values(lease=_LEFT_IN_DOUBT))

    def retry(self, issue: IssueId, *, in_doubt: bool, at: datetime) -> int:
        """See `Journal`."""
        failed = [DeliveryState.REFUSED.value, DeliveryState.EXPIRED.value]
        wanted = [*failed, DeliveryState.UNKNOWN.value] if in_doubt else failed
        on_the_list = exists().where(
            subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.status == Status.ACTIVE.value
        )
        which = and_(deliveries.c.issue_id == issue, deliveries.c.state.in_(wanted), on_the_list)
        with self._database.writing() as connection:
            planned = move(connection, DeliveryState.PLANNED, which, next_try=None, changed_at=seconds(at))
        self._turns.begin_anew(issue)
        return planned

    def lose(self, issue: IssueId, *, at: datetime) -> None:
        """See `Journal`. This is no step of a delivery's own, so it does not ask what may follow what."""
        on_their_way = and_(deliveries.c.issue_id == issue, deliveries.c.state.in_([*map(str, journal.UNFINISHED)]))
        values = {
            "state": DeliveryState.UNKNOWN.value,
            "doubts": deliveries.c.doubts + 1,
            "offered": 0,
            "next_try": None,
            "changed_at": seconds(at),
            "reply": _LOST,
        }
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(on_their_way).values(values))

    def was_not_lost(self, issue: IssueId, *, at: datetime) -> None:
        """See `Journal`."""
        lost = and_(deliveries.c.issue_id == issue, _IN_DOUBT, deliveries.c.reply == _LOST)
        certain = {"doubts": deliveries.c.doubts - 1, "changed_at": seconds(at), "reply": None}
        with self._database.writing() as connection:
            move(connection, DeliveryState.PLANNED, lost, **certain)
        self._turns.begin_anew(issue)

    def expire(self, issue: IssueId, *, at: datetime) -> None:
        """See `Journal`."""
        which = and_(deliveries.c.issue_id == issue, _WAITS)
        with self._database.writing() as connection:
            move(connection, DeliveryState.EXPIRED, which, next_try=None, changed_at=seconds(at))

    def tally(self, issue: IssueId) -> Tally:
        """See `Journal`."""
        ours = deliveries.c.issue_id == issue
        with self._database.reading() as connection:
            row = connection.execute(select(issues).where(issues.c.id == issue)).mappings().one()
            counts = connection.execute(
                select(deliveries.c.state, func.count(), func.sum(deliveries.c.resent)).where(ours).group_by("state")
            ).all()
        sums = {state: (count, int(resent or 0)) for state, count, resent in counts}
        if row["outcomes"] is not None:
            # The rows are erased; what they added up to is not.
            sums = {state: tuple(each) for state, each in row["outcomes"].items()}
        return Tally(
            candidates=row["candidates"],
            excluded=row["excluded"] or {},
            deliveries={DeliveryState(state): count for state, (count, _) in sums.items()},
            resent=sum(resent for _, resent in sums.values()),
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


def _is_free(issue: IssueId) -> ColumnElement[bool]:
    """Whether it is on its way, and neither waits nor rests."""
    frozen = issues.c.state == IssueState.FROZEN.value
    return exists().where(issues.c.id == issue, frozen, issues.c.hold == "", issues.c.rest == "")


def _take_over(connection: Connection, issue: IssueId, batch: Batch | None, resting: str) -> int:
    """The number of this taking over: no other of the issue, or of a batch of it, has it."""
    # Whoever takes up a batch does not end the rest of all.
    values = {"lease": issues.c.lease + 1} | ({"rest": resting} if batch is None else {})
    connection.execute(update(issues).where(issues.c.id == issue).values(values))
    lease = connection.execute(select(issues.c.lease).where(issues.c.id == issue)).scalar_one()
    which = batches.c.issue_id == issue
    if batch is not None:
        which = and_(which, batches.c.first == batch.first)
    connection.execute(update(batches).where(which).values(lease=lease))
    return int(lease)


def move(connection: Connection, to: DeliveryState, which: Any, **values: Any) -> int:
    """Change the state of the rows that `which` names and that may become `to`. Returns how many did."""
    may = deliveries.c.state.in_(sorted(state.value for state in journal.came_from(to)))
    statement = update(deliveries).where(which, may).values(state=to.value, **values)
    return connection.execute(statement).rowcount

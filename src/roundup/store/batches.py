"""Batches (`roundup.batches`) in SQL: which parts of an issue are taken up one by one, and which are in the queue."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, and_, exists, func, insert, literal, or_, select, text, update

from roundup.batches import BATCH, Batch, Progress
from roundup.journal import Journal
from roundup.model import DeliveryState, IssueId, SubscriberId
from roundup.store.database import Database
from roundup.store.deliveries import SqlJournal
from roundup.store.schema import batches, deliveries, issues
from roundup.store.turns import Turns, seconds

_THESE = (batches.c.issue_id, batches.c.first, batches.c.last)
_WAITS = deliveries.c.state.in_([DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value])
#: States whose rows nobody has in hand and that the next taking up would do something with.
_LEFT = or_(_WAITS, deliveries.c.state == DeliveryState.CLAIMED.value)


class Queue(Protocol):
    """Where entries wait for workers. Everything in the caller's transaction."""

    def put(self, connection: Connection, these: Sequence[Batch]) -> None:
        """An entry for each."""
        ...

    def entries(self, connection: Connection, issue: IssueId) -> Sequence[tuple[SubscriberId, bool]]:
        """The entries of an issue that are not done: with whom their batch begins, and whether somebody is at it."""
        ...


class SqlBatches:
    """Implements `roundup.batches.Batches`."""

    def __init__(self, database: Database, *, queue: Queue | None = None, size: int = BATCH) -> None:
        """`queue`: where deliveries are left to workers, in batches of `size`; None: nobody but the run delivers."""
        self._database = database
        self._queue = queue
        self._size = size
        self._turns: Turns | None = None

    @property
    def are_queued(self) -> bool:
        """See `Batches`."""
        return self._queue is not None

    def froze(self, connection: Connection, issue: IssueId) -> None:
        """An issue's deliveries were planned in this transaction."""
        if self._queue is not None:
            self._queue.put(connection, _cut(connection, issue, self._size))

    def cut(self, issue: IssueId, *, size: int) -> Sequence[Batch]:
        """See `Batches`."""
        with self._database.writing() as connection:
            return _cut(connection, issue, size)

    def share_out(self, issue: IssueId, *, at: datetime) -> int:
        """See `Batches`. Beside all others: nobody but a run puts entries in, and a run is alone."""
        with self._database.writing_beside() as connection:
            connection.execute(update(issues).where(issues.c.id == issue).values(rest=""))
            if self._queue is None:
                return 0
            cut = _cut(connection, issue, self._size)
            there = {first for first, _ in self._queue.entries(connection, issue)}
            # Right after the freeze all are in it: then millions of rows are not looked at.
            absent = [each.first for each in cut if each.first not in there]
            missing = _with_turns(connection, issue, at=at, among=absent) if absent else []
            self._queue.put(connection, missing)
            return len(there) + len(missing)

    def find(self, issue: IssueId, first: SubscriberId) -> Batch | None:
        """See `Batches`."""
        with self._database.reading() as connection:
            statement = select(*_THESE).where(batches.c.issue_id == issue, batches.c.first == first)
            return next((Batch(issue=row[0], first=row[1], last=row[2]) for row in connection.execute(statement)), None)

    def journal(self, batch: Batch) -> Journal:
        """See `Batches`. Its statements are made once."""
        self._turns = self._turns or Turns(self._database, in_batches=True)
        return SqlJournal(self._database, turns=self._turns.anew(), batch=batch)

    def tell(self, batch: Batch, *, worker: str, answered: int = 0, trouble: str = "") -> None:
        """See `Batches`."""
        which = and_(batches.c.issue_id == batch.issue, batches.c.first == batch.first)
        values = {"worker": worker, "answered": batches.c.answered + answered, "trouble": trouble}
        with self._database.writing_beside() as connection:
            connection.execute(update(batches).where(which).values(values))

    def rest(self, issue: IssueId, why: str) -> None:
        """See `Batches`."""
        with self._database.writing_beside() as connection:
            connection.execute(update(issues).where(issues.c.id == issue).values(rest=why))

    def turns(self, count: int, *, rate: float) -> float:
        """See `Batches`. By the server's clock. It is not waited for on the disk: a pace that is lost is begun anew."""
        span = {"span": round(count * 1_000_000 / rate)}
        with self._database.writing_beside() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            return float(connection.execute(_TAKE_TURNS, span).scalar_one()) / 1_000_000

    def progress(self, issue: IssueId) -> Progress:
        """See `Batches`."""
        ours = batches.c.issue_id == issue
        with self._database.reading() as connection:
            entries = self._queue.entries(connection, issue) if self._queue is not None else ()
            answered = connection.execute(select(func.coalesce(func.sum(batches.c.answered), 0)).where(ours))
            troubles = select(batches.c.trouble).where(ours, batches.c.trouble != "").distinct().order_by("trouble")
            return Progress(
                rest=connection.execute(select(issues.c.rest).where(issues.c.id == issue)).scalar_one(),
                open=len(entries),
                begun=sum(begun for _, begun in entries),
                answered=int(answered.scalar_one()),
                troubles=tuple(connection.execute(troubles).scalars()),
            )


#: A fifth of a second in which nobody asked is made up for: whoever is busy for a moment costs the rate nothing. What
#: is given away beyond a minute, and beyond a thousand such turns, from now says only that the clock was set back.
_TAKE_TURNS = text("""
    INSERT INTO pace (id, given_until)
    VALUES (1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + :span)
    ON CONFLICT (id) DO UPDATE SET given_until = :span + CASE
        WHEN pace.given_until > EXCLUDED.given_until + 60000000 + 1000 * :span THEN EXCLUDED.given_until - :span
        ELSE greatest(pace.given_until, EXCLUDED.given_until - :span - 200000) END
    RETURNING given_until - :span - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
""")


def _cut(connection: Connection, issue: IssueId, size: int) -> list[Batch]:
    """See `Batches.cut`, in the caller's transaction."""
    ours = batches.c.issue_id == issue
    if not connection.execute(select(exists().where(ours))).scalar_one():
        # As many in each, whatever numbers are missing between the subscribers.
        place = func.row_number().over(order_by=deliveries.c.subscriber_id) - 1
        of = deliveries.c.subscriber_id
        rows = select(of.label("who"), (place // size).label("number")).where(deliveries.c.issue_id == issue).subquery()
        ranges = select(literal(issue), func.min(rows.c.who), func.max(rows.c.who)).group_by(rows.c.number)
        connection.execute(insert(batches).from_select(["issue_id", "first", "last"], ranges))
    found = connection.execute(select(*_THESE).where(ours).order_by(batches.c.first))
    return [Batch(issue=row[0], first=row[1], last=row[2]) for row in found]


def _with_turns(
    connection: Connection, issue: IssueId, *, at: datetime, among: Collection[SubscriberId]
) -> list[Batch]:
    """Those of these batches in which there is something to do now. What a dead worker left claimed is that, too."""
    now = or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= seconds(at))
    within = deliveries.c.subscriber_id.between(batches.c.first, batches.c.last)
    due = exists().where(deliveries.c.issue_id == issue, within, _LEFT, now)
    statement = select(*_THESE).where(batches.c.issue_id == issue, batches.c.first.in_(among), due)
    return [Batch(issue=row[0], first=row[1], last=row[2]) for row in connection.execute(statement.order_by("first"))]

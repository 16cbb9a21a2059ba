"""What is in a database on a server, replaced by what is in a SQLite file: whole, or not at all."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, and_, insert, inspect, select, update

from roundup.archive import IssueState
from roundup.model import DeliveryState
from roundup.store import migrate, moving
from roundup.store.database import Database
from roundup.store.moving import NotCopiedError, OtherRowsError
from roundup.store.schema import batches, deliveries, issues
from roundup.store.sqlite_file import open_as_it_is
from roundup.words import say

#: More takings up than there are.
_FURTHER = 1_000_000
#: Which replacement was the last, as long as it is not known everywhere that it was done.
_replaced = Table("roundup_replaced", MetaData(), Column("token", String(32), nullable=False))


def replace(target: Database, name: str, new: Path, present: Path, *, token: str) -> None:
    """Replace what is in `target`, which is called `name`, in one transaction; done already if it bears the `token`.
    The caller holds the lock. `present`: what was in it when it was kept; no such file: nothing. Raises
    `NotCopiedError`: nothing was changed."""
    with target.writing() as connection, _rows_of(new) as everything:
        if _bears(connection, token):
            return
        migrate.upgrade(connection, name)
        _check_unchanged(connection, name, present)
        moving.empty(connection)

        @contextmanager
        def all_at_once() -> Iterator[Connection]:
            yield connection

        moving.copy(everything, all_at_once)
        moving.compare(everything, connection)
        _take_from_workers(connection)
        _replaced.drop(connection, checkfirst=True)
        _replaced.create(connection)
        connection.execute(insert(_replaced).values(token=token))


def _take_from_workers(connection: Connection) -> None:
    """A worker that is at it still must not go on with rows that came from the backup: nobody ever had these numbers,
    and nobody will count up to them."""
    frozen = select(issues.c.id).where(issues.c.state == IssueState.FROZEN.value)
    connection.execute(update(issues).where(issues.c.id.in_(frozen)).values(lease=issues.c.lease + _FURTHER))
    taken = select(batches.c.issue_id).where(batches.c.issue_id.in_(frozen)).distinct()
    claimed = and_(deliveries.c.issue_id.in_(taken), deliveries.c.state == DeliveryState.CLAIMED.value)
    connection.execute(update(deliveries).where(claimed).values(lease=-1))
    connection.execute(update(batches).where(batches.c.issue_id.in_(frozen)).values(lease=-1))


def forget(target: Database) -> None:
    """It is known that it was done."""
    with target.writing() as connection:
        _replaced.drop(connection, checkfirst=True)


@contextmanager
def _rows_of(file: Path) -> Iterator[Connection]:
    with closing(open_as_it_is(file)) as database, database.reading() as connection:
        yield connection


def _bears(connection: Connection, token: str) -> bool:
    there = inspect(connection).has_table(_replaced.name)
    return there and token in connection.execute(select(_replaced.c.token)).scalars().all()


def _check_unchanged(connection: Connection, name: str, present: Path) -> None:
    """What somebody wrote since would be kept nowhere."""
    if not _is_as(connection, present):
        raise NotCopiedError(say("{path} was written into meanwhile. Nothing was changed: try again.", path=name))


def _is_as(connection: Connection, present: Path) -> bool:
    if not present.exists():
        return moving.is_empty(connection)
    try:
        with _rows_of(present) as kept:
            moving.compare(kept, connection)
    except OtherRowsError:
        return False
    return True

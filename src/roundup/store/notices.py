"""Notices (`roundup.notices`) in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update

from roundup.notices import CLAIMED_FOR, TRIED_FOR, Notice, Way
from roundup.store.database import Database
from roundup.store.schema import notices


class SqlNotices:
    """Implements `roundup.notices.Notices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, notice: Notice, *, at: datetime) -> bool:
        """See `Notices`."""
        with self._database.writing() as connection:
            if connection.execute(select(notices.c.at).where(_is(notice))).first() is not None:
                return False
            values = {"name": notice.name, "way": notice.way.value, "at": at}
            connection.execute(insert(notices).values(**values, subject=notice.subject, content=notice.content))
            return True

    def claim(self, *, at: datetime) -> Notice | None:
        """See `Notices`."""
        c = notices.c
        waits = and_(
            c.told_at.is_(None),
            c.at > at - TRIED_FOR,
            # A time of trying in the future says only that the clock was set back since.
            or_(c.tried_at.is_(None), c.tried_at <= at - CLAIMED_FOR, c.tried_at > at),
        )
        oldest = select(notices).where(waits).order_by(c.at, c.name, c.way).limit(1)
        with self._database.reading() as connection:
            if connection.execute(oldest).first() is None:
                return None
        with self._database.writing() as connection:
            row = connection.execute(oldest).first()
            if row is None:
                return None
            found = Notice(name=row.name, way=Way(row.way), subject=row.subject, content=row.content)
            connection.execute(update(notices).where(_is(found)).values(tried_at=at, tries=c.tries + 1))
            return found

    def settle(self, notice: Notice, *, trouble: str, again: bool, at: datetime) -> None:
        """See `Notices`."""
        values = {"trouble": trouble, "told_at": None if again else at}
        with self._database.writing() as connection:
            connection.execute(update(notices).where(_is(notice)).values(values))

    def prune(self, before: datetime) -> None:
        """See `Notices`."""
        with self._database.writing() as connection:
            connection.execute(delete(notices).where(notices.c.at < before))


def _is(notice: Notice) -> ColumnElement[bool]:
    return and_(notices.c.name == notice.name, notices.c.way == notice.way.value)

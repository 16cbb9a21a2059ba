"""The one row that says what is true of the newsletter as a whole, in SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from roundup.store.database import Database
from roundup.store.schema import newsletter

_ONLY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterRow:
    """The row as it stands."""

    began: datetime | None
    gathered_at: datetime | None
    followed_digest: str
    list_trouble: str
    tidied_at: datetime | None = None


def newsletter_row(database: Database) -> NewsletterRow:
    """The row as it stands; as if empty before the first run makes it."""
    with database.reading() as connection:
        row = connection.execute(select(newsletter)).mappings().one_or_none()
    if row is None:
        return NewsletterRow(began=None, gathered_at=None, followed_digest="", list_trouble="")
    return NewsletterRow(
        began=row["began"],
        gathered_at=row["gathered_at"],
        followed_digest=row["followed_digest"],
        list_trouble=row["list_trouble"],
        tidied_at=row["tidied_at"],
    )


def change_newsletter(connection: Connection, **values: Any) -> None:
    """Change the row, in the caller's transaction."""
    if connection.execute(update(newsletter).where(newsletter.c.id == _ONLY).values(values)).rowcount == 0:
        connection.execute(insert(newsletter).values(id=_ONLY, **values))

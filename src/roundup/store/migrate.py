"""Migrations: numbered files in `migrations/versions`, run by Alembic, each whole or not at all.

Every command asks whether the schema is this version's, and hardly one has to change it: what only asks does without
Alembic, whose loading would be a tenth of the command's time.
"""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from roundup.errors import HeldError, StoreError
from roundup.words import mark, say

if TYPE_CHECKING:
    from alembic.config import Config

#: What stands in the place of a revision while `roundup store move` fills a database, and for ever in the one that it
#: left: no version of roundup takes either for a newsletter's.
MOVING_IN, MOVED_OUT = "moving-in", "moved-out"
_MARKS = {
    MOVING_IN: mark(
        "{name} is being filled by `roundup store move` and does not hold everything yet. Run that again: it goes on "
        "where it was cut off. Nothing was changed."
    ),
    MOVED_OUT: mark(
        "{name} is no longer in use: this newsletter has moved to PostgreSQL, which knows what was sent and who has "
        "left since. Put that database's address into [store] url (or ROUNDUP_DATABASE_URL). If the move was cut off "
        "at its end, run `roundup store move` again. Nothing was changed."
    ),
}
#: Alembic keeps what it works on in its modules: two threads of one process would migrate one another's database.
_ONE_AT_A_TIME = threading.RLock()
_MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def has_tables(connection: Connection) -> bool:
    """Whether any roundup was ever here."""
    return inspect(connection).has_table("alembic_version")


def revision_of(connection: Connection) -> str | None:
    """The revision that stands in the database, or the mark in its place; None: no roundup was ever here."""
    if not has_tables(connection):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def mark_as(connection: Connection, revision: str) -> None:
    """Put a mark in the place of the revision; `head()` takes it off."""
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def head() -> str:
    """The revision of this version's schema."""
    return _revisions()[-1]


def is_current(connection: Connection, name: str) -> bool:
    """Whether the database's schema is this version's. `name`: what to call it. Raises `StoreError` if a newer roundup
    made it."""
    revision = revision_of(connection)
    if revision is not None:
        check_known(revision, name)
    return revision == head()


def check_known(revision: str, name: str) -> None:
    """Raises `StoreError` if a newer roundup made what `name` is, in which the schema is of this revision, and
    `HeldError` if it is no newsletter's any more, or not yet."""
    if revision in _MARKS:
        raise HeldError(say(_MARKS[revision], name=name))
    if revision not in _revisions():
        raise StoreError(
            f"{name} was made by a newer roundup than this one: its schema is {revision}, and this version knows "
            f"{head()}. Install that version again, or restore a backup from before. Nothing was changed."
        )


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision that this version knows, in order: a migration's file is called after it (v0010_notices.py)."""
    return tuple(sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v????_*.py")))


def upgrade(connection: Connection, name: str, *, keep: Callable[[str], None] | None = None) -> None:
    """Bring the database up to this version, in the caller's transaction. `keep`: keeps what there was before the
    schema of this revision. Raises `StoreError`."""
    if is_current(connection, name):
        return
    from alembic import command  # noqa: PLC0415 - see above

    if keep is not None and has_tables(connection):
        keep(head())
    with _ONE_AT_A_TIME:
        command.upgrade(_config(connection), "head")

"""A newsletter's way from its SQLite file into a PostgreSQL database.

At every moment at most one of the two may be used. The new one bears a mark in place of its schema's revision until
all is in it and was compared; the old one gets such a mark in the very transaction in which it is read, so nothing was
written into it that did not come along; and only then the new one's mark is taken off. A move that is killed between
these two leaves none that may be used, and the next call ends it.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, insert, inspect, select, text

from roundup.errors import StoreError
from roundup.store import migrate, moving
from roundup.store.database import Database
from roundup.store.migrate import MOVED_OUT, MOVING_IN
from roundup.store.moving import OtherRowsError
from roundup.store.schema import metadata
from roundup.store.sqlite_file import LEFT, open_as_it_is, open_to_write
from roundup.words import say

#: Whose rows a database is being filled with, and by which schema; dropped when all are in it.
_arrival = Table(
    "roundup_arrival",
    MetaData(),
    Column("newsletter", Text, nullable=False),
    Column("schema", String(32), nullable=False),
)


def move(
    file: Path, target: Database, name: str, *, newsletter: str, watch: Callable[[int, int], None]
) -> Mapping[str, int]:
    """Move all rows of `file` into `target`, which is called `name`; the caller holds both locks. A move that was cut
    off is gone on with. Returns how many rows each table has. `watch` is told of how many rows are done, and of all.
    Raises `StoreError` and `HeldError`."""
    is_ending = has_moved_out(file)
    with closing(open_as_it_is(file) if is_ending else open_to_write(file)) as source:
        with target.writing() as connection:
            _prepare(connection, name, newsletter, file, is_ending=is_ending)
        # Writing, although nothing is written before the end: nobody else may meanwhile.
        with source.reading() if is_ending else source.writing() as everything:
            rows = _fill(everything, target, watch)
            if not is_ending:
                _mark_moved_out(everything)
        with target.writing() as connection:
            _arrival.drop(connection)
            migrate.mark_as(connection, migrate.head())
    return rows


def has_moved_out(file: Path) -> bool:
    """Whether all rows of the database have been moved elsewhere."""
    with closing(open_as_it_is(file)) as database, database.reading() as connection:
        return migrate.revision_of(connection) == MOVED_OUT


def _prepare(target: Connection, name: str, newsletter: str, file: Path, *, is_ending: bool) -> None:
    """Make the tables, and mark them; or see that what is in them came from here."""
    revision = migrate.revision_of(target)
    if revision == MOVING_IN:
        whose = target.execute(select(_arrival)).one()
        if whose.newsletter != newsletter:
            raise StoreError(
                say(
                    "{name} is being filled with another newsletter, {other}. Nothing was changed: name another "
                    "database.",
                    name=name,
                    other=whose.newsletter,
                )
            )
        if whose.schema == migrate.head():
            return
        # Begun by another version. Nobody has used it.
        metadata.drop_all(target)
        for each in (_arrival.name, "alembic_version"):
            target.execute(text(f"DROP TABLE {each}"))
    elif is_ending:
        migrate.check_known(MOVED_OUT, str(file))
    _check_free(target, name)
    migrate.upgrade(target, name)
    _arrival.create(target)
    target.execute(insert(_arrival).values(newsletter=newsletter, schema=migrate.head()))
    migrate.mark_as(target, MOVING_IN)


def _check_free(target: Connection, name: str) -> None:
    there = set(inspect(target).get_table_names())
    if migrate.revision_of(target) is not None:
        migrate.upgrade(target, name)
        if moving.is_empty(target):
            return
        raise StoreError(
            say(
                "{name} holds a newsletter already. Nothing was changed: make a database of its own for each.",
                name=name,
            )
        )
    if taken := sorted(there & set(metadata.tables)):
        raise StoreError(
            say(
                "{name} has tables of something else ({tables}). Nothing was changed: make a database of its own.",
                name=name,
                tables=", ".join(taken),
            )
        )


def _fill(source: Connection, target: Database, watch: Callable[[int, int], None]) -> Mapping[str, int]:
    """Copy what is not there yet, and compare everything."""
    done, total = 0, moving.total(source)

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        watch(done, total)

    try:
        moving.copy(source, target.writing, watch=tell)
    except OtherRowsError:
        # A run went on with the old database after the move was cut off; nobody has used the new one.
        with target.writing() as connection:
            moving.empty(connection)
        done = 0
        moving.copy(source, target.writing, watch=tell)
    with target.reading() as connection:
        return moving.compare(source, connection)


def _mark_moved_out(source: Connection) -> None:
    """No version of roundup opens it any more, and whoever has it open already cannot write into it."""
    for table in metadata.tables:
        for what in ("INSERT", "UPDATE", "DELETE"):
            source.execute(
                text(
                    f"CREATE TRIGGER moved_out_{table}_{what} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{LEFT}'); END"
                )
            )
    migrate.mark_as(source, MOVED_OUT)

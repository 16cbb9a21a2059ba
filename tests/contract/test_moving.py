"""Every row of every table comes over to the other engine, the same to the last octet; whatever does not is noticed."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, func, insert, select, text, update

from roundup.errors import StoreError
from roundup.store import moving
from roundup.store.database import Database
from roundup.store.moving import OtherRowsError
from roundup.store.postgresql_server import Server
from roundup.store.schema import consents, deliveries, metadata, pieces, returned, subscribers
from roundup.store.sqlite_file import open_to_write
from tests import awkward
from tests.builders import INSTANT
from tests.postgres import the_cluster

Engine = Callable[[Path], Database]


def on_sqlite(path: Path) -> Database:
    return open_to_write(path.with_suffix(".db"))


def on_postgresql(path: Path) -> Database:
    del path
    cluster = the_cluster()
    server = Server(url=cluster.url(cluster.make_ready_database()))
    manner = server.manner()
    return Database(server.engine(manner), manner)


WAYS = [(on_sqlite, on_postgresql), (on_postgresql, on_sqlite), (on_postgresql, on_postgresql), (on_sqlite, on_sqlite)]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(each.__name__ for each in way))
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A database that is full of awkward values, and one that is empty."""
    old, new = request.param
    with closing(old(tmp_path / "old")) as source, closing(new(tmp_path / "new")) as target:
        with source.writing() as connection:
            awkward.fill(connection)
        yield source, target


def copied(source: Database, target: Database) -> None:
    with source.reading() as reading:
        moving.copy(reading, target.writing)


@contextmanager
def both_read(source: Database, target: Database) -> Iterator[tuple[Connection, Connection]]:
    with source.reading() as old, target.reading() as new:
        yield old, new


def everything(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """All that the ledgers would see."""
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in metadata.sorted_tables
    }


def test_every_value_of_every_table_comes_over(both: tuple[Database, Database]) -> None:
    copied(*both)
    with both_read(*both) as (old, new):
        assert moving.compare(old, new) == {table.name: awkward.ROWS for table in metadata.sorted_tables}
        assert everything(old) == everything(new)
        # A `null` of JSON and no value at all look the same to Python.
        for connection in (old, new):
            nulls = connection.execute(select(func.count()).where(pieces.c.former.is_(None))).scalar_one()
            assert nulls < sum(former is None for former in connection.execute(select(pieces.c.former)).scalars())


def test_what_is_there_already_is_not_copied_again(both: tuple[Database, Database]) -> None:
    copied(*both)
    copied(*both)
    with both_read(*both) as (old, new):
        assert moving.compare(old, new) == {table.name: awkward.ROWS for table in metadata.sorted_tables}


def test_new_rows_are_numbered_after_those_that_came(both: tuple[Database, Database]) -> None:
    source, target = both
    copied(source, target)
    with target.writing() as connection:
        values = {"subscriber_id": 1, "at": INSTANT, "what": "left"}
        assert connection.execute(insert(consents).values(values)).inserted_primary_key == (awkward.ROWS + 1,)


CHANGES = [
    pytest.param(update(subscribers).where(subscribers.c.id == 7).values(name="Somebody else"), id="a name"),
    pytest.param(update(pieces).where(pieces.c.id == "a\0b").values(young=~pieces.c.young), id="a truth"),
    pytest.param(update(deliveries).where(deliveries.c.issue_id == 3).values(reply=None), id="no value"),
    pytest.param(update(returned).where(returned.c.name == "a").values(digest=b"\0"), id="octets"),
    pytest.param(consents.delete().where(consents.c.id == 12), id="one less"),
    pytest.param(text("UPDATE pieces SET tags = '[ ]' WHERE CAST(tags AS text) = '[]'"), id="a blank"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_was_changed_behind_its_back_is_noticed(tmp_path: Path, change: Executable) -> None:
    with closing(on_sqlite(tmp_path / "old")) as source, closing(on_postgresql(tmp_path)) as target:
        with source.writing() as connection:
            awkward.fill(connection)
        copied(source, target)
        with target.writing() as connection:
            changed: Any = connection.execute(change)
            assert changed.rowcount
        with both_read(source, target) as (old, new), pytest.raises(OtherRowsError, match="not the same"):
            moving.compare(old, new)


class CutOffError(Exception):
    """The copying ends here."""


def test_a_copy_that_was_cut_off_after_any_page_goes_on(both: tuple[Database, Database]) -> None:
    source, target = both
    left, cuts = moving.total, 0
    while True:
        try:
            with source.reading() as reading:
                moving.copy(reading, pages_until(target, 2))
        except CutOffError:
            cuts += 1
            with target.reading() as new:
                assert left(new) <= cuts * awkward.ROWS
        else:
            break
    assert cuts >= len(metadata.sorted_tables) - 1
    with both_read(source, target) as (old, new):
        moving.compare(old, new)


def pages_until(target: Database, wanted: int) -> moving.Pages:
    """Transactions of which so many that write something are committed, and no more."""
    written = 0

    @contextmanager
    def page() -> Iterator[Connection]:
        nonlocal written
        with target.writing() as connection:
            before = moving.total(connection)
            yield connection
            if moving.total(connection) != before:
                written += 1
                if written == wanted:
                    raise CutOffError

    return page


def test_what_is_not_the_beginning_of_what_is_copied_is_not_gone_on_with(tmp_path: Path) -> None:
    with closing(on_sqlite(tmp_path / "old")) as source, closing(on_postgresql(tmp_path)) as target:
        for database in (source, target):
            with database.writing() as connection:
                awkward.fill(connection)
        with target.writing() as connection:
            connection.execute(update(subscribers).where(subscribers.c.id == 2).values(status="left"))
        with pytest.raises(OtherRowsError, match="rows of subscribers"):
            copied(source, target)
        with target.writing() as connection:
            moving.empty(connection)
            assert moving.is_empty(connection)
        copied(source, target)
        with both_read(source, target) as (old, new):
            moving.compare(old, new)


def test_a_value_that_the_other_engine_does_not_take_is_told_without_it(tmp_path: Path) -> None:
    with closing(on_sqlite(tmp_path / "old")) as source, closing(on_postgresql(tmp_path)) as target:
        with source.writing() as connection:
            awkward.fill(connection)
            connection.execute(update(subscribers).where(subscribers.c.id == 2).values(status="ada@example.org " * 2))
        with pytest.raises(StoreError, match="A row of subscribers cannot be written there: value too long") as told:
            copied(source, target)
    assert "ada" not in str(told.value)

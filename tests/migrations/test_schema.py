"""The schema is the sum of its migrations, and looking at a database leaves no trace on it."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, column, create_engine, insert, inspect, table, text

from roundup.archive import IssueState
from roundup.errors import StoreError
from roundup.list_changes import Changes
from roundup.memory import RememberedPiece
from roundup.model import DeliveryState, Picture, Piece, Status
from roundup.signing_up import Rationing, Request
from roundup.store import Ledgers
from roundup.store.migrate import _config, _revisions
from roundup.store.schema import metadata, pieces
from roundup.store.sqlite import SqliteStore
from tests.builders import INSTANT, KEY, a_frozen_issue, a_remembered_piece, at_instant, list_rows
from tests.lists import leave, stay

ADA = "ada@lantern.example"


def a_database(folder: Path) -> Path:
    """A database with somebody and an issue in it, as a run leaves it."""
    path = folder / "roundup.db"
    with SqliteStore(path=path).to_write() as ledgers:
        new = tuple((row, Status.ACTIVE) for row in list_rows("ada@lantern.example"))
        ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)
        ledgers.archive.freeze(a_frozen_issue())
    return path


def files(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file of a folder with what is in it and when it was changed."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in folder.iterdir()
    }


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def _in_words(described: Mapping[str, Any]) -> dict[str, Any]:
    """A description whose statements (a partial index's condition) are texts that can be compared."""
    return {
        name: {key: str(each) for key, each in value.items()} if isinstance(value, dict) else value
        for name, value in described.items()
    }


def described(engine: Engine) -> list[str]:
    """Every column, default, key, constraint and index of a database, a line each."""
    eye = inspect(engine)
    tables = [name for name in eye.get_table_names() if name != "alembic_version"]
    lines = [
        f"{table}: {_in_words(each)}"
        for table in tables
        for what in (eye.get_columns, eye.get_foreign_keys, eye.get_unique_constraints, eye.get_indexes)
        for each in what(table)
    ]
    lines += [f"{table}: {eye.get_pk_constraint(table)}" for table in tables]
    engine.dispose()
    return sorted(lines)


def test_all_migrations_together_make_exactly_the_schema(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{a_database(tmp_path)}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert [] == differences


def test_migrated_and_fresh_are_the_same_to_the_last_default(tmp_path: Path) -> None:
    # compare_metadata overlooks constraints without a name, and cannot compare SQLite's defaults.
    migrated = described(create_engine(f"sqlite:///{a_database(tmp_path)}"))
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(fresh)

    assert described(fresh) == migrated
    assert len(migrated) > 70


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = a_database(tmp_path)
    with closing(sqlite3.connect(path)) as database:
        before = "\n".join(database.iterdump())
    with SqliteStore(path=path).to_write():
        pass
    with closing(sqlite3.connect(path)) as database:
        after = "\n".join(database.iterdump())

    assert before == after


def test_a_read_only_opening_changes_no_byte_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = a_database(tmp_path)
    before = files(tmp_path)
    with SqliteStore(path=path).to_read() as ledgers:
        assert 1 == len(ledgers.archive.all())
        assert 1 == len(list(ledgers.subscribers.all()))

    assert before == files(tmp_path)
    assert {"roundup.db", ".roundup.db.lock"} == set(before)


def test_reading_writes_nothing_even_if_asked_to(tmp_path: Path) -> None:
    path = a_database(tmp_path)
    before = files(tmp_path)
    with SqliteStore(path=path).to_read() as ledgers, pytest.raises(StoreError, match="could not be used"):
        ledgers.memory.begin(INSTANT)

    assert before == files(tmp_path)


def test_a_database_that_does_not_exist_is_not_made_by_looking(tmp_path: Path) -> None:
    with SqliteStore(path=tmp_path / "roundup.db").to_read() as ledgers:
        assert [] == list(ledgers.archive.all())

    assert {} == files(tmp_path)


def test_an_older_database_is_migrated_in_memory_when_it_is_read(tmp_path: Path) -> None:
    # An empty file is the oldest database there is.
    path = tmp_path / "roundup.db"
    path.touch()
    before = files(tmp_path)
    with SqliteStore(path=path).to_read() as ledgers:
        assert [] == list(ledgers.archive.all())

    assert before == files(tmp_path)


@pytest.mark.parametrize("to_write", [True, False])
def test_a_database_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path, *, to_write: bool) -> None:
    path = a_database(tmp_path)
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    before = files(tmp_path)
    store = SqliteStore(path=path)
    with (
        pytest.raises(StoreError, match=r"roundup\.db was made by a newer roundup than this one: "),
        store.to_write() if to_write else store.to_read(),
    ):
        raise AssertionError("a newer database was opened")

    assert before == files(tmp_path)


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be read as one" * 20, b"SQLite format 3\0x"]
)
def test_what_is_no_database_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roundup.db"
    path.write_bytes(content)
    with (
        pytest.raises(StoreError, match=r"The database is damaged: .*Restore it from a backup\."),
        SqliteStore(path=path).to_write(),
    ):
        raise AssertionError("what is no database was opened")

    assert content == path.read_bytes()


def a_piece_of_the_third_version(connection: Connection) -> None:
    """A database as version 0003 made it, with a piece that has a picture."""
    command.upgrade(_config(connection), "0003")
    # Only the columns that there were then.
    row = {"source": "The Lantern", "id": "1", "title": "Trams", "link": "https://lantern.example/1/", "excerpt": ""}
    lists: dict[str, Any] = {
        "authors": [],
        "tags": [],
        "picture": {"url": "https://lantern.example/1.png", "alt": "A tram"},
    }
    times = dict.fromkeys(("published_at", "published_latest", "first_seen"), INSTANT)
    connection.execute(
        insert(pieces).values(**row, **lists, **times, **dict.fromkeys(("dated", "young", "listed"), True))
    )


def as_it_is_now() -> list[RememberedPiece]:
    """That piece, as it is read today: nobody has looked at its picture, and its language is unknown."""
    piece = Piece(
        id="1", source="The Lantern", title="Trams", link="https://lantern.example/1/", published=at_instant(INSTANT),
        picture=Picture(url="https://lantern.example/1.png", alt="A tram"),
    )  # fmt: skip
    return [a_remembered_piece(piece, recorded_as="1")]


@pytest.mark.parametrize("to_write", [True, False])
def test_pieces_of_the_third_version_are_kept(tmp_path: Path, *, to_write: bool) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'roundup.db'}")
    with engine.begin() as connection:
        a_piece_of_the_third_version(connection)
    engine.dispose()
    store = SqliteStore(path=tmp_path / "roundup.db")
    with store.to_write() if to_write else store.to_read() as ledgers:
        assert as_it_is_now() == list(ledgers.memory.pieces("The Lantern"))


def somebody_of_the_version(connection: Connection, version: str) -> None:
    """A database as this version made it, with somebody in it who is active."""
    command.upgrade(_config(connection), version)
    times = dict.fromkeys(("since", "changed_at"), INSTANT.replace(tzinfo=None))
    row = {"email": ADA, "compared": ADA, "status": "active", "cadence": "daily", "key": b"12345678", "origin": "add"}
    # Only the columns that there were then.
    people = table("subscribers", *(column(name) for name in [*row, *times]))
    connection.execute(insert(people).values(row | times))


def leaves_and_is_back(ledgers: Ledgers) -> list[str]:
    """What somebody of then is, one after another, who leaves, takes it back, and signs up once more."""
    (person,) = ledgers.subscribers.all()
    said = [leave(ledgers.subscribers, person.key, at=INSTANT), stay(ledgers.subscribers, person.key, at=INSTANT)]
    heard = ledgers.signups.ask(
        [Request(email=ADA, network="", wording="", source="", at=INSTANT)], Rationing(per_hour=1, per_network=1)
    )
    return [*(each.status.value for each in said if each), str(heard)]


VERSIONS = [f"{number:04}" for number in range(1, 13)]


@pytest.mark.parametrize("version", VERSIONS)
def test_people_of_every_version_are_kept(tmp_path: Path, version: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'roundup.db'}")
    with engine.begin() as connection:
        somebody_of_the_version(connection, version)
    engine.dispose()
    with SqliteStore(path=tmp_path / "roundup.db").to_write() as ledgers:
        assert ["left", "active", "1"] == leaves_and_is_back(ledgers)


#: Every schema there was.
REVISIONS = [each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def test_every_version_is_tried_and_told_by_its_files_name() -> None:
    assert VERSIONS == REVISIONS == list(_revisions())


_AN_ISSUE = "INSERT INTO issues (day, edition, state, instant, looked_at) VALUES (:day, 'main', :state, :at, :at)"
_A_DELIVERY = """INSERT INTO deliveries (issue_id, subscriber_id, state, code, reply)
SELECT issues.id, subscribers.id, 'accepted', 250, '2.0.0 Ok' FROM issues, subscribers WHERE issues.state = 'frozen'"""


def a_database_of(connection: Connection, revision: str) -> None:
    """A database as a version made it, with an issue of each state that it knew, the second of which somebody has."""
    somebody_of_the_version(connection, revision)
    at = INSTANT.replace(tzinfo=None)
    for number, state in enumerate(OLD_STATES):
        connection.execute(text(_AN_ISSUE), {"day": KEY.day + timedelta(days=number), "state": state.value, "at": at})
    connection.execute(text(_A_DELIVERY))


OLD_STATES = (IssueState.OPEN, IssueState.FROZEN, IssueState.SENT, IssueState.SKIPPED)


def check_migrated(ledgers: Ledgers) -> None:
    """What was there is there, nothing waits for its editor, and from now on something can."""
    assert sorted(OLD_STATES) == sorted(record.state for record in ledgers.archive.all())
    (begun,) = ledgers.archive.unfinished()
    assert {DeliveryState.ACCEPTED: 1} == ledgers.journal.tally(begun.id).deliveries
    assert [] == list(ledgers.proposals.waiting())
    ledgers.proposals.propose(a_frozen_issue(), digest="")
    assert [KEY] == [each.key for each in ledgers.proposals.waiting()]


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_schema_becomes_this_one(tmp_path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'roundup.db'}")
    with engine.begin() as connection:
        a_database_of(connection, revision)
    engine.dispose()
    with SqliteStore(path=tmp_path / "roundup.db").to_write() as ledgers:
        check_migrated(ledgers)
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(fresh)

    assert described(fresh) == described(create_engine(f"sqlite:///{tmp_path / 'roundup.db'}"))


def test_nobody_else_can_read_a_new_database(tmp_path: Path) -> None:
    assert 0o600 == a_database(tmp_path).stat().st_mode & 0o777


def test_a_database_in_no_folder_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="There is no folder"),
        SqliteStore(path=tmp_path / "nowhere" / "roundup.db").to_write(),
    ):
        raise AssertionError("it was made")


def test_a_lock_is_one_runs_and_is_let_go(tmp_path: Path) -> None:
    store = SqliteStore(path=tmp_path / "roundup.db")
    with store.only_run() as first, store.only_run() as second:
        assert (True, False) == (first, second)
    with store.only_run() as third:
        assert third

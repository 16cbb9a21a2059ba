"""The schema on PostgreSQL is the sum of the same migrations, whoever comes first makes it, and looking does not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine

from roundup.errors import HeldError, StoreError
from roundup.store.postgresql import PostgresStore
from roundup.store.schema import metadata
from tests.builders import INSTANT
from tests.migrations.test_schema import (
    REVISIONS,
    VERSIONS,
    a_database_of,
    a_piece_of_the_third_version,
    as_it_is_now,
    check_migrated,
    described,
    leaves_and_is_back,
    somebody_of_the_version,
)
from tests.postgres import Cluster

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"


@pytest.fixture
def migrated(cluster: Cluster, name: str, tmp_path: Path) -> str:
    """The same, as the first run leaves it."""
    with PostgresStore(cluster.url(name), directory=tmp_path).to_write():
        return name


def engine_of(cluster: Cluster, name: str) -> Engine:
    return create_engine(cluster.url(name).replace("postgresql:", "postgresql+psycopg:"))


@pytest.fixture
def as_migrated(cluster: Cluster, migrated: str) -> Iterator[Engine]:
    engine = engine_of(cluster, migrated)
    yield engine
    engine.dispose()


def test_all_migrations_together_make_exactly_the_schema(as_migrated: Engine) -> None:
    with as_migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert [] == compare_metadata(context, metadata)


def test_migrated_and_fresh_are_the_same_to_the_last_default(cluster: Cluster, as_migrated: Engine) -> None:
    fresh = engine_of(cluster, cluster.make_database())
    metadata.create_all(fresh)
    made = described(as_migrated)

    assert described(fresh) == made
    assert len(made) > 70


def test_what_tells_things_apart_is_compared_octet_by_octet(cluster: Cluster, migrated: str) -> None:
    keyed = cluster.run(
        "SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE attcollation = '\"C\"'::regcollation AND relnamespace = 'public'::regnamespace",
        migrated,
    )

    assert {("subscribers.compared",), ("carried.identity",), ("pieces.id",)} <= set(keyed)


def test_many_that_begin_at_once_make_one_database(cluster: Cluster, name: str, tmp_path: Path) -> None:
    def begin(number: int) -> int:
        with PostgresStore(cluster.url(name), directory=tmp_path / str(number)).to_write() as ledgers:
            return len(ledgers.archive.all())

    with ThreadPoolExecutor(6) as pool:
        assert [0] * 6 == list(pool.map(begin, range(6)))
    assert [(1,)] == cluster.run("SELECT count(*) FROM alembic_version", name)


def test_looking_at_an_empty_database_makes_nothing_in_it(cluster: Cluster, name: str, tmp_path: Path) -> None:
    with PostgresStore(cluster.url(name), directory=tmp_path).to_read() as ledgers:
        assert [] == list(ledgers.archive.all())

    assert [] == cluster.run(TABLES, name)
    assert [] == list(tmp_path.iterdir())


def test_reading_writes_nothing_even_if_asked_to(cluster: Cluster, migrated: str, tmp_path: Path) -> None:
    with (
        PostgresStore(cluster.url(migrated), directory=tmp_path).to_read() as ledgers,
        pytest.raises(StoreError, match="It may only be read here"),
    ):
        ledgers.memory.begin(INSTANT)

    assert [] == cluster.run("SELECT * FROM newsletter", migrated)


@pytest.mark.parametrize("to_write", [True, False])
def test_a_database_of_a_newer_version_is_refused(
    cluster: Cluster, migrated: str, tmp_path: Path, *, to_write: bool
) -> None:
    cluster.run("UPDATE alembic_version SET version_num = '9999'", migrated)
    store = PostgresStore(cluster.url(migrated), directory=tmp_path)
    with (
        pytest.raises(StoreError, match=rf"The PostgreSQL database {migrated} .* was made by a newer roundup"),
        store.to_write() if to_write else store.to_read(),
    ):
        raise AssertionError("a newer database was opened")


def test_a_database_of_an_older_version_is_migrated_by_a_run_and_not_by_looking(
    cluster: Cluster, name: str, tmp_path: Path
) -> None:
    # The oldest there is: before the first version.
    cluster.run("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", name)
    store = PostgresStore(cluster.url(name), directory=tmp_path)
    with pytest.raises(StoreError, match="was made by an older roundup than this one"), store.to_read():
        raise AssertionError("an older database was opened")
    with store.to_write():
        pass
    with store.to_read() as ledgers:
        assert [] == list(ledgers.archive.all())


def test_pieces_of_the_third_version_are_kept(cluster: Cluster, name: str, tmp_path: Path) -> None:
    engine = engine_of(cluster, name)
    with engine.begin() as connection:
        a_piece_of_the_third_version(connection)
    engine.dispose()
    with PostgresStore(cluster.url(name), directory=tmp_path).to_write() as ledgers:
        assert as_it_is_now() == list(ledgers.memory.pieces("The Lantern"))


@pytest.mark.parametrize("version", VERSIONS)
def test_people_of_every_version_are_kept(cluster: Cluster, name: str, tmp_path: Path, version: str) -> None:
    engine = engine_of(cluster, name)
    with engine.begin() as connection:
        somebody_of_the_version(connection, version)
    engine.dispose()
    with PostgresStore(cluster.url(name), directory=tmp_path).to_write() as ledgers:
        assert ["left", "active", "1"] == leaves_and_is_back(ledgers)


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_schema_becomes_this_one(cluster: Cluster, name: str, tmp_path: Path, revision: str) -> None:
    engine = engine_of(cluster, name)
    with engine.begin() as connection:
        a_database_of(connection, revision)
    engine.dispose()
    with PostgresStore(cluster.url(name), directory=tmp_path).to_write() as ledgers:
        check_migrated(ledgers)
    fresh = engine_of(cluster, cluster.make_database())
    metadata.create_all(fresh)

    assert described(fresh) == described(engine_of(cluster, name))


@contextmanager
def whoever_is_killed() -> Iterator[Callable[[str, Path, int], tuple[int, int]]]:
    """See `tests.migrations.killed_statement`."""
    words = [sys.executable, "-W", "error", "-m", "tests.migrations.killed_statement"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def opened(url: str, folder: Path, last: int) -> tuple[int, int]:
            stdin.write(json.dumps([url, str(folder), last]) + "\n")
            code, number = json.loads(stdout.readline())
            return code, number

        yield opened
        stdin.close()


def test_a_migration_that_is_killed_was_not_or_is_whole(cluster: Cluster, tmp_path: Path) -> None:
    def old() -> str:
        name = cluster.make_database()
        engine = engine_of(cluster, name)
        with engine.begin() as connection:
            a_database_of(connection, REVISIONS[0])
        engine.dispose()
        return name

    found = set()
    with whoever_is_killed() as opens:
        code, count = opens(cluster.url(old()), tmp_path, 0)
        assert 0 == code
        for last in range(1, count + 1) if os.environ.get("WHOLE") else (1, count // 3, count - 1, count):
            name = old()
            assert (-signal.SIGKILL, last) == opens(cluster.url(name), tmp_path, last)
            ((revision,),) = cluster.run("SELECT version_num FROM alembic_version", name)
            found.add(revision)
            with PostgresStore(cluster.url(name), directory=tmp_path).to_write() as ledgers:
                check_migrated(ledgers)
    assert REVISIONS[0] in found <= {REVISIONS[0], REVISIONS[-1]}


@pytest.mark.parametrize("to_write", [True, False])
def test_a_database_that_is_gone_holds_what_would_begin_anew(
    cluster: Cluster, migrated: str, tmp_path: Path, *, to_write: bool
) -> None:
    store = PostgresStore(cluster.url(cluster.make_database()), directory=tmp_path)
    with (
        pytest.raises(HeldError, match=r"is empty, but this newsletter has had a database .* delete .*postgresql\."),
        store.to_write() if to_write else store.to_read(),
    ):
        raise AssertionError("it began anew")
    (tmp_path / ".roundup.postgresql").unlink()
    with store.to_write() if to_write else store.to_read() as ledgers:
        assert [] == list(ledgers.archive.all())

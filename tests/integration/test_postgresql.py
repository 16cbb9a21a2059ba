"""The store on a real PostgreSQL server: one run at a time, lost connections, and what is said of them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import insert, select, update
from sqlalchemy.engine.interfaces import DBAPICursor

from roundup.errors import SettingsError, StoreError
from roundup.list_changes import Changes
from roundup.model import Status
from roundup.store.database import Database, Prepared, asked
from roundup.store.postgresql import PostgresStore
from roundup.store.postgresql_sentences import meaning
from roundup.store.postgresql_server import Server
from roundup.store.schema import newsletter
from tests.builders import INSTANT, list_rows
from tests.contract.ledgers import IMPLEMENTATIONS
from tests.lists import by_key, leave
from tests.newsletters import free_port
from tests.postgres import PASSWORD, Cluster, a_cluster, the_cluster

HOLDER = """
import sys, time
from pathlib import Path
from roundup.store.postgresql import PostgresStore
with PostgresStore(sys.argv[1], directory=Path(sys.argv[2])).only_run() as ours:
    print(ours, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def url(cluster: Cluster) -> str:
    """The address of a ready database."""
    return cluster.url(cluster.make_ready_database())


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    server = Server(url=url)
    manner = server.manner()
    database = Database(server.engine(manner), manner)
    yield database
    database.close()


def name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


# One run at a time -----------------------------------------------------------------------------------------------


def test_a_lock_is_one_runs_and_is_let_go(url: str, tmp_path: Path) -> None:
    here, there = (PostgresStore(url, directory=tmp_path) for _ in range(2))
    with here.only_run() as first, there.only_run() as second, here.only_run() as third:
        assert (True, False, False) == (first, second, third)
    with there.only_run() as fourth:
        assert fourth


def test_newsletters_in_two_schemas_of_a_database_do_not_wait_for_each_other(
    cluster: Cluster, url: str, tmp_path: Path
) -> None:
    cluster.run("CREATE SCHEMA other", name_of(url))
    other = PostgresStore(f"{url}&options=-csearch_path%3Dother", directory=tmp_path)
    with PostgresStore(url, directory=tmp_path).only_run() as first, other.only_run() as second:
        assert (True, True) == (first, second)


def test_the_lock_of_a_killed_run_is_free_within_a_second(url: str, tmp_path: Path) -> None:
    store = PostgresStore(url, directory=tmp_path)
    command = [sys.executable, "-c", HOLDER, url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with store.only_run() as ours:
            assert not ours
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        killed = time.monotonic()
        while True:
            with store.only_run() as ours:
                if ours:
                    break
            assert time.monotonic() - killed < 1


def test_a_run_that_loses_its_lock_writes_nothing_more(cluster: Cluster, url: str, tmp_path: Path) -> None:
    store, other = (PostgresStore(url, directory=tmp_path) for _ in range(2))
    with store.only_run() as ours, store.to_write() as ledgers:
        assert ours
        ledgers.subscribers.note_trouble("written while it was ours")
        cluster.cut_lock_holders(name_of(url))
        for said in ("The connection was lost", "that held the lock was lost", "that held the lock was lost"):
            with pytest.raises(StoreError, match=said):
                ledgers.subscribers.note_trouble("written when it was not")
        assert "written while it was ours" == ledgers.subscribers.trouble(), "it may still read"
        with other.only_run() as theirs, other.to_write() as others:
            assert theirs
            others.subscribers.note_trouble("written by the next run")
    assert [("written by the next run",)] == cluster.run("SELECT list_trouble FROM newsletter", name_of(url))


# Transactions ----------------------------------------------------------------------------------------------------


def test_a_turn_runs_prepared_statements_and_is_whole_or_not_at_all(database: Database) -> None:
    one = asked("id")
    write = database.prepared(insert(newsletter).values(id=one, began=asked("at"), list_trouble=asked("text")))
    change = database.prepared(
        update(newsletter).where(newsletter.c.id == one).values(list_trouble="changed", gathered_at=None)
    )
    read = database.prepared(select(newsletter.c.id).where(newsletter.c.list_trouble == "changed"))
    with database.turn() as cursor:
        rows = [{"asked_id": number, "asked_at": INSTANT, "asked_text": "%s \0 '"} for number in range(1, 11)]
        assert 10 == write.run_for_each(cursor, rows)
        assert 3 == change.run_for_each(cursor, [{"asked_id": number} for number in (1, 2, 3, 99)])
        assert 1 == change.run(cursor, {"asked_id": 4}).rowcount
    with pytest.raises(errors.ProgrammingError), database.turn() as cursor:
        change.run_for_each(cursor, [{"asked_id": 5}, {}])
    with database.turn() as cursor:
        assert [(1,), (2,), (3,), (4,)] == sorted(read.run(cursor, {}).fetchall())
    with database.reading() as connection:
        row = connection.execute(select(newsletter).where(newsletter.c.id == 10)).one()
        assert (INSTANT, "%s \0 '") == (row.began, row.list_trouble)


def test_after_a_lost_connection_the_next_turn_has_a_new_one(cluster: Cluster, url: str, database: Database) -> None:
    read = database.prepared(select(newsletter.c.id))
    with database.turn() as cursor:
        read.run(cursor, {})
    with pytest.raises(StoreError, match="The connection was lost"), database.turn() as cursor:
        _cut_off(cluster, url, read, cursor)
    with database.turn() as cursor:
        assert [] == read.run(cursor, {}).fetchall()


def _cut_off(cluster: Cluster, url: str, read: Prepared, cursor: DBAPICursor) -> None:
    cluster.cut_lock_holders(name_of(url))
    read.run(cursor, {})


def test_a_server_that_was_started_anew_costs_no_turn_and_no_look(tmp_path: Path) -> None:
    the_cluster()
    with a_cluster() as cluster:
        url = cluster.url(cluster.make_ready_database())
        with PostgresStore(url, directory=tmp_path).to_write() as ledgers:
            key = ledgers.subscribers.add("ada@lantern.example", "", at=INSTANT).key
            for status in (Status.ACTIVE, Status.LEFT, Status.LEFT):
                found = by_key(ledgers.subscribers, key)
                assert found is not None
                assert found.status is status
                cluster.stop()
                cluster.start()
                left = leave(ledgers.subscribers, key, at=INSTANT)
                assert left is not None
                assert left.status is Status.LEFT
                cluster.stop(number=signal.SIGQUIT)
                cluster.start()
            cluster.stop()
            with pytest.raises(StoreError, match=r"cannot be reached|The connection was lost"):
                leave(ledgers.subscribers, key, at=INSTANT)
            cluster.start()


def test_a_run_that_loses_its_lock_takes_no_turn_with_another_connection(
    cluster: Cluster, url: str, tmp_path: Path
) -> None:
    store = PostgresStore(url, directory=tmp_path)
    with store.only_run() as ours, store.to_write() as ledgers:
        assert ours
        key = ledgers.subscribers.add("ada@lantern.example", "", at=INSTANT).key
        leave(ledgers.subscribers, key, at=INSTANT)
        cluster.cut_lock_holders(name_of(url))
        for _ in range(2):
            with pytest.raises(StoreError, match="that held the lock was lost"):
                leave(ledgers.subscribers, key, at=INSTANT)


def test_texts_come_back_as_they_were_and_in_the_same_order_everywhere(tmp_path: Path) -> None:
    emails = ["b-a@example.org", "ba@example.org", "b_a@example.org", "z@example.org", "é@example.org"]
    names = ["NUL \0", "\ufdd0", "\ufdd00 \ufdd01 \0", "Zoë", ""]
    found = {}
    for name, opening in IMPLEMENTATIONS.items():
        folder = tmp_path / name
        folder.mkdir()
        with opening(folder) as ledgers:
            new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
            ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)
            for text in names:
                ledgers.subscribers.note_trouble(text)
                assert text == ledgers.subscribers.trouble()
            found[name] = [person.email for person in ledgers.subscribers.all()]

    assert found["SQLite file"] == found["SQLite in memory"] == found["PostgreSQL"]


# What is said ----------------------------------------------------------------------------------------------------


def refused(url: str, folder: Path) -> str:
    with (
        pytest.raises(StoreError) as error,
        PostgresStore(url, directory=folder).to_write(),
    ):
        raise AssertionError("it was opened")
    return str(error.value)


def test_a_server_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    port = free_port()
    said = refused(f"postgresql://ada:hunter2@127.0.0.1:{port}/news", tmp_path)

    assert said.startswith(f"The PostgreSQL database news on 127.0.0.1 (port {port}) cannot be reached: ")
    assert "Connection refused. Is the server running, and does [store] url" in said
    assert "hunter2" not in said


def test_a_wrong_or_missing_password_is_told_with_where_it_belongs(cluster: Cluster, tmp_path: Path) -> None:
    wrong = refused(cluster.tcp_url("postgres", password="hunter2"), tmp_path)
    missing = refused(cluster.tcp_url("postgres"), tmp_path)

    for said in (wrong, missing):
        assert "The password belongs into ROUNDUP_DATABASE_URL (the whole address), PGPASSWORD or ~/.pgpass" in said
        assert "hunter2" not in said
    with PostgresStore(cluster.tcp_url("postgres", password=PASSWORD), directory=tmp_path).to_read():
        pass


def test_a_database_that_was_never_made_and_a_full_server_are_told(cluster: Cluster, tmp_path: Path) -> None:
    assert 'database "nowhere" does not exist. Make it on the server' in refused(cluster.url("nowhere"), tmp_path)
    cluster.run("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0")
    full = refused(cluster.url("postgres").replace("roundup@", "lonely@"), tmp_path)
    assert "The server takes no more connections" in full


def test_a_user_without_rights_is_told_what_is_lacking(cluster: Cluster, tmp_path: Path) -> None:
    cluster.run("CREATE ROLE reader LOGIN")
    url = cluster.url(cluster.make_database()).replace("roundup@", "reader@")

    assert "permission denied for schema public. The user must own the tables" in refused(url, tmp_path)


def test_an_address_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as error:
        PostgresStore("postgresql://ada:hunter2@[db.example/news", directory=tmp_path)

    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.DiskFull("could not extend file"), "The server's disk is full."),
        (errors.TooManyConnections("sorry"), "takes no more connections"),
        (errors.LockNotAvailable("canceling"), "Another command has kept it busy"),
        (errors.AdminShutdown("terminating"), "The connection was lost"),
        (errors.OperationalError("the connection is closed"), "The connection was lost"),
        (errors.DataCorrupted("bad page"), "It may be damaged"),
        (errors.DeadlockDetected("deadlock detected"), "Run it again"),
        (errors.UniqueViolation("twice"), None),
        (errors.UndefinedColumn("no such column"), None),
    ],
)
def test_what_goes_wrong_on_the_server_is_told_and_our_own_mistakes_are_not(error: Exception, said: str | None) -> None:
    told = meaning("PostgreSQL database news on db.example (port 5432)", error)

    assert told is None if said is None else said in str(told)

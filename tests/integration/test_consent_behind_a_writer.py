"""A turn that had to wait for another writer reads consent again: somebody may have left behind that writer's back."""

import sqlite3
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from roundup.journal import Turn
from roundup.store import Store
from roundup.store.postgresql import PostgresStore
from roundup.store.postgresql_server import WRITE_LOCK
from roundup.store.sqlite import SqliteStore
from tests.fakes.journals import a_run, states
from tests.postgres import the_cluster


def _leave_slowly(database: Path, locked: threading.Event) -> None:
    """Somebody leaves in a transaction that takes its time, as one behind a freeze or an import does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE subscribers SET status = 'left' WHERE email = 'bo@lantern.example'")
        locked.set()
        time.sleep(0.6)
        connection.execute("COMMIT")


def _leave_slowly_on_a_server(url: str, locked: threading.Event) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})".encode())
        connection.execute("UPDATE subscribers SET status = 'left' WHERE email = 'bo@lantern.example'")
        locked.set()
        time.sleep(0.6)


@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_who_left_while_a_turn_waited_is_not_offered_anything(tmp_path: Path, engine: str) -> None:
    path, locked = tmp_path / "roundup.db", threading.Event()
    store: Store = SqliteStore(path=path)
    leave = partial(_leave_slowly, path, locked)
    if engine == "PostgreSQL":
        url = the_cluster().url(the_cluster().make_ready_database())
        store, leave = PostgresStore(url, directory=tmp_path), partial(_leave_slowly_on_a_server, url, locked)
    with store.to_write() as ledgers:
        run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
        ada, bo = run.claim(2)
        leaving = threading.Thread(target=leave)
        leaving.start()
        assert locked.wait(20)
        granted = run.turn(Turn(offering=[ada, bo]))
        leaving.join()

        assert granted.gone == {bo.subscriber}
        assert run.recover() == 1, "ada alone was marked as being offered it"
        assert states(ledgers, run.issue) == {"unknown": 1, "planned": 1}

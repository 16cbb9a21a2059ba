"""A turn that had to wait for another writer reads consent again: somebody may have left behind that writer's back."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from roundup.journal import Turn
from roundup.store.sqlite import SqliteStore
from tests.fakes.journals import a_run, states


def _leave_slowly(database: Path, locked: threading.Event) -> None:
    """Somebody leaves in a transaction that takes its time, as one behind a freeze or an import does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE subscribers SET status = 'left' WHERE email = 'bo@lantern.example'")
        locked.set()
        time.sleep(0.6)
        connection.execute("COMMIT")


def test_who_left_while_a_turn_waited_is_not_offered_anything(tmp_path: Path) -> None:
    path = tmp_path / "roundup.db"
    with SqliteStore(path=path).to_write() as ledgers:
        run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
        ada, bo = run.claim(2)
        locked = threading.Event()
        leaving = threading.Thread(target=_leave_slowly, args=(path, locked))
        leaving.start()
        assert locked.wait(20)
        granted = run.turn(Turn(offering=[ada, bo]))
        leaving.join()

        assert granted.gone == {bo.subscriber}
        assert run.recover() == 1, "ada alone was marked as being offered it"
        assert states(ledgers, run.issue) == {"unknown": 1, "planned": 1}

"""What a database that a restore replaces knows of people, taken into the one that replaces it."""

from datetime import timedelta
from pathlib import Path

import pytest

from roundup.model import Status
from roundup.store import lost_time
from roundup.store.sqlite import SqliteStore
from tests.builders import INSTANT, SECRET
from tests.lists import leave

ADA = "ada@lantern.example"


def a_database(path: Path, *, days: int, left: bool = False) -> SqliteStore:
    """One in which Ada was put on the list so many days later, and then may have left."""
    path.parent.mkdir()
    store = SqliteStore(path=path)
    with store.to_write() as ledgers:
        at = INSTANT + timedelta(days=days)
        ledgers.subscribers.add(ADA, "", at=at)
        (person,) = ledgers.subscribers.all()
        if left:
            leave(ledgers.subscribers, person.key, at=at + timedelta(hours=1))
    return store


@pytest.mark.parametrize("days", [-1, 1])
def test_who_left_has_left_whatever_a_clock_said(tmp_path: Path, days: int) -> None:
    new = a_database(tmp_path / "new" / "roundup.db", days=0)
    a_database(tmp_path / "old" / "roundup.db", days=days, left=True)
    changed = lost_time.take_along(
        tmp_path / "new" / "roundup.db", tmp_path / "old" / "roundup.db", SECRET.forgotten, at=INSTANT
    )

    with new.to_read() as ledgers:
        (person,) = ledgers.subscribers.all()
    assert (1, Status.LEFT) == (changed, person.status)

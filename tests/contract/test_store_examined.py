"""A database is looked at without being changed, whichever it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from roundup.errors import HeldError
from roundup.store import Examination, Store
from roundup.store.postgresql import PostgresStore
from roundup.store.sqlite import SqliteStore
from tests.postgres import the_cluster


def _sqlite(folder: Path) -> Store:
    return SqliteStore(path=folder / "roundup.db")


def _postgresql(folder: Path) -> Store:
    cluster = the_cluster()
    return PostgresStore(cluster.url(cluster.make_database()), directory=folder)


@pytest.mark.parametrize("made", [_sqlite, _postgresql])
def test_one_that_is_not_there_yet_is_made_by_nobody_who_looks(made: Callable[[Path], Store], tmp_path: Path) -> None:
    store = made(tmp_path)
    assert Examination(exists=False) == store.examine() == store.examine()
    assert [] == [*tmp_path.iterdir()]
    with store.to_write():
        pass
    assert store.examine() == Examination(exists=True)


def test_one_that_is_gone_is_told(tmp_path: Path) -> None:
    store = _sqlite(tmp_path)
    with store.to_write():
        pass
    (tmp_path / "roundup.db").unlink()
    with pytest.raises(HeldError, match="is gone or empty"):
        store.examine()


def test_a_page_that_is_overwritten_is_damage(tmp_path: Path) -> None:
    store = _sqlite(tmp_path)
    with store.to_write():
        pass
    path = tmp_path / "roundup.db"
    octets = bytearray(path.read_bytes())
    octets[-4096:-3996] = b"\xff" * 100
    path.write_bytes(octets)
    assert "age " in store.examine().damage

"""The implementations of the ledgers that the contract is tried on. A new one is one line in `IMPLEMENTATIONS`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from roundup.store import Ledgers
from roundup.store.sqlite import SqliteStore
from tests.fakes.stores import ledgers_in_memory
from tests.postgres import ledgers_on_postgresql

#: Opens empty ledgers, given a folder that is theirs alone; fast enough to be done for each example of a property.
Opening = Callable[[Path], AbstractContextManager[Ledgers]]


def _sqlite_file(folder: Path) -> AbstractContextManager[Ledgers]:
    return SqliteStore(path=folder / "roundup.db").to_write()


def _sqlite_in_memory(_folder: Path) -> AbstractContextManager[Ledgers]:
    return ledgers_in_memory()


IMPLEMENTATIONS: dict[str, Opening] = {
    "SQLite file": _sqlite_file,
    "SQLite in memory": _sqlite_in_memory,
    "PostgreSQL": ledgers_on_postgresql,
}

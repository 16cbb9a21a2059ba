"""The ledgers in a SQLite file beside roundup.toml."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from roundup.errors import HeldError, StoreError
from roundup.store import Ledgers
from roundup.store.database import Database, open_to_read, open_to_write
from roundup.store.deliveries import SqlJournal
from roundup.store.issues import SqlArchive
from roundup.store.people import SqlSubscriberBook
from roundup.store.pieces import SqlMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteStore:
    """Implements `roundup.store.Store`."""

    path: Path
    #: See `database.open_to_write`.
    durable: bool = True

    @property
    def _lock_file(self) -> Path:
        return self.path.parent / f".{self.path.name}.lock"

    @contextmanager
    def to_write(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        self._check_not_lost()
        database = open_to_write(self.path, durable=self.durable)
        if not self._had_database():
            self._lock_file.write_text("There is a database beside this file.\n", encoding="ascii")
        yield from _opened(database)

    @contextmanager
    def to_read(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        self._check_not_lost()
        yield from _opened(open_to_read(self.path))

    def _had_database(self) -> bool:
        return self._lock_file.exists() and self._lock_file.stat().st_size > 0

    def _check_not_lost(self) -> None:
        """Without the database, who left would be mailed again, and what was sent sent again (values 1 and 2)."""
        if self._had_database() and (not self.path.exists() or self.path.stat().st_size == 0):
            raise HeldError(
                f"{self.path} is gone or empty, and with it who has left and what was sent. Bring it back from a "
                f"backup. To begin anew in spite of that, delete it and {self._lock_file}."
            )

    @contextmanager
    def only_run(self) -> Iterator[bool]:
        """See `Store`. A `flock`, not a file with a process number: the kernel lets go of it when its holder dies.

        It is a file of its own, because closing any other handle on a database drops SQLite's locks on it.
        """
        if not self.path.parent.is_dir():
            raise StoreError(f"There is no folder {self.path.parent} for the database. Make it, or mend [store] url.")
        with self._lock_file.open("a", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def _opened(database: Database) -> Iterator[Ledgers]:
    try:
        yield Ledgers(
            memory=SqlMemory(database),
            archive=SqlArchive(database),
            journal=SqlJournal(database),
            subscribers=SqlSubscriberBook(database),
        )
    finally:
        database.close()

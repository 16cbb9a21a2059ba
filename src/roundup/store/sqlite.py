"""The ledgers in a SQLite file beside roundup.toml."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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

    @contextmanager
    def to_write(self) -> Iterator[Ledgers]:
        """See `Store`."""
        yield from _opened(open_to_write(self.path, durable=self.durable))

    @contextmanager
    def to_read(self) -> Iterator[Ledgers]:
        """See `Store`."""
        yield from _opened(open_to_read(self.path))

    @contextmanager
    def only_run(self) -> Iterator[bool]:
        """See `Store`. A `flock`, not a file with a process number: the kernel lets go of it when its holder dies.

        It is a file of its own, because closing any other handle on a database drops SQLite's locks on it.
        """
        with (self.path.parent / f".{self.path.name}.lock").open("w") as lock:
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

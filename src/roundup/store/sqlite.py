"""The ledgers in a SQLite file beside roundup.toml."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from roundup.errors import HeldError, StoreError
from roundup.store import Examination, Ledgers, memo
from roundup.store.copies import copy
from roundup.store.ledgers import ledgers_over
from roundup.store.sqlite_file import examine, open_to_read, open_to_write
from roundup.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteStore:
    """Implements `roundup.store.Store`."""

    path: Path
    #: See `sqlite_file.open_to_write`.
    durable: bool = True

    @property
    def name(self) -> str:
        """See `Store`."""
        return str(self.path)

    @property
    def _lock_file(self) -> Path:
        return memo.of_sqlite(self.path)

    @contextmanager
    def to_write(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        self._check_not_lost()
        database = open_to_write(self.path, durable=self.durable)
        if not memo.is_kept(self._lock_file):
            memo.keep(self._lock_file, "beside this file")
        with ledgers_over(database) as ledgers:
            yield ledgers

    @contextmanager
    def to_read(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        self._check_not_lost()
        with ledgers_over(open_to_read(self.path)) as ledgers:
            yield ledgers

    def _check_not_lost(self) -> None:
        """See `memo`."""
        if self.path.exists() and self.path.stat().st_size:
            return
        if memo.is_kept(self._lock_file):
            raise HeldError(
                f"{self.path} is gone or empty, and with it who has left and what was sent. Bring it back from a "
                f"backup. To begin anew in spite of that, delete it and {self._lock_file}."
            )
        memo.check_not_left_behind(self.path.parent, str(self.path))

    def copy(self, target: Path) -> None:
        """See `Store`."""
        if not self.path.is_file():
            raise StoreError(say("There is no database {path} yet: nothing to keep.", path=self.path))
        copy(self.path, target)

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

    def examine(self) -> Examination:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        self._check_not_lost()
        return examine(self.path)

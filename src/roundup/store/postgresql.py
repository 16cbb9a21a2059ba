"""The ledgers in a PostgreSQL database, for lists too large for a file or for work on more than one machine.

While a run holds the lock, it writes through the connection that holds it, and through no other. So a lock that is
lost (the server restarted, the line cut, the session ended by an administrator) takes the way of writing with it: there
is no moment in which this run could write and another one begin.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.pool import StaticPool

from roundup.batches import BATCH
from roundup.errors import StoreError
from roundup.store import Examination, Ledgers, copies, memo, migrate, moving
from roundup.store.database import Database, Writer, closed_unless_ready
from roundup.store.ledgers import ledgers_over
from roundup.store.postgresql_sentences import unusable
from roundup.store.postgresql_server import RUN_LOCK, Server, stands_between
from roundup.store.sqlite_file import in_memory, open_to_write
from roundup.words import say

if TYPE_CHECKING:
    from roundup.store.postgresql_queue import PostgresQueue


class PostgresStore:
    """Implements `roundup.store.Store`."""

    def __init__(
        self,
        url: str,
        *,
        directory: Path,
        durable: bool = True,
        queue: "PostgresQueue | None" = None,
        size: int = BATCH,
    ) -> None:
        """`url`: `postgresql://user@host/database`. `directory`: the newsletter's, where it is remembered that there
        is a database. `queue`: where deliveries are left to workers, in batches of `size`. Raises `SettingsError` if
        the address cannot be read."""
        self._server = Server(url=url, durable=durable)
        self._queue = queue
        self._size = size
        self._server.words()
        self._directory = directory
        #: What the run writes through while it holds the lock.
        self._held: Writer | None = None

    # Opening -----------------------------------------------------------------------------------------------------

    @contextmanager
    def to_write(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        manner = self._server.manner()
        database = Database(self._server.engine(manner), manner, writer=self._held)
        with closed_unless_ready(database):
            self._make_ready(database)
        with ledgers_over(database, queue=self._queue, size=self._size) as ledgers:
            yield ledgers

    @contextmanager
    def to_read(self) -> Iterator[Ledgers]:
        """See `Store`. Raises `HeldError` if a database was here and is gone."""
        manner = self._server.manner(read_only=True)
        database = Database(self._server.engine(manner), manner)
        with closed_unless_ready(database), database.reading() as connection:
            there = migrate.has_tables(connection)
            if not there:
                memo.check_not_left_behind(self._directory, self.name)
            else:
                self._check_current(connection)
        if not there:
            database.close()
        queue = self._queue if there else None
        with ledgers_over(database if there else in_memory(), queue=queue, size=self._size) as ledgers:
            yield ledgers

    def _check_current(self, connection: Connection) -> None:
        if not migrate.is_current(connection, self.name):
            raise StoreError(
                f"{self.name} was made by an older roundup than this one. The next `roundup run` "
                "brings it up to date; until then, look at it with the version that made it."
            )

    def is_there(self) -> bool:
        """Whether any roundup was ever here. Raises `StoreError`."""
        with self.as_it_is() as database, database.reading() as connection:
            return migrate.has_tables(connection)

    def copy(self, target: Path) -> None:
        """See `Store`."""
        with self.as_it_is() as database, database.reading() as everything:
            if not migrate.has_tables(everything):
                raise StoreError(say("There is no database {path} yet: nothing to keep.", path=self.name))
            self._check_current(everything)
            # A power cut takes the whole copy: it is on the disk when it is put into one file.
            with closing(open_to_write(target, durable=False)) as made:
                moving.copy(everything, made.writing)
                with made.reading() as copied:
                    moving.compare(everything, copied)
        copies.in_one_file(target)
        copies.to_disk(target)

    def examine(self) -> Examination:
        """See `Store`. What is damaged on a server, the server says. Raises `HeldError` if a database was here and is
        gone."""
        manner = self._server.manner(read_only=True)
        database = Database(self._server.engine(manner), manner)
        try:
            with database.reading() as connection:
                there = migrate.has_tables(connection)
                current = not there or migrate.is_current(connection, self.name)
                standby = bool(connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar())
        finally:
            database.close()
        if not there:
            memo.check_not_left_behind(self._directory, self.name)
        return Examination(exists=there, current=current, read_only=standby)

    def _make_ready(self, database: Database) -> None:
        """Make or migrate the tables. Who comes second finds it done: transactions that write take turns."""
        with database.reading() as connection:
            there, current = migrate.has_tables(connection), migrate.is_current(connection, self.name)
            queued = self._queue is None or self._queue.is_ready(connection)
        if not there:
            memo.check_not_left_behind(self._directory, self.name)
        if not current:
            with database.writing() as connection:
                migrate.upgrade(connection, self.name)
        if self._queue is not None and not queued:
            with database.writing() as connection:
                self._queue.make_ready(connection)
        note = memo.of_postgresql(self._directory)
        if not memo.is_kept(note):
            # A directory that may not be written to remembers nothing; that is no reason not to work.
            with suppress(OSError):
                memo.keep(note, "on PostgreSQL")

    @contextmanager
    def as_it_is(self) -> Iterator[Database]:
        """The database, whatever is in it, for who fills or replaces it while holding the lock. Raises `StoreError`."""
        manner = self._server.manner()
        with closing(Database(self._server.engine(manner), manner, writer=self._held)) as database:
            yield database

    @property
    def server(self) -> Server:
        """Where it is."""
        return self._server

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"The {self._server.called}"

    # One run at a time -------------------------------------------------------------------------------------------

    @contextmanager
    def only_run(self) -> Iterator[bool]:
        """See `Store`. An advisory lock of a session of its own: the server lets go of it when its holder dies."""
        connections = iter([self._server.connect])

        def connect_once(context: Any) -> "psycopg.Connection[Any]":
            for connect in connections:
                return connect(context)
            raise StoreError(
                f"The connection to the {self._server.called} that held the lock was lost while this run was at work. "
                "Nothing more was written or sent. Run the command again: it goes on where this one stopped."
            )

        manner = self._server.manner()
        engine = self._server.engine(manner, connect_once, StaticPool)
        try:
            ours = self._try_to_lock(engine)
            if ours and self._held is None:
                self._held = Writer(engine)
            yield ours
        finally:
            if self._held is not None and self._held.engine is engine:
                self._held = None
            engine.dispose()

    def _try_to_lock(self, engine: Engine) -> bool:
        session = engine.raw_connection()
        raw = session.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("not a connection of psycopg")
        try:
            if stands_between(raw):
                raise StoreError(
                    f"Between here and the {self._server.called} stands a connection pooler, through which nobody can "
                    "hold a lock. Give roundup the server's own address and port."
                )
            found = raw.execute(f"SELECT pg_try_advisory_lock({RUN_LOCK})").fetchone()
        except psycopg.Error as error:
            raise StoreError(unusable(self._server.called, error)) from error
        finally:
            session.close()
        return found is not None and bool(found[0])

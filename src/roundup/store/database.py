"""One SQLite database: how it is opened, and its transactions. The only file that knows the engine.

`synchronous=FULL` in WAL mode: what was committed survives a power cut. With NORMAL, 92 of 150 simulated power cuts
ended with somebody mailed twice; FULL had none. Writing transactions begin with `BEGIN IMMEDIATE`, because a reader
that turns writer fails at once, whatever the timeout (a known fault of many SQLite programs). They are short: none is
open while a message is offered.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Connection, Engine, bindparam, create_engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection, StaticPool
from sqlalchemy.sql.compiler import SQLCompiler

from roundup.errors import StoreError
from roundup.store import migrate

_BUSY_SECONDS = 30
_ASKED = "asked_"


def asked(name: str) -> BindParameter[Any]:
    """A value of a `Prepared` statement that is given at each execution, as `asked_NAME`."""
    return bindparam(_ASKED + name, required=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement compiled once for one driver: SQLAlchemy's own way costs 60 µs at every execution, which is more
    than a message may cost."""

    sql: str
    #: Picks the values in their order, for a driver that numbers them; None for one that names them.
    in_order: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None
    #: The values that stand in the statement itself.
    fixed: Mapping[str, Any]
    #: What makes the driver's value of ours, for the few that need it.
    processors: Mapping[str, Callable[[Any], Any]]

    def run(self, cursor: DBAPICursor, values: Mapping[str, Any]) -> DBAPICursor:
        """Execute it once."""
        cursor.execute(self.sql, self._filled(values))
        return cursor

    def run_for_each(self, cursor: DBAPICursor, rows: Iterable[Mapping[str, Any]]) -> int:
        """Execute it for each row of values. Returns how many rows of the table it changed in all."""
        cursor.executemany(self.sql, [self._filled(row) for row in rows])
        return cursor.rowcount

    def _filled(self, values: Mapping[str, Any]) -> Any:
        if self.fixed or self.processors:
            values = {**self.fixed, **values}
            for name, process in self.processors.items():
                values[name] = process(values[name])
        return values if self.in_order is None else self.in_order(values)


def _picking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) == 1:
        return lambda values: (values[names[0]],)
    return itemgetter(*names)


class Database:
    """A database that is ready for use: its schema is this version's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one_writer = threading.Lock()
        self._kept: PoolProxiedConnection | None = None

    def prepared(self, statement: ClauseElement) -> Prepared:
        """Compile a statement for `turn`."""
        compiled = statement.compile(dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True})
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only statements can be prepared")
        fixed = {name: value for name, value in compiled.params.items() if not name.startswith(_ASKED)}
        in_order = _picking(compiled.positiontup) if compiled.positional and compiled.positiontup else None
        processors = {
            name: process
            for name, bound in compiled.binds.items()
            if (process := bound.type.dialect_impl(self._engine.dialect).bind_processor(self._engine.dialect))
        }
        return Prepared(compiled.string, in_order, fixed, processors)

    @contextmanager
    def turn(self) -> Iterator[DBAPICursor]:
        """A transaction that writes, for `Prepared` statements, on a connection kept for them. Like `writing`, but
        without its cost: thousands a second. Raises `StoreError`."""
        with _told_plainly(), self._one_writer:
            if self._kept is None:
                self._kept = self._engine.raw_connection()
            cursor = self._kept.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                self._kept.rollback()
                raise
            self._kept.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads one state of the database. Raises `StoreError`."""
        with _told_plainly(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; committed when the block ends, rolled back when it raises. Raises `StoreError`.

        Threads of one process queue on a lock, which is fair and instant; SQLite's own waiting polls and is neither.
        """
        with _told_plainly(), self._one_writer, self._engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of the file."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._engine.dispose()


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what a full disk, a lock or a broken file makes SQLite say into a sentence. Our own mistakes (a wrong
    statement) are not caught: they are faults of the program."""
    try:
        yield
    except (exc.OperationalError, sqlite3.OperationalError) as error:
        raise StoreError(
            f"The database could not be used: {_said(error)}. Nothing that was committed is lost; once that is mended "
            "(disk full? file locked or not ours?), run the command again."
        ) from error
    except (exc.DatabaseError, sqlite3.DatabaseError) as error:
        ours = exc.IntegrityError | exc.ProgrammingError | sqlite3.IntegrityError | sqlite3.ProgrammingError
        if isinstance(error, ours):
            raise
        raise StoreError(f"The database is damaged: {_said(error)}. Restore it from a backup.") from error


def _said(error: Exception) -> str:
    """What the driver said, without what SQLAlchemy adds."""
    return str(error.orig) if isinstance(error, exc.DBAPIError) else str(error)


def open_to_write(path: Path, *, durable: bool = True) -> Database:
    """Open the database at `path`, making or migrating it first if need be. Raises `StoreError`.

    `durable`: synchronous=FULL; otherwise NORMAL, by which a power cut may cost the last few outcomes, and those
    subscribers a second copy.
    """
    if not path.parent.is_dir():
        raise StoreError(f"There is no folder {path.parent} for the database.")
    if not path.exists():
        # It holds people's addresses: nobody else's business.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    database = Database(_engine(f"sqlite:///{path}", durable=durable))
    with _closed_unless_ready(database), database.writing() as connection:
        connection.execute(text("PRAGMA user_version"))
        migrate.upgrade(connection, path)
    return database


def open_to_read(path: Path) -> Database:
    """Open the database at `path` without changing a byte of it. Raises `StoreError`.

    One that does not exist yet is an empty one in memory; one of an older version is copied to memory and migrated
    there, so that looking changes nothing even on the day of an upgrade.
    """
    if not path.exists():
        return _in_memory(None)
    database = Database(_engine(f"sqlite:///{path}", read_only=True))
    with _closed_unless_ready(database), database.reading() as connection:
        current = migrate.is_current(connection, path)
    if current:
        return database
    database.close()
    return _in_memory(path)


@contextmanager
def _closed_unless_ready(database: Database) -> Iterator[None]:
    """Let go of a database that is refused, so that no -wal and -shm file of ours stays beside it."""
    try:
        yield
    except StoreError:
        database.close()
        raise


def _in_memory(copied_from: Path | None) -> Database:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare(engine, durable=True, read_only=False)
    database = Database(engine)
    with engine.connect() as connection:
        if copied_from is not None:
            with closing(sqlite3.connect(copied_from)) as original:
                original.backup(_raw(connection))
    with database.writing() as writer:
        migrate.upgrade(writer, copied_from or Path("memory"))
    return database


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError("not a SQLite connection")
    return raw


def _engine(url: str, *, durable: bool = True, read_only: bool = False) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    _prepare(engine, durable=durable, read_only=read_only)
    return engine


def _prepare(engine: Engine, *, durable: bool, read_only: bool) -> None:
    def on_connect(raw: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling is off: we say BEGIN ourselves, below.
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        raw.execute("PRAGMA foreign_keys = ON")
        if read_only:
            # Not `mode=ro`: such a connection cannot tidy up the -wal and -shm files that it makes itself.
            raw.execute("PRAGMA query_only = ON")
        else:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")

    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)

"""One SQLite file: how it is opened, and how its transactions begin.

`synchronous=FULL` in WAL mode: what was committed survives a power cut. With NORMAL, 92 of 150 simulated power cuts
ended with somebody mailed twice; FULL had none. Writing transactions begin with `BEGIN IMMEDIATE`, because a reader
that turns writer fails at once, whatever the timeout (a known fault of many SQLite programs).
"""

import os
import sqlite3
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import StaticPool

from roundup.errors import StoreError
from roundup.store import Examination, migrate
from roundup.store.copies import copy
from roundup.store.database import BUSY_SECONDS, Database, Manner, begin_by, closed_unless_ready

#: After so many pages of 4 KB the journal (-wal) is written into the database file and begun anew. SQLite's own 1,000
#: fill a disk that has 4 MB left, with the file not grown yet and so with no way back.
_JOURNAL_PAGES = 250

#: What SQLite says to whoever writes into a database that was moved.
LEFT = "moved to PostgreSQL"


def _sentence(error: BaseException) -> str | None:
    if isinstance(error, sqlite3.OperationalError):
        return (
            f"The database could not be used: {error}. Nothing that was committed is lost; once that is mended "
            "(disk full? file locked or not ours?), run the command again."
        )
    if LEFT in str(error):
        return "This newsletter has moved to PostgreSQL meanwhile. Nothing was written. Start the command anew."
    ours = sqlite3.IntegrityError | sqlite3.ProgrammingError
    if isinstance(error, ours) or not isinstance(error, sqlite3.DatabaseError):
        return None
    return f"The database is damaged: {error}. Restore it from a backup."


_MANNER = Manner(
    begin_reading="BEGIN",
    begin_writing="BEGIN IMMEDIATE",
    begin_turn="BEGIN IMMEDIATE",
    errors=sqlite3.DatabaseError,
    sentence=_sentence,
    impatience="PRAGMA busy_timeout = 0",
    is_busy=lambda error: getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY,
    scrub="PRAGMA wal_checkpoint(TRUNCATE)",
)


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
    database = Database(_engine(f"sqlite:///{path}", durable=durable), _MANNER)
    with closed_unless_ready(database), database.writing() as connection:
        connection.execute(text("PRAGMA user_version"))
        # Nobody else writes now, and what is committed is the state before.
        migrate.upgrade(connection, str(path), keep=lambda head: copy(path, before(path, head)))
    return database


def before(path: Path, revision: str) -> Path:
    """Where the database is kept as it was before it was given the schema of `revision`: an older version goes on with
    it. One file for each schema; nobody but a person deletes it."""
    return path.with_name(f"{path.name}.before-{revision}")


def open_to_read(path: Path) -> Database:
    """Open the database at `path` without changing a byte of it. Raises `StoreError`.

    One that does not exist yet is an empty one in memory; one of an older version is copied to memory and migrated
    there, so that looking changes nothing even on the day of an upgrade.
    """
    if not path.exists():
        return in_memory()
    database = open_as_it_is(path)
    with closed_unless_ready(database), database.reading() as connection:
        current = migrate.is_current(connection, str(path))
    if current:
        return database
    database.close()
    return in_memory(path)


def open_as_it_is(path: Path) -> Database:
    """Open the database at `path` to read it, whatever schema it says it has."""
    return Database(_engine(f"sqlite:///{path}", read_only=True), _MANNER)


def examine(path: Path) -> Examination:
    """How the database at `path` stands; see `Store.examine`. Raises `StoreError`."""
    if not path.exists():
        return Examination(exists=False, read_only=not os.access(path.parent, os.W_OK))
    beside = path.with_name(f"{path.name}-wal")
    journal = beside.stat().st_size if beside.exists() else 0
    database = open_as_it_is(path)
    try:
        with database.reading() as connection:
            current = migrate.is_current(connection, str(path))
            # Without the indexes, which `integrity_check` compares row by row: a tenth of the time.
            found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
            # Which database it is about stands on a line before.
            found = found.strip().splitlines()[-1]
    finally:
        database.close()
    # The folder, too: the journal is a file beside it.
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return Examination(
        exists=True, current=current, damage="" if found == "ok" else found, read_only=not writable, journal=journal
    )


def in_memory(copied_from: Path | None = None) -> Database:
    """An empty database, or a copy of one, that nobody else sees and that ends with its closing."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare(engine, durable=True, read_only=False)
    with engine.connect() as connection:
        if copied_from is None:
            _raw(connection).deserialize(_empty())
        else:
            with closing(sqlite3.connect(copied_from)) as original:
                original.backup(_raw(connection))
    database = Database(engine, _MANNER, one_connection=True)
    with database.writing() as writer:
        migrate.upgrade(writer, str(copied_from or "memory"))
    return database


@cache
def _empty() -> bytes:
    """An empty database as it lies on a disk: a desk looks at a newsletter that has none yet again and again."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare(engine, durable=True, read_only=False)
    with Database(engine, _MANNER, one_connection=True).writing() as writer:
        migrate.upgrade(writer, "memory")
    with engine.connect() as connection:
        octets = _raw(connection).serialize()
    engine.dispose()
    return octets


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError("not a SQLite connection")
    return raw


def _engine(url: str, *, durable: bool = True, read_only: bool = False) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    _prepare(engine, durable=durable, read_only=read_only)
    return engine


def _prepare(engine: Engine, *, durable: bool, read_only: bool) -> None:
    def on_connect(raw: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling is off: `Database` says BEGIN itself.
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        raw.execute("PRAGMA foreign_keys = ON")
        if read_only:
            # Not `mode=ro`: such a connection cannot tidy up the -wal and -shm files that it makes itself.
            raw.execute("PRAGMA query_only = ON")
        else:
            raw.execute("PRAGMA journal_mode = WAL")
            # What is erased is overwritten, and not only forgotten.
            raw.execute("PRAGMA secure_delete = ON")
            raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            raw.execute(f"PRAGMA wal_autocheckpoint = {_JOURNAL_PAGES}")
            # What a full disk kept out of the file goes there once there is room, before the journal grows further.
            with suppress(sqlite3.OperationalError):
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)")

    event.listen(engine, "connect", on_connect)
    begin_by(engine, _MANNER)

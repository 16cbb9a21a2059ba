"""One PostgreSQL database: how it is reached, and how its transactions begin.

psycopg and libpq read the address themselves, so everything that PostgreSQL's own programs understand holds here, too:
`?host=/run/postgresql`, `?sslmode=verify-full`, PGPASSWORD, ~/.pgpass. What is said never holds the password.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import Pool, PoolProxiedConnection, QueuePool

from roundup.errors import SettingsError, StoreError
from roundup.store.database import Manner, Told, begin_by
from roundup.store.postgresql_sentences import PATIENCE, is_lost, meaning, unreached, unusable

#: A server that vanishes without a word is noticed after 25 seconds (Linux gives up by tcp_user_timeout, whatever the
#: count of probes); the address may say otherwise.
_REACHING: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    "application_name": "roundup",
}
#: What each session asks of the server, where it knows the word: that it notices a machine of ours that vanishes as
#: soon, even in the middle of a long statement, so that the lock of a dead run is free.
_ASKED = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "client_connection_check_interval": "1000",
    "idle_session_timeout": "0",
    "lock_timeout": f"{PATIENCE}s",
    "idle_in_transaction_session_timeout": f"{2 * PATIENCE}s",
}
_ASK = """
    SELECT set_config(wanted.name, wanted.value, false)
    FROM jsonb_each_text(%(asked)s::jsonb) AS wanted(name, value)
    WHERE EXISTS (SELECT FROM pg_settings WHERE pg_settings.name = wanted.name)
      AND (wanted.name <> 'client_connection_check_interval' OR version() LIKE '%%linux%%')
"""
#: Whatever the database's own default: what was committed survives a power cut, or (journal = "fast") is on the disk
#: half a second later. A stronger value (remote_apply) is left alone.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_FAST = "SET synchronous_commit = off"

#: Advisory locks belong to the database, and each of its schemas may hold a newsletter. The first number is ours.
_OF_THIS_SCHEMA = "hashtext(coalesce(current_schema()::text, ''))"
RUN_LOCK = f"{int.from_bytes(b'run', 'big')}, {_OF_THIS_SCHEMA}"
WRITE_LOCK = f"{int.from_bytes(b'row', 'big')}, {_OF_THIS_SCHEMA}"
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database on a server."""

    #: `postgresql://user@host/database`; it may hold a password.
    url: str
    #: Whether what was committed survives a power cut of the server.
    durable: bool = True

    def words(self) -> dict[str, Any]:
        """The address, taken apart. Raises `SettingsError` if libpq cannot read it."""
        try:
            return conninfo_to_dict(self.url)
        except psycopg.Error:
            # What libpq says of it may hold the password.
            raise SettingsError(
                "The address of the PostgreSQL database ([store] url or ROUNDUP_DATABASE_URL) cannot be read. Write "
                "postgresql://user@host/database; in names, write @ as %40, / as %2F, : as %3A."
            ) from None

    @property
    def called(self) -> str:
        """What to call it in a sentence: never with the password."""
        words = self.words()
        user = words.get("user") or os.environ.get("PGUSER")
        name = words.get("dbname") or os.environ.get("PGDATABASE") or user or "(named like the user)"
        host = str(words.get("host") or words.get("hostaddr") or os.environ.get("PGHOST") or "/")
        place = "this machine" if host.startswith("/") else host
        port = words.get("port") or os.environ.get("PGPORT") or 5432
        return f"PostgreSQL database {name} on {place} (port {port})"

    def reaching(self) -> dict[str, Any]:
        """What libpq is to be told of the way there."""
        return {**_REACHING, **self.words(), "client_encoding": "utf8"}

    def asking(self) -> Sequence[tuple[LiteralString, Mapping[str, str]]]:
        """What each session asks of the server at its beginning: statements, with their values."""
        return (_ASK, {"asked": json.dumps(_ASKED)}), (_DURABLE if self.durable else _FAST, {})

    def connect(self, context: Any = None) -> "psycopg.Connection[Any]":
        """A connection of its own, without the driver's transactions. Raises `StoreError`."""
        try:
            connection = psycopg.connect(**self.reaching(), autocommit=True, context=context)
        except psycopg.Error as error:
            raise StoreError(unreached(self.called, error)) from error
        try:
            connection.adapters.register_dumper(str, _Texts)
            for kind in ("text", "varchar"):
                connection.adapters.register_loader(kind, _TextsBack)
            for statement, values in self.asking():
                connection.execute(statement, values)
        except psycopg.Error as error:
            connection.close()
            raise StoreError(unusable(self.called, error)) from error
        return connection

    def engine(
        self,
        manner: Manner,
        connect: Callable[[Any], "psycopg.Connection[Any]"] | None = None,
        pool: type[Pool] = QueuePool,
    ) -> Engine:
        """SQLAlchemy's engine over connections that `connect` makes; left out: as many as are needed."""
        checked = {"pool_pre_ping": True} if pool is QueuePool else {}
        engine = create_engine("postgresql+psycopg://", poolclass=pool, use_native_hstore=False, **checked)

        def on_connect(_dialect: Any, _record: Any, _words: Any, given: dict[str, Any]) -> Any:
            return (connect or self.connect)(given["context"])

        event.listen(engine, "do_connect", on_connect)
        begin_by(engine, manner)
        return engine

    def manner(self, *, read_only: bool = False) -> Manner:
        """How transactions begin. Those that write wait for one another, as in SQLite; a delivery's turns wait only
        for those that are no turns. A transaction that reads sees one state."""
        reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        writing = f"{_BEGIN_WRITING}; SELECT pg_advisory_xact_lock"
        return Manner(
            begin_reading=reading,
            begin_writing=reading if read_only else f"{writing}({WRITE_LOCK})",
            begin_turn=reading if read_only else f"{writing}_shared({WRITE_LOCK})",
            errors=psycopg.Error,
            sentence=lambda error: meaning(self.called, error),
            in_one=None if read_only or not psycopg.Pipeline.is_supported() else _in_one,
            is_lost=is_lost,
        )


def _in_one(connection: PoolProxiedConnection, told: Told, meanwhile: Callable[[], None]) -> bool:
    """See `Manner.in_one`: the server is asked once, and both it and we are woken once, not four times."""
    raw = connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    statement, values = told
    try:
        with raw.pipeline(), raw.cursor() as cursor:
            cursor.execute(_BEGIN_WRITING.encode())
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared({WRITE_LOCK})".encode())
            cursor.execute(statement.encode(), values)
            cursor.execute(b"COMMIT")
            # All of it is on its way, and its end is waited for when the pipeline is left.
            meanwhile()
    except psycopg.errors.DivisionByZero:
        return False
    return True


#: PostgreSQL's texts have no NUL character, while a feed's or a mail server's may. Inside the database it is written as
#: this one, which Unicode keeps for such uses, and a 0; this one itself as itself and a 1.
_MARK = "\ufdd0"


class _Texts(StrDumperUnknown):
    """Texts into the database."""

    def dump(self, obj: str) -> Any:
        if "\0" in obj or _MARK in obj:
            obj = obj.replace(_MARK, f"{_MARK}1").replace("\0", f"{_MARK}0")
        return super().dump(obj)


class _TextsBack(Loader):
    """Texts out of the database."""

    def load(self, data: Any) -> str:
        text = str(data, "utf-8")
        return text.replace(f"{_MARK}0", "\0").replace(f"{_MARK}1", _MARK) if _MARK in text else text


def stands_between(connection: "psycopg.Connection[Any]") -> bool:
    """Whether something between us and the server answers in its stead: a pooler gives a process number of its own.
    Raises `psycopg.Error`."""
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    return found is None or found[0] != connection.info.backend_pid

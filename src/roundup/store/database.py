"""One database and its transactions, whatever the engine. What an engine does in its own way is its `Manner`.

Transactions that write are short and one at a time: none is open while a message is offered. SQLite lets no second
one in; on PostgreSQL they take turns by a lock, so that the ledgers' statements may count on it on both.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Connection, Dialect, Engine, bindparam, event, exc
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

from roundup.clock import stopwatch, wait
from roundup.errors import StoreError
from roundup.store.aside import Aside

_ASKED = "asked_"
#: How long a writer waits for another, in seconds.
BUSY_SECONDS = 30
_FIRST_NAP, _LONGEST_NAP = 0.0001, 0.002


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

    def run_for_each(
        self, cursor: DBAPICursor, rows: Iterable[Mapping[str, Any]], shared: Mapping[str, Any] = MappingProxyType({})
    ) -> int:
        """Execute it for each row of values, all of which have the same names; what is the same in all is `shared`.
        Returns how many rows of the table it changed in all."""
        if self.in_order is None or self.processors:
            filled = [self._filled({**shared, **row}) for row in rows]
        else:
            # One mapping that each row changes, and no new one for each: thousands a second.
            filled, values = [], {**self.fixed, **shared}
            for row in rows:
                values.update(row)
                filled.append(self.in_order(values))
        cursor.executemany(self.sql, filled)
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


#: A statement, and its values.
Told = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an engine begins its transactions, and what its errors mean."""

    begin_reading: str
    begin_writing: str
    #: As for writing, but for the many small transactions of a delivery; several runs' may go side by side.
    begin_turn: str
    #: What the driver raises.
    errors: type[Exception]
    #: What an error means to an editor, in sentences; None: it is a fault of the program, and is raised as it is.
    sentence: Callable[[BaseException], str | None]
    #: Makes a connection say at once that somebody else writes; empty: the engine itself lets writers take turns.
    impatience: str = ""
    #: Whether an error says just that.
    is_busy: Callable[[BaseException], bool] = lambda _error: False
    #: Whether an error says that the connection is no more.
    is_lost: Callable[[BaseException], bool] = lambda _error: False
    #: Begins a turn, tells the engine this, and commits, all in one message and its answer; the third is called while
    #: that is waited for. Returns whether it was done: nothing was, if the statement divided by zero. None: the engine
    #: is as quick step by step.
    in_one: Callable[[PoolProxiedConnection, Told, Callable[[], None]], bool] | None = None
    #: Takes what was erased out of the engine's own journal; empty: the engine has another way.
    scrub: str = ""


def begin_by(engine: Engine, manner: Manner) -> None:
    """Let an engine's transactions begin as they should: drivers know nothing of readers and writers."""
    begins = {"alone": manner.begin_writing, "beside": manner.begin_turn}

    def on_begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("writes", "")
        connection.exec_driver_sql(begins.get(how, manner.begin_reading))

    event.listen(engine, "begin", on_begin)


@dataclass(frozen=True, slots=True)
class Writer:
    """What is written through."""

    engine: Engine
    #: Threads of one process queue here, which is fair and instant; SQLite's own waiting polls and is neither.
    alone: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class _Kept:
    """A connection that is kept from one transaction to the next."""

    connect: Callable[[], PoolProxiedConnection]
    #: None: there was none yet, or it was lost.
    connection: PoolProxiedConnection | None = None


class Database:
    """A database that is ready for use: its schema is this version's."""

    def __init__(
        self, engine: Engine, manner: Manner, *, writer: "Writer | None" = None, one_connection: bool = False
    ) -> None:
        """`writer`: what to write through, if not through `engine`. `one_connection`: there is no other, so that nobody
        looks while somebody writes."""
        self._engine = engine
        self._writer = writer or Writer(engine)
        self._manner = manner
        self._hand = _Kept(self._connection_for_turns)
        self._eyes = _Kept(self._engine.raw_connection)
        self._looking = self._writer.alone if one_connection else threading.Lock()
        self._aside = Aside()

    @property
    def dialect(self) -> Dialect:
        """The engine's way of writing and reading values."""
        return self._engine.dialect

    def prepared(self, statement: ClauseElement) -> Prepared:
        """Compile a statement for `turn`."""
        compiled = statement.compile(dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True})
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only statements can be prepared")
        fixed = {name: value for name, value in compiled.params.items() if not name.startswith(_ASKED)}
        in_order = _picking(compiled.positiontup) if compiled.positional and compiled.positiontup else None
        processors = {
            name: process
            for bound, name in compiled.bind_names.items()
            if (process := bound.type.dialect_impl(self._engine.dialect).bind_processor(self._engine.dialect))
        }
        return Prepared(compiled.string, in_order, fixed, processors)

    @contextmanager
    def turn(self, meanwhile: Callable[[], None] | None = None, *, alone: bool = False) -> Iterator[DBAPICursor]:
        """A transaction that writes, for `Prepared` statements, on a connection kept for them. Like `writing`, but
        without its cost: thousands a second. `meanwhile` is called in another thread while the commit waits for the
        disk, and has returned when this ends. `alone`: no other process's turn goes beside it, for what is read in it
        must not change before it is written. Raises `StoreError`."""
        with self._told_plainly(), self._writer.alone:
            kept, cursor = self._begun(self._hand, self._manner.begin_writing if alone else self._manner.begin_turn)
            try:
                yield cursor
                if meanwhile is None:
                    kept.commit()
                else:
                    self._aside.doing(meanwhile, while_waiting_for=kept.commit)
            except BaseException:
                self._undo(self._hand)
                raise

    @property
    def takes_all_in_one(self) -> bool:
        """Whether there is `in_one`."""
        return self._manner.in_one is not None

    def in_one(self, told: Told, meanwhile: Callable[[], None] | None = None) -> bool:
        """A whole turn, as `Manner.in_one` says. `meanwhile` has returned when this ends. Only after another turn: a
        connection that was lost since is not replaced, for nobody could know whether it was done. Raises
        `StoreError`."""
        in_one = self._manner.in_one
        with self._told_plainly(), self._writer.alone:
            kept = self._hand.connection
            if in_one is None or kept is None:
                return False
            done = False
            try:
                done = in_one(kept, told, meanwhile or _nothing)
            finally:
                if not done:
                    self._undo(self._hand)
            return done

    def _connection_for_turns(self) -> PoolProxiedConnection:
        kept = self._writer.engine.raw_connection()
        if self._manner.impatience:
            kept.cursor().execute(self._manner.impatience)
        return kept

    def _begun(self, kept: _Kept, begin: str) -> tuple[PoolProxiedConnection, DBAPICursor]:
        """A kept connection, and a transaction begun on it. One that was lost since it was last used, because the
        server was started anew, is replaced, once: nothing was written on it that could be written twice."""
        while True:
            is_fresh = kept.connection is None
            connection = kept.connection = kept.connection or kept.connect()
            try:
                cursor = connection.cursor()
                self._begin(cursor, begin)
            except BaseException as error:
                is_well = self._undo(kept)
                if is_fresh or is_well or not self._manner.is_lost(error):
                    raise
            else:
                return connection, cursor

    def _begin(self, cursor: DBAPICursor, begin: str) -> None:
        """Begin, once nobody else writes. An engine that waits by sleeping longer and longer would let another process
        that writes all the time go first again and again; turns are short, and so are these naps."""
        deadline, nap = stopwatch() + BUSY_SECONDS, _FIRST_NAP
        while True:
            try:
                cursor.execute(begin)
            except self._manner.errors as error:
                if not self._manner.is_busy(error) or stopwatch() > deadline:
                    raise
            else:
                return
            wait(nap)
            nap = min(nap * 1.5, _LONGEST_NAP)

    @contextmanager
    def look(self) -> Iterator[DBAPICursor]:
        """A transaction that reads, for `Prepared` statements, on a connection kept for them: for what is asked
        thousands of times a second. Raises `StoreError`."""
        with self._told_plainly(), self._looking:
            eyes, cursor = self._begun(self._eyes, self._manner.begin_reading)
            try:
                yield cursor
                eyes.rollback()
            except BaseException:
                self._undo(self._eyes)
                raise

    def _undo(self, kept: _Kept) -> bool:
        """Take a transaction back. A connection on which that fails is of no more use, and this returns False."""
        if (connection := kept.connection) is None:
            return False
        try:
            connection.rollback()
        except self._manner.errors:
            kept.connection = None
            with suppress(self._manner.errors):
                connection.invalidate()
            return False
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads one state of the database. Raises `StoreError`."""
        with self._told_plainly(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; committed when the block ends, rolled back when it raises. Raises `StoreError`."""
        with self._writing("alone") as connection:
            yield connection

    @contextmanager
    def writing_beside(self) -> Iterator[Connection]:
        """The same, beside the turns of a delivery: for what keeps its rows to itself by the locks of rows alone.
        Raises `StoreError`."""
        with self._writing("beside") as connection:
            yield connection

    @contextmanager
    def _writing(self, how: str) -> Iterator[Connection]:
        with self._told_plainly(), self._writer.alone, self._writer.engine.connect() as plain:
            connection = plain.execution_options(writes=how)
            with connection.begin():
                yield connection

    @contextmanager
    def erasing(self) -> Iterator[Connection]:
        """Like `writing`, for what is not to be found on the disk afterwards, as far as the engine sees to that. Raises
        `StoreError`."""
        with self.writing() as connection:
            yield connection
        if self._manner.scrub:
            # Somebody else may be reading: then it is done with the next erasing or the next opening.
            with suppress(self._manner.errors, exc.DBAPIError), self._writer.alone:
                raw = self._writer.engine.raw_connection()
                try:
                    raw.cursor().execute(self._manner.scrub)
                finally:
                    raw.close()

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        """Turn what a full disk, a lock or a lost line makes the driver say into a sentence. Our own mistakes (a
        wrong statement) are not caught: they are faults of the program."""
        try:
            yield
        except (exc.DBAPIError, self._manner.errors) as error:
            said = error.orig if isinstance(error, exc.DBAPIError) else error
            sentence = None if said is None else self._manner.sentence(said)
            if sentence is None:
                raise
            raise StoreError(sentence) from error

    def close(self) -> None:
        """Let go of it."""
        self._aside.close()
        for kept in (self._hand, self._eyes):
            if kept.connection is not None:
                kept.connection.close()
            kept.connection = None
        self._engine.dispose()


def _nothing() -> None:
    """There is nothing to do meanwhile."""


@contextmanager
def closed_unless_ready(database: Database) -> Iterator[None]:
    """Let go of a database that is refused: no file of ours may stay beside it, and no connection open."""
    try:
        yield
    except BaseException:
        database.close()
        raise

"""The queue of batches on PostgreSQL, and who takes entries from it. The only file that knows procrastinate.

Its tables lie beside ours, and an entry is put in within our transaction. Nothing is told from what it promises but who
is to look at a batch next: an entry that comes twice, or to two at once, does no harm (`roundup.batches`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from sqlalchemy import Connection, text

from roundup import clock
from roundup.batches import Batch
from roundup.model import IssueId, SubscriberId
from roundup.store.postgresql_sentences import unusable
from roundup.store.postgresql_server import Server

_TASK = "deliver"
#: A worker says that it lives every so many seconds; one that has not for so many is dead.
HEARTBEAT_SECONDS, DEAD_SECONDS = 3.0, 15.0
#: So often the queue is looked at if nobody said that there is something new in it.
_LOOK_SECONDS = 5.0
#: For so long it waits for a connection, and for so long lost ones are sought again.
_PATIENCE_SECONDS, _SEEKING_SECONDS = 5.0, 60.0

#: Makes what is missing of a batch, given its issue, its first subscriber, and when a run put it into the queue.
#: Returns None if its entry is done; else it is put back, and nothing is taken for so many seconds.
Making = Callable[[IssueId, SubscriberId, datetime], float | None]


class PostgresQueue:
    """Implements `roundup.store.batches.Queue`."""

    def __init__(self) -> None:
        self._jobs = JobManager(SyncPsycopgConnector())

    def is_ready(self, connection: Connection) -> bool:
        """Whether its tables are there, as this procrastinate makes them."""
        return _version_in(connection) >= _versions()[-1]

    def make_ready(self, connection: Connection) -> None:
        """Make its tables or bring them up to date, in the caller's transaction. Which they are stands in a comment on
        one: procrastinate itself keeps no account of it."""
        there = _version_in(connection)
        if there >= _versions()[-1]:
            # Somebody else was quicker.
            return
        raw = _raw(connection)
        if not there:
            raw.execute(SchemaManager.get_schema())
        for each in _versions() if there else ():
            if each > there:
                raw.execute((resources.files("procrastinate.sql") / "migrations" / each).read_bytes())
        raw.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{_versions()[-1]}'".encode())

    def put(self, connection: Connection, these: Sequence[Batch]) -> None:
        """See `Queue`. One lock each: what is put in while somebody is still at the same comes after it."""
        now = int(clock.now().timestamp())
        entries = [
            Job(
                id=None,
                queue=_queue_of(each.issue),
                lock=(name := f"{each.issue}/{each.first}"),
                queueing_lock=name,
                task_name=_TASK,
                task_kwargs={"issue": each.issue, "first": each.first, "put_at": now},
            )
            for each in these
        ]
        if entries:
            with _plain_errors():
                self._jobs.batch_defer_jobs(entries, connection=_raw(connection))

    def entries(self, connection: Connection, issue: IssueId) -> Sequence[tuple[SubscriberId, bool]]:
        """See `Queue`."""
        found = connection.execute(
            text(
                "SELECT (args ->> 'first')::bigint, status = 'doing' FROM procrastinate_jobs "
                "WHERE queue_name = :queue AND status IN ('todo', 'doing')"
            ),
            {"queue": _queue_of(issue)},
        )
        return [(SubscriberId(row[0]), bool(row[1])) for row in found]


def _queue_of(issue: IssueId) -> str:
    return f"issue-{issue}"


def _raw(connection: Connection) -> "psycopg.Connection[Any]":
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    return raw


def _versions() -> list[str]:
    """The names of procrastinate's own migrations, in their order."""
    folder = resources.files("procrastinate.sql") / "migrations"
    return sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))


def _version_in(connection: Connection) -> str:
    """The last of them that is in the database; empty: none. Asked of the catalogue: by its name, the table may be
    remembered as missing by a session that has waited for another to make it."""
    found = connection.execute(
        text(
            "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 'procrastinate_jobs' "
            "AND relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
    )
    return str(found.scalar_one_or_none() or "")


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Let what the driver said be raised, which the store knows the sentences for."""
    try:
        yield
    except ConnectorException as error:
        raise error.__cause__ or error from None


# Who takes entries ---------------------------------------------------------------------------------------------------


class _PutBackError(Exception):
    """The entry is not done."""


class _Again(BaseRetryStrategy):
    """Whatever ended an attempt, the entry is put back: at once if its worker said so, else a little later."""

    def get_retry_decision(self, *, exception: BaseException, **_entry: Job) -> RetryDecision:
        """See procrastinate."""
        return RetryDecision(retry_in={"seconds": 0 if isinstance(exception, _PutBackError) else 30})


class Taker:
    """Takes entries, one at a time, as long as it is not stopped. What is lost with the server is waited for."""

    def __init__(self, server: Server, make: Making, *, idle: Callable[[], None], tell: Callable[[str], None]) -> None:
        """`idle` is called every second or so, in a thread of its own. `tell` is told when the server cannot be used,
        and when it can again (an empty sentence)."""
        self._server = server
        self._make = make
        self._tell = tell
        self._idle = idle
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._is_to_end = False
        #: For so many seconds it takes nothing.
        self._rest = 0.0
        #: By which numbers the queue knew us: their entries are ours to put back.
        self._former: list[int] = []

    def stay(self) -> None:
        """Until `end`; an entry that is under way is ended first."""
        for name in ("procrastinate", "psycopg.pool", "asyncio"):
            # What they have to say of a lost server is said in one sentence.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        asyncio.run(self._stay())

    def end(self) -> None:
        """Take no more entries. Safe from a signal handler and from any thread."""
        self._is_to_end = True
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: None)

    async def _stay(self) -> None:
        self._loop = asyncio.get_running_loop()
        lost = False
        while not self._is_to_end:
            app = App(connector=self._connector())
            app.task(name=_TASK, retry=_Again())(self._attempt)
            try:
                await self._reach()
                async with app.open_async():
                    await self._put_back_own(app.job_manager)
                    if lost:
                        self._tell("")
                        lost = False
                    await self._take(app)
                    rest, self._rest = self._rest, 0.0
                    await self._pause(rest)
            except (ProcrastinateException, psycopg.Error, OSError) as error:
                if isinstance(_root(error), psycopg.IntegrityError):
                    # It slept for so long that the queue forgot it: it is entered anew.
                    continue
                if not lost and not self._is_to_end:
                    self._tell(unusable(self._server.called, _root(error)))
                lost = True
                await self._pause(HEARTBEAT_SECONDS)

    async def _reach(self) -> None:
        """See whether the server is there. procrastinate would wait for half a minute, whoever wants it to end."""
        connection = await psycopg.AsyncConnection.connect(**self._server.reaching(), autocommit=True)
        await connection.close()

    async def _take(self, app: App) -> None:
        worker = self._worker = Worker(
            app,
            install_signal_handlers=False,
            fetch_job_polling_interval=_LOOK_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_SECONDS,
            delete_jobs=DeleteJobCondition.ALWAYS,
        )
        watching = asyncio.create_task(self._watch_over(app.job_manager, worker))
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        finally:
            self._worker = None
            await ended(watching)

    async def _watch_over(self, entries: JobManager, worker: Worker) -> None:
        """Put back what dead workers had. procrastinate finds it, and leaves it to us what is to become of it."""
        while True:
            if worker.worker_id is not None and worker.worker_id not in self._former:
                self._former.append(worker.worker_id)
            if self._is_to_end:
                worker.stop()  # type: ignore[no-untyped-call]
            await asyncio.sleep(1)
            await asyncio.to_thread(self._idle)
            with contextlib.suppress(ProcrastinateException):
                if worker.worker_id is not None:
                    # From its stop on procrastinate does it no more, though an entry may be under way for minutes.
                    await entries.update_heartbeat(worker.worker_id)
                for each in await entries.get_stalled_jobs(seconds_since_heartbeat=DEAD_SECONDS):
                    await put_back(entries, each)

    async def _put_back_own(self, entries: JobManager) -> None:
        for number in self._former:
            for each in await entries.list_jobs_async(status="doing", worker_id=number):
                await put_back(entries, each)
        self._former.clear()

    async def _pause(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while not self._is_to_end and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.1)

    def _attempt(self, *, issue: int, first: int, put_at: int) -> None:
        """In a thread of its own, so that we are heard to live meanwhile."""
        pause = 0.0 if self._is_to_end else self._made(issue, first, put_at)
        if pause is None:
            return
        self._rest = pause
        if pause and self._worker is not None:
            # It must not hold an entry that others could make meanwhile.
            self._worker.stop()  # type: ignore[no-untyped-call]
        raise _PutBackError

    def _made(self, issue: int, first: int, put_at: int) -> float | None:
        return self._make(IssueId(issue), SubscriberId(first), datetime.fromtimestamp(put_at, UTC))

    def _connector(self) -> PsycopgConnector:

        async def configure(connection: "psycopg.AsyncConnection[Any]") -> None:
            for statement, values in self._server.asking():
                await connection.execute(statement, values)
            await connection.commit()

        return PsycopgConnector(
            kwargs=self._server.reaching(),
            min_size=1,
            max_size=3,
            timeout=_PATIENCE_SECONDS,
            reconnect_timeout=_SEEKING_SECONDS,
            configure=configure,
        )


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it has ended. Once is not enough: before Python 3.12 a cancellation is lost that comes in the
    moment in which `asyncio.wait_for`, by which connections are waited for, has what it waited for."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)
    with contextlib.suppress(asyncio.CancelledError, ProcrastinateException):
        task.result()


#: Under another number: whoever had it, and wakes, would else end or put back what another has by then, for
#: procrastinate asks for no more than the number.
_ANEW = """
    WITH gone AS (
        DELETE FROM procrastinate_jobs
        WHERE id = %(entry)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s::bigint
        RETURNING queue_name, task_name, priority, lock, queueing_lock, args
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
    SELECT * FROM gone ON CONFLICT DO NOTHING
"""


async def put_back(entries: JobManager, entry: Job) -> None:
    """Take an entry from the worker that it was listed for, if it has it still."""
    with contextlib.suppress(ConnectorException):
        await entries.connector.execute_query_async(_ANEW, entry=entry.id, worker=entry.worker_id)


def _root(error: BaseException) -> BaseException:
    """What the driver said, below what procrastinate says of it."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error

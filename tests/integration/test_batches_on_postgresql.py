"""Batches and their queue on a real PostgreSQL server: put in with the freeze, never twice; taken up side by side."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from roundup.batches import Batch
from roundup.errors import TakenOverError
from roundup.journal import Turn
from roundup.model import IssueId
from roundup.store import Ledgers, replacing
from roundup.store.postgresql import PostgresStore
from roundup.store.postgresql_queue import PostgresQueue, ended, put_back
from roundup.store.sqlite import SqliteStore
from tests.builders import INSTANT, a_frozen_issue
from tests.fakes.journals import ACCEPTED, OUTCOMES, Run, frozen, numbered, states, subscribe
from tests.postgres import Cluster, the_cluster


@pytest.fixture
def cluster() -> Cluster:
    return the_cluster()


@pytest.fixture
def name(cluster: Cluster) -> str:
    """A database with roundup's tables, and no queue yet."""
    return cluster.make_ready_database()


def a_store(cluster: Cluster, name: str, folder: Path, *, size: int = 4) -> PostgresStore:
    return PostgresStore(cluster.url(name), directory=folder, queue=PostgresQueue(), size=size)


@pytest.fixture
def machines(cluster: Cluster, name: str, tmp_path: Path) -> Iterator[Callable[[], Ledgers]]:
    """Opens the ledgers as one machine after another does."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(a_store(cluster, name, tmp_path).to_write())


def entries(cluster: Cluster, name: str) -> list[int]:
    found = cluster.run("SELECT (args ->> 'first')::int FROM procrastinate_jobs ORDER BY id", name)
    return [row[0] for row in found]


def a_worker(ledgers: Ledgers, batch: Batch) -> Run:
    run = Run(ledgers.batches.journal(batch), batch.issue, at=INSTANT)
    run.recover()
    return run


def cut(ledgers: Ledgers, issue: IssueId) -> list[Batch]:
    return list(ledgers.batches.cut(issue, size=1))


def test_the_freeze_puts_every_batch_into_the_queue(
    machines: Callable[[], Ledgers], cluster: Cluster, name: str
) -> None:
    ledgers = machines()
    issue = frozen(ledgers, *numbered(10))

    assert [each.first for each in cut(ledgers, issue)] == entries(cluster, name)
    assert (3, 0) == ((progress := ledgers.batches.progress(issue)).open, progress.begun)


def test_a_freeze_that_fails_leaves_nothing_in_the_queue(
    machines: Callable[[], Ledgers], cluster: Cluster, name: str
) -> None:
    ledgers = machines()
    subscribe(ledgers, *numbered(10))
    cluster.run("ALTER TABLE procrastinate_jobs ADD CONSTRAINT few CHECK ((args ->> 'first')::int < 8)", name)
    with pytest.raises(Exception, match="few"):
        ledgers.archive.freeze(a_frozen_issue())

    assert [] == entries(cluster, name)
    assert [] == ledgers.archive.unfinished()


def test_two_machines_make_the_queue_once(cluster: Cluster, name: str, tmp_path: Path) -> None:
    def open_once(_number: int) -> None:
        with a_store(cluster, name, tmp_path).to_write():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_once, range(4)))
    assert [] == entries(cluster, name)


def test_what_is_in_the_queue_is_not_put_in_again(machines: Callable[[], Ledgers], cluster: Cluster, name: str) -> None:
    ledgers = machines()
    issue = frozen(ledgers, *numbered(10))
    before = entries(cluster, name)
    assert 3 == ledgers.batches.share_out(issue, at=INSTANT)
    assert before == entries(cluster, name)
    cluster.run(f"DELETE FROM procrastinate_jobs WHERE (args ->> 'first')::int = {before[1]}", name)  # noqa: S608 - a number
    assert 3 == ledgers.batches.share_out(issue, at=INSTANT)

    assert [before[0], before[2], before[1]] == entries(cluster, name)


def test_only_batches_in_which_something_is_due_are_put_in(
    machines: Callable[[], Ledgers], cluster: Cluster, name: str
) -> None:
    ledgers = machines()
    issue = frozen(ledgers, *numbered(12))
    done, deferred, dead = cut(ledgers, issue)
    for batch, outcome in ((done, ACCEPTED), (deferred, OUTCOMES["deferred"])):
        run = a_worker(ledgers, batch)
        for _ in range(4):
            run.send_one(outcome)
    a_worker(ledgers, dead).claim(4)
    cluster.run("DELETE FROM procrastinate_jobs", name)

    assert 1 == ledgers.batches.share_out(issue, at=INSTANT)
    assert [dead.first] == entries(cluster, name)
    assert 2 == ledgers.batches.share_out(issue, at=INSTANT + timedelta(minutes=2))


def test_an_issue_frozen_before_there_were_workers_is_cut_when_a_run_goes_on(
    cluster: Cluster, name: str, tmp_path: Path, machines: Callable[[], Ledgers]
) -> None:
    with PostgresStore(cluster.url(name), directory=tmp_path).to_write() as alone:
        issue = frozen(alone, *numbered(10))
        assert not alone.batches.are_queued
    assert 3 == machines().batches.share_out(issue, at=INSTANT)


def test_a_batch_that_is_taken_again_and_again_from_whoever_works_on_it_stops_nobody_for_long(
    machines: Callable[[], Ledgers],
) -> None:
    """Whoever takes a batch up and whoever writes in it lock the same rows: in one order, or one of them is ended."""
    mine, theirs = machines(), machines()
    issue = frozen(mine, *numbered(40))
    batch = cut(mine, issue)[0]
    done = threading.Event()

    def take_again() -> None:
        while not done.is_set():
            a_worker(theirs, batch)

    taker = threading.Thread(target=take_again)
    taker.start()
    taken = turns = 0
    try:
        run = a_worker(mine, batch)
        while taken < 60:
            try:
                claimed = run.claim(2)
                run.offer(*claimed)
                run.turn(Turn(settled=[(each, OUTCOMES["not offered"]) for each in claimed], wanted=2))
                turns += 1
            except TakenOverError:
                taken += 1
                run.journal.resend(issue, at=INSTANT)
                run.recover()
    finally:
        done.set()
        taker.join(timeout=30)

    assert not taker.is_alive()
    assert 40 == sum(states(mine, issue).values())


def test_a_worker_writes_nothing_into_what_a_restore_brought_back(
    machines: Callable[[], Ledgers], cluster: Cluster, name: str, tmp_path: Path
) -> None:
    ledgers = machines()
    issue = frozen(ledgers, *numbered(8))
    batch = cut(ledgers, issue)[0]
    run = a_worker(ledgers, batch)
    claimed, offered = run.claim(2)
    run.offer(offered)
    store = a_store(cluster, name, tmp_path)
    kept = tmp_path / "kept.db"
    store.copy(kept)
    with store.only_run() as ours, store.as_it_is() as database:
        assert ours
        replacing.replace(database, store.name, kept, kept, token="once")

    for turn in (Turn(offering=[claimed]), Turn(settled=[(offered, ACCEPTED)]), Turn(wanted=1)):
        with pytest.raises(TakenOverError):
            run.turn(turn)
    again = a_worker(ledgers, batch)
    assert {"unknown": 1, "planned": 7} == states(ledgers, issue)
    assert claimed.email in {each.email for each in again.claim(8)}


def test_whoever_was_given_up_and_wakes_leaves_the_entry_to_who_has_it_now(
    machines: Callable[[], Ledgers], cluster: Cluster, name: str
) -> None:
    """procrastinate ends and puts back an entry by its number, whoever has it."""
    issue = frozen(machines(), *numbered(3))
    seen = asyncio.run(_given_up_twice(cluster.url(name)))

    assert 1 == len(entries(cluster, name))
    ((number, status, worker),) = cluster.run("SELECT id, status, worker_id FROM procrastinate_jobs", name)
    assert (seen["new"], "doing", seen["other"]) == (number, status, worker)
    assert seen["new"] != seen["old"]
    assert 1 == machines().batches.progress(issue).begun


async def _given_up_twice(url: str) -> dict[str, int | None]:
    """A worker falls silent; two others see it, one puts its entry back and takes it; then the other wants to, too."""
    async with App(connector=PsycopgConnector(conninfo=url)).open_async() as app:
        manager = app.job_manager
        silent, other = await manager.register_worker(), await manager.register_worker()
        assert await manager.fetch_job(queues=None, worker_id=silent) is not None
        (listed,) = await manager.list_jobs_async(status="doing")
        await put_back(manager, listed)
        taken = await manager.fetch_job(queues=None, worker_id=other)
        assert taken is not None
        await put_back(manager, listed)
        with pytest.raises(ConnectorException):
            await manager.finish_job(listed, status=Status.SUCCEEDED, delete_job=True)
        with pytest.raises(ConnectorException):
            await manager.retry_job(listed)
        return {"old": listed.id, "new": taken.id, "other": other}


def test_a_task_that_loses_its_cancellation_is_cancelled_again() -> None:
    lost: list[str] = []

    async def go_on() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("once")

    async def end() -> None:
        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
        await asyncio.wait_for(ended(task), 10)

    asyncio.run(end())
    assert ["once"] == lost


def test_a_file_and_a_server_without_workers_have_no_queue(cluster: Cluster, name: str, tmp_path: Path) -> None:
    stores = (SqliteStore(path=tmp_path / "roundup.db"), PostgresStore(cluster.url(name), directory=tmp_path / "other"))
    for store in stores:
        with store.to_write() as ledgers:
            issue = frozen(ledgers, *numbered(3))
            assert (False, 0) == (ledgers.batches.are_queued, ledgers.batches.share_out(issue, at=INSTANT))
    assert [] == cluster.run("SELECT 1 FROM pg_class WHERE relname = 'procrastinate_jobs'", name)

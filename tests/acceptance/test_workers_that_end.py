"""Workers, runs and issues that end, are stopped, or must wait, on a real PostgreSQL server: nobody is missed, and no
worker mails anybody where a run or a person must decide."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from roundup.store.postgresql import PostgresStore
from tests.houses import AGAIN, LINES, House, a_house, ended, people, when
from tests.newsletters import DUE, roundup
from tests.postgres import the_cluster

pytestmark = pytest.mark.long


def test_a_worker_that_is_killed_is_taken_over_and_nobody_is_missed(house: House) -> None:
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    house.workers.pop().kill()
    code, report = ended(run)
    copies = house.sink.copies()

    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert set(people(200)) == set(copies)
    assert copies.total() - 200 <= report["resent"] <= LINES


def test_a_worker_that_is_told_to_end_leaves_nothing_in_doubt_and_the_other_makes_the_rest(house: House) -> None:
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    house.workers[0].send_signal(signal.SIGTERM)
    assert 0 == house.workers[0].wait(30)
    code, report = ended(run)

    assert (0, {"accepted": 200}, 0) == (code, report["deliveries"], report["resent"])
    assert dict.fromkeys(people(200), 1) == house.sink.copies()


def test_a_worker_that_is_told_to_end_keeps_its_batch_until_a_slow_mail_server_has_answered(
    stack: ExitStack, tmp_path: Path
) -> None:
    readers = [*people(10), "x-slow-dot@example.com"]
    house = a_house(stack, tmp_path, the_cluster(), count=0, readers=readers, delivery={"batch": 20}, slow=25.0)
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) == 11)
    # It is taken, and not answered: longer than after which a worker is dead of which nothing is heard.
    ends, began = house.ends(), time.monotonic()
    code, report = ended(run, 150)

    assert [(0, "")] * 2 == ends
    assert time.monotonic() - began < 60
    assert (0, {"accepted": 11}, 0) == (code, report["deliveries"], report["resent"])
    assert dict.fromkeys(readers, 1) == house.sink.copies()


def test_a_refused_skip_leaves_an_issue_stopped_that_was(stack: ExitStack, tmp_path: Path) -> None:
    house = a_house(stack, tmp_path, the_cluster(), count=200, latency=0.2)
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 20)
    run.send_signal(signal.SIGTERM)
    ended(run)
    had = len(house.sink.lines())
    refused = roundup(house.directory, "issues", "skip", DUE[:10])
    time.sleep(4)

    assert "so it cannot be skipped" in refused.stderr
    assert had == len(house.sink.lines()) < 200


def test_an_issue_that_is_past_its_time_is_sent_by_no_worker(house: House) -> None:
    """It was frozen days ago, and whoever starts first is a worker: a run decides."""
    assert 4 == ended(house.runs())[0]
    days_ago = "jsonb_set(args, '{put_at}', to_jsonb((extract(epoch FROM now()) - 3 * 86400)::bigint))"
    house.cluster.run(f"UPDATE procrastinate_jobs SET args = {days_ago}", house.name)  # noqa: S608 - a constant
    began = time.monotonic()
    house.works(1)
    when(lambda: not house.cluster.run("SELECT 1 FROM procrastinate_jobs", house.name))

    assert ([], True) == (house.sink.lines(), time.monotonic() - began < 60)
    assert [(0, "")] == house.ends()


def test_a_paused_worker_wakes_and_writes_nothing_more(house: House) -> None:
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    paused = house.workers[0]
    paused.send_signal(signal.SIGSTOP)
    # Who is paused in the midst of a transaction keeps its batch until the server ends that, which takes two minutes.
    code, report = ended(run, 240)
    paused.send_signal(signal.SIGCONT)
    copies = house.sink.copies()

    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    (_, said), _ = house.ends()
    assert "Another run has taken over this issue's deliveries" in said
    assert set(people(200)) == set(copies)
    assert house.sink.copies().total() - 200 <= 2 * LINES


def test_a_run_that_is_stopped_lets_all_rest_and_the_next_one_goes_on(house: House) -> None:
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    run.send_signal(signal.SIGTERM)
    code, report = ended(run)
    had = len(house.sink.lines())
    time.sleep(1)

    assert (4, had) == (code, report["deliveries"]["accepted"])
    assert 40 <= had == len(house.sink.lines()) < 200
    code, report = ended(house.runs(*AGAIN))
    assert (0, {"accepted": 200}, 0) == (code, report["deliveries"], report["resent"])
    assert dict.fromkeys(people(200), 1) == house.sink.copies()


def test_a_hold_stops_all_workers(stack: ExitStack, tmp_path: Path) -> None:
    house = a_house(stack, tmp_path, the_cluster(), count=200, latency=0.6)
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    # Not by the command: on a busy machine, all is sent before that has started.
    with PostgresStore(house.cluster.url(house.name), directory=house.directory).to_write() as ledgers:
        (record,) = ledgers.archive.unfinished()
        ledgers.archive.hold(record.key, "Held by hand.", instant=record.instant, at=record.instant)
    code, report = ended(run)

    assert (3, "held") == (code, report["state"])
    assert len(house.sink.lines()) < 200
    assert 0 == roundup(house.directory, "issues", "release", DUE[:10]).returncode
    code, report = ended(house.runs(*AGAIN))
    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert dict.fromkeys(people(200), 1) == house.sink.copies()


def test_an_issue_that_somebody_has_is_not_skipped_and_the_workers_go_on(stack: ExitStack, tmp_path: Path) -> None:
    house = a_house(stack, tmp_path, the_cluster(), count=200, latency=0.2)
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    # Workers hold no lock that would keep anybody from skipping.
    run.kill()
    run.wait(30)
    refused = roundup(house.directory, "issues", "skip", DUE[:10])
    code, report = ended(house.runs(*AGAIN))

    assert 2 == refused.returncode
    assert "so it cannot be skipped" in refused.stderr
    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert set(people(200)) == set(house.sink.copies())
    assert house.sink.copies().total() - 200 <= report["resent"] <= 2 * LINES

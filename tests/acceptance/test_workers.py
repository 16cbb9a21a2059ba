"""`roundup worker` on a real PostgreSQL server: several processes make an issue's deliveries, and each is made once."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_metrics import numbers
from tests.houses import AGAIN, LINES, House, a_house, ended, people, when
from tests.newsletters import a_newsletter, free_port, roundup
from tests.postgres import a_cluster, the_cluster

pytestmark = pytest.mark.long


def test_several_workers_make_one_issues_deliveries_once_each(house: House) -> None:
    house.works(2)
    code, report = ended(house.runs())

    assert (0, "sent", {"accepted": 200}, 0) == (code, report["state"], report["deliveries"], report["resent"])
    assert dict.fromkeys(people(200), 1) == house.sink.copies()
    assert 2 == len(house.by_worker()), "both took batches"
    assert [] == house.cluster.run("SELECT 1 FROM procrastinate_jobs", house.name), "nothing is left in the queue"
    assert [(0, "")] * 2 == house.ends()


def test_without_a_worker_the_run_says_so_and_the_next_one_goes_on(house: House) -> None:
    run = house.runs()
    code, report = ended(run)
    assert (4, {"planned": 200}) == (code, report["deliveries"])
    assert ["No worker is at work"] == [each.partition(":")[0] for each in report["warnings"]]
    house.works()
    code, report = ended(house.runs(*AGAIN))

    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert dict.fromkeys(people(200), 1) == house.sink.copies()


def test_after_twenty_refusals_that_are_about_us_all_rest_until_the_next_run(stack: ExitStack, tmp_path: Path) -> None:
    refusing = [f"x-571.{number}@example.com" for number in range(200)]
    house = a_house(stack, tmp_path, the_cluster(), count=0, delivery={"batch": 8}, readers=refusing)
    house.works(2)
    code, report = ended(house.runs())

    assert 4 == code
    assert ["The mail server refused us"] == sorted({each[:26] for each in report["warnings"]})
    # What is on its way by then may be refused as well: a batch of each worker.
    assert 20 <= report["deliveries"]["deferred"] <= 20 + 2 * 8 + 2 * 2 * LINES
    assert 200 == sum(report["deliveries"].values())
    assert [] == house.cluster.run("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'", house.name)


def test_one_rate_holds_for_all_workers(stack: ExitStack, tmp_path: Path) -> None:
    house = a_house(stack, tmp_path, the_cluster(), count=400, latency=0.01, smtp={"rate": 60})
    house.works(3)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 30)
    began, had = time.monotonic(), len(house.sink.lines())
    when(lambda: len(house.sink.lines()) >= 330)
    rate = (len(house.sink.lines()) - had) / (time.monotonic() - began)
    code, report = ended(run)

    assert (0, {"accepted": 400}) == (code, report["deliveries"])
    assert 3 == len(house.by_worker())
    assert rate == pytest.approx(60, rel=0.05)


#: Rounds of all lines that are measured; what each worker has of them is cut into batches of so many messages.
ROUNDS, A_BATCH = 20, 40


def messages_a_second(stack: ExitStack, folder: Path, workers: int) -> float:
    """By so many workers, into a mail server that is far away: so the lines are the limit, and not this machine. From
    one moment in which all lines were answered to another."""
    folder.mkdir()
    given: dict[str, Any] = {"latency": 0.3, "delivery": {"batch": A_BATCH}}
    house = a_house(stack, folder, the_cluster(), count=workers * LINES * (ROUNDS + 6), **given)
    house.works(workers)
    run = house.runs()
    first = workers * LINES * 2
    when(lambda: len(house.sink.lines()) >= first)
    began = time.monotonic()
    when(lambda: len(house.sink.lines()) >= first + workers * LINES * ROUNDS)
    seconds = time.monotonic() - began
    assert 0 == ended(run)[0]
    return workers * LINES * ROUNDS / seconds


def test_two_workers_are_nearly_twice_as_fast_as_one_and_four_nearly_four_times(
    stack: ExitStack, tmp_path: Path
) -> None:
    """`make bench-scale` measures it with many more messages."""
    one, two, four = (messages_a_second(stack, tmp_path / str(count), count) for count in (1, 2, 4))

    assert two >= 1.8 * one
    assert four >= 3.5 * one


def test_a_database_that_dies_pauses_all_with_a_sentence_and_they_go_on_by_themselves(
    stack: ExitStack, tmp_path: Path
) -> None:
    the_cluster()
    mortal = stack.enter_context(a_cluster())
    house = a_house(stack, tmp_path, mortal, count=200)
    house.works(2)
    run = house.runs()
    when(lambda: len(house.sink.lines()) >= 40)
    mortal.stop(number=signal.SIGQUIT)
    assert 1 == ended(run)[0], "the run has lost its lock"
    had = len(house.sink.lines())
    time.sleep(2)
    assert had == len(house.sink.lines()), "they pause"
    mortal.start()
    # Nobody starts a run meanwhile.
    when(lambda: set(people(200)) == set(house.sink.copies()))
    code, report = ended(house.runs(*AGAIN))
    copies = house.sink.copies()

    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert copies.total() - 200 <= report["resent"] <= 2 * LINES
    for code, said in house.ends():
        assert 0 == code
        assert "The database cannot be used, so sending pauses; it goes on by itself." in said
        assert "The database is back." in said
        assert "Traceback" not in said


def test_a_machine_with_another_secret_sends_nothing(house: House, tmp_path: Path) -> None:
    (house.directory / ".secret").rename(tmp_path / "right")
    (house.directory / ".secret").write_text("fedcba9876543210" * 4 + "\n", encoding="ascii")
    (house.directory / ".secret").chmod(0o600)
    house.works()
    (house.directory / ".secret").unlink()
    (tmp_path / "right").rename(house.directory / ".secret")
    run = house.runs()
    wrong = house.workers[0]
    assert wrong.stderr is not None
    assert "is not that of the run that froze the issue" in wrong.stderr.readline()
    house.works()
    code, report = ended(run)

    assert (0, {"accepted": 200}) == (code, report["deliveries"])
    assert str(wrong.pid) not in {each.rpartition("/")[2] for each in house.by_worker()}


def test_each_worker_tells_a_monitor_how_many_messages_it_had_answered(stack: ExitStack, tmp_path: Path) -> None:
    house = a_house(stack, tmp_path, the_cluster(), count=60)
    ports = [free_port(), free_port()]
    for port in ports:
        house.works(1, "--metrics", str(port))
    code, _ = ended(house.runs())
    told = [numbers(f"http://127.0.0.1:{port}/metrics")["roundup_worker_answered_total", ()] for port in ports]

    assert (0, 60) == (code, sum(told))


@pytest.mark.parametrize("delivery", [{"workers": True}, {}], ids=["in a file", "not left to workers"])
def test_a_worker_that_has_nothing_to_do_here_says_why(tmp_path: Path, delivery: dict[str, bool]) -> None:
    result = roundup(a_newsletter(tmp_path, delivery=delivery), "worker")

    assert 2 == result.returncode
    assert "[delivery] workers = true" in result.stderr


def test_reconcile_is_refused_with_workers(tmp_path: Path) -> None:
    given = {"workers": True, "in_doubt": "reconcile"}
    result = roundup(a_newsletter(tmp_path, delivery=given), "run")

    assert 2 == result.returncode
    assert "reads the log of one machine" in result.stderr

"""`roundup worker` on a real PostgreSQL server: several processes make an issue's deliveries, and each is made once."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from roundup.store.postgresql import PostgresStore
from tests.acceptance.test_metrics import numbers
from tests.newsletters import DUE, a_newsletter, free_port, roundup, started, told
from tests.postgres import Cluster, a_cluster, the_cluster
from tests.sinks import Sink, a_sink

pytestmark = pytest.mark.long

RUN, AGAIN = ("run", "--now", "--at", DUE, "--json"), ("run", "--at", DUE, "--json")
LINES = 4


def people(count: int) -> list[str]:
    return [f"reader{number}@example.com" for number in range(count)]


@dataclass(slots=True, kw_only=True)
class House:
    """A newsletter whose deliveries are left to workers."""

    directory: Path
    sink: Sink
    cluster: Cluster
    name: str
    stack: ExitStack
    workers: list["subprocess.Popen[str]"] = field(default_factory=list)

    def works(self, count: int = 1, *args: str) -> None:
        """So many workers more."""
        for _ in range(count):
            worker = self.stack.enter_context(started(self.directory, "worker", *args))
            self.stack.callback(worker.kill)
            assert worker.stdout is not None
            told_first = [worker.stdout.readline() for _ in range(2 if "--metrics" in args else 1)]
            assert told_first[-1] == "Waiting for deliveries.\n"
            self.workers.append(worker)

    def runs(self, *args: str) -> "subprocess.Popen[str]":
        """A run at work."""
        run = self.stack.enter_context(started(self.directory, *(args or RUN)))
        self.stack.callback(run.kill)
        return run

    def ends(self) -> list[tuple[int, str]]:
        """Every worker is told to end. Their codes, and what they complained of."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        return [(worker.wait(60), worker.communicate()[1]) for worker in self.workers]

    def by_worker(self) -> Counter[str]:
        """How many batches each took up last."""
        return Counter(row[0] for row in self.cluster.run("SELECT worker FROM batches", self.name))


def a_house(stack: ExitStack, folder: Path, cluster: Cluster, *, count: int, **given: Any) -> House:
    """`latency`, `slow`, `smtp`, `delivery`, `readers` say more."""
    manners = {"latency": given.get("latency", 0.05), "slow": given.get("slow", 2.0)}
    sink = stack.enter_context(a_sink(folder, keep=False, **manners))
    name = cluster.make_database()
    directory = a_newsletter(
        folder,
        smtp={**sink.smtp, "connections": LINES, **given.get("smtp", {})},
        subscribers=given.get("readers", people(count)),
        store={"url": cluster.url(name)},
        delivery={"workers": True, "batch": 25, **given.get("delivery", {})},
    )
    return House(directory=directory, sink=sink, cluster=cluster, name=name, stack=stack)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def house(stack: ExitStack, tmp_path: Path) -> House:
    return a_house(stack, tmp_path, the_cluster(), count=200)


def when(reached: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(run: "subprocess.Popen[str]", seconds: float = 90) -> tuple[int, Any]:
    out, complaints = run.communicate(timeout=seconds)
    assert out, complaints
    return run.returncode, told(subprocess.CompletedProcess([], run.returncode, out, complaints))


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
        assert "The database is gone, so sending pauses; it goes on by itself." in said
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

"""A newsletter whose deliveries are left to workers, with what a test needs around it."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.newsletters import DUE, a_newsletter, started, told
from tests.postgres import Cluster
from tests.sinks import Sink, a_sink

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


def when(reached: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(run: "subprocess.Popen[str]", seconds: float = 90) -> tuple[int, Any]:
    out, complaints = run.communicate(timeout=seconds)
    assert out, complaints
    return run.returncode, told(subprocess.CompletedProcess([], run.returncode, out, complaints))

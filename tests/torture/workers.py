"""Workers on machines of their own, killed, cut off and paused again and again, and their database started anew:
`python -m tests.torture.workers` does it a hundred times to four workers with 200,000 deliveries.

Each worker is a real `roundup worker` in a network namespace; the database, the mail server (which writes down what it
takes before its 250) and `roundup run` stand at the hub. What is done to whom, and when, comes from a seed; it is done
whenever a further part of the messages was taken, so that nothing is done in vain. Whatever dies is started again
plainly, as a service manager would.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.machines import Machine, Network, a_network
from tests.newsletters import a_newsletter, a_piece_file, started
from tests.postgres import PASSWORD, Cluster, a_cluster
from tests.sinks import Sink, a_sink
from tests.torture.figures import table
from tests.torture.pace import Pace, looked_at

#: What is done to a worker, and how long it lasts in seconds. Who is cut off or paused for longer than the last of
#: these has been given up by the others meanwhile.
DEATHS = ("killed", "cut off", "paused")
SHORT, LONG = (0.5, 3.0), (18.0, 30.0)
_PATIENCE = 3_600.0
#: By how much a rate may be missed.
_RATE_IS_KEPT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is done, and to whom."""

    people: int
    deaths: int
    restarts: int
    workers: int = 4
    lines: int = 4
    batch: int = 50
    latency: float = 0.1
    #: Messages a second, of all together; 0: as many as can be.
    rate: int = 0
    seed: int = 1

    @property
    def is_short(self) -> bool:
        """Whether somebody is dead or pauses nearly all the time, so that no usual rate can be told."""
        return self.people < 100 * self.deaths


@dataclass(slots=True, kw_only=True)
class Ending:
    """What came of it."""

    report: dict[str, Any]
    copies: Counter[str]
    deaths: Counter[str]
    restarts: int
    seconds: float
    pace: Pace = field(default_factory=Pace)
    #: What workers and runs said that no editor should read.
    complaints: list[str] = field(default_factory=list)


def the_people(world: World) -> list[str]:
    """Everybody."""
    return [f"reader{number}@example.com" for number in range(world.people)]


def faults(world: World, ending: Ending) -> list[str]:
    """What was promised and not held."""
    extra, sums = ending.copies.total() - len(ending.copies), ending.report["deliveries"]
    bound = (ending.deaths.total() + ending.restarts * world.workers) * world.lines
    laws = {
        f"{ending.deaths.total()} deaths, and {world.deaths} were asked for": ending.deaths.total() == world.deaths,
        f"{world.people - len(ending.copies)} people have nothing": set(the_people(world)) == set(ending.copies),
        f"deliveries ended as {sums}": set(sums) <= {"accepted", "unknown"} and sum(sums.values()) == world.people,
        f"{extra} extra copies, and {bound} messages were on their way": extra <= bound,
        f"{extra} extra copies, and {ending.report['resent']} are told": extra <= ending.report["resent"],
        f"{ending.pace.busiest:.1f} a second in the busiest ten, and {world.rate} are allowed": not world.rate
        or ending.pace.busiest <= world.rate * (1 + _RATE_IS_KEPT),
        f"{ending.pace.usual:.1f} a second in the median ten, and {world.rate} are allowed": not world.rate
        or world.is_short
        or ending.pace.usual >= world.rate * (1 - _RATE_IS_KEPT),
        f"a program complained: {ending.complaints[:3]}": not ending.complaints,
    }
    return [fault for fault, held in laws.items() if not held]


def figures(world: World, ending: Ending) -> dict[str, object]:
    """What is published."""
    return {
        "workers": world.workers,
        "people": world.people,
        "connections of each": world.lines,
        **{each: ending.deaths[each] for each in DEATHS},
        "PostgreSQL started anew": ending.restarts,
        "messages taken": ending.copies.total(),
        "lost": world.people - len(ending.copies),
        "extra copies": ending.copies.total() - len(ending.copies),
        "deaths × connections": (ending.deaths.total() + ending.restarts * world.workers) * world.lines,
        "resent, as the report says": ending.report["resent"],
        "most copies of one person": max(ending.copies.values(), default=0),
        "allowed a second": world.rate,
        "a second, in the busiest ten": round(ending.pace.busiest, 1),
        "a second, in the median ten": round(ending.pace.usual, 1),
        "seconds": round(ending.seconds),
        "promises broken": len(faults(world, ending)),
    }


def told_by(folder: Path, world: World) -> Ending:
    """Tell the story, in an empty folder."""
    with ExitStack() as stack:
        return _Story(folder, world, stack).told()


class _Story:
    """One issue on its way."""

    def __init__(self, folder: Path, world: World, stack: ExitStack) -> None:
        self._world, self._stack = world, stack
        self._dice = random.Random(world.seed)  # noqa: S311 - what is done is to be done again
        self._network: Network = stack.enter_context(a_network(world.workers))
        hub = self._network.hub
        self._cluster: Cluster = stack.enter_context(a_cluster(host=hub.address, within=hub.within))
        self._sink: Sink = stack.enter_context(
            a_sink(folder, host=hub.address, within=hub.within, latency=world.latency, keep=False)
        )
        given = _settings(world, self._sink, self._cluster.tcp_url(self._cluster.make_database()))
        self._home = a_newsletter(folder / "hub", subscribers=the_people(world), **given)
        self._directories = [
            a_newsletter(folder / f"worker{number}", subscribers=None, **given) for number in range(world.workers)
        ]
        self._workers: list[subprocess.Popen[str]] = []
        pace = stack.enter_context(looked_at(self._sink.ledger))
        self._ending = Ending(pace=pace, report={}, copies=Counter(), deaths=Counter(), restarts=0, seconds=0)

    def told(self) -> Ending:
        began = time.monotonic()
        self._run = self._started(self._home, self._network.hub, "run", "--now", "--json")
        # The tables are made by whoever comes first; that they are is waited for, as it is between two machines.
        self._workers = [self._a_worker(number) for number in range(self._world.workers)]
        for number in range(1, self._world.deaths + 1):
            self._await_messages(number * self._world.people // (self._world.deaths + 2))
            self._do_something()
            if number * (self._world.restarts + 1) // self._world.deaths > self._ending.restarts < self._world.restarts:
                self._start_database_anew()
        while self._run.poll() != 0:
            self._go_on()
            assert time.monotonic() - began < _PATIENCE, "it came to no end"
        self._ending.report = json.loads(self._run.communicate()[0])
        for worker in self._workers:
            worker.send_signal(signal.SIGTERM)
            self._hear(worker)
        self._ending.copies, self._ending.seconds = self._sink.copies(), time.monotonic() - began
        return self._ending

    def _started(self, directory: Path, machine: Machine, *args: str) -> "subprocess.Popen[str]":
        process = started(directory, *args, env={"PGPASSWORD": PASSWORD}, within=machine.within)
        self._stack.callback(process.kill)
        return process

    def _a_worker(self, number: int) -> "subprocess.Popen[str]":
        return self._started(self._directories[number], self._network.machines[number], "worker")

    def _taken(self) -> int:
        with self._sink.ledger.open("rb") as ledger:
            return sum(1 for _ in ledger)

    def _await_messages(self, count: int) -> None:
        until = time.monotonic() + _PATIENCE
        while self._taken() < count and self._run.poll() != 0:
            self._go_on()
            assert time.monotonic() < until, "nothing goes out any more"

    def _go_on(self) -> None:
        """Start again what has ended."""
        if self._run.poll() not in (None, 0):
            self._hear(self._run)
            self._run = self._started(self._home, self._network.hub, "run", "--json")
        time.sleep(0.2)

    def _do_something(self) -> None:
        number, how = self._dice.randrange(self._world.workers), self._dice.choice(DEATHS)
        seconds = self._dice.uniform(*(LONG if self._dice.random() < 0.1 else SHORT))
        worker, machine = self._workers[number], self._network.machines[number]
        assert worker.poll() is None, f"a worker ended by itself: {worker.communicate()}"
        if how == "killed":
            worker.kill()
            self._hear(worker)
            self._workers[number] = self._a_worker(number)
        elif how == "paused":
            worker.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            worker.send_signal(signal.SIGCONT)
        else:
            self._network.unplug(machine)
            time.sleep(seconds)
            self._network.plug_in(machine)
        self._ending.deaths[how] += 1

    def _start_database_anew(self) -> None:
        self._cluster.stop(number=self._dice.choice([signal.SIGQUIT, signal.SIGINT]))
        time.sleep(self._dice.uniform(*SHORT))
        self._cluster.start()
        self._ending.restarts += 1

    def _hear(self, process: "subprocess.Popen[str]") -> None:
        _, complaints = process.communicate(timeout=120)
        if "Traceback" in complaints or "fault of its own" in complaints:
            self._ending.complaints.append(complaints)


def _settings(world: World, sink: Sink, url: str) -> dict[str, Any]:
    """What the newsletter is like on all machines. The mail server is on another, so the day is the real one: in a zone
    in which it is about noon, so that nothing falls due and no day ends meanwhile."""
    now = datetime.now(UTC)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    return {
        "smtp": {**sink.smtp, "connections": world.lines, "allow_plaintext": True, "rate": world.rate},
        "content": {"library.md": a_piece_file("A library is a place to read", day=yesterday)},
        "newsletter": {"timezone": f"Etc/GMT{now.hour - 12:+d}"},
        "selection": {"max_age": "7d"},
        "store": {"url": url},
        "delivery": {"workers": True, "batch": world.batch},
    }


def main() -> int:
    """The long form. Exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="Kill workers, cut them off and pause them while they send.")
    for name, number in (
        ("people", 200_000),
        ("deaths", 100),
        ("restarts", 2),
        ("lines", 16),
        ("batch", 500),
        ("rate", 150),
    ):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    world = World(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        ending = told_by(Path(folder), world)
    print(table([figures(world, ending)]))
    for fault in (broken := faults(world, ending)):
        print(f"BROKEN: {world}: {fault}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

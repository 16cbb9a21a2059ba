"""Two machines with a newsletter directory each, and one PostgreSQL server: one issue, and one copy of it to each.

The machines are network namespaces; the server and the mail server stand on a third, to which each has a cable.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import machines
from tests.acceptance.test_once import is_at_work
from tests.machines import Network, a_network
from tests.newsletters import a_newsletter, a_piece_file, started
from tests.postgres import PASSWORD, Cluster, a_cluster, missing_parts
from tests.sinks import Sink, a_sink

pytestmark = pytest.mark.long

LINES = 4
PEOPLE = [f"reader{number}@example.com" for number in range(80)]
LATENCY = 0.25
RUN_LOCK = int.from_bytes(b"run")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything there is."""

    network: Network
    cluster: Cluster
    #: The name of the database.
    name: str
    sink: Sink
    #: The newsletter's directory on each machine.
    directories: tuple[Path, Path]
    #: What is done in the end.
    stack: ExitStack

    def started(self, machine: int, *args: str) -> "subprocess.Popen[str]":
        """A command at work on a machine."""
        within = self.network.machines[machine].within
        process = started(self.directories[machine], *args, env={"PGPASSWORD": PASSWORD}, within=within)
        self.stack.enter_context(process)
        self.stack.callback(process.kill)
        return process

    def holder(self) -> str:
        """The address of the machine whose run holds the lock; empty: none does."""
        found = self.cluster.run(
            "SELECT classid, host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND granted",
            self.name,
        )
        return next((str(address) for lock, address in found if lock == RUN_LOCK), "")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    if missing := machines.missing_parts() or missing_parts():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no two machines: {missing}")
    with ExitStack() as stack:
        network = stack.enter_context(a_network(2))
        hub = network.hub
        cluster = stack.enter_context(a_cluster(host=hub.address, within=hub.within))
        sink = stack.enter_context(a_sink(tmp_path, host=hub.address, within=hub.within, latency=LATENCY, keep=False))
        name = cluster.make_database()
        settings = _settings(sink, cluster.tcp_url(name))
        here, there = (a_newsletter(tmp_path / each, **settings) for each in ("here", "there"))
        yield House(network=network, cluster=cluster, name=name, sink=sink, directories=(here, there), stack=stack)


def _settings(sink: Sink, url: str) -> dict[str, Any]:
    """What the newsletter is like on both machines. The mail server is on a third, so the day is the real one: in a
    zone in which it is about noon, so that nothing falls due and no day ends while the test goes on."""
    now = datetime.now(UTC)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    return {
        "smtp": {**sink.smtp, "connections": LINES, "allow_plaintext": True},
        "subscribers": PEOPLE,
        "content": {"library.md": a_piece_file("A library is a place to read", day=yesterday)},
        "newsletter": {"timezone": f"Etc/GMT{now.hour - 12:+d}"},
        "selection": {"max_age": "7d"},
        "store": {"url": url},
    }


def _await(reached: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, complaints = process.communicate(timeout=90)
    return process.returncode, out, complaints


def test_of_six_runs_at_once_on_two_machines_one_sends(house: House) -> None:
    processes = [house.started(number % 2, "run", "--now") for number in range(6)]
    results = [ended(process) for process in processes]

    assert [(0, "")] * 6 == [(code, complaints) for code, _, complaints in results]
    heads = [said.partition(":")[0] for _, said, _ in results]
    assert heads.count("Sent") == 1
    assert set(heads) <= {"Sent", "Running", "Already sent"}
    # It sends for five seconds, in which those on the other machine are up and find it at work.
    other = 1 - heads.index("Sent") % 2
    assert any(is_at_work(said) for _, said, _ in results[other::2])
    assert dict.fromkeys(PEOPLE, 1) == house.sink.copies()


def test_a_machine_that_vanishes_in_the_middle_frees_its_lock_and_the_other_goes_on(house: House) -> None:
    here = house.network.machines[0]
    cut_off = house.started(0, "run", "--now")
    _await(lambda: len(house.sink.lines()) >= 2 * LINES, 60)
    assert here.address == house.holder()
    house.network.unplug(here)
    vanished = time.monotonic()
    meanwhile = ended(house.started(1, "run"))
    had = house.sink.copies().total()
    _await(lambda: house.holder() == "", 60)
    print(f"the lock was free after {time.monotonic() - vanished:.1f} s")
    assert time.monotonic() - vanished < 30, "docs/postgresql.md: within half a minute"
    code, said, complaints = ended(house.started(1, "run", "--json"))
    copies = house.sink.copies()

    assert (0, True, "") == (meanwhile[0], is_at_work(meanwhile[1]), meanwhile[2])
    assert cut_off.poll() is None, "it waits for its mail server, and the cable is out"
    assert 2 * LINES <= had < len(PEOPLE)
    assert (0, "sent", "") == (code, json.loads(said)["state"], complaints)
    assert set(PEOPLE) == set(copies)
    assert copies.total() - len(PEOPLE) <= json.loads(said)["resent"] <= LINES
    assert max(copies.values()) <= 2

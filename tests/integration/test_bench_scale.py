"""What the queue and the journal on a server cost one worker, the short form of a part of `make bench-scale`."""

from functools import partial
from pathlib import Path

import pytest

from benchmarks.sinks import latency_sink
from benchmarks.workers import FAR, JOURNAL, QUEUE, Cost, cost, cost_table
from roundup.batches import BATCH
from tests.postgres import the_cluster

pytestmark = pytest.mark.long

COST = Cost(sink="here", people=1, batch=1, rate=1, queue=QUEUE, journal=JOURNAL)


def test_queue_and_journal_cost_a_worker_little(tmp_path: Path) -> None:
    the_cluster()
    sinks = partial(latency_sink, FAR)
    found = cost(tmp_path, "far away", sinks, people=2 * BATCH, batch=BATCH, rounds=1)

    assert 0 < found.queue <= QUEUE
    assert 0 < found.journal <= JOURNAL


def test_the_table_says_what_is_too_dear() -> None:
    assert "**no**" not in cost_table([COST])
    assert "**no**" in cost_table([Cost(sink="50 ms away", people=1, batch=1, rate=1, queue=0, journal=0.3)])
    assert "**no**" in cost_table([Cost(sink="50 ms away", people=1, batch=1, rate=1, queue=0.06, journal=0)])

"""What several workers bring, and what the queue and the journal cost one: `make bench-scale`.

rate       one issue by 1, 2 and 4 workers on this machine, into a mail server that is far away, so that the lines are
           the limit and not this machine: how many times as fast as one worker
costs      one worker, measured from within: what share of its time from the first batch to the last is no batch's (the
           queue), and what share of a batch's the journal adds, beside the same with a journal that costs nothing;
           into the same mail server, for which there is a promise; into one as far away as a relay next door, and into
           one that is near and endlessly quick, which is the worst there is and like none there is

Everything is real: PostgreSQL (of its own, `fsync` on), the queue, the workers' processes.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.newsletters import COMMAND, leave_to_workers, make, roundup, told, write_people, write_settings
from benchmarks.processes import Running, measured
from benchmarks.sinks import Sink, fast_sink, latency_sink
from benchmarks.tables import table

#: Seconds that the mail server which is far away takes for each answer.
FAR, RELAY = 0.05, 0.01
COUNTS = (1, 2, 4)
#: How many times as fast as one worker the others must be, and what queue and journal may cost.
WANTED = {2: 1.8, 4: 3.5}
QUEUE, JOURNAL = 0.05, 0.25
_FAR = f"{FAR * 1e3:.0f} ms away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one worker's time goes into."""

    sink: str
    people: int
    batch: int
    rate: float
    queue: float
    journal: float


@contextmanager
def _newsletter(work: Path, sink: Sink, *, people: int, batch: int, connections: int) -> Iterator[Path]:
    """A newsletter with a list, in a database of its own, whose issue is about to be made."""
    from tests.postgres import a_cluster  # noqa: PLC0415 - needs psycopg, as this part alone does

    with tempfile.TemporaryDirectory(dir=work) as folder, a_cluster(durable=True) as cluster:
        directory = make(Path(folder) / "newsletter")
        write_settings(directory, port=sink.port, connections=connections)
        leave_to_workers(directory, cluster.url(cluster.make_database()), batch=batch)
        listed = write_people(directory / "people.csv", people)
        roundup(directory, "subscribers", "import", listed.name).checked()
        yield directory


def rate(work: Path, workers: int, *, people: int, batch: int) -> float:
    """Messages a second by so many workers into a mail server that is far away."""
    with ExitStack() as stack:
        sink = stack.enter_context(latency_sink(FAR))
        directory = stack.enter_context(_newsletter(work, sink, people=people, batch=batch, connections=4))
        processes = [Running([*COMMAND, "-C", directory, "worker"]) for _ in range(workers)]
        # They are up before there is anything to do.
        time.sleep(5)
        try:
            report = told(measured([*COMMAND, "-C", directory, "run", "--now", "--json"]).checked(4))
        finally:
            for each in processes:
                each.stop()
        _check(report, people)
        return float(report["messages_per_second"])


def cost(
    work: Path, name: str, sinks: Callable[[], AbstractContextManager[Sink]], *, people: int, batch: int, rounds: int
) -> Cost:
    """What queue and journal cost one worker, in the median of the rounds."""
    rates, queues, journals = [], [], []
    for _ in range(rounds):
        real, free = (_times(work, sinks(), people=people, batch=batch, free=each) for each in (False, True))
        rates.append(people / real["whole"])
        queues.append(1 - real["making"] / real["whole"])
        journals.append(1 - (free["making"] - free["aside"]) / real["making"])
    return Cost(
        sink=name, people=people, batch=batch, rate=median(rates), queue=median(queues), journal=median(journals)
    )


def _times(
    work: Path, sinks: AbstractContextManager[Sink], *, people: int, batch: int, free: bool
) -> Mapping[str, float]:
    """One worker's `Times`."""
    with ExitStack() as stack:
        sink = stack.enter_context(sinks)
        directory = stack.enter_context(_newsletter(work, sink, people=people, batch=batch, connections=16))
        run = Running([*COMMAND, "-C", directory, "run", "--now", "--json"])
        try:
            _await_frozen(directory)
            command = (sys.executable, "-m", "benchmarks.workers_work", str(directory), *(["free"] if free else []))
            times: Mapping[str, float] = json.loads(measured(command).checked().output)
            report = told(run.ended().checked(4))
        finally:
            run.stop()
        _check(report, people)
    return times


def _await_frozen(directory: Path) -> None:
    until = time.monotonic() + 60
    while not told(roundup(directory, "issues", "list", "--json").checked()):
        if time.monotonic() > until:
            raise RuntimeError("nothing was frozen")


def _check(report: Any, people: int) -> None:
    if report["deliveries"] != {"accepted": people}:
        raise RuntimeError(f"not everybody was reached: {report}")


def scaling_table(rates: Mapping[int, Sequence[float]]) -> str:
    """How many times as fast, in the median of the rounds."""
    one = rates[1]
    rows = []
    for count, found in rates.items():
        times = median(each / first for each, first in zip(found, one, strict=True))
        wanted = WANTED.get(count)
        met = "" if wanted is None else "yes" if times >= wanted else "**no**"
        rows.append((str(count), f"{median(found):,.0f}", f"{times:.2f}", f"≥ {wanted}" if wanted else "", met))
    return table(("workers", "messages/s", "x one worker", "wanted", "met"), rows)


def cost_table(costs: Sequence[Cost]) -> str:
    """Shares of one worker's time."""
    rows = [
        (
            each.sink,
            f"{each.people:,}",
            f"{each.batch:,}",
            f"{each.rate:,.0f}",
            f"{each.queue:.1%}",
            "yes" if each.queue <= QUEUE else "**no**",
            f"{each.journal:.1%}",
            "yes" if each.journal <= JOURNAL else "**no**" if each.sink == _FAR else "no",
        )
        for each in costs
    ]
    heading = (
        "mail server", "people", "batch", "messages/s", "queue", f"≤ {QUEUE:.0%}", "journal", f"≤ {JOURNAL:.0%}",
    )  # fmt: skip
    return table(heading, rows)


def main() -> None:
    """Measure, print the tables, and write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    parser.add_argument("--people", type=int, default=8_000, help="of each issue whose rate is measured")
    parser.add_argument("--many", type=int, default=50_000, help="of each issue whose costs are")
    parser.add_argument("--batch", type=int, default=1_000, help="of these; the others have sixteen batches")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("build/bench-scale.md"))
    parser.add_argument("--work", type=Path, default=Path("build"), help="where newsletters are made: a real disk")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    facts = machine.described(given.work)
    rates: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(given.rounds):
        for count in COUNTS:
            rates[count].append(rate(given.work, count, people=given.people, batch=max(1, given.people // 16)))
            print(f"{count} workers: {rates[count][-1]:,.0f}/s", file=sys.stderr, flush=True)
    costs = [
        cost(given.work, name, sinks, people=people, batch=given.batch, rounds=given.rounds)
        for name, sinks, people in (
            (_FAR, partial(latency_sink, FAR), max(1, given.many // 4)),
            ("10 ms away", partial(latency_sink, RELAY), max(1, given.many // 4)),
            ("near and quick", partial(fast_sink, given.work), given.many),
        )
    ]
    how = f"{given.people:,} people, 4 connections each, {FAR * 1e3:.0f} ms away; rounds: {given.rounds}."
    text = "\n\n".join(
        (facts, f"## Several workers\n\n{how}", scaling_table(rates), "## What one pays", cost_table(costs))
    )
    given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

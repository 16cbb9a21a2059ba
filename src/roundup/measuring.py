"""How a newsletter stands, in numbers that a monitor asks for again and again. Pure; roundup's words for Prometheus.

Nobody's address and nothing of what was mailed is among them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from roundup import scheduling
from roundup.memory import SourceState
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, DeliveryState, Status
from roundup.scheduling import Schedule
from roundup.store import Ledgers

#: A value, and the labels that tell it from the others of its name.
Sample = tuple[Mapping[str, str], float]


#: Prometheus's own language is English.
_HELP = {
    "roundup_next_due_timestamp_seconds": "When the next issue is due.",
    "roundup_subscribers": "Subscribers, by what they are: only active ones are mailed.",
    "roundup_source_well": "1 if a source could be read when it was read last, or is muted; else 0.",
    "roundup_source_read_well_timestamp_seconds": "When a source was last read well.",
    "roundup_gathered_timestamp_seconds": "When the sources were last read.",
    "roundup_last_issue_due_timestamp_seconds": "When the last issue was due that was frozen.",
    "roundup_last_issue_deliveries": "Deliveries of that issue, by what became of them.",
    "roundup_unfinished_deliveries": "Deliveries that are still on their way, of any issue.",
    "roundup_held_issues": "Issues that wait until a person decides.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number, or the same number of several things. Names and units as Prometheus wants them: base units, and
    instants as seconds since 1970."""

    name: str
    samples: Sequence[Sample]

    @property
    def help(self) -> str:
        """What it is, in a sentence."""
        return _HELP[self.name]


def measures(ledgers: Ledgers, schedule: Schedule, *, sources: Collection[str], now: datetime) -> Iterator[Measure]:
    """All that the database and the calendar know. `sources`: those of the settings; others are no more."""
    yield from _of_the_list(ledgers)
    yield from _of_the_sources(ledgers, sources)
    yield from _of_the_issues(ledgers)
    editions = {MAIN_EDITION: schedule, WEEKLY_EDITION: schedule.of_the_week}
    dues = {name: scheduling.next_due(now, calendar) for name, calendar in editions.items() if calendar is not None}
    yield Measure(
        name="roundup_next_due_timestamp_seconds",
        samples=[({"edition": name}, due.instant.timestamp()) for name, due in dues.items() if due is not None],
    )


def _of_the_list(ledgers: Ledgers) -> Iterator[Measure]:
    # Each is told, also if it is nobody: what comes and goes makes gaps in every chart.
    people = dict.fromkeys((status.value for status in Status), 0)
    for crowd in ledgers.subscribers.census():
        people[crowd.status.value] += crowd.count
    yield Measure(
        name="roundup_subscribers",
        samples=[({"status": status}, count) for status, count in sorted(people.items())],
    )


def _of_the_sources(ledgers: Ledgers, names: Collection[str]) -> Iterator[Measure]:
    sources = {name: record for name, record in ledgers.memory.sources().items() if name in names}
    well = (SourceState.OK, SourceState.MUTED)
    yield Measure(
        name="roundup_source_well",
        samples=[({"source": name}, float(record.state in well)) for name, record in sources.items()],
    )
    yield Measure(
        name="roundup_source_read_well_timestamp_seconds",
        samples=[
            ({"source": name}, record.read_well_at.timestamp())
            for name, record in sources.items()
            if record.read_well_at is not None
        ],
    )
    gathered = ledgers.memory.gathered_at()
    yield Measure(
        name="roundup_gathered_timestamp_seconds",
        samples=[({}, gathered.timestamp())] if gathered is not None else [],
    )


def _of_the_issues(ledgers: Ledgers) -> Iterator[Measure]:
    last = {
        edition: record
        for edition in (MAIN_EDITION, WEEKLY_EDITION)
        if (record := ledgers.archive.last_sent(edition=edition)) is not None
    }
    yield Measure(
        name="roundup_last_issue_due_timestamp_seconds",
        samples=[({"edition": edition}, record.instant.timestamp()) for edition, record in last.items()],
    )
    tallies = {edition: ledgers.journal.tally(record.id).deliveries for edition, record in last.items()}
    yield Measure(
        name="roundup_last_issue_deliveries",
        samples=[
            ({"edition": edition, "state": state.value}, deliveries.get(state, 0))
            for edition, deliveries in tallies.items()
            for state in DeliveryState
        ],
    )
    begun = ledgers.archive.unfinished()
    yield Measure(
        name="roundup_unfinished_deliveries",
        samples=[({}, sum(ledgers.journal.tally(record.id).unfinished for record in begun))],
    )
    held = [record for record in begun if record.hold]
    held += [record for record in ledgers.archive.on_hold() if not record.is_released]
    yield Measure(name="roundup_held_issues", samples=[({}, len(held))])

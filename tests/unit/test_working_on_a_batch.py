"""What a worker makes of a batch: it makes it, or leaves it to a run or a person; a fault of ours ends no worker."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from roundup import daily
from roundup.batches import Batch
from roundup.delivering import Stop
from roundup.model import Message, Outcome
from roundup.office import Orders
from roundup.working import Work
from tests.builders import in_london
from tests.fakes.senders import RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_paper, a_reading

DUE = "2026-11-16 17:00"


@dataclass(slots=True)
class Desk:
    """A worker, with all that it told."""

    paper: Paper
    batch: Batch
    told: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def makes(self, *, days_after: int = 0) -> float | None:
        """It takes the batch up so many days after a run has put it in."""
        put_at = self.paper.clock()
        self.paper.clock.at += timedelta(days=days_after)
        work = Work(
            self.paper.office(),
            self.paper.ledgers,
            name="press/1",
            tell=self.told.append,
            lost=self.lost.append,
            fault=lambda: "/tmp/fault.txt",
        )
        return work.make(self.batch.issue, self.batch.first, put_at)

    @property
    def states(self) -> dict[str, int]:
        tally = self.paper.ledgers.journal.tally(self.batch.issue)
        return {str(state): count for state, count in tally.deliveries.items()}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The issue of a Monday, frozen and not sent."""
    with a_paper(ScriptedSource(a_reading(BRIDGE)), subscribers=("ada@lantern.example", "bo@lantern.example")) as paper:
        # The calendar begins with the first run.
        paper.run("2026-11-16 10:00")
        paper.clock.at = in_london(DUE)
        daily.run(replace(paper.office(), stop=Stop(asked=True)), Orders())
        (record,) = paper.ledgers.archive.unfinished()
        (batch,) = paper.ledgers.batches.cut(record.id, size=10)
        yield Desk(paper=paper, batch=batch)


def test_a_batch_is_made_and_its_entry_is_done(desk: Desk) -> None:
    assert desk.makes() is None
    assert {"accepted": 2} == desk.states
    assert desk.told == []


def test_what_is_past_its_time_is_left_to_a_run(desk: Desk) -> None:
    assert desk.makes(days_after=1) is None
    assert {"planned": 2} == desk.states
    assert desk.paper.sender.offered == []


def test_what_is_on_hold_is_left_to_a_person(desk: Desk) -> None:
    (record,) = desk.paper.ledgers.archive.unfinished()
    desk.paper.hold(record.key)

    assert desk.makes() is None
    assert ({"planned": 2}, []) == (desk.states, desk.paper.sender.offered)


class _Faulty(RecordingSender):
    """Implements `Sender`, with a fault of ours at the second message: the first was taken."""

    def answer(self, message: Message) -> Outcome:
        if self.offered:
            raise ValueError("ours")
        return RecordingSender.answer(self, message)


def test_a_fault_of_ours_is_told_and_kept_and_the_batch_comes_again(desk: Desk) -> None:
    desk.paper.sender = _Faulty()

    assert 30.0 == desk.makes()
    (sentence,) = desk.told
    assert sentence.startswith("press/1: a fault in roundup itself stopped it at some deliveries (ValueError).")
    assert sentence.endswith("What helps to mend it is in /tmp/fault.txt.")
    assert (sentence,) == desk.paper.ledgers.batches.progress(desk.batch.issue).troubles
    assert 1 == desk.states["accepted"], "what was answered is written down (value 1)"


def test_a_fault_of_ours_costs_nobody_a_second_copy(desk: Desk) -> None:
    desk.paper.sender = _Faulty()
    desk.makes()
    had = [each.envelope_to for each in desk.paper.sender.offered]
    desk.paper.sender = RecordingSender()

    assert desk.makes() is None
    assert {"accepted": 2} == desk.states
    assert set(had).isdisjoint(each.envelope_to for each in desk.paper.sender.offered)

"""All sources are read at once, within one time for all and one for each."""

import time
from datetime import timedelta

from roundup import pipeline
from roundup.gathering import SOURCE_SECONDS, Source
from roundup.memory import SourceState
from roundup.model import Reading
from roundup.pipeline import Gathering
from roundup.shelving import GATHERING_SECONDS
from roundup.store import Ledgers
from tests.builders import in_london
from tests.fakes.sources import ScriptedSource, SlowSource
from tests.fakes.stores import ledgers_in_memory
from tests.offices import BRIDGE, a_failure, a_newsroom, a_reading

NOW = in_london("2026-11-16 12:00")


def gathered(
    ledgers: Ledgers, *sources: Source, seconds: float = GATHERING_SECONDS, preparing: bool = False, hours: float = 0
) -> Gathering:
    now = NOW + timedelta(hours=hours)
    found = pipeline.gather(
        a_newsroom(*sources),
        remembered=ledgers.memory,
        archive=ledgers.archive,
        occasion=pipeline.Occasion(instant=now, now=now, preparing=preparing, seconds=seconds),
    )
    ledgers.memory.record(found.shelves, at=now)
    return found


def states(gathering: Gathering) -> dict[str, str]:
    return {shelf.record.name: str(shelf.record.state) for shelf in gathering.shelves}


def test_a_source_has_its_own_time_within_that_of_all() -> None:
    source = ScriptedSource(a_reading(BRIDGE))
    with ledgers_in_memory() as ledgers:
        gathered(ledgers, source)
        gathered(ledgers, source, seconds=5)
    generous, short = source.allowed
    assert SOURCE_SECONDS - 1 < generous <= SOURCE_SECONDS
    assert 4 < short <= 5


def test_slow_sources_are_waited_for_at_once_and_hurt_no_other() -> None:
    slow = [SlowSource(f"Slow {number}") for number in range(30)]
    good = ScriptedSource(a_reading(BRIDGE))
    with ledgers_in_memory() as ledgers:
        began = time.monotonic()
        found = gathered(ledgers, *slow[:15], good, *slow[15:], seconds=0.5)
        took = time.monotonic() - began
    assert took < 2
    assert states(found)[good.name] == "ok"
    assert [shelf.record.name for shelf in found.shelves] == [
        *(each.name for each in slow[:15]), good.name, *(each.name for each in slow[15:])
    ]  # fmt: skip


def test_whoever_had_no_turn_in_the_time_is_told_and_not_read() -> None:
    slow = [SlowSource(f"Slow {number}") for number in range(80)]
    with ledgers_in_memory() as ledgers:
        began = time.monotonic()
        found = gathered(ledgers, *slow, seconds=0.5)
        took = time.monotonic() - began
    assert took < 2
    unread = [each.name for each in slow if not each.allowed]
    assert len(unread) == 80 - 64
    troubles = {shelf.record.name: shelf.record.trouble for shelf in found.shelves}
    assert all("no time left for it: the sources before it took 0.5 seconds" in troubles[name] for name in unread)


def test_those_that_failed_the_last_time_come_last() -> None:
    failing = [SlowSource(f"Slow {number}") for number in range(70)]
    good = ScriptedSource(a_reading(BRIDGE))
    with ledgers_in_memory() as ledgers:
        gathered(ledgers, *failing, seconds=0.2)
        found = gathered(ledgers, *failing, good, seconds=0.2)
    assert states(found)[good.name] == "ok"


def test_when_the_time_is_over_no_page_is_asked_and_counters_have_none_for_their_servers() -> None:
    slow = SlowSource("The Lantern", BRIDGE)
    with ledgers_in_memory() as ledgers:
        found = gathered(ledgers, slow, seconds=0.2, preparing=True)
    assert states(found) == {"The Lantern": "ok"}
    # The reading, and the counting: files are read all the same.
    assert [True, False] == [seconds > 0 for seconds in slow.allowed]


def test_a_source_that_asked_for_peace_is_left_alone_until_then() -> None:
    busy = Reading(source="The Lantern", failure="It is busy (503).", wait=timedelta(hours=2))
    source = ScriptedSource(busy, a_reading(BRIDGE))
    with ledgers_in_memory() as ledgers:
        gathered(ledgers, source)
        found = gathered(ledgers, source, hours=1)
        assert len(source.allowed) == 1
        assert found.shelves[0].record.trouble == "It asked not to be read before 16 November 2026 at 14:00."
        later = gathered(ledgers, source, hours=2)
    assert len(source.allowed) == 2
    assert later.shelves[0].record.state is SourceState.OK
    assert later.shelves[0].record.not_before is None


def test_what_was_read_well_before_a_failure_stays() -> None:
    source = ScriptedSource(a_reading(BRIDGE), a_failure())
    with ledgers_in_memory() as ledgers:
        gathered(ledgers, source)
        found = gathered(ledgers, source, hours=1)
    assert found.shelves[0].record.state is SourceState.STALE
    assert [each.piece.title for each in found.shelves[0].pieces] == [BRIDGE.title]

"""What a restore holds: whatever may have been mailed since the backup is not mailed again by itself (value 1)."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from roundup import holding, restoring
from roundup.backing_up import DATABASE, Manifest
from roundup.journal import Turn
from roundup.model import Cadence, DeliveryState, IssueKey, Refused, Reply
from roundup.office import Orders
from roundup.restoring import Held
from roundup.scheduling import Schedule
from roundup.store.sqlite import SqliteStore
from tests.builders import a_schedule, in_london
from tests.fakes.clocks import HandClock
from tests.fakes.senders import RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper, a_newsroom, a_piece_of, a_reading
from tests.unit.test_firm_holds import LATER
from tests.unit.test_weekly import choose

EXTRA = IssueKey(day=date(2026, 11, 21))


@contextmanager
def a_paper_in(folder: Path, schedule: Schedule, *pieces: str) -> Iterator[Paper]:
    """A newsletter whose database is a file in `folder`, with one subscriber; its source shows `pieces`."""
    shown = [a_piece_of(f"2026-11-{day} 08:00", f"n{day}") for day in pieces]
    with SqliteStore(path=folder / DATABASE).to_write() as ledgers:
        newsroom = a_newsroom(ScriptedSource(a_reading(*shown)))
        paper = Paper(
            newsroom=newsroom, schedule=schedule, ledgers=ledgers, clock=HandClock(in_london("2026-11-16 09:00"))
        )
        if not ledgers.subscribers.census():
            paper.subscribe("ada@lantern.example")
        yield paper


def kept(folder: Path) -> Path:
    """The newsletter's database as a backup holds it."""
    copied = folder / "new"
    copied.mkdir()
    shutil.copy(folder / DATABASE, copied)
    return copied


def restored(folder: Path, schedule: Schedule, *, taken: str, now: str) -> Held:
    manifest = Manifest(
        newsletter="daily-lantern", taken_at=in_london(taken), version="1", schema="", rows={}, files={}
    )
    return restoring.hold_the_lost_time(folder, schedule, manifest, now=in_london(now))


def days(keys: Sequence[IssueKey]) -> list[str]:
    return [str(key) for key in keys]


@pytest.mark.parametrize(
    ("weekdays", "held", "next_run"),
    [(range(5), "2026-11-23", "2026-11-23 17:00"), ((), "2026-11-22", "2026-11-22 18:00")],
)
def test_what_was_sent_by_hand_on_a_day_without_an_issue_is_not_sent_again(
    tmp_path: Path, weekdays: Sequence[int], held: str, next_run: str
) -> None:
    schedule, by_hand = a_schedule(weekdays=weekdays), Orders(now=True)
    with a_paper_in(tmp_path, schedule, "20") as paper:
        paper.run("2026-11-20 09:00")
        assert "sent" == paper.run("2026-11-20 17:00", by_hand).state
    folder = kept(tmp_path)
    with a_paper_in(tmp_path, schedule, "20", "21") as paper:
        assert "sent" == paper.run("2026-11-21 12:00", by_hand).state
        assert [["n21"]] == paper.mailed()

    found = restored(folder, schedule, taken="2026-11-21 03:30", now="2026-11-22 12:00")

    assert ([], [], [held]) == (found.lost, found.frozen, days(found.following))
    with a_paper_in(folder, schedule, "20", "21") as paper:
        assert "held" == paper.run(next_run, by_hand).state
        assert [] == paper.mailed()


def test_the_next_issue_that_is_still_to_come_is_held(tmp_path: Path) -> None:
    """One that was skipped beforehand mails nothing, and so asks nothing."""
    schedule = a_schedule()
    with a_paper_in(tmp_path, schedule, "20") as paper:
        paper.run("2026-11-20 09:00")
        assert "sent" == paper.run("2026-11-20 17:00").state
        paper.skip(IssueKey(day=date(2026, 11, 23)))

    found = restored(tmp_path, schedule, taken="2026-11-20 18:00", now="2026-11-20 19:00")

    assert ["2026-11-24"] == days(found.following)


def test_a_missed_issue_may_have_been_sent_late(tmp_path: Path) -> None:
    schedule = a_schedule(weekdays=[0])
    with a_paper_in(tmp_path, schedule, "16") as paper:
        assert ["not-due", "missed"] == paper.states("2026-11-16 09:00", "2026-11-17 01:00")
    folder = kept(tmp_path)
    with a_paper_in(tmp_path, schedule, "16") as paper:
        assert "sent" == paper.run("2026-11-17 09:00", Orders(late=True)).state

    found = restored(folder, schedule, taken="2026-11-17 03:30", now="2026-11-18 12:00")

    assert (["2026-11-16"], ["2026-11-23"]) == (days(found.lost), days(found.following))
    with a_paper_in(folder, schedule, "16") as paper:
        assert "held" == paper.run("2026-11-18 12:00", Orders(late=True)).state
        for key in (*found.lost, *found.following):
            holding.release(paper.office(), key, now=paper.clock())
        # It was not sent, says its editor, and it is too late for it as it was before.
        assert "missed" == paper.run("2026-11-18 12:05").state
        assert "sent" == paper.run("2026-11-18 12:10", Orders(late=True)).state


def test_a_weekly_issue_that_failed_may_have_been_tried_again(tmp_path: Path) -> None:
    schedule = replace(a_schedule(), weekly=4)
    with a_paper_in(tmp_path, schedule, "20") as paper:
        choose(paper, "ada@lantern.example", Cadence.WEEKLY)
        paper.sender = RecordingSender({"ada@lantern.example": [Refused(reply=Reply(code=550, text="5.2.2 full"))]})
        paper.run("2026-11-20 09:00")
        report = paper.run("2026-11-20 17:00")
        assert "failed" == (report.weekly or report).state

    found = restored(tmp_path, schedule, taken="2026-11-21 03:30", now="2026-11-21 12:00")

    assert ["2026-11-23", "2026-11-27/weekly"] == days(found.following)


def test_what_was_on_its_way_keeps_why_it_waited_and_who_was_being_offered_it(tmp_path: Path) -> None:
    schedule, by_hand = a_schedule(), IssueKey(day=date(2026, 11, 20))
    with a_paper_in(tmp_path, schedule, "20") as paper:
        paper.subscribe("bo@lantern.example")
        paper.sender = RecordingSender({each: [LATER] for each in ("ada@lantern.example", "bo@lantern.example")})
        assert ["not-due", "unfinished"] == paper.states("2026-11-20 09:00", "2026-11-20 17:00")
        # The backup is made while a message is on the wire.
        (record,) = paper.ledgers.archive.unfinished()
        one = paper.ledgers.journal.turn(record.id, Turn(wanted=1), at=in_london("2026-11-20 17:30")).claimed
        paper.ledgers.journal.turn(record.id, Turn(offering=one), at=in_london("2026-11-20 17:30"))
        paper.hold(by_hand, why="The bridge is another.")

    restored(tmp_path, schedule, taken="2026-11-20 17:30", now="2026-11-20 18:00")

    with a_paper_in(tmp_path, schedule, "20") as paper:
        (record,) = paper.ledgers.archive.unfinished()
        assert (True, True) == (record.firm, record.hold.startswith("The bridge is another. Restored from a backup"))
        assert {DeliveryState.UNKNOWN: 2} == paper.ledgers.journal.tally(record.id).deliveries
        paper.clock.at = in_london("2026-11-20 18:00")
        holding.release(paper.office(), by_hand, now=paper.clock())
        # Whoever says that it was not sent since cannot know of what was on the wire by then.
        assert {DeliveryState.PLANNED: 1, DeliveryState.UNKNOWN: 1} == paper.ledgers.journal.tally(record.id).deliveries

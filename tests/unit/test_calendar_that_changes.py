"""What docs/scheduling.md says of settings that change, and of clocks that are wrong: one issue for each date.

From Monday 16 November 2026 on; due at 17:00 in London. Pieces come four times a day: there is something to tell.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from roundup.scheduling import Schedule
from tests.builders import a_schedule
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper, a_paper, a_piece_of, a_reading

EVERY_DAY = range(7)


@pytest.fixture
def paper() -> Iterator[Paper]:
    pieces = [
        a_piece_of(f"2026-11-{day} {hour:02}:00", f"n{day}-{hour}") for day in range(16, 20) for hour in (0, 6, 12, 16)
    ]
    with a_paper(ScriptedSource(a_reading(*pieces)), schedule=daily()) as made:
        made.selecting(max_age=timedelta(hours=72))
        yield made


def daily(at: str = "17:00", zone: str = "Europe/London") -> Schedule:
    return a_schedule(at=time.fromisoformat(at), weekdays=EVERY_DAY, zone=ZoneInfo(zone))


def issues(paper: Paper) -> list[str]:
    """The dates that had an issue."""
    return sorted(str(record.key.day) for record in paper.ledgers.archive.all() if record.frozen_at is not None)


def test_a_new_hour_before_the_issue_went_holds_at_once(paper: Paper) -> None:
    assert ["not-due"] == paper.states("2026-11-16 12:00")
    paper.schedule = daily("14:00")
    assert ["sent"] == paper.states("2026-11-16 15:00")
    assert ["2026-11-16"] == issues(paper)


def test_a_new_hour_after_the_issue_went_holds_from_the_next_date_on(paper: Paper) -> None:
    assert ["not-due", "sent"] == paper.states("2026-11-16 12:00", "2026-11-16 17:00")
    paper.schedule = daily("21:00")
    assert ["not-due", "already-sent", "not-due", "sent"] == paper.states(
        "2026-11-16 20:00", "2026-11-16 21:00", "2026-11-17 17:00", "2026-11-17 21:00"
    )
    assert ["2026-11-16", "2026-11-17"] == issues(paper)


@pytest.mark.parametrize(("when", "state"), [("2026-11-16 20:00", "sent"), ("2026-11-16 23:30", "missed")])
def test_a_day_that_is_added_after_its_time_goes_as_far_as_lateness_allows(paper: Paper, when: str, state: str) -> None:
    paper.schedule = replace(daily(), weekdays=frozenset({1}))
    assert ["not-due"] == paper.states("2026-11-16 12:00")
    paper.schedule = daily()
    assert [state] == paper.states(when)


def lived(paper: Paper, begins: datetime, ends: datetime) -> tuple[list[str], set[str]]:
    """The local dates on which something went out, and all that were spoken of; it looks every three hours."""
    sent, spoken_of = [], set()
    for moment in (begins + number * timedelta(hours=3) for number in range((ends - begins) // timedelta(hours=3))):
        report = paper.run(moment)
        spoken_of |= {str(report.issue)} if report.issue else set()
        sent += [str(report.issue)] if report.state == "sent" else []
    return sent, spoken_of


@pytest.mark.parametrize(
    ("before", "after"), [("Auckland", "Honolulu"), ("Honolulu", "Auckland"), ("Pago_Pago", "Apia")]
)
@pytest.mark.parametrize("hours", [6, 18, 24])
def test_a_newsletter_that_moves_has_no_date_twice_and_tells_what_it_missed(
    paper: Paper, before: str, after: str, hours: int
) -> None:
    begins = datetime(2026, 11, 16, tzinfo=UTC)
    moves, ends = begins + timedelta(hours=hours), begins + timedelta(hours=78)
    paper.schedule = daily("07:00", f"Pacific/{before}")
    first, seen = lived(paper, begins, moves)
    paper.schedule = daily("07:00", f"Pacific/{after}")
    then, seen_then = lived(paper, moves, ends)

    sent, days = first + then, [date.fromisoformat(day) for day in sorted(seen | seen_then)]
    assert sent == issues(paper) == sorted(set(sent))
    # A date has none only if its time was past already when the newsletter came there, and then it is told.
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) - 1 <= len(sent) >= 2


def test_a_day_that_was_come_too_early_is_told_to_be_sent_when_it_really_comes(paper: Paper) -> None:
    assert ["not-due", "sent"] == paper.states("2026-11-16 12:00", "2026-11-16 17:00")
    # The clock is a day ahead, and is set right.
    assert ["sent"] == paper.states("2026-11-17 17:05")
    assert ["already-sent", "not-due"] == paper.states("2026-11-16 17:10", "2026-11-17 16:59")
    assert ["already-sent", "sent"] == paper.states("2026-11-17 17:00", "2026-11-18 17:00")
    assert ["2026-11-16", "2026-11-17", "2026-11-18"] == issues(paper)


def test_the_day_between_has_nothing_left_to_tell_when_the_clock_is_set_right(paper: Paper) -> None:
    assert ["not-due", "sent"] == paper.states("2026-11-16 12:00", "2026-11-17 17:05")
    assert ["nothing-new", "already-sent"] == paper.states("2026-11-16 17:10", "2026-11-17 17:10")
    # Whatever there was has been mailed, and once.
    mailed = [name for names in paper.mailed() for name in names]
    assert (["2026-11-17"], len(mailed)) == (issues(paper), len(set(mailed)))

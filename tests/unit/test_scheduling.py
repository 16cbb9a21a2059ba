"""When an issue is due, on the nights when the clocks change and in the places where they do it at midnight."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from roundup.scheduling import Due, Schedule, day_of, due_on, instant_of, is_due_day, latest_due, next_due
from tests.builders import a_schedule, in_london

EVERY_DAY = range(7)


def daily_at(written: str, zone: str = "Europe/London") -> Schedule:
    return a_schedule(at=time.fromisoformat(written), weekdays=EVERY_DAY, zone=ZoneInfo(zone))


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


# Clock changes ---------------------------------------------------------------------------------------------------

#: zone, local day, wall time, instant in UTC.
CLOCK_CHANGES = [
    # Gaps: the first instant after.
    ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-03-29", "02:59", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29 00:59"),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:00"),
    # Overlaps: the first of the two.
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25 00:30"),
    ("Europe/London", "2026-10-25", "01:00", "2026-10-25 00:00"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30"),
    # Midnight itself is skipped: Santiago, Beirut, Cairo, Havana.
    ("America/Santiago", "2026-09-06", "00:00", "2026-09-06 04:00"),
    ("America/Santiago", "2026-09-06", "00:30", "2026-09-06 04:00"),
    ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-28 22:00"),
    ("Africa/Cairo", "2026-04-24", "00:15", "2026-04-23 22:00"),
    ("America/Havana", "2026-03-08", "00:00", "2026-03-08 05:00"),
    # Midnight comes twice, or the hour before it does: Havana, Santiago, Beirut.
    ("America/Havana", "2026-11-01", "00:30", "2026-11-01 04:30"),
    ("America/Santiago", "2026-04-04", "23:30", "2026-04-05 02:30"),
    ("Asia/Beirut", "2026-10-24", "23:30", "2026-10-24 20:30"),
    # Lord Howe changes by half an hour.
    ("Australia/Lord_Howe", "2026-10-04", "02:00", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:29", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04 14:45"),
]


@pytest.mark.parametrize(("zone", "day", "wall", "instant"), CLOCK_CHANGES)
def test_a_gap_gives_the_first_instant_after_it_and_an_overlap_the_first_of_two(
    zone: str, day: str, wall: str, instant: str
) -> None:
    assert utc(instant) == instant_of(date.fromisoformat(day), daily_at(wall, zone))


@pytest.mark.parametrize("zone", ["Europe/London", "America/Santiago", "Australia/Lord_Howe", "Pacific/Chatham"])
@pytest.mark.parametrize("wall", ["00:00", "01:30", "02:15", "17:00"])
def test_three_years_of_dues_have_each_local_day_once_and_in_order(zone: str, wall: str) -> None:
    schedule = daily_at(wall, zone)
    due = next_due(utc("2025-12-31 00:00"), schedule)
    days: list[date] = []
    while due is not None and due.day.year < 2029:
        days.append(due.day)
        due = next_due(due.instant, schedule)

    begins = days[0]
    assert [begins + timedelta(days=number) for number in range(len(days))] == days
    assert len(days) > 3 * 365


# The calendar ----------------------------------------------------------------------------------------------------


def test_a_due_time_is_due_at_its_very_instant() -> None:
    friday = Due(instant=in_london("2026-11-20 17:00"), day=date(2026, 11, 20))

    assert friday == latest_due(friday.instant, a_schedule())
    assert friday == next_due(friday.instant - timedelta(microseconds=1), a_schedule())


def test_the_next_due_time_comes_after_a_due_time() -> None:
    following = next_due(in_london("2026-11-20 17:00"), a_schedule())

    assert Due(instant=in_london("2026-11-23 17:00"), day=date(2026, 11, 23)) == following


def test_before_its_hour_the_latest_due_time_is_the_day_befores() -> None:
    due = latest_due(in_london("2026-11-20 16:59"), a_schedule())

    assert date(2026, 11, 19) == (due and due.day)


def test_weekends_and_skipped_dates_are_not_due() -> None:
    schedule = a_schedule(skip=[date(2026, 12, 25)])
    days = [date(2026, 12, 24) + timedelta(days=number) for number in range(5)]

    assert [True, False, False, False, True] == [is_due_day(day, schedule) for day in days]
    assert due_on(date(2026, 12, 25), schedule) is None


def test_a_calendar_without_days_is_never_due() -> None:
    schedule = a_schedule(weekdays=[])

    assert (None, None) == (next_due(utc("2026-01-01"), schedule), latest_due(utc("2026-01-01"), schedule))


def test_a_pause_of_months_is_looked_over() -> None:
    summer = [date(2026, 7, 1) + timedelta(days=number) for number in range(120)]
    following = next_due(utc("2026-07-01"), a_schedule(skip=summer))

    assert date(2026, 10, 29) == (following and following.day)


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("Europe/London", "2026-07-01 23:30", "2026-07-02"),
        ("Pacific/Kiritimati", "2026-07-01 11:00", "2026-07-02"),
        ("Pacific/Pago_Pago", "2026-07-01 10:00", "2026-06-30"),
    ],
)
def test_a_day_is_the_newsletters_own(zone: str, now: str, day: str) -> None:
    assert date.fromisoformat(day) == day_of(utc(now), daily_at("17:00", zone))

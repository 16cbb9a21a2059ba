"""Every zone whose clocks change from 2026 to 2028, at 48 times of day, on every local date around each change: one
issue for each date, none missing, none twice.

The oracle is another way of saying it: an issue is due when a clock on the wall first shows its time or a later one.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from roundup.scheduling import Due, Schedule, instant_of, latest_due, next_due
from tests.builders import a_schedule

EVERY_DAY = range(7)
MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
MOMENT = timedelta(microseconds=1)
WALLS = [time(half // 2, 30 * (half % 2)) for half in range(48)]


def changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta | None, timedelta | None]]:
    """Each change from 2026 to 2028: its minute in UTC, and what the clocks there are ahead of UTC before and after."""
    noons = [datetime(2025, 12, 31, 12, tzinfo=UTC) + number * WEEK for number in range(3 * 53)]
    for noon, following in pairwise(noons):
        before, after = (each.astimezone(zone).utcoffset() for each in (noon, following))
        if before != after:
            number = bisect_left(range(7 * 1440), x=True, key=lambda each: _ahead(noon, each, zone) != before)
            yield noon + number * MINUTE, before, after


def _ahead(begins: datetime, minutes: int, zone: ZoneInfo) -> timedelta | None:
    return (begins + minutes * MINUTE).astimezone(zone).utcoffset()


def alike() -> Iterator[tuple[str, ZoneInfo, list[date]]]:
    """Every zone with a change, and the local dates on which its clocks do; of zones whose clocks change at the same
    minutes by the same, one."""
    seen: set[tuple[object, ...]] = set()
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        found = tuple(changes(zone))
        if found and found not in seen:
            seen.add(found)
            yield name, zone, [(minute - MINUTE).astimezone(zone).date() for minute, *_ in found]


class Wall:
    """A clock on a wall, watched minute by minute from two days before a date to four days after it."""

    def __init__(self, zone: ZoneInfo, day: date) -> None:
        self._begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * DAY
        shown = ((self._begins + number * MINUTE).astimezone(zone).replace(tzinfo=None) for number in range(6 * 1440))
        #: The latest that it has shown so far.
        self._latest = list(accumulate(shown, max))

    def first_shows(self, day: date, wall: time) -> datetime:
        """When it first shows this or a later time."""
        return self._begins + bisect_left(self._latest, datetime.combine(day, wall)) * MINUTE


ZONES = list(alike())


def test_there_are_zones_to_look_at() -> None:
    assert len(ZONES) > 20
    assert sum(len(found) for _, _, found in ZONES) > 100


@pytest.mark.parametrize(("zone", "found"), [zone[1:] for zone in ZONES], ids=[name for name, _, _ in ZONES])
def test_each_local_date_has_one_issue(zone: ZoneInfo, found: list[date]) -> None:
    for change in found:
        clock = Wall(zone, change)
        days = [change + number * DAY for number in (-1, 0, 1, 2)]
        for wall in WALLS:
            schedule = a_schedule(at=wall, weekdays=EVERY_DAY, zone=zone)
            dues = [Due(instant=clock.first_shows(day, wall), day=day) for day in days]
            assert [instant_of(day, schedule) for day in days] == [due.instant for due in dues], (change, wall)
            check_one_after_another(schedule, dues)


def check_one_after_another(schedule: Schedule, dues: list[Due]) -> None:
    """Whoever looks at any time finds the last of them; so each is found, and none comes back."""
    for due, following in pairwise(dues):
        assert due.instant < following.instant
        assert latest_due(due.instant, schedule) == due == latest_due(following.instant - MOMENT, schedule)
        assert next_due(due.instant, schedule) == following == next_due(following.instant - MOMENT, schedule)

"""When an issue is due. Pure: a wall time in the newsletter's zone, and nothing else.

The library `schedule` only wakes the program. It cannot decide: it keeps its next run as naive local time, and with a
server in New York and an `.at()` in Berlin ran one job 3,199 times on a night when the clocks changed. An issue is
keyed by its local date, so that double timers, clock changes and restarts are harmless.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey

_DAY = timedelta(days=1)
#: How far a due day is looked for: a newsletter that pauses for longer than a year has ended.
_HORIZON = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The calendar of the `main` edition."""

    at: time
    #: 0 is Monday.
    weekdays: frozenset[int]
    skip: frozenset[date]
    zone: ZoneInfo
    max_lateness: timedelta
    #: How often the sources are read when no issue is due.
    gather_every: timedelta
    #: The day of the weekly edition, 0 for Monday; None: there is none.
    weekly: int | None = None

    @property
    def of_the_week(self) -> "Schedule | None":
        """The calendar of the weekly edition: its day, at the time of the others; None: there is none."""
        return None if self.weekly is None else replace(self, weekdays=frozenset({self.weekly}))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Due:
    """A local date and the instant (UTC) at which its issue is due."""

    instant: datetime
    day: date


def of_edition(schedule: Schedule, edition: str) -> Schedule:
    """The calendar of an edition; that of the days for one that has none."""
    weekly = schedule.of_the_week
    return weekly if edition == WEEKLY_EDITION and weekly is not None else schedule


def instant_of(day: date, schedule: Schedule) -> datetime:
    """The due time of `day` in UTC. A wall time that the clocks skip is the first instant after the gap; one that
    they repeat is the first of the two (as cronsim and Debian's cron do)."""
    wall = datetime.combine(day, schedule.at, tzinfo=schedule.zone)
    due = wall.replace(fold=0).astimezone(UTC)
    if due.astimezone(schedule.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return due
    # In a gap, fold=0 counts with the offset from before it, so `due` lies behind the gap by as much as the wall time
    # lies in it. The gap's end is where the offset changes: halve the hours around it until the second is found.
    before, after = due - _DAY, due
    offset = before.astimezone(schedule.zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(schedule.zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    # Offsets change on whole seconds, and `after` is less than one behind the change.
    return after.replace(microsecond=0)


def is_due_day(day: date, schedule: Schedule) -> bool:
    """Whether an issue is due on `day` at all."""
    return day.weekday() in schedule.weekdays and day not in schedule.skip


def due_on(day: date, schedule: Schedule) -> Due | None:
    """The due time of `day`; None if no issue is due on it."""
    return Due(instant=instant_of(day, schedule), day=day) if is_due_day(day, schedule) else None


def is_due_some_time(key: IssueKey, schedule: Schedule) -> bool:
    """Whether the calendar has such an issue: of an edition that there is, on a day of its own."""
    calendars = {MAIN_EDITION: schedule, WEEKLY_EDITION: schedule.of_the_week}
    calendar = calendars.get(key.edition)
    return calendar is not None and is_due_day(key.day, calendar)


def latest_due(now: datetime, schedule: Schedule) -> Due | None:
    """The last due time that is not after `now`."""
    start = now.astimezone(schedule.zone).date() + _DAY
    days = (start - _DAY * number for number in range(_HORIZON))
    return next((due for due in _dues(days, schedule) if due.instant <= now), None)


def next_due(after: datetime, schedule: Schedule) -> Due | None:
    """The first due time after `after`. None if there is none within the year: no day is ticked, all are skipped."""
    start = after.astimezone(schedule.zone).date() - _DAY
    days = (start + _DAY * number for number in range(_HORIZON))
    return next((due for due in _dues(days, schedule) if due.instant > after), None)


def _dues(days: Iterator[date], schedule: Schedule) -> Iterator[Due]:
    return (due for due in (due_on(day, schedule) for day in days) if due is not None)


def day_of(now: datetime, schedule: Schedule) -> date:
    """The newsletter's local date at `now`."""
    return now.astimezone(schedule.zone).date()

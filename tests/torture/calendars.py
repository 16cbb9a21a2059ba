"""The calendar on every date on which clocks change from 2026 to 2028, lived through as the five-minute crontab line
does, at 48 times of day: `python -m tests.torture.calendars`. Prints the numbers; exit code 1 if a date has no issue,
two of them, or one at another time than when a clock on the wall first shows it (tests/properties/test_every_zone.py).
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from roundup.scheduling import Schedule, latest_due
from tests.builders import a_schedule
from tests.properties.test_every_zone import DAY, WALLS, ZONES, Wall, changes
from tests.torture.figures import table

_LINE = timedelta(minutes=5)


def lived_through(schedule: Schedule, begins: datetime, ends: datetime) -> list[tuple[date, datetime]]:
    """The local date and the moment of each issue that whoever starts every five minutes would send."""
    sent: dict[date, datetime] = {}
    last, moment = latest_due(begins, schedule), begins
    issues = []
    while moment < ends:
        due = latest_due(moment, schedule)
        if due is not None and due != last and due.day not in sent:
            sent[due.day] = moment
            issues.append((due.day, moment))
        elif due is not None and last is not None and due < last:
            # A calendar that goes back would have an older issue sent again.
            issues.append((due.day, moment))
        last, moment = due, moment + _LINE
    return issues


def around(name: str, change: date) -> Counter[str]:
    """What came of five local dates around a change, at every time of day."""
    zone, clock, found = ZoneInfo(name), Wall(ZoneInfo(name), change), Counter[str]()
    # Two days before and after it are certain to be seen whole from noon to noon in any zone.
    begins = datetime(change.year, change.month, change.day, tzinfo=UTC) - DAY
    for wall in WALLS:
        schedule = a_schedule(at=wall, weekdays=range(7), zone=zone)
        issues = Counter[date]()
        for day, moment in lived_through(schedule, begins, begins + 4 * DAY):
            issues[day] += 1
            found["late"] += not timedelta() <= moment - clock.first_shows(day, wall) < _LINE
        expected = (change, change + DAY)
        found["dates"] += len(expected)
        found["missing"] += sum(issues[day] == 0 for day in expected)
        found["double"] += sum(number > 1 for number in issues.values())
    return found


def main() -> int:
    """Exit code 1 if a promise was broken."""
    nights = [(name, change) for name, _, found in ZONES for change in found]
    with ProcessPoolExecutor() as pool:
        total = sum(pool.map(around, *zip(*nights, strict=True), chunksize=4), Counter[str]())
    broken = total["missing"] + total["double"] + total["late"]
    figures = {
        "": "every five minutes",
        "zones whose clocks change": sum(any(changes(ZoneInfo(name))) for name in available_timezones()),
        "of them with changes of their own": len(ZONES),
        "changes": len(nights),
        "times of day": len(WALLS),
        "local dates": total["dates"],
        "without an issue": total["missing"],
        "with two": total["double"],
        "at another time": total["late"],
    }
    print(table([figures]))
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

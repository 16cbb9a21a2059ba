"""The times in log lines, held against one another. Neither zone nor year is needed for it."""

import contextlib
from datetime import datetime

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
#: Of a common year, so that 29 February is the day before 1 March without a length: an age is too short, at worst.
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HOUR = 3600.0
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


def age(old: bytes, new: bytes) -> float | None:
    """By how many seconds one stamp is certainly older than another of the same log: rather too few than too many.
    None: they cannot be compared. Known are RFC 3339 ("2026-11-23T22:15:25.123456+01:00") and RFC 3164 §4.1.2
    ("Nov 23 22:15:25", without zone and year)."""
    with contextlib.suppress(ValueError):
        dated = [datetime.fromisoformat(each.decode("ascii")) for each in (old, new)]
        if all(each.tzinfo is not None for each in dated):
            return (dated[1] - dated[0]).total_seconds() - 1
        return None
    first, last = _seconds(old), _seconds(new)
    if first is None or last is None:
        return None
    seconds = last - first if last >= first else last - first + _YEAR
    # Clocks that were put forward in between add an hour that has not been, but then there is an hour to take off.
    return seconds - (_HOUR if seconds >= _HOUR else 0) - 1


def _seconds(stamp: bytes) -> float | None:
    """Since some New Year, in the log's own zone."""
    try:
        month, day, time = stamp.split()
        hour, minute, second = (int(each) for each in time.split(b":"))
        days = sum(_DAYS[: _MONTHS.index(month)]) + int(day) - 1
    except ValueError:
        return None
    return days * _DAY + hour * _HOUR + minute * 60 + second

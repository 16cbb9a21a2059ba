"""How old a line is, by its stamp alone."""

import pytest

from roundup.sending.log_stamps import age

_DAY = 86400


@pytest.mark.parametrize(
    ("old", "new", "seconds"),
    [
        ("Nov 23 22:15:25", "Nov 23 22:16:25", 59),
        ("Nov  1 00:00:00", "Nov  2 00:00:00", _DAY - 3601),
        ("Dec 31 23:59:00", "Jan  1 00:01:00", 119),
        ("Feb 28 12:00:00", "Mar  1 12:00:00", _DAY - 3601),
        ("Feb 28 12:00:00", "Feb 29 12:00:00", _DAY - 3601),
        ("2026-11-23T22:15:25.5+01:00", "2026-11-23T22:15:25.5+00:00", 3599),
        ("2026-11-23T22:15:25.123456Z", "2026-11-23T22:15:27.123456Z", 1),
    ],
)
def test_an_age_is_rather_too_short_than_too_long(old: str, new: str, seconds: float) -> None:
    assert age(old.encode(), new.encode()) == seconds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nov 23 22:15:25", "2026-11-23T22:15:25Z"),
        ("2026-11-23T22:15:25", "2026-11-23T22:15:26"),
        ("", "Nov 23 22:15:25"),
        ("Brumaire 3 22:15:25", "Nov 23 22:15:25"),
        ("\xff\xfe 3 22:15", "Nov 23 22:15:25"),
    ],
)
def test_stamps_that_cannot_be_compared_have_no_age(old: str, new: str) -> None:
    assert age(old.encode("latin-1"), new.encode()) is None

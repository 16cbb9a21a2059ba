"""Dates as feeds and folders write them, and the instants that they mean."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering import dates

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")


def instant(text: str, zone: ZoneInfo = LONDON) -> str | None:
    made = dates.published(text, zone)
    return None if made is None else made.at.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 30 Mar 2015 09:00:00 +0000", "2015-03-30 09:00:00"),
        ("Mon, 30 Mar 2015 09:00:00 +0530", "2015-03-30 03:30:00"),
        ("30 Mar 15 09:00 EST", "2015-03-30 14:00:00"),
        ("Mon, 30 March 2015 09:00:00 GMT", "2015-03-30 09:00:00"),
        ("Mon, 30 Mar 2015 09:00:00 GMT+2", "2015-03-30 07:00:00"),
        ("Mon, 30 Mar 2015 09:00:00 CEST", "2015-03-30 07:00:00"),
        ("Mon, 30 Mar 2015 09:00:00 +0200 (CEST)", "2015-03-30 07:00:00"),
        ("2015-03-30T09:00:00Z", "2015-03-30 09:00:00"),
        ("20150330T090000Z", "2015-03-30 09:00:00"),
        ("20150330T0900+0200", "2015-03-30 07:00:00"),
        ("2015年3月30日 09:00 UTC", "2015-03-30 09:00:00"),
        ("2015-03-30T09:00:00.123+01:00", "2015-03-30 08:00:00"),
        ("2014-01-02 03:04:05 +0100", "2014-01-02 02:04:05"),
        ("2014-1-2 3:04", "2014-01-02 03:04:00"),
        ("March 30, 2015 at 9:05 PM UTC", "2015-03-30 21:05:00"),
        ("Sat, 16 Dec 2023 02:02:33 PM GMT", "2023-12-16 14:02:33"),
        ("Sat, 16 Dec 2023 12:02:33 AM GMT", "2023-12-16 00:02:33"),
        ("Seg, 24 Set 2018 19:35:07 -0300", "2018-09-24 22:35:07"),
        ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-15 23:38:15"),
        ("2 août 2022 10:00 +0200", "2022-08-02 08:00:00"),
        ("Wed, 04 Mar 2015 24:00:00 GMT", "2015-03-05 00:00:00"),
        ("1033563600", "2002-10-02 13:00:00"),
        ("Tue, 30 Jun 2015 23:59:60 GMT", "2015-06-30 23:59:59"),
        ("Fri, 17/05/2019 - 15:21", "2019-05-17 14:21:00"),
    ],
)
def test_a_date_with_a_zone_means_its_instant(text: str, expected: str) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize("name", ["", " IST", " AST", " Foo"])
def test_a_time_without_a_clear_zone_is_in_the_sources_own(name: str) -> None:
    assert instant(f"Mon, 30 Mar 2015 09:00:00{name}", NEW_YORK) == "2015-03-30 13:00:00"


@pytest.mark.parametrize(
    "text", ["2015-03-30", "30 Mar 2015", "30.03.2015", "March 30, 2015", "20150330", "Mon, 30 Mar 2015", "30/03/2015"]
)
def test_a_date_without_a_time_is_a_local_day(text: str) -> None:
    made = dates.published(text, NEW_YORK)
    assert made is not None
    assert made.day == date(2015, 3, 30)
    assert made.at == datetime(2015, 3, 30, 4, tzinfo=UTC)
    assert made.latest == datetime(2015, 3, 31, 4, tzinfo=UTC) - timedelta(microseconds=1)
    assert made.printed_day(ZoneInfo("Asia/Tokyo")) == date(2015, 3, 30)


def test_a_day_of_twenty_three_hours_ends_with_its_own_midnight() -> None:
    made = dates.published("2015-03-29", LONDON)
    assert made is not None
    assert made.latest - made.at == timedelta(hours=23) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "Thu, 00 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0000-00-00 00:00:00",
        "1989-12-31",
        "08-02-21",
        "10/02/2002",
        "2015-03-30 25:00",
        "Mon, 30 Foo 2015 09:00:00 GMT",
        "{{ post.date | date_to_rfc822 }}",
        "yesterday",
        "",
        "9999-12-31T23:59:59-12:00",
        "2015-03-30T09:00:00+99:00",
    ],
)
def test_what_is_no_day_or_could_be_two_is_no_date(text: str) -> None:
    assert dates.published(text, LONDON) is None


def test_an_impossible_date_of_a_known_form_is_left_to_nobody_else() -> None:
    assert dates.is_known_form("2026-02-30")
    assert not dates.is_known_form("Κυρ, 11 Ιούλ 2004 12:00:00 EST πμ")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026年11月20日", "2026-11-20"), ("2026년 11월 20일", "2026-11-20"), ("ma 20. marraskuuta 2026", "2026-11-20"),
        ("20 maaliskuuta 2026", "2026-03-20"), ("1 tammikuuta 2026", "2026-01-01"),
    ],
)  # fmt: skip
def test_days_of_the_east_and_of_finland(text: str, day: str) -> None:
    made = dates.published(text, LONDON)

    assert made is not None
    assert str(made.day) == day

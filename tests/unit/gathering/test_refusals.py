"""What a server that refuses us means, and how long it asks to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from roundup.gathering.refusals import LONGEST_WAIT, refusal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IN_AN_HOUR = "Fri, 20 Nov 2026 13:00:00 GMT"


def wait(asked: str, *, status: int = 503, **fields: str) -> timedelta | None:
    return refusal(status, {"Retry-After": asked, **fields}, page="https://a.example/feed", now=NOW).wait


def test_seconds_are_waited() -> None:
    assert wait("3600") == timedelta(hours=1)
    assert wait(" 60 ", status=429) == timedelta(minutes=1)


def test_a_date_is_waited_for() -> None:
    assert wait(IN_AN_HOUR) == timedelta(hours=1)
    assert wait("Friday, 20-Nov-26 13:00:00 GMT") == timedelta(hours=1)


def test_a_date_counts_from_the_servers_own_clock() -> None:
    assert wait(IN_AN_HOUR, Date="Fri, 20 Nov 2026 12:50:00 GMT") == timedelta(minutes=10)
    assert wait(IN_AN_HOUR, Date="nonsense") == timedelta(hours=1)


@pytest.mark.parametrize("asked", ["99999999999", "9" * 5000, "Fri, 20 Nov 2099 13:00:00 GMT"])
def test_nobody_is_waited_for_longer_than_a_day(asked: str) -> None:
    assert wait(asked) == LONGEST_WAIT == timedelta(days=1)


@pytest.mark.parametrize(
    "asked",
    ["", "soon", "0", "-5", "1.5", "1e9", "٣", "Fri, 20 Nov 2015 13:00:00 GMT", "Fri, 99 Nov 2026 13:00:00 GMT"],
)
def test_what_asks_for_nothing_that_can_be_understood_is_not_waited_for(asked: str) -> None:
    assert wait(asked) is None


@pytest.mark.parametrize("status", [404, 500, 502, 301])
def test_only_a_server_that_is_too_busy_is_waited_for(status: int) -> None:
    assert wait("3600", status=status) is None


@pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 405, 407, 410, 418, 429, 451, 500, 503, 599, 999])
def test_every_refusal_is_a_sentence_with_its_number_and_what_to_do(status: int) -> None:
    told = str(refusal(status, {}, page="https://a.example/feed", now=NOW))
    assert "https://a.example/feed" in told
    assert str(status) in told
    assert told.count(". ") >= 1
    assert told.endswith(".")

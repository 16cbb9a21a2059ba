"""What follows from a bounce."""

from datetime import timedelta

import pytest

from roundup.bounces.judging import Past, holds, is_worn_out, judged
from roundup.model import DeliveryState, IssueId
from roundup.returned import Became, Refusing
from tests.builders import KEY

BOUNCED, ACCEPTED, REFUSED = DeliveryState.BOUNCED, DeliveryState.ACCEPTED, DeliveryState.REFUSED


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("5.1.1", Became.GONE), ("5.1.2", Became.GONE), ("5.1.0", Became.GONE), ("5.1.10", Became.GONE),
        ("5.4.4", Became.GONE), ("5.1.7", Became.ABOUT_US), ("5.1.8", Became.ABOUT_US), ("5.7.1", Became.ABOUT_US),
        ("5.7.26", Became.ABOUT_US), ("5.2.2", Became.COUNTED), ("5.2.1", Became.COUNTED), ("5.3.4", Became.COUNTED),
        ("4.4.7", Became.COUNTED), ("4.7.1", Became.COUNTED), ("5.0.0", Became.COUNTED), ("", Became.COUNTED),
    ],
)  # fmt: skip
def test_a_code_says_whom_it_is_about(status: str, becomes: Became) -> None:
    assert becomes is judged(status)


def past(*days: int, state: DeliveryState = BOUNCED, reply: str = "5.2.2 full") -> list[Past]:
    """Deliveries so many days ago."""
    return [Past(day=KEY.day - timedelta(days=each), state=state, reply=reply) for each in days]


def test_five_in_fourteen_days_are_too_many() -> None:
    assert is_worn_out(past(0, 3, 6, 9, 14))


@pytest.mark.parametrize(
    "days",
    [past(0, 3, 6, 14), past(0, 1, 2, 3, 13), [], past(0, 3) + past(5, state=ACCEPTED, reply="") + past(6, 9, 14)],
)
def test_fewer_or_sooner_or_with_one_that_stayed_are_not(days: list[Past]) -> None:
    assert not is_worn_out(days)


def test_what_is_about_us_or_was_not_accepted_neither_counts_nor_begins_anew() -> None:
    about_us = past(1, 2, 15, reply="5.7.1 blocked")

    assert not is_worn_out(past(0, 3, 6) + about_us)
    assert is_worn_out(past(0, 3, 6) + about_us + past(7, state=REFUSED) + past(9, 14))


@pytest.mark.parametrize(
    ("reports", "people", "holding"), [(19, 30, False), (20, 30, True), (20, 300_000, False), (6000, 300_000, True)]
)
def test_many_who_refuse_us_hold_what_comes_next(reports: int, people: int, holding: bool) -> None:
    assert holding is holds(Refusing(id=IssueId(1), key=KEY, reports=reports, people=people))

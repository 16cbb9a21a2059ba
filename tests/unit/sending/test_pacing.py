"""Pacing: so many messages a second, and no burst after a pause."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.sending.pacing import Pacer


def test_without_a_rate_nobody_waits() -> None:
    pacer = Pacer(0)
    for _ in range(100):
        pacer.take_turn(1.0)

    assert 0.0 == pacer.seconds_to_wait(1.0)


def test_the_first_goes_at_once_and_the_next_after_the_gap() -> None:
    pacer = Pacer(4)
    assert 0.0 == pacer.seconds_to_wait(100.0)
    pacer.take_turn(100.0)

    assert pytest.approx(0.25) == pacer.seconds_to_wait(100.0)
    assert pytest.approx(0.05) == pacer.seconds_to_wait(100.2)
    assert 0.0 == pacer.seconds_to_wait(100.25)


def test_a_pause_is_not_made_up_for() -> None:
    pacer = Pacer(4)
    pacer.take_turn(100.0)
    pacer.take_turn(200.0)

    assert pytest.approx(0.25) == pacer.seconds_to_wait(200.0)


def test_who_comes_a_little_late_does_not_slow_the_rest_down() -> None:
    pacer = Pacer(10)
    now = 0.0
    for _ in range(100):
        now += pacer.seconds_to_wait(now)
        pacer.take_turn(now)

    assert pytest.approx(9.9) == now


@given(
    rate=st.floats(0.1, 1000),
    pauses=st.lists(st.floats(0, 3), min_size=1, max_size=50),
)
def test_no_two_turns_are_closer_than_the_gap(rate: float, pauses: list[float]) -> None:
    pacer, now, turns = Pacer(rate), 0.0, []
    for pause in pauses:
        now += pause
        now += pacer.seconds_to_wait(now)
        pacer.take_turn(now)
        turns.append(now)

    gaps = [later - earlier for earlier, later in pairwise(turns)]
    assert all(gap >= 1 / rate - 1e-6 for gap in gaps)

"""Pacing: so many messages a second, and no burst after a pause."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.sending.pacing import Pacer, SharedPacer


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


class Row:
    """What several keep a rate by, with a clock of its own."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.now = 0.0
        self.given_until = 0.0

    def take(self, count: int) -> float:
        first = max(self.given_until, self.now)
        self.given_until = first + count / self.rate
        return first - self.now


def sent_by(row: Row, pacers: list[SharedPacer], *, seconds: float, step: float = 0.001) -> list[float]:
    """When messages go, if each always has one."""
    sent = []
    while row.now < seconds:
        for pacer in pacers:
            if pacer.seconds_to_wait(row.now) <= 0:
                pacer.take_turn(row.now)
                sent.append(row.now)
        row.now += step
    return sent


@pytest.mark.parametrize("rate", [3, 40, 300])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_several_keep_one_rate_together(rate: float, count: int) -> None:
    row = Row(rate)
    pacers = [SharedPacer(rate, row.take) for _ in range(count)]
    sent = sent_by(row, pacers, seconds=20)

    assert len(sent) == pytest.approx(20 * rate, rel=0.05)
    first_half = sum(each < 10 for each in sent)
    assert first_half == pytest.approx(10 * rate, rel=0.05)


def test_one_that_ends_costs_the_others_nothing_but_its_turns() -> None:
    row = Row(100)
    alive, dead = [SharedPacer(100, row.take) for _ in range(2)]
    before = sent_by(row, [alive, dead], seconds=5)
    after = sent_by(row, [alive], seconds=10)

    assert len(before) == pytest.approx(500, rel=0.05)
    assert len(after) == pytest.approx(500, rel=0.05)


def test_without_a_rate_nobody_asks_for_turns() -> None:
    def never(count: int) -> float:
        raise AssertionError(count)

    pacer = SharedPacer(0, never)
    assert 0.0 == pacer.seconds_to_wait(1.0)
    pacer.take_turn(1.0)
    assert 0.0 == pacer.seconds_to_wait(1.0)


def test_while_nobody_can_say_whose_turn_it_is_nothing_goes() -> None:
    answers = [None, None, 0.5]
    pacer = SharedPacer(4, lambda _count: answers.pop(0))

    assert [1.0, 1.0, 0.5] == [pacer.seconds_to_wait(7.0) for _ in range(3)]
    assert 0.0 == pacer.seconds_to_wait(7.5)

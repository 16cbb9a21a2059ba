"""How many lines are wanted: up to eight at once, beyond them only as long as each trial is worth it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.sending.crowd import Crowd


class Server:
    """A next hop that answers at a rate that depends on how many lines there are."""

    def __init__(self, limit: int, rate: Callable[[int], float]) -> None:
        self.crowd = Crowd(limit)
        self.rate = rate
        self.now = 100.0
        self.answered = 0.0
        #: How many lines were wanted after each tenth of a second.
        self.wanted: list[int] = []

    def go_on(self, seconds: float) -> int:
        """Let time go by. Returns how many lines are wanted in the end."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.answered += self.rate(self.crowd.wanted) / 10
            self.crowd.measured(int(self.answered), self.now)
            self.wanted.append(self.crowd.wanted)
        return self.crowd.wanted


@pytest.mark.parametrize(("limit", "wanted"), [(1, 1), (4, 4), (8, 8), (9, 8), (64, 8)])
def test_up_to_eight_are_opened_without_asking(limit: int, wanted: int) -> None:
    assert wanted == Crowd(limit).wanted


@pytest.mark.parametrize("limit", [9, 16, 40])
def test_while_more_lines_are_faster_there_are_more_up_to_the_limit(limit: int) -> None:
    server = Server(limit, lambda lines: 100.0 * lines)

    assert limit == server.go_on(20)
    assert max(server.wanted) == limit


def test_a_trial_that_brings_nothing_is_taken_back() -> None:
    server = Server(32, lambda _: 500.0)
    server.go_on(5)

    assert 8 == server.crowd.wanted
    assert max(server.wanted) > 8


def test_a_trial_that_makes_it_worse_is_taken_back() -> None:
    server = Server(32, lambda lines: 508.0 if lines <= 8 else 393.0)

    assert 8 == server.go_on(5)


def test_after_a_trial_that_failed_it_rests_a_while_and_tries_less() -> None:
    server = Server(32, lambda _: 500.0)
    server.go_on(5)
    first = max(server.wanted)
    server.wanted.clear()
    server.go_on(4)
    assert {8} == set(server.wanted)
    server.go_on(20)

    assert 8 < max(server.wanted) <= first
    assert 9 == max(server.wanted)


def test_it_grows_only_as_far_as_it_is_worth_it() -> None:
    server = Server(64, lambda lines: 100.0 * min(lines, 12))

    assert 12 <= server.go_on(60) <= 16


@pytest.mark.parametrize("limit", [1, 4, 8])
def test_a_rate_that_falls_by_itself_costs_no_line(limit: int) -> None:
    server = Server(limit, lambda _: 500.0)
    server.go_on(3)
    server.rate = lambda _: 50.0
    server.go_on(3)
    server.rate = lambda _: 5.0

    assert limit == server.go_on(20)


def test_whoever_wants_fewer_gets_fewer() -> None:
    server = Server(16, lambda lines: 100.0 * lines)
    server.go_on(20)
    server.crowd.refused(server.now, open_lines=5)

    assert 5 == server.crowd.wanted
    assert 5 == server.go_on(29)


def test_whoever_wanted_fewer_is_tried_again_after_half_a_minute() -> None:
    server = Server(16, lambda lines: 100.0 * lines)
    server.crowd.refused(server.now, open_lines=5)

    assert 5 < server.go_on(40)


def test_a_refusal_never_asks_for_more() -> None:
    crowd = Crowd(4)
    crowd.refused(1.0, open_lines=9)

    assert 4 == crowd.wanted


def test_one_line_is_always_wanted() -> None:
    crowd = Crowd(4)
    crowd.refused(1.0, open_lines=0)

    assert 1 == crowd.wanted


def test_a_refusal_during_a_trial_is_not_taken_off_twice() -> None:
    server = Server(32, lambda _: 500.0)
    while server.go_on(0.1) == 8:
        pass
    server.crowd.refused(server.now, open_lines=9)

    assert 9 == server.go_on(20)


@given(
    limit=st.integers(1, 64),
    what=st.lists(st.tuples(st.integers(0, 2000), st.none() | st.integers(0, 70), st.floats(0.0, 40.0)), max_size=80),
)
def test_it_stays_between_one_and_the_limit(limit: int, what: list[tuple[int, int | None, float]]) -> None:
    crowd, now, answered = Crowd(limit), 0.0, 0
    for more, open_lines, seconds in what:
        now += seconds
        answered += more
        if open_lines is not None:
            crowd.refused(now, open_lines=open_lines)
        crowd.measured(answered, now)
        assert 1 <= crowd.wanted <= limit

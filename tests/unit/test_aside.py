"""Two things at once: what is waited for, and what is done meanwhile."""

import threading
from collections.abc import Iterator

import pytest

from roundup.store.aside import Aside


@pytest.fixture
def aside() -> Iterator[Aside]:
    made = Aside()
    yield made
    made.close()
    assert "aside" not in {thread.name for thread in threading.enumerate()}


def test_both_are_done_at_the_same_time_and_both_have_ended(aside: Aside) -> None:
    met = threading.Barrier(2, timeout=20)
    done: list[str] = []

    def meet(who: str) -> None:
        met.wait()
        done.append(who)

    for _ in range(3):
        aside.doing(lambda: meet("made"), while_waiting_for=lambda: meet("waited"))
    assert sorted(done) == ["made"] * 3 + ["waited"] * 3


def test_what_goes_wrong_aside_is_raised_when_the_wait_is_over(aside: Aside) -> None:
    waited: list[str] = []

    def fail() -> None:
        raise ValueError("no message")

    with pytest.raises(ValueError, match="no message"):
        aside.doing(fail, while_waiting_for=lambda: waited.append("waited"))
    assert waited == ["waited"]


def test_a_wait_that_fails_is_raised_when_what_was_done_aside_has_ended(aside: Aside) -> None:
    may_end = threading.Event()
    done: list[str] = []

    def work() -> None:
        may_end.wait(20)
        done.append("made")

    def fail() -> None:
        may_end.set()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        aside.doing(work, while_waiting_for=fail)
    assert done == ["made"]

"""The contract of notices: written down once, tried in turn, and not by two at once."""

from datetime import timedelta

from roundup.notices import CLAIMED_FOR, TRIED_FOR, Notice, Way
from roundup.store import Ledgers
from tests.fakes.journals import LATER

LETTER = Notice(name="held", way=Way.MAIL, subject="Held: “ça”", content="A person\nmust decide.")
CALL = Notice(name="held", way=Way.WEBHOOK, content='{"state": "held"}')
_A_SECOND = timedelta(seconds=1)


def test_one_is_written_down_once_for_each_way(ledgers: Ledgers) -> None:
    assert ledgers.notices.note(LETTER, at=LATER)
    assert not ledgers.notices.note(LETTER, at=LATER + timedelta(days=3))
    assert ledgers.notices.note(CALL, at=LATER)


def test_the_oldest_comes_first_and_as_it_was_written(ledgers: Ledgers) -> None:
    ledgers.notices.note(CALL, at=LATER + _A_SECOND)
    ledgers.notices.note(LETTER, at=LATER)

    assert [LETTER, CALL, None] == [ledgers.notices.claim(at=LATER + _A_SECOND) for _ in range(3)]


def test_what_was_told_is_not_told_again(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.claim(at=LATER)
    ledgers.notices.settle(LETTER, trouble="", again=False, at=LATER)

    assert ledgers.notices.claim(at=LATER + 2 * CLAIMED_FOR) is None
    assert not ledgers.notices.note(LETTER, at=LATER + timedelta(days=1))


def test_what_was_refused_for_good_is_not_tried_again(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.claim(at=LATER)
    ledgers.notices.settle(LETTER, trouble="550 no such person", again=False, at=LATER)

    assert ledgers.notices.claim(at=LATER + 2 * CLAIMED_FOR) is None


def test_what_could_not_be_told_is_tried_again_after_a_while_and_not_for_ever(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.claim(at=LATER)
    ledgers.notices.settle(LETTER, trouble="No mail server.", again=True, at=LATER)

    assert ledgers.notices.claim(at=LATER + CLAIMED_FOR - _A_SECOND) is None
    assert ledgers.notices.claim(at=LATER + CLAIMED_FOR) == LETTER
    assert ledgers.notices.claim(at=LATER + TRIED_FOR) is None


def test_whoever_died_over_one_holds_it_for_a_while(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.claim(at=LATER)

    assert ledgers.notices.claim(at=LATER + _A_SECOND) is None
    assert ledgers.notices.claim(at=LATER + CLAIMED_FOR) == LETTER


def test_a_clock_that_was_set_back_keeps_none_waiting(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.claim(at=LATER + timedelta(days=300))

    assert ledgers.notices.claim(at=LATER) == LETTER


def test_old_ones_are_forgotten(ledgers: Ledgers) -> None:
    ledgers.notices.note(LETTER, at=LATER)
    ledgers.notices.note(CALL, at=LATER + _A_SECOND)
    ledgers.notices.prune(LATER + _A_SECOND)

    assert ledgers.notices.note(LETTER, at=LATER + _A_SECOND)
    assert not ledgers.notices.note(CALL, at=LATER + _A_SECOND)

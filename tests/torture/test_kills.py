"""`kill -9` while an issue goes out, the short form: 70 kills. `python -m tests.torture.kills` kills 1,200 times."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.estate import missing_parts
from tests.torture.killing import Ending, Kill, Moment, World, the_people
from tests.torture.kills import Outcome, killed


def _told(outcome: Outcome) -> None:
    print(outcome.figures())
    assert outcome.faults == []
    # Not in vain: the kills came while mail was going out, at any of its moments.
    assert sum(kill.in_doubt > 0 for kill in outcome.ending.kills) >= outcome.world.kills / 3
    assert len({kill.moment for kill in outcome.ending.kills}) == len(Moment)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_who_resends_misses_nobody_but_who_was_in_doubt_twice_and_tells_of_every_second_copy(tmp_path: Path) -> None:
    outcome = killed(tmp_path, World(in_doubt="resend", people=300, lines=4, kills=50, latency=0.06))
    _told(outcome)
    assert 0 < outcome.extra <= 50 * 4
    # Kills are spread over all that is sent, second turns among it: whoever one finds in doubt again is offered it no
    # third time, which is told. How many of them had it is the machine's pace, and no promise; all others have it.
    twice = {each for each, count in outcome.ending.doubts.items() if count == 2}
    assert outcome.missing <= twice
    assert outcome.listed == twice


@pytest.mark.long
@pytest.mark.timeout(300)
def test_who_holds_mails_nobody_twice_and_lists_everybody_who_is_missed(tmp_path: Path) -> None:
    outcome = killed(tmp_path, World(in_doubt="hold", people=160, lines=4, kills=10, latency=0.06))
    _told(outcome)
    assert outcome.listed


@pytest.mark.long
@pytest.mark.estate
@pytest.mark.timeout(300)
def test_who_asks_postfix_misses_nobody_and_mails_nobody_twice(tmp_path: Path) -> None:
    if missing := missing_parts():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no mail estate: {missing}")
    outcome = killed(tmp_path, World(in_doubt="reconcile", people=150, lines=4, kills=10, latency=0.05))
    _told(outcome)
    assert (outcome.missing, outcome.extra, outcome.listed) == (set(), 0, set())
    assert sum(kill.in_doubt for kill in outcome.ending.kills) > 0


# What the laws would find ----------------------------------------------------------------------------------------


def _a_clean_end(in_doubt: str) -> Outcome:
    """Three people on one line, one kill, and everything as promised."""
    world = World(in_doubt=in_doubt, people=3, lines=1, kills=1)
    sums: dict[str, Any] = {"candidates": 4, "excluded": {"left": 1}, "deliveries": {"accepted": 3}, "resent": 0}
    ending = Ending(
        kills=[Kill(moment=Moment.SENDING, in_doubt=1, remaining=2, damage=())],
        lines=[(person, f"<{person}>") for person in the_people(world)],
        report={"state": "sent", **sums},
        shown={"state": "sent", "failed": [], **sums},
    )
    return Outcome(world=world, ending=ending)


def _lose_one(ending: Ending) -> None:
    ending.lines.pop()


def _copy_one(ending: Ending) -> None:
    ending.lines.append(ending.lines[0])


def _number_a_copy_anew(ending: Ending) -> None:
    ending.lines.append((ending.lines[0][0], "<another>"))


def _kill_none(ending: Ending) -> None:
    ending.kills.clear()


def _damage(ending: Ending) -> None:
    ending.kills[0] = replace(ending.kills[0], damage=("row 7 missing from index",))


def _doubt_more_than_there_are_lines(ending: Ending) -> None:
    ending.kills[0] = replace(ending.kills[0], in_doubt=2)


def _mail_one_who_left(ending: Ending) -> None:
    ending.lines.append(("gone@example.com", "<gone>"))


def _forget_a_delivery(ending: Ending) -> None:
    ending.shown["deliveries"] = {"accepted": 2}


@pytest.mark.parametrize("in_doubt", ["resend", "hold", "reconcile"])
@pytest.mark.parametrize(
    "spoil",
    [
        _lose_one,
        _copy_one,
        _number_a_copy_anew,
        _kill_none,
        _damage,
        _doubt_more_than_there_are_lines,
        _mail_one_who_left,
        _forget_a_delivery,
    ],
)
def test_the_bench_finds_what_is_broken(in_doubt: str, spoil: Callable[[Ending], None]) -> None:
    outcome = _a_clean_end(in_doubt)
    assert outcome.faults == []
    spoil(outcome.ending)
    assert outcome.faults != []

"""Workers killed, cut off and paused while they send, the short form. `python -m tests.torture.workers` is the long."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import machines, postgres
from tests.torture.pace import Pace
from tests.torture.workers import Ending, World, faults, figures, the_people, told_by


@pytest.mark.long
@pytest.mark.timeout(500)
def test_nobody_is_missed_and_every_second_copy_is_told_of(tmp_path: Path) -> None:
    if missing := machines.missing_parts() or postgres.missing_parts():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no machines of their own: {missing}")
    world = World(people=500, deaths=12, restarts=2, batch=20, rate=50)
    ending = told_by(tmp_path, world)
    print(figures(world, ending))

    assert faults(world, ending) == []
    assert ending.restarts == 2


# What the laws would find ----------------------------------------------------------------------------------------

WORLD = World(people=200, deaths=1, restarts=0, workers=1, lines=1, rate=10)


def _a_clean_end() -> Ending:
    report = {"deliveries": {"accepted": 200}, "resent": 0}
    return Ending(
        report=report,
        copies=Counter(the_people(WORLD)),
        deaths=Counter(["killed"]),
        restarts=0,
        seconds=1.0,
        pace=a_pace(WORLD.rate),
    )


def a_pace(rate: float) -> Pace:
    pace = Pace()
    for second in range(21):
        pace.saw(round(second * rate), at=float(second))
    return pace


def _hurry(ending: Ending) -> None:
    ending.pace = a_pace(WORLD.rate * 1.1)


def _dawdle(ending: Ending) -> None:
    ending.pace = a_pace(WORLD.rate * 0.9)


def _lose_one(ending: Ending) -> None:
    del ending.copies[the_people(WORLD)[0]]


def _copy_one(ending: Ending) -> None:
    ending.copies[the_people(WORLD)[0]] += 1


def _copy_many(ending: Ending) -> None:
    ending.copies[the_people(WORLD)[0]] += 2
    ending.report["resent"] = 2


def _kill_none(ending: Ending) -> None:
    ending.deaths.clear()


def _forget_a_delivery(ending: Ending) -> None:
    ending.report["deliveries"] = {"accepted": 199}


def _complain(ending: Ending) -> None:
    ending.complaints.append("Traceback")


@pytest.mark.parametrize(
    "spoil", [_lose_one, _copy_one, _copy_many, _kill_none, _forget_a_delivery, _complain, _hurry, _dawdle]
)
def test_the_bench_finds_what_is_broken(spoil: Callable[[Ending], None]) -> None:
    ending = _a_clean_end()
    assert faults(WORLD, ending) == []
    spoil(ending)
    assert faults(WORLD, ending) != []

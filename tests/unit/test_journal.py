"""What may follow what, how long to wait, whom an issue leaves out, and the sum."""

from datetime import timedelta

import pytest

from roundup.audience import Audience
from roundup.journal import MAY_BECOME, UNFINISHED, Tally, came_from, next_try, state_after
from roundup.model import (
    Accepted,
    Cadence,
    Deferred,
    DeliveryState,
    NotOffered,
    Outcome,
    Refused,
    Reply,
    Status,
    Unknown,
)
from tests.builders import INSTANT

_S = DeliveryState
REPLY = Reply(code=250, text="ok")

#: The picture of plan §2.5, an arrow a line, and `issues retry` of what expired.
ARROWS = {
    ("planned", "claimed"), ("planned", "expired"), ("planned", "withdrawn"),
    ("claimed", "accepted"), ("claimed", "refused"), ("claimed", "deferred"), ("claimed", "unknown"),
    ("claimed", "planned"),
    ("accepted", "bounced"), ("accepted", "complained"),
    ("deferred", "claimed"), ("deferred", "expired"), ("deferred", "withdrawn"),
    ("unknown", "accepted"), ("unknown", "planned"),
    ("refused", "planned"), ("expired", "planned"),
}  # fmt: skip


def test_the_table_is_the_picture_of_the_plan() -> None:
    assert ARROWS == {(str(before), str(after)) for before, afters in MAY_BECOME.items() for after in afters}


def test_every_state_has_its_row() -> None:
    assert set(DeliveryState) == set(MAY_BECOME)


def test_nothing_that_was_accepted_is_ever_offered_again() -> None:
    reached, border = {_S.ACCEPTED}, [_S.ACCEPTED]
    while border:
        border = [after for state in border for after in MAY_BECOME[state] if after not in reached]
        reached.update(border)

    assert {_S.ACCEPTED, _S.BOUNCED, _S.COMPLAINED} == reached


def test_nothing_withdrawn_comes_back() -> None:
    assert frozenset() == MAY_BECOME[_S.WITHDRAWN]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted(reply=REPLY), _S.ACCEPTED),
        (Deferred(reply=REPLY), _S.DEFERRED),
        (Refused(reply=REPLY), _S.REFUSED),
        (Refused(reply=REPLY, person_is_gone=True), _S.REFUSED),
        (Unknown(why="x"), _S.UNKNOWN),
        (NotOffered(why="x"), _S.PLANNED),
    ],
)
def test_each_outcome_has_its_state_and_a_claim_may_become_it(outcome: Outcome, state: DeliveryState) -> None:
    assert state == state_after(outcome)
    assert state in MAY_BECOME[_S.CLAIMED]


@pytest.mark.parametrize(
    ("state", "before"),
    [
        (_S.PLANNED, {_S.CLAIMED, _S.UNKNOWN, _S.REFUSED, _S.EXPIRED}),
        (_S.CLAIMED, {_S.PLANNED, _S.DEFERRED}),
        (_S.ACCEPTED, {_S.CLAIMED, _S.UNKNOWN}),
        (_S.BOUNCED, {_S.ACCEPTED}),
    ],
)
def test_where_a_state_comes_from(state: DeliveryState, before: set[DeliveryState]) -> None:
    assert before == came_from(state)


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60), (99, 60)])
def test_patience_grows_to_an_hour(tries: int, minutes: int) -> None:
    assert INSTANT + timedelta(minutes=minutes) == next_try(tries, INSTANT)


@pytest.mark.parametrize("status", Status)
def test_only_the_active_are_mailed(status: Status) -> None:
    expected = None if status is Status.ACTIVE else str(status)

    assert expected == Audience().exclusion(status, Cadence.DAILY, ())


def test_weekly_readers_and_readers_of_sections_are_left_out_for_that() -> None:
    assert "cadence" == Audience().exclusion(Status.ACTIVE, Cadence.WEEKLY, ("a",))
    assert "sections" == Audience().exclusion(Status.ACTIVE, Cadence.DAILY, ("a",))
    assert "left" == Audience().exclusion(Status.LEFT, Cadence.WEEKLY, ("a",))


@pytest.mark.parametrize(("candidates", "adds_up"), [(6, True), (5, False), (7, False)])
def test_a_tally_adds_up_or_says_that_it_does_not(candidates: int, *, adds_up: bool) -> None:
    tally = Tally(
        candidates=candidates, excluded={"left": 1, "cadence": 1}, deliveries={_S.ACCEPTED: 3, _S.DEFERRED: 1}
    )

    assert adds_up == tally.adds_up


def test_what_is_unfinished_is_planned_claimed_or_deferred() -> None:
    deliveries = dict.fromkeys(DeliveryState, 10)

    assert 30 == Tally(candidates=100, deliveries=deliveries).unfinished
    assert {_S.PLANNED, _S.CLAIMED, _S.DEFERRED} == UNFINISHED

"""The contract of the journal: who is claimed, who is offered a message, and what a run that died or was taken for dead
leaves (plan §2.5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from roundup.errors import StoreError
from roundup.journal import Turn
from roundup.model import (
    Delivery,
    DeliveryState,
    Status,
)
from roundup.store import Ledgers
from tests.builders import INSTANT, KEY, a_frozen_issue, an_issue
from tests.fakes.journals import ACCEPTED, LATER, NEXT_DAY, OUTCOMES, Run, a_run, another_run, numbered, states
from tests.lists import leave

# Claiming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [1, 3, 40, 100])
def test_each_delivery_is_claimed_once_and_fewer_than_wanted_means_that_there_are_no_more(
    ledgers: Ledgers, wanted: int
) -> None:
    run = a_run(ledgers, *numbered(40))
    taken: list[str] = []
    while True:
        claimed = run.claim(wanted)
        taken += [each.email for each in claimed]
        if len(claimed) < wanted:
            break

    assert numbered(40) == taken
    assert [] == list(run.claim(wanted))
    assert not ledgers.journal.has_turn(run.issue, at=LATER)


def test_a_claimed_delivery_has_all_that_a_message_needs(ledgers: Ledgers) -> None:
    ledgers.subscribers.add("ada@lantern.example", "Ada Märsh", at=INSTANT)
    person = ledgers.subscribers.find("ada@lantern.example")
    delivery = a_run(ledgers).claim_one()

    assert ("ada@lantern.example", "Ada Märsh", 0) == (delivery.email, delivery.name, delivery.attempts)
    assert (person and (person.id, person.key)) == (delivery.subscriber, delivery.key)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_a_claim_reads_consent(ledgers: Ledgers, status: Status) -> None:
    run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
    ledgers.subscribers.set_status("ada@lantern.example", status, at=INSTANT)

    assert "bo@lantern.example" == run.claim_one().email
    assert {"withdrawn": 1, "claimed": 1} == states(ledgers, run.issue)


def test_as_many_as_were_wanted_are_claimed_though_some_have_left(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(9))
    for email in numbered(9)[:8:2]:
        ledgers.subscribers.set_status(email, Status.LEFT, at=INSTANT)

    assert ["p01", "p03", "p05"] == [each.email[:3] for each in run.claim(3)]
    assert ["p07", "p08"] == [each.email[:3] for each in run.claim(3)]
    assert {"withdrawn": 4, "claimed": 5} == states(ledgers, run.issue)


def test_a_deferred_delivery_of_somebody_who_left_is_withdrawn_when_its_time_comes(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.send_one(OUTCOMES["deferred"])
    ledgers.subscribers.set_status("ada@lantern.example", Status.LEFT, at=INSTANT)
    run.at = LATER

    assert [] == list(run.claim())
    assert {"withdrawn": 1} == states(ledgers, run.issue)


def test_a_hold_stops_claims_and_a_release_lets_them_go_on(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(3))
    first, second = run.claim(2)
    run.offer(first)
    ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)

    # What is on its way is written down all the same.
    assert [] == list(run.turn(Turn(settled=[(first, ACCEPTED)], offering=[second], wanted=5)).claimed)
    assert {"accepted": 1, "claimed": 1, "planned": 1} == states(ledgers, run.issue)
    ledgers.archive.hold(KEY, "", instant=INSTANT, at=INSTANT)
    assert numbered(3)[2:] == [each.email for each in run.claim(5)]


def test_the_deferred_wait_their_time_behind_the_planned(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
    run.send_one(OUTCOMES["deferred"])
    assert "bo@lantern.example" == run.send_one(ACCEPTED).email
    run.at = INSTANT + timedelta(seconds=59)
    assert [] == list(run.claim())
    assert not ledgers.journal.has_turn(run.issue, at=run.at)
    run.at = INSTANT + timedelta(minutes=1)
    assert ledgers.journal.has_turn(run.issue, at=run.at)
    again = run.claim_one()

    assert ("ada@lantern.example", 1) == (again.email, again.attempts)


def test_those_who_waited_come_in_the_order_in_which_their_time_came(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(3))
    for number, delivery in reversed(list(enumerate(run.claim(3)))):
        run.at = INSTANT - timedelta(minutes=number)
        run.settle(delivery, OUTCOMES["deferred"])
    run.at = LATER

    assert ["p02", "p01"] == [each.email[:3] for each in run.claim(2)]
    assert ["p00"] == [each.email[:3] for each in run.claim(2)]


def test_each_deferral_makes_it_wait_longer(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    for minutes in (1, 5, 15, 60, 60):
        run.send_one(OUTCOMES["deferred"])
        assert not ledgers.journal.has_turn(run.issue, at=run.at + timedelta(minutes=minutes, seconds=-1))
        run.at += timedelta(minutes=minutes)
        assert ledgers.journal.has_turn(run.issue, at=run.at)


def test_whoever_was_never_offered_has_their_turn_again_at_once_and_no_try_is_counted(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(3))
    first = run.claim(3)[0]
    run.settle(first, OUTCOMES["not offered"])

    assert [(first.email, 0)] == [(each.email, each.attempts) for each in run.claim(3)]


def test_a_message_over_which_the_line_broke_waits(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.settle(run.claim_one(), OUTCOMES["broke over it"])

    assert {"planned": 1} == states(ledgers, run.issue)
    assert [] == list(run.claim())
    run.at = INSTANT + timedelta(minutes=1)
    assert 1 == run.claim_one().attempts


def test_who_was_ever_in_doubt_comes_last(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(4))
    run.send_one(OUTCOMES["unknown"])
    assert 1 == ledgers.journal.resend(run.issue, at=INSTANT)

    assert ["p01", "p02", "p03", "p00"] == [each.email[:3] for each in run.claim(9)]


def test_who_is_gone_is_bounced_and_claimed_no_more(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.send_one(OUTCOMES["gone"])
    person = ledgers.subscribers.find("ada@lantern.example")

    assert Status.BOUNCED == (person and person.status)
    assert 0 == ledgers.journal.tally(ledgers.archive.freeze(a_frozen_issue(an_issue(key=NEXT_DAY)))).unfinished


def test_who_left_stays_so_whatever_the_next_hop_says(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    delivery = run.claim_one()
    ledgers.subscribers.set_status("ada@lantern.example", Status.LEFT, at=INSTANT)
    run.settle(delivery, OUTCOMES["gone"])
    person = ledgers.subscribers.find("ada@lantern.example")

    assert Status.LEFT == (person and person.status)


# Asking again ----------------------------------------------------------------------------------------------------


def test_whoever_left_since_the_claim_is_not_offered_and_is_withdrawn_by_the_next_claim(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(3))
    first, second = run.claim(2)
    ledgers.subscribers.set_status(first.email, Status.LEFT, at=INSTANT)
    granted = run.turn(Turn(asking_again=[first, second]))
    assert frozenset({first.subscriber}) == granted.gone
    assert {"planned": 1, "claimed": 2} == states(ledgers, run.issue)
    run.settle(first, OUTCOMES["not offered"])

    assert numbered(3)[2:] == [each.email for each in run.claim(3)]
    assert {"withdrawn": 1, "claimed": 2} == states(ledgers, run.issue)
    # Only who stayed was marked as being offered.
    assert 1 == run.recover()
    assert [second.email] == [each.email for each in ledgers.journal.doubted(run.issue)]


def test_whoever_left_since_the_claim_is_in_no_doubt_if_the_run_dies(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    delivery = run.claim_one()
    ledgers.subscribers.set_status("ada@lantern.example", Status.LEFT, at=INSTANT)
    run.turn(Turn(asking_again=[delivery]))

    assert 0 == run.recover()
    assert [] == list(run.claim())
    assert {"withdrawn": 1} == states(ledgers, run.issue)


def test_who_left_may_be_withdrawn_in_the_turn_that_writes_down_that_it_was_not_offered(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(2))
    first = run.claim_one()
    ledgers.subscribers.set_status(first.email, Status.LEFT, at=INSTANT)
    assert {first.subscriber} == run.turn(Turn(asking_again=[first])).gone
    granted = run.turn(Turn(settled=[(first, OUTCOMES["not offered"])], wanted=5))

    assert numbered(2)[1:] == [each.email for each in granted.claimed]
    assert {"withdrawn": 1, "claimed": 1} == states(ledgers, run.issue)


# A run that died -------------------------------------------------------------------------------------------------


def test_a_claim_is_not_an_offer(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
    run.claim(2)

    assert 0 == run.recover()
    assert {"planned": 2} == states(ledgers, run.issue)
    assert 0 == ledgers.journal.tally(run.issue).resent
    assert [0, 0] == [each.attempts for each in run.claim(9)]


def test_what_was_being_offered_is_in_doubt(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(4))
    deliveries = run.claim(3)
    run.offer(*deliveries[:2])

    assert 2 == run.recover()
    assert {"unknown": 2, "planned": 2} == states(ledgers, run.issue)
    found = [(each.subscriber, each.email, each.key) for each in ledgers.journal.doubted(run.issue)]
    assert [(each.subscriber, each.email, each.key) for each in deliveries[:2]] == found
    assert 0 == run.recover()


def test_what_was_answered_is_in_no_doubt(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(2))
    first, second = run.claim(2)
    run.offer(first)
    run.turn(Turn(settled=[(first, ACCEPTED)], offering=[second]))

    assert 1 == run.recover()
    assert [second.email] == [each.email for each in ledgers.journal.doubted(run.issue)]


def test_what_came_back_unoffered_after_the_mark_is_in_no_doubt(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.send_one(OUTCOMES["not offered"])
    run.claim()

    assert 0 == run.recover()
    assert {"planned": 1} == states(ledgers, run.issue)


def test_who_was_deferred_before_the_clock_was_set_back_waits_no_longer(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(2))
    waiting = run.send_one(OUTCOMES["deferred"])
    run.at = INSTANT + timedelta(days=1)
    stranded = run.send_one(OUTCOMES["deferred"])
    run.at = INSTANT + timedelta(seconds=30)

    assert () == tuple(run.claim(2))
    assert 0 == run.recover()
    assert [stranded.subscriber] == [each.subscriber for each in run.claim(2)]
    run.at = INSTANT + timedelta(minutes=1)
    assert [waiting.subscriber] == [each.subscriber for each in run.claim(2)]


def test_a_doubt_is_offered_once_more_and_a_second_one_stays(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    for planned_again in (1, 0):
        run.offer(run.claim_one())
        assert 1 == run.recover()
        assert planned_again == ledgers.journal.resend(run.issue, at=INSTANT)
    tally = ledgers.journal.tally(run.issue)

    assert ({DeliveryState.UNKNOWN: 1}, 1) == (tally.deliveries, tally.resent)
    assert [] == list(run.claim())
    assert not ledgers.journal.has_turn(run.issue, at=LATER)


@pytest.mark.parametrize(("crashes", "resent"), [(1, 0), (2, 1)])
def test_what_is_given_up_in_doubt_counts_only_the_offers_that_were_made(
    ledgers: Ledgers, crashes: int, resent: int
) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    for _ in range(crashes):
        ledgers.journal.resend(run.issue, at=INSTANT)
        run.offer(run.claim_one())
        run.recover()
    ledgers.journal.expire(run.issue, at=LATER)
    tally = ledgers.journal.tally(run.issue)

    assert ({DeliveryState.UNKNOWN: 1}, resent) == (tally.deliveries, tally.resent)


@pytest.mark.parametrize("what", ["nothing", "expire", "leave"])
def test_a_doubt_that_was_never_offered_again_made_no_copy(ledgers: Ledgers, what: str) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    held = run.send_one(OUTCOMES["unknown"])
    ledgers.journal.resend(run.issue, at=INSTANT)
    if what == "expire":
        ledgers.journal.expire(run.issue, at=LATER)
    elif what == "leave":
        leave(ledgers.subscribers, held.key, at=LATER)
        assert [] == list(run.claim())

    assert 0 == ledgers.journal.tally(run.issue).resent


# Taken over ------------------------------------------------------------------------------------------------------

ZOMBIES: dict[str, Callable[[Run, Delivery, Delivery], object]] = {
    "settles what was offered": lambda run, offered, _: run.settle(offered, OUTCOMES["gone"]),
    "settles what was claimed": lambda run, _, claimed: run.settle(claimed, ACCEPTED),
    "begins to offer": lambda run, _, claimed: run.offer(claimed),
    "asks again": lambda run, _, claimed: run.turn(Turn(asking_again=[claimed])),
    "claims": lambda run, *_: run.claim(3),
    "does everything": lambda run, offered, claimed: run.turn(
        Turn(settled=[(offered, ACCEPTED)], offering=[claimed], wanted=3)
    ),
}


@pytest.mark.parametrize("busy", [False, True], ids=["not yet begun", "at work"])
@pytest.mark.parametrize("what", ZOMBIES)
def test_a_run_whose_issue_was_taken_over_writes_nothing_more(ledgers: Ledgers, what: str, *, busy: bool) -> None:
    old = a_run(ledgers, *numbered(5))
    offered, claimed = old.claim(2)
    old.offer(offered)
    new = Run(another_run(ledgers), old.issue, at=INSTANT)
    assert 1 == new.recover()
    if busy:
        # The very ones that the old run still holds.
        new.journal.resend(new.issue, at=INSTANT)
        new.offer(*(mine for mine in new.claim(5) if mine.subscriber == offered.subscriber))
    before = states(ledgers, old.issue)

    with pytest.raises(StoreError, match="Another run has taken over"):
        ZOMBIES[what](old, offered, claimed)
    assert before == states(ledgers, old.issue)
    assert {Status.ACTIVE} == {person.status for person in ledgers.subscribers.all()}


def test_a_run_whose_issue_was_taken_over_gives_nothing_back(ledgers: Ledgers) -> None:
    old = a_run(ledgers, *numbered(2))
    claimed = old.claim(2)
    new = Run(another_run(ledgers), old.issue, at=INSTANT)
    new.recover()
    mine = new.claim(2)
    old.journal.give_back(old.issue, claimed)

    assert {"claimed": 2} == states(ledgers, old.issue)
    new.offer(*mine)


def test_a_turn_that_fails_writes_nothing_at_all(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(4))
    first, second, third = run.claim(3)
    run.settle(second, ACCEPTED)

    with pytest.raises(StoreError):
        run.turn(Turn(settled=[(first, ACCEPTED), (second, ACCEPTED)], offering=[third], wanted=1))
    assert {"accepted": 1, "claimed": 2, "planned": 1} == states(ledgers, run.issue)
    assert 0 == run.recover()

"""Delivering, over a real journal and scripted lines: rounds, ways out that are none, stops, pace, bad addresses."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from roundup.delivering import Stop
from roundup.errors import StoreError
from roundup.store import Ledgers
from tests.builders import INSTANT, KEY
from tests.fakes.journals import another_run
from tests.fakes.lines import HookedSender, ManySender
from tests.fakes.rounds import (
    BROKEN,
    IN_DOUBT,
    LATER,
    NOBODY,
    RATHER_NOT,
    Counting,
    a_round,
    at_step,
    people,
)
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.stores import ledgers_in_memory


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    with ledgers_in_memory() as opened:
        yield opened


# To the end ------------------------------------------------------------------------------------------------------


def test_everybody_gets_one_in_order(ledgers: Ledgers) -> None:
    going, sender, watch = a_round(ledgers, *people(30)), RecordingSender(), Counting()

    assert () == going.deliver(sender, watch=watch)
    assert people(30) == sender.addresses
    assert ({"accepted": 30}, 30) == (going.states, watch.steps)


@pytest.mark.parametrize("lines", [2, 7, 40])
def test_many_lines_give_everybody_one(ledgers: Ledgers, lines: int) -> None:
    going, sender = a_round(ledgers, *people(100)), ManySender(lines)
    going.deliver(sender)

    assert people(100) == sorted(sender.addresses)
    assert {"accepted": 100} == going.states


def test_with_nobody_to_mail_no_line_is_opened(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers), HookedSender()

    assert () == going.deliver(sender)
    assert 0 == sender.opened


def test_the_answers_are_written_down(ledgers: Ledgers) -> None:
    first, second, third = people(3)
    going = a_round(ledgers, first, second, third)
    going.deliver(RecordingSender({first: [NOBODY], second: [LATER]}))

    assert {"refused": 1, "deferred": 1, "accepted": 1} == going.states
    assert 2 == going.active()


def test_the_deferred_are_offered_again_when_their_time_has_come_in_the_same_delivery(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    sender = RecordingSender({people(1)[0]: [LATER, TAKEN]})

    def an_hour_later(step: int) -> None:
        going.clock.at = INSTANT + timedelta(hours=step)

    going.deliver(sender, watch=Counting(an_hour_later))
    assert [people(2)[0], people(2)[1], people(2)[0]] == sender.addresses
    assert {"accepted": 2} == going.states


def test_the_deferred_are_left_for_the_next_run(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    sender = RecordingSender({people(1)[0]: [LATER, TAKEN]})

    assert () == going.deliver(sender)
    assert {"accepted": 1, "deferred": 1} == going.states
    going.clock.at += timedelta(minutes=1)
    going.deliver(sender)
    assert {"accepted": 2} == going.states


def test_a_message_that_is_offered_again_is_the_same_message(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(1))
    sender = RecordingSender({people(1)[0]: [IN_DOUBT, TAKEN]})
    going.deliver(sender)

    assert sender.offered[0] == sender.offered[1]


# Ways out that are none ------------------------------------------------------------------------------------------


def test_without_a_way_out_it_says_why_and_nothing_is_claimed(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers, *people(3)), RecordingSender()
    sender.trouble = "No mail server could be reached."

    assert ("No mail server could be reached.",) == going.deliver(sender)
    assert {"planned": 3} == going.states


def test_an_error_in_the_middle_closes_the_lines_and_gives_the_rest_back(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(50))

    def fail(turn: int) -> None:
        if turn == 9:
            raise RuntimeError("the disk is gone")

    sender = HookedSender(fail)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        going.deliver(sender)
    assert 1 == sender.closed
    assert going.states["planned"] >= 50 - len(sender.offered) - 2
    # The next run makes good what is left, and doubts at most the one that was on its way.
    going.deliver(RecordingSender())
    assert {"accepted": 50} == going.states
    assert going.ledgers.journal.tally(going.issue).resent <= 1


def test_a_run_whose_issue_is_taken_over_stops_at_once(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(50))
    before: list[int] = []

    def take_over(turn: int) -> None:
        if turn == 9:
            another_run(ledgers).recover(going.issue, at=INSTANT)
            before.append(len(sender.offered))

    sender = HookedSender(take_over)
    with pytest.raises(StoreError, match="taken over"):
        going.deliver(sender)
    assert before == [len(sender.offered)]


def test_a_hold_ends_the_delivery(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(200))

    def hold(step: int) -> None:
        if step == 20:
            ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)

    sender = HookedSender()
    going.deliver(sender, watch=Counting(hold))
    states = going.states

    assert set(states) == {"accepted", "planned"}
    assert 20 <= states["accepted"] < 200
    assert len(sender.offered) == states["accepted"]


# Stopping and pacing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 8])
def test_a_stop_finishes_what_is_on_its_way_and_claims_no_more(ledgers: Ledgers, lines: int) -> None:
    going, stop = a_round(ledgers, *people(200)), Stop()
    sender = ManySender(lines)
    going.deliver(sender, watch=Counting(at_step(20, stop.now)), stop=stop)
    states = going.states

    assert set(states) == {"accepted", "planned"}
    assert 20 <= states["accepted"] <= 20 + 2 * lines
    assert len(sender.offered) == states["accepted"]


def test_a_stop_before_the_beginning_offers_nothing(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers, *people(3)), RecordingSender()
    going.deliver(sender, stop=Stop(asked=True))

    assert ([], {"planned": 3}) == (sender.addresses, going.states)


@pytest.mark.parametrize("lines", [1, 4])
def test_a_rate_is_kept_over_all_lines(ledgers: Ledgers, lines: int) -> None:
    going = a_round(ledgers, *people(9))
    began = time.monotonic()
    going.deliver(ManySender(lines), rate=20)

    assert time.monotonic() - began >= 8 / 20
    assert {"accepted": 9} == going.states


# One bad address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 4])
def test_an_address_for_which_no_message_can_be_made_hurts_nobody_else(ledgers: Ledgers, lines: int) -> None:
    going = a_round(ledgers, *people(20))
    bad = [ledgers.subscribers.find(email) for email in (people(20)[0], people(20)[7], people(20)[19])]
    keys = {person.key for person in bad if person is not None}
    plain = going.stationery.envelope_from

    def envelope_from(key: bytes) -> str:
        if key in keys:
            raise ValueError("a name with a line break")
        return plain(key)

    going.stationery = replace(going.stationery, envelope_from=envelope_from)
    going.deliver(ManySender(lines))
    missed = list(ledgers.journal.missed(going.issue))

    assert {"accepted": 17, "refused": 3} == going.states
    assert {550} == {each.code for each in missed}
    assert all("no message could be made for this address" in each.reply for each in missed)
    assert 20 == going.active()


@pytest.mark.parametrize("where", [0, 3, 9])
def test_somebody_over_whom_the_line_breaks_each_time_keeps_nobody_waiting(ledgers: Ledgers, where: int) -> None:
    going = a_round(ledgers, *people(10))
    bad = people(10)[where]
    sender = HookedSender(answers={bad: [BROKEN]})
    troubles = going.deliver(sender)

    assert {"accepted": 9, "planned": 1} == going.states
    assert [bad] == [each.email for each in ledgers.journal.missed(going.issue)]
    assert 1 == sender.addresses.count(bad)
    assert ("Delivering broke off: it closed the line",) == troubles


@pytest.mark.parametrize("where", [0, 3, 9])
def test_lines_that_break_before_somebody_each_time_keep_nobody_waiting_longer_than_a_run(
    ledgers: Ledgers, where: int
) -> None:
    going = a_round(ledgers, *people(10))
    bad = people(10)[where]
    sender = HookedSender(answers={bad: [RATHER_NOT]})
    for _ in range(2):
        going.deliver(sender)

    assert 1 <= sender.addresses.count(bad) <= 6
    # Whoever stood behind them each time may have to wait a minute.
    assert going.states["accepted"] in (8, 9)
    assert {"accepted", "planned"} == set(going.states)


def test_a_way_out_that_breaks_each_time_is_given_up_and_nobody_is_blamed(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(10))
    sender = HookedSender(answers={email: [RATHER_NOT] for email in people(10)})
    troubles = going.deliver(sender)

    assert "it closed the line" in troubles
    assert {"planned": 10} == going.states
    assert len(sender.offered) <= 10

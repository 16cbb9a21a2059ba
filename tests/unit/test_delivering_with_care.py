"""Delivering, where it must take care: the circuit breaker, messages in doubt, and consent."""

import time
from collections.abc import Callable, Iterator

import pytest

from roundup import messages
from roundup.journal import InDoubt
from roundup.model import Outcome
from roundup.sending.referee import Verdict
from roundup.store import Ledgers
from tests.builders import INSTANT
from tests.fakes.lines import HookedSender, ManySender
from tests.fakes.rounds import (
    ABOUT_US,
    IN_DOUBT,
    LATER,
    NOBODY,
    AllKnowing,
    Counting,
    Round,
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


# About us --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 4, 16])
def test_a_relay_that_refuses_us_is_asked_twenty_times_and_nobody_is_taken_off_the_list(
    ledgers: Ledgers, lines: int
) -> None:
    going = a_round(ledgers, *people(100))
    sender = ManySender(lines, {email: [ABOUT_US] for email in people(100)})
    (trouble,) = going.deliver(sender)

    assert "refused us 20 times in a row" in trouble
    assert "550 5.7.1 you may not send here" in trouble
    assert 20 == len(sender.offered)
    assert {"deferred": 20, "planned": 80} == going.states
    assert 100 == going.active()


def test_a_relay_that_refused_us_is_tried_with_one_message_and_trusted_when_it_takes_that(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(100))
    going.deliver(ManySender(4, {email: [ABOUT_US] for email in people(100)}))
    (trouble,) = going.deliver(still := ManySender(4, {email: [ABOUT_US] for email in people(100)}))
    assert "refused us 20 times in a row" in trouble
    assert 1 == len(still.offered)

    assert () == going.deliver(mended := ManySender(4))
    assert {"deferred": 21, "accepted": 79} == going.states
    assert 79 == len(mended.offered)


def test_refusals_that_do_not_come_in_a_row_stop_nothing(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(100))
    answers = {email: [ABOUT_US] for number, email in enumerate(people(100)) if number % 10}

    assert () == going.deliver(RecordingSender(answers))
    assert {"accepted": 10, "deferred": 90} == going.states


@pytest.mark.parametrize("answer", [LATER, NOBODY])
def test_refusals_that_are_not_about_us_stop_nothing(ledgers: Ledgers, answer: Outcome) -> None:
    going = a_round(ledgers, *people(60))
    going.deliver(sender := RecordingSender({email: [answer] for email in people(60)}))

    assert 60 == len(sender.offered)


# In doubt --------------------------------------------------------------------------------------------------------


def test_a_message_in_doubt_is_offered_once_more(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT, TAKEN]})
    going.deliver(sender)

    assert [*people(3), people(3)[1]] == sender.addresses
    assert ({"accepted": 3}, 1) == (going.states, ledgers.journal.tally(going.issue).resent)


def test_a_second_doubt_stays(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT]})
    going.deliver(sender)
    going.deliver(sender)

    assert 2 == sender.addresses.count(people(3)[1])
    assert {"accepted": 2, "unknown": 1} == going.states


def test_a_doubt_that_is_held_is_offered_no_more(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT, TAKEN]})
    going.deliver(sender, in_doubt=InDoubt.HOLD)
    going.deliver(sender, in_doubt=InDoubt.HOLD)

    assert people(3) == sender.addresses
    assert {"accepted": 2, "unknown": 1} == going.states


def knowing(going: Round, **verdicts: Verdict) -> AllKnowing:
    """A referee that says of p000, p001 … what it is told to."""
    by_id = {}
    for person in going.ledgers.subscribers.all():
        addressee = messages.Addressee(email=person.email, name="", key=person.key)
        by_id[going.stationery.message(addressee, date=INSTANT).message_id] = person.email
    return AllKnowing({f"{name}@lantern.example": verdict for name, verdict in verdicts.items()}, by_id)


def test_a_doubt_that_the_log_decides_is_decided(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(4))
    referee = knowing(going, p000=Verdict.QUEUED, p001=Verdict.NOT_QUEUED, p002=Verdict.UNDECIDED)
    sender = HookedSender(answers={email: [IN_DOUBT, TAKEN] for email in people(3)})
    going.deliver(sender, in_doubt=InDoubt.RECONCILE, referee=referee)

    assert {people(4)[1]: 2} == {each: count for each in people(4) if (count := sender.addresses.count(each)) != 1}
    assert {"accepted": 3, "unknown": 1} == going.states
    assert 0 == ledgers.journal.tally(going.issue).resent


def test_a_dead_runs_doubts_are_settled_before_anything_is_offered(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    first = people(2)[0]
    going.deliver(RecordingSender({first: [IN_DOUBT]}), in_doubt=InDoubt.HOLD)
    sender = RecordingSender()
    going.deliver(sender, in_doubt=InDoubt.RECONCILE, referee=knowing(going, p000=Verdict.NOT_QUEUED))

    assert [first] == sender.addresses
    assert {"accepted": 2} == going.states


def test_a_message_that_is_never_queued_is_not_offered_for_ever(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    sender = HookedSender(answers={people(2)[0]: [IN_DOUBT]})
    going.deliver(sender, in_doubt=InDoubt.RECONCILE, referee=knowing(going, p000=Verdict.NOT_QUEUED))

    assert people(2)[1] in sender.addresses
    assert sender.addresses.count(people(2)[0]) < 20


# Consent ---------------------------------------------------------------------------------------------------------


def waiting(turn: int, what: Callable[[], object]) -> Callable[[int], None]:
    """Something that happens at a turn, after which the next hop is silent for more than a second."""

    def at(number: int) -> None:
        if number == turn:
            what()
            time.sleep(1.1)

    return at


@pytest.mark.parametrize("who", [0, 1, 2, 3])
@pytest.mark.parametrize("turn", [2, 11, 12])
def test_who_leaves_a_second_before_their_turn_is_not_mailed(ledgers: Ledgers, turn: int, who: int) -> None:
    """The first whose octets are asked for, the one behind on the same line, or somebody who was claimed with them."""
    going = a_round(ledgers, *people(30))
    leavers: list[str] = []

    def leave() -> None:
        leavers.append(people(30)[len(sender.offered) + who])
        going.leave(leavers[0])

    sender = HookedSender(waiting(turn, leave))

    assert () == going.deliver(sender)
    assert leavers == sorted(set(people(30)) - set(sender.addresses))
    assert {"accepted": 29, "withdrawn": 1} == going.states


def test_who_is_still_on_the_list_after_a_second_is_mailed_once(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(20))
    sender = HookedSender(waiting(2, lambda: None))
    going.deliver(sender)

    assert people(20) == sorted(sender.addresses)


def test_who_leaves_while_others_are_waiting_for_the_pace_is_not_mailed(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(6))
    sender = RecordingSender()
    going.deliver(sender, rate=2.5, watch=Counting(at_step(1, lambda: going.leave(people(6)[5]))))

    assert people(6)[:5] == sender.addresses
    assert {"accepted": 5, "withdrawn": 1} == going.states

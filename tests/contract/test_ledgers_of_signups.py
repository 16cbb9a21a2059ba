"""The contract of sign-ups: who is heard, whose turn it is, and what confirms."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from roundup.model import Status
from roundup.personal import Retention
from roundup.signing_up import Rationing, Request, Signup, SignupState
from roundup.store import Ledgers
from tests.builders import INSTANT, SECRET
from tests.lists import leave

ADA, BO = "ada@lantern.example", "bo@lantern.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE, THERE = "192.0.2.0/24", "198.51.100.0/24"
#: Two mails in an hour: 48 may wait before crowded networks are not heard, and 192 in all.
FEW = Rationing(per_hour=2, per_network=1_000)
MANY = Rationing(per_hour=1_000, per_network=1_000)


def ask(
    ledgers: Ledgers, *emails: str, network: str = HERE, at: datetime = INSTANT, rationing: Rationing = MANY
) -> int:
    """These addresses sign up, all at once. Returns how many of them lead to a mail."""
    requests = [Request(email=email, network=network, wording="Yes.", source="", at=at) for email in emails]
    return ledgers.signups.ask(requests, rationing)


def several(count: int) -> Iterable[str]:
    return (f"p{number}@flood.example" for number in range(count))


def turn(ledgers: Ledgers, at: datetime = INSTANT, rationing: Rationing = MANY) -> Signup:
    """The sign-up whose turn it is."""
    found = ledgers.signups.next(rationing, at=at)
    assert found is not None
    return found


def mailed(ledgers: Ledgers, at: datetime = INSTANT) -> Signup:
    """The sign-up whose turn it is; its mail is accepted."""
    found = turn(ledgers, at)
    ledgers.signups.settle(found.id, SignupState.SENT, at=at)
    return found


def confirm(ledgers: Ledgers, signup: Signup, at: datetime) -> Status | None:
    """What somebody is who follows the link of a sign-up's mail; None: it leads to nothing."""
    person = ledgers.signups.confirm(signup.key, signup.asked_at, network="", at=at)
    return person.status if person else None


# Who is heard ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.LEFT, Status.BOUNCED, Status.ACTIVE])
def test_three_sign_ups_without_a_confirmation_lock_nobody_out_for_ever(ledgers: Ledgers, status: Status) -> None:
    ledgers.subscribers.add(ADA, "", at=INSTANT)
    ledgers.subscribers.set_status(ADA, status, at=INSTANT)
    heard = []
    for at in (INSTANT + DAY * number for number in range(9)):
        heard.append(ask(ledgers, ADA, at=at))
        if heard[-1]:
            ledgers.signups.settle(turn(ledgers, at).id, SignupState.SENT, at=at)

    assert [1, 1, 1, 0, 0, 0, 0, 1, 1] == heard


def test_sign_ups_whose_mail_never_went_are_not_held_against_anybody(ledgers: Ledgers) -> None:
    heard = [ask(ledgers, ADA, at=INSTANT + 2 * DAY * number) for number in range(5)]

    assert [1] * 5 == heard


def test_old_sign_ups_of_who_is_on_the_list_are_erased_but_those_that_were_confirmed(ledgers: Ledgers) -> None:
    for email in (ADA, BO):
        ledgers.subscribers.add(email, "", at=INSTANT)
    ask(ledgers, ADA, BO)
    first = turn(ledgers)
    ledgers.signups.confirm(first.key, first.asked_at, network="", at=INSTANT)
    ask(ledgers, ADA, BO, at=INSTANT + 7 * DAY)
    week = Retention(unconfirmed=7 * DAY)
    pruned = ledgers.personal.prune(week, hashed=SECRET.forgotten, at=INSTANT + 9 * DAY)

    assert (ADA, 0) == (first.email, pruned.unconfirmed)
    left = [[each["state"] for each in (ledgers.personal.of(email) or {})["signups"]] for email in (ADA, BO)]
    assert [["confirmed", "waiting"], ["waiting"]] == left


def test_a_full_house_is_full_for_who_comes_from_a_crowded_network(ledgers: Ledgers) -> None:
    assert 48 == ask(ledgers, *several(100), rationing=FEW)
    assert 0 == ask(ledgers, ADA, rationing=FEW)

    assert 1 == ask(ledgers, ADA, network=THERE, rationing=FEW)
    assert ADA == turn(ledgers, rationing=FEW).email
    assert 3 == ask(ledgers, *(f"q{number}@x.example" for number in range(9)), network=THERE, rationing=FEW)


def test_a_flood_from_everywhere_fills_no_disk(ledgers: Ledgers) -> None:
    requests = [
        Request(email=email, network=f"10.0.{number}.0/24", wording="Yes.", source="", at=INSTANT)
        for number, email in enumerate(several(250))
    ]

    assert 192 == ledgers.signups.ask(requests, FEW)


def test_who_waited_too_long_to_be_mailed_is_in_nobodys_way(ledgers: Ledgers) -> None:
    ask(ledgers, *several(100), rationing=FEW)
    assert 0 == ask(ledgers, ADA, at=INSTANT + 47 * HOUR, rationing=FEW)
    later = INSTANT + 48 * HOUR

    assert 1 == ask(ledgers, ADA, at=later, rationing=FEW)
    assert ADA == turn(ledgers, later, FEW).email
    assert ledgers.signups.next(FEW, at=later) is None
    found = ledgers.personal.of("p7@flood.example")
    assert found is not None
    assert ["expired"] == [each["state"] for each in found["signups"]]


# What confirms --------------------------------------------------------------------------------------------------------


def test_a_link_that_was_used_confirms_no_later_sign_up(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    first = mailed(ledgers)
    assert confirm(ledgers, first, INSTANT) is Status.ACTIVE
    leave(ledgers.subscribers, first.key, at=INSTANT)
    # Somebody else may have typed the address in, in the next moment.
    later = INSTANT + timedelta(seconds=1)
    ask(ledgers, ADA, at=later)
    second = mailed(ledgers, later)

    assert [Status.LEFT, Status.LEFT] == [confirm(ledgers, first, later + n * HOUR) for n in range(2)]
    assert confirm(ledgers, second, later) is Status.ACTIVE


@pytest.mark.parametrize("followed", [0, 1])
def test_of_two_links_either_confirms_and_the_other_brings_nobody_back(ledgers: Ledgers, followed: int) -> None:
    links = []
    for at in (INSTANT, INSTANT + DAY):
        ask(ledgers, ADA, at=at)
        links.append(mailed(ledgers, at))
    later = INSTANT + DAY + HOUR
    assert confirm(ledgers, links[followed], later) is Status.ACTIVE
    assert confirm(ledgers, links[1 - followed], later) is Status.ACTIVE
    leave(ledgers.subscribers, links[0].key, at=later)

    assert [Status.LEFT, Status.LEFT] == [confirm(ledgers, each, later) for each in links]
    (week,) = ledgers.statistics.numbers(at=later + DAY, zone=UTC, weeks=1, issues=0).weeks
    assert (2, 2, 1) == (week.asked, week.mailed, week.confirmed)
    told = ledgers.personal.of(ADA)
    assert told is not None
    assert ["confirmed", "left"] == [each["what"] for each in told["consents"]]


def test_who_has_confirmed_is_asked_no_more(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    first = mailed(ledgers)
    ask(ledgers, ADA, at=INSTANT + DAY)
    confirm(ledgers, first, INSTANT + DAY)

    assert ledgers.signups.next(MANY, at=INSTANT + DAY) is None


def test_nobody_confirms_what_nobody_asked(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    signup = mailed(ledgers)
    wrong = [INSTANT - timedelta(seconds=1), INSTANT + timedelta(seconds=1), INSTANT - DAY]

    assert [None] * 3 == [ledgers.signups.confirm(signup.key, at, network="", at=INSTANT) for at in wrong]
    assert ledgers.signups.confirm(b"12345678", INSTANT, network="", at=INSTANT) is None


@pytest.mark.parametrize(("hours", "after"), [(47, Status.ACTIVE), (49, None)])
def test_a_link_may_be_followed_for_two_days_from_its_mail(ledgers: Ledgers, hours: int, after: Status | None) -> None:
    ask(ledgers, ADA)
    outage = INSTANT + 47 * HOUR
    signup = turn(ledgers, outage)
    accepted = outage + timedelta(minutes=1)
    ledgers.signups.settle(signup.id, SignupState.SENT, at=accepted)
    later = accepted + hours * HOUR

    assert (after is not None) is ledgers.signups.is_confirmable(signup.key, signup.asked_at, at=later)
    assert after is confirm(ledgers, signup, later)


# Whose turn it is -----------------------------------------------------------------------------------------------------


def turns(ledgers: Ledgers, state: SignupState, rationing: Rationing, at: datetime = INSTANT) -> int:
    """How many have their turn, each of which ends like this."""
    for count in range(1_000):
        found = ledgers.signups.next(rationing, at=at)
        if found is None:
            return count
        ledgers.signups.settle(found.id, state, trouble="450 later", at=at)
    raise AssertionError("there is no end to them")


@pytest.mark.parametrize("state", [SignupState.WAITING, SignupState.FAILED])
def test_a_mail_that_was_not_accepted_takes_nobodys_place(ledgers: Ledgers, state: SignupState) -> None:
    ask(ledgers, *several(20))
    for _ in range(5):
        ledgers.signups.settle(turn(ledgers, rationing=FEW).id, state, at=INSTANT)

    assert 2 == turns(ledgers, SignupState.SENT, FEW)
    assert 2 == turns(ledgers, SignupState.SENT, FEW, INSTANT + HOUR)


@pytest.mark.parametrize("state", [SignupState.WAITING, SignupState.FAILED])
def test_a_mail_server_that_takes_nothing_is_not_tried_for_ever(ledgers: Ledgers, state: SignupState) -> None:
    ask(ledgers, *several(40))

    assert [8, 0, 8] == [turns(ledgers, state, FEW, INSTANT + n * timedelta(minutes=30)) for n in range(3)]


def test_a_mail_that_is_put_off_again_and_again_is_offered_less_and_less(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    tried = [
        minute
        for minute in range(150)
        if turns(ledgers, SignupState.WAITING, MANY, INSTANT + timedelta(minutes=minute))
    ]

    assert [0, 1, 6, 21, 81, 141] == tried


def test_a_turn_without_a_way_out_was_none(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    for _ in range(50):
        ledgers.signups.give_back(turn(ledgers, rationing=FEW).id)

    assert 1 == turns(ledgers, SignupState.SENT, FEW)


def test_who_signed_up_twice_before_a_mail_could_go_has_one(ledgers: Ledgers) -> None:
    for at in (INSTANT, INSTANT + 25 * HOUR):
        assert 1 == ask(ledgers, ADA, at=at)
    outage = INSTANT + 26 * HOUR

    assert 1 == turns(ledgers, SignupState.SENT, MANY, outage)
    assert 0 == ask(ledgers, ADA, at=outage + 23 * HOUR)
    assert 1 == ask(ledgers, ADA, at=outage + 24 * HOUR)

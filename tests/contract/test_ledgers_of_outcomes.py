"""The contract of the journal: what becomes of a delivery, step by step, and of doubts and failures (plan §2.5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from roundup.errors import StoreError
from roundup.journal import MAY_BECOME, Turn
from roundup.model import (
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    Reply,
    Status,
    SubscriberId,
)
from roundup.store import Ledgers
from tests.builders import INSTANT, a_frozen_issue, an_issue
from tests.fakes.journals import ACCEPTED, LATER, NEXT_DAY, OUTCOMES, Run, a_run, another_run, numbered, states
from tests.lists import leave

# Settling --------------------------------------------------------------------------------------------------------

#: How the delivery to one person comes to each place.
ROADS: dict[str, tuple[DeliveryState, tuple[str, ...]]] = {
    "planned": (DeliveryState.PLANNED, ()),
    "claimed": (DeliveryState.CLAIMED, ("claim",)),
    "offered": (DeliveryState.CLAIMED, ("claim", "offer")),
    "accepted": (DeliveryState.ACCEPTED, ("claim", "offer", "accepted")),
    "deferred": (DeliveryState.DEFERRED, ("claim", "deferred")),
    "refused": (DeliveryState.REFUSED, ("claim", "refused")),
    "in doubt": (DeliveryState.UNKNOWN, ("claim", "offer", "recover")),
    "in doubt again": (DeliveryState.UNKNOWN, ("claim", "offer", "unknown", "resend", "claim", "offer", "unknown")),
    "expired": (DeliveryState.EXPIRED, ("expire",)),
    "withdrawn": (DeliveryState.WITHDRAWN, ("leave", "claim")),
}
BY_HAND = [
    "claim", "offer", "give back", "leave", "expire", "recover", "resend", "was accepted", "was not accepted",
    "retry", "retry those in doubt",
]  # fmt: skip
_S = DeliveryState
_AFTER_AN_OFFER = {
    "accepted": _S.ACCEPTED, "deferred": _S.DEFERRED, "refused": _S.REFUSED, "gone": _S.REFUSED,
    "unknown": _S.UNKNOWN, "not offered": _S.PLANNED, "broke over it": _S.PLANNED,
}  # fmt: skip
#: What each step makes of a delivery in each place. Whatever is not here changes nothing.
CHANGES: dict[str, dict[str, DeliveryState]] = {
    "planned": {"claim": _S.CLAIMED, "expire": _S.EXPIRED},
    "claimed": {"recover": _S.PLANNED, "give back": _S.PLANNED, **_AFTER_AN_OFFER},
    "offered": {"recover": _S.UNKNOWN, **_AFTER_AN_OFFER},
    "deferred": {"claim": _S.CLAIMED, "expire": _S.EXPIRED},
    "refused": {"retry": _S.PLANNED, "retry those in doubt": _S.PLANNED},
    "expired": {"retry": _S.PLANNED, "retry those in doubt": _S.PLANNED},
    "in doubt": {
        "resend": _S.PLANNED, "was accepted": _S.ACCEPTED, "was not accepted": _S.PLANNED,
        "retry those in doubt": _S.PLANNED,
    },
    "in doubt again": {
        "was accepted": _S.ACCEPTED, "was not accepted": _S.PLANNED, "retry those in doubt": _S.PLANNED,
    },
}  # fmt: skip


def step(ledgers: Ledgers, run: Run, what: str, held: Delivery) -> None:
    """One step, whatever state the delivery is in; `held` is what a run holds that claimed it."""
    journal, issue, person = run.journal, run.issue, [held.subscriber]
    actions: dict[str, Callable[[], object]] = {
        "claim": run.claim,
        "offer": lambda: run.offer(held),
        "give back": lambda: journal.give_back(issue, [held]),
        "leave": lambda: leave(ledgers.subscribers, held.key, at=LATER),
        "expire": lambda: journal.expire(issue, at=LATER),
        "recover": run.recover,
        "resend": lambda: journal.resend(issue, at=LATER),
        "was accepted": lambda: journal.decide(issue, accepted=person, not_accepted=[], at=LATER),
        "was not accepted": lambda: journal.decide(issue, accepted=[], not_accepted=person, at=LATER),
        "retry": lambda: journal.retry(issue, in_doubt=False, at=LATER),
        "retry those in doubt": lambda: journal.retry(issue, in_doubt=True, at=LATER),
    }
    action = actions.get(what, lambda: run.settle(held, OUTCOMES[what]))
    action()


def only_state(ledgers: Ledgers, issue: IssueId) -> DeliveryState:
    tally = ledgers.journal.tally(issue)
    (state,) = tally.deliveries
    assert tally.adds_up
    assert tally.resent >= 0
    return state


@pytest.mark.parametrize("what", [*BY_HAND, *OUTCOMES])
@pytest.mark.parametrize("where", ROADS)
def test_each_step_changes_a_delivery_as_it_may_and_in_no_other_way(ledgers: Ledgers, where: str, what: str) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    held = run.claim_one()
    run.settle(held, OUTCOMES["not offered"])
    run.at = LATER
    before, road = ROADS[where]
    for taken in road:
        step(ledgers, run, taken, held)
    assert before == only_state(ledgers, run.issue)
    run.at = LATER + timedelta(hours=2)

    refused = False
    try:
        step(ledgers, run, what, held)
    except StoreError:
        refused = True
    after = only_state(ledgers, run.issue)

    assert CHANGES.get(where, {}).get(what, before) == after
    assert after in {before} | MAY_BECOME[before]
    # Marks and outcomes count only for whoever holds the claim; anybody else is told.
    told = (what in OUTCOMES and where not in ("claimed", "offered")) or (what == "offer" and where != "claimed")
    assert told == refused


def test_what_was_claimed_and_not_offered_is_given_back(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(5))
    deliveries = run.claim(4)
    run.offer(deliveries[0])
    ledgers.journal.give_back(run.issue, deliveries)

    assert {"planned": 4, "claimed": 1} == states(ledgers, run.issue)
    assert numbered(5)[1:] == [each.email for each in run.claim(9)]


def test_expiring_touches_only_what_waits(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(5))
    run.send_one(ACCEPTED)
    run.send_one(OUTCOMES["deferred"])
    run.send_one(OUTCOMES["unknown"])
    run.claim()
    ledgers.journal.expire(run.issue, at=LATER)

    assert {"accepted": 1, "claimed": 1, "unknown": 1, "expired": 2} == states(ledgers, run.issue)


def test_an_issues_steps_leave_other_issues_alone(ledgers: Ledgers) -> None:
    first = a_run(ledgers, *numbered(3))
    second = a_run(ledgers, issue=ledgers.archive.freeze(a_frozen_issue(an_issue(key=NEXT_DAY))))
    for run in (first, second):
        run.send_one(OUTCOMES["unknown"])
        run.send_one(OUTCOMES["refused"])
    people = [each.subscriber for each in second.claim(1)]
    people += [each.subscriber for each in ledgers.journal.doubted(second.issue)]
    before = states(ledgers, second.issue)
    for action in (
        first.recover,
        lambda: ledgers.journal.decide(first.issue, accepted=[], not_accepted=people, at=LATER),
        lambda: ledgers.journal.resend(first.issue, at=LATER),
        lambda: ledgers.journal.retry(first.issue, in_doubt=True, at=LATER),
        lambda: first.claim(9),
        lambda: ledgers.journal.expire(first.issue, at=LATER),
    ):
        action()
        assert before == states(ledgers, second.issue)


def test_two_issues_may_be_under_way_in_turns(ledgers: Ledgers) -> None:
    first = a_run(ledgers, *numbered(4))
    second = a_run(ledgers, issue=ledgers.archive.freeze(a_frozen_issue(an_issue(key=NEXT_DAY))))
    for _ in range(4):
        assert first.send_one(ACCEPTED).email == second.send_one(ACCEPTED).email

    assert [{"accepted": 4}] * 2 == [states(ledgers, run.issue) for run in (first, second)]


# Doubts that are decided -----------------------------------------------------------------------------------------


def in_doubt(ledgers: Ledgers, *emails: str) -> tuple[Run, list[SubscriberId]]:
    """A run that died while it was offering each of these."""
    run = a_run(ledgers, *emails)
    run.offer(*run.claim(len(emails)))
    run.recover()
    return run, [each.subscriber for each in ledgers.journal.doubted(run.issue)]


def test_whoever_knows_decides_a_doubt(ledgers: Ledgers) -> None:
    run, (first, second, _) = in_doubt(ledgers, *numbered(3))
    ledgers.journal.decide(run.issue, accepted=[first], not_accepted=[second], at=LATER)

    assert {"accepted": 1, "planned": 1, "unknown": 1} == states(ledgers, run.issue)
    assert numbered(3)[1:2] == [each.email for each in run.claim(9)]


def test_a_doubt_that_was_decided_is_counted_as_no_copy(ledgers: Ledgers) -> None:
    run, people = in_doubt(ledgers, *numbered(2))
    ledgers.journal.decide(run.issue, accepted=people[:1], not_accepted=people[1:], at=LATER)
    run.send_one(ACCEPTED)
    tally = ledgers.journal.tally(run.issue)

    assert ({DeliveryState.ACCEPTED: 2}, 0) == (tally.deliveries, tally.resent)


def test_refusals_that_are_about_us_are_counted_since_the_last_that_was_accepted(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(8))
    about_us = Deferred(reply=Reply(code=550, text="5.7.1 blocked"))
    counted = []
    for seconds, outcome in enumerate([about_us, OUTCOMES["deferred"], about_us, ACCEPTED, about_us, about_us]):
        run.at = INSTANT + timedelta(seconds=seconds)
        run.send_one(outcome)
        counted.append(run.journal.refused_us(run.issue))

    assert [1, 1, 2, 0, 1, 2] == counted
    assert 2 == another_run(ledgers).refused_us(run.issue)


def test_who_was_found_not_to_have_it_is_offered_again_if_a_doubt_comes_once_more(ledgers: Ledgers) -> None:
    run, people = in_doubt(ledgers, "ada@lantern.example")
    ledgers.journal.decide(run.issue, accepted=[], not_accepted=people, at=LATER)
    run.send_one(OUTCOMES["unknown"])

    assert 1 == ledgers.journal.resend(run.issue, at=LATER)


def test_many_doubts_are_decided_at_once(ledgers: Ledgers) -> None:
    run, people = in_doubt(ledgers, *(f"p{number}@lantern.example" for number in range(600)))
    ledgers.journal.decide(run.issue, accepted=people[:300], not_accepted=people[300:], at=LATER)

    assert {"accepted": 300, "planned": 300} == states(ledgers, run.issue)


# Trying again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_doubts", [False, True])
def test_a_retry_plans_who_failed_and_is_still_on_the_list(ledgers: Ledgers, *, with_doubts: bool) -> None:
    run = a_run(ledgers, *numbered(7))
    outcomes = ["accepted", "refused", "refused", "gone", "unknown", "unknown"]
    people = [run.send_one(OUTCOMES[each]).email for each in outcomes]
    ledgers.journal.expire(run.issue, at=LATER)
    for left in (people[2], people[5]):
        ledgers.subscribers.set_status(left, Status.LEFT, at=LATER)
    planned = ledgers.journal.retry(run.issue, in_doubt=with_doubts, at=LATER)
    again = [people[1], numbered(7)[6], *([people[4]] if with_doubts else [])]

    assert len(again) == planned
    assert again == [each.email for each in run.claim(9)]


def test_a_retry_of_what_was_in_doubt_may_make_a_copy_and_says_so(ledgers: Ledgers) -> None:
    run, _ = in_doubt(ledgers, "ada@lantern.example")
    ledgers.journal.retry(run.issue, in_doubt=True, at=LATER)
    run.send_one(ACCEPTED)

    assert 1 == ledgers.journal.tally(run.issue).resent


def test_who_is_left_in_doubt_is_offered_it_again_only_if_a_person_asks_for_that(ledgers: Ledgers) -> None:
    run, _ = in_doubt(ledgers, "ada@lantern.example")
    ledgers.journal.leave_in_doubt(run.issue)

    assert 0 == ledgers.journal.resend(run.issue, at=LATER)
    assert 1 == ledgers.journal.retry(run.issue, in_doubt=True, at=LATER)
    assert "ada@lantern.example" == run.send_one(ACCEPTED).email


def test_a_retry_of_what_failed_after_waiting_has_its_turn_at_once(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.send_one(OUTCOMES["deferred"])
    ledgers.journal.expire(run.issue, at=INSTANT)
    ledgers.journal.retry(run.issue, in_doubt=False, at=INSTANT)

    assert ledgers.journal.has_turn(run.issue, at=INSTANT)
    assert 1 == run.claim_one().attempts


# Telling ---------------------------------------------------------------------------------------------------------


def test_whoever_missed_an_issue_is_listed_with_the_reason(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(6))
    for outcome in ("accepted", "refused", "unknown", "deferred"):
        run.send_one(OUTCOMES[outcome])
    ledgers.subscribers.set_status(numbered(6)[4], Status.LEFT, at=LATER)
    run.claim(1)
    missed = [(each.email[:3], str(each.state), each.code, each.attempts) for each in ledgers.journal.missed(run.issue)]
    replies = [each.reply for each in ledgers.journal.missed(run.issue)]

    expected = [("p01", "refused", 550, 1), ("p02", "unknown", 0, 1), ("p03", "deferred", 450, 1)]
    assert [*expected, ("p05", "claimed", 0, 0)] == missed
    assert ["5.2.1 no", "the line broke", "4.2.0 later", ""] == replies


def test_what_mail_servers_said_is_kept_to_the_letter_however_many_say_it_at_once(ledgers: Ledgers) -> None:
    said = ['"quoted", {in} braces\\', "NULL", "", "two\r\nlines", "\0 Zoë \ufdd0", "a 'tick' %s", "{}", "\\N"]
    run = a_run(ledgers, *numbered(len(said)))
    claimed = run.claim(len(said))
    run.offer(*claimed)
    outcomes = [Deferred(reply=Reply(code=450, text=each)) for each in said]
    run.turn(Turn(settled=list(zip(claimed, outcomes, strict=True))))

    assert said == [each.reply for each in ledgers.journal.missed(run.issue)]


def test_a_doubt_that_a_dead_run_left_says_so(ledgers: Ledgers) -> None:
    run, _ = in_doubt(ledgers, "ada@lantern.example")
    (missed,) = ledgers.journal.missed(run.issue)

    assert (DeliveryState.UNKNOWN, 0, 1) == (missed.state, missed.code, missed.attempts)
    assert "the run ended before the next hop's answer was known" == missed.reply


def test_what_a_restore_lost_is_in_doubt_until_a_person_says_that_it_never_went(ledgers: Ledgers) -> None:
    run = a_run(ledgers, *numbered(5))
    run.send_one(ACCEPTED)
    run.send_one(OUTCOMES["deferred"])
    run.send_one(OUTCOMES["unknown"])
    run.offer(run.claim_one())
    ledgers.journal.lose(run.issue, at=LATER)
    assert {"accepted": 1, "unknown": 4} == states(ledgers, run.issue)

    ledgers.journal.was_not_lost(run.issue, at=LATER)
    # Who was in doubt before stays so: of that a restore says nothing.
    assert {"accepted": 1, "unknown": 1, "planned": 3} == states(ledgers, run.issue)
    assert 0 == ledgers.journal.tally(run.issue).resent

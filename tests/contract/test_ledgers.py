"""The contract of the archive and the journal: what is frozen, claimed, offered, settled and closed (plan §2.5).

Those of what has been seen and of the list stand in `test_ledgers_of_pieces.py` and `test_ledgers_of_people.py`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from roundup.archive import IssueRecord, IssueState, Told
from roundup.errors import StoreError
from roundup.identity import identities
from roundup.journal import MAY_BECOME, Turn, exclusion
from roundup.model import (
    Accepted,
    Cadence,
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    IssueKey,
    NotOffered,
    Outcome,
    Refused,
    Reply,
    Status,
    SubscriberId,
    Unknown,
)
from roundup.store import Ledgers
from roundup.subscribers import Changes, ListRow
from tests.builders import INSTANT, KEY, LONDON, PUBLISHED, a_frozen_issue, a_piece, an_issue, list_rows
from tests.fakes.journals import Run, another_run

LATER = INSTANT + timedelta(hours=2)
NEXT_DAY = IssueKey(day=date(2015, 3, 31))
OUTCOMES: dict[str, Outcome] = {
    "accepted": Accepted(reply=Reply(code=250, text="2.0.0 ok")),
    "deferred": Deferred(reply=Reply(code=450, text="4.2.0 later")),
    "refused": Refused(reply=Reply(code=550, text="5.2.1 no")),
    "gone": Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True),
    "unknown": Unknown(why="the line broke"),
    "not offered": NotOffered(why="no line"),
    "broke over it": NotOffered(why="the line broke over it", over_it=True),
}
ACCEPTED = OUTCOMES["accepted"]


def subscribe(ledgers: Ledgers, *emails: str) -> None:
    new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)


def frozen(ledgers: Ledgers, *emails: str, key: IssueKey = KEY) -> IssueId:
    """An issue frozen for these people."""
    subscribe(ledgers, *emails)
    return ledgers.archive.freeze(a_frozen_issue(an_issue(key=key)))


def a_run(ledgers: Ledgers, *emails: str, issue: IssueId | None = None) -> Run:
    """A run that has taken over an issue, by default a new one for these people."""
    run = Run(ledgers.journal, frozen(ledgers, *emails) if issue is None else issue, at=INSTANT)
    run.recover()
    return run


def numbered(count: int) -> list[str]:
    return [f"p{number:02}@lantern.example" for number in range(count)]


def states(ledgers: Ledgers, issue: IssueId) -> dict[str, int]:
    """The tally by the states' names; the sums add up."""
    tally = ledgers.journal.tally(issue)
    assert tally.adds_up
    return {str(state): count for state, count in tally.deliveries.items()}


def record_of(ledgers: Ledgers, key: IssueKey = KEY) -> IssueRecord:
    record = ledgers.archive.find(key)
    assert record is not None
    return record


# Freezing --------------------------------------------------------------------------------------------------------


def test_freezing_plans_exactly_those_whom_nothing_excludes(ledgers: Ledgers) -> None:
    kinds = list(product(Status, Cadence, [(), ("politics", "sport")]))
    people = {
        f"p{number}@lantern.example": (status, cadence, sections)
        for number, (status, cadence, sections) in enumerate(kinds)
    }
    rows = [
        (ListRow(line=2, email=email, cadence=cadence, sections=sections), status)
        for email, (status, cadence, sections) in people.items()
    ]
    ledgers.subscribers.apply(Changes(new=tuple(rows)), origin="import", digest="", at=INSTANT)
    reasons = {email: exclusion(*kind) for email, kind in people.items()}
    issue = ledgers.archive.freeze(a_frozen_issue())
    tally = ledgers.journal.tally(issue)

    assert dict(Counter(reason for reason in reasons.values() if reason)) == tally.excluded
    assert (28, {DeliveryState.PLANNED: 1}, True) == (tally.candidates, tally.deliveries, tally.adds_up)
    assert [email for email, reason in reasons.items() if reason is None] == [
        each.email for each in a_run(ledgers, issue=issue).claim(9)
    ]


def test_who_joins_after_the_freeze_is_no_candidate(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    subscribe(ledgers, "bo@lantern.example")

    assert 1 == ledgers.journal.tally(issue).candidates


def test_an_issue_is_frozen_once(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example")

    with pytest.raises(StoreError, match=r"The issue of 2015-03-30 is frozen already\."):
        ledgers.archive.freeze(a_frozen_issue())
    assert {DeliveryState.PLANNED: 1} == ledgers.journal.tally(issue).deliveries


@pytest.mark.parametrize("state", [IssueState.SENT, IssueState.SKIPPED])
def test_what_is_closed_is_not_frozen_again(ledgers: Ledgers, state: IssueState) -> None:
    ledgers.archive.close(frozen(ledgers, "ada@lantern.example"), state, at=LATER)

    with pytest.raises(StoreError, match=f"is {state} already"):
        ledgers.archive.freeze(a_frozen_issue())


def test_a_missed_issue_may_be_frozen_and_is_then_no_longer_missed(ledgers: Ledgers) -> None:
    told = Told(state="missed", because="too late", issue_state=IssueState.MISSED)
    ledgers.archive.tell(KEY, told, instant=INSTANT, at=INSTANT)
    frozen(ledgers, "ada@lantern.example")
    record = record_of(ledgers)

    assert (IssueState.FROZEN, "", "") == (record.state, record.told, record.because)


def test_a_frozen_issue_is_stored_as_it_was(ledgers: Ledgers) -> None:
    issue = a_frozen_issue()
    ledgers.archive.freeze(replace(issue, explanation='{"pieces": [1], "subject": "Ümlaut"}'))
    stored = ledgers.archive.stored(KEY)

    assert stored is not None
    assert (issue.rendered, {"pieces": [1], "subject": "Ümlaut"}) == (stored.rendered, stored.told)
    assert (issue.fingerprint, INSTANT, INSTANT) == (
        stored.record.fingerprint, stored.record.instant, stored.record.frozen_at,
    )  # fmt: skip


def test_an_issue_that_is_not_frozen_has_no_octets(ledgers: Ledgers) -> None:
    ledgers.archive.tell(KEY, Told(state="nothing-new", because="quiet"), instant=INSTANT, at=LATER)
    record = record_of(ledgers)

    assert ledgers.archive.stored(KEY) is None
    assert (IssueState.OPEN, "nothing-new", "quiet", LATER) == (
        record.state, record.told, record.because, record.looked_at,
    )  # fmt: skip


# What is carried -------------------------------------------------------------------------------------------------


def test_an_issue_carries_its_pieces_from_the_freeze(ledgers: Ledgers) -> None:
    frozen(ledgers, "ada@lantern.example")
    first = an_issue().pieces[0]

    assert identities(first.piece, first.published, LONDON) <= ledgers.archive.carried()
    assert KEY == (last.key if (last := ledgers.archive.last_sent()) else None)


def test_closing_with_nothing_accepted_gives_the_pieces_back(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.send_one(OUTCOMES["refused"])
    ledgers.archive.close(run.issue, IssueState.SENT, at=LATER)

    assert (frozenset(), None) == (ledgers.archive.carried(), ledgers.archive.last_sent())


def test_closing_with_one_accepted_keeps_the_pieces(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example")
    run.send_one(ACCEPTED)
    before = ledgers.archive.carried()
    ledgers.archive.close(run.issue, IssueState.SENT, at=LATER)

    assert before == ledgers.archive.carried() != frozenset()
    assert [] == list(ledgers.archive.unfinished())


def test_closing_with_one_in_doubt_keeps_the_pieces(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example")
    run.offer(run.claim_one())
    run.recover()
    ledgers.archive.close(run.issue, IssueState.SENT, at=LATER)

    assert frozenset() != ledgers.archive.carried()


def test_other_editions_carry_nothing_for_the_main_one(ledgers: Ledgers) -> None:
    frozen(ledgers, "ada@lantern.example", key=replace(KEY, edition="weekly"))

    assert (frozenset(), None) == (ledgers.archive.carried(), ledgers.archive.last_sent())


def test_issues_are_listed_by_instant(ledgers: Ledgers) -> None:
    for days in (1, 0, 2):
        key, instant = IssueKey(day=KEY.day + timedelta(days=days)), INSTANT + timedelta(days=days)
        piece = a_piece(id=str(days), title=str(days), link=f"https://lantern.example/{days}", published=PUBLISHED)
        issue = an_issue(key=key, instant=instant, pieces=(replace(an_issue().pieces[0], piece=piece),))
        ledgers.archive.freeze(a_frozen_issue(issue))
    days_of = [record.key.day.day for record in ledgers.archive.all()]

    assert [1, 31, 30] == days_of
    assert [30, 31, 1] == [record.key.day.day for record in ledgers.archive.unfinished()]
    assert 1 == (last.key.day.day if (last := ledgers.archive.last_sent()) else None)


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


def test_a_hold_may_come_before_the_issue(ledgers: Ledgers) -> None:
    ledgers.archive.hold(NEXT_DAY, "Held by hand.", instant=LATER, at=INSTANT)
    record = record_of(ledgers, NEXT_DAY)

    assert (IssueState.OPEN, "Held by hand.", LATER) == (record.state, record.hold, record.instant)


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
        ledgers.subscribers.leave(held.key, at=LATER)
        assert [] == list(run.claim())

    assert 0 == ledgers.journal.tally(run.issue).resent


# Taken over ------------------------------------------------------------------------------------------------------

ZOMBIES: dict[str, Callable[[Run, Delivery, Delivery], object]] = {
    "settles what was offered": lambda run, offered, _: run.settle(offered, OUTCOMES["gone"]),
    "settles what was claimed": lambda run, _, claimed: run.settle(claimed, ACCEPTED),
    "begins to offer": lambda run, _, claimed: run.offer(claimed),
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


def test_a_run_whose_issue_was_taken_over_and_that_asks_again_may_not_offer(ledgers: Ledgers) -> None:
    old = a_run(ledgers, *numbered(2))
    claimed = old.claim(2)
    new = Run(another_run(ledgers), old.issue, at=INSTANT)
    new.recover()
    mine = new.claim(2)

    assert {each.subscriber for each in claimed} == old.turn(Turn(asking_again=claimed)).gone
    # Nobody is marked: they are the new run's to mark.
    new.offer(*mine)


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
        "leave": lambda: ledgers.subscribers.leave(held.key, at=LATER),
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


def test_a_doubt_that_a_dead_run_left_says_so(ledgers: Ledgers) -> None:
    run, _ = in_doubt(ledgers, "ada@lantern.example")
    (missed,) = ledgers.journal.missed(run.issue)

    assert (DeliveryState.UNKNOWN, 0, 1) == (missed.state, missed.code, missed.attempts)
    assert "the run ended before the next hop's answer was known" == missed.reply

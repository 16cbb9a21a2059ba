"""The contract of the archive and the journal: what is frozen, claimed, settled and closed (plan §2.5).

Those of what has been seen and of the list stand in `test_ledgers_of_pieces.py` and `test_ledgers_of_people.py`.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from roundup.archive import IssueRecord, IssueState, Told
from roundup.errors import StoreError
from roundup.identity import identities
from roundup.journal import MAY_BECOME, exclusion
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
    Unknown,
)
from roundup.store import Ledgers
from roundup.subscribers import Changes, ListRow
from tests.builders import INSTANT, KEY, LONDON, PUBLISHED, a_frozen_issue, a_piece, an_issue, list_rows

LATER = INSTANT + timedelta(hours=2)
NEXT_DAY = IssueKey(day=date(2015, 3, 31))
OUTCOMES: dict[str, Outcome] = {
    "accepted": Accepted(reply=Reply(code=250, text="2.0.0 ok")),
    "deferred": Deferred(reply=Reply(code=450, text="4.2.0 later")),
    "refused": Refused(reply=Reply(code=550, text="5.2.1 no")),
    "gone": Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True),
    "unknown": Unknown(why="the line broke"),
    "not offered": NotOffered(why="no line"),
}
ACCEPTED = OUTCOMES["accepted"]


def subscribe(ledgers: Ledgers, *emails: str) -> None:
    new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)


def frozen(ledgers: Ledgers, *emails: str, key: IssueKey = KEY) -> IssueId:
    """An issue frozen for these people."""
    subscribe(ledgers, *emails)
    return ledgers.archive.freeze(a_frozen_issue(an_issue(key=key)))


def claimed(ledgers: Ledgers, issue: IssueId) -> Delivery:
    delivery = ledgers.journal.claim(issue, at=INSTANT)
    assert delivery is not None
    return delivery


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
    assert [email for email, reason in reasons.items() if reason is None] == [claimed(ledgers, issue).email]


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
    issue = frozen(ledgers, "ada@lantern.example")
    ledgers.journal.settle(claimed(ledgers, issue), OUTCOMES["refused"], at=INSTANT)
    ledgers.archive.close(issue, IssueState.SENT, at=LATER)

    assert (frozenset(), None) == (ledgers.archive.carried(), ledgers.archive.last_sent())


def test_closing_with_one_accepted_keeps_the_pieces(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example", "bo@lantern.example")
    ledgers.journal.settle(claimed(ledgers, issue), ACCEPTED, at=INSTANT)
    before = ledgers.archive.carried()
    ledgers.archive.close(issue, IssueState.SENT, at=LATER)

    assert before == ledgers.archive.carried() != frozenset()
    assert [] == list(ledgers.archive.unfinished())


def test_closing_with_one_in_doubt_keeps_the_pieces(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    claimed(ledgers, issue)
    ledgers.journal.recover(issue, resend=False, at=LATER)
    ledgers.archive.close(issue, IssueState.SENT, at=LATER)

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


def test_each_delivery_is_claimed_once_by_any_number_of_lines(ledgers: Ledgers) -> None:
    emails = [f"p{number:02}@lantern.example" for number in range(40)]
    issue = frozen(ledgers, *emails)

    def line(_number: int) -> list[str]:
        mine = []
        while (delivery := ledgers.journal.claim(issue, at=INSTANT)) is not None:
            mine.append(delivery.email)
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [email for each in pool.map(line, range(4)) for email in each]
    assert emails == sorted(taken)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_a_claim_reads_consent(ledgers: Ledgers, status: Status) -> None:
    issue = frozen(ledgers, "ada@lantern.example", "bo@lantern.example")
    ledgers.subscribers.set_status("ada@lantern.example", status, at=INSTANT)

    assert "bo@lantern.example" == claimed(ledgers, issue).email
    expected = {DeliveryState.WITHDRAWN: 1, DeliveryState.CLAIMED: 1}
    assert expected == ledgers.journal.tally(issue).deliveries


def test_a_hold_stops_claims_and_a_release_lets_them_go_on(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example", "bo@lantern.example")
    first = claimed(ledgers, issue)
    ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)
    assert ledgers.journal.settle_and_claim(first, ACCEPTED, at=INSTANT) is None
    assert {DeliveryState.ACCEPTED: 1, DeliveryState.PLANNED: 1} == ledgers.journal.tally(issue).deliveries
    ledgers.archive.hold(KEY, "", instant=INSTANT, at=INSTANT)

    assert "bo@lantern.example" == claimed(ledgers, issue).email


def test_a_hold_may_come_before_the_issue(ledgers: Ledgers) -> None:
    ledgers.archive.hold(NEXT_DAY, "Held by hand.", instant=LATER, at=INSTANT)
    record = record_of(ledgers, NEXT_DAY)

    assert (IssueState.OPEN, "Held by hand.", LATER) == (record.state, record.hold, record.instant)


def test_the_deferred_wait_their_time_behind_the_planned(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example", "bo@lantern.example")
    second = ledgers.journal.settle_and_claim(claimed(ledgers, issue), OUTCOMES["deferred"], at=INSTANT)
    assert second is not None
    assert "bo@lantern.example" == second.email
    assert ledgers.journal.claim(issue, at=INSTANT + timedelta(seconds=59)) is None
    again = ledgers.journal.claim(issue, at=INSTANT + timedelta(minutes=1))

    assert ("ada@lantern.example", 1) == (again and again.email, again and again.attempts)


def test_who_is_gone_is_bounced_and_claimed_no_more(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    ledgers.journal.settle(claimed(ledgers, issue), OUTCOMES["gone"], at=INSTANT)
    person = ledgers.subscribers.find("ada@lantern.example")

    assert Status.BOUNCED == (person and person.status)
    assert 0 == ledgers.journal.tally(ledgers.archive.freeze(a_frozen_issue(an_issue(key=NEXT_DAY)))).unfinished


# Settling --------------------------------------------------------------------------------------------------------

#: How the delivery to one person comes into each state.
ROADS: dict[DeliveryState, tuple[str, ...]] = {
    DeliveryState.PLANNED: (),
    DeliveryState.CLAIMED: ("claim",),
    DeliveryState.ACCEPTED: ("claim", "accepted"),
    DeliveryState.DEFERRED: ("claim", "deferred"),
    DeliveryState.REFUSED: ("claim", "refused"),
    DeliveryState.UNKNOWN: ("claim", "unknown", "claim", "unknown"),
    DeliveryState.EXPIRED: ("expire",),
    DeliveryState.WITHDRAWN: ("leave", "claim"),
}
STEPS = ["claim", "leave", "expire", "recover", "give up", *OUTCOMES]


def step(ledgers: Ledgers, issue: IssueId, what: str, held: Delivery) -> None:
    """One step, whatever state the delivery is in; `held` is what a line holds that claimed it."""
    actions: dict[str, Callable[[], object]] = {
        "claim": lambda: ledgers.journal.claim(issue, at=LATER),
        "leave": lambda: ledgers.subscribers.leave(held.key, at=LATER),
        "expire": lambda: ledgers.journal.expire(issue, at=LATER),
        "recover": lambda: ledgers.journal.recover(issue, resend=True, at=LATER),
        "give up": lambda: ledgers.journal.recover(issue, resend=False, at=LATER),
    }
    action = actions.get(what, lambda: ledgers.journal.settle(held, OUTCOMES[what], at=LATER))
    action()


def only_state(ledgers: Ledgers, issue: IssueId) -> DeliveryState:
    tally = ledgers.journal.tally(issue)
    (state,) = tally.deliveries
    assert tally.adds_up
    assert tally.resent >= 0
    return state


@pytest.mark.parametrize("what", STEPS)
@pytest.mark.parametrize("state", ROADS)
def test_no_step_changes_a_delivery_in_a_way_that_is_forbidden(
    ledgers: Ledgers, state: DeliveryState, what: str
) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    held = given_back(ledgers, issue)
    for taken in ROADS[state]:
        step(ledgers, issue, taken, held)
    assert state == only_state(ledgers, issue)

    refused = False
    try:
        step(ledgers, issue, what, held)
    except StoreError:
        refused = True
    after = only_state(ledgers, issue)

    doubtful = MAY_BECOME[DeliveryState.UNKNOWN] if DeliveryState.UNKNOWN in MAY_BECOME[state] else frozenset()
    assert after in {state} | MAY_BECOME[state] | doubtful
    # An outcome counts only for whoever holds the claim; anybody else is told.
    assert refused == (what in OUTCOMES and state is not DeliveryState.CLAIMED)


def given_back(ledgers: Ledgers, issue: IssueId) -> Delivery:
    """The only delivery, as a line holds it; it is planned again."""
    delivery = claimed(ledgers, issue)
    ledgers.journal.settle(delivery, OUTCOMES["not offered"], at=INSTANT)
    return delivery


def test_a_dead_runs_claims_are_offered_once_more_and_then_stay_unknown(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    claimed(ledgers, issue)
    assert 1 == ledgers.journal.recover(issue, resend=True, at=INSTANT)
    claimed(ledgers, issue)
    assert 1 == ledgers.journal.recover(issue, resend=True, at=INSTANT)
    tally = ledgers.journal.tally(issue)

    assert ({DeliveryState.UNKNOWN: 1}, 1) == (tally.deliveries, tally.resent)
    assert 0 == ledgers.journal.recover(issue, resend=True, at=INSTANT)
    assert ledgers.journal.claim(issue, at=LATER) is None


@pytest.mark.parametrize(("crashes", "resent"), [(1, 0), (2, 1)])
def test_what_is_given_up_in_doubt_counts_only_the_offers_that_were_made(
    ledgers: Ledgers, crashes: int, resent: int
) -> None:
    issue = frozen(ledgers, "ada@lantern.example")
    for _ in range(crashes - 1):
        claimed(ledgers, issue)
        ledgers.journal.recover(issue, resend=True, at=INSTANT)
    claimed(ledgers, issue)
    ledgers.journal.recover(issue, resend=False, at=INSTANT)
    tally = ledgers.journal.tally(issue)

    assert ({DeliveryState.UNKNOWN: 1}, resent) == (tally.deliveries, tally.resent)


def test_expiring_touches_only_what_waits(ledgers: Ledgers) -> None:
    issue = frozen(ledgers, *(f"p{number}@lantern.example" for number in range(4)))
    ledgers.journal.settle(claimed(ledgers, issue), ACCEPTED, at=INSTANT)
    ledgers.journal.settle(claimed(ledgers, issue), OUTCOMES["deferred"], at=INSTANT)
    claimed(ledgers, issue)
    ledgers.journal.expire(issue, at=LATER)

    expected = {DeliveryState.ACCEPTED: 1, DeliveryState.CLAIMED: 1, DeliveryState.EXPIRED: 2}
    assert expected == ledgers.journal.tally(issue).deliveries


def test_an_issues_steps_leave_other_issues_alone(ledgers: Ledgers) -> None:
    first = frozen(ledgers, "ada@lantern.example")
    second = ledgers.archive.freeze(a_frozen_issue(an_issue(key=NEXT_DAY)))
    claimed(ledgers, second)
    ledgers.journal.expire(first, at=LATER)
    ledgers.journal.recover(first, resend=True, at=LATER)

    assert {DeliveryState.CLAIMED: 1} == ledgers.journal.tally(second).deliveries

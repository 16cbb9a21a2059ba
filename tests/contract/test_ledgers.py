"""The contract of the archive: what is frozen, carried and closed (plan §2.5).

Those of the journal stand in `test_ledgers_of_deliveries.py` and `test_ledgers_of_outcomes.py`, those of what has been
seen and of the list in `test_ledgers_of_pieces.py` and `test_ledgers_of_people.py`.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from roundup.archive import IssueRecord, IssueState, Told
from roundup.audience import Audience
from roundup.errors import StoreError
from roundup.identity import identities
from roundup.list_changes import Changes
from roundup.list_files import ListRow
from roundup.model import (
    Cadence,
    DeliveryState,
    IssueKey,
    Status,
)
from roundup.store import Ledgers
from tests.builders import INSTANT, KEY, LONDON, PUBLISHED, a_frozen_issue, a_piece, an_issue
from tests.fakes.journals import (
    ACCEPTED,
    LATER,
    NEXT_DAY,
    OUTCOMES,
    a_run,
    frozen,
    subscribe,
)


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
    reasons = {email: Audience().exclusion(*kind) for email, kind in people.items()}
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


def test_what_issues_told_is_told_again_while_they_carry_their_pieces(ledgers: Ledgers) -> None:
    subscribe(ledgers, "ada@lantern.example")
    issue = ledgers.archive.freeze(a_frozen_issue())
    told: list[tuple[IssueKey, dict[str, object]]] = [(KEY, {"pieces": [], "left_out": []})]

    assert told == list(ledgers.archive.told_since(INSTANT))
    assert [] == ledgers.archive.told_since(INSTANT + timedelta(seconds=1))
    assert [] == ledgers.archive.told_since(INSTANT, but=[issue])
    ledgers.archive.close(issue, IssueState.FAILED, at=LATER)
    assert [] == ledgers.archive.told_since(INSTANT), "it gave its pieces back"


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


def test_a_correction_is_planned_for_those_alone_who_have_the_issue_and_are_still_there(ledgers: Ledgers) -> None:
    run = a_run(ledgers, "ada@lantern.example", "bo@lantern.example", "cy@lantern.example")
    run.send_one(ACCEPTED)
    run.send_one(ACCEPTED)
    has = run.issue
    subscribe(ledgers, "dee@lantern.example")
    correction = replace(
        a_frozen_issue(an_issue(key=replace(KEY, edition="correction-1"))),
        audience=Audience(cadence=None, variants=None, to_those_with=has),
        carries=frozenset(),
    )
    tally = ledgers.journal.tally(ledgers.archive.freeze(correction))

    assert (2, {}, {DeliveryState.PLANNED: 2}) == (tally.candidates, dict(tally.excluded), dict(tally.deliveries))
    assert tally.adds_up


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


def test_a_hold_may_come_before_the_issue(ledgers: Ledgers) -> None:
    ledgers.archive.hold(NEXT_DAY, "Held by hand.", instant=LATER, at=INSTANT)
    record = record_of(ledgers, NEXT_DAY)

    assert (IssueState.OPEN, "Held by hand.", LATER) == (record.state, record.hold, record.instant)

"""The contract of issues that wait for their editor (`roundup.proposals`)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from roundup.archive import Frozen, IssueState
from roundup.audience import Audience, Variant
from roundup.errors import StoreError
from roundup.model import DeliveryState, IssueKey, Status
from roundup.proposals import Proposal
from roundup.store import Ledgers
from tests.builders import INSTANT, KEY, a_frozen_issue, a_rendered_issue, an_issue
from tests.fakes.journals import LATER, frozen, subscribe

DAILY = Audience()
NEXT = IssueKey(day=KEY.day + timedelta(days=1))


def a_proposal(ledgers: Ledgers, frozen: Frozen | None = None, *, digest: str = "d" * 64) -> Proposal:
    """Store an issue for its editor."""
    frozen = frozen or a_frozen_issue()
    ledgers.proposals.propose(frozen, digest=digest)
    found = ledgers.proposals.find(frozen.issue.key)
    assert found is not None
    return found


def another(frozen: Frozen, fingerprint: str = "e" * 64) -> Frozen:
    """Another rendering of an issue, with fewer pieces."""
    fewer = frozenset(sorted(frozen.carries)[:1])
    return replace(frozen, fingerprint=fingerprint, carries=fewer, at=LATER, variants=())


def state(ledgers: Ledgers, key: IssueKey = KEY) -> IssueState | None:
    found = ledgers.archive.find(key)
    return None if found is None else found.state


def test_a_proposed_issue_is_stored_whole_and_goes_to_nobody(ledgers: Ledgers) -> None:
    subscribe(ledgers, "ada@lantern.example")
    part = Variant(choices=(("Trams",),), rendered=a_rendered_issue(subject="Trams"))
    issue = replace(a_frozen_issue(), variants=(part,))
    proposal = a_proposal(ledgers, issue)

    assert (issue.rendered, (part,)) == (proposal.stored.rendered, proposal.stored.variants)
    assert (issue.carries, "d" * 64, INSTANT, INSTANT) == (
        proposal.carries, proposal.digest, proposal.proposed_at, proposal.prepared_at,
    )  # fmt: skip
    assert (None, "", None) == (proposal.mailed_at, proposal.trouble, proposal.approved_at)
    assert ({}, True) == (dict((tally := ledgers.journal.tally(proposal.record.id)).deliveries), tally.adds_up)
    assert (IssueState.AWAITING, None, None) == (
        state(ledgers), ledgers.archive.stored(KEY), proposal.record.frozen_at,
    )  # fmt: skip


def test_it_carries_nothing_yet(ledgers: Ledgers) -> None:
    a_proposal(ledgers)

    assert (frozenset(), None) == (ledgers.archive.carried(), ledgers.archive.last_sent())
    assert ([], []) == (list(ledgers.archive.unfinished()), list(ledgers.archive.told_since(INSTANT)))
    assert [KEY] == [each.key for each in ledgers.proposals.waiting()]


def test_another_rendering_takes_its_place_and_voids_mail_and_approval(ledgers: Ledgers) -> None:
    first = a_proposal(ledgers, a_frozen_issue())
    ledgers.proposals.note_mail(first, trouble="", at=INSTANT)
    second = a_proposal(ledgers, another(a_frozen_issue()), digest="c" * 64)

    assert (first.record.id, "e" * 64, "c" * 64) == (second.record.id, second.record.fingerprint, second.digest)
    assert (1, None, INSTANT, LATER) == (
        len(second.carries), second.mailed_at, second.proposed_at, second.prepared_at,
    )  # fmt: skip
    assert not ledgers.proposals.approve(first, at=LATER)
    assert not ledgers.proposals.plan(first, DAILY, at=LATER)
    ledgers.proposals.note_mail(first, trouble="", at=LATER)
    assert second == ledgers.proposals.find(KEY)


def test_the_same_rendering_keeps_mail_and_approval(ledgers: Ledgers) -> None:
    first = a_proposal(ledgers)
    ledgers.proposals.note_mail(first, trouble="", at=INSTANT)
    assert ledgers.proposals.approve(first, at=LATER)
    second = a_proposal(ledgers, replace(a_frozen_issue(), at=LATER), digest="c" * 64)

    assert ("c" * 64, INSTANT, LATER, INSTANT) == (
        second.digest, second.mailed_at, second.approved_at, second.prepared_at,
    )  # fmt: skip
    assert IssueState.APPROVED is state(ledgers)


def test_who_approved_is_asked_anew_from_then_on(ledgers: Ledgers) -> None:
    ledgers.proposals.approve(a_proposal(ledgers), at=INSTANT)
    proposal = a_proposal(ledgers, another(a_frozen_issue()))

    assert (IssueState.AWAITING, None, LATER) == (state(ledgers), proposal.approved_at, proposal.proposed_at)


def test_a_mail_that_could_not_go_out_is_noted(ledgers: Ledgers) -> None:
    first = a_proposal(ledgers)
    ledgers.proposals.note_mail(first, trouble="450 later", at=INSTANT)
    second = ledgers.proposals.find(KEY)
    ledgers.proposals.note_mail(first, trouble="", at=LATER)
    third = ledgers.proposals.find(KEY)

    assert second is not None
    assert third is not None
    assert [(None, "450 later"), (LATER, "")] == [(each.mailed_at, each.trouble) for each in (second, third)]


def test_planning_freezes_it_as_it_is_stored_for_the_list_as_it_is_then(ledgers: Ledgers) -> None:
    subscribe(ledgers, "ada@lantern.example")
    proposal = a_proposal(ledgers)
    ledgers.subscribers.set_status("ada@lantern.example", Status.LEFT, at=LATER)
    subscribe(ledgers, "bo@lantern.example", "cy@lantern.example")

    assert ledgers.proposals.plan(proposal, DAILY, at=LATER)
    stored = ledgers.archive.stored(KEY)
    assert stored is not None
    tally = ledgers.journal.tally(stored.record.id)
    assert ({DeliveryState.PLANNED: 2}, {"left": 1}, True) == (tally.deliveries, tally.excluded, tally.adds_up)
    assert (IssueState.FROZEN, proposal.stored.rendered, INSTANT) == (
        stored.record.state, stored.rendered, stored.record.frozen_at,
    )  # fmt: skip
    assert proposal.carries == ledgers.archive.carried()
    assert (None, []) == (ledgers.proposals.find(KEY), list(ledgers.proposals.waiting()))


def test_planning_twice_plans_once(ledgers: Ledgers) -> None:
    subscribe(ledgers, "ada@lantern.example")
    proposal = a_proposal(ledgers)

    assert [True, False] == [ledgers.proposals.plan(proposal, DAILY, at=LATER) for _ in range(2)]
    assert {DeliveryState.PLANNED: 1} == ledgers.journal.tally(proposal.record.id).deliveries


def test_what_another_issue_carries_by_now_is_not_planned(ledgers: Ledgers) -> None:
    proposal = a_proposal(ledgers)
    frozen(ledgers, "ada@lantern.example", key=NEXT)

    assert not ledgers.proposals.plan(proposal, DAILY, at=LATER)
    assert IssueState.AWAITING is state(ledgers)
    weekly = a_proposal(ledgers, a_frozen_issue(an_issue(key=replace(KEY, edition="weekly"))))
    assert ledgers.proposals.plan(weekly, DAILY, at=LATER), "what is new in an edition is its own"


def test_what_is_declined_is_skipped_and_carries_nothing(ledgers: Ledgers) -> None:
    proposal = a_proposal(ledgers)

    assert [True, False] == [ledgers.proposals.decline(proposal.record, "late", at=LATER) for _ in range(2)]
    record = ledgers.archive.find(KEY)
    assert record is not None
    assert (IssueState.SKIPPED, "late", frozenset()) == (record.state, record.because, ledgers.archive.carried())
    assert not ledgers.proposals.plan(proposal, DAILY, at=LATER)
    with pytest.raises(StoreError, match="is skipped already"):
        ledgers.proposals.propose(another(a_frozen_issue()), digest="")


def test_what_was_approved_meanwhile_is_not_declined(ledgers: Ledgers) -> None:
    proposal = a_proposal(ledgers)
    ledgers.proposals.approve(proposal, at=LATER)

    assert not ledgers.proposals.decline(proposal.record, "late", at=LATER)
    assert IssueState.APPROVED is state(ledgers)


def test_what_is_frozen_is_proposed_no_more(ledgers: Ledgers) -> None:
    frozen(ledgers, "ada@lantern.example")

    with pytest.raises(StoreError, match="is frozen already"):
        ledgers.proposals.propose(another(a_frozen_issue()), digest="")


def test_what_waited_is_frozen_in_place_where_nobody_is_asked_any_more(ledgers: Ledgers) -> None:
    subscribe(ledgers, "ada@lantern.example")
    a_proposal(ledgers, replace(a_frozen_issue(), variants=(Variant(choices=(("A",),), rendered=a_rendered_issue()),)))
    issue = ledgers.archive.freeze(another(a_frozen_issue()))
    stored = ledgers.archive.stored(KEY)

    assert stored is not None
    assert ("e" * 64, (), 1) == (stored.record.fingerprint, stored.variants, len(ledgers.archive.carried()))
    assert {DeliveryState.PLANNED: 1} == ledgers.journal.tally(issue).deliveries

"""A hold that no calendar ends: it, and every other issue, waits until a person has decided."""

from dataclasses import replace
from datetime import date

import pytest

from roundup import correcting, holding, retrying, skipping
from roundup.archive import IssueState
from roundup.correcting import Correction
from roundup.errors import HeldError, SettingsError
from roundup.model import Deferred, DeliveryState, IssueKey, Reply
from roundup.office import Orders
from tests.builders import in_london
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_failure, a_paper, a_piece_of, a_reading
from tests.unit.test_weekly import WANDA, a_paper_with_a_week, one_a_day

MONDAY, TUESDAY = IssueKey(day=date(2026, 11, 16)), IssueKey(day=date(2026, 11, 17))
WHY = "It may have been sent."
ADA, BO = "ada@lantern.example", "bo@lantern.example"
LATER = Deferred(reply=Reply(code=450, text="4.2.0 come back later"))


def hold_firmly(paper: Paper, key: IssueKey) -> None:
    paper.ledgers.archive.hold(key, WHY, instant=in_london(f"{key.day} 17:00"), at=paper.clock(), firm=True)


def state_of(paper: Paper, key: IssueKey) -> IssueState:
    record = paper.ledgers.archive.find(key)
    assert record is not None
    return record.state


def test_it_is_told_once_and_does_not_end_with_its_day(paper: Paper) -> None:
    paper.run("2026-11-16 09:00")
    hold_firmly(paper, MONDAY)
    first, second = paper.run("2026-11-16 17:00"), paper.run("2026-11-16 17:05")
    assert ("held", WHY, False, True) == (first.state, first.because, first.is_quiet, second.is_quiet)

    next_day, again = paper.run("2026-11-17 17:00"), paper.run("2026-11-17 17:05")
    assert ("held", TUESDAY.day) == (next_day.state, next_day.issue)
    assert f"The issue of 2026-11-16 must be decided first. {WHY}" == next_day.because
    assert (False, True) == (next_day.is_quiet, again.is_quiet)
    assert IssueState.OPEN is state_of(paper, MONDAY)
    assert [] == paper.mailed()


@pytest.mark.parametrize("orders", [Orders(now=True), Orders(late=True)])
def test_no_order_passes_it(paper: Paper, orders: Orders) -> None:
    paper.run("2026-11-16 09:00")
    hold_firmly(paper, MONDAY)
    assert "held" == paper.run("2026-11-17 17:00", orders).state
    assert "held" == paper.run("2026-11-17 17:01", replace(orders, dry_run=True)).state


def test_a_released_one_lets_the_next_go_and_gives_it_its_pieces(paper: Paper) -> None:
    paper.run("2026-11-16 09:00")
    hold_firmly(paper, MONDAY)
    paper.run("2026-11-17 17:00")
    holding.release(paper.office(), MONDAY, now=paper.clock())
    with pytest.raises(SettingsError, match="There is no issue of 2026-11-16 on hold"):
        holding.release(paper.office(), MONDAY, now=paper.clock())

    assert "sent" == paper.run("2026-11-17 17:10").state
    assert IssueState.MISSED is state_of(paper, MONDAY)
    assert 1 == len(paper.mailed())


def test_what_was_sent_is_in_no_later_issue(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        paper.run("2026-11-16 09:00")
        source.play(a_reading(BRIDGE, a_piece_of("2026-11-16 16:00", "sent"), a_piece_of("2026-11-16 18:00", "later")))
        hold_firmly(paper, MONDAY)
        paper.run("2026-11-17 09:00")
        with pytest.raises(SettingsError, match="If it was sent, say `--was-sent`"):
            skipping.skip(paper.office(), MONDAY, now=paper.clock())
        skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())

        assert "sent" == paper.run("2026-11-17 17:00").state
        assert [["later"]] == paper.mailed()
        record = paper.ledgers.archive.find(MONDAY)
        assert record is not None
        assert ("skipped", "It was sent, though this database did not know of it.") == (record.state, record.because)


def test_the_weekly_edition_waits_too() -> None:
    with a_paper_with_a_week() as paper:
        one_a_day(paper, count=4)
        hold_firmly(paper, IssueKey(day=date(2026, 11, 23)))
        report = paper.run("2026-11-20 17:00")

        assert ("held", "held") == (report.state, report.weekly and report.weekly.state)
        assert [] == paper.mailed(WANDA)
        paper.hold(IssueKey(day=date(2026, 11, 23)), why="")
        paper.run("2026-11-20 17:10")
        assert [4] == [len(mail) for mail in paper.mailed(WANDA)]


@pytest.mark.parametrize("frozen", [False, True])
def test_what_nobody_got_is_skipped_in_one_go_and_gives_its_pieces_to_the_next(paper: Paper, *, frozen: bool) -> None:
    if frozen:
        restored(paper)
    else:
        paper.run("2026-11-16 09:00")
        hold_firmly(paper, MONDAY)
    offered = len(paper.sender.offered)
    skipping.skip(paper.office(), MONDAY, was_not_sent=True, now=paper.clock())

    record = paper.ledgers.archive.find(MONDAY)
    assert record is not None
    assert (IssueState.SKIPPED, "", False) == (record.state, record.hold, record.firm)
    assert offered == len(paper.sender.offered)
    assert "sent" == paper.run("2026-11-17 17:00").state
    assert [["bridge"]] == paper.mailed()[offered:]


def test_what_somebody_got_is_not_skipped_and_stays_held(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=(ADA, BO)) as paper:
        restored(paper)
        with pytest.raises(SettingsError, match="Somebody has the issue of 2026-11-16"):
            skipping.skip(paper.office(), MONDAY, was_not_sent=True, now=paper.clock())

        assert [MONDAY] == [each.key for each in paper.ledgers.archive.firmly_held()]


def on_its_way(paper: Paper) -> None:
    """The issue of Monday is frozen, and Ada has not got it yet."""
    paper.sender = RecordingSender({ADA: [LATER, TAKEN]})
    assert ["not-due", "unfinished"] == paper.states("2026-11-16 09:00", "2026-11-16 17:00")


def restored(paper: Paper) -> None:
    """The same after a restore: what became of it is not known."""
    on_its_way(paper)
    record = paper.ledgers.archive.find(MONDAY)
    assert record is not None
    hold_firmly(paper, MONDAY)
    paper.ledgers.journal.lose(record.id, at=paper.clock())


def test_a_frozen_issue_that_was_sent_keeps_its_pieces(paper: Paper) -> None:
    # Restored by hand, so that nothing holds it and its deliveries are planned.
    on_its_way(paper)
    skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())

    assert IssueState.SENT is state_of(paper, MONDAY)
    assert "nothing-new" == paper.run("2026-11-17 17:00").state
    assert 1 == len(paper.sender.offered)


@pytest.mark.parametrize(("when", "offers"), [("2026-11-16 17:30", 0), ("2026-11-17 17:00", 1)])
def test_a_frozen_issue_that_was_not_sent_goes_out_or_gives_its_pieces_back(
    paper: Paper, when: str, offers: int
) -> None:
    restored(paper)
    assert "held" == paper.run(when).state
    holding.release(paper.office(), MONDAY, now=paper.clock())
    report = paper.run(when)

    assert ("sent", 16 + offers) == (report.state, report.issue and report.issue.day)
    # Whoever says that nothing went out counts nobody as mailed twice.
    assert report.tally is not None
    assert (1, 0) == (report.tally.deliveries[DeliveryState.ACCEPTED], report.tally.resent)


def test_one_that_is_released_goes_on_though_the_next_waits(paper: Paper) -> None:
    on_its_way(paper)
    hold_firmly(paper, TUESDAY)

    assert "sent" == paper.run("2026-11-16 17:30").state


def test_who_is_in_doubt_beside_others_who_had_it_is_treated_as_the_settings_say(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=(ADA, BO)) as paper:
        restored(paper)
        holding.release(paper.office(), MONDAY, now=paper.clock())
        report = paper.run("2026-11-16 17:30")

        # By default they are offered it once more, and counted.
        assert report.tally is not None
        assert (2, 1) == (report.tally.deliveries[DeliveryState.ACCEPTED], report.tally.resent)


def test_nothing_forgets_why_it_waits(paper: Paper) -> None:
    restored(paper)
    holding.hold(paper.office(), MONDAY, now=paper.clock())
    retried = retrying.retry(paper.office(), MONDAY, in_doubt=True)

    assert ("held", WHY) == (retried.state, retried.because)
    assert [(MONDAY, WHY)] == [(each.key, each.hold) for each in paper.ledgers.archive.firmly_held()]
    assert 1 == len(paper.sender.offered)


def test_it_is_told_when_nothing_is_due_too(paper: Paper) -> None:
    paper.run("2026-11-16 17:00")
    hold_firmly(paper, TUESDAY)
    first, second = paper.run("2026-11-16 17:05"), paper.run("2026-11-17 09:00")

    assert ("held", 3, TUESDAY.day, False) == (first.state, first.exit_code, first.issue, first.is_quiet)
    assert ("held", True) == (second.state, second.is_quiet)


@pytest.mark.parametrize("when", ["2026-11-17 17:00", "2026-11-17 23:30"])
def test_a_quiet_or_late_day_tells_it_too(source: ScriptedSource, when: str) -> None:
    source.play(a_reading())
    with a_paper(source) as paper:
        paper.run("2026-11-16 09:00")
        hold_firmly(paper, MONDAY)
        report = paper.run(when)

        assert ("held", TUESDAY.day, True) == (report.state, report.issue, WHY in report.because)


def test_a_correction_waits_for_it_too(paper: Paper) -> None:
    assert "sent" == paper.run("2026-11-16 17:00").state
    hold_firmly(paper, TUESDAY)
    said = Correction(subject="A correction", intro="The bridge is longer.")
    prepared = correcting.prepare(paper.newsroom, paper.ledgers, MONDAY, said, now=paper.clock())
    with pytest.raises(HeldError, match="The issue of 2026-11-17 must be decided first"):
        correcting.freeze(paper.ledgers, MONDAY, prepared, now=paper.clock())


def test_an_undated_piece_may_have_been_in_an_issue_that_was_sent(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        paper.run("2026-11-16 09:00")
        hold_firmly(paper, MONDAY)
        # Since a restore forgot when it was seen first, that seems to be only now.
        source.play(a_reading(BRIDGE, replace(a_piece_of("2026-11-16 16:00", "undated"), published=None)))
        paper.run("2026-11-17 10:00")
        skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())

        assert "nothing-new" == paper.run("2026-11-17 17:00").state


def test_what_was_sent_on_another_day_or_skipped_by_mistake_is_closed_too(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        source.play(a_reading(a_piece_of("2026-11-21 20:00", "saturday"), a_piece_of("2026-11-23 09:00", "monday")))
        skipping.skip(paper.office(), MONDAY, now=paper.clock())
        skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())
        paper.run("2026-11-23 10:00")
        saturday = IssueKey(day=date(2026, 11, 21))
        skipping.skip(paper.office(), saturday, was_sent=True, now=paper.clock())

        assert "sent" == paper.run("2026-11-23 17:00").state
        assert [["monday"]] == paper.mailed()


def test_what_is_not_due_yet_cannot_have_been_sent(paper: Paper) -> None:
    with pytest.raises(SettingsError, match="is not due yet"):
        skipping.skip(paper.office(), TUESDAY, was_sent=True, now=paper.clock())
    weekly = IssueKey(day=TUESDAY.day, edition="weekly")
    with pytest.raises(SettingsError, match="there is nothing to hold"):
        holding.hold(paper.office(), weekly, now=paper.clock())


def test_what_a_frozen_issue_carries_is_known_whatever_the_sources_say(source: ScriptedSource, paper: Paper) -> None:
    on_its_way(paper)
    source.play(a_failure())
    paper.clock.at = in_london("2026-11-16 17:30")
    skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())

    assert IssueState.SENT is state_of(paper, MONDAY)
    record = paper.ledgers.archive.find(MONDAY)
    assert record is not None
    # Nothing was restored here.
    assert ["nobody here knows what became of this delivery"] == [
        each.reply for each in paper.ledgers.journal.missed(record.id)
    ]

"""Issues that wait for their editor: what is asked, what goes out, and when. Monday 16 to Friday 20 November 2026."""

from dataclasses import replace
from datetime import date

import pytest

from roundup import approving, skipping
from roundup.archive import IssueState
from roundup.errors import SettingsError
from roundup.model import WEEKLY_EDITION, Cadence, Deferred, IssueKey, Reply, Status
from roundup.office import Orders
from tests.approvals import (
    DROP,
    DUE,
    EDITOR,
    LATER,
    MONDAY,
    SEND,
    TUESDAY,
    approve,
    asked,
    deliveries,
    edit,
    proposal,
    state,
)
from tests.builders import SECRET, in_london
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.fakes.stores import OpenStore
from tests.offices import BRIDGE, Paper, a_paper, a_piece_of, a_reading
from tests.unit.test_weekly import FRIDAYS, WANDA, choose

ADA, BO = "ada@lantern.example", "bo@lantern.example"
LIBRARY, KERBS = a_piece_of("2026-11-16 10:00", "library"), a_piece_of("2026-11-17 09:00", "kerbs")


# Asked -----------------------------------------------------------------------------------------------------------


def test_nothing_goes_out_before_it_is_approved(paper: Paper) -> None:
    report = paper.run(DUE)

    assert ("awaiting-approval", 3, MONDAY.day) == (report.state, report.exit_code, report.issue)
    assert f"roundup issues approve 2026-11-16 --expect {report.fingerprint}" in report.because
    assert "Monday 16 November 2026 at 21:00 (Europe/London)" in report.because
    assert ([], 0, "awaiting") == (paper.mailed(), deliveries(paper), state(paper))
    assert ["To approve: About bridge"] == asked(paper)


def test_the_editor_is_told_everything_once(paper: Paper) -> None:
    report = paper.run(DUE)
    quiet = [paper.run(when).is_quiet for when in (LATER, "2026-11-16 17:10", "2026-11-16 20:59")]
    told = paper.sender.offered[0].content.decode().replace("=\r\n", "")

    assert (False, [True, True, True], 1) == (report.is_quiet, quiet, len(paper.sender.offered))
    assert "1. About bridge" in told
    assert "until Monday 16 November 2026 at 21:00 (Europe/London); then it is dropped" in told
    assert f"roundup issues approve 2026-11-16 --expect {report.fingerprint}" in told
    assert f"approve/{SECRET.approval_token(MONDAY, report.fingerprint)}" in told


def test_a_mail_that_could_not_go_out_is_tried_again_and_told(paper: Paper) -> None:
    paper.sender.trouble = "Nobody listens there."
    first, second = paper.run(DUE), paper.run(LATER)
    paper.sender.trouble = ""
    third, fourth = paper.run("2026-11-16 17:10"), paper.run("2026-11-16 17:15")

    assert "tried again: Nobody listens there." in first.warnings[-1]
    assert (False, True, False, True) == (first.is_quiet, second.is_quiet, third.is_quiet, fourth.is_quiet)
    assert ((), 1) == (third.warnings, len(asked(paper)))


def test_an_editor_whose_mailbox_defers_is_told_once_it_takes_mail(paper: Paper) -> None:
    later = Deferred(reply=Reply(code=450, text="4.2.0 come back later"))
    paper.sender = RecordingSender({EDITOR: [later, TAKEN]})
    report = paper.run(DUE)
    paper.run(LATER)
    paper.run("2026-11-16 17:10")

    assert "450 4.2.0 come back later" in report.warnings[-1]
    assert 2 == len(asked(paper))
    assert 1 == len({message.message_id for message in paper.sender.offered})


# Approved --------------------------------------------------------------------------------------------------------


def test_an_approved_issue_is_delivered_as_it_was_stored(paper: Paper, source: ScriptedSource) -> None:
    fingerprint = paper.run(DUE).fingerprint
    source.play(a_reading(BRIDGE, LIBRARY))
    paper.run("2026-11-16 18:30")
    report = approve(paper, "2026-11-16 18:35", expect=fingerprint)

    assert ("sent", fingerprint) == (report.state, report.fingerprint)
    assert ([["bridge"]], 1) == (paper.mailed(), len(asked(paper)))
    assert "already-sent" == paper.run("2026-11-16 18:40").state


def test_another_fingerprint_than_the_stored_one_is_refused(paper: Paper) -> None:
    paper.run(DUE)
    report = approve(paper, LATER, expect="0" * 64)

    assert ("held", 3) == (report.state, report.exit_code)
    assert proposal(paper).record.fingerprint in report.because
    assert ([], "awaiting") == (paper.mailed(), state(paper))


def test_who_left_meanwhile_gets_nothing_and_who_came_gets_it(paper: Paper) -> None:
    paper.run(DUE)
    paper.subscribe(BO)
    paper.ledgers.subscribers.set_status(ADA, Status.LEFT, at=paper.clock())
    approve(paper, LATER)

    assert ([], [["bridge"]]) == (paper.mailed(ADA), paper.mailed(BO))


def test_what_is_sent_cannot_be_approved_again(paper: Paper) -> None:
    paper.run(DUE)
    approve(paper, LATER)
    with pytest.raises(SettingsError, match="is sent already: nothing to approve"):
        approve(paper, LATER)


def test_with_nothing_new_there_is_nothing_to_approve(paper: Paper, source: ScriptedSource) -> None:
    source.play(a_reading(whole=True))
    report = approve(paper, "2026-11-16 10:00")

    assert ("held", "") == (report.state, state(paper))
    assert "There is nothing to approve" in report.because


def test_where_nobody_is_asked_there_is_nothing_to_approve(paper: Paper) -> None:
    paper.approval = None
    with pytest.raises(SettingsError, match="Issues go out without asking"):
        approve(paper, DUE)


def test_only_the_issue_due_next_is_approved_early(paper: Paper) -> None:
    with pytest.raises(SettingsError, match="is not the one due next: that is the one of 2026-11-16"):
        approve(paper, "2026-11-16 10:00", TUESDAY)


def test_while_a_run_is_at_work_what_is_stored_is_approved_and_left_to_the_next(paper: Paper) -> None:
    busy = OpenStore(paper.ledgers)
    busy.busy, paper.store = True, busy
    assert "running" == approve(paper, "2026-11-16 10:00").state
    paper.store = None
    paper.run(DUE)
    paper.store = busy
    approved = approving.approve(paper.office(), MONDAY, now=in_london(LATER))
    assert ("unfinished", 4, "frozen", []) == (approved.state, approved.exit_code, state(paper), paper.mailed())
    assert "running" == approving.deliver(paper.office(), MONDAY, now=in_london(LATER)).state
    paper.store = None
    assert "sent" == paper.run("2026-11-16 17:10").state


@pytest.mark.parametrize("edition", ["weekly", "correction-1"])
def test_what_never_waits_is_not_approved(paper: Paper, edition: str) -> None:
    with pytest.raises(SettingsError, match=r"no weekly edition|a correction does not"):
        approve(paper, DUE, replace(MONDAY, edition=edition))


# Before it is due ------------------------------------------------------------------------------------------------


def test_what_is_approved_early_is_stored_and_sent_when_it_is_due(paper: Paper, source: ScriptedSource) -> None:
    report = approve(paper, "2026-11-16 10:00")
    source.play(a_reading(BRIDGE, LIBRARY))

    assert ("not-due", 0, in_london(DUE)) == (report.state, report.exit_code, report.next_due)
    assert ("approved", 0, []) == (state(paper), deliveries(paper), asked(paper))
    assert ["not-due", "sent"] == paper.states("2026-11-16 16:59", DUE)
    assert [["bridge"]] == paper.mailed()
    assert "awaiting-approval" == paper.run("2026-11-17 17:00").state
    assert ["library"] == [each["title"].split()[-1] for each in proposal(paper, TUESDAY).stored.told["pieces"]]


def test_an_approval_in_time_overrides_lateness_until_the_next_is_due(paper: Paper) -> None:
    approve(paper, "2026-11-16 10:00")

    assert "sent" == paper.run("2026-11-17 16:00").state


def test_what_is_approved_and_goes_stale_gives_its_pieces_to_the_next(paper: Paper, source: ScriptedSource) -> None:
    approve(paper, "2026-11-16 10:00")
    source.play(a_reading(BRIDGE, KERBS))
    report = paper.run("2026-11-17 17:00")

    assert ("awaiting-approval", TUESDAY.day, 2) == (report.state, report.issue, report.pieces)
    assert "The issue of 2026-11-16 did not go out before the next was due" in report.warnings[0]
    assert ("skipped", []) == (state(paper), paper.mailed())


def test_an_order_to_send_now_sends_what_is_approved_and_not_what_waits(paper: Paper) -> None:
    now = Orders(now=True)

    assert "awaiting-approval" == paper.run("2026-11-16 11:00", now).state
    assert "awaiting-approval" == paper.run("2026-11-16 11:05", now).state
    assert "sent" == approve(paper, "2026-11-16 11:10").state
    assert ([["bridge"]], 1) == (paper.mailed(), len(asked(paper)))


def test_an_order_to_send_now_does_not_wait_for_the_due_time_of_what_is_approved(paper: Paper) -> None:
    approve(paper, "2026-11-16 10:00")

    assert "sent" == paper.run("2026-11-16 11:00", Orders(now=True)).state


# Nobody answers --------------------------------------------------------------------------------------------------


def test_after_the_deadline_it_is_dropped_and_the_next_has_its_pieces(paper: Paper, source: ScriptedSource) -> None:
    reports = [paper.run(when) for when in (DUE, "2026-11-16 20:59", "2026-11-16 21:00", "2026-11-16 21:05")]
    source.play(a_reading(BRIDGE, KERBS))
    tuesday = paper.run("2026-11-17 17:00")
    approve(paper, "2026-11-17 17:30", TUESDAY)

    assert ["awaiting-approval", "awaiting-approval", "skipped", "skipped"] == [each.state for each in reports]
    assert "Nobody approved it by Monday 16 November 2026 at 21:00" in reports[2].because
    assert (False, True) == (reports[2].is_quiet, reports[3].is_quiet)
    assert ("awaiting-approval", [["kerbs", "bridge"]]) == (tuesday.state, paper.mailed())


def test_after_the_deadline_it_is_sent_as_stored_if_the_rule_says_so(paper: Paper, source: ScriptedSource) -> None:
    paper.approval = SEND
    fingerprint = paper.run(DUE).fingerprint
    source.play(a_reading(BRIDGE, LIBRARY))

    assert "awaiting-approval" == paper.run("2026-11-16 20:59").state
    assert ("sent", fingerprint) == ((report := paper.run("2026-11-16 21:00")).state, report.fingerprint)
    assert [["bridge"]] == paper.mailed()


@pytest.mark.parametrize("dropped", [True, False])
def test_an_approval_that_comes_too_late_is_refused(paper: Paper, *, dropped: bool) -> None:
    paper.run(DUE)
    if dropped:
        paper.run("2026-11-16 21:00")
    with pytest.raises(SettingsError, match=r"Nobody approved it by|The time for approving the issue of 2026-11-16"):
        approve(paper, "2026-11-16 21:01")
    assert [] == paper.mailed()


def test_one_that_was_asked_about_only_after_the_deadline_waits_as_long(paper: Paper) -> None:
    # The machine slept from four until ten.
    times = ["2026-11-16 22:00", "2026-11-17 01:59", "2026-11-17 02:00"]

    assert ["awaiting-approval", "awaiting-approval", "skipped"] == paper.states(*times)


def test_what_was_missed_is_asked_about_when_it_is_ordered(paper: Paper) -> None:
    assert "missed" == paper.run("2026-11-16 23:30").state
    assert "awaiting-approval" == paper.run("2026-11-16 23:35", Orders(late=True)).state
    assert "sent" == approve(paper, "2026-11-17 02:00").state


# Held, skipped, and beside others ---------------------------------------------------------------------------------


def test_a_hold_stops_what_waits_and_what_nobody_answers(paper: Paper) -> None:
    paper.approval = SEND
    paper.run(DUE)
    paper.hold(MONDAY)

    assert ["held", "held"] == paper.states(LATER, "2026-11-16 21:30")
    assert "held" == approve(paper, "2026-11-16 21:35").state
    paper.hold(MONDAY, "")
    assert "sent" == paper.run("2026-11-16 21:40").state


def test_what_waits_can_be_skipped(paper: Paper) -> None:
    paper.run(DUE)
    skipping.skip(paper.office(), MONDAY, now=paper.clock())

    assert ("skipped", "skipped") == (state(paper), paper.run(LATER).state)
    with pytest.raises(SettingsError, match="is skipped already"):
        approve(paper, LATER)


def test_what_waits_is_held_back_from_no_other_and_sent_with_none(paper: Paper, source: ScriptedSource) -> None:
    # Approved for Monday, and then sent by hand on the Sunday before.
    source.play(a_reading(a_piece_of("2026-11-20 09:00", "friday")))
    paper.run("2026-11-20 17:00")
    approve(paper, "2026-11-20 17:01", IssueKey(day=date(2026, 11, 20)))
    source.play(a_reading(a_piece_of("2026-11-21 09:00", "trams"), a_piece_of("2026-11-22 09:00", "weir")))
    monday, sunday = IssueKey(day=date(2026, 11, 23)), IssueKey(day=date(2026, 11, 22))
    approve(paper, "2026-11-22 10:00", monday)
    paper.run("2026-11-22 11:00", Orders(now=True))
    approve(paper, "2026-11-22 11:05", sunday)
    source.play(a_reading(a_piece_of("2026-11-22 09:00", "weir"), a_piece_of("2026-11-23 09:00", "kerbs")))
    report = paper.run("2026-11-23 17:00")
    approve(paper, "2026-11-23 17:05", monday)

    assert ("awaiting-approval", monday.day) == (report.state, report.issue)
    assert [["friday", "bridge"], ["weir", "trams"], ["kerbs"]] == paper.mailed()


def test_an_approval_that_is_no_longer_asked_for_lets_the_issue_go(paper: Paper) -> None:
    paper.run(DUE)
    paper.approval = None
    paper.newsroom = replace(paper.newsroom, edits=lambda _key: "without")

    assert "sent" == paper.run(LATER).state
    assert [["bridge"]] == paper.mailed()


def test_the_weekly_edition_waits_as_well() -> None:
    source = ScriptedSource(a_reading(a_piece_of("2026-11-20 09:00", "n4")))
    with a_paper(source, schedule=FRIDAYS, subscribers=(ADA, WANDA)) as paper:
        choose(paper, WANDA, Cadence.WEEKLY)
        paper.approval = DROP
        paper.run("2026-11-20 16:00")
        report = paper.run("2026-11-20 17:00")
        week = IssueKey(day=date(2026, 11, 20), edition=WEEKLY_EDITION)

        assert report.weekly is not None
        assert ("awaiting-approval", "awaiting-approval") == (report.state, report.weekly.state)
        assert (2, []) == (len(asked(paper)), paper.mailed(WANDA))
        assert "sent" == approve(paper, "2026-11-20 17:05", week).state
        assert ([["n4"]], []) == (paper.mailed(WANDA), paper.mailed(ADA))
        assert "skipped" == paper.run("2026-11-20 21:00").state


# Said before -----------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_become_of_it(paper: Paper) -> None:
    dry = Orders(dry_run=True)
    said = [paper.run("2026-11-16 17:00", dry).because]
    paper.run(DUE)
    said += [paper.run(when, dry).because for when in (LATER, "2026-11-16 21:30")]
    paper.approval = SEND
    said += [paper.run("2026-11-16 21:30", dry).because]
    edit(paper, "Mine")
    said += [paper.run("2026-11-16 21:30", dry).because]

    assert [
        "It would wait for approval.",
        "It waits for approval: a run now would send nothing.",
        "Nobody has approved it in time: a run now would drop it.",
        "Nobody has approved it in time: a run now would send it as it is stored.",
        "It was edited, so a run would make it anew and ask for approval again.",
    ] == said
    assert IssueState.AWAITING.value == state(paper)


def test_a_dry_run_tells_of_what_is_approved(paper: Paper) -> None:
    approve(paper, "2026-11-16 10:00")
    said = [paper.run(when, Orders(dry_run=True)).because for when in ("2026-11-16 11:00", "2026-11-16 17:00")]

    assert [
        "It is approved, and goes out as it is stored once it is due.",
        "It is approved: a run now would send it as it is stored.",
    ] == said


def test_a_link_passes_no_firm_hold(paper: Paper) -> None:
    rendering = paper.run(DUE).fingerprint
    instant = in_london("2026-11-17 17:00")
    paper.ledgers.archive.hold(TUESDAY, "It may have been sent.", instant=instant, at=paper.clock(), firm=True)
    approver = approving.Approver(newsroom=paper.newsroom, rule=DROP, ledgers=paper.ledgers, schedule=paper.schedule)
    seen = approver.approve(MONDAY, rendering, now=in_london(LATER))

    assert (approving.Standing.HELD, "awaiting", 0) == (seen.standing, state(paper), deliveries(paper))
    paper.hold(TUESDAY, why="")
    assert approving.Standing.SENT is approver.approve(MONDAY, rendering, now=in_london(LATER)).standing

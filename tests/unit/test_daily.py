"""The daily job against its calendar: what is due, what is missed, what stops it, and what it says of it.

Monday 16 to Friday 20 November 2026, in London; due at 17:00 on weekdays, too late after six hours.
"""

from datetime import date, timedelta

from roundup.archive import IssueState
from roundup.model import Deferred, DeliveryState, IssueKey, Refused, Reply, Status, Unknown
from roundup.office import Orders
from tests.builders import a_schedule, in_london
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.fakes.stores import OpenStore
from tests.offices import BRIDGE, Paper, a_paper, a_piece_of, a_reading

LIBRARY = a_piece_of("2026-11-17 09:00", "library")
MONDAY, TUESDAY = IssueKey(day=date(2026, 11, 16)), IssueKey(day=date(2026, 11, 17))
DEFERRED = Deferred(reply=Reply(code=450, text="4.2.0 come back later"))
ADA, BO = "ada@lantern.example", "bo@lantern.example"


# Due, and once ---------------------------------------------------------------------------------------------------


def test_nothing_is_due_before_the_hour_and_one_issue_after_it(paper: Paper) -> None:
    times = ["2026-11-16 16:59", "2026-11-16 17:00", "2026-11-16 17:05", "2026-11-16 23:59"]

    assert ["not-due", "sent", "already-sent", "already-sent"] == paper.states(*times)
    assert [["bridge"]] == paper.mailed()


def test_not_due_names_the_next_due_time(paper: Paper) -> None:
    assert in_london("2026-11-16 17:00") == paper.run("2026-11-16 10:00").next_due


def test_the_calendar_begins_with_the_first_run() -> None:
    # Installed on Monday at 18:00: Monday's due time was never this newsletter's, and is not missed.
    with a_paper(ScriptedSource(a_reading(LIBRARY))) as paper:
        assert ["not-due", "not-due"] == paper.states("2026-11-16 18:00", "2026-11-17 16:00")
        assert "sent" == paper.run("2026-11-17 17:00").state


def test_a_second_run_at_work_is_told_and_does_nothing(paper: Paper) -> None:
    store = OpenStore(paper.ledgers)
    store.busy = True
    paper.store = store

    assert ("running", 0) == ((report := paper.run("2026-11-16 17:00")).state, report.exit_code)
    assert [] == paper.mailed()


def test_no_issue_is_due_on_a_skipped_date_and_its_pieces_are_in_the_next(source: ScriptedSource) -> None:
    with a_paper(source, schedule=a_schedule(skip=[date(2026, 11, 16)])) as paper:
        source.play(a_reading(LIBRARY, BRIDGE))
        times = ["2026-11-16 09:00", "2026-11-16 17:00", "2026-11-17 17:00"]

        assert ["not-due", "not-due", "sent"] == paper.states(*times)
        assert [["library"]] == paper.mailed()  # a first issue takes what is a day old at most: the bridge is older


def test_the_pieces_of_a_weekend_are_in_mondays_issue(source: ScriptedSource, paper: Paper) -> None:
    late, saturday, sunday, monday = (
        a_piece_of(written, name)
        for written, name in [
            ("2026-11-20 22:00", "late"), ("2026-11-21 08:00", "saturday"),
            ("2026-11-22 23:00", "sunday"), ("2026-11-23 09:00", "monday"),
        ]
    )  # fmt: skip
    source.play(a_reading(a_piece_of("2026-11-20 09:00", "friday")))
    assert "sent" == paper.run("2026-11-20 17:00").state
    source.play(a_reading(monday, sunday, saturday, late))

    assert ["not-due", "not-due", "sent"] == paper.states("2026-11-21 17:00", "2026-11-22 17:00", "2026-11-23 17:00")
    assert ["monday", "sunday", "saturday", "late"] == paper.mailed()[-1]


# Missed, late, now ------------------------------------------------------------------------------------------------


def test_an_issue_more_than_six_hours_late_is_missed_and_a_person_must_decide(paper: Paper) -> None:
    report = paper.run("2026-11-16 23:01")

    assert ("missed", 3, MONDAY.day, False) == (report.state, report.exit_code, report.issue, report.unchanged)
    assert "roundup run --late" in report.because
    assert [] == paper.mailed()


def test_a_miss_is_news_once(paper: Paper) -> None:
    assert [False, True] == [paper.run(when).is_quiet for when in ("2026-11-16 23:01", "2026-11-16 23:06")]


def test_six_hours_late_is_not_too_late(paper: Paper) -> None:
    assert "sent" == paper.run("2026-11-16 23:00").state


def test_a_missed_issue_goes_out_late_under_its_own_date(paper: Paper) -> None:
    paper.run("2026-11-17 08:00")
    report = paper.run("2026-11-17 09:00", Orders(late=True))

    assert ("sent", MONDAY.day) == (report.state, report.issue)
    assert "sent" == paper.ledgers.archive.all()[0].state


def test_a_missed_issues_pieces_are_in_the_next(source: ScriptedSource, paper: Paper) -> None:
    # Monday's first reading judged the bridge young enough; missing the issue does not make it too old.
    paper.run("2026-11-17 08:00")
    source.play(a_reading(LIBRARY, BRIDGE))

    assert "sent" == paper.run("2026-11-17 17:00").state
    assert [["library", "bridge"]] == paper.mailed()


def test_now_sends_at_once_and_the_due_time_of_the_day_brings_no_second(paper: Paper) -> None:
    report = paper.run("2026-11-16 11:00", Orders(now=True))

    assert ("sent", MONDAY.day) == (report.state, report.issue)
    assert "already-sent" == paper.run("2026-11-16 17:00").state
    assert [["bridge"]] == paper.mailed()


def test_now_overrides_the_weekday_and_a_skipped_date(source: ScriptedSource) -> None:
    calendar = a_schedule(weekdays=[4], skip=[MONDAY.day])
    with a_paper(source, schedule=calendar) as paper:
        assert "sent" == paper.run("2026-11-16 11:00", Orders(now=True)).state


def test_now_overrides_no_hold(paper: Paper) -> None:
    paper.hold(MONDAY)

    assert "held" == paper.run("2026-11-16 11:00", Orders(now=True)).state
    assert [] == paper.mailed()


def test_now_sends_no_skipped_issue(paper: Paper) -> None:
    paper.skip(MONDAY)

    assert "skipped" == paper.run("2026-11-16 11:00", Orders(now=True)).state


def test_at_stands_for_the_present(paper: Paper) -> None:
    orders = Orders(at=in_london("2026-11-16 17:30"))

    assert "sent" == paper.run("2026-11-16 09:05", orders).state


def test_an_unexpected_issue_is_held_and_the_expected_one_goes(paper: Paper) -> None:
    report = paper.run("2026-11-16 17:00", Orders(expect="0" * 64))
    fingerprint = paper.run("2026-11-16 17:01", Orders(dry_run=True)).fingerprint

    assert ("held", 3) == (report.state, report.exit_code)
    assert fingerprint in report.because
    assert "sent" == paper.run("2026-11-16 17:02", Orders(expect=fingerprint)).state


# Stale -----------------------------------------------------------------------------------------------------------


def test_what_the_next_hop_defers_is_tried_again_until_the_issue_is_stale(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=[ADA, BO]) as paper:
        paper.sender = RecordingSender({BO: [DEFERRED]})
        paper.run("2026-11-16 09:00")
        assert ("unfinished", 4) == ((report := paper.run("2026-11-16 17:00")).state, report.exit_code)
        assert "unfinished" == paper.run("2026-11-17 16:50").state
        source.play(a_reading(LIBRARY))
        report = paper.run("2026-11-17 17:00")

        assert report.warnings[0].startswith("The issue of 2026-11-16 ended unfinished: 1 of 2 deliveries expired.")
        assert [ADA, BO, BO, ADA, BO] == paper.sender.addresses
        monday = paper.ledgers.archive.find(MONDAY)
        assert monday is not None
        tally = paper.ledgers.journal.tally(monday.id)
        assert {DeliveryState.ACCEPTED: 1, DeliveryState.EXPIRED: 1} == tally.deliveries
        assert (IssueState.SENT, True) == (monday.state, tally.adds_up)


def test_the_sources_are_read_while_deliveries_wait(source: ScriptedSource) -> None:
    # One mailbox that defers all day must not close our eyes to what scrolls off the feed meanwhile.
    with a_paper(source, subscribers=[ADA, BO]) as paper:
        paper.sender = RecordingSender({BO: [DEFERRED]})
        paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        source.play(a_reading(LIBRARY))
        assert "unfinished" == paper.run("2026-11-17 09:05").state
        source.play(a_reading(a_piece_of("2026-11-17 15:00", "council")))
        paper.run("2026-11-17 17:00")

        assert [["bridge"], ["council", "library"]] == paper.mailed(ADA)


def test_what_nobody_got_is_in_the_next_issue(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        paper.sender = RecordingSender({ADA: [DEFERRED, TAKEN]})
        paper.run("2026-11-16 09:00")
        assert "unfinished" == paper.run("2026-11-16 17:00").state
        source.play(a_reading(LIBRARY, BRIDGE))

        assert "sent" == paper.run("2026-11-17 17:00").state
        assert [["bridge"], ["library", "bridge"]] == paper.mailed()


def test_an_issue_that_everybody_refused_has_failed(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        refused = Refused(reply=Reply(code=550, text="5.7.1 no"), person_is_gone=False)
        paper.sender = RecordingSender({ADA: [refused]})
        paper.run("2026-11-16 09:00")
        report = paper.run("2026-11-16 17:00")

        assert ("failed", 1) == (report.state, report.exit_code)


def test_a_line_that_cannot_be_opened_leaves_everything_planned(paper: Paper) -> None:
    paper.sender.trouble = "mail.lantern.example:587 does not answer."
    report = paper.run("2026-11-16 17:00")
    assert ("unfinished", ("mail.lantern.example:587 does not answer.",)) == (report.state, report.warnings)
    paper.sender.trouble = ""

    assert "sent" == paper.run("2026-11-16 17:05").state
    assert [["bridge"]] == paper.mailed()


def test_a_doubt_is_offered_once_more_with_the_same_message_id(source: ScriptedSource) -> None:
    with a_paper(source) as paper:
        paper.sender = RecordingSender({ADA: [Unknown(why="the line broke"), TAKEN]})
        paper.run("2026-11-16 09:00")
        report = paper.run("2026-11-16 17:00")

        assert ("sent", 1) == (report.state, report.tally and report.tally.resent)
        first, second = paper.sender.offered
        assert first.message_id == second.message_id


# Too few, nothing new ---------------------------------------------------------------------------------------------


def test_nothing_new_brings_no_mail_and_no_missed_issue(paper: Paper) -> None:
    times = ["2026-11-16 17:00", "2026-11-17 17:00", "2026-11-17 17:05", "2026-11-17 23:30"]

    assert ["sent", "nothing-new", "nothing-new", "not-due"] == paper.states(*times)
    assert [["bridge"]] == paper.mailed()


def test_too_few_wait_until_there_are_enough(source: ScriptedSource, paper: Paper) -> None:
    paper.selecting(minimum=2)
    report = paper.run("2026-11-16 17:00")
    assert ("too-few", 0) == (report.state, report.exit_code)
    assert "1 new, and [selection] minimum is 2: it waits." == report.because
    source.play(a_reading(LIBRARY))

    assert "sent" == paper.run("2026-11-17 17:00").state
    assert [["library", "bridge"]] == paper.mailed()


def test_an_issue_without_news_is_looked_at_again_after_an_hour(source: ScriptedSource, paper: Paper) -> None:
    source.play(a_reading())
    paper.selecting(minimum=2)
    paper.run("2026-11-16 17:00")
    read = len(source.bookmarks)
    paper.states("2026-11-16 17:05", "2026-11-16 17:59")
    assert read == len(source.bookmarks)
    source.play(a_reading(BRIDGE, a_piece_of("2026-11-16 16:30", "late")))

    assert "sent" == paper.run("2026-11-16 18:00").state


# Consent and looking ------------------------------------------------------------------------------------------------


def test_who_leaves_while_an_issue_waits_is_not_mailed(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=[ADA, BO]) as paper:
        paper.sender = RecordingSender({BO: [DEFERRED, TAKEN]})
        paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        paper.ledgers.subscribers.set_status(BO, Status.LEFT, at=paper.clock())
        report = paper.run("2026-11-16 18:00")

        assert [ADA, BO] == paper.sender.addresses
        assert {DeliveryState.ACCEPTED: 1, DeliveryState.WITHDRAWN: 1} == (report.tally and report.tally.deliveries)


def test_a_dry_run_tells_and_writes_nothing(source: ScriptedSource, paper: Paper) -> None:
    paper.list_file = b"email,status\nbo@lantern.example,\ncai@lantern.example,left\n"
    report = paper.run("2026-11-16 16:00", Orders(dry_run=True))

    assert ("dry-run", MONDAY.day, 1) == (report.state, report.issue, report.pieces)
    assert report.tally is not None
    assert (3, {"left": 1}, {DeliveryState.PLANNED: 2}) == (
        report.tally.candidates, report.tally.excluded, report.tally.deliveries,
    )  # fmt: skip
    assert ([], [ADA]) == (paper.mailed(), [person.email for person in paper.ledgers.subscribers.all()])
    assert [] == list(paper.ledgers.archive.all())


def test_a_dry_run_tells_what_would_hold_the_issue(paper: Paper) -> None:
    paper.break_templates()
    report = paper.run("2026-11-16 16:00", Orders(dry_run=True))

    assert ("held", 3, "issue.html:7: unknown tag") == (report.state, report.exit_code, report.because)


def test_the_sources_are_read_once_an_hour_between_issues(source: ScriptedSource, paper: Paper) -> None:
    start = in_london("2026-11-16 10:00")
    read = len(source.bookmarks)
    for minutes in range(0, 360, 5):
        paper.run(start + timedelta(minutes=minutes))

    assert 6 == len(source.bookmarks) - read


def test_the_sources_are_read_again_when_the_clock_was_set_back(source: ScriptedSource, paper: Paper) -> None:
    read = len(source.bookmarks)
    for when in ("2026-11-16 10:00", "2026-11-17 10:00", "2026-11-16 10:05", "2026-11-16 10:10"):
        paper.run(when)

    assert 3 == len(source.bookmarks) - read

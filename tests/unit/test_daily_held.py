"""What holds the daily job up, who lets it go on, and what it does meanwhile."""

from dataclasses import replace
from datetime import date

import pytest

from roundup.archive import IssueState, Told
from roundup.model import Bookmark, Deferred, IssueKey, Reading, Reply
from tests.builders import in_london
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_paper, a_piece_of, a_reading

MONDAY = IssueKey(day=date(2026, 11, 16))
ADA, BO = "ada@lantern.example", "bo@lantern.example"
DEFERRED = Deferred(reply=Reply(code=450, text="4.2.0 come back later"))


def test_a_held_issue_waits_and_a_released_one_goes(paper: Paper) -> None:
    paper.hold(MONDAY)
    report = paper.run("2026-11-16 17:00")
    assert ("held", 3, "Held by hand.") == (report.state, report.exit_code, report.because)
    assert not report.is_quiet, "told once"
    assert paper.run("2026-11-16 17:05").is_quiet
    paper.hold(MONDAY, why="")

    assert "sent" == paper.run("2026-11-16 17:10").state


def test_a_hold_stops_an_issue_that_is_frozen(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=[ADA, BO]) as paper:
        paper.sender = RecordingSender({BO: [DEFERRED, TAKEN]})
        paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        paper.hold(MONDAY)
        assert "held" == paper.run("2026-11-16 17:30").state
        paper.hold(MONDAY, why="")

        assert "sent" == paper.run("2026-11-16 17:40").state
        assert [ADA, BO, BO] == paper.sender.addresses


def test_a_list_that_cannot_be_read_holds_and_mails_nobody(paper: Paper) -> None:
    paper.list_file = b"name\nAda\n"
    first, second = paper.run("2026-11-16 17:00"), paper.run("2026-11-16 17:05")

    assert ("held", 3, False) == (first.state, first.exit_code, first.unchanged)
    assert first.because.startswith("subscribers.csv:1: the first line must name the columns")
    assert second.unchanged
    paper.list_file = b"email\nada@lantern.example\n"
    assert "sent" == paper.run("2026-11-16 17:10").state


def test_the_sources_are_read_while_the_list_is_held(source: ScriptedSource, paper: Paper) -> None:
    paper.list_file = b"\x00"
    source.play(a_reading(BRIDGE))
    paper.run("2026-11-16 16:00")
    source.play(a_reading(a_piece_of("2026-11-16 16:30", "late")))
    paper.list_file = None
    paper.run("2026-11-16 17:00")

    assert [["late", "bridge"]] == paper.mailed()


def test_an_issue_that_is_still_held_asks_its_sources_politely_and_has_the_comments_of_when_it_goes(
    source: ScriptedSource, paper: Paper
) -> None:
    marked, everything = Bookmark(etag='"1"'), Bookmark()
    few, many = (replace(a_reading(replace(BRIDGE, comments=count)), bookmark=marked) for count in (1, 30))
    unchanged = Reading(source="The Lantern", unchanged=True, bookmark=marked)
    paper.break_templates()
    # The reading that prepares the issue, then one at each start while it is held, and both when it goes.
    source.play(few, unchanged, unchanged, unchanged, many)
    before = len(source.bookmarks)
    assert ["held", "held", "held"] == paper.states("2026-11-16 17:00", "2026-11-16 17:05", "2026-11-16 17:10")
    paper.break_templates(why="")

    assert ["sent"] == paper.states("2026-11-16 17:15")
    assert [everything, marked, marked, marked, everything] == source.bookmarks[before:]
    (bridge,) = paper.ledgers.memory.pieces("The Lantern")
    assert 30 == bridge.piece.comments


@pytest.mark.parametrize("state", [IssueState.SKIPPED, IssueState.MISSED])
def test_trouble_with_the_list_reopens_no_closed_issue(paper: Paper, state: IssueState) -> None:
    told = Told(state=str(state), because="", issue_state=state)
    paper.ledgers.archive.tell(MONDAY, told, instant=in_london("2026-11-16 17:00"), at=paper.clock())
    paper.list_file = b"\x00"
    paper.run("2026-11-16 17:05")
    record = paper.ledgers.archive.find(MONDAY)

    assert state == (record and record.state)


def test_a_list_in_trouble_after_a_quiet_day_makes_no_missed_issue(source: ScriptedSource) -> None:
    source.play(a_reading())
    with a_paper(source) as paper:
        paper.run("2026-11-16 09:00")
        assert "nothing-new" == paper.run("2026-11-16 17:00").state
        paper.list_file = b"\x00"
        assert "held" == paper.run("2026-11-17 02:00").state
        paper.list_file = None

        assert "not-due" == paper.run("2026-11-17 02:05").state


def test_trouble_after_a_quiet_hour_is_told_and_kept(source: ScriptedSource, paper: Paper) -> None:
    # Too few at five, enough at six, and then the template breaks: that is a hold, and missed if nobody mends it.
    paper.selecting(minimum=2)
    assert "too-few" == paper.run("2026-11-16 17:00").state
    source.play(a_reading(BRIDGE, a_piece_of("2026-11-16 16:30", "late")))
    paper.break_templates()

    assert [False, True] == [paper.run(when).unchanged for when in ("2026-11-16 18:00", "2026-11-16 18:05")]
    assert "missed" == paper.run("2026-11-16 23:05").state


def test_bad_rows_are_warnings(paper: Paper) -> None:
    paper.list_file = b"email\nbo@lantern.example\nnobody\n"
    report = paper.run("2026-11-16 17:00")

    assert "sent" == report.state
    assert report.warnings[0].startswith("subscribers.csv:3: “nobody” is no address that can be mailed")
    assert [ADA, BO] == sorted(paper.sender.addresses)


def test_nobody_to_mail_holds_the_issue(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=[]) as paper:
        paper.run("2026-11-16 09:00")
        report = paper.run("2026-11-16 17:00")

        assert "held" == report.state
        assert report.because.startswith("Nobody on the list would get it.")


def test_a_broken_template_holds_the_issue_and_loses_no_piece(paper: Paper) -> None:
    paper.break_templates()
    report = paper.run("2026-11-16 17:00")
    assert ("held", "issue.html:7: unknown tag") == (report.state, report.because)
    paper.break_templates(why="")

    assert "sent" == paper.run("2026-11-16 17:05").state

"""Issues that wait for their editor, and are edited: what is made anew, what is asked again, and what is looked at."""

from dataclasses import replace

from roundup.upcoming import upcoming
from tests.approvals import DUE, LATER, approve, asked, edit
from tests.builders import in_london
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_piece_of, a_reading

LIBRARY = a_piece_of("2026-11-16 10:00", "library")


def test_an_edit_is_stored_in_place_and_asked_about_again(paper: Paper) -> None:
    first = paper.run(DUE).fingerprint
    edit(paper, "The day the bridge stood")
    second = paper.run(LATER)

    assert (True, False) == (second.fingerprint != first, second.is_quiet)
    assert ["To approve: About bridge", "To approve: The day the bridge stood"] == asked(paper)
    assert paper.run("2026-11-16 17:10").is_quiet
    assert "held" == approve(paper, "2026-11-16 17:15", expect=first).state
    assert "sent" == approve(paper, "2026-11-16 17:15", expect=second.fingerprint).state


def test_an_edit_cancels_an_approval(paper: Paper) -> None:
    approve(paper, "2026-11-16 10:00")
    edit(paper, "The day the bridge stood")

    assert "awaiting-approval" == paper.run("2026-11-16 10:05").state
    assert (1, "awaiting-approval") == (len(asked(paper)), paper.run(DUE).state)
    assert [] == paper.mailed()


def test_an_edit_that_changes_nothing_cancels_nothing(paper: Paper) -> None:
    approve(paper, "2026-11-16 10:00")
    paper.newsroom = replace(paper.newsroom, edits=lambda _key: "another digest")

    assert ["not-due", "sent"] == paper.states("2026-11-16 10:05", DUE)


def test_an_edit_that_cannot_be_made_holds_it_and_is_told_once(paper: Paper) -> None:
    paper.run(DUE)
    edit(paper, "Mine")
    paper.break_templates()
    first, second = paper.run(LATER), paper.run("2026-11-16 17:10")
    paper.break_templates("")

    assert ("held", False, True) == (first.state, first.is_quiet, second.is_quiet)
    assert "awaiting-approval" == paper.run("2026-11-16 17:15").state
    assert "To approve: Mine" == asked(paper)[-1]


def test_an_edit_is_what_is_approved_by_a_command_that_follows_it(paper: Paper) -> None:
    paper.run(DUE)
    edit(paper, "Mine")

    assert "sent" == approve(paper, LATER).state
    assert "Mine" == paper.ledgers.archive.all()[0].subject


def test_what_is_looked_at_is_what_is_stored_or_what_an_edit_makes(paper: Paper, source: ScriptedSource) -> None:
    fingerprint = paper.run(DUE).fingerprint
    source.play(a_reading(BRIDGE, LIBRARY))
    office, now = paper.office(), in_london(LATER)
    stored = upcoming(office.newsroom, paper.ledgers, schedule=office.schedule, now=now)
    edit(paper, "Mine")
    edited = upcoming(paper.newsroom, paper.ledgers, schedule=office.schedule, now=now)

    assert (fingerprint, None) == (stored.fingerprint, stored.issue)
    assert ("Mine", True) == (edited.explanation["subject"], edited.fingerprint != fingerprint)

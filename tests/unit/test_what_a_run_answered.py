"""What a run counts as answered, and whether a monitor hears that it went well."""

import pytest

from roundup.noticing import went_well
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_failure, a_paper, a_reading
from tests.unit.test_firm_holds import ADA, LATER, MONDAY


def in_doubt(paper: Paper) -> None:
    """Nobody knows what became of Ada's message, as after a run that was killed."""
    paper.sender = RecordingSender({ADA: [LATER, TAKEN]})
    assert "unfinished" == paper.run("2026-11-16 17:00").state
    record = paper.ledgers.archive.find(MONDAY)
    assert record is not None
    paper.ledgers.journal.lose(record.id, at=paper.clock())


@pytest.mark.parametrize(("trouble", "answered"), [("", 1), ("smtp.example.org: Connection refused.", 0)])
def test_who_was_in_doubt_counts_once_they_are_answered(paper: Paper, trouble: str, answered: int) -> None:
    paper.run("2026-11-16 09:00")
    in_doubt(paper)
    paper.sender.trouble = trouble
    report = paper.run("2026-11-16 17:30")

    assert (answered, bool(answered)) == (report.offered, went_well(report))
    assert bool(answered) == (report.state == "sent")


def test_a_warning_about_something_else_is_no_trouble_of_the_delivery() -> None:
    sources = ScriptedSource(a_reading(BRIDGE)), ScriptedSource(a_failure(source="The Bell"), name="The Bell")
    with a_paper(*sources) as paper:
        paper.run("2026-11-16 09:00")
        paper.sender = RecordingSender({ADA: [LATER]})
        report = paper.run("2026-11-16 17:00")

        assert ("unfinished", True, 0) == (report.state, bool(report.warnings), report.offered)
        assert went_well(report)
        paper.sender.trouble = "smtp.example.org: Connection refused."
        assert not went_well(paper.run("2026-11-16 17:30"))

"""A hold that comes while an issue comes to its end: nobody is to be without it, nor stuck with it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from roundup import holding
from roundup.archive import IssueRecord, IssueState
from roundup.errors import SettingsError
from roundup.model import Message, Outcome
from roundup.returning import read_mailbox
from roundup.store.batches import SqlBatches
from roundup.store.issues import SqlArchive
from roundup.store.ledgers import ledgers_over
from roundup.store.sqlite_file import open_to_write
from tests.contract.test_ledgers_of_returned import refused_by_twenty
from tests.fakes.journals import LATER, NEXT_DAY, frozen
from tests.fakes.senders import RecordingSender
from tests.offices import Paper
from tests.unit.test_firm_holds import MONDAY, WHY, hold_firmly, state_of


class SlowSender(RecordingSender):
    """So slow that the refusals of its first messages come back before its last one is answered."""

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self.paper = paper

    def answer(self, message: Message) -> Outcome:
        hold_firmly(self.paper, MONDAY)
        return super().answer(message)


def test_one_that_comes_with_the_last_answer_stays_until_it_is_released(paper: Paper) -> None:
    paper.run("2026-11-16 09:00")
    paper.sender = SlowSender(paper)
    report = paper.run("2026-11-16 17:00")

    assert ("held", WHY) == (report.state, report.because)
    assert "held" == paper.run("2026-11-17 17:00").state
    paper.sender = RecordingSender()
    holding.release(paper.office(), MONDAY, now=paper.clock())
    report = paper.run("2026-11-17 17:10")

    assert ("Sent: the issue of Monday 16 November 2026.",) == report.warnings
    assert (IssueState.SENT, [], []) == (state_of(paper, MONDAY), paper.mailed(), paper.ledgers.archive.firmly_held())


def test_what_has_come_to_its_end_is_not_held_any_more(paper: Paper) -> None:
    assert "sent" == paper.run("2026-11-16 17:00").state
    assert not paper.ledgers.archive.hold(MONDAY, WHY, instant=paper.clock(), at=paper.clock(), firm=True)

    assert [] == paper.ledgers.archive.firmly_held()
    with pytest.raises(SettingsError, match="is sent already: nothing to hold"):
        holding.hold(paper.office(), MONDAY, now=paper.clock())


class EndsMeanwhile(SqlArchive):
    """An archive beside which a run ends every issue, right after somebody has looked which are on their way."""

    def unfinished(self) -> Sequence[IssueRecord]:
        found = super().unfinished()
        for record in found:
            self.close(record.id, IssueState.SENT, at=LATER)
        return found


def test_refusals_hold_the_next_issue_when_what_was_on_its_way_ends_at_that_moment(tmp_path: Path) -> None:
    database = open_to_write(tmp_path / "roundup.db")
    with ledgers_over(database) as ledgers:
        box = refused_by_twenty(ledgers, tmp_path)
        frozen(ledgers, key=NEXT_DAY)
        collected = read_mailbox(box, replace(ledgers, archive=EndsMeanwhile(database, SqlBatches(database))), at=LATER)
        (held,) = ledgers.archive.firmly_held()

        assert (IssueState.OPEN, True) == (held.state, held.key.day > NEXT_DAY.day)
        assert f"issues release {held.key}" in collected.warnings[0]

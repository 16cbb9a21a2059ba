"""A newsletter whose editor is asked: the editor's edits and yes, what they are asked, and how its issue stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

from roundup import approving
from roundup.model import IssueKey
from roundup.proposals import Approval, Proposal
from roundup.reports import RunReport
from roundup.word import Word
from tests.builders import in_london
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper, a_paper

EDITOR = "editor@lantern.example"
MONDAY, TUESDAY = IssueKey(day=date(2026, 11, 16)), IssueKey(day=date(2026, 11, 17))
DUE, LATER = "2026-11-16 17:00", "2026-11-16 17:05"
DROP = Approval(editor=EDITOR, deadline=timedelta(hours=4))
SEND = replace(DROP, sends=True)


@contextmanager
def a_paper_that_asks(source: ScriptedSource) -> Iterator[Paper]:
    """A newsletter whose editor is asked, and that has read its source on Monday morning."""
    with a_paper(source) as made:
        made.approval = DROP
        made.run("2026-11-16 09:00")
        yield made


def edit(paper: Paper, subject: str, *, digest: str = "") -> None:
    """The editor writes another subject."""
    paper.newsroom = replace(
        paper.newsroom, word=lambda _key: Word(subject=subject), edits=lambda _key: digest or subject
    )


def approve(paper: Paper, when: str, key: IssueKey = MONDAY, expect: str = "") -> RunReport:
    """As `issues approve` does it."""
    paper.clock.at = in_london(when)
    return approving.approve_and_deliver(paper.office(), key, expect=expect, now=paper.clock.at)


def asked(paper: Paper) -> list[str]:
    """The subjects of the mails to the editor."""
    texts = [message.content.decode() for message in paper.sender.offered if message.envelope_to == EDITOR]
    return [text.partition("Subject: ")[2].partition("\r\n")[0] for text in texts]


def proposal(paper: Paper, key: IssueKey = MONDAY) -> Proposal:
    found = paper.ledgers.proposals.find(key)
    assert found is not None
    return found


def state(paper: Paper, key: IssueKey = MONDAY) -> str:
    found = paper.ledgers.archive.find(key)
    return found.state.value if found else ""


def deliveries(paper: Paper, key: IssueKey = MONDAY) -> int:
    found = paper.ledgers.archive.find(key)
    assert found is not None
    return sum(paper.ledgers.journal.tally(found.id).deliveries.values())

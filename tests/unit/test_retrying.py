"""`issues retry` acts on exactly those who were refused or whose time ran out."""

from roundup import retrying, skipping
from roundup.model import DeliveryState, Refused, Reply
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.offices import a_paper
from tests.unit.test_firm_holds import ADA, BO, LATER, MONDAY, TUESDAY, WHY, hold_firmly

NO = Refused(reply=Reply(code=550, text="5.2.2 mailbox full"))


def test_whom_a_restore_put_in_doubt_is_not_offered_it_unless_that_is_asked_for(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=(ADA, BO)) as paper:
        paper.sender = RecordingSender({ADA: [LATER, TAKEN], BO: [NO, LATER, TAKEN]})
        assert ["not-due", "unfinished"] == paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        hold_firmly(paper, MONDAY)
        skipping.skip(paper.office(), MONDAY, was_sent=True, now=paper.clock())

        assert "unfinished" == retrying.retry(paper.office(), MONDAY, in_doubt=False).state
        # Nor by the run that goes on with it.
        assert "sent" == paper.run("2026-11-16 18:00").state
        assert [ADA, BO, BO, BO] == paper.sender.addresses

        asked = retrying.retry(paper.office(), MONDAY, in_doubt=True)
        assert [ADA, BO, BO, BO, ADA] == paper.sender.addresses
        assert asked.tally is not None
        assert (2, 1) == (asked.tally.deliveries[DeliveryState.ACCEPTED], asked.tally.resent)


def test_it_waits_for_what_must_be_decided_first(source: ScriptedSource) -> None:
    with a_paper(source, subscribers=(ADA, BO)) as paper:
        paper.sender = RecordingSender({BO: [NO, TAKEN]})
        assert ["not-due", "sent"] == paper.states("2026-11-16 09:00", "2026-11-16 17:00")
        hold_firmly(paper, TUESDAY)
        retried = retrying.retry(paper.office(), MONDAY, in_doubt=False)

        assert ("held", f"The issue of 2026-11-17 must be decided first. {WHY}") == (retried.state, retried.because)
        assert [ADA, BO] == paper.sender.addresses

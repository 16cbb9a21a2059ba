"""What is done with a message in doubt, by each of the three choices."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from roundup import messages
from roundup.doubting import Doubting
from roundup.journal import InDoubt
from roundup.list_changes import Changes
from roundup.messages import Addressee
from roundup.model import Accepted, DeliveryState, Reply, Status, Unknown
from roundup.sending.referee import Judgement, Referee, Verdict, never
from roundup.store import Ledgers
from tests.builders import INSTANT, SECRET, a_frozen_issue, a_letterhead, a_rendered_issue, list_rows
from tests.fakes.clocks import HandClock
from tests.fakes.journals import Run
from tests.fakes.stores import ledgers_in_memory

PEOPLE = ["ada@lantern.example", "bo@lantern.example", "cy@lantern.example"]
STATIONERY = messages.stationery(a_rendered_issue(), a_letterhead(), SECRET)


@dataclass(slots=True)
class Log:
    """Implements `Referee`: says what it was told, in the order of the question."""

    verdicts: list[Verdict]
    trouble: str = ""
    asked: list[list[str]] = field(default_factory=list)

    def judge(self, message_ids: Collection[str], *, since: datetime, stop: Callable[[], bool] = never) -> Judgement:
        assert (INSTANT, False) == (since, stop())
        self.asked.append(list(message_ids))
        return Judgement(verdicts=dict(zip(message_ids, self.verdicts, strict=False)), trouble=self.trouble)


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    with ledgers_in_memory() as opened:
        yield opened


def in_doubt(ledgers: Ledgers, *, doubts: int = 1) -> Run:
    """A run that three people's messages broke off for."""
    new = tuple((row, Status.ACTIVE) for row in list_rows(*PEOPLE))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)
    run = Run(ledgers.journal, ledgers.archive.freeze(a_frozen_issue()), at=INSTANT)
    run.recover()
    for number in range(doubts):
        if number:
            run.journal.resend(run.issue, at=INSTANT)
        for _ in PEOPLE:
            run.send_one(Unknown(why="it closed the line"))
    return run


def settled(run: Run, policy: InDoubt, referee: Referee | None = None) -> tuple[int, str]:
    return Doubting(
        issue=run.issue,
        journal=run.journal,
        stationery=STATIONERY,
        referee=referee,
        since=INSTANT,
        clock=HandClock(INSTANT),
        stop=lambda: False,
    ).settle(policy)


def states(run: Run) -> dict[str, int]:
    return {str(state): count for state, count in run.journal.tally(run.issue).deliveries.items()}


def test_resend_plans_them_again(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers)

    assert (3, "") == settled(run, InDoubt.RESEND)
    assert {"planned": 3} == states(run)


def test_resend_leaves_a_second_doubt(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers, doubts=2)

    assert (0, "") == settled(run, InDoubt.RESEND)
    assert {"unknown": 3} == states(run)


@pytest.mark.parametrize("verdict", Verdict)
def test_hold_leaves_them_and_asks_nobody(ledgers: Ledgers, verdict: Verdict) -> None:
    run, log = in_doubt(ledgers), Log([verdict] * 3)

    assert (0, "") == settled(run, InDoubt.HOLD, log)
    assert ({"unknown": 3}, []) == (states(run), log.asked)


def test_resend_asks_nobody(ledgers: Ledgers) -> None:
    run, log = in_doubt(ledgers), Log([Verdict.QUEUED] * 3)
    settled(run, InDoubt.RESEND, log)

    assert [] == log.asked


def test_reconcile_asks_about_the_very_messages_that_were_offered(ledgers: Ledgers) -> None:
    run, log = in_doubt(ledgers), Log([Verdict.UNDECIDED] * 3)
    people = [ledgers.subscribers.find(email) for email in PEOPLE]
    offered = [
        STATIONERY.message(Addressee(email=each.email, name="Somebody", key=each.key), date=INSTANT)
        for each in people
        if each is not None
    ]
    settled(run, InDoubt.RECONCILE, log)

    assert [[message.message_id for message in offered]] == log.asked


def test_reconcile_does_as_the_log_says(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers)
    log = Log([Verdict.QUEUED, Verdict.NOT_QUEUED, Verdict.UNDECIDED])

    assert (1, "") == settled(run, InDoubt.RECONCILE, log)
    assert {"accepted": 1, "planned": 1, "unknown": 1} == states(run)
    assert [PEOPLE[1]] == [each.email for each in run.claim(9)]
    assert [PEOPLE[2]] == [each.email for each in run.journal.doubted(run.issue)]


def test_a_log_that_cannot_be_read_changes_nothing_and_is_told(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers)

    assert (0, "mail.log is gone") == settled(run, InDoubt.RECONCILE, Log([], trouble="mail.log is gone"))
    assert {"unknown": 3} == states(run)


def test_reconcile_without_a_log_leaves_them(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers)

    assert (0, "") == settled(run, InDoubt.RECONCILE)
    assert {"unknown": 3} == states(run)


def test_without_a_doubt_nobody_is_asked(ledgers: Ledgers) -> None:
    run, log = in_doubt(ledgers), Log([Verdict.QUEUED] * 3)
    settled(run, InDoubt.RECONCILE, log)
    settled(run, InDoubt.RECONCILE, log)

    assert ({"accepted": 3}, 1) == (states(run), len(log.asked))


def test_what_was_decided_may_come_into_doubt_again_and_is_decided_again(ledgers: Ledgers) -> None:
    run = in_doubt(ledgers)
    for _ in range(3):
        assert (3, "") == settled(run, InDoubt.RECONCILE, Log([Verdict.NOT_QUEUED] * 3))
        for _ in PEOPLE:
            run.send_one(Unknown(why="it closed the line"))
    settled(run, InDoubt.RECONCILE, Log([Verdict.NOT_QUEUED] * 3))
    for _ in PEOPLE:
        run.send_one(Accepted(reply=Reply(code=250, text="ok")))
    tally = run.journal.tally(run.issue)

    assert ({DeliveryState.ACCEPTED: 3}, 0) == (tally.deliveries, tally.resent)

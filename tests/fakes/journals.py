"""The journal as runs have it: as another process would, and in short words."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from roundup.journal import Granted, Journal, Turn
from roundup.list_changes import Changes
from roundup.model import (
    Accepted,
    Deferred,
    Delivery,
    IssueId,
    IssueKey,
    NotOffered,
    Outcome,
    Refused,
    Reply,
    Status,
    Unknown,
)
from roundup.store import Ledgers
from roundup.store.deliveries import SqlJournal
from tests.builders import INSTANT, KEY, a_frozen_issue, an_issue, list_rows


def another_run(ledgers: Ledgers) -> Journal:
    """The journal of another process on the same database: it knows nothing of what the first one keeps in mind."""
    journal = ledgers.journal
    assert isinstance(journal, SqlJournal)
    return SqlJournal(journal._database)  # noqa: SLF001 - no port opens one database in memory twice


class Run:
    """A run that has an issue's deliveries in its hands, and says of each turn only what it is about."""

    def __init__(self, journal: Journal, issue: IssueId, *, at: datetime) -> None:
        self.journal = journal
        self.issue = issue
        self.at = at

    def turn(self, turn: Turn) -> Granted:
        return self.journal.turn(self.issue, turn, at=self.at)

    def recover(self) -> int:
        return self.journal.recover(self.issue, at=self.at)

    def claim(self, wanted: int = 1) -> Sequence[Delivery]:
        return self.turn(Turn(wanted=wanted)).claimed

    def claim_one(self) -> Delivery:
        (delivery,) = self.claim()
        return delivery

    def offer(self, *offering: Delivery) -> None:
        """The mark before the octets go."""
        self.turn(Turn(offering=offering))

    def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        self.turn(Turn(settled=[(delivery, outcome)]))

    def send_one(self, outcome: Outcome) -> Delivery:
        """Claim the next one, offer it, and write down what became of it."""
        delivery = self.claim_one()
        self.offer(delivery)
        self.settle(delivery, outcome)
        return delivery


LATER = INSTANT + timedelta(hours=2)
NEXT_DAY = IssueKey(day=date(2015, 3, 31))
OUTCOMES: dict[str, Outcome] = {
    "accepted": Accepted(reply=Reply(code=250, text="2.0.0 ok")),
    "deferred": Deferred(reply=Reply(code=450, text="4.2.0 later")),
    "refused": Refused(reply=Reply(code=550, text="5.2.1 no")),
    "gone": Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True),
    "unknown": Unknown(why="the line broke"),
    "not offered": NotOffered(why="no line"),
    "broke over it": NotOffered(why="the line broke over it", over_it=True),
}
ACCEPTED = OUTCOMES["accepted"]


def subscribe(ledgers: Ledgers, *emails: str) -> None:
    """Put people on the list."""
    new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)


def frozen(ledgers: Ledgers, *emails: str, key: IssueKey = KEY) -> IssueId:
    """An issue frozen for these people."""
    subscribe(ledgers, *emails)
    return ledgers.archive.freeze(a_frozen_issue(an_issue(key=key)))


def a_run(ledgers: Ledgers, *emails: str, issue: IssueId | None = None) -> Run:
    """A run that has taken over an issue, by default a new one for these people."""
    run = Run(ledgers.journal, frozen(ledgers, *emails) if issue is None else issue, at=INSTANT)
    run.recover()
    return run


def numbered(count: int) -> list[str]:
    """So many addresses."""
    return [f"p{number:02}@lantern.example" for number in range(count)]


def states(ledgers: Ledgers, issue: IssueId) -> dict[str, int]:
    """The tally by the states' names; the sums add up."""
    tally = ledgers.journal.tally(issue)
    assert tally.adds_up
    return {str(state): count for state, count in tally.deliveries.items()}

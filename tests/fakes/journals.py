"""The journal as runs have it: as another process would, and in short words."""

from collections.abc import Sequence
from datetime import datetime

from roundup.journal import Granted, Journal, Turn
from roundup.model import Delivery, IssueId, Outcome
from roundup.store import Ledgers
from roundup.store.deliveries import SqlJournal


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

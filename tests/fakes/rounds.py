"""A frozen issue that is delivered over a real journal, with everything around it in a test's hands."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from roundup import messages
from roundup.delivering import Delivering, Stop, deliver
from roundup.journal import InDoubt
from roundup.list_changes import Changes
from roundup.messages import Stationery
from roundup.model import Deferred, IssueId, NotOffered, Refused, Reply, Status, Unknown
from roundup.newsroom import Watch
from roundup.sending import Sender
from roundup.sending.dkim import Signer
from roundup.sending.pacing import Pacer
from roundup.sending.referee import Judgement, Referee, Verdict, never
from roundup.store import Ledgers
from tests.builders import INSTANT, SECRET, a_frozen_issue, a_letterhead, a_rendered_issue, list_rows
from tests.fakes.clocks import HandClock
from tests.fakes.watches import NobodyWatches

ABOUT_US = Deferred(reply=Reply(code=550, text="5.7.1 you may not send here"))
LATER = Deferred(reply=Reply(code=450, text="4.2.1 mailbox busy"))
NOBODY = Refused(reply=Reply(code=550, text="5.1.1 no such person"), person_is_gone=True)
IN_DOUBT = Unknown(why="it closed the line")
BROKEN = NotOffered(why="it closed the line", over_it=True)
RATHER_NOT = NotOffered(why="it closed the line")


def people(count: int) -> list[str]:
    """So many addresses."""
    return [f"p{number:03}@lantern.example" for number in range(count)]


@dataclass(slots=True)
class Counting:
    """Implements `Watch`; calls `each` with the number of every step."""

    each: Callable[[int], object] = lambda _: None
    steps: int = 0

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self) -> None:
        self.steps += 1
        self.each(self.steps)

    def end(self) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""


def at_step(step: int, what: Callable[[], None]) -> Callable[[int], None]:
    """Something that happens once."""

    def each(number: int) -> None:
        if number == step:
            what()

    return each


@dataclass(slots=True)
class AllKnowing:
    """Implements `Referee`: says of each address what it is told to."""

    verdicts: Mapping[str, Verdict]
    message_ids: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    asked: list[set[str]] = field(default_factory=list)

    def judge(self, message_ids: Collection[str], *, since: datetime, stop: Callable[[], bool] = never) -> Judgement:
        assert (INSTANT, False) == (since, stop())
        self.asked.append(set(message_ids))
        return Judgement(verdicts={each: self.verdicts[self.message_ids[each]] for each in message_ids})


@dataclass(slots=True, kw_only=True)
class Round:
    """One frozen issue, and how it is delivered."""

    ledgers: Ledgers
    issue: IssueId
    clock: HandClock
    stationery: Stationery

    def deliver(
        self,
        sender: Sender,
        *,
        in_doubt: InDoubt = InDoubt.RESEND,
        referee: Referee | None = None,
        watch: Watch | None = None,
        stop: Stop | None = None,
        rate: float = 0,
    ) -> tuple[str, ...]:
        self.ledgers.journal.recover(self.issue, at=self.clock())
        return deliver(
            Delivering(
                issue=self.issue,
                since=INSTANT,
                stationery=self.stationery,
                journal=self.ledgers.journal,
                sender=sender,
                pacer=Pacer(rate),
                in_doubt=in_doubt,
                referee=referee,
                clock=self.clock,
                watch=watch or NobodyWatches(),
                stop=stop or Stop(),
            )
        )

    @property
    def states(self) -> dict[str, int]:
        tally = self.ledgers.journal.tally(self.issue)
        assert tally.adds_up
        return {str(state): count for state, count in tally.deliveries.items()}

    def leave(self, email: str) -> None:
        self.ledgers.subscribers.set_status(email, Status.LEFT, at=self.clock())

    def active(self) -> int:
        return sum(person.status is Status.ACTIVE for person in self.ledgers.subscribers.all())


def a_round(ledgers: Ledgers, *emails: str, signers: tuple[Signer, ...] = ()) -> Round:
    """An issue frozen for these people; `signers` sign their messages."""
    new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)
    return Round(
        ledgers=ledgers,
        issue=ledgers.archive.freeze(a_frozen_issue()),
        clock=HandClock(INSTANT),
        stationery=messages.stationery(a_rendered_issue(), replace(a_letterhead(), signers=signers), SECRET),
    )

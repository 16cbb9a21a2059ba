"""A whole newsletter made of fakes: the daily job as it is, the world as a test wants it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from roundup import daily
from roundup.archive import IssueState, Told
from roundup.gathering import Source
from roundup.model import IssueKey, Message, Piece, Reading
from roundup.newsroom import Newsroom
from roundup.office import Office, Orders
from roundup.proposals import Approval
from roundup.ranking import Order, Ranking
from roundup.reports import RunReport, RunState
from roundup.scheduling import Schedule
from roundup.selection import Selection
from roundup.store import Ledgers, Store
from tests.builders import LONDON, SECRET, a_letterhead, a_masthead, a_piece, a_schedule, at_instant, in_london
from tests.fakes.clocks import HandClock
from tests.fakes.renderers import PlainRenderer
from tests.fakes.senders import RecordingSender
from tests.fakes.sources import ScriptedSource
from tests.fakes.stores import OpenStore, ledgers_in_memory
from tests.fakes.watches import NobodyWatches
from tests.lists import opened


def a_piece_of(written: str, name: str, *, source: str = "The Lantern", comments: int | None = 0) -> Piece:
    """A piece called `name`, published at a London wall time."""
    return a_piece(
        id=name,
        source=source,
        title=f"About {name}",
        link=f"https://lantern.example/{name}/",
        published=at_instant(in_london(written)),
        comments=comments,
    )


#: The piece that most newsletters begin with.
BRIDGE = a_piece_of("2026-11-16 09:00", "bridge")


def a_reading(*pieces: Piece, source: str = "The Lantern", whole: bool = False) -> Reading:
    """A good reading of what the source lists."""
    return Reading(source=source, pieces=pieces, whole=whole)


def a_failure(why: str = "It answered 503.", *, source: str = "The Lantern") -> Reading:
    """A reading that failed."""
    return Reading(source=source, failure=why)


def a_newsroom(
    *sources: Source, max_age: timedelta = timedelta(hours=24), minimum: int = 1, maximum: int = 20
) -> Newsroom:
    """A newsroom that ranks by date and renders plainly."""
    masthead = a_masthead()
    return Newsroom(
        sources=sources,
        renderer=PlainRenderer(masthead),
        masthead=masthead,
        letterhead=a_letterhead(),
        secret=SECRET,
        ranking=Ranking(order=Order.NEWEST),
        selection=Selection(max_age=max_age, minimum=minimum, maximum=maximum),
        zone=LONDON,
    )


@dataclass(slots=True, kw_only=True)
class Paper:
    """A newsletter at work: what it shows, whom it mails, and what is to be seen of it afterwards."""

    newsroom: Newsroom
    schedule: Schedule
    ledgers: Ledgers
    clock: HandClock
    sender: RecordingSender = field(default_factory=RecordingSender)
    #: subscribers.csv; None: there is none.
    list_file: bytes | None = None
    store: Store | None = None
    #: Who must approve issues; None: nobody.
    approval: Approval | None = None

    def office(self) -> Office:
        """As `wiring` would put it together."""
        return Office(
            newsroom=self.newsroom,
            schedule=self.schedule,
            sender=self.sender,
            store=self.store or OpenStore(self.ledgers),
            list_file=lambda: None if self.list_file is None else opened(self.list_file),
            clock=self.clock,
            watch=NobodyWatches(),
            approval=self.approval,
        )

    def run(self, when: str | datetime, orders: Orders | None = None) -> RunReport:
        """The daily job at a London wall time or an instant."""
        self.clock.at = in_london(when) if isinstance(when, str) else when
        return daily.run(self.office(), orders or Orders())

    def states(self, *whens: str) -> list[str]:
        """How runs at these times end."""
        return [str(self.run(when).state) for when in whens]

    def mailed(self, email: str = "ada@lantern.example") -> list[list[str]]:
        """What each message to somebody is about: the names of its pieces, in order."""
        return [names_in(message) for message in self.sender.offered if message.envelope_to == email]

    def subscribe(self, *emails: str) -> None:
        """Put people on the list."""
        for email in emails:
            self.ledgers.subscribers.add(email, "", at=self.clock())

    def hold(self, key: IssueKey, why: str = "Held by hand.") -> None:
        """Put an issue on hold; release it with an empty `why`."""
        self.ledgers.archive.hold(key, why, instant=in_london(f"{key.day} 17:00"), at=self.clock())

    def skip(self, key: IssueKey) -> None:
        """A person decided against an issue."""
        told = Told(state=RunState.SKIPPED, because="", issue_state=IssueState.SKIPPED)
        self.ledgers.archive.tell(key, told, instant=in_london(f"{key.day} 17:00"), at=self.clock())

    def break_templates(self, why: str = "issue.html:7: unknown tag") -> None:
        """Let nothing be rendered; an empty `why` mends it."""
        if not isinstance(self.newsroom.renderer, PlainRenderer):
            raise TypeError("only a plain renderer can be broken")
        self.newsroom.renderer.trouble = why

    def selecting(self, **changes: timedelta | int) -> None:
        """Change how much goes into an issue."""
        self.newsroom = replace(self.newsroom, selection=replace(self.newsroom.selection, **changes))  # type: ignore[arg-type]


def names_in(message: Message) -> list[str]:
    """The names of the pieces a message is about (see `a_piece_of`)."""
    text = message.content.decode("ascii").partition("text/html")[0]
    return [line.removeprefix("About ") for line in text.split("\r\n") if line.startswith("About ")]


@contextmanager
def a_paper(
    *sources: Source,
    newsroom: Newsroom | None = None,
    schedule: Schedule | None = None,
    subscribers: Sequence[str] = ("ada@lantern.example",),
) -> Iterator[Paper]:
    """A newsletter due at 17:00 on weekdays, with one subscriber, its ledgers in memory."""
    with ledgers_in_memory() as ledgers:
        made = newsroom or a_newsroom(*(sources or (ScriptedSource(a_reading()),)))
        clock = HandClock(in_london("2026-11-16 09:00"))
        paper = Paper(newsroom=made, schedule=schedule or a_schedule(), ledgers=ledgers, clock=clock)
        paper.subscribe(*subscribers)
        yield paper

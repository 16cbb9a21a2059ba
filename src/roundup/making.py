"""An issue made of what the sources hold now: what they hold is written down, and what is made is checked. The caller
holds the lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from roundup import pipeline
from roundup.archive import IssueRecord
from roundup.audience import Audience, Sections
from roundup.deciding import Deciding, in_the_way, not_expected
from roundup.errors import HeldError
from roundup.list_changes import FOLLOWED_FILE
from roundup.model import MAIN_EDITION, Cadence, IssueKey, Status
from roundup.office import Office, Orders
from roundup.pipeline import Gathering, Prepared
from roundup.scheduling import Due, Schedule, of_edition
from roundup.store import Ledgers
from roundup.weekly import of_the_week
from roundup.words import figures, say

_A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What an issue is made with, and when."""

    office: Office
    ledgers: Ledgers
    orders: Orders
    now: datetime
    edition: str = MAIN_EDITION

    @property
    def schedule(self) -> Schedule:
        """The calendar of its edition."""
        return of_edition(self.office.schedule, self.edition)

    @property
    def deciding(self) -> Deciding:
        """What is to be done."""
        return Deciding(
            schedule=self.schedule, ledgers=self.ledgers, orders=self.orders, now=self.now, edition=self.edition,
            asks=self.office.approval is not None,
        )  # fmt: skip

    def gather(self, instant: datetime, *, preparing: bool) -> Gathering:
        """Read the sources, and write down what they hold."""
        memory = self.ledgers.memory
        gathering = pipeline.gather(
            self.office.newsroom,
            remembered=memory,
            archive=self.ledgers.archive,
            occasion=pipeline.Occasion(instant=instant, now=self.now, preparing=preparing, edition=self.edition),
        )
        memory.record(gathering.shelves, at=self.now)
        return gathering

    def gathered(self, due: Due, *, preparing: bool) -> Gathering:
        """What an issue of `due` is made of."""
        if self.edition == MAIN_EDITION:
            return self.gather(due.instant, preparing=preparing)
        # What is new to the newsletter is judged against the day's issue that is due next, whoever finds it.
        daily = replace(self, edition=MAIN_EDITION).deciding
        gathering = self.gather(daily.next_instant(daily.due()), preparing=preparing)
        max_age = self.office.newsroom.selection.max_age
        return of_the_week(gathering, self.ledgers.archive, instant=due.instant, max_age=max_age)

    def prepared(self, due: Due, *, preparing: bool = True) -> Prepared:
        """The issue of `due`, ready. `preparing`: see `pipeline.Occasion`. Raises `HeldError`, also for one that would
        not be mailed."""
        newsroom, key = self.office.newsroom, self.deciding.key(due)
        gathering = self.gathered(due, preparing=preparing)
        issue = pipeline.choose(newsroom, gathering, key=key, instant=due.instant)
        if len(issue.pieces) < max(1, newsroom.selection.minimum):
            raise HeldError(say("There is nothing to approve: with so few pieces the issue of {key} waits.", key=key))
        prepared = pipeline.prepare(newsroom, gathering, issue, choices=self.choices(key))
        self.check(prepared)
        return prepared

    def choices(self, key: IssueKey) -> Sequence[Sections]:
        """What readers chose of it."""
        return self.ledgers.subscribers.choices(pipeline.cadence_of(key))

    def check(self, prepared: Prepared) -> None:
        """Raises `HeldError` if a prepared issue must not be frozen."""
        if self.orders.expect and prepared.fingerprint != self.orders.expect:
            raise HeldError(not_expected(prepared.fingerprint))
        self.check_readers(pipeline.audience_of(prepared.variants, cadence=pipeline.cadence_of(prepared.issue.key)))

    def check_readers(self, audience: Audience) -> None:
        """Raises `HeldError` if there are none, or if another issue must be decided first."""
        waits_for = in_the_way(self.ledgers)
        if waits_for:
            raise HeldError(waits_for)
        census = self.ledgers.subscribers.census()
        # The days' issues are made for weekly readers' sake, too: they are the archive.
        waits = self.office.schedule.weekly is not None and self.has_weekly_readers()
        if not waits and all(audience.exclusion(crowd.status, crowd.cadence, crowd.sections) for crowd in census):
            raise HeldError(
                say(
                    "Nobody on the list would get it. `roundup subscribers list` shows who is there; a "
                    "{followed_file} beside roundup.toml is followed.",
                    followed_file=FOLLOWED_FILE,
                )
            )

    def has_weekly_readers(self) -> bool:
        """Whether somebody wants the weekly edition."""
        return any(
            crowd.status is Status.ACTIVE and crowd.cadence is Cadence.WEEKLY
            for crowd in self.ledgers.subscribers.census()
        )

    def grown(self, record: IssueRecord) -> tuple[str, ...]:
        """Told before the first mail: mail servers distrust a sender who suddenly sends twice as much, and so should
        its editor (a list imported twice, a test list)."""
        before = self.ledgers.archive.largest(since=self.now - _A_WEEK, edition=self.edition, but=record.id)
        people = self.ledgers.journal.tally(record.id).unfinished
        if not before or people <= 2 * before:
            return ()
        sentence = say(
            "This issue goes to {people} people, more than twice the {before} of the largest in the last "
            "seven days. If that is wrong, `roundup issues hold {key}` stops it.",
            people=figures(people),
            before=figures(before),
            key=record.key,
        )
        self.office.watch.note(say("Warning: {sentence}", sentence=sentence))
        return (sentence,)

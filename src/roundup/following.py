"""Following subscribers.csv: what the file beside roundup.toml would change, and changing it."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from roundup.audience import Audience
from roundup.journal import Tally
from roundup.list_changes import FOLLOWED_FILE, Changes, Known, Taken, TakingIn, choice_after
from roundup.list_files import Opened
from roundup.list_files.reading import ListReading
from roundup.model import Cadence, DeliveryState, Status
from roundup.subscribers import SubscriberBook
from roundup.words import say_many

#: Every keyed hash that an address may have been forgotten under.
Hashed = Callable[[str], Collection[bytes]]
#: How many complaints of a file a run tells.
_TOLD = 20


def follow(opened: Opened | None, book: SubscriberBook, *, at: datetime, hashed: Hashed) -> tuple[str, ...]:
    """Follow the file if it changed. Returns a sentence for each row that could not be used. Raises `ListError`."""
    if opened is None:
        return ()
    read = ListReading(FOLLOWED_FILE, opened, headed=True)
    if read.digest == book.followed_digest():
        if book.trouble():
            book.note_trouble("")
        return ()
    return told(book.take_in(read, _following(at, hashed), name=FOLLOWED_FILE, digest=read.digest))


def _following(at: datetime, hashed: Hashed) -> TakingIn:
    return TakingIn(origin=FOLLOWED_FILE, at=at, follows=True, careful=True, hashed=hashed)


def told(taken: Taken) -> tuple[str, ...]:
    """What an editor should know of the rows of a file: the first ones, and how many more there are."""
    more = len(taken.complaints) - _TOLD + taken.more_complaints
    if more <= 0:
        return tuple(taken.complaints)
    rest = say_many(
        "{name}: {count} more row like these; `roundup subscribers import {name} --dry-run` lists them.",
        "{name}: {count} more rows like these; `roundup subscribers import {name} --dry-run` lists them.",
        more,
        name=taken.name,
    )
    return (*taken.complaints[:_TOLD], rest)


def would_reach(
    opened: Opened | None, book: SubscriberBook, audience: Audience, *, at: datetime, hashed: Hashed
) -> Tally:
    """Whom an issue would go to, with the file followed in memory only. Raises `ListError`."""
    reasons: Counter[str | None] = Counter()
    for crowd in book.census():
        reasons[audience.exclusion(crowd.status, crowd.cadence, crowd.sections)] += crowd.count

    def seen(changes: Changes, known: Mapping[str, Known]) -> None:
        for row, status in changes.new:
            reasons[audience.exclusion(status, row.cadence or Cadence.DAILY, row.sections or ())] += 1
        for compared, (row, status) in changes.changed.items():
            person = known[compared]
            reasons[audience.exclusion(person.status, person.cadence, person.sections)] -= 1
            reasons[audience.exclusion(status, *choice_after(person, row))] += 1
        for compared in changes.vanished:
            person = known[compared]
            reasons[audience.exclusion(person.status, person.cadence, person.sections)] -= 1
            reasons[Status.REMOVED.value] += 1

    if opened is not None:
        read = ListReading(FOLLOWED_FILE, opened, headed=True)
        how = replace(_following(at, hashed), dry=True, seen=seen)
        book.take_in(read, how, name=FOLLOWED_FILE, digest=read.digest)
    planned = reasons.pop(None, 0)
    excluded = {str(reason): count for reason, count in reasons.items() if count}
    return Tally(
        candidates=planned + sum(excluded.values()),
        excluded=excluded,
        deliveries={DeliveryState.PLANNED: planned} if planned else {},
    )

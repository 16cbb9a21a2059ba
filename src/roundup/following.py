"""Following subscribers.csv: what the file beside roundup.toml would change, and changing it."""

from datetime import datetime

from roundup import subscribers
from roundup.errors import ListError
from roundup.journal import Tally, exclusion
from roundup.list_file import parse
from roundup.model import DeliveryState, Status, Subscriber
from roundup.subscribers import Changes, ListFile, SubscriberBook


def follow(octets: bytes | None, book: SubscriberBook, *, at: datetime) -> tuple[str, ...]:
    """Follow the file if it changed. Returns a sentence for each row that could not be used. Raises `ListError`."""
    if octets is None:
        return ()
    read = parse(subscribers.FOLLOWED_FILE, octets)
    if read.digest == book.followed_digest():
        if book.trouble():
            book.note_trouble("")
        return ()
    changes = _changes(read, book)
    book.apply(changes, origin=subscribers.FOLLOWED_FILE, digest=read.digest, at=at)
    return subscribers.complaints(read)


def would_reach(octets: bytes | None, book: SubscriberBook) -> Tally:
    """Whom an issue would go to, with the file followed in memory only. Raises `ListError`."""
    people = {subscribers.compared_form(person.email): person for person in book.all()}
    reasons = {compared: exclusion_of(person) for compared, person in people.items()}
    if octets is not None:
        changes = _changes(parse(subscribers.FOLLOWED_FILE, octets), book)
        rows = [(row, status) for row, status in (*changes.new, *changes.changed.values())]
        reasons |= {
            subscribers.compared_form(row.email): exclusion(status, row.cadence, row.sections) for row, status in rows
        }
        reasons |= dict.fromkeys(changes.vanished, Status.REMOVED.value)
    excluded = [reason for reason in reasons.values() if reason is not None]
    planned = len(reasons) - len(excluded)
    return Tally(
        candidates=len(reasons),
        excluded={reason: excluded.count(reason) for reason in set(excluded)},
        deliveries={DeliveryState.PLANNED: planned} if planned else {},
    )


def _changes(read: ListFile, book: SubscriberBook) -> Changes:
    known = book.known()
    changes = subscribers.compare(read, known, followed=True)
    too_many = subscribers.too_many_lost(changes, known)
    if too_many is not None:
        raise ListError(too_many)
    return changes


def exclusion_of(person: Subscriber) -> str | None:
    """Why the next issue would not go to somebody; None if it would."""
    return exclusion(person.status, person.cadence, person.sections)

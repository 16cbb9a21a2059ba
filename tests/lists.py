"""List files in memory, and people who say what they want."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from roundup.list_changes import FOLLOWED_FILE, Taken, TakingIn
from roundup.list_files import BadRow, ListRow, Opened
from roundup.list_files.reading import ListReading
from roundup.model import Subscriber
from roundup.subscribers import Consent, Saying, SubscriberBook
from tests.builders import INSTANT


def opened(octets: bytes) -> Opened:
    """A file of these octets."""
    return lambda: io.BytesIO(octets)


@dataclass(frozen=True)
class ReadList:
    """A list file, read through."""

    rows: list[ListRow]
    bad: list[BadRow]
    digest: str
    products: Mapping[str, str]


def read_list(octets: bytes | str, *, name: str = "list.csv", headed: bool = False) -> ReadList:
    """A list file of these octets, read through. Raises `ListError`."""
    reading = ListReading(name, opened(octets if isinstance(octets, bytes) else octets.encode()), headed=headed)
    rows = list(reading)
    return ReadList(
        rows=[row for row in rows if isinstance(row, ListRow)],
        bad=[row for row in rows if isinstance(row, BadRow)],
        digest=reading.digest,
        products=dict(reading.products),
    )


def nobody_forgotten(_compared: str) -> tuple[bytes, ...]:
    """Nobody asked to be erased."""
    return ()


def take_in(book: SubscriberBook, octets: bytes | str, *, name: str = "list.csv", at: datetime = INSTANT) -> Taken:
    """Import a list file of these octets."""
    reading = ListReading(name, opened(octets if isinstance(octets, bytes) else octets.encode()))
    followed = name == FOLLOWED_FILE
    how = TakingIn(origin=FOLLOWED_FILE if followed else "import", at=at, follows=followed)
    return book.take_in(reading, how, name=name, digest=reading.digest)


def leave(book: SubscriberBook, key: bytes, *, at: datetime) -> Subscriber | None:
    """The person with this key leaves, by the page."""
    return book.leave({key: Consent(what=Saying.LEFT, at=at)}).get(key)


def stay(book: SubscriberBook, key: bytes, *, at: datetime) -> Subscriber | None:
    """The person with this key takes leaving back, a day after it at the latest."""
    return book.stay({key: Consent(what=Saying.STAYED, at=at)}, since=at - timedelta(days=1)).get(key)


def by_key(book: SubscriberBook, key: bytes) -> Subscriber | None:
    """The person with this key."""
    return book.by_keys([key]).get(key)
